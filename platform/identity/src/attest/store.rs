//! SQL about attestation.

use serde::{Deserialize, Serialize};
use shouhu_attest::TpmClock;
use shouhu_events::Event;
use shouhu_ids::{ActorId, DeviceId, Micros};
use shouhu_store::{Row, Store, StoreError, Tx, params, tag_of};
use shouhu_wire::{DeviceKind, RestrictionReason};

use super::Values;
use super::change::Maker;

/// A TPM that a device shows and has not yet proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    pub ek_fingerprint: String,
    pub maker: String,
    pub ak_public: String,
    /// SHA-256 of the secret that only this TPM can open, hex.
    pub secret_hash: String,
}

pub struct Challenge {
    pub nonce: String,
    pub binding: Option<Binding>,
}

fn json_of(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Corrupt { what: "attestation", detail: e.to_string() })
}

/// Asks; what was asked before is void.
pub async fn ask(tx: &mut Tx, device: DeviceId, challenge: &Challenge, expires_at: Micros) -> Result<(), StoreError> {
    let binding = challenge.binding.as_ref().map(json_of).transpose()?;
    tx.execute(
        "INSERT INTO identity_attestation_challenge (device, nonce, expires_at_us, binding) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (device) DO UPDATE SET nonce = excluded.nonce, expires_at_us = excluded.expires_at_us, binding = excluded.binding",
        params![device, &challenge.nonce, expires_at, binding],
    )
    .await?;
    Ok(())
}

/// Takes out what was asked, so that it is answered once. `None`: nothing was, or it has expired.
pub async fn answer(tx: &mut Tx, now: Micros, device: DeviceId) -> Result<Option<Challenge>, StoreError> {
    let sql = "DELETE FROM identity_attestation_challenge WHERE device = $1 RETURNING nonce, expires_at_us, binding";
    let Some(row) = tx.fetch_opt(sql, params![device]).await? else { return Ok(None) };
    if row.micros("expires_at_us")? <= now {
        return Ok(None);
    }
    let binding = row.opt_text("binding")?.map(|_| row.json("binding")).transpose()?;
    Ok(Some(Challenge { nonce: row.text("nonce")?, binding }))
}

/// What is known of a device's TPM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    pub device: DeviceId,
    pub ek_fingerprint: String,
    pub maker: String,
    pub ak_public: String,
    pub bound_at: Micros,
    pub accepted: Option<Values>,
    pub first_accepted_at: Option<Micros>,
    pub accepted_at: Option<Micros>,
    pub accepted_by: Option<ActorId>,
    pub accepted_reason: Option<String>,
    pub measured: Values,
    pub measured_at: Micros,
    pub clock: TpmClock,
    pub rebooted_at: Option<Micros>,
    pub good_at: Micros,
    pub proposed_by: Option<ActorId>,
    pub proposed_reason: Option<String>,
}

const BOUND: &str = "device, ek_fingerprint, maker, ak_public, bound_at_us, accepted, first_accepted_at_us, accepted_at_us, accepted_by, \
     accepted_reason, measured, measured_at_us, clock_ms, reset_count, restart_count, is_safe, rebooted_at_us, good_at_us, proposed_by, proposed_reason";

