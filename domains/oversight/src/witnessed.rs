//! This server as a witness of other logs: what it signed last of each, and what it refused.
//!
//! **Invariant:** a cosignature is handed out only after the checkpoint is durable, and only when the row was still the one
//! that it was judged by: of two requests at once that do not follow from each other, one is signed. What is durable already is
//! signed again without a write: checkpoints are public, and who repeats one must not be able to keep this server's disk busy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_audit::{AuditError, Entry};
use shouhu_ids::Micros;
use shouhu_module::App;
use shouhu_store::{Row, Store, StoreError, Tx, params};
use shouhu_tlog::{AddCheckpoint, Checkpoint, Cosigner, Hash, Note, NoteSignature, Refusal, Seen, VerifierKey, judge};

/// Somebody was faster so often that the client may as well ask again.
const ATTEMPTS_MAX: usize = 4;
/// Refusals of one kind kept of one log: the first ones matter, and a log that goes wrong must not fill the disk. Of each kind
/// by itself, because anybody can send wrong proofs, and those must not leave a true fork without room.
const EVIDENCE_MAX: i64 = 1_000;
/// The same refusal is counted once in so long: it may be sent as often as somebody likes.
const COUNTED_EVERY_US: i64 = Micros::MINUTE;
/// Refusals that are shown, newest first.
const EVIDENCE_SHOWN: i64 = 50;

/// What it signs with, and for whom.
#[derive(Clone)]
pub struct Signing {
    pub cosigner: Cosigner,
    pub logs: Vec<VerifierKey>,
}

#[derive(Debug, thiserror::Error)]
pub enum AddError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Audit(#[from] AuditError),
}

/// What is remembered of a log, with the note as it came.
struct Known {
    size: i64,
    root: Hash,
    note: String,
}

impl Known {
    fn seen(&self) -> Seen {
        Seen { size: u64::try_from(self.size).unwrap_or_default(), root: self.root }
    }
}

async fn known(store: &Store, origin: &str) -> Result<Option<Known>, StoreError> {
    let row = store.fetch_opt("SELECT size, root, note FROM oversight_witnessed WHERE origin = $1", params![origin]).await?;
    let read = |row: Row| {
        let root = row.blob("root")?;
        let root = Hash::try_from(root).map_err(|_| StoreError::Corrupt { what: "root", detail: "not 32 bytes".into() })?;
        Ok(Known { size: row.int("size")?, root, note: row.text("note")? })
    };
    row.map(read).transpose()
}

/// The checkpoint with those signatures only that a key of the log made: a stranger's lines are not kept.
fn of_the_log(note: &Note, logs: &[VerifierKey]) -> Note {
    let mut kept = Note { text: note.text.clone(), signatures: Vec::new() };
    for line in &note.signatures {
        let alone = Note { text: note.text.clone(), signatures: vec![line.clone()] };
        if logs.iter().any(|log| alone.checked_by(log).is_ok()) {
            kept.signatures.extend(alone.signatures);
        }
    }
    kept
}

fn size_of(size: u64) -> Result<i64, Refusal> {
    i64::try_from(size).map_err(|_| Refusal::Malformed { detail: "no log has 2^63 leaves".into() })
}

/// Judges a checkpoint and, when it grew out of the last one, remembers and signs it.
///
/// # Errors
/// Why it is not signed; evidence is kept, with a leaf that says so, before the refusal is told.
pub async fn add(app: &App, signing: &Signing, request: &AddCheckpoint) -> Result<NoteSignature, AddError> {
    let claimed: Checkpoint =
        request.checkpoint.text.parse().map_err(|e: shouhu_tlog::CheckpointError| Refusal::Malformed { detail: e.to_string() })?;
    size_of(claimed.size)?;
    for _ in 0..ATTEMPTS_MAX {
        let known = known(&app.store, &claimed.origin).await?;
        let next = match judge(request, &signing.logs, |_| known.as_ref().map(Known::seen)) {
            Ok(next) => next,
            Err(refusal) => {
                if let Some(known) = known.filter(|_| refusal.is_evidence()) {
                    keep_evidence(app, &claimed, &known, request, &refusal).await?;
                }
                return Err(refusal.into());
            }
        };
        if known.as_ref().map(Known::seen) == Some(next) {
            return Ok(cosigned(app, signing, request));
        }
        let note = of_the_log(&request.checkpoint, &signing.logs).to_string();
        if remember(&app.store, &claimed.origin, known.as_ref(), next, &note).await? {
            return Ok(cosigned(app, signing, request));
        }
    }
    let size = known(&app.store, &claimed.origin).await?.map_or(0, |known| known.seen().size);
    Err(Refusal::OtherOldSize { size }.into())
}

