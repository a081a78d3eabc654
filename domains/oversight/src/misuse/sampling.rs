//! Closing a period and drawing from it. A leaf closes the period; the sample of what came before it is drawn from a checkpoint that was signed
//! after that leaf, and both are on the log, so that a second drawing would be seen.
//!
//! With witnesses the checkpoint is one that they have signed: whoever could write leaves until a root pleases him would have to show each of
//! them to the witnesses. Without witnesses an administrator with all keys could try: that is what witnesses are for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shouhu_audit::{Entry, Leaf};
use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_ids::Micros;
use shouhu_module::{App, JobKind};
use shouhu_store::{Row, Store, StoreError, params};
use shouhu_tlog::Note;

use super::sample::{DRAWS_MAX, Draws, WANTED};
use crate::room::Room;

pub const SAMPLE: JobKind = JobKind { kind: "oversight.sample", run };
/// 03:40 in Taipei.
pub const HOUR_UTC_US: i64 = 19 * Micros::HOUR + 40 * Micros::MINUTE;
/// A period is a week; the job runs each night, some minutes earlier or later.
const PERIOD_US: i64 = 7 * Micros::DAY - Micros::HOUR;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sample {
    /// Leaves of the period, the first and the last.
    pub from_leaf: i64,
    pub to_leaf: i64,
    /// The leaf that closed it.
    pub close_leaf: i64,
    pub closed_at_us: Micros,
    /// Text of the checkpoint that it was drawn from (C2SP tlog-checkpoint, without signatures); absent while none was signed since.
    pub checkpoint: Option<String>,
    /// Every leaf that was drawn, in order.
    pub drawn: Vec<i64>,
    /// Those of them that are questions about a person or vehicle, to be looked at.
    pub questions: Vec<i64>,
}

#[derive(Default, Serialize, Deserialize)]
struct Drawn {
    drawn: Vec<i64>,
    questions: Vec<i64>,
}

fn run(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        SAMPLE.schedule_daily(&app.store, HOUR_UTC_US).await?;
        sample(&app).await
    })
}

fn of_row(row: &Row) -> Result<Sample, StoreError> {
    let Drawn { drawn, questions } = row.opt_text("drawn")?.map_or_else(|| Ok(Drawn::default()), |_| row.json("drawn"))?;
    Ok(Sample {
        from_leaf: row.int("from_seq")?,
        to_leaf: row.int("to_seq")?,
        close_leaf: row.int("close_seq")?,
        closed_at_us: row.micros("closed_at_us")?,
        checkpoint: row.opt_text("checkpoint")?,
        drawn,
        questions,
    })
}

/// The newest first.
///
/// # Errors
/// When the database fails.
pub async fn page(store: &Store, before: Option<i64>, limit: i64) -> Result<Vec<Sample>, StoreError> {
    let sql = "SELECT close_seq, from_seq, to_seq, closed_at_us, checkpoint, drawn FROM oversight_sample WHERE close_seq < $1 ORDER BY close_seq DESC LIMIT $2";
    store.fetch(sql, params![before.unwrap_or(i64::MAX), limit]).await?.iter().map(of_row).collect()
}

/// Whether a leaf was drawn as a question.
///
/// # Errors
/// When the database fails.
pub async fn is_drawn(store: &Store, seq: i64) -> Result<bool, StoreError> {
    let sql = "SELECT close_seq, from_seq, to_seq, closed_at_us, checkpoint, drawn FROM oversight_sample \
               WHERE from_seq <= $1 AND to_seq >= $1 AND checkpoint IS NOT NULL";
    let Some(row) = store.fetch_opt(sql, params![seq]).await? else { return Ok(false) };
    Ok(of_row(&row)?.questions.contains(&seq))
}

