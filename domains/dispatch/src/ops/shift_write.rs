//! Adds, changes and strikes out shifts. A person is on one unit at a time: what overlaps is refused and named.

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_ids::{Micros, ShiftId};
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, NoBody, Person, Problem, Route};
use shouhu_store::{Store, StoreError};

use crate::roster::book::{self, Clash};
use crate::roster::{ShapeFault, Shift, WriteShift};

pub const ADD_ROUTE: Route = Route::post("/v1/shifts", "Add a shift to the roster", || axum::routing::post(add_one))
    .permission("shifts.plan")
    .audit(Audit::Write)
    .load(Load::Interactive)
    .takes::<WriteShift>()
    .gives::<Shift>();

pub const CHANGE_ROUTE: Route = Route::post("/v1/shifts/{id}", "Change a shift", || axum::routing::post(change_one))
    .permission("shifts.plan")
    .audit(Audit::Write)
    .load(Load::Interactive)
    .takes::<WriteShift>()
    .gives::<Shift>();

pub const REMOVE_ROUTE: Route = Route::post("/v1/shifts/{id}/remove", "Strike out a shift", || axum::routing::post(remove_one))
    .permission("shifts.plan")
    .audit(Audit::Write)
    .load(Load::Interactive)
    .takes::<NoBody>()
    .gives::<Shift>();

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("there is no such shift")]
    NotFound,
    #[error("there is no such unit: choose one of the list")]
    UnknownUnit,
    #[error("a shift has a name of 1 to 60 characters")]
    Name,
    #[error("a shift ends after it begins, and lasts 24 hours at most")]
    Span,
    #[error("{name} crews {call_sign} from {from} to {until} already")]
    Overlap { name: String, call_sign: String, from: String, until: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for WriteError {
    fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "http.not_found",
            Self::UnknownUnit => "dispatch.roster.unit",
            Self::Name => "dispatch.roster.name",
            Self::Span => "dispatch.roster.span",
            Self::Overlap { .. } => "dispatch.roster.overlap",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Overlap { .. } => StatusCode::CONFLICT,
            Self::UnknownUnit | Self::Name | Self::Span => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(error) => error.status(),
        }
    }
}

/// `2026-11-22 08:00` in Taipei.
#[must_use]
pub fn local(at: Micros) -> String {
    let local = at.plus(shouhu_calendar::TAIPEI_US);
    let minutes = local.0.rem_euclid(Micros::DAY) / Micros::MINUTE;
    format!("{} {:02}:{:02}", shouhu_calendar::Date::from_days(local.day()), minutes / 60, minutes % 60)
}

impl From<Clash> for WriteError {
    fn from(clash: Clash) -> Self {
        match clash {
            Clash::UnknownUnit => Self::UnknownUnit,
            Clash::Overlap(Shift { name, call_sign, from_us, until_us, .. }) => {
                Self::Overlap { name, call_sign, from: local(from_us), until: local(until_us) }
            }
        }
    }
}

impl From<ShapeFault> for WriteError {
    fn from(fault: ShapeFault) -> Self {
        match fault {
            ShapeFault::Name => Self::Name,
            ShapeFault::Span => Self::Span,
        }
    }
}

/// # Errors
/// When it overlaps another shift of the person, or is none.
pub async fn add(store: &Store, by: &Person, new: &WriteShift) -> Result<Shift, WriteError> {
    new.check()?;
    let id = store.env().id(ShiftId::new);
    let mut tx = store.begin().await?;
    book::lock(&mut tx).await?;
    if let Some(clash) = book::clash(&mut tx, new, None).await? {
        return Err(clash.into());
    }
    book::insert(&mut tx, id, new, store.env().now(), by).await?;
    tx.commit().await?;
    book::one(store, id).await?.ok_or(WriteError::NotFound)
}

/// # Errors
/// As [`add`], and when there is no such shift.
pub async fn change(store: &Store, by: &Person, id: ShiftId, new: &WriteShift) -> Result<Shift, WriteError> {
    new.check()?;
    let mut tx = store.begin().await?;
    book::lock(&mut tx).await?;
    if let Some(clash) = book::clash(&mut tx, new, Some(id)).await? {
        return Err(clash.into());
    }
    if !book::update(&mut tx, id, new, store.env().now(), by).await? {
        return Err(WriteError::NotFound);
    }
    tx.commit().await?;
    book::one(store, id).await?.ok_or(WriteError::NotFound)
}

/// # Errors
/// When there is no such shift.
pub async fn remove(store: &Store, by: &Person, id: ShiftId) -> Result<Shift, WriteError> {
    let known = book::one(store, id).await?.ok_or(WriteError::NotFound)?;
    let mut tx = store.begin().await?;
    book::lock(&mut tx).await?;
    if !book::remove(&mut tx, id, store.env().now(), by).await? {
        return Err(WriteError::NotFound);
    }
    tx.commit().await?;
    Ok(known)
}

fn object(act: &str, shift: &Shift) -> String {
    format!("{act}: {} on {}, {} to {}", shift.name, shift.call_sign, local(shift.from_us), local(shift.until_us))
}

async fn add_one(State(app): State<App>, person: Person, Body(body): Body<WriteShift>) -> Result<Audited<Shift>, Problem> {
    let shift = add(&app.store, &person, &body).await?;
    Ok(Audited::new(object("shift added", &shift), shift))
}

async fn change_one(
    State(app): State<App>,
    person: Person,
    Id(id): Id<ShiftId>,
    Body(body): Body<WriteShift>,
) -> Result<Audited<Shift>, Problem> {
    let shift = change(&app.store, &person, id, &body).await?;
    Ok(Audited::new(object("shift changed", &shift), shift))
}

