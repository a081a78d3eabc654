//! 3×3 convolutions several results at a time: F(4×4, 3×3) does with 36 multiplications what takes the direct way 144, F(2×2, 3×3) with 16
//! what takes it 36. The larger needs weights of more than twice the size, which pays only where many tiles share them.
//! F(3×4, 3×3) leaves less over where a picture has six rows.
//!
//! Where only every second result is wanted, the pixels fall apart into two lines: one under the outer two numbers of the kernel, which is a convolution by
//! itself and done as F(4, 2), and one under the middle number, which is multiplied as it is. Four results take 9 multiplications for 12.

#![allow(clippy::indexing_slicing, clippy::needless_range_loop, reason = "the inner loops; every buffer is as long as its tiles, its places and its channels")]

use std::marker::PhantomData;

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};

use super::conv::{Conv, Shape, Vectors};
use super::maps::{BEYOND, Maps, Spare};
use super::tile::{FEW, Finish, Line, RUN, Rows, Target, Weights, multiply, packed};

/// Tiles that are worked on at once: their numbers stay in the second-level cache.
const NUMBERS_AT_ONCE: usize = 180_000;
/// Fewer are not worth reading the weights for. A multiple of the rows of the longest inner loop, as all are.
const TILES_AT_ONCE_MIN: usize = 24;
const ROWS: usize = 12;

/// The points at which lines of pixels and of the kernel are multiplied: `SIDE` pixels make `RESULTS` results.
pub trait Points<const RESULTS: usize, const SIDE: usize> {
    /// From under one result to under the next, in pixels.
    const STRIDE: usize;
    /// One line of a kernel at the points.
    fn spread(kernel: [f64; 3]) -> [f64; SIDE];
    /// The first point at which every kernel is the same as at this one.
    fn like(point: usize) -> usize {
        point
    }
    /// One line of pixels at the points.
    fn parted<I: Isa>(isa: I, pixels: [I::F32; SIDE]) -> [I::F32; SIDE];
    /// Back from there to results.
    fn joined<I: Isa>(isa: I, products: [I::F32; SIDE]) -> [I::F32; RESULTS];
}

/// 0, 1, -1 and infinity.
pub struct Two;
/// 0, 1, -1, 2 and infinity.
pub struct Three;
/// 0, 1, -1, 2, -2 and infinity.
pub struct Four;
/// Every second result: 0, 1, -1, 2 and infinity for the outer numbers of the kernel, and four times its middle.
pub struct FourApart;

impl Points<2, 4> for Two {
    const STRIDE: usize = 1;

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
    const STRIDE: usize = 1;

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

/// Five pixels at 0, 1, -1, 2 and infinity.
#[inline(always)]
fn parted_in_five<I: Isa>(isa: I, d: [I::F32; 5]) -> [I::F32; 5] {
    let ops = isa.f32();
    let [two, minus_two, three] = [2.0, -2.0, 3.0].map(|factor| ops.splat(factor));
    let far = ops.sub(d[3], d[1]);
    [
        ops.mul_add(ops.sub(d[0], d[2]), two, far),
        ops.sub(far, ops.add(d[1], d[2])),
        ops.mul_add(ops.sub(d[1], d[2]), three, far),
        far,
        ops.mul_add(far, minus_two, ops.sub(d[4], d[2])),
    ]
}

impl Points<3, 5> for Three {
    const STRIDE: usize = 1;

    fn spread([a, b, c]: [f64; 3]) -> [f64; 5] {
        [a / 2.0, -(a + b + c) / 2.0, -(a - b + c) / 6.0, (a + 2.0 * b + 4.0 * c) / 6.0, c]
    }

    #[inline(always)]
    fn parted<I: Isa>(isa: I, d: [I::F32; 5]) -> [I::F32; 5] {
        parted_in_five(isa, d)
    }

