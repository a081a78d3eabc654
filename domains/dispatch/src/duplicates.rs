//! How much a report looks like an incident that is open already. It proposes; a dispatcher decides.
//!
//! With `d` the distance, `t` the time between the two reports and `k` how alike their kinds are:
//!
//! ```text
//! score = 2^(−d / 200 m) · 2^(−t / 20 min) · k,   k = 1 same kind, 0.7 alike, 0.35 other
//! ```
//!
//! Without a place on either side the first factor is 0.9 when both give the same address, 0.25 otherwise. The same caller's
//! number halves what is missing to 1. From 0.2 on it is shown. The constants are this project's own, set so that what two
//! callers say of one crash from both ends of a crossing is shown and what lies a street and half an hour away is not; a
//! room with a year of merges can measure better ones.
//!
//! An incident is compared by its own words and those of every report that was joined or merged to it: the best one counts.

use std::collections::BTreeMap;

use shouhu_ids::{IncidentId, Micros};
use shouhu_place::Wgs84;
use shouhu_store::{Row, StoreError, Tx, params};
use shouhu_wire::Reason;

use crate::store::place_of;

/// Evidence from place halves with each of these.
pub const PLACE_HALF_M: f64 = 200.0;
/// Evidence from time halves with each of these.
pub const TIME_HALF_S: f64 = 20.0 * 60.0;
/// Two kinds that one event is often reported as.
pub const KIND_ALIKE: f64 = 0.7;
pub const KIND_OTHER: f64 = 0.35;
/// The same words, but no place.
pub const SAME_ADDRESS: f64 = 0.9;
/// Nothing speaks for or against the place.
pub const PLACE_UNKNOWN: f64 = 0.25;
/// Share of what is missing to certainty that the same number takes away.
pub const SAME_CALLER: f64 = 0.5;
/// Below this nothing is shown: a list of strangers teaches not to look.
pub const SCORE_MIN: f64 = 0.2;
pub const SHOWN_MAX: usize = 5;
/// Older ones are another event.
pub const WINDOW_US: i64 = 4 * Micros::HOUR;
/// Reports that are compared; a city has some hundreds in that time.
const REPORTS_MAX: i64 = 2_000;

/// Kinds that one event is often reported as.
const ALIKE: &[&[&str]] = &[
    &["robbery", "weapon", "fight", "domestic_violence", "sos"],
    &["stolen_vehicle", "wanted_vehicle", "suspicious_vehicle"],
    &["traffic_crash", "drunk_driving", "fire_assist"],
    &["traffic_crash", "illegal_parking"],
    &["burglary", "theft", "robbery", "suspicious_person"],
    &["self_harm", "missing_person", "fire_assist"],
    &["noise", "fight", "domestic_violence"],
];

/// What is compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Absent while it is not chosen yet.
    pub kind: Option<String>,
    pub position: Option<Wgs84>,
    /// As [`folded`] gives it.
    pub address: String,
    pub at: Micros,
}

/// An address for comparison only: without blanks, 臺 as 台, full-width signs as ASCII.
#[must_use]
pub fn folded(address: &str) -> String {
    let fold = |sign: char| match sign {
        '臺' => '台',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(sign) - 0xFEE0).unwrap_or(sign),
        other => other,
    };
    address.chars().filter(|sign| !sign.is_whitespace()).map(fold).collect()
}

/// 0 to 1, and why: distance in metres and time in seconds are the values of their reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Resemblance {
    pub score: f64,
    pub reasons: Vec<Reason>,
}

fn reason(key: &str, is_for: bool, value: Option<f64>) -> Reason {
    Reason { key: key.to_owned(), is_for, value }
}

fn place(new: &Said, known: &Said) -> (f64, Reason) {
    if let (Some(one), Some(other)) = (new.position, known.position) {
        let away_m = one.distance_m(other);
        return ((-away_m / PLACE_HALF_M).exp2(), reason("away", away_m <= PLACE_HALF_M, Some(away_m)));
    }
    if !new.address.is_empty() && new.address == known.address {
        return (SAME_ADDRESS, reason("same_address", true, None));
    }
    (PLACE_UNKNOWN, reason("place_unknown", false, None))
}

fn kind(new: &Said, known: &Said) -> (f64, Reason) {
    let (Some(one), Some(other)) = (new.kind.as_deref(), known.kind.as_deref()) else {
        return (KIND_ALIKE, reason("kind_open", false, None));
    };
    if one == other {
        return (1.0, reason("same_kind", true, None));
    }
    let are_alike = ALIKE.iter().any(|group| group.contains(&one) && group.contains(&other));
    // "Other" says nothing about what it was.
    if are_alike || one == "other" || other == "other" {
        return (KIND_ALIKE, reason("kind_alike", true, None));
    }
    (KIND_OTHER, reason("kind_other", false, None))
}

#[must_use]
pub fn resemblance(new: &Said, known: &Said, is_same_caller: bool) -> Resemblance {
    #[allow(clippy::cast_precision_loss, reason = "an interval in microseconds is far below 2^52")]
    let apart_s = new.at.since(known.at).unsigned_abs() as f64 / 1e6;
    let (place, why_place) = place(new, known);
    let (kind, why_kind) = kind(new, known);
    let time = (-apart_s / TIME_HALF_S).exp2();
    let mut score = place * time * kind;
    let mut reasons = vec![why_place, reason("ago", apart_s <= TIME_HALF_S, Some(apart_s)), why_kind];
    if is_same_caller {
        score += (1.0 - score) * SAME_CALLER;
        reasons.push(reason("same_caller", true, None));
    }
    Resemblance { score, reasons }
}

/// An open incident that a new report may be about.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub incident: IncidentId,
    pub number: String,
    pub resemblance: Resemblance,
}

