//! Hits: a sighting that matches an entry, waiting for a person.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{ActorId, EntryId, HitId, IncidentId, Micros, SightingId};
use shouhu_place::Wgs84;
use shouhu_plate::{MatchKind, Plate, SeenVehicle, VehicleClass, VehicleColour};

use crate::{Alternative, NotFollowed};

/// What the entry asks officers to do once a person has confirmed the hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryAction {
    /// Stop the vehicle and check.
    Stop,
    /// Keep the sighting, do not approach.
    Observe,
    /// Approach only with cover.
    StopWithCaution,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HitState {
    /// Raised; nobody may act.
    Raised,
    /// A person compared picture and entry and says that they agree.
    Confirmed,
    /// A person says that they do not.
    Rejected,
    /// Nobody looked while the entry was in force.
    Lapsed,
}

/// What does not fit between the sighting and the entry: shown, never decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Conflict {
    /// The plate's series is of another vehicle class than the entry says.
    Class,
    /// The picture shows a vehicle of another colour than the entry says.
    Colour,
    /// The picture shows another kind of vehicle than the entry says.
    Kind,
    /// The picture shows a kind of vehicle that the plate's series is not given to: it may hang on another vehicle 懸掛偽牌.
    PlateOfOtherKind,
    /// The text fits no series of the issuer that the entry names.
    Issuer,
    /// The reading's calibrated probability is below the floor for acting on it alone.
    LowConfidence,
    /// The device's clock was wrong by more than a minute.
    DeviceClock,
    /// The sighting is older than ten minutes: the vehicle is elsewhere by now.
    OldSighting,
    /// The same plate was seen so far away so shortly before that one of the two is not this vehicle.
    ImpossibleSpeed,
    /// The device that saw it was restricted then: another one must have seen the vehicle too.
    SenderRestricted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// The text in the picture is another one.
    Misread,
    /// The text is right, but make, colour or class is not the wanted vehicle's.
    OtherVehicle,
    /// The picture does not allow a decision.
    PictureUnclear,
    /// The entry should not be in force any more.
    EntryOutdated,
    /// A copy of a plate already being handled.
    AlreadyHandled,
}

/// The entry as it is shown beside the picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HitEntry {
    pub id: EntryId,
    pub pattern: String,
    pub legal_basis: String,
    pub owner: String,
    pub action: EntryAction,
    pub vehicle_class: Option<VehicleClass>,
    #[serde(default)]
    pub vehicle_colour: Option<VehicleColour>,
    pub vehicle_note: String,
    pub reason: String,
    pub expires_at_us: Micros,
}

/// A hit with everything that a person needs to decide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hit {
    pub id: HitId,
    pub state: HitState,
    pub kind: MatchKind,
    pub conflicts: Vec<Conflict>,
    pub raised_at_us: Micros,
    pub entry: HitEntry,
    pub sighting: SightingId,
    pub plate: Plate,
    pub plate_display: String,
    pub confidence: f64,
    pub alternatives: Vec<Alternative>,
    pub captured_at_us: Micros,
    pub place_name: String,
    pub position: Option<Wgs84>,
    /// What the picture shows, by the device: for the person to compare with the entry.
    #[serde(default)]
    pub seen: SeenVehicle,
    pub has_crop: bool,
    pub has_frame: bool,
    pub decided_at_us: Option<Micros>,
    pub decided_by: Option<ActorId>,
    pub decided_by_name: Option<String>,
    pub reject_reason: Option<RejectReason>,
    pub note: String,
    /// Why it is not followed although it was confirmed: a code of [`NotFollowed`], or `not_answered`.
    #[serde(default)]
    pub not_followed: Option<String>,
    /// The incident opened for it.
    pub incident: Option<IncidentId>,
}

/// `POST /v1/hits/{id}/confirm`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfirmHit {
    /// The plate as the person reads it in the picture: typed, not copied. Must equal the reading or one of its
    /// alternatives in normal form.
    pub plate_seen: String,
    #[serde(default)]
    pub note: String,
}

/// `POST /v1/hits/{id}/reject`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RejectHit {
    pub reason: RejectReason,
    #[serde(default)]
    pub note: String,
}

/// `POST /v1/hits/{id}/stand-down`: a confirmed hit is not followed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StandDown {
    pub reason: NotFollowed,
    #[serde(default)]
    pub note: String,
}
