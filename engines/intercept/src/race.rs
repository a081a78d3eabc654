//! Earliest arrivals (Dijkstra 1959), for units and for the fugitive alike: O((junctions + lanes) log junctions).
#![allow(clippy::indexing_slicing, reason = "every index is a junction of these lanes")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::streets::Lanes;

pub(crate) const NEVER: i64 = i64::MAX;
pub(crate) const NOWHERE: u32 = u32::MAX;

#[derive(Debug)]
pub(crate) struct Race {
    /// By junction; [`NEVER`] where nothing comes to within the limit.
    pub at_us: Vec<i64>,
    before: Vec<u32>,
}

impl Race {
    /// The junctions on the quickest way to `junction`, from its start.
    pub fn way_to(&self, mut junction: u32) -> Vec<u32> {
        let mut way = vec![junction];
        while self.before[junction as usize] != NOWHERE {
            junction = self.before[junction as usize];
            way.push(junction);
        }
        way.reverse();
        way
    }
}

/// Arrivals up to `limit_us` from several starts. Whoever may not pass a junction at the time of his arrival does not
/// arrive there; since junctions only ever close, he gains nothing by waiting, and earliest arrivals stay right.
pub(crate) fn race(
    lanes: &Lanes,
    starts: &[(u32, i64)],
    limit_us: i64,
    cost_of: impl Fn(i64) -> i64,
    may_pass: impl Fn(u32, i64) -> bool,
) -> Race {
    let count = lanes.junction_count();
    let (mut at_us, mut before) = (vec![NEVER; count], vec![NOWHERE; count]);
    let mut open = BinaryHeap::new();
    for (junction, time_us) in starts {
        if *time_us < at_us[*junction as usize] && *time_us <= limit_us && may_pass(*junction, *time_us) {
            at_us[*junction as usize] = *time_us;
            open.push(Reverse((*time_us, *junction)));
        }
    }
    while let Some(Reverse((time_us, junction))) = open.pop() {
        if time_us > at_us[junction as usize] {
            continue;
        }
        for lane in lanes.of(junction) {
            let next_us = time_us.saturating_add(cost_of(lane.cost_us));
            if next_us < at_us[lane.to as usize] && next_us <= limit_us && may_pass(lane.to, next_us) {
                at_us[lane.to as usize] = next_us;
                before[lane.to as usize] = junction;
                open.push(Reverse((next_us, lane.to)));
            }
        }
    }
    Race { at_us, before }
}
