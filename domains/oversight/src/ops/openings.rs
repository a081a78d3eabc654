//! `/v1/oversight/openings`: a life is in danger. One tap opens, nobody is asked, and oversight looks at it within a day.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::OpeningId;
use shouhu_module::{App, Audit, Audited, Body, Id, Load, Page, Params, Person, Problem, Route, page_limit};
use shouhu_wire::Role;

use super::KEEPS_ROWS;
use crate::movements::Ledger;
use crate::movements::openings::{self, Open, OpeningError, PlateOpening, ReleasedUnder, Review};

pub const OPEN: Route =
    Route::post("/v1/oversight/openings", "Opens one plate for one live incident because a life is in danger", || axum::routing::post(open))
        .permission("observations.open")
        .unblotted(KEEPS_ROWS)
        .audit(Audit::Security)
        .load(Load::Life)
        .takes::<Open>()
        .gives::<PlateOpening>();

pub const LIST: Route =
    Route::get("/v1/oversight/openings", "Lists openings: all for whoever reviews them, else one's own", || axum::routing::get(list))
        .permission("observations.watch")
        .unblotted(KEEPS_ROWS)
        .audit(Audit::WorkRead)
        .asks::<ListOpenings>()
        .gives::<Page<PlateOpening>>();

pub const SHOW: Route = Route::get("/v1/oversight/openings/{id}", "Shows an opening and what was shown under it", || axum::routing::get(show))
    .permission("observations.watch")
    .unblotted(KEEPS_ROWS)
    .audit(Audit::WorkRead)
    .gives::<OpeningShown>();

pub const REVIEW: Route =
    Route::post("/v1/oversight/openings/{id}/review", "Says whether an opening was justified", || axum::routing::post(review))
        .permission("observations.review")
        .unblotted(KEEPS_ROWS)
        .audit(Audit::Security)
        .takes::<Review>()
        .gives::<PlateOpening>();

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ListOpenings {
    /// Only those that nobody has reviewed.
    #[serde(default)]
    pub is_to_review: bool,
    pub cursor: Option<String>,
    pub limit: Option<i64>,
}

/// An opening with what was let out under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OpeningShown {
    #[serde(flatten)]
    pub opening: PlateOpening,
    pub released: Vec<ReleasedUnder>,
}

fn named(what: &str, of: &PlateOpening) -> String {
    format!("{what}: opening {} of {} for {}", of.id, of.plate_display, of.case_ref)
}

async fn open(State(app): State<App>, person: Person, Body(asked): Body<Open>) -> Result<Audited<PlateOpening>, Problem> {
    let opened = openings::open(&app, &app.room::<Ledger>().fold, &person, &asked).await?;
    Ok(Audited::new(named("opened", &opened), opened))
}

async fn list(State(app): State<App>, person: Person, Params(asked): Params<ListOpenings>) -> Result<Audited<Page<PlateOpening>>, Problem> {
    let limit = page_limit(asked.limit);
    let found = openings::page(&app.store, &person, asked.is_to_review, asked.cursor.as_deref(), limit + 1).await?;
    let page = Page::cut(found, limit, |one| one.id.to_string());
    Ok(Audited::new(format!("{} openings", page.items.len()), page))
}

async fn show(State(app): State<App>, person: Person, Id(id): Id<OpeningId>) -> Result<Audited<OpeningShown>, Problem> {
    let found = openings::one(&app.store, id).await?.filter(|one| one.opened_by == person.id || person.role == Role::Auditor);
    let opening = found.ok_or(OpeningError::Unknown)?;
    let released = openings::released(&app.store, &format!("opening {id}")).await?;
    Ok(Audited::new(named("shown", &opening), OpeningShown { opening, released }))
}

async fn review(State(app): State<App>, person: Person, Id(id): Id<OpeningId>, Body(asked): Body<Review>) -> Result<Audited<PlateOpening>, Problem> {
    let reviewed = openings::review(&app.store, &person, id, &asked).await?;
    Ok(Audited::new(named("reviewed", &reviewed), reviewed))
}
