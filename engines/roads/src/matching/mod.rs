//! From a vehicle's fixes to the streets it drove: the hidden Markov model of Newson & Krumm, "Hidden Markov map matching
//! through noise and sparseness" (ACM SIGSPATIAL 2009).
//!
//! A state is a directed edge with the point of it that is nearest to the fix, so a match says which way the vehicle
//! went. A fix speaks for a state by its distance (normal, σ); two states follow each other as well as the way between
//! them is as long as the straight line between the fixes (exponential, β). Viterbi gives the way, forward-backward the
//! probability of each match. Fixes are never changed: every match stands beside its raw fix.

mod chain;
mod links;
mod smooth;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use shouhu_place::Wgs84;

use crate::access::{DirectedEdge, TurnBan};
use crate::geo::Flat;
use crate::navigate::{ExpandedGraph, PathPart, Pool, Workspace};
use crate::network::{Edge, RoadNetwork};
use crate::profile::Profile;
use crate::snap::SnapIndex;
use crate::steps::{bearing_along, part_of_line};
use chain::Chain;
use links::backward_m;
use smooth::{Seen, smoothed};

/// A position as the device reported it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fix {
    pub at_ms: i64,
    pub place: Wgs84,
    /// Standard deviation of the position along each axis, where the device says it.
    pub accuracy_m: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatchOptions {
    /// Standard deviation of a fix along each axis, where the device does not say it.
    pub sigma_m: f64,
    /// Roads farther than this many standard deviations are not considered.
    pub radius_sigmas: f64,
    /// Places on roads considered per fix, the nearest first; each in every direction that may be driven.
    pub places_max: usize,
    /// A fix nearer than this many standard deviations to the last one that was weighed is not weighed itself (Newson &
    /// Krumm §4.1, there 2), only placed on the way.
    pub thin_sigmas: f64,
    /// β grows by this share of σ and by these metres per second between fixes.
    pub beta_per_sigma: f64,
    pub beta_m_per_s: f64,
    /// A longer silence breaks the track in two.
    pub gap_max_ms: i64,
    /// A way that asks for more is no way.
    pub speed_max_m_per_s: f64,
}

impl Default for MatchOptions {
    fn default() -> Self {
        Self {
            sigma_m: 10.0,
            radius_sigmas: 4.0,
            places_max: 10,
            thin_sigmas: 2.0,
            beta_per_sigma: 0.5,
            beta_m_per_s: 1.0,
            gap_max_ms: 180_000,
            speed_max_m_per_s: 60.0,
        }
    }
}

impl MatchOptions {
    /// The probability of a way falls to 1/e when it differs by this much from the straight line. Newson & Krumm read β
    /// off their own tracks, larger for sparser fixes; here it grows with the noise and with the time between fixes, tuned
    /// on synthetic tracks (README).
    fn beta_m(&self, sigma_m: f64, time_s: f64) -> f64 {
        (self.beta_per_sigma * sigma_m + self.beta_m_per_s * time_s + 2.0).max(1.0)
    }

    fn sigma_of(&self, fix: &Fix) -> f64 {
        let stated = fix.accuracy_m.filter(|accuracy| accuracy.is_finite() && *accuracy > 0.0);
        stated.unwrap_or(self.sigma_m).clamp(2.0, 200.0)
    }
}

/// Where on the roads a fix belongs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Match {
    /// The edge and the direction in which it is driven.
    pub road: DirectedEdge,
    /// How far along the edge, from its `from` to its `to`.
    pub fraction: f64,
    pub place: Wgs84,
    pub street: Option<String>,
    /// Degrees clockwise from north in which the road is driven.
    pub bearing_deg: f64,
    /// From the raw fix to the place on the road.
    pub distance_m: f64,
    /// Of this directed edge among all considered, given the whole track; between two fixes that were weighed, the
    /// smaller of theirs.
    pub probability: f64,
    /// Too near its neighbour to be weighed, so placed on the way between its neighbours.
    pub is_interpolated: bool,
}

