//! The nightly count, and closing the months that are over.

use shouhu_audit::Entry;
use shouhu_bus::ReactionError;
use shouhu_calendar::Month as CalendarMonth;
use shouhu_env::BoxFuture;
use shouhu_ids::Micros;
use shouhu_module::{App, JobKind};
use shouhu_store::{Store, StoreError};

use super::store::{self, Counts};
use super::{Month, hide_small, line_of};

pub const COUNT: JobKind = JobKind { kind: "oversight.count", run };

/// 02:20 in Taipei.
const HOUR_UTC_US: i64 = 18 * Micros::HOUR + 20 * Micros::MINUTE;
/// Entries of one step, each a transaction of its own.
const STEP: i64 = 1_000;
/// A month is closed so long after its end: an entry is written within seconds of what it says.
const CLOSED_AFTER_US: i64 = Micros::HOUR;

/// Enqueues the next turn.
///
/// # Errors
/// When the database refuses.
pub async fn schedule(store: &Store) -> Result<(), StoreError> {
    COUNT.schedule_daily(store, HOUR_UTC_US).await
}

fn run(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        schedule(&app.store).await?;
        let counted_to_seq = count_all(&app).await?;
        close_what_is_over(&app, counted_to_seq).await
    })
}

/// `2026-11`, by the clock of Taipei.
#[must_use]
pub fn month_of(at: Micros) -> String {
    CalendarMonth::in_taipei(at.0).to_string()
}

/// Counts what came since the last count; returns the last entry counted.
pub(super) async fn count_all(app: &App) -> Result<i64, ReactionError> {
    loop {
        let from = store::counted_to(&app.store).await?;
        let mut leaves = app.audit.page(Some(from.saturating_add(STEP + 1)), STEP).await?;
        leaves.retain(|leaf| leaf.seq > from);
        let Some(to) = leaves.iter().map(|leaf| leaf.seq).max() else { return Ok(from) };
        let mut counts = Counts::new();
        // What was erased before it was counted says nothing any more.
        for leaf in leaves.iter().filter(|leaf| !leaf.is_erased) {
            if let Some((line, purpose, link)) = line_of(&leaf.entry) {
                *counts.entry((month_of(leaf.entry.at_us), line, purpose.to_owned(), link)).or_default() += 1;
            }
        }
        if !store::add(&app.store, from, to, &counts).await? {
            tracing::info!(from, to, "another server has counted these entries");
        }
    }
}

/// Says the numbers of each month that is over in the log, then keeps them for the public. A turn that is cut between the two says them
/// once more.
pub(super) async fn close_what_is_over(app: &App, counted_to_seq: i64) -> Result<(), ReactionError> {
    let now = app.env.now();
    for month in store::open_before(&app.store, &month_of(now.plus(-CLOSED_AFTER_US))).await? {
        let mut lines = store::lines(&app.store, &month).await?;
        hide_small(&mut lines);
        let month = Month { month, lines, counted_to_seq };
        let entry = Entry {
            at_us: now,
            actor: "shouhu".into(),
            actor_name: "shouhu (transparency)".into(),
            action: "transparency".into(),
            class: "log".into(),
            purpose: None,
            case_ref: None,
            object: serde_json::to_string(&month)?,
            outcome: 200,
        };
        let seq = app.audit.append(entry).await?;
        let mut tx = app.store.begin().await?;
        store::close(&mut tx, &month, seq).await?;
        tx.commit().await?;
    }
    Ok(())
}
