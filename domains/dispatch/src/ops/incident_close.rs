//! Closes an incident, for good. Refused while a unit is on it, unless it is called off: that takes the units back.

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;
use shouhu_events::Event;
use shouhu_ids::IncidentId;
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, Person, Problem, Route};
use shouhu_store::{Store, StoreError, params, tag_of};
use shouhu_wire::{Asked, AssignmentState, CloseIncident, ClosingCode, Incident, IncidentState, WithoutUnit};

use crate::model::NOTE_MAX;
use crate::write::{self, Held};
use crate::{machine, panic, store};

pub const ROUTE: Route = Route::post("/v1/incidents/{id}/close", "Close an incident with a code", || axum::routing::post(handle))
    .permission("dispatch.order")
    .audit(Audit::Write)
    .load(Load::Life)
    .takes::<CloseIncident>()
    .gives::<Incident>();

#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    #[error("there is no such incident, or you may not see it")]
    NotFound,
    #[error("{call_signs} still on it: wait for their reply, cancel them, or close it as cancelled")]
    UnitAssigned { call_signs: String },
    #[error("incident is closed already, with another code; a new one refers to it")]
    AlreadyClosed,
    #[error("incident {number} is merged: close the one that it belongs to, or undo the merge first")]
    Merged { number: String },
    #[error("no unit has worked on it: say with \"without_unit\" how it was dealt with, or close it with another code")]
    WithoutUnit,
    #[error("note has {length} characters, {NOTE_MAX} are the most")]
    NoteTooLong { length: usize },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for CloseError {
    fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "http.not_found",
            Self::UnitAssigned { .. } => "dispatch.close.unit_assigned",
            Self::AlreadyClosed => "dispatch.close.already_closed",
            Self::Merged { .. } => "dispatch.close.merged",
            Self::NoteTooLong { .. } => "dispatch.close.note_too_long",
            Self::WithoutUnit => "dispatch.close.without_unit",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::UnitAssigned { .. } | Self::AlreadyClosed | Self::Merged { .. } => StatusCode::CONFLICT,
            Self::NoteTooLong { .. } | Self::WithoutUnit => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(error) => error.status(),
        }
    }
}

/// Why no unit was there, where none was. Some closing codes say it themselves.
fn why_nobody_went(body: &CloseIncident) -> Option<&'static str> {
    match body.code {
        ClosingCode::Handled | ClosingCode::NothingFound => body.without_unit.map(WithoutUnit::as_str),
        ClosingCode::HandedOver => Some("handed_over"),
        ClosingCode::Unfounded => Some("unfounded"),
        ClosingCode::Cancelled => Some("cancelled"),
    }
}

