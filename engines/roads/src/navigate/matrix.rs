//! Travel times from many places to many.
//!
//! One Dijkstra per row or per column, whichever are fewer, each until the last place of the other side is settled. On
//! graphs of a city this is a millisecond each; the searches share nothing and a caller with idle cores may split the
//! rows among them.

use super::search::{Access, UNREACHED, Until};
use super::{Closures, Navigator};
use crate::graph::Direction;
use crate::route::Travel;
use crate::snap::Snap;

/// Rows are sources, columns targets; none where a place has no road or no way leads.
#[derive(Debug, Clone, PartialEq)]
pub struct TravelMatrix {
    columns: usize,
    cells: Vec<Option<Travel>>,
}

impl TravelMatrix {
    #[must_use]
    pub fn get(&self, source: usize, target: usize) -> Option<Travel> {
        if target >= self.columns {
            return None;
        }
        self.cells.get(source * self.columns + target).copied().flatten()
    }

    /// One slice per source.
    pub fn rows(&self) -> impl Iterator<Item = &[Option<Travel>]> {
        self.cells.chunks(self.columns.max(1))
    }
}

impl Navigator {
    /// Fastest travel from every source to every target.
    #[must_use]
    pub fn matrix(&self, sources: &[Option<Snap>], targets: &[Option<Snap>], closures: &Closures) -> TravelMatrix {
        let mut cells = vec![None; sources.len() * targets.len()];
        let columns = targets.len();
        let (direction, outer, inner) = if sources.len() <= targets.len() {
            (Direction::Forward, sources, targets)
        } else {
            (Direction::Backward, targets, sources)
        };
        let opposite = if direction == Direction::Forward { Direction::Backward } else { Direction::Forward };
        let ends: Vec<Vec<Access>> = inner.iter().map(|snap| self.maybe_accesses(snap.as_ref(), opposite)).collect();
        let wanted: Vec<u32> = ends.iter().flatten().map(|access| access.vertex).collect();
        for (row, snap) in outer.iter().enumerate() {
            let Some(snap) = snap else { continue };
            let starts = self.accesses(snap, direction);
            self.pool.search(&self.graph, |work| {
                self.graph.dijkstra(work, &starts, direction, closures, &Until::Settled(&wanted));
                for (column, (other, ends)) in inner.iter().zip(&ends).enumerate() {
                    let by_vertex = ends.iter().filter_map(|end| {
                        let reached_ms = Some(work.cost_ms(end.vertex)).filter(|cost_ms| *cost_ms != UNREACHED)?;
                        let cost_ms = reached_ms.saturating_add(end.cost_ms);
                        Some((cost_ms, work.length_m(end.vertex) + end.length_m))
                    });
                    let pair = if direction == Direction::Forward { (Some(snap), other.as_ref()) } else { (other.as_ref(), Some(snap)) };
                    let direct = pair.0.zip(pair.1).and_then(|(from, to)| self.along_one_edge(from, to));
                    let direct = direct.map(|access| (access.cost_ms, access.length_m));
                    let best = by_vertex.chain(direct).min_by(|a, b| a.0.cmp(&b.0));
                    let index = if direction == Direction::Forward { row * columns + column } else { column * columns + row };
                    if let (Some(cell), Some((cost_ms, distance_m))) = (cells.get_mut(index), best) {
                        *cell = Some(Travel { duration_s: f64::from(cost_ms) / 1_000.0, distance_m });
                    }
                }
            });
        }
        TravelMatrix { columns, cells }
    }

    /// From each source to one target: what a dispatcher asks about all units.
    #[must_use]
    pub fn times_to(&self, target: &Snap, sources: &[Option<Snap>], closures: &Closures) -> Vec<Option<Travel>> {
        let matrix = self.matrix(sources, &[Some(*target)], closures);
        matrix.cells
    }

    fn maybe_accesses(&self, snap: Option<&Snap>, direction: Direction) -> Vec<Access> {
        snap.map_or_else(Vec::new, |snap| self.accesses(snap, direction))
    }
}
