//! `GET /v1/hits/{id}/crop` and `/frame`: the picture that a hit is judged by. The hit itself is the purpose.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use shouhu_ids::HitId;
use shouhu_module::ports::{Picture, SightingPicturesPort};
use shouhu_module::{App, Audit, AuditObject, Id, Load, Person, Problem, Route};
use shouhu_store::Sight;

use crate::sight;

pub const CROP: Route = Route::get("/v1/hits/{id}/crop", "Picture of the plate of a hit", || axum::routing::get(crop))
    .permission("hits.watch")
    .audit(Audit::WorkRead)
    .load(Load::Life)
    .gives_media("image/jpeg");

pub const FRAME: Route = Route::get("/v1/hits/{id}/frame", "Whole picture of the passage of a hit", || axum::routing::get(frame))
    .permission("hits.watch")
    .audit(Audit::WorkRead)
    .load(Load::Life)
    .gives_media("image/jpeg");

async fn crop(State(app): State<App>, person: Person, Id(id): Id<HitId>) -> Result<Response, Problem> {
    picture(&app, &person, id, Picture::Crop).await
}

async fn frame(State(app): State<App>, person: Person, Id(id): Id<HitId>) -> Result<Response, Problem> {
    picture(&app, &person, id, Picture::Frame).await
}

async fn picture(app: &App, person: &Person, id: HitId, which: Picture) -> Result<Response, Problem> {
    let hit = sight::hit(app, person, id).await?;
    let pictures = app.try_room::<SightingPicturesPort>().ok_or_else(|| Problem::not_found("picture"))?;
    // Whoever sees the hit sees what it is judged by: a crew that was sent to it, also through a camera whose other passages are hidden from it.
    let jpeg = Sight::whole().look(pictures.0.picture(hit.sighting, which)).await?;
    let mut response = jpeg.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    // Each look is a leaf in the audit log; a browser's cache would answer without one.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(AuditObject(format!("hit {id} {} {which:?}", hit.plate)));
    Ok(response)
}
