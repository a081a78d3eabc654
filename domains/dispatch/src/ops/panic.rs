//! Panic 緊急求援: a crew calls for help with one press; every console and every colleague nearby is told at once.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;
use shouhu_ids::{IncidentId, UnitId};
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, NoBody, Person, Problem, Route};
use shouhu_place::Wgs84;
use shouhu_store::{Store, StoreError, params};
use shouhu_wire::{Incident, IncidentOrigin, OpenIncident, Priority, ReportPosition};

use super::incident_open::{self, OpenError};
use crate::model::{CancelPanic, Items, NOTE_MAX, Panic, RaisePanic};
use crate::positions::{self, Fix};
use crate::write::By;
use crate::{panic, store, write};

pub const RAISE_ROUTE: Route =
    Route::post("/v1/units/mine/panic", "Call for help for the own crew", || axum::routing::post(raise))
        .permission("units.report")
        .audit(Audit::Write)
        .load(Load::Life)
        .takes::<RaisePanic>()
        .gives::<Incident>();

pub const CANCEL_ROUTE: Route =
    Route::post("/v1/units/mine/panic/cancel", "Say that the own crew is safe; a dispatcher still closes it", || {
        axum::routing::post(cancel)
    })
    .permission("units.report")
    .audit(Audit::Write)
    .load(Load::Life)
    .takes::<CancelPanic>()
    .gives::<Incident>();

pub const ACKNOWLEDGE_ROUTE: Route =
    Route::post("/v1/incidents/{id}/acknowledge", "Say that a call for help is being looked after", || {
        axum::routing::post(acknowledge)
    })
    .permission("dispatch.order")
    .audit(Audit::Write)
    .load(Load::Life)
    .takes::<NoBody>()
    .gives::<Incident>();

pub const LIST_ROUTE: Route = Route::get("/v1/panics", "List the crews that call for help", || axum::routing::get(list))
    .permission("units.watch")
    .audit(Audit::None("where colleagues need help; every officer must see it at once, and nobody else is named"))
    .load(Load::Life)
    .gives::<Items<Panic>>();

#[derive(Debug, thiserror::Error)]
pub enum PanicError {
    #[error("you crew no unit: join one first, or call 110 by voice")]
    NoUnit,
    #[error("your unit has not called for help")]
    NotRaised,
    #[error("reason is empty or longer than {NOTE_MAX} characters")]
    Reason,
    #[error("this incident is no call for help of a crew")]
    NoPanic,
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for PanicError {
    fn key(&self) -> &'static str {
        match self {
            Self::NoUnit => "dispatch.unit.none_joined",
            Self::NotRaised => "dispatch.panic.not_raised",
            Self::Reason => "dispatch.cancel.reason",
            Self::NoPanic => "dispatch.panic.none",
            Self::Open(error) => error.key(),
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NoUnit | Self::NotRaised => StatusCode::CONFLICT,
            Self::Reason => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NoPanic => StatusCode::NOT_FOUND,
            Self::Open(error) => error.status(),
            Self::Store(error) => error.status(),
        }
    }
}

async fn whole(store: &Store, id: IncidentId) -> Result<Incident, StoreError> {
    store::incident(store, id).await?.ok_or(StoreError::NotOne { found: 0 })
}

/// Opens the incident of a crew in need at `position`; one that is open already is raised again.
///
/// # Errors
/// When the caller crews no unit, or the database fails.
pub async fn call_for_help(
    store: &Store,
    by: impl Into<By<'_>>,
    unit: UnitId,
    position: Option<Wgs84>,
) -> Result<Incident, PanicError> {
    let by = by.into();
    // Two phones of one crew press at once: the second finds the alarm of the first.
    for _ in 0..2 {
        if let Some(open) = panic::open_of(store, unit).await? {
            panic::again(store, by, &open).await?;
            return Ok(whole(store, open.incident).await?);
        }
        let call_sign = store::unit(store, unit).await?.ok_or(PanicError::NoUnit)?.call_sign;
        let body = OpenIncident {
            origin: IncidentOrigin::Officer,
            priority: Priority(1),
            kind: "sos".to_owned(),
            summary: format!("{call_sign} 緊急求援（{}）", by.name),
            address: String::new(),
            position,
            hit: None,
        };
        match incident_open::open_with(store, by, body, None, Some(unit)).await {
            Err(OpenError::Store(StoreError::Duplicate { .. })) => {}
            opened => return Ok(opened?),
        }
    }
    Err(PanicError::Store(StoreError::NotOne { found: 0 }))
}

