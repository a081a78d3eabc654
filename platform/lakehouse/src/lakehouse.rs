//! The lake as the rooms of the house use it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use shouhu_env::{Env, RealFiles};
use shouhu_files::{Files, FilesError};
use shouhu_ids::{CameraId, DeviceId};
use shouhu_lake::lake::{Certificate, Haste, LakeStats, Mended, Outcome};
use shouhu_lake::{Batch, Catalogue, Class, Key, Lake, LakeConfig, PartError, PlateCode, SegmentMeta, Sources, View, Window};
use shouhu_store::Store;
use tokio::sync::Semaphore;

use crate::bridge::Bridge;
use crate::keeper::{Keeper, Stop, Troubles};
use crate::read_only::ReadOnly;
use crate::sources::Register;
use crate::{
    Figures, ForgetKey, LakePlace, LakehouseConfig, LakehouseError, LakehouseHealth, ObjectFiles, SourceKey, SourceRecord, SqlCatalogue,
};

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

/// The sources that whoever looks may see, as statements call them: the part of `lakehouse_source` that a room shows ([`shouhu_store::Shown`]).
pub const SEEN_SOURCES: &str = "seen_source";

/// Held by the node's program.
const HOLD: &str = "lakehouse.lock";

/// One node of the lake, cheap to clone.
#[derive(Clone)]
pub struct Lakehouse(Arc<Inner>);

struct Inner {
    env: Env,
    shared: Arc<dyn Files>,
    register: Arc<Register>,
    questions: Arc<Semaphore>,
    engine: Engine,
    store: Store,
    forget_key: Option<ForgetKey>,
}

enum Engine {
    Writer(Box<Writer>),
    Reader(ReadOnly),
}

struct Writer {
    lake: Arc<Lake>,
    keeper: Mutex<Option<Keeper>>,
    stop: Arc<Stop>,
    troubles: Arc<Troubles>,
    counters: Arc<Counters>,
    grace_ms: i64,
}

/// What the node did since its start.
#[derive(Debug, Default)]
pub struct Counters {
    pub rows_appended: AtomicU64,
    pub batches_appended: AtomicU64,
    pub rows_duplicate: AtomicU64,
    pub rows_conflicting: AtomicU64,
    pub flushes: AtomicU64,
    pub rows_flushed: AtomicU64,
    pub compactions: AtomicU64,
    pub rows_compacted: AtomicU64,
    pub segments_removed: AtomicU64,
    pub failures: AtomicU64,
    pub version: AtomicU64,
}

impl Counters {
    pub fn add(counter: &AtomicU64, more: u64) {
        counter.fetch_add(more, Ordering::Relaxed);
    }
}

/// Runs the lake's work on a thread for blocking work.
pub async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

pub fn now_ms(env: &Env) -> i64 {
    env.now().0.div_euclid(1_000)
}

/// The codes of hidden plates.
fn hidden_of(veil: &shouhu_store::Veil) -> BTreeSet<PlateCode> {
    veil.plates().filter_map(|(plate, _)| PlateCode::from_bytes(plate.as_str().as_bytes())).collect()
}

