//! Moves sightings from the table of the first years into the lake, at the start, in batches.
//!
//! Each batch is synced in the lake before its rows leave the table, and the lake knows what it has seen: a start that dies in
//! between goes on where it was. Pictures are sealed again under the names that the lake computes; what was kept for a hit is
//! held; the old ids lead to the new ones.

use std::collections::BTreeMap;

use serde::Deserialize;
use shouhu_blobs::{BlobClass, BlobError, BlobId, Blobs};
use shouhu_bus::ReactionError;
use shouhu_ids::{CameraId, DeviceId, Micros, SightingId};
use shouhu_lakehouse::lake::row::{AT_SOURCE, Row as LakeRow};
use shouhu_lakehouse::lake::{Batch, Class, Key, PlateCode};
use shouhu_lakehouse::{Lakehouse, SourceKey};
use shouhu_module::App;
use shouhu_module::ports::Picture;
use shouhu_place::Wgs84;
use shouhu_plate::{Plate, SeenVehicle};
use shouhu_store::{Row, StoreError, params};
use shouhu_wire::{Alternative, Heading, HoldReason, TravelDirection};

use crate::arrive::picture_id;
use crate::heading;
use crate::hold::{self, NewHold};
use crate::model::{AGE_MAX_US, Passage};
use crate::passing::{Extras, HAS_CROP, HAS_FRAME, e6_of, id_of, ms_of, per_mille};

/// Rows of one batch: some milliseconds of the lake, some tens of the database.
const ROWS_AT_ONCE: i64 = 1_000;

/// The JSON object that the table kept beside its columns.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    alternatives: Vec<Alternative>,
    char_confidence: Vec<f64>,
    local_hits: Vec<shouhu_ids::EntryId>,
    source: Option<String>,
}

/// One row of the table.
struct Old {
    id: SightingId,
    device: DeviceId,
    camera: Option<CameraId>,
    place_name: String,
    passage: Passage,
    received_at: Micros,
    clock_corrected_us: i64,
    model: String,
    crop: Option<String>,
    frame: Option<String>,
    is_kept: bool,
}

/// Does nothing when the table is empty.
///
/// # Errors
/// When the table, the lake or the disk fails; what was moved is moved.
pub async fn run(app: &App, lake: &Lakehouse) -> Result<u64, ReactionError> {
    let total = app.store.fetch_one("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM sightings_sighting", vec![]).await?.int("n")?;
    if total == 0 {
        return Ok(0);
    }
    tracing::info!(total, "moving sightings from the database into the lake");
    let mut moved = 0;
    loop {
        let sql = "SELECT * FROM sightings_sighting ORDER BY id LIMIT $1";
        let rows = app.store.fetch(sql, params![ROWS_AT_ONCE]).await?;
        if rows.is_empty() {
            tracing::info!(moved, "all sightings are in the lake");
            return Ok(moved);
        }
        let old: Vec<Old> = rows.iter().map(old_of).collect::<Result<_, _>>()?;
        move_all(app, lake, old).await?;
        moved += rows.len() as u64;
        tracing::info!(moved, total, "sightings moved into the lake");
    }
}

fn old_of(row: &Row) -> Result<Old, StoreError> {
    let details: Details = row.json("details")?;
    let position = row.opt_real("lon")?.zip(row.opt_real("lat")?).and_then(|(lon, lat)| Wgs84::new(lon, lat).ok());
    let passage = Passage {
        sequence: u64::try_from(row.int("sequence")?).unwrap_or_default(),
        plate: row.parsed("plate")?,
        confidence: row.real("confidence")?,
        char_confidence: details.char_confidence,
        alternatives: details.alternatives,
        captured_at: row.micros("captured_at_us")?,
        position,
        heading: row.opt_tag::<TravelDirection>("direction")?.map(Heading::from),
        speed_kmh: row.opt_real("speed_kmh")?,
        seen: SeenVehicle::default(),
        reads: u32::try_from(row.int("reads")?).unwrap_or_default(),
        crop: None,
        frame: None,
        local_hits: details.local_hits,
        source: details.source,
    };
    Ok(Old {
        id: row.parsed("id")?,
        device: row.parsed("device")?,
        camera: row.opt_parsed("camera")?,
        place_name: row.text("place_name")?,
        passage,
        received_at: row.micros("received_at_us")?,
        clock_corrected_us: row.int("clock_corrected_us")?,
        model: row.text("model")?,
        crop: row.opt_text("crop_blob")?,
        frame: row.opt_text("frame_blob")?,
        is_kept: row.int("kept_for_hit")? == 1,
    })
}

