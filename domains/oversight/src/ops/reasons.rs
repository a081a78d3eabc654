//! `GET /v1/oversight/reasons`: how often something was asked of people and not done, and why; as JSON and as CSV.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_calendar::{Month, NoSuchMonth};
use shouhu_module::{App, Audit, AuditObject, Audited, Keyed, Params, Problem, Route};

use crate::reasons::{self, Reasons};

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

/// Three years: what changed since the year before last.
const MONTHS_MAX: i64 = 36;

#[derive(Debug, thiserror::Error)]
pub enum MonthsError {
    #[error(transparent)]
    Month(#[from] NoSuchMonth),
    #[error("{until} is before {from}: ask from the earlier month to the later")]
    Order { from: Month, until: Month },
    #[error("{asked} months are asked for; {MONTHS_MAX} are possible at once")]
    TooMany { asked: i64 },
}

impl Keyed for MonthsError {
    fn key(&self) -> &'static str {
        match self {
            Self::Month(_) => "oversight.months.month",
            Self::Order { .. } => "oversight.months.order",
            Self::TooMany { .. } => "oversight.months.too_many",
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Month(_) => Vec::new(),
            Self::Order { from, until } => vec![("from", from.to_string()), ("until", until.to_string())],
            Self::TooMany { asked } => vec![("asked", asked.to_string()), ("most", MONTHS_MAX.to_string())],
        }
    }
}

/// The month that is asked for; without one, that of `now`.
///
/// # Errors
/// When it is none.
pub fn month(given: Option<&str>, now: Month) -> Result<Month, MonthsError> {
    Ok(given.map_or(Ok(now), Month::parse)?)
}

/// From the first month to the last, both told.
fn span(asked: &Months, now: Month) -> Result<(Month, Month), MonthsError> {
    let from = month(asked.from.as_deref(), now)?;
    let until = month(asked.until.as_deref(), now.max(from))?;
    if until < from {
        return Err(MonthsError::Order { from, until });
    }
    let asked = until.since(from) + 1;
    if asked > MONTHS_MAX { Err(MonthsError::TooMany { asked }) } else { Ok((from, until)) }
}

async fn found(app: &App, asked: &Months) -> Result<Reasons, Problem> {
    let (from, until) = span(asked, Month::in_taipei(app.env.now().0))?;
    let (from, until) = (from.to_string(), until.to_string());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_asked_for_in_order_and_three_years_of_them_at_most() {
        let asked = |from: &str, until: &str| {
            let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            let now = Month::in_taipei(1_795_147_200_000_000);
            let found = span(&Months { from: some(from), until: some(until) }, now);
            found.map(|(from, until)| format!("{from} {until}")).map_err(|error| error.key())
        };
        assert_eq!(asked("", ""), Ok("2026-11 2026-11".into()));
        assert_eq!(asked("2023-12", ""), Ok("2023-12 2026-11".into()));
        assert_eq!(asked("2027-01", ""), Ok("2027-01 2027-01".into()), "a month to come has nothing yet");
        assert_eq!(asked("2023-11", "2026-11"), Err("oversight.months.too_many"));
        assert_eq!(asked("2026-11", "2026-10"), Err("oversight.months.order"));
        assert_eq!(asked("2026-+1", ""), Err("oversight.months.month"));
        assert_eq!(asked("", "2026-1"), Err("oversight.months.month"));
    }
}
