//! Asks the rooms how much happened where within a month, and has the report made of it.

use shouhu_calendar::{Month, TAIPEI_US};
use shouhu_ids::Micros;
use shouhu_module::ports::{CheckInTallyPort, CitizenReportsPort, HitTallyPort, PassageTallyPort, PlacedCount, Tallied, TalliedHits};
use shouhu_module::{App, Problem};
use shouhu_wire::RejectReason;

use super::report::{Answers, Head, made};
use super::{AreaReport, AreasError, Counted, store};

/// # Errors
/// When no areas are known, the month has not begun, or a room cannot answer.
pub async fn report(app: &App, month: Month, version: Option<i64>) -> Result<AreaReport, Problem> {
    let now = app.env.now();
    let (from, ends) = (Micros(month.begins_us()), Micros(month.ends_us()));
    if from > now {
        return Err(AreasError::Month(month).into());
    }
    let (version, areas) = store::known(app, version).await?.ok_or(AreasError::None)?;
    let answers = asked(app, from, ends.min(today(now))).await?;
    let head = Head { month, is_running: ends > now, version };
    Ok(store::off_thread(move || made(head, &areas, answers)).await?)
}

/// Midnight in Taipei. Days that are over do not change while somebody asks again, and other servers have published them.
fn today(now: Micros) -> Micros {
    Micros(now.plus(TAIPEI_US).day() * Micros::DAY).plus(-TAIPEI_US)
}

async fn asked(app: &App, from: Micros, until: Micros) -> Result<Answers, Problem> {
    let mut answers = Answers::default();
    let reports = match app.try_room::<CitizenReportsPort>() {
        Some(port) => Some(port.0.within(from, until).await?),
        None => None,
    };
    let placed = |position| PlacedCount { position: Some(position), count: 1 };
    answers.take(Counted::Reports, reports.map(|found| Tallied::Whole(found.iter().map(|one| placed(one.position)).collect())));
    let passages = match app.try_room::<PassageTallyPort>() {
        Some(port) => Some(port.0.passages(from, until).await?),
        None => None,
    };
    answers.take(Counted::Passages, passages);
    let hits = match app.try_room::<HitTallyPort>() {
        Some(port) => Some(port.0.hits(from, until).await?),
        None => None,
    };
    answers.take(Counted::Hits, hits.clone().map(|hits| placed_of(hits, |_| true)));
    let check_ins = match app.try_room::<CheckInTallyPort>() {
        Some(port) => Some(port.0.check_ins(from, until).await?),
        None => None,
    };
    answers.take(Counted::CheckIns, check_ins);
    answers.take(Counted::Errors, hits.map(|hits| placed_of(hits, is_error)));
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
    use super::*;

    #[test]
    fn what_of_today_has_passed_is_not_counted_yet() {
        // 2026-11-20 12:00 and 2026-11-21 00:00 in Taipei.
        let noon = Micros(1_795_147_200_000_000);
        assert_eq!(today(noon), noon.plus(-12 * Micros::HOUR));
        assert_eq!(today(noon.plus(12 * Micros::HOUR - 1)), today(noon));
        assert_eq!(today(noon.plus(12 * Micros::HOUR)), noon.plus(12 * Micros::HOUR));
    }
}