/// Everything that was said of open incidents in the window, under the number that it belongs to; $1 since when, $2 how many. A report of one that whoever looks may
/// not see is none.
const REPORTS: &str = "SELECT COALESCE(t.id, i.id) AS incident, COALESCE(t.number, i.number) AS number, i.kind, i.lon, i.lat, i.address, \
     i.opened_at_us AS at_us FROM dispatch_incident i LEFT JOIN dispatch_incident t ON t.id = i.merged_into \
     WHERE COALESCE(t.state, i.state) NOT IN ('closed', 'merged') AND i.opened_at_us >= $1 \
     UNION ALL SELECT COALESCE(t.id, i.id), COALESCE(t.number, i.number), r.kind, r.lon, r.lat, r.address, r.at_us \
     FROM dispatch_report r JOIN dispatch_incident i ON i.id = r.incident LEFT JOIN dispatch_incident t ON t.id = i.merged_into \
     WHERE COALESCE(t.state, i.state) NOT IN ('closed', 'merged') AND r.at_us >= $1 ORDER BY at_us DESC LIMIT $2";

fn said_of(row: &Row) -> Result<Said, StoreError> {
    let address = folded(&row.text("address")?);
    Ok(Said { kind: Some(row.text("kind")?), position: place_of(row)?, address, at: row.micros("at_us")? })
}

/// Open incidents that look like it, most alike first, of those that whoever looks may see: they are told to him, also in the log of what he opens. `besides` is the incident that asks. `callers` are incidents of the
/// same number.
///
/// # Errors
/// When the database fails.
pub async fn candidates(tx: &mut Tx, new: &Said, besides: Option<IncidentId>, callers: &[IncidentId]) -> Result<Vec<Candidate>, StoreError> {
    let mut best: BTreeMap<IncidentId, Candidate> = BTreeMap::new();
    for row in tx.fetch_shown(REPORTS, params![new.at.plus(-WINDOW_US), REPORTS_MAX]).await? {
        let incident: IncidentId = row.parsed("incident")?;
        if besides == Some(incident) {
            continue;
        }
        let resemblance = resemblance(new, &said_of(&row)?, callers.contains(&incident));
        let is_better = best.get(&incident).is_none_or(|known| known.resemblance.score < resemblance.score);
        if resemblance.score >= SCORE_MIN && is_better {
            best.insert(incident, Candidate { incident, number: row.text("number")?, resemblance });
        }
    }
    let mut found: Vec<Candidate> = best.into_values().collect();
    found.sort_by(|a, b| b.resemblance.score.total_cmp(&a.resemblance.score));
    found.truncate(SHOWN_MAX);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(kind: &str, lon: f64, minutes: i64) -> Said {
        let at = Micros(1_795_190_400_000_000).plus(minutes * Micros::MINUTE);
        Said { kind: Some(kind.to_owned()), position: Wgs84::new(lon, 23.0).ok(), address: String::new(), at }
    }

    #[test]
    fn one_crash_told_from_both_ends_is_shown_and_what_lies_apart_in_place_and_time_is_not() {
        let known = said("traffic_crash", 120.2, 0);
        let score = |new: &Said| resemblance(new, &known, false).score;
        // A thousandth of a degree is 102 m here.
        assert!(score(&said("traffic_crash", 120.2018, 4)) > SCORE_MIN);
        assert!(score(&said("drunk_driving", 120.2003, 2)) > SCORE_MIN);
        assert!(score(&said("traffic_crash", 120.204, 30)) < SCORE_MIN);
        assert!(score(&said("noise", 120.202, 10)) < SCORE_MIN);
    }

    #[test]
    fn reasons_say_how_far_how_long_and_what_kind() {
        let found = resemblance(&said("fight", 120.2018, 4), &said("fight", 120.2, 0), true);
        let said: Vec<_> = found.reasons.iter().map(|r| (r.key.as_str(), r.is_for, r.value.map(f64::round))).collect();
        assert_eq!(said, [("away", true, Some(184.0)), ("ago", true, Some(240.0)), ("same_kind", true, None), ("same_caller", true, None)]);
    }

    #[test]
    fn the_same_words_for_a_place_count_nearly_as_much_as_the_place() {
        let words = |text: &str, minutes| Said { position: None, address: folded(text), ..said("theft", 0.0, minutes) };
        let same = resemblance(&words("臺南市 東區裕農路１號", 3), &words("台南市東區裕農路1號", 0), false);
        let other = resemblance(&words("裕農路", 3), &words("", 0), false);
        assert!(same.score > 0.8 && other.score < same.score / 3.0, "{same:?} {other:?}");
    }

    proptest! {
        #[test]
        fn a_score_is_a_share_that_falls_with_distance_and_time_and_rises_with_the_caller(
            lon in 120.0..120.05_f64, minutes in 0_i64..240, more in 0_i64..240, one in 0..ALIKE.len(), other in 0..ALIKE.len(),
        ) {
            let kind = |group: usize| ALIKE.get(group).and_then(|kinds| kinds.first()).copied().unwrap_or("other");
            let known = said(kind(one), 120.0, 0);
            let score = |lon, minutes, caller| resemblance(&said(kind(other), lon, minutes), &known, caller).score;
            let base = score(lon, minutes, false);
            prop_assert!((0.0..=1.0).contains(&base));
            prop_assert!(score(lon + 0.001, minutes, false) <= base);
            prop_assert!(score(lon, minutes + more, false) <= base);
            prop_assert!((base..=1.0).contains(&score(lon, minutes, true)));
        }

        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,40}") {
            prop_assert_eq!(folded(&folded(&text)), folded(&text));
        }
    }
}
