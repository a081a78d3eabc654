//! One file per operation.

pub mod draft;
pub mod issue;
pub mod list;
pub mod show;
pub mod take;
