//! Claims about seals, on both databases.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::Arc;

use shouhu_env::{BoxFuture, Env, SimClock};
use shouhu_ids::{ActorId, Micros, SessionId};
use shouhu_module::ports::{People, Serving};
use shouhu_module::{Keyed, Person, Problem};
use shouhu_plate::Plate;
use shouhu_store::Eyes;
use shouhu_store::testing::on_each_database;
use shouhu_wire::Role;

use super::store::{ask, decide, extend, lift, list, one};
use super::{AskSeal, DecideSeal, ExtendSeal, LiftSeal, SealError, SealState, TERM_DAYS_MAX, WAITS_US, keep};
use crate::MODULE;

const NOW: Micros = Micros(20_000 * Micros::DAY);
const OFFICES: [&str; 3] = ["偵查隊", "偵查隊", "督察室"];

/// Two of one office and one of another, each a chief.
struct Three;

fn actor(number: u8) -> ActorId {
    ActorId::new(Micros(1), [number; 16])
}

fn chief(number: u8) -> Person {
    let office = OFFICES.get(usize::from(number)).map(|office| (*office).to_owned());
    let session = SessionId::new(Micros(1), [number; 16]);
    Person { id: actor(number), name: format!("chief {number}"), role: Role::Supervisor, unit: None, office, session, session_expires_at: NOW }
}

impl People for Three {
    fn everybody(&self) -> BoxFuture<'static, Result<Vec<Serving>, Problem>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn one(&self, id: ActorId) -> BoxFuture<'static, Result<Option<Serving>, Problem>> {
        let found = (0..3).map(chief).find(|chief| chief.id == id);
        let found = found.map(|chief| Serving { id: chief.id, name: chief.name, role: chief.role, office: chief.office });
        Box::pin(async move { Ok(found) })
    }
}

fn asked() -> AskSeal {
    AskSeal {
        case_ref: "115-密-77".into(),
        plates: vec!["QWE-7319".into(), "qwe7319".into()],
        members: vec![actor(0)],
        decider: actor(2),
        reason: "臥底偵查用車".into(),
        until_us: NOW.plus(100 * Micros::DAY),
    }
}

fn key<T>(result: Result<T, SealError>) -> &'static str {
    result.err().map_or("", |error| error.key())
}

fn why() -> LiftSeal {
    LiftSeal { reason: "案件已偵結".into() }
}

const YES: fn() -> DecideSeal = || DecideSeal { is_sealed: true, note: String::new() };

fn hides(store: &shouhu_store::Store, eyes: Eyes, plate: &str) -> bool {
    let plate = Plate::parse(plate).unwrap();
    store.seals().veil(eyes, || store.env().now()).is_some_and(|veil| veil.hides(&plate))
}

