//! A bucket index over points: what lies within a distance, at a cost that depends on the distance and not on the city.
#![allow(clippy::indexing_slicing, reason = "positions and buckets are numbers of the lists made in `of`")]

use crate::event::Point;

/// Points sorted into square buckets, row by row, so that the buckets of one row that a circle touches are one run of memory.
#[derive(Debug, Clone)]
pub(crate) struct Nearby {
    west_m: f64,
    south_m: f64,
    side_m: f64,
    columns: usize,
    rows: usize,
    starts: Vec<u32>,
    east_m: Vec<f64>,
    north_m: Vec<f64>,
    /// The caller's number of the point at each position.
    order: Vec<u32>,
}

impl Nearby {
    /// `side_m` is widened where it would make far more buckets than there are points.
    pub(crate) fn of(points: &[Point], side_m: f64) -> Self {
        let bound = |pick: fn(&Point) -> f64, fold: fn(f64, f64) -> f64, start| points.iter().map(pick).fold(start, fold);
        let west_m = bound(|p| p.east_m, f64::min, f64::INFINITY);
        let south_m = bound(|p| p.north_m, f64::min, f64::INFINITY);
        let width_m = (bound(|p| p.east_m, f64::max, f64::NEG_INFINITY) - west_m).max(0.0);
        let height_m = (bound(|p| p.north_m, f64::max, f64::NEG_INFINITY) - south_m).max(0.0);
        let buckets_max = 1_024.0 + 4.0 * points.len() as f64;
        let side_m = side_m.max((width_m * height_m / buckets_max).sqrt()).max(width_m.max(height_m) / buckets_max);
        let columns = (width_m / side_m) as usize + 1;
        let rows = (height_m / side_m) as usize + 1;
        let mut index = Self {
            west_m,
            south_m,
            side_m,
            columns,
            rows,
            starts: vec![0; columns * rows + 1],
            east_m: vec![0.0; points.len()],
            north_m: vec![0.0; points.len()],
            order: vec![0; points.len()],
        };
        index.fill(points);
        index
    }

    /// Counting sort, which keeps the caller's order within a bucket.
    fn fill(&mut self, points: &[Point]) {
        let buckets: Vec<usize> = points.iter().map(|&point| self.bucket(point)).collect();
        for &bucket in &buckets {
            self.starts[bucket + 1] += 1;
        }
        for bucket in 1..self.starts.len() {
            self.starts[bucket] += self.starts[bucket - 1];
        }
        let mut next = self.starts.clone();
        for (number, (&point, &bucket)) in points.iter().zip(&buckets).enumerate() {
            let position = next[bucket] as usize;
            next[bucket] += 1;
            self.east_m[position] = point.east_m;
            self.north_m[position] = point.north_m;
            self.order[position] = number as u32;
        }
    }

    fn bucket(&self, point: Point) -> usize {
        let column = ((point.east_m - self.west_m) / self.side_m) as usize;
        let row = ((point.north_m - self.south_m) / self.side_m) as usize;
        row.min(self.rows - 1) * self.columns + column.min(self.columns - 1)
    }

    /// Calls `visit` with the position and squared distance of each point closer than `reach_m`, in order of position.
    pub(crate) fn each_within(&self, at: Point, reach_m: f64, mut visit: impl FnMut(usize, f64)) {
        let (east, north) = (at.east_m - self.west_m, at.north_m - self.south_m);
        if east + reach_m < 0.0 || north + reach_m < 0.0 {
            return;
        }
        // A negative number becomes bucket 0, and one beyond the last is cut: `as` saturates.
        let (first_column, last_column) = (((east - reach_m) / self.side_m) as usize, ((east + reach_m) / self.side_m) as usize);
        let (first_row, last_row) = (((north - reach_m) / self.side_m) as usize, ((north + reach_m) / self.side_m) as usize);
        if first_column >= self.columns || first_row >= self.rows {
            return;
        }
        let squared_reach = reach_m * reach_m;
        for row in first_row..=last_row.min(self.rows - 1) {
            let start = self.starts[row * self.columns + first_column] as usize;
            let end = self.starts[row * self.columns + last_column.min(self.columns - 1) + 1] as usize;
            let (easts, norths) = (&self.east_m[start..end], &self.north_m[start..end]);
            for (offset, (&x, &y)) in easts.iter().zip(norths).enumerate() {
                let squared = (x - at.east_m).powi(2) + (y - at.north_m).powi(2);
                if squared < squared_reach {
                    visit(start + offset, squared);
                }
            }
        }
    }

    /// The caller's numbers in the order of positions.
    pub(crate) fn order(&self) -> &[u32] {
        &self.order
    }
}
