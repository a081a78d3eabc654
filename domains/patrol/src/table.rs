//! Reads a list of boxes as stations keep it: any usual character set and separator, headings in two languages.
//!
//! A row that cannot be read is reported with its place in the spreadsheet; the others are taken.

use std::collections::{BTreeMap, HashSet};

use axum::http::StatusCode;
use shouhu_module::{Keyed, ProblemRow};
use shouhu_place::Wgs84;
use shouhu_text::csv::{Limits, Row};
use shouhu_text::narrow;
use shouhu_text::table::{self, Column, Layout, TableError, shown};

use crate::model::{EVERY_H_DEFAULT, EVERY_H_MAX, NAME_MAX, NOTE_MAX, NUMBER_MAX};

/// The country's largest city has 7,364.
pub const ROWS_MAX: usize = 20_000;
const ERRORS_SHOWN_MAX: usize = 200;
const LIMITS: Limits = Limits { row_bytes: 16 * 1024, cells: 64 };

/// The file as a whole is no list of boxes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct NoTable(#[from] TableError);

impl Keyed for NoTable {
    fn key(&self) -> &'static str {
        match self.0 {
            TableError::Empty => "patrol.import.empty",
            TableError::Encoding => "patrol.import.encoding",
            TableError::NotText => "patrol.import.not_text",
            TableError::Column { .. } => "patrol.import.column_missing",
            TableError::TooManyRows { .. } => "patrol.import.too_many_rows",
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

/// A box as a list says it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewBox {
    pub number: String,
    pub name: String,
    pub station: String,
    pub beat: String,
    pub note: String,
    pub position: Wgs84,
    pub every_h: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub encoding: &'static str,
    pub rows: usize,
    /// Ours to the file's.
    pub columns: BTreeMap<String, String>,
    pub boxes: Vec<NewBox>,
    pub errors: Vec<ProblemRow>,
}

/// Our columns, whether a list must have them, and what others call them, squeezed.
const COLUMNS: [Column; 8] = [
    ("number", true, &["number", "no", "id", "code", "編號", "箱號", "巡邏箱編號", "巡簽編號"]),
    ("name", true, &["name", "place", "address", "location", "名稱", "地點", "設置地點", "地址", "位置"]),
    ("station", true, &["station", "unit", "派出所", "分駐所", "單位", "所別", "分駐派出所"]),
    ("beat", false, &["beat", "勤區", "警勤區"]),
    ("lon", true, &["lon", "lng", "longitude", "x", "wgs84x", "經度", "東經"]),
    ("lat", true, &["lat", "latitude", "y", "wgs84y", "緯度", "北緯"]),
    ("every_h", false, &["everyh", "every", "hours", "巡簽間隔", "間隔小時", "間隔"]),
    ("note", false, &["note", "remark", "remarks", "備註", "說明"]),
];

struct CellError {
    column: &'static str,
    value: String,
    key: &'static str,
    message: String,
}

fn wrong(column: &'static str, value: &str, key: &'static str, message: impl Into<String>) -> CellError {
    CellError { column, value: shown(value), key, message: message.into() }
}

fn number(text: &str) -> Option<f64> {
    let plain: String = text.chars().map(narrow).filter(|ch| !ch.is_whitespace()).collect();
    plain.trim_end_matches(['°', '度', 'E', 'N', 'e', 'n']).parse().ok().filter(|value: &f64| value.is_finite())
}

fn position(lon: &str, lat: &str) -> Result<Wgs84, CellError> {
    let both = format!("{lon}, {lat}");
    let bad = |message: &str| wrong("lon", &both, "patrol.import.position", message);
    let (Some(x), Some(y)) = (number(lon), number(lat)) else { return Err(bad("longitude and latitude are numbers of degrees")) };
    let place = Wgs84::new(x, y).map_err(|error| bad(&error.to_string()))?;
    // Taiwan, Penghu, Kinmen, Matsu and Dongsha: a box at sea or with its coordinates exchanged is a slip.
    let is_here = (116.0..=123.0).contains(&place.lon) && (20.0..=27.0).contains(&place.lat);
    if is_here { Ok(place) } else { Err(bad("the place is not in Taiwan: WGS84 degrees, longitude about 121, latitude about 23")) }
}

fn patrol_box(row: &Row<'_>, layout: &Layout) -> Result<NewBox, CellError> {
    let cell = |ours| layout.cell(row, ours);
    let number_text: String = cell("number").chars().map(narrow).collect();
    if number_text.is_empty() || number_text.chars().count() > NUMBER_MAX {
        let message = format!("a box has a number of at most {NUMBER_MAX} characters");
        return Err(wrong("number", &number_text, "patrol.import.number", message));
    }
    for (column, max) in [("name", NAME_MAX), ("station", NAME_MAX), ("beat", NAME_MAX), ("note", NOTE_MAX)] {
        let count = cell(column).chars().count();
        if count > max || (count == 0 && ["name", "station"].contains(&column)) {
            return Err(wrong(column, cell(column), "patrol.import.name", format!("{column} has 1 to {max} characters")));
        }
    }
    let position = position(cell("lon"), cell("lat"))?;
    let every_h = match cell("every_h") {
        "" => EVERY_H_DEFAULT,
        text => number(text)
            .filter(|hours| hours.fract() == 0.0 && (1.0..=EVERY_H_MAX as f64).contains(hours))
            .map(|hours| hours as i64)
            .ok_or_else(|| wrong("every_h", text, "patrol.import.every_h", format!("whole hours from 1 to {EVERY_H_MAX}")))?,
    };
    let owned = |ours| cell(ours).to_owned();
    Ok(NewBox { number: number_text, name: owned("name"), station: owned("station"), beat: owned("beat"), note: owned("note"), position, every_h })
}

impl Table {
    /// # Errors
    /// When the file as a whole cannot be read.
    pub fn read(bytes: &[u8]) -> Result<Self, NoTable> {
        let decoded = table::text_of(bytes)?;
        let (layout, rows) = table::open(&decoded.text, &COLUMNS, LIMITS)?;
        let columns = layout.names.clone();
        let mut table = Self { encoding: decoded.charset, rows: 0, columns, boxes: Vec::new(), errors: Vec::new() };
        let mut seen = HashSet::new();
        for row in rows {
            table.rows += 1;
            if table.rows > ROWS_MAX {
                return Err(TableError::TooManyRows { max: ROWS_MAX }.into());
            }
            let read = match table::unreadable(&row) {
                Some(why) => Err(wrong("", "", "patrol.import.unreadable", why)),
                None => patrol_box(&row, &layout),
            };
            let read = read.and_then(|new| {
                if seen.insert(new.number.clone()) { Ok(new) } else { Err(wrong("number", &new.number, "patrol.import.duplicate", "this number was in an earlier row")) }
            });
            match read {
                Ok(new) => table.boxes.push(new),
                Err(CellError { column, value, key, message }) if table.errors.len() < ERRORS_SHOWN_MAX => {
                    table.errors.push(ProblemRow { row: row.number, column: column.to_owned(), value, key: key.to_owned(), message });
                }
                Err(_) => {}
            }
        }
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    const LIST: &str = "編號,名稱,派出所,勤區,經度,緯度,巡簽間隔,備註\n\
        永康-001,中正路郵局,永康派出所,03,120.25,23.03,12,側門\n\
        永康-002,復國市場,永康派出所,,１２０．２６,23.031,,\n";

    #[test]
    fn a_station_s_list_is_read_with_its_defaults() {
        let table = Table::read(LIST.as_bytes()).unwrap();
        assert_eq!((table.rows, table.boxes.len(), table.errors.len(), table.encoding), (2, 2, 0, "utf-8"));
        assert_eq!((table.boxes[0].every_h, table.boxes[1].every_h), (12, 24));
        assert_eq!(table.boxes[1].position.lon, 120.26);
        assert_eq!(table.columns.get("every_h").map(String::as_str), Some("巡簽間隔"));
    }

    #[test]
    fn each_bad_row_is_named_and_the_others_are_taken() {
        let bad = [
            ("永康-001,x,s,,120.2,23.0,,", "patrol.import.duplicate"),
            (",x,s,,120.2,23.0,,", "patrol.import.number"),
            ("a,,s,,120.2,23.0,,", "patrol.import.name"),
            ("b,x,s,,23.0,120.2,,", "patrol.import.position"),
            ("c,x,s,,170000,2540000,,", "patrol.import.position"),
            ("d,x,s,,,,,", "patrol.import.position"),
            ("e,x,s,,120.2,23.0,0.5,", "patrol.import.every_h"),
            ("f,\"x,s,,120.2,23.0,,", "patrol.import.unreadable"),
        ];
        let file = LIST.to_owned() + &bad.map(|(row, _)| format!("{row}\n")).concat();
        let table = Table::read(file.as_bytes()).unwrap();
        assert_eq!(table.boxes.len(), 2);
        assert_eq!(table.errors.iter().map(|error| error.key.as_str()).collect::<Vec<_>>(), bad.map(|(_, key)| key));
        assert_eq!(table.errors.iter().map(|error| error.row).collect::<Vec<_>>(), (4..12).collect::<Vec<_>>());
    }

    #[test]
    fn a_file_that_cannot_be_read_says_why() {
        assert_eq!(Table::read(b""), Err(NoTable(TableError::Empty)));
        assert_eq!(Table::read(b"PK\x03\x04"), Err(NoTable(TableError::NotText)));
        assert!(matches!(Table::read("編號,名稱\n1,2\n".as_bytes()), Err(NoTable(TableError::Column { missing: "station", .. }))));
        let many = LIST.to_owned() + &(0..ROWS_MAX).map(|n| format!("{n},x,s,,120.2,23.0,,\n")).collect::<String>();
        assert_eq!(Table::read(many.as_bytes()), Err(NoTable(TableError::TooManyRows { max: ROWS_MAX })));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_table_or_an_error(bytes: Vec<u8>) {
            let _ = Table::read(&bytes);
            let _ = Table::read(&[LIST.as_bytes(), &bytes].concat());
        }
    }
}
