//! The colour of a vehicle's body.
//!
//! The body is looked at in a grid of cells inside the vehicle's box, away from its edges, from the plate and from wherever colours
//! change quickly: grilles, lamps, edges of glass. Its brightness is measured against the bright ground of the plate, which hangs in
//! the same light. A few rules then name the colour or, mostly, do not: their thresholds were set on one half of the labelled pictures
//! so that all that they say there is right. Grey (which silver is) and brown are never said: on the other half a rule for grey was
//! wrong about a gold and a pale green car, and one for brown found none.

use shouhu_plate::VehicleColour;

use super::{hue, luma, saturation};
use crate::Frame;
use crate::area::Area;

/// Cells across and down the vehicle's box.
const CELLS: usize = 48;
/// What is looked at, as shares of the box: no neighbours, no roof, no road.
const ACROSS: std::ops::Range<f32> = 0.1..0.9;
const DOWN: std::ops::Range<f32> = 0.25..0.8;
/// The plate is left out with so much around it, as shares of its own box.
const PLATE_MARGIN: (f32, f32) = (0.12, 0.25);
/// With fewer cells than this there is no body to speak of.
const CELLS_MIN: usize = 100;
/// Of four cells in five the colour changes least; the rest is edges.
const SMOOTH: (usize, usize) = (4, 5);
/// A ground more saturated than this is no white plate: its brightness alone is believed.
const WHITE_PLATE_MAX: f32 = 0.3;
/// A darker plate says nothing about the light.
const REFERENCE_MIN: f32 = 40.0;

/// Shares of the body's cells by hue, cells without colour counting for none, and how bright it is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Paint {
    /// Hues from 340° to 12°, and on to 38, 70, 165, 198, 255 and 340°.
    pub red: f32,
    pub orange: f32,
    pub yellow: f32,
    pub green: f32,
    pub cyan: f32,
    pub blue: f32,
    pub purple: f32,
    /// Quartiles and the highest tenth, as shares of the plate's bright ground.
    pub quarter: f32,
    pub half: f32,
    pub three_quarters: f32,
    pub nine_tenths: f32,
    /// Median grey level, 0 to 255.
    pub level: f32,
}

/// One cell of the body: its colour as a share of the plate's, and in grey levels.
#[derive(Clone, Copy)]
struct Cell {
    colour: [f32; 3],
    light: f32,
    level: f32,
    change: f32,
}

impl Paint {
    /// `body` is the vehicle's box, `plate` its plate's, `ground` the plate's bright ground. None when too little is to be seen.
    pub fn of(frame: &Frame, body: &Area, plate: &Area, ground: [f32; 3]) -> Option<Self> {
        let mut cells = cells(frame, body, plate, reference(ground));
        if cells.len() < CELLS_MIN {
            return None;
        }
        cells.sort_by(|a, b| a.change.total_cmp(&b.change));
        cells.truncate((cells.len() - 1) * SMOOTH.0 / SMOOTH.1 + 1);
        let count = cells.len();
        let mut paint = Self::default();
        for cell in &cells {
            if let Some((hue, weight)) = coloured(cell.colour) {
                *paint.share(hue) += weight / count as f32;
            }
        }
        let mut lights: Vec<f32> = cells.iter().map(|cell| cell.light).collect();
        lights.sort_by(f32::total_cmp);
        let at = |percent: usize| lights.get((count - 1) * percent / 100).copied().unwrap_or(0.0);
        (paint.quarter, paint.half, paint.three_quarters, paint.nine_tenths) = (at(25), at(50), at(75), at(90));
        let mut levels: Vec<f32> = cells.iter().map(|cell| cell.level).collect();
        levels.sort_by(f32::total_cmp);
        paint.level = levels.get(count / 2).copied().unwrap_or(0.0);
        Some(paint)
    }

    fn share(&mut self, hue: f32) -> &mut f32 {
        match hue {
            hue if hue < 12.0 => &mut self.red,
            hue if hue < 38.0 => &mut self.orange,
            hue if hue < 70.0 => &mut self.yellow,
            hue if hue < 165.0 => &mut self.green,
            hue if hue < 198.0 => &mut self.cyan,
            hue if hue < 255.0 => &mut self.blue,
            hue if hue < 340.0 => &mut self.purple,
            _ => &mut self.red,
        }
    }

