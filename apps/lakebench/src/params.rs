//! The questions' parameters, drawn once by `peers.py prep` and the same for every engine.

use anyhow::Context;
use serde::Deserialize;
use shouhu_lake::part::{Bounds, Window};
use shouhu_lake::row::DAY_MS;

use crate::question::Question;

/// `params.json`.
#[derive(Debug, Deserialize)]
pub struct Params {
    pub hist_hot: Vec<String>,
    pub hist_uni: Vec<String>,
    pub hist_miss: Vec<String>,
    pub wild: Vec<String>,
    pub fuzzy: Vec<String>,
    pub camset: Vec<(Vec<u32>, String, String)>,
    /// West, east, south, north in millionths of a degree.
    pub bbox: Vec<(i32, i32, i32, i32, String, String)>,
    pub convoy: Vec<(String, String, String)>,
    pub traj: Vec<(String, String, String)>,
    pub ab: Vec<(Vec<u32>, Vec<u32>, String, String)>,
    pub dash_day: Vec<(String, String)>,
    pub dash_all: Vec<(String, String)>,
    pub range30: (String, String),
}

const DAYS_30_MS: i64 = 30 * DAY_MS;

impl Params {
    /// Histories of 365 days, for a lake of `load --copies 13` or more.
    pub fn year(&self) -> anyhow::Result<Vec<(&'static str, Vec<Question>)>> {
        let from_ms = window(&self.range30.0, &self.range30.1)?.from_ms;
        let year = Window { from_ms, until_ms: from_ms + 365 * DAY_MS };
        let history = |plates: &[String]| plates.iter().map(|plate| Question::History { plate: plate.clone(), window: year }).collect();
        Ok(vec![("history 365 days, frequent", history(&self.hist_hot)), ("history 365 days, any", history(&self.hist_uni))])
    }

    /// The questions under the names that `peers.py` gives them.
    pub fn suites(&self) -> anyhow::Result<Vec<(&'static str, Vec<Question>)>> {
        let month = window(&self.range30.0, &self.range30.1)?;
        let history = |plates: &[String]| plates.iter().map(|plate| Question::History { plate: plate.clone(), window: month }).collect();
        let wild = || self.wild.iter().map(|pattern| Question::Wildcard { pattern: pattern.clone() }).collect::<Vec<_>>();
        let fuzzy = |ask: fn(String) -> Question| self.fuzzy.iter().cloned().map(ask).collect::<Vec<_>>();
        let camera_sets = self.camset.iter().map(|(sources, from, until)| {
            Ok(Question::CameraSet { sources: sources.clone(), window: window(from, until)? })
        });
        let boxes = self.bbox.iter().map(|(west_e6, east_e6, south_e6, north_e6, from, until)| {
            let bounds = Bounds { west_e6: *west_e6, south_e6: *south_e6, east_e6: *east_e6, north_e6: *north_e6 };
            Ok(Question::Box { bounds, window: window(from, until)? })
        });
        let convoys = self.convoy.iter().map(|(plate, from, until)| {
            Ok(Question::Convoy { plate: plate.clone(), window: window(from, until)? })
        });
        // The peers are not asked for a month: it is an aim of our own.
        let long_convoys = self.convoy.iter().map(|(plate, from, _)| {
            let from_ms = month.from_ms.min(window(from, from)?.from_ms);
            let whole = Window { from_ms, until_ms: from_ms + DAYS_30_MS };
            Ok(Question::Convoy { plate: plate.clone(), window: whole })
        });
        let trajectories = self.traj.iter().map(|(plate, from, until)| {
            Ok(Question::Trajectory { plate: plate.clone(), window: window(from, until)? })
        });
        let a_then_b = self.ab.iter().map(|(a, b, from, until)| {
            Ok(Question::AThenB { a: a.clone(), b: b.clone(), window: window(from, until)? })
        });
        let hour_by_camera =
            self.dash_day.iter().map(|(from, until)| Ok(Question::HourByCamera { window: window(from, until)? }));
        let hours = self.dash_all.iter().map(|(from, until)| Ok(Question::Hours { window: window(from, until)? }));
        Ok(vec![
            ("ii hist30 hot", history(&self.hist_hot)),
            ("ii hist30 uniform", history(&self.hist_uni)),
            ("ii hist miss", history(&self.hist_miss)),
            ("iii wild dict", wild()),
            ("iii fold dict", fuzzy(|plate| Question::LookAlike { plate })),
            ("iii ed1 dict", fuzzy(|plate| Question::OneOff { plate })),
            ("iv camset 1h", camera_sets.collect::<anyhow::Result<_>>()?),
            ("v bbox 1h", boxes.collect::<anyhow::Result<_>>()?),
            ("vi convoy 7d", convoys.collect::<anyhow::Result<_>>()?),
            ("convoy 30d", long_convoys.collect::<anyhow::Result<_>>()?),
            ("vii traj 7d", trajectories.collect::<anyhow::Result<_>>()?),
            ("vii A->B day", a_then_b.collect::<anyhow::Result<_>>()?),
            ("viii hour x cam, 1 day", hour_by_camera.collect::<anyhow::Result<_>>()?),
            ("viii hour, 30 days", hours.collect::<anyhow::Result<_>>()?),
        ])
    }
}

/// From `from` to before `until`, both `YYYY-MM-DD HH:MM:SS[.mmm]` in UTC.
pub fn window(from: &str, until: &str) -> anyhow::Result<Window> {
    Ok(Window { from_ms: millis(from)?, until_ms: millis(until)? })
}

/// Days since 1970-01-01 of a Gregorian date (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil).
const fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y - era * 400;
    let doy = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

fn millis(text: &str) -> anyhow::Result<i64> {
    let bad = || format!("{text:?} is no time");
    let (date, time) = text.split_once([' ', 'T']).with_context(bad)?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let numbers = |text: &str, by: char| text.split(by).map(str::parse).collect::<Result<Vec<i64>, _>>();
    let (&[year, month, day], &[hour, minute, second]) = (&*numbers(date, '-')?, &*numbers(time, ':')?) else {
        anyhow::bail!(bad());
    };
    let fraction: i64 = format!("{fraction:0<3}").get(..3).with_context(bad)?.parse()?;
    Ok(days_of(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1_000 + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_peers_script_are_read_as_it_means_them() -> anyhow::Result<()> {
        assert_eq!(millis("1970-01-01 00:00:00")?, 0);
        assert_eq!(millis("2026-05-01 00:00:00")?, 1_777_593_600_000);
        assert_eq!(millis("2026-05-01 23:59:59.999")?, 1_777_593_600_000 + DAY_MS - 1);
        assert!(millis("yesterday").is_err());
        Ok(())
    }
}
