//! `GET /v1/oversight/reasons`: how often something was asked of people and not done, and why; as JSON and as CSV.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_module::{App, Audit, AuditObject, Audited, Keyed, Params, Problem, Route};

use crate::reasons::{self, Reasons};
use crate::transparency::month_of;

pub const SHOW: Route =
    Route::get("/v1/oversight/reasons", "Counts what was asked of people and not done, by reason, office and month", || axum::routing::get(show))
        .permission("oversight.reports")
        .audit(Audit::WorkRead)
        .asks::<Months>()
        .gives::<Reasons>();

pub const CSV: Route =
    Route::get("/v1/oversight/reasons.csv", "The same counts as CSV", || axum::routing::get(csv))
        .permission("oversight.reports")
        .audit(Audit::WorkRead)
        .asks::<Months>()
        .gives_media("text/csv");

/// Which months; without any, this one.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct Months {
    /// `2026-10`.
    pub from: Option<String>,
    pub until: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum MonthError {
    #[error("{0:?} is no month: write it as 2026-11")]
    Month(String),
}

impl Keyed for MonthError {
    fn key(&self) -> &'static str {
        "oversight.months.month"
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

/// # Errors
/// When it is none.
pub fn month(given: &str) -> Result<String, MonthError> {
    let is_month = given.len() == 7
        && given.get(4..5) == Some("-")
        && given.get(..4).is_some_and(|year| year.bytes().all(|digit| digit.is_ascii_digit()))
        && given.get(5..).and_then(|month| month.parse::<u8>().ok()).is_some_and(|month| (1..=12).contains(&month));
    if is_month { Ok(given.to_owned()) } else { Err(MonthError::Month(given.chars().take(20).collect())) }
}

async fn found(app: &App, asked: &Months) -> Result<Reasons, Problem> {
    let now = month_of(app.env.now());
    let from = asked.from.as_deref().map_or_else(|| Ok(now.clone()), month)?;
    let until = asked.until.as_deref().map_or_else(|| Ok(now.max(from.clone())), month)?;
    let lines = reasons::lines(&app.store, &from, &until).await?;
    Ok(Reasons { from, until, lists: reasons::lists(), lines })
}

async fn show(State(app): State<App>, Params(asked): Params<Months>) -> Result<Audited<Reasons>, Problem> {
    let reasons = found(&app, &asked).await?;
    Ok(Audited::new(format!("reasons {} to {}", reasons.from, reasons.until), reasons))
}

async fn csv(State(app): State<App>, Params(asked): Params<Months>) -> Result<Response, Problem> {
    let reasons = found(&app, &asked).await?;
    Ok(file(format!("reasons {} to {}", reasons.from, reasons.until), reasons::csv(&reasons.lines)))
}

/// A CSV file with what its leaf says.
pub fn file(object: String, text: String) -> Response {
    let mut response = (StatusCode::OK, [(header::CONTENT_TYPE, "text/csv; charset=utf-8")], text).into_response();
    response.extensions_mut().insert(AuditObject(object));
    response
}