/// 64 bits of the TPM's clock are more than SQL has; it counts milliseconds, so that nothing is lost before the year 292 million.
fn big(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn count(row: &Row, column: &'static str) -> Result<u32, StoreError> {
    u32::try_from(row.int(column)?).map_err(|e| StoreError::Corrupt { what: column, detail: e.to_string() })
}

fn bound_of(row: &Row) -> Result<Bound, StoreError> {
    let clock_ms = u64::try_from(row.int("clock_ms")?).map_err(|e| StoreError::Corrupt { what: "clock_ms", detail: e.to_string() })?;
    Ok(Bound {
        device: row.parsed("device")?,
        ek_fingerprint: row.text("ek_fingerprint")?,
        maker: row.text("maker")?,
        ak_public: row.text("ak_public")?,
        bound_at: row.micros("bound_at_us")?,
        accepted: row.opt_text("accepted")?.map(|_| row.json("accepted")).transpose()?,
        first_accepted_at: row.opt_micros("first_accepted_at_us")?,
        accepted_at: row.opt_micros("accepted_at_us")?,
        accepted_by: row.opt_parsed("accepted_by")?,
        accepted_reason: row.opt_text("accepted_reason")?,
        measured: row.json("measured")?,
        measured_at: row.micros("measured_at_us")?,
        clock: TpmClock {
            clock_ms,
            reset_count: count(row, "reset_count")?,
            restart_count: count(row, "restart_count")?,
            is_safe: row.truth("is_safe")?,
        },
        rebooted_at: row.opt_micros("rebooted_at_us")?,
        good_at: row.micros("good_at_us")?,
        proposed_by: row.opt_parsed("proposed_by")?,
        proposed_reason: row.opt_text("proposed_reason")?,
    })
}

pub async fn bound(tx: &mut Tx, device: DeviceId) -> Result<Option<Bound>, StoreError> {
    let sql = format!("SELECT {BOUND} FROM identity_attestation WHERE device = $1 AND released_at_us IS NULL");
    tx.fetch_opt(&sql, params![device]).await?.map(|row| bound_of(&row)).transpose()
}

/// Of those devices that have a TPM.
pub async fn bound_among(store: &Store, devices: &str, ids: Vec<shouhu_store::Value>) -> Result<Vec<Bound>, StoreError> {
    let sql = format!("SELECT {BOUND} FROM identity_attestation WHERE released_at_us IS NULL AND device IN ({devices})");
    store.fetch(&sql, ids).await?.iter().map(bound_of).collect()
}

/// Whether another device that is not revoked has that TPM.
pub async fn is_taken(tx: &mut Tx, ek_fingerprint: &str, by_other_than: DeviceId) -> Result<bool, StoreError> {
    let sql = "SELECT device FROM identity_attestation WHERE ek_fingerprint = $1 AND device <> $2 AND released_at_us IS NULL";
    Ok(tx.fetch_opt(sql, params![ek_fingerprint, by_other_than]).await?.is_some())
}

/// What a believed quote said.
pub struct Measured<'a> {
    pub values: &'a Values,
    pub clock: TpmClock,
}

/// Binds a device to its TPM, or gives the TPM that it has a new attestation key.
pub async fn bind(tx: &mut Tx, now: Micros, device: DeviceId, tpm: &Binding, measured: &Measured<'_>) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO identity_attestation (device, ek_fingerprint, maker, ak_public, bound_at_us, measured, measured_at_us, clock_ms, reset_count, \
         restart_count, is_safe, good_at_us) VALUES ($1, $2, $3, $4, $5, $6, $5, $7, $8, $9, $10, $5) \
         ON CONFLICT (device) DO UPDATE SET ak_public = excluded.ak_public, maker = excluded.maker",
        params![
            device,
            &tpm.ek_fingerprint,
            &tpm.maker,
            &tpm.ak_public,
            now,
            json_of(measured.values)?,
            big(measured.clock.clock_ms),
            measured.clock.reset_count,
            measured.clock.restart_count,
            measured.clock.is_safe
        ],
    )
    .await?;
    Ok(())
}

/// Keeps what a believed quote said. False when another quote of the device was kept since `known` was read.
pub async fn measure(tx: &mut Tx, now: Micros, known: &Bound, measured: &Measured<'_>, outcome: &Outcome) -> Result<bool, StoreError> {
    let kept = tx
        .execute(
            "UPDATE identity_attestation SET measured = $2, measured_at_us = $3, clock_ms = $4, reset_count = $5, restart_count = $6, is_safe = $7, \
             good_at_us = CASE WHEN $8 = 1 THEN $3 ELSE good_at_us END, rebooted_at_us = CASE WHEN $9 = 1 THEN $3 ELSE rebooted_at_us END, \
             proposed_by = CASE WHEN measured = $2 THEN proposed_by ELSE NULL END \
             WHERE device = $1 AND clock_ms = $10 AND reset_count = $11 AND restart_count = $12 AND released_at_us IS NULL",
            params![
                known.device,
                json_of(measured.values)?,
                now,
                big(measured.clock.clock_ms),
                measured.clock.reset_count,
                measured.clock.restart_count,
                measured.clock.is_safe,
                outcome.is_good,
                outcome.has_rebooted,
                big(known.clock.clock_ms),
                known.clock.reset_count,
                known.clock.restart_count
            ],
        )
        .await?;
    Ok(kept == 1)
}

pub struct Outcome {
    pub is_good: bool,
    pub has_rebooted: bool,
}

