//! Separated text into rows that keep the number a spreadsheet shows.

use shouhu_text::csv::{Limits, separator_of};

use super::{CELLS_MAX, ImportError, Row, Rows};

/// A row may be as long as the file, whose bytes are bounded.
const LIMITS: Limits = Limits { row_bytes: usize::MAX, cells: CELLS_MAX };

/// Reads all rows that are not blank.
///
/// # Errors
/// When there are too many, or a quotation mark is never closed.
pub fn read(text: &str) -> Result<Rows, ImportError> {
    let mut rows = Rows::default();
    for row in shouhu_text::csv::Rows::new(text, separator_of(text), LIMITS) {
        // An open mark is the only fault where lengths are unbounded. Which of the lines after it are rows nobody can tell,
        // and a list that is read in part would look whole: the file is refused.
        if row.fault.is_some() {
            return Err(ImportError::QuoteOpen { row: row.number });
        }
        rows.push(Row { number: row.number, cells: row.cells.iter().map(|cell| cell.trim().to_owned()).collect() })?;
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cells(text: &str) -> Vec<(u64, Vec<String>)> {
        read(text).unwrap_or_else(|e| panic!("{e}")).rows.into_iter().map(|row| (row.number, row.cells)).collect()
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_numbers_them() {
        let text = "a,b\r\n\r\n\"x\r\ny\",2\n,\n\"q\"\"q\",3";
        let expected =
            vec![(1, vec!["a".into(), "b".into()]), (3, vec!["x\r\ny".into(), "2".into()]), (5, vec!["q\"q".into(), "3".into()])];
        assert_eq!(cells(text), expected);
    }

    #[test]
    fn the_separator_is_found() {
        for text in ["a,b\n1,2", "a;b\n1;2", "a\tb\n1\t2", "\"a,b\";c\n1;2"] {
            assert_eq!(cells(text).last().map(|(_, cells)| cells.clone()), Some(vec!["1".into(), "2".into()]), "{text}");
        }
        assert_eq!(cells("ABC1234").len(), 1);
    }

    #[test]
    fn a_quote_that_is_never_closed_says_where_it_began() {
        assert!(matches!(read("a,b\n1,\"2\n3,4\n"), Err(ImportError::QuoteOpen { row: 2 })));
        assert_eq!(cells("24\" monitor,b").first().map(|(_, c)| c.clone()), Some(vec!["24\" monitor".into(), "b".into()]));
    }

    #[test]
    fn more_rows_than_allowed_are_refused() {
        let text = "a\n".repeat(super::super::ROWS_MAX + 100);
        assert!(matches!(read(&text), Err(ImportError::TooManyRows)));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[\\PC\"\",;\t\r\n]{0,200}") {
            let _ = read(&text);
        }

        #[test]
        fn what_is_quoted_comes_back(cells in proptest::collection::vec("[a-z\",;\r\n]{1,8}", 1..6)) {
            let line: Vec<String> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            let rows = read(&line.join(",")).map(|rows| rows.rows).unwrap_or_default();
            let expected: Vec<String> = cells.iter().map(|cell| cell.trim().to_owned()).collect();
            if expected.iter().any(|cell| !cell.is_empty()) {
                prop_assert_eq!(rows.first().map(|row| row.cells.clone()), Some(expected));
            }
        }
    }
}
