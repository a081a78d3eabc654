//! Lists from other offices: any reasonable CSV or XLSX into checked proposals, and what is wrong with every other row.

pub mod columns;
pub mod csv;
pub mod dates;
pub mod encoding;
pub mod xlsx;

use std::collections::{BTreeMap, HashSet};

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{ImportId, Micros};
use shouhu_module::{Keyed, ProblemRow};
use shouhu_plate::Pattern;

use crate::bases;
use crate::model::{EntryError, NOTE_CHARS_MAX, NewEntry, ProposeEntry, TAIWAN, bounded};
use columns::{Columns, Field};
use encoding::Asked;

/// Rows of a file, headings included; more belong into several files.
pub const ROWS_MAX: usize = 200_000;
/// Bytes of a file.
pub const BYTES_MAX: usize = 32 * 1024 * 1024;
/// Cells of a row that are looked at.
pub const CELLS_MAX: usize = 100;
/// Wrong rows that the report lists; all are counted.
pub const ERRORS_LISTED_MAX: usize = 1_000;

/// One row that is not blank.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// As a spreadsheet shows it, from 1.
    pub number: u64,
    pub cells: Vec<String>,
}

/// Rows within their bound.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rows {
    pub rows: Vec<Row>,
}

impl Rows {
    fn push(&mut self, row: Row) -> Result<(), ImportError> {
        if row.cells.iter().all(String::is_empty) {
            return Ok(());
        }
        if self.rows.len() >= ROWS_MAX {
            return Err(ImportError::TooManyRows);
        }
        self.rows.push(row);
        Ok(())
    }
}

/// Why a file cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error("file has no rows")]
    Empty,
    #[error("file is neither text nor an XLSX workbook")]
    NotText,
    #[error("file is an old Excel workbook (.xls): save it as .xlsx or .csv")]
    OldExcel,
    #[error("file is not {encoding}: {bad} characters cannot be read; choose another encoding")]
    Encoding { encoding: &'static str, bad: usize },
    #[error("quotation mark opened in row {row} is never closed")]
    QuoteOpen { row: u64 },
    #[error("file has more than {ROWS_MAX} rows: divide it")]
    TooManyRows,
    #[error("workbook cannot be read: {0}")]
    Workbook(String),
    #[error("workbook unpacks to more than is allowed")]
    WorkbookTooLarge,
    #[error("no row among the first ten names a plate column (車牌, 車號, plate); the first row says {first:?}")]
    NoHeading { first: String },
    #[error("column {column} is missing ({names}); add it, or give one value for all rows with the request")]
    ColumnMissing { column: &'static str, names: &'static str },
}

impl ImportError {
    pub const KEYS: &'static [&'static str] = &[
        "watchlists.import.empty",
        "watchlists.import.not_text",
        "watchlists.import.old_excel",
        "watchlists.import.encoding",
        "watchlists.import.quote_open",
        "watchlists.import.too_many_rows",
        "watchlists.import.workbook",
        "watchlists.import.workbook_too_large",
        "watchlists.import.no_heading",
        "watchlists.import.column_missing",
    ];
}

impl Keyed for ImportError {
    fn key(&self) -> &'static str {
        match self {
            Self::Empty => "watchlists.import.empty",
            Self::NotText => "watchlists.import.not_text",
            Self::OldExcel => "watchlists.import.old_excel",
            Self::Encoding { .. } => "watchlists.import.encoding",
            Self::QuoteOpen { .. } => "watchlists.import.quote_open",
            Self::TooManyRows => "watchlists.import.too_many_rows",
            Self::Workbook(_) => "watchlists.import.workbook",
            Self::WorkbookTooLarge => "watchlists.import.workbook_too_large",
            Self::NoHeading { .. } => "watchlists.import.no_heading",
            Self::ColumnMissing { .. } => "watchlists.import.column_missing",
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

/// Keys of single rows, beside those of [`EntryError`].
pub const ROW_KEYS: &[&str] = &[
    "watchlists.import.date",
    "watchlists.import.action",
    "watchlists.import.class",
    "watchlists.import.unreadable",
    "watchlists.import.duplicate_row",
    "watchlists.import.duplicate_entry",
];

/// Values for all rows of a file that does not say them; text as in a cell.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct Defaults {
    pub legal_basis: Option<String>,
    pub owner: Option<String>,
    pub reason: Option<String>,
    pub action: Option<String>,
    pub expires: Option<String>,
}

impl Defaults {
    fn of(&self, field: Field) -> &str {
        let text = match field {
            Field::LegalBasis => &self.legal_basis,
            Field::Owner => &self.owner,
            Field::Reason => &self.reason,
            Field::Action => &self.action,
            Field::ExpiresAt => &self.expires,
            Field::Pattern | Field::VehicleClass | Field::VehicleColour | Field::VehicleNote | Field::Issuer => return "",
        };
        text.as_deref().unwrap_or_default()
    }
}

/// `POST /v1/watchlists/import`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImportReport {
    /// Absent after a dry run and when no row was accepted.
    pub import: Option<ImportId>,
    pub dry_run: bool,
    /// `utf-8`, `utf-16`, `cp950`; `xlsx` has none.
    pub encoding: Option<String>,
    /// `csv` or `xlsx`.
    pub format: String,
    /// Rows below the heading that are not blank.
    pub rows: u64,
    /// Rows that became proposals, or would.
    pub accepted: u64,
    /// Rows that repeat another row of the file or an entry that waits or is in force; listed among the errors.
    pub duplicates: u64,
    /// Rows that are wrong.
    pub rejected: u64,
    /// The first thousand rows that were not accepted, each with its first fault.
    pub errors: Vec<ProblemRow>,
    /// Field to heading.
    pub columns: BTreeMap<String, String>,
    /// Headings that mean nothing to us; their cells were not read.
    pub unknown_columns: Vec<String>,
    /// Sheets of the workbook that were not read.
    pub other_sheets: Vec<String>,
}