/// A first person's word for a changed state. False when something else was measured since, or somebody was first.
pub async fn propose(tx: &mut Tx, now: Micros, known: &Bound, by: ActorId, reason: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE identity_attestation SET proposed_by = $2, proposed_at_us = $3, proposed_reason = $4 \
               WHERE device = $1 AND measured = $5 AND proposed_by IS NULL AND released_at_us IS NULL";
    Ok(tx.execute(sql, params![known.device, by, now, reason, json_of(&known.measured)?]).await? == 1)
}

/// Makes the measured state the accepted one. A TPM that had turned back counts from its next quote on: else its old clock would refuse
/// it for ever. False when something else was measured, or somebody was first.
pub async fn accept(tx: &mut Tx, now: Micros, known: &Bound, by: ActorId, reason: &str) -> Result<bool, StoreError> {
    let has_turned_back = open_restriction(tx, known.device).await? == Some(RestrictionReason::TurnedBack);
    let sql = "UPDATE identity_attestation SET accepted = measured, accepted_at_us = $2, accepted_by = $3, accepted_reason = $4, \
               first_accepted_at_us = COALESCE(first_accepted_at_us, $2), clock_ms = CASE WHEN $7 = 1 THEN 0 ELSE clock_ms END, \
               reset_count = CASE WHEN $7 = 1 THEN 0 ELSE reset_count END, restart_count = CASE WHEN $7 = 1 THEN 0 ELSE restart_count END, \
               good_at_us = measured_at_us, proposed_by = NULL, proposed_at_us = NULL, proposed_reason = NULL \
               WHERE device = $1 AND measured = $5 AND COALESCE(accepted_at_us, 0) = $6 AND released_at_us IS NULL";
    let before = known.accepted_at.unwrap_or(Micros(0));
    Ok(tx.execute(sql, params![known.device, now, by, reason, json_of(&known.measured)?, before, has_turned_back]).await? == 1)
}

/// The restriction that lasts, and why.
pub async fn open_restriction(tx: &mut Tx, device: DeviceId) -> Result<Option<RestrictionReason>, StoreError> {
    let sql = "SELECT reason FROM identity_restriction WHERE device = $1 AND until_us IS NULL";
    tx.fetch_opt(sql, params![device]).await?.map(|row| row.tag("reason")).transpose()
}

pub struct NewRestriction<'a> {
    pub device: DeviceId,
    pub reason: RestrictionReason,
    pub since: Micros,
    pub detail: &'a str,
}

/// Restricts a device and tells it. One that ends by itself gives way to one that a person must end; else the first one stands. True when it is news.
pub async fn restrict(tx: &mut Tx, now: Micros, new: &NewRestriction<'_>) -> Result<bool, StoreError> {
    let sql = "INSERT INTO identity_restriction (device, since_us, reason, detail, told_at_us) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    let mut written = tx.execute(sql, params![new.device, new.since, tag_of(&new.reason), new.detail, now]).await?;
    let before = open_restriction(tx, new.device).await?;
    if written == 0 && !super::judge::ends_by_itself(new.reason) && before.is_some_and(super::judge::ends_by_itself) {
        let sql = "UPDATE identity_restriction SET reason = $2, detail = $3, told_at_us = $4 WHERE device = $1 AND until_us IS NULL";
        written = tx.execute(sql, params![new.device, tag_of(&new.reason), new.detail, now]).await?;
    }
    if written == 1 && !super::judge::ends_by_itself(new.reason) {
        // A first word that was given before speaks of something else.
        let sql = "UPDATE identity_attestation SET proposed_by = NULL, proposed_at_us = NULL, proposed_reason = NULL WHERE device = $1";
        tx.execute(sql, params![new.device]).await?;
    }
    if written == 1 {
        tx.emit(&Event::DeviceTrustChanged { device: new.device, restriction: Some(new.reason) }).await?;
    }
    Ok(written == 1)
}

/// Ends the restriction that lasts, and tells it. False when there is none.
pub async fn lift(tx: &mut Tx, now: Micros, device: DeviceId, by: Option<ActorId>) -> Result<bool, StoreError> {
    let sql = "UPDATE identity_restriction SET until_us = $2, ended_by = $3 WHERE device = $1 AND until_us IS NULL";
    let is_lifted = tx.execute(sql, params![device, now, by]).await? == 1;
    if is_lifted {
        tx.emit(&Event::DeviceTrustChanged { device, restriction: None }).await?;
    }
    Ok(is_lifted)
}

