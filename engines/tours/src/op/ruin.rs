//! What is taken off the tour before it is filled anew: strings of it near one place (Christiaens & Vanden Berghe 2020), everything
//! round one place, or one long piece (Shaw 1998).

#![expect(clippy::indexing_slicing, reason = "nodes index arrays that are as long as the instance")]

use super::search::Search;

impl Search<'_> {
    /// Takes about `size` nodes off and returns the node round which it was done.
    pub(super) fn ruin(&mut self, size: usize) -> u32 {
        let centre = self.rng.below(self.prizes.len()) as u32;
        let mut gone = std::mem::take(&mut self.gone);
        gone.clear();
        match self.rng.below(4) {
            0 => self.choose_round(centre, size, &mut gone),
            1 => self.choose_piece(centre, size, &mut gone),
            _ => self.choose_strings(centre, size, &mut gone),
        }
        self.take_off(&gone);
        self.gone = gone;
        centre
    }

    fn may_leave(&self, node: u32) -> bool {
        !self.is_fixed[node as usize] && self.now.tour.has(node) && self.marked_in[node as usize] != self.mark
    }

    fn choose(&mut self, node: u32, gone: &mut Vec<u32>) {
        if self.may_leave(node) {
            self.marked_in[node as usize] = self.mark;
            gone.push(node);
        }
    }

    fn choose_round(&mut self, centre: u32, size: usize, gone: &mut Vec<u32>) {
        self.mark += 1;
        self.choose(centre, gone);
        for i in 0..self.near.of_node(centre).len() {
            if gone.len() >= size {
                break;
            }
            self.choose(self.near.of_node(centre)[i], gone);
        }
    }

    fn choose_piece(&mut self, centre: u32, size: usize, gone: &mut Vec<u32>) {
        self.mark += 1;
        let tour = &self.now.tour;
        let first = std::iter::once(centre).chain(self.near.of_node(centre).iter().copied()).find(|&node| tour.has(node));
        let Some(first) = first else { return };
        let n = tour.len();
        let start = tour.place(first) + n - self.rng.below(size.min(n));
        for step in 0..size.min(n) {
            let node = self.now.tour.at((start + step) % n);
            self.choose(node, gone);
        }
    }

    fn choose_strings(&mut self, centre: u32, size: usize, gone: &mut Vec<u32>) {
        self.mark += 1;
        let n = self.now.tour.len();
        let longest = size.min(n).min(10);
        for i in 0..=self.near.of_node(centre).len() {
            if gone.len() >= size {
                break;
            }
            let node = if i == 0 { centre } else { self.near.of_node(centre)[i - 1] };
            if !self.may_leave(node) {
                continue;
            }
            let long = 1 + self.rng.below(longest);
            let start = self.now.tour.place(node) + n - self.rng.below(long);
            for step in 0..long {
                let node = self.now.tour.at((start + step) % n);
                self.choose(node, gone);
            }
        }
    }
}
