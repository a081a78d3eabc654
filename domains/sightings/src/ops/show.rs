//! `GET /v1/sightings/{id}`: one sighting.

use axum::extract::State;
use shouhu_ids::SightingId;
use shouhu_lakehouse::Lakehouse;
use shouhu_lakehouse::lake::FullRecord;
use shouhu_module::ports::DeviceTrustPort;
use shouhu_module::{App, Audit, Audited, Id, Problem, Route};
use shouhu_store::Store;
use shouhu_wire::{SenderRestriction, Sighting};

use crate::gate::{Asking, told_at};
use crate::lake::{ask_at, find, lake_of, problem_of};
use crate::passing::sighting_of;
use crate::store;

pub const ROUTE: Route = Route::get("/v1/sightings/{id}", "Shows one sighting", || axum::routing::get(handle))
    .permission("sightings.search")
    .audit(Audit::PersonalRead)
    .gives::<Sighting>();

async fn handle(State(app): State<App>, asking: Asking, Id(id): Id<SightingId>) -> Result<Audited<Sighting>, Problem> {
    let record = record_of(&app, id).await?.ok_or_else(|| Problem::not_found("sighting"))?;
    let lake = lake_of(&app)?;
    let under = may_show(&asking, &lake, &record).await?;
    let mut sighting = sighting_of(&lake, &record).ok_or_else(|| Problem::not_found("sighting"))?;
    sighting.sender_restriction = restriction_of(&app, &sighting).await?;
    Ok(Audited::new(format!("sighting {id} of {}{under}", sighting.plate_display), sighting))
}

/// One that is kept back is not found: an id can be computed, and must not say whether a plate was there.
///
/// # Errors
/// When it may not be shown.
pub async fn may_show(asking: &Asking, lake: &Lakehouse, record: &FullRecord) -> Result<String, Problem> {
    let shown = asking.reveal(&[], vec![record.row.key()], 1, |key| told_at(lake, *key)).await?;
    if shown.rows.is_empty() { Err(Problem::not_found("sighting")) } else { Ok(shown.under) }
}

/// Why its device was not to be believed by itself, then or when it sent this: a clock can be set back, our own cannot.
async fn restriction_of(app: &App, sighting: &Sighting) -> Result<Option<SenderRestriction>, Problem> {
    let Some(port) = app.try_room::<DeviceTrustPort>() else { return Ok(None) };
    let mut found = port.0.restrictions(vec![sighting.device]).await?;
    let restrictions = found.remove(&sighting.device).unwrap_or_default();
    Ok(restrictions.into_iter().find(|r| r.covers(sighting.captured_at_us) || r.covers(sighting.received_at_us)))
}

pub async fn record_of(app: &App, id: SightingId) -> Result<Option<FullRecord>, Problem> {
    record_at(&*lake_of(app)?, &app.store, id).await
}

/// The passage that an id names; one from before the lake is found by the id that it has now.
pub async fn record_at(lake: &Lakehouse, store: &Store, id: SightingId) -> Result<Option<FullRecord>, Problem> {
    let id = match id.parts() {
        Some(_) => id,
        None => match store::moved_to(store, id).await? {
            Some(id) => id,
            None => return Ok(None),
        },
    };
    ask_at(lake, store.env(), 1, move |view, _| find(view, id)).await?.map_err(|error| problem_of(&error.into()))
}
