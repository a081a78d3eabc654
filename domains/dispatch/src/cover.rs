//! Where calls come from, and which of it the idle units reach in time.
//!
//! Demand is counted from citizens' calls of the last year, never from what patrols find, in cells of a hundredth of a degree.
//! Reaches are driving times on the imported roads. Both are kept for a short while, because a proposal must not wait for
//! them: a view that is a little old is taken while the next one is made.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use schemars::JsonSchema;
use serde::Serialize;
use shouhu_choice::{Cover, CoverError, Reach};
use shouhu_ids::{Micros, UnitId};
use shouhu_module::ports::{Drive, RoadAnswer, RoadTimes, RoadTimesPort, Traveller};
use shouhu_module::{App, Problem};
use shouhu_place::Wgs84;
use shouhu_store::{Eyes, Store, StoreError, params};
use shouhu_wire::{Unit, UnitKind, UnitState};
use tokio::sync::Mutex;

use crate::merging::COUNTED_CALL;
use crate::ops::recommend::{ProposeError, traveller};
use crate::policy::Coverage;

/// A year of calls: as long as seasons need, and no longer than such records are kept.
const DEMAND_US: i64 = 365 * Micros::DAY;
/// Below this a map of demand is a map of chance.
pub const CALLS_MIN: usize = 30;
/// The cells with the most calls; the rest is thin enough to be left out.
const CELLS_MAX: usize = 150;
/// Places where a unit could stand: the busiest cells.
const SITES_MAX: usize = 40;
/// One cell is about a kilometre either way in Taiwan.
const CELLS_PER_DEGREE: f64 = 100.0;
const DEMAND_FOR_US: i64 = 10 * Micros::MINUTE;
const VIEW_FOR_US: i64 = 20 * Micros::SECOND;
/// A proposal takes an older view rather than wait; units drive a kilometre or two meanwhile.
const VIEW_STILL_US: i64 = 2 * Micros::MINUTE;

/// Why there is no cover to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoCover {
    NoMap,
    FewIncidents,
    NoIdleUnit,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    pub position: Wgs84,
    pub calls: f64,
}

/// The demand with what does not change while units move.
struct Ground {
    made_at: Micros,
    /// The number of the roads that it was reckoned on.
    roads: u64,
    coverage: Coverage,
    cover: Cover,
    cells: Vec<Cell>,
    /// What a unit reaches from each of the first cells.
    sites: Vec<Reach>,
}

/// Demand and reaches of one moment.
pub struct View {
    ground: Arc<Ground>,
    made_at: Micros,
    roads: u64,
    /// Idle units with a place: reach, and seconds to each cell.
    units: Vec<(UnitId, Reach, Vec<f64>)>,
}

impl View {
    #[must_use]
    pub fn cover(&self) -> &Cover {
        &self.ground.cover
    }

    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.ground.cells
    }

    #[must_use]
    pub fn sites(&self) -> &[Reach] {
        &self.ground.sites
    }

    #[must_use]
    pub fn units(&self) -> &[(UnitId, Reach, Vec<f64>)] {
        &self.units
    }

    #[must_use]
    pub fn reach(&self, unit: UnitId) -> Option<&Reach> {
        self.units.iter().find(|(id, _, _)| *id == unit).map(|(_, reach, _)| reach)
    }
}

/// The last ground and view; one is made at a time.
#[derive(Clone, Default)]
pub struct Covers(Arc<Kept>);

#[derive(Default)]
struct Kept {
    /// Held while a view is made.
    ground: Mutex<Option<Arc<Ground>>>,
    view: RwLock<Option<Arc<View>>>,
}

impl Kept {
    /// The last view of these settings that is not older than `for_us`.
    fn view(&self, coverage: Coverage, now: Micros, for_us: i64) -> Option<Arc<View>> {
        let view = self.view.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        (is_within(view.made_at, now, for_us) && view.ground.coverage == coverage).then_some(view)
    }
}

fn cell_of(place: Wgs84) -> (i64, i64) {
    let index = |degrees: f64| (degrees * CELLS_PER_DEGREE).floor() as i64;
    (index(place.lon), index(place.lat))
}

/// Cells with their calls, the busiest first. Each stands where its calls are on average: its middle may lie in a river.
#[must_use]
pub fn cells(calls: &[Wgs84]) -> Vec<Cell> {
    let mut sums: BTreeMap<(i64, i64), (f64, f64, f64)> = BTreeMap::new();
    for call in calls {
        let (lon, lat, count) = sums.entry(cell_of(*call)).or_default();
        *lon += call.lon;
        *lat += call.lat;
        *count += 1.0;
    }
    let mean = |(lon, lat, calls): (f64, f64, f64)| {
        let position = Wgs84::new(lon / calls, lat / calls).ok()?;
        Some(Cell { position, calls })
    };
    let mut cells: Vec<Cell> = sums.into_values().filter_map(mean).collect();
    cells.sort_by(|a, b| b.calls.total_cmp(&a.calls));
    cells.truncate(CELLS_MAX);
    cells
}

