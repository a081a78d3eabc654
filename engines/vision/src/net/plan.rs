//! From the ONNX file to a list of steps.
//!
//! The file is part of the program or was given by whoever runs it; what it says is checked all the same, so that a wrong one
//! is refused and never misread.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use rten_onnx::onnx::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto};

use super::conv::{Conv, Shape};
use super::maps::{Maps, Spare};

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    #[error("the file is no ONNX model: {0}")]
    Unreadable(String),
    #[error("the network does what this cannot: {0}")]
    Unknown(String),
    #[error("{rows}×{columns} is a size that the network does not take")]
    Size { rows: usize, columns: usize },
}

enum Step {
    Conv { conv: Box<Conv>, from: usize, plus: Option<usize> },
    /// Adds `half`, each of its pixels four times.
    AddDoubled { whole: usize, half: usize },
}

/// Pictures that go through the network together. Each takes some 200 kB of a layer before and behind it, and the weights of the layer must find room beside them.
const TOGETHER_MAX: usize = 8;

/// A network that was understood.
pub struct Net {
    /// Each makes the picture of the next number; number 0 comes in.
    steps: Vec<Step>,
    /// The last step that needs a picture.
    needed_until: Vec<usize>,
    channels_out: usize,
    is_log_softmax: bool,
    /// Of the run before; a second one at the same time makes its own.
    spare: Mutex<Spare>,
}

impl Net {
    /// # Errors
    /// When the file is none, or holds another operation, another kind of convolution or another order than our networks do.
    pub fn parse(onnx: &[u8]) -> Result<Self, NetError> {
        let model = ModelProto::parse_buf(onnx).map_err(|error| NetError::Unreadable(error.to_string()))?;
        let graph = model.graph.ok_or_else(|| NetError::Unreadable("it holds no graph".to_owned()))?;
        let mut reader = Reader::of(&graph)?;
        for node in &graph.node {
            reader.take(node)?;
        }
        let out = graph.output.first().and_then(|value| value.name.as_deref()).unwrap_or_default();
        match reader.names.get(out) {
            Some(Value::Picture(number)) if *number == reader.steps.len() => {}
            _ => return Err(unknown("its result is not what its last step makes")),
        }
        let Some(Step::Conv { conv, .. }) = reader.steps.last() else { return Err(unknown("it ends in no convolution")) };
        let channels_out = conv.shape.channels_out;
        let mut needed_until = vec![0; reader.steps.len() + 1];
        for (index, step) in reader.steps.iter().enumerate() {
            let needs = match step {
                Step::Conv { from, plus, .. } => [Some(*from), *plus],
                Step::AddDoubled { whole, half } => [Some(*whole), Some(*half)],
            };
            for number in needs.into_iter().flatten() {
                if let Some(until) = needed_until.get_mut(number) {
                    *until = index;
                }
            }
        }
        Ok(Self { steps: reader.steps, needed_until, channels_out, is_log_softmax: reader.is_log_softmax, spare: Mutex::default() })
    }

    /// Grey pictures of one size through the network, one after the other; so come the answers, each channel after channel.
    ///
    /// # Errors
    /// When there is no picture, it is too small for the network, or its sides do not divide as the network needs them to.
    pub fn run(&self, rows: usize, columns: usize, levels: &[f32]) -> Result<Vec<f32>, NetError> {
        let wrong = || NetError::Size { rows, columns };
        let size = rows * columns;
        if size == 0 || levels.is_empty() || !levels.len().is_multiple_of(size) {
            return Err(wrong());
        }
        let mut spare = std::mem::take(&mut *self.spare.lock().unwrap_or_else(PoisonError::into_inner));
        let count = levels.len() / size;
        let at_once = count.div_ceil(count.div_ceil(TOGETHER_MAX));
        let mut out = Vec::new();
        for some in levels.chunks(at_once * size) {
            out.append(&mut self.run_some(rows, columns, some, &mut spare).ok_or_else(wrong)?);
        }
        *self.spare.lock().unwrap_or_else(PoisonError::into_inner) = spare;
        Ok(out)
    }

