//! Ways as those who are sent drive them: a navigator for each vehicle and each set of weights (port `RoadTimes`).
//!
//! A navigator answers as soon as it is made, and faster once its hierarchy is prepared, which takes seconds for a city. So the
//! first map is asked at once, and a later one only when all of it is prepared; until then the one before answers.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_calendar::{Date, TAIPEI_US};
use shouhu_ids::Micros;
use shouhu_module::ports::{Drive, RoadAnswer, RoadTime, RoadTimes, Traveller};
use shouhu_place::Wgs84;
use shouhu_roads::{Closures, EdgeId, Navigator, NodeId, Profile, RoadNetwork, SNAP_WITHIN_M, Snap, VehicleClass, WeightSet};
use shouhu_wire::UnitKind;

use crate::closures::{Closure, Kept as KeptClosure, Shut, pieces};
use crate::map::MapState;

const fn profile(vehicle: VehicleClass, weights: WeightSet) -> Profile {
    Profile::new(vehicle, weights)
}

const PROFILES_COUNT: u32 = 9;
/// What is prepared, what is asked in the greatest hurry first. Who walks is as fast at any hour.
const PROFILES: [Profile; PROFILES_COUNT as usize] = [
    profile(VehicleClass::Car, WeightSet::Emergency),
    profile(VehicleClass::Motorcycle, WeightSet::Emergency),
    profile(VehicleClass::Car, WeightSet::Day),
    profile(VehicleClass::Motorcycle, WeightSet::Day),
    profile(VehicleClass::Car, WeightSet::Night),
    profile(VehicleClass::Motorcycle, WeightSet::Night),
    profile(VehicleClass::Car, WeightSet::Peak),
    profile(VehicleClass::Motorcycle, WeightSet::Peak),
    profile(VehicleClass::Foot, WeightSet::Day),
];

pub const fn vehicle_of(kind: UnitKind) -> VehicleClass {
    match kind {
        UnitKind::Car => VehicleClass::Car,
        UnitKind::Motorcycle => VehicleClass::Motorcycle,
        UnitKind::Foot => VehicleClass::Foot,
    }
}

/// The weights of an hour in Taipei, as `WeightSet` says them. Which working days are holidays is not known here.
pub fn weights_at(at: Micros) -> WeightSet {
    let local_us = at.0.saturating_add(TAIPEI_US);
    let (days, hour) = (local_us.div_euclid(Micros::DAY), local_us.rem_euclid(Micros::DAY) / Micros::HOUR);
    let day_of_week = days - Date::from_days(days).week_begins().days();
    match hour {
        23 | 0..=5 => WeightSet::Night,
        7 | 8 | 17 | 18 if day_of_week < 5 => WeightSet::Peak,
        _ => WeightSet::Day,
    }
}

pub fn profile_for(kind: UnitKind, drive: Drive) -> Profile {
    match vehicle_of(kind) {
        VehicleClass::Foot => profile(VehicleClass::Foot, WeightSet::Day),
        vehicle if drive.with_siren => profile(vehicle, WeightSet::Emergency),
        vehicle => profile(vehicle, weights_at(drive.at)),
    }
}

/// The navigators of one map.
pub struct Ways {
    version: i64,
    network: Arc<RoadNetwork>,
    /// As [`PROFILES`]; none until it is asked for or prepared.
    navigators: [RwLock<Option<Arc<Navigator>>>; PROFILES.len()],
}

impl Ways {
    pub fn new(version: i64, network: Arc<RoadNetwork>) -> Self {
        Self { version, network, navigators: Default::default() }
    }

    pub const fn version(&self) -> i64 {
        self.version
    }

    pub const fn network(&self) -> &Arc<RoadNetwork> {
        &self.network
    }

    /// Prepared or not, it gives the same answers. Tenths of a second where it is asked before it was made.
    pub fn navigator(&self, profile: Profile) -> Arc<Navigator> {
        let Some(place) = self.place_of(profile) else { return Arc::new(self.made(profile)) };
        if let Some(known) = known(place) {
            return known;
        }
        let made = Arc::new(self.made(profile));
        Arc::clone(place.write().unwrap_or_else(PoisonError::into_inner).get_or_insert(made))
    }

