//! Puts nodes on the tour: the most prize for the least detour first, while the limit allows; and takes the poorest bargains off.

#![expect(clippy::indexing_slicing, reason = "nodes index arrays that are as long as the instance")]

use std::collections::BinaryHeap;

use super::search::Search;

/// How many visited neighbours a node looks at for a way onto the tour.
const DOORS: usize = 5;
/// Up to this many nodes a tour is looked at as a whole.
const SMALL_TOUR: usize = 12;
/// In place of a node to keep.
pub(super) const NO_NODE: u32 = u32::MAX;
/// Up to this many candidates are scanned for the best; of more, a heap keeps it.
const SCANNED_MAX: usize = 400;
/// So many places of a tour are looked at for the poorest bargain, from a random one on, once the search is under way.
pub(super) const WINDOW: usize = 1_000;
/// The cost of a way onto the tour that was not found.
const NO_WAY: i64 = i64::MAX / 4;

/// A node that may come onto the tour, and its cheapest way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    node: u32,
    after: u32,
    cost: i64,
    /// Prize with this round's noise.
    worth: f64,
    /// Worth per detour.
    score: f64,
}

impl Candidate {
    fn set(&mut self, cost: i64, after: u32) {
        self.cost = cost;
        self.after = after;
        self.score = self.worth / (cost as f64).max(0.1);
    }
}

/// Nodes in a row on the tour.
#[derive(Debug, Clone, Copy)]
struct Piece {
    start: usize,
    size: usize,
    /// What passing over them saves, and that per prize.
    saved: i64,
    rate: f64,
}

