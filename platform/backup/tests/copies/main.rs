//! Backups of a whole house. One program, because each takes its time to link.

mod common;
mod forgotten;
mod house;
mod postgres;
