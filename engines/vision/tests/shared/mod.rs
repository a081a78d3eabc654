//! Runs the recogniser over one labelled set of the shared data and keeps what became of every plate.

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
    /// By how much of its width and height, on each side, the set's boxes lie outside the plate's own edge: holder and shadow. Learnt
    /// from the part that training saw; the figures say what it changes.
    pub margin: (f32, f32),
    /// Drawn: measured by itself, and left out of what is said of all sets.
    pub is_apart: bool,
}

/// Boxes that end at the plate.
const TIGHT: (f32, f32) = (0.0, 0.0);
/// Median over 135 plates of every third of the first 361 files.
const RO_MARGIN: (f32, f32) = (0.07, 0.14);

/// A read of nothing counts as false from this confidence on.
pub const GHOST_CONFIDENCE: f32 = 0.5;

pub const SETS: [Set; 8] = [
    Set { name: "tw_front_a", is_loose: false, is_held_out: false, margin: TIGHT, is_apart: false },
    Set { name: "tw_koukya", is_loose: false, is_held_out: false, margin: TIGHT, is_apart: false },
    Set { name: "tw_enforce_a", is_loose: false, is_held_out: false, margin: TIGHT, is_apart: false },
    Set { name: "oalpr_eu", is_loose: true, is_held_out: false, margin: TIGHT, is_apart: false },
    Set { name: "ro_dashcam", is_loose: false, is_held_out: true, margin: RO_MARGIN, is_apart: false },
    // Drawn by `training/make.py held-out`, for fitting the calibration.
    Set { name: "made", is_loose: false, is_held_out: false, margin: TIGHT, is_apart: false },
    // Drawn likewise, of what no photograph measures; part of the repository.
    Set { name: "drawn_motorcycles", is_loose: false, is_held_out: false, margin: TIGHT, is_apart: true },
    Set { name: "drawn_signs", is_loose: false, is_held_out: false, margin: TIGHT, is_apart: true },
];

/// What became of one labelled plate.
pub struct Outcome {
    pub image: String,
    /// Normalised; empty where the set has no texts.
    pub truth: String,
    pub truth_quad: Option<Quad>,
    /// The read that lies on the plate or spells it best.
    pub read: Option<PlateRead>,
    /// Levenshtein distance of the nearest read of the picture.
    pub errors: usize,
    pub is_detected: bool,
    /// The same with the set's margin.
    pub is_outlined: bool,
    /// A text was read there, sure or not: the outline that the reader chose overlaps the box by half, with the set's margin.
    pub is_read: bool,
    /// The same without the margin.
    pub is_read_tightly: bool,
    pub is_near: bool,
    pub is_in_alternatives: bool,
    /// Mean grey level of the whole picture, 0 to 255.
    pub brightness: f32,
}

/// A read that lies on no labelled plate and spells none.
pub struct Ghost {
    pub image: String,
    pub read: PlateRead,
}

#[derive(Default)]
pub struct Score {
    pub name: &'static str,
    pub is_loose: bool,
    pub is_apart: bool,
    pub images: usize,
    pub outcomes: Vec<Outcome>,
    pub ghosts: Vec<Ghost>,
    /// Of the detector alone, before reading: all, and those on a labelled plate (overlap of at least one half).
    pub detections: usize,
    pub true_detections: usize,
    /// Those on a plate that the labels leave out, by eye (`training/ro_dashcam_more.tsv`).
    pub unlabelled_detections: usize,
    /// The same three for what has been read, sure or not, with the set's margin.
    pub reads: usize,
    pub true_reads: usize,
    pub unlabelled_reads: usize,
    pub cpu_ms_per_image: f64,
}

/// A share of something, as it is printed everywhere: count, percent.
pub fn percent(hits: usize, of: usize) -> String {
    format!("{hits} ({:.1} %)", 100.0 * hits as f64 / of.max(1) as f64)
}

impl Outcome {
    pub fn is_exact(&self) -> bool {
        !self.truth.is_empty() && self.errors == 0
    }
}

/// The drawn sets of the repository.
pub fn drawn_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/drawn/plates")
}

