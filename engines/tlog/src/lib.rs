//! A log that nobody can quietly change: Merkle trees, tiles, signed tree heads, witnesses and proofs.
//!
//! | word | meaning |
//! |---|---|
//! | leaf 葉 | one entry's hash; the log is the sequence of its leaves |
//! | root 根 | one hash that stands for all leaves up to a size |
//! | tile 圖磚 | up to 256 neighbouring hashes of one level, stored together |
//! | checkpoint 檢查點 | origin, size and root, signed by the log |
//! | witness 見證人 | who signs a checkpoint too, after it saw that nothing of the past was changed |
//! | proof 證明 | the few hashes that lead from one leaf to a root, or from an old root to a new one |
//!
//! Written from RFC 6962 §2.1 and RFC 9162 §2.1 (hashes and proofs) and the C2SP specifications signed-note, tlog-checkpoint,
//! tlog-tiles, tlog-cosignature, tlog-witness and tlog-proof (c2sp.org).
//!
//! **Invariant:** nothing here reads a clock, a disk or a socket; who has tiles hands them over through a closure.
//! **Invariant:** no text or tile from outside can make this crate panic or allocate beyond the size of its input.

mod checkpoint;
mod cosignature;
mod hash;
mod note;
mod plan;
mod proof;
mod spicy;
mod text;
mod tile;
mod tree;
mod witness;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use cosignature::{Cosigner, cosigned_at_s};
pub use hash::{EMPTY_ROOT, HASH_BYTES, Hash, leaf_hash, node_hash, root_of};
pub use note::{Note, NoteError, NoteSignature, SIGNATURES_MAX, Signer, VerifierKey};
pub use plan::{Node, Span, consistency_spans, inclusion_spans, root_spans, span_hash, tiles_of};
pub use proof::{PROOF_HASHES_MAX, ProofError, verify_consistency, verify_inclusion};
pub use spicy::{LogProof, LogProofError};
pub use tile::{
    Bundle, TILE_HASHES, TILE_HEIGHT, TileError, TileId, TileKind, TilePath, node_in_tile, parse_bundle, parse_tile, write_bundle,
    write_tile,
};
pub use tree::{Tree, TreeError};
pub use witness::{AddCheckpoint, AddCheckpointError, Refusal, Seen, judge};
