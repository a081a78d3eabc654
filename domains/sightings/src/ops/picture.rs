//! `GET /v1/sightings/{id}/crop` and `/frame`: the pictures, decrypted for one look.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shouhu_blobs::{BlobClass, BlobError, Blobs};
use shouhu_env::BoxFuture;
use shouhu_ids::SightingId;
use shouhu_lakehouse::Lakehouse;
use shouhu_module::ports::{Picture, SightingPictures};
use shouhu_module::{App, Audit, AuditObject, Id, Keyed, Problem, Route};
use shouhu_store::Store;

use crate::arrive::picture_id;
use crate::lake::lake_of;
use crate::gate::Asking;
use crate::ops::show::{may_show, record_at, record_of};
use crate::passing::{HAS_CROP, HAS_FRAME};

pub const CROP: Route = route("/v1/sightings/{id}/crop", "The picture of the plate and its surroundings", Picture::Crop);
pub const FRAME: Route = route("/v1/sightings/{id}/frame", "The whole frame, where the device's policy sent one", Picture::Frame);

const fn route(path: &'static str, summary: &'static str, picture: Picture) -> Route {
    let route = match picture {
        Picture::Crop => Route::get(path, summary, || axum::routing::get(crop)),
        Picture::Frame => Route::get(path, summary, || axum::routing::get(frame)),
    };
    route.permission("sightings.search").audit(Audit::PersonalRead).gives_media("image/jpeg")
}

#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    #[error("sighting {id} has no {what}: the device sent none, or it could not be used")]
    None { id: SightingId, what: &'static str },
}

impl Keyed for PictureError {
    fn key(&self) -> &'static str {
        "sightings.picture.none"
    }

    fn status(&self) -> StatusCode {
        StatusCode::NOT_FOUND
    }
}

const fn named(picture: Picture) -> &'static str {
    match picture {
        Picture::Crop => "crop",
        Picture::Frame => "frame",
    }
}

async fn bytes_of(from: &Pictures, id: SightingId, picture: Picture) -> Result<Vec<u8>, Problem> {
    let record = record_at(&from.lake, &from.store, id).await?.ok_or_else(|| Problem::not_found("sighting"))?;
    let bit = match picture {
        Picture::Crop => HAS_CROP,
        Picture::Frame => HAS_FRAME,
    };
    if record.row.pictures & bit == 0 {
        return Err(PictureError::None { id, what: named(picture) }.into());
    }
    // A sighting that is held may already have outlived its class.
    match from.blobs.get(&picture_id(BlobClass::Sighting, record.row.key(), picture)).await {
        Err(BlobError::Gone { .. }) => Ok(from.blobs.get(&picture_id(BlobClass::Kept, record.row.key(), picture)).await?),
        other => Ok(other?),
    }
}

async fn crop(State(app): State<App>, asking: Asking, Id(id): Id<SightingId>) -> Result<Response, Problem> {
    answer(&app, &asking, id, Picture::Crop).await
}

async fn frame(State(app): State<App>, asking: Asking, Id(id): Id<SightingId>) -> Result<Response, Problem> {
    answer(&app, &asking, id, Picture::Frame).await
}

async fn answer(app: &App, asking: &Asking, id: SightingId, picture: Picture) -> Result<Response, Problem> {
    let record = record_of(app, id).await?.ok_or_else(|| Problem::not_found("sighting"))?;
    let under = may_show(asking, &*lake_of(app)?, &record).await?;
    let bytes = bytes_of(&Pictures::of(app)?, id, picture).await?;
    let mut response = ([(header::CONTENT_TYPE, "image/jpeg")], bytes).into_response();
    // No cache may keep what its key's destruction should take away.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response.extensions_mut().insert(AuditObject(format!("{} of sighting {id}{under}", named(picture))));
    Ok(response)
}

/// Pictures for other rooms, which have decided and logged that they may be seen.
#[derive(Clone)]
pub struct Pictures {
    lake: Lakehouse,
    store: Store,
    blobs: Blobs,
}

impl Pictures {
    /// # Errors
    /// When this program has not opened the lake.
    pub fn of(app: &App) -> Result<Self, Problem> {
        Ok(Self { lake: (*lake_of(app)?).clone(), store: app.store.clone(), blobs: app.blobs.clone() })
    }
}

impl SightingPictures for Pictures {
    fn picture(&self, sighting: SightingId, picture: Picture) -> BoxFuture<'static, Result<Vec<u8>, Problem>> {
        let from = self.clone();
        Box::pin(async move { bytes_of(&from, sighting, picture).await })
    }
}
