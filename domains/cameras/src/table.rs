//! Reads a camera list as cities publish them: UTF-8, UTF-16 or cp950, any usual separator, headings in two languages.
//!
//! A row that cannot be read is reported with its place in the spreadsheet; the others are taken.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_module::{Keyed, ProblemRow};
use shouhu_place::Wgs84;
use shouhu_text::{Charset, decode, narrow, squeezed};

use crate::model::{CameraError, CameraKind, NewCamera};

pub const ROWS_MAX: u64 = 20_000;
/// More wrong rows than this help nobody; the count of rows and accepted ones still tells how many there are.
pub const ERRORS_SHOWN_MAX: usize = 200;
const VALUE_CHARS_MAX: usize = 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TableEncoding {
    #[default]
    Auto,
    #[serde(rename = "utf-8")]
    Utf8,
    /// Big5 with Microsoft's extensions, which Excel in Taiwan writes.
    Cp950,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    #[error("the file is empty")]
    Empty,
    #[error("the file is not {encoding}: save it as UTF-8, or say which encoding it has")]
    Encoding { encoding: &'static str },
    #[error("no column for {missing} among {found:?}; call it one of {names}")]
    Column { missing: &'static str, found: Vec<String>, names: String },
    #[error("the file has more than {ROWS_MAX} rows; split it")]
    TooManyRows,
    #[error("the file is no text: it begins like a spreadsheet or an archive; export it as CSV")]
    NotText,
}

impl Keyed for TableError {
    fn key(&self) -> &'static str {
        match self {
            Self::Empty => "cameras.import.empty",
            Self::Encoding { .. } => "cameras.import.encoding",
            Self::Column { .. } => "cameras.import.column_missing",
            Self::TooManyRows => "cameras.import.too_many_rows",
            Self::NotText => "cameras.import.not_text",
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

/// What a table says.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub encoding: String,
    pub rows: u64,
    /// What was found for each of our columns: ours to the file's.
    pub columns: BTreeMap<String, String>,
    /// With the row of each, counted from 1 with the heading.
    pub cameras: Vec<(u64, NewCamera)>,
    pub errors: Vec<ProblemRow>,
}

const NAME: &[&str] = &[
    "name", "camera", "cameraname", "location", "description", "title", "名稱", "攝影機名稱", "監視器名稱", "設備名稱", "攝影機", "地點",
    "設置地點", "設置地址", "設置位置", "位置", "位置說明", "路口", "路口名稱", "安裝地點", "裝設地點",
];
const LON: &[&str] = &["lon", "lng", "long", "longitude", "x", "wgs84x", "px", "經度", "東經", "座標x", "x座標", "wgs84經度", "經度wgs84"];
const LAT: &[&str] = &["lat", "latitude", "y", "wgs84y", "py", "緯度", "北緯", "座標y", "y座標", "wgs84緯度", "緯度wgs84"];
const HEADING: &[&str] = &["heading", "headingdeg", "bearing", "direction", "azimuth", "方向", "方位", "方位角", "拍攝方向", "朝向", "鏡頭方向"];
const KIND: &[&str] = &["kind", "type", "類型", "種類"];
const OFFICE: &[&str] = &["office", "管理單位", "權責單位", "所屬單位", "管理分局"];

/// The text and its character set. A list is read whole or not: with one bad character it was written in another one.
fn decoded(bytes: &[u8], asked: TableEncoding) -> Result<(Cow<'_, str>, &'static str), TableError> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(TableError::NotText);
    }
    let (charset, encoding) = match asked {
        TableEncoding::Auto => (Charset::Auto, "UTF-8 or cp950"),
        TableEncoding::Utf8 => (Charset::Utf8, "UTF-8"),
        TableEncoding::Cp950 => (Charset::Cp950, "cp950"),
    };
    let wrong = || TableError::Encoding { encoding };
    let decoded = decode(bytes, charset).map_err(|_| wrong())?;
    if decoded.unreadable > 0 || decoded.text.contains('\0') {
        return Err(wrong());
    }
    Ok((decoded.text, decoded.charset))
}

fn separator(heading: &str) -> u8 {
    let count = |separator: char| heading.matches(separator).count();
    if count('\t') > count(',') {
        b'\t'
    } else if count(';') > count(',') {
        b';'
    } else {
        b','
    }
}

struct Columns {
    name: usize,
    lon: usize,
    lat: usize,
    heading: Option<usize>,
    kind: Option<usize>,
    office: Option<usize>,
}

impl Columns {
    fn of(headings: &csv::StringRecord) -> Result<Self, TableError> {
        let find = |names: &[&str]| headings.iter().position(|heading| names.contains(&squeezed(heading).as_str()));
        let must = |missing: &'static str, names: &[&str]| {
            find(names).ok_or_else(|| TableError::Column {
                missing,
                found: headings.iter().map(|heading| heading.chars().take(VALUE_CHARS_MAX).collect()).take(30).collect(),
                names: names.join(", "),
            })
        };
        let (heading, kind, office) = (find(HEADING), find(KIND), find(OFFICE));
        Ok(Self { name: must("name", NAME)?, lon: must("lon", LON)?, lat: must("lat", LAT)?, heading, kind, office })
    }

    fn named(&self, headings: &csv::StringRecord) -> BTreeMap<String, String> {
        let must = [("name", Some(self.name)), ("lon", Some(self.lon)), ("lat", Some(self.lat))];
        let pairs = must.into_iter().chain([("heading_deg", self.heading), ("kind", self.kind), ("office", self.office)]);
        let found = pairs.filter_map(|(ours, index)| Some((ours.to_owned(), headings.get(index?)?.trim().to_owned())));
        found.collect()
    }
}

