//! From roads, outlines and records to a [`Geocoder`].

use std::collections::HashMap;

use serde::Serialize;
use shouhu_place::Wgs84;

use super::areas::{Areas, NONE};
use super::grid::Grid;
use super::names::Names;
use super::{Evidence, Geocoder, Line, NO_RECORD, Sample, WayKey, WayRow, What};
use crate::address::{Spot, Way};
use crate::calibrate::{self, Calibration};
use crate::lexicon::Lexicon;
use crate::parse::{Parsed, parse, pole_row, usual_way};
use crate::plane::{Plane, Point, nearest_pair, quantile};

/// Names that hundreds of roads have and that tell none of them apart.
const GENERIC: [&str; 16] = [
    "產業道路",
    "內道路",
    "里內道路",
    "無名巷",
    "無名巷道",
    "無名路",
    "未命名道路",
    "未命名路",
    "防汛道路",
    "便道",
    "農路",
    "聯絡道路",
    "村內道路",
    "堤防道路",
    "側車道路",
    "既成道路",
];

/// A record farther than this from the middle of all records of its town has a wrong place or a wrong address.
const TOWN_MAX_M: f64 = 25_000.0;

/// A lane's line that begins farther than this from its street says nothing about where it leaves the street.
const MOUTH_MAX_M: f64 = 40.0;

/// What went in and what came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub records: usize,
    /// Records that name a place.
    pub placed: usize,
    /// Records whose place is too far from their town to be believed.
    pub far_from_town: usize,
    pub road_pieces: usize,
    pub ways: usize,
    pub samples: usize,
    pub names: usize,
    pub towns: usize,
    pub villages: usize,
    /// About how much memory the index holds.
    pub bytes: usize,
}

/// Collects what a city has. What goes in twice counts twice; the order of records matters only for ties.
#[derive(Debug, Default)]
pub struct Builder {
    lexicon: Lexicon,
    towns: Areas,
    villages: Areas,
    roads: Vec<(Way, Vec<Point>)>,
    records: Vec<(String, Point)>,
}

impl Builder {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The outline of a district, county and town with 台 or 臺; rings as in GeoJSON, holes included.
    pub fn district(&mut self, county: &str, town: &str, rings: impl IntoIterator<Item = Vec<Wgs84>>) {
        let (county, town) = (county.replace('臺', "台"), town.replace('臺', "台"));
        self.lexicon.add_county(&county);
        let number = self.towns.intern(&county, &town, "");
        for ring in rings {
            self.towns.add_ring(number, ring.into_iter().filter_map(Point::of).collect());
        }
    }

    /// The outline of a village.
    pub fn village(&mut self, county: &str, town: &str, village: &str, rings: impl IntoIterator<Item = Vec<Wgs84>>) {
        let [county, town, village] = [county, town, village].map(|name| name.replace('臺', "台"));
        self.lexicon.add_county(&county);
        self.lexicon.add_village(&town, &village);
        let number = self.villages.intern(&county, &town, &village);
        for ring in rings {
            self.villages.add_ring(number, ring.into_iter().filter_map(Point::of).collect());
        }
    }

    /// A piece of a road with its name; the name may hold a section and a lane (和平東路一段41巷).
    pub fn road(&mut self, name: &str, line: impl IntoIterator<Item = Wgs84>) {
        let points: Vec<Point> = line.into_iter().filter_map(Point::of).collect();
        if let Some(way) = usual_way(name).filter(|way| points.len() > 1 && is_telling(way)) {
            self.lexicon.add_way(&way.name);
            self.roads.push((way, points));
        }
    }

    /// An address and where it is: an address point, a past incident, a kilometre stone.
    pub fn record(&mut self, address: &str, at: Wgs84) {
        if let Some(point) = Point::of(at) {
            self.records.push((address.to_owned(), point));
        }
    }

    #[must_use]
    pub fn build(mut self) -> Geocoder {
        self.learn_names();
        let mut rows = Rows { towns: self.towns, villages: self.villages, ..Rows::default() };
        for (way, points) in self.roads {
            rows.road(&way, points);
        }
        let (records, mut placed) = (self.records.len(), 0);
        // Parsed records are ten times as large as their text: only those that will be asked for are kept.
        let step = calibrate::step(records);
        let mut asked = Vec::new();
        for (number, (text, point)) in (0_u32..).zip(self.records) {
            let parsed = parse(&text, &self.lexicon);
            placed += usize::from(rows.record(&parsed, point, number, &self.lexicon));
            if (number as usize).is_multiple_of(step) {
                asked.push((number, parsed, point));
            }
        }
        let far_from_town = rows.drop_the_far();
        rows.lane_mouths();
        let summary = Summary { records, placed, far_from_town, ..Summary::default() };
        let mut geocoder = rows.finish(self.lexicon, summary);
        geocoder.calibration = calibrate::calibrate(&geocoder, &asked);
        geocoder
    }

