//! The one inner loop: several pixels times several channels, summed over straight runs of memory.

#![allow(clippy::indexing_slicing, clippy::needless_range_loop, reason = "the innermost loops; every span is cut to its length before it is walked")]

use rten_simd::Isa;
use rten_simd::ops::{BitOps, NumOps};

/// Vectors of channels that are summed at once.
const VECTORS: usize = 2;

/// Weights of one matrix: vector after vector of channels, and in each the inputs one after the other.
#[derive(Clone, Copy)]
pub struct Weights<'a> {
    pub values: &'a [f32],
    /// Inputs of every channel, all runs together.
    pub inputs: usize,
    /// Channels, a multiple of the vector.
    pub channels: usize,
}

/// What is multiplied: `count` rows that begin `step` after one another; each sums over runs of `length` at these offsets.
pub struct Rows<'a> {
    pub values: &'a [f32],
    pub base: usize,
    pub step: usize,
    pub count: usize,
    pub offsets: &'a [usize],
    pub length: usize,
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
}

/// Where the sums go: row after row.
pub struct Target<'a> {
    pub values: &'a mut [f32],
    pub base: usize,
    pub step: usize,
}

/// All rows by all channels.
#[inline(always)]
pub fn multiply<I: Isa>(isa: I, rows: &Rows, weights: Weights, finish: &Finish, target: &mut Target) {
    // Sums for two vectors fill the registers: 32 of AVX-512 and Neon, 16 of AVX2.
    match isa.f32().len() {
        8 => all::<I, 6>(isa, rows, weights, finish, target),
        _ => all::<I, 8>(isa, rows, weights, finish, target),
    }
}

#[inline(always)]
fn all<I: Isa, const HIGH: usize>(isa: I, rows: &Rows, weights: Weights, finish: &Finish, target: &mut Target) {
    let lanes = isa.f32().len();
    let vectors = weights.channels / lanes;
    let mut vector = 0;
    while vector < vectors {
        let is_pair = vector + VECTORS <= vectors;
        if rows.count >= HIGH {
            let mut row = 0;
            loop {
                if is_pair {
                    tile::<I, HIGH, VECTORS>(isa, rows, row, weights, vector, finish, target);
                } else {
                    tile::<I, HIGH, 1>(isa, rows, row, weights, vector, finish, target);
                }
                if row + HIGH >= rows.count {
                    break;
                }
                // The last tile overlaps the one before where the rows do not divide: the same sums are written twice.
                row = (row + HIGH).min(rows.count - HIGH);
            }
        } else {
            for row in 0..rows.count {
                if is_pair {
                    tile::<I, 1, VECTORS>(isa, rows, row, weights, vector, finish, target);
                } else {
                    tile::<I, 1, 1>(isa, rows, row, weights, vector, finish, target);
                }
            }
        }
        vector += if is_pair { VECTORS } else { 1 };
    }
}

#[inline(always)]
fn tile<I: Isa, const HIGH: usize, const WIDE: usize>(
    isa: I,
    rows: &Rows,
    first: usize,
    weights: Weights,
    vector: usize,
    finish: &Finish,
    target: &mut Target,
) {
    let ops = isa.f32();
    let lanes = ops.len();
    let mut sums = [[ops.zero(); WIDE]; HIGH];
    let mut input = 0;
    for offset in rows.offsets {
        let mut lines: [&[f32]; HIGH] = [&[]; HIGH];
        for (high, line) in lines.iter_mut().enumerate() {
            *line = &rows.values[rows.base + (first + high) * rows.step + offset..][..rows.length];
        }
        let mut columns: [&[f32]; WIDE] = [&[]; WIDE];
        for (wide, column) in columns.iter_mut().enumerate() {
            *column = &weights.values[((vector + wide) * weights.inputs + input) * lanes..][..rows.length * lanes];
        }
        for k in 0..rows.length {
            let mut by = [ops.zero(); WIDE];
            for wide in 0..WIDE {
                by[wide] = ops.load(&columns[wide][k * lanes..]);
            }
            for high in 0..HIGH {
                let value = ops.splat(lines[high][k]);
                for wide in 0..WIDE {
                    sums[high][wide] = ops.mul_add(value, by[wide], sums[high][wide]);
                }
            }
        }
        input += rows.length;
    }
    for high in 0..HIGH {
        for wide in 0..WIDE {
            let channel = (vector + wide) * lanes;
            let at = target.base + (first + high) * target.step + channel;
            let mut sum = sums[high][wide];
            if let Some(bias) = finish.bias {
                sum = ops.add(sum, ops.load(&bias[channel..]));
            }
            if let Some(plus) = finish.plus {
                sum = ops.add(sum, ops.load(&plus[at..]));
            }
            if finish.is_rectified {
                sum = ops.max(sum, ops.zero());
            }
            ops.store(sum, &mut target.values[at..]);
        }
    }
}

/// Weights as [`multiply`] wants them, from `channels` rows of `inputs`; `lanes` is the vector of this machine.
pub fn packed(weights: &[f32], channels: usize, inputs: usize, lanes: usize) -> Vec<f32> {
    let mut out = vec![0.0; channels.next_multiple_of(super::maps::LANES_MAX) * inputs];
    for channel in 0..channels {
        for input in 0..inputs {
            out[((channel / lanes) * inputs + input) * lanes + channel % lanes] = weights[channel * inputs + input];
        }
    }
    out
}
