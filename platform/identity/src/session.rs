//! The cookie of a signed-in browser, and how long it holds.

use axum::http::{HeaderMap, HeaderValue, header};
use shouhu_ids::{ActorId, Micros, SessionId};
use shouhu_module::{App, Person, Problem};
use shouhu_store::{StoreError, Tx};

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

/// Begins a session within the transaction that proved who it is.
pub async fn begin(app: &App, tx: &mut Tx, actor: ActorId) -> Result<NewSession, StoreError> {
    let now = app.env.now();
    let (token, hash) = secret::fresh(&app.env);
    let id = app.env.id(SessionId::new);
    store::insert_session(tx, now, id, actor, &hash).await?;
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

/// The person of a live session; notes that it was used.
pub async fn person_of(app: &App, token: &str) -> Result<Option<Person>, Problem> {
    let now = app.env.now();
    let hash = secret::hash_of(token);
    let Some((mut person, seen_at)) = store::session(&app.store, now, &hash).await? else { return Ok(None) };
    if now.since(seen_at) >= SEEN_EVERY_US {
        // A database that is too busy to note it must not turn a dispatcher away.
        match store::session_seen(&app.store, now, &person, seen_at).await {
            Ok(()) => person.session_expires_at = person.session_expires_at.plus(now.since(seen_at)),
            Err(error) => tracing::warn!(session = %person.session, %error, "use of a session not noted"),
        }
    }
    Ok(Some(person))
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
