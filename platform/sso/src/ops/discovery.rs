//! What a tool must know of this house as an OpenID provider (OpenID Connect Discovery 1.0): who it is, where it is asked, and by which key it signs.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_module::{Access, App, Audit, Route};
use shouhu_oidc::op::PASSKEY_ACR;

use crate::ops;
use crate::room::Room;
use crate::settings::SsoClaim;

const KEYS_PATH: &str = "/v1/sso/jwks.json";
/// A page of the web app: it asks with the proof of the session's key, which a link does not carry.
pub const AUTHORIZE_PATH: &str = "/authorize";

pub const CONFIGURATION: Route =
    Route::get("/.well-known/openid-configuration", "How this house says to the force's own tools who somebody is (OpenID Connect)", || {
        axum::routing::get(configuration)
    })
    .access(Access::Public("a tool reads it before anybody is signed in; it names addresses and no person"))
    .audit(Audit::None("addresses of this house, the same for everybody"))
    .gives::<OpenidConfiguration>();

pub const KEYS: Route = Route::get(KEYS_PATH, "The public key by which this house signs who somebody is", || axum::routing::get(keys))
    .access(Access::Public("a public key is there to be read by whoever checks a signature"))
    .audit(Audit::None("a public key, the same for everybody"))
    .gives::<SsoKeys>();

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenidConfiguration {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub userinfo_endpoint: String,
    pub jwks_uri: String,
    pub scopes_supported: Vec<String>,
    pub response_types_supported: Vec<String>,
    pub response_modes_supported: Vec<String>,
    pub grant_types_supported: Vec<String>,
    /// Each tool has a name of its own for a person.
    pub subject_types_supported: Vec<String>,
    pub id_token_signing_alg_values_supported: Vec<String>,
    pub token_endpoint_auth_methods_supported: Vec<String>,
    pub code_challenge_methods_supported: Vec<String>,
    pub acr_values_supported: Vec<String>,
    pub prompt_values_supported: Vec<String>,
    pub claims_supported: Vec<String>,
    pub claims_parameter_supported: bool,
    pub request_parameter_supported: bool,
    pub request_uri_parameter_supported: bool,
    pub authorization_response_iss_parameter_supported: bool,
    pub backchannel_logout_supported: bool,
    pub backchannel_logout_session_supported: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SsoKeys {
    pub keys: Vec<SsoKey>,
}

/// As RFC 7517 has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SsoKey {
    pub kty: String,
    pub crv: String,
    pub x: String,
    pub y: String,
    pub kid: String,
    pub alg: String,
    #[serde(rename = "use")]
    pub usage: String,
}

fn list(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

async fn configuration(State(app): State<App>) -> Json<OpenidConfiguration> {
    let at = |path: &str| format!("{}{path}", app.public_url);
    let mut claims = list(&["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid"]);
    claims.extend(SsoClaim::ALL.map(|claim| claim.as_str().to_owned()));
    Json(OpenidConfiguration {
        issuer: app.public_url.to_string(),
        authorization_endpoint: at(AUTHORIZE_PATH),
        token_endpoint: at(ops::token::ROUTE.path),
        userinfo_endpoint: at(ops::userinfo::GET.path),
        jwks_uri: at(KEYS_PATH),
        scopes_supported: list(&["openid"]),
        response_types_supported: list(&["code"]),
        response_modes_supported: list(&["query"]),
        grant_types_supported: list(&["authorization_code"]),
        subject_types_supported: list(&["pairwise"]),
        id_token_signing_alg_values_supported: list(&["ES256"]),
        token_endpoint_auth_methods_supported: list(&["client_secret_basic", "none"]),
        code_challenge_methods_supported: list(&["S256"]),
        acr_values_supported: list(&[PASSKEY_ACR]),
        prompt_values_supported: list(&["none", "login", "consent", "select_account"]),
        claims_supported: claims,
        claims_parameter_supported: false,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
        authorization_response_iss_parameter_supported: true,
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
    })
}

async fn keys(State(app): State<App>) -> Json<SsoKeys> {
    let room = Room::of(&app);
    let own = room.signer.public();
    let key = SsoKey {
        kty: own.kty.to_owned(),
        crv: own.crv.to_owned(),
        x: own.x.clone(),
        y: own.y.clone(),
        kid: own.kid.clone(),
        alg: own.alg.to_owned(),
        usage: own.usage.to_owned(),
    };
    Json(SsoKeys { keys: vec![key] })
}
