//! Joins a call to an incident that is open: another report of the same event, not an incident of its own.
//!
//! What it says more counts: a more urgent report makes the incident as urgent, and a place is taken where there was none.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shouhu_events::Event;
use shouhu_ids::IncidentId;
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, Person, Problem, Route};
use shouhu_place::Wgs84;
use shouhu_store::{Store, StoreError, params};
use shouhu_wire::{Incident, IncidentOrigin, IncidentState, OpenIncident, Priority};

use super::incident_open::{self, OpenError};
use crate::{store, write};

pub const ROUTE: Route =
    Route::post("/v1/incidents/{id}/reports", "Join a call to an open incident, as another report of it", || axum::routing::post(handle))
        .permission("dispatch.order")
        .audit(Audit::Write)
        .load(Load::Life)
        .takes::<JoinReport>()
        .gives::<Incident>();

/// `POST /v1/incidents/{id}/reports`: what would have opened an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JoinReport {
    pub priority: Priority,
    pub kind: String,
    pub summary: String,
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub position: Option<Wgs84>,
}

#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    #[error("there is no such incident, or you may not see it")]
    NotFound,
    #[error("{number} is closed: open an incident of its own")]
    Closed { number: String },
    #[error("{number} is merged: join the call to the incident that it belongs to")]
    Merged { number: String },
    #[error(transparent)]
    Report(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for JoinError {
    fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "http.not_found",
            Self::Closed { .. } => "dispatch.report.closed",
            Self::Merged { .. } => "dispatch.report.merged",
            Self::Report(error) => error.key(),
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Closed { .. } | Self::Merged { .. } => StatusCode::CONFLICT,
            Self::Report(error) => error.status(),
            Self::Store(error) => error.status(),
        }
    }
}

/// The same rules as for a call that opens an incident.
async fn check(store: &Store, report: &JoinReport) -> Result<(), OpenError> {
    let body = OpenIncident {
        origin: IncidentOrigin::Call,
        priority: report.priority,
        kind: report.kind.clone(),
        summary: report.summary.clone(),
        address: report.address.clone(),
        position: report.position,
        hit: None,
    };
    if body.summary.trim().is_empty() {
        return Err(OpenError::SummaryEmpty);
    }
    incident_open::check(store, &body).await
}

