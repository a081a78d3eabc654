//! Leaves that this room writes by itself: who asks at these doors is a tool, and the leaf is about the person of whom it asks.

use shouhu_audit::Entry;
use shouhu_ids::ActorId;
use shouhu_module::{App, Problem};

/// Of whom something was told, or was not.
pub struct About<'a> {
    pub actor: Option<ActorId>,
    pub name: &'a str,
}

/// Durable when it returns.
///
/// # Errors
/// When it could not be written: nothing may then be told.
pub async fn write(app: &App, about: About<'_>, action: &str, object: String, outcome: u16) -> Result<(), Problem> {
    let entry = Entry {
        at_us: app.env.now(),
        actor: about.actor.map_or_else(|| "none".to_owned(), |actor| actor.to_string()),
        actor_name: about.name.to_owned(),
        action: action.to_owned(),
        class: "security".to_owned(),
        purpose: None,
        case_ref: None,
        object,
        outcome,
    };
    app.audit.append(entry).await.map(|_| ()).map_err(|error| Problem::of(&error))
}
