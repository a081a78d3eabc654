//! Detects, straightens and reads the plates of one frame.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use rten::{Model, RunOptions, ThreadPool};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;
use shouhu_plate::SeenVehicle;

use crate::calibration::Evidence;
use crate::ctc::{CLASSES, Places};
use crate::detect::{CHANNELS, Grid, Outlined, STRIDE, one_per_plate};
use crate::grammar;
use crate::lettering::{LETTERING_MOST, is_lettering};
use crate::net::Net;
use crate::pixels::{FOR_READER, FOR_SECOND_LOOK, Grey, burnt_share, difference, lean, normalise, sharpness, unstraightened};
use crate::read::AT_BORDER_MOST;
use crate::reading::{Reading, Seen};
use crate::sight::{Sight, Tone};
use crate::vehicle::{self, Vehicle, VehicleNet};
use crate::{Frame, PlateRead, Quad};

static DETECTOR: &[u8] = include_bytes!("../models/detector.onnx");
static READER: &[u8] = include_bytes!("../models/reader.onnx");

/// The detector's input sides are multiples of this, so that its coarsest layer covers them exactly.
const INPUT_STEP: usize = 16;
/// Characters are about this share of the plate's height, mean over Taiwanese forms.
const TEXT_SHARE: f32 = 0.6;
/// Each framing of an unclear plate is one picture more for the reader.
const FRAMINGS_MAX: usize = 2;
/// Plates narrower than this at the fine pass's scale are the fine pass's alone.
const COARSE_WIDTH_MIN: f32 = 90.0;
/// No country's plate says less; shorter reads are badges and lettering.
const TEXT_LENGTH_MIN: usize = 3;
/// In the second look there is hardly anything but the plate.
const SECOND_LOOK_SCORE_MIN: f32 = 0.15;
/// What is seen more weakly from afar, and is no plate once it is straight and large, is not read: in no set has such a place held a plate.
const GLIMPSED: f32 = 0.5;
/// A first read of at least this posterior is not read again in other framings.
const SURE_ENOUGH: f32 = 0.92;
/// A first read of less than this posterior has nothing to vote about: a lamp, a badge, a plate burnt out by its light.
const HOPELESS: f32 = 0.17;
/// The darkest channel of an unclear plate is read in place of a framing where so much of it is burnt out,
const BURNT_MIN: f32 = 0.05;
/// and where it differs so much from the grey picture, in grey levels: on a plate without colour it would only repeat itself. So would a
/// plate with toned-down colours.
const COLOUR_MIN: f32 = 6.0;
/// Characters under five pixels high are guesses.
const PLATE_HEIGHT_MIN_PX: f32 = 8.0;

#[derive(Debug, thiserror::Error)]
pub enum VisionError {
    #[error("the embedded {which} model does not load: {reason}; make it anew as training/README.md says")]
    Model { which: &'static str, reason: String },
    #[error("the {which} network failed: {reason}")]
    Inference { which: &'static str, reason: String },
    #[error("the frame says {width}×{height} but holds {len} bytes; make frames with Frame::new")]
    FrameShape { width: u32, height: u32, len: usize },
}

/// What runs the networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// Our own code for just these networks; rten for networks that it does not understand.
    #[default]
    Own,
    /// rten, which runs any ONNX network: slower on ours, and what our own code is measured against.
    Rten,
}

/// How much work is spent on a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct RecogniserConfig {
    /// The longer side in pixels that a frame is shrunk to for the detector; `None` chooses by frame size.
    pub input_long_side: Option<u32>,
    /// Detections below this score are dropped.
    pub min_detector_score: f32,
    /// Reads below this confidence are dropped.
    pub min_confidence: f32,
    /// At most so many plates are read per frame, best detections first.
    pub max_plates: usize,
    /// Threads for [`Engine::Rten`]; our own code uses one, so that an agent with four cameras uses four cores.
    pub threads: usize,
    pub engine: Engine,
}

impl Default for RecogniserConfig {
    fn default() -> Self {
        Self { input_long_side: None, min_detector_score: 0.35, min_confidence: 0.1, max_plates: 16, threads: 1, engine: Engine::Own }
    }
}

