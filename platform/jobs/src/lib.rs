//! Work that follows a write: leased, retried with back-off, visible.
//!
//! A job is enqueued in the transaction of its cause (`Tx::enqueue`). It runs at least once: a process that dies leaves a
//! lease that runs out, and the job runs again. Workers must therefore be idempotent; the job's key says for what.
//!
//! **Invariant:** no kind of job takes all places, and a call (`Tx::enqueue_call`) takes none of those of the house's own work, but one for its destination: those
//! who take calls and never answer them hold up nobody else.
//!
//! **Invariant:** no process runs a job twice at once, however long it takes and whatever the clock says.

mod belief;
mod places;

use std::sync::Arc;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_env::BoxFuture;
use shouhu_ids::{JobId, Micros};
use shouhu_store::{Row, Store, StoreError, page_before, params};

use places::Places;

pub use belief::{AHEAD_MAX_US, Belief, Doubt, STEADY_US};

/// After so many failures a job stops and waits for an operator.
pub const ATTEMPTS_MAX: i64 = 12;
/// A worker that has not finished by then is taken for dead.
const LEASE_US: i64 = 5 * Micros::MINUTE;
const BACKOFF_FIRST_US: i64 = Micros::SECOND;
const BACKOFF_MAX_US: i64 = 10 * Micros::MINUTE;
const IDLE_LOOK: Duration = Duration::from_millis(500);
/// How often it is written down what the clock is believed to say; at once when that changes.
const BELIEF_KEPT_EVERY: Duration = Duration::from_secs(60);
/// Done jobs are shown for a day, and keep their key taken for as long.
const DONE_KEPT_US: i64 = Micros::DAY;

pub type JobFailure = Box<dyn std::error::Error + Send + Sync>;

/// Who does the jobs of one kind.
#[derive(Clone)]
pub struct Worker {
    pub kind: &'static str,
    pub run: Arc<dyn Fn(serde_json::Value) -> BoxFuture<'static, Result<(), JobFailure>> + Send + Sync>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    Waiting,
    Running,
    Done,
    /// Attempts used up; an operator may retry.
    Failed,
}

/// A job as an operator sees it; the payload may name people, so it is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobView {
    pub id: JobId,
    pub kind: String,
    pub state: JobState,
    pub attempts: i64,
    pub run_at_us: Micros,
    pub enqueued_at_us: Micros,
    pub finished_at_us: Option<Micros>,
    pub last_error: Option<String>,
}

/// Wait before the next attempt: 1 s, 2 s, 4 s … 10 min.
#[must_use]
pub fn backoff_us(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 20)).unwrap_or(20);
    BACKOFF_FIRST_US.saturating_mul(1_i64 << doublings).min(BACKOFF_MAX_US)
}

struct Leased {
    id: JobId,
    kind: String,
    lane: Option<String>,
    payload: serde_json::Value,
    attempts: i64,
}

/// Looks at the clock before each turn.
struct ClockWatch {
    belief: Option<Belief>,
    looked: Instant,
    kept: Option<Instant>,
}

impl ClockWatch {
    /// Whether the clock is believed.
    ///
    /// # Errors
    /// When the database fails.
    async fn look(&mut self, store: &Store) -> Result<bool, StoreError> {
        let (wall, passed) = (store.env().now(), self.looked.elapsed());
        let passed_us = i64::try_from(passed.as_micros()).unwrap_or(i64::MAX);
        let (before, next) = match self.belief {
            Some(before) => (Some(before), before.looked(wall, passed_us)),
            None => match Belief::kept(store).await? {
                Some(before) => (Some(before), before.looked(wall, 0)),
                None => (None, Belief::new(wall)),
            },
        };
        let is_turn = before.map(|before| before.doubt.is_some()) != Some(next.doubt.is_some());
        match (&next.doubt, is_turn) {
            (Some(doubt), true) => {
                let ahead_days = doubt.wall.since(next.believed) / Micros::DAY;
                tracing::error!(ahead_days, "the clock has leapt ahead: nothing is destroyed until it is right, or has gone on evenly for a week");
            }
            (None, true) if before.is_some() => tracing::info!("the clock is believed again"),
            _ => {}
        }
        if is_turn || self.kept.is_none_or(|kept| kept.elapsed() >= BELIEF_KEPT_EVERY) {
            next.keep(store).await?;
            self.kept = Some(Instant::now());
        }
        self.looked += passed;
        self.belief = Some(next);
        Ok(next.doubt.is_none())
    }
}

