//! Answers as files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{ActorId, CameraId, ExportId, Micros};

use super::{Area, PartialNote, Span};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    Csv,
    Geojson,
    Parquet,
}

impl ExportFormat {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Geojson => "geojson",
            Self::Parquet => "parquet",
        }
    }
}

/// What an export holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ExportQuestion {
    /// All passages of one plate.
    History { plate: String },
    Cameras { cameras: Vec<CameraId> },
    Area { area: Area },
}

/// `POST /v1/sightings/exports`: purpose and case are kept with it and written to the log again at the download.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NewExport {
    pub question: ExportQuestion,
    #[serde(flatten)]
    pub span: Span,
    pub format: ExportFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportState {
    Waiting,
    Running,
    /// `GET /v1/sightings/exports/{id}/file` has it until it expires.
    Ready,
    Cancelled,
    Failed,
    /// The file was destroyed.
    Expired,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Export {
    pub id: ExportId,
    pub state: ExportState,
    pub format: ExportFormat,
    /// What was asked, in words, as the log has it.
    pub asked: String,
    pub asked_by: ActorId,
    pub asked_by_name: String,
    pub asked_at_us: Micros,
    /// 0 to 100.
    pub percent: u8,
    pub rows: u64,
    pub bytes: u64,
    pub expires_at_us: Option<Micros>,
    pub partial: Vec<PartialNote>,
    pub error: Option<String>,
}
