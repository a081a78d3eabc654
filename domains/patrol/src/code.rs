//! What codes and tags say, as text.
//!
//! `SH1:P:<box>:<mac>` is printed, `SH1:R:<box>:<step>:<mac>` is shown by a display; box and MAC are Base32 (RFC 4648 §6)
//! without padding, so that a QR code needs only its alphanumeric mode. A tag's record is a URL with `B` (box), `E` (PICC
//! data) and `C` (MAC). Typed codes are forgiven blanks, case, full width and dashes.

use axum::http::StatusCode;
use data_encoding::{BASE32_NOPAD, HEXUPPER};
use shouhu_ids::BoxId;
use shouhu_module::Keyed;
use shouhu_text::narrow;

use crate::secret::CODE_MAC_BYTES;
use crate::tag::{MAC_BYTES, PICC_BYTES};

const PREFIX: &str = "SH1";
/// No code of ours is longer.
const CODE_CHARS_MAX: usize = 400;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    Printed { id: BoxId, mac: [u8; CODE_MAC_BYTES] },
    Rotating { id: BoxId, step: i64, mac: [u8; CODE_MAC_BYTES] },
    Tag { id: BoxId, picc: [u8; PICC_BYTES], mac: [u8; MAC_BYTES] },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    #[error("this is no code of a patrol box")]
    Unreadable,
    #[error("the tag says its number only, which anybody can copy: it proves nothing; use a tag that signs")]
    PlainUid,
}

impl Keyed for CodeError {
    fn key(&self) -> &'static str {
        match self {
            Self::Unreadable => "patrol.code.unreadable",
            Self::PlainUid => "patrol.check_in.plain_uid",
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

impl Code {
    #[must_use]
    pub const fn id(&self) -> BoxId {
        match self {
            Self::Printed { id, .. } | Self::Rotating { id, .. } | Self::Tag { id, .. } => *id,
        }
    }

    /// # Errors
    /// When the text is none of ours.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        if text.chars().count() > CODE_CHARS_MAX {
            return Err(CodeError::Unreadable);
        }
        let plain: String =
            text.chars().map(narrow).filter(|ch| !ch.is_whitespace()).flat_map(char::to_uppercase).collect();
        if let Some((_, query)) = plain.split_once('?') {
            return tag(query).ok_or(CodeError::Unreadable);
        }
        if is_uid(&plain) {
            return Err(CodeError::PlainUid);
        }
        // People who copy a long code put dashes where they pause.
        let plain = plain.replace('-', "");
        let parts: Vec<&str> = plain.split(':').collect();
        let read = match parts.as_slice() {
            [PREFIX, "P", id, mac] => id_of(id).zip(base32(mac)).map(|(id, mac)| Self::Printed { id, mac }),
            [PREFIX, "R", id, step, mac] => {
                let step = step.parse().ok().filter(|step| (0..=i64::from(u32::MAX)).contains(step));
                id_of(id).zip(step).zip(base32(mac)).map(|((id, step), mac)| Self::Rotating { id, step, mac })
            }
            _ => None,
        };
        read.ok_or(CodeError::Unreadable)
    }

    /// As a QR code carries it.
    #[must_use]
    pub fn text(&self) -> String {
        let word = |id: BoxId| BASE32_NOPAD.encode(id.0.as_bytes());
        match self {
            Self::Printed { id, mac } => format!("{PREFIX}:P:{}:{}", word(*id), BASE32_NOPAD.encode(mac)),
            Self::Rotating { id, step, mac } => format!("{PREFIX}:R:{}:{step}:{}", word(*id), BASE32_NOPAD.encode(mac)),
            Self::Tag { id, picc, mac } => format!("{}{}&C={}", tag_query(*id), HEXUPPER.encode(picc), HEXUPPER.encode(mac)),
        }
    }
}

/// Up to where the tag's own digits begin.
fn tag_query(id: BoxId) -> String {
    format!("SHOUHU:T?B={}&E=", BASE32_NOPAD.encode(id.0.as_bytes()))
}

