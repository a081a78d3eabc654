//! Questions that one room asks another, as small traits. The room that answers puts an implementation on the shelf in its
//! `start`; the room that asks must cope with nobody answering (`App::try_room` gives `None`).

mod closing;
mod driving;
mod geocoding;
mod movements;
mod nearby;
mod recording;
mod serving;
mod sharing;
mod sight;
mod tallies;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use shouhu_env::BoxFuture;
use shouhu_ids::{AssignmentId, CameraId, DeviceId, HitId, IncidentId, Micros, SightingId, UnitId};
use shouhu_place::Wgs84;
use shouhu_plate::Plate;
use shouhu_wire::{Alternative, SenderRestriction, UnitKind, UnitState};

use crate::Problem;

pub use closing::{ClosingRings, NoRing, RingAnswer, RingLeak, RingOrder, RingOutcome, RingQuestion, RingReason, RingUnit, WhyOpen};
pub use driving::{Drive, RoadAnswer, RoadTime, RoadTimes, Traveller};
pub use geocoding::{Geocoder, NoPlaces, PLACES_MAX, PlaceAnswer, PlaceCandidate, PlaceHint, PlaceKind, PlaceRemark};
pub use movements::{BoundUse, Glimpse, GlimpseKind, MovementAsker, MovementGate, Revealed, Revealing};
pub use nearby::{NEARBY_M, NearbyWanted, WantedAs, WantedNear};
pub use recording::Recording;
pub use serving::{People, Rosters, Serving, Span};
pub use sharing::{Direction, ForSomebody, ForWhom, HandOut, Partner, Sharing, SharingGate, UNNAMED, hand_out};
pub use sight::IncidentSight;
pub use tallies::{CheckInTally, FileLine, HitTally, IncidentFile, IncidentFiles, PassageTally, PlacedCount, Tallied, TalliedHits};

#[derive(Debug, Clone, PartialEq)]
pub struct CameraPlace {
    pub name: String,
    pub position: Wgs84,
    pub heading_deg: Option<f64>,
}

/// Answered by cameras, from memory.
pub trait CameraPlaces: Send + Sync {
    fn place(&self, camera: CameraId) -> Option<CameraPlace>;
    /// When it may record, by the register of cameras.
    fn recording(&self, _camera: CameraId) -> Recording {
        Recording::always()
    }
    /// Passages that were destroyed because nobody answers for their camera.
    fn destroyed(&self, _camera: CameraId, _passages: u64) {}
}

/// A camera in service that stands where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct NearCamera {
    pub id: CameraId,
    pub name: String,
    pub position: Wgs84,
    pub distance_m: f64,
    /// From the place that was asked about to the camera, degrees clockwise from north.
    pub bearing_deg: f64,
    /// Where it looks, degrees clockwise from north.
    pub heading_deg: Option<f64>,
    /// Whether it looks towards the place, give or take half the width of a usual lens; absent: nobody has said where it looks.
    pub is_looking_here: Option<bool>,
}

/// Answered by cameras, from memory.
pub trait CamerasNear: Send + Sync {
    /// The nearest `k`, the nearest first.
    fn near(&self, place: Wgs84, k: usize) -> Vec<NearCamera>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    Crop,
    Frame,
}

/// Answered by sightings. The caller has decided that the asker may see the picture and writes the audit leaf.
pub trait SightingPictures: Send + Sync {
    /// JPEG bytes; a problem when there is none.
    fn picture(&self, sighting: SightingId, picture: Picture) -> BoxFuture<'static, Result<Vec<u8>, Problem>>;
}

/// What dispatch needs of a hit in order to send someone.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfirmedHit {
    pub plate_display: String,
    pub place_name: String,
    pub position: Option<Wgs84>,
    pub confirmed_at: Micros,
    pub raised_at: Micros,
}

/// Answered by watchlists: only a confirmed hit has an answer.
pub trait ConfirmedHits: Send + Sync {
    /// None of a sealed plate either, whoever asks: an incident is for everybody's eyes.
    fn confirmed(&self, hit: HitId) -> BoxFuture<'static, Result<Option<ConfirmedHit>, Problem>>;
    /// Whether there is such a hit for whoever looks now.
    fn is_visible(&self, hit: HitId) -> BoxFuture<'static, Result<bool, Problem>>;
}

