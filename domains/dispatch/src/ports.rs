//! What other rooms may ask of dispatch.

use std::sync::Arc;

use shouhu_env::BoxFuture;
use shouhu_ids::{DeviceId, IncidentId, Micros, UnitId};
use shouhu_module::Problem;
use shouhu_module::ports::{
    CitizenReport, CitizenReports, DispatchFacts, Errand, Errands, FileLine, IncidentFact, IncidentFile, IncidentFiles, LiveCases, NearbyCase, NearbyCases, OnTheMap, PartnerKeys, PlacedIncident,
    PlacedUnit, UnitFact, UnitTask, UnitTasks,
};
use shouhu_place::Wgs84;
use shouhu_store::{Store, StoreError, params, tag_of};
use shouhu_wire::{Incident, Unit};

use crate::merging::COUNTED_CALL;
use crate::ops::partners;
use crate::positions::Positions;

/// Who stands somewhere reads a few lines, not a list.
const NEARBY_MAX: usize = 5;
/// One degree of latitude, metres, rounded down: the box of the first look is never too small.
const DEGREE_M: f64 = 110_000.0;

/// A purpose may name an incident for as long as it is not closed, and a call while somebody has it in hand.
pub struct LiveIncidents(pub Store);

impl LiveCases for LiveIncidents {
    fn is_live(&self, case_ref: String) -> BoxFuture<'static, bool> {
        let store = self.0.clone();
        Box::pin(async move {
            // A merged one is worked on under the other number for as long as that is open.
            let sql = "SELECT i.id FROM dispatch_incident i LEFT JOIN dispatch_incident t ON t.id = i.merged_into \
                 WHERE i.number = $1 AND COALESCE(t.state, i.state) <> 'closed' \
                 UNION ALL SELECT id FROM dispatch_call WHERE number = $1 AND state = 'taken'";
            match store.fetch_opt(sql, params![case_ref.trim()]).await {
                Ok(found) => found.is_some(),
                Err(error) => {
                    // Deny by default: a case that cannot be looked up opens nothing.
                    tracing::warn!(%error, "incident number not looked up");
                    false
                }
            }
        })
    }

    fn live_incident(&self, case_ref: String) -> BoxFuture<'static, Result<Option<(String, u8)>, Problem>> {
        let store = self.0.clone();
        Box::pin(async move { Ok(live_incident(&store, &case_ref).await?) })
    }
}

/// The incident of that number that is still worked on, under the number that it was asked for.
async fn live_incident(store: &Store, case_ref: &str) -> Result<Option<(String, u8)>, StoreError> {
    let sql = "SELECT i.number, COALESCE(t.priority, i.priority) AS priority FROM dispatch_incident i \
         LEFT JOIN dispatch_incident t ON t.id = i.merged_into WHERE i.number = $1 AND COALESCE(t.state, i.state) <> 'closed'";
    let Some(row) = store.fetch_opt(sql, params![case_ref.trim()]).await? else { return Ok(None) };
    Ok(Some((row.text("number")?, u8::try_from(row.int("priority")?).unwrap_or(u8::MAX))))
}

/// Where crews have to go.
pub struct CrewErrands {
    pub store: Store,
    pub positions: Arc<Positions>,
}

impl Errands for CrewErrands {
    fn of(&self, unit: UnitId) -> BoxFuture<'static, Result<Vec<Errand>, Problem>> {
        let (store, positions) = (self.store.clone(), Arc::clone(&self.positions));
        Box::pin(async move {
            let Some(mut known) = crate::store::unit(&store, unit).await? else { return Ok(Vec::new()) };
            positions.overlay(&mut known);
            let mut errands = Vec::new();
            for assignment in crate::store::live_assignments_of(&store, unit).await? {
                let Some(incident) = crate::store::incident(&store, assignment.incident).await? else { continue };
                let drive = crate::rank::drive_to(incident.priority, store.env().now());
                errands.push(Errand {
                    assignment: assignment.id,
                    incident_number: incident.number,
                    to: incident.position,
                    by: known.kind,
                    from: known.position.zip(known.position_at_us),
                    with_siren: drive.with_siren,
                });
            }
            Ok(errands)
        })
    }
}

