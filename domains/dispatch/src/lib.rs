//! Dispatch: from something that happened to somebody who is there.
//!
//! - **Incident** 案件: a 110 call, a report, or a hit that a person confirmed. Closed by a person, never reopened.
//! - **Unit** 警力: a crew that can be sent. Its crew says whether it can; its assignment says what it does.
//! - **Assignment** 派遣: one unit sent to one incident, with the reasons why this one. The crew takes the steps.
//! - **Call** 來電: what an exchange, a gateway or an app puts through. One person takes it and says what became of it.
//! - **Caller's page** 報案人網頁: a one-time link, through which whoever calls shows where they are and writes. A dispatcher sends it.
//! - **Photo** 照片: what a crew shows of its job. Kept without anything but pixels, destroyed with its incident.
//! - **Merge** 併案: an incident becomes another report of one that is open. A person decides, and may undo it.
//! - **Recommendation**: all units, ranked by the room's policy, with reasons for and against each. A person decides.
//! - **Advice** 建議: handovers, whom to serve next, the cover of the city, one move. A person decides.
//! - **Run card** 出勤卡: what an incident of a kind asks for at its alarm level. It sends nobody.
//! - **Roster** 勤務表, **shift** 班: who crews which unit from when to when.
//! - **Check** 安全確認: a crew is asked whether it is well; silence stays on every console until a dispatcher has dealt with it.
//! - **Panic** 緊急求援: a crew calls for help; it ends only with its incident.
//!
//! **Invariant:** a unit has at most one live assignment, and its state is `dispatched`, `en_route` or `on_scene` exactly
//! while it has one (`machine`, `write`, a partial unique index).

mod caller;
mod calls;
mod catalogue;
mod cards;
mod checks;
mod cover;
mod duplicates;
mod elsewhere;
mod fixes;
mod guarded;
mod intervals;
mod jobs;
mod kinds;
mod machine;
mod merging;
pub mod model;
mod number;
mod ops;
mod panic;
mod photos;
pub mod picture;
mod policy;
mod ports;
mod positions;
mod rank;
mod react;
mod roster;
mod skills;
mod standing;
mod store;
mod unanswered;
mod write;

#[cfg(test)]
mod call_claims;
#[cfg(test)]
mod claims;
#[cfg(test)]
mod desk_doors;
#[cfg(test)]
mod doors;
#[cfg(test)]
mod duty_doors;
#[cfg(test)]
mod neighbours;
#[cfg(test)]
mod photo_claims;
#[cfg(test)]
mod testing;

use std::sync::Arc;

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_module::ports::{
    CitizenReportsPort, DispatchFactsPort, ErrandsPort, IncidentFilesPort, IncidentSightPort, LiveCasesPort, NearbyCasesPort, OnTheMapPort, PartnerKeysPort, RoadTimesPort, RostersPort,
    UnitFixesPort, UnitPlacesPort, UnitTasksPort,
};
use shouhu_module::{App, Health, Module, Permission};
use shouhu_store::Migration;
use shouhu_wire::Role;

pub use kinds::{IncidentKind, KINDS, known};