/// A place where a plate seems to be, before it is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    pub quad: Quad,
    /// 0 to 1.
    pub score: f32,
}

/// A frame with more burnt-out colours than this is looked at a second time with those toned down: a taxi in the headlights at
/// night. It costs as much again.
const BURNT_COLOURS_MIN: f32 = 0.01;
/// Reads whose outlines overlap so much are of one plate.
const SAME_PLATE_IOU: f32 = 0.3;

/// Whether a frame holds the pixels that it says.
fn whole(frame: &Frame) -> Result<(), VisionError> {
    let wrong = |_| VisionError::FrameShape { width: frame.width, height: frame.height, len: frame.rgb.len() };
    frame.checked().map_err(wrong)
}

/// A frame as it is looked at first.
fn sight_of(frame: &Frame) -> Result<Sight<'_>, VisionError> {
    whole(frame)?;
    Ok(Sight { frame, tone: Tone::Luma })
}

/// The same frame with its burnt-out colours toned down, where it has enough of them.
fn toned(sight: Sight) -> Option<Sight> {
    (sight.burnt_colours() >= BURNT_COLOURS_MIN).then(|| sight.in_tone(Tone::Toned))
}

/// One network, as it is run.
enum Network {
    Own(Net),
    Rten(Box<Model>, Arc<ThreadPool>),
}

impl Network {
    fn load(which: &'static str, onnx: Cow<'static, [u8]>, config: &RecogniserConfig) -> Result<Self, VisionError> {
        if config.engine == Engine::Own
            && let Ok(net) = Net::parse(&onnx)
        {
            return Ok(Self::Own(net));
        }
        let model = match onnx {
            Cow::Borrowed(bytes) => Model::load_static_slice(bytes),
            Cow::Owned(bytes) => Model::load(bytes),
        };
        let model = model.map_err(|error| VisionError::Model { which, reason: error.to_string() })?;
        Ok(Self::Rten(Box::new(model), Arc::new(ThreadPool::with_num_threads(config.threads.clamp(1, 64)))))
    }

    /// Pictures of one size, one after the other; so come the answers.
    fn run(&self, which: &'static str, [count, height, width]: [usize; 3], input: Vec<f32>) -> Result<Vec<f32>, VisionError> {
        let failed = |reason: String| VisionError::Inference { which, reason };
        match self {
            Self::Own(net) => net.run(height, width, &input).map_err(|error| failed(error.to_string())),
            Self::Rten(model, pool) => {
                let tensor = NdTensor::from_data([count, 1, height, width], input);
                let options = RunOptions::default().with_thread_pool(Some(Arc::clone(pool)));
                let value = model.run_one(tensor.view().into(), Some(options)).map_err(|error| failed(error.to_string()))?;
                let output: rten_tensor::Tensor<f32> = value.try_into().map_err(|error| failed(format!("{error:?}")))?;
                Ok(output.to_vec())
            }
        }
    }
}

/// The two networks, loaded once, and the one for vehicles; it may be shared between threads by reference.
pub struct Recogniser {
    config: RecogniserConfig,
    detector: Network,
    reader: Network,
    /// Loaded when it is first asked for: whoever only reads plates pays neither its time nor its 15 MB.
    vehicles: OnceLock<Result<VehicleNet, String>>,
}

impl Recogniser {
    pub fn load() -> Result<Self, VisionError> {
        Self::with_config(RecogniserConfig::default())
    }

    pub fn with_config(config: RecogniserConfig) -> Result<Self, VisionError> {
        Self::of(Cow::Borrowed(DETECTOR), Cow::Borrowed(READER), config)
    }

    /// Weights trained elsewhere, as ONNX bytes of the same two networks; [`crate::MODEL_VERSION`] does not name them.
    pub fn with_models(detector: Vec<u8>, reader: Vec<u8>, config: RecogniserConfig) -> Result<Self, VisionError> {
        Self::of(Cow::Owned(detector), Cow::Owned(reader), config)
    }

