//! The columns of both files: names, types, encodings and how many rows a page has.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Physical {
    Int32 = 1,
    Int64 = 2,
    Bytes = 6,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    Number,
    U8,
    U16,
    Text,
    /// Milliseconds since 1970 in UTC.
    Time,
}

/// Numbers as in `parquet.thrift`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Plain = 0,
    Deltas = 5,
    Texts = 6,
    Dictionary = 8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    pub name: &'static str,
    pub physical: Physical,
    pub meaning: Meaning,
    pub optional: bool,
    pub encoding: Encoding,
    /// A power of two, at most [`WINDOW_ROWS`]. A column without any value has one page.
    pub page_rows: usize,
    /// Each page's least and greatest value stand in Parquet's own column index, for other readers.
    pub has_bounds: bool,
}

/// Rows that are gathered before their pages are written.
pub const WINDOW_ROWS: usize = 1 << 14;

const fn shape(name: &'static str, physical: Physical, meaning: Meaning, encoding: Encoding, page_rows: usize) -> Shape {
    Shape { name, physical, meaning, optional: false, encoding, page_rows, has_bounds: false }
}

impl Shape {
    const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    const fn bounded(self) -> Self {
        Self { has_bounds: true, ..self }
    }
}

const LON: Shape = shape("lon_e6", Physical::Int32, Meaning::Number, Encoding::Deltas, 8192).optional();
const LAT: Shape = shape("lat_e6", Physical::Int32, Meaning::Number, Encoding::Deltas, 8192).optional();
const CONFIDENCE: Shape = shape("confidence_pm", Physical::Int32, Meaning::U16, Encoding::Dictionary, 4096);
const DIRECTION: Shape = shape("direction", Physical::Int32, Meaning::U8, Encoding::Dictionary, 4096).optional();

/// Columns of the file in plate order.
pub mod by_plate {
    use super::{CONFIDENCE, DIRECTION, Encoding, LAT, LON, Meaning, Physical, Shape, shape};

    pub const PLATE: usize = 0;
    pub const TIME: usize = 1;
    pub const SOURCE: usize = 2;
    pub const LON_E6: usize = 3;
    pub const LAT_E6: usize = 4;
    pub const CONFIDENCE_PM: usize = 5;
    pub const DIRECTION_AT: usize = 6;

    pub const SHAPES: [Shape; 7] = [
        shape("plate", Physical::Bytes, Meaning::Text, Encoding::Plain, 8192).bounded(),
        shape("captured_at", Physical::Int64, Meaning::Time, Encoding::Deltas, 2048),
        shape("source", Physical::Int32, Meaning::Number, Encoding::Dictionary, 2048),
        LON,
        LAT,
        CONFIDENCE,
        DIRECTION,
    ];
}

/// Columns of the file in source order.
pub mod by_source {
    use super::{CONFIDENCE, DIRECTION, Encoding, LAT, LON, Meaning, Physical, Shape, WINDOW_ROWS, shape};

    pub const SOURCE: usize = 0;
    pub const TIME: usize = 1;
    pub const PLATE: usize = 2;
    pub const LON_E6: usize = 3;
    pub const LAT_E6: usize = 4;
    pub const CONFIDENCE_PM: usize = 5;
    pub const DIRECTION_AT: usize = 6;
    pub const SEQUENCE: usize = 7;
    pub const PICTURES: usize = 8;
    pub const LAG_MS: usize = 9;
    pub const SPEED_DKMH: usize = 10;
    pub const READS: usize = 11;
    pub const DETAIL: usize = 12;

    pub const SHAPES: [Shape; 13] = [
        shape("source", Physical::Int32, Meaning::Number, Encoding::Dictionary, WINDOW_ROWS).bounded(),
        shape("captured_at", Physical::Int64, Meaning::Time, Encoding::Deltas, 2048).bounded(),
        shape("plate", Physical::Bytes, Meaning::Text, Encoding::Dictionary, 4096),
        LON,
        LAT,
        Shape { page_rows: 2048, ..CONFIDENCE },
        Shape { page_rows: 2048, ..DIRECTION },
        shape("sequence", Physical::Int64, Meaning::Number, Encoding::Deltas, 8192),
        shape("pictures", Physical::Int32, Meaning::U8, Encoding::Dictionary, WINDOW_ROWS),
        shape("lag_ms", Physical::Int32, Meaning::Number, Encoding::Deltas, 4096).optional(),
        shape("speed_dkmh", Physical::Int32, Meaning::U16, Encoding::Deltas, 4096).optional(),
        shape("reads", Physical::Int32, Meaning::U16, Encoding::Deltas, 4096).optional(),
        shape("detail", Physical::Bytes, Meaning::Text, Encoding::Texts, 512).optional(),
    ];
}