impl Search<'_> {
    /// The cheapest way onto the tour for `node`: its detour and the node to follow.
    fn cheapest_way(&self, node: u32) -> (i64, u32) {
        let (costs, tour) = (self.costs, &self.now.tour);
        if tour.len() <= SMALL_TOUR {
            return self.cheapest_of_all(node);
        }
        let mut best = (NO_WAY, 0);
        let mut doors = 0;
        for &v in self.near.of_node(node) {
            if !tour.has(v) {
                continue;
            }
            let to_v = costs.between(node, v);
            let (before, after) = (tour.prev(v), tour.next(v));
            let first = to_v + costs.between(node, after) - costs.between(v, after);
            if first < best.0 {
                best = (first, v);
            }
            let second = to_v + costs.between(node, before) - costs.between(before, v);
            if second < best.0 {
                best = (second, before);
            }
            doors += 1;
            if doors == DOORS {
                break;
            }
        }
        best
    }

    fn cheapest_of_all(&self, node: u32) -> (i64, u32) {
        let (costs, tour) = (self.costs, &self.now.tour);
        let way = |&a: &u32| {
            let b = tour.next(a);
            (costs.between(a, node) + costs.between(node, b) - costs.between(a, b), a)
        };
        tour.order().iter().map(way).min().unwrap_or((NO_WAY, 0))
    }

    /// Makes `node` a candidate of this round, if it is off the tour, worth something and not one already.
    pub(super) fn propose(&mut self, node: u32, noise: f64) {
        let prize = self.prizes[node as usize];
        if prize == 0 || self.proposed_in[node as usize] == self.round || self.now.tour.has(node) {
            return;
        }
        self.proposed_in[node as usize] = self.round;
        let worth = f64::from(prize) * (1.0 - noise * self.rng.unit());
        self.candidates.push(Candidate { node, after: 0, cost: NO_WAY, worth, score: 0.0 });
    }

    pub(super) fn propose_all(&mut self, noise: f64) {
        (0..self.prizes.len() as u32).for_each(|node| self.propose(node, noise));
    }

    /// Inserts candidates, best bargain first, while the tour stays within its limit plus `excess`.
    pub(super) fn fill(&mut self, excess: i64) {
        let mut candidates = std::mem::take(&mut self.candidates);
        for candidate in &mut candidates {
            let (cost, after) = self.cheapest_way(candidate.node);
            candidate.set(cost, after);
        }
        if candidates.len() > SCANNED_MAX {
            self.fill_by_heap(&mut candidates, excess);
            candidates.clear();
        }
        loop {
            let room = self.limit + excess - self.now.length;
            let mut chosen: Option<(usize, f64)> = None;
            for (i, candidate) in candidates.iter().enumerate() {
                if candidate.cost <= room && chosen.is_none_or(|(_, score)| candidate.score > score) {
                    chosen = Some((i, candidate.score));
                }
            }
            let Some((i, _)) = chosen else { break };
            let Candidate { node, after, cost, .. } = candidates.swap_remove(i);
            self.put_on(node, after, cost);
            self.renew(&mut candidates, node, after);
        }
        candidates.clear();
        self.candidates = candidates;
        self.round += 1;
    }

    /// The same for many candidates: a heap in place of the scan, and of the candidates only the new node's neighbours hear of its edges.
    fn fill_by_heap(&mut self, candidates: &mut [Candidate], excess: i64) {
        let mut index_of = vec![u32::MAX; self.prizes.len()];
        (0..).zip(candidates.iter()).for_each(|(i, candidate)| index_of[candidate.node as usize] = i);
        // Scores are not negative, so their bits order as they do.
        let mut heap: BinaryHeap<(u64, u32)> =
            (0..).zip(candidates.iter()).map(|(i, candidate)| (candidate.score.to_bits(), i)).collect();
        while let Some((bits, i)) = heap.pop() {
            let candidate = &mut candidates[i as usize];
            let node = candidate.node;
            if bits != candidate.score.to_bits() || candidate.cost == NO_WAY || self.now.tour.has(node) {
                continue;
            }
            let (before, after) = (candidate.after, self.now.tour.next(candidate.after));
            let costs = self.costs;
            let cost = costs.between(before, node) + costs.between(node, after) - costs.between(before, after);
            if cost != candidate.cost {
                let (cost, after) = self.cheapest_way(node);
                candidate.set(cost, after);
                heap.push((candidate.score.to_bits(), i));
                continue;
            }
            if cost > self.limit + excess - self.now.length {
                continue;
            }
            self.put_on(node, before, cost);
            let (first, second) = (costs.between(before, node), costs.between(node, after));
            for &near in self.near.of_node(node) {
                let Some(candidate) = candidates.get_mut(index_of[near as usize] as usize) else { continue };
                let to_node = costs.between(node, near);
                let ways = [
                    (to_node + costs.between(before, near) - first, before),
                    (to_node + costs.between(after, near) - second, node),
                ];
                let (way, behind) = ways[0].min(ways[1]);
                if way < candidate.cost && !self.now.tour.has(near) {
                    candidate.set(way, behind);
                    heap.push((candidate.score.to_bits(), index_of[near as usize]));
                }
            }
        }
    }

    fn put_on(&mut self, node: u32, after: u32, cost: i64) {
        self.now.tour.insert_after(node, after);
        self.now.length += cost;
        self.now.prize += i64::from(self.prizes[node as usize]);
        self.look_at(node);
        let (before, next) = (self.now.tour.prev(node), self.now.tour.next(node));
        self.look_at(before);
        self.look_at(next);
    }

    /// Brings the candidates' ways up to date after `node` came onto the tour behind `before`.
    fn renew(&self, candidates: &mut [Candidate], node: u32, before: u32) {
        let costs = self.costs;
        let after = self.now.tour.next(node);
        let (first, second) = (costs.between(before, node), costs.between(node, after));
        for candidate in candidates {
            if candidate.after == before && candidate.cost != NO_WAY {
                let (cost, after) = self.cheapest_way(candidate.node);
                candidate.set(cost, after);
                continue;
            }
            let to_node = costs.between(node, candidate.node);
            let way = to_node + costs.between(before, candidate.node) - first;
            if way < candidate.cost {
                candidate.set(way, before);
            }
            let way = to_node + costs.between(after, candidate.node) - second;
            if way < candidate.cost {
                candidate.set(way, node);
            }
        }
    }

    /// Puts `node` on the tour at its cheapest way whatever the limit says.
    pub(super) fn force(&mut self, node: u32) {
        if self.now.tour.has(node) {
            return;
        }
        let (mut cost, mut after) = self.cheapest_way(node);
        if cost == NO_WAY {
            // None of its neighbours is visited: a far cluster, to which only a look at the whole tour finds the way.
            (cost, after) = self.cheapest_of_all(node);
        }
        self.put_on(node, after, cost);
    }

    /// Takes the poorest bargains off (least prize, with noise, for the most cost saved) until the limit holds; never `kept` if
    /// another will do. Looks at `width` places at a time.
    pub(super) fn drop_poorest(&mut self, kept: u32, noise: f64, width: usize) {
        let mut dry = 0;
        while self.now.length > self.limit && dry < 3 {
            let n = self.now.tour.len();
            let first = if width < n { self.rng.below(n) } else { 0 };
            let mut poorest: Option<(f64, u32)> = None;
            for step in 0..width.min(n) {
                let at = if first + step >= n { first + step - n } else { first + step };
                let node = self.now.tour.at(at);
                if !self.is_fixed[node as usize] && node != kept {
                    let saved = self.saved_without(node);
                    let worth = f64::from(self.prizes[node as usize]) * (1.0 - noise * self.rng.unit());
                    let bargain = worth / (saved as f64).max(0.1);
                    if poorest.is_none_or(|(least, _)| bargain < least) {
                        poorest = Some((bargain, node));
                    }
                }
            }
            match poorest {
                Some((_, node)) => {
                    self.take_off(&[node]);
                    self.shorten();
                }
                None => dry += 1,
            }
        }
        if self.now.length > self.limit && kept != NO_NODE && self.now.tour.has(kept) {
            self.take_off(&[kept]);
        }
    }

    /// What the tour saves when it passes one node over.
    #[inline]
    fn saved_without(&self, node: u32) -> i64 {
        let (costs, tour) = (self.costs, &self.now.tour);
        let (before, after) = (tour.prev(node), tour.next(node));
        costs.between(before, node) + costs.between(node, after) - costs.between(before, after)
    }

    /// Takes off the contiguous piece of up to `longest` nodes that brings the tour within its limit for the least prize, or, where
    /// none does, some of those that save most per prize, and goes on.
    pub(super) fn drop_pieces(&mut self, longest: usize) {
        while self.now.length > self.limit {
            let excess = self.now.length - self.limit;
            let (enough, mut pieces) = self.poorest_pieces(longest, excess);
            if let Some(piece) = enough {
                pieces = vec![piece];
            }
            pieces.sort_unstable_by(|a, b| b.rate.total_cmp(&a.rate));
            // One at a time judges best; on a long tour that would take a pass over it for every node.
            let at_once = 1 + self.now.tour.len() / 150;
            self.mark += 1;
            let (mut gone, mut taken, mut saved) = (Vec::new(), 0, 0);
            for piece in &pieces {
                if taken == at_once || (saved >= excess && taken > 0) {
                    break;
                }
                let n = self.now.tour.len();
                let nodes: Vec<u32> = (0..piece.size).map(|i| self.now.tour.at((piece.start + i) % n)).collect();
                if nodes.iter().all(|&node| self.marked_in[node as usize] != self.mark) {
                    nodes.iter().for_each(|&node| self.marked_in[node as usize] = self.mark);
                    gone.extend(nodes);
                    taken += 1;
                    saved += piece.saved;
                }
            }
            if gone.is_empty() {
                break;
            }
            self.take_off(&gone);
            self.shorten();
        }
    }

    /// The piece that saves `excess` for the least prize, if one does; and for each place the piece from there that saves most per prize.
    fn poorest_pieces(&self, longest: usize, excess: i64) -> (Option<Piece>, Vec<Piece>) {
        let (costs, order) = (self.costs, self.now.tour.order());
        let n = order.len();
        let mut enough: Option<(f64, Piece)> = None;
        let mut pieces = Vec::with_capacity(n);
        for start in 0..n {
            let before = order[if start == 0 { n - 1 } else { start - 1 }];
            let (mut prize, mut at) = (0.0, start);
            let mut path = costs.between(before, order[start]);
            let mut best: Option<Piece> = None;
            for size in 1..=longest.min(n - 1) {
                let node = order[at];
                if self.is_fixed[node as usize] {
                    break;
                }
                at = if at + 1 == n { 0 } else { at + 1 };
                path += costs.between(node, order[at]);
                prize += f64::from(self.prizes[node as usize]);
                let saved = path - costs.between(before, order[at]);
                let piece = Piece { start, size, saved, rate: saved as f64 / (prize + 0.1) };
                if saved >= excess {
                    if enough.as_ref().is_none_or(|(least, _)| prize < *least) {
                        enough = Some((prize, piece));
                    }
                    break;
                }
                if saved > 0 && best.as_ref().is_none_or(|best| piece.rate > best.rate) {
                    best = Some(piece);
                }
            }
            pieces.extend(best);
        }
        (enough.map(|(_, piece)| piece), pieces)
    }

    /// Takes nodes off the tour, the ends excepted, and keeps the sums.
    pub(super) fn take_off(&mut self, gone: &[u32]) {
        for &node in gone {
            debug_assert!(!self.is_fixed[node as usize]);
            self.now.prize -= i64::from(self.prizes[node as usize]);
        }
        self.now.length -= self.length_through(gone);
        for &node in gone {
            let (before, after) = (self.now.tour.prev(node), self.now.tour.next(node));
            self.look_at(before);
            self.look_at(after);
        }
        self.now.tour.remove_all(gone);
    }

    /// What the tour saves by passing over `gone`, whose neighbours on the tour may be gone too.
    fn length_through(&mut self, gone: &[u32]) -> i64 {
        let (costs, tour) = (self.costs, &self.now.tour);
        self.leaving.clear();
        self.leaving.extend(gone.iter().map(|&node| tour.place(node)));
        self.leaving.sort_unstable();
        let n = tour.len();
        let at = |place: usize| tour.at(if place >= n { place - n } else { place });
        let mut saved = 0;
        let mut i = 0;
        // A run of gone nodes that crosses the array's end is counted from where it starts.
        let wraps = self.leaving.first() == Some(&0) && self.leaving.last() == Some(&(n - 1));
        let mut skip_front = 0;
        if wraps {
            while self.leaving.get(skip_front) == Some(&skip_front) {
                skip_front += 1;
            }
            i = skip_front;
        }
        while i < self.leaving.len() {
            let first = self.leaving[i];
            let mut last = first;
            while i + 1 < self.leaving.len() && self.leaving[i + 1] == last + 1 {
                i += 1;
                last += 1;
            }
            if wraps && last == n - 1 {
                last += skip_front;
            }
            let before = at(if first == 0 { n - 1 } else { first - 1 });
            let path: i64 = (first..=last).map(|place| costs.between(at(place), at(place + 1))).sum();
            saved += costs.between(before, at(first)) + path - costs.between(before, at(last + 1));
            i += 1;
        }
        saved
    }
}