/// To be called only for what is durable.
fn cosigned(app: &App, signing: &Signing, request: &AddCheckpoint) -> NoteSignature {
    let at_s = u64::try_from(app.env.now().0.div_euclid(Micros::SECOND)).unwrap_or_default();
    signing.cosigner.cosign(&request.checkpoint, at_s)
}

/// False when somebody else has written meanwhile.
async fn remember(store: &Store, origin: &str, known: Option<&Known>, next: Seen, note: &str) -> Result<bool, AddError> {
    let (size, root, now) = (size_of(next.size)?, next.root.as_slice(), store.env().now());
    let mut tx = store.begin().await?;
    let changed = match known {
        None => {
            let sql = "INSERT INTO oversight_witnessed (origin, size, root, note, at_us) VALUES ($1, $2, $3, $4, $5) \
                       ON CONFLICT (origin) DO NOTHING";
            tx.execute(sql, params![origin, size, root, note, now]).await?
        }
        Some(known) => {
            let sql = "UPDATE oversight_witnessed SET size = $2, root = $3, note = $4, at_us = $5 \
                       WHERE origin = $1 AND size = $6 AND root = $7";
            tx.execute(sql, params![origin, size, root, note, now, known.size, known.root.as_slice()]).await?
        }
    };
    if changed != 1 {
        return Ok(false);
    }
    tx.commit().await?;
    Ok(true)
}

const fn kind_of(refusal: &Refusal) -> &'static str {
    if matches!(refusal, Refusal::Fork { .. }) { "fork" } else { "not_grown" }
}

/// Keeps what was sent beside what was signed before. The same checkpoint again is only counted, once a minute at most.
async fn keep_evidence(app: &App, claimed: &Checkpoint, known: &Known, request: &AddCheckpoint, refusal: &Refusal) -> Result<(), AddError> {
    let (origin, kind, size) = (claimed.origin.as_str(), kind_of(refusal), size_of(claimed.size)?);
    let now = app.env.now();
    let sql = "SELECT last_at_us FROM oversight_evidence WHERE origin = $1 AND kind = $2 AND size = $3 AND root = $4";
    let last = app.store.fetch_opt(sql, params![origin, kind, size, claimed.root.as_slice()]).await?;
    if let Some(row) = last
        && now.since(row.micros("last_at_us")?) < COUNTED_EVERY_US
    {
        return Ok(());
    }
    let mut tx = app.store.begin().await?;
    let counted = "UPDATE oversight_evidence SET times = times + 1, last_at_us = $5 \
                   WHERE origin = $1 AND kind = $2 AND size = $3 AND root = $4";
    let is_new = tx.execute(counted, params![origin, kind, size, claimed.root.as_slice(), now]).await? == 0;
    let is_kept = is_new && count(&mut tx, origin, kind).await? < EVIDENCE_MAX;
    if is_kept {
        let sql = "INSERT INTO oversight_evidence (origin, kind, size, root, known_note, sent, said, first_at_us, last_at_us, times) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, 1) ON CONFLICT (origin, kind, size, root) DO NOTHING";
        let values = params![origin, kind, size, claimed.root.as_slice(), &known.note, request.to_string(), refusal.to_string(), now];
        tx.execute(sql, values).await?;
    }
    tx.commit().await?;
    if is_kept {
        tracing::error!(origin, size, kind, %refusal, "a checkpoint that the log's own key signed was refused; kept as evidence");
        leaf(app, claimed, known, refusal).await?;
    }
    Ok(())
}