    /// As many as go through together.
    fn run_some(&self, rows: usize, columns: usize, levels: &[f32], spare: &mut Spare) -> Option<Vec<f32>> {
        let count = levels.len() / (rows * columns);
        let apart = if count == 1 { self.steps.len() } else { self.apart_until(rows, columns)? };
        let mut together: Vec<Maps> = Vec::new();
        for (number, picture) in levels.chunks_exact(rows * columns).enumerate() {
            let mut single = vec![Maps::from_grey(rows, columns, picture, spare)];
            self.go(0..apart, &mut single, spare)?;
            if count == 1 {
                together = single;
                break;
            }
            if number == 0 {
                // What no later step needs is empty.
                let room = |one: &Maps| if one.values.is_empty() { Maps::default() } else { Maps::framed(count, one.rows, one.columns, one.channels, spare) };
                together = single.iter().map(room).collect();
            }
            for (all, one) in together.iter_mut().zip(single) {
                all.put(number, &one);
                spare.give(one.values);
            }
        }
        self.go(apart..self.steps.len(), &mut together, spare)?;
        let last = together.pop()?;
        let mut out = last.planes(self.channels_out);
        if self.is_log_softmax {
            let places = last.rows * last.columns;
            for planes in out.chunks_exact_mut((self.channels_out * places).max(1)) {
                log_softmax(planes, places);
            }
        }
        spare.give(last.values);
        Some(out)
    }

    /// The first step whose weights are more than the numbers of a picture that it takes: from there on pictures go together, so that the weights are read
    /// once for all. Before it the pictures of one leave the cache to those of the next.
    fn apart_until(&self, rows: usize, columns: usize) -> Option<usize> {
        let mut sizes = vec![(rows, columns)];
        for (index, step) in self.steps.iter().enumerate() {
            let made = match step {
                Step::Conv { conv, from, .. } => {
                    let taken = *sizes.get(*from)?;
                    if conv.shape.weights_per_channel() > taken.0 * taken.1 {
                        return Some(index);
                    }
                    conv.shape.size_out(taken.0, taken.1)?
                }
                Step::AddDoubled { whole, .. } => *sizes.get(*whole)?,
            };
            sizes.push(made);
        }
        Some(self.steps.len())
    }

    /// Some of the steps; `pictures` are those that were made before, by their numbers.
    fn go(&self, steps: Range<usize>, pictures: &mut Vec<Maps>, spare: &mut Spare) -> Option<()> {
        for (index, step) in self.steps.iter().enumerate().take(steps.end).skip(steps.start) {
            let made = match step {
                Step::Conv { conv, from, plus } => {
                    let plus = plus.and_then(|number| pictures.get(number));
                    conv.run(pictures.get(*from)?, plus, spare)?
                }
                Step::AddDoubled { whole, half } => {
                    let is_last = self.needed_until.get(*whole) == Some(&index);
                    let slot = pictures.get_mut(*whole)?;
                    let mut sum = if is_last { std::mem::take(slot) } else { slot.clone() };
                    let half = pictures.get(*half)?;
                    if (half.count, half.rows * 2, half.columns * 2, half.channels) != (sum.count, sum.rows, sum.columns, sum.channels) {
                        return None;
                    }
                    sum.add_doubled(half);
                    sum
                }
            };
            for (picture, until) in pictures.iter_mut().zip(&self.needed_until) {
                if *until <= index {
                    spare.give(std::mem::take(picture).values);
                }
            }
            pictures.push(made);
        }
        Some(())
    }
}

/// Over the channels of each of `places`.
fn log_softmax(planes: &mut [f32], places: usize) {
    for place in 0..places {
        let of = |values: &[f32]| values.iter().skip(place).step_by(places).copied().collect::<Vec<f32>>();
        let column = of(planes);
        let most = column.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let all = column.iter().map(|value| (value - most).exp()).sum::<f32>().ln() + most;
        for value in planes.iter_mut().skip(place).step_by(places) {
            *value -= all;
        }
    }
}

