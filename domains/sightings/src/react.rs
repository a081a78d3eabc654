//! What this room does when something happened in another.

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_events::{Envelope, Event};
use shouhu_module::{App, Reaction};

use crate::store;

pub const KEEP_FOR_HIT: Reaction = Reaction { name: "sightings.keep_for_hit", kinds: &["hit_raised"], run: keep_for_hit };

fn keep_for_hit(app: App, envelope: Envelope) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        if let Event::HitRaised { sighting, .. } = envelope.event {
            store::keep_for_hit(&app.store, sighting).await?;
        }
        Ok(())
    })
}