/// Closes it. Closing it again with the same code changes nothing.
///
/// # Errors
/// When a unit is still on it, none has worked on it and nobody says why, or it was closed with another code.
pub async fn close(store: &Store, by: &Person, id: IncidentId, body: &CloseIncident) -> Result<Incident, CloseError> {
    let length = body.note.chars().count();
    if length > NOTE_MAX {
        return Err(CloseError::NoteTooLong { length });
    }
    let mut tx = store.begin().await?;
    let incident = write::lock_incident(&mut tx, id).await?.ok_or(CloseError::NotFound)?;
    let now = store.env().now();
    if incident.state == IncidentState::Closed {
        drop(tx);
        let known = store::incident(store, id).await?.ok_or(CloseError::NotFound)?;
        return if known.closing_code == Some(body.code) { Ok(known) } else { Err(CloseError::AlreadyClosed) };
    }
    if incident.state == IncidentState::Merged {
        return Err(CloseError::Merged { number: incident.number });
    }
    let held = write::held(&mut tx, &incident).await?;
    let live: Vec<&Held> = held.iter().filter(|held| machine::is_live(held.state)).collect();
    if body.code != ClosingCode::Cancelled && !live.is_empty() {
        let call_signs = live.iter().map(|held| held.call_sign.as_str()).collect::<Vec<_>>().join(", ");
        return Err(CloseError::UnitAssigned { call_signs });
    }
    let was_worked_on = held.iter().any(|held| held.state == AssignmentState::Closed);
    let why_nobody = why_nobody_went(body).filter(|_| !was_worked_on);
    if !was_worked_on && why_nobody.is_none() {
        return Err(CloseError::WithoutUnit);
    }
    for held in live {
        write::move_assignment(&mut tx, &incident, held, AssignmentState::Cancelled, now).await?;
        let values = json!({ "call_sign": held.call_sign, "reason": body.note });
        write::log(&mut tx, id, now, by, "assignment_cancelled", values).await?;
    }
    tx.execute(
        "UPDATE dispatch_incident SET state = 'closed', closed_at_us = $1, closing_code = $2, closing_note = $3 \
         WHERE id = $4 AND state NOT IN ('closed', 'merged')",
        params![now, tag_of(&body.code), &body.note, id],
    )
    .await?;
    if let Some(code) = why_nobody {
        tx.emit(&Event::not_done(Asked::Incident, &id, code, by.id)).await?;
    }
    write::log(&mut tx, id, now, by, "incident_closed", json!({ "code": tag_of(&body.code), "note": body.note })).await?;
    tx.emit(&Event::IncidentChanged { incident: id, state: IncidentState::Closed, hit: incident.hit }).await?;
    panic::end(&mut tx, id, now).await?;
    tx.commit().await?;
    tracing::info!(incident = incident.number, code = tag_of(&body.code), "incident closed");
    store::incident(store, id).await?.ok_or(CloseError::NotFound)
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Id(id): Id<IncidentId>,
    Body(body): Body<CloseIncident>,
) -> Result<Audited<Incident>, Problem> {
    let incident = close(&app.store, &person, id, &body).await?;
    // Said although a unit was there, it counts for nothing.
    let was_worked_on = incident.assignments.iter().any(|one| one.state == AssignmentState::Closed);
    let why = body.without_unit.filter(|_| !was_worked_on).map(|why| format!(", without a unit: {}", why.as_str())).unwrap_or_default();
    Ok(Audited::new(format!("{}: {}{why}", incident.number, tag_of(&body.code)), incident))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;
    use shouhu_wire::{AssignmentStep, UnitState};

    use super::*;
    use crate::MODULE;
    use crate::ops::{cancel, step};
    use crate::testing::Scene;

    fn with(code: ClosingCode) -> CloseIncident {
        CloseIncident { code, note: "誤報".into(), without_unit: None }
    }

    #[tokio::test]
    async fn where_no_unit_worked_it_is_said_how_it_was_dealt_with_and_only_there() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let incident = scene.incident().await;
            let declined = scene.assign(incident, scene.unit("永康 21").await).await.unwrap();
            cancel::cancel(&store, &scene.by, declined.id, "另有任務").await.unwrap();
            for code in [ClosingCode::Handled, ClosingCode::NothingFound] {
                let refused = close(&store, &scene.by, incident, &with(code)).await.unwrap_err();
                assert_eq!((refused.key(), refused.status()), ("dispatch.close.without_unit", StatusCode::UNPROCESSABLE_ENTITY));
            }
            assert_eq!(store::incident(&store, incident).await.unwrap().unwrap().state, IncidentState::Open, "nothing is half closed");
            let by_telephone = CloseIncident { without_unit: Some(WithoutUnit::ByTelephone), ..with(ClosingCode::Handled) };
            assert_eq!(close(&store, &scene.by, incident, &by_telephone).await.unwrap().state, IncidentState::Closed);

            let worked_on = scene.incident().await;
            let unit = scene.unit("永康 22").await;
            let order = scene.assign(worked_on, unit).await.unwrap().id;
            let done = AssignmentStep::Close { code: ClosingCode::Handled, text: String::new() };
            for next in [AssignmentStep::Accept, AssignmentStep::EnRoute, AssignmentStep::OnScene, done] {
                step::step(&store, &scene.crew(unit), order, &next).await.unwrap();
            }
            assert_eq!(close(&store, &scene.by, worked_on, &with(ClosingCode::Handled)).await.unwrap().state, IncidentState::Closed);
        })
        .await;
    }

    #[tokio::test]
    async fn an_incident_with_a_unit_on_it_closes_only_as_cancelled_and_then_frees_the_unit() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let incident = scene.incident().await;
            let unit = scene.unit("永康 21").await;
            scene.assign(incident, unit).await.unwrap();
            let refused = close(&store, &scene.by, incident, &with(ClosingCode::Handled)).await.unwrap_err();
            assert_eq!(refused.key(), "dispatch.close.unit_assigned");
            assert!(refused.to_string().contains("永康 21"));
            let closed = close(&store, &scene.by, incident, &with(ClosingCode::Cancelled)).await.unwrap();
            assert_eq!(closed.state, IncidentState::Closed);
            assert_eq!(closed.assignments.first().unwrap().state, AssignmentState::Cancelled);
            assert_eq!(store::unit(&store, unit).await.unwrap().unwrap().state, UnitState::Available);
        })
        .await;
    }

    #[tokio::test]
    async fn a_closed_incident_stays_closed_with_its_first_code_and_takes_no_unit() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let incident = scene.incident().await;
            let first = close(&store, &scene.by, incident, &with(ClosingCode::Unfounded)).await.unwrap();
            let again = close(&store, &scene.by, incident, &with(ClosingCode::Unfounded)).await.unwrap();
            assert_eq!(again, first);
            let other = close(&store, &scene.by, incident, &with(ClosingCode::Handled)).await.unwrap_err();
            assert_eq!(other.key(), "dispatch.close.already_closed");
            let unit = scene.unit("永康 21").await;
            assert_eq!(scene.assign(incident, unit).await.unwrap_err().key(), "dispatch.assign.incident_closed");
        })
        .await;
    }
}
