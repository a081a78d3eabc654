//! `/v1/oversight/disclosures`: what is given out under 政府資訊公開法, by two persons, with proofs.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use shouhu_ids::DisclosureId;
use shouhu_module::{App, Audit, AuditObject, Audited, Body, Id, Load, Page, PageQuery, Params, Person, Problem, Route, page_limit};

use crate::disclosures::{
    AskDisclosure, Disclosure, DisclosureFile, DisclosurePreview, DisclosureState, RefuseDisclosure, ReleaseDisclosure, make, refusal, store,
};

pub const LIST: Route =
    Route::get("/v1/oversight/disclosures", "Lists what was asked for and given out under the law on government information, newest first", || {
        axum::routing::get(list)
    })
    .permission("disclosures.read")
    .audit(Audit::WorkRead)
    .asks::<PageQuery>()
    .gives::<Page<Disclosure>>();

pub const ASK: Route =
    Route::post("/v1/oversight/disclosures", "Asks that incidents be given out, without anybody in them", || axum::routing::post(ask))
        .permission("disclosures.decide")
        .audit(Audit::Security)
        .takes::<AskDisclosure>()
        .gives::<Disclosure>();

pub const PREVIEW: Route = Route::get("/v1/oversight/disclosures/{id}/preview", "What a disclosure would hold if it were released now", || {
    axum::routing::get(preview)
})
.permission("disclosures.decide")
.audit(Audit::WorkRead)
.load(Load::Bulk)
.gives::<DisclosurePreview>();

pub const RELEASE: Route = Route::post("/v1/oversight/disclosures/{id}/release", "Releases a disclosure, as the second person", || {
    axum::routing::post(release)
})
.permission("disclosures.decide")
.audit(Audit::Security)
.load(Load::Bulk)
.takes::<ReleaseDisclosure>()
.gives::<Disclosure>();

pub const REFUSE: Route = Route::post("/v1/oversight/disclosures/{id}/refuse", "Refuses a disclosure, as the second person", || {
    axum::routing::post(refuse)
})
.permission("disclosures.decide")
.audit(Audit::Security)
.takes::<RefuseDisclosure>()
.gives::<Disclosure>();

pub const FILE: Route = Route::get("/v1/oversight/disclosures/{id}/file", "The file that was released: entries and their proofs", || {
    axum::routing::get(file)
})
.permission("disclosures.read")
.unblotted("it is hashed as it is: with a hole in it no proof would hold; a file that is older than a seal is not given")
.audit(Audit::WorkRead)
.load(Load::Bulk)
.gives::<DisclosureFile>();

fn named(what: &str, of: Disclosure) -> Audited<Disclosure> {
    Audited::new(format!("disclosure {} {what} ({})", of.id, of.request_ref), of)
}

async fn list(State(app): State<App>, Params(query): Params<PageQuery>) -> Result<Audited<Page<Disclosure>>, Problem> {
    let limit = page_limit(query.limit);
    let found = store::page(&app.store, query.cursor.as_deref(), limit + 1).await?;
    let page = Page::cut(found, limit, |one| one.id.to_string());
    Ok(Audited::new(format!("{} disclosures", page.items.len()), page))
}

async fn ask(State(app): State<App>, person: Person, Body(asked): Body<AskDisclosure>) -> Result<Audited<Disclosure>, Problem> {
    Ok(named("asked for", store::ask(&app.store, &person, &asked).await?))
}

async fn preview(State(app): State<App>, Id(id): Id<DisclosureId>) -> Result<Audited<DisclosurePreview>, Problem> {
    let content = make::content(&app, &store::waiting(&app.store, id).await?).await?;
    let preview = DisclosurePreview { disclosure: id, entries_sha256: content.sha256(), entries: content.entries };
    let object = format!("disclosure {id} before it is decided: {} entries, sha256 {}", preview.entries.len(), preview.entries_sha256);
    Ok(Audited::new(object, preview))
}

async fn release(
    State(app): State<App>,
    person: Person,
    Id(id): Id<DisclosureId>,
    Body(asked): Body<ReleaseDisclosure>,
) -> Result<Audited<Disclosure>, Problem> {
    let released = make::release(&app, &person, id, &asked).await?;
    Ok(named(&format!("released, {} kept back", asked.without.len()), released))
}

async fn refuse(
    State(app): State<App>,
    person: Person,
    Id(id): Id<DisclosureId>,
    Body(asked): Body<RefuseDisclosure>,
) -> Result<Audited<Disclosure>, Problem> {
    let reason = refusal(&asked.reason)?;
    store::decidable(&app.store, &person, id).await?;
    let refused = store::decide(&app.store, &person, id, DisclosureState::Refused, Some(&reason), None).await?;
    Ok(named(&format!("refused: {reason}"), refused))
}

async fn file(State(app): State<App>, Id(id): Id<DisclosureId>) -> Result<Response, Problem> {
    let file = store::file(&app.store, id).await?;
    let name = format!("attachment; filename=\"shouhu-disclosure-{id}.json\"");
    let mut response = (StatusCode::OK, [(header::CONTENT_DISPOSITION, name)], axum::Json(&file)).into_response();
    response.extensions_mut().insert(AuditObject(format!("disclosure {id}: {} entries", file.entries.len())));
    Ok(response)
}
