//! Faults of one source that must become neither a silence nor the fault of another: decoders that hang, dribble or are ended, and
//! a picture that breaks what reads it. The decoder is played by a script, its films by frames with plates in their pixels.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use shouhu_edge::clock::DeviceClock;
use shouhu_edge::config::DataDir;
use shouhu_edge::pipeline::Reader;
use shouhu_edge::rejected::RejectedList;
use shouhu_edge::run::{Ended, RunOptions};
use shouhu_edge::source::SourceSpec;
use shouhu_edge::status;
use shouhu_edge::stop::Stop;
use shouhu_vision::{Frame, PlateRead};
use support::{Agent, Mood, Paper, Scripted, Server, drop_picture, enrolled, entry, options};

/// Many times what a script takes to begin on a busy machine.
const SILENCE_MAX: Duration = Duration::from_secs(5);
/// Far less than what hangs would take to end by itself.
const ENDED_WITHIN: Duration = Duration::from_secs(60);

struct Place {
    folder: tempfile::TempDir,
    server: Server,
    data: DataDir,
}

impl Place {
    /// With a film, whose first frames are in `start.ppm` and all of them in `whole.ppm`.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(Mood::Fine);
        let data = enrolled(folder.path(), &server.address);
        fs::write(folder.path().join("film.avi"), b"played by a script").unwrap();
        let place = Self { folder, server, data };
        place.frames("start.ppm", &["AAA1111", "AAA1111", "BBB2222"]);
        place.frames("whole.ppm", &["AAA1111", "AAA1111", "BBB2222", "BBB2222", "CCC3333", "CCC3333"]);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the decoder sends: pictures as [`Scripted`] reads them.
    fn frames(&self, name: &str, plates: &[&str]) {
        let mut bytes = Vec::new();
        for plate in plates {
            let mut rgb = vec![0x80; 64 * 32 * 3];
            rgb[0] = 0xAB;
            rgb[1] = u8::try_from(plate.len()).unwrap();
            rgb[2..2 + plate.len()].copy_from_slice(plate.as_bytes());
            bytes.extend_from_slice(b"P6\n64 32\n255\n");
            bytes.extend_from_slice(&rgb);
        }
        fs::write(self.path(name), bytes).unwrap();
    }

    /// A decoder that notes each call in `calls`, then does as it is told; `$n` is the number of the call.
    fn decoder(&self, then: &str) -> PathBuf {
        let here = self.folder.path().display();
        let script = format!("[ \"$1\" = -version ] && exit 0\ncd {here}\necho $$ >> calls\nn=$(wc -l < calls)\n{then}");
        self.program("ffmpeg-played", &script)
    }

    fn program(&self, name: &str, script: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// A folder with one picture.
    fn pictures(&self, plate: &str) -> PathBuf {
        let pictures = self.path("pictures");
        fs::create_dir(&pictures).unwrap();
        drop_picture(&pictures, "a", plate);
        pictures
    }

    /// The film is read once by a decoder that does as it is told.
    fn options(&self, then: &str) -> RunOptions {
        let mut options = options(&self.data, &self.path("film.avi"), true, &Paper::default());
        options.source.ffmpeg = self.decoder(then);
        // Frames that lie so close together add half a second to the time that is allowed.
        options.source.fps = Some(60.0);
        options.source.film_silence_max = SILENCE_MAX;
        options
    }

    /// A camera whose decoder does as it is told.
    fn camera(&self, then: &str) -> RunOptions {
        let mut options = self.options(then);
        options.sources = vec![SourceSpec::parse("rtsp://camera/ch1").unwrap()];
        options
    }

    fn numbers(&self, name: &str) -> Vec<u32> {
        fs::read_to_string(self.path(name)).unwrap_or_default().lines().map(|line| line.trim().parse().unwrap()).collect()
    }

    fn calls(&self) -> usize {
        self.numbers("calls").len()
    }

    /// Decoders that were called and are still there.
    fn left_behind(&self) -> Vec<u32> {
        self.numbers("calls").into_iter().filter(|pid| Path::new("/proc").join(pid.to_string()).exists()).collect()
    }

    fn reasons(&self) -> Vec<String> {
        let list = RejectedList::open(self.data.join("rejected")).unwrap().read().unwrap();
        list.into_iter().map(|rejected| rejected.reason).collect()
    }

    fn decoders_ended(&self) -> u64 {
        status::load(&self.data).unwrap().decoders_ended
    }
}

fn run(options: RunOptions, reader: Arc<dyn Reader>) -> Ended {
    shouhu_edge::run::run(options, reader, None, &Arc::new(Stop::default())).unwrap()
}

/// Gone, or waiting for whoever adopted it to ask how it ended.
fn has_ended(pid: u32) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).unwrap_or_default();
    stat.rsplit(')').next().is_none_or(|after_name| after_name.is_empty() || after_name.trim_start().starts_with('Z'))
}

