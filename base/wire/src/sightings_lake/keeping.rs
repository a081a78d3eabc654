//! How long passages are kept: holds, erasures, retention and its certificates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{HoldId, Micros, SightingId};

use super::SightingClass;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// A raised hit: its proof.
    Hit,
    /// A person ordered it.
    Legal,
}

/// A passage that no purge and no erasure takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hold {
    pub id: HoldId,
    pub sighting: SightingId,
    pub plate_display: String,
    pub captured_at_us: Micros,
    pub reason: HoldReason,
    pub note: String,
    pub case_ref: Option<String>,
    pub since_us: Micros,
    /// 警察職權行使法 §10: at most a year after the recording, unless an investigation needs it.
    pub until_us: Micros,
    pub placed_by_name: Option<String>,
    pub lifted_at_us: Option<Micros>,
}

/// `POST /v1/sightings/holds`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlaceHold {
    pub sighting: SightingId,
    pub note: String,
    /// With a case an investigation needs it: the hold may then last longer than a year.
    #[serde(default)]
    pub case_ref: Option<String>,
    /// A year after the recording when absent.
    #[serde(default)]
    pub until_us: Option<Micros>,
}

/// `POST /v1/sightings/holds/{id}/lift`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LiftHold {
    pub note: String,
}

/// `POST /v1/sightings/erasures`: takes every passage of a plate out of the lake, files rewritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EraseOrder {
    /// The whole plate, typed.
    pub plate: String,
    pub reason: String,
    #[serde(default)]
    pub case_ref: Option<String>,
}

/// What was done; the plate itself is not kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Erasure {
    pub at_us: Micros,
    pub by_name: String,
    pub reason: String,
    pub case_ref: Option<String>,
    pub erased: u64,
    pub pictures: u64,
}

/// How long a class is kept, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RetentionClass {
    pub class: SightingClass,
    /// Absent: as long as a hold names it.
    pub days: Option<u32>,
    pub legal_basis: String,
    /// Rows in the lake now.
    pub sightings: u64,
    pub oldest_us: Option<Micros>,
}

/// A purge's certificate. Balanced: of the rows that the days' files had, each was purged, kept or there twice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PurgeCertificate {
    pub ran_at_us: Micros,
    pub rows_before: u64,
    pub purged: u64,
    /// Held: moved to the class `kept`, pictures with them.
    pub kept: u64,
    pub duplicates: u64,
    pub is_balanced: bool,
    pub pictures_moved: u64,
    /// Pictures from days before this one (days since 1970) cannot be read any more, in any copy.
    pub keys_until_day: i64,
    pub quarantine_deleted: u64,
    pub purged_total: u64,
    pub erased_total: u64,
}

/// `GET /v1/sightings/retention`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Retention {
    pub classes: Vec<RetentionClass>,
    /// Newest first.
    pub certificates: Vec<PurgeCertificate>,
    pub erasures: Vec<Erasure>,
}
