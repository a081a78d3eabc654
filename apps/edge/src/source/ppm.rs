//! Frames from the decoder's pipe: portable pixmaps (`P6 width height 255`), which are RGB bytes behind a short header.
//! The header on every frame lets a stream change its size while it runs.

use std::io::{self, BufRead, Read};

use shouhu_vision::Frame;

/// Beyond this no camera sends; it is damage.
const PIXELS_MAX: u64 = 64_000_000;

/// The next frame; `None` where the pipe ends between two frames.
///
/// # Errors
/// `UnexpectedEof` inside a frame; `InvalidData` where this is no pixmap.
pub fn read_frame(pipe: &mut impl BufRead) -> io::Result<Option<Frame>> {
    if pipe.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, "the decoder sent no picture");
    if token(pipe)? != "P6" {
        return Err(damaged());
    }
    let mut number = || token(pipe)?.parse::<u32>().map_err(|_| damaged());
    let (width, height, depth) = (number()?, number()?, number()?);
    let pixels = u64::from(width) * u64::from(height);
    if depth != 255 || pixels == 0 || pixels > PIXELS_MAX {
        return Err(damaged());
    }
    let len = usize::try_from(pixels * 3).map_err(|_| damaged())?;
    let mut rgb = Vec::with_capacity(len);
    pipe.take(len as u64).read_to_end(&mut rgb)?;
    if rgb.len() < len {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Frame::new(width, height, rgb).map(Some).map_err(io::Error::other)
}

/// Bytes up to the next white space, which is consumed.
fn token(pipe: &mut impl BufRead) -> io::Result<String> {
    let mut text = String::new();
    loop {
        let mut byte = [0];
        pipe.read_exact(&mut byte)?;
        let [byte] = byte;
        if byte.is_ascii_whitespace() {
            if !text.is_empty() {
                return Ok(text);
            }
        } else if text.len() < 10 && byte.is_ascii_graphic() {
            text.push(char::from(byte));
        } else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the decoder sent no picture"));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn frames_of_changing_size_follow_each_other_and_a_torn_one_is_an_error() {
        let bytes = [b"P6\n2 1\n255\n".as_slice(), &[1; 6], b"P6\n1 1\n255\n", &[2; 3], b"P6\n4 4\n255\n", &[3; 5]].concat();
        let mut pipe = bytes.as_slice();
        assert_eq!(read_frame(&mut pipe).ok().flatten().map(|f| (f.width, f.height)), Some((2, 1)));
        assert_eq!(read_frame(&mut pipe).ok().flatten().map(|f| f.rgb), Some(vec![2; 3]));
        assert!(read_frame(&mut pipe).is_err_and(|e| e.kind() == io::ErrorKind::UnexpectedEof));
        assert!(read_frame(&mut [].as_slice()).is_ok_and(|f| f.is_none()));
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_a_frame_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut pipe = bytes.as_slice();
            while let Ok(Some(_)) = read_frame(&mut pipe) {}
            let pipe = [b"P6 ".as_slice(), &bytes].concat();
            let _ = read_frame(&mut pipe.as_slice());
        }
    }
}
