//! Watchlists 查緝清單: which vehicles are looked for, on what ground, until when; and hits 命中, which a person decides.
//!
//! Vocabulary: an **entry** is a pattern with a legal basis, an owner, an action and an expiry. One person **proposes** it,
//! another **approves** it; only then is it **in force**. A sighting that matches an entry in force **raises** a **hit**. A
//! person **confirms** or **rejects** the hit; nobody looked for a day: it **lapses**.
//!
//! **Invariant:** nothing but `confirm` makes a raised hit confirmed, and only confirmed hits are answered to dispatch.
//! **Invariant:** an entry whose time is over, or that was withdrawn, raises nothing, whatever the index still holds.

pub mod bases;
pub mod devices;
pub mod fold;
pub mod hits;
pub mod import;
pub mod index;
pub mod jobs;
pub mod matching;
pub mod model;
pub mod ops;
mod port;
pub mod react;
mod sieve;
mod sight;
pub mod store;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_module::ports::{ConfirmedHitsPort, HitTallyPort, NearbyWantedPort, WatchMatcherPort};
use shouhu_module::{App, Guarded, Health, Module, Permission, Resource};
use shouhu_store::{Migration, params};
use shouhu_wire::Role;

use index::ActiveList;

/// A hit is seen through the camera that read it, and by the crew that was sent to it whatever camera it was: it must know whom it is to stop.
const GUARDED: &[Guarded] = &[
    Guarded {
        of: Resource::Camera,
        name: "watchlists_hit",
        from: "watchlists_hit",
        shown: "spot IN (SELECT id FROM seen_camera) OR ({others} AND spot NOT IN (SELECT id FROM known_camera)) \
                OR id IN (SELECT hit_id FROM #watchlists_hit_crew WHERE unit_id = {unit})",
    },
    Guarded { of: Resource::Camera, name: "watchlists_match", from: "watchlists_match", shown: "hit_id IN (SELECT id FROM watchlists_hit)" },
    Guarded { of: Resource::Camera, name: "watchlists_hit_crew", from: "watchlists_hit_crew", shown: "hit_id IN (SELECT id FROM watchlists_hit)" },
];

pub const MODULE: Module = Module {
    name: "watchlists",
    description: "Wanted vehicles with legal basis, owner and expiry; matching; hits that a person decides.",
    permissions: &[
        Permission {
            name: "watchlists.read",
            description: "See watchlist entries.",
            roles: &[Role::Dispatcher, Role::Detective, Role::Supervisor, Role::Auditor],
        },
        Permission {
            name: "watchlists.propose",
            description: "Propose, import and withdraw entries.",
            roles: &[Role::Detective, Role::Supervisor, Role::Dispatcher],
        },
        Permission {
            name: "watchlists.approve",
            description: "Approve or refuse what somebody else proposed.",
            roles: &[Role::Supervisor, Role::Detective],
        },
        Permission {
            name: "hits.watch",
            description: "See hits and their pictures; officers those near their unit.",
            roles: &[Role::Officer, Role::Dispatcher, Role::Supervisor, Role::Detective],
        },
        Permission { name: "hits.decide", description: "Confirm or reject hits.", roles: &[Role::Dispatcher, Role::Supervisor] },
    ],
    routes: &[
        ops::list_entries::ROUTE,
        ops::propose::ROUTE,
        ops::approve::ROUTE,
        ops::end::REFUSE,
        ops::end::WITHDRAW,
        ops::import::ROUTE,
        ops::approve_import::ROUTE,
        ops::legal_bases::ROUTE,
        ops::delta::ROUTE,
        ops::list_hits::ROUTE,
        ops::get_hit::ROUTE,
        ops::picture::CROP,
        ops::picture::FRAME,
        ops::confirm::ROUTE,
        ops::reject::ROUTE,
        ops::stand_down::ROUTE,
    ],
    guarded: GUARDED,
    migrations: &[
        Migration { name: "0001_init", sql: include_str!("../migrations/0001_init.sql") },
        Migration { name: "0002_crew_by_unit", sql: include_str!("../migrations/0002_crew_by_unit.sql") },
        Migration { name: "0003_not_followed", sql: include_str!("../migrations/0003_not_followed.sql") },
        Migration { name: "0004_vehicle_colour", sql: include_str!("../migrations/0004_vehicle_colour.sql") },
        Migration { name: "0005_devices", sql: include_str!("../migrations/0005_devices.sql") },
    ],
    jobs: &[jobs::SWEEP, jobs::ACTIVATE_IMPORT],
    reactions: &[react::MATCH, react::FOLLOW],
    refreshes: &[react::REFRESH],
    problems: PROBLEMS,
    health,
    start,
};

