//! How long drives really take, where that is known from elsewhere than from the travel times that the room plans with.

use super::world::PlaceNo;

/// A drive as it really goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drive {
    pub mean_s: f64,
    /// Deviation of the logarithm of one drive's time over the mean: the luck of this drive.
    pub sigma: f64,
}

/// An independent source of driven times. What a unit drives comes from here; what the room expects never does, so that
/// a room cannot be praised for knowing what it assumed itself.
pub trait Truth: std::fmt::Debug + Send + Sync {
    /// None where this source knows no way; the foreseen time counts then.
    fn drive(&self, from: PlaceNo, to: PlaceNo, start_s: f64, with_siren: bool) -> Option<Drive>;
}
