//! The places that are compared: cells of a grid, or street segments.
//!
//! Either is a list of sample points, each with its part of the place's measure (m² of a cell, m of a street). A kernel is summed over
//! the samples and divided by that sum, so a report gives exactly one report to the ground however near the edge it lies: no rate
//! leaks over the city limit, past which nothing is recorded. This is the edge correction that keeps the mass (Jones 1993, Statistics
//! and Computing 3). Its price: along the limit, within twice a kernel's reach, an even rate comes out a little uneven.
#![allow(clippy::indexing_slicing, reason = "every index is a place, cell or sample number made in the constructors")]

use thiserror::Error;

use crate::event::Point;
use crate::kernel::quartic;
use crate::nearby::Nearby;

/// A city of 400 km² in cells of 10 m.
pub const PLACES_MAX: usize = 4_000_000;
const SAMPLES_MAX: usize = 16_000_000;
const NO_PLACE: u32 = u32::MAX;

#[derive(Debug, Clone, PartialEq, Error)]
pub enum GroundError {
    #[error("a cell side of {side_m} m is not a length above zero")]
    CellSide { side_m: f64 },
    #[error("a sample step of {step_m} m and a snap distance of {snap_m} m must both be lengths above zero")]
    Step { step_m: f64, snap_m: f64 },
    #[error("{samples_per_side} samples per cell side is outside 1 to 8")]
    SamplesPerSide { samples_per_side: u32 },
    #[error("the corner of the grid, or segment {index:?}, has a coordinate that is not a finite number")]
    NotANumber { index: Option<usize> },
    #[error("segment {index} has no length")]
    NoLength { index: usize },
    #[error("no place is left to compare")]
    Empty,
    #[error("{places} places or their samples are more than one surface may hold ({PLACES_MAX} places)")]
    TooMany { places: usize },
}

/// The number of a place within its [`Ground`], from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceNo(pub u32);

impl PlaceNo {
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Square cells, row by row from the south-west corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellGrid {
    pub south_west: Point,
    pub side_m: f64,
    pub columns: u32,
    pub rows: u32,
}

impl CellGrid {
    /// The cell that holds the point, row by row, or none outside the grid.
    fn cell(&self, at: Point) -> Option<usize> {
        let column = ((at.east_m - self.south_west.east_m) / self.side_m).floor();
        let row = ((at.north_m - self.south_west.north_m) / self.side_m).floor();
        let is_inside = column >= 0.0 && row >= 0.0 && column < f64::from(self.columns) && row < f64::from(self.rows);
        is_inside.then(|| row as usize * self.columns as usize + column as usize)
    }

    fn point(&self, column: f64, row: f64) -> Point {
        Point::new(self.south_west.east_m + column * self.side_m, self.south_west.north_m + row * self.side_m)
    }
}

/// A straight piece of street between two junctions or bends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    pub from: Point,
    pub to: Point,
}

#[derive(Debug, Clone)]
enum Locate {
    Cells { grid: CellGrid, place_of_cell: Vec<u32> },
    NearestSample { snap_m: f64 },
}

/// Places, their measures and their sample points.
#[derive(Debug, Clone)]
pub struct Ground {
    centres: Vec<Point>,
    measures: Vec<f64>,
    total_measure: f64,
    spacing_m: f64,
    samples: Nearby,
    /// Place and measure of each sample, by its position in `samples`.
    sample_place: Vec<u32>,
    sample_measure: Vec<f64>,
    locate: Locate,
}

struct Samples {
    points: Vec<Point>,
    places: Vec<u32>,
    measures: Vec<f64>,
}

impl Ground {
    /// The cells whose centre `keep` accepts. More samples per side follow a short kernel better and cost their square.
    pub fn cells(grid: CellGrid, samples_per_side: u32, keep: impl Fn(Point) -> bool) -> Result<Self, GroundError> {
        let cells = check_grid(grid, samples_per_side)?;
        let mut place_of_cell = vec![NO_PLACE; cells];
        let mut centres = Vec::new();
        let mut samples = Samples { points: Vec::new(), places: Vec::new(), measures: Vec::new() };
        let step = 1.0 / f64::from(samples_per_side);
        let sample_measure = (grid.side_m * step).powi(2);
        for (cell, place) in place_of_cell.iter_mut().enumerate() {
            let (column, row) = ((cell % grid.columns as usize) as f64, (cell / grid.columns as usize) as f64);
            let centre = grid.point(column + 0.5, row + 0.5);
            if !keep(centre) {
                continue;
            }
            *place = centres.len() as u32;
            for sample in 0..samples_per_side * samples_per_side {
                let (right, up) = (f64::from(sample % samples_per_side), f64::from(sample / samples_per_side));
                samples.points.push(grid.point(column + (right + 0.5) * step, row + (up + 0.5) * step));
                samples.places.push(centres.len() as u32);
                samples.measures.push(sample_measure);
            }
            centres.push(centre);
        }
        let measures = vec![grid.side_m * grid.side_m; centres.len()];
        Self::of(centres, measures, samples, grid.side_m * step, Locate::Cells { grid, place_of_cell })
    }

