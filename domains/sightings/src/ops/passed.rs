//! `POST /v1/sightings/passed`: who passed one place and later another.

use axum::extract::State;
use shouhu_lakehouse::Lakehouse;
use shouhu_lakehouse::lake::questions::a_then_b::{self, APassing};
use shouhu_lakehouse::lake::{Key, PlateCode};
use shouhu_module::{App, Audit, Audited, Body, Problem, Route};
use shouhu_wire::{AskPassed, Found, PassedAt, PassedBoth};

use crate::gate::{Asking, told_at};
use crate::lake::{ask_rows, lake_of};
use crate::ops::cameras::{said, sources_of};
use crate::passing::{id_of, micros_of, plate_of, position_of};
use crate::window;

pub const ROUTE: Route =
    Route::post("/v1/sightings/passed", "Finds vehicles that passed one place and later another", || axum::routing::post(handle))
        .permission("sightings.search")
        .audit(Audit::PersonalRead)
        .takes::<AskPassed>()
        .gives::<Found<PassedBoth>>();

const WITHIN_S_USUAL: u32 = 3_600;

async fn handle(State(app): State<App>, asking: Asking, Body(asked): Body<AskPassed>) -> Result<Audited<Found<PassedBoth>>, Problem> {
    let (lake, window) = (lake_of(&app)?, window::wide(asked.span)?);
    let (first, then) = (sources_of(&lake, &asked.first)?, sources_of(&lake, &asked.then)?);
    let within_ms = i64::from(asked.within_s.unwrap_or(WITHIN_S_USUAL)) * 1_000;
    let rows_max = window::rows(asked.limit);
    let answer =
        ask_rows(&app, window::ROWS_MAX as usize, move |view, limits| a_then_b::ask(view, &first, &then, window, within_ms, limits)).await?;
    let tells = |pair: &APassing| {
        let ends = [(pair.source_a, pair.at_a_ms), (pair.source_b, pair.at_b_ms)];
        ends.into_iter().flat_map(|(source, at_ms)| told_at(&lake, Key { source, at_ms, plate: pair.plate })).collect()
    };
    let shown = asking.reveal_rows(&[], answer.rows, rows_max, 2, tells).await?;
    let items = shown.rows.iter().filter_map(|pair| both_of(&lake, pair)).collect();
    let object = format!("passed {}, then {} {}{}", said(&asked.first), said(&asked.then), window::said(window), shown.under);
    Ok(Audited::new(object, Found { items, next_cursor: None, partial: shown.notes(answer.partial, rows_max) }))
}

fn both_of(lake: &Lakehouse, pair: &APassing) -> Option<PassedBoth> {
    let plate = plate_of(pair.plate)?;
    Some(PassedBoth {
        plate_display: plate.display(),
        plate,
        first: end_of(lake, pair.plate, pair.source_a, pair.at_a_ms),
        then: end_of(lake, pair.plate, pair.source_b, pair.at_b_ms),
        took_ms: pair.at_b_ms - pair.at_a_ms,
    })
}

fn end_of(lake: &Lakehouse, plate: PlateCode, source: u32, at_ms: i64) -> PassedAt {
    let record = lake.source(source);
    PassedAt {
        id: id_of(Key { source, at_ms, plate }),
        captured_at_us: micros_of(at_ms),
        camera: record.as_ref().and_then(|record| record.key.camera),
        position: record.as_ref().and_then(|record| record.key.place_e6).and_then(position_of),
        place_name: record.map_or_else(|| format!("#{source}"), |record| record.name.clone()),
    }
}
