//! `POST /v1/sightings`: takes a batch of passages from a device.
//!
//! Order matters: pictures are synced first, then one transaction writes the rows and the fact, and only then is the
//! receipt said. A crash in between leaves at most pictures that nothing names; their day's key takes them along.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use futures_util::{StreamExt, TryStreamExt};
use serde::Deserialize;
use shouhu_blobs::{BlobClass, BlobId, Blobs};
use shouhu_events::Event;
use shouhu_ids::SightingId;
use shouhu_module::ports::CameraPlacesPort;
use shouhu_module::{Access, App, Audit, Body, DevicePeer, Keyed, Load, Problem, Route};
use shouhu_wire::{BATCH_BYTES_MAX, BATCH_SIGHTINGS_MAX, BatchReceipt, Quarantined, SightingBatch};

use crate::check::{check, clean};
use crate::model::{Checked, DeviceClock, Passage, SetAside};
use crate::store::{self, BatchFacts, NewSighting};

pub const ROUTE: Route = Route::post(
    "/v1/sightings",
    "Takes a batch of sightings from a device; the receipt is given when all of it is on disk",
    || axum::routing::post(handle),
)
.access(Access::Device)
.audit(Audit::None("every row names its device and the receipt counts them; a leaf per batch would repeat the table"))
.load(Load::Ingest)
.body_bytes_max(BATCH_BYTES_MAX)
.takes::<SightingBatch>()
.gives::<BatchReceipt>();

const MODEL_CHARS_MAX: usize = 80;
/// Pictures that are synced at the same time: the disk gathers their syncs.
const PICTURES_PARALLEL: usize = 8;

/// [`SightingBatch`] whose reports are judged one by one, so that one of the wrong shape does not refuse the others.
#[derive(Debug, Deserialize)]
struct LooseBatch {
    #[serde(default)]
    model: String,
    sent_at_us: i64,
    sightings: Vec<serde_json::Value>,
}

#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    #[error("batch has {found} sightings; send at most {BATCH_SIGHTINGS_MAX} at a time")]
    TooMany { found: usize },
}

impl Keyed for IngestError {
    fn key(&self) -> &'static str {
        match self {
            Self::TooMany { .. } => "sightings.ingest.too_many",
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::PAYLOAD_TOO_LARGE
    }
}

async fn handle(State(app): State<App>, device: DevicePeer, Body(batch): Body<LooseBatch>) -> Result<Json<BatchReceipt>, Problem> {
    if batch.sightings.len() > BATCH_SIGHTINGS_MAX {
        return Err(IngestError::TooMany { found: batch.sightings.len() }.into());
    }
    let clock = DeviceClock::judged(app.env.now(), batch.sent_at_us, device.clock_offset_us);
    let facts = BatchFacts {
        device: device.id,
        device_name: device.name.clone(),
        model: clean(&batch.model, MODEL_CHARS_MAX),
        received_at: clock.now,
        clock_corrected_us: clock.correction_us,
    };
    let checked = check_all(batch.sightings, clock).await;
    Ok(Json(record(&app, &device, &facts, clock, checked).await?))
}

