//! Places in which jobs of this process run at the same time, and who gets one.
//!
//! What the house works on itself shares its processors: of that there are few places, and fewer for one kind. Who calls somebody outside of the house waits for
//! him and costs a socket: he has a place of his own, one for each destination, so that no number of deaf ones holds up anybody who hears.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use shouhu_ids::Micros;
use shouhu_store::{Store, StoreError, Value, params, placeholders};
use tokio::task::{Id, JoinSet};

use crate::{LEASE_US, Leased, Worker, finish};

/// For the house's own work.
const PLACES: usize = 8;
/// Of them, for jobs of one kind.
const PLACES_OF_KIND: usize = 2;
/// For calls, each in a lane of its own: more than settings allow webhooks (20), receivers (16) and tools (64) together.
const CALLS: usize = 128;
/// Waiting jobs that are looked at together.
const LOOKED_AT: usize = 64;

/// What a job takes up.
struct Place {
    id: String,
    kind: String,
    /// Whom it calls, and for what kind of job.
    lane: Option<String>,
}

/// What runs here, and which kinds and lanes have no place left for that.
#[derive(Default)]
struct Taken {
    ids: HashSet<String>,
    kinds: HashMap<String, usize>,
    lanes: HashSet<String>,
    /// Of the house's own work.
    count: usize,
}

impl Taken {
    fn has_place(&self) -> bool {
        self.count < PLACES
    }

    fn may_call(&self) -> bool {
        self.lanes.len() < CALLS
    }

    /// False when there is none for it.
    fn take(&mut self, place: &Place) -> bool {
        let is_taken = match &place.lane {
            Some(lane) => self.may_call() && self.lanes.insert(lane.clone()),
            None => self.has_place() && self.take_of_kind(&place.kind),
        };
        if is_taken {
            self.ids.insert(place.id.clone());
        }
        is_taken
    }

    fn take_of_kind(&mut self, kind: &str) -> bool {
        let of_kind = self.kinds.entry(kind.to_owned()).or_default();
        if *of_kind >= PLACES_OF_KIND {
            return false;
        }
        *of_kind += 1;
        self.count += 1;
        true
    }

    fn full_kinds(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().filter(|(_, count)| **count >= PLACES_OF_KIND).map(|(kind, _)| kind.as_str())
    }
}

#[derive(Default)]
pub struct Places {
    running: JoinSet<Result<(), StoreError>>,
    held: HashMap<Id, Place>,
}

impl Places {
    fn taken(&self) -> Taken {
        let mut taken = Taken::default();
        for place in self.held.values() {
            taken.take(place);
        }
        taken
    }

    /// Begins what is due, of other kinds than those in `waiting`, as far as there are places; how many.
    pub async fn fill(&mut self, store: &Store, workers: &[Worker], waiting: &[&str]) -> Result<usize, StoreError> {
        let leased = lease(store, waiting, self.taken()).await?;
        let count = leased.len();
        for job in leased {
            let place = Place { id: job.id.to_string(), kind: job.kind.clone(), lane: job.lane.clone() };
            let worker = workers.iter().find(|worker| worker.kind == job.kind).cloned();
            let store = store.clone();
            let begun = self.running.spawn(async move {
                let result = match worker {
                    Some(worker) => (worker.run)(job.payload.clone()).await,
                    None => Err(format!("no module has jobs of kind {:?}", job.kind).into()),
                };
                finish(&store, &job, result.err()).await
            });
            self.held.insert(begun.id(), place);
        }
        Ok(count)
    }

    /// Waits until one has ended; `None` when none runs.
    pub async fn ended(&mut self) -> Option<Result<(), StoreError>> {
        let (id, finished) = match self.running.join_next_with_id().await? {
            Ok(ended) => ended,
            // A worker that panicked keeps its lease; the job runs again when that is over.
            Err(error) => (error.id(), Ok(())),
        };
        self.held.remove(&id);
        Some(finished)
    }

