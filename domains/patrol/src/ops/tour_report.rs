//! Plans against what was done, and against what citizens then reported.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::Micros;
use shouhu_module::ports::CitizenReportsPort;
use shouhu_module::{App, Audit, Audited, Keyed, Params, Problem, Route};

use super::tours::held;
use crate::tours::report::{TourReport, report};

pub const ROUTE: Route =
    Route::get("/v1/patrol/tours/report", "Tours planned and done, workload, hits and predictability", || axum::routing::get(handle))
        .permission("patrol.watch")
        .audit(Audit::WorkRead)
        .asks::<ReportQuery>()
        .gives::<TourReport>();

const SPAN_MAX_US: i64 = 31 * Micros::DAY;
/// Three shifts of a station a day for a month.
const PLANS_MAX: i64 = 100;

#[derive(Debug, thiserror::Error)]
#[error("a report covers up to 31 days, and ends after it begins")]
struct Span;

impl Keyed for Span {
    fn key(&self) -> &'static str {
        "patrol.tours.span"
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(rename = "TourReportQuery")]
pub struct ReportQuery {
    /// Shifts that begin from here; thirty days ago where it is left out.
    pub from_us: Option<Micros>,
    /// Up to here; now where it is left out.
    pub to_us: Option<Micros>,
    pub station: Option<String>,
}

async fn handle(State(app): State<App>, Params(query): Params<ReportQuery>) -> Result<Audited<TourReport>, Problem> {
    let to = query.to_us.unwrap_or_else(|| app.env.now());
    let from = query.from_us.unwrap_or_else(|| to.plus(-30 * Micros::DAY));
    if !(1..=SPAN_MAX_US).contains(&to.since(from)) {
        return Err(Span.into());
    }
    let station = query.station.unwrap_or_default();
    let (plans, is_cut) = held(&app, station.trim(), (from, to), PLANS_MAX).await?;
    let reports = match app.try_room::<CitizenReportsPort>() {
        Some(port) => port.0.within(from, to).await?,
        None => Vec::new(),
    };
    let told = report(&plans, &reports, (from, to), is_cut);
    Ok(Audited::new(format!("report of {} tour plans", told.plans), told))
}
