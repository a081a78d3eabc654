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

/// Why the gate blots nothing out of the answers of these: `Route::unblotted`.
pub(crate) const KEEPS_ROWS: &str = "sealed rows are kept back whole; a hole in what outsiders wrote about a plate would say that it is sealed";
