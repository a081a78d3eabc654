//! Where units are: the newest fix of each in memory, written down at most every ten seconds, streamed twice a second.
//!
//! A fix that is not newer than the known one is ignored. A fix that would need more than 300 km/h is refused; but when
//! three in a row agree with each other, it is the known one that was wrong, and they are believed.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use shouhu_events::{Event, UnitMoved};
use shouhu_ids::{Micros, UnitId};
use shouhu_module::ports::UnitPlaces;
use shouhu_module::{App, Keyed};
use shouhu_place::Wgs84;
use shouhu_store::{Store, StoreError, Tx, params};
use shouhu_wire::{ReportPosition, Unit};
use tokio::sync::Notify;

/// Faster than this no patrol car is.
pub const SPEED_MAX_KMH: f64 = 300.0;
/// Farther than this from every road of the map a unit is where no car goes: in the sea, on a mountain, or in a wrong fix.
pub const OFF_ROAD_M: f64 = 500.0;
/// How far a phone's clock may be ahead of ours.
pub const AHEAD_MAX_US: i64 = Micros::MINUTE;
/// Phone fixes scatter by so much even when nobody moves.
const SCATTER_M: f64 = 100.0;
/// So many fixes in a row that agree with each other outvote the known one.
const OUTVOTED_BY: u32 = 3;
const PERSIST_EVERY_US: i64 = 10 * Micros::SECOND;
/// Units of one transaction, and how often it is looked whether some are due.
const PERSIST_AT_ONCE: usize = 2_000;
const PERSIST_LOOK: Duration = Duration::from_secs(1);
/// Two streamed facts per second are as many as an eye can use.
const STREAM_EVERY: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fix {
    pub position: Wgs84,
    pub measured_at: Micros,
    pub accuracy_m: Option<f64>,
    pub heading_deg: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FixError {
    #[error("position {:.4}, {:.4} is outside the country: the phone has no fix, or longitude and latitude are swapped", .0.lon, .0.lat)]
    Outside(Wgs84),
    #[error("position was measured {ahead_s} s in the future: set the device's clock")]
    FromTheFuture { ahead_s: i64 },
    #[error("position is {distance_m:.0} m from the one {elapsed_s:.0} s before, which is {speed_kmh:.0} km/h: it is not believed")]
    Jump { distance_m: f64, elapsed_s: f64, speed_kmh: f64 },
    #[error("accuracy {0} m is not a positive length")]
    Accuracy(f64),
    #[error("heading {0} is not within 0 and 360 degrees")]
    Heading(f64),
}

impl Keyed for FixError {
    fn key(&self) -> &'static str {
        match self {
            Self::Outside(_) => "dispatch.position.outside",
            Self::FromTheFuture { .. } => "dispatch.position.from_the_future",
            Self::Jump { .. } => "dispatch.position.jump",
            Self::Accuracy(_) => "dispatch.position.accuracy",
            Self::Heading(_) => "dispatch.position.heading",
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

impl Fix {
    /// # Errors
    /// When it cannot have been measured like that by now.
    pub fn checked(report: &ReportPosition, now: Micros) -> Result<Self, FixError> {
        if !report.position.is_in_country() {
            return Err(FixError::Outside(report.position));
        }
        let measured_at = Micros(report.measured_at_us);
        let ahead_us = measured_at.since(now);
        if ahead_us > AHEAD_MAX_US {
            return Err(FixError::FromTheFuture { ahead_s: ahead_us / Micros::SECOND });
        }
        if let Some(accuracy_m) = report.accuracy_m.filter(|m| !m.is_finite() || *m < 0.0) {
            return Err(FixError::Accuracy(accuracy_m));
        }
        if let Some(heading_deg) = report.heading_deg.filter(|deg| !(0.0..=360.0).contains(deg)) {
            return Err(FixError::Heading(heading_deg));
        }
        // A clock that is slightly ahead must not make later fixes of a right clock look old.
        let measured_at = measured_at.min(now);
        Ok(Self { position: report.position, measured_at, accuracy_m: report.accuracy_m, heading_deg: report.heading_deg })
    }

    /// The speed that it would take to get from `earlier` to here, when no unit can have gone as fast.
    fn jump_from(&self, earlier: &Self) -> Option<FixError> {
        let between_m = earlier.position.distance_m(self.position);
        let scatter_m = SCATTER_M.max(self.accuracy_m.unwrap_or(0.0) + earlier.accuracy_m.unwrap_or(0.0));
        let distance_m = (between_m - scatter_m).max(0.0);
        #[allow(clippy::cast_precision_loss, reason = "an interval in microseconds is far below 2^52")]
        let elapsed_s = (self.measured_at.since(earlier.measured_at) as f64 / 1e6).max(0.001);
        let speed_kmh = distance_m / elapsed_s * 3.6;
        (speed_kmh > SPEED_MAX_KMH).then_some(FixError::Jump { distance_m: between_m, elapsed_s, speed_kmh })
    }
}

/// The fix that is believed, and the last one that was not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Believed {
    pub fix: Fix,
    /// The last refused fix, and how many in a row agree with it.
    pub doubted: Option<(Fix, u32)>,
}

impl Believed {
    pub const fn first(fix: Fix) -> Self {
        Self { fix, doubted: None }
    }

    /// Whether it became the one that is believed; one that is not newer than that does not.
    ///
    /// # Errors
    /// When nobody can have got there from the one that is believed.
    pub fn take(&mut self, fix: Fix) -> Result<bool, FixError> {
        if fix.measured_at <= self.fix.measured_at {
            return Ok(false);
        }
        if let Some(jump) = fix.jump_from(&self.fix) {
            let agreeing = match self.doubted {
                Some((doubted, _)) if fix.measured_at <= doubted.measured_at => return Err(jump),
                Some((doubted, count)) if fix.jump_from(&doubted).is_none() => count + 1,
                _ => 1,
            };
            if agreeing < OUTVOTED_BY {
                self.doubted = Some((fix, agreeing));
                return Err(jump);
            }
        }
        *self = Self::first(fix);
        Ok(true)
    }
}

struct Track {
    believed: Believed,
    /// Set where it lies so far from every road that it is doubtful.
    off_road_m: Option<f64>,
    /// When the fix was last written down.
    persisted_at: Option<Micros>,
    is_moved: bool,
}

impl Track {
    /// The fix as it is shown and ranked: one far from every road is known no better than to the nearest one. Whether a unit can have
    /// got there is judged by what its device said.
    fn shown(&self) -> Fix {
        let fix = self.believed.fix;
        let accuracy_m = match self.off_road_m {
            Some(off_m) => Some(fix.accuracy_m.unwrap_or(0.0).max(off_m)),
            None => fix.accuracy_m,
        };
        Fix { accuracy_m, ..fix }
    }
}

/// What became of a fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Not newer than the known one.
    Older,
    Newest { is_due: bool },
}

#[derive(Default)]
pub struct Positions {
    tracks: Mutex<HashMap<UnitId, Track>>,
    moved: Notify,
    /// Units whose newest fix waits to be written down together with others.
    due: Mutex<BTreeSet<UnitId>>,
}

impl Positions {
    fn tracks(&self) -> MutexGuard<'_, HashMap<UnitId, Track>> {
        self.tracks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was known before the restart.
    pub fn remember(&self, units: &[Unit]) {
        let mut tracks = self.tracks();
        for unit in units {
            let (Some(position), Some(measured_at)) = (unit.position, unit.position_at_us) else { continue };
            let fix = Fix { position, measured_at, accuracy_m: unit.accuracy_m, heading_deg: unit.heading_deg };
            let believed = Believed::first(fix);
            tracks.entry(unit.id).or_insert(Track { believed, off_road_m: None, persisted_at: None, is_moved: false });
        }
    }

    /// # Errors
    /// When the unit cannot have got there.
    pub fn take(&self, unit: UnitId, fix: Fix, now: Micros) -> Result<Taken, FixError> {
        self.take_beside(unit, fix, None, now)
    }

    /// As `take`, for a fix whose distance from the nearest road is known.
    ///
    /// # Errors
    /// When the unit cannot have got there.
    pub fn take_beside(&self, unit: UnitId, fix: Fix, road_m: Option<f64>, now: Micros) -> Result<Taken, FixError> {
        let off_road_m = road_m.filter(|metres| *metres > OFF_ROAD_M);
        let mut tracks = self.tracks();
        let Some(track) = tracks.get_mut(&unit) else {
            let believed = Believed::first(fix);
            tracks.insert(unit, Track { believed, off_road_m, persisted_at: Some(now), is_moved: true });
            self.moved.notify_one();
            return Ok(Taken::Newest { is_due: true });
        };
        if !track.believed.take(fix)? {
            return Ok(Taken::Older);
        }
        track.off_road_m = off_road_m;
        track.is_moved = true;
        let is_due = track.persisted_at.is_none_or(|at| now.since(at) >= PERSIST_EVERY_US);
        if is_due {
            track.persisted_at = Some(now);
        }
        self.moved.notify_one();
        Ok(Taken::Newest { is_due })
    }

    #[must_use]
    pub fn fix(&self, unit: UnitId) -> Option<Fix> {
        self.tracks().get(&unit).map(Track::shown)
    }

    /// Units that moved since the last call, each once.
    #[must_use]
    pub fn drain_moved(&self) -> Vec<UnitMoved> {
        let mut tracks = self.tracks();
        let moved = tracks.iter_mut().filter_map(|(unit, track)| {
            let fix = track.shown();
            std::mem::take(&mut track.is_moved).then_some(UnitMoved {
                unit: *unit,
                position: fix.position,
                heading_deg: fix.heading_deg,
                accuracy_m: fix.accuracy_m,
                measured_at_us: fix.measured_at,
            })
        });
        moved.collect()
    }

    /// Puts the newest position into a unit that was read from disk.
    pub fn overlay(&self, unit: &mut Unit) {
        let Some(fix) = self.fix(unit.id) else { return };
        if unit.position_at_us.is_none_or(|at| at <= fix.measured_at) {
            unit.position = Some(fix.position);
            unit.position_at_us = Some(fix.measured_at);
            unit.accuracy_m = fix.accuracy_m;
            unit.heading_deg = fix.heading_deg;
        }
    }

    /// Writes the newest position of a unit down, unless a newer one is there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn persist(&self, store: &Store, unit: UnitId) -> Result<(), StoreError> {
        let mut tx = store.begin().await?;
        self.write(&mut tx, unit).await?;
        tx.commit().await
    }

    async fn write(&self, tx: &mut Tx, unit: UnitId) -> Result<(), StoreError> {
        let Some(fix) = self.fix(unit) else { return Ok(()) };
        tx.execute(
            "UPDATE dispatch_unit SET lon = $1, lat = $2, position_at_us = $3, accuracy_m = $4, heading_deg = $5 \
             WHERE id = $6 AND (position_at_us IS NULL OR position_at_us < $3)",
            params![fix.position.lon, fix.position.lat, fix.measured_at, fix.accuracy_m, fix.heading_deg, unit],
        )
        .await
        .map(drop)
    }

    fn due(&self) -> MutexGuard<'_, BTreeSet<UnitId>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the unit's newest fix written down with the next ones that are due.
    pub fn write_soon(&self, unit: UnitId) {
        self.due().insert(unit);
    }
}

