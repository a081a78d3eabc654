//! Which entries a sighting hits, and what does not fit: pure rules, no database.
//!
//! Decided here, and why:
//! - An unsure reading raises nothing alone: a wrong character stops the wrong family at night, and a person who compares two
//!   pictures late in a shift believes what the screen says. The same goes for a less likely reading of the picture and for a
//!   look-alike text. Beside a sure match of the same entry elsewhere about then they raise a hit, which says `low_confidence`
//!   where the reading is unsure. Which is which `shouhu_plate` decides, for the device at the roadside as well.
//! - Look-alike characters count only while the recogniser itself doubts (below 0.98): a certain `8` is not a `B`.
//! - What only the device matched counts as far as its own text bears it out; a claim without such a text is ignored,
//!   because otherwise a stolen device could raise any hit it likes.

use shouhu_events::SightingFact;
use shouhu_ids::{EntryId, Micros};
use shouhu_place::Wgs84;
use shouhu_plate::{MatchKind, Pattern, Plate, SeenVehicle, WatchMatch, confusable_skeleton, is_unsure};
use shouhu_wire::Conflict;

use crate::index::ActiveList;
use crate::model::{Entry, TAIWAN};

/// Less likely readings of the same picture are not looked up.
pub const ALTERNATIVE_PROBABILITY_MIN: f64 = 0.05;
/// Readings at least this certain match no look-alikes.
pub const CONFUSABLE_BELOW: f64 = 0.98;
/// A vehicle seen longer ago is elsewhere.
pub const OLD_AFTER_US: i64 = 10 * Micros::MINUTE;
/// A device clock that was wrong by more is mentioned.
pub const CLOCK_WRONG_US: i64 = Micros::MINUTE;
/// Nobody drives from one camera to the next like that.
pub const SPEED_MAX_KMH: f64 = 200.0;
/// Positions of patrol cars and cameras are not better than this; shorter distances prove nothing.
pub const POSITION_SLACK_M: f64 = 500.0;

/// The other readings that are likely enough to be looked up.
#[must_use]
pub fn likely_alternatives(sighting: &SightingFact) -> Vec<Plate> {
    let likely = sighting.alternatives.iter().filter(|a| a.probability >= ALTERNATIVE_PROBABILITY_MIN);
    likely.filter_map(|a| Plate::parse(&a.plate).ok()).filter(|plate| *plate != sighting.plate).collect()
}

/// Entries that this sighting hits, each once, strongest first.
#[must_use]
pub fn candidates(list: &ActiveList, sighting: &SightingFact, now: Micros) -> Vec<WatchMatch<EntryId>> {
    let mut found = list.find(&sighting.plate, &likely_alternatives(sighting), now);
    found.retain(|m| m.kind != MatchKind::Confusable || sighting.confidence < CONFUSABLE_BELOW);
    for claimed in &sighting.local_hits {
        if found.iter().any(|m| m.key == *claimed) {
            continue;
        }
        let Some(pattern) = list.pattern(*claimed, now) else { continue };
        match borne_out(&pattern, sighting) {
            Some(kind) => found.push(WatchMatch { key: *claimed, kind }),
            None => {
                tracing::warn!(device = %sighting.device, sighting = %sighting.id, entry = %claimed, "device claims a match that its text does not bear out")
            }
        }
    }
    found
}

/// How a claim of the device can be right: with every alternative it sent and with look-alikes.
fn borne_out(pattern: &Pattern, sighting: &SightingFact) -> Option<MatchKind> {
    let others: Vec<Plate> = sighting.alternatives.iter().filter_map(|a| Plate::parse(&a.plate).ok()).collect();
    match pattern.exact() {
        Some(wanted) if wanted == sighting.plate => Some(MatchKind::Exact),
        Some(wanted) if others.contains(&wanted) => Some(MatchKind::Alternative),
        Some(wanted) => {
            let skeleton = confusable_skeleton(&wanted);
            let mut readings = std::iter::once(&sighting.plate).chain(&others);
            readings.any(|read| confusable_skeleton(read) == skeleton).then_some(MatchKind::Confusable)
        }
        None if std::iter::once(&sighting.plate).chain(&others).any(|read| pattern.matches(read)) => Some(MatchKind::Wildcard),
        None => None,
    }
}

/// Where the entry's plate was seen before or after.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Earlier {
    pub captured_at: Micros,
    pub position: Wgs84,
}

