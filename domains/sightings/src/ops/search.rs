//! `GET /v1/sightings`: where a vehicle was seen, newest first.
//!
//! A search names a plate or a camera, and a window of time; it cannot leaf through everybody's movements.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::{CameraId, Micros};
use shouhu_lakehouse::lake::part::Window;
use shouhu_lakehouse::lake::plates::Like;
use shouhu_lakehouse::lake::questions::{AskError, Limits, cameras, find, history};
use shouhu_lakehouse::lake::{Answer, FullRecord, Key, Partial, Seen, View};
use shouhu_module::{App, Audit, Audited, Keyed, Params, Problem, Route, page_limit};
use shouhu_plate::{Pattern, PatternError, Plate, VehicleColour, VehicleKind};
use shouhu_wire::{Found, Look, Sighting};

use crate::gate::{Asking, page};
use crate::lake::{ask, code_of, is_cut, lake_of, notes_of, record, refusal_of};
use crate::looks::{self, COMPARED_MAX, narrowed};
use crate::passing::{plate_of, sighting_of};
use crate::window::{EXACT_MAX_US, WIDE_MAX_US, checked, cursor_of, parse_cursor, said};

pub const ROUTE: Route =
    Route::get("/v1/sightings", "Searches sightings by plate or camera within a window of time, newest first", || axum::routing::get(handle))
        .permission("sightings.search")
        .audit(Audit::PersonalRead)
        .asks::<SearchSightings>()
        .gives::<Found<Sighting>>();

/// Plates that one wildcard search follows; each costs a page of every day's file.
pub const PLATES_MAX: usize = 500;
/// Sightings of a camera that a search with a pattern compares before it gives up.
pub const SCAN_MAX: usize = 50_000;

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct SearchSightings {
    /// A plate, or a pattern with `?` for one character and `*` for any number; three characters must be known.
    pub plate: Option<String>,
    /// 31 days before the end for a whole plate, the widest window that is allowed otherwise, when absent.
    pub from_us: Option<i64>,
    /// Now when absent.
    pub until_us: Option<i64>,
    pub camera: Option<CameraId>,
    /// Only passages whose picture shows such a vehicle; it narrows a search and is none by itself.
    pub kind: Option<VehicleKind>,
    /// Only passages whose picture shows a vehicle of this colour.
    pub colour: Option<VehicleColour>,
    pub cursor: Option<String>,
    pub limit: Option<i64>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    #[error("a search needs a plate or a camera")]
    NothingAsked,
    #[error("{0}")]
    Pattern(PatternError),
    #[error(
        "more than {PLATES_MAX} plates, {SCAN_MAX} sightings or {COMPARED_MAX} pictures would have to be followed: give more characters, \
         a camera, or a shorter window"
    )]
    TooBroad,
}

