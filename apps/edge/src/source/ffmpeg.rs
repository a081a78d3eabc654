//! One ffmpeg process as a decoder: it is told what to open and how many frames per second to give, nothing else.
//!
//! Local files may open nothing but files: a playlist handed in as a video must not make the agent call other machines.
//!
//! A decoder that gives nothing is ended. The clock runs only while somebody waits for its bytes: what happens to a frame afterwards (a full queue,
//! pictures that are looked at) may take as long as it likes.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use shouhu_vision::Frame;

use super::process::{PAUSE, Process};
use super::{SourceOptions, SourceSpec, ppm, without_credentials};
use crate::stop::Stop;

/// Wider pictures are shrunk: a plate that is readable at all is readable then, and the pipe carries a third.
const WIDTH_MAX: u32 = 2560;
const COMPLAINTS_MAX: usize = 20;
const COMPLAINT_CHARS_MAX: usize = 300;
/// A camera that sends nothing for so long is called again.
const SILENCE_MAX: Duration = Duration::from_secs(15);
/// Until the first picture: the decoder studies a stream for five seconds and waits for a key frame, which many cameras send every ten.
const FIRST_PICTURE_MAX: Duration = Duration::from_secs(40);
/// A film's decoder that gives nothing for so long is ended. A disk that cannot read a sector tries six times for half a minute before it
/// says so, a slow card takes one for the index of a day's recording, and the largest key frame takes seconds. Nobody waits for a film,
/// and what is ended too soon is not read.
pub const FILM_SILENCE_MAX: Duration = Duration::from_secs(300);
/// On top of that, for each second of film between two frames that are asked for: all of it is decoded, on a slow device at a thirtieth of its pace.
const FILM_SECOND_TAKES_S: f64 = 30.0;
const FILM_STRETCH_MAX_S: f64 = 86_400.0;
/// How often whoever waits for bytes looks whether the agent stops.
const LOOK: Duration = Duration::from_millis(250);
/// A program whose pipe has ended is about to end.
const ENDS_WITHIN: Duration = Duration::from_secs(1);
/// `-version` reads no input; a card that is slow to give the program itself is waited for.
const CHECKED_WITHIN: Duration = Duration::from_secs(60);
/// More than a length has digits.
const LENGTH_BYTES_MAX: u64 = 4096;
/// ffmpeg's exit status when a signal told it to end.
const ENDED_BY_SIGNAL: i32 = 255;
/// Whoever stops the agent with all that it started (systemd does) may end ffmpeg first: the agent hears of it within this time.
pub const STOP_FOLLOWS: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
pub enum FfmpegError {
    #[error(
        "{program} is not installed; video files and cameras need it: apt-get install ffmpeg (folders of pictures work without it)"
    )]
    Missing { program: String },
    #[error("{program} cannot be started: {error}")]
    Start { program: String, error: io::Error },
    #[error(
        "{program} does not even tell its version within {within_s} s; look at its disk or mount",
        within_s = CHECKED_WITHIN.as_secs()
    )]
    Silent { program: String },
}

/// A running decoder. Dropping it ends the process.
pub struct Ffmpeg {
    pipe: BufReader<Watched>,
    process: Process,
    /// What the pipe is allowed once the first picture has come.
    silence_max: Duration,
    has_hung_up: bool,
    complaints: Arc<Mutex<VecDeque<String>>>,
    listener: JoinHandle<()>,
}

/// How a decoder ended.
pub struct Ending {
    /// What it complained about last.
    pub complaint: Option<String>,
    /// A signal that was not ours: somebody stops the agent with all that it started, or the machine is short of memory.
    pub is_by_signal: bool,
    /// It hangs inside the kernel and cannot even be ended.
    stuck: Option<JoinHandle<()>>,
}

impl Ending {
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.stuck.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// As long as it cannot be ended, or until the agent stops: a source never leaves two of them behind.
    pub fn wait_until_gone(&self, stop: &Stop) {
        while self.is_stuck() && !stop.wait(LOOK) {}
    }
}

/// Whether a frame, or a film's length, did not come because the program gave nothing for too long.
#[must_use]
pub fn is_hang(error: &io::Error) -> bool {
    // A mount that gives up says the same by a number, with nothing inside, and no program was ended for that.
    error.kind() == io::ErrorKind::TimedOut && error.get_ref().is_some()
}

/// A program's pipe that waits so long and no longer, and not at all once the agent stops. It does not rely on the pipe's end: a program that hangs
/// inside the kernel keeps its pipe open even when it is killed.
struct Watched {
    pipe: ChildStdout,
    stop: Arc<Stop>,
    /// What the program did not do when patience ends.
    fault: &'static str,
    patience: Duration,
    waited: Duration,
}