    fn of(detector: Cow<'static, [u8]>, reader: Cow<'static, [u8]>, config: RecogniserConfig) -> Result<Self, VisionError> {
        let detector = Network::load("detector", detector, &config)?;
        let reader = Network::load("reader", reader, &config)?;
        Ok(Self { detector, reader, config, vehicles: OnceLock::new() })
    }

    /// The plates of one frame, surest detection first.
    pub fn recognise(&self, frame: &Frame) -> Result<Vec<PlateRead>, VisionError> {
        let sight = sight_of(frame)?;
        let plates = self.most_likely_in(sight)?;
        let mut reads = self.read_all(sight, &plates)?;
        if let Some(toned) = toned(sight) {
            let mut others = self.most_likely_in(toned)?;
            others.retain(|plate| !is_settled(plate, &reads) && !is_the_same(toned, plate, &plates));
            for again in self.read_all(toned, &others)? {
                match reads.iter_mut().find(|read| read.quad.iou(&again.quad) >= SAME_PLATE_IOU) {
                    Some(known) if known.confidence < again.confidence => *known = again,
                    Some(_) => {}
                    None => reads.push(again),
                }
            }
            reads.sort_by(|a, b| b.detector_score.total_cmp(&a.detector_score));
            reads.truncate(self.config.max_plates);
        }
        Ok(reads)
    }

    /// As many as are read of a frame, surest first.
    fn most_likely_in(&self, sight: Sight) -> Result<Vec<Outlined>, VisionError> {
        let mut plates = self.detect_in(sight)?;
        plates.truncate(self.config.max_plates);
        Ok(plates)
    }

    fn read_all(&self, sight: Sight, plates: &[Outlined]) -> Result<Vec<PlateRead>, VisionError> {
        let legible: Vec<&Outlined> = plates.iter().filter(|plate| is_legible(plate)).collect();
        let quads: Vec<Quad> = legible.iter().map(|plate| plate.best.quad).collect();
        let looked_at = legible.into_iter().zip(self.second_looks(sight, &quads)?);
        let places: Vec<(&Outlined, Option<Quad>)> = looked_at.filter(|(plate, closer)| closer.is_some() || plate.best.score >= GLIMPSED).collect();
        let mut reads = Vec::new();
        for read in self.read_places(sight, &places)?.into_iter().flatten() {
            let read = if is_lettering(&read.text) { read.believed_at_most(LETTERING_MOST) } else { read };
            if read.confidence >= self.config.min_confidence && read.text.len() >= TEXT_LENGTH_MIN {
                reads.push(read);
            }
        }
        Ok(reads)
    }

    /// Where plates are, unread; for drawing, for measuring, and for cropping evidence.
    pub fn detect(&self, frame: &Frame) -> Result<Vec<Detection>, VisionError> {
        let sight = sight_of(frame)?;
        let mut found: Vec<Detection> = self.detect_in(sight)?.into_iter().map(|plate| plate.best).collect();
        if let Some(toned) = toned(sight) {
            found.extend(self.detect_in(toned)?.into_iter().map(|plate| plate.best));
            found = one_per_plate(found).into_iter().map(|plate| plate.best).collect();
        }
        Ok(found)
    }

    /// Reads one plate whose corners are known, whatever the confidence; none when nothing is written there.
    pub fn read(&self, frame: &Frame, detection: &Detection) -> Result<Option<PlateRead>, VisionError> {
        let plate = Outlined { best: *detection, others: Vec::new() };
        if !is_legible(&plate) {
            return Ok(None);
        }
        let sight = sight_of(frame)?;
        let closer = self.second_looks(sight, &[detection.quad])?.into_iter().next().flatten();
        Ok(self.read_places(sight, &[(&plate, closer)])?.into_iter().next().flatten())
    }

    /// The vehicles of one frame, surest first: for drawing and for looking at a camera. Three runs of the network for a 16:9 frame.
    pub fn vehicles(&self, frame: &Frame) -> Result<Vec<Vehicle>, VisionError> {
        whole(frame)?;
        vehicle::all(self.vehicle_net()?, frame).map_err(|reason| VisionError::Inference { which: "vehicle", reason })
    }

