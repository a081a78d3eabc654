//! Says whether a unit can be sent: available, busy or off duty. Its crew says it, or a dispatcher who heard it by radio; the
//! crew's phone hears of either. While it holds an assignment, the assignment says what the unit is, to both.

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_events::Event;
use shouhu_ids::UnitId;
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, Person, Problem, Route};
use shouhu_store::{Store, StoreError, params, tag_of};
use shouhu_wire::{SetUnitState, Unit, UnitState};

use crate::{positions, store};

pub const ROUTE: Route =
    Route::post("/v1/units/mine/state", "Say whether the caller's unit can be sent", || axum::routing::post(handle))
        .permission("units.report")
        .audit(Audit::Write)
        .load(Load::Life)
        .takes::<SetUnitState>()
        .gives::<Unit>();

pub const BY_DISPATCH: Route = Route::post("/v1/units/{id}/state", "Say for a crew whether its unit can be sent", || {
    axum::routing::post(handle_dispatch)
})
.permission("dispatch.order")
.audit(Audit::Write)
.load(Load::Life)
.takes::<SetUnitState>()
.gives::<Unit>();

#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("there is no such unit")]
    NotFound,
    #[error("you crew no unit: join one first")]
    NoUnit,
    #[error("available, busy and off_duty are said; the rest follows from the assignment")]
    NotByCrew,
    #[error("{call_sign} holds an assignment: close it, or ask the dispatcher to cancel it")]
    AssignmentLive { call_sign: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for StateError {
    fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "http.not_found",
            Self::NoUnit => "dispatch.unit.none_joined",
            Self::NotByCrew => "dispatch.state.not_by_crew",
            Self::AssignmentLive { .. } => "dispatch.state.assignment_live",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::NoUnit | Self::AssignmentLive { .. } => StatusCode::CONFLICT,
            Self::NotByCrew => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(error) => error.status(),
        }
    }
}

/// # Errors
/// When the unit holds an assignment, or the state is not a crew's to set.
pub async fn set(store: &Store, unit: Option<UnitId>, state: UnitState) -> Result<Unit, StateError> {
    let id = unit.ok_or(StateError::NoUnit)?;
    if !matches!(state, UnitState::Available | UnitState::Busy | UnitState::OffDuty) {
        return Err(StateError::NotByCrew);
    }
    let known = store::unit(store, id).await?.ok_or(StateError::NoUnit)?;
    let mut tx = store.begin().await?;
    // The guard also holds against a dispatcher who sends the unit at this moment: whoever commits first is right.
    let changed = tx
        .execute(
            "UPDATE dispatch_unit SET state = $1, on_duty_since_us = CASE WHEN $1 = 'off_duty' THEN NULL \
             ELSE COALESCE(on_duty_since_us, $3) END, \
             last_job_ended_at_us = CASE WHEN $1 = 'off_duty' THEN NULL ELSE last_job_ended_at_us END \
             WHERE id = $2 AND state IN ('available', 'busy', 'off_duty') AND state <> $1",
            params![tag_of(&state), id, store.env().now()],
        )
        .await?;
    if changed == 1 {
        tx.emit(&Event::UnitChanged { unit: id, state }).await?;
        tx.commit().await?;
    } else {
        drop(tx);
    }
    let unit = store::unit(store, id).await?.ok_or(StateError::NoUnit)?;
    if changed == 0 && unit.state != state {
        return Err(StateError::AssignmentLive { call_sign: known.call_sign });
    }
    Ok(unit)
}

async fn told(app: &App, mut unit: Unit) -> Result<Unit, Problem> {
    let known = positions::of(app);
    known.persist(&app.store, unit.id).await?;
    known.overlay(&mut unit);
    Ok(unit)
}

async fn handle(State(app): State<App>, person: Person, Body(body): Body<SetUnitState>) -> Result<Audited<Unit>, Problem> {
    let unit = told(&app, set(&app.store, person.unit, body.state).await?).await?;
    Ok(Audited::new(unit.call_sign.clone(), unit))
}

async fn handle_dispatch(State(app): State<App>, Id(id): Id<UnitId>, Body(body): Body<SetUnitState>) -> Result<Audited<Unit>, Problem> {
    store::unit(&app.store, id).await?.ok_or(StateError::NotFound)?;
    let unit = told(&app, set(&app.store, Some(id), body.state).await?).await?;
    Ok(Audited::new(format!("{} {}", unit.call_sign, tag_of(&unit.state)), unit))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;
    use crate::testing::Scene;

    #[tokio::test]
    async fn a_crew_with_an_assignment_cannot_go_off_duty() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let unit = scene.unit("永康 21").await;
            scene.assign(scene.incident().await, unit).await.unwrap();
            for state in [UnitState::OffDuty, UnitState::Busy, UnitState::Available] {
                let refused = set(&store, Some(unit), state).await.unwrap_err();
                assert_eq!(refused.key(), "dispatch.state.assignment_live");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn a_crew_cannot_call_itself_on_scene_and_a_person_without_unit_sets_nothing() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let unit = scene.unit("永康 21").await;
            assert_eq!(set(&store, Some(unit), UnitState::OnScene).await.unwrap_err().key(), "dispatch.state.not_by_crew");
            assert_eq!(set(&store, None, UnitState::Busy).await.unwrap_err().key(), "dispatch.unit.none_joined");
            assert_eq!(set(&store, Some(unit), UnitState::Busy).await.unwrap().state, UnitState::Busy);
            assert_eq!(scene.assign(scene.incident().await, unit).await.unwrap_err().key(), "dispatch.assign.unit_not_available");
        })
        .await;
    }
}
