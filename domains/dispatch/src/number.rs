//! Incident numbers as they are said over the radio: `115-1121-0007`.
//!
//! ROC year, month and day in Taipei, running number of that day.

use shouhu_calendar::{Date, TAIPEI_US};
use shouhu_ids::Micros;

/// `115-1121`: the part that all incidents of one day in Taipei share.
#[must_use]
pub fn day_of(at: Micros) -> String {
    let date = Date::from_days(at.plus(TAIPEI_US).day());
    format!("{}-{:02}{:02}", date.roc_year(), date.month(), date.day())
}

#[must_use]
pub fn number(day: &str, running: i64) -> String {
    format!("{day}-{running:04}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_changes_at_midnight_in_taipei_not_in_greenwich() {
        let midnight_in_taipei = Micros(1_795_190_400_000_000); // 2026-11-20T16:00:00Z
        assert_eq!(day_of(midnight_in_taipei), "115-1121");
        assert_eq!(day_of(midnight_in_taipei.plus(-1)), "115-1120");
    }

    #[test]
    fn the_ten_thousandth_incident_of_a_day_gets_a_longer_number() {
        assert_eq!([number("115-1121", 7), number("115-1121", 10_000)], ["115-1121-0007", "115-1121-10000"]);
    }
}