fn unknown(what: impl Into<String>) -> NetError {
    NetError::Unknown(what.into())
}

#[derive(Clone, Copy)]
enum Value {
    Picture(usize),
    /// A picture of which each pixel is meant four times.
    Doubled(usize),
    Constant,
}

struct Reader<'a> {
    tensors: HashMap<&'a str, &'a TensorProto>,
    names: HashMap<String, Value>,
    steps: Vec<Step>,
    is_log_softmax: bool,
}

impl<'a> Reader<'a> {
    fn of(graph: &'a GraphProto) -> Result<Self, NetError> {
        let tensors: HashMap<&str, &TensorProto> =
            graph.initializer.iter().filter_map(|tensor| Some((tensor.name.as_deref()?, tensor))).collect();
        let mut inputs = graph.input.iter().filter_map(|value| value.name.clone()).filter(|name| !tensors.contains_key(name.as_str()));
        let (Some(input), None) = (inputs.next(), inputs.next()) else { return Err(unknown("it takes more than one picture")) };
        Ok(Self { tensors, names: HashMap::from([(input, Value::Picture(0))]), steps: Vec::new(), is_log_softmax: false })
    }

    fn take(&mut self, node: &NodeProto) -> Result<(), NetError> {
        let operation = node.op_type.as_deref().unwrap_or_default();
        let first = node.input.first().map(String::as_str).unwrap_or_default();
        if self.is_log_softmax {
            return Err(unknown(format!("{operation} after LogSoftmax")));
        }
        let value = match operation {
            "Conv" => self.conv(node)?,
            "Relu" => {
                let number = self.picture(first)?;
                self.newest(number)?.is_rectified = true;
                Value::Picture(number)
            }
            "Add" => self.add(node)?,
            "Resize" => {
                let mode = attribute(node, "mode").and_then(|mode| mode.s.as_deref());
                let rounding = attribute(node, "nearest_mode").and_then(|mode| mode.s.as_deref());
                let place = attribute(node, "coordinate_transformation_mode").and_then(|mode| mode.s.as_deref());
                if (mode, rounding, place) != (Some("nearest"), Some("floor"), Some("asymmetric")) {
                    return Err(unknown("a Resize that is not the nearest pixel"));
                }
                // By how much is seen when it is added: only the double fits.
                Value::Doubled(self.picture(first)?)
            }
            "Constant" => Value::Constant,
            "Squeeze" | "Cast" => Value::Picture(self.picture(first)?),
            "LogSoftmax" if attribute(node, "axis").and_then(|axis| axis.i) == Some(1) => {
                self.is_log_softmax = true;
                Value::Picture(self.picture(first)?)
            }
            other => return Err(unknown(format!("operation {other:?}"))),
        };
        let name = node.output.first().cloned().ok_or_else(|| unknown("a step without a result"))?;
        self.names.insert(name, value);
        Ok(())
    }

    fn picture(&self, name: &str) -> Result<usize, NetError> {
        match self.names.get(name) {
            Some(Value::Picture(number)) => Ok(*number),
            _ => Err(unknown(format!("{name:?} is used before it is made"))),
        }
    }

    /// The convolution that was read last, if it made this picture and is not finished.
    fn newest(&mut self, number: usize) -> Result<&mut Conv, NetError> {
        let is_newest = number == self.steps.len();
        match self.steps.last_mut() {
            Some(Step::Conv { conv, .. }) if is_newest && !conv.is_rectified => Ok(conv),
            _ => Err(unknown("a step that does not follow its convolution")),
        }
    }

