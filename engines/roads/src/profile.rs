//! How fast whom, and when: the weight sets that a graph is prepared for.
//!
//! A driving speed is the edge's limit times a named [`Factor`]. **Every factor here is an assumption**: no measured
//! travel times of Tainan were at hand. Replace the table by quantiles of probe vehicles per road class and hour as soon
//! as there are any; nothing else changes. What is law is cited: on a mission with lights and siren a police vehicle is
//! bound neither by speed limits nor by signs, markings and signals (道路交通安全規則 §93), so emergency driving knows no
//! turn bans. It still keeps to one-way streets, because the oncoming driver does not know that it comes.

use serde::{Deserialize, Serialize};

use crate::access::VehicleClass;
use crate::network::{Edge, RoadClass};

/// The hours or the manner of driving that a set of weights stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightSet {
    /// 23:00 to 06:00: free flow.
    Night,
    Day,
    /// 07:00 to 09:00 and 17:00 to 19:00 on working days.
    Peak,
    /// With lights and siren.
    Emergency,
}

impl WeightSet {
    pub const ALL: [Self; 4] = [Self::Night, Self::Day, Self::Peak, Self::Emergency];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Night => "night",
            Self::Day => "day",
            Self::Peak => "peak",
            Self::Emergency => "emergency",
        }
    }
}

/// Driven speed over the speed limit, by kind of road.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Factor {
    pub name: &'static str,
    pub vehicle: VehicleClass,
    pub weights: WeightSet,
    /// Motorways and trunk roads.
    pub fast: f64,
    /// Primary and secondary roads.
    pub arterial: f64,
    /// Tertiary roads.
    pub collector: f64,
    /// Lanes, service roads and paths.
    pub lane: f64,
    pub source: &'static str,
}

/// Walking speed in km/h. Assumption: 1.39 m/s, an adult in no hurry; MUTCD times crossings for 1.07 m/s.
pub const WALKING_KMH: f64 = 5.0;

const ASSUMED: &str = "assumption, to be replaced by probe-vehicle quantiles";

const fn factor(
    name: &'static str,
    vehicle: VehicleClass,
    weights: WeightSet,
    [fast, arterial, collector, lane]: [f64; 4],
) -> Factor {
    Factor { name, vehicle, weights, fast, arterial, collector, lane, source: ASSUMED }
}

/// All factors; people on foot walk at [`WALKING_KMH`] at any hour.
pub const FACTORS: [Factor; 8] = [
    factor("car at night: at the limit but for signals", VehicleClass::Car, WeightSet::Night, [1.0, 0.9, 0.9, 0.9]),
    factor("car by day: signals and traffic", VehicleClass::Car, WeightSet::Day, [0.95, 0.65, 0.7, 0.8]),
    factor("car at peak: queues on arterials", VehicleClass::Car, WeightSet::Peak, [0.8, 0.45, 0.55, 0.7]),
    factor("car with siren: through signals, slower at each", VehicleClass::Car, WeightSet::Emergency, [1.1, 0.95, 0.9, 0.8]),
    factor("motorcycle at night", VehicleClass::Motorcycle, WeightSet::Night, [1.0, 0.9, 0.9, 0.9]),
    factor("motorcycle by day: past the queue", VehicleClass::Motorcycle, WeightSet::Day, [0.95, 0.75, 0.8, 0.85]),
    factor("motorcycle at peak: past the queue", VehicleClass::Motorcycle, WeightSet::Peak, [0.85, 0.65, 0.7, 0.8]),
    factor("motorcycle with siren", VehicleClass::Motorcycle, WeightSet::Emergency, [1.1, 1.0, 0.95, 0.85]),
];

/// Who travels, and with which weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Profile {
    pub vehicle: VehicleClass,
    pub weights: WeightSet,
}

impl Profile {
    #[must_use]
    pub const fn new(vehicle: VehicleClass, weights: WeightSet) -> Self {
        Self { vehicle, weights }
    }

    /// None for people on foot.
    #[must_use]
    pub fn factor(self) -> Option<&'static Factor> {
        FACTORS.iter().find(|factor| factor.vehicle == self.vehicle && factor.weights == self.weights)
    }

    /// The speed believed on this edge, in km/h.
    #[must_use]
    pub fn speed_kmh(self, edge: &Edge) -> f64 {
        let Some(factor) = self.factor() else { return WALKING_KMH };
        let share = match edge.class {
            RoadClass::Motorway | RoadClass::Trunk => factor.fast,
            RoadClass::Primary | RoadClass::Secondary => factor.arterial,
            RoadClass::Tertiary => factor.collector,
            RoadClass::Residential | RoadClass::Service | RoadClass::Path => factor.lane,
        };
        f64::from(edge.speed_kmh) * share
    }

    /// Time for the whole edge in milliseconds, rounded up, at least one.
    #[must_use]
    pub fn cost_ms(self, edge: &Edge) -> u32 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, which is wanted")]
        let cost = (edge.length_m * 3_600.0 / self.speed_kmh(edge)).ceil() as u32;
        cost.max(1)
    }

    /// Turn bans bind vehicles that drive by the signs.
    #[must_use]
    pub const fn keeps_turn_bans(self) -> bool {
        !matches!(self.weights, WeightSet::Emergency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vehicle_has_a_factor_for_every_weight_set() {
        for weights in WeightSet::ALL {
            for vehicle in [VehicleClass::Car, VehicleClass::Motorcycle] {
                assert!(Profile::new(vehicle, weights).factor().is_some(), "{vehicle:?} {weights:?}");
            }
            assert!(Profile::new(VehicleClass::Foot, weights).factor().is_none());
        }
    }
}
