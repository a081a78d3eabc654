//! Entries go by law; leaves and every proof that was ever given stay.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use shouhu_audit::offline::{Trust, verify_proof};
use shouhu_audit::{AuditError, Erasure};
use support::{DAY, entry, fill, on_each};

#[tokio::test]
async fn an_erased_entry_is_unreadable_in_every_copy_and_its_old_proof_still_verifies() {
    on_each(|world| async move {
        world.fill(30).await;
        let target = (1..=30).find(|n| n % 2 == 0 && n % 3 == 0).unwrap();
        let proof = world.audit.proof(target).await.unwrap();
        let root_before = world.verdict().await.root;
        world.run("CREATE TABLE backup AS SELECT * FROM audit_entry", vec![]).await;

        let erasure = world.audit.erase("personal_read", DAY, "officer", "警察職權行使法 §10 II").await.unwrap();
        assert_eq!(erasure.leaves, 5);
        let certificate = world.audit.page(None, 1).await.unwrap().remove(0);
        assert_eq!(serde_json::from_str::<Erasure>(&certificate.entry.object).unwrap(), erasure);

        // A restored backup of the sealed entries does not help.
        let restored = "UPDATE audit_entry SET sealed = (SELECT backup.sealed FROM backup WHERE backup.seq = audit_entry.seq) WHERE seq <= 30";
        world.run(restored, vec![]).await;
        for leaf in world.restarted().page(Some(31), 30).await.unwrap() {
            let is_target = leaf.seq % 2 == 0 && leaf.seq % 3 == 0;
            assert_eq!(leaf.is_erased, is_target, "{leaf:?}");
            assert_eq!(leaf.entry.object.is_empty(), is_target);
            assert!(is_target || leaf.entry == entry(leaf.seq));
        }
        let verdict = world.verdict().await;
        assert_eq!((verdict.is_intact, verdict.erased, verdict.leaves), (true, 5, 31), "{verdict:?}");

        // The leaves are what they were: the old proof holds, and so does the old root.
        let trust = Trust::of(world.audit.log_key().await.unwrap());
        let (proved, checkpoint) = verify_proof(&proof.text, &trust).unwrap();
        assert_eq!((proved, hex::encode(checkpoint.root)), (entry(target), root_before));
        assert_eq!(world.audit.proof(target).await, Err(AuditError::NoSuchLeaf { seq: target }));
        fill(&world.audit, 31, 5).await;
        assert!(world.verdict().await.is_intact);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_vanished_without_a_certificate_is_found() {
    on_each(|world| async move {
        world.fill(10).await;
        std::fs::remove_file(world.keys.join("audit-write").join(format!("{DAY}.key"))).unwrap();
        let verdict = world.verdict().await;
        assert_eq!((verdict.is_intact, verdict.first_bad_seq), (false, Some(3)), "{verdict:?}");
        // A row in the list of erasures is no certificate either.
        world.run("INSERT INTO audit_erasure (day, class, seq) VALUES (20000, 'write', 2)", vec![]).await;
        let verdict = world.verdict().await;
        assert_eq!((verdict.is_intact, verdict.first_bad_seq), (false, Some(2)), "{verdict:?}");
    })
    .await;
}

#[tokio::test]
async fn neither_today_nor_the_logs_own_entries_are_erased() {
    on_each(|world| async move {
        let today = world.store.env().now().day();
        for (class, day) in [("personal_read", today), ("log", DAY), ("no such class", DAY)] {
            let refused = world.audit.erase(class, day, "officer", "x").await;
            assert!(matches!(refused, Err(AuditError::NotErased { .. })), "{class} {day}: {refused:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn erasing_twice_is_no_error_and_leaves_an_intact_log() {
    on_each(|world| async move {
        world.fill(12).await;
        let first = world.audit.erase("write", DAY, "officer", "x").await.unwrap();
        assert_eq!(world.audit.erase("write", DAY, "officer", "x").await.unwrap(), first);
        let verdict = world.verdict().await;
        assert_eq!((verdict.is_intact, verdict.erased), (true, 2), "{verdict:?}");
    })
    .await;
}
