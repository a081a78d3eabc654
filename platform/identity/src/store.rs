//! SQL about people: actors, invitations, passkeys, sessions.

use std::collections::HashMap;

use shouhu_events::Event;
use shouhu_ids::{ActorId, Micros, SessionId, UnitId};
use shouhu_module::Person;
use shouhu_store::{Row, Store, StoreError, Tx, Value, page_before, params, placeholders, tag_of};
use shouhu_wire::{AccessChange, Role};
use webauthn_rs::prelude::Passkey;

use crate::model::Actor;
use crate::passkeys::KeyFacts;
use crate::pending;
use crate::session::{ABSOLUTE_US, IDLE_US, Known, PER_ACTOR_MAX};

/// Ids in one question to the database; both have a limit on parameters.
const IDS_PER_QUERY: usize = 200;
/// How long ended sessions, with their addresses, used links and trust alerts are kept for whoever asks what happened.
const KEPT_US: i64 = 30 * Micros::DAY;

pub struct NewActor<'a> {
    pub id: ActorId,
    pub name: &'a str,
    pub role: Role,
    pub unit: Option<UnitId>,
    pub by: Option<ActorId>,
    pub token_hash: &'a str,
    pub expires_at: Micros,
}

pub async fn insert_actor(tx: &mut Tx, now: Micros, new: &NewActor<'_>) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO identity_actor (id, name, role, unit, invited_at_us, invited_by) VALUES ($1, $2, $3, $4, $5, $6)",
        params![new.id, new.name, tag_of(&new.role), new.unit, now, new.by],
    )
    .await?;
    tx.execute(
        "INSERT INTO identity_invitation (token_hash, actor, expires_at_us) VALUES ($1, $2, $3)",
        params![new.token_hash, new.id, new.expires_at],
    )
    .await?;
    Ok(())
}

/// What a link leads to.
pub struct Invited {
    pub actor: ActorId,
    pub name: String,
    pub role: Role,
    pub unit: Option<UnitId>,
    pub office: Option<String>,
    pub is_disabled: bool,
    pub is_used: bool,
    pub expires_at: Micros,
}

pub async fn invited(store: &Store, token_hash: &str) -> Result<Option<Invited>, StoreError> {
    let row = store
        .fetch_opt(
            "SELECT a.id, a.name, a.role, a.unit, a.office, a.disabled_at_us, i.used_at_us, i.expires_at_us \
             FROM identity_invitation i JOIN identity_actor a ON a.id = i.actor WHERE i.token_hash = $1",
            params![token_hash],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Invited {
        actor: row.parsed("id")?,
        name: row.text("name")?,
        role: row.tag("role")?,
        unit: row.opt_parsed("unit")?,
        office: row.opt_text("office")?,
        is_disabled: row.opt_micros("disabled_at_us")?.is_some(),
        is_used: row.opt_micros("used_at_us")?.is_some(),
        expires_at: row.micros("expires_at_us")?,
    }))
}

/// Uses a link up. False when somebody was first, it expired, or its person was disabled.
pub async fn use_invitation(tx: &mut Tx, now: Micros, token_hash: &str, actor: ActorId) -> Result<bool, StoreError> {
    let used = tx
        .execute(
            "UPDATE identity_invitation SET used_at_us = $1 WHERE token_hash = $2 AND used_at_us IS NULL AND expires_at_us > $1",
            params![now, token_hash],
        )
        .await?;
    let enrolled = tx
        .execute("UPDATE identity_actor SET enrolled_at_us = $1 WHERE id = $2 AND disabled_at_us IS NULL", params![now, actor])
        .await?;
    Ok(used == 1 && enrolled == 1)
}

pub struct NewPasskey<'a> {
    /// The credential id, base64url.
    pub id: &'a str,
    pub actor: ActorId,
    pub passkey: &'a Passkey,
    pub facts: &'a KeyFacts,
    /// What the force calls the model.
    pub model: Option<&'a str>,
}

