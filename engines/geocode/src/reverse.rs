//! From a place to how people would say it.

use serde::Serialize;
use shouhu_place::Wgs84;

use crate::address::{Address, HouseNumber, Spot, Way};
use crate::index::{Evidence, Geocoder, What};
use crate::plane::{Plane, Point, Xy, nearest_on};

/// What is farther away than this says nothing about a place.
pub const REACH_M: f64 = 400.0;

/// A place so near to a house or crossing is told by it.
const TOLD_BY_M: f64 = 60.0;

const STREETS_MAX: usize = 5;

/// Something known near the place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Near {
    /// As an office would write it, without county and town.
    pub display: String,
    pub distance_m: f64,
    pub place: Wgs84,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Nearby {
    pub county: Option<String>,
    pub town: Option<String>,
    pub village: Option<String>,
    /// Nearest first.
    pub streets: Vec<Near>,
    pub number: Option<Near>,
    pub crossing: Option<Near>,
    /// A highway's nearest known mark.
    pub mark: Option<Near>,
    /// One line that a radio message can carry: town and the nearest number, crossing, street or village.
    pub display: String,
}

impl Geocoder {
    /// What is known around a place; empty beyond `REACH_M` of everything.
    #[must_use]
    pub fn reverse(&self, place: Wgs84) -> Nearby {
        let Some(point) = Point::of(place) else { return Nearby::default() };
        let mut nearby = Nearby::default();
        if let Some(area) = self.towns.get(self.town_at(point)) {
            nearby.county = Some(crate::towns::official(&area.county)).filter(|county| !county.is_empty());
            nearby.town = Some(crate::towns::official(&area.town));
        }
        nearby.village = self.villages.at(point).and_then(|number| self.villages.get(number)).map(|area| area.village.clone());
        let mut streets: Vec<(f64, Point, u32)> = Vec::new();
        self.samples_around(point, &mut nearby, &mut streets);
        self.lines_around(point, &mut streets);
        streets.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.2.cmp(&b.2)));
        let mut told = Vec::new();
        for (distance_m, at, way) in streets {
            if told.len() == STREETS_MAX {
                break;
            }
            if told.contains(&way) {
                continue;
            }
            if let Some(row) = self.row(way) {
                told.push(way);
                nearby.streets.push(Near { display: self.way_of(row.key).to_string(), distance_m, place: at.place() });
            }
        }
        nearby.display = line(&nearby);
        nearby
    }

    fn samples_around(&self, point: Point, nearby: &mut Nearby, streets: &mut Vec<(f64, Point, u32)>) {
        let plane = Plane::around(point);
        for number in self.samples_near.near(point, 2) {
            let (Some(sample), Some((way, _))) = (self.sample(number), self.sample_ways.get(number as usize)) else { continue };
            let distance_m = plane.xy(sample.at).length();
            let Some(row) = self.row(*way).filter(|_| distance_m <= REACH_M) else { continue };
            let near = |display: String| Near { display, distance_m, place: sample.at.place() };
            let is_nearer = |before: &Option<Near>| before.as_ref().is_none_or(|before| distance_m < before.distance_m);
            match sample.what {
                What::Door { main, sub, evidence: Evidence::House } if is_nearer(&nearby.number) => {
                    let number = HouseNumber { sub: (sub > 0).then_some(sub), ..HouseNumber::plain(main) };
                    nearby.number = Some(near(format!("{}{number}", self.way_of(row.key))));
                }
                What::Crossing { with } if is_nearer(&nearby.crossing) => {
                    let other = self.row(with).map(|row| self.way_of(row.key)).unwrap_or_default();
                    let ways = in_order(self.way_of(row.key), other);
                    let address = Address { spot: Spot::Crossing { ways }, ..Address::default() };
                    nearby.crossing = Some(near(address.to_string()));
                }
                What::Mark { at_m } if is_nearer(&nearby.mark) => {
                    let spot = Spot::Mark { way: self.way_of(row.key), at_m };
                    nearby.mark = Some(near(Address { spot, ..Address::default() }.to_string()));
                }
                _ => {}
            }
            let is_off_the_street = matches!(sample.what, What::Door { evidence: Evidence::InLane, .. });
            if !is_off_the_street {
                streets.push((distance_m, sample.at, *way));
            }
        }
    }

    fn lines_around(&self, point: Point, streets: &mut Vec<(f64, Point, u32)>) {
        let plane = Plane::around(point);
        let here = Xy { x: 0.0, y: 0.0 };
        for number in self.segments_near.near(point, 1) {
            let Some((way, a, b)) = self.segments.get(number as usize) else { continue };
            let near = nearest_on(here, plane.xy(*a), plane.xy(*b));
            if near.length() <= REACH_M {
                streets.push((near.length(), plane.point(near), *way));
            }
        }
    }
}

/// The same crossing is told in the same words whichever of its ways was found first.
fn in_order(a: Way, b: Way) -> Vec<Way> {
    if b.parent().as_ref() == Some(&a) || (a <= b && a.parent().as_ref() != Some(&b)) { vec![a, b] } else { vec![b, a] }
}

fn line(nearby: &Nearby) -> String {
    let mut text: String = [&nearby.county, &nearby.town].into_iter().flatten().map(String::as_str).collect();
    let close = |near: &Option<Near>| near.clone().filter(|near| near.distance_m < TOLD_BY_M);
    let nearest = [close(&nearby.number), close(&nearby.crossing), close(&nearby.mark)]
        .into_iter()
        .flatten()
        .min_by(|a, b| a.distance_m.total_cmp(&b.distance_m));
    if let Some(near) = nearest.as_ref().or(nearby.streets.first()) {
        text.push_str(&near.display);
        text.push_str("附近");
    } else if let Some(village) = &nearby.village {
        text.push_str(village);
    }
    text
}
