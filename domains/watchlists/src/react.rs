//! What watchlists does when something has happened.

use std::collections::{BTreeSet, HashMap};

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_events::{Envelope, Event, SightingFact};
use shouhu_ids::{DeviceId, HitId, Micros};
use shouhu_module::ports::DeviceTrustPort;
use shouhu_module::{App, Reaction};
use shouhu_store::{Store, StoreError, Tx};
use shouhu_wire::{Conflict, SenderRestriction};

use crate::hits::{self, NewHit};
use crate::index::ActiveList;
use crate::matching;
use crate::store;

/// Compares recorded sightings with the list and raises hits.
pub const MATCH: Reaction = Reaction { name: "watchlists.match", kinds: &["sightings_recorded"], run: on_sightings };
/// Reads what another server changed.
pub const REFRESH: Reaction = Reaction { name: "watchlists.refresh", kinds: &["watchlist_changed"], run: on_list };
/// Remembers the incident of a hit, and who was sent to it.
pub const FOLLOW: Reaction =
    Reaction { name: "watchlists.follow", kinds: &["incident_changed", "assignment_changed"], run: on_dispatch };

fn on_list(app: App, _: Envelope) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move { Ok(app.room::<ActiveList>().refresh(&app.store).await?) })
}

fn on_sightings(app: App, envelope: Envelope) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        if let Event::SightingsRecorded { sightings } = &envelope.event {
            let senders = Senders::of(&app, sightings).await?;
            match_batch(&app.store, &app.room::<ActiveList>(), sightings, &senders).await?;
        }
        Ok(())
    })
}

fn on_dispatch(app: App, envelope: Envelope) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let mut tx = match envelope.event {
            Event::IncidentChanged { hit: Some(_), .. } | Event::AssignmentChanged { .. } => app.store.begin().await?,
            _ => return Ok(()),
        };
        follow(&mut tx, &envelope.event).await?;
        Ok(tx.commit().await?)
    })
}

async fn follow(tx: &mut Tx, event: &Event) -> Result<(), StoreError> {
    match event {
        Event::IncidentChanged { incident, hit: Some(hit), .. } => hits::set_incident(tx, *hit, *incident).await,
        Event::AssignmentChanged { incident, unit, state, .. } => hits::set_crew(tx, *incident, *unit, *state).await,
        _ => Ok(()),
    }
}

/// When the devices of a batch were not to be believed by themselves.
#[derive(Debug, Clone, Default)]
pub struct Senders(HashMap<DeviceId, Vec<SenderRestriction>>);

impl Senders {
    async fn of(app: &App, sightings: &[SightingFact]) -> Result<Self, ReactionError> {
        let Some(port) = app.try_room::<DeviceTrustPort>() else { return Ok(Self::default()) };
        let devices: BTreeSet<DeviceId> = sightings.iter().map(|sighting| sighting.device).collect();
        let found = port.0.restrictions(devices.into_iter().collect()).await;
        found.map(Self).map_err(|problem| problem.detail.into())
    }

    fn of_device(&self, sighting: &SightingFact) -> &[SenderRestriction] {
        self.0.get(&sighting.device).map_or(&[], Vec::as_slice)
    }

    /// Whether the device is restricted now: what it sends may be invented, whatever time it names.
    fn is_restricted(&self, sighting: &SightingFact, now: Micros) -> bool {
        self.of_device(sighting).iter().any(|restriction| restriction.covers(now))
    }

    /// Whether it was when it saw the vehicle, though it is in order again: shown to the person who looks.
    fn was_restricted(&self, sighting: &SightingFact) -> bool {
        self.of_device(sighting).iter().any(|restriction| restriction.covers(sighting.captured_at_us))
    }
}

/// Raises the hits of one batch, in one transaction. The same batch again raises nothing.
///
/// A device that is restricted now raises none alone, nor does a reading that is no sure reading of the wanted plate: a vehicle that
/// nothing else saw match the entry elsewhere within [`hits::WITNESS_WITHIN_US`] is left to whoever searches.
///
/// # Errors
/// When the database fails; nothing of the batch is then kept.
pub async fn match_batch(db: &Store, list: &ActiveList, sightings: &[SightingFact], senders: &Senders) -> Result<usize, StoreError> {
    // An entry approved a moment ago, by any process, counts for this batch.
    list.refresh(db).await?;
    let now = db.env().now();
    let found: Vec<_> =
        sightings.iter().map(|s| (s, matching::candidates(list, s, now))).filter(|(_, m)| !m.is_empty()).collect();
    if found.is_empty() {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    let mut raised = 0;
    for (sighting, matches) in found {
        for matched in matches {
            // The index found it; whether it is in force now is for the database to say.
            let Some(entry) = store::entry_in_force(&mut tx, matched.key, now).await? else { continue };
            let joined = hits::to_join(&mut tx, entry.id, sighting, matched.kind).await?;
            let is_restricted = senders.is_restricted(sighting, now);
            let stands_alone = !is_restricted && matched.kind.stands_alone(sighting.confidence);
            if !stands_alone && joined.is_none() && !hits::has_witness(&mut tx, &entry, sighting).await? {
                log_left(sighting, is_restricted);
                continue;
            }
            let hit = joined.unwrap_or_else(|| db.env().id(HitId::new));
            if !hits::note_match(&mut tx, entry.id, sighting, hit).await? {
                continue;
            }
            if joined.is_some() {
                hits::join(&mut tx, hit, sighting.captured_at_us).await?;
                continue;
            }
            let neighbours = hits::neighbours(&mut tx, entry.id, sighting).await?;
            let mut conflicts = matching::conflicts(&entry, matched.kind, sighting, &neighbours, now);
            if is_restricted || senders.was_restricted(sighting) {
                conflicts.push(Conflict::SenderRestricted);
            }
            log_raised(hit, sighting, &conflicts, now);
            let new = NewHit { id: hit, kind: matched.kind, conflicts, entry: store::hit_entry_of(&entry), sighting };
            hits::raise(&mut tx, new, now).await?;
            raised += 1;
        }
    }
    tx.commit().await?;
    Ok(raised)
}

fn log_left(sighting: &SightingFact, is_restricted: bool) {
    if is_restricted {
        tracing::warn!(device = %sighting.device, sighting = %sighting.id, "a restricted device alone raises no hit");
    } else {
        tracing::info!(sighting = %sighting.id, "an unsure reading alone raises no hit");
    }
}

fn log_raised(hit: HitId, sighting: &SightingFact, conflicts: &[Conflict], now: Micros) {
    let age_ms = now.since(sighting.captured_at_us) / 1_000;
    tracing::info!(%hit, sighting = %sighting.id, age_ms, conflicts = conflicts.len(), "hit raised; a person must look");
}