    /// Waits until there may be something to begin, and no longer than `at_most`.
    pub async fn wait(&mut self, store: &Store, at_most: Duration) {
        tokio::select! {
            () = store.job_waiting() => {}
            Some(finished) = self.ended() => {
                if let Err(error) = finished {
                    tracing::warn!(%error, "that a job has ended could not be written; it runs again when its lease is over");
                }
            }
            () = tokio::time::sleep(at_most) => {}
        }
    }
}

/// Conditions of a statement that leave things out, with their values.
struct LeftOut {
    sql: String,
    values: Vec<Value>,
}

impl LeftOut {
    /// Those whose column is one of these, but for whatever `but_for` names.
    fn those(&mut self, but_for: &str, column: &str, left_out: Vec<Value>) {
        if left_out.is_empty() {
            return;
        }
        let first = self.values.len() + 1;
        self.sql.push_str(&format!(" AND ({but_for}{column} NOT IN ({}))", placeholders(first..first + left_out.len())));
        self.values.extend(left_out);
    }
}

/// What has a place left, of all that is due. What runs here is left out even when its lease is over: the process that holds it is not dead.
fn with_a_place(waiting: &[&str], taken: &Taken, values: Vec<Value>) -> LeftOut {
    let mut out = LeftOut { sql: String::new(), values };
    out.those("", "id", taken.ids.iter().map(Value::from).collect());
    out.those("", "kind", waiting.iter().copied().map(Value::from).collect());
    out.those("lane IS NOT NULL OR ", "kind", taken.full_kinds().map(Value::from).collect());
    out.those("lane IS NULL OR ", "lane", taken.lanes.iter().map(Value::from).collect());
    if !taken.has_place() {
        out.sql.push_str(" AND lane IS NOT NULL");
    }
    if !taken.may_call() {
        out.sql.push_str(" AND lane IS NULL");
    }
    out
}

/// Due jobs in their order, as far as there are places.
async fn due(store: &Store, now: Micros, waiting: &[&str], mut taken: Taken) -> Result<Vec<String>, StoreError> {
    let looked_at = i64::try_from(LOOKED_AT).unwrap_or(i64::MAX);
    let mut chosen: Vec<String> = Vec::new();
    while taken.has_place() || taken.may_call() {
        let LeftOut { sql, values } = with_a_place(waiting, &taken, params![now, looked_at]);
        let sql = format!(
            "SELECT id, kind, lane FROM store_job WHERE ((state = 'waiting' AND run_at_us <= $1) \
             OR (state = 'running' AND leased_until_us <= $1)){sql} ORDER BY run_at_us, id LIMIT $2"
        );
        let rows = store.fetch(&sql, values).await?;
        for row in &rows {
            let place = Place { id: row.text("id")?, kind: row.text("kind")?, lane: row.opt_text("lane")? };
            if taken.take(&place) {
                chosen.push(place.id);
            }
        }
        // A full page may hide others behind those that got no place; the first of each page gets one, so that there are few.
        if rows.len() < LOOKED_AT {
            break;
        }
    }
    Ok(chosen)
}

