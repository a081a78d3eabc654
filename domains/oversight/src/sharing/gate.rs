//! Oversight's answer to the port: written down, then let through or not.

use shouhu_env::BoxFuture;
use shouhu_ids::Micros;
use shouhu_module::Problem;
use shouhu_module::ports::{Direction, Sharing, SharingGate};
use shouhu_store::{Store, StoreError, Tx, params};

use super::{SharingError, WITHOUT_AGREEMENT_US};

#[derive(Clone)]
pub struct Gate {
    pub store: Store,
}

impl SharingGate for Gate {
    fn pass(&self, sharing: Sharing) -> BoxFuture<'static, Result<(), Problem>> {
        let store = self.store.clone();
        Box::pin(async move { Ok(pass(&store, &sharing).await?) })
    }
}

/// # Errors
/// When the partner is off, has no agreement any more, or the ledger cannot be written: nothing passes then.
pub async fn pass(store: &Store, sharing: &Sharing) -> Result<(), SharingError> {
    let now = store.env().now();
    let mut tx = store.begin().await?;
    let (judged, agreement) = judged(&mut tx, sharing, now).await?;
    let direction = match sharing.direction {
        Direction::Out => "out",
        Direction::In => "in",
    };
    let (passed, refused) = (i64::from(judged.is_ok()), i64::from(judged.is_err()));
    tx.execute(
        "INSERT INTO oversight_shared (partner, hour, direction, kind, agreement, passed, refused) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (partner, hour, direction, kind, agreement) \
         DO UPDATE SET passed = oversight_shared.passed + excluded.passed, refused = oversight_shared.refused + excluded.refused",
        params![&sharing.partner.key, now.0.div_euclid(Micros::HOUR), direction, &sharing.kind, agreement, passed, refused],
    )
    .await?;
    tx.commit().await?;
    judged
}

/// The row of the partner is locked: what is switched off waits for what is just passing, and nothing passes after it.
async fn judged(tx: &mut Tx, sharing: &Sharing, now: Micros) -> Result<(Result<(), SharingError>, i64), StoreError> {
    let partner = &sharing.partner;
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
    } else if until <= now && !sharing.is_life {
        Err(SharingError::NoAgreement)
    } else {
        Ok(())
    };
    Ok((judged, number))
}
