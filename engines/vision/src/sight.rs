//! A frame as the networks look at it: shrunken for the detector, straightened around a plate for the reader.
//!
//! Both take their grey levels straight from the colours of what they need: a grey picture of a whole photograph costs more to write
//! than to look at.

use rten_simd::{Isa, SimdOp};

use crate::area::{Area, Window};
use crate::pixels::{Framing, Grey, luma_of, reach, spans, straightened};
use crate::{Frame, Quad};

/// Between these levels of its brightest channel a pixel goes over from exposed to burnt out.
const BRIGHT_LEVEL: f32 = 200.0;
const CLIPPED_LEVEL: f32 = 250.0;
/// So much of a burnt-out pixel's toned grey is its darkest channel: where one channel is burnt out, that one still tells a yellow
/// car from its white plate, and pale magenta strokes from nothing.
const DARKEST_SHARE: f32 = 0.5;
/// A pixel is burnt and coloured when its brightest channel is clipped and its darkest lies so far below its grey.
const COLOUR_LEVELS: f32 = 60.0;
/// Only so many rows and columns are looked at to tell how burnt a frame is.
const BURNT_STEP: usize = 4;
/// What sampling between pixels reaches for beyond the place asked for.
const REACH_PX: f32 = 2.0;

/// How a colour becomes a grey level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Luma,
    /// Burnt-out colours toned down. For a second look only: it also darkens a clean yellow plate.
    Toned,
    /// The darkest channel alone: strokes that the light has coloured stand out, and black on yellow is lost.
    Darkest,
}

#[inline(always)]
fn luma([r, g, b]: [u8; 3]) -> f32 {
    luma_of([f32::from(r), f32::from(g), f32::from(b)])
}

#[inline(always)]
fn darkest([r, g, b]: [u8; 3]) -> f32 {
    f32::from(r.min(g).min(b))
}

#[inline(always)]
fn brightest([r, g, b]: [u8; 3]) -> f32 {
    f32::from(r.max(g).max(b))
}

#[inline(always)]
fn toned(pixel: [u8; 3]) -> f32 {
    let luma = luma(pixel);
    let burnt = ((brightest(pixel) - BRIGHT_LEVEL) / (CLIPPED_LEVEL - BRIGHT_LEVEL)).clamp(0.0, 1.0);
    luma + (darkest(pixel) - luma) * burnt * DARKEST_SHARE
}

#[inline(always)]
fn write(pixels: &[[u8; 3]], levels: &mut [f32], level: impl Fn([u8; 3]) -> f32) {
    for (to, pixel) in levels.iter_mut().zip(pixels) {
        *to = level(*pixel);
    }
}

impl Tone {
    /// As many levels as there are pixels.
    #[inline(always)]
    fn write(self, pixels: &[[u8; 3]], levels: &mut [f32]) {
        match self {
            Self::Luma => write(pixels, levels, luma),
            Self::Toned => write(pixels, levels, toned),
            Self::Darkest => write(pixels, levels, darkest),
        }
    }
}

/// A frame that holds the pixels that it says, in one of the tones.
#[derive(Clone, Copy)]
pub struct Sight<'a> {
    pub frame: &'a Frame,
    pub tone: Tone,
}

impl Sight<'_> {
    pub fn in_tone(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }

    pub fn width(&self) -> usize {
        self.frame.width as usize
    }

    pub fn height(&self) -> usize {
        self.frame.height as usize
    }

    fn row(&self, y: usize) -> &[[u8; 3]] {
        let bytes = self.width() * 3;
        self.frame.rgb.get(y * bytes..(y + 1) * bytes).map_or(&[], |row| row.as_chunks::<3>().0)
    }

    /// The share of the frame's pixels that are burnt out and coloured.
    pub fn burnt_colours(&self) -> f32 {
        let (mut burnt, mut all) = (0_usize, 0_usize);
        for y in (0..self.height()).step_by(BURNT_STEP) {
            for pixel in self.row(y).iter().step_by(BURNT_STEP) {
                all += 1;
                burnt += usize::from(brightest(*pixel) >= CLIPPED_LEVEL && luma(*pixel) - darkest(*pixel) >= COLOUR_LEVELS);
            }
        }
        burnt as f32 / all.max(1) as f32
    }

    /// The frame in each of these widths and heights: averages over the area of each new pixel when shrinking, interpolates when growing. All at once, as
    /// most of the work is to make grey levels of its colours.
    pub fn resized(&self, sizes: &[(usize, usize)]) -> Vec<Grey> {
        Resize { sight: *self, sizes }.dispatch()
    }

    /// The plate straightened to the given framing; none when the quad is degenerate.
    pub fn rectified(&self, quad: &Quad, framing: Framing) -> Option<Vec<f32>> {
        let window = self.window(&reach(quad, framing)?);
        let part = self.part(window);
        Straighten { sight: *self, part: &part, window, quad, framing }.dispatch()
    }

    /// The whole pixels around an area that may lie outside the frame.
    fn window(&self, area: &Area) -> Window {
        let span = |from: f32, until: f32, size: usize| {
            // Casts of floats saturate and send NaN to 0, which is what clipping wants.
            let first = ((from - REACH_PX).max(0.0) as usize).min(size.saturating_sub(1));
            let last = ((until + REACH_PX).max(0.0) as usize).min(size.saturating_sub(1)).max(first);
            (first, last + 1 - first)
        };
        let ((left, width), (top, height)) = (span(area.left, area.right, self.width()), span(area.top, area.bottom, self.height()));
        Window { left, top, width, height }
    }

    fn part(&self, window: Window) -> Grey {
        Cut { sight: *self, window }.dispatch()
    }
}