/// A stretch of the track without a break.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DrivenPath {
    /// Numbers of the first and last fix.
    pub first_fix: usize,
    pub last_fix: usize,
    pub parts: Vec<PathPart>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct MatchedTrack {
    /// One for each raw fix, in their order; none where no road is near or the fix cannot be believed.
    pub matches: Vec<Option<Match>>,
    pub paths: Vec<DrivenPath>,
}

/// Matches tracks on one network. Made once, then shared.
#[derive(Debug)]
pub struct Matcher {
    network: Arc<RoadNetwork>,
    /// Its costs are centimetres.
    graph: ExpandedGraph,
    snaps: SnapIndex,
    pool: Pool<Workspace>,
}

/// A directed edge on which a fix may lie.
#[derive(Debug, Clone, Copy)]
struct State {
    road: DirectedEdge,
    fraction: f64,
    distance_m: f64,
    /// From where the edge is entered, in driving order.
    along_m: f64,
    edge_m: f64,
}

/// A fix that the model weighs.
#[derive(Debug)]
struct Anchor {
    fix: usize,
    at_ms: i64,
    place: Wgs84,
    sigma_m: f64,
    states: Vec<State>,
}

impl Matcher {
    #[must_use]
    pub fn new(network: Arc<RoadNetwork>, profile: Profile) -> Self {
        let keeps = profile.keeps_turn_bans();
        let bans: Vec<&TurnBan> = network.turn_bans().iter().filter(|ban| keeps && ban.vehicles.contains(profile.vehicle)).collect();
        let graph = ExpandedGraph::new(&network, profile.vehicle, &bans, length_cm);
        let is_driven = |id| [true, false].iter().any(|is_forward| graph.head_of(DirectedEdge { edge: id, is_forward: *is_forward }).is_some());
        let snaps = SnapIndex::new(&network, |id, _| is_driven(id));
        Self { network, graph, snaps, pool: Pool::new() }
    }

    /// Fixes must come in the order of their time; one that does not is left unmatched.
    #[must_use]
    pub fn matched(&self, fixes: &[Fix], options: &MatchOptions) -> MatchedTrack {
        let mut track = MatchedTrack { matches: vec![None; fixes.len()], paths: Vec::new() };
        let mut chain: Option<Chain> = None;
        let mut newest_ms = i64::MIN;
        for (number, fix) in fixes.iter().enumerate() {
            if !is_a_place(fix.place) || fix.at_ms <= newest_ms {
                continue;
            }
            newest_ms = fix.at_ms;
            let sigma_m = options.sigma_of(fix);
            if let Some(last) = chain.as_ref().and_then(Chain::newest)
                && number + 1 < fixes.len()
                && last.place.distance_m(fix.place) < options.thin_sigmas * sigma_m
                && fix.at_ms.saturating_sub(last.at_ms) <= options.gap_max_ms
            {
                continue;
            }
            let states = self.states(fix.place, sigma_m * options.radius_sigmas, options.places_max);
            if states.is_empty() {
                continue;
            }
            let anchor = Anchor { fix: number, at_ms: fix.at_ms, place: fix.place, sigma_m, states };
            chain = Some(match chain.take() {
                None => Chain::new(anchor),
                Some(mut chain) => match chain.newest().and_then(|last| self.links(last, &anchor, options)) {
                    Some(links) => {
                        chain.push(anchor, links);
                        chain
                    }
                    None => {
                        self.finish(&chain, fixes, options, &mut track);
                        Chain::new(anchor)
                    }
                },
            });
        }
        if let Some(chain) = chain {
            self.finish(&chain, fixes, options, &mut track);
        }
        track
    }

    fn states(&self, place: Wgs84, radius_m: f64, places_max: usize) -> Vec<State> {
        let mut states = Vec::new();
        for snap in self.snaps.within(&self.network, place, radius_m, places_max) {
            let Some(edge) = self.network.edge(snap.edge) else { continue };
            for is_forward in [true, false] {
                let road = DirectedEdge { edge: snap.edge, is_forward };
                if self.graph.head_of(road).is_some() {
                    let share = if is_forward { snap.fraction } else { 1.0 - snap.fraction };
                    states.push(State {
                        road,
                        fraction: snap.fraction,
                        distance_m: snap.distance_m,
                        along_m: share * edge.length_m,
                        edge_m: edge.length_m,
                    });
                }
            }
        }
        states
    }

