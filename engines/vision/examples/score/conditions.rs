//! The same plates, sorted by what makes them hard, and how far a confidence can be believed.

use std::fmt::Write as _;

use crate::shared::{Outcome, Score, normal, percent, wilson};

/// Characters are about this share of a plate's height.
const TEXT_SHARE: f32 = 0.6;
/// Pictures darker than this on the mean are called night.
const NIGHT_BELOW: f32 = 70.0;
const BINS: usize = 10;

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
    if outcome.brightness.is_nan() {
        return "light not measured";
    }
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

/// What no photograph measures: motorcycles, and writing that is no plate. Sure reads alone can do harm.
pub fn of_drawn(scores: &[Score]) -> String {
    let sure = shouhu_plate::SURE_FROM as f32;
    let mut table = String::from("| drawn | pictures | plates | exact | 95 % | sure | sure and wrong | sure where no plate is |\n|---|---|---|---|---|---|---|---|\n");
    for score in scores.iter().filter(|score| score.is_apart) {
        let (plates, exact) = (score.with_text(), score.exact());
        let (low, high) = wilson(exact, plates);
        let judged: Vec<(f32, bool)> = score.judged().into_iter().filter(|(confidence, _)| *confidence >= sure).collect();
        let wrong = judged.iter().filter(|(_, is_right)| !is_right).count();
        let share = if plates == 0 { "–".to_owned() } else { percent(exact, plates) };
        let range = if plates == 0 { "–".to_owned() } else { format!("{low:.0}–{high:.0}") };
        let _ = writeln!(
            table,
            "| {} | {} | {plates} | {share} | {range} | {} | {wrong} | {} |",
            score.name,
            score.images,
            judged.len(),
            score.ghosts_of(sure)
        );
    }
    table
}

/// Ours and another reader's on the same pictures, set by set.
pub fn beside_peer(name: &str, ours: &[Score], theirs: &[Score]) -> String {
    let mut table = format!(
        "| set | plates | ours exact | {name} exact | 95 % | ours ≤ 1 error | {name} ≤ 1 error | ours CPU-ms/image | {name} CPU-ms/image | ratio |\n|---|---|---|---|---|---|---|---|---|---|\n"
    );
    for peer in theirs.iter().filter(|peer| peer.with_text() > 0) {
        let Some(own) = ours.iter().find(|own| own.name == peer.name) else { continue };
        let plates = peer.with_text();
        let within_one = |score: &Score| score.outcomes.iter().filter(|o| !o.truth.is_empty() && o.errors <= 1).count();
        let (low, high) = wilson(peer.exact(), plates);
        let _ = writeln!(
            table,
            "| {} | {plates} | {} | {} | {low:.0}–{high:.0} | {} | {} | {:.0} | {:.0} | {:.1} |",
            peer.name,
            percent(own.exact(), own.with_text()),
            percent(peer.exact(), plates),
            percent(within_one(own), own.with_text()),
            percent(within_one(peer), plates),
            own.cpu_ms_per_image,
            peer.cpu_ms_per_image,
            peer.cpu_ms_per_image / own.cpu_ms_per_image.max(0.01)
        );
    }
    table
}

/// The judged reads whose confidences lie between two tenths.
pub struct Bin {
    pub from: f64,
    pub until: f64,
    pub reads: usize,
    pub right: usize,
    pub mean_confidence: f64,
}

/// Those with reads, rising.
pub fn bins(scores: &[Score]) -> Vec<Bin> {
    let judged: Vec<(f32, bool)> = scores.iter().flat_map(Score::judged).collect();
    let filled = (0..BINS).map(|bin| {
        let inside = |confidence: f32| ((confidence * BINS as f32) as usize).min(BINS - 1) == bin;
        let those: Vec<&(f32, bool)> = judged.iter().filter(|(confidence, _)| inside(*confidence)).collect();
        Bin {
            from: bin as f64 / BINS as f64,
            until: (bin + 1) as f64 / BINS as f64,
            reads: those.len(),
            right: those.iter().filter(|(_, is_right)| *is_right).count(),
            mean_confidence: those.iter().map(|(confidence, _)| f64::from(*confidence)).sum::<f64>() / those.len().max(1) as f64,
        }
    });
    filled.filter(|bin| bin.reads > 0).collect()
}

