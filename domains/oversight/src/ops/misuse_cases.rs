//! `/v1/oversight/misuse/cases` for who looks into a use of the system, `/v1/oversight/questions` for who is asked about it.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::MisuseCaseId;
use shouhu_module::{Access, App, Audit, Audited, Body, Id, Page, PageQuery, Params, Person, Problem, Route, page_limit};

use crate::misuse::cases::{self, CaseOutcome, Find, MisuseCase, MisuseCaseShown, OpenCase, QuestionToMe, Said};

pub const LIST: Route = Route::get("/v1/oversight/misuse/cases", "Lists case files about uses of the system, newest first", || axum::routing::get(list))
    .permission("misuse.review")
    .audit(Audit::WorkRead)
    .asks::<ListCases>()
    .gives::<Page<MisuseCase>>();

pub const OPEN: Route = Route::post("/v1/oversight/misuse/cases", "Opens a case file from an alert, a sampled leaf or any leaf", || axum::routing::post(open))
    .permission("misuse.review")
    .audit(Audit::Security)
    .takes::<OpenCase>()
    .gives::<MisuseCaseShown>();

pub const SHOW: Route = Route::get("/v1/oversight/misuse/cases/{id}", "Shows a case file with its steps and leaves", || axum::routing::get(show))
    .permission("misuse.review")
    .audit(Audit::WorkRead)
    .gives::<MisuseCaseShown>();

pub const ASK: Route = Route::post("/v1/oversight/misuse/cases/{id}/question", "Asks the officer of a case file", || axum::routing::post(ask))
    .permission("misuse.review")
    .audit(Audit::Security)
    .takes::<Said>()
    .gives::<MisuseCaseShown>();

pub const FIND: Route = Route::post("/v1/oversight/misuse/cases/{id}/finding", "Closes a case file with a finding", || axum::routing::post(find))
    .permission("misuse.review")
    .audit(Audit::Security)
    .takes::<Find>()
    .gives::<MisuseCaseShown>();

pub const OUTCOMES: Route = Route::get("/v1/oversight/misuse/outcomes", "Counts files about misuse by month, origin and finding; names nobody", || {
    axum::routing::get(outcomes)
})
.permission("oversight.reports")
.audit(Audit::WorkRead)
.gives::<Page<CaseOutcome>>();

pub const QUESTIONS: Route = Route::get("/v1/oversight/questions", "Lists what oversight has asked of oneself, newest first", || {
    axum::routing::get(questions)
})
.access(Access::Session)
.audit(Audit::WorkRead)
.asks::<PageQuery>()
.gives::<Page<QuestionToMe>>();

pub const ANSWER: Route = Route::post("/v1/oversight/questions/{id}/answer", "Answers what oversight has asked of oneself", || axum::routing::post(answer))
    .access(Access::Session)
    .audit(Audit::Security)
    .takes::<Said>()
    .gives::<QuestionToMe>();

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ListCases {
    /// Only those without a finding.
    #[serde(default)]
    pub is_open: bool,
    pub cursor: Option<String>,
    pub limit: Option<i64>,
}

async fn list(State(app): State<App>, person: Person, Params(asked): Params<ListCases>) -> Result<Audited<Page<MisuseCase>>, Problem> {
    let limit = page_limit(asked.limit);
    let found = cases::page(&app.store, &person, asked.is_open, asked.cursor.as_deref(), limit + 1).await?;
    let page = Page::cut(found, limit, |one| one.id.to_string());
    Ok(Audited::new(format!("{} misuse cases", page.items.len()), page))
}

fn named(what: &str, shown: MisuseCaseShown) -> Audited<MisuseCaseShown> {
    Audited::new(format!("misuse case {} {what}", shown.case.id), shown)
}

async fn open(State(app): State<App>, person: Person, Body(asked): Body<OpenCase>) -> Result<Audited<MisuseCaseShown>, Problem> {
    Ok(named("opened", cases::open(&app, &person, &asked).await?))
}

async fn show(State(app): State<App>, person: Person, Id(id): Id<MisuseCaseId>) -> Result<Audited<MisuseCaseShown>, Problem> {
    Ok(named("shown", cases::shown(&app, &person, id).await?))
}

async fn ask(State(app): State<App>, person: Person, Id(id): Id<MisuseCaseId>, Body(asked): Body<Said>) -> Result<Audited<MisuseCaseShown>, Problem> {
    Ok(named("asked", cases::ask(&app, &person, id, &asked).await?))
}

async fn find(State(app): State<App>, person: Person, Id(id): Id<MisuseCaseId>, Body(asked): Body<Find>) -> Result<Audited<MisuseCaseShown>, Problem> {
    let why = asked.code.map(|code| format!(" ({})", code.as_str())).unwrap_or_default();
    let what = format!("found {}{why}", shouhu_store::tag_of(&asked.finding));
    Ok(named(&what, cases::find(&app, &person, id, &asked).await?))
}

async fn outcomes(State(app): State<App>) -> Result<Audited<Page<CaseOutcome>>, Problem> {
    let found = cases::outcomes(&app.store).await?;
    Ok(Audited::new(format!("{} outcomes of files about misuse", found.len()), Page::whole(found)))
}

async fn questions(State(app): State<App>, person: Person, Params(query): Params<PageQuery>) -> Result<Audited<Page<QuestionToMe>>, Problem> {
    let limit = page_limit(query.limit);
    let found = cases::questions(&app.store, &person, query.cursor.as_deref(), limit + 1).await?;
    let page = Page::cut(found, limit, |one| one.id.to_string());
    Ok(Audited::new(format!("{} questions to oneself", page.items.len()), page))
}

async fn answer(State(app): State<App>, person: Person, Id(id): Id<MisuseCaseId>, Body(said): Body<Said>) -> Result<Audited<QuestionToMe>, Problem> {
    let answered = cases::answer(&app.store, &person, id, &said).await?;
    Ok(Audited::new(format!("misuse case {id} answered"), answered))
}
