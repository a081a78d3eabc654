//! A lake in a folder without a server: opened, kept tidy by threads of this program, and closed.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context;
use shouhu_env::RealFiles;
use shouhu_files::Files;
use shouhu_lake::lake::{AppendError, BookKeeper, Compacted, CompactionPolicy, Compactor, Haste, Outcome};
use shouhu_lake::{Batch, FileCatalogue, Lake, LakeConfig, SegmentMeta, Sources, View};

/// Later than any day of a workload.
const NEVER_MS: i64 = i64::MAX / 2;
/// How often the threads look whether there is something to do.
const LOOK: Duration = Duration::from_millis(5);

pub struct Opened {
    lake: Arc<Lake>,
    /// Time of the newest passage: the clock that says which days are over while rows come in, as a city's own would.
    newest_ms: Arc<AtomicI64>,
}

impl Opened {
    #[must_use]
    pub const fn config() -> LakeConfig {
        LakeConfig::of_node(1)
    }

    pub fn open(folder: &Path, sources: Sources) -> anyhow::Result<Self> {
        Self::open_with(Self::config(), folder, sources)
    }

    pub fn open_with(config: LakeConfig, folder: &Path, sources: Sources) -> anyhow::Result<Self> {
        let files: Arc<dyn Files> = Arc::new(RealFiles::below(folder));
        let catalogue = Arc::new(FileCatalogue::open(Arc::clone(&files), config.node)?);
        let (lake, report) = Lake::open(config, Arc::clone(&files), files, catalogue).with_context(|| folder.display().to_string())?;
        lake.settle(report.replay.done());
        lake.set_sources(sources);
        BookKeeper::default().once(&lake)?;
        Ok(Self { lake: Arc::new(lake), newest_ms: Arc::default() })
    }

    #[must_use]
    pub fn view(&self) -> View {
        self.lake.view()
    }

    /// Durable when it returns; gives how many rows were new.
    pub fn append(&self, batch: Batch) -> anyhow::Result<usize> {
        let newest_ms = batch.rows.iter().map(|row| row.at_ms).max().unwrap_or(0);
        self.newest_ms.fetch_max(newest_ms, Ordering::Relaxed);
        loop {
            match self.lake.append(batch.clone()) {
                Ok(receipt) => {
                    self.lake.settle(receipt.ticket);
                    return Ok(receipt.outcomes.iter().filter(|outcome| **outcome == Outcome::Fresh).count());
                }
                Err(AppendError::Busy { retry_after_ms }) => std::thread::sleep(Duration::from_millis(retry_after_ms)),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Everything in segments, in both orders.
    pub fn flush(&self) -> anyhow::Result<()> {
        while self.lake.stats().memory_rows > 0 {
            self.lake.flush_with(Haste::Hurry)?;
        }
        Ok(())
    }

    #[must_use]
    pub fn listed(&self) -> Vec<SegmentMeta> {
        self.lake.segments().iter().map(|listed| listed.meta.clone()).collect()
    }

    #[must_use]
    pub fn segments(&self) -> usize {
        self.lake.segments().len()
    }

    /// In memory and in segments.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.view().parts.iter().map(|part| part.rows()).sum()
    }

    /// Flushes, sorts and merges from now on, until the guard is dropped, by the server's rules; a day is over when passages of
    /// the next one have come.
    #[must_use = "dropping it ends the work"]
    pub fn keep_tidy(&self) -> Background {
        let stop = Arc::new(AtomicBool::new(false));
        let policy = CompactionPolicy::of_rows(self.lake.config().segment_rows_max);
        let (mut compactor, newest_ms) = (Compactor::new(policy), Arc::clone(&self.newest_ms));
        let merge = move |lake: &Lake| merge_all(lake, &mut compactor, newest_ms.load(Ordering::Relaxed));
        let mut since = Instant::now();
        let flush = move |lake: &Lake| flush_if_due(lake, &mut since);
        let works: [Work; 3] = [Box::new(flush), Box::new(|lake| Ok(lake.tidy()?)), Box::new(merge)];
        let threads = works.map(|mut work| {
            let (lake, stop) = (Arc::clone(&self.lake), Arc::clone(&stop));
            std::thread::spawn(move || -> anyhow::Result<()> {
                while !stop.load(Ordering::Relaxed) {
                    work(&lake)?;
                    std::thread::sleep(LOOK);
                }
                Ok(())
            })
        });
        Background { stop, threads: threads.into() }
    }

    /// Everything in segments, merged, with the book of plates; what is not needed any more is gone.
    pub fn settle(&self) -> anyhow::Result<()> {
        self.flush()?;
        // The workload's days are long over and nothing more comes: each becomes one segment.
        let policy = CompactionPolicy { still_ms: 0, ..CompactionPolicy::of_rows(self.lake.config().segment_rows_max) };
        merge_all(&self.lake, &mut Compactor::new(policy), NEVER_MS)?;
        self.lake.tidy()?;
        BookKeeper::default().once(&self.lake)?;
        self.lake.sweep(NEVER_MS, 0)?;
        Ok(())
    }

    /// What is in memory stays in the log.
    pub fn close(self) -> anyhow::Result<()> {
        self.lake.tidy()?;
        Ok(())
    }
}

/// In haste where rows have come fast, nearly as in the server, which counts from when it first sees rows after a flush.
fn flush_if_due(lake: &Lake, since: &mut Instant) -> anyhow::Result<()> {
    if lake.is_flush_due() {
        let in_ms = i64::try_from(since.elapsed().as_millis())?;
        lake.flush_with(Haste::of(lake.stats().memory_rows, in_ms))?;
        *since = Instant::now();
    }
    Ok(())
}

fn merge_all(lake: &Lake, compactor: &mut Compactor, now_ms: i64) -> anyhow::Result<()> {
    while !matches!(compactor.once(lake, now_ms)?, Compacted::Nothing) {}
    Ok(())
}

type Work = Box<dyn FnMut(&Lake) -> anyhow::Result<()> + Send>;

/// Threads at work; dropping it waits for what they have begun.
pub struct Background {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<anyhow::Result<()>>>,
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            match thread.join() {
                Ok(Ok(())) => {}
                Ok(Err(error)) => eprintln!("background work failed: {error:#}"),
                Err(_) => eprintln!("background work panicked"),
            }
        }
    }
}
