//! Changes of whom the house believes wait here for a second person.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{Micros, TrustChangeId};
use shouhu_module::{App, Audit, Id, Keyed, NoBody, Person, Problem, Route};
use shouhu_store::{Tx, tag_of};

use super::done;
use crate::attest::change::{self, Change, Decision, Maker, NewChange, TrustAct};
use crate::store;

pub const LIST: Route =
    Route::get("/v1/devices/trust-changes", "Changes of whom the house believes that wait for a second person", || axum::routing::get(list))
        .permission("devices.read")
        .audit(Audit::None("settings and colleagues' names, no personal data"))
        .gives::<TrustChanges>();

pub const APPROVE: Route =
    Route::post("/v1/devices/trust-changes/{id}/approve", "Brings a change in force that another person asked for", || axum::routing::post(approve))
        .permission("devices.manage")
        .audit(Audit::Security)
        .takes::<NoBody>();

pub const WITHDRAW: Route = Route::post(
    "/v1/devices/trust-changes/{id}/withdraw",
    "Takes back what one asked for, or refuses what another did",
    || axum::routing::post(withdraw),
)
.permission("devices.manage")
.audit(Audit::Security)
.takes::<NoBody>();

const REASON_CHARS_MAX: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrustChanges {
    pub items: Vec<TrustChange>,
}

/// A change that one person has asked for. Another one must approve it before it expires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrustChange {
    pub id: TrustChangeId,
    pub act: TrustAct,
    /// The fingerprint of a maker's certificate, or the kind of device.
    pub subject: String,
    /// Whose certificate it is.
    pub maker: Option<String>,
    pub reason: String,
    pub asked_by_name: Option<String>,
    /// Whether the caller asked for it, who may then only take it back.
    pub is_mine: bool,
    pub asked_at_us: Micros,
    pub expires_at_us: Micros,
}

impl TrustChange {
    fn of(change: Change, asked_by_name: Option<String>, reader: &Person) -> Self {
        Self {
            id: change.id,
            act: change.act,
            subject: change.subject,
            maker: change.maker.map(|maker| maker.subject),
            reason: change.reason,
            asked_by_name,
            is_mine: change.asked_by == reader.id,
            asked_at_us: change.asked_at,
            expires_at_us: change.expires_at,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum ChangeError {
    #[error("give a reason of 1 to {REASON_CHARS_MAX} characters")]
    Reason,
    #[error("a change of this waits for a second person already: decide that one first")]
    Waiting,
    #[error("it is so already")]
    Unneeded,
    #[error("you asked for it: another person must approve it")]
    SamePerson,
    #[error("this change was decided, taken back, or waited for more than seven days")]
    Over,
}

impl Keyed for ChangeError {
    fn key(&self) -> &'static str {
        match self {
            Self::Reason => "identity.trust_change.reason_invalid",
            Self::Waiting => "identity.trust_change.waiting",
            Self::Unneeded => "identity.trust_change.unneeded",
            Self::SamePerson => "identity.trust_change.same_person",
            Self::Over => "identity.trust_change.over",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Reason => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::CONFLICT,
        }
    }
}

/// What the routes for makers and for the demand hand in.
pub struct Wish<'a> {
    pub act: TrustAct,
    pub subject: &'a str,
    pub maker: Option<Maker>,
    pub reason: &'a str,
    /// What is asked for is so already.
    pub is_so: bool,
}

/// Writes down what a person asks for; nothing is changed by it.
pub async fn ask(app: &App, tx: &mut Tx, person: &Person, wish: Wish<'_>) -> Result<TrustChange, Problem> {
    let reason = wish.reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX || reason.chars().any(char::is_control) {
        return Err(ChangeError::Reason.into());
    }
    if wish.is_so {
        return Err(ChangeError::Unneeded.into());
    }
    let (id, now) = (app.env.id(TrustChangeId::new), app.env.now());
    let new = NewChange { id, act: wish.act, subject: wish.subject, maker: wish.maker.as_ref(), reason, by: person.id };
    if !change::ask(tx, now, &new).await? {
        return Err(ChangeError::Waiting.into());
    }
    let asked = Change {
        id,
        act: wish.act,
        subject: wish.subject.to_owned(),
        maker: wish.maker,
        reason: reason.to_owned(),
        asked_by: person.id,
        asked_at: now,
        expires_at: now.plus(change::TERM_US),
    };
    Ok(TrustChange::of(asked, Some(person.name.clone()), person))
}

/// For the leaf: what, about whom.
pub fn told(act: TrustAct, subject: &str) -> String {
    format!("{} {subject}", tag_of(&act))
}

async fn list(State(app): State<App>, person: Person) -> Result<Json<TrustChanges>, Problem> {
    let waiting = change::waiting(&app.store, app.env.now()).await?;
    let askers: Vec<_> = waiting.iter().map(|change| change.asked_by).collect();
    let names = store::names(&app.store, &askers).await?;
    let items = waiting.into_iter().map(|change| {
        let name = names.get(&change.asked_by).cloned();
        TrustChange::of(change, name, &person)
    });
    Ok(Json(TrustChanges { items: items.collect() }))
}

async fn approve(State(app): State<App>, person: Person, Id(id): Id<TrustChangeId>) -> Result<Response, Problem> {
    let now = app.env.now();
    let mut tx = app.store.begin().await?;
    let change = change::one(&mut tx, now, id).await?.ok_or(ChangeError::Over)?;
    if change.asked_by == person.id {
        return Err(ChangeError::SamePerson.into());
    }
    if !change::decide(&mut tx, now, id, Decision::Approved, person.id).await? {
        return Err(ChangeError::Over.into());
    }
    change::carry_out(&mut tx, now, &change, person.id).await?;
    tx.commit().await?;
    tracing::info!(change = %id, act = ?change.act, "two persons changed whom the house believes");
    Ok(done(told(change.act, &change.subject)))
}

async fn withdraw(State(app): State<App>, person: Person, Id(id): Id<TrustChangeId>) -> Result<Response, Problem> {
    let now = app.env.now();
    let mut tx = app.store.begin().await?;
    let change = change::one(&mut tx, now, id).await?.ok_or(ChangeError::Over)?;
    let decision = if change.asked_by == person.id { Decision::Withdrawn } else { Decision::Refused };
    if !change::decide(&mut tx, now, id, decision, person.id).await? {
        return Err(ChangeError::Over.into());
    }
    tx.commit().await?;
    Ok(done(told(change.act, &change.subject)))
}
