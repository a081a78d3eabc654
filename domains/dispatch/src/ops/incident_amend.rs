//! Corrects what was written when an incident was opened: its kind, priority, address or place. The log keeps old and new.
//!
//! **Invariant:** whoever corrects says what stood there. Two people who correct the same thing at once have one winner, and the
//! other is told; two who correct different things do not disturb each other, nor does a crew that takes its next step
//! meanwhile, which a number that counts every change would refuse.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shouhu_events::Event;
use shouhu_ids::IncidentId;
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, Person, Problem, Route};
use shouhu_place::Wgs84;
use shouhu_store::{Store, StoreError, Tx, params};
use shouhu_wire::{Incident, IncidentState, Priority};

use super::incident_open::{OpenError, usable_kind};
use super::merge;
use crate::model::{ADDRESS_MAX, in_lines};
use crate::write::Locked;
use crate::{store, write};

pub const ROUTE: Route = Route::post("/v1/incidents/{id}/amend", "Correct the kind, priority, address or place of an incident", || {
    axum::routing::post(handle)
})
.permission("dispatch.order")
.audit(Audit::Write)
.load(Load::Life)
.takes::<AmendIncident>()
.gives::<Incident>();

/// Two places that are nearer than this in degrees are one (0.1 mm): a number that went through JSON may differ in its last bit.
const SAME_DEG: f64 = 1e-9;

