//! Feeds 介接資料: what gantries of the freeway, car parks, forest-road sites and neighbouring cities saw, as files.
//!
//! A **feed** belongs to one partner and has a class, a mapping and **sites** (gantries, gates). A file is pushed by the
//! partner's device, dropped into a folder, or given to the command line; each of its rows becomes a passage or a *refusal*
//! that says the line, the column and the reason. Good rows are kept whatever the others are, and the same file again
//! changes nothing: site, millisecond and plate name the passage.
//!
//! **Invariant:** a partner's key opens its own feed and no other door; a row from a site that an operator has not
//! registered for that feed is refused, so the list of sites is the partner's scope.

pub mod drop;
pub mod fold;
pub mod mapping;
pub mod moment;
pub mod records;
pub mod report;
pub mod rows;
pub mod sites;
pub mod store;
pub mod take;

use axum::http::StatusCode;
use shouhu_module::Keyed;
use shouhu_text::DecodeError;

pub use mapping::FeedMapping;
pub use report::{FeedReport, Refusal};
/// Where a feed's times are from when they do not say.
pub use shouhu_calendar::TAIPEI_US;

/// Bytes of one push: a minute of all gantries is 2 MiB, a day of a large car park 1 MiB.
pub const PUSH_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes of one dropped file: a day of a busy freeway section.
pub const FILE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Bytes of a Parquet file when unpacked: more is a decompression bomb.
pub const PARQUET_BYTES_MAX: i64 = 1024 * 1024 * 1024;
/// Rows read of one file.
pub const ROWS_MAX: usize = 2_000_000;
/// Columns of one file.
pub const COLUMNS_MAX: usize = 128;
/// Bytes of one line; a trip along the whole freeway has 6,000.
pub const LINE_BYTES_MAX: usize = 32 * 1024;
/// Passages of one row of trips.
pub const TRIP_PASSAGES_MAX: usize = 400;
/// Refusals that a report shows; all are counted.
pub const REFUSALS_SHOWN_MAX: usize = 100;
/// Sites of one feed.
pub const SITES_MAX: usize = 5_000;
/// Characters of a site's code and of its name.
pub const CODE_CHARS_MAX: usize = 40;
pub const NAME_CHARS_MAX: usize = 80;

/// Why a whole file or definition cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    #[error("the file is empty")]
    Empty,
    #[error("the file has {bytes} bytes; {max} are taken: send it in parts")]
    TooLarge { bytes: usize, max: usize },
    #[error("the file is no text in UTF-8, UTF-16 with a mark or cp950, and no Parquet")]
    NotText,
    #[error("{bad} characters cannot be read as {charset}: name the character set in the mapping")]
    Charset { charset: &'static str, bad: usize },
    #[error("the file has more than {COLUMNS_MAX} columns")]
    Columns,
    #[error("the file has no column {name:?}; it has: {columns}")]
    ColumnMissing { name: String, columns: String },
    #[error("the JSON cannot be read: {reason}")]
    Json { reason: String },
    #[error("the Parquet file cannot be read: {reason}")]
    Parquet { reason: String },
    #[error("the mapping {reason}")]
    Mapping { reason: String },
    #[error("feed name {0:?} is not 2 to 40 lower-case letters, digits and hyphens")]
    Name(String),
    #[error("a feed's class is parking, gantry or partner")]
    Class,
    #[error("the title is empty or longer than {NAME_CHARS_MAX} characters")]
    Title,
    #[error("the day on which the feed expires lies in the past")]
    ExpiryPast,
    #[error("device {0} is no partner's device that is enrolled and not revoked")]
    Device(String),
    #[error("device {0} pushes to the feed {1:?} already; a key opens one feed")]
    DeviceTaken(String, String),
    #[error("there is no feed {0:?}, or this key does not open it")]
    Unknown(String),
    #[error("the feed {0:?} has ended; nothing is taken any more")]
    Ended(String),
    #[error("the agreement on the feed {0:?} expired; an operator may extend it")]
    Expired(String),
    #[error("the feed {0:?} has no sites yet: an operator uploads them first")]
    NoSites(String),
    #[error("the list has more than {SITES_MAX} sites")]
    SitesTooMany,
    #[error("{0} rows of the list of sites are wrong; nothing was changed")]
    Sites(usize),
    #[error("another file of the feed {0:?} is being read; send this one again in a moment")]
    Busy(String),
}

impl From<DecodeError> for FeedError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::NotText => Self::NotText,
            DecodeError::Charset { charset, unreadable } => Self::Charset { charset, bad: unreadable },
        }
    }
}

impl Keyed for FeedError {
    fn key(&self) -> &'static str {
        match self {
            Self::Empty => "sightings.feed.empty",
            Self::TooLarge { .. } => "sightings.feed.too_large",
            Self::NotText => "sightings.feed.not_text",
            Self::Charset { .. } => "sightings.feed.charset",
            Self::Columns => "sightings.feed.columns",
            Self::ColumnMissing { .. } => "sightings.feed.column_missing",
            Self::Json { .. } => "sightings.feed.json",
            Self::Parquet { .. } => "sightings.feed.parquet",
            Self::Mapping { .. } => "sightings.feed.mapping",
            Self::Name(_) => "sightings.feed.name",
            Self::Class => "sightings.feed.class",
            Self::Title => "sightings.feed.title",
            Self::ExpiryPast => "sightings.feed.expiry_past",
            Self::Device(_) => "sightings.feed.device",
            Self::DeviceTaken(..) => "sightings.feed.device_taken",
            Self::Unknown(_) => "sightings.feed.unknown",
            Self::Ended(_) => "sightings.feed.ended",
            Self::Expired(_) => "sightings.feed.expired",
            Self::NoSites(_) => "sightings.feed.no_sites",
            Self::SitesTooMany => "sightings.feed.sites_too_many",
            Self::Sites(_) => "sightings.feed.sites",
            Self::Busy(_) => "sightings.feed.busy",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unknown(_) => StatusCode::NOT_FOUND,
            Self::Ended(_) | Self::Expired(_) => StatusCode::GONE,
            Self::DeviceTaken(..) | Self::NoSites(_) => StatusCode::CONFLICT,
            Self::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}
