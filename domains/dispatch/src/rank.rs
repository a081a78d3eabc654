//! Which unit to send, with reasons for and against every one of them. A proposal: a person sends.
//!
//! `engines/choice` orders the units that could go. Behind them come units that are free but cannot be compared, because nobody knows
//! where they or the scene are: a voice on the radio may know better. The others follow, with what keeps them.

use shouhu_choice::{
    Assessment, Candidate, Choice, ChoiceError, CoverView, Incident, Job, Priority, Reason as Why, Side, State, choose,
};
use shouhu_ids::{Micros, UnitId};
use shouhu_module::ports::{Drive, RoadAnswer, RoadTime};
use shouhu_place::Wgs84;
use shouhu_wire::{Reason, Recommendation, Unit, UnitKind, UnitState};

use crate::policy::{PolicyName, PolicySettings};
use crate::skills;
use crate::standing::Standing;

/// Speed along the straight line where no road graph is loaded.
pub const STRAIGHT_LINE_KMH: f64 = 30.0;
/// A brisk walk.
pub const WALKING_KMH: f64 = 5.0;
/// Beyond this a foot patrol is the wrong answer.
pub const FOOT_FAR_M: f64 = 1_500.0;
/// A position that may be this wrong says little.
const ROUGH_M: f64 = 500.0;

/// What is asked: the incident as a choice sees it.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    pub priority: shouhu_wire::Priority,
    pub scene: Option<Wgs84>,
    pub needs: shouhu_choice::Skills,
}

/// A unit with what is known about it besides.
pub struct Known {
    pub unit: Unit,
    pub standing: Standing,
    /// None where nobody was asked: there is no map, or no place.
    pub road: Option<RoadAnswer>,
}

#[derive(Debug)]
pub struct Ranked {
    pub chosen: Option<UnitId>,
    /// The chosen unit is busy with something less urgent.
    pub is_taken: bool,
    pub items: Vec<Recommendation>,
}

#[derive(Debug, Clone, Copy)]
struct Way {
    distance_m: f64,
    eta_s: f64,
    is_by_road: bool,
    is_through_closure: bool,
}

fn reason(key: &str, is_for: bool, value: Option<f64>) -> Reason {
    Reason { key: key.to_owned(), is_for, value: value.map(f64::round) }
}

fn seconds(distance_m: f64, kmh: f64) -> f64 {
    distance_m / (kmh / 3.6)
}

#[allow(clippy::cast_precision_loss, reason = "an interval in microseconds is far below 2^52")]
fn seconds_since(at: Micros, now: Micros) -> f64 {
    (now.since(at) as f64 / 1e6).max(0.0)
}

fn way(unit: &Unit, scene: Option<Wgs84>, road: Option<RoadAnswer>) -> Option<Way> {
    let straight_m = unit.position?.distance_m(scene?);
    match road {
        Some(RoadAnswer::By(RoadTime { duration_s, distance_m, is_through_closure })) => {
            Some(Way { distance_m, eta_s: duration_s, is_by_road: true, is_through_closure })
        }
        // A straight line over a closed bridge would be a lie.
        Some(RoadAnswer::NoWay) => None,
        Some(RoadAnswer::NoRoadNear) | None => {
            let kmh = if unit.kind == UnitKind::Foot { WALKING_KMH } else { STRAIGHT_LINE_KMH };
            Some(Way { distance_m: straight_m, eta_s: seconds(straight_m, kmh), is_by_road: false, is_through_closure: false })
        }
    }
}

/// How one drives to something as pressing as this.
#[must_use]
pub fn drive_to(priority: shouhu_wire::Priority, at: Micros) -> Drive {
    Drive { at, with_siren: priority_of(priority) == Priority::Urgent }
}

#[must_use]
pub const fn priority_of(priority: shouhu_wire::Priority) -> Priority {
    match priority.0 {
        0 | 1 => Priority::Urgent,
        2 => Priority::High,
        3 => Priority::Routine,
        _ => Priority::Low,
    }
}

fn state_of(unit: &Unit, standing: &Standing) -> State {
    let job = standing.job.as_ref().map_or(Job { priority: Priority::High, times_preempted: 0 }, |job| Job {
        priority: priority_of(job.priority),
        times_preempted: job.times_taken,
    });
    match unit.state {
        _ if standing.is_in_panic => State::Panic,
        UnitState::OffDuty => State::OffDuty,
        UnitState::Available => State::Idle,
        UnitState::Busy => State::Engaged,
        UnitState::Dispatched | UnitState::EnRoute => State::EnRoute { job },
        // A crew says by radio that it can leave; until it does, nobody takes it away.
        UnitState::OnScene => State::OnScene { job, is_in_danger: false, may_leave: false },
    }
}