/// Grey levels of a part of the frame, with the last column and the last row once more: between four neighbours lies every place of it.
///
/// Written as vector operations only so that the loops are compiled for the vectors of the machine that they run on.
struct Cut<'a> {
    sight: Sight<'a>,
    window: Window,
}

impl SimdOp for Cut<'_> {
    type Output = Grey;

    #[inline(always)]
    fn eval<I: Isa>(self, _isa: I) -> Grey {
        let Self { sight, window: Window { left, top, width, height } } = self;
        let mut levels = vec![0.0; (width + 1) * (height + 1)];
        for (y, out) in levels.chunks_exact_mut(width + 1).enumerate() {
            sight.tone.write(sight.row(top + y.min(height.saturating_sub(1))).get(left..).unwrap_or_default(), out.get_mut(..width).unwrap_or_default());
            if let [.., before, last] = out {
                *last = *before;
            }
        }
        Grey { width: width + 1, height: height + 1, levels }
    }
}

struct Straighten<'a> {
    sight: Sight<'a>,
    part: &'a Grey,
    window: Window,
    quad: &'a Quad,
    framing: Framing,
}

impl SimdOp for Straighten<'_> {
    type Output = Option<Vec<f32>>;

    /// Bilinear between pixel centres at whole numbers, as [`Grey::sample`] does it for one place: what can be done for many at once is done first.
    #[inline(always)]
    fn eval<I: Isa>(self, _isa: I) -> Option<Vec<f32>> {
        let Self { sight, part, window, quad, framing } = self;
        let (max_x, max_y) = (sight.width().saturating_sub(1) as f32, sight.height().saturating_sub(1) as f32);
        let (left, top) = (window.left as f32, window.top as f32);
        let (last_x, last_y) = (window.width.saturating_sub(1) as f32, window.height.saturating_sub(1) as f32);
        let (step, upper) = (part.width as u32, part.levels.as_slice());
        let lower = upper.get(part.width..).unwrap_or_default();
        // For each place the pixel above and left of it, and how far it lies from there.
        let mut spots: Vec<u32> = Vec::new();
        let (mut shares_x, mut shares_y) = (Vec::new(), Vec::new());
        straightened(quad, framing, |across, along, levels| {
            spots.resize(levels.len(), 0);
            shares_x.resize(levels.len(), 0.0_f32);
            shares_y.resize(levels.len(), 0.0_f32);
            for ((spot, (share_x, share_y)), (&x, &y)) in spots.iter_mut().zip(shares_x.iter_mut().zip(&mut shares_y)).zip(across.iter().zip(along)) {
                // Clipped to the frame before it is moved, as all that lies outside shows the frame's border. Both are exact.
                let (x, y) = ((x.clamp(0.0, max_x) - left).clamp(0.0, last_x), (y.clamp(0.0, max_y) - top).clamp(0.0, last_y));
                let (x0, y0) = (x as i32, y as i32);
                *spot = (y0 as u32).wrapping_mul(step).wrapping_add(x0 as u32);
                (*share_x, *share_y) = (x - x0 as f32, y - y0 as f32);
            }
            for (level, (spot, (fx, fy))) in levels.iter_mut().zip(spots.iter().zip(shares_x.iter().zip(&shares_y))) {
                let at = *spot as usize;
                let beside = |row: &[f32]| row.get(at..at + 2).and_then(<[f32]>::first_chunk).copied().unwrap_or_default();
                let ([a, b], [c, d]): ([f32; 2], [f32; 2]) = (beside(upper), beside(lower));
                let (above, below) = (a * (1.0 - fx) + b * fx, c * (1.0 - fx) + d * fx);
                *level = above * (1.0 - fy) + below * fy;
            }
        })
    }
}

