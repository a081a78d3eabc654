//! Detects, rectifies and reads the plates of one frame.

use crate::{Frame, PlateRead, Quad};

#[derive(Debug, thiserror::Error)]
pub enum VisionError {
    #[error("the embedded {which} model does not load: {reason}; rebuild it with training/make.py export")]
    Model { which: &'static str, reason: String },
    #[error("the {which} network failed: {reason}")]
    Inference { which: &'static str, reason: String },
    #[error("the frame says {width}×{height} but holds {len} bytes; make frames with Frame::new")]
    FrameShape { width: u32, height: u32, len: usize },
}

/// How much work is spent on a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct RecogniserConfig {
    /// The longer side in pixels that a frame is shrunk to for the detector; `None` chooses by frame size.
    pub input_long_side: Option<u32>,
    /// Detections below this score are dropped.
    pub min_detector_score: f32,
    /// Reads below this confidence are dropped.
    pub min_confidence: f32,
    /// At most so many plates are read per frame, best detections first.
    pub max_plates: usize,
    /// Threads for the networks; one is the measured default, so that an agent with four cameras uses four cores.
    pub threads: usize,
}

impl Default for RecogniserConfig {
    fn default() -> Self {
        Self {
            input_long_side: None,
            min_detector_score: 0.35,
            min_confidence: 0.1,
            max_plates: 16,
            threads: 1,
        }
    }
}

/// A place where a plate seems to be, before it is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    pub quad: Quad,
    /// 0 to 1.
    pub score: f32,
}

/// The two networks, loaded once; it is shared between threads by reference.
pub struct Recogniser {
    config: RecogniserConfig,
}

impl Recogniser {
    pub fn load() -> Result<Self, VisionError> {
        Self::with_config(RecogniserConfig::default())
    }

    pub fn with_config(config: RecogniserConfig) -> Result<Self, VisionError> {
        Ok(Self { config })
    }

    /// The plates of one frame, best first.
    pub fn recognise(&self, frame: &Frame) -> Result<Vec<PlateRead>, VisionError> {
        let _ = (&self.config, frame);
        Ok(Vec::new())
    }

    /// Where plates are, unread; for drawing, for measuring, and for cropping evidence.
    pub fn detect(&self, frame: &Frame) -> Result<Vec<Detection>, VisionError> {
        let _ = frame;
        Ok(Vec::new())
    }
}
