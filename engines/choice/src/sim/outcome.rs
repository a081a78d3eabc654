//! What became of every call, and the figures drawn from it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::stats::{mean, percentile};
use crate::candidate::Priority;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A unit came.
    Served,
    /// Nobody had come when the simulation ended.
    Open,
    /// The caller gave up before a unit was on its way.
    GaveUp,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ended {
    pub status: Status,
    pub called_s: f64,
    pub priority: Priority,
    pub area: u32,
    pub arrived_s: Option<f64>,
    /// No unit could be sent when the call had been handled.
    pub has_waited: bool,
    pub times_preempted: u8,
}

/// One unit's time with one call, from the order until it is clear or taken away.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Span {
    pub unit: usize,
    pub call: usize,
    pub from_s: f64,
    pub until_s: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    pub calls: Vec<Ended>,
    pub spans: Vec<Span>,
    pub metres: f64,
    pub moves: u32,
    pub preemptions: u32,
    /// Busy over duty time of all units.
    pub busy_share: f64,
}

/// Arrivals of one area.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct AreaSum {
    pub calls: u32,
    pub arrival_s: f64,
}

/// Seconds are from the ring of the telephone to arrival, over served calls.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    pub calls: usize,
    pub mean_s: f64,
    pub p50_s: f64,
    pub p90_s: f64,
    pub p95_s: f64,
    /// Means by priority, the most pressing first.
    pub by_priority_s: [f64; 4],
    pub waited_share: f64,
    pub gave_up_share: f64,
    pub open: usize,
    pub km: f64,
    pub by_area: BTreeMap<u32, AreaSum>,
}

impl Figures {
    /// Over the calls of `[from_s, until_s)`; kilometres over the whole simulation.
    #[must_use]
    pub fn of(outcome: &Outcome, from_s: f64, until_s: f64) -> Self {
        let counted: Vec<&Ended> = outcome.calls.iter().filter(|call| (from_s..until_s).contains(&call.called_s)).collect();
        let arrival = |call: &&Ended| call.arrived_s.map(|arrived_s| arrived_s - call.called_s);
        let mut arrivals: Vec<f64> = counted.iter().filter_map(arrival).collect();
        let share = |count: usize| count as f64 / counted.len().max(1) as f64;
        let status = |status: Status| counted.iter().filter(|call| call.status == status).count();
        let mean_of = |priority: Priority| {
            let own: Vec<f64> = counted.iter().filter(|call| call.priority == priority).filter_map(arrival).collect();
            mean(&own).unwrap_or(0.0)
        };
        let mut by_area: BTreeMap<u32, AreaSum> = BTreeMap::new();
        for (area, arrival_s) in counted.iter().filter_map(|call| Some((call.area, arrival(call)?))) {
            let sum = by_area.entry(area).or_default();
            sum.calls += 1;
            sum.arrival_s += arrival_s;
        }
        let mean_s = mean(&arrivals).unwrap_or(0.0);
        let mut at = |share| percentile(&mut arrivals, share).unwrap_or(0.0);
        let [p50_s, p90_s, p95_s] = [at(0.5), at(0.9), at(0.95)];
        Self {
            calls: counted.len(),
            mean_s,
            p50_s,
            p90_s,
            p95_s,
            by_priority_s: Priority::ALL.map(mean_of),
            waited_share: share(counted.iter().filter(|call| call.has_waited).count()),
            gave_up_share: share(status(Status::GaveUp)),
            open: status(Status::Open),
            km: outcome.metres / 1_000.0,
            by_area,
        }
    }
}

/// The mean arrival over the tenth of the areas that waits longest, each area counted once: fairness as those see it who
/// have least of it. Areas with fewer than `calls_min` served calls are left out: their mean says nothing.
#[must_use]
pub fn worst_areas_mean<'a>(figures: impl IntoIterator<Item = &'a Figures>, calls_min: u32) -> Option<f64> {
    let mut pooled: BTreeMap<u32, AreaSum> = BTreeMap::new();
    for (area, sum) in figures.into_iter().flat_map(|figures| &figures.by_area) {
        let slot = pooled.entry(*area).or_default();
        slot.calls += sum.calls;
        slot.arrival_s += sum.arrival_s;
    }
    let known = pooled.values().filter(|sum| sum.calls >= calls_min.max(1));
    let mut means: Vec<f64> = known.map(|sum| sum.arrival_s / f64::from(sum.calls)).collect();
    means.sort_by(|a, b| b.total_cmp(a));
    means.truncate(means.len().div_ceil(10));
    mean(&means)
}
