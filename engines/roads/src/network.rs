//! The road network itself: a value that cannot be inconsistent.
//!
//! **Invariant:** every edge starts and ends at its nodes, has at least two points and a speed above zero, and every
//! coordinate lies on the 1e-7 degree grain within ±85° latitude. Only [`NetworkBuilder`] makes networks, so the
//! importers, the decoder and the demo city all pass through the same checks.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use shouhu_place::Wgs84;

use crate::access::{Access, DirectedEdge, TurnBan, VehicleClass};
use crate::geo::{Bounds, LAT_LIMIT, length_m, to_grain};

/// The longest straight piece believed; a longer one is a wrong coordinate, not a road.
pub(crate) const SEGMENT_MAX_M: f64 = 100_000.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NodeId(pub u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EdgeId(pub u32);

/// What kind of road, most important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoadClass {
    Motorway,
    Trunk,
    Primary,
    Secondary,
    Tertiary,
    Residential,
    Service,
    /// Footways, steps, cycle paths: drawn, never driven.
    Path,
}

impl RoadClass {
    pub const ALL: [Self; 8] = [
        Self::Motorway,
        Self::Trunk,
        Self::Primary,
        Self::Secondary,
        Self::Tertiary,
        Self::Residential,
        Self::Service,
        Self::Path,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Motorway => "motorway",
            Self::Trunk => "trunk",
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Tertiary => "tertiary",
            Self::Residential => "residential",
            Self::Service => "service",
            Self::Path => "path",
        }
    }

    /// The speed assumed where the source gives none: Taiwan's usual limits, lowered to what is driven in lanes.
    #[must_use]
    pub const fn default_speed_kmh(self) -> u8 {
        match self {
            Self::Motorway => 100,
            Self::Trunk => 70,
            Self::Primary => 60,
            Self::Secondary => 50,
            Self::Tertiary => 40,
            Self::Residential => 30,
            Self::Service => 20,
            Self::Path => 5,
        }
    }

    #[must_use]
    pub const fn is_drivable(self) -> bool {
        !matches!(self, Self::Path)
    }
}

/// A road piece between two junctions. Its polyline and name are asked from the network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    pub from: NodeId,
    pub to: NodeId,
    /// Great-circle length of the polyline.
    pub length_m: f64,
    pub speed_kmh: u8,
    pub class: RoadClass,
    /// Signed as driven only from `from` to `to`; `access` says whom the sign binds.
    pub one_way: bool,
    pub access: Access,
    pub is_roundabout: bool,
    name: Option<u32>,
    shape_start: usize,
    shape_end: usize,
}

impl Edge {
    #[must_use]
    pub const fn allows(&self, vehicle: VehicleClass, is_forward: bool) -> bool {
        self.access.allows(vehicle, is_forward)
    }

    /// Where driving it this way round begins and ends.
    #[must_use]
    pub const fn ends(&self, is_forward: bool) -> (NodeId, NodeId) {
        if is_forward { (self.from, self.to) } else { (self.to, self.from) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaKind {
    Water,
    Park,
    BuiltUp,
}

impl AreaKind {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Water => "water",
            Self::Park => "park",
            Self::BuiltUp => "built_up",
        }
    }
}

/// A surface of the base map: an outer ring, then its holes; rings are closed implicitly.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    pub kind: AreaKind,
    pub name: Option<String>,
    pub rings: Vec<Vec<Wgs84>>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct RoadNetwork {
    nodes: Vec<Wgs84>,
    edges: Vec<Edge>,
    shapes: Vec<Wgs84>,
    names: Vec<String>,
    areas: Vec<Area>,
    turn_bans: Vec<TurnBan>,
}

impl RoadNetwork {
    #[must_use]
    pub fn nodes(&self) -> &[Wgs84] {
        &self.nodes
    }

    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<Wgs84> {
        self.nodes.get(id.0 as usize).copied()
    }

    #[must_use]
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    #[must_use]
    pub fn edge(&self, id: EdgeId) -> Option<&Edge> {
        self.edges.get(id.0 as usize)
    }

    /// All edges with their ids, in id order.
    pub fn edge_ids(&self) -> impl Iterator<Item = (EdgeId, &Edge)> {
        (0..).map(EdgeId).zip(&self.edges)
    }

    /// The points of an edge of this network, from its `from` to its `to`.
    #[must_use]
    pub fn polyline(&self, edge: &Edge) -> &[Wgs84] {
        self.shapes.get(edge.shape_start..edge.shape_end).unwrap_or_default()
    }

