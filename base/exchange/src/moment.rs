//! Moments as the standards write them: `2026-11-21T22:05:00+08:00` (RFC 3339 §5.6; CAP 1.2 §3.3.2).
//!
//! The offset is kept: whoever warns in the time of Taipei is read in the time of Taipei.

use std::fmt;

use shouhu_calendar::Date;
use shouhu_ids::Micros;

/// Offsets beyond it are no zone of the Earth (UTC-12 to UTC+14).
const OFFSET_MIN_MAX: i64 = 14 * 60;

/// A moment and the offset in which it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub at: Micros,
    /// Minutes east of Greenwich.
    pub offset_min: i16,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no moment such as 2026-11-21T22:05:00+08:00")]
pub struct NoMoment(pub String);

impl Moment {
    #[must_use]
    pub const fn utc(at: Micros) -> Self {
        Self { at, offset_min: 0 }
    }

    /// As the clocks of Taipei show it.
    #[must_use]
    pub const fn taipei(at: Micros) -> Self {
        Self { at, offset_min: 8 * 60 }
    }

    /// Reads RFC 3339. `Z` is read although CAP forbids it, for many write it; a moment without an offset is refused,
    /// because eight hours lie between the two ways to guess.
    ///
    /// # Errors
    /// When the text is no such moment, or the calendar has no such day.
    pub fn parse(text: &str) -> Result<Self, NoMoment> {
        parsed(text).ok_or_else(|| NoMoment(text.chars().take(40).collect()))
    }

    /// `2026-11-21T14:05:00.123Z`: as EIDO writes it, in UTC, to the millisecond.
    #[must_use]
    pub fn rfc3339_utc(self) -> String {
        let (date, time) = split(self.at.0);
        format!("{date}T{}.{:03}Z", clock(time), time.rem_euclid(Micros::SECOND) / 1_000)
    }
}

/// As CAP demands it: whole seconds, the offset in digits, `-00:00` for UTC (CAP 1.2 §3.3.2).
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset_min = i64::from(self.offset_min);
        let (date, time) = split(self.at.0.saturating_add(offset_min * Micros::MINUTE));
        let sign = if offset_min > 0 { '+' } else { '-' };
        write!(f, "{date}T{}{sign}{:02}:{:02}", clock(time), offset_min.abs() / 60, offset_min.abs() % 60)
    }
}

fn split(local_us: i64) -> (Date, i64) {
    (Date::from_days(local_us.div_euclid(Micros::DAY)), local_us.rem_euclid(Micros::DAY))
}

fn clock(time_us: i64) -> String {
    let seconds = time_us / Micros::SECOND;
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Exactly so many digits.
fn digits(text: &str, count: usize) -> Option<i64> {
    let is_number = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

fn parsed(text: &str) -> Option<Moment> {
    let (date, rest) = text.split_once(['T', 't'])?;
    let mut parts = date.split('-');
    let (year, month, day) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    if parts.next().is_some() {
        return None;
    }
    let (time, offset_min) = zone(rest)?;
    let (whole, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = whole.split(':');
    let (hour, minute, second) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let micros = digits(fraction, fraction.len()).filter(|_| (1..=9).contains(&fraction.len()))?;
    let micros = (0..9 - fraction.len()).fold(micros, |n, _| n * 10) / 1_000;
    let days = Date::new(year, month, day).ok()?.days();
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset_min * 60;
    Some(Moment { at: Micros(seconds * Micros::SECOND + micros), offset_min: i16::try_from(offset_min).ok()? })
}

/// The time before the offset, and the offset in minutes.
fn zone(rest: &str) -> Option<(&str, i64)> {
    if let Some(time) = rest.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let (time, offset) = rest.split_at_checked(rest.len().checked_sub(6)?)?;
    let (sign, offset) = if let Some(east) = offset.strip_prefix('+') { (1, east) } else { (-1, offset.strip_prefix('-')?) };
    let (hours, minutes) = offset.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    let total = hours * 60 + minutes;
    if minutes > 59 || total > OFFSET_MIN_MAX {
        return None;
    }
    Some((time, sign * total))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_same_moment_in_two_zones_is_one_moment() {
        let taipei = Moment::parse("2026-11-21T22:05:00+08:00");
        let utc = Moment::parse("2026-11-21T14:05:00Z");
        assert_eq!(taipei.clone().map(|m| m.at), utc.clone().map(|m| m.at));
        assert_eq!(taipei.map(|m| m.to_string()), Ok("2026-11-21T22:05:00+08:00".into()));
        assert_eq!(utc.map(|m| m.to_string()), Ok("2026-11-21T14:05:00-00:00".into()));
    }

    #[test]
    fn what_is_no_moment_or_has_no_offset_is_refused() {
        let wrong = [
            "",
            "T",
            "2026-11-21",
            "2026-11-21T22:05:00",
            "2026-02-29T00:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T22:05:00+15:00",
            "2026-11-21T22:05:00.Z",
            "2026-11-21T22:05:00.1234567890Z",
            "２０２６-11-21T22:05:00Z",
            "2026-11-21T22:05:+8:00",
            "2026-11-21 22:05:00Z",
        ];
        for text in wrong {
            assert!(Moment::parse(text).is_err(), "{text}");
        }
        assert_eq!(Moment::parse("1970-01-01T00:00:00.000001Z").map(|m| m.at), Ok(Micros(1)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(seconds in -60_000_000_000_i64..250_000_000_000, offset_min in -720_i16..=840) {
            let moment = Moment { at: Micros(seconds * Micros::SECOND), offset_min };
            prop_assert_eq!(Moment::parse(&moment.to_string()), Ok(moment));
            prop_assert_eq!(Moment::parse(&moment.rfc3339_utc()).map(|m| m.at), Ok(moment.at));
        }

        #[test]
        fn rubbish_is_refused_and_never_breaks(text in "\\PC{0,40}") {
            let _ = Moment::parse(&text);
        }
    }
}
