//! The SQL of partners.

use shouhu_ids::Micros;
use shouhu_module::Person;
use shouhu_module::ports::UNNAMED;
use shouhu_store::{Row, Store, StoreError, params};

use super::{
    AGREED_DAYS_MAX, AgreeSharing, KEPT_DAYS, SharedHour, SharingAgreement, SharingError, SharingPartner, SharingPartnerShown, WITHOUT_AGREEMENT_US, text,
};

const PARTNER: &str = "SELECT p.id, p.title, p.since_us, p.off_at_us, p.off_by_name, p.off_reason, p.on_asked_by_name, p.on_reason, \
     a.basis, a.until_us, a.written_at_us, a.written_by_name, \
     CAST(COALESCE((SELECT SUM(s.passed) FROM oversight_shared s WHERE s.partner = p.id AND s.hour > $1), 0) AS BIGINT) AS passed_day, \
     CAST(COALESCE((SELECT SUM(s.refused) FROM oversight_shared s WHERE s.partner = p.id AND s.hour > $1), 0) AS BIGINT) AS refused_day \
     FROM oversight_partner p LEFT JOIN oversight_agreement a ON a.partner = p.id \
     AND a.number = (SELECT MAX(b.number) FROM oversight_agreement b WHERE b.partner = p.id)";
const HOURS_SHOWN: i64 = 500;
/// A house has a few dozen.
const PARTNERS_SHOWN: i64 = 1_000;

fn hour_of(at: Micros) -> i64 {
    at.0.div_euclid(Micros::HOUR)
}

fn partner_of(row: &Row, now: Micros) -> Result<SharingPartner, StoreError> {
    let agreement = match row.opt_text("basis")? {
        None => None,
        Some(basis) => Some(SharingAgreement {
            basis,
            until_us: row.micros("until_us")?,
            written_at_us: row.micros("written_at_us")?,
            written_by_name: row.text("written_by_name")?,
        }),
    };
    let (since_us, off_at_us) = (row.micros("since_us")?, row.opt_micros("off_at_us")?);
    let id = row.text("id")?;
    // What persons fetch without saying for whom is stopped by its switch and by no date, as the gate has it.
    let is_dated = !id.starts_with(UNNAMED);
    let until = agreement.as_ref().map_or_else(|| since_us.plus(WITHOUT_AGREEMENT_US), |agreement| agreement.until_us);
    Ok(SharingPartner {
        id,
        title: row.text("title")?,
        since_us,
        agreement,
        passes_until_us: (off_at_us.is_none() && is_dated).then_some(until),
        is_stopped: off_at_us.is_some() || (is_dated && until <= now),
        off_at_us,
        off_by_name: row.opt_text("off_by_name")?,
        off_reason: row.opt_text("off_reason")?,
        on_asked_by_name: row.opt_text("on_asked_by_name")?,
        on_reason: row.opt_text("on_reason")?,
        passed_day: row.int("passed_day")?,
        refused_day: row.int("refused_day")?,
    })
}

/// # Errors
/// When the database fails.
pub async fn list(store: &Store) -> Result<Vec<SharingPartner>, StoreError> {
    let now = store.env().now();
    let sql = format!("{PARTNER} ORDER BY p.title, p.id LIMIT {PARTNERS_SHOWN}");
    store.fetch(&sql, params![hour_of(now.plus(-Micros::DAY))]).await?.iter().map(|row| partner_of(row, now)).collect()
}

/// # Errors
/// When there is none, or the database fails.
pub async fn one(store: &Store, id: &str) -> Result<SharingPartner, SharingError> {
    let now = store.env().now();
    let row = store.fetch_opt(&format!("{PARTNER} WHERE p.id = $2"), params![hour_of(now.plus(-Micros::DAY)), id]).await?;
    Ok(partner_of(&row.ok_or(SharingError::Unknown)?, now)?)
}

