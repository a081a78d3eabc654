//! Cameras: where they stand and where they look.
//!
//! **Invariant:** a camera is never deleted, because sightings name it; it is taken out of service instead.

mod directory;
pub mod model;
pub mod ops;
mod store;
pub mod table;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_module::ports::{CameraPlacesPort, CamerasNearPort};
use shouhu_module::{App, Health, Module, Permission};
use shouhu_store::Migration;
use shouhu_wire::Role;

use crate::directory::Directory;

pub const MODULE: Module = Module {
    name: "cameras",
    description: "Cameras: where they stand, where they look, and whether they are in service",
    permissions: &[
        Permission {
            name: "cameras.read",
            description: "See where cameras stand",
            roles: &[Role::Officer, Role::Dispatcher, Role::Detective, Role::Supervisor, Role::Operator],
        },
        Permission { name: "cameras.manage", description: "Add, import and take cameras out of service", roles: &[Role::Operator] },
    ],
    routes: &[ops::list::ROUTE, ops::create::ROUTE, ops::import::ROUTE, ops::set_active::ROUTE],
    migrations: &[Migration { name: "0001_init", sql: include_str!("../migrations/0001_init.sql") }],
    jobs: &[],
    reactions: &[directory::REFRESH],
    problems: &[
        "cameras.create.name_empty",
        "cameras.create.name_too_long",
        "cameras.create.heading_invalid",
        "cameras.create.name_taken",
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
    ],
    health: |app| {
        Box::pin(async move {
            match store::names(&app.store).await {
                Ok(names) => Health::good(format!("{} cameras", names.len())),
                Err(error) => Health::bad(format!("database: {error}")),
            }
        })
    },
    start,
};

fn start(app: App) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let directory = Directory::default();
        directory.reload(&app.store).await?;
        app.put(directory.clone());
        app.put(CameraPlacesPort(Arc::new(directory.clone())));
        app.put(CamerasNearPort(Arc::new(directory)));
        Ok(())
    })
}
