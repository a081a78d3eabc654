//! A server of a hundred lines, pictures with the plate written into their pixels, and a reader that reads those.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "each test uses a part of it, and fails by panicking"
)]

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use shouhu_edge::config::{Config, DataDir};
use shouhu_edge::pipeline::Reader;
use shouhu_edge::queue::QueueConfig;
use shouhu_edge::run::RunOptions;
use shouhu_edge::source::{FILM_SILENCE_MAX, SourceOptions, SourceSpec};
use shouhu_ids::{DeviceId, EntryId, Micros};
use shouhu_plate::{Pattern, SeenVehicle, VehicleColour, VehicleKind};
use shouhu_vision::{Alternative, CharRead, Frame, PlateRead, Quad};
use shouhu_wire::{
    BatchReceipt, DEVICE_HEADER, DeltaEntry, DeviceKind, EnrolledDevice, FramePolicy, Quarantined, ReportedSighting,
    SIGNATURE_HEADER, SIGNED_AT_HEADER, SightingBatch, WatchlistDelta, signed_text,
};

pub const KEY: [u8; 32] = [42; 32];
const PATIENCE: Duration = Duration::from_secs(30);

pub fn device() -> EnrolledDevice {
    EnrolledDevice {
        device: DeviceId::new(Micros(1), [3; 16]),
        name: "test camera".into(),
        kind: DeviceKind::FixedCamera,
        camera: None,
        frame_policy: FramePolicy::Hits,
    }
}

pub fn entry(n: u8, pattern: &str) -> DeltaEntry {
    DeltaEntry {
        id: EntryId::new(Micros(9), [n; 16]),
        pattern: Pattern::parse(pattern).unwrap(),
        expires_at_us: Micros(i64::MAX),
        is_active: true,
    }
}

/// How the server treats batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Fine,
    /// 401 to everything.
    Stranger,
    /// 422 to every batch with this many or more, and to plates that begin with BAD.
    Picky,
    /// Keeps the batch and hangs up before it answers, every third time.
    LosesReceipts,
    /// Batches without hits wait until the mood changes.
    StallsBacklog,
}

pub struct State {
    pub mood: Mood,
    pub kept: BTreeMap<u64, ReportedSighting>,
    pub deliveries: u64,
    pub watchlist: Vec<DeltaEntry>,
    pub version: i64,
    pub heartbeats: Vec<serde_json::Value>,
    pub policy: FramePolicy,
    pub conflicts: Vec<u64>,
    pub requests: u64,
    pub public_key: Option<String>,
    pub clock_offset_us: i64,
    pub max_batch: usize,
    /// Where each request went, in their order.
    pub paths: Vec<String>,
    /// Off: quotes are answered 503, as while the way to the server is bad.
    pub answers_quotes: bool,
}

pub struct Server {
    pub address: String,
    state: Arc<(Mutex<State>, Condvar)>,
}

impl Server {
    pub fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self::on(listener, mood)
    }

    pub fn on(listener: TcpListener, mood: Mood) -> Self {
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new((
            Mutex::new(State {
                mood,
                kept: BTreeMap::new(),
                deliveries: 0,
                watchlist: vec![],
                version: 0,
                heartbeats: vec![],
                policy: FramePolicy::Hits,
                conflicts: vec![],
                requests: 0,
                public_key: None,
                clock_offset_us: 0,
                max_batch: 0,
                paths: vec![],
                answers_quotes: true,
            }),
            Condvar::new(),
        ));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { address, state }
    }

    pub fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let result = act(&mut self.state.0.lock().unwrap());
        self.state.1.notify_all();
        result
    }

    pub fn wants(&self, entries: Vec<DeltaEntry>) {
        self.with(|s| {
            s.watchlist = entries;
            s.version += 1;
        });
    }

    /// Waits until the server's state satisfies the condition.
    pub fn until(&self, what: &str, condition: impl Fn(&State) -> bool) {
        let state = self.state.0.lock().unwrap();
        let (_state, waited) = self.state.1.wait_timeout_while(state, PATIENCE, |s| !condition(s)).unwrap();
        assert!(!waited.timed_out(), "waited in vain for: {what}");
    }

    pub fn plates(&self) -> Vec<String> {
        self.with(|s| {
            let mut plates: Vec<String> = s.kept.values().map(|k| k.plate.clone()).collect();
            plates.sort();
            plates
        })
    }
}

fn serve(stream: TcpStream, shared: &(Mutex<State>, Condvar)) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let mut words = line.split_whitespace().map(str::to_owned);
        let (method, path) = (words.next()?, words.next()?);
        let mut headers = HashMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let mut body = vec![0; headers.get("content-length").and_then(|n| n.parse().ok()).unwrap_or(0)];
        reader.read_exact(&mut body).ok()?;
        let (status, answer) = respond(&method, &path, &headers, &body, shared)?;
        let head = format!("HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", answer.len());
        writer.write_all(&[head.as_bytes(), &answer].concat()).ok()?;
    }
}

