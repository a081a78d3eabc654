//! Where do stolen vehicles disappear, and where do they turn up again?

use std::collections::BTreeMap;

use super::area::place_of;
use super::asking::{Asking, in_range};
use super::shape::{cell_of, resolution_of};
use super::{Answer, AskError, Limits, View};
use crate::code::PlateCode;
use crate::part::Window;
use crate::row::{DAY_MS, Seen};

/// Thefts that one question may name.
pub const THEFTS_MAX: usize = 50_000;
/// Thefts whose plates are announced to the disk at once.
const ANNOUNCED: usize = 16;

/// One vehicle that was stolen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theft {
    pub plate: PlateCode,
    /// When it was noticed: the vehicle may have been driven off before.
    pub stolen_ms: i64,
    pub recovered_ms: Option<i64>,
}

/// How it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zoning {
    /// Of H3, 0 to 15; 8 is about 0.7 km².
    pub resolution: u8,
    /// How long before the theft was noticed, and after it where there was no recovery, sightings are looked for.
    pub look_ms: i64,
    /// For trends: thefts are counted by periods of this length since 1970; `None`: all together.
    pub period_ms: Option<i64>,
}

impl Default for Zoning {
    fn default() -> Self {
        Self { resolution: 8, look_ms: 30 * DAY_MS, period_ms: None }
    }
}

/// What was seen of one stolen vehicle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    pub theft: Theft,
    /// The last sighting before the theft was noticed.
    pub last_before: Option<Seen>,
    /// The first at or after it and before the recovery.
    pub first_after: Option<Seen>,
    /// The last before the recovery.
    pub last_after: Option<Seen>,
}

/// Vehicles by H3 cell and period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone {
    pub cell: u64,
    /// Beginning of the period in which the thefts were noticed; 0 without periods.
    pub period_from_ms: i64,
    pub last_seen_before: u32,
    pub first_seen_after: u32,
    pub last_seen_after: u32,
}

/// Traces in the order of the thefts.
///
/// # Errors
/// When no or too many thefts are given, or the zoning makes no sense.
pub fn traces(view: &View, thefts: &[Theft], look_ms: i64, limits: Limits<'_>) -> Result<Answer<Trace>, AskError> {
    let mut asking = asking(view, thefts, look_ms, limits)?;
    let traces = traces_of(&mut asking, thefts, look_ms);
    Ok(asking.answer(traces))
}

/// Zones by period, most vehicles first within it, then by cell. Sightings without a known place are left out.
///
/// # Errors
/// When no or too many thefts are given, or the zoning makes no sense.
pub fn ask(view: &View, thefts: &[Theft], zoning: Zoning, limits: Limits<'_>) -> Result<Answer<Zone>, AskError> {
    let resolution = resolution_of(zoning.resolution)?;
    in_range("the period in milliseconds", zoning.period_ms.unwrap_or(DAY_MS), DAY_MS, 400 * DAY_MS)?;
    let mut asking = asking(view, thefts, zoning.look_ms, limits)?;
    let mut zones: BTreeMap<(i64, u64), [u32; 3]> = BTreeMap::new();
    for trace in traces_of(&mut asking, thefts, zoning.look_ms) {
        let period = zoning.period_ms.map_or(0, |period_ms| trace.theft.stolen_ms.div_euclid(period_ms) * period_ms);
        for (kind, seen) in [trace.last_before, trace.first_after, trace.last_after].into_iter().enumerate() {
            let place = seen.and_then(|seen| place_of(&seen, &view.sources));
            let Some(cell) = place.and_then(|(lon_e6, lat_e6)| cell_of(lon_e6, lat_e6, resolution)) else { continue };
            if let Some(count) = zones.entry((period, cell)).or_default().get_mut(kind) {
                *count += 1;
            }
        }
    }
    let mut zones: Vec<Zone> = zones
        .into_iter()
        .map(|((period_from_ms, cell), [last_seen_before, first_seen_after, last_seen_after])| Zone {
            cell,
            period_from_ms,
            last_seen_before,
            first_seen_after,
            last_seen_after,
        })
        .collect();
    zones.sort_by_key(|zone| {
        let vehicles = zone.last_seen_before.max(zone.first_seen_after).max(zone.last_seen_after);
        (zone.period_from_ms, std::cmp::Reverse(vehicles), zone.cell)
    });
    Ok(asking.answer(zones))
}

