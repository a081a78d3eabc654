//! What concerns a crew at a place: vehicles that are looked for and were seen near it.

use shouhu_env::BoxFuture;
use shouhu_ids::{HitId, Micros};
use shouhu_place::Wgs84;
use shouhu_plate::{VehicleClass, VehicleColour};
use shouhu_wire::EntryAction;

use crate::Problem;

/// How far from a unit's position a hit still concerns its crew, metres.
pub const NEARBY_M: f64 = 3_000.0;

/// A wanted vehicle that a camera saw near a place.
#[derive(Debug, Clone, PartialEq)]
pub struct WantedNear {
    pub hit: HitId,
    pub plate_display: String,
    pub seen_at: Micros,
    pub place_name: String,
    pub distance_m: f64,
    /// None while no person has compared the pictures: it may be another vehicle, and nobody acts on it.
    pub confirmed: Option<WantedAs>,
}

/// What a person's confirmation opens to the crew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedAs {
    pub action: EntryAction,
    pub vehicle_class: Option<VehicleClass>,
    pub vehicle_colour: Option<VehicleColour>,
    pub vehicle_note: String,
}

/// Answered by watchlists: what is looked for now and was seen within [`NEARBY_M`] as lately as a crew may see it, the newest first.
/// The asker has proved that the crew is at that place now, and writes a leaf that names the hits.
pub trait NearbyWanted: Send + Sync {
    fn near(&self, place: Wgs84) -> BoxFuture<'static, Result<Vec<WantedNear>, Problem>>;
}