    fn place_of(&self, profile: Profile) -> Option<&RwLock<Option<Arc<Navigator>>>> {
        PROFILES.iter().position(|known| *known == profile).and_then(|index| self.navigators.get(index))
    }

    fn made(&self, profile: Profile) -> Navigator {
        let siblings = self.navigators.iter().filter_map(known);
        let mut of_vehicle = siblings.filter(|sibling| sibling.profile().vehicle == profile.vehicle);
        // The index of roads near a place is shared with one that keeps the same turn bans, if there is any.
        let sibling = of_vehicle.find(|sibling| sibling.profile().keeps_turn_bans() == profile.keeps_turn_bans());
        sibling.map_or_else(|| Navigator::new(Arc::clone(&self.network), profile), |sibling| sibling.at_weights(profile.weights))
    }

    fn prepare(&self, profile: Profile) {
        let mut navigator = self.made(profile);
        navigator.prepare();
        if let Some(place) = self.place_of(profile) {
            *place.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(navigator));
        }
    }
}

fn known(place: &RwLock<Option<Arc<Navigator>>>) -> Option<Arc<Navigator>> {
    place.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// How far the roads of the newest map are prepared for driving times.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaysInfo {
    /// The map whose roads are asked now; 0 while there is none. Less than the map's own version while that is being prepared.
    pub version: i64,
    /// Of the map that is being prepared, or was last.
    pub prepared: u32,
    pub of: u32,
    /// Why the newest map's roads are not asked: the ones before are, until another import.
    pub failed: Option<String>,
}

/// Roads with what is closed on them: one is never exchanged without the other.
struct Standing {
    ways: Arc<Ways>,
    shut: Vec<Shut>,
    /// How often roads or closures were exchanged before.
    count: u64,
}

impl Standing {
    fn in_force(&self, at: Micros) -> impl Iterator<Item = &Shut> {
        self.shut.iter().filter(move |shut| shut.kept.until_us > at)
    }
}

/// The roads, and what is closed on them at one moment.
///
/// A closure keeps traffic out; whoever is sent into it must get in. So a way is asked for around everything that is closed, and
/// whoever has none is asked for again without the closures in which an end lies. A closed bridge between the two stays closed.
pub struct OpenWays {
    standing: Arc<Standing>,
    at: Micros,
}

impl OpenWays {
    #[must_use]
    pub fn ways(&self) -> &Arc<Ways> {
        &self.standing.ways
    }

    /// Everything that is closed.
    #[must_use]
    pub fn closures(&self) -> Closures {
        closing(self.standing.in_force(self.at).flat_map(|shut| &shut.edges))
    }

    /// What is closed without the closures in which one of these roads lies, and those that touch them: a scene is often closed
    /// off by several.
    #[must_use]
    pub fn but_around(&self, ends: &[EdgeId]) -> Closures {
        let network = self.standing.ways.network();
        let junctions = |shut: &Shut| -> Vec<NodeId> {
            shut.edges.iter().filter_map(|id| network.edge(*id)).flat_map(|edge| [edge.from, edge.to]).collect()
        };
        let (mut around, mut others): (Vec<&Shut>, Vec<&Shut>) =
            self.standing.in_force(self.at).partition(|shut| shut.edges.iter().any(|edge| ends.contains(edge)));
        let mut reached: HashSet<NodeId> = around.iter().flat_map(|shut| junctions(shut)).collect();
        loop {
            let (touching, rest): (Vec<&Shut>, Vec<&Shut>) =
                others.into_iter().partition(|shut| junctions(shut).iter().any(|junction| reached.contains(junction)));
            others = rest;
            if touching.is_empty() {
                break;
            }
            reached.extend(touching.iter().flat_map(|shut| junctions(shut)));
            around.extend(touching);
        }
        let mut kept = closing(others.iter().flat_map(|shut| &shut.edges));
        // A road may be closed twice.
        around.iter().flat_map(|shut| &shut.edges).for_each(|edge| kept.open(*edge));
        kept
    }

