//! What the geocoder answers with.

use serde::Serialize;
use shouhu_place::Wgs84;

use crate::address::Way;
use crate::parse::Parsed;

/// How a place was found, best first; each has its own measured error (README).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchedBy {
    /// This very house number is known.
    ExactNumber,
    /// This very crossing is known from records.
    KnownCrossing,
    /// The mouth of a lane, known.
    KnownMouth,
    /// This very mark of the highway is known, within 50 m.
    KnownMark,
    /// The two roads' lines meet there.
    CrossingOfLines,
    /// Between two known marks of the highway.
    BetweenMarks,
    /// Between two known numbers of the street.
    BetweenNumbers,
    /// Before the first or after the last known number, or beside the only one.
    BesideNumber,
    /// A lane's mouth, by the lane's number among the street's numbers.
    MouthByNumber,
    /// Where what is known of two streets comes nearest.
    CrossingOfRecords,
    /// Somewhere in this lane or alley.
    Lane,
    /// A house of a settlement or village by the houses known there.
    Settlement,
    /// A power pole or lamp, by others of its row.
    Pole,
    /// A known landmark, bridge or tunnel.
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

impl MatchedBy {
    pub const ALL: [Self; 18] = [
        Self::ExactNumber,
        Self::KnownCrossing,
        Self::KnownMouth,
        Self::KnownMark,
        Self::CrossingOfLines,
        Self::BetweenMarks,
        Self::BetweenNumbers,
        Self::BesideNumber,
        Self::MouthByNumber,
        Self::CrossingOfRecords,
        Self::Lane,
        Self::Settlement,
        Self::Pole,
        Self::Landmark,
        Self::Highway,
        Self::Street,
        Self::Village,
        Self::Town,
    ];

    /// Whether it answers the whole question or only part of it.
    #[must_use]
    pub const fn is_exact(self) -> bool {
        matches!(self, Self::ExactNumber | Self::KnownCrossing | Self::KnownMouth | Self::KnownMark)
    }
}

/// In what a candidate differs from what was asked. A person must see these before a car is sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Doubt {
    /// No such name; this one is one character apart.
    NameGuessed { asked: String, taken: String },
    /// The street is known, but not in the town that was said.
    OtherTown {
        asked: String,
        taken: String,
        /// Just across the border, where both towns' names are used.
        is_near: bool,
    },
    /// The street is known, but not with this 段.
    SectionIgnored { asked: Way },
    /// One of the ways of a crossing, or the lane, is unknown.
    WayUnknown { way: Way },
    /// The other street of the crossing was not said.
    CrossingNotSaid,
    /// The number lies beyond those known.
    NumberBeyond { last_known: u32 },
    /// The mark lies beyond those known.
    MarkBeyond { last_known_m: u32 },
    /// By the marks known, this one lies in another town than the one that was said.
    MarkElsewhere { at_m: u32 },
    /// Only part of the address could be placed.
    OnlyArea,
    /// It stands before equals only because it is nearer to the place or town given as a hint.
    PreferredByHint,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    pub place: Wgs84,
    /// Four of five truths lie within this distance (`CONFIDENCE`).
    pub radius_m: f64,
    pub matched_by: MatchedBy,
    /// 1 when it is just what was asked, less for every doubt.
    pub score: f64,
    /// The address of the candidate, as an office would write it.
    pub display: String,
    pub town: Option<String>,
    pub doubts: Vec<Doubt>,
}

/// Why there is no answer, or none as fine as was asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WhyNot {
    /// Nothing in the text names a place.
    NothingSaid,
    /// The town is none of those this index covers.
    TownNotCovered {
        town: String,
    },
    UnknownWay {
        way: Way,
    },
    /// The street exists, but not in this town.
    NotInTown {
        way: Way,
        town: String,
    },
    /// The street is known, but none of its numbers.
    NoNumberKnown {
        way: Way,
    },
    /// Both streets are known, but nothing says where they meet.
    CrossingUnknown {
        ways: Vec<Way>,
    },
    /// The highway is known, but too few of its marks.
    NoMarkKnown {
        way: Way,
    },
    UnknownVillage {
        village: String,
    },
    UnknownLandmark {
        name: String,
    },
    UnknownPole {
        code: String,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    pub parsed: Parsed,
    /// Best first.
    pub candidates: Vec<Candidate>,
    /// Several candidates are as good as the first and lie elsewhere: a person must choose.
    pub is_ambiguous: bool,
    pub why_not: Vec<WhyNot>,
}

/// What the caller of the geocoder knows besides the text. It breaks ties and says so; it never hides a candidate.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hint {
    /// Near here, such as the caller's cell.
    pub near: Option<Wgs84>,
    /// In this town, such as the one whose station took the call.
    pub town: Option<String>,
}
