//! Sightings 車辨紀錄: one passage of one vehicle past one camera or device.
//!
//! Devices send batches of *reports*. A report that can be trusted becomes a **sighting**; one that cannot is **set aside**
//! in the **quarantine**, where an operator sees why. A bad part of a report — a picture, a position, a speed — is set
//! aside by itself and the sighting kept without it.
//!
//! **Invariant:** a receipt is given only after everything it counts is synced; a report is never answered and lost.
//! **Invariant:** device and sequence name one sighting; the first version is kept, whatever comes later.

mod answer;
mod arrive;
mod check;
pub mod exports;
pub mod feeds;
pub mod forgotten;
pub mod gate;
mod heading;
mod hold;
mod jobs;
mod lake;
mod looks;
mod migrate;
pub mod model;
pub mod ops;
mod passing;
mod react;
mod shapes;
mod store;
mod tally;
mod unavailable;
mod window;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_lakehouse::{Lakehouse, Opening};
use shouhu_module::ports::{PassageTallyPort, SightingPicturesPort};
use shouhu_module::{App, Guarded, Health, Module, Permission, Resource};
use shouhu_store::Migration;
use shouhu_wire::Role;

/// So many reports waiting for an operator mean that a device is ill.
const QUARANTINE_HEALTHY_MAX: i64 = 1_000;

/// What a camera recorded that may not be seen through: the lake asks by the first of them. A device whose cameras are not all seen through has no reports.
const GUARDED: &[Guarded] = &[
    Guarded {
        of: Resource::Camera,
        name: shouhu_lakehouse::SEEN_SOURCES,
        from: "lakehouse_source",
        shown: "COALESCE(camera, device) IN (SELECT id FROM seen_camera) OR ({others} AND COALESCE(camera, device) NOT IN (SELECT id FROM known_camera))",
    },
    Guarded {
        of: Resource::Camera,
        name: "sightings_quarantine",
        from: "sightings_quarantine",
        shown: "device NOT IN (SELECT device FROM #lakehouse_source WHERE number NOT IN (SELECT number FROM seen_source)) \
                AND ({others} OR device IN (SELECT device FROM #lakehouse_source))",
    },
];

