//! The orienteering problem: one walk, a limit on its cost, the most prize.

mod instance;
mod neighbours;
mod reach;
mod recreate;
mod ruin;
mod search;
mod shorten;
mod solve;
mod tour;

pub use instance::{Instance, InstanceError, Judged, Walk, WalkError};
pub use search::Settings;
pub use solve::solve;

#[cfg(test)]
mod tests;
