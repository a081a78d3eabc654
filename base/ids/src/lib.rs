//! Typed identifiers and the one representation of time.
//!
//! Every identifier is a UUIDv7 (RFC 9562 §5.7), so that ids sort by creation and indexes stay compact. The time and the
//! random part are parameters: this crate never asks the machine for either.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, Default)]
#[serde(transparent)]
pub struct Micros(pub i64);

impl Micros {
    pub const SECOND: i64 = 1_000_000;
    pub const MINUTE: i64 = 60 * Self::SECOND;
    pub const HOUR: i64 = 60 * Self::MINUTE;
    pub const DAY: i64 = 24 * Self::HOUR;

    #[must_use]
    pub const fn plus(self, us: i64) -> Self {
        Self(self.0.saturating_add(us))
    }

    /// Microseconds from `earlier` to `self`; negative when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whole days since 1970-01-01 in UTC: the unit of storage folders, keys and retention.
    #[must_use]
    pub const fn day(self) -> i64 {
        self.0.div_euclid(Self::DAY)
    }
}

/// The text is not a UUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} id {text:?} is not a UUID")]
pub struct IdError {
    pub kind: &'static str,
    pub text: String,
}

/// A UUIDv7 from a time and 16 random bytes, of which 74 bits are used.
#[must_use]
pub fn uuid_v7(at: Micros, random: [u8; 16]) -> Uuid {
    let millis = u64::try_from(at.0.max(0) / 1_000).unwrap_or(0);
    let [_, _, m2, m3, m4, m5, m6, m7] = millis.to_be_bytes();
    let [_, _, _, _, _, _, r6, r7, r8, r9, r10, r11, r12, r13, r14, r15] = random;
    Uuid::from_bytes([
        m2, m3, m4, m5, m6, m7, (r6 & 0x0f) | 0x70, r7, (r8 & 0x3f) | 0x80, r9, r10, r11, r12, r13, r14, r15,
    ])
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(#[schemars(with = "String", extend("format" = "uuid"))] pub Uuid);

        impl $name {
            #[must_use]
            pub fn new(at: Micros, random: [u8; 16]) -> Self {
                Self(uuid_v7(at, random))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::parse_str(text).map(Self).map_err(|_| IdError { kind: $kind, text: text.chars().take(64).collect() })
            }
        }
    };
}

id!(/// A person who can sign in.
    ActorId, "actor");
id!(/// A camera, edge agent or phone that holds a key.
    DeviceId, "device");
id!(/// A fixed or moving lens.
    CameraId, "camera");
id!(/// One passage of one vehicle past one camera.
    SightingId, "sighting");
id!(/// One row of a watchlist.
    EntryId, "watchlist entry");
id!(/// A sighting that matches an entry.
    HitId, "hit");
id!(IncidentId, "incident");
id!(/// A crew that can be sent: car, motorcycle or foot patrol.
    UnitId, "unit");
id!(/// One unit sent to one incident.
    AssignmentId, "assignment");
id!(/// One row of the outbox.
    EventId, "event");
id!(JobId, "job");
id!(/// A browser or app session of an actor.
    SessionId, "session");
id!(ImportId, "import");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let early = HitId::new(Micros(1_700_000_000_000_000), [0xff; 16]);
        let late = HitId::new(Micros(1_700_000_000_001_000), [0; 16]);
        assert!(early < late);
        assert_eq!(early.0.get_version_num(), 7);
    }

    #[test]
    fn an_id_that_is_no_uuid_names_its_kind() {
        let refused = "abc".parse::<UnitId>().map_err(|e| e.to_string());
        assert_eq!(refused, Err("unit id \"abc\" is not a UUID".into()));
    }

    #[test]
    fn days_before_the_epoch_round_down() {
        assert_eq!(Micros(-1).day(), -1);
        assert_eq!(Micros(Micros::DAY).day(), 1);
    }
}
