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
        Self { max_bytes: 32 * 1024 * 1024, max_pixels: 64_000_000 }
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
            return Err(FrameError::WrongLength { width: self.width, height: self.height, expected, got: self.rgb.len() });
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
        return Err(FrameError::TooManyBytes { len: bytes.len(), max: limits.max_bytes });
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
        return Err(FrameError::TooManyPixels { width, height, max_pixels: limits.max_pixels });
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
        return Err(FrameError::Unsupported { reason: "JPEG pictures are at most 65535 pixels on a side".to_owned() });
    }
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality.clamp(1, 100))
        .encode(&frame.rgb, frame.width, frame.height, ExtendedColorType::Rgb8)
        .map_err(|error| FrameError::Encode { reason: error.to_string() })?;
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that stumbles is a test that fails")]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, GrayImage, ImageFormat, Rgb, RgbImage};
    use proptest::prelude::*;

    use super::{DecodeLimits, Frame, FrameError, decode_image, encode_jpeg};
    use crate::Quad;

    fn picture(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| Rgb([(x * 7 % 256) as u8, (y * 5 % 256) as u8, 90]))
    }

    fn written(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.into().write_to(&mut bytes, format).expect("an in-memory picture is written");
        bytes.into_inner()
    }

    fn decoded(bytes: &[u8]) -> Result<Frame, FrameError> {
        decode_image(bytes, &DecodeLimits::default())
    }

    #[test]
    fn a_png_comes_back_pixel_for_pixel() {
        let image = picture(31, 17);
        let frame = decoded(&written(image.clone(), ImageFormat::Png)).expect("a good PNG");
        assert_eq!((frame.width, frame.height, frame.rgb), (31, 17, image.into_raw()));
    }

    #[test]
    fn grey_and_sixteen_bit_pictures_become_rgb() {
        let grey = decoded(&written(GrayImage::from_pixel(8, 8, image::Luma([77])), ImageFormat::Jpeg)).expect("a grey JPEG");
        assert!(grey.rgb.iter().all(|level| level.abs_diff(77) <= 2));
        let deep = DynamicImage::ImageRgb8(picture(9, 5)).into_rgb16();
        assert_eq!(decoded(&written(deep, ImageFormat::Png)).map(|f| f.rgb), Ok(picture(9, 5).into_raw()));
    }

    #[test]
    fn the_format_is_taken_from_the_content() {
        assert_eq!(decoded(b""), Err(FrameError::Empty));
        assert_eq!(decoded(b"GIF89a\x01\x00\x01\x00"), Err(FrameError::UnknownFormat));
        assert_eq!(decoded(b"holiday.jpg"), Err(FrameError::UnknownFormat));
    }

    #[test]
    fn a_picture_cut_short_is_refused_with_a_reason() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            let whole = written(picture(64, 64), format);
            let cut = &whole[..40];
            assert!(
                matches!(decoded(cut), Err(FrameError::Truncated | FrameError::Damaged { .. })),
                "{format:?}: {:?}",
                decoded(cut)
            );
        }
        let whole = written(picture(64, 64), ImageFormat::Png);
        assert_eq!(decoded(&whole[..whole.len() / 2]), Err(FrameError::Truncated));
    }

    #[test]
    fn an_image_bomb_is_refused_from_its_header() {
        let mut bomb = written(picture(4, 4), ImageFormat::Png);
        bomb[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
        let crc = crc32(&bomb[12..29]).to_be_bytes();
        bomb[29..33].copy_from_slice(&crc);
        assert_eq!(decoded(&bomb), Err(FrameError::TooManyPixels { width: 65_535, height: 65_535, max_pixels: 64_000_000 }));
    }

    #[test]
    fn too_many_bytes_are_refused_before_they_are_looked_at() {
        let limits = DecodeLimits { max_bytes: 10, ..DecodeLimits::default() };
        assert_eq!(decode_image(&[0xff; 11], &limits), Err(FrameError::TooManyBytes { len: 11, max: 10 }));
    }

    #[test]
    fn a_picture_taken_sideways_is_turned_upright() {
        let plain = written(picture(24, 16), ImageFormat::Jpeg);
        // A big-endian EXIF block with one entry: orientation 6, turn a quarter to the right.
        let exif: &[u8] = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let mut turned = plain[..2].to_vec();
        turned.extend([0xff, 0xe1]);
        turned.extend(u16::try_from(exif.len() + 2).expect("short").to_be_bytes());
        turned.extend(exif);
        turned.extend(&plain[2..]);
        assert_eq!(decoded(&turned).map(|f| (f.width, f.height)), Ok((16, 24)));
    }

    #[test]
    fn a_jpeg_round_trip_keeps_size_and_roughly_the_colours() {
        let frame = Frame::new(40, 30, vec![128; 3600]).expect("a grey frame");
        let back = decoded(&encode_jpeg(&frame, 90).expect("encodes")).expect("decodes");
        assert_eq!((back.width, back.height), (40, 30));
        assert!(back.rgb.iter().all(|level| level.abs_diff(128) <= 3));
    }

    #[test]
    fn a_frame_must_hold_what_it_says() {
        assert!(matches!(Frame::new(4, 4, vec![0; 47]), Err(FrameError::WrongLength { expected: 48, got: 47, .. })));
        assert_eq!(Frame::new(0, 4, Vec::new()), Err(FrameError::Empty));
        let forged = Frame { width: 9, height: 9, rgb: vec![0; 3] };
        assert!(encode_jpeg(&forged, 80).is_err());
    }

    #[test]
    fn evidence_is_cut_out_with_its_surroundings() {
        let frame = Frame::new(100, 50, picture(100, 50).into_raw()).expect("a frame");
        let cut = frame.crop(&Quad::from_box(40.0, 20.0, 20.0, 10.0), 0.5);
        assert_eq!((cut.width, cut.height), (40, 20));
        assert_eq!(cut.rgb.first(), Some(&210));
    }

    /// The checksum that PNG chunks carry.
    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xedb8_8320 } else { c >> 1 })
        })
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), head in 0..3) {
            let mut whole = match head { 0 => vec![0xff, 0xd8, 0xff], 1 => b"\x89PNG\r\n\x1a\n".to_vec(), _ => Vec::new() };
            whole.extend(bytes);
            let _ = decoded(&whole);
        }

        #[test]
        fn damaged_pictures_never_panic(spots in proptest::collection::vec((0..2000_usize, any::<u8>()), 1..12), cut in 0..2000_usize, is_png: bool) {
            let mut bytes = written(picture(48, 20), if is_png { ImageFormat::Png } else { ImageFormat::Jpeg });
            for (at, value) in spots {
                let length = bytes.len();
                bytes[at % length] = value;
            }
            bytes.truncate(bytes.len().max(1) - cut.min(bytes.len() / 2));
            let _ = decoded(&bytes);
        }

        #[test]
        fn any_quad_crops_to_a_whole_frame(corners: [(f32, f32); 4], margin: f32) {
            let frame = Frame::new(20, 10, vec![1; 600]).expect("a frame");
            let cut = frame.crop(&Quad { corners }, margin);
            prop_assert!(Frame::new(cut.width, cut.height, cut.rgb).is_ok());
        }
    }
}
