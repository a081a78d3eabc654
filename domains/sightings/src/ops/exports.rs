//! `/v1/sightings/exports`: answers as files, made in the background.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use shouhu_audit::Entry;
use shouhu_blobs::BlobId;
use shouhu_ids::ExportId;
use shouhu_lakehouse::SEEN_SOURCES;
use shouhu_module::{App, Audit, AuditObject, Audited, Body, Id, Load, NoBody, Page, PageQuery, Params, Person, Problem, Purpose, Route, page_limit};
use shouhu_store::{Sight, page_before};
use shouhu_wire::{Export, ExportFormat, ExportQuestion, ExportState, NewExport};

use crate::exports::records::taipei;
use crate::exports::store::{self, Asker, Kept, state_word};
use crate::exports::{CAMERAS_MAX, ExportError, OPEN_MAX, WINDOW_PLATE_MAX_US, WINDOW_WIDE_MAX_US, job};
use crate::gate::Asking;
use crate::unavailable::{lake_of, lake_problem};

/// Why the gate blots nothing out of their answers. Of the file it does: that was made before somebody sealed what is in it.
const OWN_WORDS: &str = "they tell the asker what he asked himself; a hole in that would say that the plate is sealed";

pub const ASK: Route = Route::post("/v1/sightings/exports", "Asks for an export of sightings as CSV, GeoJSON or Parquet", || axum::routing::post(ask))
    .permission("sightings.export")
    .unblotted(OWN_WORDS)
    .audit(Audit::PersonalRead)
    .takes::<NewExport>()
    .gives::<Export>();

pub const LIST: Route = Route::get("/v1/sightings/exports", "Lists the caller's exports, newest first", || axum::routing::get(list))
    .permission("sightings.export")
    .unblotted(OWN_WORDS)
    .audit(Audit::WorkRead)
    .asks::<PageQuery>()
    .gives::<Page<Export>>();

pub const SHOW: Route = Route::get("/v1/sightings/exports/{id}", "Shows how far an export is", || axum::routing::get(show))
    .permission("sightings.export")
    .unblotted(OWN_WORDS)
    .audit(Audit::WorkRead)
    .gives::<Export>();

pub const CANCEL: Route = Route::post("/v1/sightings/exports/{id}/cancel", "Stops an export and destroys what it has", || axum::routing::post(cancel))
    .permission("sightings.export")
    .unblotted(OWN_WORDS)
    .audit(Audit::Write)
    .takes::<NoBody>()
    .gives::<Export>();

pub const FILE: Route = Route::get("/v1/sightings/exports/{id}/file", "The file of an export, for the person who asked", || axum::routing::get(file))
    .permission("sightings.export")
    .audit(Audit::WorkRead)
    .load(Load::Bulk)
    .gives_media("text/csv, application/geo+json, application/vnd.apache.parquet");

/// What is asked, in words, as the log has it.
///
/// # Errors
/// When the window is empty or too wide, or the plate, a camera or the area is none.
pub fn checked(new: &NewExport) -> Result<String, ExportError> {
    let (from_us, until_us) = (new.span.from_us.0, new.span.until_us.0);
    if from_us >= until_us {
        return Err(ExportError::WindowEmpty { from_us, until_us });
    }
    let (what, allowed_us) = match &new.question {
        ExportQuestion::History { plate } => {
            let plate = shouhu_plate::Plate::parse(plate).map_err(ExportError::Plate)?;
            (plate.display(), WINDOW_PLATE_MAX_US)
        }
        ExportQuestion::Cameras { cameras } => {
            if cameras.is_empty() || cameras.len() > CAMERAS_MAX {
                return Err(ExportError::Cameras { given: cameras.len() });
            }
            let names: Vec<String> = cameras.iter().map(ToString::to_string).collect();
            (format!("cameras {}", names.join(" ")), WINDOW_WIDE_MAX_US)
        }
        ExportQuestion::Area { area } => {
            crate::shapes::area_of(area).map_err(ExportError::Area)?;
            let text = serde_json::to_string(area).unwrap_or_default();
            (format!("area {}", text.chars().take(500).collect::<String>()), WINDOW_WIDE_MAX_US)
        }
    };
    let asked_us = until_us.saturating_sub(from_us);
    if asked_us > allowed_us {
        let day = shouhu_ids::Micros::DAY;
        return Err(ExportError::WindowTooWide { asked_d: asked_us / day, allowed_d: allowed_us / day });
    }
    let window = format!("from {} until {}", taipei(from_us.div_euclid(1_000)), taipei(until_us.div_euclid(1_000)));
    Ok(format!("{what} {window} as {}", new.format.as_str()))
}

