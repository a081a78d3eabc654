//! One file per operation.

pub mod area;
pub mod cameras;
pub mod convoys;
pub mod counts;
pub mod dismiss;
pub mod erase;
pub mod exports;
pub mod feed_push;
pub mod feed_sites;
pub mod feeds;
pub mod holds;
pub mod ingest;
pub mod meetings;
pub mod passed;
pub mod picture;
pub mod plates;
pub mod quarantine;
pub mod retention;
pub mod search;
pub mod seen;
pub mod show;
pub mod trajectory;