    /// Turns the likeliest states of a chain into a way, and places every fix of its time on it.
    fn finish(&self, chain: &Chain, fixes: &[Fix], options: &MatchOptions, track: &mut MatchedTrack) {
        let solved = chain.solve();
        let Some((first, last)) = solved.first().zip(solved.last()) else { return };
        let mut way = Way { parts: Vec::new(), ends_m: Vec::new() };
        // Distance along the way at each state that was weighed.
        let mut reached_m = vec![0.0];
        for (before, after) in solved.iter().zip(solved.iter().skip(1)) {
            for part in self.way_between(&before.state, &after.state, backward_m(before.anchor, after.anchor)) {
                way.push(part, self.edge_m(part.road));
            }
            reached_m.push(way.length_m());
        }
        if way.parts.is_empty() {
            way.push(PathPart { road: first.state.road, enter: first.state.fraction, leave: first.state.fraction }, 0.0);
        }
        let (mut numbers, mut seen) = (Vec::new(), Vec::new());
        let mut newest_ms = i64::MIN;
        for (index, (here, here_m)) in solved.iter().zip(&reached_m).enumerate() {
            let next = solved.get(index + 1).zip(reached_m.get(index + 1));
            let until = next.map_or(here.anchor.fix + 1, |(next, _)| next.anchor.fix);
            for number in here.anchor.fix..until {
                let Some(fix) = fixes.get(number).filter(|fix| is_a_place(fix.place) && fix.at_ms > newest_ms) else { continue };
                let mut guess_m = *here_m;
                let mut probability = here.probability;
                if let Some((next, next_m)) = next.filter(|_| number > here.anchor.fix) {
                    let time_ms = (next.anchor.at_ms - here.anchor.at_ms) as f64;
                    let share = (fix.at_ms.saturating_sub(here.anchor.at_ms)) as f64 / time_ms;
                    guess_m += (next_m - here_m) * share.clamp(0.0, 1.0);
                    probability = probability.min(next.probability);
                }
                newest_ms = fix.at_ms;
                let sigma_m = options.sigma_of(fix);
                let (distance_m, along_m) = self.nearest_on(&way, fix.place, guess_m, 3.0 * sigma_m);
                if distance_m > 2.0 * options.radius_sigmas * sigma_m {
                    continue;
                }
                #[expect(clippy::cast_precision_loss, reason = "a chain's times lie days apart at most")]
                let time_s = fix.at_ms.saturating_sub(first.anchor.at_ms) as f64 / 1_000.0;
                seen.push(Seen { time_s, along_m, sigma_m });
                numbers.push((number, probability, number > here.anchor.fix));
            }
        }
        for ((number, probability, is_interpolated), along_m) in numbers.into_iter().zip(smoothed(&seen)) {
            let placed = way.at(along_m.clamp(0.0, way.length_m()));
            if let (Some(slot), Some(fix), Some((road, fraction))) = (track.matches.get_mut(number), fixes.get(number), placed) {
                *slot = self.match_at(fix, road, fraction, probability, is_interpolated);
            }
        }
        let path = DrivenPath { first_fix: first.anchor.fix, last_fix: last.anchor.fix, parts: way.parts };
        track.paths.push(path);
    }