/// False when a key of that id is known already, whoever's it is.
pub async fn insert_passkey(tx: &mut Tx, now: Micros, new: &NewPasskey<'_>) -> Result<bool, StoreError> {
    let json = serde_json::to_string(new.passkey)
        .map_err(|e| StoreError::Corrupt { what: "passkey", detail: e.to_string() })?;
    let facts = new.facts;
    let (aaguid, is_eligible, is_backed_up) = (facts.aaguid.map(|id| id.to_string()), facts.is_backup_eligible.map(i64::from), facts.is_backed_up.map(i64::from));
    let inserted = tx
        .execute(
            "INSERT INTO identity_passkey (id, actor, passkey, created_at_us, aaguid, is_attested, model, is_backup_eligible, is_backed_up) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING",
            params![new.id, new.actor, json, now, aaguid, facts.is_attested, new.model, is_eligible, is_backed_up],
        )
        .await?;
    Ok(inserted == 1)
}

/// What is known of a key; also of one from before it was kept, of which that is nothing.
pub fn facts_of(row: &Row) -> Result<KeyFacts, StoreError> {
    let truth = |column: &str| Ok::<_, StoreError>(row.opt_int(column)?.map(|value| value != 0));
    Ok(KeyFacts {
        aaguid: row.opt_parsed("aaguid")?,
        is_attested: truth("is_attested")?.unwrap_or(false),
        is_backup_eligible: truth("is_backup_eligible")?,
        is_backed_up: truth("is_backed_up")?,
    })
}

/// A key with the person whose it is.
pub struct KnownPasskey {
    pub actor: Actor,
    pub passkey: Passkey,
    pub facts: KeyFacts,
}

/// A key with the person whose it is; nobody when that person is disabled.
pub async fn passkey_of(store: &Store, id: &str, actor: ActorId) -> Result<Option<KnownPasskey>, StoreError> {
    let row = store
        .fetch_opt(
            "SELECT a.id, a.name, a.role, a.unit, a.office, a.enrolled_at_us, a.disabled_at_us, a.last_seen_at_us, p.passkey, \
             p.aaguid, p.is_attested, p.is_backup_eligible, p.is_backed_up \
             FROM identity_passkey p JOIN identity_actor a ON a.id = p.actor \
             WHERE p.id = $1 AND p.actor = $2 AND a.disabled_at_us IS NULL",
            params![id, actor],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(KnownPasskey { actor: Actor::of(&row)?, passkey: row.json("passkey")?, facts: facts_of(&row)? }))
}

/// A key has signed: its counter, and whether it is shared, are as it said.
pub async fn passkey_used(tx: &mut Tx, now: Micros, id: &str, passkey: &Passkey, facts: &KeyFacts) -> Result<(), StoreError> {
    let json = serde_json::to_string(passkey)
        .map_err(|e| StoreError::Corrupt { what: "passkey", detail: e.to_string() })?;
    let sql = "UPDATE identity_passkey SET passkey = $2, used_at_us = $3, is_backup_eligible = $4, is_backed_up = $5 WHERE id = $1";
    tx.execute(sql, params![id, json, now, facts.is_backup_eligible.map(i64::from), facts.is_backed_up.map(i64::from)]).await?;
    Ok(())
}

/// A key as the list of people shows it.
pub struct ListedPasskey {
    pub actor: ActorId,
    pub facts: KeyFacts,
    pub model: Option<String>,
    pub created_at: Micros,
    pub used_at: Option<Micros>,
}

/// The keys of these people, each one's newest first.
pub async fn passkeys(store: &Store, actors: &[ActorId]) -> Result<Vec<ListedPasskey>, StoreError> {
    let mut found = Vec::new();
    for some in actors.chunks(IDS_PER_QUERY) {
        let sql = format!(
            "SELECT actor, aaguid, is_attested, model, is_backup_eligible, is_backed_up, created_at_us, used_at_us FROM identity_passkey \
             WHERE actor IN ({}) ORDER BY created_at_us DESC, id DESC",
            placeholders(1..=some.len())
        );
        for row in store.fetch(&sql, some.iter().map(|id| Value::from(*id)).collect()).await? {
            found.push(ListedPasskey {
                actor: row.parsed("actor")?,
                facts: facts_of(&row)?,
                model: row.opt_text("model")?,
                created_at: row.micros("created_at_us")?,
                used_at: row.opt_micros("used_at_us")?,
            });
        }
    }
    Ok(found)
}

