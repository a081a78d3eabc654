//! Answers as files: asked with purpose and case, made in the background, encrypted at rest, gone after a day.
//!
//! **Invariant:** what was asked is in the audit log before the work starts, and every download before its first byte.
//! **Invariant:** only the person who asked sees an export or its file.

pub mod csv;
pub mod geojson;
pub mod job;
pub mod records;
pub mod store;

use axum::http::StatusCode;
use shouhu_ids::{ExportId, Micros};
use shouhu_lakehouse::lake::questions::{AreaError, AskError};
use shouhu_module::Keyed;
use shouhu_plate::PlateError;

/// Rows of one file: more than a spreadsheet shows on one sheet are no help, and so many fit into memory (200 bytes each).
pub const ROWS_MAX: usize = 500_000;
/// Bytes of one file: it is encrypted in one piece.
pub const BYTES_MAX: usize = 256 * 1024 * 1024;
/// Widest window for one plate.
pub const WINDOW_PLATE_MAX_US: i64 = 366 * Micros::DAY;
/// Widest window for cameras and areas; longer investigations repeat the export and so repeat the leaf.
pub const WINDOW_WIDE_MAX_US: i64 = 31 * Micros::DAY;
pub const CAMERAS_MAX: usize = 200;
/// Exports of one person that wait or run at the same time.
pub const OPEN_MAX: i64 = 3;
/// A file lives so long.
pub const LIFE_US: i64 = Micros::DAY;
/// Records of past exports are kept so long.
pub const KEPT_US: i64 = 90 * Micros::DAY;
/// Wall-clock of one try; shorter than the lease of a job, so that no export is made twice at once.
pub const TIME_MAX_US: i64 = 4 * Micros::MINUTE;
/// Tries before an export has failed.
pub const ATTEMPTS_MAX: i64 = 3;

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("the window ends at {until_us} and begins at {from_us}; it must begin before it ends")]
    WindowEmpty { from_us: i64, until_us: i64 },
    #[error("the window is {asked_d} days wide; {allowed_d} are allowed here: export it in parts")]
    WindowTooWide { asked_d: i64, allowed_d: i64 },
    #[error("{0}")]
    Plate(PlateError),
    #[error("{given} cameras given; name 1 to {CAMERAS_MAX}")]
    Cameras { given: usize },
    #[error("{0}")]
    Area(AreaError),
    #[error("{0}")]
    Ask(AskError),
    #[error("{open} of your exports are still being made; wait for one or cancel it")]
    TooManyOpen { open: i64 },
    #[error("export {id} has no file: it is {state}")]
    NoFile { id: ExportId, state: String },
    #[error("export {id} is {state}; only one that waits or runs can be cancelled")]
    NotOpen { id: ExportId, state: String },
}

impl Keyed for ExportError {
    fn key(&self) -> &'static str {
        match self {
            Self::WindowEmpty { .. } => "sightings.export.window_empty",
            Self::WindowTooWide { .. } => "sightings.export.window_too_wide",
            Self::Plate(_) => "sightings.export.plate",
            Self::Cameras { .. } => "sightings.export.cameras",
            Self::Area(_) => "sightings.export.area",
            Self::Ask(_) => "sightings.export.ask",
            Self::TooManyOpen { .. } => "sightings.export.too_many_open",
            Self::NoFile { .. } => "sightings.export.no_file",
            Self::NotOpen { .. } => "sightings.export.not_open",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::TooManyOpen { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::NoFile { .. } => StatusCode::GONE,
            Self::NotOpen { .. } => StatusCode::CONFLICT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

#[cfg(test)]
fn tests_line() -> records::Line {
    use shouhu_plate::{SeenVehicle, VehicleKind};
    records::Line {
        id: shouhu_ids::SightingId::of(1, 1_777_593_600_250, 7),
        plate: "ABC1234".into(),
        plate_display: "ABC-1234".into(),
        at_ms: 1_777_593_600_250,
        place_name: "永康 S".into(),
        camera: String::new(),
        lon_lat: Some((120.24, 23.03)),
        class: "gantry",
        heading: Some(shouhu_wire::Heading::South),
        confidence: 0.97,
        speed_kmh: Some(61.5),
        seen: SeenVehicle { kind: Some(VehicleKind::Truck), ..SeenVehicle::default() },
        pictures: 0,
    }
}
