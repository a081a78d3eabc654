//! The SQL of this room, one text for both databases: what was set aside, what is held, certificates. Passages are in the lake.

use shouhu_events::{Event, LOOK_BACK_US};
use shouhu_ids::{ActorId, DeviceId, Micros, SightingId};
use shouhu_store::{Row, Store, StoreError, Tx, Veil, params, shown_page, tell_each};
use shouhu_wire::{Asked, LeftAside};

use crate::model::SetAside;

/// What all rows of the quarantine of one batch share.
pub struct BatchFacts<'a> {
    pub device: DeviceId,
    pub device_name: &'a str,
    pub received_at: Micros,
}

/// Keeps what was set aside, once however often it is sent; returns how many are new.
pub async fn set_aside(tx: &mut Tx, store: &Store, batch: &BatchFacts<'_>, asides: &[SetAside]) -> Result<u32, StoreError> {
    let mut new = 0;
    for aside in asides {
        let id = store.env().id(shouhu_ids::EventId::new);
        let changed = tx
            .execute(
                "INSERT INTO sightings_quarantine (id, device, device_name, sequence, reason, detail, plate_text, raw, \
                 content_hash, received_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
                 ON CONFLICT (device, sequence, reason, content_hash) DO NOTHING",
                params![
                    id,
                    batch.device,
                    batch.device_name,
                    aside.sequence.map(|n| n.to_string()).unwrap_or_default(),
                    aside.reason.key(),
                    &aside.detail,
                    &aside.plate_text,
                    &aside.raw,
                    &aside.content_hash,
                    batch.received_at,
                ],
            )
            .await?;
        new += u32::from(changed > 0);
    }
    Ok(new)
}

pub async fn open_quarantine(store: &Store) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM sightings_quarantine WHERE dismissed_at_us IS NULL";
    store.fetch_one(sql, vec![]).await?.int("n")
}

pub async fn quarantine_page(store: &Store, before: &str, limit: i64) -> Result<Vec<Row>, StoreError> {
    let sql = "SELECT id, device, device_name, sequence, reason, detail, plate_text, raw, received_at_us FROM sightings_quarantine \
               WHERE dismissed_at_us IS NULL AND id < $1 ORDER BY id DESC LIMIT $2";
    let (veil, most) = (store.veil(), usize::try_from(limit).unwrap_or_default());
    shown_page(store, sql, before, most, &[], |row| Ok((!is_hidden(veil.as_ref(), row)?).then(|| row.clone()))).await
}

/// A report is hidden with the plate that it names, wherever it names it: nobody knows yet which of its words can be believed.
fn is_hidden(veil: Option<&Veil>, row: &Row) -> Result<bool, StoreError> {
    let Some(veil) = veil else { return Ok(false) };
    Ok(veil.hides_text(&row.text("plate_text")?) || veil.is_named_in(&row.text("raw")?) || veil.is_named_in(&row.text("detail")?))
}

/// False when there is no open row of that id.
pub async fn dismiss(store: &Store, id: &str, reason: LeftAside, by: ActorId) -> Result<bool, StoreError> {
    let sql = "SELECT plate_text, raw, detail FROM sightings_quarantine WHERE id = $1";
    let row = store.fetch_opt(sql, params![id]).await?;
    let is_there = row.map(|row| is_hidden(store.veil().as_ref(), &row)).transpose()? == Some(false);
    if !is_there {
        return Ok(false);
    }
    let mut tx = store.begin().await?;
    let changed = tx
        .execute(
            "UPDATE sightings_quarantine SET dismissed_at_us = $2, dismissed_by = $3 WHERE id = $1 AND dismissed_at_us IS NULL",
            params![id, store.env().now(), by],
        )
        .await?;
    if changed == 1 {
        tx.emit(&Event::not_done(Asked::SetAside, &id, reason.as_str(), by)).await?;
    }
    tx.commit().await?;
    Ok(changed == 1)
}

/// A report that was set aside is looked at within so long.
const LOOKED_AT_US: i64 = 14 * Micros::DAY;

/// Tells of reports that nobody looked at in time. A broken device sends thousands: each device and day is told once.
pub async fn tell_unlooked(store: &Store) -> Result<usize, StoreError> {
    let until = store.env().now().plus(-LOOKED_AT_US);
    let of_day = "device || ' ' || CAST(received_at_us / $5 AS TEXT)";
    let sql = format!(
        "SELECT DISTINCT {of_day} AS id FROM sightings_quarantine WHERE {of_day} > $1 AND dismissed_at_us IS NULL \
         AND received_at_us >= $3 AND received_at_us < $4 ORDER BY id LIMIT $2"
    );
    let values = params![until.plus(-LOOK_BACK_US), until, Micros::DAY];
    tell_each(store, &sql, &values, |id| Event::not_answered(Asked::SetAside, &id)).await
}

/// What a sighting from before the lake is called now.
pub async fn moved_to(store: &Store, old: SightingId) -> Result<Option<SightingId>, StoreError> {
    let row = store.fetch_opt("SELECT new_id FROM sightings_moved WHERE old_id = $1", params![old]).await?;
    row.map(|row| row.parsed("new_id")).transpose()
}
