//! What a transmitter of shared signals says about a person, carried out (ADR 0024): sessions end, are held, or must verify.
//!
//! **Invariant:** a session that crews a unit, or has just acted for somebody's life, is held until a person decides, and ends only by the word of who was
//! set down as one who may end it.
//!
//! **Invariant:** what was told is not told on: no [`shouhu_events::Event::AccessChanged`] follows from it.

use shouhu_ids::{ActorId, Micros, TrustAlertId};
use shouhu_module::App;
use shouhu_store::{StoreError, Tx};
use shouhu_trust::{Signals, Standing, Told, Verdict, assess};

use crate::room::Room;
use crate::trust::Look;
use crate::trust::store::{self, LiveSession, NewChange};

/// The transmitter's clock and ours may differ by so much: a session that began within it after the event is one from before.
pub const SKEW_US: i64 = 5 * Micros::MINUTE;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// The person touches the key again before anything sensitive.
    Verify,
    /// The sessions are over. `may_end`: whoever says it may end one that somebody may need to help.
    Revoked { may_end: bool },
}

/// What became of the person's sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heeded {
    pub ended: u32,
    pub held: u32,
    pub asked: u32,
}

impl Word {
    const fn told(self) -> Told {
        match self {
            Self::Verify => Told::Verify,
            Self::Revoked { .. } => Told::Revoked,
        }
    }

    /// Whether the event can have been about this session: it was there, or was last verified, before it.
    fn is_about(self, session: &LiveSession, occurred_at: Micros) -> bool {
        let began = match self {
            Self::Verify => session.row.verified_at,
            Self::Revoked { .. } => session.row.created_at,
        };
        began <= occurred_at.plus(SKEW_US)
    }
}

/// Does what a believed word says, in the transaction that remembers it. The leaf was written before.
///
/// # Errors
/// When the database fails.
pub async fn heed(app: &App, tx: &mut Tx, actor: ActorId, word: Word, occurred_at: Micros) -> Result<Heeded, StoreError> {
    let now = app.env.now();
    let mut heeded = Heeded::default();
    for session in store::live_of(tx, now, actor).await? {
        if !word.is_about(&session, occurred_at) {
            continue;
        }
        let is_needed = session.has_unit || Room::of(app).keeper.is_at_life(now, session.id);
        let ends = match word {
            Word::Verify => false,
            Word::Revoked { may_end } => may_end || !is_needed,
        };
        match (word, ends) {
            (Word::Verify, _) => heeded.asked += 1,
            (Word::Revoked { .. }, true) => heeded.ended += 1,
            (Word::Revoked { .. }, false) => heeded.held += 1,
        }
        store::told(tx, session.id, word.told()).await?;
        let (id, before) = (session.id, session.row.standing.verdict);
        let seen = look_of(session, word.told(), now);
        if ends || seen.standing.verdict != before {
            let alert = app.env.id(TrustAlertId::new);
            store::change(tx, now, &NewChange { id: alert, session: id, actor, from: None, seen: &seen, ends }).await?;
        }
    }
    Ok(heeded)
}

/// As the next request would find it, of what was told alone: nothing else was looked at, and a verdict does not get lighter by it.
fn look_of(session: LiveSession, told: Told, now: Micros) -> Look {
    let mut assessment = assess(&Signals { told: Some(told), ..Signals::default() });
    assessment.unknown.clear();
    let before = session.row.standing;
    let verdict: Verdict = before.verdict.max(assessment.verdict());
    let standing = if verdict == before.verdict { before } else { Standing { verdict, since: now, calm_since: None } };
    Look { row: session.row, assessment, standing }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use shouhu_ids::UnitId;
    use shouhu_wire::Role;

    use super::*;
    use crate::harness::{Harness, SimPerson, on_each};
    use crate::set_unit;

    async fn heeded(h: &Harness, person: &SimPerson, word: Word, occurred_at: Micros) -> Heeded {
        let mut tx = h.app.store.begin().await.unwrap();
        let heeded = heed(&h.app, &mut tx, person.id, word, occurred_at).await.unwrap();
        tx.commit().await.unwrap();
        heeded
    }

    async fn verdict(h: &Harness, person: &SimPerson) -> Option<Verdict> {
        let session = h.session_of(&person.cookie).await;
        store::row(&h.app.store, session).await.unwrap().map(|row| row.standing.verdict)
    }

    #[tokio::test]
    async fn a_revocation_ends_the_sessions_of_that_person_and_nobody_elses() {
        on_each(|h| async move {
            let (person, other) = (h.person(Role::Detective).await, h.person(Role::Detective).await);
            h.advance(Micros::SECOND);
            let now = h.app.env.now();
            assert_eq!(heeded(&h, &person, Word::Revoked { may_end: false }, now).await, Heeded { ended: 1, held: 0, asked: 0 });
            assert_eq!(h.get_with_cookie(&person.cookie, "/v1/identity/me").await.status, 401);
            assert_eq!(h.get_with_cookie(&other.cookie, "/v1/identity/me").await.status, 200);
            assert_eq!(heeded(&h, &person, Word::Revoked { may_end: true }, now).await, Heeded::default(), "nothing is left to end");
        })
        .await;
    }

    #[tokio::test]
    async fn a_session_that_crews_a_unit_is_held_unless_the_one_who_tells_may_end_it() {
        on_each(|h| async move {
            let person = h.person(Role::Officer).await;
            set_unit(&h.app, person.id, Some(h.app.env.id(UnitId::new))).await.unwrap();
            h.advance(Micros::SECOND);
            let now = h.app.env.now();
            assert_eq!(heeded(&h, &person, Word::Revoked { may_end: false }, now).await, Heeded { ended: 0, held: 1, asked: 0 });
            assert_eq!(verdict(&h, &person).await, Some(Verdict::Block));
            assert_eq!(heeded(&h, &person, Word::Verify, now).await.asked, 1);
            let session = h.session_of(&person.cookie).await;
            let row = store::row(&h.app.store, session).await.unwrap().unwrap();
            assert_eq!(row.told, Told::Revoked, "a lighter word does not take a heavier one back");
            assert_eq!(heeded(&h, &person, Word::Revoked { may_end: true }, now).await.ended, 1);
            assert_eq!(h.get_with_cookie(&person.cookie, "/v1/identity/me").await.status, 401);
        })
        .await;
    }

    #[tokio::test]
    async fn a_session_from_after_the_event_is_left_alone() {
        on_each(|h| async move {
            let person = h.person(Role::Detective).await;
            let before = h.app.env.now().plus(-SKEW_US - 1);
            for word in [Word::Verify, Word::Revoked { may_end: true }] {
                assert_eq!(heeded(&h, &person, word, before).await, Heeded::default());
            }
            assert_eq!(heeded(&h, &person, Word::Verify, before.plus(1)).await.asked, 1);
            assert_eq!(verdict(&h, &person).await, Some(Verdict::StepUp));
        })
        .await;
    }
}
