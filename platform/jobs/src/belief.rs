//! Whether the wall clock is believed when something is about to be destroyed because its time is over.
//!
//! Two sources that fail apart: the wall clock, which a dead battery, a wrong time server or a hand may set to any year, and the count of
//! time that has passed, from the machine's uptime and, over a restart, from what is on disk. A wall clock that is more than
//! [`AHEAD_MAX_US`] beyond that count is doubted. It is believed again as soon as it is back, or after it has gone on evenly for
//! [`STEADY_US`] (a house that was switched off for a month), during which the health page says so. A clock that is behind destroys too
//! little and is not doubted.
//!
//! **Invariant:** a clock that leaps destroys at most what would have been over [`AHEAD_MAX_US`] later.

use shouhu_ids::Micros;
use shouhu_store::{Store, StoreError, params};

/// A long weekend without power.
pub const AHEAD_MAX_US: i64 = 3 * Micros::DAY;
/// How long operators have to see that the clock is wrong.
pub const STEADY_US: i64 = 7 * Micros::DAY;
/// What a doubted clock may be put right by without beginning its time of trial anew.
const EVEN_US: i64 = Micros::HOUR;
const ROW: i64 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt {
    /// What the doubted clock said last.
    pub wall: Micros,
    /// For how long it has gone on evenly.
    pub steady_us: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Belief {
    /// Never moves back: the latest time that was believed, and what has passed since.
    pub believed: Micros,
    pub doubt: Option<Doubt>,
}

impl Belief {
    /// What is known at the first start: nothing else than the clock.
    #[must_use]
    pub const fn new(wall: Micros) -> Self {
        Self { believed: wall, doubt: None }
    }

    /// The clock says `wall`, and `passed_us` have gone by since the last look; over a restart nobody knows how many, so 0.
    #[must_use]
    pub fn looked(self, wall: Micros, passed_us: i64) -> Self {
        let believed = self.believed.plus(passed_us);
        if wall.since(believed) <= AHEAD_MAX_US {
            return Self { believed: believed.max(wall), doubt: None };
        }
        let is_even = |doubt: &Doubt| (-EVEN_US..=AHEAD_MAX_US).contains(&wall.since(doubt.wall.plus(passed_us)));
        let steady_us = self.doubt.filter(is_even).map_or(0, |doubt| doubt.steady_us.saturating_add(passed_us));
        if steady_us >= STEADY_US {
            return Self::new(wall);
        }
        Self { believed, doubt: Some(Doubt { wall, steady_us }) }
    }

    /// What is on disk; `None` in a new house.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn kept(store: &Store) -> Result<Option<Self>, StoreError> {
        let row = store.fetch_opt("SELECT believed_us, doubted_us, steady_us FROM store_clock WHERE id = $1", params![ROW]).await?;
        let Some(row) = row else { return Ok(None) };
        let steady_us = row.int("steady_us")?;
        let doubt = row.opt_micros("doubted_us")?.map(|wall| Doubt { wall, steady_us });
        Ok(Some(Self { believed: row.micros("believed_us")?, doubt }))
    }

    /// # Errors
    /// When the database fails.
    pub async fn keep(self, store: &Store) -> Result<(), StoreError> {
        let (doubted, steady_us) = (self.doubt.map(|doubt| doubt.wall), self.doubt.map_or(0, |doubt| doubt.steady_us));
        let mut tx = store.begin().await?;
        tx.execute(
            "INSERT INTO store_clock (id, believed_us, doubted_us, steady_us) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (id) DO UPDATE SET believed_us = $2, doubted_us = $3, steady_us = $4",
            params![ROW, self.believed, doubted, steady_us],
        )
        .await?;
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shouhu_store::testing::on_each_database;

    use super::*;

    const NOW: Micros = Micros(1_795_000_000_000_000);
    const YEAR_US: i64 = 365 * Micros::DAY;

    #[test]
    fn a_clock_that_leaps_a_year_is_doubted_until_it_is_back() {
        let before = Belief::new(NOW).looked(NOW.plus(Micros::MINUTE), Micros::MINUTE);
        let leapt = before.looked(NOW.plus(YEAR_US), Micros::SECOND);
        assert_eq!(leapt.doubt.map(|doubt| doubt.steady_us), Some(0));
        let still = leapt.looked(NOW.plus(YEAR_US + Micros::HOUR), Micros::HOUR);
        assert!(still.doubt.is_some());
        // Over a restart, too: nobody knows how much has passed.
        assert!(still.looked(NOW.plus(YEAR_US + Micros::HOUR), 0).doubt.is_some());
        assert_eq!(still.looked(NOW.plus(2 * Micros::HOUR), Micros::MINUTE).doubt, None);
    }

    #[test]
    fn a_house_that_was_off_for_a_month_believes_its_clock_after_a_week_of_even_going() {
        let mut belief = Belief::new(NOW).looked(NOW.plus(30 * Micros::DAY), 0);
        for hour in 1..=7 * 24 {
            assert!(belief.doubt.is_some(), "after {hour} hours");
            belief = belief.looked(NOW.plus(30 * Micros::DAY + hour * Micros::HOUR), Micros::HOUR);
        }
        assert_eq!(belief.doubt, None);
    }

    #[test]
    fn a_doubted_clock_that_leaps_again_begins_its_trial_anew() {
        let doubted = Belief::new(NOW).looked(NOW.plus(YEAR_US), 0).looked(NOW.plus(YEAR_US + Micros::DAY), Micros::DAY);
        assert_eq!(doubted.doubt.map(|doubt| doubt.steady_us), Some(Micros::DAY));
        assert_eq!(doubted.looked(NOW.plus(2 * YEAR_US), Micros::DAY).doubt.map(|doubt| doubt.steady_us), Some(0));
    }

    #[test]
    fn a_clock_that_was_behind_is_not_doubted_when_it_is_put_right() {
        let behind = Belief::new(NOW).looked(NOW.plus(-YEAR_US), Micros::MINUTE);
        assert_eq!((behind.doubt, behind.believed), (None, NOW.plus(Micros::MINUTE)));
        assert_eq!(behind.looked(NOW.plus(Micros::HOUR), Micros::MINUTE).doubt, None);
    }

    #[tokio::test]
    async fn what_is_believed_is_kept() {
        on_each_database(&[], |store| async move {
            assert_eq!(Belief::kept(&store).await.ok(), Some(None));
            for belief in [Belief::new(NOW), Belief::new(NOW).looked(NOW.plus(YEAR_US), 0)] {
                belief.keep(&store).await.unwrap_or_else(|e| panic!("{e}"));
                assert_eq!(Belief::kept(&store).await.ok(), Some(Some(belief)));
            }
        })
        .await;
    }

    proptest! {
        /// Whatever the clock says, what is believed goes ahead by no more than what has passed and the allowance of one look, or after a trial.
        #[test]
        fn nothing_is_believed_that_leaps(leaps in proptest::collection::vec((-2 * YEAR_US..2 * YEAR_US, 0..Micros::HOUR), 1..40)) {
            let mut belief = Belief::new(NOW);
            for (leap_us, passed_us) in leaps {
                let next = belief.looked(NOW.plus(leap_us), passed_us);
                prop_assert!(next.believed >= belief.believed);
                prop_assert!(next.believed <= belief.believed.plus(passed_us + AHEAD_MAX_US), "no trial is over after 40 hours");
                prop_assert!(next.doubt.is_some() || NOW.plus(leap_us) <= next.believed);
                belief = next;
            }
        }
    }
}
