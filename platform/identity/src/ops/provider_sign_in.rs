//! Signs a person in by an identity provider's word (OpenID Connect, ADR 0025). The session is bound to the key of the browser that began, and asks for a passkey before
//! anything sensitive.
//!
//! The provider's answer comes back in an address that anybody can make. What makes it ours is `flow`, which only the page that began has: without it a code that a
//! stranger has brought along is not even looked at.

use std::sync::OnceLock;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_module::{Access, App, Audit, AuditObject, Body, Caller, Person, Problem, Route};
use shouhu_oidc::{Asked, AuthorizationRequest, Identified, Returned, authorization_url, challenge_of, code_of};
use shouhu_wire::Me;

use super::enrol::signed_in;
use crate::model::{Actor, Peer};
use crate::provider::settings::{self, Provider};
use crate::provider::{self, ProviderError, links};
use crate::room::{ProviderSignIn, Room, limited, limited_start};
use crate::session::{Proved, SessionKey};
use crate::{secret, session, store};

pub const START: Route =
    Route::post("/v1/identity/provider-sign-in/start", "Begins a sign-in by an identity provider's word", || axum::routing::post(start))
        .access(Access::Public("whoever signs in is not signed in yet"))
        .audit(Audit::None("changes nothing but that a challenge waits; finishing is on the log"))
        .takes::<StartProviderSignIn>()
        .gives::<ProviderSignInStarted>();

pub const FINISH: Route =
    Route::post("/v1/identity/provider-sign-in/finish", "Signs in whom the identity provider names, with what came back from it", || axum::routing::post(finish))
        .access(Access::Public("the provider's signed answer to what this very browser has asked is the proof"))
        .audit(Audit::Security)
        .takes::<FinishProviderSignIn>()
        .gives::<Me>();

#[derive(Debug, Deserialize, JsonSchema)]
pub struct StartProviderSignIn {
    /// As `/v1/identity/providers` names it.
    provider: String,
    /// The public half of the key with which this browser will sign each request: P-256, uncompressed point, base64url.
    session_key: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct ProviderSignInStarted {
    /// Where the browser goes. It comes back to `/sign-in/provider`, with the answer in the query.
    url: String,
    /// What the page keeps to itself until then; it is in no address.
    flow: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct FinishProviderSignIn {
    flow: String,
    /// This and what follows stood in the query.
    state: String,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    error: Option<String>,
    /// From whom the answer comes (RFC 9207).
    #[serde(default)]
    iss: Option<String>,
}

async fn start(State(app): State<App>, peer: Peer, Body(body): Body<StartProviderSignIn>) -> Result<Json<ProviderSignInStarted>, Problem> {
    limited_start(&app, peer, async {
        let session_key = SessionKey::parse(body.session_key)?;
        let settings = settings::of(&app);
        let provider = settings.provider(&body.provider).ok_or(ProviderError::Unknown)?;
        let metadata = provider::metadata_of(&app, provider).await.inspect_err(|error| {
            tracing::warn!(provider = provider.name, why = error.told(), "an identity provider cannot be asked");
        })?;
        // 256 random bits each; all but the last are kept, sealed, until the browser comes back.
        let fresh = || secret::fresh(&app.env).0;
        let (state, nonce, verifier, flow) = (fresh(), fresh(), fresh(), fresh());
        let (redirect_uri, challenge) = (provider::return_address(&app), challenge_of(&verifier));
        let request = AuthorizationRequest {
            client_id: &provider.client_id,
            redirect_uri: &redirect_uri,
            state: &state,
            nonce: &nonce,
            challenge: &challenge,
            acr: &provider.acr,
            max_age_s: provider.max_age_s,
        };
        let url = authorization_url(&metadata.authorization_endpoint, &request);
        let asked = ProviderSignIn { provider: provider.name.clone(), metadata, state, nonce, verifier, session_key };
        Room::of(&app).provider_sign_ins.put(&app, peer, &flow, &asked).await?;
        Ok(Json(ProviderSignInStarted { url, flow }))
    })
    .await
}

/// What the leaf says, whether somebody was signed in or not.
type Object = OnceLock<String>;

/// The person is told what to do; what was wrong exactly stands in the leaf.
fn noted(provider: &Provider, object: &Object, error: &ProviderError) -> Problem {
    let _ = object.set(format!("refused by the word of {}: {}", provider.name, error.told()));
    Problem::of(error)
}

/// Who it is: judged by what was asked, then by the provider's token, then by what an operator has linked.
async fn recognised(app: &App, provider: &Provider, asked: &ProviderSignIn, body: &FinishProviderSignIn, object: &Object) -> Result<(Actor, Identified), Problem> {
    let returned = Returned { state: &body.state, code: body.code.as_deref(), error: body.error.as_deref(), iss: body.iss.as_deref() };
    let expected = Asked { state: &asked.state, issuer: &provider.issuer, sends_iss: asked.metadata.sends_iss };
    let code = code_of(&returned, &expected).map_err(|refused| noted(provider, object, &refused.into()))?;
    let identified = provider::identified(app, provider, asked, code).await.map_err(|error| noted(provider, object, &error))?;
    match links::whose(&app.store, &provider.issuer, &identified.subject).await? {
        Some(actor) => Ok((actor, identified)),
        // Also of an account that was disabled, or that has never made a passkey here.
        None => Err(noted(provider, object, &ProviderError::Stranger { subject: identified.subject })),
    }
}

async fn sign_in(app: &App, peer: Peer, caller: &Caller, body: &FinishProviderSignIn, object: &Object) -> Result<Response, Problem> {
    let (room, now) = (Room::of(app), app.env.now());
    // Taken out whatever follows: an answer is judged once.
    let asked = room.provider_sign_ins.take(app, &body.flow).await?.ok_or(ProviderError::FlowUnknown)?;
    let settings = settings::of(app);
    let provider = settings.provider(&asked.provider).ok_or(ProviderError::Unknown)?;
    let (actor, identified) = recognised(app, provider, &asked, body, object).await?;

    let mut tx = app.store.begin().await?;
    if let Caller::Person(before) = caller {
        store::end_session(&mut tx, now, before.session).await?;
    }
    let begun = session::begin(app, &mut tx, actor.id, &asked.session_key, peer, Proved::ByProvider(&provider.issuer)).await?;
    tx.commit().await?;

    let acr = identified.acr.as_deref().unwrap_or("not said");
    let _ = object.set(format!("{} by the word of {}, acr {acr}", actor.id, provider.name));
    let person = Person {
        id: actor.id,
        name: actor.name,
        role: actor.role,
        unit: actor.unit,
        office: actor.office,
        session: begun.id,
        session_expires_at: begun.expires_at,
    };
    Ok(signed_in(app, &person, begun.cookie))
}

async fn finish(State(app): State<App>, peer: Peer, caller: Caller, Body(body): Body<FinishProviderSignIn>) -> Response {
    let object = Object::new();
    let answered = limited(&app, peer, sign_in(&app, peer, &caller, &body, &object)).await;
    let mut response = answered.unwrap_or_else(IntoResponse::into_response);
    if let Some(object) = object.into_inner() {
        response.extensions_mut().insert(AuditObject(object));
    }
    response
}
