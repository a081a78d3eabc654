//! What phones and trackers send about where they are, as one typed record each.
//!
//! - **OsmAnd** (`osmand`): query or form fields, and the JSON of newer Traccar clients.
//! - **OwnTracks** (`owntracks`): JSON, one message each; over HTTP, or over MQTT, whose packets `mqtt` reads.
//! - **Traccar** (`traccar`): what a Traccar server forwards, a position with its device.
//! - **Cursor on Target** (`cot`): events of TAK clients, read and written.
//!
//! A reader says what was sent, in our units; whether it is believed (the sea, the future, a jump) is not its matter.
//! Each record of a message is read by itself: a wrong one does not cost the others.
//!
//! **Invariant:** no text makes a reader panic, loop, or take memory beyond a small multiple of the text.

pub mod cot;
mod json;
pub mod mqtt;
pub mod osmand;
pub mod owntracks;
pub mod time;
pub mod traccar;

use shouhu_ids::Micros;
use shouhu_place::{PlaceError, Wgs84};

/// Records of one message; a phone that was away sends its queue in several.
pub const RECORDS_MAX: usize = 1_000;
/// Characters of a device's own name.
pub const DEVICE_CHARS_MAX: usize = 120;
/// Characters of an alarm's kind.
pub const ALARM_CHARS_MAX: usize = 40;
/// One international knot (BIPM SI Brochure, 8th ed., table 8).
pub const KNOT_KMH: f64 = 1.852;
pub const MPS_KMH: f64 = 3.6;

/// Where a device was.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackerFix {
    /// What the device calls itself: an id, a topic, a uid.
    pub device: String,
    pub position: Wgs84,
    /// `None` when the device did not say: then it is now.
    pub measured_at: Option<Micros>,
    /// Radius within which the device believes itself, metres; `None` when it did not say.
    pub accuracy_m: Option<f64>,
    pub speed_kmh: Option<f64>,
    /// Clockwise from north, 0 to 360.
    pub heading_deg: Option<f64>,
    /// Above the ellipsoid or the sea, as the device has it.
    pub altitude_m: Option<f64>,
    /// Per cent, 0 to 100.
    pub battery: Option<u8>,
}

/// One record of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Known even when the rest is wrong, where the device was named.
    pub device: Option<String>,
    /// Somebody asks for help: what kind. Told apart from the fix, because help is asked for without one too.
    pub alarm: Option<String>,
    pub fix: Result<TrackerFix, RecordError>,
}

impl Record {
    #[must_use]
    pub const fn wrong(device: Option<String>, error: RecordError) -> Self {
        Self { device, alarm: None, fix: Err(error) }
    }
}

/// Why one record is no fix.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RecordError {
    #[error("field {0} is missing")]
    Missing(&'static str),
    #[error("field {field} has the value {value:?}, expected {expected}")]
    Value { field: &'static str, value: String, expected: &'static str },
    #[error("position is not on the globe: {0}")]
    Position(#[from] PlaceError),
    #[error("the payload is encrypted: turn encryption off in the app, the connection is encrypted already")]
    Encrypted,
    #[error("the device had no fix and sent an old position")]
    NoFix,
    /// A message that says nothing of a place, such as a greeting: nothing is wrong with it.
    #[error("a {0:?} says nothing about a place")]
    NotAPlace(String),
}

/// Why a whole message cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    #[error("not JSON: {0}")]
    Json(String),
    #[error("not UTF-8")]
    NotText,
    #[error("expected {0}")]
    Shape(&'static str),
    #[error("more than {RECORDS_MAX} records in one message: send them in several")]
    TooMany,
    #[error("XML: {0}")]
    Xml(String),
    #[error("XML with a document type or entities of its own is not read")]
    Doctype,
    #[error("XML is nested deeper than {0}")]
    TooDeep(usize),
    #[error("message of {len} bytes is longer than {max}")]
    TooLong { len: usize, max: usize },
}

/// The first characters of a text from outside, for an error that people read.
fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

/// A device's own name: trimmed, not empty, of bounded length, without control characters.
fn device_of(text: &str) -> Option<String> {
    let name: String = text.trim().chars().filter(|ch| !ch.is_control()).take(DEVICE_CHARS_MAX).collect();
    (!name.is_empty()).then_some(name)
}

fn alarm_of(text: &str) -> Option<String> {
    let kind: String = text.trim().chars().filter(|ch| !ch.is_control()).take(ALARM_CHARS_MAX).collect();
    (!kind.is_empty()).then_some(kind)
}

/// A heading of any turn count, brought between 0 and 360; devices that do not know send a negative one.
fn heading_of(deg: f64) -> Option<f64> {
    (deg.is_finite() && (0.0..=360.0).contains(&deg)).then_some(deg)
}

/// A speed; devices that do not know send a negative one.
fn speed_of(kmh: f64) -> Option<f64> {
    (kmh.is_finite() && kmh >= 0.0).then_some(kmh)
}

fn battery_of(percent: f64) -> Option<u8> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 0 and 100")]
    (0.0..=100.0).contains(&percent).then(|| percent.round() as u8)
}
