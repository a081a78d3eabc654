//! The lake as the rooms of the house use it.

use std::sync::Arc;

use shouhu_env::Env;
use shouhu_ids::{CameraId, DeviceId};
use shouhu_lake::{Batch, Class, Key, PlateCode, Sources, View, Window};
use shouhu_store::Store;

use crate::{Certificate, Figures, LakehouseConfig, LakehouseError, LakehouseHealth, SourceKey, SourceRecord};

/// What became of one row of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Synced.
    Kept,
    /// This device has sent this sequence number before, with this passage.
    Duplicate,
    /// This device has sent this sequence number before, with another passage: its queue was reset. The row is not kept.
    Conflict,
}

/// What became of a batch; all of it is as durable as it says when this is returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// One per row, in the order of the batch.
    pub fates: Vec<Fate>,
}

impl Appended {
    #[must_use]
    pub fn count(&self, fate: Fate) -> usize {
        self.fates.iter().filter(|one| **one == fate).count()
    }
}

/// One node of the lake, cheap to clone.
#[derive(Clone)]
pub struct Lakehouse(Arc<Inner>);

struct Inner {}

impl Lakehouse {
    /// Replays the write-ahead log, reads the catalogue, starts the background work. The schema is migrated already.
    /// Needs a runtime around it, and for as long as it is used.
    ///
    /// # Errors
    /// What is wrong with the place, the database, the log; a damaged log names its file and the way out.
    pub async fn open(config: LakehouseConfig, store: Store, env: Env) -> Result<Self, LakehouseError> {
        let _ = (config, store, env);
        unimplemented!()
    }

    /// Takes a batch in: synced when it returns. Answers no earlier than the disk, and later when memory is full.
    ///
    /// # Errors
    /// `Full` when the device must wait, `Stopped` when the disk failed and the program must be started again.
    pub async fn append(&self, batch: Batch) -> Result<Appended, LakehouseError> {
        let _ = batch;
        unimplemented!()
    }

    /// The lake at this moment, of these classes; reads nothing.
    #[must_use]
    pub fn view(&self, classes: &[Class]) -> View {
        let _ = classes;
        unimplemented!()
    }

    /// Asks a question on a thread for blocking work; waits while too many are being answered.
    ///
    /// # Errors
    /// `Stopped` when the lake is closed.
    pub async fn ask<T: Send + 'static>(
        &self,
        classes: &[Class],
        question: impl FnOnce(&View) -> T + Send + 'static,
    ) -> Result<T, LakehouseError> {
        let _ = (classes, question);
        unimplemented!()
    }

    /// The number of a source, new when it is new; its name is brought up to date. Asks the database only for new ones.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn source_number(&self, key: &SourceKey, name: &str) -> Result<u32, LakehouseError> {
        let _ = (key, name);
        unimplemented!()
    }

    /// From memory; `None`: ask [`Self::source_number`].
    #[must_use]
    pub fn known_source_number(&self, key: &SourceKey) -> Option<u32> {
        let _ = key;
        unimplemented!()
    }

    /// The number of a device, the same for ever: [`Batch::device`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn device_number(&self, device: DeviceId) -> Result<u32, LakehouseError> {
        let _ = device;
        unimplemented!()
    }

    #[must_use]
    pub fn source(&self, number: u32) -> Option<Arc<SourceRecord>> {
        let _ = number;
        unimplemented!()
    }

    /// Every number that a camera has had, oldest first.
    #[must_use]
    pub fn sources_of_camera(&self, camera: CameraId) -> Vec<u32> {
        let _ = camera;
        unimplemented!()
    }

    /// Every number that a device has had, oldest first.
    #[must_use]
    pub fn sources_of_device(&self, device: DeviceId) -> Vec<u32> {
        let _ = device;
        unimplemented!()
    }

    /// Places of all sources, as [`View::sources`] has them.
    #[must_use]
    pub fn places(&self) -> Arc<Sources> {
        unimplemented!()
    }

    /// Drops a day of a class; rows that `keep` names are written again under `into`. On every node at once.
    ///
    /// # Errors
    /// When a file cannot be read or written, or another node exchanges segments of the day again and again.
    pub async fn drop_day(
        &self,
        class: Class,
        day: i64,
        keep: impl Fn(&Key) -> bool + Send + Sync + 'static,
        into: Class,
    ) -> Result<Certificate, LakehouseError> {
        let _ = (class, day, keep, into);
        unimplemented!()
    }

    /// Erases a plate's passages within the window, in every class, but those that `keep` names: from segments, memory, log
    /// and book of plates.
    ///
    /// # Errors
    /// As [`Self::drop_day`].
    pub async fn erase(
        &self,
        plate: PlateCode,
        window: Window,
        keep: impl Fn(&Key) -> bool + Send + Sync + 'static,
    ) -> Result<Certificate, LakehouseError> {
        let _ = (plate, window, keep);
        unimplemented!()
    }

    /// Writes memory out now.
    ///
    /// # Errors
    /// When the disk or the database refuses; nothing is lost then.
    pub async fn flush(&self) -> Result<(), LakehouseError> {
        unimplemented!()
    }

    #[must_use]
    pub fn health(&self) -> LakehouseHealth {
        unimplemented!()
    }

    #[must_use]
    pub fn figures(&self) -> Figures {
        unimplemented!()
    }

    /// Ends the background work, writes memory out, says goodbye to the other nodes. Without it nothing is lost either.
    ///
    /// # Errors
    /// When memory could not be written out; it is in the log.
    pub async fn close(&self) -> Result<(), LakehouseError> {
        unimplemented!()
    }
}
