//! Who asks: people with passkeys, devices with keys, sessions. (Signatures first; the rest is being written.)

use std::collections::HashMap;

use axum::http::{HeaderMap, Method};
use bytes::Bytes;
use shouhu_ids::{ActorId, DeviceId, SessionId, UnitId};
use shouhu_module::{App, Caller, Module, Problem};
use shouhu_store::StoreError;
use shouhu_wire::{DeviceKind, Invitation, Role};

pub const MODULE: Module = Module { name: "identity", ..Module::EMPTY };

/// The address that a request came from; the HTTP floor puts it into the request's extensions, so that failed
/// attempts can be limited per address. Without it all anonymous callers share one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub std::net::IpAddr);

/// A device as other rooms may know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDevice {
    pub id: DeviceId,
    pub name: String,
    pub kind: DeviceKind,
    pub camera: Option<shouhu_ids::CameraId>,
    pub is_enrolled: bool,
    pub is_revoked: bool,
    pub last_seen_at: Option<shouhu_ids::Micros>,
    pub clock_offset_us: Option<i64>,
}

/// # Errors
/// When the request names a device whose signature does not hold, or a session's POST comes from another origin.
#[allow(clippy::unused_async, reason = "signature first")]
pub async fn caller_of(
    _app: &App,
    _headers: &HeaderMap,
    _method: &Method,
    _path_and_query: &str,
    _body: Option<&Bytes>,
) -> Result<Caller, Problem> {
    Ok(Caller::Nobody)
}

/// Whether `caller_of` needs the whole body: true exactly when the request is signed by a device.
#[must_use]
pub fn needs_body(headers: &HeaderMap) -> bool {
    headers.contains_key(shouhu_wire::DEVICE_HEADER)
}

/// # Errors
/// When the name is empty or too long, or the database fails.
pub async fn invite(app: &App, name: &str, role: Role, unit: Option<UnitId>, by: Option<ActorId>) -> Result<Invitation, Problem> {
    let _ = (app, name, role, unit, by);
    Err(Problem::not_found("invitation yet"))
}

/// # Errors
/// When the database fails.
pub async fn set_unit(_app: &App, _actor: ActorId, _unit: Option<UnitId>) -> Result<(), StoreError> {
    Ok(())
}

/// False too when the database cannot say: a stream is then better closed than kept.
pub async fn is_session_alive(_app: &App, _session: SessionId) -> bool {
    true
}

/// # Errors
/// When the database fails.
pub async fn device_by_id(_app: &App, _device: DeviceId) -> Result<Option<KnownDevice>, StoreError> {
    Ok(None)
}

/// Names of those actors that exist; empty when the database fails, because a name only decorates.
pub async fn actor_names(_app: &App, _actors: &[ActorId]) -> HashMap<ActorId, String> {
    HashMap::new()
}
