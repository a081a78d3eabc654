//! Whether the light of a frame lets colours be told at all.

use crate::Frame;

/// Only so many rows and columns are looked at.
const STEP: usize = 4;
/// Frames darker than this on the mean are night.
const MEAN_MIN: f32 = 70.0;
/// A camera without its infrared filter turns nearly all of the frame magenta; a red car that filled its picture reached 0.67.
const MAGENTA_MAX: f32 = 0.7;
/// Sodium lamps turn half of the frame orange.
const WARM_MAX: f32 = 0.5;
/// An infrared picture is grey all over.
const NEUTRAL_MAX: f32 = 0.97;
/// Green so far below the mean of red and blue is magenta,
const MAGENTA_BELOW: f32 = 0.92;
/// blue so far below red, as a share of the brightest channel, is sodium light,
const WARM_FROM: f32 = 0.45;
const WARM_LEVEL_MIN: f32 = 20.0;
/// and channels that differ by no more than this many levels are grey.
const NEUTRAL_LEVELS: f32 = 6.0;

/// Shares of the frame's pixels, and their mean grey level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Light {
    pub mean: f32,
    pub magenta: f32,
    pub neutral: f32,
    pub warm: f32,
}

impl Light {
    pub fn of(frame: &Frame) -> Self {
        let (pixels, _) = frame.rgb.as_chunks::<3>();
        let (mut all, mut sum) = (0_usize, 0.0_f64);
        let (mut magenta, mut neutral, mut warm) = (0_usize, 0_usize, 0_usize);
        for row in pixels.chunks(frame.width.max(1) as usize).step_by(STEP) {
            for pixel in row.iter().step_by(STEP) {
                let [red, green, blue] = pixel.map(f32::from);
                let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
                all += 1;
                sum += f64::from(super::luma([red, green, blue]));
                magenta += usize::from(green < MAGENTA_BELOW * f32::midpoint(red, blue));
                neutral += usize::from(most - least <= NEUTRAL_LEVELS);
                warm += usize::from(red - blue >= WARM_FROM * most.max(WARM_LEVEL_MIN));
            }
        }
        let share = |count: usize| count as f32 / all.max(1) as f32;
        Self { mean: (sum / all.max(1) as f64) as f32, magenta: share(magenta), neutral: share(neutral), warm: share(warm) }
    }

    /// No at night, under sodium lamps, in infrared and grey pictures.
    pub fn tells_colours(&self) -> bool {
        self.mean >= MEAN_MIN && self.magenta < MAGENTA_MAX && self.neutral < NEUTRAL_MAX && self.warm < WARM_MAX
    }
}
