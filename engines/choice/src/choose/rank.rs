//! The order of the units that could go, and the busy unit that an urgent incident may take.

use super::{CoverView, cost_s};
use crate::candidate::{Candidate, Incident, Job, Priority, State};
use crate::cover::Covered;
use crate::policy::{CoverageRule, Policy, RestRule, Settings};

/// A unit that can be sent. The smaller tier goes first, then the smaller score, then the smaller number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ranked {
    pub index: usize,
    pub tier: u8,
    /// Metres for the policies by air, seconds for the others.
    pub score: f64,
    pub cost_s: Option<f64>,
    /// Share of the demand that nobody else would reach in time; 0 for policies that do not ask.
    pub cover_lost: f64,
}

/// A busy unit that an urgent incident takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    pub index: usize,
    pub job: Job,
    /// Against the best free unit; none where no unit is free.
    pub saves_s: Option<f64>,
    /// Against the next busy unit that could be taken.
    pub margin_s: Option<f64>,
}

pub(super) fn order(incident: &Incident, units: &[Candidate], settings: &Settings, cover: Option<CoverView<'_>>) -> Vec<Ranked> {
    let free = units.iter().enumerate().filter(|(_, unit)| is_free(incident, unit));
    let mut ranked: Vec<Ranked> = match effective(settings.policy, incident) {
        Policy::District => {
            free.filter_map(|(index, unit)| by_air(index, unit, u8::from(!is_own_district(incident, unit)))).collect()
        }
        Policy::NearestByAir => free.filter_map(|(index, unit)| by_air(index, unit, 0)).collect(),
        Policy::NearestByRoad => free.filter_map(|(index, unit)| by_road(index, unit, settings)).collect(),
        Policy::NearestWithRest(rule) => {
            rested_first(free.filter_map(|(index, unit)| by_road(index, unit, settings)).collect(), units, rule)
        }
        Policy::CoverageAware(rule) => {
            let ranked = free.filter_map(|(index, unit)| by_road(index, unit, settings)).collect();
            cover.map_or_else(Vec::new, |cover| by_cover(ranked, units, rule, cover))
        }
    };
    ranked.sort_by(|a, b| {
        let number = |ranked: &Ranked| units.get(ranked.index).map(|unit| unit.id);
        a.tier.cmp(&b.tier).then(a.score.total_cmp(&b.score)).then_with(|| number(a).cmp(&number(b)))
    });
    ranked
}

/// The most pressing incidents get the nearest unit, whatever else the policy would weigh.
pub(super) fn effective(policy: Policy, incident: &Incident) -> Policy {
    match policy {
        Policy::NearestWithRest(_) | Policy::CoverageAware(_) if incident.priority == Priority::Urgent => Policy::NearestByRoad,
        policy => policy,
    }
}

pub(super) fn is_own_district(incident: &Incident, unit: &Candidate) -> bool {
    incident.district.is_some() && incident.district == unit.district
}

pub(super) fn is_tired(unit: &Candidate, rule: RestRule) -> bool {
    unit.on_duty_s > rule.duty_max_s || unit.since_last_job_s.is_some_and(|s| s < rule.rest_min_s)
}

/// Bounds and prices that are no number count as zero, the strictest reading.
pub(super) fn bound_s(slower_max_s: f64) -> f64 {
    slower_max_s.max(0.0)
}

pub(super) fn worth_s(share: f64, rule: CoverageRule) -> f64 {
    share * 100.0 * if rule.s_per_percent.is_finite() { rule.s_per_percent.max(0.0) } else { 0.0 }
}

fn is_free(incident: &Incident, unit: &Candidate) -> bool {
    unit.state == State::Idle && unit.skills.has_all(incident.needs)
}

fn by_air(index: usize, unit: &Candidate, tier: u8) -> Option<Ranked> {
    Some(Ranked { index, tier, score: unit.known_air_m()?, cost_s: unit.known_travel_s(), cover_lost: 0.0 })
}

fn by_road(index: usize, unit: &Candidate, settings: &Settings) -> Option<Ranked> {
    let cost_s = cost_s(unit, settings)?;
    Some(Ranked { index, tier: 0, score: cost_s, cost_s: Some(cost_s), cover_lost: 0.0 })
}

fn nearest_s(ranked: &[Ranked]) -> f64 {
    ranked.iter().filter_map(|ranked| ranked.cost_s).fold(f64::INFINITY, f64::min)
}

fn rested_first(mut ranked: Vec<Ranked>, units: &[Candidate], rule: RestRule) -> Vec<Ranked> {
    let latest_s = nearest_s(&ranked) + bound_s(rule.slower_max_s);
    for ranked in &mut ranked {
        let is_tired = units.get(ranked.index).is_none_or(|unit| is_tired(unit, rule));
        ranked.tier = u8::from(is_tired || ranked.score > latest_s);
    }
    ranked
}

fn by_cover(mut ranked: Vec<Ranked>, units: &[Candidate], rule: CoverageRule, view: CoverView<'_>) -> Vec<Ranked> {
    let idle = units.iter().zip(view.reaches).filter(|(unit, _)| unit.state == State::Idle);
    let covered: Covered<'_> = view.cover.by(idle.filter_map(|(_, reach)| *reach));
    let latest_s = nearest_s(&ranked) + bound_s(rule.slower_max_s);
    for ranked in &mut ranked {
        let reach = view.reaches.get(ranked.index).copied().flatten();
        ranked.cover_lost = reach.map_or(0.0, |reach| covered.loss(reach));
        ranked.tier = u8::from(ranked.score > latest_s);
        ranked.score += worth_s(ranked.cover_lost, rule);
    }
    ranked
}

pub(super) fn preempted(incident: &Incident, units: &[Candidate], settings: &Settings, ranked: &[Ranked]) -> Option<Taken> {
    let rule = settings.preemption?;
    let free_s = match ranked.first() {
        // A free unit whose travel time nobody knows cannot be compared with; it goes.
        Some(first) => Some(first.cost_s?),
        None => None,
    };
    let mut best: Option<(f64, usize, Job)> = None;
    let mut next_s: Option<f64> = None;
    for (index, unit) in units.iter().enumerate().filter(|(_, unit)| unit.skills.has_all(incident.needs)) {
        let Ok(job) = rule.may_take(incident, unit) else { continue };
        let Some(cost_s) = cost_s(unit, settings) else { continue };
        let number = |index: usize| units.get(index).map(|unit| unit.id);
        let is_better =
            best.is_none_or(|(best_s, at, _)| cost_s.total_cmp(&best_s).then_with(|| number(index).cmp(&number(at))).is_lt());
        let beaten = if is_better { best.replace((cost_s, index, job)).map(|(s, _, _)| s) } else { Some(cost_s) };
        next_s = [next_s, beaten].into_iter().flatten().min_by(f64::total_cmp);
    }
    let (cost_s, index, job) = best?;
    let saves_s = free_s.map(|free_s| free_s - cost_s);
    let is_worth_it = saves_s.is_none_or(|saves_s| saves_s > 0.0 && saves_s >= rule.saves_min_s);
    is_worth_it.then(|| Taken { index, job, saves_s, margin_s: next_s.map(|next_s| next_s - cost_s) })
}
