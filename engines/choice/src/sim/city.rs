//! What no room can change: the ground, the stations, the roster, the demand.

use std::collections::HashMap;
use std::sync::Arc;

use super::calls::Demand;
use super::truth::{Drive, Truth};
use super::world::{PlaceNo, World, hour};
use crate::candidate::Skills;
use crate::cover::{Cover, CoverError, Reach};

/// One crew's duty, every day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Roster {
    /// Index into the city's stations.
    pub station: usize,
    pub skills: Skills,
    /// Seconds after midnight.
    pub on_at_s: f64,
    pub duty_s: f64,
}

/// What idle units do: drive to a random place near their anchor, stay, drive on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PatrolPlan {
    /// Places at most so far from the anchor, at the speed limits.
    pub within_s: f64,
    pub dwell_s: f64,
}

/// The demand points by which cover is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct CoverPlan {
    pub points: Vec<(PlaceNo, f64)>,
    /// A point is covered by units within this travel time, at the hour's pace.
    pub threshold_s: f64,
    pub busy_share: f64,
}

#[derive(Debug, Clone)]
pub struct CityPlan {
    pub world: World,
    pub stations: Vec<PlaceNo>,
    pub roster: Vec<Roster>,
    pub demand: Demand,
    pub patrol: PatrolPlan,
    pub cover: CoverPlan,
    /// Deviation of the logarithm of driven over foreseen time, where no truth is given.
    pub luck_sigma: f64,
    pub truth: Option<Arc<dyn Truth>>,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CityError {
    #[error("place {place} is not below {places}, the number of places")]
    NoSuchPlace { place: PlaceNo, places: usize },
    #[error("crew {crew} belongs to station {station}, and there are {stations}")]
    NoSuchStation { crew: usize, station: usize, stations: usize },
    #[error("a city without stations")]
    NoStations,
    #[error("cover: {0}")]
    Cover(#[from] CoverError),
}

/// A plan that has been checked, with what is looked up again and again.
#[derive(Debug)]
pub struct City {
    pub(super) plan: CityPlan,
    pub(super) cover: Cover,
    /// The distinct paces of the day, and per hour which one it is.
    pace_of_hour: [usize; 24],
    /// Per pace and place: the demand points in reach.
    reaches: Vec<Vec<Reach>>,
    /// Per place: the station nearest by air, whose district it is in.
    districts: Vec<u32>,
    /// Per place: where a unit that is anchored there patrols.
    near: Vec<Vec<PlaceNo>>,
}

impl City {
    /// # Errors
    /// When the plan names a place or station that is not there, or its cover is no cover.
    pub fn new(plan: CityPlan) -> Result<Self, CityError> {
        check(&plan)?;
        let weights: Vec<f64> = plan.cover.points.iter().map(|(_, weight)| *weight).collect();
        let cover = Cover::new(&weights, plan.cover.busy_share)?;
        let mut paces: Vec<f64> = Vec::new();
        let mut known: HashMap<u64, usize> = HashMap::new();
        let pace_of_hour = plan.world.pace.by_hour.map(|pace| {
            *known.entry(pace.to_bits()).or_insert_with(|| {
                paces.push(pace);
                paces.len() - 1
            })
        });
        let places = 0..plan.world.len();
        let reach = |pace: f64, from: PlaceNo| {
            let times_s = plan.cover.points.iter().map(|(to, _)| plan.world.seconds(from, *to).map_or(f64::NAN, |s| s * pace));
            Reach::within(times_s, plan.cover.threshold_s)
        };
        let reaches = paces.iter().map(|pace| places.clone().map(|place| reach(*pace, place)).collect()).collect();
        let districts = places.clone().map(|place| district(&plan, place)).collect();
        let is_near = |from: PlaceNo, to: PlaceNo| plan.world.seconds(from, to).is_some_and(|s| s <= plan.patrol.within_s);
        let near = places.clone().map(|from| places.clone().filter(|to| is_near(from, *to)).collect()).collect();
        Ok(Self { plan, cover, pace_of_hour, reaches, districts, near })
    }

    #[must_use]
    pub const fn plan(&self) -> &CityPlan {
        &self.plan
    }

    /// The drive that starts at `start_s` and of which `foreseen_s` is expected.
    pub(super) fn drive(&self, [from, to]: [PlaceNo; 2], start_s: f64, with_siren: bool, foreseen_s: f64) -> Drive {
        let known = self.plan.truth.as_ref().and_then(|truth| truth.drive(from, to, start_s, with_siren));
        known.unwrap_or(Drive { mean_s: foreseen_s, sigma: self.plan.luck_sigma })
    }

    pub(super) fn reach(&self, place: PlaceNo, now_s: f64) -> &Reach {
        &self.reaches[self.pace_of_hour[hour(now_s)]][place]
    }

    pub(super) fn district(&self, place: PlaceNo) -> u32 {
        self.districts[place]
    }

    pub(super) fn near(&self, anchor: PlaceNo) -> &[PlaceNo] {
        &self.near[anchor]
    }
}

fn check(plan: &CityPlan) -> Result<(), CityError> {
    let places = plan.world.len();
    let spots = plan.demand.spots.iter().map(|spot| spot.place);
    let points = plan.cover.points.iter().map(|(place, _)| *place);
    if let Some(place) = plan.stations.iter().copied().chain(spots).chain(points).find(|place| *place >= places) {
        return Err(CityError::NoSuchPlace { place, places });
    }
    let stations = plan.stations.len();
    if stations == 0 {
        return Err(CityError::NoStations);
    }
    match plan.roster.iter().enumerate().find(|(_, crew)| crew.station >= stations) {
        Some((crew, roster)) => Err(CityError::NoSuchStation { crew, station: roster.station, stations }),
        None => Ok(()),
    }
}

fn district(plan: &CityPlan, place: PlaceNo) -> u32 {
    let away = |station: &PlaceNo| plan.world.air_m(*station, place).unwrap_or(f64::INFINITY);
    let nearest = plan.stations.iter().enumerate().min_by(|a, b| away(a.1).total_cmp(&away(b.1)));
    nearest.map_or(0, |(station, _)| station as u32)
}
