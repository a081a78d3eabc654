//! Merges an incident into another one, and undoes it. `merging` says when; here is what is written.
//!
//! The other incident becomes as urgent as its most urgent report, and takes a report's place where it has none of its own;
//! both are derived again when a merge is undone, so that it leaves nothing behind.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shouhu_events::Event;
use shouhu_ids::{AssignmentId, IncidentId};
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, NoBody, Person, Problem, Route};
use shouhu_store::{Store, StoreError, Tx, params};
use shouhu_wire::{AssignmentState, Incident, IncidentState};

use crate::checks::{book, rounds};
use crate::merging::{self, MergeRefusal, MergeVerdict, MovedVerdict, Side};
use crate::write::{self, Held, Locked};
use crate::{machine, store};

pub const MERGE: Route =
    Route::post("/v1/incidents/{id}/merge", "Make an incident another report of one that is open", || axum::routing::post(merge_one))
        .permission("dispatch.order")
        .audit(Audit::Write)
        .load(Load::Life)
        .takes::<MergeIncident>()
        .gives::<Incident>();

pub const UNMERGE: Route = Route::post("/v1/incidents/{id}/unmerge", "Undo the merge of an incident", || axum::routing::post(unmerge_one))
    .permission("dispatch.order")
    .audit(Audit::Write)
    .load(Load::Life)
    .takes::<NoBody>()
    .gives::<Incident>();

/// `POST /v1/incidents/{id}/merge`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MergeIncident {
    /// The incident that stays.
    pub into: IncidentId,
}