/// The lake idempotently knows (device, sequence), so one batch is one device's.
async fn move_all(app: &App, lake: &Lakehouse, old: Vec<Old>) -> Result<(), ReactionError> {
    let mut by_device: BTreeMap<DeviceId, Vec<Old>> = BTreeMap::new();
    for one in old {
        by_device.entry(one.device).or_default().push(one);
    }
    for (device, rows) in by_device {
        let mut batch = Batch { device: lake.device_number(device).await?, class: Class::PASSAGE, rows: Vec::new(), extras: Vec::new() };
        for one in &rows {
            add(lake, &mut batch, one).await?;
        }
        let keys: Vec<Key> = batch.rows.iter().map(LakeRow::key).collect();
        for (one, key) in rows.iter().zip(&keys) {
            rename(&app.blobs, one.crop.as_deref(), *key, Picture::Crop).await?;
            rename(&app.blobs, one.frame.as_deref(), *key, Picture::Frame).await?;
        }
        lake.append(batch).await?;
        settle(app, &rows, &keys).await?;
    }
    Ok(())
}

async fn add(lake: &Lakehouse, batch: &mut Batch, one: &Old) -> Result<(), ReactionError> {
    // A camera stood where its rows say; a device without one was on the move.
    let place_e6 = one.camera.and(one.passage.position).map(e6_of);
    let key = SourceKey { device: one.device, camera: one.camera, site: None, place_e6 };
    let source = match lake.known_source_number(&key) {
        Some(number) => number,
        None => lake.source_number(&key, &one.place_name).await?,
    };
    let own = one.passage.position.filter(|_| place_e6.is_none());
    let (lon_e6, lat_e6) = own.map_or((AT_SOURCE, 0), e6_of);
    batch.extras.push(Extras::of_batch(&one.model, one.clock_corrected_us, one.received_at).of(&one.passage));
    batch.rows.push(LakeRow {
        plate: plate_code(&one.passage.plate),
        at_ms: ms_of(one.passage.captured_at),
        sequence: one.passage.sequence,
        source,
        lon_e6,
        lat_e6,
        extra: u32::try_from(batch.extras.len()).unwrap_or_default(),
        confidence_pm: per_mille(one.passage.confidence),
        direction: heading::code_of(one.passage.heading),
        pictures: u8::from(one.crop.is_some()) * HAS_CROP + u8::from(one.frame.is_some()) * HAS_FRAME,
    });
    Ok(())
}

fn plate_code(plate: &Plate) -> PlateCode {
    crate::lake::code_of(plate)
}

/// Seals a picture again under the name that the lake computes. The old file dies with the key of its day.
async fn rename(blobs: &Blobs, old: Option<&str>, key: Key, picture: Picture) -> Result<(), ReactionError> {
    let Some(old) = old else { return Ok(()) };
    match blobs.get(&old.parse::<BlobId>()?).await {
        Ok(bytes) => Ok(blobs.put_named(&picture_id(BlobClass::Sighting, key, picture), bytes).await?),
        Err(BlobError::Gone { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// New names, holds, and the end of the old rows, in one transaction.
async fn settle(app: &App, rows: &[Old], keys: &[Key]) -> Result<(), StoreError> {
    let mut tx = app.store.begin().await?;
    for (one, key) in rows.iter().zip(keys) {
        let sighting = id_of(*key);
        tx.execute(
            "INSERT INTO sightings_moved (old_id, new_id, captured_at_us) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            params![one.id, sighting, one.passage.captured_at],
        )
        .await?;
        if one.is_kept {
            let new = NewHold {
                sighting,
                plate: one.passage.plate.as_str().to_owned(),
                reason: HoldReason::Hit,
                hit: None,
                note: "kept for a hit before the lake".into(),
                case_ref: None,
                until: one.passage.captured_at.plus(AGE_MAX_US),
                placed_by: None,
            };
            hold::place(&mut tx, &app.store, &new).await?;
        }
        tx.execute("DELETE FROM sightings_sighting WHERE id = $1", params![one.id]).await?;
    }
    tx.commit().await
}
