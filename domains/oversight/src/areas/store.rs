//! Areas on disk, and the newest ones in memory: a report needs them each time, and outlines of a city take a second to read.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use shouhu_calendar::Month;
use shouhu_module::{App, Person};
use shouhu_store::{Store, StoreError, params, tag_of};

use super::shapes::Areas;
use super::{AreaListed, AreasListed, Counted};

/// The areas that were read last. A version never changes, so that nothing here is ever out of date.
#[derive(Default)]
pub struct Kept(Mutex<Option<(i64, Arc<Areas>)>>);

impl Kept {
    fn of(&self, version: i64) -> Option<Arc<Areas>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(known, _)| *known == version).map(|(_, areas)| areas.clone())
    }

    /// An older one does not take the newest one's place.
    fn keep(&self, version: i64, areas: &Arc<Areas>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_none_or(|(known, _)| *known < version) {
            *kept = Some((version, areas.clone()));
        }
    }
}

/// Reads and walks outlines, which takes longer than other requests may wait for a thread.
///
/// # Errors
/// When the thread broke off.
pub async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| corrupt(&error))
}

fn corrupt(error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Corrupt { what: "areas", detail: error.to_string() }
}

/// The areas of a version, or the newest ones, with their version. None: there are none.
///
/// # Errors
/// When the database fails.
pub async fn known(app: &App, version: Option<i64>) -> Result<Option<(i64, Arc<Areas>)>, StoreError> {
    let version = match version {
        Some(version) => version,
        None => match newest_version(&app.store).await? {
            Some(version) => version,
            None => return Ok(None),
        },
    };
    let kept = app.room::<Kept>();
    if let Some(areas) = kept.of(version) {
        return Ok(Some((version, areas)));
    }
    let row = app.store.fetch_opt("SELECT areas FROM oversight_areas WHERE version = $1", params![version]).await?;
    let Some(text) = row.map(|row| row.text("areas")).transpose()? else { return Ok(None) };
    let areas: Arc<Areas> = Arc::new(off_thread(move || serde_json::from_str(&text)).await?.map_err(|error: serde_json::Error| corrupt(&error))?);
    kept.keep(version, &areas);
    Ok(Some((version, areas)))
}

async fn newest_version(store: &Store) -> Result<Option<i64>, StoreError> {
    let row = store.fetch_opt("SELECT version FROM oversight_areas ORDER BY version DESC LIMIT 1", vec![]).await?;
    row.map(|row| row.int("version")).transpose()
}

/// Writes them down as the newest, and keeps them in memory.
///
/// # Errors
/// When the database fails, or somebody else imports at the same moment.
pub async fn set(app: &App, by: &Person, areas: Areas) -> Result<(), StoreError> {
    let (areas, text) = off_thread(move || (serde_json::to_string(&areas), areas)).await.map(|(text, areas)| (Arc::new(areas), text))?;
    let text = text.map_err(|error| corrupt(&error))?;
    let mut tx = app.store.begin().await?;
    let sql = "INSERT INTO oversight_areas (version, areas, set_at_us, set_by, set_by_name) \
               SELECT COALESCE(MAX(version), 0) + 1, $1, $2, $3, $4 FROM oversight_areas RETURNING version";
    let rows = tx.fetch(sql, params![text, app.env.now(), by.id, &by.name]).await?;
    let version = rows.first().map(|row| row.int("version")).transpose()?;
    tx.commit().await?;
    if let Some(version) = version {
        app.room::<Kept>().keep(version, &areas);
    }
    Ok(())
}

/// As it lies in the table.
#[derive(Serialize, Deserialize)]
struct Counts {
    by_area: Vec<u64>,
}

/// What was counted of a month before, by the areas of a version.
///
/// # Errors
/// When the database fails.
pub async fn counts(store: &Store, month: Month, version: i64) -> Result<BTreeMap<Counted, Vec<u64>>, StoreError> {
    let sql = "SELECT counted, counts FROM oversight_area_count WHERE month = $1 AND version = $2";
    let rows = store.fetch(sql, params![month.to_string(), version]).await?;
    rows.iter().map(|row| Ok((row.tag("counted")?, row.json::<Counts>("counts")?.by_area))).collect()
}

/// Writes down what was counted, unless somebody else was first.
///
/// # Errors
/// When the database fails.
pub async fn keep_counts(store: &Store, month: Month, version: i64, new: BTreeMap<Counted, Vec<u64>>) -> Result<(), StoreError> {
    let now = store.env().now();
    let mut tx = store.begin().await?;
    for (counted, by_area) in new {
        let text = serde_json::to_string(&Counts { by_area }).map_err(|error| corrupt(&error))?;
        let sql = "INSERT INTO oversight_area_count (month, version, counted, counts, made_at_us) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (month, version, counted) DO NOTHING";
        tx.execute(sql, params![month.to_string(), version, tag_of(&counted), text, now]).await?;
    }
    tx.commit().await
}

/// # Errors
/// When the database fails.
pub async fn listed(app: &App) -> Result<AreasListed, StoreError> {
    let none = AreasListed { version: 0, set_at_us: None, set_by_name: None, items: Vec::new() };
    let Some((version, areas)) = known(app, None).await? else { return Ok(none) };
    let sql = "SELECT set_at_us, set_by_name FROM oversight_areas WHERE version = $1";
    let row = app.store.fetch_one(sql, params![version]).await?;
    let items = areas.areas.iter().map(|area| AreaListed { name: area.name.clone(), residents: area.residents });
    Ok(AreasListed { version, set_at_us: row.opt_micros("set_at_us")?, set_by_name: row.opt_text("set_by_name")?, items: items.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_areas_stay_in_memory_when_somebody_asks_for_older_ones() {
        let (kept, old, new) = (Kept::default(), Arc::new(Areas { areas: Vec::new() }), Arc::new(Areas { areas: Vec::new() }));
        assert!(kept.of(1).is_none());
        kept.keep(2, &new);
        kept.keep(1, &old);
        assert!(kept.of(1).is_none() && kept.of(2).is_some_and(|areas| Arc::ptr_eq(&areas, &new)));
        kept.keep(3, &old);
        assert!(kept.of(2).is_none() && kept.of(3).is_some());
    }
}
