//! SQL about devices.

use shouhu_ids::{ActorId, DeviceId, Micros};
use shouhu_store::{Row, Store, StoreError, Tx, page_before, params, tag_of};
use shouhu_wire::{FramePolicy, RegisterDevice};

use crate::attest;
use crate::model::{Device, DeviceStatus};

const COLUMNS: &str = "id, name, kind, camera, frame_policy, public_key, revoked_at_us, last_seen_at_us, clock_offset_us, status, status_at_us";

pub struct NewDevice<'a> {
    pub id: DeviceId,
    pub name: &'a str,
    pub asked: &'a RegisterDevice,
    pub by: ActorId,
    pub token_hash: &'a str,
    pub token_expires_at: Micros,
}

pub async fn insert(tx: &mut Tx, now: Micros, new: &NewDevice<'_>) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO identity_device (id, name, kind, camera, frame_policy, registered_at_us, registered_by, token_hash, token_expires_at_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            new.id,
            new.name,
            tag_of(&new.asked.kind),
            new.asked.camera,
            tag_of(&FramePolicy::default()),
            now,
            new.by,
            new.token_hash,
            new.token_expires_at
        ],
    )
    .await?;
    Ok(())
}

/// Gives the device of an unused, unexpired token its key, and uses the token up.
pub async fn enrol(tx: &mut Tx, now: Micros, token_hash: &str, public_key: &str) -> Result<Option<Device>, StoreError> {
    let sql = format!(
        "UPDATE identity_device SET public_key = $2, enrolled_at_us = $3, token_hash = NULL \
         WHERE token_hash = $1 AND token_expires_at_us > $3 AND revoked_at_us IS NULL RETURNING {COLUMNS}"
    );
    tx.fetch_opt(&sql, params![token_hash, public_key, now]).await?.map(|row| Device::of(&row)).transpose()
}

/// A device with its public key, as base64; revoked ones too.
pub async fn with_key(store: &Store, id: DeviceId) -> Result<Option<(Device, Option<String>)>, StoreError> {
    let row = store.fetch_opt(&format!("SELECT {COLUMNS} FROM identity_device WHERE id = $1"), params![id]).await?;
    row.map(|row: Row| Ok((Device::of(&row)?, row.opt_text("public_key")?))).transpose()
}

/// Devices, newest first; `before` is the id of the last one of the page before.
pub async fn list(store: &Store, before: Option<DeviceId>, limit: i64) -> Result<Vec<Device>, StoreError> {
    let before = page_before(before);
    let sql = format!("SELECT {COLUMNS} FROM identity_device WHERE id < $1 ORDER BY id DESC LIMIT $2");
    store.fetch(&sql, params![before, limit]).await?.iter().map(Device::of).collect()
}

/// `None`: no such device. `Some(false)`: it was revoked before.
pub async fn revoke(tx: &mut Tx, now: Micros, id: DeviceId, by: ActorId) -> Result<Option<bool>, StoreError> {
    let sql = "UPDATE identity_device SET revoked_at_us = $2, revoked_by = $3, token_hash = NULL WHERE id = $1 AND revoked_at_us IS NULL";
    if tx.execute(sql, params![id, now, by]).await? == 1 {
        attest::store::release(tx, now, id).await?;
        return Ok(Some(true));
    }
    let known = tx.fetch_opt("SELECT id FROM identity_device WHERE id = $1", params![id]).await?;
    Ok(known.map(|_| false))
}

pub async fn seen(store: &Store, now: Micros, id: DeviceId, clock_offset_us: i64) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    let sql = "UPDATE identity_device SET last_seen_at_us = $2, clock_offset_us = $3 WHERE id = $1";
    tx.execute(sql, params![id, now, clock_offset_us]).await?;
    tx.commit().await
}

pub async fn set_status(tx: &mut Tx, now: Micros, id: DeviceId, status: &DeviceStatus) -> Result<(), StoreError> {
    let json = serde_json::to_string(status).map_err(|e| StoreError::Corrupt { what: "device status", detail: e.to_string() })?;
    let sql = "UPDATE identity_device SET status = $2, status_at_us = $3, last_seen_at_us = $3 WHERE id = $1";
    tx.execute(sql, params![id, json, now]).await?;
    Ok(())
}

/// How many are enrolled and not revoked.
pub async fn active(store: &Store) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM identity_device WHERE public_key IS NOT NULL AND revoked_at_us IS NULL";
    store.fetch_one(sql, vec![]).await?.int("n")
}
