//! Compares ways of working a dispatch room on Tainan's roads and demand, all on the same calls.
//!
//! `cargo run --release -p shouhu-choice --example policies -- [--data DIR] [--seeds 30] [--first-seed 1] [--calls 1305]
//! [--crews 1] [--threads 2] [--busy 0.2] [--threshold 240] [--only PART] [--rooms 'NAME;NAME']
//! [--truth FILE] [--siren-delay 0.5]`
//!
//! `--truth` replaces driven times by those of a file from `benches/traffic`; the room plans with its own as before.
//! Seconds run from the ring of the telephone to arrival. A day is counted from 06:00 to 06:00, after six hours of warming
//! up; the simulation goes on for six hours more, so that what was called in is worked off.
#![allow(clippy::indexing_slicing, reason = "an example fails by panicking")]

mod rooms;
mod tainan;
mod truth;
mod villages;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use shouhu_choice::sim::{City, Figures, Paired, Room, mean, paired, percentile, run, worst_areas_mean};
use tainan::{Failure, Load};
use truth::Source;

const HOUR_S: f64 = 3_600.0;
/// Villages with fewer calls over all days say nothing about themselves.
const AREA_CALLS_MIN: u32 = 20;

struct Options {
    data: Option<PathBuf>,
    seeds: u64,
    first_seed: u64,
    threads: usize,
    only: Option<String>,
    rooms: Option<String>,
    truth: Option<PathBuf>,
    siren_delay: f64,
    load: Load,
}

struct Day {
    figures: Figures,
    moves: u32,
    preemptions: u32,
    busy_share: f64,
}

fn main() -> Result<(), Failure> {
    let options = options()?;
    let data = tainan::folder(options.data.clone());
    if !data.join("roads/arterial_edges.csv").is_file() {
        println!("nothing was run: {} has no roads/arterial_edges.csv; set SHOUHU_SHARED_DATA or --data", data.display());
        return Ok(());
    }
    let began = Instant::now();
    let truth = options.truth.clone().map(|file| Source { file, siren_delay: options.siren_delay });
    let city = tainan::city(&data, options.load, truth.as_ref())?;
    let plan = city.plan();
    println!(
        "{} places, {} stations, {} crews of 12 h, {} call spots, {} demand points, {} calls a day; built in {:.1} s",
        plan.world.len(),
        plan.stations.len(),
        plan.roster.len(),
        plan.demand.spots.len(),
        plan.cover.points.len(),
        plan.demand.calls_per_day,
        began.elapsed().as_secs_f64()
    );
    println!(
        "by road over by air, 1 to 5 km apart: median {:.2}, nine tenths below {:.2}",
        detour(&city, 0.5),
        detour(&city, 0.9)
    );
    let all = rooms::all();
    let is_wanted = |name: &str| {
        options.only.as_ref().is_none_or(|part| part.split(',').any(|part| name.contains(part)))
            && options.rooms.as_ref().is_none_or(|rooms| rooms.split(';').any(|room| name == room))
    };
    let wanted: Vec<&(&str, Room)> = all.iter().filter(|(name, _)| *name == rooms::BASELINE || is_wanted(name)).collect();
    let mut days: Vec<Vec<Day>> = Vec::new();
    for (name, room) in &wanted {
        let began = Instant::now();
        days.push(played(&city, room, &options)?);
        eprintln!("{name}: {:.0} s", began.elapsed().as_secs_f64());
    }
    let Some(base) = wanted.iter().position(|(name, _)| *name == rooms::BASELINE) else { return Ok(()) };
    report(&wanted, &days, base);
    Ok(())
}

/// How much longer the way by road is; what knowing the roads can win depends on it.
fn detour(city: &City, share: f64) -> f64 {
    let world = &city.plan().world;
    let (spots, sites) = (&city.plan().demand.spots, &city.plan().stations);
    let pairs = spots.iter().flat_map(|spot| sites.iter().map(move |site| (spot.place, *site)));
    let ratio = |(from, to)| {
        let air_m = world.air_m(from, to).filter(|m| (1_000.0..5_000.0).contains(m))?;
        Some(world.metres(from, to)? / air_m)
    };
    percentile(&mut pairs.filter_map(ratio).collect::<Vec<f64>>(), share).unwrap_or(0.0)
}

fn played(city: &City, room: &Room, options: &Options) -> Result<Vec<Day>, Failure> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<Day, String>)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..options.threads.max(1) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index as u64 >= options.seeds {
                        return;
                    }
                    let day = one_day(city, room, options.first_seed + index as u64);
                    if let Ok(mut done) = done.lock() {
                        done.push((index, day));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().map_err(|_| "a day panicked")?;
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, day)| day.map_err(Failure::from)).collect()
}

fn one_day(city: &City, room: &Room, seed: u64) -> Result<Day, String> {
    let calls = city.plan().demand.calls(seed, 30);
    let outcome = run(city, room, &calls, seed, 36.0 * HOUR_S).map_err(|error| error.to_string())?;
    let figures = Figures::of(&outcome, 6.0 * HOUR_S, 30.0 * HOUR_S);
    Ok(Day { figures, moves: outcome.moves, preemptions: outcome.preemptions, busy_share: outcome.busy_share })
}

