//! `/v1/oversight/breaches`: what leaked, and whether those concerned were told within a day.

use axum::extract::State;
use shouhu_ids::BreachId;
use shouhu_module::{App, Audit, Audited, Body, Id, Page, PageQuery, Params, Person, Problem, Route, page_limit};

use crate::breaches::{self, Breach, BreachError, WriteBreach, WriteStep};

pub const LIST: Route = Route::get("/v1/oversight/breaches", "Lists breaches of personal data with what was done about each", || axum::routing::get(list))
    .permission("breaches.read")
    .audit(Audit::WorkRead)
    .asks::<PageQuery>()
    .gives::<Page<Breach>>();

pub const SHOW: Route = Route::get("/v1/oversight/breaches/{id}", "Shows a breach", || axum::routing::get(show))
    .permission("breaches.read")
    .audit(Audit::WorkRead)
    .gives::<Breach>();

pub const WRITE: Route = Route::post("/v1/oversight/breaches", "Writes down a breach of personal data", || axum::routing::post(write))
    .permission("oversight.breaches")
    .audit(Audit::Security)
    .takes::<WriteBreach>()
    .gives::<Breach>();

pub const STEP: Route =
    Route::post("/v1/oversight/breaches/{id}/steps", "Writes down what was done about a breach", || axum::routing::post(step))
        .permission("oversight.breaches")
        .audit(Audit::Security)
        .takes::<WriteStep>()
        .gives::<Breach>();

async fn list(State(app): State<App>, Params(query): Params<PageQuery>) -> Result<Audited<Page<Breach>>, Problem> {
    let limit = page_limit(query.limit);
    let found = breaches::page(&app.store, query.cursor.as_deref(), limit + 1).await?;
    let page = Page::cut(found, limit, |breach| breach.id.to_string());
    Ok(Audited::new(format!("{} breaches", page.items.len()), page))
}

async fn show(State(app): State<App>, Id(id): Id<BreachId>) -> Result<Audited<Breach>, Problem> {
    let breach = breaches::one(&app.store, id).await?.ok_or(BreachError::Unknown)?;
    Ok(Audited::new(format!("breach {id}"), breach))
}

async fn write(State(app): State<App>, person: Person, Body(asked): Body<WriteBreach>) -> Result<Audited<Breach>, Problem> {
    let breach = breaches::write(&app.store, &person, asked).await?;
    Ok(Audited::new(format!("breach {} known at {}", breach.id, breach.known_at_us.0), breach))
}

async fn step(State(app): State<App>, person: Person, Id(id): Id<BreachId>, Body(asked): Body<WriteStep>) -> Result<Audited<Breach>, Problem> {
    let kind = shouhu_store::tag_of(&asked.kind);
    let breach = breaches::add_step(&app.store, &person, id, asked).await?;
    Ok(Audited::new(format!("breach {id}: {kind}"), breach))
}