/// The house says something in its own log.
async fn said(app: &App, object: String) -> Result<i64, ReactionError> {
    let entry = Entry {
        at_us: app.env.now(),
        actor: "shouhu".into(),
        actor_name: "shouhu (sample)".into(),
        action: "sample".into(),
        class: "log".into(),
        purpose: None,
        case_ref: None,
        object,
        outcome: 200,
    };
    Ok(app.audit.append(entry).await?)
}

pub(super) async fn sample(app: &App) -> Result<(), ReactionError> {
    let last = page(&app.store, None, 1).await?.into_iter().next();
    let open = match last {
        Some(last) if last.checkpoint.is_none() => Some(last),
        Some(last) if app.env.now().since(last.closed_at_us) < PERIOD_US => None,
        last => close(app, last.map_or(1, |last| last.close_leaf + 1)).await?,
    };
    match open {
        Some(open) => draw(app, &open).await,
        None => Ok(()),
    }
}

/// Closes the period that begins with a leaf.
async fn close(app: &App, from: i64) -> Result<Option<Sample>, ReactionError> {
    let seq = said(app, format!("the period of leaves from {from} is closed: a sample is drawn from the next signed checkpoint")).await?;
    let mut tx = app.store.begin().await?;
    // Of two servers that close at once one does: the other's leaf says what did not come to be.
    let sql = "INSERT INTO oversight_sample (close_seq, from_seq, to_seq, closed_at_us) SELECT $1, $2, $3, $4 \
               WHERE NOT EXISTS (SELECT 1 FROM oversight_sample WHERE from_seq >= $2)";
    tx.execute(sql, params![seq, from, seq - 1, app.env.now()]).await?;
    tx.commit().await?;
    Ok(page(&app.store, None, 1).await?.into_iter().next().filter(|last| last.checkpoint.is_none()))
}

/// The checkpoint to draw from: one that was signed over the closing leaf, by witnesses too where there are any.
async fn checkpoint_after(app: &App, seq: i64) -> Result<Option<Note>, ReactionError> {
    let needed = app.try_room::<Room>().map_or(0, |room| room.needed);
    let note = if needed == 0 { app.audit.checkpoint().await? } else { app.audit.cosigned(needed).await? };
    let Some(note) = note else { return Ok(None) };
    let size = app.audit.opened(&note).await?.size;
    Ok((i64::try_from(size).unwrap_or(i64::MAX) >= seq).then_some(note))
}

async fn draw(app: &App, open: &Sample) -> Result<(), ReactionError> {
    let Some(note) = checkpoint_after(app, open.close_leaf).await? else {
        tracing::info!(close_leaf = open.close_leaf, "a sample waits for a checkpoint that the witnesses have signed");
        return Ok(());
    };
    let mut drawn = Drawn::default();
    for seq in Draws::of(&note.text, open.from_leaf, open.to_leaf).take(DRAWS_MAX) {
        drawn.drawn.push(seq);
        let leaf = app.audit.page(Some(seq + 1), 1).await?.into_iter().next();
        if leaf.is_some_and(|leaf| leaf.seq == seq && is_question(&leaf)) {
            drawn.questions.push(seq);
            if drawn.questions.len() == WANTED {
                break;
            }
        }
    }
    let mut tx = app.store.begin().await?;
    let sql = "UPDATE oversight_sample SET checkpoint = $2, drawn = $3, drawn_at_us = $4 WHERE close_seq = $1 AND checkpoint IS NULL";
    let is_ours = tx.execute(sql, params![open.close_leaf, &note.text, json!(drawn).to_string(), app.env.now()]).await? == 1;
    tx.commit().await?;
    if is_ours {
        let object = format!("sample of leaves {} to {} by the checkpoint {:?}: {} drawn", open.from_leaf, open.to_leaf, note.text, drawn.drawn.len());
        said(app, object).await?;
    }
    Ok(())
}

fn is_question(leaf: &Leaf) -> bool {
    !leaf.is_erased && leaf.entry.class == "personal_read" && (200..300).contains(&leaf.entry.outcome)
}