    /// The point of a way nearest to a place, at most `window_m` from where it is expected: how far off, and how far along.
    fn nearest_on(&self, way: &Way, place: Wgs84, expected_m: f64, window_m: f64) -> (f64, f64) {
        let (low_m, high_m) = ((expected_m - window_m).max(0.0), (expected_m + window_m).min(way.length_m()));
        let mut best = (f64::INFINITY, expected_m);
        let from = way.ends_m.partition_point(|end_m| *end_m < low_m);
        let mut start_m = from.checked_sub(1).and_then(|index| way.ends_m.get(index)).copied().unwrap_or(0.0);
        for (part, end_m) in way.parts.iter().zip(&way.ends_m).skip(from) {
            if start_m > high_m {
                break;
            }
            if let Some(edge) = self.network.edge(part.road.edge) {
                let line = part_of_line(self.network.polyline(edge), edge, part.enter, part.leave);
                for (a, b) in line.iter().zip(line.iter().skip(1)) {
                    let (flat_a, flat_b) = (Flat::from_place(*a), Flat::from_place(*b));
                    let share = Flat::from_place(place).nearest_on(flat_a, flat_b);
                    let on = Wgs84 { lon: a.lon + (b.lon - a.lon) * share, lat: a.lat + (b.lat - a.lat) * share };
                    let along_m = (start_m + a.distance_m(on)).clamp(low_m, high_m);
                    let distance_m = place.distance_m(on) + (start_m + a.distance_m(on) - along_m).abs();
                    if distance_m < best.0 {
                        best = (distance_m, along_m);
                    }
                    start_m += a.distance_m(*b);
                }
            }
            start_m = *end_m;
        }
        best
    }

    fn match_at(&self, fix: &Fix, road: DirectedEdge, fraction: f64, probability: f64, is_interpolated: bool) -> Option<Match> {
        let edge = self.network.edge(road.edge)?;
        let (place, along_deg) = bearing_along(self.network.polyline(edge), edge, fraction);
        let bearing_deg = if road.is_forward { along_deg } else { (along_deg + 180.0).rem_euclid(360.0) };
        let street = self.network.name(edge).map(str::to_owned);
        let distance_m = fix.place.distance_m(place);
        Some(Match { road, fraction, place, street, bearing_deg, distance_m, probability, is_interpolated })
    }

    fn edge_m(&self, road: DirectedEdge) -> f64 {
        self.network.edge(road.edge).map_or(0.0, |edge| edge.length_m)
    }
}

/// The parts of a way with the distance at which each ends.
struct Way {
    parts: Vec<PathPart>,
    ends_m: Vec<f64>,
}

impl Way {
    /// Appends a part. Noise may have set the vehicle back on the edge it is on; it then stood, and goes on from there.
    fn push(&mut self, mut part: PathPart, edge_m: f64) {
        let is_behind = |a: f64, b: f64| if part.road.is_forward { a <= b } else { a >= b };
        if let Some(last) = self.parts.last().filter(|last| last.road == part.road.reversed()) {
            part.enter = last.leave;
            if is_behind(part.leave, part.enter) {
                part.leave = part.enter;
            }
        }
        if let (Some(last), Some(end_m)) = (self.parts.last_mut(), self.ends_m.last_mut())
            && last.road == part.road
        {
            if !is_behind(part.leave, last.leave) {
                *end_m += edge_m * (part.leave - last.leave).abs();
                last.leave = part.leave;
            }
            return;
        }
        if self.parts.is_empty() || part.enter != part.leave {
            self.ends_m.push(self.length_m() + edge_m * (part.leave - part.enter).abs());
            self.parts.push(part);
        }
    }

    fn length_m(&self) -> f64 {
        self.ends_m.last().copied().unwrap_or(0.0)
    }

    /// The place on the way after so many metres.
    fn at(&self, along_m: f64) -> Option<(DirectedEdge, f64)> {
        let index = self.ends_m.partition_point(|end_m| *end_m < along_m).min(self.parts.len().saturating_sub(1));
        let (part, end_m) = (self.parts.get(index)?, *self.ends_m.get(index)?);
        let start_m = index.checked_sub(1).and_then(|before| self.ends_m.get(before)).copied().unwrap_or(0.0);
        let share = if end_m > start_m { ((along_m - start_m) / (end_m - start_m)).clamp(0.0, 1.0) } else { 0.0 };
        Some((part.road, part.enter + (part.leave - part.enter) * share))
    }
}

fn length_cm(edge: &Edge) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, which is wanted")]
    let length_cm = (edge.length_m * 100.0).ceil() as u32;
    length_cm
}

fn is_a_place(place: Wgs84) -> bool {
    (-180.0..=180.0).contains(&place.lon) && (-crate::geo::LAT_LIMIT..=crate::geo::LAT_LIMIT).contains(&place.lat)
}
