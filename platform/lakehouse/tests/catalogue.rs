//! One suite for every catalogue: in one file, in SQLite, in PostgreSQL.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use shouhu_env::Env;
use shouhu_files::SimFiles;
use shouhu_ids::Micros;
use shouhu_lake::catalogue::FileCatalogue;
use shouhu_lake::{Catalogue, CatalogueError, Change, Class, Partial, SegmentId, SegmentMeta};
use shouhu_lakehouse::{MIGRATIONS, Pulse, SqlCatalogue};
use shouhu_store::Store;
use shouhu_store::testing::on_each_database;

fn meta(id: SegmentId) -> SegmentMeta {
    SegmentMeta {
        id,
        class: Class::GANTRY,
        day: -3,
        rows: 7,
        plates: 5,
        first_ms: -259_200_000,
        last_ms: -172_800_001,
        bytes: [1 << 40, 2, 3],
        index_crc: u32::MAX,
    }
}

fn add(metas: &[&SegmentMeta]) -> Change {
    Change { add: metas.iter().map(|meta| (*meta).clone()).collect(), ..Change::default() }
}

/// What every catalogue must do; `reopen` is a new start of the same node.
fn conforms(mut catalogue: Box<dyn Catalogue>, reopen: impl Fn(Box<dyn Catalogue>) -> Box<dyn Catalogue>) {
    let start = catalogue.load().unwrap();
    assert!(start.segments.is_empty() && start.receipts.is_empty() && start.wal_until == 0);

    let mut ids: Vec<SegmentId> = (0..300).map(|_| catalogue.next_id().unwrap()).collect();
    catalogue = reopen(catalogue);
    ids.extend((0..300).map(|_| catalogue.next_id().unwrap()));
    assert!(ids.is_sorted_by(|a, b| a < b), "numbers rise and none comes again, also after a new start");

    let [one, two, three] = [meta(ids[0]), meta(ids[1]), meta(ids[2])];
    let first = catalogue.publish(&add(&[&one, &two])).unwrap();
    assert!(first > start.version);
    assert_eq!(catalogue.version().unwrap(), first);

    let exchange = Change {
        add: vec![three.clone()],
        drop: vec![one.id],
        wal_until: Some(9),
        receipts: vec![(1, vec![1, 2]), (2, vec![])],
    };
    let second = catalogue.publish(&exchange).unwrap();
    assert_eq!(second, first + 1, "a change that follows on the last one counts one");
    let after = Change { receipts: vec![(1, vec![3])], wal_until: Some(4), ..Change::default() };
    catalogue.publish(&after).unwrap();

    catalogue = reopen(catalogue);
    let listing = catalogue.load().unwrap();
    assert_eq!(listing.segments, [two.clone(), three.clone()]);
    assert_eq!(listing.wal_until, 9, "a log that is in segments stays there");
    assert_eq!(listing.receipts, [(1, vec![3]), (2, vec![])]);

    let again = Change { add: vec![meta(ids[3])], drop: vec![two.id, one.id], ..Change::default() };
    assert_eq!(catalogue.publish(&again), Err(CatalogueError::Exchanged(one.id)));
    assert_eq!(catalogue.load().unwrap(), listing, "all of a change or nothing of it");
}

