//! `POST /v1/sightings/meetings`: where and when plates were at one place.

use axum::extract::State;
use shouhu_lakehouse::Lakehouse;
use shouhu_lakehouse::lake::questions::meetings::{self, Near};
use shouhu_module::{App, Audit, Audited, Body, Problem, Route};
use shouhu_plate::Plate;
use shouhu_wire::{AskMeetings, Found, Meeting};

use crate::gate::{Asking, question, summed};
use crate::lake::{ask_rows, code_of, lake_of};
use crate::passing::{micros_of, plate_of, position_of};
use crate::window;

pub const ROUTE: Route = Route::post("/v1/sightings/meetings", "Finds where and when plates were at one place", || axum::routing::post(handle))
    .permission("sightings.search")
    .audit(Audit::PersonalRead)
    .takes::<AskMeetings>()
    .gives::<Found<Meeting>>();

/// A month of some known vehicles.
const WINDOW_MAX_US: i64 = 31 * shouhu_ids::Micros::DAY;
const WITHIN_S_USUAL: u32 = 300;

async fn handle(State(app): State<App>, asking: Asking, Body(asked): Body<AskMeetings>) -> Result<Audited<Found<Meeting>>, Problem> {
    let plates: Vec<Plate> = asked.plates.iter().map(|text| window::plate(text)).collect::<Result<_, _>>()?;
    let window = window::checked(asked.span.from_us.0, asked.span.until_us.0, WINDOW_MAX_US)?;
    let near = Near {
        within_ms: i64::from(asked.within_s.unwrap_or(WITHIN_S_USUAL)) * 1_000,
        within_m: asked.within_m.unwrap_or_default(),
    };
    asking.may_ask(&plates, window).await?;
    let codes: Vec<_> = plates.iter().map(code_of).collect();
    let rows_max = window::rows(asked.limit);
    let answer = ask_rows(&app, window::ROWS_MAX as usize, move |view, limits| meetings::ask(view, &codes, window, near, limits)).await?;
    let lake = lake_of(&app)?;
    let tells = |found: &meetings::Meeting| {
        let question = question(&format!("{:?} {near:?}", found.plates));
        let met = found.plates.iter().filter_map(|code| plate_of(*code));
        met.flat_map(|plate| summed(&plate, [found.from_ms, found.until_ms], u64::from(found.passages), question)).collect()
    };
    let shown = asking.reveal_sums(&plates, answer.rows, rows_max, window, tells).await?;
    let items = shown.rows.iter().map(|found| meeting_of(&lake, found)).collect();
    let named: Vec<String> = plates.iter().map(Plate::display).collect();
    let object = format!("meetings of {} {}{}", named.join(" "), window::said(window), shown.under);
    Ok(Audited::new(object, Found { items, next_cursor: None, partial: shown.notes(answer.partial, rows_max) }))
}

fn meeting_of(lake: &Lakehouse, found: &meetings::Meeting) -> Meeting {
    let name = |number: &u32| lake.source(*number).map_or_else(|| format!("#{number}"), |source| source.name.clone());
    // Two moments are charged, so two places are named: vehicles that drive together meet all along their way.
    let mut ends = found.ends.to_vec();
    ends.dedup();
    Meeting {
        first_at_us: micros_of(found.from_ms),
        last_at_us: micros_of(found.until_ms),
        plates: found.plates.iter().filter_map(|code| plate_of(*code)).map(|plate| plate.display()).collect(),
        place_names: ends.iter().map(name).collect(),
        position: found.place_e6.and_then(position_of),
        passages: found.passages,
    }
}
