//! Who did what to whose data, and why: a Merkle log that nobody can quietly change, and whose entries can still be erased.
//!
//! **Invariant (log before release):** `Audit::append` returns only after the leaf is durable, and the HTTP floor sends
//! no byte of an audited answer before that.
//!
//! leaf(n) = SHA-256(0x00 ‖ salt ‖ canonical JSON of entry n), joined into a tree as in RFC 6962. The log stands on leaves; salt
//! and entry lie beside them, sealed with a key of their day and class. Destroying that key makes them unreadable in every
//! copy, while each proof that was ever given still verifies, because a proof needs only hashes and a leaf without its salt
//! tells nothing. Byte by byte: `docs/reference/audit-log.md`.
//!
//! **Invariant:** leaf, tiles and signed checkpoint are one transaction: every acknowledged leaf is under a signature.
//! **Invariant:** nothing is signed that did not grow out of what was signed before.

mod canonical;
mod check;
mod cosigned;
mod erase;
mod erase_entries;
mod export;
mod head;
pub mod offline;
mod pages;
mod takeover;
mod vault;
mod writer;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_blobs::{KeyError, Keys};
use shouhu_ids::Micros;
use shouhu_store::{Migration, ModuleMigrations, Store, StoreError};
use shouhu_tlog::{NoteError, Signer, VerifierKey};
use tokio::sync::{mpsc, oneshot};

pub use erase::{ERASABLE_CLASSES, Erasure};
pub use erase_entries::{ERASED_AT_ONCE_MAX, EntryErasure, ErasedEntry, ErasureOrder, Orderer};
pub use export::{EntryProof, checkpoint_in};

pub const MIGRATIONS: ModuleMigrations = ModuleMigrations {
    module: "audit",
    migrations: &[
        Migration {
            name: "0001_leaves",
            sql: "CREATE TABLE audit_leaf (seq BIGINT PRIMARY KEY, at_us BIGINT NOT NULL, entry TEXT NOT NULL, hash TEXT NOT NULL);",
        },
        Migration { name: "0002_merkle_log", sql: include_str!("../migrations/0002_merkle_log.sql") },
        Migration { name: "0003_cosigned", sql: include_str!("../migrations/0003_cosigned.sql") },
        Migration { name: "0004_single_erasures", sql: include_str!("../migrations/0004_single_erasures.sql") },
    ],
};

/// One use of the system. Texts that name a person or vehicle belong in `object`, nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    pub at_us: Micros,
    /// Id of the actor or device; `none` before sign-in.
    pub actor: String,
    pub actor_name: String,
    /// Method and route pattern: `GET /v1/sightings`.
    pub action: String,
    /// `personal_read`, `work_read`, `write`, `security`; `log` is what the log says about itself.
    pub class: String,
    pub purpose: Option<String>,
    pub case_ref: Option<String>,
    /// What was asked for or changed.
    pub object: String,
    /// HTTP status that was about to be sent.
    pub outcome: u16,
}

/// An entry with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Leaf {
    pub seq: i64,
    /// Of an erased entry only class and day are left.
    #[serde(flatten)]
    pub entry: Entry,
    /// Hex SHA-256 of the leaf.
    pub hash: String,
    /// Was the entry erased by law? Its leaf stands.
    pub is_erased: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    #[error("audit log cannot be written, so nothing may be released: {detail}")]
    NotWritten { detail: String },
    #[error("audit log cannot be read: {detail}")]
    NotRead { detail: String },
    /// What is stored is not what was signed. Nothing may be added before a person has looked.
    #[error("audit log was changed, so nothing is signed any more: {detail}")]
    Changed { detail: String },
    #[error("key of the audit log: {0}")]
    Key(#[from] KeyError),
    #[error("entries of class {class:?} and day {day} are not erased: {reason}")]
    NotErased { class: String, day: i64, reason: &'static str },
    #[error("leaf {seq} is not in the log")]
    NoSuchLeaf { seq: i64 },
}

impl AuditError {
    #[must_use]
    pub const fn key(&self) -> &'static str {
        "audit.unavailable"
    }

    fn not_read(error: &StoreError) -> Self {
        Self::NotRead { detail: error.to_string() }
    }

    fn not_written(error: &StoreError) -> Self {
        Self::NotWritten { detail: error.to_string() }
    }
}

impl From<NoteError> for AuditError {
    fn from(error: NoteError) -> Self {
        Self::NotWritten { detail: error.to_string() }
    }
}

/// What a check of the whole log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    pub is_intact: bool,
    pub leaves: i64,
    /// Hex root over all leaves that were found good: write it down elsewhere, compare it later.
    pub root: String,
    /// The first leaf that was changed, is missing, or is under no signature.
    pub first_bad_seq: Option<i64>,
    /// What is wrong there.
    pub reason: Option<String>,
    /// Entries that were erased by law, each with a leaf that says so.
    pub erased: i64,
    /// The log's key, which a stranger must have from elsewhere to believe a checkpoint.
    pub log_key: String,
}

/// The log, cheap to clone. One writer task groups what many requests append.
#[derive(Clone)]
pub struct Audit {
    store: Store,
    vault: vault::Vault,
    queue: mpsc::Sender<writer::Ask>,
}

impl Audit {
    /// Starts the writer; must be called within a tokio runtime. The log's own key is made on the first start.
    ///
    /// # Errors
    /// When the log's key cannot be read or written.
    pub fn start(store: Store, keys: &Keys) -> Result<Self, AuditError> {
        let vault = vault::Vault::new(store.env().clone(), keys.clone())?;
        let (queue, waiting) = mpsc::channel(writer::GROUP_MAX);
        // Whoever waits for a leaf may be crying for help, and one group is for all who wait.
        tokio::spawn(shouhu_store::first(writer::Writer::new(store.clone(), vault.clone()).run(waiting)));
        Ok(Self { store, vault, queue })
    }

    /// Appends an entry and returns its number once it is durable.
    ///
    /// # Errors
    /// When it could not be made durable: the caller must then not release what it was about to.
    pub async fn append(&self, entry: Entry) -> Result<i64, AuditError> {
        let (done, written) = oneshot::channel();
        self.ask(writer::Ask::Append { entry, done }, written).await
    }

    async fn ask<T>(&self, ask: writer::Ask, answer: oneshot::Receiver<Result<T, AuditError>>) -> Result<T, AuditError> {
        let gone = || AuditError::NotWritten { detail: "the log's writer has stopped".into() };
        self.queue.send(ask).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Returns when the leaves of an older chain, if there are any, stand in this log.
    async fn ready(&self) -> Result<(), AuditError> {
        let (done, ready) = oneshot::channel();
        self.ask(writer::Ask::Ready { done }, ready).await
    }

    /// The log's key, by which others believe its checkpoints.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_key(&self) -> Result<VerifierKey, AuditError> {
        self.ready().await?;
        let origin = head::origin(&self.store).await?.unwrap_or_default();
        Ok(Signer::new(&origin, &self.vault.log_secret())?.verifier())
    }
}
