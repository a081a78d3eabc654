//! `POST /v1/sightings/erasures`: takes one plate out of the lake.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_lakehouse::lake::part::Window;
use shouhu_lakehouse::lake::questions::history;
use shouhu_lakehouse::lake::{Answer, FullRecord, Seen};
use shouhu_module::{App, Audit, Audited, Body, CASE_CHARS_MAX, Keyed, Person, Problem, Route};
use shouhu_store::{Sight, StoreError, params};
use shouhu_wire::{EraseOrder, Erasure};

use crate::check::clean;
use crate::forgotten::{forget_notes, remove_picture};
use crate::hold;
use crate::jobs::pictures_of;
use crate::lake::{ask, ask_rows, code_of, is_cut, lake_of, problem_of, record};
use crate::passing::id_of;
use crate::window;

pub const ROUTE: Route = Route::post(
    "/v1/sightings/erasures",
    "Erases every sighting of one plate from all files; refused while one of them is held",
    || axum::routing::post(handle),
)
.permission("sightings.erase")
.audit(Audit::Write)
.takes::<EraseOrder>()
.gives::<Erasure>();

const TEXT_CHARS_MAX: usize = 500;
/// A plate that was seen a thousand times a day for a year is no plate but a mistake of the recogniser.
const ROWS_MAX: usize = 400_000;
/// Everything: also what a broken clock has dated.
const EVER: Window = Window { from_ms: i64::MIN / 2, until_ms: i64::MAX / 2 };

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EraseError {
    #[error("an erasure says why: write a reason")]
    ReasonMissing,
    #[error("{held} sightings of this plate are held: lift the holds first, or leave it")]
    Held { held: usize },
    #[error("the plate has more than {ROWS_MAX} sightings, or not all of them can be read now; nothing was erased")]
    NotWhole,
    #[error("a rule of this house hides some cameras from you: somebody who sees through all of them must order it; nothing was erased")]
    HiddenCameras,
}

impl Keyed for EraseError {
    fn key(&self) -> &'static str {
        match self {
            Self::ReasonMissing => "sightings.erase.reason_missing",
            Self::Held { .. } => "sightings.erase.held",
            Self::NotWhole => "sightings.erase.not_whole",
            Self::HiddenCameras => "sightings.erase.hidden_cameras",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::ReasonMissing => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Held { .. } | Self::NotWhole => StatusCode::CONFLICT,
            Self::HiddenCameras => StatusCode::FORBIDDEN,
        }
    }
}

async fn handle(State(app): State<App>, person: Person, Body(asked): Body<EraseOrder>) -> Result<Audited<Erasure>, Problem> {
    let plate = window::plate(&asked.plate)?;
    let reason = clean(asked.reason.trim(), TEXT_CHARS_MAX);
    if reason.is_empty() {
        return Err(EraseError::ReasonMissing.into());
    }
    let case_ref = asked.case_ref.map(|text| clean(text.trim(), CASE_CHARS_MAX)).filter(|text| !text.is_empty());
    let (lake, code) = (lake_of(&app)?, code_of(&plate));
    // An erasure is of every passage of the plate: whoever may not see through every camera orders none.
    if !lake.hidden_sources().await.map_err(|error| problem_of(&error))?.is_empty() {
        return Err(EraseError::HiddenCameras.into());
    }
    // For whoever may not see a sealed plate it never passed: the order finds nothing, and destroys nothing of an enquiry that may be about him.
    let is_hidden = app.store.veil().is_some_and(|veil| veil.hides(&plate));
    let held = Arc::new(hold::in_force(&app.store, app.env.now()).await?);
    let answer = ask_rows(&app, ROWS_MAX, move |view, limits| history::ask(view, code, EVER, None, limits)).await?;
    if is_cut(&answer.partial) || answer.partial.iter().any(|p| matches!(p, shouhu_lakehouse::lake::Partial::Damaged(_))) {
        return Err(EraseError::NotWhole.into());
    }
    let held_rows = answer.rows.iter().filter(|row| held.contains(&id_of(row.key()))).count();
    if held_rows > 0 {
        return Err(EraseError::Held { held: held_rows }.into());
    }
    // Pictures first: while the rows are there a second try finds what is left of them.
    let pictures = erase_pictures(&app, answer).await?;
    let certificate = lake.erase(code, EVER, move |key| is_hidden || held.contains(&id_of(*key))).await.map_err(|e| problem_of(&e))?;
    if let Some(file) = certificate.unreadable.first() {
        // What could be read was searched and is erased; the rest stays until the file is mended, and the order is given again.
        let detail = format!("file {file:?} is damaged and may still hold sightings of this plate");
        return Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "lakehouse.damaged", detail));
    }
    // What was set aside of it goes too where a rule hides its device from him: one that is no source of the lake hides none, so that he may order it, and nothing is
    // told of what was found.
    Sight::whole().look(forget_notes(&app.store, |other, _| *other == plate && !is_hidden)).await?;
    let erasure = Erasure {
        at_us: app.env.now(),
        by_name: person.name.clone(),
        reason,
        case_ref,
        erased: certificate.rows_erased,
        pictures,
    };
    write(&app, &person, &erasure).await?;
    Ok(Audited::new(format!("erased {} sightings of one plate: {}", erasure.erased, erasure.reason), erasure))
}

async fn erase_pictures(app: &App, answer: Answer<Seen>) -> Result<u64, Problem> {
    let keys: Vec<_> = answer.rows.iter().map(Seen::key).collect();
    let records: Vec<FullRecord> = ask(app, keys.len(), move |view, _| {
        keys.iter().filter_map(|key| record(view, *key).transpose()).collect::<Result<Vec<_>, _>>()
    })
    .await?
    .map_err(|error| problem_of(&error.into()))?;
    let mut gone = 0;
    for one in records.iter().filter(|one| one.row.pictures != 0) {
        for picture in pictures_of(one) {
            remove_picture(&app.blobs, one.row.key(), picture).await?;
            gone += 1;
        }
    }
    Ok(gone)
}

async fn write(app: &App, person: &Person, erasure: &Erasure) -> Result<(), StoreError> {
    let number = |rows: u64| i64::try_from(rows).unwrap_or(i64::MAX);
    let mut tx = app.store.begin().await?;
    tx.execute(
        "INSERT INTO sightings_erasure (at_us, by_id, by_name, reason, case_ref, erased, pictures) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            erasure.at_us,
            person.id,
            &erasure.by_name,
            &erasure.reason,
            erasure.case_ref.clone(),
            number(erasure.erased),
            number(erasure.pictures),
        ],
    )
    .await?;
    tx.commit().await
}