/// What does not fit. Shown beside the picture, never decided on.
#[must_use]
pub fn conflicts(entry: &Entry, kind: MatchKind, sighting: &SightingFact, neighbours: &[Earlier], now: Micros) -> Vec<Conflict> {
    let mut found = Vec::new();
    // An alternative reading that is the wanted plate has the wanted plate's series; everything else is as it was read.
    let plate = match kind {
        MatchKind::Alternative => entry.pattern.exact().unwrap_or_else(|| sighting.plate.clone()),
        _ => sighting.plate.clone(),
    };
    if entry.vehicle_class.is_some_and(|class| class.conflicts_with(plate.class())) {
        found.push(Conflict::Class);
    }
    found.extend(unlike(entry, &plate, sighting.seen));
    if entry.issuer == TAIWAN && plate.form().is_none() {
        found.push(Conflict::Issuer);
    }
    if is_unsure(sighting.confidence) {
        found.push(Conflict::LowConfidence);
    }
    if sighting.clock_corrected_us.unsigned_abs() > CLOCK_WRONG_US.unsigned_abs() {
        found.push(Conflict::DeviceClock);
    }
    if now.since(sighting.captured_at_us) > OLD_AFTER_US {
        found.push(Conflict::OldSighting);
    }
    if sighting.position.is_some_and(|here| neighbours.iter().any(|other| is_impossible(here, sighting.captured_at_us, other))) {
        found.push(Conflict::ImpossibleSpeed);
    }
    found
}

/// What the picture shows and neither entry nor plate speaks of.
fn unlike(entry: &Entry, plate: &Plate, seen: SeenVehicle) -> Vec<Conflict> {
    let mut found = Vec::new();
    if let (Some(seen), Some(wanted)) = (seen.colour, entry.vehicle_colour)
        && seen.contradicts(wanted)
    {
        found.push(Conflict::Colour);
    }
    let Some(kind) = seen.kind else { return found };
    if entry.vehicle_class.is_some_and(|class| kind.contradicts(class)) {
        found.push(Conflict::Kind);
    }
    // Series of other countries are not ours to know.
    if entry.issuer == TAIWAN && kind.contradicts(plate.class()) {
        found.push(Conflict::PlateOfOtherKind);
    }
    found
}