#[must_use]
pub fn candidate(known: &Known, scene: Option<Wgs84>, now: Micros) -> Candidate {
    let Known { unit, standing, road } = known;
    let way = way(unit, scene, *road);
    Candidate {
        id: unit.id,
        state: state_of(unit, standing),
        district: None,
        skills: skills::set_of(&standing.skills),
        position_age_s: unit.position_at_us.map(|at| seconds_since(at, now)),
        on_duty_s: standing.on_duty_since.map_or(0.0, |at| seconds_since(at, now)),
        since_last_job_s: standing.last_job_ended_at.map(|at| seconds_since(at, now)),
        air_m: unit.position.zip(scene).map(|(position, scene)| position.distance_m(scene)),
        travel_s: way.map(|way| way.eta_s),
    }
}

/// A reason of the engine in the words of the wire. What the state of the unit says is said by [`stated`].
fn worded(why: &Why, state: UnitState) -> Reason {
    let is_for = why.side() == Side::For;
    let key = |key, value| reason(key, is_for, value);
    match *why {
        Why::Idle => key("available", None),
        Why::HasAllThatIsAsked => key("has_all_that_is_asked", None),
        Why::OnlyChoice => key("only_choice", None),
        Why::OwnDistrict => key("own_district", None),
        Why::LeastAir { margin_m } => key("least_air", Some(margin_m)),
        Why::LeastTravel { margin_s } => key("least_travel", Some(margin_s)),
        Why::LeastSum { margin_s } => key("least_sum", Some(margin_s)),
        Why::NextIsBeyondBound { slower_s } => key("next_is_beyond_bound", Some(slower_s)),
        Why::Rested { since_last_job_s, .. } => key("rested", since_last_job_s),
        Why::FasterThanChosen { by_s } => key("faster_than_chosen", Some(by_s)),
        Why::KeepsCover { worth_s } => key("keeps_cover", Some(worth_s)),
        Why::TakenFromLesser { saves_s, .. } => key("taken_from_lesser", saves_s),
        Why::OffDuty => key("off_duty", None),
        Why::InPanic => key("in_panic", None),
        Why::RestingFor { .. } | Why::Engaged => key("busy", None),
        Why::EnRouteTo { .. } if state == UnitState::Dispatched => key("dispatched", None),
        Why::EnRouteTo { .. } => key("en_route", None),
        Why::OnSceneOf { .. } | Why::OnSceneInDanger => key("on_scene", None),
        Why::PreemptedTooOften { times } => key("preempted_too_often", Some(f64::from(times))),
        Why::SavesTooLittle { saves_s } => key("saves_too_little", Some(saves_s)),
        Why::Lacks { skill } => key(&format!("lacks_{}", skills::key_of(skill)), None),
        Why::NoPosition => key("no_position", None),
        Why::PositionStale { age_s } => key("stale_position", Some(age_s)),
        Why::Unreachable => key("unreachable", None),
        Why::OutsideDistrict => key("outside_district", None),
        Why::LongOnDuty { on_duty_s } => key("long_on_duty", Some(on_duty_s)),
        Why::ShortRest { since_last_job_s } => key("short_rest", Some(since_last_job_s)),
        Why::FartherThanChosen { by_m } => key("farther_than_chosen", Some(by_m)),
        Why::SlowerThanChosen { by_s } => key("slower_than_chosen", Some(by_s)),
        Why::BeyondBound { slower_s, .. } => key("beyond_bound", Some(slower_s)),
        Why::CoverLost { worth_s, .. } => key("cover_lost", Some(worth_s)),
        Why::LosesTie => key("loses_tie", None),
    }
}

