//! Text that may come from an old Taiwanese office program: UTF-8 with or without mark, or Big5 (cp950).

use std::borrow::Cow;

use super::report::{ImportError, Ledger, Reason};

pub(super) fn decode<'a>(bytes: &'a [u8], ledger: &mut Ledger) -> Result<Cow<'a, str>, ImportError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(broken) if broken.error_len().is_none() => {
            Err(ImportError::CutShort { at: broken.valid_up_to() as u64, missing: "the rest of a character" })
        }
        Err(broken) => {
            let Some(text) = encoding_rs::BIG5.decode_without_bom_handling_and_without_replacement(bytes) else {
                let at = format!("byte {}", broken.valid_up_to());
                return Err(ImportError::Malformed { at, what: "neither UTF-8 nor Big5 text".to_owned() });
            };
            ledger.note(Reason::Big5Decoded, &"file", || "text in Big5 (cp950) read as such".to_owned());
            Ok(text)
        }
    }
}

/// The start of a file for sniffing, with whatever is unreadable replaced.
pub(super) fn head(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