/// What is wrong with one cell.
struct CellError {
    column: &'static str,
    value: String,
    key: &'static str,
    message: String,
}

impl CellError {
    fn new(column: &'static str, value: &str, key: &'static str, message: impl Into<String>) -> Self {
        Self { column, value: value.chars().take(VALUE_CHARS_MAX).collect(), key, message: message.into() }
    }
}

fn number(column: &'static str, text: &str) -> Result<f64, CellError> {
    let plain: String = text.chars().map(narrow).filter(|ch| !ch.is_whitespace()).collect();
    let plain = plain.trim_end_matches(['°', '度', 'E', 'N', 'e', 'n']);
    let value: f64 = plain.parse().map_err(|_| CellError::new(column, text, "cameras.import.not_a_number", format!("{column} {text:?} is no number")))?;
    if value.is_finite() { Ok(value) } else { Err(CellError::new(column, text, "cameras.import.not_a_number", "the number is not finite")) }
}

fn position(lon_text: &str, lat_text: &str) -> Result<Wgs84, CellError> {
    let (lon, lat) = (number("lon", lon_text)?, number("lat", lat_text)?);
    // TWD97/TM2 is in metres: about 90 000 to 360 000 east and 2 400 000 to 2 900 000 north.
    if lon > 1_000.0 && lat > 1_000_000.0 {
        let message = "these are TWD97 metres, not WGS84 degrees: convert them first";
        return Err(CellError::new("lon", lon_text, "cameras.import.twd97", message));
    }
    if !(-90.0..=90.0).contains(&lat) && (-90.0..=90.0).contains(&lon) {
        return Err(CellError::new("lat", lat_text, "cameras.import.swapped", "longitude and latitude look exchanged"));
    }
    Wgs84::new(lon, lat).map_err(|error| CellError::new("lon", &format!("{lon_text}, {lat_text}"), "cameras.import.position", error.to_string()))
}

/// Degrees, or the direction that traffic moves in words: 北向南, 往東, 順向 has none.
fn heading(text: &str) -> Result<Option<f64>, CellError> {
    let text = text.trim();
    if text.is_empty() || text == "-" {
        return Ok(None);
    }
    if let Ok(degrees) = number("heading_deg", text) {
        return Ok(Some(degrees));
    }
    // The last compass word is where it goes: 由北向南 is south.
    let target: String = match text.rsplit_once(['向', '往', '至', '→']) {
        Some((_, after)) if after.chars().any(|ch| "東西南北".contains(ch)) => after.to_owned(),
        _ => text.to_owned(),
    };
    let target = squeezed(&target);
    const COMPASS: [(&[&str], f64); 8] = [
        (&["東北", "northeast", "ne"], 45.0),
        (&["東南", "southeast", "se"], 135.0),
        (&["西南", "southwest", "sw"], 225.0),
        (&["西北", "northwest", "nw"], 315.0),
        (&["北", "north", "n", "northbound"], 0.0),
        (&["東", "east", "e", "eastbound"], 90.0),
        (&["南", "south", "s", "southbound"], 180.0),
        (&["西", "west", "w", "westbound"], 270.0),
    ];
    let target = target.trim_end_matches(['向', '側', '行', '方']);
    let known = COMPASS.iter().find(|(names, _)| names.contains(&target)).map(|(_, degrees)| Some(*degrees));
    // 雙向 and the like are true of many cameras and say nothing about where one looks.
    let both = ["雙向", "雙", "多向", "全向", "both"].contains(&target);
    known
        .or(both.then_some(None))
        .ok_or_else(|| CellError::new("heading_deg", text, "cameras.import.heading", format!("direction {text:?} is neither degrees nor a compass word")))
}

