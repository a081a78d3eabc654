//! The colours of a plate: its ground and its characters.

use shouhu_plate::PlateColour;

use super::{hue, luma, saturation};
use crate::pixels::{Framing, Grey, rectify};
use crate::{Frame, Quad};

/// The plate fills the straightened picture.
const STRAIGHT: Framing = Framing { width: 96, height: 32, inset_x: 0.0, inset_y: 0.0 };
/// Rows and columns of it that hold characters and ground and hardly a frame.
const ROWS: std::ops::Range<usize> = 6..26;
const COLUMNS: std::ops::Range<usize> = 8..88;
/// As bright as the sensor can say.
const BURNT_LEVEL: f32 = 248.0;
/// Around the plate, so that straightening has what to interpolate with.
const MARGIN_PX: f32 = 2.0;

/// Dark and bright must differ by this many grey levels.
const CONTRAST_MIN: f32 = 40.0;
/// Characters on a bright ground are at most this bright, as a share of it.
const INK_MAX: f32 = 0.62;
/// A coloured ground with white characters is at least so saturated, and a white anything at most.
const COLOURED_FROM: f32 = 0.45;
const WHITE_INK_MAX: f32 = 0.35;
const WHITE_MAX: f32 = 0.3;
/// Between [`WHITE_MAX`] and this a bright ground may be white in warm light.
const YELLOW_FROM: f32 = 0.36;
/// The ink's red, or green, over the greater other channel, each as a share of the ground's.
const RED_INK_FROM: f32 = 0.06;
const GREEN_INK_FROM: f32 = 0.05;
/// Burnt-out red characters look black.
const BURNT_MAX: f32 = 0.05;

/// A plate's pixels by brightness: means of the darkest eighth, of the middle quarter and of the bright ground, 0 to 255.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tones {
    pub dark: [f32; 3],
    pub middle: [f32; 3],
    pub bright: [f32; 3],
    /// Share of burnt-out pixels.
    pub burnt: f32,
}

impl Tones {
    /// None when the outline is degenerate.
    pub fn of(frame: &Frame, plate: &Quad) -> Option<Self> {
        let (red, green, blue) = (straight(frame, plate, 0)?, straight(frame, plate, 1)?, straight(frame, plate, 2)?);
        let channels = inner(&red).zip(inner(&green)).zip(inner(&blue));
        let mut pixels: Vec<[f32; 3]> = channels.map(|((red, green), blue)| [red, green, blue]).collect();
        pixels.sort_by(|a, b| luma(*a).total_cmp(&luma(*b)));
        let count = pixels.len();
        let burnt = pixels.iter().filter(|pixel| luma(**pixel) >= BURNT_LEVEL).count();
        Some(Self {
            dark: mean(pixels.get(..count / 8)?),
            middle: mean(pixels.get(count * 3 / 8..count * 5 / 8)?),
            bright: mean(pixels.get(count * 5 / 8..count * 15 / 16)?),
            burnt: burnt as f32 / count.max(1) as f32,
        })
    }

    /// The dark pixels as shares of the bright ones: their colour in white light.
    fn ink(&self) -> [f32; 3] {
        let mut ink = self.dark;
        for (level, ground) in ink.iter_mut().zip(self.bright) {
            *level /= ground.max(1.0);
        }
        ink
    }

    /// None when not sure.
    pub fn colour(&self) -> Option<PlateColour> {
        let (dark, middle, bright) = (luma(self.dark), luma(self.middle), luma(self.bright));
        if bright - dark < CONTRAST_MIN {
            return None;
        }
        // Most of it is coloured, and what is not is bright: white characters.
        if saturation(self.middle) >= COLOURED_FROM && middle < 0.75 * bright && saturation(self.bright) < WHITE_INK_MAX {
            return match hue(self.middle) {
                red if !(15.0..340.0).contains(&red) => Some(PlateColour::RedWhite),
                green if (90.0..185.0).contains(&green) => Some(PlateColour::GreenWhite),
                _ => None,
            };
        }
        let is_bright_ground = middle - dark >= 0.5 * (bright - dark) && dark <= INK_MAX * bright;
        if !is_bright_ground {
            return None;
        }
        if saturation(self.bright) >= YELLOW_FROM {
            let is_yellow = (22.0..58.0).contains(&hue(self.bright)) && saturation(self.middle) >= WHITE_MAX;
            return (is_yellow && self.burnt < BURNT_MAX).then_some(PlateColour::YellowBlack);
        }
        if saturation(self.bright) >= WHITE_MAX {
            return None;
        }
        let [red, green, blue] = self.ink();
        if red - green.max(blue) >= RED_INK_FROM {
            return Some(PlateColour::WhiteRed);
        }
        let greener = green - red.max(blue);
        if greener >= GREEN_INK_FROM {
            return Some(PlateColour::WhiteGreen);
        }
        // The flag's band beside the text makes ink bluish, and less so than blue ink.
        let is_black = red <= green + 0.015 && greener <= 0.025 && blue <= green + 0.3;
        (is_black && self.burnt <= BURNT_MAX).then_some(PlateColour::WhiteBlack)
    }
}

/// One channel of the straightened plate.
fn straight(frame: &Frame, plate: &Quad, channel: usize) -> Option<Vec<f32>> {
    if !plate.is_finite() {
        return None;
    }
    let (left, top, right, bottom) = plate.bounds();
    // Casts of floats saturate, which is what clipping wants.
    let clipped = |from: f32, until: f32, size: usize| {
        let first = ((from - MARGIN_PX).max(0.0) as usize).min(size.saturating_sub(1));
        (first, ((until + MARGIN_PX).max(0.0) as usize).saturating_add(1).clamp(first + 1, size.max(first + 1)))
    };
    let (x0, x1) = clipped(left, right, frame.width as usize);
    let (y0, y1) = clipped(top, bottom, frame.height as usize);
    let mut levels = Vec::with_capacity((x1 - x0) * (y1 - y0));
    for row in frame.rgb.chunks_exact((frame.width as usize * 3).max(3)).take(y1).skip(y0) {
        let (pixels, _) = row.as_chunks::<3>();
        levels.extend(pixels.get(x0..x1)?.iter().map(|pixel| f32::from(pixel.get(channel).copied().unwrap_or(0))));
    }
    let grey = Grey { width: x1 - x0, height: y1 - y0, levels };
    let (dx, dy) = (x0 as f32, y0 as f32);
    rectify(&grey, &Quad { corners: plate.corners.map(|(x, y)| (x - dx, y - dy)) }, STRAIGHT)
}

fn inner(levels: &[f32]) -> impl Iterator<Item = f32> {
    let rows = levels.chunks_exact(STRAIGHT.width).take(ROWS.end).skip(ROWS.start);
    rows.flat_map(|row| row.iter().take(COLUMNS.end).skip(COLUMNS.start).copied())
}

fn mean(pixels: &[[f32; 3]]) -> [f32; 3] {
    let mut sum = [0.0; 3];
    for pixel in pixels {
        for (total, level) in sum.iter_mut().zip(pixel) {
            *total += level;
        }
    }
    sum.map(|total| total / pixels.len().max(1) as f32)
}
