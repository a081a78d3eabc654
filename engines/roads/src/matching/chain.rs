//! Viterbi and forward-backward over a run of fixes, in logarithms.
#![allow(clippy::indexing_slicing, reason = "rows and columns are as long as the states of the anchors they link")]

use super::{Anchor, State};

#[derive(Debug)]
pub(super) struct Chain {
    anchors: Vec<Anchor>,
    /// From each anchor to the next: one row per state of the former.
    links: Vec<Vec<Vec<f64>>>,
}

pub(super) struct Solved<'a> {
    pub anchor: &'a Anchor,
    pub state: State,
    pub probability: f64,
}

impl Chain {
    pub fn new(anchor: Anchor) -> Self {
        Self { anchors: vec![anchor], links: Vec::new() }
    }

    pub fn newest(&self) -> Option<&Anchor> {
        self.anchors.last()
    }

    pub fn push(&mut self, anchor: Anchor, links: Vec<Vec<f64>>) {
        self.anchors.push(anchor);
        self.links.push(links);
    }

    /// The likeliest sequence of states, each with its probability given all fixes.
    pub fn solve(&self) -> Vec<Solved<'_>> {
        let chosen = self.viterbi();
        let (ahead, behind) = (self.ahead(), self.behind());
        let mut solved = Vec::with_capacity(chosen.len());
        for (time, (anchor, state)) in self.anchors.iter().zip(chosen).enumerate() {
            let both: Vec<f64> = ahead[time].iter().zip(&behind[time]).map(|(a, b)| a + b).collect();
            let probability = (both[state] - ln_sum(&both)).exp().clamp(0.0, 1.0);
            solved.push(Solved { anchor, state: anchor.states[state], probability });
        }
        solved
    }

    fn viterbi(&self) -> Vec<usize> {
        let mut best: Vec<f64> = emissions(&self.anchors[0]);
        let mut came_from: Vec<Vec<usize>> = Vec::with_capacity(self.links.len());
        for (rows, anchor) in self.links.iter().zip(&self.anchors[1..]) {
            let mut next = emissions(anchor);
            let mut back = vec![0; next.len()];
            for (to, value) in next.iter_mut().enumerate() {
                let mut top = f64::NEG_INFINITY;
                for (from, row) in rows.iter().enumerate() {
                    let ln = best[from] + row[to];
                    if ln > top {
                        (top, back[to]) = (ln, from);
                    }
                }
                *value += top;
            }
            best = next;
            came_from.push(back);
        }
        let mut state = largest(&best);
        let mut chosen = vec![state];
        for back in came_from.iter().rev() {
            state = back[state];
            chosen.push(state);
        }
        chosen.reverse();
        chosen
    }

    fn ahead(&self) -> Vec<Vec<f64>> {
        let mut all = vec![emissions(&self.anchors[0])];
        for (time, rows) in self.links.iter().enumerate() {
            let mut next = emissions(&self.anchors[time + 1]);
            for (to, value) in next.iter_mut().enumerate() {
                let ways: Vec<f64> = rows.iter().enumerate().map(|(from, row)| all[time][from] + row[to]).collect();
                *value += ln_sum(&ways);
            }
            all.push(next);
        }
        all
    }

    fn behind(&self) -> Vec<Vec<f64>> {
        let count = self.anchors.len();
        let mut all = vec![Vec::new(); count];
        all[count - 1] = vec![0.0; self.anchors[count - 1].states.len()];
        for time in (0..count - 1).rev() {
            let told = emissions(&self.anchors[time + 1]);
            let row_sum = |row: &Vec<f64>| {
                let ways: Vec<f64> = row.iter().enumerate().map(|(to, ln)| ln + told[to] + all[time + 1][to]).collect();
                ln_sum(&ways)
            };
            all[time] = self.links[time].iter().map(row_sum).collect();
        }
        all
    }
}

/// Logarithm of the normal density of each state's distance, but for the factor that all share.
fn emissions(anchor: &Anchor) -> Vec<f64> {
    anchor.states.iter().map(|state| -0.5 * (state.distance_m / anchor.sigma_m).powi(2)).collect()
}

fn largest(values: &[f64]) -> usize {
    let mut best = 0;
    for (index, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = index;
        }
    }
    best
}

fn ln_sum(values: &[f64]) -> f64 {
    let top = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY {
        return top;
    }
    top + values.iter().map(|value| (value - top).exp()).sum::<f64>().ln()
}
