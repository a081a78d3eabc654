//! 3×3 convolutions several results at a time: F(4×4, 3×3) does with 36 multiplications what takes the direct way 144, F(2×2, 3×3) with 16
//! what takes it 36. The larger needs weights of more than twice the size, which pays only where many tiles share them.

#![allow(clippy::indexing_slicing, clippy::needless_range_loop, reason = "the inner loops; every buffer is as long as its tiles, its places and its channels")]

use std::marker::PhantomData;

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};

use super::conv::{Conv, Shape, Vectors};
use super::maps::{Maps, Spare};
use super::tile::{Finish, RUN, Rows, Target, Weights, multiply, packed};

/// Tiles that are worked on at once: their numbers stay in the second-level cache.
const NUMBERS_AT_ONCE: usize = 180_000;

/// The points at which lines of pixels and of the kernel are multiplied: `SIDE` pixels make `RESULTS` results.
pub trait Points<const RESULTS: usize, const SIDE: usize> {
    /// One line of a kernel at the points.
    fn spread(kernel: [f64; 3]) -> [f64; SIDE];
    /// One line of pixels at the points.
    fn parted<I: Isa>(isa: I, pixels: [I::F32; SIDE]) -> [I::F32; SIDE];
    /// Back from there to results.
    fn joined<I: Isa>(isa: I, products: [I::F32; SIDE]) -> [I::F32; RESULTS];
}

/// 0, 1, -1 and infinity.
pub struct Two;
/// 0, 1, -1, 2, -2 and infinity.
pub struct Four;

impl Points<2, 4> for Two {
    fn spread([a, b, c]: [f64; 3]) -> [f64; 4] {
        [a, 0.5 * (a + b + c), 0.5 * (a - b + c), c]
    }

    #[inline(always)]
    fn parted<I: Isa>(isa: I, d: [I::F32; 4]) -> [I::F32; 4] {
        let ops = isa.f32();
        [ops.sub(d[0], d[2]), ops.add(d[1], d[2]), ops.sub(d[2], d[1]), ops.sub(d[1], d[3])]
    }

    #[inline(always)]
    fn joined<I: Isa>(isa: I, m: [I::F32; 4]) -> [I::F32; 2] {
        let ops = isa.f32();
        [ops.add(ops.add(m[0], m[1]), m[2]), ops.sub(ops.sub(m[1], m[2]), m[3])]
    }
}

impl Points<4, 6> for Four {
    fn spread([a, b, c]: [f64; 3]) -> [f64; 6] {
        let (near, far) = ((a + c) / 6.0, (a + 4.0 * c) / 24.0);
        [a / 4.0, -near - b / 6.0, -near + b / 6.0, far + b / 12.0, far - b / 12.0, c]
    }

    #[inline(always)]
    fn parted<I: Isa>(isa: I, d: [I::F32; 6]) -> [I::F32; 6] {
        let ops = isa.f32();
        let [four, minus_four, minus_five, two] = [4.0, -4.0, -5.0, 2.0].map(|factor| ops.splat(factor));
        let (even, odd) = (ops.mul_add(d[2], minus_four, d[4]), ops.mul_add(d[1], minus_four, d[3]));
        let (even_far, odd_far) = (ops.sub(d[4], d[2]), ops.mul(ops.sub(d[3], d[1]), two));
        [
            ops.mul_add(d[0], four, ops.mul_add(d[2], minus_five, d[4])),
            ops.add(even, odd),
            ops.sub(even, odd),
            ops.add(even_far, odd_far),
            ops.sub(even_far, odd_far),
            ops.mul_add(d[1], four, ops.mul_add(d[3], minus_five, d[5])),
        ]
    }

    #[inline(always)]
    fn joined<I: Isa>(isa: I, m: [I::F32; 6]) -> [I::F32; 4] {
        let ops = isa.f32();
        let (near, near_odd) = (ops.add(m[1], m[2]), ops.sub(m[1], m[2]));
        let (far, far_odd) = (ops.add(m[3], m[4]), ops.sub(m[3], m[4]));
        [
            ops.add(ops.add(m[0], near), far),
            ops.mul_add(far_odd, ops.splat(2.0), near_odd),
            ops.mul_add(far, ops.splat(4.0), near),
            ops.add(ops.mul_add(far_odd, ops.splat(8.0), near_odd), m[5]),
        ]
    }
}

pub struct Winograd<P, const RESULTS: usize, const SIDE: usize> {
    /// A matrix for each of the places of a tile, `SIDE` by `SIDE`.
    weights: Vec<f32>,
    matrix_len: usize,
    points: PhantomData<P>,
}

impl<P: Points<RESULTS, SIDE>, const RESULTS: usize, const SIDE: usize> Winograd<P, RESULTS, SIDE> {
    pub fn new(shape: &Shape, weights: &[f32], lanes: usize) -> Self {
        let inputs = shape.padded_in();
        let mut places = vec![vec![0.0_f32; shape.channels_out * inputs]; SIDE * SIDE];
        for (n, kernel) in weights.chunks_exact(9).enumerate() {
            let (out, channel) = (n / shape.channels_in, n % shape.channels_in);
            let kernel: [f64; 9] = std::array::from_fn(|at| f64::from(kernel[at]));
            let columns: [[f64; SIDE]; 3] = std::array::from_fn(|column| P::spread([kernel[column], kernel[3 + column], kernel[6 + column]]));
            for row in 0..SIDE {
                for (column, value) in P::spread([columns[0][row], columns[1][row], columns[2][row]]).into_iter().enumerate() {
                    places[row * SIDE + column][out * inputs + channel] = value as f32;
                }
            }
        }
        let packed: Vec<Vec<f32>> = places.iter().map(|place| packed(place, shape.channels_out, inputs, lanes)).collect();
        Self { matrix_len: packed[0].len(), weights: packed.concat(), points: PhantomData }
    }

