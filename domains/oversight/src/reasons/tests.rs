#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use shouhu_audit::offline::{Trust, verify_proof};
use shouhu_events::Event;
use shouhu_http::testing::House;
use shouhu_module::Module;
use shouhu_store::testing::on_each_database;
use shouhu_wire::{Asked, NOT_ANSWERED};

use super::store::{Told, keep, lines};
use crate::MODULE;

static MODULES: &[Module] = &[MODULE];

#[tokio::test]
async fn a_fact_that_is_told_twice_counts_once_and_another_reason_for_the_same_counts_too() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let at = store.env().now();
        let told = |object: &'static str, code: &'static str| Told { asked: Asked::Hit, object, code, at, month: "2026-11", office: "勤務中心" };
        for (object, code) in [("a", "misread"), ("a", "misread"), ("a", NOT_ANSWERED), ("b", "misread")] {
            assert!(keep(&store, &told(object, code)).await.unwrap());
        }
        let counted = lines(&store, "2026-11", "2026-11").await.unwrap();
        let counted: Vec<_> = counted.iter().map(|line| (line.code.as_str(), line.count)).collect();
        assert_eq!(counted, [("misread", 2), (NOT_ANSWERED, 1)]);
        assert!(lines(&store, "2026-12", "2026-12").await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_nobody_answered_has_a_leaf_of_its_own_that_can_be_proved() {
    let house = House::open(MODULES).await;
    for _ in 0..2 {
        let mut tx = house.app.store.begin().await.unwrap();
        tx.emit(&Event::not_answered(Asked::Hit, &"01890000-0000-7000-8000-000000000000")).await.unwrap();
        tx.commit().await.unwrap();
        house.settle().await;
    }
    let leaves = house.app.audit.page(None, 10).await.unwrap();
    let said: Vec<_> = leaves.iter().filter(|leaf| leaf.entry.action == "not answered").collect();
    assert_eq!(said.len(), 1, "told twice, written down once: {leaves:?}");
    let proof = house.app.audit.proof(said[0].seq).await.unwrap();
    let trust = Trust::of(house.app.audit.log_key().await.unwrap());
    let (entry, _) = verify_proof(&proof.text, &trust).unwrap();
    assert_eq!(entry.object, "hit 01890000-0000-7000-8000-000000000000: not_answered");
}
