//! `/v1/sightings/exports`: answers as files, made in the background.

use axum::extract::State;
use axum::response::Response;
use shouhu_ids::ExportId;
use shouhu_module::{App, Audit, Audited, Body, Id, Load, NoBody, Page, PageQuery, Params, Problem, Route};
use shouhu_wire::{Export, NewExport};

pub const ASK: Route = Route::post("/v1/sightings/exports", "Asks for an export of sightings as CSV, GeoJSON or Parquet", || axum::routing::post(ask))
    .permission("sightings.export")
    .audit(Audit::PersonalRead)
    .takes::<NewExport>()
    .gives::<Export>();

pub const LIST: Route = Route::get("/v1/sightings/exports", "Lists the caller's exports, newest first", || axum::routing::get(list))
    .permission("sightings.export")
    .audit(Audit::WorkRead)
    .asks::<PageQuery>()
    .gives::<Page<Export>>();

pub const SHOW: Route = Route::get("/v1/sightings/exports/{id}", "Shows how far an export is", || axum::routing::get(show))
    .permission("sightings.export")
    .audit(Audit::WorkRead)
    .gives::<Export>();

pub const CANCEL: Route = Route::post("/v1/sightings/exports/{id}/cancel", "Stops an export and destroys what it has", || axum::routing::post(cancel))
    .permission("sightings.export")
    .audit(Audit::Write)
    .takes::<NoBody>()
    .gives::<Export>();

pub const FILE: Route = Route::get("/v1/sightings/exports/{id}/file", "The file of an export, for the person who asked", || axum::routing::get(file))
    .permission("sightings.export")
    .audit(Audit::WorkRead)
    .load(Load::Bulk)
    .gives_media("application/octet-stream");

async fn ask(State(_): State<App>, Body(_): Body<NewExport>) -> Result<Audited<Export>, Problem> {
    Err(crate::ops::not_ready())
}

async fn list(State(_): State<App>, Params(_): Params<PageQuery>) -> Result<Audited<Page<Export>>, Problem> {
    Err(crate::ops::not_ready())
}

async fn show(State(_): State<App>, Id(_): Id<ExportId>) -> Result<Audited<Export>, Problem> {
    Err(crate::ops::not_ready())
}

async fn cancel(State(_): State<App>, Id(_): Id<ExportId>) -> Result<Audited<Export>, Problem> {
    Err(crate::ops::not_ready())
}

async fn file(State(_): State<App>, Id(_): Id<ExportId>) -> Result<Response, Problem> {
    Err(crate::ops::not_ready())
}
