//! What a crew does with its assignment: delivered, accept, decline, en route, on scene, reply, close.
//!
//! A phone that was offline sends its steps again when it is back; a step that was taken before changes nothing and is no
//! error. Steps cannot be skipped. The crew of the unit takes them, or a dispatcher to whom it said so by radio, which the log
//! tells apart: for others the assignment does not exist.

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use shouhu_events::Event;
use shouhu_ids::{AssignmentId, IncidentId, Micros};
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, Person, Problem, Route};
use shouhu_store::{Store, StoreError, Tx, params, tag_of};
use shouhu_wire::{Asked, Assignment, AssignmentState, AssignmentStep, IncidentState, Role};

use crate::machine::{self, Verdict};
use crate::model::NOTE_MAX;
use crate::write::{self, Held, Locked};
use crate::{positions, store};

pub const ROUTE: Route =
    Route::post("/v1/assignments/{id}/step", "Take the next step of an assignment, as its crew or as it radioed", || {
        axum::routing::post(handle)
    })
    .permission("assignments.step")
    .audit(Audit::Write)
    .load(Load::Life)
    .takes::<AssignmentStep>()
    .gives::<Assignment>();

#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error("there is no such assignment, or you may not see it")]
    NotFound,
    #[error("assignment is {state}: {hint}")]
    NotAllowed { state: String, hint: &'static str },
    #[error("{field} is empty: say it in a few words")]
    TextEmpty { field: &'static str },
    #[error("a crew that declines says with \"code\" why: one of the list")]
    CodeNeeded,
    #[error("{field} has {length} characters, {NOTE_MAX} are the most")]
    TextTooLong { field: &'static str, length: usize },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for StepError {
    fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "http.not_found",
            Self::NotAllowed { .. } => "dispatch.step.not_allowed",
            Self::TextEmpty { .. } => "dispatch.step.text_empty",
            Self::CodeNeeded => "dispatch.step.code_needed",
            Self::TextTooLong { .. } => "dispatch.step.text_too_long",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::NotAllowed { .. } => StatusCode::CONFLICT,
            Self::TextEmpty { .. } | Self::CodeNeeded | Self::TextTooLong { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(error) => error.status(),
        }
    }
}

fn not_allowed(state: AssignmentState) -> StepError {
    let hint = match state {
        AssignmentState::Offered => "accept or decline it first",
        AssignmentState::Accepted => "the next step is en route; to give it back, ask the dispatcher to cancel it",
        AssignmentState::EnRoute => "the next step is on scene; to give it back, ask the dispatcher to cancel it",
        AssignmentState::OnScene => "the next step is to close it",
        AssignmentState::Closed => "it is over",
        AssignmentState::Declined => "the crew declined it",
        AssignmentState::Cancelled => "the dispatcher took it back",
    };
    StepError::NotAllowed { state: tag_of(&state), hint }
}

fn check(step: &AssignmentStep) -> Result<(), StepError> {
    let (field, text, is_needed) = match step {
        AssignmentStep::Decline { code: None, .. } => return Err(StepError::CodeNeeded),
        // The code says why; more may be said in words.
        AssignmentStep::Decline { reason, .. } => ("reason", reason, false),
        AssignmentStep::Reply { text } => ("text", text, true),
        AssignmentStep::Close { text, .. } => ("text", text, false),
        _ => return Ok(()),
    };
    let length = text.chars().count();
    if length > NOTE_MAX {
        return Err(StepError::TextTooLong { field, length });
    }
    if is_needed && text.trim().is_empty() {
        return Err(StepError::TextEmpty { field });
    }
    Ok(())
}

/// Who takes a step, and how it is known.
#[derive(Clone, Copy)]
struct Said<'p> {
    by: &'p Person,
    /// A dispatcher writes down what the crew said by radio.
    is_by_radio: bool,
}

impl<'p> Said<'p> {
    /// `None`: the assignment is no concern of the person's.
    fn of(by: &'p Person, assignment: &Assignment) -> Option<Self> {
        if by.unit == Some(assignment.unit) {
            return Some(Self { by, is_by_radio: false });
        }
        matches!(by.role, Role::Dispatcher | Role::Supervisor).then_some(Self { by, is_by_radio: true })
    }

    async fn log(self, tx: &mut Tx, incident: IncidentId, at: Micros, key: &str, mut values: Value) -> Result<(), StoreError> {
        if let Some(values) = values.as_object_mut().filter(|_| self.is_by_radio) {
            values.insert("by_radio".into(), true.into());
        }
        write::log(tx, incident, at, self.by, key, values).await
    }
}

