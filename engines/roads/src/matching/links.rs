//! How well the states of one fix follow those of another.

use super::{Anchor, MatchOptions, Matcher, State};
use crate::access::DirectedEdge;
use crate::graph::Direction;
use crate::navigate::{Access, Closures, PathPart, UNREACHED, Until};

/// Turning round between junctions is rare: once in so many chances, as a logarithm.
const LN_TURNED_ROUND: f64 = -6.0;

impl Matcher {
    /// Logarithms of the transition probabilities, one row per state of `before`; none when nothing follows.
    pub(super) fn links(&self, before: &Anchor, after: &Anchor, options: &MatchOptions) -> Option<Vec<Vec<f64>>> {
        let time_ms = after.at_ms.saturating_sub(before.at_ms);
        if time_ms > options.gap_max_ms {
            return None;
        }
        let time_s = time_ms as f64 / 1_000.0;
        let line_m = before.place.distance_m(after.place);
        let slack_m = 2.0 * backward_m(before, after);
        let speed_limit_m = options.speed_max_m_per_s * time_s + slack_m;
        // Nothing is lost by the cut: a way this much longer than the line has a probability of e^-20.
        let beta_m = options.beta_m(before.sigma_m.max(after.sigma_m), time_s);
        let limit_m = (line_m + 20.0 * beta_m).min(speed_limit_m);
        let wanted: Vec<u32> = after.states.iter().flat_map(|state| self.graph.tails_of(state.road)).copied().collect();
        let mut is_linked = false;
        let rows = before.states.iter().map(|from| {
            let reach_m = limit_m - (from.edge_m - from.along_m);
            self.pool.search(&self.graph, |work| {
                let is_searched = reach_m > 0.0;
                if is_searched {
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, which is wanted")]
                    let reach_cm = (reach_m * 100.0) as u32;
                    self.graph.dijkstra(work, &self.start(from), Direction::Forward, &Closures::none(), &Until::First(&wanted, reach_cm));
                }
                after
                    .states
                    .iter()
                    .map(|to| {
                        let on_edge = along_one_edge(from, to, backward_m(before, after));
                        let tails = self.graph.tails_of(to.road).iter().filter(|_| is_searched);
                        let round_m = tails
                            .map(|tail| work.cost_ms(*tail))
                            .filter(|cost_cm| *cost_cm != UNREACHED)
                            .min()
                            .map(|cost_cm| from.edge_m - from.along_m + f64::from(cost_cm) / 100.0 + to.along_m);
                        let round = round_m.map(|way_m| (way_m, 0.0));
                        let weigh = |(way_m, ln_extra): (f64, f64)| {
                            if way_m > limit_m { f64::NEG_INFINITY } else { ln_extra - (way_m - line_m).abs() / beta_m }
                        };
                        let ln = [on_edge, round].into_iter().flatten().map(weigh).fold(f64::NEG_INFINITY, f64::max);
                        is_linked |= ln > f64::NEG_INFINITY;
                        ln
                    })
                    .collect()
            })
        });
        let rows: Vec<Vec<f64>> = rows.collect();
        is_linked.then_some(rows)
    }

    fn start(&self, from: &State) -> Vec<Access> {
        let head = self.graph.head_of(from.road);
        head.map(|vertex| Access { vertex, cost_ms: 0, length_m: 0.0, road: from.road }).into_iter().collect()
    }

    /// The way that made one state follow another.
    pub(super) fn way_between(&self, from: &State, to: &State, backward_m: f64) -> Vec<PathPart> {
        let end_of = |road: DirectedEdge| if road.is_forward { 1.0 } else { 0.0 };
        let is_back = to.along_m < from.along_m;
        if from.road == to.road && from.along_m - to.along_m <= backward_m {
            let leave = if is_back { from.fraction } else { to.fraction };
            return vec![PathPart { road: from.road, enter: from.fraction, leave }];
        }
        if from.road == to.road.reversed() {
            return vec![PathPart { road: to.road, enter: from.fraction, leave: to.fraction }];
        }
        let wanted = self.graph.tails_of(to.road);
        let roads = self.pool.search(&self.graph, |work| {
            self.graph.dijkstra(work, &self.start(from), Direction::Forward, &Closures::none(), &Until::First(wanted, u32::MAX - 1));
            let reached = wanted.iter().filter(|tail| work.cost_ms(**tail) != UNREACHED);
            reached.min_by_key(|tail| work.cost_ms(**tail)).map(|tail| work.branch(*tail).1)
        });
        let Some(roads) = roads else { return Vec::new() };
        let mut parts = vec![PathPart { road: from.road, enter: from.fraction, leave: end_of(from.road) }];
        parts.extend(roads.into_iter().map(|road| PathPart { road, enter: 1.0 - end_of(road), leave: end_of(road) }));
        parts.push(PathPart { road: to.road, enter: 1.0 - end_of(to.road), leave: to.fraction });
        parts.retain(|part| part.enter != part.leave);
        parts
    }
}

/// How far noise may set a standing vehicle back.
pub(super) fn backward_m(before: &Anchor, after: &Anchor) -> f64 {
    2.0 * (before.sigma_m + after.sigma_m)
}

/// The way from one state to another on the same edge, and what it costs beyond its length, as a logarithm.
fn along_one_edge(from: &State, to: &State, backward_m: f64) -> Option<(f64, f64)> {
    if from.road == to.road {
        let ahead_m = to.along_m - from.along_m;
        return (ahead_m >= -backward_m).then_some((ahead_m.max(0.0), 0.0));
    }
    let ahead_m = to.along_m - (from.edge_m - from.along_m);
    let is_turned = from.road == to.road.reversed() && ahead_m >= -backward_m;
    is_turned.then_some((ahead_m.max(0.0), LN_TURNED_ROUND))
}
