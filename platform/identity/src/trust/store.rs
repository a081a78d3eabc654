//! SQL about trust: a session's own row, and alerts.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_events::Event;
use shouhu_ids::{ActorId, Micros, SessionId, TrustAlertId};
use shouhu_store::{Row, Store, StoreError, Tx, params, tag_of};
use shouhu_trust::{Passkey, Reason, SignalName, Signals, Standing, Told, Verdict, assess};
use shouhu_wire::{AccessChange, Role};

use super::Look;
use crate::passkeys::KeyFacts;
use crate::session::IDLE_US;
use crate::store::{LIVE, facts_of};

/// Sessions that are shown at once; more than these at one time is an attack, of which the newest say enough.
const SESSIONS_SHOWN: i64 = 200;
const ALERTS_SHOWN: i64 = 100;

/// What the session's row says about trust.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRow {
    pub created_at: Micros,
    /// Where no passkey was touched yet, the sign-in.
    pub verified_at: Micros,
    /// An identity provider has said whose it is, and no passkey was touched since.
    pub is_untouched: bool,
    /// Of the passkey that was touched last; `None` where none was, or nobody noted which.
    pub passkey: Option<KeyFacts>,
    pub verified_from: Option<IpAddr>,
    pub last_from: Option<IpAddr>,
    /// Without its calm, which is kept in memory.
    pub standing: Standing,
    /// By a transmitter of shared signals.
    pub told: Told,
}

/// Reasons and gaps, as they are stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TrustWhy")]
pub struct Why {
    /// The heaviest first.
    pub reasons: Vec<Reason>,
    /// What was not known, and so took nothing.
    pub unknown: Vec<SignalName>,
}

/// `None` when the session has ended.
pub async fn row(store: &Store, session: SessionId) -> Result<Option<SessionRow>, StoreError> {
    let sql = "SELECT s.created_at_us, s.verified_at_us, s.begun_by, s.verified_from, s.last_from, s.trust_verdict, s.trust_since_us, s.told, \
               p.id AS passkey_id, p.aaguid, p.is_attested, p.is_backup_eligible, p.is_backed_up \
               FROM identity_session s LEFT JOIN identity_passkey p ON p.id = s.passkey WHERE s.id = $1 AND s.ended_at_us IS NULL";
    store.fetch_opt(sql, params![session]).await?.as_ref().map(row_of).transpose()
}

fn row_of(row: &Row) -> Result<SessionRow, StoreError> {
    let created_at = row.micros("created_at_us")?;
    let verdict = row.opt_tag("trust_verdict")?.unwrap_or_default();
    let since = row.opt_micros("trust_since_us")?.unwrap_or(created_at);
    let verified_at = row.opt_micros("verified_at_us")?;
    Ok(SessionRow {
        created_at,
        verified_at: verified_at.unwrap_or(created_at),
        is_untouched: verified_at.is_none() && row.opt_text("begun_by")?.is_some(),
        passkey: row.opt_text("passkey_id")?.map(|_| facts_of(row)).transpose()?,
        verified_from: row.opt_parsed("verified_from")?,
        last_from: row.opt_parsed("last_from")?,
        standing: Standing { verdict, since, calm_since: None },
        told: row.opt_tag("told")?.unwrap_or_default(),
    })
}

/// A live session, with whether it crews a unit.
pub struct LiveSession {
    pub id: SessionId,
    pub row: SessionRow,
    pub has_unit: bool,
}

/// The live sessions of a person, which no other transaction changes before this one is done.
pub async fn live_of(tx: &mut Tx, now: Micros, actor: ActorId) -> Result<Vec<LiveSession>, StoreError> {
    // On PostgreSQL it holds the rows still.
    tx.execute("UPDATE identity_session SET told = told WHERE actor = $1 AND ended_at_us IS NULL", params![actor]).await?;
    let sql = format!(
        "SELECT s.id AS session, s.created_at_us, s.verified_at_us, s.begun_by, s.verified_from, s.last_from, s.trust_verdict, s.trust_since_us, s.told, a.unit, \
         p.id AS passkey_id, p.aaguid, p.is_attested, p.is_backup_eligible, p.is_backed_up FROM identity_session s JOIN identity_actor a ON a.id = s.actor \
         LEFT JOIN identity_passkey p ON p.id = s.passkey WHERE s.actor = $1 AND {LIVE} ORDER BY s.id"
    );
    let live = tx.fetch(&sql, params![actor, now, now.plus(-IDLE_US)]).await?;
    live.iter().map(|row| Ok(LiveSession { id: row.parsed("session")?, row: row_of(row)?, has_unit: row.opt_text("unit")?.is_some() })).collect()
}

