//! Raises the alarm level of an incident: an act of a person, with a line in the log. What the card then asks for is shown, not sent.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shouhu_events::Event;
use shouhu_ids::IncidentId;
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, Person, Problem, Route};
use shouhu_store::{Store, StoreError, params};
use shouhu_wire::{Incident, IncidentState};

use super::incident_card::{self, CardStatus};
use crate::cards::LEVELS_MAX;
use crate::model::NOTE_MAX;
use crate::{store, write};

pub const ROUTE: Route = Route::post("/v1/incidents/{id}/level", "Raise the alarm level of an incident", || axum::routing::post(handle))
    .permission("dispatch.order")
    .audit(Audit::Write)
    .load(Load::Life)
    .takes::<RaiseLevel>()
    .gives::<CardStatus>();

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RaiseLevel {
    /// 2 or 3.
    pub level: usize,
    #[serde(default)]
    pub reason: String,
}

#[derive(Debug, thiserror::Error)]
pub enum LevelError {
    #[error("there is no such incident, or you may not see it")]
    NotFound,
    #[error("incident is closed: open a new one that refers to it")]
    Closed,
    #[error("incident {number} is merged: raise the level of the one that it belongs to")]
    Merged { number: String },
    #[error("level {wanted} does not exist: {LEVELS_MAX} is the highest")]
    Unknown { wanted: usize },
    #[error("incident is at level {level} already: a level is only ever raised")]
    NotHigher { level: i64 },
    #[error("reason has {length} characters, {NOTE_MAX} are the most")]
    TooLong { length: usize },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for LevelError {
    fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "http.not_found",
            Self::Closed => "dispatch.assign.incident_closed",
            Self::Merged { .. } => "dispatch.assign.incident_merged",
            Self::Unknown { .. } => "dispatch.level.unknown",
            Self::NotHigher { .. } => "dispatch.level.not_higher",
            Self::TooLong { .. } => "dispatch.close.note_too_long",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Closed | Self::Merged { .. } | Self::NotHigher { .. } => StatusCode::CONFLICT,
            Self::Unknown { .. } | Self::TooLong { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(error) => error.status(),
        }
    }
}

/// # Errors
/// When the incident is closed or merged, or is at that level already.
pub async fn raise(store: &Store, by: &Person, id: IncidentId, body: &RaiseLevel) -> Result<Incident, LevelError> {
    let length = body.reason.chars().count();
    if length > NOTE_MAX {
        return Err(LevelError::TooLong { length });
    }
    if !(1..=LEVELS_MAX).contains(&body.level) {
        return Err(LevelError::Unknown { wanted: body.level });
    }
    let wanted = i64::try_from(body.level).unwrap_or(1);
    let mut tx = store.begin().await?;
    let incident = write::lock_incident(&mut tx, id).await?.ok_or(LevelError::NotFound)?;
    let now = store.env().now();
    match incident.state {
        IncidentState::Closed => return Err(LevelError::Closed),
        IncidentState::Merged => return Err(LevelError::Merged { number: incident.number }),
        IncidentState::Open | IncidentState::Assigned | IncidentState::OnScene => {}
    }
    let level = tx.fetch_one(incident_card::LEVEL, params![id]).await?.int("level")?;
    if wanted <= level {
        return Err(LevelError::NotHigher { level });
    }
    tx.execute("UPDATE dispatch_incident SET level = $1 WHERE id = $2", params![wanted, id]).await?;
    let values = json!({ "from": level, "to": wanted, "reason": body.reason.trim() });
    write::log(&mut tx, id, now, by, "level_raised", values).await?;
    // Consoles read the incident again; its state is as it was.
    tx.emit(&Event::IncidentChanged { incident: id, state: incident.state, hit: incident.hit }).await?;
    tx.commit().await?;
    store::incident(store, id).await?.ok_or(LevelError::NotFound)
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Id(id): Id<IncidentId>,
    Body(body): Body<RaiseLevel>,
) -> Result<Audited<CardStatus>, Problem> {
    let incident = raise(&app.store, &person, id, &body).await?;
    let told = incident_card::status(&app, &incident).await?;
    Ok(Audited::new(format!("{} to level {}", incident.number, body.level), told))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;
    use crate::testing::Scene;

    #[tokio::test]
    async fn a_level_is_raised_once_by_whoever_comes_first_and_is_in_the_log() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let id = scene.incident().await;
            let to = |level| RaiseLevel { level, reason: "增援".into() };
            let mut raising = tokio::task::JoinSet::new();
            for _ in 0..5 {
                let (store, by, body) = (store.clone(), scene.by.clone(), to(2));
                raising.spawn(async move { raise(&store, &by, id, &body).await });
            }
            let (won, lost): (Vec<_>, Vec<_>) = raising.join_all().await.into_iter().partition(Result::is_ok);
            assert_eq!((won.len(), lost.len()), (1, 4));
            assert!(lost.iter().all(|l| l.as_ref().is_err_and(|e| e.key() == "dispatch.level.not_higher")));
            assert_eq!(raise(&store, &scene.by, id, &to(4)).await.unwrap_err().key(), "dispatch.level.unknown");
            raise(&store, &scene.by, id, &to(3)).await.unwrap();
            assert_eq!(incident_card::level_of(&store, id).await.unwrap(), 3);
            let log = store::log_of(&store, id).await.unwrap();
            let raised: Vec<_> = log.iter().filter(|line| line.key == "level_raised").map(|line| line.params.get("to").cloned()).collect();
            assert_eq!(raised, [Some(json!(2)), Some(json!(3))]);
        })
        .await;
    }
}