    /// What a frame shows of the vehicle that carries this plate; what is absent is not sure. One run of a large network: for the
    /// frame that is kept of a passage, not for every frame.
    pub fn describe(&self, frame: &Frame, plate: &Quad) -> Result<SeenVehicle, VisionError> {
        whole(frame)?;
        vehicle::of_plate(self.vehicle_net()?, frame, plate).map_err(|reason| VisionError::Inference { which: "vehicle", reason })
    }

    fn vehicle_net(&self) -> Result<&VehicleNet, VisionError> {
        let loaded = self.vehicles.get_or_init(|| VehicleNet::load(self.config.threads));
        loaded.as_ref().map_err(|reason| VisionError::Model { which: "vehicle", reason: reason.clone() })
    }

    fn detect_in(&self, sight: Sight) -> Result<Vec<Outlined>, VisionError> {
        let mut found = Vec::new();
        let frame_side = sight.width().max(sight.height());
        let scales: Vec<f32> = passes(frame_side, self.config.input_long_side).into_iter().map(|side| side as f32 / frame_side as f32).collect();
        let fine = scales.first().copied().unwrap_or(1.0);
        let sizes: Vec<(usize, usize)> = scales.iter().map(|scale| (scaled(sight.width(), *scale), scaled(sight.height(), *scale))).collect();
        for (small, scale) in sight.resized(&sizes).into_iter().zip(scales) {
            let is_fine = scale >= fine;
            // The coarse pass is there for plates too large for the fine one; on small things it sees ghosts.
            found.extend(self.detect_at(sight, small, scale)?.into_iter().filter(|d| is_fine || d.quad.width_px() * fine >= COARSE_WIDTH_MIN));
        }
        Ok(one_per_plate(found))
    }

    fn detect_at(&self, sight: Sight, small: Grey, scale: f32) -> Result<Vec<Detection>, VisionError> {
        let (frame_w, frame_h) = (sight.width() as f32, sight.height() as f32);
        let mut found: Vec<Detection> = self.peaks(&[small], scale, self.config.min_detector_score)?.into_iter().flatten().collect();
        found.retain(|d| {
            let (x, y) = d.quad.centre();
            x >= 0.0 && y >= 0.0 && x < frame_w && y < frame_h
        });
        Ok(found)
    }

    /// Runs the detector on pictures of one size and of their own scale; quads come back divided by `scale`.
    fn peaks(&self, pictures: &[Grey], scale: f32, min_score: f32) -> Result<Vec<Vec<Detection>>, VisionError> {
        let Some(first) = pictures.first() else { return Ok(Vec::new()) };
        let (width, height) = (first.width.next_multiple_of(INPUT_STEP), first.height.next_multiple_of(INPUT_STEP));
        let mut input = vec![0.0_f32; pictures.len() * width * height];
        for (picture, input) in pictures.iter().zip(input.chunks_exact_mut(width * height)) {
            for (out, row) in input.chunks_exact_mut(width).zip(picture.levels.chunks_exact(picture.width)) {
                for (value, level) in out.iter_mut().zip(row) {
                    *value = level / 255.0 - 0.5;
                }
            }
        }
        let values = self.detector.run("detector", [pictures.len(), height, width], input)?;
        let (rows, columns) = (height / STRIDE, width / STRIDE);
        if values.len() != pictures.len() * rows * columns * CHANNELS {
            return Err(VisionError::Inference {
                which: "detector",
                reason: format!("{} numbers for {} grids of {rows}×{columns}", values.len(), pictures.len()),
            });
        }
        let grids = values.chunks_exact(rows * columns * CHANNELS).map(|values| Grid { columns, rows, values });
        Ok(grids.map(|grid| grid.detections(min_score, scale)).collect())
    }

