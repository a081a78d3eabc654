//! One convolution: the direct way, row by row.

use rten_simd::ops::BitOps;
use rten_simd::{Isa, SimdOp};

use super::maps::{LANES_MAX, MARGIN, Maps, Spare};
use super::tile::{Finish, Rows, Target, Weights, multiply, packed};
use super::winograd::Winograd;

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
    /// Whether the pictures' margin is wide enough and the numbers are such as a convolution has.
    pub fn is_possible(&self) -> bool {
        let (kernel, stride, pad) = (self.kernel, self.stride, self.pad);
        let small = |n: usize| (1..=64).contains(&n);
        small(kernel.0) && small(kernel.1) && small(stride.0) && small(stride.1) && pad.0 <= MARGIN && pad.1 <= MARGIN
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

enum Way {
    Direct { weights: Vec<f32>, inputs: usize },
    Winograd(Winograd),
}

pub struct Conv {
    pub shape: Shape,
    pub is_rectified: bool,
    pub bias: Vec<f32>,
    way: Way,
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
    pub fn new(shape: Shape, weights: &[f32], mut bias: Vec<f32>) -> Self {
        let lanes = Lanes.dispatch();
        bias.resize(shape.padded_out(), 0.0);
        let is_quick = shape.kernel == (3, 3) && shape.stride == (1, 1) && shape.pad == (1, 1) && shape.channels_in > 1;
        let way = if is_quick {
            Way::Winograd(Winograd::new(&shape, weights, lanes))
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
        let (rows, columns) = self.shape.size_out(input.rows, input.columns)?;
        let mut out = Maps::zeros(rows, columns, self.shape.padded_out(), spare);
        let is_fitting = plus.is_none_or(|plus| plus.values.len() == out.values.len() && plus.columns == out.columns);
        if input.channels != self.shape.padded_in() || !is_fitting {
            return None;
        }
        let plus = plus.map(|plus| plus.values.as_slice());
        match &self.way {
            Way::Direct { weights, inputs } => Direct { conv: self, weights, inputs: *inputs, input, plus, out: &mut out }.dispatch(),
            Way::Winograd(winograd) => winograd.run(self, input, plus, &mut out, spare),
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
        let offsets: Vec<usize> = (0..shape.kernel.0).map(|row| row * input.row_step()).collect();
        let weights = Weights { values: weights, inputs, channels: out.channels };
        let finish = Finish { bias: Some(&conv.bias), plus, is_rectified: conv.is_rectified };
        for row in 0..out.rows {
            let rows = Rows {
                values: &input.values,
                base: input.at_offset(row * shape.stride.0, 0, shape.pad.0, shape.pad.1),
                step: shape.stride.1 * input.channels,
                count: out.columns,
                offsets: &offsets,
                length: shape.kernel.1 * input.channels,
            };
            let base = out.at(row, 0);
            let step = out.channels;
            multiply(isa, &rows, weights, &finish, &mut Target { values: &mut out.values, base, step });
        }
    }
}
