//! How long an index takes to build, how much it holds, how fast it answers.

use std::time::Instant;

use shouhu_geocode::Hint;

use super::data::{City, Record};
use super::index;

pub fn measure(city: &City) {
    let records: Vec<&Record> = city.asked.iter().chain(&city.more).collect();
    let start = Instant::now();
    let geocoder = index(city, &records);
    let built_ms = start.elapsed().as_millis();
    println!("\n## build\n\n{built_ms} ms; {:?}", geocoder.summary());
    let hint = Hint::default();
    let find: Vec<f64> =
        city.asked.iter().map(|record| micros(|| geocoder.find(&record.address, &hint).candidates.len())).collect();
    let typed: Vec<String> = city.asked.iter().step_by(7).map(|record| record.address.clone()).collect();
    let mut keys = Vec::new();
    for address in &typed {
        let chars: Vec<char> = address.chars().collect();
        for length in 4..chars.len() {
            let text: String = chars.iter().take(length).collect();
            keys.push(micros(|| geocoder.complete(&text, &hint).len()));
        }
    }
    let back: Vec<f64> = city.asked.iter().map(|record| micros(|| geocoder.reverse(record.at).streets.len())).collect();
    println!("\n| question | asked | median µs | p99 µs | longest µs |\n|---|---|---|---|---|");
    for (name, mut times) in [("find", find), ("complete, one key", keys), ("reverse", back)] {
        times.sort_by(f64::total_cmp);
        let at =
            |share: usize| times.get((times.len() * share / 1_000).min(times.len().saturating_sub(1))).copied().unwrap_or(0.0);
        println!("| {name} | {} | {:.0} | {:.0} | {:.0} |", times.len(), at(500), at(990), at(1_000));
    }
}

fn micros(ask: impl FnOnce() -> usize) -> f64 {
    let start = Instant::now();
    std::hint::black_box(ask());
    start.elapsed().as_secs_f64() * 1e6
}
