//! The reasons. The chosen unit's are complete: take away what they state, and another unit is chosen.

use super::rank::{Ranked, Taken, bound_s, effective, is_own_district, is_tired, worth_s};
use super::{Assessment, cost_s};
use crate::candidate::{Candidate, Incident, State};
use crate::policy::{Policy, Settings};
use crate::reason::Reason;

/// Positions older than this are called stale where the settings name no age of their own.
const STALE_AFTER_S: f64 = 120.0;

struct Desk<'a> {
    incident: &'a Incident,
    settings: &'a Settings,
    policy: Policy,
    ranked: &'a [Ranked],
    taken: Option<&'a Taken>,
    /// The least seconds of any unit that could go.
    nearest: Option<Ranked>,
}

pub(super) fn all(
    incident: &Incident,
    units: &[Candidate],
    settings: &Settings,
    ranked: &[Ranked],
    taken: Option<&Taken>,
) -> Vec<Assessment> {
    let seconds = |ranked: &Ranked| ranked.cost_s.unwrap_or(f64::INFINITY);
    let nearest = ranked.iter().min_by(|a, b| seconds(a).total_cmp(&seconds(b))).copied();
    let desk = Desk { incident, settings, policy: effective(settings.policy, incident), ranked, taken, nearest };
    let mut places: Vec<Option<usize>> = vec![None; units.len()];
    for (place, ranked) in ranked.iter().enumerate() {
        if let Some(slot) = places.get_mut(ranked.index) {
            *slot = Some(place);
        }
    }
    let first_rank = if taken.is_some() { 2 } else { 1 };
    let mut assessments: Vec<Assessment> = units
        .iter()
        .zip(&places)
        .enumerate()
        .map(|(index, (unit, place))| {
            let is_taken = taken.is_some_and(|taken| taken.index == index);
            let rank = if is_taken { Some(1) } else { place.map(|place| place as u32 + first_rank) };
            let mut reasons = desk.common(unit);
            match (taken.filter(|_| is_taken), place.and_then(|place| Some((place, ranked.get(place)?)))) {
                (Some(taken), _) => desk.taken(taken, &mut reasons),
                (None, Some((0, own))) if taken.is_none() => desk.chosen(unit, own, units, &mut reasons),
                (None, Some((_, own))) => desk.passed_over(unit, own, units, &mut reasons),
                (None, None) => desk.cannot_go(unit, &mut reasons),
            }
            reasons.sort_by_key(Reason::place);
            let arrives_in_s = cost_s(unit, settings);
            Assessment { unit: unit.id, rank, arrives_in_s, air_m: unit.known_air_m(), reasons }
        })
        .collect();
    assessments.sort_by_key(|assessment| (assessment.rank.unwrap_or(u32::MAX), assessment.unit));
    assessments
}

