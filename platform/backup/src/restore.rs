//! The way back: every hash first, everything beside the target, the rename last.
//!
//! **Invariant:** a data folder that stands under its name is a whole house: its log was replayed, its audit log recomputed, its
//! canaries asked, and what was to be forgotten is forgotten.
//! **Invariant:** rows go into a PostgreSQL last of all and at once, after all that was checked, and only where there was no table.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use shouhu_audit::{Audit, Verdict};
use shouhu_blobs::{BlobId, Blobs, Keys};
use shouhu_env::{BoxFuture, Env};
use shouhu_files::Files;
use shouhu_ids::Micros;
use shouhu_lakehouse::lake::catalogue::Order as Segments;
use shouhu_lakehouse::lake::{Class, Key, PlateCode, wal};
use shouhu_lakehouse::{Forgotten, Lakehouse, LakehouseConfig, Target, listed_in};
use shouhu_store::{ModuleMigrations, Store};

use crate::BackupError;
use crate::forgotten::{FORGOTTEN, forgotten_at, learn};
use crate::house::{day_keys, forget_key, make_folder, off_thread, remove_folder, signer};
use crate::keyfile::KeyFiles;
use crate::manifest::{Canaries, Manifest};
use crate::place::Place;
use crate::take::{SQLITE_PATH, strange};
use crate::writer::below;

/// What is wanted.
pub struct Order {
    pub env: Env,
    pub place: Place,
    /// `None`: the newest.
    pub backup: Option<String>,
    /// Of the backups of several servers: whose newest. `None`: whoever's is the newest.
    pub node: Option<String>,
    /// Must not be there, or be empty.
    pub data: PathBuf,
    /// Must not be there, or be empty. Default: `keys` in the data folder.
    pub keys_folder: Option<PathBuf>,
    pub keys: KeyFiles,
    pub schemas: Vec<ModuleMigrations>,
    /// Who takes away what lies of a forgotten plate outside the lake; without one the answer says what may be back.
    pub rooms: Option<Arc<dyn ForgetsPlates>>,
    /// What a living house has forgotten since the newest backup, where one can be asked.
    pub forgotten_since: Vec<Forgotten>,
    /// Address of an empty PostgreSQL for the rows. `None`: they stay in a SQLite in the data folder.
    pub store: Option<String>,
    /// Rows that went there so far, for whoever waits.
    pub rows_copied: Arc<AtomicU64>,
}

/// Rooms that keep something of a plate outside the lake: pictures under the names of passages, notes in the database.
pub trait ForgetsPlates: Send + Sync {
    /// Takes away what is kept under these passages, and of the plates that are forgotten.
    fn forget(&self, house: Reopened) -> BoxFuture<'static, Result<(), String>>;
}

/// A house that is being restored, as far as rooms need it to forget.
pub struct Reopened {
    pub store: Store,
    pub blobs: Blobs,
    /// Passages that went.
    pub gone: Vec<Key>,
    /// Whether what was noted of a plate at a time was forgotten later.
    pub is_forgotten: Arc<dyn Fn(PlateCode, Micros) -> bool + Send + Sync>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Restored {
    pub manifest: Manifest,
    pub rows: u64,
    /// Passages that were in the backup, and that the law wants forgotten.
    pub forgotten: u64,
    pub audit: Verdict,
    /// What is missing, for people.
    pub missing: Vec<String>,
}

/// What every file of ours ends with while it is not whole.
const BESIDE: &str = "restoring";
const KEYS: &str = "keys";

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".");
    name.push(BESIDE);
    path.with_file_name(name)
}

fn must_be_empty(folder: &Path) -> Result<(), BackupError> {
    match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(BackupError::io("look into", folder, &error)),
        Ok(mut entries) => match entries.next() {
            Some(_) => Err(BackupError::NotEmpty { folder: folder.display().to_string() }),
            None => Ok(()),
        },
    }
}

/// Durable in the folder above when it returns.
fn rename(from: &Path, to: &Path) -> Result<(), BackupError> {
    std::fs::rename(from, to).map_err(|error| BackupError::io("rename", from, &error))?;
    let above = to.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    std::fs::File::open(above).and_then(|folder| folder.sync_all()).map_err(|error| BackupError::io("sync", above, &error))
}

