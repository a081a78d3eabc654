//! Which hashes a root or a proof needs, and in which tiles they lie.
//!
//! A proof is a list of spans of leaves (RFC 6962 §2.1.1, §2.1.2). A span that begins on the edge of a subtree falls into
//! complete subtrees, and the root of each of those lies in one tile: whoever has the tiles can therefore answer without
//! ever holding the tree.

use std::collections::BTreeSet;

use crate::hash::{EMPTY_ROOT, Hash, node_hash};
use crate::tile::{TileId, node_hash_in, node_in_tile};

/// The leaves `start..end` of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub start: u64,
    pub end: u64,
}

/// Root of a complete subtree: the leaves `index << height .. (index + 1) << height`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Node {
    pub height: u32,
    pub index: u64,
}

impl Span {
    /// The complete subtrees of the span, from left to right; `start` must be a multiple of the largest.
    #[must_use]
    pub fn nodes(self) -> Vec<Node> {
        let (mut nodes, mut start) = (Vec::new(), self.start);
        while start < self.end {
            let height = (self.end - start).ilog2().min(start.trailing_zeros());
            nodes.push(Node { height, index: start >> height });
            start += 1 << height;
        }
        nodes
    }
}

/// Where RFC 6962 splits: the largest power of two below the number of leaves.
fn split(span: Span) -> u64 {
    let leaves = span.end - span.start;
    span.start + (1 << (leaves - 1).ilog2())
}

/// The one span of a root.
#[must_use]
pub fn root_spans(size: u64) -> Vec<Span> {
    vec![Span { start: 0, end: size }]
}

/// The spans whose hashes prove leaf `index` in the tree of `size` leaves, from the leaf's neighbour up; empty when there is
/// no such leaf.
#[must_use]
pub fn inclusion_spans(index: u64, size: u64) -> Vec<Span> {
    let (mut spans, mut within) = (Vec::new(), Span { start: 0, end: size });
    if index >= size {
        return spans;
    }
    while within.end - within.start > 1 {
        let middle = split(within);
        let (left, right) = (Span { start: within.start, end: middle }, Span { start: middle, end: within.end });
        let (next, beside) = if index < middle { (left, right) } else { (right, left) };
        spans.push(beside);
        within = next;
    }
    spans.reverse();
    spans
}

/// The spans whose hashes prove that the tree of `old` leaves begins the tree of `size` leaves; empty when `old` is 0, equal,
/// or larger.
#[must_use]
pub fn consistency_spans(old: u64, size: u64) -> Vec<Span> {
    if old == 0 || old >= size {
        return Vec::new();
    }
    let (mut spans, mut within, mut is_old_root) = (Vec::new(), Span { start: 0, end: size }, true);
    while within.end != old {
        let middle = split(within);
        let (left, right) = (Span { start: within.start, end: middle }, Span { start: middle, end: within.end });
        if old <= middle {
            spans.push(right);
            within = left;
        } else {
            spans.push(left);
            within = right;
            is_old_root = false;
        }
    }
    // The old root itself is known to whoever asks; any other subtree is not.
    if !is_old_root {
        spans.push(within);
    }
    spans.reverse();
    spans
}

/// The tiles that hold what the spans need.
#[must_use]
pub fn tiles_of(spans: &[Span]) -> Vec<TileId> {
    let tiles: BTreeSet<TileId> = spans.iter().flat_map(|span| span.nodes()).map(|node| node_in_tile(node).0).collect();
    tiles.into_iter().collect()
}

/// Hash of a span; `tile` gives the hashes of a tile, `None` when it has none. `None` when a needed tile is missing or short.
pub fn span_hash<'a>(span: Span, mut tile: impl FnMut(TileId) -> Option<&'a [Hash]>) -> Option<Hash> {
    let mut joined: Option<Hash> = None;
    // From the right: the smaller subtrees join first, as the split at powers of two demands.
    for node in span.nodes().into_iter().rev() {
        let (id, leaves) = node_in_tile(node);
        let hash = node_hash_in(tile(id)?, leaves)?;
        joined = Some(match joined {
            None => hash,
            Some(right) => node_hash(&hash, &right),
        });
    }
    Some(joined.unwrap_or(EMPTY_ROOT))
}
