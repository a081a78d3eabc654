//! How long one choice takes: `cargo run --release -p shouhu-choice --example latency -- [units] [demand points] [threshold in s]`.

use std::time::{Duration, Instant};

use shouhu_choice::{
    Candidate, Cover, CoverView, CoverageRule, Incident, MoveUp, Policy, Preemption, Priority, Reach, Settings, Site, Skills,
    Standing, State, choose, move_up,
};
use shouhu_ids::{Micros, UnitId};

const ROUNDS: usize = 300;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut sizes = std::env::args().skip(1).map(|word| word.parse::<usize>());
    let units = sizes.next().transpose()?.unwrap_or(500);
    let points = sizes.next().transpose()?.unwrap_or(1_000);
    let threshold_s = sizes.next().transpose()?.unwrap_or(300) as f64;
    // Units and points on a square of 30 km; a minute is worth a kilometre of manhattan distance.
    let spot = |n: usize, salt: usize| ((n * 7_919 + salt) % 3_001, (n * 104_729 + salt * 31) % 3_001);
    let apart_s = |a: (usize, usize), b: (usize, usize)| (a.0.abs_diff(b.0) + a.1.abs_diff(b.1)) as f64 * 0.6;
    let weights: Vec<f64> = (0..points).map(|point| 1.0 + (point % 9) as f64).collect();
    let cover = Cover::new(&weights, 0.4)?;
    let times_of = |unit: usize| (0..points).map(move |point| apart_s(spot(unit, 5), spot(point, 77)));
    let reaches: Vec<Reach> = (0..units).map(|unit| Reach::within(times_of(unit), threshold_s)).collect();
    let views: Vec<Option<&Reach>> = reaches.iter().map(Some).collect();
    let candidate = |unit: usize, round: usize| Candidate {
        id: UnitId::new(Micros(unit as i64 * 1_000), [0; 16]),
        state: State::Idle,
        district: None,
        skills: Skills::NONE,
        position_age_s: Some(10.0),
        on_duty_s: 3_600.0,
        since_last_job_s: None,
        air_m: Some(apart_s(spot(unit, 5), spot(round, 3)) * 10.0),
        travel_s: Some(apart_s(spot(unit, 5), spot(round, 3))),
    };
    let reached = reaches.iter().map(|reach| reach.points().count()).sum::<usize>() / units.max(1);
    println!("{units} units, {points} demand points, {reached} in reach of a unit, {ROUNDS} rounds; microseconds");
    let incident = Incident { priority: Priority::Routine, needs: Skills::NONE, district: None };
    let policies =
        [("nearest by road", Policy::NearestByRoad), ("coverage-aware", Policy::CoverageAware(CoverageRule::default()))];
    for (name, policy) in policies {
        let settings = Settings { preemption: Some(Preemption::default()), ..Settings::of(policy) };
        let mut taken = Vec::new();
        for round in 0..ROUNDS {
            let candidates: Vec<Candidate> = (0..units).map(|unit| candidate(unit, round)).collect();
            let began = Instant::now();
            let choice = choose(&incident, &candidates, &settings, Some(CoverView { cover: &cover, reaches: &views }))?;
            taken.push(began.elapsed());
            assert_eq!(choice.assessments.len(), units);
        }
        say(name, taken);
    }
    let mut taken = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let built: Vec<Reach> = (0..units).map(|unit| Reach::within(times_of(unit), threshold_s)).collect();
        taken.push(began.elapsed());
        assert_eq!(built.len(), units);
    }
    say("reaches from travel times", taken);
    let standing: Vec<Standing<'_>> = reaches
        .iter()
        .enumerate()
        .map(|(unit, reach)| Standing { unit: UnitId::new(Micros(unit as i64 * 1_000), [0; 16]), reach })
        .collect();
    let sites: Vec<Site<'_>> = reaches.iter().step_by(4).map(|reach| Site { reach }).collect();
    let mut taken = Vec::new();
    for _ in 0..30 {
        let began = Instant::now();
        let advised = move_up(&cover, &standing, [], &sites, MoveUp { gain_min: 1e-6, drive_max_s: 900.0 }, |from, to| {
            Some(apart_s(spot(from, 5), spot(to * 4, 5)))
        });
        taken.push(began.elapsed());
        std::hint::black_box(advised);
    }
    say(&format!("move-up over {} sites", sites.len()), taken);
    Ok(())
}

fn say(name: &str, mut taken: Vec<Duration>) {
    taken.sort();
    let at = |share: f64| taken.get((taken.len() as f64 * share) as usize).map_or(0, Duration::as_micros);
    println!("{name:<28} median {:>6}   p99 {:>6}   max {:>6}", at(0.5), at(0.99), at(0.999_999));
}
