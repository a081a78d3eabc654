//! How many passages each source had: numbers for oversight, which name no vehicle.
//!
//! Counted are the classes that are kept for as long as those of our own cameras: of car parks and gantries nothing is left after thirty
//! days, so that no month of theirs is ever whole when it is over. What a hold keeps longer is no count of what passed.

use std::collections::HashMap;

use shouhu_env::BoxFuture;
use shouhu_ids::Micros;
use shouhu_lakehouse::lake::Class;
use shouhu_lakehouse::lake::questions::counts::{self, Hours};
use shouhu_module::ports::{PassageTally, PlacedCount, Tallied};
use shouhu_module::{App, Problem};

use crate::lake::{ask_of, lake_of, refusal_of};
use crate::model::RETENTIONS;
use crate::passing::{class_of, position_of};
use crate::window;

/// A day of 20,000 cameras.
const ROWS_OF_A_DAY_MAX: usize = 500_000;
/// Our own cameras', and partners', which are kept as our own.
const COUNTED: [Class; 2] = [Class::PASSAGE, Class::PARTNER];

pub struct BySource(pub App);

impl PassageTally for BySource {
    fn passages(&self, from: Micros, until: Micros) -> BoxFuture<'static, Result<Tallied<PlacedCount>, Problem>> {
        let app = self.0.clone();
        Box::pin(async move { tallied(&app, from, until).await })
    }
}

/// The first moment of the first day of which no purge has taken anything that is counted.
fn kept_since(now: Micros) -> Micros {
    let counted = RETENTIONS.iter().filter(|retention| COUNTED.contains(&class_of(retention.class)));
    let days = counted.filter_map(|retention| retention.days).min().unwrap_or(0);
    // A purge takes whole days of UTC.
    Micros(now.plus(-days * Micros::DAY).day() * Micros::DAY)
}

/// Day by day, so that no answer grows with the month.
async fn tallied(app: &App, from: Micros, until: Micros) -> Result<Tallied<PlacedCount>, Problem> {
    let before = kept_since(app.env.now());
    if from < before {
        return Ok(Tallied::Destroyed { before });
    }
    let lake = lake_of(app)?;
    let mut by_source: HashMap<u32, u64> = HashMap::new();
    let mut day = from;
    while day < until {
        let end = Micros(day.plus(Micros::DAY).0.min(until.0));
        let hours = Hours::around(window::checked(day.0, end.0, Micros::DAY)?);
        let asked = ask_of(&COUNTED, &lake, &app.env, ROWS_OF_A_DAY_MAX, move |view, limits| counts::by_source_hour(view, hours, limits)).await?;
        let answer = asked.map_err(|error| refusal_of(&error))?;
        if !answer.is_whole() {
            tracing::warn!(day = day.0, partial = ?answer.partial, "a day of passages could not be counted whole");
            return Ok(Tallied::Incomplete);
        }
        for count in &answer.rows {
            let sum = by_source.entry(count.source).or_default();
            *sum = sum.saturating_add(u64::from(count.rows));
        }
        day = end;
    }
    let placed = |(source, count)| {
        let position = lake.source(source).and_then(|source| source.key.place_e6).and_then(position_of);
        PlacedCount { position, count }
    };
    Ok(Tallied::Whole(by_source.into_iter().map(placed).collect()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use shouhu_env::{Env, SimClock, SimDisk};
    use shouhu_http::testing::House;
    use shouhu_module::Module;

    use super::*;
    use crate::model::RETENTION_DAYS;
    use crate::{MODULE, sample};

    static MODULES: &[Module] = &[MODULE];
    const NOW: Micros = Micros(20_000 * Micros::DAY);

    #[test]
    fn what_is_counted_is_kept_as_long_as_our_own_cameras_passages() {
        // An afternoon: the purge of this day left the day of the retention's beginning whole.
        let now = Micros(20_000 * Micros::DAY + 15 * Micros::HOUR);
        assert_eq!(kept_since(now), Micros((20_000 - RETENTION_DAYS) * Micros::DAY));
    }

    #[tokio::test]
    async fn days_of_which_some_may_be_destroyed_are_not_counted_as_if_they_were_whole() {
        let clock = Arc::new(SimClock::starting_at(NOW));
        let env = Env { clock: clock.clone(), disk: Arc::new(SimDisk::default()), ..Env::simulated(7, NOW) };
        let house = House::open_in(MODULES, env).await;
        let passages = [sample::report(1, "ABC-1234", NOW), sample::report(2, "XY-9999", NOW)];
        house.call(&house.device("cam-1"), "POST", "/v1/sightings", sample::batch(NOW, &passages)).await;
        let (from, until) = (NOW.plus(-Micros::DAY), NOW.plus(2 * Micros::DAY));
        let sum = |tallied: Tallied<PlacedCount>| match tallied {
            Tallied::Whole(counts) => Some(counts.iter().map(|count| count.count).sum::<u64>()),
            Tallied::Destroyed { .. } | Tallied::Incomplete => None,
        };
        assert_eq!(tallied(&house.app, from, until).await.ok().and_then(sum), Some(2));
        assert_eq!(tallied(&house.app, until, until).await.ok().and_then(sum), Some(0), "of no time there is nothing");
        clock.advance_us((RETENTION_DAYS + 1) * Micros::DAY);
        let before = NOW.plus(Micros::DAY);
        assert_eq!(tallied(&house.app, from, until).await.ok(), Some(Tallied::Destroyed { before }));
        assert_eq!(tallied(&house.app, before, until).await.ok().and_then(sum), Some(0), "and what begins later is whole");
    }
}
