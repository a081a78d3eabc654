//! One convolution: which way it goes, and the direct one, row by row.

#![allow(clippy::indexing_slicing, reason = "the lines under a kernel lie inside the picture's margins")]

use std::sync::OnceLock;

use rten_simd::ops::BitOps;
use rten_simd::{Isa, SimdOp};

use super::maps::{BEFORE, LANES_MAX, Maps, Spare};
use super::tile::{Finish, Line, RUN, Rows, Target, Thin, Weights, multiply, multiply_thin, packed};
use super::winograd::{Apart, Four, Three, Two, Winograd};

/// A convolution as it stands in the file.
#[derive(Clone)]
pub struct Shape {
    /// Without what only fills up.
    pub channels_in: usize,
    pub channels_out: usize,
    pub kernel: (usize, usize),
    pub stride: (usize, usize),
    /// Above and left; as much below and right.
    pub pad: (usize, usize),
}

impl Shape {
    /// Whether the pictures' margin is wide enough and the numbers are such as a convolution has; over one channel only three by three.
    pub fn is_possible(&self) -> bool {
        let (kernel, stride, pad) = (self.kernel, self.stride, self.pad);
        let small = |n: usize| (1..=64).contains(&n);
        small(kernel.0) && small(kernel.1) && small(stride.0) && small(stride.1) && pad.0 <= BEFORE && pad.1 <= BEFORE
            && (self.channels_in > 1 || kernel == (3, 3))
            && (1..=4096).contains(&self.channels_in) && (1..=4096).contains(&self.channels_out)
    }

    /// Channels of the pictures that come in: one is left alone, more are filled up.
    pub fn padded_in(&self) -> usize {
        if self.channels_in == 1 { 1 } else { self.channels_in.next_multiple_of(LANES_MAX) }
    }

    /// Weights over one channel that comes in.
    pub fn weights_per_channel(&self) -> usize {
        self.channels_out * self.kernel.0 * self.kernel.1
    }

    pub fn padded_out(&self) -> usize {
        self.channels_out.next_multiple_of(LANES_MAX)
    }

    /// Rows and columns of the result.
    pub fn size_out(&self, rows: usize, columns: usize) -> Option<(usize, usize)> {
        let side = |size: usize, kernel: usize, stride: usize, pad: usize| {
            (size + 2 * pad).checked_sub(kernel).map(|room| room / stride + 1)
        };
        Some((
            side(rows, self.kernel.0, self.stride.0, self.pad.0)?,
            side(columns, self.kernel.1, self.stride.1, self.pad.1)?,
        ))
    }
}

/// From so many tiles on the quickest way is the quickest: with fewer it waits for its weights.
const FOUR_TILES_MIN: usize = 60;
/// The same for results that lie apart,
const APART_TILES_MIN: usize = 24;
/// and from so many channels on: with fewer, more is spent on going to the points and back than is saved there.
const APART_CHANNELS_MIN: usize = 32;
/// Of the pictures that come in, what the direct way works on at once: it stays in the second-level cache while the weights go over it.
const NUMBERS_AT_ONCE: usize = 60_000;

/// The quickest ways are made when pictures come that are large enough, from the weights as they were read.
enum Way {
    Direct(Columns),
    /// Three by three.
    Quick(Box<Quick>),
    /// Three by three, with a stride of two in one direction or both.
    Apart { direct: Columns, apart: OnceLock<Option<Apart>>, weights: Vec<f32> },
}

struct Quick {
    two: Winograd<Two, Two, 2, 4, 2, 4>,
    /// For rows of which threes leave less over than fours.
    three: OnceLock<Winograd<Three, Four, 3, 5, 4, 6>>,
    four: OnceLock<Winograd<Four, Four, 4, 6, 4, 6>>,
    weights: Vec<f32>,
}

/// Weights of the direct way: each of the channels that go out by so many inputs.
struct Columns {
    weights: Vec<f32>,
    inputs: usize,
}

impl Columns {
    fn new(shape: &Shape, weights: &[f32], lanes: usize) -> Self {
        let (high, wide) = shape.kernel;
        let inputs = high * wide * shape.padded_in();
        let mut ordered = vec![0.0; shape.channels_out * inputs];
        for (n, value) in weights.iter().enumerate() {
            let (place, channel) = (n % (high * wide), n / (high * wide) % shape.channels_in);
            let out = n / (high * wide) / shape.channels_in;
            if let Some(to) = ordered.get_mut(out * inputs + place * shape.padded_in() + channel) {
                *to = *value;
            }
        }
        Self { weights: packed(&ordered, shape.channels_out, inputs, lanes), inputs }
    }
}

pub struct Conv {
    pub shape: Shape,
    pub is_rectified: bool,
    pub bias: Vec<f32>,
    way: Way,
}

/// Which vectors the kernels run on. One `Conv` is made for one kind, and runs on no other.
pub trait Vectors: Copy {
    fn run<O: SimdOp>(self, op: O) -> O::Output;
}

/// The widest of this machine.
#[derive(Clone, Copy)]
pub struct Best;

impl Vectors for Best {
    #[inline]
    fn run<O: SimdOp>(self, op: O) -> O::Output {
        op.dispatch()
    }
}

struct Lanes;

impl SimdOp for Lanes {
    type Output = usize;

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> usize {
        isa.f32().len()
    }
}