pub const MODULE: Module = Module {
    name: "dispatch",
    description: "Calls, incidents, units and assignments.",
    permissions: PERMISSIONS,
    routes: &[
        ops::incident_open::ROUTE,
        ops::incidents::ROUTE,
        ops::incident_get::ROUTE,
        ops::incident_log::ROUTE,
        ops::incident_close::ROUTE,
        ops::incident_amend::ROUTE,
        ops::incident_notes::ADD,
        ops::incident_notes::LIST,
        ops::incident_cameras::ROUTE,
        ops::incident_kinds::ROUTE,
        ops::incident_kinds::IMPORT,
        ops::call_push::ROUTE,
        ops::calls::LIST,
        ops::calls::TAKE,
        ops::calls::SETTLE,
        ops::call_history::ROUTE,
        ops::caller_link::MAKE,
        ops::caller_link::EXTEND,
        ops::caller_link::REVOKE,
        ops::caller_watch::SHOW,
        ops::caller_watch::OF_INCIDENT,
        ops::caller_watch::LIVE,
        ops::caller_watch::ANSWER,
        ops::caller_watch::READ,
        ops::caller_page::LOOK,
        ops::caller_page::AGREE,
        ops::caller_page::SHARE,
        ops::caller_page::PLACE,
        ops::caller_page::WORD,
        ops::call_sources::LIST,
        ops::call_sources::DEFINE,
        ops::call_sources::END,
        ops::duplicates::OF_CALL,
        ops::duplicates::OF_INCIDENT,
        ops::report_join::ROUTE,
        ops::merge::MERGE,
        ops::merge::UNMERGE,
        ops::places::ROUTE,
        ops::recommend::ROUTE,
        ops::ring::ROUTE,
        ops::ring_post::TELL,
        ops::ring_post::MINE,
        ops::advice::ROUTE,
        ops::policy::GET_ROUTE,
        ops::policy::SET_ROUTE,
        ops::codes::LIST,
        ops::codes::IMPORT,
        ops::cards::GET_ROUTE,
        ops::cards::SET_ROUTE,
        ops::incident_card::ROUTE,
        ops::incident_level::ROUTE,
        ops::assign::ROUTE,
        ops::take_away::ROUTE,
        ops::cancel::ROUTE,
        ops::step::ROUTE,
        ops::photo_send::ROUTE,
        ops::photo_withdraw::ROUTE,
        ops::photos::LIST,
        ops::photos::PICTURE,
        ops::assignments_mine::ROUTE,
        ops::units::ROUTE,
        ops::unit_create::ROUTE,
        ops::unit_join::ROUTE,
        ops::unit_position::ROUTE,
        ops::unit_state::ROUTE,
        ops::unit_state::BY_DISPATCH,
        ops::unit_skills::LIST_ROUTE,
        ops::unit_skills::SET_ROUTE,
        ops::panic::RAISE_ROUTE,
        ops::panic::CANCEL_ROUTE,
        ops::panic::ACKNOWLEDGE_ROUTE,
        ops::panic::LIST_ROUTE,
        ops::checks::LIST_ROUTE,
        ops::checks::MINE_ROUTE,
        ops::check_answer::ROUTE,
        ops::check_deal::ROUTE,
        ops::par::GET_ROUTE,
        ops::par::SET_ROUTE,
        ops::shifts::LIST_ROUTE,
        ops::shifts::BOARD_ROUTE,
        ops::shifts::MINE_ROUTE,
        ops::shifts::JOIN_ROUTE,
        ops::shift_write::ADD_ROUTE,
        ops::shift_write::CHANGE_ROUTE,
        ops::shift_write::REMOVE_ROUTE,
        ops::shift_import::ROUTE,
        ops::kpis::ROUTE,
        ops::intervals::ROUTE,
        ops::replay::ROUTE,
        ops::eido::ROUTE,
        ops::eido_take::BY_HAND,
        ops::eido_take::BY_PARTNER,
        ops::geojson::INCIDENTS,
        ops::geojson::UNITS,
        ops::partners::LIST,
        ops::partners::DEFINE,
        ops::partners::END,
    ],
    guarded: guarded::GUARDED,
    migrations: &[
        Migration { name: "0001_init", sql: include_str!("../migrations/0001_init.sql") },
        Migration { name: "0002_choice", sql: include_str!("../migrations/0002_choice.sql") },
        Migration { name: "0003_interop", sql: include_str!("../migrations/0003_interop.sql") },
        Migration { name: "0004_calls", sql: include_str!("../migrations/0004_calls.sql") },
        Migration { name: "0005_checks", sql: include_str!("../migrations/0005_checks.sql") },
        Migration { name: "0006_cards", sql: include_str!("../migrations/0006_cards.sql") },
        Migration { name: "0007_roster", sql: include_str!("../migrations/0007_roster.sql") },
        Migration { name: "0008_photos", sql: include_str!("../migrations/0008_photos.sql") },
        Migration { name: "0009_codes", sql: include_str!("../migrations/0009_codes.sql") },
        Migration { name: "0010_caller", sql: include_str!("../migrations/0010_caller.sql") },
    ],
    jobs: &[jobs::PURGE, photos::purge::PURGE_PHOTOS, unanswered::NOT_ANSWERED],
    reactions: react::REACTIONS,
    refreshes: &[react::REMEMBER],
    problems: PROBLEMS,
    health,
    start,
};

