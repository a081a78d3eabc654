//! What the text formats share: base64 in one spelling only, and numbers in one spelling only.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::hash::Hash;

pub fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// `None` unless the text is the one standard spelling, padding included.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

pub fn hash_from_base64(text: &str) -> Option<Hash> {
    from_base64(text)?.try_into().ok()
}

/// An ASCII decimal without sign and leading zeroes.
pub fn number(text: &str) -> Option<u64> {
    text.parse::<u64>().ok().filter(|number| number.to_string() == text)
}

/// The part before the first line break; `None` when no line ends.
pub fn line(text: &str) -> Option<(&str, &str)> {
    text.split_once('\n')
}
