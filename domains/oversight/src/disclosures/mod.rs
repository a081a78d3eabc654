//! What is given out to whoever asks under 政府資訊公開法 (freedom of government information): incidents that are over, without anybody in them.
//!
//! | word | meaning |
//! |---|---|
//! | disclosure 公開 | what one request gets: asked for by one person, released or refused by another |
//! | entry | one incident, as it is given out: kind, area, hours, codes, and its log by acts |
//! | pseudonym 代號 | an officer, or who else acted, within one disclosure: a keyed hash whose key no other disclosure has |
//! | preview | the entries as they would be given out now; who decides says by their hash what he saw |
//!
//! **Invariant:** no free text, name, call sign, address, plate or picture goes into an entry: what could hold a person is left out and not
//! searched for persons. Regular expressions find the plates that they know.
//! **Invariant:** what is sealed is in no preview and no file, whoever asks; a file that is older than a seal is not shown while that lasts.
//! **Invariant:** from whom a rule of the force hides incidents (ADR 0023) previews and releases nothing: what he does not see is not left out in silence.
//!
//! Each entry has a leaf of the log of its own that holds the hash of its text and names nobody, and the proof of that leaf, which
//! `shouhu verify --proof` checks. The leaves of what officers did cannot be shown in part: salt and entry are hashed whole, names included
//! (ADR 0021).

pub mod make;
pub mod store;

#[cfg(test)]
mod claims;

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{DisclosureId, Micros};
use shouhu_module::Keyed;
use shouhu_store::StoreError;

/// One request covers at most so long; a longer one is several.
pub const SPAN_MAX_US: i64 = 31 * Micros::DAY;
/// Each is a leaf.
pub const ENTRIES_MAX: i64 = 200;
const TEXT_CHARS: std::ops::RangeInclusive<usize> = 2..=300;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisclosureState {
    Asked,
    /// Claimed by who releases it, while its leaves are written. Open to be decided again when that took too long: whoever did it has died.
    Releasing,
    Released,
    Refused,
}

/// Which incidents: those that were opened within a time, or one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "snake_case")]
#[schemars(rename = "DisclosureScope")]
pub enum Scope {
    Time { from_us: Micros, until_us: Micros },
    Incident { number: String },
}

/// `POST /v1/oversight/disclosures`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AskDisclosure {
    /// The house's own number of the request: not the name of who made it.
    pub request_ref: String,
    /// By which article it is given out, and what of §18 was looked at.
    pub basis: String,
    pub scope: Scope,
}

/// `POST /v1/oversight/disclosures/{id}/release`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReleaseDisclosure {
    /// `entries_sha256` of the preview that was looked at: of anything else nothing is released.
    pub entries_sha256: String,
    /// Numbers of incidents of the preview that are kept back by §18.
    #[serde(default)]
    pub without: Vec<String>,
}

/// `POST /v1/oversight/disclosures/{id}/refuse`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefuseDisclosure {
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Disclosure {
    pub id: DisclosureId,
    pub state: DisclosureState,
    pub request_ref: String,
    pub basis: String,
    pub scope: Scope,
    pub asked_at_us: Micros,
    pub asked_by_name: String,
    pub decided_at_us: Option<Micros>,
    pub decided_by_name: Option<String>,
    pub reason: Option<String>,
}

/// A line of an incident's log: an act and who did it, so long after the incident began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DisclosedLine {
    pub after_s: i64,
    /// `unit_assigned`, `assignment_on_scene` …
    pub act: String,
    pub by: String,
}

/// An incident as it is given out. Its JSON text is what is hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DisclosedIncident {
    pub number: String,
    pub kind: String,
    pub priority: u8,
    pub closing_code: Option<String>,
    /// Village or district; empty where none is known.
    pub area: String,
    /// The hour in which it was opened, by UTC: a minute beside a place may point at somebody.
    pub opened_hour_us: Micros,
    pub lasted_s: Option<i64>,
    pub log: Vec<DisclosedLine>,
}

/// One entry before it is given out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PreviewedEntry {
    pub number: String,
    /// A [`DisclosedIncident`] as JSON, byte by byte as it will be.
    pub text: String,
    /// Hex, of the text.
    pub sha256: String,
}

