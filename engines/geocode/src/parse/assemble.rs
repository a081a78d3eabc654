//! From what the walk collected to one place.

use super::Parsed;
use super::scan::{FoundWay, Scan};
use crate::address::{Address, Spot, Way};

/// Ways of one crossing.
const CROSSING_MAX: usize = 4;

pub(super) fn assemble(scan: Scan<'_>) -> Parsed {
    let mut ways: Vec<&FoundWay> = Vec::new();
    for found in scan.ways.iter().filter(|found| !found.is_toward) {
        if !ways.iter().any(|before| before.way == found.way) {
            ways.push(found);
        }
    }
    let is_said_twice = scan.ways.iter().filter(|found| !found.is_toward).count() > ways.len();
    let has_mouth = ways.iter().any(|found| found.has_mouth);
    let mut loose = scan.loose;
    let mut also: Vec<Way> = ways.iter().map(|found| found.way.clone()).collect();
    let spot = if let Some((way, at_m)) = scan.mark {
        also.retain(|other| *other != way);
        Spot::Mark { way, at_m }
    } else if let Some((way, number)) = scan.door {
        also.retain(|other| way.as_ref() != Some(other));
        Spot::Door { way, number }
    } else if also.len() > 1 {
        also.truncate(CROSSING_MAX);
        Spot::Crossing { ways: in_order(std::mem::take(&mut also)) }
    } else if let Some(way) = also.pop() {
        match way.parent().filter(|_| has_mouth) {
            Some(parent) => Spot::Crossing { ways: vec![parent, way] },
            None => Spot::Road { way },
        }
    } else if let Some(code) = scan.pole.clone() {
        Spot::Pole { code }
    } else if let Some(first) = loose.iter().position(|piece| is_name(&piece.text)) {
        Spot::Landmark { name: loose.remove(first).text }
    } else {
        Spot::Area
    };
    let is_at_junction = matches!(spot, Spot::Road { .. }) && (is_said_twice || has_mouth);
    let admin = scan.admin;
    let address = Address {
        county: admin.county,
        town: admin.town,
        village: admin.village,
        neighbourhood: admin.neighbourhood,
        spot,
        floor: scan.floor,
    };
    Parsed {
        address,
        details: scan.details,
        also,
        towards: scan.ways.into_iter().filter(|found| found.is_toward).map(|found| found.way).collect(),
        other_towns: scan.other_towns,
        pole: scan.pole,
        is_at_junction,
        unread: loose,
    }
}

/// A lane after the street that it branches off, so that one crossing is written in one way.
fn in_order(mut ways: Vec<Way>) -> Vec<Way> {
    if let [first, second] = ways.as_slice()
        && first.parent().as_ref() == Some(second)
    {
        ways.reverse();
    }
    ways
}

/// At least two characters of writing; a stray particle is no landmark.
fn is_name(text: &str) -> bool {
    text.chars().filter(|ch| ch.is_alphabetic()).count() >= 2
}
