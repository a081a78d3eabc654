//! A network camera in a hundred lines: RTSP (RFC 2326) over TCP, H.264 as in RFC 6184, and the misfortunes of real ones.
//!
//! Time runs on while nobody looks: who calls again gets what the camera sees then, from the next key frame on.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

const PAYLOAD_MAX: usize = 1400;
const CLOCK_HZ: f64 = 90_000.0;

/// H.264 as ffmpeg writes it with `aud=1`: pictures of NAL units, all films of a camera of one length and rate.
#[derive(Clone)]
pub struct Film {
    pictures: Vec<Vec<Vec<u8>>>,
    fps: f64,
}

impl Film {
    pub fn parse(annex_b: &[u8], fps: f64) -> Self {
        let mut starts: Vec<usize> = annex_b.windows(3).enumerate().filter(|(_, w)| *w == [0, 0, 1]).map(|(at, _)| at).collect();
        starts.push(annex_b.len());
        let mut pictures: Vec<Vec<Vec<u8>>> = Vec::new();
        for span in starts.windows(2) {
            let unit = &annex_b[span[0] + 3..span[1]];
            let end = unit.iter().rposition(|&byte| byte != 0).map_or(0, |at| at + 1);
            match unit.first().map(|head| head & 31) {
                None => {}
                Some(9) => pictures.push(Vec::new()),
                Some(_) => {
                    if let Some(picture) = pictures.last_mut() {
                        picture.push(unit[..end].to_vec());
                    }
                }
            }
        }
        assert!(!pictures.is_empty(), "the film has no access unit delimiters: encode it with -x264-params aud=1");
        Self { pictures, fps }
    }

    fn is_key(&self, number: u64) -> bool {
        self.picture(number).iter().any(|unit| unit.first().is_some_and(|head| head & 31 == 5))
    }

    fn picture(&self, number: u64) -> &[Vec<u8>] {
        &self.pictures[(number % self.pictures.len() as u64) as usize]
    }
}

#[derive(Default)]
struct Mood {
    film: usize,
    /// Hangs up on everybody and answers nobody.
    is_lost: bool,
    /// Keeps the connection and sends nothing, as when the cable is pulled.
    is_mute: bool,
    /// Added to the time stamps of what is sent.
    jump_s: f64,
    /// Who is connected.
    open: Vec<TcpStream>,
    /// So many times a client has asked for pictures.
    plays: u32,
}

struct Shared {
    films: Vec<Film>,
    started: Instant,
    mood: Mutex<Mood>,
    changed: Condvar,
}

impl Shared {
    fn mood(&self) -> MutexGuard<'_, Mood> {
        self.mood.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub struct Camera {
    pub address: String,
    shared: Arc<Shared>,
}

impl Camera {
    pub fn start(films: Vec<Film>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = format!("rtsp://127.0.0.1:{}/ch1", listener.local_addr()?.port());
        let shared = Arc::new(Shared { films, started: Instant::now(), mood: Mutex::default(), changed: Condvar::new() });
        let its = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&its);
                if shared.mood().is_lost {
                    let _ = stream.shutdown(Shutdown::Both);
                    continue;
                }
                std::thread::spawn(move || serve(&stream, &shared));
            }
        });
        Ok(Self { address, shared })
    }

    fn change(&self, change: impl FnOnce(&mut Mood)) {
        change(&mut self.shared.mood());
        self.shared.changed.notify_all();
    }

    pub fn lose(&self) {
        self.change(|mood| {
            mood.is_lost = true;
            for stream in mood.open.drain(..) {
                let _ = stream.shutdown(Shutdown::Both);
            }
        });
    }

    pub fn mute(&self) {
        self.change(|mood| mood.is_mute = true);
    }

    pub fn recover(&self) {
        self.change(|mood| (mood.is_lost, mood.is_mute) = (false, false));
    }

    pub fn show(&self, film: usize) {
        self.change(|mood| mood.film = film);
    }

    pub fn jump_s(&self, seconds: f64) {
        self.change(|mood| mood.jump_s += seconds);
    }

    /// Waits until clients have asked for pictures so many times.
    pub fn until_played(&self, times: u32) -> bool {
        let mood = self.shared.mood();
        let waited = self.shared.changed.wait_timeout_while(mood, Duration::from_secs(60), |mood| mood.plays < times);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

fn serve(stream: &TcpStream, shared: &Arc<Shared>) -> Option<()> {
    let _ = stream.set_nodelay(true);
    let writer = Arc::new(Mutex::new(stream.try_clone().ok()?));
    shared.mood().open.push(stream.try_clone().ok()?);
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        // What a client reports about its reception comes in between, framed like what it gets.
        if reader.fill_buf().ok()?.first()? == &b'$' {
            let mut head = [0; 4];
            reader.read_exact(&mut head).ok()?;
            let mut report = vec![0; usize::from(u16::from_be_bytes([head[2], head[3]]))];
            reader.read_exact(&mut report).ok()?;
            continue;
        }
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let mut words = line.split_whitespace();
        let (method, url) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = HashMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let (more, body) = match method.as_str() {
            "OPTIONS" => ("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n".to_owned(), ""),
            "DESCRIBE" => (
                format!("Content-Base: {url}/\r\nContent-Type: application/sdp\r\n"),
                "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track1\r\n",
            ),
            "SETUP" => ("Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 7\r\n".to_owned(), ""),
            _ => ("Session: 7\r\n".to_owned(), ""),
        };
        let number = headers.get("cseq").map_or("0", String::as_str);
        let answer = format!("RTSP/1.0 200 OK\r\nCSeq: {number}\r\n{more}Content-Length: {}\r\n\r\n{body}", body.len());
        writer.lock().ok()?.write_all(answer.as_bytes()).ok()?;
        if method == "PLAY" {
            let (shared, writer) = (Arc::clone(shared), Arc::clone(&writer));
            shared.mood().plays += 1;
            shared.changed.notify_all();
            std::thread::spawn(move || send(&shared, &writer));
        }
    }
}

