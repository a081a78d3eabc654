//! What the SQL promises, on every database there is.

use std::collections::BTreeSet;

use shouhu_events::SightingFact;
use shouhu_ids::{EntryId, Micros, SealId};
use shouhu_plate::Plate;
use shouhu_store::testing::on_each_database;
use shouhu_store::{Eyes, Seal, Store};
use shouhu_wire::{ConfirmHit, EntryAction, HitState, Role};

use crate::index::ActiveList;
use crate::model::{EntryState, NewEntry, ProposeEntry};
use crate::ops::{approve, confirm, delta};
use crate::testing::{fact, person};
use crate::{MODULE, hits, jobs, react, store};

async fn proposed(db: &Store, patterns: &[&str], import: Option<shouhu_ids::ImportId>) -> Vec<shouhu_ids::EntryId> {
    let now = db.env().now();
    let new: Vec<NewEntry> = patterns
        .iter()
        .map(|pattern| {
            let asked = ProposeEntry {
                pattern: (*pattern).into(),
                legal_basis: "stolen_vehicle".into(),
                owner: "o".into(),
                reason: "r".into(),
                action: EntryAction::Stop,
                vehicle_class: Some(shouhu_plate::VehicleClass::Car),
                vehicle_colour: Some(shouhu_plate::VehicleColour::Red),
                vehicle_note: String::new(),
                issuer: "TW".into(),
                expires_at_us: now.plus(Micros::DAY),
            };
            NewEntry::checked(&asked, now).unwrap_or_else(|e| panic!("{e}"))
        })
        .collect();
    let mut tx = db.begin().await.unwrap_or_else(|e| panic!("{e}"));
    let by = person(db.env(), Role::Detective);
    let ids = store::insert(&mut tx, db, &new, &by, import).await.unwrap_or_else(|e| panic!("{e}"));
    tx.commit().await.unwrap_or_else(|e| panic!("{e}"));
    ids
}

#[tokio::test]
async fn the_way_from_a_proposal_to_a_confirmed_hit_is_the_same_on_each_database() {
    on_each_database(&[MODULE.schema()], |db| async move {
        let supervisor = person(db.env(), Role::Supervisor);
        let ids = proposed(&db, &["ABC1234", "XYZ98?6"], None).await;
        for id in &ids {
            let entry = approve::approve(&db, *id, &supervisor).await.unwrap_or_else(|e| panic!("{}", e.detail));
            assert_eq!((entry.state, entry.vehicle_colour), (EntryState::Active, Some(shouhu_plate::VehicleColour::Red)));
        }
        let list = ActiveList::default();
        let now = db.env().now();
        let batch: Vec<SightingFact> =
            ["ABC1234", "XYZ9876", "QQQ1111"].map(|text| SightingFact { captured_at_us: now, ..fact(text) }).to_vec();
        assert_eq!(react::match_batch(&db, &list, &batch, &react::Senders::default()).await.ok(), Some(2));
        assert_eq!(react::match_batch(&db, &list, &batch, &react::Senders::default()).await.ok(), Some(0), "the same batch again raises nothing");
        let filter = hits::Filter { state: Some(HitState::Raised), ..Default::default() };
        let raised = hits::hits(&db, &filter, 10).await.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(raised.len(), 2);
        let first = raised.iter().find(|hit| hit.plate.as_str() == "ABC1234").unwrap_or_else(|| panic!("{raised:?}"));
        let asked = ConfirmHit { plate_seen: "ABC-1234".into(), note: String::new() };
        let done = confirm::confirm(&db, first.id, &asked, &supervisor).await.unwrap_or_else(|e| panic!("{}", e.detail));
        assert_eq!((done.state, done.decided_by), (HitState::Confirmed, Some(supervisor.id)));
        let again = confirm::confirm(&db, first.id, &asked, &supervisor).await.err().map(|e| e.key);
        assert_eq!(again.as_deref(), Some("hits.confirm.already_decided"));
        let mut tx = db.begin().await.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(hits::lapse_some(&mut tx, now.plus(Micros::DAY), 10).await.ok(), Some(1), "only the raised one lapses");
        tx.commit().await.unwrap_or_else(|e| panic!("{e}"));
    })
    .await;
}

