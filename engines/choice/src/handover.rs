//! Whether a unit that has come free should take over a call that another unit is still on its way to.
//!
//! What a crew says on the radio: "I am clear, and I am round the corner." The other unit is free again, nearer to where it
//! came from.

use serde::{Deserialize, Serialize};

/// A call whose unit has not arrived yet.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Underway {
    /// The caller's number; settles ties.
    pub number: u64,
    /// Until the unit on its way is expected.
    pub remaining_s: f64,
    /// Until the free unit would be there, turnout included; none when it cannot go.
    pub arrives_in_s: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Handover {
    /// Below this the confusion is worth more than the seconds; less than one second is read as one.
    pub saves_min_s: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TakeOver {
    /// Index into what is underway.
    pub index: usize,
    pub saves_s: f64,
}

impl Handover {
    /// The call that gains most, if any gains enough. Times that are no number gain nothing.
    #[must_use]
    pub fn best(self, underway: &[Underway]) -> Option<TakeOver> {
        let enough_s = self.saves_min_s.max(1.0);
        let gains = underway.iter().enumerate().filter_map(|(index, call)| {
            let saves_s = call.remaining_s - call.arrives_in_s.filter(|s| *s >= 0.0)?;
            (saves_s.is_finite() && saves_s >= enough_s).then_some((TakeOver { index, saves_s }, call.number))
        });
        let better = |a: &(TakeOver, u64), b: &(TakeOver, u64)| a.0.saves_s.total_cmp(&b.0.saves_s).then(b.1.cmp(&a.1));
        gains.max_by(better).map(|(found, _)| found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn underway(number: u64, remaining_s: f64, arrives_in_s: f64) -> Underway {
        Underway { number, remaining_s, arrives_in_s: Some(arrives_in_s) }
    }

    #[test]
    fn the_call_that_gains_most_is_taken_over_and_a_small_gain_is_left() {
        let rule = Handover { saves_min_s: 60.0 };
        let calls = [underway(1, 300.0, 200.0), underway(2, 500.0, 100.0), underway(3, 100.0, 50.0)];
        assert_eq!(rule.best(&calls), Some(TakeOver { index: 1, saves_s: 400.0 }));
        assert_eq!(rule.best(&calls[2..]), None);
        let tie = [underway(9, 300.0, 200.0), underway(4, 300.0, 200.0)];
        assert_eq!(rule.best(&tie).map(|found| found.index), Some(1));
    }

    #[test]
    fn rubbish_gains_nothing() {
        let rule = Handover { saves_min_s: f64::NAN };
        let unable = Underway { arrives_in_s: None, ..underway(1, 900.0, 0.0) };
        let calls = [
            unable,
            underway(2, f64::NAN, 10.0),
            underway(3, 900.0, f64::NAN),
            underway(4, f64::INFINITY, 1.0),
            underway(5, 10.0, 9.5),
        ];
        assert_eq!(rule.best(&calls), None);
        assert_eq!(rule.best(&[underway(6, 10.0, 9.0)]), Some(TakeOver { index: 0, saves_s: 1.0 }));
    }
}
