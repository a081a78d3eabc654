//! Keeps in memory what is sealed: after every act here, and every few seconds for what other servers of the house have decided.

use std::collections::BTreeSet;
use std::time::Duration;

use shouhu_ids::ActorId;
use shouhu_plate::Plate;
use shouhu_store::{Row, Seal, Store, StoreError, params};

/// For so long another server may show what was just sealed at this one.
pub const LOOK: Duration = Duration::from_secs(2);

/// Reads what is in force and hands it to the store, which every room reads through.
///
/// # Errors
/// When the database fails; what was known stays sealed.
pub async fn refresh(store: &Store) -> Result<(), StoreError> {
    let now = store.env().now();
    let sql = "SELECT id, case_ref, decided_at_us, ends_at_us FROM oversight_seal WHERE state = 'in_force' AND ends_at_us > $1 ORDER BY id";
    let mut seals = Vec::new();
    for row in store.fetch(sql, params![now]).await? {
        let id = row.parsed("id")?;
        let plates = store.fetch("SELECT plate FROM oversight_seal_plate WHERE seal = $1", params![id]).await?;
        let members = store.fetch("SELECT actor FROM oversight_seal_member WHERE seal = $1", params![id]).await?;
        seals.push(Seal {
            id,
            case_ref: row.text("case_ref")?,
            plates: plates.iter().map(|row: &Row| row.parsed::<Plate>("plate")).collect::<Result<_, _>>()?,
            members: members.iter().map(|row: &Row| row.parsed::<ActorId>("actor")).collect::<Result<BTreeSet<_>, _>>()?,
            since: row.micros("decided_at_us")?,
            ends_at: row.micros("ends_at_us")?,
        });
    }
    store.seals().put(seals);
    Ok(())
}

/// Until the process ends.
pub async fn follow(store: Store) {
    loop {
        tokio::time::sleep(LOOK).await;
        if let Err(error) = refresh(&store).await {
            tracing::warn!(%error, "seals were not read; what was sealed stays so");
        }
    }
}
