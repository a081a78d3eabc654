//! Looks at the photos of an incident. Each look is a leaf in the audit log, durable before the bytes leave.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use shouhu_ids::{IncidentId, PhotoId};
use shouhu_module::{App, Audit, AuditObject, Audited, Id, Load, Params, Person, Problem, Route};

use crate::model::Items;
use crate::photos::sight::{self, LookAtPhotos};
use crate::photos::{Photo, PhotoSize};

pub const LIST: Route =
    Route::get("/v1/incidents/{id}/photos", "List the photos of an incident and of its reports, without the pictures", || {
        axum::routing::get(list)
    })
    .permission("photos.read")
    .audit(Audit::WorkRead)
    .load(Load::Life)
    .asks::<LookAtPhotos>()
    .gives::<Items<Photo>>();

pub const PICTURE: Route = Route::get("/v1/photos/{id}", "Picture of a photo, large or small", || axum::routing::get(picture))
    .permission("photos.read")
    .audit(Audit::WorkRead)
    .load(Load::Life)
    .asks::<LookAtPhotos>()
    .gives_media("image/jpeg");

async fn list(
    State(app): State<App>,
    person: Person,
    Id(id): Id<IncidentId>,
    Params(look): Params<LookAtPhotos>,
) -> Result<Audited<Items<Photo>>, Problem> {
    let reason = look.reason(&person)?;
    let (number, items) = sight::photos(&app, &person, id).await?;
    Ok(Audited::new(format!("{} photos of {number}{reason}", items.len()), Items { items }))
}

async fn picture(
    State(app): State<App>,
    person: Person,
    Id(id): Id<PhotoId>,
    Params(look): Params<LookAtPhotos>,
) -> Result<Response, Problem> {
    let reason = look.reason(&person)?;
    let photo = sight::photo(&app, &person, id).await?;
    let mut response = photo.picture(&app.blobs, look.size).await?.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    // Each look is a leaf in the audit log; a browser's cache would answer without one.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let size = if look.size == PhotoSize::Small { "small" } else { "large" };
    response.extensions_mut().insert(AuditObject(format!("photo {id} of {} {size}{reason}", photo.incident_number)));
    Ok(response)
}
