//! What it costs to go from one node to another: a table, or points and one of TSPLIB's distance functions.

use thiserror::Error;

/// The highest cost of one edge and the highest limit; sums of a tour then stay far inside 64 bits, and differences inside 32.
pub const COST_MAX: i64 = 1 << 29;

/// TSPLIB's distance functions over plane or geographic points (Reinelt 1991, ORSA J. Comput. 3(4), §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Euclidean, rounded to the nearest whole number.
    Euc2d,
    /// Euclidean, rounded up.
    Ceil2d,
    /// Pseudo-Euclidean of the ATT instances: √((Δx²+Δy²)/10), rounded up.
    Att,
    /// Great circle on a sphere of 6,378.388 km; coordinates in TSPLIB's DDD.MM degrees, kilometres truncated.
    Geo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CostError {
    #[error("the cost table has {cells} cells, which is not {nodes} × {nodes}")]
    TableSize { nodes: usize, cells: usize },
    #[error("the cost from node {from} to node {to} is {cost}, outside 0..={COST_MAX}; take a coarser unit")]
    CostRange { from: usize, to: usize, cost: i64 },
    #[error("the cost from node {from} to node {to} differs from the cost back; this search needs one cost per pair")]
    OneWay { from: usize, to: usize },
    #[error("node {node} has a coordinate that is not a finite number below 10^8")]
    Coordinate { node: usize },
}

/// Symmetric, non-negative whole edge costs in the caller's unit (metres, seconds).
#[derive(Debug, Clone)]
pub struct Costs {
    nodes: usize,
    form: Form,
}

#[derive(Debug, Clone)]
enum Form {
    /// Row by row, `nodes × nodes`.
    Table(Vec<i32>),
    Points {
        xy: Vec<(f64, f64)>,
        metric: Metric,
        gate: Option<Gate>,
    },
}

/// A node beside the end and the start alone, through which a path closes to a round trip.
#[derive(Debug, Clone, Copy)]
struct Gate {
    node: u32,
    start: u32,
    end: u32,
}

impl Gate {
    #[inline]
    fn between(self, a: u32, b: u32) -> Option<i64> {
        if a != self.node && b != self.node {
            return None;
        }
        let other = if a == self.node { b } else { a };
        Some(if other == self.start || other == self.end { 0 } else { COST_MAX })
    }
}

/// Up to this many nodes a table (at most 16 MB) is faster than the square root.
const TABLE_NODES_MAX: usize = 2_000;

impl Costs {
    /// From a full table, row by row. The diagonal is not read.
    ///
    /// # Errors
    /// A table that is not square, not symmetric, or with a cost outside `0..=COST_MAX`.
    pub fn from_table(nodes: usize, table: &[i64]) -> Result<Self, CostError> {
        if nodes.checked_mul(nodes) != Some(table.len()) {
            return Err(CostError::TableSize { nodes, cells: table.len() });
        }
        let cell = |from: usize, to: usize| table.get(from * nodes + to).copied().unwrap_or(0);
        let mut cells = Vec::with_capacity(table.len());
        for from in 0..nodes {
            for to in 0..nodes {
                let cost = if from == to { 0 } else { cell(from, to) };
                if !(0..=COST_MAX).contains(&cost) {
                    return Err(CostError::CostRange { from, to, cost });
                }
                if from != to && cost != cell(to, from) {
                    return Err(CostError::OneWay { from, to });
                }
                cells.push(cost as i32);
            }
        }
        Ok(Self { nodes, form: Form::Table(cells) })
    }

