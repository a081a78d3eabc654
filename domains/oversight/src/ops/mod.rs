//! One file per operation.

pub mod audit_list;
pub mod audit_verify;
