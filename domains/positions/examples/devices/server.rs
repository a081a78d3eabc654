//! The server of the measurement: the rooms that matter, a real database file, real sockets.

use std::net::SocketAddr;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use shouhu_audit::Audit;
use shouhu_blobs::Blobs;
use shouhu_env::Env;
use shouhu_http::{Metrics, ServerLimits, Site, router, serve, wiring};
use shouhu_ids::{ActorId, Micros, SessionId, TrackerId, UnitId};
use shouhu_module::{App, Module};
use shouhu_store::{Store, StoreError, params};
use tokio_util::sync::CancellationToken;

use crate::{Failure, SESSION_TOKEN, browser, secret_of};

static MODULES: &[Module] = &[shouhu_http::MODULE, shouhu_identity::MODULE, shouhu_dispatch::MODULE, shouhu_positions::MODULE];

fn hash_of(secret: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(secret.as_bytes()))
}

/// Units on duty, a tracker in each, and a dispatcher who is signed in.
async fn people(store: &Store, devices: usize) -> Result<(), StoreError> {
    let (env, now) = (store.env(), store.env().now());
    let mut tx = store.begin().await?;
    for device in 0..devices {
        let unit = env.id(UnitId::new);
        let sql = "INSERT INTO dispatch_unit (id, call_sign, kind, state, created_at_us) VALUES ($1, $2, 'car', 'available', $3)";
        tx.execute(sql, params![unit, format!("車 {device}"), now]).await?;
        let sql = "INSERT INTO positions_tracker (id, name, protocol, is_gateway, unit, secret_hash, created_at_us, created_by, taken) \
             VALUES ($1, $2, 'osmand', 0, $3, $4, $5, '', 0)";
        tx.execute(sql, params![env.id(TrackerId::new), format!("手機 {device}"), unit, hash_of(&secret_of(device)), now])
            .await?;
    }
    let actor = env.id(ActorId::new);
    let sql =
        "INSERT INTO identity_actor (id, name, role, invited_at_us, enrolled_at_us) VALUES ($1, 'bench', 'dispatcher', $2, $2)";
    tx.execute(sql, params![actor, now]).await?;
    let sql = "INSERT INTO identity_session (id, actor, token_hash, created_at_us, seen_at_us, expires_at_us, proof_key) \
               VALUES ($1, $2, $3, $4, $4, $5, $6)";
    let key = browser().public();
    tx.execute(sql, params![env.id(SessionId::new), actor, hash_of(SESSION_TOKEN), now, now.plus(Micros::HOUR), key]).await?;
    tx.commit().await
}

/// Processor time of this process until now, seconds (proc(5): fields 14 and 15, in hundredths).
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    after.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

pub async fn run(devices: usize, seconds: usize, connections: usize) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let env = Env::real();
    let file = folder.path().join("bench.db");
    let store = Store::open(&format!("sqlite:{}", file.display()), env.clone()).await?;
    store.migrate(&wiring::schemas(MODULES)).await?;
    people(&store, devices).await?;
    let blobs = Blobs::open(env.clone(), &folder.path().join("blobs"), &folder.path().join("keys"))?;
    let audit = Audit::start(store.clone(), blobs.keys())?;
    let app = App::new(env.clone(), store.clone(), blobs, audit, MODULES, "http://localhost");
    for module in MODULES {
        (module.start)(app.clone()).await?;
    }
    let metrics = Metrics::default();
    let router = router(&app, &metrics, Site::default()).map_err(|wrong| format!("{wrong:?}"))?;
    tokio::spawn(shouhu_bus::relay(app.store.clone(), app.hub.clone(), wiring::reactors(&app)));
    let stop = CancellationToken::new();
    let (ready, at) = tokio::sync::oneshot::channel();
    let stopping = stop.clone();
    let serving = tokio::spawn(async move {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let tell = |at| {
            let _ = ready.send(at);
        };
        serve(&*env.net, listen, router, ServerLimits::default(), metrics, stopping, tell).await
    });
    let at = at.await?;
    println!("{devices} devices at 1 Hz over {connections} connections for {seconds} s");
    let (cpu_before, began) = (cpu_s(), std::time::Instant::now());
    let program = std::env::current_exe()?;
    let arguments = [at.to_string(), devices.to_string(), seconds.to_string(), connections.to_string()];
    let ended = tokio::process::Command::new(program).arg("as-devices").args(arguments).status().await?;
    let wall_s = began.elapsed().as_secs_f64();
    println!(
        "server: {:.1} s of processor in {wall_s:.1} s, {:.0} % of one core",
        cpu_s() - cpu_before,
        (cpu_s() - cpu_before) / wall_s * 100.0
    );
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let counted = |sql: &'static str| {
        let store = store.clone();
        async move { store.fetch_one(sql, vec![]).await?.int("n") }
    };
    let log = counted("SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) AS n FROM positions_log").await?;
    let pieces = counted("SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) AS n FROM positions_piece").await?;
    let bytes = counted("SELECT CAST(COALESCE(SUM(LENGTH(body)), 0) AS BIGINT) AS n FROM positions_log").await?;
    println!(
        "kept: {} fixes on disk, {:.1} bytes each in the log; database file {} MiB",
        log + pieces,
        bytes as f64 / log.max(1) as f64,
        std::fs::metadata(&file)?.len() >> 20
    );
    stop.cancel();
    serving.await??;
    if ended.success() { Ok(()) } else { Err("the devices failed".into()) }
}
