//! The Taiwanese series, as one table.
//!
//! Seventh generation (since 1992): a block of two to four digits and a short block with at least one letter, in either
//! order. Eighth generation (17 December 2012; every class since 2014): three letters and three or four digits, without
//! I, O and — in the four-digit series — the digit 4.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which series a text fits. The numbers are characters before and after the hyphen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// `LLL-DDDD`, every class since 2014.
    Eighth34,
    /// `LLL-DDD`, motorcycles and lorries; both generations.
    Letters3Digits3,
    /// `DDD-LLL`, motorcycles of the seventh generation.
    Digits3Letters3,
    /// `DDDD-LL`, `DDDD-LD`, `DDDD-DL`.
    Seventh42,
    /// `LL-DDDD`, `LD-DDDD`, `DL-DDDD`.
    Seventh24,
    /// `DDD-LL`, lorries and light motorcycles.
    Seventh32,
    /// `LL-DDD`.
    Seventh23,
    /// `LL-DD`, heavy motorcycles.
    Seventh22,
}

/// What kind of vehicle carries the plate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "snake_case")]
pub enum VehicleClass {
    Car,
    Motorcycle,
    HeavyMotorcycle,
    Taxi,
    Rental,
    Electric,
    Large,
    #[default]
    Unknown,
}

impl VehicleClass {
    /// Whether two claims about one vehicle contradict each other. A taxi is also a car; a motorcycle never is.
    #[must_use]
    pub fn conflicts_with(self, other: Self) -> bool {
        const fn family(class: VehicleClass) -> Option<u8> {
            match class {
                VehicleClass::Car | VehicleClass::Taxi | VehicleClass::Rental => Some(0),
                VehicleClass::Motorcycle | VehicleClass::HeavyMotorcycle => Some(1),
                VehicleClass::Large => Some(2),
                VehicleClass::Electric | VehicleClass::Unknown => None,
            }
        }
        matches!((family(self), family(other)), (Some(a), Some(b)) if a != b)
    }
}

/// `D` digit, `L` letter: the shape of a text.
fn shape(text: &str) -> String {
    text.chars().map(|ch| if ch.is_ascii_digit() { 'D' } else { 'L' }).collect()
}

impl Form {
    pub(crate) fn of(text: &str) -> Option<Self> {
        Some(match shape(text).as_str() {
            "LLLDDDD" => Self::Eighth34,
            "LLLDDD" => Self::Letters3Digits3,
            "DDDLLL" => Self::Digits3Letters3,
            "DDDDLL" | "DDDDLD" | "DDDDDL" => Self::Seventh42,
            "LLDDDD" | "LDDDDD" | "DLDDDD" => Self::Seventh24,
            "DDDLL" => Self::Seventh32,
            "LLDDD" => Self::Seventh23,
            "LLDD" => Self::Seventh22,
            _ => return None,
        })
    }

    /// Characters before the hyphen.
    #[must_use]
    pub const fn first_block(self) -> usize {
        match self {
            Self::Eighth34 | Self::Letters3Digits3 | Self::Digits3Letters3 | Self::Seventh32 => 3,
            Self::Seventh42 => 4,
            Self::Seventh24 | Self::Seventh23 | Self::Seventh22 => 2,
        }
    }

    /// The class that the first letter of the eighth generation states (Highway Bureau allocation: T taxi, R rental,
    /// E electric, L heavy motorcycle, K large vehicles, M and N ordinary motorcycles); elsewhere what the shape says.
    pub(crate) fn class_of(self, text: &str) -> VehicleClass {
        match (self, text.chars().next()) {
            (Self::Eighth34, Some('T')) => VehicleClass::Taxi,
            (Self::Eighth34, Some('R')) => VehicleClass::Rental,
            (Self::Eighth34, Some('E')) => VehicleClass::Electric,
            (Self::Eighth34, Some('L')) => VehicleClass::HeavyMotorcycle,
            (Self::Eighth34, Some('K')) => VehicleClass::Large,
            (Self::Eighth34, Some('M' | 'N')) | (Self::Digits3Letters3, _) => VehicleClass::Motorcycle,
            (Self::Eighth34, Some('A' | 'B' | 'C')) | (Self::Seventh42 | Self::Seventh24, _) => VehicleClass::Car,
            _ => VehicleClass::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taxi_is_a_car_but_a_motorcycle_is_not() {
        assert!(!VehicleClass::Taxi.conflicts_with(VehicleClass::Car));
        assert!(VehicleClass::Motorcycle.conflicts_with(VehicleClass::Car));
        assert!(!VehicleClass::Unknown.conflicts_with(VehicleClass::Car));
    }

    #[test]
    fn the_first_letter_tells_the_class_in_the_eighth_generation_only() {
        let class = |text: &str| Form::of(text).map(|form| form.class_of(text));
        assert_eq!(class("TDH3187"), Some(VehicleClass::Taxi));
        assert_eq!(class("TD3187"), Some(VehicleClass::Car));
        assert_eq!(class("M5XSX"), None);
    }
}
