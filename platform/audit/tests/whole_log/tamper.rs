//! What an administrator with root does to the stored log is found each time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use crate::support;

use shouhu_audit::AuditError;
use shouhu_store::params;
use support::{World, entry, fill, on_each};

const LEAVES: i64 = 300;

#[tokio::test]
async fn leaves_are_numbered_in_the_order_in_which_they_became_durable_and_come_back() {
    on_each(|world| async move {
        for number in 1..=4 {
            assert_eq!(world.audit.append(entry(number)).await, Ok(number));
        }
        let page = world.audit.page(None, 10).await.unwrap();
        let found: Vec<_> = page.iter().map(|leaf| (leaf.seq, leaf.entry.clone(), leaf.is_erased)).collect();
        assert_eq!(found, (1..=4).rev().map(|number| (number, entry(number), false)).collect::<Vec<_>>());
        let verdict = world.verdict().await;
        assert!(verdict.is_intact && verdict.leaves == 4, "{verdict:?}");
    })
    .await;
}

#[tokio::test]
async fn nothing_of_an_entry_lies_in_plain_text() {
    on_each(|world| async move {
        world.fill(3).await;
        let rows = world.store.fetch("SELECT sealed FROM audit_entry", vec![]).await.unwrap();
        for row in rows {
            let sealed = row.blob("sealed").unwrap();
            assert!(!sealed.windows(3).any(|window| window == b"ABC"), "an object lies open");
        }
    })
    .await;
}

/// Each line is one thing that somebody with the database's password can do, and the leaf where it must show.
#[tokio::test]
async fn whatever_is_changed_in_the_database_is_found_at_its_place() {
    let swap = "UPDATE audit_entry SET seq = CASE seq WHEN 70 THEN -71 WHEN 71 THEN -70 ELSE seq END WHERE seq IN (70, 71)";
    let deeds: [(&[&str], Option<i64>); 13] = [
        (&["UPDATE audit_entry SET sealed = (SELECT sealed FROM audit_entry WHERE seq = 4) WHERE seq = 2"], Some(2)),
        (&["UPDATE audit_entry SET leaf = (SELECT leaf FROM audit_entry WHERE seq = 4) WHERE seq = 2"], Some(2)),
        (
            &["UPDATE audit_entry SET leaf = (SELECT leaf FROM audit_entry WHERE seq = 4), sealed = (SELECT sealed FROM audit_entry WHERE seq = 4) WHERE seq = 2"],
            Some(2),
        ),
        (&["UPDATE audit_entry SET day = day + 1 WHERE seq = 5"], Some(5)),
        (&["UPDATE audit_entry SET class = 'security' WHERE seq = 6"], Some(6)),
        (&["DELETE FROM audit_entry WHERE seq = 2"], Some(2)),
        (&["DELETE FROM audit_entry WHERE seq = 300"], Some(300)),
        (&["DELETE FROM audit_entry WHERE seq = 300", "UPDATE audit_checkpoint SET size = 299"], Some(300)),
        (&[swap, "UPDATE audit_entry SET seq = -seq WHERE seq < 0"], Some(70)),
        (&["DELETE FROM audit_tile WHERE level = 0 AND tile = 0"], Some(1)),
        (&["UPDATE audit_tile SET hashes = (SELECT hashes FROM audit_tile WHERE level = 0 AND tile = 0) WHERE level = 0 AND tile = 1"], None),
        (&["UPDATE audit_checkpoint SET note = REPLACE(note, 'shouhu.audit', 'shouhu.other')"], None),
        (&["DELETE FROM audit_checkpoint"], None),
    ];
    on_each(|world| {
        let deeds = &deeds;
        async move {
            world.fill(LEAVES).await;
            assert!(world.verdict().await.is_intact);
            for (deed, at) in deeds {
                // A transaction that is looked at and thrown away would not be seen by other connections: undo from a copy.
                for table in ["audit_entry", "audit_tile", "audit_checkpoint"] {
                    world.run(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}"), vec![]).await;
                }
                for sql in *deed {
                    assert!(world.run(sql, vec![]).await > 0, "{sql}");
                }
                let verdict = world.verdict().await;
                assert!(!verdict.is_intact, "{deed:?}: {verdict:?}");
                assert!(at.is_none() || verdict.first_bad_seq == *at, "{deed:?}: {verdict:?}");
                for table in ["audit_entry", "audit_tile", "audit_checkpoint"] {
                    world.run(&format!("DELETE FROM {table}"), vec![]).await;
                    world.run(&format!("INSERT INTO {table} SELECT * FROM kept_{table}"), vec![]).await;
                    world.run(&format!("DROP TABLE kept_{table}"), vec![]).await;
                }
                assert!(world.verdict().await.is_intact, "after {deed:?}");
            }
        }
    })
    .await;
}

