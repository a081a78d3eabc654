//! Rosters as stations keep them: a table of who crews which unit from when to when, in any usual character set and separator,
//! headings in two languages, dates of either calendar, times of Taipei.
//!
//! What a table says is read here; whether the unit exists and the person is free then is for the room that takes it. A row that
//! cannot be read is named with its place; it is the reader's choice to take the others, or, as dispatch does, none.

use std::collections::BTreeMap;

use shouhu_calendar::{Date, TAIPEI_US};
use shouhu_ids::Micros;
use shouhu_text::csv::{Limits, Row};
use shouhu_text::narrow;
use shouhu_text::table::{self, Column, Layout, TableError, shown};

/// A station's month: some thirty officers, two shifts a day, with room to spare. One transaction writes them all, and while it does,
/// nothing else is written.
pub const ROWS_MAX: usize = 5_000;
/// The longest shift that is one: a day and a night.
pub const SHIFT_MAX_US: i64 = 24 * Micros::HOUR;
pub const NAME_CHARS_MAX: usize = 60;
const FAULTS_MAX: usize = 200;
const LIMITS: Limits = Limits { row_bytes: 8 * 1024, cells: 64 };

/// Why a row is no shift.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    #[error("{0}")]
    Unreadable(String),
    #[error("{column} has 1 to {NAME_CHARS_MAX} characters")]
    Text { column: &'static str },
    #[error("there is no such day; write it as 2026-11-22 or 115/11/22")]
    Date,
    #[error("there is no such time of day; write it as 08:00, with a day before it or in a column of its own")]
    Time,
    #[error("a shift has more than nothing and at most {} hours", SHIFT_MAX_US / Micros::HOUR)]
    Span,
}

/// A row that could not be read, where a person finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// As a spreadsheet counts, from 1, the heading included.
    pub row: u64,
    /// Ours; empty where the whole row is meant.
    pub column: &'static str,
    pub value: String,
    pub error: RowError,
}

/// One row: as it is written, with its time in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterRow {
    pub row: u64,
    pub call_sign: String,
    pub name: String,
    pub from: Micros,
    pub until: Micros,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    pub encoding: &'static str,
    pub rows: usize,
    /// Ours to the file's.
    pub columns: BTreeMap<String, String>,
    pub shifts: Vec<RosterRow>,
    pub faults: Vec<RowFault>,
    /// Those that were not kept beside the first faults.
    pub more_faults: usize,
}

/// Our columns, whether a roster must have them, and what others call them, squeezed.
const COLUMNS: [Column; 5] = [
    ("unit", true, &["unit", "callsign", "call_sign", "警力", "單位", "組別", "車組", "無線電代號", "代號"]),
    ("name", true, &["name", "officer", "person", "姓名", "人員", "警員", "員警"]),
    ("date", false, &["date", "day", "日期", "勤務日期"]),
    ("from", true, &["from", "start", "begin", "起", "開始", "起時", "上班", "起始時間", "開始時間"]),
    ("until", true, &["until", "to", "end", "迄", "結束", "迄時", "下班", "結束時間"]),
];