async fn raise(State(app): State<App>, person: Person, Body(body): Body<RaisePanic>) -> Result<Audited<Incident>, Problem> {
    let unit = person.unit.ok_or(PanicError::NoUnit)?;
    let known = positions::of(&app);
    let now = app.env.now();
    if let Some(position) = body.position {
        let measured_at_us = body.measured_at_us.unwrap_or(now.0);
        let report = ReportPosition { position, measured_at_us, accuracy_m: body.accuracy_m, heading_deg: None };
        // A place that cannot be believed must not keep the alarm from going out.
        match Fix::checked(&report, now).and_then(|fix| known.take(unit, fix, now)) {
            Ok(_) => known.persist(&app.store, unit).await?,
            Err(error) => tracing::warn!(%error, "place of a call for help not taken"),
        }
    }
    let incident = call_for_help(&app.store, &person, unit, known.fix(unit).map(|fix| fix.position)).await?;
    tracing::warn!(incident = incident.number, "a crew calls for help");
    Ok(Audited::new(incident.number.clone(), incident))
}

/// # Errors
/// When the unit has no open alarm, or the reason is empty.
pub async fn say_safe(store: &Store, by: &Person, unit: UnitId, reason: &str) -> Result<Incident, PanicError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > NOTE_MAX {
        return Err(PanicError::Reason);
    }
    let open = panic::open_of(store, unit).await?.ok_or(PanicError::NotRaised)?;
    let mut tx = store.begin().await?;
    let incident = write::lock_incident(&mut tx, open.incident).await?.ok_or(PanicError::NotRaised)?;
    let now = store.env().now();
    let sql =
        "UPDATE dispatch_panic SET cancelled_at_us = $1 WHERE incident = $2 AND cancelled_at_us IS NULL AND ended_at_us IS NULL";
    if tx.execute(sql, params![now, incident.id]).await? == 1 {
        let values = json!({ "call_sign": open.call_sign, "reason": reason });
        write::log(&mut tx, incident.id, now, by, "panic_cancelled", values).await?;
        panic::tell(&mut tx, incident.id, unit).await?;
    }
    tx.commit().await?;
    Ok(whole(store, open.incident).await?)
}

async fn cancel(State(app): State<App>, person: Person, Body(body): Body<CancelPanic>) -> Result<Audited<Incident>, Problem> {
    let unit = person.unit.ok_or(PanicError::NoUnit)?;
    let incident = say_safe(&app.store, &person, unit, &body.reason).await?;
    Ok(Audited::new(incident.number.clone(), incident))
}

/// Once: whoever acknowledges later changes nothing.
///
/// # Errors
/// When the incident is no alarm.
pub async fn look_after(store: &Store, by: &Person, id: IncidentId) -> Result<Incident, PanicError> {
    let mut tx = store.begin().await?;
    write::lock_incident(&mut tx, id).await?.ok_or(PanicError::NoPanic)?;
    let row =
        tx.fetch_opt("SELECT unit FROM dispatch_panic WHERE incident = $1", params![id]).await?.ok_or(PanicError::NoPanic)?;
    let now = store.env().now();
    let sql = "UPDATE dispatch_panic SET acknowledged_at_us = $1, acknowledged_by_name = $2 \
         WHERE incident = $3 AND acknowledged_at_us IS NULL AND ended_at_us IS NULL";
    if tx.execute(sql, params![now, &by.name, id]).await? == 1 {
        write::log(&mut tx, id, now, by, "panic_acknowledged", json!({})).await?;
        panic::tell(&mut tx, id, row.parsed("unit")?).await?;
    }
    tx.commit().await?;
    Ok(whole(store, id).await?)
}

