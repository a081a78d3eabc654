//! The growing tree: only its right edge is held, everything else lies in tiles that never change again.

use std::collections::BTreeMap;

use crate::hash::{Hash, root_of};
use crate::plan::{Span, span_hash};
use crate::tile::{TILE_HASHES, TileId};

/// Levels of tiles above 2^64 leaves: there is never a ninth.
const LEVELS_MAX: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    #[error("a log of {size} leaves has {expected} hashes on the right edge of tile level {level}, not {found}")]
    Edge { size: u64, level: usize, expected: usize, found: usize },
}

/// A log's tree at its right edge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    size: u64,
    /// The hashes of the partial tile at the right edge of each level; empty where the last tile is full.
    edge: Vec<Vec<Hash>>,
    /// Tiles that became full since they were last taken.
    filled: BTreeMap<TileId, Vec<Hash>>,
    /// Size when they were last taken.
    taken_at: u64,
}

impl Tree {
    /// A tree that goes on where it was left. `edge` has, for each level, the hashes of the partial tile at the right edge.
    ///
    /// # Errors
    /// When the edge does not belong to a tree of that size.
    pub fn resume(size: u64, edge: Vec<Vec<Hash>>) -> Result<Self, TreeError> {
        for level in 0..LEVELS_MAX {
            let expected = Self::edge_tile(size, level).map_or(0, |id| id.width_at(size));
            let found = edge.get(level).map_or(0, Vec::len);
            if found != expected {
                return Err(TreeError::Edge { size, level, expected, found });
            }
        }
        Ok(Self { size, edge, filled: BTreeMap::new(), taken_at: size })
    }

    /// The partial tile at the right edge of a level; `None` when the level's last tile is full or there is none.
    #[must_use]
    pub fn edge_tile(size: u64, level: usize) -> Option<TileId> {
        let level = u8::try_from(level).ok().filter(|level| usize::from(*level) < LEVELS_MAX)?;
        let hashes = size >> (u32::from(level) * 8);
        let id = TileId { level, index: hashes / TILE_HASHES as u64 };
        (!hashes.is_multiple_of(TILE_HASHES as u64)).then_some(id)
    }

    /// The tiles that `resume` wants, level by level.
    #[must_use]
    pub fn edge_tiles(size: u64) -> Vec<TileId> {
        (0..LEVELS_MAX).filter_map(|level| Self::edge_tile(size, level)).collect()
    }

    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let (mut hash, mut level, mut place) = (leaf, 0, self.size);
        self.size += 1;
        loop {
            if self.edge.len() <= level {
                self.edge.push(Vec::new());
            }
            let Some(hashes) = self.edge.get_mut(level) else { return };
            hashes.push(hash);
            if hashes.len() < TILE_HASHES {
                return;
            }
            let full = std::mem::take(hashes);
            hash = root_of(&full);
            let id = TileId { level: u8::try_from(level).unwrap_or(u8::MAX), index: place / TILE_HASHES as u64 };
            self.filled.insert(id, full);
            place /= TILE_HASHES as u64;
            level += 1;
        }
    }

    /// The tiles that grew since the last call, whole: to be stored together with what made them grow.
    pub fn take_grown(&mut self) -> BTreeMap<TileId, Vec<Hash>> {
        let mut grown = std::mem::take(&mut self.filled);
        for id in Self::edge_tiles(self.size) {
            let has_grown = id.width_at(self.size) != id.width_at(self.taken_at);
            if let Some(hashes) = self.edge.get(usize::from(id.level)).filter(|_| has_grown) {
                grown.insert(id, hashes.clone());
            }
        }
        self.taken_at = self.size;
        grown
    }

    /// Root over all leaves so far.
    #[must_use]
    pub fn root(&self) -> Hash {
        // Every peak of the tree lies on the right edge of its level, so the edge is enough.
        let edge = |id: TileId| self.edge.get(usize::from(id.level)).map(Vec::as_slice);
        let peaks = Span { start: 0, end: self.size };
        span_hash(peaks, |id| edge(id).filter(|_| Self::edge_tile(self.size, usize::from(id.level)) == Some(id)))
            .unwrap_or(crate::hash::EMPTY_ROOT)
    }
}
