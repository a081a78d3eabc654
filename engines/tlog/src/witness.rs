//! The rule of a witness (C2SP tlog-witness, `add-checkpoint`): sign only what grew out of what was signed before.

use std::fmt;
use std::str::FromStr;

use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::note::{Note, NoteError, VerifierKey};
use crate::proof::{PROOF_HASHES_MAX, ProofError, verify_consistency};
use crate::text::{hash_from_base64, line, number, to_base64};

/// Body of `POST /add-checkpoint`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    pub old_size: u64,
    pub proof: Vec<Hash>,
    pub checkpoint: Note,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddCheckpointError {
    #[error("request is not `old <size>`, proof lines, an empty line and a checkpoint: {detail}")]
    Shape { detail: &'static str },
    #[error(transparent)]
    Note(#[from] NoteError),
}

/// All that a witness remembers of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub size: u64,
    pub root: Hash,
}

/// Why a witness does not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("checkpoint cannot be read: {detail}")]
    Malformed { detail: String },
    #[error("old size {old} is larger than the checkpoint's {size}")]
    OldBeyondNew { old: u64, size: u64 },
    #[error("checkpoint is not signed by a key that is trusted for this log: {0}")]
    NotTheirs(NoteError),
    #[error("log {origin:?} is not known here")]
    UnknownLog { origin: String },
    /// The client may ask again from this size.
    #[error("last signed size is {size}")]
    OtherOldSize { size: u64 },
    /// Two roots of one size: the log shows one past to some and another to others.
    #[error("another root of size {size} was signed here before: the log is forked")]
    Fork { size: u64 },
    #[error("checkpoint did not grow out of the one signed before: {0}")]
    NotGrown(ProofError),
}

impl Refusal {
    /// HTTP status of the specification.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed { .. } | Self::OldBeyondNew { .. } => 400,
            Self::NotTheirs(_) => 403,
            Self::UnknownLog { .. } => 404,
            Self::OtherOldSize { .. } | Self::Fork { .. } => 409,
            Self::NotGrown(_) => 422,
        }
    }

    /// Is it evidence against the log, to be kept and shown?
    #[must_use]
    pub const fn is_evidence(&self) -> bool {
        matches!(self, Self::Fork { .. } | Self::NotGrown(_))
    }
}

impl FromStr for AddCheckpoint {
    type Err = AddCheckpointError;

    fn from_str(body: &str) -> Result<Self, AddCheckpointError> {
        let shape = |detail| AddCheckpointError::Shape { detail };
        let (first, mut rest) = line(body).ok_or(shape("there is no first line"))?;
        let old_size = first.strip_prefix("old ").and_then(number).ok_or(shape("the first line is not `old <size>`"))?;
        let mut proof = Vec::new();
        loop {
            let (next, after) = line(rest).ok_or(shape("there is no empty line"))?;
            rest = after;
            if next.is_empty() {
                break;
            }
            if proof.len() == PROOF_HASHES_MAX {
                return Err(shape("there are more than 63 proof lines"));
            }
            proof.push(hash_from_base64(next).ok_or(shape("a proof line is not 32 bytes in base64"))?);
        }
        Ok(Self { old_size, proof, checkpoint: rest.parse()? })
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{}", to_base64(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// What a witness will remember if it signs. The caller must keep it durably, and only if `seen` is still what it remembers,
/// before it hands out a cosignature: otherwise two requests at once could roll the log back.
///
/// `trusted` are the keys of all logs that this witness serves; `seen` tells what it remembers of an origin.
///
/// # Errors
/// Why it must not sign.
pub fn judge(
    request: &AddCheckpoint,
    trusted: &[VerifierKey],
    seen: impl FnOnce(&str) -> Option<Seen>,
) -> Result<Seen, Refusal> {
    let claimed: Checkpoint =
        request.checkpoint.text.parse().map_err(|e: crate::CheckpointError| Refusal::Malformed { detail: e.to_string() })?;
    let mut refused = Refusal::UnknownLog { origin: claimed.origin.clone() };
    let mut is_theirs = false;
    for key in trusted.iter().filter(|key| key.name() == claimed.origin) {
        match request.checkpoint.checked_by(key) {
            Ok(()) => is_theirs = true,
            Err(error) => refused = Refusal::NotTheirs(error),
        }
    }
    if !is_theirs {
        return Err(refused);
    }
    let (old, size) = (request.old_size, claimed.size);
    if old > size {
        return Err(Refusal::OldBeyondNew { old, size });
    }
    let known = seen(&claimed.origin);
    let known_size = known.map_or(0, |seen| seen.size);
    if old != known_size {
        return Err(Refusal::OtherOldSize { size: known_size });
    }
    let Some(known) = known else {
        // The first sight of a log is taken as it is; the proof must then be empty.
        verify_consistency(0, &crate::EMPTY_ROOT, size, &claimed.root, &request.proof).map_err(Refusal::NotGrown)?;
        return Ok(Seen { size, root: claimed.root });
    };
    if size == known.size && claimed.root != known.root {
        return Err(Refusal::Fork { size });
    }
    verify_consistency(known.size, &known.root, size, &claimed.root, &request.proof).map_err(Refusal::NotGrown)?;
    Ok(Seen { size, root: claimed.root })
}
