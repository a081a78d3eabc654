//! A picture as a phone sends it becomes one that may be kept: recognised by its bytes, decoded within limits, made smaller,
//! turned upright and written anew as JPEG. Pure: no disk, no clock.
//!
//! Nothing but the pixels survives: no EXIF, no place, no serial number, no preview of an uncropped picture, no colour profile,
//! and nothing that was hung behind the end of the file.

use std::io::Cursor;

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::PngDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, Limits, RgbImage};

/// Enough to read a plate across a crossing; the phone's page shrinks to the same.
pub const SIDE_MAX_PX: u32 = 2_048;
/// For a row of a list.
pub const SMALL_SIDE_MAX_PX: u32 = 320;
/// What the largest common sensors give (8,160 × 6,120); more is a bomb or a panorama that nobody needs whole.
pub const PIXELS_MAX: u64 = 50_000_000;
/// Four bytes a pixel and a margin: pictures of 16 bits a channel may have half as many pixels.
const DECODED_BYTES_MAX: u64 = 256 << 20;
const QUALITY: u8 = 85;
const SMALL_QUALITY: u8 = 75;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    #[error("the picture has no bytes: take it again")]
    Empty,
    #[error("the picture is HEIC or AVIF, which not every screen can show: set the camera to JPEG, or send it from the app, which converts")]
    Heic,
    #[error("the file is no JPEG or PNG picture")]
    Kind,
    #[error("the picture moves: send one picture, no animation")]
    Animated,
    #[error("the picture has {width_px} × {height_px} pixels, {PIXELS_MAX} are the most")]
    TooLarge { width_px: u32, height_px: u32 },
    #[error("the picture ended early or is damaged ({detail}): take it again")]
    Damaged { detail: String },
}

impl PictureError {
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Empty => "dispatch.photo.empty",
            Self::Heic => "dispatch.photo.heic",
            Self::Kind => "dispatch.photo.kind",
            Self::Animated => "dispatch.photo.animated",
            Self::TooLarge { .. } => "dispatch.photo.too_many_pixels",
            Self::Damaged { .. } => "dispatch.photo.damaged",
        }
    }

    fn damaged(error: impl std::fmt::Display) -> Self {
        Self::Damaged { detail: error.to_string().chars().take(120).collect() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Jpeg,
    Png,
}

/// What may be kept: two JPEGs without anything but pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    pub large_jpeg: Vec<u8>,
    pub small_jpeg: Vec<u8>,
    /// Of the large one, upright.
    pub width_px: u32,
    pub height_px: u32,
}

/// Brands of ISO base media files that hold HEVC or AV1 stills (ISO/IEC 23008-12, annex B; AVIF 1.1, section 6).
const STILL_BRANDS: [&[u8]; 9] = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif"];

/// By the bytes: a name or a header may say anything.
fn format_of(bytes: &[u8]) -> Result<Format, PictureError> {
    match bytes {
        [] => Err(PictureError::Empty),
        [0xff, 0xd8, 0xff, ..] => Ok(Format::Jpeg),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Ok(Format::Png),
        [_, _, _, _, b'f', b't', b'y', b'p', rest @ ..] if rest.get(..4).is_some_and(|brand| STILL_BRANDS.contains(&brand)) => {
            Err(PictureError::Heic)
        }
        _ => Err(PictureError::Kind),
    }
}

/// Whether a JPEG reaches its end marker (ITU-T T.81, B.1.1.2). The decoder fills what is missing with grey and says nothing, so a
/// picture that was cut off would be kept as if it were whole. What follows the end is nobody's business: it is not kept.
fn jpeg_reaches_its_end(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        // Past entropy-coded data, in which 0xff is followed by 0x00, and past restarts.
        let Some(at) = rest.windows(2).position(|pair| matches!(pair, [0xff, marker] if !matches!(marker, 0x00 | 0x01 | 0xd0..=0xd7 | 0xff)))
        else {
            return false;
        };
        let Some(after) = rest.get(at + 1..) else { return false };
        let [marker, segment @ ..] = after else { return false };
        if *marker == 0xd9 {
            return true;
        }
        let [high, low, ..] = segment else { return false };
        let length = usize::from(u16::from_be_bytes([*high, *low])).max(2);
        let Some(next) = segment.get(length..) else { return false };
        rest = next;
    }
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    limits
}

