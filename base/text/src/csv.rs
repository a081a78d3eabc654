//! Separated text into rows (RFC 4180, with any of four separators), one at a time.
//!
//! Our own reader, because blank rows and rows with line breaks in quotation marks must be counted as an editor and as a
//! spreadsheet count them, because a bad row must be told apart from a bad file, and because cells without quotation marks
//! are borrowed from the text.
//!
//! Beyond RFC 4180: a line ends with `\n`, `\r\n` or `\r`; rows need not have the same length; a quotation mark within a cell
//! is a character (a monitor of 24"); blanks around a quoted cell are allowed.

use std::borrow::Cow;

/// What may separate cells; the first is taken where none is used.
pub const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];

/// Characters and line ends from which the separator is told.
const SAMPLE_CHARS: usize = 20_000;
const SAMPLE_LINES: u32 = 10;

/// The separator that the first lines use most, outside quotation marks.
#[must_use]
pub fn separator_of(text: &str) -> char {
    let mut counts = SEPARATORS.map(|separator| (separator, 0_u32));
    let (mut is_quoted, mut lines) = (false, 0);
    for ch in text.chars().take(SAMPLE_CHARS) {
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
        if lines > SAMPLE_LINES {
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

/// How much of one row is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a line, and of a row with quotation marks that goes on over several.
    pub row_bytes: usize,
    /// Cells; those beyond are left out.
    pub cells: usize,
}

/// One row that is not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'a> {
    /// Where it begins, as an editor shows it, from 1.
    pub line: u64,
    /// As a spreadsheet shows it, from 1: a row that goes on over several lines counts once.
    pub number: u64,
    /// With the blanks around them; none when the row has a fault.
    pub cells: Vec<Cow<'a, str>>,
    pub fault: Option<RowFault>,
}

/// Why a row cannot be used. The lines after its first are read as rows of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RowFault {
    #[error("the line has {bytes} bytes; {max} are read")]
    LineTooLong { bytes: usize, max: usize },
    #[error("a quotation mark is not closed within {max} bytes")]
    QuoteTooLong { max: usize },
    #[error("a quotation mark is never closed")]
    QuoteOpen,
}

/// The rows of a text that are not blank.
#[derive(Debug, Clone)]
pub struct Rows<'a> {
    rest: &'a str,
    separator: char,
    limits: Limits,
    line: u64,
    number: u64,
}

impl<'a> Rows<'a> {
    /// `separator` is none of `"`, `\r` and `\n`, which it could not be told apart from.
    #[must_use]
    pub const fn new(text: &'a str, separator: char, limits: Limits) -> Self {
        Self { rest: text, separator, limits, line: 1, number: 1 }
    }

    fn row(&mut self) -> Row<'a> {
        let mut row = Row { line: self.line, number: self.number, cells: Vec::new(), fault: None };
        let bytes = self.rest.bytes().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(self.rest.len());
        let line = self.rest.get(..bytes).unwrap_or_default();
        let max = self.limits.row_bytes;
        if bytes > max {
            row.fault = Some(RowFault::LineTooLong { bytes, max });
            self.advance(bytes, 0);
        } else if line.contains('"') {
            match self.quoted() {
                Ok((cells, end)) => {
                    row.cells = cells;
                    self.advance(end, line_ends(self.rest.get(..end).unwrap_or_default()));
                }
                Err(fault) => {
                    row.fault = Some(fault);
                    self.advance(bytes, 0);
                }
            }
        } else {
            row.cells.extend(line.split(self.separator).take(self.limits.cells).map(Cow::Borrowed));
            self.advance(bytes, 0);
        }
        row
    }

    /// Past `bytes`, which hold so many line ends, and the line end that follows them.
    fn advance(&mut self, bytes: usize, line_ends: u64) {
        let rest = self.rest.get(bytes..).unwrap_or_default();
        self.rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r'])).unwrap_or_default();
        self.line += line_ends + 1;
        self.number += 1;
    }

    /// The cells of a row with quotation marks, which may go on over line ends, and its bytes.
    fn quoted(&self) -> Result<(Vec<Cow<'a, str>>, usize), RowFault> {
        let Limits { row_bytes: max, cells: cells_max } = self.limits;
        let (mut cells, mut cell, mut is_open, mut end) = (Vec::new(), String::new(), false, self.rest.len());
        let mut keep = |cell: &mut String| {
            let done = std::mem::take(cell);
            if cells.len() < cells_max {
                cells.push(Cow::Owned(done));
            }
        };
        let mut chars = self.rest.char_indices().peekable();
        while let Some((at, ch)) = chars.next() {
            if at > max {
                // A mark that is never closed must not swallow the file: only the line it stands on is lost.
                return Err(RowFault::QuoteTooLong { max });
            }
            match ch {
                '"' if is_open && chars.peek().is_some_and(|(_, next)| *next == '"') => {
                    chars.next();
                    cell.push('"');
                }
                '"' if is_open => is_open = false,
                '"' if cell.trim().is_empty() => {
                    cell.clear();
                    is_open = true;
                }
                _ if is_open => cell.push(ch),
                '\n' | '\r' => {
                    end = at;
                    break;
                }
                _ if ch == self.separator => keep(&mut cell),
                _ => cell.push(ch),
            }
        }
        if is_open {
            return Err(RowFault::QuoteOpen);
        }
        keep(&mut cell);
        Ok((cells, end))
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    fn next(&mut self) -> Option<Row<'a>> {
        while !self.rest.is_empty() {
            let row = self.row();
            if row.fault.is_some() || row.cells.iter().any(|cell| !cell.trim().is_empty()) {
                return Some(row);
            }
        }
        None
    }
}

