//! A camera on the network that is lost, falls silent, changes its picture and has its clock set, and a device whose clock is
//! set: a real RTSP server in this process, the real ffmpeg, the whole agent.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "benches/live drives the same camera and needs more of it")]
#[path = "support/camera.rs"]
mod camera;
mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use camera::{Camera, Film};
use shouhu_edge::clock::DeviceClock;
use shouhu_edge::config::DataDir;
use shouhu_edge::pipeline::Reader;
use shouhu_edge::run::Ended;
use shouhu_edge::source::SourceSpec;
use shouhu_edge::status;
use shouhu_edge::stop::Stop;
use shouhu_vision::{Frame, PlateRead};
use support::{Mood, Paper, Scripted, Server, enrolled, options};

const FPS: f64 = 8.0;
const NOON_US: i64 = 1_700_000_000_000_000;
const HOUR_US: i64 = 3_600_000_000;

/// A minute that grows brighter each second, so that each second shows a car of its own.
fn film(folder: &Path, size: &str) -> Film {
    let path = folder.join(format!("{size}.h264"));
    let picture = format!("color=gray:s={size}:r={FPS}:d=54");
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", &picture])
        .args(["-vf", "geq=lum='16+4*floor(N/8)':cb=128:cr=128,format=yuv420p"])
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-qp", "1", "-g", "8", "-x264-params", "aud=1"])
        .args(["-f", "h264"])
        .arg(&path)
        .stdout(Stdio::null())
        .status();
    assert!(made.is_ok_and(|status| status.success()), "ffmpeg makes the film");
    Film::parse(&fs::read(path).unwrap(), FPS)
}

/// Reads the brightness as a plate; no two seconds have a character in common.
struct Brightness;

impl Reader for Brightness {
    fn read(&self, frame: &Frame) -> Result<Vec<PlateRead>, String> {
        let level = f64::from(frame.rgb.first().copied().unwrap_or(0));
        // The decoder stretches video levels to full ones.
        let second = (level / 255.0 * 219.0 / 4.0).round() as u8;
        let letter = char::from(b"ABCDEFGHJKLMNPQRSTUVWXYZ"[usize::from(second % 24)]);
        let digit = char::from(b"0123567"[usize::from(second % 7)]);
        let text = [letter, letter, letter, digit, digit, digit, digit].iter().collect::<String>();
        let mut script = Frame { width: 64, height: 32, rgb: vec![0; 64 * 32 * 3] };
        let bytes = [&[0xAB, 7], text.as_bytes()].concat();
        script.rgb.splice(..bytes.len(), bytes);
        Scripted.read(&script)
    }
}

struct Scene {
    _folder: tempfile::TempDir,
    server: Server,
    camera: Camera,
    data: DataDir,
    set_by_us: Arc<AtomicI64>,
    stop: Arc<Stop>,
    agent: Option<std::thread::JoinHandle<Ended>>,
}

impl Scene {
    fn start(test: &str) -> Option<Self> {
        if Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
            eprintln!("{test} is skipped: ffmpeg is not installed (apt-get install ffmpeg)");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(Mood::Fine);
        let camera = Camera::start(vec![film(folder.path(), "64x32"), film(folder.path(), "128x64")]).unwrap();
        let data = enrolled(folder.path(), &server.address);
        let mut options = options(&data, folder.path(), false, &Paper::default());
        options.sources = vec![SourceSpec::parse(&camera.address).unwrap()];
        let set_by_us = Arc::new(AtomicI64::new(0));
        let (started, set) = (std::time::Instant::now(), Arc::clone(&set_by_us));
        let clock = DeviceClock::new(0, move || {
            NOON_US + i64::try_from(started.elapsed().as_micros()).unwrap() + set.load(Ordering::Relaxed)
        });
        let stop = Arc::new(Stop::default());
        let its = Arc::clone(&stop);
        let agent =
            std::thread::spawn(move || shouhu_edge::run::run(options, Arc::new(Brightness), Some(clock), &its).unwrap());
        Some(Self { _folder: folder, server, camera, data, set_by_us, stop, agent: Some(agent) })
    }

    /// Waits for two more cars than there are now.
    fn sees_more(&self, when: &str) {
        let before = self.server.with(|s| s.kept.len());
        self.server.until(&format!("cars {when}"), |s| s.kept.len() >= before + 2);
    }

    fn end(mut self) -> (Server, DataDir, tempfile::TempDir) {
        self.stop.set();
        let ended = self.agent.take().unwrap().join().unwrap();
        assert_eq!(ended.waiting, 0);
        (self.server, self.data, self._folder)
    }
}

#[test]
fn a_camera_that_was_lost_is_read_again_and_so_is_one_whose_picture_changes() {
    let Some(scene) = Scene::start("a_camera_that_was_lost_is_read_again") else { return };
    scene.sees_more("at first");
    scene.camera.lose();
    let said = scene.data.join("rejected").join("list.jsonl");
    while !fs::read_to_string(&said).is_ok_and(|text| text.contains("called again until it answers")) {
        std::thread::yield_now();
    }
    scene.camera.recover();
    assert!(scene.camera.until_played(2), "the camera is called again");
    scene.sees_more("after the loss");
    scene.camera.show(1);
    scene.sees_more("in a larger picture");
    scene.camera.show(0);
    scene.sees_more("in the first size again");
    scene.end();
}

#[test]
fn clocks_that_are_set_neither_stop_nor_flood_nor_double_what_is_read() {
    let Some(scene) = Scene::start("clocks_that_are_set_neither_stop_nor_flood") else { return };
    scene.sees_more("at first");
    for jump_s in [3600.0, -7200.0] {
        scene.camera.jump_s(jump_s);
        scene.sees_more("after the camera's clock was set");
    }
    for set_us in [-HOUR_US, HOUR_US] {
        scene.set_by_us.fetch_add(set_us, Ordering::Relaxed);
        scene.sees_more("after the device's clock was set");
        let set_us = scene.set_by_us.load(Ordering::Relaxed);
        scene.server.with(|s| {
            let newest = s.kept.values().next_back().unwrap().captured_at_us - NOON_US - set_us;
            assert!((0..HOUR_US / 2).contains(&newest), "by the clock as it is now, not as it was: {newest}");
        });
    }
    let (server, data, _folder) = scene.end();
    let plates = server.plates();
    let mut different = plates.clone();
    different.dedup();
    assert_eq!(plates, different, "nobody is announced twice");
    let status = status::load(&data).expect("the agent has reported");
    assert!(status.frames_dropped <= status.frames_read / 4, "no flood of made-up frames: {status:?}");
}
