//! One pursuit from sighting to sighting.
//!
//! What is kept between two answers: the driving times of every unit that has not moved, and who was sent where. What is
//! made anew is everything that the new sighting changes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use shouhu_roads::NodeId;

use crate::assign::{Cell, assign};
use crate::error::{InterceptError, checked};
use crate::escape;
use crate::explain;
use crate::field::{Field, Runner, Start, scaled};
use crate::model::{Escape, Order, Outcome, Outside, Plan, Post, SEEN_MAX, Seen, Settings, UNITS_COMPARED_MAX, Unit, UnitId};
use crate::race::{NEVER, race};
use crate::search::{Answer, best_ring, least_leaks};
use crate::streets::{Spot, Streets, TIME_MAX_S, Who, micros, seconds};

/// Driving times from one place, good up to a limit.
#[derive(Debug, Clone)]
struct Row {
    limit_us: i64,
    at_us: Arc<Vec<i64>>,
}

/// The state of one pursuit. Cheap to make; give it every new sighting.
#[derive(Debug)]
pub struct Ring {
    streets: Arc<Streets>,
    rows: HashMap<Vec<(u32, i64)>, Row>,
    sent: BTreeMap<UnitId, u32>,
}

impl Ring {
    #[must_use]
    pub fn new(streets: Arc<Streets>) -> Self {
        Self { streets, rows: HashMap::new(), sent: BTreeMap::new() }
    }

    #[must_use]
    pub const fn streets(&self) -> &Arc<Streets> {
        &self.streets
    }

    /// Takes other streets between the same junctions: something was closed to units, or is open again. Who was sent where is kept.
    pub fn take_streets(&mut self, streets: Arc<Streets>) {
        if !Arc::ptr_eq(&self.streets, &streets) {
            self.rows.clear();
            self.streets = streets;
        }
    }

    /// The ring for what is known now. Of several sightings all are contained if that is possible; if not, the least
    /// believed are given up one by one, and [`Plan::contained_weight`] says what is left.
    ///
    /// One search per moved unit, then about log₂(junctions) cuts.
    ///
    /// # Errors
    /// When the question is not well formed; that no ring can be closed is a [`Plan`].
    pub fn resolve(&mut self, units: &[Unit], seen: &[Seen], settings: &Settings) -> Result<Plan, InterceptError> {
        check(settings)?;
        let streets = Arc::clone(&self.streets);
        let exits = exits(&streets, settings)?;
        let starts = starts(&streets, seen, settings.speed_ratio)?;
        let chosen = compared(&streets, units, &starts)?;
        let mut runners = Vec::with_capacity(chosen.len());
        let mut runner_of = vec![None; units.len()];
        let mut rows = HashMap::with_capacity(chosen.len());
        for (index, unit) in units.iter().enumerate().filter(|(index, _)| chosen.contains(index)) {
            if let Some(slot) = runner_of.get_mut(index) {
                *slot = Some(runners.len());
            }
            runners.push(self.runner(unit, micros(settings.horizon_s), &mut rows)?);
        }
        self.rows = rows;
        let pursuit = Pursuit { streets: &streets, runners: &runners, units, runner_of: &runner_of, settings, exits: &exits };
        let plan = pursuit.plan(&starts);
        self.sent = plan.orders.iter().map(|order| (order.unit, order.junction.0)).collect();
        Ok(plan)
    }

    /// Forgets who was sent where, as when a pursuit was broken off.
    pub fn forget_orders(&mut self) {
        self.sent.clear();
    }

