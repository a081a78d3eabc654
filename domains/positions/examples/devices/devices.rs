//! The devices of the measurement, and the one who looks at the map.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde::Deserialize;
use shouhu_env::Env;
use shouhu_passkey::SessionKey;
use shouhu_wire::{NONCE_HEADER, PROOF_HEADER};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

use crate::{Failure, SESSION_TOKEN, browser, secret_of};

/// Aim: 99 of 100 positions are on the map within so long.
const MAP_AIM_US: i64 = 1_000_000;

#[derive(Deserialize)]
struct Envelope {
    event: Moved,
}

#[derive(Deserialize)]
struct Moved {
    units: Vec<Unit>,
}

#[derive(Deserialize)]
struct Unit {
    measured_at_us: i64,
}

#[derive(Default)]
struct Sent {
    taken: AtomicU64,
    failed: AtomicU64,
}

/// The value below which so many of a thousand lie, milliseconds.
fn at_per_mille(sorted: &[i64], per_mille: usize) -> f64 {
    let at = sorted.len().saturating_sub(1) * per_mille / 1_000;
    sorted.get(at).copied().unwrap_or(0) as f64 / 1_000.0
}

fn told(what: &str, delays_us: &mut [i64]) {
    delays_us.sort_unstable();
    let at = |per_mille| at_per_mille(delays_us, per_mille);
    println!(
        "{what}: n {}, median {:.1} ms, p90 {:.1}, p99 {:.1}, p99.9 {:.1}, most {:.1}",
        delays_us.len(),
        at(500),
        at(900),
        at(990),
        at(999),
        at(1_000)
    );
}

/// Reads one answer; gives whether it took the fix.
async fn answer(stream: &mut BufReader<TcpStream>) -> Result<bool, Failure> {
    let (mut line, mut length, mut is_ok) = (String::new(), 0, false);
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Err("the server hung up".into());
        }
        let text = line.trim_end().to_ascii_lowercase();
        if text.starts_with("http/1.1") {
            is_ok = text.contains(" 200 ");
        } else if let Some(value) = text.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        } else if text.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(is_ok && String::from_utf8_lossy(&body).contains("\"taken\":1"))
}

/// One connection that carries every so-many-th device, each once a second, spread over the second.
async fn connection(
    at: SocketAddr,
    mine: Vec<usize>,
    began: Instant,
    seconds: usize,
    sent: Arc<Sent>,
) -> Result<Vec<i64>, Failure> {
    let env = Env::real();
    let mut stream = BufReader::new(TcpStream::connect(at).await?);
    stream.get_ref().set_nodelay(true)?;
    let mut delays_us = Vec::new();
    let step = Duration::from_secs(1) / u32::try_from(mine.len().max(1))?;
    for second in 0..seconds {
        for (place, device) in mine.iter().enumerate() {
            let turn = began + Duration::from_secs(second as u64) + step * u32::try_from(place)?;
            sleep_until(turn).await;
            // Fifty kilometres an hour to the east, each device on its own street.
            let (lon, lat) = (120.1 + second as f64 * 1.35e-4, 22.9 + *device as f64 * 1e-5);
            let now = env.now();
            let request = format!(
                "GET /v1/positions/osmand?id=d{device}&lat={lat:.6}&lon={lon:.6}&timestamp={}&accuracy=5&speed=27&bearing=90&batt=80 HTTP/1.1\r\n\
                 host: localhost\r\nauthorization: Bearer {}\r\n\r\n",
                now.0 / 1_000,
                secret_of(*device)
            );
            stream.get_mut().write_all(request.as_bytes()).await?;
            let counter = if answer(&mut stream).await? { &sent.taken } else { &sent.failed };
            counter.fetch_add(1, Ordering::Relaxed);
            delays_us.push(env.now().since(now));
        }
    }
    Ok(delays_us)
}

async fn ask_for_events(at: SocketAddr, browser: &SessionKey) -> Result<BufReader<TcpStream>, Failure> {
    let mut stream = BufReader::with_capacity(1 << 20, TcpStream::connect(at).await?);
    let proof = browser.prove("GET", "/v1/events", b"");
    let request = format!(
        "GET /v1/events HTTP/1.1\r\nhost: localhost\r\ncookie: {}={SESSION_TOKEN}\r\n{PROOF_HEADER}: {proof}\r\n\r\n",
        shouhu_identity::COOKIE
    );
    stream.get_mut().write_all(request.as_bytes()).await?;
    Ok(stream)
}

/// What a refusal of the first proof tells for the next one.
async fn nonce_in(stream: &mut BufReader<TcpStream>) -> Result<String, Failure> {
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? <= 2 {
            return Err("the refusal told no nonce".into());
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case(NONCE_HEADER)
        {
            return Ok(value.trim().to_owned());
        }
    }
}

