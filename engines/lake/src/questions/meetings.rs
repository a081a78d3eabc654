//! Where did these plates meet, and which places do they share?

use std::collections::BTreeMap;

use shouhu_place::Wgs84;

use super::area::place_of;
use super::asking::{Asking, in_range, newest_first};
use super::shape::wgs84;
use super::{Answer, AskError, Limits, Partial, View};
use crate::code::PlateCode;
use crate::part::Window;
use crate::row::{HOUR_MS, Seen};

/// Plates that one question may name.
pub const PLATES_MAX: usize = 64;
/// Sightings that are compared; a plate that is seen 100 times a day fills it in a year and a half.
pub const COMPARED_MAX: usize = 50_000;

/// When plates count as being at one place together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Near {
    /// Most milliseconds between two sightings.
    pub within_ms: i64,
    /// Most metres between two sightings' places; 0: the same source.
    pub within_m: u32,
}

impl Default for Near {
    fn default() -> Self {
        Self { within_ms: 5 * 60_000, within_m: 0 }
    }
}

/// Sightings that hang together: each is near another of them, and at least two plates are among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    pub from_ms: i64,
    /// Of the last sighting.
    pub until_ms: i64,
    /// Sorted.
    pub plates: Vec<PlateCode>,
    /// Sorted.
    pub sources: Vec<u32>,
    /// Sources of the first and of the last sighting.
    pub ends: [u32; 2],
    /// Place of the first sighting, where it is known.
    pub place_e6: Option<(i32, i32)>,
    pub passages: u32,
}

/// A source that at least two of the plates passed, at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommonPlace {
    pub source: u32,
    pub place_e6: Option<(i32, i32)>,
    /// Sorted by plate.
    pub plates: Vec<super::cameras::PlateSeen>,
}

/// Meetings of two or more of the plates within the window, newest first.
///
/// # Errors
/// When the window is empty, fewer than two or too many plates are named, or what is near makes no sense.
pub fn ask(
    view: &View,
    plates: &[PlateCode],
    window: Window,
    near: Near,
    limits: Limits<'_>,
) -> Result<Answer<Meeting>, AskError> {
    let mut asking = Asking::new(view, window, limits)?;
    in_range("the time between two sightings in milliseconds", near.within_ms, 0, 24 * HOUR_MS)?;
    in_range("the distance between two sightings in metres", i64::from(near.within_m), 0, 10_000)?;
    let rows = rows_of(&mut asking, plates, window)?;
    let spots: Vec<Spot> = rows.iter().map(|seen| Spot::new(*seen, view)).collect();
    let groups = groups_of(&mut asking, &spots, near);
    let mut meetings: Vec<Meeting> = groups.values().filter_map(|group| meeting_of(group)).collect();
    meetings.sort_unstable_by(|a, b| {
        (b.from_ms, b.until_ms, &b.sources, &b.plates).cmp(&(a.from_ms, a.until_ms, &a.sources, &a.plates))
    });
    Ok(asking.answer(meetings))
}

/// Sources that at least two of the plates passed within the window: most plates first, then most passages of the plate that
/// was there least, then by source.
///
/// # Errors
/// When the window is empty, or fewer than two or too many plates are named.
pub fn common_places(
    view: &View,
    plates: &[PlateCode],
    window: Window,
    limits: Limits<'_>,
) -> Result<Answer<CommonPlace>, AskError> {
    let mut asking = Asking::new(view, window, limits)?;
    let mut rows = rows_of(&mut asking, plates, window)?;
    rows.sort_unstable_by_key(|row| (row.source, row.plate, row.at_ms));
    let mut places = Vec::new();
    for at_source in rows.chunk_by(|a, b| a.source == b.source) {
        let plates: Vec<_> = at_source.chunk_by(|a, b| a.plate == b.plate).filter_map(plate_seen).collect();
        if let (Some(first), true) = (at_source.first(), plates.len() > 1) {
            places.push(CommonPlace { source: first.source, place_e6: view.sources.place_e6(first.source), plates });
        }
    }
    places.sort_by_key(|place| {
        let least = place.plates.iter().map(|plate| plate.rows).min().unwrap_or(0);
        (std::cmp::Reverse((place.plates.len(), least)), place.source)
    });
    Ok(asking.answer(places))
}

