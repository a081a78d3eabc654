//! Who may drive a road which way, and which turns nobody may take.

use serde::{Deserialize, Serialize};

use crate::network::{EdgeId, RoadClass};

/// The kinds of traveller a route is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VehicleClass {
    Car,
    Motorcycle,
    Foot,
}

impl VehicleClass {
    pub const ALL: [Self; 3] = [Self::Car, Self::Motorcycle, Self::Foot];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Car => "car",
            Self::Motorcycle => "motorcycle",
            Self::Foot => "foot",
        }
    }
}

/// Which classes may use an edge along its direction and against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Access(u8);

impl Access {
    pub const NONE: Self = Self(0);
    const BITS: u8 = 0x3f;

    /// What a road of this class allows where the source says nothing else.
    ///
    /// Assumption: no motorcycle and nobody on foot on a motorway (高速公路及快速公路交通管制規則 §19), footways for feet
    /// only, and a one-way sign that binds vehicles but not people on foot.
    #[must_use]
    pub const fn usual(class: RoadClass, one_way: bool) -> Self {
        let vehicles = match class {
            RoadClass::Motorway => 0b00_00_11,
            RoadClass::Path => 0,
            _ => 0b00_11_11,
        };
        let feet = if matches!(class, RoadClass::Motorway) { 0 } else { 0b11_00_00 };
        let signed = if one_way { 0b00_01_01 } else { 0b00_11_11 };
        Self(vehicles & signed | feet)
    }

    const fn bit(vehicle: VehicleClass, is_forward: bool) -> u8 {
        1 << (vehicle as u8 * 2 + !is_forward as u8)
    }

    #[must_use]
    pub const fn allows(self, vehicle: VehicleClass, is_forward: bool) -> bool {
        self.0 & Self::bit(vehicle, is_forward) != 0
    }

    #[must_use]
    pub const fn with(self, vehicle: VehicleClass, is_forward: bool, is_allowed: bool) -> Self {
        let bit = Self::bit(vehicle, is_forward);
        Self(if is_allowed { self.0 | bit } else { self.0 & !bit })
    }

    /// Takes away every right that `other` lacks.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// None when a bit is set that stands for nobody.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits & !Self::BITS == 0 { Some(Self(bits)) } else { None }
    }
}

/// Several vehicle classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct VehicleSet(u8);

impl VehicleSet {
    pub const NONE: Self = Self(0);
    /// Turn signs bind vehicles; people on foot cross as the crossing allows.
    pub const MOTOR: Self = Self(0b011);

    #[must_use]
    pub const fn contains(self, vehicle: VehicleClass) -> bool {
        self.0 & (1 << vehicle as u8) != 0
    }

    #[must_use]
    pub const fn with(self, vehicle: VehicleClass) -> Self {
        Self(self.0 | 1 << vehicle as u8)
    }

    #[must_use]
    pub const fn without(self, vehicle: VehicleClass) -> Self {
        Self(self.0 & !(1 << vehicle as u8))
    }

    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits & !0b111 == 0 { Some(Self(bits)) } else { None }
    }
}

/// An edge driven one way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DirectedEdge {
    pub edge: EdgeId,
    /// From the edge's `from` to its `to`.
    pub is_forward: bool,
}

impl DirectedEdge {
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self { edge: self.edge, is_forward: !self.is_forward }
    }

    /// Both directions of all edges, numbered: twice the edge, one more against its direction.
    pub(crate) const fn number(self) -> u32 {
        self.edge.0 * 2 + !self.is_forward as u32
    }

    pub(crate) const fn numbered(number: u32) -> Self {
        Self { edge: EdgeId(number / 2), is_forward: number.is_multiple_of(2) }
    }
}

/// A sequence of edges that may not be driven as a whole: two for a forbidden turn at a junction, more where the sign
/// speaks of a way between (OSM's via-way restrictions).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TurnBan {
    pub path: Vec<DirectedEdge>,
    pub vehicles: VehicleSet,
}

impl TurnBan {
    /// Longer sequences are believed to be mapping errors.
    pub const EDGES_MAX: usize = 32;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_one_way_sign_binds_vehicles_and_not_feet() {
        let access = Access::usual(RoadClass::Residential, true);
        let against = VehicleClass::ALL.map(|vehicle| access.allows(vehicle, false));
        assert_eq!(against, [false, false, true]);
        assert!(VehicleClass::ALL.iter().all(|vehicle| access.allows(*vehicle, true)));
    }

    #[test]
    fn a_right_given_back_is_there_again() {
        let access = Access::usual(RoadClass::Primary, true).with(VehicleClass::Motorcycle, false, true);
        assert!(access.allows(VehicleClass::Motorcycle, false) && !access.allows(VehicleClass::Car, false));
        assert_eq!(Access::from_bits(access.bits()), Some(access));
        assert_eq!(Access::from_bits(0x40), None);
    }
}
