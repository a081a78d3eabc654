//! Makes the file, and destroys it a day later.
//!
//! A process that dies in the middle leaves `running`; the job's lease runs out and the next process makes the file from the
//! beginning. After [`ATTEMPTS_MAX`] tries the export has failed and says why.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use shouhu_audit::Entry;
use shouhu_blobs::{BlobClass, BlobId};
use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_ids::{ActorId, ExportId, Micros, UnitId};
use shouhu_lakehouse::Lakehouse;
use shouhu_lakehouse::lake::questions::Partial;
use shouhu_lakehouse::lake::questions::export_parquet::ParquetExport;
use shouhu_lakehouse::lake::{Class, FullRecord, PlateCode};
use shouhu_module::ports::MovementAsker;
use shouhu_module::{App, JobKind, Looking, Problem, door_of};
use shouhu_plate::Plate;
use shouhu_store::{Eyes, Sight};
use shouhu_wire::{ExportFormat, ExportQuestion, PartialNote, Role};

use super::records::{Line, Progress, Wanted, gather, notes};
use super::store::{self, Hidden, Kept, Made};
use super::{ATTEMPTS_MAX, BYTES_MAX, ExportError, KEPT_US, LIFE_US, TIME_MAX_US, csv, geojson};
use crate::gate::{Asking, Shown, bounded, told_at};
use crate::lake::window_of;
use crate::passing::veiled_record;
use crate::unavailable::lake_of;

pub const MAKE: JobKind = JobKind { kind: "sightings.export", run: make };
pub const EXPIRE: JobKind = JobKind { kind: "sightings.export_expire", run: expire };

/// How often progress is written down and a cancellation looked for.
const LOOK: Duration = Duration::from_millis(500);

#[derive(serde::Deserialize)]
struct Payload {
    id: ExportId,
}

fn make(app: App, payload: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let Payload { id } = serde_json::from_value(payload)?;
        if !store::begin(&app.store, id).await? {
            return Ok(());
        }
        let Some(kept) = store::get(&app.store, id).await? else { return Ok(()) };
        match file(&app, &kept).await {
            Ok(()) => Ok(()),
            Err(error) if kept.attempts >= ATTEMPTS_MAX => {
                tracing::warn!(export = %id, %error, "an export has failed for good");
                store::fail(&app.store, id, &error.to_string()).await?;
                Ok(())
            }
            Err(error) => Err(error),
        }
    })
}

/// # Errors
/// When the question cannot be asked: it was checked when it was asked, so this is a camera that is gone or the like.
pub fn wanted(question: &ExportQuestion, house: &Lakehouse) -> Result<Wanted, ExportError> {
    Ok(match question {
        ExportQuestion::History { plate } => Wanted::Plate(code_of(plate)?),
        ExportQuestion::Cameras { cameras } => Wanted::Sources(cameras.iter().flat_map(|camera| house.sources_of_camera(*camera)).collect()),
        ExportQuestion::Area { area } => Wanted::Area(crate::shapes::area_of(area).map_err(ExportError::Area)?),
    })
}

fn code_of(plate: &str) -> Result<PlateCode, ExportError> {
    let plate = Plate::parse(plate).map_err(ExportError::Plate)?;
    // A plate's ten letters and digits always fit.
    Ok(PlateCode::from_bytes(plate.as_str().as_bytes()).unwrap_or_default())
}

/// The plate that a question names.
///
/// # Errors
/// When it is none.
fn named(question: &ExportQuestion) -> Result<Vec<Plate>, ExportError> {
    match question {
        ExportQuestion::History { plate } => Ok(vec![Plate::parse(plate).map_err(ExportError::Plate)?]),
        ExportQuestion::Cameras { .. } | ExportQuestion::Area { .. } => Ok(Vec::new()),
    }
}

/// Whether anything of the plate that a question names could be in its file.
///
/// # Errors
/// When nothing could, or it is no plate.
pub async fn may_ask(asking: &Asking, question: &ExportQuestion, [from, until]: [Micros; 2]) -> Result<(), Problem> {
    asking.may_ask(&named(question)?, window_of(from, until)).await
}

/// A file in memory.
pub struct Built {
    pub bytes: Vec<u8>,
    pub rows: usize,
    pub notes: Vec<PartialNote>,
    /// ` under consent …`, as the audit log says it; mostly empty.
    pub under: String,
}

/// Rows that are written into the ledger in one transaction: nobody else writes meanwhile.
const REVEALED_AT_ONCE: usize = 2_000;

