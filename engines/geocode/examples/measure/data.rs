//! The shared files as records, roads and outlines.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;
use shouhu_geocode::Builder;
use shouhu_place::Wgs84;
use shouhu_roads::{ImportOptions, RoadNetwork, import};
use shouhu_text::csv::{Limits, Rows};

pub type Failure = Box<dyn std::error::Error>;

const LIMITS: Limits = Limits { row_bytes: 64_000, cells: 64 };

/// Where the shared files are: the option, the environment, or beside the checkout.
pub fn folder(option: Option<PathBuf>) -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    option.or_else(|| std::env::var_os("SHOUHU_SHARED_DATA").map(PathBuf::from)).unwrap_or_else(beside)
}

#[derive(Debug, Clone)]
pub struct Record {
    pub address: String,
    pub at: Wgs84,
    /// `20230131`; empty for what is no crash.
    pub date: String,
}

/// An outline with county, town and village (empty for a district).
pub struct Outline {
    pub names: [String; 3],
    pub rings: Vec<Vec<Wgs84>>,
}

pub struct City {
    pub name: &'static str,
    /// The injury crashes of January 2023: what is asked.
    pub asked: Vec<Record>,
    /// What else the city has: fatal crashes, address points, highway marks.
    pub more: Vec<Record>,
    pub outlines: Vec<Outline>,
    pub roads: Option<RoadNetwork>,
}

impl City {
    /// All outlines and roads; records are the caller's choice.
    pub fn ground(&self) -> Builder {
        let mut builder = Builder::new();
        for outline in &self.outlines {
            let [county, town, village] = &outline.names;
            if village.is_empty() {
                builder.district(county, town, outline.rings.iter().cloned());
            } else {
                builder.village(county, town, village, outline.rings.iter().cloned());
            }
        }
        if let Some(roads) = &self.roads {
            for edge in roads.edges() {
                if let Some(name) = roads.name(edge) {
                    builder.road(name, roads.polyline(edge).iter().copied());
                }
            }
        }
        builder
    }
}

pub fn tainan(data: &Path) -> Result<City, Failure> {
    let mut more = fatal(data, "臺南市")?;
    more.extend(narrow_lanes(data)?);
    more.extend(cameras(data, "臺南市")?);
    let mut outlines = districts(data)?;
    outlines.extend(villages(data)?);
    Ok(City { name: "Tainan", asked: crashes(data, "tainan")?, more, outlines, roads: None })
}

pub fn taipei(data: &Path) -> Result<City, Failure> {
    let mut more = fatal(data, "臺北市")?;
    more.extend(burglaries(data)?);
    more.extend(cameras(data, "臺北市")?);
    let (roads, _) = import(&std::fs::read(data.join("roads/named_roads_edges.csv"))?, ImportOptions::default())?;
    Ok(City { name: "Taipei", asked: crashes(data, "taipei")?, more, outlines: Vec::new(), roads: Some(roads) })
}

fn crashes(data: &Path, city: &str) -> Result<Vec<Record>, Failure> {
    let text = std::fs::read_to_string(data.join(format!("crashes/{city}_a2_2023-01.csv")))?;
    rows(&text, "發生地點", "經度", "緯度")
}

/// One record per crash, though the file has a row per party.
fn fatal(data: &Path, county: &str) -> Result<Vec<Record>, Failure> {
    let mut text = String::new();
    let file = std::fs::File::open(data.join("crashes/accidents_a1_2018-2026.csv.gz"))?;
    flate2::read::GzDecoder::new(file).read_to_string(&mut text)?;
    let mut records = rows(&text, "發生地點", "經度", "緯度")?;
    records.retain(|record| record.address.starts_with(county));
    records.dedup_by(|a, b| a.date == b.date && a.address == b.address && a.at == b.at);
    Ok(records)
}

fn burglaries(data: &Path) -> Result<Vec<Record>, Failure> {
    rows(&std::fs::read_to_string(data.join("police/taipei_burglary_2015-2017.csv"))?, "定位地點", "lon", "lat")
}

fn rows(text: &str, address: &str, lon: &str, lat: &str) -> Result<Vec<Record>, Failure> {
    let mut rows = Rows::new(text.trim_start_matches('\u{feff}'), ',', LIMITS);
    let heading: Vec<String> = rows.next().ok_or("an empty file")?.cells.iter().map(|cell| cell.trim().to_owned()).collect();
    let column = |name: &str| heading.iter().position(|cell| cell == name).ok_or(format!("no column {name}"));
    let (address, lon, lat) = (column(address)?, column(lon)?, column(lat)?);
    let date = column("發生日期").ok();
    let mut records = Vec::new();
    for row in rows {
        let cell = |at: usize| row.cells.get(at).map_or("", |cell| cell.trim());
        let (Ok(lon), Ok(lat)) = (cell(lon).parse(), cell(lat).parse()) else { continue };
        let Ok(at) = Wgs84::new(lon, lat) else { continue };
        records.push(Record { address: cell(address).to_owned(), at, date: date.map_or("", cell).to_owned() });
    }
    Ok(records)
}