/// Answered by dispatch: whether a case reference names a live incident.
pub trait LiveCases: Send + Sync {
    fn is_live(&self, case_ref: String) -> BoxFuture<'static, bool>;
    /// Number and priority, 1 to 4, of the live incident that a reference names; `None` when it names none, or only a call.
    fn live_incident(&self, case_ref: String) -> BoxFuture<'static, Result<Option<(String, u8)>, Problem>>;
}

/// Answered by dispatch, from memory.
pub trait UnitPlaces: Send + Sync {
    /// Newest position and when it was measured.
    fn place(&self, unit: UnitId) -> Option<(Wgs84, Micros)>;
}

/// Where a unit was, as another room tells dispatch, or dispatch another room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnitFix {
    pub position: Wgs84,
    pub measured_at: Micros,
    pub accuracy_m: Option<f64>,
    pub heading_deg: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixTaken {
    /// Not newer than the known one: it is no news, and not wrong.
    Older,
    Newest,
}

/// Where a crew has to go, and from where.
#[derive(Debug, Clone, PartialEq)]
pub struct Errand {
    pub assignment: AssignmentId,
    pub incident_number: String,
    /// None for an incident without a place.
    pub to: Option<Wgs84>,
    pub by: UnitKind,
    /// Where the unit was last, and when that was measured.
    pub from: Option<(Wgs84, Micros)>,
    /// As pressing as that.
    pub with_siren: bool,
}

/// Answered by dispatch: what a unit has to do now. The asker tells it to this unit's crew only, and writes the leaf.
pub trait Errands: Send + Sync {
    fn of(&self, unit: UnitId) -> BoxFuture<'static, Result<Vec<Errand>, Problem>>;
}

/// Why a fix is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixRefused {
    /// A key of the room that refused, which has a translation.
    pub key: &'static str,
    pub detail: String,
}

/// A unit as whoever draws it needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitNow {
    pub unit: UnitId,
    pub call_sign: String,
    pub kind: UnitKind,
    pub state: UnitState,
    pub fix: Option<UnitFix>,
}

/// Answered by dispatch.
pub trait UnitFixes: Send + Sync {
    /// Takes a fix into memory, from where it is streamed at once and written down within seconds.
    ///
    /// # Errors
    /// When the unit cannot have got there.
    fn take(&self, unit: UnitId, fix: UnitFix) -> Result<FixTaken, FixRefused>;
    /// Every unit with its newest fix.
    fn units(&self) -> BoxFuture<'static, Result<Vec<UnitNow>, Problem>>;
    /// Units whose crews are off duty: nobody has a reason to keep where they are.
    fn off_duty(&self) -> BoxFuture<'static, Result<HashSet<UnitId>, Problem>>;
}

/// Nothing can be written down now: the fix is on the live map alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotWritten;

/// Answered by positions: keeps what a unit's own app reported. Returns at once; it is durable within a second.
pub trait TrackKeeper: Send + Sync {
    /// # Errors
    /// When the disk refuses, or too much waits for it: whoever sent the fix is told so, and sends again.
    fn keep(&self, unit: UnitId, fix: UnitFix, taken: FixTaken) -> Result<(), NotWritten>;
}

/// Answered by positions: the kept fixes of a unit within a span, oldest first, as far as retention still has them; `None` when
/// they are more than one answer holds. The asker has demanded purpose and case, and writes the leaf.
pub trait UnitTracks: Send + Sync {
    fn fixes(&self, unit: UnitId, from: Micros, until: Micros) -> BoxFuture<'static, Result<Option<Vec<UnitFix>>, Problem>>;
}

/// An incident as whoever stands near its place should know it: no names, no caller.
#[derive(Debug, Clone, PartialEq)]
pub struct NearbyCase {
    pub number: String,
    pub kind: String,
    pub summary: String,
    pub opened_at: Micros,
    pub distance_m: f64,
    pub is_open: bool,
}

/// Answered by dispatch: incidents since a time, the nearest first. The asker decides who may see them and writes the leaf.
pub trait NearbyCases: Send + Sync {
    fn near(&self, place: Wgs84, within_m: f64, since: Micros) -> BoxFuture<'static, Result<Vec<NearbyCase>, Problem>>;
}

/// Something that a citizen called about: where, when and of which kind; nothing of the caller.
#[derive(Debug, Clone, PartialEq)]
pub struct CitizenReport {
    pub at: Micros,
    pub position: Wgs84,
    /// A key of the catalogue of incident kinds.
    pub kind: String,
}

