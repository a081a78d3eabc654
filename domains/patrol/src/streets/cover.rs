//! Counts → what is covered, stale or open, and what of it may be told.

use std::collections::BTreeMap;
use std::sync::Arc;

use shouhu_ids::Micros;
use shouhu_module::ports::{RoadKind, RoadSheet};
use shouhu_place::Wgs84;

use super::areas::{Area, Areas};
use super::count::{DAY_H, day_of_hour, hour_of};
use super::hour::{Count, HourError, decode};
use super::model::{AreaCover, Metres, StreetCover, StreetLine, StreetState, StreetWindow};
use super::{CREWS_MIN, KEPT_DAYS};

/// Police shifts change at 0, 8 and 16 o'clock in Taipei, which is 0, 8 and 16 o'clock in UTC as well.
const SHIFT_H: i64 = 8;
const WEEK_H: i64 = 7 * DAY_H;
/// Streets of one answer.
pub const STREETS_MAX: usize = 500;
/// Lines of one answer, and their points.
const LINES_MAX: usize = 4_000;
const POINTS_MAX: usize = 60_000;

/// Hours since 1970, UTC; the last is excluded. Whole hours that are over: whoever asks twice within one learns nothing of what
/// was driven in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    pub from: i64,
    pub until: i64,
}

impl Hours {
    #[must_use]
    pub const fn of(window: StreetWindow, now: Micros) -> Self {
        let until = hour_of(now);
        let last = until - 1;
        let from = match window {
            StreetWindow::Shift => last - last.rem_euclid(SHIFT_H),
            StreetWindow::Day => until - DAY_H,
            StreetWindow::Week => until - WEEK_H,
        };
        Self { from, until }
    }

    /// The first hour that is still kept at the end of these.
    #[must_use]
    pub const fn oldest(self) -> i64 {
        self.until - KEPT_DAYS * DAY_H
    }
}

/// What was counted of one piece. Crews are told apart within one day only: of what follows, what a day adds waits until the
/// day is over and is added only when enough crews drove on it.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// Days since 1970 in Taipei, and what was driven on this one: within the window, and by whom at all.
    day: i64,
    day_forward: u32,
    day_backward: u32,
    day_crews: u64,
    day_crews_kept: u64,
    /// Of days within the window on which enough crews drove.
    forward: u32,
    backward: u32,
    /// 0 for never.
    last_hour: i64,
    is_driven: bool,
    is_before: bool,
    /// Enough crews on one day: within the window, and of the days that are kept.
    is_shared: bool,
    is_shared_kept: bool,
}

/// What may be told of one piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told {
    state: StreetState,
    passages: Option<(u32, u32)>,
    last_hour: Option<i64>,
}

const OPEN: Told = Told { state: StreetState::Open, passages: None, last_hour: None };

impl Seen {
    /// Ends the day that was added last.
    const fn end_day(&mut self) {
        if self.day_crews.count_ones() >= CREWS_MIN {
            self.is_shared = true;
            self.forward = self.forward.saturating_add(self.day_forward);
            self.backward = self.backward.saturating_add(self.day_backward);
        }
        self.is_shared_kept |= self.day_crews_kept.count_ones() >= CREWS_MIN;
    }

    const fn add(&mut self, hour: i64, count: Count, is_within: bool) {
        let day = day_of_hour(hour);
        if self.day != day {
            self.end_day();
            self.day = day;
            (self.day_forward, self.day_backward, self.day_crews, self.day_crews_kept) = (0, 0, 0, 0);
        }
        self.last_hour = hour;
        self.day_crews_kept |= count.crews;
        if !is_within {
            self.is_before = true;
            return;
        }
        self.is_driven = true;
        self.day_crews |= count.crews;
        self.day_forward = self.day_forward.saturating_add(count.forward as u32);
        self.day_backward = self.day_backward.saturating_add(count.backward as u32);
    }

    fn told(mut self, kind: RoadKind) -> Told {
        self.end_day();
        let is_lane = kind == RoadKind::Local;
        let is_covered = self.is_driven && (!is_lane || self.is_shared);
        let is_stale = if is_lane { self.is_shared_kept } else { self.is_before };
        let is_enough = |crews: u64| crews.count_ones() >= CREWS_MIN;
        if is_covered {
            let passages = self.is_shared.then_some((self.forward, self.backward));
            let last_hour = is_enough(self.day_crews).then_some(self.last_hour);
            return Told { state: StreetState::Covered, passages, last_hour };
        }
        if !is_stale {
            return OPEN;
        }
        let last_hour = (!is_lane && is_enough(self.day_crews_kept)).then_some(self.last_hour);
        Told { state: StreetState::Stale, passages: None, last_hour }
    }
}

