//! `POST /v1/hits/{id}/reject`: a person says that picture and entry do not agree, or that the entry should not be.

use axum::extract::State;
use shouhu_ids::HitId;
use shouhu_module::{App, Audit, Audited, Body, Id, Load, Person, Problem, Route};
use shouhu_wire::{Hit, RejectHit};

use crate::fold::clipped;
use crate::hits::{self, Decision};
use crate::model::WHY_CHARS_MAX;
use crate::ops::confirm::DecideError;
use crate::sight;

pub const ROUTE: Route = Route::post("/v1/hits/{id}/reject", "Reject a hit, with the reason", || axum::routing::post(handle))
    .permission("hits.decide")
    .audit(Audit::Write)
    .load(Load::Life)
    .takes::<RejectHit>()
    .gives::<Hit>();

async fn handle(
    State(app): State<App>,
    person: Person,
    Id(id): Id<HitId>,
    Body(asked): Body<RejectHit>,
) -> Result<Audited<Hit>, Problem> {
    let note = clipped(&asked.note, WHY_CHARS_MAX);
    // Nobody decides what he may not see.
    hits::hit(&app.store, id).await?.ok_or_else(|| Problem::not_found("hit"))?;
    let mut tx = app.store.begin().await?;
    let done = hits::decide(&mut tx, id, &Decision::Reject { reason: asked.reason }, &note, &person, app.env.now()).await?;
    if done {
        tx.commit().await?;
    } else {
        drop(tx);
    }
    let mut hit = hits::hit(&app.store, id).await?.ok_or_else(|| Problem::not_found("hit"))?;
    if !done {
        return Err(DecideError::already(&hit).into());
    }
    sight::leave_out_hidden_incidents(&app, std::slice::from_mut(&mut hit)).await?;
    let why = shouhu_store::tag_of(&asked.reason);
    Ok(Audited::new(format!("hit {id} {}, rejected: {why}", hit.plate), hit))
}
