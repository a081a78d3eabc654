//! Who did what to whose data, and why: a log in which every entry carries the hash of the one before.
//!
//! **Invariant (log before release):** `Audit::append` returns only after the leaf is durable, and the HTTP floor sends
//! no byte of an audited answer before that.
//!
//! hash(n) = SHA-256(hash(n-1) ‖ canonical JSON of entry n). Whoever edits, drops or reorders an entry must recompute
//! every later hash; comparing one remembered root with the log then shows it. (The Merkle log with witnesses takes the
//! place of this chain in the zero-trust issue; entries and callers stay as they are.)


use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shouhu_ids::Micros;
use shouhu_store::{Migration, ModuleMigrations, Row, Store, StoreError, params};
use tokio::sync::{mpsc, oneshot};

pub const MIGRATIONS: ModuleMigrations = ModuleMigrations {
    module: "audit",
    migrations: &[Migration {
        name: "0001_leaves",
        sql: "CREATE TABLE audit_leaf (seq BIGINT PRIMARY KEY, at_us BIGINT NOT NULL, entry TEXT NOT NULL, hash TEXT NOT NULL);",
    }],
};

/// Leaves that are made durable together at most; also the length of the queue before callers wait.
const GROUP_MAX: usize = 256;
/// Leaves read at once while verifying.
const VERIFY_PAGE: i64 = 2_000;

/// One use of the system. Texts that name a person or vehicle belong in `object`, nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    pub at_us: Micros,
    /// Id of the actor or device; `none` before sign-in.
    pub actor: String,
    pub actor_name: String,
    /// Method and route pattern: `GET /v1/sightings`.
    pub action: String,
    /// `personal_read`, `work_read`, `write`, `security`.
    pub class: String,
    pub purpose: Option<String>,
    pub case_ref: Option<String>,
    /// What was asked for or changed.
    pub object: String,
    /// HTTP status that was about to be sent.
    pub outcome: u16,
}

/// An entry with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Leaf {
    pub seq: i64,
    #[serde(flatten)]
    pub entry: Entry,
    /// Hex SHA-256.
    pub hash: String,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum AuditError {
    #[error("audit log cannot be written, so nothing may be released: {detail}")]
    NotWritten { detail: String },
    #[error("audit log cannot be read: {detail}")]
    NotRead { detail: String },
}

impl AuditError {
    #[must_use]
    pub const fn key(&self) -> &'static str {
        "audit.unavailable"
    }

    fn not_read(error: &StoreError) -> Self {
        Self::NotRead { detail: error.to_string() }
    }
}

/// What a check of the whole chain found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    pub is_intact: bool,
    pub leaves: i64,
    /// Hash of the last leaf: write it down elsewhere, compare it later.
    pub root: String,
    /// The first leaf that does not follow from the one before, or is missing.
    pub first_bad_seq: Option<i64>,
}

struct Append {
    entry: Entry,
    done: oneshot::Sender<Result<i64, AuditError>>,
}

/// The log, cheap to clone. One writer task groups what many requests append.
#[derive(Clone)]
pub struct Audit {
    store: Store,
    queue: mpsc::Sender<Append>,
}

fn link(before: &str, entry_json: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(before.as_bytes());
    hasher.update(entry_json.as_bytes());
    hex::encode(hasher.finalize())
}

impl Audit {
    /// Starts the writer; must be called within a tokio runtime.
    #[must_use]
    pub fn start(store: Store) -> Self {
        let (queue, waiting) = mpsc::channel(GROUP_MAX);
        tokio::spawn(write_groups(store.clone(), waiting));
        Self { store, queue }
    }

    /// Appends an entry and returns its number once it is durable.
    ///
    /// # Errors
    /// When it could not be made durable: the caller must then not release what it was about to.
    pub async fn append(&self, entry: Entry) -> Result<i64, AuditError> {
        let gone = || AuditError::NotWritten { detail: "the log's writer has stopped".into() };
        let (done, written) = oneshot::channel();
        self.queue.send(Append { entry, done }).await.map_err(|_| gone())?;
        written.await.map_err(|_| gone())?
    }

    /// Leaves before `before_seq` (or the newest), newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn page(&self, before_seq: Option<i64>, limit: i64) -> Result<Vec<Leaf>, AuditError> {
        let rows = self
            .store
            .fetch(
                "SELECT seq, entry, hash FROM audit_leaf WHERE seq < $1 ORDER BY seq DESC LIMIT $2",
                params![before_seq.unwrap_or(i64::MAX), limit],
            )
            .await
            .map_err(|e| AuditError::not_read(&e))?;
        rows.iter().map(leaf_of).collect::<Result<_, _>>().map_err(|e| AuditError::not_read(&e))
    }

    /// Recomputes the whole chain.
    ///
    /// # Errors
    /// When the database fails; a broken chain is a verdict, not an error.
    pub async fn verify(&self) -> Result<Verdict, AuditError> {
        let (mut hash, mut seq) = (String::new(), 0);
        loop {
            let rows = self
                .store
                .fetch("SELECT seq, entry, hash FROM audit_leaf WHERE seq > $1 ORDER BY seq LIMIT $2", params![seq, VERIFY_PAGE])
                .await
                .map_err(|e| AuditError::not_read(&e))?;
            if rows.is_empty() {
                return Ok(Verdict { is_intact: true, leaves: seq, root: hash, first_bad_seq: None });
            }
            for row in &rows {
                let follows = row.int("seq").is_ok_and(|found| found == seq + 1)
                    && row.text("entry").is_ok_and(|entry| row.text("hash").is_ok_and(|found| found == link(&hash, &entry)));
                if !follows {
                    return Ok(Verdict { is_intact: false, leaves: seq, root: hash, first_bad_seq: Some(seq + 1) });
                }
                hash = row.text("hash").map_err(|e| AuditError::not_read(&e))?;
                seq += 1;
            }
        }
    }
}

