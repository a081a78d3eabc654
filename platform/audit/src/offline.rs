//! Checking what was exported, without the server, its database or its keys: only the log's public key is needed.

use std::collections::BTreeMap;

use shouhu_files::{Files, FilesError};
use shouhu_tlog::{
    Checkpoint, Hash, LogProof, Note, TILE_HASHES, TileId, TilePath, Tree, VerifierKey, cosigned_at_s, leaf_hash, parse_bundle, write_tile,
};

use crate::Entry;
use crate::vault::entry_of;

/// Whom the reader believes, from elsewhere than the export.
#[derive(Debug, Clone)]
pub struct Trust {
    pub log: VerifierKey,
    pub witnesses: Vec<VerifierKey>,
    /// How many of the witnesses must have signed.
    pub witnesses_needed: usize,
    /// A signature that a witness gave before this time (seconds since 1970) does not count: an old checkpoint stays well
    /// signed for ever, and so hides what came after it. 0: however old.
    pub witnessed_since_s: u64,
    /// Checkpoints that the reader kept from before.
    pub remembered: Vec<Note>,
}

impl Trust {
    #[must_use]
    pub const fn of(log: VerifierKey) -> Self {
        Self { log, witnesses: Vec::new(), witnesses_needed: 0, witnessed_since_s: 0, remembered: Vec::new() }
    }

    /// When witnesses signed a checkpoint, in seconds since 1970, newest first; one key under two names is one witness.
    fn signed_at_s(&self, note: &Note) -> Vec<u64> {
        let mut signed: Vec<(u64, &VerifierKey)> = Vec::new();
        for witness in &self.witnesses {
            let Ok(at_s) = cosigned_at_s(note, witness) else { continue };
            if at_s >= self.witnessed_since_s && !signed.iter().any(|(_, other)| other.is_same_key_as(witness)) {
                signed.push((at_s, witness));
            }
        }
        let mut times: Vec<u64> = signed.into_iter().map(|(at_s, _)| at_s).collect();
        times.sort_unstable_by(|one, other| other.cmp(one));
        times
    }
}