struct Resize<'a> {
    sight: Sight<'a>,
    sizes: &'a [(usize, usize)],
}

/// How a frame becomes one picture, and as much of that as there is.
struct Growing {
    across: Vec<(usize, Vec<f32>)>,
    down: Vec<(usize, Vec<f32>)>,
    rows: usize,
    grey: Grey,
}

impl SimdOp for Resize<'_> {
    type Output = Vec<Grey>;

    /// Down first: whole rows are added up faster than neighbours are.
    #[inline(always)]
    fn eval<I: Isa>(self, _isa: I) -> Vec<Grey> {
        let Self { sight, sizes } = self;
        let (frame_width, frame_height) = (sight.width(), sight.height());
        let begun = |&(width, height): &(usize, usize)| Growing {
            across: spans(frame_width, width),
            down: spans(frame_height, height),
            rows: 0,
            grey: Grey { width, height, levels: vec![0.0; width * height] },
        };
        let mut pictures: Vec<Growing> = sizes.iter().map(begun).collect();
        // As many lines of the frame as any new row draws on: line y lies at y modulo their number.
        let kept = pictures.iter().flat_map(|picture| &picture.down).map(|(_, weights)| weights.len()).max().unwrap_or(1);
        let mut lines = vec![0.0_f32; kept * frame_width];
        let mut sums = vec![0.0_f32; frame_width];
        for y in 0..frame_height {
            if let Some(line) = lines.get_mut(y % kept * frame_width..(y % kept + 1) * frame_width) {
                sight.tone.write(sight.row(y), line);
            }
            for Growing { across, down, rows, grey } in &mut pictures {
                while let Some((first, weights)) = down.get(*rows).filter(|(first, weights)| (first + weights.len()).min(frame_height) <= y + 1) {
                    sums.fill(0.0);
                    for (at, weight) in (*first..).zip(weights) {
                        // What lies below the frame is its last line.
                        let from = at.min(y) % kept * frame_width;
                        for (sum, level) in sums.iter_mut().zip(lines.get(from..from + frame_width).unwrap_or_default()) {
                            *sum += level * weight;
                        }
                    }
                    let out = grey.levels.get_mut(*rows * grey.width..(*rows + 1) * grey.width).unwrap_or_default();
                    for (value, (first, weights)) in out.iter_mut().zip(across.iter()) {
                        let from = sums.get(*first..).unwrap_or_default();
                        *value = from.iter().zip(weights).map(|(level, weight)| level * weight).sum();
                    }
                    *rows += 1;
                }
            }
        }
        pictures.into_iter().map(|picture| picture.grey).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that stumbles is a test that fails")]
mod tests {
    use proptest::prelude::*;

    use super::{Sight, Tone};
    use crate::pixels::{FOR_READER, FOR_SECOND_LOOK, Grey, burnt_share, rectify, spans};
    use crate::{Frame, Quad};

    fn one([r, g, b]: [u8; 3]) -> Frame {
        Frame { width: 1, height: 1, rgb: vec![r, g, b] }
    }

    fn noise(width: usize, height: usize, seed: u32) -> Frame {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        Frame { width: width as u32, height: height as u32, rgb: (0..width * height * 3).map(|_| next()).collect() }
    }

    fn resized(sight: Sight, width: usize, height: usize) -> Grey {
        sight.resized(&[(width, height)]).remove(0)
    }

    /// The whole frame in grey, pixel by pixel.
    fn whole(sight: Sight) -> Grey {
        let level = |rgb: &[u8]| resized(Sight { frame: &one([rgb[0], rgb[1], rgb[2]]), ..sight }, 1, 1).levels[0];
        Grey { width: sight.width(), height: sight.height(), levels: sight.frame.rgb.chunks_exact(3).map(level).collect() }
    }

    #[test]
    fn a_burnt_out_colour_is_told_from_white_and_a_well_exposed_one_is_left_alone() {
        let level = |rgb, tone| resized(Sight { frame: &one(rgb), tone }, 1, 1).levels[0];
        let (luma, toned) = (|rgb| level(rgb, Tone::Luma), |rgb| level(rgb, Tone::Toned));
        let (white, yellow, magenta) = ([255, 255, 255], [255, 255, 0], [255, 190, 255]);
        assert!(toned(white) - toned(yellow) > 3.0 * (luma(white) - luma(yellow)), "the car and its plate part");
        assert!(toned(white) - toned(magenta) > 1.3 * (luma(white) - luma(magenta)), "the strokes and their ground part");
        for dull in [[10, 180, 60], [190, 30, 40], [120, 120, 120]] {
            assert!((toned(dull) - luma(dull)).abs() < 1e-3, "{dull:?}");
        }
        let burnt = |rgb| Sight { frame: &one(rgb), tone: Tone::Luma }.burnt_colours();
        assert!(burnt(yellow) > 0.99 && burnt(white) < 0.01 && burnt([190, 30, 40]) < 0.01);
        assert!((level([9, 200, 30], Tone::Darkest) - 9.0).abs() < 1e-6);
        assert!((burnt_share(&[255.0, 250.0, 100.0, 0.0]) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn shrinking_keeps_the_mean_level() {
        let rgb = (0..100 * 40).flat_map(|i| [(i % 100) as u8; 3]).collect();
        let small = resized(Sight { frame: &Frame { width: 100, height: 40, rgb }, tone: Tone::Luma }, 33, 13);
        let mean = small.levels.iter().sum::<f32>() / small.levels.len() as f32;
        assert!((mean - 49.5).abs() < 0.5, "mean {mean}");
    }

    #[test]
    fn growing_a_single_pixel_gives_that_pixel_everywhere() {
        let grown = resized(Sight { frame: &one([77, 77, 77]), tone: Tone::Luma }, 16, 16);
        assert!(grown.levels.iter().all(|level| (level - 77.0).abs() < 1e-3));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        /// By the definition: across and down at once, over a grey picture of the whole.
        #[test]
        fn resizing_is_what_the_spans_say(
            sides in (1..40_usize, 1..40_usize), new in (1..40_usize, 1..40_usize), other in (1..40_usize, 1..40_usize), tone in tones(), seed: u32,
        ) {
            let frame = noise(sides.0, sides.1, seed);
            let sight = Sight { frame: &frame, tone };
            let (grey, got) = (whole(sight), resized(sight, new.0, new.1));
            // Beside another, whatever its size, it is the same to the last bit.
            let both = sight.resized(&[other, new]);
            prop_assert!(both[1].levels == got.levels && both[0].levels == resized(sight, other.0, other.1).levels);
            for (y, (top, down)) in spans(sides.1, new.1).into_iter().enumerate() {
                for (x, (left, across)) in spans(sides.0, new.0).into_iter().enumerate() {
                    let mut expected = 0.0;
                    for (row, by) in (top..sides.1).zip(&down) {
                        for (column, share) in (left..sides.0).zip(&across) {
                            expected += grey.levels[row * sides.0 + column] * by * share;
                        }
                    }
                    prop_assert!((got.levels[y * new.0 + x] - expected).abs() < 1e-2, "{} for {}", got.levels[y * new.0 + x], expected);
                }
            }
        }

        /// To the last bit, wherever the plate lies and however it leans: outside the frame, through its edge, seen from behind.
        #[test]
        fn a_plate_cut_out_first_is_straightened_as_in_the_whole_frame(
            sides in (1..90_usize, 1..60_usize), corners in proptest::array::uniform4((-30.0..120.0_f32, -30.0..90.0_f32)), tone in tones(), seed: u32,
        ) {
            let frame = noise(sides.0, sides.1, seed);
            let (sight, quad) = (Sight { frame: &frame, tone }, Quad { corners });
            for framing in [FOR_READER, FOR_SECOND_LOOK] {
                prop_assert_eq!(sight.rectified(&quad, framing), rectify(&whole(sight), &quad, framing));
            }
        }
    }

    fn tones() -> impl Strategy<Value = Tone> {
        prop_oneof![Just(Tone::Luma), Just(Tone::Toned), Just(Tone::Darkest)]
    }

    #[test]
    fn a_quad_without_area_is_not_straightened() {
        let frame = noise(20, 20, 1);
        let sight = Sight { frame: &frame, tone: Tone::Luma };
        let nowhere = Quad { corners: [(f32::NAN, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)] };
        for quad in [Quad { corners: [(5.0, 5.0); 4] }, nowhere] {
            assert!(sight.rectified(&quad, FOR_READER).is_none());
        }
    }
}
