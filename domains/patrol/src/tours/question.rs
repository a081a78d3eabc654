//! From places to the question that `engines/tours` answers, and its answer.
//!
//! Boxes due are stops like hot spots, worth more the longer they are overdue: were they bound to be signed, a station that fell behind
//! would get no plan at all.

use shouhu_env::Env;
use shouhu_ids::{Micros, UnitId};
use shouhu_module::ports::{CitizenReport, Drive, RoadTimes, Traveller};
use shouhu_place::Wgs84;
use shouhu_tours::Budget;
use shouhu_tours::patrol::{Dwell, Kind, Patrol, Plan, Rules, Stop, Travel, Unit, Village, VillageCap, Window, plan};
use shouhu_wire::UnitKind;

use super::answer;
use super::hot::{Hot, Landmark, Wish, hot_spots, middle};
use super::model::{BoxDue, PlaceKind, Planned, Terms, TourPlace};
use super::terms::TourError;
use crate::store::Kept;

/// Koper (1995): 10 to 15 minutes deter longest, again after two hours at the soonest.
pub const REVISIT_GAP_S: i64 = 2 * 3_600;
/// Signing a box takes some minutes with a look around.
pub const SIGNING: Dwell = Dwell { min_s: 180, max_s: 300 };
/// A hot spot is stood at up to so often in a shift.
const VISITS_MAX: i64 = 3;
const VISIT_EVERY_S: i64 = 3 * 3_600;
/// A visit with the way to it, about: how many places are worth looking at.
const HOT_VISIT_S: i64 = 1_200;
const BOX_VISIT_S: i64 = 600;
/// Boxes may take a third of the shift; the rest is for hot spots.
const BOX_PART: i64 = 3;
const SPOTS_MIN: i64 = 6;
/// The travel table has a search on the roads for each place: bounded, so that a plan takes seconds.
const SPOTS_MAX: i64 = 60;
const BOXES_MAX: i64 = 60;
/// A beat gets at most twice its even part of all standing, and always room for two visits.
const AREA_CAP: i64 = 2;
const AREA_CAP_MIN_S: i64 = 1_800;
/// Without roads: a street is so much longer than the straight line, and driven so fast in a city.
const DETOUR: f64 = 1.4;
const GUESSED_KMH: f64 = 25.0;
/// The search ends after so many rounds, and then the seed alone fixes the answer …
const ROUNDS: u64 = 3_000;
/// … or when this time is over, which the plan then says.
pub const TIME_MAX_US: i64 = 10 * Micros::SECOND;

/// Everything that a plan is made from.
pub struct Question {
    pub terms: Terms,
    pub from: Micros,
    pub to: Micros,
    pub units: Vec<(UnitId, String)>,
    pub base: Option<Wgs84>,
    pub is_station: bool,
    /// Boxes in use on the ground.
    pub boxes: Vec<Kept>,
    pub reports: Vec<CitizenReport>,
}

/// A place that could be a stop.
pub struct Site {
    pub place: TourPlace,
    /// What one visit is worth, in visits' shares.
    pub worth: f64,
    pub dwell: Dwell,
    pub visits_max: u32,
    /// Of the shift; later than 0 where somebody was there just before it.
    pub not_before_s: i64,
}

/// Where a crew begins.
pub struct Crew {
    /// None: at the base.
    pub from: Option<Wgs84>,
    /// It leaves no sooner, in seconds of the shift.
    pub free_s: i64,
    /// The most that it may stand.
    pub cap_s: i64,
}

/// What can be visited, and from where.
pub struct Ground {
    pub sites: Vec<Site>,
    /// Where every crew ends.
    pub base: Wgs84,
    /// In the order of the question's units.
    pub crews: Vec<Crew>,
    pub boxes_due: usize,
    /// Citizens' reports that the sites rest on, and those that were left out.
    pub counted: usize,
    pub left_out: usize,
}

/// Sites by their row of the travel table.
type Numbered = Vec<(usize, Site)>;

/// The plan with all that is needed to tell it.
pub struct Solved {
    pub question: Question,
    pub sites: Vec<Site>,
    /// Of each site, by the engine's number.
    pub areas: Vec<String>,
    pub unreachable: Vec<Site>,
    pub boxes_due: usize,
    pub counted: usize,
    pub left_out: usize,
    pub base: Wgs84,
    pub is_by_road: bool,
    pub is_cut: bool,
    pub cap_s: i64,
    pub began: Micros,
    pub patrol: Patrol,
    pub plan: Plan,
}