fn failed(error: ImageError, (width_px, height_px): (u32, u32)) -> PictureError {
    match error {
        ImageError::Limits(_) => PictureError::TooLarge { width_px, height_px },
        other => PictureError::damaged(other),
    }
}

/// Decoded, and how it must be turned. Limits are checked before a pixel is.
fn decoded(mut decoder: impl ImageDecoder) -> Result<(DynamicImage, Orientation), PictureError> {
    let size = decoder.dimensions();
    let (width_px, height_px) = size;
    if u64::from(width_px) * u64::from(height_px) > PIXELS_MAX {
        return Err(PictureError::TooLarge { width_px, height_px });
    }
    decoder.set_limits(limits()).map_err(|error| failed(error, size))?;
    if decoder.total_bytes() > DECODED_BYTES_MAX {
        return Err(PictureError::TooLarge { width_px, height_px });
    }
    // What EXIF says wrongly must not lose a picture: it is shown as it was coded.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder).map_err(|error| failed(error, size))?;
    Ok((image, orientation))
}

fn read(bytes: &[u8]) -> Result<(DynamicImage, Orientation), PictureError> {
    let source = Cursor::new(bytes);
    let no_size = (0, 0);
    match format_of(bytes)? {
        Format::Jpeg => {
            if !jpeg_reaches_its_end(bytes) {
                return Err(PictureError::damaged("it has no end"));
            }
            decoded(JpegDecoder::new(source).map_err(|error| failed(error, no_size))?)
        }
        Format::Png => {
            let decoder = PngDecoder::with_limits(source, limits()).map_err(|error| failed(error, no_size))?;
            if decoder.is_apng().map_err(PictureError::damaged)? {
                return Err(PictureError::Animated);
            }
            decoded(decoder)
        }
    }
}

/// At most so many pixels on the longer side; never larger than it was.
fn within(image: DynamicImage, side_px: u32) -> DynamicImage {
    if image.width().max(image.height()) <= side_px { image } else { image.thumbnail(side_px, side_px) }
}

fn jpeg_of(image: &RgbImage, quality: u8) -> Result<Vec<u8>, PictureError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(image).map_err(PictureError::damaged)?;
    Ok(bytes)
}

