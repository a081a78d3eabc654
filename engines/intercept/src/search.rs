//! The smallest ring that distinct units can hold.
//!
//! A least cut need not be one that units can hold: two of its junctions may both depend on the same unit. Then Hall's
//! theorem gives junctions with fewer units than junctions, and every ring that can be held does without one of them.
//!
//! First a dive: of such junctions it keeps as many as there are units, closes off all other ground of these units, and
//! cuts again; a few flows end it. What it leaves undecided goes to a best-first search that gives way in one junction at
//! a time. The flow so far bounds what follows from below, so the first ring it takes from its queue has the fewest
//! junctions. To find a least ring that can be held is hard in general, hence [`Settings::effort`]; the answer says
//! whether that was reached.
#![allow(clippy::indexing_slicing, reason = "every index is a branch, gate or radius made here")]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::rc::Rc;

use crate::cut::{BASE, Belt};
use crate::field::{Field, Units};
use crate::flow::ENDLESS;
use crate::matching::Matching;
use crate::model::{Prefer, Settings};
use crate::streets::micros;

/// What a junction costs that nobody can close: more than all that can be closed together.
const LEAK: i64 = BASE << 10;

#[derive(Debug)]
pub(crate) enum Answer {
    /// Junctions, in the order of their numbers, and whether no better ring could be held.
    Ring {
        junctions: Vec<u32>,
        is_proven: bool,
    },
    Nobody {
        is_proven: bool,
    },
}

/// What a ring may cost, and what finding it may.
#[derive(Debug, Clone, Copy)]
struct Ask {
    size_max: usize,
    effort: usize,
    grain_us: i64,
}

/// A flow, and how much it is.
#[derive(Debug, Clone)]
struct State {
    left: Vec<i64>,
    flow: i64,
}

/// The best ring by the settings' preference, over all radii up to the horizon.
pub(crate) fn best_ring(field: &Field<'_>, settings: &Settings) -> Answer {
    let mut radii: Vec<i64> = (0..field.streets.junction_count() as u32)
        .filter(|junction| field.is_closable(*junction))
        .map(|junction| field.arrives_us(junction))
        .collect();
    radii.sort_unstable();
    radii.dedup();
    let Some(widest) = radii.last() else { return Answer::Nobody { is_proven: true } };
    let size_max = settings.units_max.min(field.runners.len());
    let mut ask = Ask { size_max, effort: settings.effort, grain_us: micros(settings.grain_s) };
    let mut is_least = true;
    if settings.prefer == Prefer::FewestUnits {
        match least_within(field, *widest, ask) {
            Answer::Ring { junctions, is_proven } => (ask.size_max, is_least) = (junctions.len(), is_proven),
            nobody @ Answer::Nobody { .. } => return nobody,
        }
    }
    let found = match smallest_radius(field, &radii, ask) {
        Ok(found) => found,
        Err(is_proven) => return Answer::Nobody { is_proven: is_proven && is_least },
    };
    let (mut junctions, is_fewest) = Search::new(field, &found.belt, ask).fewest(&found.root, found.ring.clone());
    if field.runners.iter().any(|runner| runner.heading.is_some()) {
        junctions = favoured(field, &found, &ask, &junctions).unwrap_or(junctions);
    }
    Answer::Ring { junctions, is_proven: is_fewest && is_least && found.is_proven }
}

/// Of equal rings the one to which units are already driving: all other junctions become a trifle dearer.
fn favoured(field: &Field<'_>, found: &Found, ask: &Ask, ring: &[u32]) -> Option<Vec<u32>> {
    let limit = ring.len() as i64 * (BASE + 1);
    let search = Search { limit, ..Search::new(field, &found.belt, *ask) };
    let mut left = found.root.left.clone();
    found.belt.make_dearer(&mut left, |junction| !field.is_heading(junction));
    let flow = found.root.flow + found.belt.augment(&mut left, limit - found.root.flow);
    if flow > limit { None } else { search.any(&State { left, flow }).ok() }
}

/// The ring of fewest junctions, none farther than he can drive until `radius_us`.
fn least_within(field: &Field<'_>, radius_us: i64, ask: Ask) -> Answer {
    let Some(belt) = belt_within(field, radius_us) else { return Answer::Nobody { is_proven: true } };
    let search = Search::new(field, &belt, ask);
    let Some(root) = search.root() else { return Answer::Nobody { is_proven: true } };
    match search.any(&root) {
        Ok(ring) => {
            let (junctions, is_proven) = search.fewest(&root, ring);
            Answer::Ring { junctions, is_proven }
        }
        Err(is_proven) => Answer::Nobody { is_proven },
    }
}

