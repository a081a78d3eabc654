//! A folder of pictures: each is a passage of its own; new ones are read as they come; none is read twice.
//!
//! Cameras drop pictures here by FTP or by copying, so a picture may be half-written when it is first seen: one that
//! does not look complete is left until it has not changed for two seconds, and is only then judged.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use shouhu_vision::{DecodeLimits, Tracker, decode_image};
use tracing::{info, warn};

use super::SourceOptions;
use super::seen::Seen;
use crate::config::DataDir;
use crate::pipeline::{Kept, Named, Patience, Pipeline, Shared, origin};
use crate::queue::Origin;
use crate::rejected::Rejected;

/// Asking a folder for its time of change costs microseconds.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// File systems stamp changes with a coarse clock; a folder that changed just now is listed again.
const STAMP_TOLERANCE_US: i64 = 100_000;
const LIST_ANYWAY_EVERY: Duration = Duration::from_secs(5);
const SETTLED_AFTER: Duration = Duration::from_secs(2);
const FOLDERS_MAX: usize = 4096;
const DEPTH_MAX: usize = 8;
/// More keys than this beyond what is in the folder are forgotten at the start.
const STALE_KEYS_MAX: usize = 10_000;

#[derive(Debug, Clone)]
struct Picture {
    path: PathBuf,
    size: u64,
    modified_us: i64,
    key: Origin,
}

pub struct FolderSource {
    root: PathBuf,
    options: SourceOptions,
    seen: Seen,
    pipeline: Pipeline,
    /// Sub-folders and when each was changed last.
    folders: HashMap<PathBuf, i64>,
    listed_at: Option<Instant>,
    /// Not complete when last looked at: key and since when.
    unsettled: HashMap<PathBuf, (Origin, Instant)>,
}

fn modified_us(meta: &fs::Metadata) -> i64 {
    meta.mtime().saturating_mul(1_000_000).saturating_add(meta.mtime_nsec() / 1_000)
}

/// Files that programs write under a passing name, and hidden ones.
fn is_passing(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with('.') || [".tmp", ".part", ".filepart", ".crdownload", "~"].iter().any(|end| name.ends_with(end))
}

/// Whether the picture ends as its format says it must; decoders forgive a missing half.
fn looks_complete(bytes: &[u8]) -> bool {
    let tail = bytes.get(bytes.len().saturating_sub(64 * 1024)..).unwrap_or_default();
    if bytes.starts_with(&[0xff, 0xd8]) {
        tail.windows(2).any(|w| w == [0xff, 0xd9])
    } else if bytes.starts_with(b"\x89PNG") {
        tail.windows(4).any(|w| w == b"IEND")
    } else {
        false
    }
}

impl FolderSource {
    /// # Errors
    /// When the memory of processed pictures cannot be opened.
    pub fn new(root: &Path, data: &DataDir, options: SourceOptions, shared: Arc<Shared>) -> io::Result<Self> {
        let root = root.canonicalize()?;
        let name = origin(&[root.as_os_str().as_bytes()]).iter().take(8).map(|b| format!("{b:02x}")).collect::<String>();
        let seen = Seen::open(data.join("seen").join(name))?;
        let pipeline = Pipeline::new(shared, Tracker::single_shot(), Patience::Waits);
        Ok(Self { root, options, seen, pipeline, folders: HashMap::new(), listed_at: None, unsettled: HashMap::new() })
    }

    /// Until the agent stops, or everything has been read and `--once` was given.
    pub fn run(mut self) {
        let stop = Arc::clone(&self.pipeline.shared.stop);
        let mut is_first = true;
        while !stop.is_set() {
            let pictures = if self.options.is_loop || self.has_changed() { self.list() } else { Vec::new() };
            if std::mem::take(&mut is_first) {
                self.forget_stale(&pictures);
            }
            for picture in pictures {
                if stop.is_set() {
                    return;
                }
                if self.options.is_loop {
                    self.read(&picture);
                    if stop.wait(Duration::from_secs_f64(1.0 / self.options.loop_fps())) {
                        return;
                    }
                } else if !self.seen.contains(&picture.key) {
                    self.read(&picture);
                }
            }
            if self.options.is_once && self.unsettled.is_empty() {
                return;
            }
            stop.wait(LOOK_EVERY);
        }
    }

    fn has_changed(&self) -> bool {
        let is_old = self.listed_at.is_none_or(|at| at.elapsed() > LIST_ANYWAY_EVERY);
        let now_us = self.pipeline.shared.clock.device_us();
        is_old
            || !self.unsettled.is_empty()
            || self.folders.iter().any(|(folder, known_us)| {
                fs::metadata(folder).map_or(true, |meta| {
                    let changed_us = modified_us(&meta);
                    changed_us != *known_us || (0..STAMP_TOLERANCE_US).contains(&(now_us - changed_us))
                })
            })
    }