/// What a check of an exported folder found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderVerdict {
    pub leaves: u64,
    /// Hex.
    pub root: String,
    /// Entries that are in the export and belong to their leaves.
    pub entries: u64,
    /// Leaves whose entry is erased or withheld.
    pub withheld: u64,
    /// Witnesses that signed the checkpoint.
    pub witnesses: usize,
    /// When as many of them as are needed had seen it, seconds since 1970: what was logged later, it cannot show.
    pub witnessed_at_s: Option<u64>,
    /// The first bad place; `None`: the export is what was signed.
    pub first_bad: Option<FirstBad>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstBad {
    pub file: String,
    /// From 1.
    pub seq: Option<u64>,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofRefused {
    #[error(transparent)]
    Proof(#[from] shouhu_tlog::LogProofError),
    #[error("proof carries no salted entry: who checks it cannot tell what was logged")]
    NoEntry,
    #[error("what the proof carries is no entry of this log's kind")]
    NotAnEntry,
    #[error("the log of the proof did not grow into, or out of, the remembered checkpoint over {size} leaves")]
    Remembered { size: u64 },
}

fn at(file: impl ToString, seq: Option<u64>, reason: impl ToString) -> FirstBad {
    FirstBad { file: file.to_string(), seq, reason: reason.to_string() }
}

/// A log that was exported into a folder.
///
/// # Errors
/// When the folder cannot be read; what is missing or wrong in it is a verdict.
pub fn verify_folder(files: &dyn Files, trust: &Trust) -> Result<FolderVerdict, FilesError> {
    let mut verdict = FolderVerdict {
        leaves: 0,
        root: String::new(),
        entries: 0,
        withheld: 0,
        witnesses: 0,
        witnessed_at_s: None,
        first_bad: None,
    };
    verdict.first_bad = match walk(files, trust, &mut verdict) {
        Err(Stop::Bad(bad)) => Some(bad),
        Err(Stop::Files(error)) => return Err(error),
        Ok(()) => None,
    };
    Ok(verdict)
}

enum Stop {
    Bad(FirstBad),
    Files(FilesError),
}

impl From<FirstBad> for Stop {
    fn from(bad: FirstBad) -> Self {
        Self::Bad(bad)
    }
}

fn read(files: &dyn Files, name: &str) -> Result<Vec<u8>, Stop> {
    match files.read(name) {
        Ok(bytes) => Ok(bytes),
        Err(FilesError::Missing { .. }) => Err(at(name, None, "the file is missing").into()),
        Err(error) => Err(Stop::Files(error)),
    }
}

fn walk(files: &dyn Files, trust: &Trust, verdict: &mut FolderVerdict) -> Result<(), Stop> {
    let text = String::from_utf8(read(files, "checkpoint")?).map_err(|e| at("checkpoint", None, e))?;
    let note: Note = text.parse().map_err(|e| at("checkpoint", None, e))?;
    let checkpoint = Checkpoint::opened(&note, &trust.log).map_err(|e| at("checkpoint", None, e))?;
    let signed_at_s = trust.signed_at_s(&note);
    verdict.witnesses = signed_at_s.len();
    verdict.witnessed_at_s = signed_at_s.get(trust.witnesses_needed.saturating_sub(1)).copied();
    if verdict.witnesses < trust.witnesses_needed {
        let reason = format!("{} witnesses signed, {} are needed", verdict.witnesses, trust.witnesses_needed);
        return Err(at("checkpoint", None, reason).into());
    }
    let mut remembered: BTreeMap<u64, Hash> = BTreeMap::new();
    for note in &trust.remembered {
        let before = Checkpoint::opened(note, &trust.log).map_err(|e| at("the remembered checkpoint", None, e))?;
        if before.size > checkpoint.size {
            let reason = format!("{} leaves were signed before, {} are now: leaves were dropped", before.size, checkpoint.size);
            return Err(at("checkpoint", Some(checkpoint.size + 1), reason).into());
        }
        if remembered.insert(before.size, before.root).is_some_and(|root| root != before.root) {
            return Err(at("the remembered checkpoints", Some(before.size), "the log signed two roots of one size").into());
        }
    }
    let mut tree = Tree::default();
    let mut index = 0;
    while tree.size() < checkpoint.size {
        leaves(files, checkpoint.size, index, &mut tree, &remembered, verdict)?;
        index += 1;
    }
    verdict.leaves = tree.size();
    verdict.root = hex::encode(tree.root());
    if tree.root() != checkpoint.root {
        return Err(at("checkpoint", None, "the leaves give another root than the signed one").into());
    }
    for (id, hashes) in tree.take_grown().into_iter().filter(|(id, _)| id.level > 0) {
        let name = TilePath::of_tile(id, hashes.len()).to_string();
        if read(files, &name)? != write_tile(&hashes) {
            return Err(at(name, None, "the tile is not what its leaves give").into());
        }
    }
    Ok(())
}

/// One tile of leaves and what was hashed into them.
fn leaves(
    files: &dyn Files,
    size: u64,
    index: u64,
    tree: &mut Tree,
    remembered: &BTreeMap<u64, Hash>,
    verdict: &mut FolderVerdict,
) -> Result<(), Stop> {
    let width = TileId { level: 0, index }.width_at(size);
    let name = TilePath::of_tile(TileId { level: 0, index }, width).to_string();
    let hashes = shouhu_tlog::parse_tile(&read(files, &name)?, width).map_err(|e| at(&name, None, e))?;
    let bundle_name = TilePath::of_entries(index, width).to_string();
    let bundle = parse_bundle(&read(files, &bundle_name)?, width).map_err(|e| at(&bundle_name, None, e))?;
    for (seq, (leaf, entry)) in (index * TILE_HASHES as u64 + 1..).zip(hashes.into_iter().zip(bundle)) {
        match entry {
            Some(payload) if leaf_hash(&payload) != leaf => {
                return Err(at(bundle_name, Some(seq), "the entry is not the one whose leaf is in the log").into());
            }
            Some(_) => verdict.entries += 1,
            None => verdict.withheld += 1,
        }
        tree.push(leaf);
        if remembered.get(&seq).is_some_and(|root| *root != tree.root()) {
            return Err(at(name, Some(seq), "the log up to here is not the one that was signed before").into());
        }
    }
    Ok(())
}

/// One exported proof, with the salted entry in its extra line. Gives the entry that was logged and the checkpoint it is under.
///
/// # Errors
/// What does not hold.
pub fn verify_proof(text: &str, trust: &Trust) -> Result<(Entry, Checkpoint), ProofRefused> {
    let proof: LogProof = text.parse()?;
    let payload = proof.extra.as_deref().ok_or(ProofRefused::NoEntry)?;
    // A line that is forged stays: the check refuses the whole proof for it.
    let is_late_enough = |witness: &&VerifierKey| cosigned_at_s(&proof.checkpoint, witness).map_or(true, |at_s| at_s >= trust.witnessed_since_s);
    let witnesses: Vec<VerifierKey> = trust.witnesses.iter().filter(is_late_enough).cloned().collect();
    let checkpoint = proof.check(&leaf_hash(payload), &trust.log, &witnesses, trust.witnesses_needed)?;
    for note in &trust.remembered {
        let before = Checkpoint::opened(note, &trust.log).map_err(shouhu_tlog::LogProofError::from)?;
        // One proof cannot show how two sizes hang together; of the same size the roots must be the same.
        if before.size == checkpoint.size && before.root != checkpoint.root {
            return Err(ProofRefused::Remembered { size: before.size });
        }
    }
    let entry = entry_of(payload).ok_or(ProofRefused::NotAnEntry)?;
    Ok((entry, checkpoint))
}
