//! How did this plate move?
//!
//! A leg that no vehicle can have driven is marked, not left out: two vehicles with one plate look exactly like this, and so
//! does a misread.

use super::area::place_of;
use super::asking::{Asking, in_range};
use super::shape::wgs84;
use super::{Answer, AskError, Limits, View};
use crate::code::PlateCode;
use crate::part::Window;
use crate::row::{DAY_MS, Seen};

/// What counts as a gap, and what as impossible.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// A longer time without a sighting ends a trip.
    pub gap_ms: i64,
    pub speed_max_kmh: f64,
    /// How far apart two places may be and still be seen from one spot: sources state where they stand, not what they see.
    pub place_tolerance_m: f64,
    /// How far two sources' clocks may be apart.
    pub clock_tolerance_ms: i64,
    /// A reading that is less certain is the likelier explanation of an impossible leg than a second vehicle is.
    pub misread_below_pm: u16,
}

impl Default for Judgement {
    fn default() -> Self {
        Self {
            gap_ms: 30 * 60_000,
            speed_max_kmh: 200.0,
            place_tolerance_m: 500.0,
            clock_tolerance_ms: 2_000,
            misread_below_pm: 900,
        }
    }
}

/// One sighting and the way to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    pub seen: Seen,
    /// Longitude, latitude in millionths of a degree; `None` when the source's place is not known.
    pub place_e6: Option<(i32, i32)>,
    /// Counted from 1.
    pub trip: u32,
    /// From the step before; `None` for the first.
    pub leg: Option<Leg>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leg {
    pub took_ms: i64,
    /// Longer than the judgement's gap: this step begins a trip.
    pub is_gap: bool,
    /// Great circle; `None` when one of the places is not known.
    pub distance_m: Option<f64>,
    /// `None` when a place is not known or no time passed.
    pub speed_kmh: Option<f64>,
    /// Set when no vehicle can have driven it, tolerances allowed for.
    pub doubt: Option<Doubt>,
}

/// The likelier explanation of an impossible leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Both readings are certain: two vehicles seem to carry this plate.
    ClonedPlate,
    /// One of the two readings is uncertain: it may have been another plate.
    Misread,
}

/// Sightings of one plate within the window, oldest first, cut into trips.
///
/// # Errors
/// When the window is empty or the judgement makes no sense.
pub fn ask(
    view: &View,
    plate: PlateCode,
    window: Window,
    judgement: Judgement,
    limits: Limits<'_>,
) -> Result<Answer<Step>, AskError> {
    let mut asking = Asking::new(view, window, limits)?;
    in_range("the gap in milliseconds", judgement.gap_ms, 1, 400 * DAY_MS)?;
    in_range("the highest speed in km/h", judgement.speed_max_kmh as i64, 1, 2_000)?;
    in_range("the tolerance of places in metres", judgement.place_tolerance_m as i64, 0, 100_000)?;
    in_range("the tolerance of clocks in milliseconds", judgement.clock_tolerance_ms, 0, DAY_MS)?;
    asking.announce(&[plate], window);
    let rows = asking.all_of_plate(plate, window);
    let mut steps: Vec<Step> = Vec::with_capacity(rows.len());
    for seen in rows {
        let place_e6 = place_of(&seen, &view.sources);
        let leg = steps.last().map(|from| judge(from, &seen, place_e6, &judgement));
        let trip = steps.last().map_or(1, |from| from.trip + u32::from(leg.is_some_and(|leg| leg.is_gap)));
        steps.push(Step { seen, place_e6, trip, leg });
    }
    Ok(asking.answer(steps))
}

/// The way over some of the steps, as if there had been no others: a step that is not shown leaves no trace in those that are.
#[must_use]
pub fn over(steps: Vec<Step>, judgement: &Judgement) -> Vec<Step> {
    let mut again: Vec<Step> = Vec::with_capacity(steps.len());
    for step in steps {
        let leg = again.last().map(|from| judge(from, &step.seen, step.place_e6, judgement));
        let trip = again.last().map_or(1, |from| from.trip + u32::from(leg.is_some_and(|leg| leg.is_gap)));
        again.push(Step { trip, leg, ..step });
    }
    again
}