/// # Errors
/// What is missing or damaged; the target is then as it was, but for the database of `store` in two cases: its rows were there already when the house could not get its name
/// (`RowsWithoutHouse`), or the connection broke at the commit and nobody knows.
pub async fn restore(order: &Order) -> Result<Restored, BackupError> {
    must_be_empty(&order.data)?;
    order.keys_folder.iter().try_for_each(|folder| must_be_empty(folder))?;
    if let Some(url) = &order.store {
        let target = Store::open(url, order.env.clone()).await?;
        let asked = target.must_be_empty().await;
        target.close().await;
        asked?;
    }
    let work = beside(&order.data);
    let keys_work = order.keys_folder.as_ref().map_or_else(|| work.join(KEYS), |folder| beside(folder));
    for folder in [&work, &keys_work] {
        remove_folder(folder)?;
    }
    make_folder(&work)?;
    let restored = Restoring { order, work: work.clone(), keys_folder: keys_work.clone() }.run().await;
    if restored.is_err() {
        remove_folder(&work)?;
        remove_folder(&keys_work)?;
        return restored;
    }
    // Keys first: a data folder under its name is then a whole house.
    let keys_named = order.keys_folder.as_ref().map_or(Ok(()), |folder| rename(&keys_work, folder));
    match keys_named.and_then(|()| rename(&work, &order.data)) {
        Ok(()) => restored,
        Err(error) if order.store.is_some() => Err(BackupError::RowsWithoutHouse { detail: error.to_string() }),
        Err(error) => Err(error),
    }
}

struct Restoring<'a> {
    order: &'a Order,
    work: PathBuf,
    keys_folder: PathBuf,
}

