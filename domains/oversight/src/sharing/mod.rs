//! What is shared with partners 對外共享: a ledger by hour, agreements with an end, and one switch for each partner.
//!
//! | word | meaning |
//! |---|---|
//! | partner 共享對象 | who is told of facts by a webhook, sends under a key of his own, connects as a TAK client, or gets what a person fetches for him; known from the first time on |
//! | agreement 協議 | by which rule is shared, and until when; without one it goes on for thirty days |
//! | switch 停止 | everything to and from a partner stops: by anybody with the right at once, and on again by two |
//!
//! **Invariant:** what passes is in the ledger before it passes, and the switch is read with it, in one transaction of the one database of all
//! servers: what is asked after a switch was set is refused, wherever.

pub mod gate;
pub mod store;

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;
use shouhu_module::Keyed;
use shouhu_store::StoreError;

#[cfg(test)]
mod claims;

/// As for a camera that nobody has reviewed: time enough to write down what was agreed before the upgrade.
pub const WITHOUT_AGREEMENT_US: i64 = 30 * Micros::DAY;
/// An agreement is looked at again within so many days.
pub const AGREED_DAYS_MAX: i64 = 3 * 366;
/// Hours are kept for as long as looks are.
pub const KEPT_DAYS: i64 = 366;
const TEXT_CHARS: std::ops::RangeInclusive<usize> = 5..=500;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SharingAgreement {
    pub basis: String,
    pub until_us: Micros,
    pub written_at_us: Micros,
    pub written_by_name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SharingPartner {
    /// `device …`, `webhook …`, `signals …`, `named …` (a person fetches for him, or a network of TAK clients is his), or `unnamed …` (nobody said whose).
    pub id: String,
    pub title: String,
    pub since_us: Micros,
    /// The last one that was written, also when it is over.
    pub agreement: Option<SharingAgreement>,
    /// Until when something passes, by agreement or without one; absent while it is switched off, and of `unnamed …`, which no date stops.
    pub passes_until_us: Option<Micros>,
    /// Nothing passes now. Where it is a date and no person that has stopped it, the doors of life are open still: calls for help, neighbouring centres'
    /// incidents, an EIDO that a person fetches, and word about accounts.
    pub is_stopped: bool,
    pub off_at_us: Option<Micros>,
    pub off_by_name: Option<String>,
    pub off_reason: Option<String>,
    /// Waits for a second person.
    pub on_asked_by_name: Option<String>,
    pub on_reason: Option<String>,
    /// In the last 24 hours.
    pub passed_day: i64,
    pub refused_day: i64,
}

/// What passed in one hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SharedHour {
    /// Hours since 1970.
    pub hour: i64,
    /// `out` to the partner, `in` from him.
    pub direction: String,
    pub kind: String,
    pub passed: i64,
    pub refused: i64,
    /// By which rule; absent without an agreement.
    pub basis: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SharingPartnerShown {
    #[serde(flatten)]
    pub partner: SharingPartner,
    /// The newest 500.
    pub hours: Vec<SharedHour>,
}

/// `POST /v1/oversight/partners/{id}/off` and `/on`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct SwitchPartner {
    /// 5 to 500 characters.
    pub reason: String,
}

/// `POST /v1/oversight/partners/{id}/agreement`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct AgreeSharing {
    /// Article, contract, letter: 5 to 500 characters.
    pub basis: String,
    pub until_us: Micros,
}

#[derive(Debug, thiserror::Error)]
pub enum SharingError {
    #[error("nothing has passed to or from such a partner")]
    Unknown,
    #[error("this partner was switched off")]
    Off,
    #[error("nobody has agreed with this partner, or no longer: an agreement is written down first")]
    NoAgreement,
    #[error("write it in {} to {} characters", TEXT_CHARS.start(), TEXT_CHARS.end())]
    Text,
    #[error("an agreement ends between tomorrow and three years from now")]
    Until,
    #[error("it is off already, or on")]
    Settled,
    #[error("a second person switches it on again")]
    SamePerson,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for SharingError {
    fn key(&self) -> &'static str {
        match self {
            Self::Unknown => "http.not_found",
            Self::Off => "oversight.sharing.off",
            Self::NoAgreement => "oversight.sharing.no_agreement",
            Self::Text => "oversight.sharing.text",
            Self::Until => "oversight.sharing.until",
            Self::Settled => "oversight.sharing.settled",
            Self::SamePerson => "oversight.sharing.same_person",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Off | Self::NoAgreement | Self::SamePerson => StatusCode::FORBIDDEN,
            Self::Settled => StatusCode::CONFLICT,
            Self::Text | Self::Until => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(error) => error.status(),
        }
    }
}

fn text(given: &str) -> Result<String, SharingError> {
    let clean: String = given.trim().chars().filter(|ch| !ch.is_control() || *ch == '\n').collect();
    if TEXT_CHARS.contains(&clean.chars().count()) { Ok(clean) } else { Err(SharingError::Text) }
}
