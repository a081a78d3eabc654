//! Positions 定位: where units are and were, from whatever rides along.
//!
//! - **Tracker** 定位裝置: a phone app or device that rides in one unit and says where it is. It is registered by a person, and
//!   proves itself by a secret that was shown once.
//! - **Gateway** 轉送主機: a tracker that speaks for others, such as a Traccar server: its messages name the devices.
//! - **Fix** 定位點: one place at one time. What cannot be (the future, outside the country, a jump) is refused with its reason,
//!   which the tracker's page shows.
//! - **Track** 軌跡: the fixes of one unit, kept raw; where an officer was is personal data, and reading it needs a purpose and a case.
//!
//! What is promised: a fix that was answered with success is on disk within a second, and a power cut loses at most that second
//! of it; a cry for help is on disk before it is answered. The newest fix is on the map before the answer.
//!
//! **Invariant:** no log line, audit leaf, error or list has a tracker's secret in it.
//! **Invariant:** every refusal is counted with its tracker, day and reason; nothing is dropped in silence.

mod book;
mod codec;
mod counts;
mod export;
mod fold;
mod guesses;
mod jobs;
mod keeper;
pub mod model;
pub mod mqtt;
mod ops;
mod react;
mod room;
mod sanity;
mod secret;
mod sorted;
mod store;
pub mod tak;
mod take;
mod thin;
mod track;

#[cfg(test)]
mod doors;
#[cfg(test)]
mod testing;

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_module::{App, Health, Module, Permission};
use shouhu_store::Migration;
use shouhu_wire::Role;

pub const MODULE: Module = Module {
    name: "positions",
    description: "Trackers, where units are, and the tracks that they leave.",
    permissions: PERMISSIONS,
    routes: &[
        ops::trackers::ROUTE,
        ops::tracker_create::ROUTE,
        ops::tracker_change::RENAME,
        ops::tracker_change::MOUNT,
        ops::tracker_change::REVOKE,
        ops::ingest::OSMAND_GET,
        ops::ingest::OSMAND_POST,
        ops::ingest::OWNTRACKS,
        ops::ingest::TRACCAR,
        ops::ingest::COT,
        ops::cot_out::ROUTE,
        ops::units::ROUTE,
        ops::tracks::GEOJSON,
        ops::tracks::GPX,
    ],
    guarded: &[],
    migrations: &[Migration { name: "0001_init", sql: include_str!("../migrations/0001_init.sql") }],
    jobs: &[jobs::PURGE],
    reactions: react::REACTIONS,
    refreshes: &[],
    problems: PROBLEMS,
    health,
    start,
};

const PERMISSIONS: &[Permission] = &[
    Permission {
        name: "positions.watch",
        description: "See where units are now, on the map and as Cursor on Target.",
        roles: &[Role::Officer, Role::Dispatcher, Role::Supervisor],
    },
    Permission {
        name: "positions.trackers",
        description: "See trackers, register, move and revoke them.",
        roles: &[Role::Supervisor, Role::Operator],
    },
    Permission {
        name: "positions.tracks",
        description: "Read where a unit was, with a purpose and a case.",
        roles: &[Role::Supervisor, Role::Auditor],
    },
];

/// Every key that this room answers, reasons of refused records included.
const PROBLEMS: &[&str] = &[
    "positions.tracker.secret",
    "positions.tracker.too_many_guesses",
    "positions.tracker.protocol",
    "positions.tracker.name",
    "positions.tracker.device",
    "positions.tracker.device_taken",
    "positions.tracker.unknown_unit",
    "positions.tracker.gateway",
    "positions.tracker.gateway_unit",
    "positions.tracker.is_revoked",
    "positions.message.unreadable",
    "positions.message.busy",
    "positions.message.not_written",
    "positions.message.not_kept",
    "positions.record.unreadable",
    "positions.record.encrypted",
    "positions.record.no_fix",
    "positions.record.unknown_device",
    "positions.record.no_unit",
    "positions.record.outside",
    "positions.record.from_the_future",
    "positions.record.too_old",
    "positions.record.accuracy",
    "positions.track.unknown_unit",
    "positions.track.window",
    "positions.track.tolerance",
    "positions.track.too_many",
    "positions.units.unavailable",
];

fn health(app: App) -> BoxFuture<'static, Health> {
    Box::pin(async move {
        let room = room::of(&app);
        match store::in_use(&app.store).await {
            Err(error) => Health::bad(format!("trackers cannot be read: {error}")),
            Ok(_) if room.keeper.is_failing() => {
                Health::bad("tracks cannot be written: positions are on the live map alone, and their senders are told to send them again")
            }
            Ok(n) => match app.try_room::<tak::TakClients>() {
                Some(clients) => Health::good(format!("{n} trackers in use; {} TAK clients connected", clients.connected())),
                None => Health::good(format!("{n} trackers in use")),
            },
        }
    })
}

fn start(app: App) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        room::open(&app).await?;
        if let Some(stream) = app.try_room::<tak::TakStream>() {
            let at = tak::serve(app.clone(), (*stream).clone()).await?;
            tracing::info!(%at, "TAK clients may connect");
        }
        if let Some(door) = app.try_room::<mqtt::MqttDoor>() {
            let at = mqtt::serve(app.clone(), (*door).clone()).await?;
            tracing::info!(%at, "OwnTracks devices may connect by MQTT");
        }
        Ok(jobs::schedule(&app.store).await?)
    })
}