/// Runs due jobs until the process ends. Those of the kinds in `destroying` wait while the clock is doubted ([`Belief`]).
pub async fn run(store: Store, workers: Vec<Worker>, destroying: &[&str]) {
    let mut watch = ClockWatch { belief: None, looked: Instant::now(), kept: None };
    let mut places = Places::default();
    loop {
        let begun = match watch.look(&store).await {
            Ok(true) => places.fill(&store, &workers, &[]).await,
            Ok(false) => places.fill(&store, &workers, destroying).await,
            Err(error) => Err(error),
        };
        match begun {
            Ok(0) => places.wait(&store, IDLE_LOOK).await,
            // More may be due, and a place be left for it.
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "jobs not read; they wait");
                tokio::time::sleep(IDLE_LOOK).await;
            }
        }
    }
}

/// Runs what is due now, some at a time; returns how many ran.
///
/// # Errors
/// When the database fails.
pub async fn run_due(store: &Store, workers: &[Worker]) -> Result<usize, StoreError> {
    run_due_but(store, workers, &[]).await
}

async fn run_due_but(store: &Store, workers: &[Worker], waiting: &[&str]) -> Result<usize, StoreError> {
    let mut places = Places::default();
    let count = places.fill(store, workers, waiting).await?;
    while let Some(finished) = places.ended().await {
        finished?;
    }
    Ok(count)
}

async fn finish(store: &Store, job: &Leased, failure: Option<JobFailure>) -> Result<(), StoreError> {
    let now = store.env().now();
    let mut tx = store.begin().await?;
    match failure {
        None => {
            tx.execute(
                "UPDATE store_job SET state = 'done', finished_at_us = $2, leased_until_us = NULL, last_error = NULL WHERE id = $1",
                params![job.id, now],
            )
            .await?;
            tx.execute("DELETE FROM store_job WHERE state = 'done' AND finished_at_us < $1", params![now.plus(-DONE_KEPT_US)]).await?;
        }
        Some(error) => {
            let state = if job.attempts >= ATTEMPTS_MAX { "failed" } else { "waiting" };
            tracing::warn!(job = %job.id, kind = job.kind, attempts = job.attempts, %error, state, "job failed");
            tx.execute(
                "UPDATE store_job SET state = $2, run_at_us = $3, leased_until_us = NULL, last_error = $4 WHERE id = $1",
                params![job.id, state, now.plus(backoff_us(job.attempts)), error.to_string()],
            )
            .await?;
        }
    }
    tx.commit().await
}

fn view_of(row: &Row) -> Result<JobView, StoreError> {
    Ok(JobView {
        id: row.parsed("id")?,
        kind: row.text("kind")?,
        state: row.tag("state")?,
        attempts: row.int("attempts")?,
        run_at_us: row.micros("run_at_us")?,
        enqueued_at_us: row.micros("enqueued_at_us")?,
        finished_at_us: row.opt_micros("finished_at_us")?,
        last_error: row.opt_text("last_error")?,
    })
}

/// Jobs newest first; `before` is the id of the last one of the page before.
///
/// # Errors
/// When the database fails.
pub async fn list(store: &Store, before: Option<JobId>, limit: i64) -> Result<Vec<JobView>, StoreError> {
    let before = page_before(before);
    let rows = store
        .fetch(
            "SELECT id, kind, state, attempts, run_at_us, enqueued_at_us, finished_at_us, last_error FROM store_job \
             WHERE id < $1 ORDER BY id DESC LIMIT $2",
            params![before, limit],
        )
        .await?;
    rows.iter().map(view_of).collect()
}