fn kind(text: &str) -> CameraKind {
    if ["patrol", "mobile", "巡邏車", "移動式", "車載"].contains(&squeezed(text).as_str()) { CameraKind::Patrol } else { CameraKind::Fixed }
}

fn camera(record: &csv::StringRecord, columns: &Columns) -> Result<NewCamera, CellError> {
    let cell = |index: usize| record.get(index).unwrap_or_default().trim();
    let position = position(cell(columns.lon), cell(columns.lat))?;
    let heading_deg = columns.heading.map_or(Ok(None), |index| heading(cell(index)))?;
    let kind = columns.kind.map_or(CameraKind::Fixed, |index| kind(cell(index)));
    let name = cell(columns.name);
    let office = columns.office.map(cell);
    NewCamera::checked(name, kind, position, heading_deg).and_then(|camera| camera.of_office(office)).map_err(|error| {
        let (column, value) = match error {
            CameraError::Heading(_) => ("heading_deg", columns.heading.map(cell).unwrap_or_default()),
            CameraError::OfficeTooLong { .. } => ("office", office.unwrap_or_default()),
            _ => ("name", name),
        };
        CellError::new(column, value, error.key(), error.to_string())
    })
}

/// The line on which a record begins, blank lines counted, as an editor shows it. The reader's position is where it began
/// to look, before the blank lines that it skips.
fn row_of(text: &str, position: Option<&csv::Position>) -> u64 {
    let Some(position) = position else { return 0 };
    let rest = usize::try_from(position.byte()).ok().and_then(|byte| text.as_bytes().get(byte..)).unwrap_or_default();
    let skipped = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).filter(|byte| **byte == b'\n').count();
    position.line() + u64::try_from(skipped).unwrap_or(0)
}

impl Table {
    /// # Errors
    /// When the file as a whole cannot be read.
    pub fn read(bytes: &[u8], asked: TableEncoding) -> Result<Self, TableError> {
        let (text, encoding) = decoded(bytes, asked)?;
        let first_line = text.lines().find(|line| !line.trim().is_empty()).ok_or(TableError::Empty)?;
        let mut reader = csv::ReaderBuilder::new().delimiter(separator(first_line)).flexible(true).from_reader(text.as_bytes());
        let headings = reader.headers().map_err(|_| TableError::Empty)?.clone();
        let columns = Columns::of(&headings)?;
        let mut table = Self { encoding: encoding.to_owned(), rows: 0, columns: columns.named(&headings), cameras: Vec::new(), errors: Vec::new() };
        for record in reader.records() {
            let (row, read) = match &record {
                Ok(record) if record.iter().all(|cell| cell.trim().is_empty()) => continue,
                Ok(record) => (row_of(&text, record.position()), camera(record, &columns)),
                Err(error) => {
                    (row_of(&text, error.position()), Err(CellError::new("", "", "cameras.import.row", error.to_string())))
                }
            };
            table.rows += 1;
            if table.rows > ROWS_MAX {
                return Err(TableError::TooManyRows);
            }
            match read {
                Ok(camera) => table.cameras.push((row, camera)),
                Err(error) => table.refuse(row, error),
            }
        }
        Ok(table)
    }

