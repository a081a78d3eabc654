//! Maximum flow by blocking flows on level graphs (Dinic 1970): O(V²E) at worst, near linear on road graphs whose cuts
//! are small.
//!
//! The network and what is left of its capacities are apart, so that a search can branch by copying one vector and
//! continue from the flow it has: raising a capacity never makes a flow invalid.
#![allow(clippy::indexing_slicing, reason = "every index is a node or arc that `node` and `arc` gave out")]

const NONE: u32 = u32::MAX;

/// More than any sum of finite capacities here, and far below overflow when added up.
pub(crate) const ENDLESS: i64 = 1 << 40;

#[derive(Debug, Default)]
pub(crate) struct FlowNet {
    first: Vec<u32>,
    next: Vec<u32>,
    to: Vec<u32>,
    capacities: Vec<i64>,
}

impl FlowNet {
    pub fn node(&mut self) -> u32 {
        self.first.push(NONE);
        self.first.len() as u32 - 1
    }

    /// An arc and its reverse, numbered next to each other; gives the arc.
    pub fn arc(&mut self, from: u32, to: u32, capacity: i64) -> u32 {
        let arc = self.to.len() as u32;
        for (from, to, capacity) in [(from, to, capacity), (to, from, 0)] {
            self.next.push(self.first[from as usize]);
            self.first[from as usize] = self.to.len() as u32;
            self.to.push(to);
            self.capacities.push(capacity);
        }
        arc
    }

    /// The capacities before any flow.
    pub fn empty(&self) -> Vec<i64> {
        self.capacities.clone()
    }

    /// Adds flow until none fits or more than `limit` was added, and says how much.
    pub fn augment(&self, left: &mut [i64], source: u32, sink: u32, limit: i64) -> i64 {
        let mut added = 0;
        while added <= limit {
            let Some(mut levels) = self.levels(left, source, sink) else { break };
            added += self.block(left, &mut levels, source, sink, limit - added);
        }
        added
    }

    fn levels(&self, left: &[i64], source: u32, sink: u32) -> Option<Vec<u32>> {
        let mut levels = vec![NONE; self.first.len()];
        let mut open = Vec::with_capacity(self.first.len());
        levels[source as usize] = 0;
        open.push(source);
        let mut done = 0;
        while done < open.len() && levels[sink as usize] == NONE {
            let node = open[done];
            done += 1;
            for arc in self.arcs(node) {
                let to = self.to[arc as usize];
                if left[arc as usize] > 0 && levels[to as usize] == NONE {
                    levels[to as usize] = levels[node as usize] + 1;
                    open.push(to);
                }
            }
        }
        (levels[sink as usize] != NONE).then_some(levels)
    }

    /// One blocking flow, with a stack of our own: ways across a city are longer than a thread's stack likes.
    fn block(&self, left: &mut [i64], levels: &mut [u32], source: u32, sink: u32, limit: i64) -> i64 {
        let mut current = self.first.clone();
        let mut way: Vec<u32> = Vec::new();
        let (mut node, mut added) = (source, 0);
        loop {
            if node == sink {
                let width = way.iter().map(|arc| left[*arc as usize]).min().unwrap_or(0);
                for arc in &way {
                    left[*arc as usize] -= width;
                    left[*arc as usize ^ 1] += width;
                }
                added += width;
                let full = way.iter().position(|arc| left[*arc as usize] == 0);
                let Some(full) = full.filter(|_| added <= limit) else { return added };
                node = self.to[way[full] as usize ^ 1];
                way.truncate(full);
                continue;
            }
            let mut arc = current[node as usize];
            while arc != NONE {
                let to = self.to[arc as usize] as usize;
                if left[arc as usize] > 0 && levels[to] != NONE && levels[to] == levels[node as usize] + 1 {
                    break;
                }
                arc = self.next[arc as usize];
            }
            current[node as usize] = arc;
            if arc != NONE {
                way.push(arc);
                node = self.to[arc as usize];
                continue;
            }
            levels[node as usize] = NONE;
            let Some(back) = way.pop() else { return added };
            node = self.to[back as usize ^ 1];
        }
    }

    /// Nodes to which more could flow from the source.
    pub fn fed(&self, left: &[i64], source: u32) -> Vec<bool> {
        self.closure(source, |arc| left[arc as usize] > 0)
    }

    /// Nodes from which more could flow to the sink.
    pub fn drained(&self, left: &[i64], sink: u32) -> Vec<bool> {
        self.closure(sink, |arc| left[arc as usize ^ 1] > 0)
    }

    fn closure(&self, start: u32, is_open: impl Fn(u32) -> bool) -> Vec<bool> {
        let mut is_in = vec![false; self.first.len()];
        is_in[start as usize] = true;
        let mut open = vec![start];
        while let Some(node) = open.pop() {
            for arc in self.arcs(node).filter(|arc| is_open(*arc)) {
                let to = self.to[arc as usize];
                if !std::mem::replace(&mut is_in[to as usize], true) {
                    open.push(to);
                }
            }
        }
        is_in
    }

    fn arcs(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        let mut arc = self.first[node as usize];
        std::iter::from_fn(move || {
            let found = (arc != NONE).then_some(arc)?;
            arc = self.next[arc as usize];
            Some(found)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::FlowNet;

    #[test]
    fn two_ways_that_share_an_arc_carry_what_it_carries() {
        let mut net = FlowNet::default();
        let [s, a, b, t] = std::array::from_fn(|_| net.node());
        for (from, to, capacity) in [(s, a, 5), (s, b, 5), (a, b, 9), (a, t, 2), (b, t, 4)] {
            net.arc(from, to, capacity);
        }
        let mut left = net.empty();
        assert_eq!(net.augment(&mut left, s, t, 100), 6);
        assert!(net.fed(&left, s)[b as usize] && !net.fed(&left, s)[t as usize]);
    }
}
