//! Turn-by-turn steps in the form of OSRM's `route` service (API v1), which Ferrostar and MapLibre's clients read.
//!
//! Types, modifiers and bearings are OSRM's; `instruction` is the sentence that Mapbox's dialect adds, in zh-TW or
//! English. Ramps and merges are not told apart, because the network does not keep which roads are links.

mod geometry;
#[cfg(test)]
mod tests;
mod text;
mod turns;

use schemars::JsonSchema;
use serde::Serialize;
use shouhu_place::Wgs84;

pub(crate) use geometry::{bearing_along, part_of_line};
pub use text::Language;

use crate::access::DirectedEdge;
use crate::navigate::{Navigator, PathPart, RoadPath};
use geometry::polyline6;
use turns::{bearings, maneuver};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "WayManeuverKind")]
pub enum ManeuverType {
    #[serde(rename = "depart")]
    Depart,
    #[serde(rename = "arrive")]
    Arrive,
    #[serde(rename = "turn")]
    Turn,
    #[serde(rename = "continue")]
    Continue,
    #[serde(rename = "new name")]
    NewName,
    #[serde(rename = "end of road")]
    EndOfRoad,
    #[serde(rename = "fork")]
    Fork,
    #[serde(rename = "roundabout")]
    Roundabout,
    #[serde(rename = "exit roundabout")]
    ExitRoundabout,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "WayModifier")]
pub enum Modifier {
    #[serde(rename = "uturn")]
    Uturn,
    #[serde(rename = "sharp right")]
    SharpRight,
    #[serde(rename = "right")]
    Right,
    #[serde(rename = "slight right")]
    SlightRight,
    #[serde(rename = "straight")]
    Straight,
    #[serde(rename = "slight left")]
    SlightLeft,
    #[serde(rename = "left")]
    Left,
    #[serde(rename = "sharp left")]
    SharpLeft,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "WayManeuver")]
pub struct Maneuver {
    #[serde(rename = "type")]
    pub kind: ManeuverType,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modifier: Option<Modifier>,
    /// Longitude, latitude.
    pub location: [f64; 2],
    /// Degrees clockwise from north.
    pub bearing_before: u16,
    pub bearing_after: u16,
    /// Which exit of a roundabout, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<u8>,
    pub instruction: String,
}

/// A junction along a step; the first is the maneuver's own.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "WayIntersection")]
pub struct Intersection {
    pub location: [f64; 2],
    /// Of all roads at the junction, ascending.
    pub bearings: Vec<u16>,
    /// Whether each may be taken by one who arrives as the route does.
    pub entry: Vec<bool>,
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    pub arrives_by: Option<usize>,
    #[serde(rename = "out", skip_serializing_if = "Option::is_none")]
    pub leaves_by: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "WayStep")]
pub struct Step {
    pub maneuver: Maneuver,
    /// The street driven after the maneuver; empty when it has no name.
    pub name: String,
    /// Metres.
    pub distance: f64,
    /// Seconds.
    pub duration: f64,
    pub weight: f64,
    /// `polyline6`.
    pub geometry: String,
    pub mode: &'static str,
    pub driving_side: &'static str,
    pub intersections: Vec<Intersection>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "WayLeg")]
pub struct Leg {
    pub distance: f64,
    pub duration: f64,
    pub weight: f64,
    /// The two streets on which the leg is longest.
    pub summary: String,
    pub steps: Vec<Step>,
}

/// An entry of `routes` in OSRM's answer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "WayRoute")]
pub struct OsrmRoute {
    pub distance: f64,
    pub duration: f64,
    pub weight: f64,
    pub weight_name: &'static str,
    pub geometry: String,
    pub legs: Vec<Leg>,
}

