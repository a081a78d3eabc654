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
