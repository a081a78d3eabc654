//! From the network's raw numbers to boxes.
//!
//! The network answers for 1,917 places and shapes, the anchors, on six grids. Each answer is five class logits and how far the
//! vehicle's box lies off the anchor (Liu et al. 2016, with the scales of the TensorFlow object detection library).

use shouhu_plate::VehicleKind;

use crate::area::{Area, Window};

/// In the order of the network's logits.
pub const CLASSES: [VehicleKind; 5] =
    [VehicleKind::Bicycle, VehicleKind::Car, VehicleKind::Motorcycle, VehicleKind::Bus, VehicleKind::Truck];
/// Four offsets and the logits.
pub const NUMBERS: usize = 4 + CLASSES.len();
/// Sides of the grids, from the finest.
const GRIDS: [usize; 6] = [19, 10, 5, 3, 2, 1];
/// Sizes of the anchors as shares of the picture: the coarsest but one grid's is 0.95.
const SCALE_FIRST: f32 = 0.2;
const SCALE_STEP: f32 = 0.15;
/// Offsets of centres and of sizes are trained this many times larger than they are.
const CENTRE_SCALE: f32 = 10.0;
const SIZE_SCALE: f32 = 5.0;
/// Beyond this a size is a broken number.
const SIZE_OFFSET_MAX: f32 = 5.0;

/// Shares of the picture's height and width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Anchor {
    pub y: f32,
    pub x: f32,
    pub height: f32,
    pub width: f32,
}

/// Where the network sees a vehicle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// In frame pixels.
    pub area: Area,
    /// 0 to 1 for each of [`CLASSES`]; they do not sum to one.
    pub scores: [f32; CLASSES.len()],
}

impl Place {
    /// The highest score.
    pub fn best(&self) -> f32 {
        self.scores.iter().copied().fold(0.0, f32::max)
    }

    /// The class with the highest score.
    pub fn kind(&self) -> VehicleKind {
        let scored = CLASSES.into_iter().zip(self.scores);
        scored.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(VehicleKind::Car, |(kind, _)| kind)
    }
}

/// In the order of the network's answers: grid by grid, row by row, shape by shape.
pub fn anchors() -> Vec<Anchor> {
    let scale = |grid: usize| if grid < GRIDS.len() { SCALE_FIRST + SCALE_STEP * grid as f32 } else { 1.0 };
    let mut made = Vec::new();
    for (grid, side) in GRIDS.into_iter().enumerate() {
        let own = scale(grid);
        let between = (own * scale(grid + 1)).sqrt();
        let shapes = if grid == 0 {
            vec![(0.1, 1.0), (own, 2.0), (own, 0.5)]
        } else {
            vec![(own, 1.0), (own, 2.0), (own, 0.5), (own, 3.0), (own, 0.3333), (between, 1.0)]
        };
        for place in 0..side * side {
            let (row, column) = (place / side, place % side);
            for &(size, ratio) in &shapes {
                let stretch = f32::sqrt(ratio);
                made.push(Anchor {
                    y: (row as f32 + 0.5) / side as f32,
                    x: (column as f32 + 0.5) / side as f32,
                    height: size / stretch,
                    width: size * stretch,
                });
            }
        }
    }
    made
}

/// The places of one run on one window of the frame whose best score is at least `least`, unsorted and overlapping.
pub fn decode(values: &[f32], anchors: &[Anchor], window: Window, least: f32) -> Vec<Place> {
    let (answers, _) = values.as_chunks::<NUMBERS>();
    let (left, top) = (window.left as f32, window.top as f32);
    let (width, height) = (window.width as f32, window.height as f32);
    let mut places = Vec::new();
    for (answer, anchor) in answers.iter().zip(anchors) {
        let [down, across, taller, wider, logits @ ..] = answer;
        let scores = logits.map(|logit| 1.0 / (1.0 + (-logit).exp()));
        let (y, x) = (down / CENTRE_SCALE * anchor.height + anchor.y, across / CENTRE_SCALE * anchor.width + anchor.x);
        let half_high = (taller / SIZE_SCALE).min(SIZE_OFFSET_MAX).exp() * anchor.height / 2.0;
        let half_wide = (wider / SIZE_SCALE).min(SIZE_OFFSET_MAX).exp() * anchor.width / 2.0;
        let area = Area {
            left: left + (x - half_wide).clamp(0.0, 1.0) * width,
            top: top + (y - half_high).clamp(0.0, 1.0) * height,
            right: left + (x + half_wide).clamp(0.0, 1.0) * width,
            bottom: top + (y + half_high).clamp(0.0, 1.0) * height,
        };
        let place = Place { area, scores };
        if area.is_finite() && scores.iter().all(|score| score.is_finite()) && place.best() >= least {
            places.push(place);
        }
    }
    places
}

/// Boxes that overlap so much are one vehicle.
const SAME_IOU: f32 = 0.45;
/// So is a box that lies in a surer one by this share,
pub const INSIDE: f32 = 0.85;
/// unless it is much smaller: a car before a lorry.
pub const MUCH_SMALLER: f32 = 0.35;
/// More in one frame are noise.
const VEHICLES_MAX: usize = 50;

/// The surest place of each vehicle, surest first.
pub fn one_per_vehicle(mut places: Vec<Place>) -> Vec<Place> {
    places.sort_by(|a, b| b.best().total_cmp(&a.best()));
    let mut kept: Vec<Place> = Vec::new();
    for place in places {
        let is_same = |known: &Place| {
            let (one, other) = (&place.area, &known.area);
            one.iou(other) >= SAME_IOU || (one.inside(other) >= INSIDE && one.size() >= MUCH_SMALLER * other.size())
        };
        if !kept.iter().any(is_same) {
            kept.push(place);
        }
        if kept.len() >= VEHICLES_MAX {
            break;
        }
    }
    kept
}
