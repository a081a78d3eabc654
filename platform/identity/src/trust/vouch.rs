//! What the house may say of a session to its own tools (ADR 0026): whose it is and when the passkey was touched, as long as the session itself opens anything here.

use shouhu_ids::{Micros, SessionId};
use shouhu_module::{App, Person};
use shouhu_store::{Row, StoreError, Value, params, placeholders};
use shouhu_trust::Verdict;

use super::settings;
use crate::session::IDLE_US;
use crate::store::LIVE;

/// Sessions in one question to the database; both have a limit on parameters.
const IDS_PER_QUERY: usize = 200;

/// A live session that trust has not blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    pub person: Person,
    /// When the passkey was last touched; `None` while only an identity provider has said whose it is.
    pub verified_at: Option<Micros>,
    /// It is over by then, whatever is done.
    pub ends_at: Micros,
}

fn vouched_of(row: &Row, now: Micros) -> Result<Vouched, StoreError> {
    let (seen_at, ends_at) = (row.micros("seen_at_us")?, row.micros("expires_at_us")?);
    let verified_at = row.opt_micros("verified_at_us")?;
    // One from before verifications were noted was begun by a passkey.
    let was_touched = row.opt_text("begun_by")?.is_none();
    let begun_at = row.micros("created_at_us")?;
    Ok(Vouched {
        person: Person {
            id: row.parsed("id")?,
            name: row.text("name")?,
            role: row.tag("role")?,
            unit: row.opt_parsed("unit")?,
            office: row.opt_text("office")?,
            session: row.parsed("session")?,
            session_expires_at: ends_at.min(seen_at.plus(IDLE_US)),
        },
        // A clock that was set back must not make a touch lie ahead.
        verified_at: verified_at.or(was_touched.then_some(begun_at)).map(|at| at.min(now)),
        ends_at,
    })
}

/// The session, if the house vouches for it. Asking is no use of it: it does not keep it from becoming idle.
///
/// # Errors
/// When the database fails.
pub async fn vouched(app: &App, session: SessionId) -> Result<Option<Vouched>, StoreError> {
    let now = app.env.now();
    let sql = format!(
        "SELECT s.id AS session, s.created_at_us, s.seen_at_us, s.expires_at_us, s.verified_at_us, s.begun_by, s.trust_verdict, \
         a.id, a.name, a.role, a.unit, a.office \
         FROM identity_session s JOIN identity_actor a ON a.id = s.actor WHERE s.id = $1 AND {LIVE}"
    );
    let Some(row) = app.store.fetch_opt(&sql, params![session, now, now.plus(-IDLE_US)]).await? else { return Ok(None) };
    let verdict: Verdict = row.opt_tag("trust_verdict")?.unwrap_or_default();
    if verdict == Verdict::Block && settings::of(app).is_enforced {
        return Ok(None);
    }
    vouched_of(&row, now).map(Some)
}

/// Which of these sessions were taken back: signed out, ended by a person or by trust, blocked, of an account that was closed, or older than a shift. One that is idle
/// is not: whoever works in a tool touches nothing here, and the tool has a screen of its own to lock.
///
/// # Errors
/// When the database fails.
pub async fn taken_back(app: &App, sessions: &[SessionId]) -> Result<Vec<SessionId>, StoreError> {
    let (now, is_enforced) = (app.env.now(), settings::of(app).is_enforced);
    let but_blocked = if is_enforced { "AND COALESCE(s.trust_verdict, 'allow') <> 'block'" } else { "" };
    let mut gone = Vec::new();
    for some in sessions.chunks(IDS_PER_QUERY) {
        let sql = format!(
            "SELECT s.id AS session FROM identity_session s JOIN identity_actor a ON a.id = s.actor \
             WHERE s.ended_at_us IS NULL AND s.expires_at_us > $1 AND a.disabled_at_us IS NULL {but_blocked} AND s.id IN ({})",
            placeholders(2..some.len() + 2)
        );
        let mut values = params![now];
        values.extend(some.iter().map(|id| Value::from(*id)));
        let rows = app.store.fetch(&sql, values).await?;
        let going_on = rows.iter().map(|row| row.parsed("session")).collect::<Result<Vec<SessionId>, StoreError>>()?;
        gone.extend(some.iter().filter(|id| !going_on.contains(id)));
    }
    Ok(gone)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;
    use shouhu_wire::Role;

    use super::*;
    use crate::harness::{Harness, SimPerson, on_each};
    use crate::session::ABSOLUTE_US;
    use crate::trust::TrustSettings;

    async fn session(h: &Harness, person: &SimPerson) -> SessionId {
        h.session_of(&person.cookie).await
    }

    async fn block(h: &Harness, session: SessionId) {
        let mut tx = h.app.store.begin().await.unwrap();
        tx.execute("UPDATE identity_session SET trust_verdict = 'block' WHERE id = $1", params![session]).await.unwrap();
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn a_live_session_is_vouched_for_with_the_moment_of_its_last_touch() {
        on_each(|h| async move {
            let person = h.person(Role::Detective).await;
            let (session, now) = (session(&h, &person).await, h.app.env.now());
            let said = vouched(&h.app, session).await.unwrap().unwrap();
            assert_eq!((said.person.id, said.person.role, said.verified_at), (person.id, Role::Detective, Some(now)));
            assert_eq!(said.ends_at, now.plus(ABSOLUTE_US));
            assert_eq!(taken_back(&h.app, &[session]).await.unwrap(), []);

            h.advance(IDLE_US + Micros::SECOND);
            assert_eq!(vouched(&h.app, session).await.unwrap(), None, "idle");
            assert_eq!(taken_back(&h.app, &[session]).await.unwrap(), [], "which takes nothing back");
            h.advance(ABSOLUTE_US);
            assert_eq!(taken_back(&h.app, &[session]).await.unwrap(), [session], "the shift is over");
        })
        .await;
    }

    #[tokio::test]
    async fn what_is_signed_out_disabled_or_blocked_is_taken_back() {
        on_each(|h| async move {
            let (leaver, closed, blocked, other) =
                (h.person(Role::Officer).await, h.person(Role::Officer).await, h.person(Role::Officer).await, h.person(Role::Officer).await);
            let operator = h.person(Role::Operator).await;
            let all = [session(&h, &leaver).await, session(&h, &closed).await, session(&h, &blocked).await, session(&h, &other).await];
            let [left, disabled, held, good] = all;
            assert_eq!(h.post_with_cookie(&leaver.cookie, "/v1/identity/sign-out", json!({})).await.status, 204);
            let disable = format!("/v1/identity/actors/{}/disable", closed.id);
            assert_eq!(h.post_with_cookie(&operator.cookie, &disable, json!({})).await.status, 204);
            block(&h, held).await;
            for session in [left, disabled, held] {
                assert_eq!(vouched(&h.app, session).await.unwrap(), None);
            }
            assert!(vouched(&h.app, good).await.unwrap().is_some());
            assert_eq!(taken_back(&h.app, &all).await.unwrap(), [left, disabled, held]);
            let nobodys = h.app.env.id(SessionId::new);
            assert_eq!(taken_back(&h.app, &[nobodys]).await.unwrap(), [nobodys]);
            assert_eq!(taken_back(&h.app, &[]).await.unwrap(), []);

            h.app.put(TrustSettings::parse("is_enforced = false").unwrap());
            assert!(vouched(&h.app, held).await.unwrap().is_some(), "a house that only watches blocks nobody");
            assert_eq!(taken_back(&h.app, &[held]).await.unwrap(), []);
        })
        .await;
    }
}
