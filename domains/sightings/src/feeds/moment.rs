//! Times as gantries and car parks write them, into microseconds since 1970.
//!
//! A time without a zone is the feed's, which is Taipei unless its mapping says otherwise: UTC+8 without summer time since
//! 1980. A year below 1,000 is one of the Republic of China.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_calendar::{Date, NoSuchDay};
use shouhu_ids::Micros;
use shouhu_text::narrow;

/// Thirteen digits are a date of the Republic up to this year and milliseconds since 1970 above it; milliseconds of a time
/// before July 2017 would be read as a date, and nothing so old is kept.
const ROC_DIGITS_YEAR_MAX: i64 = 150;
/// The longest form is `中華民國 115 年 05 月 01 日 下午 08 時 00 分 00.000 秒 +08:00`.
const CHARS_MAX: usize = 64;

/// How a feed writes time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeForm {
    /// By what it looks like: ISO 8601, `2026/05/01 08:00:00`, `115/05/01 08:00:00`, `民國115年5月1日 8時0分`, `1150501080000`,
    /// `20260501080000`, or seconds, milliseconds or microseconds since 1970.
    #[default]
    Auto,
    UnixS,
    UnixMs,
    UnixUs,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MomentError {
    #[error("time is empty")]
    Empty,
    #[error("{0:?} is no time: write 2026-05-01 08:00:00, 115/05/01 08:00:00 or 2026-05-01T08:00:00+08:00")]
    Form(String),
    #[error("{0:?} is a day without a time of day")]
    DayOnly(String),
    #[error(transparent)]
    NoSuchDay(#[from] NoSuchDay),
    #[error("there is no time of day {hour:02}:{minute:02}:{second:02}")]
    NoSuchTime { hour: i64, minute: i64, second: i64 },
}

/// Midnight in Greenwich of a day of either calendar.
fn day_us(year: i64, month: i64, day: i64) -> Result<i64, NoSuchDay> {
    Ok(Date::written(year, month, day)?.days() * Micros::DAY)
}

fn clock_us(hour: i64, minute: i64, second: i64) -> Result<i64, MomentError> {
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..60).contains(&second) {
        return Err(MomentError::NoSuchTime { hour, minute, second });
    }
    Ok(hour * Micros::HOUR + minute * Micros::MINUTE + second * Micros::SECOND)
}

/// # Errors
/// When the text is empty, of no known form, or names a day or time that no calendar or clock has.
pub fn parse(text: &str, form: TimeForm, zone_us: i64) -> Result<Micros, MomentError> {
    let narrow: String = text.chars().take(CHARS_MAX + 1).map(|ch| narrow(ch).to_ascii_uppercase()).collect();
    let narrow = narrow.trim();
    let wrong = || MomentError::Form(text.chars().take(40).collect());
    if narrow.is_empty() {
        return Err(MomentError::Empty);
    }
    if narrow.chars().count() > CHARS_MAX {
        return Err(wrong());
    }
    let unit_us = match form {
        TimeForm::Auto => return if is_digits(narrow) { digits_only(narrow, zone_us, wrong) } else { Written::parse(narrow, zone_us, wrong) },
        TimeForm::UnixS => Micros::SECOND,
        TimeForm::UnixMs => 1_000,
        TimeForm::UnixUs => 1,
    };
    scaled(narrow, unit_us).ok_or_else(wrong)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A count of units since 1970, with a fraction or without.
fn scaled(text: &str, unit_us: i64) -> Option<Micros> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let us = whole.parse::<i64>().ok()?.checked_mul(unit_us)?;
    Some(Micros(us.checked_add(fraction_us(fraction) * unit_us / Micros::SECOND)?))
}

/// The first six digits after the point, as millionths.
fn fraction_us(digits: &str) -> i64 {
    let mut us = 0;
    for byte in digits.bytes().chain(std::iter::repeat(b'0')).take(6) {
        us = us * 10 + i64::from(byte.saturating_sub(b'0'));
    }
    us
}

fn digits_only(digits: &str, zone_us: i64, wrong: impl Fn() -> MomentError) -> Result<Micros, MomentError> {
    let number: i64 = digits.parse().map_err(|_| wrong())?;
    let civil = |date: i64, clock: i64| -> Result<Micros, MomentError> {
        let day = day_us(date / 10_000, date / 100 % 100, date % 100)?;
        Ok(Micros(day + clock_us(clock / 10_000, clock / 100 % 100, clock % 100)? - zone_us))
    };
    match digits.len() {
        6..=8 => Err(MomentError::DayOnly(digits.to_owned())),
        10 => Ok(Micros(number * Micros::SECOND)),
        // 1150501 0800 and 20260501 0800.
        11 | 12 => civil(number / 10_000, number % 10_000 * 100),
        13 if number / 10_000_000_000 > ROC_DIGITS_YEAR_MAX => Ok(Micros(number * 1_000)),
        13 | 14 => civil(number / 1_000_000, number % 1_000_000),
        16 => Ok(Micros(number)),
        17 => civil(number / 1_000_000_000, number / 1_000 % 1_000_000).map(|at| at.plus(number % 1_000 * 1_000)),
        _ => Err(wrong()),
    }
}

