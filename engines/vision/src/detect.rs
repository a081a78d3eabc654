//! From the detector's grid to quads: peaks of the heat, their four corners, and one detection per plate.

use crate::area::Area;
use crate::{Detection, Quad};

/// The detector answers once per so many input pixels.
pub const STRIDE: usize = 8;
/// Heat logit and eight corner offsets.
pub const CHANNELS: usize = 9;
/// Boxes that overlap more than this are one plate.
const SAME_PLATE_IOU: f32 = 0.3;
/// A box that lies inside another by this share is the same plate, or lettering on it.
const INSIDE: f32 = 0.7;
/// Each further outline costs a read of an unclear plate.
const OTHER_OUTLINES_MAX: usize = 2;
/// More peaks than this in one picture are noise; the best are kept.
const PEAKS_MAX: usize = 200;

/// The detector's answer for one input, channel after channel.
pub struct Grid<'a> {
    pub columns: usize,
    pub rows: usize,
    pub values: &'a [f32],
}

impl Grid<'_> {
    fn at(&self, channel: usize, row: usize, column: usize) -> f32 {
        self.values.get((channel * self.rows + row) * self.columns + column).copied().unwrap_or(f32::NEG_INFINITY)
    }

    fn is_peak(&self, row: usize, column: usize) -> bool {
        let here = self.at(0, row, column);
        let rows = row.saturating_sub(1)..(row + 2).min(self.rows);
        rows.into_iter().all(|r| {
            (column.saturating_sub(1)..(column + 2).min(self.columns))
                .all(|c| (r, c) == (row, column) || self.at(0, r, c) <= here)
        })
    }

    /// Plates in frame pixels; `scale` is input pixels per frame pixel.
    pub fn detections(&self, min_score: f32, scale: f32) -> Vec<Detection> {
        let mut found = Vec::new();
        for row in 0..self.rows {
            for column in 0..self.columns {
                let score = 1.0 / (1.0 + (-self.at(0, row, column)).exp());
                if score.is_nan() || score < min_score || !self.is_peak(row, column) {
                    continue;
                }
                let corner = |i: usize| {
                    let x = column as f32 + self.at(1 + 2 * i, row, column) + 0.5;
                    let y = row as f32 + self.at(2 + 2 * i, row, column) + 0.5;
                    (x * STRIDE as f32 / scale, y * STRIDE as f32 / scale)
                };
                let quad = Quad { corners: [corner(0), corner(1), corner(2), corner(3)] };
                if is_plausible(&quad) {
                    found.push(Detection { quad, score });
                }
            }
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found.truncate(PEAKS_MAX);
        found
    }
}

/// Corners in order around a shape wider than high, of a size that can hold text.
fn is_plausible(quad: &Quad) -> bool {
    let [a, b, c, d] = quad.corners;
    let turns = [(a, b, c), (b, c, d), (c, d, a), (d, a, b)];
    let is_convex = turns.iter().all(|&((px, py), (qx, qy), (rx, ry))| (qx - px) * (ry - qy) - (qy - py) * (rx - qx) > 0.0);
    quad.is_finite()
        && is_convex
        && quad.width_px() >= 10.0
        && quad.height_px() >= 4.0
        && quad.width_px() > quad.height_px() * 0.8
}

/// One plate, and how else it was outlined: by the other pass, or by a neighbouring peak.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlined {
    pub best: Detection,
    /// At most [`OTHER_OUTLINES_MAX`], surest first.
    pub others: Vec<Quad>,
}

/// Gathers the detections of each plate under the surest. The list may join several passes over the same frame.
pub fn one_per_plate(mut all: Vec<Detection>) -> Vec<Outlined> {
    all.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut plates: Vec<Outlined> = Vec::new();
    for candidate in all {
        let quad = candidate.quad;
        let same = plates.iter_mut().find(|known| {
            let best = &known.best.quad;
            best.iou(&quad) >= SAME_PLATE_IOU || inside(&quad, best) >= INSIDE || inside(best, &quad) >= INSIDE
        });
        match same {
            None => plates.push(Outlined { best: candidate, others: Vec::new() }),
            Some(known) => {
                if known.others.len() < OTHER_OUTLINES_MAX && known.best.quad.iou(&quad) >= SAME_PLATE_IOU {
                    known.others.push(quad);
                }
            }
        }
    }
    plates
}

/// The share of `small`'s bounding box that lies in `large`'s.
fn inside(small: &Quad, large: &Quad) -> f32 {
    Area::of(small).inside(&Area::of(large))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that stumbles is a test that fails")]
mod tests {
    use super::{CHANNELS, Grid, one_per_plate};
    use crate::{Detection, Quad};

    /// A grid of 8 by 6 with one peak at column 3, row 2, whose plate is 4 by 2 cells.
    fn one_peak(logit: f32) -> Vec<f32> {
        let mut values = vec![0.0; CHANNELS * 8 * 6];
        values[..8 * 6].fill(-8.0);
        values[2 * 8 + 3] = logit;
        for (channel, offset) in [-2.0, -1.0, 2.0, -1.0, 2.0, 1.0, -2.0, 1.0].into_iter().enumerate() {
            values[(channel + 1) * 48 + 2 * 8 + 3] = offset;
        }
        values
    }

    #[test]
    fn a_peak_becomes_a_quad_in_frame_pixels() {
        let values = one_peak(3.0);
        let grid = Grid { columns: 8, rows: 6, values: &values };
        let found = grid.detections(0.5, 0.5);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].quad.bounds(), (24.0, 24.0, 88.0, 56.0));
    }

    #[test]
    fn weak_heat_and_broken_numbers_are_no_plate() {
        for logit in [-3.0, f32::NAN] {
            let values = one_peak(logit);
            let grid = Grid { columns: 8, rows: 6, values: &values };
            assert!(grid.detections(0.5, 1.0).is_empty());
        }
    }

    #[test]
    fn two_passes_that_see_the_same_plate_count_it_once() {
        let big = Detection { quad: Quad::from_box(10.0, 10.0, 100.0, 40.0), score: 0.6 };
        let same = Detection { quad: Quad::from_box(14.0, 11.0, 98.0, 38.0), score: 0.9 };
        let lettering = Detection { quad: Quad::from_box(30.0, 20.0, 30.0, 12.0), score: 0.5 };
        let plates = one_per_plate(vec![big, same, lettering]);
        assert_eq!(plates.len(), 1);
        assert_eq!(plates[0].best, same);
        assert_eq!(plates[0].others, vec![big.quad]);
    }
}