    fn add(&mut self, node: &NodeProto) -> Result<Value, NetError> {
        let [a, b] = node.input.as_slice() else { return Err(unknown("an Add of more than two")) };
        let value = |name: &str| self.names.get(name).copied().ok_or_else(|| unknown(format!("{name:?} is used before it is made")));
        match (value(a)?, value(b)?) {
            (Value::Picture(whole), Value::Doubled(half)) | (Value::Doubled(half), Value::Picture(whole)) => {
                self.steps.push(Step::AddDoubled { whole, half });
            }
            (Value::Picture(a), Value::Picture(b)) => {
                let (straight, newest) = if a < b { (a, b) } else { (b, a) };
                self.newest(newest)?;
                match self.steps.last_mut() {
                    Some(Step::Conv { plus, .. }) if plus.is_none() && straight != newest => *plus = Some(straight),
                    _ => return Err(unknown("an Add of three")),
                }
            }
            _ => return Err(unknown("an Add of something else than pictures")),
        }
        Ok(Value::Picture(self.steps.len()))
    }

    fn conv(&mut self, node: &NodeProto) -> Result<Value, NetError> {
        let [input, weights, bias] = node.input.as_slice() else { return Err(unknown("a convolution without bias")) };
        let from = self.picture(input)?;
        let weights = self.tensors.get(weights.as_str()).ok_or_else(|| unknown("a convolution without weights"))?;
        let size = |n: i64| usize::try_from(n).unwrap_or(0);
        let &[out, channels_in, high, wide] = weights.dims.as_slice() else { return Err(unknown("weights of another shape")) };
        let pair = |name: &str, otherwise: i64| match attribute(node, name).map(|a| a.ints.as_slice()) {
            None | Some([]) => Ok((size(otherwise), size(otherwise))),
            Some(&[y, x]) => Ok((size(y), size(x))),
            Some(&[top, left, bottom, right]) if (top, left) == (bottom, right) => Ok((size(top), size(left))),
            Some(_) => Err(unknown(format!("a convolution with lopsided {name}"))),
        };
        let shape = Shape {
            channels_in: size(channels_in),
            channels_out: size(out),
            kernel: (size(high), size(wide)),
            stride: pair("strides", 1)?,
            pad: pair("pads", 0)?,
        };
        let is_plain = pair("dilations", 1)? == (1, 1) && attribute(node, "group").and_then(|group| group.i).unwrap_or(1) == 1;
        let comes = match self.steps.get(from.wrapping_sub(1)) {
            _ if from == 0 => 1,
            Some(Step::Conv { conv, .. }) => conv.shape.channels_out,
            Some(Step::AddDoubled { .. }) => shape.channels_in,
            None => 0,
        };
        if !is_plain || !shape.is_possible() || comes != shape.channels_in {
            return Err(unknown("a convolution of another kind"));
        }
        let (weights, bias) = (numbers(weights)?, numbers(self.tensors.get(bias.as_str()).ok_or_else(|| unknown("no bias"))?)?);
        let count = shape.channels_out * shape.channels_in * shape.kernel.0 * shape.kernel.1;
        if weights.len() != count || bias.len() != shape.channels_out {
            return Err(unknown("weights that are not as many as their shape says"));
        }
        self.steps.push(Step::Conv { conv: Box::new(Conv::new(shape, &weights, bias)), from, plus: None });
        Ok(Value::Picture(self.steps.len()))
    }
}

fn attribute<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name.as_deref() == Some(name))
}

fn numbers(tensor: &TensorProto) -> Result<Vec<f32>, NetError> {
    const FLOAT: i32 = 1;
    if tensor.data_type.map(|kind| kind.0) != Some(FLOAT) {
        return Err(unknown("weights that are not 32-bit floats"));
    }
    Ok(match &tensor.raw_data {
        Some(raw) => raw.borrow().chunks_exact(4).map(|bytes| f32::from_le_bytes(std::array::from_fn(|at| bytes.get(at).copied().unwrap_or(0)))).collect(),
        None => tensor.float_data.clone(),
    })
}
