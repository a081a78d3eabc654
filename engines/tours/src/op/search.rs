//! Ruin and recreate under simulated annealing: the loop, what it accepts, and what it remembers.

#![expect(clippy::indexing_slicing, reason = "nodes index arrays that are as long as the instance")]

use super::neighbours::Neighbours;
use super::recreate::{Candidate, NO_NODE, WINDOW};
use super::tour::Tour;
use crate::budget::Budget;
use crate::costs::{COST_MAX, Costs};
use crate::rng::Rng;

/// Nodes looked at for a piece to drop: all pieces up to a hundred nodes on tours of a few hundred, shorter ones on longer tours.
const PIECE_LOOKS: usize = 40_000;
/// Steps between two looks at the budget.
const STEPS_PER_LOOK: u64 = 64;

/// How [`solve`] searches. The defaults were measured on OPLib's nodes under three kinds of prizes; see the README.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// How many near neighbours of each node are looked at.
    pub neighbours: usize,
    /// The mean number of nodes that one step takes off.
    pub ruined: usize,
    /// First and last temperature of each cooling, in mean prizes of a node.
    pub heat: (f64, f64),
    /// What cost left over is worth, as a share of what the tour earns per unit of cost.
    pub slack_worth: f64,
    /// How far chance may lower a node's worth in one step, 0 to 1.
    pub noise: f64,
    /// Share of the steps that force one node onto the tour, and of those that force a whole neighbourhood.
    pub forced: f64,
    pub swapped: f64,
    /// Searches from different first tours, and the share of the budget that they have together.
    pub starts: usize,
    pub start_share: f64,
    /// Coolings from the best walk in the rest of the budget.
    pub coolings: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            neighbours: 24,
            ruined: 8,
            heat: (1.0, 0.05),
            slack_worth: 0.5,
            noise: 0.5,
            forced: 0.2,
            swapped: 0.03,
            starts: 4,
            start_share: 0.4,
            coolings: 3,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct State {
    pub tour: Tour,
    pub prize: i64,
    pub length: i64,
}

impl State {
    fn copy_from(&mut self, other: &Self) {
        self.tour.copy_from(&other.tour);
        self.prize = other.prize;
        self.length = other.length;
    }
}

pub(super) struct Search<'a> {
    pub costs: &'a Costs,
    pub prizes: &'a [u32],
    /// Nodes that never leave the tour: the ends, and the gate of a path.
    pub is_fixed: Vec<bool>,
    pub limit: i64,
    pub near: Neighbours,
    pub rng: Rng,
    pub now: State,
    pub queue: Vec<u32>,
    pub is_queued: Vec<bool>,
    pub candidates: Vec<Candidate>,
    pub proposed_in: Vec<u32>,
    pub round: u32,
    pub gone: Vec<u32>,
    pub leaving: Vec<usize>,
    pub marked_in: Vec<u32>,
    pub mark: u32,
    mean_prize: f64,
    settings: Settings,
}

impl<'a> Search<'a> {
    pub fn new(costs: &'a Costs, prizes: &'a [u32], limit: i64, order: Vec<u32>, settings: &Settings, seed: u64) -> Self {
        let nodes = prizes.len();
        let mut is_fixed = vec![false; nodes];
        order.iter().for_each(|&node| is_fixed[node as usize] = true);
        let prize = order.iter().map(|&node| i64::from(prizes[node as usize])).sum();
        let tour = Tour::of(order, nodes);
        let length = tour.order().iter().map(|&node| costs.between(node, tour.next(node))).sum();
        Self {
            costs,
            prizes,
            is_fixed,
            limit,
            near: Neighbours::of(costs, settings.neighbours),
            rng: Rng::seeded(seed),
            now: State { tour, prize, length },
            queue: Vec::new(),
            is_queued: vec![false; nodes],
            candidates: Vec::new(),
            proposed_in: vec![0; nodes],
            round: 1,
            gone: Vec::new(),
            leaving: Vec::new(),
            marked_in: vec![0; nodes],
            mark: 1,
            mean_prize: prizes.iter().map(|&prize| f64::from(prize)).sum::<f64>() / nodes as f64,
            settings: *settings,
        }
    }

    /// A first tour of one of several makes, since what one search starts with it seldom leaves on clustered ground.
    pub fn construct(&mut self, make: usize) {
        self.clear();
        match make {
            // Grows from the depot, best bargain first.
            0 => {
                self.propose_all(0.0);
                self.fill(0);
            }
            // A tour over all, then the poorest bargains off: by pieces, or one by one.
            1 | 2 => {
                self.propose_all(0.0);
                self.fill(COST_MAX);
                self.shorten();
            }
            // A tour over a random half.
            _ => {
                let share = 0.3 + 0.6 * self.rng.unit();
                for node in 0..self.prizes.len() as u32 {
                    if self.rng.unit() < share {
                        self.propose(node, 0.9);
                    }
                }
                self.fill(COST_MAX);
                self.shorten();
            }
        }
        if make % 2 == 1 {
            self.drop_pieces(50);
        }
        self.drop_poorest(NO_NODE, 0.0, usize::MAX);
        for i in 0..self.now.tour.len() {
            self.look_at(self.now.tour.at(i));
        }
        self.top_up();
    }

