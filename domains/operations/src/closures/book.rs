//! The rows behind closures, and how every server's roads learn of them.

use std::time::Duration;

use axum::http::StatusCode;
use shouhu_bus::ReactionError;
use shouhu_events::Event;
use shouhu_ids::{ClosureId, Micros};
use shouhu_module::{App, Keyed, Person};
use shouhu_place::Wgs84;
use shouhu_store::{Row, Store, StoreError, params};

use super::pieces::{LINE_M_MAX, LINE_POINTS_MAX, REASON_CHARS_MAX};
use super::{Drawn, Wish};
use crate::ways::Roads;

/// In force at once. More is not a list that a person reads.
const CLOSURES_MAX: i64 = 200;
/// How often a server asks whether another one has closed a road: well within the second in which all of them must know.
const LOOK_EVERY: Duration = Duration::from_millis(400);

#[derive(Debug, thiserror::Error)]
pub enum ClosureError {
    #[error("no road map is loaded")]
    NoMap,
    #[error("no road is near what was drawn")]
    NoRoad,
    #[error("{points} points over {length_m:.0} m: draw 1 to {LINE_POINTS_MAX} points over at most {LINE_M_MAX:.0} m")]
    Line { points: usize, length_m: f64 },
    #[error("say why, in 1 to {REASON_CHARS_MAX} characters")]
    Reason,
    #[error("the end lies in the past, or more than 30 days ahead")]
    Until,
    #[error("{CLOSURES_MAX} roads are closed: lift one first")]
    TooMany,
    #[error("there is no such closure")]
    Unknown,
    #[error("this road is open already: the closure was lifted or has ended")]
    NotClosed,
    #[error("the roads were not searched: {0}")]
    Search(#[from] tokio::task::JoinError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for ClosureError {
    fn key(&self) -> &'static str {
        match self {
            Self::NoMap => "operations.closure.no_map",
            Self::NoRoad => "operations.closure.no_road",
            Self::Line { .. } => "operations.closure.line",
            Self::Reason => "operations.closure.reason",
            Self::Until => "operations.closure.until",
            Self::TooMany => "operations.closure.too_many",
            Self::Unknown => "http.not_found",
            Self::NotClosed => "operations.closure.not_closed",
            Self::Search(_) => "store.failed",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NoRoad | Self::Line { .. } | Self::Reason | Self::Until => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NoMap | Self::TooMany | Self::NotClosed => StatusCode::CONFLICT,
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Search(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Store(error) => error.status(),
        }
    }
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    pub id: ClosureId,
    pub line: Vec<Wgs84>,
    pub reason: String,
    pub made_at_us: Micros,
    pub until_us: Micros,
}

impl Kept {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let Drawn { line } = row.json("drawn")?;
        let (id, reason) = (row.parsed("id")?, row.text("reason")?);
        Ok(Self { id, line, reason, made_at_us: row.micros("made_at_us")?, until_us: row.micros("until_us")? })
    }
}

const IN_FORCE: &str = "lifted_at_us IS NULL AND until_us > $1";

async fn in_force(store: &Store) -> Result<Vec<Kept>, StoreError> {
    let sql = format!("SELECT id, drawn, reason, made_at_us, until_us FROM operations_closure WHERE {IN_FORCE} ORDER BY id");
    store.fetch(&sql, params![store.env().now()]).await?.iter().map(Kept::from_row).collect()
}

async fn times(store: &Store) -> Result<i64, StoreError> {
    store.fetch_one("SELECT times FROM operations_closing WHERE id = 1", vec![]).await?.int("times")
}

/// Writes a closure down; its pieces were found before.
///
/// # Errors
/// When as many roads are closed as may be.
pub async fn make(store: &Store, by: &Person, wish: &Wish) -> Result<Kept, ClosureError> {
    let now = store.env().now();
    let id = store.env().id(ClosureId::new);
    let mut tx = store.begin().await?;
    tx.execute("UPDATE operations_closing SET times = times + 1 WHERE id = 1", vec![]).await?;
    let sql = format!("SELECT COUNT(*) AS n FROM operations_closure WHERE {IN_FORCE}");
    if tx.fetch_one(&sql, params![now]).await?.int("n")? >= CLOSURES_MAX {
        return Err(ClosureError::TooMany);
    }
    let drawn = serde_json::to_string(&Drawn { line: wish.line.clone() }).unwrap_or_default();
    tx.execute(
        "INSERT INTO operations_closure (id, drawn, reason, made_at_us, made_by, until_us) VALUES ($1, $2, $3, $4, $5, $6)",
        params![id, drawn, wish.reason.as_str(), now, by.id, wish.until],
    )
    .await?;
    tx.emit(&Event::ClosureChanged { closure: id }).await?;
    tx.commit().await?;
    Ok(Kept { id, line: wish.line.clone(), reason: wish.reason.clone(), made_at_us: now, until_us: wish.until })
}

/// Opens the road again before its time.
///
/// # Errors
/// When it is open already.
pub async fn lift(store: &Store, by: &Person, id: ClosureId) -> Result<Micros, ClosureError> {
    let now = store.env().now();
    let mut tx = store.begin().await?;
    tx.execute("UPDATE operations_closing SET times = times + 1 WHERE id = 1", vec![]).await?;
    let sql = format!("UPDATE operations_closure SET lifted_at_us = $1, lifted_by = $2 WHERE id = $3 AND {IN_FORCE}");
    if tx.execute(&sql, params![now, by.id, id]).await? == 0 {
        let known = tx.fetch_opt("SELECT id FROM operations_closure WHERE id = $1", params![id]).await?;
        return Err(if known.is_some() { ClosureError::NotClosed } else { ClosureError::Unknown });
    }
    tx.emit(&Event::ClosureChanged { closure: id }).await?;
    tx.commit().await?;
    Ok(now)
}

/// Reads what is closed and puts it on this server's roads, unless it is there already.
///
/// # Errors
/// When the database fails.
pub async fn learn(app: &App, roads: &Roads) -> Result<(), ReactionError> {
    let mut known = roads.learning().lock().await;
    // The number is read before the rows, so that what comes between is read once more and never missed.
    let times = times(&app.store).await?;
    if *known == Some(times) {
        return Ok(());
    }
    let kept = in_force(&app.store).await?;
    let roads = roads.clone();
    tokio::task::spawn_blocking(move || roads.close(kept)).await?;
    *known = Some(times);
    Ok(())
}

/// Looks for what other servers have closed, for as long as the program runs.
pub async fn watch_for_ever(app: App, roads: Roads) {
    let mut is_told = false;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        match learn(&app, &roads).await {
            Ok(()) => is_told = false,
            // Once, not twice a second.
            Err(error) if !is_told => {
                tracing::error!(%error, "road closures of other servers are not read: ways may lead through them");
                is_told = true;
            }
            Err(_) => {}
        }
    }
}
