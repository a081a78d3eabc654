//! Where a unit was: reading its fixes, and cutting them where nothing is known.

use shouhu_env::BoxFuture;
use shouhu_ids::{Micros, UnitId};
use shouhu_module::Problem;
use shouhu_module::ports::{UnitFix, UnitTracks};
use shouhu_place::Wgs84;
use shouhu_store::{Store, StoreError, params};

use crate::codec::Kept;
use crate::fold::{PIECE_MAX_US, read_body};
use crate::model::AGEING_US;
use crate::room::SharedRoom;
use crate::thin;

/// The widest window of one question; longer ones are asked in several, and leave as many leaves.
pub const WINDOW_MAX_US: i64 = 24 * Micros::HOUR;
/// Fixes of one answer: a day at one per second, and some trackers in one car.
pub const FIXES_MAX: usize = 200_000;

/// Fixes without a longer silence than [`AGEING_US`] between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    pub fixes: Vec<Kept>,
}

/// The fixes of a unit within a time, oldest first, each once; `None` when there are more than [`FIXES_MAX`].
///
/// # Errors
/// When the database fails.
pub async fn read(store: &Store, unit: UnitId, from: Micros, until: Micros) -> Result<Option<Vec<Kept>>, StoreError> {
    let mut fixes = Vec::new();
    let pieces = "SELECT body FROM positions_piece WHERE unit = $1 AND from_us >= $2 AND from_us <= $3 AND until_us >= $4 ORDER BY from_us";
    let mut rows = store.fetch(pieces, params![unit, from.plus(-PIECE_MAX_US), until, from]).await?;
    // What is not folded yet. Folding between the two questions shows a fix twice rather than never.
    rows.extend(
        store.fetch("SELECT body FROM positions_log WHERE until_us >= $1 AND from_us <= $2", params![from, until]).await?,
    );
    for row in rows {
        let kept = read_body(&row.blob("body")?)?;
        fixes.extend(kept.into_iter().filter(|fix| fix.unit == unit && (from..=until).contains(&fix.measured_at)));
        if fixes.len() > 2 * FIXES_MAX {
            return Ok(None);
        }
    }
    fixes.sort_by_key(|fix| (fix.measured_at, fix.source, fix.received_at));
    fixes.dedup_by_key(|fix| (fix.measured_at, fix.source));
    Ok((fixes.len() <= FIXES_MAX).then_some(fixes))
}

/// What other rooms may ask of tracks.
pub struct TracksKept(pub SharedRoom, pub Store);

impl UnitTracks for TracksKept {
    fn fixes(&self, unit: UnitId, from: Micros, until: Micros) -> BoxFuture<'static, Result<Option<Vec<UnitFix>>, Problem>> {
        let (room, store) = (self.0.clone(), self.1.clone());
        Box::pin(async move {
            // What was answered a moment ago belongs to the answer.
            if room.0.keeper.flush().await.is_err() {
                tracing::warn!("a track is read without its newest second: the writer of tracks is behind");
            }
            let fix = |kept: Kept| UnitFix {
                position: kept.position,
                measured_at: kept.measured_at,
                accuracy_m: kept.accuracy_m,
                heading_deg: kept.heading_deg,
            };
            Ok(read(&store, unit, from, until).await?.map(|fixes| fixes.into_iter().map(fix).collect()))
        })
    }
}

/// Cuts where nothing was heard for longer than a position counts as current.
#[must_use]
pub fn stretches(fixes: Vec<Kept>) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for fix in fixes {
        let is_next = stretches
            .last()
            .and_then(|stretch| stretch.fixes.last())
            .is_some_and(|last| fix.measured_at.since(last.measured_at) <= AGEING_US);
        match stretches.last_mut().filter(|_| is_next) {
            Some(stretch) => stretch.fixes.push(fix),
            None => stretches.push(Stretch { fixes: vec![fix] }),
        }
    }
    stretches
}

