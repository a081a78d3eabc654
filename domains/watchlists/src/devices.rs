//! What devices hold of the list: plates in force, less those that are sealed (`docs/adr/0020-sealed-cases.md`).
//!
//! Whoever holds a device or its disk reads its list. So an entry of a sealed plate, whoever wrote it, is matched by the server alone, when the
//! passage arrives; devices are told what they would be told of an entry that was withdrawn, and get it again when the seal is over.
//!
//! **Invariant:** what becomes of an entry that is kept back (approval, withdrawal, expiry) is in no delta: a second end of one entry would
//! tell that the first was none.
//! **Invariant:** no delta has the pattern of an entry that is not in force: a device that was away learns no plate from its end.

use shouhu_ids::{EntryId, Micros};
use shouhu_plate::Pattern;
use shouhu_store::{Eyes, Row, Store, StoreError, Veil, params};
use shouhu_wire::DeltaEntry;

use crate::model::EntryState;
use crate::store::{Change, next_versions, pattern_of};

/// Every seal in force, whoever asks: a device has no eyes of its own.
#[must_use]
pub fn veil(store: &Store) -> Option<Veil> {
    store.seals().veil(Eyes::Nobody, || store.env().now())
}

/// SQL that is 1 for an entry whose plate is sealed now, and 0 for others. Patterns with wildcards name no plate.
#[must_use]
pub fn is_sealed_now(store: &Store) -> String {
    match sealed(store) {
        literals if literals.is_empty() => "0".to_owned(),
        literals => format!("CASE WHEN pattern IN ({literals}) THEN 1 ELSE 0 END"),
    }
}

fn sealed(store: &Store) -> String {
    veil(store).map(|veil| veil.literals()).unwrap_or_default()
}

/// Takes what has been sealed since back from devices, and gives them what is sealed no more. Cheap when there is neither.
///
/// # Errors
/// When the database fails: nothing may be told to a device then.
pub async fn keep_back(store: &Store) -> Result<(), StoreError> {
    let literals = sealed(store);
    let (mut taken, mut is_sealed_still) = (Vec::new(), String::new());
    if !literals.is_empty() {
        let sql = format!("SELECT id FROM watchlists_entry WHERE pattern IN ({literals}) AND state || '' = 'active' AND is_kept_back + 0 = 0 ORDER BY id");
        taken = ids(store, &sql).await?;
        is_sealed_still = format!(" AND pattern NOT IN ({literals})");
    }
    let given = format!("SELECT id FROM watchlists_entry WHERE is_kept_back = 1 AND state || '' = 'active'{is_sealed_still} ORDER BY id");
    let given = ids(store, &given).await?;
    let changes: Vec<(EntryId, bool)> = taken.into_iter().map(|id| (id, true)).chain(given.into_iter().map(|id| (id, false))).collect();
    if changes.is_empty() {
        return Ok(());
    }
    let mut tx = store.begin().await?;
    // The list is locked before its rows, as by everybody who changes it.
    let mut version = next_versions(&mut tx, i64::try_from(changes.len()).unwrap_or(i64::MAX)).await?;
    let sql = "UPDATE watchlists_entry SET is_kept_back = $2, device_version = $3 WHERE id = $1 AND state = 'active' AND is_kept_back = $4";
    for (id, is_kept_back) in changes {
        version += 1;
        tx.execute(sql, params![id, is_kept_back, version, !is_kept_back]).await?;
    }
    tx.commit().await
}

async fn ids(store: &Store, sql: &str) -> Result<Vec<EntryId>, StoreError> {
    store.fetch(sql, vec![]).await?.iter().map(|row| row.parsed("id")).collect()
}

/// What devices are told after `since` up to `until`, oldest first. From the beginning only what they may hold counts.
pub async fn changes(store: &Store, since: i64, until: i64, limit: i64) -> Result<Vec<Change>, StoreError> {
    let only = if since == 0 { " AND state || '' = 'active' AND is_kept_back + 0 = 0" } else { "" };
    let sql = format!(
        "SELECT id, pattern, expires_at_us, state, is_kept_back, device_version FROM watchlists_entry \
         WHERE device_version > $1 AND device_version <= $2{only} ORDER BY device_version LIMIT $3"
    );
    let change = |row: &Row| {
        Ok(Change {
            id: row.parsed("id")?,
            pattern: pattern_of(row)?,
            expires_at: row.micros("expires_at_us")?,
            is_active: row.tag::<EntryState>("state")? == EntryState::Active && !row.truth("is_kept_back")?,
            version: row.int("device_version")?,
        })
    };
    store.fetch(&sql, params![since, until, limit]).await?.iter().map(change).collect()
}

/// Where the page must end because a plate in it has been sealed since [`keep_back`] looked, by another server of the house: the next
/// question finds it marked.
#[must_use]
pub fn first_sealed(page: &[Change], veil: Option<&Veil>) -> Option<usize> {
    let veil = veil?;
    page.iter().position(|change| change.is_active && veil.hides_text(change.pattern.as_str()))
}

/// A change as a device is told of it.
#[must_use]
pub fn told(change: Change, now: Micros) -> DeltaEntry {
    let is_active = change.is_active && change.expires_at > now;
    let pattern = if is_active { change.pattern } else { Pattern::untold() };
    DeltaEntry { id: change.id, pattern, expires_at_us: change.expires_at, is_active }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use shouhu_ids::SealId;
    use shouhu_plate::Plate;
    use shouhu_store::{Seal, Seals};

    use super::*;

    fn change(n: u8, text: &str, is_active: bool) -> Change {
        Change {
            id: EntryId::new(Micros(0), [n; 16]),
            pattern: Pattern::parse(text).unwrap_or_else(|e| panic!("{e}")),
            expires_at: Micros(1_000),
            is_active,
            version: i64::from(n),
        }
    }

    #[test]
    fn an_end_tells_no_plate_whatever_ended() {
        for (change, now) in [(change(1, "ABC1234", false), Micros(1)), (change(2, "ABC1234", true), Micros(1_000))] {
            let told = told(change, now);
            assert_eq!((told.is_active, told.pattern), (false, Pattern::untold()));
        }
        assert_eq!(told(change(3, "ABC1234", true), Micros(1)).pattern.as_str(), "ABC1234");
    }

    #[test]
    fn a_page_ends_before_a_plate_that_was_sealed_a_moment_ago() {
        let seals = Seals::default();
        let page = [change(1, "XYZ9876", true), change(2, "ABC1234", false), change(3, "ABC12??", true), change(4, "ABC1234", true)];
        assert_eq!(first_sealed(&page, None), None);
        seals.put(vec![Seal {
            id: SealId::new(Micros(1), [1; 16]),
            case_ref: "115-密-1".into(),
            plates: vec![Plate::parse("ABC-1234").unwrap_or_else(|e| panic!("{e}"))],
            members: BTreeSet::new(),
            since: Micros(0),
            ends_at: Micros(10),
        }]);
        let veil = seals.veil(Eyes::Nobody, || Micros(5));
        assert_eq!(first_sealed(&page, veil.as_ref()), Some(3), "an end and a pattern with wildcards name no plate");
        assert_eq!(first_sealed(&page, seals.veil(Eyes::Nobody, || Micros(10)).as_ref()), None);
    }
}
