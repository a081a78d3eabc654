//! Takes a unit back from an incident.

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;
use shouhu_ids::AssignmentId;
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, Person, Problem, Route};
use shouhu_store::{Store, StoreError, params};
use shouhu_wire::{Assignment, AssignmentState};

use crate::model::{CancelAssignment, NOTE_MAX};
use crate::{machine, store, write};

pub const ROUTE: Route =
    Route::post("/v1/assignments/{id}/cancel", "Take a unit back from an incident", || axum::routing::post(handle))
        .permission("dispatch.order")
        .audit(Audit::Write)
        .load(Load::Life)
        .takes::<CancelAssignment>()
        .gives::<Assignment>();

#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    #[error("there is no such assignment, or you may not see it")]
    NotFound,
    #[error("reason is empty or longer than {NOTE_MAX} characters: the crew must be told why")]
    Reason,
    #[error("assignment has ended already: there is nothing to take back")]
    Ended,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for CancelError {
    fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "http.not_found",
            Self::Reason => "dispatch.cancel.reason",
            Self::Ended => "dispatch.cancel.already_ended",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Reason => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Ended => StatusCode::CONFLICT,
            Self::Store(error) => error.status(),
        }
    }
}

/// Cancels it. Cancelling it again changes nothing.
///
/// # Errors
/// When it was closed or declined before.
pub async fn cancel(store: &Store, by: &Person, id: AssignmentId, reason: &str) -> Result<Assignment, CancelError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > NOTE_MAX {
        return Err(CancelError::Reason);
    }
    let (mut tx, incident, held) = write::hold(store, id).await?.ok_or(CancelError::NotFound)?;
    let now = store.env().now();
    if held.state == AssignmentState::Cancelled {
        drop(tx);
        return store::assignment(store, id).await?.ok_or(CancelError::NotFound);
    }
    if !machine::is_live(held.state) || !write::move_assignment(&mut tx, &incident, &held, AssignmentState::Cancelled, now).await? {
        return Err(CancelError::Ended);
    }
    tx.execute("UPDATE dispatch_assignment SET end_reason = $1 WHERE id = $2", params![reason, id]).await?;
    let values = json!({ "call_sign": held.call_sign, "reason": reason });
    write::log(&mut tx, incident.id, now, by, "assignment_cancelled", values).await?;
    write::settle_incident(&mut tx, &incident).await?;
    tx.commit().await?;
    tracing::info!(incident = incident.number, unit = held.call_sign, "unit taken back");
    store::assignment(store, id).await?.ok_or(CancelError::NotFound)
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Id(id): Id<AssignmentId>,
    Body(body): Body<CancelAssignment>,
) -> Result<Audited<Assignment>, Problem> {
    let assignment = cancel(&app.store, &person, id, &body.reason).await?;
    Ok(Audited::new(format!("{} {}", assignment.incident_number, assignment.call_sign), assignment))
}