/// Takes the step, as a member of the crew or for it. The answer is the assignment as it now is.
///
/// # Errors
/// When the assignment is not the person's to step, or the step is not the next one.
pub async fn step(store: &Store, by: &Person, id: AssignmentId, step: &AssignmentStep) -> Result<Assignment, StepError> {
    check(step)?;
    let known = store::assignment(store, id).await?.ok_or(StepError::NotFound)?;
    let by = Said::of(by, &known).ok_or(StepError::NotFound)?;
    let (mut tx, incident, held) = write::hold(store, id).await?.ok_or(StepError::NotFound)?;
    let now = store.env().now();
    let is_changed = match machine::judge(held.state, step) {
        Verdict::Refused => return Err(not_allowed(held.state)),
        Verdict::Unchanged => false,
        Verdict::Notes => note(&mut tx, &incident, &held, by, now, step).await?,
        Verdict::Moves(to) => {
            if !write::move_assignment(&mut tx, &incident, &held, to, now).await? {
                return Err(not_allowed(held.state));
            }
            explain(&mut tx, &incident, &held, by, now, step).await?;
            write::settle_incident(&mut tx, &incident).await?;
            true
        }
    };
    if is_changed {
        tx.commit().await?;
    } else {
        // Nothing was written but the lock; the second transaction of the pool is not held while reading.
        drop(tx);
    }
    store::assignment(store, id).await?.ok_or(StepError::NotFound)
}

/// Delivered is written once; the same reply twice in a row is one.
async fn note(
    tx: &mut Tx,
    incident: &Locked,
    held: &Held,
    by: Said<'_>,
    now: Micros,
    step: &AssignmentStep,
) -> Result<bool, StepError> {
    match step {
        AssignmentStep::Delivered if held.is_delivered => return Ok(false),
        AssignmentStep::Delivered => {
            let sql = "UPDATE dispatch_assignment SET delivered_at_us = $1 WHERE id = $2 AND delivered_at_us IS NULL";
            tx.execute(sql, params![now, held.id]).await?;
            by.log(tx, incident.id, now, "assignment_delivered", json!({ "call_sign": held.call_sign })).await?;
        }
        AssignmentStep::Reply { text } => {
            if !add_reply(tx, held, by.by, now, text.trim()).await? {
                return Ok(false);
            }
            // What a crew saw counts after the end of its assignment too, but not after that of the incident.
            if is_over(tx, incident).await? {
                return Err(not_allowed(held.state));
            }
            let values = json!({ "call_sign": held.call_sign, "text": text.trim() });
            // Where it is worked on somebody reads it; under its own number it stays when the merge is undone.
            if let Some(into) = incident.merged_into {
                by.log(tx, into, now, "assignment_reply", values.clone()).await?;
            }
            by.log(tx, incident.id, now, "assignment_reply", values).await?;
        }
        _ => return Ok(false),
    }
    let event =
        Event::AssignmentChanged { assignment: held.id, incident: incident.id, unit: held.unit, state: held.state };
    tx.emit(&event).await?;
    Ok(true)
}

/// Closed, or a report of one that is: what is worked on under another number ends with that.
async fn is_over(tx: &mut Tx, incident: &Locked) -> Result<bool, StoreError> {
    let Some(into) = incident.merged_into else { return Ok(incident.state == IncidentState::Closed) };
    let closed = "SELECT id FROM dispatch_incident WHERE id = $1 AND state = 'closed'";
    Ok(tx.fetch_opt(closed, params![into]).await?.is_some())
}

/// False when it is the same as the person's reply before.
async fn add_reply(tx: &mut Tx, held: &Held, by: &Person, now: Micros, text: &str) -> Result<bool, StoreError> {
    let last = "SELECT body FROM dispatch_reply WHERE assignment = $1 AND by_actor = $2 ORDER BY seq DESC LIMIT 1";
    let last = tx.fetch_opt(last, params![held.id, by.id]).await?.map(|row| row.text("body")).transpose()?;
    if last.as_deref() == Some(text) {
        return Ok(false);
    }
    let sql = "INSERT INTO dispatch_reply (assignment, seq, at_us, by_actor, body) \
         SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4 FROM dispatch_reply WHERE assignment = $1";
    tx.execute(sql, params![held.id, now, by.id, text]).await?;
    Ok(true)
}

