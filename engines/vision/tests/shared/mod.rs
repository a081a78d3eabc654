//! Runs the recogniser over one labelled set of the shared data and counts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use shouhu_vision::{DecodeLimits, PlateRead, Quad, Recogniser, decode_image};

pub struct Set {
    pub name: &'static str,
    /// Reads O as 0 and I as 1, where plates of many countries make no difference on the metal.
    pub is_loose: bool,
    /// Only the last 15 % of the files, which training did not see.
    pub is_held_out: bool,
}

pub const SETS: [Set; 5] = [
    Set { name: "tw_front_a", is_loose: false, is_held_out: false },
    Set { name: "tw_koukya", is_loose: false, is_held_out: false },
    Set { name: "tw_enforce_a", is_loose: false, is_held_out: false },
    Set { name: "oalpr_eu", is_loose: true, is_held_out: false },
    Set { name: "ro_dashcam", is_loose: false, is_held_out: true },
];

#[derive(Default)]
pub struct Score {
    pub name: &'static str,
    pub images: usize,
    pub plates: usize,
    pub detected: usize,
    pub found: usize,
    pub with_text: usize,
    pub exact: usize,
    pub within_one: usize,
    pub in_alternatives: usize,
    pub false_plates: usize,
    /// Reads of labelled plates with a confidence of at least 0.9, and those of them that are right.
    pub sure: usize,
    pub sure_and_right: usize,
    pub detections: usize,
    pub true_detections: usize,
    pub cpu_ms_per_image: f64,
}

/// `$SHOUHU_SHARED_DATA/plates`, or `../shared/data/plates` beside the repository.
pub fn plates_root() -> Option<PathBuf> {
    let root = std::env::var_os("SHOUHU_SHARED_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from)
        .join("plates");
    root.is_dir().then_some(root)
}

struct Label {
    quad: Option<Quad>,
    text: String,
}

fn normal(text: &str, is_loose: bool) -> String {
    text.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|ch| match ch.to_ascii_uppercase() {
            'O' if is_loose => '0',
            'I' if is_loose => '1',
            other => other,
        })
        .collect()
}

fn labels(folder: &Path, set: &Set) -> Result<BTreeMap<String, Vec<Label>>, String> {
    let table = std::fs::read_to_string(folder.join("labels.tsv")).map_err(|error| format!("labels.tsv: {error}"))?;
    let mut all: BTreeMap<String, Vec<Label>> = BTreeMap::new();
    for line in table.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [image, x, y, w, h, plate] = fields.as_slice() else { continue };
        let numbers: Vec<f32> = [x, y, w, h].iter().filter_map(|field| field.parse().ok()).collect();
        let quad = match numbers.as_slice() {
            &[x, y, w, h] => Some(Quad::from_box(x, y, w, h)),
            _ => None,
        };
        let text = normal(plate, set.is_loose);
        all.entry((*image).to_owned()).or_default().push(Label { quad, text });
    }
    if set.is_held_out {
        let mut names: Vec<String> = std::fs::read_dir(folder.join("images"))
            .map_err(|error| format!("images: {error}"))?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort();
        let kept = names.split_off(names.len() * 85 / 100);
        all.retain(|name, _| kept.contains(name));
        for name in kept {
            all.entry(name).or_default();
        }
    }
    Ok(all)
}

/// CPU time of the whole process in milliseconds, in steps of ten.
pub fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks * 10.0
}

pub fn score(recogniser: &Recogniser, root: &Path, set: &Set, is_verbose: bool) -> Result<Score, String> {
    let folder = root.join(set.name);
    let mut score = Score { name: set.name, ..Score::default() };
    let mut spent = 0.0;
    for (image, plates) in labels(&folder, set)? {
        let bytes = std::fs::read(folder.join("images").join(&image)).map_err(|error| format!("{image}: {error}"))?;
        let frame = decode_image(&bytes, &DecodeLimits::default()).map_err(|error| format!("{image}: {error}"))?;
        let before = cpu_ms();
        let reads = recogniser.recognise(&frame).map_err(|error| format!("{image}: {error}"))?;
        spent += cpu_ms() - before;
        score.images += 1;
        count(&mut score, set, &image, &plates, &reads, is_verbose);
        if set.is_held_out {
            let found = recogniser.detect(&frame).map_err(|error| format!("{image}: {error}"))?;
            score.detections += found.len();
            score.true_detections +=
                found.iter().filter(|d| plates.iter().any(|p| p.quad.is_some_and(|q| q.iou(&d.quad) >= 0.5))).count();
            score.detected +=
                plates.iter().filter(|p| p.quad.is_some_and(|q| found.iter().any(|d| q.iou(&d.quad) >= 0.5))).count();
        }
    }
    score.cpu_ms_per_image = spent / score.images.max(1) as f64;
    Ok(score)
}

