//! Closing rings on the map in memory: from places and units to junctions, and back to street names.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use shouhu_ids::{Micros, UnitId};
use shouhu_intercept::{NodeId, Outcome, Outside, Plan, Reason, Ring, Seen, Settings, Spot, Streets, Unit, UnitId as Number};
use shouhu_module::ports::{ClosingRings, NoRing, RingAnswer, RingLeak, RingOrder, RingOutcome, RingQuestion, RingReason, WhyOpen};
use shouhu_place::Wgs84;
use shouhu_roads::{EdgeId, RoadNetwork};

use crate::map::{LoadedMap, MapState};
use crate::ways::Roads;

/// A sighting or a unit farther from any road is not on this map.
const ON_A_ROAD_M: f64 = 300.0;
/// A ring nearer than this is no ring.
const HORIZON_MIN_S: f64 = 30.0;
/// Pursuits whose last answer is remembered.
const PURSUITS_MAX: usize = 32;

/// The last ring of a pursuit and the version of the map that it was found on.
struct Pursuit {
    version: i64,
    used: u64,
    ring: Ring,
    /// Beyond this the map had no outside.
    reach_s: f64,
}

#[derive(Default)]
struct Running {
    pursuits: HashMap<String, Pursuit>,
    uses: u64,
}

/// The streets of one map with what was closed to units on them.
struct Shut {
    version: i64,
    roads: Vec<EdgeId>,
    streets: Arc<Streets>,
}

pub struct Pursuits {
    map: MapState,
    roads: Roads,
    running: Mutex<Running>,
    shut: Mutex<Option<Shut>>,
}

impl Pursuits {
    pub fn new(map: MapState, roads: Roads) -> Self {
        Self { map, roads, running: Mutex::default(), shut: Mutex::default() }
    }

    /// The ring is taken out while it is asked: two questions about one pursuit at once are two fresh ones.
    fn take(&self, pursuit: &str, map: &LoadedMap, at: Micros) -> Result<(Ring, f64), NoRing> {
        let streets = self.streets(map, at).ok_or_else(|| NoRing::Refused("the map has more roads than can be numbered".into()))?;
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut known) = running.pursuits.remove(pursuit).filter(|known| known.version == map.info.version) {
            known.ring.take_streets(streets);
            return Ok((known.ring, known.reach_s));
        }
        Ok((Ring::new(streets), f64::INFINITY))
    }

    /// Units drive around what is closed. While a new map's roads are being prepared its closures have no pieces yet: none is known.
    fn streets(&self, map: &LoadedMap, at: Micros) -> Option<Arc<Streets>> {
        let streets = map.streets()?;
        let open = self.roads.open_ways(at).filter(|open| open.ways().version() == map.info.version);
        let Some(roads) = open.map(|open| open.closed_roads()).filter(|roads| !roads.is_empty()) else { return Some(streets) };
        let mut shut = self.shut.lock().unwrap_or_else(PoisonError::into_inner);
        match shut.as_ref().filter(|known| known.version == map.info.version && known.roads == roads) {
            Some(known) => Some(Arc::clone(&known.streets)),
            None => {
                let streets = Arc::new(streets.with_units_kept_off(&roads));
                *shut = Some(Shut { version: map.info.version, roads, streets: Arc::clone(&streets) });
                Some(streets)
            }
        }
    }

    fn put_back(&self, pursuit: &str, version: i64, ring: Ring, reach_s: f64) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.uses += 1;
        let used = running.uses;
        running.pursuits.insert(pursuit.to_owned(), Pursuit { version, used, ring, reach_s });
        if running.pursuits.len() > PURSUITS_MAX {
            let oldest = running.pursuits.iter().min_by_key(|(_, pursuit)| pursuit.used).map(|(name, _)| name.clone());
            oldest.and_then(|name| running.pursuits.remove(&name));
        }
    }
}

/// The engine's name for a unit: the random half of its id.
fn number_of(unit: UnitId) -> Number {
    Number(unit.0.as_u64_pair().1)
}

