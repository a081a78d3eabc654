//! Operations 維運: is everything well, what waits, and the map that the operator brings.
//!
//! | word | meaning |
//! |---|---|
//! | map 底圖 | the road network that was imported last: drawn as vector tiles, asked for driving times |
//! | places 地點 | street names of the map and imported address files: asked where what a caller says is |
//! | backup 備份, drill 演練 | a copy at a second place, and the proof that it can be restored: RPO and RTO are measured |
//! | job 背景工作 | work that follows a write; a failed one waits here for a person |
//!
//! **Invariant:** no tile, style or font comes from outside: a city without internet has its map.

pub mod backups;
mod map;
mod ops;
mod places;
mod pursuits;
mod sheet;

use shouhu_env::BoxFuture;
use shouhu_module::{App, Health, Module, Permission, Reaction};
use shouhu_store::Migration;
use shouhu_wire::Role;

pub use map::MapState;

pub const MODULE: Module = Module {
    name: "operations",
    description: "Health, background jobs, and the imported map",
    permissions: &[
        Permission {
            name: "operations.watch",
            description: "See health, jobs, devices and what was set aside",
            roles: &[Role::Operator, Role::Supervisor],
        },
        Permission { name: "operations.retry", description: "Let a failed job run again", roles: &[Role::Operator] },
        Permission { name: "map.read", description: "See the base map", roles: &Role::ALL },
        Permission { name: "map.import", description: "Replace the base map", roles: &[Role::Operator] },
    ],
    routes: &[
        ops::health::ROUTE,
        ops::backups::ROUTE,
        ops::jobs::LIST_ROUTE,
        ops::jobs::RETRY_ROUTE,
        ops::map_info::ROUTE,
        ops::map_import::ROUTE,
        ops::map_tile::ROUTE,
        ops::addresses::ROUTE,
        ops::addresses_import::ROUTE,
    ],
    migrations: &[
        Migration { name: "0001_map", sql: include_str!("../migrations/0001_map.sql") },
        Migration { name: "0002_addresses", sql: include_str!("../migrations/0002_addresses.sql") },
        Migration { name: "0003_importing", sql: include_str!("../migrations/0003_importing.sql") },
        Migration { name: "0005_backups", sql: include_str!("../migrations/0005_backups.sql") },
    ],
    reactions: &[Reaction { name: "operations.load_new_map", kinds: &["map_replaced"], run: map::reload }],
    problems: &[
        "operations.job.not_failed",
        "operations.addresses.source",
        "operations.addresses.too_many_sources",
        "operations.addresses.not_text",
        "operations.addresses.not_an_address_file",
        "operations.addresses.malformed",
        "operations.addresses.nothing",
        "operations.addresses.too_many",
        "roads.import.not_a_road_file",
        "roads.import.too_large",
        "roads.import.too_many_points",
        "roads.import.cut_short",
        "roads.import.malformed",
        "roads.import.wrong_coordinates",
        "roads.import.needs_node_file",
        "roads.import.needs_edge_file",
        "roads.import.unsupported",
        "roads.import.no_roads",
        "roads.import.network",
        "roads.tile.zoom",
        "roads.tile.no_such_tile",
    ],
    health,
    start: map::start,
    ..Module::EMPTY
};

fn health(app: App) -> BoxFuture<'static, Health> {
    Box::pin(async move {
        let places = app.try_room::<places::Places>().map(|places| places.told()).unwrap_or_default();
        let map = match app.try_room::<MapState>().and_then(|state| state.loaded()) {
            Some(map) => format!("map version {} with {} road pieces", map.info.version, map.info.roads),
            None => "no map imported yet: import one on the operations page".to_owned(),
        };
        match backups::told(&app.store).await {
            Ok((is_good, backups)) => Health { is_healthy: is_good, detail: format!("{backups}; {map}; {places}") },
            Err(error) => Health::bad(format!("backups cannot be looked up: {error}")),
        }
    })
}
