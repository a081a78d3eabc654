//! From bytes to text: UTF-8 with or without a mark, UTF-16 with one, cp950.
//!
//! What cannot be decoded becomes U+FFFD and stays in its cell, so that the row that holds it is refused by its place and
//! every other row is kept. Decoders are those of the WHATWG Encoding Standard, where `Big5` (with Hong Kong's supplement)
//! stands for Microsoft's cp950.

use std::borrow::Cow;

use encoding_rs::{BIG5, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// Borrowed where the bytes were UTF-8 already.
    pub text: Cow<'a, str>,
    /// `utf-8`, `utf-16` or `cp950`.
    pub charset: &'static str,
    /// Characters that could not be read and are U+FFFD now; 0 where the bytes are sound, whatever characters they hold.
    pub unreadable: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("the bytes are no text in UTF-8, UTF-16 with a mark or cp950")]
    NotText,
    #[error("{unreadable} characters cannot be read as {charset}")]
    Charset { charset: &'static str, unreadable: usize },
}

/// More unreadable characters than one in this many beyond ASCII mean that the character set is another one.
const UNREADABLE_ONE_IN: usize = 50;

fn lossy<'a>(bytes: &'a [u8], encoding: &'static Encoding, charset: &'static str) -> Decoded<'a> {
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    let unreadable = if had_errors { text.chars().filter(|ch| *ch == '\u{fffd}').count() } else { 0 };
    Decoded { text, charset, unreadable }
}

/// Reads in the character set that the file's mark says, else in the one that was asked for, else in the one that leaves
/// less unread.
///
/// # Errors
/// When the bytes are no text in any of these character sets, or not in the one that was named.
pub fn decode(bytes: &[u8], asked: Charset) -> Result<Decoded<'_>, DecodeError> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let charset = if encoding == UTF_8 {
            "utf-8"
        } else if encoding == UTF_16LE || encoding == UTF_16BE {
            "utf-16"
        } else {
            return Err(DecodeError::NotText);
        };
        return readable(lossy(bytes.get(mark..).unwrap_or_default(), encoding, charset));
    }
    if bytes.contains(&0) {
        return Err(DecodeError::NotText);
    }
    match asked {
        Charset::Utf8 => readable(lossy(bytes, UTF_8, "utf-8")),
        Charset::Cp950 => readable(lossy(bytes, BIG5, "cp950")),
        Charset::Auto => {
            let utf_8 = lossy(bytes, UTF_8, "utf-8");
            if utf_8.unreadable == 0 {
                return Ok(utf_8);
            }
            let cp950 = lossy(bytes, BIG5, "cp950");
            // A UTF-8 file with one damaged byte has fewer bad places as UTF-8 than as cp950, and the other way round.
            readable(if cp950.unreadable < utf_8.unreadable { cp950 } else { utf_8 })
        }
    }
}

fn readable(decoded: Decoded<'_>) -> Result<Decoded<'_>, DecodeError> {
    let Decoded { charset, unreadable, .. } = decoded;
    if unreadable == 0 {
        return Ok(decoded);
    }
    let wide = decoded.text.chars().filter(|ch| !ch.is_ascii()).count();
    if unreadable.saturating_mul(UNREADABLE_ONE_IN) > wide.max(UNREADABLE_ONE_IN) {
        return Err(DecodeError::Charset { charset, unreadable });
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Charset; 3] = [Charset::Auto, Charset::Utf8, Charset::Cp950];

    fn cp950(text: &str) -> Vec<u8> {
        BIG5.encode(text).0.into_owned()
    }

    fn utf_16(text: &str) -> Vec<u8> {
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
    }

    #[test]
    fn each_character_set_is_recognised_by_itself() {
        let text = "車牌,進場時間\nABC-1234,115/05/01 08:00:00\n";
        let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
        for (bytes, charset) in
            [(text.as_bytes().to_vec(), "utf-8"), (marked, "utf-8"), (cp950(text), "cp950"), (utf_16(text), "utf-16")]
        {
            assert_eq!(decode(&bytes, Charset::Auto), Ok(Decoded { text: text.into(), charset, unreadable: 0 }));
        }
    }

    #[test]
    fn sound_utf_8_is_not_copied() {
        let decoded = decode("車牌".as_bytes(), Charset::Auto);
        assert!(matches!(decoded, Ok(Decoded { text: Cow::Borrowed("車牌"), .. })), "{decoded:?}");
    }

    #[test]
    fn one_damaged_byte_damages_one_character_and_not_the_choice() {
        let text = "車牌,案由\n".to_owned() + &"ABC-1234,失竊報案與協尋\n".repeat(20);
        let mut bytes = text.clone().into_bytes();
        bytes.truncate(bytes.len() - 2);
        let decoded = decode(&bytes, Charset::Auto);
        assert!(
            decoded.as_ref().is_ok_and(|d| d.charset == "utf-8" && d.unreadable == 1 && d.text.ends_with('\u{fffd}')),
            "{decoded:?}"
        );
        let mut bytes = cp950(&text);
        bytes.insert(20, 0xff);
        assert!(decode(&bytes, Charset::Auto).is_ok_and(|d| d.charset == "cp950" && d.text.contains('\u{fffd}')));
    }

    #[test]
    fn replacement_characters_that_the_sender_wrote_are_no_other_character_set() {
        let text = "車牌,案由\nABC-1234,\u{fffd}\u{fffd}\n";
        for asked in [Charset::Auto, Charset::Utf8] {
            assert_eq!(decode(text.as_bytes(), asked), Ok(Decoded { text: text.into(), charset: "utf-8", unreadable: 0 }));
        }
    }

    #[test]
    fn the_wrong_character_set_is_named_and_not_guessed_over() {
        let bytes = cp950(&"臺南市政府停車管理處進出場紀錄".repeat(4));
        assert!(matches!(decode(&bytes, Charset::Utf8), Err(DecodeError::Charset { charset: "utf-8", .. })));
        assert_eq!(decode(b"\x00\x01\x02PDF", Charset::Auto), Err(DecodeError::NotText));
    }

    #[test]
    fn a_mark_is_believed_over_what_was_asked() {
        for asked in ALL {
            assert_eq!(decode(&utf_16("車"), asked).map(|d| d.charset), Ok("utf-16"));
            assert_eq!(decode("\u{feff}車".as_bytes(), asked).map(|d| d.text.into_owned()), Ok("車".to_owned()));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_decode_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            for asked in ALL {
                let _ = decode(&bytes, asked);
            }
        }

        #[test]
        fn any_text_comes_back(text in "[\\PC\r\n\t]{0,80}") {
            for bytes in [text.clone().into_bytes(), format!("\u{feff}{text}").into_bytes(), utf_16(&text)] {
                let found = decode(&bytes, Charset::Auto).map(|d| (d.text.into_owned(), d.unreadable));
                prop_assert_eq!(found, Ok((text.clone(), 0)));
            }
        }
    }
}
