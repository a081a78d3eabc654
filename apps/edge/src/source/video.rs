//! A video file: every frame is read, however long that takes; what can be read of a damaged one is kept.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use shouhu_vision::{Tracker, TrackerConfig};
use tracing::{info, warn};

use super::ffmpeg::{Ffmpeg, FfmpegError};
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
        loop {
            match self.film() {
                Ok(film) if !self.options.is_loop && self.seen.contains(&film.key) => {
                    info!("this video was read before; it is not read again");
                    return;
                }
                Ok(film) => self.play(&film),
                Err(e) => self.reject(format!("the file cannot be read: {e}")),
            }
            if !self.options.is_loop || stop.wait(START_AGAIN_AFTER) {
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
        let length_s = self.length_s();
        let now_us = self.shared.clock.device_us();
        let ended_at_us = (meta.mtime().saturating_mul(1_000_000)).min(now_us);
        let starts_at_us = if self.options.is_loop { now_us } else { ended_at_us - microseconds(length_s.unwrap_or(0.0)) };
        Ok(Film { key, starts_at_us, length_s })
    }

    /// What the container says; ffprobe comes in the same package.
    fn length_s(&self) -> Option<f64> {
        let program = self.options.ffmpeg.with_file_name("ffprobe");
        let mut input = std::ffi::OsString::from("file:");
        input.push(&self.path);
        let mut command = Command::new(program);
        command
            .args(["-v", "error", "-protocol_whitelist", "file", "-show_entries", "format=duration", "-of", "csv=p=0"])
            .arg(input);
        let out = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        std::str::from_utf8(&out.stdout).ok()?.trim().parse().ok().filter(|s: &f64| s.is_finite() && (0.0..1e7).contains(s))
    }

    fn play(&mut self, film: &Film) {
        let spec = SourceSpec::Video(self.path.clone());
        let mut decoder = match Ffmpeg::start(&self.options.ffmpeg, &spec, self.options.video_fps(), self.options.is_loop) {
            Ok(decoder) => decoder,
            Err(e @ (FfmpegError::Missing { .. } | FfmpegError::Start { .. })) => {
                tracing::error!("{e}");
                return;
            }
        };
        let mut pipeline = Pipeline::new(Arc::clone(&self.shared), Tracker::new(TrackerConfig::default()), Patience::Waits);
        let mut frames = 0_u64;
        let mut trouble = None;
        loop {
            if self.shared.stop.is_set() {
                return;
            }
            let frame = match decoder.frame() {
                Ok(Some(frame)) => frame,
                Ok(None) => break,
                Err(e) => {
                    trouble = Some(e.to_string());
                    break;
                }
            };
            #[expect(clippy::cast_precision_loss, reason = "a frame number stays far below 2^52")]
            let at_us = film.starts_at_us + microseconds(frames as f64 / self.options.video_fps());
            frames += 1;
            match pipeline.look(frame, at_us) {
                Ok(drafts) => {
                    if !self.keep(&mut pipeline, drafts, film) {
                        return;
                    }
                }
                Err(e) => {
                    trouble = Some(e);
                    // For what was read before it, time goes on.
                    let drafts = pipeline.wait(at_us);
                    if !self.keep(&mut pipeline, drafts, film) {
                        return;
                    }
                }
            }
        }
        let drafts = pipeline.finish();
        if !self.keep(&mut pipeline, drafts, film) {
            return;
        }
        let complaint = decoder.finish();
        self.judge(film, frames, trouble.or(complaint));
        if !self.options.is_loop
            && let Err(e) = self.seen.insert(film.key)
        {
            warn!(error = %e, "a processed video cannot be written down; after a restart it may be read again");
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
