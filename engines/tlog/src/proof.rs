//! Checking what somebody claims with a list of hashes (RFC 9162 §2.1.3.2 and §2.1.4.2).

use crate::hash::{Hash, node_hash};

/// More hashes than the deepest tree of 2^63 leaves can need.
pub const PROOF_HASHES_MAX: usize = 63;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    #[error("leaf {index} is not in a log of {size} leaves")]
    NoSuchLeaf { index: u64, size: u64 },
    #[error("a log of {size} leaves cannot grow out of one of {old}")]
    Shrunk { old: u64, size: u64 },
    #[error("proof has {found} hashes, which does not fit the sizes")]
    Length { found: usize },
    #[error("proof leads to another root than the signed one")]
    Root,
    #[error("proof leads to another old root than the remembered one: the past was changed")]
    OldRoot,
}

/// Is `leaf` the leaf `index` of the log of `size` leaves under `root`?
///
/// # Errors
/// What does not fit.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::NoSuchLeaf { index, size });
    }
    let length = ProofError::Length { found: proof.len() };
    let (mut place, mut last, mut hash) = (index, size - 1, *leaf);
    for beside in proof {
        if last == 0 {
            return Err(length);
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(beside, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, beside);
        }
        place >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(length);
    }
    if hash == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Does the log of `size` leaves under `root` begin with the log of `old` leaves under `old_root`?
///
/// # Errors
/// What does not fit.
pub fn verify_consistency(old: u64, old_root: &Hash, size: u64, root: &Hash, proof: &[Hash]) -> Result<(), ProofError> {
    let length = ProofError::Length { found: proof.len() };
    if old > size {
        return Err(ProofError::Shrunk { old, size });
    }
    if old == size || old == 0 {
        // Nothing to prove: equal logs have equal roots, and every log begins with the empty one.
        return match proof {
            [] if old == 0 || old_root == root => Ok(()),
            [] => Err(ProofError::OldRoot),
            _ => Err(length),
        };
    }
    // A whole left subtree is its own starting point; the proof then leaves it out.
    let mut hashes = proof.iter();
    let first = if old.is_power_of_two() { old_root } else { hashes.next().ok_or(length)? };
    let shift = (old - 1).trailing_ones();
    let (mut place, mut last) = ((old - 1) >> shift, (size - 1) >> shift);
    let (mut old_hash, mut hash) = (*first, *first);
    for beside in hashes {
        if last == 0 {
            return Err(length);
        }
        if place & 1 == 1 || place == last {
            old_hash = node_hash(beside, &old_hash);
            hash = node_hash(beside, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, beside);
        }
        place >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(length);
    }
    if old_hash != *old_root {
        return Err(ProofError::OldRoot);
    }
    if hash == *root { Ok(()) } else { Err(ProofError::Root) }
}
