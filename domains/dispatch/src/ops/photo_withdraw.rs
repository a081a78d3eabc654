//! An officer takes back a photo that was sent by mistake, within five minutes. It is destroyed at once; both lines stay in the log.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::PhotoId;
use shouhu_module::{App, Audit, Audited, Body, Id, Load, Person, Problem, Route};

use crate::photos::{self, Photo};

pub const ROUTE: Route = Route::post("/v1/photos/{id}/withdraw", "Take back an own photo that was sent by mistake", || {
    axum::routing::post(handle)
})
.permission("assignments.answer")
.audit(Audit::Write)
.load(Load::Life)
.takes::<WithdrawPhoto>()
.gives::<Photo>();

/// `POST /v1/photos/{id}/withdraw`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WithdrawPhoto {
    pub reason: String,
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Id(id): Id<PhotoId>,
    Body(body): Body<WithdrawPhoto>,
) -> Result<Audited<Photo>, Problem> {
    let photo = photos::withdraw(&app.store, &app.blobs, &person, id, &body.reason).await?;
    Ok(Audited::new(format!("photo {id} of {} withdrawn", photo.incident_number), photo))
}
