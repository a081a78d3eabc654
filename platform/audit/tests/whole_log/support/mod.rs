//! A log in a database and keys in a folder that vanishes.
#![allow(dead_code, reason = "each test file uses its part")]

use std::future::Future;
use std::path::{Path, PathBuf};

use shouhu_audit::{Audit, Entry, MIGRATIONS, Verdict};
use shouhu_blobs::Keys;
use shouhu_ids::Micros;
use shouhu_store::testing::on_each_database;
use shouhu_store::{Store, Value};

/// Day 20,000 since 1970: over, so that it may be erased.
pub const DAY: i64 = 20_000;

pub struct World {
    pub store: Store,
    pub audit: Audit,
    pub keys: PathBuf,
    _folder: tempfile::TempDir,
}

/// Runs one claim on each database, with a log that has just been started.
pub async fn on_each<F, Fut>(claim: F)
where
    F: Fn(World) -> Fut,
    Fut: Future<Output = ()>,
{
    on_each_database(&[MIGRATIONS], |store| claim(World::of(store))).await;
}

impl World {
    pub fn of(store: Store) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let keys = folder.path().join("keys");
        Self { audit: start(&store, &keys), store, keys, _folder: folder }
    }

    /// As after a restart: nothing is left in memory.
    pub fn restarted(&self) -> Audit {
        start(&self.store, &self.keys)
    }

    pub async fn run(&self, sql: &str, params: Vec<Value>) -> u64 {
        let mut tx = self.store.begin().await.expect("begin");
        let rows = tx.execute(sql, params).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        tx.commit().await.expect("commit");
        rows
    }

    pub async fn fill(&self, count: i64) {
        fill(&self.audit, 1, count).await;
    }

    /// Waits until the checkpoint over all leaves lies beside the keys, and tells where.
    pub async fn published(&self) -> PathBuf {
        let note = self.audit.checkpoint().await.expect("readable").expect("signed").to_string();
        let origin = note.lines().next().unwrap_or_default().replace('/', "-");
        let path = self.keys.join(format!("{origin}.txt"));
        for _ in 0..200 {
            if std::fs::read_to_string(&path).is_ok_and(|kept| kept == note) {
                return path;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("no checkpoint beside the keys after 10 s");
    }

    pub async fn verdict(&self) -> Verdict {
        self.restarted().verify().await.expect("the log can be read")
    }
}

fn start(store: &Store, keys: &Path) -> Audit {
    let keys = Keys::open(store.env().clone(), keys).expect("keys");
    Audit::start(store.clone(), &keys).expect("the log's key")
}

pub async fn fill(audit: &Audit, first: i64, count: i64) {
    let last = first + count - 1;
    let mut waiting = tokio::task::JoinSet::new();
    for chunk in (first..=last).collect::<Vec<_>>().chunks(200) {
        for number in chunk {
            let (audit, entry) = (audit.clone(), entry(*number));
            waiting.spawn(async move { audit.append(entry).await });
        }
        while let Some(done) = waiting.join_next().await {
            done.expect("no panic").expect("appended");
        }
    }
}

pub fn entry(number: i64) -> Entry {
    Entry {
        at_us: Micros((DAY + number % 3) * Micros::DAY + number),
        actor: "a".into(),
        actor_name: "王小明".into(),
        action: "GET /v1/sightings".into(),
        class: if number % 2 == 0 { "personal_read" } else { "write" }.into(),
        purpose: Some("dispatch".into()),
        case_ref: None,
        object: format!("plate ABC-{number:04}"),
        outcome: 200,
    }
}
