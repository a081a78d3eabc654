//! What a device may do now; agents ask from time to time.

use axum::Json;
use axum::extract::State;
use shouhu_module::{Access, App, Audit, DevicePeer, Load, Problem, Route};
use shouhu_wire::EnrolledDevice;

use crate::device_store;

pub const ROUTE: Route = Route::get("/v1/devices/mine", "The calling device's own record and policy", || axum::routing::get(handle))
    .access(Access::Device)
    .audit(Audit::None("a machine's own record"))
    .load(Load::Ingest)
    .gives::<EnrolledDevice>();

async fn handle(State(app): State<App>, device: DevicePeer) -> Result<Json<EnrolledDevice>, Problem> {
    let found = device_store::with_key(&app.store, device.id).await?;
    let (device, _) = found.ok_or_else(|| Problem::not_found("device"))?;
    Ok(Json(device.enrolled()))
}