impl Stretch {
    /// With fewer points, none of which was farther than the tolerance from the line; cries for help stay. 0 keeps all.
    #[must_use]
    pub fn thinned(&self, tolerance_m: f64) -> Vec<Kept> {
        if tolerance_m <= 0.0 {
            return self.fixes.clone();
        }
        let places: Vec<Wgs84> = self.fixes.iter().map(|fix| fix.position).collect();
        let stays = thin::stays(&places, tolerance_m);
        self.fixes.iter().zip(stays).filter(|(fix, stays)| *stays || fix.is_alarm).map(|(fix, _)| *fix).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;
    use crate::fold::fold;
    use crate::jobs::{DUTY_DAYS, INCIDENT_DAYS, Purged, purge_now};
    use crate::keeper::Keeper;
    use crate::react;
    use crate::testing::{T0, assignment, kept};
    use shouhu_wire::AssignmentState;

    const ALL: (Micros, Micros) = (T0, Micros(T0.0 + Micros::HOUR));

    #[test]
    fn a_silence_of_more_than_two_minutes_is_a_gap() {
        let unit = UnitId::new(Micros(1), [1; 16]);
        let fixes = [0, 60, 180, 301, 302].map(|second| kept(unit, second)).to_vec();
        assert_eq!(stretches(fixes).iter().map(|stretch| stretch.fixes.len()).collect::<Vec<_>>(), [3, 2]);
        assert!(stretches(vec![]).is_empty());
    }

    #[tokio::test]
    async fn a_track_is_the_same_before_and_after_it_was_folded_and_each_fix_is_there_once() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let keeper = Keeper::start(store.clone());
            let (unit, other) = (UnitId::new(Micros(1), [1; 16]), UnitId::new(Micros(1), [2; 16]));
            for second in [3, 1, 2, 2, 4] {
                keeper.keep(kept(unit, second)).await.unwrap();
                keeper.keep(kept(other, second)).await.unwrap();
            }
            keeper.flush().await.unwrap();
            let seconds =
                |fixes: Vec<Kept>| fixes.iter().map(|fix| fix.measured_at.since(T0) / Micros::SECOND).collect::<Vec<_>>();
            let before = read(&store, unit, ALL.0, ALL.1).await.unwrap().unwrap();
            assert_eq!(seconds(before.clone()), [1, 2, 3, 4]);
            let soon = store.env().now().plus(Micros::MINUTE);
            assert_eq!(fold(&store, soon).await.unwrap(), 10);
            assert_eq!(fold(&store, soon).await.unwrap(), 0);
            assert_eq!(read(&store, unit, ALL.0, ALL.1).await.unwrap().unwrap(), before);
            let within = read(&store, unit, T0.plus(2 * Micros::SECOND), T0.plus(3 * Micros::SECOND)).await.unwrap().unwrap();
            assert_eq!(seconds(within), [2, 3]);
        })
        .await;
    }

    #[tokio::test]
    async fn patrols_are_forgotten_after_a_month_and_incidents_after_a_year() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let keeper = Keeper::start(store.clone());
            let (unit, now) = (UnitId::new(Micros(1), [1; 16]), store.env().now());
            let days = |n: i64| now.plus(-n * Micros::DAY);
            for at in [days(1), days(DUTY_DAYS + 1), days(DUTY_DAYS + 10), days(INCIDENT_DAYS + 1)] {
                keeper.keep(Kept { measured_at: at, ..kept(unit, 0) }).await.unwrap();
            }
            keeper.flush().await.unwrap();
            assert_eq!(fold(&store, now.plus(Micros::MINUTE)).await.unwrap(), 4);
            for at in [days(DUTY_DAYS + 10), days(INCIDENT_DAYS + 1)] {
                // Sent nine minutes after the fix: it is of the way there.
                let from = at.plus(9 * Micros::MINUTE);
                let id = store.env().id(shouhu_ids::AssignmentId::new);
                react::note(&store, &assignment(id, unit, AssignmentState::Offered, from)).await.unwrap();
                react::note(&store, &assignment(id, unit, AssignmentState::Accepted, from.plus(1))).await.unwrap();
                react::note(&store, &assignment(id, unit, AssignmentState::Closed, from.plus(Micros::HOUR))).await.unwrap();
            }
            assert_eq!(purge_now(&store).await.unwrap(), Purged { pieces: 2, fixes: 2 });
            assert_eq!(purge_now(&store).await.unwrap(), Purged::default());
            let left = read(&store, unit, days(INCIDENT_DAYS + 2), now).await.unwrap().unwrap();
            assert_eq!(left.iter().map(|fix| fix.measured_at).collect::<Vec<_>>(), [days(DUTY_DAYS + 10), days(1)]);
        })
        .await;
    }
}
