//! A plate as a number whose order is the order of its text.

use std::fmt;

/// Most characters of a plate; the longest Taiwanese one has seven and a hyphen, some foreign ones nine.
pub const CHARS_MAX: usize = 10;
const BITS: u32 = 6;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    #[error("plate {text:?} has {chars} characters; between 1 and {CHARS_MAX} can be kept")]
    Length { text: String, chars: usize },
    #[error("plate {text:?} has {ch:?}; only A to Z, 0 to 9 and the hyphen can be kept")]
    Character { text: String, ch: char },
}

/// Up to ten characters of `-`, `0-9`, `A-Z`, six bits each, the first in bits 59–54; no character is 0, so that a shorter
/// plate sorts before those that it begins. Comparing two codes compares their texts byte by byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PlateCode(pub u64);

/// 1 to 37; 0 where the character cannot be in a plate.
const fn digit_of(byte: u8) -> u64 {
    match byte {
        b'-' => 1,
        b'0'..=b'9' => (byte - b'0') as u64 + 2,
        b'A'..=b'Z' => (byte - b'A') as u64 + 12,
        _ => 0,
    }
}

const fn byte_of(digit: u64) -> u8 {
    match digit {
        1 => b'-',
        2..=11 => b'0' + (digit as u8 - 2),
        12..=37 => b'A' + (digit as u8 - 12),
        _ => b'?',
    }
}

impl PlateCode {
    /// # Errors
    /// When the text is empty, longer than [`CHARS_MAX`], or has another character.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        Self::from_bytes(text.as_bytes()).ok_or_else(|| {
            let clipped: String = text.chars().take(40).collect();
            match text.chars().find(|ch| u8::try_from(*ch).map_or(true, |byte| digit_of(byte) == 0)) {
                Some(ch) => CodeError::Character { text: clipped, ch },
                None => CodeError::Length { text: clipped, chars: text.chars().count() },
            }
        })
    }

    /// `None` when the bytes are no plate.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() || bytes.len() > CHARS_MAX {
            return None;
        }
        let mut code = 0;
        let mut shift = 60;
        for byte in bytes {
            let digit = digit_of(*byte);
            if digit == 0 {
                return None;
            }
            shift -= BITS;
            code |= digit << shift;
        }
        Some(Self(code))
    }

    /// The text, in `buffer`.
    pub fn text(self, buffer: &mut [u8; CHARS_MAX]) -> &str {
        let mut chars = 0;
        let mut shift = 60;
        for slot in buffer.iter_mut() {
            shift -= BITS;
            let digit = (self.0 >> shift) & 0x3f;
            if digit == 0 {
                break;
            }
            *slot = byte_of(digit);
            chars += 1;
        }
        std::str::from_utf8(buffer.get(..chars).unwrap_or_default()).unwrap_or_default()
    }

    #[must_use]
    pub fn chars(self) -> usize {
        let used_bits = 60 - self.0.trailing_zeros().min(60);
        used_bits.div_ceil(BITS) as usize
    }
}

impl fmt::Display for PlateCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text(&mut [0; CHARS_MAX]))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_plate_is_refused_with_its_reason() {
        assert_eq!(PlateCode::parse(""), Err(CodeError::Length { text: String::new(), chars: 0 }));
        assert_eq!(PlateCode::parse("ABCDEFGHIJK"), Err(CodeError::Length { text: "ABCDEFGHIJK".into(), chars: 11 }));
        assert_eq!(PlateCode::parse("abc-1234"), Err(CodeError::Character { text: "abc-1234".into(), ch: 'a' }));
        assert_eq!(PlateCode::parse("軍A"), Err(CodeError::Character { text: "軍A".into(), ch: '軍' }));
    }

    proptest! {
        #[test]
        fn a_code_is_its_text_and_sorts_like_it(a in "[-0-9A-Z]{1,10}", b in "[-0-9A-Z]{1,10}") {
            let (Ok(left), Ok(right)) = (PlateCode::parse(&a), PlateCode::parse(&b)) else { panic!("{a} or {b} is a plate") };
            prop_assert_eq!(left.to_string(), a.clone());
            prop_assert_eq!(left.chars(), a.len());
            prop_assert_eq!(left.cmp(&right), a.cmp(&b));
        }
    }
}
