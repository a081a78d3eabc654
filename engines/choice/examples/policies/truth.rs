//! Driven times from a traffic simulation: seconds per road, direction and quarter hour, as `benches/traffic` writes them.
//!
//! The file is for one road network, and says so by the length of each of its roads. It must be whole: a road that is not
//! in it would silently be driven as the room foresees.
//!
//! Columns: `time` (free, night, day, peak), `quarter` from the beginning of that time (0 for free, 0 to 3 for night and
//! day, 0 to 7 for peak), `edge` and `forward` (0 or 1) as `shouhu-roads` numbers them, `length_m`, `mean_s` for the whole
//! road, `sd_s` between drives such that squares add up along a way, `vehicles` seen (for people; not used).

use std::path::PathBuf;
use std::sync::Arc;

use shouhu_choice::sim::{Drive, PlaceNo, Truth};
use shouhu_roads::{Closures, Navigator, Profile, RoadNetwork, Snap, VehicleClass, WeightSet};

const HEADING: [&str; 8] = ["time", "quarter", "edge", "forward", "length_m", "mean_s", "sd_s", "vehicles"];
/// The times of the file: name, first slot, quarters.
const TIMES: [(&str, usize, usize); 4] = [("free", FREE, 1), ("night", 1, 4), ("day", 5, 4), ("peak", 9, 8)];
const FREE: usize = 0;
const SLOTS: usize = 17;
/// How far a road's length in the file may be from its length here.
const LENGTH_OFF_M: f64 = 1.0;

#[derive(Debug, thiserror::Error)]
pub enum TruthError {
    #[error("the first line is {found:?}, not {:?}: this is no file of road times", HEADING.join(","))]
    Heading { found: String },
    #[error("line {line}: {what}")]
    Row { line: u64, what: String },
    #[error("{missing} of {wanted} rows are missing, the first for {time} quarter {quarter}, edge {edge} {direction}")]
    Missing { missing: usize, wanted: usize, time: &'static str, quarter: usize, edge: usize, direction: &'static str },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    pub mean_s: f64,
    pub variance_s2: f64,
}

/// All times of one network, complete.
#[derive(Debug)]
pub struct RoadTimes {
    /// By slot, then edge, then backward and forward.
    cells: Vec<Cell>,
    edges: usize,
}

impl RoadTimes {
    /// # Errors
    /// When a line is wrong (it is named), or one is missing.
    pub fn parse(text: &str, network: &RoadNetwork) -> Result<Self, TruthError> {
        let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let heading = rows.headers().map_err(|error| TruthError::Row { line: 1, what: error.to_string() })?;
        if !heading.iter().map(str::trim).eq(HEADING) {
            return Err(TruthError::Heading { found: heading.iter().collect::<Vec<_>>().join(",") });
        }
        let edges = network.edges().len();
        let mut cells: Vec<Option<Cell>> = vec![None; SLOTS * edges * 2];
        for row in rows.records() {
            let row = row.map_err(|error| {
                let line = error.position().map_or(0, csv::Position::line);
                TruthError::Row { line, what: error.to_string() }
            })?;
            let wrong = |what| TruthError::Row { line: row.position().map_or(0, csv::Position::line), what };
            let (index, cell) = read(&row, network).map_err(wrong)?;
            match cells.get_mut(index) {
                Some(slot @ None) => *slot = Some(cell),
                _ => return Err(wrong("the same time, quarter, edge and direction again".to_owned())),
            }
        }
        let missing = cells.iter().filter(|cell| cell.is_none()).count();
        if let Some(first) = cells.iter().position(Option::is_none) {
            let (slot, edge) = (first / (edges * 2), first / 2 % edges);
            let (time, start, _) = TIMES.into_iter().rfind(|(_, start, _)| *start <= slot).unwrap_or(TIMES[0]);
            let direction = if first % 2 == 1 { "forward" } else { "backward" };
            return Err(TruthError::Missing { missing, wanted: cells.len(), time, quarter: slot - start, edge, direction });
        }
        Ok(Self { cells: cells.into_iter().flatten().collect(), edges })
    }

    /// The road's time at this moment of the day; with siren a share of the delay against free flow is suffered.
    pub fn cell(&self, edge: usize, is_forward: bool, now_s: f64, siren_delay: Option<f64>) -> Option<Cell> {
        let at = |slot: usize| self.cells.get((slot * self.edges + edge) * 2 + usize::from(is_forward)).copied();
        let usual = at(slot(now_s)).filter(|_| edge < self.edges)?;
        let Some(share) = siren_delay else { return Some(usual) };
        let free_s = at(FREE)?.mean_s;
        Some(Cell { mean_s: free_s + share * (usual.mean_s - free_s).max(0.0), variance_s2: usual.variance_s2 * share * share })
    }
}

