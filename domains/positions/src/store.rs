//! The SQL of trackers.

use std::collections::{BTreeMap, HashMap};

use data_encoding::HEXLOWER;
use shouhu_ids::{ActorId, Micros, TrackerId};
use shouhu_store::{Row, Store, StoreError, Tx, Value, page_before, params, tag_of};

use crate::book::{Book, Known};
use crate::counts::{Count, Counts};
use crate::model::{LastError, NewTracker, ONLINE_US, Tracker, TrackerState};
use crate::secret::Hash;

const TRACKER: &str = "SELECT id, name, protocol, is_gateway, gateway, device, unit, secret_hash, created_at_us, revoked_at_us, \
     last_seen_at_us, last_fix_at_us, battery, taken, last_error_at_us, last_error_key, last_error FROM positions_tracker";
/// Rows of one transaction.
const COUNTS_AT_ONCE: usize = 500;
const REFUSED_DAYS: i64 = 7;

fn known_of(row: &Row) -> Result<Known, StoreError> {
    Ok(Known {
        id: row.parsed("id")?,
        name: row.text("name")?,
        protocol: row.tag("protocol")?,
        is_gateway: row.truth("is_gateway")?,
        gateway: row.opt_parsed("gateway")?,
        device: row.opt_text("device")?,
        unit: row.opt_parsed("unit")?,
    })
}

fn hash_of(row: &Row) -> Result<Option<Hash>, StoreError> {
    let Some(text) = row.opt_text("secret_hash")? else { return Ok(None) };
    let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.map(Some).ok_or(StoreError::Corrupt { what: "hash of a tracker's secret", detail: "not 64 hexadecimal digits".into() })
}

fn state_of(is_revoked: bool, seen: Option<Micros>, fix: Option<Micros>, error: Option<&LastError>, now: Micros) -> TrackerState {
    let Some(seen) = seen else { return if is_revoked { TrackerState::Revoked } else { TrackerState::NeverSeen } };
    match error {
        _ if is_revoked => TrackerState::Revoked,
        // What was refused last is an error until something is taken again.
        Some(error) if fix.is_none_or(|fix| error.at_us > fix) && now.since(error.at_us) <= Micros::DAY => TrackerState::Error,
        _ if now.since(seen) <= ONLINE_US => TrackerState::Online,
        _ => TrackerState::Stale,
    }
}

fn tracker_of(row: &Row, refused_7d: BTreeMap<String, i64>, now: Micros) -> Result<Tracker, StoreError> {
    let known = known_of(row)?;
    let (last_seen_at_us, last_fix_at_us) = (row.opt_micros("last_seen_at_us")?, row.opt_micros("last_fix_at_us")?);
    let last_error = match row.opt_micros("last_error_at_us")? {
        None => None,
        Some(at_us) => Some(LastError {
            at_us,
            key: row.opt_text("last_error_key")?.unwrap_or_default(),
            detail: row.opt_text("last_error")?.unwrap_or_default(),
        }),
    };
    let is_revoked = row.opt_int("revoked_at_us")?.is_some();
    Ok(Tracker {
        id: known.id,
        name: known.name,
        protocol: known.protocol,
        is_gateway: known.is_gateway,
        gateway: known.gateway,
        device: known.device,
        unit: known.unit,
        state: state_of(is_revoked, last_seen_at_us, last_fix_at_us, last_error.as_ref(), now),
        created_at_us: row.micros("created_at_us")?,
        last_seen_at_us,
        last_fix_at_us,
        battery: row.opt_int("battery")?.and_then(|percent| u8::try_from(percent).ok()),
        taken: row.int("taken")?,
        refused_7d,
        last_error,
    })
}

/// Everything in use, for memory.
pub async fn book(store: &Store) -> Result<Book, StoreError> {
    let version = version(store).await?;
    let rows = store.fetch(&format!("{TRACKER} WHERE revoked_at_us IS NULL"), vec![]).await?;
    let trackers = rows.iter().map(|row| Ok((known_of(row)?, hash_of(row)?))).collect::<Result<_, StoreError>>()?;
    Ok(Book::of(version, trackers))
}

pub async fn version(store: &Store) -> Result<i64, StoreError> {
    store.fetch_one("SELECT version FROM positions_register WHERE id = 1", vec![]).await?.int("version")
}

pub async fn in_use(store: &Store) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM positions_tracker WHERE revoked_at_us IS NULL";
    store.fetch_one(sql, vec![]).await?.int("n")
}

async fn refused(store: &Store, id: Option<TrackerId>) -> Result<HashMap<TrackerId, BTreeMap<String, i64>>, StoreError> {
    let since = store.env().now().day() - REFUSED_DAYS;
    let sql = "SELECT tracker, problem, CAST(SUM(n) AS BIGINT) AS n FROM positions_refusal WHERE day > $1 AND ($2 = '' OR tracker = $2) \
         GROUP BY tracker, problem";
    let mut all: HashMap<TrackerId, BTreeMap<String, i64>> = HashMap::new();
    for row in store.fetch(sql, params![since, id.map(|id| id.to_string()).unwrap_or_default()]).await? {
        all.entry(row.parsed("tracker")?).or_default().insert(row.text("problem")?, row.int("n")?);
    }
    Ok(all)
}

