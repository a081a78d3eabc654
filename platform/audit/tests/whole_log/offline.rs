//! An export is checked by who has nothing but the log's public key.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use crate::support;

use shouhu_audit::offline::{Trust, verify_folder, verify_proof};
use shouhu_files::{Files, SimFiles};
use support::{DAY, World, entry, fill, on_each};

async fn exported(world: &World) -> (SimFiles, Trust) {
    let files = SimFiles::default();
    world.audit.export(&files).await.unwrap();
    (files, Trust::of(world.audit.log_key().await.unwrap()))
}

#[tokio::test]
async fn an_export_is_good_and_tells_what_it_holds() {
    on_each(|world| async move {
        world.fill(600).await;
        world.audit.erase("write", DAY, "officer", "x").await.unwrap();
        let (files, trust) = exported(&world).await;
        let verdict = verify_folder(&files, &trust).unwrap();
        assert_eq!(verdict.first_bad, None, "{verdict:?}");
        assert_eq!((verdict.leaves, verdict.entries, verdict.withheld), (601, 501, 100));
        assert_eq!(verdict.root, world.verdict().await.root);
        assert_eq!(files.read("log.key").unwrap(), format!("{}\n", trust.log).into_bytes());
    })
    .await;
}

#[tokio::test]
async fn every_file_of_an_export_counts_down_to_its_last_byte() {
    on_each(|world| async move {
        world.fill(300).await;
        let (files, trust) = exported(&world).await;
        for name in files.list("").unwrap().into_iter().filter(|name| name != "log.key") {
            let whole = files.read(&name).unwrap();
            files.remove(&name).unwrap();
            assert!(verify_folder(&files, &trust).unwrap().first_bad.is_some(), "{name} is missing");
            files.put(&name, &whole[..whole.len() - 1]).unwrap();
            assert!(verify_folder(&files, &trust).unwrap().first_bad.is_some(), "{name} is cut");
            for at in (0..whole.len()).step_by(whole.len() / 7 + 1).chain([whole.len() - 1]) {
                let mut flipped = whole.clone();
                flipped[at] ^= 1;
                files.put(&name, &flipped).unwrap();
                assert!(verify_folder(&files, &trust).unwrap().first_bad.is_some(), "{name}, byte {at}");
            }
            files.put(&name, &whole).unwrap();
        }
        assert_eq!(verify_folder(&files, &trust).unwrap().first_bad, None);
    })
    .await;
}

#[tokio::test]
async fn an_export_that_does_not_continue_a_remembered_checkpoint_is_refused_at_its_place() {
    on_each(|world| async move {
        world.fill(40).await;
        let remembered = world.audit.checkpoint().await.unwrap().unwrap();
        fill(&world.audit, 41, 300).await;
        let (files, mut trust) = exported(&world).await;
        trust.remembered = vec![remembered.clone()];
        assert_eq!(verify_folder(&files, &trust).unwrap().first_bad, None);

        // The same keys, the same name, another past.
        std::fs::remove_file(world.published().await).unwrap();
        for table in ["audit_entry", "audit_tile", "audit_checkpoint"] {
            world.run(&format!("DELETE FROM {table}"), vec![]).await;
        }
        let forged = world.restarted();
        fill(&forged, 7, 100).await;
        let files = SimFiles::default();
        forged.export(&files).await.unwrap();
        let bad = verify_folder(&files, &trust).unwrap().first_bad.unwrap();
        assert_eq!(bad.seq, Some(40), "{bad:?}");
        trust.remembered.clear();
        assert_eq!(verify_folder(&files, &trust).unwrap().first_bad, None, "alone it looks whole");
    })
    .await;
}

#[tokio::test]
async fn an_exported_proof_shows_its_entry_and_any_change_of_it_is_refused() {
    on_each(|world| async move {
        world.fill(270).await;
        let trust = Trust::of(world.audit.log_key().await.unwrap());
        for seq in [1, 200, 256, 257, 270] {
            let proof = world.audit.proof(seq).await.unwrap();
            let (proved, checkpoint) = verify_proof(&proof.text, &trust).unwrap();
            assert_eq!((proved, checkpoint.size), (entry(seq), 270));
            for at in (0..proof.text.len()).step_by(11) {
                let mut bytes = proof.text.clone().into_bytes();
                bytes[at] ^= 1;
                let Ok(changed) = String::from_utf8(bytes) else { continue };
                assert!(verify_proof(&changed, &trust).is_err(), "byte {at}");
            }
        }
        let mut demanding = trust;
        demanding.witnesses_needed = 1;
        assert!(verify_proof(&world.audit.proof(1).await.unwrap().text, &demanding).is_err());
    })
    .await;
}
