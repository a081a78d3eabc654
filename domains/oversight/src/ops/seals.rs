//! `/v1/oversight/seals`: cases that only their members may see.
//!
//! Leaves name the seal and never what it is about: whoever reads the log sees that there is one.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use shouhu_ids::{ActorId, SealId};
use shouhu_module::ports::{PeoplePort, Serving};
use shouhu_module::{App, Audit, Audited, Body, Id, Page, Person, Problem, Route};
use shouhu_wire::Role;

use super::KEEPS_ROWS;
use crate::sealed::store::Known;
use crate::sealed::{AskSeal, DecideSeal, ExtendSeal, LiftSeal, SealError, SealShown, keep, store};

pub const LIST: Route = Route::get("/v1/oversight/seals", "Lists sealed cases; what they are about only to those who know it", || axum::routing::get(list))
    .permission("seals.watch")
    .unblotted(KEEPS_ROWS)
    .audit(Audit::WorkRead)
    .gives::<Page<SealShown>>();

pub const SHOW: Route = Route::get("/v1/oversight/seals/{id}", "Shows a sealed case; what it is about only to those who know it", || axum::routing::get(show))
    .permission("seals.watch")
    .unblotted(KEEPS_ROWS)
    .audit(Audit::WorkRead)
    .gives::<SealShown>();

pub const PEOPLE: Route = Route::get("/v1/oversight/seals/people", "Lists whom a seal may name as a member, and who may decide on one", || {
    axum::routing::get(people)
})
.permission("seals.ask")
.audit(Audit::None("colleagues' names and offices, as the roster of the house has them"))
.gives::<Page<SealCandidate>>();

pub const ASK: Route = Route::post("/v1/oversight/seals", "Asks somebody of another office that a case be sealed", || axum::routing::post(ask))
    .permission("seals.ask")
    .unblotted(KEEPS_ROWS)
    .audit(Audit::Security)
    .takes::<AskSeal>()
    .gives::<SealShown>();

pub const DECIDE: Route = Route::post("/v1/oversight/seals/{id}/decide", "Seals a case or refuses to, as the one who was named", || axum::routing::post(decide))
    .permission("seals.decide")
    .unblotted(KEEPS_ROWS)
    .audit(Audit::Security)
    .takes::<DecideSeal>()
    .gives::<SealShown>();

pub const EXTEND: Route = Route::post("/v1/oversight/seals/{id}/extend", "Lets a seal last longer, once", || axum::routing::post(extend))
    .permission("seals.decide")
    .unblotted(KEEPS_ROWS)
    .audit(Audit::Security)
    .takes::<ExtendSeal>()
    .gives::<SealShown>();

pub const LIFT: Route = Route::post("/v1/oversight/seals/{id}/lift", "Asks that a seal be lifted, or does it as the second of another office", || {
    axum::routing::post(lift)
})
.permission("seals.watch")
.unblotted(KEEPS_ROWS)
.audit(Audit::Security)
.takes::<LiftSeal>()
.gives::<SealShown>();

/// Somebody whom a seal may name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SealCandidate {
    pub actor: ActorId,
    pub name: String,
    pub role: Role,
    pub office: Option<String>,
    /// By role and office; who asks may not be of that office.
    pub may_decide: bool,
}

async fn people(State(app): State<App>, person: Person) -> Result<Json<Page<SealCandidate>>, Problem> {
    let people = app.try_room::<PeoplePort>().ok_or(SealError::NoPeople)?;
    let mut all = people.0.everybody().await?;
    all.sort_by(|a, b| (&a.office, &a.name, a.id).cmp(&(&b.office, &b.name, b.id)));
    let candidate = |of: Serving| {
        let is_elsewhere = of.office.as_ref().is_some_and(|office| !office.is_empty() && person.office.as_ref() != Some(office));
        let may_decide = is_elsewhere && store::DECIDERS.contains(&of.role);
        SealCandidate { actor: of.id, name: of.name, role: of.role, office: of.office, may_decide }
    };
    Ok(Json(Page::whole(all.into_iter().map(candidate).collect())))
}

/// Who oversees knows of every seal that it is there; who investigates of his own.
fn may_know_of(person: &Person, known: &Known) -> bool {
    matches!(person.role, Role::Supervisor | Role::Auditor) || known.is_known_to(person.id)
}

async fn list(State(app): State<App>, person: Person) -> Result<Audited<Page<SealShown>>, Problem> {
    let known = store::list(&app.store).await?;
    let shown: Vec<SealShown> = known.iter().filter(|known| may_know_of(&person, known)).map(|known| known.shown_to(person.id)).collect();
    Ok(Audited::new(format!("{} seals", shown.len()), Page::whole(shown)))
}

async fn show(State(app): State<App>, person: Person, Id(id): Id<SealId>) -> Result<Audited<SealShown>, Problem> {
    let known = store::one(&app.store, id).await?;
    if !may_know_of(&person, &known) {
        return Err(SealError::Unknown.into());
    }
    Ok(Audited::new(format!("shown: seal {id}"), known.shown_to(person.id)))
}

/// What is sealed from now on is hidden before the answer says so.
async fn done(app: &App, person: &Person, what: &str, known: &Known) -> Result<Audited<SealShown>, Problem> {
    keep::refresh(&app.store).await?;
    let shown = known.shown_to(person.id);
    let object = format!("{what}: seal {}, {} plates, {} members, until {}", shown.id, shown.plates_sealed, shown.members_named, shown.ends_at_us.0);
    Ok(Audited::new(object, shown))
}

async fn ask(State(app): State<App>, person: Person, Body(asked): Body<AskSeal>) -> Result<Audited<SealShown>, Problem> {
    let people = app.try_room::<PeoplePort>().ok_or(SealError::NoPeople)?;
    let known = store::ask(&app.store, &*people.0, &person, &asked).await?;
    done(&app, &person, "asked", &known).await
}

async fn decide(State(app): State<App>, person: Person, Id(id): Id<SealId>, Body(decision): Body<DecideSeal>) -> Result<Audited<SealShown>, Problem> {
    let known = store::decide(&app.store, &person, id, &decision).await?;
    done(&app, &person, if decision.is_sealed { "sealed" } else { "refused" }, &known).await
}

async fn extend(State(app): State<App>, person: Person, Id(id): Id<SealId>, Body(asked): Body<ExtendSeal>) -> Result<Audited<SealShown>, Problem> {
    let known = store::extend(&app.store, &person, id, &asked).await?;
    done(&app, &person, "extended", &known).await
}

async fn lift(State(app): State<App>, person: Person, Id(id): Id<SealId>, Body(asked): Body<LiftSeal>) -> Result<Audited<SealShown>, Problem> {
    let known = store::lift(&app.store, &person, id, &asked).await?;
    let what = if known.shown.lifted_at_us.is_some() { "lifted" } else { "asked to be lifted" };
    done(&app, &person, what, &known).await
}
