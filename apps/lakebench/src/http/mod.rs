//! `shouhu-lakebench http`: many devices report to a running server at once, at full speed or at a given pace.
//!
//! Bodies and signatures are made before the clock starts; a connection then only writes a request and reads its receipt.
//! In paced runs a receipt's latency counts from the moment its request was due, not from when it could be sent: a server
//! that stalls is not spared the requests that it held up (Tene, "How NOT to Measure Latency", coordinated omission).

mod people;
mod wire;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use shouhu_env::Env;
use shouhu_wire::BatchReceipt;

use crate::measure::{Report, percentile, rounded};
use people::Reporter;
use wire::Connection;

const MS_US: i64 = 1_000;

#[derive(Args)]
pub struct HttpLoad {
    /// Where the server listens, as browsers see it.
    #[arg(long, default_value = "http://localhost:8470")]
    server: String,
    /// The server's address, without a name to look up.
    #[arg(long, default_value = "127.0.0.1:8470")]
    connect: SocketAddr,
    /// One-time token of an operator: `shouhu invite --name bench --role operator --token-only`.
    #[arg(long)]
    token: String,
    #[arg(long, default_value_t = 32)]
    connections: usize,
    #[arg(long, default_value_t = 1_000)]
    batch: usize,
    #[arg(long, default_value_t = 3_000_000)]
    rows: usize,
    /// Rows a second; not given: as fast as receipts come.
    #[arg(long)]
    pace: Option<f64>,
    /// Entries of the watchlist that everything is matched against.
    #[arg(long, default_value_t = 100_000)]
    watchlist: usize,
    /// One row in so many is of a wanted plate.
    #[arg(long, default_value_t = 20_000)]
    hit_every: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Also append figures to this file of JSON lines.
    #[arg(long)]
    report: Option<PathBuf>,
}

/// What one connection measured.
struct Measured {
    latencies_ms: Vec<f64>,
    accepted: u64,
    other: u64,
}

const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";

fn letter(n: usize) -> char {
    LETTERS.get(n % LETTERS.len()).copied().unwrap_or(b'A').into()
}

/// Plates of the list begin with W, those of the traffic do not.
fn wanted(n: usize) -> String {
    format!("W{}{}-{:04}", letter(n / 10_000 / LETTERS.len()), letter(n / 10_000), n % 10_000)
}

