//! Pictures that cameras, phones and ill-wishers send: what is read is read rightly, the rest is refused with a reason.
//!
//! `hostile/` holds test patterns of our own: a CMYK JPEG (Pillow), an animated PNG, GIF and WebP (ffmpeg's `testsrc`).

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that stumbles is a test that fails")]

use std::io::Cursor;

use image::{DynamicImage, GrayAlphaImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, RgbImage};
use shouhu_vision::{DecodeLimits, Frame, FrameError, Recogniser, decode_image};

const CMYK: &[u8] = include_bytes!("hostile/cmyk.jpg");
const ANIMATED_PNG: &[u8] = include_bytes!("hostile/animated.png");
const ANIMATED_GIF: &[u8] = include_bytes!("hostile/animated.gif");
const ANIMATED_WEBP: &[u8] = include_bytes!("hostile/animated.webp");

fn decoded(bytes: &[u8]) -> Result<Frame, FrameError> {
    decode_image(bytes, &DecodeLimits::default())
}

fn written(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).expect("an in-memory picture is written");
    bytes.into_inner()
}

fn pixel(frame: &Frame, x: u32, y: u32) -> [u8; 3] {
    let at = (y * frame.width + x) as usize * 3;
    frame.rgb[at..at + 3].try_into().expect("three channels")
}

#[test]
fn a_cmyk_jpeg_keeps_its_colours() {
    let frame = decoded(CMYK).expect("a CMYK JPEG, as print shops and some scanners write it");
    assert_eq!((frame.width, frame.height), (32, 16));
    let ([r, g, b], white) = (pixel(&frame, 4, 8), pixel(&frame, 28, 8));
    assert!(r > 170 && g < 90 && b < 90, "red on the left: {r} {g} {b}");
    assert!(white.iter().all(|level| *level > 220), "white on the right: {white:?}");
}

#[test]
fn sixteen_bits_of_any_kind_become_eight() {
    let grey = ImageBuffer::<Luma<u16>, Vec<u16>>::from_fn(9, 5, |x, _| Luma([u16::try_from(x).unwrap() * 0x1f1f]));
    let frame = decoded(&written(DynamicImage::ImageLuma16(grey), ImageFormat::Png)).expect("16-bit grey");
    assert_eq!(pixel(&frame, 8, 0), [0xf8; 3]);
    let see_through = ImageBuffer::<LumaA<u16>, Vec<u16>>::from_pixel(4, 4, LumaA([0x8080, 0]));
    let frame = decoded(&written(DynamicImage::ImageLumaA16(see_through), ImageFormat::Png)).expect("16-bit grey with alpha");
    assert_eq!(pixel(&frame, 0, 0), [0x80; 3], "the level under a transparent pixel, not black");
    let frame = decoded(&written(GrayAlphaImage::from_pixel(4, 4, LumaA([200, 10])), ImageFormat::Png)).expect("8-bit grey with alpha");
    assert_eq!(pixel(&frame, 0, 0), [200; 3]);
}

/// A picture that is bright in its top left corner once it is upright.
#[test]
fn every_way_a_phone_can_be_held_comes_out_upright() {
    let upright = DynamicImage::ImageRgb8(RgbImage::from_fn(48, 32, |x, y| if x < 16 && y < 16 { Rgb([255; 3]) } else { Rgb([0; 3]) }));
    for orientation in 1..=8_u8 {
        // What the sensor wrote, so that turning it as EXIF says gives the upright one.
        let stored = match orientation {
            2 => upright.fliph(),
            3 => upright.rotate180(),
            4 => upright.flipv(),
            5 => upright.rotate270().flipv(),
            6 => upright.rotate270(),
            7 => upright.rotate90().flipv(),
            8 => upright.rotate90(),
            _ => upright.clone(),
        };
        let plain = written(stored, ImageFormat::Jpeg);
        let exif = [b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(), &[orientation], b"\0\0\0\0\0\0"].concat();
        let length = u16::try_from(exif.len() + 2).expect("short").to_be_bytes();
        let bytes = [&plain[..2], &[0xff, 0xe1], &length, &exif, &plain[2..]].concat();
        let frame = decoded(&bytes).expect("a JPEG with EXIF");
        assert_eq!((frame.width, frame.height), (48, 32), "orientation {orientation}");
        assert!(pixel(&frame, 4, 4)[0] > 200 && pixel(&frame, 44, 28)[0] < 50, "orientation {orientation}");
    }
}

