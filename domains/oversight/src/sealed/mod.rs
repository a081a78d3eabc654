//! Sealed cases 封存案件: an undercover enquiry, one against a colleague, a protected witness. While a seal is in force its members alone see
//! its plates and its number; to everybody else the plate never passed (`docs/adr/0020-sealed-cases.md`).
//!
//! | word | meaning |
//! |---|---|
//! | seal 封存 | a case number with its plates and members, until a day |
//! | member 專案成員 | somebody who sees what is sealed |
//! | decider 核定人 | somebody of another office, named by whoever asks: nobody else learns what is to be sealed |
//!
//! **Invariant:** one person alone seals nothing and lifts nothing, nor do two of one office.
//! **Invariant:** no leaf, list or error tells a plate, a case number or a reason to somebody who is neither member, asker nor decider.

pub mod keep;
pub mod log;
pub mod store;

#[cfg(test)]
mod claims;

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{ActorId, Micros, SealId};
use shouhu_module::{CASE_CHARS_MAX, Keyed, Person};
use shouhu_plate::Plate;
use shouhu_store::StoreError;

/// No longer at a time; extended once by as long.
pub const TERM_DAYS_MAX: i64 = 365;
pub const PLATES_MAX: usize = 20;
pub const MEMBERS_MAX: usize = 50;
/// Two or three characters are in every other plate and word.
pub const PLATE_CHARS_MIN: usize = 4;
pub const CASE_CHARS_MIN: usize = 4;
/// Who was named and does not answer: the question is over.
pub const WAITS_US: i64 = 14 * Micros::DAY;
const TEXT_CHARS: std::ops::RangeInclusive<usize> = 5..=500;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SealState {
    /// Nothing is sealed yet.
    Asked,
    InForce,
    Refused,
    Lifted,
    /// Its day has come, or nobody decided.
    Ended,
}

/// `POST /v1/oversight/seals`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AskSeal {
    /// 4 to 40 characters.
    pub case_ref: String,
    /// One to twenty, of four characters at least.
    pub plates: Vec<String>,
    /// One to fifty.
    pub members: Vec<ActorId>,
    /// Who decides: of another office.
    pub decider: ActorId,
    /// 5 to 500 characters.
    pub reason: String,
    pub until_us: Micros,
}

/// `POST /v1/oversight/seals/{id}/decide`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DecideSeal {
    pub is_sealed: bool,
    #[serde(default)]
    pub note: String,
}

/// `POST /v1/oversight/seals/{id}/extend`, by the decider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExtendSeal {
    pub until_us: Micros,
}

/// `POST /v1/oversight/seals/{id}/lift`: the first asks, the second of another office does it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LiftSeal {
    /// 5 to 500 characters.
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SealMember {
    pub actor: ActorId,
    pub name: String,
}

/// What is sealed, for those who know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SealContent {
    pub case_ref: String,
    pub plates: Vec<String>,
    pub members: Vec<SealMember>,
    pub reason: String,
    pub asked_by_name: String,
    pub decider_name: String,
    pub decided_note: String,
    pub extended_by_name: Option<String>,
    pub lift_asked_by_name: Option<String>,
    pub lift_reason: Option<String>,
    pub lifted_by_name: Option<String>,
}

