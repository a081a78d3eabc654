//! Which unit to send, with reasons for and against every one of them. A proposal: a person sends.
//!
//! Available units come in the order of their expected arrival; the age of a stale position beyond two minutes is added,
//! because the unit may have driven away from us for as long. Units without a position come after those with one.

use shouhu_ids::Micros;
use shouhu_module::ports::RoadTime;
use shouhu_place::Wgs84;
use shouhu_wire::{Reason, Recommendation, Unit, UnitKind, UnitState};

/// Older positions are stale.
pub const STALE_AFTER_US: i64 = 2 * Micros::MINUTE;
/// Speed along the straight line where no road graph is loaded.
pub const STRAIGHT_LINE_KMH: f64 = 30.0;
/// A brisk walk.
pub const WALKING_KMH: f64 = 5.0;
/// Beyond this a foot patrol is the wrong answer.
pub const FOOT_FAR_M: f64 = 1_500.0;
/// A position that may be this wrong says little.
const ROUGH_M: f64 = 500.0;

struct Candidate {
    recommendation: Recommendation,
    /// Seconds to sort by; `None` without a position.
    order_s: Option<f64>,
}

fn reason(key: &str, is_for: bool, value: Option<f64>) -> Reason {
    Reason { key: key.to_owned(), is_for, value: value.map(f64::round) }
}

fn seconds(distance_m: f64, kmh: f64) -> f64 {
    distance_m / (kmh / 3.6)
}

/// Distance in metres, duration in seconds, and whether both are by road.
fn way(unit: &Unit, scene: Option<Wgs84>, road: Option<RoadTime>) -> Option<(f64, f64, bool)> {
    let straight_m = unit.position?.distance_m(scene?);
    Some(match (unit.kind, road) {
        (UnitKind::Foot, Some(road)) => (road.distance_m, seconds(road.distance_m, WALKING_KMH), true),
        (UnitKind::Foot, None) => (straight_m, seconds(straight_m, WALKING_KMH), false),
        (_, Some(road)) => (road.distance_m, road.duration_s, true),
        (_, None) => (straight_m, seconds(straight_m, STRAIGHT_LINE_KMH), false),
    })
}

fn candidate(unit: Unit, scene: Option<Wgs84>, road: Option<RoadTime>, now: Micros) -> Candidate {
    let way = way(&unit, scene, road);
    let mut reasons = vec![match unit.state {
        UnitState::Available => reason("available", true, None),
        UnitState::Busy => reason("busy", false, None),
        UnitState::Dispatched => reason("dispatched", false, None),
        UnitState::EnRoute => reason("en_route", false, None),
        UnitState::OnScene => reason("on_scene", false, None),
        UnitState::OffDuty => reason("off_duty", false, None),
    }];
    let mut order_s = way.map(|(_, eta_s, _)| eta_s);
    if let Some((distance_m, _, is_by_road)) = way {
        reasons.push(if is_by_road { reason("by_road", true, None) } else { reason("straight_line", false, None) });
        if unit.kind == UnitKind::Foot && distance_m > FOOT_FAR_M {
            reasons.push(reason("foot_patrol_far", false, Some(distance_m)));
        }
    }
    if unit.position.is_none() {
        reasons.push(reason("no_position", false, None));
    } else if scene.is_none() {
        reasons.push(reason("scene_unknown", false, None));
    }
    let age_us = unit.position_at_us.map_or(0, |at| now.since(at));
    if age_us > STALE_AFTER_US {
        #[allow(clippy::cast_precision_loss, reason = "an age in microseconds is far below 2^52")]
        let (age_s, beyond_s) = (age_us as f64 / 1e6, (age_us - STALE_AFTER_US) as f64 / 1e6);
        reasons.push(reason("stale_position", false, Some(age_s)));
        order_s = order_s.map(|s| s + beyond_s);
    }
    if let Some(accuracy_m) = unit.accuracy_m.filter(|m| *m > ROUGH_M) {
        reasons.push(reason("rough_position", false, Some(accuracy_m)));
    }
    let recommendation = Recommendation {
        unit,
        rank: None,
        distance_m: way.map(|(distance_m, _, _)| distance_m),
        eta_s: way.map(|(_, eta_s, _)| eta_s),
        is_by_road: way.is_some_and(|(_, _, is_by_road)| is_by_road),
        reasons,
    };
    Candidate { recommendation, order_s }
}