pub const MODULE: Module = Module {
    name: "sightings",
    description: "Vehicle passages from cameras and cars: ingest, history, pictures, quarantine",
    permissions: &[
        Permission {
            name: "sightings.search",
            description: "Search sightings of vehicles, with purpose and case, and see their pictures",
            roles: &[Role::Detective, Role::Supervisor, Role::Dispatcher],
        },
        Permission {
            name: "sightings.quarantine",
            description: "See and dismiss reports of devices that could not be used",
            roles: &[Role::Operator],
        },
        Permission {
            name: "sightings.counts",
            description: "See how many vehicles passed, by hour, camera and area, without plates",
            roles: &[Role::Dispatcher, Role::Detective, Role::Supervisor, Role::Auditor, Role::Operator],
        },
        Permission {
            name: "sightings.export",
            description: "Export sightings as files, with purpose and case",
            roles: &[Role::Detective, Role::Supervisor],
        },
        Permission {
            name: "sightings.hold",
            description: "Hold sightings beyond their retention for a case or a court, and lift holds",
            roles: &[Role::Supervisor],
        },
        Permission {
            name: "sightings.erase",
            description: "Erase every sighting of one plate, where the law or a court demands it",
            roles: &[Role::Supervisor],
        },
        Permission {
            name: "sightings.retention",
            description: "See how long sightings are kept and the certificates of what was destroyed",
            roles: &[Role::Supervisor, Role::Auditor, Role::Operator],
        },
        Permission {
            name: "sightings.feeds",
            description: "Define feeds of gantries, car parks and partners, and see their reports",
            roles: &[Role::Operator],
        },
    ],
    routes: &[
        ops::ingest::ROUTE,
        ops::search::ROUTE,
        ops::plates::ROUTE,
        ops::cameras::ROUTE,
        ops::cameras::PLATES,
        ops::area::ROUTE,
        ops::area::PLATES,
        ops::trajectory::ROUTE,
        ops::convoys::ROUTE,
        ops::meetings::ROUTE,
        ops::zones::ROUTE,
        ops::passed::ROUTE,
        ops::seen::ROUTE,
        ops::counts::ROUTE,
        ops::retention::ROUTE,
        ops::holds::LIST,
        ops::holds::PLACE,
        ops::holds::LIFT,
        ops::erase::ROUTE,
        ops::exports::ASK,
        ops::exports::LIST,
        ops::exports::SHOW,
        ops::exports::CANCEL,
        ops::exports::FILE,
        ops::feeds::LIST,
        ops::feeds::DEFINE,
        ops::feeds::END,
        ops::feed_sites::LIST,
        ops::feed_sites::REPLACE,
        ops::feed_push::PUSH,
        ops::feed_push::UPLOAD,
        ops::feed_push::HISTORY,
        ops::quarantine::ROUTE,
        ops::dismiss::ROUTE,
        ops::show::ROUTE,
        ops::picture::CROP,
        ops::picture::FRAME,
    ],
    guarded: GUARDED,
    migrations: &[
        Migration { name: "0001_init", sql: include_str!("../migrations/0001_init.sql") },
        Migration { name: "0002_lake", sql: include_str!("../migrations/0002_lake.sql") },
        Migration { name: "0003_feeds", sql: include_str!("../migrations/0003_feeds.sql") },
        Migration { name: "0004_exports", sql: include_str!("../migrations/0004_exports.sql") },
        Migration { name: "0005_export_office", sql: include_str!("../migrations/0005_export_office.sql") },
        Migration { name: "0006_export_sight", sql: include_str!("../migrations/0006_export_sight.sql") },
        Migration { name: "0007_export_hidden", sql: include_str!("../migrations/0007_export_hidden.sql") },
    ],
    jobs: &[jobs::PURGE, feeds::drop::LOOK, exports::job::MAKE, exports::job::EXPIRE],
    reactions: &[react::HOLD_FOR_HIT],
    refreshes: &[],
    problems: &[
        "sightings.ingest.too_many",
        "sightings.ingest.malformed",
        "sightings.ingest.sequence_out_of_range",
        "sightings.ingest.sequence_conflict",
        "sightings.ingest.plate_unreadable",
        "sightings.ingest.confidence_out_of_range",
        "sightings.ingest.captured_in_future",
        "sightings.ingest.captured_too_old",
        "sightings.ingest.position_invalid",
        "sightings.ingest.speed_invalid",
        "sightings.ingest.seen_invalid",
        "sightings.ingest.picture_too_large",
        "sightings.ingest.picture_not_base64",
        "sightings.ingest.picture_not_jpeg",
        "sightings.ingest.picture_dimensions",
        "sightings.search.nothing_asked",
        "sightings.search.pattern_invalid",
        "sightings.search.window_empty",
        "sightings.search.window_too_wide",
        "sightings.search.too_broad",
        "sightings.search.cursor_invalid",
        "sightings.picture.none",
        "sightings.ingest.version_unknown",
        "sightings.ingest.not_reviewed",
        "sightings.search.plate_invalid",
        "sightings.search.camera_unknown",
        "sightings.search.cameras",
        "sightings.search.bbox_invalid",
        "sightings.zones.vehicles",
        "sightings.zones.look_days",
        "sightings.zones.resolution",
        "sightings.hold.note_missing",
        "sightings.hold.too_long",
        "sightings.hold.past",
        "sightings.hold.lifted",
        "sightings.dismiss.reason",
        "sightings.erase.reason_missing",
        "sightings.erase.held",
        "sightings.erase.not_whole",
        "sightings.erase.hidden_cameras",
        "lake.ask.empty_window",
        "lake.ask.none_given",
        "lake.ask.too_many",
        "lake.ask.out_of_range",
        "lake.area.ring",
        "lake.area.corners",
        "lake.area.radius",
        "lake.area.place",
        "lake.area.bounds",
        "lake.area.cell",
        "lake.area.cells",
        "lake.area.resolution",
        "lake.pattern.empty",
        "lake.pattern.character",
        "lake.pattern.too_long",
        "lake.pattern.too_vague",
        "lakehouse.full",
        "lakehouse.stopped",
        "lakehouse.damaged",
        "lakehouse.failed",
        "sightings.partial.limit",
        "sightings.partial.stopped",
        "sightings.partial.damaged",
        "sightings.partial.behind",
        "sightings.partial.unmerged",
        "sightings.partial.bounded",
        "sightings.search.no_gate",
        "sightings.export.window_empty",
        "sightings.export.window_too_wide",
        "sightings.export.plate",
        "sightings.export.cameras",
        "sightings.export.area",
        "sightings.export.ask",
        "sightings.export.too_many_open",
        "sightings.export.no_file",
        "sightings.export.not_open",
        "lakehouse.closed",
        "sightings.feed.empty",
        "sightings.feed.too_large",
        "sightings.feed.not_text",
        "sightings.feed.charset",
        "sightings.feed.columns",
        "sightings.feed.column_missing",
        "sightings.feed.json",
        "sightings.feed.parquet",
        "sightings.feed.mapping",
        "sightings.feed.name",
        "sightings.feed.class",
        "sightings.feed.title",
        "sightings.feed.expiry_past",
        "sightings.feed.device",
        "sightings.feed.device_taken",
        "sightings.feed.unknown",
        "sightings.feed.ended",
        "sightings.feed.expired",
        "sightings.feed.no_sites",
        "sightings.feed.sites_too_many",
        "sightings.feed.sites",
        "sightings.feed.busy",
        "sightings.feed.row.broken",
        "sightings.feed.row.plate",
        "sightings.feed.row.time",
        "sightings.feed.row.in_future",
        "sightings.feed.row.too_old",
        "sightings.feed.row.site_empty",
        "sightings.feed.row.site_unknown",
        "sightings.feed.row.trip",
        "sightings.feed.site.code",
        "sightings.feed.site.name",
        "sightings.feed.site.position",
        "sightings.feed.site.twice",
    ],
    health,
    start,
};