/// Joins it.
///
/// # Errors
/// When the incident is closed or merged, or the report is not whole.
pub async fn join(store: &Store, by: &Person, id: IncidentId, report: &JoinReport) -> Result<Incident, JoinError> {
    check(store, report).await?;
    let mut tx = store.begin().await?;
    let incident = write::lock_incident(&mut tx, id).await?.ok_or(JoinError::NotFound)?;
    let now = store.env().now();
    match incident.state {
        IncidentState::Closed => return Err(JoinError::Closed { number: incident.number }),
        IncidentState::Merged => return Err(JoinError::Merged { number: incident.number }),
        IncidentState::Open | IncidentState::Assigned | IncidentState::OnScene => {}
    }
    let (lon, lat) = (report.position.map(|p| p.lon), report.position.map(|p| p.lat));
    tx.execute(
        "INSERT INTO dispatch_report (incident, seq, at_us, by_actor, kind, summary, address, lon, lat) \
         SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4, $5, $6, $7, $8 FROM dispatch_report WHERE incident = $1",
        params![id, now, by.id, &report.kind, report.summary.trim(), report.address.trim(), lon, lat],
    )
    .await?;
    let urgency = i64::from(report.priority.0);
    // Its own urgency too, where that differs from what came with merged ones: it outlives the undoing of a merge.
    let sql = "UPDATE dispatch_incident SET priority = CASE WHEN priority > $1 THEN $1 ELSE priority END, \
         own_priority = CASE WHEN own_priority > $1 THEN $1 ELSE own_priority END WHERE id = $2";
    tx.execute(sql, params![urgency, id]).await?;
    let sql = "UPDATE dispatch_incident SET lon = $1, lat = $2 WHERE id = $3 AND lon IS NULL";
    tx.execute(sql, params![lon, lat, id]).await?;
    let values = json!({
        "kind": report.kind, "text": report.summary.trim(), "address": report.address.trim(), "priority": urgency.min(incident.priority),
    });
    write::log(&mut tx, id, now, by, "report_joined", values).await?;
    tx.emit(&Event::IncidentChanged { incident: id, state: incident.state, hit: incident.hit }).await?;
    tx.commit().await?;
    tracing::info!(incident = incident.number, kind = report.kind, "call joined");
    store::changed_incident(store, id).await?.ok_or(JoinError::NotFound)
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Id(id): Id<IncidentId>,
    Body(report): Body<JoinReport>,
) -> Result<Audited<Incident>, Problem> {
    let incident = join(&app.store, &person, id, &report).await?;
    Ok(Audited::new(incident.number.clone(), incident))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_ids::Micros;
    use shouhu_module::ports::CitizenReports;
    use shouhu_store::testing::on_each_database;
    use shouhu_wire::{CloseIncident, ClosingCode};

    use super::*;
    use crate::MODULE;
    use crate::ops::duplicates::{AskDuplicates, for_call, for_incident};
    use crate::ops::{incident_close, merge};
    use crate::ports::CallsOfCitizens;
    use crate::testing::{Scene, call};

    fn report(priority: u8, lon: f64) -> JoinReport {
        JoinReport {
            priority: Priority(priority),
            kind: "weapon".into(),
            summary: "有人拿刀".into(),
            address: String::new(),
            position: Wgs84::new(lon, 23.03).ok(),
        }
    }

    #[tokio::test]
    async fn a_joined_call_makes_the_incident_as_urgent_and_gives_it_a_place_and_its_words_are_on_the_log() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let body = OpenIncident { position: None, priority: Priority(3), ..call("fight") };
            let id = incident_open::open(&store, &scene.by, body, None).await.unwrap().id;
            let joined = join(&store, &scene.by, id, &report(1, 120.25)).await.unwrap();
            assert_eq!((joined.priority, joined.position), (Priority(1), Wgs84::new(120.25, 23.03).ok()));
            let later = join(&store, &scene.by, id, &report(4, 120.26)).await.unwrap();
            assert_eq!((later.priority, later.position), (Priority(1), joined.position));
            let log = store::log_of(&store, id).await.unwrap();
            let words: Vec<_> = log.iter().filter(|line| line.key == "report_joined").filter_map(|line| line.params.get("text")).collect();
            assert_eq!(words, ["有人拿刀", "有人拿刀"]);

            // Urgency and place that came with a call stay when a merge that brought the same is undone.
            let body = OpenIncident { position: None, priority: Priority(4), ..call("fight") };
            let id = incident_open::open(&store, &scene.by, body, None).await.unwrap().id;
            let other = scene.incident_of(2).await;
            merge::merge(&store, &scene.by, other, id).await.unwrap();
            join(&store, &scene.by, id, &report(2, 120.27)).await.unwrap();
            merge::unmerge(&store, &scene.by, other).await.unwrap();
            let left = store::incident(&store, id).await.unwrap().unwrap();
            assert_eq!((left.priority, left.position), (Priority(2), Wgs84::new(120.27, 23.03).ok()));
            let empty = JoinReport { summary: " ".into(), ..report(1, 120.25) };
            assert_eq!(join(&store, &scene.by, id, &empty).await.unwrap_err().key(), "dispatch.open.summary_empty");
        })
        .await;
    }

    #[tokio::test]
    async fn an_incident_is_demand_once_however_many_calls_were_joined_or_merged_and_an_officer_s_is_none() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (id, other) = (scene.incident().await, scene.incident().await);
            for lon in [120.24, 120.25, 120.26] {
                join(&store, &scene.by, id, &report(1, lon)).await.unwrap();
            }
            let found = OpenIncident { origin: IncidentOrigin::Officer, ..call("fight") };
            let found = incident_open::open(&store, &scene.by, found, None).await.unwrap().id;
            join(&store, &scene.by, found, &report(1, 120.30)).await.unwrap();
            let counted = || async { CallsOfCitizens(store.clone()).within(Micros(0), Micros(i64::MAX)).await.unwrap().len() };
            assert_eq!(counted().await, 2);
            merge::merge(&store, &scene.by, other, id).await.unwrap();
            assert_eq!(counted().await, 1);
            merge::unmerge(&store, &scene.by, other).await.unwrap();
            assert_eq!(counted().await, 2);
        })
        .await;
    }

    #[tokio::test]
    async fn a_closed_or_merged_incident_takes_no_report() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (closed, merged, open) = (scene.incident().await, scene.incident().await, scene.incident().await);
            let body = CloseIncident { code: ClosingCode::Cancelled, note: String::new(), without_unit: None };
            incident_close::close(&store, &scene.by, closed, &body).await.unwrap();
            merge::merge(&store, &scene.by, merged, open).await.unwrap();
            assert_eq!(join(&store, &scene.by, closed, &report(1, 120.25)).await.unwrap_err().key(), "dispatch.report.closed");
            assert_eq!(join(&store, &scene.by, merged, &report(1, 120.25)).await.unwrap_err().key(), "dispatch.report.merged");
        })
        .await;
    }

    #[tokio::test]
    async fn likely_duplicates_are_found_by_every_report_of_an_incident_and_under_the_open_number_only() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let far = OpenIncident { position: Wgs84::new(120.40, 23.03).ok(), ..call("fight") };
            let far = incident_open::open(&store, &scene.by, far, None).await.unwrap().id;
            let near = scene.incident().await;
            let asked = AskDuplicates { kind: Some("weapon".into()), position: Wgs84::new(120.40, 23.03).ok(), ..AskDuplicates::default() };
            let found = |asked: AskDuplicates| {
                let (store, by) = (store.clone(), scene.by.id);
                async move { for_call(&store, &asked, by).await.unwrap().into_iter().map(|found| found.incident.id).collect::<Vec<_>>() }
            };
            assert_eq!(found(asked.clone()).await, [far]);
            join(&store, &scene.by, near, &report(2, 120.40)).await.unwrap();
            assert_eq!(found(asked.clone()).await, [near, far], "the same kind at the same place was joined to the other one");
            merge::merge(&store, &scene.by, far, near).await.unwrap();
            assert_eq!(found(asked.clone()).await, [near]);
            let own = store::incident(&store, near).await.unwrap().unwrap();
            assert!(for_incident(&store, &own).await.unwrap().is_empty(), "an incident does not resemble itself or its reports");
            let body = CloseIncident { code: ClosingCode::Cancelled, note: String::new(), without_unit: None };
            incident_close::close(&store, &scene.by, near, &body).await.unwrap();
            assert!(found(asked).await.is_empty());
        })
        .await;
    }
}
