//! Hands sorted tracks to the room that counts which streets were driven (port `SortedTracks`).
//!
//! A piece is named by the time at which it was written, so that "sorted within these minutes" is a range of names, and a fix,
//! which is in one piece only, is handed out in one range only.

use std::collections::BTreeMap;

use shouhu_env::BoxFuture;
use shouhu_ids::{Micros, TrackerId, UnitId, uuid_v7};
use shouhu_module::Problem;
use shouhu_module::ports::{SortedTracks, TrackFix, UnitTrack};
use shouhu_store::{Store, StoreError, params, placeholders};
use uuid::Uuid;

use crate::codec::Kept;
use crate::fold::read_body;

/// Answers from the database.
pub struct FromPieces(pub Store);

/// The lowest name that a piece written then can have.
fn name_at(at: Micros) -> String {
    uuid_v7(at, [0; 16]).to_string()
}

/// RFC 9562 §5.7: the first 48 bits are milliseconds.
fn written_at(name: Uuid) -> Micros {
    Micros(i64::try_from(name.as_u64_pair().0 >> 16).unwrap_or(i64::MAX / 1_000) * 1_000)
}

/// Two devices in one car are metres apart, and one that was left at the station is not in the car: the one that said most counts.
fn of_one_source(fixes: Vec<Kept>) -> Vec<TrackFix> {
    let mut sources: BTreeMap<Option<TrackerId>, Vec<TrackFix>> = BTreeMap::new();
    for fix in fixes {
        let told = TrackFix { at: fix.measured_at, position: fix.position, accuracy_m: fix.accuracy_m };
        sources.entry(fix.source).or_default().push(told);
    }
    let mut most = sources.into_values().max_by_key(Vec::len).unwrap_or_default();
    most.sort_by_key(|fix| fix.at);
    most.dedup_by_key(|fix| fix.at);
    most
}

async fn next(store: &Store, from: Micros) -> Result<Option<Micros>, StoreError> {
    let sql = "SELECT id FROM positions_piece WHERE id >= $1 ORDER BY id LIMIT 1";
    let row = store.fetch_opt(sql, params![name_at(from)]).await?;
    row.map(|row| Ok(written_at(row.parsed("id")?))).transpose()
}

async fn sorted(store: &Store, from: Micros, until: Micros, after: Option<UnitId>, most: i64) -> Result<Vec<UnitTrack>, StoreError> {
    let (first, last) = (name_at(from), name_at(until));
    // Ids are hexadecimal: the empty text sorts before each of them.
    let after = after.map(|unit| unit.to_string()).unwrap_or_default();
    let named = "SELECT DISTINCT unit FROM positions_piece WHERE id >= $1 AND id < $2 AND unit > $3 ORDER BY unit LIMIT $4";
    let rows = store.fetch(named, params![first.as_str(), last.as_str(), after, most]).await?;
    let units = rows.iter().map(|row| row.text("unit")).collect::<Result<Vec<_>, _>>()?;
    if units.is_empty() {
        return Ok(Vec::new());
    }
    let among = placeholders(3..=units.len() + 2);
    let sql = format!("SELECT id, body FROM positions_piece WHERE id >= $1 AND id < $2 AND unit IN ({among})");
    let mut values = params![first, last];
    values.extend(units.iter().map(shouhu_store::Value::from));
    let mut tracks: BTreeMap<UnitId, Vec<Kept>> = BTreeMap::new();
    for row in store.fetch(&sql, values).await? {
        match read_body(&row.blob("body")?) {
            Ok(fixes) => fixes.into_iter().for_each(|fix| tracks.entry(fix.unit).or_default().push(fix)),
            // One piece is some minutes of one crew, and would otherwise end the counting of all of them.
            Err(error) => tracing::error!(piece = row.text("id")?, %error, "a damaged piece of a track is left out of the counts"),
        }
    }
    Ok(tracks.into_iter().map(|(unit, fixes)| UnitTrack { unit, fixes: of_one_source(fixes) }).collect())
}

impl SortedTracks for FromPieces {
    fn next(&self, from: Micros) -> BoxFuture<'static, Result<Option<Micros>, Problem>> {
        let store = self.0.clone();
        Box::pin(async move { Ok(next(&store, from).await?) })
    }

    fn sorted(
        &self,
        from: Micros,
        until: Micros,
        after: Option<UnitId>,
        most: i64,
    ) -> BoxFuture<'static, Result<Vec<UnitTrack>, Problem>> {
        let store = self.0.clone();
        Box::pin(async move { Ok(sorted(&store, from, until, after, most).await?) })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;
    use crate::fold::fold;
    use crate::keeper::Keeper;
    use crate::testing::kept;

    #[test]
    fn a_name_says_when_its_piece_was_written() {
        let at = Micros(1_795_248_000_123_000);
        assert_eq!(written_at(uuid_v7(at, [0xff; 16])), at);
        assert!(name_at(at) <= uuid_v7(at, [0xff; 16]).to_string() && uuid_v7(at, [0xff; 16]).to_string() < name_at(at.plus(1_000)));
    }

    #[test]
    fn of_two_devices_in_one_unit_the_one_that_said_more_is_believed() {
        let unit = UnitId::new(Micros(1), [1; 16]);
        let mut fixes: Vec<Kept> = (0..5).map(|second| kept(unit, second)).collect();
        fixes.extend((0..3).map(|second| Kept { source: None, ..kept(unit, second * 10) }));
        let times: Vec<i64> = of_one_source(fixes).iter().map(|fix| fix.at.since(crate::testing::T0) / Micros::SECOND).collect();
        assert_eq!(times, [0, 1, 2, 3, 4]);
    }

    #[tokio::test]
    async fn what_was_sorted_is_handed_out_by_unit_and_in_one_span_only() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let keeper = Keeper::start(store.clone());
            let units: Vec<UnitId> = (1..=3).map(|n| UnitId::new(Micros(1), [n; 16])).collect();
            for second in [2, 1, 3] {
                for unit in &units {
                    keeper.keep(kept(*unit, second)).await.unwrap();
                }
            }
            keeper.flush().await.unwrap();
            let began = store.env().now().plus(-1_000);
            assert_eq!(next(&store, began).await.unwrap(), None, "nothing is sorted yet");
            assert_eq!(fold(&store, store.env().now().plus(Micros::MINUTE)).await.unwrap(), 9);
            let ended = store.env().now().plus(1_000);
            let first = next(&store, began).await.unwrap().unwrap();
            assert!((began..ended).contains(&first));
            let some = sorted(&store, began, ended, None, 2).await.unwrap();
            let rest = sorted(&store, began, ended, some.last().map(|track| track.unit), 2).await.unwrap();
            assert_eq!((some.len(), rest.len()), (2, 1));
            let mut seen: Vec<UnitId> = some.iter().chain(&rest).map(|track| track.unit).collect();
            seen.sort_unstable();
            let mut all = units.clone();
            all.sort_unstable();
            assert_eq!(seen, all);
            assert!(some.iter().chain(&rest).all(|track| track.fixes.len() == 3 && track.fixes.is_sorted_by_key(|fix| fix.at)));
            assert!(sorted(&store, ended, ended.plus(Micros::HOUR), None, 9).await.unwrap().is_empty());
            let mut tx = store.begin().await.unwrap();
            let sql = "UPDATE positions_piece SET body = $1 WHERE unit = $2";
            tx.execute(sql, params![b"damaged".to_vec(), units.first().unwrap().to_string()]).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(sorted(&store, began, ended, None, 9).await.unwrap().len(), 2, "the others are counted still");
        })
        .await;
    }
}
