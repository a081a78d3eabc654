//! Typed identifiers and the one representation of time.
//!
//! Every identifier but that of a sighting, which is computed from the passage, is a UUIDv7 (RFC 9562 §5.7), so that ids sort
//! by creation and indexes stay compact. The time and the random part are parameters: this crate never asks the machine for
//! either.

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

id!(/// A consent to put together the movements of plates for a case.
    ConsentId, "consent");
id!(/// A plate opened for a day because a life is in danger.
    OpeningId, "opening");
id!(/// A leak of personal data that the house knows of.
    BreachId, "breach");
id!(/// A citizen's question who has looked at a plate.
    InquiryId, "inquiry");
id!(/// What is given out under the law on government information, without anybody in it.
    DisclosureId, "disclosure");
id!(/// A hint that somebody may have looked up whom he should not: a suggestion to a person, never a verdict.
    MisuseAlertId, "misuse alert");
id!(/// An auditor's case file about the use of the system.
    MisuseCaseId, "misuse case");
id!(/// A case that only its members may see.
    SealId, "seal");
id!(/// A vehicle that the misuse detector knows more about: a decoy, somebody in the news, somebody's own.
    MarkId, "mark");
id!(/// A person who can sign in.
    ActorId, "actor");
id!(/// A camera, edge agent or phone that holds a key.
    DeviceId, "device");
id!(/// A change of whom the house believes, asked for by one person and decided by another.
    TrustChangeId, "change of trust");
id!(/// A moment at which a session was trusted less, or again.
    TrustAlertId, "trust alert");
id!(/// A fixed or moving lens.
    CameraId, "camera");
id!(/// One passage of one vehicle past one source. Computed from what it identifies, see [`SightingId::of`].
    SightingId, "sighting");
id!(/// One row of a watchlist.
    EntryId, "watchlist entry");
id!(/// A sighting that matches an entry.
    HitId, "hit");
id!(IncidentId, "incident");
id!(/// One call as an exchange puts it through.
    CallId, "call");
id!(/// A crew that can be sent: car, motorcycle or foot patrol.
    UnitId, "unit");
id!(/// One unit sent to one incident.
    AssignmentId, "assignment");
id!(/// A picture that a crew sent from its job. Made by the phone, so that sending it again is the same photo.
    PhotoId, "photo");
id!(/// One row of the outbox.
    EventId, "event");
id!(JobId, "job");
id!(/// A place that patrols sign in at.
    BoxId, "patrol box");
id!(/// One signature at one box.
    CheckInId, "check-in");
id!(/// A plan of patrol tours for one shift.
    TourPlanId, "tour plan");
id!(/// A road that is closed for a while.
    ClosureId, "road closure");
id!(/// A phone app or device that says where a unit is.
    TrackerId, "tracker");
id!(/// A browser or app session of an actor.
    SessionId, "session");
id!(/// A question to a crew whether it is well.
    CheckId, "check");
id!(/// One person's time on one unit, as the roster has it.
    ShiftId, "shift");
id!(/// A warning to the public, ours or somebody else's.
    WarningId, "warning");
id!(/// An address that is told of facts.
    WebhookId, "webhook");
id!(ImportId, "import");
id!(/// A file with an answer, made in the background.
    ExportId, "export");
id!(/// An order that a sighting stays.
    HoldId, "hold");

/// What a [`SightingId`] says by itself: enough to look the passage up where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SightingParts {
    /// Number of the source in the register of sources, below 2^28.
    pub source: u32,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// Low 46 bits of the plate's mixed code.
    pub plate_hash: u64,
}

impl SightingId {
    /// Sources that an id can name.
    pub const SOURCES: u32 = 1 << 28;
    const HASH_BITS: u32 = 46;

    /// The id of a passage: UUIDv8 (RFC 9562 §5.8) with 48 bits of milliseconds first, so that ids sort by time of
    /// capture, then 28 bits of source number and 46 bits of hash of the plate's code. The same passage has the same id
    /// whoever computes it, so it is not stored with the row. `source` is below [`Self::SOURCES`].
    #[must_use]
    pub fn of(source: u32, at_ms: i64, plate_code: u64) -> Self {
        let millis = u128::try_from(at_ms.max(0)).unwrap_or(0) & ((1 << 48) - 1);
        let source = u128::from(source & (Self::SOURCES - 1));
        let hash = u128::from(Self::hash_of(plate_code));
        let (source_high, source_low) = (source >> 16, source & 0xffff);
        Self(Uuid::from_u128(millis << 80 | 8 << 76 | source_high << 64 | 0b10 << 62 | source_low << 46 | hash))
    }

    /// 46 bits of the code after SplitMix64's finaliser (Steele, Lea, Flood 2014), which spreads every bit over all.
    #[must_use]
    pub const fn hash_of(plate_code: u64) -> u64 {
        let mut z = plate_code.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) >> (64 - Self::HASH_BITS)
    }

    /// `None` for an id that was not computed: those from before the lake are UUIDv7.
    #[must_use]
    pub fn parts(self) -> Option<SightingParts> {
        let bits = self.0.as_u128();
        if self.0.get_version_num() != 8 {
            return None;
        }
        let source = (bits >> 64 & 0xfff) << 16 | (bits >> 46 & 0xffff);
        Some(SightingParts {
            source: u32::try_from(source).ok()?,
            at_ms: i64::try_from(bits >> 80).ok()?,
            plate_hash: u64::try_from(bits & ((1 << Self::HASH_BITS) - 1)).ok()?,
        })
    }
}

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

    proptest::proptest! {
        #[test]
        fn a_sightings_id_says_where_it_lies(source in 0..SightingId::SOURCES, at_ms in 0_i64..1 << 48, code in 0_u64..1 << 60) {
            let id = SightingId::of(source, at_ms, code);
            let parts = SightingParts { source, at_ms, plate_hash: SightingId::hash_of(code) };
            proptest::prop_assert_eq!(id.parts(), Some(parts));
            proptest::prop_assert_eq!(id.to_string().parse::<SightingId>(), Ok(id));
            proptest::prop_assert!(id < SightingId::of(0, at_ms + 1, 0) || at_ms + 1 == 1 << 48);
        }
    }

    #[test]
    fn an_id_from_before_the_lake_says_nothing() {
        assert_eq!(SightingId::new(Micros(1_700_000_000_000_000), [7; 16]).parts(), None);
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