/// A seal: that it is there is told to whoever oversees, what it is about only to members, asker and decider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SealShown {
    pub id: SealId,
    pub state: SealState,
    pub asked_office: String,
    pub decider_office: String,
    pub asked_at_us: Micros,
    pub decided_at_us: Option<Micros>,
    pub ends_at_us: Micros,
    pub extended_at_us: Option<Micros>,
    pub lifted_at_us: Option<Micros>,
    /// One of two wants it lifted.
    pub is_lift_asked: bool,
    pub plates_sealed: usize,
    pub members_named: usize,
    /// Absent for who may not know.
    pub content: Option<SealContent>,
    /// Whoever asks was named to decide, and has not yet.
    pub is_mine_to_decide: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("there is no such seal, or you may not know what it is about")]
    Unknown,
    #[error("name a case, in {CASE_CHARS_MIN} to {CASE_CHARS_MAX} characters")]
    Case,
    #[error("name one to {PLATES_MAX} plates of {PLATE_CHARS_MIN} characters at least")]
    Plates,
    #[error("name one to {MEMBERS_MAX} members who have an account")]
    Members,
    #[error("write it in {} to {} characters", TEXT_CHARS.start(), TEXT_CHARS.end())]
    Text,
    #[error("a seal ends between tomorrow and {TERM_DAYS_MAX} days from now")]
    Until,
    #[error("an operator must first say in which office you serve: a seal needs two of them")]
    NoOffice,
    #[error("name somebody who may decide on seals")]
    Decider,
    #[error("a second person decides")]
    SamePerson,
    #[error("somebody of another office decides")]
    SameOffice,
    #[error("it was decided, lifted or is over already")]
    Settled,
    #[error("it was extended already: that is possible once")]
    ExtendedOnce,
    #[error("nobody says who serves where in this program")]
    NoPeople,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for SealError {
    fn key(&self) -> &'static str {
        match self {
            Self::Unknown => "http.not_found",
            Self::Case => "oversight.seal.case",
            Self::Plates => "oversight.seal.plates",
            Self::Members => "oversight.seal.members",
            Self::Text => "oversight.seal.text",
            Self::Until => "oversight.seal.until",
            Self::NoOffice => "oversight.seal.no_office",
            Self::Decider => "oversight.seal.decider",
            Self::SamePerson => "oversight.seal.same_person",
            Self::SameOffice => "oversight.seal.same_office",
            Self::Settled => "oversight.seal.settled",
            Self::ExtendedOnce => "oversight.seal.extended_once",
            Self::NoPeople => "oversight.seal.no_people",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::NoOffice | Self::SamePerson | Self::SameOffice | Self::Settled | Self::ExtendedOnce => StatusCode::CONFLICT,
            Self::NoPeople => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(error) => error.status(),
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

fn text(given: &str) -> Result<String, SealError> {
    let clean: String = given.trim().chars().filter(|ch| !ch.is_control() || *ch == '\n').collect();
    if TEXT_CHARS.contains(&clean.chars().count()) { Ok(clean) } else { Err(SealError::Text) }
}

/// What may be left out.
fn note(given: &str) -> Result<String, SealError> {
    let clean: String = given.trim().chars().filter(|ch| !ch.is_control() || *ch == '\n').collect();
    if clean.chars().count() <= *TEXT_CHARS.end() { Ok(clean) } else { Err(SealError::Text) }
}

fn case(given: &str) -> Result<String, SealError> {
    let clean: String = given.trim().chars().filter(|ch| !ch.is_control()).collect();
    let chars = clean.chars().filter(|ch| ch.is_alphanumeric()).count();
    if chars >= CASE_CHARS_MIN && clean.chars().count() <= CASE_CHARS_MAX { Ok(clean) } else { Err(SealError::Case) }
}

fn plates(given: &[String]) -> Result<Vec<Plate>, SealError> {
    if !(1..=PLATES_MAX).contains(&given.len()) {
        return Err(SealError::Plates);
    }
    let mut plates = given.iter().map(|plate| Plate::parse(plate)).collect::<Result<Vec<Plate>, _>>().map_err(|_| SealError::Plates)?;
    plates.sort();
    plates.dedup();
    if plates.iter().any(|plate| plate.as_str().len() < PLATE_CHARS_MIN) { Err(SealError::Plates) } else { Ok(plates) }
}

fn until(until: Micros, now: Micros) -> Result<Micros, SealError> {
    if (Micros::DAY..=TERM_DAYS_MAX * Micros::DAY).contains(&until.since(now)) { Ok(until) } else { Err(SealError::Until) }
}

fn office(person: &Person) -> Result<String, SealError> {
    person.office.clone().filter(|office| !office.is_empty()).ok_or(SealError::NoOffice)
}