    /// Each road that is closed, in order and once.
    #[must_use]
    pub fn closed_roads(&self) -> Vec<EdgeId> {
        let mut edges: Vec<EdgeId> = self.standing.in_force(self.at).flat_map(|shut| &shut.edges).copied().collect();
        edges.sort_unstable();
        edges.dedup();
        edges
    }

    /// The answers of `ask`, which is given what is closed and the places in the list of those that want an answer; and whether
    /// each leads into a closure.
    pub fn stepwise<T>(
        &self,
        goal: EdgeId,
        starts: &[Option<EdgeId>],
        ask: impl Fn(&Closures, &[usize]) -> Vec<Option<T>>,
    ) -> Vec<Option<(T, bool)>> {
        let mut answers: Vec<Option<(T, bool)>> = starts.iter().map(|_| None).collect();
        let mut wanting: Vec<usize> = (0..starts.len()).filter(|index| starts.get(*index).is_some_and(Option::is_some)).collect();
        let mut closures = self.closures();
        for is_through in [false, true] {
            for (index, found) in wanting.iter().zip(ask(&closures, &wanting)) {
                if let (Some(place), Some(found)) = (answers.get_mut(*index), found) {
                    *place = Some((found, is_through));
                }
            }
            wanting.retain(|index| answers.get(*index).is_some_and(Option::is_none));
            if wanting.is_empty() || closures.is_empty() {
                break;
            }
            let ends: Vec<EdgeId> = wanting.iter().filter_map(|index| starts.get(*index).copied().flatten()).chain([goal]).collect();
            closures = self.but_around(&ends);
        }
        answers
    }
}

fn closing<'a>(edges: impl Iterator<Item = &'a EdgeId>) -> Closures {
    let mut closures = Closures::none();
    edges.for_each(|edge| closures.close(*edge));
    closures
}

#[derive(Default)]
struct Kept {
    current: RwLock<Option<Arc<Standing>>>,
    /// What is closed, map or no map. Held while roads are exchanged, so that neither is put on the other's back.
    closed: Mutex<Vec<KeptClosure>>,
    /// By which count of changes the closures were read.
    learning: tokio::sync::Mutex<Option<i64>>,
    info: RwLock<WaysInfo>,
    preparing: tokio::sync::Mutex<()>,
}

/// The roads that are asked now, exchanged as a whole; cheap to clone.
#[derive(Clone, Default)]
pub struct Roads(Arc<Kept>);

