//! Taking a backup while the server runs.
//!
//! The order is the point. Everything that a part names is copied after it, or is there for longer than the copy takes:
//!
//! 1. segments that the catalogue names now: most of the bytes, and the files that a purge may remove a minute after it lets go;
//! 2. the log, up to its last whole group. What follows from a passage is in the database before the passage is in the log, so
//!    a database that is copied later has it;
//! 3. the database, as it is at one moment, in a SQLite file whatever it is. Passages that went from the log to segments since are in segments that it names;
//! 4. segments that it names and that are new since 1. One that is gone already means that the purge was faster: from 1 again. A merge lets go of its files a
//!    minute after it, and rows of a PostgreSQL may take longer: of that the moment is held, its segments are copied, and then its rows;
//! 5. pictures, which are written before the rows that name them; and the names of the day keys, after all that they open.
//!
//! **Invariant:** what was acknowledged when step 2 began is in the backup, and nothing in the log copy lacks what follows from it.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use shouhu_files::{Files, FilesError};
use shouhu_ids::Micros;
use shouhu_lakehouse::lake::catalogue::Order;
use shouhu_lakehouse::lake::wal::{self, Prefix};
use shouhu_lakehouse::lake::{Class, SegmentMeta};
use shouhu_lakehouse::{Listed, forgotten_in, listed_at, listed_in};
use shouhu_store::{Backend, Store};

use crate::cut::Cut;
use crate::house::{House, day_keys, make_folder, off_thread, remove_folder, signer};
use crate::manifest::{Canaries, DatabaseKind, DayRows, FORMAT, Manifest};
use crate::place::Place;
use crate::writer::{Cost, Writer, below};
use crate::{BackupError, forgotten};

/// So often a purge may be faster than the copy.
const TRIES: usize = 8;
/// So often a log file is read again because its writer overtook the reader.
const READS: usize = 16;
pub const KEEP_DAYS_DEFAULT: i64 = 30;
/// The newest backup of another server stays for so long at least: until that one has had its next night, and one more to mend what hinders it. Not for ever: what was
/// erased is in it.
const OTHERS_KEEP_DAYS_MIN: i64 = 2;

pub(crate) const DATABASE: &str = "database";
const LAKE: &str = "lake";
const LOG: &str = "log";
const SETTINGS: &str = "settings";
const BLOBS: &str = "blobs";
/// What lies in the data folder by itself and belongs to the house.
const SETTINGS_FILES: [&str; 7] = ["witness.toml", "trust.toml", "policy.cedar", "signals.toml", "oidc.toml", "sso.toml", "passkeys.toml"];
/// Certificates that `passkeys.toml` names: without them the house would not start.
const MAKERS: &str = "passkeys";
pub(crate) const SQLITE_PATH: &str = "shouhu.db";
/// Scratch below the data folder; whatever is in it is an earlier run's.
const WORK: &str = "backup-work";
/// Whoever has it takes the one backup that a house takes at a time.
const HOLD: &str = "backup.lock";

/// What became of it.
#[derive(Debug, Clone)]
pub struct Taken {
    pub manifest: Manifest,
    pub cost: Cost,
    /// Backups that were older than is kept.
    pub expired: Vec<String>,
    pub chunks_removed: u64,
}

/// Takes one backup, and lets go of those that are older than `keep_days`, of other servers too; this newest one always stays.
///
/// # Errors
/// What could not be read or written; the backups of before are as they were.
pub async fn take(house: &House, place: &Place, keep_days: i64) -> Result<Taken, BackupError> {
    // Of the house first: copies for two places would lie in one scratch folder.
    let _house = below(&house.data).hold(HOLD).map_err(|error| match error {
        FilesError::Held { .. } => BackupError::HouseHeld,
        other => other.into(),
    })?;
    let _place = place.hold()?;
    let work = house.data.join(WORK);
    remove_folder(&work)?;
    make_folder(&work)?;
    let taken = Taking { house: house.clone(), work: work.clone() }.run(place, keep_days).await;
    remove_folder(&work)?;
    taken
}

/// The database of one moment.
struct Copy {
    store: Store,
    path: PathBuf,
    /// Tables that no migration of ours makes.
    left_out: Vec<String>,
}

struct Taking {
    house: House,
    work: PathBuf,
}

