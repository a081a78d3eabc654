//! Video files with the real ffmpeg, and a camera played by a script.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use shouhu_edge::pipeline::Reader;
use shouhu_edge::rejected::RejectedList;
use shouhu_edge::run::{Ended, RunOptions};
use shouhu_edge::source::SourceSpec;
use shouhu_edge::stop::Stop;
use shouhu_vision::{Frame, PlateRead};
use support::{Agent, Mood, Paper, Scripted, Server, drop_picture, enrolled, options};

fn has_ffmpeg(test: &str) -> bool {
    let is_there = Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !is_there {
        eprintln!("{test} is skipped: ffmpeg is not installed (apt-get install ffmpeg)");
    }
    is_there
}

/// Four seconds that get brighter, so that a reader can tell the frames apart; Motion JPEG in AVI, readable when cut.
fn film(folder: &Path) -> PathBuf {
    let path = folder.join("film.avi");
    let made = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-y",
            "-f",
            "lavfi",
            "-i",
            "color=gray:s=64x32:r=8:d=4",
            "-vf",
            "geq=lum='16+6*N':cb=128:cr=128",
            "-c:v",
            "mjpeg",
            "-q:v",
            "2",
        ])
        .arg(&path)
        .status()
        .unwrap();
    assert!(made.success());
    path
}

/// Sees one car for each second of the film.
struct Brightness;

impl Reader for Brightness {
    fn read(&self, frame: &Frame) -> Result<Vec<PlateRead>, String> {
        let level = frame.rgb.first().copied().unwrap_or(0);
        let text = match level {
            0..60 => "AAA1111",
            60..120 => "BBB2222",
            120..170 => "CCC3333",
            _ => "DDD4444",
        };
        let mut script = Frame { width: 64, height: 32, rgb: vec![0; 64 * 32 * 3] };
        let bytes = [&[0xAB, 7], text.as_bytes()].concat();
        script.rgb.splice(..bytes.len(), bytes);
        Scripted.read(&script)
    }
}

fn run(options: RunOptions) -> Ended {
    shouhu_edge::run::run(options, Arc::new(Brightness), None, &Arc::new(Stop::default())).unwrap()
}

#[test]
fn a_video_is_read_to_its_end_once_and_its_passages_lie_in_the_past() {
    if !has_ffmpeg("a_video_is_read_to_its_end_once") {
        return;
    }
    let server = Server::start(Mood::Fine);
    let folder = tempfile::tempdir().unwrap();
    let data = enrolled(folder.path(), &server.address);
    let film = film(folder.path());
    let ended = run(options(&data, &film, true, &Paper::default()));
    assert_eq!((ended.waiting, ended.rejected), (0, 0));
    let plates = server.plates();
    assert!(plates.len() >= 2 && plates.contains(&"AAA1111".to_owned()), "{plates:?}");
    server.with(|s| {
        let times: Vec<i64> = s.kept.values().map(|k| k.captured_at_us).collect();
        let span_us = times.iter().max().unwrap() - times.iter().min().unwrap();
        assert!((500_000..4_000_000).contains(&span_us), "passages are apart as in the film: {span_us}");
    });
    assert_eq!(run(options(&data, &film, true, &Paper::default())).sightings, 0, "a restart does not send it again");
}