/// Writes down what is due, many units in one transaction: a thousand trackers may be due in the same second.
///
/// # Errors
/// When the database fails; what was not written stays due.
pub async fn persist_due(positions: &Positions, store: &Store) -> Result<usize, StoreError> {
    let due: Vec<UnitId> = positions.due().iter().copied().take(PERSIST_AT_ONCE).collect();
    if due.is_empty() {
        return Ok(0);
    }
    let mut tx = store.begin().await?;
    for unit in &due {
        positions.write(&mut tx, *unit).await?;
    }
    tx.commit().await?;
    let mut left = positions.due();
    for unit in &due {
        left.remove(unit);
    }
    Ok(due.len())
}

/// Writes down what other rooms reported, until the process ends.
pub async fn persist(app: App, positions: Arc<Positions>) {
    loop {
        match persist_due(&positions, &app.store).await {
            Ok(PERSIST_AT_ONCE) => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "newest positions not written down; they are tried again"),
        }
        tokio::time::sleep(PERSIST_LOOK).await;
    }
}

/// Answers other rooms' questions about units.
pub struct PlacesInMemory(pub Arc<Positions>);

impl UnitPlaces for PlacesInMemory {
    fn place(&self, unit: UnitId) -> Option<(Wgs84, Micros)> {
        self.0.fix(unit).map(|fix| (fix.position, fix.measured_at))
    }
}

