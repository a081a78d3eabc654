//! Why points were taken, as a closed list, and which signals there are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A screen has a sentence for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TrustReasonCode")]
pub enum ReasonCode {
    ThreatListed,
    ToldByTransmitter,
    PasskeyUntouched,
    ReadsPerHour,
    ReadsPerMinute,
    ReadsBeyondHabit,
    AddressOutOfListed,
    AddressBetweenUnlisted,
    AddressIntoListed,
    PlaceJump,
    ProofsRefused,
    VerifiedLongAgo,
    SessionOld,
    PasskeyUnattested,
    OffRota,
}

impl ReasonCode {
    /// As on the wire and in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ThreatListed => "threat_listed",
            Self::ToldByTransmitter => "told_by_transmitter",
            Self::PasskeyUntouched => "passkey_untouched",
            Self::ReadsPerHour => "reads_per_hour",
            Self::ReadsPerMinute => "reads_per_minute",
            Self::ReadsBeyondHabit => "reads_beyond_habit",
            Self::AddressOutOfListed => "address_out_of_listed",
            Self::AddressBetweenUnlisted => "address_between_unlisted",
            Self::AddressIntoListed => "address_into_listed",
            Self::PlaceJump => "place_jump",
            Self::ProofsRefused => "proofs_refused",
            Self::VerifiedLongAgo => "verified_long_ago",
            Self::SessionOld => "session_old",
            Self::PasskeyUnattested => "passkey_unattested",
            Self::OffRota => "off_rota",
        }
    }
}

/// A reason and the points that it took. It may take none where a heavier one has left none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TrustReason")]
pub struct Reason {
    pub code: ReasonCode,
    pub points: u8,
}

/// A signal that was not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TrustSignal")]
pub enum SignalName {
    Verification,
    SessionAge,
    Passkey,
    Address,
    ThreatList,
    Rota,
    Place,
    PaceMinute,
    PaceHour,
    Habit,
    Doubts,
    Told,
}