    #[inline(always)]
    fn joined<I: Isa>(isa: I, m: [I::F32; 5]) -> [I::F32; 3] {
        let ops = isa.f32();
        let (even, odd) = (ops.add(m[1], m[2]), ops.sub(m[1], m[2]));
        [
            ops.add(ops.add(m[0], even), m[3]),
            ops.mul_add(m[3], ops.splat(2.0), odd),
            ops.mul_add(m[3], ops.splat(4.0), ops.add(even, m[4])),
        ]
    }
}

impl Points<4, 9> for FourApart {
    const STRIDE: usize = 2;

    fn spread([a, b, c]: [f64; 3]) -> [f64; 9] {
        [a / 2.0, -(a + c) / 2.0, -(a - c) / 6.0, (a + 2.0 * c) / 6.0, c, b, b, b, b]
    }

    fn like(point: usize) -> usize {
        point.min(5)
    }

    #[inline(always)]
    fn parted<I: Isa>(isa: I, d: [I::F32; 9]) -> [I::F32; 9] {
        let [a, b, c, far, e] = parted_in_five(isa, [d[0], d[2], d[4], d[6], d[8]]);
        [a, b, c, far, e, d[1], d[3], d[5], d[7]]
    }

    #[inline(always)]
    fn joined<I: Isa>(isa: I, m: [I::F32; 9]) -> [I::F32; 4] {
        let ops = isa.f32();
        let (even, odd) = (ops.add(m[1], m[2]), ops.sub(m[1], m[2]));
        [
            ops.add(ops.add(m[0], even), ops.add(m[3], m[5])),
            ops.mul_add(m[3], ops.splat(2.0), ops.add(odd, m[6])),
            ops.mul_add(m[3], ops.splat(4.0), ops.add(even, m[7])),
            ops.mul_add(m[3], ops.splat(8.0), ops.add(ops.add(odd, m[8]), m[4])),
        ]
    }
}

/// Tiles of four by four results of which every second is wanted in one direction or both.
pub enum Apart {
    Down(Winograd<FourApart, Four, 4, 9, 4, 6>),
    Across(Winograd<Four, FourApart, 4, 6, 4, 9>),
    Both(Winograd<FourApart, FourApart, 4, 9, 4, 9>),
}

impl Apart {
    /// None for strides that this does not do.
    pub fn new(shape: &Shape, weights: &[f32], lanes: usize) -> Option<Self> {
        match shape.stride {
            (2, 1) => Some(Self::Down(Winograd::new(shape, weights, lanes))),
            (1, 2) => Some(Self::Across(Winograd::new(shape, weights, lanes))),
            (2, 2) => Some(Self::Both(Winograd::new(shape, weights, lanes))),
            _ => None,
        }
    }

    pub fn run(&self, vectors: impl Vectors, conv: &Conv, input: &Maps, plus: Option<&[f32]>, out: &mut Maps, spare: &mut Spare) {
        match self {
            Self::Down(winograd) => winograd.run(vectors, conv, input, plus, out, spare),
            Self::Across(winograd) => winograd.run(vectors, conv, input, plus, out, spare),
            Self::Both(winograd) => winograd.run(vectors, conv, input, plus, out, spare),
        }
    }
}

/// Tiles of `VR` by `HR` results from `VS` by `HS` pixels, at the points of `V` down and of `H` across.
pub struct Winograd<V, H, const VR: usize, const VS: usize, const HR: usize, const HS: usize> {
    /// Matrix after matrix.
    weights: Vec<f32>,
    matrix_len: usize,
    /// Of each of the places of a tile, row after row.
    matrices: Vec<usize>,
    points: PhantomData<(V, H)>,
}

impl<V: Points<VR, VS>, H: Points<HR, HS>, const VR: usize, const VS: usize, const HR: usize, const HS: usize> Winograd<V, H, VR, VS, HR, HS> {
    pub fn new(shape: &Shape, weights: &[f32], lanes: usize) -> Self {
        let inputs = shape.padded_in();
        let mut places = vec![vec![0.0_f32; shape.channels_out * inputs]; VS * HS];
        for (n, kernel) in weights.chunks_exact(9).enumerate() {
            let (out, channel) = (n / shape.channels_in, n % shape.channels_in);
            let kernel: [f64; 9] = std::array::from_fn(|at| f64::from(kernel[at]));
            let columns: [[f64; VS]; 3] = std::array::from_fn(|column| V::spread([kernel[column], kernel[3 + column], kernel[6 + column]]));
            for row in 0..VS {
                for (column, value) in H::spread([columns[0][row], columns[1][row], columns[2][row]]).into_iter().enumerate() {
                    places[row * HS + column][out * inputs + channel] = value as f32;
                }
            }
        }
        let (mut all, mut matrices, mut count) = (Vec::new(), Vec::with_capacity(VS * HS), 0);
        for (at, place) in places.iter().enumerate() {
            let first = V::like(at / HS) * HS + H::like(at % HS);
            if first < at {
                matrices.push(matrices[first]);
            } else {
                all.append(&mut packed(place, shape.channels_out, inputs, lanes));
                matrices.push(count);
                count += 1;
            }
        }
        Self { matrix_len: all.len() / count, weights: all, matrices, points: PhantomData }
    }