    /// The street's name, if the source gave one.
    #[must_use]
    pub fn name(&self, edge: &Edge) -> Option<&str> {
        self.names.get(edge.name? as usize).map(String::as_str)
    }

    /// Distinct street names, in order of first use.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    #[must_use]
    pub fn areas(&self) -> &[Area] {
        &self.areas
    }

    #[must_use]
    pub fn turn_bans(&self) -> &[TurnBan] {
        &self.turn_bans
    }

    /// Where driving this edge this way round begins and ends.
    #[must_use]
    pub fn ends(&self, road: DirectedEdge) -> Option<(NodeId, NodeId)> {
        self.edge(road.edge).map(|edge| edge.ends(road.is_forward))
    }

    /// The rectangle around all roads; none for an empty network.
    #[must_use]
    pub fn bounds(&self) -> Option<Bounds> {
        Bounds::of(&self.shapes)
    }

    #[must_use]
    pub fn length_m(&self) -> f64 {
        self.edges.iter().map(|edge| edge.length_m).sum()
    }

    pub(crate) fn name_index(edge: &Edge) -> Option<u32> {
        edge.name
    }
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NetworkError {
    #[error("node {0} does not exist")]
    NoSuchNode(u32),
    #[error("coordinate {lon}, {lat} is not on the globe between 85° south and 85° north")]
    OffTheMap { lon: f64, lat: f64 },
    #[error("a straight piece of {0:.0} m is no road; at most 100 km are believed")]
    SegmentTooLong(f64),
    #[error("the road has no length")]
    NoLength,
    #[error("a speed of 0 km/h")]
    NoSpeed,
    #[error("an area needs an outer ring of at least three points")]
    AreaTooSmall,
    #[error("a turn ban of {edges} edges that do not follow each other, or that binds nobody")]
    BrokenTurnBan { edges: usize },
    #[error("more nodes, edges or points than a network can number")]
    TooMany,
}

/// What an edge is, besides where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EdgeSpec<'a> {
    pub class: RoadClass,
    pub speed_kmh: u8,
    pub one_way: bool,
    /// None for what is usual for the class.
    pub access: Option<Access>,
    pub is_roundabout: bool,
    pub name: Option<&'a str>,
}

impl EdgeSpec<'_> {
    /// A two-way, nameless road at the class's default speed.
    #[must_use]
    pub const fn of_class(class: RoadClass) -> Self {
        Self { class, speed_kmh: class.default_speed_kmh(), one_way: false, access: None, is_roundabout: false, name: None }
    }
}

#[derive(Debug, Default)]
pub struct NetworkBuilder {
    network: RoadNetwork,
    names: HashMap<String, u32>,
}

impl NetworkBuilder {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// # Errors
    /// When the place is off the map or the network is full.
    pub fn node(&mut self, place: Wgs84) -> Result<NodeId, NetworkError> {
        let place = on_the_map(place)?;
        let id = u32::try_from(self.network.nodes.len()).map_err(|_| NetworkError::TooMany)?;
        self.network.nodes.push(place);
        Ok(NodeId(id))
    }

    /// Adds a road from one node to another through `via`, the points strictly between them.
    ///
    /// # Errors
    /// When a node does not exist, or the road is too short, too straight for too long, or without speed.
    pub fn edge(&mut self, from: NodeId, to: NodeId, via: &[Wgs84], spec: EdgeSpec<'_>) -> Result<EdgeId, NetworkError> {
        if spec.speed_kmh == 0 {
            return Err(NetworkError::NoSpeed);
        }
        let first = self.network.node(from).ok_or(NetworkError::NoSuchNode(from.0))?;
        let last = self.network.node(to).ok_or(NetworkError::NoSuchNode(to.0))?;
        let mut polyline = Vec::with_capacity(via.len() + 2);
        polyline.push(first);
        for place in via {
            let place = on_the_map(*place)?;
            if polyline.last() != Some(&place) {
                polyline.push(place);
            }
        }
        if polyline.len() == 1 || polyline.last() != Some(&last) {
            polyline.push(last);
        }
        for (a, b) in polyline.iter().zip(polyline.iter().skip(1)) {
            let length = a.distance_m(*b);
            if length > SEGMENT_MAX_M {
                return Err(NetworkError::SegmentTooLong(length));
            }
        }
        let length_m = length_m(&polyline);
        if length_m <= 0.0 {
            return Err(NetworkError::NoLength);
        }
        // Both directions of every edge must have a number.
        let id = u32::try_from(self.network.edges.len()).ok().filter(|id| *id < u32::MAX / 2).ok_or(NetworkError::TooMany)?;
        let access = spec.access.unwrap_or_else(|| Access::usual(spec.class, spec.one_way));
        let access = if spec.one_way { access.with(VehicleClass::Car, false, false) } else { access };
        let one_way = spec.one_way || (access.allows(VehicleClass::Car, true) && !access.allows(VehicleClass::Car, false));
        let name = spec.name.map(|name| self.intern(name)).transpose()?;
        let shape_start = self.network.shapes.len();
        self.network.shapes.append(&mut polyline);
        let shape_end = self.network.shapes.len();
        self.network.edges.push(Edge {
            from,
            to,
            length_m,
            speed_kmh: spec.speed_kmh,
            class: spec.class,
            one_way,
            access,
            is_roundabout: spec.is_roundabout,
            name,
            shape_start,
            shape_end,
        });
        Ok(EdgeId(id))
    }

