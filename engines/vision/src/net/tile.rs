//! The one inner loop: several pixels times several channels, summed over straight runs of memory.

#![allow(clippy::indexing_slicing, clippy::needless_range_loop, reason = "the innermost loops; every span is cut to its length before it is walked")]

use rten_simd::Isa;
use rten_simd::ops::{BitOps, NumOps};

use super::maps::LANES_MAX;

/// Vectors of channels that are summed at once.
const VECTORS: usize = 2;
/// Inputs that are found at once: within so many nothing is checked. Channels are filled up to whole runs.
pub const RUN: usize = LANES_MAX;

/// Weights of one matrix: pair after pair of vectors of channels, a last vector by itself, and in each the inputs one after the other.
#[derive(Clone, Copy)]
pub struct Weights<'a> {
    pub values: &'a [f32],
    /// Inputs of every channel, all runs together.
    pub inputs: usize,
    /// Channels, a multiple of the vector.
    pub channels: usize,
}

/// What is multiplied: in each line `count` rows that begin `step` after one another; each sums over runs of [`RUN`] at these offsets.
pub struct Rows<'a> {
    pub values: &'a [f32],
    pub lines: &'a [Line],
    pub step: usize,
    pub count: usize,
    pub offsets: &'a [usize],
}

/// Where a line of rows begins, and where its sums go.
#[derive(Clone, Copy, Default)]
pub struct Line {
    pub from: usize,
    pub to: usize,
}

/// What becomes of the sums.
pub struct Finish<'a> {
    pub bias: Option<&'a [f32]>,
    /// Added before the rest: the straight way of a residual block, laid out like the result.
    pub plus: Option<&'a [f32]>,
    pub is_rectified: bool,
}

impl Finish<'_> {
    pub const PLAIN: Self = Finish { bias: None, plus: None, is_rectified: false };

    #[inline(always)]
    fn of<I: Isa>(&self, isa: I, mut sum: I::F32, channel: usize, at: usize) -> I::F32 {
        let ops = isa.f32();
        if let Some(bias) = self.bias {
            sum = ops.add(sum, ops.load(&bias[channel..]));
        }
        if let Some(plus) = self.plus {
            sum = ops.add(sum, ops.load(&plus[at..]));
        }
        if self.is_rectified { ops.max(sum, ops.zero()) } else { sum }
    }
}

/// Where the sums go: row after row from where their line says.
pub struct Target<'a> {
    pub values: &'a mut [f32],
    pub step: usize,
}

/// All rows by all channels: weights of two vectors of channels go over all lines before those of the next.
#[inline(always)]
pub fn multiply<I: Isa>(isa: I, rows: &Rows, weights: Weights, finish: &Finish, target: &mut Target) {
    // Sums for two vectors fill the registers: 32 of AVX-512 and Neon, 16 of AVX2.
    match isa.f32().len() {
        16 => all::<I, 12>(isa, rows, weights, finish, target),
        8 => all::<I, 6>(isa, rows, weights, finish, target),
        _ => all::<I, 8>(isa, rows, weights, finish, target),
    }
}

/// Rows of a tile where there are no more, and of the last ones.
pub const FEW: usize = 4;

#[inline(always)]
fn all<I: Isa, const HIGH: usize>(isa: I, rows: &Rows, weights: Weights, finish: &Finish, target: &mut Target) {
    let vectors = weights.channels / isa.f32().len();
    let mut vector = 0;
    while vector < vectors {
        for line in rows.lines {
            if vector + VECTORS <= vectors {
                down::<I, HIGH, VECTORS>(isa, rows, *line, weights, vector, finish, target);
            } else {
                down::<I, HIGH, 1>(isa, rows, *line, weights, vector, finish, target);
            }
        }
        vector += VECTORS;
    }
}

/// All rows of a line by `WIDE` vectors of channels.
#[inline(always)]
fn down<I: Isa, const HIGH: usize, const WIDE: usize>(
    isa: I,
    rows: &Rows,
    line: Line,
    weights: Weights,
    vector: usize,
    finish: &Finish,
    target: &mut Target,
) {
    let mut row = 0;
    while row < rows.count {
        let left = rows.count - row;
        // Where the rows do not divide, the last tile overlaps the one before: the same sums are written twice. Small tiles overlap less.
        let high = if rows.count >= HIGH && left * 3 > HIGH * 2 {
            HIGH
        } else if rows.count >= FEW {
            FEW
        } else {
            1
        };
        let first = row.min(rows.count - high);
        let line = Line { from: line.from + first * rows.step, to: line.to + first * target.step };
        match high {
            1 => tile::<I, 1, WIDE>(isa, rows, line, weights, vector, finish, target),
            FEW => tile::<I, FEW, WIDE>(isa, rows, line, weights, vector, finish, target),
            _ => tile::<I, HIGH, WIDE>(isa, rows, line, weights, vector, finish, target),
        }
        row += high;
    }
}