const PERMISSIONS: &[Permission] = &[
    Permission {
        name: "dispatch.watch",
        description: "See all incidents, their logs and the recommended units.",
        roles: &[Role::Dispatcher, Role::Supervisor],
    },
    Permission {
        name: "dispatch.order",
        description: "Send units, take them back, close incidents.",
        roles: &[Role::Dispatcher, Role::Supervisor],
    },
    Permission {
        name: "calls.take",
        description: "See the calls that wait, take them and say what became of them.",
        roles: &[Role::Dispatcher, Role::Supervisor],
    },
    Permission {
        name: "kinds.manage",
        description: "Import the catalogue of incident kinds.",
        roles: &[Role::Supervisor, Role::Operator],
    },
    Permission {
        name: "codes.manage",
        description: "Import the house's list of radio codes.",
        roles: &[Role::Supervisor, Role::Operator],
    },
    Permission { name: "dispatch.policy", description: "Set how units are ordered.", roles: &[Role::Supervisor] },
    Permission {
        name: "incidents.open",
        description: "Open incidents.",
        roles: &[Role::Officer, Role::Dispatcher, Role::Supervisor],
    },
    Permission {
        name: "incidents.read",
        description: "See an incident; an officer only those of the own unit.",
        roles: &[Role::Officer, Role::Dispatcher, Role::Supervisor],
    },
    Permission {
        name: "units.watch",
        description: "See where units are and what they do.",
        roles: &[Role::Officer, Role::Dispatcher, Role::Supervisor],
    },
    Permission {
        name: "incidents.exchange",
        description: "Take in by hand what a neighbouring centre tells.",
        roles: &[Role::Dispatcher, Role::Supervisor],
    },
    Permission {
        name: "partners.manage",
        description: "Say which partners' keys speak for which centre.",
        roles: &[Role::Supervisor, Role::Operator],
    },
    Permission { name: "dispatch.report", description: "Read how long the links of the chain took.", roles: &[Role::Supervisor] },
    Permission {
        name: "dispatch.replay",
        description: "Look back at an incident with where its units were, with a purpose and a case.",
        roles: &[Role::Supervisor],
    },
    Permission {
        name: "photos.read",
        description: "See photos of incidents; an officer only those of the own unit, a detective only with a case.",
        roles: &[Role::Officer, Role::Dispatcher, Role::Detective, Role::Supervisor],
    },
    Permission { name: "shifts.plan", description: "Write the roster.", roles: &[Role::Supervisor] },
    Permission { name: "units.manage", description: "Add units.", roles: &[Role::Supervisor, Role::Operator] },
    Permission {
        name: "units.report",
        description: "Crew a unit and report its state and position.",
        roles: &[Role::Officer],
    },
    Permission { name: "assignments.answer", description: "See the own unit's assignment and answer it.", roles: &[Role::Officer] },
    Permission {
        name: "assignments.step",
        description: "Take the steps of the own unit's assignment; a dispatcher those of any, as its crew radioed.",
        roles: &[Role::Officer, Role::Dispatcher, Role::Supervisor],
    },
];