async fn lease(store: &Store, waiting: &[&str], taken: Taken) -> Result<Vec<Leased>, StoreError> {
    let now = store.env().now();
    let due = due(store, now, waiting, taken).await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = store.begin().await?;
    let mut leased = Vec::new();
    for id in due {
        let taken = tx
            .fetch_opt(
                "UPDATE store_job SET state = 'running', attempts = attempts + 1, leased_until_us = $2 \
                 WHERE id = $1 AND ((state = 'waiting' AND run_at_us <= $3) OR (state = 'running' AND leased_until_us <= $3)) \
                 RETURNING id, kind, lane, payload, attempts",
                params![id, now.plus(LEASE_US), now],
            )
            .await?;
        if let Some(job) = taken {
            leased.push(Leased {
                id: job.parsed("id")?,
                kind: job.text("kind")?,
                lane: job.opt_text("lane")?,
                payload: job.json("payload")?,
                attempts: job.int("attempts")?,
            });
        }
    }
    tx.commit().await?;
    Ok(leased)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use shouhu_store::NewJob;
    use shouhu_store::testing::on_each_database;
    use tokio::sync::mpsc;

    use super::*;

    /// Hands over whom it works for, and then does what it calls: never ends for those whose name begins with "deaf".
    fn worker(kind: &'static str, tell: mpsc::UnboundedSender<String>) -> Worker {
        Worker {
            kind,
            run: Arc::new(move |payload: serde_json::Value| {
                let (tell, whom) = (tell.clone(), payload.get("whom").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned());
                Box::pin(async move {
                    let is_deaf = whom.starts_with("deaf");
                    tell.send(whom)?;
                    if is_deaf {
                        std::future::pending::<()>().await;
                    }
                    Ok(())
                })
            }),
        }
    }

    async fn enqueue(store: &Store, kind: &'static str, number: usize, whom: &str) {
        let mut tx = store.begin().await.unwrap_or_else(|e| panic!("{e}"));
        let job = NewJob { kind, key: format!("{whom} {number}"), payload: serde_json::json!({ "whom": whom }), run_at: None };
        let enqueued = if whom.ends_with("nobody") { tx.enqueue(job).await } else { tx.enqueue_call(whom, job).await };
        enqueued.unwrap_or_else(|e| panic!("{e}"));
        tx.commit().await.unwrap_or_else(|e| panic!("{e}"));
    }

    async fn heard(hear: &mut mpsc::UnboundedReceiver<String>, count: usize) -> Vec<String> {
        let mut all = Vec::new();
        while all.len() < count {
            all.push(hear.recv().await.unwrap_or_else(|| panic!("nobody works any more")));
        }
        all
    }

    /// Of one call to each that is named, who is heard; work that calls nobody goes on all the while.
    async fn called(store: Store, whom: &[String], hear: usize) -> Vec<String> {
        for whom in whom {
            enqueue(&store, "test.call", 0, whom).await;
        }
        enqueue(&store, "test.work", 0, "nobody").await;
        let ((tell_call, mut calls), (tell_work, mut work)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
        let workers = vec![worker("test.call", tell_call), worker("test.work", tell_work)];
        let running = tokio::spawn(crate::run(store, workers, &[]));
        let called = heard(&mut calls, hear).await;
        assert_eq!(heard(&mut work, 1).await, ["nobody"]);
        running.abort();
        called
    }

    /// Found by two tools of twenty that took calls and answered none: they held both places of their kind, and the other eighteen waited for them.
    #[tokio::test]
    async fn two_destinations_that_hang_hold_up_no_third_and_neither_do_many() {
        for deaf in [2, CALLS - 1] {
            on_each_database(&[], |store| async move {
                let whom: Vec<String> = (0..deaf).map(|number| format!("deaf {number}")).chain(["good".to_owned()]).collect();
                let called = called(store, &whom, deaf + 1).await;
                assert!(called.contains(&"good".to_owned()), "beside {deaf}: {called:?}");
            })
            .await;
        }
    }

    #[tokio::test]
    async fn more_deaf_destinations_than_there_are_sockets_for_them_hold_up_no_work_of_the_house() {
        on_each_database(&[], |store| async move {
            let whom: Vec<String> = (0..CALLS + 3).map(|number| format!("deaf {number}")).collect();
            assert_eq!(called(store, &whom, CALLS).await.len(), CALLS);
        })
        .await;
    }

    /// Found by reading: a job that takes longer than its lease, or during which the clock leaps ahead, was begun a second time beside the first.
    #[tokio::test]
    async fn a_job_that_still_runs_is_not_begun_again_when_its_lease_is_over() {
        on_each_database(&[], |store| async move {
            enqueue(&store, "test.work", 0, "deaf nobody").await;
            let (tell, mut hear) = mpsc::unbounded_channel();
            let running = tokio::spawn(crate::run(store.clone(), vec![worker("test.work", tell)], &[]));
            assert_eq!(heard(&mut hear, 1).await, ["deaf nobody"]);
            let mut tx = store.begin().await.unwrap_or_else(|e| panic!("{e}"));
            let over = "UPDATE store_job SET leased_until_us = $1";
            tx.execute(over, params![store.env().now().plus(-1)]).await.unwrap_or_else(|e| panic!("{e}"));
            tx.commit().await.unwrap_or_else(|e| panic!("{e}"));
            // It is due after the first, so that the first had its turn when this one is heard.
            enqueue(&store, "test.work", 1, "nobody").await;
            assert_eq!(heard(&mut hear, 1).await, ["nobody"]);
            let begun = store.fetch_one("SELECT attempts FROM store_job WHERE job_key = $1", params!["deaf nobody 0"]).await;
            assert_eq!(begun.and_then(|row| row.int("attempts")).ok(), Some(1));
            running.abort();
        })
        .await;
    }

    /// Found by a tool whose logout address took connections and answered none: after a shift's end nothing else ran for minutes.
    #[tokio::test]
    async fn a_destination_that_hangs_holds_up_neither_others_of_its_kind_nor_other_kinds() {
        on_each_database(&[], |store| async move {
            // More than fit on one page come before all others.
            for number in 0..LOOKED_AT + 5 {
                enqueue(&store, "test.call", number, "deaf").await;
            }
            for number in 0..3 {
                enqueue(&store, "test.call", number, "good").await;
                enqueue(&store, "test.work", number, "nobody").await;
            }
            let ((tell_call, mut calls), (tell_work, mut work)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
            let workers = vec![worker("test.call", tell_call), worker("test.work", tell_work)];
            let running = tokio::spawn(crate::run(store.clone(), workers, &[]));
            assert_eq!(heard(&mut work, 3).await, ["nobody"; 3]);
            let mut called = heard(&mut calls, 4).await;
            called.sort();
            assert_eq!(called, ["deaf", "good", "good", "good"]);
            running.abort();
        })
        .await;
    }

    #[tokio::test]
    async fn a_kind_of_which_none_ends_leaves_places_to_the_others() {
        on_each_database(&[], |store| async move {
            for number in 0..PLACES + 2 {
                enqueue(&store, "test.call", number, "deaf nobody").await;
            }
            enqueue(&store, "test.work", 0, "nobody").await;
            let ((tell_call, mut calls), (tell_work, mut work)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
            let workers = vec![worker("test.call", tell_call), worker("test.work", tell_work)];
            let running = tokio::spawn(crate::run(store.clone(), workers, &[]));
            assert_eq!(heard(&mut work, 1).await, ["nobody"]);
            assert_eq!(heard(&mut calls, PLACES_OF_KIND).await.len(), PLACES_OF_KIND);
            // Whoever comes later finds a place at once, and the others of that kind still none.
            enqueue(&store, "test.work", 1, "nobody").await;
            assert_eq!(heard(&mut work, 1).await, ["nobody"]);
            assert!(calls.try_recv().is_err());
            running.abort();
        })
        .await;
    }

    #[test]
    fn a_place_is_given_to_so_many_of_a_kind_and_to_no_more_than_there_are() {
        let place = |kind: usize| Place { id: String::new(), kind: format!("kind {kind}"), lane: None };
        let mut taken = Taken::default();
        assert!(taken.take(&place(0)) && taken.take(&place(0)) && !taken.take(&place(0)), "the kind is full");
        assert_eq!(taken.full_kinds().collect::<Vec<_>>(), ["kind 0"]);
        let others = (1..).flat_map(|kind| std::iter::repeat_n(kind, PLACES_OF_KIND)).take(PLACES);
        assert_eq!(others.filter(|kind| taken.take(&place(*kind))).count(), PLACES - PLACES_OF_KIND);
        assert!(!taken.has_place() && taken.may_call());
    }

    #[test]
    fn a_call_has_one_place_for_each_destination_and_takes_none_of_the_houses_own_work() {
        let call = |lane: usize| Place { id: lane.to_string(), kind: "call".into(), lane: Some(format!("call:{lane}")) };
        let mut taken = Taken::default();
        assert!(taken.take(&call(0)) && !taken.take(&call(0)));
        assert_eq!((1..CALLS + 5).filter(|lane| taken.take(&call(*lane))).count(), CALLS - 1);
        assert!(!taken.may_call() && taken.has_place() && taken.full_kinds().next().is_none());
        assert_eq!(taken.ids.len(), CALLS);
        assert!(taken.take(&Place { id: "own".into(), kind: "call".into(), lane: None }));
    }
}