impl Restoring<'_> {
    async fn run(&self) -> Result<Restored, BackupError> {
        let (env, place) = (&self.order.env, &self.order.place);
        let keys = self.keys()?;
        let key = signer(&keys)?.verifier();
        let none = |of: String| BackupError::NoBackup { place: "this place", which: format!("{of} that this house's key has signed") };
        let manifest = match (&self.order.backup, &self.order.node) {
            (Some(id), _) => place.manifest(id, Some(&key))?,
            (None, Some(node)) => place.newest_of(node, Some(&key))?.ok_or_else(|| none(format!(" of server {node:?}")))?,
            (None, None) => place.newest(Some(&key))?.ok_or_else(|| none(String::new()))?,
        };
        // Whoever's it is: all servers destroy the same keys.
        let newest = place.newest(Some(&key))?.unwrap_or_else(|| manifest.clone());
        let (checked, id) = (place.clone(), manifest.id.clone());
        let checked_by = key.clone();
        let verdict = off_thread(move || checked.verify(Some(&id), Some(&checked_by))).await?;
        if let Some(damage) = verdict.damaged.into_iter().next() {
            return Err(BackupError::Damaged { file: damage.file, detail: damage.reason });
        }
        let (asked, signed) = (place.clone(), key.clone());
        let mut forgotten = BTreeMap::new();
        learn(&mut forgotten, off_thread(move || forgotten_at(&asked, Some(&signed))).await?);
        learn(&mut forgotten, self.order.forgotten_since.clone());
        let (copied, of, work) = (place.clone(), manifest.clone(), self.work.clone());
        off_thread(move || write_out(&copied, &of, below(&work).as_ref())).await?;
        let mut missing = manifest.missing.clone();
        self.set_anchor(&manifest, &mut missing)?;
        let keys = Keys::open(env.clone(), &self.keys_folder)?;
        let store = Store::open(&format!("sqlite:{}", self.work.join(SQLITE_PATH).display()), env.clone()).await?;
        let is_since = |entry: &Forgotten| matches!(entry.target, Target::Plate { .. }) && entry.forgotten_at_us > manifest.taken_at_us;
        if forgotten.values().any(is_since) && self.order.rooms.is_none() {
            missing.push("pictures and database notes of plates that were erased after this backup may be back: give those erasures again".into());
        }
        let opened = self.open(&manifest, &keys, &store, forgotten.into_values().collect()).await;
        store.close().await;
        let (rows, forgotten, audit) = opened?;
        // After the audit log was recomputed: what a key opened until now proves what was there.
        self.let_go_of_keys(&manifest, &newest, &mut missing)?;
        if !audit.is_intact {
            self.excuse(&audit, &manifest, &newest, &mut missing)?;
        }
        if let Some(url) = &self.order.store {
            self.move_rows(url, &mut missing).await?;
        }
        Ok(Restored { manifest, rows, forgotten, audit, missing })
    }

    /// From the SQLite, in which everything was checked and forgotten, into the empty PostgreSQL. The file does not stay: two databases of one house would be one too many.
    /// Where it cannot be removed that is said, and nothing more: the rows are over there for good.
    async fn move_rows(&self, url: &str, missing: &mut Vec<String>) -> Result<(), BackupError> {
        let target = Store::open(url, self.order.env.clone()).await?;
        let lite = Store::open(&format!("sqlite:{}", self.work.join(SQLITE_PATH).display()), self.order.env.clone()).await?;
        let filled = target.fill_from(&lite, &self.order.schemas, &self.order.rows_copied).await;
        target.close().await;
        lite.close().await;
        missing.extend(filled?.iter().map(|table| strange(table)));
        if let Err(error) = below(&self.work).remove(SQLITE_PATH) {
            missing.push(format!("nothing, but {SQLITE_PATH} of the restored house has all rows a second time; remove it by hand: {error}"));
        }
        Ok(())
    }

    /// Puts the keys where the restored house will have them.
    fn keys(&self) -> Result<Keys, BackupError> {
        for wanted in ["master.key", "backup.key", "forgotten.key"] {
            // They would be made anew, and fit nothing.
            if !self.order.keys.contains_key(wanted) {
                return Err(BackupError::malformed("file of keys", format!("it has no {wanted}")));
            }
        }
        let folder = below(&self.keys_folder);
        for (name, bytes) in &self.order.keys {
            folder.put(name, bytes)?;
        }
        Ok(Keys::open(self.order.env.clone(), &self.keys_folder)?)
    }

    /// Day keys that the newest backup does not know were destroyed by law, however old the file of keys is.
    fn let_go_of_keys(&self, manifest: &Manifest, newest: &Manifest, missing: &mut Vec<String>) -> Result<(), BackupError> {
        let folder = below(&self.keys_folder);
        let there = day_keys(self.order.keys.keys().map(String::as_str));
        for gone in there.iter().filter(|name| !newest.live_keys.contains(name)) {
            folder.remove(&format!("{gone}.key"))?;
        }
        let lacking = manifest.live_keys.iter().filter(|name| newest.live_keys.contains(name) && !there.contains(name)).count();
        if lacking > 0 {
            missing.push(format!("{lacking} day keys: the file of keys is older than the backup, and what they lock cannot be read"));
        }
        Ok(())
    }

    /// A log that cannot be recomputed is no log of ours, unless the file of keys lacks keys of it: because it is older than the backup; or
    /// because entries were erased by law after the backup, and it is so new that it has not their keys, while the leaf that says so is not
    /// in the backup either.
    fn excuse(&self, audit: &Verdict, manifest: &Manifest, newest: &Manifest, missing: &mut Vec<String>) -> Result<(), BackupError> {
        let reason = audit.reason.clone().unwrap_or_default();
        let is_lacking = |name: &&String| name.starts_with("audit-") && !self.order.keys.contains_key(&format!("{name}.key"));
        let (late, erased): (Vec<_>, Vec<_>) = manifest.live_keys.iter().filter(is_lacking).partition(|name| newest.live_keys.contains(name));
        if late.is_empty() && erased.is_empty() {
            return Err(BackupError::Differs(format!("the audit log: {reason}")));
        }
        let why = format!("the log can be recomputed up to leaf {} only ({reason})", audit.leaves);
        if !late.is_empty() {
            missing.push(format!("audit entries under {} keys that the file of keys, which is older than the backup, does not have: {why}", late.len()));
        }
        if !erased.is_empty() {
            missing.push(format!("audit entries under {} keys that were destroyed by law after this backup: {why}", erased.len()));
        }
        Ok(())
    }

    /// The checkpoint beside the keys must be one that the restored log grew out of, or the house would refuse to log. One that is
    /// newer than the backup says how many leaves are lost.
    fn set_anchor(&self, manifest: &Manifest, missing: &mut Vec<String>) -> Result<(), BackupError> {
        let Some(ours) = manifest.checkpoint.as_deref().and_then(checkpoint_size) else { return Ok(()) };
        let folder = below(&self.keys_folder);
        for (name, bytes) in self.order.keys.iter().filter(|(name, _)| name.ends_with(".txt")) {
            let Some((origin, size)) = checkpoint_size(&String::from_utf8_lossy(bytes)) else { continue };
            if origin == ours.0 && size > ours.1 {
                missing.push(format!("{} leaves of the audit log: it had {size} when the file of keys was written, the backup has {}", size - ours.1, ours.1));
                folder.put(name, manifest.checkpoint.as_deref().unwrap_or_default().as_bytes())?;
            }
        }
        Ok(())
    }

    /// Opens the house without its rooms: replays the log, asks the canaries, recomputes the audit log.
    async fn open(&self, manifest: &Manifest, keys: &Keys, store: &Store, forgotten: Vec<Forgotten>) -> Result<(u64, u64, Verdict), BackupError> {
        store.migrate(&self.order.schemas).await?;
        let config = LakehouseConfig {
            node: manifest.node.clone(),
            grace_ms: 0,
            forget_key: Some(forget_key(keys)?),
            ..LakehouseConfig::in_folder(self.work.join("lake"))
        };
        let lake = Lakehouse::open(config, store.clone(), self.order.env.clone()).await?;
        let asked = ask_canaries(&lake, &manifest.canaries);
        let gone = Arc::new(Mutex::new(HashSet::new()));
        let noting = Arc::clone(&gone);
        let tell = move |key: &Key| _ = noting.lock().unwrap_or_else(PoisonError::into_inner).insert(*key);
        let erased = match asked {
            Ok(()) => lake.forget_again_telling(&forgotten, manifest.taken_at_us, tell).await.map_err(BackupError::from),
            Err(error) => Err(error),
        };
        let rows = lake.view(&Class::ALL).parts.iter().map(|part| part.rows()).sum();
        lake.close().await?;
        let erased = erased?;
        let gone = gone.lock().map(|gone| gone.iter().copied().collect()).unwrap_or_default();
        // Before the rooms forget: the picture may be one of a plate that was erased since.
        if let Some(path) = &manifest.canaries.picture {
            self.open_picture(keys, path).await?;
        }
        self.forget_in_rooms(keys, store, &forgotten, gone).await?;
        self.clear_traces(manifest, store).await?;
        let audit = Audit::start(store.clone(), keys)?.verify().await?;
        let signed = manifest.checkpoint.as_deref().and_then(checkpoint_size).map_or(0, |(_, size)| size);
        if audit.is_intact && u64::try_from(audit.leaves).ok() != Some(signed) {
            return Err(BackupError::Differs(format!("the audit log has {} leaves, {signed} were signed", audit.leaves)));
        }
        Ok((rows, erased, audit))
    }

    /// Of every plate on the list, also of one that the lake does not have: a report that was set aside never came there.
    async fn forget_in_rooms(&self, keys: &Keys, store: &Store, forgotten: &[Forgotten], gone: Vec<Key>) -> Result<(), BackupError> {
        let Some(rooms) = &self.order.rooms else { return Ok(()) };
        let mut last: HashMap<String, Micros> = HashMap::new();
        for entry in forgotten {
            let Target::Plate { hash, .. } = &entry.target else { continue };
            let at = last.entry(hash.clone()).or_insert(entry.forgotten_at_us);
            *at = (*at).max(entry.forgotten_at_us);
        }
        if last.is_empty() {
            return Ok(());
        }
        let key = forget_key(keys)?;
        let blobs = Blobs::open(self.order.env.clone(), &self.work.join("blobs"), &self.keys_folder);
        let house = Reopened {
            store: store.clone(),
            blobs: blobs.map_err(|error| BackupError::Rooms(error.to_string()))?,
            gone,
            is_forgotten: Arc::new(move |plate, noted_at| last.get(&key.plate(plate)).is_some_and(|at| *at > noted_at)),
        };
        rooms.forget(house).await.map_err(BackupError::Rooms)
    }

    /// Everything that the log had is in segments now, without what was forgotten; the log, the book of plates and files of segments
    /// that nobody names any more would still have it.
    async fn clear_traces(&self, manifest: &Manifest, store: &Store) -> Result<(), BackupError> {
        let listed = listed_in(store, &manifest.node).await?;
        let wal_until = listed.node.map_or(0, |(_, until)| until);
        let home = below(&self.work.join("lake/node"));
        for name in home.list("")? {
            if wal::number_of(&name).is_none_or(|number| number <= wal_until) {
                home.remove(&name)?;
            }
        }
        let named: HashSet<String> = listed.segments.iter().flat_map(|meta| Segments::ALL.map(|order| meta.name(order))).collect();
        let lake = below(&self.work.join("lake"));
        for folder in ["by_plate", "by_source", "index"] {
            for name in lake.list(folder)?.into_iter().filter(|name| !named.contains(name)) {
                lake.remove(&name)?;
            }
        }
        Ok(())
    }

    async fn open_picture(&self, keys: &Keys, path: &str) -> Result<(), BackupError> {
        let wrong = |detail: String| BackupError::Differs(format!("picture {path}: {detail}"));
        let mut parts = path.split('/').skip(1);
        let (Some(class), Some(day), Some(_), Some(hash)) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(wrong("its path is none".into()));
        };
        let id: BlobId = format!("{class}/{day}/{hash}").parse().map_err(|e| wrong(format!("{e}")))?;
        let day: i64 = day.parse().unwrap_or(i64::MAX);
        // A key that the law has destroyed since, or that the file of keys does not have, was named above.
        if keys.of_day(class, day)?.is_none() {
            return Ok(());
        }
        let blobs = Blobs::open(self.order.env.clone(), &self.work.join("blobs"), &self.keys_folder).map_err(|e| wrong(e.to_string()))?;
        blobs.get(&id).await.map(drop).map_err(|e| wrong(e.to_string()))
    }
}