    pub fn run(&self, vectors: impl Vectors, conv: &Conv, input: &Maps, plus: Option<&[f32]>, out: &mut Maps, spare: &mut Spare) {
        vectors.run(Run { winograd: self, conv, input, plus, out, spare });
    }
}

struct Run<'a, V, H, const VR: usize, const VS: usize, const HR: usize, const HS: usize> {
    winograd: &'a Winograd<V, H, VR, VS, HR, HS>,
    conv: &'a Conv,
    input: &'a Maps,
    plus: Option<&'a [f32]>,
    out: &'a mut Maps,
    spare: &'a mut Spare,
}

impl<V: Points<VR, VS>, H: Points<HR, HS>, const VR: usize, const VS: usize, const HR: usize, const HS: usize> SimdOp for Run<'_, V, H, VR, VS, HR, HS> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { winograd, conv, input, plus, out, spare } = self;
        let places = VS * HS;
        let (high, wide) = (out.rows.div_ceil(VR), out.columns.div_ceil(HR));
        // The tiles of all pictures stand in one row, and share the weights that are read.
        let tiles = out.count * high * wide;
        let place_of = |tile: usize| (tile / (high * wide), tile / wide % high, tile % wide);
        let (channels_in, channels_out) = (input.channels, out.channels);
        let at_once = at_once(tiles, places * (channels_in + channels_out));
        // What they hold from before is written over.
        let (mut seen, mut sums) = (spare.take(places * at_once * channels_in), spare.take(places * at_once * channels_out));
        let offsets: Vec<usize> = (0..channels_in).step_by(RUN).collect();
        // Kept for all tiles: to blank kilobytes for each of them takes as long as a tenth of its transforms.
        let (mut parted, mut joined) = ([[isa.f32().zero(); HS]; VS], [[isa.f32().zero(); HS]; VR]);
        let mut first = 0;
        while first < tiles {
            let count = at_once.min(tiles - first);
            for tile in 0..count {
                let (picture, row, column) = place_of(first + tile);
                let (row, column) = (row * VR * V::STRIDE, column * HR * H::STRIDE);
                let (to, step) = (&mut seen[tile * channels_in..], at_once * channels_in);
                // Only the tiles with stride reach so far.
                if row + VS > input.rows + BEYOND + 1 || column + HS > input.columns + BEYOND + 1 {
                    look::<I, V, H, VR, VS, HR, HS, true>(isa, input, (picture, row, column), &mut parted, to, step);
                } else {
                    look::<I, V, H, VR, VS, HR, HS, false>(isa, input, (picture, row, column), &mut parted, to, step);
                }
            }
            for place in 0..places {
                let rows = Rows {
                    values: &seen[place * at_once * channels_in..],
                    lines: &[Line { from: 0, to: 0 }],
                    step: channels_in,
                    count,
                    offsets: &offsets,
                };
                let values = &winograd.weights[winograd.matrices[place] * winograd.matrix_len..][..winograd.matrix_len];
                let weights = Weights { values, inputs: channels_in, channels: channels_out };
                let values = &mut sums[place * at_once * channels_out..];
                multiply(isa, &rows, weights, &Finish::PLAIN, &mut Target { values, step: channels_out });
            }
            for tile in 0..count {
                let (picture, row, column) = place_of(first + tile);
                let place = (picture, row * VR, column * HR);
                settle::<I, V, H, VR, VS, HR, HS>(isa, conv, &sums[tile * channels_out..], at_once * channels_out, &mut joined, plus, out, place);
            }
            first += count;
        }
        spare.give(seen);
        spare.give(sums);
    }
}