/// Every key that this room answers, rows of imports included.
const PROBLEMS: &[&str] = &[
    "plate.empty",
    "plate.pattern.character",
    "plate.pattern.too_long",
    "plate.pattern.too_vague",
    "watchlists.entry.basis",
    "watchlists.entry.owner_missing",
    "watchlists.entry.reason_missing",
    "watchlists.entry.too_long",
    "watchlists.entry.issuer",
    "watchlists.entry.expiry_past",
    "watchlists.entry.expiry_too_far",
    "watchlists.entry.observe_only",
    "watchlists.entry.consent_missing",
    "watchlists.propose.duplicate",
    "watchlists.approve.same_person",
    "watchlists.approve.not_proposed",
    "watchlists.approve.expired",
    "watchlists.end.reason_missing",
    "watchlists.refuse.not_proposed",
    "watchlists.withdraw.not_active",
    "watchlists.import.empty",
    "watchlists.import.not_text",
    "watchlists.import.old_excel",
    "watchlists.import.encoding",
    "watchlists.import.quote_open",
    "watchlists.import.too_many_rows",
    "watchlists.import.workbook",
    "watchlists.import.workbook_too_large",
    "watchlists.import.no_heading",
    "watchlists.import.column_missing",
    "watchlists.import.date",
    "watchlists.import.action",
    "watchlists.import.class",
    "watchlists.import.unreadable",
    "watchlists.import.duplicate_row",
    "watchlists.import.duplicate_entry",
    "watchlists.approve_import.same_person",
    "watchlists.approve_import.not_proposed",
    "hits.confirm.already_decided",
    "hits.confirm.entry_not_in_force",
    "hits.confirm.plate_unreadable",
    "hits.confirm.plate_differs",
    "hits.confirm.not_the_wanted_plate",
    "hits.stand_down.not_open",
];

fn start(app: App) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let list = ActiveList::default();
        list.refresh(&app.store).await?;
        tracing::info!(entries = list.len(), version = list.version(), "watchlist loaded");
        app.put(list);
        let matcher = port::Matcher { store: app.store.clone(), list: app.room::<ActiveList>() };
        app.put(WatchMatcherPort(Arc::new(matcher)));
        app.put(ConfirmedHitsPort(Arc::new(port::Confirmed(app.store.clone()))));
        app.put(NearbyWantedPort(Arc::new(port::WantedNearby(app.store.clone()))));
        app.put(HitTallyPort(Arc::new(port::Tally(app.store.clone()))));
        Ok(jobs::schedule_sweep(&app.store).await?)
    })
}

fn health(app: App) -> BoxFuture<'static, Health> {
    Box::pin(async move {
        let waiting = app
            .store
            .fetch_one("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM watchlists_hit WHERE state = $1", params!["raised"])
            .await
            .and_then(|row| row.int("n"));
        let entries = app.try_room::<ActiveList>().map_or(0, |list| list.len());
        match waiting {
            Ok(waiting) => Health::good(format!("{entries} entries in force, {waiting} hits wait for a person")),
            Err(error) => Health::bad(format!("database does not answer: {error}")),
        }
    })
}