/// Answered by dispatch: calls by citizens within a time that have a place, the oldest first. Never what patrols found, what a
/// camera hit, or what an officer asked for: whoever learns from those sends patrols where patrols have been.
pub trait CitizenReports: Send + Sync {
    fn within(&self, from: Micros, until: Micros) -> BoxFuture<'static, Result<Vec<CitizenReport>, Problem>>;
}

/// A fix as a road piece is sought for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrackFix {
    pub at: Micros,
    pub position: Wgs84,
    pub accuracy_m: Option<f64>,
}

/// Fixes of one unit, the oldest first, from one source.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitTrack {
    pub unit: UnitId,
    pub fixes: Vec<TrackFix>,
}

/// Answered by positions: tracks of units on duty, some minutes after they were driven, once they are sorted by unit. Who asks
/// counts streets and hands on counts only: where a unit was is read with a purpose, at the routes of positions.
pub trait SortedTracks: Send + Sync {
    /// When the first fixes at or after a time were sorted; none while none were.
    fn next(&self, from: Micros) -> BoxFuture<'static, Result<Option<Micros>, Problem>>;
    /// What was sorted within a time, by unit: of at most `most` units after `after`. No fix is in two such times; within the last
    /// [`SORTED_SETTLE_US`] some may still be missing. Where several devices rode in a unit, the one that said most.
    fn sorted(&self, from: Micros, until: Micros, after: Option<UnitId>, most: i64)
    -> BoxFuture<'static, Result<Vec<UnitTrack>, Problem>>;
}

/// A transaction that sorts tracks is long over by then.
pub const SORTED_SETTLE_US: i64 = 2 * Micros::MINUTE;

/// Who drives on a road piece, as far as a count of patrols must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(rename = "StreetKind")]
#[serde(rename_all = "snake_case")]
pub enum RoadKind {
    /// Of the highway police.
    Motorway,
    /// Everybody drives here: trunk to tertiary roads.
    Through,
    /// Lanes, residential and service roads: who drives here lives or works here.
    Local,
}

/// A road between two junctions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoadPiece<'a> {
    /// Empty when unnamed.
    pub name: &'a str,
    pub kind: RoadKind,
    pub length_m: f64,
    pub is_one_way: bool,
    /// From its beginning to its end, two points at least.
    pub line: &'a [Wgs84],
}

/// A piece of road that a track drove on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Driven {
    pub piece: u32,
    /// From the beginning of its line to the end.
    pub is_forward: bool,
    pub metres: f64,
    /// To some minutes.
    pub at: Micros,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct DrivenTrack {
    pub driven: Vec<Driven>,
    /// Fixes that were certain enough, and not one of many uncertain ones within a few seconds.
    pub weighed: usize,
    /// Of those, put on a road.
    pub matched: usize,
}

/// The roads of one imported map. Pieces are numbered from 0; another version has other numbers.
pub trait RoadSheet: Send + Sync {
    fn version(&self) -> i64;
    fn pieces(&self) -> u32;
    /// None for a number that is not of this map, and for footpaths, which nobody drives.
    fn piece(&self, number: u32) -> Option<RoadPiece<'_>>;
    /// Puts a track on roads: some microseconds a fix, so never on a request's thread.
    fn driven(&self, fixes: &[TrackFix]) -> DrivenTrack;
}

/// Answered by the map of operations; none while no map is imported.
pub trait RoadSheets: Send + Sync {
    fn newest(&self) -> Option<Arc<dyn RoadSheet>>;
}

/// When a unit was bound to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitTask {
    pub incident_number: String,
    pub from: Micros,
    /// `None` while it goes on.
    pub until: Option<Micros>,
}

/// Answered by dispatch: the jobs of a unit that touch a span of time, the earliest first.
pub trait UnitTasks: Send + Sync {
    fn tasks(&self, unit: UnitId, since: Micros, until: Micros) -> BoxFuture<'static, Result<Vec<UnitTask>, Problem>>;
}

/// An open incident with its place: no names, no caller.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedIncident {
    pub id: IncidentId,
    pub number: String,
    pub kind: String,
    pub position: Wgs84,
}

/// A unit with its newest place.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedUnit {
    pub id: UnitId,
    pub call_sign: String,
    pub position: Wgs84,
    pub measured_at: Option<Micros>,
}

