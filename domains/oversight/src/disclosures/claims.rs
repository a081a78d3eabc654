//! Claims about who may decide a disclosure, and when, on both databases.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use shouhu_ids::{ActorId, DisclosureId, Micros, SessionId};
use shouhu_module::{Keyed, Person};
use shouhu_store::testing::on_each_database;
use shouhu_store::{Store, params};
use shouhu_wire::Role;

use super::store::{CLAIM_US, ask, decidable, decide, file, one, waiting};
use super::{AskDisclosure, Disclosure, DisclosureError, DisclosureFile, DisclosureState, Scope};
use crate::MODULE;

fn chief(number: u8) -> Person {
    let session = SessionId::new(Micros(1), [number; 16]);
    let id = ActorId::new(Micros(1), [number; 16]);
    Person { id, name: format!("chief {number}"), role: Role::Supervisor, unit: None, office: None, session, session_expires_at: Micros(i64::MAX) }
}

async fn asked(store: &Store) -> DisclosureId {
    let asked = AskDisclosure {
        request_ref: "公開-115-7".into(),
        basis: "政府資訊公開法第 9 條".into(),
        scope: Scope::Incident { number: "115-1121-0007".into() },
    };
    ask(store, &chief(1), &asked).await.unwrap().id
}

fn made(store: &Store, id: DisclosureId) -> DisclosureFile {
    DisclosureFile {
        disclosure: id,
        made_at_us: store.env().now(),
        log_key: String::new(),
        kept_back: 0,
        entries: Vec::new(),
        statement_zh: String::new(),
        statement_en: String::new(),
    }
}

async fn claim(store: &Store, by: u8, id: DisclosureId) -> Result<Disclosure, DisclosureError> {
    decide(store, &chief(by), id, DisclosureState::Releasing, None, None).await
}

async fn finish(store: &Store, by: u8, id: DisclosureId) -> Result<Disclosure, DisclosureError> {
    decide(store, &chief(by), id, DisclosureState::Released, None, Some(&made(store, id))).await
}

async fn refuse(store: &Store, by: u8, id: DisclosureId) -> Result<Disclosure, DisclosureError> {
    decide(store, &chief(by), id, DisclosureState::Refused, Some("第 18 條"), None).await
}

fn key<T>(result: Result<T, DisclosureError>) -> &'static str {
    result.err().map_or("", |error| error.key())
}

const SETTLED: &str = "oversight.disclosure.settled";

#[tokio::test]
async fn of_two_who_release_at_once_one_wins_and_who_asked_never_does() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let id = asked(&store).await;
        assert_eq!(key(decidable(&store, &chief(1), id).await), "oversight.disclosure.same_person");
        for result in [claim(&store, 1, id).await, refuse(&store, 1, id).await, finish(&store, 2, id).await] {
            assert_eq!(key(result), SETTLED, "neither the asker, nor whoever has not claimed it");
        }
        assert_eq!(one(&store, id).await.unwrap().state, DisclosureState::Asked);
        assert_eq!(claim(&store, 2, id).await.unwrap().state, DisclosureState::Releasing);
        for result in [claim(&store, 3, id).await, claim(&store, 2, id).await, refuse(&store, 3, id).await, finish(&store, 3, id).await] {
            assert_eq!(key(result), SETTLED);
        }
        assert_eq!(key(decidable(&store, &chief(3), id).await), SETTLED);
        assert_eq!(key(file(&store, id).await), "oversight.disclosure.not_released");
        let released = finish(&store, 2, id).await.unwrap();
        assert_eq!((released.state, released.decided_by_name.as_deref()), (DisclosureState::Released, Some("chief 2")));
        for result in [claim(&store, 3, id).await, finish(&store, 2, id).await, refuse(&store, 2, id).await] {
            assert_eq!(key(result), SETTLED, "what is released stays so");
        }
        assert_eq!(file(&store, id).await.unwrap().disclosure, id);
    })
    .await;
}

#[tokio::test]
async fn a_release_that_died_is_taken_over_and_its_dead_hand_finishes_nothing() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let id = asked(&store).await;
        claim(&store, 2, id).await.unwrap();
        assert_eq!(key(waiting(&store, id).await), SETTLED);
        let mut tx = store.begin().await.unwrap();
        let long_ago = store.env().now().plus(-CLAIM_US - Micros::SECOND);
        tx.execute("UPDATE oversight_disclosure SET decided_at_us = $2 WHERE id = $1", params![id, long_ago]).await.unwrap();
        tx.commit().await.unwrap();
        assert!(waiting(&store, id).await.is_ok());
        assert_eq!(key(decidable(&store, &chief(1), id).await), "oversight.disclosure.same_person");
        assert_eq!(key(claim(&store, 1, id).await), SETTLED, "nor by who asked");
        claim(&store, 3, id).await.unwrap();
        assert_eq!(key(finish(&store, 2, id).await), SETTLED);
        assert_eq!(finish(&store, 3, id).await.unwrap().decided_by_name.as_deref(), Some("chief 3"));
        let row = store.fetch_one("SELECT decided_by FROM oversight_disclosure WHERE id = $1", params![id]).await.unwrap();
        assert_eq!(row.text("decided_by").unwrap(), chief(3).id.to_string());
    })
    .await;
}

#[tokio::test]
async fn a_refusal_says_why_and_is_decided_once() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let id = asked(&store).await;
        let refused = refuse(&store, 2, id).await.unwrap();
        assert_eq!((refused.state, refused.reason.as_deref()), (DisclosureState::Refused, Some("第 18 條")));
        assert_eq!(key(claim(&store, 3, id).await), SETTLED);
        assert_eq!(key(file(&store, id).await), "oversight.disclosure.not_released");
    })
    .await;
}