/// What the engine does not know: by which way the time was found, and how well the place is known.
fn stated(known: &Known, way: Option<Way>, ask: Ask, now: Micros) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let with_siren = drive_to(ask.priority, now).with_siren && known.unit.kind != UnitKind::Foot;
    if let Some(over) = known.standing.shift_over_since {
        reasons.push(reason("past_shift_end", false, Some(seconds_since(over, now))));
    }
    if let Some(way) = way {
        reasons.push(reason(if way.is_by_road { "by_road" } else { "straight_line" }, way.is_by_road, None));
        if way.is_through_closure {
            reasons.push(reason("through_closure", false, None));
        }
        if way.is_by_road && with_siren {
            reasons.push(reason("with_siren", true, None));
        }
        if known.unit.kind == UnitKind::Foot && way.distance_m > FOOT_FAR_M {
            reasons.push(reason("foot_patrol_far", false, Some(way.distance_m)));
        }
    } else if known.unit.position.is_none() {
        reasons.push(reason("no_position", false, None));
    } else if ask.scene.is_none() {
        reasons.push(reason("scene_unknown", false, None));
    } else {
        reasons.push(reason("no_way", false, None));
    }
    if let Some(accuracy_m) = known.unit.accuracy_m.filter(|m| *m > ROUGH_M) {
        reasons.push(reason("rough_position", false, Some(accuracy_m)));
    }
    reasons
}

fn recommendation(known: &Known, assessment: Option<&Assessment>, ask: Ask, now: Micros) -> Recommendation {
    let way = way(&known.unit, ask.scene, known.road);
    let stated = stated(known, way, ask, now);
    let whys = assessment.map_or(&[][..], |assessment| &assessment.reasons);
    // Without a way the engine can only say "unreachable": why there is none is said better above.
    // That the shift is over is said above, with its own number.
    let is_over = known.standing.shift_over_since.is_some();
    let worth_saying = whys
        .iter()
        .filter(|why| way.is_some() || !matches!(why, Why::Unreachable | Why::NoPosition))
        .filter(|why| !is_over || !matches!(why, Why::LongOnDuty { .. }));
    let mut reasons: Vec<Reason> = worth_saying.map(|why| worded(why, known.unit.state)).collect();
    reasons.extend(stated);
    Recommendation {
        unit: known.unit.clone(),
        rank: assessment.and_then(|assessment| assessment.rank),
        distance_m: way.map(|way| way.distance_m),
        eta_s: way.map(|way| way.eta_s),
        is_by_road: way.is_some_and(|way| way.is_by_road),
        reasons,
    }
}

/// All units. `cover` has one reach per unit, in their order.
///
/// # Errors
/// When a unit is listed twice, or the policy needs a cover that is not there.
pub fn rank(
    units: &[Known],
    ask: Ask,
    policy: PolicyName,
    settings: &PolicySettings,
    cover: Option<CoverView<'_>>,
    now: Micros,
) -> Result<Ranked, ChoiceError> {
    let mut candidates: Vec<Candidate> = units.iter().map(|known| candidate(known, ask.scene, now)).collect();
    for (candidate, known) in candidates.iter_mut().zip(units) {
        // A crew past the end of its shift is tired, however short the shift was.
        if let Some(over) = known.standing.shift_over_since {
            candidate.on_duty_s = candidate.on_duty_s.max(settings.rest.duty_max_s + 1.0 + seconds_since(over, now));
        }
    }
    let incident = Incident { priority: priority_of(ask.priority), needs: ask.needs, district: None };
    let choice = choose(&incident, &candidates, &settings.engine(policy), cover)?;
    let mut items: Vec<Recommendation> =
        units.iter().map(|known| recommendation(known, choice.of(known.unit.id), ask, now)).collect();
    let nearest = items
        .iter_mut()
        .filter(|item| item.unit.state == UnitState::Available && item.distance_m.is_some())
        .min_by(|a, b| a.distance_m.unwrap_or(f64::INFINITY).total_cmp(&b.distance_m.unwrap_or(f64::INFINITY)));
    if let Some(nearest) = nearest {
        let said = reason("nearest", true, nearest.distance_m);
        nearest.reasons.insert(0, said);
    }
    order(&mut items, &choice, units, &ask);
    Ok(Ranked { chosen: choice.chosen, is_taken: choice.taken_from.is_some(), items })
}

