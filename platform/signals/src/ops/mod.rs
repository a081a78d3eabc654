//! One file per operation.

pub mod discovery;
pub mod poll;
pub mod push;
pub mod status;
pub mod stream;
pub mod streams;
pub mod verify;
