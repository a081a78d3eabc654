//! Calendar days: Gregorian dates and months, years of the Republic of China, and the clock of Taipei.
//!
//! A **date** is a day of the proleptic Gregorian calendar; its **days** are counted from 1970-01-01. A **written** year
//! below 1,000 is one of the Republic, as files and people in Taiwan write it.
//!
//! Conversions are those of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil` and
//! `civil_from_days`: years begin in March, so that the leap day is the last of its year, in eras of 400 years.
//!
//! **Invariant:** no dependencies, so that the engines may count days with it.

mod month;

use std::error::Error;
use std::fmt;

pub use month::{Month, NoSuchMonth};

/// Taipei is UTC+8, without summer time since 1980 (tz database, `Asia/Taipei`); microseconds.
pub const TAIPEI_US: i64 = 8 * 3_600 * 1_000_000;

/// Years of the Republic of China began in 1912.
const ROC_OFFSET: i64 = 1_911;
/// A year below this is one of the Republic.
const ROC_YEARS: i64 = 1_000;
/// Days of 400 years.
const ERA_DAYS: i64 = 146_097;
/// From 0000-03-01, when eras begin, to 1970-01-01.
const EPOCH_DAYS: i64 = 719_468;
/// From 1899-12-30, day 0 of a spreadsheet for every date after the leap day that 1900 did not have, to 1970-01-01.
const SHEET_EPOCH_DAYS: i64 = 25_569;

/// A day that the calendar has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: i64,
    month: i64,
    day: i64,
}

/// Three numbers that are no date; the year is Gregorian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSuchDay {
    pub year: i64,
    pub month: i64,
    pub day: i64,
}

impl fmt::Display for NoSuchDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no {}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl Error for NoSuchDay {}

impl Date {
    /// A Gregorian date from year 1 to 9999, as ISO 8601 writes it.
    ///
    /// # Errors
    /// When the calendar has no such day.
    pub const fn new(year: i64, month: i64, day: i64) -> Result<Self, NoSuchDay> {
        if year < 1 || year > 9_999 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) {
            return Err(NoSuchDay { year, month, day });
        }
        Ok(Self { year, month, day })
    }

    /// A date with a year of either calendar, from the first day of the Republic (1912-01-01) to 9999-12-31.
    ///
    /// # Errors
    /// When neither calendar has such a day.
    pub const fn written(year: i64, month: i64, day: i64) -> Result<Self, NoSuchDay> {
        let year = if year < ROC_YEARS { year + ROC_OFFSET } else { year };
        if year <= ROC_OFFSET {
            return Err(NoSuchDay { year, month, day });
        }
        Self::new(year, month, day)
    }

    /// The date so many days after 1970-01-01 (`civil_from_days`).
    #[must_use]
    pub const fn from_days(days: i64) -> Self {
        // The epoch is added to the remainder, where it cannot overflow, whatever number a file holds.
        let shifted = days.rem_euclid(ERA_DAYS) + EPOCH_DAYS;
        let era = days.div_euclid(ERA_DAYS) + shifted / ERA_DAYS;
        let day_of_era = shifted % ERA_DAYS;
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        Self { year, month, day }
    }

    /// The date of a spreadsheet's serial number, from 61 (1900-03-01) on (ECMA-376 part 1, §18.17.4.1, 1900 date system).
    #[must_use]
    pub const fn from_sheet_serial(serial: i64) -> Self {
        Self::from_days(serial.saturating_sub(SHEET_EPOCH_DAYS))
    }

    /// Days since 1970-01-01, negative before it (`days_from_civil`).
    #[must_use]
    pub const fn days(self) -> i64 {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        // What comes out fits, for every date came from a number that did; the product alone may not, in the last era.
        year.div_euclid(400).wrapping_mul(ERA_DAYS).wrapping_add(day_of_era - EPOCH_DAYS)
    }

    /// The Monday of its week (ISO 8601).
    #[must_use]
    pub const fn week_begins(self) -> Self {
        // 1970-01-01 was a Thursday.
        let days = self.days();
        Self::from_days(days - (days.rem_euclid(7) + 3) % 7)
    }

    /// The first of its month.
    #[must_use]
    pub const fn month_begins(self) -> Self {
        Self { day: 1, ..self }
    }

    #[must_use]
    pub const fn year(self) -> i64 {
        self.year
    }

    /// The year of the Republic of China: 115 for 2026; 0 and less before the Republic.
    #[must_use]
    pub const fn roc_year(self) -> i64 {
        self.year - ROC_OFFSET
    }

    /// 1 to 12.
    #[must_use]
    pub const fn month(self) -> i64 {
        self.month
    }

    /// Of the month, from 1.
    #[must_use]
    pub const fn day(self) -> i64 {
        self.day
    }
}