fn report(rooms: &[&(&str, Room)], days: &[Vec<Day>], base: usize) {
    println!("\n| room | mean s | against baseline (95 %) | p50 | p90 | p95 | urgent | high | routine | low | worst villages |");
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let over = |days: &[Day], value: &dyn Fn(&Day) -> f64| mean(&days.iter().map(value).collect::<Vec<_>>()).unwrap_or(0.0);
    let difference = |own: &[Day], value: &dyn Fn(&Day) -> f64| {
        let pairs = own.iter().zip(&days[base]).map(|(own, base)| value(own) - value(base));
        paired(&pairs.collect::<Vec<_>>()).unwrap_or(Paired { mean: 0.0, half_width: 0.0 })
    };
    let base_mean = over(&days[base], &|day| day.figures.mean_s);
    for ((name, _), own) in rooms.iter().zip(days) {
        let by = difference(own, &|day| day.figures.mean_s);
        let level = |level: usize| over(own, &|day| day.figures.by_priority_s[level]);
        println!(
            "| {name} | {:.1} | {:+.1} ± {:.1} ({:+.1} %) | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {} |",
            over(own, &|day| day.figures.mean_s),
            by.mean,
            by.half_width,
            100.0 * by.mean / base_mean,
            over(own, &|day| day.figures.p50_s),
            over(own, &|day| day.figures.p90_s),
            over(own, &|day| day.figures.p95_s),
            level(0),
            level(1),
            level(2),
            level(3),
            worst(own, &days[base]),
        );
    }
    println!();
    let columns = "waited % | gave up % | open | km a run | moves | pre-empted | busy % | calls";
    println!("| room | urgent against baseline | p90 against baseline | {columns} |");
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for ((name, _), own) in rooms.iter().zip(days) {
        let urgent = difference(own, &|day| day.figures.by_priority_s[0]);
        let p90 = difference(own, &|day| day.figures.p90_s);
        println!(
            "| {name} | {:+.1} ± {:.1} | {:+.1} ± {:.1} | {:.2} | {:.2} | {:.0} | {:.0} | {:.0} | {:.1} | {:.1} | {:.0} |",
            urgent.mean,
            urgent.half_width,
            p90.mean,
            p90.half_width,
            100.0 * over(own, &|day| day.figures.waited_share),
            100.0 * over(own, &|day| day.figures.gave_up_share),
            over(own, &|day| day.figures.open as f64),
            over(own, &|day| day.figures.km),
            over(own, &|day| f64::from(day.moves)),
            over(own, &|day| f64::from(day.preemptions)),
            100.0 * over(own, &|day| day.busy_share),
            over(own, &|day| day.figures.calls as f64),
        );
    }
}

/// The worst tenth of the villages, and its difference from the baseline as a bootstrap interval over days: the tenth is
/// chosen anew in each resample, for each room its own.
fn worst(own: &[Day], base: &[Day]) -> String {
    const RESAMPLES: usize = 200;
    let over = |days: &[Day], picked: &[usize]| worst_areas_mean(picked.iter().map(|day| &days[*day].figures), AREA_CALLS_MIN);
    let whole: Vec<usize> = (0..own.len()).collect();
    let Some(mean_s) = over(own, &whole) else { return "-".to_owned() };
    let mut draw = 7;
    let resample = |_| {
        let picked: Vec<usize> = whole.iter().map(|_| (tainan::unit_draw(&mut draw) * own.len() as f64) as usize).collect();
        Some(over(own, &picked)? - over(base, &picked)?)
    };
    let mut differences: Vec<f64> = (0..RESAMPLES).filter_map(resample).collect();
    let mut at = |share| percentile(&mut differences, share).unwrap_or(0.0);
    format!("{mean_s:.0} ({:+.0} to {:+.0})", at(0.025), at(0.975))
}

fn options() -> Result<Options, Failure> {
    let load = Load { calls_per_day: 1_305.0, crews_per_station: 1, busy_share: 0.2, threshold_s: 240.0 };
    let mut options = Options { data: None, seeds: 30, first_seed: 1, threads: 2, only: None, rooms: None, truth: None, siren_delay: 0.5, load };
    let mut words = std::env::args().skip(1);
    while let Some(option) = words.next() {
        let value = words.next().ok_or_else(|| format!("{option} needs a value"))?;
        match option.as_str() {
            "--data" => options.data = Some(PathBuf::from(value)),
            "--seeds" => options.seeds = value.parse()?,
            "--first-seed" => options.first_seed = value.parse()?,
            "--threads" => options.threads = value.parse()?,
            "--rooms" => options.rooms = Some(value),
            "--only" => options.only = Some(value),
            "--truth" => options.truth = Some(PathBuf::from(value)),
            "--siren-delay" => options.siren_delay = value.parse()?,
            "--calls" => options.load.calls_per_day = value.parse()?,
            "--crews" => options.load.crews_per_station = value.parse()?,
            "--busy" => options.load.busy_share = value.parse()?,
            "--threshold" => options.load.threshold_s = value.parse()?,
            _ => return Err(format!("unknown option {option}").into()),
        }
    }
    Ok(options)
}
