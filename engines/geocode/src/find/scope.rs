//! Where to look and what to leave out.

use crate::answer::WhyNot;
use crate::index::areas::NONE;
use crate::index::{Geocoder, Sample, Skip, WayRow};
use crate::parse::Parsed;
use crate::plane::Point;

/// Two districts that share a road name its crossings and houses after either of them, so far from the border.
const BORDER_M: f64 = 600.0;

/// The part of the index that one question is about.
#[derive(Debug, Clone)]
pub(crate) struct Scope<'a> {
    pub geocoder: &'a Geocoder,
    pub skip: Skip,
    /// Towns that were said; empty for all.
    pub towns: Vec<u16>,
    pub town_said: Option<String>,
    pub villages: Vec<u16>,
}

impl<'a> Scope<'a> {
    pub fn of(geocoder: &'a Geocoder, parsed: &Parsed, skip: Skip, why_not: &mut Vec<WhyNot>) -> Self {
        let address = &parsed.address;
        let mut towns = Vec::new();
        if let Some(town) = &address.town {
            towns = geocoder.towns.named(address.county.as_deref(), Some(town), None);
            for other in &parsed.other_towns {
                towns.extend(geocoder.towns.named(address.county.as_deref(), Some(other), None));
            }
            if towns.is_empty() {
                why_not.push(WhyNot::TownNotCovered { town: town.clone() });
                // Nothing of another town is meant.
                towns.push(NONE);
            }
        } else if let Some(county) = &address.county {
            towns = geocoder.towns.named(Some(county), None, None);
            if towns.is_empty() {
                why_not.push(WhyNot::TownNotCovered { town: county.clone() });
                towns.push(NONE);
            }
        }
        let villages = address.village.as_ref().map_or_else(Vec::new, |village| {
            geocoder.villages.named(address.county.as_deref(), address.town.as_deref(), Some(village))
        });
        Self { geocoder, skip, towns, town_said: address.town.clone(), villages }
    }

    /// The same question asked of every town; none when no town was said, or none that is covered.
    pub fn anywhere(&self) -> Option<Self> {
        let is_said = self.town_said.is_some() && self.towns != [NONE];
        is_said.then(|| Self { towns: Vec::new(), villages: Vec::new(), ..self.clone() })
    }

    /// Whether something of the towns that were said lies within `BORDER_M`.
    pub fn is_near_border(&self, at: Point) -> bool {
        let near = self.geocoder.samples_near.near(at, 2).filter_map(|number| self.geocoder.sample(number));
        near.into_iter().any(|other| self.towns.contains(&other.town) && other.at.distance_m(at) < BORDER_M)
    }

    pub fn is_in(&self, town: u16) -> bool {
        self.towns.is_empty() || self.towns.contains(&town)
    }

    /// The samples that may be looked at.
    pub fn samples<'b>(&'b self, row: &'b WayRow) -> impl Iterator<Item = &'b Sample> + 'b {
        row.samples.iter().filter(|sample| !self.geocoder.is_skipped(sample, self.skip))
    }

    /// Towns in scope that these samples lie in, in order; each is a place of its own when no town was said.
    pub fn towns_of<'b>(&self, samples: impl Iterator<Item = &'b Sample>) -> Vec<u16> {
        let mut towns: Vec<u16> = samples.map(|sample| sample.town).filter(|town| self.is_in(*town)).collect();
        towns.sort_unstable();
        towns.dedup();
        towns
    }

    /// The points that lie in the village that was said, or near its middle when none lies in it; all when none was said.
    pub fn in_village(&self, points: Vec<Point>) -> Vec<Point> {
        let villages: Vec<_> = self.villages.iter().filter_map(|number| self.geocoder.villages.get(*number)).collect();
        if villages.is_empty() {
            return points;
        }
        let inside: Vec<Point> = points.iter().filter(|point| villages.iter().any(|area| area.holds(**point))).copied().collect();
        if !inside.is_empty() {
            return inside;
        }
        let middles: Vec<(Point, f64)> = villages.iter().filter_map(|area| area.middle).collect();
        let near: Vec<Point> = points
            .iter()
            .filter(|point| middles.iter().any(|(middle, radius)| middle.distance_m(**point) < radius * 1.5))
            .copied()
            .collect();
        if near.is_empty() { points } else { near }
    }
}
