//! Work that goes before other work, where all wait for the same few connections.
//!
//! A cry for help writes some rows and reads some. Behind a hundred questions that wait for four readers, each of its steps would take as long as all of theirs. So it reads
//! by connections of its own, and to write it waits behind one writer of other work at most, who queue before the queue, and behind those that go first as it does: every
//! write that saves lives, and the audit log's. Among themselves these are served in the order in which they came.

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use std::sync::Arc;

use crate::StoreError;
use crate::db::WAIT;

tokio::task_local! {
    static IS_FIRST: ();
}

/// Does the work before other work. What it hands to other tasks is other work.
pub async fn first<F: Future>(work: F) -> F::Output {
    IS_FIRST.scope((), work).await
}

/// Whether the work at hand goes before other work.
#[must_use]
pub fn is_first() -> bool {
    IS_FIRST.try_with(|()| ()).is_ok()
}

/// Of those that are not first, one at a time goes on to the writers' queue.
#[derive(Debug, Clone)]
pub(crate) struct Turns(Arc<Semaphore>);

/// Kept for as long as its writer writes; who is first needs none.
pub(crate) type Turn = Option<OwnedSemaphorePermit>;

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl Turns {
    /// # Errors
    /// `Busy` when the wait for those before was too long.
    pub async fn take(&self) -> Result<Turn, StoreError> {
        if is_first() {
            return Ok(None);
        }
        match tokio::time::timeout(WAIT, Arc::clone(&self.0).acquire_owned()).await {
            Ok(Ok(turn)) => Ok(Some(turn)),
            _ => Err(StoreError::Busy { detail: "too many writers before this one".into() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;
    use crate::testing::on_each_database;
    use crate::{Backend, Store};

    const OTHERS: usize = 30;

    /// In which order work came to its end.
    type Ends = Arc<Mutex<Vec<&'static str>>>;

    fn note(ends: &Ends, who: &'static str) {
        ends.lock().unwrap_or_else(|e| panic!("{e}")).push(who);
    }

    async fn place_of_first(ends: Ends, all: Vec<tokio::task::JoinHandle<()>>) -> usize {
        for one in all {
            one.await.unwrap_or_else(|e| panic!("{e}"));
        }
        let ends = ends.lock().unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(ends.len(), OTHERS + 1);
        ends.iter().position(|who| *who == "first").unwrap_or(usize::MAX)
    }

    async fn write(store: Store, ends: Ends, who: &'static str) {
        let tx = store.begin().await.unwrap_or_else(|e| panic!("{e}"));
        tokio::time::sleep(Duration::from_millis(2)).await;
        note(&ends, who);
        drop(tx);
    }

    #[tokio::test]
    async fn who_writes_first_waits_behind_one_writer_of_other_work_at_most() {
        on_each_database(&[], |store| async move {
            if store.backend() != Backend::Sqlite {
                return; // It has a writer for each connection.
            }
            let ends = Ends::default();
            let held = store.begin().await.unwrap_or_else(|e| panic!("{e}"));
            let mut all: Vec<_> = (0..OTHERS).map(|_| tokio::spawn(write(store.clone(), ends.clone(), "other"))).collect();
            tokio::time::sleep(Duration::from_millis(50)).await;
            all.push(tokio::spawn(first(write(store.clone(), ends.clone(), "first"))));
            tokio::time::sleep(Duration::from_millis(50)).await;
            drop(held);
            let place = place_of_first(ends, all).await;
            assert!(place <= 1, "{place} others wrote before");
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_reads_first_does_not_wait_for_the_readers_of_others() {
        on_each_database(&[], |store| async move {
            let ends = Ends::default();
            let read = |store: Store, ends: Ends, who: &'static str, rows: u32| async move {
                let sql = format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) SELECT CAST(SUM(i) AS BIGINT) AS total FROM n");
                store.fetch(&sql, vec![]).await.unwrap_or_else(|e| panic!("{e}"));
                note(&ends, who);
            };
            let mut all: Vec<_> = (0..OTHERS).map(|_| tokio::spawn(read(store.clone(), ends.clone(), "other", 400_000))).collect();
            tokio::time::sleep(Duration::from_millis(20)).await;
            all.push(tokio::spawn(first(read(store.clone(), ends.clone(), "first", 1))));
            let place = place_of_first(ends, all).await;
            assert!(place < OTHERS / 2, "{place} others were answered before");
        })
        .await;
    }

    #[tokio::test]
    async fn what_is_handed_to_another_task_is_other_work() {
        first(async {
            assert!(is_first());
            assert!(!tokio::spawn(async { is_first() }).await.unwrap_or(true));
        })
        .await;
        assert!(!is_first());
    }
}
