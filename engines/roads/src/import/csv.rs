//! Node and edge tables. An edge table with a polyline column stands alone; one that only names its nodes needs the
//! node table too.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use csv::{ReaderBuilder, StringRecord};
use shouhu_place::Wgs84;

use super::assemble::{Assembler, Element, Line};
use super::geojson::class;
use super::osm::{OneWay, one_way, speed};
use super::report::{Format, ImportError, ImportReport, Ledger, Reason};
use super::{ImportOptions, check_size, rights, text};
use crate::geo::length_m;
use crate::network::RoadNetwork;

const FROM: [&str; 7] = ["a", "from", "source", "u", "from_node", "node_a", "start"];
const TO: [&str; 7] = ["b", "to", "target", "v", "to_node", "node_b", "end"];
const POLYLINE: [&str; 4] = ["polyline", "geometry", "wkt", "shape"];
const ID: [&str; 3] = ["id", "node", "node_id"];
const LON: [&str; 5] = ["lon", "lng", "longitude", "x", "經度"];
const LAT: [&str; 4] = ["lat", "latitude", "y", "緯度"];
const LENGTH: [&str; 2] = ["length_m", "length"];
const NAME: [&str; 4] = ["name", "street", "road_name", "路名"];
const CLASS: [&str; 4] = ["class", "highway", "road_class", "type"];
const SPEED: [&str; 3] = ["speed_kmh", "maxspeed", "speed"];
const ONE_WAY: [&str; 2] = ["one_way", "oneway"];

/// A node's place and a polyline's end may differ this much before the difference is worth a word.
const END_MOVED_M: f64 = 5.0;

/// Reads a pair of tables: nodes (`id, lon, lat`) and edges (`a, b` and what else there is).
///
/// # Errors
/// As [`super::import`].
pub fn import_node_edge_csv(
    nodes: &[u8],
    edges: &[u8],
    options: ImportOptions,
) -> Result<(RoadNetwork, ImportReport), ImportError> {
    let bytes = nodes.len().saturating_add(edges.len());
    check_size(bytes, options)?;
    let mut ledger = Ledger::new(Format::EdgeCsv, bytes, options.points_max);
    let network = read(Some(nodes), edges, &mut ledger)?;
    ledger.close(network)
}

/// Whether a text's first line is the heading of an edge table.
pub(super) fn sniff(start: &str) -> Result<Format, ImportError> {
    let line = start.lines().next().unwrap_or_default();
    if start.chars().filter(|c| c.is_control() && !c.is_whitespace()).take(3).count() > 2 {
        return Err(ImportError::NotARoadFile { looks_like: "a binary file" });
    }
    let heading: StringRecord = line.split([',', ';', '\t']).map(|cell| cell.trim().trim_matches('"')).collect();
    let has = |names: &[&str]| column(&heading, names).is_some();
    if has(&FROM) && has(&TO) {
        return Ok(Format::EdgeCsv);
    }
    if has(&ID) && has(&LON) && has(&LAT) {
        return Err(ImportError::NeedsEdgeFile);
    }
    Err(ImportError::NotARoadFile { looks_like: "text without the columns of an edge table (a, b, polyline)" })
}

pub(super) fn read(nodes: Option<&[u8]>, edges: &[u8], ledger: &mut Ledger) -> Result<RoadNetwork, ImportError> {
    let mut tables = Tables { assembler: Assembler::default(), numbers: HashMap::new(), is_closed: nodes.is_some() };
    if let Some(nodes) = nodes {
        tables.nodes(&text::decode(nodes, ledger)?, ledger)?;
    }
    tables.edges(&text::decode(edges, ledger)?, ledger)?;
    tables.assembler.assemble(ledger)
}

struct Tables {
    assembler: Assembler,
    /// Place numbers of the nodes by their id in the file.
    numbers: HashMap<String, u32>,
    /// A node table was given: other ids are errors.
    is_closed: bool,
}

