//! When what a picture shows cannot be the vehicle that an entry or a plate speaks of.
//!
//! Careful on purpose: a contradiction tells an officer to look twice, and one that is often wrong teaches her to look past
//! all of them. What two people would call by different names is no contradiction.

use crate::form::VehicleClass;
use crate::seen::{SeenVehicle, VehicleColour, VehicleKind};

impl VehicleKind {
    /// Whether a vehicle of this look cannot be of that class.
    #[must_use]
    pub const fn contradicts(self, class: VehicleClass) -> bool {
        match class {
            // Vans, pick-ups and minibuses carry plates of cars, and look like lorries or buses from behind.
            VehicleClass::Car | VehicleClass::Taxi | VehicleClass::Rental => matches!(self, Self::Motorcycle | Self::Bicycle),
            // A scooter whose rider hides it looks like a bicycle.
            VehicleClass::Motorcycle | VehicleClass::HeavyMotorcycle => matches!(self, Self::Car | Self::Bus | Self::Truck),
            VehicleClass::Large => matches!(self, Self::Car | Self::Motorcycle | Self::Bicycle),
            // Cars and motorcycles both run on electricity.
            VehicleClass::Electric | VehicleClass::Unknown => false,
        }
    }
}

/// Pairs of colours that one vehicle may be called by two people, or by one camera by day and by night.
const ALIKE: [(VehicleColour, VehicleColour); 13] = [
    // Silver is either, and each is the other in shade or in too much light.
    (VehicleColour::White, VehicleColour::Grey),
    // Cream, and every white vehicle under sodium lamps.
    (VehicleColour::White, VehicleColour::Yellow),
    // Anthracite; a camera at dusk makes one of the other.
    (VehicleColour::Grey, VehicleColour::Black),
    // Metallic paints that reflect the road: steel blue, moss, bronze, champagne.
    (VehicleColour::Grey, VehicleColour::Blue),
    (VehicleColour::Grey, VehicleColour::Green),
    (VehicleColour::Grey, VehicleColour::Brown),
    // Dark paints lose their colour first when light goes.
    (VehicleColour::Black, VehicleColour::Blue),
    (VehicleColour::Black, VehicleColour::Green),
    (VehicleColour::Black, VehicleColour::Brown),
    // Turquoise.
    (VehicleColour::Blue, VehicleColour::Green),
    // Wine red, maroon, rust.
    (VehicleColour::Red, VehicleColour::Brown),
    // Gold, beige, sand.
    (VehicleColour::Yellow, VehicleColour::Brown),
    // Lime.
    (VehicleColour::Yellow, VehicleColour::Green),
];

impl VehicleColour {
    /// Whether no vehicle is called both; the order does not matter.
    #[must_use]
    pub fn contradicts(self, other: Self) -> bool {
        self != other && !ALIKE.contains(&(self, other)) && !ALIKE.contains(&(other, self))
    }
}

impl SeenVehicle {
    /// Nothing was sure.
    #[must_use]
    pub const fn is_nothing(self) -> bool {
        self.kind.is_none() && self.colour.is_none() && self.plate_colour.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plate;
    use crate::seen::PlateColour;

    const KINDS: [VehicleKind; 5] =
        [VehicleKind::Car, VehicleKind::Motorcycle, VehicleKind::Bus, VehicleKind::Truck, VehicleKind::Bicycle];
    const COLOURS: [VehicleColour; 8] = [
        VehicleColour::White,
        VehicleColour::Grey,
        VehicleColour::Black,
        VehicleColour::Red,
        VehicleColour::Blue,
        VehicleColour::Green,
        VehicleColour::Yellow,
        VehicleColour::Brown,
    ];

    fn contradicting(class: VehicleClass) -> Vec<VehicleKind> {
        KINDS.into_iter().filter(|kind| kind.contradicts(class)).collect()
    }

    #[test]
    fn a_motorcycle_carries_no_plate_of_a_car_and_a_van_may() {
        for class in [VehicleClass::Car, VehicleClass::Taxi, VehicleClass::Rental] {
            assert_eq!(contradicting(class), [VehicleKind::Motorcycle, VehicleKind::Bicycle], "{class:?}");
        }
        for class in [VehicleClass::Motorcycle, VehicleClass::HeavyMotorcycle] {
            assert_eq!(contradicting(class), [VehicleKind::Car, VehicleKind::Bus, VehicleKind::Truck], "{class:?}");
        }
        assert_eq!(contradicting(VehicleClass::Large), [VehicleKind::Car, VehicleKind::Motorcycle, VehicleKind::Bicycle]);
    }

    #[test]
    fn a_class_that_says_nothing_of_the_look_is_contradicted_by_none() {
        assert_eq!([contradicting(VehicleClass::Electric), contradicting(VehicleClass::Unknown)], [vec![], vec![]]);
        let class = Plate::parse("WA56660").map(|plate| plate.class());
        assert_eq!(class.map(contradicting), Ok(vec![]), "a foreign plate may be on anything");
    }

    #[test]
    fn colours_that_people_mix_up_do_not_contradict_in_either_order() {
        for one in COLOURS {
            assert!(!one.contradicts(one), "{one:?}");
            for other in COLOURS {
                assert_eq!(one.contradicts(other), other.contradicts(one), "{one:?} {other:?}");
            }
        }
        for (one, other) in ALIKE {
            assert!(!one.contradicts(other) && one != other, "{one:?} {other:?}");
        }
    }

    #[test]
    fn red_is_not_white_and_white_is_not_black() {
        for (one, other) in [
            (VehicleColour::Red, VehicleColour::White),
            (VehicleColour::White, VehicleColour::Black),
            (VehicleColour::Red, VehicleColour::Blue),
            (VehicleColour::Yellow, VehicleColour::Black),
        ] {
            assert!(one.contradicts(other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn what_is_not_sure_is_not_written_and_reads_as_absent() {
        let (colour, plate_colour) = (Some(VehicleColour::Grey), Some(PlateColour::WhiteBlack));
        let seen = SeenVehicle { colour, plate_colour, ..SeenVehicle::default() };
        let text = serde_json::to_string(&seen).unwrap_or_default();
        assert_eq!(text, r#"{"colour":"grey","plate_colour":"white_black"}"#);
        assert_eq!(serde_json::from_str::<SeenVehicle>(&text).ok(), Some(seen));
        assert_eq!(serde_json::from_str::<SeenVehicle>("{}").ok().map(SeenVehicle::is_nothing), Some(true));
        assert!(serde_json::from_str::<SeenVehicle>(r#"{"kind":"hovercraft"}"#).is_err());
    }
}