/// The URL record to write onto a tag, with noughts where the tag puts its own digits.
#[must_use]
pub fn tag_url(id: BoxId) -> String {
    Code::Tag { id, picc: [0; PICC_BYTES], mac: [0; MAC_BYTES] }.text()
}

fn base32<const N: usize>(text: &str) -> Option<[u8; N]> {
    BASE32_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()
}

fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    HEXUPPER.decode(text.as_bytes()).ok()?.try_into().ok()
}

fn id_of(text: &str) -> Option<BoxId> {
    Some(BoxId(uuid::Uuid::from_bytes(base32(text)?)))
}

fn tag(query: &str) -> Option<Code> {
    let of = |name: &str| query.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value));
    Some(Code::Tag { id: id_of(of("B")?)?, picc: hex(of("E")?)?, mac: hex(of("C")?)? })
}

/// Four, seven or ten bytes (ISO/IEC 14443-3 §6.5.4) and nothing else, as phones show a tag's number.
fn is_uid(plain: &str) -> bool {
    let digits = plain.strip_prefix("UID:").unwrap_or(plain).replace([':', '-'], "");
    [8, 14, 20].contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;
    use shouhu_ids::Micros;

    use super::*;

    fn id(n: u8) -> BoxId {
        BoxId::new(Micros(1), [n; 16])
    }

    #[test]
    fn a_code_is_short_enough_for_a_small_square() {
        let printed = Code::Printed { id: id(1), mac: [9; CODE_MAC_BYTES] }.text();
        // Version 4 at level Q holds 67 alphanumeric characters (ISO/IEC 18004 table 7).
        assert!(printed.len() <= 67, "{printed}");
        assert!(printed.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b':'), "{printed}");
    }

    #[test]
    fn a_tag_that_only_says_its_number_is_named_so() {
        for text in ["04:de:5f:1e:ac:c0:40", "04DE5F1EACC040", "uid: 04de5f1e", "0102030405060708090A"] {
            assert_eq!(Code::parse(text), Err(CodeError::PlainUid), "{text}");
        }
    }

    #[test]
    fn what_is_none_of_ours_is_said_to_be_none() {
        let whole = Code::Printed { id: id(1), mac: [9; CODE_MAC_BYTES] }.text();
        let cut = whole.get(..whole.len() - 1).unwrap();
        for text in ["", "https://example.org/?B=1&E=2&C=3", "SH2:P:AAAA:BBBB", "SH1:R::0:", cut, &"A".repeat(500)] {
            assert_eq!(Code::parse(text), Err(CodeError::Unreadable), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_code_comes_back_however_it_is_typed(n: u8, mac: [u8; CODE_MAC_BYTES], picc: [u8; 16], sign: [u8; 8], step in 0_i64..=u32::MAX.into()) {
            for code in [
                Code::Printed { id: id(n), mac },
                Code::Rotating { id: id(n), step, mac },
                Code::Tag { id: id(n), picc, mac: sign },
            ] {
                let text = code.text();
                prop_assert_eq!(Code::parse(&text), Ok(code));
                prop_assert_eq!(Code::parse(&format!("  {} ", text.to_lowercase())), Ok(code));
                let wide: String = text.chars().map(|ch| char::from_u32(u32::from(ch) + 0xfee0).unwrap()).collect();
                prop_assert_eq!(Code::parse(&wide), Ok(code));
            }
            let dashed: Vec<String> = Code::Printed { id: id(n), mac }.text().as_bytes().chunks(6).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
            prop_assert_eq!(Code::parse(&dashed.join("-")), Ok(Code::Printed { id: id(n), mac }));
        }

        #[test]
        fn any_text_is_a_code_or_an_error(text in ".{0,80}") {
            let _ = Code::parse(&text);
            let _ = Code::parse(&format!("SH1:P:{text}"));
            let _ = Code::parse(&format!("x?B={text}&E={text}&C={text}"));
        }
    }
}
