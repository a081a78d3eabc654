//! A plan in the making: every unit's visits at their soonest times, and whether one more fits.

#![expect(
    clippy::indexing_slicing,
    reason = "stops and units are counted when the patrol is checked; the search indexes by them"
)]

use super::model::{Kind, Patrol, Window};

/// Every time is inside this one.
const ALWAYS: Window = Window { from_s: i64::MIN / 4, until_s: i64::MAX / 4 };

/// What chance has drawn for this plan: how long each stop's visits last, and how much each is to the liking of each unit, and when.
#[derive(Debug, Clone)]
pub(super) struct Drawn {
    pub dwell_s: Vec<i64>,
    /// Unit by unit; multiplies the risk.
    pub taste: Vec<f64>,
    pub liked_time_s: Vec<i64>,
    /// What the farthest from the liked time costs, 0 to 1.
    pub time_weight: f64,
    pub horizon_s: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Leg {
    pub stop: u32,
    pub arrive_s: i64,
    pub leave_s: i64,
    /// The latest arrival from which the rest of the tour still works out.
    pub latest_s: i64,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Route {
    pub legs: Vec<Leg>,
    pub dwell_s: i64,
    pub end_s: i64,
}

#[derive(Debug, Clone)]
pub(super) struct Draft<'a> {
    pub patrol: &'a Patrol,
    pub drawn: &'a Drawn,
    pub routes: Vec<Route>,
    /// By stop: every visit's unit, arrival and leaving.
    pub visits: Vec<Vec<(u32, i64, i64)>>,
    /// By stop, of its village; shared through `village_of`.
    village_dwell_s: Vec<i64>,
    village_cap_s: Vec<i64>,
    village_of: Vec<u32>,
}

/// Why one more visit does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    VillageCap { left_s: i64 },
    UnitCap { left_s: i64 },
    Window { short_s: i64 },
    Shift { short_s: i64 },
    Gap,
}

/// A turn that fits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    pub arrive_s: i64,
    /// Travel added.
    pub detour_s: i64,
}

impl<'a> Draft<'a> {
    pub fn empty(patrol: &'a Patrol, drawn: &'a Drawn) -> Self {
        let mut villages: Vec<_> = patrol.stops().iter().map(|stop| stop.village).collect();
        villages.sort_unstable();
        villages.dedup();
        let village_of =
            patrol.stops().iter().map(|stop| villages.partition_point(|&other| other < stop.village) as u32).collect();
        let mut draft = Self {
            patrol,
            drawn,
            routes: vec![Route::default(); patrol.units().len()],
            visits: vec![Vec::new(); patrol.stops().len()],
            village_dwell_s: vec![0; villages.len()],
            village_cap_s: villages.iter().map(|&village| patrol.village_cap_s(village)).collect(),
            village_of,
        };
        for unit in 0..draft.routes.len() {
            draft.retime(unit);
        }
        draft
    }

    pub fn window(&self, stop: u32) -> Window {
        match self.patrol.stops()[stop as usize].kind {
            Kind::Box { window } => window,
            Kind::HotSpot { not_before_s, .. } => Window { from_s: not_before_s, ..ALWAYS },
        }
    }

    pub fn visits_max(&self, stop: u32) -> usize {
        match self.patrol.stops()[stop as usize].kind {
            Kind::Box { .. } => 1,
            Kind::HotSpot { visits_max, .. } => visits_max as usize,
        }
    }

    fn place(&self, stop: u32) -> u32 {
        self.patrol.stops()[stop as usize].place
    }

    /// Where the unit is before its visit number `at`, and from when it is free.
    fn before(&self, unit: usize, at: usize) -> (u32, i64) {
        match at.checked_sub(1).and_then(|i| self.routes[unit].legs.get(i)) {
            Some(leg) => (self.place(leg.stop), leg.leave_s),
            None => (self.patrol.units()[unit].start, self.patrol.units()[unit].shift.from_s),
        }
    }

    /// Where the unit goes at its visit number `at`, and the latest it may be there.
    fn after(&self, unit: usize, at: usize) -> (u32, i64) {
        match self.routes[unit].legs.get(at) {
            Some(leg) => (self.place(leg.stop), leg.latest_s),
            None => (self.patrol.units()[unit].end, self.patrol.units()[unit].shift.until_s),
        }
    }