impl Watched {
    fn has_something(&self) -> io::Result<bool> {
        let at_most = Timespec { tv_sec: 0, tv_nsec: LOOK.subsec_nanos().into() };
        let mut pipes = [PollFd::new(&self.pipe, PollFlags::IN)];
        match poll(&mut pipes, Some(&at_most)) {
            Ok(ready) => Ok(ready > 0),
            Err(error) if error == Errno::INTR => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl Read for Watched {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.stop.is_set() {
                return Err(io::Error::other("the agent stops"));
            }
            if self.waited >= self.patience {
                let words = format!("{} for {:.0} s and was ended", self.fault, self.patience.as_secs_f64());
                return Err(io::Error::new(io::ErrorKind::TimedOut, words));
            }
            let started = Instant::now();
            let has_something = self.has_something()?;
            // An agent that was halted, or whose machine slept, did not wait meanwhile.
            self.waited += started.elapsed().min(LOOK * 2);
            if has_something {
                return self.pipe.read(into);
            }
        }
    }
}

/// How long the first picture, and each after it, may take.
fn patience(source: &SourceSpec, options: &SourceOptions) -> (Duration, Duration) {
    match source {
        SourceSpec::Stream(_) | SourceSpec::Camera(_) => (FIRST_PICTURE_MAX, SILENCE_MAX),
        SourceSpec::Video(_) | SourceSpec::Folder(_) => {
            let stretch_s = (FILM_SECOND_TAKES_S / options.video_fps()).min(FILM_STRETCH_MAX_S);
            let silence_max = options.film_silence_max + Duration::from_secs_f64(stretch_s);
            (silence_max, silence_max)
        }
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
    /// A film is played at its own pace where it is played in a loop. Waiting for a frame ends when `stop` is set.
    ///
    /// # Errors
    /// When the program is missing or cannot be started.
    pub fn start(source: &SourceSpec, options: &SourceOptions, stop: &Arc<Stop>) -> Result<Self, FfmpegError> {
        let failed = |error: io::Error| not_started(&options.ffmpeg, error);
        let mut command = Command::new(&options.ffmpeg);
        command.args(arguments(source, options.video_fps(), options.is_loop)).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = Process::start(&mut command).map_err(failed)?;
        let (Some(out), Some(err)) = (process.out(), process.err()) else {
            return Err(failed(io::Error::other("it has no pipes")));
        };
        let complaints = Arc::new(Mutex::new(VecDeque::new()));
        let (heard, secret) = (Arc::clone(&complaints), secret(source));
        let listener = std::thread::spawn(move || listen(err, &heard, secret.as_ref()));
        let (patience, silence_max) = patience(source, options);
        let (stop, fault) = (Arc::clone(stop), "ffmpeg gave no whole picture");
        let watched = Watched { pipe: out, stop, fault, patience, waited: Duration::ZERO };
        let pipe = BufReader::with_capacity(1 << 20, watched);
        Ok(Self { pipe, process, silence_max, has_hung_up: false, complaints, listener })
    }

    /// # Errors
    /// When the program is not there or does not run.
    pub fn check(program: &Path) -> Result<(), FfmpegError> {
        let mut command = Command::new(program);
        command.arg("-version").stdout(Stdio::null()).stderr(Stdio::null());
        let process = Process::start(&mut command).map_err(|error| not_started(program, error))?;
        match process.ended(CHECKED_WITHIN) {
            Some(_) => Ok(()),
            None => Err(FfmpegError::Silent { program: program.display().to_string() }),
        }
    }

    /// The next frame; `None` at the end.
    ///
    /// # Errors
    /// When the stream ends inside a frame, when the decoder gives nothing for too long ([`is_hang`]), and when the agent stops.
    pub fn frame(&mut self) -> io::Result<Option<Frame>> {
        self.pipe.get_mut().waited = Duration::ZERO;
        let frame = ppm::read_frame(&mut self.pipe);
        match &frame {
            Ok(Some(_)) => self.pipe.get_mut().patience = self.silence_max,
            Ok(None) => self.has_hung_up = true,
            Err(error) => self.has_hung_up = error.kind() == io::ErrorKind::UnexpectedEof,
        }
        frame
    }

    /// Ends the process, and everything it started, and tells how it went.
    pub fn finish(mut self) -> Ending {
        let status = self.process.ended(if self.has_hung_up { ENDS_WITHIN } else { Duration::ZERO });
        let stuck = self.process.end();
        // Something that left the process's group may still hold the other end.
        let until = Instant::now() + ENDS_WITHIN;
        while !self.listener.is_finished() && Instant::now() < until {
            std::thread::sleep(PAUSE);
        }
        let complaint = self.complaints.lock().unwrap_or_else(PoisonError::into_inner).back().cloned();
        let is_by_signal =
            status.is_some_and(|status| status.terminating_signal().is_some() || status.exit_status() == Some(ENDED_BY_SIGNAL));
        Ending { complaint, is_by_signal, stuck }
    }
}

fn not_started(program: &Path, error: io::Error) -> FfmpegError {
    let program = program.display().to_string();
    match error.kind() {
        io::ErrorKind::NotFound => FfmpegError::Missing { program },
        _ => FfmpegError::Start { program, error },
    }
}

/// How long a film says that it is; ffprobe comes in the same package. `None`: it does not say, or there is no ffprobe.
///
/// # Errors
/// When there is no answer for too long ([`is_hang`]), and when the agent stops.
pub fn length_s(path: &Path, options: &SourceOptions, stop: &Arc<Stop>) -> io::Result<Option<f64>> {
    let mut input = OsString::from("file:");
    input.push(path);
    let mut command = Command::new(options.ffmpeg.with_file_name("ffprobe"));
    command.args(["-v", "error", "-protocol_whitelist", "file", "-show_entries", "format=duration", "-of", "csv=p=0"]);
    command.arg(input).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut process) = Process::start(&mut command) else { return Ok(None) };
    let Some(pipe) = process.out() else { return Ok(None) };
    let (patience, fault) = (options.film_silence_max, "ffprobe gave no answer");
    let watched = Watched { pipe, stop: Arc::clone(stop), fault, patience, waited: Duration::ZERO };
    let mut said = Vec::new();
    watched.take(LENGTH_BYTES_MAX).read_to_end(&mut said)?;
    let length_s = std::str::from_utf8(&said).ok().and_then(|said| said.trim().parse().ok());
    Ok(length_s.filter(|s: &f64| s.is_finite() && (0.0..1e7).contains(s)))
}

/// What a complaint must not say, and what it says instead: complaints go to the server, and a file's name may be a plate.
fn secret(source: &SourceSpec) -> Option<(String, String)> {
    match source {
        SourceSpec::Stream(url) => Some((url.clone(), without_credentials(url))),
        SourceSpec::Video(path) | SourceSpec::Folder(path) => Some((path.display().to_string(), "…".to_owned())),
        SourceSpec::Camera(_) => None,
    }
}

fn listen(err: impl Read, complaints: &Mutex<VecDeque<String>>, secret: Option<&(String, String)>) {
    let mut reader = BufReader::new(err);
    let mut line = Vec::new();
    while reader.by_ref().take(4096).read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
        let mut text = String::from_utf8_lossy(&line).trim().to_owned();
        line.clear();
        if let Some((secret, shown)) = secret {
            text = text.replace(secret.as_str(), shown);
        }
        // Not before: half a password is no longer known for one.
        let text: String = text.chars().take(COMPLAINT_CHARS_MAX).collect();
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
    fn a_mount_that_gives_up_is_no_decoder_that_hangs() {
        assert!(is_hang(&io::Error::new(io::ErrorKind::TimedOut, "ffmpeg gave no whole picture")));
        let gave_up = io::Error::from(Errno::TIMEDOUT);
        assert_eq!(gave_up.kind(), io::ErrorKind::TimedOut);
        assert!(!is_hang(&gave_up));
    }

    #[test]
    fn a_film_has_minutes_and_more_where_frames_are_asked_for_far_apart() {
        let options = |fps| SourceOptions {
            fps,
            is_once: true,
            is_loop: false,
            ffmpeg: "ffmpeg".into(),
            film_silence_max: FILM_SILENCE_MAX,
        };
        let film = SourceSpec::Video("film.mp4".into());
        let of = |fps| patience(&film, &options(fps)).1.as_secs();
        assert_eq!((of(None), of(Some(0.1)), of(Some(1e-300))), (303, 600, 86_700));
        let camera = patience(&SourceSpec::Stream("rtsp://camera/ch1".into()), &options(Some(0.1)));
        assert_eq!(camera, (FIRST_PICTURE_MAX, SILENCE_MAX), "a camera's clock does not know of it");
    }

    #[test]
    fn complaints_name_neither_file_nor_password_however_long_they_are() {
        let complaint = |source: &SourceSpec, said: &str| {
            let complaints = Mutex::default();
            listen(said.as_bytes(), &complaints, secret(source).as_ref());
            complaints.into_inner().unwrap_or_else(PoisonError::into_inner).pop_back().unwrap_or_default()
        };
        let film = SourceSpec::Video("/films/ABC-1234.mp4".into());
        assert_eq!(complaint(&film, "file:/films/ABC-1234.mp4: Invalid data found\n"), "file:…: Invalid data found");
        let camera = SourceSpec::Stream("rtsp://user:secret@camera/ch1".into());
        let long = complaint(&camera, &format!("{} rtsp://user:secret@camera/ch1 lost\n", "x".repeat(280)));
        assert!(long.chars().count() <= COMPLAINT_CHARS_MAX && !long.contains("user"), "{long}");
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