fn passing(chance: &mut ChaCha8Rng) -> String {
    let first = letter(chance.gen_range(0..20));
    format!("{first}{}{}-{:04}", letter(chance.r#gen()), letter(chance.r#gen()), chance.gen_range(0..10_000))
}

impl HttpLoad {
    pub fn run(&self) -> anyhow::Result<()> {
        let env = Env::real();
        let reporters = people::enrol(&self.server, &self.token, self.connections, self.watchlist, &env)?;
        println!("{} devices are enrolled, {} entries are in force", reporters.len(), self.watchlist);
        let share = self.rows / self.batch / self.connections;
        ensure!(share > 0, "{} rows are not one batch for each connection", self.rows);
        let start = Instant::now();
        let requests: Vec<Vec<Vec<u8>>> = std::thread::scope(|scope| {
            let makers: Vec<_> =
                reporters.iter().enumerate().map(|(index, reporter)| scope.spawn(move || self.requests(index, reporter, share))).collect();
            makers.into_iter().map(|maker| maker.join().unwrap_or_default()).collect()
        });
        println!("{} requests are prepared in {:.1} s", share * self.connections, start.elapsed().as_secs_f64());
        let barrier = Barrier::new(self.connections + 1);
        let (measured, elapsed) = std::thread::scope(|scope| {
            let senders: Vec<_> = requests
                .into_iter()
                .enumerate()
                .map(|(index, requests)| {
                    let barrier = &barrier;
                    scope.spawn(move || self.send(index, &requests, barrier))
                })
                .collect();
            barrier.wait();
            let start = Instant::now();
            let measured: Vec<_> = senders.into_iter().map(|sender| sender.join().map_err(|_| anyhow::anyhow!("a sender died"))).collect();
            (measured, start.elapsed())
        });
        let measured = measured.into_iter().flatten().collect::<anyhow::Result<Vec<_>>>()?;
        self.tell(&measured, elapsed)
    }

    /// Whole requests, head and body, of one device.
    fn requests(&self, index: usize, reporter: &Reporter, share: usize) -> Vec<Vec<u8>> {
        let mut chance = ChaCha8Rng::seed_from_u64(self.seed * 1_000 + index as u64);
        let now_us = Env::real().now().0;
        let rows = share * self.batch;
        let mut requests = Vec::with_capacity(share);
        for batch in 0..share {
            let mut body = format!(r#"{{"model":"bench","sent_at_us":{now_us},"sightings":["#);
            for row in batch * self.batch..(batch + 1) * self.batch {
                let plate = if chance.gen_ratio(1, self.hit_every as u32) { wanted(chance.gen_range(0..self.watchlist.max(1))) } else { passing(&mut chance) };
                // A millisecond apart, so that no two are one passage, and none in the future.
                let at_us = now_us - (rows - row) as i64 * MS_US;
                let sequence = now_us + row as i64;
                let confidence = f64::from(chance.gen_range(500..1_000)) / 1_000.0;
                let comma = if row % self.batch == 0 { "" } else { "," };
                body += &format!(
                    r#"{comma}{{"sequence":{sequence},"plate":"{plate}","confidence":{confidence},"captured_at_us":{at_us},"direction":"approaching","reads":3}}"#
                );
            }
            body += "]}";
            requests.push(reporter.signed("POST", "/v1/sightings", now_us, body.as_bytes()));
        }
        requests
    }

    fn send(&self, index: usize, requests: &[Vec<u8>], barrier: &Barrier) -> anyhow::Result<Measured> {
        let connection = Connection::open(self.connect);
        barrier.wait();
        let mut connection = connection?;
        let start = Instant::now();
        let mut measured = Measured { latencies_ms: Vec::with_capacity(requests.len()), accepted: 0, other: 0 };
        let gap = self.pace.map(|rows_a_second| self.batch as f64 * self.connections as f64 / rows_a_second);
        for (turn, request) in requests.iter().enumerate() {
            let mut due = Instant::now();
            if let Some(gap) = gap {
                due = start + Duration::from_secs_f64(gap * (turn as f64 + index as f64 / self.connections as f64));
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
            }
            let (status, body) = connection.exchange(request)?;
            measured.latencies_ms.push(due.elapsed().as_secs_f64() * 1e3);
            ensure!(status == 200 || status == 201, "the server answered {status}: {}", String::from_utf8_lossy(body));
            let receipt: BatchReceipt = serde_json::from_slice(body).context("no receipt")?;
            measured.accepted += u64::from(receipt.accepted);
            measured.other += u64::from(receipt.duplicates) + receipt.quarantined.len() as u64;
        }
        Ok(measured)
    }

    fn tell(&self, measured: &[Measured], elapsed: Duration) -> anyhow::Result<()> {
        let latencies: Vec<f64> = measured.iter().flat_map(|one| one.latencies_ms.iter().copied()).collect();
        let accepted: u64 = measured.iter().map(|one| one.accepted).sum();
        let pace = self.pace.map_or("full speed".to_owned(), |rows| format!("{rows} rows/s asked"));
        let figure = format!("http ingest, {} connections, batches of {}, {pace}", self.connections, self.batch);
        Report::new("shouhu", self.report.clone()).line(
            &figure,
            json!({
                "rows": accepted,
                "not_accepted": measured.iter().map(|one| one.other).sum::<u64>(),
                "rows_s": (accepted as f64 / elapsed.as_secs_f64()).round(),
                "p50": rounded(percentile(&latencies, 0.5), 2),
                "p99": rounded(percentile(&latencies, 0.99), 2),
                "max": rounded(percentile(&latencies, 1.0), 2),
                "watchlist": self.watchlist,
            }),
        )
    }
}
