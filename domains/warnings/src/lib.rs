//! Warnings to the public, as the Common Alerting Protocol has them (OASIS CAP 1.2).
//!
//! - **Warning** 警報: one message. Those of others come in by hand or under a partner's key; ours are drafted by one person
//!   and issued by another.
//! - **In force** 有效: meant for people, not replaced, not cancelled, not expired.
//! - **Update, Cancel**: later messages of the same sender that end earlier ones, in whichever order they arrive.
//!
//! **Invariant:** nothing leaves as a warning of ours before a second person has issued it, and nobody's message ends a
//! message of another sender.

pub mod model;
mod ops;
mod store;

#[cfg(test)]
mod doors;

use shouhu_env::BoxFuture;
use shouhu_module::{App, Health, Module, Permission};
use shouhu_store::Migration;
use shouhu_wire::Role;

pub const MODULE: Module = Module {
    name: "warnings",
    description: "Warnings to the public: those of others in force, and ours.",
    permissions: PERMISSIONS,
    routes: &[
        ops::take::BY_HAND,
        ops::take::BY_PARTNER,
        ops::list::ROUTE,
        ops::show::ROUTE,
        ops::show::XML,
        ops::draft::ROUTE,
        ops::issue::ISSUE,
        ops::issue::DISCARD,
    ],
    migrations: &[Migration { name: "0001_init", sql: include_str!("../migrations/0001_init.sql") }],
    problems: PROBLEMS,
    health,
    ..Module::EMPTY
};

const PERMISSIONS: &[Permission] = &[
    Permission {
        name: "warnings.watch",
        description: "See warnings, and which incidents and units lie in their areas.",
        roles: &[Role::Dispatcher, Role::Supervisor],
    },
    Permission {
        name: "warnings.draft",
        description: "Take in others' warnings by hand and draft ours.",
        roles: &[Role::Dispatcher, Role::Supervisor],
    },
    Permission {
        name: "warnings.issue",
        description: "Issue or discard what another person has drafted.",
        roles: &[Role::Supervisor],
    },
];

const PROBLEMS: &[&str] = &[
    "warnings.take.malformed",
    "warnings.take.too_large",
    "warnings.take.element",
    "warnings.take.draft",
    "warnings.take.other_sender",
    "warnings.draft.text",
    "warnings.draft.word",
    "warnings.draft.area",
    "warnings.draft.expiry",
    "warnings.draft.earlier",
    "warnings.issue.same_person",
    "warnings.issue.no_draft",
    "warnings.issue.expired",
    "warnings.issue.earlier_ended",
];

fn health(app: App) -> BoxFuture<'static, Health> {
    Box::pin(async move {
        match store::count_in_force(&app.store).await {
            Ok(count) => Health::good(format!("{count} warnings in force")),
            Err(error) => Health::bad(format!("warnings cannot be read: {error}")),
        }
    })
}
