//! What is said where tokens are fetched and not pushed (RFC 8936): the question, with what became of the last tokens, and the answer with the next.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::set::{JTI_CHARS_MAX, SET_BYTES_MAX};

/// Tokens of one answer, whatever is asked for.
pub const POLL_EVENTS_MAX: usize = 20;
/// Tokens of which one question may say what became of them.
pub const POLL_SAID_MAX: usize = 200;
/// Beside each token stands its name, and what JSON needs.
const AROUND_BYTES: usize = 1_024;
/// An answer that is full.
pub const POLL_BYTES_MAX: usize = POLL_EVENTS_MAX * (SET_BYTES_MAX + AROUND_BYTES);
/// The words of RFC 8935 §2.4 have up to 21.
const WORD_CHARS_MAX: usize = 64;
const DESCRIPTION_CHARS_MAX: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PollRefused {
    #[error("the answer is not the JSON of RFC 8936 §2.5")]
    Form,
    #[error("there are {found} of {what}; at most {most} are read")]
    TooMany { what: &'static str, found: usize, most: usize },
    #[error("the name of a token (jti) has 1 to {JTI_CHARS_MAX} characters, none of them control characters")]
    Name,
    #[error("err is a word of 1 to {WORD_CHARS_MAX} visible ASCII characters, its description a text of up to {DESCRIPTION_CHARS_MAX}")]
    Word,
}

/// Why a token was not taken (RFC 8935 §2.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SignalSetErr")]
pub struct SetErr {
    pub err: String,
    #[serde(default)]
    pub description: String,
}

/// The question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SignalPoll")]
pub struct PollAsked {
    /// 0 asks for none: it only says what became of the last ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_events: Option<u32>,
    /// Otherwise an answer without tokens waits for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_immediately: Option<bool>,
    /// Names of tokens that are taken, for good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ack: Vec<String>,
    /// Tokens that will never be taken, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set_errs: BTreeMap<String, SetErr>,
}

/// The answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SignalSets")]
pub struct PollAnswer {
    /// Tokens by their names; each comes again until it is said what became of it.
    pub sets: BTreeMap<String, String>,
    #[serde(default)]
    pub more_available: bool,
}

fn at_most(what: &'static str, found: usize, most: usize) -> Result<(), PollRefused> {
    if found > most { Err(PollRefused::TooMany { what, found, most }) } else { Ok(()) }
}

fn named(jti: &str) -> Result<(), PollRefused> {
    let is_name = !jti.is_empty() && jti.chars().count() <= JTI_CHARS_MAX && !jti.chars().any(char::is_control);
    if is_name { Ok(()) } else { Err(PollRefused::Name) }
}

impl SetErr {
    fn check(&self) -> Result<(), PollRefused> {
        let is_word = (1..=WORD_CHARS_MAX).contains(&self.err.len()) && self.err.bytes().all(|byte| byte.is_ascii_graphic());
        let is_text = self.description.chars().count() <= DESCRIPTION_CHARS_MAX;
        if is_word && is_text { Ok(()) } else { Err(PollRefused::Word) }
    }
}

impl PollAsked {
    /// # Errors
    /// What is too much of it, or no name.
    pub fn check(&self) -> Result<(), PollRefused> {
        at_most("ack", self.ack.len(), POLL_SAID_MAX)?;
        at_most("setErrs", self.set_errs.len(), POLL_SAID_MAX)?;
        for jti in self.ack.iter().chain(self.set_errs.keys()) {
            named(jti)?;
        }
        self.set_errs.values().try_for_each(SetErr::check)
    }

    /// How many tokens the answer may have.
    #[must_use]
    pub fn events_max(&self) -> usize {
        let asked = self.max_events.map_or(POLL_EVENTS_MAX, |asked| usize::try_from(asked).unwrap_or(POLL_EVENTS_MAX));
        asked.min(POLL_EVENTS_MAX)
    }

    /// Whether it tells what became of any token.
    #[must_use]
    pub fn tells(&self) -> bool {
        !self.ack.is_empty() || !self.set_errs.is_empty()
    }
}

impl PollAnswer {
    /// Reads what a transmitter answered. Its tokens are read by nobody before their signatures were checked.
    ///
    /// # Errors
    /// When it is none, has more tokens than a question asks for, or names them otherwise than tokens are named.
    pub fn read(bytes: &[u8]) -> Result<Self, PollRefused> {
        let answer: Self = serde_json::from_slice(bytes).map_err(|_| PollRefused::Form)?;
        at_most("sets", answer.sets.len(), POLL_EVENTS_MAX)?;
        answer.sets.keys().try_for_each(|jti| named(jti))?;
        Ok(answer)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn asked(text: &str) -> PollAsked {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_questions_of_rfc_8936_are_read() {
        assert_eq!(asked("{}"), PollAsked::default());
        assert_eq!((asked("{}").events_max(), asked("{}").tells()), (POLL_EVENTS_MAX, false));
        let only_acks = asked(r#"{"ack":["4d3559ec67504aaba65d40b0363faad8"],"maxEvents":0}"#);
        assert_eq!((only_acks.check(), only_acks.events_max(), only_acks.tells()), (Ok(()), 0, true));
        let with_errors = asked(
            r#"{"ack":["3d0c3cf797584bd193bd0fb1bd4e7d30"],"setErrs":{"4d3559ec67504aaba65d40b0363faad8":
                {"err":"authentication_failed","description":"The SET could not be authenticated"}},"returnImmediately":true}"#,
        );
        assert_eq!((with_errors.check(), with_errors.return_immediately), (Ok(()), Some(true)));
        assert_eq!(with_errors.set_errs.values().next().map(|error| error.err.as_str()), Some("authentication_failed"));
        assert_eq!(asked(r#"{"maxEvents":4000000000}"#).events_max(), POLL_EVENTS_MAX, "nobody is given more than an answer holds");
        assert_eq!(serde_json::to_value(PollAsked::default()).unwrap(), json!({}));
    }

    #[test]
    fn what_is_too_much_or_no_name_is_refused() {
        let many = PollAsked { ack: vec!["a".into(); POLL_SAID_MAX + 1], ..PollAsked::default() };
        assert!(matches!(many.check(), Err(PollRefused::TooMany { what: "ack", .. })));
        for wrong in [String::new(), "a\nb".into(), "x".repeat(JTI_CHARS_MAX + 1)] {
            assert_eq!(PollAsked { ack: vec![wrong], ..PollAsked::default() }.check(), Err(PollRefused::Name));
        }
        for (err, description) in [("", ""), ("two words", ""), ("x", "y".repeat(DESCRIPTION_CHARS_MAX + 1).as_str())] {
            let said = SetErr { err: err.into(), description: description.into() };
            let asked = PollAsked { set_errs: BTreeMap::from([("a".to_owned(), said)]), ..PollAsked::default() };
            assert_eq!(asked.check(), Err(PollRefused::Word), "{err} {description}");
        }
    }

    #[test]
    fn an_answer_is_read_as_far_as_it_is_bounded() {
        assert_eq!(PollAnswer::read(br#"{"sets":{}}"#), Ok(PollAnswer::default()));
        let one = PollAnswer::read(br#"{"sets":{"4d35":"eyJ0eXAi.e30."},"moreAvailable":true}"#).unwrap();
        assert_eq!((one.sets.len(), one.more_available), (1, true));
        for wrong in ["", "[]", "{}", r#"{"sets":[]}"#, r#"{"sets":{"a":7}}"#] {
            assert_eq!(PollAnswer::read(wrong.as_bytes()), Err(PollRefused::Form), "{wrong}");
        }
        assert_eq!(PollAnswer::read(br#"{"sets":{"":"x"}}"#), Err(PollRefused::Name));
        let sets = (0..=POLL_EVENTS_MAX).map(|number| (number.to_string(), String::new())).collect();
        let many = serde_json::to_vec(&PollAnswer { sets, more_available: false }).unwrap();
        assert!(matches!(PollAnswer::read(&many), Err(PollRefused::TooMany { .. })));
    }

    proptest! {
        #[test]
        fn any_text_is_an_answer_or_refused(text in "[ -~]{0,200}") {
            if let Ok(answer) = PollAnswer::read(text.as_bytes()) {
                prop_assert_eq!(PollAnswer::read(&serde_json::to_vec(&answer).unwrap()), Ok(answer));
            }
        }
    }
}
