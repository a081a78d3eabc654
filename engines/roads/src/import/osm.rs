//! What OpenStreetMap's tags mean for us; shared by the XML and the PBF reader.

use std::collections::HashMap;

use shouhu_place::Wgs84;

use super::assemble::{Assembler, Element, Line};
use super::bans::{self, Member, Restriction};
use super::report::{ImportError, Ledger, Reason};
use super::rights;
use crate::access::Access;
use crate::network::{Area, AreaKind, RoadClass, RoadNetwork};

/// The tags of one element.
pub(super) struct Tags<'a>(pub &'a [(&'a str, &'a str)]);

impl<'a> Tags<'a> {
    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(k, _)| *k == key).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }
}

#[derive(Debug)]
struct Way {
    id: i64,
    refs: Vec<i64>,
    kind: Kind,
    name: Option<String>,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Road { class: RoadClass, speed_kmh: u8, one_way: bool, access: Access, is_roundabout: bool },
    Area(AreaKind),
}

/// Collects the ways of a file, then asks for the nodes they need.
#[derive(Debug, Default)]
pub(super) struct Collector {
    ways: Vec<Way>,
    restrictions: Vec<Restriction>,
}

impl Collector {
    pub fn way(&mut self, id: i64, mut refs: Vec<i64>, tags: &Tags<'_>, ledger: &mut Ledger) {
        let element = Element::Way(id);
        let name = tags.get("name").or_else(|| tags.get("name:zh")).or_else(|| tags.get("ref")).map(str::to_owned);
        let kind = if let Some(highway) = tags.get("highway") {
            let Some((class, one_way)) = road(highway, tags, element, ledger) else { return };
            if one_way == OneWay::Against {
                refs.reverse();
            }
            let speed_kmh = speed(tags.get("maxspeed"), class, element, ledger);
            let value = |key: &str| tags.get(key).map(str::to_owned);
            let access = rights::access(&value, class, one_way, element, ledger);
            let is_roundabout = highway == "mini_roundabout" || matches!(tags.get("junction"), Some("roundabout" | "circular"));
            Kind::Road { class, speed_kmh, one_way: one_way != OneWay::No, access, is_roundabout }
        } else if let Some(area) = area_kind(tags).filter(|_| refs.len() > 3 && refs.first() == refs.last()) {
            Kind::Area(area)
        } else {
            ledger.note(Reason::NotARoad, &element, String::new);
            return;
        };
        self.ways.push(Way { id, refs, kind, name });
    }

    pub fn relation(&mut self, id: i64, members: &[Member], tags: &Tags<'_>, ledger: &mut Ledger) {
        match tags.get("type") {
            Some(kind) if kind == "restriction" || kind.starts_with("restriction:") => {
                self.restrictions.extend(Restriction::read(id, tags, members, ledger));
            }
            Some("multipolygon") if area_kind(tags).is_some() => {
                let name = || tags.get("name").unwrap_or_default().to_owned();
                ledger.note(Reason::MultipolygonNotRead, &format!("relation {id}"), name);
            }
            _ => {}
        }
    }