/// Takes some 100 ms for a phone's picture: never on a thread that answers requests.
///
/// # Errors
/// What is wrong with it; nothing was kept.
pub fn prepare(bytes: &[u8]) -> Result<Prepared, PictureError> {
    let (image, orientation) = read(bytes)?;
    // Smaller first: turning costs as much as the picture is large.
    let mut image = within(image, SIDE_MAX_PX);
    image.apply_orientation(orientation);
    let large = image.into_rgb8();
    let (width_px, height_px) = large.dimensions();
    let large_jpeg = jpeg_of(&large, QUALITY)?;
    let small = within(DynamicImage::ImageRgb8(large), SMALL_SIDE_MAX_PX).into_rgb8();
    Ok(Prepared { large_jpeg, small_jpeg: jpeg_of(&small, SMALL_QUALITY)?, width_px, height_px })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use image::{ImageFormat, Rgb, Rgba, RgbaImage};
    use proptest::prelude::*;

    use super::*;

    /// Red at the top left, blue elsewhere.
    fn marked(width_px: u32, height_px: u32) -> RgbImage {
        RgbImage::from_fn(width_px, height_px, |x, y| {
            if x < width_px / 2 && y < height_px / 2 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) }
        })
    }

    fn coded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        image.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    fn jpeg(width_px: u32, height_px: u32) -> Vec<u8> {
        coded(&DynamicImage::ImageRgb8(marked(width_px, height_px)), ImageFormat::Jpeg)
    }

    /// The same JPEG with an APP1 segment of EXIF: orientation, and a text that must not survive.
    fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0".to_vec();
        exif.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]);
        exif.extend(b"GPS 23.03N 120.25E serial 4711");
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
    }

    fn holds(bytes: &[u8], text: &[u8]) -> bool {
        bytes.windows(text.len()).any(|window| window == text)
    }

    fn is_red(jpeg: &[u8], x: u32, y: u32) -> bool {
        let Rgb([red, _, blue]) = *image::load_from_memory(jpeg).unwrap().into_rgb8().get_pixel(x, y);
        red > 150 && blue < 100
    }

    #[test]
    fn a_photo_is_turned_upright_and_loses_all_that_is_not_a_pixel() {
        let sent = with_exif(&jpeg(160, 80), 6);
        assert!(holds(&sent, b"serial 4711"));
        let kept = prepare(&sent).unwrap();
        // Orientation 6: what is coded must be turned by 90° clockwise.
        assert_eq!((kept.width_px, kept.height_px), (80, 160));
        assert!(is_red(&kept.large_jpeg, 60, 20) && !is_red(&kept.large_jpeg, 20, 20), "the red corner is at the top right");
        for bytes in [&kept.large_jpeg, &kept.small_jpeg] {
            assert!(!holds(bytes, b"Exif") && !holds(bytes, b"GPS") && !holds(bytes, b"4711"));
        }
    }

    #[test]
    fn a_large_photo_is_made_smaller_and_a_small_one_is_not_made_larger() {
        let kept = prepare(&jpeg(4_100, 100)).unwrap();
        assert_eq!(kept.width_px, SIDE_MAX_PX);
        let small = image::load_from_memory(&kept.small_jpeg).unwrap();
        assert_eq!(small.width(), SMALL_SIDE_MAX_PX);
        let kept = prepare(&jpeg(40, 30)).unwrap();
        assert_eq!((kept.width_px, kept.height_px), (40, 30));
    }

    #[test]
    fn png_grey_and_transparent_pictures_come_out_as_jpeg() {
        let clear = DynamicImage::ImageRgba8(RgbaImage::from_pixel(20, 10, Rgba([9, 200, 9, 255])));
        let grey = DynamicImage::ImageLuma16(image::ImageBuffer::from_pixel(20, 10, image::Luma([30_000])));
        for sent in [coded(&clear, ImageFormat::Png), coded(&grey, ImageFormat::Png)] {
            let kept = prepare(&sent).unwrap();
            assert_eq!((kept.width_px, kept.height_px, format_of(&kept.large_jpeg)), (20, 10, Ok(Format::Jpeg)));
        }
    }

    /// 8 × 8 pixels of four components, all coefficients zero, marked as CMYK by Adobe's segment.
    fn cmyk() -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xee, 0, 14];
        bytes.extend(b"Adobe\0\x64\0\0\0\0\0");
        bytes.extend([0xff, 0xdb, 0, 67, 0]);
        bytes.extend([1; 64]);
        bytes.extend([0xff, 0xc0, 0, 20, 8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0]);
        for class in [0x00, 0x10] {
            bytes.extend([0xff, 0xc4, 0, 20, class, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        }
        bytes.extend([0xff, 0xda, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0, 0x00, 0xff, 0xd9]);
        bytes
    }

    #[test]
    fn a_cmyk_picture_is_kept_in_colours_that_screens_have() {
        let kept = prepare(&cmyk()).unwrap();
        assert_eq!((kept.width_px, kept.height_px), (8, 8));
        assert!(matches!(image::load_from_memory(&kept.large_jpeg).unwrap(), DynamicImage::ImageRgb8(_)));
    }

    /// A PNG that says it is larger than anything, with nothing behind.
    fn huge_png() -> Vec<u8> {
        let mut bytes = coded(&DynamicImage::ImageRgb8(marked(8, 8)), ImageFormat::Png);
        bytes[16..20].copy_from_slice(&10_000_u32.to_be_bytes());
        bytes[20..24].copy_from_slice(&10_000_u32.to_be_bytes());
        let crc = crc32(&bytes[12..29]).to_be_bytes();
        bytes[29..33].copy_from_slice(&crc);
        bytes
    }

    /// CRC of ISO 3309, as PNG has it.
    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
        })
    }

    /// A PNG with the chunk that makes it move, before its pixels.
    fn moving_png() -> Vec<u8> {
        let still = coded(&DynamicImage::ImageRgb8(marked(8, 8)), ImageFormat::Png);
        let chunk = b"acTL\0\0\0\x02\0\0\0\0";
        [&still[..33], &8_u32.to_be_bytes(), chunk, &crc32(chunk).to_be_bytes(), &still[33..]].concat()
    }

    #[test]
    fn each_kind_of_rubbish_is_told_apart() {
        let whole = jpeg(64, 64);
        let mut heic = b"\0\0\0\x18ftypheic".to_vec();
        heic.extend([0; 40]);
        let mut wide = jpeg(64, 64);
        // The frame header says 65,000 × 65,000.
        let frame = wide.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        wide[frame + 5..frame + 9].copy_from_slice(&[0xfd, 0xe8, 0xfd, 0xe8]);
        for (bytes, key) in [
            (Vec::new(), "dispatch.photo.empty"),
            (heic, "dispatch.photo.heic"),
            (b"GIF89a".to_vec(), "dispatch.photo.kind"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), "dispatch.photo.kind"),
            (b"%PDF-1.7".to_vec(), "dispatch.photo.kind"),
            (whole[..whole.len() / 2].to_vec(), "dispatch.photo.damaged"),
            (whole[..whole.len() - 2].to_vec(), "dispatch.photo.damaged"),
            (whole[..3].to_vec(), "dispatch.photo.damaged"),
            (wide, "dispatch.photo.too_many_pixels"),
            (huge_png(), "dispatch.photo.too_many_pixels"),
            (moving_png(), "dispatch.photo.animated"),
        ] {
            assert_eq!(prepare(&bytes).map_err(|error| error.key()).map(|_| ()), Err(key), "{:?}", &bytes[..bytes.len().min(16)]);
        }
    }

    #[test]
    fn what_hangs_behind_the_end_is_no_part_of_the_picture() {
        let sent = [jpeg(64, 64), b"a film of three seconds".to_vec()].concat();
        assert!(!holds(&prepare(&sent).unwrap().large_jpeg, b"film"));
    }

    #[test]
    fn exif_that_lies_about_itself_changes_nothing_but_itself() {
        for orientation in [0, 9, 255] {
            assert_eq!(prepare(&with_exif(&jpeg(16, 8), orientation)).unwrap().width_px, 16);
        }
        // A directory far beyond the segment, and one that says it has 65,535 entries.
        for directory in [[0xff, 0xff, 0xff, 0x7f], [0x08, 0, 0, 0]] {
            let mut sent = with_exif(&jpeg(16, 8), 6);
            sent[16..20].copy_from_slice(&directory);
            sent[20..22].copy_from_slice(&[0xff, 0xff]);
            assert!(prepare(&sent).is_ok());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn rubbish_is_refused_and_never_panics(head in 0_usize..5, rest in prop::collection::vec(any::<u8>(), 0..200)) {
            let heads: [&[u8]; 5] = [b"", &[0xff, 0xd8, 0xff], b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x18ftyp"];
            let _ = prepare(&[heads[head], &rest].concat());
        }

        #[test]
        fn a_picture_with_changed_bytes_is_refused_or_comes_out_as_a_plain_jpeg(
            which in 0_usize..2,
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
            cut in any::<prop::sample::Index>(),
            is_cut in any::<bool>(),
        ) {
            let image = DynamicImage::ImageRgb8(marked(24, 16));
            let mut bytes = match which {
                0 => with_exif(&coded(&image, ImageFormat::Jpeg), 3),
                _ => coded(&image, ImageFormat::Png),
            };
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if is_cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            if let Ok(kept) = prepare(&bytes) {
                prop_assert!(!holds(&kept.large_jpeg, b"Exif"));
                let read = image::load_from_memory(&kept.large_jpeg).unwrap();
                prop_assert_eq!((read.width(), read.height()), (kept.width_px, kept.height_px));
            }
        }
    }
}
