//! Asks a house as many questions a second as it is told, whether or not those before were answered; what `e2e/bench/overload.mjs` sends.
//!
//! `flood URL RATE CONNECTIONS SECONDS [PATIENCE]`, and on standard input one line of JSON: `{"cookie", "pkcs8" (base64 of a session's key), "paths": […]}`.
//! Each request is signed by itself, as a browser signs it. After PATIENCE seconds (30) without an answer the connection is hung up and the next question asked on another.
//! Before the time is up, the end of standard input ends it. Prints one line of JSON: what was due, offered,
//! answered, refused for want of places, answered otherwise, hung up on and failed, and how many seconds of processor time the asking took.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends")]

use std::io::BufRead;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde::Deserialize;
use shouhu_wire::proof_text;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longer than an answer may take.
const PATIENCE: &str = "30";
const ANSWER_BYTES_MAX: usize = 16 << 20;

#[derive(Deserialize)]
struct Told {
    cookie: String,
    pkcs8: String,
    paths: Vec<String>,
}

#[derive(Default)]
struct Seen {
    offered: AtomicU64,
    answered: AtomicU64,
    refused: AtomicU64,
    other: AtomicU64,
    hung_up: AtomicU64,
    failed: AtomicU64,
}

struct Asker {
    host: String,
    told: Told,
    key: EcdsaKeyPair,
    random: SystemRandom,
    nonce: RwLock<String>,
    rate: f64,
    began: Instant,
    until: Instant,
    patience: Duration,
    next: AtomicU64,
    is_over: AtomicBool,
    seen: Seen,
}

impl Asker {
    /// The question of one turn, signed.
    fn question(&self, turn: u64) -> String {
        let path = &self.told.paths[usize::try_from(turn).unwrap() % self.told.paths.len()];
        let mut id = [0; 16];
        self.random.fill(&mut id).unwrap();
        let (id, nonce) = (URL_SAFE_NO_PAD.encode(id), self.nonce.read().unwrap().clone());
        let signature = self.key.sign(&self.random, proof_text(&nonce, &id, "GET", path, "-").as_bytes()).unwrap();
        let proof = format!("{nonce}.{id}.-.{}", URL_SAFE_NO_PAD.encode(signature));
        let (host, cookie) = (&self.host, &self.told.cookie);
        format!("GET {path} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\nshouhu-proof: {proof}\r\nshouhu-purpose: patrol\r\n\r\n")
    }

