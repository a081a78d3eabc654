//! `POST /v1/sightings/area` and `/plates` below it: what was seen in a part of the map.

use axum::extract::State;
use shouhu_lakehouse::lake::View;
use shouhu_lakehouse::lake::questions::{self, Limits, area};
use shouhu_module::{App, Audit, Audited, Body, Problem, Route};
use shouhu_wire::{Area, AskArea, AskAreaPassages, Found, Passing, PlatePassages};

use crate::answer::{passages_of, passings_of};
use crate::gate::{Asking, page};
use crate::lake::{ask, ask_rows, lake_of, refusal_of};
use crate::looks::{self, narrowed};
use crate::{shapes, window};

pub const ROUTE: Route =
    Route::post("/v1/sightings/area", "Lists every passage in an area and a window, newest first", || axum::routing::post(handle))
        .permission("sightings.search")
        .audit(Audit::PersonalRead)
        .takes::<AskAreaPassages>()
        .gives::<Found<Passing>>();

pub const PLATES: Route =
    Route::post("/v1/sightings/area/plates", "Lists every plate that was seen in an area in a window, most passages first", || {
        axum::routing::post(plates)
    })
    .permission("sightings.search")
    .audit(Audit::PersonalRead)
    .takes::<AskArea>()
    .gives::<Found<PlatePassages>>();

/// The area as the engine asks with it.
///
/// # Errors
/// When it is none.
pub fn area_of(asked: &Area) -> Result<questions::Area, Problem> {
    shapes::area_of(asked).map_err(|error| refusal_of(&error.into()))
}

/// What the audit leaf says of an area: short enough to be read, exact enough to be found again on the map.
#[must_use]
pub fn said(asked: &Area) -> String {
    match asked {
        Area::Circle { center, radius_m } => format!("within {radius_m:.0} m of {:.6},{:.6}", center.lon, center.lat),
        Area::Bbox { west, south, east, north } => format!("within {west:.6},{south:.6},{east:.6},{north:.6}"),
        Area::Polygon { coordinates } => {
            let corners: usize = coordinates.iter().map(Vec::len).sum();
            let first = coordinates.first().and_then(|ring| ring.first()).copied().unwrap_or_default();
            format!("within a polygon of {corners} corners from {:.6},{:.6}", first[0], first[1])
        }
        Area::H3 { cells } => format!("within {} H3 cells from {}", cells.len(), cells.first().map_or("", String::as_str).chars().take(16).collect::<String>()),
    }
}

/// As the ledger tells two areas apart.
fn exactly(asked: &Area) -> String {
    serde_json::to_string(asked).unwrap_or_else(|_| said(asked))
}

async fn handle(State(app): State<App>, asking: Asking, Body(asked): Body<AskAreaPassages>) -> Result<Audited<Found<Passing>>, Problem> {
    let AskAreaPassages { within: asked, look } = asked;
    let (window, before) = (window::wide(asked.span)?, window::parse_cursor(asked.cursor.as_deref())?);
    let area = area_of(&asked.area)?;
    let lake = lake_of(&app)?;
    let page = page(&asking, &lake, &[], window::rows(asked.limit), before, |before, rows_max| {
        let (app, area) = (app.clone(), area.clone());
        async move {
            let rows = move |view: &View, limits: Limits<'_>| {
                let from = |before, limits: Limits<'_>| area::ask(view, &area, window, before, limits).map_err(|error| refusal_of(&error));
                narrowed(view, look, before, limits, from)
            };
            ask(&app, rows_max, rows).await?
        }
    })
    .await?;
    let object = format!("passages {} {}{}{}", said(&asked.area), window::said(window), looks::said(look), page.under);
    Ok(Audited::new(object, passings_of(&lake, &page)))
}

async fn plates(State(app): State<App>, asking: Asking, Body(asked): Body<AskArea>) -> Result<Audited<Found<PlatePassages>>, Problem> {
    let (window, area) = (window::wide(asked.span)?, area_of(&asked.area)?);
    let answer = ask_rows(&app, window::ROWS_MAX as usize, move |view, limits| area::plates(view, &area, window, limits)).await?;
    let (found, under) = passages_of(&asking, answer, window::rows(asked.limit), window, &exactly(&asked.area)).await?;
    Ok(Audited::new(format!("plates {} {}{under}", said(&asked.area), window::said(window)), found))
}