/// Answered by dispatch: what is on the map now. The asker decides who may see it and writes the leaf.
pub trait OnTheMap: Send + Sync {
    fn incidents(&self) -> BoxFuture<'static, Result<Vec<PlacedIncident>, Problem>>;
    fn units(&self) -> BoxFuture<'static, Result<Vec<PlacedUnit>, Problem>>;
}

/// What may be told of an incident beyond the house: no summary, in which people may be named.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IncidentFact {
    pub number: String,
    pub kind: String,
    pub priority: u8,
    /// `open`, `assigned`, `on_scene`, `closed`.
    pub state: String,
    pub address: String,
    pub position: Option<Wgs84>,
    pub opened_at_us: Micros,
    pub closed_at_us: Option<Micros>,
}

/// What may be told of a unit beyond the house.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitFact {
    pub call_sign: String,
    /// `off_duty`, `available`, `dispatched`, `en_route`, `on_scene`, `busy`.
    pub state: String,
}

/// Answered by dispatch: facts as they are now. The asker decides who is told.
pub trait DispatchFacts: Send + Sync {
    fn incident(&self, id: IncidentId) -> BoxFuture<'static, Result<Option<IncidentFact>, Problem>>;
    fn unit(&self, id: UnitId) -> BoxFuture<'static, Result<Option<UnitFact>, Problem>>;
}

/// Answered by dispatch: whether a partner's key may name that domain as the sender of what it pushes.
pub trait PartnerKeys: Send + Sync {
    fn speaks_for(&self, device: DeviceId, domain: String) -> BoxFuture<'static, Result<bool, Problem>>;
}

/// What is compared of one passage before it is acknowledged.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    pub plate: &'a Plate,
    pub alternatives: &'a [Alternative],
    /// The device itself says that it matched something.
    pub is_claimed: bool,
}

/// Answered by watchlists, from memory. Only passages that may match are told to other rooms; with nobody answering, all are.
pub trait WatchMatcher: Send + Sync {
    /// Learns what any process has put on the list up to this moment.
    fn refresh(&self) -> BoxFuture<'static, Result<(), Problem>>;
    /// Indexes of the readings that may match an entry: never too few, sometimes too many.
    fn may_match(&self, readings: &mut dyn Iterator<Item = Reading<'_>>) -> Vec<usize>;
}

/// Answered by identity: when devices were not to be believed by themselves. Devices that always were are left out.
pub trait DeviceTrust: Send + Sync {
    fn restrictions(&self, devices: Vec<DeviceId>) -> BoxFuture<'static, Result<HashMap<DeviceId, Vec<SenderRestriction>>, Problem>>;
}

macro_rules! ports {
    ($($wrapper:ident => $port:ident),+ $(,)?) => {$(
        #[doc = concat!("Shelf key of [`", stringify!($port), "`].")]
        #[derive(Clone)]
        pub struct $wrapper(pub Arc<dyn $port>);
    )+};
}

ports!(
    CameraPlacesPort => CameraPlaces,
    CamerasNearPort => CamerasNear,
    SightingPicturesPort => SightingPictures,
    ConfirmedHitsPort => ConfirmedHits,
    LiveCasesPort => LiveCases,
    RoadTimesPort => RoadTimes,
    ClosingRingsPort => ClosingRings,
    GeocoderPort => Geocoder,
    UnitPlacesPort => UnitPlaces,
    UnitFixesPort => UnitFixes,
    TrackKeeperPort => TrackKeeper,
    SortedTracksPort => SortedTracks,
    RoadSheetsPort => RoadSheets,
    UnitTracksPort => UnitTracks,
    NearbyCasesPort => NearbyCases,
    NearbyWantedPort => NearbyWanted,
    CitizenReportsPort => CitizenReports,
    UnitTasksPort => UnitTasks,
    ErrandsPort => Errands,
    OnTheMapPort => OnTheMap,
    DispatchFactsPort => DispatchFacts,
    PartnerKeysPort => PartnerKeys,
    WatchMatcherPort => WatchMatcher,
    DeviceTrustPort => DeviceTrust,
    MovementGatePort => MovementGate,
    PeoplePort => People,
    RostersPort => Rosters,
    SharingPort => SharingGate,
    PassageTallyPort => PassageTally,
    CheckInTallyPort => CheckInTally,
    HitTallyPort => HitTally,
    IncidentFilesPort => IncidentFiles,
    IncidentSightPort => IncidentSight,
);
