//! Makes the caller a member of a unit's crew, or takes them out of it. Several people may crew one unit.
//!
//! Joining does not put the unit on duty: that is the crew's own word (`unit_state`).

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_module::{App, Audit, Audited, Body, Keyed, Load, Person, Problem, Route};
use shouhu_wire::Unit;

use crate::model::JoinUnit;
use crate::roster::book;
use crate::{positions, store};

pub const ROUTE: Route =
    Route::post("/v1/units/mine/join", "Join a unit's crew, or leave it", || axum::routing::post(handle))
        .permission("units.report")
        .audit(Audit::Write)
        .load(Load::Life)
        .takes::<JoinUnit>()
        .gives::<Option<Unit>>();

#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    #[error("there is no such unit: choose one of the list")]
    UnknownUnit,
}

impl Keyed for JoinError {
    fn key(&self) -> &'static str {
        match self {
            Self::UnknownUnit => "dispatch.join.unknown_unit",
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

async fn handle(State(app): State<App>, person: Person, Body(body): Body<JoinUnit>) -> Result<Audited<Option<Unit>>, Problem> {
    let joined = match body.unit {
        None => None,
        Some(id) => Some(store::unit(&app.store, id).await?.ok_or(JoinError::UnknownUnit)?),
    };
    shouhu_identity::set_unit(&app, person.id, body.unit).await?;
    if let Some(unit) = body.unit {
        book::sat_down(&app.store, &person, unit).await?;
    }
    let joined = joined.map(|mut unit| {
        positions::of(&app).overlay(&mut unit);
        unit
    });
    let object = joined.as_ref().map_or_else(|| "left the unit".to_owned(), |unit| unit.call_sign.clone());
    Ok(Audited::new(object, joined))
}