#[inline(always)]
fn tile<I: Isa, const HIGH: usize, const WIDE: usize>(
    isa: I,
    rows: &Rows,
    line: Line,
    weights: Weights,
    vector: usize,
    finish: &Finish,
    target: &mut Target,
) {
    let ops = isa.f32();
    let lanes = ops.len();
    let mut sums = [[ops.zero(); WIDE]; HIGH];
    let columns = &weights.values[vector * weights.inputs * lanes..][..WIDE * weights.inputs * lanes];
    // One loop around the one over a run: two let the compiler lose hold of the sums.
    for (offset, by) in rows.offsets.iter().zip(columns.chunks_exact(RUN * WIDE * lanes)) {
        let mut lines = [&[0.0; RUN]; HIGH];
        for (high, of) in lines.iter_mut().enumerate() {
            *of = &rows.values[line.from + high * rows.step + offset..][..RUN].as_chunks::<RUN>().0[0];
        }
        for k in 0..RUN {
            let mut weight = [ops.zero(); WIDE];
            for wide in 0..WIDE {
                weight[wide] = ops.load(&by[(k * WIDE + wide) * lanes..]);
            }
            for high in 0..HIGH {
                let value = ops.splat(lines[high][k]);
                for wide in 0..WIDE {
                    sums[high][wide] = ops.mul_add(value, weight[wide], sums[high][wide]);
                }
            }
        }
    }
    for high in 0..HIGH {
        for wide in 0..WIDE {
            let channel = (vector + wide) * lanes;
            let at = line.to + high * target.step + channel;
            ops.store(finish.of(isa, sums[high][wide], channel, at), &mut target.values[at..]);
        }
    }
}

/// Pixels of one channel under a kernel of three by three.
pub struct Thin<'a> {
    /// From where the kernel first lies.
    pub lines: [&'a [f32]; 3],
    pub step: usize,
    pub count: usize,
    /// Where the sums go.
    pub to: usize,
}

/// All pixels of a row by all channels: the weights of a vector of channels stay in registers along the row.
#[inline(always)]
pub fn multiply_thin<I: Isa>(isa: I, thin: &Thin, weights: Weights, finish: &Finish, target: &mut Target) {
    let ops = isa.f32();
    let lanes = ops.len();
    let wide = VECTORS * lanes;
    for channel in (0..weights.channels).step_by(lanes) {
        let first = channel / wide * wide;
        // As in [`packed`].
        let together = wide.min(weights.channels - first);
        let mut by = [[ops.zero(); 3]; 3];
        for y in 0..3 {
            for x in 0..3 {
                by[y][x] = ops.load(&weights.values[first * weights.inputs + (y * 3 + x) * together + channel - first..]);
            }
        }
        for n in 0..thin.count {
            let mut sum = ops.zero();
            for y in 0..3 {
                let under = &thin.lines[y][n * thin.step..][..3];
                for x in 0..3 {
                    sum = ops.mul_add(ops.splat(under[x]), by[y][x], sum);
                }
            }
            let at = thin.to + n * target.step + channel;
            ops.store(finish.of(isa, sum, channel, at), &mut target.values[at..]);
        }
    }
}

/// Weights as [`multiply`] wants them, from `channels` rows of `inputs`; `lanes` is the vector of this machine.
pub fn packed(weights: &[f32], channels: usize, inputs: usize, lanes: usize) -> Vec<f32> {
    let padded = channels.next_multiple_of(LANES_MAX);
    let mut out = vec![0.0; padded * inputs];
    let wide = VECTORS * lanes;
    for channel in 0..channels {
        let first = channel / wide * wide;
        // What is left of a last pair is one vector.
        let together = wide.min(padded - first);
        for input in 0..inputs {
            out[first * inputs + input * together + channel - first] = weights[channel * inputs + input];
        }
    }
    out
}
