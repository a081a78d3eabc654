//! How much of one day's patrol a watcher can foretell from another's.

use std::collections::{BTreeMap, BTreeSet};

use super::model::StopNo;
use super::plan::Plan;

/// Measured over the plans of several days of one patrol; each number from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Predictability {
    /// The mean over pairs of days of the Jaccard index of "this stop in this hour": 1 when every day is the same.
    pub same_stop_same_hour: f64,
    /// The mean over pairs of days of the share of "after this stop comes that one" in the one day that the other has too.
    pub same_order: f64,
    /// The mean over stops of the Shannon entropy of the visits' hours over all days, against what as many visits could have at
    /// most: 0 when a stop's hour never changes. Stops with one visit in all count for nothing.
    pub hour_entropy: f64,
}

const HOUR_S: i64 = 3_600;

impl Predictability {
    /// Of at least two days; fewer tell nothing, and give none.
    #[must_use]
    pub fn between(days: &[Plan]) -> Option<Self> {
        if days.len() < 2 {
            return None;
        }
        let slots: Vec<BTreeSet<(StopNo, i64)>> = days.iter().map(|day| visits(day).collect()).collect();
        let orders: Vec<BTreeSet<(StopNo, StopNo)>> = days.iter().map(successions).collect();
        Some(Self {
            same_stop_same_hour: over_pairs(&slots, |a, b| share(a.intersection(b).count(), a.union(b).count())),
            same_order: over_pairs(&orders, |a, b| share(2 * a.intersection(b).count(), a.len() + b.len())),
            hour_entropy: hour_entropy(days),
        })
    }
}

fn visits(day: &Plan) -> impl Iterator<Item = (StopNo, i64)> {
    day.tours.iter().flat_map(|tour| &tour.visits).map(|visit| (visit.stop, visit.arrive_s.div_euclid(HOUR_S)))
}

fn successions(day: &Plan) -> BTreeSet<(StopNo, StopNo)> {
    let of_tour = |visits: &[super::plan::Visit]| -> Vec<(StopNo, StopNo)> {
        visits.iter().zip(visits.iter().skip(1)).map(|(a, b)| (a.stop, b.stop)).collect()
    };
    day.tours.iter().flat_map(|tour| of_tour(&tour.visits)).collect()
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn over_pairs<T>(days: &[T], alike: impl Fn(&T, &T) -> f64) -> f64 {
    let (mut sum, mut pairs) = (0.0, 0.0);
    for (i, a) in days.iter().enumerate() {
        for b in days.iter().skip(i + 1) {
            sum += alike(a, b);
            pairs += 1.0;
        }
    }
    sum / pairs
}

fn hour_entropy(days: &[Plan]) -> f64 {
    let mut hours_of: BTreeMap<StopNo, BTreeMap<i64, u32>> = BTreeMap::new();
    for (stop, hour) in days.iter().flat_map(visits) {
        *hours_of.entry(stop).or_default().entry(hour).or_default() += 1;
    }
    let hours: BTreeSet<i64> = hours_of.values().flat_map(BTreeMap::keys).copied().collect();
    let (mut sum, mut stops) = (0.0, 0.0);
    for counts in hours_of.values() {
        let total: u32 = counts.values().sum();
        let at_most = (total as usize).min(hours.len());
        if at_most < 2 {
            continue;
        }
        let entropy: f64 = counts.values().map(|&count| f64::from(count) / f64::from(total)).map(|p| -p * p.ln()).sum();
        sum += entropy / (at_most as f64).ln();
        stops += 1.0;
    }
    if stops > 0.0 { sum / stops } else { 0.0 }
}
