//! `GET /v1/sightings`: where a vehicle was seen, newest first.
//!
//! A search names a plate or a camera, and a window of time; it cannot leaf through everybody's movements.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::{CameraId, Micros, SightingId};
use shouhu_module::{App, Audit, Audited, Cursor, Keyed, Page, Params, Problem, Route};
use shouhu_plate::{Pattern, PatternError};
use shouhu_wire::Sighting;

use crate::store::{self, Narrowed, PlateRange};

pub const ROUTE: Route =
    Route::get("/v1/sightings", "Searches sightings by plate or camera within a window of time, newest first", || axum::routing::get(handle))
        .permission("sightings.search")
        .audit(Audit::PersonalRead)
        .asks::<SearchSightings>()
        .gives::<Page<Sighting>>();

/// The widest window of a search that a wildcard or a camera makes broad; longer investigations repeat the query and so
/// repeat the audit leaf.
pub const WINDOW_MAX_US: i64 = 7 * Micros::DAY;
/// The widest window for one known plate.
pub const WINDOW_EXACT_MAX_US: i64 = 31 * Micros::DAY;
/// Sightings that one wildcard search compares before it gives up.
pub const SCAN_MAX: usize = 50_000;
const SCAN_STEP: i64 = 5_000;

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct SearchSightings {
    /// A plate, or a pattern with `?` for one character and `*` for any number; three characters must be known.
    pub plate: Option<String>,
    /// The widest window that is allowed when absent.
    pub from_us: Option<i64>,
    /// Now when absent.
    pub until_us: Option<i64>,
    pub camera: Option<CameraId>,
    pub cursor: Option<String>,
    pub limit: Option<i64>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    #[error("a search needs a plate or a camera")]
    NothingAsked,
    #[error("{0}")]
    Pattern(PatternError),
    #[error("the window ends at {until_us} and begins at {from_us}; it must begin before it ends")]
    WindowEmpty { from_us: i64, until_us: i64 },
    #[error("the window is {asked_h} hours wide; {allowed_h} are allowed here: make it narrower, or give the whole plate")]
    WindowTooWide { asked_h: i64, allowed_h: i64 },
    #[error("more than {SCAN_MAX} sightings would have to be compared: give more characters at the beginning, a camera, or a shorter window")]
    TooBroad,
    #[error("cursor {0:?} is none that a page gave")]
    Cursor(String),
}