#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    #[error("there is no such incident, or you may not see it")]
    NotFound,
    #[error("an incident is not merged into itself")]
    Itself,
    #[error("{number} is a crew's call for help: it ends only when a dispatcher closes it")]
    Panic { number: String },
    #[error("{number} is closed: what is over is not merged")]
    Closed { number: String },
    #[error("{number} is closed: open incidents are not merged into it")]
    TargetClosed { number: String },
    #[error("{number} is merged into another incident already: undo that first")]
    AlreadyMerged { number: String },
    #[error("{number} is itself merged: take the incident that it belongs to")]
    TargetMerged { number: String },
    #[error("others are merged into {number}: merge the other way round, or undo those first")]
    HasMerged { number: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for MergeError {
    fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "http.not_found",
            Self::Itself => "dispatch.merge.itself",
            Self::Panic { .. } => "dispatch.merge.panic",
            Self::Closed { .. } => "dispatch.merge.closed",
            Self::TargetClosed { .. } => "dispatch.merge.target_closed",
            Self::AlreadyMerged { .. } => "dispatch.merge.already_merged",
            Self::TargetMerged { .. } => "dispatch.merge.target_merged",
            Self::HasMerged { .. } => "dispatch.merge.has_merged",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Itself => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(error) => error.status(),
            _ => StatusCode::CONFLICT,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum UnmergeError {
    #[error("there is no such incident, or you may not see it")]
    NotFound,
    #[error("{number} is not merged")]
    NotMerged { number: String },
    #[error("{number} was closed since: its closing speaks for all its reports")]
    TargetClosed { number: String },
    #[error("{call_sign} has arrived since: nobody can say any more at which of the two; open a new incident that refers to it")]
    UnitArrived { call_sign: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for UnmergeError {
    fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "http.not_found",
            Self::NotMerged { .. } => "dispatch.unmerge.not_merged",
            Self::TargetClosed { .. } => "dispatch.unmerge.target_closed",
            Self::UnitArrived { .. } => "dispatch.unmerge.unit_arrived",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Store(error) => error.status(),
            _ => StatusCode::CONFLICT,
        }
    }
}

/// What moved along, how far it was, and what was said of safety checks before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Moved {
    assignments: Vec<MovedAssignment>,
    #[serde(default)]
    rounds: rounds::Carried,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct MovedAssignment {
    id: AssignmentId,
    state: AssignmentState,
}

async fn side(tx: &mut Tx, incident: &Locked) -> Result<Side, StoreError> {
    let merged = "SELECT id FROM dispatch_incident WHERE merged_into = $1 LIMIT 1";
    let panic = "SELECT incident FROM dispatch_panic WHERE incident = $1";
    Ok(Side {
        id: incident.id,
        state: incident.state,
        merged_into: incident.merged_into,
        is_panic: incident.kind == "sos" || tx.fetch_opt(panic, params![incident.id]).await?.is_some(),
        has_merged: tx.fetch_opt(merged, params![incident.id]).await?.is_some(),
    })
}

fn refused(refusal: MergeRefusal, from: &Locked, into: &Locked) -> MergeError {
    let (number, target) = (from.number.clone(), into.number.clone());
    match refusal {
        MergeRefusal::Itself => MergeError::Itself,
        MergeRefusal::Panic => MergeError::Panic { number },
        MergeRefusal::Closed => MergeError::Closed { number },
        MergeRefusal::TargetClosed => MergeError::TargetClosed { number: target },
        MergeRefusal::AlreadyMerged => MergeError::AlreadyMerged { number },
        MergeRefusal::TargetMerged => MergeError::TargetMerged { number: target },
        MergeRefusal::HasMerged => MergeError::HasMerged { number },
    }
}

/// Hangs assignments under another incident.
async fn hang(tx: &mut Tx, moving: &[&Held], to: &Locked) -> Result<(), StoreError> {
    for held in moving {
        tx.execute("UPDATE dispatch_assignment SET incident = $1 WHERE id = $2", params![to.id, held.id]).await?;
        book::hang(tx, held.id, to.id).await?;
    }
    Ok(())
}

/// Makes the phones of every crew that is at an incident now read their orders again, after the fact that a hit has followed: those
/// that moved, and those that stay, for a hit came to them or left them.
pub async fn tell(tx: &mut Tx, incident: &Locked) -> Result<(), StoreError> {
    for held in write::held(tx, incident).await?.iter().filter(|held| machine::is_live(held.state)) {
        let event = Event::AssignmentChanged { assignment: held.id, incident: incident.id, unit: held.unit, state: held.state };
        tx.emit(&event).await?;
    }
    Ok(())
}

fn call_signs(moved: &[&Held]) -> String {
    moved.iter().map(|held| held.call_sign.as_str()).collect::<Vec<_>>().join(", ")
}

/// Urgency and place of an incident, from its own and those of its reports.
pub async fn derive(tx: &mut Tx, incident: &Locked) -> Result<(), StoreError> {
    let sql = "SELECT i.priority, i.own_priority, i.lon, i.place_from, \
         (SELECT MIN(m.priority) FROM dispatch_incident m WHERE m.merged_into = i.id) AS reported \
         FROM dispatch_incident i WHERE i.id = $1";
    let row = tx.fetch_one(sql, params![incident.id]).await?;
    let own = row.opt_int("own_priority")?.unwrap_or(row.int("priority")?);
    let priority = row.opt_int("reported")?.map_or(own, |reported| reported.min(own));
    let sql = "UPDATE dispatch_incident SET priority = $1, own_priority = $2 WHERE id = $3";
    tx.execute(sql, params![priority, (priority != own).then_some(own), incident.id]).await?;
    if row.opt_real("lon")?.is_some() && row.opt_text("place_from")?.is_none() {
        return Ok(());
    }
    let placed = "SELECT id, lon, lat FROM dispatch_incident WHERE merged_into = $1 AND lon IS NOT NULL ORDER BY id LIMIT 1";
    let mut placed = tx.fetch_opt(placed, params![incident.id]).await?;
    if placed.is_none() {
        let joined = "SELECT CAST(NULL AS TEXT) AS id, lon, lat FROM dispatch_report WHERE incident = $1 AND lon IS NOT NULL ORDER BY seq LIMIT 1";
        placed = tx.fetch_opt(joined, params![incident.id]).await?;
    }
    let (from, lon, lat) = match placed {
        Some(row) => (row.opt_text("id")?, row.opt_real("lon")?, row.opt_real("lat")?),
        None => (None, None, None),
    };
    let sql = "UPDATE dispatch_incident SET lon = $1, lat = $2, place_from = $3 WHERE id = $4";
    tx.execute(sql, params![lon, lat, from, incident.id]).await?;
    Ok(())
}

/// Makes `id` another report of `into`. Merging it into the same one again changes nothing.
///
/// # Errors
/// As `merging::judge_merge` says.
pub async fn merge(store: &Store, by: &Person, id: IncidentId, into: IncidentId) -> Result<Incident, MergeError> {
    if id == into {
        return Err(MergeError::Itself);
    }
    let mut tx = store.begin().await?;
    let (from, target) = write::lock_both(&mut tx, id, into).await?.ok_or(MergeError::NotFound)?;
    let now = store.env().now();
    let sides = (side(&mut tx, &from).await?, side(&mut tx, &target).await?);
    match merging::judge_merge(&sides.0, &sides.1).map_err(|refusal| refused(refusal, &from, &target))? {
        MergeVerdict::Unchanged => drop(tx),
        MergeVerdict::Merges => {
            let held = write::held(&mut tx, &from).await?;
            let live: Vec<&Held> = held.iter().filter(|held| machine::is_live(held.state)).collect();
            let rounds = rounds::carry(&mut tx, id, into, !live.is_empty()).await?;
            let moved = Moved { assignments: live.iter().map(|held| MovedAssignment { id: held.id, state: held.state }).collect(), rounds };
            let sql = "INSERT INTO dispatch_merge (incident, seq, into_incident, at_us, by_actor, moved) \
                 SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4, $5 FROM dispatch_merge WHERE incident = $1";
            tx.execute(sql, params![id, into, now, by.id, json!(moved).to_string()]).await?;
            let sql = "UPDATE dispatch_incident SET state = 'merged', merged_into = $1 WHERE id = $2 AND state NOT IN ('closed', 'merged')";
            tx.execute(sql, params![into, id]).await?;
            tx.emit(&Event::IncidentChanged { incident: id, state: IncidentState::Merged, hit: from.hit }).await?;
            derive(&mut tx, &target).await?;
            hang(&mut tx, &live, &target).await?;
            let state = write::settle_incident(&mut tx, &target).await?;
            // With the hit of the other: whoever follows a hit follows it to the number under which it is worked on.
            tx.emit(&Event::IncidentChanged { incident: into, state, hit: from.hit }).await?;
            tell(&mut tx, &target).await?;
            let units = call_signs(&live);
            let row = tx.fetch_one("SELECT summary FROM dispatch_incident WHERE id = $1", params![id]).await?;
            let values = json!({ "number": target.number, "incident": into, "units": units });
            write::log(&mut tx, id, now, by, "incident_merged", values).await?;
            let values = json!({ "number": from.number, "incident": id, "kind": from.kind, "text": row.text("summary")?, "units": units });
            write::log(&mut tx, into, now, by, "incident_took_in", values).await?;
            tx.commit().await?;
            tracing::info!(incident = from.number, into = target.number, units, "incident merged");
        }
    }
    store::incident(store, id).await?.ok_or(MergeError::NotFound)
}

/// Undoes the merge of `id`: it is open again under its own number, with the units that came with it and have not arrived since.
///
/// # Errors
/// When it is not merged, the other one was closed, or a unit has arrived since.
pub async fn unmerge(store: &Store, by: &Person, id: IncidentId) -> Result<Incident, UnmergeError> {
    let known = store::incident(store, id).await?.ok_or(UnmergeError::NotFound)?;
    let into = known.merged_into.ok_or(UnmergeError::NotMerged { number: known.number })?;
    let mut tx = store.begin().await?;
    let (from, target) = write::lock_both(&mut tx, id, into).await?.ok_or(UnmergeError::NotFound)?;
    let now = store.env().now();
    if from.merged_into != Some(into) {
        return Err(UnmergeError::NotMerged { number: from.number });
    }
    if target.state == IncidentState::Closed {
        return Err(UnmergeError::TargetClosed { number: target.number });
    }
    let sql = "UPDATE dispatch_merge SET undone_at_us = $1, undone_by = $2 WHERE incident = $3 AND undone_at_us IS NULL RETURNING moved";
    let moved: Moved = tx.fetch_one(sql, params![now, by.id, id]).await?.json("moved")?;
    let held = write::held(&mut tx, &target).await?;
    let mut back: Vec<&Held> = Vec::new();
    for held in &held {
        let Some(was) = moved.assignments.iter().find(|moved| moved.id == held.id) else { continue };
        match merging::judge_moved(was.state, held.state) {
            MovedVerdict::GoesBack => back.push(held),
            MovedVerdict::Stays => {}
            MovedVerdict::ForbidsUndo => return Err(UnmergeError::UnitArrived { call_sign: held.call_sign.clone() }),
        }
    }
    let sql = "UPDATE dispatch_incident SET state = 'open', merged_into = NULL WHERE id = $1 AND state = 'merged'";
    tx.execute(sql, params![id]).await?;
    let from = Locked { state: IncidentState::Open, merged_into: None, ..from };
    rounds::give_back(&mut tx, id, into, &moved.rounds, !back.is_empty()).await?;
    hang(&mut tx, &back, &from).await?;
    let state = write::settle_incident(&mut tx, &from).await?;
    tx.emit(&Event::IncidentChanged { incident: id, state, hit: from.hit }).await?;
    tell(&mut tx, &from).await?;
    let units = call_signs(&back);
    derive(&mut tx, &target).await?;
    let state = write::settle_incident(&mut tx, &target).await?;
    tx.emit(&Event::IncidentChanged { incident: into, state, hit: target.hit }).await?;
    tell(&mut tx, &target).await?;
    let values = json!({ "number": target.number, "incident": into, "units": units });
    write::log(&mut tx, id, now, by, "incident_unmerged", values).await?;
    let values = json!({ "number": from.number, "incident": id, "units": units });
    write::log(&mut tx, into, now, by, "incident_gave_back", values).await?;
    tx.commit().await?;
    tracing::info!(incident = from.number, from = target.number, units, "merge undone");
    store::incident(store, id).await?.ok_or(UnmergeError::NotFound)
}

async fn merge_one(
    State(app): State<App>,
    person: Person,
    Id(id): Id<IncidentId>,
    Body(body): Body<MergeIncident>,
) -> Result<Audited<Incident>, Problem> {
    let incident = merge(&app.store, &person, id, body.into).await?;
    Ok(Audited::new(incident.number.clone(), incident))
}

async fn unmerge_one(State(app): State<App>, person: Person, Id(id): Id<IncidentId>, _: Body<NoBody>) -> Result<Audited<Incident>, Problem> {
    let incident = unmerge(&app.store, &person, id).await?;
    Ok(Audited::new(incident.number.clone(), incident))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_module::ports::CitizenReports;
    use shouhu_ids::Micros;
    use shouhu_store::testing::on_each_database;
    use shouhu_wire::{AssignmentStep, CloseIncident, ClosingCode, IncidentOrigin, OpenIncident, Priority, UnitState, WithoutUnit};

    use super::*;
    use crate::MODULE;
    use crate::ops::{cancel, incident_close, incident_open, panic, step};
    use crate::ports::CallsOfCitizens;
    use crate::store::Which;
    use crate::testing::{Scene, call};

    async fn opened(store: &Store, body: OpenIncident) -> IncidentId {
        incident_open::open(store, &crate::testing::dispatcher(store), body, None).await.unwrap().id
    }

    async fn now(store: &Store, id: IncidentId) -> Incident {
        store::incident(store, id).await.unwrap().unwrap()
    }

    async fn keys(store: &Store, id: IncidentId) -> Vec<String> {
        store::log_of(store, id).await.unwrap().into_iter().map(|line| line.key).collect()
    }

    #[tokio::test]
    async fn units_urgency_and_place_move_along_and_undoing_it_puts_everything_back() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let target = opened(&store, OpenIncident { position: None, priority: Priority(3), ..call("traffic_crash") }).await;
            let other = scene.incident_of(1).await;
            let unit = scene.unit("永康 21").await;
            let sent = scene.assign(other, unit).await.unwrap();
            let before = (now(&store, target).await, now(&store, other).await);

            let merged = merge(&store, &scene.by, other, target).await.unwrap();
            assert_eq!((merged.state, merged.merged_into, merged.assignments.len()), (IncidentState::Merged, Some(target), 0));
            let into = now(&store, target).await;
            assert_eq!((into.state, into.priority, into.position), (IncidentState::Assigned, Priority(1), before.1.position));
            assert_eq!(into.assignments.iter().map(|a| a.id).collect::<Vec<_>>(), [sent.id]);
            assert_eq!(merge(&store, &scene.by, other, target).await.unwrap(), merged, "again changes nothing");
            let listed = store::incidents(&store, Which::NotClosed, None, 10).await.unwrap();
            assert_eq!(listed.iter().map(|one| one.id).collect::<Vec<_>>(), [target]);
            // Its crew goes on as if nothing had happened.
            step::step(&store, &scene.crew(unit), sent.id, &AssignmentStep::Accept).await.unwrap();
            step::step(&store, &scene.crew(unit), sent.id, &AssignmentStep::EnRoute).await.unwrap();

            let back = unmerge(&store, &scene.by, other).await.unwrap();
            assert_eq!((back.state, back.merged_into), (IncidentState::Assigned, None));
            assert_eq!(back.assignments.first().map(|a| a.state), Some(AssignmentState::EnRoute));
            assert_eq!(now(&store, target).await, before.0);
            assert_eq!(store::unit(&store, unit).await.unwrap().unwrap().state, UnitState::EnRoute);
            assert_eq!(keys(&store, other).await, ["incident_opened", "incident_resembles", "unit_assigned", "incident_merged", "incident_unmerged"]);
            let told = keys(&store, target).await;
            assert_eq!(told, ["incident_opened", "incident_took_in", "assignment_accepted", "assignment_en_route", "incident_gave_back"]);
            assert_eq!(unmerge(&store, &scene.by, other).await.unwrap_err().key(), "dispatch.unmerge.not_merged");
            assert!(merge(&store, &scene.by, other, target).await.is_ok(), "it may be merged again");
        })
        .await;
    }

    #[tokio::test]
    async fn what_happened_since_may_forbid_to_undo_it() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (arrived, recalled, target) = (scene.incident().await, scene.incident().await, scene.incident().await);
            let units = (scene.unit("永康 21").await, scene.unit("永康 22").await);
            let first = scene.assign(arrived, units.0).await.unwrap().id;
            let second = scene.assign(recalled, units.1).await.unwrap().id;
            for id in [arrived, recalled] {
                merge(&store, &scene.by, id, target).await.unwrap();
            }
            for next in [AssignmentStep::Accept, AssignmentStep::EnRoute, AssignmentStep::OnScene] {
                step::step(&store, &scene.crew(units.0), first, &next).await.unwrap();
            }
            cancel::cancel(&store, &scene.by, second, "另有任務").await.unwrap();
            assert_eq!(unmerge(&store, &scene.by, arrived).await.unwrap_err().key(), "dispatch.unmerge.unit_arrived");
            let back = unmerge(&store, &scene.by, recalled).await.unwrap();
            assert_eq!((back.state, back.assignments.len()), (IncidentState::Open, 0), "its recall stays where it happened");

            let done = AssignmentStep::Close { code: ClosingCode::Handled, text: String::new() };
            step::step(&store, &scene.crew(units.0), first, &done).await.unwrap();
            let body = CloseIncident { code: ClosingCode::Handled, note: String::new(), without_unit: Some(WithoutUnit::ByTelephone) };
            incident_close::close(&store, &scene.by, target, &body).await.unwrap();
            assert_eq!(unmerge(&store, &scene.by, arrived).await.unwrap_err().key(), "dispatch.unmerge.target_closed");
        })
        .await;
    }

    #[tokio::test]
    async fn crews_that_stay_are_told_too_for_a_hit_came_or_left() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (other, target) = (scene.incident().await, scene.incident().await);
            let (stays, moves) = (scene.unit("永康 21").await, scene.unit("永康 22").await);
            scene.assign(target, stays).await.unwrap();
            scene.assign(other, moves).await.unwrap();
            let told = |unit: shouhu_ids::UnitId, incident: IncidentId| {
                let store = store.clone();
                async move {
                    let rows = store.fetch("SELECT body FROM store_outbox WHERE kind = 'assignment_changed'", vec![]).await.unwrap();
                    let bodies = rows.iter().map(|row| row.text("body").unwrap());
                    let (unit, incident) = (unit.to_string(), incident.to_string());
                    bodies.filter(|b| b.contains(&unit) && b.contains(&incident)).count()
                }
            };
            assert_eq!((told(stays, target).await, told(moves, target).await), (1, 0));
            merge(&store, &scene.by, other, target).await.unwrap();
            assert_eq!((told(stays, target).await, told(moves, target).await), (2, 1));
            unmerge(&store, &scene.by, other).await.unwrap();
            assert_eq!((told(stays, target).await, told(moves, target).await, told(moves, other).await), (3, 1, 2));
        })
        .await;
    }

    #[tokio::test]
    async fn a_reply_to_an_ended_order_under_a_merged_number_reaches_the_target_until_that_is_closed() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (other, target) = (scene.incident().await, scene.incident().await);
            let unit = scene.unit("永康 21").await;
            let sent = scene.assign(other, unit).await.unwrap().id;
            cancel::cancel(&store, &scene.by, sent, "另有任務").await.unwrap();
            merge(&store, &scene.by, other, target).await.unwrap();
            let reply = |text: &str| AssignmentStep::Reply { text: text.into() };
            assert!(step::step(&store, &scene.crew(unit), sent, &reply("目擊者在對街")).await.is_ok());
            for id in [other, target] {
                let log = store::log_of(&store, id).await.unwrap();
                let said = log.iter().filter(|line| line.key == "assignment_reply").filter_map(|line| line.params.get("text"));
                assert_eq!(said.collect::<Vec<_>>(), ["目擊者在對街"], "{id}");
            }
            let body = CloseIncident { code: ClosingCode::Handled, note: String::new(), without_unit: Some(WithoutUnit::ByTelephone) };
            incident_close::close(&store, &scene.by, target, &body).await.unwrap();
            assert!(step::step(&store, &scene.crew(unit), sent, &reply("補充")).await.is_err(), "what it belongs to is over");
        })
        .await;
    }

    #[tokio::test]
    async fn a_merged_incident_takes_no_unit_no_closing_and_no_second_merge() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (one, other, third) = (scene.incident().await, scene.incident().await, scene.incident().await);
            let unit = scene.unit("永康 21").await;
            merge(&store, &scene.by, one, other).await.unwrap();
            assert_eq!(scene.assign(one, unit).await.unwrap_err().key(), "dispatch.assign.incident_merged");
            let body = CloseIncident { code: ClosingCode::Cancelled, note: String::new(), without_unit: None };
            assert_eq!(incident_close::close(&store, &scene.by, one, &body).await.unwrap_err().key(), "dispatch.close.merged");
            for (from, into, key) in [
                (one, third, "dispatch.merge.already_merged"),
                (third, one, "dispatch.merge.target_merged"),
                (other, third, "dispatch.merge.has_merged"),
                (third, third, "dispatch.merge.itself"),
            ] {
                assert_eq!(merge(&store, &scene.by, from, into).await.unwrap_err().key(), key);
            }
            incident_close::close(&store, &scene.by, third, &body).await.unwrap();
            assert_eq!(merge(&store, &scene.by, third, other).await.unwrap_err().key(), "dispatch.merge.closed");
            let crew = scene.crew(unit);
            let alarm = panic::call_for_help(&store, &crew, unit, None).await.unwrap().id;
            assert_eq!(merge(&store, &scene.by, alarm, other).await.unwrap_err().key(), "dispatch.merge.panic");
            let told = scene.incident().await;
            assert!(merge(&store, &scene.by, told, alarm).await.is_ok(), "a citizen's call about it joins the alarm");
        })
        .await;
    }

    #[tokio::test]
    async fn of_two_dispatchers_who_merge_two_incidents_into_each_other_at_once_one_wins() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let pair = (scene.incident().await, scene.incident().await);
            let unit = scene.unit("永康 21").await;
            scene.assign(pair.0, unit).await.unwrap();
            let mut merging = tokio::task::JoinSet::new();
            for turn in 0..8 {
                let (store, by) = (store.clone(), scene.by.clone());
                let (from, into) = if turn % 2 == 0 { pair } else { (pair.1, pair.0) };
                merging.spawn(async move { merge(&store, &by, from, into).await.map(|merged| merged.id) });
            }
            let (won, lost): (Vec<_>, Vec<_>) = merging.join_all().await.into_iter().partition(Result::is_ok);
            assert_eq!((won.len(), lost.len()), (4, 4), "one direction, however often it was asked");
            let typed = ["dispatch.merge.already_merged", "dispatch.merge.target_merged"];
            assert!(lost.iter().all(|lost| lost.as_ref().is_err_and(|error| typed.contains(&error.key()))), "{lost:?}");
            let states = (now(&store, pair.0).await.state, now(&store, pair.1).await.state);
            let one_way = [(IncidentState::Merged, IncidentState::Assigned), (IncidentState::Assigned, IncidentState::Merged)];
            assert!(one_way.contains(&states), "{states:?}");
        })
        .await;
    }

    #[tokio::test]
    async fn what_citizens_called_about_is_counted_once_however_many_called() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (first, second, third) = (scene.incident().await, scene.incident().await, scene.incident().await);
            let found = opened(&store, OpenIncident { origin: IncidentOrigin::Officer, ..call("traffic_crash") }).await;
            let calls = CallsOfCitizens(store.clone());
            let counted = || async { calls.within(Micros(0), Micros(i64::MAX)).await.map(|told| told.len()).unwrap_or(usize::MAX) };
            assert_eq!(counted().await, 3);
            merge(&store, &scene.by, second, first).await.unwrap();
            assert_eq!(counted().await, 2);
            unmerge(&store, &scene.by, second).await.unwrap();
            for id in [first, second, third] {
                merge(&store, &scene.by, id, found).await.unwrap();
            }
            assert_eq!(counted().await, 1, "a crew found it, and citizens did call about it");
        })
        .await;
    }
}