    pub fn run(&self, vectors: impl Vectors, conv: &Conv, input: &Maps, plus: Option<&[f32]>, out: &mut Maps, spare: &mut Spare) {
        vectors.run(Run { winograd: self, conv, input, plus, out, spare });
    }
}

struct Run<'a, P, const RESULTS: usize, const SIDE: usize> {
    winograd: &'a Winograd<P, RESULTS, SIDE>,
    conv: &'a Conv,
    input: &'a Maps,
    plus: Option<&'a [f32]>,
    out: &'a mut Maps,
    spare: &'a mut Spare,
}

impl<P: Points<RESULTS, SIDE>, const RESULTS: usize, const SIDE: usize> SimdOp for Run<'_, P, RESULTS, SIDE> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { winograd, conv, input, plus, out, spare } = self;
        let places = SIDE * SIDE;
        let (wide, high) = (out.columns.div_ceil(RESULTS), out.rows.div_ceil(RESULTS));
        let (channels_in, channels_out) = (input.channels, out.channels);
        // A multiple of the rows of every inner loop.
        let at_once = (NUMBERS_AT_ONCE / (places * (channels_in + channels_out)) / 24 * 24).max(24).min(wide * high);
        // What they hold from before is written over.
        let (mut seen, mut sums) = (spare.take(places * at_once * channels_in), spare.take(places * at_once * channels_out));
        let offsets: Vec<usize> = (0..channels_in).step_by(RUN).collect();
        let mut first = 0;
        while first < wide * high {
            let count = at_once.min(wide * high - first);
            for tile in 0..count {
                let (row, column) = ((first + tile) / wide * RESULTS, (first + tile) % wide * RESULTS);
                look::<I, P, RESULTS, SIDE>(isa, input, row, column, &mut seen[tile * channels_in..], at_once * channels_in);
            }
            for place in 0..places {
                let rows = Rows {
                    values: &seen[place * at_once * channels_in..],
                    base: 0,
                    step: channels_in,
                    count,
                    offsets: &offsets,
                };
                let values = &winograd.weights[place * winograd.matrix_len..][..winograd.matrix_len];
                let weights = Weights { values, inputs: channels_in, channels: channels_out };
                let values = &mut sums[place * at_once * channels_out..];
                multiply(isa, &rows, weights, &Finish::PLAIN, &mut Target { values, base: 0, step: channels_out });
            }
            for tile in 0..count {
                let (row, column) = ((first + tile) / wide * RESULTS, (first + tile) % wide * RESULTS);
                settle::<I, P, RESULTS, SIDE>(isa, conv, &sums[tile * channels_out..], at_once * channels_out, plus, out, row, column);
            }
            first += count;
        }
        spare.give(seen);
        spare.give(sums);
    }
}

/// Transforms the neighbourhood of a tile; place after place, `step` apart.
#[inline(always)]
fn look<I: Isa, P: Points<RESULTS, SIDE>, const RESULTS: usize, const SIDE: usize>(isa: I, input: &Maps, row: usize, column: usize, to: &mut [f32], step: usize) {
    let ops = isa.f32();
    let corner = input.at_offset(row, column, 1, 1);
    let mut channel = 0;
    while channel < input.channels {
        let mut half = [[ops.zero(); SIDE]; SIDE];
        for x in 0..SIDE {
            let mut d = [ops.zero(); SIDE];
            for (y, d) in d.iter_mut().enumerate() {
                *d = ops.load(&input.values[corner + y * input.row_step() + x * input.channels + channel..]);
            }
            for (half, value) in half.iter_mut().zip(P::parted(isa, d)) {
                half[x] = value;
            }
        }
        for (y, d) in half.into_iter().enumerate() {
            for (x, value) in P::parted(isa, d).into_iter().enumerate() {
                ops.store(value, &mut to[(y * SIDE + x) * step + channel..]);
            }
        }
        channel += ops.len();
    }
}

/// Back from the places to the results of a tile, which are finished and written where they lie in the picture.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "one loop of `eval`, cut out to be read by itself")]
fn settle<I: Isa, P: Points<RESULTS, SIDE>, const RESULTS: usize, const SIDE: usize>(
    isa: I,
    conv: &Conv,
    sums: &[f32],
    step: usize,
    plus: Option<&[f32]>,
    out: &mut Maps,
    row: usize,
    column: usize,
) {
    let ops = isa.f32();
    let corner = out.at(row, column);
    let (row_step, channels) = (out.row_step(), out.channels);
    let (high, wide) = (RESULTS.min(out.rows - row), RESULTS.min(out.columns - column));
    let mut channel = 0;
    while channel < channels {
        let mut half = [[ops.zero(); SIDE]; RESULTS];
        for x in 0..SIDE {
            let mut m = [ops.zero(); SIDE];
            for (y, m) in m.iter_mut().enumerate() {
                *m = ops.load(&sums[(y * SIDE + x) * step + channel..]);
            }
            for (half, value) in half.iter_mut().zip(P::joined(isa, m)) {
                half[x] = value;
            }
        }
        let bias = ops.load(&conv.bias[channel..]);
        for (y, m) in half.into_iter().enumerate().take(high) {
            for (x, value) in P::joined(isa, m).into_iter().enumerate().take(wide) {
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
