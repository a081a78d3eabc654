//! What lies near a place: samples and pieces of road by squares of about 250 m.

use std::collections::HashMap;

use crate::plane::Point;

/// One square, in grains: 0.0025° is 278 m north–south and 255 m east–west in Taiwan.
const SQUARE: i32 = 25_000;

/// Pieces longer than this many squares are no streets and are not kept.
const SQUARES_MAX: i32 = 400;

#[derive(Debug, Clone, Default)]
pub(crate) struct Grid {
    squares: HashMap<(i32, i32), Vec<u32>>,
}

fn square(point: Point) -> (i32, i32) {
    (point.lon.div_euclid(SQUARE), point.lat.div_euclid(SQUARE))
}

impl Grid {
    pub fn add(&mut self, point: Point, number: u32) {
        self.squares.entry(square(point)).or_default().push(number);
    }

    pub fn add_segment(&mut self, a: Point, b: Point, number: u32) {
        let ((ax, ay), (bx, by)) = (square(a), square(b));
        if (ax - bx).abs().max(1).saturating_mul((ay - by).abs().max(1)) > SQUARES_MAX {
            return;
        }
        for x in ax.min(bx)..=ax.max(bx) {
            for y in ay.min(by)..=ay.max(by) {
                self.squares.entry((x, y)).or_default().push(number);
            }
        }
    }

    /// Numbers in the square of the point and `rings` squares around it; some may be repeated, some farther than others.
    pub fn near(&self, point: Point, rings: i32) -> impl Iterator<Item = u32> + '_ {
        let (x, y) = square(point);
        let squares = (x - rings..=x + rings).flat_map(move |x| (y - rings..=y + rings).map(move |y| (x, y)));
        squares.filter_map(|at| self.squares.get(&at)).flatten().copied()
    }

    pub fn bytes(&self) -> usize {
        self.squares.values().map(|numbers| 48 + numbers.capacity() * 4).sum()
    }
}
