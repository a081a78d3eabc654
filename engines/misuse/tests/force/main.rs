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
mod outcome;
mod work;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use outcome::{Outcome, trial};

/// The aim, from the issue: recall of at least 95 %, at most one false alert per thousand officers and week.
const RECALL_MIN: f64 = 0.95;
const FALSE_MAX: f64 = 1.0;
/// Forces that the detector was made with: what was missed on them and what was told wrongly has been looked at.
const MADE_WITH: std::ops::Range<u64> = 100..120;
/// Forces that nobody looked at before the detector was finished; they are for figures, and nothing is chosen by them.
const UNSEEN: std::ops::Range<u64> = 8_001..8_025;

/// Two at a time: each has a gigabyte of looks.
fn of_all(seeds: &[u64]) -> Outcome {
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Outcome::default()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let one = trial(*seed);
                    println!("seed {seed}: {}", one.in_short());
                    all.lock().unwrap().add(one);
                }
            });
        }
    });
    let all = all.into_inner().unwrap();
    println!("{}", all.at_length());
    all
}

#[test]
fn injected_misuse_is_found_and_honest_work_is_left_alone() {
    let all = of_all(&[7]);
    assert!(all.recall() >= RECALL_MIN, "recall {:.3}", all.recall());
    assert!(all.false_rate() <= FALSE_MAX, "{:.2} false alerts per 1,000 officers and week", all.false_rate());
}

#[test]
#[ignore = "for the figures: two dozen forces, minutes"]
fn forces_that_nobody_looked_at_are_like_the_first() {
    let all = of_all(&UNSEEN.collect::<Vec<_>>());
    assert!(all.recall_interval().0 >= RECALL_MIN, "recall {:?}", all.recall_interval());
    assert!(all.false_interval().1 <= FALSE_MAX, "{:?} false alerts per 1,000 officers and week", all.false_interval());
}

#[test]
#[ignore = "for whoever changes the detector: twenty forces that may be looked at, minutes; SHOUHU_SEEDS=3 takes three, SHOUHU_TELL=1 tells what was missed"]
fn forces_that_it_was_made_with() {
    let number = |name: &str| std::env::var(name).ok().and_then(|number| number.parse::<usize>().ok());
    let (skipped, some) = (number("SHOUHU_SKIPPED").unwrap_or(0), number("SHOUHU_SEEDS").unwrap_or(usize::MAX));
    of_all(&MADE_WITH.skip(skipped).take(some).collect::<Vec<_>>());
}