/// The log of a moment: files by number, and what is whole of them.
type LogFiles = BTreeMap<u64, Prefix>;

impl Taking {
    async fn run(&self, place: &Place, keep_days: i64) -> Result<Taken, BackupError> {
        let (for_writer, node) = (place.clone(), self.house.node.clone());
        let mut writer = off_thread(move || Writer::begin(for_writer, &node)).await?;
        for _ in 0..TRIES {
            let living = listed_in(&self.house.store, &self.house.node).await?;
            writer = self.segments(writer, living.segments).await?.0;
            let taken_at_us = self.house.env.now();
            let (with_log, log) = self.log(writer, living.node.map(|(node, _)| node)).await?;
            let (with_segments, copied) = self.database(with_log).await?;
            writer = with_segments;
            if let Some((listed, copy)) = copied {
                let manifest = self.manifest(taken_at_us, &listed, &copy, &log).await?;
                forgotten::add(&mut writer, &forgotten_in(&copy.store).await?)?;
                copy.store.close().await;
                return self.finish(writer, manifest, copy.path, log, &listed, place, keep_days).await;
            }
        }
        Err(BackupError::Overtaken { tries: TRIES })
    }

    /// These segments and no others, all three files of each; false when one of them is gone. What was copied before is not looked at again: it may be gone by now.
    async fn segments(&self, mut writer: Writer, segments: Vec<SegmentMeta>) -> Result<(Writer, bool), BackupError> {
        let files = Arc::clone(&self.house.lake);
        off_thread(move || {
            let names = segments.iter().flat_map(|meta| Order::ALL.map(|order| meta.name(order)));
            let wanted: BTreeMap<String, String> = names.map(|name| (format!("lake/{name}"), name)).collect();
            writer.keep_only(LAKE, |path| wanted.contains_key(path));
            let mut is_whole = true;
            for (path, name) in &wanted {
                if writer.has(LAKE, path) {
                    continue;
                }
                match writer.add_immutable(LAKE, path, files.as_ref(), name) {
                    Err(BackupError::Files(FilesError::Missing { .. })) => is_whole = false,
                    other => other?,
                }
            }
            Ok((writer, is_whole))
        })
        .await
    }

    /// Newest file first: whatever a file says of the one before it had happened when that one is read.
    async fn log(&self, mut writer: Writer, node: Option<u32>) -> Result<(Writer, LogFiles), BackupError> {
        let files = below(&self.house.node_home);
        off_thread(move || {
            writer.clear(LOG);
            let mut log = LogFiles::new();
            let Some(node) = node else { return Ok((writer, log)) };
            let mut numbers: Vec<u64> = files.list("wal")?.iter().filter_map(|name| wal::number_of(name)).collect();
            numbers.sort_unstable_by(|one, other| other.cmp(one));
            let mut newer: Option<(u64, u64)> = None;
            for number in numbers {
                let known_end = match newer {
                    // A start left it out of the chain: what counts of it was written again.
                    Some((previous, _)) if number > previous => continue,
                    Some((previous, end)) if number == previous => Some(end),
                    _ => None,
                };
                let Some((prefix, bytes)) = whole_of(files.as_ref(), node, number, known_end)? else { continue };
                newer = prefix.previous;
                writer.add_bytes(LOG, &log_path(number), &bytes)?;
                log.insert(number, prefix);
            }
            Ok((writer, log))
        })
        .await
    }

    /// The database of one moment and the segments that it names; `None` when one of these is gone.
    async fn database(&self, writer: Writer) -> Result<(Writer, Option<(Listed, Copy)>), BackupError> {
        let (house, path) = (&self.house, self.work.join(SQLITE_PATH));
        if let Some(mut moment) = house.store.moment().await? {
            let listed = listed_at(&mut moment, &house.node).await?;
            let (writer, is_whole) = self.segments(writer, listed.segments.clone()).await?;
            if !is_whole {
                return Ok((writer, None));
            }
            let left_out = moment.copy_into(&path, &house.schemas, &house.rows_copied).await?;
            return Ok((writer, Some((listed, self.opened(path, left_out).await?))));
        }
        let left_out = house.store.copy_into(&path, &house.schemas, &house.rows_copied).await?;
        let copy = self.opened(path, left_out).await?;
        let listed = listed_in(&copy.store, &house.node).await?;
        let (writer, is_whole) = self.segments(writer, listed.segments.clone()).await?;
        if is_whole {
            return Ok((writer, Some((listed, copy))));
        }
        copy.store.close().await;
        std::fs::remove_file(&copy.path).map_err(|e| BackupError::io("remove", &copy.path, &e))?;
        Ok((writer, None))
    }

