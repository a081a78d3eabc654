//! A house's list of radio codes 無線電代碼 as CSV: what a crew says in short, and what it means to the desk.
//!
//! Taiwan's police has no public standard for them: each force keeps its own, and the ten-codes that a house starts with here are
//! those of North America (APCO). So the columns are ours, with headings in two languages. A list is taken whole or not at all:
//! [`Read::faults`] says for every row what is wrong with it.

use shouhu_text::csv::{Limits, Row};
use shouhu_text::table::{self, Column, Layout, TableError, shown};
use shouhu_text::{narrow, squeezed};

/// Bytes of a file.
pub const CODES_BYTES_MAX: usize = 256 * 1024;
/// More than anybody knows by heart.
pub const CODES_MAX: usize = 200;
pub const CODE_CHARS_MAX: usize = 12;
pub const TITLE_CHARS_MAX: usize = 40;
/// Faults that are told; more of them say nothing new.
pub const FAULTS_MAX: usize = 200;
const LIMITS: Limits = Limits { row_bytes: 4 * 1024, cells: 16 };

/// What is wrong with a cell, or with the row where the column is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    #[error("a code has 1 to 12 characters and no blank")]
    Code,
    #[error("this code was in an earlier row")]
    CodeTwice,
    #[error("a meaning is available, busy, off_duty, accept, en_route, on_scene or clear")]
    Meaning,
    #[error("a title has at most 40 characters")]
    Title,
    #[error("the row cannot be read")]
    Unreadable,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Counted from 1, the heading included, as a spreadsheet shows it.
    pub row: u64,
    pub column: &'static str,
    pub value: String,
    pub why: Why,
}

/// What a code says: a state that a crew gives itself, or a step of its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    Available,
    Busy,
    OffDuty,
    Accept,
    EnRoute,
    OnScene,
    /// The order is done.
    Clear,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Narrow and in small letters, as it is compared.
    pub code: String,
    pub meaning: Meaning,
    /// What the house calls it; empty: as its meaning is called.
    pub title: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Read {
    /// Rows below the heading.
    pub rows: usize,
    pub codes: Vec<Code>,
    pub faults: Vec<Fault>,
}

const COLUMNS: [Column; 3] = [
    ("code", true, &["code", "代碼", "代號", "無線電代碼", "勤務代碼"]),
    ("meaning", true, &["meaning", "意義", "狀態", "動作"]),
    ("title", false, &["title", "名稱", "說明"]),
];

/// What a list calls each meaning, squeezed.
const MEANINGS: [(Meaning, &[&str]); 7] = [
    (Meaning::Available, &["available", "備勤", "可派遣", "待命"]),
    (Meaning::Busy, &["busy", "忙碌", "勤務中", "不可派"]),
    (Meaning::OffDuty, &["off_duty", "offduty", "退勤", "下勤"]),
    (Meaning::Accept, &["accept", "接受", "收到"]),
    (Meaning::EnRoute, &["en_route", "enroute", "出發", "前往"]),
    (Meaning::OnScene, &["on_scene", "onscene", "到場", "抵達"]),
    (Meaning::Clear, &["clear", "結束", "完畢", "處理完畢"]),
];

fn plain(text: &str) -> String {
    text.chars().map(narrow).collect::<String>().trim().to_lowercase()
}