    /// The ids of all nodes that the collected ways use, sorted.
    pub fn wanted_nodes(&self) -> Vec<i64> {
        let mut wanted: Vec<i64> = self.ways.iter().flat_map(|way| way.refs.iter().copied()).collect();
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// Builds the network from the ways and the nodes, which must be sorted by id.
    pub fn finish(self, nodes: &[(i64, Wgs84)], ledger: &mut Ledger) -> Result<RoadNetwork, ImportError> {
        let mut assembler = Assembler::default();
        assembler.watched = self.restrictions.iter().flat_map(Restriction::ways).collect();
        let mut numbers: HashMap<i64, u32> = HashMap::new();
        let find = |id: i64| {
            let index = nodes.binary_search_by_key(&id, |(id, _)| *id).ok()?;
            nodes.get(index).map(|(_, place)| *place)
        };
        for way in self.ways {
            let element = Element::Way(way.id);
            let (class, speed_kmh, one_way, access, is_roundabout) = match way.kind {
                Kind::Road { class, speed_kmh, one_way, access, is_roundabout } => {
                    (class, speed_kmh, one_way, access, is_roundabout)
                }
                Kind::Area(kind) => {
                    let ring: Vec<Wgs84> = way.refs.iter().filter_map(|id| find(*id)).collect();
                    assembler.area(element, Area { kind, name: way.name, rings: vec![ring] });
                    continue;
                }
            };
            let mut pieces: Vec<Vec<u32>> = vec![Vec::new()];
            let mut missing = 0usize;
            for id in &way.refs {
                let number = match (numbers.get(id), find(*id)) {
                    (Some(number), _) => *number,
                    (None, Some(place)) => {
                        let number = assembler.place(place.lon, place.lat, ledger)?;
                        numbers.insert(*id, number);
                        number
                    }
                    (None, None) => {
                        missing += 1;
                        pieces.push(Vec::new());
                        continue;
                    }
                };
                if let Some(piece) = pieces.last_mut() {
                    piece.push(number);
                }
            }
            if missing > 0 {
                pieces.retain(|piece| piece.len() > 1);
                let reason = if pieces.is_empty() { Reason::UnknownNode } else { Reason::CutAtMissingNode };
                ledger.note(reason, &element, || format!("{missing} of {} nodes are not in the file", way.refs.len()));
            }
            for points in pieces {
                let name = way.name.clone();
                assembler.line(Line { element, points, class, speed_kmh, one_way, access, is_roundabout, name }, ledger);
            }
        }
        let mut built = assembler.build(ledger)?;
        let junctions = std::mem::take(&mut built.nodes);
        let node_of = |id: i64| junctions.get(*numbers.get(&id)? as usize).copied().flatten();
        bans::apply(&self.restrictions, &mut built, node_of, ledger);
        Ok(built.builder.build())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OneWay {
    No,
    Along,
    Against,
}

fn road(highway: &str, tags: &Tags<'_>, element: Element, ledger: &mut Ledger) -> Option<(RoadClass, OneWay)> {
    if matches!(highway, "construction" | "proposed" | "planned" | "abandoned" | "razed" | "disused") {
        ledger.note(Reason::NotBuilt, &element, || highway.to_owned());
        return None;
    }
    if tags.get("area") == Some("yes") {
        ledger.note(Reason::NotALine, &element, || format!("a square mapped as an area, {highway}"));
        return None;
    }
    let class = match class_of(highway) {
        Some(class) => class,
        None => {
            let plain = highway.trim_end_matches("_bridge").trim_end_matches("_tunnel");
            let Some(class) = class_of(plain) else {
                ledger.note(Reason::UnknownClass, &element, || highway.to_owned());
                return None;
            };
            ledger.note(Reason::ClassSpelling, &element, || format!("{highway} read as {plain}"));
            class
        }
    };
    let is_implied = highway == "motorway" || matches!(tags.get("junction"), Some("roundabout" | "circular"));
    let one_way = match tags.get("oneway") {
        None if is_implied => OneWay::Along,
        value => one_way(value, element, ledger),
    };
    Some((class, one_way))
}

/// Reads `oneway=*` as OSM writes it, and the spellings seen in spreadsheets.
pub(super) fn one_way(value: Option<&str>, element: Element, ledger: &mut Ledger) -> OneWay {
    match value.map(str::to_ascii_lowercase).as_deref() {
        None | Some("no" | "false" | "0" | "f" | "n" | "") => OneWay::No,
        Some("yes" | "true" | "1" | "t" | "y" | "f_t" | "ft") => OneWay::Along,
        Some("-1" | "reverse" | "t_f" | "tf") => {
            ledger.note(Reason::OneWayReversed, &element, String::new);
            OneWay::Against
        }
        Some(other) => {
            ledger.note(Reason::OneWayUnreadable, &element, || format!("oneway {other:?} taken as two-way"));
            OneWay::No
        }
    }
}

pub(super) fn class_of(highway: &str) -> Option<RoadClass> {
    Some(match highway {
        "motorway" | "motorway_link" => RoadClass::Motorway,
        "trunk" | "trunk_link" => RoadClass::Trunk,
        "primary" | "primary_link" => RoadClass::Primary,
        "secondary" | "secondary_link" => RoadClass::Secondary,
        "tertiary" | "tertiary_link" => RoadClass::Tertiary,
        "residential" | "unclassified" | "living_street" | "road" | "mini_roundabout" => RoadClass::Residential,
        "service" | "track" | "busway" | "bus_guideway" | "services" | "escape" | "emergency_access" => RoadClass::Service,
        "path" | "footway" | "pedestrian" | "steps" | "cycleway" | "bridleway" | "corridor" | "elevator" => RoadClass::Path,
        _ => return None,
    })
}

/// Reads a speed limit in km/h; several values give the lowest, since which lane is meant is not known.
pub(super) fn speed(value: Option<&str>, class: RoadClass, element: Element, ledger: &mut Ledger) -> u8 {
    let default = class.default_speed_kmh();
    let Some(text) = value else {
        ledger.note(Reason::SpeedDefaulted, &element, || format!("no speed, {default} km/h for {}", class.as_str()));
        return default;
    };
    let mut has_miles = false;
    let lowest = text
        .split([';', '|', ','])
        .filter_map(|part| {
            let part = part.trim().to_ascii_lowercase();
            let digits_end = part.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(part.len());
            let (digits, unit) = part.split_at(digits_end);
            let factor = match unit.trim() {
                "" | "km/h" | "kmh" | "kph" => 1.0,
                "mph" => {
                    has_miles = true;
                    1.609_344
                }
                _ => return None,
            };
            digits.parse::<f64>().ok().map(|number| number * factor)
        })
        .fold(f64::INFINITY, f64::min);
    if !(1.0..=200.0).contains(&lowest) {
        ledger.note(Reason::SpeedUnreadable, &element, || format!("maxspeed {text:?} taken as {default} km/h"));
        return default;
    }
    if has_miles {
        ledger.note(Reason::MilesConverted, &element, || text.to_owned());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 200")]
    let speed_kmh = lowest.round() as u8;
    speed_kmh
}

fn area_kind(tags: &Tags<'_>) -> Option<AreaKind> {
    if matches!(tags.get("natural"), Some("water" | "bay"))
        || matches!(tags.get("waterway"), Some("riverbank" | "dock"))
        || matches!(tags.get("landuse"), Some("reservoir" | "basin"))
    {
        return Some(AreaKind::Water);
    }
    if matches!(tags.get("leisure"), Some("park" | "garden" | "nature_reserve" | "playground" | "pitch"))
        || matches!(tags.get("landuse"), Some("forest" | "grass" | "recreation_ground" | "cemetery"))
        || matches!(tags.get("natural"), Some("wood"))
    {
        return Some(AreaKind::Park);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::report::Format;
    use super::*;

    fn ledger() -> Ledger {
        Ledger::new(Format::OsmXml, 0, 1_000)
    }

    #[test]
    fn speeds_are_read_as_people_write_them() {
        let mut ledger = ledger();
        let mut read = |text| speed(Some(text), RoadClass::Primary, Element::Way(1), &mut ledger);
        assert_eq!(
            [read("50"), read("30 mph"), read("60;40"), read("50 km/h"), read("TW:urban"), read("9999")],
            [50, 48, 40, 50, 60, 60]
        );
    }

    #[test]
    fn a_motorway_and_a_roundabout_are_one_way_unless_they_say_otherwise() {
        let mut ledger = ledger();
        let mut read = |tags: &[(&str, &str)]| {
            let tags = Tags(tags);
            road(tags.get("highway").unwrap_or_default(), &tags, Element::Way(1), &mut ledger).map(|(_, way)| way)
        };
        assert_eq!(read(&[("highway", "motorway")]), Some(OneWay::Along));
        assert_eq!(read(&[("highway", "tertiary"), ("junction", "roundabout")]), Some(OneWay::Along));
        assert_eq!(read(&[("highway", "motorway"), ("oneway", "no")]), Some(OneWay::No));
        assert_eq!(read(&[("highway", "primary"), ("oneway", "-1")]), Some(OneWay::Against));
        assert_eq!(read(&[("highway", "construction")]), None);
    }
}