impl Keyed for SearchError {
    fn key(&self) -> &'static str {
        match self {
            Self::NothingAsked => "sightings.search.nothing_asked",
            Self::Pattern(_) => "sightings.search.pattern_invalid",
            Self::TooBroad => "sightings.search.too_broad",
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

/// What an exact search covers when nobody says: the month that most questions are about.
const WINDOW_EXACT_US: i64 = 31 * Micros::DAY;

/// A search that may be run.
#[derive(Debug, Clone)]
struct Search {
    pattern: Option<Pattern>,
    camera: Option<CameraId>,
    look: Look,
    window: Window,
    before: Option<Key>,
}

impl Search {
    fn checked(query: &SearchSightings, now: Micros) -> Result<Self, Problem> {
        let text = query.plate.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let pattern = text.map(Pattern::parse).transpose().map_err(SearchError::Pattern)?;
        if pattern.is_none() && query.camera.is_none() {
            return Err(SearchError::NothingAsked.into());
        }
        let is_exact = pattern.as_ref().is_some_and(|pattern| pattern.exact().is_some());
        let (allowed_us, usual_us) = if is_exact { (EXACT_MAX_US, WINDOW_EXACT_US) } else { (WIDE_MAX_US, WIDE_MAX_US) };
        let until_us = query.until_us.unwrap_or(now.0);
        let from_us = query.from_us.unwrap_or_else(|| until_us.saturating_sub(usual_us));
        let window = checked(from_us, until_us, allowed_us)?;
        let look = Look { kind: query.kind, colour: query.colour };
        Ok(Self { pattern, camera: query.camera, look, window, before: parse_cursor(query.cursor.as_deref())? })
    }

    /// What the audit leaf says was searched.
    fn object(&self) -> String {
        let plate = self.pattern.as_ref().map_or_else(|| "any plate".to_owned(), Pattern::display);
        let camera = self.camera.map_or_else(String::new, |camera| format!(" at camera {camera}"));
        format!("{plate}{camera} {}{}", said(self.window), looks::said(self.look))
    }
}

async fn handle(State(app): State<App>, asking: Asking, Params(query): Params<SearchSightings>) -> Result<Audited<Found<Sighting>>, Problem> {
    let search = Arc::new(Search::checked(&query, app.env.now())?);
    let named: Vec<Plate> = search.pattern.as_ref().and_then(Pattern::exact).into_iter().collect();
    asking.may_ask(&named, search.window).await?;
    let limit = usize::try_from(page_limit(query.limit)).unwrap_or(1);
    let lake = lake_of(&app)?;
    let sources = search.camera.map(|camera| lake.sources_of_camera(camera));
    let page = page(&asking, &lake, &named, limit, search.before, |before, rows_max| {
        let (app, search, sources) = (app.clone(), Search { before, ..(*search).clone() }, sources.clone());
        async move {
            let rows = move |view: &View, limits: Limits<'_>| {
                let from = |before, limits: Limits<'_>| rows(view, &Search { before, ..search.clone() }, sources.as_deref(), limits);
                narrowed(view, search.look, search.before, limits, from)
            };
            ask(&app, rows_max, rows).await?
        }
    })
    .await?;
    let (keys, mut notes): (Vec<Key>, _) = (page.rows.iter().map(Seen::key).collect(), page.notes());
    let (records, damaged) = ask(&app, limit, move |view, _| whole(view, &keys)).await?;
    notes.extend(notes_of(&damaged));
    let items = records.iter().filter_map(|record| sighting_of(&lake, record)).collect();
    let found = Found { items, next_cursor: page.next.map(cursor_of), partial: notes };
    Ok(Audited::new(search.object() + &page.under, found))
}

/// The whole records of rows, and which files could not be read.
fn whole(view: &View, keys: &[Key]) -> (Vec<FullRecord>, Vec<Partial>) {
    let (mut records, mut damaged) = (Vec::with_capacity(keys.len()), Vec::new());
    for key in keys {
        match record(view, *key) {
            Ok(found) => records.extend(found),
            Err(error) => {
                let partial = Partial::Damaged(error);
                if !damaged.contains(&partial) {
                    damaged.push(partial);
                }
            }
        }
    }
    (records, damaged)
}

fn rows(view: &View, search: &Search, sources: Option<&[u32]>, limits: Limits<'_>) -> Result<Answer<Seen>, Problem> {
    let refused = |error: AskError| refusal_of(&error);
    let nothing = || Answer { rows: Vec::new(), partial: view.behind.clone() };
    match (&search.pattern, sources) {
        (_, Some([])) => Ok(nothing()),
        (None, sources) => cameras::rows(view, sources.unwrap_or_default(), search.window, search.before, limits).map_err(refused),
        (Some(pattern), None) => match pattern.exact() {
            Some(plate) => history::ask(view, code_of(&plate), search.window, search.before, limits).map_err(refused),
            None => wildcard(view, pattern, search, limits),
        },
        (Some(pattern), Some(sources)) => at_cameras(view, pattern, sources, search, limits),
    }
}

/// The plates that fit come from the book; each is followed like a known one.
fn wildcard(view: &View, pattern: &Pattern, search: &Search, limits: Limits<'_>) -> Result<Answer<Seen>, Problem> {
    let refused = |error: AskError| refusal_of(&error);
    let like = Like::glob(pattern.as_str()).map_err(|error| refused(error.into()))?;
    let plates = find::ask(view, &like, None, Limits { rows_max: PLATES_MAX, ..limits }).map_err(refused)?;
    if is_cut(&plates.partial) {
        return Err(SearchError::TooBroad.into());
    }
    let mut answer = Answer { rows: Vec::new(), partial: plates.partial };
    for plate in plates.rows {
        let of_plate = history::ask(view, plate.plate, search.window, search.before, limits).map_err(refused)?;
        answer.rows.extend(of_plate.rows);
        for partial in of_plate.partial {
            if !answer.partial.contains(&partial) {
                answer.partial.push(partial);
            }
        }
    }
    answer.rows.sort_unstable_by_key(|row| std::cmp::Reverse((row.at_ms, row.source, row.plate)));
    Ok(cut(answer, limits.rows_max))
}

pub(crate) fn cut(mut answer: Answer<Seen>, rows_max: usize) -> Answer<Seen> {
    if answer.rows.len() > rows_max {
        answer.rows.truncate(rows_max);
        answer.partial.push(Partial::Limit { limit: rows_max });
    }
    answer
}

/// Everything that the camera saw is compared, newest first, until the page is full.
fn at_cameras(view: &View, pattern: &Pattern, sources: &[u32], search: &Search, limits: Limits<'_>) -> Result<Answer<Seen>, Problem> {
    let exact = pattern.exact();
    let (mut found, mut before, mut compared) = (Answer { rows: Vec::new(), partial: Vec::new() }, search.before, 0);
    loop {
        let step_max = Limits { rows_max: SCAN_MAX / 10, ..limits };
        let step = match &exact {
            Some(plate) => history::ask(view, code_of(plate), search.window, before, step_max),
            None => cameras::rows(view, sources, search.window, before, step_max),
        }
        .map_err(|error| refusal_of(&error))?;
        let is_last = !is_cut(&step.partial);
        before = step.rows.last().map(Seen::key).or(before);
        compared += step.rows.len();
        let fits = |row: &Seen| sources.contains(&row.source) && (exact.is_some() || plate_of(row.plate).is_some_and(|p| pattern.matches(&p)));
        found.rows.extend(step.rows.into_iter().filter(fits));
        for partial in step.partial.into_iter().filter(|partial| !matches!(partial, Partial::Limit { .. })) {
            if !found.partial.contains(&partial) {
                found.partial.push(partial);
            }
        }
        if is_last || found.rows.len() > limits.rows_max {
            return Ok(cut(found, limits.rows_max));
        }
        if compared >= SCAN_MAX {
            return Err(SearchError::TooBroad.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Micros = Micros(20_000 * Micros::DAY);

    fn refused(query: &SearchSightings) -> Option<String> {
        Search::checked(query, NOW).err().map(|problem| problem.key)
    }

    fn search(plate: &str, days: i64) -> SearchSightings {
        SearchSightings { plate: Some(plate.into()), from_us: Some(NOW.0 - days * Micros::DAY), until_us: Some(NOW.0), ..SearchSightings::default() }
    }

    #[test]
    fn a_window_of_eight_days_is_refused_unless_the_plate_is_whole() {
        let too_wide = Some("sightings.search.window_too_wide".to_owned());
        assert_eq!([refused(&search("ABC12?4", 8)), refused(&search("ABC1234", 366))], [too_wide.clone(), too_wide]);
        assert_eq!([refused(&search("ABC12?4", 7)), refused(&search("ABC1234", 365))], [None, None]);
    }

    #[test]
    fn a_search_for_nothing_in_particular_is_refused() {
        assert_eq!(refused(&SearchSightings::default()).as_deref(), Some("sightings.search.nothing_asked"));
        assert_eq!(refused(&search(" ", 1)).as_deref(), Some("sightings.search.nothing_asked"));
        assert_eq!(refused(&search("A*", 1)).as_deref(), Some("sightings.search.pattern_invalid"));
        assert_eq!(refused(&search("ABC1234", 0)).as_deref(), Some("sightings.search.window_empty"));
        let absurd = SearchSightings { from_us: Some(i64::MIN), until_us: Some(i64::MAX), ..search("ABC1234", 1) };
        assert_eq!(refused(&absurd).as_deref(), Some("sightings.search.window_too_wide"));
        let cursor = SearchSightings { cursor: Some("7".into()), ..search("ABC1234", 1) };
        assert_eq!(refused(&cursor).as_deref(), Some("sightings.search.cursor_invalid"));
    }
}