async fn calls(store: &Store, since: Micros) -> Result<Vec<Wgs84>, StoreError> {
    let sql = format!("SELECT i.lon, i.lat FROM dispatch_incident i WHERE {COUNTED_CALL} AND i.opened_at_us >= $1");
    let rows = store.fetch(&sql, params![since]).await?;
    let places: Vec<Option<Wgs84>> = rows.iter().map(crate::store::place_of).collect::<Result<_, _>>()?;
    Ok(places.into_iter().flatten().collect())
}

/// Seconds from each source to each cell, cell by cell; infinite where no road leads. Cover is of calls that cannot wait, so it is
/// counted with lights and siren.
fn times(roads: &dyn RoadTimes, cells: &[Cell], sources: &[Traveller], now: Micros) -> Option<Vec<Vec<f64>>> {
    let drive = Drive { at: now, with_siren: true };
    let to_cell = |cell: &Cell| {
        let times = roads.times_to(cell.position, sources, drive)?;
        Some(times.into_iter().map(|answer: RoadAnswer| answer.time().map_or(f64::INFINITY, |time| time.duration_s)).collect())
    };
    cells.iter().map(to_cell).collect()
}

/// The times of one source, turned from cell by cell.
fn of_source(times: &[Vec<f64>], source: usize) -> Vec<f64> {
    times.iter().map(|cell| cell.get(source).copied().unwrap_or(f64::INFINITY)).collect()
}

fn ground(roads: &dyn RoadTimes, calls: &[Wgs84], coverage: Coverage, now: Micros) -> Result<Ground, NoCover> {
    if calls.len() < CALLS_MIN {
        return Err(NoCover::FewIncidents);
    }
    let cells = cells(calls);
    let weights: Vec<f64> = cells.iter().map(|cell| cell.calls).collect();
    let cover = Cover::new(&weights, coverage.busy_share).map_err(|error: CoverError| {
        tracing::warn!(%error, "no cover from this demand");
        NoCover::FewIncidents
    })?;
    let standing: Vec<Traveller> = cells.iter().take(SITES_MAX).map(|cell| Traveller { at: cell.position, by: UnitKind::Car }).collect();
    // Asked before the times: a road that is closed meanwhile makes this out of date, and never the other way round.
    let changes = roads.changes(now);
    let times = times(roads, &cells, &standing, now).ok_or(NoCover::NoMap)?;
    let sites = (0..standing.len()).map(|site| Reach::within(of_source(&times, site), coverage.threshold_s)).collect();
    Ok(Ground { made_at: now, roads: changes, coverage, cover, cells, sites })
}

fn view(roads: &dyn RoadTimes, ground: Arc<Ground>, units: &[(UnitId, Traveller)], now: Micros) -> Result<View, NoCover> {
    let placed: Vec<Traveller> = units.iter().map(|(_, traveller)| *traveller).collect();
    let changes = roads.changes(now);
    let times = times(roads, &ground.cells, &placed, now).ok_or(NoCover::NoMap)?;
    let units = units.iter().enumerate().map(|(index, (unit, _))| {
        let times = of_source(&times, index);
        (*unit, Reach::within(times.iter().copied(), ground.coverage.threshold_s), times)
    });
    Ok(View { units: units.collect(), ground, made_at: now, roads: changes })
}

fn is_within(made_at: Micros, now: Micros, for_us: i64) -> bool {
    (0..for_us).contains(&now.since(made_at))
}

impl Covers {
    /// For a proposal: a view that is a little old at once, while the next one is made behind it. Also after a closure: the times of
    /// a proposal's units are of this moment, and what their going costs the cover may be of the one before.
    ///
    /// # Errors
    /// When the database fails; that there is no cover to look at is an answer.
    pub async fn soon(&self, app: &App, units: &[Unit], coverage: Coverage) -> Result<Result<Arc<View>, NoCover>, Problem> {
        let now = app.env.now();
        let Some(last) = self.0.view(coverage, now, VIEW_STILL_US) else { return self.now(app, units, coverage).await };
        let roads = app.try_room::<RoadTimesPort>().map_or(0, |port| port.0.changes(now));
        if !is_within(last.made_at, now, VIEW_FOR_US) || last.roads != roads {
            let (covers, app, units) = (self.clone(), app.clone(), units.to_vec());
            tokio::spawn(async move {
                if let Err(problem) = covers.now(&app, &units, coverage).await {
                    tracing::warn!(detail = problem.detail, "cover not made anew");
                }
            });
        }
        Ok(Ok(last))
    }

