//! 3×3 convolutions two by two results at a time, F(2×2, 3×3): 16 multiplications where the direct way takes 36.

#![allow(clippy::indexing_slicing, clippy::needless_range_loop, reason = "the inner loops; every buffer is as long as its tiles, its sixteen places and its channels")]

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};

use super::conv::{Conv, Shape};
use super::maps::{Maps, Spare};
use super::tile::{Finish, Rows, Target, Weights, multiply, packed};

/// Places of a transformed tile of four by four.
const PLACES: usize = 16;
/// Tiles that are worked on at once: their numbers stay in the second-level cache.
const NUMBERS_AT_ONCE: usize = 120_000;

pub struct Winograd {
    /// A matrix for each place.
    weights: Vec<f32>,
    matrix_len: usize,
}

impl Winograd {
    pub fn new(shape: &Shape, weights: &[f32], lanes: usize) -> Self {
        let inputs = shape.padded_in();
        let mut places = vec![vec![0.0_f32; shape.channels_out * inputs]; PLACES];
        for (n, kernel) in weights.chunks_exact(9).enumerate() {
            let (out, channel) = (n / shape.channels_in, n % shape.channels_in);
            let half = |a: f32, b: f32, c: f32| [a, 0.5 * (a + b + c), 0.5 * (a - b + c), c];
            let columns: [[f32; 4]; 3] = std::array::from_fn(|column| half(kernel[column], kernel[3 + column], kernel[6 + column]));
            for row in 0..4 {
                for (column, value) in half(columns[0][row], columns[1][row], columns[2][row]).into_iter().enumerate() {
                    places[row * 4 + column][out * inputs + channel] = value;
                }
            }
        }
        let packed: Vec<Vec<f32>> = places.iter().map(|place| packed(place, shape.channels_out, inputs, lanes)).collect();
        Self { matrix_len: packed[0].len(), weights: packed.concat() }
    }

    pub fn run(&self, conv: &Conv, input: &Maps, plus: Option<&[f32]>, out: &mut Maps, spare: &mut Spare) {
        Run { winograd: self, conv, input, plus, out, spare }.dispatch();
    }
}

struct Run<'a> {
    winograd: &'a Winograd,
    conv: &'a Conv,
    input: &'a Maps,
    plus: Option<&'a [f32]>,
    out: &'a mut Maps,
    spare: &'a mut Spare,
}

impl SimdOp for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { winograd, conv, input, plus, out, spare } = self;
        let (wide, high) = (out.columns.div_ceil(2), out.rows.div_ceil(2));
        let (channels_in, channels_out) = (input.channels, out.channels);
        // A multiple of the rows of every inner loop.
        let at_once = (NUMBERS_AT_ONCE / (PLACES * (channels_in + channels_out)) / 24 * 24).max(24).min(wide * high);
        // What they hold from before is written over.
        let (mut seen, mut sums) = (spare.take(), spare.take());
        seen.resize(PLACES * at_once * channels_in, 0.0);
        sums.resize(PLACES * at_once * channels_out, 0.0);
        let mut first = 0;
        while first < wide * high {
            let count = at_once.min(wide * high - first);
            for tile in 0..count {
                let (row, column) = ((first + tile) / wide * 2, (first + tile) % wide * 2);
                look(isa, input, row, column, &mut seen[tile * channels_in..], at_once * channels_in);
            }
            for place in 0..PLACES {
                let rows = Rows {
                    values: &seen[place * at_once * channels_in..],
                    base: 0,
                    step: channels_in,
                    count,
                    offsets: &[0],
                    length: channels_in,
                };
                let values = &winograd.weights[place * winograd.matrix_len..][..winograd.matrix_len];
                let weights = Weights { values, inputs: channels_in, channels: channels_out };
                let values = &mut sums[place * at_once * channels_out..];
                multiply(isa, &rows, weights, &Finish::PLAIN, &mut Target { values, base: 0, step: channels_out });
            }
            for tile in 0..count {
                let (row, column) = ((first + tile) / wide * 2, (first + tile) % wide * 2);
                settle(isa, conv, &sums[tile * channels_out..], at_once * channels_out, plus, out, row, column);
            }
            first += count;
        }
        spare.give(seen);
        spare.give(sums);
    }
}

/// Transforms the four by four pixels around a pair of pairs; place after place, `step` apart.
#[inline(always)]
fn look<I: Isa>(isa: I, input: &Maps, row: usize, column: usize, to: &mut [f32], step: usize) {
    let ops = isa.f32();
    let corner = input.at_offset(row, column, 1, 1);
    let mut channel = 0;
    while channel < input.channels {
        let mut half = [[ops.zero(); 4]; 4];
        for x in 0..4 {
            let mut d = [ops.zero(); 4];
            for (y, d) in d.iter_mut().enumerate() {
                *d = ops.load(&input.values[corner + y * input.row_step() + x * input.channels + channel..]);
            }
            half[0][x] = ops.sub(d[0], d[2]);
            half[1][x] = ops.add(d[1], d[2]);
            half[2][x] = ops.sub(d[2], d[1]);
            half[3][x] = ops.sub(d[1], d[3]);
        }
        for (y, d) in half.iter().enumerate() {
            let whole = [ops.sub(d[0], d[2]), ops.add(d[1], d[2]), ops.sub(d[2], d[1]), ops.sub(d[1], d[3])];
            for (x, value) in whole.into_iter().enumerate() {
                ops.store(value, &mut to[(y * 4 + x) * step + channel..]);
            }
        }
        channel += ops.len();
    }
}

/// Back from sixteen places to two by two results, which are finished and written where they lie in the picture.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "one loop of `eval`, cut out to be read by itself")]
fn settle<I: Isa>(isa: I, conv: &Conv, sums: &[f32], step: usize, plus: Option<&[f32]>, out: &mut Maps, row: usize, column: usize) {
    let ops = isa.f32();
    let corner = out.at(row, column);
    let (row_step, channels) = (out.row_step(), out.channels);
    let mut channel = 0;
    while channel < channels {
        let mut half = [[ops.zero(); 4]; 2];
        for x in 0..4 {
            let mut m = [ops.zero(); 4];
            for (y, m) in m.iter_mut().enumerate() {
                *m = ops.load(&sums[(y * 4 + x) * step + channel..]);
            }
            half[0][x] = ops.add(ops.add(m[0], m[1]), m[2]);
            half[1][x] = ops.sub(ops.sub(m[1], m[2]), m[3]);
        }
        let bias = ops.load(&conv.bias[channel..]);
        for (y, m) in half.iter().enumerate() {
            let pair = [ops.add(ops.add(m[0], m[1]), m[2]), ops.sub(ops.sub(m[1], m[2]), m[3])];
            for (x, value) in pair.into_iter().enumerate() {
                if row + y >= out.rows || column + x >= out.columns {
                    continue;
                }
                let at = corner + y * row_step + x * channels + channel;
                let mut value = ops.add(value, bias);
                if let Some(plus) = plus {
                    value = ops.add(value, ops.load(&plus[at..]));
                }
                if conv.is_rectified {
                    value = ops.max(value, ops.zero());
                }
                ops.store(value, &mut out.values[at..]);
            }
        }
        channel += ops.len();
    }
}
