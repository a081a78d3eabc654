//! A caller's own page: what a one-time link is and for how long, what may be written through it, and what a place must look like.
//!
//! A dispatcher who has a call makes a link; whoever opens it agrees, and then shows where they are and writes, without an account.
//!
//! **Invariant:** the token is with the caller alone. The house keeps its hash, tells the link once to whoever made it, and writes it into
//! no log and no event.
//!
//! **Invariant:** a link opens one call and nothing else, for [`LINK_LIFE_US`], and ends with the call: when that is settled without an
//! incident, or its incident is closed.

pub mod book;
#[cfg(test)]
mod claims;
#[cfg(test)]
mod doors;
mod pace;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_identity::Attempts;
use shouhu_ids::{CallId, Micros};
use shouhu_place::Wgs84;
use shouhu_wire::{CallState, IncidentState, ReportPosition};

use crate::positions::{Believed, Fix, FixError};
pub use pace::Paces;

/// How long a link opens its call, from when it was made or extended.
pub const LINK_LIFE_US: i64 = 30 * Micros::MINUTE;
/// Extended again and again, it still ends; a new one may be sent.
pub const LINK_LIFE_MAX_US: i64 = 4 * Micros::HOUR;
/// Links of one call, one after another.
pub const LINKS_MAX: i64 = 10;
/// As long as a message that is read at a glance while driving there; twice an SMS in Chinese, four times over.
pub const WORD_CHARS_MAX: usize = 500;
/// Of each side of one call.
pub const WORDS_MAX: i64 = 300;
pub const WORDS_PER_MINUTE_MAX: i64 = 20;
pub const KEY_CHARS_MAX: usize = 64;
/// The page asks every one and a half seconds and shows a place at most every three; twice that is a broken page, or none of ours.
pub const REQUESTS_PER_MINUTE_MAX: u32 = 120;
/// Places that come faster are not kept.
pub const FIX_EVERY_US: i64 = Micros::SECOND;
/// The newest are kept: ten minutes of somebody who runs.
pub const FIXES_KEPT: i64 = 300;
/// From so many it is seen which may be believed.
pub const FIXES_JUDGED: i64 = 50;
/// A phone that gives nothing nearer than this knows its operator's town at best.
pub const ACCURACY_MAX_M: f64 = 50_000.0;
/// An older place is where the phone was, not where its owner is.
pub const AGE_MAX_US: i64 = Micros::HOUR;
/// A page that was heard is written down as often as this.
pub const HEARD_EVERY_US: i64 = 10 * Micros::SECOND;

/// What the room remembers of strangers: wrong tokens by address, requests by link.
pub struct Limits {
    pub wrong: Attempts,
    pub paces: Paces,
}

/// How far a link has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// Made, and not opened yet.
    Sent,
    Opened,
    /// Whoever opened it agreed to be seen and read.
    Agreed,
    /// The phone shows where it is.
    Sharing,
    Expired,
    /// Taken back, or another one took its place.
    Revoked,
    /// The call is dealt with.
    Over,
}

impl LinkState {
    /// It opens something.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Sent | Self::Opened | Self::Agreed | Self::Sharing)
    }
}

/// Why a phone shows no place, as its browser says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// Its owner, or its settings, forbid it.
    Denied,
    /// No satellite and no network says where it is.
    Unavailable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Caller,
    Centre,
}

/// A link as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkRow {
    pub call: CallId,
    /// The call's.
    pub number: String,
    pub turn: i64,
    pub is_newest: bool,
    pub call_state: CallState,
    /// Of the incident that the call became, or of the one that this belongs to; `None` where it became none.
    pub incident_state: Option<IncidentState>,
    pub made_at: Micros,
    pub expires_at: Micros,
    pub revoked_at: Option<Micros>,
    pub opened_at: Option<Micros>,
    pub agreed_at: Option<Micros>,
    pub sharing_since: Option<Micros>,
    pub heard_at: Option<Micros>,
    pub is_silent: bool,
    pub trouble: Option<Trouble>,
}

