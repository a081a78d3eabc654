//! The gate, from outside. One program, because each takes its time to link.

mod door;
mod proof;
mod stream;