/// The shelf's form of [`Positions`].
#[derive(Clone)]
pub struct SharedPositions(pub Arc<Positions>);

/// The newest positions as every operation needs them.
#[must_use]
pub fn of(app: &App) -> Arc<Positions> {
    app.room::<SharedPositions>().0.clone()
}

/// Streams movements until the process ends: the first at once, later ones together.
pub async fn stream(app: App, positions: Arc<Positions>) {
    loop {
        positions.moved.notified().await;
        let units = positions.drain_moved();
        if !units.is_empty() {
            app.hub.stream_only(&app.store, Event::UnitsMoved { units });
        }
        tokio::time::sleep(STREAM_EVERY).await;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const NOW: Micros = Micros(1_795_200_000_000_000);

    fn report(lon: f64, at: Micros) -> ReportPosition {
        ReportPosition { position: Wgs84::new(lon, 23.0).unwrap(), measured_at_us: at.0, accuracy_m: Some(5.0), heading_deg: None }
    }

    fn fix(lon: f64, second: i64) -> Fix {
        let at = NOW.plus(second * Micros::SECOND);
        Fix::checked(&report(lon, at), at).unwrap()
    }

    fn unit() -> UnitId {
        UnitId::new(NOW, [7; 16])
    }

    #[test]
    fn a_clock_a_year_ahead_is_refused_and_one_ten_seconds_ahead_is_not_trusted_further_than_now() {
        let refused = Fix::checked(&report(120.2, NOW.plus(365 * Micros::DAY)), NOW);
        assert_eq!(refused.unwrap_err().key(), "dispatch.position.from_the_future");
        let taken = Fix::checked(&report(120.2, NOW.plus(10 * Micros::SECOND)), NOW);
        assert_eq!(taken.unwrap().measured_at, NOW);
    }

    #[test]
    fn null_island_the_pole_and_swapped_degrees_are_no_place_of_a_unit() {
        for (lon, lat) in [(0.0, 0.0), (23.0, 60.0), (120.2, -90.0), (139.7, 35.7)] {
            let report = ReportPosition { position: Wgs84::new(lon, lat).unwrap(), ..report(120.2, NOW) };
            assert_eq!(Fix::checked(&report, NOW).unwrap_err().key(), "dispatch.position.outside", "{lon} {lat}");
        }
        assert!(Fix::checked(&report(118.3, NOW), NOW).is_ok());
    }

    #[test]
    fn a_fix_in_the_sea_is_shown_as_uncertain_as_the_next_road_is_far_and_lets_no_jump_pass() {
        let positions = Positions::default();
        positions.take_beside(unit(), fix(120.2, 0), Some(40.0), NOW).unwrap();
        assert_eq!(positions.fix(unit()).unwrap().accuracy_m, Some(5.0), "beside a road");
        positions.take_beside(unit(), fix(120.2, 1), Some(1_800.0), NOW).unwrap();
        assert_eq!(positions.fix(unit()).unwrap().accuracy_m, Some(1_800.0));
        assert_eq!(positions.drain_moved().first().and_then(|moved| moved.accuracy_m), Some(1_800.0), "drawn so");
        // A kilometre in a second is no drive, however far from a road either end lies.
        let jump = positions.take_beside(unit(), fix(120.21, 2), Some(1_800.0), NOW);
        assert_eq!(jump.unwrap_err().key(), "dispatch.position.jump");
        positions.take_beside(unit(), fix(120.2, 3), None, NOW).unwrap();
        assert_eq!(positions.fix(unit()).unwrap().accuracy_m, Some(5.0), "a later one without a map to say so");
    }

    #[test]
    fn an_older_fix_is_ignored_without_error() {
        let positions = Positions::default();
        assert_eq!(positions.take(unit(), fix(120.2, 10), NOW), Ok(Taken::Newest { is_due: true }));
        assert_eq!(positions.take(unit(), fix(120.3, 9), NOW), Ok(Taken::Older));
        assert_eq!(positions.take(unit(), fix(120.2, 10), NOW), Ok(Taken::Older));
        assert_eq!(positions.fix(unit()), Some(fix(120.2, 10)));
    }

    #[test]
    fn a_jump_of_300_km_is_refused_until_three_fixes_agree_that_the_first_was_wrong() {
        let positions = Positions::default();
        positions.take(unit(), fix(120.2, 0), NOW).unwrap();
        assert_eq!(positions.take(unit(), fix(117.2, 1), NOW).unwrap_err().key(), "dispatch.position.jump");
        assert!(positions.take(unit(), fix(120.2001, 2), NOW).is_ok(), "one outlier does no harm");
        for (second, is_believed) in [(3, false), (4, false), (5, true)] {
            assert_eq!(positions.take(unit(), fix(117.2, second), NOW).is_ok(), is_believed, "second {second}");
        }
        assert_eq!(positions.fix(unit()), Some(fix(117.2, 5)));
    }

    #[test]
    fn outliers_that_disagree_with_each_other_are_never_believed() {
        let positions = Positions::default();
        positions.take(unit(), fix(120.2, 0), NOW).unwrap();
        for second in 1..20 {
            let lon = if second % 2 == 0 { 121.2 } else { 119.2 };
            assert!(positions.take(unit(), fix(lon, second), NOW).is_err());
        }
    }

    #[test]
    fn many_fixes_within_half_a_second_are_one_movement_and_one_write() {
        let positions = Positions::default();
        let due: Vec<bool> = (0..12)
            .map(|second| {
                let now = NOW.plus(second * Micros::SECOND);
                positions.take(unit(), fix(120.2, second), now) == Ok(Taken::Newest { is_due: true })
            })
            .collect();
        assert_eq!(due.iter().filter(|is_due| **is_due).count(), 2, "at second 0 and at second 10");
        assert_eq!(positions.drain_moved().len(), 1);
        assert!(positions.drain_moved().is_empty());
    }
}