/// Sends what the camera sees, picture by picture, until the client hangs up.
fn send(shared: &Shared, writer: &Mutex<TcpStream>) -> Option<()> {
    let (mut sequence, mut film, mut is_waiting_for_key) = (0_u16, usize::MAX, true);
    let mut number = 0_u64;
    loop {
        let fps = shared.films.first()?.fps;
        let due = (shared.started.elapsed().as_secs_f64() * fps) as u64;
        if number > due {
            sleep(Duration::from_secs_f64((number as f64 / fps - shared.started.elapsed().as_secs_f64()).max(0.0)));
        } else if due > number + fps as u64 {
            (number, is_waiting_for_key) = (due, true);
        }
        let (wanted, jump_s) = {
            let mood = shared.mood();
            let mood = shared.changed.wait_while(mood, |mood| mood.is_mute).unwrap_or_else(PoisonError::into_inner);
            (mood.film, mood.jump_s)
        };
        let shown = &shared.films[wanted.min(shared.films.len() - 1)];
        is_waiting_for_key |= wanted != film;
        film = wanted;
        if !is_waiting_for_key || shown.is_key(number) {
            is_waiting_for_key = false;
            let stamp = ((number as f64 / fps + jump_s) * CLOCK_HZ) as i64 as u32;
            let packets = packets(shown.picture(number), stamp, &mut sequence);
            writer.lock().ok()?.write_all(&packets).ok()?;
        }
        number += 1;
    }
}

/// RFC 6184: a unit that fits goes alone, a longer one in fragments; the last packet of a picture is marked.
fn packets(picture: &[Vec<u8>], stamp: u32, sequence: &mut u16) -> Vec<u8> {
    let mut out = Vec::new();
    let mut packet = |payload: &[&[u8]], is_last: bool| {
        let length: usize = 12 + payload.iter().map(|part| part.len()).sum::<usize>();
        out.extend([b'$', 0]);
        out.extend(u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        out.extend([0x80, if is_last { 0xe0 } else { 0x60 }]);
        out.extend(sequence.to_be_bytes());
        out.extend(stamp.to_be_bytes());
        out.extend([0, 0, 0, 7]);
        payload.iter().for_each(|part| out.extend_from_slice(part));
        *sequence = sequence.wrapping_add(1);
    };
    for (index, unit) in picture.iter().enumerate() {
        let is_last_unit = index + 1 == picture.len();
        if unit.len() <= PAYLOAD_MAX {
            packet(&[unit], is_last_unit);
            continue;
        }
        let count = (unit.len() - 1).div_ceil(PAYLOAD_MAX);
        for (at, part) in unit[1..].chunks(PAYLOAD_MAX).enumerate() {
            let (is_first, is_last) = (at == 0, at + 1 == count);
            let head = [unit[0] & 0xe0 | 28, unit[0] & 31 | if is_first { 0x80 } else { 0 } | if is_last { 0x40 } else { 0 }];
            packet(&[&head, part], is_last_unit && is_last);
        }
    }
    out
}
