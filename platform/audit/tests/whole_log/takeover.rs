//! A database of the older hash chain, opened by this program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use crate::support;

use sha2::{Digest, Sha256};
use shouhu_store::params;
use support::{World, entry, on_each};

/// Writes leaves as the older program did.
async fn chain(world: &World, count: i64) -> String {
    let mut hash = String::new();
    for seq in 1..=count {
        let entry = entry(seq);
        let json = serde_json::to_string(&entry).unwrap();
        hash = hex::encode(Sha256::new().chain_update(&hash).chain_update(&json).finalize());
        let sql = "INSERT INTO audit_leaf (seq, at_us, entry, hash) VALUES ($1, $2, $3, $4)";
        world.run(sql, params![seq, entry.at_us, json, &hash]).await;
    }
    hash
}

#[tokio::test]
async fn every_leaf_of_the_older_chain_stands_in_the_log_and_its_end_is_bound_in() {
    on_each(|world| async move {
        let last_hash = chain(&world, 2_100).await;
        let audit = world.restarted();
        // The first that asks makes it happen; a new entry comes after all old ones.
        assert_eq!(audit.append(entry(9)).await, Ok(2_102));
        for (seq, leaf) in (1..=2_100).rev().zip(audit.page(Some(2_101), 3_000).await.unwrap()) {
            assert_eq!((leaf.seq, leaf.entry), (seq, entry(seq)));
        }
        let said = audit.page(Some(2_102), 1).await.unwrap().remove(0).entry;
        let object: serde_json::Value = serde_json::from_str(&said.object).unwrap();
        assert_eq!(object, serde_json::json!({"bad_seq": null, "last_hash": last_hash, "leaves": 2_100}));
        let rows = world.store.fetch("SELECT seq FROM audit_leaf", vec![]).await.unwrap();
        assert!(rows.is_empty(), "plain text is left");
        let verdict = world.verdict().await;
        assert_eq!((verdict.is_intact, verdict.leaves), (true, 2_102), "{verdict:?}");
        // Later rows in the old table are nobody's.
        chain(&world, 1).await;
        assert_eq!(world.restarted().append(entry(10)).await, Ok(2_103));
    })
    .await;
}

#[tokio::test]
async fn a_chain_that_was_changed_before_is_taken_over_and_the_place_is_named() {
    on_each(|world| async move {
        chain(&world, 10).await;
        world.run("UPDATE audit_leaf SET entry = REPLACE(entry, 'ABC-0004', 'XYZ-0004') WHERE seq = 4", vec![]).await;
        let audit = world.restarted();
        let verdict = audit.verify().await.unwrap();
        assert_eq!((verdict.is_intact, verdict.leaves), (true, 11), "{verdict:?}");
        let said = audit.page(None, 1).await.unwrap().remove(0).entry;
        assert!(said.object.contains("\"bad_seq\":4"), "{}", said.object);
    })
    .await;
}