impl ClosingRings for Pursuits {
    fn close(&self, question: &RingQuestion) -> Result<RingAnswer, NoRing> {
        let map = self.map.loaded().ok_or(NoRing::NoMap)?;
        let snap = |place: Wgs84| map.router().snap(place, ON_A_ROAD_M).map(Spot::from);
        let seen = Seen::surely(snap(question.seen).ok_or(NoRing::OffTheMap)?, question.ago_s);
        let mut units = Vec::with_capacity(question.units.len());
        let mut ids = HashMap::with_capacity(question.units.len());
        for unit in &question.units {
            let Some(at) = snap(unit.at) else { continue };
            let id = number_of(unit.unit);
            ids.insert(id, unit.unit);
            units.push(Unit { id, at, is_busy: unit.is_busy, free_in_s: 0.0, post: None });
        }
        let (mut ring, mut reach_s) = self.take(&question.pursuit, &map, question.at)?;
        // Not `min`, which would make a number of what is none.
        let horizon_s = if question.horizon_s > reach_s { reach_s } else { question.horizon_s };
        // A road that leaves the map leads somewhere: whoever reaches its end is out.
        let outside = Outside::HorizonOrExits(map.exits().to_vec());
        let mut settings = Settings { horizon_s, setup_s: question.setup_s, outside, ..Settings::default() };
        let plan = loop {
            let plan = ring.resolve(&units, &[seen], &settings).map_err(|error| NoRing::Refused(error.to_string()))?;
            // The map ends before the horizon: the ring must lie where the map still has an outside.
            if plan.outcome != Outcome::NoWayOut || settings.horizon_s < 2.0 * HORIZON_MIN_S {
                break plan;
            }
            settings.horizon_s /= 2.0;
            reach_s = settings.horizon_s;
        };
        self.put_back(&question.pursuit, map.info.version, ring, reach_s);
        Ok(RingAnswer { horizon_s: settings.horizon_s, ..told(&plan, map.router().network(), map.exits(), &ids) })
    }
}

/// The names of the streets that meet at each of these junctions.
fn streets_at(network: &RoadNetwork, junctions: &BTreeSet<NodeId>) -> HashMap<NodeId, String> {
    let mut names: HashMap<NodeId, BTreeSet<&str>> = HashMap::new();
    for edge in network.edges() {
        for end in [edge.from, edge.to].into_iter().filter(|end| junctions.contains(end)) {
            names.entry(end).or_default().extend(network.name(edge).filter(|name| !name.is_empty()));
        }
    }
    names.into_iter().map(|(junction, names)| (junction, names.into_iter().collect::<Vec<_>>().join(" / "))).collect()
}

fn told(plan: &Plan, network: &RoadNetwork, exits: &[NodeId], ids: &HashMap<Number, UnitId>) -> RingAnswer {
    let is_exit = |junction: NodeId| exits.binary_search(&junction).is_ok();
    let junctions = plan.orders.iter().map(|order| order.junction).chain(plan.leaks.iter().map(|leak| leak.junction)).collect();
    let streets = streets_at(network, &junctions);
    let street = |junction: NodeId| streets.get(&junction).cloned().unwrap_or_default();
    let orders = plan.orders.iter().filter_map(|order| {
        Some(RingOrder {
            unit: *ids.get(&order.unit)?,
            at: network.node(order.junction)?,
            street: street(order.junction),
            drive_s: order.drive_s,
            suspect_s: order.suspect_s,
            slack_s: order.slack_s,
            is_kept: order.is_kept,
            is_map_exit: is_exit(order.junction),
        })
    });
    let leaks = plan.leaks.iter().filter_map(|leak| {
        let (why, late_by_s) = match leak.why {
            shouhu_intercept::WhyOpen::TooLate { by_s, .. } => (WhyOpen::TooLate, Some(by_s)),
            shouhu_intercept::WhyOpen::NobodyLeft => (WhyOpen::NobodyLeft, None),
            shouhu_intercept::WhyOpen::NoUnit => (WhyOpen::NoUnit, None),
        };
        let position = network.node(leak.junction)?;
        let is_map_exit = is_exit(leak.junction);
        Some(RingLeak { position, street: street(leak.junction), suspect_s: leak.suspect_s, why, late_by_s, is_map_exit })
    });
    let (outcome, units_short) = match plan.outcome {
        Outcome::Closed => (RingOutcome::Closed, 0),
        Outcome::Open { units_short } => (RingOutcome::Open, units_short),
        Outcome::NoWayOut => (RingOutcome::NoWayOut, 0),
    };
    let last = plan.escape.as_ref().and_then(|escape| escape.junctions.last().copied());
    let escape = plan.escape.iter().flat_map(|escape| &escape.junctions).filter_map(|junction| network.node(*junction));
    let verdicts = plan.verdicts.iter().filter_map(|verdict| {
        Some((*ids.get(&verdict.unit)?, verdict.reasons.iter().map(reason).collect()))
    });
    RingAnswer {
        outcome,
        horizon_s: 0.0,
        units_short,
        is_proven: plan.is_proven,
        closed_after_s: plan.closed_s,
        radius_s: plan.radius_s,
        orders: orders.collect(),
        leaks: leaks.collect(),
        escape: escape.collect(),
        escape_leaves_map: last.is_some_and(is_exit),
        verdicts: verdicts.collect(),
    }
}

