//! The SQL of this room.

use shouhu_ids::CameraId;
use shouhu_place::Wgs84;
use shouhu_store::{Row, Store, StoreError, Tx, params, tag_of};

use crate::model::{Camera, NewCamera};

const COLUMNS: &str = "id, name, kind, lon, lat, heading_deg, is_active, created_at_us, office";

fn camera_of(row: &Row) -> Result<Camera, StoreError> {
    let position = Wgs84::new(row.real("lon")?, row.real("lat")?);
    Ok(Camera {
        id: row.parsed("id")?,
        name: row.text("name")?,
        kind: row.tag("kind")?,
        position: position.map_err(|e| StoreError::Corrupt { what: "camera position", detail: e.to_string() })?,
        heading_deg: row.opt_real("heading_deg")?,
        is_active: row.truth("is_active")?,
        created_at_us: row.micros("created_at_us")?,
        office: row.opt_text("office")?,
    })
}

/// Cameras by id after `after`.
pub async fn page(store: &Store, after: &str, limit: i64) -> Result<Vec<Camera>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM cameras_camera WHERE id > $1 ORDER BY id LIMIT $2");
    store.fetch(&sql, params![after, limit]).await?.iter().map(camera_of).collect()
}

pub async fn all(store: &Store) -> Result<Vec<Camera>, StoreError> {
    store.fetch(&format!("SELECT {COLUMNS} FROM cameras_camera"), vec![]).await?.iter().map(camera_of).collect()
}

pub async fn get(store: &Store, id: CameraId) -> Result<Option<Camera>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM cameras_camera WHERE id = $1");
    store.fetch_opt(&sql, params![id]).await?.as_ref().map(camera_of).transpose()
}

pub async fn names(store: &Store) -> Result<Vec<String>, StoreError> {
    store.fetch("SELECT name FROM cameras_camera", vec![]).await?.iter().map(|row| row.text("name")).collect()
}

/// `None` when the name is taken.
pub async fn insert(tx: &mut Tx, store: &Store, new: &NewCamera) -> Result<Option<CameraId>, StoreError> {
    let id = store.env().id(CameraId::new);
    let changed = tx
        .execute(
            "INSERT INTO cameras_camera (id, name, kind, lon, lat, heading_deg, is_active, created_at_us, office) \
             VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8) ON CONFLICT (name) DO NOTHING",
            params![id, &new.name, tag_of(&new.kind), new.position.lon, new.position.lat, new.heading_deg, store.env().now(), new.office.clone()],
        )
        .await?;
    Ok((changed == 1).then_some(id))
}

/// False when there is no such camera.
pub async fn set_office(tx: &mut Tx, id: CameraId, office: Option<&str>) -> Result<bool, StoreError> {
    Ok(tx.execute("UPDATE cameras_camera SET office = $2 WHERE id = $1", params![id, office]).await? == 1)
}

/// False when it is so already, or there is no such camera.
pub async fn set_active(tx: &mut Tx, id: CameraId, is_active: bool) -> Result<bool, StoreError> {
    let sql = "UPDATE cameras_camera SET is_active = $2 WHERE id = $1 AND is_active <> $2";
    Ok(tx.execute(sql, params![id, is_active]).await? == 1)
}