    /// Streets that at least two records name without doubt become known names, which then end other names.
    fn learn_names(&mut self) {
        let plain = Lexicon::default();
        let mut seen: HashMap<String, u32> = HashMap::new();
        let mut counties: HashMap<String, usize> = HashMap::new();
        for (text, _) in &self.records {
            let parsed = parse(text, &plain);
            if let Some(county) = &parsed.address.county {
                *counties.entry(county.clone()).or_default() += 1;
            }
            for way in ways_of(&parsed.address.spot).into_iter().chain(&parsed.also) {
                if way.name.ends_with(['路', '街', '道']) && is_telling(way) {
                    *seen.entry(way.name.clone()).or_default() += 1;
                }
            }
        }
        for (name, _) in seen.iter().filter(|(_, times)| **times > 1) {
            self.lexicon.add_way(name);
        }
        for (county, _) in counties.iter().filter(|(_, times)| **times * 100 >= self.records.len()) {
            self.lexicon.add_county(county);
        }
    }
}

pub(crate) fn is_telling(way: &Way) -> bool {
    !GENERIC.contains(&way.name.as_str())
}

fn ways_of(spot: &Spot) -> Vec<&Way> {
    match spot {
        Spot::Road { way } | Spot::Mark { way, .. } | Spot::Door { way: Some(way), .. } => vec![way],
        Spot::Crossing { ways } => ways.iter().collect(),
        Spot::Door { way: None, .. } | Spot::Area | Spot::Landmark { .. } | Spot::Pole { .. } => Vec::new(),
    }
}

