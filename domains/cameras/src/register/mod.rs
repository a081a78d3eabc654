//! The register of cameras 攝影機登錄: why each stands there, who answered for it, and until when.
//!
//! A camera whose review has run out, or was ended, records nothing: what it still sends is destroyed before it is written
//! down, also when the review is renewed later. What it saw while its review held is taken whenever it arrives.
//!
//! | basis | source |
//! |---|---|
//! | `public_place` | 警察職權行使法 §10: public places where crime happens often or is to be expected |
//! | `gathering` | 警察職權行使法 §9: gatherings with facts that point to danger |
//! | `traffic_enforcement` | 道路交通管理處罰條例 §7-2: devices that prove violations |
//!
//! No statute says how often a camera must be looked at again; [`REVIEW_DAYS_MAX`] is this house's rule, as long as the records of
//! a camera may be kept (§10: one year).

mod store;

use std::collections::HashMap;

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{CameraId, Micros};
use shouhu_module::Keyed;
use shouhu_module::ports::Recording;
use shouhu_store::StoreError;

pub use store::{began_at, begin, end, reviews, write};

/// A review holds this long at most.
pub const REVIEW_DAYS_MAX: i64 = 366;
/// How long a new camera may stand before somebody answers for it, and one that stood before the register began.
pub const GRACE_DAYS: i64 = 30;
/// From here on a review is shown as due.
pub const DUE_DAYS: i64 = 30;
pub const TEXT_CHARS_MAX: usize = 300;
/// Cameras of one decision: what stands for one reason is decided together.
pub const AT_ONCE_MAX: usize = 5_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "CameraBasis")]
pub enum Basis {
    PublicPlace,
    Gathering,
    TrafficEnforcement,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegisterState {
    /// Nobody has answered for it yet; it records until `until_us`.
    New,
    Reviewed,
    /// It ends within a month.
    Due,
    /// It records nothing.
    Stopped,
}

/// One decision about one camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    pub camera: CameraId,
    pub decided_at: Micros,
    pub decided_by_name: String,
    pub basis: Basis,
    pub purpose: String,
    pub notice: String,
    pub until: Micros,
    pub ended_at: Option<Micros>,
    pub end_reason: Option<String>,
}

impl Review {
    /// When it stopped holding, or will.
    #[must_use]
    pub fn ends_at(&self) -> Micros {
        self.ended_at.map_or(self.until, |ended| ended.min(self.until))
    }
}

/// What stands behind a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grounds {
    pub basis: Basis,
    pub purpose: String,
    pub notice: String,
    pub until: Micros,
}