impl Keyed for SearchError {
    fn key(&self) -> &'static str {
        match self {
            Self::NothingAsked => "sightings.search.nothing_asked",
            Self::Pattern(_) => "sightings.search.pattern_invalid",
            Self::WindowEmpty { .. } => "sightings.search.window_empty",
            Self::WindowTooWide { .. } => "sightings.search.window_too_wide",
            Self::TooBroad => "sightings.search.too_broad",
            Self::Cursor(_) => "sightings.search.cursor_invalid",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Cursor(_) => StatusCode::BAD_REQUEST,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// A search that may be run.
#[derive(Debug, Clone)]
struct Search {
    pattern: Option<Pattern>,
    narrowed: Narrowed,
}

impl Search {
    fn checked(query: &SearchSightings, now: Micros) -> Result<Self, SearchError> {
        let text = query.plate.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let pattern = text.map(Pattern::parse).transpose().map_err(SearchError::Pattern)?;
        if pattern.is_none() && query.camera.is_none() {
            return Err(SearchError::NothingAsked);
        }
        let is_exact = pattern.as_ref().is_some_and(|pattern| pattern.exact().is_some());
        let allowed_us = if is_exact { WINDOW_EXACT_MAX_US } else { WINDOW_MAX_US };
        let until_us = query.until_us.unwrap_or(now.0);
        let from_us = query.from_us.unwrap_or_else(|| until_us.saturating_sub(allowed_us));
        if from_us >= until_us {
            return Err(SearchError::WindowEmpty { from_us, until_us });
        }
        let asked_us = until_us.saturating_sub(from_us);
        if asked_us > allowed_us {
            return Err(SearchError::WindowTooWide { asked_h: asked_us / Micros::HOUR, allowed_h: allowed_us / Micros::HOUR });
        }
        let after = query.cursor.as_deref().map(|text| parse_cursor(text).ok_or_else(|| SearchError::Cursor(text.chars().take(80).collect()))).transpose()?;
        let plates = pattern.as_ref().map_or(PlateRange::Any, range_of);
        Ok(Self { pattern, narrowed: Narrowed { from: Micros(from_us), until: Micros(until_us), camera: query.camera, plates, after } })
    }

    /// What the audit leaf says was searched.
    fn object(&self) -> String {
        let plate = self.pattern.as_ref().map_or_else(|| "any plate".to_owned(), Pattern::display);
        let camera = self.narrowed.camera.map_or_else(String::new, |camera| format!(" at camera {camera}"));
        format!("{plate}{camera} from {} until {}", self.narrowed.from.0, self.narrowed.until.0)
    }
}

fn cursor_of(sighting: &Sighting) -> String {
    format!("{}.{}", sighting.captured_at_us.0, sighting.id)
}

fn parse_cursor(text: &str) -> Option<(Micros, SightingId)> {
    let (at, id) = text.split_once('.')?;
    Some((Micros(at.parse().ok()?), id.parse().ok()?))
}

/// The plates that can match: those that begin as the pattern does.
fn range_of(pattern: &Pattern) -> PlateRange {
    if let Some(plate) = pattern.exact() {
        return PlateRange::Exact(plate.into());
    }
    let prefix: String = pattern.as_str().chars().take_while(char::is_ascii_alphanumeric).collect();
    if prefix.is_empty() { PlateRange::Any } else { PlateRange::Between(prefix.clone(), after_prefix(&prefix)) }
}

/// The smallest plate text after all that begin with `prefix`. Only letters and digits, because PostgreSQL's collations
/// agree with byte order for upper-case letters and digits and for nothing else.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut next = prefix.to_owned();
    while let Some(last) = next.pop() {
        let successor = match last {
            'Z' => continue,
            '9' => 'A',
            other => char::from_u32(u32::from(other) + 1)?,
        };
        next.push(successor);
        return Some(next);
    }
    None
}

async fn handle(State(app): State<App>, Params(query): Params<SearchSightings>) -> Result<Audited<Page<Sighting>>, Problem> {
    let search = Search::checked(&query, app.env.now())?;
    let limit = Cursor::limit(query.limit);
    let found = match &search.pattern {
        Some(pattern) if pattern.exact().is_none() => wildcard(&app, pattern, &search.narrowed, limit + 1).await?,
        _ => store::find(&app.store, &search.narrowed, limit + 1).await?,
    };
    Ok(Audited::new(search.object(), Page::cut(found, limit, cursor_of)))
}

/// Compares in steps, newest first, until the page is full, the window is through, or too much has been compared.
async fn wildcard(app: &App, pattern: &Pattern, narrowed: &Narrowed, wanted: i64) -> Result<Vec<Sighting>, Problem> {
    let wanted = usize::try_from(wanted).unwrap_or(1);
    let (mut rest, mut compared, mut ids) = (narrowed.clone(), 0_usize, Vec::new());
    loop {
        let step = store::scan(&app.store, &rest, SCAN_STEP).await?;
        compared += step.len();
        let is_last = step.len() < usize::try_from(SCAN_STEP).unwrap_or(usize::MAX);
        rest.after = step.last().map(|(id, _, at)| (*at, *id));
        ids.extend(step.into_iter().filter(|(_, plate, _)| pattern.matches(plate)).map(|(id, _, _)| id));
        if ids.len() >= wanted || is_last {
            break;
        }
        if compared >= SCAN_MAX {
            return Err(SearchError::TooBroad.into());
        }
    }
    let mut found = Vec::new();
    for id in ids.into_iter().take(wanted) {
        // One that the purge took meanwhile is not found any more.
        found.extend(store::get(&app.store, id).await?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shouhu_plate::Plate;

    use super::*;

    const NOW: Micros = Micros(20_000 * Micros::DAY);

    fn refused(query: &SearchSightings) -> Option<&'static str> {
        Search::checked(query, NOW).err().map(|error| error.key())
    }

    fn search(plate: &str, days: i64) -> SearchSightings {
        SearchSightings { plate: Some(plate.into()), from_us: Some(NOW.0 - days * Micros::DAY), until_us: Some(NOW.0), ..SearchSightings::default() }
    }

    #[test]
    fn a_window_of_eight_days_is_refused_unless_the_plate_is_whole() {
        assert_eq!(refused(&search("ABC12?4", 8)), Some("sightings.search.window_too_wide"));
        assert_eq!(refused(&search("ABC1234", 8)), None);
        assert_eq!(refused(&search("ABC1234", 32)), Some("sightings.search.window_too_wide"));
        assert_eq!(refused(&search("ABC12?4", 7)), None);
    }

    #[test]
    fn a_search_for_nothing_in_particular_is_refused() {
        assert_eq!(refused(&SearchSightings::default()), Some("sightings.search.nothing_asked"));
        assert_eq!(refused(&search(" ", 1)), Some("sightings.search.nothing_asked"));
        assert_eq!(refused(&search("A*", 1)), Some("sightings.search.pattern_invalid"));
        assert_eq!(refused(&search("ABC1234", 0)), Some("sightings.search.window_empty"));
        let absurd = SearchSightings { from_us: Some(i64::MIN), until_us: Some(i64::MAX), ..search("ABC1234", 1) };
        assert_eq!(refused(&absurd), Some("sightings.search.window_too_wide"));
        let cursor = SearchSightings { cursor: Some("7".into()), ..search("ABC1234", 1) };
        assert_eq!(refused(&cursor), Some("sightings.search.cursor_invalid"));
    }

    #[test]
    fn the_bound_after_a_prefix_is_made_of_letters_and_digits() {
        let bounds = ["ABC", "AB9", "AZ", "ZZ", "A0Z"].map(after_prefix);
        assert_eq!(bounds, [Some("ABD".into()), Some("ABA".into()), Some("B".into()), None, Some("A1".into())]);
    }

    proptest! {
        #[test]
        fn the_range_holds_every_plate_that_matches(pattern in "[A-Z0-9]{0,3}[?*][A-Z0-9]{3}", plate in "[A-Z0-9]{4,8}") {
            let (Ok(pattern), Ok(plate)) = (Pattern::parse(&pattern), Plate::parse(&plate)) else { return Ok(()) };
            if pattern.matches(&plate) && let PlateRange::Between(from, until) = range_of(&pattern) {
                prop_assert!(plate.as_str() >= from.as_str() && until.is_none_or(|until| plate.as_str() < until.as_str()));
            }
        }
    }
}