#[test]
fn a_cut_off_video_gives_what_can_be_read_and_says_so() {
    if !has_ffmpeg("a_cut_off_video_gives_what_can_be_read") {
        return;
    }
    let server = Server::start(Mood::Fine);
    let folder = tempfile::tempdir().unwrap();
    let data = enrolled(folder.path(), &server.address);
    let whole = film(folder.path());
    let bytes = fs::read(&whole).unwrap();
    let cut = folder.path().join("cut.avi");
    fs::write(&cut, bytes.get(..bytes.len() * 6 / 10).unwrap()).unwrap();
    let ended = run(options(&data, &cut, true, &Paper::default()));
    assert!(ended.sightings >= 1);
    assert_eq!((ended.waiting, ended.rejected), (0, 1));
    let noise = folder.path().join("noise.mp4");
    fs::write(&noise, vec![7; 5_000]).unwrap();
    let ended = run(options(&data, &noise, true, &Paper::default()));
    assert_eq!((ended.sightings, ended.rejected), (0, 2));
    let list = RejectedList::open(data.join("rejected")).unwrap().read().unwrap();
    let reasons: Vec<&str> = list.iter().map(|r| r.reason.as_str()).collect();
    assert!(reasons.first().is_some_and(|r| r.contains("were read and kept")), "{reasons:?}");
    assert!(reasons.get(1).is_some_and(|r| r.contains("no frame could be read")), "{reasons:?}");
}

/// A decoder that sends two frames of one car and hangs up, each time it is called; it notes the calls.
fn camera(folder: &Path) -> PathBuf {
    let frame = |level: u8| [b"P6\n64 32\n255\n".as_slice(), &vec![level; 64 * 32 * 3]].concat();
    fs::write(folder.join("frames.ppm"), [frame(20), frame(20)].concat()).unwrap();
    let path = folder.join("ffmpeg-played");
    let here = folder.display();
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = -version ] && exit 0\necho call >> {here}/calls\ncat {here}/frames.ppm\necho 'Connection to rtsp://user:secret@camera/ch1 lost' >&2\n"
    );
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn a_camera_that_hangs_up_is_called_again_and_its_password_is_nowhere() {
    let server = Server::start(Mood::Fine);
    let folder = tempfile::tempdir().unwrap();
    let data = enrolled(folder.path(), &server.address);
    let mut options = options(&data, folder.path(), false, &Paper::default());
    options.sources = vec![SourceSpec::parse("rtsp://user:secret@camera/ch1").unwrap()];
    options.source.ffmpeg = camera(folder.path());
    let stop = Arc::new(Stop::default());
    let its = Arc::clone(&stop);
    let agent = std::thread::spawn(move || shouhu_edge::run::run(options, Arc::new(Brightness), None, &its).unwrap());
    server.until("the car", |s| !s.kept.is_empty());
    let calls = folder.path().join("calls");
    while fs::read_to_string(&calls).map_or(0, |text| text.lines().count()) < 2 {
        std::thread::yield_now();
    }
    stop.set();
    let ended = agent.join().unwrap();
    assert_eq!((ended.waiting, ended.rejected), (0, 1));
    let list = fs::read_to_string(data.join("rejected").join("list.jsonl")).unwrap();
    assert!(list.contains("rtsp://camera/ch1") && !list.contains("secret"), "{list}");
    server.with(|s| assert!(s.kept.values().all(|k| k.source.as_deref() == Some("rtsp://camera/ch1"))));
}

/// Sends one frame of one car, then does what the script says, and never hangs up.
fn camera_that(folder: &Path, then: &str) -> PathBuf {
    let path = camera(folder);
    let one = [b"P6\n64 32\n255\n".as_slice(), &[20; 64 * 32 * 3]].concat();
    fs::write(folder.join("frames.ppm"), one).unwrap();
    let script = fs::read_to_string(&path).unwrap();
    let (until_frame, _) = script.split_once("\necho 'Connection").unwrap();
    fs::write(&path, format!("{until_frame}\n{then}\n")).unwrap();
    path
}

/// The camera's car arrives, and it was not called a second time for that.
fn its_car_arrives(folder: &tempfile::TempDir, camera: PathBuf, reader: Arc<dyn Reader>) {
    let server = Server::start(Mood::Fine);
    let data = enrolled(folder.path(), &server.address);
    let mut options = options(&data, folder.path(), false, &Paper::default());
    options.sources = vec![SourceSpec::parse("rtsp://camera/ch1").unwrap()];
    options.source.ffmpeg = camera;
    let stop = Arc::new(Stop::default());
    let its = Arc::clone(&stop);
    let agent = std::thread::spawn(move || shouhu_edge::run::run(options, reader, None, &its).unwrap());
    server.until("the car", |s| !s.kept.is_empty());
    assert_eq!(fs::read_to_string(folder.path().join("calls")).unwrap().lines().count(), 1, "the first connection still stands");
    stop.set();
    assert_eq!(agent.join().unwrap().sightings, 1);
    assert_eq!(server.plates(), ["AAA1111"]);
}