    /// Street segments, sampled about every `step_m`. A report belongs to the segment of the nearest sample within `snap_m`.
    ///
    /// Distances stay straight lines: two streets back to back share risk here although nobody can walk through.
    pub fn segments(segments: &[Segment], step_m: f64, snap_m: f64) -> Result<Self, GroundError> {
        if !(step_m.is_finite() && step_m > 0.0 && snap_m.is_finite() && snap_m > 0.0) {
            return Err(GroundError::Step { step_m, snap_m });
        }
        let mut samples = Samples { points: Vec::new(), places: Vec::new(), measures: Vec::new() };
        let (mut centres, mut measures) = (Vec::new(), Vec::new());
        for (index, &Segment { from, to }) in segments.iter().enumerate() {
            if !(from.is_finite() && to.is_finite()) {
                return Err(GroundError::NotANumber { index: Some(index) });
            }
            let (east, north) = (to.east_m - from.east_m, to.north_m - from.north_m);
            let length_m = east.hypot(north);
            if length_m <= 0.0 {
                return Err(GroundError::NoLength { index });
            }
            let pieces = (length_m / step_m).ceil().max(1.0);
            if samples.points.len() as f64 + pieces > SAMPLES_MAX as f64 {
                return Err(GroundError::TooMany { places: segments.len() });
            }
            for piece in 0..pieces as u32 {
                let along = (f64::from(piece) + 0.5) / pieces;
                samples.points.push(Point::new(from.east_m + along * east, from.north_m + along * north));
                samples.places.push(index as u32);
                samples.measures.push(length_m / pieces);
            }
            centres.push(Point::new(from.east_m + east / 2.0, from.north_m + north / 2.0));
            measures.push(length_m);
        }
        Self::of(centres, measures, samples, step_m, Locate::NearestSample { snap_m })
    }

    fn of(
        centres: Vec<Point>,
        measures: Vec<f64>,
        samples: Samples,
        spacing_m: f64,
        locate: Locate,
    ) -> Result<Self, GroundError> {
        if centres.is_empty() {
            return Err(GroundError::Empty);
        }
        if centres.len() > PLACES_MAX || samples.points.len() > SAMPLES_MAX {
            return Err(GroundError::TooMany { places: centres.len() });
        }
        let index = Nearby::of(&samples.points, spacing_m);
        let in_order = |list: &[f64]| index.order().iter().map(|&number| list[number as usize]).collect();
        let sample_place = index.order().iter().map(|&number| samples.places[number as usize]).collect();
        let sample_measure = in_order(&samples.measures);
        let total_measure = measures.iter().sum();
        Ok(Self { centres, measures, total_measure, spacing_m, samples: index, sample_place, sample_measure, locate })
    }

    /// The place that holds the point, or none outside the ground.
    #[must_use]
    pub fn place_of(&self, at: Point) -> Option<PlaceNo> {
        match &self.locate {
            Locate::Cells { grid, place_of_cell } => {
                let place = grid.cell(at).map(|cell| place_of_cell[cell])?;
                (place != NO_PLACE).then_some(PlaceNo(place))
            }
            Locate::NearestSample { snap_m } => {
                let mut nearest = (f64::INFINITY, None);
                self.samples.each_within(at, *snap_m, |position, squared| {
                    if squared < nearest.0 {
                        nearest = (squared, Some(PlaceNo(self.sample_place[position])));
                    }
                });
                nearest.1
            }
        }
    }

    /// The sum of the kernel over the ground round a point, in the ground's measure: what a share is divided by. 0 when the kernel
    /// reaches no sample.
    pub(crate) fn kernel_mass(&self, at: Point, reach_m: f64) -> f64 {
        let per_squared_reach = 1.0 / (reach_m * reach_m);
        let mut mass = 0.0;
        self.samples.each_within(at, reach_m, |position, squared| {
            mass += quartic(squared * per_squared_reach) * self.sample_measure[position];
        });
        mass
    }

    /// Shares `amount` out over the places round a point; `home` takes all of it where the kernel reaches no sample. `buffer` is
    /// workspace. `give` may be called more than once for a place.
    pub(crate) fn spread(
        &self,
        (at, home): (Point, PlaceNo),
        reach_m: f64,
        amount: f64,
        buffer: &mut Vec<(u32, f64)>,
        mut give: impl FnMut(usize, f64),
    ) {
        buffer.clear();
        let per_squared_reach = 1.0 / (reach_m * reach_m);
        let mut mass = 0.0;
        self.samples.each_within(at, reach_m, |position, squared| {
            let part = quartic(squared * per_squared_reach) * self.sample_measure[position];
            mass += part;
            buffer.push((self.sample_place[position], part));
        });
        if mass <= 0.0 {
            give(home.index(), amount);
            return;
        }
        let scale = amount / mass;
        for &(place, part) in buffer.iter() {
            give(place as usize, part * scale);
        }
    }

    #[must_use]
    pub fn places(&self) -> usize {
        self.centres.len()
    }

    /// The middle of each place.
    #[must_use]
    pub fn centres(&self) -> &[Point] {
        &self.centres
    }

    /// m² of each cell, or m of each segment.
    #[must_use]
    pub fn measures(&self) -> &[f64] {
        &self.measures
    }

    #[must_use]
    pub const fn total_measure(&self) -> f64 {
        self.total_measure
    }

    /// How far apart the samples lie; no trigger may reach less far.
    #[must_use]
    pub const fn spacing_m(&self) -> f64 {
        self.spacing_m
    }
}

/// How many cells the grid has, if it is one.
fn check_grid(grid: CellGrid, samples_per_side: u32) -> Result<usize, GroundError> {
    if !(grid.side_m.is_finite() && grid.side_m > 0.0) {
        return Err(GroundError::CellSide { side_m: grid.side_m });
    }
    if !grid.south_west.is_finite() {
        return Err(GroundError::NotANumber { index: None });
    }
    if !(1..=8).contains(&samples_per_side) {
        return Err(GroundError::SamplesPerSide { samples_per_side });
    }
    let cells = grid.columns as usize * grid.rows as usize;
    if cells > PLACES_MAX * 4 {
        return Err(GroundError::TooMany { places: cells });
    }
    Ok(cells)
}
