//! The test city: Tainan's arterial roads, its injury crashes as demand, 142 stations, villages.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use shouhu_choice::sim::{City, CityPlan, CoverPlan, Demand, Kind, Pace, PatrolPlan, Roster, Spot, Spread, Truth, World};
use shouhu_choice::{Priority, Skill, Skills};
use shouhu_place::Wgs84;
use shouhu_roads::{
    Closures, ImportOptions, Navigator, Profile, RoadClass, RoadNetwork, SNAP_WITHIN_M, Snap, VehicleClass, WeightSet, import,
};

use super::truth::Source;
use super::villages::{self, Village};

pub type Failure = Box<dyn std::error::Error>;

/// Places stand at junctions and along roads, so far apart at most.
const SPACING_M: f64 = 400.0;
/// Demand points are the middles of squares of about one kilometre.
const SQUARE_DEG: f64 = 0.01;
const STATION_SEED: u64 = 110;

#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub calls_per_day: f64,
    /// Crews of each station that are on duty at a time.
    pub crews_per_station: usize,
    pub busy_share: f64,
    pub threshold_s: f64,
}

/// Where the shared files are: the option, the environment, or beside the checkout.
pub fn folder(option: Option<PathBuf>) -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    option.or_else(|| std::env::var_os("SHOUHU_SHARED_DATA").map(PathBuf::from)).unwrap_or_else(beside)
}

struct Ground {
    places: Vec<Wgs84>,
    snaps: Vec<Option<Snap>>,
    /// Per place, its village.
    village_of: Vec<Option<usize>>,
}

/// Builds the city; everything drawn here is drawn from one fixed seed.
pub fn city(data: &Path, load: Load, truth: Option<&Source>) -> Result<City, Failure> {
    let (network, _) = import(&std::fs::read(data.join("roads/arterial_edges.csv"))?, ImportOptions::default())?;
    let network = Arc::new(network);
    let day = Profile::new(VehicleClass::Car, WeightSet::Day);
    let navigator = Navigator::new(Arc::clone(&network), day);
    let villages = villages::read(&std::fs::read_to_string(data.join("boundaries/villages_2017.topojson"))?)?;
    let ground = ground(&network, &navigator, &villages);
    let (spots, by_hour) = demand(data, &navigator, &ground, &villages)?;
    let stations = stations(data, &ground, &spots, &villages)?;
    let points = points(&ground, &spots);
    let crash_kit = Skills::NONE.with(Skill::new(0)?);
    let mut roster = Vec::new();
    for station in 0..stations.len() {
        for crew in 0..load.crews_per_station {
            // Half the stations change over at seven, half at eight.
            let change_s = if (station + crew) % 2 == 0 { 7.0 } else { 8.0 } * 3_600.0;
            let skills = if (station + crew) % 3 == 2 { Skills::NONE } else { crash_kit };
            for on_at_s in [change_s, change_s + 43_200.0] {
                roster.push(Roster { station, skills, on_at_s, duty_s: 43_200.0 });
            }
        }
    }
    let world = world(&network, &navigator, &ground)?;
    let demand = Demand {
        spots,
        by_hour,
        calls_per_day: load.calls_per_day,
        kinds: kinds(crash_kit),
        handling: HANDLING,
        turnout: TURNOUT,
    };
    let truth = truth.map(|source| source.on(&network, &ground.snaps)).transpose()?;
    let truth = truth.map(|truth| Arc::new(truth) as Arc<dyn Truth>);
    let patrol = PatrolPlan { within_s: 150.0, dwell_s: 600.0 };
    let cover = CoverPlan { points, threshold_s: load.threshold_s, busy_share: load.busy_share };
    Ok(City::new(CityPlan { world, stations, roster, demand, patrol, cover, luck_sigma: 0.15, truth })?)
}

/// Assumptions: no interval statistics of Tainan's 110 were at hand. The order of size is that of NFPA 1225, which asks
/// 60 s for processing in nine of ten cases; crews that patrol sit in their car already.
const HANDLING: Spread = Spread { median_s: 60.0, sigma: 0.4 };
const TURNOUT: Spread = Spread { median_s: 30.0, sigma: 0.4 };