impl Lakehouse {
    /// Replays the write-ahead log, reads the catalogue, starts the background work. The schema is migrated already.
    /// Needs a runtime around it, and for as long as it is used.
    ///
    /// # Errors
    /// What is wrong with the place, the database, the log; a damaged log names its file and the way out.
    pub async fn open(config: LakehouseConfig, store: Store, env: Env) -> Result<Self, LakehouseError> {
        let local: Arc<dyn Files> = Arc::new(RealFiles::below(&config.home));
        // Before the node is claimed: a second program that is started by mistake must not put the first out of office.
        let hold = local.hold(HOLD).map_err(|error| match error {
            FilesError::Held { .. } => LakehouseError::Held { home: config.home.display().to_string() },
            other => other.into(),
        })?;
        let Place { files: shared, objects } = place_of(&config, &local)?;
        let register = Arc::new(Register::open(store.clone()).await?);
        let catalogue = Arc::new(SqlCatalogue::claim(store.clone(), &config.node).await?);
        let lake_config = LakeConfig {
            memtable_rows_max: config.memory_rows_max,
            flush_rows: config.flush_rows,
            segment_rows_max: config.segment_rows_max,
            on_damage: config.on_damage,
            ..LakeConfig::of_node(catalogue.node())
        };
        let (node_files, shared_too, as_trait) = (Arc::clone(&local), Arc::clone(&shared), Arc::clone(&catalogue) as Arc<dyn Catalogue>);
        let opened = off_thread(move || Lake::open(lake_config, node_files, shared_too, as_trait)).await;
        let (lake, report) = opened.map_err(|error| LakehouseError::from_open(error, &config.home))?;
        tracing::info!(
            node = config.node,
            rows = report.rows,
            torn = report.torn.len(),
            damaged = report.damaged.len(),
            orphans = report.orphans,
            strangers = report.strangers.len(),
            "the lake is open"
        );
        // What follows from a batch is durable before the batch is appended, so nothing waits for a replay.
        lake.settle(report.replay.done());
        lake.set_sources(register.places().as_ref().clone());
        lake.set_behind(catalogue.behind().await?);
        let lake = Arc::new(lake);
        let (stop, troubles, counters) = (Arc::<Stop>::default(), Arc::<Troubles>::default(), Arc::<Counters>::default());
        let keeper = Keeper {
            env: env.clone(),
            lake: Arc::clone(&lake),
            catalogue,
            register: Arc::clone(&register),
            shared: Arc::clone(&shared),
            objects,
            stop: Arc::clone(&stop),
            troubles: Arc::clone(&troubles),
            counters: Arc::clone(&counters),
            config: config.clone(),
            threads: Vec::new(),
            bridge: Bridge::here(),
            _hold: hold,
        };
        let keeper = keeper.start()?;
        let writer =
            Writer { lake, keeper: Mutex::new(Some(keeper)), stop, troubles, counters, grace_ms: config.grace_ms };
        let questions = Arc::new(Semaphore::new(config.questions_max));
        let engine = Engine::Writer(Box::new(writer));
        Ok(Self(Arc::new(Inner { env, shared, register, questions, engine, store, forget_key: config.forget_key })))
    }

    /// Opens the lake for questions only, beside whoever writes it: no log is held or read, nothing is written, neither to a
    /// disk nor to the database, and what is in the memory of any node is named as missing.
    ///
    /// # Errors
    /// What is wrong with the place or the database.
    pub async fn open_read_only(config: LakehouseConfig, store: Store, env: Env) -> Result<Self, LakehouseError> {
        let local: Arc<dyn Files> = Arc::new(RealFiles::below(&config.home));
        let shared = place_of(&LakehouseConfig { index_cache_bytes: 0, ..config.clone() }, &local)?.files;
        let register = Arc::new(Register::open(store.clone()).await?);
        let reader = ReadOnly::open(&store, local, Arc::clone(&shared), register.places()).await?;
        let questions = Arc::new(Semaphore::new(config.questions_max));
        let engine = Engine::Reader(reader);
        Ok(Self(Arc::new(Inner { env, shared, register, questions, engine, store, forget_key: None })))
    }

    fn writer(&self) -> Result<&Writer, LakehouseError> {
        match &self.0.engine {
            Engine::Writer(writer) if writer.stop.is_stopped() => Err(LakehouseError::Stopped { reason: "it is closed".into() }),
            Engine::Writer(writer) => Ok(writer),
            Engine::Reader(_) => Err(LakehouseError::Stopped { reason: "it was opened for reading only".into() }),
        }
    }

    /// Takes a batch in: synced when it returns. Answers no earlier than the disk, and `Full` when memory is. What follows from
    /// the batch must be durable before: nothing is replayed to the caller after a crash.
    ///
    /// # Errors
    /// `Full` when the device must wait, `Stopped` when the disk failed, until it has taken a new log file.
    pub async fn append(&self, batch: Batch) -> Result<Appended, LakehouseError> {
        let writer = self.writer()?;
        let lake = Arc::clone(&writer.lake);
        let receipt = off_thread(move || {
            let receipt = lake.append(batch)?;
            lake.settle(receipt.ticket);
            Ok::<_, shouhu_lake::lake::AppendError>(receipt.outcomes)
        });
        let outcomes = receipt.await?;
        if writer.lake.is_flush_due() {
            writer.stop.wake();
        }
        let fates = outcomes.into_iter().map(|outcome| match outcome {
            Outcome::Fresh => Fate::Kept,
            Outcome::Duplicate => Fate::Duplicate,
            Outcome::Conflict => Fate::Conflict,
        });
        let appended = Appended { fates: fates.collect() };
        let counters = &writer.counters;
        Counters::add(&counters.batches_appended, 1);
        Counters::add(&counters.rows_appended, appended.count(Fate::Kept) as u64);
        Counters::add(&counters.rows_duplicate, appended.count(Fate::Duplicate) as u64);
        Counters::add(&counters.rows_conflicting, appended.count(Fate::Conflict) as u64);
        Ok(appended)
    }

