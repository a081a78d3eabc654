//! The order in which waiting incidents get the next unit that comes free.
//!
//! An incident is ranked by its call time plus a head start for each level of priority: after waiting one such step it
//! stands where one level more stood when it came. **Bound:** an incident of level `n` can only be overtaken by calls
//! that come within `n · step_s` (plus `near_s`) after it. Whoever comes later stands behind it for good, so with units
//! coming free everybody is served.

use serde::{Deserialize, Serialize};

use crate::candidate::Priority;

/// How waiting turns into urgency.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ageing {
    /// Waiting for so long is worth one level of priority.
    pub step_s: f64,
    /// Among incidents that stand at most so far behind the first, and are no less pressing, the unit takes the one
    /// that it reaches first. 0: strictly in order.
    pub near_s: f64,
}

impl Default for Ageing {
    fn default() -> Self {
        Self { step_s: 1_800.0, near_s: 0.0 }
    }
}

/// How a room works its queue.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Order {
    /// By priority, the oldest first within it. Low priorities can starve.
    PriorityThenAge,
    Ageing(Ageing),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// The caller's number; settles ties.
    pub number: u64,
    pub priority: Priority,
    pub waited_s: f64,
    /// How long the unit in question would take; none when it cannot go: no way, or not the skills.
    pub travel_s: Option<f64>,
}

impl Order {
    /// Seconds by which an incident stands before others; the smaller, the earlier. Times that are no number count as zero.
    #[must_use]
    pub fn standing_s(self, priority: Priority, waited_s: f64) -> f64 {
        /// Longer than anyone waits: priorities never mix.
        const NEVER_S: f64 = 1e9;
        let waited_s = if waited_s.is_finite() { waited_s.max(0.0) } else { 0.0 };
        let step_s = match self {
            Self::PriorityThenAge => NEVER_S,
            Self::Ageing(rule) => rule.step_s.max(0.0),
        };
        f64::from(priority.level()) * step_s - waited_s
    }

    /// The incident that a free unit takes, as an index into `waiting`.
    #[must_use]
    pub fn next(self, waiting: &[Waiting]) -> Option<usize> {
        let can_go = |waiting: &Waiting| waiting.travel_s.is_some_and(|s| s.is_finite() && s >= 0.0);
        let standing = |waiting: &Waiting| self.standing_s(waiting.priority, waiting.waited_s);
        let able = || waiting.iter().enumerate().filter(|(_, waiting)| can_go(waiting));
        let (index, first) = able().min_by(|(_, a), (_, b)| standing(a).total_cmp(&standing(b)).then(a.number.cmp(&b.number)))?;
        let near_s = match self {
            Self::PriorityThenAge => 0.0,
            Self::Ageing(rule) => rule.near_s.max(0.0),
        };
        if near_s <= 0.0 {
            return Some(index);
        }
        let latest = standing(first) + near_s;
        let travel_s = |waiting: &Waiting| waiting.travel_s.unwrap_or(f64::INFINITY);
        able()
            .filter(|(_, waiting)| standing(waiting) <= latest && waiting.priority <= first.priority)
            .min_by(|(_, a), (_, b)| travel_s(a).total_cmp(&travel_s(b)).then(a.number.cmp(&b.number)))
            .map(|(index, _)| index)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn waiting(number: u64, priority: Priority, waited_s: f64, travel_s: f64) -> Waiting {
        Waiting { number, priority, waited_s, travel_s: Some(travel_s) }
    }

    #[test]
    fn a_low_call_that_waited_long_enough_goes_before_a_fresh_high_one() {
        let order = Order::Ageing(Ageing { step_s: 600.0, near_s: 0.0 });
        let calls = |low_s: f64| [waiting(1, Priority::Low, low_s, 60.0), waiting(2, Priority::High, 0.0, 60.0)];
        assert_eq!(order.next(&calls(1_199.0)), Some(1));
        assert_eq!(order.next(&calls(1_201.0)), Some(0));
        assert_eq!(Order::PriorityThenAge.next(&calls(86_400.0)), Some(1));
    }

    #[test]
    fn a_unit_that_cannot_reach_the_first_takes_the_next() {
        let mut calls = [waiting(1, Priority::Urgent, 60.0, f64::NAN), waiting(2, Priority::Low, 0.0, 60.0)];
        assert_eq!(Order::PriorityThenAge.next(&calls), Some(1));
        calls[1].travel_s = None;
        assert_eq!(Order::PriorityThenAge.next(&calls), None);
    }

    proptest! {
        /// The bound of the module's first lines, on a room that is overloaded for hours: one unit, a call a minute,
        /// eight minutes of work each, priorities as bad as chance makes them.
        #[test]
        fn nobody_is_overtaken_by_a_call_that_came_after_the_bound(
            levels in proptest::collection::vec(0usize..4, 40..120),
            travels in proptest::collection::vec(10.0..900.0f64, 120),
            step_s in 60.0..1_200.0f64,
            near_s in 0.0..600.0f64,
        ) {
            let order = Order::Ageing(Ageing { step_s, near_s });
            let called_s = |call: usize| call as f64 * 60.0;
            let mut open: Vec<usize> = (0..levels.len()).collect();
            let mut served: Vec<usize> = Vec::new();
            let mut now_s = 0.0;
            while !open.is_empty() {
                let known: Vec<usize> = open.iter().copied().filter(|call| called_s(*call) <= now_s).collect();
                let rows: Vec<Waiting> = known
                    .iter()
                    .map(|call| waiting(*call as u64, Priority::ALL[levels[*call]], now_s - called_s(*call), travels[*call]))
                    .collect();
                if let Some(next) = order.next(&rows) {
                    let call = known[next];
                    for passed in open.iter().filter(|passed| called_s(**passed) < called_s(call)) {
                        let bound_s = levels[*passed] as f64 * step_s + near_s;
                        prop_assert!(called_s(call) - called_s(*passed) <= bound_s + 1e-6);
                    }
                    served.push(call);
                    open.retain(|open| *open != call);
                }
                now_s += 480.0;
            }
            prop_assert_eq!(served.len(), levels.len());
        }
    }
}
