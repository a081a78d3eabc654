//! A city's list of 110 kinds 案類 as CSV: key, Chinese and English title, priority, other names, and from which day it holds.
//!
//! There is no public list of codes to follow, so the columns are ours, with headings in two languages. Any usual character
//! set and separator. A list is taken whole or not at all: [`Read::faults`] says for every row what is wrong with it.

use std::collections::HashMap;

use shouhu_calendar::Date;
use shouhu_text::csv::{Limits, Row};
use shouhu_text::table::{self, Column, Layout, TableError, shown};
use shouhu_text::{narrow, squeezed};

use crate::roster::day_of;

/// Bytes of a file.
pub const KINDS_BYTES_MAX: usize = 1024 * 1024;
/// A room's list is read by people in a hurry; the longest that we know of has some two hundred.
pub const KINDS_MAX: usize = 500;
pub const KEY_CHARS_MAX: usize = 40;
pub const TITLE_CHARS_MAX: usize = 40;
pub const ALIASES_MAX: usize = 20;
pub const ALIAS_CHARS_MAX: usize = 20;
/// Faults that are told; more of them say nothing new.
pub const FAULTS_MAX: usize = 200;
const LIMITS: Limits = Limits { row_bytes: 8 * 1024, cells: 32 };

/// What is wrong with a cell, or with the row where the column is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    #[error("a key has 1 to 40 of a–z, 0–9 and _, and begins with a letter or digit")]
    Key,
    #[error("this key was in an earlier row")]
    KeyTwice,
    #[error("a title has 1 to 40 characters")]
    Title,
    #[error("a priority is 1, 2, 3 or 4")]
    Priority,
    #[error("at most 20 other names of 1 to 20 characters, separated by | or 、")]
    Alias,
    #[error("this name or title belongs to another row")]
    AliasTaken,
    #[error("a day is 2026-12-01 or 115/12/01")]
    Day,
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

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    pub key: String,
    pub title_zh: String,
    pub title_en: String,
    /// 1 to 4.
    pub priority: u8,
    pub aliases: Vec<String>,
    /// In Taipei; absent: at once.
    pub active_from: Option<Date>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Read {
    /// Rows below the heading.
    pub rows: usize,
    pub kinds: Vec<Kind>,
    pub faults: Vec<Fault>,
}

/// Our columns, whether a list must have them, and what others call them, squeezed.
const COLUMNS: [Column; 6] = [
    ("key", true, &["key", "code", "代碼", "代號", "案類代碼", "編號"]),
    ("zh", true, &["zh", "name", "title", "名稱", "案類", "案類名稱", "中文", "中文名稱"]),
    ("en", true, &["en", "english", "英文", "英文名稱"]),
    ("priority", true, &["priority", "level", "等級", "優先等級", "優先", "級別"]),
    ("aliases", false, &["aliases", "alias", "別名", "其他名稱", "簡稱"]),
    ("active_from", false, &["activefrom", "from", "啟用日", "啟用日期", "生效日", "生效日期"]),
];

fn plain(text: &str) -> String {
    text.chars().map(narrow).collect::<String>().trim().to_owned()
}

fn is_key(key: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=KEY_CHARS_MAX).contains(&key.len()) && !key.starts_with('_') && key.bytes().all(is_sign)
}

fn aliases(text: &str) -> Result<Vec<String>, Why> {
    let names = text.split(['|', '、', ';', '；', '｜']).map(str::trim).filter(|name| !name.is_empty());
    let mut kept: Vec<String> = Vec::new();
    for name in names {
        if name.chars().count() > ALIAS_CHARS_MAX || kept.len() == ALIASES_MAX {
            return Err(Why::Alias);
        }
        if !kept.iter().any(|known| known == name) {
            kept.push(name.to_owned());
        }
    }
    Ok(kept)
}

type Wrong = (&'static str, String, Why);

fn kind(row: &Row<'_>, layout: &Layout) -> Result<Kind, Wrong> {
    let cell = |ours| layout.cell(row, ours);
    let wrong = |column: &'static str, why| (column, cell(column).to_owned(), why);
    let key = plain(cell("key")).to_ascii_lowercase();
    if !is_key(&key) {
        return Err(wrong("key", Why::Key));
    }
    for column in ["zh", "en"] {
        if !(1..=TITLE_CHARS_MAX).contains(&cell(column).chars().count()) {
            return Err(wrong(column, Why::Title));
        }
    }
    let priority = plain(cell("priority")).parse().ok().filter(|level| (1..=4_u8).contains(level));
    let priority = priority.ok_or_else(|| wrong("priority", Why::Priority))?;
    let aliases = aliases(cell("aliases")).map_err(|why| wrong("aliases", why))?;
    let active_from = match cell("active_from") {
        "" => None,
        text => Some(day_of(text).map(Date::from_days).ok_or_else(|| wrong("active_from", Why::Day))?),
    };
    Ok(Kind { key, title_zh: cell("zh").to_owned(), title_en: cell("en").to_owned(), priority, aliases, active_from })
}

/// Names that are taken, squeezed, and by which row's key.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    /// Takes the names of a kind; what is another's already, and in which column it stands.
    fn take(&mut self, kind: &Kind) -> Result<(), Wrong> {
        let titles = [("zh", &kind.title_zh), ("en", &kind.title_en)];
        for (column, name) in titles.into_iter().chain(kind.aliases.iter().map(|alias| ("aliases", alias))) {
            let owner = self.0.entry(squeezed(name)).or_insert_with(|| kind.key.clone());
            if *owner != kind.key {
                return Err((column, name.clone(), Why::AliasTaken));
            }
        }
        Ok(())
    }
}