pub struct BegunSession<'a> {
    pub id: SessionId,
    pub actor: ActorId,
    pub token_hash: &'a str,
    pub key: &'a str,
    /// The address of the browser, as far as it is known.
    pub from: Option<&'a str>,
    /// The issuer by whose word it begins; `None`: a passkey was touched.
    pub issuer: Option<&'a str>,
    /// That passkey.
    pub passkey: Option<&'a str>,
}

pub async fn insert_session(tx: &mut Tx, now: Micros, begun: &BegunSession<'_>) -> Result<(), StoreError> {
    let BegunSession { id, actor, token_hash, key, from, issuer, passkey } = *begun;
    // Signing in with a passkey is the first verification; another's word is none, and makes no address one that the person has proved.
    let (verified_at, verified_from) = if issuer.is_some() { (None, None) } else { (Some(now), from) };
    tx.execute(
        "INSERT INTO identity_session (id, actor, token_hash, created_at_us, seen_at_us, expires_at_us, proof_key, verified_at_us, \
         signed_in_from, verified_from, last_from, begun_by, passkey) VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $8, $10, $11)",
        params![id, actor, token_hash, now, now.plus(ABSOLUTE_US), key, verified_at, from, verified_from, issuer, passkey],
    )
    .await?;
    tx.execute(
        "UPDATE identity_session SET ended_at_us = $2 WHERE actor = $1 AND ended_at_us IS NULL AND id NOT IN \
         (SELECT id FROM identity_session WHERE actor = $1 AND ended_at_us IS NULL ORDER BY created_at_us DESC, id DESC LIMIT $3)",
        params![actor, now, PER_ACTOR_MAX],
    )
    .await?;
    tx.execute("UPDATE identity_actor SET last_seen_at_us = $2 WHERE id = $1", params![actor, now]).await?;
    Ok(())
}

/// One without a key was begun before keys were asked for, and opens nothing.
pub const LIVE: &str = "s.proof_key IS NOT NULL AND s.ended_at_us IS NULL AND s.expires_at_us > $2 AND s.seen_at_us > $3 AND a.disabled_at_us IS NULL";

/// A live session with its person.
pub async fn session(store: &Store, now: Micros, token_hash: &str) -> Result<Option<Known>, StoreError> {
    let sql = format!(
        "SELECT s.id AS session, s.seen_at_us, s.expires_at_us, s.proof_key, a.id, a.name, a.role, a.unit, a.office \
         FROM identity_session s JOIN identity_actor a ON a.id = s.actor WHERE s.token_hash = $1 AND {LIVE}"
    );
    let row = store.fetch_opt(&sql, params![token_hash, now, now.plus(-IDLE_US)]).await?;
    row.map(|row| known_of(&row)).transpose()
}

fn known_of(row: &Row) -> Result<Known, StoreError> {
    let seen_at = row.micros("seen_at_us")?;
    let person = Person {
        id: row.parsed("id")?,
        name: row.text("name")?,
        role: row.tag("role")?,
        unit: row.opt_parsed("unit")?,
        office: row.opt_text("office")?,
        session: row.parsed("session")?,
        session_expires_at: row.micros("expires_at_us")?.min(seen_at.plus(IDLE_US)),
    };
    Ok(Known { person, seen_at, key: row.text("proof_key")? })
}

pub async fn is_session_live(store: &Store, now: Micros, session: SessionId) -> Result<bool, StoreError> {
    let sql = format!("SELECT s.id FROM identity_session s JOIN identity_actor a ON a.id = s.actor WHERE s.id = $1 AND {LIVE}");
    Ok(store.fetch_opt(&sql, params![session, now, now.plus(-IDLE_US)]).await?.is_some())
}

pub async fn session_seen(store: &Store, now: Micros, person: &Person, seen_before: Micros) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    let sql = "UPDATE identity_session SET seen_at_us = $2 WHERE id = $1 AND seen_at_us = $3 AND ended_at_us IS NULL";
    tx.execute(sql, params![person.session, now, seen_before]).await?;
    tx.execute("UPDATE identity_actor SET last_seen_at_us = $2 WHERE id = $1", params![person.id, now]).await?;
    tx.commit().await
}

