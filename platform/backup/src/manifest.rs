//! What a backup consists of, as it lies at the place: a manifest of lists of files of chunks, and a signed note over it.
//!
//! The lists are chunks themselves: what did not change since the backup before is named by the same hash and costs nothing.

use serde::{Deserialize, Serialize};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use shouhu_ids::Micros;
use shouhu_tlog::{Note, Signer, VerifierKey};

use crate::BackupError;
use crate::cut::CHUNK_BYTES_MAX;

/// The only form so far.
pub const FORMAT: u32 = 1;
/// Name in the signature line.
pub const SIGNER: &str = "shouhu.backup";
/// Longest manifest and list that is read: a hundred million pictures of one day are no day of one house.
pub const RECORD_BYTES_MAX: u64 = 4 << 30;
const TITLE: &str = "shouhu backup";

/// Bytes at the place, by their SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Chunk {
    /// 64 lower-case hexadecimal digits.
    pub hash: String,
    pub bytes: u64,
}

/// One file of the house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Below the restored data folder.
    pub path: String,
    pub bytes: u64,
    /// Hash of length, beginning and end: the same file with the same mark need not be read again.
    pub mark: String,
    pub chunks: Vec<Chunk>,
}

/// Files that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// `database`, `lake`, `log`, `settings`, `forgotten`, `blobs/<class>/<day>`.
    pub name: String,
    pub files: u64,
    pub bytes: u64,
    /// JSON array of [`FileEntry`].
    pub chunks: Vec<Chunk>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRows {
    pub class: String,
    /// Since 1970, UTC.
    pub day: i64,
    pub rows: u64,
}

/// Questions whose answers a restored house must give again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canaries {
    /// Passages in segments.
    pub segment_rows: Vec<DayRows>,
    /// Passages in the log and in no segment, by class.
    pub log_rows: Vec<(String, u64)>,
    /// Milliseconds since 1970.
    pub newest_passage_ms: Option<i64>,
    /// One picture, drawn by lot; the key of its day must open it.
    pub picture: Option<String>,
}

/// What the rows were copied from. In a backup they lie in a SQLite file, whatever it was, and are restored into either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatabaseKind {
    Sqlite,
    Postgres,
}

impl DatabaseKind {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    pub id: String,
    pub program: String,
    /// What was acknowledged until then is in it.
    pub taken_at_us: Micros,
    pub finished_at_us: Micros,
    /// The server whose log it has.
    pub node: String,
    pub database: DatabaseKind,
    /// The audit log's signed checkpoint, as a note.
    pub checkpoint: Option<String>,
    pub canaries: Canaries,
    /// Day keys that there were, as `<class>/<day>`: whatever else a file of keys has was destroyed by law.
    pub live_keys: Vec<String>,
    /// What a reader should know is not in it.
    pub missing: Vec<String>,
    pub lists: Vec<List>,
}

impl Manifest {
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.lists.iter().map(|list| list.bytes).sum()
    }

    #[must_use]
    pub fn files(&self) -> u64 {
        self.lists.iter().map(|list| list.files).sum()
    }
}

#[must_use]
pub fn hash_of(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Is it a name under which bytes may lie?
#[must_use]
pub fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// An id is a file's name: digits, small letters and a dash.
#[must_use]
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase() || byte == b'-')
}

fn parsed<T: DeserializeOwned>(file: &str, bytes: &[u8]) -> Result<T, BackupError> {
    serde_json::from_slice(bytes).map_err(|e| BackupError::malformed(file, e))
}

fn checked_chunks(file: &str, chunks: &[Chunk], bytes: u64, bytes_max: u64) -> Result<(), BackupError> {
    let mut sum = 0_u64;
    for chunk in chunks {
        if !is_hash(&chunk.hash) || chunk.bytes == 0 || chunk.bytes > CHUNK_BYTES_MAX as u64 {
            return Err(BackupError::malformed(file, "a chunk has no hash or no possible length"));
        }
        sum = sum.saturating_add(chunk.bytes);
    }
    if sum > bytes_max || (bytes != u64::MAX && sum != bytes) {
        return Err(BackupError::malformed(file, "its chunks are not as long as it"));
    }
    Ok(())
}

