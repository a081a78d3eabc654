//! Which unit to send: proposals with reasons for and against every unit, and a simulator to judge the policies by.
//!
//! | word | meaning |
//! |---|---|
//! | [`Candidate`] | a unit as seen from one incident: state, skills, age of its position, distance and travel time |
//! | [`Policy`] | district, nearest by air, nearest by road, nearest with rest, coverage-aware |
//! | [`choose`] | the proposal: [`Choice`] with an [`Assessment`] of every unit and its [`Reason`]s |
//! | [`Preemption`] | when an urgent incident may take a unit from a lesser one |
//! | [`Ageing`] | the order of waiting incidents; nobody starves |
//! | [`Handover`] | when a unit that comes free takes over a call that another is still driving to |
//! | [`Cover`] | expected covered demand (MEXCLP) and what one unit more or less changes |
//! | [`move_up`] | which idle unit to move where |
//! | [`sim`] | a city's day, call by call, under each policy |
//!
//! A choice is a proposal. A person sends.
//!
//! **Architecture invariant:** nothing here opens a file, reads a clock or draws a number that its seed does not fix.
//! Durations come in as seconds, so that no function needs to know what time it is.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod candidate;
mod choose;
mod cover;
mod handover;
mod moveup;
mod policy;
mod preempt;
mod queue;
mod reason;
pub mod sim;
#[cfg(test)]
mod testing;

pub use candidate::{Candidate, District, Incident, Job, Priority, Skill, SkillError, Skills, State};
pub use choose::{Assessment, Choice, ChoiceError, CoverView, choose};
pub use cover::{Cover, CoverError, Covered, Reach};
pub use handover::{Handover, TakeOver, Underway};
pub use moveup::{Move, MoveUp, Site, Standing, move_up};
pub use policy::{CoverageRule, Policy, RestRule, Settings};
pub use preempt::Preemption;
pub use queue::{Ageing, Order, Waiting};
pub use reason::{Reason, Side};
