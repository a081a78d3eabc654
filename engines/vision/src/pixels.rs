//! Grey pictures and the geometry before the networks: how a frame is shrunk and a plate straightened ([`crate::sight`] does both).
//!
//! `training/scenes.py` does the same arithmetic; the networks have seen nothing else, so the two must agree.

use crate::Quad;
use crate::area::Area;

/// The size of a straightened picture, and where the plate's corners sit in it, as shares of its width and height.
#[derive(Debug, Clone, Copy)]
pub struct Framing {
    pub width: usize,
    pub height: usize,
    pub inset_x: f32,
    pub inset_y: f32,
}

/// What the reader was trained on.
pub const FOR_READER: Framing = Framing { width: 144, height: 48, inset_x: 0.04, inset_y: 0.08 };

/// A plate nearly straight and with its surroundings, at the size at which the detector places corners best.
pub const FOR_SECOND_LOOK: Framing = Framing { width: 208, height: 112, inset_x: 0.2, inset_y: 0.27 };

impl Framing {
    /// Where the plate's corners come to lie.
    fn corners(self) -> [(f32, f32); 4] {
        let (w, h) = (self.width as f32, self.height as f32);
        let (x0, x1) = (w * self.inset_x, w * (1.0 - self.inset_x));
        let (y0, y1) = (h * self.inset_y, h * (1.0 - self.inset_y));
        [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    }
}

/// From this grey level on a pixel has nothing more to say.
const BURNT_LEVEL: f32 = 248.0;
/// A plate larger than the reader's picture is sampled up to so many times per side and averaged.
const OVERSAMPLE_MAX: usize = 4;
/// Of the depth at the framing's first corner; what lies nearer may reach anywhere.
const DEPTH_MIN: f64 = 1e-3;

/// Grey levels 0 to 255, rows from the top.
pub struct Grey {
    pub width: usize,
    pub height: usize,
    pub levels: Vec<f32>,
}

impl Grey {
    /// Bilinear between pixel centres at whole numbers; outside, the border goes on.
    #[inline(always)]
    pub fn sample(&self, x: f32, y: f32) -> f32 {
        let max_x = self.width.saturating_sub(1) as f32;
        let max_y = self.height.saturating_sub(1) as f32;
        let (x, y) = (x.clamp(0.0, max_x), y.clamp(0.0, max_y));
        // Sides are below 2^31, and 32 bits are the width in which vectors convert.
        let (x0, y0) = (x as i32 as usize, y as i32 as usize);
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        let (x1, y1) = ((x0 + 1).min(self.width.saturating_sub(1)), (y0 + 1).min(self.height.saturating_sub(1)));
        let at = |x: usize, y: usize| self.levels.get(y * self.width + x).copied().unwrap_or(0.0);
        let above = at(x0, y0) * (1.0 - fx) + at(x1, y0) * fx;
        let below = at(x0, y1) * (1.0 - fx) + at(x1, y1) * fx;
        above * (1.0 - fy) + below * fy
    }
}

/// The grey of a colour (ITU-R BT.601).
pub fn luma_of([red, green, blue]: [f32; 3]) -> f32 {
    0.299 * red + 0.587 * green + 0.114 * blue
}

/// For each new pixel: the first old pixel it draws on, and the weights of that one and the following.
pub fn spans(old: usize, new: usize) -> Vec<(usize, Vec<f32>)> {
    let ratio = old as f32 / new.max(1) as f32;
    (0..new)
        .map(|i| {
            if ratio <= 1.0 {
                let at = ((i as f32 + 0.5) * ratio - 0.5).clamp(0.0, old.saturating_sub(1) as f32);
                let first = (at as usize).min(old.saturating_sub(2));
                let share = at - first as f32;
                return (first, vec![1.0 - share, share]);
            }
            let (from, to) = (i as f32 * ratio, (i as f32 + 1.0) * ratio);
            let first = from as usize;
            let last = (to.ceil() as usize).min(old).max(first + 1);
            let weights = (first..last).map(|x| ((to.min(x as f32 + 1.0) - from.max(x as f32)) / ratio).max(0.0)).collect();
            (first, weights)
        })
        .collect()
}

/// Eight numbers of the plane-to-plane map that takes `from` to `to`; the ninth is one.
fn homography(from: &[(f32, f32); 4], to: &[(f32, f32); 4]) -> Option<[f64; 8]> {
    let mut rows: Vec<[f64; 9]> = Vec::with_capacity(8);
    for (&(x, y), &(u, v)) in from.iter().zip(to) {
        let (x, y, u, v) = (f64::from(x), f64::from(y), f64::from(u), f64::from(v));
        rows.push([x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u]);
        rows.push([0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v]);
    }
    solve(&mut rows)
}

/// Gauss-Jordan with row exchange; none when the four points do not span a plane.
#[expect(clippy::indexing_slicing, reason = "eight rows of nine, every index below eight")]
fn solve(rows: &mut [[f64; 9]]) -> Option<[f64; 8]> {
    for column in 0..8 {
        let pivot = (column..8).max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs()))?;
        rows.swap(column, pivot);
        let head = rows[column];
        if head[column].abs() < 1e-9 {
            return None;
        }
        for (index, row) in rows.iter_mut().enumerate() {
            if index == column {
                continue;
            }
            let factor = row[column] / head[column];
            for (value, above) in row.iter_mut().zip(&head) {
                *value -= factor * above;
            }
        }
    }
    Some(std::array::from_fn(|i| rows[i][8] / rows[i][i]))
}