    fn clear(&mut self) {
        let gone: Vec<u32> = self.now.tour.order().iter().copied().filter(|&node| !self.is_fixed[node as usize]).collect();
        self.take_off(&gone);
    }

    /// Shortens, and fills from everywhere, until neither helps.
    fn top_up(&mut self) {
        loop {
            self.shorten();
            let prize = self.now.prize;
            self.propose_all(0.0);
            self.fill(0);
            if self.now.prize == prize {
                break;
            }
        }
    }

    pub fn run(&mut self, budget: &mut dyn Budget) -> Vec<u32> {
        let mut back = self.now.clone();
        let mut best = self.now.clone();
        let mut stage = 0;
        let (mut heat, mut slack_value) = (0.0, 0.0);
        for iteration in 0u64.. {
            if iteration % STEPS_PER_LOOK == 0 {
                let spent = budget.spent(iteration);
                if spent >= 1.0 {
                    break;
                }
                let (current, along) = self.stage(spent);
                if current > stage {
                    stage = current;
                    self.begin_stage(stage, &best);
                    back.copy_from(&self.now);
                }
                let (hot, cold) = self.settings.heat;
                heat = self.mean_prize * hot * (cold / hot).powf(along);
                slack_value = self.settings.slack_worth * best.prize as f64 / self.limit.max(1) as f64;
            }
            self.step();
            let value = |state: &State| state.prize as f64 - slack_value * state.length as f64;
            let gain = value(&self.now) - value(&back);
            if self.now.prize > best.prize || (self.now.prize == best.prize && self.now.length < best.length) {
                self.top_up();
                best.copy_from(&self.now);
                back.copy_from(&self.now);
            } else if gain >= 0.0 || self.rng.unit() < (gain / heat).exp() {
                back.copy_from(&self.now);
            } else {
                self.now.copy_from(&back);
            }
        }
        best.tour.order().to_vec()
    }

    /// Which of the starts and coolings the search is in, and how far along it.
    fn stage(&self, spent: f64) -> (usize, f64) {
        let Settings { starts, start_share, coolings, .. } = self.settings;
        let stages = if spent < start_share {
            starts as f64 * spent / start_share
        } else {
            starts as f64 + coolings as f64 * (spent - start_share) / (1.0 - start_share)
        };
        (stages as usize, stages.fract())
    }

    fn begin_stage(&mut self, stage: usize, best: &State) {
        if stage < self.settings.starts {
            self.construct(stage);
        } else {
            self.now.copy_from(best);
        }
        // Or-opt leaves a piece across the array's end alone; another end each time lets none stay.
        let n = self.now.tour.len();
        let turn = self.rng.below(n);
        self.now.tour.rotate(0, n, turn);
    }

    fn step(&mut self) {
        let noise = self.settings.noise;
        if self.rng.unit() < self.settings.forced {
            let node = self.rng.below(self.prizes.len()) as u32;
            if self.now.tour.has(node) || self.prizes[node as usize] == 0 {
                return;
            }
            self.force(node);
            self.shorten();
            self.drop_poorest(node, noise, WINDOW);
            self.propose_round(node, noise);
            self.fill(0);
            self.shorten();
            return;
        }
        if self.rng.unit() < self.settings.swapped {
            self.swap_regions(noise);
            return;
        }
        let size = 1 + self.rng.below(self.settings.ruined * 2);
        let centre = self.ruin(size);
        if self.rng.below(2) == 0 {
            self.shorten();
        }
        self.propose_round(centre, noise);
        for i in 0..self.gone.len() {
            self.propose_round(self.gone[i], noise);
        }
        self.fill(0);
        self.shorten();
        if self.now.length < self.limit {
            self.propose_round(centre, noise);
            let elsewhere = self.rng.below(self.prizes.len()) as u32;
            self.propose_round(elsewhere, noise);
            self.fill(0);
            self.shorten();
        }
    }

    /// Forces a whole neighbourhood onto the tour and pays with the cheapest piece of it.
    fn swap_regions(&mut self, noise: f64) {
        let centre = self.rng.below(self.prizes.len()) as u32;
        self.force(centre);
        self.propose_round(centre, noise);
        let reach = self.rng.below(self.near.of_node(centre).len() + 1);
        for i in 0..reach {
            let node = self.near.of_node(centre)[i];
            self.propose_round(node, noise);
        }
        let room = (self.now.length - self.limit).max(0);
        let excess = (self.rng.unit() * self.rng.unit() * 0.3 * self.limit as f64) as i64;
        self.fill(room + excess);
        self.shorten();
        self.drop_pieces((PIECE_LOOKS / self.now.tour.len()).clamp(4, 100));
        self.propose_all(noise);
        self.fill(0);
        self.shorten();
    }

    fn propose_round(&mut self, centre: u32, noise: f64) {
        self.propose(centre, noise);
        for i in 0..self.near.of_node(centre).len() {
            self.propose(self.near.of_node(centre)[i], noise);
        }
    }
}