/// A file that could be read.
pub struct Table {
    pub rows: Vec<Row>,
    pub columns: Columns,
    pub format: &'static str,
    pub encoding: Option<&'static str>,
    pub other_sheets: Vec<String>,
}

impl Table {
    /// Every readable pattern once, in normal form.
    #[must_use]
    pub fn patterns(&self) -> Vec<String> {
        let cells = self.rows.iter().map(|row| self.columns.cell(Field::Pattern, row));
        let patterns: HashSet<String> = cells.filter_map(|cell| Pattern::parse(cell).ok()).map(String::from).collect();
        patterns.into_iter().collect()
    }
}

/// Reads a file of either kind.
///
/// # Errors
/// When nothing of it can be used.
pub fn read(bytes: &[u8], asked: Asked, defaults: &Defaults) -> Result<Table, ImportError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ImportError::Empty);
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(ImportError::OldExcel);
    }
    let (rows, format, encoding, other_sheets) = if bytes.starts_with(b"PK\x03\x04") {
        let (rows, others) = xlsx::read(bytes)?;
        (rows, "xlsx", None, others)
    } else {
        let decoded = shouhu_text::decode(bytes, asked.into())?;
        (csv::read(&decoded.text)?, "csv", Some(decoded.charset), Vec::new())
    };
    let mut rows = rows.rows;
    if rows.is_empty() {
        return Err(ImportError::Empty);
    }
    let columns = Columns::found(&mut rows)?;
    let needed = [(Field::LegalBasis, "法令依據"), (Field::Reason, "案由"), (Field::ExpiresAt, "到期日")];
    for (field, names) in needed {
        if !columns.has(field) && defaults.of(field).trim().is_empty() {
            return Err(ImportError::ColumnMissing { column: field.key(), names });
        }
    }
    Ok(Table { rows, columns, format, encoding, other_sheets })
}

/// What became of the rows.
#[derive(Default)]
pub struct Sorted {
    pub accepted: Vec<NewEntry>,
    pub errors: Vec<ProblemRow>,
    pub rejected: u64,
    pub duplicates: u64,
}

impl Sorted {
    fn fault(&mut self, row: &Row, column: String, value: &str, key: &str, message: String) {
        if self.errors.len() < ERRORS_LISTED_MAX {
            let value = value.chars().take(80).collect();
            self.errors.push(ProblemRow { row: row.number, column, value, key: key.to_owned(), message });
        }
    }
}

