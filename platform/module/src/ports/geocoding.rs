//! Where what somebody says may be.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use shouhu_place::Wgs84;

/// What is known of a place besides what was said. It orders what is equally good, and hides nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PlaceHint {
    pub near: Option<Wgs84>,
}

/// By what a place was found, surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// This very house number is known.
    ExactNumber,
    KnownCrossing,
    /// The mouth of a lane, known.
    KnownMouth,
    /// This very kilometre mark is known.
    KnownMark,
    /// The lines of two roads meet there.
    CrossingOfLines,
    BetweenMarks,
    BetweenNumbers,
    /// Beyond the last known number of the street, or beside the only one.
    BesideNumber,
    /// A lane's mouth by its number.
    MouthByNumber,
    /// Where what is known of two streets comes nearest.
    CrossingOfRecords,
    /// Somewhere in this lane.
    Lane,
    /// A house of a settlement by its neighbours.
    Settlement,
    Pole,
    Landmark,
    /// Somewhere on this highway within the town.
    Highway,
    /// Somewhere on this street.
    Street,
    /// Somewhere in this village.
    Village,
    /// Somewhere in this town.
    Town,
}

/// A doubt about a candidate, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlaceRemark {
    /// `name_guessed`, `unknown_way` …; the UI translates it.
    pub key: &'static str,
    /// Names and numbers for the translation.
    pub params: BTreeMap<&'static str, String>,
}

/// One place that may be meant.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PlaceCandidate {
    /// As an office writes it.
    pub address: String,
    pub position: Wgs84,
    /// Four of five such places lie within this distance.
    pub radius_m: f64,
    pub kind: PlaceKind,
    /// 1 is just what was said; less for every doubt and for every part that could not be placed.
    pub score: f64,
    /// 鄉鎮市區.
    pub town: Option<String>,
    /// The village, and the crossing or street beside it: what tells places of one name apart.
    pub beside: Option<String>,
    /// It begins as the text does and says more: somebody may still be typing.
    pub is_completion: bool,
    pub doubts: Vec<PlaceRemark>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlaceAnswer {
    /// Best first; at most [`PLACES_MAX`].
    pub candidates: Vec<PlaceCandidate>,
    /// Several are as good as the first and lie elsewhere: a person must choose.
    pub is_ambiguous: bool,
    pub why_not: Vec<PlaceRemark>,
    /// Pieces of the text that mean nothing here.
    pub unread: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPlaces {
    /// Neither a map with street names nor an address file was imported.
    NoMap,
    /// The index is being built: ask again in some seconds.
    NotReady,
}

/// No list of places is longer.
pub const PLACES_MAX: usize = 12;

/// Answered by the map of operations, from memory; some milliseconds where many places have one name.
pub trait Geocoder: Send + Sync {
    /// Where what somebody says may be. Nonsense gives an answer without candidates that says why.
    ///
    /// # Errors
    /// While nothing is known of any address.
    fn find(&self, text: &str, hint: PlaceHint) -> Result<PlaceAnswer, NoPlaces>;
}
