//! Two servers share a lake and a database, and one of them is killed: real processes, real kills.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use shouhu_env::Env;
use shouhu_ids::Micros;
use shouhu_store::Store;

/// A cluster of servers; `nobody` is who only reads.
struct Cluster {
    folder: tempfile::TempDir,
    store: String,
    /// First passage of all, seconds since 1970.
    from_s: i64,
}

struct Server(Child);

impl Drop for Server {
    /// SIGKILL: it says goodbye to nobody. A test that fails leaves none behind either.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {

    /// SIGTERM, and waits until what is in memory is written out.
    fn stop(mut self) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.0.wait().unwrap().success());
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

impl Cluster {
    fn command(&self, node: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shouhu"));
        let lake = self.folder.path().join("lake");
        command.env("SHOUHU_DATA", self.folder.path().join(node)).env("SHOUHU_STORE", &self.store).env("SHOUHU_LAKE", lake);
        // One log, so one signer: nodes of a house share its keys.
        command.env("SHOUHU_NODE", node).env("SHOUHU_KEYS", self.folder.path().join("keys")).current_dir(self.folder.path());
        command
    }

    fn start(&self, node: &str) -> Server {
        let mut server =
            self.command(node).args(["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
        let mut before = String::new();
        let is_ready = lines.by_ref().map(Result::unwrap).any(|line| {
            before.push_str(&line);
            line.contains("ready")
        });
        assert!(is_ready, "node {node}: {before}");
        // Read to the end, so that a full pipe never stops it.
        std::thread::spawn(move || lines.for_each(drop));
        Server(server)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A gantry's file of passages `from..until`, a second apart, and the command that hands it to the node's server.
    fn feeding(&self, node: &str, from: i64, until: i64) -> Command {
        let rows: String = (from..until).map(|n| format!("ABC-1234,{},01F3286N\n", self.from_s + n)).collect();
        let file = self.write(&format!("{node}-{from}.csv"), &format!("車牌,時間,門架\n{rows}"));
        let mut command = self.command(node);
        command.args(["lake", "feed", "--feed", "freeway-1", "--wait-s", "60"]).arg(file);
        command
    }

    /// Seconds at which the plate was seen, and who is behind, as a third machine reads them.
    fn history(&self) -> (BTreeSet<i64>, String) {
        let asked = ["lake", "ask", "history", "ABC-1234", "--last", "12h", "--limit", "5000", "--purpose", "investigation", "--case", "115-偵-7", "--json"];
        let output = self.command("nobody").args(asked).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let second = |item: &Value| item["captured_at_us"].as_i64().unwrap() / Micros::SECOND - self.from_s;
        let items = answer["items"].as_array().unwrap();
        let seen: BTreeSet<i64> = items.iter().map(second).collect();
        assert_eq!(seen.len(), items.len(), "no passage twice");
        (seen, answer["partial"].to_string())
    }
}

/// `None` where no PostgreSQL is offered: several servers need one.
async fn cluster() -> Option<(Cluster, Store, String)> {
    let Ok(postgres) = std::env::var("SHOUHU_TEST_POSTGRES") else {
        eprintln!("skipped: SHOUHU_TEST_POSTGRES is not set (make test sets it)");
        return None;
    };
    let admin = Store::open(&postgres, Env::real()).await.unwrap();
    let schema = format!("nodes{}", std::process::id());
    run(&admin, &format!("CREATE SCHEMA {schema}")).await;
    let joint = if postgres.contains('?') { '&' } else { '?' };
    let store = format!("{postgres}{joint}options=-csearch_path%3D{schema}");
    let from_s = Env::real().now().0 / Micros::SECOND - 3 * 3_600;
    Some((Cluster { folder: tempfile::tempdir().unwrap(), store, from_s }, admin, schema))
}

async fn run(store: &Store, sql: &str) {
    let mut tx = store.begin().await.unwrap();
    tx.execute(sql, vec![]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_killed_and_what_it_acknowledged_is_there_when_it_is_back() {
    let Some((cluster, admin, schema)) = cluster().await else { return };
    let mapping = cluster.write("mapping.json", r##"{ "plate": "車牌", "time": "時間", "site": "門架" }"##);
    let sites = cluster.write("sites.csv", "code,name,lon,lat\n01F3286N,永康北,120.24,23.03\n");
    let mut first = cluster.feeding("north", 0, 10);
    first.args(["--class", "gantry", "--title", "國道一號", "--mapping"]).arg(mapping).arg("--sites").arg(sites);
    let registered = first.output().unwrap();
    assert!(registered.status.success(), "{}", said(&registered));

    let (north, south) = (cluster.start("north"), cluster.start("south"));
    for (node, from) in [("north", 100), ("south", 200)] {
        let fed = cluster.feeding(node, from, from + 50).output().unwrap();
        assert!(fed.status.success() && said(&fed).contains("50 passages accepted"), "{}", said(&fed));
    }
    // North dies with its passages in its log alone; another file may be on its way at that moment.
    let mut on_its_way = cluster.feeding("north", 300, 350).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    drop(north);
    on_its_way.kill().unwrap();
    on_its_way.wait().unwrap();

    // South goes on, and whoever asks is told that north is behind.
    let fed = cluster.feeding("south", 400, 450).output().unwrap();
    assert!(fed.status.success(), "{}", said(&fed));
    south.stop();
    let (seen, partial) = cluster.history();
    assert!((200..250).chain(400..450).all(|second| seen.contains(&second)), "{seen:?}");
    assert!(partial.contains("north"), "{partial}");

    // It comes back: everything that it acknowledged is there, once; the file on its way is either there or taken again.
    cluster.start("north").stop();
    let (seen, partial) = cluster.history();
    assert!((0..10).chain(100..150).chain(200..250).chain(400..450).all(|second| seen.contains(&second)), "{seen:?}");
    assert!(!partial.contains("north"), "{partial}");
    run(&admin, &format!("DROP SCHEMA {schema} CASCADE")).await;
    admin.close().await;
}