fn leaf_of(row: &Row) -> Result<Leaf, StoreError> {
    Ok(Leaf { seq: row.int("seq")?, entry: row.json("entry")?, hash: row.text("hash")? })
}

async fn write_groups(store: Store, mut waiting: mpsc::Receiver<Append>) {
    let mut group = Vec::with_capacity(GROUP_MAX);
    while waiting.recv_many(&mut group, GROUP_MAX).await > 0 {
        let result = write_group(&store, &group).await;
        if let Err(error) = &result {
            tracing::error!(%error, leaves = group.len(), "audit leaves refused; their answers are withheld");
        }
        for (index, append) in group.drain(..).enumerate() {
            let answer = match &result {
                Ok(first) => Ok(first + i64::try_from(index).unwrap_or(0)),
                Err(error) => Err(AuditError::NotWritten { detail: error.to_string() }),
            };
            // The request may have gone away meanwhile; its leaf stands all the same.
            let _ = append.done.send(answer);
        }
    }
}

async fn write_group(store: &Store, group: &[Append]) -> Result<i64, StoreError> {
    let mut tx = store.begin().await?;
    if store.backend() == shouhu_store::Backend::Postgres {
        // Two servers on one database must not both extend the same leaf.
        tx.execute("LOCK TABLE audit_leaf IN SHARE ROW EXCLUSIVE MODE", vec![]).await?;
    }
    let last = tx.fetch_opt("SELECT seq, hash FROM audit_leaf ORDER BY seq DESC LIMIT 1", vec![]).await?;
    let (mut seq, mut hash) = match &last {
        Some(row) => (row.int("seq")?, row.text("hash")?),
        None => (0, String::new()),
    };
    let first = seq + 1;
    for append in group {
        let json = serde_json::to_string(&append.entry)
            .map_err(|e| StoreError::Corrupt { what: "audit entry", detail: e.to_string() })?;
        seq += 1;
        hash = link(&hash, &json);
        tx.execute(
            "INSERT INTO audit_leaf (seq, at_us, entry, hash) VALUES ($1, $2, $3, $4)",
            params![seq, append.entry.at_us, json, &hash],
        )
        .await?;
    }
    tx.commit().await?;
    Ok(first)
}


#[cfg(test)]
mod tests {
    use shouhu_store::testing::on_each_database;

    use super::*;

    fn entry(object: &str) -> Entry {
        Entry {
            at_us: Micros(1),
            actor: "a".into(),
            actor_name: "王小明".into(),
            action: "GET /v1/sightings".into(),
            class: "personal_read".into(),
            purpose: Some("dispatch".into()),
            case_ref: None,
            object: object.into(),
            outcome: 200,
        }
    }

    #[tokio::test]
    async fn an_edited_dropped_or_reordered_leaf_is_found() {
        for tamper in [
            "UPDATE audit_leaf SET entry = REPLACE(entry, 'plate 2', 'plate 9') WHERE seq = 2",
            "DELETE FROM audit_leaf WHERE seq = 2",
            "UPDATE audit_leaf SET seq = CASE seq WHEN 2 THEN 9 ELSE seq END",
        ] {
            on_each_database(&[MIGRATIONS], |store| async move {
                let audit = Audit::start(store.clone());
                for n in 1..=4 {
                    assert_eq!(audit.append(entry(&format!("plate {n}"))).await.ok(), Some(n));
                }
                let intact = audit.verify().await.unwrap_or_else(|e| panic!("{e}"));
                assert!(intact.is_intact && intact.leaves == 4);
                let mut tx = store.begin().await.unwrap_or_else(|e| panic!("{e}"));
                tx.execute(tamper, vec![]).await.unwrap_or_else(|e| panic!("{e}"));
                tx.commit().await.unwrap_or_else(|e| panic!("{e}"));
                let broken = audit.verify().await.unwrap_or_else(|e| panic!("{e}"));
                assert_eq!((broken.is_intact, broken.first_bad_seq), (false, Some(2)), "{tamper}");
            })
            .await;
        }
    }

    #[tokio::test]
    async fn a_log_that_cannot_be_written_says_so_to_every_waiter() {
        on_each_database(&[], |store| async move {
            let refused = Audit::start(store).append(entry("x")).await;
            assert!(matches!(refused, Err(AuditError::NotWritten { .. })));
        })
        .await;
    }
}
