//! Everything that can be reached within a time.

use std::collections::HashMap;

use serde::Serialize;
use shouhu_place::Wgs84;

use super::search::Until;
use super::{Closures, Navigator, part_ms};
use crate::access::DirectedEdge;
use crate::graph::Direction;
use crate::snap::Snap;

/// Which way the time is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Toward {
    /// Where one who starts here can be.
    Outward,
    /// From where one can be here.
    Inward,
}

/// A directed edge, or the part of one, that lies within the time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Reach {
    pub road: DirectedEdge,
    /// The part in driving order, as fractions of the edge from its `from` to its `to`.
    pub enter: f64,
    pub leave: f64,
    /// Milliseconds between the centre and the part's end that is nearer in time.
    pub nearest_ms: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Isochrone {
    pub centre: Wgs84,
    pub within_ms: u32,
    pub toward: Toward,
    /// By edge; both directions of a street stand for themselves, so the parts of one street may overlap.
    pub reaches: Vec<Reach>,
}

impl Isochrone {
    /// Length of road within the time, both directions of a two-way street counted once each.
    #[must_use]
    pub fn directed_length_m(&self, network: &crate::network::RoadNetwork) -> f64 {
        let parts = self.reaches.iter().filter_map(|reach| Some((network.edge(reach.road.edge)?.length_m, reach)));
        parts.map(|(length_m, reach)| length_m * (reach.leave - reach.enter).abs()).sum()
    }
}

impl Navigator {
    /// All roads within a time of a place, the last ones in part.
    #[must_use]
    pub fn isochrone(&self, centre: &Snap, within_ms: u32, toward: Toward, closures: &Closures) -> Isochrone {
        let direction = if toward == Toward::Outward { Direction::Forward } else { Direction::Backward };
        // Per directed edge: the time at which it is entered (left, when counted inwards), and the share that is reached.
        let mut found: HashMap<u32, (u32, f64)> = HashMap::new();
        let mut first = Vec::new();
        let starts = self.accesses(centre, direction);
        self.pool.search(&self.graph, |work| {
            self.graph.dijkstra(work, &starts, direction, closures, &Until::Cost(within_ms));
            for (vertex, cost_ms) in &work.settled {
                let left_ms = within_ms - cost_ms;
                for arc in self.graph.arcs(*vertex, direction) {
                    if closures.contains(DirectedEdge::numbered(arc.edge)) {
                        continue;
                    }
                    let share = (f64::from(left_ms) / f64::from(arc.cost_ms)).min(1.0);
                    let known = found.entry(arc.edge).or_insert((*cost_ms, share));
                    if *cost_ms < known.0 {
                        *known = (*cost_ms, share);
                    }
                }
            }
        });
        for is_forward in [true, false] {
            let road = DirectedEdge { edge: centre.edge, is_forward };
            if self.graph.head_of(road).is_none() {
                continue;
            }
            let reached = f64::from(within_ms) / f64::from(self.graph.cost_ms(centre.edge));
            let goes_up = is_forward == (toward == Toward::Outward);
            let far = if goes_up { (centre.fraction + reached).min(1.0) } else { (centre.fraction - reached).max(0.0) };
            let (enter, leave) = if toward == Toward::Outward { (centre.fraction, far) } else { (far, centre.fraction) };
            first.push(Reach { road, enter, leave, nearest_ms: 0 });
        }
        let mut reaches: Vec<Reach> = found
            .into_iter()
            .filter(|(_, (_, share))| *share > 0.0)
            .map(|(number, (nearest_ms, share))| {
                let road = DirectedEdge::numbered(number);
                let (enter, leave) = match (toward, road.is_forward) {
                    (Toward::Outward, true) => (0.0, share),
                    (Toward::Outward, false) => (1.0, 1.0 - share),
                    (Toward::Inward, true) => (1.0 - share, 1.0),
                    (Toward::Inward, false) => (share, 0.0),
                };
                Reach { road, enter, leave, nearest_ms }
            })
            .collect();
        reaches.extend(first);
        reaches.sort_by_key(|reach| (reach.road, reach.nearest_ms));
        Isochrone { centre: centre.place, within_ms, toward, reaches }
    }

    /// Whether a place lies within the isochrone, and after how many milliseconds; for outward ones.
    #[must_use]
    pub fn reached_after(&self, isochrone: &Isochrone, at: &Snap) -> Option<u32> {
        let on_edge = isochrone.reaches.iter().filter(|reach| reach.road.edge == at.edge);
        on_edge
            .filter(|reach| {
                let (low, high) = (reach.enter.min(reach.leave), reach.enter.max(reach.leave));
                (low..=high).contains(&at.fraction)
            })
            .map(|reach| {
                let near = if isochrone.toward == Toward::Outward { reach.enter } else { reach.leave };
                let share = (at.fraction - near).abs();
                reach.nearest_ms + part_ms(self.graph.cost_ms(at.edge), share)
            })
            .min()
    }
}