fn health(app: App) -> BoxFuture<'static, Health> {
    Box::pin(async move {
        let lake = app.try_room::<Lakehouse>().map(|lake| lake.health());
        if let Some(lake) = lake.filter(|lake| !lake.is_healthy()) {
            return Health::bad(lake.reasons.join("; "));
        }
        match store::open_quarantine(&app.store).await {
            Ok(open) if open > QUARANTINE_HEALTHY_MAX => Health::bad(format!("{open} reports wait in quarantine: look at their devices")),
            Ok(open) => Health::good(format!("{open} reports wait in quarantine")),
            Err(error) => Health::bad(format!("database: {error}")),
        }
    })
}

fn start(app: App) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        // A program that only looks after accounts opens no lake; what asks for it is then told so.
        let Some(lake) = app.try_room::<Lakehouse>() else { return Ok(()) };
        app.put(feeds::take::Busy::default());
        let pictures = ops::picture::Pictures::of(&app).map_err(|problem| problem.detail)?;
        app.put(SightingPicturesPort(Arc::new(pictures)));
        app.put(PassageTallyPort(Arc::new(tally::BySource(app.clone()))));
        if app.try_room::<Opening>().is_none_or(|opening| *opening != Opening::Serve) {
            return Ok(());
        }
        migrate::run(&app, &lake).await?;
        jobs::schedule(&app.store).await?;
        if let Some(folder) = app.try_room::<feeds::drop::DropFolder>() {
            feeds::drop::keep_looking(app.clone(), folder);
        }
        Ok(())
    })
}
