//! The crew's own tour, and what the crew says of a stop.

use axum::extract::State;
use shouhu_ids::{Micros, UnitId};
use shouhu_module::{App, Audit, Audited, Body, Person, Problem, Route};
use shouhu_store::tag_of;

use super::tours::with_progress;
use crate::tours::model::{CrewTour, MarkOutcome, MarkStop, MyTour, PlanState, SkipReason, TourPlan};
use crate::tours::progress::Mark;
use crate::tours::store::{self as tour_store, NewMark};
use crate::tours::terms::TourError;

pub const MINE: Route = Route::get("/v1/patrol/tours/mine", "The published tour of the own unit", || axum::routing::get(mine))
    .permission("patrol.check_in")
    .audit(Audit::WorkRead)
    .gives::<MyTour>();

pub const MARK: Route =
    Route::post("/v1/patrol/tours/mine/marks", "Say that a stop of the own tour was made or skipped", || axum::routing::post(mark))
        .permission("patrol.check_in")
        .audit(Audit::Write)
        .takes::<MarkStop>()
        .gives::<MyTour>();

/// A crew looks at tomorrow's tour the evening before.
const AHEAD_US: i64 = Micros::DAY;
/// The last stop is often marked on the way home.
const BEHIND_US: i64 = Micros::HOUR / 2;
/// What a phone kept through a shift without a line is still taken.
const LATE_MAX_US: i64 = Micros::DAY;
/// A phone's clock may be so far ahead.
const CLOCK_SLACK_US: i64 = 2 * Micros::MINUTE;

/// The unit's part of a plan; none where it has no part in it.
async fn part(app: &App, mut plan: TourPlan, unit: UnitId) -> Result<MyTour, Problem> {
    let told = with_progress(app, &mut plan).await?;
    let retask = plan.retask.take();
    let (from_us, to_us, base) = (plan.from_us, plan.to_us, plan.answer.base);
    let own = plan.answer.tours.into_iter().zip(told).find(|(tour, _)| tour.unit == unit);
    let tour = own.map(|(tour, told)| CrewTour {
        plan: plan.id,
        unit,
        call_sign: tour.call_sign,
        station: plan.station,
        from_us,
        to_us,
        base,
        back_at_us: tour.back_at_us,
        paused_for: told.paused_for,
        delay_s: told.delay_us / Micros::SECOND,
        retask,
        stops: tour.stops,
    });
    Ok(MyTour { tour })
}

/// The unit's part of the plan that holds now.
async fn current(app: &App, unit: UnitId) -> Result<MyTour, Problem> {
    let now = app.env.now();
    match tour_store::of_unit(&app.store, unit, now, now.plus(AHEAD_US), now.plus(-BEHIND_US)).await? {
        Some(plan) => part(app, plan, unit).await,
        None => Ok(MyTour { tour: None }),
    }
}

async fn mine(State(app): State<App>, person: Person) -> Result<Audited<MyTour>, Problem> {
    let mine = match person.unit {
        Some(unit) => current(&app, unit).await?,
        None => MyTour { tour: None },
    };
    let object = mine.tour.as_ref().map_or_else(|| "no tour".to_owned(), |tour| format!("tour of {}", tour.call_sign));
    Ok(Audited::new(object, mine))
}

fn check(body: &MarkStop, plan: &TourPlan, unit: UnitId, now: Micros) -> Result<(), TourError> {
    let wrong = |what: &str| Err(TourError::Mark(what.to_owned()));
    // A phone without a line tells afterwards what was done while the plan still held.
    let held = match plan.state {
        PlanState::Published => true,
        PlanState::Withdrawn | PlanState::Replaced => plan.decided_at_us.is_some_and(|ended| body.at_us <= ended),
        PlanState::Proposed | PlanState::Discarded => false,
    };
    if !held {
        return Err(TourError::State(tag_of(&plan.state)));
    }
    let own = plan.answer.tours.iter().find(|tour| tour.unit == unit);
    if !own.is_some_and(|tour| tour.stops.iter().any(|stop| stop.seq == body.seq)) {
        return wrong("your unit has no such stop in this plan");
    }
    if now.since(plan.to_us) > LATE_MAX_US {
        return Err(TourError::Over);
    }
    if body.at_us.since(now) > CLOCK_SLACK_US || body.at_us < plan.from_us.plus(-BEHIND_US) {
        return wrong("the time is in the future or before the shift");
    }
    let given = [SkipReason::Busy, SkipReason::NoAccess, SkipReason::RoadClosed, SkipReason::Unsafe, SkipReason::Other];
    match (body.outcome, body.reason) {
        (MarkOutcome::Skipped, Some(reason)) if given.contains(&reason) => Ok(()),
        (MarkOutcome::Skipped, _) => wrong("a skipped stop has one of the reasons that a person may give"),
        (_, None) => Ok(()),
        (_, Some(_)) => wrong("only a skipped stop has a reason"),
    }
}

async fn mark(State(app): State<App>, person: Person, Body(body): Body<MarkStop>) -> Result<Audited<MyTour>, Problem> {
    let unit = person.unit.ok_or(TourError::NoUnit)?;
    let plan = tour_store::one(&app.store, body.plan).await?.ok_or_else(|| Problem::not_found("tour plan"))?;
    let now = app.env.now();
    check(&body, &plan, unit, now)?;
    let mark = Mark { outcome: body.outcome, reason: body.reason, at: body.at_us, by_name: person.name.clone() };
    let new = NewMark { plan: plan.id, unit, seq: body.seq, mark: &mark, by: &person, received_at: now };
    tour_store::keep_mark(&app.store, &new).await?;
    let object = format!("stop {} of tour plan {} {}", body.seq, plan.id, tag_of(&body.outcome));
    // A plan that ended is not the crew's tour any more, whatever is still told of it.
    let own = if plan.state == PlanState::Published { part(&app, plan, unit).await? } else { current(&app, unit).await? };
    Ok(Audited::new(object, own))
}