#[tokio::test]
async fn two_of_different_offices_seal_and_two_lift_and_between_a_sealed_plate_is_hidden() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let until = store.env().now().plus(100 * Micros::DAY);
        let asked = || AskSeal { until_us: until, ..asked() };
        let refused = async |changed: AskSeal| key(ask(&store, &Three, &chief(0), &changed).await);
        assert_eq!(refused(AskSeal { case_ref: "1-7".into(), ..asked() }).await, "oversight.seal.case");
        assert_eq!(refused(AskSeal { plates: vec![], ..asked() }).await, "oversight.seal.plates");
        assert_eq!(refused(AskSeal { plates: vec!["AB1".into()], ..asked() }).await, "oversight.seal.plates");
        assert_eq!(refused(AskSeal { members: vec![actor(9)], ..asked() }).await, "oversight.seal.members");
        assert_eq!(refused(AskSeal { reason: "密".into(), ..asked() }).await, "oversight.seal.text");
        assert_eq!(refused(AskSeal { until_us: store.env().now(), ..asked() }).await, "oversight.seal.until");
        assert_eq!(refused(AskSeal { until_us: until.plus(TERM_DAYS_MAX * Micros::DAY), ..asked() }).await, "oversight.seal.until");
        assert_eq!(refused(AskSeal { decider: actor(0), ..asked() }).await, "oversight.seal.same_person");
        assert_eq!(refused(AskSeal { decider: actor(1), ..asked() }).await, "oversight.seal.same_office");
        assert_eq!(refused(AskSeal { decider: actor(9), ..asked() }).await, "oversight.seal.decider");
        let homeless = Person { office: None, ..chief(0) };
        assert_eq!(key(ask(&store, &Three, &homeless, &asked()).await), "oversight.seal.no_office");

        let seal = ask(&store, &Three, &chief(0), &asked()).await.unwrap();
        let id = seal.shown.id;
        keep::refresh(&store).await.unwrap();
        assert!(!hides(&store, Eyes::Nobody, "QWE-7319"), "one person alone seals nothing");
        assert_eq!(seal.shown_to(actor(1)).content, None, "a colleague of the asker learns nothing");
        assert_eq!(seal.shown_to(actor(0)).content.unwrap().plates, ["QWE-7319"]);
        assert!(seal.shown_to(actor(2)).is_mine_to_decide);
        assert_eq!(key(decide(&store, &chief(1), id, &YES()).await), "http.not_found");
        assert_eq!(key(decide(&store, &chief(0), id, &YES()).await), "oversight.seal.same_person");
        assert_eq!(key(lift(&store, &chief(0), id, &why()).await), "oversight.seal.settled");
        assert_eq!(decide(&store, &chief(2), id, &YES()).await.unwrap().shown.state, SealState::InForce);
        assert_eq!(key(decide(&store, &chief(2), id, &YES()).await), "oversight.seal.settled");
        keep::refresh(&store).await.unwrap();
        assert!(hides(&store, Eyes::Nobody, "QWE-7319") && hides(&store, Eyes::Person(actor(1)), "QWE-7319"));
        assert!(!hides(&store, Eyes::Person(actor(0)), "QWE-7319"));
        assert!(hides(&store, Eyes::Person(actor(2)), "QWE-7319"), "who decides knows that it is sealed, and sees none of it");

        assert_eq!(key(lift(&store, &chief(1), id, &why()).await), "http.not_found");
        assert!(lift(&store, &chief(0), id, &why()).await.unwrap().shown.is_lift_asked);
        assert_eq!(key(lift(&store, &chief(0), id, &why()).await), "oversight.seal.same_person");
        assert_eq!(one(&store, id).await.unwrap().shown.state, SealState::InForce);
        assert_eq!(lift(&store, &chief(2), id, &why()).await.unwrap().shown.state, SealState::Lifted);
        keep::refresh(&store).await.unwrap();
        assert!(!hides(&store, Eyes::Nobody, "QWE-7319"));
        assert_eq!(list(&store).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_seal_ends_by_its_day_is_extended_once_and_an_unanswered_question_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SimClock::starting_at(NOW));
    let env = Env { clock: clock.clone(), ..Env::real() };
    let store = shouhu_store::Store::open(&format!("sqlite:{}", folder.path().join("a.db").display()), env).await.unwrap();
    store.migrate(&[shouhu_store::OUTBOX_MIGRATIONS, MODULE.schema()]).await.unwrap();
    let id = ask(&store, &Three, &chief(0), &asked()).await.unwrap().shown.id;
    decide(&store, &chief(2), id, &YES()).await.unwrap();
    let longer = |days: i64| ExtendSeal { until_us: NOW.plus(days * Micros::DAY) };
    assert_eq!(key(extend(&store, &chief(0), id, &longer(200)).await), "oversight.seal.same_person");
    assert_eq!(key(extend(&store, &chief(2), id, &longer(50)).await), "oversight.seal.until", "not shorter");
    assert_eq!(extend(&store, &chief(2), id, &longer(200)).await.unwrap().shown.ends_at_us, longer(200).until_us);
    assert_eq!(key(extend(&store, &chief(2), id, &longer(300)).await), "oversight.seal.extended_once");
    keep::refresh(&store).await.unwrap();
    clock.advance_us(199 * Micros::DAY);
    assert!(hides(&store, Eyes::Nobody, "QWE-7319"));
    clock.advance_us(Micros::DAY);
    assert!(!hides(&store, Eyes::Nobody, "QWE-7319"), "it ends though nobody has looked");
    assert_eq!(one(&store, id).await.unwrap().shown.state, SealState::Ended);

    let again = AskSeal { until_us: NOW.plus(300 * Micros::DAY), ..asked() };
    let id = ask(&store, &Three, &chief(0), &again).await.unwrap().shown.id;
    clock.advance_us(WAITS_US);
    assert_eq!(key(decide(&store, &chief(2), id, &YES()).await), "oversight.seal.settled");
}