/// Of the records those that may leave, in their order.
async fn revealed(asking: &Asking, house: &Arc<Lakehouse>, question: &ExportQuestion, records: Vec<FullRecord>) -> Result<Shown<FullRecord>, ReactionError> {
    let named = named(question)?;
    let mut all = Shown { rows: Vec::with_capacity(records.len()), has_more: false, is_bounded: false, under: String::new() };
    let mut rest = records.into_iter().peekable();
    loop {
        let some: Vec<FullRecord> = rest.by_ref().take(REVEALED_AT_ONCE).collect();
        let shown = asking.reveal(&named, some, REVEALED_AT_ONCE, |record| told_at(house, record.row.key())).await.map_err(|problem| problem.detail)?;
        all.rows.extend(shown.rows);
        all.is_bounded = shown.is_bounded;
        if all.under.is_empty() {
            all.under = shown.under;
        }
        if rest.peek().is_none() {
            return Ok(all);
        }
    }
}

/// Reads the lake, asks what may leave, and writes the file on a thread for blocking work.
///
/// # Errors
/// When the question cannot be asked, the ledger cannot be written, or the lake is closed.
pub async fn build(
    house: &Arc<Lakehouse>,
    asking: &Asking,
    question: &ExportQuestion,
    [from, until]: [Micros; 2],
    format: ExportFormat,
    progress: &Arc<Progress>,
) -> Result<Built, ReactionError> {
    let wanted = wanted(question, house)?;
    let window = window_of(from, until);
    let for_thread = progress.clone();
    let answer = house.ask(&Class::ALL, move |view| gather(view, &wanted, window, &for_thread)).await?;
    let (records, mut partial) = answer?;
    let Shown { rows: mut records, is_bounded, under, .. } = revealed(asking, house, question, records).await?;
    if let Some(veil) = house.veil() {
        records = records.into_iter().map(|record| veiled_record(record, &veil)).collect();
    }
    let for_lines = house.clone();
    let (bytes, rows, is_cut) = tokio::task::spawn_blocking(move || written(&records, format, &for_lines)).await?;
    if is_cut {
        partial.push(Partial::Limit { limit: rows });
    }
    let mut notes = notes(&partial);
    notes.extend(is_bounded.then(bounded));
    Ok(Built { bytes, rows, notes, under })
}

/// Builds the file, while progress is written down and a cancellation looked for.
async fn file(app: &App, kept: &Kept) -> Result<(), ReactionError> {
    let id = kept.export.id;
    let house = lake_of(app).map_err(|problem| problem.detail)?;
    let progress = Arc::new(Progress::default());
    let asker = MovementAsker::by(kept.export.asked_by, kept.office.clone(), &kept.purpose);
    let asking = Asking::of(app, asker).map_err(|problem| problem.detail)?;
    // A file is for the eyes of whoever asked for it.
    let building = build(&house, &asking, &kept.question, [kept.from, kept.until], kept.export.format, &progress);
    let (eyes, sight) = (Eyes::Person(kept.export.asked_by), sight_of_asker(app, kept));
    let hidden_before = eyes.look(sight.clone().look(house.hidden_sources())).await?;
    let building = eyes.look(sight.clone().look(building));
    tokio::pin!(building);
    let started = app.env.now();
    let mut is_cancelled = false;
    let built = loop {
        tokio::select! {
            built = &mut building => break built?,
            () = tokio::time::sleep(LOOK) => {
                // How many were read is told to nobody: what may leave of them is not decided yet.
                is_cancelled |= !store::progress(&app.store, id, progress.percent.load(Ordering::Relaxed), 0).await?;
                if is_cancelled || app.env.now().since(started) > TIME_MAX_US {
                    progress.is_stopped.store(true, Ordering::Relaxed);
                }
            }
        }
    };
    if is_cancelled {
        return Ok(());
    }
    // What is in the file was shown at one moment in between: hidden all the while is what was hidden before and after, and no source that came later is in it.
    let newest = house.newest_source().await?;
    let hidden_after = eyes.look(sight.look(house.hidden_sources())).await?;
    keep(app, kept, built, Hidden { numbers: &hidden_before & &hidden_after, newest }).await
}