/// Line ends in a text, `\r\n` being one.
fn line_ends(text: &str) -> u64 {
    let count = |pattern: &str| text.matches(pattern).count() as u64;
    (count("\n") + count("\r")).saturating_sub(count("\r\n"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { row_bytes: 1_000, cells: 10 };

    fn rows(text: &str) -> Vec<Row<'_>> {
        Rows::new(text, separator_of(text), LIMITS).collect()
    }

    fn cells(text: &str) -> Vec<(u64, u64, Vec<String>)> {
        let own = |row: Row<'_>| (row.line, row.number, row.cells.into_iter().map(Cow::into_owned).collect());
        rows(text).into_iter().map(own).collect()
    }

    fn faults(text: &str) -> Vec<(u64, Option<RowFault>)> {
        rows(text).into_iter().map(|row| (row.line, row.fault)).collect()
    }

    #[test]
    fn rows_are_numbered_as_an_editor_and_as_a_spreadsheet_number_them() {
        let text = "a,b\r\n\r\n\"x\r\ny\",2\n,\n\"q\"\"q\",3";
        let expected = vec![
            (1, 1, vec!["a".into(), "b".into()]),
            (3, 3, vec!["x\r\ny".into(), "2".into()]),
            (6, 5, vec!["q\"q".into(), "3".into()]),
        ];
        assert_eq!(cells(text), expected);
        assert_eq!(cells(&text.replace("\r\n", "\n")).iter().map(|row| row.0).collect::<Vec<_>>(), [1, 3, 6]);
        assert_eq!(cells(&text.replace("\r\n", "\n").replace('\n', "\r")).iter().map(|row| row.0).collect::<Vec<_>>(), [1, 3, 6]);
    }

    #[test]
    fn the_separator_is_found() {
        for text in ["a,b\n1,2", "a;b\n1;2", "a\tb\n1\t2", "a|b\n1|2", "\"a,b\";c\n1;2"] {
            assert_eq!(cells(text).last().map(|row| row.2.clone()), Some(vec!["1".into(), "2".into()]), "{text}");
        }
        assert_eq!(separator_of("ABC1234"), ',');
    }

    #[test]
    fn a_mark_within_a_cell_is_a_character_and_blanks_around_a_quoted_cell_are_none() {
        assert_eq!(cells("24\" monitor,b"), [(1, 1, vec!["24\" monitor".into(), "b".into()])]);
        assert_eq!(cells("a,  \"b, c\" ,\"\""), [(1, 1, vec!["a".into(), "b, c ".into(), String::new()])]);
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_costs_its_own_line() {
        assert_eq!(faults("a,b\n1,\"2\n3,4\n"), [(1, None), (2, Some(RowFault::QuoteOpen)), (3, None)]);
        let long = format!("a,b\n1,\"2\n{}5,\"6\"\n", "3,4\n".repeat(300));
        let found = faults(&long);
        assert_eq!(found.get(1), Some(&(2, Some(RowFault::QuoteTooLong { max: 1_000 }))));
        assert_eq!((found.len(), found.last()), (303, Some(&(303, None))));
    }

    #[test]
    fn a_line_that_is_too_long_costs_itself() {
        let text = format!("a,b\n{}\n\"{}\",2\n3,4", "x".repeat(1_001), "y".repeat(1_001));
        let too_long = |bytes| Some(RowFault::LineTooLong { bytes, max: 1_000 });
        assert_eq!(faults(&text), [(1, None), (2, too_long(1_001)), (3, too_long(1_005)), (4, None)]);
    }

    #[test]
    fn cells_beyond_the_limit_are_left_out() {
        for text in [",x".repeat(50), ",\"x\"".repeat(50)] {
            assert_eq!(rows(&text).first().map(|row| row.cells.len()), Some(10));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_rows_within_their_limits(text in "[\\PC\"\",;\t\r\n]{0,200}") {
            let (mut before, lines) = (0, line_ends(&text) + 1);
            for row in Rows::new(&text, ',', Limits { row_bytes: 50, cells: 3 }) {
                prop_assert!(row.line > before && row.line <= lines && row.number <= row.line, "{:?}", row);
                prop_assert!(row.cells.len() <= 3 && row.cells.is_empty() == row.fault.is_some());
                before = row.line;
            }
        }

        #[test]
        fn what_is_quoted_comes_back(cells in proptest::collection::vec("[a-z車\",;\r\n]{1,8}", 1..6)) {
            let line: Vec<String> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            let found: Vec<_> = Rows::new(&line.join(","), ',', LIMITS).map(|row| row.cells.into_iter().map(Cow::into_owned).collect::<Vec<_>>()).collect();
            if cells.iter().any(|cell| !cell.trim().is_empty()) {
                prop_assert_eq!(found, vec![cells]);
            }
        }

        #[test]
        fn without_quotation_marks_rows_are_lines(lines in proptest::collection::vec("[a-z, ]{0,8}", 0..12), end in "\r\n|\n|\r") {
            let text = lines.join(&end);
            let found: Vec<(u64, u64, String)> =
                Rows::new(&text, ',', LIMITS).map(|row| (row.line, row.number, row.cells.join(","))).collect();
            let is_shown = |(_, line): &(u64, &String)| !line.replace(',', "").trim().is_empty();
            let expected: Vec<(u64, u64, String)> =
                (1..).zip(&lines).filter(is_shown).map(|(number, line)| (number, number, line.clone())).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
