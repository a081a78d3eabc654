//! Who has access, newest first, and by which keys.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{ActorId, Micros};
use shouhu_module::{App, Audit, Page, PageQuery, Params, Problem, Route, page_limit};
use shouhu_wire::Role;

use crate::model::Actor;
use crate::passkeys::settings::{self, PasskeySettings};
use crate::store::{self, ListedPasskey};

pub const ROUTE: Route = Route::get("/v1/identity/actors", "People who have access, newest first", || axum::routing::get(handle))
    .permission("actors.read")
    .audit(Audit::None("names of colleagues, their roles and the models of their keys, no data about the public"))
    .asks::<PageQuery>()
    .gives::<Page<ActorRow>>();

/// A person with the keys that sign in as them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActorRow {
    #[serde(flatten)]
    pub actor: Actor,
    /// The newest first.
    pub passkeys: Vec<PasskeyRow>,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PasskeyRow {
    /// The model that the authenticator has named; its maker has proved it only where the key is attested.
    pub aaguid: Option<String>,
    /// What the force calls that model.
    pub model: Option<String>,
    pub is_attested: bool,
    /// Whether it may be shared among devices; unknown until a key from before the question signs in.
    pub is_synced: Option<bool>,
    pub made_at_us: Micros,
    pub used_at_us: Option<Micros>,
    /// False: the rule of today would refuse it.
    pub meets_rule: bool,
    /// When such a key opens nothing any more; null: nobody has set a day, or it meets the rule.
    pub opens_until_us: Option<Micros>,
}

impl PasskeyRow {
    fn of(settings: &PasskeySettings, role: Role, key: ListedPasskey) -> Self {
        let meets_rule = settings.takes(role, &key.facts);
        // As the file has it today; what it had when the key was made is better than nothing.
        let model = key.facts.aaguid.and_then(|aaguid| settings.name_of(aaguid)).map(ToOwned::to_owned).or(key.model);
        Self {
            aaguid: key.facts.aaguid.map(|aaguid| aaguid.to_string()),
            model,
            is_attested: key.facts.is_attested,
            is_synced: key.facts.is_backup_eligible,
            made_at_us: key.created_at,
            used_at_us: key.used_at,
            meets_rule,
            opens_until_us: if meets_rule { None } else { settings.old_keys_end() },
        }
    }
}

async fn handle(State(app): State<App>, Params(query): Params<PageQuery>) -> Result<Json<Page<ActorRow>>, Problem> {
    let limit = page_limit(query.limit);
    // A cursor that is no id begins at the newest, as none does.
    let before = query.cursor.as_deref().and_then(|cursor| cursor.parse().ok());
    let actors = store::actors(&app.store, before, limit + 1).await?;
    let ids: Vec<ActorId> = actors.iter().map(|actor| actor.id).collect();
    let mut keys: HashMap<ActorId, Vec<ListedPasskey>> = HashMap::new();
    for key in store::passkeys(&app.store, &ids).await? {
        keys.entry(key.actor).or_default().push(key);
    }
    let settings = settings::of(&app);
    let rows = actors.into_iter().map(|actor| {
        let own = keys.remove(&actor.id).unwrap_or_default();
        let passkeys = own.into_iter().map(|key| PasskeyRow::of(&settings, actor.role, key)).collect();
        ActorRow { actor, passkeys }
    });
    Ok(Json(Page::cut(rows.collect(), limit, |row| row.actor.id.to_string())))
}
