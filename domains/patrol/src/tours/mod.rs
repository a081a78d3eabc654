//! Planned tours 巡邏路線: where the crews of a shift stand, when, and why.
//!
//! | file | what |
//! |---|---|
//! | `model` | what the routes take and give |
//! | `terms` | what may be asked for |
//! | `hot` | citizens' reports → places with a share of the visits (`engines/hotspots`) |
//! | `question` | places, boxes due and road times → the question of `engines/tours` |
//! | `answer` | its plan → stops with times, reasons, and what was left out |
//! | `progress` | what became of each stop: marks, signatures, jobs and time |
//! | `remainder`, `retask` | what is left when a crew is called away, shared out among the others: a proposal |
//! | `store` | SQL |
//!
//! **Invariant:** a surface is learned from the port `CitizenReports` alone, never from what patrols found or signed.
//! **Invariant:** a plan binds nobody before a person publishes it, and no plan is ever changed: there is a new one, and the old one stays.

pub mod answer;
pub mod held;
pub mod hot;
pub mod model;
pub mod progress;
pub mod question;
pub mod remainder;
pub mod report;
pub mod retask;
pub mod store;
pub mod terms;

#[cfg(test)]
mod doors;
#[cfg(test)]
mod retask_doors;
