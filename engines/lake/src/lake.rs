//! To come.

/// The engine.
pub struct Lake {}

/// How it is set.
#[derive(Debug, Clone)]
pub struct LakeConfig {}
