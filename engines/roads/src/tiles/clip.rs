//! Cuts lines and rings to a tile's window.

use super::mvt::EXTENT;
use crate::geo::Flat;

/// A tile with its buffer on the mercator square.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub west: f64,
    pub north: f64,
    pub east: f64,
    pub south: f64,
    /// The tile's own corner and size, without the buffer.
    origin: Flat,
    across: f64,
}

impl Window {
    /// Tile `x`, `y` of a zoom that is `across` tiles wide, with a buffer given as a share of the tile.
    pub fn of_tile(across: u32, x: u32, y: u32, buffer: f64) -> Self {
        let across = f64::from(across);
        let (x, y) = (f64::from(x), f64::from(y));
        Self {
            west: (x - buffer) / across,
            north: (y - buffer) / across,
            east: (x + 1.0 + buffer) / across,
            south: (y + 1.0 + buffer) / across,
            origin: Flat { x: x / across, y: y / across },
            across,
        }
    }

    /// Tile units of a point, 0 to [`EXTENT`] inside the tile.
    pub fn units(&self, point: Flat) -> (i32, i32) {
        let scale = self.across * f64::from(EXTENT);
        #[expect(clippy::cast_possible_truncation, reason = "clipped to the tile and its buffer")]
        let unit = |value: f64, origin: f64| ((value - origin) * scale).round() as i32;
        (unit(point.x, self.origin.x), unit(point.y, self.origin.y))
    }

    pub fn length_units(&self, line: &[Flat]) -> f64 {
        let length: f64 = line.iter().zip(line.iter().skip(1)).map(|(a, b)| a.distance_2(*b).sqrt()).sum();
        length * self.across * f64::from(EXTENT)
    }

    /// The parts of a line inside the window (Liang–Barsky per segment).
    pub fn clip_line(&self, line: &[Flat]) -> Vec<Vec<Flat>> {
        let mut parts: Vec<Vec<Flat>> = Vec::new();
        let mut is_inside = false;
        for (a, b) in line.iter().zip(line.iter().skip(1)) {
            let Some((enters, leaves)) = self.clip_segment(*a, *b) else {
                is_inside = false;
                continue;
            };
            let end = Flat::between(*a, *b, leaves);
            match parts.last_mut() {
                Some(part) if is_inside && enters <= 0.0 => part.push(end),
                _ => parts.push(vec![Flat::between(*a, *b, enters), end]),
            }
            is_inside = leaves >= 1.0;
        }
        parts
    }

    fn clip_segment(&self, a: Flat, b: Flat) -> Option<(f64, f64)> {
        let (dx, dy) = (b.x - a.x, b.y - a.y);
        let (mut enters, mut leaves) = (0.0f64, 1.0f64);
        for (step, room) in [(-dx, a.x - self.west), (dx, self.east - a.x), (-dy, a.y - self.north), (dy, self.south - a.y)] {
            if step == 0.0 {
                if room < 0.0 {
                    return None;
                }
            } else if step < 0.0 {
                enters = enters.max(room / step);
            } else {
                leaves = leaves.min(room / step);
            }
        }
        (enters <= leaves).then_some((enters, leaves))
    }

    /// The part of a ring inside the window (Sutherland–Hodgman); empty when none is.
    pub fn clip_ring(&self, ring: &[Flat]) -> Vec<Flat> {
        let mut ring = ring.to_vec();
        ring = cut(&ring, |p| p.x - self.west);
        ring = cut(&ring, |p| self.east - p.x);
        ring = cut(&ring, |p| p.y - self.north);
        cut(&ring, |p| self.south - p.y)
    }
}

/// Keeps the side of a ring where `room` is not negative.
fn cut(ring: &[Flat], room: impl Fn(Flat) -> f64) -> Vec<Flat> {
    let mut kept = Vec::with_capacity(ring.len() + 2);
    let Some(mut before) = ring.last().copied() else { return kept };
    for point in ring {
        let (was, is) = (room(before), room(*point));
        if (was < 0.0) != (is < 0.0) {
            kept.push(Flat::between(before, *point, was / (was - is)));
        }
        if is >= 0.0 {
            kept.push(*point);
        }
        before = *point;
    }
    kept
}