struct Columns {
    from: usize,
    to: usize,
    polyline: Option<usize>,
    length: Option<usize>,
    name: Option<usize>,
    class: Option<usize>,
    speed: Option<usize>,
    one_way: Option<usize>,
    /// Columns of access tags, by their key.
    rights: Vec<(&'static str, usize)>,
}

impl Tables {
    fn nodes(&mut self, text: &str, ledger: &mut Ledger) -> Result<(), ImportError> {
        let (heading, rows) = rows(text)?;
        let columns = [&ID[..], &LON, &LAT].map(|names| column(&heading, names));
        let [Some(id), Some(lon), Some(lat)] = columns else {
            return Err(ImportError::NotARoadFile { looks_like: "a table without id, lon and lat columns" });
        };
        for row in rows {
            ledger.saw("node rows", 1);
            let (element, row) = row?;
            let place = number(row.get(lon)).zip(number(row.get(lat)));
            let (Some(id), Some((lon, lat))) = (row.get(id), place) else {
                ledger.note(Reason::UnreadableRow, &element, || format!("node row {row:?}"));
                continue;
            };
            let number = self.assembler.place(lon, lat, ledger)?;
            if self.numbers.insert(id.to_owned(), number).is_some() {
                ledger.note(Reason::Duplicate, &element, || format!("node {id} again; the last one counts"));
            }
        }
        Ok(())
    }

    fn edges(&mut self, text: &str, ledger: &mut Ledger) -> Result<(), ImportError> {
        let (heading, rows) = rows(text)?;
        let (Some(from), Some(to)) = (column(&heading, &FROM), column(&heading, &TO)) else {
            return Err(ImportError::NotARoadFile { looks_like: "a table without from and to columns" });
        };
        let find = |names: &[&str]| column(&heading, names);
        let columns = Columns {
            from,
            to,
            polyline: find(&POLYLINE),
            length: find(&LENGTH),
            name: find(&NAME),
            class: find(&CLASS),
            speed: find(&SPEED),
            one_way: find(&ONE_WAY),
            rights: rights::KEYS.into_iter().filter_map(|key| Some((key, find(&[key])?))).collect(),
        };
        if columns.polyline.is_none() && !self.is_closed {
            return Err(ImportError::NeedsNodeFile);
        }
        let mut seen = HashSet::new();
        for row in rows {
            ledger.saw("rows", 1);
            let (element, row) = row?;
            if !seen.insert(row.iter().collect::<Vec<_>>().join("\u{1f}")) {
                ledger.note(Reason::Duplicate, &element, || "the same row again".to_owned());
                continue;
            }
            self.edge(element, &row, &columns, ledger)?;
        }
        Ok(())
    }

    fn edge(&mut self, element: Element, row: &StringRecord, columns: &Columns, ledger: &mut Ledger) -> Result<(), ImportError> {
        let cell = |index: Option<usize>| row.get(index?).map(str::trim).filter(|cell| !cell.is_empty());
        let (Some(from), Some(to)) = (cell(Some(columns.from)), cell(Some(columns.to))) else {
            ledger.note(Reason::UnreadableRow, &element, || "no from or to".to_owned());
            return Ok(());
        };
        let mut places = match columns.polyline.map(|_| cell(columns.polyline).and_then(polyline)) {
            None => Vec::new(),
            Some(Some(places)) => places,
            Some(None) => {
                ledger.note(Reason::UnreadableRow, &element, || "the polyline is no list of \"lon lat\"".to_owned());
                return Ok(());
            }
        };
        if let (Some((Some(known_from), Some(known_to))), [first, .., last]) =
            (Some((self.known(from), self.known(to))), places.as_slice())
        {
            let as_is = first.distance_m(known_from) + last.distance_m(known_to);
            let turned = last.distance_m(known_from) + first.distance_m(known_to);
            if turned < as_is {
                ledger.note(Reason::PolylineReversed, &element, String::new);
                places.reverse();
            }
            if as_is.min(turned) > END_MOVED_M {
                ledger.note(Reason::EndMoved, &element, || format!("{:.0} m to its nodes", as_is.min(turned)));
            }
        }
        let (Some(from), Some(to)) =
            (self.number_of(from, places.first().copied(), ledger)?, self.number_of(to, places.last().copied(), ledger)?)
        else {
            ledger.note(Reason::UnknownNode, &element, || format!("{from} or {to} is not in the node file"));
            return Ok(());
        };
        let mut points = vec![from];
        for place in places.get(1..places.len().saturating_sub(1)).unwrap_or_default() {
            points.push(self.assembler.place(place.lon, place.lat, ledger)?);
        }
        points.push(to);
        if let Some(stated) = number(cell(columns.length)) {
            let measured = length_m(&places);
            if !places.is_empty() && (stated - measured).abs() > (stated * 0.05).max(5.0) {
                ledger.note(Reason::LengthDiffers, &element, || {
                    format!("{stated} m stated, {measured:.1} m along its polyline, which counts")
                });
            }
        }
        let class = class(cell(columns.class), element, ledger);
        let speed_kmh = speed(cell(columns.speed), class, element, ledger);
        let way = one_way(cell(columns.one_way), element, ledger);
        if way == OneWay::Against {
            points.reverse();
        }
        let name = cell(columns.name).map(str::to_owned);
        let value = |key: &str| {
            let column = columns.rights.iter().find(|(known, _)| *known == key)?.1;
            cell(Some(column)).map(str::to_ascii_lowercase)
        };
        let access = rights::access(&value, class, way, element, ledger);
        let line =
            Line { element, points, class, speed_kmh, one_way: way != OneWay::No, access, is_roundabout: false, name };
        self.assembler.line(line, ledger);
        Ok(())
    }

