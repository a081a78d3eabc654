//! Every distinct plate of the lake with its number of rows: answers patterns without reading a row.

/// Distinct plates, sorted, from memory.
#[derive(Debug, Clone, Default)]
pub struct PlateBook {}
