//! The house's front door: own accept loop, one gate around every route, the live stream, the OpenAPI document.
//!
//! **Invariant:** no handler runs without passing the gate, because only `router` mounts routes and it wraps each one.

mod asker;
mod blot;
mod gate;
mod harden;
mod hurry;
mod idempotency;
mod lately;
mod life;
mod metrics;
mod openapi;
mod places;
pub mod purpose;
mod router;
mod server;
mod shed;
mod site;
mod stream;
mod turnstile;
mod unread;
pub mod wiring;

#[cfg(feature = "testing")]
pub mod testing;

pub use asker::TrustedProxies;
pub use gate::Purpose;
pub use life::LifeRuntime;
pub use metrics::Metrics;
pub use openapi::document;
pub use purpose::PURPOSES;
pub use router::{RouterError, check_routes, router};
pub use server::{ServeError, ServerLimits, serve};
pub use shed::Shedder;
pub use site::Site;
pub use stream::StopStreams;
pub use turnstile::{Front, Turnstile};

use shouhu_env::BoxFuture;
use shouhu_ids::Micros;
use shouhu_jobs::{Belief, STEADY_US};
use shouhu_module::{App, Health, JobKind, Module, grants_of};
use shouhu_policy::{Policies, PolicyError};
use shouhu_store::Migration;

/// The front door's own routes: the live stream and the API's description.
pub const MODULE: Module = Module {
    name: "http",
    description: "Front door: live stream, API description, limits",
    routes: &[stream::ROUTE, openapi::ROUTE],
    migrations: &[Migration { name: "0001_idempotency", sql: include_str!("../migrations/0001_idempotency.sql") }],
    jobs: &[JobKind { kind: idempotency::FORGET_JOB, run: idempotency::forget }],
    problems: &[
        "http.not_found",
        "http.method_not_allowed",
        "http.failed",
        "http.body.too_large",
        "http.body.broken",
        "http.body.slow",
        "http.body.malformed",
        "http.body.invalid",
        "http.query.invalid",
        "http.overloaded",
        "http.idempotency.key_invalid",
        "http.idempotency.key_reused",
        "http.idempotency.running",
        "http.idempotency.answer_lost",
        "oversight.purpose_required",
        "oversight.case_required",
        "oversight.purpose_unknown",
        "audit.unavailable",
        "store.duplicate",
        "store.disk_full",
        "store.busy",
        "store.unavailable",
        "store.failed",
        "blobs.gone",
        "blobs.tampered",
        "blobs.disk",
        "identity.not_permitted",
    ],
    health,
    start: idempotency::start,
    ..Module::EMPTY
};

/// The rules that the lists of these rooms make, for the shelf; a force's own come on top of them.
///
/// # Errors
/// When the lists name a permission twice, or one that is no name.
pub fn built_in_policies(modules: &[Module]) -> Result<Policies, PolicyError> {
    Policies::built_in(&grants_of(modules), &PURPOSES.map(|(purpose, _)| purpose))
}

/// What is wrong with the clock, where it is.
async fn attention(app: &App) -> Option<String> {
    let Belief { believed, doubt } = Belief::kept(&app.store).await.ok()??;
    let (ahead_days, steady_days) = (doubt?.wall.since(believed) / Micros::DAY, STEADY_US / Micros::DAY);
    Some(format!(
        "ATTENTION: the clock has leapt {ahead_days} days ahead: set it right. Nothing is destroyed until then, or until it has gone on evenly for {steady_days} days"
    ))
}

fn health(app: App) -> BoxFuture<'static, Health> {
    Box::pin(async move {
        match app.store.unpublished(1).await {
            Ok(waiting) => match waiting.first() {
                Some(oldest) if app.env.now().since(oldest.at) > 5 * shouhu_ids::Micros::SECOND => {
                    Health::bad("the outbox has waited for more than 5 s: reactions and live screens are behind")
                }
                // It keeps nobody from working: a load balancer must not take the server away for it.
                _ => Health::good(attention(&app).await.unwrap_or_else(|| "outbox is empty or moving".into())),
            },
            Err(error) => Health::bad(format!("database: {error}")),
        }
    })
}
