//! Plates 車牌: normalised text, the series it fits, and matching against wanted patterns.
//!
//! A `Plate` is what is compared; how it is written (`ABC-1234`) is derived from the series. Nothing here corrects a
//! reading: an `O` stays an `O` even where no series uses it, because a foreign plate may, and because a person must see
//! what the camera saw.

mod form;
mod matching;
mod pattern;
mod seen;
mod sureness;

pub use form::{Form, VehicleClass};
pub use matching::{MatchKind, WatchIndex, WatchMatch, confusable_skeleton, look_alike};
pub use pattern::{Pattern, PatternError};
pub use seen::{PlateColour, SeenVehicle, VehicleColour, VehicleKind};
pub use sureness::{SURE_FROM, is_unsure};

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest plate text that is kept; the longest Taiwanese one has seven characters, some foreign ones nine.
pub const PLATE_CHARS_MAX: usize = 10;
/// Fewer characters are a misread, not a plate.
pub const PLATE_CHARS_MIN: usize = 2;

/// A plate in normal form: `0-9A-Z` only, upper case, no separators.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Plate(#[schemars(regex(pattern = r"^[0-9A-Z]{2,10}$"))] String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlateError {
    #[error("plate is empty")]
    Empty,
    #[error("plate {text:?} has {chars} characters; between {PLATE_CHARS_MIN} and {PLATE_CHARS_MAX} are possible")]
    Length { text: String, chars: usize },
    #[error("plate {text:?} has {ch:?} at position {position}, which is neither a letter nor a digit")]
    Character { text: String, ch: char, position: usize },
}

impl PlateError {
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Empty => "plate.empty",
            Self::Length { .. } => "plate.length",
            Self::Character { .. } => "plate.character",
        }
    }
}

/// Full-width forms (U+FF01–U+FF5E, which Chinese input methods produce) to ASCII, and upper case.
pub(crate) fn fold_char(ch: char) -> char {
    let narrow = match ch {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(ch) - 0xfee0).unwrap_or(ch),
        other => other,
    };
    narrow.to_ascii_uppercase()
}

/// Hyphens, dots and blanks of every kind that people put between the two blocks of a plate.
pub(crate) const fn is_separator(ch: char) -> bool {
    matches!(
        ch,
        ' ' | '\t' | '\u{3000}' | '\u{a0}' | '-' | '\u{2010}'
            ..='\u{2015}' | '\u{2212}' | '.' | '\u{b7}' | '\u{2022}' | '\u{2027}' | '\u{30fb}' | '_' | '~'
    )
}

fn clip(text: &str) -> String {
    text.chars().take(40).collect()
}

impl Plate {
    /// Accepts what people and files contain: full-width letters, lower case, hyphens, dots, blanks.
    ///
    /// # Errors
    /// When nothing, too little, too much or something that is no letter or digit is left.
    pub fn parse(text: &str) -> Result<Self, PlateError> {
        let mut normal = String::with_capacity(PLATE_CHARS_MAX);
        let mut chars = 0_usize;
        for (index, raw) in text.trim().chars().enumerate() {
            let ch = fold_char(raw);
            if is_separator(ch) {
                continue;
            }
            if !ch.is_ascii_alphanumeric() {
                return Err(PlateError::Character { text: clip(text), ch: raw, position: index + 1 });
            }
            chars += 1;
            if chars <= PLATE_CHARS_MAX {
                normal.push(ch);
            }
        }
        match chars {
            0 => Err(PlateError::Empty),
            n if !(PLATE_CHARS_MIN..=PLATE_CHARS_MAX).contains(&n) => Err(PlateError::Length { text: clip(text), chars: n }),
            _ => Ok(Self(normal)),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The Taiwanese series that this text fits, if any.
    #[must_use]
    pub fn form(&self) -> Option<Form> {
        Form::of(&self.0)
    }

    /// As it is written on the plate: with the hyphen of its series, or plain where no series fits.
    #[must_use]
    pub fn display(&self) -> String {
        match self.form().and_then(|form| self.0.split_at_checked(form.first_block())) {
            Some((first, second)) => format!("{first}-{second}"),
            None => self.0.clone(),
        }
    }

    /// What the series says about the vehicle. `Unknown` where it says nothing.
    #[must_use]
    pub fn class(&self) -> VehicleClass {
        self.form().map_or(VehicleClass::Unknown, |form| form.class_of(&self.0))
    }
}

impl fmt::Display for Plate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Plate {
    type Err = PlateError;

    fn from_str(text: &str) -> Result<Self, PlateError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Plate {
    type Error = PlateError;

    fn try_from(text: String) -> Result<Self, PlateError> {
        Self::parse(&text)
    }
}

impl From<Plate> for String {
    fn from(plate: Plate) -> Self {
        plate.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn full_width_lower_case_and_separators_are_forgiven() {
        for written in ["ABC-1234", "abc 1234", "ＡＢＣ－１２３４", "Abc·1234", " ａｂｃ1234　"] {
            assert_eq!(Plate::parse(written).map(String::from), Ok("ABC1234".into()), "{written}");
        }
    }

    #[test]
    fn the_error_says_which_character_is_wrong() {
        let refused = Plate::parse("AB車-1234").map_err(|e| e.to_string());
        assert_eq!(refused, Err("plate \"AB車-1234\" has '車' at position 3, which is neither a letter nor a digit".into()));
        assert_eq!(Plate::parse(" - "), Err(PlateError::Empty));
        assert!(matches!(Plate::parse("ABCDEFGHIJK"), Err(PlateError::Length { chars: 11, .. })));
    }

    #[test]
    fn display_puts_the_hyphen_where_the_series_has_it() {
        for written in ["ABC-1234", "0589-SM", "AB-1234", "3S-5678", "MKX-123", "123-ABC", "687-WB"] {
            assert_eq!(Plate::parse(written).map(|p| p.display()), Ok(written.into()));
        }
        assert_eq!(Plate::parse("WA56660").map(|p| p.display()), Ok("WA56660".into()));
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_idempotent(text in "\\PC{0,40}") {
            if let Ok(plate) = Plate::parse(&text) {
                prop_assert_eq!(Plate::parse(&plate.display()), Ok(plate.clone()));
                prop_assert_eq!(Plate::parse(plate.as_str()), Ok(plate));
            }
        }
    }
}
