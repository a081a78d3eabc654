//! `/v1/oversight/misuse/…`: alerts, what is known of vehicles, and samples. Files are in `misuse_cases`.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::{MarkId, MisuseAlertId};
use shouhu_module::{App, Audit, Audited, Body, Id, NoBody, Page, PageQuery, Params, Person, Problem, Route, page_limit};

use crate::misuse::alerts::{self, MisuseAlert, SetAside};
use crate::misuse::marks::{self, PlateMark, SetMark};
use crate::misuse::sampling::{self, Sample};
use crate::movements::Ledger;

pub const ALERTS: Route =
    Route::get("/v1/oversight/misuse/alerts", "Lists hints that a use of the system should be looked at, newest first", || axum::routing::get(alerts))
        .permission("misuse.review")
        .audit(Audit::WorkRead)
        .asks::<ListAlerts>()
        .gives::<Page<MisuseAlert>>();

pub const SET_ASIDE: Route = Route::post("/v1/oversight/misuse/alerts/{id}/set-aside", "Sets a hint aside and says why", || {
    axum::routing::post(set_aside)
})
.permission("misuse.review")
.audit(Audit::Security)
.takes::<SetAside>()
.gives::<MisuseAlert>();

pub const MARKS: Route =
    Route::get("/v1/oversight/misuse/marks", "Lists decoys, vehicles in the news and declared vehicles, newest first", || axum::routing::get(marks))
        .permission("misuse.review")
        .audit(Audit::WorkRead)
        .asks::<PageQuery>()
        .gives::<Page<PlateMark>>();

pub const SET_MARK: Route =
    Route::post("/v1/oversight/misuse/marks", "Marks a vehicle for the misuse detector", || axum::routing::post(set_mark))
        .permission("misuse.review")
        .audit(Audit::Security)
        .takes::<SetMark>()
        .gives::<PlateMark>();

pub const END_MARK: Route = Route::post("/v1/oversight/misuse/marks/{id}/end", "Ends a mark", || axum::routing::post(end_mark))
    .permission("misuse.review")
    .audit(Audit::Security)
    .takes::<NoBody>()
    .gives::<PlateMark>();

pub const SAMPLES: Route = Route::get("/v1/oversight/misuse/samples", "Lists the random samples of the log, newest first", || axum::routing::get(samples))
    .permission("misuse.review")
    .audit(Audit::WorkRead)
    .asks::<PageQuery>()
    .gives::<Page<Sample>>();

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ListAlerts {
    /// Only those that nobody has settled.
    #[serde(default)]
    pub is_new: bool,
    pub cursor: Option<String>,
    pub limit: Option<i64>,
}

async fn alerts(State(app): State<App>, person: Person, Params(asked): Params<ListAlerts>) -> Result<Audited<Page<MisuseAlert>>, Problem> {
    let limit = page_limit(asked.limit);
    let found = alerts::page(&app.store, &person, asked.is_new, asked.cursor.as_deref(), limit + 1).await?;
    let page = Page::cut(found, limit, |one| one.id.to_string());
    Ok(Audited::new(format!("{} misuse alerts", page.items.len()), page))
}

async fn set_aside(State(app): State<App>, person: Person, Id(id): Id<MisuseAlertId>, Body(asked): Body<SetAside>) -> Result<Audited<MisuseAlert>, Problem> {
    let alert = alerts::set_aside(&app, &person, id, &asked).await?;
    Ok(Audited::new(format!("misuse alert {id} set aside: {}", shouhu_store::tag_of(&asked.reason)), alert))
}

async fn marks(State(app): State<App>, Params(query): Params<PageQuery>) -> Result<Audited<Page<PlateMark>>, Problem> {
    let limit = page_limit(query.limit);
    let found = marks::page(&app.store, query.cursor.as_deref(), limit + 1).await?;
    let page = Page::cut(found, limit, |one| one.id.to_string());
    Ok(Audited::new(format!("{} marks", page.items.len()), page))
}

async fn set_mark(State(app): State<App>, person: Person, Body(asked): Body<SetMark>) -> Result<Audited<PlateMark>, Problem> {
    let mark = marks::set(&app, &app.room::<Ledger>().fold, &person, &asked).await?;
    Ok(Audited::new(format!("mark {} of {} as {}", mark.id, mark.plate_display, shouhu_store::tag_of(&mark.kind)), mark))
}

async fn end_mark(State(app): State<App>, person: Person, Id(id): Id<MarkId>, Body(_): Body<NoBody>) -> Result<Audited<PlateMark>, Problem> {
    let mark = marks::end(&app, &person, id).await?;
    Ok(Audited::new(format!("mark {id} of {} ended", mark.plate_display), mark))
}

async fn samples(State(app): State<App>, Params(query): Params<PageQuery>) -> Result<Audited<Page<Sample>>, Problem> {
    let limit = page_limit(query.limit);
    let before = query.cursor.as_deref().and_then(|text| text.parse().ok());
    let found = sampling::page(&app.store, before, limit + 1).await?;
    let page = Page::cut(found, limit, |one| one.close_leaf.to_string());
    Ok(Audited::new(format!("{} samples", page.items.len()), page))
}