async fn count(tx: &mut Tx, origin: &str, kind: &str) -> Result<i64, StoreError> {
    let row = tx.fetch_one("SELECT COUNT(*) AS n FROM oversight_evidence WHERE origin = $1 AND kind = $2", params![origin, kind]).await?;
    row.int("n")
}

/// On our own log, so that who keeps this server cannot lose the evidence unseen.
async fn leaf(app: &App, claimed: &Checkpoint, known: &Known, refusal: &Refusal) -> Result<(), AuditError> {
    let (sent, signed) = (hex::encode(claimed.root), hex::encode(known.root));
    let entry = Entry {
        at_us: app.env.now(),
        actor: "none".into(),
        actor_name: "shouhu".into(),
        action: "oversight.evidence".into(),
        class: "security".into(),
        purpose: None,
        case_ref: None,
        object: format!(
            "log {}: refused {} leaves with root {sent}; signed before {} leaves with root {signed}: {refusal}",
            claimed.origin, claimed.size, known.size
        ),
        outcome: refusal.status(),
    };
    app.audit.append(entry).await.map(drop)
}

/// A log of others, as this server signed it last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WitnessedLog {
    pub origin: String,
    /// Leaves; 0 before the first checkpoint came.
    pub size: i64,
    pub signed_at_us: Option<Micros>,
}

/// A checkpoint of another log that was refused although the log's own key had signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    pub origin: String,
    /// `fork`: two signed roots of one size, which is proof. `not_grown`: the hashes that came with it do not lead from the
    /// signed checkpoint to this one; anybody may have sent wrong ones, so it is proof only when the log can give no others.
    pub kind: String,
    /// Leaves of the refused checkpoint.
    pub size: i64,
    pub first_at_us: Micros,
    pub last_at_us: Micros,
    pub times: i64,
    /// Why, in English.
    pub said: String,
    /// The checkpoint that had been signed before, as it came.
    pub known_note: String,
    /// The refused request, as it came.
    pub sent: String,
}

/// # Errors
/// When the database fails.
pub async fn logs(store: &Store, signing: &Signing) -> Result<Vec<WitnessedLog>, StoreError> {
    let rows = store.fetch("SELECT origin, size, at_us FROM oversight_witnessed ORDER BY origin", vec![]).await?;
    let read = |row: &Row| {
        Ok(WitnessedLog { origin: row.text("origin")?, size: row.int("size")?, signed_at_us: Some(row.micros("at_us")?) })
    };
    let mut logs = rows.iter().map(read).collect::<Result<Vec<_>, StoreError>>()?;
    for key in &signing.logs {
        if !logs.iter().any(|log| log.origin == key.name()) {
            logs.push(WitnessedLog { origin: key.name().to_owned(), size: 0, signed_at_us: None });
        }
    }
    Ok(logs)
}

/// # Errors
/// When the database fails.
pub async fn evidence(store: &Store) -> Result<Vec<Evidence>, StoreError> {
    let sql = "SELECT origin, kind, size, first_at_us, last_at_us, times, said, known_note, sent FROM oversight_evidence \
               ORDER BY last_at_us DESC LIMIT $1";
    let rows = store.fetch(sql, params![EVIDENCE_SHOWN]).await?;
    let read = |row: &Row| {
        Ok(Evidence {
            origin: row.text("origin")?,
            kind: row.text("kind")?,
            size: row.int("size")?,
            first_at_us: row.micros("first_at_us")?,
            last_at_us: row.micros("last_at_us")?,
            times: row.int("times")?,
            said: row.text("said")?,
            known_note: row.text("known_note")?,
            sent: row.text("sent")?,
        })
    };
    rows.iter().map(read).collect()
}
