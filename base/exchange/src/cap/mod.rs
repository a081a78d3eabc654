//! Common Alerting Protocol, OASIS Standard CAP-v1.2 (1 July 2010): warnings as values.
//!
//! An **alert** is one message: new, an update, or a cancellation of others. An **info** says it in one language. An
//! **area** is where. Names and meanings are those of the standard's §3.2. XML signatures are not checked; what a partner
//! sends is believed because of the key that sent it.

mod area;
mod read;
mod words;
mod write;

use shouhu_place::Wgs84;

pub use area::Cover;
pub use read::CapError;
pub use words::{Category, Certainty, MsgType, ResponseType, Scope, Severity, Status, Urgency};

use crate::moment::Moment;

/// Name of version 1.2's elements (§3.1).
pub const NAMESPACE: &str = "urn:oasis:names:tc:emergency:cap:1.2";
/// Bytes of one document. A warning with the outlines of twenty townships has 180 KB.
pub const CAP_BYTES_MAX: usize = 512 * 1024;
/// Infos of one alert; languages and kinds of threat.
pub const INFOS_MAX: usize = 16;
/// Areas of one info.
pub const AREAS_MAX: usize = 200;
/// Points of all polygons of one alert.
pub const POINTS_MAX: usize = 20_000;
/// Circles, codes and other small things of one list.
pub const LIST_MAX: usize = 200;
/// Characters of one text.
pub const TEXT_CHARS_MAX: usize = 20_000;

/// A name and a value: event codes, parameters and geocodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub name: String,
    pub value: String,
}

/// An earlier message: `sender,identifier,sent` (§3.2.1, references).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertReference {
    pub sender: String,
    pub identifier: String,
    pub sent: Moment,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// With the sender unique; neither has spaces, commas, `<` or `&`.
    pub identifier: String,
    pub sender: String,
    pub sent: Moment,
    pub status: Status,
    pub msg_type: MsgType,
    pub source: Option<String>,
    pub scope: Scope,
    /// Demanded by the scope `Restricted`.
    pub restriction: Option<String>,
    /// Demanded by the scope `Private`.
    pub addresses: Vec<String>,
    pub codes: Vec<String>,
    pub note: Option<String>,
    pub references: Vec<AlertReference>,
    pub incidents: Vec<String>,
    pub infos: Vec<Info>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Info {
    /// RFC 3066; `en-US` where nothing is said.
    pub language: String,
    /// At least one.
    pub categories: Vec<Category>,
    pub event: String,
    pub response_types: Vec<ResponseType>,
    pub urgency: Urgency,
    pub severity: Severity,
    pub certainty: Certainty,
    pub audience: Option<String>,
    pub event_codes: Vec<Named>,
    pub effective: Option<Moment>,
    pub onset: Option<Moment>,
    pub expires: Option<Moment>,
    pub sender_name: Option<String>,
    pub headline: Option<String>,
    pub description: Option<String>,
    pub instruction: Option<String>,
    pub web: Option<String>,
    pub contact: Option<String>,
    pub parameters: Vec<Named>,
    pub resources: Vec<Resource>,
    pub areas: Vec<Area>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    pub description: String,
    pub mime_type: String,
    pub size_bytes: Option<u64>,
    pub uri: Option<String>,
    /// Base64; kept as it came.
    pub deref_uri: Option<String>,
    /// SHA-1 of the content, as the standard has it.
    pub digest: Option<String>,
}

/// A place that is warned. Polygons and circles are its union; a geocode alone says nothing about a position.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    pub description: String,
    /// Rings of at least four points, the last the same as the first.
    pub polygons: Vec<Vec<Wgs84>>,
    pub circles: Vec<Circle>,
    pub geocodes: Vec<Named>,
    /// Feet above mean sea level, as the standard has it.
    pub altitude_ft: Option<f64>,
    pub ceiling_ft: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Circle {
    pub centre: Wgs84,
    pub radius_km: f64,
}

impl Alert {
    /// When the last info ends; `None` when one of them has no end, or there is none (a cancellation often has none).
    #[must_use]
    pub fn expires(&self) -> Option<Moment> {
        let ends: Option<Vec<Moment>> = self.infos.iter().map(|info| info.expires).collect();
        ends.and_then(|ends| ends.into_iter().max_by_key(|end| end.at))
    }

    /// What may be said of a position: the areas of all infos together.
    #[must_use]
    pub fn covers(&self, place: Wgs84) -> Cover {
        let areas = self.infos.iter().flat_map(|info| &info.areas);
        areas.map(|area| area.covers(place)).max().unwrap_or(Cover::Unknown)
    }

    /// How others refer to it.
    #[must_use]
    pub fn reference(&self) -> AlertReference {
        AlertReference { sender: self.sender.clone(), identifier: self.identifier.clone(), sent: self.sent }
    }

    /// The info in a language, or the first one; languages are compared by their first part.
    #[must_use]
    pub fn info_in(&self, language: &str) -> Option<&Info> {
        let part = |text: &str| text.split('-').next().unwrap_or_default().to_ascii_lowercase();
        self.infos.iter().find(|info| part(&info.language) == part(language)).or_else(|| self.infos.first())
    }
}
