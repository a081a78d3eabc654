//! `/v1/oversight/inquiries`: who looked at me, from the counter to the last answer.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use shouhu_ids::InquiryId;
use shouhu_module::{App, Audit, AuditObject, Audited, Body, Id, Load, Page, PageQuery, Params, Person, Problem, Route, page_limit};

use super::KEEPS_ROWS;
use crate::inquiries::{
    AnswerInquiry, AskInquiry, ConfirmInquiry, HandOverAnswer, Inquiry, InquiryError, InquiryShown, InquiryState, RenewDeferral, acts, cases, store,
};
use crate::movements::Ledger;
use crate::movements::uses;

const TAKE: &str = "inquiries.take";
const DECIDE: &str = "inquiries.decide";

pub const LIST: Route =
    Route::get("/v1/oversight/inquiries", "Lists citizens' questions who has looked at a plate: one's own, or all", || axum::routing::get(list))
        .permission(TAKE)
        .unblotted(KEEPS_ROWS)
        .audit(Audit::WorkRead)
        .asks::<PageQuery>()
        .gives::<Page<Inquiry>>();

pub const SHOW: Route =
    Route::get("/v1/oversight/inquiries/{id}", "Shows a citizen's question with its answers", || axum::routing::get(show))
        .permission(TAKE)
        .unblotted(KEEPS_ROWS)
        .audit(Audit::WorkRead)
        .gives::<InquiryShown>();

pub const ASK: Route =
    Route::post("/v1/oversight/inquiries", "Takes a citizen's question who has looked at a plate", || axum::routing::post(ask))
        .permission(TAKE)
        // Not idempotent on purpose: the body holds a document's number, of which nothing is kept but a hash.
        .unblotted(KEEPS_ROWS)
        .audit(Audit::Security)
        .takes::<AskInquiry>()
        .gives::<Inquiry>();

pub const CONFIRM: Route =
    Route::post("/v1/oversight/inquiries/{id}/confirm", "Confirms, as a second person, the claim to the plate, or refuses it", || {
        axum::routing::post(confirm)
    })
    .permission(DECIDE)
    .unblotted(KEEPS_ROWS)
    .audit(Audit::Security)
    .takes::<ConfirmInquiry>()
    .gives::<Inquiry>();

pub const ANSWER: Route =
    Route::post("/v1/oversight/inquiries/{id}/answer", "Decides about each case and makes the answer", || axum::routing::post(answer))
        .permission(DECIDE)
        .unblotted(KEEPS_ROWS)
        .audit(Audit::Security)
        .load(Load::Bulk)
        .takes::<AnswerInquiry>()
        .gives::<InquiryShown>();

pub const RENEW: Route =
    Route::post("/v1/oversight/inquiries/{id}/renew", "Extends a deferral once, as another person", || axum::routing::post(renew))
        .permission(DECIDE)
        .unblotted(KEEPS_ROWS)
        .audit(Audit::Security)
        .takes::<RenewDeferral>()
        .gives::<InquiryShown>();

pub const HAND_OVER: Route =
    Route::post("/v1/oversight/inquiries/{id}/hand-over", "Hands an answer to whoever shows the same document again", || axum::routing::post(hand_over))
        .permission(TAKE)
        .unblotted(KEEPS_ROWS)
        .audit(Audit::Security)
        .takes::<HandOverAnswer>()
        .gives::<InquiryShown>();

pub const PROOF: Route =
    Route::get("/v1/oversight/inquiries/{id}/answers/{number}/proof", "The proof that an answer stands in the audit log (C2SP tlog-proof)", || {
        axum::routing::get(proof)
    })
    .permission(TAKE)
    .unblotted(KEEPS_ROWS)
    .audit(Audit::WorkRead)
    .gives_media("text/plain");

fn named(what: &str, of: &Inquiry) -> String {
    format!("{what}: inquiry {} about {}", of.id, of.plate_display)
}

fn decides(app: &App, person: &Person) -> bool {
    app.may(person, DECIDE)
}