    /// From points, one per node.
    ///
    /// # Errors
    /// A coordinate that is not finite or so large that a distance would pass [`COST_MAX`].
    pub fn from_points(xy: &[(f64, f64)], metric: Metric) -> Result<Self, CostError> {
        let nodes = xy.len();
        let fits = |v: f64| v.is_finite() && v.abs() <= 1e8;
        if let Some(node) = xy.iter().position(|&(x, y)| !fits(x) || !fits(y)) {
            return Err(CostError::Coordinate { node });
        }
        let xy: Vec<(f64, f64)> = match metric {
            Metric::Geo => xy.iter().map(|&(x, y)| (geo_radians(x), geo_radians(y))).collect(),
            _ => xy.to_vec(),
        };
        if nodes > TABLE_NODES_MAX {
            return Ok(Self { nodes, form: Form::Points { xy, metric, gate: None } });
        }
        let mut cells = Vec::with_capacity(nodes * nodes);
        for (from, &a) in xy.iter().enumerate() {
            cells.extend(xy.iter().enumerate().map(|(to, &b)| if from == to { 0 } else { distance(metric, a, b) }));
        }
        Ok(Self { nodes, form: Form::Table(cells) })
    }

    #[must_use]
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// The cost between two nodes; both must be below [`Costs::nodes`], as an instance has made sure.
    #[inline(always)]
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "the innermost line of every search; nodes are checked when an instance is made")]
    pub fn between(&self, a: u32, b: u32) -> i64 {
        match &self.form {
            Form::Table(cells) => i64::from(cells[a as usize * self.nodes + b as usize]),
            Form::Points { xy, metric, gate } => between_points(xy, *metric, *gate, a, b),
        }
    }

    /// The same costs and one node more, the last: free from `start` and `end`, out of reach from all others. A round trip
    /// through it is a path from start to end, and costs what the path costs.
    #[expect(clippy::indexing_slicing, reason = "both ends are nodes of the instance that asks")]
    pub(crate) fn with_gate(&self, start: u32, end: u32) -> Self {
        let nodes = self.nodes + 1;
        let gate = Gate { node: self.nodes as u32, start, end };
        let form = match &self.form {
            Form::Table(old) => {
                let mut cells = vec![0; nodes * nodes];
                for row in 0..self.nodes {
                    cells[row * nodes..row * nodes + self.nodes].copy_from_slice(&old[row * self.nodes..(row + 1) * self.nodes]);
                    let cost = gate.between(row as u32, gate.node).unwrap_or(COST_MAX) as i32;
                    cells[row * nodes + self.nodes] = cost;
                    cells[self.nodes * nodes + row] = cost;
                }
                Form::Table(cells)
            }
            Form::Points { xy, metric, .. } => {
                let mut xy = xy.clone();
                xy.push(xy[start as usize]);
                Form::Points { xy, metric: *metric, gate: Some(gate) }
            }
        };
        Self { nodes, form }
    }

    /// The costs among some of the nodes, which are numbered anew in the order given.
    #[expect(clippy::indexing_slicing, reason = "the nodes given are nodes of the instance that asks")]
    pub(crate) fn among(&self, kept: &[u32]) -> Self {
        let form = match &self.form {
            Form::Table(cells) => {
                let row = |from: u32| kept.iter().map(move |&to| cells[from as usize * self.nodes + to as usize]);
                Form::Table(kept.iter().flat_map(|&from| row(from)).collect())
            }
            Form::Points { .. } if kept.len() <= TABLE_NODES_MAX => {
                let row = |from: u32| kept.iter().map(move |&to| if from == to { 0 } else { self.between(from, to) as i32 });
                Form::Table(kept.iter().flat_map(|&from| row(from)).collect())
            }
            Form::Points { xy, metric, gate } => {
                Form::Points { xy: kept.iter().map(|&node| xy[node as usize]).collect(), metric: *metric, gate: *gate }
            }
        };
        Self { nodes: kept.len(), form }
    }

    /// The points in the plane, where the costs are plane distances that no table has replaced.
    pub(crate) fn plane(&self) -> Option<&[(f64, f64)]> {
        match &self.form {
            Form::Points { xy, metric: Metric::Euc2d | Metric::Ceil2d | Metric::Att, .. } => Some(xy),
            _ => None,
        }
    }
}