    /// Whether `stop` fits into the unit's tour as its visit number `at`.
    pub fn fits(&self, unit: usize, at: usize, stop: u32) -> Result<Turn, Block> {
        let dwell_s = self.drawn.dwell_s[stop as usize];
        let village = self.village_of[stop as usize] as usize;
        let left_s = self.village_cap_s[village].saturating_sub(self.village_dwell_s[village]);
        if dwell_s > left_s {
            return Err(Block::VillageCap { left_s });
        }
        let left_s = self.patrol.units()[unit].dwell_s_max - self.routes[unit].dwell_s;
        if dwell_s > left_s {
            return Err(Block::UnitCap { left_s });
        }
        let travel = self.patrol.travel();
        let ((from, free_s), (to, latest_s)) = (self.before(unit, at), self.after(unit, at));
        let place = self.place(stop);
        let (there_s, on_s) = (travel.between(from, place), travel.between(place, to));
        let window = self.window(stop);
        let arrive_s = (free_s + there_s).max(window.from_s);
        if arrive_s > window.until_s {
            return Err(Block::Window { short_s: arrive_s - window.until_s });
        }
        let next_s = arrive_s + dwell_s + on_s;
        if next_s > latest_s {
            return Err(Block::Shift { short_s: next_s - latest_s });
        }
        if !self.keeps_gaps(unit, at, stop, arrive_s) {
            return Err(Block::Gap);
        }
        Ok(Turn { arrive_s, detour_s: there_s + on_s - travel.between(from, to) })
    }

    /// Whether every revisit gap holds when `stop` comes in at `arrive_s` and pushes the rest of the tour back.
    fn keeps_gaps(&self, unit: usize, at: usize, stop: u32, arrive_s: i64) -> bool {
        let legs = &self.routes[unit].legs;
        let is_repeated = |other: u32| other == stop || self.visits[other as usize].len() > 1;
        if self.visits[stop as usize].is_empty() && !legs[at..].iter().any(|leg| is_repeated(leg.stop)) {
            return true;
        }
        let mut times: Vec<(u32, i64, i64)> = legs[..at].iter().map(|leg| (leg.stop, leg.arrive_s, leg.leave_s)).collect();
        let leave_s = arrive_s + self.drawn.dwell_s[stop as usize];
        times.push((stop, arrive_s, leave_s));
        let (mut place, mut free_s) = (self.place(stop), leave_s);
        for leg in &legs[at..] {
            let here = self.place(leg.stop);
            let arrive_s = (free_s + self.patrol.travel().between(place, here)).max(self.window(leg.stop).from_s);
            (place, free_s) = (here, arrive_s + self.drawn.dwell_s[leg.stop as usize]);
            times.push((leg.stop, arrive_s, free_s));
        }
        times.iter().enumerate().filter(|(_, time)| is_repeated(time.0)).all(|(i, a)| {
            let of_others = self.visits[a.0 as usize].iter().filter(|visit| visit.0 as usize != unit);
            let own = times.iter().skip(i + 1).filter(|b| b.0 == a.0);
            of_others.chain(own).all(|b| self.is_apart((a.1, a.2), (b.1, b.2)))
        })
    }

    /// Whether two visits, each from and to, lie the revisit gap apart.
    fn is_apart(&self, a: (i64, i64), b: (i64, i64)) -> bool {
        a.0 - b.1 >= self.gap_s() || b.0 - a.1 >= self.gap_s()
    }

    fn gap_s(&self) -> i64 {
        self.patrol.rules().revisit_gap_s
    }

    pub fn insert(&mut self, unit: usize, at: usize, stop: u32) {
        self.routes[unit].legs.insert(at, Leg { stop, arrive_s: 0, leave_s: 0, latest_s: 0 });
        self.routes[unit].dwell_s += self.drawn.dwell_s[stop as usize];
        self.village_dwell_s[self.village_of[stop as usize] as usize] += self.drawn.dwell_s[stop as usize];
        self.retime(unit);
    }

    /// Takes the legs off that `goes` names; the rest moves up.
    pub fn remove(&mut self, unit: usize, mut goes: impl FnMut(usize, u32) -> bool) {
        let legs = std::mem::take(&mut self.routes[unit].legs);
        for (i, leg) in legs.into_iter().enumerate() {
            if goes(i, leg.stop) {
                self.routes[unit].dwell_s -= self.drawn.dwell_s[leg.stop as usize];
                self.village_dwell_s[self.village_of[leg.stop as usize] as usize] -= self.drawn.dwell_s[leg.stop as usize];
                self.visits[leg.stop as usize].retain(|visit| visit.0 as usize != unit);
            } else {
                self.routes[unit].legs.push(leg);
            }
        }
        self.retime(unit);
    }

