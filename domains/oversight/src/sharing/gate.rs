//! Oversight's answer to the port: written down, then let through or not.

use shouhu_env::BoxFuture;
use shouhu_ids::Micros;
use shouhu_module::Problem;
use shouhu_module::ports::{Direction, Partner, Sharing, SharingGate, UNNAMED};
use shouhu_store::{Store, StoreError, Tx, params};

use super::{SharingError, WITHOUT_AGREEMENT_US};

#[derive(Clone)]
pub struct Gate {
    pub store: Store,
}

impl SharingGate for Gate {
    fn pass_many(&self, sharing: Sharing, count: u32) -> BoxFuture<'static, Result<(), Problem>> {
        let store = self.store.clone();
        Box::pin(async move { Ok(pass(&store, &sharing, count).await?) })
    }

    fn refuse_if_off(&self, sharing: Sharing) -> BoxFuture<'static, Result<(), Problem>> {
        let store = self.store.clone();
        Box::pin(async move { Ok(refuse_if_off(&store, &sharing).await?) })
    }
}

/// # Errors
/// When the partner is off, has no agreement any more, or the ledger cannot be written: nothing passes then.
pub async fn pass(store: &Store, sharing: &Sharing, count: u32) -> Result<(), SharingError> {
    let now = store.env().now();
    let mut tx = store.begin().await?;
    let partner = resolved(&mut tx, &sharing.partner).await?;
    let (judged, agreement) = judged(&mut tx, &partner, sharing.is_life, now).await?;
    let direction = match sharing.direction {
        Direction::Out => "out",
        Direction::In => "in",
    };
    // Who is refused before anything was counted out was refused once.
    let (passed, refused) = if judged.is_ok() { (i64::from(count), 0) } else { (0, i64::from(count.max(1))) };
    tx.execute(
        "INSERT INTO oversight_shared (partner, hour, direction, kind, agreement, passed, refused) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (partner, hour, direction, kind, agreement) \
         DO UPDATE SET passed = oversight_shared.passed + excluded.passed, refused = oversight_shared.refused + excluded.refused",
        params![&partner.key, now.0.div_euclid(Micros::HOUR), direction, &sharing.kind, agreement, passed, refused],
    )
    .await?;
    tx.commit().await?;
    judged
}

/// # Errors
/// When somebody is off who is known by the partner's title, or the ledger cannot be read or written.
pub async fn refuse_if_off(store: &Store, sharing: &Sharing) -> Result<(), SharingError> {
    let sql = "SELECT id, title FROM oversight_partner WHERE off_at_us IS NOT NULL AND id NOT LIKE 'unnamed %' ORDER BY id";
    for row in store.fetch(sql, vec![]).await? {
        let off = Partner { key: row.text("id")?, title: row.text("title")? };
        if off.reads_as(&sharing.partner) {
            // Judged once more with his row locked, and counted as refused.
            return pass(store, &Sharing { partner: off, ..sharing.clone() }, 1).await;
        }
    }
    Ok(())
}

/// Who is meant where a person said it: whoever is known by that title, under whatever key, and one who is off before one who is not; else the
/// switch would stop a partner's machine and not the person who fetches for it. Titles are compared as people read them: what an operator has
/// written with two spaces is found by one.
async fn resolved(tx: &mut Tx, said: &Partner) -> Result<Partner, SharingError> {
    let mut said = said.clone();
    if said.title.is_empty() {
        let row = tx.fetch_opt("SELECT title FROM oversight_partner WHERE id = $1", params![&said.key]).await?;
        said.title = row.ok_or(SharingError::Unknown)?.text("title")?;
    }
    if said.is_by_name() {
        let sql = "SELECT id, title FROM oversight_partner WHERE id NOT LIKE 'unnamed %' \
                   ORDER BY CASE WHEN off_at_us IS NULL THEN 1 ELSE 0 END, id";
        // A house has a few dozen.
        for row in tx.fetch(sql, vec![]).await? {
            let known = Partner { key: row.text("id")?, title: row.text("title")? };
            if known.reads_as(&said) {
                return Ok(known);
            }
        }
    }
    Ok(said)
}

/// The row of the partner is locked: what is switched off waits for what is just passing, and nothing passes after it.
async fn judged(tx: &mut Tx, partner: &Partner, is_life: bool, now: Micros) -> Result<(Result<(), SharingError>, i64), StoreError> {
    let sql = "INSERT INTO oversight_partner (id, title, since_us) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET title = excluded.title \
               RETURNING since_us, off_at_us";
    let row = tx.fetch(sql, params![&partner.key, &partner.title, now]).await?;
    let (since, off) = match row.first() {
        Some(row) => (row.micros("since_us")?, row.opt_micros("off_at_us")?),
        None => (now, None),
    };
    let sql = "SELECT number, until_us FROM oversight_agreement WHERE partner = $1 ORDER BY number DESC LIMIT 1";
    let last = tx.fetch_opt(sql, params![&partner.key]).await?;
    let (number, until) = match last {
        Some(row) => (row.int("number")?, row.micros("until_us")?),
        None => (0, since.plus(WITHOUT_AGREEMENT_US)),
    };
    let judged = if off.is_some() {
        Err(SharingError::Off)
    } else if until <= now && !is_life && !partner.key.starts_with(UNNAMED) {
        Err(SharingError::NoAgreement)
    } else {
        Ok(())
    };
    Ok((judged, number))
}