    /// None when not sure.
    pub fn colour(&self) -> Option<VehicleColour> {
        let all = self.red + self.orange + self.yellow + self.green + self.cyan + self.blue + self.purple;
        // Enough of it, and twice as much as of all else that is coloured: lamps, stickers, what the paint mirrors.
        let is_clear = |own: f32, least: f32, kin: f32| own >= least && all - own - kin <= 0.5 * own;
        let teal = self.green + self.cyan;
        if is_clear(self.red, 0.35, self.orange) && self.orange <= self.red {
            return Some(VehicleColour::Red);
        }
        if is_clear(self.yellow, 0.33, 0.0) {
            return Some(VehicleColour::Yellow);
        }
        if is_clear(teal, 0.4, self.blue) && self.blue <= 0.6 * teal {
            return Some(VehicleColour::Green);
        }
        // Bright blue is the sky in silver paint.
        if is_clear(self.blue, 0.45, 0.0) && self.three_quarters < 0.65 {
            return Some(VehicleColour::Blue);
        }
        if all > 0.15 {
            return None;
        }
        if self.quarter >= 0.8 && self.level >= 170.0 && self.blue < 0.1 {
            return Some(VehicleColour::White);
        }
        let is_black = self.half <= 0.22 && self.three_quarters <= 0.4 && self.nine_tenths <= 0.48;
        is_black.then_some(VehicleColour::Black)
    }
}

/// What white would be in this light.
fn reference(ground: [f32; 3]) -> [f32; 3] {
    let light = luma(ground);
    let ground = if saturation(ground) < WHITE_PLATE_MAX { ground } else { [light; 3] };
    ground.map(|level| level.max(REFERENCE_MIN))
}

/// How far a colour is one, 0 to 1, and its hue; none where it is none at all.
fn coloured(colour: [f32; 3]) -> Option<(f32, f32)> {
    let [red, green, blue] = colour;
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    let saturated = ((most - least) / most.max(0.12) - 0.2) / 0.2;
    let lit = (most - 0.08) / 0.12;
    let weight = saturated.clamp(0.0, 1.0) * lit.clamp(0.0, 1.0);
    (weight > 0.0).then(|| (hue(colour), weight))
}

/// The cells that belong to the body, in no order that matters.
fn cells(frame: &Frame, body: &Area, plate: &Area, reference: [f32; 3]) -> Vec<Cell> {
    let columns = edges(body.left, body.right, frame.width as usize);
    let rows = edges(body.top, body.bottom, frame.height as usize);
    let mut grid = Vec::with_capacity(CELLS * CELLS);
    for &(top, bottom) in &rows {
        for &(left, right) in &columns {
            let seen = mean(frame, (left, right), (top, bottom));
            let mut colour = seen;
            for (level, white) in colour.iter_mut().zip(reference) {
                *level /= white;
            }
            grid.push(Cell { colour, light: luma(colour), level: luma(seen), change: 0.0 });
        }
    }
    let light_at = |row: usize, column: usize| grid.get(row * CELLS + column).map(|cell| cell.light);
    let (across, down) = (plate.width() * PLATE_MARGIN.0, plate.height() * PLATE_MARGIN.1);
    let mut kept = Vec::new();
    for (at, cell) in grid.iter().enumerate() {
        let (row, column) = (at / CELLS, at % CELLS);
        let (x, y) = ((column as f32 + 0.5) / CELLS as f32, (row as f32 + 0.5) / CELLS as f32);
        let (frame_x, frame_y) = (body.left + x * body.width(), body.top + y * body.height());
        let is_plate = frame_x > plate.left - across
            && frame_x < plate.right + across
            && frame_y > plate.top - down
            && frame_y < plate.bottom + down;
        if is_plate || !ACROSS.contains(&x) || !DOWN.contains(&y) {
            continue;
        }
        // No cell of the last row or column is among those that are looked at.
        let beside = light_at(row, column + 1).unwrap_or(cell.light);
        let below = light_at(row + 1, column).unwrap_or(cell.light);
        let change = ((beside - cell.light).abs() + (below - cell.light).abs()) / cell.light.max(0.15);
        kept.push(Cell { change, ..*cell });
    }
    kept
}

/// First pixel and the one after the last of each cell; never empty, inside the frame.
fn edges(from: f32, until: f32, size: usize) -> Vec<(usize, usize)> {
    // Casts of floats saturate, which is what clipping wants.
    let pixel = |cell: usize| (from + (until - from) * cell as f32 / CELLS as f32).max(0.0) as usize;
    (0..CELLS)
        .map(|cell| {
            let first = pixel(cell).min(size.saturating_sub(1));
            (first, pixel(cell + 1).clamp(first + 1, size.max(first + 1)))
        })
        .collect()
}

fn mean(frame: &Frame, (left, right): (usize, usize), (top, bottom): (usize, usize)) -> [f32; 3] {
    let mut sums = [0_u64; 3];
    for row in frame.rgb.chunks_exact((frame.width as usize * 3).max(3)).take(bottom).skip(top) {
        let (pixels, _) = row.as_chunks::<3>();
        for pixel in pixels.get(left..right).unwrap_or_default() {
            for (sum, level) in sums.iter_mut().zip(pixel) {
                *sum += u64::from(*level);
            }
        }
    }
    let count = ((right - left) * (bottom - top)).max(1);
    sums.map(|sum| sum as f32 / count as f32)
}
