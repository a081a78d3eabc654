//! From a device's checked passages to the lake.
//!
//! Order matters: pictures are synced first, then the lake syncs the rows, then one transaction writes what may match a wanted
//! plate and what was set aside; only then is the receipt said. A crash in between leaves pictures that nothing names, or rows
//! that were never compared: their sender has no receipt and sends them again, and what comes again is compared again.

use futures_util::{StreamExt, TryStreamExt};
use shouhu_blobs::{BlobClass, BlobId, Blobs};
use shouhu_events::{Event, SightingFact};
use shouhu_ids::{CameraId, DeviceId, Micros, SightingId};
use shouhu_lakehouse::lake::row::AT_SOURCE;
use shouhu_lakehouse::lake::{Batch, Class, DAY_MS, Key, PlateCode, Row};
use shouhu_lakehouse::{Appended, Fate, Lakehouse};
use shouhu_module::ports::{Picture, Reading, WatchMatcherPort};
use shouhu_module::{App, Problem};

use crate::check::conflicting;
use crate::heading;
use crate::lake::{lake_of, problem_of};
use crate::model::{Passage, SetAside};
use crate::passing::{Extras, HAS_CROP, HAS_FRAME, e6_of, id_of, ms_of, per_mille};
use crate::store::{self, BatchFacts};

/// Pictures that are synced at the same time: the disk gathers their syncs.
const PICTURES_PARALLEL: usize = 8;

/// Who sends, and what all passages of one batch share.
pub struct Sender {
    pub device: DeviceId,
    pub name: String,
    pub camera: Option<CameraId>,
    pub class: Class,
    /// Of the recogniser.
    pub model: String,
    pub received_at: Micros,
    pub clock_corrected_us: i64,
}

/// Where the passages were seen: by a source that moves, or that stands where the register says.
#[derive(Debug, Clone, Copy)]
pub struct Seer {
    pub source: u32,
    pub is_fixed: bool,
}

/// What became of a batch.
pub struct Arrived {
    pub accepted: u32,
    pub duplicates: u32,
    /// What was set aside before, and the passages whose number another one has.
    pub set_aside: Vec<SetAside>,
}

/// # Errors
/// When a picture, the lake or the database is not durable: the sender has no receipt then and sends again.
pub async fn arrive(
    app: &App,
    sender: &Sender,
    seer: Seer,
    mut passages: Vec<Passage>,
    mut set_aside: Vec<SetAside>,
) -> Result<Arrived, Problem> {
    let lake = lake_of(app)?;
    let device = lake.device_number(sender.device).await.map_err(|e| problem_of(&e))?;
    let batch = batch_of(device, sender, seer, &passages);
    put_pictures(&app.blobs, &batch.rows, &mut passages).await?;
    let keys: Vec<Key> = batch.rows.iter().map(Row::key).collect();
    let pictures: Vec<u8> = batch.rows.iter().map(|row| row.pictures).collect();
    let (appended, may_match) = append_and_compare(app, &lake, batch, &passages).await?;
    let fate = |index: usize| appended.fates.get(index).copied().unwrap_or(Fate::Kept);
    let is_told = |index: &usize| fate(*index) != Fate::Conflict;
    let facts: Vec<SightingFact> = may_match
        .into_iter()
        .filter(is_told)
        .filter_map(|index| {
            let (passage, key) = passages.get(index).zip(keys.get(index))?;
            Some(fact(&lake, sender, passage, *key, pictures.get(index).copied().unwrap_or_default()))
        })
        .collect();
    let conflicts = passages.iter().enumerate().filter(|(index, _)| fate(*index) == Fate::Conflict);
    set_aside.extend(conflicts.map(|(_, passage)| conflicting(passage)));
    tell(app, sender, facts, &set_aside).await?;
    let accepted = appended.count(Fate::Kept);
    Ok(Arrived { accepted: count_of(accepted), duplicates: count_of(appended.fates.len() - accepted), set_aside })
}