fn plate_seen(of_plate: &[Seen]) -> Option<super::cameras::PlateSeen> {
    let (first, last) = (of_plate.first()?, of_plate.last()?);
    let rows = u32::try_from(of_plate.len()).unwrap_or(u32::MAX);
    Some(super::cameras::PlateSeen { plate: first.plate, rows, first_ms: first.at_ms, last_ms: last.at_ms })
}

/// Every sighting of the plates, oldest first.
fn rows_of(asking: &mut Asking<'_>, plates: &[PlateCode], window: Window) -> Result<Vec<Seen>, AskError> {
    let mut plates = plates.to_vec();
    plates.sort_unstable();
    plates.dedup();
    in_range("the number of different plates", i64::try_from(plates.len()).unwrap_or(i64::MAX), 2, PLATES_MAX as i64)?;
    asking.announce(&plates, window);
    let mut rows = Vec::new();
    for plate in plates {
        rows.append(&mut asking.all_of_plate(plate, window));
    }
    // Newest first, so that the oldest are left out when there are too many.
    rows.sort_unstable_by(newest_first);
    if rows.len() > COMPARED_MAX {
        rows.truncate(COMPARED_MAX);
        asking.note(Partial::Limit { limit: COMPARED_MAX });
    }
    rows.reverse();
    Ok(rows)
}

struct Spot {
    seen: Seen,
    place_e6: Option<(i32, i32)>,
    place: Option<Wgs84>,
}

impl Spot {
    fn new(seen: Seen, view: &View) -> Self {
        let place_e6 = place_of(&seen, &view.sources);
        Self { seen, place_e6, place: place_e6.and_then(|(lon, lat)| wgs84(lon, lat).ok()) }
    }

    fn is_near(&self, other: &Self, within_m: u32) -> bool {
        self.seen.source == other.seen.source
            || (within_m > 0 && self.place.zip(other.place).is_some_and(|(a, b)| a.distance_m(b) <= f64::from(within_m)))
    }
}

/// Spots (oldest first) that hang together, by the first of each group.
fn groups_of<'s>(asking: &mut Asking<'_>, spots: &'s [Spot], near: Near) -> BTreeMap<usize, Vec<&'s Spot>> {
    let mut union = Union { parents: (0..spots.len()).collect() };
    let mut start = 0;
    for (index, spot) in spots.iter().enumerate() {
        if index.is_multiple_of(256) && !asking.goes_on() {
            break;
        }
        while spots.get(start).is_some_and(|old| spot.seen.at_ms - old.seen.at_ms > near.within_ms) {
            start += 1;
        }
        for (before, other) in spots.iter().enumerate().take(index).skip(start) {
            if spot.is_near(other, near.within_m) {
                union.join(before, index);
            }
        }
    }
    let mut groups: BTreeMap<usize, Vec<&Spot>> = BTreeMap::new();
    for (index, spot) in spots.iter().enumerate() {
        groups.entry(union.root(index)).or_default().push(spot);
    }
    groups
}

fn meeting_of(group: &[&Spot]) -> Option<Meeting> {
    let (first, last) = (group.first()?, group.last()?);
    let mut plates: Vec<PlateCode> = group.iter().map(|spot| spot.seen.plate).collect();
    let mut sources: Vec<u32> = group.iter().map(|spot| spot.seen.source).collect();
    plates.sort_unstable();
    plates.dedup();
    sources.sort_unstable();
    sources.dedup();
    (plates.len() > 1).then(|| Meeting {
        from_ms: first.seen.at_ms,
        until_ms: last.seen.at_ms,
        plates,
        sources,
        ends: [first.seen.source, last.seen.source],
        place_e6: first.place_e6,
        passages: u32::try_from(group.len()).unwrap_or(u32::MAX),
    })
}

/// Which group each number belongs to; the smallest number of a group is its root.
struct Union {
    parents: Vec<usize>,
}