/// How many of these tiles, each of so many numbers: all blocks about alike, and a last one that is small is none.
fn at_once(tiles: usize, numbers: usize) -> usize {
    let most = (NUMBERS_AT_ONCE / numbers / ROWS * ROWS).max(TILES_AT_ONCE_MIN);
    let blocks = tiles.saturating_sub(most / 2).div_ceil(most).max(1);
    tiles.div_ceil(blocks).next_multiple_of(FEW).min(tiles)
}

/// Transforms the neighbourhood of a tile; place after place, `step` apart. At an `EDGE` it reaches beyond the margin, where nothing lies.
#[inline(always)]
fn look<I: Isa, V: Points<VR, VS>, H: Points<HR, HS>, const VR: usize, const VS: usize, const HR: usize, const HS: usize, const EDGE: bool>(
    isa: I,
    input: &Maps,
    (picture, row, column): (usize, usize, usize),
    half: &mut [[I::F32; HS]; VS],
    to: &mut [f32],
    step: usize,
) {
    let ops = isa.f32();
    let corner = input.at_offset((picture, row, column), (1, 1));
    let (high, wide) = (input.rows + BEYOND + 1 - row, input.columns + BEYOND + 1 - column);
    let mut channel = 0;
    while channel < input.channels {
        for x in 0..HS {
            let mut d = [ops.zero(); VS];
            for (y, d) in d.iter_mut().enumerate() {
                if !EDGE || (y < high && x < wide) {
                    *d = ops.load(&input.values[corner + y * input.row_step() + x * input.channels + channel..]);
                }
            }
            for (half, value) in half.iter_mut().zip(V::parted(isa, d)) {
                half[x] = value;
            }
        }
        for (y, d) in half.iter().enumerate() {
            for (x, value) in H::parted(isa, *d).into_iter().enumerate() {
                ops.store(value, &mut to[(y * HS + x) * step + channel..]);
            }
        }
        channel += ops.len();
    }
}

/// Back from the places to the results of a tile, which are finished and written where they lie in the picture.
#[inline(always)]
fn settle<I: Isa, V: Points<VR, VS>, H: Points<HR, HS>, const VR: usize, const VS: usize, const HR: usize, const HS: usize>(
    isa: I,
    conv: &Conv,
    sums: &[f32],
    step: usize,
    half: &mut [[I::F32; HS]; VR],
    plus: Option<&[f32]>,
    out: &mut Maps,
    (picture, row, column): (usize, usize, usize),
) {
    let ops = isa.f32();
    let corner = out.at(picture, row, column);
    let (row_step, channels) = (out.row_step(), out.channels);
    let (high, wide) = (VR.min(out.rows - row), HR.min(out.columns - column));
    let mut channel = 0;
    while channel < channels {
        for x in 0..HS {
            let mut m = [ops.zero(); VS];
            for (y, m) in m.iter_mut().enumerate() {
                *m = ops.load(&sums[(y * HS + x) * step + channel..]);
            }
            for (half, value) in half.iter_mut().zip(V::joined(isa, m)) {
                half[x] = value;
            }
        }
        let bias = ops.load(&conv.bias[channel..]);
        for (y, m) in half.iter().enumerate().take(high) {
            for (x, value) in H::joined(isa, *m).into_iter().enumerate().take(wide) {
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
