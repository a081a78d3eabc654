//! The files of the 2016 NIJ forecasting challenge (Portland): calls with a date and a place in feet, and the city's outline.
//!
//! Rules of the challenge: cells of 62,500 to 360,000 square feet, a forecast area of 0.25 to 0.75 square miles, windows that begin on
//! 2017-03-01. The calls are citizens' calls for service, which is what makes them [`Origin::CitizenReport`].
#![allow(dead_code, reason = "the example and the test each use a part")]

use std::error::Error;
use std::path::{Path, PathBuf};

use shouhu_hotspots::{CellGrid, DAY_US, Event, Ground, Kind, Origin, Point, Sifted, TrainingSet};

pub const FOOT_M: f64 = 0.3048;
pub const SQUARE_MILE_M2: f64 = 1_609.344 * 1_609.344;
pub const CELL_SQ_FT: (f64, f64) = (62_500.0, 360_000.0);
pub const AREA_SQ_MI: (f64, f64) = (0.25, 0.75);
pub const VEHICLE_THEFT: &str = "crimes_veh.csv";
pub const BURGLARY: &str = "crimes_bur.csv";

pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// The folder of shared data, or none after saying what is absent.
pub fn folder(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let shared = std::env::var_os("SHOUHU_SHARED_DATA").map_or_else(beside, PathBuf::from);
    let found = shared.join(name);
    if !found.exists() {
        eprintln!("skipped: {name} is not in {}; set SHOUHU_SHARED_DATA", shared.display());
        return None;
    }
    Some(found)
}

/// Midnight at the start of a day, µs (days from civil, Hinnant's algorithm in its usual form).
pub fn midnight_us(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    (era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468) * DAY_US
}

/// The calls of one file, up to and including the day before `before_us`. Only the date is known; each call stands at its noon.
pub fn calls(folder: &Path, file: &str, before_us: i64) -> Outcome<Sifted> {
    let text = std::fs::read_to_string(folder.join(file))?;
    let mut events = Vec::new();
    for (number, line) in text.lines().enumerate().skip(1) {
        let bad = || format!("{file}, line {}: {line:?}", number + 1);
        let mut fields = line.split(',');
        let (Some(date), Some(x), Some(y)) = (fields.next(), fields.next(), fields.next()) else { return Err(bad().into()) };
        let parts: Vec<i64> = date.split('-').map(str::parse).collect::<Result<_, _>>().map_err(|_| bad())?;
        let &[year, month, day] = parts.as_slice() else { return Err(bad().into()) };
        let at = Point::new(x.parse::<f64>()? * FOOT_M, y.parse::<f64>()? * FOOT_M);
        let at_us = midnight_us(year, month, day) + DAY_US / 2;
        if at_us < before_us {
            events.push(Event { at, at_us, kind: Kind(1), origin: Origin::CitizenReport });
        }
    }
    Ok(TrainingSet::sift(&events, before_us)?)
}

/// The city's outline, metres.
pub fn outline(folder: &Path) -> Outcome<Vec<Point>> {
    let text = std::fs::read_to_string(folder.join("portland_coords.csv"))?;
    let mut corners = Vec::new();
    for line in text.lines().skip(1) {
        let (x, y) = line.split_once(',').ok_or_else(|| format!("outline: {line:?}"))?;
        corners.push(Point::new(x.parse::<f64>()? * FOOT_M, y.parse::<f64>()? * FOOT_M));
    }
    Ok(corners)
}

/// The shoelace formula.
pub fn area_m2(outline: &[Point]) -> f64 {
    let next = outline.iter().cycle().skip(1);
    (outline.iter().zip(next).map(|(a, b)| a.east_m * b.north_m - b.east_m * a.north_m).sum::<f64>() / 2.0).abs()
}

/// Crossings of a ray to the east: odd inside.
pub fn is_inside(outline: &[Point], at: Point) -> bool {
    let next = outline.iter().cycle().skip(1);
    let crosses = |(a, b): &(&Point, &Point)| {
        (a.north_m > at.north_m) != (b.north_m > at.north_m)
            && at.east_m < (b.east_m - a.east_m) * (at.north_m - a.north_m) / (b.north_m - a.north_m) + a.east_m
    };
    outline.iter().zip(next).filter(crosses).count() % 2 == 1
}

/// Square cells of the given side whose centre lies in the city. Each counts with its whole area, also where the limit trims it, so the
/// forecast area is never understated.
pub fn cells(outline: &[Point], side_ft: f64, samples_per_side: u32) -> Outcome<Ground> {
    let fold = |pick: fn(&Point) -> f64, fold: fn(f64, f64) -> f64, start| outline.iter().map(pick).fold(start, fold);
    let (west, south) = (fold(|p| p.east_m, f64::min, f64::INFINITY), fold(|p| p.north_m, f64::min, f64::INFINITY));
    let (east, north) = (fold(|p| p.east_m, f64::max, f64::NEG_INFINITY), fold(|p| p.north_m, f64::max, f64::NEG_INFINITY));
    let side_m = side_ft * FOOT_M;
    let (columns, rows) = (((east - west) / side_m).ceil() as u32, ((north - south) / side_m).ceil() as u32);
    let grid = CellGrid { south_west: Point::new(west, south), side_m, columns, rows };
    Ok(Ground::cells(grid, samples_per_side, |centre| is_inside(outline, centre))?)
}

/// Least, middle and greatest forecast area that the rules allow in whole cells, m².
pub fn areas(side_ft: f64) -> [f64; 3] {
    let cell_m2 = (side_ft * FOOT_M).powi(2);
    let (least, most) = (AREA_SQ_MI.0 * SQUARE_MILE_M2, AREA_SQ_MI.1 * SQUARE_MILE_M2);
    [(least / cell_m2).ceil(), (f64::midpoint(least, most) / cell_m2).round(), (most / cell_m2).floor()].map(|n| n * cell_m2)
}
