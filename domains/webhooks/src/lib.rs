//! Webhooks: addresses outside of the house that are told of facts, each under its own secret.
//!
//! - **Subscription** 訂閱: an address, a secret, and the kinds of facts that it is told.
//! - **Fact**: an incident opened or closed, or a unit changed its state: number, kind, place and state, never a name.
//! - **Delivery**: a background job with back-off; after twelve tries it waits as failed, with its reason, on the page of jobs.
//!
//! **Invariant:** a fact is told at least once, or its job says why not; and one that came twice on the bus is one delivery.

mod deliver;
mod ops;
mod react;
mod store;

#[cfg(test)]
mod doors;

use shouhu_env::BoxFuture;
use shouhu_module::{App, Health, JobKind, Module, Permission, Reaction};
use shouhu_store::Migration;
use shouhu_wire::Role;

pub const MODULE: Module = Module {
    name: "webhooks",
    description: "Addresses outside of the house that are told of facts.",
    permissions: &[Permission {
        name: "webhooks.manage",
        description: "Say which addresses outside are told of which facts.",
        roles: &[Role::Operator],
    }],
    routes: &[ops::LIST, ops::SUBSCRIBE, ops::END],
    migrations: &[Migration { name: "0001_init", sql: include_str!("../migrations/0001_init.sql") }],
    jobs: &[JobKind { kind: deliver::KIND, run: deliver::run }],
    reactions: &[Reaction { name: "webhooks.tell", kinds: &["incident_changed", "unit_changed"], run: react::tell }],
    problems: &[
        "webhooks.subscribe.title",
        "webhooks.subscribe.address",
        "webhooks.subscribe.kinds",
        "webhooks.subscribe.too_many",
    ],
    health,
    ..Module::EMPTY
};

fn health(app: App) -> BoxFuture<'static, Health> {
    Box::pin(async move {
        match store::live(&app.store).await {
            Ok(live) => Health::good(format!("{} addresses are told of facts", live.len())),
            Err(error) => Health::bad(format!("subscriptions cannot be read: {error}")),
        }
    })
}
