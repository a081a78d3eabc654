//! The roads of a city: read from any common file, kept in one compact form, searched, measured and drawn.
//!
//! | word | meaning |
//! |---|---|
//! | [`RoadNetwork`] | junctions, the road pieces between them, and the water and parks to draw beneath |
//! | [`import()`] | OSM XML, OSM PBF, GeoJSON or node/edge CSV into a network, with an [`ImportReport`] that says what was cleaned and dropped |
//! | [`Router`] | [`Snap`] a place to a road, find the fastest [`Route`], rank many units by [`Travel`] to one place |
//! | [`Navigator`] | ways for one [`Profile`] (vehicle and hour): turn bans kept, [`Closures`] effective at once; matrices, [`Isochrone`]s, [`Alternative`]s |
//! | [`steps`] | a way told turn by turn in OSRM's form, in zh-TW or English |
//! | [`Matcher`] | the streets and directions that a track of [`Fix`]es drove |
//! | [`TileSource`] | the base map as Mapbox Vector Tiles 2.1 |
//! | [`demo_city`] | an invented Taiwanese district, the same for the same seed |
//!
//! **Architecture invariant:** nothing here opens a file, reads a clock or asks the network. Bytes come in, values go out.

mod access;
mod border;
mod city;
mod codec;
mod geo;
mod graph;
mod import;
mod matching;
mod navigate;
mod network;
mod profile;
mod protobuf;
mod route;
#[cfg(test)]
mod test_data;
mod snap;
mod steps;
mod tiles;

pub use access::{Access, DirectedEdge, TurnBan, VehicleClass, VehicleSet};
pub use city::{CitySize, DEMO_CENTRE, demo_city};
pub use codec::DecodeError;
pub use geo::Bounds;
pub use import::{
    Effect, Finding, Format, ImportError, ImportOptions, ImportReport, Reason, import, import_node_edge_csv, sniff,
};
pub use matching::{DrivenPath, Fix, Match, MatchOptions, MatchedTrack, Matcher};
pub use navigate::{
    Alternative, AlternativeLimits, Closures, FoundBy, Isochrone, Navigator, PathPart, Reach, RoadPath, Toward, TravelMatrix,
};
pub use profile::{FACTORS, Factor, Profile, WALKING_KMH, WeightSet};
pub use network::{Area, AreaKind, Edge, EdgeId, EdgeSpec, NetworkBuilder, NetworkError, NodeId, RoadClass, RoadNetwork};
pub use route::{Route, RouteError, Router, StreetRun, Travel};
pub use snap::{SNAP_WITHIN_M, Snap};
pub use steps::{Intersection, Language, Leg, Maneuver, ManeuverType, Modifier, OsrmRoute, Step, steps};
pub use tiles::{LAYERS, TILE_ZOOM_MAX, TILE_ZOOM_MIN, TileError, TileSource};
