//! The smallest ring that distinct units can hold.
//!
//! A least cut need not be one that units can hold: two of its junctions may both depend on the same unit. Then Hall's
//! theorem gives junctions with fewer units than junctions, and every ring that can be held does without one of them.
//! Best-first search branches on which; the flow so far bounds what follows from below, so the first ring taken from the
//! queue that can be held has the fewest junctions. To hold a ring of least size is hard in general (it is a common
//! independent set problem over cuts), hence the bound on effort; the answer says whether it was reached.
#![allow(clippy::indexing_slicing, reason = "every index is a branch or gate made here")]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::rc::Rc;

use crate::cut::{BASE, Belt};
use crate::field::Field;
use crate::flow::ENDLESS;
use crate::matching::Matching;
use crate::model::{Prefer, Settings};

/// What a junction costs that nobody can close: more than all that can be closed together.
const LEAK: i64 = BASE << 10;

#[derive(Debug)]
pub(crate) enum Answer {
    /// Junctions, in the order of their numbers, and whether none smaller could be held.
    Ring { junctions: Vec<u32>, is_proven: bool },
    Nobody { is_proven: bool },
}

/// One set of gates that must stay out of the ring.
struct Branch {
    /// The parent's flow; shared, because most branches are never looked at.
    left: Rc<Vec<i64>>,
    flow: i64,
    /// The gate that this branch takes out, until its own flow has been found.
    fresh: Option<usize>,
    without: Vec<usize>,
}

/// The best ring by the settings' preference, over all radii up to the horizon.
pub(crate) fn best_ring(field: &Field<'_>, settings: &Settings) -> Answer {
    let size_max = settings.units_max.min(field.runners.len());
    let mut radii: Vec<i64> = (0..field.streets.junction_count() as u32)
        .filter(|junction| field.is_closable(*junction))
        .map(|junction| field.arrives_us(junction))
        .collect();
    radii.sort_unstable();
    radii.dedup();
    let plain = Ask { size_max, effort: settings.effort, favours: false };
    let widest = ring_within(field, radii.last().copied().unwrap_or(i64::MIN), plain);
    let Answer::Ring { junctions: mut best, is_proven: mut all_proven } = widest else { return widest };
    let plain = if settings.prefer == Prefer::FewestUnits { Ask { size_max: best.len(), ..plain } } else { plain };
    let (mut low, mut high) = (0, radii.len().saturating_sub(1));
    let mut size_proven = all_proven;
    while low < high {
        let middle = low.midpoint(high);
        match ring_within(field, radii[middle], plain) {
            Answer::Ring { junctions, is_proven } => {
                (best, size_proven) = (junctions, is_proven);
                high = middle;
            }
            Answer::Nobody { is_proven } => {
                all_proven &= is_proven;
                low = middle + 1;
            }
        }
    }
    let is_proven = if settings.prefer == Prefer::FewestUnits { all_proven } else { size_proven && all_proven };
    if field.runners.iter().any(|runner| runner.heading.is_some()) {
        let equal = Ask { size_max: best.len(), favours: true, ..plain };
        let radius_us = best.iter().map(|junction| field.arrives_us(*junction)).max().unwrap_or(i64::MIN);
        if let Answer::Ring { junctions, .. } = ring_within(field, radius_us, equal) {
            best = junctions;
        }
    }
    Answer::Ring { junctions: best, is_proven }
}

/// What a ring may cost, and what finding it may.
#[derive(Debug, Clone, Copy)]
struct Ask {
    size_max: usize,
    effort: usize,
    /// Of equal rings, the one to which units are already driving. Asked last: uneven costs make flows several times slower.
    favours: bool,
}

/// The ring of fewest junctions, none farther than he can drive until `radius_us`.
fn ring_within(field: &Field<'_>, radius_us: i64, ask: Ask) -> Answer {
    let cost_of = |junction: u32| {
        if field.arrives_us(junction) > radius_us || !field.is_closable(junction) {
            return ENDLESS;
        }
        BASE - i64::from(ask.favours && field.is_heading(junction))
    };
    let starts: Vec<u32> = field.starts.iter().map(|(junction, _)| *junction).collect();
    let Some(belt) = Belt::new(field.streets, &starts, |junction| field.side(junction), cost_of) else {
        return Answer::Nobody { is_proven: true };
    };
    let limit = ask.size_max as i64 * BASE;
    Search { field, belt, limit, branches: Vec::new(), queue: BinaryHeap::new(), seen: HashSet::new() }.run(ask.effort)
}