fn is_signed(method: &str, path: &str, headers: &HashMap<String, String>, body: &[u8]) -> bool {
    let check = || {
        let at: i64 = headers.get(SIGNED_AT_HEADER)?.parse().ok()?;
        let bytes: [u8; 64] = BASE64.decode(headers.get(SIGNATURE_HEADER)?).ok()?.try_into().ok()?;
        let key: VerifyingKey = SigningKey::from_bytes(&KEY).verifying_key();
        key.verify_strict(signed_text(method, path, at, body).as_bytes(), &Signature::from_bytes(&bytes)).ok()
    };
    headers.get(DEVICE_HEADER) == Some(&device().device.to_string()) && check().is_some()
}

fn problem(status: u16, key: &str) -> Option<(u16, Vec<u8>)> {
    Some((status, format!(r#"{{"status":{status},"key":"{key}","title":"t","detail":"no"}}"#).into_bytes()))
}

fn respond(
    method: &str,
    path: &str,
    headers: &HashMap<String, String>,
    body: &[u8],
    shared: &(Mutex<State>, Condvar),
) -> Option<(u16, Vec<u8>)> {
    let mut state = shared.0.lock().unwrap();
    state.requests += 1;
    state.paths.push(path.to_owned());
    shared.1.notify_all();
    if path == "/v1/devices/enrol" {
        let sent: serde_json::Value = serde_json::from_slice(body).unwrap();
        if sent["token"] != "good" {
            return problem(410, "devices.enrol.token_used");
        }
        state.public_key = sent["public_key"].as_str().map(str::to_owned);
        return Some((200, serde_json::to_vec(&device()).unwrap()));
    }
    if state.mood == Mood::Stranger || !is_signed(method, path, headers, body) {
        return problem(401, "devices.unknown");
    }
    if path == "/v1/devices/mine" {
        return Some((200, serde_json::to_vec(&EnrolledDevice { frame_policy: state.policy, ..device() }).unwrap()));
    }
    if path == "/v1/devices/mine/status" {
        state.heartbeats.push(serde_json::from_slice(body).unwrap());
        return Some((204, vec![]));
    }
    if let Some(since) = path.strip_prefix("/v1/watchlists/delta?since=") {
        let is_news = since.parse() != Ok(state.version);
        let entries = if is_news { state.watchlist.clone() } else { vec![] };
        let delta = WatchlistDelta { version: state.version, is_full: is_news, has_more: false, entries };
        return Some((200, serde_json::to_vec(&delta).unwrap()));
    }
    if let Some(what) = path.strip_prefix("/v1/devices/mine/attestation/") {
        if !state.answers_quotes {
            return problem(503, "http.overloaded");
        }
        let answer = match what {
            "nonce" => serde_json::json!({ "nonce": "ab".repeat(32), "pcrs": [16], "expires_at_us": i64::MAX }),
            _ => serde_json::json!({ "attestation": "attested", "reason": null, "next_quote_by_us": i64::MAX }),
        };
        return Some((200, answer.to_string().into_bytes()));
    }
    if path != "/v1/sightings" {
        return problem(404, "not_found");
    }
    let batch: SightingBatch = serde_json::from_slice(body).unwrap();
    let is_backlog = batch.sightings.iter().any(|s| s.local_hits.is_empty());
    if is_backlog && state.mood == Mood::StallsBacklog {
        state = shared.1.wait_while(state, |s| s.mood == Mood::StallsBacklog).unwrap();
    }
    let is_bad = |s: &ReportedSighting| s.plate.starts_with("BAD");
    if state.mood == Mood::Picky && batch.sightings.iter().any(is_bad) {
        return problem(422, "sightings.batch_refused");
    }
    let mut receipt = BatchReceipt { accepted: 0, duplicates: 0, quarantined: vec![], clock_offset_us: state.clock_offset_us };
    state.max_batch = state.max_batch.max(batch.sightings.len());
    for sighting in batch.sightings {
        match state.kept.get(&sighting.sequence) {
            Some(known) => {
                if known.plate != sighting.plate {
                    state.conflicts.push(sighting.sequence);
                }
                receipt.duplicates += 1;
            }
            None if sighting.plate.starts_with("QUA") => {
                receipt.quarantined.push(Quarantined {
                    sequence: sighting.sequence,
                    reason: "plate.length".into(),
                    detail: "x".into(),
                });
                state.kept.insert(sighting.sequence, sighting);
            }
            None => {
                receipt.accepted += 1;
                state.kept.insert(sighting.sequence, sighting);
            }
        }
    }
    state.deliveries += 1;
    shared.1.notify_all();
    if state.mood == Mood::LosesReceipts && state.deliveries.is_multiple_of(3) {
        return None;
    }
    Some((200, serde_json::to_vec(&receipt).unwrap()))
}

/// Reads what [`picture`] wrote.
pub struct Scripted;

impl Reader for Scripted {
    fn read(&self, frame: &Frame) -> Result<Vec<PlateRead>, String> {
        let len = usize::from(frame.rgb[1]);
        if frame.rgb[0] != 0xAB || len == 0 {
            return Ok(vec![]);
        }
        let text = String::from_utf8_lossy(&frame.rgb[2..2 + len]).into_owned();
        Ok(text.split('+').map(read_of).collect())
    }

    /// A plate that begins with TRK is on a white lorry; of others nothing is sure.
    fn describe(&self, frame: &Frame, _: &Quad) -> SeenVehicle {
        if frame.rgb[2..].starts_with(b"TRK") {
            return SeenVehicle { kind: Some(VehicleKind::Truck), colour: Some(VehicleColour::White), plate_colour: None };
        }
        SeenVehicle::default()
    }

    fn model(&self) -> &str {
        "scripted"
    }
}

/// A question mark after the plate: the reading is unsure.
fn read_of(text: &str) -> PlateRead {
    let (text, confidence) = text.strip_suffix('?').map_or((text, 0.99), |text| (text, 0.75));
    PlateRead {
        quad: Quad::from_box(4.0, 4.0, 20.0, 8.0),
        detector_score: 0.99,
        text: text.to_owned(),
        display: text.to_owned(),
        confidence,
        posterior: confidence,
        burnt: 0.0,
        is_at_border: false,
        chars: text.chars().map(|ch| CharRead { ch, probability: confidence, others: vec![] }).collect(),
        alternatives: vec![Alternative { text: text.to_owned(), probability: confidence }],
        sharpness: 0.1,
        text_height_px: 20.0,
    }
}

/// Plates separated by `+`; the rest of the picture is grey.
pub fn picture(plates: &str) -> Vec<u8> {
    let mut rgb = vec![0x80; 64 * 32 * 3];
    rgb[0] = 0xAB;
    rgb[1] = u8::try_from(plates.len()).unwrap();
    rgb[2..2 + plates.len()].copy_from_slice(plates.as_bytes());
    let mut png = Vec::new();
    let image = image::RgbImage::from_raw(64, 32, rgb).unwrap();
    image.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
    png
}

/// As a careful camera does it: under a passing name first.
pub fn drop_picture(folder: &Path, name: &str, plates: &str) {
    let passing = folder.join(format!(".{name}.tmp"));
    std::fs::write(&passing, picture(plates)).unwrap();
    std::fs::rename(passing, folder.join(format!("{name}.png"))).unwrap();
}

/// An enrolled data folder.
pub fn enrolled(folder: &Path, server: &str) -> DataDir {
    let data = DataDir::new(folder.join("data"));
    drop(data.lock().unwrap());
    data.save_key(&SigningKey::from_bytes(&KEY)).unwrap();
    data.save_config(&Config { server: server.into(), device: device() }).unwrap();
    data
}

/// What is printed goes here.
#[derive(Clone, Default)]
pub struct Paper(pub Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Paper {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

pub fn options(data: &DataDir, source: &Path, is_once: bool, paper: &Paper) -> RunOptions {
    RunOptions {
        data: data.clone(),
        sources: vec![SourceSpec::parse(source.to_str().unwrap()).unwrap()],
        source: SourceOptions { fps: None, is_once, is_loop: false, ffmpeg: "ffmpeg".into(), film_silence_max: FILM_SILENCE_MAX },
        position: None,
        has_plates_in_alerts: true,
        queue: QueueConfig { reserve_bytes: 0, ..QueueConfig::default() },
        alerts_to: Box::new(paper.clone()),
    }
}

/// An agent in a thread of this test.
pub struct Agent {
    pub stop: Arc<shouhu_edge::stop::Stop>,
    thread: Option<std::thread::JoinHandle<shouhu_edge::run::Ended>>,
}

impl Agent {
    pub fn start(options: RunOptions) -> Self {
        let stop = Arc::new(shouhu_edge::stop::Stop::default());
        let its = Arc::clone(&stop);
        let thread = std::thread::spawn(move || shouhu_edge::run::run(options, Arc::new(Scripted), None, &its).unwrap());
        Self { stop, thread: Some(thread) }
    }

    pub fn end(mut self) -> shouhu_edge::run::Ended {
        self.stop.set();
        self.thread.take().unwrap().join().unwrap()
    }

    pub fn wait(mut self) -> shouhu_edge::run::Ended {
        self.thread.take().unwrap().join().unwrap()
    }
}