    fn known(&self, id: &str) -> Option<Wgs84> {
        self.numbers.get(id).and_then(|number| self.assembler.place_of(*number))
    }

    /// The place number of a node; without a node table, the first polyline that ends there places it.
    fn number_of(&mut self, id: &str, end: Option<Wgs84>, ledger: &Ledger) -> Result<Option<u32>, ImportError> {
        if let Some(number) = self.numbers.get(id) {
            return Ok(Some(*number));
        }
        let Some(end) = end.filter(|_| !self.is_closed) else { return Ok(None) };
        let number = self.assembler.place(end.lon, end.lat, ledger)?;
        self.numbers.insert(id.to_owned(), number);
        Ok(Some(number))
    }
}

type Row = Result<(Element, StringRecord), ImportError>;

fn rows(text: &str) -> Result<(StringRecord, impl Iterator<Item = Row>), ImportError> {
    let heading_line = text.lines().next().unwrap_or_default();
    let delimiter =
        [b',', b';', b'\t'].into_iter().find(|delimiter| heading_line.split(char::from(*delimiter)).count() > 2).unwrap_or(b',');
    let mut reader = ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let malformed = |error: &csv::Error| ImportError::Malformed {
        at: error.position().map_or_else(String::new, |position| format!("line {}", position.line())),
        what: error.to_string(),
    };
    let heading = reader.headers().map_err(|error| malformed(&error))?.clone();
    let (width, length) = (heading.len(), text.len() as u64);
    let ends_in_newline = text.ends_with('\n');
    let records = reader.into_records().map(move |record| {
        let record = record.map_err(|error| malformed(&error))?;
        let (line, byte) = record.position().map_or((0, 0), |position| (position.line(), position.byte()));
        let is_last = byte + record.as_slice().len() as u64 + record.len() as u64 >= length;
        if record.len() < width && is_last && !ends_in_newline {
            return Err(ImportError::CutShort { at: byte, missing: "the end of the last row" });
        }
        Ok((Element::Row(line), record))
    });
    Ok((heading, records))
}

fn column(heading: &StringRecord, names: &[&str]) -> Option<usize> {
    names
        .iter()
        .find_map(|name| heading.iter().position(|cell| cell.trim().trim_start_matches('\u{feff}').eq_ignore_ascii_case(name)))
}

fn number(text: Option<&str>) -> Option<f64> {
    text?.trim().parse().ok()
}

/// `lon lat;lon lat…`, or the same as `LINESTRING(lon lat, …)`.
fn polyline(text: &str) -> Option<Vec<Wgs84>> {
    let upper: Cow<'_, str> = text.trim().into();
    let inside = match upper.split_once('(') {
        Some((kind, rest)) if kind.trim().eq_ignore_ascii_case("linestring") => rest.trim_end_matches(')'),
        Some(_) => return None,
        None => &upper,
    };
    let place = |pair: &str| {
        let (lon, lat) = pair.trim().split_once(char::is_whitespace)?;
        Some(Wgs84 { lon: lon.parse().ok()?, lat: lat.trim().parse().ok()? })
    };
    inside.split([';', ',']).filter(|pair| !pair.trim().is_empty()).map(place).collect()
}