#[tokio::test]
async fn approval_in_pieces_and_expiry_give_every_change_a_version_of_its_own() {
    on_each_database(&[MODULE.schema()], |db| async move {
        let import = db.env().id(shouhu_ids::ImportId::new);
        proposed(&db, &["AAA1111", "AAA1112", "AAA1113", "AAA1114", "AAA1115"], Some(import)).await;
        let by = person(db.env(), Role::Supervisor);
        let mut done = Vec::new();
        loop {
            let mut tx = db.begin().await.unwrap_or_else(|e| panic!("{e}"));
            let some =
                store::activate_some(&mut tx, &db, import, by.id, &by.name, db.env().now(), 2).await.unwrap_or_else(|e| panic!("{e}"));
            tx.commit().await.unwrap_or_else(|e| panic!("{e}"));
            if some == 0 {
                break;
            }
            done.push(some);
        }
        assert_eq!(done, [2, 2, 1]);
        let full = delta::delta(&db, 0, 100).await.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!((full.entries.len(), full.version, full.has_more), (5, 5, false));
        let mut tx = db.begin().await.unwrap_or_else(|e| panic!("{e}"));
        let later = db.env().now().plus(2 * Micros::DAY);
        assert_eq!(store::expire_some(&mut tx, later, 3).await.ok(), Some(3));
        assert_eq!(store::expire_some(&mut tx, later, 3).await.ok(), Some(2));
        tx.commit().await.unwrap_or_else(|e| panic!("{e}"));
        let gone = delta::delta(&db, 5, 100).await.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!((gone.entries.iter().filter(|e| !e.is_active).count(), gone.version), (5, 10));
        jobs::sweep_now(&db).await.unwrap_or_else(|e| panic!("{e}"));
    })
    .await;
}

#[tokio::test]
async fn lists_narrow_by_state_words_and_place_on_each_database() {
    on_each_database(&[MODULE.schema()], |db| async move {
        proposed(&db, &["ABC1234", "XYZ9876"], None).await;
        let filter = |q: &str| store::Filter {
            words: crate::model::search_words(q),
            state: Some(EntryState::Proposed),
            ..Default::default()
        };
        for (q, expected) in [("abc-1234", 1), ("ＸＹＺ", 1), ("stolen", 2), ("100%", 0), ("_", 0)] {
            let found = store::entries(&db, &filter(q), 10).await.unwrap_or_else(|e| panic!("{e}"));
            // "stolen_vehicle" has an underscore: it is a character to look for, not a wildcard.
            let expected = if q == "_" { 2 } else { expected };
            assert_eq!(found.len(), expected, "{q}");
        }
        let asked: Vec<String> = (0..1_200).map(|n| format!("NOT{n}")).chain(["ABC1234".into(), "XYZ9876".into()]).collect();
        assert_eq!(store::in_use_among(&db, &asked).await.map(|known| known.len()).ok(), Some(2));
    })
    .await;
}

async fn in_force(db: &Store, patterns: &[&str]) -> Vec<EntryId> {
    let supervisor = person(db.env(), Role::Supervisor);
    let ids = proposed(db, patterns, None).await;
    for id in &ids {
        Eyes::House.look(approve::approve(db, *id, &supervisor)).await.unwrap_or_else(|e| panic!("{}", e.detail));
    }
    ids
}

fn seal(db: &Store, plates: &[&str]) {
    let (now, plate) = (db.env().now(), |text: &&str| Plate::parse(text).unwrap_or_else(|e| panic!("{e}")));
    db.seals().put(vec![Seal {
        id: db.env().id(SealId::new),
        case_ref: "115-密-1".into(),
        plates: plates.iter().map(plate).collect(),
        members: BTreeSet::new(),
        since: now,
        ends_at: now.plus(Micros::DAY),
    }]);
}

/// What a device hears, and what it asks with next.
async fn heard(db: &Store, since: i64) -> (Vec<(EntryId, bool, String)>, i64) {
    let delta = delta::delta(db, since, 100).await.unwrap_or_else(|e| panic!("{e}"));
    (delta.entries.into_iter().map(|entry| (entry.id, entry.is_active, entry.pattern.to_string())).collect(), delta.version)
}