/// Newest first, after the id of the last of the page before.
pub async fn trackers(store: &Store, before: Option<TrackerId>, limit: i64) -> Result<Vec<Tracker>, StoreError> {
    let now = store.env().now();
    let mut refused = refused(store, None).await?;
    let before = page_before(before);
    let rows = store.fetch(&format!("{TRACKER} WHERE id < $1 ORDER BY id DESC LIMIT $2"), params![before, limit]).await?;
    rows.iter().map(|row| tracker_of(row, refused.remove(&row.parsed::<TrackerId>("id")?).unwrap_or_default(), now)).collect()
}

pub async fn tracker(store: &Store, id: TrackerId) -> Result<Option<Tracker>, StoreError> {
    let row = store.fetch_opt(&format!("{TRACKER} WHERE id = $1"), params![id]).await?;
    let refused = refused(store, Some(id)).await?.remove(&id).unwrap_or_default();
    row.map(|row| tracker_of(&row, refused, store.env().now())).transpose()
}

async fn bump(tx: &mut Tx) -> Result<(), StoreError> {
    tx.execute("UPDATE positions_register SET version = version + 1 WHERE id = 1", vec![]).await.map(drop)
}

/// False when its gateway has a device of that name already.
pub async fn insert(
    store: &Store,
    id: TrackerId,
    new: &NewTracker,
    hash: Option<&Hash>,
    by: ActorId,
) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let sql = "INSERT INTO positions_tracker (id, name, protocol, is_gateway, gateway, device, unit, secret_hash, created_at_us, \
         created_by, taken) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0) ON CONFLICT DO NOTHING";
    let values = params![
        id,
        &new.name,
        tag_of(&new.protocol),
        new.is_gateway,
        new.gateway,
        new.device.as_deref(),
        new.unit,
        hash.map(|hash| HEXLOWER.encode(hash)),
        store.env().now(),
        by,
    ];
    let is_new = tx.execute(sql, values).await? == 1;
    bump(&mut tx).await?;
    tx.commit().await?;
    Ok(is_new)
}

/// Sets one column of a tracker in use. False when there is none.
pub async fn set(store: &Store, id: TrackerId, assignment: &'static str, value: Value) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let sql = format!("UPDATE positions_tracker SET {assignment} WHERE id = $1 AND revoked_at_us IS NULL");
    let changed = tx.execute(&sql, vec![id.into(), value]).await?;
    bump(&mut tx).await?;
    tx.commit().await?;
    Ok(changed == 1)
}

/// Writes down what waits.
///
/// # Errors
/// When the database fails; what was not written waits on.
pub async fn write_counts(store: &Store, counts: &Counts) -> Result<(), StoreError> {
    let mut waiting = counts.drain();
    // A fixed order, so that two servers that write the same trackers do not lock each other out.
    waiting.sort_by_key(|(tracker, _)| *tracker);
    let mut failed = None;
    for some in waiting.chunks(COUNTS_AT_ONCE) {
        let written = if failed.is_none() { write_some(store, some).await } else { Ok(()) };
        if written.is_err() || failed.is_some() {
            some.iter().cloned().for_each(|(tracker, count)| counts.add(tracker, count));
        }
        failed = failed.or(written.err());
    }
    failed.map_or(Ok(()), Err)
}

async fn write_some(store: &Store, some: &[(TrackerId, Count)]) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    for (tracker, count) in some {
        tx.execute(
            "UPDATE positions_tracker SET taken = taken + $2, battery = COALESCE($3, battery), \
             last_seen_at_us = CASE WHEN last_seen_at_us IS NULL OR last_seen_at_us < $4 THEN $4 ELSE last_seen_at_us END, \
             last_fix_at_us = CASE WHEN $5 > COALESCE(last_fix_at_us, 0) THEN $5 ELSE last_fix_at_us END WHERE id = $1",
            params![*tracker, count.taken, count.battery.map(i64::from), count.seen_at, count.fix_at],
        )
        .await?;
        if let Some((at, key, detail)) = &count.last_error {
            let sql = "UPDATE positions_tracker SET last_error_at_us = $2, last_error_key = $3, last_error = $4 WHERE id = $1";
            tx.execute(sql, params![*tracker, *at, *key, detail]).await?;
        }
        for ((day, key), n) in &count.refused {
            let sql = "INSERT INTO positions_refusal (tracker, day, problem, n) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (tracker, day, problem) DO UPDATE SET n = positions_refusal.n + excluded.n";
            tx.execute(sql, params![*tracker, *day, *key, *n]).await?;
        }
    }
    tx.commit().await
}