/// Puts them in order, and gives a rank to those that are free without being comparable.
fn order(items: &mut [Recommendation], choice: &Choice, units: &[Known], ask: &Ask) {
    let has_all = |item: &Recommendation| {
        let known = units.iter().find(|known| known.unit.id == item.unit.id);
        known.is_some_and(|known| !known.standing.is_in_panic && skills::set_of(&known.standing.skills).has_all(ask.needs))
    };
    let group = |item: &Recommendation| match item.unit.state {
        _ if item.rank.is_some() => 0,
        UnitState::Available if item.eta_s.is_none() && has_all(item) => 1,
        UnitState::OffDuty => 3,
        _ => 2,
    };
    items.sort_by(|a, b| {
        let by_rank = a.rank.unwrap_or(u32::MAX).cmp(&b.rank.unwrap_or(u32::MAX));
        let by_time = a.eta_s.unwrap_or(f64::INFINITY).total_cmp(&b.eta_s.unwrap_or(f64::INFINITY));
        group(a).cmp(&group(b)).then(by_rank).then(by_time).then_with(|| a.unit.call_sign.cmp(&b.unit.call_sign))
    });
    let ranked = choice.assessments.iter().filter_map(|assessment| assessment.rank).max().unwrap_or(0);
    let groups: Vec<u8> = items.iter().map(group).collect();
    let incomparable = items.iter_mut().zip(groups).filter(|(_, group)| *group == 1);
    for ((item, _), rank) in incomparable.zip(ranked + 1..) {
        item.rank = Some(rank);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::standing::JobAtHand;

    const NOW: Micros = Micros(1_795_200_000_000_000);

    fn known(call_sign: &str, kind: UnitKind, state: UnitState, lon: Option<f64>) -> Known {
        let mut random = [0; 16];
        random.iter_mut().skip(8).zip(call_sign.bytes()).for_each(|(to, byte)| *to = byte);
        let unit = Unit {
            id: UnitId::new(NOW, random),
            call_sign: call_sign.to_owned(),
            kind,
            state,
            position: lon.map(|lon| Wgs84::new(lon, 23.0).unwrap()),
            position_at_us: lon.map(|_| NOW.plus(-Micros::SECOND)),
            accuracy_m: None,
            heading_deg: None,
            assignment: None,
        };
        Known { unit, standing: Standing::default(), road: None }
    }

    fn ask(priority: u8) -> Ask {
        Ask { priority: shouhu_wire::Priority(priority), scene: Wgs84::new(120.2, 23.0).ok(), needs: shouhu_choice::Skills::NONE }
    }

    fn ranked(units: &[Known], ask: Ask, settings: &PolicySettings) -> Ranked {
        rank(units, ask, settings.policy, settings, None, NOW).unwrap()
    }

    fn order_of(ranked: &Ranked) -> Vec<(&str, Option<u32>)> {
        ranked.items.iter().map(|r| (r.unit.call_sign.as_str(), r.rank)).collect()
    }

    fn keys<'a>(ranked: &'a Ranked, call_sign: &str) -> Vec<&'a str> {
        let item = ranked.items.iter().find(|item| item.unit.call_sign == call_sign).unwrap();
        item.reasons.iter().map(|reason| reason.key.as_str()).collect()
    }

    #[test]
    fn every_unit_is_listed_and_only_those_that_could_go_have_a_rank() {
        let units = [
            known("off", UnitKind::Car, UnitState::OffDuty, Some(120.2)),
            known("busy", UnitKind::Car, UnitState::Busy, Some(120.2)),
            known("lost", UnitKind::Car, UnitState::Available, None),
            known("far", UnitKind::Car, UnitState::Available, Some(120.3)),
            known("near", UnitKind::Car, UnitState::Available, Some(120.21)),
        ];
        let ranked = ranked(&units, ask(2), &PolicySettings::default());
        assert_eq!(order_of(&ranked), [("near", Some(1)), ("far", Some(2)), ("lost", Some(3)), ("busy", None), ("off", None)]);
        assert_eq!(keys(&ranked, "near"), ["nearest", "available", "least_travel", "straight_line"]);
        assert_eq!(keys(&ranked, "lost"), ["available", "no_position"]);
        assert!(ranked.items.iter().all(|r| !r.is_by_road));
        let near = ranked.items.first().unwrap();
        assert!((near.eta_s.unwrap() - near.distance_m.unwrap() / (30.0 / 3.6)).abs() < 1e-9);
        assert_eq!(ranked.chosen, Some(near.unit.id));
    }

    fn by_road(duration_s: f64, distance_m: f64) -> RoadAnswer {
        RoadAnswer::By(RoadTime { duration_s, distance_m, is_through_closure: false })
    }

    #[test]
    fn who_walks_is_timed_by_his_own_way_and_a_siren_is_named_where_it_is_used() {
        let mut walks = known("walks", UnitKind::Foot, UnitState::Available, Some(120.201));
        walks.road = Some(by_road(700.0, 1_000.0));
        let mut drives = known("drives", UnitKind::Car, UnitState::Available, Some(120.3));
        drives.road = Some(by_road(300.0, 5_000.0));
        let urgent = ranked(&[walks, drives], ask(1), &PolicySettings::default());
        let walker = urgent.items.iter().find(|item| item.unit.call_sign == "walks").unwrap();
        assert_eq!(walker.eta_s, Some(700.0));
        assert!(keys(&urgent, "drives").contains(&"with_siren") && !keys(&urgent, "walks").contains(&"with_siren"));
    }

    #[test]
    fn whom_no_open_road_leads_there_gets_no_time_and_is_told_so() {
        let mut cut_off = known("cut off", UnitKind::Car, UnitState::Available, Some(120.2001));
        cut_off.road = Some(RoadAnswer::NoWay);
        let mut far = known("far", UnitKind::Car, UnitState::Available, Some(120.3));
        far.road = Some(by_road(900.0, 12_000.0));
        let mut astray = known("astray", UnitKind::Car, UnitState::Available, Some(120.4));
        astray.road = Some(RoadAnswer::NoRoadNear);
        let ranked = ranked(&[cut_off, far, astray], ask(2), &PolicySettings::default());
        assert_eq!(order_of(&ranked), [("far", Some(1)), ("astray", Some(2)), ("cut off", Some(3))]);
        assert_eq!(keys(&ranked, "cut off"), ["available", "no_way"]);
        assert!(ranked.items.iter().all(|item| (item.unit.call_sign == "cut off") == item.eta_s.is_none()));
        assert!(keys(&ranked, "astray").contains(&"straight_line"));
    }

    #[test]
    fn who_must_go_into_a_closure_is_timed_and_told_so() {
        let mut into = known("into", UnitKind::Car, UnitState::Available, Some(120.201));
        into.road = Some(RoadAnswer::By(RoadTime { duration_s: 200.0, distance_m: 1_500.0, is_through_closure: true }));
        let ranked = ranked(&[into], ask(2), &PolicySettings::default());
        assert!(keys(&ranked, "into").contains(&"through_closure"));
        assert_eq!(ranked.items.first().unwrap().eta_s, Some(200.0));
    }

    #[test]
    fn the_road_decides_where_a_river_lies_between() {
        let mut across = known("across the river", UnitKind::Car, UnitState::Available, Some(120.205));
        across.road = Some(by_road(900.0, 9_000.0));
        let mut here = known("on this side", UnitKind::Car, UnitState::Available, Some(120.22));
        here.road = Some(by_road(240.0, 2_400.0));
        let ranked = ranked(&[across, here], ask(2), &PolicySettings::default());
        assert_eq!(order_of(&ranked), [("on this side", Some(1)), ("across the river", Some(2))]);
        assert_eq!(keys(&ranked, "on this side"), ["nearest", "available", "least_travel", "by_road"]);
        assert!(keys(&ranked, "across the river").contains(&"slower_than_chosen"));
    }

    #[test]
    fn a_stale_position_is_said_and_loses_to_a_fresh_one_a_little_farther() {
        let mut stale = known("stale", UnitKind::Car, UnitState::Available, Some(120.205));
        stale.unit.position_at_us = Some(NOW.plus(-30 * Micros::MINUTE));
        let fresh = known("fresh", UnitKind::Car, UnitState::Available, Some(120.22));
        let ranked = ranked(&[stale, fresh], ask(2), &PolicySettings::default());
        assert_eq!(order_of(&ranked), [("fresh", Some(1)), ("stale", Some(2))]);
        let said = ranked.items.get(1).unwrap().reasons.iter().find(|r| r.key == "stale_position").unwrap();
        assert_eq!((said.is_for, said.value), (false, Some(1_800.0)));
    }

    #[test]
    fn a_foot_patrol_walks_and_is_far_at_two_kilometres() {
        let foot = known("foot", UnitKind::Foot, UnitState::Available, Some(120.22));
        let car = known("car", UnitKind::Car, UnitState::Available, Some(120.25));
        let ranked = ranked(&[foot, car], ask(2), &PolicySettings::default());
        assert_eq!(order_of(&ranked), [("car", Some(1)), ("foot", Some(2))]);
        assert!(keys(&ranked, "foot").contains(&"foot_patrol_far"));
    }

    #[test]
    fn without_a_scene_units_are_still_offered_and_the_reason_is_said() {
        let units = [known("a", UnitKind::Car, UnitState::Available, Some(120.2))];
        let ranked = ranked(&units, Ask { scene: None, ..ask(2) }, &PolicySettings::default());
        assert_eq!(keys(&ranked, "a"), ["available", "scene_unknown"]);
        assert_eq!(order_of(&ranked), [("a", Some(1))]);
    }

    #[test]
    fn who_lacks_what_is_asked_is_passed_over_and_told_why() {
        let near = known("near", UnitKind::Car, UnitState::Available, Some(120.201));
        let mut kit = known("kit", UnitKind::Car, UnitState::Available, Some(120.25));
        kit.standing.skills = vec!["crash_kit".into()];
        let needs = skills::set_of(&["crash_kit".to_owned()]);
        let ranked = ranked(&[near, kit], Ask { needs, ..ask(2) }, &PolicySettings::default());
        assert_eq!(order_of(&ranked), [("kit", Some(1)), ("near", None)]);
        assert!(keys(&ranked, "near").contains(&"lacks_crash_kit") && keys(&ranked, "kit").contains(&"has_all_that_is_asked"));
    }

    #[test]
    fn a_life_in_danger_may_take_a_unit_from_a_trifle_but_never_from_a_scene_and_never_a_crew_in_panic() {
        let mut settings = PolicySettings::default();
        let on_its_way = |lon| {
            let mut known = known("on its way", UnitKind::Car, UnitState::EnRoute, Some(lon));
            known.standing.job = Some(JobAtHand { priority: shouhu_wire::Priority(4), ..JobAtHand::testing(NOW) });
            known
        };
        let far = || known("far", UnitKind::Car, UnitState::Available, Some(120.3));
        let off = ranked(&[on_its_way(120.201), far()], ask(1), &settings);
        assert_eq!(off.chosen, Some(far().unit.id));
        settings.preemption.is_on = true;
        let taken = ranked(&[on_its_way(120.201), far()], ask(1), &settings);
        assert_eq!(order_of(&taken), [("on its way", Some(1)), ("far", Some(2))]);
        assert!(taken.is_taken && keys(&taken, "on its way").contains(&"taken_from_lesser"));
        let mut on_scene = on_its_way(120.201);
        on_scene.unit.state = UnitState::OnScene;
        assert!(!ranked(&[on_scene, far()], ask(1), &settings).is_taken);
        let mut in_panic = on_its_way(120.201);
        in_panic.standing.is_in_panic = true;
        let left = ranked(&[in_panic, far()], ask(1), &settings);
        assert!(!left.is_taken && keys(&left, "on its way").contains(&"in_panic"));
    }

    #[test]
    fn a_crew_past_the_end_of_its_shift_is_tired_and_the_reason_is_the_shift() {
        let settings = PolicySettings { policy: PolicyName::NearestWithRest, ..PolicySettings::default() };
        let units = || {
            let mut over = known("over", UnitKind::Car, UnitState::Available, Some(120.211));
            over.standing.shift_over_since = Some(NOW.plus(-40 * Micros::MINUTE));
            [over, known("fresh", UnitKind::Car, UnitState::Available, Some(120.213))]
        };
        let calm = ranked(&units(), ask(3), &settings);
        assert_eq!(order_of(&calm), [("fresh", Some(1)), ("over", Some(2))]);
        assert!(keys(&calm, "over").contains(&"past_shift_end") && !keys(&calm, "over").contains(&"long_on_duty"), "{calm:?}");
    }

    #[test]
    fn a_rested_crew_goes_before_a_tired_one_that_is_a_little_nearer_except_when_life_is_in_danger() {
        let settings = PolicySettings { policy: PolicyName::NearestWithRest, ..PolicySettings::default() };
        let units = || {
            let mut tired = known("tired", UnitKind::Car, UnitState::Available, Some(120.21));
            tired.standing.last_job_ended_at = Some(NOW.plus(-Micros::MINUTE));
            [tired, known("rested", UnitKind::Car, UnitState::Available, Some(120.213))]
        };
        let calm = ranked(&units(), ask(2), &settings);
        assert_eq!(order_of(&calm), [("rested", Some(1)), ("tired", Some(2))]);
        assert!(keys(&calm, "rested").contains(&"rested") && keys(&calm, "tired").contains(&"short_rest"));
        assert_eq!(order_of(&ranked(&units(), ask(1), &settings)), [("tired", Some(1)), ("rested", Some(2))]);
    }
}