/// FNV-1a of the place's key.
fn place_id(parsed: &Parsed) -> u64 {
    parsed.place_key().bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[derive(Default)]
struct Rows {
    names: Names,
    ways: Vec<WayRow>,
    by_key: HashMap<WayKey, u32>,
    towns: Areas,
    villages: Areas,
    places: Vec<u64>,
    /// Per town and village, where its records are.
    in_town: HashMap<u16, Vec<Point>>,
    in_village: HashMap<u16, Vec<Point>>,
    road_pieces: usize,
}

impl Rows {
    fn way(&mut self, way: &Way) -> u32 {
        let part = |part: Option<u32>| part.unwrap_or(0);
        let name = self.names.intern(&way.name);
        let key = WayKey { name, section: part(way.section), lane: part(way.lane), alley: part(way.alley) };
        self.way_of_key(key)
    }

    fn way_of_key(&mut self, key: WayKey) -> u32 {
        if let Some(number) = self.by_key.get(&key) {
            return *number;
        }
        let number = u32::try_from(self.ways.len()).unwrap_or(u32::MAX);
        self.by_key.insert(key, number);
        self.ways.push(WayRow { key, samples: Vec::new(), lines: Vec::new() });
        number
    }

    fn add(&mut self, way: u32, sample: Sample) {
        if let Some(row) = self.ways.get_mut(way as usize) {
            row.samples.push(sample);
        }
    }

    fn road(&mut self, way: &Way, points: Vec<Point>) {
        let number = self.way(way);
        if let Some(row) = self.ways.get_mut(number as usize) {
            row.lines.push(Line { points, town: NONE });
            self.road_pieces += 1;
        }
    }

    /// Whether the record names a place.
    fn record(&mut self, parsed: &Parsed, at: Point, record: u32, lexicon: &Lexicon) -> bool {
        self.places.push(place_id(parsed));
        let address = &parsed.address;
        let county = address.county.as_deref().or(lexicon.only_county()).unwrap_or_default().to_owned();
        let town = match &address.town {
            Some(town) => self.towns.intern(&county, town, ""),
            None => self.towns.at(at).unwrap_or(NONE),
        };
        let village = match (&address.town, &address.village) {
            (Some(town), Some(village)) => self.villages.intern(&county, town, village),
            _ => self.villages.at(at).unwrap_or(NONE),
        };
        let here = Sample { what: What::Somewhere, at, town, village, record };
        self.in_town.entry(town).or_default().push(at);
        self.in_village.entry(village).or_default().push(at);
        let is_placed = self.spot(parsed, here);
        if let Some((row, number)) = parsed.pole.as_deref().and_then(pole_row) {
            let way = self.way(&Way::named(&row));
            self.add(way, Sample { what: What::Door { main: number, sub: 0, evidence: Evidence::House }, ..here });
        }
        for way in parsed.also.iter().filter(|way| is_telling(way)) {
            let way = self.way(way);
            self.add(way, here);
        }
        is_placed || parsed.pole.is_some()
    }

    fn spot(&mut self, parsed: &Parsed, here: Sample) -> bool {
        match &parsed.address.spot {
            Spot::Area | Spot::Pole { .. } => return false,
            Spot::Road { way } if is_telling(way) => {
                let way = self.way(way);
                self.add(way, here);
            }
            Spot::Road { .. } => return false,
            Spot::Door { way, number } => {
                let village = parsed.address.village.as_deref();
                let Some(name) = way.clone().or_else(|| village.map(Way::named)) else { return false };
                let way = self.way(&name);
                let what = What::Door { main: number.main, sub: number.sub.unwrap_or(0), evidence: Evidence::House };
                self.add(way, Sample { what, ..here });
            }
            Spot::Mark { way, at_m } => {
                let way = self.way(way);
                self.add(way, Sample { what: What::Mark { at_m: *at_m }, ..here });
            }
            Spot::Crossing { ways } => {
                let ways: Vec<u32> = ways.iter().filter(|way| is_telling(way)).map(|way| self.way(way)).collect();
                for way in &ways {
                    for with in ways.iter().filter(|with| *with != way) {
                        self.add(*way, Sample { what: What::Crossing { with: *with }, ..here });
                    }
                }
                if let [only] = ways.as_slice() {
                    self.add(*only, here);
                }
            }
            Spot::Landmark { name } => {
                let way = self.way(&Way::named(name));
                self.add(way, here);
            }
        }
        true
    }

    /// Records far from all others of their town are typing errors of somebody else.
    fn drop_the_far(&mut self) -> usize {
        const ENOUGH: usize = 8;
        let mut centre: HashMap<u16, Point> = HashMap::new();
        for (town, points) in self.in_town.iter().filter(|(_, points)| points.len() >= ENOUGH) {
            let middle = |of: fn(&Point) -> i32| {
                let mut values: Vec<f64> = points.iter().map(|point| f64::from(of(point))).collect();
                quantile(&mut values, 0.5).unwrap_or_default()
            };
            #[expect(clippy::cast_possible_truncation, reason = "a median of 32-bit numbers")]
            let point = Point { lon: middle(|point| point.lon) as i32, lat: middle(|point| point.lat) as i32 };
            centre.insert(*town, point);
        }
        let mut dropped = Vec::new();
        for row in &mut self.ways {
            row.samples.retain(|sample| {
                let is_far = centre.get(&sample.town).is_some_and(|centre| centre.distance_m(sample.at) > TOWN_MAX_M);
                if is_far {
                    dropped.push(sample.record);
                }
                !is_far
            });
        }
        dropped.sort_unstable();
        dropped.dedup();
        dropped.len()
    }

    /// A lane is numbered as the house beside its mouth, so every lane gives its street a number.
    fn lane_mouths(&mut self) {
        let lanes: Vec<(u32, u32, u32)> = (0..)
            .zip(&self.ways)
            .filter(|(_, row)| row.key.lane > 0 && row.key.alley == 0)
            .map(|(number, row)| (number, row.key.lane, row.key.name))
            .collect();
        for (lane, main, _) in lanes {
            let Some(key) = self.ways.get(lane as usize).map(|row| row.key.street()) else { continue };
            let street = self.way_of_key(key);
            let found = self.mouths(lane, street);
            for (evidence, sample) in found {
                self.add(street, Sample { what: What::Door { main, sub: 0, evidence }, ..sample });
            }
        }
    }

    fn mouths(&self, lane: u32, street: u32) -> Vec<(Evidence, Sample)> {
        /// So many houses of a lane speak for its mouth, the lowest numbers first.
        const HOUSES_MAX: usize = 2;
        let (Some(lane), Some(row)) = (self.ways.get(lane as usize), self.ways.get(street as usize)) else { return Vec::new() };
        let mut found = Vec::new();
        let mut houses: Vec<(u32, &Sample)> = Vec::new();
        for sample in &lane.samples {
            match sample.what {
                What::Crossing { with } if with == street => found.push((Evidence::Mouth, *sample)),
                What::Door { main, .. } => houses.push((main, sample)),
                _ => {}
            }
        }
        if let Some(at) = mouth_of_lines(lane, row) {
            let sample = Sample { what: What::Somewhere, at, town: NONE, village: NONE, record: NO_RECORD };
            found.push((Evidence::Mouth, sample));
        }
        houses.sort_by_key(|(main, _)| *main);
        found.extend(houses.into_iter().take(HOUSES_MAX).map(|(_, sample)| (Evidence::InLane, *sample)));
        found
    }

    fn finish(mut self, lexicon: Lexicon, summary: Summary) -> Geocoder {
        let mut by_name = vec![Vec::new(); self.names.len()];
        let mut typed = Vec::new();
        for (number, row) in (0..).zip(&mut self.ways) {
            row.samples.sort_by_key(|sample| (sample.what, sample.record));
            if let Some(ways) = by_name.get_mut(row.key.name as usize) {
                ways.push(number);
            }
        }
        for ways in &mut by_name {
            ways.sort_by_key(|way: &u32| self.ways.get(*way as usize).map(|row| row.key));
        }
        self.towns.settle(&self.in_town);
        self.villages.settle(&self.in_village);
        let mut geocoder = Geocoder {
            lexicon,
            names: self.names,
            ways: self.ways,
            by_key: self.by_key,
            by_name,
            towns: self.towns,
            villages: self.villages,
            places: self.places,
            samples_near: Grid::default(),
            sample_ways: Vec::new(),
            segments_near: Grid::default(),
            segments: Vec::new(),
            typed: Vec::new(),
            calibration: Calibration::measuring(),
            summary: Summary { road_pieces: self.road_pieces, ..summary },
        };
        geocoder.lay_grids();
        for (number, row) in (0..).zip(&geocoder.ways) {
            if row.key.lane == 0 && (!row.samples.is_empty() || !row.lines.is_empty()) {
                typed.push((geocoder.way_of(row.key).to_string(), number));
            }
        }
        typed.sort();
        geocoder.typed = typed;
        geocoder.count();
        geocoder
    }
}

/// Where a lane's line comes nearest to its street's.
fn mouth_of_lines(lane: &WayRow, street: &WayRow) -> Option<Point> {
    let plane = Plane::around(*lane.lines.first()?.points.first()?);
    let mut best: Option<(f64, Point)> = None;
    for mine in lane.segments() {
        for other in street.segments() {
            let (p, q) = nearest_pair((plane.xy(mine.0), plane.xy(mine.1)), (plane.xy(other.0), plane.xy(other.1)));
            let apart = p.distance(q);
            if apart < MOUTH_MAX_M && best.is_none_or(|(before, _)| apart < before) {
                best = Some((apart, plane.point(q)));
            }
        }
    }
    best.map(|(_, point)| point)
}

impl Geocoder {
    fn lay_grids(&mut self) {
        for (way, row) in (0_u32..).zip(&self.ways) {
            for (index, sample) in (0_u32..).zip(&row.samples) {
                let number = u32::try_from(self.sample_ways.len()).unwrap_or(u32::MAX);
                self.sample_ways.push((way, index));
                self.samples_near.add(sample.at, number);
            }
            for (a, b) in row.segments() {
                let number = u32::try_from(self.segments.len()).unwrap_or(u32::MAX);
                self.segments.push((way, a, b));
                self.segments_near.add_segment(a, b, number);
            }
        }
        self.settle_towns();
    }

    /// Lines, and the mouths found on them, lie in the town of their outline or of the nearest record.
    fn settle_towns(&mut self) {
        let (mut of_lines, mut of_mouths) = (Vec::new(), Vec::new());
        for row in &self.ways {
            let middles = row.lines.iter().map(|line| line.points.get(line.points.len() / 2));
            of_lines.extend(middles.map(|point| point.map_or(NONE, |point| self.town_at(*point))));
            let mouths = row.samples.iter().filter(|sample| sample.record == NO_RECORD);
            of_mouths.extend(mouths.map(|sample| self.town_at(sample.at)));
        }
        let lines = self.ways.iter_mut().flat_map(|row| row.lines.iter_mut());
        for (line, town) in lines.zip(of_lines) {
            line.town = town;
        }
        let mouths = self.ways.iter_mut().flat_map(|row| row.samples.iter_mut()).filter(|sample| sample.record == NO_RECORD);
        for (sample, town) in mouths.zip(of_mouths) {
            sample.town = town;
        }
    }

    fn count(&mut self) {
        let row_bytes = |row: &WayRow| {
            let lines: usize = row.lines.iter().map(|line| line.points.capacity() * size_of::<Point>() + size_of::<Line>()).sum();
            size_of::<WayRow>() + row.samples.capacity() * size_of::<Sample>() + lines
        };
        let ways: usize = self.ways.iter().map(row_bytes).sum();
        let tables = self.by_key.len() * 28 + self.by_name.len() * 32 + self.places.len() * 8;
        let near = self.samples_near.bytes() + self.segments_near.bytes() + self.sample_ways.len() * 8 + self.segments.len() * 20;
        let typed: usize = self.typed.iter().map(|(text, _)| text.len() + 32).sum();
        self.summary.bytes = ways + tables + near + typed + self.names.bytes() + self.towns.bytes() + self.villages.bytes();
        self.summary.ways = self.ways.len();
        self.summary.samples = self.sample_ways.len();
        self.summary.names = self.names.len();
        self.summary.towns = self.towns.iter().count();
        self.summary.villages = self.villages.iter().count();
    }
}
