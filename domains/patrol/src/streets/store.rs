//! SQL of counted streets.

use std::collections::{BTreeMap, BTreeSet};

use shouhu_ids::Micros;
use shouhu_store::{Store, StoreError, params};

use super::areas::Area;
use super::count::Counted;
use super::hour::{Hour, decode, encode};

/// How far tracks have been put on the streets of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Tracks that positions had sorted until then are counted.
    pub until: Micros,
    pub fixes: i64,
    pub matched: i64,
}

pub async fn progress(store: &Store, map: i64) -> Result<Option<Progress>, StoreError> {
    let sql = "SELECT until_us, fixes, matched FROM patrol_street_round WHERE map = $1";
    let row = store.fetch_opt(sql, params![map]).await?;
    row.map(|row| {
        Ok(Progress {
            until: row.micros("until_us")?,
            fixes: row.int("fixes")?,
            matched: row.int("matched")?,
        })
    })
    .transpose()
}

/// The progress of a map, which begins at `from` when there is none yet.
pub async fn begun(store: &Store, map: i64, from: Micros) -> Result<Progress, StoreError> {
    if let Some(progress) = progress(store, map).await? {
        return Ok(progress);
    }
    let mut tx = store.begin().await?;
    let sql = "INSERT INTO patrol_street_round (map, until_us, fixes, matched) VALUES ($1, $2, 0, 0) ON CONFLICT (map) DO NOTHING";
    tx.execute(sql, params![map, from]).await?;
    tx.commit().await?;
    let begun = progress(store, map).await?;
    begun.ok_or(StoreError::Corrupt { what: "progress of streets", detail: "it is gone a moment after it was written".into() })
}

/// Adds what was counted between two times. False, and nothing is changed, when another server was there first.
pub async fn advance(
    store: &Store,
    map: i64,
    (from, until): (Micros, Micros),
    counted: &Counted,
) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    // First, so that of two servers one waits here for the other and then finds nothing to do.
    let sql = "UPDATE patrol_street_round SET until_us = $3, fixes = fixes + $4, matched = matched + $5 \
         WHERE map = $1 AND until_us = $2";
    let moved = tx.execute(sql, params![map, from, until, counted.fixes, counted.matched]).await?;
    if moved != 1 {
        return Ok(false);
    }
    for (hour, pieces) in &counted.hours {
        let known = tx.fetch_opt("SELECT body FROM patrol_street_hour WHERE map = $1 AND hour = $2", params![map, *hour]).await?;
        let mut all = Hour::new();
        if let Some(row) = known
            && let Err(error) = decode(&row.blob("body")?, |piece, count| all.extend([(piece, count)]))
        {
            tracing::error!(hour, %error, "an hour of streets is damaged; what of it cannot be read is lost");
        }
        for (piece, count) in pieces {
            all.entry(*piece).or_default().add(*count);
        }
        let sql = "INSERT INTO patrol_street_hour (map, hour, body) VALUES ($1, $2, $3) \
             ON CONFLICT (map, hour) DO UPDATE SET body = excluded.body";
        tx.execute(sql, params![map, *hour, encode(&all)]).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// The bytes of some hours, `until` excluded.
pub async fn hours(store: &Store, map: i64, from: i64, until: i64) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let sql = "SELECT hour, body FROM patrol_street_hour WHERE map = $1 AND hour >= $2 AND hour < $3 ORDER BY hour";
    let rows = store.fetch(sql, params![map, from, until]).await?;
    rows.iter().map(|row| Ok((row.int("hour")?, row.blob("body")?))).collect()
}

/// The first hour of a map in which anything was counted.
pub async fn first_hour(store: &Store, map: i64) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT hour FROM patrol_street_hour WHERE map = $1 ORDER BY hour LIMIT 1";
    store.fetch_opt(sql, params![map]).await?.map(|row| row.int("hour")).transpose()
}

/// Days from `oldest` on that were written down.
pub async fn summed(store: &Store, oldest: i64) -> Result<BTreeSet<i64>, StoreError> {
    let rows = store.fetch("SELECT DISTINCT day FROM patrol_street_day WHERE day >= $1", params![oldest]).await?;
    rows.iter().map(|row| row.int("day")).collect()
}

/// Writes down what was covered on a day, once.
pub async fn sum(store: &Store, day: i64, areas: &[(Area, f64, f64)]) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    for (area, length_m, covered_m) in areas {
        let sql = "INSERT INTO patrol_street_day (day, station, beat, length_m, covered_m) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (day, station, beat) DO NOTHING";
        tx.execute(sql, params![day, &area.station, &area.beat, *length_m, *covered_m]).await?;
    }
    tx.commit().await
}

/// Metres in all and metres covered by day, `until` excluded; of one station where one is named.
pub async fn days(store: &Store, station: &str, from: i64, until: i64) -> Result<BTreeMap<i64, (f64, f64)>, StoreError> {
    let sql = "SELECT day, SUM(length_m) AS length_m, SUM(covered_m) AS covered_m FROM patrol_street_day \
         WHERE day >= $1 AND day < $2 AND ($3 = '' OR station = $3) GROUP BY day";
    let rows = store.fetch(sql, params![from, until, station]).await?;
    rows.iter().map(|row| Ok((row.int("day")?, (row.real("length_m")?, row.real("covered_m")?)))).collect()
}

/// Forgets hours before `oldest`, days before `first_day`, and maps that were replaced. Gives how many hours went.
pub async fn forget(store: &Store, oldest: i64, first_day: i64) -> Result<u64, StoreError> {
    let mut tx = store.begin().await?;
    let kept = tx.fetch_one("SELECT COALESCE(MAX(map), 0) AS map FROM patrol_street_round", vec![]).await?.int("map")?;
    let gone = tx.execute("DELETE FROM patrol_street_hour WHERE hour < $1 OR map < $2", params![oldest, kept]).await?;
    tx.execute("DELETE FROM patrol_street_round WHERE map < $1", params![kept]).await?;
    tx.execute("DELETE FROM patrol_street_day WHERE day < $1", params![first_day]).await?;
    tx.commit().await?;
    Ok(gone)
}
