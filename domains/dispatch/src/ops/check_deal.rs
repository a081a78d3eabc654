//! A dispatcher deals with a check: says how the crew was heard of. The only way in which an overdue check ends without its alarm.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::CheckId;
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, Person, Problem, Route};
use shouhu_store::{Store, StoreError};

use crate::checks::book::{self, Change};
use crate::checks::{Check, CheckState};
use crate::model::NOTE_MAX;

pub const ROUTE: Route =
    Route::post("/v1/checks/{id}/deal", "Say how a crew that was asked has been heard of", || axum::routing::post(handle))
        .permission("dispatch.order")
        .audit(Audit::Write)
        .load(Load::Life)
        .takes::<DealCheck>()
        .gives::<Check>();

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DealCheck {
    pub reason: String,
}

#[derive(Debug, thiserror::Error)]
pub enum DealError {
    #[error("there is no such check")]
    None,
    #[error("reason is empty or longer than {NOTE_MAX} characters: say how you heard of the crew")]
    Reason,
    #[error("this check has ended already: {0}")]
    Over(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for DealError {
    fn key(&self) -> &'static str {
        match self {
            Self::None => "dispatch.check.none",
            Self::Reason => "dispatch.check.reason",
            Self::Over(_) => "dispatch.check.over",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::None => StatusCode::NOT_FOUND,
            Self::Reason => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Over(_) => StatusCode::CONFLICT,
            Self::Store(error) => error.status(),
        }
    }
}

const fn how_it_ended(state: CheckState) -> &'static str {
    match state {
        CheckState::Safe => "the crew said that it is safe",
        CheckState::Help => "the crew asked for help, see its alarm",
        CheckState::Acted => "the crew went on",
        CheckState::Dealt => "another dispatcher dealt with it",
        CheckState::Asked | CheckState::Overdue => "it was changed by somebody else at this moment; look again",
    }
}

/// # Errors
/// When there is no reason, or it has ended already.
pub async fn deal(store: &Store, by: &Person, id: CheckId, reason: &str) -> Result<Check, DealError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > NOTE_MAX {
        return Err(DealError::Reason);
    }
    // The clock may turn an asked one overdue between reading and writing: then it is read again, once.
    for _ in 0..2 {
        let check = book::one(store, id).await?.ok_or(DealError::None)?;
        if !check.state.is_open() {
            return Err(DealError::Over(how_it_ended(check.state)));
        }
        let now = store.env().now();
        if book::change(store, &check, Change::Dealt { by, reason }, now).await? {
            return book::one(store, id).await?.ok_or(DealError::None);
        }
    }
    Err(DealError::Over(how_it_ended(CheckState::Overdue)))
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Id(id): Id<CheckId>,
    Body(body): Body<DealCheck>,
) -> Result<Audited<Check>, Problem> {
    let check = deal(&app.store, &person, id, &body.reason).await?;
    Ok(Audited::new(format!("check of {} dealt with", check.call_sign), check))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_ids::Micros;
    use shouhu_store::testing::on_each_database;
    use shouhu_wire::AssignmentStep;

    use super::*;
    use crate::MODULE;
    use crate::checks::turn::look;
    use crate::ops::step;
    use crate::positions::Positions;
    use crate::testing::Scene;

    #[tokio::test]
    async fn of_dispatchers_who_deal_at_once_one_wins_and_the_others_are_told() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (incident, unit) = (scene.incident_of(1).await, scene.unit("永康 21").await);
            let id = scene.assign(incident, unit).await.unwrap().id;
            for next in [AssignmentStep::Accept, AssignmentStep::EnRoute, AssignmentStep::OnScene] {
                step::step(&store, &scene.crew(unit), id, &next).await.unwrap();
            }
            look(&store, &Positions::default(), store.env().now().plus(Micros::HOUR)).await.unwrap();
            let check = book::open(&store).await.unwrap().pop().unwrap();
            let mut dealing = tokio::task::JoinSet::new();
            for _ in 0..6 {
                let (store, by) = (store.clone(), scene.by.clone());
                dealing.spawn(async move { deal(&store, &by, check.id, "無線電").await });
            }
            let (won, lost): (Vec<_>, Vec<_>) = dealing.join_all().await.into_iter().partition(Result::is_ok);
            assert_eq!((won.len(), lost.len()), (1, 5));
            assert!(lost.iter().all(|l| l.as_ref().is_err_and(|e| e.key() == "dispatch.check.over")));
        })
        .await;
    }
}