fn reason(reason: &Reason) -> RingReason {
    let (key, params) = match reason {
        Reason::InTime { slack_s } => ("ring.in_time", vec![("slack_s", *slack_s)]),
        Reason::OnlyOneInTime => ("ring.only_one", vec![]),
        Reason::AlreadyDriving => ("ring.already_driving", vec![]),
        Reason::AlreadyStanding => ("ring.already_standing", vec![]),
        Reason::TooLate { by_s, .. } => ("ring.too_late", vec![("by_s", *by_s)]),
        #[expect(clippy::cast_precision_loss, reason = "at most the number of units")]
        Reason::NotNeeded { could_hold } => ("ring.not_needed", vec![("could_hold", *could_hold as f64)]),
        Reason::Busy => ("ring.busy", vec![]),
        Reason::NoWay => ("ring.no_way", vec![]),
        Reason::FartherThanEnough => ("ring.far", vec![]),
        Reason::NoRing => ("ring.no_ring", vec![]),
    };
    RingReason { key, params: params.into_iter().collect() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use shouhu_ids::ClosureId;
    use shouhu_module::ports::RingUnit;
    use shouhu_roads::{CitySize, DEMO_CENTRE, demo_city};

    use super::*;
    use crate::closures::Kept as KeptClosure;

    fn state() -> MapState {
        let state = MapState::default();
        state.replace(LoadedMap::build(demo_city(7, CitySize::District), 1, "demo".into(), Micros(0)));
        state
    }

    fn question(units: usize) -> RingQuestion {
        let at = |index: usize| {
            let turn = index as f64 / units as f64 * std::f64::consts::TAU;
            Wgs84 { lon: DEMO_CENTRE.lon + 0.008 * turn.cos(), lat: DEMO_CENTRE.lat + 0.008 * turn.sin() }
        };
        let unit = |index: usize| RingUnit { unit: UnitId::new(Micros(1), [index as u8; 16]), at: at(index), is_busy: index == 0 };
        let units = (0..units).map(unit).collect();
        RingQuestion { pursuit: "115-1121-0001".into(), at: Micros(1), seen: DEMO_CENTRE, ago_s: 20.0, horizon_s: 600.0, setup_s: 10.0, units }
    }

    #[test]
    fn a_ring_in_the_demo_city_names_units_streets_and_reasons_and_is_kept_when_asked_again() {
        let pursuits = Pursuits::new(state(), Roads::default());
        let question = question(60);
        let answer = pursuits.close(&question).unwrap();
        assert_eq!(answer.outcome, RingOutcome::Closed, "{answer:?}");
        assert!((answer.horizon_s - question.horizon_s).abs() < 1e-9, "roads that leave the map are ways out: {}", answer.horizon_s);
        assert!(!answer.orders.is_empty() && answer.leaks.is_empty() && answer.escape.is_empty());
        assert!(answer.orders.iter().all(|order| order.slack_s >= 0.0 && order.drive_s + 10.0 <= order.suspect_s + 0.01));
        assert!(answer.orders.iter().any(|order| !order.street.is_empty()));
        assert_eq!(answer.verdicts.len(), 60);
        let busy = answer.verdicts.iter().find(|(unit, _)| *unit == question.units[0].unit).unwrap();
        assert_eq!(busy.1[0].key, "ring.busy");
        assert!(answer.orders.iter().all(|order| order.unit != question.units[0].unit));
        let again = pursuits.close(&question).unwrap();
        assert!(again.orders.iter().all(|order| order.is_kept), "{again:?}");
        assert_eq!(again.orders.len(), answer.orders.len());
    }

    #[test]
    fn without_units_map_or_road_the_answer_says_which() {
        let pursuits = Pursuits::new(state(), Roads::default());
        let alone = pursuits.close(&question(0)).unwrap();
        assert_eq!((alone.outcome, alone.orders.len()), (RingOutcome::Open, 0));
        assert!(!alone.leaks.is_empty() && alone.leaks.iter().all(|leak| leak.why == WhyOpen::NoUnit));
        assert!(!alone.escape.is_empty() && alone.escape_leaves_map, "the demo city ends before ten minutes");
        let at_sea = RingQuestion { seen: Wgs84 { lon: 119.0, lat: 22.0 }, ..question(3) };
        assert_eq!(pursuits.close(&at_sea), Err(NoRing::OffTheMap));
        assert_eq!(Pursuits::new(MapState::default(), Roads::default()).close(&question(3)), Err(NoRing::NoMap));
        let rubbish = RingQuestion { horizon_s: f64::NAN, ..question(3) };
        assert!(matches!(pursuits.close(&rubbish), Err(NoRing::Refused(_))));
    }

    #[test]
    fn a_unit_at_the_end_of_a_road_that_leaves_the_map_is_told_so() {
        let state = state();
        let map = state.loaded().unwrap();
        let exits = map.exits();
        assert!(!exits.is_empty() && exits.is_sorted(), "{exits:?}");
        let network = map.router().network();
        // A crew at each end of a road.
        let unit = |(index, exit): (usize, &NodeId)| RingUnit {
            unit: UnitId::new(Micros(1), [index as u8; 16]),
            at: network.node(*exit).unwrap(),
            is_busy: false,
        };
        let units: Vec<RingUnit> = exits.iter().enumerate().map(unit).collect();
        let answer = Pursuits::new(state.clone(), Roads::default()).close(&RingQuestion { units, setup_s: 0.0, ..question(0) }).unwrap();
        let at_end = |order: &RingOrder| exits.iter().any(|exit| network.node(*exit) == Some(order.at));
        assert!(answer.orders.iter().all(|order| order.is_map_exit == at_end(order)), "{answer:?}");
        assert!(answer.leaks.iter().any(|leak| leak.is_map_exit) || answer.orders.iter().any(|order| order.is_map_exit), "{answer:?}");
    }

    #[tokio::test]
    async fn units_drive_round_what_is_closed_until_it_is_open_again() {
        let state = state();
        let roads = Roads::default();
        roads.renew_soon(&state);
        let pursuits = Pursuits::new(state.clone(), roads.clone());
        let drives = |at: Micros, pursuit: &str| -> Vec<(UnitId, f64)> {
            let answer = pursuits.close(&RingQuestion { at, pursuit: pursuit.into(), ..question(60) }).unwrap();
            answer.orders.iter().map(|order| (order.unit, order.drive_s)).collect()
        };
        let before = drives(Micros(1), "one");
        // Every street that a unit stands near, closed over a kilometre.
        let line = |lat: f64| vec![Wgs84 { lon: DEMO_CENTRE.lon - 0.009, lat }, Wgs84 { lon: DEMO_CENTRE.lon + 0.009, lat }];
        let kept = |index: u8| KeptClosure {
            id: ClosureId::new(Micros(1), [index; 16]),
            line: line(DEMO_CENTRE.lat - 0.008 + 0.001 * f64::from(index)),
            reason: "遊行".into(),
            made_at_us: Micros(1),
            until_us: Micros(1_000),
        };
        roads.close((0..17).map(kept).collect());
        let map = state.loaded().unwrap();
        let is_open = |at| Arc::ptr_eq(&pursuits.streets(&map, at).unwrap(), &map.streets().unwrap());
        assert!(!is_open(Micros(1)) && is_open(Micros(1_000)));
        assert_ne!(drives(Micros(1), "two"), before, "round by other streets, or others");
        assert_eq!(drives(Micros(1_000), "three"), before, "open again");
    }

    #[test]
    fn only_so_many_pursuits_are_remembered() {
        let pursuits = Pursuits::new(state(), Roads::default());
        for number in 0..PURSUITS_MAX + 5 {
            let question = RingQuestion { pursuit: number.to_string(), ..question(2) };
            pursuits.close(&question).unwrap();
        }
        let running = pursuits.running.lock().unwrap();
        assert_eq!(running.pursuits.len(), PURSUITS_MAX);
        assert!(running.pursuits.contains_key("36") && !running.pursuits.contains_key("0"));
    }
}
