//! Renames a tracker, moves it into another unit, or takes its secret away.

use axum::extract::State;
use shouhu_ids::TrackerId;
use shouhu_module::{App, Audit, Audited, Body, Id, NoBody, Problem, Route};
use shouhu_store::Value;

use crate::model::{MountTracker, RenameTracker, Tracker};
use crate::ops::tracker_create::{TrackerError, check_unit, checked_name};
use crate::{room, store};

pub const RENAME: Route =
    Route::post("/v1/positions/trackers/{id}/rename", "Give a tracker another name", || axum::routing::post(rename))
        .permission("positions.trackers")
        .audit(Audit::Write)
        .takes::<RenameTracker>()
        .gives::<Tracker>();

pub const MOUNT: Route =
    Route::post("/v1/positions/trackers/{id}/mount", "Move a tracker into another unit, or out of all", || {
        axum::routing::post(mount)
    })
    .permission("positions.trackers")
    .audit(Audit::Write)
    .takes::<MountTracker>()
    .gives::<Tracker>();

pub const REVOKE: Route =
    Route::post("/v1/positions/trackers/{id}/revoke", "Take a tracker's secret away for ever", || axum::routing::post(revoke))
        .permission("positions.trackers")
        .audit(Audit::Security)
        .takes::<NoBody>()
        .gives::<Tracker>();

async fn changed(
    app: &App,
    id: TrackerId,
    assignment: &'static str,
    value: Value,
    what: &str,
) -> Result<Audited<Tracker>, Problem> {
    let known = store::tracker(&app.store, id).await?.ok_or_else(|| Problem::not_found("tracker"))?;
    if !store::set(&app.store, id, assignment, value).await? {
        return Err(TrackerError::Revoked.into());
    }
    room::of(app).reread(app).await?;
    let tracker = store::tracker(&app.store, id).await?.ok_or_else(|| Problem::not_found("tracker"))?;
    Ok(Audited::new(format!("tracker {} {id}: {what}", known.name), tracker))
}

async fn rename(
    State(app): State<App>,
    Id(id): Id<TrackerId>,
    Body(body): Body<RenameTracker>,
) -> Result<Audited<Tracker>, Problem> {
    let name = checked_name(&body.name)?;
    let what = format!("renamed {name}");
    changed(&app, id, "name = $2", name.into(), &what).await
}

async fn mount(
    State(app): State<App>,
    Id(id): Id<TrackerId>,
    Body(body): Body<MountTracker>,
) -> Result<Audited<Tracker>, Problem> {
    check_unit(&app, body.unit).await?;
    let known = store::tracker(&app.store, id).await?.ok_or_else(|| Problem::not_found("tracker"))?;
    if known.is_gateway && body.unit.is_some() {
        return Err(TrackerError::GatewayUnit.into());
    }
    let what = body.unit.map_or_else(|| "out of its unit".to_owned(), |unit| format!("into unit {unit}"));
    changed(&app, id, "unit = $2", body.unit.into(), &what).await
}

async fn revoke(State(app): State<App>, Id(id): Id<TrackerId>, _: Body<NoBody>) -> Result<Audited<Tracker>, Problem> {
    // The name of its device is free again for a successor.
    let assignment = "revoked_at_us = $2, secret_hash = NULL, gateway = NULL";
    changed(&app, id, assignment, app.env.now().into(), "revoked").await
}