fn asking<'a>(view: &'a View, thefts: &[Theft], look_ms: i64, limits: Limits<'a>) -> Result<Asking<'a>, AskError> {
    if thefts.is_empty() {
        return Err(AskError::NoneGiven { what: "thefts" });
    }
    if thefts.len() > THEFTS_MAX {
        return Err(AskError::TooMany { what: "thefts", given: thefts.len(), max: THEFTS_MAX });
    }
    in_range("the time that is looked through in milliseconds", look_ms, 1, 400 * DAY_MS)?;
    let from_ms = thefts.iter().map(|theft| theft.stolen_ms.saturating_sub(look_ms)).min().unwrap_or(0);
    let until_ms = thefts.iter().map(|theft| end_of(theft, look_ms)).max().unwrap_or(0);
    Asking::new(view, Window { from_ms, until_ms: until_ms.max(from_ms.saturating_add(1)) }, limits)
}

fn end_of(theft: &Theft, look_ms: i64) -> i64 {
    theft.recovered_ms.unwrap_or_else(|| theft.stolen_ms.saturating_add(look_ms))
}

fn traces_of(asking: &mut Asking<'_>, thefts: &[Theft], look_ms: i64) -> Vec<Trace> {
    let window_of = |theft: &Theft| Window {
        from_ms: theft.stolen_ms.saturating_sub(look_ms),
        until_ms: end_of(theft, look_ms).max(theft.stolen_ms),
    };
    let mut traces = Vec::with_capacity(thefts.len());
    for some in thefts.chunks(ANNOUNCED) {
        for theft in some {
            asking.announce(&[theft.plate], window_of(theft));
        }
        for theft in some {
            if !asking.goes_on() {
                return traces;
            }
            let rows = asking.all_of_plate(theft.plate, window_of(theft));
            let (before, after) = rows.split_at(rows.partition_point(|row| row.at_ms < theft.stolen_ms));
            traces.push(Trace {
                theft: *theft,
                last_before: before.last().copied(),
                first_after: after.first().copied(),
                last_after: after.last().copied(),
            });
        }
    }
    traces
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test that indexes wrongly fails")]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{START_MS, newest, plate, whole, world};
    use super::*;

    proptest! {
        #[test]
        fn traces_are_the_sightings_around_the_theft_and_zones_count_them(
            world in world(), thefts in proptest::collection::vec((0..7_usize, -10..4_000_i64, proptest::option::of(-10..4_000_i64)), 1..6),
            look_minutes in 1..3_000_i64, has_periods in any::<bool>(),
        ) {
            let thefts: Vec<Theft> = thefts.into_iter().map(|(number, stolen, recovered)| Theft {
                plate: plate(number),
                stolen_ms: START_MS + stolen * 60_000,
                recovered_ms: recovered.map(|minutes| START_MS + minutes * 60_000),
            }).collect();
            let look_ms = look_minutes * 60_000;
            let traces = whole(|limits| traces(&world.view, &thefts, look_ms, limits));
            for (theft, trace) in thefts.iter().zip(&traces) {
                let of_plate = newest(world.all.iter().filter(|row| row.plate == theft.plate).copied());
                let before: Vec<Seen> = of_plate.iter().filter(|row| row.at_ms < theft.stolen_ms && row.at_ms >= theft.stolen_ms - look_ms).copied().collect();
                let end_ms = theft.recovered_ms.unwrap_or(theft.stolen_ms + look_ms);
                let after: Vec<Seen> = of_plate.iter().filter(|row| row.at_ms >= theft.stolen_ms && row.at_ms < end_ms).copied().collect();
                let expected = Trace { theft: *theft, last_before: before.first().copied(), first_after: after.last().copied(), last_after: after.first().copied() };
                prop_assert_eq!(*trace, expected);
            }
            let zoning = Zoning { resolution: 7, look_ms, period_ms: has_periods.then_some(DAY_MS) };
            let zones = whole(|limits| ask(&world.view, &thefts, zoning, limits));
            let located = |seen: Option<Seen>| u32::from(seen.is_some_and(|seen| place_of(&seen, &world.view.sources).is_some()));
            for pick in 0..3_usize {
                let of_zone = |zone: &Zone| [zone.last_seen_before, zone.first_seen_after, zone.last_seen_after][pick];
                let of_trace = |trace: &Trace| located([trace.last_before, trace.first_after, trace.last_after][pick]);
                prop_assert_eq!(zones.iter().map(of_zone).sum::<u32>(), traces.iter().map(of_trace).sum::<u32>());
            }
            for zone in &zones {
                let is_there = |trace: &&Trace| {
                    let at = trace.last_before.and_then(|seen| place_of(&seen, &world.view.sources));
                    let cell = at.and_then(|(lon, lat)| cell_of(lon, lat, h3o::Resolution::Seven));
                    let day = trace.theft.stolen_ms - trace.theft.stolen_ms.rem_euclid(DAY_MS);
                    cell == Some(zone.cell) && (!has_periods || day == zone.period_from_ms)
                };
                prop_assert_eq!(zone.last_seen_before as usize, traces.iter().filter(is_there).count());
            }
        }
    }
}
