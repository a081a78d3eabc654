//! Who asks.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use shouhu_ids::{ActorId, CameraId, DeviceId, Micros, SessionId, UnitId};
use shouhu_wire::{DeviceKind, Role};

use crate::{App, Keyed, Problem};

/// A signed-in person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: ActorId,
    pub name: String,
    pub role: Role,
    pub unit: Option<UnitId>,
    /// The office 單位 that the person serves in, as an operator has set it: whoever decides what a colleague asks for sits in another one.
    pub office: Option<String>,
    pub session: SessionId,
    pub session_expires_at: Micros,
}

/// A device whose signature was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DevicePeer {
    pub id: DeviceId,
    pub name: String,
    pub kind: DeviceKind,
    pub camera: Option<CameraId>,
    /// The device's clock minus ours when it signed.
    pub clock_offset_us: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    Person(Person),
    Device(DevicePeer),
    Nobody,
}

impl Caller {
    /// Id and name as the audit log writes them.
    #[must_use]
    pub fn named(&self) -> (String, String) {
        match self {
            Self::Person(person) => (person.id.to_string(), person.name.clone()),
            Self::Device(device) => (device.id.to_string(), device.name.clone()),
            Self::Nobody => ("none".into(), String::new()),
        }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or(Self::Nobody))
    }
}

impl FromRequestParts<App> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        match parts.extensions.get::<Caller>() {
            Some(Caller::Person(person)) => Ok(person.clone()),
            _ => Err(Problem::new(StatusCode::UNAUTHORIZED, "identity.session_required", "sign in first")),
        }
    }
}

impl FromRequestParts<App> for DevicePeer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        match parts.extensions.get::<Caller>() {
            Some(Caller::Device(device)) => Ok(device.clone()),
            _ => Err(Problem::new(StatusCode::UNAUTHORIZED, "identity.device_required", "only an enrolled device may call this")),
        }
    }
}

/// Why a person asks about a vehicle or person; the gate has demanded and checked it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose {
    pub code: String,
    /// As given, with a note when it names no live incident.
    pub case_ref: Option<String>,
}

/// A case reference is a number that people type: what is longer is rubbish.
pub const CASE_CHARS_MAX: usize = 40;

/// Nobody said for which case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is asked for with a case or 110 number")]
pub struct NoCase;

impl Keyed for NoCase {
    fn key(&self) -> &'static str {
        "oversight.case_required"
    }

    fn status(&self) -> StatusCode {
        StatusCode::PRECONDITION_REQUIRED
    }
}

/// What is added to a case reference that names no live incident.
pub const UNLINKED: &str = " (unlinked)";

impl Purpose {
    /// The reference without the note.
    #[must_use]
    pub fn case_number(&self) -> Option<&str> {
        self.case_ref.as_deref().map(|case| case.strip_suffix(UNLINKED).unwrap_or(case))
    }

    /// For what the purpose alone is not reason enough, as where officers were.
    ///
    /// # Errors
    /// When no case is named. Of all purposes, only a life in danger has no time for a number.
    pub fn with_case(&self) -> Result<(), NoCase> {
        if self.case_ref.is_none() && self.code != "life_threat" { Err(NoCase) } else { Ok(()) }
    }
}

impl FromRequestParts<App> for Purpose {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let missing = || Problem::new(StatusCode::PRECONDITION_REQUIRED, "oversight.purpose_required", "say why you ask");
        parts.extensions.get::<Self>().cloned().ok_or_else(missing)
    }
}
