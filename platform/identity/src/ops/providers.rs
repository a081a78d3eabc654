//! Which identity providers may say who somebody is: for the buttons of the page for signing in.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_module::{Access, App, Audit, Page, Route};

use crate::provider::settings;

pub const ROUTE: Route = Route::get("/v1/identity/providers", "Lists the identity providers that may say who somebody is", || axum::routing::get(handle))
    .access(Access::Public("whoever signs in is not signed in yet; it names providers and no person"))
    .audit(Audit::None("names of providers, the same for everybody"))
    .gives::<Page<IdentityProvider>>();

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IdentityProvider {
    pub name: String,
    /// For a button, as the house's owner has written it.
    pub title: String,
}

async fn handle(State(app): State<App>) -> Json<Page<IdentityProvider>> {
    let of = |provider: &crate::Provider| IdentityProvider { name: provider.name.clone(), title: provider.title.clone() };
    Json(Page::whole(settings::of(&app).providers.iter().map(of).collect()))
}
