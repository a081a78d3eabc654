//! A lake in a folder without a server: opened, kept tidy by threads of this program, and closed.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use shouhu_env::RealFiles;
use shouhu_files::Files;
use shouhu_lake::catalogue::FileCatalogue;
use shouhu_lake::lake::{AppendError, Outcome};
use shouhu_lake::{Batch, Lake, LakeConfig, SegmentMeta, Sources, View};

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
        let catalogue = Arc::new(FileCatalogue::open(Arc::clone(&files))?);
        let (lake, report) = Lake::open(config, Arc::clone(&files), files, catalogue).with_context(|| folder.display().to_string())?;
        lake.settle(report.replay.ticket);
        lake.set_sources(sources);
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
}
