//! What a tool is given for its code: the signed word about who it is, and a token for one more question (RFC 6749 §4.1.3, OpenID Connect Core 1.0 §3.1.3).
//!
//! A code is judged once, whatever comes of it. One that is shown again has been seen by somebody else: what it gave is taken back.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_identity::{Peer, Vouched, fresh_token, limited, token_hash};
use shouhu_ids::Micros;
use shouhu_module::{Access, App, Audit, Problem, RawBody, Route, authorization, is_media};
use shouhu_oidc::op::{ClientProof, IdTokenSaid, TokenAsked, TokenRefused, is_verifier_of, same_bytes, token_asked};

use super::FORM;
use crate::claims::Told;
use crate::leaf::{self, About};
use crate::refused::TokenError;
use crate::room::Room;
use crate::settings::{self, Client, SsoSettings};
use crate::store::{self, CODE_LIFE_US, Code, NewToken};

const ACTION: &str = "POST /v1/sso/token";

pub const ROUTE: Route = Route::post("/v1/sso/token", "Gives a tool the signed word about who somebody is, for a code", || axum::routing::post(handle))
    .access(Access::Public("a tool is no person: it proves itself by its secret, and by the verifier of a code that a person has let it have"))
    .audit(Audit::None("each code that gives something, and each of ours that gives nothing, is a leaf of its own, written before the answer; one that is shown again is one more"))
    .takes_media(FORM)
    .gives::<SsoTokens>();

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SsoTokens {
    /// Opens `/v1/sso/userinfo` and nothing else.
    pub access_token: String,
    pub token_type: String,
    /// Seconds.
    pub expires_in: i64,
    pub id_token: String,
    pub scope: String,
}

/// What RFC 6749 §5.2 wants, and our own key beside it.
#[derive(Debug, Serialize)]
struct Refusal {
    error: String,
    error_description: String,
    key: String,
}

const OURS: &str = "sso.token.";

fn refusal(problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
    let error = problem.key.strip_prefix(OURS).unwrap_or_default().to_owned();
    let refusal = Refusal { error, error_description: problem.detail, key: problem.key };
    let mut response = (status, Json(refusal)).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"shouhu\""));
    }
    response
}

/// The tool that has proved to be who it says. Whether there is one of that name is not told.
fn proved<'a>(settings: &'a SsoSettings, proof: &ClientProof) -> Result<&'a Client, TokenRefused> {
    const STRANGER: TokenRefused = TokenRefused::InvalidClient("no tool of this name has this secret");
    let client = settings.client(proof.client_id()).ok_or(STRANGER)?;
    let is_proved = match proof {
        ClientProof::Secret { secret, .. } => client.has_secret(secret),
        ClientProof::Public { .. } => client.is_public(),
    };
    if is_proved { Ok(client) } else { Err(STRANGER) }
}

/// Whether the person may still be told to this tool: what held when the person said yes may not hold any more.
fn may_be_told(app: &App, client: &Client, vouched: &Vouched) -> bool {
    vouched.verified_at.is_some() && client.roles.contains(&vouched.person.role) && app.may(&vouched.person, "sso.sign_in")
}

/// What holds of a person whose code or token is shown; `None` when nothing may be told.
pub async fn still_vouched(app: &App, client: &Client, session: shouhu_ids::SessionId) -> Result<Option<Vouched>, Problem> {
    let vouched = shouhu_identity::vouched(app, session).await?;
    Ok(vouched.filter(|vouched| may_be_told(app, client, vouched)))
}

/// What is wrong with a code, for who keeps the tool and for the log.
async fn judged(app: &App, client: &Client, asked: &TokenAsked, code: &Code) -> Result<Result<Vouched, &'static str>, Problem> {
    let age_us = app.env.now().since(code.issued_at);
    if code.client != client.id {
        return Ok(Err("the code is another tool's"));
    }
    if !(0..CODE_LIFE_US).contains(&age_us) {
        return Ok(Err("the code is more than a minute old"));
    }
    if !same_bytes(code.redirect_uri.as_bytes(), asked.redirect_uri.as_bytes()) {
        return Ok(Err("redirect_uri is not the one that the code was sent to"));
    }
    if !is_verifier_of(&asked.verifier, &code.challenge) {
        return Ok(Err("code_verifier is not the one whose challenge came with the request"));
    }
    Ok(still_vouched(app, client, code.session).await?.ok_or("the person's session is over, or does not sign in here any more"))
}