/// What happened around a place.
pub struct IncidentsNear(pub Store);

impl NearbyCases for IncidentsNear {
    fn near(&self, place: Wgs84, within_m: f64, since: Micros) -> BoxFuture<'static, Result<Vec<NearbyCase>, Problem>> {
        let store = self.0.clone();
        Box::pin(async move { Ok(incidents_near(&store, place, within_m, since).await?) })
    }
}

/// What citizens called about.
pub struct CallsOfCitizens(pub Store);

impl CitizenReports for CallsOfCitizens {
    fn since(&self, since: Micros) -> BoxFuture<'static, Result<Vec<CitizenReport>, Problem>> {
        let store = self.0.clone();
        Box::pin(async move { Ok(citizens_calls(&store, since).await?) })
    }
}

/// Incidents as they are told to citizens: without callers, words and addresses.
pub struct Files(pub Store);

impl IncidentFiles for Files {
    fn opened(&self, from: Micros, until: Micros, most: i64) -> BoxFuture<'static, Result<Vec<IncidentFile>, Problem>> {
        let store = self.0.clone();
        Box::pin(async move { Ok(files(&store, "opened_at_us >= $1 AND opened_at_us < $2", params![from, until], most).await?) })
    }

    fn one(&self, number: String) -> BoxFuture<'static, Result<Option<IncidentFile>, Problem>> {
        let store = self.0.clone();
        Box::pin(async move { Ok(files(&store, "number = $1 AND number = $2", params![&number, &number], 1).await?.into_iter().next()) })
    }
}

/// What is not over yet is told to nobody.
async fn files(store: &Store, which: &str, mut values: Vec<shouhu_store::Value>, most: i64) -> Result<Vec<IncidentFile>, StoreError> {
    values.push(most.into());
    let sql = format!(
        "SELECT id, number, kind, priority, state, closing_code, lon, lat, opened_at_us, closed_at_us FROM dispatch_incident \
         WHERE {which} AND state = 'closed' ORDER BY opened_at_us, id LIMIT $3"
    );
    let mut files = Vec::new();
    for row in store.fetch(&sql, values).await? {
        let lines = crate::store::log_of(store, row.parsed("id")?).await?;
        files.push(IncidentFile {
            number: row.text("number")?,
            kind: row.text("kind")?,
            priority: u8::try_from(row.int("priority")?).unwrap_or_default(),
            state: row.text("state")?,
            closing_code: row.opt_text("closing_code")?,
            position: crate::store::place_of(&row)?,
            opened_at: row.micros("opened_at_us")?,
            closed_at: row.opt_micros("closed_at_us")?,
            lines: lines.into_iter().map(|line| FileLine { at: line.at_us, key: line.key, by: line.by }).collect(),
        });
    }
    Ok(files)
}

/// When units were bound to assignments.
pub struct TasksOfUnits(pub Store);

impl UnitTasks for TasksOfUnits {
    fn tasks(&self, unit: UnitId, since: Micros, until: Micros) -> BoxFuture<'static, Result<Vec<UnitTask>, Problem>> {
        let store = self.0.clone();
        Box::pin(async move { Ok(tasks_of(&store, unit, since, until).await?) })
    }
}

/// Open incidents and units that have a place.
pub struct MapNow {
    pub store: Store,
    pub known: Arc<Positions>,
}

impl OnTheMap for MapNow {
    fn incidents(&self) -> BoxFuture<'static, Result<Vec<PlacedIncident>, Problem>> {
        let store = self.store.clone();
        Box::pin(async move {
            let sql = "SELECT id, number, kind, lon, lat FROM dispatch_incident WHERE state NOT IN ('closed', 'merged') AND lon IS NOT NULL \
                 AND lat IS NOT NULL ORDER BY id";
            let mut placed = Vec::new();
            for row in store.fetch(sql, vec![]).await? {
                let Some(position) = crate::store::place_of(&row)? else { continue };
                placed.push(PlacedIncident { id: row.parsed("id")?, number: row.text("number")?, kind: row.text("kind")?, position });
            }
            Ok(placed)
        })
    }

    fn units(&self) -> BoxFuture<'static, Result<Vec<PlacedUnit>, Problem>> {
        let (store, known) = (self.store.clone(), self.known.clone());
        Box::pin(async move {
            let units = crate::store::units(&store).await?.into_iter().filter_map(|mut unit| {
                known.overlay(&mut unit);
                let position = unit.position?;
                Some(PlacedUnit { id: unit.id, call_sign: unit.call_sign, position, measured_at: unit.position_at_us })
            });
            Ok(units.collect())
        })
    }
}

