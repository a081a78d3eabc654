//! What travels between programs: the bodies of the public API that the edge agent, the simulator and the server share.
//!
//! Bodies that only the web app uses are declared beside their operation; they appear in the OpenAPI document too.

mod attestation;
mod calls;
mod dispatch;
mod hits;
mod identity;
mod not_done;
mod proof;
mod sightings;
mod sightings_lake;
mod signing;

pub use attestation::*;
pub use calls::*;
pub use dispatch::*;
pub use hits::*;
pub use identity::*;
pub use not_done::*;
pub use proof::*;
pub use sightings::*;
pub use sightings_lake::*;
pub use signing::*;