/// Lets a failed job run again now. False when there is no failed job of that id.
///
/// # Errors
/// When the database fails.
pub async fn retry(store: &Store, id: JobId) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let changed = tx
        .execute(
            "UPDATE store_job SET state = 'waiting', attempts = 0, run_at_us = $2 WHERE id = $1 AND state = 'failed'",
            params![id, store.env().now()],
        )
        .await?;
    tx.commit().await?;
    Ok(changed == 1)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use shouhu_store::NewJob;
    use shouhu_store::testing::on_each_database;

    use super::*;

    fn worker(runs: Arc<AtomicI64>, fails_until: i64) -> Worker {
        Worker {
            kind: "test.work",
            run: Arc::new(move |_| {
                let run = runs.fetch_add(1, Ordering::SeqCst) + 1;
                Box::pin(async move { if run < fails_until { Err("not yet".into()) } else { Ok(()) } })
            }),
        }
    }

    async fn enqueue(store: &Store, key: &str) {
        let mut tx = store.begin().await.unwrap_or_else(|e| panic!("{e}"));
        let job = NewJob { kind: "test.work", key: key.into(), payload: serde_json::json!({"a": 1}), run_at: None };
        tx.enqueue(job).await.unwrap_or_else(|e| panic!("{e}"));
        tx.commit().await.unwrap_or_else(|e| panic!("{e}"));
    }

    #[tokio::test]
    async fn a_failed_job_waits_keeps_its_reason_and_can_be_retried() {
        on_each_database(&[], |store| async move {
            enqueue(&store, "1").await;
            let runs = Arc::new(AtomicI64::new(0));
            let workers = [worker(runs.clone(), 2)];
            assert_eq!(run_due(&store, &workers).await.ok(), Some(1));
            assert_eq!(run_due(&store, &workers).await.ok(), Some(0), "it waits for its back-off");
            let job = list(&store, None, 10).await.unwrap_or_else(|e| panic!("{e}")).remove(0);
            assert_eq!((job.state, job.attempts, job.last_error.as_deref()), (JobState::Waiting, 1, Some("not yet")));

            let mut tx = store.begin().await.unwrap_or_else(|e| panic!("{e}"));
            tx.execute("UPDATE store_job SET state = 'failed'", vec![]).await.unwrap_or_else(|e| panic!("{e}"));
            tx.commit().await.unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(retry(&store, job.id).await.ok(), Some(true));
            assert_eq!(run_due(&store, &workers).await.ok(), Some(1));
            let job = list(&store, None, 10).await.unwrap_or_else(|e| panic!("{e}")).remove(0);
            assert_eq!((job.state, runs.load(Ordering::SeqCst)), (JobState::Done, 2));
            assert_eq!(retry(&store, job.id).await.ok(), Some(false), "a done job is not run again");
        })
        .await;
    }

    #[tokio::test]
    async fn a_job_whose_process_died_runs_again_when_the_lease_is_over() {
        on_each_database(&[], |store| async move {
            enqueue(&store, "1").await;
            let mut tx = store.begin().await.unwrap_or_else(|e| panic!("{e}"));
            let died = "UPDATE store_job SET state = 'running', leased_until_us = $1";
            tx.execute(died, params![store.env().now().plus(-1)]).await.unwrap_or_else(|e| panic!("{e}"));
            tx.commit().await.unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(run_due(&store, &[worker(Arc::default(), 0)]).await.ok(), Some(1));
        })
        .await;
    }

    /// Found by setting the clock a year ahead for three seconds: every passage was purged, and stayed so.
    #[tokio::test]
    async fn while_the_clock_is_doubted_what_destroys_waits_and_the_rest_goes_on() {
        on_each_database(&[], |store| async move {
            enqueue(&store, "1").await;
            let runs = Arc::new(AtomicI64::new(0));
            let workers = [worker(runs.clone(), 0)];
            let a_year_ago = Belief::new(store.env().now().plus(-365 * Micros::DAY));
            a_year_ago.keep(&store).await.unwrap_or_else(|e| panic!("{e}"));
            let mut watch = ClockWatch { belief: None, looked: Instant::now(), kept: None };
            assert_eq!(watch.look(&store).await.ok(), Some(false));
            assert_eq!(run_due_but(&store, &workers, &["test.work", "test.other"]).await.ok(), Some(0));
            assert!(matches!(Belief::kept(&store).await, Ok(Some(Belief { doubt: Some(_), .. }))), "the health page tells it");
            assert_eq!(run_due_but(&store, &workers, &["test.other"]).await.ok(), Some(1));
            assert_eq!(runs.load(Ordering::SeqCst), 1);
        })
        .await;
    }

    #[test]
    fn the_wait_doubles_and_is_bounded() {
        assert_eq!([1, 2, 3, 99].map(backoff_us), [1_000_000, 2_000_000, 4_000_000, 600_000_000]);
    }
}
