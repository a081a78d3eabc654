//! A city's days, call by call, under one way of working the room or another.
//!
//! Every random number belongs to a key (the seed with the call, the unit or the leg), never to a moment: all rooms face
//! the same calls, the same crews and the same luck on the road, and their differences can be paired.
//!
//! | word | meaning |
//! |---|---|
//! | [`World`] | places and the ways between them |
//! | [`Demand`], [`Call`] | where and when calls come, and what each asks |
//! | [`City`] | world, stations, roster, demand: what no room can change |
//! | [`Truth`] | driven times that the room does not know; without one, drives take the foreseen time and some luck |
//! | [`Room`] | policy, queue, positions, move-up: what is compared |
//! | [`run`] | one room's days; the [`Outcome`] says what became of every call |
//! | [`Figures`] | an outcome in numbers |
//!
//! What is left out: scenes that need several units, transport to a station, breaks, traffic that answers to the calls.

#![allow(clippy::indexing_slicing, reason = "every index is a place, unit or call number of the city that sized the vector")]

mod calls;
mod city;
mod dice;
mod fleet;
mod outcome;
mod run;
mod stats;
#[cfg(test)]
mod tests;
mod truth;
mod world;

pub use calls::{Call, Demand, Kind, Spot, Spread};
pub use city::{City, CityError, CityPlan, CoverPlan, PatrolPlan, Roster};
pub use outcome::{AreaSum, Ended, Figures, Outcome, Span, Status, worst_areas_mean};
pub use run::{MoveUpPlan, Room, run};
pub use stats::{Paired, mean, paired, percentile};
pub use truth::{Drive, Truth};
pub use world::{Pace, PlaceNo, World, WorldError};
