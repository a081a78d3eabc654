//! Which junctions need a word, and which word: the types of OSRM's `StepManeuver`.

use super::geometry::{bearing_at_end, bearing_at_start, turn_deg};
use super::{ManeuverType, Modifier};
use crate::access::DirectedEdge;
use crate::navigate::Navigator;

/// A road is straight on within this angle of the approach.
const STRAIGHT_DEG: f64 = 20.0;
/// A road that bends no more than this is one that a driver may take for straight on.
const AHEAD_DEG: f64 = 45.0;
/// A road must be this much straighter than the next for nobody to ask.
const OBVIOUS_BY_DEG: f64 = 25.0;

impl Modifier {
    pub(super) fn of(angle: f64) -> Self {
        let is_right = angle > 0.0;
        match angle.abs() {
            a if a < STRAIGHT_DEG => Self::Straight,
            a if a < AHEAD_DEG => if is_right { Self::SlightRight } else { Self::SlightLeft },
            a if a < 120.0 => if is_right { Self::Right } else { Self::Left },
            a if a < 170.0 => if is_right { Self::SharpRight } else { Self::SharpLeft },
            _ => Self::Uturn,
        }
    }
}

/// The bearing in which a directed edge leaves its junction, and that in which it arrives at the next.
pub(super) fn bearings(navigator: &Navigator, road: DirectedEdge) -> (f64, f64) {
    let Some(edge) = navigator.network().edge(road.edge) else { return (0.0, 0.0) };
    let points = navigator.network().polyline(edge);
    if road.is_forward {
        (bearing_at_start(points), bearing_at_end(points))
    } else {
        let turned = |bearing: f64| (bearing + 180.0).rem_euclid(360.0);
        (turned(bearing_at_end(points)), turned(bearing_at_start(points)))
    }
}

/// What to say between two edges that are driven one after the other; none where the way on is plain.
pub(super) fn maneuver(navigator: &Navigator, before: DirectedEdge, after: DirectedEdge) -> Option<(ManeuverType, Modifier)> {
    if after == before.reversed() {
        return Some((ManeuverType::Continue, Modifier::Uturn));
    }
    let network = navigator.network();
    let (_, arriving) = bearings(navigator, before);
    let angle_of = |road: DirectedEdge| turn_deg(arriving, bearings(navigator, road).0);
    let angle = angle_of(after);
    let modifier = Modifier::of(angle);
    let (edge_before, edge_after) = (network.edge(before.edge)?, network.edge(after.edge)?);
    let (name_before, name_after) = (network.name(edge_before), network.name(edge_after));
    let is_renamed = name_before.is_some() && name_after.is_some() && name_before != name_after;
    let others: Vec<DirectedEdge> =
        navigator.exits(before).into_iter().filter(|road| *road != after && *road != before.reversed()).collect();
    let nearest_other = others.iter().map(|road| angle_of(*road).abs()).fold(f64::INFINITY, f64::min);
    if others.is_empty() {
        // A bend without a junction needs no word, however sharp.
        return is_renamed.then_some((ManeuverType::NewName, modifier));
    }
    if angle.abs() < AHEAD_DEG && nearest_other - angle.abs() >= OBVIOUS_BY_DEG {
        return is_renamed.then_some((ManeuverType::NewName, modifier));
    }
    if angle.abs() < AHEAD_DEG && nearest_other < AHEAD_DEG {
        let rival = others.iter().find(|road| angle_of(**road).abs() < AHEAD_DEG)?;
        let is_side_street = network.edge(rival.edge).is_some_and(|edge| edge.class > edge_after.class);
        if is_side_street && name_before == name_after {
            return None;
        }
        let side = if angle > angle_of(*rival) { Modifier::SlightRight } else { Modifier::SlightLeft };
        return Some((ManeuverType::Fork, side));
    }
    let ends_here = angle.abs() >= AHEAD_DEG && nearest_other >= AHEAD_DEG;
    let is_tee = ends_here && others.iter().any(|road| angle_of(*road).signum() != angle.signum());
    if is_tee && others.len() == 1 {
        return Some((ManeuverType::EndOfRoad, modifier));
    }
    let is_same_street = name_after.is_some() && name_before == name_after;
    if is_same_street && modifier == Modifier::Straight {
        return None;
    }
    Some((if is_same_street { ManeuverType::Continue } else { ManeuverType::Turn }, modifier))
}