    /// What whoever asks now may not see.
    #[must_use]
    pub fn veil(&self) -> Option<shouhu_store::Veil> {
        self.0.store.veil()
    }

    /// The lake at this moment, of these classes, with everything in it, sealed or not: for counting and keeping, never for an answer. Reads
    /// nothing.
    #[must_use]
    pub fn view(&self, classes: &[Class]) -> View {
        let mut view = match &self.0.engine {
            Engine::Writer(writer) => writer.lake.view(),
            Engine::Reader(reader) => reader.view(),
        };
        view.parts.retain(|part| classes.contains(&part.class()));
        view
    }

    /// Sources whose passages whoever looks now may not see ([`SEEN_SOURCES`]).
    ///
    /// # Errors
    /// When the database fails: then nobody knows what is hidden.
    pub async fn hidden_sources(&self) -> Result<BTreeSet<u32>, LakehouseError> {
        let store = &self.0.store;
        if !store.guards().sight().narrows(SEEN_SOURCES) {
            return Ok(BTreeSet::new());
        }
        let sql = format!("SELECT number FROM lakehouse_source WHERE number NOT IN (SELECT number FROM {SEEN_SOURCES})");
        let number = |row: &shouhu_store::Row| u32::try_from(row.int("number")?).map_err(|_| LakehouseError::Lake("a source has no number".into()));
        store.fetch(&sql, Vec::new()).await?.iter().map(number).collect()
    }

