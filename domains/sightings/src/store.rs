//! The SQL of this room, one text for both databases.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use shouhu_blobs::BlobId;
use shouhu_events::SightingFact;
use shouhu_ids::{ActorId, CameraId, DeviceId, EntryId, Micros, SightingId};
use shouhu_place::Wgs84;
use shouhu_plate::Plate;
use shouhu_store::{Row, Store, StoreError, Tx, Value, params, tag_of};
use shouhu_wire::{Alternative, Sighting};

use crate::model::{Passage, SetAside};

/// Rows of one INSERT: 22 parameters each stay well under every limit, and one statement is parsed once.
const INSERT_ROWS: usize = 40;

const COLUMNS: &str = "id, device, sequence, camera, place_name, plate, confidence, captured_at_us, received_at_us, \
     clock_corrected_us, lon, lat, direction, speed_kmh, reads, crop_blob, frame_blob, model, details";

/// What is kept of a sighting but never searched.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Details {
    #[serde(default)]
    alternatives: Vec<Alternative>,
    #[serde(default)]
    char_confidence: Vec<f64>,
    #[serde(default)]
    local_hits: Vec<EntryId>,
    #[serde(default)]
    source: Option<String>,
}

/// A passage with everything that the server adds.
pub struct NewSighting {
    pub id: SightingId,
    pub camera: Option<CameraId>,
    pub place_name: String,
    pub position: Option<Wgs84>,
    pub passage: Passage,
    pub crop: Option<BlobId>,
    pub frame: Option<BlobId>,
    /// Not later than the day of either picture.
    pub pictures_day: i64,
}

/// What all sightings of one batch share.
pub struct BatchFacts {
    pub device: DeviceId,
    pub device_name: String,
    pub model: String,
    pub received_at: Micros,
    pub clock_corrected_us: i64,
}

impl NewSighting {
    fn params(&self, batch: &BatchFacts) -> Vec<Value> {
        let passage = &self.passage;
        let details = Details {
            alternatives: passage.alternatives.clone(),
            char_confidence: passage.char_confidence.clone(),
            local_hits: passage.local_hits.clone(),
            source: passage.source.clone(),
        };
        let has_pictures = self.crop.is_some() || self.frame.is_some();
        params![
            self.id,
            batch.device,
            passage.sequence,
            &passage.content_hash,
            self.camera,
            &self.place_name,
            passage.plate.as_str(),
            passage.confidence,
            passage.captured_at,
            batch.received_at,
            batch.clock_corrected_us,
            self.position.map(|p| p.lon),
            self.position.map(|p| p.lat),
            passage.direction.map(|direction| tag_of(&direction)),
            passage.speed_kmh,
            passage.reads,
            self.crop.as_ref().map(ToString::to_string),
            self.frame.as_ref().map(ToString::to_string),
            has_pictures.then_some(self.pictures_day),
            &batch.model,
            serde_json::to_string(&details).unwrap_or_else(|_| "{}".into()),
            0_i64,
        ]
    }

    pub fn fact(&self, batch: &BatchFacts) -> SightingFact {
        SightingFact {
            id: self.id,
            device: batch.device,
            camera: self.camera,
            place_name: self.place_name.clone(),
            plate: self.passage.plate.clone(),
            confidence: self.passage.confidence,
            alternatives: self.passage.alternatives.clone(),
            captured_at_us: self.passage.captured_at,
            clock_corrected_us: batch.clock_corrected_us,
            position: self.position,
            has_crop: self.crop.is_some(),
            has_frame: self.frame.is_some(),
            local_hits: self.passage.local_hits.clone(),
        }
    }
}