fn count_of(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

fn batch_of(device: u32, sender: &Sender, seer: Seer, passages: &[Passage]) -> Batch {
    let extras = Extras::of_batch(&sender.model, sender.clock_corrected_us, sender.received_at);
    let row = |(index, passage): (usize, &Passage)| {
        let (lon_e6, lat_e6) = passage.position.filter(|_| !seer.is_fixed).map_or((AT_SOURCE, 0), e6_of);
        Row {
            // Every plate that `Plate` lets in has a code: at most ten letters and digits.
            plate: PlateCode::from_bytes(passage.plate.as_str().as_bytes()).unwrap_or_default(),
            at_ms: ms_of(passage.captured_at),
            sequence: passage.sequence,
            source: seer.source,
            lon_e6,
            lat_e6,
            extra: u32::try_from(index + 1).unwrap_or_default(),
            confidence_pm: per_mille(passage.confidence),
            direction: heading::code_of(passage.heading),
            pictures: u8::from(passage.crop.is_some()) * HAS_CROP + u8::from(passage.frame.is_some()) * HAS_FRAME,
        }
    };
    Batch {
        device,
        class: sender.class,
        rows: passages.iter().enumerate().map(row).collect(),
        extras: passages.iter().map(|passage| extras.of(passage)).collect(),
    }
}

/// Where a passage's picture lies: computed from its id, so that the row needs no name. What is held beyond its retention lies
/// under [`BlobClass::Kept`], whose keys live longer.
#[must_use]
pub fn picture_id(class: BlobClass, key: Key, picture: Picture) -> BlobId {
    picture_of(class, id_of(key), key.at_ms, picture)
}

/// As [`picture_id`], where only the id is known.
#[must_use]
pub fn picture_of(class: BlobClass, id: SightingId, at_ms: i64, picture: Picture) -> BlobId {
    let kind = match picture {
        Picture::Crop => "crop",
        Picture::Frame => "frame",
    };
    BlobId::named(class, at_ms.div_euclid(DAY_MS), &format!("{id} {kind}"))
}

/// Puts every picture on disk.
async fn put_pictures(blobs: &Blobs, rows: &[Row], passages: &mut [Passage]) -> Result<(), Problem> {
    let with_any = rows.iter().zip(passages).filter(|(row, _)| row.pictures != 0);
    let each = with_any.flat_map(|(row, passage)| {
        [(row.key(), Picture::Crop, passage.crop.take()), (row.key(), Picture::Frame, passage.frame.take())]
    });
    let each: Vec<_> = each.filter_map(|(key, picture, bytes)| Some((key, picture, bytes?))).collect();
    futures_util::stream::iter(each)
        .map(|(key, picture, bytes)| async move { blobs.put_named(&picture_id(BlobClass::Sighting, key, picture), bytes).await })
        .buffer_unordered(PICTURES_PARALLEL)
        .try_collect::<()>()
        .await?;
    Ok(())
}

/// The rows are synced and the list is as new as the batch, side by side; then the readings are compared in memory.
async fn append_and_compare(app: &App, lake: &Lakehouse, batch: Batch, passages: &[Passage]) -> Result<(Appended, Vec<usize>), Problem> {
    if batch.rows.is_empty() {
        return Ok((Appended { fates: Vec::new() }, Vec::new()));
    }
    let append = async { lake.append(batch).await.map_err(|e| problem_of(&e)) };
    let Some(matcher) = app.try_room::<WatchMatcherPort>() else {
        return Ok((append.await?, (0..passages.len()).collect()));
    };
    let (appended, ()) = tokio::try_join!(append, matcher.0.refresh())?;
    let mut readings = passages.iter().map(|passage| Reading {
        plate: &passage.plate,
        alternatives: &passage.alternatives,
        is_claimed: !passage.local_hits.is_empty(),
    });
    Ok((appended, matcher.0.may_match(&mut readings)))
}

fn fact(lake: &Lakehouse, sender: &Sender, passage: &Passage, key: Key, pictures: u8) -> SightingFact {
    let source = lake.source(key.source);
    let fixed = source.as_ref().and_then(|source| source.key.place_e6).and_then(crate::passing::position_of);
    SightingFact {
        id: id_of(key),
        device: sender.device,
        camera: sender.camera,
        place_name: source.map_or_else(|| sender.name.clone(), |source| source.name.clone()),
        plate: passage.plate.clone(),
        confidence: passage.confidence,
        alternatives: passage.alternatives.clone(),
        captured_at_us: crate::passing::micros_of(key.at_ms),
        clock_corrected_us: sender.clock_corrected_us,
        position: fixed.or(passage.position),
        seen: passage.seen,
        has_crop: pictures & HAS_CROP != 0,
        has_frame: pictures & HAS_FRAME != 0,
        local_hits: passage.local_hits.clone(),
    }
}

/// Nothing that may match and nothing set aside: the database is not asked.
async fn tell(app: &App, sender: &Sender, facts: Vec<SightingFact>, set_aside: &[SetAside]) -> Result<(), Problem> {
    if facts.is_empty() && set_aside.is_empty() {
        return Ok(());
    }
    let mut tx = app.store.begin().await?;
    if !facts.is_empty() {
        tx.emit(&Event::SightingsRecorded { sightings: facts }).await?;
    }
    let batch = BatchFacts { device: sender.device, device_name: &sender.name, received_at: sender.received_at };
    let count = store::set_aside(&mut tx, &app.store, &batch, set_aside).await?;
    if count > 0 {
        tx.emit(&Event::SightingsQuarantined { device: sender.device, count }).await?;
    }
    Ok(tx.commit().await?)
}