/// Reads a list.
///
/// # Errors
/// When the file as a whole is none.
pub fn read(bytes: &[u8]) -> Result<Read, TableError> {
    let decoded = table::text_of(bytes)?;
    let (layout, rows) = table::open(&decoded.text, &COLUMNS, LIMITS)?;
    let (mut read, mut names) = (Read::default(), Names::default());
    for row in rows {
        read.rows += 1;
        if read.rows > KINDS_MAX {
            return Err(TableError::TooManyRows { max: KINDS_MAX });
        }
        let found = if table::unreadable(&row).is_some() { Err(("", String::new(), Why::Unreadable)) } else { kind(&row, &layout) };
        let found = found.and_then(|kind| {
            if read.kinds.iter().any(|known| known.key == kind.key) {
                return Err(("key", kind.key, Why::KeyTwice));
            }
            names.take(&kind).map(|()| kind)
        });
        match found {
            Ok(kind) => read.kinds.push(kind),
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
    fn a_list_with_chinese_headings_other_names_and_roc_days_is_read() {
        let text = "代碼,名稱,英文,等級,別名,啟用日\nsos,員警求援,Officer needs help,1,救援｜求救,\n１１０１,機車竊盜,Scooter theft,３,偷機車、失竊,115/12/01\n";
        let read = read(text.as_bytes()).unwrap();
        assert_eq!((read.rows, read.faults), (2, vec![]));
        let scooter = read.kinds.get(1).unwrap();
        assert_eq!((scooter.key.as_str(), scooter.priority), ("1101", 3));
        assert_eq!(scooter.aliases, ["偷機車", "失竊"]);
        assert_eq!(scooter.active_from, Date::new(2026, 12, 1).ok());
    }

    #[test]
    fn every_wrong_row_is_named_with_its_column_and_the_others_are_read() {
        let text = "key,zh,en,priority,aliases,active_from\n\
             a,甲,A,1,,\n\
             B b,乙,B,1,,\n\
             a,丙,C,1,,\n\
             c,,D,1,,\n\
             d,丁,D,5,,\n\
             e,戊,E,2,甲,\n\
             f,己,F,2,,2026-02-30\n\
             g,庚,A,2,,\n";
        let read = read(text.as_bytes()).unwrap();
        let said: Vec<_> = read.faults.iter().map(|fault| (fault.row, fault.column, fault.why)).collect();
        assert_eq!(
            said,
            [
                (3, "key", Why::Key),
                (4, "key", Why::KeyTwice),
                (5, "zh", Why::Title),
                (6, "priority", Why::Priority),
                (7, "aliases", Why::AliasTaken),
                (8, "active_from", Why::Day),
                (9, "en", Why::AliasTaken),
            ]
        );
        assert_eq!(read.kinds.len(), 1);
    }

    #[test]
    fn what_is_no_list_says_so() {
        assert_eq!(read(b""), Err(TableError::Empty));
        assert_eq!(read(b"PK\x03\x04...."), Err(TableError::NotText));
        assert!(matches!(read("key,zh,en\n".as_bytes()), Err(TableError::Column { missing: "priority", .. })));
        let long = format!("key,zh,en,priority\n{}", "a,b,c,1\n".repeat(KINDS_MAX + 1));
        assert_eq!(read(long.as_bytes()), Err(TableError::TooManyRows { max: KINDS_MAX }));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&bytes);
        }

        #[test]
        fn any_cells_below_a_heading_become_kinds_that_hold_the_rules_or_faults(cells in prop::collection::vec("[^\\r\\n\"]{0,30}", 0..12)) {
            let mut text = "key,zh,en,priority,aliases,active_from\n".to_owned();
            for row in cells.chunks(6) {
                text.push_str(&row.join(","));
                text.push('\n');
            }
            let Ok(read) = read(text.as_bytes()) else { return Ok(()) };
            prop_assert!(read.kinds.len() + read.faults.len() == read.rows);
            for kind in read.kinds {
                prop_assert!(is_key(&kind.key) && (1..=4).contains(&kind.priority));
                prop_assert!(!kind.title_zh.is_empty() && kind.aliases.len() <= ALIASES_MAX);
            }
        }

        #[test]
        fn a_list_that_is_written_is_read_as_it_was(keys in prop::collection::btree_set("[a-z][a-z0-9]{0,15}", 1..20), level in 1..=4_u8) {
            let mut text = "key,zh,en,priority,aliases\n".to_owned();
            for key in &keys {
                text.push_str(&format!("{key},名{key},T {key},{level},別{key}|又{key}\n"));
            }
            let read = read(text.as_bytes()).unwrap();
            prop_assert_eq!(&read.faults, &vec![]);
            prop_assert_eq!(read.kinds.iter().map(|kind| kind.key.clone()).collect::<std::collections::BTreeSet<_>>(), keys);
            prop_assert!(read.kinds.iter().all(|kind| kind.priority == level && kind.aliases.len() == 2));
        }
    }
}