    /// One connection: each turn that it takes is asked when it is due, or at once when that is past.
    async fn ask(self: Arc<Self>) {
        let mut connection = None;
        loop {
            let turn = self.next.fetch_add(1, Ordering::Relaxed);
            let due = self.began + Duration::from_secs_f64(turn as f64 / self.rate);
            tokio::time::sleep_until(due.into()).await;
            if Instant::now() >= self.until || self.is_over.load(Ordering::Relaxed) {
                return;
            }
            self.seen.offered.fetch_add(1, Ordering::Relaxed);
            let counted = match tokio::time::timeout(self.patience, self.exchange(&mut connection, turn)).await {
                Ok(Ok((status, _))) if status < 400 => &self.seen.answered,
                Ok(Ok((503, body))) if body.contains("http.overloaded") => &self.seen.refused,
                Ok(Ok(_)) => &self.seen.other,
                Ok(Err(_)) => {
                    connection = None;
                    &self.seen.failed
                }
                Err(_) => {
                    connection = None;
                    &self.seen.hung_up
                }
            };
            counted.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Status and, of a refusal, the body.
    async fn exchange(&self, connection: &mut Option<TcpStream>, turn: u64) -> std::io::Result<(u16, String)> {
        if connection.is_none() {
            let made = TcpStream::connect(&self.host).await?;
            made.set_nodelay(true)?;
            *connection = Some(made);
        }
        let stream = connection.as_mut().unwrap();
        stream.write_all(self.question(turn).as_bytes()).await?;
        let (mut bytes, mut read) = (vec![0; 16 << 10], 0);
        let whole = loop {
            if read == bytes.len() {
                bytes.resize(read * 2, 0);
            }
            match stream.read(&mut bytes[read..]).await? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                more => read += more,
            }
            if let Some(length) = length_of(&bytes[..read])?
                && read >= length
            {
                break length;
            }
        };
        let text = String::from_utf8_lossy(&bytes[..whole]);
        if let Some(nonce) = header(&text, "shouhu-nonce").filter(|nonce| *self.nonce.read().unwrap() != **nonce) {
            *self.nonce.write().unwrap() = nonce.to_owned();
        }
        let status = text.get(9..12).and_then(|digits| digits.parse().ok()).ok_or(std::io::ErrorKind::InvalidData)?;
        let body = if status < 400 { String::new() } else { text.split_once("\r\n\r\n").unwrap_or_default().1.to_owned() };
        Ok((status, body))
    }
}

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split_once("\r\n\r\n")?.0;
    head.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// Bytes of the answer with its head, once the head is there.
fn length_of(bytes: &[u8]) -> std::io::Result<Option<usize>> {
    let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = String::from_utf8_lossy(&bytes[..head + 4]);
    let body = header(&text, "content-length").and_then(|length| length.parse::<usize>().ok());
    match body {
        Some(body) if body <= ANSWER_BYTES_MAX => Ok(Some(head + 4 + body)),
        _ => Err(std::io::ErrorKind::InvalidData.into()),
    }
}

/// Of this process, in seconds: user and system time are the fourteenth and fifteenth fields of `/proc/self/stat` (proc(5)), in ticks of 10 ms.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<u64> = stat.rsplit_once(')').unwrap().1.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse().unwrap()).collect();
    fields.iter().sum::<u64>() as f64 / 100.0
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (url, rate, connections, seconds, patience) = match arguments.as_slice() {
        [url, rate, connections, seconds] => (url, rate, connections, seconds, PATIENCE),
        [url, rate, connections, seconds, patience] => (url, rate, connections, seconds, patience.as_str()),
        _ => panic!("flood URL RATE CONNECTIONS SECONDS [PATIENCE]"),
    };
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).unwrap();
    let told: Told = serde_json::from_str(&line).unwrap();
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &STANDARD.decode(&told.pkcs8).unwrap(), &random).unwrap();
    let (began, seconds) = (Instant::now(), Duration::from_secs_f64(seconds.parse().unwrap()));
    let asker = Arc::new(Asker {
        host: url.trim_start_matches("http://").trim_end_matches('/').to_owned(),
        told,
        key,
        random,
        nonce: RwLock::new("none".to_owned()),
        rate: rate.parse().unwrap(),
        began,
        until: began + seconds,
        patience: Duration::from_secs_f64(patience.parse().unwrap()),
        next: AtomicU64::new(0),
        is_over: AtomicBool::new(false),
        seen: Seen::default(),
    });
    let ending = asker.clone();
    std::thread::spawn(move || {
        std::io::stdin().lock().read_line(&mut String::new()).unwrap();
        ending.is_over.store(true, Ordering::Relaxed);
    });
    let connections: Vec<_> = (0..connections.parse::<usize>().unwrap()).map(|_| tokio::spawn(asker.clone().ask())).collect();
    for connection in connections {
        connection.await.unwrap();
    }
    let took_s = asker.began.elapsed().min(seconds).as_secs_f64();
    let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
    let seen = &asker.seen;
    let said = serde_json::json!({
        "seconds": took_s, "due_per_s": asker.rate, "offered_per_s": count(&seen.offered) as f64 / took_s, "offered": count(&seen.offered),
        "answered": count(&seen.answered), "refused": count(&seen.refused), "other": count(&seen.other), "hung_up": count(&seen.hung_up), "failed": count(&seen.failed),
        "processor_s": processor_seconds(),
    });
    println!("{said}");
}