    /// Soonest times forward, latest backward, and the stops' lists of visits.
    fn retime(&mut self, unit: usize) {
        let shift = self.patrol.units()[unit].shift;
        let mut legs = std::mem::take(&mut self.routes[unit].legs);
        for leg in &legs {
            self.visits[leg.stop as usize].retain(|visit| visit.0 as usize != unit);
        }
        let (mut place, mut free_s) = (self.patrol.units()[unit].start, shift.from_s);
        for leg in &mut legs {
            let here = self.place(leg.stop);
            leg.arrive_s = (free_s + self.patrol.travel().between(place, here)).max(self.window(leg.stop).from_s);
            leg.leave_s = leg.arrive_s + self.drawn.dwell_s[leg.stop as usize];
            self.visits[leg.stop as usize].push((unit as u32, leg.arrive_s, leg.leave_s));
            (place, free_s) = (here, leg.leave_s);
        }
        let home = self.patrol.units()[unit].end;
        self.routes[unit].end_s = free_s + self.patrol.travel().between(place, home);
        let (mut next, mut latest_s) = (home, shift.until_s);
        for leg in legs.iter_mut().rev() {
            let here = self.place(leg.stop);
            let leave_by_s = latest_s - self.patrol.travel().between(here, next);
            leg.latest_s = (leave_by_s - self.drawn.dwell_s[leg.stop as usize]).min(self.window(leg.stop).until_s);
            (next, latest_s) = (here, leg.latest_s);
        }
        self.routes[unit].legs = legs;
    }

    /// Takes off visits that have moved up into another visit's gap; each round takes one, so it ends.
    pub fn mend_gaps(&mut self) {
        while let Some(stop) = (0..self.visits.len() as u32).find(|&stop| !self.stop_gaps_hold(stop)) {
            let Some(&(unit, arrive_s, _)) = self.visits[stop as usize].last() else { break };
            let unit = unit as usize;
            let at = self.routes[unit].legs.iter().position(|leg| leg.stop == stop && leg.arrive_s == arrive_s);
            self.remove(unit, |i, _| Some(i) == at);
        }
    }

    fn stop_gaps_hold(&self, stop: u32) -> bool {
        let visits = &self.visits[stop as usize];
        visits.iter().enumerate().all(|(i, a)| visits.iter().skip(i + 1).all(|b| self.is_apart((a.1, a.2), (b.1, b.2))))
    }

    /// What one visit is worth to the search: risk, as chance has coloured it.
    pub fn worth(&self, unit: usize, stop: u32, arrive_s: i64, earlier_visits: usize) -> f64 {
        let drawn = self.drawn;
        let away = (arrive_s - drawn.liked_time_s[stop as usize]).abs() as f64 / drawn.horizon_s;
        let taste = drawn.taste[unit * self.visits.len() + stop as usize];
        self.risk(stop, earlier_visits) * taste * (1.0 - drawn.time_weight * away.min(1.0))
    }

    /// The risk one more visit covers.
    pub fn risk(&self, stop: u32, earlier_visits: usize) -> f64 {
        self.patrol.stops()[stop as usize].risk * self.patrol.rules().repeat_worth.powi(earlier_visits as i32)
    }

    /// The worth of the whole draft.
    pub fn total_worth(&self) -> f64 {
        let mut counted = vec![0; self.visits.len()];
        let mut total = 0.0;
        for (unit, route) in self.routes.iter().enumerate() {
            for leg in &route.legs {
                total += self.worth(unit, leg.stop, leg.arrive_s, counted[leg.stop as usize]);
                counted[leg.stop as usize] += 1;
            }
        }
        total
    }

    pub fn missing_boxes(&self) -> impl Iterator<Item = u32> {
        let is_box = |stop: u32| matches!(self.patrol.stops()[stop as usize].kind, Kind::Box { .. });
        (0..self.visits.len() as u32).filter(move |&stop| self.visits[stop as usize].is_empty() && is_box(stop))
    }
}
