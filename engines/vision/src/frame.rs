//! Pictures as plain pixels: decoding under limits, encoding, and cutting out evidence.
//!
//! Uploaded bytes are hostile until proven otherwise. The format is taken from the content, never from a name; the
//! size is read from the header and refused before a pixel is allocated.

use std::io::Cursor;

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::PngDecoder;
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageError};

use crate::Quad;

/// One decoded picture: upright, 8-bit, three bytes a pixel, rows from the top, no padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub width: u32,
    pub height: u32,
    pub rgb: Vec<u8>,
}

/// What [`decode_image`] will take on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    pub max_bytes: usize,
    /// Checked against the header, before any pixel is allocated.
    pub max_pixels: u64,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self {
            max_bytes: 32 * 1024 * 1024,
            max_pixels: 64_000_000,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("the picture is empty")]
    Empty,
    #[error("the picture has {len} bytes, more than the limit of {max}")]
    TooManyBytes { len: usize, max: usize },
    #[error("the picture is neither JPEG nor PNG")]
    UnknownFormat,
    #[error("the picture is {width}×{height}, more than the limit of {max_pixels} pixels")]
    TooManyPixels { width: u32, height: u32, max_pixels: u64 },
    #[error("the picture ends before its content is complete")]
    Truncated,
    #[error("the picture is of a kind that is not supported: {reason}")]
    Unsupported { reason: String },
    #[error("the picture is damaged: {reason}")]
    Damaged { reason: String },
    #[error("a frame of {width}×{height} needs {expected} bytes of RGB, not {got}")]
    WrongLength { width: u32, height: u32, expected: u64, got: usize },
    #[error("the picture could not be encoded: {reason}")]
    Encode { reason: String },
}

impl Frame {
    /// Takes pixels that are already RGB, such as those of a video decoder.
    pub fn new(width: u32, height: u32, rgb: Vec<u8>) -> Result<Self, FrameError> {
        let frame = Self { width, height, rgb };
        frame.checked()?;
        Ok(frame)
    }

    pub(crate) fn checked(&self) -> Result<(), FrameError> {
        if self.width == 0 || self.height == 0 {
            return Err(FrameError::Empty);
        }
        let expected = u64::from(self.width) * u64::from(self.height) * 3;
        if u64::try_from(self.rgb.len()).ok() != Some(expected) {
            return Err(FrameError::WrongLength {
                width: self.width,
                height: self.height,
                expected,
                got: self.rgb.len(),
            });
        }
        Ok(())
    }

    /// The upright cut-out around `quad` in its own colours and perspective, for a person to compare: each side is moved
    /// out by `margin` of the plate's width or height. It is clipped to the frame and never smaller than one pixel.
    #[must_use]
    pub fn crop(&self, quad: &Quad, margin: f32) -> Self {
        let (left, top, right, bottom) = quad.bounds();
        let (pad_x, pad_y) = ((right - left) * margin, (bottom - top) * margin);
        let (x0, x1) = clip_span(left - pad_x, right + pad_x, self.width);
        let (y0, y1) = clip_span(top - pad_y, bottom + pad_y, self.height);
        let row_bytes = self.width as usize * 3;
        let mut rgb = Vec::with_capacity((x1 - x0) * (y1 - y0) * 3);
        for row in self.rgb.chunks_exact(row_bytes.max(3)).take(y1).skip(y0) {
            rgb.extend_from_slice(row.get(x0 * 3..x1 * 3).unwrap_or_default());
        }
        Self {
            width: u32::try_from(x1 - x0).unwrap_or(0),
            height: u32::try_from(rgb.len() / ((x1 - x0) * 3).max(1)).unwrap_or(0),
            rgb,
        }
    }
}

/// Whole pixels `[from, to)` that cover `low..high`, inside `0..size`, at least one wide.
fn clip_span(low: f32, high: f32, size: u32) -> (usize, usize) {
    let size_px = size as usize;
    // Float to integer casts saturate and send NaN to 0, which is what clipping wants.
    let from = (low.floor().max(0.0) as usize).min(size_px.saturating_sub(1));
    let to = (high.ceil().max(0.0) as usize).clamp((from + 1).min(size_px), size_px);
    (from, to)
}

/// Decodes a JPEG or PNG into an upright RGB frame.
///
/// EXIF orientation is applied; grey, palette, 16-bit, CMYK and transparent pictures become 8-bit RGB (transparent
/// pixels keep the colour stored under them). Animations and other formats are refused.
pub fn decode_image(bytes: &[u8], limits: &DecodeLimits) -> Result<Frame, FrameError> {
    if bytes.is_empty() {
        return Err(FrameError::Empty);
    }
    if bytes.len() > limits.max_bytes {
        return Err(FrameError::TooManyBytes {
            len: bytes.len(),
            max: limits.max_bytes,
        });
    }
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return decode_with(JpegDecoder::new(Cursor::new(bytes)).map_err(refusal)?, limits);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return decode_with(PngDecoder::new(Cursor::new(bytes)).map_err(refusal)?, limits);
    }
    Err(FrameError::UnknownFormat)
}

fn decode_with(mut decoder: impl ImageDecoder, limits: &DecodeLimits) -> Result<Frame, FrameError> {
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(FrameError::Empty);
    }
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        return Err(FrameError::TooManyPixels {
            width,
            height,
            max_pixels: limits.max_pixels,
        });
    }
    let orientation = decoder.orientation().map_err(refusal)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(refusal)?;
    picture.apply_orientation(orientation);
    let rgb = picture.into_rgb8();
    Frame::new(rgb.width(), rgb.height(), rgb.into_raw())
}

fn refusal(error: ImageError) -> FrameError {
    match error {
        ImageError::IoError(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => FrameError::Truncated,
        ImageError::Unsupported(what) => FrameError::Unsupported { reason: what.to_string() },
        other => {
            let reason = other.to_string();
            // The JPEG and PNG decoders report an early end as a format error, in words only.
            let words = reason.to_ascii_lowercase();
            if ["eof", "end of", "exhausted", "truncat", "no more bytes", "too short"].iter().any(|sign| words.contains(sign)) {
                FrameError::Truncated
            } else {
                FrameError::Damaged { reason }
            }
        }
    }
}

/// Encodes a frame as a baseline JPEG; `quality` is clamped to 1..=100.
pub fn encode_jpeg(frame: &Frame, quality: u8) -> Result<Vec<u8>, FrameError> {
    frame.checked()?;
    if frame.width > u32::from(u16::MAX) || frame.height > u32::from(u16::MAX) {
        return Err(FrameError::Unsupported {
            reason: "JPEG pictures are at most 65535 pixels on a side".to_owned(),
        });
    }
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality.clamp(1, 100))
        .encode(&frame.rgb, frame.width, frame.height, ExtendedColorType::Rgb8)
        .map_err(|error| FrameError::Encode { reason: error.to_string() })?;
    Ok(bytes)
}
