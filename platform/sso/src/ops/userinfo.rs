//! Once more what a tool was told, for the access token (OpenID Connect Core 1.0 §5.3): as long as the person's session would itself open something here.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_identity::{Peer, limited, token_hash};
use shouhu_module::{Access, App, Audit, Bearer, Problem, RawBody, Route, bearer_in};

use super::token::still_vouched;
use crate::claims::Told;
use crate::leaf::{self, About};
use crate::refused::UserInfoError;
use crate::room::Room;
use crate::store::Token;
use crate::{settings, store};

const PATH: &str = "/v1/sso/userinfo";
const SUMMARY: &str = "Tells a tool once more who somebody is, for its access token";
const WHY_OPEN: &str = "a tool is no person: it proves itself by an access token, which a person's yes has given it";
const WHY_UNLOGGED: &str = "each time that something is told, and each token that is found to be over, is a leaf of its own, written before the answer";
const ACTION: &str = "GET /v1/sso/userinfo";
const TOKEN: Bearer = Bearer { name: "sso_access", description: "The access token that the token endpoint has given a tool beside the ID token." };

pub const GET: Route = Route::get(PATH, SUMMARY, || axum::routing::get(handle))
    .access(Access::Public(WHY_OPEN))
    .opened_by(TOKEN)
    .audit(Audit::None(WHY_UNLOGGED))
    .gives::<SsoUserInfo>();

/// The standard has both (§5.3.1). What the body says is not read.
pub const POST: Route = Route::post(PATH, SUMMARY, || axum::routing::post(handle_form))
    .access(Access::Public(WHY_OPEN))
    .opened_by(TOKEN)
    .audit(Audit::None(WHY_UNLOGGED))
    .takes_media("application/x-www-form-urlencoded")
    .gives::<SsoUserInfo>();

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SsoUserInfo {
    /// This tool's own name for the person.
    pub sub: String,
    #[serde(flatten)]
    pub told: Told,
}

/// A token that never was is an error of a stranger; one of ours that is over counts against nobody, for a tool's users come from its one address.
async fn tell(app: &App, headers: &HeaderMap) -> Result<Result<SsoUserInfo, Problem>, Problem> {
    let hash = bearer_in(headers).map(token_hash).ok_or(UserInfoError)?;
    let token = store::token(&app.store, app.env.now(), &hash).await?.ok_or(UserInfoError)?;
    Ok(tell_by(app, &token, &hash).await)
}

async fn tell_by(app: &App, token: &Token, hash: &str) -> Result<SsoUserInfo, Problem> {
    let settings = settings::of(app);
    // Taken out of the file meanwhile: it is told nothing any more.
    let client = settings.client(&token.client).ok_or(UserInfoError)?;
    // No more than was agreed to, and nothing after the tool has been told that this sign-in is over.
    let is_agreed = store::sid_of(&app.store, token.session, &client.id, &client.claims_text()).await?.is_some();
    let Some(vouched) = still_vouched(app, client, token.session).await?.filter(|_| is_agreed) else {
        // The first time is told to the log; from then on it is a token like any that never was.
        if store::revoke(&app.store, app.env.now(), hash).await? {
            let object = format!("tool {}: told nothing, for session {} is over or does not sign in here any more", client.id, token.session);
            leaf::write(app, About { actor: Some(token.actor), name: "" }, ACTION, object, 401).await?;
        }
        return Err(UserInfoError.into());
    };
    let person = &vouched.person;
    let answer = SsoUserInfo { sub: Room::of(app).subjects.subject(&client.id, &person.id.to_string()), told: Told::of(client, person) };
    let object = format!("tool {}: told who it is, as {}, for session {}", client.id, answer.sub, token.session);
    leaf::write(app, About { actor: Some(person.id), name: &person.name }, ACTION, object, 200).await?;
    Ok(answer)
}

async fn answered(app: &App, peer: Peer, headers: &HeaderMap) -> Response {
    match limited(app, peer, tell(app, headers)).await.flatten() {
        Ok(answer) => Json(answer).into_response(),
        Err(problem) => {
            let is_token = problem.key == "sso.userinfo.invalid_token";
            let mut response = problem.into_response();
            if is_token {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
            }
            response
        }
    }
}

async fn handle(State(app): State<App>, peer: Peer, headers: HeaderMap) -> Response {
    answered(&app, peer, &headers).await
}

async fn handle_form(State(app): State<App>, peer: Peer, headers: HeaderMap, RawBody(_): RawBody) -> Response {
    answered(&app, peer, &headers).await
}