#[test]
fn what_a_camera_saw_last_is_told_while_it_is_silent() {
    let folder = tempfile::tempdir().unwrap();
    let silent = camera_that(folder.path(), "exec sleep 60");
    its_car_arrives(&folder, silent, Arc::new(Brightness));
}

/// Its networks fail on bright frames.
struct Dazzled;

impl Reader for Dazzled {
    fn read(&self, frame: &Frame) -> Result<Vec<PlateRead>, String> {
        if frame.rgb.first().is_some_and(|level| *level > 60) { Err("too bright".to_owned()) } else { Brightness.read(frame) }
    }
}

#[test]
fn what_was_read_before_frames_that_cannot_be_read_is_told_while_they_come() {
    let folder = tempfile::tempdir().unwrap();
    let bright = [b"P6\n64 32\n255\n".as_slice(), &[200; 64 * 32 * 3]].concat();
    fs::write(folder.path().join("bright.ppm"), bright).unwrap();
    let then = format!("while :; do cat {}/bright.ppm; sleep 0.05; done", folder.path().display());
    let dazzling = camera_that(folder.path(), &then);
    its_car_arrives(&folder, dazzling, Arc::new(Dazzled));
}

/// Studying a stream and waiting for its key frame takes longer than the silence that a running stream is allowed.
#[test]
fn a_camera_that_takes_its_time_is_waited_for() {
    let server = Server::start(Mood::Fine);
    let folder = tempfile::tempdir().unwrap();
    let data = enrolled(folder.path(), &server.address);
    let mut options = options(&data, folder.path(), false, &Paper::default());
    options.sources = vec![SourceSpec::parse("rtsp://camera/ch1").unwrap()];
    let played = camera(folder.path());
    let script = fs::read_to_string(&played).unwrap();
    fs::write(&played, script.replace("\ncat ", "\nsleep 17\ncat ")).unwrap();
    options.source.ffmpeg = played;
    let stop = Arc::new(Stop::default());
    let its = Arc::clone(&stop);
    let agent = std::thread::spawn(move || shouhu_edge::run::run(options, Arc::new(Brightness), None, &its).unwrap());
    server.until("the car", |s| !s.kept.is_empty());
    assert_eq!(fs::read_to_string(folder.path().join("calls")).unwrap().lines().count(), 1, "the first call was not given up");
    stop.set();
    agent.join().unwrap();
}

#[test]
fn a_missing_ffmpeg_stops_the_start_with_its_package_and_folders_do_without() {
    let server = Server::start(Mood::Fine);
    let folder = tempfile::tempdir().unwrap();
    let data = enrolled(folder.path(), &server.address);
    let mut with_camera = options(&data, folder.path(), true, &Paper::default());
    with_camera.sources = vec![SourceSpec::parse("rtsp://camera/ch1").unwrap()];
    with_camera.source.ffmpeg = "/nowhere/ffmpeg".into();
    let refused = shouhu_edge::run::run(with_camera, Arc::new(Scripted), None, &Arc::new(Stop::default()))
        .err()
        .map(|e| e.to_string())
        .unwrap_or_default();
    assert!(refused.contains("apt-get install ffmpeg"), "{refused}");
    let pictures = folder.path().join("pictures");
    fs::create_dir(&pictures).unwrap();
    drop_picture(&pictures, "a", "ABC1234");
    let mut without = options(&data, &pictures, true, &Paper::default());
    without.source.ffmpeg = "/nowhere/ffmpeg".into();
    assert_eq!(Agent::start(without).wait().sightings, 1);
}