fn count(score: &mut Score, set: &Set, image: &str, plates: &[Label], reads: &[PlateRead], is_verbose: bool) {
    let texts: Vec<String> = reads.iter().map(|read| normal(&read.text, set.is_loose)).collect();
    for plate in plates {
        score.plates += 1;
        if !set.is_held_out {
            score.detected += usize::from(match plate.quad {
                Some(quad) => reads.iter().any(|read| read.quad.iou(&quad) >= 0.5),
                None => !reads.is_empty(),
            });
            score.found += usize::from(match plate.quad {
                Some(quad) => reads.iter().any(|read| read.quad.iou(&quad) >= 0.2),
                None => !reads.is_empty(),
            });
        }
        if plate.text.is_empty() {
            continue;
        }
        score.with_text += 1;
        let is_exact = texts.contains(&plate.text);
        score.exact += usize::from(is_exact);
        score.within_one += usize::from(texts.iter().any(|text| distance(text, &plate.text) <= 1));
        let is_among = reads.iter().any(|read| read.alternatives.iter().any(|a| normal(&a.text, set.is_loose) == plate.text));
        score.in_alternatives += usize::from(is_among);
        if is_verbose && !is_exact {
            let seen: Vec<String> =
                reads.iter().map(|r| format!("{} {:.2}/{:.2}", r.text, r.confidence, r.detector_score)).collect();
            println!("  {image}: {} read as [{}]", plate.text, seen.join(", "));
        }
    }
    for (read, text) in reads.iter().zip(&texts) {
        let is_known = plates.iter().any(|plate| {
            plate.quad.is_some_and(|quad| quad.iou(&read.quad) > 0.1)
                || (!plate.text.is_empty() && distance(text, &plate.text) <= 2)
        });
        if read.confidence >= 0.9 && is_known {
            score.sure += 1;
            score.sure_and_right += usize::from(plates.iter().any(|plate| plate.text == *text));
        }
        if read.confidence >= 0.5 && !is_known {
            score.false_plates += 1;
            if is_verbose {
                println!(
                    "  {image}: false {} {:.2}/{:.2} at {:?}",
                    read.text,
                    read.confidence,
                    read.detector_score,
                    read.quad.bounds()
                );
            }
        }
    }
}

/// Levenshtein.
#[expect(clippy::indexing_slicing, reason = "the row is one longer than the text it is indexed along")]
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut before = i;
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let change = before + usize::from(ca != *cb);
            before = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(before + 1);
        }
    }
    row[b.len()]
}

/// Wilson's score interval at 95 %, in percent.
pub fn wilson(hits: usize, of: usize) -> (f64, f64) {
    if of == 0 {
        return (0.0, 100.0);
    }
    let (n, p, z) = (of as f64, hits as f64 / of as f64, 1.96_f64);
    let centre = p + z * z / (2.0 * n);
    let spread = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 100.0 / (1.0 + z * z / n);
    ((centre - spread) * scale, (centre + spread) * scale)
}

impl Score {
    pub fn heading() -> &'static str {
        "| set | images | plates | detected (IoU ≥ 0.5) | near (IoU ≥ 0.2) | exact | 95 % | ≤ 1 error | in top 5 | right of those ≥ 0.9 sure | false plates | CPU-ms/image |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|"
    }

    pub fn row(&self) -> String {
        let percent = |hits: usize, of: usize| format!("{hits} ({:.1} %)", 100.0 * hits as f64 / of.max(1) as f64);
        let mut row = format!("| {} | {} | {} | {} |", self.name, self.images, self.plates, percent(self.detected, self.plates));
        if self.with_text > 0 {
            let (low, high) = wilson(self.exact, self.with_text);
            let _ = write!(
                row,
                " {} | {} | {low:.0}–{high:.0} | {} | {} | {} of {} | {} |",
                percent(self.found, self.plates),
                percent(self.exact, self.with_text),
                percent(self.within_one, self.with_text),
                percent(self.in_alternatives, self.with_text),
                self.sure_and_right,
                self.sure,
                self.false_plates
            );
        } else {
            let (low, high) = wilson(self.detected, self.plates);
            let precision = percent(self.true_detections, self.detections);
            let _ = write!(row, " recall {low:.0}–{high:.0} at 95 % | no text | – | – | – | – | precision {precision} |");
        }
        let _ = write!(row, " {:.0} |", self.cpu_ms_per_image);
        row
    }
}
