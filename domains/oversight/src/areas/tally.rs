//! Asks the rooms how much happened where within a month, and has the report made of it.

use shouhu_calendar::Month;
use shouhu_ids::Micros;
use shouhu_module::ports::{CheckInTallyPort, CitizenReportsPort, HitTallyPort, PassageTallyPort, PlacedCount, Tallied, TalliedHits};
use shouhu_module::{App, Problem};
use shouhu_store::{Eyes, Sight};
use shouhu_wire::RejectReason;

use super::report::{Answers, Head, made};
use super::{AreaReport, AreasError, Counted, SETTLES_US, store};

/// # Errors
/// When no areas are known, the month is not told yet, or a room cannot answer.
pub async fn report(app: &App, month: Month, version: Option<i64>) -> Result<AreaReport, Problem> {
    if month > newest(app.env.now()) {
        return Err(AreasError::Month(month).into());
    }
    let (version, areas) = store::known(app, version).await?.ok_or(AreasError::None)?;
    let known = Answers::knowing(store::counts(&app.store, month, version).await?);
    // Kept for all: no rule about rows narrows it, and what is sealed is in nobody's count, whoever asks first.
    let mut answers = Eyes::Nobody.look(Sight::whole().look(asked(app, month, known))).await?;
    let its_areas = areas.clone();
    let (answers, new) = store::off_thread(move || {
        let new = answers.sort(&its_areas);
        (answers, new)
    })
    .await?;
    let answers = if new.is_empty() {
        answers
    } else {
        // Two may ask for the first time at once: what was written down first is told to both.
        store::keep_counts(&app.store, month, version, new).await?;
        answers.as_kept(store::counts(&app.store, month, version).await?)
    };
    Ok(store::off_thread(move || made(Head { month, version }, &areas, answers)).await?)
}

/// The newest month that is told at `now`.
#[must_use]
pub fn newest(now: Micros) -> Month {
    let settled = Month::in_taipei(now.plus(-SETTLES_US).0);
    Month::in_taipei(settled.begins_us().saturating_sub(1))
}

/// Asks for what is not known yet.
async fn asked(app: &App, month: Month, mut answers: Answers) -> Result<Answers, Problem> {
    let (from, until) = (Micros(month.begins_us()), Micros(month.ends_us()));
    if !answers.knows(Counted::Reports) {
        let reports = match app.try_room::<CitizenReportsPort>() {
            Some(port) => Some(port.0.within(from, until).await?),
            None => None,
        };
        let placed = |position| PlacedCount { position: Some(position), count: 1 };
        answers.take(Counted::Reports, reports.map(|found| Tallied::Whole(found.iter().map(|one| placed(one.position)).collect())));
    }
    if !answers.knows(Counted::Passages) {
        let passages = match app.try_room::<PassageTallyPort>() {
            Some(port) => Some(port.0.passages(from, until).await?),
            None => None,
        };
        answers.take(Counted::Passages, passages);
    }
    // Of one answer, and written down together.
    let hits = match app.try_room::<HitTallyPort>().filter(|_| !answers.knows(Counted::Hits)) {
        Some(port) => Some(port.0.hits(from, until).await?),
        None => None,
    };
    if !answers.knows(Counted::Hits) {
        answers.take(Counted::Hits, hits.clone().map(|hits| placed_of(hits, |_| true)));
    }
    if !answers.knows(Counted::CheckIns) {
        let check_ins = match app.try_room::<CheckInTallyPort>() {
            Some(port) => Some(port.0.check_ins(from, until).await?),
            None => None,
        };
        answers.take(Counted::CheckIns, check_ins);
    }
    if !answers.knows(Counted::Errors) {
        answers.take(Counted::Errors, hits.map(|hits| placed_of(hits, is_error)));
    }
    Ok(answers)
}

fn placed_of(hits: Tallied<TalliedHits>, is_counted: impl Fn(&TalliedHits) -> bool) -> Tallied<PlacedCount> {
    let placed = |one: &TalliedHits| PlacedCount { position: one.position, count: one.count };
    hits.map(|hits| hits.iter().filter(|one| is_counted(one)).map(placed).collect())
}

/// Misread, or on a list that was out of date: nothing was wrong with who was stopped for it.
const fn is_error(hits: &TalliedHits) -> bool {
    matches!(hits.reject_reason, Some(RejectReason::Misread | RejectReason::EntryOutdated))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shouhu_module::Keyed;

    use super::*;

    #[test]
    fn a_month_is_told_two_days_after_its_end_and_no_sooner() {
        // 2026-12-03 00:00 in Taipei.
        let settled = Micros(1_796_227_200_000_000);
        assert_eq!(newest(settled.plus(-1)).to_string(), "2026-10");
        assert_eq!(newest(settled).to_string(), "2026-11");
        let refused = AreasError::Month(newest(settled));
        assert_eq!(refused.params(), [("month", "2026-11".to_owned()), ("told_from", "2026-12-03".to_owned())]);
    }

    proptest! {
        #[test]
        fn no_moment_tells_a_month_that_runs_and_all_moments_of_a_period_tell_the_same(at in 400 * Micros::DAY..60_000 * Micros::DAY, later in 0_i64..40 * Micros::DAY) {
            let (now, then) = (Micros(at), Micros(at + later));
            let (month, next) = (newest(now), newest(now).next());
            prop_assert!(month.ends_us() + SETTLES_US <= now.0);
            prop_assert!(next.ends_us() + SETTLES_US > now.0, "and it is the newest");
            prop_assert_eq!(newest(then) == month, then.0 < next.ends_us() + SETTLES_US);
        }
    }
}