/// Adds up hours, the oldest first.
pub struct Adding {
    hours: Hours,
    seen: Vec<Seen>,
}

impl Adding {
    #[must_use]
    pub fn new(hours: Hours, pieces: u32) -> Self {
        Self { hours, seen: vec![Seen::default(); usize::try_from(pieces).unwrap_or_default()] }
    }

    /// # Errors
    /// When the bytes are no hour.
    pub fn add(&mut self, hour: i64, bytes: &[u8]) -> Result<(), HourError> {
        let Hours { from, until } = self.hours;
        let seen = &mut self.seen;
        decode(bytes, |piece, count| {
            let Some(seen) = usize::try_from(piece).ok().and_then(|piece| seen.get_mut(piece)) else { return };
            if hour >= until {
                return;
            }
            seen.add(hour, count, hour >= from);
        })
    }

    #[must_use]
    pub fn done(self, sheet: Arc<dyn RoadSheet>, areas: Arc<Areas>) -> Cover {
        let told = (0..).zip(&self.seen).map(|(number, seen)| sheet.piece(number).map_or(OPEN, |piece| seen.told(piece.kind)));
        Cover { hours: self.hours, told: told.collect(), sheet, areas }
    }
}

/// All pieces of a map in one window.
pub struct Cover {
    pub hours: Hours,
    pub sheet: Arc<dyn RoadSheet>,
    areas: Arc<Areas>,
    told: Vec<Told>,
}

/// What part of the city is asked for; empty texts are all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    pub station: String,
    pub beat: String,
}

impl Part {
    fn holds(&self, area: &Area) -> bool {
        (self.station.is_empty() || self.station == area.station) && (self.beat.is_empty() || self.beat == area.beat)
    }
}

/// West, south, east, north, degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame(pub [f64; 4]);

impl Frame {
    /// Whether the rectangle round a line touches this one.
    fn touches(self, line: &[Wgs84]) -> bool {
        let Self([west, south, east, north]) = self;
        let any = |is: &dyn Fn(&Wgs84) -> bool| line.iter().any(is);
        any(&|place| place.lon >= west) && any(&|place| place.lon <= east) && any(&|place| place.lat >= south) && any(&|place| place.lat <= north)
    }
}

const fn time_of(hour: i64) -> Micros {
    Micros(hour.saturating_mul(Micros::HOUR))
}

fn rounded(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
}

impl Cover {
    /// Every piece that counts: driven by cars, in a beat, not of the highway police.
    fn counted(&self) -> impl Iterator<Item = (u32, shouhu_module::ports::RoadPiece<'_>, (usize, &Area), Told)> {
        (0..).zip(&self.told).filter_map(|(number, told)| {
            let piece = self.sheet.piece(number).filter(|piece| piece.kind != RoadKind::Motorway)?;
            Some((number, piece, self.areas.of(number)?, *told))
        })
    }

    /// Metres by area, in the order of their names.
    #[must_use]
    pub fn by_area(&self) -> Vec<(&Area, Metres)> {
        let mut sums: Vec<(&Area, Metres)> = self.areas.named.iter().map(|area| (area, Metres::default())).collect();
        for (_, piece, (number, _), told) in self.counted() {
            if let Some((_, sum)) = sums.get_mut(number) {
                sum.add(told.state, piece.length_m);
            }
        }
        sums
    }

    #[must_use]
    pub fn areas(&self, part: &Part) -> Vec<AreaCover> {
        let shown = self.by_area().into_iter().filter(|(area, metres)| part.holds(area) && metres.length_m > 0.0);
        shown.map(|(area, metres)| AreaCover { station: area.station.clone(), beat: area.beat.clone(), metres }).collect()
    }

    /// Streets of a part of the city, and whether some were left out.
    #[must_use]
    pub fn streets(&self, part: &Part) -> (Vec<StreetCover>, bool) {
        let mut by_name: BTreeMap<(&str, usize), StreetCover> = BTreeMap::new();
        for (_, piece, (number, area), told) in self.counted().filter(|(_, _, (_, area), _)| part.holds(area)) {
            let street = by_name.entry((piece.name, number)).or_insert_with(|| StreetCover {
                name: piece.name.to_owned(),
                station: area.station.clone(),
                beat: area.beat.clone(),
                metres: Metres::default(),
                last_us: None,
            });
            street.metres.add(told.state, piece.length_m);
            street.last_us = street.last_us.max(told.last_hour.map(time_of));
        }
        let mut streets: Vec<StreetCover> = by_name.into_values().collect();
        streets.sort_by(|a, b| b.metres.open_m.total_cmp(&a.metres.open_m).then_with(|| a.name.cmp(&b.name)));
        let is_cut = streets.len() > STREETS_MAX;
        streets.truncate(STREETS_MAX);
        (streets, is_cut)
    }

