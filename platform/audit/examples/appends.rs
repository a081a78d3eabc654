//! How many entries a second become durable, and how long one waits: on SQLite in a real file.
//!
//! `cargo run --release -p shouhu-audit --example appends [folder]` (a folder on the disk that is meant; default: a temporary one).
//! One line per case: callers that each wait for their entry before the next, then a steady flow at two rates.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a measuring program may stop where it stands")]

use std::path::Path;
use std::time::{Duration, Instant};

use shouhu_audit::{Audit, Entry, MIGRATIONS};
use shouhu_blobs::Keys;
use shouhu_env::Env;
use shouhu_store::{OUTBOX_MIGRATIONS, Store};
use tokio::task::JoinSet;

const CLOSED_LOOP: Duration = Duration::from_secs(5);
const STEADY: Duration = Duration::from_secs(6);

fn entry(env: &Env, number: u64) -> Entry {
    Entry {
        at_us: env.now(),
        actor: "018f3c1e-0000-7000-8000-000000000001".into(),
        actor_name: "王小明".into(),
        action: "GET /v1/sightings".into(),
        class: "personal_read".into(),
        purpose: Some("investigation".into()),
        case_ref: Some("115-偵-7".into()),
        object: format!("plate ABC-{number:04} from 1790000000000000 until 1790600000000000, 40 rows"),
        outcome: 200,
    }
}

fn percentiles(mut waits_us: Vec<u128>) -> String {
    waits_us.sort_unstable();
    let at = |share: f64| {
        let place = (waits_us.len() as f64 * share) as usize;
        waits_us.get(place.min(waits_us.len().saturating_sub(1))).map_or(0.0, |us| *us as f64 / 1_000.0)
    };
    format!("p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms", at(0.50), at(0.95), at(0.99))
}

/// Each caller waits for its entry, then appends the next.
async fn closed_loop(audit: &Audit, env: &Env, callers: u64) {
    let (begun, mut tasks) = (Instant::now(), JoinSet::new());
    for caller in 0..callers {
        let (audit, env) = (audit.clone(), env.clone());
        tasks.spawn(async move {
            let mut waits = Vec::new();
            while begun.elapsed() < CLOSED_LOOP {
                let asked = Instant::now();
                audit.append(entry(&env, caller)).await.expect("durable");
                waits.push(asked.elapsed().as_micros());
            }
            waits
        });
    }
    let waits = tasks.join_all().await.concat();
    let rate = waits.len() as f64 / begun.elapsed().as_secs_f64();
    println!("{callers:>4} callers: {rate:>7.0} entries/s durable; one append {}", percentiles(waits));
}

/// A new entry each period, whether or not the one before is durable.
async fn steady(audit: &Audit, env: &Env, per_second: u64) {
    let (mut turn, mut tasks) = (tokio::time::interval(Duration::from_micros(1_000_000 / per_second)), JoinSet::new());
    for number in 0..per_second * STEADY.as_secs() {
        turn.tick().await;
        let (audit, env) = (audit.clone(), env.clone());
        tasks.spawn(async move {
            let asked = Instant::now();
            audit.append(entry(&env, number)).await.expect("durable");
            asked.elapsed().as_micros()
        });
    }
    println!("{per_second:>4} entries/s: one append {}", percentiles(tasks.join_all().await));
}

#[tokio::main]
async fn main() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = std::env::args().nth(1).map_or_else(|| temporary.path().to_owned(), |path| Path::new(&path).to_owned());
    let env = Env::real();
    let url = format!("sqlite:{}", folder.join("appends.db").display());
    let store = Store::open(&url, env.clone()).await.expect("a database");
    store.migrate(&[OUTBOX_MIGRATIONS, MIGRATIONS]).await.expect("migrated");
    let keys = Keys::open(env.clone(), &folder.join("keys")).expect("keys");
    let audit = Audit::start(store.clone(), &keys).expect("the log's key");
    audit.append(entry(&env, 0)).await.expect("durable");
    for callers in [1, 8, 64, 256] {
        closed_loop(&audit, &env, callers).await;
    }
    for per_second in [100, 1_000] {
        steady(&audit, &env, per_second).await;
    }
    let begun = Instant::now();
    let verdict = audit.verify().await.expect("readable");
    println!("{} leaves verified in {:.2} s, intact: {}", verdict.leaves, begun.elapsed().as_secs_f64(), verdict.is_intact);
    store.close().await;
}
