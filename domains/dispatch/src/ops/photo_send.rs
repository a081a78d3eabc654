//! A crew sends a picture from its job: the body is the picture, the query says the rest.
//!
//! The id is the phone's: a phone that was offline sends the same photo again, and it is the same one.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::{AssignmentId, Micros, PhotoId};
use shouhu_module::{App, Audit, Audited, Id, Load, Params, Person, Problem, RawBody, Route};
use shouhu_place::Wgs84;

use crate::photos::{self, NewPhoto, PHOTO_BYTES_MAX, Photo, PhotoError};

pub const ROUTE: Route = Route::post(
    "/v1/assignments/{id}/photos",
    "Send a picture (JPEG or PNG as the body) from the own unit's assignment",
    || axum::routing::post(handle),
)
.permission("assignments.answer")
.audit(Audit::Write)
.load(Load::Upload)
.body_bytes_max(PHOTO_BYTES_MAX)
.takes_media("image/jpeg, image/png")
.asks::<SendPhoto>()
.gives::<Photo>();

/// `POST /v1/assignments/{id}/photos`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
pub struct SendPhoto {
    /// A UUID that the phone makes once for a picture.
    pub photo: PhotoId,
    /// When the phone took it, microseconds since 1970; not kept when it lies in the future or more than a week back.
    pub taken_at_us: Option<i64>,
    /// At most 200 characters.
    pub caption: Option<String>,
    /// Where it was taken, if the officer wants to say so; what the picture itself says of its place is destroyed.
    pub lon: Option<f64>,
    pub lat: Option<f64>,
    pub accuracy_m: Option<f64>,
}

impl SendPhoto {
    fn new_photo(self) -> Result<NewPhoto, PhotoError> {
        let position = match (self.lon, self.lat) {
            (Some(lon), Some(lat)) => Some(Wgs84::new(lon, lat).map_err(|_| PhotoError::Place)?),
            (None, None) => None,
            _ => return Err(PhotoError::Place),
        };
        Ok(NewPhoto {
            id: self.photo,
            taken_at: self.taken_at_us.map(Micros),
            caption: self.caption.unwrap_or_default(),
            position,
            accuracy_m: self.accuracy_m,
        })
    }
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Id(id): Id<AssignmentId>,
    Params(query): Params<SendPhoto>,
    RawBody(body): RawBody,
) -> Result<Audited<Photo>, Problem> {
    let new = query.new_photo()?;
    let photo = photos::keep(&app.store, &app.blobs, &person, id, &new, body).await?;
    Ok(Audited::new(format!("photo {} of {} {}", photo.id, photo.incident_number, photo.call_sign), photo))
}