/// Reads a manifest, which may be anything.
///
/// # Errors
/// When it is none, or of a later form.
pub fn parse_manifest(file: &str, bytes: &[u8]) -> Result<Manifest, BackupError> {
    let manifest: Manifest = parsed(file, bytes)?;
    if manifest.format != FORMAT {
        return Err(BackupError::malformed(file, format!("it is of form {}; this program reads {FORMAT}", manifest.format)));
    }
    if !is_id(&manifest.id) {
        return Err(BackupError::malformed(file, "its id is no id"));
    }
    for list in &manifest.lists {
        checked_chunks(&list.name, &list.chunks, u64::MAX, RECORD_BYTES_MAX)?;
    }
    Ok(manifest)
}

/// Reads a list, which may be anything.
///
/// # Errors
/// When it is none.
pub fn parse_list(name: &str, bytes: &[u8]) -> Result<Vec<FileEntry>, BackupError> {
    let entries: Vec<FileEntry> = parsed(name, bytes)?;
    for entry in &entries {
        checked_chunks(&entry.path, &entry.chunks, entry.bytes, u64::MAX)?;
    }
    Ok(entries)
}

/// The note that makes a manifest a backup.
///
/// # Errors
/// Never with an id of ours.
pub fn sign(signer: &Signer, id: &str, manifest_hash: &str) -> Result<Note, BackupError> {
    Ok(signer.sign(&format!("{TITLE}\n{id}\n{manifest_hash}\n"))?)
}

/// The manifest's hash, of a note that may be anything. Nothing of it may be believed without a `key`.
///
/// # Errors
/// When it is none, of another backup, or not signed by the key.
pub fn opened_note(file: &str, id: &str, text: &str, key: Option<&VerifierKey>) -> Result<String, BackupError> {
    let note: Note = text.parse()?;
    if let Some(key) = key {
        note.checked_by(key)?;
    }
    let mut lines = note.text.lines();
    match (lines.next(), lines.next(), lines.next(), lines.next()) {
        (Some(TITLE), Some(of), Some(hash), None) if of == id && is_hash(hash) => Ok(hash.to_owned()),
        _ => Err(BackupError::malformed(file, "it is no note of this backup")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_make_the_readers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in ".{0,200}") {
            let _ = parse_manifest("x", &bytes);
            let _ = parse_list("x", &bytes);
            let _ = opened_note("x", "a", &text, None);
        }
    }

    #[test]
    fn a_list_whose_chunks_do_not_add_up_or_lead_elsewhere_is_refused() {
        let entry = |hash: &str, chunk_bytes: u64, bytes: u64| {
            serde_json::json!([{ "path": "a", "bytes": bytes, "mark": "", "chunks": [{ "hash": hash, "bytes": chunk_bytes }] }]).to_string()
        };
        let good = "a".repeat(64);
        assert!(parse_list("x", entry(&good, 5, 5).as_bytes()).is_ok());
        assert!(parse_list("x", entry(&good, 5, 6).as_bytes()).is_err());
        assert!(parse_list("x", entry("../../../etc/passwd", 5, 5).as_bytes()).is_err());
        assert!(parse_list("x", entry(&good, u64::MAX, u64::MAX).as_bytes()).is_err());
    }

    #[test]
    fn a_note_of_another_key_or_another_backup_is_refused() -> Result<(), BackupError> {
        let (ours, theirs) = (Signer::new(SIGNER, &[1; 32])?, Signer::new(SIGNER, &[2; 32])?);
        let hash = "b".repeat(64);
        let note = sign(&ours, "1-a", &hash)?.to_string();
        assert_eq!(opened_note("x", "1-a", &note, Some(&ours.verifier()))?, hash);
        assert!(opened_note("x", "1-a", &note, Some(&theirs.verifier())).is_err());
        assert!(opened_note("x", "1-b", &note, Some(&ours.verifier())).is_err());
        Ok(())
    }
}
