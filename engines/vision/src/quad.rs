//! Four corners of a plate in frame pixels.

use crate::area::Area;

/// Outlines are off by so much of the plate's height: half the ground that a plate has beside its characters.
const BORDER_MARGIN: f32 = 0.1;
/// The last row of pixels is the border itself.
const BORDER_MARGIN_MIN_PX: f32 = 1.5;

/// A plate's outline in pixel coordinates, clockwise from the plate's own top-left corner.
///
/// The first corner is where the text starts, so a plate that leans keeps its reading direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quad {
    pub corners: [(f32, f32); 4],
}

impl Quad {
    /// An upright rectangle.
    #[must_use]
    pub fn from_box(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { corners: [(x, y), (x + width, y), (x + width, y + height), (x, y + height)] }
    }

    /// `(left, top, right, bottom)` of the smallest upright box around the four corners.
    #[must_use]
    pub fn bounds(&self) -> (f32, f32, f32, f32) {
        self.corners
            .iter()
            .fold((f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY), |(left, top, right, bottom), &(x, y)| {
                (left.min(x), top.min(y), right.max(x), bottom.max(y))
            })
    }

    #[must_use]
    pub fn centre(&self) -> (f32, f32) {
        let (x, y) = self.corners.iter().fold((0.0, 0.0), |(sx, sy), &(x, y)| (sx + x, sy + y));
        (x / 4.0, y / 4.0)
    }

    /// Mean length of the top and bottom edges, in pixels.
    #[must_use]
    pub fn width_px(&self) -> f32 {
        let [a, b, c, d] = self.corners;
        f32::midpoint(distance(a, b), distance(d, c))
    }

    /// Mean length of the left and right edges, in pixels.
    #[must_use]
    pub fn height_px(&self) -> f32 {
        let [a, b, c, d] = self.corners;
        f32::midpoint(distance(a, d), distance(b, c))
    }

    /// Intersection over union of the two bounding boxes, 0 to 1.
    #[must_use]
    pub fn iou(&self, other: &Self) -> f32 {
        Area::of(self).iou(&Area::of(other))
    }

    /// Moves every corner away from the centre along the plate's own axes: `across` of the width, `along` of the
    /// height, on each side.
    #[must_use]
    pub fn expanded(&self, across: f32, along: f32) -> Self {
        let [a, b, c, d] = self.corners;
        let step = |from: (f32, f32), to: (f32, f32), share: f32| ((from.0 - to.0) * share, (from.1 - to.1) * share);
        let moved = |p: (f32, f32), s: (f32, f32), t: (f32, f32)| (p.0 + s.0 + t.0, p.1 + s.1 + t.1);
        Self {
            corners: [
                moved(a, step(a, b, across), step(a, d, along)),
                moved(b, step(b, a, across), step(b, c, along)),
                moved(c, step(c, d, across), step(c, b, along)),
                moved(d, step(d, c, across), step(d, a, along)),
            ],
        }
    }

    /// Moves the upper edge by half of `share` of the width along the plate, and the lower edge as far the other way.
    #[must_use]
    pub fn leaned(&self, share: f32) -> Self {
        let [a, b, c, d] = self.corners;
        let (dx, dy) = ((b.0 - a.0 + c.0 - d.0) * share / 4.0, (b.1 - a.1 + c.1 - d.1) * share / 4.0);
        Self { corners: [(a.0 + dx, a.1 + dy), (b.0 + dx, b.1 + dy), (c.0 - dx, c.1 - dy), (d.0 - dx, d.1 - dy)] }
    }

    /// Whether it reaches the border of a frame of this size, or lies nearer to it than an outline can be trusted.
    pub(crate) fn touches_border(&self, frame_width: usize, frame_height: usize) -> bool {
        let margin_px = (BORDER_MARGIN * self.height_px()).max(BORDER_MARGIN_MIN_PX);
        let (left, top, right, bottom) = self.bounds();
        left.min(top) <= margin_px || right >= frame_width as f32 - margin_px || bottom >= frame_height as f32 - margin_px
    }

    pub(crate) fn is_finite(&self) -> bool {
        self.corners.iter().all(|(x, y)| x.is_finite() && y.is_finite())
    }
}

fn distance(a: (f32, f32), b: (f32, f32)) -> f32 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that stumbles is a test that fails")]
mod tests {
    use super::Quad;

    #[test]
    fn a_leaning_quad_is_bounded_by_its_extreme_corners() {
        let quad = Quad { corners: [(10.0, 12.0), (50.0, 8.0), (52.0, 20.0), (11.0, 26.0)] };
        assert_eq!(quad.bounds(), (10.0, 8.0, 52.0, 26.0));
    }

    #[test]
    fn a_quad_overlaps_itself_fully_and_a_distant_one_not_at_all() {
        let here = Quad::from_box(0.0, 0.0, 40.0, 10.0);
        let there = Quad::from_box(100.0, 0.0, 40.0, 10.0);
        assert!((here.iou(&here) - 1.0).abs() < 1e-6);
        assert!(here.iou(&there).abs() < 1e-6);
    }

    #[test]
    fn a_plate_at_any_side_of_the_picture_touches_its_border_and_one_beside_it_does_not() {
        for (x, y) in [(0.0, 100.0), (-9.0, 100.0), (3.0, 100.0), (300.0, 0.0), (562.0, 100.0), (300.0, 321.0), (600.0, 340.0)] {
            assert!(Quad::from_box(x, y, 80.0, 40.0).touches_border(640, 360), "{x} {y}");
        }
        for (x, y) in [(5.0, 100.0), (300.0, 5.0), (555.0, 100.0), (300.0, 315.0)] {
            assert!(!Quad::from_box(x, y, 80.0, 40.0).touches_border(640, 360), "{x} {y}");
        }
        assert!(Quad::from_box(1.0, 100.0, 12.0, 6.0).touches_border(640, 360), "of a small plate the margin is a pixel and a half");
        let leaning = Quad { corners: [(30.0, 100.0), (90.0, 100.0), (62.0, 130.0), (2.0, 130.0)] };
        assert!(leaning.touches_border(640, 360), "one corner is enough");
    }

    #[test]
    fn expanding_by_half_doubles_both_sides() {
        let grown = Quad::from_box(10.0, 10.0, 40.0, 20.0).expanded(0.5, 0.5);
        assert_eq!(grown.bounds(), (-10.0, 0.0, 70.0, 40.0));
    }
}
