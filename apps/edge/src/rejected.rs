//! `rejected/list.jsonl`: what could not be read or delivered, and why, for an operator.
//!
//! The input itself stays where it is: the agent never removes evidence. Sightings that the server refused for good are
//! written beside the list in full.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tracing::{error, warn};

/// The list is renamed to `list.old.jsonl` at this size, and the one before it goes.
const LIST_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    pub at_us: i64,
    /// File, stream, or sequence of the sighting.
    pub input: String,
    /// Stable: `picture`, `too_large`, `video`, `source`, `sighting`.
    pub kind: String,
    pub reason: String,
}

pub struct RejectedList {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    count: u64,
    newest_reason: Option<String>,
}

impl RejectedList {
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        crate::files::private_folder(&folder)?;
        let list = Self { folder, state: Mutex::default() };
        let known = list.read()?;
        {
            let mut state = list.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.count = known.len() as u64;
            state.newest_reason = known.last().map(|r| r.reason.clone());
        }
        Ok(list)
    }

    fn path(&self) -> PathBuf {
        self.folder.join("list.jsonl")
    }

    /// Every line of the present list that is whole, oldest first.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub fn read(&self) -> io::Result<Vec<Rejected>> {
        match File::open(self.path()) {
            Ok(file) => Ok(BufReader::new(file)
                .lines()
                .map_while(Result::ok)
                .filter_map(|line| serde_json::from_str(&line).ok())
                .collect()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(e) => Err(e),
        }
    }

    #[must_use]
    pub fn count(&self) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).count
    }

    /// Names no file: file names may be plates.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.newest_reason.as_ref().map(|reason| format!("{} inputs rejected, the newest: {reason}", state.count))
    }

    /// Writes a line, and says it in the log without naming the input.
    pub fn add(&self, rejected: &Rejected) {
        warn!(kind = %rejected.kind, reason = %rejected.reason, "input rejected; rejected/list.jsonl in the data folder names it");
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.count += 1;
        state.newest_reason = Some(rejected.reason.clone());
        if let Err(e) = self.append(rejected) {
            error!(error = %e, "the list of rejected inputs cannot be written");
        }
    }

    fn append(&self, rejected: &Rejected) -> io::Result<()> {
        let path = self.path();
        if fs::metadata(&path).is_ok_and(|meta| meta.len() > LIST_BYTES_MAX) {
            fs::rename(&path, self.folder.join("list.old.jsonl"))?;
        }
        let mut line = serde_json::to_vec(rejected).map_err(io::Error::other)?;
        line.push(b'\n');
        let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        file.write_all(&line)?;
        file.sync_data()
    }

    /// Keeps what the server refused for good, whole.
    ///
    /// # Errors
    /// When it cannot be written; the sighting must then stay in the queue.
    pub fn keep_sighting(&self, sequence: u64, json: &[u8]) -> io::Result<()> {
        crate::files::replace_with(&self.folder.join(format!("sighting-{sequence}.json")), json)
    }
}