#[tokio::test]
async fn a_page_that_a_new_seal_cuts_short_says_that_there_is_more_and_the_rest_comes_with_the_next_question() {
    on_each_database(&[MODULE.schema()], |db| async move {
        let ids = in_force(&db, &["AAA1111", "ABC1234", "XYZ9876"]).await;
        let [first, sealed, last] = ids.as_slice() else { panic!("{ids:?}") };
        // Between the look for seals and the page.
        seal(&db, &["ABC1234"]);
        let cut = delta::page(&db, 0, 100).await.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(cut.entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), [*first]);
        assert!(cut.is_full && cut.has_more, "a list of one entry is not the whole one");
        let rest = delta::delta(&db, cut.version, 100).await.unwrap_or_else(|e| panic!("{e}"));
        let told: Vec<_> = rest.entries.iter().map(|entry| (entry.id, entry.is_active)).collect();
        assert_eq!((told, rest.has_more), (vec![(*last, true), (*sealed, false)], false));
        assert_ne!(rest.version, cut.version, "so that a device goes on asking until here");
        let end = delta::delta(&db, rest.version, 100).await.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!((end.entries.len(), end.has_more, end.version), (0, false, rest.version));

        // Where the first of all is hidden there is no entry yet, and nothing repeats for ever.
        seal(&db, &["ABC1234", "AAA1111"]);
        let cut = delta::page(&db, 0, 100).await.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!((cut.entries.len(), cut.has_more), (0, true));
        let rest = delta::delta(&db, cut.version, 100).await.unwrap_or_else(|e| panic!("{e}"));
        assert!(!rest.has_more && rest.entries.iter().any(|entry| (entry.id, entry.is_active) == (*last, true)), "{rest:?}");
    })
    .await;
}

#[tokio::test]
async fn what_is_sealed_leaves_devices_as_if_it_were_withdrawn_is_matched_here_and_comes_back_when_the_seal_is_over() {
    on_each_database(&[MODULE.schema()], |db| async move {
        let ids = in_force(&db, &["ABC1234", "XYZ9876", "ABC12??"]).await;
        let [sealed, other, wide] = ids.as_slice() else { panic!("{ids:?}") };
        let active = |id: &EntryId, pattern: &str| (*id, true, pattern.to_owned());
        let (all, before) = heard(&db, 0).await;
        assert_eq!(all, [active(sealed, "ABC1234"), active(other, "XYZ9876"), active(wide, "ABC12??")]);

        seal(&db, &["ABC1234", "QQQ1111"]);
        let gone = (*sealed, false, "0000000".to_owned());
        let (told, since) = heard(&db, before).await;
        assert_eq!((told, since), (vec![gone.clone()], before + 1), "as of any entry that is over: its id, and no plate");
        assert_eq!(heard(&db, 0).await.0, [active(other, "XYZ9876"), active(wide, "ABC12??")]);
        assert_eq!(heard(&db, since).await, (vec![], since), "once");

        // What becomes of it meanwhile, and of what is approved meanwhile, no device hears: not those that were away either.
        let meanwhile = in_force(&db, &["QQQ1111"]).await;
        let supervisor = person(db.env(), Role::Supervisor);
        let mut tx = db.begin().await.unwrap_or_else(|e| panic!("{e}"));
        let now = db.env().now();
        let ended = store::end(&mut tx, *sealed, EntryState::Active, EntryState::Withdrawn, &supervisor, "尋獲", now).await;
        assert_eq!(ended.ok(), Some(true));
        tx.commit().await.unwrap_or_else(|e| panic!("{e}"));
        let (told, since) = heard(&db, since).await;
        assert!(told.is_empty() && since == before + 3, "{told:?} {since}");
        assert_eq!(heard(&db, before).await.0, [gone]);
        let away = heard(&db, 1).await.0;
        assert!(away.iter().all(|(.., pattern)| pattern != "ABC1234" && pattern != "QQQ1111"), "{away:?}");

        // The server does not need the device for it.
        let seen = [SightingFact { captured_at_us: now, ..fact("QQQ1111") }];
        assert_eq!(react::match_batch(&db, &ActiveList::default(), &seen, &react::Senders::default()).await.ok(), Some(1));

        db.seals().put(Vec::new());
        let [meanwhile] = meanwhile.as_slice() else { panic!("{meanwhile:?}") };
        assert_eq!(heard(&db, since).await, (vec![active(meanwhile, "QQQ1111")], since + 1), "what is over stays over");
        assert_eq!(heard(&db, since + 1).await, (vec![], since + 1));
    })
    .await;
}
