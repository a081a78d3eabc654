use shouhu_roads::{EdgeId, NodeId};

/// Why a question cannot be answered at all; a ring that cannot be closed is an answer, not an error.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InterceptError {
    #[error("junction {} does not exist", .0.0)]
    NoSuchJunction(NodeId),
    #[error("road {} does not exist", .0.0)]
    NoSuchRoad(EdgeId),
    #[error("{what} is {value}, which must be a number from {min} to {max}")]
    OutOfRange { what: &'static str, value: f64, min: f64, max: f64 },
    #[error("he was seen on road {}, which he cannot drive either way: snap the sighting to another", .0.0)]
    NoRoadForHim(EdgeId),
    #[error("no sighting: say where he was seen at least once")]
    NoSighting,
    #[error("{0} sightings at once; at most {max} alternatives are weighed", max = crate::model::SEEN_MAX)]
    TooManySightings(usize),
    #[error("no exit is named; name one or close against the horizon")]
    NoExit,
    #[error("unit {0} is listed twice")]
    UnitTwice(u64),
    #[error("this unit profile keeps turn bans, which arrivals here would not: use an emergency profile")]
    KeepsTurnBans,
    #[error("{0} junctions or roads are more than can be numbered")]
    TooMany(usize),
}

/// A number within its bounds; NaN is within none.
pub(crate) fn checked(what: &'static str, value: f64, min: f64, max: f64) -> Result<f64, InterceptError> {
    if (min..=max).contains(&value) { Ok(value) } else { Err(InterceptError::OutOfRange { what, value, min, max }) }
}