fn json(path: PathBuf) -> Result<Value, Failure> {
    Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
}

fn features(file: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    let list = file.get("features").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|feature| Some((feature.get("properties")?, feature.get("geometry")?.get("coordinates")?)))
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn place(pair: &Value) -> Option<Wgs84> {
    Wgs84::new(pair.get(0)?.as_f64()?, pair.get(1)?.as_f64()?).ok()
}

/// Lanes too narrow for fire engines, each with the address of its first house.
fn narrow_lanes(data: &Path) -> Result<Vec<Record>, Failure> {
    let file = json(data.join("boundaries/narrow_roads_fire.geojson"))?;
    let record = |(properties, at): (&Value, &Value)| {
        Some(Record { address: text(properties, "點位住址"), at: place(at)?, date: String::new() })
    };
    Ok(features(&file).filter_map(record).collect())
}

/// Speed cameras are addressed by highway and kilometre.
fn cameras(data: &Path, county: &str) -> Result<Vec<Record>, Failure> {
    let file = json(data.join("cameras/cameras.geojson"))?;
    let record = |(properties, at): (&Value, &Value)| {
        let city = text(properties, "city");
        let address = format!("{city}{}", text(properties, "description"));
        (city == county).then_some(Record { address, at: place(at)?, date: String::new() })
    };
    Ok(features(&file).filter_map(record).collect())
}

fn districts(data: &Path) -> Result<Vec<Outline>, Failure> {
    let file = json(data.join("boundaries/districts.geojson"))?;
    let outline = |(properties, rings): (&Value, &Value)| {
        let ring = |ring: &Value| ring.as_array().map(|ring| ring.iter().filter_map(place).collect());
        let rings = rings.as_array()?.iter().filter_map(ring).collect();
        Some(Outline { names: [text(properties, "COUNTY"), text(properties, "TOWN"), String::new()], rings })
    };
    Ok(features(&file).filter_map(outline).collect())
}

/// TopoJSON: rings are chains of shared arcs, which are differences on a grid.
fn villages(data: &Path) -> Result<Vec<Outline>, Failure> {
    let file = json(data.join("boundaries/villages_2017.topojson"))?;
    let arcs = arcs(&file).ok_or("no arcs")?;
    let objects = file.get("objects").and_then(Value::as_object).ok_or("no objects")?;
    let shapes = objects.values().filter_map(|object| object.get("geometries")?.as_array()).flatten();
    let outline = |shape: &Value| {
        let properties = shape.get("properties")?;
        let lists = shape.get("arcs")?.as_array()?;
        let is_many = shape.get("type")?.as_str()? == "MultiPolygon";
        let rings: Vec<&Value> =
            if is_many { lists.iter().filter_map(Value::as_array).flatten().collect() } else { lists.iter().collect() };
        let rings = rings.into_iter().filter_map(|ring| ring_of(ring, &arcs)).collect();
        Some(Outline { names: ["COUNTYNAME", "TOWNNAME", "VILLNAME"].map(|key| text(properties, key)), rings })
    };
    Ok(shapes.filter_map(outline).collect())
}

fn arcs(file: &Value) -> Option<Vec<Vec<Wgs84>>> {
    let transform = file.get("transform")?;
    let number = |key: &str, at: usize| transform.get(key)?.get(at)?.as_f64();
    let (scale, shift) = ((number("scale", 0)?, number("scale", 1)?), (number("translate", 0)?, number("translate", 1)?));
    let arc = |arc: &Value| {
        let (mut x, mut y) = (0.0, 0.0);
        let mut points = Vec::new();
        for step in arc.as_array()? {
            x += step.get(0)?.as_f64()?;
            y += step.get(1)?.as_f64()?;
            points.push(Wgs84::new(x * scale.0 + shift.0, y * scale.1 + shift.1).ok()?);
        }
        Some(points)
    };
    file.get("arcs")?.as_array()?.iter().map(arc).collect()
}

fn ring_of(ring: &Value, arcs: &[Vec<Wgs84>]) -> Option<Vec<Wgs84>> {
    let mut points = Vec::new();
    for number in ring.as_array()? {
        let number = number.as_i64()?;
        let index = usize::try_from(if number < 0 { -1 - number } else { number }).ok()?;
        let arc = arcs.get(index)?;
        if number < 0 { points.extend(arc.iter().rev()) } else { points.extend(arc.iter()) }
    }
    Some(points)
}
