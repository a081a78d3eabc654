//! Roads that are closed right now.

use crate::access::DirectedEdge;
use crate::network::{EdgeId, NodeId, RoadNetwork};

/// Directed edges that may not be driven through, effective from the next query: nothing is prepared again.
///
/// A closed road may still be left by one who stands on it, and reached as the end of a route: the scene of an accident
/// is closed, and it is where the unit must go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Closures {
    /// One bit per directed edge.
    words: Vec<u64>,
    count: usize,
}

impl Closures {
    #[must_use]
    pub const fn none() -> Self {
        Self { words: Vec::new(), count: 0 }
    }

    /// Closes an edge in both directions.
    pub fn close(&mut self, edge: EdgeId) {
        for is_forward in [true, false] {
            self.close_direction(DirectedEdge { edge, is_forward });
        }
    }

    pub fn close_direction(&mut self, road: DirectedEdge) {
        let (word, bit) = place_of(road);
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        if let Some(bits) = self.words.get_mut(word) {
            self.count += usize::from(*bits & bit == 0);
            *bits |= bit;
        }
    }

    /// Closes every edge of a junction.
    pub fn close_junction(&mut self, network: &RoadNetwork, node: NodeId) {
        for (id, _) in network.edge_ids().filter(|(_, edge)| edge.from == node || edge.to == node) {
            self.close(id);
        }
    }

    /// Opens an edge in both directions.
    pub fn open(&mut self, edge: EdgeId) {
        for is_forward in [true, false] {
            let (word, bit) = place_of(DirectedEdge { edge, is_forward });
            if let Some(bits) = self.words.get_mut(word) {
                self.count -= usize::from(*bits & bit != 0);
                *bits &= !bit;
            }
        }
    }

    #[must_use]
    pub fn contains(&self, road: DirectedEdge) -> bool {
        let (word, bit) = place_of(road);
        self.words.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// How many directed edges are closed.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

const fn place_of(road: DirectedEdge) -> (usize, u64) {
    let number = road.number();
    (number as usize / 64, 1 << (number % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_opened_again_is_as_if_never_closed() {
        let mut closures = Closures::none();
        let road = DirectedEdge { edge: EdgeId(77), is_forward: false };
        closures.close_direction(road);
        closures.close_direction(road);
        assert_eq!((closures.len(), closures.contains(road), closures.contains(road.reversed())), (1, true, false));
        closures.close(EdgeId(77));
        assert_eq!(closures.len(), 2);
        closures.open(EdgeId(77));
        closures.open(EdgeId(9_999));
        assert!(closures.is_empty() && !closures.contains(road));
    }
}
