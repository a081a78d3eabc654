//! Lists that other offices keep: a heading with columns that each of them calls as it likes, and rows below it.
//!
//! A **column** has our name, whether a list must have it, and what others call it; a **layout** is where each of them stands
//! in one file. What a cell means, and which key a fault is told under, is each room's own.

use std::collections::BTreeMap;

use crate::csv::{Limits, Row, Rows, separator_of};
use crate::{Charset, Decoded, decode, squeezed};

/// Our name, whether a list must have it, and what others call it, squeezed.
pub type Column = (&'static str, bool, &'static [&'static str]);

/// Characters of a cell that are told of it.
pub const SHOWN_CHARS_MAX: usize = 60;
/// Cells of a heading that are told of it.
const HEADINGS_SHOWN_MAX: usize = 30;

/// Why a file as a whole is no list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    #[error("the file is empty")]
    Empty,
    #[error("the file is neither UTF-8 nor cp950")]
    Encoding,
    #[error("the file is no text: it begins like a spreadsheet or an archive; export it as CSV")]
    NotText,
    #[error("no column for {missing} among {found:?}; call it one of {names}")]
    Column { missing: &'static str, found: Vec<String>, names: String },
    #[error("the file has more than {max} rows; split it")]
    TooManyRows { max: usize },
}

/// Where each column of a list stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    columns: &'static [Column],
    /// By the place of the column among ours.
    places: Vec<Option<usize>>,
    /// What the file calls them, by our names.
    pub names: BTreeMap<String, String>,
}

/// The beginning of a cell, as it is told.
#[must_use]
pub fn shown(cell: &str) -> String {
    cell.trim().chars().take(SHOWN_CHARS_MAX).collect()
}

/// The text of a file.
///
/// # Errors
/// When it is a spreadsheet, an archive, or in a character set that is not read.
pub fn text_of(bytes: &[u8]) -> Result<Decoded<'_>, TableError> {
    // Zip, which workbooks are; compound files, which they were.
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(TableError::NotText);
    }
    decode(bytes, Charset::Auto).map_err(|_| TableError::Encoding)
}

/// Finds the columns by the first row; gives the rows below it.
///
/// # Errors
/// When there is no row, or a column that a list must have is missing.
pub fn open<'a>(text: &'a str, columns: &'static [Column], limits: Limits) -> Result<(Layout, Rows<'a>), TableError> {
    let mut rows = Rows::new(text, separator_of(text), limits);
    let heading = rows.next().ok_or(TableError::Empty)?;
    Ok((Layout::of(&heading, columns)?, rows))
}

/// Why a row cannot be read, if it cannot.
#[must_use]
pub fn unreadable(row: &Row<'_>) -> Option<String> {
    let is_garbled = || row.cells.iter().any(|cell| cell.contains('\u{fffd}'));
    row.fault.map(|fault| fault.to_string()).or_else(|| is_garbled().then(|| "a character of this row cannot be read".to_owned()))
}

impl Layout {
    fn of(heading: &Row<'_>, columns: &'static [Column]) -> Result<Self, TableError> {
        let found: Vec<String> = heading.cells.iter().map(|cell| squeezed(cell)).collect();
        let mut layout = Self { columns, places: Vec::with_capacity(columns.len()), names: BTreeMap::new() };
        for (ours, is_needed, names) in columns {
            let place = found.iter().position(|heading| names.contains(&heading.as_str()));
            match place.and_then(|place| heading.cells.get(place)) {
                Some(theirs) => {
                    layout.names.insert((*ours).to_owned(), shown(theirs));
                }
                None if *is_needed => {
                    let found = heading.cells.iter().map(|cell| shown(cell)).take(HEADINGS_SHOWN_MAX).collect();
                    return Err(TableError::Column { missing: ours, found, names: names.join(", ") });
                }
                None => {}
            }
            layout.places.push(place);
        }
        Ok(layout)
    }

    /// Without the blanks around it; empty where the list has no such column or the row ends before it.
    #[must_use]
    pub fn cell<'a>(&self, row: &'a Row<'_>, ours: &str) -> &'a str {
        let column = self.columns.iter().position(|(name, ..)| *name == ours);
        let place = column.and_then(|column| self.places.get(column).copied().flatten());
        place.and_then(|place| row.cells.get(place)).map_or("", |cell| cell.trim())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[("unit", true, &["unit", "單位"]), ("note", false, &["note", "備註"]), ("name", true, &["name", "姓名"])];
    const LIMITS: Limits = Limits { row_bytes: 100, cells: 8 };

    #[test]
    fn cells_are_found_by_our_names_wherever_they_stand_and_a_missing_one_is_empty() {
        let (layout, rows) = open("姓 名,ＵＮＩＴ\n 林 ,永康 21\n陳\n", COLUMNS, LIMITS).unwrap();
        let read: Vec<_> = rows.map(|row| ["unit", "name", "note", "other"].map(|ours| layout.cell(&row, ours).to_owned())).collect();
        assert_eq!(read, [["永康 21", "林", "", ""], ["", "陳", "", ""]].map(|row| row.map(str::to_owned)));
        assert_eq!(layout.names.into_iter().collect::<Vec<_>>(), [("name", "姓 名"), ("unit", "ＵＮＩＴ")].map(|(a, b)| (a.to_owned(), b.to_owned())));
    }

    #[test]
    fn a_file_that_is_no_list_says_why() {
        assert_eq!(open("", COLUMNS, LIMITS).map(drop), Err(TableError::Empty));
        let missing = TableError::Column { missing: "name", found: vec!["unit".into(), "x".repeat(60)], names: "name, 姓名".into() };
        assert_eq!(open(&format!("unit,{}", "x".repeat(80)), COLUMNS, LIMITS).map(drop), Err(missing));
        for (bytes, error) in [(&b"PK\x03\x04"[..], TableError::NotText), (&[0xd0, 0xcf, 0x11, 0xe0], TableError::NotText), (&[0xff, 0xff, 0], TableError::Encoding)] {
            assert_eq!(text_of(bytes).map(drop), Err(error));
        }
    }

    #[test]
    fn a_row_says_why_it_cannot_be_read() {
        let (_, mut rows) = open("unit,name\na,b\n\"a,b\nc\u{fffd},d\n", COLUMNS, LIMITS).unwrap();
        let said: Vec<_> = rows.by_ref().map(|row| unreadable(&row)).collect();
        assert!(said.len() == 3 && said.first() == Some(&None), "{said:?}");
        assert!(said.iter().skip(1).all(Option::is_some), "{said:?}");
    }
}
