//! Areas on disk.

use shouhu_module::Person;
use shouhu_store::{Store, StoreError, params};

use super::shapes::Areas;
use super::{AreaListed, AreasListed};

/// # Errors
/// When the database fails.
pub async fn newest(store: &Store) -> Result<Option<(i64, Areas)>, StoreError> {
    let row = store.fetch_opt("SELECT version, areas FROM oversight_areas ORDER BY version DESC LIMIT 1", vec![]).await?;
    row.map(|row| Ok((row.int("version")?, row.json("areas")?))).transpose()
}

/// # Errors
/// When the database fails.
pub async fn of_version(store: &Store, version: i64) -> Result<Option<Areas>, StoreError> {
    let row = store.fetch_opt("SELECT areas FROM oversight_areas WHERE version = $1", params![version]).await?;
    row.map(|row| row.json("areas")).transpose()
}

/// # Errors
/// When the database fails, or somebody else imports at the same moment.
pub async fn set(store: &Store, by: &Person, areas: &Areas) -> Result<(), StoreError> {
    let text = serde_json::to_string(areas).map_err(|error| StoreError::Corrupt { what: "areas", detail: error.to_string() })?;
    let mut tx = store.begin().await?;
    let sql = "INSERT INTO oversight_areas (version, areas, set_at_us, set_by, set_by_name) \
               SELECT COALESCE(MAX(version), 0) + 1, $1, $2, $3, $4 FROM oversight_areas";
    tx.execute(sql, params![text, store.env().now(), by.id, &by.name]).await?;
    tx.commit().await
}

/// # Errors
/// When the database fails.
pub async fn listed(store: &Store) -> Result<AreasListed, StoreError> {
    let sql = "SELECT version, areas, set_at_us, set_by_name FROM oversight_areas ORDER BY version DESC LIMIT 1";
    let Some(row) = store.fetch_opt(sql, vec![]).await? else {
        return Ok(AreasListed { version: 0, set_at_us: None, set_by_name: None, items: Vec::new() });
    };
    let areas: Areas = row.json("areas")?;
    Ok(AreasListed {
        version: row.int("version")?,
        set_at_us: row.opt_micros("set_at_us")?,
        set_by_name: row.opt_text("set_by_name")?,
        items: areas.areas.into_iter().map(|area| AreaListed { name: area.name, residents: area.residents }).collect(),
    })
}