/// Whoever stands at the counter sees question and answers; which cases there are, and what is deferred, is for those who decide.
async fn shown(app: &App, person: &Person, inquiry: Inquiry) -> Result<InquiryShown, Problem> {
    let answers = store::answers(&app.store, inquiry.id).await?;
    let mut shown = InquiryShown { inquiry, answers, cases: Vec::new(), told_anyway: 0, deferrals: Vec::new() };
    if !decides(app, person) {
        return Ok(shown);
    }
    shown.deferrals = store::deferrals(&app.store, shown.inquiry.id).await?;
    if shown.inquiry.state == InquiryState::Confirmed {
        let (ledger, plate) = (app.room::<Ledger>(), acts::plate_of(&shown.inquiry)?);
        let uses = uses::of(&app.store, &ledger.fold, &plate, [shown.inquiry.from_us, shown.inquiry.until_us]).await?;
        shown.cases = cases::of(app, &ledger.fold, &plate, &uses).await?;
        shown.told_anyway = uses.iter().filter(|used| used.case_ref().is_none()).count();
    }
    Ok(shown)
}

async fn list(State(app): State<App>, person: Person, Params(query): Params<PageQuery>) -> Result<Audited<Page<Inquiry>>, Problem> {
    let limit = page_limit(query.limit);
    let taken_by = (!decides(&app, &person)).then_some(person.id);
    let found = store::page(&app.store, taken_by, query.cursor.as_deref(), limit + 1).await?;
    let page = Page::cut(found, limit, |one| one.id.to_string());
    Ok(Audited::new(format!("{} inquiries", page.items.len()), page))
}

async fn show(State(app): State<App>, person: Person, Id(id): Id<InquiryId>) -> Result<Audited<InquiryShown>, Problem> {
    let inquiry = store::one(&app.store, id).await?.ok_or(InquiryError::Unknown)?;
    Ok(Audited::new(named("shown", &inquiry), shown(&app, &person, inquiry).await?))
}

async fn ask(State(app): State<App>, person: Person, Body(asked): Body<AskInquiry>) -> Result<Audited<Inquiry>, Problem> {
    let inquiry = acts::ask(&app.store, &app.room::<Ledger>().fold, &person, &asked).await?;
    Ok(Audited::new(named("taken", &inquiry), inquiry))
}

async fn confirm(State(app): State<App>, person: Person, Id(id): Id<InquiryId>, Body(asked): Body<ConfirmInquiry>) -> Result<Audited<Inquiry>, Problem> {
    let inquiry = acts::confirm(&app.store, &person, id, &asked).await?;
    Ok(Audited::new(named(if asked.is_confirmed { "confirmed" } else { "refused" }, &inquiry), inquiry))
}

async fn answer(State(app): State<App>, person: Person, Id(id): Id<InquiryId>, Body(asked): Body<AnswerInquiry>) -> Result<Audited<InquiryShown>, Problem> {
    let inquiry = acts::answer(&app, &app.room::<Ledger>().fold, &person, id, &asked).await?;
    let deferred: Vec<&str> = asked.cases.iter().filter(|case| case.until_us.is_some()).map(|case| case.case_ref.as_str()).collect();
    let object = format!("{}, deferred: {}", named("answered", &inquiry), if deferred.is_empty() { "none".to_owned() } else { deferred.join(", ") });
    Ok(Audited::new(object, shown(&app, &person, inquiry).await?))
}

async fn renew(State(app): State<App>, person: Person, Id(id): Id<InquiryId>, Body(asked): Body<RenewDeferral>) -> Result<Audited<InquiryShown>, Problem> {
    let inquiry = acts::renew(&app.store, &person, id, &asked).await?;
    Ok(Audited::new(format!("{}, case {}", named("deferral extended", &inquiry), asked.case_ref), shown(&app, &person, inquiry).await?))
}

async fn hand_over(State(app): State<App>, person: Person, Id(id): Id<InquiryId>, Body(asked): Body<HandOverAnswer>) -> Result<Audited<InquiryShown>, Problem> {
    let inquiry = acts::hand_over(&app.store, &app.room::<Ledger>().fold, &person, id, &asked).await?;
    Ok(Audited::new(format!("{}, answer {}", named("handed over", &inquiry), asked.number), shown(&app, &person, inquiry).await?))
}

async fn proof(State(app): State<App>, Path((id, number)): Path<(String, String)>) -> Result<Response, Problem> {
    let unknown = |_| InquiryError::Unknown;
    let (id, number): (InquiryId, i64) = (id.parse().map_err(unknown)?, number.parse().map_err(|_| InquiryError::Unknown)?);
    let answers = store::answers(&app.store, id).await?;
    let answer = answers.into_iter().find(|answer| answer.number == number).ok_or(InquiryError::Unknown)?;
    let proof = app.audit.proof(answer.leaf).await?;
    let mut response = (StatusCode::OK, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], proof.text).into_response();
    response.extensions_mut().insert(AuditObject(format!("proof of answer {number} of inquiry {id}")));
    Ok(response)
}
