//! `/v1/sightings/holds`: what no purge and no erasure takes.

use axum::extract::State;
use shouhu_ids::HoldId;
use shouhu_module::{App, Audit, Audited, Body, Id, Page, PageQuery, Params, Problem, Route};
use shouhu_wire::{Hold, LiftHold, PlaceHold};

pub const LIST: Route = Route::get("/v1/sightings/holds", "Lists sightings that are held, newest hold first", || axum::routing::get(list))
    .permission("sightings.hold")
    .audit(Audit::WorkRead)
    .asks::<PageQuery>()
    .gives::<Page<Hold>>();

pub const PLACE: Route = Route::post("/v1/sightings/holds", "Holds a sighting beyond its retention", || axum::routing::post(place))
    .permission("sightings.hold")
    .audit(Audit::Write)
    .takes::<PlaceHold>()
    .gives::<Hold>();

pub const LIFT: Route = Route::post("/v1/sightings/holds/{id}/lift", "Lifts a hold; the sighting then ages as others do", || axum::routing::post(lift))
    .permission("sightings.hold")
    .audit(Audit::Write)
    .takes::<LiftHold>()
    .gives::<Hold>();

async fn list(State(_): State<App>, Params(_): Params<PageQuery>) -> Result<Audited<Page<Hold>>, Problem> {
    Err(crate::ops::not_ready())
}

async fn place(State(_): State<App>, Body(_): Body<PlaceHold>) -> Result<Audited<Hold>, Problem> {
    Err(crate::ops::not_ready())
}

async fn lift(State(_): State<App>, Id(_): Id<HoldId>, Body(_): Body<LiftHold>) -> Result<Audited<Hold>, Problem> {
    Err(crate::ops::not_ready())
}