/// Checks every row; `in_use` holds pattern and basis of everything that waits or is in force.
#[must_use]
pub fn sort(table: &Table, defaults: &Defaults, owner: &str, in_use: &HashSet<(String, String)>, now: Micros) -> Sorted {
    let mut sorted = Sorted::default();
    let mut seen: std::collections::HashMap<(String, String), u64> = std::collections::HashMap::new();
    for row in &table.rows {
        let new = match entry_of(row, &table.columns, defaults, owner, now) {
            Ok(new) => new,
            Err(fault) => {
                sorted.rejected += 1;
                sorted.fault(row, table.columns.name(fault.field), &fault.value, fault.key, fault.message);
                continue;
            }
        };
        let identity = (new.pattern.to_string(), new.basis.key.to_owned());
        let repeats = match seen.get(&identity) {
            Some(first) => Some(("watchlists.import.duplicate_row", format!("row {first} says the same plate and legal basis"))),
            None if in_use.contains(&identity) => Some((
                "watchlists.import.duplicate_entry",
                "an entry for this plate and legal basis waits or is in force".to_owned(),
            )),
            None => None,
        };
        if let Some((key, message)) = repeats {
            sorted.duplicates += 1;
            let value = table.columns.cell(Field::Pattern, row);
            sorted.fault(row, table.columns.name(Field::Pattern), value, key, message);
            continue;
        }
        seen.insert(identity, row.number);
        sorted.accepted.push(new);
    }
    sorted
}

struct Fault {
    field: Field,
    value: String,
    key: &'static str,
    message: String,
}

fn entry_of(row: &Row, columns: &Columns, defaults: &Defaults, owner: &str, now: Micros) -> Result<NewEntry, Fault> {
    let text =
        |field: Field| Some(columns.cell(field, row)).filter(|cell| !cell.is_empty()).unwrap_or_else(|| defaults.of(field));
    let fault = |field: Field, key: &'static str, message: String| Fault { field, value: text(field).to_owned(), key, message };
    if let Some(field) = Field::ALL.into_iter().find(|field| columns.cell(*field, row).contains('\u{fffd}')) {
        return Err(fault(field, "watchlists.import.unreadable", "a character cannot be read in this encoding".into()));
    }
    let basis = bases::by_any_name(text(Field::LegalBasis)).ok_or_else(|| {
        let error = EntryError::Basis(text(Field::LegalBasis).chars().take(40).collect());
        fault(Field::LegalBasis, error.key(), error.to_string())
    })?;
    let action = match text(Field::Action) {
        "" => basis.default_action,
        words => columns::action_of(words).ok_or_else(|| {
            fault(
                Field::Action,
                "watchlists.import.action",
                format!("{words:?} is no action: 攔停 stop, 觀察 observe, 小心攔停 stop_with_caution"),
            )
        })?,
    };
    let vehicle_class = match text(Field::VehicleClass) {
        "" => None,
        words => Some(columns::class_of(words).ok_or_else(|| {
            fault(Field::VehicleClass, "watchlists.import.class", format!("{words:?} is no vehicle class that is known here"))
        })?),
    };
    let expires_at_us = dates::expiry(text(Field::ExpiresAt))
        .map_err(|error| fault(Field::ExpiresAt, "watchlists.import.date", error.to_string()))?;
    let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
    let asked = ProposeEntry {
        pattern: text(Field::Pattern).to_owned(),
        legal_basis: basis.key.to_owned(),
        owner: or(text(Field::Owner), owner),
        reason: text(Field::Reason).to_owned(),
        action,
        vehicle_class,
        vehicle_colour: columns::colour_of(text(Field::VehicleColour)),
        vehicle_note: text(Field::VehicleNote).to_owned(),
        issuer: or(text(Field::Issuer), TAIWAN),
        expires_at_us,
    };
    let refused = |error: EntryError| fault(field_of(&error), error.key(), error.to_string());
    let mut new = NewEntry::checked(&asked, now).map_err(refused)?;
    let colour = bounded("vehicle_colour", text(Field::VehicleColour), NOTE_CHARS_MAX).map_err(refused)?;
    // After the check: each cell has its bound, and no row is refused for what is put together here.
    new.vehicle_note = noted(new.vehicle_note, &colour);
    Ok(new)
}

/// The colour stays words for people too: not every colour has a name of ours, and 銀色 says more than grey.
fn noted(note: String, colour: &str) -> String {
    if note.contains(colour) {
        note
    } else if note.is_empty() {
        colour.to_owned()
    } else {
        format!("{note}；{colour}")
    }
}