fn judge(from: &Step, to: &Seen, place_e6: Option<(i32, i32)>, judgement: &Judgement) -> Leg {
    let took_ms = to.at_ms - from.seen.at_ms;
    let distance_m = from.place_e6.zip(place_e6).and_then(|(a, b)| {
        if a == b {
            return Some(0.0);
        }
        Some(wgs84(a.0, a.1).ok()?.distance_m(wgs84(b.0, b.1).ok()?))
    });
    let hours = |ms: i64| ms as f64 / 3_600_000.0;
    let speed_kmh = distance_m.filter(|_| took_ms > 0).map(|metres| metres / 1_000.0 / hours(took_ms));
    // Compared as distances: no division by a time of zero.
    let reach_m = judgement.place_tolerance_m
        + judgement.speed_max_kmh * 1_000.0 * hours(took_ms.saturating_add(judgement.clock_tolerance_ms));
    let is_uncertain = from.seen.confidence_pm.min(to.confidence_pm) < judgement.misread_below_pm;
    let doubt =
        distance_m.filter(|metres| *metres > reach_m).map(|_| if is_uncertain { Doubt::Misread } else { Doubt::ClonedPlate });
    Leg { took_ms, is_gap: took_ms > judgement.gap_ms, distance_m, speed_kmh, doubt }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shouhu_place::Wgs84;

    use super::super::testing::{at_most, half_damaged, newest, plate, sources, whole, window, world};
    use super::*;
    use crate::row::AT_SOURCE;

    proptest! {
        #[test]
        fn a_trajectory_is_the_history_forwards_with_gaps_and_impossible_legs_marked(
            world in world(), window in window(), number in 0..7_usize, gap_s in 1..4_000_i64, speed_max_kmh in 1.0..300.0_f64,
        ) {
            let asked = plate(number);
            let judgement = Judgement { gap_ms: gap_s * 1_000, speed_max_kmh, ..Judgement::default() };
            let mut history = newest(world.all.iter().filter(|row| row.plate == asked && window.holds(row.at_ms)).copied());
            history.reverse();
            let steps = whole(|limits| ask(&world.view, asked, window, judgement, limits));
            prop_assert_eq!(over(steps.clone(), &judgement), steps.clone());
            let odd: Vec<Step> = over(steps.iter().copied().skip(1).step_by(2).collect(), &judgement);
            prop_assert!(odd.first().is_none_or(|step| step.leg.is_none() && step.trip == 1));
            prop_assert!(odd.windows(2).all(|pair| pair[1].leg.is_some_and(|leg| leg.took_ms == pair[1].seen.at_ms - pair[0].seen.at_ms)));
            prop_assert_eq!(steps.iter().map(|step| step.seen).collect::<Vec<_>>(), history);
            let place = |seen: &Seen| {
                let (lon, lat) = if seen.lon_e6 == AT_SOURCE { sources().place_e6(seen.source)? } else { (seen.lon_e6, seen.lat_e6) };
                Wgs84::new(f64::from(lon) / 1e6, f64::from(lat) / 1e6).ok()
            };
            let mut trip = 1;
            prop_assert!(steps.first().is_none_or(|step| step.leg.is_none() && step.trip == 1));
            for pair in steps.windows(2) {
                let [from, to] = pair else { continue };
                let Some(leg) = to.leg else { panic!("every step but the first has a leg") };
                let took_ms = to.seen.at_ms - from.seen.at_ms;
                trip += u32::from(took_ms > gap_s * 1_000);
                prop_assert_eq!((to.trip, leg.took_ms, leg.is_gap), (trip, took_ms, took_ms > gap_s * 1_000));
                let distance_m = place(&from.seen).zip(place(&to.seen)).map(|(a, b)| a.distance_m(b));
                prop_assert!(distance_m.is_some() == leg.distance_m.is_some());
                let over = distance_m.map_or(0.0, |distance_m| distance_m - 500.0);
                let is_impossible = over / 1_000.0 > speed_max_kmh * (took_ms + 2_000) as f64 / 3.6e6;
                let is_uncertain = from.seen.confidence_pm < 900 || to.seen.confidence_pm < 900;
                let expected = is_impossible.then_some(if is_uncertain { Doubt::Misread } else { Doubt::ClonedPlate });
                prop_assert_eq!(leg.doubt, expected);
            }
        }
    }

    #[test]
    fn a_judgement_that_makes_no_sense_is_refused() {
        let (_, world) = half_damaged();
        let judgement = Judgement { speed_max_kmh: f64::NAN, ..Judgement::default() };
        let refused = ask(&world.view, plate(0), super::super::testing::everything(), judgement, at_most(1));
        assert_eq!(refused.map_err(|error| error.key()), Err("lake.ask.out_of_range"));
    }
}