    async fn opened(&self, path: PathBuf, left_out: Vec<String>) -> Result<Copy, BackupError> {
        let store = Store::open(&format!("sqlite:{}", path.display()), self.house.env.clone()).await?;
        Ok(Copy { store, path, left_out })
    }

    async fn manifest(&self, taken_at_us: Micros, listed: &Listed, copy: &Copy, log: &LogFiles) -> Result<Manifest, BackupError> {
        let checkpoint = shouhu_audit::checkpoint_in(&copy.store).await?;
        let suffix = hex::encode(self.house.env.random.bytes16().first_chunk::<4>().copied().unwrap_or_default());
        let behind = |name: &String| format!("passages that only the log of server {name:?} has: that server's own backups have them, if it takes any");
        Ok(Manifest {
            format: FORMAT,
            id: format!("{:016}-{suffix}", taken_at_us.0),
            program: env!("CARGO_PKG_VERSION").into(),
            taken_at_us,
            finished_at_us: taken_at_us,
            node: self.house.node.clone(),
            database: match self.house.store.backend() {
                Backend::Sqlite => DatabaseKind::Sqlite,
                Backend::Postgres => DatabaseKind::Postgres,
            },
            checkpoint: checkpoint.map(|note| note.to_string()),
            canaries: canaries(listed, log),
            live_keys: Vec::new(),
            missing: listed.others_behind.iter().map(behind).chain(copy.left_out.iter().map(|table| strange(table))).collect(),
            lists: Vec::new(),
        })
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one backup, each made by the step before")]
    async fn finish(
        &self,
        mut writer: Writer,
        mut manifest: Manifest,
        database: PathBuf,
        log: LogFiles,
        listed: &Listed,
        place: &Place,
        keep_days: i64,
    ) -> Result<Taken, BackupError> {
        let (house, place) = (self.house.clone(), place.clone());
        let wal_until = listed.node.map_or(0, |(_, until)| until);
        off_thread(move || {
            // Rows of these are in segments that the database names.
            for number in log.keys().filter(|number| **number <= wal_until) {
                writer.drop_path(LOG, &log_path(*number));
            }
            let folder = below(database.parent().unwrap_or(&database));
            writer.add(DATABASE, SQLITE_PATH, folder.open(SQLITE_PATH)?.as_ref(), Cut::Content)?;
            let data = below(&house.data);
            pictures(&mut writer, data.as_ref())?;
            let makers = data.list(MAKERS)?.into_iter().filter(|name| name.ends_with(".pem"));
            for name in SETTINGS_FILES.into_iter().map(ToOwned::to_owned).chain(makers) {
                match data.read(&name) {
                    Err(FilesError::Missing { .. }) => {}
                    bytes => writer.add_bytes(SETTINGS, &name, &bytes?)?,
                }
            }
            manifest.canaries.picture = drawn(&house, &writer);
            let key_names = below(&house.keys_folder).list("")?;
            manifest.live_keys = day_keys(key_names.iter().map(String::as_str));
            manifest.finished_at_us = house.env.now();
            let (manifest, cost) = writer.finish(manifest, &signer(&house.keys)?)?;
            let expired = expire(&place, &manifest, keep_days)?;
            let chunks_removed = match place.sweep() {
                Ok(removed) => removed,
                // The backup is there. What a damaged one names is not known, so nothing is removed.
                Err(error) => {
                    tracing::warn!(%error, "a backup at the place cannot be read, so nothing was removed there: verify it");
                    0
                }
            };
            Ok(Taken { manifest, cost, expired, chunks_removed })
        })
        .await
    }
}

/// What is said of a table that rows were not copied of.
pub(crate) fn strange(table: &str) -> String {
    format!("table {table:?} of the database: no migration of this program makes it")
}

fn log_path(number: u64) -> String {
    format!("lake/node/{}", wal::name_of(number))
}

/// The whole groups of a log file up to its known end; `None` when there are none, or the file has gone to segments.
fn whole_of(files: &dyn Files, node: u32, number: u64, known_end: Option<u64>) -> Result<Option<(Prefix, Vec<u8>)>, BackupError> {
    let mut tries = 0;
    loop {
        let mut bytes = match files.read(&wal::name_of(number)) {
            Err(FilesError::Missing { .. }) => return Ok(None),
            other => other?,
        };
        match wal::prefix(node, number, known_end, &bytes) {
            Ok(None) => return Ok(None),
            Ok(Some(prefix)) => {
                bytes.truncate(usize::try_from(prefix.end).unwrap_or(usize::MAX));
                return Ok(Some((prefix, bytes)));
            }
            Err(error) if tries == READS => return Err(error.into()),
            Err(_) => tries += 1,
        }
    }
}

fn canaries(listed: &Listed, log: &LogFiles) -> Canaries {
    let mut by_day: BTreeMap<(Class, i64), u64> = BTreeMap::new();
    for meta in &listed.segments {
        *by_day.entry((meta.class, meta.day)).or_default() += meta.rows;
    }
    let wal_until = listed.node.map_or(0, |(_, until)| until);
    let fresh: Vec<&Prefix> = log.range(wal_until + 1..).map(|(_, prefix)| prefix).collect();
    let mut in_log: BTreeMap<Class, u64> = BTreeMap::new();
    for (class, rows) in fresh.iter().flat_map(|prefix| &prefix.rows) {
        *in_log.entry(*class).or_default() += rows;
    }
    let newest = listed.segments.iter().map(|meta| meta.last_ms).chain(fresh.iter().filter_map(|prefix| prefix.newest_ms)).max();
    Canaries {
        segment_rows: by_day.into_iter().map(|((class, day), rows)| DayRows { class: class.as_str().into(), day, rows }).collect(),
        log_rows: in_log.into_iter().map(|(class, rows)| (class.as_str().into(), rows)).collect(),
        newest_passage_ms: newest,
        picture: None,
    }
}

/// A list for each class and day: those of past days are then the same each time.
fn pictures(writer: &mut Writer, data: &dyn Files) -> Result<(), BackupError> {
    for name in data.list(BLOBS)? {
        let mut parts = name.split('/');
        let (Some(_), Some(class), Some(day), Some(_)) = (parts.next(), parts.next(), parts.next(), parts.next()) else { continue };
        // What is being written has a name that nobody reads.
        if name.ends_with(".part") {
            continue;
        }
        let list = format!("{BLOBS}/{class}/{day}");
        match writer.add_immutable(&list, &name, data, &name) {
            // Erased or purged since: the law wants it gone.
            Err(BackupError::Files(FilesError::Missing { .. })) => {}
            other => other?,
        }
    }
    Ok(())
}

/// One picture by lot.
fn drawn(house: &House, writer: &Writer) -> Option<String> {
    let all: Vec<&str> = writer.lists_below(BLOBS).flat_map(|list| writer.paths(list)).collect();
    let lot = u64::from_le_bytes(*house.env.random.bytes16().first_chunk()?);
    let at = usize::try_from(lot.checked_rem(all.len() as u64)?).ok()?;
    all.get(at).map(|path| (*path).to_owned())
}

/// The newest of all stays; that of another server is its only one with that server's log, and has its days.
fn expire(place: &Place, newest: &Manifest, keep_days: i64) -> Result<Vec<String>, BackupError> {
    let mut servers_seen = HashSet::from([newest.node.clone()]);
    let mut expired = Vec::new();
    for id in place.ids()?.into_iter().rev().filter(|id| *id != newest.id) {
        // One that cannot be read is left for a person to look at.
        let Ok(manifest) = place.manifest(&id, None) else { continue };
        let is_last_of_another = servers_seen.insert(manifest.node.clone());
        let days = if is_last_of_another { keep_days.max(OTHERS_KEEP_DAYS_MIN) } else { keep_days.max(0) };
        if manifest.taken_at_us < newest.taken_at_us.plus(-days.saturating_mul(Micros::DAY)) {
            place.strike(&id)?;
            expired.push(id);
        }
    }
    Ok(expired)
}