/// Where a set lies, if it is there.
pub fn root_of(set: &Set) -> Option<PathBuf> {
    [plates_root(), Some(drawn_root())].into_iter().flatten().find(|root| root.join(set.name).is_dir())
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

pub fn normal(text: &str, is_loose: bool) -> String {
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
        let plates = all.entry((*image).to_owned()).or_default();
        // A line of a name alone says that a picture holds no plate.
        if quad.is_some() || !text.is_empty() {
            plates.push(Label { quad, text });
        }
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

/// Plates of `ro_dashcam` that its labels leave out, found by the first detector and kept by eye.
fn more_plates() -> BTreeMap<String, Vec<Quad>> {
    let table = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../training/ro_dashcam_more.tsv"));
    let mut all: BTreeMap<String, Vec<Quad>> = BTreeMap::new();
    for line in table.unwrap_or_default().lines().skip(1) {
        let mut fields = line.split('\t');
        let image = fields.next().unwrap_or_default();
        let numbers: Vec<f32> = fields.filter_map(|field| field.parse().ok()).collect();
        if let &[x, y, w, h] = numbers.as_slice() {
            all.entry(image.to_owned()).or_default().push(Quad::from_box(x, y, w, h));
        }
    }
    all
}

/// CPU time of the whole process in milliseconds, in steps of ten.
pub fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks * 10.0
}

pub fn score(recogniser: &Recogniser, root: &Path, set: &Set) -> Result<Score, String> {
    let folder = root.join(set.name);
    let mut score = Score { name: set.name, is_loose: set.is_loose, is_apart: set.is_apart, ..Score::default() };
    let more = if set.is_held_out { more_plates() } else { BTreeMap::new() };
    let mut spent = 0.0;
    for (image, plates) in labels(&folder, set)? {
        let bytes = std::fs::read(folder.join("images").join(&image)).map_err(|error| format!("{image}: {error}"))?;
        let frame = decode_image(&bytes, &DecodeLimits::default()).map_err(|error| format!("{image}: {error}"))?;
        let before = cpu_ms();
        let reads = recogniser.recognise(&frame).map_err(|error| format!("{image}: {error}"))?;
        spent += cpu_ms() - before;
        let found = recogniser.detect(&frame).map_err(|error| format!("{image}: {error}"))?;
        score.images += 1;
        score.detections += found.len();
        let overlaps = |quad: &Quad, least: f32| plates.iter().any(|p| p.quad.is_some_and(|known| known.iou(quad) >= least));
        score.true_detections += found.iter().filter(|d| overlaps(&d.quad, 0.5)).count();
        let seen = more.get(&image).map_or(&[][..], Vec::as_slice);
        let is_unlabelled = |quad: &Quad| !overlaps(quad, 0.5) && seen.iter().any(|known| known.iou(quad) >= 0.3);
        score.unlabelled_detections += found.iter().filter(|d| is_unlabelled(&d.quad)).count();
        score.reads += reads.len();
        let is_true = |quad: &Quad| overlaps(&widened(quad, set.margin), 0.5);
        let is_more = |quad: &Quad| !is_true(quad) && seen.iter().any(|known| known.iou(quad) >= 0.3);
        score.true_reads += reads.iter().filter(|read| is_true(&read.quad)).count();
        score.unlabelled_reads += reads.iter().filter(|read| is_more(&read.quad)).count();
        let brightness = frame.rgb.iter().map(|&level| f64::from(level)).sum::<f64>() / frame.rgb.len().max(1) as f64;
        let quads: Vec<Quad> = found.iter().map(|d| d.quad).collect();
        score.outcomes.extend(plates.iter().map(|plate| outcome(set, &image, plate, &reads, &quads, brightness as f32)));
        let ghosts = reads.into_iter().filter(|read| is_ghost(read, &plates, set.is_loose) && !is_unlabelled(&read.quad));
        score.ghosts.extend(ghosts.map(|read| Ghost { image: image.clone(), read }));
    }
    score.cpu_ms_per_image = spent / score.images.max(1) as f64;
    Ok(score)
}

/// What another reader made of a set: `set, image, CPU-ms, words`, tab after tab, as `benches/vision/peers.py` writes it. Every word
/// counts as a reading, with no grammar: a peer reads text, not plates.
pub fn peer_score(table: &str, root: &Path, set: &Set) -> Result<Score, String> {
    let mut score = Score { name: set.name, is_loose: set.is_loose, is_apart: set.is_apart, ..Score::default() };
    let mut known = labels(&root.join(set.name), set)?;
    let mut spent = 0.0;
    for line in table.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let &[name, image, cpu_ms, words] = fields.as_slice() else { continue };
        let Some(plates) = (name == set.name).then(|| known.remove(image)).flatten() else { continue };
        score.images += 1;
        spent += cpu_ms.parse().unwrap_or(0.0);
        let words: Vec<String> = words.split(' ').map(|word| normal(word, set.is_loose)).collect();
        // Brightness is not known here; that condition is left out.
        score.outcomes.extend(plates.into_iter().map(|plate| Outcome {
            image: image.to_owned(),
            errors: words.iter().map(|word| distance(word, &plate.text)).min().unwrap_or(plate.text.len()),
            truth: plate.text,
            truth_quad: plate.quad,
            read: None,
            is_detected: false,
            is_outlined: false,
            is_read: false,
            is_read_tightly: false,
            is_near: false,
            is_in_alternatives: false,
            brightness: f32::NAN,
        }));
    }
    score.cpu_ms_per_image = spent / score.images.max(1) as f64;
    Ok(score)
}

