//! Upright boxes in a frame: whole pixels to cut out, and where something is.

use crate::Quad;

/// A part of a frame in whole pixels, inside it and never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
}

/// A box in frame pixels, not necessarily inside the frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

impl Area {
    /// The smallest box around a plate.
    pub fn of(plate: &Quad) -> Self {
        let (left, top, right, bottom) = plate.bounds();
        Self { left, top, right, bottom }
    }

    pub fn width(&self) -> f32 {
        self.right - self.left
    }

    pub fn height(&self) -> f32 {
        self.bottom - self.top
    }

    pub fn is_finite(&self) -> bool {
        [self.left, self.top, self.right, self.bottom].into_iter().all(f32::is_finite)
    }

    /// In square pixels.
    pub fn size(&self) -> f32 {
        self.width().max(0.0) * self.height().max(0.0)
    }

    fn shared(&self, other: &Self) -> f32 {
        let across = (self.right.min(other.right) - self.left.max(other.left)).max(0.0);
        let down = (self.bottom.min(other.bottom) - self.top.max(other.top)).max(0.0);
        across * down
    }

    /// Intersection over union, 0 to 1.
    pub fn iou(&self, other: &Self) -> f32 {
        let shared = self.shared(other);
        let all = self.size() + other.size() - shared;
        if all > 0.0 { shared / all } else { 0.0 }
    }

    /// The share of this box that lies in the other, 0 to 1.
    pub fn inside(&self, other: &Self) -> f32 {
        self.shared(other) / self.size().max(f32::MIN_POSITIVE)
    }
}