/// The hours of the weight sets of `shouhu-roads`; night and day repeat their four quarters every hour.
fn slot(now_s: f64) -> usize {
    let quarter = (now_s / 900.0) as usize % 96;
    match quarter / 4 {
        7 | 17 => 9 + quarter % 4,
        8 | 18 => 13 + quarter % 4,
        23 | 0..=5 => 1 + quarter % 4,
        _ => 5 + quarter % 4,
    }
}

fn read(row: &csv::StringRecord, network: &RoadNetwork) -> Result<(usize, Cell), String> {
    let cell = |column: usize| row.get(column).map(str::trim).ok_or_else(|| format!("no {}", HEADING[column]));
    let whole = |column: usize| cell(column)?.parse::<usize>().map_err(|_| format!("{} is no whole number", HEADING[column]));
    let number = |column: usize| {
        let read = cell(column)?.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
        read.ok_or_else(|| format!("{} is no number from 0", HEADING[column]))
    };
    let (time, quarter) = (cell(0)?, whole(1)?);
    let Some((_, start, quarters)) = TIMES.into_iter().find(|(name, ..)| *name == time) else {
        return Err(format!("{time:?} is none of free, night, day, peak"));
    };
    if quarter >= quarters {
        return Err(format!("{time} has quarters 0 to {}, not {quarter}", quarters - 1));
    }
    let (edge, forward) = (whole(2)?, whole(3)?);
    let Some(road) = network.edges().get(edge) else {
        return Err(format!("edge {edge} is not below {}, the number of roads", network.edges().len()));
    };
    if forward > 1 {
        return Err(format!("forward is 0 or 1, not {forward}"));
    }
    let length_m = number(4)?;
    if (length_m - road.length_m).abs() > LENGTH_OFF_M {
        return Err(format!("edge {edge} is {:.1} m long, not {length_m:.1}: made for other roads", road.length_m));
    }
    let (mean_s, sd_s) = (number(5)?, number(6)?);
    if mean_s <= 0.0 {
        return Err("mean_s is 0: nobody drives a road in no time".to_owned());
    }
    whole(7)?;
    Ok((((start + quarter) * network.edges().len() + edge) * 2 + forward, Cell { mean_s, variance_s2: sd_s * sd_s }))
}

/// Where the truth comes from, before there is a city.
#[derive(Debug, Clone)]
pub struct Source {
    pub file: PathBuf,
    /// Share of the delay that a car with lights and siren suffers. Assumption: mesoscopic traffic knows no sirens.
    pub siren_delay: f64,
}

impl Source {
    /// # Errors
    /// When the file cannot be read, is wrong, or was made for other roads.
    pub fn on(&self, network: &Arc<RoadNetwork>, snaps: &[Option<Snap>]) -> Result<RoadTruth, Box<dyn std::error::Error>> {
        let times = RoadTimes::parse(&std::fs::read_to_string(&self.file)?, network)?;
        // All weight sets choose the same ways where all roads are of one class; `tainan::world` refuses others.
        let mut navigator = Navigator::new(Arc::clone(network), Profile::new(VehicleClass::Car, WeightSet::Day));
        navigator.prepare();
        Ok(RoadTruth { navigator, snaps: snaps.to_vec(), times, siren_delay: self.siren_delay })
    }
}

/// Drives along the way that the room's weights choose, at the times that traffic gives its roads.
#[derive(Debug)]
pub struct RoadTruth {
    navigator: Navigator,
    snaps: Vec<Option<Snap>>,
    pub times: RoadTimes,
    siren_delay: f64,
}

impl Truth for RoadTruth {
    fn drive(&self, from: PlaceNo, to: PlaceNo, start_s: f64, with_siren: bool) -> Option<Drive> {
        let snap = |place: PlaceNo| self.snaps.get(place)?.as_ref();
        let path = self.navigator.path(snap(from)?, snap(to)?, &Closures::default()).ok()?;
        let (mut mean_s, mut variance_s2) = (0.0, 0.0);
        for part in &path.parts {
            let share = (part.leave - part.enter).abs();
            let siren_delay = with_siren.then_some(self.siren_delay);
            let cell = self.times.cell(part.road.edge.0 as usize, part.road.is_forward, start_s + mean_s, siren_delay)?;
            mean_s += cell.mean_s * share;
            variance_s2 += cell.variance_s2 * share;
        }
        let sigma = if mean_s > 0.0 { (variance_s2 / (mean_s * mean_s)).ln_1p().sqrt() } else { 0.0 };
        Some(Drive { mean_s, sigma })
    }
}