/// Reads the live stream; gives how old each position was when its line was there. The lines are parsed later, so that the
/// reader is never behind.
async fn watch(at: SocketAddr, is_over: Arc<AtomicBool>) -> Result<Vec<(i64, Vec<u8>)>, Failure> {
    let env = Env::real();
    let browser = browser();
    let mut stream = ask_for_events(at, &browser).await?;
    let mut head = String::new();
    stream.read_line(&mut head).await?;
    if head.contains(" 401 ") {
        browser.told(&nonce_in(&mut stream).await?);
        stream = ask_for_events(at, &browser).await?;
        head.clear();
        stream.read_line(&mut head).await?;
    }
    if !head.contains(" 200 ") {
        return Err(format!("live stream: {head}").into());
    }
    let (mut lines, mut pending) = (Vec::new(), Vec::new());
    let mut is_body = false;
    while !is_over.load(Ordering::Relaxed) {
        let mut line = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(2), stream.read_until(b'\n', &mut line)).await;
        let Ok(read) = read else { continue };
        if read? == 0 {
            break;
        }
        if !is_body {
            is_body = line == b"\r\n";
            continue;
        }
        // A chunk (RFC 9112 §7.1): its size, its bytes, an empty line.
        let size = usize::from_str_radix(String::from_utf8_lossy(&line).trim(), 16)?;
        let mut chunk = vec![0; size + 2];
        stream.read_exact(&mut chunk).await?;
        chunk.truncate(size);
        pending.extend_from_slice(&chunk);
        while let Some(end) = pending.windows(2).position(|pair| pair == b"\n\n") {
            let event: Vec<u8> = pending.drain(..end + 2).collect();
            if event.starts_with(b"event: units_moved") {
                lines.push((env.now().0, event));
            }
        }
    }
    Ok(lines)
}

fn delays_of(lines: Vec<(i64, Vec<u8>)>) -> Result<Vec<i64>, Failure> {
    let mut delays_us = Vec::new();
    for (at_us, event) in lines {
        let text = String::from_utf8(event)?;
        let data = text.lines().find_map(|line| line.strip_prefix("data: ")).ok_or("an event without data")?;
        let envelope: Envelope = serde_json::from_str(data)?;
        delays_us.extend(envelope.event.units.iter().map(|unit| at_us - unit.measured_at_us));
    }
    Ok(delays_us)
}

pub async fn run(at: SocketAddr, devices: usize, seconds: usize, connections: usize) -> Result<(), Failure> {
    let is_over = Arc::new(AtomicBool::new(false));
    let watching = tokio::spawn(watch(at, is_over.clone()));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (began, sent) = (Instant::now() + Duration::from_millis(500), Arc::new(Sent::default()));
    let sending: Vec<_> = (0..connections)
        .map(|first| {
            let mine = (first..devices).step_by(connections).collect();
            // Connections begin their rounds at different milliseconds.
            let began =
                began + Duration::from_secs(1) * u32::try_from(first).unwrap_or(0) / u32::try_from(devices.max(1)).unwrap_or(1);
            tokio::spawn(connection(at, mine, began, seconds, sent.clone()))
        })
        .collect();
    let mut answers_us = Vec::new();
    for task in sending {
        answers_us.extend(task.await??);
    }
    let took_s = began.elapsed().as_secs_f64();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    is_over.store(true, Ordering::Relaxed);
    let lines = watching.await??;
    let events = lines.len();
    let mut delays_us = delays_of(lines)?;
    let (taken, failed) = (sent.taken.load(Ordering::Relaxed), sent.failed.load(Ordering::Relaxed));
    println!(
        "sent: {} in {took_s:.1} s, {:.0} a second; taken {taken}, not taken {failed}",
        taken + failed,
        (taken + failed) as f64 / took_s
    );
    told("answer to the device", &mut answers_us);
    told("report to the map", &mut delays_us);
    let late = delays_us.iter().filter(|delay_us| **delay_us > MAP_AIM_US).count();
    println!("stream: {events} events with {} positions; {late} of them later than the aim of 1 s", delays_us.len());
    let never = taken.saturating_sub(delays_us.len() as u64);
    println!("never on the stream, because a newer one of the same unit overtook it: {never}");
    let ms = |sorted: &[i64], per_mille| at_per_mille(sorted, per_mille);
    println!(
        "| {devices} | {:.0} | {failed} | {:.1} | {:.1} | {:.0} | {:.0} | {:.0} |",
        (taken + failed) as f64 / took_s,
        ms(&answers_us, 500),
        ms(&answers_us, 990),
        ms(&delays_us, 500),
        ms(&delays_us, 990),
        ms(&delays_us, 1_000),
    );
    Ok(())
}
