//! From citizens' reports to places with a share of the visits.
//!
//! The ground is cells of 250 m round the boxes and the reports. One kernel with time decay (`engines/hotspots`) gives each cell its
//! expected reports with an interval; `share_of_dose` turns them into shares of visits with floors and caps for each beat and a fifth
//! that explores. A cell is offered as a stop only where a box or a report lies in it: its middle may be a river.

use std::collections::{BTreeMap, BTreeSet};

use shouhu_hotspots::dose::{AreaLimits, DoseError, DoseRules, share_of_dose};
use shouhu_hotspots::{
    CellGrid, Event, Evidence, Ground, GroundError, Kind, Model, ModelError, Origin, Point, Report, Surface, SurfaceError, TrainingError,
    TrainingSet, Trigger,
};
use shouhu_ids::{BoxId, Micros};
use shouhu_module::ports::CitizenReport;
use shouhu_place::Wgs84;
use shouhu_tours::Rng;

use super::model::Expected;

const CELL_M: f64 = 250.0;
/// A quartic kernel so wide spreads a report over its block and the next ones.
const REACH_M: f64 = 400.0;
/// Life of a report as a part of the days looked at: the oldest then weighs e^-3, one twentieth, of a fresh one.
const LIVES: f64 = 3.0;
const HORIZON_DAYS: f64 = 7.0;
const LEVEL: f64 = 0.9;
/// A station's ground, round its boxes: cells of a kilometre either way.
const STATION_CELLS: i64 = 4;
/// The city's ground, round boxes and reports.
const CITY_CELLS: i64 = 2;
/// Whoever types 1.2 for 120.2 must not make the ground as wide as the sea.
const CITY_MAX_M: f64 = 60_000.0;
/// The part of the stops that is drawn by chance from the places that reports do not name (Ensign et al. 2018).
const EXPLORE_SHARE: f64 = 0.2;
/// A beat gets half to twice an even share of the visits.
const AREA_FLOOR: f64 = 0.5;
const AREA_CAP: f64 = 2.0;
/// Metres of a degree of latitude on the mean sphere (IUGG radius).
const DEGREE_M: f64 = 111_195.08;

