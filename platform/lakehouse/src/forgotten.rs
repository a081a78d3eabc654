//! What was dropped or erased is remembered without naming it, so that an older backup can be made to forget it again.
//!
//! An entry is written before its act, and completed after it with hashes of what was kept. Repeating the entries in their order
//! on an older state of the lake therefore ends where the living lake is, whoever has released or taken holds since.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shouhu_ids::{Micros, uuid_v7};
use shouhu_lake::{Class, Key, PartError, PlateCode, Window};
use shouhu_store::{Row, Store, StoreError, Value, params};

use crate::lakehouse::off_thread;
use crate::{Certificate, Lakehouse, LakehouseError};

/// Entries are struck after so long: no backup is kept for longer.
pub const FORGOTTEN_KEPT_US: i64 = 3 * 366 * Micros::DAY;
/// Of a passage's hash. A wrong one among a day's millions keeps a row with a chance of one in a million million.
const KEPT_HASH_BYTES: usize = 8;
/// No passage is of a later time.
const END_MS: i64 = i64::MAX / 2;

/// Makes a plate into what tells nobody the plate.
#[derive(Clone, PartialEq, Eq)]
pub struct ForgetKey(pub [u8; 32]);

impl fmt::Debug for ForgetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ForgetKey")
    }
}

impl ForgetKey {
    /// Input has one length for each tag, so that the plain construction is a keyed hash that nobody can extend to another input.
    fn hash(&self, tag: u8, numbers: &[u64]) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix(self.0);
        hash.update([tag]);
        numbers.iter().for_each(|number| hash.update(number.to_le_bytes()));
        hash.finalize().into()
    }

    /// As [`Target::Plate`] has it.
    #[must_use]
    pub fn plate(&self, plate: PlateCode) -> String {
        self.hash(1, &[plate.0]).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn passage(&self, key: &Key) -> [u8; KEPT_HASH_BYTES] {
        let hash = self.hash(2, &[u64::from(key.source), key.at_ms.cast_unsigned(), key.plate.0]);
        hash.first_chunk().copied().unwrap_or_default()
    }
}

/// What was forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Day { class: u8, day: i64 },
    /// Passages of the plate with this keyed hash from and before these times, milliseconds since 1970.
    Plate { hash: String, from_ms: i64, until_ms: i64 },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgotten {
    /// UUIDv7.
    pub id: String,
    pub target: Target,
    /// Keyed hashes of what was kept, in hexadecimal; `None`: begun, and perhaps not done.
    pub kept: Option<Vec<String>>,
    pub forgotten_at_us: Micros,
}

fn forgotten_of(row: &Row) -> Result<Forgotten, StoreError> {
    let corrupt = |_| StoreError::Corrupt { what: "class", detail: "no class has this number".into() };
    let target = match row.opt_text("plate_hash")? {
        Some(hash) => Target::Plate { hash, from_ms: row.int("from_ms")?, until_ms: row.int("until_ms")? },
        None => Target::Day { class: u8::try_from(row.int("class")?).map_err(corrupt)?, day: row.int("day")? },
    };
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let kept = row.opt_blob("kept")?.map(|bytes| bytes.chunks(KEPT_HASH_BYTES).map(hex).collect());
    Ok(Forgotten { id: row.text("id")?, target, kept, forgotten_at_us: row.micros("forgotten_at_us")? })
}

fn bytes_of(kept: &[String]) -> Vec<u8> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap_or_default(), 16).unwrap_or_default();
    kept.iter().filter(|text| text.len() == 2 * KEPT_HASH_BYTES).flat_map(|text| text.as_bytes().chunks(2).map(byte).collect::<Vec<u8>>()).collect()
}

/// Everything on the list, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn forgotten_in(store: &Store) -> Result<Vec<Forgotten>, StoreError> {
    let sql = "SELECT id, class, day, plate_hash, from_ms, until_ms, kept, forgotten_at_us FROM lakehouse_forgotten ORDER BY forgotten_at_us, id";
    store.fetch(sql, vec![]).await?.iter().map(forgotten_of).collect()
}