    /// # Errors
    /// When the outer ring has fewer than three points or a point is off the map.
    pub fn area(&mut self, area: Area) -> Result<(), NetworkError> {
        let mut rings = Vec::with_capacity(area.rings.len());
        for ring in &area.rings {
            let mut kept: Vec<Wgs84> = Vec::with_capacity(ring.len());
            for place in ring {
                let place = on_the_map(*place)?;
                if kept.last() != Some(&place) {
                    kept.push(place);
                }
            }
            if kept.len() > 1 && kept.first() == kept.last() {
                kept.pop();
            }
            if kept.len() >= 3 {
                rings.push(kept);
            } else if rings.is_empty() {
                return Err(NetworkError::AreaTooSmall);
            }
        }
        if rings.is_empty() {
            return Err(NetworkError::AreaTooSmall);
        }
        self.network.areas.push(Area { kind: area.kind, name: area.name, rings });
        Ok(())
    }

    /// # Errors
    /// When the edges do not follow each other, are fewer than two or too many, or the ban binds nobody.
    pub fn turn_ban(&mut self, ban: TurnBan) -> Result<(), NetworkError> {
        let broken = NetworkError::BrokenTurnBan { edges: ban.path.len() };
        if !(2..=TurnBan::EDGES_MAX).contains(&ban.path.len()) || ban.vehicles.is_empty() {
            return Err(broken);
        }
        let ends: Option<Vec<_>> = ban.path.iter().map(|road| self.network.ends(*road)).collect();
        let ends = ends.ok_or(broken.clone())?;
        if ends.iter().zip(ends.iter().skip(1)).any(|(before, after)| before.1 != after.0) {
            return Err(broken);
        }
        self.network.turn_bans.push(ban);
        Ok(())
    }

    /// What was built so far.
    pub(crate) fn network(&self) -> &RoadNetwork {
        &self.network
    }

    #[must_use]
    pub fn build(self) -> RoadNetwork {
        self.network
    }

    fn intern(&mut self, name: &str) -> Result<u32, NetworkError> {
        if let Some(index) = self.names.get(name) {
            return Ok(*index);
        }
        let index = u32::try_from(self.network.names.len()).map_err(|_| NetworkError::TooMany)?;
        self.network.names.push(name.to_owned());
        self.names.insert(name.to_owned(), index);
        Ok(index)
    }
}

fn on_the_map(place: Wgs84) -> Result<Wgs84, NetworkError> {
    let is_on = (-180.0..=180.0).contains(&place.lon) && (-LAT_LIMIT..=LAT_LIMIT).contains(&place.lat);
    if is_on { Ok(to_grain(place)) } else { Err(NetworkError::OffTheMap { lon: place.lon, lat: place.lat }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_road_across_half_the_world_is_refused() {
        let mut builder = NetworkBuilder::new();
        let a = builder.node(Wgs84 { lon: 120.0, lat: 23.0 });
        let b = builder.node(Wgs84 { lon: 20.0, lat: 23.0 });
        let (Ok(a), Ok(b)) = (a, b) else { panic!("both are on the map") };
        let refused = builder.edge(a, b, &[], EdgeSpec::of_class(RoadClass::Primary));
        assert!(matches!(refused, Err(NetworkError::SegmentTooLong(_))));
    }

    #[test]
    fn a_place_that_is_not_a_number_is_refused() {
        assert!(NetworkBuilder::new().node(Wgs84 { lon: f64::NAN, lat: 23.0 }).is_err());
    }
}
