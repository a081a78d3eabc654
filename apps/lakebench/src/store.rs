//! A lake in a folder without a server: opened, kept tidy by threads of this program, and closed.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use shouhu_env::RealFiles;
use shouhu_files::Files;
use shouhu_lake::lake::{AppendError, BookKeeper, Compacted, CompactionPolicy, Compactor, Outcome};
use shouhu_lake::{Batch, FileCatalogue, Lake, LakeConfig, SegmentMeta, Sources, View};

/// Later than any day of a workload.
const NEVER_MS: i64 = i64::MAX / 2;
/// How often the threads look whether there is something to do.
const LOOK: Duration = Duration::from_millis(5);

pub struct Opened {
    lake: Arc<Lake>,
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
        Ok(Self { lake: Arc::new(lake) })
    }

    #[must_use]
    pub fn view(&self) -> View {
        self.lake.view()
    }

    /// Durable when it returns; gives how many rows were new.
    pub fn append(&self, batch: Batch) -> anyhow::Result<usize> {
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

    pub fn flush(&self) -> anyhow::Result<()> {
        self.lake.flush()?;
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

    /// Flushes, sorts, merges and keeps the book of plates from now on, until the guard is dropped.
    #[must_use = "dropping it ends the work"]
    pub fn keep_tidy(&self) -> Background {
        let stop = Arc::new(AtomicBool::new(false));
        let works: [fn(&Lake) -> anyhow::Result<()>; 3] = [flush_if_due, |lake| Ok(lake.tidy()?), merge_all];
        let threads = works.map(|work| {
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
        while self.lake.stats().memory_rows > 0 {
            self.lake.flush()?;
        }
        merge_all(&self.lake)?;
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

fn flush_if_due(lake: &Lake) -> anyhow::Result<()> {
    if lake.is_flush_due() {
        lake.flush()?;
    }
    Ok(())
}

/// The workload's days are long over and nothing more comes: each becomes one segment.
fn merge_all(lake: &Lake) -> anyhow::Result<()> {
    let mut compactor = Compactor::new(CompactionPolicy { still_ms: 0, ..CompactionPolicy::of_rows(lake.config().segment_rows_max) });
    while !matches!(compactor.once(lake, NEVER_MS)?, Compacted::Nothing) {}
    Ok(())
}

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