/// The way told step by step.
#[must_use]
pub fn steps(navigator: &Navigator, path: &RoadPath, language: Language) -> OsrmRoute {
    let mut teller = Teller { navigator, path, language, steps: Vec::new(), lines: Vec::new() };
    teller.tell();
    for (step, line) in teller.steps.iter_mut().zip(&mut teller.lines) {
        line.dedup();
        step.distance = rounded(step.distance);
        step.duration = rounded(step.duration);
        step.weight = step.duration;
        if !line.is_empty() {
            step.geometry = polyline6(line);
        }
    }
    let mut lines = teller.lines.concat();
    lines.dedup();
    let (steps, distance) = (teller.steps, rounded(path.distance_m(navigator.network())));
    let duration = path.duration_s();
    let mut by_name: Vec<(&str, f64)> = Vec::new();
    for step in steps.iter().filter(|step| !step.name.is_empty()) {
        match by_name.iter_mut().find(|(name, _)| *name == step.name) {
            Some((_, length)) => *length += step.distance,
            None => by_name.push((&step.name, step.distance)),
        }
    }
    by_name.sort_by(|a, b| b.1.total_cmp(&a.1));
    let summary = by_name.iter().take(2).map(|(name, _)| *name).collect::<Vec<_>>().join("、");
    let leg = Leg { distance, duration, weight: duration, summary, steps };
    OsrmRoute { distance, duration, weight: duration, weight_name: "duration", geometry: polyline6(&lines), legs: vec![leg] }
}

struct Teller<'a> {
    navigator: &'a Navigator,
    path: &'a RoadPath,
    language: Language,
    steps: Vec<Step>,
    /// The points of each step so far.
    lines: Vec<Vec<Wgs84>>,
}

