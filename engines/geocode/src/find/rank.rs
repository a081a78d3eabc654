//! Estimates into candidates: radius, score, order, and whether a person must choose.

use super::{CANDIDATES_MAX, Estimate};
use crate::address::{Address, Spot};
use crate::answer::{Candidate, Doubt, Hint, MatchedBy};
use crate::calibrate::is_doubted;
use crate::index::Geocoder;
use crate::parse::Parsed;
use crate::plane::Point;

/// Scores that differ by less are equal; then, and only then, a hint decides the order.
const EQUAL: f64 = 0.02;

/// How complete an answer of this kind is, when a whole address was asked.
const fn completeness(by: MatchedBy) -> f64 {
    match by {
        MatchedBy::ExactNumber | MatchedBy::KnownCrossing | MatchedBy::KnownMouth | MatchedBy::KnownMark => 1.0,
        MatchedBy::CrossingOfLines | MatchedBy::BetweenMarks | MatchedBy::BetweenNumbers => 0.95,
        MatchedBy::MouthByNumber | MatchedBy::CrossingOfRecords | MatchedBy::BesideNumber => 0.85,
        MatchedBy::Lane | MatchedBy::Pole | MatchedBy::Settlement | MatchedBy::Landmark => 0.8,
        MatchedBy::Street | MatchedBy::Highway => 0.6,
        MatchedBy::Village => 0.4,
        MatchedBy::Town => 0.2,
    }
}

const fn cost(doubt: &Doubt) -> f64 {
    match doubt {
        Doubt::NameGuessed { .. } => 0.7,
        Doubt::OtherTown { is_near: true, .. } => 0.6,
        // Below the town that was said: a street of the same name elsewhere is most often another street.
        Doubt::OtherTown { is_near: false, .. } => 0.15,
        Doubt::SectionIgnored { .. } => 0.85,
        Doubt::WayUnknown { .. } => 0.8,
        Doubt::MarkElsewhere { .. } => 0.5,
        Doubt::NumberBeyond { .. } | Doubt::MarkBeyond { .. } => 0.9,
        Doubt::CrossingNotSaid | Doubt::OnlyArea | Doubt::PreferredByHint => 1.0,
    }
}

/// What was asked for may be no more than the street itself.
fn asks_for_road(spot: &Spot) -> bool {
    matches!(spot, Spot::Road { .. } | Spot::Landmark { .. } | Spot::Area)
}

pub(super) fn ranked(geocoder: &Geocoder, parsed: &Parsed, found: Vec<Estimate>, hint: &Hint) -> (Vec<Candidate>, bool) {
    let is_road = asks_for_road(&parsed.address.spot);
    let mut scored: Vec<(f64, Estimate)> = found
        .into_iter()
        .map(|estimate| {
            let whole = if is_road { 1.0 } else { completeness(estimate.by) };
            (estimate.doubts.iter().map(cost).product::<f64>() * whole, estimate)
        })
        .collect();
    let best = scored.iter().map(|(score, _)| *score).fold(0.0, f64::max);
    let near = hint.near.and_then(Point::of);
    let hint_town = hint.town.as_ref().map(|town| town.replace('臺', "台"));
    let is_hinted = |estimate: &Estimate| {
        hint_town.as_ref().is_some_and(|town| geocoder.towns.get(estimate.town).is_some_and(|area| area.town == *town))
    };
    scored.sort_by(|(score, a), (other, b)| {
        let class = |score: f64| score < best - EQUAL;
        let away = |estimate: &Estimate| near.map_or(0.0, |near| near.distance_m(estimate.at));
        class(*score)
            .cmp(&class(*other))
            .then(is_hinted(b).cmp(&is_hinted(a)))
            .then(away(a).total_cmp(&away(b)))
            .then(other.total_cmp(score))
            .then(b.support.cmp(&a.support))
            .then(a.at.cmp(&b.at))
    });
    let mut candidates: Vec<(Point, Candidate)> = Vec::new();
    for (score, estimate) in scored {
        // The same place found in two ways is one candidate.
        let is_same = candidates.iter().any(|(at, other)| at.distance_m(estimate.at) < 30.0 && other.matched_by == estimate.by);
        if !is_same && candidates.len() < CANDIDATES_MAX {
            candidates.push((estimate.at, candidate(geocoder, parsed, estimate, score)));
        }
    }
    let is_ambiguous = match candidates.split_first() {
        Some(((at, first), rest)) => rest.iter().any(|(other_at, other)| {
            other.score > first.score - EQUAL && at.distance_m(*other_at) > first.radius_m.max(other.radius_m)
        }),
        None => false,
    };
    if is_ambiguous
        && (near.is_some() || hint_town.is_some())
        && let Some((_, first)) = candidates.first_mut()
    {
        first.doubts.push(Doubt::PreferredByHint);
    }
    (candidates.into_iter().map(|(_, candidate)| candidate).collect(), is_ambiguous)
}

fn candidate(geocoder: &Geocoder, parsed: &Parsed, estimate: Estimate, score: f64) -> Candidate {
    let town = geocoder.towns.get(estimate.town);
    let mut doubts = estimate.doubts;
    if parsed.is_at_junction && matches!(estimate.spot, Spot::Road { .. }) {
        doubts.push(Doubt::CrossingNotSaid);
    }
    let is_area = matches!(estimate.spot, Spot::Area);
    let address = Address {
        county: town.map(|area| area.county.clone()).filter(|county| !county.is_empty()),
        town: town.map(|area| area.town.clone()),
        village: parsed.address.village.clone().filter(|_| !is_area || estimate.by == MatchedBy::Village),
        neighbourhood: None,
        spot: estimate.spot,
        floor: parsed.address.floor.filter(|_| estimate.by == MatchedBy::ExactNumber),
    };
    Candidate {
        place: estimate.at.place(),
        radius_m: geocoder.calibration.radius_m(estimate.by, is_doubted(&doubts), estimate.spread_m),
        matched_by: estimate.by,
        score: (score * 1_000.0).round() / 1_000.0,
        display: address.to_string(),
        town: town.map(|area| crate::towns::official(&area.town)),
        doubts,
    }
}