/// Assumptions throughout: shares of kinds and minutes on scene. Crashes with injured people need the crash kit; at 1,200
/// calls a day a tenth of them is what the file has, 123 a day.
fn kinds(crash_kit: Skills) -> Vec<Kind> {
    let kind = |priority, share, needs, minutes: f64, patience_h: Option<f64>| Kind {
        priority,
        share,
        needs,
        on_scene: Spread { median_s: minutes * 60.0, sigma: 0.55 },
        patience_mean_s: patience_h.map(|hours| hours * 3_600.0),
    };
    vec![
        kind(Priority::Urgent, 0.10, Skills::NONE, 30.0, None),
        kind(Priority::High, 0.10, crash_kit, 40.0, None),
        kind(Priority::High, 0.15, Skills::NONE, 30.0, None),
        kind(Priority::Routine, 0.45, Skills::NONE, 20.0, Some(3.0)),
        kind(Priority::Low, 0.20, Skills::NONE, 12.0, Some(1.5)),
    ]
}

fn ground(network: &RoadNetwork, navigator: &Navigator, villages: &[Village]) -> Ground {
    let mut places: Vec<Wgs84> = network.nodes().to_vec();
    for edge in network.edges() {
        let pieces = (edge.length_m / SPACING_M).ceil() as usize;
        places
            .extend((1..pieces).filter_map(|piece| along(network.polyline(edge), edge.length_m * piece as f64 / pieces as f64)));
    }
    let snaps = places.iter().map(|place| navigator.snap(*place, 50.0)).collect();
    let village_of = places.iter().map(|place| villages::at(villages, *place)).collect();
    Ground { places, snaps, village_of }
}

fn along(polyline: &[Wgs84], mut metres: f64) -> Option<Wgs84> {
    for (a, b) in polyline.iter().zip(polyline.iter().skip(1)) {
        let piece_m = a.distance_m(*b);
        if piece_m >= metres && piece_m > 0.0 {
            let share = metres / piece_m;
            return Wgs84::new(a.lon + (b.lon - a.lon) * share, a.lat + (b.lat - a.lat) * share).ok();
        }
        metres -= piece_m;
    }
    polyline.last().copied()
}

fn world(network: &RoadNetwork, navigator: &Navigator, ground: &Ground) -> Result<World, Failure> {
    // One factor per hour is exact only where all roads are of one class, as those of this file are.
    if network.edges().iter().any(|edge| edge.class != RoadClass::Tertiary) {
        return Err("the road file has several classes; travel times need one table per hour".into());
    }
    let factor = |weights| Profile::new(VehicleClass::Car, weights).factor().map_or(1.0, |factor| factor.collector);
    let day = factor(WeightSet::Day);
    let matrix = navigator.matrix(&ground.snaps, &ground.snaps, &Closures::default());
    let cells = matrix.rows().flatten();
    let (seconds, metres) = cells
        .map(|cell| {
            cell.map_or((f32::INFINITY, f32::INFINITY), |travel| ((travel.duration_s * day) as f32, travel.distance_m as f32))
        })
        .unzip();
    let by_hour = std::array::from_fn(|hour| {
        1.0 / factor(match hour {
            7 | 8 | 17 | 18 => WeightSet::Peak,
            23 | 0..=5 => WeightSet::Night,
            _ => WeightSet::Day,
        })
    });
    Ok(World::new(ground.places.clone(), seconds, metres, Pace { by_hour, siren: 1.0 / factor(WeightSet::Emergency) })?)
}

