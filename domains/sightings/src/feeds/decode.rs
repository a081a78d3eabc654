//! From bytes to text: UTF-8 with or without a mark, UTF-16 with one, cp950.
//!
//! What cannot be decoded becomes U+FFFD and stays in its cell, so that the row that holds it is refused by its line and
//! every other row is kept.

use std::borrow::Cow;

use encoding_rs::{BIG5, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FeedError;

/// Which character set the sender says the file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Charset {
    #[default]
    #[serde(rename = "auto")]
    Auto,
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "cp950")]
    Cp950,
}

/// Text and the name of the character set it was read in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    pub text: Cow<'a, str>,
    pub charset: &'static str,
}

/// More unreadable characters than one in this many mean that the character set is another one.
const UNREADABLE_ONE_IN: usize = 50;

fn lossy<'a>(bytes: &'a [u8], encoding: &'static Encoding, charset: &'static str) -> (Decoded<'a>, usize) {
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    let bad = if had_errors { text.chars().filter(|ch| *ch == '\u{fffd}').count() } else { 0 };
    (Decoded { text, charset }, bad)
}

/// # Errors
/// When the bytes are no text in any of these character sets, or not in the one that was named.
pub fn decode(bytes: &[u8], asked: Charset) -> Result<Decoded<'_>, FeedError> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let charset = if encoding == UTF_8 {
            "utf-8"
        } else if encoding == UTF_16LE || encoding == UTF_16BE {
            "utf-16"
        } else {
            return Err(FeedError::NotText);
        };
        return readable(lossy(bytes.get(mark..).unwrap_or_default(), encoding, charset));
    }
    if bytes.contains(&0) {
        return Err(FeedError::NotText);
    }
    match asked {
        Charset::Utf8 => readable(lossy(bytes, UTF_8, "utf-8")),
        Charset::Cp950 => readable(lossy(bytes, BIG5, "cp950")),
        Charset::Auto => {
            let utf_8 = lossy(bytes, UTF_8, "utf-8");
            if utf_8.1 == 0 {
                return Ok(utf_8.0);
            }
            let cp950 = lossy(bytes, BIG5, "cp950");
            // A UTF-8 file with one damaged byte has fewer bad places as UTF-8 than as cp950, and the other way round.
            readable(if cp950.1 < utf_8.1 { cp950 } else { utf_8 })
        }
    }
}

fn readable((decoded, bad): (Decoded<'_>, usize)) -> Result<Decoded<'_>, FeedError> {
    if bad == 0 {
        return Ok(decoded);
    }
    let wide = decoded.text.chars().filter(|ch| !ch.is_ascii()).count();
    if bad * UNREADABLE_ONE_IN > wide.max(UNREADABLE_ONE_IN) {
        return Err(FeedError::Charset { charset: decoded.charset, bad });
    }
    Ok(decoded)
}

/// Full-width forms (U+FF01–U+FF5E) and the ideographic space to ASCII.
#[must_use]
pub const fn narrow(ch: char) -> char {
    match ch {
        '\u{ff01}'..='\u{ff5e}' => match char::from_u32(ch as u32 - 0xfee0) {
            Some(narrow) => narrow,
            None => ch,
        },
        '\u{3000}' | '\u{a0}' => ' ',
        other => other,
    }
}

/// Names and codes as they are compared: narrow, upper case, without blanks.
#[must_use]
pub fn folded(text: &str) -> String {
    text.chars().map(narrow).filter(|ch| !ch.is_whitespace() && *ch != '\u{feff}').flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_character_set_is_recognised_by_itself() {
        let text = "車牌,進場時間\nABC-1234,115/05/01 08:00:00\n";
        let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
        let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let cp950 = BIG5.encode(text).0.into_owned();
        for (bytes, charset) in [(text.as_bytes().to_vec(), "utf-8"), (marked, "utf-8"), (cp950, "cp950"), (wide, "utf-16")] {
            assert_eq!(decode(&bytes, Charset::Auto).ok(), Some(Decoded { text: text.into(), charset }));
        }
    }

    #[test]
    fn the_wrong_character_set_is_named_and_not_guessed_over() {
        let bytes = BIG5.encode(&"臺南市政府停車管理處進出場紀錄".repeat(4)).0.into_owned();
        assert!(matches!(decode(&bytes, Charset::Utf8), Err(FeedError::Charset { charset: "utf-8", .. })));
        assert!(matches!(decode(b"\x00\x01\x02PDF", Charset::Auto), Err(FeedError::NotText)));
    }

    #[test]
    fn names_are_compared_without_width_case_and_blanks() {
        assert_eq!(folded(" Ｇａｎｔｒｙ　ID "), "GANTRYID");
        assert_eq!(folded("01f0061ｎ"), "01F0061N");
    }

    proptest! {
        #[test]
        fn any_bytes_decode_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            for asked in [Charset::Auto, Charset::Utf8, Charset::Cp950] {
                let _ = decode(&bytes, asked);
            }
        }
    }
}