/// Facts without names.
pub struct Facts(pub Store);

impl DispatchFacts for Facts {
    fn incident(&self, id: IncidentId) -> BoxFuture<'static, Result<Option<IncidentFact>, Problem>> {
        let store = self.0.clone();
        Box::pin(async move {
            let fact = |incident: Incident| IncidentFact {
                number: incident.number,
                kind: incident.kind,
                priority: incident.priority.0,
                state: tag_of(&incident.state),
                address: incident.address,
                position: incident.position,
                opened_at_us: incident.opened_at_us,
                closed_at_us: incident.closed_at_us,
            };
            Ok(crate::store::incident(&store, id).await?.map(fact))
        })
    }

    fn unit(&self, id: UnitId) -> BoxFuture<'static, Result<Option<UnitFact>, Problem>> {
        let store = self.0.clone();
        Box::pin(async move {
            let fact = |unit: Unit| UnitFact { call_sign: unit.call_sign, state: tag_of(&unit.state) };
            Ok(crate::store::unit(&store, id).await?.map(fact))
        })
    }
}

/// What an operator has said of partners' keys.
pub struct RegisteredPartners(pub Store);

impl PartnerKeys for RegisteredPartners {
    fn speaks_for(&self, device: DeviceId, domain: String) -> BoxFuture<'static, Result<bool, Problem>> {
        let store = self.0.clone();
        Box::pin(async move {
            let partner = partners::by_device(&store, device).await?.filter(|partner| partner.ended_at_us.is_none());
            Ok(partner.is_some_and(|partner| partner.speaks_for(&domain)))
        })
    }
}

async fn incidents_near(store: &Store, place: Wgs84, within_m: f64, since: Micros) -> Result<Vec<NearbyCase>, StoreError> {
    let lat_deg = within_m / DEGREE_M;
    let lon_deg = lat_deg / place.lat.to_radians().cos().max(0.01);
    let sql = "SELECT number, kind, summary, opened_at_us, lon, lat, state FROM dispatch_incident WHERE opened_at_us >= $1 \
         AND state <> 'merged' AND lon BETWEEN $2 AND $3 AND lat BETWEEN $4 AND $5";
    let edges = params![since, place.lon - lon_deg, place.lon + lon_deg, place.lat - lat_deg, place.lat + lat_deg];
    let mut near = Vec::new();
    for row in store.fetch(sql, edges).await? {
        let Some(position) = crate::store::place_of(&row)? else { continue };
        let case = NearbyCase {
            number: row.text("number")?,
            kind: row.text("kind")?,
            summary: row.text("summary")?,
            opened_at: row.micros("opened_at_us")?,
            distance_m: position.distance_m(place),
            is_open: row.text("state")? != "closed",
        };
        if case.distance_m <= within_m {
            near.push(case);
        }
    }
    near.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m).then_with(|| a.number.cmp(&b.number)));
    near.truncate(NEARBY_MAX);
    Ok(near)
}

async fn citizens_calls(store: &Store, since: Micros) -> Result<Vec<CitizenReport>, StoreError> {
    let sql = format!(
        "SELECT i.opened_at_us, i.lon, i.lat, i.kind FROM dispatch_incident i WHERE {COUNTED_CALL} AND i.opened_at_us >= $1 \
         ORDER BY i.opened_at_us, i.id"
    );
    let mut reports = Vec::new();
    for row in store.fetch(&sql, params![since]).await? {
        let Some(position) = crate::store::place_of(&row)? else { continue };
        reports.push(CitizenReport { at: row.micros("opened_at_us")?, position, kind: row.text("kind")? });
    }
    Ok(reports)
}