/// Available units first, best first; then the others that are on duty; then those off duty, for completeness.
/// `roads` has one answer per unit, in the same order, or is `None` where no road graph is loaded.
#[must_use]
pub fn rank(units: Vec<Unit>, scene: Option<Wgs84>, roads: Option<&[Option<RoadTime>]>, now: Micros) -> Vec<Recommendation> {
    let road = |index: usize| roads.and_then(|roads| roads.get(index).copied().flatten());
    let mut candidates: Vec<Candidate> =
        units.into_iter().enumerate().map(|(index, unit)| candidate(unit, scene, road(index), now)).collect();
    let group = |state: UnitState| match state {
        UnitState::Available => 0,
        UnitState::Busy | UnitState::Dispatched | UnitState::EnRoute | UnitState::OnScene => 1,
        UnitState::OffDuty => 2,
    };
    candidates.sort_by(|a, b| {
        let (unit_a, unit_b) = (&a.recommendation.unit, &b.recommendation.unit);
        let by_group = group(unit_a.state).cmp(&group(unit_b.state));
        let by_time = a.order_s.unwrap_or(f64::INFINITY).total_cmp(&b.order_s.unwrap_or(f64::INFINITY));
        by_group.then(by_time).then_with(|| unit_a.call_sign.cmp(&unit_b.call_sign))
    });
    let nearest = candidates
        .iter()
        .enumerate()
        .filter(|(_, c)| c.recommendation.unit.state == UnitState::Available)
        .filter_map(|(index, c)| c.recommendation.distance_m.map(|m| (index, m)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(index, _)| index);
    let mut rank = 0;
    for (index, candidate) in candidates.iter_mut().enumerate() {
        let recommendation = &mut candidate.recommendation;
        if recommendation.unit.state == UnitState::Available {
            rank += 1;
            recommendation.rank = Some(rank);
        }
        if nearest == Some(index) {
            let nearest = reason("nearest", true, recommendation.distance_m);
            recommendation.reasons.insert(0, nearest);
        }
    }
    candidates.into_iter().map(|candidate| candidate.recommendation).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_ids::UnitId;

    use super::*;

    const NOW: Micros = Micros(1_795_200_000_000_000);

    fn unit(call_sign: &str, kind: UnitKind, state: UnitState, lon: Option<f64>) -> Unit {
        Unit {
            id: UnitId::new(NOW, [0; 16]),
            call_sign: call_sign.to_owned(),
            kind,
            state,
            position: lon.map(|lon| Wgs84::new(lon, 23.0).unwrap()),
            position_at_us: lon.map(|_| NOW.plus(-Micros::SECOND)),
            accuracy_m: None,
            heading_deg: None,
            assignment: None,
        }
    }

    fn scene() -> Option<Wgs84> {
        Wgs84::new(120.2, 23.0).ok()
    }

    fn order(ranked: &[Recommendation]) -> Vec<(&str, Option<u32>)> {
        ranked.iter().map(|r| (r.unit.call_sign.as_str(), r.rank)).collect()
    }

    fn keys(recommendation: &Recommendation) -> Vec<&str> {
        recommendation.reasons.iter().map(|reason| reason.key.as_str()).collect()
    }

    #[test]
    fn every_unit_is_listed_and_only_available_ones_have_a_rank() {
        let units = vec![
            unit("off", UnitKind::Car, UnitState::OffDuty, Some(120.2)),
            unit("busy", UnitKind::Car, UnitState::Busy, Some(120.2)),
            unit("lost", UnitKind::Car, UnitState::Available, None),
            unit("far", UnitKind::Car, UnitState::Available, Some(120.3)),
            unit("near", UnitKind::Car, UnitState::Available, Some(120.21)),
        ];
        let ranked = rank(units, scene(), None, NOW);
        assert_eq!(order(&ranked), [("near", Some(1)), ("far", Some(2)), ("lost", Some(3)), ("busy", None), ("off", None)]);
        assert_eq!(keys(ranked.first().unwrap()), ["nearest", "available", "straight_line"]);
        assert_eq!(keys(ranked.get(2).unwrap()), ["available", "no_position"]);
        assert!(ranked.iter().all(|r| !r.is_by_road));
        let near = ranked.first().unwrap();
        assert!((near.eta_s.unwrap() - near.distance_m.unwrap() / (30.0 / 3.6)).abs() < 1e-9);
    }

    #[test]
    fn the_road_decides_where_a_river_lies_between() {
        let units = vec![
            unit("across the river", UnitKind::Car, UnitState::Available, Some(120.205)),
            unit("on this side", UnitKind::Car, UnitState::Available, Some(120.22)),
        ];
        let roads = [
            Some(RoadTime { duration_s: 900.0, distance_m: 9_000.0 }),
            Some(RoadTime { duration_s: 240.0, distance_m: 2_400.0 }),
        ];
        let ranked = rank(units, scene(), Some(&roads), NOW);
        assert_eq!(order(&ranked), [("on this side", Some(1)), ("across the river", Some(2))]);
        assert_eq!(keys(ranked.first().unwrap()), ["nearest", "available", "by_road"]);
    }

    #[test]
    fn a_stale_position_is_said_and_loses_to_a_fresh_one_a_little_farther() {
        let mut stale = unit("stale", UnitKind::Car, UnitState::Available, Some(120.205));
        stale.position_at_us = Some(NOW.plus(-30 * Micros::MINUTE));
        let fresh = unit("fresh", UnitKind::Car, UnitState::Available, Some(120.22));
        let ranked = rank(vec![stale, fresh], scene(), None, NOW);
        assert_eq!(order(&ranked), [("fresh", Some(1)), ("stale", Some(2))]);
        let said = ranked.get(1).unwrap().reasons.iter().find(|r| r.key == "stale_position").unwrap();
        assert_eq!((said.is_for, said.value), (false, Some(1_800.0)));
    }

    #[test]
    fn a_foot_patrol_walks_and_is_far_at_two_kilometres() {
        let foot = unit("foot", UnitKind::Foot, UnitState::Available, Some(120.22));
        let car = unit("car", UnitKind::Car, UnitState::Available, Some(120.25));
        let ranked = rank(vec![foot, car], scene(), None, NOW);
        assert_eq!(order(&ranked), [("car", Some(1)), ("foot", Some(2))]);
        assert!(keys(ranked.get(1).unwrap()).contains(&"foot_patrol_far"));
    }

    #[test]
    fn without_a_scene_units_are_still_offered_and_the_reason_is_said() {
        let ranked = rank(vec![unit("a", UnitKind::Car, UnitState::Available, Some(120.2))], None, None, NOW);
        assert_eq!(keys(ranked.first().unwrap()), ["available", "scene_unknown"]);
        assert_eq!(ranked.first().unwrap().rank, Some(1));
    }
}
