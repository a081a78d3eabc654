//! What the gate costs a question about a vehicle: the decision of the ledger and the durable leaf, beside the question itself.
//!
//! `cargo run --release -p shouhu --example gate_cost [ROUNDS] [FOLDER]`; FOLDER lies on the disk whose syncs are measured.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use shouhu::{MODULES, Options, build};
use shouhu_audit::Entry;
use shouhu_env::Env;
use shouhu_ids::{ActorId, Micros};
use shouhu_lakehouse::Opening;
use shouhu_module::App;
use shouhu_module::ports::{Glimpse, MovementAsker, MovementGatePort, Revealing};
use shouhu_plate::Plate;

const ROUNDS_USUAL: usize = 2_000;
/// What a screen of a history shows.
const ROWS: i64 = 20;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let rounds = arguments.next().map_or(ROUNDS_USUAL, |text| text.parse().unwrap());
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from).join(format!("gate-cost-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let app = build(&Options::below(&folder), Env::real(), Opening::Serve).await.unwrap();
    println!("{} rooms, {rounds} questions of {ROWS} rows each, SQLite in {}", MODULES.len(), folder.display());
    let asker = app.env.id(ActorId::new);
    let (mut first, mut again, mut leaves, mut both) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let began = Instant::now();
        reveal(&app, asker, round).await;
        let decided = began.elapsed();
        leaf(&app, asker, round).await;
        let all = began.elapsed();
        first.push(decided);
        leaves.push(all - decided);
        both.push(all);
        let began = Instant::now();
        reveal(&app, asker, round).await;
        again.push(began.elapsed());
    }
    for (name, times) in [("decision, written down", first), ("decision, shown before", again), ("leaf, durable", leaves), ("decision + leaf", both)] {
        println!("{name:<24} {}", said(times));
    }
    app.store.close().await;
    std::fs::remove_dir_all(&folder).unwrap();
}

/// A history of another plate each time, so that every decision writes.
async fn reveal(app: &App, asker: ActorId, round: usize) {
    let plate = Plate::parse(&format!("RAA-{:04}", round % 10_000)).unwrap();
    let now = app.env.now();
    let row = |number: i64| vec![Glimpse::passage(plate.clone(), now.plus(-number * Micros::MINUTE), None)];
    // The same moments on the second look.
    let day = Micros(now.0 - now.0.rem_euclid(Micros::DAY));
    let fixed = |number: i64| row(number).into_iter().map(|glimpse| Glimpse { mark: day.0 - number, ..glimpse }).collect();
    let asked = Revealing {
        asker: MovementAsker { id: asker, office: None, case_ref: Some(format!("115-{}", round % 50)), purpose: "investigation".into(), is_live: false },
        named: vec![plate.clone()],
        rows: (0..ROWS).map(fixed).collect(),
        rows_max: 200,
        per_plate_max: 1,
        sums_over: None,
    };
    app.room::<MovementGatePort>().0.reveal(asked).await.unwrap();
}

async fn leaf(app: &App, asker: ActorId, round: usize) {
    let entry = Entry {
        at_us: app.env.now(),
        actor: asker.to_string(),
        actor_name: "a detective".into(),
        action: "GET /v1/sightings".into(),
        class: "personal_read".into(),
        purpose: Some("investigation".into()),
        case_ref: Some(format!("115-{}", round % 50)),
        object: format!("question {round}"),
        outcome: 200,
    };
    app.audit.append(entry).await.unwrap();
}

fn said(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: f64| times.get(((times.len() - 1) as f64 * share) as usize).copied().unwrap_or_default().as_secs_f64() * 1e3;
    format!("p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms", at(0.5), at(0.95), at(0.99))
}