async fn tasks_of(store: &Store, unit: UnitId, since: Micros, until: Micros) -> Result<Vec<UnitTask>, StoreError> {
    // A declined offer bound nobody.
    let sql = "SELECT i.number, a.offered_at_us, a.ended_at_us FROM dispatch_assignment a JOIN dispatch_incident i ON i.id = a.incident \
         WHERE a.unit = $1 AND a.state <> 'declined' AND a.offered_at_us < $3 AND (a.ended_at_us IS NULL OR a.ended_at_us > $2) \
         ORDER BY a.offered_at_us, a.id";
    let rows = store.fetch(sql, params![unit, since, until]).await?;
    let task = |row: &shouhu_store::Row| {
        Ok(UnitTask { incident_number: row.text("number")?, from: row.micros("offered_at_us")?, until: row.opt_micros("ended_at_us")? })
    };
    rows.iter().map(task).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;

    use shouhu_wire::{AssignmentStep, IncidentOrigin, OpenIncident};

    use super::*;
    use crate::MODULE;
    use crate::ops::{incident_open, step};
    use crate::testing::{Scene, call};

    #[tokio::test]
    async fn only_what_citizens_called_about_is_told_as_a_report() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            scene.incident().await;
            let placeless = OpenIncident { position: None, ..call("theft") };
            let found = OpenIncident { origin: IncidentOrigin::Officer, ..call("drunk_driving") };
            for other in [placeless, found] {
                incident_open::open(&store, &scene.by, other, None).await.unwrap();
            }
            let told = citizens_calls(&store, Micros(0)).await.unwrap();
            assert_eq!(told.iter().map(|report| report.kind.as_str()).collect::<Vec<_>>(), ["traffic_crash"]);
            assert!(citizens_calls(&store, store.env().now().plus(1)).await.unwrap().is_empty());
        })
        .await;
    }

    #[tokio::test]
    async fn a_unit_s_jobs_are_told_with_their_ends_and_a_declined_one_is_none() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (first, second) = (scene.incident().await, scene.incident().await);
            let unit = scene.unit("永康 21").await;
            let begun = store.env().now();
            let declined = scene.assign(first, unit).await.unwrap().id;
            let by = scene.crew(unit);
            step::step(&store, &by, declined, &AssignmentStep::Decline { reason: "車輛故障".into(), code: None }).await.unwrap();
            scene.assign(second, unit).await.unwrap();
            let later = store.env().now().plus(Micros::HOUR);
            let told = tasks_of(&store, unit, begun, later).await.unwrap();
            let number = crate::store::incident(&store, second).await.unwrap().unwrap().number;
            assert_eq!(told.iter().map(|task| (task.incident_number.clone(), task.until)).collect::<Vec<_>>(), [(number, None)]);
            assert!(tasks_of(&store, unit, begun.plus(-Micros::HOUR), begun).await.unwrap().is_empty(), "before it was sent");
        })
        .await;
    }

    #[tokio::test]
    async fn what_happened_near_a_place_is_told_nearest_first_and_only_since_then() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let id = scene.incident().await;
            let number = crate::store::incident(&store, id).await.unwrap().unwrap().number;
            let at = |lon| Wgs84::new(lon, 23.03).unwrap();
            let told = incidents_near(&store, at(120.252), 300.0, Micros(0)).await.unwrap();
            assert_eq!(told.iter().map(|case| case.number.clone()).collect::<Vec<_>>(), [number]);
            assert!((200.0..210.0).contains(&told.first().unwrap().distance_m), "{told:?}");
            assert!(told.first().unwrap().is_open);
            assert!(incidents_near(&store, at(120.254), 300.0, Micros(0)).await.unwrap().is_empty(), "409 m away");
            let later = store.env().now().plus(1);
            assert!(incidents_near(&store, at(120.252), 300.0, later).await.unwrap().is_empty());
        })
        .await;
    }
}