    fn runner(&self, unit: &Unit, limit_us: i64, rows: &mut HashMap<Vec<(u32, i64)>, Row>) -> Result<Runner, InterceptError> {
        let key = self.streets.entries(unit.at, Who::Unit)?;
        let known = rows.get(&key).or_else(|| self.rows.get(&key)).filter(|row| row.limit_us >= limit_us);
        let row = known.cloned().unwrap_or_else(|| {
            let found = race(&self.streets.unit, &key, limit_us, |cost_us| cost_us, |_, _| true);
            Row { limit_us, at_us: Arc::new(found.at_us) }
        });
        let at_us = Arc::clone(&row.at_us);
        rows.insert(key, row);
        let post = unit.post.map(|Post { junction, since_s }| {
            let since_s = checked("since when a post stands", since_s, -TIME_MAX_S, 0.0)?;
            Ok::<_, InterceptError>((self.streets.known(junction)?, micros(since_s)))
        });
        let heading = self.sent.get(&unit.id).copied();
        Ok(Runner { id: unit.id, free_us: micros(unit.free_in_s), post: post.transpose()?, heading, row: at_us })
    }
}

/// One question, checked and laid out.
struct Pursuit<'a> {
    streets: &'a Streets,
    runners: &'a [Runner],
    units: &'a [Unit],
    /// The place of each unit among the runners; none for those that are not compared.
    runner_of: &'a [Option<usize>],
    settings: &'a Settings,
    exits: &'a [u32],
}

impl<'a> Pursuit<'a> {
    fn field(&self, starts: &[&Start]) -> Field<'a> {
        Field::new(self.streets, self.runners, starts, self.settings, self.exits)
    }

    fn plan(&self, starts: &[Start]) -> Plan {
        let mut kept: Vec<&Start> = starts.iter().collect();
        // Stable: of equals the first named is believed more.
        kept.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        let everything = self.field(&kept);
        if escape::fastest(&everything, &everything.starts, &[]).is_none() {
            let verdicts = explain::verdicts(self.units, self.runner_of, &everything, &[], &[]);
            return Plan { verdicts, ..drafted(Outcome::NoWayOut, 1.0) };
        }
        let mut all_proven = true;
        let mut narrowed: Option<Field<'_>> = None;
        loop {
            let field = narrowed.as_ref().unwrap_or(&everything);
            match best_ring(field, self.settings) {
                Answer::Ring { junctions, is_proven } => {
                    let plan = self.ordered(field, &junctions, starts);
                    return Plan { is_proven: is_proven && all_proven, ..plan };
                }
                Answer::Nobody { is_proven } => all_proven &= is_proven,
            }
            kept.pop();
            if kept.is_empty() {
                break;
            }
            narrowed = Some(self.field(&kept));
        }
        let plan = self.ordered(&everything, &least_leaks(&everything).unwrap_or_default(), starts);
        Plan { is_proven: all_proven, ..plan }
    }

    fn ordered(&self, field: &Field<'_>, ring: &[u32], starts: &[Start]) -> Plan {
        let orders = orders(field, ring, self.settings);
        let plan = planned(field, ring, &orders);
        let verdicts = explain::verdicts(self.units, self.runner_of, field, ring, &orders);
        let contained_weight = match starts {
            [_] => f64::from(u8::from(plan.outcome == Outcome::Closed)),
            _ => self.contained(starts, &closings(&orders)),
        };
        Plan { verdicts, contained_weight, ..plan }
    }

    /// Each sighting by itself: one that was given up may still lie within what the ring holds.
    fn contained(&self, starts: &[Start], closings: &[(u32, i64)]) -> f64 {
        let (mut contained, mut total) = (0.0, 0.0);
        for start in starts {
            total += start.weight;
            if escape::fastest(&self.field(&[start]), &start.junctions, closings).is_none() {
                contained += start.weight;
            }
        }
        contained / total
    }
}

