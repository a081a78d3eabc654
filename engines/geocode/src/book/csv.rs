//! Separated text with a heading: a row per address.

use std::collections::HashMap;

use shouhu_text::csv::{Limits, Row, Rows, separator_of};

use super::columns::{self, ADDRESS, LAT, LON, SETTLEMENT, STREET};
use super::{BookError, BookFormat, Gathered, LeftOut, place_of};

const LIMITS: Limits = Limits { row_bytes: 64_000, cells: 128 };

pub(super) fn read(text: &str) -> Result<Gathered, BookError> {
    let mut rows = Rows::new(text, separator_of(text), LIMITS);
    let first = rows.next().filter(|row| row.fault.is_none()).ok_or(BookError::NotAnAddressFile)?;
    let heading: HashMap<String, usize> = first.cells.iter().zip(0..).map(|(cell, at)| (columns::heading(cell), at)).collect();
    let column = |names: &[&str]| names.iter().find_map(|name| heading.get(*name)).copied();
    let (Some(lon), Some(lat)) = (column(&LON), column(&LAT)) else { return Err(BookError::NotAnAddressFile) };
    if column(&ADDRESS).or_else(|| column(&STREET)).or_else(|| column(&SETTLEMENT)).is_none() {
        return Err(BookError::NotAnAddressFile);
    }
    let mut gathered = Gathered::new(BookFormat::Csv);
    for row in rows {
        gathered.report.entries += 1;
        if row.fault.is_some() {
            gathered.leave_out(row.number, LeftOut::BrokenRow, "");
            continue;
        }
        let value = |names: &[&str]| column(names).map(|at| cell(&row, at).to_owned()).filter(|text| !text.is_empty());
        let address = columns::address(value).unwrap_or_default();
        let place = match (number(cell(&row, lon)), number(cell(&row, lat))) {
            (Some(lon), Some(lat)) => place_of(lon, lat),
            _ => Err(LeftOut::NoPlace),
        };
        gathered.address(row.number, &address, place);
    }
    Ok(gathered)
}

fn cell<'a>(row: &'a Row<'_>, at: usize) -> &'a str {
    row.cells.get(at).map_or("", |cell| cell.trim())
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}