/// The words that belong to a move, and its line in the log.
async fn explain(
    tx: &mut Tx,
    incident: &Locked,
    held: &Held,
    by: Said<'_>,
    now: Micros,
    step: &AssignmentStep,
) -> Result<(), StoreError> {
    let call_sign = &held.call_sign;
    let (key, values) = match step {
        AssignmentStep::Accept => ("assignment_accepted", json!({ "call_sign": call_sign })),
        AssignmentStep::EnRoute => ("assignment_en_route", json!({ "call_sign": call_sign })),
        AssignmentStep::OnScene => ("assignment_on_scene", json!({ "call_sign": call_sign })),
        AssignmentStep::Decline { reason, code } => {
            let sql = "UPDATE dispatch_assignment SET end_reason = $1 WHERE id = $2";
            tx.execute(sql, params![reason.trim(), held.id]).await?;
            if let Some(code) = code {
                tx.emit(&Event::not_done(Asked::Order, &held.id, code.as_str(), by.by.id)).await?;
            }
            ("assignment_declined", json!({ "call_sign": call_sign, "reason": reason.trim(), "code": code.map(shouhu_wire::Declining::as_str) }))
        }
        AssignmentStep::Close { code, text } => {
            let sql = "UPDATE dispatch_assignment SET closing_code = $1 WHERE id = $2";
            tx.execute(sql, params![tag_of(code), held.id]).await?;
            if !text.trim().is_empty() {
                add_reply(tx, held, by.by, now, text.trim()).await?;
            }
            ("assignment_closed", json!({ "call_sign": call_sign, "code": tag_of(code), "text": text.trim() }))
        }
        AssignmentStep::Delivered | AssignmentStep::Reply { .. } => return Ok(()),
    };
    by.log(tx, incident.id, now, key, values).await
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Id(id): Id<AssignmentId>,
    Body(body): Body<AssignmentStep>,
) -> Result<Audited<Assignment>, Problem> {
    let declined = match &body {
        AssignmentStep::Decline { code, .. } => *code,
        _ => None,
    };
    let assignment = step(&app.store, &person, id, &body).await?;
    positions::of(&app).persist(&app.store, assignment.unit).await?;
    let why = declined.map(|code| format!(", declined: {}", code.as_str())).unwrap_or_default();
    Ok(Audited::new(format!("{} {}{why}", assignment.incident_number, assignment.call_sign), assignment))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;
    use shouhu_wire::{ClosingCode, Declining, UnitState};

    use super::*;
    use crate::MODULE;
    use crate::testing::{Scene, person};

    fn closing() -> AssignmentStep {
        AssignmentStep::Close { code: ClosingCode::Handled, text: "車已尋獲".into() }
    }

    #[tokio::test]
    async fn an_order_goes_from_offered_to_closed_and_unit_and_incident_follow() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (incident, unit) = (scene.incident().await, scene.unit("永康 21").await);
            let id = scene.assign(incident, unit).await.unwrap().id;
            let crew = scene.crew(unit);
            let way = [
                (AssignmentStep::Delivered, UnitState::Dispatched, IncidentState::Assigned),
                (AssignmentStep::Accept, UnitState::Dispatched, IncidentState::Assigned),
                (AssignmentStep::EnRoute, UnitState::EnRoute, IncidentState::Assigned),
                (AssignmentStep::OnScene, UnitState::OnScene, IncidentState::OnScene),
                (AssignmentStep::Reply { text: "發現車輛".into() }, UnitState::OnScene, IncidentState::OnScene),
                (closing(), UnitState::Available, IncidentState::Open),
            ];
            for (next, unit_state, incident_state) in way {
                let first = step(&store, &crew, id, &next).await.unwrap();
                assert_eq!(store::unit(&store, unit).await.unwrap().unwrap().state, unit_state, "{next:?}");
                assert_eq!(store::incident(&store, incident).await.unwrap().unwrap().state, incident_state, "{next:?}");
                let again = step(&store, &crew, id, &next).await.unwrap();
                assert_eq!(again, first, "{next:?} sent again changes nothing");
            }
            let done = store::assignment(&store, id).await.unwrap().unwrap();
            assert_eq!(done.replies.iter().map(|r| r.text.as_str()).collect::<Vec<_>>(), ["發現車輛", "車已尋獲"]);
            assert_eq!(done.closing_code, Some(ClosingCode::Handled));
            let log: Vec<String> = store::log_of(&store, incident).await.unwrap().into_iter().map(|line| line.key).collect();
            let expected = [
                "incident_opened",
                "unit_assigned",
                "assignment_delivered",
                "assignment_accepted",
                "assignment_en_route",
                "assignment_on_scene",
                "assignment_reply",
                "assignment_closed",
            ];
            assert_eq!(log, expected);
        })
        .await;
    }

    #[tokio::test]
    async fn a_phone_that_replays_its_whole_queue_changes_nothing() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let unit = scene.unit("永康 21").await;
            let id = scene.assign(scene.incident().await, unit).await.unwrap().id;
            let crew = scene.crew(unit);
            let queue = [AssignmentStep::Accept, AssignmentStep::EnRoute, AssignmentStep::OnScene];
            for next in &queue {
                step(&store, &crew, id, next).await.unwrap();
            }
            let before = store::assignment(&store, id).await.unwrap();
            for next in &queue {
                step(&store, &crew, id, next).await.unwrap();
            }
            assert_eq!(store::assignment(&store, id).await.unwrap(), before);
        })
        .await;
    }

    #[tokio::test]
    async fn a_crew_that_radioed_is_written_down_by_a_dispatcher_and_the_log_says_so() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (incident, unit) = (scene.incident().await, scene.unit("永康 21").await);
            let id = scene.assign(incident, unit).await.unwrap().id;
            for next in [AssignmentStep::Delivered, AssignmentStep::Accept, AssignmentStep::EnRoute] {
                step(&store, &scene.by, id, &next).await.unwrap();
            }
            let skipped = AssignmentStep::Close { code: ClosingCode::Handled, text: String::new() };
            assert_eq!(step(&store, &scene.by, id, &skipped).await.unwrap_err().key(), "dispatch.step.not_allowed", "nor does radio skip");
            let before = store::assignment(&store, id).await.unwrap();
            // The phone is in coverage again and sends what the dispatcher has written down already.
            step(&store, &scene.crew(unit), id, &AssignmentStep::Accept).await.unwrap();
            assert_eq!(store::assignment(&store, id).await.unwrap(), before);
            step(&store, &scene.crew(unit), id, &AssignmentStep::OnScene).await.unwrap();
            let log = store::log_of(&store, incident).await.unwrap();
            let told: Vec<_> = log.iter().skip(2).map(|line| (line.key.as_str(), line.by == scene.by.id, line.params.get("by_radio"))).collect();
            let radio = Some(&Value::Bool(true));
            let expected = [
                ("assignment_delivered", true, radio),
                ("assignment_accepted", true, radio),
                ("assignment_en_route", true, radio),
                ("assignment_on_scene", false, None),
            ];
            assert_eq!(told, expected);
        })
        .await;
    }

    #[tokio::test]
    async fn another_crew_steps_no_assignment() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (ours, theirs) = (scene.unit("永康 21").await, scene.unit("永康 22").await);
            let id = scene.assign(scene.incident().await, ours).await.unwrap().id;
            for stranger in [scene.crew(theirs), person(&store, Role::Officer, None), person(&store, Role::Operator, None)] {
                let refused = step(&store, &stranger, id, &AssignmentStep::Accept).await.unwrap_err();
                assert_eq!((refused.key(), refused.status()), ("http.not_found", StatusCode::NOT_FOUND));
            }
        })
        .await;
    }

    #[tokio::test]
    async fn a_skipped_step_is_refused_and_says_what_comes_next() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let unit = scene.unit("永康 21").await;
            let id = scene.assign(scene.incident().await, unit).await.unwrap().id;
            let refused = step(&store, &scene.crew(unit), id, &AssignmentStep::OnScene).await.unwrap_err();
            assert_eq!((refused.key(), refused.status()), ("dispatch.step.not_allowed", StatusCode::CONFLICT));
            assert_eq!(refused.to_string(), "assignment is offered: accept or decline it first");
        })
        .await;
    }

    #[tokio::test]
    async fn a_declined_order_frees_the_unit_and_keeps_the_reason() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (incident, unit) = (scene.incident().await, scene.unit("永康 21").await);
            let id = scene.assign(incident, unit).await.unwrap().id;
            let unsaid = AssignmentStep::Decline { reason: "車輛故障".into(), code: None };
            assert_eq!(step(&store, &scene.crew(unit), id, &unsaid).await.unwrap_err().key(), "dispatch.step.code_needed");
            let decline = AssignmentStep::Decline { reason: "車輛故障".into(), code: Some(Declining::Vehicle) };
            step(&store, &scene.crew(unit), id, &decline).await.unwrap();
            assert_eq!(store::unit(&store, unit).await.unwrap().unwrap().state, UnitState::Available);
            assert_eq!(store::incident(&store, incident).await.unwrap().unwrap().state, IncidentState::Open);
            let last = store::log_of(&store, incident).await.unwrap().pop().unwrap();
            assert_eq!((last.key.as_str(), last.params.get("reason").unwrap()), ("assignment_declined", &json!("車輛故障")));
        })
        .await;
    }
}