const PROBLEMS: &[&str] = &[
    "dispatch.open.hit_not_confirmed",
    "dispatch.open.hidden",
    "dispatch.open.origin_and_hit_disagree",
    "dispatch.open.unknown_kind",
    "dispatch.open.retired_kind",
    "dispatch.open.kind_not_yet",
    "dispatch.open.priority",
    "dispatch.open.summary_empty",
    "dispatch.open.too_long",
    "dispatch.calls.unknown_source",
    "dispatch.calls.ref",
    "dispatch.calls.too_many",
    "dispatch.calls.taken",
    "dispatch.calls.settled",
    "dispatch.calls.not_taken",
    "dispatch.calls.not_yours",
    "dispatch.calls.incident",
    "dispatch.calls.unknown_incident",
    "dispatch.caller.over",
    "dispatch.caller.no_link",
    "dispatch.caller.too_many_links",
    "dispatch.caller.longest",
    "dispatch.caller.empty",
    "dispatch.caller.too_long",
    "dispatch.caller.key",
    "dispatch.caller.too_many_words",
    "dispatch.caller.too_fast",
    "dispatch.caller.unknown",
    "dispatch.caller.too_many_tries",
    "dispatch.caller.too_often",
    "dispatch.caller.expired",
    "dispatch.caller.revoked",
    "dispatch.caller.ended",
    "dispatch.caller.not_agreed",
    "dispatch.caller.not_sharing",
    "dispatch.caller.stale",
    "dispatch.caller.vague",
    "dispatch.history.not_yours",
    "dispatch.call_source.device",
    "dispatch.call_source.title",
    "dispatch.call_source.unknown",
    "dispatch.kinds.empty",
    "dispatch.kinds.encoding",
    "dispatch.kinds.not_text",
    "dispatch.kinds.column",
    "dispatch.kinds.too_many_rows",
    "dispatch.kinds.rows",
    "dispatch.kinds.key",
    "dispatch.kinds.key_twice",
    "dispatch.kinds.title",
    "dispatch.kinds.priority",
    "dispatch.kinds.alias",
    "dispatch.kinds.alias_taken",
    "dispatch.kinds.day",
    "dispatch.kinds.unreadable",
    "dispatch.codes.empty",
    "dispatch.codes.encoding",
    "dispatch.codes.not_text",
    "dispatch.codes.column",
    "dispatch.codes.too_many_rows",
    "dispatch.codes.rows",
    "dispatch.codes.code",
    "dispatch.codes.code_twice",
    "dispatch.codes.meaning",
    "dispatch.codes.title",
    "dispatch.codes.unreadable",
    "dispatch.merge.itself",
    "dispatch.merge.panic",
    "dispatch.merge.closed",
    "dispatch.merge.target_closed",
    "dispatch.merge.already_merged",
    "dispatch.merge.target_merged",
    "dispatch.merge.has_merged",
    "dispatch.unmerge.not_merged",
    "dispatch.unmerge.target_closed",
    "dispatch.unmerge.unit_arrived",
    "dispatch.report.closed",
    "dispatch.report.merged",
    "dispatch.places.text_empty",
    "dispatch.places.text_too_long",
    "dispatch.places.near",
    "dispatch.places.no_map",
    "dispatch.places.not_ready",
    "dispatch.close.unit_assigned",
    "dispatch.close.already_closed",
    "dispatch.close.merged",
    "dispatch.close.note_too_long",
    "dispatch.close.without_unit",
    "dispatch.amend.nothing",
    "dispatch.amend.changed",
    "dispatch.amend.panic",
    "dispatch.amend.report_more_urgent",
    "dispatch.amend.closed",
    "dispatch.amend.merged",
    "dispatch.cameras.no_position",
    "dispatch.cameras.number",
    "dispatch.note.empty",
    "dispatch.note.too_long",
    "dispatch.note.closed",
    "dispatch.note.merged",
    "dispatch.assign.unknown_unit",
    "dispatch.assign.incident_closed",
    "dispatch.assign.incident_merged",
    "dispatch.assign.unit_not_available",
    "dispatch.assign.other_job",
    "dispatch.assign.on_scene",
    "dispatch.assign.in_panic",
    "dispatch.assign.not_more_urgent",
    "dispatch.assign.reason_needed",
    "dispatch.handover.arrived",
    "dispatch.choice.failed",
    "dispatch.policy.out_of_range",
    "dispatch.policy.unknown_skill",
    "dispatch.policy.unknown_kind",
    "dispatch.cards.changed",
    "dispatch.cards.fewer",
    "dispatch.cards.shape",
    "dispatch.roster.unit",
    "dispatch.roster.name",
    "dispatch.roster.date",
    "dispatch.roster.time",
    "dispatch.roster.span",
    "dispatch.roster.overlap",
    "dispatch.roster.overlap_row",
    "dispatch.roster.overlap_known",
    "dispatch.roster.unreadable",
    "dispatch.roster.file_empty",
    "dispatch.roster.file_encoding",
    "dispatch.roster.file_not_text",
    "dispatch.roster.column_missing",
    "dispatch.roster.too_many_rows",
    "dispatch.roster.too_many",
    "dispatch.roster.window",
    "dispatch.roster.not_now",
    "dispatch.intervals.window",
    "dispatch.level.unknown",
    "dispatch.level.not_higher",
    "dispatch.check.none",
    "dispatch.check.reason",
    "dispatch.check.over",
    "dispatch.panic.not_raised",
    "dispatch.panic.none",
    "dispatch.ring.no_position",
    "dispatch.ring.no_map",
    "dispatch.ring.off_the_map",
    "dispatch.ring.time",
    "dispatch.ring.limits",
    "dispatch.ring.too_old",
    "dispatch.ring.no_units",
    "dispatch.ring.not_sent",
    "dispatch.cancel.reason",
    "dispatch.cancel.already_ended",
    "dispatch.step.not_allowed",
    "dispatch.step.text_empty",
    "dispatch.step.code_needed",
    "dispatch.step.text_too_long",
    "dispatch.photo.empty",
    "dispatch.photo.heic",
    "dispatch.photo.kind",
    "dispatch.photo.animated",
    "dispatch.photo.too_many_pixels",
    "dispatch.photo.damaged",
    "dispatch.photo.declined",
    "dispatch.photo.too_late",
    "dispatch.photo.too_many",
    "dispatch.photo.id_taken",
    "dispatch.photo.caption",
    "dispatch.photo.place",
    "dispatch.photo.reason",
    "dispatch.photo.withdraw_late",
    "dispatch.photo.destroyed",
    "dispatch.unit.call_sign",
    "dispatch.unit.call_sign_taken",
    "dispatch.unit.none_joined",
    "dispatch.join.unknown_unit",
    "dispatch.state.not_by_crew",
    "dispatch.state.assignment_live",
    "dispatch.position.outside",
    "dispatch.position.from_the_future",
    "dispatch.position.jump",
    "dispatch.position.accuracy",
    "dispatch.position.heading",
    "dispatch.position.not_written",
    "dispatch.eido.too_large",
    "dispatch.eido.malformed",
    "dispatch.eido.member",
    "dispatch.eido.version",
    "dispatch.eido.no_incident",
    "dispatch.eido.over",
    "dispatch.eido.unknown_partner",
    "dispatch.eido.other_sender",
    "dispatch.partner.device",
    "dispatch.partner.title",
    "dispatch.partner.element",
    "dispatch.partner.unknown",
];