/// A date and a time of day with marks between their numbers, read from left to right.
struct Written<'a> {
    rest: &'a str,
}

impl Written<'_> {
    fn parse(text: &str, zone_us: i64, wrong: impl Fn() -> MomentError) -> Result<Micros, MomentError> {
        let mut half_us = None;
        let mut plain = text.replace("中華民國", "").replace("民國", "");
        for (word, is_afternoon) in [("上午", false), ("下午", true), ("AM", false), ("PM", true)] {
            if plain.contains(word) {
                plain = plain.replacen(word, " ", 1);
                half_us = Some(is_afternoon);
            }
        }
        let mut written = Written { rest: plain.trim() };
        let day = written.day().ok_or_else(&wrong)??;
        written.skip(" ,T日");
        if written.rest.is_empty() {
            return Err(MomentError::DayOnly(text.chars().take(40).collect()));
        }
        let of_day = written.clock(half_us).ok_or_else(&wrong)??;
        written.skip(" ");
        let zone_us = if written.rest.is_empty() { zone_us } else { written.zone_us().ok_or_else(&wrong)? };
        if !written.rest.is_empty() {
            return Err(wrong());
        }
        Ok(Micros(day + of_day - zone_us))
    }

    fn skip(&mut self, marks: &str) {
        self.rest = self.rest.trim_start_matches(|ch| marks.contains(ch));
    }

    fn number(&mut self, digits_max: usize) -> Option<(i64, usize)> {
        let end = self.rest.find(|ch: char| !ch.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at_checked(end)?;
        if digits.is_empty() || digits.len() > digits_max {
            return None;
        }
        self.rest = rest;
        Some((digits.parse().ok()?, digits.len()))
    }

    /// Exactly one of the marks, with blanks around it.
    fn mark(&mut self, marks: &str) -> Option<()> {
        self.skip(" ");
        let first = self.rest.chars().next().filter(|ch| marks.contains(*ch))?;
        self.rest = self.rest.get(first.len_utf8()..)?;
        self.skip(" ");
        Some(())
    }

    fn day(&mut self) -> Option<Result<i64, NoSuchDay>> {
        let (first, digits) = self.number(8)?;
        if matches!(digits, 7 | 8) {
            return Some(day_us(first / 10_000, first / 100 % 100, first % 100));
        }
        if !matches!(digits, 2..=4) {
            return None;
        }
        self.mark("-/.年")?;
        let (month, _) = self.number(2)?;
        self.mark("-/.月")?;
        let (day, _) = self.number(2)?;
        // 12/31/2026 could be anybody's month and day; 31/12/26 too.
        if digits == 2 && first < 90 {
            return None;
        }
        Some(day_us(first, month, day))
    }

    fn clock(&mut self, is_afternoon: Option<bool>) -> Option<Result<i64, MomentError>> {
        let (first, digits) = self.number(6)?;
        let (mut hour, minute, second) = match digits {
            6 => (first / 10_000, first / 100 % 100, first % 100),
            4 => (first / 100, first % 100, 0),
            1 | 2 => {
                self.mark(":時點")?;
                let (minute, _) = self.number(2)?;
                self.skip(" 分");
                let has_second = self.rest.starts_with(':') || self.rest.starts_with(|ch: char| ch.is_ascii_digit());
                self.skip(":");
                let second = if has_second { self.number(2)?.0 } else { 0 };
                (first, minute, second)
            }
            _ => return None,
        };
        let mut fraction = 0;
        if self.rest.starts_with('.') {
            let end = self.rest.get(1..)?.find(|ch: char| !ch.is_ascii_digit()).map_or(self.rest.len(), |at| at + 1);
            let (digits, rest) = self.rest.split_at_checked(end)?;
            fraction = fraction_us(digits.trim_start_matches('.'));
            self.rest = rest;
        }
        self.skip("秒");
        if let Some(is_afternoon) = is_afternoon {
            if !(1..=12).contains(&hour) {
                return Some(Err(MomentError::NoSuchTime { hour, minute, second }));
            }
            hour = hour % 12 + if is_afternoon { 12 } else { 0 };
        }
        Some(clock_us(hour, minute, second).map(|us| us + fraction))
    }

    fn zone_us(&mut self) -> Option<i64> {
        if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            return Some(0);
        }
        let sign = if self.rest.starts_with('-') { -1 } else { 1 };
        self.rest = self.rest.strip_prefix(['+', '-'])?;
        let (first, digits) = self.number(4)?;
        let (hours, minutes) = match digits {
            4 => (first / 100, first % 100),
            1 | 2 if self.rest.starts_with(':') => {
                self.skip(":");
                (first, self.number(2)?.0)
            }
            1 | 2 => (first, 0),
            _ => return None,
        };
        ((0..=14).contains(&hours) && (0..60).contains(&minutes)).then_some(sign * (hours * Micros::HOUR + minutes * Micros::MINUTE))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::feeds::TAIPEI_US;

    /// 2026-05-01T08:00:00+08:00.
    const MAY_FIRST: i64 = 1_777_593_600_000_000;

    fn read(text: &str) -> Result<i64, MomentError> {
        parse(text, TimeForm::Auto, TAIPEI_US).map(|at| at.0)
    }

    #[test]
    fn every_form_that_feeds_use_is_the_same_moment() {
        for text in [
            "2026-05-01 08:00:00", "2026-05-01T08:00:00", "2026-05-01T08:00:00+08:00", "2026-05-01T08:00:00+0800", "2026-05-01T00:00:00Z",
            "2026-04-30T23:00:00.000-01", "2026/05/01 08:00:00", "2026/5/1 8:00", "2026/5/1 上午 08:00:00", "2026/5/1 8:00:00 AM",
            "２０２６／０５／０１　０８：００：００", "115/05/01 08:00:00", "115-05-01 08:00", "115.05.01 08:00:00", "民國115年5月1日 8時0分0秒",
            "中華民國 115 年 5 月 1 日 08:00:00", "民國115年5月1日上午8點00分", "1150501 080000", "1150501 08:00:00", "20260501 0800", "1150501080000",
            "20260501080000", "20260501080000000", "115050108 0000", "1777593600", "1777593600000", "1777593600000000",
        ] {
            if text == "115050108 0000" {
                assert!(read(text).is_err());
                continue;
            }
            assert_eq!(read(text), Ok(MAY_FIRST), "{text}");
        }
        assert_eq!(read("2026-05-01 08:00:00.25"), Ok(MAY_FIRST + 250_000));
        assert_eq!(read("2026/5/1 下午 08:00:00"), Ok(MAY_FIRST + 12 * Micros::HOUR));
        assert_eq!(read("2026/5/1 12:00:00 AM"), Ok(MAY_FIRST - 8 * Micros::HOUR));
        assert_eq!(parse("1777593600.5", TimeForm::UnixS, 0), Ok(Micros(MAY_FIRST + 500_000)));
        assert_eq!(parse("1777593600000.5", TimeForm::UnixMs, 0), Ok(Micros(MAY_FIRST + 500)));
    }

    #[test]
    fn what_is_no_moment_says_why() {
        assert_eq!(read(" "), Err(MomentError::Empty));
        assert_eq!(read("2026-02-29 08:00:00"), Err(MomentError::NoSuchDay(NoSuchDay { year: 2026, month: 2, day: 29 })));
        assert_eq!(read("1150230080000"), Err(MomentError::NoSuchDay(NoSuchDay { year: 2026, month: 2, day: 30 })));
        assert_eq!(read("2026-05-01 24:00:00"), Err(MomentError::NoSuchTime { hour: 24, minute: 0, second: 0 }));
        assert_eq!(read("2026/5/1 下午 13:00"), Err(MomentError::NoSuchTime { hour: 13, minute: 0, second: 0 }));
        assert!(matches!(read("1150501"), Err(MomentError::DayOnly(_))));
        assert!(matches!(read("民國115年5月1日"), Err(MomentError::DayOnly(_))));
        for text in ["12/31/2026 08:00", "31/12/26 08:00", "noon", "2026-05-01 08:00:00 CST", "2026-05-01 08:00:00+15:00", "1", "-5", "99999999999999999999"] {
            assert!(matches!(read(text), Err(MomentError::Form(_))), "{text}: {:?}", read(text));
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,80}", digits in "[0-9]{0,24}", dated in "[0-9]{1,4}[-/.年][0-9]{1,3}[-/.月][0-9]{1,3}[ T日]{0,2}[0-9:時分秒.+Z-]{0,20}") {
            for form in [TimeForm::Auto, TimeForm::UnixS, TimeForm::UnixMs, TimeForm::UnixUs] {
                for text in [&text, &digits, &dated] {
                    let _ = parse(text, form, TAIPEI_US);
                }
            }
        }

        #[test]
        fn both_calendars_and_every_separator_agree(year in 2013_i64..2060, month in 1_i64..=12, day in 1_i64..=28, second in 0_i64..86_400) {
            let clock = format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60);
            let roc = year - 1_911;
            let compact = clock.replace(':', "");
            let all = [
                format!("{year}-{month:02}-{day:02} {clock}"), format!("{year}/{month}/{day} {clock}"), format!("{roc}/{month:02}/{day:02} {clock}"),
                format!("民國{roc}年{month}月{day}日 {clock}"), format!("{year}{month:02}{day:02}{compact}"), format!("{roc:03}{month:02}{day:02}{compact}"),
            ];
            let first = read(&all[0]);
            prop_assert!(first.is_ok());
            for text in &all {
                prop_assert_eq!(read(text), first.clone(), "{}", text);
            }
        }
    }
}
