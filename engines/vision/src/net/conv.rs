//! One convolution: the direct way, row by row.

#![allow(clippy::indexing_slicing, reason = "the lines under a kernel lie inside the picture's margins")]

use std::sync::OnceLock;

use rten_simd::ops::BitOps;
use rten_simd::{Isa, SimdOp};

use super::maps::{BEFORE, LANES_MAX, Maps, Spare};
use super::tile::{Finish, RUN, Rows, Target, Thin, Weights, multiply, multiply_thin, packed};
use super::winograd::{Four, Two, Winograd};

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

    pub fn padded_out(&self) -> usize {
        self.channels_out.next_multiple_of(LANES_MAX)
    }

    fn size_out(&self, rows: usize, columns: usize) -> Option<(usize, usize)> {
        let side = |size: usize, kernel: usize, stride: usize, pad: usize| {
            (size + 2 * pad).checked_sub(kernel).map(|room| room / stride + 1)
        };
        Some((
            side(rows, self.kernel.0, self.stride.0, self.pad.0)?,
            side(columns, self.kernel.1, self.stride.1, self.pad.1)?,
        ))
    }
}

/// From so many tiles of four by four results on the quickest way is the quickest: with fewer it waits for its weights.
const FOUR_TILES_MIN: usize = 60;

enum Way {
    Direct { weights: Vec<f32>, inputs: usize },
    /// Three by three: the second is made when the first large picture comes, and from these weights.
    Quick { two: Winograd<Two, 2, 4>, four: OnceLock<Winograd<Four, 4, 6>>, weights: Vec<f32> },
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
        let is_quick = shape.kernel == (3, 3) && shape.stride == (1, 1) && shape.pad == (1, 1) && shape.channels_in > 1;
        let way = if is_quick {
            Way::Quick { two: Winograd::new(&shape, weights, lanes), four: OnceLock::new(), weights: weights.to_vec() }
        } else {
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
            Way::Direct { weights: packed(&ordered, shape.channels_out, inputs, lanes), inputs }
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
        let mut out = Maps::framed(rows, columns, self.shape.padded_out(), spare);
        let is_fitting = plus.is_none_or(|plus| (plus.rows, plus.columns, plus.channels) == (out.rows, out.columns, out.channels));
        if input.channels != self.shape.padded_in() || !is_fitting {
            return None;
        }
        let plus = plus.map(|plus| plus.values.as_slice());
        match &self.way {
            Way::Direct { weights, inputs } => vectors.run(Direct { conv: self, weights, inputs: *inputs, input, plus, out: &mut out }),
            Way::Quick { four, weights, .. } if rows.div_ceil(4) * columns.div_ceil(4) >= FOUR_TILES_MIN => {
                let four = four.get_or_init(|| Winograd::new(&self.shape, weights, vectors.run(Lanes)));
                four.run(vectors, self, input, plus, &mut out, spare);
            }
            Way::Quick { two, .. } => two.run(vectors, self, input, plus, &mut out, spare),
        }
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
        for row in 0..out.rows {
            let from = input.at_offset(row * shape.stride.0, 0, shape.pad.0, shape.pad.1);
            let (base, step, count) = (out.at(row, 0), out.channels, out.columns);
            let mut target = Target { values: &mut out.values, base, step };
            if input.channels == 1 {
                let lines = [0, 1, 2].map(|below| &input.values[from + below * input.row_step()..]);
                multiply_thin(isa, &Thin { lines, step: shape.stride.1, count }, weights, &finish, &mut target);
            } else {
                let rows = Rows { values: &input.values, base: from, step: shape.stride.1 * input.channels, count, offsets: &offsets };
                multiply(isa, &rows, weights, &finish, &mut target);
            }
        }
    }
}