impl LinkRow {
    /// Nobody works on the call, or on what it became, any more.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        match self.call_state {
            CallState::Settled => matches!(self.incident_state, None | Some(IncidentState::Closed)),
            _ => false,
        }
    }

    #[must_use]
    pub fn state(&self, now: Micros) -> LinkState {
        if self.is_over() {
            LinkState::Over
        } else if self.revoked_at.is_some() || !self.is_newest {
            LinkState::Revoked
        } else if now >= self.expires_at {
            LinkState::Expired
        } else if self.sharing_since.is_some() {
            LinkState::Sharing
        } else if self.agreed_at.is_some() {
            LinkState::Agreed
        } else if self.opened_at.is_some() {
            LinkState::Opened
        } else {
            LinkState::Sent
        }
    }
}

/// What somebody wrote cannot be kept as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordError {
    #[error("the message is empty")]
    Empty,
    #[error("the message has {length} characters, {WORD_CHARS_MAX} are the most")]
    TooLong { length: usize },
    #[error("key has {length} characters: 1 to {KEY_CHARS_MAX} name a message, so that sent again it is the same")]
    Key { length: usize },
    #[error("{WORDS_MAX} messages of a side are the most of one call")]
    TooMany,
    #[error("{WORDS_PER_MINUTE_MAX} messages a minute are the most: wait a moment")]
    TooFast,
}

/// What is kept of a message.
///
/// # Errors
/// When it says nothing, or too much.
pub fn checked_word(key: &str, text: &str) -> Result<String, WordError> {
    let length = key.chars().count();
    if !(1..=KEY_CHARS_MAX).contains(&length) || key.chars().any(char::is_control) {
        return Err(WordError::Key { length });
    }
    let text = crate::model::in_lines(text);
    let length = text.chars().count();
    if length == 0 {
        return Err(WordError::Empty);
    }
    if length > WORD_CHARS_MAX {
        return Err(WordError::TooLong { length });
    }
    Ok(text)
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlaceError {
    #[error("the place was measured {age_s} s ago: it says where the phone was, not where it is")]
    Stale { age_s: i64 },
    #[error("the place is known to {accuracy_m} m only: it says nothing about where to drive")]
    Vague { accuracy_m: f64 },
    #[error(transparent)]
    Fix(#[from] FixError),
}

/// A place as a phone tells it: how old it is, and not when it was measured, for a phone's clock may be years off.
///
/// # Errors
/// When it is nowhere that a caller can be, too old or too vague.
pub fn checked_fix(position: Wgs84, accuracy_m: f64, age_ms: i64, now: Micros) -> Result<Fix, PlaceError> {
    // A clock that was set between measuring and sending may say that it was measured after it was sent.
    let age_us = age_ms.max(0).saturating_mul(1_000);
    if age_us > AGE_MAX_US {
        return Err(PlaceError::Stale { age_s: age_us / Micros::SECOND });
    }
    let measured_at_us = now.plus(-age_us).0;
    let fix = Fix::checked(&ReportPosition { position, measured_at_us, accuracy_m: Some(accuracy_m), heading_deg: None }, now)?;
    if accuracy_m > ACCURACY_MAX_M {
        return Err(PlaceError::Vague { accuracy_m });
    }
    Ok(fix)
}

/// Which of some fixes, oldest first, is believed; with it the last one that is not, if that came later.
#[must_use]
pub fn judged(fixes: &[Fix]) -> Option<(Fix, Option<Fix>)> {
    let (first, later) = fixes.split_first()?;
    let mut believed = Believed::first(*first);
    for fix in later {
        // One that nobody can have reached stays the doubted one.
        let _ = believed.take(*fix);
    }
    Some((believed.fix, believed.doubted.map(|(fix, _)| fix)))
}