    /// Every picture in the folder and below, oldest first.
    fn list(&mut self) -> Vec<Picture> {
        self.listed_at = Some(Instant::now());
        self.folders.clear();
        let mut found = Vec::new();
        let mut to_do = vec![(self.root.clone(), 0)];
        while let Some((folder, depth)) = to_do.pop() {
            let Ok(meta) = fs::metadata(&folder) else { continue };
            self.folders.insert(folder.clone(), modified_us(&meta));
            let Ok(items) = fs::read_dir(&folder) else { continue };
            for item in items.flatten() {
                let (Ok(kind), name) = (item.file_type(), item.file_name()) else { continue };
                if is_passing(&name) {
                    continue;
                }
                if kind.is_dir() && depth < DEPTH_MAX && self.folders.len() + to_do.len() < FOLDERS_MAX {
                    to_do.push((item.path(), depth + 1));
                } else if kind.is_file()
                    && let Ok(meta) = item.metadata()
                {
                    found.push(self.picture(item.path(), &meta));
                }
            }
        }
        self.unsettled.retain(|path, _| found.iter().any(|picture| &picture.path == path));
        found.sort_by(|a, b| (a.modified_us, &a.path).cmp(&(b.modified_us, &b.path)));
        found
    }

    fn picture(&self, path: PathBuf, meta: &fs::Metadata) -> Picture {
        let relative = path.strip_prefix(&self.root).unwrap_or(&path).as_os_str().as_bytes();
        let key = origin(&[
            self.root.as_os_str().as_bytes(),
            relative,
            &meta.len().to_le_bytes(),
            &meta.mtime().to_le_bytes(),
            &meta.mtime_nsec().to_le_bytes(),
        ]);
        Picture { size: meta.len(), modified_us: modified_us(meta), key, path }
    }

    fn forget_stale(&mut self, pictures: &[Picture]) {
        if self.seen.len() > 2 * pictures.len() + STALE_KEYS_MAX {
            let present: HashSet<Origin> = pictures.iter().map(|p| p.key).collect();
            if let Err(e) = self.seen.retain(&present) {
                warn!(error = %e, "the memory of processed pictures cannot be shortened");
            }
        }
    }

    fn read(&mut self, picture: &Picture) {
        let limits = DecodeLimits::default();
        if picture.size > limits.max_bytes as u64 {
            let reason =
                format!("the picture has {} MB, more than the limit of {} MB", picture.size >> 20, limits.max_bytes >> 20);
            return self.reject_when_settled(picture, "too_large", reason);
        }
        let bytes = match fs::read(&picture.path) {
            Ok(bytes) => bytes,
            // Gone between listing and reading: somebody tidied up.
            Err(e) if e.kind() == io::ErrorKind::NotFound => return,
            Err(e) => return self.reject_when_settled(picture, "picture", format!("the file cannot be read: {e}")),
        };
        let is_complete = looks_complete(&bytes);
        if !is_complete && !self.is_settled(picture) {
            return;
        }
        let frame = match decode_image(&bytes, &limits) {
            Ok(frame) => frame,
            Err(e) => return self.reject_when_settled(picture, "picture", e.to_string()),
        };
        drop(bytes);
        self.unsettled.remove(&picture.path);
        // A file of the future was stamped by a wrong clock; a looped one happens now.
        let now_us = self.pipeline.shared.clock.device_us();
        let captured_at_us = if self.options.is_loop { now_us } else { picture.modified_us.min(now_us) };
        let drafts = match self.pipeline.look(frame, captured_at_us) {
            Ok(drafts) => drafts,
            Err(reason) => return self.reject(picture, "picture", reason),
        };
        let source = picture.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let run: &[u8] = if self.options.is_loop { &now_us.to_le_bytes() } else { &[] };
        let named = drafts.into_iter().enumerate().map(|(index, draft)| {
            let origin = origin(&[&picture.key, &index.to_le_bytes(), run]);
            Named { draft, captured_at_us, origin }
        });
        let became = self.pipeline.commit(named.collect(), &source);
        if became.iter().any(|(_, kept)| *kept == Kept::Stopped) {
            return;
        }
        if !is_complete {
            info!("a picture without a proper end was read as far as it goes");
        }
        self.remember(picture);
    }

    /// Whether the file has stayed as it is for a while.
    fn is_settled(&mut self, picture: &Picture) -> bool {
        let entry = self.unsettled.entry(picture.path.clone()).or_insert((picture.key, Instant::now()));
        if entry.0 != picture.key {
            *entry = (picture.key, Instant::now());
        }
        entry.1.elapsed() >= SETTLED_AFTER
    }

    fn reject_when_settled(&mut self, picture: &Picture, kind: &str, reason: String) {
        if self.is_settled(picture) {
            self.reject(picture, kind, reason);
        }
    }

    fn reject(&mut self, picture: &Picture, kind: &str, reason: String) {
        self.unsettled.remove(&picture.path);
        let shared = &self.pipeline.shared;
        let input = picture.path.display().to_string();
        shared.rejected.add(&Rejected { at_us: shared.clock.device_us(), input, kind: kind.to_owned(), reason });
        self.remember(picture);
    }

    fn remember(&mut self, picture: &Picture) {
        if self.options.is_loop {
            return;
        }
        if let Err(e) = self.seen.insert(picture.key) {
            warn!(error = %e, "a processed picture cannot be written down; after a restart it may be read again");
        }
    }
}
