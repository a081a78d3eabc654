//! Holds a plan against its question, from the visits alone: none of the search's own sums are believed.

use thiserror::Error;

use super::model::{Kind, Patrol, StopNo, UnitNo, Village};
use super::plan::{Plan, UnitTour};

/// The first rule that a plan breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Breach {
    #[error("the plan has {tours} tours for {units} units, or not in their order")]
    Units { tours: usize, units: usize },
    #[error("unit {unit:?} is sent to stop {stop:?}, which does not exist")]
    NoSuchStop { unit: UnitNo, stop: StopNo },
    #[error("unit {unit:?} arrives at its stop number {visit} at {arrive_s} s and cannot be there before {possible_s} s")]
    TooSoon { unit: UnitNo, visit: usize, arrive_s: i64, possible_s: i64 },
    #[error("unit {unit:?} is outside its shift")]
    Shift { unit: UnitNo },
    #[error("unit {unit:?} stands {dwell_s} s at stop {stop:?}, which asks for another span")]
    Dwell { unit: UnitNo, stop: StopNo, dwell_s: i64 },
    #[error("unit {unit:?} stands {dwell_s} s in all, above its cap")]
    UnitCap { unit: UnitNo, dwell_s: i64 },
    #[error("village {village:?} gets {dwell_s} s, above its cap")]
    VillageCap { village: Village, dwell_s: i64 },
    #[error("stop {stop:?} is visited outside its window")]
    Window { stop: StopNo },
    #[error("stop {stop:?} gets {visits} visits, which is not what it asks for")]
    Visits { stop: StopNo, visits: u32 },
    #[error("stop {stop:?} is visited again after {gap_s} s")]
    RevisitGap { stop: StopNo, gap_s: i64 },
}

impl Plan {
    /// # Errors
    /// The first rule broken, in the order of units, then stops, then villages.
    pub fn check(&self, patrol: &Patrol) -> Result<(), Breach> {
        let (tours, units) = (self.tours.len(), patrol.units().len());
        if tours != units || (0..).zip(&self.tours).any(|(i, tour)| tour.unit != UnitNo(i)) {
            return Err(Breach::Units { tours, units });
        }
        self.tours.iter().try_for_each(|tour| check_tour(patrol, tour))?;
        patrol.numbered_stops().try_for_each(|(stop_no, _)| self.check_stop(patrol, stop_no))?;
        patrol.stops().iter().try_for_each(|stop| self.check_village(patrol, stop.village))
    }

    fn check_stop(&self, patrol: &Patrol, stop_no: StopNo) -> Result<(), Breach> {
        let Some(stop) = patrol.stops().get(stop_no.0 as usize) else { return Ok(()) };
        let visits = self.tours.iter().flat_map(|tour| &tour.visits).filter(|visit| visit.stop == stop_no);
        let mut times: Vec<(i64, i64)> = visits.map(|visit| (visit.arrive_s, visit.leave_s)).collect();
        times.sort_unstable();
        let visits = times.len() as u32;
        match stop.kind {
            Kind::HotSpot { visits_max, .. } if visits > visits_max => return Err(Breach::Visits { stop: stop_no, visits }),
            Kind::Box { .. } if visits != 1 => return Err(Breach::Visits { stop: stop_no, visits }),
            Kind::Box { window } => {
                if times.iter().any(|&(arrive_s, _)| arrive_s < window.from_s || arrive_s > window.until_s) {
                    return Err(Breach::Window { stop: stop_no });
                }
            }
            Kind::HotSpot { not_before_s, .. } => {
                if times.iter().any(|&(arrive_s, _)| arrive_s < not_before_s) {
                    return Err(Breach::Window { stop: stop_no });
                }
            }
        }
        for pair in times.windows(2) {
            if let &[(_, left_s), (arrive_s, _)] = pair
                && arrive_s - left_s < patrol.rules().revisit_gap_s
            {
                return Err(Breach::RevisitGap { stop: stop_no, gap_s: arrive_s - left_s });
            }
        }
        Ok(())
    }

    fn check_village(&self, patrol: &Patrol, village: Village) -> Result<(), Breach> {
        let stands_in = |no: StopNo| patrol.stops().get(no.0 as usize).is_some_and(|stop| stop.village == village);
        let visits = self.tours.iter().flat_map(|tour| &tour.visits).filter(|visit| stands_in(visit.stop));
        let dwell_s = visits.map(|visit| visit.leave_s - visit.arrive_s).sum();
        if dwell_s > patrol.village_cap_s(village) { Err(Breach::VillageCap { village, dwell_s }) } else { Ok(()) }
    }
}

fn check_tour(patrol: &Patrol, tour: &UnitTour) -> Result<(), Breach> {
    let unit_no = tour.unit;
    let Some(unit) = patrol.units().get(unit_no.0 as usize) else { return Ok(()) };
    let (mut place, mut free_s, mut dwelt_s) = (unit.start, tour.left_start_s, 0);
    if tour.left_start_s < unit.shift.from_s {
        return Err(Breach::Shift { unit: unit_no });
    }
    for (i, visit) in tour.visits.iter().enumerate() {
        let stop = patrol.stops().get(visit.stop.0 as usize).ok_or(Breach::NoSuchStop { unit: unit_no, stop: visit.stop })?;
        let possible_s = free_s + patrol.travel().between(place, stop.place);
        if visit.arrive_s < possible_s {
            return Err(Breach::TooSoon { unit: unit_no, visit: i + 1, arrive_s: visit.arrive_s, possible_s });
        }
        let dwell_s = visit.leave_s - visit.arrive_s;
        if dwell_s < stop.dwell.min_s || dwell_s > stop.dwell.max_s {
            return Err(Breach::Dwell { unit: unit_no, stop: visit.stop, dwell_s });
        }
        dwelt_s += dwell_s;
        (place, free_s) = (stop.place, visit.leave_s);
    }
    if tour.at_end_s < free_s + patrol.travel().between(place, unit.end) || tour.at_end_s > unit.shift.until_s {
        return Err(Breach::Shift { unit: unit_no });
    }
    if dwelt_s > unit.dwell_s_max { Err(Breach::UnitCap { unit: unit_no, dwell_s: dwelt_s }) } else { Ok(()) }
}
