//! People accept what a device measured: one for its first state, two for any later one and for ending a restriction.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_events::Event;
use shouhu_ids::DeviceId;
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Person, Problem, Route};

use crate::attest::{digest_of, store};

pub const ROUTE: Route = Route::post(
    "/v1/devices/{id}/attestation/accept",
    "Accepts what a device's TPM measured; after the first time another person must do so too",
    || axum::routing::post(handle),
)
.permission("devices.manage")
.audit(Audit::Security)
.takes::<AcceptState>()
.gives::<AcceptedState>();

const REASON_CHARS_MAX: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AcceptState {
    /// The state that the person saw: `measured_digest` of the device's attestation.
    pub measured_digest: String,
    /// Why it is right: a first installation, a release of the agent, a new firmware.
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AcceptedState {
    /// False: another person must accept it too.
    pub is_accepted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum AcceptError {
    #[error("give a reason of 1 to {REASON_CHARS_MAX} characters")]
    Reason,
    #[error("this device has shown no TPM")]
    NotBound,
    #[error("the device measures something else by now: look again")]
    Moved,
    #[error("the first word for this state is yours: another person must give the second")]
    SamePerson,
}

impl Keyed for AcceptError {
    fn key(&self) -> &'static str {
        match self {
            Self::Reason => "identity.attest.reason_invalid",
            Self::NotBound => "identity.attest.not_bound",
            Self::Moved => "identity.attest.moved",
            Self::SamePerson => "identity.attest.same_person",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Reason => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::CONFLICT,
        }
    }
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Id(id): Id<DeviceId>,
    Body(body): Body<AcceptState>,
) -> Result<Audited<AcceptedState>, Problem> {
    let reason = body.reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX || reason.chars().any(char::is_control) {
        return Err(AcceptError::Reason.into());
    }
    let now = app.env.now();
    let mut tx = app.store.begin().await?;
    let known = store::bound(&mut tx, id).await?.ok_or(AcceptError::NotBound)?;
    if digest_of(&known.measured) != body.measured_digest {
        return Err(AcceptError::Moved.into());
    }
    let is_first = known.accepted.is_none() && store::open_restriction(&mut tx, id).await?.is_none();
    let is_accepted = match known.proposed_by {
        Some(first) if first == person.id => return Err(AcceptError::SamePerson.into()),
        Some(_) => true,
        None => is_first,
    };
    let is_done = if is_accepted {
        store::accept(&mut tx, now, &known, person.id, reason).await?
    } else {
        store::propose(&mut tx, now, &known, person.id, reason).await?
    };
    if !is_done {
        return Err(AcceptError::Moved.into());
    }
    if is_accepted && !store::lift(&mut tx, now, id, Some(person.id)).await? {
        tx.emit(&Event::DeviceTrustChanged { device: id, restriction: None }).await?;
    }
    if !is_accepted {
        tx.emit(&Event::DeviceChanged { device: id }).await?;
    }
    tx.commit().await?;
    tracing::info!(device = %id, is_accepted, "a person spoke for a device's measured state");
    Ok(Audited::new(id.to_string(), AcceptedState { is_accepted }))
}
