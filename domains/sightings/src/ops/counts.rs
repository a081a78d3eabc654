//! `GET /v1/sightings/counts`: how many vehicles, by hour, camera or cell. No plates, so no purpose and no leaf.

use axum::Json;
use axum::extract::State;
use shouhu_ids::Micros;
use shouhu_lakehouse::Lakehouse;
use shouhu_lakehouse::lake::Answer;
use shouhu_lakehouse::lake::questions::counts::{self, CellCount, HourCount, Hours, SourceHour};
use shouhu_lakehouse::lake::questions::middle_of_cell;
use shouhu_module::{App, Audit, Params, Problem, Route};
use shouhu_wire::{Area, AskCounts, Count, CountBy, Counts};

use crate::lake::{ask_rows, lake_of, notes_of};
use crate::ops::area::area_of;
use crate::passing::position_of;
use crate::window::{self, AskedError, COUNTS_MAX_US};

pub const ROUTE: Route =
    Route::get("/v1/sightings/counts", "Counts passages by hour, camera or cell; names no vehicle", || axum::routing::get(handle))
        .permission("sightings.counts")
        .audit(Audit::None("numbers of vehicles name nobody"))
        .asks::<AskCounts>()
        .gives::<Counts>();

/// A day of 20,000 cameras, or a month of 700.
const COUNTS_ROWS_MAX: usize = 500_000;
const RESOLUTION_USUAL: u8 = 8;
const NOTHING: Count = Count { hour_us: None, camera: None, place_name: None, position: None, cell: None, sightings: 0 };

async fn handle(State(app): State<App>, Params(asked): Params<AskCounts>) -> Result<Json<Counts>, Problem> {
    let hours = Hours::around(window::checked(asked.from_us, asked.until_us, COUNTS_MAX_US)?);
    let lake = lake_of(&app)?;
    let (items, partial) = match (asked.by, asked.camera, &asked.bbox) {
        (CountBy::Cell, ..) => {
            let resolution = asked.resolution.unwrap_or(RESOLUTION_USUAL);
            let answer = ask_rows(&app, COUNTS_ROWS_MAX, move |view, limits| counts::by_cell(view, resolution, hours, limits)).await?;
            counted(&answer, by_cell)
        }
        (CountBy::Hour, None, Some(bbox)) => {
            let area = area_of(&bbox_of(bbox)?)?;
            let answer = ask_rows(&app, COUNTS_ROWS_MAX, move |view, limits| counts::in_area(view, &area, hours, limits)).await?;
            counted(&answer, by_hour)
        }
        (CountBy::Hour, None, None) => {
            let answer = ask_rows(&app, COUNTS_ROWS_MAX, move |view, limits| counts::by_hour(view, hours, limits)).await?;
            counted(&answer, by_hour)
        }
        (CountBy::Hour | CountBy::HourCamera, camera, _) => {
            let answer = ask_rows(&app, COUNTS_ROWS_MAX, move |view, limits| counts::by_source_hour(view, hours, limits)).await?;
            let (mut items, partial) = counted(&answer, |count: &SourceHour| by_source_hour(&lake, count));
            items.retain(|item| camera.is_none_or(|camera| item.camera == Some(camera)));
            (merged(items), partial)
        }
    };
    let total = items.iter().map(|item| item.sightings).sum();
    Ok(Json(Counts { items, total, partial }))
}

fn counted<T>(answer: &Answer<T>, count: impl Fn(&T) -> Count) -> (Vec<Count>, Vec<shouhu_wire::PartialNote>) {
    (answer.rows.iter().map(count).collect(), notes_of(&answer.partial))
}

fn by_hour(count: &HourCount) -> Count {
    Count { hour_us: Some(hour_us(count.hour)), sightings: count.rows, ..NOTHING }
}

fn by_cell(count: &CellCount) -> Count {
    let position = middle_of_cell(count.cell).and_then(position_of);
    Count { cell: Some(format!("{:x}", count.cell)), position, sightings: count.rows, ..NOTHING }
}

const fn hour_us(hour: i64) -> Micros {
    Micros(hour * Micros::HOUR)
}

fn by_source_hour(lake: &Lakehouse, count: &SourceHour) -> Count {
    let source = lake.source(count.source);
    Count {
        hour_us: Some(hour_us(i64::from(count.hour))),
        camera: source.as_ref().and_then(|source| source.key.camera),
        position: source.as_ref().and_then(|source| source.key.place_e6).and_then(position_of),
        place_name: Some(source.map_or_else(|| format!("#{}", count.source), |source| source.name.clone())),
        cell: None,
        sightings: u64::from(count.rows),
    }
}

/// A camera that was moved has had several numbers: to whoever counts it is one, where it stands now.
fn merged(mut items: Vec<Count>) -> Vec<Count> {
    let order = |item: &Count| (item.camera, item.hour_us);
    items.sort_by_key(order);
    items.dedup_by(|later, kept| {
        let is_same = later.camera.is_some() && order(later) == order(kept);
        if is_same {
            kept.sightings += later.sightings;
            kept.position = later.position;
        }
        is_same
    });
    items.sort_by_key(|item: &Count| (item.hour_us, item.camera));
    items
}

fn bbox_of(text: &str) -> Result<Area, AskedError> {
    let refused = || AskedError::Bbox(text.chars().take(80).collect());
    let degrees: Vec<f64> = text.split(',').map(str::trim).map(str::parse).collect::<Result<_, _>>().map_err(|_| refused())?;
    let [west, south, east, north] = degrees.as_slice() else { return Err(refused()) };
    Ok(Area::Bbox { west: *west, south: *south, east: *east, north: *north })
}

#[cfg(test)]
mod tests {
    use shouhu_ids::CameraId;

    use super::*;

    #[test]
    fn a_camera_that_was_moved_is_counted_as_one() {
        let camera = CameraId::new(Micros(1), [1; 16]);
        let count = |camera, sightings| Count { hour_us: Some(Micros(0)), camera, sightings, ..NOTHING };
        let items = merged(vec![count(Some(camera), 3), count(None, 5), count(Some(camera), 4), count(None, 6)]);
        assert_eq!(items.iter().map(|item| item.sightings).collect::<Vec<_>>(), [5, 6, 7]);
    }

    #[test]
    fn a_bbox_is_four_numbers() {
        assert!(bbox_of("120.1, 22.9,120.3,23.1").is_ok());
        for rubbish in ["", "1,2,3", "1,2,3,x", "1,2,3,4,5"] {
            assert!(bbox_of(rubbish).is_err(), "{rubbish}");
        }
    }
}