/// The mean distance between what was promised and what was kept, weighed by the reads in each bin (Guo et al. 2017), in percent.
pub fn expected_calibration_error(bins: &[Bin]) -> f64 {
    let all: usize = bins.iter().map(|bin| bin.reads).sum();
    let miss = |bin: &Bin| (bin.mean_confidence * bin.reads as f64 - bin.right as f64).abs();
    100.0 * bins.iter().map(miss).sum::<f64>() / all.max(1) as f64
}

/// Reads of labelled plates by confidence.
pub fn reliability(scores: &[Score]) -> String {
    let bins = bins(scores);
    let mut table = String::from("| confidence | reads | mean confidence | right | 95 % |\n|---|---|---|---|---|\n");
    for Bin { from, until, reads, right, mean_confidence } in &bins {
        let (low, high) = wilson(*right, *reads);
        let right = percent(*right, *reads);
        let _ = writeln!(table, "| {from:.1}–{until:.1} | {reads} | {mean_confidence:.2} | {right} | {low:.0}–{high:.0} |");
    }
    let all: usize = bins.iter().map(|bin| bin.reads).sum();
    let error = expected_calibration_error(&bins);
    let _ = writeln!(table, "\nExpected calibration error over {all} reads of labelled plates: {error:.1} %");
    table
}

/// What leaves the recogniser as sure, and how much of it was wrong: another text than the plate's, or a read of at least
/// that confidence on no labelled plate. Of the sets with texts.
pub fn emitted(scores: &[Score]) -> String {
    let least = shouhu_plate::SURE_FROM as f32;
    let mut table = String::from("| sure reads | read sure, of the plates | wrong text | 95 % | on no labelled plate |\n|---|---|---|---|---|\n");
    let with_texts: Vec<&Score> = scores.iter().filter(|score| score.with_text() > 0).collect();
    let mut row = |name: &str, those: &[&Score]| {
        let plates: usize = those.iter().map(|score| score.with_text()).sum();
        let sure: Vec<bool> = those.iter().flat_map(|s| s.judged()).filter(|(c, _)| *c >= least).map(|(_, right)| right).collect();
        let wrong = sure.iter().filter(|right| !**right).count();
        let (low, high) = wilson(wrong, sure.len());
        let ghosts: usize = those.iter().map(|score| score.ghosts_of(least)).sum();
        let _ = writeln!(
            table,
            "| {name} | {} | {} | {low:.1}–{high:.1} | {ghosts} |",
            percent(sure.len(), plates),
            percent(wrong, sure.len())
        );
    };
    for score in &with_texts {
        row(score.name, &[score]);
    }
    row("all", &with_texts);
    table
}

/// One row per judged read: what its confidence was made from, and whether it is right. No plate, no picture's name.
pub fn dump(scores: &[Score]) -> String {
    let mut table = String::from("set\tright\tconfidence\tposterior\tweakest\ttext_height_px\tburnt\tis_taiwanese\n");
    for score in scores {
        for outcome in score.outcomes.iter().filter(|o| !o.truth.is_empty()) {
            let Some(read) = &outcome.read else { continue };
            let is_right = normal(&read.text, score.is_loose) == outcome.truth;
            let weakest = read.chars.iter().map(|seen| seen.probability).fold(1.0, f32::min);
            let _ = writeln!(
                table,
                "{}\t{}\t{:.5}\t{:.6}\t{weakest:.6}\t{:.2}\t{:.4}\t{}",
                score.name,
                u8::from(is_right),
                read.confidence,
                read.posterior,
                read.text_height_px,
                read.burnt,
                u8::from(shouhu_vision::taiwan_form(&read.text).is_some())
            );
        }
    }
    table
}