    /// The cover by the units that are idle now; at most some seconds old, and on the roads of now.
    ///
    /// # Errors
    /// When the database fails; that there is no cover to look at is an answer.
    pub async fn now(&self, app: &App, units: &[Unit], coverage: Coverage) -> Result<Result<Arc<View>, NoCover>, Problem> {
        let Some(port) = app.try_room::<RoadTimesPort>() else { return Ok(Err(NoCover::NoMap)) };
        let idle = units.iter().filter(|unit| unit.state == UnitState::Available);
        let idle: Vec<(UnitId, Traveller)> = idle.filter_map(|unit| Some((unit.id, traveller(unit)?))).collect();
        if idle.is_empty() {
            return Ok(Err(NoCover::NoIdleUnit));
        }
        // Whoever waited here for somebody else's view takes that one.
        let mut ground_kept = self.0.ground.lock().await;
        let now = app.env.now();
        let roads = port.0.changes(now);
        let is_good = |view: &Arc<View>| view.roads == roads && idle.iter().all(|(unit, _)| view.reach(*unit).is_some());
        if let Some(view) = self.0.view(coverage, now, VIEW_FOR_US).filter(is_good) {
            return Ok(Ok(view));
        }
        let is_known = |ground: &Arc<Ground>| {
            is_within(ground.made_at, now, DEMAND_FOR_US) && ground.coverage == coverage && ground.roads == roads
        };
        let known = ground_kept.clone().filter(is_known);
        // Kept for everybody: what a force's rules hide from one must not be missing for all.
        let calls = if known.is_none() { Eyes::House.look(calls(&app.store, now.plus(-DEMAND_US))).await? } else { Vec::new() };
        let made = tokio::task::spawn_blocking(move || {
            let ground = match known {
                Some(ground) => ground,
                None => Arc::new(ground(port.0.as_ref(), &calls, coverage, now)?),
            };
            view(port.0.as_ref(), ground, &idle, now).map(Arc::new)
        });
        let made = made.await.map_err(ProposeError::Cover)?;
        if let Ok(view) = &made {
            *ground_kept = Some(Arc::clone(&view.ground));
            *self.0.view.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(view));
        }
        Ok(made)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_module::ports::RoadTime;

    use super::*;

    /// A flat country, driven at ten metres a second.
    struct Flat;

    impl RoadTimes for Flat {
        fn times_to(&self, target: Wgs84, sources: &[Traveller], _: Drive) -> Option<Vec<RoadAnswer>> {
            let time = |source: &Traveller| {
                let distance_m = source.at.distance_m(target);
                RoadAnswer::By(RoadTime { duration_s: distance_m / 10.0, distance_m, is_through_closure: false })
            };
            Some(sources.iter().map(time).collect())
        }
    }

    const NOW: Micros = Micros(1_795_200_000_000_000);

    fn at(lon: f64) -> Wgs84 {
        Wgs84::new(lon, 23.0).unwrap()
    }

    fn coverage() -> Coverage {
        Coverage { s_per_percent: 30.0, slower_max_s: 90.0, threshold_s: 300.0, busy_share: 0.4 }
    }

    #[test]
    fn calls_of_one_cell_are_one_place_where_they_are_on_average() {
        let found = cells(&[at(120.201), at(120.203), at(120.305)]);
        assert_eq!(found.len(), 2);
        let busiest = found.first().unwrap();
        assert!((busiest.position.lon - 120.202).abs() < 1e-9 && (busiest.calls - 2.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_unit_covers_what_it_reaches_in_time_and_few_calls_are_no_demand() {
        let mut calls = vec![at(120.205); CALLS_MIN];
        calls.extend([at(120.405); 10]);
        assert_eq!(ground(&Flat, &calls[..5], coverage(), NOW).err(), Some(NoCover::FewIncidents));
        let ground = Arc::new(ground(&Flat, &calls, coverage(), NOW).unwrap());
        let unit = UnitId::new(NOW, [1; 16]);
        let view = view(&Flat, ground, &[(unit, Traveller { at: at(120.21), by: UnitKind::Car })], NOW).unwrap();
        let reach = view.reach(unit).unwrap();
        assert!(reach.covers(0) && !reach.covers(1), "3 km away in 5 minutes, 20 km are not");
        let covered = view.cover().by(view.units().iter().map(|(_, reach, _)| reach)).expected_share();
        assert!((covered - 0.75 * 0.6).abs() < 1e-9, "{covered}");
    }
}
