//! `/v1/sightings/holds`: what no purge and no erasure takes.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_ids::{HoldId, Micros};
use shouhu_module::{App, Audit, Audited, Body, CASE_CHARS_MAX, Id, Keyed, Page, PageQuery, Params, Person, Problem, Route, page_limit};
use shouhu_store::page_before;
use shouhu_wire::{Hold, HoldReason, LiftHold, PlaceHold};

use crate::check::clean;
use crate::hold::{self, NewHold};
use crate::lake::{lake_of, problem_of};
use crate::model::AGE_MAX_US;
use crate::ops::show::record_of;
use crate::passing::{id_of, micros_of, plate_of};

pub const LIST: Route = Route::get("/v1/sightings/holds", "Lists sightings that are held, newest hold first", || axum::routing::get(list))
    .permission("sightings.hold")
    .audit(Audit::WorkRead)
    .asks::<PageQuery>()
    .gives::<Page<Hold>>();

pub const PLACE: Route = Route::post("/v1/sightings/holds", "Holds a sighting beyond its retention", || axum::routing::post(place))
    .permission("sightings.hold")
    .audit(Audit::Write)
    .takes::<PlaceHold>()
    .gives::<Hold>();

pub const LIFT: Route = Route::post("/v1/sightings/holds/{id}/lift", "Lifts a hold; the sighting then ages as others do", || axum::routing::post(lift))
    .permission("sightings.hold")
    .audit(Audit::Write)
    .takes::<LiftHold>()
    .gives::<Hold>();

/// An investigation that takes longer places the hold again, and so is asked again whether it must.
const WITH_CASE_MAX_US: i64 = 10 * 365 * Micros::DAY;
const NOTE_CHARS_MAX: usize = 500;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoldError {
    #[error("a hold says why: write a note")]
    NoteMissing,
    #[error("without a case a sighting may be held until a year after its recording (警察職權行使法 §10); until {until_us} is later")]
    TooLong { until_us: i64 },
    #[error("a hold ends in the future; {until_us} is past")]
    Past { until_us: i64 },
    #[error("hold {0} is lifted already")]
    Lifted(HoldId),
}

impl Keyed for HoldError {
    fn key(&self) -> &'static str {
        match self {
            Self::NoteMissing => "sightings.hold.note_missing",
            Self::TooLong { .. } => "sightings.hold.too_long",
            Self::Past { .. } => "sightings.hold.past",
            Self::Lifted(_) => "sightings.hold.lifted",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Lifted(_) => StatusCode::CONFLICT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

async fn list(State(app): State<App>, Params(query): Params<PageQuery>) -> Result<Audited<Page<Hold>>, Problem> {
    let limit = page_limit(query.limit);
    let holds = hold::page(&app.store, &hidden(&app).await?, &page_before(query.cursor), limit + 1).await?;
    Ok(Audited::new("holds on sightings".into(), Page::cut(holds, limit, |hold| hold.id.to_string())))
}

/// How long it may be, and is.
fn until(asked: &PlaceHold, captured_at: Micros, now: Micros) -> Result<Micros, HoldError> {
    let until = asked.until_us.unwrap_or(captured_at.plus(AGE_MAX_US));
    let latest = if asked.case_ref.is_some() { now.plus(WITH_CASE_MAX_US) } else { captured_at.plus(AGE_MAX_US) };
    if until <= now {
        return Err(HoldError::Past { until_us: until.0 });
    }
    if until > latest {
        return Err(HoldError::TooLong { until_us: until.0 });
    }
    Ok(until)
}

async fn place(State(app): State<App>, person: Person, Body(mut asked): Body<PlaceHold>) -> Result<Audited<Hold>, Problem> {
    let note = clean(asked.note.trim(), NOTE_CHARS_MAX);
    if note.is_empty() {
        return Err(HoldError::NoteMissing.into());
    }
    asked.case_ref = asked.case_ref.map(|text| clean(text.trim(), CASE_CHARS_MAX)).filter(|text| !text.is_empty());
    let record = record_of(&app, asked.sighting).await?.ok_or_else(|| Problem::not_found("sighting"))?;
    let until = until(&asked, micros_of(record.row.at_ms), app.env.now())?;
    let new = NewHold {
        sighting: id_of(record.row.key()),
        plate: plate_of(record.row.plate).map(String::from).unwrap_or_default(),
        reason: HoldReason::Legal,
        hit: None,
        note,
        case_ref: asked.case_ref,
        until,
        placed_by: Some((person.id, person.name)),
    };
    let mut tx = app.store.begin().await?;
    let id = hold::place(&mut tx, &app.store, &new).await?.ok_or_else(|| Problem::not_found("sighting"))?;
    tx.commit().await?;
    shown(&app, id).await
}

async fn lift(State(app): State<App>, person: Person, Id(id): Id<HoldId>, Body(asked): Body<LiftHold>) -> Result<Audited<Hold>, Problem> {
    let note = clean(asked.note.trim(), NOTE_CHARS_MAX);
    if note.is_empty() {
        return Err(HoldError::NoteMissing.into());
    }
    if hold::get(&app.store, &hidden(&app).await?, id).await?.is_none() {
        return Err(Problem::not_found("hold"));
    }
    let mut tx = app.store.begin().await?;
    if !hold::lift(&mut tx, id, person.id, &note, app.env.now()).await? {
        return Err(HoldError::Lifted(id).into());
    }
    tx.commit().await?;
    shown(&app, id).await
}

/// Sources whose passages whoever looks may not see.
async fn hidden(app: &App) -> Result<BTreeSet<u32>, Problem> {
    lake_of(app)?.hidden_sources().await.map_err(|error| problem_of(&error))
}

async fn shown(app: &App, id: HoldId) -> Result<Audited<Hold>, Problem> {
    let hold = hold::get(&app.store, &hidden(app).await?, id).await?.ok_or_else(|| Problem::not_found("hold"))?;
    Ok(Audited::new(format!("hold {id} on sighting {} of {}", hold.sighting, hold.plate_display), hold))
}
