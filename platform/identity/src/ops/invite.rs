//! Invites a person: a link that works once.

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_ids::{ActorId, Micros, UnitId};
use shouhu_module::{App, Audit, Audited, Body, Keyed, Person, Problem, Route};
use shouhu_store::StoreError;
use shouhu_wire::{Invitation, InviteActor, Role};

use crate::model::{NameError, checked_name};
use crate::{secret, store};

/// A link that lies around longer than this is dead; so is a device's token.
pub const LINK_LIFE_US: i64 = Micros::DAY;

pub const ROUTE: Route =
    Route::post("/v1/identity/enrolments", "Invites a person by a link that works once", || axum::routing::post(handle))
        .permission("actors.invite")
        .audit(Audit::Security)
        .takes::<InviteActor>()
        .gives::<Invitation>();

#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("only an operator may invite an operator")]
    RoleNotAllowed,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for InviteError {
    fn key(&self) -> &'static str {
        match self {
            Self::Name(_) => "identity.name_invalid",
            Self::RoleNotAllowed => "identity.invite.role_not_allowed",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Name(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RoleNotAllowed => StatusCode::FORBIDDEN,
            Self::Store(error) => Keyed::status(error),
        }
    }
}

/// Makes a person and the link by which they enrol. `by` is `None` from the command line, which may invite anyone: whoever
/// can run it owns the machine.
///
/// # Errors
/// When the name is no name or the database fails.
pub async fn invite(app: &App, name: &str, role: Role, unit: Option<UnitId>, by: Option<ActorId>) -> Result<Invitation, InviteError> {
    let name = checked_name(name)?;
    let now = app.env.now();
    let (token, token_hash) = secret::fresh(&app.env);
    let id = app.env.id(ActorId::new);
    let expires_at = now.plus(LINK_LIFE_US);
    let mut tx = app.store.begin().await?;
    let new = store::NewActor { id, name: &name, role, unit, by, token_hash: &token_hash, expires_at };
    store::insert_actor(&mut tx, now, &new).await?;
    tx.commit().await?;
    let link = format!("{}/enrol#{token}", app.public_url);
    Ok(Invitation { actor: id, link, token, expires_at_us: expires_at })
}

async fn handle(State(app): State<App>, person: Person, Body(body): Body<InviteActor>) -> Result<Audited<Invitation>, Problem> {
    if body.role == Role::Operator && person.role != Role::Operator {
        return Err(InviteError::RoleNotAllowed.into());
    }
    let invitation = invite(&app, &body.name, body.role, body.unit, Some(person.id)).await?;
    Ok(Audited::new(format!("{} as {}", invitation.actor, body.role.as_str()), invitation))
}