    fn refuse(&mut self, row: u64, error: CellError) {
        if self.errors.len() < ERRORS_SHOWN_MAX {
            let CellError { column, value, key, message } = error;
            self.errors.push(ProblemRow { row, column: column.to_owned(), value, key: key.to_owned(), message });
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use encoding_rs::BIG5;
    use proptest::prelude::*;

    use super::*;

    const CHINESE: &str = "編號,設置地點,經度,緯度,拍攝方向\n1,中正路與西門路口,120.2,22.99,北向南\n2,臺19甲線21.3公里處,１２０．２８,23.15,\n";

    #[test]
    fn the_same_list_in_utf8_with_mark_and_cp950_gives_the_same_cameras() {
        let plain = Table::read(CHINESE.as_bytes(), TableEncoding::Auto).unwrap();
        assert_eq!((plain.rows, plain.cameras.len(), plain.errors.len()), (2, 2, 0));
        assert_eq!(plain.cameras[0].1.name, "中正路與西門路口");
        assert_eq!(plain.cameras[0].1.heading_deg, Some(180.0));
        assert_eq!(plain.cameras[1].1.position.lon, 120.28);
        let marked = Table::read(format!("\u{feff}{CHINESE}").as_bytes(), TableEncoding::Auto).unwrap();
        let (big5, _, _) = BIG5.encode(CHINESE);
        let big5 = Table::read(&big5, TableEncoding::Auto).unwrap();
        assert_eq!(big5.encoding, "cp950");
        assert_eq!((&marked.cameras, &big5.cameras), (&plain.cameras, &plain.cameras));
        let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(CHINESE.replace(',', "\t").encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(Table::read(&utf16, TableEncoding::Auto).unwrap().cameras, plain.cameras);
    }

    #[test]
    fn whose_camera_it_is_is_read_where_the_list_says_so() {
        let text = format!("name,lon,lat,管理單位\nA,120.2,23, 永康分局 \nB,120.2,23,\nC,120.2,23,{}\n", "永".repeat(81));
        let table = Table::read(text.as_bytes(), TableEncoding::Auto).unwrap();
        let offices: Vec<Option<&str>> = table.cameras.iter().map(|(_, camera)| camera.office.as_deref()).collect();
        assert_eq!(offices, [Some("永康分局"), None]);
        assert_eq!((table.errors[0].row, table.errors[0].column.as_str(), table.errors[0].key.as_str()), (4, "office", "cameras.office.too_long"));
        assert_eq!(table.columns["office"], "管理單位");
    }

    #[test]
    fn the_wrong_encoding_is_refused_and_not_guessed() {
        let (big5, _, _) = BIG5.encode(CHINESE);
        assert_eq!(Table::read(&big5, TableEncoding::Utf8), Err(TableError::Encoding { encoding: "UTF-8" }));
        assert_eq!(Table::read(b"PK\x03\x04...", TableEncoding::Auto), Err(TableError::NotText));
        assert_eq!(Table::read(b"\xff\xff\x00", TableEncoding::Auto), Err(TableError::Encoding { encoding: "UTF-8 or cp950" }));
        assert_eq!(Table::read(b" \n", TableEncoding::Auto), Err(TableError::Empty));
    }

    #[test]
    fn each_wrong_row_says_where_and_why_and_the_others_are_taken() {
        let text = "Name;Longitude;Latitude;Heading\nA;120.2;23;400\nB;22.9;120.2;\nC;169000;2540000;\n;120.2;23;\nE;x;23;\nF;120.2;23;diagonal\nG;120.2;23;ne\n\nH;120.2\n";
        let table = Table::read(text.as_bytes(), TableEncoding::Auto).unwrap();
        let errors: Vec<(u64, &str, &str)> = table.errors.iter().map(|e| (e.row, e.column.as_str(), e.key.as_str())).collect();
        assert_eq!(
            errors,
            [
                (2, "heading_deg", "cameras.create.heading_invalid"),
                (3, "lat", "cameras.import.swapped"),
                (4, "lon", "cameras.import.twd97"),
                (5, "name", "cameras.create.name_empty"),
                (6, "lon", "cameras.import.not_a_number"),
                (7, "heading_deg", "cameras.import.heading"),
                (10, "lat", "cameras.import.not_a_number"),
            ]
        );
        assert_eq!(table.cameras.len(), 1);
        assert_eq!(table.cameras[0].1.heading_deg, Some(45.0));
    }

    #[test]
    fn a_missing_column_is_named_with_what_it_may_be_called() {
        let refused = Table::read("name,lon\nA,120\n".as_bytes(), TableEncoding::Auto).unwrap_err();
        assert_eq!(refused.key(), "cameras.import.column_missing");
        assert!(refused.to_string().contains("緯度"), "{refused}");
    }

    #[test]
    fn the_openstreetmap_export_in_the_shared_data_is_read() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cameras/osm_speed_cameras.csv");
        let Ok(bytes) = std::fs::read(&path) else {
            eprintln!("skipped: shared/data/cameras is not there");
            return;
        };
        let table = Table::read(&bytes, TableEncoding::Auto).unwrap();
        assert!(table.errors.is_empty() && table.cameras.len() > 2_000, "{} rows, {:?}", table.rows, table.errors.first());
    }

    proptest! {
        #[test]
        fn no_file_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in "name,lon,lat,方向\n(\\PC{0,8},){3}\\PC{0,8}\n") {
            let _ = Table::read(&bytes, TableEncoding::Auto);
            let _ = Table::read(&bytes, TableEncoding::Cp950);
            let _ = Table::read(text.as_bytes(), TableEncoding::Auto);
        }
    }
}