async fn put(store: &Store, entry: &Forgotten) -> Result<(), StoreError> {
    let day_ms = |day: i64| day.saturating_mul(shouhu_lake::DAY_MS);
    let (class, day, hash, from_ms, until_ms) = match &entry.target {
        Target::Day { class, day } => (Some(i64::from(*class)), Some(*day), None, day_ms(*day), day_ms(day.saturating_add(1))),
        Target::Plate { hash, from_ms, until_ms } => (None, None, Some(hash.clone()), *from_ms, *until_ms),
    };
    let mut tx = store.begin().await?;
    tx.execute(
        "INSERT INTO lakehouse_forgotten (id, class, day, plate_hash, from_ms, until_ms, kept, forgotten_at_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (id) DO UPDATE SET kept = COALESCE(lakehouse_forgotten.kept, excluded.kept)",
        params![&entry.id, class, day, hash, from_ms, until_ms, Value::Blob(entry.kept.as_deref().map(bytes_of)), entry.forgotten_at_us],
    )
    .await?;
    tx.commit().await
}

fn ms_of(at: Micros) -> i64 {
    at.0.div_euclid(1_000)
}

/// An erasure that was cut off and given again later: what the later one kept, by holds that the first one's entry does not know, stays.
fn is_superseded(entry: &Forgotten, all: &[Forgotten]) -> bool {
    let Target::Plate { hash, from_ms, until_ms } = &entry.target else { return false };
    let does_more = |later: &Forgotten| match &later.target {
        Target::Plate { hash: of, from_ms: from, until_ms: until } => of == hash && from <= from_ms && until >= until_ms,
        Target::Day { .. } => false,
    };
    entry.kept.is_none() && all.iter().any(|later| later.kept.is_some() && later.forgotten_at_us > entry.forgotten_at_us && does_more(later))
}

/// What an act kept, while it runs on another thread.
type Kept = Arc<Mutex<HashSet<Key>>>;