/// `GET /v1/oversight/disclosures/{id}/preview`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DisclosurePreview {
    pub disclosure: DisclosureId,
    pub entries: Vec<PreviewedEntry>,
    /// Hex SHA-256 of the hex hashes of all entries, each with a line feed: sent back with the release.
    pub entries_sha256: String,
}

/// One entry with what proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DisclosedEntry {
    /// A [`DisclosedIncident`] as JSON, byte by byte as it was hashed.
    pub text: String,
    /// Hex.
    pub sha256: String,
    /// Number of the leaf that holds the hash.
    pub leaf: i64,
    /// C2SP tlog-proof of that leaf: `shouhu verify --proof`.
    pub proof: String,
}

/// `GET /v1/oversight/disclosures/{id}/file`. Nothing of the request is in it: it is published, and who asked is nobody's business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DisclosureFile {
    pub disclosure: DisclosureId,
    /// When the incidents were read.
    pub made_at_us: Micros,
    /// C2SP verifier key of the log; believe it from elsewhere than from this file.
    pub log_key: String,
    /// How many incidents were kept back by §18; which, says the log. What is sealed is not counted: it is not there.
    pub kept_back: usize,
    pub entries: Vec<DisclosedEntry>,
    pub statement_zh: String,
    pub statement_en: String,
}

#[derive(Debug, thiserror::Error)]
pub enum DisclosureError {
    #[error("there is none")]
    Unknown,
    #[error("write {} to {} characters", TEXT_CHARS.start(), TEXT_CHARS.end())]
    Text,
    #[error("a request covers one incident, or at most 31 days that are over")]
    Scope,
    #[error("whoever asked for it does not release or refuse it: a second person does")]
    SamePerson,
    #[error("it was released or refused already, or somebody is just doing it")]
    Settled,
    #[error("it was not released")]
    NotReleased,
    #[error("there are more than {ENTRIES_MAX} incidents in that time: ask for less at once")]
    TooMany,
    #[error("no incident that is over lies in it")]
    Nothing,
    #[error("a rule of this house hides incidents from you, so that the file might lack some: somebody who sees all of them does this")]
    NotWhole,
    #[error("not among the incidents that would be given out: {}", .0.join(", "))]
    UnknownNumbers(Vec<String>),
    #[error("what would be given out is not what the preview showed any more: look at it again")]
    Changed,
    #[error("a case was sealed after this file was made, so that it is not shown any more: ask for it anew")]
    OlderThanSeal,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for DisclosureError {
    fn key(&self) -> &'static str {
        match self {
            Self::Unknown => "http.not_found",
            Self::Text => "oversight.disclosure.text",
            Self::Scope => "oversight.disclosure.scope",
            Self::SamePerson => "oversight.disclosure.same_person",
            Self::Settled => "oversight.disclosure.settled",
            Self::NotReleased => "oversight.disclosure.not_released",
            Self::TooMany => "oversight.disclosure.too_many",
            Self::Nothing => "oversight.disclosure.nothing",
            Self::NotWhole => "oversight.disclosure.not_whole",
            Self::UnknownNumbers(_) => "oversight.disclosure.unknown_numbers",
            Self::Changed => "oversight.disclosure.changed",
            Self::OlderThanSeal => "oversight.disclosure.older_than_seal",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::SamePerson | Self::NotWhole => StatusCode::FORBIDDEN,
            Self::Settled | Self::NotReleased | Self::Changed | Self::OlderThanSeal => StatusCode::CONFLICT,
            Self::Text | Self::Scope | Self::TooMany | Self::Nothing | Self::UnknownNumbers(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(error) => error.status(),
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::UnknownNumbers(numbers) => vec![("numbers", numbers.join(", "))],
            _ => Vec::new(),
        }
    }
}

fn text(given: &str) -> Result<String, DisclosureError> {
    let clean: String = given.trim().chars().filter(|ch| !ch.is_control()).collect();
    if TEXT_CHARS.contains(&clean.chars().count()) { Ok(clean) } else { Err(DisclosureError::Text) }
}

/// # Errors
/// When it says nothing, or too much.
pub fn refusal(given: &str) -> Result<String, DisclosureError> {
    text(given)
}