impl Union {
    fn root(&mut self, mut number: usize) -> usize {
        while let Some(parent) = self.parents.get(number).copied().filter(|parent| *parent != number) {
            let grandparent = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(slot) = self.parents.get_mut(number) {
                *slot = grandparent;
            }
            number = parent;
        }
        number
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        if let Some(slot) = self.parents.get_mut(a.max(b)) {
            *slot = a.min(b);
        }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test that indexes wrongly fails")]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{plate, sources, whole, window, world};
    use super::*;
    use crate::row::AT_SOURCE;

    /// First and last time, plates, sources, passages.
    type Shape = (i64, i64, Vec<PlateCode>, Vec<u32>, u32);

    proptest! {
        #[test]
        fn a_meeting_is_what_hangs_together_and_has_two_plates(
            world in world(), window in window(), numbers in proptest::collection::btree_set(0..7_usize, 2..4), within_ms in 0..300_000_i64,
            within_m in prop_oneof![Just(0_u32), 1..2_500_u32],
        ) {
            let plates: Vec<PlateCode> = numbers.iter().map(|number| plate(*number)).collect();
            let rows: Vec<Seen> = world.all.iter().filter(|row| plates.contains(&row.plate) && window.holds(row.at_ms)).copied().collect();
            let place = |seen: &Seen| {
                let (lon, lat) = if seen.lon_e6 == AT_SOURCE { sources().place_e6(seen.source)? } else { (seen.lon_e6, seen.lat_e6) };
                wgs84(lon, lat).ok()
            };
            let places: Vec<Option<Wgs84>> = rows.iter().map(place).collect();
            let is_near = |i: usize, j: usize| {
                let is_close = within_m > 0 && places[i].zip(places[j]).is_some_and(|(a, b)| a.distance_m(b) <= f64::from(within_m));
                (rows[i].at_ms - rows[j].at_ms).abs() <= within_ms && (rows[i].source == rows[j].source || is_close)
            };
            // Groups by spreading the smallest number until nothing changes.
            let mut group: Vec<usize> = (0..rows.len()).collect();
            loop {
                let before = group.clone();
                for i in 0..rows.len() {
                    for j in 0..rows.len() {
                        if is_near(i, j) {
                            group[i] = group[i].min(group[j]);
                        }
                    }
                }
                if before == group {
                    break;
                }
            }
            let mut expected: Vec<Shape> = Vec::new();
            for root in 0..rows.len() {
                let members: Vec<&Seen> = rows.iter().zip(&group).filter(|(_, group)| **group == root).map(|(row, _)| row).collect();
                let plates: std::collections::BTreeSet<PlateCode> = members.iter().map(|row| row.plate).collect();
                let at: std::collections::BTreeSet<u32> = members.iter().map(|row| row.source).collect();
                if plates.len() > 1 {
                    let times = || members.iter().map(|row| row.at_ms);
                    expected.push((times().min().unwrap_or(0), times().max().unwrap_or(0), plates.into_iter().collect(), at.into_iter().collect(), members.len() as u32));
                }
            }
            expected.sort();
            let near = Near { within_ms, within_m };
            let found = whole(|limits| ask(&world.view, &plates, window, near, limits));
            prop_assert!(found.is_sorted_by_key(|meeting| std::cmp::Reverse(meeting.from_ms)));
            let mut found: Vec<_> = found.into_iter().map(|m| (m.from_ms, m.until_ms, m.plates, m.sources, m.passages)).collect();
            found.sort();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn common_places_are_sources_that_two_of_the_plates_passed(
            world in world(), window in window(), numbers in proptest::collection::btree_set(0..7_usize, 2..4),
        ) {
            let plates: Vec<PlateCode> = numbers.iter().map(|number| plate(*number)).collect();
            let found = whole(|limits| common_places(&world.view, &plates, window, limits));
            let mut expected = Vec::new();
            for source in 0..8 {
                let mut there = Vec::new();
                for plate in &plates {
                    let at: Vec<i64> = world.all.iter().filter(|row| row.plate == *plate && row.source == source && window.holds(row.at_ms)).map(|row| row.at_ms).collect();
                    if let (Some(first), Some(last)) = (at.iter().min(), at.iter().max()) {
                        there.push((*plate, at.len() as u32, *first, *last));
                    }
                }
                there.sort();
                if there.len() > 1 {
                    expected.push((source, there));
                }
            }
            let mut found: Vec<_> = found.into_iter()
                .map(|place| (place.source, place.plates.iter().map(|p| (p.plate, p.rows, p.first_ms, p.last_ms)).collect::<Vec<_>>())).collect();
            found.sort();
            prop_assert_eq!(found, expected);
        }
    }
}
