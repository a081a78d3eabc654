//! Every node's nearest others, nearest first: the only places a search looks.

#![expect(clippy::indexing_slicing, reason = "rows are cut from one array whose size is fixed here")]

use crate::costs::Costs;

#[derive(Debug, Clone)]
pub(super) struct Neighbours {
    per_node: usize,
    near: Vec<u32>,
}

impl Neighbours {
    pub fn of(costs: &Costs, wanted: usize) -> Self {
        let nodes = costs.nodes();
        let per_node = wanted.min(nodes.saturating_sub(1));
        let mut near = Vec::with_capacity(nodes * per_node);
        let grid = costs.plane().map(Grid::over);
        let mut pool: Vec<(i64, u32)> = Vec::new();
        for node in 0..nodes as u32 {
            pool.clear();
            let mut consider = |other: u32| {
                if other != node {
                    pool.push((costs.between(node, other), other));
                }
            };
            match &grid {
                Some(grid) => grid.around(node, per_node, &mut consider),
                None => (0..nodes as u32).for_each(&mut consider),
            }
            if per_node > 0 && per_node < pool.len() {
                pool.select_nth_unstable(per_node - 1);
                pool.truncate(per_node);
            }
            pool.sort_unstable();
            near.extend(pool.iter().map(|&(_, other)| other));
        }
        Self { per_node, near }
    }

    #[inline]
    pub fn of_node(&self, node: u32) -> &[u32] {
        let from = node as usize * self.per_node;
        &self.near[from..from + self.per_node]
    }
}

/// Points in square cells of about three, so that near ones are found without looking at all.
struct Grid<'a> {
    xy: &'a [(f64, f64)],
    low: (f64, f64),
    cell: f64,
    columns: usize,
    rows: usize,
    /// `starts[c]..starts[c + 1]` are the members of cell `c`.
    starts: Vec<usize>,
    members: Vec<u32>,
}

impl<'a> Grid<'a> {
    fn over(xy: &'a [(f64, f64)]) -> Self {
        let (mut low, mut high) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
        for &(x, y) in xy {
            low = (low.0.min(x), low.1.min(y));
            high = (high.0.max(x), high.1.max(y));
        }
        let (width, height) = ((high.0 - low.0).max(1e-9), (high.1 - low.1).max(1e-9));
        let longest = width.max(height);
        // A line of points must not ask for more cells than there are points.
        let cell = (3.0 * width * height / xy.len() as f64).sqrt().max(3.0 * longest / xy.len() as f64);
        let (columns, rows) = ((width / cell) as usize + 1, (height / cell) as usize + 1);
        let mut grid = Self { xy, low, cell, columns, rows, starts: vec![0; columns * rows + 1], members: vec![0; xy.len()] };
        for node in 0..xy.len() {
            let (c, r) = grid.cell_of(node as u32);
            grid.starts[r * columns + c + 1] += 1;
        }
        for i in 1..grid.starts.len() {
            grid.starts[i] += grid.starts[i - 1];
        }
        let mut fill = grid.starts.clone();
        for node in 0..xy.len() as u32 {
            let (c, r) = grid.cell_of(node);
            let slot = &mut fill[r * columns + c];
            grid.members[*slot] = node;
            *slot += 1;
        }
        grid
    }

    fn cell_of(&self, node: u32) -> (usize, usize) {
        let (x, y) = self.xy[node as usize];
        let column = ((x - self.low.0) / self.cell) as usize;
        let row = ((y - self.low.1) / self.cell) as usize;
        (column.min(self.columns - 1), row.min(self.rows - 1))
    }

    /// Hands over the `wanted` nearest nodes, and others: rings of cells until enough are in hand, then as many more as reach
    /// as far as the corner of the last ring, where the farthest of them may lie.
    fn around(&self, node: u32, wanted: usize, consider: &mut impl FnMut(u32)) {
        let (column, row) = self.cell_of(node);
        let all_rings = self.columns.max(self.rows);
        let (mut found, mut last_ring, mut ring) = (0, None, 0);
        while ring <= last_ring.unwrap_or(all_rings).min(all_rings) {
            self.ring(column, row, ring, &mut |other| {
                found += 1;
                consider(other);
            });
            if found > wanted && last_ring.is_none() {
                last_ring = Some(((ring + 1) as f64 * std::f64::consts::SQRT_2).ceil() as usize);
            }
            ring += 1;
        }
    }

    fn ring(&self, column: usize, row: usize, ring: usize, visit: &mut impl FnMut(u32)) {
        let (top, bottom) = (row.saturating_sub(ring), (row + ring).min(self.rows - 1));
        for r in top..=bottom {
            let is_edge_row = r.abs_diff(row) == ring;
            let (left, right) = (column.saturating_sub(ring), (column + ring).min(self.columns - 1));
            for c in left..=right {
                if is_edge_row || c.abs_diff(column) == ring {
                    let at = r * self.columns + c;
                    self.members[self.starts[at]..self.starts[at + 1]].iter().copied().for_each(&mut *visit);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Neighbours;
    use crate::costs::{Costs, Metric};
    use crate::rng::Rng;

    #[test]
    fn the_grid_finds_what_looking_at_all_finds() {
        let mut rng = Rng::seeded(3);
        let points: Vec<(f64, f64)> = (0..2_500)
            .map(|i| if i % 3 == 0 { (rng.unit() * 50.0, rng.unit() * 1e4) } else { (rng.unit() * 1e4, rng.unit() * 1e3) })
            .collect();
        let costs = Costs::from_points(&points, Metric::Euc2d).expect("plain points");
        assert!(costs.plane().is_some(), "so many points are kept as points");
        let near = Neighbours::of(&costs, 12);
        for node in (0..2_500).step_by(7) {
            let mut all: Vec<i64> = (0..2_500).filter(|&other| other != node).map(|other| costs.between(node, other)).collect();
            all.sort_unstable();
            let found: Vec<i64> = near.of_node(node).iter().map(|&other| costs.between(node, other)).collect();
            assert_eq!(found, all[..12], "node {node}");
        }
    }
}
