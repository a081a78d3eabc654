//! A log in memory: the tree and the tiles that were stored as it grew.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;

use shouhu_tlog::{Hash, Span, TileId, Tree, consistency_spans, inclusion_spans, leaf_hash, root_spans, span_hash};

#[derive(Debug, Clone, Default)]
pub struct Log {
    pub tree: Tree,
    pub tiles: BTreeMap<TileId, Vec<Hash>>,
}

impl Log {
    pub fn of(entries: &[Vec<u8>]) -> Self {
        let mut log = Self::default();
        for entry in entries {
            log.push(entry);
        }
        log
    }

    pub fn push(&mut self, entry: &[u8]) {
        self.tree.push(leaf_hash(entry));
        self.tiles.extend(self.tree.take_grown());
    }

    pub fn hashes(&self, spans: &[Span]) -> Option<Vec<Hash>> {
        spans.iter().map(|span| span_hash(*span, |id| self.tiles.get(&id).map(Vec::as_slice))).collect()
    }

    /// Root of the first `size` leaves, from the tiles alone.
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        self.hashes(&root_spans(size))?.first().copied()
    }

    pub fn inclusion(&self, index: u64, size: u64) -> Vec<Hash> {
        self.hashes(&inclusion_spans(index, size)).expect("every tile is there")
    }

    pub fn consistency(&self, old: u64, size: u64) -> Vec<Hash> {
        self.hashes(&consistency_spans(old, size)).expect("every tile is there")
    }
}