/// Every crash is a spot where calls come from, and an hour at which they come.
fn demand(data: &Path, navigator: &Navigator, ground: &Ground, villages: &[Village]) -> Result<(Vec<Spot>, [f64; 24]), Failure> {
    let mut by_edge: HashMap<u32, Vec<(f64, usize)>> = HashMap::new();
    for (place, snap) in ground.snaps.iter().enumerate() {
        if let Some(snap) = snap {
            by_edge.entry(snap.edge.0).or_default().push((snap.fraction, place));
        }
    }
    let nearest_place = |at: Wgs84| {
        let all = ground.places.iter().enumerate().filter(|(place, _)| ground.snaps.get(*place).is_some_and(Option::is_some));
        all.min_by(|a, b| a.1.distance_m(at).total_cmp(&b.1.distance_m(at))).map(|(place, _)| place)
    };
    let mut rows = csv::Reader::from_path(data.join("crashes/tainan_a2_2023-01.csv"))?;
    let (mut spots, mut by_hour) = (Vec::new(), [0.0; 24]);
    for row in rows.records() {
        let row = row?;
        let number = |from_end: usize| row.get(row.len().checked_sub(from_end)?)?.trim().parse::<f64>().ok();
        let hour = row.get(3).and_then(|time| format!("{time:0>6}").get(..2)?.parse::<usize>().ok());
        let (Some(lon), Some(lat), Some(hour)) = (number(2), number(1), hour) else { continue };
        let Ok(at) = Wgs84::new(lon, lat) else { continue };
        let Some(place) = navigator.snap(at, SNAP_WITHIN_M).and_then(|snap| nearest_place(snap.place)) else { continue };
        if let Some(slot) = by_hour.get_mut(hour) {
            *slot += 1.0;
        }
        let area = villages::at(villages, at).map_or(u32::MAX, |village| village as u32);
        spots.push(Spot { place, area, weight: 1.0 });
    }
    Ok((spots, by_hour))
}

/// The crashes of each square stand at the place in it where most of them are.
fn points(ground: &Ground, spots: &[Spot]) -> Vec<(usize, f64)> {
    let mut squares: HashMap<(i64, i64), HashMap<usize, f64>> = HashMap::new();
    for spot in spots {
        if let Some(place) = ground.places.get(spot.place) {
            let square = ((place.lon / SQUARE_DEG).floor() as i64, (place.lat / SQUARE_DEG).floor() as i64);
            *squares.entry(square).or_default().entry(spot.place).or_default() += spot.weight;
        }
    }
    let mut squares: Vec<_> = squares.into_iter().collect();
    squares.sort_by_key(|(square, _)| *square);
    let point = |places: &HashMap<usize, f64>| {
        let busiest = places.iter().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0)))?;
        Some((*busiest.0, places.values().sum()))
    };
    squares.iter().filter_map(|(_, places)| point(places)).collect()
}

/// As many stations per division as it has, on road places of its districts: the first by demand, each further one by
/// demand times the square of its distance to the stations already there.
fn stations(data: &Path, ground: &Ground, spots: &[Spot], villages: &[Village]) -> Result<Vec<usize>, Failure> {
    let organisation: Value = serde_json::from_str(&std::fs::read_to_string(data.join("police/police_org.json"))?)?;
    let mut weights = vec![0.5; ground.places.len()];
    for spot in spots {
        if let Some(weight) = weights.get_mut(spot.place) {
            *weight += spot.weight;
        }
    }
    let words = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect()
    };
    let mut draw = STATION_SEED;
    let mut chosen: Vec<usize> = Vec::new();
    for division in organisation.get("divisions").and_then(Value::as_array).into_iter().flatten() {
        let districts = words(division.get("districts").unwrap_or(&Value::Null));
        let count = words(division.get("stations").unwrap_or(&Value::Null)).len();
        let is_inside = |place: &usize| {
            let village = ground.village_of.get(*place).copied().flatten().and_then(|village| villages.get(village));
            village.is_some_and(|village| districts.contains(&village.district))
                && ground.snaps.get(*place).is_some_and(Option::is_some)
        };
        let inside: Vec<usize> = (0..ground.places.len()).filter(is_inside).collect();
        let mut own: Vec<usize> = Vec::new();
        for _ in 0..count.min(inside.len()) {
            let pull = |place: &usize| {
                let at = ground.places.get(*place)?;
                let away = own.iter().filter_map(|other| Some(ground.places.get(*other)?.distance_m(*at) / 1_000.0));
                Some(weights.get(*place)? * away.min_by(f64::total_cmp).map_or(1.0, |km| km * km))
            };
            let pulls: Vec<f64> = inside.iter().map(|place| pull(place).unwrap_or(0.0)).collect();
            let mut mark = unit_draw(&mut draw) * pulls.iter().sum::<f64>();
            let found = inside.iter().zip(&pulls).find(|(_, pull)| {
                mark -= **pull;
                mark < 0.0
            });
            own.extend(found.map(|(place, _)| *place).or(inside.last().copied()));
        }
        chosen.extend(own);
    }
    Ok(chosen)
}

/// splitmix64, as everywhere in this crate.
pub fn unit_draw(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}
