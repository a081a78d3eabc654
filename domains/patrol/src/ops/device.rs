//! Gives the secret of a display that shows a rotating code.

use axum::extract::State;
use data_encoding::BASE32_NOPAD;
use shouhu_ids::BoxId;
use shouhu_module::{App, Audit, Audited, Id, NoBody, Problem, Route};

use crate::model::DeviceSecret;
use crate::secret::{STEP_S, Secret};
use crate::store;

pub const ROUTE: Route =
    Route::post("/v1/patrol/boxes/{id}/device", "The secret for a display with a rotating code", || axum::routing::post(handle))
        .permission("patrol.plan")
        .audit(Audit::Security)
        .takes::<NoBody>()
        .gives::<DeviceSecret>();

async fn handle(State(app): State<App>, Id(id): Id<BoxId>) -> Result<Audited<DeviceSecret>, Problem> {
    store::set(&app.store, id, "has_device = $2", true.into()).await?;
    let kept = store::one(&app.store, id).await?.ok_or_else(|| Problem::not_found("patrol box"))?;
    let secret = app.room::<Secret>().device_secret(id, kept.code_version);
    let given = DeviceSecret { secret_base32: BASE32_NOPAD.encode(&secret), step_s: STEP_S };
    Ok(Audited::new(format!("secret of the display of patrol box {}", kept.shown.number), given))
}
