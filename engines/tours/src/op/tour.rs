//! A closed tour over some of the nodes, as an array with every node's place in it.
//!
//! Insertion, removal and reversal move at most the whole array. For the tours here (up to a few thousand nodes) that is one to three
//! microseconds of memory copying, which linked and two-level lists only beat on longer ones.

#![expect(clippy::indexing_slicing, reason = "places and nodes are kept in step by this file alone; the hot loops index")]

/// The place of a node that is not on the tour.
const ABSENT: u32 = u32::MAX;

#[derive(Debug, Clone)]
pub(super) struct Tour {
    order: Vec<u32>,
    place: Vec<u32>,
}

impl Tour {
    pub fn of(order: Vec<u32>, nodes: usize) -> Self {
        let mut tour = Self { order, place: vec![ABSENT; nodes] };
        tour.renumber(0, tour.order.len());
        tour
    }

    pub fn copy_from(&mut self, other: &Self) {
        self.order.clear();
        self.order.extend_from_slice(&other.order);
        self.place.copy_from_slice(&other.place);
    }

    pub fn len(&self) -> usize {
        self.order.len()
    }

    pub fn order(&self) -> &[u32] {
        &self.order
    }

    #[inline]
    pub fn has(&self, node: u32) -> bool {
        self.place[node as usize] != ABSENT
    }

    #[inline]
    pub fn place(&self, node: u32) -> usize {
        self.place[node as usize] as usize
    }

    #[inline]
    pub fn at(&self, place: usize) -> u32 {
        self.order[place]
    }

    #[inline]
    pub fn next(&self, node: u32) -> u32 {
        let place = self.place(node) + 1;
        self.order[if place == self.order.len() { 0 } else { place }]
    }

    #[inline]
    pub fn prev(&self, node: u32) -> u32 {
        let place = self.place(node);
        self.order[if place == 0 { self.order.len() - 1 } else { place - 1 }]
    }

    pub fn insert_after(&mut self, node: u32, before: u32) {
        let place = self.place(before) + 1;
        self.order.insert(place, node);
        self.renumber(place, self.order.len());
    }

    /// Takes out every node of `gone` in one pass; nodes that are not on the tour are passed over.
    pub fn remove_all(&mut self, gone: &[u32]) {
        let mut first = self.order.len();
        for &node in gone {
            if self.has(node) {
                first = first.min(self.place(node));
                self.place[node as usize] = ABSENT;
            }
        }
        let mut kept = first;
        for i in first..self.order.len() {
            let node = self.order[i];
            if self.place[node as usize] != ABSENT {
                self.order[kept] = node;
                self.place[node as usize] = kept as u32;
                kept += 1;
            }
        }
        self.order.truncate(kept);
    }

    /// Reverses the path from place `from` forward to place `to` (round the end if `to < from`), or, which is the same cycle, the rest.
    pub fn reverse_path(&mut self, from: usize, to: usize) {
        let n = self.order.len();
        let inner = if to >= from { to - from + 1 } else { to + n - from + 1 };
        let (mut i, mut j, steps) = if inner * 2 <= n {
            (from, to, inner / 2)
        } else {
            (if to + 1 == n { 0 } else { to + 1 }, if from == 0 { n - 1 } else { from - 1 }, (n - inner) / 2)
        };
        for _ in 0..steps {
            self.order.swap(i, j);
            self.place[self.order[i] as usize] = i as u32;
            self.place[self.order[j] as usize] = j as u32;
            i = if i + 1 == n { 0 } else { i + 1 };
            j = if j == 0 { n - 1 } else { j - 1 };
        }
    }

    /// Turns the places `from..to` left by `by`, so that what stood at `from + by` stands first.
    pub fn rotate(&mut self, from: usize, to: usize, by: usize) {
        self.order[from..to].rotate_left(by);
        self.renumber(from, to);
    }

    pub fn reverse_range(&mut self, from: usize, to: usize) {
        self.order[from..to].reverse();
        self.renumber(from, to);
    }

    fn renumber(&mut self, from: usize, to: usize) {
        for (i, &node) in self.order[from..to].iter().enumerate() {
            self.place[node as usize] = (from + i) as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Tour;

    fn edges(tour: &Tour) -> Vec<(u32, u32)> {
        let mut edges: Vec<_> = tour.order().iter().map(|&a| (a.min(tour.next(a)), a.max(tour.next(a)))).collect();
        edges.sort_unstable();
        edges
    }

    proptest! {
        #[test]
        fn a_reversed_path_changes_the_two_edges_at_its_ends_and_no_other(n in 4usize..30, from in 0usize..30, to in 0usize..30) {
            let (from, to) = (from % n, to % n);
            let mut tour = Tour::of((0..n as u32).collect(), n);
            let (a, b) = (tour.at(from), tour.at(to));
            let (before, after) = (tour.prev(a), tour.next(b));
            let mut expected = edges(&tour);
            if before != b && after != a {
                for gone in [(before.min(a), before.max(a)), (b.min(after), b.max(after))] {
                    let i = expected.iter().position(|&edge| edge == gone).expect("an edge of the tour");
                    expected.swap_remove(i);
                }
                expected.extend([(before.min(b), before.max(b)), (a.min(after), a.max(after))]);
                expected.sort_unstable();
            }
            tour.reverse_path(from, to);
            prop_assert_eq!(edges(&tour), expected);
            for (i, &node) in tour.order().iter().enumerate() {
                prop_assert_eq!(tour.place(node), i);
            }
        }

        #[test]
        fn removal_keeps_the_order_of_the_rest(gone in proptest::collection::vec(0u32..20, 0..10)) {
            let mut tour = Tour::of((0..20).collect(), 20);
            tour.remove_all(&gone);
            let kept: Vec<u32> = (0..20).filter(|node| !gone.contains(node)).collect();
            prop_assert_eq!(tour.order(), &kept[..]);
            prop_assert!(gone.iter().all(|&node| !tour.has(node)));
        }
    }
}