/// A ring within the least radius that was found to do.
struct Found {
    belt: Belt,
    root: State,
    ring: Vec<u32>,
    is_proven: bool,
}

/// In error, whether it is proven that there is none. Radii are tried in growing steps and then bisected: small radii make
/// small flows. The flow of the least radius that is known to do is continued for smaller ones, which only raise capacities.
fn smallest_radius(field: &Field<'_>, radii: &[i64], ask: Ask) -> Result<Found, bool> {
    let last = radii.len() - 1;
    // Below this radius a way out has no junction that anybody can close; to see that takes no flow.
    let mut low = radii.partition_point(|radius_us| belt_within(field, *radius_us).is_none());
    let (mut high, mut step, mut all_proven) = (low, 1 + radii.len() / 64, true);
    let mut found = loop {
        if high > last {
            return Err(true);
        }
        match ring_within(field, radii[high], ask) {
            Ok(found) => break found,
            // Of the widest, "none" stands for all that are narrower.
            Err(is_proven) if high == last => return Err(is_proven),
            Err(is_proven) => all_proven &= is_proven,
        }
        low = high + 1;
        high = (high + step).min(last);
        step *= 2;
    };
    while low < high && radii[high] - radii[low] > ask.grain_us {
        let middle = low.midpoint(high);
        let search = Search::new(field, &found.belt, ask);
        let too_far = |gate: &usize| (radii[middle] + 1..=radii[high]).contains(&field.arrives_us(found.belt.junction(*gate)));
        let narrower = search.without(&found.root, (0..found.belt.gate_count()).filter(too_far)).ok_or(true);
        match narrower.and_then(|root| Ok((search.any(&root)?, root))) {
            Ok((ring, root)) => {
                (found.ring, found.root) = (ring, root);
                high = middle;
            }
            Err(is_proven) => {
                all_proven &= is_proven;
                low = middle + 1;
            }
        }
    }
    Ok(Found { is_proven: all_proven, ..found })
}

fn ring_within(field: &Field<'_>, radius_us: i64, ask: Ask) -> Result<Found, bool> {
    let belt = belt_within(field, radius_us).ok_or(true)?;
    let search = Search::new(field, &belt, ask);
    let root = search.root().ok_or(true)?;
    let ring = search.any(&root)?;
    Ok(Found { belt, root, ring, is_proven: true })
}

fn belt_within(field: &Field<'_>, radius_us: i64) -> Option<Belt> {
    let cost_of = |junction: u32| {
        if field.arrives_us(junction) <= radius_us && field.is_closable(junction) { BASE } else { ENDLESS }
    };
    let starts: Vec<u32> = field.starts.iter().map(|(junction, _)| *junction).collect();
    Belt::new(field.streets, &starts, |junction| field.side(junction), cost_of)
}

/// One set of gates that must stay out of the ring.
struct Branch {
    /// The parent's flow until this branch has been looked at; shared, because most never are.
    state: Rc<State>,
    fresh: Option<usize>,
    without: Vec<usize>,
}

struct Search<'a> {
    field: &'a Field<'a>,
    belt: &'a Belt,
    limit: i64,
    effort: usize,
}

impl<'a> Search<'a> {
    fn new(field: &'a Field<'a>, belt: &'a Belt, ask: Ask) -> Self {
        Self { field, belt, limit: ask.size_max as i64 * BASE, effort: ask.effort }
    }

    /// The least cut, whoever holds it; none when it has more junctions than may be held.
    fn root(&self) -> Option<State> {
        let mut left = self.belt.empty();
        let flow = self.belt.augment(&mut left, self.limit);
        (flow <= self.limit).then_some(State { left, flow })
    }

    fn without(&self, state: &State, gates: impl Iterator<Item = usize>) -> Option<State> {
        let mut left = state.left.clone();
        gates.for_each(|gate| self.belt.forbid(&mut left, gate));
        let flow = state.flow + self.belt.augment(&mut left, self.limit - state.flow);
        (flow <= self.limit).then_some(State { left, flow })
    }

    /// Some ring that can be held; in error, whether it is proven that none can.
    fn any(&self, root: &State) -> Result<Vec<u32>, bool> {
        if let Some(ring) = self.dive(root) {
            return Ok(ring);
        }
        match self.best_first(root) {
            Answer::Ring { junctions, .. } => Ok(junctions),
            Answer::Nobody { is_proven } => Err(is_proven),
        }
    }

    /// The fewest junctions that can be held, starting from a ring that can; and whether that is proven.
    fn fewest(&self, root: &State, ring: Vec<u32>) -> (Vec<u32>, bool) {
        if ring.len() as i64 * BASE <= root.flow {
            return (ring, true);
        }
        let smaller = Search { limit: (ring.len() as i64 - 1) * BASE, ..*self };
        match smaller.best_first(root) {
            Answer::Ring { junctions, .. } => (junctions, true),
            Answer::Nobody { is_proven } => (ring, is_proven),
        }
    }