/// The same answer, remembered where it is yes.
fn listening(keep: impl Fn(&Key) -> bool + Send + Sync + 'static, kept: &Kept) -> impl Fn(&Key) -> bool + Send + Sync + 'static {
    let kept = Arc::clone(kept);
    move |key| {
        let is_kept = keep(key);
        if is_kept {
            kept.lock().unwrap_or_else(PoisonError::into_inner).insert(*key);
        }
        is_kept
    }
}

impl Lakehouse {
    /// Says what is about to be forgotten; durable when it returns.
    async fn begin(&self, now: Micros, target: Target) -> Result<Forgotten, LakehouseError> {
        let entry = Forgotten { id: uuid_v7(now, self.env().random.bytes16()).to_string(), target, kept: None, forgotten_at_us: now };
        put(self.store(), &entry).await?;
        Ok(entry)
    }

    async fn completed(&self, entry: &Forgotten, key: &ForgetKey, kept: &Kept) -> Result<(), LakehouseError> {
        let keys: Vec<Key> = kept.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
        let bytes: Vec<u8> = keys.iter().flat_map(|one| key.passage(one)).collect();
        let mut tx = self.store().begin().await?;
        tx.execute("UPDATE lakehouse_forgotten SET kept = $2 WHERE id = $1 AND kept IS NULL", params![&entry.id, bytes]).await?;
        tx.execute("DELETE FROM lakehouse_forgotten WHERE forgotten_at_us < $1", params![entry.forgotten_at_us.plus(-FORGOTTEN_KEPT_US)]).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Drops a day of a class; rows that `keep` names are written again under `into`. On every node at once, except for
    /// passages that another node has not published: [`shouhu_lake::View::behind`] names it, and the day is dropped again later.
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
        let Some(key) = self.forget_key() else { return self.drop_day_unsaid(class, day, keep, into).await };
        let (entry, kept) = (self.begin(self.env().now(), Target::Day { class: class.0, day }).await?, Kept::default());
        let certificate = self.drop_day_unsaid(class, day, listening(keep, &kept), into).await?;
        self.completed(&entry, key, &kept).await?;
        Ok(certificate)
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
        let Some(key) = self.forget_key() else { return self.erase_unsaid(plate, window, keep).await };
        // What passes later is not forgotten with it.
        let now = self.env().now();
        let until_ms = window.until_ms.min(ms_of(now) + 1);
        let target = Target::Plate { hash: key.plate(plate), from_ms: window.from_ms, until_ms };
        let (entry, kept) = (self.begin(now, target).await?, Kept::default());
        let certificate = self.erase_unsaid(plate, window, listening(keep, &kept)).await?;
        self.completed(&entry, key, &kept).await?;
        Ok(certificate)
    }

    /// Forgets again, in order, what is on a newer list than this lake's, which is as it was at `as_of`. Returns how many passages went.
    ///
    /// An entry that this lake has as begun is done again: its state may be of the middle of the act.
    /// A day whose entry was begun and not completed is left to the purge, which knows what is held.
    ///
    /// # Errors
    /// When there is no key, or as [`Self::drop_day`]; asking again goes on.
    pub async fn forget_again(&self, newer: &[Forgotten], as_of: Micros) -> Result<u64, LakehouseError> {
        self.forget_again_telling(newer, as_of, |_| ()).await
    }

    /// The same, and tells each passage of a plate that goes, once or more often: what others keep under its name must go too.
    ///
    /// # Errors
    /// As [`Self::forget_again`].
    pub async fn forget_again_telling(
        &self,
        newer: &[Forgotten],
        as_of: Micros,
        tell: impl Fn(&Key) + Clone + Send + Sync + 'static,
    ) -> Result<u64, LakehouseError> {
        let key = self.forget_key().ok_or_else(|| LakehouseError::Lake("without its key nobody knows what was forgotten".into()))?.clone();
        let known: HashSet<String> =
            forgotten_in(self.store()).await?.into_iter().filter(|entry| entry.kept.is_some()).map(|entry| entry.id).collect();
        let mut erased = 0;
        for entry in newer.iter().filter(|entry| !known.contains(&entry.id) && !is_superseded(entry, newer)) {
            let kept: HashSet<String> = entry.kept.iter().flatten().cloned().collect();
            let (hashing, has_kept) = (key.clone(), !kept.is_empty());
            let keep = move |one: &Key| has_kept && kept.contains(&hashing.passage(one).iter().map(|byte| format!("{byte:02x}")).collect::<String>());
            match &entry.target {
                Target::Day { .. } if entry.kept.is_none() => continue,
                Target::Day { class, day } => erased += self.drop_day_unsaid(Class(*class), *day, keep, Class::KEPT).await?.rows_erased,
                Target::Plate { hash, from_ms, until_ms } => {
                    // What this lake has was all there when an erasure without an end was done, also what a wrong clock dated later.
                    let is_open = *until_ms > ms_of(entry.forgotten_at_us) && entry.forgotten_at_us > as_of;
                    let window = Window { from_ms: *from_ms, until_ms: if is_open { END_MS } else { *until_ms } };
                    for plate in self.plates_of(&key, hash).await? {
                        let (keep, tell) = (keep.clone(), tell.clone());
                        let keep = move |one: &Key| {
                            let is_kept = keep(one);
                            if !is_kept {
                                tell(one);
                            }
                            is_kept
                        };
                        erased += self.erase_unsaid(plate, window, keep).await?.rows_erased;
                    }
                }
            }
            put(self.store(), entry).await?;
        }
        Ok(erased)
    }

    /// Plates of the lake with this keyed hash: one, or none.
    async fn plates_of(&self, key: &ForgetKey, hash: &str) -> Result<Vec<PlateCode>, LakehouseError> {
        let (view, key, hash) = (self.view(&Class::ALL), key.clone(), hash.to_owned());
        let found = off_thread(move || {
            let mut found = HashSet::new();
            for part in &view.parts {
                part.each_plate(&mut |plate, _| {
                    if !found.contains(&plate) && key.plate(plate) == hash {
                        found.insert(plate);
                    }
                })?;
            }
            Ok::<_, PartError>(found)
        });
        Ok(found.await?.into_iter().collect())
    }
}