impl Conv {
    /// `weights` as ONNX has them: out, in, row, column; as many as the shape says.
    pub fn new(shape: Shape, weights: &[f32], bias: Vec<f32>) -> Self {
        Self::made_for(Best, shape, weights, bias)
    }

    /// As [`Self::new`], for vectors other than the best.
    pub fn made_for(vectors: impl Vectors, shape: Shape, weights: &[f32], mut bias: Vec<f32>) -> Self {
        let lanes = vectors.run(Lanes);
        bias.resize(shape.padded_out(), 0.0);
        let is_three = shape.kernel == (3, 3) && shape.pad == (1, 1) && shape.channels_in > 1;
        let way = match shape.stride {
            (1, 1) if is_three => {
                let two = Winograd::new(&shape, weights, lanes);
                Way::Quick(Box::new(Quick { two, three: OnceLock::new(), four: OnceLock::new(), weights: weights.to_vec() }))
            }
            (1 | 2, 1 | 2) if is_three && shape.padded_in() >= APART_CHANNELS_MIN => {
                Way::Apart { direct: Columns::new(&shape, weights, lanes), apart: OnceLock::new(), weights: weights.to_vec() }
            }
            _ => Way::Direct(Columns::new(&shape, weights, lanes)),
        };
        Self { shape, is_rectified: false, bias, way }
    }

    /// None where the kernel is larger than the picture, or `plus` is of another size than the result.
    pub fn run(&self, input: &Maps, plus: Option<&Maps>, spare: &mut Spare) -> Option<Maps> {
        self.run_on(Best, input, plus, spare)
    }

    /// As [`Self::run`], on the vectors that it was made for.
    pub fn run_on(&self, vectors: impl Vectors, input: &Maps, plus: Option<&Maps>, spare: &mut Spare) -> Option<Maps> {
        let (rows, columns) = self.shape.size_out(input.rows, input.columns)?;
        let mut out = Maps::framed(input.count, rows, columns, self.shape.padded_out(), spare);
        if input.channels != self.shape.padded_in() || plus.is_some_and(|plus| !plus.is_like(&out)) {
            return None;
        }
        let plus = plus.map(|plus| plus.values.as_slice());
        let lanes = || vectors.run(Lanes);
        let tiles = |high: usize| input.count * rows.div_ceil(high) * columns.div_ceil(4);
        let direct = match &self.way {
            Way::Quick(quick) => {
                let Quick { two, three, four, weights } = &**quick;
                // Five rows of products for three of results, six for four.
                let is_for_threes = tiles(3) * 5 < tiles(4) * 6;
                if tiles(if is_for_threes { 3 } else { 4 }) < FOUR_TILES_MIN {
                    two.run(vectors, self, input, plus, &mut out, spare);
                } else if is_for_threes {
                    three.get_or_init(|| Winograd::new(&self.shape, weights, lanes())).run(vectors, self, input, plus, &mut out, spare);
                } else {
                    four.get_or_init(|| Winograd::new(&self.shape, weights, lanes())).run(vectors, self, input, plus, &mut out, spare);
                }
                return Some(out);
            }
            Way::Apart { direct, apart, weights } => {
                let apart = (tiles(4) >= APART_TILES_MIN).then(|| apart.get_or_init(|| Apart::new(&self.shape, weights, lanes())).as_ref()).flatten();
                if let Some(apart) = apart {
                    apart.run(vectors, self, input, plus, &mut out, spare);
                    return Some(out);
                }
                direct
            }
            Way::Direct(direct) => direct,
        };
        vectors.run(Direct { conv: self, weights: &direct.weights, inputs: direct.inputs, input, plus, out: &mut out });
        Some(out)
    }
}

struct Direct<'a> {
    conv: &'a Conv,
    weights: &'a [f32],
    inputs: usize,
    input: &'a Maps,
    plus: Option<&'a [f32]>,
    out: &'a mut Maps,
}

impl SimdOp for Direct<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { conv, weights, inputs, input, plus, out } = self;
        let shape = &conv.shape;
        let along = |row: usize| (0..shape.kernel.1 * input.channels).step_by(RUN).map(move |at| row * input.row_step() + at);
        let offsets: Vec<usize> = (0..shape.kernel.0).flat_map(along).collect();
        let weights = Weights { values: weights, inputs, channels: out.channels };
        let finish = Finish { bias: Some(&conv.bias), plus, is_rectified: conv.is_rectified };
        let lines: Vec<Line> = (0..out.count * out.rows)
            .map(|n| (n / out.rows, n % out.rows))
            .map(|(picture, row)| Line { from: input.at_offset((picture, row * shape.stride.0, 0), shape.pad), to: out.at(picture, row, 0) })
            .collect();
        let mut target = Target { step: out.channels, values: &mut out.values };
        if input.channels == 1 {
            for Line { from, to } in lines {
                let lines = [0, 1, 2].map(|below| &input.values[from + below * input.row_step()..]);
                multiply_thin(isa, &Thin { lines, step: shape.stride.1, count: out.columns, to }, weights, &finish, &mut target);
            }
            return;
        }
        let at_once = (NUMBERS_AT_ONCE / (shape.kernel.0 * input.row_step())).max(1);
        for lines in lines.chunks(at_once) {
            let rows = Rows { values: &input.values, lines, step: shape.stride.1 * input.channels, count: out.columns, offsets: &offsets };
            multiply(isa, &rows, weights, &finish, &mut target);
        }
    }
}