async fn ask(State(app): State<App>, person: Person, purpose: Purpose, asking: Asking, Body(new): Body<NewExport>) -> Result<Audited<Export>, Problem> {
    let asked = checked(&new)?;
    job::wanted(&new.question, &*lake_of(&app)?)?;
    job::may_ask(&asking, &new.question, [new.span.from_us, new.span.until_us]).await?;
    let open = store::count_open(&app.store, person.id).await?;
    if open >= OPEN_MAX {
        return Err(ExportError::TooManyOpen { open }.into());
    }
    let id = app.env.id(ExportId::new);
    // The gate's own leaf comes with the answer; the work may start before that.
    let leaf = Entry {
        at_us: app.env.now(),
        actor: person.id.to_string(),
        actor_name: person.name.clone(),
        action: "export begins".into(),
        class: "personal_read".into(),
        purpose: Some(purpose.code.clone()),
        case_ref: purpose.case_ref.clone(),
        object: format!("export {id}: {asked}"),
        outcome: 200,
    };
    app.audit.append(leaf).await?;
    let asker = Asker { id: person.id, name: &person.name, office: person.office.as_deref(), role: person.role, unit: person.unit, purpose: &purpose };
    store::insert(&app.store, id, &asked, &new, &asker).await?;
    let kept = mine(&app, &person, id).await?;
    Ok(Audited::new(format!("export {id}: {asked}"), kept.export))
}

/// Another person's export is none that this one may know of.
async fn mine(app: &App, person: &Person, id: ExportId) -> Result<Kept, Problem> {
    let kept = store::get(&app.store, id).await?.filter(|kept| kept.export.asked_by == person.id);
    kept.ok_or_else(|| Problem::not_found("export"))
}

async fn list(State(app): State<App>, person: Person, Params(query): Params<PageQuery>) -> Result<Audited<Page<Export>>, Problem> {
    let limit = page_limit(query.limit);
    let exports = store::page(&app.store, person.id, &page_before(query.cursor), limit + 1).await?;
    Ok(Audited::new("own exports".into(), Page::cut(exports, limit, |export| export.id.to_string())))
}

async fn show(State(app): State<App>, person: Person, Id(id): Id<ExportId>) -> Result<Audited<Export>, Problem> {
    let kept = mine(&app, &person, id).await?;
    Ok(Audited::new(format!("export {id}"), kept.export))
}

async fn cancel(State(app): State<App>, person: Person, Id(id): Id<ExportId>) -> Result<Audited<Export>, Problem> {
    mine(&app, &person, id).await?;
    let is_changed = store::cancel(&app.store, id).await?;
    let kept = mine(&app, &person, id).await?;
    if !is_changed {
        return Err(ExportError::NotOpen { id, state: state_word(kept.export.state) }.into());
    }
    Ok(Audited::new(format!("export {id} cancelled"), kept.export))
}

const fn media(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Csv => "text/csv; charset=utf-8",
        ExportFormat::Geojson => "application/geo+json",
        ExportFormat::Parquet => "application/vnd.apache.parquet",
    }
}

/// The sources that somebody of this sight may not see.
async fn hidden_now(app: &App, sight: Sight) -> Result<BTreeSet<u32>, Problem> {
    if !sight.narrows(SEEN_SOURCES) {
        return Ok(BTreeSet::new());
    }
    let lake = lake_of(app)?;
    sight.look(lake.hidden_sources()).await.map_err(|error| lake_problem(&error))
}

async fn file(State(app): State<App>, person: Person, Id(id): Id<ExportId>) -> Result<Response, Problem> {
    let kept = mine(&app, &person, id).await?;
    let is_open = kept.export.state == ExportState::Ready && kept.export.expires_at_us.is_some_and(|expires| expires > app.env.now());
    // What was made before a seal that its asker may not look behind can hold what is sealed now: he asks again.
    let is_older = app.store.veil().is_some_and(|veil| kept.export.asked_at_us < veil.newest_since());
    // Nor is it given where something is hidden from him now that was not when it was made: a rule may be another, or a camera another office's.
    let hidden = hidden_now(&app, job::sight_of(&app, person.id, person.role, person.office.as_deref(), person.unit, &kept)).await?;
    let is_whole = kept.hidden.holds(&hidden);
    let Some(blob) = kept.blob.filter(|_| is_open && !is_older && is_whole) else {
        return Err(ExportError::NoFile { id, state: state_word(kept.export.state) }.into());
    };
    let bytes = app.blobs.get(&blob.parse::<BlobId>()?).await?;
    let Kept { export, purpose, .. } = kept;
    let mut response = ([(header::CONTENT_TYPE, media(export.format))], bytes).into_response();
    let name = format!("attachment; filename=\"sightings-{id}.{}\"", export.format.as_str());
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    let case = purpose.case_ref.unwrap_or_default();
    let object = format!("file of export {id}, {} rows, for {} {case}: {}", export.rows, purpose.code, export.asked);
    response.extensions_mut().insert(AuditObject(object));
    Ok(response)
}