    /// The outlines as the detector sees them once the plates are nearly straight and of the size it knows best; all in one run.
    fn second_looks(&self, sight: Sight, quads: &[Quad]) -> Result<Vec<Option<Quad>>, VisionError> {
        let framing = FOR_SECOND_LOOK;
        let mut closer = vec![None; quads.len()];
        let (mut whose, mut pictures) = (Vec::new(), Vec::new());
        for (slot, quad) in closer.iter_mut().zip(quads) {
            if let Some(levels) = sight.rectified(quad, framing) {
                whose.push((slot, quad));
                pictures.push(Grey { width: framing.width, height: framing.height, levels });
            }
        }
        let middle = (framing.width as f32 / 2.0, framing.height as f32 / 2.0);
        let is_in_the_middle = |quad: &Quad| {
            let (x, y) = quad.centre();
            (x - middle.0).abs() < middle.0 * 0.4 && (y - middle.1).abs() < middle.1 * 0.4
        };
        for ((slot, quad), found) in whose.into_iter().zip(self.peaks(&pictures, 1.0, SECOND_LOOK_SCORE_MIN)?) {
            *slot = found.into_iter().find(|d| is_in_the_middle(&d.quad)).and_then(|d| unstraightened(&d.quad, framing, quad));
        }
        Ok(closer)
    }

    /// Reading stands and falls with the corners, and the frame's pass places them to a stride of its shrunken picture: with each place comes where the
    /// second look has seen its corners. All places are read in one run of the network, and the other framings of the unclear ones in a second.
    fn read_places(&self, sight: Sight, places: &[(&Outlined, Option<Quad>)]) -> Result<Vec<Option<PlateRead>>, VisionError> {
        let mut straight: Vec<Option<Straight>> = places.iter().map(|(plate, closer)| Straight::of(sight, plate, *closer)).collect();
        let firsts = straight.iter().flatten().map(|place| place.picture.clone()).collect();
        for (place, seen) in straight.iter_mut().flatten().zip(self.read_pictures(firsts)?) {
            place.seen(seen);
        }
        let (mut whose, mut pictures) = (Vec::new(), Vec::new());
        for place in straight.iter_mut().flatten().filter(|place| place.is_unclear()) {
            let framed = place.framed_otherwise(sight);
            whose.push((place, framed.len()));
            pictures.extend(framed);
        }
        let mut seen = self.read_pictures(pictures)?.into_iter();
        for (place, count) in whose {
            place.seen.extend(seen.by_ref().take(count).map(Seen::from));
            place.reading = Reading::of(&place.seen);
        }
        Ok(straight.into_iter().map(|place| place?.read(sight)).collect())
    }

    fn read_pictures(&self, pictures: Vec<Vec<f32>>) -> Result<Vec<Places>, VisionError> {
        if pictures.is_empty() {
            return Ok(Vec::new());
        }
        let count = pictures.len();
        let mut input = Vec::with_capacity(count * FOR_READER.width * FOR_READER.height);
        for mut picture in pictures {
            normalise(&mut picture);
            input.append(&mut picture);
        }
        let values = self.reader.run("reader", [count, FOR_READER.height, FOR_READER.width], input)?;
        Ok(values.chunks_exact((values.len() / count).max(1)).map(places_of).collect())
    }
}

/// A place that was straightened, and what has been read of it.
struct Straight<'a> {
    plate: &'a Outlined,
    /// By the second look.
    closer: Option<Quad>,
    picture: Vec<f32>,
    burnt: f32,
    /// Of the pictures that are read, the first and then the others.
    outlines: Vec<Quad>,
    seen: Vec<Seen>,
    reading: Option<Reading>,
}

impl<'a> Straight<'a> {
    /// None when the outline is degenerate.
    fn of(sight: Sight, plate: &'a Outlined, closer: Option<Quad>) -> Option<Self> {
        let mut outline = closer.unwrap_or(plate.best.quad);
        let mut picture = sight.rectified(&outline, FOR_READER)?;
        let lean = lean(&picture);
        if lean != 0.0
            && let Some(upright) = sight.rectified(&outline.leaned(lean), FOR_READER)
        {
            outline = outline.leaned(lean);
            picture = upright;
        }
        let burnt = burnt_share(&picture);
        Some(Self { plate, closer, picture, burnt, outlines: vec![outline], seen: Vec::new(), reading: None })
    }

