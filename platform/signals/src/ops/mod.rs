//! One file per operation.

pub mod discovery;
pub mod push;
pub mod streams;