/// Gives the junctions of a ring to units: as many as can be held, the least slack as great as can be, then the least
/// driving; of equals, the unit that was sent there before.
fn orders(field: &Field<'_>, ring: &[u32], settings: &Settings) -> Vec<Order> {
    let rank = ring.len() as i64 + 1;
    let swap_us = micros(settings.swap_saves_s);
    let cell = |junction: u32, index: usize, runner: &Runner| {
        let stands = runner.stands_at(junction);
        let is_kept = stands || runner.heading == Some(junction);
        // Only who is in time has driving times that may be added up.
        field.is_in_time(index, junction).then(|| {
            let drive_us = if stands { 0 } else { runner.drive_us(junction) };
            let cost = (drive_us + if is_kept { 0 } else { swap_us }) * rank + i64::from(!is_kept);
            Cell { worst: field.late_us(index, junction), cost }
        })
    };
    let row = |junction: &u32| field.runners.iter().enumerate().map(|(index, runner)| cell(*junction, index, runner)).collect();
    let cells: Vec<Vec<Option<Cell>>> = ring.iter().map(row).collect();
    // Junctions that he comes to first are held first where not all may be: whoever is kept in there is later everywhere else.
    let mut assigned: Vec<_> = ring.iter().zip(assign(&cells)).filter_map(|(junction, index)| Some((junction, index?))).collect();
    assigned.sort_by_key(|(junction, _)| (field.arrives_us(**junction), **junction));
    assigned.truncate(settings.units_max);
    let mut found: Vec<(usize, Order)> = Vec::with_capacity(assigned.len());
    for (junction, index) in assigned {
        let Some(runner) = field.runners.get(index) else { continue };
        let (closed_us, suspect_us) = (field.closed_us(index, *junction), field.arrives_us(*junction));
        let stands = runner.stands_at(*junction);
        let order = Order {
            unit: runner.id,
            junction: NodeId(*junction),
            drive_s: if stands { 0.0 } else { seconds(runner.drive_us(*junction)) },
            arrival_s: seconds(closed_us),
            suspect_s: seconds(suspect_us),
            slack_s: seconds(suspect_us - closed_us),
            is_kept: stands || runner.heading == Some(*junction),
        };
        found.push((index, order));
    }
    found.sort_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, order)| order).collect()
}

fn closings(orders: &[Order]) -> Vec<(u32, i64)> {
    orders.iter().map(|order| (order.junction.0, micros(order.arrival_s))).collect()
}

/// The plan without its reasons. Whether it is closed is what the trial run says, not what the search believes.
fn planned(field: &Field<'_>, ring: &[u32], orders: &[Order]) -> Plan {
    let escape = escape::fastest(field, &field.starts, &closings(orders));
    let is_open = |junction: &&u32| orders.iter().all(|order| order.junction.0 != **junction);
    let mut leaks: Vec<_> = ring.iter().filter(is_open).map(|junction| explain::leak(field, *junction)).collect();
    leaks.sort_by(|a, b| a.suspect_s.total_cmp(&b.suspect_s));
    let outcome = if escape.is_none() { Outcome::Closed } else { Outcome::Open { units_short: leaks.len() } };
    let latest = |times: &mut dyn Iterator<Item = f64>| times.max_by(f64::total_cmp);
    Plan {
        closed_s: latest(&mut orders.iter().map(|order| order.arrival_s)),
        radius_s: latest(&mut ring.iter().map(|junction| seconds(field.arrives_us(*junction)))),
        escape: escape.map(|(way, out_us)| Escape { junctions: way.into_iter().map(NodeId).collect(), out_s: seconds(out_us) }),
        orders: orders.to_vec(),
        leaks,
        ..drafted(outcome, 0.0)
    }
}

fn drafted(outcome: Outcome, contained_weight: f64) -> Plan {
    Plan {
        outcome,
        orders: Vec::new(),
        leaks: Vec::new(),
        escape: None,
        verdicts: Vec::new(),
        closed_s: None,
        radius_s: None,
        contained_weight,
        is_proven: true,
    }
}