#[derive(Debug, thiserror::Error)]
pub enum HotError {
    #[error(transparent)]
    Ground(#[from] GroundError),
    #[error(transparent)]
    Training(#[from] TrainingError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Surface(#[from] SurfaceError),
    #[error(transparent)]
    Dose(#[from] DoseError),
}

/// A box as the surface needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Landmark {
    pub id: BoxId,
    pub name: String,
    /// 派出所 and 勤區.
    pub area: String,
    pub position: Wgs84,
}

/// A cell that could be a stop.
#[derive(Debug, Clone, PartialEq)]
pub struct Spot {
    pub key: String,
    /// The mean of its reports, or its box.
    pub position: Wgs84,
    /// Of the nearest box.
    pub name: String,
    pub area: String,
    pub expected: Expected,
    /// Its part of all visits.
    pub dose: f64,
    pub is_explore: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hot {
    /// Those that reports name first, then those drawn by chance.
    pub spots: Vec<Spot>,
    pub counted: usize,
    pub left_out: usize,
}

#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// How many spots at most.
    pub spots: usize,
    pub days: i64,
    pub as_of: Micros,
    pub unpredictability: f64,
    pub seed: u64,
    /// Only round the boxes; else round the reports too.
    pub is_station: bool,
}

/// Metres east and north of a corner of the degree net near the place: the same corner for a whole city, so that cells keep their names.
#[derive(Debug, Clone, Copy)]
struct Plane {
    lon: f64,
    lat: f64,
    shrink: f64,
}

impl Plane {
    fn near(middle: Wgs84) -> Self {
        let (lon, lat) = (middle.lon.round(), middle.lat.round());
        Self { lon, lat, shrink: lat.to_radians().cos().max(0.01) }
    }

    fn point(self, place: Wgs84) -> Point {
        Point::new((place.lon - self.lon) * self.shrink * DEGREE_M, (place.lat - self.lat) * DEGREE_M)
    }
}

type Cell = (i64, i64);

fn cell_of(at: Point) -> Cell {
    ((at.east_m / CELL_M).floor() as i64, (at.north_m / CELL_M).floor() as i64)
}

/// The middle one in each direction: a few wrong coordinates do not move it.
#[must_use]
pub fn middle(places: impl Iterator<Item = Wgs84>) -> Option<Wgs84> {
    let (mut lons, mut lats): (Vec<f64>, Vec<f64>) = places.map(|place| (place.lon, place.lat)).unzip();
    lons.sort_by(f64::total_cmp);
    lats.sort_by(f64::total_cmp);
    Wgs84::new(*lons.get(lons.len() / 2)?, *lats.get(lats.len() / 2)?).ok()
}

/// The box that is nearest to a place.
fn nearest(boxes: &[Landmark], place: Wgs84) -> Option<&Landmark> {
    // A city is small: degrees shrunk by latitude order as metres do.
    let shrink = place.lat.to_radians().cos();
    let squared = |other: &Landmark| ((other.position.lon - place.lon) * shrink).powi(2) + (other.position.lat - place.lat).powi(2);
    boxes.iter().min_by(|a, b| squared(a).total_cmp(&squared(b)))
}

fn mark(cells: &mut BTreeSet<Cell>, at: Point, around: i64) {
    let (column, row) = cell_of(at);
    for east in -around..=around {
        cells.extend((-around..=around).map(|north| (column + east, row + north)));
    }
}

/// A cell with a box or a report in it, before anything is expected of it.
#[derive(Debug, Clone, Copy, Default)]
struct Candidate {
    lon_sum: f64,
    lat_sum: f64,
    reports: u32,
    site: Option<Wgs84>,
}

impl Candidate {
    fn position(&self) -> Option<Wgs84> {
        let count = f64::from(self.reports);
        if self.reports == 0 { self.site } else { Wgs84::new(self.lon_sum / count, self.lat_sum / count).ok() }
    }
}

fn candidates(plane: Plane, reports: &[&CitizenReport], boxes: &[Landmark]) -> BTreeMap<Cell, Candidate> {
    let mut found: BTreeMap<Cell, Candidate> = BTreeMap::new();
    for report in reports {
        let one = found.entry(cell_of(plane.point(report.position))).or_default();
        one.lon_sum += report.position.lon;
        one.lat_sum += report.position.lat;
        one.reports += 1;
    }
    for site in boxes {
        found.entry(cell_of(plane.point(site.position))).or_default().site.get_or_insert(site.position);
    }
    found
}

fn ground(cells: &BTreeSet<Cell>) -> Result<Ground, GroundError> {
    let ends = |of: fn(&Cell) -> i64| Some((cells.iter().map(of).min()?, cells.iter().map(of).max()?));
    let (Some((west, east)), Some((south, north))) = (ends(|cell| cell.0), ends(|cell| cell.1)) else { return Err(GroundError::Empty) };
    let count = |least: i64, most: i64| u32::try_from(most - least + 1).unwrap_or(u32::MAX);
    let corner = Point::new(west as f64 * CELL_M, south as f64 * CELL_M);
    let grid = CellGrid { south_west: corner, side_m: CELL_M, columns: count(west, east), rows: count(south, north) };
    // Two samples a side: the kernel is little wider than a cell.
    Ground::cells(grid, 2, |centre| cells.contains(&cell_of(centre)))
}

fn surface(plane: Plane, ground: &Ground, reports: &[&CitizenReport], wish: &Wish) -> Result<Option<Surface>, HotError> {
    if reports.is_empty() {
        return Ok(None);
    }
    let days = wish.days as f64;
    let event = |report: &&CitizenReport| {
        let origin = Origin::CitizenReport;
        Report::try_from(Event { at: plane.point(report.position), at_us: report.at.0, kind: Kind(0), origin })
    };
    // The port told only what citizens reported, so none is refused.
    let training = TrainingSet::of(reports.iter().map(event).filter_map(Result::ok).collect(), wish.as_of.0)?;
    // What the days before the first would still give, spread evenly.
    let even_per_day = (-LIVES).exp() * reports.len() as f64 / days;
    let model = Model::kernel(Trigger { reach_m: REACH_M, life_days: days / LIVES }, even_per_day)?;
    Ok(Some(model.surface(&training, ground, HORIZON_DAYS)?))
}

fn expected(surface: Option<&Surface>, ground: &Ground, at: Point, reports: u32) -> Expected {
    let reports = i64::from(reports);
    let reading = surface.and_then(|surface| Some((surface.reading(ground.place_of(at)?, LEVEL)?, surface.total())));
    match reading {
        Some((reading, total)) if total > 0.0 => Expected {
            share: reading.expected / total,
            low: reading.low / total,
            high: (reading.high / total).min(1.0),
            reports,
            is_thin: matches!(reading.evidence, Evidence::TooLittle { .. }),
        },
        _ => Expected { share: 0.0, low: 0.0, high: 1.0, reports, is_thin: true },
    }
}

/// Gives each spot its part of the visits; floors and caps hold for each beat.
fn dose(spots: &mut [Spot], wish: &Wish) -> Result<(), DoseError> {
    let areas: BTreeSet<String> = spots.iter().map(|spot| spot.area.clone()).collect();
    let number: BTreeMap<&str, usize> = areas.iter().enumerate().map(|(number, area)| (area.as_str(), number)).collect();
    let area_of: Vec<usize> = spots.iter().map(|spot| number.get(spot.area.as_str()).copied().unwrap_or_default()).collect();
    let expected: Vec<f64> = spots.iter().map(|spot| spot.expected.share).collect();
    let measures = vec![CELL_M * CELL_M; spots.len()];
    let defaults = DoseRules::default();
    // The default surprise belongs to the default unpredictability of 0.3.
    let rules = DoseRules { surprise: defaults.surprise * wish.unpredictability / 0.3, ..defaults };
    let limits = AreaLimits::even(areas.len(), AREA_FLOOR, AREA_CAP);
    let shares = share_of_dose(&expected, &measures, &area_of, &limits, rules, wish.seed)?;
    for (spot, share) in spots.iter_mut().zip(shares.places) {
        spot.dose = share;
    }
    Ok(())
}

/// The spots with the largest dose, and a fifth drawn by seed from all others.
fn choose(mut spots: Vec<Spot>, wish: &Wish) -> Vec<Spot> {
    spots.sort_by(|a, b| b.dose.total_cmp(&a.dose).then_with(|| a.key.cmp(&b.key)));
    let named = (wish.spots as f64 * (1.0 - EXPLORE_SHARE)).round() as usize;
    let (hot, mut others): (Vec<Spot>, Vec<Spot>) = spots.into_iter().partition(|spot| spot.expected.reports > 0);
    let mut chosen: Vec<Spot> = hot;
    others.extend(chosen.split_off(chosen.len().min(named)));
    others.sort_by(|a, b| a.key.cmp(&b.key));
    Rng::seeded(wish.seed).shuffle(&mut others);
    // A place that chance chose counts like a middling one that reports name, or it would never be gone to.
    let fair = chosen.get(chosen.len() / 2).map_or(1.0 / wish.spots.max(1) as f64, |spot| spot.dose);
    others.truncate(wish.spots.saturating_sub(chosen.len()));
    chosen.extend(others.into_iter().map(|spot| Spot { dose: fair, is_explore: true, ..spot }));
    chosen
}

/// # Errors
/// When the engine refuses what the city's data make of it.
pub fn hot_spots(reports: &[CitizenReport], boxes: &[Landmark], wish: &Wish) -> Result<Hot, HotError> {
    let sites = || boxes.iter().map(|site| site.position);
    let Some(centre) = middle(sites()).or_else(|| middle(reports.iter().map(|report| report.position))) else { return Ok(Hot::default()) };
    let plane = Plane::near(centre);
    let mut cells = BTreeSet::new();
    for site in sites().filter(|site| site.distance_m(centre) <= CITY_MAX_M) {
        mark(&mut cells, plane.point(site), if wish.is_station { STATION_CELLS } else { CITY_CELLS });
    }
    let in_city = |report: &&CitizenReport| report.at <= wish.as_of && report.position.distance_m(centre) <= CITY_MAX_M;
    if !wish.is_station {
        for report in reports.iter().filter(in_city) {
            mark(&mut cells, plane.point(report.position), CITY_CELLS);
        }
    }
    let is_on = |report: &&CitizenReport| in_city(report) && cells.contains(&cell_of(plane.point(report.position)));
    let known: Vec<&CitizenReport> = reports.iter().filter(is_on).collect();
    if cells.is_empty() {
        return Ok(Hot { left_out: reports.len(), ..Hot::default() });
    }
    let ground = ground(&cells)?;
    let surface = surface(plane, &ground, &known, wish)?;
    let spot = |(cell, one): (Cell, Candidate)| {
        let position = one.position()?;
        let near = nearest(boxes, position);
        Some(Spot {
            key: format!("c:{}:{}", cell.0, cell.1),
            position,
            name: near.map(|site| site.name.clone()).unwrap_or_default(),
            area: near.map(|site| site.area.clone()).unwrap_or_default(),
            expected: expected(surface.as_ref(), &ground, plane.point(position), one.reports),
            dose: 0.0,
            is_explore: false,
        })
    };
    let mut spots: Vec<Spot> = candidates(plane, &known, boxes).into_iter().filter_map(spot).collect();
    if spots.is_empty() {
        return Ok(Hot::default());
    }
    dose(&mut spots, wish)?;
    Ok(Hot { spots: choose(spots, wish), counted: known.len(), left_out: reports.len() - known.len() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use shouhu_ids::uuid_v7;

    use super::*;

    const NOW: Micros = Micros(1_800_000_000_000_000);

    fn at(lon: f64, lat: f64) -> Wgs84 {
        Wgs84::new(lon, lat).unwrap()
    }

    fn report(lon: f64, lat: f64, days_ago: i64) -> CitizenReport {
        CitizenReport { at: NOW.plus(-days_ago * Micros::DAY), position: at(lon, lat), kind: "theft".into() }
    }

    fn sites() -> Vec<Landmark> {
        let site = |index: u8| Landmark {
            id: BoxId(uuid_v7(NOW, [index; 16])),
            name: format!("箱 {index}"),
            area: format!("永康 0{}", index % 3),
            position: at(120.2 + 0.004 * f64::from(index), 23.03),
        };
        (0..12).map(site).collect()
    }

    fn wish() -> Wish {
        Wish { spots: 10, days: 90, as_of: NOW, unpredictability: 0.3, seed: 7, is_station: false }
    }

    /// Many at one corner, a few elsewhere.
    fn reports() -> Vec<CitizenReport> {
        let mut all: Vec<CitizenReport> = (0..30).map(|day| report(120.2101, 23.0301, day * 2)).collect();
        all.extend((0..5).map(|day| report(120.2301, 23.0305, day * 9)));
        all
    }

    #[test]
    fn where_citizens_report_most_the_share_is_largest_and_its_interval_holds_it() {
        let hot = hot_spots(&reports(), &sites(), &Wish { unpredictability: 0.0, ..wish() }).unwrap();
        assert_eq!((hot.counted, hot.left_out, hot.spots.len()), (35, 0, 10));
        let first = &hot.spots[0];
        assert_eq!(first.expected.reports, 30, "{first:?}");
        assert!(first.position.distance_m(at(120.2101, 23.0301)) < 1.0);
        for spot in &hot.spots {
            let Expected { share, low, high, .. } = spot.expected;
            assert!(low <= share && share <= high && high <= 1.0, "{spot:?}");
        }
        assert!(!first.expected.is_thin && hot.spots.iter().any(|spot| spot.expected.is_thin));
    }

    #[test]
    fn a_fifth_explores_and_the_seed_says_where() {
        let keys = |seed| {
            let hot = hot_spots(&reports(), &sites(), &Wish { spots: 6, seed, ..wish() }).unwrap();
            let explored: Vec<String> = hot.spots.iter().filter(|spot| spot.is_explore).map(|spot| spot.key.clone()).collect();
            assert!(hot.spots.iter().all(|spot| spot.dose > 0.0));
            (hot.spots.len(), explored)
        };
        assert_eq!(keys(1), keys(1));
        assert_eq!(keys(1).0, 6);
        assert!((2..20).any(|seed| keys(seed).1 != keys(1).1));
        let bare = hot_spots(&[], &sites(), &wish()).unwrap();
        assert!(bare.spots.len() == 10 && bare.spots.iter().all(|spot| spot.is_explore), "without reports all of it explores");
    }

    #[test]
    fn a_report_in_the_sea_of_the_future_or_off_the_station_s_ground_is_left_out() {
        let mut all = reports();
        all.extend([report(-30.0, -10.0, 1), report(120.2101, 23.0301, -2), report(120.2101, 23.10, 3)]);
        let city = hot_spots(&all, &sites(), &wish()).unwrap();
        assert_eq!((city.counted, city.left_out), (36, 2));
        let station = hot_spots(&all, &sites(), &Wish { is_station: true, ..wish() }).unwrap();
        assert_eq!((station.counted, station.left_out), (35, 3));
        assert_eq!(hot_spots(&[], &[], &wish()).unwrap(), Hot::default());
    }

    #[test]
    fn cells_keep_their_names_when_the_reports_change() {
        let key = |all: &[CitizenReport]| {
            let hot = hot_spots(all, &sites(), &Wish { unpredictability: 0.0, ..wish() }).unwrap();
            hot.spots.iter().find(|spot| spot.expected.reports == 30).unwrap().key.clone()
        };
        let mut more = reports();
        more.extend((0..4).map(|day| report(120.26, 23.06, day)));
        assert_eq!(key(&reports()), key(&more));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn any_reports_give_sound_shares(
            places in prop::collection::vec((-180.0_f64..=180.0, -90.0_f64..=90.0, any::<i64>()), 0..12),
            near in prop::collection::vec((120.0_f64..120.6, 22.8_f64..23.4, 0_i64..400), 0..12),
            with_boxes: bool, is_station: bool, unpredictability in 0.0_f64..=1.0, seed: u64,
        ) {
            let mut all: Vec<CitizenReport> = near.into_iter().map(|(lon, lat, days)| report(lon, lat, days)).collect();
            all.extend(places.into_iter().map(|(lon, lat, us)| CitizenReport { at: Micros(us), ..report(lon, lat, 0) }));
            let boxes = if with_boxes { sites() } else { Vec::new() };
            let wish = Wish { is_station: is_station && with_boxes, unpredictability, seed, ..wish() };
            let hot = hot_spots(&all, &boxes, &wish).unwrap();
            prop_assert!(hot.counted + hot.left_out == all.len() || hot == Hot::default());
            prop_assert!(hot.spots.len() <= wish.spots);
            for spot in &hot.spots {
                let Expected { share, low, high, .. } = spot.expected;
                prop_assert!((0.0..=1.0 + 1e-9).contains(&share) && low <= share + 1e-12 && share <= high + 1e-12, "{:?}", spot);
                prop_assert!(spot.dose.is_finite() && spot.dose > 0.0);
            }
        }
    }
}
