//! The cookie of a signed-in browser, and how long it holds.

use axum::http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};
use shouhu_ids::{ActorId, Micros, SessionId};
use shouhu_module::{App, Person, Problem};
use shouhu_store::{StoreError, Tx};

use crate::model::Peer;
use crate::proof::{self, KeyInvalid};
use crate::trust::store as trusts;
use crate::{secret, store};

pub const COOKIE: &str = "shouhu_session";
/// Under https: browsers take a cookie of this name from this very host only, over https, for all of its paths. A neighbour below the same
/// domain can slip none in.
const HOST_COOKIE: &str = "__Host-shouhu_session";
/// A screen that nobody touches is signed out.
pub const IDLE_US: i64 = 15 * Micros::MINUTE;
/// After a shift everybody signs in anew.
pub const ABSOLUTE_US: i64 = 12 * Micros::HOUR;
/// Last use is written down at most so often, so that idle time ends up to this much early.
pub const SEEN_EVERY_US: i64 = Micros::MINUTE;
/// Sessions of one person at once; the oldest ends.
pub const PER_ACTOR_MAX: i64 = 20;

/// What a new session is called, and the cookie that proves it.
pub struct NewSession {
    pub id: SessionId,
    pub cookie: HeaderValue,
    pub expires_at: Micros,
}

/// The key of a browser, that was looked at: a point on the curve. Only what we have sealed ourselves is read as one without looking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionKey(String);

impl SessionKey {
    /// # Errors
    /// When the text is no P-256 key.
    pub fn parse(text: String) -> Result<Self, KeyInvalid> {
        proof::key_of(&text)?;
        Ok(Self(text))
    }
}

/// Who has said whose session it is.
#[derive(Debug, Clone, Copy)]
pub enum Proved<'a> {
    /// The key of this credential id, base64url.
    ByPasskey(&'a str),
    /// An identity provider, named by its issuer (ADR 0025). Until a passkey is touched the session is worth less.
    ByProvider(&'a str),
}

/// Begins a session within the transaction that proved who it is.
pub async fn begin(app: &App, tx: &mut Tx, actor: ActorId, key: &SessionKey, peer: Peer, proved: Proved<'_>) -> Result<NewSession, StoreError> {
    let now = app.env.now();
    let (token, hash) = secret::fresh(&app.env);
    let id = app.env.id(SessionId::new);
    let from = peer.0.map(|ip| ip.to_canonical().to_string());
    let (issuer, passkey) = match proved {
        Proved::ByPasskey(id) => (None, Some(id)),
        Proved::ByProvider(issuer) => (Some(issuer), None),
    };
    let begun = store::BegunSession { id, actor, token_hash: &hash, key: &key.0, from: from.as_deref(), issuer, passkey };
    store::insert_session(tx, now, &begun).await?;
    if issuer.is_some() {
        trusts::untouched(tx, now, id).await?;
    }
    let cookie = set_cookie(app, &token, ABSOLUTE_US / Micros::SECOND);
    Ok(NewSession { id, cookie, expires_at: now.plus(IDLE_US) })
}

/// What the session's cookie is called at this address.
pub fn cookie_name(app: &App) -> &'static str {
    if app.public_url.starts_with("https://") { HOST_COOKIE } else { COOKIE }
}

fn set_cookie(app: &App, token: &str, max_age_s: i64) -> HeaderValue {
    let name = cookie_name(app);
    let secure = if name == HOST_COOKIE { "; Secure" } else { "" };
    let text = format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={max_age_s}{secure}");
    // base64url and the text above are all visible ASCII; an empty cookie would only sign nobody in.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// Takes the cookie away.
pub fn clear_cookie(app: &App) -> HeaderValue {
    set_cookie(app, "", 0)
}

/// The session's token among the cookies; none when there are two, because then one was slipped in.
pub fn token_in<'a>(headers: &'a HeaderMap, cookie: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut tokens = lines.flat_map(|line| line.split(';')).filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name.trim() == cookie).then(|| value.trim())
    });
    let token = tokens.next()?;
    (tokens.next().is_none() && !token.is_empty()).then_some(token)
}

/// What whoever asks says that his session is.
#[must_use]
pub fn session_token<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    token_in(headers, cookie_name(app))
}

/// A live session, before its key has spoken.
pub struct Known {
    pub person: Person,
    pub seen_at: Micros,
    /// As the browser gave it when it signed in.
    pub key: String,
}

pub async fn known(app: &App, token: &str) -> Result<Option<Known>, Problem> {
    Ok(store::session(&app.store, app.env.now(), &secret::hash_of(token)).await?)
}

/// Notes that a session was used, by whoever has its key.
pub async fn note_use(app: &App, known: &mut Known) {
    let (now, person) = (app.env.now(), &mut known.person);
    let idle_us = now.since(known.seen_at);
    if idle_us < SEEN_EVERY_US {
        return;
    }
    // A database that is too busy to note it must not turn a dispatcher away.
    match store::session_seen(&app.store, now, person, known.seen_at).await {
        Ok(()) => person.session_expires_at = person.session_expires_at.plus(idle_us),
        Err(error) => tracing::warn!(session = %person.session, %error, "use of a session not noted"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        lines.iter().filter_map(|line| Some((header::COOKIE, HeaderValue::from_str(line).ok()?))).collect()
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        for lines in [vec!["shouhu_session=abc"], vec!["a=b; shouhu_session=abc ; c"], vec!["a=b", "shouhu_session=abc"]] {
            assert_eq!(token_in(&headers(&lines), COOKIE), Some("abc"), "{lines:?}");
        }
        for lines in [vec![], vec!["shouhu_session="], vec!["xshouhu_session=abc"], vec!["shouhu_session=a; shouhu_session=b"]] {
            assert_eq!(token_in(&headers(&lines), COOKIE), None, "{lines:?}");
        }
    }

    proptest! {
        #[test]
        fn a_token_never_carries_the_marks_of_the_header(line in "[ -~]{0,80}") {
            let headers = headers(&[&line]);
            if let Some(token) = token_in(&headers, COOKIE) {
                prop_assert!(!token.is_empty() && !token.contains(';') && line.contains(token));
            }
        }
    }
}