#[test]
fn what_moves_is_refused_or_gives_its_first_picture() {
    assert_eq!(decoded(ANIMATED_GIF), Err(FrameError::UnknownFormat));
    assert_eq!(decoded(ANIMATED_WEBP), Err(FrameError::UnknownFormat));
    assert_eq!(decoded(ANIMATED_PNG).map(|f| (f.width, f.height)), Ok((32, 16)), "every APNG is a PNG as well");
}

#[test]
fn nothing_is_refused_as_nothing() {
    assert_eq!(decoded(&[]), Err(FrameError::Empty));
    assert_eq!(decoded(&[0; 4096]), Err(FrameError::UnknownFormat));
}

#[test]
fn a_hundred_megapixels_are_refused_from_the_header() {
    let refusal = Err(FrameError::TooManyPixels { width: 10_000, height: 10_000, max_pixels: 64_000_000 });
    let mut jpeg = written(RgbImage::new(16, 16), ImageFormat::Jpeg);
    let frame_header = jpeg.windows(2).position(|w| w == [0xff, 0xc0]).expect("a baseline JPEG");
    jpeg[frame_header + 5..frame_header + 9].copy_from_slice(&[0x27, 0x10, 0x27, 0x10]);
    assert_eq!(decoded(&jpeg), refusal);
    let mut png = written(RgbImage::new(16, 16), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10]);
    let crc = crc32(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&crc);
    assert_eq!(decoded(&png), refusal);
}

#[test]
fn a_picture_cut_anywhere_is_refused_or_whole_in_size() {
    let picture = RgbImage::from_fn(64, 48, |x, y| Rgb([(x * 3) as u8, (y * 5) as u8, ((x ^ y) * 4) as u8]));
    for format in [ImageFormat::Jpeg, ImageFormat::Png] {
        let whole = written(picture.clone(), format);
        for cut in 0..whole.len() {
            if let Ok(frame) = decoded(&whole[..cut]) {
                assert_eq!((frame.width, frame.height, frame.rgb.len()), (64, 48, 64 * 48 * 3), "{format:?} cut at {cut}");
            }
        }
        assert!(decoded(&whole).is_ok());
    }
}

#[test]
fn noise_stripes_and_flat_colours_hold_no_plate() {
    let recogniser = Recogniser::load().expect("the embedded models load");
    let mut state = 7_u32;
    let mut noise = |_: u32, _: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let (stripes, checks) = (|x: u32, _: u32| if (x / 6).is_multiple_of(2) { 255 } else { 0 }, |x: u32, y: u32| ((x / 8 + y / 8) % 2 * 255) as u8);
    let draw = |level: &mut dyn FnMut(u32, u32) -> u8| {
        let rgb = (0..360).flat_map(|y| (0..640).flat_map(move |x| [(x, y); 3])).map(|(x, y)| level(x, y)).collect();
        Frame::new(640, 360, rgb).expect("the length fits")
    };
    for (name, frame) in [
        ("noise", draw(&mut noise)),
        ("stripes", draw(&mut { stripes })),
        ("checks", draw(&mut { checks })),
        ("white", draw(&mut |_, _| 255)),
    ] {
        let reads = recogniser.recognise(&frame).expect("a hostile pattern is no error");
        let sure: Vec<&str> = reads.iter().filter(|read| read.confidence >= 0.9).map(|read| read.text.as_str()).collect();
        assert!(sure.is_empty(), "{name}: {sure:?}");
    }
}

/// The checksum that PNG chunks carry.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xedb8_8320 } else { c >> 1 })
    })
}