    /// What the network has seen in the first picture.
    fn seen(&mut self, seen: Places) {
        self.seen.push(seen.into());
        self.reading = Reading::of(&self.seen);
    }

    fn is_unclear(&self) -> bool {
        self.reading.as_ref().is_some_and(|first| (HOPELESS..SURE_ENOUGH).contains(&first.posterior))
    }

    /// Other pictures of an unclear plate.
    fn framed_otherwise(&mut self, sight: Sight) -> Vec<Vec<f32>> {
        let Some(outline) = self.outlines.first().copied() else { return Vec::new() };
        let mut others = framings(outline, self.closer.map(|_| self.plate.best.quad), &self.plate.others);
        let mut pictures = Vec::new();
        if self.burnt >= BURNT_MIN
            && let Some(darkest) = sight.in_tone(Tone::Darkest).rectified(&outline, FOR_READER)
            && difference(&self.picture, &darkest) >= COLOUR_MIN
        {
            pictures.push(darkest);
            self.outlines.push(outline);
            others.truncate(FRAMINGS_MAX - 1);
        }
        for (quad, stands_for) in others {
            if let Some(picture) = sight.rectified(&quad, FOR_READER) {
                pictures.push(picture);
                self.outlines.push(stands_for);
            }
        }
        pictures
    }

    fn read(self, sight: Sight) -> Option<PlateRead> {
        let Self { plate, picture, burnt, outlines, reading, .. } = self;
        let reading = reading?;
        let quad = outlines.get(reading.framing).or(outlines.first()).copied()?;
        let text_height_px = quad.height_px() * TEXT_SHARE;
        let confidence = Evidence { posterior: reading.posterior, weakest: reading.weakest(), burnt }.confidence();
        let is_at_border = quad.touches_border(sight.width(), sight.height());
        let read = PlateRead {
            quad,
            detector_score: plate.best.score,
            display: grammar::display_form(&reading.text),
            confidence,
            posterior: reading.posterior,
            burnt,
            is_at_border,
            alternatives: reading.alternatives_at(confidence),
            text: reading.text,
            chars: reading.chars,
            sharpness: sharpness(&picture),
            text_height_px,
        };
        // Half a plate is read as well as a whole one, and may have a form that is issued.
        Some(if is_at_border { read.believed_at_most(AT_BORDER_MOST) } else { read })
    }
}

fn is_legible(plate: &Outlined) -> bool {
    plate.best.quad.height_px() >= PLATE_HEIGHT_MIN_PX
}

/// Whether a plate has been read so surely that toned colours cannot add to it.
fn is_settled(plate: &Outlined, reads: &[PlateRead]) -> bool {
    reads.iter().any(|read| read.posterior >= SURE_ENOUGH && read.quad.iou(&plate.best.quad) >= SAME_PLATE_IOU)
}

/// Whether a plate was there in the first look too, and hardly anything about it was toned down: it would only be read a second time.
fn is_the_same(toned: Sight, plate: &Outlined, seen_first: &[Outlined]) -> bool {
    let quad = &plate.best.quad;
    if !seen_first.iter().any(|known| known.best.quad.iou(quad) >= SAME_PLATE_IOU) {
        return false;
    }
    let (now, before) = (toned.rectified(quad, FOR_READER), toned.in_tone(Tone::Luma).rectified(quad, FOR_READER));
    now.zip(before).is_some_and(|(now, before)| difference(&now, &before) < COLOUR_MIN)
}

/// Other framings of an unclear plate, each with the outline it stands for.
fn framings(outline: Quad, seen_first: Option<Quad>, others: &[Quad]) -> Vec<(Quad, Quad)> {
    let mut framings = vec![(outline.expanded(0.05, 0.12), outline)];
    framings.extend(seen_first.iter().chain(others).map(|other| (*other, *other)));
    framings.push((outline.expanded(-0.03, -0.07), outline));
    framings.truncate(FRAMINGS_MAX);
    framings
}

/// The network gives class after class; the decoder wants place after place.
fn places_of(values: &[f32]) -> Places {
    let count = values.len() / CLASSES;
    (0..count).map(|t| std::array::from_fn(|class| values.get(class * count + t).copied().unwrap_or(f32::NEG_INFINITY))).collect()
}

