//! Patrol 巡邏: boxes that patrols sign in at, and the proof that somebody was there.
//!
//! - **Box** 巡邏箱: a place with a number, a station 派出所 and an interval. It carries a printed code, and may carry a display
//!   whose code rotates or a tag that signs a counter.
//! - **Check-in** 巡簽: one person's signature at one box. It is taken or refused by rules (`rules`), and what is taken may
//!   carry **doubts**, which a person looks at: no doubt has a consequence by itself.
//! - **Plan** and **tour** 巡邏路線: where each crew of a shift stands, when and why (`tours`); a proposal until a person publishes it.
//! - **Streets covered** 街道涵蓋: which roads patrols drove, when last and how often (`streets`); counts by pseudonymous crews.
//!
//! **Invariant:** a proof — a nonce, a step of a display, a count of a tag — is taken once, whoever sends it (`proof` is unique).
//! **Invariant:** a code proves only together with something that cannot be copied: a fix and a nonce, the time, or a counter.

pub mod code;
mod jobs;
pub mod model;
mod ops;
mod report;
pub mod rules;
mod secret;
mod store;
mod streets;
mod table;
mod tag;
mod tours;

#[cfg(test)]
mod doors;

use std::sync::Arc;

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_ids::Micros;
use shouhu_module::ports::CheckInTallyPort;
use shouhu_module::{App, Health, Module, Permission};
use shouhu_store::{Eyes, Migration};
use shouhu_wire::Role;

pub const MODULE: Module = Module {
    name: "patrol",
    description: "Patrol boxes, what proves a visit, how well they are looked after, planned tours, and streets covered.",
    permissions: PERMISSIONS,
    routes: &[
        ops::boxes::ROUTE,
        ops::near::ROUTE,
        ops::box_import::ROUTE,
        ops::box_note::ROUTE,
        ops::box_retire::RETIRE,
        ops::box_retire::RESTORE,
        ops::codes::LIST,
        ops::codes::REISSUE,
        ops::tag::ROUTE,
        ops::device::ROUTE,
        ops::nonces::ROUTE,
        ops::check_in::ROUTE,
        ops::check_ins::ROUTE,
        ops::summary::ROUTE,
        ops::tour_plan::ROUTE,
        ops::tours::LIST,
        ops::tours::GET,
        ops::tour_decide::PUBLISH,
        ops::tour_decide::DISCARD,
        ops::tour_mine::MINE,
        ops::tour_mine::MARK,
        ops::tour_report::ROUTE,
        ops::streets::COVERAGE,
        ops::streets::LINES,
        ops::report::ROUTE,
    ],
    migrations: &[
        Migration { name: "0001_init", sql: include_str!("../migrations/0001_init.sql") },
        Migration { name: "0002_tours", sql: include_str!("../migrations/0002_tours.sql") },
        Migration { name: "0003_streets", sql: include_str!("../migrations/0003_streets.sql") },
        Migration { name: "0004_retask", sql: include_str!("../migrations/0004_retask.sql") },
    ],
    jobs: &[jobs::PURGE, jobs::NOT_ANSWERED, tours::retask::PROPOSE],
    reactions: &[tours::retask::CALLED_AWAY],
    problems: PROBLEMS,
    health,
    start,
    ..Module::EMPTY
};

const PERMISSIONS: &[Permission] = &[
    Permission {
        name: "patrol.check_in",
        description: "Sign in at patrol boxes, write notes beside them, and see which are due near the own unit.",
        roles: &[Role::Officer, Role::Supervisor],
    },
    Permission {
        name: "patrol.watch",
        description: "See patrol boxes, how they are looked after, and who signed in.",
        roles: &[Role::Officer, Role::Dispatcher, Role::Supervisor, Role::Operator],
    },
    Permission {
        name: "patrol.plan",
        description: "Import, retire and equip patrol boxes, print their codes; plan and publish tours; see streets covered.",
        roles: &[Role::Supervisor, Role::Operator],
    },
];

/// Every key that this room answers, rows of imports included.
const PROBLEMS: &[&str] = &[
    "patrol.code.unreadable",
    "patrol.code.unknown_box",
    "patrol.code.forged",
    "patrol.check_in.plain_uid",
    "patrol.check_in.retired",
    "patrol.check_in.from_the_future",
    "patrol.check_in.too_old",
    "patrol.check_in.position_missing",
    "patrol.check_in.accuracy",
    "patrol.check_in.too_far",
    "patrol.check_in.nonce",
    "patrol.check_in.code_expired",
    "patrol.check_in.replayed",
    "patrol.box.note_too_long",
    "patrol.near.place",
    "patrol.tag.uid",
    "patrol.tag.taken",
    "patrol.nonces.count",
    "patrol.import.empty",
    "patrol.import.not_text",
    "patrol.import.encoding",
    "patrol.import.column_missing",
    "patrol.import.too_many_rows",
    "patrol.import.number",
    "patrol.import.name",
    "patrol.import.position",
    "patrol.import.every_h",
    "patrol.import.duplicate",
    "patrol.import.unreadable",
    "patrol.tours.window",
    "patrol.tours.units",
    "patrol.tours.unknown_unit",
    "patrol.tours.station",
    "patrol.tours.limits",
    "patrol.tours.nothing",
    "patrol.tours.no_way",
    "patrol.tours.busy",
    "patrol.tours.replaced",
    "patrol.tours.state",
    "patrol.tours.stale",
    "patrol.tours.over",
    "patrol.tours.unit_taken",
    "patrol.tours.reason",
    "patrol.tours.code",
    "patrol.tours.no_unit",
    "patrol.tours.mark",
    "patrol.tours.span",
    "patrol.streets.frame",
    "patrol.streets.name",
];

/// Later than this, streets that were driven are told as open.
const BEHIND_MAX_US: i64 = Micros::HOUR;

fn health(app: App) -> BoxFuture<'static, Health> {
    Box::pin(async move {
        let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM patrol_box WHERE is_active = 1";
        match app.store.fetch_one(sql, vec![]).await.and_then(|row| row.int("n")) {
            Ok(boxes) => match streets::round::behind_us(&app).await {
                Ok(Some(behind_us)) if behind_us > BEHIND_MAX_US => {
                    // In words only: a server that is not well is taken out of service, and streets are not worth that.
                    Health::good(format!("{boxes} boxes in use; streets are counted {} minutes late", behind_us / Micros::MINUTE))
                }
                Ok(_) => Health::good(format!("{boxes} boxes in use")),
                Err(error) => Health::bad(format!("streets cannot be read: {error}")),
            },
            Err(error) => Health::bad(format!("patrol boxes cannot be read: {error}")),
        }
    })
}

fn start(app: App) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        app.put(secret::Secret::of(&app.store).await?);
        app.put(ops::tour_plan::Planner::default());
        app.put(streets::round::Answers::default());
        app.put(streets::round::Stuck::default());
        tokio::spawn(Eyes::House.look(streets::round::for_ever(app.clone())));
        jobs::NOT_ANSWERED.schedule_daily(&app.store, jobs::ANSWERED_HOUR_UTC_US).await?;
        app.put(CheckInTallyPort(Arc::new(store::CheckInsByBox(app.store.clone()))));
        Ok(jobs::schedule(&app.store).await?)
    })
}