pub async fn end_session(tx: &mut Tx, now: Micros, session: SessionId) -> Result<(), StoreError> {
    tx.execute("UPDATE identity_session SET ended_at_us = $2 WHERE id = $1 AND ended_at_us IS NULL", params![session, now]).await?;
    Ok(())
}

/// Disables a person and ends every session. False when there is no such person.
pub async fn disable(tx: &mut Tx, now: Micros, actor: ActorId, by: ActorId) -> Result<bool, StoreError> {
    if tx.fetch_opt("SELECT id FROM identity_actor WHERE id = $1", params![actor]).await?.is_none() {
        return Ok(false);
    }
    let sql = "UPDATE identity_actor SET disabled_at_us = $2, disabled_by = $3 WHERE id = $1 AND disabled_at_us IS NULL";
    let is_news = tx.execute(sql, params![actor, now, by]).await? == 1;
    let sql = "UPDATE identity_session SET ended_at_us = $2 WHERE actor = $1 AND ended_at_us IS NULL";
    tx.execute(sql, params![actor, now]).await?;
    if is_news {
        tx.emit(&Event::AccessChanged { actor, session: None, change: AccessChange::Disabled }).await?;
    }
    Ok(true)
}

pub async fn set_unit(store: &Store, actor: ActorId, unit: Option<UnitId>) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.execute("UPDATE identity_actor SET unit = $2 WHERE id = $1", params![actor, unit]).await?;
    tx.commit().await
}

/// In which office a person serves. False when there is no such person.
pub async fn set_office(store: &Store, actor: ActorId, office: Option<&str>) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let changed = tx.execute("UPDATE identity_actor SET office = $2 WHERE id = $1", params![actor, office]).await?;
    tx.commit().await?;
    Ok(changed == 1)
}

/// People, newest first; `before` is the id of the last one of the page before.
pub async fn actors(store: &Store, before: Option<ActorId>, limit: i64) -> Result<Vec<Actor>, StoreError> {
    let before = page_before(before);
    let rows = store
        .fetch(
            "SELECT id, name, role, unit, office, enrolled_at_us, disabled_at_us, last_seen_at_us FROM identity_actor \
             WHERE id < $1 ORDER BY id DESC LIMIT $2",
            params![before, limit],
        )
        .await?;
    rows.iter().map(Actor::of).collect()
}

pub async fn names(store: &Store, actors: &[ActorId]) -> Result<HashMap<ActorId, String>, StoreError> {
    let mut names = HashMap::new();
    for some in actors.chunks(IDS_PER_QUERY) {
        let sql = format!("SELECT id, name FROM identity_actor WHERE id IN ({})", placeholders(1..=some.len()));
        for row in store.fetch(&sql, some.iter().map(|id| Value::from(*id)).collect()).await? {
            names.insert(row.parsed("id")?, row.text("name")?);
        }
    }
    Ok(names)
}

/// Operators who can sign in.
pub async fn operators(store: &Store) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM identity_actor \
               WHERE role = 'operator' AND enrolled_at_us IS NOT NULL AND disabled_at_us IS NULL";
    store.fetch_one(sql, vec![]).await?.int("n")
}

/// Forgets sessions, links and trust alerts that were over long ago, and challenges that are over.
pub async fn purge(store: &Store, now: Micros) -> Result<u64, StoreError> {
    let before = now.plus(-KEPT_US);
    let mut tx = store.begin().await?;
    let sessions = tx.execute("DELETE FROM identity_session WHERE expires_at_us < $1", params![before]).await?;
    let links = tx.execute("DELETE FROM identity_invitation WHERE expires_at_us < $1", params![before]).await?;
    let alerts = tx.execute("DELETE FROM identity_trust_alert WHERE at_us < $1", params![before]).await?;
    let challenges = pending::forget_over(store, &mut tx, now).await?.unwrap_or(0);
    tx.commit().await?;
    Ok(sessions + links + alerts + challenges)
}