#[test]
fn a_catalogue_in_a_file_conforms() {
    let files = Arc::new(SimFiles::default());
    let open = |files: &Arc<SimFiles>| Box::new(FileCatalogue::open(files.clone(), 3).unwrap()) as Box<dyn Catalogue>;
    conforms(open(&files), |before| {
        drop(before);
        open(&files)
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_catalogue_in_a_database_conforms() {
    on_each_database(&[MIGRATIONS], |store| async move {
        let runtime = tokio::runtime::Handle::current();
        let open = move |store: &Store| {
            Box::new(runtime.block_on(SqlCatalogue::claim(store.clone(), "north")).unwrap()) as Box<dyn Catalogue>
        };
        off_thread(move || conforms(open(&store), |_| open(&store))).await;
    })
    .await;
}

async fn off_thread(work: impl FnOnce() + Send + 'static) {
    tokio::task::spawn_blocking(work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_was_put_out_of_office_can_publish_nothing_more() {
    on_each_database(&[MIGRATIONS], |store| async move {
        let first = SqlCatalogue::claim(store.clone(), "north").await.unwrap();
        let second = SqlCatalogue::claim(store.clone(), "north").await.unwrap();
        assert_eq!(first.node(), second.node());
        assert!(matches!(first.beat(Pulse::default(), true).await, Err(CatalogueError::Held(_))));
        off_thread(move || {
            assert!(matches!(first.publish(&Change::default()), Err(CatalogueError::Held(_))));
            assert!(matches!(first.next_id(), Err(CatalogueError::Held(_))));
            assert_eq!(second.load().unwrap().version, 0);
            second.publish(&Change::default()).unwrap();
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_nodes_that_exchange_one_segment_one_wins() {
    on_each_database(&[MIGRATIONS], |store| async move {
        let north = Arc::new(SqlCatalogue::claim(store.clone(), "north").await.unwrap());
        let south = Arc::new(SqlCatalogue::claim(store.clone(), "south").await.unwrap());
        assert_ne!(north.node(), south.node());
        for _ in 0..10 {
            let seed = north.clone();
            let old = tokio::task::spawn_blocking(move || {
                let old = meta(seed.next_id().unwrap());
                seed.publish(&add(&[&old])).unwrap();
                old
            });
            let old = old.await.unwrap();
            let race = [north.clone(), south.clone()].map(|catalogue| {
                let drop = vec![old.id];
                tokio::task::spawn_blocking(move || {
                    let change = Change { add: vec![meta(catalogue.next_id().unwrap())], drop, ..Change::default() };
                    catalogue.publish(&change)
                })
            });
            let mut won = 0;
            for one in race {
                match one.await.unwrap() {
                    Ok(_) => won += 1,
                    Err(error) => assert_eq!(error, CatalogueError::Exchanged(old.id)),
                }
            }
            assert_eq!(won, 1);
        }
        let listed = tokio::task::spawn_blocking(move || (north.load().unwrap(), south.load().unwrap())).await.unwrap();
        assert_eq!(listed.0.segments.len(), 10);
        assert_eq!(listed.0.segments, listed.1.segments);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_node_is_named_until_it_says_that_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let env = Env::simulated(1, Micros(20_000 * Micros::DAY));
    let clock = Arc::new(shouhu_env::SimClock::starting_at(Micros(20_000 * Micros::DAY)));
    let env = Env { clock: clock.clone(), ..env };
    let store = Store::open(&format!("sqlite:{}", folder.path().join("x.db").display()), env).await.unwrap();
    store.migrate(&[shouhu_store::OUTBOX_MIGRATIONS, MIGRATIONS]).await.unwrap();
    let north = SqlCatalogue::claim(store.clone(), "north").await.unwrap();
    let south = SqlCatalogue::claim(store.clone(), "south").await.unwrap();

    assert!(south.behind().await.unwrap().is_empty(), "a node that lives and has nothing hides nothing");
    north.beat(Pulse { unflushed_from_ms: Some(42), unflushed_rows: 1 }, true).await.unwrap();
    let from = |from_ms| vec![Partial::Behind { node: "north".into(), from_ms }];
    assert_eq!(south.behind().await.unwrap(), from(42));
    clock.advance_us(60 * Micros::SECOND);
    assert_eq!(south.behind().await.unwrap(), from(42), "what a dead node has is still missing");

    north.beat(Pulse::default(), true).await.unwrap();
    let seen_ms = store.env().now().0 / 1_000;
    assert!(south.behind().await.unwrap().is_empty());
    clock.advance_us(11 * Micros::SECOND);
    assert_eq!(south.behind().await.unwrap(), from(seen_ms), "it may have taken something in after its last word");

    north.beat(Pulse::default(), false).await.unwrap();
    clock.advance_us(60 * Micros::SECOND);
    assert!(south.behind().await.unwrap().is_empty(), "an orderly end leaves nothing");
    assert!(north.behind().await.unwrap().iter().all(|one| matches!(one, Partial::Behind { node, .. } if node == "south")));
}