/// Every bit of every blob that the log stands on.
#[tokio::test]
async fn a_flipped_bit_is_found_wherever_it_is() {
    on_each(|world| async move {
        world.fill(20).await;
        let tables = [("audit_entry", "leaf", "seq"), ("audit_entry", "sealed", "seq"), ("audit_tile", "hashes", "level")];
        for (table, column, key) in tables {
            let rows = world.store.fetch(&format!("SELECT {key} AS k, {column} AS b FROM {table} ORDER BY {key}"), vec![]).await.unwrap();
            for row in rows.iter().take(3) {
                let (number, whole) = (row.int("k").unwrap(), row.blob("b").unwrap());
                for at in (0..whole.len()).step_by(37) {
                    let mut flipped = whole.clone();
                    flipped[at] ^= 1 << (at % 8);
                    let sql = format!("UPDATE {table} SET {column} = $1 WHERE {key} = $2");
                    world.run(&sql, params![flipped, number]).await;
                    assert!(!world.verdict().await.is_intact, "{table}.{column} {number}, byte {at}");
                    world.run(&sql, params![whole.clone(), number]).await;
                }
            }
        }
        assert!(world.verdict().await.is_intact);
    })
    .await;
}

/// The keeper of database and keys writes another past and signs it: only who kept a checkpoint elsewhere can tell.
#[tokio::test]
async fn a_past_that_is_written_anew_with_all_keys_is_found_by_one_remembered_checkpoint() {
    on_each(|world| async move {
        world.fill(50).await;
        let remembered = world.audit.checkpoint().await.unwrap().unwrap();
        // The note beside the keys is in the same hands.
        std::fs::remove_file(world.published().await).unwrap();
        for table in ["audit_entry", "audit_tile", "audit_checkpoint"] {
            world.run(&format!("DELETE FROM {table}"), vec![]).await;
        }
        let forged = world.restarted();
        fill(&forged, 2, 60).await;
        let verdict = forged.verify().await.unwrap();
        assert!(verdict.is_intact, "nothing inside tells: {verdict:?}");
        let verdict = forged.verify_against(&[remembered]).await.unwrap();
        assert_eq!((verdict.is_intact, verdict.first_bad_seq), (false, Some(50)), "{verdict:?}");
    })
    .await;
}

/// A database of yesterday in the place of today's: the checkpoint beside the keys tells, and nothing more is signed.
#[tokio::test]
async fn a_log_that_was_set_back_is_neither_believed_nor_continued() {
    on_each(|world| async move {
        world.fill(10).await;
        drop(world.restarted());
        for table in ["audit_entry", "audit_tile", "audit_checkpoint"] {
            world.run(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}"), vec![]).await;
        }
        fill(&world.audit, 11, 5).await;
        world.published().await;
        for table in ["audit_entry", "audit_tile", "audit_checkpoint"] {
            world.run(&format!("DELETE FROM {table}"), vec![]).await;
            world.run(&format!("INSERT INTO {table} SELECT * FROM kept_{table}"), vec![]).await;
        }
        for audit in [world.audit.clone(), world.restarted()] {
            let refused = audit.append(entry(99)).await;
            assert!(matches!(refused, Err(AuditError::Changed { .. })), "{refused:?}");
        }
        let verdict = world.verdict().await;
        assert_eq!((verdict.is_intact, verdict.first_bad_seq), (false, Some(11)), "{verdict:?}");
    })
    .await;
}

#[tokio::test]
async fn a_log_that_cannot_be_written_says_so_to_every_waiter() {
    shouhu_store::testing::on_each_database(&[], |store| async move {
        let world = World::of(store);
        let refused = tokio::join!(world.audit.append(entry(1)), world.audit.append(entry(2)));
        assert!(matches!(refused, (Err(AuditError::NotWritten { .. }), Err(AuditError::NotWritten { .. }))), "{refused:?}");
    })
    .await;
}

/// Two servers on one database: their leaves stand in one log.
#[tokio::test]
async fn two_writers_of_one_log_extend_each_others_leaves() {
    on_each(|world| async move {
        let other = world.restarted();
        for round in 0..5 {
            fill(&world.audit, round * 20 + 1, 10).await;
            fill(&other, round * 20 + 11, 10).await;
        }
        let verdict = world.verdict().await;
        assert_eq!((verdict.is_intact, verdict.leaves), (true, 100), "{verdict:?}");
    })
    .await;
}

/// Somebody verifies while the house works: what is added meanwhile is no damage.
#[tokio::test]
async fn a_check_beside_appends_finds_nothing_wrong() {
    on_each(|world| async move {
        world.fill(100).await;
        let audit = world.audit.clone();
        let busy = tokio::spawn(async move { fill(&audit, 101, 600).await });
        let mut sizes = Vec::new();
        while !busy.is_finished() {
            let verdict = world.audit.verify().await.unwrap();
            assert!(verdict.is_intact, "{verdict:?}");
            sizes.push(verdict.leaves);
        }
        busy.await.unwrap();
        assert!(sizes.is_sorted() && sizes.first().is_some_and(|size| *size >= 100), "{sizes:?}");
    })
    .await;
}