fn check(settings: &Settings) -> Result<(), InterceptError> {
    checked("the speed ratio", settings.speed_ratio, 0.1, 10.0)?;
    checked("the set-up time in seconds", settings.setup_s, 0.0, TIME_MAX_S)?;
    checked("the margin in seconds", settings.margin_s, 0.0, TIME_MAX_S)?;
    checked("the horizon in seconds", settings.horizon_s, 0.0, TIME_MAX_S)?;
    checked("the grain of radii in seconds", settings.grain_s, 0.0, TIME_MAX_S)?;
    checked("what a swap must save in seconds", settings.swap_saves_s, 0.0, TIME_MAX_S)?;
    Ok(())
}

fn exits(streets: &Streets, settings: &Settings) -> Result<Vec<u32>, InterceptError> {
    match &settings.outside {
        Outside::Horizon => Ok(Vec::new()),
        Outside::Exits(exits) if exits.is_empty() => Err(InterceptError::NoExit),
        Outside::Exits(exits) | Outside::HorizonOrExits(exits) => exits.iter().map(|exit| streets.known(*exit)).collect(),
    }
}

fn starts(streets: &Streets, seen: &[Seen], speed_ratio: f64) -> Result<Vec<Start>, InterceptError> {
    if seen.is_empty() {
        return Err(InterceptError::NoSighting);
    }
    if seen.len() > SEEN_MAX {
        return Err(InterceptError::TooManySightings(seen.len()));
    }
    let mut starts = Vec::with_capacity(seen.len());
    for Seen { at, ago_s, weight } in seen {
        let since_us = -micros(checked("how long ago he was seen, in seconds", *ago_s, 0.0, TIME_MAX_S)?);
        let weight = checked("the weight of a sighting", *weight, f64::MIN_POSITIVE, 1e12)?;
        let mut junctions = streets.entries(*at, Who::Suspect)?;
        // One who starts nowhere would count as held.
        if let (true, Spot::OnRoad { road, .. }) = (junctions.is_empty(), at) {
            return Err(InterceptError::NoRoadForHim(*road));
        }
        let past = junctions.iter().filter(|(_, after_us)| *after_us == 0).map(|(junction, _)| *junction).collect();
        junctions.iter_mut().for_each(|(_, after_us)| *after_us = since_us + scaled(*after_us, speed_ratio));
        starts.push(Start { junctions, past, weight });
    }
    Ok(starts)
}

/// The units that are compared: free ones, posts first, then the nearest to any sighting.
fn compared(streets: &Streets, units: &[Unit], starts: &[Start]) -> Result<HashSet<usize>, InterceptError> {
    let mut names = HashSet::with_capacity(units.len());
    for unit in units {
        if !names.insert(unit.id) {
            return Err(InterceptError::UnitTwice(unit.id.0));
        }
        checked("the time until a unit is free, in seconds", unit.free_in_s, 0.0, TIME_MAX_S)?;
        streets.entries(unit.at, Who::Unit)?;
    }
    let mut free: Vec<usize> = (0..units.len()).filter(|index| units.get(*index).is_some_and(|unit| !unit.is_busy)).collect();
    if free.len() > UNITS_COMPARED_MAX {
        let targets: Vec<(u32, i64)> =
            starts.iter().flat_map(|start| &start.junctions).map(|(junction, _)| (*junction, 0)).collect();
        let towards = race(&streets.unit_back, &targets, NEVER, |cost_us| cost_us, |_, _| true);
        let nearness = |index: &usize| {
            let Some(unit) = units.get(*index) else { return NEVER };
            if unit.post.is_some() {
                return -1;
            }
            let entries = streets.entries(unit.at, Who::Unit).unwrap_or_default();
            let by_entry = entries.iter().filter_map(|(junction, after_us)| {
                towards.at_us.get(*junction as usize)?.checked_add(*after_us)?.checked_add(micros(unit.free_in_s))
            });
            by_entry.min().unwrap_or(NEVER)
        };
        free.sort_by_cached_key(|index| (nearness(index), *index));
        free.truncate(UNITS_COMPARED_MAX);
    }
    Ok(free.into_iter().collect())
}