/// What is given, and by which hash its access token is known.
struct Given {
    tokens: SsoTokens,
    token_hash: String,
    expires_at: Micros,
    subject: String,
}

fn given(app: &App, client: &Client, code: &Code, vouched: &Vouched, sid: &str) -> Given {
    let (room, now) = (Room::of(app), app.env.now());
    let seconds = |at: Micros| at.0.div_euclid(Micros::SECOND);
    // Never longer than the session, which is looked at again whenever the token is shown.
    let expires_at = now.plus(client.token_life_us).min(vouched.ends_at);
    let subject = room.subjects.subject(&client.id, &vouched.person.id.to_string());
    let more = Told::of(client, &vouched.person).claims();
    let said = IdTokenSaid {
        issuer: &app.public_url,
        client_id: &client.id,
        subject: &subject,
        sid,
        nonce: code.nonce.as_deref(),
        issued_at_s: seconds(now),
        expires_at_s: seconds(expires_at),
        authenticated_at_s: seconds(vouched.verified_at.unwrap_or(now)),
        more: &more,
    };
    let (access_token, token_hash) = fresh_token(&app.env);
    let tokens = SsoTokens {
        access_token,
        token_type: "Bearer".to_owned(),
        expires_in: seconds(expires_at) - seconds(now),
        id_token: room.signer.id_token(&said.claims()),
        scope: "openid".to_owned(),
    };
    Given { tokens, token_hash, expires_at, subject }
}

/// A no to who shows a code of ours, on the log before it is told.
async fn note_refused(app: &App, client: &Client, code: &Code, why: &'static str) -> Result<(), Problem> {
    let about = About { actor: Some(code.actor), name: "" };
    leaf::write(app, about, ACTION, format!("tool {}: refused, a code of session {}: {why}", client.id, code.session), 400).await
}

/// One leaf for a code, however often it is shown, and however often at once: whoever has stolen a secret could show one all day, and each leaf is kept for ever.
async fn note_shown_again(app: &App, client: &Client, code: &Code, hash: &str, why: &'static str) -> Result<(), Problem> {
    if !store::is_shown_first(&app.store, hash).await? {
        return Ok(());
    }
    let room = Room::of(app);
    let _turn = room.shown_again.lock().await;
    // Somebody may have had the turn before. Of several servers each writes one leaf at most.
    if !store::is_shown_first(&app.store, hash).await? {
        return Ok(());
    }
    note_refused(app, client, code, why).await?;
    // After the leaf: should it not be written, the next showing is news.
    let mut tx = app.store.begin().await?;
    store::show_again(&mut tx, app.env.now(), hash).await?;
    tx.commit().await?;
    Ok(())
}

fn refused(why: &'static str) -> Result<SsoTokens, Problem> {
    Err(TokenError(TokenRefused::InvalidGrant(why)).into())
}

async fn redeem(app: &App, client: &Client, asked: &TokenAsked) -> Result<SsoTokens, Problem> {
    let (now, hash) = (app.env.now(), token_hash(&asked.code));
    // A name alone proves nothing: whoever calls himself by that of a public tool finds its own codes, and cannot use up or take back another's.
    let code = store::code(&app.store, &hash).await?.filter(|code| !client.is_public() || code.client == client.id);
    let Some(code) = code else {
        // About nobody, and made up by anybody: no leaf, or strangers would write the log full.
        return Err(TokenError(TokenRefused::InvalidGrant("no such code was given")).into());
    };
    let judged = judged(app, client, asked, &code).await?;
    let sid = store::sid_of(&app.store, code.session, &code.client, &client.claims_text()).await?;
    let mut tx = app.store.begin().await?;
    if !store::use_code(&mut tx, now, &hash).await? {
        let revoked = store::revoke_given(&mut tx, now, &hash).await?;
        tx.commit().await?;
        tracing::warn!(tool = client.id, session = %code.session, revoked, "a code was shown again");
        // A yes that is taken back uses up its codes.
        let why = if sid.is_some() { "the code was used before, and what it gave is taken back" } else { "the person has left this tool, or has taken the yes back" };
        note_shown_again(app, client, &code, &hash, why).await?;
        return refused(why);
    }
    let (vouched, sid) = match (judged, sid) {
        (Ok(vouched), Some(sid)) => (vouched, sid),
        (judged, _) => {
            // Used up all the same: nobody tries verifiers one by one.
            tx.commit().await?;
            let why = judged.err().unwrap_or("the person has left this tool");
            note_refused(app, client, &code, why).await?;
            return refused(why);
        }
    };
    let given = given(app, client, &code, &vouched, &sid);
    let new = NewToken {
        hash: &given.token_hash,
        code_hash: &hash,
        client: &client.id,
        session: code.session,
        actor: code.actor,
        expires_at: given.expires_at,
    };
    store::insert_token(&mut tx, &new).await?;
    tx.commit().await?;
    let about = About { actor: Some(vouched.person.id), name: &vouched.person.name };
    let object = format!("tool {}: told who it is, as {}, for session {}", client.id, given.subject, code.session);
    leaf::write(app, about, ACTION, object, 200).await?;
    Ok(given.tokens)
}