/// Sixteen megabytes of base64 and JPEG headers must not hold up the threads that answer requests.
async fn check_all(reports: Vec<serde_json::Value>, clock: DeviceClock) -> Vec<Checked> {
    let work = move || reports.into_iter().enumerate().map(|(index, report)| check(index, report, clock)).collect();
    match tokio::task::spawn_blocking(work).await {
        Ok(checked) => checked,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// A batch taken apart: what is new, what is known, what an operator must look at.
#[derive(Default)]
struct Sorted {
    fresh: Vec<Passage>,
    duplicates: u32,
    set_aside: Vec<SetAside>,
}

impl Sorted {
    fn of(checked: Vec<Checked>, mut known: HashMap<i64, String>) -> Self {
        let mut sorted = Self::default();
        for one in checked {
            sorted.set_aside.extend(one.set_aside);
            let Some(passage) = one.passage else { continue };
            match known.get(&passage.sequence) {
                None => {
                    known.insert(passage.sequence, passage.content_hash.clone());
                    sorted.fresh.push(passage);
                }
                Some(hash) => sorted.repeat(&passage, hash),
            }
        }
        sorted
    }

    fn repeat(&mut self, passage: &Passage, known_hash: &str) {
        self.duplicates += 1;
        if passage.content_hash != known_hash {
            self.set_aside.push(passage.conflicting());
        }
    }
}

async fn record(app: &App, device: &DevicePeer, batch: &BatchFacts, clock: DeviceClock, checked: Vec<Checked>) -> Result<BatchReceipt, Problem> {
    let sequences: Vec<i64> = checked.iter().filter_map(|one| one.passage.as_ref()).map(|passage| passage.sequence).collect();
    let known = store::known(&app.store, device.id, &sequences).await?;
    let mut sorted = Sorted::of(checked, known);
    let fresh = std::mem::take(&mut sorted.fresh);
    let sightings = placed(app, device, with_pictures(&app.blobs, app.env.now().day(), fresh).await?);
    let accepted = if sightings.is_empty() && sorted.set_aside.is_empty() { 0 } else { write(app, batch, sightings, &mut sorted).await? };
    let quarantined = sorted.set_aside.into_iter().map(|aside| Quarantined {
        sequence: aside.sequence.unwrap_or_default(),
        reason: aside.reason.key().to_owned(),
        detail: aside.detail,
    });
    Ok(BatchReceipt { accepted, duplicates: sorted.duplicates, quarantined: quarantined.collect(), clock_offset_us: clock.offset_us })
}

type Pictured = (Passage, Option<BlobId>, Option<BlobId>, i64);

/// Puts every picture on disk; `day` was taken before, so it is not later than that of any picture.
async fn with_pictures(blobs: &Blobs, day: i64, passages: Vec<Passage>) -> Result<Vec<Pictured>, Problem> {
    let each = passages.into_iter().map(|mut passage| async move {
        let (mut crop, mut frame) = (None, None);
        if let Some(bytes) = passage.crop.take() {
            crop = Some(blobs.put(BlobClass::Sighting, bytes).await?);
        }
        if let Some(bytes) = passage.frame.take() {
            frame = Some(blobs.put(BlobClass::Sighting, bytes).await?);
        }
        Ok::<_, Problem>((passage, crop, frame, day))
    });
    futures_util::stream::iter(each).buffered(PICTURES_PARALLEL).try_collect().await
}

/// A fixed camera stands where the operator says; a car stands where it says.
fn placed(app: &App, device: &DevicePeer, pictured: Vec<Pictured>) -> Vec<NewSighting> {
    let place = device.camera.and_then(|camera| app.try_room::<CameraPlacesPort>()?.0.place(camera));
    let sighting = |(passage, crop, frame, pictures_day): Pictured| NewSighting {
        id: app.env.id(SightingId::new),
        camera: device.camera,
        place_name: place.as_ref().map_or_else(|| device.name.clone(), |place| place.name.clone()),
        position: place.as_ref().map_or(passage.position, |place| Some(place.position)),
        passage,
        crop,
        frame,
        pictures_day,
    };
    pictured.into_iter().map(sighting).collect()
}

/// Returns how many sightings are new.
async fn write(app: &App, batch: &BatchFacts, sightings: Vec<NewSighting>, sorted: &mut Sorted) -> Result<u32, Problem> {
    let mut tx = app.store.begin().await?;
    let inserted: std::collections::HashSet<i64> = store::insert(&mut tx, batch, &sightings).await?.into_iter().collect();
    let (new, raced): (Vec<_>, Vec<_>) = sightings.into_iter().partition(|one| inserted.contains(&one.passage.sequence));
    if !raced.is_empty() {
        // The same batch came twice at once and the other one was faster.
        let sequences: Vec<i64> = raced.iter().map(|one| one.passage.sequence).collect();
        let known = store::known_within(&mut tx, batch.device, &sequences).await?;
        for one in &raced {
            sorted.repeat(&one.passage, known.get(&one.passage.sequence).map_or("", String::as_str));
        }
    }
    if !new.is_empty() {
        let sightings = new.iter().map(|one| one.fact(batch)).collect();
        tx.emit(&Event::SightingsRecorded { sightings }).await?;
    }
    let count = store::set_aside(&mut tx, &app.store, batch, &sorted.set_aside).await?;
    if count > 0 {
        tx.emit(&Event::SightingsQuarantined { device: batch.device, count }).await?;
    }
    tx.commit().await?;
    Ok(u32::try_from(new.len()).unwrap_or(u32::MAX))
}
