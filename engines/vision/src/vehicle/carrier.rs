//! Which of the boxes around a plate is the vehicle that it hangs on.
//!
//! Vehicles stand before one another, and the box of the car behind a scooter holds the scooter's plate as well as the scooter's own box
//! does, at a higher score. The smaller one wins where it holds the plate as its own; where that cannot be told, nothing is said. What the
//! plate reads has no say: a plate that hangs on another kind of vehicle than its series must not choose the vehicle.

use shouhu_plate::VehicleKind;

use super::SCORE_MIN;
use super::anchors::{CLASSES, INSIDE, MUCH_SMALLER, Place};
use crate::Quad;
use crate::area::Area;

/// Below this score no box is a plate's vehicle.
const CARRIER_SCORE_MIN: f32 = 0.15;
/// A vehicle holds its plate, is wider than it by this much, and carries it below this share of its height.
const HOLDS_MIN: f32 = 0.8;
const CARRIER_WIDTHS_MIN: f32 = 1.2;
const CARRIER_DOWN_MIN: f32 = 0.25;
/// Boxes of one vehicle, whose scores are taken together.
const SAME_CARRIER_IOU: f32 = 0.5;
/// What another vehicle needs to be asked at all: it has the plate below this share of its height, and no further than this from its middle.
const OWN_DOWN_MIN: f32 = 0.35;
const OWN_ASIDE_MAX: f32 = 0.3;
/// No car is narrower in plates: the long European one fits three times and a half.
const CAR_WIDTHS_MIN: f32 = 2.2;
/// Scores from which a kind is said, and by how much it must lead the rivals.
const CAR_FROM: f32 = 0.5;
const MOTORCYCLE_FROM: f32 = 0.6;
const LEAD_MIN: f32 = 0.2;

/// The vehicle that a plate hangs on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Carrier {
    /// With the highest score of each class among its boxes.
    pub place: Place,
    /// Another vehicle that may carry the plate as well.
    other: Option<Place>,
    /// Too narrow for a car with such a plate.
    is_narrow: bool,
}

/// A box that holds the plate.
#[derive(Clone, Copy)]
struct Holding<'a> {
    place: &'a Place,
    /// Higher for a surer box, and for one that has the plate where plates hang.
    worth: f32,
    /// It has the plate in its lower part and its middle.
    is_fit: bool,
}

impl<'a> Holding<'a> {
    fn of(place: &'a Place, plate: &Quad, plate_width: f32) -> Option<Self> {
        let (x, y) = plate.centre();
        let area = &place.area;
        let (across, down) = ((x - area.left) / area.width().max(1.0), (y - area.top) / area.height().max(1.0));
        let is_wide = area.width() >= CARRIER_WIDTHS_MIN * plate_width;
        let holds = is_wide && down >= CARRIER_DOWN_MIN && Area::of(plate).inside(area) >= HOLDS_MIN;
        // Plates hang in the middle and below it; the box of a vehicle in front or behind holds them elsewhere.
        let worth = place.best() - 0.25 * (down - 0.65).abs() - 0.2 * (across - 0.5).abs();
        let is_fit = down >= OWN_DOWN_MIN && (across - 0.5).abs() <= OWN_ASIDE_MAX;
        (holds && place.best() >= CARRIER_SCORE_MIN).then_some(Self { place, worth, is_fit })
    }
}

