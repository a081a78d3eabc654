//! Databases for tests: a fresh SQLite always, a fresh PostgreSQL schema where one is offered.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};

use shouhu_env::Env;

use crate::{ModuleMigrations, OUTBOX_MIGRATIONS, Store};

/// The environment variable that names a PostgreSQL whose schemas may be created and dropped; `make test` sets it.
pub const POSTGRES_VARIABLE: &str = "SHOUHU_TEST_POSTGRES";

static SCHEMAS: AtomicU32 = AtomicU32::new(0);

/// Runs one claim against every database there is, each time on an empty one with `modules` migrated.
///
/// # Panics
/// When a database cannot be prepared, or the claim fails.
pub async fn on_each_database<F, Fut>(modules: &[ModuleMigrations], claim: F)
where
    F: Fn(Store) -> Fut,
    Fut: Future<Output = ()>,
{
    let claim = &claim;
    let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("cannot make a folder: {e}"));
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    let store = prepared(&url, modules).await;
    claim(store.clone()).await;
    store.close().await;

    on_empty_postgres(|url| async move {
        let store = prepared(&url, modules).await;
        claim(store.clone()).await;
        store.close().await;
    })
    .await;
}

/// Runs a claim with the address of a PostgreSQL that has no table yet, where one is offered.
///
/// # Panics
/// When it cannot be prepared, or the claim fails.
pub async fn on_empty_postgres<F, Fut>(claim: F)
where
    F: FnOnce(String) -> Fut,
    Fut: Future<Output = ()>,
{
    let Ok(postgres) = std::env::var(POSTGRES_VARIABLE) else {
        eprintln!("skipped on PostgreSQL: {POSTGRES_VARIABLE} is not set (make test sets it)");
        return;
    };
    let schema = format!("t{}_{}", std::process::id(), SCHEMAS.fetch_add(1, Ordering::Relaxed));
    let admin = open(&postgres).await;
    run(&admin, &format!("CREATE SCHEMA {schema}")).await;
    let joint = if postgres.contains('?') { '&' } else { '?' };
    claim(format!("{postgres}{joint}options=-csearch_path%3D{schema}")).await;
    run(&admin, &format!("DROP SCHEMA {schema} CASCADE")).await;
    admin.close().await;
}

async fn open(url: &str) -> Store {
    Store::open(url, Env::real()).await.unwrap_or_else(|e| panic!("cannot open {url}: {e}"))
}

async fn prepared(url: &str, modules: &[ModuleMigrations]) -> Store {
    let store = open(url).await;
    let mut all = vec![OUTBOX_MIGRATIONS];
    all.extend_from_slice(modules);
    store.migrate(&all).await.unwrap_or_else(|e| panic!("cannot migrate {url}: {e}"));
    store
}

async fn run(store: &Store, sql: &str) {
    let mut tx = store.begin().await.unwrap_or_else(|e| panic!("{e}"));
    tx.execute(sql, vec![]).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    tx.commit().await.unwrap_or_else(|e| panic!("{e}"));
}