fn health(app: App) -> BoxFuture<'static, Health> {
    Box::pin(async move {
        let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM dispatch_incident WHERE state NOT IN ('closed', 'merged')";
        match app.store.fetch_one(sql, vec![]).await.and_then(|row| row.int("n")) {
            Ok(open) => match app.try_room::<checks::turn::LastLook>().and_then(|last| last.stale_s(app.env.now())) {
                Some(for_s) => Health::bad(format!("nobody has looked for {for_s} s whether crews answer their safety checks")),
                None => Health::good(format!("{open} incidents not closed")),
            },
            Err(error) => Health::bad(format!("incidents cannot be read: {error}")),
        }
    })
}

fn start(app: App) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let known = Arc::new(positions::Positions::default());
        known.remember(&store::units(&app.store).await?);
        app.put(positions::SharedPositions(known.clone()));
        app.put(UnitPlacesPort(Arc::new(positions::PlacesInMemory(known.clone()))));
        // Asked anew for each fix: the map comes with another room.
        let with_roads = app.clone();
        let off_road_m = Box::new(move |place| with_roads.try_room::<RoadTimesPort>().and_then(|roads| roads.0.off_road_m(place)));
        app.put(UnitFixesPort(Arc::new(fixes::FixesOfUnits { store: app.store.clone(), known: known.clone(), off_road_m })));
        app.put(LiveCasesPort(Arc::new(ports::LiveIncidents(app.store.clone()))));
        app.put(NearbyCasesPort(Arc::new(ports::IncidentsNear(app.store.clone()))));
        app.put(CitizenReportsPort(Arc::new(ports::CallsOfCitizens(app.store.clone()))));
        app.put(ErrandsPort(Arc::new(ports::CrewErrands { store: app.store.clone(), positions: known.clone() })));
        app.put(UnitTasksPort(Arc::new(ports::TasksOfUnits(app.store.clone()))));
        app.put(OnTheMapPort(Arc::new(ports::MapNow { store: app.store.clone(), known: known.clone() })));
        app.put(DispatchFactsPort(Arc::new(ports::Facts(app.store.clone()))));
        app.put(IncidentFilesPort(Arc::new(ports::Files(app.store.clone()))));
        app.put(IncidentSightPort(Arc::new(ports::SightOfIncidents(app.store.clone()))));
        app.put(RostersPort(Arc::new(roster::book::ShiftsOfPeople(app.store.clone()))));
        app.put(PartnerKeysPort(Arc::new(ports::RegisteredPartners(app.store.clone()))));
        app.put(caller::Limits { wrong: shouhu_identity::Attempts::new(app.env.random.bytes16()), paces: caller::Paces::default() });
        app.put(react::ReadTimes::default());
        app.put(checks::turn::LastLook::new(app.env.now()));
        app.put(cover::Covers::default());
        jobs::schedule(&app.store).await?;
        unanswered::NOT_ANSWERED.schedule_daily(&app.store, unanswered::HOUR_UTC_US).await?;
        photos::purge::PURGE_PHOTOS.schedule_daily(&app.store, photos::purge::HOUR_UTC_US).await?;
        tokio::spawn(positions::persist(app.clone(), known.clone()));
        tokio::spawn(checks::turn::look_for_ever(app.clone()));
        tokio::spawn(elsewhere::follow_for_ever(app.clone(), known.clone()));
        tokio::spawn(positions::stream(app, known));
        Ok(())
    })
}
