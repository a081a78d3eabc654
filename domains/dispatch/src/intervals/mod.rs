//! How long the links of the chain took, by period and by what the incidents were: counts and percentiles, from the stamps that the
//! incidents' rows have. Pure: rows in, a report out.
//!
//! **Invariant:** of fewer than [`FEW`] intervals nothing is said but their number: a percentile of three is a story about three people.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_calendar::{Date, TAIPEI_US};
use shouhu_ids::Micros;

/// From so many on, percentiles are told. With five, the median is a measured value with two on either side.
pub const FEW: u64 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    #[default]
    Day,
    /// Monday to Sunday (ISO 8601).
    Week,
    Month,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Division {
    #[default]
    None,
    Kind,
    Priority,
    /// 鄉鎮市區, read from the address.
    District,
}

/// One incident with the first and last stamps of its assignments.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Passed {
    pub opened_at: Micros,
    /// When a citizen first called about it; absent where nobody did: a hit, or what a crew found.
    pub called_at: Option<Micros>,
    pub kind: String,
    pub priority: i64,
    pub address: String,
    pub sent_at: Option<Micros>,
    pub under_way_at: Option<Micros>,
    pub on_scene_at: Option<Micros>,
    /// A crew is still on it.
    pub is_held: bool,
    /// When the last crew was done; absent while one is still on it.
    pub cleared_at: Option<Micros>,
}

impl Passed {
    /// With what was noted under the number of a report that was merged into it: one event, that began with the first report.
    /// What it was, and where, is as the incident says that stayed.
    #[must_use]
    pub fn with(self, report: &Self) -> Self {
        let first = |one: Option<Micros>, other: Option<Micros>| one.into_iter().chain(other).min();
        Self {
            opened_at: self.opened_at.min(report.opened_at),
            called_at: first(self.called_at, report.called_at),
            sent_at: first(self.sent_at, report.sent_at),
            under_way_at: first(self.under_way_at, report.under_way_at),
            on_scene_at: first(self.on_scene_at, report.on_scene_at),
            cleared_at: if self.is_held { None } else { self.cleared_at.max(report.cleared_at) },
            ..self
        }
    }
}

/// Of one link: how often it was measured, and how long it took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Spread {
    pub n: u64,
    /// Nearest rank: a value that was measured. Absent where fewer than five were.
    pub p50_s: Option<f64>,
    pub p90_s: Option<f64>,
    pub p95_s: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct IntervalRow {
    /// First day of the period in Taipei, `2026-11-16`.
    pub period: String,
    /// What the row is about; absent where the report is not divided, or the district is not known.
    pub group: Option<String>,
    pub incidents: u64,
    pub call_to_sent: Spread,
    pub sent_to_under_way: Spread,
    pub under_way_to_on_scene: Spread,
    pub call_to_on_scene: Spread,
    pub on_scene_to_cleared: Spread,
}

/// The first day of the period that holds a moment, in Taipei.
#[must_use]
pub fn period_of(at: Micros, period: Period) -> Date {
    let date = Date::from_days(at.plus(TAIPEI_US).day());
    match period {
        Period::Day => date,
        Period::Week => date.week_begins(),
        Period::Month => date.month_begins(),
    }
}

/// 鄉鎮市區 of an address, where it says one: `臺南市永康區中正路` is in 永康區, `彰化縣員林市…` in 員林市, `永康區中正路` in 永康區.
#[must_use]
pub fn district_of(address: &str) -> Option<String> {
    let text: String = shouhu_text::folded(address).chars().filter(|ch| !ch.is_whitespace()).collect();
    // What stands before 縣 or the first 市 within the first characters is the county or city.
    let rest = ['縣', '市'].into_iter().filter_map(|end| split_name(&text, end, 2..=3)).map(|(_, rest)| rest).next();
    let candidates = rest.into_iter().chain(std::iter::once(text.as_str()));
    let ends = ['區', '鄉', '鎮', '市'];
    candidates
        .flat_map(|text| ends.into_iter().filter_map(move |end| split_name(text, end, 1..=3).map(|(name, _)| (name, end))))
        .find(|(name, end)| *end != '市' || rest.is_some_and(|rest| rest.starts_with(name)))
        .map(|(name, end)| format!("{name}{end}"))
}

/// The Chinese name before the first `end`, when it has that many characters, and what comes behind.
fn split_name(text: &str, end: char, chars: std::ops::RangeInclusive<usize>) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once(end)?;
    let is_name = chars.contains(&name.chars().count()) && name.chars().all(|ch| ('\u{4e00}'..='\u{9fff}').contains(&ch));
    is_name.then_some((name, rest))
}

