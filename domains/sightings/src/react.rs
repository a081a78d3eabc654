//! What this room does when something happened in another.

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_events::{Envelope, Event};
use shouhu_ids::{HitId, SightingId};
use shouhu_module::{App, Reaction};
use shouhu_wire::{HitState, HoldReason};

use crate::hold::{self, NewHold};
use crate::model::AGE_MAX_US;
use crate::ops::show::record_of;
use crate::passing::plate_of;
use crate::store;

/// A hit must keep its proof: the sighting outlives the retention of non-hits, until a person has turned the hit down.
pub const HOLD_FOR_HIT: Reaction = Reaction { name: "sightings.keep_for_hit", kinds: &["hit_raised", "hit_decided"], run: follow };

fn follow(app: App, envelope: Envelope) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        match envelope.event {
            Event::HitRaised { hit, sighting, .. } => hold_for(&app, hit, sighting).await,
            Event::HitDecided { hit, state: HitState::Rejected } => {
                let mut tx = app.store.begin().await?;
                hold::lift_of_hit(&mut tx, hit, app.env.now()).await?;
                Ok(tx.commit().await?)
            }
            _ => Ok(()),
        }
    })
}

async fn hold_for(app: &App, hit: HitId, sighting: SightingId) -> Result<(), ReactionError> {
    let sighting = match sighting.parts() {
        Some(_) => sighting,
        None => store::moved_to(&app.store, sighting).await?.unwrap_or(sighting),
    };
    let Some(captured_at) = hold::captured_at(sighting) else { return Ok(()) };
    // Another server may have it in its memory still; the hold needs only the id.
    let record = record_of(app, sighting).await.ok().flatten();
    let plate = record.and_then(|record| plate_of(record.row.plate)).map(String::from).unwrap_or_default();
    let new = NewHold {
        sighting,
        plate,
        reason: HoldReason::Hit,
        hit: Some(hit),
        note: String::new(),
        case_ref: None,
        until: captured_at.plus(AGE_MAX_US),
        placed_by: None,
    };
    let mut tx = app.store.begin().await?;
    hold::place(&mut tx, &app.store, &new).await?;
    Ok(tx.commit().await?)
}
