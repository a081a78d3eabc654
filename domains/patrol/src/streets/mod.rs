//! Streets covered and not covered 街道涵蓋: which road pieces patrols drove, when last, how often and which way.
//!
//! Tracks come from positions (port `SortedTracks`), are put on the roads of the imported map (port `RoadSheets`), and only
//! counts stay. A **piece** is a road between two junctions; it was driven when a track covers at least half of its length at a
//! stretch: of a drive that a round cuts in two, one half is that long, and never both.
//!
//! | file | what |
//! |---|---|
//! | `round` | goes on in the background, five minutes of tracks at a time |
//! | `count` | what one such time adds to which hour |
//! | `hour` | the counts of an hour as bytes |
//! | `areas` | which beat a piece lies in |
//! | `cover` | counts → covered, stale or open, and what may be told |
//! | `model` | what the routes give |
//! | `store` | SQL |
//!
//! **Invariant:** no unit, person or track is stored here or leaves here. What is stored is pseudonymous, not anonymous: with the
//! city's secret and the list of units the group of a crew on a day can be worked out, so that hours go after [`KEPT_DAYS`].
//!
//! **Invariant:** what one crew alone drove within a window is told as what nobody drove there, in every number of a lane; of a through
//! road only that it was driven, not how often, which way or when ([`CREWS_MIN`] crews on one Taipei day). Only whole hours that are
//! over are told.

pub mod areas;
pub mod count;
pub mod cover;
pub mod hour;
pub mod model;
pub mod round;
pub mod store;

#[cfg(test)]
mod doors;
#[cfg(test)]
pub mod testing;

use axum::http::StatusCode;
use shouhu_module::Problem;

/// How long hours are kept. What was driven before the asked window, but within these days, is stale.
pub const KEPT_DAYS: i64 = 14;
/// The smallest cell: on one Taipei day within the asked window so many crews must have driven a lane before it is told that any
/// did, and any road before it is told how often, which way and when; a lane is stale when so many did on one day within
/// [`KEPT_DAYS`].
pub const CREWS_MIN: u32 = 2;

/// Nothing that was asked for is to blame when a worker breaks off or bytes are not what was written.
pub(crate) fn broke_off(error: &dyn std::fmt::Display) -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "store.failed", error.to_string())
}
