//! Who looked at me 查詢使用紀錄申請: a citizen asks at the counter who has looked at his plate, and is told (個人資料保護法 §3, §10, §11).
//!
//! | word | meaning |
//! |---|---|
//! | inquiry 申請 | a plate, a document that a person has looked at, and a claim to the plate that a second person confirms |
//! | line 使用 | one use of the plate: day, office, purpose, ground in law, whether a case was named, and the leaf of the log; never who |
//! | deferral 暫緩 | lines of one case that are told later: until a day, for a reason, by somebody's word; extended once, by somebody else |
//! | answer 答覆書 | a text whose hash is a leaf of the log before anybody sees it |
//!
//! **Invariant:** every use of the plate is in an answer or in a deferral that ends by itself, and no use of another plate is in either.
//! **Invariant:** an answer is the same, byte by byte, as if what is deferred had never been. `docs/adr/0017-who-looked-at-me.md` says why.

pub mod acts;
pub mod cases;
pub mod jobs;
pub mod receipts;
pub mod store;
pub mod text;

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{InquiryId, Micros};
use shouhu_module::Keyed;
use shouhu_plate::PlateError;
use shouhu_store::StoreError;

#[cfg(test)]
mod claims;

/// 個人資料保護法 §13 I: decided within fifteen days.
pub const DUE_US: i64 = 15 * Micros::DAY;
/// A deferral lasts so long at most, and its one extension as long again.
pub const DEFERRED_DAYS_MAX: i64 = 365;
/// By then everything is told: said in each answer, whether anything is deferred or not.
pub const TOLD_BY_DAYS: i64 = 2 * DEFERRED_DAYS_MAX;

const SHOWN_CHARS: std::ops::RangeInclusive<usize> = 2..=200;
const REASON_CHARS: std::ops::RangeInclusive<usize> = 10..=1_000;
const NUMBER_CHARS: std::ops::RangeInclusive<usize> = 5..=20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InquiryState {
    /// Somebody else must confirm the claim to the plate.
    Asked,
    /// What of it is told now must be decided.
    Confirmed,
    Answered,
    Refused,
}

/// What the applicant has shown to say who he is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// 國民身分證.
    IdCard,
    /// 居留證.
    ResidenceCertificate,
    Passport,
    /// 駕駛執照.
    DrivingLicence,
    /// 公司或商業登記.
    CompanyRegistration,
}

/// Why the plate concerns the applicant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlateClaim {
    /// 車主.
    Keeper,
    /// 使用人.
    User,
    /// 代理人.
    Representative,
}

/// `POST /v1/oversight/inquiries`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct AskInquiry {
    pub plate: String,
    pub document: DocumentKind,
    /// 5 to 20 letters and digits. Only a keyed hash of it is kept.
    pub document_number: String,
    pub claim: PlateClaim,
    /// What shows the claim (行車執照, 委託書), 2 to 200 characters; no names and no numbers.
    pub claim_shown: String,
}

/// `POST /v1/oversight/inquiries/{id}/confirm`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct ConfirmInquiry {
    pub is_confirmed: bool,
    /// Wanted with a refusal, 10 to 1,000 characters.
    #[serde(default)]
    pub note: String,
}

/// What is to be done with the uses of one case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct DecideCase {
    pub case_ref: String,
    /// They are told now when absent, else by this moment at the latest.
    #[serde(default)]
    pub until_us: Option<Micros>,
    /// Wanted with a deferral, 10 to 1,000 characters.
    #[serde(default)]
    pub reason: String,
}

/// `POST /v1/oversight/inquiries/{id}/answer`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct AnswerInquiry {
    /// Every case that the plate was looked at for, each once.
    #[serde(default)]
    pub cases: Vec<DecideCase>,
}

/// `POST /v1/oversight/inquiries/{id}/renew`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct RenewDeferral {
    pub case_ref: String,
    pub until_us: Micros,
    pub reason: String,
}

/// `POST /v1/oversight/inquiries/{id}/hand-over`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct HandOverAnswer {
    /// Which answer.
    pub number: i64,
    /// Of the document that was shown when it was asked for.
    pub document_number: String,
}

/// What was let out by more than duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UseBasis {
    /// 個人資料保護法 §16: within the duties of the office.
    Duty,
    /// 警察職權行使法 §11, with another office's consent in writing.
    Consent,
    /// A life was in danger.
    Opening,
}

/// One use, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct UseLine {
    /// Days since 1970 in Taipei.
    pub day: i64,
    pub office: Option<String>,
    /// The purpose's code.
    pub purpose: String,
    pub basis: UseBasis,
    /// A case was named.
    pub is_linked: bool,
    /// Number of the leaf; absent where none could be found.
    pub leaf: Option<i64>,
}

