//! Everything that is known of a city's addresses, in memory.

pub(crate) mod areas;
mod build;
pub(crate) mod grid;
pub(crate) mod names;

use std::collections::HashMap;

pub use build::{Builder, Summary};

use crate::address::Way;
use crate::calibrate::Calibration;
use crate::lexicon::Lexicon;
use crate::plane::Point;
use areas::Areas;
use grid::Grid;
use names::Names;

/// A way by the number of its name; 0 stands for no section, lane or alley.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct WayKey {
    pub name: u32,
    pub section: u32,
    pub lane: u32,
    pub alley: u32,
}

impl WayKey {
    pub const fn street(self) -> Self {
        Self { lane: 0, alley: 0, ..self }
    }
}

/// How good a number's place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Evidence {
    /// The house itself.
    House,
    /// The mouth of the lane of that number.
    Mouth,
    /// A house in the lane of that number.
    InLane,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    Door {
        main: u32,
        sub: u32,
        evidence: Evidence,
    },
    /// A crossing with the way of this number.
    Crossing {
        with: u32,
    },
    Mark {
        at_m: u32,
    },
    Somewhere,
}

/// One place on a way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub what: What,
    pub at: Point,
    pub town: u16,
    pub village: u16,
    /// The record it comes from; `u32::MAX` for what comes from the road network.
    pub record: u32,
}

/// Samples of the road network have no record.
pub(crate) const NO_RECORD: u32 = u32::MAX;

#[derive(Debug, Clone)]
pub(crate) struct WayRow {
    pub key: WayKey,
    /// In order of `what`, then record.
    pub samples: Vec<Sample>,
    pub lines: Vec<Line>,
}

/// A piece of a road and the town in which its middle lies.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub points: Vec<Point>,
    pub town: u16,
}

impl WayRow {
    pub fn segments(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        self.lines.iter().flat_map(|line| line.points.iter().copied().zip(line.points.iter().copied().skip(1)))
    }
}

/// Which records must not be looked at: one, or all of the same place. This is how the geocoder measures itself.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Skip {
    pub record: Option<u32>,
    pub place: Option<u64>,
}

/// Finds addresses. Built once from what a city has; it never changes, so it is shared without locks.
#[derive(Debug, Clone)]
pub struct Geocoder {
    pub(crate) lexicon: Lexicon,
    pub(crate) names: Names,
    pub(crate) ways: Vec<WayRow>,
    pub(crate) by_key: HashMap<WayKey, u32>,
    /// Ways of each name, in order of their keys.
    pub(crate) by_name: Vec<Vec<u32>>,
    pub(crate) towns: Areas,
    pub(crate) villages: Areas,
    /// Per record, what place it names.
    pub(crate) places: Vec<u64>,
    pub(crate) samples_near: Grid,
    pub(crate) sample_ways: Vec<(u32, u32)>,
    pub(crate) segments_near: Grid,
    pub(crate) segments: Vec<(u32, Point, Point)>,
    /// Streets by what people type, sorted.
    pub(crate) typed: Vec<(String, u32)>,
    pub(crate) calibration: Calibration,
    pub(crate) summary: Summary,
}

impl Geocoder {
    pub(crate) fn key(&self, way: &Way) -> Option<WayKey> {
        let name = self.names.number(&way.name)?;
        let number = |part: Option<u32>| part.unwrap_or(0);
        Some(WayKey { name, section: number(way.section), lane: number(way.lane), alley: number(way.alley) })
    }

    pub(crate) fn row(&self, way: u32) -> Option<&WayRow> {
        self.ways.get(way as usize)
    }

    pub(crate) fn row_of(&self, key: WayKey) -> Option<&WayRow> {
        self.row(*self.by_key.get(&key)?)
    }

    pub(crate) fn way_of(&self, key: WayKey) -> Way {
        let part = |number: u32| (number > 0).then_some(number);
        Way {
            name: self.names.get(key.name).to_owned(),
            section: part(key.section),
            lane: part(key.lane),
            alley: part(key.alley),
        }
    }

    /// Ways that this one may be short for: itself and, when it names no section, every section of its name.
    pub(crate) fn family(&self, key: WayKey) -> Vec<&WayRow> {
        let rows = self.by_name.get(key.name as usize).map(Vec::as_slice).unwrap_or_default();
        let is_meant = |row: &&WayRow| {
            let other = row.key;
            other.lane == key.lane && other.alley == key.alley && (key.section == 0 || other.section == key.section)
        };
        rows.iter().filter_map(|way| self.row(*way)).filter(is_meant).collect()
    }

    pub(crate) fn is_skipped(&self, sample: &Sample, skip: Skip) -> bool {
        if sample.record == NO_RECORD {
            return false;
        }
        skip.record == Some(sample.record)
            || skip.place.is_some_and(|place| self.places.get(sample.record as usize) == Some(&place))
    }

    pub(crate) fn town_at(&self, point: Point) -> u16 {
        if let Some(town) = self.towns.at(point) {
            return town;
        }
        for rings in [1, 4] {
            let near = self.samples_near.near(point, rings).filter_map(|number| self.sample(number));
            let nearest = near
                .filter(|sample| sample.town != areas::NONE)
                .min_by(|a, b| a.at.distance_m(point).total_cmp(&b.at.distance_m(point)));
            if let Some(sample) = nearest {
                return sample.town;
            }
        }
        areas::NONE
    }

    pub(crate) fn sample(&self, number: u32) -> Option<&Sample> {
        let (way, sample) = *self.sample_ways.get(number as usize)?;
        self.row(way)?.samples.get(sample as usize)
    }

    /// What was read and how much memory it takes.
    #[must_use]
    pub const fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The names that this index parses with.
    #[must_use]
    pub const fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }
}
