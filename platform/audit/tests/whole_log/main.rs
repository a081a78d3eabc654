//! The log of a whole house. One program, because each takes its time to link.

mod erasing;
mod independent;
mod offline;
mod support;
mod takeover;
mod tamper;