    /// The number of the source that came last; 0 while there is none. Numbers are never given again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest_source(&self) -> Result<u32, LakehouseError> {
        let rows = self.0.store.fetch("SELECT COALESCE(MAX(number), 0) AS number FROM lakehouse_source", Vec::new()).await?;
        let number = rows.first().map(|row| row.int("number")).transpose()?.unwrap_or_default();
        u32::try_from(number).map_err(|_| LakehouseError::Lake("a source has no number".into()))
    }

    /// The lake at this moment, of these classes, as whoever looks may see it: without passages of sealed plates ([`shouhu_store::Eyes`]) and of sources that a
    /// force's rules hide ([`shouhu_store::Sight`]).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn seen(&self, classes: &[Class]) -> Result<View, LakehouseError> {
        // Read after the parts: a source is in the database before the first of its rows is in a part.
        let view = self.view(classes);
        let view = view.without_sources(self.hidden_sources().await?);
        Ok(match self.veil() {
            None => view,
            Some(veil) => view.veiled(hidden_of(&veil)),
        })
    }

    /// Asks a question on a thread for blocking work; waits while too many are being answered. What whoever looks may not see is not there
    /// ([`Self::seen`]).
    ///
    /// # Errors
    /// `Stopped` when the lake is closed; when the database fails that knows what is hidden.
    pub async fn ask<T: Send + 'static>(
        &self,
        classes: &[Class],
        question: impl FnOnce(&View) -> T + Send + 'static,
    ) -> Result<T, LakehouseError> {
        let closed = |_| LakehouseError::Stopped { reason: "it is closed".into() };
        // Given back when the question is answered, even if nobody waits for the answer any more.
        let permit = Arc::clone(&self.0.questions).acquire_owned().await.map_err(closed)?;
        let view = self.seen(classes).await?;
        Ok(off_thread(move || {
            let answer = question(&view);
            drop(permit);
            answer
        })
        .await)
    }

    /// The number of a source, new when it is new; its name is brought up to date. Asks the database only for new ones.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn source_number(&self, key: &SourceKey, name: &str) -> Result<u32, LakehouseError> {
        let is_new = self.known_source_number(key).is_none();
        let writer = self.writer()?;
        let number = self.0.register.number_for(key, name).await?;
        if is_new {
            writer.lake.set_sources(self.0.register.places().as_ref().clone());
        }
        Ok(number)
    }

    /// From memory; `None`: ask [`Self::source_number`].
    #[must_use]
    pub fn known_source_number(&self, key: &SourceKey) -> Option<u32> {
        self.0.register.known_number(key)
    }

    /// The number of a device, the same for ever: [`Batch::device`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn device_number(&self, device: DeviceId) -> Result<u32, LakehouseError> {
        self.writer()?;
        self.0.register.device_number(device).await
    }

    #[must_use]
    pub fn source(&self, number: u32) -> Option<Arc<SourceRecord>> {
        self.0.register.record(number)
    }

    /// Every number that a camera has had, oldest first.
    #[must_use]
    pub fn sources_of_camera(&self, camera: CameraId) -> Vec<u32> {
        self.0.register.of_camera(camera)
    }

    /// Every number that a device has had, oldest first.
    #[must_use]
    pub fn sources_of_device(&self, device: DeviceId) -> Vec<u32> {
        self.0.register.of_device(device)
    }

    /// Places of all sources, as [`View::sources`] has them.
    #[must_use]
    pub fn places(&self) -> Arc<Sources> {
        self.0.register.places()
    }

    pub(crate) fn env(&self) -> &Env {
        &self.0.env
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn forget_key(&self) -> Option<&ForgetKey> {
        self.0.forget_key.as_ref()
    }

    pub(crate) async fn drop_day_unsaid(
        &self,
        class: Class,
        day: i64,
        keep: impl Fn(&Key) -> bool + Send + Sync + 'static,
        into: Class,
    ) -> Result<Certificate, LakehouseError> {
        self.forget(move |lake| lake.drop_day(class, day, &keep, into)).await
    }

    pub(crate) async fn erase_unsaid(
        &self,
        plate: PlateCode,
        window: Window,
        keep: impl Fn(&Key) -> bool + Send + Sync + 'static,
    ) -> Result<Certificate, LakehouseError> {
        self.forget(move |lake| lake.erase(plate, window, &keep)).await
    }

    async fn forget(
        &self,
        work: impl FnOnce(&Lake) -> Result<Certificate, shouhu_lake::lake::ForgetError> + Send + 'static,
    ) -> Result<Certificate, LakehouseError> {
        let writer = self.writer()?;
        let lake = Arc::clone(&writer.lake);
        let certificate = off_thread(move || work(&lake)).await?;
        // The book of plates lets go next, then the files.
        writer.stop.wake();
        Ok(certificate)
    }

    /// Reads every page of every segment, and names those with a file that is missing or damaged.
    ///
    /// # Errors
    /// When the lake is closed.
    pub async fn damaged(&self) -> Result<Vec<(SegmentMeta, PartError)>, LakehouseError> {
        let lake = Arc::clone(&self.writer()?.lake);
        Ok(off_thread(move || lake.damaged()).await)
    }

    /// Writes a damaged segment anew from what can be read of it; `accept_loss`: also from the file in plate order, which lacks
    /// sequence numbers, pictures, lag, speed and details.
    ///
    /// # Errors
    /// What cannot be read or written; nothing has changed then.
    pub async fn mend(&self, meta: SegmentMeta, accept_loss: bool) -> Result<Mended, LakehouseError> {
        let writer = self.writer()?;
        let lake = Arc::clone(&writer.lake);
        let mended = off_thread(move || lake.mend(&meta, accept_loss)).await;
        writer.stop.wake();
        mended.map_err(|error| LakehouseError::Lake(error.to_string()))
    }

    /// Files of a certificate that are still there: because a question reads them, or other nodes may for
    /// [`LakehouseConfig::grace_ms`] more. Empty: the raw data is gone.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn leftovers(&self, certificate: &Certificate) -> Result<Vec<String>, LakehouseError> {
        let lake = Arc::clone(&self.writer()?.lake);
        let certificate = certificate.clone();
        Ok(off_thread(move || lake.leftovers(&certificate)).await?)
    }

    /// Writes memory out now.
    ///
    /// # Errors
    /// When the disk or the database refuses; nothing is lost then.
    pub async fn flush(&self) -> Result<(), LakehouseError> {
        let writer = self.writer()?;
        let (lake, counters) = (Arc::clone(&writer.lake), Arc::clone(&writer.counters));
        off_thread(move || crate::keeper::flush(&lake, &counters, Haste::Hurry)).await.map_err(LakehouseError::from)
    }

    /// Looks at other nodes' changes now rather than with the next turn.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refresh(&self) -> Result<(), LakehouseError> {
        let lake = Arc::clone(&self.writer()?.lake);
        off_thread(move || lake.refresh()).await.map(drop).map_err(|error| LakehouseError::Lake(error.to_string()))
    }

    /// Segments that the catalogue names, as this node knows it.
    #[must_use]
    pub fn segments(&self) -> Vec<SegmentMeta> {
        match &self.0.engine {
            Engine::Writer(writer) => writer.lake.segments().iter().map(|listed| listed.meta.clone()).collect(),
            Engine::Reader(reader) => reader.segments().to_vec(),
        }
    }

    /// The folder or bucket with the segments.
    #[must_use]
    pub fn files(&self) -> Arc<dyn Files> {
        Arc::clone(&self.0.shared)
    }

    #[must_use]
    pub fn health(&self) -> LakehouseHealth {
        let Engine::Writer(writer) = &self.0.engine else { return LakehouseHealth::default() };
        let mut reasons = writer.troubles.reasons();
        let stats = writer.lake.stats();
        if let Some(reason) = stats.stopped {
            reasons.push(format!("nothing is taken in until the disk has taken a new log file, which is tried every second: {reason}"));
        }
        if stats.memory_rows >= writer.lake.config().memtable_rows_max / 10 * 9 {
            reasons.push(format!("{} passages wait in memory to be written out", stats.memory_rows));
        }
        let listed = writer.lake.segments();
        reasons.extend(listed.iter().filter_map(|one| one.segment.as_ref().err()).map(ToString::to_string));
        LakehouseHealth { reasons }
    }

    #[must_use]
    pub fn figures(&self) -> Figures {
        let sources = self.0.register.count();
        let writer = match &self.0.engine {
            Engine::Writer(writer) => writer,
            Engine::Reader(reader) => {
            let segments = self.segments();
            return Figures {
                segments: segments.len() as u64,
                rows_in_segments: segments.iter().map(|meta| meta.rows).sum(),
                bytes_in_segments: segments.iter().flat_map(|meta| meta.bytes).sum(),
                rows_in_memory: reader.unflushed_rows(),
                sources,
                ..Figures::default()
            };
            }
        };
        figures_of(&writer.lake.stats(), &writer.counters, sources)
    }

    /// Ends the background work, writes memory out, says goodbye to the other nodes. Without it nothing is lost either.
    ///
    /// # Errors
    /// When memory could not be written out; it is in the log.
    pub async fn close(&self) -> Result<(), LakehouseError> {
        let Engine::Writer(writer) = &self.0.engine else { return Ok(()) };
        writer.stop.stop();
        let keeper = writer.keeper.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(keeper) = keeper else { return Ok(()) };
        off_thread(move || keeper.end()).await
    }

    /// Milliseconds since 1970, as the lake counts.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        now_ms(&self.0.env)
    }

    /// How long files outlive their segments.
    #[must_use]
    pub fn grace_ms(&self) -> i64 {
        match &self.0.engine {
            Engine::Writer(writer) => writer.grace_ms,
            Engine::Reader(_) => 0,
        }
    }
}