/// What a stranger is refused is an error; what a tool that has proved its secret is refused is told to it and counts against nobody: all its users come from
/// its one address, and who shows it a made-up code must not shut the others out.
async fn give(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<Result<SsoTokens, Problem>, Problem> {
    if !is_media(headers, FORM) {
        return Err(TokenError(TokenRefused::InvalidRequest("the body is a form: application/x-www-form-urlencoded")).into());
    }
    if headers.get_all(header::AUTHORIZATION).iter().count() > 1 {
        return Err(TokenError(TokenRefused::InvalidRequest("the header Authorization stands there more than once")).into());
    }
    let said = authorization(headers).or(headers.contains_key(header::AUTHORIZATION).then_some(""));
    let asked = token_asked(said, body).map_err(TokenError)?;
    let settings = settings::of(app);
    let client = proved(&settings, &asked.client).map_err(TokenError)?;
    let told = redeem(app, client, &asked).await;
    if client.is_public() { told.map(Ok) } else { Ok(told) }
}

async fn handle(State(app): State<App>, peer: Peer, headers: HeaderMap, RawBody(body): RawBody) -> Result<Response, Problem> {
    match limited(&app, peer, give(&app, &headers, &body)).await.flatten() {
        Ok(tokens) => Ok(Json(tokens).into_response()),
        Err(problem) if problem.key.starts_with(OURS) => Ok(refusal(problem)),
        Err(problem) => Err(problem),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    fn settings() -> SsoSettings {
        let secret = hex::encode(Sha256::digest("hidden"));
        let entry = |id: &str, more: &str| {
            format!("[[client]]\nid = \"{id}\"\ntitle_zh = \"a\"\ntitle_en = \"a\"\nredirect_uris = [\"https://a.example/\"]\nroles = [\"officer\"]\n{more}")
        };
        SsoSettings::parse(&format!("{}{}", entry("wiki", &format!("secret_sha256 = \"{secret}\"\n")), entry("cli", ""))).unwrap()
    }

    #[test]
    fn a_tool_with_a_secret_proves_it_and_one_without_cannot() {
        let settings = settings();
        let secret = |id: &str, secret: &str| proved(&settings, &ClientProof::Secret { client_id: id.into(), secret: secret.into() }).map(|client| client.id.clone());
        let public = |id: &str| proved(&settings, &ClientProof::Public { client_id: id.into() }).map(|client| client.id.clone());
        assert_eq!((secret("wiki", "hidden"), public("cli")), (Ok("wiki".to_owned()), Ok("cli".to_owned())));
        let all = [secret("wiki", "Hidden"), secret("wiki", ""), secret("cli", ""), secret("cli", "hidden"), secret("nobody", "hidden"), public("wiki"), public("nobody")];
        for refused in all {
            assert_eq!(refused.err().map(TokenRefused::code), Some("invalid_client"), "and all of them in the same words");
        }
    }

    #[test]
    fn a_refusal_has_the_word_of_the_standard_and_our_key() {
        let told = refusal(TokenError(TokenRefused::InvalidClient("no")).into());
        assert!(told.status() == StatusCode::UNAUTHORIZED && told.headers().contains_key(header::WWW_AUTHENTICATE));
        let told = refusal(TokenError(TokenRefused::InvalidGrant("no")).into());
        assert!(told.status() == StatusCode::BAD_REQUEST && !told.headers().contains_key(header::WWW_AUTHENTICATE));
    }
}
