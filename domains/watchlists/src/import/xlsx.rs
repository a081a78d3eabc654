//! XLSX workbooks into rows. The archive is vetted before the workbook reader sees it.
//!
//! An archive of some kilobytes can unpack to gigabytes, and its directory can lie about that, so every part is unpacked
//! once into nothing and counted. The reader (calamine 0.38) reserves memory for as many shared strings as the file claims;
//! a claim of 10¹² would end the process, so the claim is checked too.

use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx};

use super::{CELLS_MAX, ImportError, Row, Rows};

/// Most bytes that all parts may unpack to; 200,000 rows of nine columns take about 80 MiB.
pub const UNPACKED_MAX: u64 = 192 * 1024 * 1024;
/// Parts of an archive.
const PARTS_MAX: usize = 2_000;
/// Shared strings that a workbook may claim.
const STRINGS_MAX: u64 = 4_000_000;

/// Rows of the first visible sheet, and the names of those that were not read.
///
/// # Errors
/// When it is no workbook, unpacks to too much, or has too many rows.
pub fn read(bytes: &[u8]) -> Result<(Rows, Vec<String>), ImportError> {
    vet(bytes)?;
    // The reader is other people's code on bytes from outside: a panic in it must stay an unreadable file.
    catch_unwind(AssertUnwindSafe(|| sheet(bytes)))
        .unwrap_or(Err(ImportError::Workbook("its parts contradict each other".into())))
}

fn broken(error: impl std::fmt::Display) -> ImportError {
    ImportError::Workbook(error.to_string().chars().take(200).collect())
}

fn vet(bytes: &[u8]) -> Result<(), ImportError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    if archive.len() > PARTS_MAX {
        return Err(ImportError::WorkbookTooLarge);
    }
    let mut left = UNPACKED_MAX;
    let mut chunk = vec![0_u8; 64 * 1024];
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(broken)?;
        let name = part.name().map_err(broken)?.to_ascii_lowercase();
        let is_markup = name.ends_with(".xml") || name.ends_with(".rels");
        let mut claims = Claims::default();
        loop {
            let read = part.read(&mut chunk).map_err(broken)?;
            if read == 0 {
                break;
            }
            left = left.checked_sub(read as u64).ok_or(ImportError::WorkbookTooLarge)?;
            let piece = chunk.get(..read).unwrap_or_default();
            // Markup of wide characters would hide its claims from us; no spreadsheet program writes it.
            if is_markup && piece.contains(&0) {
                return Err(broken("a part is not UTF-8"));
            }
            if claims.exceed(piece, STRINGS_MAX) {
                return Err(ImportError::WorkbookTooLarge);
            }
        }
    }
    Ok(())
}

/// Looks for `uniqueCount="…"` in a stream of pieces.
#[derive(Default)]
struct Claims {
    tail: Vec<u8>,
}

const CLAIM: &[u8] = b"uniqueCount";
/// Blanks, `=`, a quote and any number of leading zeros within this; more is not a count that a program writes.
const CLAIM_WINDOW: usize = 256;

impl Claims {
    fn exceed(&mut self, piece: &[u8], max: u64) -> bool {
        self.tail.extend_from_slice(piece);
        let mut from = 0;
        while let Some(at) = self.tail.get(from..).and_then(|rest| rest.windows(CLAIM.len()).position(|w| w == CLAIM)) {
            let after = from + at + CLAIM.len();
            let value = self.tail.get(after..(after + CLAIM_WINDOW).min(self.tail.len())).unwrap_or_default();
            let digits: Vec<u8> =
                value.iter().copied().skip_while(|b| !b.is_ascii_digit() && *b != b'>').take_while(u8::is_ascii_digit).collect();
            let claimed = std::str::from_utf8(&digits)
                .ok()
                .map_or(0, |text| if text.is_empty() { 0 } else { text.parse().unwrap_or(u64::MAX) });
            if claimed > max {
                return true;
            }
            from = after;
        }
        // What may be the beginning of a claim is looked at again with the next piece.
        let keep = self.tail.len().saturating_sub(CLAIM.len() + CLAIM_WINDOW);
        self.tail.drain(..keep);
        false
    }
}

fn sheet(bytes: &[u8]) -> Result<(Rows, Vec<String>), ImportError> {
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    let sheets: Vec<(String, bool)> = book
        .sheets_metadata()
        .iter()
        .map(|sheet| (sheet.name.clone(), sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible))
        .collect();
    let first = sheets.iter().find(|(_, is_shown)| *is_shown).map(|(name, _)| name.clone()).ok_or(ImportError::Empty)?;
    let others = sheets.into_iter().map(|(name, _)| name).filter(|name| *name != first).collect();
    let mut cells = book.worksheet_cells_reader(&first).map_err(broken)?;
    let mut rows = Rows::default();
    let mut row = Row { number: 0, cells: Vec::new() };
    while let Some(cell) = cells.next_cell().map_err(broken)? {
        let (line, column) = cell.get_position();
        let (number, column) = (u64::from(line) + 1, usize::try_from(column).unwrap_or(CELLS_MAX));
        if number != row.number {
            if number < row.number {
                return Err(broken("rows are out of order"));
            }
            rows.push(std::mem::replace(&mut row, Row { number, cells: Vec::new() }))?;
        }
        if column < CELLS_MAX {
            if row.cells.len() <= column {
                row.cells.resize(column + 1, String::new());
            }
            if let Some(place) = row.cells.get_mut(column) {
                *place = text_of(cell.get_value());
            }
        }
    }
    rows.push(row)?;
    Ok((rows, others))
}

fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Int(number) => number.to_string(),
        // `115` is stored as `115.0`, and a plate of digits only must not become `1234.0`.
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::DateTime(at) if at.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
        }
        DataRef::DateTime(at) => at.as_f64().to_string(),
        DataRef::Error(error) => format!("{error:?}"),
        DataRef::Empty => String::new(),
    }
}

#[cfg(test)]
pub mod tests {
    use std::io::Write;

    use proptest::prelude::*;
    use zip::write::SimpleFileOptions;

    use super::*;

    /// A workbook of one sheet of inline strings, as small as readers accept.
    pub fn workbook(rows: &[&[&str]]) -> Vec<u8> {
        let mut sheet = String::from(
            r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#,
        );
        for (number, cells) in rows.iter().enumerate() {
            sheet += &format!(r#"<row r="{}">"#, number + 1);
            for (column, cell) in cells.iter().enumerate() {
                let letter = char::from(b'A' + u8::try_from(column).unwrap_or(0));
                if let Some(serial) = cell.strip_prefix("date:") {
                    sheet += &format!(r#"<c r="{letter}{}" s="1"><v>{serial}</v></c>"#, number + 1);
                } else {
                    sheet += &format!(r#"<c r="{letter}{}" t="inlineStr"><is><t>{cell}</t></is></c>"#, number + 1);
                }
            }
            sheet += "</row>";
        }
        sheet += "</sheetData></worksheet>";
        archive(
            &sheet,
            r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="0" uniqueCount="0"></sst>"#,
        )
    }

    fn archive(sheet: &str, strings: &str) -> Vec<u8> {
        let parts = [
            (
                "[Content_Types].xml",
                r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#,
            ),
            (
                "_rels/.rels",
                r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
            ),
            (
                "xl/workbook.xml",
                r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="清冊" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
            ),
            (
                "xl/_rels/workbook.xml.rels",
                r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
            ),
            (
                "xl/styles.xml",
                r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#,
            ),
            ("xl/sharedStrings.xml", strings),
            ("xl/worksheets/sheet1.xml", sheet),
        ];
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in parts {
            zip.start_file(name, SimpleFileOptions::default()).unwrap_or_else(|e| panic!("{e}"));
            zip.write_all(text.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
        }
        zip.finish().unwrap_or_else(|e| panic!("{e}")).into_inner()
    }

    #[test]
    fn text_dates_and_row_numbers_come_out() {
        let bytes = workbook(&[&["車牌", "到期日"], &[], &["ABC-1234", "date:46387"]]);
        let (rows, others) = read(&bytes).unwrap_or_else(|e| panic!("{e}"));
        let cells: Vec<(u64, Vec<String>)> = rows.rows.into_iter().map(|row| (row.number, row.cells)).collect();
        assert_eq!(
            cells,
            [(1, vec!["車牌".into(), "到期日".into()]), (3, vec!["ABC-1234".into(), "2026-12-31 00:00:00".into()])]
        );
        assert!(others.is_empty());
    }

    #[test]
    fn an_archive_that_unpacks_to_gigabytes_is_refused_while_it_is_small() {
        let blank = " ".repeat(usize::try_from(UNPACKED_MAX).unwrap_or(0) + 1);
        let bytes = archive(&blank, "<sst/>");
        assert!(bytes.len() < 1_000_000);
        assert!(matches!(read(&bytes), Err(ImportError::WorkbookTooLarge)));
    }

    #[test]
    fn a_claim_of_a_trillion_strings_does_not_end_the_process() {
        for claim in ["999999999999", "99999999999999999999999", "000000000000000000009999999"] {
            let bytes = archive("<worksheet><sheetData/></worksheet>", &format!(r#"<sst uniqueCount = "{claim}"></sst>"#));
            assert!(matches!(read(&bytes), Err(ImportError::WorkbookTooLarge)), "{claim}");
        }
        let mut claims = Claims::default();
        assert!(!claims.exceed(b"<sst uniqueCo", 10));
        assert!(!claims.exceed(b"unt=\"5\" ", 10));
        let mut claims = Claims::default();
        assert!(!claims.exceed(b"<sst uniqueCo", 10));
        assert!(claims.exceed(b"unt=\"11\"", 10));
        let mut claims = Claims::default();
        assert!(!claims.exceed(b"<sst uniqueCount=\"1", 10));
        assert!(claims.exceed(b"1\"", 10));
    }

    #[test]
    fn an_archive_that_is_no_workbook_says_so() {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("readme.txt", SimpleFileOptions::default()).unwrap_or_else(|e| panic!("{e}"));
        let bytes = zip.finish().unwrap_or_else(|e| panic!("{e}")).into_inner();
        assert!(matches!(read(&bytes), Err(ImportError::Workbook(_))));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn a_damaged_workbook_is_read_or_refused(at in any::<prop::sample::Index>(), with in any::<u8>(), cut in any::<prop::sample::Index>(), is_cut in any::<bool>()) {
            let mut bytes = workbook(&[&["車牌", "到期日"], &["ABC-1234", "115/12/31"]]);
            let place = at.index(bytes.len());
            if let Some(byte) = bytes.get_mut(place) {
                *byte = with;
            }
            if is_cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            let _ = read(&bytes);
        }

        #[test]
        fn a_workbook_with_damaged_markup_is_read_or_refused(sheet in "(<|>|/|row|c |r=\"|A1|\"|sheetData|worksheet|<v>|</v>|t=\"s\"|9999999999|-1|&amp;|&){0,40}") {
            let _ = read(&archive(&format!("<worksheet><sheetData>{sheet}</sheetData></worksheet>"), "<sst/>"));
            let _ = read(&archive("<worksheet><sheetData><row><c t=\"s\"><v>7</v></c></row></sheetData></worksheet>", &sheet));
        }
    }
}