async fn acknowledge(State(app): State<App>, person: Person, Id(id): Id<IncidentId>) -> Result<Audited<Incident>, Problem> {
    let incident = look_after(&app.store, &person, id).await?;
    Ok(Audited::new(incident.number.clone(), incident))
}

async fn list(State(app): State<App>) -> Result<Json<Items<Panic>>, Problem> {
    let known = positions::of(&app);
    let mut items = panic::list(&app.store, app.env.now()).await?;
    for item in &mut items {
        if let Some(fix) = known.fix(item.unit) {
            item.position = Some(fix.position);
            item.position_at_us = Some(fix.measured_at);
            item.accuracy_m = fix.accuracy_m;
        }
    }
    Ok(Json(Items { items }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;
    use shouhu_wire::{CloseIncident, ClosingCode, WithoutUnit};

    use super::*;
    use crate::MODULE;
    use crate::model::PanicState;
    use crate::ops::incident_close;
    use crate::testing::Scene;

    async fn state(store: &Store) -> (PanicState, Option<String>) {
        let listed = panic::list(store, store.env().now()).await.unwrap();
        assert_eq!(listed.len(), 1);
        let panic = listed.into_iter().next().unwrap();
        (panic.state, panic.acknowledged_by)
    }

    #[tokio::test]
    async fn an_alarm_is_raised_looked_after_taken_back_and_raised_again_and_ends_only_with_its_incident() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let unit = scene.unit("永康 21").await;
            let crew = scene.crew(unit);
            assert_eq!(say_safe(&store, &crew, unit, "誤觸").await.unwrap_err().key(), "dispatch.panic.not_raised");
            let raised = call_for_help(&store, &crew, unit, Wgs84::new(120.2, 23.0).ok()).await.unwrap();
            assert_eq!((raised.kind.as_str(), raised.priority, state(&store).await.0), ("sos", Priority(1), PanicState::Raised));
            look_after(&store, &scene.by, raised.id).await.unwrap();
            assert_eq!(state(&store).await, (PanicState::Acknowledged, Some(scene.by.name.clone())));
            say_safe(&store, &crew, unit, "誤觸").await.unwrap();
            assert_eq!(state(&store).await.0, PanicState::Cancelled);
            let again = call_for_help(&store, &crew, unit, None).await.unwrap();
            assert_eq!((again.id, state(&store).await), (raised.id, (PanicState::Raised, None)));
            let body = CloseIncident { code: ClosingCode::Handled, note: String::new(), without_unit: Some(WithoutUnit::ByTelephone) };
            incident_close::close(&store, &scene.by, raised.id, &body).await.unwrap();
            assert_eq!(state(&store).await.0, PanicState::Over);
            let next = call_for_help(&store, &crew, unit, None).await.unwrap();
            assert_ne!(next.id, raised.id);
        })
        .await;
    }

    #[tokio::test]
    async fn a_crew_that_presses_on_two_phones_at_once_has_one_alarm() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let unit = scene.unit("永康 21").await;
            let mut pressing = tokio::task::JoinSet::new();
            for _ in 0..6 {
                let (store, crew) = (store.clone(), scene.crew(unit));
                pressing.spawn(async move { call_for_help(&store, &crew, unit, None).await.unwrap().id });
            }
            let ids: std::collections::BTreeSet<IncidentId> = pressing.join_all().await.into_iter().collect();
            assert_eq!(ids.len(), 1);
            assert_eq!(state(&store).await.0, PanicState::Raised);
        })
        .await;
    }

    #[tokio::test]
    async fn an_ordinary_incident_is_nobodys_alarm() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let incident = scene.incident().await;
            assert_eq!(look_after(&store, &scene.by, incident).await.unwrap_err().key(), "dispatch.panic.none");
            assert!(panic::list(&store, store.env().now()).await.unwrap().is_empty());
        })
        .await;
    }
}
