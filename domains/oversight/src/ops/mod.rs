//! One file per operation.

pub mod add_checkpoint;
pub mod audit_list;
pub mod audit_verify;
pub mod erasures;
pub mod transparency;
pub mod witnesses;
