//! What a receiver must know of this house as a transmitter (SSF 1.0 §7): who it is, how it delivers, and by which key it signs.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_module::{Access, App, Audit, Route};
use shouhu_secevent::Jwk;

use super::{status, stream, verify};
use crate::room::Room;

const KEYS_PATH: &str = "/v1/signals/jwks.json";
/// Push over HTTP (RFC 8935).
pub const PUSH: &str = "urn:ietf:rfc:8935";
/// Poll over HTTP (RFC 8936).
pub const POLL: &str = "urn:ietf:rfc:8936";
/// A bearer token (RFC 6750).
const BEARER: &str = "urn:ietf:rfc:6750";

pub const CONFIGURATION: Route =
    Route::get("/.well-known/ssf-configuration", "How this house tells other systems of accounts (OpenID SSF 1.0)", || axum::routing::get(configuration))
        .access(Access::Public("a receiver reads it before anybody there has an account here; it names addresses and no person"))
        .audit(Audit::None("addresses of this house, the same for everybody"))
        .gives::<SsfConfiguration>();

pub const KEYS: Route = Route::get(KEYS_PATH, "The public key by which this house signs what it tells", || axum::routing::get(keys))
    .access(Access::Public("a public key is there to be read by whoever checks a signature"))
    .audit(Audit::None("a public key, the same for everybody"))
    .gives::<SignalKeys>();

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SsfConfiguration {
    pub spec_version: String,
    pub issuer: String,
    pub jwks_uri: String,
    pub delivery_methods_supported: Vec<String>,
    pub configuration_endpoint: String,
    pub status_endpoint: String,
    pub verification_endpoint: String,
    pub authorization_schemes: Vec<SsfAuthorizationScheme>,
    /// `ALL`: a receiver is told of everybody of whom it may be told, as the agreement with it says; it adds nobody and takes nobody away.
    pub default_subjects: String,
}

/// How a receiver proves itself to the endpoints that manage its stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SsfAuthorizationScheme {
    pub spec_urn: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignalKeys {
    pub keys: Vec<Jwk>,
}

async fn configuration(State(app): State<App>) -> Json<SsfConfiguration> {
    let at = |path: &str| format!("{}{path}", app.public_url);
    Json(SsfConfiguration {
        spec_version: "1_0".to_owned(),
        issuer: app.public_url.to_string(),
        jwks_uri: at(KEYS_PATH),
        delivery_methods_supported: vec![PUSH.to_owned(), POLL.to_owned()],
        configuration_endpoint: at(stream::PATH),
        status_endpoint: at(status::PATH),
        verification_endpoint: at(verify::PATH),
        authorization_schemes: vec![SsfAuthorizationScheme { spec_urn: BEARER.to_owned() }],
        default_subjects: "ALL".to_owned(),
    })
}

async fn keys(State(app): State<App>) -> Json<SignalKeys> {
    Json(SignalKeys { keys: vec![Room::of(&app).signer.public().clone()] })
}
