//! Operations 維運: is everything well, what waits, and the map that the operator brings.
//!
//! | word | meaning |
//! |---|---|
//! | map 底圖 | the road network that was imported last: drawn as vector tiles, asked for driving times |
//! | places 地點 | street names of the map and imported address files: asked where what a caller says is |
//! | ways 路徑 | how long a car, a motorcycle or somebody on foot takes at this hour, and by which streets |
//! | closure 道路封閉 | a road that is closed until a time, which every way avoids from then on |
//! | backup 備份, drill 演練 | a copy at a second place, and the proof that it can be restored: RPO and RTO are measured |
//! | job 背景工作 | work that follows a write; a failed one waits here for a person |
//!
//! **Invariant:** no tile, style or font comes from outside: a city without internet has its map.

pub mod backups;
mod closures;
mod map;
mod ops;
mod places;
mod pursuits;
mod sheet;
mod ways;

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
        Permission {
            name: "map.read",
            description: "See the base map and what is closed now",
            // Not an inspector's: what is closed now is where something is going on.
            roles: &[Role::Officer, Role::Dispatcher, Role::Detective, Role::Supervisor, Role::Auditor, Role::Operator],
        },
        Permission { name: "map.way", description: "Be led to the own unit's job", roles: &[Role::Officer] },
        Permission {
            name: "map.close",
            description: "Close roads for a while, and open them again",
            roles: &[Role::Dispatcher, Role::Supervisor],
        },
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
        ops::closures::LIST_ROUTE,
        ops::closures::MAKE_ROUTE,
        ops::closures::LIFT_ROUTE,
        ops::way::ROUTE,
        ops::addresses::ROUTE,
        ops::addresses_import::ROUTE,
    ],
    migrations: &[
        Migration { name: "0001_map", sql: include_str!("../migrations/0001_map.sql") },
        Migration { name: "0002_addresses", sql: include_str!("../migrations/0002_addresses.sql") },
        Migration { name: "0003_importing", sql: include_str!("../migrations/0003_importing.sql") },
        Migration { name: "0004_closures", sql: include_str!("../migrations/0004_closures.sql") },
        Migration { name: "0005_backups", sql: include_str!("../migrations/0005_backups.sql") },
        Migration { name: "0006_backup_nodes", sql: include_str!("../migrations/0006_backup_nodes.sql") },
    ],
    refreshes: &[
        Reaction { name: "operations.load_new_map", kinds: &["map_replaced"], run: map::reload },
        Reaction { name: "operations.heed_closure", kinds: &["closure_changed"], run: map::heed },
    ],
    problems: &[
        "operations.job.not_failed",
        "operations.way.no_job",
        "operations.way.no_place",
        "operations.way.no_start",
        "operations.way.start",
        "operations.way.no_map",
        "operations.way.no_road",
        "operations.way.no_way",
        "operations.closure.no_map",
        "operations.closure.no_road",
        "operations.closure.line",
        "operations.closure.reason",
        "operations.closure.until",
        "operations.closure.too_many",
        "operations.closure.not_closed",
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
        let (is_ready, map) = match app.try_room::<MapState>().and_then(|state| state.loaded()) {
            Some(map) => {
                let (is_ready, ways) = app.try_room::<ways::Roads>().unwrap_or_default().told();
                (is_ready, format!("map version {} with {} road pieces; {ways}", map.info.version, map.info.roads))
            }
            None => (true, "no map imported yet: import one on the operations page".to_owned()),
        };
        match backups::told(&app.store).await {
            Ok((is_good, backups)) => {
                // A late backup or an old map is for a person to look at; a balancer that took the server away for it would end dispatch too.
                let attention = if is_good && is_ready { "" } else { "ATTENTION: " };
                Health::good(format!("{attention}{backups}; {map}; {places}"))
            }
            Err(error) => Health::bad(format!("backups cannot be looked up: {error}")),
        }
    })
}
