//! A person makes a proposal valid, or ends a plan. Nothing else does either.

use axum::extract::State;
use shouhu_events::Event;
use shouhu_ids::TourPlanId;
use shouhu_module::{App, Audit, Audited, Body, Id, NoBody, Person, Problem, Route};
use shouhu_store::tag_of;
use shouhu_wire::Asked;

use super::tours::with_progress;
use crate::tours::model::{DiscardPlan, PlanState, TourPlan};
use crate::tours::retask::{self, FRESH_US};
use crate::tours::store as tour_store;
use crate::tours::terms::TourError;

pub const PUBLISH: Route = Route::post("/v1/patrol/tours/{id}/publish", "Publish proposed tours to their crews", || axum::routing::post(publish))
    .permission("patrol.plan")
    .audit(Audit::Write)
    .takes::<NoBody>()
    .gives::<TourPlan>();

pub const DISCARD: Route =
    Route::post("/v1/patrol/tours/{id}/discard", "Discard a proposal, or withdraw published tours with a reason", || axum::routing::post(discard))
        .permission("patrol.plan")
        .audit(Audit::Write)
        .takes::<DiscardPlan>()
        .gives::<TourPlan>();

const REASON_MAX: usize = 300;

async fn known(app: &App, id: TourPlanId) -> Result<TourPlan, Problem> {
    tour_store::one(&app.store, id).await?.ok_or_else(|| Problem::not_found("tour plan"))
}

async fn shown(app: &App, id: TourPlanId, done: &str) -> Result<Audited<TourPlan>, Problem> {
    let mut plan = known(app, id).await?;
    with_progress(app, &mut plan).await?;
    Ok(Audited::new(format!("tour plan {id} {done}"), plan))
}

async fn publish(State(app): State<App>, person: Person, Id(id): Id<TourPlanId>) -> Result<Audited<TourPlan>, Problem> {
    let plan = known(&app, id).await?;
    let now = app.env.now();
    if plan.to_us <= now {
        return Err(TourError::Over.into());
    }
    if plan.retask.as_ref().is_some_and(|retask| now.since(retask.at_us) > FRESH_US) {
        return Err(TourError::Stale.into());
    }
    let mut tx = app.store.begin().await?;
    let state = tour_store::locked(&mut tx, id).await?.ok_or_else(|| Problem::not_found("tour plan"))?;
    if state != PlanState::Proposed {
        return Err(TourError::State(tag_of(&state)).into());
    }
    if let (Some(_), Some(old)) = (&plan.retask, plan.replaces) {
        // It shares out what was left of a plan that held: another order, or a withdrawal, has come before it.
        if tour_store::state_of(&mut tx, old).await? != Some(PlanState::Published) {
            return Err(TourError::Stale.into());
        }
    }
    if let Some(call_sign) = tour_store::taken(&mut tx, &plan, plan.replaces).await? {
        return Err(TourError::UnitTaken(call_sign).into());
    }
    if let Some(old) = plan.replaces {
        // One that was ended meanwhile stays as it was ended.
        tour_store::decide(&mut tx, old, [PlanState::Proposed, PlanState::Published], PlanState::Replaced, &person, now, None).await?;
        let overtaken = tour_store::overtaken(&mut tx, old, id, &person, now).await?;
        retask::again(&mut tx, &overtaken, id).await?;
    }
    tour_store::decide(&mut tx, id, [PlanState::Proposed; 2], PlanState::Published, &person, now, None).await?;
    tx.commit().await?;
    shown(&app, id, "published").await
}

async fn discard(
    State(app): State<App>,
    person: Person,
    Id(id): Id<TourPlanId>,
    Body(body): Body<DiscardPlan>,
) -> Result<Audited<TourPlan>, Problem> {
    let reason = body.reason.trim();
    let code = body.code.ok_or(TourError::Code)?;
    let mut tx = app.store.begin().await?;
    let state = tour_store::locked(&mut tx, id).await?.ok_or_else(|| Problem::not_found("tour plan"))?;
    let end = match state {
        PlanState::Proposed => PlanState::Discarded,
        PlanState::Published => PlanState::Withdrawn,
        other => return Err(TourError::State(tag_of(&other)).into()),
    };
    let is_missing = end == PlanState::Withdrawn && reason.is_empty();
    if is_missing || reason.chars().count() > REASON_MAX {
        return Err(TourError::Reason.into());
    }
    let kept = Some(reason).filter(|reason| !reason.is_empty());
    tour_store::decide(&mut tx, id, [state; 2], end, &person, app.env.now(), kept).await?;
    tx.emit(&Event::not_done(Asked::Tours, &id, code.as_str(), person.id)).await?;
    tx.commit().await?;
    shown(&app, id, &format!("{}: {}", tag_of(&end), code.as_str())).await
}