type Wrong = (&'static str, String, Why);

fn code(row: &Row<'_>, layout: &Layout) -> Result<Code, Wrong> {
    let cell = |ours| layout.cell(row, ours);
    let wrong = |column: &'static str, why| (column, cell(column).to_owned(), why);
    let code = plain(cell("code"));
    let is_sign = |ch: char| !ch.is_whitespace() && !ch.is_control();
    if !(1..=CODE_CHARS_MAX).contains(&code.chars().count()) || !code.chars().all(is_sign) {
        return Err(wrong("code", Why::Code));
    }
    let said = squeezed(&plain(cell("meaning")));
    let meaning = MEANINGS.iter().find(|(_, names)| names.contains(&said.as_str())).map(|(meaning, _)| *meaning);
    let meaning = meaning.ok_or_else(|| wrong("meaning", Why::Meaning))?;
    if cell("title").chars().count() > TITLE_CHARS_MAX || cell("title").chars().any(char::is_control) {
        return Err(wrong("title", Why::Title));
    }
    Ok(Code { code, meaning, title: cell("title").to_owned() })
}

/// Reads a list.
///
/// # Errors
/// When the file as a whole is none.
pub fn read(bytes: &[u8]) -> Result<Read, TableError> {
    let decoded = table::text_of(bytes)?;
    let (layout, rows) = table::open(&decoded.text, &COLUMNS, LIMITS)?;
    let mut read = Read::default();
    for row in rows {
        read.rows += 1;
        if read.rows > CODES_MAX {
            return Err(TableError::TooManyRows { max: CODES_MAX });
        }
        let found = if table::unreadable(&row).is_some() { Err(("", String::new(), Why::Unreadable)) } else { code(&row, &layout) };
        let found = found.and_then(|code| {
            let is_known = read.codes.iter().any(|known| known.code == code.code);
            if is_known { Err(("code", code.code, Why::CodeTwice)) } else { Ok(code) }
        });
        match found {
            Ok(code) => read.codes.push(code),
            Err((column, value, why)) if read.faults.len() < FAULTS_MAX => {
                read.faults.push(Fault { row: row.number, column, value: shown(&value), why });
            }
            Err(_) => {}
        }
    }
    Ok(read)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_list_with_chinese_headings_and_wide_digits_is_read() {
        let read = read("代碼,狀態,說明\n１０－８,備勤,回線\n到場,On Scene,\n".as_bytes()).unwrap();
        assert_eq!(read.faults, []);
        let told: Vec<_> = read.codes.iter().map(|code| (code.code.as_str(), code.meaning, code.title.as_str())).collect();
        assert_eq!(told, [("10-8", Meaning::Available, "回線"), ("到場", Meaning::OnScene, "")]);
    }

    #[test]
    fn every_wrong_row_is_named_with_its_column_and_the_others_are_read() {
        let text = format!("code,meaning,title\n10-8,available,\n10-8,busy,\n,busy,\n10 7,busy,\n10-9,asleep,\n10-6,busy,{}\n10-23,on_scene,\n", "字".repeat(41));
        let read = read(text.as_bytes()).unwrap();
        let said: Vec<_> = read.faults.iter().map(|fault| (fault.row, fault.column, fault.why)).collect();
        let expected = [
            (3, "code", Why::CodeTwice),
            (4, "code", Why::Code),
            (5, "code", Why::Code),
            (6, "meaning", Why::Meaning),
            (7, "title", Why::Title),
        ];
        assert_eq!((said.as_slice(), read.codes.len(), read.rows), (expected.as_slice(), 2, 7));
        let long: String = (0..=CODES_MAX).fold("code,meaning\n".into(), |text, n| format!("{text}{n},busy\n"));
        assert_eq!(super::read(long.as_bytes()), Err(TableError::TooManyRows { max: CODES_MAX }));
        assert_eq!(super::read(b"").map(drop), Err(TableError::Empty));
    }

    proptest! {
        #[test]
        fn rubbish_never_panics_and_what_is_read_keeps_its_bounds(bytes in prop::collection::vec(any::<u8>(), 0..300), is_headed in any::<bool>()) {
            let head: &[u8] = if is_headed { b"code,meaning,title\n" } else { b"" };
            if let Ok(read) = read(&[head, &bytes].concat()) {
                prop_assert!(read.codes.iter().all(|code| (1..=CODE_CHARS_MAX).contains(&code.code.chars().count())));
                prop_assert!(read.codes.len() + read.faults.len() <= read.rows);
            }
        }
    }
}
