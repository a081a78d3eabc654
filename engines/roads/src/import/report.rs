//! What an import has to say: typed errors when nothing can be used, a ledger of findings when something can.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::Serialize;

use crate::codec::DecodeError;
use crate::geo::{Bounds, LAT_LIMIT};
use crate::graph::piece_sizes;
use crate::network::{NetworkError, RoadNetwork};

/// Examples kept per finding: enough to look at, few enough to read.
const EXAMPLES_MAX: usize = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    OsmXml,
    OsmPbf,
    GeoJson,
    EdgeCsv,
    /// A network that this program saved.
    Network,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ImportError {
    #[error("not a road file: this looks like {looks_like}")]
    NotARoadFile { looks_like: &'static str },
    #[error("the file has {bytes} bytes; at most {bytes_max} are read")]
    TooLarge { bytes: usize, bytes_max: usize },
    #[error("the file has more than {points_max} points")]
    TooManyPoints { points_max: usize },
    #[error("the file is cut short: {missing} is missing at byte {at}")]
    CutShort { at: u64, missing: &'static str },
    #[error("the file is damaged at {at}: {what}")]
    Malformed { at: String, what: String },
    #[error("{wrong} of {all} roads have impossible coordinates, first {x}, {y} at {at}; {hint}")]
    WrongCoordinates { wrong: u64, all: u64, at: String, x: f64, y: f64, hint: &'static str },
    #[error("the file names places by node number only; import it together with its node file")]
    NeedsNodeFile,
    #[error("this is the node file of a pair; import it together with its edge file")]
    NeedsEdgeFile,
    #[error("the file uses {feature}, which is not read")]
    Unsupported { feature: String },
    #[error("the file holds no road that can be used")]
    NoRoads,
    #[error(transparent)]
    Network(#[from] DecodeError),
}

impl ImportError {
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::NotARoadFile { .. } => "roads.import.not_a_road_file",
            Self::TooLarge { .. } => "roads.import.too_large",
            Self::TooManyPoints { .. } => "roads.import.too_many_points",
            Self::CutShort { .. } => "roads.import.cut_short",
            Self::Malformed { .. } => "roads.import.malformed",
            Self::WrongCoordinates { .. } => "roads.import.wrong_coordinates",
            Self::NeedsNodeFile => "roads.import.needs_node_file",
            Self::NeedsEdgeFile => "roads.import.needs_edge_file",
            Self::Unsupported { .. } => "roads.import.unsupported",
            Self::NoRoads => "roads.import.no_roads",
            Self::Network(_) => "roads.import.network",
        }
    }
}

/// What happened to the elements of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    Dropped,
    Cleaned,
    /// Read and used as it is, but worth knowing.
    Noted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    NotARoad,
    NotBuilt,
    UnknownClass,
    Deleted,
    NotALine,
    TooFewPoints,
    NoLength,
    SegmentTooLong,
    WrongCoordinate,
    UnknownNode,
    UnreadableRow,
    Duplicate,
    AreaTooSmall,
    ClassSpelling,
    ClassDefaulted,
    SpeedDefaulted,
    SpeedUnreadable,
    MilesConverted,
    OneWayReversed,
    OneWayUnreadable,
    CutAtMissingNode,
    PolylineReversed,
    EndMoved,
    Big5Decoded,
    LengthDiffers,
    /// Broken: members are missing or cannot be driven as the relation says.
    TurnBanBroken,
    /// Two readings are possible, so none was taken.
    TurnBanAmbiguous,
    /// Valid at certain hours only.
    TurnBanConditional,
    /// Neither for cars nor for motorcycles.
    TurnBanForOthers,
    TurnBanUnknown,
    TurnBanRead,
    AccessTagged,
    MultipolygonNotRead,
    SeparatePieces,
}

impl Reason {
    #[must_use]
    pub const fn effect(self) -> Effect {
        match self {
            Self::NotARoad
            | Self::NotBuilt
            | Self::UnknownClass
            | Self::Deleted
            | Self::NotALine
            | Self::TooFewPoints
            | Self::NoLength
            | Self::SegmentTooLong
            | Self::WrongCoordinate
            | Self::UnknownNode
            | Self::UnreadableRow
            | Self::Duplicate
            | Self::TurnBanBroken
            | Self::TurnBanAmbiguous
            | Self::TurnBanConditional
            | Self::TurnBanForOthers
            | Self::TurnBanUnknown
            | Self::AreaTooSmall => Effect::Dropped,
            Self::ClassSpelling
            | Self::ClassDefaulted
            | Self::SpeedDefaulted
            | Self::SpeedUnreadable
            | Self::MilesConverted
            | Self::OneWayReversed
            | Self::OneWayUnreadable
            | Self::CutAtMissingNode
            | Self::PolylineReversed
            | Self::EndMoved
            | Self::Big5Decoded => Effect::Cleaned,
            Self::LengthDiffers | Self::TurnBanRead | Self::AccessTagged | Self::MultipolygonNotRead | Self::SeparatePieces => {
                Effect::Noted
            }
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub effect: Effect,
    pub reason: Reason,
    pub count: u64,
    /// The first few, as "way 4711: maxspeed \"slow\"".
    pub examples: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImportReport {
    pub format: Format,
    pub bytes: usize,
    /// Elements seen, by kind: "ways", "nodes", "features", "rows".
    pub read: BTreeMap<&'static str, u64>,
    /// Dropped first, then cleaned, then noted.
    pub findings: Vec<Finding>,
    pub nodes: usize,
    pub edges: usize,
    pub areas: usize,
    /// Forbidden edge sequences; one relation may give several.
    pub turn_bans: usize,
    pub length_m: f64,
    /// Unconnected pieces of the network; one is good.
    pub pieces: usize,
    /// Share of all junctions that lie in the largest piece, 0 to 1.
    pub largest_piece_share: f64,
    pub bounds: Bounds,
}

impl ImportReport {
    #[must_use]
    pub fn count(&self, reason: Reason) -> u64 {
        self.findings.iter().find(|finding| finding.reason == reason).map_or(0, |finding| finding.count)
    }
}

/// Kept by an importer while it reads.
#[derive(Debug)]
pub(super) struct Ledger {
    format: Format,
    bytes: usize,
    pub points_max: usize,
    read: BTreeMap<&'static str, u64>,
    findings: BTreeMap<Reason, (u64, Vec<String>)>,
    first_wrong: Option<(String, f64, f64)>,
}

impl Ledger {
    pub fn new(format: Format, bytes: usize, points_max: usize) -> Self {
        Self { format, bytes, points_max, read: BTreeMap::new(), findings: BTreeMap::new(), first_wrong: None }
    }

    pub fn saw(&mut self, kind: &'static str, count: u64) {
        *self.read.entry(kind).or_default() += count;
    }

    /// Counts a finding; `detail` is only called for the examples that are kept.
    pub fn note(&mut self, reason: Reason, at: &dyn Display, detail: impl FnOnce() -> String) {
        let (count, examples) = self.findings.entry(reason).or_default();
        *count += 1;
        if examples.len() < EXAMPLES_MAX {
            let detail = detail();
            examples.push(if detail.is_empty() { at.to_string() } else { format!("{at}: {detail}") });
        }
    }

    pub fn wrong_coordinate(&mut self, at: &dyn Display, x: f64, y: f64) {
        self.note(Reason::WrongCoordinate, at, || format!("{x}, {y}"));
        self.first_wrong.get_or_insert_with(|| (at.to_string(), x, y));
    }

    pub fn network_error(&mut self, at: &dyn Display, error: &NetworkError) {
        match error {
            NetworkError::OffTheMap { lon, lat } => self.wrong_coordinate(at, *lon, *lat),
            NetworkError::SegmentTooLong(_) => self.note(Reason::SegmentTooLong, at, || error.to_string()),
            NetworkError::AreaTooSmall => self.note(Reason::AreaTooSmall, at, String::new),
            _ => self.note(Reason::NoLength, at, || error.to_string()),
        }
    }

    fn count(&self, reason: Reason) -> u64 {
        self.findings.get(&reason).map_or(0, |(count, _)| *count)
    }

    pub fn close(mut self, network: RoadNetwork) -> Result<(RoadNetwork, ImportReport), ImportError> {
        let wrong = self.count(Reason::WrongCoordinate);
        let all = wrong + network.edges().len() as u64;
        if let Some((at, x, y)) = self.first_wrong.take()
            && wrong * 2 > all
        {
            return Err(ImportError::WrongCoordinates { wrong, all, at, x, y, hint: coordinate_hint(x, y) });
        }
        let Some(bounds) = network.bounds() else { return Err(ImportError::NoRoads) };
        let pieces = piece_sizes(&network);
        let largest = pieces.first().copied().unwrap_or(0);
        if pieces.len() > 1 {
            let smaller = pieces.len() - 1;
            self.findings.insert(
                Reason::SeparatePieces,
                (
                    smaller as u64,
                    vec![format!(
                        "{smaller} pieces of {} junctions are not connected to the largest of {largest}",
                        pieces.iter().skip(1).sum::<usize>()
                    )],
                ),
            );
        }
        let mut findings: Vec<Finding> = self
            .findings
            .into_iter()
            .map(|(reason, (count, examples))| Finding { effect: reason.effect(), reason, count, examples })
            .collect();
        findings.sort_by_key(|finding| (finding.effect, finding.reason));
        let report = ImportReport {
            format: self.format,
            bytes: self.bytes,
            read: self.read,
            findings,
            nodes: network.nodes().len(),
            edges: network.edges().len(),
            areas: network.areas().len(),
            turn_bans: network.turn_bans().len(),
            length_m: network.length_m(),
            pieces: pieces.len(),
            largest_piece_share: largest as f64 / network.nodes().len().max(1) as f64,
            bounds,
        };
        Ok((network, report))
    }
}

fn coordinate_hint(x: f64, y: f64) -> &'static str {
    let fits = |lon: f64, lat: f64| lon.abs() <= 180.0 && lat.abs() <= LAT_LIMIT;
    if fits(y, x) {
        "longitude and latitude seem to be swapped"
    } else if (100_000.0..400_000.0).contains(&x) && (2_300_000.0..2_900_000.0).contains(&y) {
        "these seem to be TWD97 / TM2 metres (EPSG:3826); convert the file to WGS84 degrees"
    } else if x.abs() > 1_000.0 || y.abs() > 1_000.0 {
        "these seem to be metres of a projection; convert the file to WGS84 degrees"
    } else {
        "WGS84 degrees are expected, longitude first"
    }
}
