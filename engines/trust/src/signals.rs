//! What was seen of a session. `None` is never a suspicion: it takes no points, and the assessment names it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::AddressMove;

/// What is known of the person's passkey. The order is that of suspicion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Passkey {
    Attested,
    Unattested,
    /// None was touched in this session: an identity provider has said who it is (ADR 0025).
    Untouched,
}

/// What others whom the house believes have told about the person since the last verification (ADR 0024). The order is that of suspicion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TrustTold")]
pub enum Told {
    #[default]
    Nothing,
    /// A credential or a device of the person, or what is assured about him, is not what it was.
    Verify,
    /// The person's sessions are over, by another's word. No verification answers for that; a new session does.
    Revoked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Signals {
    /// Time since the person last touched the passkey and was recognised by it; where none was touched yet, since the sign-in.
    pub verified_ago_us: Option<i64>,
    /// Also the age of the browser's key in use.
    pub session_age_us: Option<i64>,
    pub passkey: Option<Passkey>,
    pub address: Option<AddressMove>,
    pub is_threat_listed: Option<bool>,
    /// `None` for who is on no roster: of him nothing is known, and not that he was off.
    pub is_on_rota: Option<bool>,
    /// Straight-line speed between two fixes of the person's unit that lie far apart.
    pub jump_km_per_h: Option<u32>,
    /// Questions about persons and vehicles since the last verification, in the last minute.
    pub reads_per_minute: Option<u32>,
    /// As above, in the last hour.
    pub reads_per_hour: Option<u32>,
    /// One's own mean over hours in which one asked at all.
    pub usual_reads_per_hour: Option<u32>,
    /// Requests with the session's cookie and without its key, since the last verification.
    pub doubts: Option<u32>,
    pub told: Option<Told>,
}