/// Notes what was told about a session's person; a revocation stays one whatever is told after it.
pub async fn told(tx: &mut Tx, session: SessionId, told: Told) -> Result<(), StoreError> {
    let sql = "UPDATE identity_session SET told = CASE WHEN told = 'revoked' THEN told ELSE $2 END WHERE id = $1 AND ended_at_us IS NULL";
    tx.execute(sql, params![session, tag_of(&told)]).await?;
    Ok(())
}

/// Says of a session that begins by another's word what its first request would find: no alert, because nothing has changed.
pub async fn untouched(tx: &mut Tx, now: Micros, session: SessionId) -> Result<(), StoreError> {
    let assessment = assess(&Signals { passkey: Some(Passkey::Untouched), ..Signals::default() });
    let why = Why { reasons: assessment.reasons.clone(), unknown: Vec::new() };
    let why = serde_json::to_string(&why).map_err(|e| StoreError::Corrupt { what: "trust", detail: e.to_string() })?;
    let sql = "UPDATE identity_session SET trust_verdict = $2, trust_since_us = $3, trust_score = $4, trust_why = $5 WHERE id = $1";
    tx.execute(sql, params![session, assessment.verdict().as_str(), now, i64::from(assessment.score), why]).await?;
    Ok(())
}

pub struct NewChange<'a> {
    pub id: TrustAlertId,
    pub session: SessionId,
    pub actor: ActorId,
    pub from: Option<IpAddr>,
    pub seen: &'a Look,
    pub ends: bool,
}

/// Writes a change into the session, with its alert and its event. False when another request was first.
pub async fn change(tx: &mut Tx, now: Micros, new: &NewChange<'_>) -> Result<bool, StoreError> {
    let (before, after) = (new.seen.row.standing.verdict, new.seen.standing);
    let assessment = &new.seen.assessment;
    let why = Why { reasons: assessment.reasons.clone(), unknown: assessment.unknown.clone() };
    let why = serde_json::to_string(&why).map_err(|e| StoreError::Corrupt { what: "trust", detail: e.to_string() })?;
    let (score, ended_at) = (i64::from(assessment.score), new.ends.then_some(now));
    let sql = "UPDATE identity_session SET trust_verdict = $2, trust_since_us = $3, trust_score = $4, trust_why = $5, ended_at_us = $6 \
               WHERE id = $1 AND COALESCE(trust_verdict, 'allow') = $7 AND ended_at_us IS NULL";
    let values = params![new.session, after.verdict.as_str(), after.since, score, &why, ended_at, before.as_str()];
    if tx.execute(sql, values).await? == 0 {
        return Ok(false);
    }
    let from = new.from.map(|ip| ip.to_canonical().to_string());
    tx.execute(
        "INSERT INTO identity_trust_alert (id, session, actor, at_us, verdict_before, verdict, score, why, came_from, has_ended) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![new.id, new.session, new.actor, now, before.as_str(), after.verdict.as_str(), score, &why, from, i64::from(new.ends)],
    )
    .await?;
    tx.emit(&Event::TrustChanged { session: new.session, is_worse: new.ends || after.verdict > before }).await?;
    Ok(true)
}

/// The person has touched the key here. A verdict that fell by a clock that was ahead counts as fallen before it.
pub async fn verified(tx: &mut Tx, now: Micros, session: SessionId, from: Option<IpAddr>) -> Result<bool, StoreError> {
    let from = from.map(|ip| ip.to_canonical().to_string());
    let sql = "UPDATE identity_session SET verified_at_us = $2, verified_from = COALESCE($3, verified_from), last_from = COALESCE($3, last_from), \
               trust_since_us = CASE WHEN trust_since_us > $2 THEN $2 ELSE trust_since_us END, \
               told = CASE WHEN told = 'revoked' THEN told END WHERE id = $1 AND ended_at_us IS NULL";
    Ok(tx.execute(sql, params![session, now, from]).await? == 1)
}

/// Which passkey that was.
pub async fn touched(tx: &mut Tx, session: SessionId, passkey: &str) -> Result<(), StoreError> {
    tx.execute("UPDATE identity_session SET passkey = $2 WHERE id = $1", params![session, passkey]).await?;
    Ok(())
}

