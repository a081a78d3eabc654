//! One file per operation.

pub mod dismiss;
pub mod ingest;
pub mod picture;
pub mod quarantine;
pub mod search;
pub mod show;
