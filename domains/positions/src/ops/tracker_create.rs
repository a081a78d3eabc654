//! Registers a tracker and shows its secret, once.

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_ids::{TrackerId, UnitId};
use shouhu_module::ports::UnitFixesPort;
use shouhu_module::{App, Audit, Audited, Body, Keyed, Person, Problem, Route};
use shouhu_store::StoreError;
use shouhu_trackers::DEVICE_CHARS_MAX;

use crate::model::{IssuedTracker, NAME_MAX, NewTracker, Protocol};
use crate::{room, secret, store};

pub const ROUTE: Route =
    Route::post("/v1/positions/trackers", "Register a tracker; its secret is shown once", || axum::routing::post(handle))
        .permission("positions.trackers")
        // The answer carries a secret, which is never kept for a repeated request.
        .audit(Audit::Security)
        .takes::<NewTracker>()
        .gives::<IssuedTracker>();

#[derive(Debug, thiserror::Error)]
pub enum TrackerError {
    #[error("a name has 1 to {NAME_MAX} characters")]
    Name,
    #[error("a device's own name has 1 to {DEVICE_CHARS_MAX} characters, and a tracker behind a gateway needs one")]
    Device,
    #[error("the gateway knows a device {0:?} already")]
    DeviceTaken(String),
    #[error("there is no such unit: choose one of the list")]
    UnknownUnit,
    #[error("there is no gateway in use with that id and protocol")]
    Gateway,
    #[error("a gateway rides in no unit and behind no other gateway")]
    GatewayUnit,
    #[error("the tracker was revoked: register a new one")]
    Revoked,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for TrackerError {
    fn key(&self) -> &'static str {
        match self {
            Self::Name => "positions.tracker.name",
            Self::Device => "positions.tracker.device",
            Self::DeviceTaken(_) => "positions.tracker.device_taken",
            Self::UnknownUnit => "positions.tracker.unknown_unit",
            Self::Gateway => "positions.tracker.gateway",
            Self::GatewayUnit => "positions.tracker.gateway_unit",
            Self::Revoked => "positions.tracker.is_revoked",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::DeviceTaken(_) | Self::Revoked => StatusCode::CONFLICT,
            Self::Store(error) => Keyed::status(error),
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// A name without blanks around it.
///
/// # Errors
/// When nothing is left, or too much.
pub fn checked_name(name: &str) -> Result<String, TrackerError> {
    let name = name.trim();
    let is_good = !name.is_empty() && name.chars().count() <= NAME_MAX && !name.chars().any(char::is_control);
    if is_good { Ok(name.to_owned()) } else { Err(TrackerError::Name) }
}

/// # Errors
/// When there is no such unit.
pub async fn check_unit(app: &App, unit: Option<UnitId>) -> Result<(), Problem> {
    let Some(unit) = unit else { return Ok(()) };
    let Some(port) = app.try_room::<UnitFixesPort>() else { return Err(TrackerError::UnknownUnit.into()) };
    let is_known = port.0.units().await?.iter().any(|known| known.unit == unit);
    if is_known { Ok(()) } else { Err(TrackerError::UnknownUnit.into()) }
}

async fn checked(app: &App, asked: NewTracker) -> Result<NewTracker, Problem> {
    let name = checked_name(&asked.name)?;
    let device = asked.device.map(|device| device.trim().to_owned()).filter(|device| !device.is_empty());
    if device.as_ref().is_some_and(|device| device.chars().count() > DEVICE_CHARS_MAX)
        || (asked.gateway.is_some() && device.is_none())
    {
        return Err(TrackerError::Device.into());
    }
    if asked.is_gateway && (asked.unit.is_some() || asked.gateway.is_some() || asked.protocol == Protocol::Osmand) {
        return Err(TrackerError::GatewayUnit.into());
    }
    if let Some(gateway) = asked.gateway {
        let known = store::tracker(&app.store, gateway).await?;
        let is_gateway = known.is_some_and(|known| {
            known.is_gateway && known.protocol == asked.protocol && known.state != crate::model::TrackerState::Revoked
        });
        if !is_gateway {
            return Err(TrackerError::Gateway.into());
        }
    }
    check_unit(app, asked.unit).await?;
    Ok(NewTracker { name, device, ..asked })
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Body(asked): Body<NewTracker>,
) -> Result<Audited<IssuedTracker>, Problem> {
    let new = checked(&app, asked).await?;
    let id = app.env.id(TrackerId::new);
    let secret = new.gateway.is_none().then(|| secret::fresh(&app.env));
    let hash = secret.as_deref().and_then(secret::hash_of);
    if !store::insert(&app.store, id, &new, hash.as_ref(), person.id).await? {
        return Err(TrackerError::DeviceTaken(new.device.unwrap_or_default()).into());
    }
    room::of(&app).reread(&app).await?;
    let tracker = store::tracker(&app.store, id).await?.ok_or_else(|| Problem::not_found("tracker"))?;
    Ok(Audited::new(format!("tracker {} {id}", tracker.name), IssuedTracker { tracker, secret }))
}
