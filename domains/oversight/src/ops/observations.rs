//! `/v1/oversight/observations`: consents to put movements together, from asking to the end.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::ConsentId;
use shouhu_module::{App, Audit, Audited, Body, Id, Page, Params, Person, Problem, Route, page_limit};

use super::KEEPS_ROWS;
use crate::movements::Ledger;
use crate::movements::consents::{self, AskObservation, Decide, Extend, Observation, Which, Withdraw};
use crate::movements::openings::{self, ReleasedUnder};

pub const LIST: Route =
    Route::get("/v1/oversight/observations", "Lists consents to put movements together: waiting, one's own, or running", || axum::routing::get(list))
        .permission("observations.watch")
        .unblotted(KEEPS_ROWS)
        .audit(Audit::WorkRead)
        .asks::<ListObservations>()
        .gives::<Page<Observation>>();

pub const SHOW: Route =
    Route::get("/v1/oversight/observations/{id}", "Shows a consent and what was shown under it", || axum::routing::get(show))
        .permission("observations.watch")
        .unblotted(KEEPS_ROWS)
        .audit(Audit::WorkRead)
        .gives::<ObservationShown>();

pub const ASK: Route =
    Route::post("/v1/oversight/observations", "Asks for a consent to put movements of plates together", || axum::routing::post(ask))
        .permission("observations.ask")
        .unblotted(KEEPS_ROWS)
        .audit(Audit::Write)
        .takes::<AskObservation>()
        .gives::<Observation>();

pub const DECIDE: Route =
    Route::post("/v1/oversight/observations/{id}/decide", "Gives or refuses a consent or its extension, as another office", || axum::routing::post(decide))
        .permission("observations.decide")
        .unblotted(KEEPS_ROWS)
        .audit(Audit::Security)
        .takes::<Decide>()
        .gives::<Observation>();

pub const EXTEND: Route =
    Route::post("/v1/oversight/observations/{id}/extend", "Asks, once, that a running consent go on", || axum::routing::post(extend))
        .permission("observations.ask")
        .unblotted(KEEPS_ROWS)
        .audit(Audit::Write)
        .takes::<Extend>()
        .gives::<Observation>();

pub const WITHDRAW: Route =
    Route::post("/v1/oversight/observations/{id}/withdraw", "Ends a consent at once", || axum::routing::post(withdraw))
        .permission("observations.watch")
        .unblotted(KEEPS_ROWS)
        .audit(Audit::Security)
        .takes::<Withdraw>()
        .gives::<Observation>();

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ListObservations {
    #[serde(default)]
    pub which: Which,
    pub cursor: Option<String>,
    pub limit: Option<i64>,
}

/// A consent with what was let out under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ObservationShown {
    #[serde(flatten)]
    pub observation: Observation,
    pub released: Vec<ReleasedUnder>,
}

fn named(what: &str, of: &Observation) -> String {
    format!("{what}: consent {} for {} in case {}", of.id, of.plates.join(" "), of.case_ref)
}

async fn list(State(app): State<App>, person: Person, Params(asked): Params<ListObservations>) -> Result<Audited<Page<Observation>>, Problem> {
    let limit = page_limit(asked.limit);
    let found = consents::page(&app.store, &person, asked.which, asked.cursor.as_deref(), limit + 1).await?;
    let page = Page::cut(found, limit, |one| one.id.to_string());
    Ok(Audited::new(format!("{} consents", page.items.len()), page))
}

async fn show(State(app): State<App>, person: Person, Id(id): Id<ConsentId>) -> Result<Audited<ObservationShown>, Problem> {
    let observation = consents::seen(&app.store, &person, id).await?;
    let released = openings::released(&app.store, &format!("consent {id}")).await?;
    Ok(Audited::new(named("shown", &observation), ObservationShown { observation, released }))
}

async fn ask(State(app): State<App>, person: Person, Body(new): Body<AskObservation>) -> Result<Audited<Observation>, Problem> {
    let asked = consents::ask(&app.store, &app.room::<Ledger>().fold, &person, &new).await?;
    Ok(Audited::new(named("asked", &asked), asked))
}

async fn decide(State(app): State<App>, person: Person, Id(id): Id<ConsentId>, Body(decision): Body<Decide>) -> Result<Audited<Observation>, Problem> {
    let decided = consents::decide(&app.store, &person, id, &decision).await?;
    Ok(Audited::new(named(if decision.is_given { "given" } else { "refused" }, &decided), decided))
}

async fn extend(State(app): State<App>, person: Person, Id(id): Id<ConsentId>, Body(asked): Body<Extend>) -> Result<Audited<Observation>, Problem> {
    let extended = consents::extend(&app.store, &person, id, &asked).await?;
    Ok(Audited::new(named("extension asked", &extended), extended))
}

async fn withdraw(State(app): State<App>, person: Person, Id(id): Id<ConsentId>, Body(asked): Body<Withdraw>) -> Result<Audited<Observation>, Problem> {
    let ended = consents::withdraw(&app.store, &person, id, &asked).await?;
    Ok(Audited::new(named("withdrawn", &ended), ended))
}