struct Search<'a> {
    field: &'a Field<'a>,
    belt: Belt,
    limit: i64,
    branches: Vec<Branch>,
    /// Least flow first; of equals the one that has given way most, then the oldest.
    queue: BinaryHeap<(Reverse<i64>, usize, Reverse<usize>)>,
    seen: HashSet<Vec<usize>>,
}

impl Search<'_> {
    fn run(mut self, effort: usize) -> Answer {
        let mut left = self.belt.empty();
        let flow = self.belt.augment(&mut left, self.limit);
        if flow > self.limit {
            return Answer::Nobody { is_proven: true };
        }
        self.push(Branch { left: Rc::new(left), flow, fresh: None, without: Vec::new() });
        let mut flows = 1;
        while let Some((_, _, Reverse(index))) = self.queue.pop() {
            if let Some(gate) = self.branches[index].fresh {
                if flows >= effort.max(1) {
                    return Answer::Nobody { is_proven: false };
                }
                flows += 1;
                self.look_at(index, gate);
                continue;
            }
            let left = Rc::clone(&self.branches[index].left);
            let mut short = None;
            for cut in [self.belt.inner_cut(&left), self.belt.outer_cut(&left)] {
                match self.shortage(&cut) {
                    None => return self.ring(&cut),
                    Some(gates) => short = short.or(Some(gates)),
                }
            }
            self.give_way(index, short.unwrap_or_default());
        }
        Answer::Nobody { is_proven: true }
    }

    fn push(&mut self, branch: Branch) {
        self.queue.push((Reverse(branch.flow), branch.without.len(), Reverse(self.branches.len())));
        self.branches.push(branch);
    }

    fn look_at(&mut self, index: usize, gate: usize) {
        let branch = &mut self.branches[index];
        let mut left = (*branch.left).clone();
        self.belt.forbid(&mut left, gate);
        let flow = branch.flow + self.belt.augment(&mut left, self.limit - branch.flow);
        if flow <= self.limit {
            let without = std::mem::take(&mut branch.without);
            self.push(Branch { left: Rc::new(left), flow, fresh: None, without });
        }
    }

    /// Gates of the cut that have fewer units than they are; none when the cut can be held.
    fn shortage(&self, cut: &[usize]) -> Option<Vec<usize>> {
        let rows: Vec<Vec<usize>> = cut.iter().map(|gate| self.field.in_time(self.belt.junction(*gate))).collect();
        let short = Matching::largest(&rows, self.field.runners.len()).violator(&rows)?;
        let mut gates: Vec<(usize, usize)> = short.into_iter().map(|row| (rows[row].len(), cut[row])).collect();
        // The junction with the fewest units is the likeliest to be in the way.
        gates.sort_unstable();
        Some(gates.into_iter().map(|(_, gate)| gate).collect())
    }

    fn give_way(&mut self, index: usize, gates: Vec<usize>) {
        for gate in gates {
            let Branch { left, flow, without, .. } = &self.branches[index];
            let mut without = without.clone();
            without.push(gate);
            without.sort_unstable();
            if self.seen.insert(without.clone()) {
                self.push(Branch { left: Rc::clone(left), flow: *flow, fresh: Some(gate), without });
            }
        }
    }

    fn ring(&self, cut: &[usize]) -> Answer {
        let mut junctions: Vec<u32> = cut.iter().map(|gate| self.belt.junction(*gate)).collect();
        junctions.sort_unstable();
        Answer::Ring { junctions, is_proven: true }
    }
}

/// When no ring holds: the cut with the fewest junctions that nobody can close in time, then the fewest junctions. None
/// where he stands outside or next to it, so that no junction is left between.
pub(crate) fn least_leaks(field: &Field<'_>) -> Option<Vec<u32>> {
    let cost_of = |junction: u32| {
        if field.is_closable(junction) {
            BASE - i64::from(field.is_heading(junction))
        } else if field.is_ring_place(junction) {
            LEAK
        } else {
            ENDLESS
        }
    };
    let starts: Vec<u32> = field.starts.iter().map(|(junction, _)| *junction).collect();
    let belt = Belt::new(field.streets, &starts, |junction| field.side(junction), cost_of)?;
    let mut left = belt.empty();
    let flow = belt.augment(&mut left, ENDLESS / 2);
    if flow > ENDLESS / 2 {
        return None;
    }
    let mut junctions: Vec<u32> = belt.inner_cut(&left).iter().map(|gate| belt.junction(*gate)).collect();
    junctions.sort_unstable();
    Some(junctions)
}
