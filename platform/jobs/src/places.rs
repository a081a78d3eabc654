//! Places in which jobs of this process run at the same time, and who gets one.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use shouhu_ids::Micros;
use shouhu_store::{Store, StoreError, Value, params, placeholders};
use tokio::task::{Id, JoinSet};

use crate::{LEASE_US, Leased, Worker, finish};

const PLACES: usize = 8;
/// Of them, for jobs of one kind. Three kinds call somebody outside of the house: when nobody answers any of them, two places are left.
const PLACES_OF_KIND: usize = 2;
/// Waiting jobs that are looked at together.
const LOOKED_AT: usize = 64;

/// What a job takes up.
struct Place {
    kind: String,
    lane: Option<String>,
}

/// Which kinds and lanes have no place left.
#[derive(Default)]
struct Taken {
    kinds: HashMap<String, usize>,
    lanes: HashSet<String>,
    count: usize,
}

impl Taken {
    fn is_full(&self) -> bool {
        self.count >= PLACES
    }

    /// False when there is none for it.
    fn take(&mut self, place: &Place) -> bool {
        let of_kind = self.kinds.get(&place.kind).copied().unwrap_or_default();
        let is_called = place.lane.as_ref().is_some_and(|lane| self.lanes.contains(lane));
        if self.is_full() || of_kind >= PLACES_OF_KIND || is_called {
            return false;
        }
        self.kinds.insert(place.kind.clone(), of_kind + 1);
        self.lanes.extend(place.lane.clone());
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
            let place = Place { kind: job.kind.clone(), lane: job.lane.clone() };
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

/// Due jobs in their order, as far as there are places.
async fn due(store: &Store, now: Micros, waiting: &[&str], mut taken: Taken) -> Result<Vec<String>, StoreError> {
    let mut chosen: Vec<String> = Vec::new();
    loop {
        if taken.is_full() {
            return Ok(chosen);
        }
        let looked_at = i64::try_from(LOOKED_AT).unwrap_or(i64::MAX);
        let mut values = params![now, looked_at];
        let mut but = String::new();
        let kinds: Vec<Value> = waiting.iter().copied().chain(taken.full_kinds()).map(Value::from).collect();
        let (lanes, ids) = (taken.lanes.iter().map(Value::from).collect(), chosen.iter().map(Value::from).collect());
        for (column, left_out) in [("kind", kinds), ("COALESCE(lane, '')", lanes), ("id", ids)] {
            if !left_out.is_empty() {
                let first = values.len() + 1;
                but.push_str(&format!(" AND {column} NOT IN ({})", placeholders(first..first + left_out.len())));
                values.extend(left_out);
            }
        }
        let sql = format!(
            "SELECT id, kind, lane FROM store_job WHERE ((state = 'waiting' AND run_at_us <= $1) \
             OR (state = 'running' AND leased_until_us <= $1)){but} ORDER BY run_at_us, id LIMIT $2"
        );
        let rows = store.fetch(&sql, values).await?;
        for row in &rows {
            if taken.take(&Place { kind: row.text("kind")?, lane: row.opt_text("lane")? }) {
                chosen.push(row.text("id")?);
            }
        }
        // A full page may hide others behind those that got no place; the first of each page gets one, so that there are few.
        if rows.len() < LOOKED_AT {
            return Ok(chosen);
        }
    }
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
        let enqueued = if whom == "nobody" { tx.enqueue(job).await } else { tx.enqueue_call(whom, job).await };
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
                enqueue(&store, "test.call", number, &format!("deaf {number}")).await;
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
    fn a_place_is_given_to_so_many_of_a_kind_and_one_of_a_lane_and_to_no_more_than_there_are() {
        let place = |kind: usize, lane: Option<&str>| Place { kind: format!("kind {kind}"), lane: lane.map(ToOwned::to_owned) };
        let mut taken = Taken::default();
        assert!(taken.take(&place(0, Some("a"))) && !taken.take(&place(0, Some("a"))) && taken.take(&place(0, Some("b"))));
        assert!(!taken.take(&place(0, None)), "the kind is full");
        assert_eq!(taken.full_kinds().collect::<Vec<_>>(), ["kind 0"]);
        let others = (1..).flat_map(|kind| std::iter::repeat_n(kind, PLACES_OF_KIND)).take(PLACES);
        assert_eq!(others.filter(|kind| taken.take(&place(*kind, None))).count(), PLACES - PLACES_OF_KIND);
        assert!(taken.is_full());
    }
}
