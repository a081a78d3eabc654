//! One file per operation.

pub mod attest_accept;
pub mod attest_nonce;
pub mod attest_policy;
pub mod attest_quote;
pub mod attest_show;
pub mod attest_start;
pub mod device_mine;
pub mod device_status;
pub mod disable_actor;
pub mod enrol;
pub mod enrol_device;
pub mod invite;
pub mod list_actors;
pub mod list_devices;
pub mod me;
pub mod provider_links;
pub mod provider_sign_in;
pub mod providers;
pub mod register_device;
pub mod revoke_device;
pub mod set_office;
pub mod sign_in;
pub mod sign_out;
pub mod step_up;
pub mod tpm_makers;
pub mod trust_alerts;
pub mod trust_changes;
pub mod trust_mine;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use shouhu_module::AuditObject;

/// 204, with the name of what was changed for the audit leaf.
fn done(object: String) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.extensions_mut().insert(AuditObject(object));
    response
}