#[derive(Default)]
struct Cell {
    incidents: u64,
    links: [Vec<i64>; 5],
}

/// Negative intervals come from stamps that disagree; they are not measured.
fn links_of(passed: &Passed) -> [Option<i64>; 5] {
    let between = |from: Option<Micros>, until: Option<Micros>| Some(until?.since(from?)).filter(|us| *us >= 0);
    let Passed { called_at, sent_at, under_way_at, on_scene_at, cleared_at, .. } = passed;
    [
        between(*called_at, *sent_at),
        between(*sent_at, *under_way_at),
        between(*under_way_at, *on_scene_at),
        between(*called_at, *on_scene_at),
        between(*on_scene_at, *cleared_at),
    ]
}

#[must_use]
pub fn spread(mut intervals_us: Vec<i64>) -> Spread {
    intervals_us.sort_unstable();
    let n = u64::try_from(intervals_us.len()).unwrap_or(u64::MAX);
    let at = |percent: usize| {
        let rank = (intervals_us.len() * percent).div_ceil(100).max(1);
        #[allow(clippy::cast_precision_loss, reason = "an interval in microseconds is far below 2^52")]
        intervals_us.get(rank - 1).filter(|_| n >= FEW).map(|us| *us as f64 / 1e6)
    };
    Spread { n, p50_s: at(50), p90_s: at(90), p95_s: at(95) }
}