/// `POST /v1/incidents/{id}/amend`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendIncident {
    #[serde(default)]
    pub kind: Option<AmendText>,
    #[serde(default)]
    pub priority: Option<AmendPriority>,
    #[serde(default)]
    pub address: Option<AmendText>,
    #[serde(default)]
    pub position: Option<AmendPlace>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AmendText {
    /// What the person saw.
    pub was: String,
    pub now: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AmendPriority {
    pub was: Priority,
    pub now: Priority,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AmendPlace {
    /// Null: none was known.
    pub was: Option<Wgs84>,
    /// Null: none is known after all.
    pub now: Option<Wgs84>,
}

#[derive(Debug, thiserror::Error)]
pub enum AmendError {
    #[error("there is no such incident, or you may not see it")]
    NotFound,
    #[error("nothing is corrected: name kind, priority, address or position")]
    Nothing,
    #[error("{field} of {number} was changed by somebody else meanwhile: look again")]
    Changed { number: String, field: &'static str },
    #[error("{number} is a crew's call for help: its kind and priority stay")]
    Panic { number: String },
    #[error("a report that was merged into {number} is more urgent: undo that merge first")]
    ReportMoreUrgent { number: String },
    #[error("{number} is closed: what is over is not corrected")]
    Closed { number: String },
    #[error("{number} is merged: correct the one that it belongs to")]
    Merged { number: String },
    #[error(transparent)]
    Value(#[from] OpenError),
}

impl From<StoreError> for AmendError {
    fn from(error: StoreError) -> Self {
        Self::Value(error.into())
    }
}

impl Keyed for AmendError {
    fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "http.not_found",
            Self::Nothing => "dispatch.amend.nothing",
            Self::Changed { .. } => "dispatch.amend.changed",
            Self::Panic { .. } => "dispatch.amend.panic",
            Self::ReportMoreUrgent { .. } => "dispatch.amend.report_more_urgent",
            Self::Closed { .. } => "dispatch.amend.closed",
            Self::Merged { .. } => "dispatch.amend.merged",
            Self::Value(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Nothing => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Value(error) => error.status(),
            _ => StatusCode::CONFLICT,
        }
    }
}

async fn well_formed(store: &Store, body: &AmendIncident) -> Result<(), AmendError> {
    if *body == AmendIncident::default() {
        return Err(AmendError::Nothing);
    }
    if let Some(priority) = body.priority.filter(|priority| !(1..=4).contains(&priority.now.0)) {
        return Err(OpenError::Priority(priority.now.0).into());
    }
    if let Some(address) = &body.address {
        let length = address.now.chars().count();
        if length > ADDRESS_MAX {
            return Err(OpenError::TooLong { field: "address", length, max: ADDRESS_MAX }.into());
        }
    }
    // What a kind was may be retired since: to go back to it is to choose it again.
    if let Some(kind) = body.kind.as_ref().filter(|kind| kind.was != kind.now) {
        usable_kind(store, &kind.now).await?;
    }
    Ok(())
}

/// One thing that is corrected: how the log calls it, what it was and what it is now.
type Line = (&'static str, Value, Value);

/// Whether there is something to write; `None` when it is neither as the person saw it nor as it shall become.
fn judged<T>(is_same: impl Fn(&T, &T) -> bool, here: &T, was: &T, now: &T) -> Option<bool> {
    if is_same(here, now) {
        return Some(false);
    }
    is_same(here, was).then_some(true)
}

fn is_same_place(one: &Option<Wgs84>, other: &Option<Wgs84>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one.lon - other.lon).abs() < SAME_DEG && (one.lat - other.lat).abs() < SAME_DEG,
        (None, None) => true,
        _ => false,
    }
}

/// Writes what is to be written, each guarded by what stood there, and says what it was.
async fn write_down(tx: &mut Tx, locked: &Locked, here: &Incident, body: &AmendIncident) -> Result<Vec<Line>, AmendError> {
    let changed = |field| AmendError::Changed { number: locked.number.clone(), field };
    let mut lines: Vec<Line> = Vec::new();
    if let Some(AmendText { was, now }) = &body.kind
        && judged(PartialEq::eq, &here.kind, was, now).ok_or_else(|| changed("kind"))?
    {
        tx.execute("UPDATE dispatch_incident SET kind = $1 WHERE id = $2 AND kind = $3", params![now, locked.id, was]).await?;
        lines.push(("kind", json!(was), json!(now)));
    }
    if let Some(AmendPriority { was, now }) = &body.priority
        && judged(PartialEq::eq, &here.priority, was, now).ok_or_else(|| changed("priority"))?
    {
        let sql = "UPDATE dispatch_incident SET priority = $1, own_priority = NULL WHERE id = $2 AND priority = $3";
        tx.execute(sql, params![u32::from(now.0), locked.id, u32::from(was.0)]).await?;
        lines.push(("priority", json!(was.0), json!(now.0)));
    }
    if let Some(AmendText { was, now }) = &body.address {
        let now = in_lines(now);
        if judged(PartialEq::eq, &here.address, was, &now).ok_or_else(|| changed("address"))? {
            tx.execute("UPDATE dispatch_incident SET address = $1 WHERE id = $2 AND address = $3", params![&now, locked.id, was]).await?;
            lines.push(("address", json!(was), json!(now)));
        }
    }
    if let Some(AmendPlace { was, now }) = &body.position
        && judged(is_same_place, &here.position, was, now).ok_or_else(|| changed("position"))?
    {
        let sql = "UPDATE dispatch_incident SET lon = $1, lat = $2, place_from = NULL WHERE id = $3";
        tx.execute(sql, params![now.map(|at| at.lon), now.map(|at| at.lat), locked.id]).await?;
        lines.push(("position", json!(here.position), json!(now)));
    }
    Ok(lines)
}

/// Corrects it. What stands there already as wished is no error.
///
/// # Errors
/// When it is over, or is not as the person saw it; then nothing has changed.
pub async fn amend(store: &Store, by: &Person, id: IncidentId, body: &AmendIncident) -> Result<Incident, AmendError> {
    well_formed(store, body).await?;
    let mut tx = store.begin().await?;
    let locked = write::lock_incident(&mut tx, id).await?.ok_or(AmendError::NotFound)?;
    let now = store.env().now();
    let number = locked.number.clone();
    match locked.state {
        IncidentState::Closed => return Err(AmendError::Closed { number }),
        IncidentState::Merged => return Err(AmendError::Merged { number }),
        IncidentState::Open | IncidentState::Assigned | IncidentState::OnScene => {}
    }
    let here = store::incident_in(&mut tx, id).await?.ok_or(AmendError::NotFound)?;
    let lines = write_down(&mut tx, &locked, &here, body).await?;
    if lines.is_empty() {
        drop(tx);
        return store::incident(store, id).await?.ok_or(AmendError::NotFound);
    }
    let is_help = "SELECT incident FROM dispatch_panic WHERE incident = $1";
    if lines.iter().any(|(field, ..)| matches!(*field, "kind" | "priority")) && tx.fetch_opt(is_help, params![id]).await?.is_some() {
        return Err(AmendError::Panic { number });
    }
    // Urgency and place come from its reports as well: a report that is more urgent would win the next time anything is merged.
    merge::derive(&mut tx, &locked).await?;
    let after = store::incident_in(&mut tx, id).await?.ok_or(AmendError::NotFound)?;
    if body.priority.is_some_and(|priority| after.priority != priority.now) {
        return Err(AmendError::ReportMoreUrgent { number });
    }
    for (field, from, to) in lines {
        let to = if field == "position" { json!(after.position) } else { to };
        write::log(&mut tx, id, now, by, &format!("{field}_amended"), json!({ "from": from, "to": to })).await?;
    }
    // Consoles read it again with its proposal and card; its state is as it was. Crews that are on the way read their orders.
    tx.emit(&Event::IncidentChanged { incident: id, state: locked.state, hit: locked.hit }).await?;
    merge::tell(&mut tx, &locked).await?;
    tx.commit().await?;
    tracing::info!(incident = number, "incident corrected");
    store::changed_incident(store, id).await?.ok_or(AmendError::NotFound)
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Id(id): Id<IncidentId>,
    Body(body): Body<AmendIncident>,
) -> Result<Audited<Incident>, Problem> {
    let incident = amend(&app.store, &person, id, &body).await?;
    Ok(Audited::new(incident.number.clone(), incident))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;
    use shouhu_wire::{AssignmentStep, CloseIncident, ClosingCode, WithoutUnit};

    use super::*;
    use crate::MODULE;
    use crate::ops::{incident_close, panic as help, step};
    use crate::testing::Scene;

    fn to_priority(was: u8, now: u8) -> AmendIncident {
        AmendIncident { priority: Some(AmendPriority { was: Priority(was), now: Priority(now) }), ..AmendIncident::default() }
    }

    fn text(was: &str, now: &str) -> Option<AmendText> {
        Some(AmendText { was: was.into(), now: now.into() })
    }

    fn key_of<T>(answer: Result<T, AmendError>) -> &'static str {
        answer.err().map_or("", |error| error.key())
    }

    #[tokio::test]
    async fn a_correction_keeps_old_and_new_and_is_undone_by_the_way_back() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let id = scene.incident().await;
            let before = store::incident(&store, id).await.unwrap().unwrap();
            let place = Wgs84::new(120.3, 23.05).ok();
            let body = AmendIncident {
                kind: text("traffic_crash", "fight"),
                priority: to_priority(2, 1).priority,
                address: text("永康區中正路 1 號", " 永康區中山路 8 號 "),
                position: Some(AmendPlace { was: before.position, now: place }),
            };
            let after = amend(&store, &scene.by, id, &body).await.unwrap();
            assert_eq!((after.kind.as_str(), after.priority, after.address.as_str()), ("fight", Priority(1), "永康區中山路 8 號"));
            assert_eq!((after.position, after.state), (place, before.state));
            let log = store::log_of(&store, id).await.unwrap();
            let told: Vec<_> = log.iter().skip(1).map(|line| (line.key.as_str(), line.params.clone())).collect();
            assert_eq!(told.first().unwrap(), &("kind_amended", json!({ "from": "traffic_crash", "to": "fight" })));
            let keys: Vec<_> = told.iter().map(|(key, _)| *key).collect();
            assert_eq!(keys, ["kind_amended", "priority_amended", "address_amended", "position_amended"]);
            // Sent again it changes nothing, nor does it write a line.
            assert_eq!(amend(&store, &scene.by, id, &body).await.unwrap(), after);
            assert_eq!(store::log_of(&store, id).await.unwrap().len(), 5);
            let back = AmendIncident {
                kind: text("fight", "traffic_crash"),
                priority: to_priority(1, 2).priority,
                address: text(&after.address, &before.address),
                position: Some(AmendPlace { was: after.position, now: before.position }),
            };
            assert_eq!(amend(&store, &scene.by, id, &back).await.unwrap(), before);
        })
        .await;
    }

    #[tokio::test]
    async fn two_who_correct_the_same_thing_have_one_winner_and_different_things_both_hold() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let id = scene.incident().await;
            let mut tasks = tokio::task::JoinSet::new();
            for number in 0..4 {
                let (store, by) = (store.clone(), scene.by.clone());
                let body = AmendIncident { address: text("永康區中正路 1 號", &format!("永康區中正路 {} 號", number + 2)), ..AmendIncident::default() };
                tasks.spawn(async move { amend(&store, &by, id, &body).await });
            }
            let (won, lost): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().partition(Result::is_ok);
            assert_eq!(won.len(), 1);
            assert!(lost.into_iter().all(|answer| key_of(answer) == "dispatch.amend.changed"));
            // A crew that went on meanwhile, and another field, are no reason to refuse.
            let unit = scene.unit("永康 21").await;
            let order = scene.assign(id, unit).await.unwrap().id;
            step::step(&store, &scene.crew(unit), order, &AssignmentStep::Accept).await.unwrap();
            amend(&store, &scene.by, id, &to_priority(2, 1)).await.unwrap();
            // One that is right and one that is not: neither is written.
            let both = AmendIncident { kind: text("noise", "fight"), ..to_priority(1, 3) };
            assert_eq!(key_of(amend(&store, &scene.by, id, &both).await), "dispatch.amend.changed");
            assert_eq!(store::incident(&store, id).await.unwrap().unwrap().priority, Priority(1));
        })
        .await;
    }

    #[tokio::test]
    async fn what_is_over_is_not_corrected_and_rubbish_says_what_is_wrong() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (id, target) = (scene.incident().await, scene.incident_of(1).await);
            let by = &scene.by;
            let cases = [
                (AmendIncident::default(), "dispatch.amend.nothing"),
                (to_priority(2, 0), "dispatch.open.priority"),
                (to_priority(2, 5), "dispatch.open.priority"),
                (AmendIncident { kind: text("traffic_crash", "nonsense"), ..AmendIncident::default() }, "dispatch.open.unknown_kind"),
                (AmendIncident { address: text("", &"號".repeat(301)), ..AmendIncident::default() }, "dispatch.open.too_long"),
            ];
            for (body, key) in cases {
                assert_eq!(key_of(amend(&store, by, id, &body).await), key);
            }
            merge::merge(&store, by, id, target).await.unwrap();
            assert_eq!(key_of(amend(&store, by, id, &to_priority(2, 1)).await), "dispatch.amend.merged");
            let body = CloseIncident { code: ClosingCode::Handled, note: String::new(), without_unit: Some(WithoutUnit::ByTelephone) };
            incident_close::close(&store, by, target, &body).await.unwrap();
            assert_eq!(key_of(amend(&store, by, target, &to_priority(1, 2)).await), "dispatch.amend.closed");
            assert_eq!(key_of(amend(&store, by, store.env().id(IncidentId::new), &to_priority(1, 2)).await), "http.not_found");
        })
        .await;
    }

    #[tokio::test]
    async fn a_report_that_is_more_urgent_and_a_call_for_help_keep_their_urgency() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (id, report) = (scene.incident_of(3).await, scene.incident_of(2).await);
            merge::merge(&store, &scene.by, report, id).await.unwrap();
            assert_eq!(key_of(amend(&store, &scene.by, id, &to_priority(2, 3)).await), "dispatch.amend.report_more_urgent");
            assert_eq!(amend(&store, &scene.by, id, &to_priority(2, 1)).await.unwrap().priority, Priority(1));
            merge::unmerge(&store, &scene.by, report).await.unwrap();
            assert_eq!(store::incident(&store, id).await.unwrap().unwrap().priority, Priority(1), "a person's word stays");
            let unit = scene.unit("永康 21").await;
            let crew = scene.crew(unit);
            let sos = help::call_for_help(&store, &crew, unit, None).await.unwrap();
            assert_eq!(key_of(amend(&store, &scene.by, sos.id, &to_priority(1, 3)).await), "dispatch.amend.panic");
            let place = AmendPlace { was: sos.position, now: Wgs84::new(120.3, 23.05).ok() };
            let moved = AmendIncident { position: Some(place), ..AmendIncident::default() };
            assert_eq!(amend(&store, &scene.by, sos.id, &moved).await.unwrap().position, place.now);
        })
        .await;
    }
}
