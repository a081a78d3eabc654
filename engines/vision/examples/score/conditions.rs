//! The same plates, sorted by what makes them hard, and how far a confidence can be believed.

use std::fmt::Write as _;

use crate::shared::{Outcome, Score, percent, wilson};

/// Characters are about this share of a plate's height.
const TEXT_SHARE: f32 = 0.6;
/// Pictures darker than this on the mean are called night.
const NIGHT_BELOW: f32 = 70.0;
const BINS: usize = 10;
const BLOCK_MIN: usize = 40;

/// Of the label's box where there is one, else of the read's outline.
fn text_height_px(outcome: &Outcome) -> Option<f32> {
    let quad = outcome.truth_quad.or(outcome.read.as_ref().map(|read| read.quad))?;
    Some(quad.height_px() * TEXT_SHARE)
}

fn condition_of_height(outcome: &Outcome) -> &'static str {
    match text_height_px(outcome) {
        None => "text height unknown: not found, no box",
        Some(px) if px < 16.0 => "text under 16 px high",
        Some(px) if px < 24.0 => "text of 16 to 24 px",
        Some(px) if px < 40.0 => "text of 24 to 40 px",
        Some(_) => "text of 40 px and more",
    }
}

fn condition_of_form(outcome: &Outcome) -> &'static str {
    match shouhu_vision::taiwan_form(&outcome.truth) {
        Some("LLL-DDDD" | "LLL-DDD") => "eighth generation, by its form",
        Some(_) => "seventh generation, by its form",
        None => "no Taiwanese form",
    }
}

fn condition_of_light(outcome: &Outcome) -> &'static str {
    if outcome.brightness < NIGHT_BELOW { "night, mean grey under 70" } else { "day" }
}

/// Over all sets whose plates have texts.
pub fn by_condition(scores: &[Score]) -> String {
    let mut table = String::from("| condition | plates | exact | 95 % | ≤ 1 error |\n|---|---|---|---|---|\n");
    let outcomes: Vec<&Outcome> = scores.iter().flat_map(|s| &s.outcomes).filter(|o| !o.truth.is_empty()).collect();
    for kind in [condition_of_height, condition_of_form, condition_of_light] {
        let mut names: Vec<&str> = outcomes.iter().map(|o| kind(o)).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let those: Vec<&&Outcome> = outcomes.iter().filter(|o| kind(o) == name).collect();
            let exact = those.iter().filter(|o| o.is_exact()).count();
            let within_one = those.iter().filter(|o| o.errors <= 1).count();
            let (low, high) = wilson(exact, those.len());
            let _ = writeln!(
                table,
                "| {name} | {} | {} | {low:.0}–{high:.0} | {} |",
                those.len(),
                percent(exact, those.len()),
                percent(within_one, those.len())
            );
        }
    }
    table
}

/// Reads of labelled plates by confidence, and the expected calibration error: the mean distance between what was
/// promised and what was kept, weighed by the reads in each bin (Guo et al. 2017).
pub fn reliability(scores: &[Score]) -> String {
    let judged: Vec<(f32, bool)> = scores.iter().flat_map(Score::judged).collect();
    let mut table = String::from("| confidence | reads | mean confidence | right | 95 % |\n|---|---|---|---|---|\n");
    let mut error = 0.0;
    for bin in 0..BINS {
        let inside = |confidence: f32| ((confidence * BINS as f32) as usize).min(BINS - 1) == bin;
        let those: Vec<&(f32, bool)> = judged.iter().filter(|(confidence, _)| inside(*confidence)).collect();
        if those.is_empty() {
            continue;
        }
        let right = those.iter().filter(|(_, is_right)| *is_right).count();
        let mean = those.iter().map(|(confidence, _)| f64::from(*confidence)).sum::<f64>() / those.len() as f64;
        error += (mean - right as f64 / those.len() as f64).abs() * those.len() as f64 / judged.len() as f64;
        let (low, high) = wilson(right, those.len());
        let _ = writeln!(
            table,
            "| {:.1}–{:.1} | {} | {mean:.2} | {} | {low:.0}–{high:.0} |",
            bin as f32 / BINS as f32,
            (bin + 1) as f32 / BINS as f32,
            those.len(),
            percent(right, those.len())
        );
    }
    let _ = writeln!(table, "\nExpected calibration error over {} reads of labelled plates: {:.1} %", judged.len(), error * 100.0);
    table
}

/// Reads pooled into blocks in which the share of right ones rises with the confidence (pool adjacent violators), as
/// `(confidence, share)`; at least [`BLOCK_MIN`] reads a block, and one right and one wrong read too many in each, so that
/// no block promises certainty.
pub fn knots(scores: &[Score]) -> String {
    let mut judged: Vec<(f32, bool)> = scores.iter().flat_map(Score::judged).collect();
    judged.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut blocks: Vec<(f64, f64, f64)> = Vec::new();
    for chunk in judged.chunks(BLOCK_MIN) {
        let confidence: f64 = chunk.iter().map(|(confidence, _)| f64::from(*confidence)).sum();
        blocks.push((confidence, chunk.iter().filter(|(_, is_right)| *is_right).count() as f64, chunk.len() as f64));
        while let [.., (c1, r1, n1), (c2, r2, n2)] = blocks.as_slice() {
            if r1 / n1 < r2 / n2 {
                break;
            }
            let joined = (c1 + c2, r1 + r2, n1 + n2);
            blocks.truncate(blocks.len() - 2);
            blocks.push(joined);
        }
    }
    blocks.iter().fold(String::new(), |mut text, (confidence, right, count)| {
        let _ = writeln!(text, "({:.4}, {:.4}), // {count} reads", confidence / count, (right + 1.0) / (count + 2.0));
        text
    })
}
