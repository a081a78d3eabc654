//! Calls: the state machine and a caller's number as pure functions, and the rows.
//!
//! `ringing → taken → settled`; a caller who hangs up before anybody takes it: `ringing → abandoned → taken → settled`. Nothing
//! leaves the list but by a person who says what became of it: an incident, or a reason why there is none.

use shouhu_ids::{ActorId, CallId, IncidentId, Micros};
use shouhu_place::Wgs84;
use shouhu_store::{Row, Store, StoreError, Tx, params};
use shouhu_wire::{CallKind, CallState};

use crate::store::place_of;

/// ITU-T E.164 §6.2.1: fifteen digits at most; short codes such as 110 have three.
const DIGITS_MAX: usize = 15;
const DIGITS_MIN: usize = 3;

/// A caller's number as people here dial it: digits only, `0912345678`; abroad with `+` and the country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerNumber(String);

/// The text is no telephone number. It is not repeated: it may be a person's name or number all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the caller's number is not 3 to 15 digits, with + before a country")]
pub struct NumberError;

impl CallerNumber {
    /// Takes `0912-345-678`, `(06) 222 3333`, `+886 912 345 678`, `002886912345678`, full-width digits too.
    ///
    /// # Errors
    /// When it is no number.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let mut digits = String::new();
        for sign in crate::duplicates::folded(text).chars() {
            match sign {
                '0'..='9' => digits.push(sign),
                '+' if digits.is_empty() => digits.push(sign),
                '-' | '(' | ')' | '.' | '/' => {}
                _ => return Err(NumberError),
            }
        }
        // From Taiwan abroad one dials 002, 009 or others; what comes in carries the first.
        let abroad = digits.strip_prefix("002").filter(|rest| rest.len() > 8);
        let whole = abroad.map_or_else(|| digits.clone(), |rest| format!("+{rest}"));
        let here = whole.strip_prefix("+886").filter(|rest| !rest.is_empty());
        let dialled = here.map_or_else(|| whole.clone(), |rest| format!("0{}", rest.trim_start_matches('0')));
        let count = dialled.chars().filter(char::is_ascii_digit).count();
        if (DIGITS_MIN..=DIGITS_MAX).contains(&count) { Ok(Self(dialled)) } else { Err(NumberError) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What consoles show before somebody takes the call: enough to tell two calls apart.
#[must_use]
pub fn masked(number: &str) -> String {
    const SHOWN: usize = 3;
    let count = number.chars().count();
    let shown = if count > 2 * SHOWN { SHOWN } else { 1 };
    number.chars().enumerate().map(|(at, sign)| if at + shown < count { '•' } else { sign }).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallAct {
    /// The exchange says that the caller hung up.
    HangUp,
    /// A dispatcher takes it, or takes it over.
    Take,
    /// Somebody says what became of it.
    Settle,
}

/// Where an act leads; `None`: not from here.
#[must_use]
pub const fn after(state: CallState, kind: CallKind, act: CallAct) -> Option<CallState> {
    match (act, state) {
        // A message or an app's call is there whether or not its sender waits.
        (CallAct::HangUp, CallState::Ringing) => match kind {
            CallKind::Voice | CallKind::Silent => Some(CallState::Abandoned),
            CallKind::Text | CallKind::App => Some(CallState::Ringing),
        },
        (CallAct::HangUp, state) => Some(state),
        (CallAct::Take, CallState::Ringing | CallState::Abandoned | CallState::Taken) => Some(CallState::Taken),
        (CallAct::Settle, CallState::Taken) => Some(CallState::Settled),
        (CallAct::Take | CallAct::Settle, _) => None,
    }
}

/// One call as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct CallRow {
    pub id: CallId,
    pub number: String,
    pub kind: CallKind,
    pub line: String,
    pub caller: Option<String>,
    pub words: String,
    pub position: Option<Wgs84>,
    pub accuracy_m: Option<f64>,
    pub video_url: Option<String>,
    pub state: CallState,
    pub arrived_at: Micros,
    pub ended_at: Option<Micros>,
    pub taken_at: Option<Micros>,
    pub taken_by: Option<ActorId>,
    pub taken_by_name: Option<String>,
    pub settled_as: Option<String>,
    pub incident: Option<IncidentId>,
}

const CALL: &str = "SELECT id, number, kind, line, caller, words, lon, lat, accuracy_m, video_url, state, arrived_at_us, ended_at_us, \
     taken_at_us, taken_by, taken_by_name, settled_as, incident FROM dispatch_call";

fn call_of(row: &Row) -> Result<CallRow, StoreError> {
    Ok(CallRow {
        id: row.parsed("id")?,
        number: row.text("number")?,
        kind: row.tag("kind")?,
        line: row.text("line")?,
        caller: row.opt_text("caller")?,
        words: row.text("words")?,
        position: place_of(row)?,
        accuracy_m: row.opt_real("accuracy_m")?,
        video_url: row.opt_text("video_url")?,
        state: row.tag("state")?,
        arrived_at: row.micros("arrived_at_us")?,
        ended_at: row.opt_micros("ended_at_us")?,
        taken_at: row.opt_micros("taken_at_us")?,
        taken_by: row.opt_parsed("taken_by")?,
        taken_by_name: row.opt_text("taken_by_name")?,
        settled_as: row.opt_text("settled_as")?,
        incident: row.opt_parsed("incident")?,
    })
}

/// The call, and whoever changes it waits until this transaction is done. `None` also where whoever acts may not see what it led to.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut Tx, id: CallId) -> Result<Option<CallRow>, StoreError> {
    if !tx.shows("dispatch_call", id).await? {
        return Ok(None);
    }
    tx.execute("UPDATE dispatch_call SET state = state WHERE id = $1", params![id]).await?;
    tx.fetch_opt(&format!("{CALL} WHERE id = $1"), params![id]).await?.as_ref().map(call_of).transpose()
}

/// # Errors
/// When the database fails.
pub async fn one(store: &Store, id: CallId) -> Result<Option<CallRow>, StoreError> {
    store.fetch_opt(&format!("{CALL} WHERE id = $1"), params![id]).await?.as_ref().map(call_of).transpose()
}

/// Those that nobody has dealt with, as they came: what the person has in hand, what rings, what was missed, then what others have.
///
/// # Errors
/// When the database fails.
pub async fn waiting(store: &Store, person: ActorId, limit: i64) -> Result<Vec<CallRow>, StoreError> {
    let sql = format!(
        "{CALL} WHERE state <> 'settled' ORDER BY CASE WHEN state = 'taken' AND taken_by = $1 THEN 0 WHEN state = 'ringing' THEN 1 \
         WHEN state = 'abandoned' THEN 2 ELSE 3 END, arrived_at_us, id LIMIT $2"
    );
    store.fetch(&sql, params![person, limit]).await?.iter().map(call_of).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_is_one_however_it_is_written() {
        for text in ["0912-345-678", "０９１２３４５６７８", "+886 912 345 678", "002886912345678", "+8860912345678"] {
            assert_eq!(CallerNumber::parse(text).unwrap().as_str(), "0912345678", "{text}");
        }
        assert_eq!(CallerNumber::parse("(06) 222-3333").unwrap().as_str(), "062223333");
        assert_eq!(CallerNumber::parse("+81 3 1234 5678").unwrap().as_str(), "+81312345678");
        for rubbish in ["", "anonymous", "12", "+", "0912345678901234", "09１２x", "1+2345"] {
            assert_eq!(CallerNumber::parse(rubbish), Err(NumberError), "{rubbish}");
        }
    }

    #[test]
    fn a_mask_shows_the_end_only() {
        assert_eq!(masked("0912345678"), "•••••••678");
        assert_eq!((masked("110"), masked("")), ("••0".to_owned(), String::new()));
    }

    fn states() -> impl Strategy<Value = CallState> {
        prop_oneof![Just(CallState::Ringing), Just(CallState::Taken), Just(CallState::Abandoned), Just(CallState::Settled)]
    }

    fn kinds() -> impl Strategy<Value = CallKind> {
        prop_oneof![Just(CallKind::Voice), Just(CallKind::Text), Just(CallKind::Silent), Just(CallKind::App)]
    }

    fn acts() -> impl Strategy<Value = CallAct> {
        prop_oneof![Just(CallAct::HangUp), Just(CallAct::Take), Just(CallAct::Settle)]
    }

    proptest! {
        #[test]
        fn no_call_leaves_the_list_but_by_a_person_and_none_comes_back(kind in kinds(), sequence in prop::collection::vec(acts(), 0..20)) {
            let mut state = CallState::Ringing;
            for act in sequence {
                let Some(next) = after(state, kind, act) else { continue };
                if next == CallState::Settled && state != CallState::Settled {
                    prop_assert_eq!(act, CallAct::Settle);
                }
                prop_assert!(state != CallState::Settled || next == CallState::Settled);
                prop_assert!(next != CallState::Ringing || state == CallState::Ringing);
                state = next;
            }
        }

        #[test]
        fn hanging_up_takes_no_call_from_a_dispatcher(kind in kinds(), state in states()) {
            let next = after(state, kind, CallAct::HangUp);
            prop_assert!(next == Some(state) || (state == CallState::Ringing && next == Some(CallState::Abandoned)));
        }

        #[test]
        fn rubbish_is_a_number_or_an_error_and_a_parsed_one_parses_to_itself(text in "\\PC{0,40}") {
            if let Ok(number) = CallerNumber::parse(&text) {
                prop_assert_eq!(CallerNumber::parse(number.as_str()), Ok(number));
            }
        }

        #[test]
        fn a_mask_never_shows_more_than_three_signs(text in "\\PC{0,30}") {
            prop_assert!(masked(&text).chars().filter(|sign| *sign != '•').count() <= 3);
        }
    }
}
