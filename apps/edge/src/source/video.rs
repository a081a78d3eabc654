//! A video file: every frame is read, however long that takes; what can be read of a damaged one is kept.
//!
//! One whose decoder gives nothing any more, or is ended by somebody else, is begun again, since a disk that stood still comes back;
//! what was kept of it is known by then. Where it breaks off at the same frame again, it is damaged like any other; where it breaks off
//! earlier, what it shows up to where it came before is not lost for that: the next start begins it again.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use shouhu_vision::{Tracker, TrackerConfig};
use tracing::{info, warn};

use super::ffmpeg::{self, Ffmpeg, STOP_FOLLOWS, is_hang};
use super::seen::Seen;
use super::{SourceOptions, SourceSpec};
use crate::config::DataDir;
use crate::pipeline::{Draft, Kept, Named, Patience, Pipeline, Shared, origin};
use crate::queue::Origin;
use crate::rejected::Rejected;

const START_AGAIN_AFTER: Duration = Duration::from_secs(2);
/// A container's length and its last frame may differ by rounding; more than this is missing video.
const MISSING_WORTH_SAYING_S: f64 = 1.5;

pub struct VideoSource {
    path: PathBuf,
    options: SourceOptions,
    seen: Seen,
    shared: Arc<Shared>,
}

struct Film {
    /// Identifies the file's content by name, size and time of change.
    key: Origin,
    starts_at_us: i64,
    length_s: Option<f64>,
}

/// How far a film was read.
struct Read {
    frames: u64,
    /// Why no more frames came, if not because it was over.
    end: Option<io::Error>,
    /// What the recogniser said of the last frame that it could not read.
    unreadable: Option<String>,
}

impl VideoSource {
    /// # Errors
    /// When the memory of processed files cannot be opened.
    pub fn new(path: &Path, data: &DataDir, options: SourceOptions, shared: Arc<Shared>) -> io::Result<Self> {
        let path = path.canonicalize()?;
        let name = origin(&[path.as_os_str().as_bytes()]).iter().take(8).map(|b| format!("{b:02x}")).collect::<String>();
        let seen = Seen::open(data.join("seen").join(name))?;
        Ok(Self { path, options, seen, shared })
    }

    /// Once, or again and again with `--loop`.
    pub fn run(mut self) {
        let stop = Arc::clone(&self.shared.stop);
        let mut broken_after = None;
        loop {
            match self.film() {
                Ok(film) if !self.options.is_loop && self.seen.contains(&film.key) => {
                    info!("this video was read before; it is not read again");
                    return;
                }
                Ok(film) => broken_after = self.play(&film, broken_after),
                Err(_) if stop.is_set() => return,
                Err(e) => {
                    if is_hang(&e) {
                        self.shared.counters.decoders_ended.fetch_add(1, Ordering::Relaxed);
                    }
                    self.reject(format!("the file cannot be read: {e}"));
                    broken_after = None;
                }
            }
            let is_over = broken_after.is_none() && !self.options.is_loop;
            if is_over || stop.wait(START_AGAIN_AFTER) {
                return;
            }
        }
    }

    /// A recording was finished when its file was last written, so it began its length before that.
    fn film(&self) -> io::Result<Film> {
        let meta = fs::metadata(&self.path)?;
        let key = origin(&[
            self.path.as_os_str().as_bytes(),
            &meta.len().to_le_bytes(),
            &meta.mtime().to_le_bytes(),
            &meta.mtime_nsec().to_le_bytes(),
        ]);
        // What is played as though it were live has no length. An ffprobe that cannot be ended would be left behind at each round.
        let length_s = if self.options.is_loop { None } else { ffmpeg::length_s(&self.path, &self.options, &self.shared.stop)? };
        let now_us = self.shared.clock.device_us();
        let ended_at_us = (meta.mtime().saturating_mul(1_000_000)).min(now_us);
        let starts_at_us = if self.options.is_loop { now_us } else { ended_at_us - microseconds(length_s.unwrap_or(0.0)) };
        Ok(Film { key, starts_at_us, length_s })
    }

