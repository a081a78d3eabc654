//! Which idle unit to move where, to raise the expected cover most per minute of driving.

use serde::{Deserialize, Serialize};
use shouhu_ids::UnitId;

use crate::cover::{Cover, Reach};

/// An idle unit that may be moved.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    pub unit: UnitId,
    pub reach: &'a Reach,
}

/// A place where a unit could stand.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    pub reach: &'a Reach,
}

/// The limits of advice: below them driving is not worth it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MoveUp {
    /// Share of the demand that a move must win at least.
    pub gain_min: f64,
    pub drive_max_s: f64,
}

impl Default for MoveUp {
    fn default() -> Self {
        Self { gain_min: 0.002, drive_max_s: 900.0 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Move {
    pub unit: UnitId,
    /// Index into the sites.
    pub site: usize,
    /// Share of the whole demand by which the expected cover rises once the unit is there.
    pub gain: f64,
    pub drive_s: f64,
}

impl Move {
    #[must_use]
    pub fn gain_per_minute(&self) -> f64 {
        self.gain / (self.drive_s.max(1.0) / 60.0)
    }
}

/// The best move, or none that is worth it. `staying` are idle units that count for cover but stay;
/// `drive_s(unit, site)` takes indices and answers none where no way leads.
#[must_use]
pub fn move_up<'a>(
    cover: &Cover,
    movable: &[Standing<'a>],
    staying: impl IntoIterator<Item = &'a Reach>,
    sites: &[Site<'a>],
    rule: MoveUp,
    drive_s: impl Fn(usize, usize) -> Option<f64>,
) -> Option<Move> {
    let covered = cover.by(movable.iter().map(|standing| standing.reach).chain(staying));
    let mut best: Option<Move> = None;
    // No unit can win more at a site than one that comes from nowhere: hopeless pairs are passed over at once.
    let ceilings: Vec<f64> = sites.iter().map(|site| covered.gain(site.reach)).collect();
    for (from, standing) in movable.iter().enumerate() {
        for (to, (site, ceiling)) in sites.iter().zip(&ceilings).enumerate() {
            if *ceiling < rule.gain_min {
                continue;
            }
            let Some(drive_s) = drive_s(from, to).filter(|s| *s >= 0.0 && *s <= rule.drive_max_s) else { continue };
            let hoped = Move { unit: standing.unit, site: to, gain: *ceiling, drive_s };
            if best.is_some_and(|best| hoped.gain_per_minute() < best.gain_per_minute()) {
                continue;
            }
            let gain = covered.change(standing.reach, site.reach);
            let found = Move { gain, ..hoped };
            if gain < rule.gain_min || gain <= 0.0 || gain.is_nan() {
                continue;
            }
            if best.is_none_or(|best| is_better(&found, &best)) {
                best = Some(found);
            }
        }
    }
    best
}

fn is_better(a: &Move, b: &Move) -> bool {
    let by_gain = b.gain_per_minute().total_cmp(&a.gain_per_minute());
    by_gain.then(a.unit.cmp(&b.unit)).then(a.site.cmp(&b.site)).is_lt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::unit_id;

    fn reaches(rows: &[Vec<f64>]) -> Vec<Reach> {
        rows.iter().map(|row| Reach::within(row.iter().copied(), 300.0)).collect()
    }

    #[test]
    fn two_units_on_one_spot_and_an_empty_quarter_give_a_move_into_it() {
        let cover = Cover::new(&[3.0, 2.0], 0.4).unwrap();
        let [here, there] = [Reach::within([10.0, 900.0], 300.0), Reach::within([900.0, 10.0], 300.0)];
        let movable = [1, 2].map(|n| Standing { unit: unit_id(n), reach: &here });
        let sites = [Site { reach: &here }, Site { reach: &there }];
        let drive = |from: usize, to: usize| Some(if from == 0 { 600.0 } else { 300.0 } + to as f64);
        let found = move_up(&cover, &movable, [], &sites, MoveUp::default(), drive).unwrap();
        assert_eq!((found.unit, found.site), (unit_id(2), 1));
        // 0.4·0.6 won, 0.6·0.4·0.6 lost.
        assert!((found.gain - (0.4 * 0.6 - 0.6 * 0.4 * 0.6)).abs() < 1e-12);
        assert_eq!(move_up(&cover, &movable, [&there], &sites[1..], MoveUp::default(), |_, _| None), None);
        assert_eq!(move_up(&cover, &[], [], &sites, MoveUp::default(), drive), None);
    }

    proptest! {
        #[test]
        fn the_advice_is_the_best_of_all_moves_by_definition(
            rows in proptest::collection::vec(proptest::collection::vec(0.0..900.0f64, 12), 5),
            targets in proptest::collection::vec(proptest::collection::vec(0.0..900.0f64, 12), 4),
            drives in proptest::collection::vec(30.0..1_200.0f64, 20),
            q in 0.05..0.9f64,
        ) {
            let cover = Cover::new(&[1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 1.0, 2.0, 3.0], q).unwrap();
            let (units, places) = (reaches(&rows), reaches(&targets));
            let movable: Vec<Standing<'_>> =
                units.iter().enumerate().map(|(n, reach)| Standing { unit: unit_id(n as u32), reach }).collect();
            let sites: Vec<Site<'_>> = places.iter().map(|reach| Site { reach }).collect();
            let rule = MoveUp { gain_min: 0.01, drive_max_s: 900.0 };
            let found = move_up(&cover, &movable, [], &sites, rule, |from, to| Some(drives[from * 4 + to]));
            let now = cover.by(&units).expected_share();
            let mut best: Option<f64> = None;
            for from in 0..5 {
                for to in 0..4 {
                    let drive_s = drives[from * 4 + to];
                    let others = units.iter().enumerate().filter(|(n, _)| *n != from).map(|(_, reach)| reach);
                    let gain = cover.by(others.chain([&places[to]])).expected_share() - now;
                    if drive_s <= 900.0 && gain >= 0.01 {
                        let rate = gain / (drive_s / 60.0);
                        best = Some(best.map_or(rate, |best: f64| best.max(rate)));
                    }
                }
            }
            match (found, best) {
                (Some(found), Some(best)) => prop_assert!((found.gain_per_minute() - best).abs() < 1e-9),
                (found, best) => prop_assert!(found.is_none() && best.is_none(), "{found:?} {best:?}"),
            }
        }
    }
}