    /// A ring found without ever taking a step back; none says nothing.
    fn dive(&self, root: &State) -> Option<Vec<u32>> {
        let mut state = root.clone();
        let ground: Vec<Units> = (0..self.belt.gate_count()).map(|gate| self.field.in_time(self.belt.junction(gate))).collect();
        let mut is_out = vec![false; ground.len()];
        for _ in 0..=self.field.runners.len() {
            let short = match self.held_or_short(&state) {
                Ok(ring) => return Some(ring),
                Err(short) => short,
            };
            let units = short.iter().fold(Units::default(), |units, gate| units.with(ground[*gate]));
            let kept = short.get(1..).unwrap_or_default();
            let rest: Vec<usize> = (0..ground.len())
                .filter(|gate| !is_out[*gate] && ground[*gate].are_within(units) && !kept.contains(gate))
                .collect();
            rest.iter().for_each(|gate| is_out[*gate] = true);
            state = self.without(&state, rest.into_iter())?;
        }
        None
    }

    fn best_first(&self, root: &State) -> Answer {
        if root.flow > self.limit {
            return Answer::Nobody { is_proven: true };
        }
        let mut branches = vec![Branch { state: Rc::new(root.clone()), fresh: None, without: Vec::new() }];
        // Least flow first; of equals the one that has given way most, then the oldest.
        let mut queue = BinaryHeap::from([(Reverse(root.flow), 0, Reverse(0))]);
        let flows_max = self.effort / self.belt.gate_count().max(1);
        let (mut seen, mut flows) = (HashSet::new(), 0);
        while let Some((_, _, Reverse(index))) = queue.pop() {
            let Branch { state, fresh, without } = &branches[index];
            let (state, without) = (Rc::clone(state), without.clone());
            if let Some(gate) = *fresh {
                if flows >= flows_max {
                    return Answer::Nobody { is_proven: false };
                }
                flows += 1;
                if let Some(state) = self.without(&state, std::iter::once(gate)) {
                    queue.push((Reverse(state.flow), without.len(), Reverse(branches.len())));
                    branches.push(Branch { state: Rc::new(state), fresh: None, without });
                }
                continue;
            }
            let short = match self.held_or_short(&state) {
                Ok(junctions) => return Answer::Ring { junctions, is_proven: true },
                Err(short) => short,
            };
            for gate in short {
                let mut without = without.clone();
                without.push(gate);
                without.sort_unstable();
                if seen.insert(without.clone()) {
                    queue.push((Reverse(state.flow), without.len(), Reverse(branches.len())));
                    branches.push(Branch { state: Rc::clone(&state), fresh: Some(gate), without });
                }
            }
        }
        Answer::Nobody { is_proven: true }
    }

    /// The ring of a cut that can be held; in error, gates of a cut that have fewer units than they are, the one with the
    /// fewest first: it is the likeliest to be in the way.
    fn held_or_short(&self, state: &State) -> Result<Vec<u32>, Vec<usize>> {
        let inner = self.belt.inner_cut(&state.left);
        let Some(short) = self.shortage(&inner) else { return Ok(self.ring(&inner)) };
        let outer = self.belt.outer_cut(&state.left);
        if self.shortage(&outer).is_none() { Ok(self.ring(&outer)) } else { Err(short) }
    }

    fn shortage(&self, cut: &[usize]) -> Option<Vec<usize>> {
        let rows: Vec<Vec<usize>> = cut.iter().map(|gate| self.field.in_time(self.belt.junction(*gate)).list()).collect();
        let short = Matching::largest(&rows, self.field.runners.len()).violator(&rows)?;
        let mut gates: Vec<(usize, usize)> = short.into_iter().map(|row| (rows[row].len(), cut[row])).collect();
        gates.sort_unstable();
        Some(gates.into_iter().map(|(_, gate)| gate).collect())
    }

    fn ring(&self, cut: &[usize]) -> Vec<u32> {
        let mut junctions: Vec<u32> = cut.iter().map(|gate| self.belt.junction(*gate)).collect();
        junctions.sort_unstable();
        junctions
    }
}

/// When no ring holds: the cut with the fewest junctions that nobody can close in time, then the fewest junctions. None
/// where he stands outside or next to it, so that no junction is left between.
pub(crate) fn least_leaks(field: &Field<'_>) -> Option<Vec<u32>> {
    let cost_of = |junction: u32| {
        if field.is_closable(junction) {
            BASE
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