async fn remove_one(State(app): State<App>, person: Person, Id(id): Id<ShiftId>, _: Body<NoBody>) -> Result<Audited<Shift>, Problem> {
    let shift = remove(&app.store, &person, id).await?;
    Ok(Audited::new(object("shift struck out", &shift), shift))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;
    use shouhu_wire::Role;

    use super::*;
    use crate::MODULE;
    use crate::ops::shifts::join_by;
    use crate::testing::{Scene, person};

    #[tokio::test]
    async fn a_person_is_on_one_unit_at_a_time_and_the_refusal_names_the_other() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (first, second) = (scene.unit("永康 21").await, scene.unit("永康 22").await);
            let now = store.env().now();
            let body = |unit, name: &str, from: i64, hours: i64| {
                let from_us = now.plus(from * Micros::HOUR);
                WriteShift { unit, name: name.into(), from_us, until_us: from_us.plus(hours * Micros::HOUR) }
            };
            let day = add(&store, &scene.by, &body(first, "林 警員", 0, 8)).await.unwrap();
            let refused = add(&store, &scene.by, &body(second, "林警員", 7, 8)).await.unwrap_err();
            assert_eq!(refused.key(), "dispatch.roster.overlap");
            assert!(refused.to_string().contains("永康 21") && refused.to_string().contains("林 警員"), "{refused}");
            add(&store, &scene.by, &body(first, "陳警員", 0, 8)).await.unwrap();
            let night = add(&store, &scene.by, &body(second, "林警員", 8, 8)).await.unwrap();
            assert_eq!(change(&store, &scene.by, night.id, &body(second, "林警員", 6, 8)).await.unwrap_err().key(), "dispatch.roster.overlap");
            let later = change(&store, &scene.by, night.id, &body(second, "林警員", 9, 8)).await.unwrap();
            assert_eq!(later.from_us, now.plus(9 * Micros::HOUR));
            remove(&store, &scene.by, day.id).await.unwrap();
            assert_eq!(remove(&store, &scene.by, day.id).await.unwrap_err().key(), "http.not_found");
            change(&store, &scene.by, night.id, &body(second, "林警員", 2, 8)).await.unwrap();
            let none = add(&store, &scene.by, &body(shouhu_ids::UnitId::new(now, [9; 16]), "王", 0, 8)).await.unwrap_err();
            assert_eq!(none.key(), "dispatch.roster.unit");
        })
        .await;
    }

    #[tokio::test]
    async fn of_supervisors_who_write_one_person_s_day_at_once_one_wins() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (unit, from_us) = (scene.unit("永康 21").await, store.env().now());
            let mut writing = tokio::task::JoinSet::new();
            for minute in 0..6 {
                let (store, by) = (store.clone(), scene.by.clone());
                let from_us = from_us.plus(minute * Micros::MINUTE);
                let body = WriteShift { unit, name: "林警員".into(), from_us, until_us: from_us.plus(Micros::HOUR) };
                writing.spawn(async move { add(&store, &by, &body).await });
            }
            let won = writing.join_all().await.into_iter().filter(Result::is_ok).count();
            assert_eq!(won, 1);
        })
        .await;
    }

    #[tokio::test]
    async fn a_shift_is_joined_by_its_person_in_its_time_and_by_nobody_else() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (unit, now) = (scene.unit("永康 21").await, store.env().now());
            let officer = person(&store, Role::Officer, None);
            let body = |from: i64| {
                let from_us = now.plus(from * Micros::HOUR);
                WriteShift { unit, name: officer.name.clone(), from_us, until_us: from_us.plus(Micros::HOUR) }
            };
            let soon = add(&store, &scene.by, &body(0)).await.unwrap();
            let far = add(&store, &scene.by, &body(5)).await.unwrap();
            let stranger = Person { name: "陳警員".into(), ..person(&store, Role::Officer, None) };
            assert_eq!(join_by(&store, &stranger, soon.id).await.unwrap_err().key(), "dispatch.roster.not_now");
            assert_eq!(join_by(&store, &officer, far.id).await.unwrap_err().key(), "dispatch.roster.not_now");
            let joined = join_by(&store, &officer, soon.id).await.unwrap();
            assert!(joined.joined_at_us.is_some());
            assert_eq!(join_by(&store, &officer, soon.id).await.unwrap(), joined, "tapped twice");
            let namesake = person(&store, Role::Officer, None);
            assert_eq!(join_by(&store, &namesake, soon.id).await.unwrap_err().key(), "dispatch.roster.not_now");
            // Whoever chooses the unit from the list has joined as well, but not what begins in hours.
            book::sat_down(&store, &officer, unit).await.unwrap();
            assert_eq!(book::one(&store, far.id).await.unwrap().unwrap().joined_at_us, None);
            let late = person(&store, Role::Officer, None);
            let chosen = WriteShift { name: "王警員".into(), ..body(0) };
            let chosen = add(&store, &scene.by, &chosen).await.unwrap();
            let late = Person { name: "王警員".into(), ..late };
            book::sat_down(&store, &late, unit).await.unwrap();
            assert!(book::one(&store, chosen.id).await.unwrap().unwrap().joined_at_us.is_some());
            let own = book::mine(&store, &officer, store.env().now()).await.unwrap();
            assert_eq!(own.iter().map(|shift| shift.id).collect::<Vec<_>>(), [soon.id, far.id]);
            let moved = change(&store, &scene.by, soon.id, &WriteShift { unit: scene.unit("永康 22").await, ..body(0) }).await.unwrap();
            assert_eq!(moved.joined_at_us, None, "another unit has to be joined");
        })
        .await;
    }
}
