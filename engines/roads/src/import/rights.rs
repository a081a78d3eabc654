//! Who may use a road, from the access tags that OSM defines and other files borrow.

use super::assemble::Element;
use super::osm::OneWay;
use super::report::{Ledger, Reason};
use crate::access::{Access, VehicleClass};
use crate::network::RoadClass;

/// Keys from the general to the particular; the last that speaks counts (OSM's access hierarchy).
const HIERARCHY: [(VehicleClass, &[&str]); 3] = [
    (VehicleClass::Car, &["access", "vehicle", "motor_vehicle", "motorcar"]),
    (VehicleClass::Motorcycle, &["access", "vehicle", "motor_vehicle", "motorcycle"]),
    (VehicleClass::Foot, &["access", "foot"]),
];

/// The keys that this module reads, for formats that must find their columns beforehand.
pub(super) const KEYS: [&str; 10] = [
    "access",
    "vehicle",
    "motor_vehicle",
    "motorcar",
    "motorcycle",
    "foot",
    "motorroad",
    "oneway:motorcycle",
    "oneway:foot",
    "oneway:motorcar",
];

/// Rights of an element whose points already run along its one-way direction.
///
/// Private, destination and permit roads stay open: a patrol has business there. Only what is closed to a class, or kept
/// for others (buses, farming, the army), is taken away.
pub(super) fn access(
    value: &dyn Fn(&str) -> Option<String>,
    class: RoadClass,
    one_way: OneWay,
    element: Element,
    ledger: &mut Ledger,
) -> Access {
    let usual = Access::usual(class, one_way != OneWay::No);
    let mut access = usual;
    if value("motorroad").is_some_and(|value| value == "yes") {
        for is_forward in [true, false] {
            access = access.with(VehicleClass::Motorcycle, is_forward, false).with(VehicleClass::Foot, is_forward, false);
        }
    }
    for (vehicle, keys) in HIERARCHY {
        let Some(word) = keys.iter().rev().find_map(|key| value(key)) else { continue };
        let is_named = keys.last().is_some_and(|key| value(key).is_some());
        let signed = |is_forward| is_forward || vehicle == VehicleClass::Foot || one_way == OneWay::No;
        for is_forward in [true, false] {
            // A footway opened to all is not thereby a road for cars; one that names cars is.
            let is_right = access.allows(vehicle, is_forward) || (is_named && is_open(&word) && signed(is_forward));
            access = access.with(vehicle, is_forward, is_right && !is_closed(&word));
        }
    }
    for (vehicle, key) in [(VehicleClass::Motorcycle, "oneway:motorcycle"), (VehicleClass::Foot, "oneway:foot")] {
        let Some(word) = value(key) else { continue };
        let is_used = access.allows(vehicle, true);
        match word.as_str() {
            "no" => access = access.with(vehicle, false, is_used),
            "yes" | "-1" if one_way == OneWay::No => {
                access = access.with(vehicle, word == "-1", false);
            }
            "yes" => access = access.with(vehicle, false, false),
            _ => {}
        }
    }
    if access != usual {
        let who = VehicleClass::ALL.map(|vehicle| {
            let signs = ["closed", "along", "against", "both"];
            let index = usize::from(access.allows(vehicle, true)) + 2 * usize::from(access.allows(vehicle, false));
            format!("{} {}", vehicle.as_str(), signs.get(index).copied().unwrap_or_default())
        });
        ledger.note(Reason::AccessTagged, &element, || who.join(", "));
    }
    access
}

fn is_closed(word: &str) -> bool {
    matches!(word, "no" | "use_sidepath" | "agricultural" | "forestry" | "agricultural;forestry" | "military" | "psv" | "bus")
}

fn is_open(word: &str) -> bool {
    matches!(word, "yes" | "designated" | "permissive" | "official" | "destination" | "private" | "customers" | "permit")
}

#[cfg(test)]
mod tests {
    use super::super::report::Format;
    use super::*;

    fn rights(class: RoadClass, one_way: OneWay, tags: &[(&str, &str)]) -> [bool; 6] {
        let value = |key: &str| tags.iter().find(|(k, _)| *k == key).map(|(_, v)| (*v).to_owned());
        let mut ledger = Ledger::new(Format::OsmXml, 0, 10);
        let access = access(&value, class, one_way, Element::Way(1), &mut ledger);
        let mut found = [false; 6];
        for (slot, (vehicle, is_forward)) in
            found.iter_mut().zip(VehicleClass::ALL.into_iter().flat_map(|vehicle| [(vehicle, true), (vehicle, false)]))
        {
            *slot = access.allows(vehicle, is_forward);
        }
        found
    }

    #[test]
    fn the_particular_key_overrules_the_general_one() {
        let (yes, no) = (true, false);
        let road = RoadClass::Residential;
        assert_eq!(rights(road, OneWay::No, &[("motor_vehicle", "no"), ("motorcycle", "yes")]), [no, no, yes, yes, yes, yes]);
        assert_eq!(rights(road, OneWay::No, &[("access", "no"), ("foot", "yes")]), [no, no, no, no, yes, yes]);
        assert_eq!(rights(road, OneWay::No, &[("access", "private")]), [yes; 6]);
        assert_eq!(rights(RoadClass::Primary, OneWay::Along, &[("motorroad", "yes")]), [yes, no, no, no, no, no]);
        assert_eq!(rights(RoadClass::Motorway, OneWay::Along, &[("motorcycle", "yes")]), [yes, no, yes, no, no, no]);
    }

    #[test]
    fn a_one_way_may_except_motorcycles_or_bind_feet() {
        let (yes, no) = (true, false);
        let road = RoadClass::Residential;
        assert_eq!(rights(road, OneWay::Along, &[("oneway:motorcycle", "no")]), [yes, no, yes, yes, yes, yes]);
        assert_eq!(rights(road, OneWay::Against, &[("oneway:foot", "yes")]), [yes, no, yes, no, yes, no]);
        assert_eq!(rights(RoadClass::Path, OneWay::No, &[("motorcycle", "designated")]), [no, no, yes, yes, yes, yes]);
        assert_eq!(rights(RoadClass::Path, OneWay::No, &[("access", "yes")]), [no, no, no, no, yes, yes]);
    }
}
