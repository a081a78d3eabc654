//! Address files that a city has, into what a [`Builder`] takes.
//!
//! GeoJSON (outlines of towns and villages as polygons, addresses as points) and CSV (addresses with longitude and latitude),
//! told apart by content. What cannot be read is counted with its reason; the first of them are named.

mod columns;
mod csv;
mod geojson;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;
use shouhu_place::Wgs84;
use shouhu_text::{Charset, decode};

use crate::fold::TEXT_MAX_CHARS;
use crate::index::Builder;

/// Addresses of one file. Tainan has about 0.8 million doors.
pub const ENTRIES_MAX: usize = 1_000_000;

/// Points of all outlines of one file; the villages of the whole country have about two million.
pub const OUTLINE_POINTS_MAX: usize = 5_000_000;

/// So many of what could not be read are named.
const EXAMPLES_MAX: usize = 20;
const EXAMPLE_CHARS: usize = 60;

/// A town's outline, or a village's.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    pub county: String,
    pub town: String,
    /// Empty for a town.
    pub village: String,
    /// As in GeoJSON, holes included.
    pub rings: Vec<Vec<Wgs84>>,
}

/// What one file says, in its order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Book {
    pub outlines: Vec<Outline>,
    pub addresses: Vec<(String, Wgs84)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BookFormat {
    GeoJson,
    Csv,
}

/// Why one feature or row was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// A point or row without an address.
    NoAddress,
    /// No longitude and latitude.
    NoPlace,
    /// Metres of TWD97 / TM2 (EPSG:3826) instead of degrees.
    Twd97,
    /// A polygon that does not name its 縣市 and 鄉鎮市區, or has no ring.
    NoTown,
    /// Neither a point nor a polygon.
    OtherGeometry,
    /// Longer than an address is read.
    TooLong,
    /// The row is broken: a quotation mark that is never closed, a line too long.
    BrokenRow,
}

/// One that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// Feature or row, from 1; the heading of a CSV counts.
    pub at: u64,
    pub why: LeftOut,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BookReport {
    pub format: BookFormat,
    /// `utf-8`, `utf-16` or `cp950`.
    pub charset: &'static str,
    /// Features or rows, the heading not counted.
    pub entries: u64,
    pub towns: u64,
    pub villages: u64,
    pub addresses: u64,
    pub left_out: BTreeMap<LeftOut, u64>,
    /// The first that were left out.
    pub examples: Vec<Example>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    #[error("this is no text in UTF-8, UTF-16 with a mark or cp950")]
    NotText,
    #[error("neither a GeoJSON FeatureCollection nor a CSV with columns for address, longitude and latitude")]
    NotAnAddressFile,
    #[error("the JSON is broken at line {line}, column {column}")]
    Malformed { line: usize, column: usize },
    #[error("no outline and no address could be read; of {entries} entries the first was left out because of {first:?}")]
    Nothing { entries: u64, first: Option<LeftOut> },
    #[error("more than {ENTRIES_MAX} addresses, or more than {OUTLINE_POINTS_MAX} points of outlines")]
    TooMany,
}

impl BookError {
    /// Stable; the UI translates it.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::NotText => "operations.addresses.not_text",
            Self::NotAnAddressFile => "operations.addresses.not_an_address_file",
            Self::Malformed { .. } => "operations.addresses.malformed",
            Self::Nothing { .. } => "operations.addresses.nothing",
            Self::TooMany => "operations.addresses.too_many",
        }
    }
}

impl Book {
    /// Reads a file; the same bytes give the same book.
    ///
    /// # Errors
    /// When it is no address file, broken, too large, or nothing in it can be used.
    pub fn read(bytes: &[u8]) -> Result<(Self, BookReport), BookError> {
        let decoded = decode(bytes, Charset::Auto).map_err(|_| BookError::NotText)?;
        let text = decoded.text.trim_start();
        let gathered = if text.starts_with('{') { geojson::read(text)? } else { csv::read(text)? };
        gathered.close(decoded.charset)
    }

    /// Gives all of it to a builder.
    pub fn fill(self, builder: &mut Builder) {
        for Outline { county, town, village, rings } in self.outlines {
            if village.is_empty() {
                builder.district(&county, &town, rings);
            } else {
                builder.village(&county, &town, &village, rings);
            }
        }
        for (address, place) in self.addresses {
            builder.record(&address, place);
        }
    }
}

/// What has been read so far.
struct Gathered {
    book: Book,
    report: BookReport,
    points: usize,
    is_too_many: bool,
}

impl Gathered {
    const fn new(format: BookFormat) -> Self {
        let report = BookReport {
            format,
            charset: "utf-8",
            entries: 0,
            towns: 0,
            villages: 0,
            addresses: 0,
            left_out: BTreeMap::new(),
            examples: Vec::new(),
        };
        Self { book: Book { outlines: Vec::new(), addresses: Vec::new() }, report, points: 0, is_too_many: false }
    }

    fn address(&mut self, at: u64, address: &str, place: Result<Wgs84, LeftOut>) {
        let address = address.trim();
        if address.is_empty() {
            return self.leave_out(at, LeftOut::NoAddress, "");
        }
        if address.chars().count() > TEXT_MAX_CHARS {
            return self.leave_out(at, LeftOut::TooLong, address);
        }
        match place {
            Err(why) => self.leave_out(at, why, address),
            Ok(_) if self.book.addresses.len() >= ENTRIES_MAX => self.is_too_many = true,
            Ok(place) => {
                self.report.addresses += 1;
                self.book.addresses.push((address.to_owned(), place));
            }
        }
    }

    fn outline(&mut self, at: u64, outline: Outline) {
        if outline.county.is_empty() || outline.town.is_empty() || outline.rings.is_empty() {
            let named = format!("{}{}{}", outline.county, outline.town, outline.village);
            return self.leave_out(at, LeftOut::NoTown, &named);
        }
        self.points += outline.rings.iter().map(Vec::len).sum::<usize>();
        if self.points > OUTLINE_POINTS_MAX {
            self.is_too_many = true;
            return;
        }
        if outline.village.is_empty() {
            self.report.towns += 1;
        } else {
            self.report.villages += 1;
        }
        self.book.outlines.push(outline);
    }

    fn leave_out(&mut self, at: u64, why: LeftOut, text: &str) {
        *self.report.left_out.entry(why).or_default() += 1;
        if self.report.examples.len() < EXAMPLES_MAX {
            self.report.examples.push(Example { at, why, text: text.chars().take(EXAMPLE_CHARS).collect() });
        }
    }

    fn close(self, charset: &'static str) -> Result<(Book, BookReport), BookError> {
        if self.is_too_many {
            return Err(BookError::TooMany);
        }
        if self.book.outlines.is_empty() && self.book.addresses.is_empty() {
            let first = self.report.examples.first().map(|example| example.why);
            return Err(BookError::Nothing { entries: self.report.entries, first });
        }
        Ok((self.book, BookReport { charset, ..self.report }))
    }
}

/// Degrees as they stand in a file.
fn place_of(lon: f64, lat: f64) -> Result<Wgs84, LeftOut> {
    // Metres of TWD97 / TM2: about 90,000 to 360,000 east, 2,400,000 to 2,900,000 north.
    if (50_000.0..=500_000.0).contains(&lon) && (2_000_000.0..=3_000_000.0).contains(&lat) {
        return Err(LeftOut::Twd97);
    }
    Wgs84::new(lon, lat).map_err(|_| LeftOut::NoPlace)
}
