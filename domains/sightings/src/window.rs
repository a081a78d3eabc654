//! How wide a question may be, and why.

use axum::http::StatusCode;
use shouhu_ids::Micros;
use shouhu_lakehouse::lake::part::Window;
use shouhu_lakehouse::lake::{Key, PlateCode};
use shouhu_module::{Keyed, Problem};
use shouhu_plate::{Plate, PlateError};
use shouhu_wire::Span;

use crate::lake::window_of;

/// One known plate: as long as anything may be kept (警察職權行使法 §10).
pub const EXACT_MAX_US: i64 = 365 * Micros::DAY;
/// Whoever passed somewhere: longer investigations repeat the question and so repeat the audit leaf.
pub const WIDE_MAX_US: i64 = 7 * Micros::DAY;
/// Numbers name nobody: a year, to compare with the year before.
pub const COUNTS_MAX_US: i64 = 366 * Micros::DAY;

/// Rows of an answer when the asker says nothing, and the most that one answer has: what a screen shows and a person reads.
pub const ROWS_DEFAULT: u32 = 200;
pub const ROWS_MAX: u32 = 2_000;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskedError {
    #[error("the window ends at {until_us} and begins at {from_us}; it must begin before it ends")]
    WindowEmpty { from_us: i64, until_us: i64 },
    #[error("the window is {asked_h} hours wide; {allowed_h} are allowed here: make it narrower, or give the whole plate")]
    WindowTooWide { asked_h: i64, allowed_h: i64 },
    #[error("{0}")]
    Plate(PlateError),
    #[error("cursor {0:?} is none that a page gave")]
    Cursor(String),
    #[error("camera {0} has sent nothing to the lake")]
    CameraUnknown(shouhu_ids::CameraId),
    #[error("{given} cameras are given; between 1 and {CAMERAS_MAX} are possible")]
    Cameras { given: usize },
    #[error("bbox {0:?} is not west,south,east,north in degrees")]
    Bbox(String),
}

/// A question about more cameras is one about an area.
pub const CAMERAS_MAX: usize = 1_000;

impl Keyed for AskedError {
    fn key(&self) -> &'static str {
        match self {
            Self::WindowEmpty { .. } => "sightings.search.window_empty",
            Self::WindowTooWide { .. } => "sightings.search.window_too_wide",
            Self::Plate(_) => "sightings.search.plate_invalid",
            Self::Cursor(_) => "sightings.search.cursor_invalid",
            Self::CameraUnknown(_) => "sightings.search.camera_unknown",
            Self::Cameras { .. } => "sightings.search.cameras",
            Self::Bbox(_) => "sightings.search.bbox_invalid",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Cursor(_) => StatusCode::BAD_REQUEST,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// # Errors
/// When it is empty or wider than `allowed_us`.
pub fn checked(from_us: i64, until_us: i64, allowed_us: i64) -> Result<Window, AskedError> {
    if from_us >= until_us {
        return Err(AskedError::WindowEmpty { from_us, until_us });
    }
    let asked_us = until_us.saturating_sub(from_us);
    if asked_us > allowed_us {
        return Err(AskedError::WindowTooWide { asked_h: asked_us / Micros::HOUR, allowed_h: allowed_us / Micros::HOUR });
    }
    Ok(window_of(Micros(from_us), Micros(until_us)))
}

/// # Errors
/// As [`checked`].
pub fn wide(span: Span) -> Result<Window, AskedError> {
    checked(span.from_us.0, span.until_us.0, WIDE_MAX_US)
}

/// What the audit leaf says of a window.
#[must_use]
pub fn said(window: Window) -> String {
    // The first and the last moments that a number holds lie in no whole millisecond.
    format!("from {} until {}", window.from_ms.saturating_mul(1_000), window.until_ms.saturating_mul(1_000))
}

#[must_use]
pub fn rows(asked: Option<u32>) -> usize {
    asked.unwrap_or(ROWS_DEFAULT).clamp(1, ROWS_MAX) as usize
}

/// # Errors
/// When it is no plate.
pub fn plate(text: &str) -> Result<Plate, Problem> {
    Plate::parse(text).map_err(|error| AskedError::Plate(error).into())
}

/// The last row of a page; opaque to whoever asks.
#[must_use]
pub fn cursor_of(key: Key) -> String {
    format!("{}.{}.{}", key.at_ms, key.source, key.plate)
}

/// # Errors
/// When no page gave it.
pub fn parse_cursor(text: Option<&str>) -> Result<Option<Key>, AskedError> {
    let Some(text) = text else { return Ok(None) };
    let parse = || {
        let mut parts = text.split('.');
        let (at_ms, source, plate) = (parts.next()?, parts.next()?, parts.next()?);
        let key = Key { source: source.parse().ok()?, at_ms: at_ms.parse().ok()?, plate: PlateCode::parse(plate).ok()? };
        parts.next().is_none().then_some(key)
    };
    parse().map(Some).ok_or_else(|| AskedError::Cursor(text.chars().take(80).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_of_eight_days_is_refused_where_seven_are_allowed() {
        let refused = checked(0, 8 * Micros::DAY, WIDE_MAX_US);
        assert_eq!(refused, Err(AskedError::WindowTooWide { asked_h: 192, allowed_h: 168 }));
        assert!(matches!(checked(i64::MIN, i64::MAX, EXACT_MAX_US), Err(AskedError::WindowTooWide { .. })));
        for edge in [i64::MIN, i64::MAX - 1] {
            let said = checked(edge, edge + 1, WIDE_MAX_US).map(said);
            assert!(said.is_ok_and(|said| said.starts_with("from ")), "{edge}");
        }
        assert!(matches!(checked(5, 5, EXACT_MAX_US), Err(AskedError::WindowEmpty { .. })));
    }

    #[test]
    fn a_cursor_comes_back_and_rubbish_does_not() {
        let key = Key { source: 7, at_ms: 1_700_000_000_000, plate: PlateCode::parse("ABC1234").unwrap_or_default() };
        assert_eq!(parse_cursor(Some(&cursor_of(key))), Ok(Some(key)));
        for rubbish in ["", "7", "1.2.3.4", "1.2.車", "x.1.ABC"] {
            assert!(parse_cursor(Some(rubbish)).is_err(), "{rubbish}");
        }
    }
}
