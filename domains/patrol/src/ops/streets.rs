//! Which streets patrols drove, by beat and street, and as lines on the map.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::Micros;
use shouhu_module::{App, Audit, Audited, Keyed, Params, Problem, Route};
use shouhu_store::tag_of;

use crate::streets::cover::{Frame, Hours, Part};
use crate::streets::model::{Coverage, Metres, StreetLines, StreetWindow};
use crate::streets::{CREWS_MIN, KEPT_DAYS, broke_off, round, store};

pub const COVERAGE: Route =
    Route::get("/v1/patrol/streets", "Which streets patrols drove, by beat and by street", || axum::routing::get(coverage))
        .permission("patrol.plan")
        .audit(Audit::WorkRead)
        .asks::<StreetQuery>()
        .gives::<Coverage>();

pub const LINES: Route =
    Route::get("/v1/patrol/streets/lines", "Streets within a rectangle, with how each was driven, for the map", || axum::routing::get(lines))
        .permission("patrol.plan")
        .audit(Audit::WorkRead)
        .asks::<LineQuery>()
        .gives::<StreetLines>();

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct StreetQuery {
    #[serde(default)]
    pub window: StreetWindow,
    /// All where it is left out.
    pub station: Option<String>,
    pub beat: Option<String>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(rename = "StreetLineQuery")]
pub struct LineQuery {
    #[serde(default)]
    pub window: StreetWindow,
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
}

#[derive(Debug, thiserror::Error)]
#[error("a rectangle is west before east and south before north, in degrees")]
struct WrongFrame;

impl Keyed for WrongFrame {
    fn key(&self) -> &'static str {
        "patrol.streets.frame"
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

/// Longer names of stations and beats are refused.
const NAME_CHARS_MAX: usize = 100;

#[derive(Debug, thiserror::Error)]
#[error("the name of a station or a beat has at most {NAME_CHARS_MAX} characters")]
struct LongName;

impl Keyed for LongName {
    fn key(&self) -> &'static str {
        "patrol.streets.name"
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

async fn coverage(State(app): State<App>, Params(query): Params<StreetQuery>) -> Result<Audited<Coverage>, Problem> {
    let now = app.env.now();
    let hours = Hours::of(query.window, now);
    let part = Part { station: query.station.unwrap_or_default(), beat: query.beat.unwrap_or_default() };
    if [&part.station, &part.beat].into_iter().any(|name| name.chars().count() > NAME_CHARS_MAX) {
        return Err(LongName.into());
    }
    let leaf = format!("streets covered, {} {} {}", tag_of(&query.window), part.station, part.beat);
    let mut told = Coverage {
        window: query.window,
        from_us: Micros(hours.from * Micros::HOUR),
        now_us: now,
        map_version: None,
        counted_until_us: None,
        matched_share: None,
        kept_days: KEPT_DAYS,
        crews_min: CREWS_MIN,
        metres: Metres::default(),
        areas: Vec::new(),
        streets: Vec::new(),
        is_cut: false,
    };
    if let Some(cover) = round::cover(&app, hours).await? {
        let map = cover.sheet.version();
        let progress = store::progress(&app.store, map).await?;
        told.map_version = Some(map);
        told.counted_until_us = progress.map(|progress| progress.until);
        #[expect(clippy::cast_precision_loss, reason = "fixes of some weeks")]
        let share = progress.filter(|known| known.fixes > 0).map(|known| known.matched as f64 / known.fixes as f64);
        told.matched_share = share;
        let added = tokio::task::spawn_blocking(move || (cover.areas(&part), cover.streets(&part))).await;
        (told.areas, (told.streets, told.is_cut)) = added.map_err(|error| broke_off(&error))?;
        for area in &told.areas {
            told.metres.length_m += area.metres.length_m;
            told.metres.covered_m += area.metres.covered_m;
            told.metres.stale_m += area.metres.stale_m;
            told.metres.open_m += area.metres.open_m;
        }
    }
    Ok(Audited::new(leaf, told))
}

async fn lines(State(app): State<App>, Params(query): Params<LineQuery>) -> Result<Audited<StreetLines>, Problem> {
    let frame = [query.west, query.south, query.east, query.north];
    if !frame.iter().all(|side| side.is_finite()) || query.west >= query.east || query.south >= query.north {
        return Err(WrongFrame.into());
    }
    let Some(cover) = round::cover(&app, Hours::of(query.window, app.env.now())).await? else {
        return Ok(Audited::new("streets covered, no map".into(), StreetLines { map_version: None, items: Vec::new(), is_cut: false }));
    };
    let map_version = Some(cover.sheet.version());
    let sought = tokio::task::spawn_blocking(move || cover.lines(Frame(frame))).await;
    let (items, is_cut) = sought.map_err(|error| broke_off(&error))?;
    let [west, south, east, north] = frame;
    let leaf = format!("{} streets on the map, {} {west} {south} {east} {north}", items.len(), tag_of(&query.window));
    Ok(Audited::new(leaf, StreetLines { map_version, items, is_cut }))
}