impl Teller<'_> {
    fn tell(&mut self) {
        let parts = &self.path.parts;
        let Some((first, last)) = parts.first().zip(parts.last()) else {
            let bearing = 0;
            self.begin((ManeuverType::Depart, None), self.path.from, [bearing; 2], String::new(), None);
            self.begin((ManeuverType::Arrive, None), self.path.to, [bearing; 2], String::new(), None);
            return;
        };
        let after = degrees(self.bearing_of(first, true));
        self.begin((ManeuverType::Depart, None), self.path.from, [0, after], self.name(first.road), None);
        self.drive(first);
        for (index, (before, part)) in parts.iter().zip(parts.iter().skip(1)).enumerate() {
            if let Some((said, exit)) = self.said(index) {
                let bearings = [self.bearing_of(before, false), self.bearing_of(part, true)].map(degrees);
                let name = if said.0 == ManeuverType::Roundabout { self.exit_name(index + 1) } else { self.name(part.road) };
                let place = self.navigator.network().ends(before.road).and_then(|(_, node)| self.navigator.network().node(node));
                self.begin((said.0, Some(said.1)), place.unwrap_or(self.path.from), bearings, name, exit);
            }
            self.pass(before.road, part.road);
            self.drive(part);
        }
        let arriving = degrees(self.bearing_of(last, false));
        self.begin((ManeuverType::Arrive, None), self.path.to, [arriving, 0], self.name(last.road), None);
    }

    /// What to say after the part of this number, and which exit of a roundabout.
    fn said(&self, index: usize) -> Option<((ManeuverType, Modifier), Option<u8>)> {
        let (before, after) = self.path.parts.get(index).zip(self.path.parts.get(index + 1))?;
        let (was_round, is_round) = (self.is_roundabout(before), self.is_roundabout(after));
        let turn = || {
            let angle = geometry::turn_deg(self.bearing_of(before, false), self.bearing_of(after, true));
            Modifier::of(angle)
        };
        match (was_round, is_round) {
            (true, true) => None,
            (false, true) => Some(((ManeuverType::Roundabout, turn()), self.exit_number(index + 1))),
            (true, false) => Some(((ManeuverType::ExitRoundabout, turn()), None)),
            (false, false) => maneuver(self.navigator, before.road, after.road).map(|said| (said, None)),
        }
    }

    /// Counts the exits passed from the part of this number on; none for a way that ends inside.
    fn exit_number(&self, from: usize) -> Option<u8> {
        let mut exits = 0u8;
        for (before, after) in self.path.parts.iter().skip(from).zip(self.path.parts.iter().skip(from + 1)) {
            let outward = self.navigator.exits(before.road).into_iter().any(|road| {
                road != before.road.reversed() && self.navigator.network().edge(road.edge).is_some_and(|edge| !edge.is_roundabout)
            });
            exits = exits.saturating_add(u8::from(outward));
            if !self.is_roundabout(after) {
                return Some(exits);
            }
        }
        None
    }

    /// The name of the street on which a roundabout is left.
    fn exit_name(&self, from: usize) -> String {
        let out = self.path.parts.iter().skip(from).find(|part| !self.is_roundabout(part));
        out.map(|part| self.name(part.road)).unwrap_or_default()
    }

    fn is_roundabout(&self, part: &PathPart) -> bool {
        self.navigator.network().edge(part.road.edge).is_some_and(|edge| edge.is_roundabout)
    }

    fn name(&self, road: DirectedEdge) -> String {
        let network = self.navigator.network();
        network.edge(road.edge).and_then(|edge| network.name(edge)).unwrap_or_default().to_owned()
    }

    fn points(&self, part: &PathPart) -> Vec<Wgs84> {
        let network = self.navigator.network();
        network.edge(part.road.edge).map_or_else(Vec::new, |edge| part_of_line(network.polyline(edge), edge, part.enter, part.leave))
    }

    fn bearing_of(&self, part: &PathPart, at_start: bool) -> f64 {
        let points = self.points(part);
        if at_start { geometry::bearing_at_start(&points) } else { geometry::bearing_at_end(&points) }
    }

    fn begin(
        &mut self,
        (kind, modifier): (ManeuverType, Option<Modifier>),
        place: Wgs84,
        [bearing_before, bearing_after]: [u16; 2],
        name: String,
        exit: Option<u8>,
    ) {
        let location = [place.lon, place.lat];
        let mut maneuver = Maneuver { kind, modifier, location, bearing_before, bearing_after, exit, instruction: String::new() };
        maneuver.instruction = self.language.instruction(&maneuver, &name);
        let ends = match kind {
            ManeuverType::Depart => vec![(bearing_after, None, Some(0))],
            ManeuverType::Arrive => vec![((bearing_before + 180) % 360, Some(0), None)],
            _ => Vec::new(),
        };
        let intersections = ends
            .into_iter()
            .map(|(bearing, arrives_by, leaves_by)| Intersection { location, bearings: vec![bearing], entry: vec![true], arrives_by, leaves_by })
            .collect();
        let geometry = if kind == ManeuverType::Arrive { polyline6(&[place, place]) } else { String::new() };
        let mode = if self.navigator.profile().vehicle == crate::access::VehicleClass::Foot { "walking" } else { "driving" };
        self.lines.push(Vec::new());
        self.steps.push(Step {
            maneuver,
            name,
            distance: 0.0,
            duration: 0.0,
            weight: 0.0,
            geometry,
            mode,
            driving_side: "right",
            intersections,
        });
    }

    /// Adds a junction to the step that is being driven.
    fn pass(&mut self, before: DirectedEdge, after: DirectedEdge) {
        let network = self.navigator.network();
        let Some(node) = network.ends(before).map(|(_, node)| node) else { return };
        let Some(place) = network.node(node) else { return };
        let allowed = self.navigator.exits(before);
        let mut roads: Vec<(u16, DirectedEdge)> = self
            .navigator
            .roads_at(node)
            .into_iter()
            .map(|road| (degrees(bearings(self.navigator, road).0), road))
            .collect();
        roads.sort_unstable();
        let find = |wanted: DirectedEdge| roads.iter().position(|(_, road)| *road == wanted);
        let intersection = Intersection {
            location: [place.lon, place.lat],
            bearings: roads.iter().map(|(bearing, _)| *bearing).collect(),
            entry: roads.iter().map(|(_, road)| allowed.contains(road)).collect(),
            arrives_by: find(before.reversed()),
            leaves_by: find(after),
        };
        if let Some(step) = self.steps.last_mut() {
            step.intersections.push(intersection);
        }
    }

    fn drive(&mut self, part: &PathPart) {
        let points = self.points(part);
        let duration = self.navigator.part_duration_s(part);
        let length_m = self.navigator.network().edge(part.road.edge).map_or(0.0, |edge| edge.length_m);
        if let (Some(step), Some(line)) = (self.steps.last_mut(), self.lines.last_mut()) {
            step.distance += length_m * (part.leave - part.enter).abs();
            step.duration += duration;
            line.extend(points);
        }
    }
}

/// To the tenth, which is what a client shows at most.
fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn degrees(bearing: f64) -> u16 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 360")]
    let whole = bearing.rem_euclid(360.0).round() as u16;
    whole % 360
}