impl Carrier {
    pub fn of(places: &[Place], plate: &Quad, plate_width: f32) -> Option<Self> {
        let holding: Vec<Holding> = places.iter().filter_map(|place| Holding::of(place, plate, plate_width)).collect();
        let first = surest(holding.iter().copied())?;
        let is_another = |one: &Holding| one.is_fit && one.place.area.iou(&first.place.area) < SAME_CARRIER_IOU;
        let others: Vec<Holding> = holding.iter().copied().filter(is_another).collect();
        let own = surest(others.iter().copied().filter(|one| stands_before(one.place, first.place))).unwrap_or(first);
        let other = surest(others.iter().copied().filter(|one| competes(one.place, own.place))).map(|one| *one.place);
        let mut place = *own.place;
        for same in places.iter().filter(|place| place.area.iou(&own.place.area) >= SAME_CARRIER_IOU) {
            for (most, score) in place.scores.iter_mut().zip(same.scores) {
                *most = most.max(score);
            }
        }
        Some(Self { place, other, is_narrow: place.area.width() < CAR_WIDTHS_MIN * plate_width })
    }

    /// None when not sure, and for lorries, buses and bicycles always.
    pub fn kind(&self) -> Option<VehicleKind> {
        let own = kind(&self.place)?;
        let is_possible = own != VehicleKind::Car || !self.is_narrow;
        let is_agreed = self.other.is_none_or(|other| kind(&other) == Some(own));
        (is_possible && is_agreed).then_some(own)
    }

    /// Where its paint is to be looked for. There is hardly any on a motorcycle, and another vehicle's must not be taken for it.
    pub fn paintwork(&self) -> Option<Area> {
        let has_paint = !is_two_wheeled(&self.place) && !is_rather_a_motorcycle(&self.place);
        (has_paint && !self.is_narrow && self.other.is_none()).then_some(self.place.area)
    }
}

/// The first of those that are worth most.
fn surest<'a>(holding: impl Iterator<Item = Holding<'a>>) -> Option<Holding<'a>> {
    holding.reduce(|most, one| if one.worth > most.worth { one } else { most })
}

/// Whether `one`, which holds the plate as its own, stands between the camera and `behind`.
fn stands_before(one: &Place, behind: &Place) -> bool {
    if is_two_wheeled(behind) {
        return false;
    }
    if is_two_wheeled(one) {
        return one.best() >= SCORE_MIN;
    }
    // A part of a car is often boxed as a car of its own; only before lorries and buses is such a box another vehicle.
    let is_large = matches!(behind.kind(), VehicleKind::Bus | VehicleKind::Truck);
    let is_smaller = one.area.inside(&behind.area) >= INSIDE && one.area.size() < MUCH_SMALLER * behind.area.size();
    is_large && is_smaller && one.best() >= CAR_FROM
}

/// Whether `one` is another vehicle that may carry the plate as well as `own`: neither a part of it nor what it stands before.
fn competes(one: &Place, own: &Place) -> bool {
    let are_apart = one.area.inside(&own.area) < INSIDE && own.area.inside(&one.area) < INSIDE;
    !is_two_wheeled(own) && one.best() >= CAR_FROM && are_apart && one.area.iou(&own.area) < SAME_CARRIER_IOU
}

fn is_two_wheeled(place: &Place) -> bool {
    matches!(place.kind(), VehicleKind::Motorcycle | VehicleKind::Bicycle)
}

fn score_of(place: &Place, kind: VehicleKind) -> f32 {
    CLASSES.into_iter().zip(place.scores).find(|(known, _)| *known == kind).map_or(0.0, |(_, score)| score)
}

fn is_rather_a_motorcycle(place: &Place) -> bool {
    score_of(place, VehicleKind::Motorcycle) > score_of(place, VehicleKind::Car)
}

/// None when not sure, and for lorries, buses and bicycles always.
pub fn kind(place: &Place) -> Option<VehicleKind> {
    let car = score_of(place, VehicleKind::Car);
    let large = score_of(place, VehicleKind::Bus).max(score_of(place, VehicleKind::Truck));
    let motorcycle = score_of(place, VehicleKind::Motorcycle);
    if car >= CAR_FROM && car - large.max(motorcycle) >= LEAD_MIN {
        return Some(VehicleKind::Car);
    }
    (motorcycle >= MOTORCYCLE_FROM && motorcycle - car >= LEAD_MIN).then_some(VehicleKind::Motorcycle)
}
