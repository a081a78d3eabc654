//! Times as trackers write them: seconds, milliseconds, ISO 8601.

use shouhu_calendar::Date;
use shouhu_ids::Micros;

/// From this number on it is milliseconds: as seconds it would be the year 5138, as milliseconds it is 1973.
const MILLISECONDS_FROM: f64 = 1e11;
/// The year 9999; later is rubbish, and fits no calendar here.
const SECONDS_MAX: f64 = 253_402_300_799.0;

/// Seconds or milliseconds since 1970, told apart by size.
#[must_use]
pub fn from_epoch(number: f64) -> Option<Micros> {
    if !number.is_finite() || number < 0.0 {
        return None;
    }
    let seconds = if number >= MILLISECONDS_FROM { number / 1e3 } else { number };
    if seconds > SECONDS_MAX {
        return None;
    }
    #[allow(clippy::cast_possible_truncation, reason = "at most 2.6e17")]
    Some(Micros((seconds * 1e6).round() as i64))
}

/// A number of seconds or milliseconds, or a date and time of ISO 8601 in its extended form:
/// `2026-11-21T08:00:00.250Z`, `2026-11-21 16:00:00+0800`. Without an offset it is UTC.
#[must_use]
pub fn from_text(text: &str) -> Option<Micros> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return from_epoch(number);
    }
    from_iso(text)
}

fn number(text: &str, from: usize, len: usize) -> Option<i64> {
    let digits = text.get(from..from + len)?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

fn is_at(text: &str, at: usize, any: &str) -> bool {
    text.as_bytes().get(at).is_some_and(|b| any.bytes().any(|ok| ok == *b))
}

fn from_iso(text: &str) -> Option<Micros> {
    let is_shaped = is_at(text, 4, "-") && is_at(text, 7, "-") && is_at(text, 10, "Tt ") && is_at(text, 13, ":");
    if !is_shaped {
        return None;
    }
    let date = Date::new(number(text, 0, 4)?, number(text, 5, 2)?, number(text, 8, 2)?).ok()?;
    let (hour, minute) = (number(text, 11, 2)?, number(text, 14, 2)?);
    let mut rest = text.get(16..)?;
    let mut second = 0;
    let mut fraction_us = 0;
    if let Some(after) = rest.strip_prefix(':') {
        second = number(after, 0, 2)?;
        rest = after.get(2..)?;
        if let Some(after) = rest.strip_prefix(['.', ',']) {
            let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
            if digits.is_empty() {
                return None;
            }
            fraction_us = format!("{digits:0<6}").get(..6)?.parse().ok()?;
            rest = after.get(digits.len()..)?;
        }
    }
    // 60 is a leap second: the clock of Unix shows the next second.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let offset_s = offset_of(rest.trim())?;
    let seconds = date.days() * 86_400 + hour * 3_600 + minute * 60 + second - offset_s;
    Some(Micros(seconds * Micros::SECOND + fraction_us))
}

/// `Z`, `+08:00`, `+0800`, `+08`, or nothing.
fn offset_of(text: &str) -> Option<i64> {
    if text.is_empty() || text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = text.get(1..)?.chars().filter(|ch| *ch != ':').collect();
    let (hours, minutes) = match digits.len() {
        2 => (number(&digits, 0, 2)?, 0),
        4 => (number(&digits, 0, 2)?, number(&digits, 2, 2)?),
        _ => return None,
    };
    (hours <= 18 && minutes <= 59).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// `2026-11-21T08:00:00.250Z`: ISO 8601 in UTC with milliseconds, as CoT and GPX want it.
#[must_use]
pub fn to_iso(at: Micros) -> String {
    let date = Date::from_days(at.day());
    let ms_of_day = at.0.rem_euclid(Micros::DAY) / 1_000;
    let (hour, minute) = (ms_of_day / 3_600_000, ms_of_day / 60_000 % 60);
    let (second, ms) = (ms_of_day / 1_000 % 60, ms_of_day % 1_000);
    format!("{date}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AT: Micros = Micros(1_795_248_000_250_000);

    #[test]
    fn one_moment_is_read_from_all_its_forms() {
        for text in [
            "2026-11-21T08:00:00.250Z",
            "2026-11-21t08:00:00.25z",
            "2026-11-21 16:00:00.250+0800",
            "2026-11-21T16:00:00.250000+08:00",
            "2026-11-21T08:00:00,250",
            "2026-11-21T03:30:00.250-04:30",
            "1795248000250",
            "1795248000.25",
            " 1795248000.250 ",
        ] {
            assert_eq!(from_text(text), Some(AT), "{text}");
        }
        assert_eq!(from_text("2026-11-21T08:00Z"), from_text("1795248000"));
        assert_eq!(from_text("1970-01-01T00:00:00Z"), Some(Micros(0)));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "now",
            "NaN",
            "inf",
            "-1",
            "2026-13-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "2026-11-21T24:00:00Z",
            "1e300",
            "2026-11-21T08:00:00+99:00",
            "2026-11-21T08:00:00.Z",
            "2026-11-21",
            "２０２６-11-21T08:00:00Z",
            "2026-11-21T08:00:00Zulu",
        ] {
            assert_eq!(from_text(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            let _ = from_text(&text);
        }

        #[test]
        fn a_written_time_is_read_back(ms in 0_i64..253_402_300_799_000) {
            let at = Micros(ms * 1_000);
            prop_assert_eq!(from_text(&to_iso(at)), Some(at));
        }
    }
}
