//! One file per operation.

pub mod approve;
pub mod approve_import;
pub mod confirm;
pub mod delta;
pub mod end;
pub mod get_hit;
pub mod import;
pub mod legal_bases;
pub mod list_entries;
pub mod list_hits;
pub mod picture;
pub mod propose;
pub mod reject;
pub mod stand_down;
