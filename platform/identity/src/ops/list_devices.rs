//! Devices and how they are, newest first.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_module::{App, Audit, Page, PageQuery, Params, Problem, Route, page_limit};
use shouhu_wire::{Attestation, SenderRestriction};

use crate::attest::trust;
use crate::device_store;
use crate::model::Device;

pub const ROUTE: Route = Route::get("/v1/devices", "Devices and what they last said about themselves", || axum::routing::get(handle))
    .permission("devices.read")
    .audit(Audit::None("machines, no personal data"))
    .asks::<PageQuery>()
    .gives::<Page<DeviceRow>>();

/// A device with how far it is to be believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceRow {
    #[serde(flatten)]
    pub device: Device,
    pub attestation: Attestation,
    /// Whether its kind must attest.
    pub is_attestation_required: bool,
    /// The restriction that lasts.
    pub restriction: Option<SenderRestriction>,
}

async fn handle(State(app): State<App>, Params(query): Params<PageQuery>) -> Result<Json<Page<DeviceRow>>, Problem> {
    let limit = page_limit(query.limit);
    let before = query.cursor.as_deref().and_then(|cursor| cursor.parse().ok());
    let devices = device_store::list(&app.store, before, limit + 1).await?;
    let ids: Vec<_> = devices.iter().map(|device| device.id).collect();
    let mut standings = trust::standings(&app.store, app.env.now(), &ids).await?;
    let rows = devices.into_iter().map(|device| {
        let standing = standings.remove(&device.id).unwrap_or_default();
        DeviceRow {
            device,
            attestation: standing.attestation(),
            is_attestation_required: standing.is_required,
            restriction: standing.lasting(),
        }
    });
    Ok(Json(Page::cut(rows.collect(), limit, |row| row.device.id.to_string())))
}
