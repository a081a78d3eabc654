//! What a watchlist entry or a search may say: a plate, or a plate with unknown places.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{PLATE_CHARS_MAX, Plate, fold_char, is_separator};

/// Fewer known characters would match half a city: an entry must say more than that.
pub const KNOWN_CHARS_MIN: usize = 3;

/// `?` stands for one character, `*` for any number, none included. Stored in normal form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    #[error("plate pattern is empty")]
    Empty,
    #[error("plate pattern {text:?} has {ch:?} at position {position}; letters, digits, ? and * are possible")]
    Character { text: String, ch: char, position: usize },
    #[error("plate pattern {text:?} is longer than {PLATE_CHARS_MAX} characters")]
    TooLong { text: String },
    #[error("plate pattern {text:?} has {known} known characters; at least {KNOWN_CHARS_MIN} are needed")]
    TooVague { text: String, known: usize },
}

impl PatternError {
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Empty => "plate.empty",
            Self::Character { .. } => "plate.pattern.character",
            Self::TooLong { .. } => "plate.pattern.too_long",
            Self::TooVague { .. } => "plate.pattern.too_vague",
        }
    }
}

impl Pattern {
    /// # Errors
    /// When it is empty, has other characters, is too long, or knows too little.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let clip = || text.chars().take(40).collect::<String>();
        let mut normal = String::new();
        for (index, raw) in text.trim().chars().enumerate() {
            let ch = fold_char(raw);
            if is_separator(ch) {
                continue;
            }
            if !(ch.is_ascii_alphanumeric() || ch == '?' || ch == '*') {
                return Err(PatternError::Character { text: clip(), ch: raw, position: index + 1 });
            }
            if ch == '*' && normal.ends_with('*') {
                continue;
            }
            normal.push(ch);
            if normal.len() > PLATE_CHARS_MAX {
                return Err(PatternError::TooLong { text: clip() });
            }
        }
        if normal.is_empty() {
            return Err(PatternError::Empty);
        }
        let known = normal.chars().filter(char::is_ascii_alphanumeric).count();
        let needed = if normal.contains(['?', '*']) { KNOWN_CHARS_MIN } else { crate::PLATE_CHARS_MIN };
        if known < needed {
            return Err(PatternError::TooVague { text: clip(), known });
        }
        Ok(Self(normal))
    }

    /// Stands where a format asks for a pattern and none is to be told; no series of plates has it.
    #[must_use]
    pub fn untold() -> Self {
        Self("0000000".to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The plate itself when nothing is unknown.
    #[must_use]
    pub fn exact(&self) -> Option<Plate> {
        if self.0.contains(['?', '*']) { None } else { Plate::parse(&self.0).ok() }
    }

    /// As people write it: with the hyphen when it is a whole plate of a known series.
    #[must_use]
    pub fn display(&self) -> String {
        self.exact().map_or_else(|| self.0.clone(), |plate| plate.display())
    }

    #[must_use]
    pub fn matches(&self, plate: &Plate) -> bool {
        glob(self.0.as_bytes(), plate.as_str().as_bytes())
    }
}

/// Glob match with one backtracking point: linear for patterns of this size.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(ch) = text.get(t) {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p + 1, t));
                p += 1;
            }
            Some(want) if want == ch || *want == b'?' => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((after, from)) => {
                    p = after;
                    t = from + 1;
                    star = Some((after, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|ch| *ch == b'*'))
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Pattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, PatternError> {
        Self::parse(&text)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, plate: &str) -> bool {
        Pattern::parse(pattern).ok().zip(Plate::parse(plate).ok()).is_some_and(|(pattern, plate)| pattern.matches(&plate))
    }

    #[test]
    fn question_mark_is_one_character_and_star_is_any_number() {
        assert!(matches("abc-12?4", "ABC1294"));
        assert!(!matches("ABC12?4", "ABC124"));
        assert!(matches("ABC*", "ABC"));
        assert!(matches("*123*", "A1123B"));
        assert!(!matches("*123", "ABC1234"));
    }

    #[test]
    fn a_pattern_that_would_match_half_a_city_is_refused() {
        assert_eq!(Pattern::parse("A?*").map_err(|e| e.key()), Err("plate.pattern.too_vague"));
        assert_eq!(Pattern::parse("AB*").map_err(|e| e.key()), Err("plate.pattern.too_vague"));
        assert!(Pattern::parse("ABC*").is_ok());
    }

    #[test]
    fn what_stands_for_no_pattern_is_read_as_one_and_is_of_no_series() {
        let untold = Pattern::untold();
        assert_eq!(Pattern::parse(untold.as_str()).as_ref(), Ok(&untold));
        assert_eq!(untold.display(), untold.as_str(), "a plate of a known series is written with its hyphen");
    }

    proptest! {
        #[test]
        fn parsing_any_text_never_panics(text in "\\PC{0,40}") {
            if let Ok(pattern) = Pattern::parse(&text) {
                prop_assert_eq!(Pattern::parse(pattern.as_str()), Ok(pattern));
            }
        }

        #[test]
        fn a_plate_with_any_characters_hidden_still_matches(text in "[A-Z0-9]{5,8}", hidden in proptest::collection::vec(any::<bool>(), 8)) {
            let masked: String = text.chars().zip(&hidden).map(|(ch, hide)| if *hide { '?' } else { ch }).collect();
            if Pattern::parse(&masked).is_ok() {
                prop_assert!(matches(&masked, &text));
            }
        }
    }
}