pub async fn moved(store: &Store, session: SessionId, from: Option<IpAddr>) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    let from = from.map(|ip| ip.to_string());
    tx.execute("UPDATE identity_session SET last_from = $2 WHERE id = $1", params![session, from]).await?;
    tx.commit().await
}

/// Ends one session by a person's word. False when it is over already.
pub async fn end(tx: &mut Tx, now: Micros, session: SessionId) -> Result<bool, StoreError> {
    let sql = "UPDATE identity_session SET ended_at_us = $2 WHERE id = $1 AND ended_at_us IS NULL RETURNING actor";
    let Some(row) = tx.fetch_opt(sql, params![session, now]).await? else { return Ok(false) };
    tx.emit(&Event::TrustChanged { session, is_worse: true }).await?;
    tx.emit(&Event::AccessChanged { actor: row.parsed("actor")?, session: Some(session), change: AccessChange::EndedByPerson }).await?;
    Ok(true)
}

/// A live session that is not trusted as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionTrust {
    pub session: SessionId,
    pub actor: ActorId,
    pub name: String,
    pub role: Role,
    pub verdict: Verdict,
    /// When the verdict fell; the next request may say otherwise.
    pub score: u8,
    pub since_us: Micros,
    pub verified_at_us: Option<Micros>,
    /// Blocked, and not ended because somebody may need it to help: a person decides.
    pub is_held: bool,
    pub why: Why,
}

/// A change of a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrustAlert {
    pub id: TrustAlertId,
    pub session: SessionId,
    pub actor: ActorId,
    pub name: String,
    pub at_us: Micros,
    pub before: Verdict,
    pub verdict: Verdict,
    pub score: u8,
    pub why: Why,
    /// The address of the request that showed it.
    pub came_from: Option<String>,
    pub has_ended: bool,
}

fn score_of(row: &Row) -> Result<u8, StoreError> {
    Ok(u8::try_from(row.opt_int("score")?.unwrap_or(0)).unwrap_or(0))
}

fn session_of(row: &Row) -> Result<SessionTrust, StoreError> {
    let verdict = row.tag("trust_verdict")?;
    Ok(SessionTrust {
        session: row.parsed("session")?,
        actor: row.parsed("actor")?,
        name: row.text("name")?,
        role: row.tag("role")?,
        verdict,
        score: score_of(row)?,
        since_us: row.micros("trust_since_us")?,
        verified_at_us: row.opt_micros("verified_at_us")?,
        is_held: verdict == Verdict::Block,
        why: row.json("why")?,
    })
}

/// Live sessions that are not simply allowed, the latest first.
pub async fn sessions(store: &Store, now: Micros) -> Result<Vec<SessionTrust>, StoreError> {
    let sql = format!(
        "SELECT s.id AS session, a.id AS actor, a.name, a.role, s.trust_verdict, s.trust_score AS score, s.trust_since_us, s.verified_at_us, \
         s.trust_why AS why FROM identity_session s JOIN identity_actor a ON a.id = s.actor \
         WHERE s.trust_verdict IS NOT NULL AND s.trust_verdict <> $1 AND {LIVE} ORDER BY s.trust_since_us DESC, s.id DESC LIMIT {SESSIONS_SHOWN}"
    );
    let values = params![tag_of(&Verdict::Allow), now, now.plus(-IDLE_US)];
    store.fetch(&sql, values).await?.iter().map(session_of).collect()
}

fn alert_of(row: &Row) -> Result<TrustAlert, StoreError> {
    Ok(TrustAlert {
        id: row.parsed("id")?,
        session: row.parsed("session")?,
        actor: row.parsed("actor")?,
        name: row.text("name")?,
        at_us: row.micros("at_us")?,
        before: row.tag("verdict_before")?,
        verdict: row.tag("verdict")?,
        score: score_of(row)?,
        why: row.json("why")?,
        came_from: row.opt_text("came_from")?,
        has_ended: row.truth("has_ended")?,
    })
}

/// The newest first.
pub async fn alerts(store: &Store) -> Result<Vec<TrustAlert>, StoreError> {
    let sql = format!(
        "SELECT t.id, t.session, t.actor, a.name, t.at_us, t.verdict_before, t.verdict, t.score, t.why, t.came_from, t.has_ended \
         FROM identity_trust_alert t JOIN identity_actor a ON a.id = t.actor ORDER BY t.at_us DESC, t.id DESC LIMIT {ALERTS_SHOWN}"
    );
    store.fetch(&sql, vec![]).await?.iter().map(alert_of).collect()
}
