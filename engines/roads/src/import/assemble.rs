//! From lines to a network: lines are cut where they meet, and the cuts become junctions.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Display};

use shouhu_place::Wgs84;

use super::report::{ImportError, Ledger, Reason};
use crate::access::Access;
use crate::network::{Area, EdgeId, EdgeSpec, NetworkBuilder, NodeId, RoadClass, RoadNetwork};

/// Which element of the file a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    Way(i64),
    Feature(u64),
    Row(u64),
}

impl Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Way(id) => write!(f, "way {id}"),
            Self::Feature(number) => write!(f, "feature {number}"),
            Self::Row(number) => write!(f, "line {number}"),
        }
    }
}

/// One road of the file; its points are numbers into the assembler's places.
#[derive(Debug)]
pub(super) struct Line {
    pub element: Element,
    pub points: Vec<u32>,
    pub class: RoadClass,
    pub speed_kmh: u8,
    pub one_way: bool,
    pub access: Access,
    pub is_roundabout: bool,
    pub name: Option<String>,
}

/// Two lines meet where they use the same place number; equal coordinates under different numbers do not meet
/// (a bridge above a road).
#[derive(Debug, Default)]
pub(super) struct Assembler {
    places: Vec<Wgs84>,
    lines: Vec<Line>,
    areas: Vec<(Element, Area)>,
    /// Ways whose edges are wanted by their id afterwards.
    pub watched: HashSet<i64>,
}

/// A network that may still get turn bans.
pub(super) struct Built {
    pub builder: NetworkBuilder,
    /// The junction that each place became.
    pub nodes: Vec<Option<NodeId>>,
    /// The edges of the watched ways.
    pub pieces: HashMap<i64, Vec<EdgeId>>,
    /// The edges at each junction; empty when no way is watched.
    pub leaving: Vec<Vec<EdgeId>>,
}

impl Assembler {
    /// Numbers a place. It is checked only when a line uses it, so that the report can name the line.
    pub fn place(&mut self, lon: f64, lat: f64, ledger: &Ledger) -> Result<u32, ImportError> {
        let too_many = ImportError::TooManyPoints { points_max: ledger.points_max };
        if self.places.len() >= ledger.points_max {
            return Err(too_many);
        }
        let number = u32::try_from(self.places.len()).map_err(|_| too_many)?;
        self.places.push(Wgs84 { lon, lat });
        Ok(number)
    }

    pub fn place_of(&self, number: u32) -> Option<Wgs84> {
        self.places.get(number as usize).copied()
    }

    pub fn line(&mut self, mut line: Line, ledger: &mut Ledger) {
        line.points.dedup();
        let wrong = line.points.iter().filter_map(|point| self.place_of(*point)).find(|place| !is_on_globe(*place));
        if let Some(place) = wrong {
            ledger.wrong_coordinate(&line.element, place.lon, place.lat);
        } else if line.points.len() < 2 {
            ledger.note(Reason::TooFewPoints, &line.element, String::new);
        } else {
            self.lines.push(line);
        }
    }

    pub fn area(&mut self, element: Element, area: Area) {
        self.areas.push((element, area));
    }

    pub fn assemble(self, ledger: &mut Ledger) -> Result<RoadNetwork, ImportError> {
        self.build(ledger).map(|built| built.builder.build())
    }