    /// Lines within a rectangle, and whether some were left out.
    #[must_use]
    pub fn lines(&self, frame: Frame) -> (Vec<StreetLine>, bool) {
        let mut found: Vec<_> = self.counted().filter(|(_, piece, _, _)| frame.touches(piece.line)).collect();
        found.sort_by_key(|(number, piece, _, _)| (piece.kind, *number));
        let (mut lines, mut points) = (Vec::new(), 0);
        for (number, piece, _, told) in found {
            points += piece.line.len();
            if lines.len() == LINES_MAX || points > POINTS_MAX {
                return (lines, true);
            }
            lines.push(StreetLine {
                id: number,
                name: piece.name.to_owned(),
                kind: piece.kind,
                is_one_way: piece.is_one_way,
                length_m: piece.length_m,
                state: told.state,
                forward: told.passages.map(|(forward, _)| forward),
                backward: told.passages.map(|(_, backward)| backward),
                last_us: told.last_hour.map(time_of),
                line: piece.line.iter().map(|place| [rounded(place.lon), rounded(place.lat)]).collect(),
            });
        }
        (lines, false)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::streets::testing::{Grid, NOON, boxed};
    use crate::streets::hour::{Hour, encode};

    fn count(forward: u16, backward: u16, crews: u64) -> Count {
        Count { forward, backward, crews }
    }

    /// A grid of four in a row: piece 0 is a through road, 1 to 3 are lanes.
    fn cover(window: StreetWindow, counted: &[(i64, u32, Count)]) -> Cover {
        let grid = Arc::new(Grid::new(4, 1));
        let areas = Arc::new(Areas::new(grid.as_ref(), &[boxed("1", "03", 120.2, 23.0)]));
        let mut adding = Adding::new(Hours::of(window, NOON), grid.pieces());
        let mut hours: Vec<i64> = counted.iter().map(|(ago, _, _)| hour_of(NOON) - ago).collect();
        hours.sort_unstable();
        hours.dedup();
        for hour in hours {
            let of = counted.iter().filter(|(ago, _, _)| hour_of(NOON) - ago == hour).map(|(_, piece, count)| (*piece, *count));
            adding.add(hour, &encode(&of.collect::<Hour>())).unwrap();
        }
        adding.done(grid, areas)
    }

    fn line(cover: &Cover, piece: usize) -> (StreetState, Option<u32>, Option<Micros>) {
        let all = cover.lines(Frame([120.0, 22.0, 121.0, 24.0])).0;
        (all[piece].state, all[piece].forward, all[piece].last_us)
    }

    #[test]
    fn what_was_driven_within_the_window_is_covered_and_before_it_stale() {
        let counted = [(2, 0, count(2, 1, 3)), (30, 0, count(9, 0, 5)), (30, 1, count(1, 0, 3))];
        let day = cover(StreetWindow::Day, &counted);
        assert_eq!(line(&day, 0), (StreetState::Covered, Some(2), Some(time_of(hour_of(NOON) - 2))));
        assert_eq!(line(&day, 1), (StreetState::Stale, None, None), "of a lane not even the hour");
        assert_eq!(line(&day, 2), (StreetState::Open, None, None));
        let week = cover(StreetWindow::Week, &counted);
        assert_eq!(line(&week, 0).1, Some(11));
        assert_eq!(line(&week, 1), (StreetState::Covered, Some(1), Some(time_of(hour_of(NOON) - 30))));
    }

    #[test]
    fn a_lane_that_one_crew_drove_is_told_as_one_that_nobody_drove_in_every_number() {
        let alone = cover(StreetWindow::Day, &[(1, 1, count(40, 40, 8)), (5, 1, count(1, 1, 8)), (200, 1, count(7, 7, 8))]);
        let never = cover(StreetWindow::Day, &[]);
        assert_eq!(line(&alone, 1), line(&never, 1));
        assert_eq!(alone.areas(&Part::default()), never.areas(&Part::default()));
        assert_eq!(alone.streets(&Part::default()), never.streets(&Part::default()));
    }

    #[test]
    fn of_a_through_road_that_one_crew_drove_neither_passages_nor_direction_nor_hour_are_told() {
        let within = cover(StreetWindow::Day, &[(1, 0, count(1, 0, 8))]);
        assert_eq!(line(&within, 0), (StreetState::Covered, None, None), "a main road leads to everybody's home");
        let before = cover(StreetWindow::Day, &[(60, 0, count(1, 0, 8))]);
        assert_eq!(line(&before, 0), (StreetState::Stale, None, None));
        // Two on the day before; of what one alone drove since then nothing is added.
        let since = cover(StreetWindow::Day, &[(20, 0, count(2, 0, 12)), (1, 0, count(5, 5, 2))]);
        assert_eq!(line(&since, 0), (StreetState::Covered, Some(2), None));
    }

    #[test]
    fn two_crews_are_two_on_one_taipei_day() {
        // It is 16 o'clock in Taipei: 16 hours ago the day began, and the bits of one crew differ from day to day.
        let midnight = cover(StreetWindow::Week, &[(1, 1, count(1, 0, 8)), (17, 1, count(1, 0, 4)), (41, 1, count(1, 0, 2))]);
        assert_eq!(line(&midnight, 1), (StreetState::Open, None, None), "a crew that comes every day is one crew");
        let one_day = cover(StreetWindow::Week, &[(17, 1, count(1, 0, 8)), (40, 1, count(1, 0, 4))]);
        assert_eq!(line(&one_day, 1), (StreetState::Covered, Some(2), Some(time_of(hour_of(NOON) - 17))));
    }

    #[test]
    fn a_lane_that_two_crews_drove_is_covered_only_where_both_did_so_within_the_window() {
        // Both drove on the day before, one of them before the window began.
        let apart = cover(StreetWindow::Day, &[(20, 1, count(3, 0, 8)), (30, 1, count(1, 0, 4))]);
        assert_eq!(line(&apart, 1), (StreetState::Stale, None, None));
        let since = cover(StreetWindow::Day, &[(1, 1, count(3, 0, 8)), (200, 1, count(2, 0, 6))]);
        assert_eq!(line(&since, 1), (StreetState::Stale, None, None), "one crew within the window is as none");
        let together = cover(StreetWindow::Day, &[(1, 1, count(3, 0, 8)), (2, 1, count(1, 0, 4))]);
        assert_eq!(line(&together, 1), (StreetState::Covered, Some(4), Some(time_of(hour_of(NOON) - 1))));
    }

    #[test]
    fn the_hour_that_goes_on_is_not_told() {
        let now = cover(StreetWindow::Day, &[(0, 0, count(9, 9, 3))]);
        assert_eq!(line(&now, 0), (StreetState::Open, None, None));
    }

    #[test]
    fn metres_by_beat_and_by_street_add_up_and_what_is_most_open_comes_first() {
        let cover = cover(StreetWindow::Day, &[(1, 0, count(1, 0, 1))]);
        let areas = cover.areas(&Part::default());
        assert_eq!((areas.len(), areas[0].beat.as_str()), (1, "03"));
        let metres = areas[0].metres;
        assert!((metres.length_m - metres.covered_m - metres.stale_m - metres.open_m).abs() < 1e-9);
        assert!((metres.covered_m / metres.length_m - 0.25).abs() < 1e-3);
        let (streets, is_cut) = cover.streets(&Part::default());
        assert_eq!(streets.iter().map(|street| street.name.as_str()).collect::<Vec<_>>(), ["", "中正路"]);
        assert!(!is_cut);
        let elsewhere = Part { station: "永康派出所".into(), beat: "99".into() };
        assert!(cover.streets(&elsewhere).0.is_empty() && cover.areas(&elsewhere).is_empty());
        assert!(cover.lines(Frame([121.0, 22.0, 122.0, 24.0])).0.is_empty());
    }

    #[test]
    fn a_shift_is_that_of_the_last_full_hour_and_a_day_has_twenty_four_hours() {
        let hour = |hour: i64| Micros(1_000 * Micros::DAY + hour * Micros::HOUR + 1);
        let from = |window, at| Hours::of(window, at).from - 24_000;
        assert_eq!([hour(0), hour(1), hour(8), hour(9), hour(23)].map(|at| from(StreetWindow::Shift, at)), [-8, 0, 0, 8, 16]);
        assert_eq!(Hours::of(StreetWindow::Shift, hour(8)).until - 24_000, 8, "the shift that has just ended, whole");
        assert_eq!(from(StreetWindow::Day, hour(23)), -1);
        assert_eq!(from(StreetWindow::Week, hour(23)), -6 * 24 - 1);
    }
}