fn scaled(side: usize, scale: f32) -> usize {
    ((side as f32 * scale).round() as usize).max(1)
}

/// The input sizes a frame is looked at in: a fine one for plates far away, a coarse one for plates that fill the
/// picture. The detector knows plates from 13 to 200 input pixels wide.
fn passes(frame_side: usize, asked: Option<u32>) -> Vec<usize> {
    let fine = match asked {
        Some(side) => (side as usize).clamp(64, 4096),
        None if frame_side > 1280 => (frame_side / 2).clamp(768, 960),
        None => frame_side.clamp(64, 512),
    };
    let coarse = 192;
    if fine > coarse { vec![fine, coarse] } else { vec![fine] }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that stumbles is a test that fails")]
mod tests {
    use super::{Recogniser, is_settled, is_the_same, passes, sight_of};
    use crate::detect::Outlined;
    use crate::read::sample_read;
    use crate::sight::Tone;
    use crate::{Detection, Frame, Quad};

    const HERE: (f32, f32, f32, f32) = (40.0, 30.0, 80.0, 26.0);

    fn plate((x, y, width, height): (f32, f32, f32, f32)) -> Outlined {
        Outlined { best: Detection { quad: Quad::from_box(x, y, width, height), score: 0.9 }, others: Vec::new() }
    }

    fn frame(colour: impl Fn(usize, usize) -> [u8; 3]) -> Frame {
        let rgb = (0..90 * 160).flat_map(|i| colour(i % 160, i / 160)).collect();
        Frame { width: 160, height: 90, rgb }
    }

    #[test]
    fn only_a_sure_read_of_the_same_place_settles_a_plate() {
        let quad = plate(HERE).best.quad;
        let (sure, unsure) = (sample_read("ABC1235", 0.95, quad), sample_read("ABC1235", 0.9, quad));
        assert!(is_settled(&plate(HERE), &[unsure.clone(), sure.clone()]));
        assert!(!is_settled(&plate(HERE), &[unsure]));
        assert!(!is_settled(&plate((10.0, 60.0, 60.0, 20.0)), &[sure]));
    }

    #[test]
    fn a_plate_is_read_in_toned_colours_only_where_they_change_it_or_where_it_is_new() {
        let grey = frame(|x, _| [if x % 9 < 3 { 40 } else { 190 }; 3]);
        let burnt = frame(|x, _| if x % 9 < 3 { [40; 3] } else { [255, 255, 60] });
        let toned = |frame| sight_of(frame).unwrap().in_tone(Tone::Toned);
        assert!(is_the_same(toned(&grey), &plate(HERE), &[plate(HERE)]));
        assert!(!is_the_same(toned(&burnt), &plate(HERE), &[plate(HERE)]));
        assert!(!is_the_same(toned(&grey), &plate(HERE), &[plate((10.0, 60.0, 60.0, 20.0))]));
        assert!(!is_the_same(toned(&grey), &plate(HERE), &[]));
    }

    #[test]
    fn a_place_that_is_glimpsed_and_no_plate_close_up_is_not_read() {
        let recogniser = Recogniser::load().unwrap();
        let wall = frame(|x, y| [(x / 4 + y / 3) as u8 + 80; 3]);
        let sight = sight_of(&wall).unwrap();
        let mut glimpsed = plate(HERE);
        glimpsed.best.score = 0.4;
        assert_eq!(recogniser.second_looks(sight, &[glimpsed.best.quad]).unwrap(), vec![None]);
        assert!(recogniser.read_all(sight, &[glimpsed]).unwrap().is_empty());
    }

    #[test]
    fn large_frames_are_looked_at_in_about_half_their_size() {
        let sides = [300, 512, 1280, 1477, 1700, 1920, 4000].map(|side| passes(side, None));
        assert_eq!(sides, [[300, 192], [512, 192], [512, 192], [768, 192], [850, 192], [960, 192], [960, 192]].map(Vec::from));
        assert_eq!(passes(1280, Some(100)), vec![100]);
    }
}