    pub fn build(self, ledger: &mut Ledger) -> Result<Built, ImportError> {
        let is_junction = self.junctions();
        let mut builder = NetworkBuilder::new();
        let mut pieces: HashMap<i64, Vec<EdgeId>> = HashMap::new();
        let mut nodes: Vec<Option<NodeId>> = vec![None; self.places.len()];
        for line in &self.lines {
            let mut start = 0;
            for (index, point) in line.points.iter().enumerate().skip(1) {
                let is_cut = is_junction.get(*point as usize).copied().unwrap_or(false);
                if !is_cut && index + 1 < line.points.len() {
                    continue;
                }
                let piece = line.points.get(start..=index).unwrap_or_default();
                start = index;
                let edge = self.edge(line, piece, &mut nodes, &mut builder, ledger)?;
                if let (Some(edge), Element::Way(way)) = (edge, line.element)
                    && self.watched.contains(&way)
                {
                    pieces.entry(way).or_default().push(edge);
                }
            }
        }
        for (element, area) in self.areas {
            if let Err(error) = builder.area(area) {
                ledger.network_error(&element, &error);
            }
        }
        let mut leaving = Vec::new();
        if !pieces.is_empty() {
            leaving = vec![Vec::new(); builder.network().nodes().len()];
            for (id, edge) in builder.network().edge_ids() {
                for node in [edge.from, edge.to] {
                    if let Some(edges) = leaving.get_mut(node.0 as usize)
                        && edges.last() != Some(&id)
                    {
                        edges.push(id);
                    }
                }
            }
        }
        Ok(Built { builder, nodes, pieces, leaving })
    }

    /// Places where lines end, meet or cross themselves.
    fn junctions(&self) -> Vec<bool> {
        let mut uses = vec![0u8; self.places.len()];
        for line in &self.lines {
            let ends = [line.points.first(), line.points.last()].into_iter().flatten();
            for point in line.points.iter().chain(ends) {
                if let Some(count) = uses.get_mut(*point as usize) {
                    *count = count.saturating_add(1);
                }
            }
        }
        uses.into_iter().map(|count| count > 1).collect()
    }

    fn edge(
        &self,
        line: &Line,
        piece: &[u32],
        nodes: &mut [Option<NodeId>],
        builder: &mut NetworkBuilder,
        ledger: &mut Ledger,
    ) -> Result<Option<EdgeId>, ImportError> {
        let [first, middle @ .., last] = piece else { return Ok(None) };
        let via: Vec<Wgs84> = middle.iter().filter_map(|point| self.place_of(*point)).collect();
        // The edge is tried between its ends' nodes; a node made for an edge that is then refused stays unconnected,
        // so the length is asked first.
        let ends = [self.place_of(*first), self.place_of(*last)];
        let [Some(from_place), Some(to_place)] = ends else { return Ok(None) };
        let points = [&[from_place][..], &via, &[to_place]].concat();
        if crate::geo::length_m(&points) < 0.01 {
            ledger.note(Reason::NoLength, &line.element, String::new);
            return Ok(None);
        }
        let longest = points.iter().zip(points.iter().skip(1)).map(|(a, b)| a.distance_m(*b)).fold(0.0, f64::max);
        if longest > crate::network::SEGMENT_MAX_M {
            ledger.note(Reason::SegmentTooLong, &line.element, || format!("{longest:.0} m"));
            return Ok(None);
        }
        let spec = EdgeSpec {
            class: line.class,
            speed_kmh: line.speed_kmh,
            one_way: line.one_way,
            access: Some(line.access),
            is_roundabout: line.is_roundabout,
            name: line.name.as_deref(),
        };
        let mut node = |point: u32, place: Wgs84| -> Result<NodeId, crate::network::NetworkError> {
            match nodes.get_mut(point as usize) {
                Some(Some(id)) => Ok(*id),
                Some(slot) => builder.node(place).inspect(|id| *slot = Some(*id)),
                None => builder.node(place),
            }
        };
        let built = node(*first, from_place).and_then(|from| node(*last, to_place).map(|to| (from, to)));
        match built.and_then(|(from, to)| builder.edge(from, to, &via, spec)) {
            Ok(edge) => Ok(Some(edge)),
            Err(crate::network::NetworkError::TooMany) => Err(ImportError::TooManyPoints { points_max: ledger.points_max }),
            Err(error) => {
                ledger.network_error(&line.element, &error);
                Ok(None)
            }
        }
    }
}

fn is_on_globe(place: Wgs84) -> bool {
    place.lon.abs() <= 180.0 && place.lat.abs() <= crate::geo::LAT_LIMIT
}
