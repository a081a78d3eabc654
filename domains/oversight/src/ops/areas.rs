//! `/v1/oversight/areas`: villages or districts, and whether some are watched more than others.

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_module::{App, Audit, Audited, Load, Params, Person, Problem, RawBody, Route};

use crate::areas::shapes::FileError;
use crate::areas::{self, AreaReport, AreasError, AreasListed};
use crate::ops::reasons::{file, month};

/// The villages of a city, with outlines of some thousand points.
const AREAS_BYTES_MAX: usize = 32 << 20;

pub const LIST: Route =
    Route::get("/v1/oversight/areas", "Lists the areas by which is counted, with their residents", || axum::routing::get(list))
        .permission("oversight.reports")
        .audit(Audit::WorkRead)
        .gives::<AreasListed>();

pub const IMPORT: Route =
    Route::post("/v1/oversight/areas", "Imports villages or districts as GeoJSON; the whole list is replaced", || axum::routing::post(import))
        .permission("oversight.areas")
        .audit(Audit::Write)
        .load(Load::Bulk)
        .body_bytes_max(AREAS_BYTES_MAX)
        .takes_media("application/geo+json")
        .gives::<AreasListed>();

pub const REPORT: Route = Route::get("/v1/oversight/areas/report", "Says of a month which areas were watched more or less than others", || {
    axum::routing::get(report)
})
.permission("oversight.reports")
.audit(Audit::WorkRead)
.load(Load::Bulk)
.asks::<AskReport>()
.gives::<AreaReport>();

pub const CSV: Route = Route::get("/v1/oversight/areas/report.csv", "The ratios of the same report as CSV", || axum::routing::get(csv))
    .permission("oversight.reports")
    .audit(Audit::WorkRead)
    .load(Load::Bulk)
    .asks::<AskReport>()
    .gives_media("text/csv");

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct AskReport {
    /// `2026-11`, two days after its end and later; without one, the newest of those.
    pub month: Option<String>,
    /// Of the areas; without one, the newest.
    pub version: Option<i64>,
}

async fn list(State(app): State<App>) -> Result<Audited<AreasListed>, Problem> {
    let listed = areas::store::listed(&app).await?;
    Ok(Audited::new(format!("{} areas", listed.items.len()), listed))
}

async fn import(State(app): State<App>, person: Person, RawBody(bytes): RawBody) -> Result<Audited<AreasListed>, Problem> {
    let read = areas::store::off_thread(move || {
        let text = std::str::from_utf8(&bytes).map_err(|_| AreasError::File(FileError::NoText))?;
        areas::shapes::read(text)
    });
    areas::store::set(&app, &person, read.await??).await?;
    let listed = areas::store::listed(&app).await?;
    Ok(Audited::new(format!("areas version {}: {}", listed.version, listed.items.len()), listed))
}

async fn found(app: &App, asked: &AskReport) -> Result<AreaReport, Problem> {
    let month = month(asked.month.as_deref(), areas::tally::newest(app.env.now()))?;
    areas::tally::report(app, month, asked.version).await
}

async fn report(State(app): State<App>, Params(asked): Params<AskReport>) -> Result<Audited<AreaReport>, Problem> {
    let report = found(&app, &asked).await?;
    Ok(Audited::new(format!("areas of {} by version {}", report.month, report.areas_version), report))
}

async fn csv(State(app): State<App>, Params(asked): Params<AskReport>) -> Result<Response, Problem> {
    let report = found(&app, &asked).await?;
    Ok(file(format!("areas of {} by version {}", report.month, report.areas_version), areas::csv(&report)))
}
