//! The question, the answer, and the independent check of one against the other.

use thiserror::Error;

use crate::costs::{COST_MAX, CostError, Costs};

/// One orienteering problem (Tsiligirides 1984): from `start` to `end`, no node twice, collect as much prize as `limit` allows.
#[derive(Debug, Clone)]
pub struct Instance {
    costs: Costs,
    prizes: Vec<u32>,
    start: u32,
    end: u32,
    limit: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InstanceError {
    #[error(transparent)]
    Cost(#[from] CostError),
    #[error("{prizes} prizes for {nodes} nodes")]
    PrizeCount { prizes: usize, nodes: usize },
    #[error("the depot is node {node} of {nodes} nodes")]
    Depot { node: u32, nodes: usize },
    #[error("the limit is {limit}, outside 0..={COST_MAX}; take a coarser unit")]
    Limit { limit: i64 },
    #[error("going straight from start to end costs {cost}, above the limit of {limit}")]
    OutOfReach { cost: i64, limit: i64 },
    #[error("{nodes} nodes; the search counts to 2^24")]
    TooMany { nodes: usize },
}

impl Instance {
    /// `start == end` asks for a round trip. The prizes of both ends are collected in any case.
    ///
    /// # Errors
    /// Prizes that do not match the nodes, a depot that is no node, or a limit below the straight way.
    pub fn new(costs: Costs, prizes: Vec<u32>, start: u32, end: u32, limit: i64) -> Result<Self, InstanceError> {
        let nodes = costs.nodes();
        if nodes >= 1 << 24 {
            return Err(InstanceError::TooMany { nodes });
        }
        if prizes.len() != nodes {
            return Err(InstanceError::PrizeCount { prizes: prizes.len(), nodes });
        }
        if let Some(node) = [start, end].into_iter().find(|&node| node as usize >= nodes) {
            return Err(InstanceError::Depot { node, nodes });
        }
        if !(0..=COST_MAX).contains(&limit) {
            return Err(InstanceError::Limit { limit });
        }
        let cost = if start == end { 0 } else { costs.between(start, end) };
        if cost > limit {
            return Err(InstanceError::OutOfReach { cost, limit });
        }
        Ok(Self { costs, prizes, start, end, limit })
    }

    #[must_use]
    pub fn costs(&self) -> &Costs {
        &self.costs
    }

    #[must_use]
    pub fn prizes(&self) -> &[u32] {
        &self.prizes
    }

    #[must_use]
    pub fn start(&self) -> u32 {
        self.start
    }

    #[must_use]
    pub fn end(&self) -> u32 {
        self.end
    }

    #[must_use]
    pub fn limit(&self) -> i64 {
        self.limit
    }

    #[must_use]
    pub fn nodes(&self) -> usize {
        self.prizes.len()
    }

    #[must_use]
    pub fn is_round_trip(&self) -> bool {
        self.start == self.end
    }

    /// Prize and cost of a walk, counted afresh from its nodes and nothing else.
    ///
    /// # Errors
    /// The first rule that the walk breaks.
    pub fn judge(&self, walk: &[u32]) -> Result<Judged, WalkError> {
        if walk.first() != Some(&self.start) || walk.last() != Some(&self.end) {
            return Err(WalkError::Ends);
        }
        let counted = if self.is_round_trip() && walk.len() > 1 { walk.len() - 1 } else { walk.len() };
        let mut is_visited = vec![false; self.nodes()];
        let mut prize = 0;
        for &node in walk.iter().take(counted) {
            let seen = is_visited.get_mut(node as usize).ok_or(WalkError::NoSuchNode { node })?;
            if std::mem::replace(seen, true) {
                return Err(WalkError::Twice { node });
            }
            prize += self.prizes.get(node as usize).copied().map_or(0, u64::from);
        }
        let cost = walk.windows(2).map(|pair| if let &[a, b] = pair { self.costs.between(a, b) } else { 0 }).sum();
        if cost > self.limit {
            return Err(WalkError::TooLong { cost, limit: self.limit });
        }
        Ok(Judged { prize, cost })
    }
}

/// What a lawful walk collects and costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    pub prize: u64,
    pub cost: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WalkError {
    #[error("the walk does not go from the start to the end")]
    Ends,
    #[error("node {node} is not in the instance")]
    NoSuchNode { node: u32 },
    #[error("node {node} is visited twice")]
    Twice { node: u32 },
    #[error("the walk costs {cost}, above the limit of {limit}")]
    TooLong { cost: i64, limit: i64 },
}

/// A lawful walk: `start`, the visited nodes in order, `end` (which repeats the start on a round trip).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    pub nodes: Vec<u32>,
    pub prize: u64,
    pub cost: i64,
}
