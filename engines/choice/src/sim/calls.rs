//! Where and when calls come, and what each of them asks.

use serde::{Deserialize, Serialize};

use super::dice::Dice;
use super::world::{PlaceNo, hour};
use crate::candidate::{Priority, Skills};

/// Longer than this no call is answered, driven to, or worked on; a log-normal tail has no end of its own.
const PART_MAX_S: f64 = 4.0 * 3_600.0;

/// A spot where calls come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spot {
    pub place: PlaceNo,
    /// Village or other area by which fairness is judged, by the caller's number.
    pub area: u32,
    pub weight: f64,
}

/// Times as log-normal: medians in seconds and the deviation of the logarithm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    pub median_s: f64,
    pub sigma: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Kind {
    pub priority: Priority,
    pub share: f64,
    pub needs: Skills,
    pub on_scene: Spread,
    /// Mean time after which the caller gives up while no unit is on its way; none: never.
    pub patience_mean_s: Option<f64>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Demand {
    pub spots: Vec<Spot>,
    /// Relative weights.
    pub by_hour: [f64; 24],
    pub calls_per_day: f64,
    pub kinds: Vec<Kind>,
    /// From the ring of the telephone to the moment a unit can be asked.
    pub handling: Spread,
    /// From the order to wheels turning.
    pub turnout: Spread,
}

/// A call with everything that chance decides about it, whoever is sent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Call {
    pub called_s: f64,
    pub place: PlaceNo,
    pub area: u32,
    pub priority: Priority,
    pub needs: Skills,
    pub handling_s: f64,
    pub turnout_s: f64,
    pub on_scene_s: f64,
    pub patience_s: Option<f64>,
}

impl Demand {
    /// The calls from midnight for so many hours: a Poisson stream, thinned by hour (Lewis & Shedler 1979).
    #[must_use]
    pub fn calls(&self, seed: u64, hours: u32) -> Vec<Call> {
        let whole: f64 = self.by_hour.iter().sum();
        let per_s = |hour: usize| self.calls_per_day * self.by_hour.get(hour).copied().unwrap_or(0.0) / whole / 3_600.0;
        let peak_per_s = (0..24).map(per_s).fold(0.0, f64::max);
        let spots = totals(self.spots.iter().map(|spot| spot.weight));
        let kinds = totals(self.kinds.iter().map(|kind| kind.share));
        if peak_per_s <= 0.0 || !peak_per_s.is_finite() {
            return Vec::new();
        }
        let mut clock = Dice::keyed(&[seed, 1]);
        let (mut now_s, mut calls) = (0.0, Vec::new());
        loop {
            now_s += clock.exponential(1.0 / peak_per_s);
            if now_s >= f64::from(hours) * 3_600.0 {
                return calls;
            }
            if clock.unit() * peak_per_s < per_s(hour(now_s)) {
                let mut dice = Dice::keyed(&[seed, 2, calls.len() as u64]);
                let spot = self.spots.get(dice.by_totals(&spots));
                let kind = self.kinds.get(dice.by_totals(&kinds));
                if let (Some(spot), Some(kind)) = (spot, kind) {
                    calls.push(self.call(now_s, spot, kind, &mut dice));
                }
            }
        }
    }

    fn call(&self, called_s: f64, spot: &Spot, kind: &Kind, dice: &mut Dice) -> Call {
        let mut drawn = |spread: Spread| dice.log_normal(spread.median_s, spread.sigma).min(PART_MAX_S);
        let (handling_s, turnout_s, on_scene_s) = (drawn(self.handling), drawn(self.turnout), drawn(kind.on_scene));
        let patience_s = kind.patience_mean_s.map(|mean_s| dice.exponential(mean_s));
        Call {
            called_s,
            place: spot.place,
            area: spot.area,
            priority: kind.priority,
            needs: kind.needs,
            handling_s,
            turnout_s,
            on_scene_s,
            patience_s,
        }
    }
}

fn totals(weights: impl Iterator<Item = f64>) -> Vec<f64> {
    weights
        .scan(0.0, |total, weight| {
            *total += weight;
            Some(*total)
        })
        .collect()
}
