//! `GET /v1/operations/health`: every room's health, for the operator's page.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use shouhu_module::{App, Audit, Route};

pub const ROUTE: Route =
    Route::get("/v1/operations/health", "Health of every module, with reasons", || axum::routing::get(handle))
        .permission("operations.watch")
        .audit(Audit::None("no personal data"))
        .gives::<HealthReport>();

#[derive(Debug, Serialize, JsonSchema)]
struct HealthReport {
    version: &'static str,
    modules: Vec<ModuleHealth>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ModuleHealth {
    name: &'static str,
    is_healthy: bool,
    detail: String,
}

async fn handle(State(app): State<App>) -> Json<HealthReport> {
    let mut modules = Vec::with_capacity(app.modules.len());
    for module in app.modules {
        let health = (module.health)(app.clone()).await;
        modules.push(ModuleHealth { name: module.name, is_healthy: health.is_healthy, detail: health.detail });
    }
    Json(HealthReport { version: env!("CARGO_PKG_VERSION"), modules })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use shouhu_http::testing::House;
    use shouhu_module::Module;
    use shouhu_wire::Role;

    static MODULES: &[Module] = &[crate::MODULE, shouhu_http::MODULE];

    #[tokio::test]
    async fn the_operator_sees_every_room_and_the_officer_none() {
        let house = House::open(MODULES).await;
        let seen = house.call(&house.person(Role::Operator), "GET", "/v1/operations/health", Value::Null).await;
        assert_eq!(seen.status, 200);
        assert_eq!(seen.json.pointer("/modules/0/name"), Some(&"operations".into()));
        let refused = house.call(&house.person(Role::Officer), "GET", "/v1/operations/health", Value::Null).await;
        assert_eq!((refused.status, refused.json.get("key")), (403, Some(&"identity.not_permitted".into())));
    }
}
