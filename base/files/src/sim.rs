//! A disk in memory that can lose power, fill up, fail and rot.

/// What the simulated disk does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {}

/// A disk in memory.
#[derive(Debug, Default)]
pub struct SimFiles {}