/// `YYYY-MM-DD` (ISO 8601, extended).
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_day_of_ten_thousand_years_follows_the_one_before() {
        let mut days = Date::new(1, 1, 1).map(Date::days).unwrap_or_default();
        assert_eq!(days, -719_162);
        for year in 1..=9_999 {
            for month in 1..=12 {
                for day in 1..=days_in_month(year, month) {
                    let date = Date::from_days(days);
                    assert_eq!((Ok(date), date.days()), (Date::new(year, month, day), days));
                    days += 1;
                }
            }
        }
    }

    #[test]
    fn leap_days_and_new_year_are_right() {
        let text = |days: i64| Date::from_days(days).to_string();
        assert_eq!([0, -1, 19_782, 20_819].map(text), ["1970-01-01", "1969-12-31", "2024-02-29", "2027-01-01"]);
        assert_eq!(text(-719_529), "-001-12-31");
        assert_eq!(Date::new(2000, 2, 29).map(Date::days), Ok(11_016));
        assert!(Date::new(1900, 2, 29).is_err() && Date::new(2026, 2, 29).is_err());
    }

    #[test]
    fn weeks_begin_on_mondays_and_months_on_their_first() {
        let monday = Date::new(2026, 11, 16).map(Date::days).unwrap_or_default();
        for day in 0..7 {
            assert_eq!(Date::from_days(monday + day).week_begins().days(), monday);
            assert_eq!(Date::from_days(monday + day).month_begins(), Date::from_days(monday - 15));
        }
        assert_eq!([0, -1, -4].map(|days| Date::from_days(days).week_begins().days()), [-3, -3, -10]);
    }

    #[test]
    fn a_year_below_a_thousand_is_one_of_the_republic() {
        let date = Date::written(115, 5, 1);
        assert_eq!(date, Date::new(2026, 5, 1));
        assert_eq!(date.map(Date::roc_year), Ok(115));
        assert_eq!(Date::written(1, 1, 1), Date::new(1912, 1, 1));
        for (year, gregorian) in [(0, 1911), (-3, 1908), (1911, 1911), (10_000, 10_000), (999, 2910)] {
            let refused = Date::written(year, 13, 1);
            assert_eq!(refused, Err(NoSuchDay { year: gregorian, month: 13, day: 1 }));
        }
        assert!(Date::written(0, 12, 31).is_err() && Date::written(1911, 12, 31).is_err() && Date::written(10_000, 1, 1).is_err());
    }

    #[test]
    fn what_no_calendar_has_is_said_with_its_gregorian_year() {
        let refused = Date::written(114, 2, 30);
        assert_eq!(refused, Err(NoSuchDay { year: 2025, month: 2, day: 30 }));
        assert_eq!(refused.map_err(|error| error.to_string()), Err("there is no 2025-02-30".into()));
    }

    #[test]
    fn a_spreadsheet_counts_from_before_1900() {
        assert_eq!(Date::new(1899, 12, 30).map(Date::days), Ok(-SHEET_EPOCH_DAYS));
        assert_eq!(Ok(Date::from_sheet_serial(61)), Date::new(1900, 3, 1));
        assert_eq!(Ok(Date::from_sheet_serial(46_387)), Date::new(2026, 12, 31));
        let _ = Date::from_sheet_serial(i64::MIN);
    }

    proptest! {
        #[test]
        fn any_number_of_days_is_a_date_and_back(days in prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), -4_000_000..4_000_000_i64]) {
            let date = Date::from_days(days);
            prop_assert_eq!(date.days(), days);
            prop_assert!((1..=12).contains(&date.month()) && (1..=days_in_month(date.year(), date.month())).contains(&date.day()));
        }

        #[test]
        fn dates_are_ordered_as_their_days_are(a in -4_000_000..4_000_000_i64, b in -4_000_000..4_000_000_i64) {
            prop_assert_eq!(Date::from_days(a).cmp(&Date::from_days(b)), a.cmp(&b));
        }

        #[test]
        fn any_three_numbers_are_a_date_or_refused(year in any::<i64>(), month in any::<i64>(), day in any::<i64>()) {
            let _ = (Date::new(year, month, day), Date::written(year, month, day));
        }

        #[test]
        fn a_date_is_read_as_it_was_taken_apart(days in -719_162..2_932_897_i64) {
            let date = Date::from_days(days);
            prop_assert_eq!(Date::new(date.year(), date.month(), date.day()), Ok(date));
        }
    }
}
