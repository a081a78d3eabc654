//! The least junctions that separate where he is from where he must not get: a minimum vertex cut as a maximum flow
//! through junctions that are split into an entry and an exit (Menger 1927; Ford & Fulkerson 1956).
//!
//! Junctions that cannot be closed and hang together with the start (or the outside) are melted into it first. On a city
//! that leaves the belt where units are in time, and shows at once when a way out has no junction to close at all.
#![allow(clippy::indexing_slicing, reason = "every index is a junction of the streets or a gate made here")]

use crate::flow::{ENDLESS, FlowNet};
use crate::streets::Streets;

/// What one closed junction costs a cut; the room below it lets a cut of equal size be preferred.
pub(crate) const BASE: i64 = 1 << 12;

const NONE: u32 = u32::MAX;
const START: u32 = u32::MAX - 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Inside,
    /// Out as soon as he is past it; may be closed.
    Exit,
    /// Out already.
    Beyond,
}

/// A junction that may be closed, and the arc through it.
#[derive(Debug, Clone, Copy)]
struct Gate {
    junction: u32,
    arc: u32,
    entry: u32,
    exit: u32,
}

#[derive(Debug)]
pub(crate) struct Belt {
    net: FlowNet,
    source: u32,
    sink: u32,
    gates: Vec<Gate>,
}

impl Belt {
    /// `cost_of` a junction is what closing it costs, [`ENDLESS`] where it cannot be closed. None when a way out leads
    /// over such junctions alone.
    pub fn new(streets: &Streets, starts: &[u32], side_of: impl Fn(u32) -> Side, cost_of: impl Fn(u32) -> i64) -> Option<Self> {
        let is_lost = lost(streets, &side_of, &cost_of);
        let mut belt = Self { net: FlowNet::default(), source: 0, sink: 0, gates: Vec::new() };
        belt.source = belt.net.node();
        belt.sink = belt.net.node();
        let mut makers = Maker { belt, entries: vec![NONE; streets.junction_count()], open: Vec::new() };
        for start in starts {
            makers.step(makers.belt.source, *start, &is_lost, &cost_of)?;
        }
        while let Some((junction, from)) = makers.open.pop() {
            if side_of(junction) == Side::Exit {
                makers.belt.net.arc(from, makers.belt.sink, ENDLESS);
            }
            for lane in streets.suspect.of(junction) {
                makers.step(from, lane.to, &is_lost, &cost_of)?;
            }
        }
        Some(makers.belt)
    }

    pub fn empty(&self) -> Vec<i64> {
        self.net.empty()
    }

    pub fn augment(&self, left: &mut [i64], limit: i64) -> i64 {
        self.net.augment(left, self.source, self.sink, limit)
    }

    /// Takes a gate out of all cuts from here on.
    pub fn forbid(&self, left: &mut [i64], gate: usize) {
        left[self.gates[gate].arc as usize] += ENDLESS;
    }

    /// One more than before for every junction that `is_dear`; a flow that was the largest may grow.
    pub fn make_dearer(&self, left: &mut [i64], is_dear: impl Fn(u32) -> bool) {
        for gate in self.gates.iter().filter(|gate| is_dear(gate.junction)) {
            left[gate.arc as usize] += 1;
        }
    }

    pub fn gate_count(&self) -> usize {
        self.gates.len()
    }

    pub fn junction(&self, gate: usize) -> u32 {
        self.gates[gate].junction
    }

    /// The gates of the least cut that is nearest to him, after a maximum flow.
    pub fn inner_cut(&self, left: &[i64]) -> Vec<usize> {
        let is_fed = self.net.fed(left, self.source);
        self.gates_where(|gate| is_fed[gate.entry as usize] && !is_fed[gate.exit as usize])
    }

    /// The gates of the least cut that is farthest from him.
    pub fn outer_cut(&self, left: &[i64]) -> Vec<usize> {
        let is_drained = self.net.drained(left, self.sink);
        self.gates_where(|gate| !is_drained[gate.entry as usize] && is_drained[gate.exit as usize])
    }

    fn gates_where(&self, is_wanted: impl Fn(&Gate) -> bool) -> Vec<usize> {
        self.gates.iter().enumerate().filter(|(_, gate)| is_wanted(gate)).map(|(index, _)| index).collect()
    }
}

/// A belt in the making: its flow nodes by junction, and the junctions whose roads are still to be followed.
struct Maker {
    belt: Belt,
    entries: Vec<u32>,
    open: Vec<(u32, u32)>,
}

impl Maker {
    /// Follows one road from a flow node to a junction; none where that is a way out that cannot be closed.
    fn step(&mut self, from: u32, to: u32, is_lost: &[bool], cost_of: impl Fn(u32) -> i64) -> Option<()> {
        let source = self.belt.source;
        if is_lost[to as usize] {
            self.belt.net.arc(from, self.belt.sink, ENDLESS);
            return (from != source).then_some(());
        }
        let cost = cost_of(to);
        let is_known = self.entries[to as usize];
        if cost == ENDLESS && from == source {
            // Melted into the start. One that was met before from a gate has its own node, which the start now feeds.
            match is_known {
                START => {}
                NONE => {
                    self.entries[to as usize] = START;
                    self.open.push((to, source));
                }
                entry => {
                    self.belt.net.arc(source, entry, ENDLESS);
                }
            }
            return Some(());
        }
        let entry = match is_known {
            START => return Some(()),
            NONE => self.meet(to, cost),
            entry => entry,
        };
        self.belt.net.arc(from, entry, ENDLESS);
        Some(())
    }

    fn meet(&mut self, junction: u32, cost: i64) -> u32 {
        let net = &mut self.belt.net;
        let entry = net.node();
        // What cannot be closed needs no split: nothing limits what flows through it.
        let exit = if cost == ENDLESS { entry } else { net.node() };
        if cost != ENDLESS {
            let arc = net.arc(entry, exit, cost);
            self.belt.gates.push(Gate { junction, arc, entry, exit });
        }
        self.entries[junction as usize] = entry;
        self.open.push((junction, exit));
        entry
    }
}

/// Junctions from which he gets out without passing any that can be closed.
fn lost(streets: &Streets, side_of: impl Fn(u32) -> Side, cost_of: impl Fn(u32) -> i64) -> Vec<bool> {
    let mut is_lost = vec![false; streets.junction_count()];
    let mut open = Vec::new();
    for junction in 0..streets.junction_count() as u32 {
        let side = side_of(junction);
        if side == Side::Beyond || (side == Side::Exit && cost_of(junction) == ENDLESS) {
            is_lost[junction as usize] = true;
            open.push(junction);
        }
    }
    while let Some(junction) = open.pop() {
        for lane in streets.suspect_back.of(junction) {
            if !is_lost[lane.to as usize] && cost_of(lane.to) == ENDLESS {
                is_lost[lane.to as usize] = true;
                open.push(lane.to);
            }
        }
    }
    is_lost
}
