//! One file per operation.

pub mod add_checkpoint;
pub mod areas;
pub mod audit_list;
pub mod audit_verify;
pub mod bound;
pub mod breaches;
pub mod disclosures;
pub mod erasures;
pub mod inquiries;
pub mod misuse;
pub mod misuse_cases;
pub mod observations;
pub mod openings;
pub mod reasons;
pub mod seals;
pub mod sharing;
pub mod transparency;
pub mod witnesses;

/// Why the gate blots nothing out of the answers of these: `Route::unblotted`.
pub(crate) const KEEPS_ROWS: &str = "sealed rows are kept back whole; a hole in what outsiders wrote about a plate would say that it is sealed";
