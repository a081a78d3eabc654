//! Whole weeks (from Monday) and months of Taipei, the oldest first; the last one goes on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_calendar::{Date, TAIPEI_US};
use shouhu_ids::Micros;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ReportBy")]
#[serde(rename_all = "snake_case")]
pub enum By {
    #[default]
    Week,
    Month,
}

impl By {
    /// Periods of one report: a quarter of a year of signatures is read at most.
    #[must_use]
    pub const fn most(self) -> usize {
        match self {
            Self::Week => 13,
            Self::Month => 3,
        }
    }
}

/// Days since 1970 in Taipei; `until` is excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub from_day: i64,
    pub until_day: i64,
}

impl Period {
    #[must_use]
    pub const fn from(self) -> Micros {
        Micros(self.from_day * Micros::DAY - TAIPEI_US)
    }

    #[must_use]
    pub const fn until(self) -> Micros {
        Micros(self.until_day * Micros::DAY - TAIPEI_US)
    }
}

/// The first day of the period of a day.
fn first_day(by: By, day: i64) -> i64 {
    let date = Date::from_days(day);
    match by {
        By::Week => date.week_begins(),
        By::Month => date.month_begins(),
    }
    .days()
}

/// So many periods, the last of which is that of `now`.
#[must_use]
pub fn periods(by: By, count: usize, now: Micros) -> Vec<Period> {
    let mut until_day = match by {
        By::Week => first_day(by, now.plus(TAIPEI_US).day()) + 7,
        // No month has more than 31 days, and none fewer than 28.
        By::Month => first_day(by, first_day(by, now.plus(TAIPEI_US).day()) + 31),
    };
    let mut periods = Vec::with_capacity(count);
    for _ in 0..count {
        let from_day = first_day(by, until_day - 1);
        periods.push(Period { from_day, until_day });
        until_day = from_day;
    }
    periods.reverse();
    periods
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn days(by: By, count: usize, (year, month, day): (i64, i64, i64), hour: i64) -> Vec<[i64; 2]> {
        let now = Micros(Date::new(year, month, day).unwrap().days() * Micros::DAY + hour * Micros::HOUR);
        let date = |days: i64| Date::from_days(days).month() * 100 + Date::from_days(days).day();
        periods(by, count, now).into_iter().map(|period| [date(period.from_day), date(period.until_day)]).collect()
    }

    #[test]
    fn weeks_begin_on_mondays_and_months_on_their_first_in_taipei() {
        // 2026-11-22 is a Sunday; at 17 o'clock UTC it is Monday in Taipei.
        assert_eq!(days(By::Week, 2, (2026, 11, 22), 1), [[1109, 1116], [1116, 1123]]);
        assert_eq!(days(By::Week, 1, (2026, 11, 22), 17), [[1123, 1130]]);
        assert_eq!(days(By::Month, 3, (2028, 3, 31), 1), [[101, 201], [201, 301], [301, 401]]);
        assert_eq!(days(By::Month, 1, (2026, 12, 31), 17), [[101, 201]]);
    }

    #[test]
    fn a_period_is_told_in_utc() {
        let period = Period { from_day: 1, until_day: 2 };
        assert_eq!((period.from(), period.until()), (Micros(16 * Micros::HOUR), Micros(40 * Micros::HOUR)));
    }
}