    /// Reads it to its end, and remembers that. `broken_after` is how many frames came the last time, when its decoder broke off. Where
    /// it breaks off for the first time, or further on than before, it tells the same of this time. Where it breaks off earlier, it is not
    /// begun again before the next start, and not remembered either.
    fn play(&mut self, film: &Film, broken_after: Option<u64>) -> Option<u64> {
        let stop = Arc::clone(&self.shared.stop);
        let mut decoder = match Ffmpeg::start(&SourceSpec::Video(self.path.clone()), &self.options, &stop) {
            Ok(decoder) => decoder,
            Err(e) => {
                self.reject(format!("the file cannot be read: {e}"));
                return None;
            }
        };
        let mut pipeline = Pipeline::new(Arc::clone(&self.shared), Tracker::new(TrackerConfig::default()), Patience::Waits);
        let Read { frames, end, unreadable } = self.follow(&mut decoder, &mut pipeline, film)?;
        let mut ending = decoder.finish();
        // The end that the agent made is not the film's: the next start begins it again.
        if stop.is_set() || (ending.is_by_signal && stop.wait(STOP_FOLLOWS)) {
            return None;
        }
        let has_hung = end.as_ref().is_some_and(is_hang);
        if has_hung {
            self.shared.counters.decoders_ended.fetch_add(1, Ordering::Relaxed);
        }
        let is_broken = has_hung || ending.is_by_signal;
        let end = match end {
            _ if is_broken && !has_hung => Some("ffmpeg crashed or was ended".to_owned()),
            end => end.map(|e| e.to_string()),
        };
        let trouble = match (end.or(unreadable), ending.complaint.take()) {
            (Some(trouble), Some(complaint)) if is_broken => Some(format!("{trouble}; its last words: {complaint}")),
            (trouble, complaint) => trouble.or(complaint),
        };
        if is_broken && !self.options.is_loop && broken_after != Some(frames) {
            // What was seen once only is not told yet, as at a stop: the next try sees it better, and would tell it a second time.
            let is_again = broken_after.is_none_or(|before| frames > before) && !ending.is_stuck();
            let when = if is_again { "the file is begun again" } else { "the next start begins the file again" };
            self.judge(film, frames, trouble.map(|trouble| format!("{trouble}; {when}")));
            return is_again.then_some(frames);
        }
        let drafts = pipeline.finish();
        if !self.keep(&mut pipeline, drafts, film) {
            return None;
        }
        self.judge(film, frames, trouble);
        if self.options.is_loop {
            ending.wait_until_gone(&stop);
        } else if let Err(e) = self.seen.insert(film.key) {
            warn!(error = %e, "a processed video cannot be written down; after a restart it may be read again");
        }
        None
    }

    /// Until no frame comes any more; `None`: the agent stops.
    fn follow(&mut self, decoder: &mut Ffmpeg, pipeline: &mut Pipeline, film: &Film) -> Option<Read> {
        let (mut frames, mut unreadable) = (0_u64, None);
        loop {
            if self.shared.stop.is_set() {
                return None;
            }
            let frame = match decoder.frame() {
                Ok(Some(frame)) => frame,
                Ok(None) => return Some(Read { frames, end: None, unreadable }),
                Err(e) => return Some(Read { frames, end: Some(e), unreadable }),
            };
            #[expect(clippy::cast_precision_loss, reason = "a frame number stays far below 2^52")]
            let at_us = film.starts_at_us + microseconds(frames as f64 / self.options.video_fps());
            frames += 1;
            let drafts = pipeline.look(frame, at_us).unwrap_or_else(|e| {
                unreadable = Some(e);
                // For what was read before it, time goes on.
                pipeline.wait(at_us)
            });
            if !self.keep(pipeline, drafts, film) {
                return None;
            }
        }
    }

    /// False: the agent stops before everything is kept.
    fn keep(&mut self, pipeline: &mut Pipeline, drafts: Vec<Draft>, film: &Film) -> bool {
        let source = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let name = |draft: Draft| {
            let captured_at_us = draft.passage.best_captured_at_us;
            // Frames are numbered the same each time the file is read, so a passage is known again after a restart.
            let from_start_us = captured_at_us - film.starts_at_us;
            let run: &[u8] = if self.options.is_loop { &film.starts_at_us.to_le_bytes() } else { &[] };
            let origin = origin(&[&film.key, &from_start_us.to_le_bytes(), draft.passage.text.as_bytes(), run]);
            Named { draft, captured_at_us, origin }
        };
        let named = drafts.into_iter().map(name).filter(|named| !self.seen.contains(&named.origin)).collect();
        for (origin, kept) in pipeline.commit(named, &source) {
            match kept {
                Kept::Stopped => return false,
                Kept::Yes | Kept::Already if !self.options.is_loop => {
                    if let Err(e) = self.seen.insert(origin) {
                        warn!(error = %e, "a kept passage cannot be written down; after a restart it may be sent again");
                    }
                }
                Kept::Yes | Kept::Already | Kept::Refused => {}
            }
        }
        true
    }

    fn judge(&self, film: &Film, frames: u64, trouble: Option<String>) {
        #[expect(clippy::cast_precision_loss, reason = "a frame number stays far below 2^52")]
        let read_s = frames as f64 / self.options.video_fps();
        let missing_s = film.length_s.map_or(0.0, |length_s| length_s - read_s);
        let reason = match (frames, trouble) {
            (0, trouble) => format!("no frame could be read: {}", trouble.unwrap_or_else(|| "it holds no video".to_owned())),
            (_, Some(trouble)) => {
                format!("damaged or cut off: {frames} frames ({read_s:.1} s) were read and kept, then: {trouble}")
            }
            (_, None) if missing_s > MISSING_WORTH_SAYING_S => {
                format!("cut off: {frames} frames ({read_s:.1} s) were read and kept, {missing_s:.1} s are missing")
            }
            _ => return info!(frames, "a video was read to its end"),
        };
        self.reject(reason);
    }

    fn reject(&self, reason: String) {
        let input = self.path.display().to_string();
        self.shared.rejected.add(&Rejected { at_us: self.shared.clock.device_us(), input, kind: "video".to_owned(), reason });
    }
}

#[expect(clippy::cast_possible_truncation, reason = "float to integer casts saturate, and a video is shorter than 290,000 years")]
fn microseconds(seconds: f64) -> i64 {
    (seconds * 1e6).round() as i64
}
