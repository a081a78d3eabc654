//! Adds a unit: a car, motorcycle or foot patrol that can be sent. It begins off duty.

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_events::Event;
use shouhu_ids::UnitId;
use shouhu_module::{App, Audit, Audited, Body, Keyed, Load, Problem, Route};
use shouhu_store::{Store, StoreError, params, tag_of};
use shouhu_wire::{Unit, UnitState};

use crate::model::{CALL_SIGN_MAX, CreateUnit};
use crate::store;

pub const ROUTE: Route = Route::post("/v1/units", "Add a unit that can be sent", || axum::routing::post(handle))
    .permission("units.manage")
    .audit(Audit::Write)
    .load(Load::Life)
    .takes::<CreateUnit>()
    .gives::<Unit>();

#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    #[error("call sign is empty or longer than {CALL_SIGN_MAX} characters")]
    CallSign,
    #[error("call sign {0:?} is taken")]
    Taken(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for CreateError {
    fn key(&self) -> &'static str {
        match self {
            Self::CallSign => "dispatch.unit.call_sign",
            Self::Taken(_) => "dispatch.unit.call_sign_taken",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::CallSign => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Taken(_) => StatusCode::CONFLICT,
            Self::Store(error) => error.status(),
        }
    }
}

/// # Errors
/// When the call sign is taken or is none.
pub async fn create(store: &Store, body: &CreateUnit) -> Result<Unit, CreateError> {
    let call_sign = body.call_sign.trim();
    if call_sign.is_empty() || call_sign.chars().count() > CALL_SIGN_MAX {
        return Err(CreateError::CallSign);
    }
    let id = store.env().id(UnitId::new);
    let mut tx = store.begin().await?;
    let inserted = tx
        .execute(
            "INSERT INTO dispatch_unit (id, call_sign, kind, state, created_at_us) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (call_sign) DO NOTHING",
            params![id, call_sign, tag_of(&body.kind), tag_of(&UnitState::OffDuty), store.env().now()],
        )
        .await?;
    if inserted == 0 {
        return Err(CreateError::Taken(call_sign.to_owned()));
    }
    tx.emit(&Event::UnitChanged { unit: id, state: UnitState::OffDuty }).await?;
    tx.commit().await?;
    Ok(store::unit(store, id).await?.ok_or(StoreError::NotOne { found: 0 })?)
}

async fn handle(State(app): State<App>, Body(body): Body<CreateUnit>) -> Result<Audited<Unit>, Problem> {
    let unit = create(&app.store, &body).await?;
    Ok(Audited::new(unit.call_sign.clone(), unit))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;
    use shouhu_wire::UnitKind;

    use super::*;
    use crate::MODULE;

    #[tokio::test]
    async fn a_call_sign_is_given_once_and_a_new_unit_is_off_duty() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let car = |call_sign: &str| CreateUnit { call_sign: call_sign.into(), kind: UnitKind::Car };
            let unit = create(&store, &car(" 永康 21 ")).await.unwrap();
            assert_eq!((unit.call_sign.as_str(), unit.state), ("永康 21", UnitState::OffDuty));
            assert_eq!(create(&store, &car("永康 21")).await.unwrap_err().key(), "dispatch.unit.call_sign_taken");
            assert_eq!(create(&store, &car("  ")).await.unwrap_err().key(), "dispatch.unit.call_sign");
        })
        .await;
    }
}
