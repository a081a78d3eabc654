//! One exported proof (C2SP tlog-proof): a text that shows, without asking anybody, that an entry is in a log that a witness
//! or more has seen.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::cosignature::cosigned_at_s;
use crate::hash::Hash;
use crate::note::{Note, NoteError, VerifierKey};
use crate::proof::{PROOF_HASHES_MAX, ProofError, verify_inclusion};
use crate::text::{from_base64, hash_from_base64, line, number, to_base64};

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// The proof file. Nothing in it may be believed before [`LogProof::check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogProof {
    /// Opaque and not authenticated by the format; ours carries what was hashed into the leaf.
    pub extra: Option<Vec<u8>>,
    pub index: u64,
    pub proof: Vec<Hash>,
    pub checkpoint: Note,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogProofError {
    #[error("file is not a tlog-proof: {detail}")]
    Shape { detail: &'static str },
    #[error("checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    #[error("note: {0}")]
    Note(#[from] NoteError),
    #[error("proof: {0}")]
    Proof(#[from] ProofError),
    #[error("{found} of the witnesses that are trusted have signed, {needed} are needed")]
    Witnesses { found: usize, needed: usize },
}

impl FromStr for LogProof {
    type Err = LogProofError;

    fn from_str(text: &str) -> Result<Self, LogProofError> {
        let shape = |detail| LogProofError::Shape { detail };
        let next = |text| line(text).ok_or(LogProofError::Shape { detail: "the file breaks off" });
        let (header, rest) = next(text)?;
        if header != HEADER {
            return Err(shape("the first line is not c2sp.org/tlog-proof@v1"));
        }
        let (mut current, mut rest) = next(rest)?;
        let mut extra = None;
        if let Some(encoded) = current.strip_prefix("extra ") {
            extra = Some(from_base64(encoded).ok_or(shape("the extra data is not base64"))?);
            (current, rest) = next(rest)?;
        }
        let index = current.strip_prefix("index ").and_then(number).ok_or(shape("there is no line `index <number>`"))?;
        let mut proof = Vec::new();
        loop {
            (current, rest) = next(rest)?;
            if current.is_empty() {
                break;
            }
            if proof.len() == PROOF_HASHES_MAX {
                return Err(shape("there are more than 63 hashes"));
            }
            proof.push(hash_from_base64(current).ok_or(shape("a proof line is not 32 bytes in base64"))?);
        }
        Ok(Self { extra, index, proof, checkpoint: rest.parse()? })
    }
}

impl fmt::Display for LogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", to_base64(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{}", to_base64(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl LogProof {
    /// Is `leaf` in the log that `log` signs, and have at least `needed` of `witnesses` seen that log?
    ///
    /// # Errors
    /// What does not hold.
    pub fn check(&self, leaf: &Hash, log: &VerifierKey, witnesses: &[VerifierKey], needed: usize) -> Result<Checkpoint, LogProofError> {
        let checkpoint = Checkpoint::opened(&self.checkpoint, log)?;
        verify_inclusion(leaf, self.index, checkpoint.size, &self.proof, &checkpoint.root)?;
        // By key and not by name: the message does not name the witness, so one key under two names is one witness.
        let mut signed = BTreeSet::new();
        for witness in witnesses {
            match cosigned_at_s(&self.checkpoint, witness) {
                Ok(_) => {
                    signed.insert(witness.public_key());
                }
                Err(NoteError::NotSigned { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let found = signed.len();
        if found < needed { Err(LogProofError::Witnesses { found, needed }) } else { Ok(checkpoint) }
    }
}