/// Takes a quad found in a straightened picture back to the frame.
pub fn unstraightened(found: &Quad, framing: Framing, quad: &Quad) -> Option<Quad> {
    let [a, b, c, d, e, f, g, i] = homography(&framing.corners(), &quad.corners)?;
    let corners = found.corners.map(|(x, y)| {
        let (x, y) = (f64::from(x), f64::from(y));
        let depth = g * x + i * y + 1.0;
        (((a * x + b * y + c) / depth) as f32, ((d * x + e * y + f) / depth) as f32)
    });
    let back = Quad { corners };
    back.is_finite().then_some(back)
}

/// How often a plate larger than the framing is sampled for each of its pixels and side, and the map from those places to the frame.
fn places(quad: &Quad, framing: Framing) -> Option<(usize, [f64; 8])> {
    if !quad.is_finite() {
        return None;
    }
    let inner = Quad { corners: framing.corners() };
    let shrink = (quad.height_px() / inner.height_px()).max(quad.width_px() / inner.width_px());
    let over = ((shrink - 0.25).ceil() as usize).clamp(1, OVERSAMPLE_MAX);
    let target = inner.corners.map(|(x, y)| (x * over as f32, y * over as f32));
    Some((over, homography(&target, &quad.corners)?))
}

/// Where a place of the framing lies in the frame, and how far away: negative behind the eye.
#[inline(always)]
fn seen_at([a, b, c, d, e, f, g, i]: &[f64; 8], x: f64, y: f64) -> (f32, f32, f64) {
    let depth = g * x + i * y + 1.0;
    // One division for two: they are the dearest of this.
    let nearness = 1.0 / depth;
    (((a * x + b * y + c) * nearness) as f32, ((d * x + e * y + f) * nearness) as f32, depth)
}

/// All of the frame that [`straightened`] asks for; without end where the framing reaches behind the eye.
pub fn reach(quad: &Quad, framing: Framing) -> Option<Area> {
    let (over, map) = places(quad, framing)?;
    let (x, y) = ((framing.width * over - 1) as f64, (framing.height * over - 1) as f64);
    let corners = [(0.0, 0.0), (x, 0.0), (x, y), (0.0, y)].map(|(x, y)| seen_at(&map, x, y));
    if corners.iter().all(|(_, _, depth)| *depth > DEPTH_MIN) {
        // A map that keeps lines straight keeps what is between corners between them.
        return Some(Area::of(&Quad { corners: corners.map(|(x, y, _)| (x, y)) }));
    }
    let end = f32::INFINITY;
    Some(Area { left: -end, top: -end, right: end, bottom: end })
}