/// Origin and size of a checkpoint that was checked elsewhere, or is only compared.
fn checkpoint_size(note: &str) -> Option<(String, u64)> {
    let mut lines = note.lines();
    Some((lines.next()?.to_owned(), lines.next()?.parse().ok()?))
}

/// Every file of the backup, each one synced.
fn write_out(place: &Place, manifest: &Manifest, target: &dyn Files) -> Result<(), BackupError> {
    for list in manifest.lists.iter().filter(|list| list.name != FORGOTTEN) {
        for entry in place.list(list)? {
            if entry.path == KEYS || entry.path.starts_with("keys/") {
                return Err(BackupError::malformed(entry.path, "a backup has no keys"));
            }
            let mut file = target.create(&entry.path)?;
            for chunk in &entry.chunks {
                file.append(&place.chunk(chunk)?)?;
            }
            file.sync()?;
        }
    }
    Ok(())
}

/// Passages by class, in segments and log together, are as many as there were.
fn ask_canaries(lake: &Lakehouse, canaries: &Canaries) -> Result<(), BackupError> {
    let mut expected: BTreeMap<&str, u64> = BTreeMap::new();
    for (class, rows) in canaries.segment_rows.iter().map(|day| (&day.class, day.rows)).chain(canaries.log_rows.iter().map(|(class, rows)| (class, *rows))) {
        *expected.entry(class).or_default() += rows;
    }
    let view = lake.view(&Class::ALL);
    let mut found: BTreeMap<&str, u64> = BTreeMap::new();
    for part in view.parts.iter().filter(|part| part.rows() > 0) {
        *found.entry(part.class().as_str()).or_default() += part.rows();
    }
    if found != expected {
        return Err(BackupError::Differs(format!("passages by class are {found:?} and were {expected:?}")));
    }
    let newest = view.parts.iter().filter(|part| part.rows() > 0).map(|part| part.span().until_ms - 1).max();
    if newest != canaries.newest_passage_ms {
        return Err(BackupError::Differs(format!("the newest passage is of {newest:?} ms and was of {:?} ms", canaries.newest_passage_ms)));
    }
    Ok(())
}

/// What a folder of keys holds, for who has it at hand.
///
/// # Errors
/// When it cannot be read.
pub fn keys_in(folder: &Path) -> Result<KeyFiles, BackupError> {
    let files: Arc<dyn Files> = below(folder);
    crate::keyfile::collect(files.as_ref())
}
