//! Tours: the best walk under a limit, and patrols planned with it.
//!
//! | part | what |
//! |---|---|
//! | [`op`] | the orienteering problem: one walk from start to end, a limit on its cost, the most prize |
//! | [`patrol`] | several units, shifts, dwells, revisits, caps and boxes; chance by measure; reasons with every stop |
//! | [`oplib`] | the published instances, read from text |
//! | [`Budget`] | how long a search may go on: [`Iterations`], or a clock that the caller brings |
//!
//! **Architecture invariant:** nothing here opens a file, reads a clock or draws a number that its seed does not fix. The same
//! question, seed and [`Iterations`] give the same answer.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod budget;
mod costs;
pub mod op;
pub mod oplib;
pub mod patrol;
mod rng;

pub use budget::{Budget, Deadline, Iterations};
pub use costs::{COST_MAX, CostError, Costs, Metric};
pub use rng::Rng;
