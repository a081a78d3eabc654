//! How long a way takes, as the map of operations knows it.

use shouhu_ids::Micros;
use shouhu_place::Wgs84;
use shouhu_wire::UnitKind;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoadTime {
    pub duration_s: f64,
    pub distance_m: f64,
    /// No way leads around what is closed: this one leads into the closure in which an end of it lies.
    pub is_through_closure: bool,
}

/// Somebody who may be sent, and by what: a motorcycle passes where a car waits, and nobody walks at the speed of either.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traveller {
    pub at: Wgs84,
    pub by: UnitKind,
}

/// When and how it is driven: streets are slow at some hours and closed at some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drive {
    pub at: Micros,
    /// With lights and siren: through signals and past turn bans, whatever the hour.
    pub with_siren: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RoadAnswer {
    By(RoadTime),
    /// Off the map: a guess is as good as any.
    NoRoadNear,
    /// There are roads, and none that is open leads from one to the other: a guess would be wrong.
    NoWay,
}

impl RoadAnswer {
    #[must_use]
    pub const fn time(self) -> Option<RoadTime> {
        match self {
            Self::By(time) => Some(time),
            Self::NoRoadNear | Self::NoWay => None,
        }
    }
}

/// Answered by the map of operations. Some milliseconds for a large city: never on a request's thread.
pub trait RoadTimes: Send + Sync {
    /// From each traveller to the target, in their order; `None` while no road graph is loaded, and where no road is near the target.
    fn times_to(&self, target: Wgs84, travellers: &[Traveller], drive: Drive) -> Option<Vec<RoadAnswer>>;
    /// Another number whenever roads or closures are others than before: what was reckoned on them is out of date.
    fn changes(&self, _at: Micros) -> u64 {
        0
    }
    /// How far a place on the map lies from its nearest road, metres, as far as one looks; none where there is no map. Microseconds.
    fn off_road_m(&self, _place: Wgs84) -> Option<f64> {
        None
    }
}
