//! What the routes take and give.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{ActorId, BoxId, CheckInId, HitId, Micros, UnitId};
use shouhu_place::Wgs84;
use shouhu_plate::{VehicleClass, VehicleColour};
use shouhu_wire::EntryAction;

pub const NUMBER_MAX: usize = 20;
pub const NAME_MAX: usize = 80;
pub const NOTE_MAX: usize = 1_000;
/// A box is visited at least once a week.
pub const EVERY_H_MAX: i64 = 7 * 24;
pub const EVERY_H_DEFAULT: i64 = 24;

/// How well a box is looked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BoxState {
    /// Somebody was there within `every_h`.
    OnTime,
    /// Overdue by less than `every_h`.
    Late,
    /// Overdue by more.
    Missed,
    Never,
    Retired,
}

impl BoxState {
    #[must_use]
    pub fn of(last: Option<Micros>, every_h: i64, is_active: bool, now: Micros) -> Self {
        let Some(last) = last.filter(|_| is_active) else { return if is_active { Self::Never } else { Self::Retired } };
        let every_us = every_h.saturating_mul(Micros::HOUR);
        match now.since(last) {
            age if age <= every_us => Self::OnTime,
            age if age <= 2 * every_us => Self::Late,
            _ => Self::Missed,
        }
    }
}

/// What proves that somebody stands at a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A printed code, with a GPS fix and a nonce that was given to this person.
    Printed,
    /// A display whose code changes each half minute.
    Rotating,
    /// A tag that signs a counter (NTAG 424 DNA).
    Tag,
}

/// Why a signature that was taken should be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// It came long after it was made.
    LateUpload,
    /// The phone did not say where it was.
    NoPosition,
    /// Nobody drives so fast from the box signed before, or to the one after.
    ImpossibleTravel,
    /// The box was moved, or its tag or display was carried off.
    FarFromBox,
    /// A tag's higher counter was read at an earlier time: a clock is wrong, or the tag was cloned.
    CounterOrder,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PatrolBox {
    pub id: BoxId,
    pub number: String,
    pub name: String,
    /// 派出所
    pub station: String,
    /// 勤區
    pub beat: String,
    /// What whoever stands there should know.
    pub note: String,
    pub position: Wgs84,
    pub every_h: i64,
    pub is_active: bool,
    pub carries: Vec<Method>,
    pub last_check_in_at_us: Option<Micros>,
    pub state: BoxState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BoxCode {
    pub id: BoxId,
    pub number: String,
    pub name: String,
    pub station: String,
    pub beat: String,
    /// For a QR code; characters of its alphanumeric mode only (ISO/IEC 18004 §7.3.4).
    pub text: String,
}

/// Keys to program a tag with: shown once, derived again never.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TagKeys {
    pub uid: String,
    /// `SDMMetaRead` key, 16 bytes.
    pub meta_read_key_hex: String,
    /// `SDMFileRead` key, 16 bytes.
    pub file_read_key_hex: String,
    /// The URL record with places for PICC data (`E`, 32 digits) and MAC (`C`, 16 digits).
    pub ndef_url: String,
}

/// What a display needs to show a rotating code: shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeviceSecret {
    pub secret_base32: String,
    pub step_s: i64,
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct SetNote {
    #[schemars(length(max = 1_000))]
    pub note: String,
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct SetTag {
    /// Seven bytes as hexadecimal digits, as readers show them; colons and blanks do not matter.
    pub uid: String,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
pub struct TakeNonces {
    #[schemars(range(min = 1, max = 50))]
    pub count: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Nonces {
    pub nonces: Vec<String>,
    pub expires_at_us: Micros,
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct TakeCheckIn {
    /// What the code or tag says, as it was read or typed.
    pub code: String,
    /// By the phone's clock, when it was read.
    pub measured_at_us: Micros,
    pub position: Option<Wgs84>,
    pub accuracy_m: Option<f64>,
    /// Printed codes need one.
    pub nonce: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CheckIn {
    pub id: CheckInId,
    #[serde(rename = "box")]
    pub patrol_box: BoxId,
    pub number: String,
    pub name: String,
    pub station: String,
    pub method: Method,
    pub by: ActorId,
    pub by_name: String,
    pub unit: Option<UnitId>,
    pub measured_at_us: Micros,
    pub received_at_us: Micros,
    /// From the box, when the phone said where it was.
    pub distance_m: Option<f64>,
    pub doubts: Vec<Doubt>,
    /// Only in the answer to the check-in itself.
    pub briefing: Option<Briefing>,
}

/// What matters at this place now.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Briefing {
    pub note: String,
    pub cases: Vec<CaseNear>,
    /// Vehicles looked for that were seen near here within the hour, the newest first. Empty for a signature that came late or from
    /// elsewhere: only who stands here now is told.
    pub wanted: Vec<WantedVehicle>,
    /// Signatures at this box in seven days, this one included.
    pub visited: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CaseNear {
    pub number: String,
    pub kind: String,
    pub summary: String,
    pub opened_at_us: Micros,
    pub distance_m: f64,
    pub is_open: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct WantedVehicle {
    pub hit: HitId,
    pub plate_display: String,
    pub seen_at_us: Micros,
    pub place_name: String,
    pub distance_m: f64,
    /// A person has compared the pictures. Until then it may be another vehicle, and nobody acts on it.
    pub is_confirmed: bool,
    /// What is asked of officers; of a confirmed one only.
    pub action: Option<EntryAction>,
    /// As the entry says; of a confirmed one only, like what follows.
    pub vehicle_class: Option<VehicleClass>,
    pub vehicle_colour: Option<VehicleColour>,
    /// Make, model and the like.
    pub vehicle_note: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counts {
    pub boxes: i64,
    pub on_time: i64,
    pub late: i64,
    pub missed: i64,
    pub never: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StationSummary {
    pub station: String,
    #[serde(flatten)]
    pub counts: Counts,
    pub check_ins_7d: i64,
}

/// Boxes that are in use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    #[serde(flatten)]
    pub counts: Counts,
    pub check_ins_24h: i64,
    pub doubtful_24h: i64,
    pub refused_24h: i64,
    pub stations: Vec<StationSummary>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_late_after_one_interval_and_missed_after_two() {
        let now = Micros(1_000 * Micros::HOUR);
        let ago = |hours: i64| Some(now.plus(-hours * Micros::HOUR));
        let of = |last| BoxState::of(last, 24, true, now);
        assert_eq!([of(ago(24)), of(ago(25)), of(ago(48)), of(ago(49)), of(None)].map(|state| format!("{state:?}")), ["OnTime", "Late", "Late", "Missed", "Never"]);
        assert_eq!(BoxState::of(ago(1), 24, false, now), BoxState::Retired);
        assert_eq!(BoxState::of(ago(-3), 24, true, now), BoxState::OnTime, "a clock ahead of ours");
    }
}
