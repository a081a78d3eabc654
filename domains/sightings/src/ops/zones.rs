//! `POST /v1/sightings/zones`: where stolen vehicles disappear and where they turn up again.

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_ids::Micros;
use shouhu_lakehouse::lake::{Answer, DAY_MS};
use shouhu_lakehouse::lake::questions::middle_of_cell;
use shouhu_lakehouse::lake::questions::theft_zones::{self, Theft, Zone, Zoning};
use shouhu_module::ports::Glimpse;
use shouhu_module::{App, Audit, Audited, Body, Keyed, Problem, Route};
use shouhu_plate::Plate;
use shouhu_wire::{AskZones, Found, StolenVehicle, TheftZone};

use crate::gate::Asking;
use crate::lake::{ask_rows, code_of};
use crate::passing::{micros_of, position_of};
use crate::window::{self, ROWS_MAX};

pub const ROUTE: Route =
    Route::post("/v1/sightings/zones", "Counts where stolen vehicles were last seen and seen again", || axum::routing::post(handle))
        .permission("sightings.search")
        .audit(Audit::PersonalRead)
        .takes::<AskZones>()
        .gives::<Found<TheftZone>>();

/// A year of a city's thefts; each is looked up like a history.
const VEHICLES_MAX: usize = 2_000;
const LOOK_DAYS_USUAL: u32 = 30;
/// As long as passages without a hit are kept.
const LOOK_DAYS_MAX: u32 = 90;
const RESOLUTION_USUAL: u8 = 8;
/// A cell of 0.1 km²: a finer one of one vehicle is a door.
const RESOLUTION_MAX: u8 = 9;

#[derive(Debug, thiserror::Error)]
pub enum ZonesError {
    #[error("{given} stolen vehicles are given; between 1 and {VEHICLES_MAX} are possible")]
    Vehicles { given: usize },
    #[error("{given} days around a theft are asked for; at most {LOOK_DAYS_MAX} are possible")]
    LookDays { given: u32 },
    #[error("cells of H3 resolution {given} are asked for; at most {RESOLUTION_MAX} is possible")]
    Resolution { given: u8 },
}

impl Keyed for ZonesError {
    fn key(&self) -> &'static str {
        match self {
            Self::Vehicles { .. } => "sightings.zones.vehicles",
            Self::LookDays { .. } => "sightings.zones.look_days",
            Self::Resolution { .. } => "sightings.zones.resolution",
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

async fn handle(State(app): State<App>, asking: Asking, Body(asked): Body<AskZones>) -> Result<Audited<Found<TheftZone>>, Problem> {
    let given = asked.vehicles.len();
    if given == 0 || given > VEHICLES_MAX {
        return Err(ZonesError::Vehicles { given }.into());
    }
    let look_days = asked.look_days.unwrap_or(LOOK_DAYS_USUAL);
    if look_days > LOOK_DAYS_MAX {
        return Err(ZonesError::LookDays { given: look_days }.into());
    }
    let resolution = asked.resolution.unwrap_or(RESOLUTION_USUAL);
    if resolution > RESOLUTION_MAX {
        return Err(ZonesError::Resolution { given: resolution }.into());
    }
    // A zone of one vehicle is where that vehicle was: each is charged before the lake is asked, wherever it turns up.
    let stolen: Vec<(Plate, Theft)> = asked.vehicles.iter().map(theft_of).collect::<Result<_, _>>()?;
    let around = |(plate, theft): &(Plate, Theft)| told(plate, *theft, look_days);
    let shown = asking.reveal_rows(&[], stolen, VEHICLES_MAX, TELLS_MAX, around).await?;
    let thefts: Vec<Theft> = shown.rows.iter().map(|(_, theft)| *theft).collect();
    let zoning = Zoning {
        resolution,
        look_ms: i64::from(look_days) * DAY_MS,
        period_ms: asked.period_days.map(|days| i64::from(days) * DAY_MS),
    };
    let rows_max = usize::try_from(ROWS_MAX).unwrap_or(usize::MAX);
    let answer = if thefts.is_empty() {
        Answer { rows: Vec::new(), partial: Vec::new() }
    } else {
        ask_rows(&app, rows_max, move |view, limits| theft_zones::ask(view, &thefts, zoning, limits)).await?
    };
    let items = answer.rows.iter().map(|zone| zone_of(zone, zoning.period_ms.is_some())).collect();
    let plates: Vec<&str> = asked.vehicles.iter().map(|vehicle| vehicle.plate.as_str()).collect();
    let object = format!("zones of {given} stolen vehicles, {look_days} days around each theft: {}{}", plates.join(" "), shown.under);
    Ok(Audited::new(object, Found { items, next_cursor: None, partial: shown.notes(answer.partial, rows_max) }))
}

/// Last seen before, first and last seen after.
const TELLS_MAX: usize = 3;

/// Another moment, recovery or look is another question, and finds the vehicle elsewhere.
fn told(plate: &Plate, theft: Theft, look_days: u32) -> Vec<Glimpse> {
    let recovered_ms = theft.recovered_ms.unwrap_or_default();
    let question = [recovered_ms, i64::from(look_days)].iter().fold(theft.stolen_ms, |mark, part| mark.wrapping_mul(1_000_003).wrapping_add(*part));
    // Without a recovery it may turn up on any of the days that are looked at; the last of them stands for them.
    let after_ms = theft.recovered_ms.unwrap_or_else(|| theft.stolen_ms.saturating_add(i64::from(look_days) * DAY_MS));
    // Where it was before is looked for as far back: a consent must cover that too.
    let before_ms = theft.stolen_ms.saturating_sub(i64::from(look_days) * DAY_MS);
    let ends = [before_ms, theft.stolen_ms, after_ms];
    (0..).zip(ends).map(|(number, at_ms)| Glimpse::zone(plate.clone(), micros_of(at_ms), question.wrapping_mul(4).wrapping_add(number))).collect()
}

fn theft_of(vehicle: &StolenVehicle) -> Result<(Plate, Theft), Problem> {
    let ms = |at: Micros| at.0.div_euclid(1_000);
    let plate = window::plate(&vehicle.plate)?;
    let theft = Theft { plate: code_of(&plate), stolen_ms: ms(vehicle.stolen_at_us), recovered_ms: vehicle.recovered_at_us.map(ms) };
    Ok((plate, theft))
}

fn zone_of(zone: &Zone, has_periods: bool) -> TheftZone {
    TheftZone {
        cell: format!("{:x}", zone.cell),
        position: middle_of_cell(zone.cell).and_then(position_of),
        period_from_us: has_periods.then_some(Micros(zone.period_from_ms.saturating_mul(1_000))),
        last_seen_before: zone.last_seen_before,
        first_seen_after: zone.first_seen_after,
        last_seen_after: zone.last_seen_after,
    }
}
