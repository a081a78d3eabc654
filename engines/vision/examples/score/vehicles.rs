//! What pictures show of vehicles, against what a person saw in them: type, body colour, colours of the plate.
//!
//! The labels (`training/vehicles.tsv`) name the row of a set's `labels.tsv`, hold no plate, and give several answers (`blue|black`) where
//! people would differ. `?` is not judged; a `van` is neither car nor truck.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::path::Path;

use shouhu_vision::{DecodeLimits, Frame, PlateRead, Quad, Recogniser, decode_image};

use crate::shared::{cpu_ms, percent, wilson};

const QUESTIONS: [&str; 3] = ["type", "body colour", "plate colour"];
/// A read that overlaps a label by less is of another plate.
const SAME_PLATE_IOU: f32 = 0.15;

struct Label {
    set: String,
    image: String,
    row: usize,
    part: String,
    truths: [String; QUESTIONS.len()],
}

/// Asked, said, right.
#[derive(Default, Clone, Copy)]
struct Count {
    asked: usize,
    said: usize,
    right: usize,
}

impl Count {
    fn add(&mut self, truth: &str, said: Option<&str>) {
        self.asked += 1;
        self.said += usize::from(said.is_some());
        self.right += usize::from(said.is_some_and(|said| truth.split('|').any(|accepted| accepted == said)));
    }

    fn row(self, name: &str) -> String {
        let (low, high) = wilson(self.right, self.said);
        let (said, right) = (percent(self.said, self.asked), percent(self.right, self.said));
        format!("| {name} | {} | {said} | {right} | {low:.0}–{high:.0} |", self.asked)
    }
}

/// The name of a variant as it stands in the labels.
fn snake(variant: impl Debug) -> String {
    let mut name = String::new();
    for ch in format!("{variant:?}").chars() {
        if ch.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(ch.to_ascii_lowercase());
    }
    name
}

fn labels(table: &str) -> Vec<Label> {
    let label = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let &[set, image, row, part, kind, colour, plate] = fields.as_slice() else { return None };
        Some(Label {
            set: set.to_owned(),
            image: image.to_owned(),
            row: row.parse().ok()?,
            part: part.to_owned(),
            truths: [kind, colour, plate].map(str::to_owned),
        })
    };
    table.lines().skip(1).filter_map(label).collect()
}

/// The box of one row of a set's labels; none where the set has no boxes.
fn box_of(table: &str, row: usize) -> Option<Quad> {
    let fields = table.lines().nth(row + 1)?.split('\t').skip(1).take(4);
    let numbers: Vec<f32> = fields.filter_map(|field| field.parse().ok()).collect();
    match numbers.as_slice() {
        &[x, y, w, h] => Some(Quad::from_box(x, y, w, h)),
        _ => None,
    }
}

/// Where the plate is, as the recogniser outlines it.
fn outline(label: Option<Quad>, reads: &[PlateRead]) -> Option<Quad> {
    let Some(known) = label else { return reads.first().map(|read| read.quad) };
    let nearest = reads.iter().max_by(|a, b| known.iou(&a.quad).total_cmp(&known.iou(&b.quad)));
    Some(nearest.filter(|read| known.iou(&read.quad) >= SAME_PLATE_IOU).map_or(known, |read| read.quad))
}

/// Two tables: by set and part, and by what was said of the part that no threshold was set on.
pub fn tables(recogniser: &Recogniser, root: &Path, file: &Path, only: Option<&String>) -> Result<String, String> {
    let table = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut by_part: BTreeMap<(usize, String), Count> = BTreeMap::new();
    let mut by_answer: BTreeMap<(usize, String), Count> = BTreeMap::new();
    let (mut spent_ms, mut described) = (0.0, 0_usize);
    let mut sets: BTreeMap<String, String> = BTreeMap::new();
    let mut last: Option<(String, Frame, Vec<PlateRead>)> = None;
    for label in labels(&table) {
        let folder = root.join(&label.set);
        if only.is_some_and(|name| *name != label.set) || !folder.is_dir() {
            continue;
        }
        if !sets.contains_key(&label.set) {
            let rows = std::fs::read_to_string(folder.join("labels.tsv")).map_err(|error| format!("{}: {error}", label.set))?;
            sets.insert(label.set.clone(), rows);
        }
        if last.as_ref().is_none_or(|(image, ..)| *image != label.image) {
            let wrong = |reason: String| format!("{}: {reason}", label.image);
            let bytes = std::fs::read(folder.join("images").join(&label.image)).map_err(|error| wrong(error.to_string()))?;
            let frame = decode_image(&bytes, &DecodeLimits::default()).map_err(|error| wrong(error.to_string()))?;
            let reads = recogniser.recognise(&frame).map_err(|error| wrong(error.to_string()))?;
            last = Some((label.image.clone(), frame, reads));
        }
        let Some((_, frame, reads)) = &last else { continue };
        let known = sets.get(&label.set).and_then(|rows| box_of(rows, label.row));
        let mut said: [Option<String>; QUESTIONS.len()] = Default::default();
        if let Some(quad) = outline(known, reads) {
            let before = cpu_ms();
            let seen = recogniser.describe(frame, &quad).map_err(|error| format!("{}: {error}", label.image))?;
            spent_ms += cpu_ms() - before;
            described += 1;
            said = [seen.kind.map(snake), seen.colour.map(snake), seen.plate_colour.map(snake)];
        }
        for (question, (truth, said)) in label.truths.iter().zip(&said).enumerate() {
            if truth == "?" {
                continue;
            }
            for part in [format!("{} | {}", label.set, label.part), format!("all | {}", label.part)] {
                by_part.entry((question, part)).or_default().add(truth, said.as_deref());
            }
            if let (Some(answer), "untouched") = (said, label.part.as_str()) {
                by_answer.entry((question, answer.clone())).or_default().add(truth, Some(answer.as_str()));
            }
        }
    }
    let mut text = String::from("| question | set | part | asked | said | right | 95 % |\n|---|---|---|---|---|---|---|\n");
    let name = |question: usize, rest: &str| format!("{} | {rest}", QUESTIONS.get(question).copied().unwrap_or_default());
    for ((question, part), count) in &by_part {
        let _ = writeln!(text, "{}", count.row(&name(*question, part)));
    }
    text.push_str("\n| question | answer, untouched part | said | – | right | 95 % |\n|---|---|---|---|---|---|\n");
    for ((question, answer), count) in &by_answer {
        let _ = writeln!(text, "{}", count.row(&name(*question, answer)));
    }
    let _ = writeln!(text, "\nDescribing took {:.0} CPU-ms a plate ({described} plates).", spent_ms / described.max(1) as f64);
    Ok(text)
}
