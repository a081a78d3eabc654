//! Measures from frame to hit: remembers when plates were read, and writes it down for those that became hits.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_events::{Envelope, Event};
use shouhu_ids::{HitId, Micros, SightingId};
use shouhu_module::{App, Reaction};
use shouhu_store::{Store, StoreError, params};

use crate::write::By;
use crate::{ops, panic, positions};

/// Sightings whose time is remembered. A hit is raised within seconds of its sighting; one that is not goes unmeasured.
const REMEMBERED_MAX: usize = 20_000;

pub const REACTIONS: &[Reaction] = &[
    Reaction { name: "dispatch.time_hits", kinds: &["hit_raised"], run: time_hits },
    Reaction { name: "dispatch.hear_trackers", kinds: &["tracker_alarmed"], run: hear_trackers },
];

/// Each server remembers: whichever reacts to a hit has heard of its sighting before.
pub const REMEMBER: Reaction = Reaction { name: "dispatch.remember_readings", kinds: &["sightings_recorded"], run: remember };

#[derive(Default)]
struct Remembered {
    read_at: HashMap<SightingId, Micros>,
    order: VecDeque<SightingId>,
}

/// When the newest sightings were captured, oldest forgotten first.
#[derive(Default)]
pub struct ReadTimes(Mutex<Remembered>);

impl ReadTimes {
    fn remember(&self, sighting: SightingId, at: Micros) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.read_at.insert(sighting, at).is_none() {
            remembered.order.push_back(sighting);
        }
        while remembered.order.len() > REMEMBERED_MAX {
            let Some(oldest) = remembered.order.pop_front() else { break };
            remembered.read_at.remove(&oldest);
        }
    }

    fn read_at(&self, sighting: SightingId) -> Option<Micros> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read_at.get(&sighting).copied()
    }
}

fn remember(app: App, envelope: Envelope) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let times = app.room::<ReadTimes>();
        if let Event::SightingsRecorded { sightings } = envelope.event {
            for sighting in sightings {
                times.remember(sighting.id, sighting.captured_at_us);
            }
        }
        Ok(())
    })
}

fn time_hits(app: App, envelope: Envelope) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        if let Event::HitRaised { hit, sighting, .. } = envelope.event
            && let Some(read_at) = app.room::<ReadTimes>().read_at(sighting)
        {
            write_down(&app.store, hit, read_at, envelope.at_us).await?;
        }
        Ok(())
    })
}

/// The button of a tracker is the crew's call for help, and goes before other work as the button on the phone does. Told twice, it is still one.
fn hear_trackers(app: App, envelope: Envelope) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(shouhu_store::first(heard(app, envelope)))
}

async fn heard(app: App, envelope: Envelope) -> Result<(), ReactionError> {
    let Event::TrackerAlarmed { tracker, unit: Some(unit), position, .. } = envelope.event else { return Ok(()) };
    let known = panic::list(&app.store, app.env.now()).await?;
    let is_heard = known.iter().any(|panic| panic.unit == unit && panic.raised_at_us >= envelope.at_us);
    if !is_heard {
        let position = position.or_else(|| positions::of(&app).fix(unit).map(|fix| fix.position));
        ops::panic::call_for_help(&app.store, By::tracker(tracker), unit, position).await?;
    }
    Ok(())
}

async fn write_down(store: &Store, hit: HitId, read_at: Micros, raised_at: Micros) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.execute(
        "INSERT INTO dispatch_hit_timing (hit, read_at_us, raised_at_us) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        params![hit, read_at, raised_at],
    )
    .await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_sightings_has_a_bound_and_forgets_the_oldest() {
        let times = ReadTimes::default();
        let id = |n: usize| {
            let mut random = [0; 16];
            random[8..].copy_from_slice(&n.to_be_bytes());
            SightingId::new(Micros(1), random)
        };
        for n in 0..=REMEMBERED_MAX {
            times.remember(id(n), Micros(7));
        }
        assert_eq!((times.read_at(id(0)), times.read_at(id(REMEMBERED_MAX))), (None, Some(Micros(7))));
    }
}
