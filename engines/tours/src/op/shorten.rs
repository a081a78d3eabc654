//! Makes a tour shorter without changing whom it visits: 2-opt (Croes 1958) and Or-opt (Or 1976) over near neighbours, with a queue of
//! the nodes whose surroundings changed in place of don't-look bits (Bentley 1992).

#![expect(clippy::indexing_slicing, reason = "nodes index arrays that are as long as the instance")]

use super::search::Search;

/// The longest piece that Or-opt moves.
const PIECE_MAX: usize = 3;

/// A piece of the tour that may go elsewhere: from `first` to `last`, now between `before` and `after`.
struct Piece {
    first: u32,
    last: u32,
    before: u32,
    after: u32,
    /// What taking it out saves.
    saved: i64,
}

impl Search<'_> {
    /// Asks for another look at `node`.
    pub(super) fn look_at(&mut self, node: u32) {
        if !self.is_queued[node as usize] {
            self.is_queued[node as usize] = true;
            self.queue.push(node);
        }
    }

    /// Works the queue off.
    pub(super) fn shorten(&mut self) {
        while let Some(node) = self.queue.pop() {
            self.is_queued[node as usize] = false;
            if self.now.tour.has(node) && self.now.tour.len() >= 5 && (self.two_opt(node) || self.or_opt(node)) {
                self.look_at(node);
            }
        }
    }

    fn two_opt(&mut self, a: u32) -> bool {
        let costs = self.costs;
        for is_forward in [true, false] {
            let tour = &self.now.tour;
            let beside = |node| if is_forward { tour.next(node) } else { tour.prev(node) };
            let b = beside(a);
            let old = costs.between(a, b);
            for &c in self.near.of_node(a) {
                let new = costs.between(a, c);
                if new >= old {
                    break;
                }
                if !tour.has(c) {
                    continue;
                }
                let d = beside(c);
                let gain = old + costs.between(c, d) - new - costs.between(b, d);
                if gain > 0 {
                    let (from, to) = if is_forward { (b, c) } else { (a, d) };
                    let (from, to) = (tour.place(from), tour.place(to));
                    self.now.tour.reverse_path(from, to);
                    self.now.length -= gain;
                    [b, c, d].into_iter().for_each(|node| self.look_at(node));
                    return true;
                }
            }
        }
        false
    }

    fn or_opt(&mut self, a: u32) -> bool {
        for is_forward in [true, false] {
            let mut last = a;
            for _ in 0..PIECE_MAX {
                let tour = &self.now.tour;
                let (before, after) = if is_forward { (tour.prev(a), tour.next(last)) } else { (tour.next(a), tour.prev(last)) };
                if after == before {
                    break;
                }
                let between = |x, y| self.costs.between(x, y);
                let saved = between(before, a) + between(last, after) - between(before, after);
                if saved > 0 && self.move_piece(&Piece { first: a, last, before, after, saved }, is_forward) {
                    return true;
                }
                last = after;
            }
        }
        false
    }

    fn move_piece(&mut self, piece: &Piece, is_forward: bool) -> bool {
        let (costs, tour) = (self.costs, &self.now.tour);
        let (head, tail) = if is_forward { (piece.first, piece.last) } else { (piece.last, piece.first) };
        let (i, j) = (tour.place(head), tour.place(tail));
        // A piece across the array's end is left to a turn of the array.
        if i > j {
            return false;
        }
        for &c in self.near.of_node(piece.first) {
            let to_c = costs.between(piece.first, c);
            if to_c >= piece.saved {
                break;
            }
            if !tour.has(c) || (i..=j).contains(&tour.place(c)) {
                continue;
            }
            for e in [tour.next(c), tour.prev(c)] {
                if (i..=j).contains(&tour.place(e)) {
                    continue;
                }
                let gain = piece.saved - to_c - costs.between(piece.last, e) + costs.between(c, e);
                if gain > 0 {
                    self.put_piece(i, j, piece.first, c, e);
                    self.now.length -= gain;
                    [piece.last, piece.before, piece.after, c, e].into_iter().for_each(|node| self.look_at(node));
                    return true;
                }
            }
        }
        false
    }

    /// Puts the piece at places `i..=j` between the neighbours `c` and `e`, its node `first` beside `c`.
    fn put_piece(&mut self, i: usize, j: usize, first: u32, c: u32, e: u32) {
        let tour = &mut self.now.tour;
        let (pc, pe) = (tour.place(c), tour.place(e));
        let c_is_left = tour.next(c) == e && !(tour.next(e) == c && pc > pe);
        let left = if c_is_left { pc } else { pe };
        let size = j - i + 1;
        let start = if left > j {
            tour.rotate(i, left + 1, size);
            left + 1 - size
        } else {
            tour.rotate(left + 1, j + 1, i - left - 1);
            left + 1
        };
        if (tour.at(start) == first) != c_is_left {
            tour.reverse_range(start, start + size);
        }
    }
}