fn field_of(error: &EntryError) -> Field {
    match error.field() {
        "legal_basis" => Field::LegalBasis,
        "owner" => Field::Owner,
        "reason" => Field::Reason,
        "action" => Field::Action,
        "vehicle_colour" => Field::VehicleColour,
        "vehicle_note" => Field::VehicleNote,
        "issuer" => Field::Issuer,
        "expires_at_us" => Field::ExpiresAt,
        _ => Field::Pattern,
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::BIG5;
    use proptest::prelude::*;

    use super::*;
    use crate::testing::NOW;

    const FILE: &str = "\
車牌,案由,法令依據,到期日,動作,車種,備註,承辦單位
ＡＢＣ－１２３４,失竊報案,失車,115/12/31,攔停,自小客,白色,永康分局
abc1234,同一台,失車,115/12/31,,,,
XYZ-9?76,通緝,通緝,民國116年3月1日,小心攔停,,,
,失竊,失車,115/12/31,,,,

ABC@12,失竊,失車,115/12/31,,,,
A*,失竊,失車,115/12/31,,,,
QQQ-1111,失竊,八卦,115/12/31,,,,
QQQ-1111,失竊,失車,114/02/30,,,,
QQQ-1111,失竊,失車,110/01/01,,,,
QQQ-1111,失竊,失車,130/01/01,,,,
QQQ-1111,失竊,失車,115/12/31,逮捕,,,
QQQ-1111,失竊,失車,115/12/31,,飛機,,
QQQ-1111,,失車,115/12/31,,,,
QQQ-1111,犯罪組織,警職法第11條,115/12/31,,,,
QQQ-1111,犯罪組織 南市警偵字第1150001234號,警職法第11條,115/12/31,攔停,,,
KNOWN-1,失竊,失車,115/12/31,,,,
";

    fn sorted(bytes: &[u8]) -> Sorted {
        let defaults = Defaults::default();
        let table = read(bytes, Asked::Auto, &defaults).unwrap_or_else(|e| panic!("{e}"));
        let in_use = HashSet::from([("KNOWN1".to_owned(), "stolen_vehicle".to_owned())]);
        sort(&table, &defaults, "永康分局偵查隊", &in_use, NOW)
    }

    #[test]
    fn every_bad_row_is_named_by_its_number_column_and_reason() {
        for bytes in [FILE.as_bytes().to_vec(), BIG5.encode(FILE).0.into_owned(), format!("\u{feff}{FILE}").into_bytes()] {
            let sorted = sorted(&bytes);
            let found: Vec<(u64, &str, &str)> =
                sorted.errors.iter().map(|e| (e.row, e.column.as_str(), e.key.as_str())).collect();
            assert_eq!(
                found,
                [
                    (3, "車牌", "watchlists.import.duplicate_row"),
                    (5, "車牌", "plate.empty"),
                    (7, "車牌", "plate.pattern.character"),
                    (8, "車牌", "plate.pattern.too_vague"),
                    (9, "法令依據", "watchlists.entry.basis"),
                    (10, "到期日", "watchlists.import.date"),
                    (11, "到期日", "watchlists.entry.expiry_past"),
                    (12, "到期日", "watchlists.entry.expiry_too_far"),
                    (13, "動作", "watchlists.import.action"),
                    (14, "車種", "watchlists.import.class"),
                    (15, "案由", "watchlists.entry.reason_missing"),
                    (16, "案由", "watchlists.entry.consent_missing"),
                    (17, "動作", "watchlists.entry.observe_only"),
                    (18, "車牌", "watchlists.import.duplicate_entry"),
                ]
            );
            assert_eq!((sorted.rejected, sorted.duplicates), (12, 2));
            let accepted: Vec<(&str, &str)> = sorted.accepted.iter().map(|e| (e.pattern.as_str(), e.owner.as_str())).collect();
            assert_eq!(accepted, [("ABC1234", "永康分局"), ("XYZ9?76", "永康分局偵查隊")]);
        }
    }

    #[test]
    fn a_column_of_colours_is_compared_with_pictures_and_stays_in_the_note() {
        let file = "車牌,案由,法令依據,到期日,顏色,備註\nABC-1234,失竊,失車,115/12/31,銀色,\nXYZ-9876,失竊,失車,115/12/31,香檳,左門凹陷\n";
        let sorted = sorted(file.as_bytes());
        let found: Vec<_> = sorted.accepted.iter().map(|entry| (entry.vehicle_colour, entry.vehicle_note.as_str())).collect();
        assert_eq!(found, [(Some(shouhu_plate::VehicleColour::Grey), "銀色"), (None, "左門凹陷；香檳")]);
    }

    #[test]
    fn a_note_that_is_full_takes_its_colour_and_each_cell_alone_has_its_bound() {
        let long = |chars: usize| "凹".repeat(chars);
        let row = |plate: &str, colour: &str, note: &str| format!("{plate},失竊,失車,115/12/31,{colour},{note}\n");
        let file = ["車牌,案由,法令依據,到期日,顏色,備註\n".to_owned()]
            .into_iter()
            .chain([
                row("ABC-1234", "銀色", &long(NOTE_CHARS_MAX)),
                row("XYZ-9876", &"漆".repeat(NOTE_CHARS_MAX), &long(NOTE_CHARS_MAX)),
                row("AAA-1111", "銀色", &long(NOTE_CHARS_MAX + 1)),
                row("BBB-2222", &long(NOTE_CHARS_MAX + 1), ""),
            ])
            .collect::<String>();
        let sorted = sorted(file.as_bytes());
        let notes: Vec<_> = sorted.accepted.iter().map(|entry| entry.vehicle_note.clone()).collect();
        assert_eq!(notes, [format!("{}；銀色", long(NOTE_CHARS_MAX)), format!("{}；{}", long(NOTE_CHARS_MAX), "漆".repeat(NOTE_CHARS_MAX))]);
        assert_eq!(sorted.accepted.first().and_then(|entry| entry.vehicle_colour), Some(shouhu_plate::VehicleColour::Grey));
        let faults: Vec<_> = sorted.errors.iter().map(|fault| (fault.row, fault.column.as_str(), fault.key.as_str())).collect();
        assert_eq!(faults, [(4, "備註", "watchlists.entry.too_long"), (5, "顏色", "watchlists.entry.too_long")]);
    }

    #[test]
    fn a_workbook_says_the_same_as_its_text() {
        let rows: [&[&str]; 3] = [
            &["車牌", "案由", "法令依據", "到期日"],
            &["abc-1234", "失竊", "stolen_vehicle", "date:46387"],
            &["", "失竊", "失車", "115/12/31"],
        ];
        let sorted = sorted(&xlsx::tests::workbook(&rows));
        assert_eq!(
            sorted.accepted.first().map(|e| (e.pattern.as_str(), e.expires_at.0)),
            Some(("ABC1234", 1_798_732_799_999_999))
        );
        assert_eq!(sorted.errors.first().map(|e| (e.row, e.key.as_str())), Some((3, "plate.empty")));
    }

    #[test]
    fn a_list_of_plates_alone_takes_everything_else_from_the_request() {
        let defaults = Defaults {
            legal_basis: Some("失車".into()),
            reason: Some("失竊".into()),
            expires: Some("115/12/31".into()),
            ..Defaults::default()
        };
        let table = read("車號\nABC-1234\n".as_bytes(), Asked::Auto, &defaults).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(sort(&table, &defaults, "隊", &HashSet::new(), NOW).accepted.len(), 1);
        let missing = read("車號\nABC-1234\n".as_bytes(), Asked::Auto, &Defaults::default()).err();
        assert!(matches!(missing, Some(ImportError::ColumnMissing { column: "legal_basis", .. })));
    }

    #[test]
    fn what_is_no_list_is_refused_with_its_own_reason() {
        let refused = |bytes: &[u8]| read(bytes, Asked::Auto, &Defaults::default()).err().map(|e| e.key());
        assert_eq!(refused(b""), Some("watchlists.import.empty"));
        assert_eq!(refused(b" \r\n"), Some("watchlists.import.empty"));
        assert_eq!(refused(b",,\n,\n"), Some("watchlists.import.empty"));
        assert_eq!(refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), Some("watchlists.import.old_excel"));
        assert_eq!(refused(b"PK\x03\x04rubbish"), Some("watchlists.import.workbook"));
        assert_eq!(refused(b"\x89PNG\r\n\x1a\n\x00\x00"), Some("watchlists.import.not_text"));
        assert_eq!(refused("編號,案類\n1,竊盜\n".as_bytes()), Some("watchlists.import.no_heading"));
        assert_eq!(refused("車牌,案由\n\"ABC,失竊\n".as_bytes()), Some("watchlists.import.quote_open"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes, Asked::Auto, &Defaults::default());
        }

        #[test]
        fn a_mutated_file_never_panics_and_every_row_is_accounted_for(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12), is_cp950 in any::<bool>()) {
            let mut bytes = if is_cp950 { BIG5.encode(FILE).0.into_owned() } else { FILE.as_bytes().to_vec() };
            for (at, with) in changes {
                let place = at.index(bytes.len());
                if let Some(byte) = bytes.get_mut(place) {
                    *byte = with;
                }
            }
            let defaults = Defaults::default();
            if let Ok(table) = read(&bytes, Asked::Auto, &defaults) {
                let sorted = sort(&table, &defaults, "隊", &HashSet::new(), NOW);
                prop_assert_eq!(sorted.accepted.len() as u64 + sorted.rejected + sorted.duplicates, table.rows.len() as u64);
            }
        }
    }
}
