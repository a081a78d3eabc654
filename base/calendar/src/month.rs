//! Months, as ISO 8601 writes them: `2026-11`.

use std::error::Error;
use std::fmt;

use crate::{Date, TAIPEI_US};

const DAY_US: i64 = 24 * 3_600 * 1_000_000;
/// Of what somebody wrote, an error repeats so much.
const SAID_CHARS: usize = 20;

/// A month of the Gregorian calendar, from `0001-01` to `9999-12` where it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// Its first day.
    begins: Date,
}

/// A text that is no month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuchMonth(pub String);

impl fmt::Display for NoSuchMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no month: write it as 2026-11", self.0)
    }
}

impl Error for NoSuchMonth {}

impl Month {
    /// Exactly four digits, a hyphen and two digits.
    ///
    /// # Errors
    /// When it is anything else, or the calendar has no such month.
    pub fn parse(text: &str) -> Result<Self, NoSuchMonth> {
        let parse = || {
            let (year, month) = text.split_once('-')?;
            let date = Date::new(digits(year, 4)?, digits(month, 2)?, 1).ok()?;
            Some(Self { begins: date })
        };
        parse().ok_or_else(|| NoSuchMonth(text.chars().take(SAID_CHARS).collect()))
    }

    /// The month of a moment (microseconds since 1970, UTC) by the clock of Taipei.
    #[must_use]
    pub const fn in_taipei(at_us: i64) -> Self {
        Self { begins: Date::from_days(at_us.saturating_add(TAIPEI_US).div_euclid(DAY_US)).month_begins() }
    }

    /// Its first moment in Taipei, microseconds since 1970, UTC.
    #[must_use]
    pub const fn begins_us(self) -> i64 {
        self.begins.days().saturating_mul(DAY_US).saturating_sub(TAIPEI_US)
    }

    /// The first moment of the next one, as [`Self::begins_us`].
    #[must_use]
    pub const fn ends_us(self) -> i64 {
        self.next().begins_us()
    }

    #[must_use]
    pub const fn next(self) -> Self {
        // No month has more than 31 days, and none so few that this leads beyond the next.
        Self { begins: Date::from_days(self.begins.days().saturating_add(31)).month_begins() }
    }

    /// How many months later `self` is than `earlier`; negative when it is earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        12 * (self.begins.year() - earlier.begins.year()) + self.begins.month() - earlier.begins.month()
    }
}

/// `str::parse` would take a sign.
fn digits(text: &str, count: usize) -> Option<i64> {
    let are_digits = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if are_digits { text.parse().ok() } else { None }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.begins.year(), self.begins.month())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn month(text: &str) -> Month {
        Month::parse(text).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_month_begins_and_ends_at_midnight_in_taipei() {
        let december = month("2026-12");
        assert_eq!(Month::in_taipei(december.begins_us()), december);
        assert_eq!(Month::in_taipei(december.begins_us() - 1).to_string(), "2026-11");
        assert_eq!(Month::in_taipei(december.ends_us()).to_string(), "2027-01");
        assert_eq!(december.ends_us() - december.begins_us(), 31 * DAY_US);
        // 2026-11-30T16:00Z.
        assert_eq!(december.begins_us(), 1_796_054_400_000_000);
    }

    #[test]
    fn what_is_written_otherwise_is_refused() {
        for text in ["", "2026", "2026-+1", "+026-01", "2026-1", "2026-13", "2026-00", "0000-01", "2026-011", "26-01", "2026-01-01", "２０２６-01", "x-y", "2026－01"] {
            assert_eq!(Month::parse(text), Err(NoSuchMonth(text.to_owned())), "{text}");
        }
        let long = Month::parse(&"9".repeat(5_000));
        assert_eq!(long.map_err(|NoSuchMonth(said)| said.len()), Err(SAID_CHARS));
    }

    #[test]
    fn months_are_counted_over_the_turn_of_the_year() {
        assert_eq!(month("2027-02").since(month("2026-11")), 3);
        assert_eq!(month("2026-11").since(month("2027-02")), -3);
        assert!(month("2026-12") < month("2027-01"));
    }

    proptest! {
        #[test]
        fn any_text_is_a_month_that_is_written_so_or_refused(text in "[0-9+ -]{0,9}|\\PC{0,9}") {
            if let Ok(month) = Month::parse(&text) {
                prop_assert_eq!(month.to_string(), text);
            }
        }

        #[test]
        fn every_moment_lies_in_its_month(at_us in any::<i64>()) {
            let month = Month::in_taipei(at_us);
            prop_assert_eq!(month.next().since(month), 1);
            prop_assert!(month.begins_us() <= at_us && at_us <= month.ends_us());
        }
    }
}
