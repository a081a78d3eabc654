//! One ffmpeg process as a decoder: it is told what to open and how many frames per second to give, nothing else.
//!
//! Local files may open nothing but files: a playlist handed in as a video must not make the agent call other machines.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use shouhu_vision::Frame;

use super::{SourceSpec, ppm, without_credentials};

/// Wider pictures are shrunk: a plate that is readable at all is readable then, and the pipe carries a third.
const WIDTH_MAX: u32 = 2560;
const COMPLAINTS_MAX: usize = 20;

#[derive(Debug, thiserror::Error)]
pub enum FfmpegError {
    #[error(
        "{program} is not installed; video files and cameras need it: apt-get install ffmpeg (folders of pictures work without it)"
    )]
    Missing { program: String },
    #[error("{program} cannot be started: {error}")]
    Start { program: String, error: io::Error },
}

/// A running decoder. Dropping it ends the process.
pub struct Ffmpeg {
    child: Arc<Mutex<Child>>,
    pipe: BufReader<ChildStdout>,
    complaints: Arc<Mutex<VecDeque<String>>>,
    listener: Option<JoinHandle<()>>,
}

/// Ends a decoder from another thread when it has fallen silent.
#[derive(Clone)]
pub struct Killer(Arc<Mutex<Child>>);

impl Killer {
    pub fn kill(&self) {
        // It may have ended by itself; either way it is gone.
        let _ = self.0.lock().unwrap_or_else(PoisonError::into_inner).kill();
    }
}

fn arguments(source: &SourceSpec, fps: f64, is_paced: bool) -> Vec<OsString> {
    let mut list: Vec<OsString> = ["-hide_banner", "-nostdin", "-loglevel", "error"].map(OsString::from).to_vec();
    let mut add = |items: &[&OsStr]| list.extend(items.iter().map(|item| (*item).to_owned()));
    let word = OsStr::new;
    match source {
        SourceSpec::Video(path) | SourceSpec::Folder(path) => {
            if is_paced {
                add(&[word("-re")]);
            }
            let mut input = OsString::from("file:");
            input.push(path);
            add(&[word("-protocol_whitelist"), word("file"), word("-i"), &input]);
        }
        SourceSpec::Camera(path) => add(&[word("-f"), word("v4l2"), word("-i"), path.as_os_str()]),
        SourceSpec::Stream(url) => {
            if url.starts_with("rtsp") {
                // Over UDP a lost packet smears the next seconds; the time is in microseconds.
                add(&[word("-rtsp_transport"), word("tcp"), word("-timeout"), word("8000000")]);
            }
            add(&[word("-fflags"), word("nobuffer"), word("-i"), word(url)]);
        }
    }
    // A file's frames are as far apart as its clock says. A camera's clock may be set while it runs: `fps` would fill an hour's jump
    // with copies of one picture, so live frames are only thinned, by whether two lie in the same eighth of a second.
    let is_live = matches!(source, SourceSpec::Stream(_) | SourceSpec::Camera(_));
    let rate = if is_live {
        format!("select='not(eq(floor(t*{fps}),floor(prev_t*{fps})))'")
    } else {
        format!("fps={fps}")
    };
    let filter = format!("{rate},scale='min({WIDTH_MAX},iw)':-2,format=rgb24");
    add(&[word("-map"), word("0:v:0"), word("-an"), word("-sn"), word("-dn"), word("-vf"), word(&filter)]);
    if is_live {
        add(&[word("-fps_mode"), word("passthrough")]);
    }
    add(&[word("-c:v"), word("ppm"), word("-f"), word("image2pipe"), word("pipe:1")]);
    list
}

