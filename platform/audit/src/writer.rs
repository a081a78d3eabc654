//! The one writer: what waits together becomes durable together.

use std::time::Duration;

use shouhu_store::Store;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::head::{Head, as_i64, begin_locked, written};
use crate::vault::Vault;
use crate::{AuditError, Entry, takeover};

/// Leaves that are made durable together at most; also the length of the queue before callers wait.
pub const GROUP_MAX: usize = 256;
/// How long a checkpoint may wait before it is kept beside the keys too.
const PUBLISH_EVERY: Duration = Duration::from_secs(5);

pub enum Ask {
    Append { entry: Entry, done: oneshot::Sender<Result<i64, AuditError>> },
    /// Answered when the older chain stands in this log.
    Ready { done: oneshot::Sender<Result<(), AuditError>> },
}

pub struct Writer {
    store: Store,
    vault: Vault,
    head: Option<Head>,
    is_chain_taken: bool,
    /// Since when a checkpoint waits to be published.
    publish_at: Option<Instant>,
}

impl Writer {
    pub const fn new(store: Store, vault: Vault) -> Self {
        Self { store, vault, head: None, is_chain_taken: false, publish_at: None }
    }

    pub async fn run(mut self, mut waiting: mpsc::Receiver<Ask>) {
        let mut group = Vec::with_capacity(GROUP_MAX);
        loop {
            let received = match self.publish_at {
                None => waiting.recv_many(&mut group, GROUP_MAX).await,
                Some(at) => match tokio::time::timeout_at(at, waiting.recv_many(&mut group, GROUP_MAX)).await {
                    Ok(received) => received,
                    Err(_) => {
                        self.publish();
                        continue;
                    }
                },
            };
            if received == 0 {
                break;
            }
            self.answer(&mut group).await;
            if self.publish_at.is_some_and(|at| at <= Instant::now()) {
                self.publish();
            }
        }
        if self.publish_at.is_some() {
            self.publish();
        }
    }

    async fn answer(&mut self, group: &mut Vec<Ask>) {
        let taken = self.take_chain().await;
        let (mut entries, mut waiters) = (Vec::with_capacity(group.len()), Vec::with_capacity(group.len()));
        for ask in group.drain(..) {
            match ask {
                Ask::Append { entry, done } => {
                    entries.push(entry);
                    waiters.push(done);
                }
                // Whoever asked may have gone away meanwhile.
                Ask::Ready { done } => drop(done.send(taken.clone())),
            }
        }
        if entries.is_empty() {
            return;
        }
        let result = match taken {
            Ok(()) => self.write(&entries).await,
            Err(error) => Err(error),
        };
        if let Err(error) = &result {
            tracing::error!(%error, leaves = entries.len(), "audit leaves refused; their answers are withheld");
        }
        for (seq, done) in (0..).zip(waiters) {
            // The request may have gone away meanwhile; its leaf stands all the same.
            let _ = done.send(result.clone().map(|first| first + seq));
        }
    }

    async fn take_chain(&mut self) -> Result<(), AuditError> {
        if self.is_chain_taken {
            return Ok(());
        }
        while let Some(head) = takeover::take_some(&self.store, &self.vault, self.head.as_ref()).await? {
            self.committed(head);
        }
        self.is_chain_taken = true;
        Ok(())
    }

    async fn write(&mut self, entries: &[Entry]) -> Result<i64, AuditError> {
        let mut tx = begin_locked(&self.store).await?;
        let mut head = Head::current(&mut tx, &self.vault, self.head.as_ref()).await?;
        let first = as_i64(head.tree.size()) + 1;
        let sealed = (first..).zip(entries).map(|(seq, entry)| self.vault.seal(seq, entry)).collect::<Result<Vec<_>, _>>()?;
        head.grow(&mut tx, &self.vault, &sealed).await?;
        written(tx.commit().await)?;
        self.committed(head);
        Ok(first)
    }

    fn committed(&mut self, head: Head) {
        self.head = Some(head);
        self.publish_at = self.publish_at.or_else(|| Some(Instant::now() + PUBLISH_EVERY));
    }

    /// Keeps the last checkpoint where the database's keeper cannot reach it by restoring an old file.
    fn publish(&mut self) {
        self.publish_at = None;
        let Some((origin, note)) = self.head.as_ref().and_then(|head| head.note.as_ref().map(|note| (&head.origin, note))) else { return };
        if let Err(error) = self.vault.keep_anchor(origin, &note.to_string()) {
            tracing::error!(%error, "the last checkpoint could not be kept beside the keys; tried again with the next leaves");
        }
    }
}
