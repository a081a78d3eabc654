//! Who crews which unit: a list for whoever plans, a board for the console, the own shifts for a phone, and joining by one tap.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::{Micros, ShiftId};
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, NoBody, Params, Person, Problem, Route};
use shouhu_store::{Store, StoreError};
use shouhu_wire::Unit;

use crate::model::Items;
use crate::roster::{self, Shift, ShiftBoard, book};
use crate::{positions, store};

/// The widest window of one question: two months.
const WINDOW_MAX_US: i64 = 62 * Micros::DAY;
/// Shifts of one answer: more than a large city's week. What does not fit is refused, never cut.
const LISTED_MAX: i64 = 50_000;

pub const LIST_ROUTE: Route = Route::get("/v1/shifts", "List the shifts of a time", || axum::routing::get(list))
    .permission("dispatch.watch")
    .audit(Audit::WorkRead)
    .load(Load::Interactive)
    .asks::<ShiftWindow>()
    .gives::<Items<Shift>>();

pub const BOARD_ROUTE: Route =
    Route::get("/v1/shifts/board", "Show who crews the units now, who comes next, and who is past the end of the shift", || {
        axum::routing::get(board)
    })
    .permission("dispatch.watch")
    .audit(Audit::WorkRead)
    .load(Load::Life)
    .gives::<ShiftBoard>();

pub const MINE_ROUTE: Route = Route::get("/v1/shifts/mine", "Show the own shifts of now and the next day", || axum::routing::get(mine))
    .permission("units.report")
    .audit(Audit::None("the caller's own shifts; nobody else's data"))
    .load(Load::Life)
    .gives::<Items<Shift>>();

pub const JOIN_ROUTE: Route =
    Route::post("/v1/shifts/{id}/join", "Join the unit of the own shift", || axum::routing::post(join))
        .permission("units.report")
        .audit(Audit::Write)
        .load(Load::Life)
        .takes::<NoBody>()
        .gives::<Unit>();

#[derive(Debug, Deserialize, JsonSchema)]
pub struct ShiftWindow {
    pub from_us: i64,
    pub until_us: i64,
}

#[derive(Debug, thiserror::Error)]
pub enum ShiftsError {
    #[error("shifts are asked for from a time to a later one, at most {} days", WINDOW_MAX_US / Micros::DAY)]
    Window,
    #[error("{0} shifts lie in this time, more than the {LISTED_MAX} of one answer: ask for a shorter one")]
    TooMany(i64),
    #[error("there is no such shift of yours now: it begins within an hour at the earliest, and ends when it ends")]
    NotNow,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for ShiftsError {
    fn key(&self) -> &'static str {
        match self {
            Self::Window => "dispatch.roster.window",
            Self::TooMany(_) => "dispatch.roster.too_many",
            Self::NotNow => "dispatch.roster.not_now",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Window | Self::TooMany(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotNow => StatusCode::CONFLICT,
            Self::Store(error) => error.status(),
        }
    }
}

async fn list(State(app): State<App>, Params(window): Params<ShiftWindow>) -> Result<Audited<Items<Shift>>, Problem> {
    let span = window.until_us.saturating_sub(window.from_us);
    if span <= 0 || span > WINDOW_MAX_US {
        return Err(ShiftsError::Window.into());
    }
    let (from, until) = (Micros(window.from_us), Micros(window.until_us));
    let count = book::count(&app.store, from, until).await?;
    if count > LISTED_MAX {
        return Err(ShiftsError::TooMany(count).into());
    }
    let items = book::between(&app.store, from, until).await?;
    Ok(Audited::new(format!("{} shifts", items.len()), Items { items }))
}

async fn board(State(app): State<App>) -> Result<Audited<ShiftBoard>, Problem> {
    let now = app.env.now();
    let board = roster::board(&store::units(&app.store).await?, &book::around(&app.store, now).await?, now);
    Ok(Audited::new(format!("crews of {} units", board.crews.len()), board))
}

async fn mine(State(app): State<App>, person: Person) -> Result<Json<Items<Shift>>, Problem> {
    Ok(Json(Items { items: book::mine(&app.store, &person, app.env.now()).await? }))
}

/// Notes who joined by which shift; once, however often the phone asks.
///
/// # Errors
/// When the shift is another's, or it is not time for it.
pub async fn join_by(store: &Store, by: &Person, id: ShiftId) -> Result<Shift, ShiftsError> {
    let mut tx = store.begin().await?;
    if !book::join(&mut tx, id, by, store.env().now()).await? {
        return Err(ShiftsError::NotNow);
    }
    tx.commit().await?;
    book::one(store, id).await?.ok_or(ShiftsError::NotNow)
}

async fn join(State(app): State<App>, person: Person, Id(id): Id<ShiftId>, _: Body<NoBody>) -> Result<Audited<Unit>, Problem> {
    let shift = join_by(&app.store, &person, id).await?;
    shouhu_identity::set_unit(&app, person.id, Some(shift.unit)).await?;
    let mut unit = store::unit(&app.store, shift.unit).await?.ok_or_else(|| Problem::not_found("unit"))?;
    positions::of(&app).overlay(&mut unit);
    Ok(Audited::new(format!("{} by the roster", unit.call_sign), unit))
}