fn number(digits: &str) -> Option<i64> {
    let is_number = !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

/// Days since 1970-01-01 of `2026-11-22`, `115/11/22`, `115年11月22日`, `20261122` or `1151122`.
#[must_use]
pub fn day_of(text: &str) -> Option<i64> {
    let plain: String = text.chars().map(narrow).filter(|ch| !ch.is_whitespace()).collect();
    let parts: Vec<&str> = plain.trim_end_matches('日').split(['-', '/', '.', '年', '月']).collect();
    let (year, month, day) = match parts.as_slice() {
        [year, month, day] => (number(year)?, number(month)?, number(day)?),
        [digits] if matches!(digits.len(), 7 | 8) && digits.is_ascii() => {
            let (year, rest) = digits.split_at_checked(digits.len() - 4)?;
            let (month, day) = rest.split_at_checked(2)?;
            (number(year)?, number(month)?, number(day)?)
        }
        _ => return None,
    };
    Date::written(year, month, day).ok().map(Date::days)
}

/// Minutes since midnight of `08:00`, `8時30分`, `0830`; 24:00 is the end of the day.
#[must_use]
pub fn minute_of(text: &str) -> Option<i64> {
    let plain: String = text.chars().map(narrow).filter(|ch| !ch.is_whitespace()).collect();
    let plain = plain.trim_end_matches('分').replace(['時', '點'], ":");
    let (hour, minute) = match plain.split(':').collect::<Vec<_>>().as_slice() {
        [hour, ""] => (number(hour)?, 0),
        [hour, minute] => (number(hour)?, number(minute)?),
        [hour, minute, second] if number(second)? == 0 => (number(hour)?, number(minute)?),
        [digits] if matches!(digits.len(), 3 | 4) && digits.is_ascii() => {
            let (hour, minute) = digits.split_at_checked(digits.len() - 2)?;
            (number(hour)?, number(minute)?)
        }
        _ => return None,
    };
    let is_time = (hour < 24 && minute < 60) || (hour == 24 && minute == 0);
    is_time.then_some(hour * 60 + minute)
}

/// A cell with a time, and perhaps a day before it.
fn moment_of(text: &str) -> Result<(Option<i64>, i64), RowError> {
    let text = text.trim();
    if let Some(minute) = minute_of(text) {
        return Ok((None, minute));
    }
    let (day, time) = text.rsplit_once(['T', ' ', '\u{3000}', '日']).ok_or(RowError::Time)?;
    Ok((Some(day_of(day).ok_or(RowError::Date)?), minute_of(time).ok_or(RowError::Time)?))
}

/// In UTC. The days that a calendar has are far from the ends of what can be counted.
fn at(day: i64, minute: i64) -> Micros {
    Micros(day.saturating_mul(Micros::DAY)).plus(minute * Micros::MINUTE).plus(-TAIPEI_US)
}

type CellError = (&'static str, RowError);

fn span(date: &str, from: &str, until: &str) -> Result<(Micros, Micros), CellError> {
    let day = match date {
        "" => None,
        text => Some(day_of(text).ok_or(("date", RowError::Date))?),
    };
    let (own, from_minute) = moment_of(from).map_err(|error| ("from", error))?;
    let from_day = own.or(day).ok_or(("from", RowError::Time))?;
    let begins = at(from_day, from_minute);
    let (own, until_minute) = moment_of(until).map_err(|error| ("until", error))?;
    let ends = match own {
        Some(day) => at(day, until_minute),
        // 20:00 to 08:00 ends on the next day.
        None => at(from_day + i64::from(until_minute <= from_minute), until_minute),
    };
    if ends <= begins || ends.since(begins) > SHIFT_MAX_US {
        return Err(("until", RowError::Span));
    }
    Ok((begins, ends))
}

fn shift(row: &Row<'_>, layout: &Layout) -> Result<RosterRow, CellError> {
    if let Some(why) = table::unreadable(row) {
        return Err(("", RowError::Unreadable(why)));
    }
    let cell = |ours| layout.cell(row, ours);
    for column in ["unit", "name"] {
        let text = cell(column);
        if text.is_empty() || text.chars().count() > NAME_CHARS_MAX || text.chars().any(char::is_control) {
            return Err((column, RowError::Text { column }));
        }
    }
    let (from, until) = span(cell("date"), cell("from"), cell("until"))?;
    Ok(RosterRow { row: row.number, call_sign: cell("unit").to_owned(), name: cell("name").to_owned(), from, until })
}

impl Roster {
    /// # Errors
    /// When the file as a whole cannot be read.
    pub fn read(bytes: &[u8]) -> Result<Self, TableError> {
        let decoded = table::text_of(bytes)?;
        let (layout, rows) = table::open(&decoded.text, &COLUMNS, LIMITS)?;
        let columns = layout.names.clone();
        let mut read = Self { encoding: decoded.charset, rows: 0, columns, shifts: Vec::new(), faults: Vec::new(), more_faults: 0 };
        for row in rows {
            read.rows += 1;
            if read.rows > ROWS_MAX {
                return Err(TableError::TooManyRows { max: ROWS_MAX });
            }
            match shift(&row, &layout) {
                Ok(shift) => read.shifts.push(shift),
                Err((column, error)) if read.faults.len() < FAULTS_MAX => {
                    let value = if column.is_empty() { String::new() } else { shown(layout.cell(&row, column)) };
                    read.faults.push(RowFault { row: row.number, column, value, error });
                }
                Err(_) => read.more_faults += 1,
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIST: &str = "日期,警力,姓名,起,迄\n\
        115/11/22,永康 21,林警員,08:00,20:00\n\
        115/11/22,永康 21,陳警員,２０：００,0800\n\
        ,永康 22,王警員,2026-11-22 20:00,2026-11-23T08:00\n";

    /// 2026-11-22, 00:00 in Taipei.
    fn midnight() -> Micros {
        at(Date::new(2026, 11, 22).unwrap().days(), 0)
    }

    #[test]
    fn a_station_s_roster_is_read_in_both_calendars_and_over_midnight() {
        let read = Roster::read(LIST.as_bytes()).unwrap();
        assert_eq!((read.rows, read.faults.len(), read.more_faults), (3, 0, 0), "{:?}", read.faults);
        let hours = |shift: &RosterRow| (shift.from.since(midnight()) / Micros::HOUR, shift.until.since(midnight()) / Micros::HOUR);
        assert_eq!(read.shifts.iter().map(hours).collect::<Vec<_>>(), [(8, 20), (20, 32), (20, 32)]);
        assert_eq!((read.shifts[1].call_sign.as_str(), read.shifts[1].name.as_str()), ("永康 21", "陳警員"));
        assert_eq!(read.columns.get("unit").map(String::as_str), Some("警力"));
    }

    #[test]
    fn each_bad_row_is_named_with_its_cell() {
        let bad = [
            ("115/11/22,,林,08:00,20:00", "unit"),
            ("115/11/22,a,,08:00,20:00", "name"),
            ("115/02/30,a,林,08:00,20:00", "date"),
            ("115/11/22,a,林,25:00,20:00", "from"),
            (",a,林,08:00,20:00", "from"),
            ("115/11/22,a,林,08:00,", "until"),
            ("115/11/22,a,林,08:00,115/11/24 09:00", "until"),
            ("115/11/22,\"a,林,08:00,20:00", ""),
        ];
        let file = LIST.to_owned() + &bad.map(|(row, _)| format!("{row}\n")).concat();
        let read = Roster::read(file.as_bytes()).unwrap();
        assert_eq!(read.shifts.len(), 3);
        assert_eq!(read.faults.iter().map(|fault| fault.column).collect::<Vec<_>>(), bad.map(|(_, column)| column));
        assert_eq!(read.faults.iter().map(|fault| fault.row).collect::<Vec<_>>(), (5..13).collect::<Vec<_>>());
    }

    #[test]
    fn a_file_that_is_no_roster_says_why() {
        assert_eq!(Roster::read(b""), Err(TableError::Empty));
        assert_eq!(Roster::read(b"PK\x03\x04"), Err(TableError::NotText));
        assert!(matches!(Roster::read("姓名,起\n".as_bytes()), Err(TableError::Column { missing: "unit", .. })));
        let many = "unit,name,from,until\n".to_owned() + &"a,b,2026-01-01 08:00,09:00\n".repeat(ROWS_MAX + 1);
        assert_eq!(Roster::read(many.as_bytes()), Err(TableError::TooManyRows { max: ROWS_MAX }));
    }

    #[test]
    fn times_and_days_are_read_as_people_write_them() {
        assert_eq!(["8時30分", "0830", "8:30", "08:30:00", "24:00", "9點"].map(minute_of), [510, 510, 510, 510, 1_440, 540].map(Some));
        assert_eq!(["24:01", "8:60", "", ":", "8:30:30", "上午"].map(minute_of), [None; 6]);
        let day = Date::new(2026, 11, 22).unwrap().days();
        assert_eq!(["2026-11-22", "115.11.22", "115年11月22日", "20261122", "1151122"].map(day_of), [Some(day); 5]);
        assert_eq!(["2026-11", "11/22", "2026-13-01", "22", "２０２６"].map(day_of), [None; 5]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_roster_or_an_error(bytes: Vec<u8>) {
            let _ = Roster::read(&bytes);
            let _ = Roster::read(&[LIST.as_bytes(), &bytes].concat());
        }

        #[test]
        fn any_cells_are_a_shift_or_a_fault_and_no_shift_is_longer_than_a_day(cells in prop::collection::vec("[0-9:/年月日時 T-]{0,12}", 5)) {
            let file = format!("日期,警力,姓名,起,迄\n{}\n", cells.join(","));
            let read = Roster::read(file.as_bytes()).unwrap();
            prop_assert!(read.shifts.len() + read.faults.len() <= 1);
            for shift in read.shifts {
                let span = shift.until.since(shift.from);
                prop_assert!(span > 0 && span <= SHIFT_MAX_US);
            }
        }

        #[test]
        fn what_is_written_is_read(day in 16_000_i64..30_000, from in 0_i64..1_440, span in 1_i64..=1_440) {
            let clock = |minute: i64| format!("{:02}:{:02}", minute / 60 % 24, minute % 60);
            let date = Date::from_days(day);
            let file = format!("date,unit,name,from,until\n{date},a,b,{},{}\n", clock(from), clock(from + span));
            let read = Roster::read(file.as_bytes()).unwrap();
            prop_assert_eq!(&read.faults, &[]);
            prop_assert_eq!((read.shifts[0].from, read.shifts[0].until), (at(day, from), at(day, from + span)));
        }
    }
}
