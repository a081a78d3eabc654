//! One file per operation.

pub mod create;
pub mod import;
pub mod list;
pub mod register;
pub mod set_active;
pub mod set_office;
