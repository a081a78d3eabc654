//! The vehicle network: a window of a frame in, its raw numbers out.
//!
//! Its weights are foreign (`models/NOTICE`). It has depth-wise convolutions, which our own code does not know, and is run by rten:
//! once per passage, never per frame.

use std::sync::Arc;

use rten::{Model, RunOptions, ThreadPool};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use super::anchors::{Anchor, Place, anchors, decode};
use crate::Frame;
use crate::area::Window;
use crate::pixels::spans;

static VEHICLES: &[u8] = include_bytes!("../../models/vehicles.onnx");

/// Width and height of what the network looks at.
pub const SIDE: usize = 300;

pub struct VehicleNet {
    model: Model,
    pool: Arc<ThreadPool>,
    anchors: Vec<Anchor>,
}

impl VehicleNet {
    /// # Errors
    /// Why the embedded file does not load.
    pub fn load(threads: usize) -> Result<Self, String> {
        let model = Model::load_static_slice(VEHICLES).map_err(|error| error.to_string())?;
        Ok(Self { model, pool: Arc::new(ThreadPool::with_num_threads(threads.clamp(1, 64))), anchors: anchors() })
    }

    /// The places in one window whose best score is at least `least`.
    ///
    /// # Errors
    /// When the network fails.
    pub fn look(&self, frame: &Frame, window: Window, least: f32) -> Result<Vec<Place>, String> {
        let values = self.run(planes(frame, window))?;
        Ok(decode(&values, &self.anchors, window, least))
    }

    pub(super) fn run(&self, input: Vec<f32>) -> Result<Vec<f32>, String> {
        let tensor = NdTensor::from_data([1, 3, SIDE, SIDE], input);
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.pool)));
        let value = self.model.run_one(tensor.view().into(), Some(options)).map_err(|error| error.to_string())?;
        let output: rten_tensor::Tensor<f32> = value.try_into().map_err(|error| format!("{error:?}"))?;
        Ok(output.to_vec())
    }
}

/// The window stretched to the network's square, as it was in training: red, then green, then blue, from -1 to 1.
pub fn planes(frame: &Frame, window: Window) -> Vec<f32> {
    let (across, down) = (spans(window.width, SIDE), spans(window.height, SIDE));
    let row_bytes = (frame.width as usize * 3).max(3);
    let mut narrow: Vec<[f32; 3]> = Vec::with_capacity(window.height * SIDE);
    for row in frame.rgb.chunks_exact(row_bytes).skip(window.top).take(window.height) {
        let (pixels, _) = row.as_chunks::<3>();
        let pixels = pixels.get(window.left..).unwrap_or_default();
        for (first, weights) in &across {
            let mut sum = [0.0; 3];
            for (pixel, weight) in pixels.iter().skip(*first).zip(weights) {
                for (total, level) in sum.iter_mut().zip(pixel) {
                    *total += f32::from(*level) * weight;
                }
            }
            narrow.push(sum);
        }
    }
    let mut planes = vec![-1.0; 3 * SIDE * SIDE];
    for (channel, plane) in planes.chunks_exact_mut(SIDE * SIDE).enumerate() {
        for (out, (first, weights)) in plane.chunks_exact_mut(SIDE).zip(&down) {
            for (row, weight) in narrow.chunks_exact(SIDE).skip(*first).zip(weights) {
                for (value, pixel) in out.iter_mut().zip(row) {
                    *value += pixel.get(channel).copied().unwrap_or(0.0) * weight * (2.0 / 255.0);
                }
            }
        }
    }
    planes
}
