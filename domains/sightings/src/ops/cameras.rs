//! `POST /v1/sightings/cameras` and `/plates` below it: what passed some cameras.

use axum::extract::State;
use shouhu_ids::CameraId;
use shouhu_lakehouse::Lakehouse;
use shouhu_lakehouse::lake::View;
use shouhu_lakehouse::lake::questions::{Limits, cameras};
use shouhu_module::{App, Audit, Audited, Body, Problem, Route};
use shouhu_wire::{AskCameraPassages, AskCameras, Found, Passing, PlatePassages};

use crate::answer::{passages_of, passings_of};
use crate::gate::{Asking, page};
use crate::lake::{ask, ask_rows, lake_of, refusal_of};
use crate::looks::{self, narrowed};
use crate::window::{self, AskedError, CAMERAS_MAX};

pub const ROUTE: Route =
    Route::post("/v1/sightings/cameras", "Lists every passage of some cameras in a window, newest first", || axum::routing::post(handle))
        .permission("sightings.search")
        .audit(Audit::PersonalRead)
        .takes::<AskCameraPassages>()
        .gives::<Found<Passing>>();

pub const PLATES: Route =
    Route::post("/v1/sightings/cameras/plates", "Lists every plate that passed some cameras in a window, most passages first", || {
        axum::routing::post(plates)
    })
    .permission("sightings.search")
    .audit(Audit::PersonalRead)
    .takes::<AskCameras>()
    .gives::<Found<PlatePassages>>();

/// Every number that the cameras have had.
pub fn sources_of(lake: &Lakehouse, cameras: &[CameraId]) -> Result<Vec<u32>, AskedError> {
    if cameras.is_empty() || cameras.len() > CAMERAS_MAX {
        return Err(AskedError::Cameras { given: cameras.len() });
    }
    let mut sources = Vec::new();
    for camera in cameras {
        let numbers = lake.sources_of_camera(*camera);
        if numbers.is_empty() {
            return Err(AskedError::CameraUnknown(*camera));
        }
        sources.extend(numbers);
    }
    Ok(sources)
}

/// What the audit leaf says of cameras: all of them when they are few, else how many and which is the first.
#[must_use]
pub fn said(cameras: &[CameraId]) -> String {
    let named: Vec<String> = cameras.iter().take(10).map(ToString::to_string).collect();
    let rest = cameras.len().saturating_sub(named.len());
    let more = if rest == 0 { String::new() } else { format!(" and {rest} more") };
    format!("cameras {}{more}", named.join(" "))
}

async fn handle(State(app): State<App>, asking: Asking, Body(asked): Body<AskCameraPassages>) -> Result<Audited<Found<Passing>>, Problem> {
    let AskCameraPassages { at: asked, look } = asked;
    let (lake, window) = (lake_of(&app)?, window::wide(asked.span)?);
    let (sources, before) = (sources_of(&lake, &asked.cameras)?, window::parse_cursor(asked.cursor.as_deref())?);
    let page = page(&asking, &lake, &[], window::rows(asked.limit), before, |before, rows_max| {
        let (app, sources) = (app.clone(), sources.clone());
        async move {
            let rows = move |view: &View, limits: Limits<'_>| {
                let from = |before, limits: Limits<'_>| cameras::rows(view, &sources, window, before, limits).map_err(|error| refusal_of(&error));
                narrowed(view, look, before, limits, from)
            };
            ask(&app, rows_max, rows).await?
        }
    })
    .await?;
    let object = format!("passages of {} {}{}{}", said(&asked.cameras), window::said(window), looks::said(look), page.under);
    Ok(Audited::new(object, passings_of(&lake, &page)))
}

async fn plates(State(app): State<App>, asking: Asking, Body(asked): Body<AskCameras>) -> Result<Audited<Found<PlatePassages>>, Problem> {
    let (lake, window) = (lake_of(&app)?, window::wide(asked.span)?);
    let mut sources = sources_of(&lake, &asked.cameras)?;
    // The same cameras in another order are the same question.
    sources.sort_unstable();
    sources.dedup();
    let asked_of = sources.clone();
    let answer = ask_rows(&app, window::ROWS_MAX as usize, move |view, limits| cameras::ask(view, &asked_of, window, limits)).await?;
    let (found, under) = passages_of(&asking, answer, window::rows(asked.limit), window, &format!("{sources:?}")).await?;
    Ok(Audited::new(format!("plates at {} {}{under}", said(&asked.cameras), window::said(window)), found))
}
