//! Changes of whom the house believes: one person asks, another decides.
//!
//! Whoever could name a maker of TPMs alone could make that maker, and with it any number of believed devices; whoever could end the demand to
//! attest alone needs no TPM at all. Taking a maker's trust away needs one person: it must not wait.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{ActorId, Micros, TrustChangeId};
use shouhu_store::{Row, Store, StoreError, Tx, params, tag_of};
use shouhu_wire::DeviceKind;

use super::store;

/// What nobody has approved by then must be asked for anew.
pub const TERM_US: i64 = 7 * Micros::DAY;
/// More do not wait at once: thirty makers of TPMs exist, and three kinds of device.
const WAITING_MAX: i64 = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrustAct {
    /// Believe a maker of TPMs.
    TrustMaker,
    /// A kind of device must attest.
    Demand,
    /// It need not any more.
    DemandNoMore,
}

/// A maker of TPMs as it was shown to whoever asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maker {
    pub subject: String,
    /// DER, base64.
    pub certificate: String,
}

pub struct NewChange<'a> {
    pub id: TrustChangeId,
    pub act: TrustAct,
    pub subject: &'a str,
    pub maker: Option<&'a Maker>,
    pub reason: &'a str,
    pub by: ActorId,
}

/// One that waits for another person's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub id: TrustChangeId,
    pub act: TrustAct,
    pub subject: String,
    pub maker: Option<Maker>,
    pub reason: String,
    pub asked_by: ActorId,
    pub asked_at: Micros,
    pub expires_at: Micros,
}

const CHANGE: &str = "id, act, subject, maker, reason, asked_by, asked_at_us, expires_at_us";

fn change_of(row: &Row) -> Result<Change, StoreError> {
    Ok(Change {
        id: row.parsed("id")?,
        act: row.tag("act")?,
        subject: row.text("subject")?,
        maker: row.opt_text("maker")?.map(|_| row.json("maker")).transpose()?,
        reason: row.text("reason")?,
        asked_by: row.parsed("asked_by")?,
        asked_at: row.micros("asked_at_us")?,
        expires_at: row.micros("expires_at_us")?,
    })
}

/// False when a change of the same thing waits already.
pub async fn ask(tx: &mut Tx, now: Micros, new: &NewChange<'_>) -> Result<bool, StoreError> {
    let maker = new.maker.map(serde_json::to_string).transpose();
    let maker = maker.map_err(|e| StoreError::Corrupt { what: "maker", detail: e.to_string() })?;
    // One that nobody decided in time makes room for the next.
    let sql = "UPDATE identity_trust_change SET state = 'expired' WHERE subject = $1 AND state = 'waiting' AND expires_at_us <= $2";
    tx.execute(sql, params![new.subject, now]).await?;
    let asked = tx
        .execute(
            "INSERT INTO identity_trust_change (id, act, subject, maker, reason, asked_by, asked_at_us, expires_at_us, state) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting') ON CONFLICT DO NOTHING",
            params![new.id, tag_of(&new.act), new.subject, maker, new.reason, new.by, now, now.plus(TERM_US)],
        )
        .await?;
    Ok(asked == 1)
}

/// Those that wait, oldest first.
pub async fn waiting(store: &Store, now: Micros) -> Result<Vec<Change>, StoreError> {
    let sql =
        format!("SELECT {CHANGE} FROM identity_trust_change WHERE state = 'waiting' AND expires_at_us > $1 ORDER BY asked_at_us, id LIMIT {WAITING_MAX}");
    store.fetch(&sql, params![now]).await?.iter().map(change_of).collect()
}

/// `None` when it is over, or never was.
pub async fn one(tx: &mut Tx, now: Micros, id: TrustChangeId) -> Result<Option<Change>, StoreError> {
    let sql = format!("SELECT {CHANGE} FROM identity_trust_change WHERE id = $1 AND state = 'waiting' AND expires_at_us > $2");
    tx.fetch_opt(&sql, params![id, now]).await?.map(|row| change_of(&row)).transpose()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// By another person than who asked: the statement itself says so.
    Approved,
    /// By who asked.
    Withdrawn,
    /// By another person.
    Refused,
}

/// False when somebody was first, or it has expired.
pub async fn decide(tx: &mut Tx, now: Micros, id: TrustChangeId, decision: Decision, by: ActorId) -> Result<bool, StoreError> {
    let (state, is_own) = match decision {
        Decision::Approved => ("approved", false),
        Decision::Withdrawn => ("withdrawn", true),
        Decision::Refused => ("refused", false),
    };
    let who = if is_own { "asked_by = $4" } else { "asked_by <> $4" };
    let sql = format!(
        "UPDATE identity_trust_change SET state = $2, decided_by = $4, decided_at_us = $3 \
         WHERE id = $1 AND state = 'waiting' AND expires_at_us > $3 AND {who}"
    );
    Ok(tx.execute(&sql, params![id, state, now, by]).await? == 1)
}

/// Brings an approved change into force; the second person is the one who answers for it.
pub async fn carry_out(tx: &mut Tx, now: Micros, change: &Change, by: ActorId) -> Result<(), StoreError> {
    match (change.act, &change.maker) {
        (TrustAct::TrustMaker, Some(maker)) => store::believe_maker(tx, now, &change.subject, maker, by).await,
        (TrustAct::TrustMaker, None) => Err(StoreError::Corrupt { what: "maker", detail: "a change without its certificate".into() }),
        (TrustAct::Demand | TrustAct::DemandNoMore, _) => {
            let kind: DeviceKind = serde_json::from_value(serde_json::Value::String(change.subject.clone()))
                .map_err(|e| StoreError::Corrupt { what: "kind of device", detail: e.to_string() })?;
            store::set_required(tx, now, kind, change.act == TrustAct::Demand, by).await
        }
    }
}
