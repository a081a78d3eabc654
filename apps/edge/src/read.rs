//! `shouhu-edge read`: the plates of a picture, a folder, a film or a stream, printed as they are read.
//!
//! Nothing is kept, sent or matched, and no device need be enrolled: for trying the recogniser out and for looking at a camera before it is set up.
//! Of a picture JSON also has the vehicles, in a line of their own after its plates.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use serde_json::json;
use shouhu_plate::SeenVehicle;
use shouhu_vision::{
    Alternative, DecodeLimits, Frame, Passage, PlateRead, Quad, Recogniser, Tracker, TrackerConfig, Vehicle, decode_image,
    encode_jpeg,
};

use crate::source::{Ffmpeg, STOP_FOLLOWS, SourceError, SourceOptions, SourceSpec};
use crate::stop::Stop;

const DRAWN_QUALITY: u8 = 92;
const DRAWN_COLOUR: [u8; 3] = [255, 32, 32];
const DRAWN_VEHICLE: [u8; 3] = [32, 160, 255];

pub struct ReadOptions {
    /// A picture, a folder of pictures, a film, or the address of a stream.
    pub what: String,
    /// One JSON object a line.
    pub has_json: bool,
    /// Where a picture goes with its plates and vehicles outlined, as JPEG.
    pub draw: Option<PathBuf>,
    pub source: SourceOptions,
    /// Set by a signal: what was read is still told, and the decoder is ended.
    pub stop: Arc<Stop>,
}

/// Prints every plate, of a film or stream every vehicle once, and returns how many.
///
/// # Errors
/// When it is not there or cannot be read, ffmpeg is missing, or the output is closed.
pub fn read(options: &ReadOptions, recogniser: &Recogniser, out: &mut dyn Write) -> anyhow::Result<u64> {
    let spec = match SourceSpec::parse(&options.what) {
        Err(SourceError::Picture(path)) => return picture(Path::new(&path), options, recogniser, out),
        other => other?,
    };
    ensure!(options.draw.is_none(), "--draw is for one picture");
    match spec {
        SourceSpec::Folder(folder) => all_of(&folder, options, recogniser, out),
        film => follow(&film, options, recogniser, out),
    }
}

fn picture(path: &Path, options: &ReadOptions, recogniser: &Recogniser, out: &mut dyn Write) -> anyhow::Result<u64> {
    let bytes = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut frame = decode_image(&bytes, &DecodeLimits::default()).with_context(|| path.display().to_string())?;
    let reads = recogniser.recognise(&frame)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    for read in &reads {
        let seen = if options.has_json { Some(recogniser.describe(&frame, &read.quad)?) } else { None };
        line(out, options, &Found::of_read(&name, read, seen))?;
    }
    let vehicles = if options.has_json || options.draw.is_some() { recogniser.vehicles(&frame)? } else { Vec::new() };
    if options.has_json && !vehicles.is_empty() {
        let value = json!({ "source": name, "vehicles": vehicles.iter().map(vehicle).collect::<Vec<_>>() });
        writeln!(out, "{value}")?;
    }
    if let Some(file) = &options.draw {
        for seen in &vehicles {
            let corners = Quad::from_box(seen.left, seen.top, seen.right - seen.left, seen.bottom - seen.top);
            outline(&mut frame, &corners, DRAWN_VEHICLE);
        }
        reads.iter().for_each(|read| outline(&mut frame, &read.quad, DRAWN_COLOUR));
        fs::write(file, encode_jpeg(&frame, DRAWN_QUALITY)?).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    Ok(reads.len() as u64)
}

fn all_of(folder: &Path, options: &ReadOptions, recogniser: &Recogniser, out: &mut dyn Write) -> anyhow::Result<u64> {
    let items = fs::read_dir(folder).with_context(|| format!("{} cannot be listed", folder.display()))?;
    let mut paths: Vec<PathBuf> = items.flatten().map(|item| item.path()).collect();
    paths.retain(|path| path.to_str().is_some_and(|path| matches!(SourceSpec::parse(path), Err(SourceError::Picture(_)))));
    paths.sort();
    let mut count = 0;
    for path in paths {
        if options.stop.is_set() {
            break;
        }
        match picture(&path, options, recogniser, out) {
            Ok(plates) => count += plates,
            // A closed output ends it; a picture that is none does not.
            Err(e) if e.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) => return Err(e),
            Err(e) => tracing::warn!("{e:#}"),
        }
    }
    Ok(count)
}

