//! Rounds of checks for one incident: shows each crew's clock, and lets a dispatcher start them, end them, or ask everybody now.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shouhu_ids::{CheckId, IncidentId, Micros, UnitId};
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, Person, Problem, Route};
use shouhu_store::{Store, StoreError, params};
use shouhu_wire::{IncidentState, Priority};

use crate::checks::rounds::{self, Said};
use crate::checks::turn::{SIGN, sign_of};
use crate::checks::{CheckState, OnScene};
use crate::{policy, write};

pub const GET_ROUTE: Route =
    Route::get("/v1/incidents/{id}/par", "Show when each crew on scene is asked next whether it is well", || axum::routing::get(read))
        .permission("dispatch.watch")
        .audit(Audit::WorkRead)
        .load(Load::Life)
        .gives::<ParStatus>();

pub const SET_ROUTE: Route =
    Route::post("/v1/incidents/{id}/par", "Start or end rounds of checks for an incident, or ask its crews now", || {
        axum::routing::post(handle)
    })
    .permission("dispatch.order")
    .audit(Audit::Write)
    .load(Load::Life)
    .takes::<SetPar>()
    .gives::<ParStatus>();

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParAct {
    On,
    Off,
    /// Ask every crew on scene within seconds; the rounds stay as they are.
    Now,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetPar {
    pub act: ParAct,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ParStatus {
    /// Crews on scene are asked in rounds.
    pub is_on: bool,
    /// As the room's policy says; false: a dispatcher has said it for this incident.
    pub is_by_policy: bool,
    pub every_s: f64,
    pub crews: Vec<ParCrew>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ParCrew {
    pub unit: UnitId,
    pub call_sign: String,
    pub on_scene_at_us: Micros,
    /// The newest sign of the crew.
    pub sign_at_us: Option<Micros>,
    /// Absent while it is being asked or calls for help, and where nobody asks.
    pub next_at_us: Option<Micros>,
    pub check: Option<CheckId>,
    pub check_state: Option<CheckState>,
}

#[derive(Debug, thiserror::Error)]
pub enum ParError {
    #[error("there is no such incident, or you may not see it")]
    NotFound,
    #[error("incident is closed: nobody is on scene")]
    Closed,
    #[error("incident {number} is merged: its crews are asked under the one that it belongs to")]
    Merged { number: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for ParError {
    fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "http.not_found",
            Self::Closed => "dispatch.assign.incident_closed",
            Self::Merged { .. } => "dispatch.assign.incident_merged",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Closed | Self::Merged { .. } => StatusCode::CONFLICT,
            Self::Store(error) => error.status(),
        }
    }
}

/// # Errors
/// When there is no such incident.
pub async fn status(store: &Store, id: IncidentId) -> Result<ParStatus, ParError> {
    let rule = policy::current(store).await?.settings.checks;
    let sql = "SELECT i.priority, w.is_on, w.now_at_us FROM dispatch_incident i LEFT JOIN dispatch_par w ON w.incident = i.id WHERE i.id = $1";
    let row = store.fetch_opt(sql, params![id]).await?.ok_or(ParError::NotFound)?;
    let priority = Priority(u8::try_from(row.int("priority")?).unwrap_or(4));
    let said = row.opt_int("is_on")?.map(|is_on| is_on != 0);
    let wanted_at = row.opt_micros("now_at_us")?;
    let every_us = rule.par_every_us(priority, said);
    let crews = format!(
        "SELECT u.id, u.call_sign, a.on_scene_at_us, o.id AS asked, o.state AS check_state, {SIGN} FROM dispatch_assignment a JOIN dispatch_unit u ON u.id = a.unit \
         LEFT JOIN dispatch_check o ON o.id = (SELECT e.id FROM dispatch_check e WHERE e.unit = u.id AND e.ended_at_us IS NULL \
         AND (e.state = 'asked' OR (e.assignment = a.id AND e.kind = 'par')) ORDER BY e.state, e.id LIMIT 1) \
         WHERE a.incident = $1 AND a.state = 'on_scene' ORDER BY u.call_sign, u.id"
    );
    let mut told = ParStatus { is_on: every_us.is_some(), is_by_policy: said.is_none(), every_s: rule.par_every_s, crews: Vec::new() };
    for row in store.fetch(&crews, params![id]).await? {
        let since = row.micros("on_scene_at_us")?;
        let (sign_at, is_crying) = sign_of(&row)?;
        let sign_at = sign_at.filter(|at| *at >= since);
        let check = row.opt_parsed("asked")?;
        let clock = OnScene { since, sign_at, wanted_at };
        told.crews.push(ParCrew {
            unit: row.parsed("id")?,
            call_sign: row.text("call_sign")?,
            on_scene_at_us: since,
            sign_at_us: sign_at,
            next_at_us: if check.is_some() || is_crying { None } else { clock.next_at(every_us) },
            check,
            check_state: row.opt_tag("check_state")?,
        });
    }
    Ok(told)
}

/// # Errors
/// When there is no such incident, or it is closed or merged.
pub async fn set(store: &Store, by: &Person, id: IncidentId, act: ParAct) -> Result<ParStatus, ParError> {
    let mut tx = store.begin().await?;
    let incident = write::lock_incident(&mut tx, id).await?.ok_or(ParError::NotFound)?;
    match incident.state {
        IncidentState::Closed => return Err(ParError::Closed),
        IncidentState::Merged => return Err(ParError::Merged { number: incident.number }),
        IncidentState::Open | IncidentState::Assigned | IncidentState::OnScene => {}
    }
    let now = store.env().now();
    let (was_on, wanted_before) = rounds::read(&mut tx, id).await?.map_or((None, None), |said| (said.is_on, said.now_at_us));
    let (is_on, now_at_us, key) = match act {
        ParAct::On => (Some(true), wanted_before, "par_on"),
        ParAct::Off => (Some(false), None, "par_off"),
        ParAct::Now => (was_on, Some(now), "par_now"),
    };
    rounds::write(&mut tx, id, Some(&Said { is_on, now_at_us, set_at_us: now, set_by_name: by.name.clone() })).await?;
    write::log(&mut tx, id, now, by, key, json!({})).await?;
    tx.commit().await?;
    status(store, id).await
}

async fn read(State(app): State<App>, Id(id): Id<IncidentId>) -> Result<Audited<ParStatus>, Problem> {
    Ok(Audited::new(format!("checks of incident {id}"), status(&app.store, id).await?))
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Id(id): Id<IncidentId>,
    Body(body): Body<SetPar>,
) -> Result<Audited<ParStatus>, Problem> {
    let told = set(&app.store, &person, id, body.act).await?;
    Ok(Audited::new(format!("checks of incident {id}: {:?}", body.act), told))
}