impl Drop for Inner {
    /// The threads end by themselves; what is in memory is in the log.
    fn drop(&mut self) {
        if let Engine::Writer(writer) = &self.engine {
            writer.stop.stop();
        }
    }
}

/// The folder or bucket with the segments, for who copies files and asks nothing.
///
/// # Errors
/// When a bucket's settings are wrong.
pub fn files_of(config: &LakehouseConfig) -> Result<Arc<dyn Files>, LakehouseError> {
    let local: Arc<dyn Files> = Arc::new(RealFiles::below(&config.home));
    Ok(place_of(&LakehouseConfig { index_cache_bytes: 0, ..config.clone() }, &local)?.files)
}

/// The segments' place.
struct Place {
    files: Arc<dyn Files>,
    /// The same, where it is a bucket.
    objects: Option<Arc<ObjectFiles>>,
}

fn place_of(config: &LakehouseConfig, local: &Arc<dyn Files>) -> Result<Place, LakehouseError> {
    Ok(match &config.place {
        LakePlace::Folder(folder) => Place { files: Arc::new(RealFiles::below(folder)), objects: None },
        LakePlace::Bucket { bucket, prefix } => {
            let mut objects = ObjectFiles::bucket(bucket, prefix, &config.bucket_options)?.with_blocks(config.page_cache_bytes);
            if config.index_cache_bytes > 0 {
                objects = objects.with_copies(Arc::clone(local), config.index_cache_bytes)?;
            }
            let objects = Arc::new(objects);
            Place { files: Arc::clone(&objects) as Arc<dyn Files>, objects: Some(objects) }
        }
    })
}

fn figures_of(stats: &LakeStats, counters: &Counters, sources: u64) -> Figures {
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    Figures {
        segments: stats.segments as u64,
        rows_in_segments: stats.segment_rows,
        bytes_in_segments: stats.segment_bytes,
        rows_in_memory: stats.memory_rows,
        rows_appended: count(&counters.rows_appended),
        batches_appended: count(&counters.batches_appended),
        rows_duplicate: count(&counters.rows_duplicate),
        rows_conflicting: count(&counters.rows_conflicting),
        flushes: count(&counters.flushes),
        rows_flushed: count(&counters.rows_flushed),
        compactions: count(&counters.compactions),
        rows_compacted: count(&counters.rows_compacted),
        segments_removed: count(&counters.segments_removed),
        failures: count(&counters.failures),
        sources,
        version: count(&counters.version),
    }
}