impl Roads {
    fn standing(&self) -> Option<Arc<Standing>> {
        self.0.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    #[must_use]
    pub fn current(&self) -> Option<Arc<Ways>> {
        self.standing().map(|standing| Arc::clone(&standing.ways))
    }

    pub fn learning(&self) -> &tokio::sync::Mutex<Option<i64>> {
        &self.0.learning
    }

    /// Takes these closures instead of all before. Finds their roads: never on a request's thread.
    pub fn close(&self, kept: Vec<KeptClosure>) {
        let mut closed = self.0.closed.lock().unwrap_or_else(PoisonError::into_inner);
        *closed = kept;
        if let Some(ways) = self.current() {
            self.stand(&ways, &closed);
        }
    }

    fn stand(&self, ways: &Arc<Ways>, closed: &[KeptClosure]) {
        let shut = closed.iter().map(|kept| Shut { edges: pieces(ways, &kept.line), kept: kept.clone() }).collect();
        let mut current = self.0.current.write().unwrap_or_else(PoisonError::into_inner);
        let count = current.as_ref().map_or(0, |before| before.count + 1);
        *current = Some(Arc::new(Standing { ways: Arc::clone(ways), shut, count }));
    }

    /// What is closed at a time, the newest last.
    pub fn closed(&self, at: Micros) -> Vec<Closure> {
        let Some(standing) = self.standing() else { return Vec::new() };
        standing.in_force(at).map(|shut| shut.told(standing.ways.network())).collect()
    }

    /// The roads and what is closed on them at a time.
    pub fn open_ways(&self, at: Micros) -> Option<OpenWays> {
        Some(OpenWays { standing: self.standing()?, at })
    }

    #[must_use]
    pub fn info(&self) -> WaysInfo {
        self.0.info.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn tell(&self, change: impl FnOnce(&mut WaysInfo)) {
        change(&mut self.0.info.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn put(&self, ways: &Arc<Ways>) {
        let closed = self.0.closed.lock().unwrap_or_else(PoisonError::into_inner);
        self.stand(ways, &closed);
        self.tell(|info| info.version = ways.version);
    }

    /// Prepares the newest map while something else goes on, unless that is done already.
    pub fn renew_soon(&self, maps: &MapState) {
        let Some(map) = maps.loaded() else { return };
        let known = self.current();
        if known.as_ref().is_some_and(|known| known.version >= map.info.version) {
            return;
        }
        let ways = Arc::new(Ways::new(map.info.version, Arc::clone(map.router().network())));
        if known.is_none() {
            self.put(&ways);
        }
        let (roads, maps) = (self.clone(), maps.clone());
        tokio::spawn(async move { roads.prepared(ways, &maps).await });
    }

    async fn prepared(&self, ways: Arc<Ways>, maps: &MapState) {
        let _one_at_a_time = self.0.preparing.lock().await;
        let is_overtaken = || maps.loaded().is_some_and(|map| map.info.version > ways.version);
        let is_known = self.current().is_some_and(|known| known.version >= ways.version && !Arc::ptr_eq(&known, &ways));
        if is_known {
            return;
        }
        self.tell(|info| *info = WaysInfo { version: info.version, prepared: 0, of: PROFILES_COUNT, failed: None });
        for profile in PROFILES {
            if is_overtaken() {
                return;
            }
            let one = Arc::clone(&ways);
            if let Err(error) = tokio::task::spawn_blocking(move || one.prepare(profile)).await {
                let version = ways.version;
                tracing::error!(version, %error, "roads not prepared for driving times: those of the map before are asked");
                self.tell(|info| info.failed = Some(error.to_string()));
                return;
            }
            self.tell(|info| info.prepared += 1);
        }
        let (roads, one) = (self.clone(), Arc::clone(&ways));
        if let Err(error) = tokio::task::spawn_blocking(move || roads.put(&one)).await {
            self.tell(|info| info.failed = Some(error.to_string()));
            return;
        }
        tracing::info!(version = ways.version, "roads prepared for driving times");
    }

    /// One line for the operator, and whether it is as it should be.
    pub fn told(&self) -> (bool, String) {
        let WaysInfo { version, prepared, of, failed } = self.info();
        match failed {
            Some(error) => (false, format!("driving times are of map version {version}: the newest could not be prepared ({error})")),
            None if prepared < of => (true, format!("roads for driving times: {prepared} of {of} prepared, version {version} answers")),
            None => (true, format!("driving times of map version {version}")),
        }
    }
}

impl RoadTimes for Roads {
    fn off_road_m(&self, place: Wgs84) -> Option<f64> {
        let ways = self.current()?;
        let bounds = ways.network.bounds()?;
        let is_on_map = (bounds.west..=bounds.east).contains(&place.lon) && (bounds.south..=bounds.north).contains(&place.lat);
        // Whoever walks may stand on any road.
        let navigator = ways.navigator(Profile::new(VehicleClass::Foot, WeightSet::Day));
        is_on_map.then(|| navigator.snap(place, SNAP_WITHIN_M).map_or(SNAP_WITHIN_M, |snap| snap.distance_m))
    }

    fn times_to(&self, target: Wgs84, travellers: &[Traveller], drive: Drive) -> Option<Vec<RoadAnswer>> {
        let open = self.open_ways(drive.at)?;
        let mut answers = vec![RoadAnswer::NoRoadNear; travellers.len()];
        let mut is_on_map = travellers.is_empty();
        for kind in [UnitKind::Car, UnitKind::Motorcycle, UnitKind::Foot] {
            let (slots, places): (Vec<&mut RoadAnswer>, Vec<Wgs84>) =
                answers.iter_mut().zip(travellers).filter(|(_, one)| one.by == kind).map(|(slot, one)| (slot, one.at)).unzip();
            if places.is_empty() {
                continue;
            }
            let navigator = open.ways().navigator(profile_for(kind, drive));
            let Some(goal) = navigator.snap(target, SNAP_WITHIN_M) else { continue };
            is_on_map = true;
            let snaps: Vec<Option<Snap>> = places.iter().map(|place| navigator.snap(*place, SNAP_WITHIN_M)).collect();
            let starts: Vec<Option<EdgeId>> = snaps.iter().map(|snap| snap.map(|snap| snap.edge)).collect();
            let times = open.stepwise(goal.edge, &starts, |closures, wanting| {
                let asked: Vec<Option<Snap>> = wanting.iter().map(|index| snaps.get(*index).copied().flatten()).collect();
                navigator.times_to(&goal, &asked, closures)
            });
            for ((slot, snap), travel) in slots.into_iter().zip(&snaps).zip(times) {
                *slot = match (snap, travel) {
                    (None, _) => RoadAnswer::NoRoadNear,
                    (Some(_), None) => RoadAnswer::NoWay,
                    (Some(_), Some((travel, is_through_closure))) => RoadAnswer::By(RoadTime {
                        duration_s: travel.duration_s,
                        distance_m: travel.distance_m,
                        is_through_closure,
                    }),
                };
            }
        }
        is_on_map.then_some(answers)
    }

    fn changes(&self, at: Micros) -> u64 {
        // A closure that has ended changes the roads too. There are at most some hundred of them.
        self.standing().map_or(0, |standing| (standing.count + 1) * 1_000 + standing.in_force(at).count() as u64)
    }
}

#[cfg(test)]
mod doors;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use shouhu_roads::{CitySize, DEMO_CENTRE, NetworkBuilder, demo_city};

    use super::*;
    use crate::map::LoadedMap;

    /// 2026-11-23, a Monday, at this hour of Taipei.
    fn monday(hour: i64) -> Micros {
        Micros(Date::new(2026, 11, 23).unwrap().days() * Micros::DAY + hour * Micros::HOUR - TAIPEI_US)
    }

    fn map(version: i64) -> LoadedMap {
        LoadedMap::build(demo_city(7, CitySize::District), version, "demo".into(), Micros(0))
    }

    fn around(count: usize, kind: UnitKind) -> Vec<Traveller> {
        let place = |index: usize| Wgs84 { lon: DEMO_CENTRE.lon + 0.001 * index as f64 - 0.006, lat: DEMO_CENTRE.lat + 0.004 };
        (0..count).map(|index| Traveller { at: place(index), by: kind }).collect()
    }

    fn times(roads: &Roads, kind: UnitKind, drive: Drive) -> Vec<f64> {
        let answers = roads.times_to(DEMO_CENTRE, &around(12, kind), drive).unwrap();
        answers.into_iter().map(|answer| answer.time().unwrap().duration_s).collect()
    }

    #[test]
    fn the_hour_of_taipei_says_which_weights_and_a_saturday_has_no_peak() {
        use WeightSet::{Day, Night, Peak};
        let all: Vec<WeightSet> = [0, 5, 6, 7, 8, 9, 16, 17, 18, 19, 22, 23].into_iter().map(|hour| weights_at(monday(hour))).collect();
        assert_eq!(all, [Night, Night, Day, Peak, Peak, Day, Day, Peak, Peak, Day, Day, Night]);
        let saturday = monday(8).plus(5 * Micros::DAY);
        assert_eq!((weights_at(saturday), weights_at(saturday.plus(-Micros::DAY))), (Day, Peak));
    }

    #[tokio::test]
    async fn each_vehicle_is_timed_by_its_own_way_and_each_hour_by_its_own_weights() {
        let maps = MapState::default();
        maps.replace(map(1));
        let roads = Roads::default();
        roads.renew_soon(&maps);
        let sum = |kind, drive| times(&roads, kind, drive).iter().sum::<f64>();
        let at = |hour, with_siren| Drive { at: monday(hour), with_siren };
        let (night, day, peak) = (at(2, false), at(12, false), at(8, false));
        assert!(sum(UnitKind::Car, night) < sum(UnitKind::Car, day) && sum(UnitKind::Car, day) < sum(UnitKind::Car, peak));
        assert!(sum(UnitKind::Motorcycle, peak) < sum(UnitKind::Car, peak), "a motorcycle passes the queue");
        assert!(sum(UnitKind::Car, at(8, true)) < sum(UnitKind::Car, night), "a siren is faster than the night");
        assert!((sum(UnitKind::Foot, peak) - sum(UnitKind::Foot, night)).abs() < 1e-9 && sum(UnitKind::Foot, day) > 3.0 * sum(UnitKind::Car, day));
    }

    #[tokio::test]
    async fn what_is_prepared_gives_the_answers_of_what_is_not() {
        let maps = MapState::default();
        maps.replace(map(1));
        let roads = Roads::default();
        roads.renew_soon(&maps);
        let drive = Drive { at: monday(8), with_siren: false };
        let before = times(&roads, UnitKind::Car, drive);
        while roads.info().prepared < PROFILES_COUNT {
            tokio::task::yield_now().await;
        }
        let ways = roads.current().unwrap();
        assert!(PROFILES.iter().all(|profile| ways.navigator(*profile).is_prepared()));
        assert_eq!(times(&roads, UnitKind::Car, drive), before);
    }

    #[tokio::test]
    async fn the_old_map_is_asked_until_the_new_one_is_prepared() {
        let maps = MapState::default();
        maps.replace(map(1));
        let roads = Roads::default();
        roads.renew_soon(&maps);
        maps.replace(map(2));
        roads.renew_soon(&maps);
        // Nothing was awaited, so nothing was prepared.
        assert_eq!((roads.info().version, roads.current().unwrap().version()), (1, 1));
        while roads.info().version < 2 {
            tokio::task::yield_now().await;
        }
        let ways = roads.current().unwrap();
        assert!(ways.version() == 2 && PROFILES.iter().all(|profile| ways.navigator(*profile).is_prepared()));
        assert_eq!(roads.told(), (true, "driving times of map version 2".into()));
        roads.renew_soon(&maps);
        assert!(Arc::ptr_eq(&ways, &roads.current().unwrap()), "nothing is prepared twice");
    }

    #[tokio::test]
    async fn off_the_map_and_without_any_road_the_answer_says_which() {
        let drive = Drive { at: monday(12), with_siren: false };
        assert_eq!(Roads::default().times_to(DEMO_CENTRE, &around(1, UnitKind::Car), drive), None);
        let maps = MapState::default();
        maps.replace(map(1));
        let roads = Roads::default();
        roads.renew_soon(&maps);
        let at_sea = Wgs84 { lon: 119.0, lat: 22.0 };
        assert_eq!(roads.times_to(at_sea, &around(1, UnitKind::Car), drive), None);
        let adrift = Traveller { at: at_sea, by: UnitKind::Motorcycle };
        let told = roads.times_to(DEMO_CENTRE, &[adrift, around(1, UnitKind::Foot)[0]], drive).unwrap();
        assert!(told[0] == RoadAnswer::NoRoadNear && told[1].time().is_some(), "{told:?}");
        let bare = MapState::default();
        bare.replace(LoadedMap::build(NetworkBuilder::new().build(), 1, String::new(), Micros(0)));
        let nowhere = Roads::default();
        nowhere.renew_soon(&bare);
        assert_eq!(nowhere.times_to(DEMO_CENTRE, &around(1, UnitKind::Car), drive), None);
    }
}
