//! A force of five thousand officers at honest work, with misuse of every kind put into it. What the detector finds of it, and how often it
//! points at somebody honest.
//!
//! Nothing here knows the detector's rules: shapes of work are written down in `work.rs` from what police work looks like, shapes of misuse in
//! `deeds.rs` from what was found in public cases, and both are fixed by a seed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    reason = "a test fails by panicking, and its numbers are small"
)]

mod chance;
mod deeds;
mod work;

use std::collections::{BTreeMap, HashMap, HashSet};

use deeds::Deed;
use shouhu_misuse::{Facts, Kind, Look, Told, suggestions};
use shouhu_shares::{Z_95, wilson};
use work::{DAY_US, Force, WEEKS};

/// The first turns have no weeks behind them, as a new house has none; they count all the same.
const FIRST_TURN_WEEK: i64 = 3;
/// The aim, from the issue: recall of at least 95 %, at most one false alert per thousand officers and week.
const RECALL_MIN: f64 = 0.95;
const FALSE_MAX: f64 = 1.0;

#[derive(Default)]
struct Outcome {
    /// By deed: how many there were, and how many of them an alert pointed at.
    deeds: BTreeMap<Deed, (u32, u32)>,
    /// Days from the look that was misused first to the turn that told of it.
    delays: Vec<i64>,
    false_alerts: BTreeMap<Kind, u32>,
    alerts: u32,
    officer_weeks: f64,
}

/// Of the share of `hits` of `of`, two-sided, in percent.
fn percents(hits: u32, of: u32) -> (f64, f64) {
    let (low, high) = wilson(hits.into(), of.into(), Z_95);
    (100.0 * low, 100.0 * high)
}

fn trial(seed: u64) -> Outcome {
    let mut force = Force::at_work(seed);
    let crimes = deeds::committed(&mut force, seed ^ 0x5eed);
    // The log has its numbers in the order of time.
    let mut order: Vec<usize> = (0..force.looks.len()).collect();
    order.sort_by_key(|at| force.looks[*at].at_us);
    let mut seq_of = vec![0; order.len()];
    for (seq, at) in order.iter().enumerate() {
        seq_of[*at] = seq as i64 + 1;
    }
    let looks: Vec<Look> = order.iter().map(|at| Look { seq: seq_of[*at], ..force.looks[*at] }).collect();
    let mut guilty: HashMap<i64, usize> = HashMap::new();
    for (number, crime) in crimes.iter().enumerate() {
        guilty.extend(crime.looks.iter().map(|at| (seq_of[*at], number)));
    }

    let mut outcome = Outcome { officer_weeks: force.officers.len() as f64 * (WEEKS - FIRST_TURN_WEEK + 1) as f64, ..Outcome::default() };
    let (mut told, mut found): (Vec<Told>, HashSet<usize>) = (Vec::new(), HashSet::new());
    for week in FIRST_TURN_WEEK..=WEEKS {
        let now_us = week * 7 * DAY_US;
        let until = looks.partition_point(|look| look.at_us < now_us);
        let facts = Facts { looks: &looks[..until], officers: &force.officers, marks: &force.marks, told: &told, now_us };
        let made = suggestions(&facts);
        for one in &made {
            outcome.alerts += 1;
            let of: HashSet<usize> = one.seqs.iter().filter_map(|seq| guilty.get(seq).copied()).collect();
            if of.is_empty() {
                *outcome.false_alerts.entry(one.kind).or_default() += 1;
                if std::env::var_os("SHOUHU_TELL").is_some() {
                    println!("    week {week} peers {}: {one:?}", force.officers[one.officer as usize].peers);
                }
            }
            for crime in of {
                if found.insert(crime) {
                    let first = crimes[crime].looks.iter().map(|at| force.looks[*at].at_us).min().unwrap();
                    outcome.delays.push((now_us - first) / DAY_US);
                }
            }
            told.push(Told { officer: one.officer, kind: one.kind, subject: one.subject, to_seq: one.to_seq });
        }
    }
    for (number, crime) in crimes.iter().enumerate() {
        let count = outcome.deeds.entry(crime.deed).or_default();
        count.0 += 1;
        count.1 += u32::from(found.contains(&number));
    }
    println!("seed {seed}: {} officers, {} looks in {WEEKS} weeks, {} deeds", force.officers.len(), looks.len(), crimes.len());
    outcome
}

fn report(outcome: &mut Outcome) -> (f64, f64) {
    let (mut all, mut hit) = (0, 0);
    for (deed, (of, found)) in &outcome.deeds {
        let (low, high) = percents(*found, *of);
        let note = if deed.is_in_aim() { "" } else { "  (not in the aim)" };
        println!("  {deed:?}: {found} of {of} = {:.1} % ({:.1}–{:.1}){note}", 100.0 * f64::from(*found) / f64::from(*of), low, high);
        if deed.is_in_aim() {
            all += of;
            hit += found;
        }
    }
    let (recall, (low, high)) = (f64::from(hit) / f64::from(all), percents(hit, all));
    let wrong: u32 = outcome.false_alerts.values().sum();
    let rate = f64::from(wrong) / outcome.officer_weeks * 1_000.0;
    // Poisson, by the square root: good enough above ten.
    let half = 1.96 * f64::from(wrong).sqrt() / outcome.officer_weeks * 1_000.0;
    outcome.delays.sort_unstable();
    let median = outcome.delays[outcome.delays.len() / 2];
    println!("  recall {:.1} % ({:.1}–{:.1}), {hit} of {all}", 100.0 * recall, low, high);
    println!("  false alerts {rate:.2} ± {half:.2} per 1,000 officers and week: {wrong} of {} alerts {:?}", outcome.alerts, outcome.false_alerts);
    println!("  told {median} days after the first of the looks (median)");
    (recall, rate)
}

#[test]
fn injected_misuse_is_found_and_honest_work_is_left_alone() {
    let mut outcome = trial(7);
    let (recall, rate) = report(&mut outcome);
    assert!(recall >= RECALL_MIN, "recall {recall:.3}");
    assert!(rate <= FALSE_MAX, "{rate:.2} false alerts per 1,000 officers and week");
}

#[test]
#[ignore = "for the figures: four more seeds, minutes"]
fn other_forces_are_like_the_first() {
    for seed in [11, 23, 42, 99] {
        let mut outcome = trial(seed);
        report(&mut outcome);
    }
}
