//! Cameras: where they stand and where they look.
//!
//! **Invariant:** a camera is never deleted, because sightings name it; it is taken out of service instead.

mod directory;
pub mod model;
pub mod ops;
pub mod register;
mod store;
pub mod table;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_module::ports::{CameraPlacesPort, CamerasNearPort};
use shouhu_module::{App, Guarded, Health, Module, Permission, Resource};
use shouhu_store::Migration;
use shouhu_wire::Role;

use crate::directory::Directory;

/// A rule about cameras hides what they recorded, which other rooms keep: they ask by these names which cameras there are, and which may be seen through.
const GUARDED: &[Guarded] = &[
    Guarded { of: Resource::Camera, name: "known_camera", from: "cameras_camera", shown: "1 = 1" },
    Guarded { of: Resource::Camera, name: "seen_camera", from: "cameras_camera", shown: "NOT ({hidden})" },
];

pub const MODULE: Module = Module {
    name: "cameras",
    description: "Cameras: where they stand, where they look, and whether they are in service",
    permissions: &[
        Permission {
            name: "cameras.read",
            description: "See where cameras stand",
            roles: &[Role::Officer, Role::Dispatcher, Role::Detective, Role::Supervisor, Role::Operator],
        },
        Permission {
            name: "cameras.register",
            description: "Read why each camera stands there and who answers for it",
            roles: &[Role::Officer, Role::Dispatcher, Role::Detective, Role::Supervisor, Role::Operator, Role::Auditor, Role::Inspector],
        },
        Permission { name: "cameras.manage", description: "Add, import and take cameras out of service", roles: &[Role::Operator] },
        Permission {
            name: "cameras.review",
            description: "Answer for cameras until a next review, or end that: without an answer a camera records nothing",
            roles: &[Role::Supervisor],
        },
    ],
    routes: &[
        ops::list::ROUTE,
        ops::create::ROUTE,
        ops::import::ROUTE,
        ops::set_active::ROUTE,
        ops::set_office::ROUTE,
        ops::register::LIST,
        ops::register::REVIEW,
        ops::register::END,
    ],
    guarded: GUARDED,
    migrations: &[
        Migration { name: "0001_init", sql: include_str!("../migrations/0001_init.sql") },
        Migration { name: "0002_register", sql: include_str!("../migrations/0002_register.sql") },
        Migration { name: "0003_office", sql: include_str!("../migrations/0003_office.sql") },
    ],
    jobs: &[],
    reactions: &[],
    refreshes: &[directory::REFRESH],
    problems: &[
        "cameras.create.name_empty",
        "cameras.create.name_too_long",
        "cameras.create.heading_invalid",
        "cameras.create.name_taken",
        "cameras.office.too_long",
        "cameras.import.empty",
        "cameras.import.encoding",
        "cameras.import.column_missing",
        "cameras.import.too_many_rows",
        "cameras.import.not_text",
        "cameras.import.not_a_number",
        "cameras.import.twd97",
        "cameras.import.swapped",
        "cameras.import.position",
        "cameras.import.heading",
        "cameras.import.row",
        "cameras.register.count",
        "cameras.register.unknown",
        "cameras.register.purpose",
        "cameras.register.notice",
        "cameras.register.until",
        "cameras.register.reason",
        "cameras.register.none_holds",
    ],
    health: |app| {
        Box::pin(async move {
            match store::names(&app.store).await {
                Ok(names) => match app.try_room::<Directory>().map_or(0, |directory| directory.stopped(app.env.now())) {
                    0 => Health::good(format!("{} cameras", names.len())),
                    // It keeps nobody from working: a load balancer must not take the server away for it.
                    stopped => Health::good(format!("ATTENTION: {} cameras; {stopped} record nothing, their review is over", names.len())),
                },
                Err(error) => Health::bad(format!("database: {error}")),
            }
        })
    },
    start,
};

fn start(app: App) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let directory = Directory::default();
        register::begin(&app.store).await?;
        directory.reload(&app.store).await?;
        app.put(directory.clone());
        app.put(CameraPlacesPort(Arc::new(directory.clone())));
        app.put(CamerasNearPort(Arc::new(directory)));
        Ok(())
    })
}
