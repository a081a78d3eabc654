//! Comma, semicolon or tab separated text into rows that keep the number a spreadsheet shows.
//!
//! Our own reader of RFC 4180, because blank rows and rows with line breaks in quotes must still be counted as a
//! spreadsheet counts them, and because bad rows must be told apart from a bad file.

use super::{CELLS_MAX, ImportError, Row, Rows};

/// Reads all rows that are not blank.
///
/// # Errors
/// When there are too many, or a quotation mark is never closed.
pub fn read(text: &str) -> Result<Rows, ImportError> {
    let delimiter = delimiter_of(text);
    let mut rows = Rows::default();
    let mut row = Row { number: 1, cells: Vec::new() };
    let mut cell = String::new();
    let mut quoted_since: Option<u64> = None;
    let mut chars = text.chars().peekable();
    while let Some(ch) = chars.next() {
        if quoted_since.is_some() {
            match ch {
                '"' if chars.peek() == Some(&'"') => {
                    chars.next();
                    cell.push('"');
                }
                '"' => quoted_since = None,
                other => cell.push(other),
            }
            continue;
        }
        match ch {
            // Only at the start of a cell: a mark within one is a character (a monitor of 24").
            '"' if cell.trim().is_empty() => {
                cell.clear();
                quoted_since = Some(row.number);
            }
            '\r' | '\n' => {
                if ch == '\r' && chars.peek() == Some(&'\n') {
                    chars.next();
                }
                end_cell(&mut row, &mut cell);
                let next = row.number + 1;
                rows.push(std::mem::replace(&mut row, Row { number: next, cells: Vec::new() }))?;
            }
            ch if ch == delimiter => end_cell(&mut row, &mut cell),
            other => cell.push(other),
        }
    }
    if let Some(row) = quoted_since {
        return Err(ImportError::QuoteOpen { row });
    }
    end_cell(&mut row, &mut cell);
    rows.push(row)?;
    Ok(rows)
}

fn end_cell(row: &mut Row, cell: &mut String) {
    let text = std::mem::take(cell);
    if row.cells.len() < CELLS_MAX {
        row.cells.push(text.trim().to_owned());
    }
}

/// The separator that the first lines use most, outside quotes.
fn delimiter_of(text: &str) -> char {
    let mut counts = [(',', 0_u32), (';', 0), ('\t', 0)];
    let mut is_quoted = false;
    let mut lines = 0;
    for ch in text.chars().take(20_000) {
        match ch {
            '"' => is_quoted = !is_quoted,
            '\n' if !is_quoted => lines += 1,
            _ if !is_quoted => {
                if let Some((_, count)) = counts.iter_mut().find(|(separator, _)| *separator == ch) {
                    *count += 1;
                }
            }
            _ => {}
        }
        if lines > 10 {
            break;
        }
    }
    let mut best = (',', 0);
    for candidate in counts {
        if candidate.1 > best.1 {
            best = candidate;
        }
    }
    best.0
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
