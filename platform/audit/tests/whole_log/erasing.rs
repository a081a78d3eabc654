//! Entries go by law; leaves and every proof that was ever given stay.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use crate::support;

use shouhu_audit::offline::{Trust, verify_proof};
use shouhu_audit::{AuditError, EntryErasure, Erasure, ErasureOrder, Orderer};
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

fn order() -> ErasureOrder {
    ErasureOrder {
        legal_basis: "個人資料保護法 §11 IV".into(),
        reason: "logged under the wrong person".into(),
        asked_by: Orderer { id: "id-1".into(), name: "auditor".into() },
        approved_by: Orderer { id: "id-2".into(), name: "supervisor".into() },
    }
}

#[tokio::test]
async fn a_single_entry_goes_and_its_day_and_every_old_proof_stay() {
    on_each(|world| async move {
        // Enough entries of one day and class for more than one transaction.
        world.fill(3_600).await;
        let target = (1..).find(|n| n % 2 == 0 && n % 3 == 0).unwrap();
        let (proof, beside) = (world.audit.proof(target).await.unwrap(), world.audit.proof(target + 6).await.unwrap());
        let root_before = world.verdict().await.root;
        world.run("CREATE TABLE backup AS SELECT * FROM audit_entry", vec![]).await;

        let done = world.audit.erase_entries(&[target, target], &order()).await.unwrap();
        assert_eq!((done.len(), done[0].entries.len(), done[0].entries[0].seq), (1, 1, target));
        let certificate = world.audit.page(None, 1).await.unwrap().remove(0);
        assert_eq!(serde_json::from_str::<EntryErasure>(&certificate.entry.object).unwrap(), done[0]);
        assert_eq!((done[0].asked_by.as_str(), done[0].approved_by.as_str()), ("auditor (id-1)", "supervisor (id-2)"));
        assert_eq!((certificate.entry.actor.as_str(), certificate.entry.actor_name.as_str()), ("id-2", "supervisor"));
        let restarted = world.restarted();
        for leaf in restarted.page(Some(200), 199).await.unwrap() {
            assert_eq!((leaf.is_erased, leaf.entry == entry(leaf.seq)), (leaf.seq == target, leaf.seq != target), "{leaf:?}");
        }
        let verdict = world.verdict().await;
        assert_eq!((verdict.is_intact, verdict.erased, verdict.leaves), (true, 1, 3_601), "{verdict:?}");
        let trust = Trust::of(world.audit.log_key().await.unwrap());
        for (proof, seq) in [(&proof, target), (&beside, target + 6)] {
            let (proved, checkpoint) = verify_proof(&proof.text, &trust).unwrap();
            assert_eq!((proved, hex::encode(checkpoint.root)), (entry(seq), root_before.clone()));
        }
        assert_eq!(world.audit.proof(target).await, Err(AuditError::NoSuchLeaf { seq: target }));
        assert!(world.audit.proof(target + 6).await.is_ok());

        // A backup of before brings nothing back: the key that sealed it is gone.
        let restore = "UPDATE audit_entry SET sealed = (SELECT b.sealed FROM backup b WHERE b.seq = audit_entry.seq), key_no = 0 WHERE seq = $1";
        world.run(restore, shouhu_store::params![target]).await;
        assert!(world.restarted().page(Some(target + 1), 1).await.unwrap()[0].is_erased);
        assert!(!world.keys.join("audit-personal_read").join(format!("{DAY}.key")).exists());

        // Again, and then the whole day: both are no error.
        world.audit.erase_entries(&[target], &order()).await.unwrap();
        assert_eq!(world.audit.page(None, 1).await.unwrap()[0].seq, 3_601, "one certificate");
        assert!(world.restarted().page(Some(target + 7), 1).await.unwrap()[0].entry == entry(target + 6));
        world.audit.erase("personal_read", DAY, "officer", "x").await.unwrap();
        let verdict = world.verdict().await;
        assert_eq!((verdict.is_intact, verdict.erased), (true, 600), "{verdict:?}");
        assert_eq!(world.audit.days_until("personal_read", DAY + 2).await.unwrap(), [DAY + 1]);
    })
    .await;
}

#[tokio::test]
async fn an_entry_that_vanished_under_a_row_without_a_certificate_is_found() {
    on_each(|world| async move {
        world.fill(10).await;
        world.run("UPDATE audit_entry SET sealed = $1 WHERE seq = 4", shouhu_store::params![Vec::<u8>::new()]).await;
        let verdict = world.verdict().await;
        assert_eq!((verdict.is_intact, verdict.first_bad_seq), (false, Some(4)), "{verdict:?}");
        world.run("INSERT INTO audit_entry_erasure (seq, said_seq) VALUES (4, 5)", vec![]).await;
        let verdict = world.verdict().await;
        assert_eq!((verdict.is_intact, verdict.first_bad_seq), (false, Some(4)), "{verdict:?}");
    })
    .await;
}

#[tokio::test]
async fn single_entries_of_today_of_the_log_itself_and_beside_damage_stay() {
    on_each(|world| async move {
        world.fill(12).await;
        let mut today = entry(13);
        today.at_us = world.store.env().now();
        world.audit.append(today).await.unwrap();
        world.audit.erase("write", DAY, "officer", "x").await.unwrap();
        for seq in [13, 14] {
            let refused = world.audit.erase_entries(&[2, seq], &order()).await;
            assert!(matches!(refused, Err(AuditError::NotErased { .. })), "{seq}: {refused:?}");
        }
        assert_eq!(world.audit.erase_entries(&[15], &order()).await, Err(AuditError::NoSuchLeaf { seq: 15 }));
        assert_eq!(world.verdict().await.erased, 2, "nothing was done where one was refused");
        // Beside an entry that does not open no key is destroyed.
        world.run("UPDATE audit_entry SET sealed = (SELECT sealed FROM audit_entry WHERE seq = 2) WHERE seq = 8", vec![]).await;
        for _ in 0..2 {
            assert!(matches!(world.audit.erase_entries(&[2], &order()).await, Err(AuditError::NotErased { .. })));
        }
        assert!(world.keys.join("audit-personal_read").join(format!("{}.key", DAY + 2)).exists());
        // Nothing says that it was erased, and it was not.
        assert_eq!(world.audit.page(None, 1).await.unwrap()[0].entry.action, "audit.erase");
        assert!(!world.audit.page(Some(3), 1).await.unwrap()[0].is_erased);
    })
    .await;
}

#[tokio::test]
async fn what_a_crash_left_of_an_erasure_is_finished() {
    on_each(|world| async move {
        world.fill(12).await;
        let key = world.keys.join("audit-write").join(format!("{DAY}.key"));
        let kept = std::fs::read(&key).unwrap();
        world.audit.erase("write", DAY, "officer", "x").await.unwrap();
        // As if the crash had come between the row and the key.
        std::fs::write(&key, kept).unwrap();
        let audit = world.restarted();
        assert_eq!((audit.finish_erasures().await, key.exists()), (Ok(1), false));
        assert_eq!(audit.finish_erasures().await, Ok(0));
    })
    .await;
}
