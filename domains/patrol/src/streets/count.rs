//! What a few minutes of tracks add to the counts of which hour.

use std::collections::BTreeMap;

use shouhu_calendar::TAIPEI_US;
use shouhu_ids::Micros;
use shouhu_module::ports::{DrivenTrack, RoadSheet};

use super::hour::{Count, Hour};

/// A piece was driven when so much of its length was, at a stretch.
const DRIVEN_SHARE: f64 = 0.5;

pub const TAIPEI_H: i64 = TAIPEI_US / Micros::HOUR;
pub const DAY_H: i64 = 24;

/// Hours since 1970, UTC. Taipei's hours begin with them.
#[must_use]
pub const fn hour_of(at: Micros) -> i64 {
    at.0.div_euclid(Micros::HOUR)
}

/// The day in Taipei, since 1970, of an hour of UTC.
#[must_use]
pub const fn day_of_hour(hour: i64) -> i64 {
    (hour + TAIPEI_H).div_euclid(DAY_H)
}

/// Days since 1970 in Taipei.
#[must_use]
pub const fn taipei_day(at: Micros) -> i64 {
    day_of_hour(hour_of(at))
}

/// Counts of some minutes of tracks.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub hours: BTreeMap<i64, Hour>,
    pub fixes: i64,
    pub matched: i64,
}

impl Counted {
    /// Adds the track of one crew; `crew` gives the bit of its group on a day. What was driven before `oldest` came too late to
    /// count.
    pub fn add(&mut self, sheet: &dyn RoadSheet, track: &DrivenTrack, crew: impl Fn(i64) -> u64, oldest: Micros) {
        self.fixes = self.fixes.saturating_add(i64::try_from(track.weighed).unwrap_or(i64::MAX));
        self.matched = self.matched.saturating_add(i64::try_from(track.matched).unwrap_or(i64::MAX));
        for driven in track.driven.iter().filter(|driven| driven.at >= oldest) {
            let Some(piece) = sheet.piece(driven.piece) else { continue };
            if driven.metres < DRIVEN_SHARE * piece.length_m {
                continue;
            }
            let one = Count { forward: u16::from(driven.is_forward), backward: u16::from(!driven.is_forward), crews: crew(taipei_day(driven.at)) };
            self.hours.entry(hour_of(driven.at)).or_default().entry(driven.piece).or_default().add(one);
        }
    }
}

#[cfg(test)]
mod tests {
    use shouhu_module::ports::Driven;

    use super::*;
    use crate::streets::testing::{Grid, NOON};

    #[test]
    fn half_a_street_is_a_passage_and_less_is_none() {
        let (grid, mut counted) = (Grid::new(2, 1), Counted::default());
        let length_m = grid.piece(0).map_or(0.0, |piece| piece.length_m);
        let driven = |piece, is_forward, share: f64| Driven { piece, is_forward, metres: share * length_m, at: NOON };
        let track = DrivenTrack { driven: vec![driven(0, true, 0.51), driven(0, false, 1.0), driven(1, true, 0.49)], weighed: 9, matched: 7 };
        counted.add(&grid, &track, |_| 4, NOON);
        let hour = counted.hours.get(&hour_of(NOON)).cloned().unwrap_or_default();
        assert_eq!(hour.into_iter().collect::<Vec<_>>(), [(0, Count { forward: 1, backward: 1, crews: 4 })]);
        assert_eq!((counted.fixes, counted.matched), (9, 7));
        let mut late = Counted::default();
        late.add(&grid, &track, |_| 4, NOON.plus(1));
        assert!(late.hours.is_empty(), "a phone that was away for a month tells nothing of now");
    }
}