/// Lines that are told later. A JSON object, because that is what both databases keep alike.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    pub lines: Vec<UseLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InquiryAnswer {
    pub number: i64,
    pub made_at_us: Micros,
    /// As it is printed; UTF-8, its hash is `sha256`.
    pub text: String,
    pub sha256: String,
    /// The leaf that holds the hash.
    pub leaf: i64,
    pub handed_at_us: Option<Micros>,
    pub handed_by_name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Inquiry {
    pub id: InquiryId,
    pub state: InquiryState,
    pub plate_display: String,
    pub document: DocumentKind,
    pub claim: PlateClaim,
    pub claim_shown: String,
    /// Uses of this time are told: until it was asked.
    pub from_us: Micros,
    pub until_us: Micros,
    pub due_at_us: Micros,
    /// Nobody has answered in time.
    pub is_late: bool,
    pub asked_by_name: String,
    pub confirmed_at_us: Option<Micros>,
    pub confirmed_by_name: Option<String>,
    pub refused_note: Option<String>,
}

/// Lines of one case that are told later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Deferral {
    pub case_ref: String,
    pub uses: usize,
    pub until_us: Micros,
    pub reason: String,
    pub set_at_us: Micros,
    pub set_by_name: String,
    pub renewed_at_us: Option<Micros>,
    pub renewed_by_name: Option<String>,
    pub renewed_reason: Option<String>,
    /// Which answer has told it.
    pub told_in: Option<i64>,
}

/// The uses of one case, for whoever decides what of them is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CaseUses {
    pub case_ref: String,
    pub uses: usize,
    pub first_at_us: Micros,
    pub last_at_us: Micros,
    pub offices: Vec<String>,
    /// It is a live incident now, or a consent for this plate runs: it must be deferred.
    pub is_running: bool,
}

/// An inquiry with its answers; `cases` and `deferrals` only for those who decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InquiryShown {
    #[serde(flatten)]
    pub inquiry: Inquiry,
    pub answers: Vec<InquiryAnswer>,
    /// Cases to be decided, while it is confirmed and not answered.
    pub cases: Vec<CaseUses>,
    /// Uses without a case, which are told in any case.
    pub told_anyway: usize,
    pub deferrals: Vec<Deferral>,
}

#[derive(Debug, thiserror::Error)]
pub enum InquiryError {
    #[error("there is no such inquiry")]
    Unknown,
    #[error("{0}")]
    Plate(PlateError),
    #[error("a document's number has {} to {} letters and digits", NUMBER_CHARS.start(), NUMBER_CHARS.end())]
    Document,
    #[error("say in {} to {} characters what shows the claim", SHOWN_CHARS.start(), SHOWN_CHARS.end())]
    Claim,
    #[error("give the reason in {} to {} characters", REASON_CHARS.start(), REASON_CHARS.end())]
    Reason,
    #[error("whoever took the request or set the deferral does not confirm it")]
    SamePerson,
    #[error("it was confirmed, refused, answered or handed over already, or not yet confirmed")]
    Settled,
    #[error("decide about each case that the plate was looked at for, and about no other")]
    Cases,
    #[error("the case runs: its uses are deferred until a day")]
    Running,
    #[error("a deferral ends 1 to {DEFERRED_DAYS_MAX} days from now, and an extension as much later at most")]
    Until,
    #[error("you looked at this plate yourself: somebody else decides")]
    Involved,
    #[error("it was extended already, is told, or there is none: that is possible once")]
    RenewedOnce,
    #[error("that is not the document that was shown when it was asked for")]
    OtherDocument,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for InquiryError {
    fn key(&self) -> &'static str {
        match self {
            Self::Unknown => "http.not_found",
            Self::Plate(_) => "oversight.inquiry.plate",
            Self::Document => "oversight.inquiry.document",
            Self::Claim => "oversight.inquiry.claim",
            Self::Reason => "oversight.inquiry.reason",
            Self::SamePerson => "oversight.inquiry.same_person",
            Self::Settled => "oversight.inquiry.settled",
            Self::Cases => "oversight.inquiry.cases",
            Self::Running => "oversight.inquiry.running",
            Self::Until => "oversight.inquiry.until",
            Self::Involved => "oversight.inquiry.involved",
            Self::RenewedOnce => "oversight.inquiry.renewed_once",
            Self::OtherDocument => "oversight.inquiry.other_document",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::SamePerson | Self::Involved => StatusCode::FORBIDDEN,
            Self::Settled | Self::Cases | Self::Running | Self::RenewedOnce | Self::OtherDocument => StatusCode::CONFLICT,
            Self::Store(error) => error.status(),
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// What people write, without what would hide in it.
fn written(given: &str, chars: &std::ops::RangeInclusive<usize>) -> Option<String> {
    let clean: String = given.trim().chars().filter(|ch| !ch.is_control() || *ch == '\n').collect();
    chars.contains(&clean.chars().count()).then_some(clean)
}

fn reason(given: &str) -> Result<String, InquiryError> {
    written(given, &REASON_CHARS).ok_or(InquiryError::Reason)
}

/// However a number is typed it is one: full-width, small letters, blanks and hyphens.
fn document_number(given: &str) -> Result<String, InquiryError> {
    let narrow = |ch: char| match ch {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(ch) - 0xfee0).unwrap_or(ch),
        other => other,
    };
    let number: String = given.chars().map(narrow).filter(|ch| !ch.is_whitespace() && *ch != '-').collect();
    let is_number = NUMBER_CHARS.contains(&number.chars().count()) && number.chars().all(|ch| ch.is_ascii_alphanumeric());
    if is_number { Ok(number.to_ascii_uppercase()) } else { Err(InquiryError::Document) }
}
