//! A unit's duty and way: off, idle (and patrolling), en route, on scene, clear again.

use shouhu_ids::{Micros, UnitId};

use super::world::{PlaceNo, World};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Off,
    Idle,
    EnRoute { call: usize },
    OnScene { call: usize },
}

/// A drive from one place to another.
#[derive(Debug, Clone)]
pub(super) struct Motion {
    start_s: f64,
    whole_s: f64,
    metres: f64,
    /// Seconds at the speed limits from the start, and the place that is passed then.
    way: Vec<(f32, PlaceNo)>,
}

impl Motion {
    /// `whole_s`: how long the drive really takes.
    pub fn new(world: &World, from: PlaceNo, to: PlaceNo, start_s: f64, whole_s: f64) -> Self {
        Self { start_s, whole_s, metres: world.metres(from, to).unwrap_or(0.0), way: world.way(from, to) }
    }

    fn share(&self, now_s: f64) -> f64 {
        if self.whole_s <= 0.0 { 1.0 } else { ((now_s - self.start_s) / self.whole_s).clamp(0.0, 1.0) }
    }

    pub fn driven_m(&self, now_s: f64) -> f64 {
        self.metres * self.share(now_s)
    }

    /// The place on the way that is nearest in time.
    pub fn place(&self, now_s: f64) -> Option<PlaceNo> {
        let (last_s, last) = *self.way.last()?;
        let share = self.share(now_s);
        if share >= 1.0 {
            return Some(last);
        }
        let mark_s = (f64::from(last_s) * share) as f32;
        let after = self.way.partition_point(|(s, _)| *s < mark_s);
        let passed = after.checked_sub(1).and_then(|before| self.way.get(before));
        let ahead = self.way.get(after);
        let nearest = [passed, ahead].into_iter().flatten().min_by(|a, b| (a.0 - mark_s).abs().total_cmp(&(b.0 - mark_s).abs()));
        nearest.map(|(_, place)| *place)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub id: UnitId,
    pub phase: Phase,
    /// Where it stands when it does not drive.
    pub place: PlaceNo,
    pub motion: Option<Motion>,
    /// Around which it patrols.
    pub anchor: PlaceNo,
    /// On its way to a new anchor.
    pub is_moving_up: bool,
    /// What the room last heard.
    pub reported: (PlaceNo, f64),
    pub on_since_s: f64,
    pub off_at_s: f64,
    pub clear_since_s: Option<f64>,
    /// Raised with each change of plan: what was scheduled before is void.
    pub epoch: u32,
    pub legs: u64,
    pub metres: f64,
}

impl Unit {
    pub fn new(number: usize, station: PlaceNo) -> Self {
        Self {
            id: UnitId::new(Micros(number as i64 * 1_000), [0; 16]),
            phase: Phase::Off,
            place: station,
            motion: None,
            anchor: station,
            is_moving_up: false,
            reported: (station, 0.0),
            on_since_s: 0.0,
            off_at_s: 0.0,
            clear_since_s: None,
            epoch: 0,
            legs: 0,
            metres: 0.0,
        }
    }

    pub fn place_at(&self, now_s: f64) -> PlaceNo {
        self.motion.as_ref().and_then(|motion| motion.place(now_s)).unwrap_or(self.place)
    }

    /// Ends a drive where it is, arrived or not.
    pub fn stop(&mut self, now_s: f64) {
        self.place = self.place_at(now_s);
        if let Some(motion) = self.motion.take() {
            self.metres += motion.driven_m(now_s);
        }
        self.is_moving_up = false;
    }

    pub fn report(&mut self, now_s: f64) {
        self.reported = (self.place_at(now_s), now_s);
    }
}
