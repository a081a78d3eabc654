//! Clocks of this process, and one JSON line a figure.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{Advice, fadvise};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Map, Value, json};

/// Processor time of all threads of this process.
#[must_use]
pub fn cpu() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}

/// MiB that this process holds in memory: its own, and with what is mapped from files.
#[must_use]
pub fn resident_mib() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = |field: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
        line.split_whitespace().next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0)
    };
    (kib("RssAnon:") / 1024, kib("VmRSS:") / 1024)
}

/// Most MiB that this process has ever held.
#[must_use]
pub fn resident_most_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// The value below which the share `q` lies, as `peers.py` picks it.
#[must_use]
pub fn percentile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = (q * sorted.len() as f64) as usize;
    sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

#[must_use]
pub fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

/// Runs `act` and adds its milliseconds to `times`.
pub fn timed<T>(times: &mut Vec<f64>, act: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let value = act();
    times.push(start.elapsed().as_secs_f64() * 1e3);
    value
}

/// Where figures go: standard output and, if there is one, a file of lines.
pub struct Report {
    engine: String,
    file: Option<PathBuf>,
}

impl Report {
    #[must_use]
    pub fn new(engine: &str, file: Option<PathBuf>) -> Self {
        Self { engine: engine.to_owned(), file }
    }

    /// One figure, with the machine's load beside it.
    pub fn line(&self, figure: &str, values: Value) -> anyhow::Result<()> {
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load: f64 = load.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(0.0);
        let mut line = Map::new();
        line.insert("engine".into(), json!(self.engine));
        line.insert("q".into(), json!(figure));
        if let Value::Object(values) = values {
            line.extend(values);
        }
        line.insert("load1".into(), json!(rounded(load, 1)));
        let text = Value::Object(line).to_string();
        println!("{text}");
        if let Some(path) = &self.file {
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
            writeln!(file, "{text}")?;
        }
        Ok(())
    }
}

/// Makes the disk forget what it has in memory of every file below `folder`.
pub fn evict(folder: &Path) -> anyhow::Result<()> {
    rustix::fs::sync();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            evict_below(&entry.path())?;
        } else {
            forget(&entry.path())?;
        }
    }
    Ok(())
}

fn evict_below(folder: &Path) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            evict_below(&entry.path())?;
        } else {
            forget(&entry.path())?;
        }
    }
    Ok(())
}

fn forget(path: &Path) -> anyhow::Result<()> {
    // A file may go away meanwhile: compaction is at work.
    let Ok(file) = std::fs::File::open(path) else { return Ok(()) };
    fadvise(&file, 0, None, Advice::DontNeed)?;
    Ok(())
}

/// Bytes on disk below `folder`.
pub fn disk_bytes(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => disk_bytes(&entry.path()),
            Ok(meta) => meta.blocks() * 512,
            Err(_) => 0,
        })
        .sum()
}
