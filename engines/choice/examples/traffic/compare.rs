//! Our weight sets against simulated traffic: route times, and whether the nearest of ten units is the nearest.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::PathBuf;
use std::sync::Arc;

use shouhu_choice::sim::{Truth, mean, percentile};
use shouhu_roads::{Closures, Navigator, Profile, RoadNetwork, Snap, VehicleClass, WeightSet};

use super::Failure;
use super::truth::{RoadTimes, RoadTruth, Source};

const UNITS: usize = 10;
/// Moments of a day that lie in the middle of each time of day, in seconds after midnight.
const MOMENTS: [(WeightSet, f64); 3] =
    [(WeightSet::Night, 2.0 * 3_600.0), (WeightSet::Day, 14.0 * 3_600.0), (WeightSet::Peak, 18.0 * 3_600.0)];

struct Ground {
    network: Arc<RoadNetwork>,
    snaps: Vec<Option<Snap>>,
    truth: RoadTruth,
    /// Junctions from which roads lead on.
    usable: Vec<usize>,
}

pub fn run(network: &Arc<RoadNetwork>, truth: &str, pairs: usize) -> Result<(), Failure> {
    let day = Navigator::new(Arc::clone(network), Profile::new(VehicleClass::Car, WeightSet::Day));
    let snaps: Vec<Option<Snap>> = network.nodes().iter().map(|place| day.snap(*place, 50.0)).collect();
    let source = Source { file: PathBuf::from(truth), siren_delay: 0.5 };
    let truth = source.on(network, &snaps)?;
    let usable = (0..snaps.len()).filter(|place| snaps.get(*place).is_some_and(Option::is_some)).collect();
    let ground = Ground { network: Arc::clone(network), snaps, truth, usable };
    println!("{pairs} random pairs of junctions; simulated: the same way at the simulated times of its roads");
    println!("| time | ours mean s | simulated mean s | bias | MAPE | MAPE after one factor | rank correlation | p10 to p90 of simulated over ours | our way over the simulated best |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for (weights, now_s) in MOMENTS {
        let mut navigator = Navigator::new(Arc::clone(network), Profile::new(VehicleClass::Car, weights));
        navigator.prepare();
        times(&ground, &navigator, now_s, pairs);
    }
    println!("\n{pairs} calls and {UNITS} idle units at random junctions; lost: simulated seconds behind the truly nearest");
    println!("| time | units within | ours right | lost, mean s | straight line right | lost, mean s | truly nearest, mean s |");
    println!("|---|---|---|---|---|---|---|");
    for (weights, now_s) in MOMENTS {
        let mut navigator = Navigator::new(Arc::clone(network), Profile::new(VehicleClass::Car, weights));
        navigator.prepare();
        for within_m in [f64::INFINITY, 5_000.0, 2_500.0] {
            nearest(&ground, &navigator, now_s, within_m, pairs);
        }
    }
    Ok(())
}

fn times(ground: &Ground, navigator: &Navigator, now_s: f64, pairs: usize) {
    let mut draw = 443;
    let mut rows: Vec<[f64; 3]> = Vec::new();
    while rows.len() < pairs {
        let (from, to) = (pick(ground, &mut draw), pick(ground, &mut draw));
        let Some(ours_s) = ours_s(ground, navigator, from, to).filter(|s| *s > 60.0) else { continue };
        let Some(driven) = ground.truth.drive(from, to, now_s, false) else { continue };
        let Some(best_s) = best_s(ground, from, to, now_s) else { continue };
        rows.push([ours_s, driven.mean_s, best_s]);
    }
    let column = |column: usize| rows.iter().filter_map(|row| row.get(column).copied()).collect::<Vec<f64>>();
    let [ours, driven, best] = [column(0), column(1), column(2)];
    let of = |values: &[f64]| mean(values).unwrap_or(0.0);
    let mape = |factor: f64| of(&ours.iter().zip(&driven).map(|(o, d)| (o * factor - d).abs() / d).collect::<Vec<_>>());
    let mut ratios: Vec<f64> = ours.iter().zip(&driven).map(|(o, d)| d / o).collect();
    let mut ratio = |share| percentile(&mut ratios, share).unwrap_or(0.0);
    println!(
        "| {} | {:.0} | {:.0} | {:+.1} % | {:.1} % | {:.1} % | {:.4} | {:.2} to {:.2} | {:+.1} % |",
        navigator.profile().weights.as_str(),
        of(&ours),
        of(&driven),
        100.0 * (of(&ours) / of(&driven) - 1.0),
        100.0 * mape(1.0),
        100.0 * mape(of(&driven) / of(&ours)),
        rank_correlation(&ours, &driven),
        ratio(0.1),
        ratio(0.9),
        100.0 * (of(&driven) / of(&best) - 1.0),
    );
}