/// Which rows of the lake the force's rules leave to whoever asks for an export, as it was asked for at that time.
#[must_use]
pub fn sight_of(app: &App, person: ActorId, role: Role, office: Option<&str>, unit: Option<UnitId>, kept: &Kept) -> Sight {
    let (door, at) = (door_of(&crate::ops::exports::ASK), kept.export.asked_at_us);
    app.sight(&Looking { person, role, office, unit, permission: Some("sightings.export"), door, purpose: Some(kept.purpose.code.as_str()), at })
}

/// Whoever asked before anybody noted as whom sees what somebody sees who has not said who looks.
fn sight_of_asker(app: &App, kept: &Kept) -> Sight {
    let of = |role| sight_of(app, kept.export.asked_by, role, kept.office.as_deref(), kept.unit, kept);
    kept.role.map_or_else(|| app.store.guards().unsaid(), of)
}

async fn keep(app: &App, kept: &Kept, Built { bytes, rows, notes, under }: Built, hidden: Hidden) -> Result<(), ReactionError> {
    let (id, now) = (kept.export.id, app.env.now());
    let (blob, length) = (BlobId::named(BlobClass::Export, now.day(), &format!("export {id} {}", kept.attempts)), bytes.len());
    if !under.is_empty() {
        app.audit.append(made_leaf(kept, now, &under)).await?;
    }
    app.blobs.put_named(&blob, bytes).await?;
    let made = Made {
        blob: blob.to_string(),
        blob_day: now.day(),
        rows: rows as u64,
        bytes: length as u64,
        expires_at: now.plus(LIFE_US),
        partial: notes,
        hidden,
    };
    if !store::ready(&app.store, id, &made).await? {
        app.blobs.remove(&blob).await?;
    }
    tracing::info!(export = %id, rows, bytes = length, "an export is ready");
    Ok(())
}

/// Which consent let the file be made.
fn made_leaf(kept: &Kept, now: Micros, under: &str) -> Entry {
    Entry {
        at_us: now,
        actor: kept.export.asked_by.to_string(),
        actor_name: kept.export.asked_by_name.clone(),
        action: "export made".into(),
        class: "personal_read".into(),
        purpose: Some(kept.purpose.code.clone()),
        case_ref: kept.purpose.case_ref.clone(),
        object: format!("export {}: {}{under}", kept.export.id, kept.export.asked),
        outcome: 200,
    }
}

/// The file, its rows, and whether it was cut at the limit of bytes.
fn written(records: &[FullRecord], format: ExportFormat, house: &Lakehouse) -> (Vec<u8>, usize, bool) {
    match format {
        ExportFormat::Csv => text(records, house, csv::heading(), "", |text, line, _| csv::push(text, line)),
        ExportFormat::Geojson => text(records, house, geojson::HEAD.to_owned(), geojson::TAIL, geojson::push),
        ExportFormat::Parquet => parquet(records),
    }
}

fn text(records: &[FullRecord], house: &Lakehouse, head: String, tail: &str, push: impl Fn(&mut String, &Line, bool)) -> (Vec<u8>, usize, bool) {
    let mut text = head;
    let mut rows = 0;
    for record in records {
        if text.len() > BYTES_MAX {
            break;
        }
        push(&mut text, &Line::of(record, house), rows == 0);
        rows += 1;
    }
    text.push_str(tail);
    (text.into_bytes(), rows, rows < records.len())
}

/// Half a million records are far below the limit of bytes. Writing into memory fails for no record.
fn parquet(records: &[FullRecord]) -> (Vec<u8>, usize, bool) {
    let written = ParquetExport::new(Vec::new()).and_then(|mut file| {
        file.write(records)?;
        file.finish()
    });
    match written {
        Ok(bytes) => (bytes, records.len(), false),
        Err(error) => {
            tracing::error!(%error, "an export could not be written as Parquet");
            (Vec::new(), 0, true)
        }
    }
}

fn expire(app: App, payload: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let Payload { id } = serde_json::from_value(payload)?;
        let now = app.env.now();
        let Some(kept) = store::get(&app.store, id).await? else { return Ok(()) };
        if let Some(blob) = &kept.blob {
            app.blobs.remove(&blob.parse()?).await?;
        }
        store::expire(&app.store, id).await?;
        if let Some(day) = kept.blob_day.filter(|day| *day < now.day())
            && !store::is_day_needed(&app.store, day).await?
        {
            let blobs = app.blobs.clone();
            tokio::task::spawn_blocking(move || blobs.destroy_day(BlobClass::Export, day)).await??;
        }
        store::forget(&app.store, now.plus(-KEPT_US)).await?;
        Ok(())
    })
}