/// The outline's bounding box with a margin on each side.
fn widened(quad: &Quad, (across, along): (f32, f32)) -> Quad {
    let (left, top, right, bottom) = quad.bounds();
    let (x, y) = ((right - left) * across, (bottom - top) * along);
    Quad::from_box(left - x, top - y, right - left + 2.0 * x, bottom - top + 2.0 * y)
}

fn is_ghost(read: &PlateRead, plates: &[Label], is_loose: bool) -> bool {
    let text = normal(&read.text, is_loose);
    !plates.iter().any(|plate| {
        plate.quad.is_some_and(|quad| quad.iou(&read.quad) > 0.1) || (!plate.text.is_empty() && distance(&text, &plate.text) <= 2)
    })
}

fn outcome(set: &Set, image: &str, plate: &Label, reads: &[PlateRead], found: &[Quad], brightness: f32) -> Outcome {
    let errors_of = |read: &PlateRead| distance(&normal(&read.text, set.is_loose), &plate.text);
    let overlap_of = |quad: &Quad| plate.quad.map_or(0.0, |known| known.iou(quad));
    // Sets without boxes: a plate is found when any plate of its picture is.
    let is_found = |least: f32, margin: (f32, f32)| match plate.quad {
        Some(_) => found.iter().any(|quad| overlap_of(&widened(quad, margin)) >= least),
        None => !found.is_empty(),
    };
    let near = reads.iter().filter(|read| overlap_of(&read.quad) > 0.1 || (!plate.text.is_empty() && errors_of(read) <= 2));
    let read = near.min_by_key(|read| errors_of(read));
    Outcome {
        image: image.to_owned(),
        truth: plate.text.clone(),
        truth_quad: plate.quad,
        read: read.cloned(),
        errors: reads.iter().map(errors_of).min().unwrap_or(plate.text.len()),
        is_detected: is_found(0.5, TIGHT),
        is_outlined: is_found(0.5, set.margin),
        is_read: reads.iter().any(|read| overlap_of(&widened(&read.quad, set.margin)) >= 0.5),
        is_read_tightly: reads.iter().any(|read| overlap_of(&read.quad) >= 0.5),
        is_near: is_found(0.2, TIGHT),
        is_in_alternatives: !plate.text.is_empty()
            && reads.iter().any(|read| read.alternatives.iter().any(|a| normal(&a.text, set.is_loose) == plate.text)),
        brightness,
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
    let (low, high) = shouhu_shares::wilson(hits as u64, of as u64, shouhu_shares::Z_95);
    (100.0 * low, 100.0 * high)
}

impl Score {
    /// Of the plates whose text is known.
    pub fn with_text(&self) -> usize {
        self.outcomes.iter().filter(|o| !o.truth.is_empty()).count()
    }

    pub fn exact(&self) -> usize {
        self.outcomes.iter().filter(|o| o.is_exact()).count()
    }

    /// Each read that lies on a labelled plate with a text: its confidence, and whether it is right.
    pub fn judged(&self) -> Vec<(f32, bool)> {
        let read = |o: &Outcome| o.read.as_ref().map(|read| (read.confidence, normal(&read.text, self.is_loose) == o.truth));
        self.outcomes.iter().filter(|o| !o.truth.is_empty()).filter_map(read).collect()
    }

    pub fn ghosts_of(&self, least: f32) -> usize {
        self.ghosts.iter().filter(|ghost| ghost.read.confidence >= least).count()
    }

    /// Of raw detections; where plates without a label are known, with those counted as well.
    fn precision(&self) -> String {
        let labelled = percent(self.true_detections, self.detections);
        match self.unlabelled_detections {
            0 => labelled,
            more => format!("{labelled}; with unlabelled plates {}", percent(self.true_detections + more, self.detections)),
        }
    }

    /// Of a set whose labels have a margin: found and precise with it.
    fn with_margin(&self) -> Option<String> {
        let set = SETS.iter().find(|set| set.name == self.name && set.margin != TIGHT)?;
        let those = |is: fn(&Outcome) -> bool| percent(self.outcomes.iter().filter(|o| is(o)).count(), self.outcomes.len());
        Some(format!(
            "{}: outlines widened by {:.0} % and {:.0} % on each side, as the labels of its training part are: detected {}, read {} (without the margin {}); of {} texts read, sure or not, {} lie on a labelled plate, with unlabelled plates {}",
            self.name,
            set.margin.0 * 100.0,
            set.margin.1 * 100.0,
            those(|o| o.is_outlined),
            those(|o| o.is_read),
            those(|o| o.is_read_tightly),
            self.reads,
            percent(self.true_reads, self.reads),
            percent(self.true_reads + self.unlabelled_reads, self.reads)
        ))
    }

    /// What a table's row has no room for.
    pub fn remarks(scores: &[Self]) -> String {
        scores.iter().filter_map(Self::with_margin).map(|line| line + "\n").collect()
    }

    pub fn heading() -> &'static str {
        "| set | images | plates | detected (IoU ≥ 0.5) | near (IoU ≥ 0.2) | detector precision | exact | 95 % | ≤ 1 error | in top 5 | read at 99 % precision | false plates per 1,000 frames | CPU-ms/image |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|"
    }

    pub fn row(&self) -> String {
        let (plates, with_text, exact) = (self.outcomes.len(), self.with_text(), self.exact());
        let those = |is: &dyn Fn(&Outcome) -> bool| self.outcomes.iter().filter(|o| is(o)).count();
        let mut row = format!(
            "| {} | {} | {plates} | {} | {} | {} |",
            self.name,
            self.images,
            percent(those(&|o| o.is_detected), plates),
            percent(those(&|o| o.is_near), plates),
            self.precision()
        );
        if with_text > 0 {
            let (low, high) = wilson(exact, with_text);
            let _ = write!(
                row,
                " {} | {low:.0}–{high:.0} | {} | {} | {} |",
                percent(exact, with_text),
                percent(those(&|o| !o.truth.is_empty() && o.errors <= 1), with_text),
                percent(those(&|o| o.is_in_alternatives), with_text),
                percent(covered(&self.judged(), 0.99), with_text),
            );
        } else {
            row += " no text | – | – | – | – |";
        }
        let _ = write!(
            row,
            " {:.0} | {:.0} |",
            1000.0 * self.ghosts_of(GHOST_CONFIDENCE) as f64 / self.images.max(1) as f64,
            self.cpu_ms_per_image
        );
        row
    }
}

/// How many reads can be taken, surest first, while at least `precision` of them are right.
pub fn covered(judged: &[(f32, bool)], precision: f64) -> usize {
    let mut sorted = judged.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut right = 0;
    let mut best = 0;
    for (index, (_, is_right)) in sorted.iter().enumerate() {
        right += usize::from(*is_right);
        if right as f64 >= precision * (index + 1) as f64 {
            best = index + 1;
        }
    }
    best
}
