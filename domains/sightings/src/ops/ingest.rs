//! `POST /v1/sightings`: takes a batch of passages from a device.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use bytes::Bytes;
use shouhu_lakehouse::lake::Class;
use shouhu_lakehouse::SourceKey;
use shouhu_module::ports::CameraPlacesPort;
use shouhu_module::{Access, App, Audit, DevicePeer, Keyed, Load, Problem, RawBody, Route};
use shouhu_wire::{
    BATCH_BYTES_MAX, BATCH_PICTURED_MAX, BATCH_SIGHTINGS_MAX, BATCH_VERSION, BatchReceipt, Quarantined, SightingBatch,
};

use crate::arrive::{Arrived, Seer, Sender, arrive};
use crate::check::{check, clean, read};
use crate::lake::{lake_of, problem_of};
use crate::model::{DeviceClock, Passage, SetAside};
use crate::passing::e6_of;

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

/// Nothing of it was kept, not even aside.
const NOT_REVIEWED: &str = "sightings.ingest.not_reviewed";
const MODEL_CHARS_MAX: usize = 80;
/// Larger bodies hold pictures: base64 and JPEG headers by the megabyte must not hold up the threads that answer requests.
const INLINE_BYTES_MAX: usize = 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    #[error(
        "batch has {found} sightings; send at most {BATCH_SIGHTINGS_MAX} at a time, or {BATCH_PICTURED_MAX} when any of them has a picture"
    )]
    TooMany { found: usize },
    #[error("batch is of version {found}; this server knows versions up to {BATCH_VERSION}: update it, or send the older form")]
    Version { found: u32 },
}

impl Keyed for IngestError {
    fn key(&self) -> &'static str {
        match self {
            Self::TooMany { .. } => "sightings.ingest.too_many",
            Self::Version { .. } => "sightings.ingest.version_unknown",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::TooMany { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Version { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// A batch taken apart.
struct Judged {
    model: String,
    clock: DeviceClock,
    passages: Vec<Passage>,
    set_aside: Vec<SetAside>,
}

async fn handle(State(app): State<App>, device: DevicePeer, RawBody(body): RawBody) -> Result<Json<BatchReceipt>, Problem> {
    let (now, signed_offset_us) = (app.env.now(), device.clock_offset_us);
    let judged = if body.len() <= INLINE_BYTES_MAX {
        judge(&body, now, signed_offset_us)
    } else {
        off_thread(body, move |body| judge(body, now, signed_offset_us)).await
    }?;
    let (judged, destroyed) = answered_for(&app, &device, judged);
    let clock = judged.clock;
    let seer = seer(&app, &device).await?;
    let sender = Sender {
        device: device.id,
        name: device.name,
        camera: device.camera,
        class: Class::PASSAGE,
        model: judged.model,
        received_at: clock.now,
        clock_corrected_us: clock.correction_us,
    };
    let arrived = arrive(&app, &sender, seer, judged.passages, judged.set_aside).await?;
    Ok(Json(receipt(arrived, destroyed, clock)))
}

async fn off_thread<T: Send + 'static>(body: Bytes, work: impl FnOnce(&[u8]) -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(move || work(&body)).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

fn judge(body: &[u8], now: shouhu_ids::Micros, signed_offset_us: i64) -> Result<Judged, Problem> {
    let batch = read(body).map_err(|error| {
        let key = if error.is_data() { "http.body.invalid" } else { "http.body.malformed" };
        Problem::new(StatusCode::BAD_REQUEST, key, error.to_string())
    })?;
    if batch.version > BATCH_VERSION {
        return Err(IngestError::Version { found: batch.version }.into());
    }
    let rows_max = if batch.has_pictures() { BATCH_PICTURED_MAX } else { BATCH_SIGHTINGS_MAX };
    if batch.reports.len() > rows_max {
        return Err(IngestError::TooMany { found: batch.reports.len() }.into());
    }
    let clock = DeviceClock::judged(now, batch.sent_at_us, signed_offset_us);
    let model = clean(&batch.model, MODEL_CHARS_MAX);
    let (mut passages, mut set_aside) = (Vec::with_capacity(batch.reports.len()), Vec::new());
    for (index, reported) in batch.reports.into_iter().enumerate() {
        let checked = check(index, reported, clock);
        set_aside.extend(checked.set_aside);
        passages.extend(checked.passage);
    }
    Ok(Judged { model, clock, passages, set_aside })
}

/// What a camera saw while nobody answered for it is destroyed here, before anything of it is written down, and its device is told so
/// for each number, as for what is set aside.
fn answered_for(app: &App, device: &DevicePeer, mut judged: Judged) -> (Judged, Vec<Quarantined>) {
    let register = device.camera.and_then(|camera| Some((camera, app.try_room::<CameraPlacesPort>()?)));
    let Some((camera, register)) = register else { return (judged, Vec::new()) };
    let recording = register.0.recording(camera);
    let (kept, mut gone): (Vec<Passage>, Vec<Passage>) = judged.passages.into_iter().partition(|passage| recording.holds(passage.captured_at));
    judged.passages = kept;
    let mut numbers: Vec<u64> = gone.drain(..).map(|passage| passage.sequence).collect();
    // What cannot be read says no time that could be believed: it counts as seen now.
    let records_now = recording.holds(judged.clock.now);
    let is_gone = |aside: &SetAside| !records_now || aside.sequence.is_some_and(|number| numbers.contains(&number));
    let (unread, set_aside): (Vec<SetAside>, Vec<SetAside>) = judged.set_aside.into_iter().partition(is_gone);
    judged.set_aside = set_aside;
    numbers.extend(unread.into_iter().map(|aside| aside.sequence.unwrap_or_default()));
    numbers.sort_unstable();
    numbers.dedup();
    if !numbers.is_empty() {
        register.0.destroyed(camera, numbers.len() as u64);
    }
    let told = |sequence| Quarantined { sequence, reason: NOT_REVIEWED.to_owned(), detail: "destroyed: no review of this camera holds".to_owned() };
    (judged, numbers.into_iter().map(told).collect())
}

/// A fixed camera stands where the operator says; a car stands where it says.
async fn seer(app: &App, device: &DevicePeer) -> Result<Seer, Problem> {
    let place = device.camera.and_then(|camera| app.try_room::<CameraPlacesPort>()?.0.place(camera));
    let place_e6 = place.as_ref().map(|place| e6_of(place.position));
    let key = SourceKey { device: device.id, camera: device.camera, site: None, place_e6 };
    let name = place.map_or_else(|| device.name.clone(), |place| place.name);
    let source = lake_of(app)?.source_number(&key, &name).await.map_err(|e| problem_of(&e))?;
    Ok(Seer { source, is_fixed: place_e6.is_some() })
}

fn receipt(arrived: Arrived, destroyed: Vec<Quarantined>, clock: DeviceClock) -> BatchReceipt {
    let quarantined = arrived.set_aside.into_iter().map(|aside| Quarantined {
        sequence: aside.sequence.unwrap_or_default(),
        reason: aside.reason.key().to_owned(),
        detail: aside.detail,
    });
    BatchReceipt {
        accepted: arrived.accepted,
        duplicates: arrived.duplicates,
        quarantined: quarantined.chain(destroyed).collect(),
        clock_offset_us: clock.offset_us,
    }
}
