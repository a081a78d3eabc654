//! How far the geocoder errs, measured on its own records: each is asked for with its place left out of the index.

use std::collections::HashMap;

use crate::answer::{Doubt, Hint, MatchedBy};
use crate::index::{Geocoder, Skip};
use crate::parse::Parsed;
use crate::plane::{Point, quantile};

/// The share of truths that lie within a candidate's radius.
pub const CONFIDENCE: f64 = 0.8;

/// No radius is smaller: police and address points differ by a junction's width.
const RADIUS_MIN_M: f64 = 20.0;

/// Two measurements of one place are never so near to each other.
const SAME_M: f64 = 0.5;

/// Measured radii need so many records of a kind; below, the usual ones stand.
const ENOUGH: usize = 30;

/// Whether a candidate stands for something else than was asked.
pub(crate) fn is_doubted(doubts: &[Doubt]) -> bool {
    let is_other = |doubt: &Doubt| {
        matches!(
            doubt,
            Doubt::NameGuessed { .. }
                | Doubt::OtherTown { .. }
                | Doubt::SectionIgnored { .. }
                | Doubt::WayUnknown { .. }
                | Doubt::MarkElsewhere { .. }
        )
    };
    doubts.iter().any(is_other)
}

/// At most so many records are asked for.
const ASKED_MAX: usize = 3_000;

/// Per kind, what a spread is multiplied with to be a radius.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calibration {
    factors: HashMap<(MatchedBy, bool), f64>,
    /// While errors are measured, a radius is the bare spread.
    is_measuring: bool,
}

impl Calibration {
    pub fn measuring() -> Self {
        Self { is_measuring: true, ..Self::default() }
    }

    /// `is_doubted`: the name, section or town was not the one asked for.
    pub fn radius_m(&self, by: MatchedBy, is_doubted: bool, spread_m: f64) -> f64 {
        if self.is_measuring {
            return spread_m;
        }
        let factor = self.factors.get(&(by, is_doubted)).or(self.factors.get(&(by, false))).copied().unwrap_or(usual(by));
        (spread_m * factor).max(RADIUS_MIN_M).round()
    }
}

/// Factors measured on the crash records of Tainan and Taipei (README), for cities that bring too few records of a kind.
const fn usual(by: MatchedBy) -> f64 {
    match by {
        MatchedBy::ExactNumber => 2.0,
        MatchedBy::KnownCrossing | MatchedBy::KnownMouth => 1.5,
        MatchedBy::KnownMark | MatchedBy::CrossingOfLines => 1.2,
        MatchedBy::BetweenMarks | MatchedBy::BetweenNumbers | MatchedBy::MouthByNumber => 1.5,
        MatchedBy::BesideNumber | MatchedBy::CrossingOfRecords => 1.5,
        MatchedBy::Lane | MatchedBy::Settlement | MatchedBy::Pole | MatchedBy::Landmark => 1.8,
        MatchedBy::Highway | MatchedBy::Street | MatchedBy::Village | MatchedBy::Town => 1.2,
    }
}

/// Every so manieth record is asked for.
pub(crate) fn step(records: usize) -> usize {
    records.div_ceil(ASKED_MAX).max(1)
}

/// `asked`: records with their numbers, every [`step`]th of all.
pub(crate) fn calibrate(geocoder: &Geocoder, asked: &[(u32, Parsed, Point)]) -> Calibration {
    let mut ratios: HashMap<(MatchedBy, bool), Vec<f64>> = HashMap::new();
    for (number, parsed, truth) in asked {
        let place = geocoder.places.get(*number as usize).copied();
        // Known places are judged by their other records, all others as if the place had never been recorded.
        for (skip, is_known) in
            [(Skip { record: Some(*number), place: None }, true), (Skip { record: Some(*number), place }, false)]
        {
            let answer = geocoder.locate(parsed.clone(), &Hint::default(), skip);
            if let Some(first) = answer.candidates.first().filter(|first| first.matched_by.is_exact() == is_known)
                && let Some(at) = Point::of(first.place)
            {
                let error_m = at.distance_m(*truth);
                // The same address with the very same place came from the same machine and says nothing about its error.
                if !is_known || error_m > SAME_M {
                    ratios
                        .entry((first.matched_by, is_doubted(&first.doubts)))
                        .or_default()
                        .push(error_m / first.radius_m.max(1.0));
                }
            }
        }
    }
    let factors = ratios
        .into_iter()
        .filter(|(_, ratios)| ratios.len() >= ENOUGH)
        .filter_map(|(by, mut ratios)| quantile(&mut ratios, CONFIDENCE).map(|factor| (by, factor.clamp(0.2, 20.0))))
        .collect();
    Calibration { factors, is_measuring: false }
}