#[test]
fn a_decoder_that_hangs_is_ended_with_all_that_it_started_and_its_neighbour_is_read() {
    let place = Place::new();
    let pictures = place.pictures("DDD4444");
    let hangs = "cat start.ppm\nsleep 600 &\necho $! >> children\necho 'a strange picture' >&2\nwait";
    let mut both = place.options(hangs);
    both.sources.push(SourceSpec::parse(pictures.to_str().unwrap()).unwrap());
    let ended = run(both, Arc::new(Scripted));
    assert_eq!(place.server.plates(), ["AAA1111", "BBB2222", "DDD4444"], "what was read before it is kept, and once");
    assert_eq!((ended.sightings, ended.waiting, ended.rejected), (3, 0, 2));
    let reasons = place.reasons();
    for reason in &reasons {
        let has = |part: &str| reason.contains(part);
        assert!(has("3 frames (0.1 s) were read and kept, then: ffmpeg gave no whole picture for"), "{reason}");
        assert!(has("its last words: a strange picture"), "{reason}");
    }
    let is_again: Vec<bool> = reasons.iter().map(|reason| reason.ends_with("the file is begun again")).collect();
    assert_eq!(is_again, [true, false], "where it comes no further it is left: {reasons:?}");
    assert_eq!(place.decoders_ended(), 2);
    assert!(place.left_behind().is_empty(), "all are reaped");
    let until = Instant::now() + ENDED_WITHIN;
    for pid in place.numbers("children") {
        while !has_ended(pid) {
            assert!(Instant::now() < until, "{pid} is left behind");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    assert_eq!(run(place.options(hangs), Arc::new(Scripted)).sightings, 0);
    assert_eq!(place.calls(), 2, "a restart does not begin it a third time");
}

#[test]
fn a_decoder_that_hung_once_is_begun_again_and_nothing_is_told_twice() {
    let place = Place::new();
    let then = "if [ $n = 1 ]; then cat start.ppm; sleep 600; else cat whole.ppm; fi";
    let ended = run(place.options(then), Arc::new(Scripted));
    assert_eq!(place.server.plates(), ["AAA1111", "BBB2222", "CCC3333"]);
    assert_eq!((ended.sightings, ended.waiting, ended.rejected), (3, 0, 1));
    assert_eq!((place.calls(), place.decoders_ended()), (2, 1));
    assert_eq!(run(place.options(then), Arc::new(Scripted)).sightings, 0, "it was read to its end");
    assert_eq!(place.calls(), 2);
}

#[test]
fn bytes_that_never_become_a_picture_are_a_hang() {
    let place = Place::new();
    let ended = run(place.options("printf 'P6\\n64 32\\n255\\n'\nwhile :; do printf x; sleep 0.1; done"), Arc::new(Scripted));
    assert_eq!((ended.sightings, ended.rejected), (0, 2));
    let reasons = place.reasons();
    assert!(reasons[1].starts_with("no frame could be read: ffmpeg gave no whole picture for"), "{reasons:?}");
}

#[test]
fn a_decoder_that_is_slow_but_steady_is_not_ended() {
    let place = Place::new();
    place.frames("one.ppm", &["AAA1111"]);
    let ended = run(place.options("for second in 1 2 3 4 5 6 7 8 9; do cat one.ppm; sleep 1; done"), Arc::new(Scripted));
    assert_eq!((ended.sightings, ended.rejected), (1, 0), "longer than a silence may be, and no silence");
    assert_eq!((place.calls(), place.decoders_ended()), (1, 0));
}

/// Takes longer for its first frame than a decoder may be silent.
struct TakesItsTime(AtomicBool);

impl Reader for TakesItsTime {
    fn read(&self, frame: &Frame) -> Result<Vec<PlateRead>, String> {
        if !self.0.swap(true, Ordering::Relaxed) {
            std::thread::sleep(SILENCE_MAX + Duration::from_secs(2));
        }
        Scripted.read(frame)
    }
}

#[test]
fn a_decoder_that_waits_for_us_does_not_hang() {
    let place = Place::new();
    // More than the pipe and what is read ahead hold: the decoder stands still meanwhile.
    place.frames("many.ppm", &["AAA1111"; 400]);
    let ended = run(place.options("cat many.ppm"), Arc::new(TakesItsTime(AtomicBool::new(false))));
    assert_eq!((ended.sightings, ended.rejected), (1, 0));
    assert_eq!((place.calls(), place.decoders_ended()), (1, 0));
}

#[test]
fn a_stop_ends_a_decoder_that_hangs_and_the_next_start_begins_its_film_again() {
    let place = Place::new();
    let then = "if [ $n = 1 ]; then cat start.ppm; sleep 600; else cat whole.ppm; fi";
    let mut first = place.options(then);
    // Longer than anybody waits for this test.
    first.source.film_silence_max = Duration::from_secs(3_600);
    let agent = Agent::start(first);
    place.server.until("the first car", |s| !s.kept.is_empty());
    let ended = agent.end();
    assert!(place.left_behind().is_empty(), "the agent ends no sooner than what it has started");
    assert_eq!((ended.sightings, ended.rejected), (1, 0));
    let ended = run(place.options(then), Arc::new(Scripted));
    assert_eq!((ended.sightings, ended.rejected), (2, 0));
    assert_eq!(place.server.plates(), ["AAA1111", "BBB2222", "CCC3333"]);
}

#[test]
fn a_decoder_that_somebody_ended_did_not_come_to_the_films_end() {
    let place = Place::new();
    let ended = run(place.options("if [ $n = 1 ]; then cat start.ppm; kill -TERM $$; fi\ncat whole.ppm"), Arc::new(Scripted));
    assert_eq!(place.server.plates(), ["AAA1111", "BBB2222", "CCC3333"]);
    assert_eq!((ended.sightings, ended.rejected), (3, 1));
    assert!(place.reasons()[0].contains("ffmpeg crashed or was ended; the file is begun again"), "{:?}", place.reasons());
}

#[test]
fn a_film_that_breaks_off_earlier_the_second_time_is_begun_again_by_the_next_start() {
    let place = Place::new();
    place.frames("most.ppm", &["AAA1111", "AAA1111", "BBB2222", "BBB2222", "CCC3333"]);
    let then = "case $n in\n1) cat most.ppm; kill -TERM $$ ;;\n2) cat start.ppm; kill -TERM $$ ;;\nesac\ncat whole.ppm";
    let ended = run(place.options(then), Arc::new(Scripted));
    assert_eq!((ended.sightings, ended.waiting, ended.rejected), (2, 0, 2));
    assert_eq!(place.server.plates(), ["AAA1111", "BBB2222"]);
    let reasons = place.reasons();
    assert!(reasons[0].contains("5 frames") && reasons[0].ends_with("; the file is begun again"), "{reasons:?}");
    assert!(reasons[1].contains("3 frames") && reasons[1].ends_with("; the next start begins the file again"), "{reasons:?}");
    let ended = run(place.options(then), Arc::new(Scripted));
    assert_eq!((ended.sightings, ended.waiting), (1, 0), "what the first try had seen once, and nothing twice");
    assert_eq!(place.server.plates(), ["AAA1111", "BBB2222", "CCC3333"]);
    assert_eq!(place.calls(), 3);
}

#[test]
fn a_film_that_is_played_in_a_loop_is_not_asked_for_its_length() {
    let place = Place::new();
    let asked = place.path("asked");
    place.program("ffprobe", &format!("touch {}", asked.display()));
    let mut looped = place.options("cat start.ppm");
    (looped.source.is_loop, looped.source.is_once) = (true, false);
    let agent = Agent::start(looped);
    while place.calls() < 2 {
        agent.stop.wait(Duration::from_millis(50));
    }
    agent.end();
    assert!(!asked.exists(), "one that cannot be ended would be left behind at each round");
    run(place.options("cat start.ppm"), Arc::new(Scripted));
    assert!(asked.exists(), "this is the one that is asked of a film that is read once");
}

#[test]
fn a_camera_that_falls_silent_is_called_again_and_that_is_told() {
    let place = Place::new();
    let mut options = place.camera("cat start.ppm\nsleep 600");
    options.source.is_once = false;
    let agent = Agent::start(options);
    while place.calls() < 2 {
        agent.stop.wait(Duration::from_millis(50));
    }
    let ended = agent.end();
    assert_eq!((ended.rejected, place.decoders_ended()), (1, 1));
    let reason = place.reasons().remove(0);
    assert!(reason.contains("ffmpeg gave no whole picture for 15 s and was ended; it is called again"), "{reason}");
}

/// Takes nothing before it is let go, like a screen that somebody has halted.
#[derive(Clone, Default)]
struct Halted {
    is_let_go: Arc<(Mutex<bool>, Condvar)>,
    paper: Paper,
}

impl Write for Halted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let is_let_go = self.is_let_go.0.lock().unwrap();
        drop(self.is_let_go.1.wait_while(is_let_go, |is_let_go| !*is_let_go).unwrap());
        self.paper.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn alerts_that_nobody_takes_hold_up_no_source_and_come_when_somebody_does() {
    let place = Place::new();
    place.server.wants(vec![entry(1, "WAN-1111"), entry(2, "WAN-2222")]);
    let pictures = place.path("pictures");
    fs::create_dir(&pictures).unwrap();
    let screen = Halted::default();
    let mut options = options(&place.data, &pictures, false, &Paper::default());
    options.alerts_to = Box::new(screen.clone());
    let agent = Agent::start(options);
    place.server.until("a first heartbeat, which comes after the watchlist", |s| !s.heartbeats.is_empty());
    for (name, plate) in [("a", "WAN1111"), ("b", "WAN2222"), ("c", "CAR3333")] {
        drop_picture(&pictures, name, plate);
    }
    place.server.until("all of them", |s| s.kept.len() == 3);
    assert_eq!(screen.paper.text(), "");
    *screen.is_let_go.0.lock().unwrap() = true;
    screen.is_let_go.1.notify_all();
    agent.end();
    assert_eq!(screen.paper.text().lines().count(), 2, "{}", screen.paper.text());
}

#[test]
fn alerts_that_nobody_took_by_the_end_are_counted_and_do_not_hold_it_up() {
    let place = Place::new();
    place.server.wants(vec![entry(1, "WAN-1111"), entry(2, "WAN-2222")]);
    let pictures = place.path("pictures");
    fs::create_dir(&pictures).unwrap();
    let agent = Agent::start(options(&place.data, &pictures, false, &Paper::default()));
    place.server.until("a first heartbeat, which comes after the watchlist", |s| !s.heartbeats.is_empty());
    agent.end();
    for (name, plate) in [("a", "WAN1111"), ("b", "WAN2222")] {
        drop_picture(&pictures, name, plate);
    }
    let screen = Halted::default();
    let mut once = options(&place.data, &pictures, true, &Paper::default());
    once.alerts_to = Box::new(screen.clone());
    let started = Instant::now();
    let ended = run(once, Arc::new(Scripted));
    assert!(started.elapsed() < Duration::from_secs(40), "less than --once may take to send what is queued");
    assert_eq!((ended.sightings, ended.waiting), (2, 0), "the server hears of them all the same");
    let status = status::load(&place.data).unwrap();
    assert_eq!((status.local_alerts, status.alerts_not_printed), (2, 2));
    *screen.is_let_go.0.lock().unwrap() = true;
    screen.is_let_go.1.notify_all();
}

/// Breaks at one plate.
struct Breaks;

impl Reader for Breaks {
    fn read(&self, frame: &Frame) -> Result<Vec<PlateRead>, String> {
        let reads = Scripted.read(frame)?;
        assert!(reads.iter().all(|read| read.text != "BBB2222"), "on purpose");
        Ok(reads)
    }
}

#[test]
fn a_picture_that_breaks_what_reads_it_ends_no_source() {
    let place = Place::new();
    let ended = run(place.options("cat whole.ppm"), Arc::new(Breaks));
    assert_eq!(place.server.plates(), ["AAA1111", "CCC3333"]);
    assert_eq!((ended.sightings, ended.rejected), (2, 1));
    assert!(place.reasons()[0].ends_with("then: reading it has failed inside"), "{:?}", place.reasons());
}

/// Fails once where no one expects it.
struct FailsOnce(AtomicBool);

impl Reader for FailsOnce {
    fn read(&self, frame: &Frame) -> Result<Vec<PlateRead>, String> {
        Scripted.read(frame)
    }

    fn model(&self) -> &str {
        assert!(self.0.swap(true, Ordering::Relaxed), "on purpose");
        "scripted"
    }
}

#[test]
fn a_source_that_fails_inside_is_named_at_once_and_the_other_goes_on() {
    let place = Place::new();
    let pictures = place.pictures("DDD4444");
    let mut both = place.options("cat whole.ppm");
    both.sources.push(SourceSpec::parse(pictures.to_str().unwrap()).unwrap());
    let ended = run(both, Arc::new(FailsOnce(AtomicBool::new(false))));
    assert_eq!((ended.waiting, ended.rejected), (0, 1));
    assert!(place.reasons()[0].starts_with("the source has failed inside"), "{:?}", place.reasons());
    let plates = place.server.plates();
    assert!(plates == ["DDD4444"] || plates == ["AAA1111", "BBB2222", "CCC3333"], "whichever came second: {plates:?}");
}

#[test]
fn a_camera_whose_frames_break_what_keeps_them_is_named_and_leaves_no_decoder_behind() {
    let place = Place::new();
    let mut camera = place.camera("cat start.ppm\nexec sleep 600");
    // By itself it would be called until a stop.
    camera.source.is_once = false;
    let ended = run(camera, Arc::new(FailsOnce(AtomicBool::new(false))));
    assert!(place.left_behind().is_empty(), "its decoder ends with it");
    assert_eq!((ended.sightings, ended.rejected), (0, 1));
    assert!(place.reasons()[0].starts_with("the source has failed inside"), "{:?}", place.reasons());
    assert_eq!(place.calls(), 1);
}

/// Fails when the thread that reads a camera's pipe, the only one of an agent that has no name, asks for the third time.
fn clock_that_fails_a_camera() -> DeviceClock {
    const NOON_US: i64 = 1_700_000_000_000_000;
    let (started, asked) = (Instant::now(), AtomicU64::new(0));
    DeviceClock::new(0, move || {
        let is_camera = std::thread::current().name().is_none();
        assert!(!is_camera || asked.fetch_add(1, Ordering::Relaxed) != 2, "on purpose");
        NOON_US + i64::try_from(started.elapsed().as_micros()).unwrap()
    })
}

#[test]
fn a_camera_whose_pipe_is_not_read_any_more_is_named_and_what_it_saw_before_is_kept() {
    let place = Place::new();
    let camera = place.camera("cat start.ppm\nexec sleep 600");
    let clock = clock_that_fails_a_camera();
    let ended = shouhu_edge::run::run(camera, Arc::new(Scripted), Some(clock), &Arc::new(Stop::default())).unwrap();
    assert_eq!((ended.sightings, ended.waiting, ended.rejected), (1, 0, 1));
    assert_eq!(place.server.plates(), ["AAA1111"]);
    assert!(place.reasons()[0].starts_with("the source has failed inside"), "{:?}", place.reasons());
    assert!(place.left_behind().is_empty() && place.calls() == 1);
}

/// Hangs at one plate until it is let go.
struct Hangs(Arc<(Mutex<bool>, Condvar)>);

impl Reader for Hangs {
    fn read(&self, frame: &Frame) -> Result<Vec<PlateRead>, String> {
        let reads = Scripted.read(frame)?;
        if reads.iter().any(|read| read.text == "DDD4444") {
            let is_let_go = self.0.0.lock().unwrap();
            drop(self.0.1.wait_while(is_let_go, |is_let_go| !*is_let_go).unwrap());
        }
        Ok(reads)
    }
}

#[test]
fn a_source_that_does_not_end_is_left_behind_and_what_the_other_saw_is_sent() {
    let place = Place::new();
    let pictures = place.pictures("DDD4444");
    let mut both = place.options("cat whole.ppm");
    both.sources.push(SourceSpec::parse(pictures.to_str().unwrap()).unwrap());
    let let_go = Arc::new((Mutex::new(false), Condvar::new()));
    let (stop, reader) = (Arc::new(Stop::default()), Arc::new(Hangs(Arc::clone(&let_go))));
    let its = Arc::clone(&stop);
    let agent = std::thread::spawn(move || shouhu_edge::run::run(both, reader, None, &its).unwrap());
    place.server.until("the film", |s| s.kept.len() == 3);
    stop.set();
    let ended = agent.join().unwrap();
    assert_eq!((ended.sightings, ended.waiting), (3, 0));
    *let_go.0.lock().unwrap() = true;
    let_go.1.notify_all();
}