/// # Errors
/// As [`one`].
pub async fn shown(store: &Store, id: &str) -> Result<SharingPartnerShown, SharingError> {
    let partner = one(store, id).await?;
    let sql = "SELECT s.hour, s.direction, s.kind, s.passed, s.refused, a.basis FROM oversight_shared s \
               LEFT JOIN oversight_agreement a ON a.partner = s.partner AND a.number = s.agreement \
               WHERE s.partner = $1 ORDER BY s.hour DESC, s.direction, s.kind, s.agreement LIMIT $2";
    let hour = |row: &Row| {
        Ok(SharedHour {
            hour: row.int("hour")?,
            direction: row.text("direction")?,
            kind: row.text("kind")?,
            passed: row.int("passed")?,
            refused: row.int("refused")?,
            basis: row.opt_text("basis")?,
        })
    };
    let hours = store.fetch(sql, params![id, HOURS_SHOWN]).await?.iter().map(hour).collect::<Result<_, StoreError>>()?;
    Ok(SharingPartnerShown { partner, hours })
}

/// At once, and by one person alone: nobody is asked before a leak is stopped.
///
/// # Errors
/// When it is off already, or no reason is given.
pub async fn off(store: &Store, person: &Person, id: &str, reason: &str) -> Result<SharingPartner, SharingError> {
    let reason = text(reason)?;
    one(store, id).await?;
    let mut tx = store.begin().await?;
    let sql = "UPDATE oversight_partner SET off_at_us = $2, off_by_name = $3, off_reason = $4, on_asked_by = NULL, on_asked_by_name = NULL, \
               on_reason = NULL WHERE id = $1 AND off_at_us IS NULL";
    if tx.execute(sql, params![id, store.env().now(), &person.name, reason]).await? == 0 {
        return Err(SharingError::Settled);
    }
    tx.commit().await?;
    one(store, id).await
}

/// The first person asks, the second does it.
///
/// # Errors
/// When it is on, or the same person asks twice.
pub async fn on(store: &Store, person: &Person, id: &str, reason: &str) -> Result<SharingPartner, SharingError> {
    let reason = text(reason)?;
    if one(store, id).await?.off_at_us.is_none() {
        return Err(SharingError::Settled);
    }
    let mut tx = store.begin().await?;
    let second = "UPDATE oversight_partner SET off_at_us = NULL, on_asked_by = NULL, on_asked_by_name = NULL, on_reason = NULL \
                  WHERE id = $1 AND off_at_us IS NOT NULL AND on_asked_by IS NOT NULL AND on_asked_by <> $2";
    if tx.execute(second, params![id, person.id]).await? == 0 {
        let first = "UPDATE oversight_partner SET on_asked_by = $2, on_asked_by_name = $3, on_reason = $4 \
                     WHERE id = $1 AND off_at_us IS NOT NULL AND on_asked_by IS NULL";
        if tx.execute(first, params![id, person.id, &person.name, reason]).await? == 0 {
            return Err(SharingError::SamePerson);
        }
    }
    tx.commit().await?;
    one(store, id).await
}

/// Writes down a new agreement; the one before stays in the ledger of the hours that it was for.
///
/// # Errors
/// When it says nothing, or ends never or too late.
pub async fn agree(store: &Store, person: &Person, id: &str, asked: &AgreeSharing) -> Result<SharingPartner, SharingError> {
    let (basis, now) = (text(&asked.basis)?, store.env().now());
    let ahead_us = asked.until_us.since(now);
    if !(Micros::DAY..=AGREED_DAYS_MAX * Micros::DAY).contains(&ahead_us) {
        return Err(SharingError::Until);
    }
    let mut tx = store.begin().await?;
    // Locks the partner: two agreements at once get two numbers.
    if tx.execute("UPDATE oversight_partner SET title = title WHERE id = $1", params![id]).await? == 0 {
        return Err(SharingError::Unknown);
    }
    let sql = "INSERT INTO oversight_agreement (partner, number, basis, until_us, written_at_us, written_by_name) \
               SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $3, $4, $5 FROM oversight_agreement WHERE partner = $1";
    tx.execute(sql, params![id, basis, asked.until_us, now, &person.name]).await?;
    tx.commit().await?;
    one(store, id).await
}

/// # Errors
/// When the database fails.
pub async fn forget(store: &Store) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    let before = hour_of(store.env().now().plus(-KEPT_DAYS * Micros::DAY));
    tx.execute("DELETE FROM oversight_shared WHERE hour < $1", params![before]).await?;
    tx.commit().await
}