fn placeholders(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let numbers: Vec<String> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", numbers.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

fn hashes_query(device: DeviceId, sequences: &[i64]) -> (String, Vec<Value>) {
    let numbers: Vec<String> = (2..sequences.len() + 2).map(|n| format!("${n}")).collect();
    let sql = format!("SELECT sequence, content_hash FROM sightings_sighting WHERE device = $1 AND sequence IN ({})", numbers.join(", "));
    let mut values = params![device];
    values.extend(sequences.iter().map(|sequence| Value::from(*sequence)));
    (sql, values)
}

fn hashes_of(rows: &[Row]) -> Result<HashMap<i64, String>, StoreError> {
    rows.iter().map(|row| Ok((row.int("sequence")?, row.text("content_hash")?))).collect()
}

/// Content hashes of the device's sightings with these numbers that are kept already.
pub async fn known(store: &Store, device: DeviceId, sequences: &[i64]) -> Result<HashMap<i64, String>, StoreError> {
    if sequences.is_empty() {
        return Ok(HashMap::new());
    }
    let (sql, values) = hashes_query(device, sequences);
    hashes_of(&store.fetch(&sql, values).await?)
}

pub async fn known_within(tx: &mut Tx, device: DeviceId, sequences: &[i64]) -> Result<HashMap<i64, String>, StoreError> {
    let (sql, values) = hashes_query(device, sequences);
    hashes_of(&tx.fetch(&sql, values).await?)
}

/// Inserts what is not known yet; returns the numbers that were.
pub async fn insert(tx: &mut Tx, batch: &BatchFacts, sightings: &[NewSighting]) -> Result<Vec<i64>, StoreError> {
    let mut inserted = Vec::with_capacity(sightings.len());
    for rows in sightings.chunks(INSERT_ROWS) {
        let values: Vec<Value> = rows.iter().flat_map(|sighting| sighting.params(batch)).collect();
        let sql = format!(
            "INSERT INTO sightings_sighting (id, device, sequence, content_hash, camera, place_name, plate, confidence, \
             captured_at_us, received_at_us, clock_corrected_us, lon, lat, direction, speed_kmh, reads, crop_blob, frame_blob, \
             pictures_day, model, details, kept_for_hit) VALUES {} \
             ON CONFLICT (device, sequence) DO NOTHING RETURNING sequence",
            placeholders(rows.len(), values.len() / rows.len())
        );
        for row in tx.fetch(&sql, values).await? {
            inserted.push(row.int("sequence")?);
        }
    }
    Ok(inserted)
}

/// Keeps what was set aside, once however often it is sent; returns how many are new.
pub async fn set_aside(tx: &mut Tx, store: &Store, batch: &BatchFacts, asides: &[SetAside]) -> Result<u32, StoreError> {
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
                    &batch.device_name,
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

fn sighting_of(row: &Row) -> Result<Sighting, StoreError> {
    let plate: Plate = row.parsed("plate")?;
    let details: Details = row.json("details")?;
    let position = row.opt_real("lon")?.zip(row.opt_real("lat")?).and_then(|(lon, lat)| Wgs84::new(lon, lat).ok());
    Ok(Sighting {
        id: row.parsed("id")?,
        device: row.parsed("device")?,
        sequence: u64::try_from(row.int("sequence")?).unwrap_or_default(),
        camera: row.opt_parsed("camera")?,
        place_name: row.text("place_name")?,
        plate_display: plate.display(),
        form: plate.form(),
        class: plate.class(),
        plate,
        confidence: row.real("confidence")?,
        alternatives: details.alternatives,
        captured_at_us: row.micros("captured_at_us")?,
        received_at_us: row.micros("received_at_us")?,
        clock_corrected_us: row.int("clock_corrected_us")?,
        position,
        direction: row.opt_tag("direction")?,
        speed_kmh: row.opt_real("speed_kmh")?,
        reads: u32::try_from(row.int("reads")?).unwrap_or_default(),
        has_crop: row.opt_text("crop_blob")?.is_some(),
        has_frame: row.opt_text("frame_blob")?.is_some(),
        model: row.text("model")?,
    })
}

pub async fn get(store: &Store, id: SightingId) -> Result<Option<Sighting>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM sightings_sighting WHERE id = $1");
    store.fetch_opt(&sql, params![id]).await?.as_ref().map(sighting_of).transpose()
}

/// Names of the crop and the frame; `None` when there is no such sighting.
pub async fn pictures(store: &Store, id: SightingId) -> Result<Option<(Option<String>, Option<String>)>, StoreError> {
    let row = store.fetch_opt("SELECT crop_blob, frame_blob FROM sightings_sighting WHERE id = $1", params![id]).await?;
    row.map(|row| Ok((row.opt_text("crop_blob")?, row.opt_text("frame_blob")?))).transpose()
}

/// What a search narrows by in SQL. The end of the window and the cursor exclude what lies on them.
#[derive(Debug, Clone)]
pub struct Narrowed {
    pub from: Micros,
    pub until: Micros,
    pub camera: Option<CameraId>,
    pub plates: PlateRange,
    /// Only what comes after this in the order newest first.
    pub after: Option<(Micros, SightingId)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlateRange {
    Any,
    Exact(String),
    /// From the first to before the second; no second where the first is all `Z`.
    Between(String, Option<String>),
}

impl Narrowed {
    fn query(&self, columns: &str, limit: i64) -> (String, Vec<Value>) {
        let mut sql = format!("SELECT {columns} FROM sightings_sighting WHERE captured_at_us >= $1 AND captured_at_us < $2");
        let mut values = params![self.from, self.until];
        let mut and = |text: &dyn Fn(usize) -> String, value: Value| {
            values.push(value);
            sql.push_str(" AND ");
            sql.push_str(&text(values.len()));
        };
        if let Some(camera) = self.camera {
            and(&|n| format!("camera = ${n}"), camera.into());
        }
        match &self.plates {
            PlateRange::Any => {}
            PlateRange::Exact(plate) => and(&|n| format!("plate = ${n}"), plate.into()),
            PlateRange::Between(from, until) => {
                and(&|n| format!("plate >= ${n}"), from.into());
                if let Some(until) = until {
                    and(&|n| format!("plate < ${n}"), until.into());
                }
            }
        }
        if let Some((at, id)) = self.after {
            and(&|n| format!("captured_at_us <= ${n}"), at.into());
            and(&|n| format!("(captured_at_us < ${} OR id < ${n})", n - 1), id.into());
        }
        values.push(limit.into());
        sql.push_str(&format!(" ORDER BY captured_at_us DESC, id DESC LIMIT ${}", values.len()));
        (sql, values)
    }
}

/// Sightings newest first.
pub async fn find(store: &Store, narrowed: &Narrowed, limit: i64) -> Result<Vec<Sighting>, StoreError> {
    let (sql, values) = narrowed.query(COLUMNS, limit);
    store.fetch(&sql, values).await?.iter().map(sighting_of).collect()
}

/// Only what a scan compares, newest first.
pub async fn scan(store: &Store, narrowed: &Narrowed, limit: i64) -> Result<Vec<(SightingId, Plate, Micros)>, StoreError> {
    let (sql, values) = narrowed.query("id, plate, captured_at_us", limit);
    let rows = store.fetch(&sql, values).await?;
    rows.iter().map(|row| Ok((row.parsed("id")?, row.parsed("plate")?, row.micros("captured_at_us")?))).collect()
}

/// A hit must keep its proof: the sighting outlives the retention of non-hits.
pub async fn keep_for_hit(store: &Store, id: SightingId) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.execute("UPDATE sightings_sighting SET kept_for_hit = 1 WHERE id = $1 AND kept_for_hit = 0", params![id]).await?;
    tx.commit().await
}

pub async fn open_quarantine(store: &Store) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM sightings_quarantine WHERE dismissed_at_us IS NULL";
    store.fetch_one(sql, vec![]).await?.int("n")
}

pub async fn quarantine_page(store: &Store, before: &str, limit: i64) -> Result<Vec<Row>, StoreError> {
    let sql = "SELECT id, device, device_name, sequence, reason, detail, plate_text, raw, received_at_us FROM sightings_quarantine \
               WHERE dismissed_at_us IS NULL AND id < $1 ORDER BY id DESC LIMIT $2";
    store.fetch(sql, params![before, limit]).await
}

/// False when there is no open row of that id.
pub async fn dismiss(store: &Store, id: &str, by: ActorId) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let changed = tx
        .execute(
            "UPDATE sightings_quarantine SET dismissed_at_us = $2, dismissed_by = $3 WHERE id = $1 AND dismissed_at_us IS NULL",
            params![id, store.env().now(), by],
        )
        .await?;
    tx.commit().await?;
    Ok(changed == 1)
}
