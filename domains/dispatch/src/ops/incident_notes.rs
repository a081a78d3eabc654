//! What a dispatcher writes beside an incident: a line of its log, which the crews that are at it read at once.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shouhu_events::Event;
use shouhu_ids::IncidentId;
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, Person, Problem, Route};
use shouhu_store::{Store, StoreError};
use shouhu_wire::IncidentState;

use super::incident_get::visible;
use super::merge;
use crate::model::{Items, LogLine, NOTE_MAX, in_lines};
use crate::{store, write};

pub const ADD: Route = Route::post("/v1/incidents/{id}/notes", "Write a note beside an incident", || axum::routing::post(add_one))
    .permission("dispatch.order")
    .audit(Audit::Write)
    .load(Load::Life)
    .takes::<AddNote>()
    .gives::<Items<LogLine>>();

pub const LIST: Route = Route::get("/v1/incidents/{id}/notes", "Show the notes beside an incident", || axum::routing::get(list))
    .permission("incidents.read")
    .audit(Audit::WorkRead)
    .load(Load::Life)
    .gives::<Items<LogLine>>();

/// The line of the log that a note is.
pub const KEY: &str = "incident_note";

/// `POST /v1/incidents/{id}/notes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AddNote {
    pub text: String,
}

#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    #[error("there is no such incident, or you may not see it")]
    NotFound,
    #[error("note is empty: say it in a few words")]
    Empty,
    #[error("note has {length} characters, {NOTE_MAX} are the most")]
    TooLong { length: usize },
    #[error("{number} is closed: nothing is added to what is over")]
    Closed { number: String },
    #[error("{number} is merged: write beside the one that it belongs to")]
    Merged { number: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for NoteError {
    fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "http.not_found",
            Self::Empty => "dispatch.note.empty",
            Self::TooLong { .. } => "dispatch.note.too_long",
            Self::Closed { .. } => "dispatch.note.closed",
            Self::Merged { .. } => "dispatch.note.merged",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Empty | Self::TooLong { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Closed { .. } | Self::Merged { .. } => StatusCode::CONFLICT,
            Self::Store(error) => error.status(),
        }
    }
}

/// Writes it, and tells consoles and the crews that are at the incident.
///
/// # Errors
/// When it says nothing, or the incident is over.
pub async fn add(store: &Store, by: &Person, id: IncidentId, text: &str) -> Result<(), NoteError> {
    let text = in_lines(text);
    let length = text.chars().count();
    if text.is_empty() {
        return Err(NoteError::Empty);
    }
    if length > NOTE_MAX {
        return Err(NoteError::TooLong { length });
    }
    let mut tx = store.begin().await?;
    let incident = write::lock_incident(&mut tx, id).await?.ok_or(NoteError::NotFound)?;
    let now = store.env().now();
    match incident.state {
        IncidentState::Closed => return Err(NoteError::Closed { number: incident.number }),
        IncidentState::Merged => return Err(NoteError::Merged { number: incident.number }),
        IncidentState::Open | IncidentState::Assigned | IncidentState::OnScene => {}
    }
    write::log(&mut tx, id, now, by, KEY, json!({ "text": text })).await?;
    tx.emit(&Event::IncidentChanged { incident: id, state: incident.state, hit: incident.hit }).await?;
    merge::tell(&mut tx, &incident).await?;
    Ok(tx.commit().await?)
}

async fn notes_of(store: &Store, id: IncidentId) -> Result<Items<LogLine>, StoreError> {
    let items = store::log_of(store, id).await?.into_iter().filter(|line| line.key == KEY).collect();
    Ok(Items { items })
}

async fn add_one(
    State(app): State<App>,
    person: Person,
    Id(id): Id<IncidentId>,
    Body(body): Body<AddNote>,
) -> Result<Audited<Items<LogLine>>, Problem> {
    add(&app.store, &person, id, &body.text).await?;
    let incident = visible(&app, &person, id).await?;
    Ok(Audited::new(incident.number, notes_of(&app.store, id).await?))
}

async fn list(State(app): State<App>, person: Person, Id(id): Id<IncidentId>) -> Result<Audited<Items<LogLine>>, Problem> {
    let incident = visible(&app, &person, id).await?;
    Ok(Audited::new(incident.number, notes_of(&app.store, id).await?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;
    use shouhu_wire::{CloseIncident, ClosingCode, WithoutUnit};

    use super::*;
    use crate::MODULE;
    use crate::ops::incident_close;
    use crate::testing::Scene;

    #[tokio::test]
    async fn a_note_is_a_line_of_the_log_and_is_refused_where_nobody_would_read_it() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (id, target) = (scene.incident().await, scene.incident().await);
            add(&store, &scene.by, id, " 嫌犯\u{0}往北\n白色機車 ").await.unwrap();
            let told = notes_of(&store, id).await.unwrap().items;
            let texts: Vec<_> = told.iter().map(|line| line.params.clone()).collect();
            assert_eq!(texts, [json!({ "text": "嫌犯往北\n白色機車" })]);
            for (text, key) in [(" \n\u{7} ", "dispatch.note.empty"), (&*"字".repeat(NOTE_MAX + 1), "dispatch.note.too_long")] {
                assert_eq!(add(&store, &scene.by, id, text).await.unwrap_err().key(), key);
            }
            merge::merge(&store, &scene.by, id, target).await.unwrap();
            assert_eq!(add(&store, &scene.by, id, "一").await.unwrap_err().key(), "dispatch.note.merged");
            let body = CloseIncident { code: ClosingCode::Handled, note: String::new(), without_unit: Some(WithoutUnit::ByTelephone) };
            incident_close::close(&store, &scene.by, target, &body).await.unwrap();
            assert_eq!(add(&store, &scene.by, target, "一").await.unwrap_err().key(), "dispatch.note.closed");
        })
        .await;
    }
}
