//! One file per operation.

pub mod cot_out;
pub mod ingest;
pub mod tracker_change;
pub mod tracker_create;
pub mod trackers;
pub mod tracks;
pub mod units;
