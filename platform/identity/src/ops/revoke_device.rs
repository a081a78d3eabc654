//! Revokes a device: its next request is refused.

use axum::extract::State;
use axum::response::Response;
use shouhu_events::Event;
use shouhu_ids::DeviceId;
use shouhu_module::{App, Audit, Id, NoBody, Person, Problem, Route};

use super::done;
use crate::device_store;

pub const ROUTE: Route = Route::post("/v1/devices/{id}/revoke", "Revokes a device at once", || axum::routing::post(handle))
    .permission("devices.manage")
    .audit(Audit::Security)
    .takes::<NoBody>();

async fn handle(State(app): State<App>, person: Person, Id(id): Id<DeviceId>) -> Result<Response, Problem> {
    let mut tx = app.store.begin().await?;
    let Some(is_news) = device_store::revoke(&mut tx, app.env.now(), id, person.id).await? else {
        return Err(Problem::not_found("device"));
    };
    if is_news {
        tx.emit(&Event::DeviceChanged { device: id }).await?;
    }
    tx.commit().await?;
    Ok(done(id.to_string()))
}