#[allow(clippy::cast_precision_loss, reason = "microseconds between two sightings are far below 2^53")]
fn is_impossible(here: Wgs84, at: Micros, other: &Earlier) -> bool {
    let hours = at.since(other.captured_at).unsigned_abs() as f64 / Micros::HOUR as f64;
    let km = (here.distance_m(other.position) - POSITION_SLACK_M) / 1_000.0;
    km > SPEED_MAX_KMH * hours
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shouhu_plate::{SURE_FROM, VehicleClass, VehicleColour, VehicleKind};
    use shouhu_wire::Alternative;

    use super::*;
    use crate::testing::{NOW, fact, sample_entry};

    fn list(patterns: &[(&str, u8)]) -> ActiveList {
        let list = ActiveList::default();
        let entries = patterns
            .iter()
            .map(|(text, n)| (EntryId::new(NOW, [*n; 16]), Pattern::parse(text).unwrap_or_else(|e| panic!("{e}")), NOW.plus(1)));
        list.preload(entries);
        list
    }

    fn kinds(list: &ActiveList, sighting: &SightingFact) -> Vec<MatchKind> {
        candidates(list, sighting, NOW).into_iter().map(|m| m.kind).collect()
    }

    #[test]
    fn look_alikes_count_only_while_the_recogniser_doubts() {
        let list = list(&[("ABC-1238", 1)]);
        assert_eq!(kinds(&list, &SightingFact { confidence: 0.97, ..fact("ABC123B") }), [MatchKind::Confusable]);
        assert_eq!(kinds(&list, &SightingFact { confidence: 0.98, ..fact("ABC123B") }), []);
    }

    #[test]
    fn an_alternative_counts_from_five_percent() {
        let list = list(&[("XYZ-9876", 1)]);
        let with = |probability| SightingFact {
            alternatives: vec![Alternative { plate: "xyz 9876".into(), probability }],
            ..fact("ABC1234")
        };
        assert_eq!(kinds(&list, &with(0.05)), [MatchKind::Alternative]);
        assert_eq!(kinds(&list, &with(0.049)), []);
        assert_eq!(kinds(&list, &with(f64::NAN)), []);
    }

    #[test]
    fn a_device_claim_counts_only_as_far_as_its_text_bears_it_out() {
        let list = list(&[("ABC-1238", 1), ("XYZ-9876", 2)]);
        let claim =
            |n: u8, sure: f64| SightingFact { confidence: sure, local_hits: vec![EntryId::new(NOW, [n; 16])], ..fact("ABC123B") };
        assert_eq!(kinds(&list, &claim(1, 0.99)), [MatchKind::Confusable], "the text looks alike");
        assert_eq!(kinds(&list, &claim(2, 0.99)), [], "the text has nothing to do with the entry");
        assert_eq!(kinds(&list, &claim(9, 0.99)), [], "there is no such entry in force");
        assert_eq!(kinds(&list, &claim(1, 0.5)).len(), 1, "what the index found is not counted twice");
    }

    #[test]
    fn each_conflict_is_shown_for_its_own_reason() {
        let entry = Entry { vehicle_class: Some(VehicleClass::Motorcycle), ..sample_entry("ABC1234") };
        let clean = sample_entry("ABC1234");
        let fine = fact("ABC1234");
        let of = |entry: &Entry, sighting: &SightingFact| conflicts(entry, MatchKind::Exact, sighting, &[], NOW);
        assert_eq!(of(&clean, &fine), []);
        assert_eq!(of(&entry, &fine), [Conflict::Class]);
        assert_eq!(of(&clean, &fact("WA56660")), [Conflict::Issuer]);
        assert_eq!(of(&Entry { issuer: "JP".into(), ..clean.clone() }, &fact("WA56660")), []);
        assert_eq!(of(&clean, &SightingFact { confidence: SURE_FROM - 0.01, ..fine.clone() }), [Conflict::LowConfidence]);
        assert_eq!(of(&clean, &SightingFact { confidence: f64::NAN, ..fine.clone() }), [Conflict::LowConfidence]);
        assert_eq!(
            of(&clean, &SightingFact { clock_corrected_us: -CLOCK_WRONG_US - 1, ..fine.clone() }),
            [Conflict::DeviceClock]
        );
        assert_eq!(of(&clean, &SightingFact { captured_at_us: NOW.plus(-OLD_AFTER_US - 1), ..fine }), [Conflict::OldSighting]);
    }

    #[test]
    fn what_the_picture_shows_is_compared_with_the_entry_and_with_the_plate() {
        let red_car =
            Entry { vehicle_class: Some(VehicleClass::Car), vehicle_colour: Some(VehicleColour::Red), ..sample_entry("ABC1234") };
        let of = |entry: &Entry, text: &str, seen: SeenVehicle| {
            conflicts(entry, MatchKind::Exact, &SightingFact { seen, ..fact(text) }, &[], NOW)
        };
        let shows = |kind, colour| SeenVehicle { kind, colour, plate_colour: None };
        let (car, white) = (Some(VehicleKind::Car), Some(VehicleColour::White));
        assert_eq!(of(&red_car, "ABC1234", shows(car, white)), [Conflict::Colour]);
        assert_eq!(of(&red_car, "ABC1234", shows(car, Some(VehicleColour::Brown))), [], "wine red");
        assert_eq!(of(&red_car, "ABC1234", SeenVehicle::default()), [], "what is not sure is no conflict");
        assert_eq!(of(&sample_entry("ABC1234"), "ABC1234", shows(car, white)), [], "nobody said which colour it has");
        let motorcycle = shows(Some(VehicleKind::Motorcycle), None);
        assert_eq!(of(&red_car, "ABC1234", motorcycle), [Conflict::Kind, Conflict::PlateOfOtherKind]);
        assert_eq!(of(&sample_entry("ABC1234"), "ABC1234", motorcycle), [Conflict::PlateOfOtherKind], "a plate of a car on a motorcycle");
        let foreign = Entry { issuer: "JP".into(), ..sample_entry("ABC1234") };
        assert_eq!(of(&foreign, "ABC1234", motorcycle), [], "other countries give their series otherwise");
    }

    #[test]
    fn two_places_too_far_apart_for_one_car_are_a_conflict_in_either_order_of_time() {
        let here = Wgs84::new(120.2128, 22.9971).ok();
        let there = Wgs84::new(120.2128, 23.0971).unwrap_or_else(|e| panic!("{e}"));
        let sighting = SightingFact { position: here, ..fact("ABC1234") };
        let seen = |minutes: i64| {
            let other = Earlier { captured_at: sighting.captured_at_us.plus(minutes * Micros::MINUTE), position: there };
            conflicts(&sample_entry("ABC1234"), MatchKind::Exact, &sighting, &[other], NOW)
        };
        assert_eq!(seen(-3), [Conflict::ImpossibleSpeed], "11 km in 3 minutes");
        assert_eq!(seen(3), [Conflict::ImpossibleSpeed]);
        assert_eq!(seen(-4), []);
    }

    proptest! {
        #[test]
        fn an_entry_whose_time_is_over_is_never_a_candidate(
            text in "[A-C8B]{3}[0-9]{4}", confidence in 0.0_f64..1.0, late in 0_i64..10_000, claims in any::<bool>(),
        ) {
            let list = ActiveList::default();
            let id = EntryId::new(NOW, [1; 16]);
            let pattern = Pattern::parse(&text).unwrap_or_else(|e| panic!("{e}"));
            list.preload(std::iter::once((id, pattern, NOW)));
            let local_hits = if claims { vec![id] } else { vec![] };
            let sighting = SightingFact { confidence, local_hits, ..fact(&text) };
            prop_assert!(candidates(&list, &sighting, NOW.plus(late)).is_empty());
            prop_assert_eq!(candidates(&list, &sighting, NOW.plus(-1)).len(), 1);
        }
    }
}