/// The newest period first, then the groups in their order.
#[must_use]
pub fn report(rows: &[Passed], period: Period, division: Division) -> Vec<IntervalRow> {
    let mut cells: BTreeMap<(std::cmp::Reverse<i64>, Option<String>), Cell> = BTreeMap::new();
    for passed in rows {
        let group = match division {
            Division::None => None,
            Division::Kind => Some(passed.kind.clone()),
            Division::Priority => Some(passed.priority.to_string()),
            Division::District => district_of(&passed.address),
        };
        let days = period_of(passed.opened_at, period).days();
        let cell = cells.entry((std::cmp::Reverse(days), group)).or_default();
        cell.incidents += 1;
        for (link, interval) in cell.links.iter_mut().zip(links_of(passed)) {
            link.extend(interval);
        }
    }
    let row = |((days, group), cell): ((std::cmp::Reverse<i64>, Option<String>), Cell)| {
        let [call_to_sent, sent_to_under_way, under_way_to_on_scene, call_to_on_scene, on_scene_to_cleared] = cell.links.map(spread);
        IntervalRow {
            period: Date::from_days(days.0).to_string(),
            group,
            incidents: cell.incidents,
            call_to_sent,
            sent_to_under_way,
            under_way_to_on_scene,
            call_to_on_scene,
            on_scene_to_cleared,
        }
    };
    cells.into_iter().map(row).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A local time of Taipei.
    fn local(year: i64, month: i64, day: i64, hour: i64) -> Micros {
        Micros(Date::new(year, month, day).unwrap().days() * Micros::DAY + hour * Micros::HOUR - TAIPEI_US)
    }

    #[test]
    fn periods_begin_at_midnight_in_taipei_on_mondays_and_on_the_first() {
        let text = |at, period| period_of(at, period).to_string();
        // A Sunday; 7:59 in Taipei is still the day before in UTC.
        let sunday = local(2026, 11, 22, 7);
        assert_eq!([Period::Day, Period::Week, Period::Month].map(|period| text(sunday, period)), ["2026-11-22", "2026-11-16", "2026-11-01"]);
        assert_eq!(text(local(2026, 11, 23, 0), Period::Week), "2026-11-23");
        assert_eq!(text(local(1969, 12, 31, 12), Period::Week), "1969-12-29");
    }

    #[test]
    fn a_district_is_read_where_the_address_says_one_and_nowhere_else() {
        let said = |address: &str| district_of(address).unwrap_or_default();
        assert_eq!(said("臺南市永康區中正路50號"), "永康區");
        assert_eq!(said("台南市 東區裕農路"), "東區");
        assert_eq!(said("永康區中正路 1 號"), "永康區");
        assert_eq!(said("彰化縣員林市中山路"), "員林市");
        assert_eq!(said("屏東縣恆春鎮"), "恆春鎮");
        assert_eq!(said("臺南市中正路"), "");
        assert_eq!(said("台19線103.5K"), "");
        assert_eq!(said("市場"), "");
        assert_eq!(said(""), "");
    }

    #[test]
    fn of_four_nothing_is_said_and_of_five_the_measured_values() {
        let seconds = |all: &[i64]| all.iter().map(|s| s * Micros::SECOND).collect::<Vec<_>>();
        assert_eq!(spread(seconds(&[1, 2, 3, 4])), Spread { n: 4, p50_s: None, p90_s: None, p95_s: None });
        assert_eq!(spread(seconds(&[50, 10, 30, 20, 40])), Spread { n: 5, p50_s: Some(30.0), p90_s: Some(50.0), p95_s: Some(50.0) });
        let hundred: Vec<i64> = (1..=100).rev().map(|s| s * Micros::SECOND).collect();
        assert_eq!(spread(hundred), Spread { n: 100, p50_s: Some(50.0), p90_s: Some(90.0), p95_s: Some(95.0) });
    }

    fn passed(day: i64, priority: i64, sent_after_s: Option<i64>) -> Passed {
        let opened_at = local(2026, 11, day, 12);
        let sent_at = sent_after_s.map(|s| opened_at.plus(s * Micros::SECOND));
        Passed { opened_at, called_at: Some(opened_at), priority, sent_at, kind: "theft".into(), address: "永康區中正路".into(), ..Passed::default() }
    }

    #[test]
    fn incidents_are_counted_in_their_period_and_group_and_a_link_only_where_it_was_passed() {
        let rows = [passed(22, 1, Some(30)), passed(22, 2, None), passed(21, 1, Some(-5))];
        let told = report(&rows, Period::Day, Division::Priority);
        let short: Vec<_> = told.iter().map(|row| (row.period.as_str(), row.group.as_deref(), row.incidents, row.call_to_sent.n)).collect();
        assert_eq!(short, [("2026-11-22", Some("1"), 1, 1), ("2026-11-22", Some("2"), 1, 0), ("2026-11-21", Some("1"), 1, 0)]);
        let month = report(&rows, Period::Month, Division::District);
        assert_eq!((month.len(), month[0].incidents, month[0].group.as_deref()), (1, 3, Some("永康區")));
    }

    #[test]
    fn merged_reports_are_one_event_that_began_with_the_first_of_them() {
        let first = Passed { on_scene_at: Some(local(2026, 11, 22, 14)), cleared_at: Some(local(2026, 11, 22, 15)), ..passed(22, 2, Some(600)) };
        let found = Passed { called_at: None, sent_at: Some(first.opened_at.plus(Micros::MINUTE)), ..passed(22, 1, None) };
        let one = found.clone().with(&first);
        assert_eq!((one.priority, one.called_at, one.sent_at, one.cleared_at), (1, first.called_at, found.sent_at, first.cleared_at));
        assert_eq!(links_of(&found)[0], None, "nobody called about it");
        assert_eq!(links_of(&one)[0], Some(Micros::MINUTE));
        let held = Passed { is_held: true, ..found };
        assert_eq!(held.with(&first).cleared_at, None);
        let early = passed(22, 3, None).with(&passed(21, 3, None));
        assert_eq!(report(&[early], Period::Day, Division::None)[0].period, "2026-11-21");
    }

    proptest! {
        #[test]
        fn any_address_is_read_or_not(address: String) {
            let found = district_of(&address);
            prop_assert!(found.is_none_or(|name| (2..=4).contains(&name.chars().count())));
        }

        #[test]
        fn percentiles_rise_and_every_one_was_measured(intervals in prop::collection::vec(0_i64..10_000_000_000, 0..60)) {
            let told = spread(intervals.clone());
            prop_assert_eq!(told.n, u64::try_from(intervals.len()).unwrap());
            prop_assert_eq!(told.p50_s.is_some(), told.n >= FEW);
            if let (Some(p50), Some(p90), Some(p95)) = (told.p50_s, told.p90_s, told.p95_s) {
                prop_assert!(p50 <= p90 && p90 <= p95);
                #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
                let is_measured = |p: f64| intervals.iter().any(|us| (*us as f64 / 1e6 - p).abs() < 1e-9);
                prop_assert!(is_measured(p50) && is_measured(p90) && is_measured(p95));
            }
        }

        #[test]
        fn a_day_lies_in_its_week_and_month(us in -4_000_000_000_000_000_i64..8_000_000_000_000_000) {
            let day = period_of(Micros(us), Period::Day);
            let week = period_of(Micros(us), Period::Week);
            let month = period_of(Micros(us), Period::Month);
            prop_assert!((0..7).contains(&(day.days() - week.days())) && (week.days() + 3).rem_euclid(7) == 0);
            prop_assert_eq!((month.year(), month.month(), month.day()), (day.year(), day.month(), 1));
        }
    }
}