/// Bound and accepted devices without a good quote since then, that are not restricted yet.
pub async fn late(store: &Store, before: Micros, limit: i64) -> Result<Vec<(DeviceId, Micros)>, StoreError> {
    let rows = store
        .fetch(
            "SELECT a.device, a.good_at_us FROM identity_attestation a \
             WHERE a.good_at_us < $1 AND a.accepted IS NOT NULL AND a.released_at_us IS NULL AND NOT EXISTS \
             (SELECT 1 FROM identity_restriction r WHERE r.device = a.device AND r.until_us IS NULL) ORDER BY a.good_at_us LIMIT $2",
            params![before, limit],
        )
        .await?;
    rows.iter().map(|row| Ok((row.parsed("device")?, row.micros("good_at_us")?))).collect()
}

/// A revoked device's TPM may serve another.
pub async fn release(tx: &mut Tx, now: Micros, device: DeviceId) -> Result<(), StoreError> {
    tx.execute("UPDATE identity_attestation SET released_at_us = $2 WHERE device = $1 AND released_at_us IS NULL", params![device, now]).await?;
    tx.execute("DELETE FROM identity_attestation_challenge WHERE device = $1", params![device]).await?;
    Ok(())
}

/// Believes a maker from now on, again if it was believed before.
pub async fn believe_maker(tx: &mut Tx, now: Micros, fingerprint: &str, maker: &Maker, by: ActorId) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO identity_tpm_maker (fingerprint, subject, certificate, added_at_us, added_by) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (fingerprint) DO UPDATE SET added_at_us = excluded.added_at_us, added_by = excluded.added_by, \
         removed_at_us = NULL, removed_by = NULL",
        params![fingerprint, &maker.subject, &maker.certificate, now, by],
    )
    .await?;
    Ok(())
}

/// Whether the maker of that certificate is believed now.
pub async fn is_believed(tx: &mut Tx, fingerprint: &str) -> Result<bool, StoreError> {
    let sql = "SELECT fingerprint FROM identity_tpm_maker WHERE fingerprint = $1 AND removed_at_us IS NULL";
    Ok(tx.fetch_opt(sql, params![fingerprint]).await?.is_some())
}

/// Whether a kind must attest now.
pub async fn is_required(tx: &mut Tx, kind: DeviceKind) -> Result<bool, StoreError> {
    let sql = "SELECT kind FROM identity_attestation_policy WHERE kind = $1 AND required_since_us IS NOT NULL";
    Ok(tx.fetch_opt(sql, params![tag_of(&kind)]).await?.is_some())
}

/// Certificates of the makers that are trusted now, base64.
pub async fn makers(store: &Store) -> Result<Vec<String>, StoreError> {
    let rows = store.fetch("SELECT certificate FROM identity_tpm_maker WHERE removed_at_us IS NULL ORDER BY fingerprint", vec![]).await?;
    rows.iter().map(|row| row.text("certificate")).collect()
}

pub async fn set_required(tx: &mut Tx, now: Micros, kind: DeviceKind, is_required: bool, by: ActorId) -> Result<(), StoreError> {
    // The first demand counts: demanding again does not forgive what came in between.
    tx.execute(
        "INSERT INTO identity_attestation_policy (kind, required_since_us, set_at_us, set_by) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (kind) DO UPDATE SET required_since_us = CASE WHEN excluded.required_since_us IS NULL THEN NULL \
         ELSE COALESCE(identity_attestation_policy.required_since_us, excluded.required_since_us) END, \
         set_at_us = excluded.set_at_us, set_by = excluded.set_by",
        params![tag_of(&kind), is_required.then_some(now), now, by],
    )
    .await?;
    Ok(())
}

/// Kinds that must attest, and since when.
pub async fn required(store: &Store) -> Result<Vec<(DeviceKind, Micros)>, StoreError> {
    let sql = "SELECT kind, required_since_us FROM identity_attestation_policy WHERE required_since_us IS NOT NULL ORDER BY kind";
    store.fetch(sql, vec![]).await?.iter().map(|row| Ok((row.tag("kind")?, row.micros("required_since_us")?))).collect()
}