/// Kept out of line, so that the table's one load is what the callers inline.
#[inline(never)]
#[expect(clippy::indexing_slicing, reason = "as for the table")]
fn between_points(xy: &[(f64, f64)], metric: Metric, gate: Option<Gate>, a: u32, b: u32) -> i64 {
    match gate.and_then(|gate| gate.between(a, b)) {
        Some(cost) => cost,
        None => i64::from(distance(metric, xy[a as usize], xy[b as usize])),
    }
}

#[inline]
fn distance(metric: Metric, a: (f64, f64), b: (f64, f64)) -> i32 {
    let (dx, dy) = (a.0 - b.0, a.1 - b.1);
    match metric {
        Metric::Euc2d => ((dx * dx + dy * dy).sqrt() + 0.5) as i32,
        Metric::Ceil2d => {
            let exact = (dx * dx + dy * dy).sqrt();
            let whole = exact as i32;
            whole + i32::from(exact > f64::from(whole))
        }
        Metric::Att => {
            let exact = ((dx * dx + dy * dy) / 10.0).sqrt();
            let rounded = (exact + 0.5).floor();
            (if rounded < exact { rounded + 1.0 } else { rounded }) as i32
        }
        Metric::Geo => {
            let q1 = (a.1 - b.1).cos();
            let q2 = (a.0 - b.0).cos();
            let q3 = (a.0 + b.0).cos();
            let angle = (0.5 * ((1.0 + q1) * q2 - (1.0 - q1) * q3)).clamp(-1.0, 1.0).acos();
            (6_378.388 * angle + 1.0) as i32
        }
    }
}

/// DDD.MM to radians with TSPLIB's own π, on which its published tour lengths depend.
fn geo_radians(degrees_minutes: f64) -> f64 {
    #[expect(clippy::approx_constant, reason = "TSPLIB defines its distances with these seven digits")]
    const TSPLIB_PI: f64 = 3.141_592;
    let degrees = degrees_minutes.trunc();
    let minutes = degrees_minutes - degrees;
    TSPLIB_PI * (degrees + 5.0 * minutes / 3.0) / 180.0
}

#[cfg(test)]
mod tests {
    use super::{CostError, Costs, Metric};

    fn between(metric: Metric, a: (f64, f64), b: (f64, f64)) -> i64 {
        Costs::from_points(&[a, b], metric).expect("two plain points").between(0, 1)
    }

    #[test]
    fn each_metric_rounds_as_tsplib_says() {
        assert_eq!(between(Metric::Euc2d, (0.0, 0.0), (1.0, 1.0)), 1);
        assert_eq!(between(Metric::Euc2d, (0.0, 0.0), (1.5, 0.0)), 2);
        assert_eq!(between(Metric::Ceil2d, (0.0, 0.0), (1.0, 1.0)), 2);
        assert_eq!(between(Metric::Ceil2d, (0.0, 0.0), (3.0, 4.0)), 5);
        // √(25/10) = 1.58 → 2; √(1/10) = 0.32 rounds to 0, which is less, so 1.
        assert_eq!(between(Metric::Att, (0.0, 0.0), (3.0, 4.0)), 2);
        assert_eq!(between(Metric::Att, (0.0, 0.0), (1.0, 0.0)), 1);
    }

    #[test]
    fn a_one_way_table_is_refused_with_the_pair() {
        let refused = Costs::from_table(2, &[0, 5, 6, 0]).err();
        assert_eq!(refused, Some(CostError::OneWay { from: 0, to: 1 }));
    }

    #[test]
    fn a_table_of_the_wrong_size_or_range_is_refused() {
        assert_eq!(Costs::from_table(2, &[0, 5, 5]).err(), Some(CostError::TableSize { nodes: 2, cells: 3 }));
        assert_eq!(Costs::from_table(2, &[0, -1, -1, 0]).err(), Some(CostError::CostRange { from: 0, to: 1, cost: -1 }));
        let refused = Costs::from_points(&[(0.0, f64::NAN)], Metric::Euc2d).err();
        assert_eq!(refused, Some(CostError::Coordinate { node: 0 }));
    }
}