/// The plate straightened to the given framing, from the grey levels of the frame: `levels_at` writes those at many places, by their distances from the
/// left and from the top. None when the quad is degenerate.
#[inline(always)]
pub fn straightened(quad: &Quad, framing: Framing, mut levels_at: impl FnMut(&[f32], &[f32], &mut [f32])) -> Option<Vec<f32>> {
    let (over, map) = places(quad, framing)?;
    let mut picture = vec![0.0; framing.width * framing.height];
    let share = 1.0 / (over * over) as f32;
    let [mut across, mut along, mut levels] = [(); 3].map(|()| vec![0.0; framing.width * over]);
    for (y, row) in picture.chunks_exact_mut(framing.width).enumerate() {
        for sub in 0..over {
            let down = (y * over + sub) as f64;
            for (n, (across, along)) in (0_u32..).zip(across.iter_mut().zip(&mut along)) {
                (*across, *along, _) = seen_at(&map, f64::from(n), down);
            }
            levels_at(&across, &along, &mut levels);
            for (sum, levels) in row.iter_mut().zip(levels.chunks_exact(over)) {
                for level in levels {
                    *sum += level * share;
                }
            }
        }
    }
    Some(picture)
}

/// The same from a grey picture.
pub fn rectify(grey: &Grey, quad: &Quad, framing: Framing) -> Option<Vec<f32>> {
    if grey.width == 0 || grey.height == 0 {
        return None;
    }
    straightened(quad, framing, |across, along, levels| {
        for (level, (x, y)) in levels.iter_mut().zip(across.iter().zip(along)) {
            *level = grey.sample(*x, *y);
        }
    })
}

/// Brings a straightened plate to zero mean and about unit spread, as in training.
pub fn normalise(picture: &mut [f32]) {
    let n = picture.len().max(1) as f32;
    let mean = picture.iter().sum::<f32>() / n;
    let spread = (picture.iter().map(|level| (level - mean).powi(2)).sum::<f32>() / n).sqrt();
    for level in picture.iter_mut() {
        *level = (*level - mean) / (spread + 8.0);
    }
}

/// Leans tried, in pixels from the upper to the lower edge of the reader's picture.
const LEAN_MAX_PX: i32 = 20;
const LEAN_STEP_PX: usize = 2;
/// A lean must line the strokes up so much better than none; letters like A and 7 lean by nature.
const LEAN_GAIN_MIN: f32 = 1.1;

/// How far the strokes of a straightened plate still lean, as the share of the plate's width by which its upper edge must be
/// moved against its lower one; positive to the right. Obliquely seen plates come out leaning when the outline has missed it.
///
/// Upright strokes are brought over one another by the right lean, so that the horizontal steps of all rows, summed up column
/// by column, have the most energy then: the classic way to set handwriting upright.
pub fn lean(picture: &[f32]) -> f32 {
    let (width, height) = (FOR_READER.width, FOR_READER.height);
    let margin = LEAN_MAX_PX as usize / 2 + 1;
    let (first, last) = (height / 6, height - height / 6);
    let energy = |lean_px: i32| -> f32 {
        let mut columns = vec![0.0_f32; width + 2 * margin];
        for (y, row) in picture.chunks_exact(width).enumerate().take(last).skip(first) {
            let shift = lean_px as f32 * ((y as f32 + 0.5) / height as f32 - 0.5);
            let from = (margin as f32 + shift).round() as usize;
            for (column, (left, right)) in columns.iter_mut().skip(from).zip(row.iter().zip(row.iter().skip(1))) {
                *column += right - left;
            }
        }
        columns.iter().map(|sum| sum * sum).sum()
    };
    let upright = energy(0);
    let best = (-LEAN_MAX_PX..=LEAN_MAX_PX)
        .step_by(LEAN_STEP_PX)
        .map(|lean_px| (lean_px, energy(lean_px)))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    match best {
        Some((lean_px, most)) if most > upright * LEAN_GAIN_MIN => {
            lean_px as f32 * (1.0 - 2.0 * FOR_READER.inset_y) / (width as f32 * (1.0 - 2.0 * FOR_READER.inset_x))
        }
        _ => 0.0,
    }
}