impl Ffmpeg {
    /// # Errors
    /// When the program is missing or cannot be started.
    pub fn start(program: &Path, source: &SourceSpec, fps: f64, is_paced: bool) -> Result<Self, FfmpegError> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => FfmpegError::Missing { program: program.display().to_string() },
            _ => FfmpegError::Start { program: program.display().to_string(), error },
        };
        let mut command = Command::new(program);
        command.args(arguments(source, fps, is_paced)).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(failed(io::Error::other("it has no pipes")));
        };
        let complaints = Arc::new(Mutex::new(VecDeque::new()));
        let secret = match source {
            SourceSpec::Stream(url) => Some((url.clone(), without_credentials(url))),
            _ => None,
        };
        let heard = Arc::clone(&complaints);
        let listener = std::thread::spawn(move || listen(err, &heard, secret.as_ref()));
        let pipe = BufReader::with_capacity(1 << 20, out);
        Ok(Self { child: Arc::new(Mutex::new(child)), pipe, complaints, listener: Some(listener) })
    }

    /// # Errors
    /// When the program is not there or does not run.
    pub fn check(program: &Path) -> Result<(), FfmpegError> {
        let done =
            Command::new(program).arg("-version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        match done {
            Ok(_) => Ok(()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Err(FfmpegError::Missing { program: program.display().to_string() }),
            Err(error) => Err(FfmpegError::Start { program: program.display().to_string(), error }),
        }
    }

    #[must_use]
    pub fn killer(&self) -> Killer {
        Killer(Arc::clone(&self.child))
    }

    /// The next frame; `None` at the end.
    ///
    /// # Errors
    /// When the stream ends inside a frame.
    pub fn frame(&mut self) -> io::Result<Option<Frame>> {
        ppm::read_frame(&mut self.pipe)
    }

    /// Ends the process and tells what it complained about, the last first; `None`: it ended well.
    pub fn finish(mut self) -> Option<String> {
        self.end();
        let complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        complaints.back().cloned()
    }

    fn end(&mut self) {
        Killer(Arc::clone(&self.child)).kill();
        let _ = self.child.lock().unwrap_or_else(PoisonError::into_inner).wait();
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

impl Drop for Ffmpeg {
    fn drop(&mut self) {
        self.end();
    }
}

fn listen(err: impl Read, complaints: &Mutex<VecDeque<String>>, secret: Option<&(String, String)>) {
    let mut reader = BufReader::new(err);
    let mut line = Vec::new();
    while reader.by_ref().take(4096).read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
        let mut text = String::from_utf8_lossy(&line).trim().chars().take(300).collect::<String>();
        line.clear();
        if let Some((secret, shown)) = secret {
            text = text.replace(secret.as_str(), shown);
        }
        // Said at every frame after a camera's clock went back; nobody uses the times of the frames in the pipe.
        if text.is_empty() || text.contains("non monotonically increasing dts") {
            continue;
        }
        let mut complaints = complaints.lock().unwrap_or_else(PoisonError::into_inner);
        if complaints.len() >= COMPLAINTS_MAX {
            complaints.pop_front();
        }
        complaints.push_back(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_ffmpeg_names_the_package() {
        let refused = Ffmpeg::check(Path::new("/nowhere/ffmpeg")).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(refused.contains("apt-get install ffmpeg"), "{refused}");
    }

    #[test]
    fn live_frames_are_thinned_and_never_made_up() {
        let filter = |source: &SourceSpec| {
            let list = arguments(source, 8.0, false);
            let at = list.iter().position(|a| a == "-vf");
            at.and_then(|at| list.get(at + 1)).map(|f| f.to_string_lossy().into_owned()).unwrap_or_default()
        };
        assert!(filter(&SourceSpec::Stream("rtsp://camera/ch1".into())).starts_with("select="));
        assert!(filter(&SourceSpec::Video("film.mp4".into())).starts_with("fps=8,"));
    }

    #[test]
    fn a_local_file_may_open_nothing_but_files() {
        let list = arguments(&SourceSpec::Video("-i.mp4".into()), 5.0, false);
        let at = list.iter().position(|a| a == "-protocol_whitelist");
        assert_eq!(at.and_then(|at| list.get(at + 1)).map(OsString::as_os_str), Some(OsStr::new("file")));
        assert!(list.contains(&OsString::from("file:-i.mp4")));
    }
}
