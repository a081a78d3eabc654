//! Incident numbers as they are said over the radio: `115-1121-0007`.
//!
//! ROC year, month and day in Taipei, running number of that day. Taiwan has had no daylight saving time since 1980, so
//! local time is UTC plus eight hours.

use shouhu_ids::Micros;

const TAIPEI_OFFSET_US: i64 = 8 * Micros::HOUR;

/// `115-1121`: the part that all incidents of one day in Taipei share.
#[must_use]
pub fn day_of(at: Micros) -> String {
    let (year, month, day) = civil_from_days(at.plus(TAIPEI_OFFSET_US).day());
    format!("{}-{month:02}{day:02}", year - 1911)
}

#[must_use]
pub fn number(day: &str, running: i64) -> String {
    format!("{day}-{running:04}")
}

/// Proleptic Gregorian date of a day number (Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`).
const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
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
    fn leap_days_and_new_year_are_right() {
        assert_eq!(civil_from_days(0), (1970, 1, 1));
        assert_eq!(civil_from_days(19_782), (2024, 2, 29));
        assert_eq!(civil_from_days(20_819), (2027, 1, 1));
    }

    #[test]
    fn the_ten_thousandth_incident_of_a_day_gets_a_longer_number() {
        assert_eq!([number("115-1121", 7), number("115-1121", 10_000)], ["115-1121-0007", "115-1121-10000"]);
    }
}
