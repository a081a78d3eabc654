//! Dates as Taiwanese files write them, into the moment at which an entry ends.
//!
//! A date without a time ends with its last microsecond in Taipei; midnight counts as no time, because spreadsheets write
//! it for plain dates.

use shouhu_calendar::{Date, NoSuchDay, TAIPEI_US};
use shouhu_ids::Micros;
use shouhu_text::folded;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    #[error("date is empty")]
    Empty,
    #[error("{0:?} is no date: write 115/12/31, 民國115年12月31日 or 2026-12-31")]
    Form(String),
    #[error(transparent)]
    NoSuchDay(#[from] NoSuchDay),
}

/// The end of the day in Taipei.
fn end_of(date: Date) -> Micros {
    Micros(midnight(date).0 + Micros::DAY - 1)
}

fn midnight(date: Date) -> Micros {
    Micros(date.days() * Micros::DAY - TAIPEI_US)
}

/// When an entry with this expiry ends.
///
/// # Errors
/// When it is empty, no date, or a day that no calendar has.
pub fn expiry(text: &str) -> Result<Micros, DateError> {
    let narrow = folded(text);
    let narrow = narrow.trim();
    if narrow.is_empty() {
        return Err(DateError::Empty);
    }
    let wrong = || DateError::Form(text.chars().take(40).collect());
    let bare = narrow.trim_start_matches("中華").trim_start_matches("民國").trim();
    if bare.len() <= 8 && bare.bytes().all(|b| b.is_ascii_digit()) {
        return digits_only(bare).ok_or_else(wrong)?;
    }
    let (date, time) = split_time(bare);
    let mut parts = date.split(|ch: char| !ch.is_ascii_digit() && ch != ' ').map(str::trim).filter(|part| !part.is_empty());
    let mut number = || parts.next().filter(|part| part.len() <= 4).and_then(|part| part.parse::<i64>().ok());
    let (Some(year), Some(month), Some(day)) = (number(), number(), number()) else { return Err(wrong()) };
    let has_other = date.chars().any(|ch| !(ch.is_ascii_digit() || matches!(ch, '/' | '-' | '.' | '年' | '月' | '日' | ' ')));
    // 12/31/2026 could be anybody's month and day.
    if parts.next().is_some() || has_other || year < 32 && day > 31 {
        return Err(wrong());
    }
    let Some(time) = time else { return Ok(end_of(Date::written(year, month, day)?)) };
    let (of_day, zone) = clock_us(time).ok_or_else(wrong)?;
    let date = Date::written(year, month, day)?;
    match (of_day, zone) {
        (0, None) => Ok(end_of(date)),
        (of_day, zone) => Ok(Micros(midnight(date).0 + of_day + TAIPEI_US - zone.unwrap_or(TAIPEI_US))),
    }
}

/// `1151231`, `20261231`, and the serial number that a spreadsheet shows for a cell without a date format.
#[allow(clippy::option_option, reason = "the outer one says that the form is none of these")]
fn digits_only(digits: &str) -> Option<Result<Micros, DateError>> {
    let number: i64 = digits.parse().ok()?;
    match digits.len() {
        5 if (30_000..80_000).contains(&number) => Some(Ok(end_of(Date::from_sheet_serial(number)))),
        6..=8 => Some(Date::written(number / 10_000, number / 100 % 100, number % 100).map(end_of).map_err(DateError::from)),
        _ => None,
    }
}

fn split_time(text: &str) -> (&str, Option<&str>) {
    let at = text.find('t').or_else(|| text.find(':').and_then(|colon| text.get(..colon)?.rfind(' ')));
    match at {
        Some(at) => (text.get(..at).unwrap_or(text).trim(), text.get(at + 1..).map(str::trim)),
        None => (text, None),
    }
}

/// Time of day and zone, microseconds.
fn clock_us(text: &str) -> Option<(i64, Option<i64>)> {
    let (clock, zone) = match text.find(['z', '+', '-']) {
        Some(at) => (text.get(..at)?, Some(text.get(at..)?)),
        None => (text, None),
    };
    let zone_us = match zone {
        None => None,
        Some("z") => Some(0),
        Some(zone) => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = zone.get(1..)?.split_once(':').unwrap_or((zone.get(1..3)?, zone.get(3..)?));
            let minutes: i64 = if minutes.is_empty() { 0 } else { minutes.parse().ok()? };
            let hours: i64 = hours.parse().ok()?;
            if !(0..=14).contains(&hours) || !(0..60).contains(&minutes) {
                return None;
            }
            Some(sign * (hours * Micros::HOUR + minutes * Micros::MINUTE))
        }
    };
    let mut parts = clock.trim().split(':');
    let mut next = |max: i64| parts.next().map(|p| p.trim().parse::<i64>().ok().filter(|n| (0..max).contains(n)));
    let (hour, minute) = (next(24)??, next(60)??);
    let second = match parts.next() {
        None => 0,
        Some(part) => part.split('.').next()?.trim().parse::<i64>().ok().filter(|n| (0..60).contains(n))?,
    };
    Some((hour * Micros::HOUR + minute * Micros::MINUTE + second * Micros::SECOND, zone_us))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2026-12-31T23:59:59.999999+08:00.
    const NEW_YEARS_EVE: i64 = 1_798_732_799_999_999;

    #[test]
    fn every_way_to_write_new_years_eve_is_read() {
        for text in [
            "115/12/31",
            "115.12.31",
            "115-12-31",
            "1151231",
            "民國115年12月31日",
            "中華民國 115 年 12 月 31 日",
            "１１５／１２／３１",
            "2026-12-31",
            "2026/12/31",
            "20261231",
            "2026年12月31日",
            "2026-12-31 00:00:00",
            "2026-12-31T00:00",
            "46387",
        ] {
            assert_eq!(expiry(text), Ok(Micros(NEW_YEARS_EVE)), "{text}");
        }
    }

    #[test]
    fn a_time_is_kept_when_there_is_one() {
        let noon = NEW_YEARS_EVE + 1 - 12 * Micros::HOUR;
        for text in ["115/12/31 12:00", "2026-12-31T12:00:00+08:00", "2026-12-31T04:00:00Z", "2026-12-31 12:00:00.5"] {
            assert_eq!(expiry(text), Ok(Micros(noon)), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused_and_not_guessed() {
        for text in [
            "永久",
            "12/31/2026",
            "31.12.2026",
            "115/12",
            "115/12/31/1",
            "2026-12-31T25:00",
            "1",
            "99999",
            "x115/12/31",
            "115:12:31",
        ] {
            assert!(matches!(expiry(text), Err(DateError::Form(_))), "{text} {:?}", expiry(text));
        }
        assert_eq!(expiry("114/02/30"), Err(DateError::NoSuchDay(NoSuchDay { year: 2025, month: 2, day: 30 })));
        assert!(expiry("113/02/29").is_ok());
        assert_eq!(expiry(" "), Err(DateError::Empty));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,30}") {
            let _ = expiry(&text);
        }

        #[test]
        fn any_arrangement_of_date_characters_is_read_or_refused(text in "[0-9/:. tz+年月日-]{0,24}") {
            let _ = expiry(&text);
        }

        #[test]
        fn roc_and_western_years_agree(year in 101_i64..200, month in 1_i64..=12, day in 1_i64..=28) {
            prop_assert_eq!(expiry(&format!("{year}/{month}/{day}")), expiry(&format!("{}-{month:02}-{day:02}", year + 1911)));
        }
    }
}
