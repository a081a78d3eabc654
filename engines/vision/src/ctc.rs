//! Placeholder until the networks are wired.