impl Desk<'_> {
    /// What holds for a unit whether or not it is chosen.
    fn common(&self, unit: &Candidate) -> Vec<Reason> {
        let mut reasons = Vec::with_capacity(4);
        reasons.push(match unit.state {
            State::Idle => Reason::Idle,
            State::EnRoute { job } => Reason::EnRouteTo { priority: job.priority },
            State::OnScene { is_in_danger: true, .. } => Reason::OnSceneInDanger,
            State::OnScene { job, .. } => Reason::OnSceneOf { priority: job.priority },
            State::Engaged => Reason::Engaged,
            State::Resting { for_s } => Reason::RestingFor { s: if for_s.is_finite() { for_s.max(0.0) } else { 0.0 } },
            State::OffDuty => Reason::OffDuty,
            State::Panic => Reason::InPanic,
        });
        reasons.extend(unit.skills.lacking(self.incident.needs).map(|skill| Reason::Lacks { skill }));
        if !self.incident.needs.is_empty() && unit.skills.has_all(self.incident.needs) {
            reasons.push(Reason::HasAllThatIsAsked);
        }
        let stale_after_s = self.settings.stale_after_s.unwrap_or(STALE_AFTER_S);
        if let Some(age_s) = unit.known_age_s().filter(|age_s| *age_s > stale_after_s) {
            reasons.push(Reason::PositionStale { age_s });
        }
        reasons
    }

    fn chosen(&self, unit: &Candidate, own: &Ranked, units: &[Candidate], reasons: &mut Vec<Reason>) {
        self.weighed(unit, own, reasons);
        if let (Policy::CoverageAware(rule), Some(nearest)) = (self.policy, self.nearest) {
            let kept = worth_s(nearest.cover_lost - own.cover_lost, rule);
            if nearest.index != own.index && kept > 0.0 {
                reasons.push(Reason::KeepsCover { worth_s: kept });
            }
        }
        let next = self.ranked.get(1).and_then(|next| Some((next, units.get(next.index)?)));
        let Some((next, next_unit)) = next else {
            reasons.push(Reason::OnlyChoice);
            return;
        };
        let slower_s = next.cost_s.zip(own.cost_s).map_or(0.0, |(next, own)| next - own);
        if next.tier > own.tier {
            match self.policy {
                Policy::NearestWithRest(rule) if is_tired(next_unit, rule) => {
                    reasons.push(Reason::Rested { on_duty_s: unit.on_duty_s, since_last_job_s: unit.since_last_job_s });
                }
                Policy::NearestWithRest(_) | Policy::CoverageAware(_) => reasons.push(Reason::NextIsBeyondBound { slower_s }),
                // The own district is among what was weighed.
                _ => {}
            }
        }
        let margin = next.score - own.score;
        if margin >= 0.0 {
            reasons.push(match self.policy {
                Policy::District | Policy::NearestByAir => Reason::LeastAir { margin_m: margin },
                Policy::NearestByRoad | Policy::NearestWithRest(_) => Reason::LeastTravel { margin_s: margin },
                Policy::CoverageAware(_) => Reason::LeastSum { margin_s: margin },
            });
        }
    }

    /// What the policy looked at in a unit that could go.
    fn weighed(&self, unit: &Candidate, own: &Ranked, reasons: &mut Vec<Reason>) {
        match self.policy {
            Policy::District if is_own_district(self.incident, unit) => reasons.push(Reason::OwnDistrict),
            Policy::District => reasons.push(Reason::OutsideDistrict),
            Policy::NearestWithRest(rule) => {
                if unit.on_duty_s > rule.duty_max_s {
                    reasons.push(Reason::LongOnDuty { on_duty_s: unit.on_duty_s });
                }
                if let Some(since_last_job_s) = unit.since_last_job_s.filter(|s| *s < rule.rest_min_s) {
                    reasons.push(Reason::ShortRest { since_last_job_s });
                }
                self.bounded(own, rule.slower_max_s, reasons);
            }
            Policy::CoverageAware(rule) => {
                reasons.push(Reason::CoverLost { share: own.cover_lost, worth_s: worth_s(own.cover_lost, rule) });
                self.bounded(own, rule.slower_max_s, reasons);
            }
            Policy::NearestByAir | Policy::NearestByRoad => {}
        }
    }

    fn bounded(&self, own: &Ranked, slower_max_s: f64, reasons: &mut Vec<Reason>) {
        let nearest_s = self.nearest.and_then(|nearest| nearest.cost_s);
        let slower_s = own.cost_s.zip(nearest_s).map_or(0.0, |(own, nearest)| own - nearest);
        let bound_s = bound_s(slower_max_s);
        if slower_s > bound_s {
            reasons.push(Reason::BeyondBound { slower_s, bound_s });
        }
    }

    fn passed_over(&self, unit: &Candidate, own: &Ranked, units: &[Candidate], reasons: &mut Vec<Reason>) {
        self.weighed(unit, own, reasons);
        let chosen = match self.taken {
            Some(taken) => units.get(taken.index),
            None => self.ranked.first().and_then(|first| units.get(first.index)),
        };
        let Some(chosen) = chosen else { return };
        let is_by_air = matches!(self.policy, Policy::District | Policy::NearestByAir) && self.taken.is_none();
        if is_by_air {
            let by_m = unit.known_air_m().zip(chosen.known_air_m()).map_or(0.0, |(own, chosen)| own - chosen);
            if by_m > 0.0 {
                reasons.push(Reason::FartherThanChosen { by_m });
            }
        } else {
            let by_s = own.cost_s.zip(cost_s(chosen, self.settings)).map_or(0.0, |(own, chosen)| own - chosen);
            if by_s > 0.0 {
                reasons.push(Reason::SlowerThanChosen { by_s });
            } else if by_s < 0.0 {
                reasons.push(Reason::FasterThanChosen { by_s: -by_s });
            }
        }
        let first = self.ranked.first().filter(|_| self.taken.is_none());
        if first.is_some_and(|first| (first.tier, first.score) == (own.tier, own.score)) {
            reasons.push(Reason::LosesTie);
        }
    }

    fn taken(&self, taken: &Taken, reasons: &mut Vec<Reason>) {
        reasons.push(Reason::TakenFromLesser { priority: taken.job.priority, saves_s: taken.saves_s });
        match taken.margin_s {
            Some(margin_s) => reasons.push(Reason::LeastTravel { margin_s }),
            None if self.ranked.is_empty() => reasons.push(Reason::OnlyChoice),
            None => {}
        }
    }

    fn cannot_go(&self, unit: &Candidate, reasons: &mut Vec<Reason>) {
        let is_by_air = matches!(self.policy, Policy::District | Policy::NearestByAir);
        let is_placed = if is_by_air { unit.known_air_m().is_some() } else { unit.known_travel_s().is_some() };
        if !is_placed && unit.state != State::OffDuty {
            reasons.push(if unit.position_age_s.is_none() { Reason::NoPosition } else { Reason::Unreachable });
        }
        let Some(rule) = self.settings.preemption else { return };
        match rule.may_take(self.incident, unit) {
            Err(Some(reason)) => reasons.push(reason),
            Err(None) => {}
            Ok(_) => {
                let best_s = match self.taken {
                    Some(_) => None,
                    None => self.ranked.first().and_then(|first| first.cost_s),
                };
                if let Some((best_s, own_s)) = best_s.zip(cost_s(unit, self.settings)) {
                    reasons.push(Reason::SavesTooLittle { saves_s: best_s - own_s });
                }
            }
        }
    }
}
