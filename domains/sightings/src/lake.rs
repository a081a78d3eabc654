//! How this room asks the lake: bounded in rows and time, stopped when the asker has gone, and honest about what is missing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::StatusCode;
use shouhu_env::Env;
use shouhu_ids::{Micros, SightingId};
use shouhu_lakehouse::lake::part::Want;
use shouhu_lakehouse::lake::questions::{AskError, Limits};
use shouhu_lakehouse::lake::{Answer, Class, FullRecord, Key, Moment, Partial, PartError, PlateCode, View, Window};
use shouhu_lakehouse::Lakehouse;
use shouhu_module::{App, Problem};
use shouhu_plate::Plate;
use shouhu_wire::PartialNote;

/// A question that takes longer is answered with what it has found.
const TIME_MAX_US: i64 = 10 * Micros::SECOND;

pub use crate::unavailable::{lake_of, lake_problem as problem_of};

/// What cannot be asked like this.
#[must_use]
pub fn refusal_of(error: &AskError) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.key(), error.to_string())
}

/// Set when the request is dropped: nobody waits for the answer any more.
struct Gone(Arc<AtomicBool>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Asks on a thread for blocking work.
///
/// # Errors
/// When the lake is closed.
pub async fn ask<T: Send + 'static>(
    app: &App,
    rows_max: usize,
    question: impl FnOnce(&View, Limits<'_>) -> T + Send + 'static,
) -> Result<T, Problem> {
    ask_at(&*lake_of(app)?, &app.env, rows_max, question).await
}

/// # Errors
/// When the lake is closed.
pub async fn ask_at<T: Send + 'static>(
    lake: &Lakehouse,
    env: &Env,
    rows_max: usize,
    question: impl FnOnce(&View, Limits<'_>) -> T + Send + 'static,
) -> Result<T, Problem> {
    ask_of(&Class::ALL, lake, env, rows_max, question).await
}

/// As [`ask_at`], of these classes alone.
///
/// # Errors
/// When the lake is closed.
pub async fn ask_of<T: Send + 'static>(
    classes: &[Class],
    lake: &Lakehouse,
    env: &Env,
    rows_max: usize,
    question: impl FnOnce(&View, Limits<'_>) -> T + Send + 'static,
) -> Result<T, Problem> {
    let gone = Gone(Arc::new(AtomicBool::new(false)));
    let (is_gone, env) = (gone.0.clone(), env.clone());
    let deadline = env.now().plus(TIME_MAX_US);
    let bounded = move |view: &View| {
        let is_stopped = || is_gone.load(Ordering::Relaxed) || is_over(&env, deadline);
        question(view, Limits { rows_max, is_stopped: &is_stopped })
    };
    let answer = lake.ask(classes, bounded).await.map_err(|e| problem_of(&e));
    drop(gone);
    answer
}

fn is_over(env: &Env, deadline: Micros) -> bool {
    env.now() > deadline
}

/// As [`ask`], for a question of the engine.
///
/// # Errors
/// When it cannot be asked like this, or the lake is closed.
pub async fn ask_rows<T: Send + 'static>(
    app: &App,
    rows_max: usize,
    question: impl FnOnce(&View, Limits<'_>) -> Result<Answer<T>, AskError> + Send + 'static,
) -> Result<Answer<T>, Problem> {
    ask(app, rows_max, question).await?.map_err(|error| refusal_of(&error))
}

/// Why the answer may not be whole, as the asker sees it.
#[must_use]
pub fn notes_of(partial: &[Partial]) -> Vec<PartialNote> {
    partial.iter().map(note_of).collect()
}

/// The keys of [`note_of`]; each has a translation.
const NOTE_KEYS: [&str; 5] = [
    "sightings.partial.limit",
    "sightings.partial.stopped",
    "sightings.partial.damaged",
    "sightings.partial.behind",
    "sightings.partial.unmerged",
];

fn note_of(partial: &Partial) -> PartialNote {
    let [limit_key, stopped, damaged, behind, unmerged] = NOTE_KEYS;
    let (key, detail) = match partial {
        Partial::Limit { limit } => (limit_key, format!("only the first {limit} are shown")),
        Partial::Stopped => (stopped, format!("the question took longer than {} s", TIME_MAX_US / Micros::SECOND)),
        Partial::Damaged(error) => (damaged, error.to_string()),
        Partial::Behind { node, from_ms } => (behind, format!("server {node} has not published what came since {from_ms} ms")),
        Partial::Unmerged { rows } => (unmerged, format!("{rows} rows were not compared one by one")),
    };
    PartialNote { key: key.to_owned(), detail }
}

#[must_use]
pub fn is_cut(partial: &[Partial]) -> bool {
    partial.iter().any(|one| matches!(one, Partial::Limit { .. }))
}

/// The code of a plate: every plate that [`Plate`] lets in has one.
#[must_use]
pub fn code_of(plate: &Plate) -> PlateCode {
    PlateCode::from_bytes(plate.as_str().as_bytes()).unwrap_or_default()
}

/// Milliseconds that hold the window of microseconds.
#[must_use]
pub const fn window_of(from: Micros, until: Micros) -> Window {
    // The end is not in it: a passage of the last microsecond lies in the millisecond before.
    Window { from_ms: from.0.div_euclid(1_000), until_ms: until.0.saturating_add(999).div_euclid(1_000) }
}

/// The passage that an id names, looked up where it lies.
///
/// # Errors
/// When a page that may hold it is damaged.
pub fn find(view: &View, id: SightingId) -> Result<Option<FullRecord>, PartError> {
    let Some(parts) = id.parts() else { return Ok(None) };
    let window = Window { from_ms: parts.at_ms, until_ms: parts.at_ms.saturating_add(1) };
    let moment = [Moment { source: parts.source, window }];
    let mut key = None;
    for part in view.parts.iter().filter(|part| part.span().meets(&window)) {
        part.at_moments(&moment, Want::Bare, &mut |_, seen| {
            if SightingId::hash_of(seen.plate.0) == parts.plate_hash {
                key = Some(seen.key());
            }
        })?;
        if let Some(key) = key {
            return part.record(key);
        }
    }
    Ok(None)
}

/// The whole record of a passage.
///
/// # Errors
/// When a page that may hold it is damaged.
pub fn record(view: &View, key: Key) -> Result<Option<FullRecord>, PartError> {
    for part in view.parts.iter().filter(|part| part.span().holds(key.at_ms)) {
        if let Some(record) = part.record(key)? {
            return Ok(Some(record));
        }
    }
    Ok(None)
}