fn follow(film: &SourceSpec, options: &ReadOptions, recogniser: &Recogniser, out: &mut dyn Write) -> anyhow::Result<u64> {
    let fps = options.source.video_fps();
    ensure!(fps > 0.0 && fps <= 60.0, "--fps must be more than 0 and at most 60");
    let mut decoder = Ffmpeg::start(film, &options.source, &options.stop)?;
    let mut tracker = Tracker::new(TrackerConfig::default());
    let label = film.label();
    // The frame that shows each vehicle best so far; only whoever asks for JSON is told more than the plate.
    let mut evidence: HashMap<u64, Arc<Frame>> = HashMap::new();
    let describe = |evidence: &HashMap<u64, Arc<Frame>>, passage: &Passage| -> anyhow::Result<Option<SeenVehicle>> {
        let Some(frame) = evidence.get(&passage.track_id) else { return Ok(None) };
        Ok(Some(recogniser.describe(frame, &passage.best.quad)?))
    };
    let (mut frames, mut count, mut broke_off) = (0_u32, 0, None);
    loop {
        let frame = match decoder.frame() {
            Ok(Some(frame)) => frame,
            Ok(None) => break,
            Err(_) if options.stop.is_set() => break,
            // What was read before it is told all the same.
            Err(e) => {
                broke_off = Some(e);
                break;
            }
        };
        #[expect(clippy::cast_possible_truncation, reason = "float to integer casts saturate")]
        let at_us = (f64::from(frames) * 1e6 / fps) as i64;
        frames = frames.saturating_add(1);
        let reads = recogniser.recognise(&frame)?;
        let update = tracker.push(at_us, frame.width, frame.height, reads);
        if options.has_json {
            let frame = Arc::new(frame);
            evidence.extend(update.best_now.into_iter().map(|track| (track, Arc::clone(&frame))));
        }
        for passage in update.passages {
            line(out, options, &Found::of_passage(&label, &passage, describe(&evidence, &passage)?))?;
            count += 1;
        }
        for track in update.closed {
            evidence.remove(&track);
        }
    }
    for passage in tracker.finish() {
        line(out, options, &Found::of_passage(&label, &passage, describe(&evidence, &passage)?))?;
        count += 1;
    }
    let ending = decoder.finish();
    if options.stop.is_set() || (ending.is_by_signal && options.stop.wait(STOP_FOLLOWS)) {
        return Ok(count);
    }
    if ending.is_by_signal {
        let last_words = ending.complaint.map(|complaint| format!("; its last words: {complaint}")).unwrap_or_default();
        bail!("{label}: ffmpeg crashed or was ended after {frames} frames{last_words}");
    }
    if let Some(error) = broke_off {
        return Err(error).context("the stream broke off");
    }
    if frames == 0 {
        bail!("{label} gave no picture: {}", ending.complaint.unwrap_or_else(|| "it holds no video".to_owned()));
    }
    Ok(count)
}

/// What a line says.
struct Found<'a> {
    source: &'a str,
    /// Since the beginning, in a film.
    at_s: Option<f64>,
    text: &'a str,
    display: &'a str,
    confidence: f32,
    alternatives: &'a [Alternative],
    quad: Quad,
    reads: u32,
    /// What the picture shows of the vehicle, where it was asked.
    seen: Option<SeenVehicle>,
}

impl<'a> Found<'a> {
    fn of_read(source: &'a str, read: &'a PlateRead, seen: Option<SeenVehicle>) -> Self {
        let (text, display, alternatives) = (&read.text, &read.display, &read.alternatives);
        Self { source, at_s: None, text, display, confidence: read.confidence, alternatives, quad: read.quad, reads: 1, seen }
    }

    fn of_passage(source: &'a str, passage: &'a Passage, seen: Option<SeenVehicle>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "microseconds of a film stay far below 2^52")]
        let at_s = Some(passage.best_captured_at_us as f64 / 1e6);
        let (text, display, alternatives) = (&passage.text, &passage.display, &passage.alternatives);
        let (quad, reads) = (passage.best.quad, passage.reads);
        Self { source, at_s, text, display, confidence: passage.confidence, alternatives, quad, reads, seen }
    }
}

fn vehicle(seen: &Vehicle) -> serde_json::Value {
    json!({ "kind": seen.kind, "score": seen.score, "box_px": [seen.left, seen.top, seen.right, seen.bottom] })
}

fn line(out: &mut dyn Write, options: &ReadOptions, found: &Found) -> anyhow::Result<()> {
    let is_sure = f64::from(found.confidence) >= shouhu_plate::SURE_FROM;
    if options.has_json {
        let alternatives: Vec<_> =
            found.alternatives.iter().map(|other| json!({ "plate": other.text, "probability": other.probability })).collect();
        let value = json!({
            "source": found.source, "at_s": found.at_s, "plate": found.text, "display": found.display, "confidence": found.confidence,
            "is_sure": is_sure, "alternatives": alternatives, "corners_px": found.quad.corners, "reads": found.reads,
            // What the plate's series says of the vehicle stands beside what the picture shows; whoever compares sees both.
            "vehicle": found.seen, "series": shouhu_plate::Plate::parse(found.text).map(|plate| plate.class()).unwrap_or_default(),
        });
        writeln!(out, "{value}")?;
    } else {
        let at = found.at_s.map_or_else(String::new, |at_s| format!("{at_s:>7.1} s  "));
        let sure = if is_sure { "sure" } else { "unsure" };
        writeln!(out, "{at}{:<10} {:>3.0} %  {sure:<6}  {}", found.display, found.confidence * 100.0, found.source)?;
    }
    Ok(())
}

/// Two pixels wide, along the sides.
fn outline(frame: &mut Frame, quad: &Quad, colour: [u8; 3]) {
    let [a, b, c, d] = quad.corners;
    for ((x0, y0), (x1, y1)) in [(a, b), (b, c), (c, d), (d, a)] {
        // Corners may lie outside the picture, never far.
        let steps = (x1 - x0).abs().max((y1 - y0).abs()).clamp(1.0, 20_000.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped above, and casts of floats saturate")]
        for step in 0..=steps as u32 {
            let share = step as f32 / steps;
            let (x, y) = (x0 + (x1 - x0) * share, y0 + (y1 - y0) * share);
            if x < 0.0 || y < 0.0 {
                continue;
            }
            for (x, y) in [(x as u32, y as u32), (x as u32 + 1, y as u32), (x as u32, y as u32 + 1)] {
                let at = (y as usize * frame.width as usize + x as usize) * 3;
                if x < frame.width
                    && let Some(pixel) = frame.rgb.get_mut(at..at + 3)
                {
                    pixel.copy_from_slice(&colour);
                }
            }
        }
    }
}