#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    #[error("name 1 to {AT_ONCE_MAX} cameras; {0} were named")]
    Count(usize),
    #[error("there is no camera {0}")]
    Unknown(CameraId),
    #[error("say what the camera is for, in 1 to {TEXT_CHARS_MAX} characters")]
    Purpose,
    #[error("say how the public is told of it, in 1 to {TEXT_CHARS_MAX} characters")]
    Notice,
    #[error("the next review must lie ahead, within {REVIEW_DAYS_MAX} days")]
    Until,
    #[error("say why it ends, in 1 to {TEXT_CHARS_MAX} characters")]
    Reason,
    #[error("no review of this camera holds")]
    NoneHolds,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for RegisterError {
    fn key(&self) -> &'static str {
        match self {
            Self::Count(_) => "cameras.register.count",
            Self::Unknown(_) => "cameras.register.unknown",
            Self::Purpose => "cameras.register.purpose",
            Self::Notice => "cameras.register.notice",
            Self::Until => "cameras.register.until",
            Self::Reason => "cameras.register.reason",
            Self::NoneHolds => "cameras.register.none_holds",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unknown(_) => StatusCode::NOT_FOUND,
            Self::NoneHolds => StatusCode::CONFLICT,
            Self::Store(error) => error.status(),
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// What people write, on one line; none where it says nothing or too much.
fn said(text: &str) -> Option<String> {
    let clean: String = text.chars().filter(|ch| !ch.is_control()).collect();
    let clean = clean.trim();
    (1..=TEXT_CHARS_MAX).contains(&clean.chars().count()).then(|| clean.to_owned())
}

impl Grounds {
    /// # Errors
    /// When it says nothing, too much, or holds for too long.
    pub fn checked(basis: Basis, purpose: &str, notice: &str, until: Micros, now: Micros) -> Result<Self, RegisterError> {
        let purpose = said(purpose).ok_or(RegisterError::Purpose)?;
        let notice = said(notice).ok_or(RegisterError::Notice)?;
        if until <= now || until.since(now) > REVIEW_DAYS_MAX * Micros::DAY {
            return Err(RegisterError::Until);
        }
        Ok(Self { basis, purpose, notice, until })
    }
}

/// # Errors
/// When it says nothing or too much.
pub fn reason(text: &str) -> Result<String, RegisterError> {
    said(text).ok_or(RegisterError::Reason)
}

/// Until when a camera that nobody has answered for may record.
fn grace_until(created_at: Micros, register_began_at: Micros) -> Micros {
    created_at.max(register_began_at).plus(GRACE_DAYS * Micros::DAY)
}

/// When a camera may record; its reviews in the order in which they were decided.
#[must_use]
pub fn recording(created_at: Micros, register_began_at: Micros, reviews: &[Review]) -> Recording {
    let grace_until = grace_until(created_at, register_began_at);
    // The grace ends with the first answer, whatever becomes of that one.
    let grace_until = reviews.first().map_or(grace_until, |first| first.decided_at.min(grace_until));
    let grace = (Micros(i64::MIN), grace_until);
    let held = reviews.iter().map(|review| (review.decided_at, review.ends_at()));
    Recording::within(std::iter::once(grace).chain(held).collect::<Vec<_>>())
}

/// Where a camera stands in the register now, and until when it records or did.
#[must_use]
pub fn state(created_at: Micros, register_began_at: Micros, reviews: &[Review], now: Micros) -> (RegisterState, Micros) {
    // Of those that hold, the one that holds longest: a renewal is decided before the one before has run out.
    match reviews.iter().map(Review::ends_at).max() {
        None => {
            let until = grace_until(created_at, register_began_at);
            (if now < until { RegisterState::New } else { RegisterState::Stopped }, until)
        }
        Some(until) if until <= now => (RegisterState::Stopped, until),
        Some(until) if until.since(now) <= DUE_DAYS * Micros::DAY => (RegisterState::Due, until),
        Some(until) => (RegisterState::Reviewed, until),
    }
}

/// Reviews by their camera, each in its order.
#[must_use]
pub fn by_camera(reviews: Vec<Review>) -> HashMap<CameraId, Vec<Review>> {
    let mut all: HashMap<CameraId, Vec<Review>> = HashMap::new();
    for review in reviews {
        all.entry(review.camera).or_default().push(review);
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BEGAN: Micros = Micros(1_795_000_000_000_000);

    fn day(days: i64) -> Micros {
        BEGAN.plus(days * Micros::DAY)
    }

    fn review(from: i64, until: i64, ended: Option<i64>) -> Review {
        Review {
            camera: CameraId::new(BEGAN, [1; 16]),
            decided_at: day(from),
            decided_by_name: "陳督導".into(),
            basis: Basis::PublicPlace,
            purpose: "路口治安".into(),
            notice: "現場告示".into(),
            until: day(until),
            ended_at: ended.map(day),
            end_reason: None,
        }
    }

    fn days_recorded(reviews: &[Review]) -> Vec<i64> {
        let recording = recording(day(-1_000), BEGAN, reviews);
        (-2..80).filter(|days| recording.holds(day(*days))).collect()
    }

    #[test]
    fn an_old_camera_has_a_month_from_the_beginning_of_the_register_and_then_records_nothing() {
        assert_eq!(days_recorded(&[]), (-2..30).collect::<Vec<_>>());
        assert_eq!(state(day(-1_000), BEGAN, &[], day(29)), (RegisterState::New, day(30)));
        assert_eq!(state(day(-1_000), BEGAN, &[], day(30)), (RegisterState::Stopped, day(30)));
        assert_eq!(state(day(10), BEGAN, &[], day(39)), (RegisterState::New, day(40)), "a new one from its own beginning");
    }

    #[test]
    fn an_ended_or_expired_review_stops_it_also_within_the_first_month_and_a_later_one_begins_anew() {
        let ended = [review(5, 60, Some(10))];
        assert_eq!(days_recorded(&ended), (-2..10).collect::<Vec<_>>(), "the first month is over with the first answer");
        assert_eq!(state(BEGAN, BEGAN, &ended, day(11)).0, RegisterState::Stopped);
        let again = [review(5, 20, None), review(40, 70, None)];
        assert_eq!(days_recorded(&again), (-2..20).chain(40..70).collect::<Vec<_>>(), "what lies between stays unrecorded");
        assert_eq!(state(BEGAN, BEGAN, &again, day(30)), (RegisterState::Reviewed, day(70)));
        assert_eq!(state(BEGAN, BEGAN, &again, day(41)), (RegisterState::Due, day(70)));
    }

    #[test]
    fn words_and_times_have_their_bounds() {
        let checked = |purpose: &str, until| Grounds::checked(Basis::Gathering, purpose, "告示", until, BEGAN);
        assert!(checked(" 遊行 ", day(366)).is_ok_and(|grounds| grounds.purpose == "遊行"));
        assert!(matches!(checked("\u{7} ", day(1)), Err(RegisterError::Purpose)));
        assert!(matches!(checked(&"字".repeat(301), day(1)), Err(RegisterError::Purpose)));
        assert!(matches!(checked("遊行", day(367)), Err(RegisterError::Until)));
        assert!(matches!(checked("遊行", BEGAN), Err(RegisterError::Until)));
        assert!(matches!(Grounds::checked(Basis::Gathering, "遊行", "", day(1), BEGAN), Err(RegisterError::Notice)));
    }

    proptest! {
        /// Whatever was decided: it records exactly when the register says that it is not stopped, but for gaps before a later review.
        #[test]
        fn a_stopped_camera_records_nothing(cuts in proptest::collection::vec((0_i64..100, 1_i64..60, proptest::option::of(0_i64..60)), 0..6), at in 0_i64..200) {
            let mut from = 0;
            let reviews: Vec<Review> = cuts.into_iter().map(|(after, length, ended)| {
                from += after;
                review(from, from + length, ended.map(|days| from + days))
            }).filter(|review| review.decided_at <= day(at)).collect();
            let (state, until) = state(BEGAN, BEGAN, &reviews, day(at));
            let holds = recording(BEGAN, BEGAN, &reviews).holds(day(at));
            prop_assert_eq!(holds, state != RegisterState::Stopped, "{:?} {:?} {:?}", state, until, reviews);
        }
    }
}
