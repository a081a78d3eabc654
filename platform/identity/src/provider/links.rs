//! SQL: which subject of an issuer is whose account here.

use shouhu_ids::{ActorId, Micros};
use shouhu_store::{Row, Store, StoreError, Tx, params};

use crate::model::Actor;

pub struct NewLink<'a> {
    pub issuer: &'a str,
    pub subject: &'a str,
    pub actor: ActorId,
    pub by: ActorId,
}

/// A subject with the account that it is linked to.
pub struct Link {
    pub issuer: String,
    pub subject: String,
    pub by: ActorId,
    pub at: Micros,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linked {
    /// Also when it was before.
    Done,
    NoSuchPerson,
    /// The subject is another person's, or the person is another subject.
    Taken,
}

pub async fn link(tx: &mut Tx, now: Micros, new: &NewLink<'_>) -> Result<Linked, StoreError> {
    if tx.fetch_opt("SELECT id FROM identity_actor WHERE id = $1", params![new.actor]).await?.is_none() {
        return Ok(Linked::NoSuchPerson);
    }
    let sql = "INSERT INTO identity_provider_link (issuer, subject, actor, linked_by, linked_at_us) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    if tx.execute(sql, params![new.issuer, new.subject, new.actor, new.by, now]).await? == 1 {
        return Ok(Linked::Done);
    }
    let same = "SELECT actor FROM identity_provider_link WHERE issuer = $1 AND subject = $2 AND actor = $3";
    let is_same = tx.fetch_opt(same, params![new.issuer, new.subject, new.actor]).await?.is_some();
    Ok(if is_same { Linked::Done } else { Linked::Taken })
}

/// Takes a link away, and ends the sessions that this issuer's word has begun. The subject; `None` when there was none.
pub async fn unlink(tx: &mut Tx, now: Micros, issuer: &str, actor: ActorId) -> Result<Option<String>, StoreError> {
    let sql = "DELETE FROM identity_provider_link WHERE issuer = $1 AND actor = $2 RETURNING subject";
    let Some(row) = tx.fetch_opt(sql, params![issuer, actor]).await? else { return Ok(None) };
    let sql = "UPDATE identity_session SET ended_at_us = $3 WHERE actor = $1 AND begun_by = $2 AND ended_at_us IS NULL";
    tx.execute(sql, params![actor, issuer, now]).await?;
    row.text("subject").map(Some)
}

/// Who a subject is here: somebody who has enrolled and was not disabled. Names, numbers and addresses that a provider tells beside it find nobody.
pub async fn whose(store: &Store, issuer: &str, subject: &str) -> Result<Option<Actor>, StoreError> {
    let row = store
        .fetch_opt(
            "SELECT a.id, a.name, a.role, a.unit, a.office, a.enrolled_at_us, a.disabled_at_us, a.last_seen_at_us \
             FROM identity_provider_link l JOIN identity_actor a ON a.id = l.actor \
             WHERE l.issuer = $1 AND l.subject = $2 AND a.enrolled_at_us IS NOT NULL AND a.disabled_at_us IS NULL",
            params![issuer, subject],
        )
        .await?;
    row.as_ref().map(Actor::of).transpose()
}

fn link_of(row: &Row) -> Result<Link, StoreError> {
    Ok(Link { issuer: row.text("issuer")?, subject: row.text("subject")?, by: row.parsed("linked_by")?, at: row.micros("linked_at_us")? })
}

/// One for each issuer at most.
pub async fn of(store: &Store, actor: ActorId) -> Result<Vec<Link>, StoreError> {
    let sql = "SELECT issuer, subject, linked_by, linked_at_us FROM identity_provider_link WHERE actor = $1 ORDER BY issuer";
    store.fetch(sql, params![actor]).await?.iter().map(link_of).collect()
}