/// The share of a straightened plate that is as bright as the sensor can say.
pub fn burnt_share(picture: &[f32]) -> f32 {
    picture.iter().filter(|level| **level >= BURNT_LEVEL).count() as f32 / picture.len().max(1) as f32
}

/// Mean difference between two straightened pictures of one plate, in grey levels.
pub fn difference(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| (a - b).abs()).sum::<f32>() / one.len().max(1) as f32
}

/// Mean squared step between neighbours of a reader's picture, grey levels from 0 to 1.
pub fn sharpness(picture: &[f32]) -> f32 {
    let mut sum = 0.0;
    let mut count = 0.0_f32;
    for row in picture.chunks_exact(FOR_READER.width) {
        for (left, right) in row.iter().zip(row.iter().skip(1)) {
            sum += ((right - left) / 255.0).powi(2);
            count += 1.0;
        }
    }
    sum / count.max(1.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that stumbles is a test that fails")]
mod tests {
    use super::{FOR_READER, FOR_SECOND_LOOK, Grey, homography, lean, rectify, sharpness, unstraightened};
    use crate::Quad;

    fn ramp(width: usize, height: usize) -> Grey {
        Grey { width, height, levels: (0..width * height).map(|i| (i % width) as f32).collect() }
    }

    #[test]
    fn the_same_corners_map_onto_themselves() {
        let square = [(0.0, 0.0), (10.0, 0.0), (10.0, 5.0), (0.0, 5.0)];
        let map = homography(&square, &square).unwrap_or_default();
        let identity = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0];
        assert!(map.iter().zip(identity).all(|(got, want)| (got - want).abs() < 1e-9), "{map:?}");
    }

    #[test]
    fn a_quad_without_area_is_not_straightened() {
        assert!(rectify(&ramp(20, 20), &Quad { corners: [(5.0, 5.0); 4] }, FOR_READER).is_none());
        let nowhere = Quad { corners: [(f32::NAN, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)] };
        assert!(rectify(&ramp(20, 20), &nowhere, FOR_READER).is_none());
    }

    #[test]
    fn straightening_an_upright_box_keeps_left_left() {
        let picture = rectify(&ramp(300, 100), &Quad::from_box(20.0, 20.0, 200.0, 60.0), FOR_READER).unwrap_or_default();
        assert_eq!(picture.len(), FOR_READER.width * FOR_READER.height);
        assert!(picture.first() < picture.get(FOR_READER.width - 1));
        assert!(sharpness(&picture) > 0.0);
    }

    #[test]
    fn leaning_strokes_are_set_upright_and_upright_ones_left_alone() {
        let striped = |slant: f32| {
            let levels = (0..60 * 200).map(|i| {
                let (x, y) = ((i % 200) as f32, (i / 200) as f32);
                if (x - slant * (y - 30.0)).rem_euclid(40.0) < 9.0 { 30.0 } else { 220.0 }
            });
            Grey { width: 200, height: 60, levels: levels.collect() }
        };
        let outline = Quad::from_box(20.0, 5.0, 160.0, 50.0);
        let seen = |grey: &Grey, quad: &Quad| lean(&rectify(grey, quad, FOR_READER).unwrap());
        assert!(seen(&striped(0.0), &outline).abs() < 1e-6);
        for slant in [-0.35, 0.3] {
            let grey = striped(slant);
            let upright = outline.leaned(seen(&grey, &outline));
            assert!(upright != outline, "slant {slant}");
            assert!(seen(&grey, &upright).abs() < 0.03, "slant {slant}");
        }
    }

    #[test]
    fn corners_found_where_they_were_put_come_back_unchanged() {
        let leaning = Quad { corners: [(10.0, 12.0), (90.0, 30.0), (88.0, 70.0), (12.0, 48.0)] };
        let seen = Quad { corners: FOR_SECOND_LOOK.corners() };
        let back = unstraightened(&seen, FOR_SECOND_LOOK, &leaning).map(|quad| quad.corners).unwrap_or_default();
        assert!(
            back.iter().zip(leaning.corners).all(|(got, want)| (got.0 - want.0).abs() < 1e-2 && (got.1 - want.1).abs() < 1e-2)
        );
    }
}