fn nearest(ground: &Ground, navigator: &Navigator, now_s: f64, within_m: f64, calls: usize) {
    let mut draw = 381;
    let (mut done, mut right, mut lost_s, mut least_s) = (0usize, [0usize; 2], [0.0f64; 2], 0.0);
    while done < calls {
        let call = pick(ground, &mut draw);
        let air_m = |unit: usize| Some(ground.network.nodes().get(unit)?.distance_m(*ground.network.nodes().get(call)?));
        let near: Vec<usize> =
            ground.usable.iter().copied().filter(|unit| *unit != call && air_m(*unit).is_some_and(|m| m <= within_m)).collect();
        if near.len() < UNITS * 2 {
            continue;
        }
        let mut units: Vec<usize> = Vec::new();
        while units.len() < UNITS {
            let unit = near.get((unit_draw(&mut draw) * near.len() as f64) as usize).copied();
            units.extend(unit.filter(|unit| !units.contains(unit)));
        }
        let row = |unit: &usize| {
            let driven_s = ground.truth.drive(*unit, call, now_s, false)?.mean_s;
            Some((ours_s(ground, navigator, *unit, call)?, air_m(*unit)?, driven_s))
        };
        let rows: Vec<(f64, f64, f64)> = units.iter().filter_map(row).collect();
        let least = |value: &dyn Fn(&(f64, f64, f64)) -> f64| rows.iter().min_by(|a, b| value(a).total_cmp(&value(b))).map(|row| row.2);
        let (Some(ours), Some(air), Some(truly)) = (least(&|row| row.0), least(&|row| row.1), least(&|row| row.2)) else { continue };
        for (slot, chosen_s) in [ours, air].into_iter().enumerate() {
            right[slot] += usize::from(chosen_s <= truly);
            lost_s[slot] += chosen_s - truly;
        }
        least_s += truly;
        done += 1;
    }
    let share = |count: usize| 100.0 * count as f64 / done as f64;
    let within = if within_m.is_finite() { format!("{:.1} km", within_m / 1_000.0) } else { "the city".to_owned() };
    println!(
        "| {} | {within} | {:.1} % | {:.1} | {:.1} % | {:.1} | {:.0} |",
        navigator.profile().weights.as_str(),
        share(right[0]),
        lost_s[0] / done as f64,
        share(right[1]),
        lost_s[1] / done as f64,
        least_s / done as f64,
    );
}

fn ours_s(ground: &Ground, navigator: &Navigator, from: usize, to: usize) -> Option<f64> {
    let snap = |place: usize| ground.snaps.get(place)?.as_ref();
    navigator.path(snap(from)?, snap(to)?, &Closures::default()).ok().map(|path| path.duration_s())
}

/// The fastest way by the simulated times of this moment, by Dijkstra over the junctions.
fn best_s(ground: &Ground, from: usize, to: usize, now_s: f64) -> Option<f64> {
    let times: &RoadTimes = &ground.truth.times;
    let mut leaving: Vec<Vec<(usize, f64)>> = vec![Vec::new(); ground.network.nodes().len()];
    for (id, edge) in ground.network.edge_ids() {
        for is_forward in [true, false].into_iter().filter(|way| edge.allows(VehicleClass::Car, *way)) {
            let (tail, head) = edge.ends(is_forward);
            let mean_s = times.cell(id.0 as usize, is_forward, now_s, None)?.mean_s;
            leaving.get_mut(tail.0 as usize)?.push((head.0 as usize, mean_s));
        }
    }
    let mut least_ms = vec![u64::MAX; leaving.len()];
    let mut open = BinaryHeap::from([Reverse((0u64, from))]);
    while let Some(Reverse((reached_ms, node))) = open.pop() {
        if node == to {
            return Some(reached_ms as f64 / 1_000.0);
        }
        for (head, mean_s) in leaving.get(node)? {
            let after_ms = reached_ms + (mean_s * 1_000.0) as u64;
            let least = least_ms.get_mut(*head)?;
            if after_ms < *least {
                *least = after_ms;
                open.push(Reverse((after_ms, *head)));
            }
        }
    }
    None
}

/// Spearman's, without ties: these are times of different ways.
fn rank_correlation(a: &[f64], b: &[f64]) -> f64 {
    let ranks = |values: &[f64]| {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|x, y| values[*x].total_cmp(&values[*y]));
        let mut ranks = vec![0.0; values.len()];
        order.iter().enumerate().for_each(|(rank, index)| ranks[*index] = rank as f64);
        ranks
    };
    let squares: f64 = ranks(a).iter().zip(ranks(b)).map(|(a, b)| (a - b).powi(2)).sum();
    let count = a.len() as f64;
    1.0 - 6.0 * squares / (count * (count * count - 1.0))
}

fn pick(ground: &Ground, draw: &mut u64) -> usize {
    let index = (unit_draw(draw) * ground.usable.len() as f64) as usize;
    ground.usable.get(index).copied().unwrap_or_default()
}

/// splitmix64, as everywhere in this crate.
fn unit_draw(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}
