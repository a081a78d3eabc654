//! One file per operation.

pub mod create;
pub mod import;
pub mod list;
pub mod set_active;