/// Rounds, or a clock.
struct Bounded<'a> {
    env: &'a Env,
    began: Micros,
    is_cut: bool,
}

impl Budget for Bounded<'_> {
    fn spent(&mut self, iterations: u64) -> f64 {
        self.is_cut = self.is_cut || self.env.now().since(self.began) >= TIME_MAX_US;
        if self.is_cut { 1.0 } else { iterations as f64 / ROUNDS as f64 }
    }
}

fn area_of(kept: &Kept) -> String {
    [kept.shown.station.as_str(), kept.shown.beat.as_str()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Hours past its interval when the shift ends; none while it is on time.
fn overdue(kept: &Kept, to: Micros) -> Option<BoxDue> {
    let since = kept.shown.last_check_in_at_us.unwrap_or(kept.created_at);
    let overdue_us = to.since(since).saturating_sub(kept.shown.every_h.saturating_mul(Micros::HOUR));
    let due = BoxDue { overdue_h: overdue_us / Micros::HOUR, every_h: kept.shown.every_h, is_never: kept.shown.last_check_in_at_us.is_none() };
    (overdue_us > 0).then_some(due)
}

impl Question {
    fn shift_s(&self) -> i64 {
        self.to.since(self.from) / Micros::SECOND
    }

    fn crews(&self) -> i64 {
        i64::try_from(self.units.len()).unwrap_or(1)
    }

    fn seed(&self) -> u64 {
        self.terms.seed.unsigned_abs()
    }

    fn hot(&self, as_of: Micros) -> Result<Hot, TourError> {
        let landmark = |kept: &Kept| Landmark {
            id: kept.shown.id,
            name: kept.shown.name.clone(),
            area: area_of(kept),
            position: kept.shown.position,
        };
        let landmarks: Vec<Landmark> = self.boxes.iter().map(landmark).collect();
        let spots = (self.crews() * self.shift_s() / HOT_VISIT_S).clamp(SPOTS_MIN, SPOTS_MAX);
        let wish = Wish {
            spots: usize::try_from(spots).unwrap_or_default(),
            days: self.terms.days,
            as_of,
            unpredictability: self.terms.unpredictability,
            seed: self.seed(),
            is_station: self.is_station,
        };
        hot_spots(&self.reports, &landmarks, &wish).map_err(|error| TourError::Limits(error.to_string()))
    }

    /// Boxes due, the most overdue first, and how many there are in all.
    fn boxes_due(&self) -> (Vec<(&Kept, BoxDue)>, usize) {
        let mut due: Vec<(&Kept, BoxDue)> = self.boxes.iter().filter_map(|kept| Some((kept, overdue(kept, self.to)?))).collect();
        due.sort_by(|a, b| b.1.overdue_h.cmp(&a.1.overdue_h).then_with(|| a.0.shown.number.cmp(&b.0.shown.number)));
        let all = due.len();
        let most = (self.crews() * self.shift_s() / BOX_PART / BOX_VISIT_S).clamp(1, BOXES_MAX);
        due.truncate(usize::try_from(most).unwrap_or_default());
        (due, all)
    }

    fn sites(&self, hot: &Hot) -> (Vec<Site>, usize) {
        let visits_max = u32::try_from((self.shift_s() / VISIT_EVERY_S).clamp(1, VISITS_MAX)).unwrap_or(1);
        let spot = |spot: &super::hot::Spot| Site {
            place: TourPlace {
                key: spot.key.clone(),
                kind: if spot.is_explore { PlaceKind::Explore } else { PlaceKind::HotSpot },
                patrol_box: None,
                number: String::new(),
                name: spot.name.clone(),
                area: spot.area.clone(),
                position: spot.position,
                expected: Some(spot.expected),
                due: None,
            },
            worth: spot.dose,
            dwell: Dwell::KOPER,
            visits_max: if spot.is_explore { 1 } else { visits_max },
            not_before_s: 0,
        };
        let mut sites: Vec<Site> = hot.spots.iter().map(spot).collect();
        let fair = sites.iter().map(|site| site.worth).sum::<f64>() / sites.len().max(1) as f64;
        let fair = if fair > 0.0 { fair } else { 1.0 };
        let (due, all) = self.boxes_due();
        sites.extend(due.into_iter().map(|(kept, due)| {
            // From a hot spot's worth when it is just due to twice that when it missed a whole interval.
            let lateness = (due.overdue_h as f64 / due.every_h.max(1) as f64).min(1.0);
            Site {
                place: TourPlace {
                    key: format!("b:{}", kept.shown.id),
                    kind: PlaceKind::Box,
                    patrol_box: Some(kept.shown.id),
                    number: kept.shown.number.clone(),
                    name: kept.shown.name.clone(),
                    area: area_of(kept),
                    position: kept.shown.position,
                    expected: None,
                    due: Some(due),
                },
                worth: fair * (1.0 + lateness),
                dwell: SIGNING,
                visits_max: 1,
                not_before_s: 0,
            }
        }));
        (sites, all)
    }

    /// Plans the shift: seconds of arithmetic, never on a request's thread.
    ///
    /// # Errors
    /// When there is nothing to plan, or no way to any of it.
    pub fn solve(self, roads: Option<&dyn RoadTimes>, env: &Env) -> Result<Planned, TourError> {
        let began = env.now();
        let hot = self.hot(began)?;
        let (sites, boxes_due) = self.sites(&hot);
        let centre = middle(sites.iter().map(|site| site.place.position));
        let near = |at: Wgs84| sites.iter().map(|site| site.place.position).min_by(|a, b| a.distance_m(at).total_cmp(&b.distance_m(at)));
        let Some(base) = self.base.or_else(|| near(centre?)) else { return Err(TourError::Nothing) };
        let cap_s = (self.terms.standing_share_max * self.shift_s() as f64) as i64;
        let crews = self.units.iter().map(|_| Crew { from: None, free_s: 0, cap_s }).collect();
        let ground = Ground { sites, base, crews, boxes_due, counted: hot.counted, left_out: hot.left_out };
        self.arranged(ground, began, roads, env)
    }

    /// Orders visits to what is on the ground: seconds of arithmetic, never on a request's thread.
    ///
    /// # Errors
    /// When there is no way to any of it.
    pub fn arranged(self, ground: Ground, began: Micros, roads: Option<&dyn RoadTimes>, env: &Env) -> Result<Planned, TourError> {
        let Ground { sites, base, crews, boxes_due, counted, left_out } = ground;
        let starts = crews.iter().filter_map(|crew| crew.from);
        let places: Vec<Wgs84> = [base].into_iter().chain(sites.iter().map(|site| site.place.position)).chain(starts).collect();
        let by_road = roads.and_then(|roads| road_seconds(roads, &places, self.from));
        let is_by_road = by_road.is_some();
        let seconds = by_road.unwrap_or_else(|| guessed_seconds(&places));
        let all = Legs { places: places.len(), seconds };
        let first_start = 1 + sites.len();
        let (reached, unreachable): (Numbered, Numbered) = (1..).zip(sites).partition(|(place, _)| all.is_reached(*place));
        if reached.is_empty() {
            return Err(TourError::NoWay);
        }
        let starts = first_start..places.len();
        let kept: Vec<usize> = [0].into_iter().chain(reached.iter().map(|(place, _)| *place)).chain(starts).collect();
        let sites: Vec<Site> = reached.into_iter().map(|(_, site)| site).collect();
        let mut areas: Vec<String> = sites.iter().map(|site| site.place.area.clone()).collect();
        areas.sort_unstable();
        areas.dedup();
        let refused = |error: shouhu_tours::patrol::InputError| TourError::Limits(error.to_string());
        let travel = Travel::new(kept.len(), all.of(&kept)).map_err(refused)?;
        let patrol = self.patrol(&sites, &areas, travel, &crews).map_err(refused)?;
        let mut budget = Bounded { env, began: env.now(), is_cut: false };
        // No stop is bound to be made, so there is always a plan.
        let plan = plan(&patrol, self.seed(), &mut budget).map_err(|error| TourError::Limits(error.to_string()))?;
        plan.check(&patrol).map_err(|breach| TourError::Limits(breach.to_string()))?;
        let is_cut = budget.is_cut;
        let unreachable = unreachable.into_iter().map(|(_, site)| site).collect();
        let cap_s = crews.iter().map(|crew| crew.cap_s).max().unwrap_or_default();
        let solved = Solved {
            question: self, sites, areas, unreachable, boxes_due, counted, left_out, base, is_by_road, is_cut, cap_s, began, patrol, plan,
        };
        Ok(answer::told(&solved, env))
    }

    fn patrol(&self, sites: &[Site], areas: &[String], travel: Travel, crews: &[Crew]) -> Result<Patrol, shouhu_tours::patrol::InputError> {
        let number = |site: &Site| areas.iter().position(|area| *area == site.place.area);
        let village = |site: &Site| Village(number(site).and_then(|no| u32::try_from(no).ok()).unwrap_or_default());
        let stop = |(place, site): (u32, &Site)| Stop {
            place,
            village: village(site),
            risk: site.worth,
            dwell: site.dwell,
            kind: Kind::HotSpot { visits_max: site.visits_max, not_before_s: site.not_before_s },
        };
        let stops = (1..).zip(sites).map(stop).collect();
        let until_s = self.shift_s();
        let mut starts = u32::try_from(sites.len()).unwrap_or(u32::MAX).saturating_add(1)..;
        let mut start = |crew: &Crew| crew.from.and_then(|_| starts.next()).unwrap_or(0);
        let unit = |crew: &Crew| {
            let shift = Window { from_s: crew.free_s, until_s };
            Unit { start: start(crew), end: 0, shift, dwell_s_max: crew.cap_s }
        };
        let units = crews.iter().map(unit).collect();
        let count = i64::try_from(areas.len()).unwrap_or(1).max(1);
        let standing_s: i64 = crews.iter().map(|crew| crew.cap_s).sum();
        let area_cap_s = (standing_s * AREA_CAP / count).max(AREA_CAP_MIN_S);
        let caps = (0..).zip(areas).map(|(no, _)| VillageCap { village: Village(no), dwell_s_max: area_cap_s });
        let caps = if count > 1 { caps.collect() } else { Vec::new() };
        let rules = Rules { revisit_gap_s: REVISIT_GAP_S, unpredictability: self.terms.unpredictability, ..Rules::default() };
        Patrol::new(stops, units, travel, caps, rules)
    }
}

/// Seconds from every place to every place, the base first.
struct Legs {
    places: usize,
    seconds: Vec<u32>,
}

impl Legs {
    fn between(&self, from: usize, to: usize) -> u32 {
        self.seconds.get(from * self.places + to).copied().unwrap_or(Travel::NO_WAY)
    }

    fn is_reached(&self, place: usize) -> bool {
        self.between(0, place) != Travel::NO_WAY && self.between(place, 0) != Travel::NO_WAY
    }

    fn of(&self, kept: &[usize]) -> Vec<u32> {
        kept.iter().flat_map(|from| kept.iter().map(|to| self.between(*from, *to))).collect()
    }
}

/// A day on the way is no way.
fn whole_seconds(seconds: f64) -> u32 {
    if (0.0..86_400.0).contains(&seconds) { seconds.ceil() as u32 } else { Travel::NO_WAY }
}

/// None where no roads are loaded. A tour does not lead into a closed street: nothing there is that urgent. By car and by the signs, as streets are when the shift begins.
fn road_seconds(roads: &dyn RoadTimes, places: &[Wgs84], begins: Micros) -> Option<Vec<u32>> {
    let travellers: Vec<Traveller> = places.iter().map(|at| Traveller { at: *at, by: UnitKind::Car }).collect();
    let drive = Drive { at: begins, with_siren: false };
    let count = places.len();
    let mut seconds = vec![Travel::NO_WAY; count * count];
    let mut is_loaded = false;
    for (to, place) in places.iter().enumerate() {
        // A place with no road near has no answer; nor has any while there is no map.
        let Some(times) = roads.times_to(*place, &travellers, drive) else { continue };
        is_loaded = true;
        for (from, time) in times.into_iter().enumerate() {
            if let (Some(cell), Some(time)) = (seconds.get_mut(from * count + to), time.time().filter(|time| !time.is_through_closure)) {
                *cell = whole_seconds(time.duration_s);
            }
        }
    }
    is_loaded.then_some(seconds)
}

fn guessed_seconds(places: &[Wgs84]) -> Vec<u32> {
    let seconds = |from: &Wgs84, to: &Wgs84| whole_seconds(from.distance_m(*to) * DETOUR / (GUESSED_KMH / 3.6));
    places.iter().flat_map(|from| places.iter().map(move |to| seconds(from, to))).collect()
}
