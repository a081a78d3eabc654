//! Oversight 監督: reading the log that nobody can quietly change, checking it, and the witnesses who make sure of it.
//!
//! | word | meaning |
//! |---|---|
//! | leaf 稽核紀錄 | one use of the system: who, what, why, with what outcome |
//! | root 根雜湊 | one hash over all leaves; an auditor who remembers one can tell whether the past was changed |
//! | witness 見證人 | another house's server that signs our checkpoints, after it saw that nothing of the past was changed |
//! | evidence 證據 | a checkpoint that its log's own key had signed and that we, as its witness, had to refuse |
//!
//! `settings` is the file that names both sides; `witnessed` is this server as a witness of others, `witnesses` and `asked` are
//! the witnesses of our own log; `movements` is what may be put together about one plate; `misuse` is looking at who asked; `retention` and
//! `erasures` are what the law takes from the log; `transparency` is what the public may know of it; `breaches` is what leaked, and whom we told;
//! `inquiries` is who looked at whom, told to whoever asks; `sharing` is what partners get and send; `sealed` is what only the members of a
//! case may see; `reasons` is why something was not done, `areas` whether some places are watched more than others, `disclosures` what is
//! given out to whoever asks by law.

mod areas;
mod asked;
mod breaches;
mod disclosures;
mod erasures;
mod inquiries;
mod misuse;
mod movements;
mod ops;
mod reasons;
mod retention;
mod room;
mod sealed;
mod settings;
mod sharing;
mod transparency;
mod witnessed;
mod witnesses;

#[cfg(test)]
mod doors;

use std::sync::Arc;

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_lakehouse::Opening;
use shouhu_module::ports::{MovementGatePort, SharingPort};
use shouhu_module::{App, Health, Module, Permission};
use shouhu_store::{Migration, StoreError};
use shouhu_wire::Role;

/// For its fuzz target: a file of areas comes from outside.
pub use areas::shapes::read as read_areas;
pub use room::Room;
pub use settings::{AskedWitness, Settings, SettingsError};
pub use witnesses::{AskError, Whom, ask};

pub const MODULE: Module = Module {
    name: "oversight",
    description: "The audit log: reading and verifying it, its witnesses, and being a witness of others' logs",
    permissions: &[
        Permission {
            name: "oversight.audit",
            description: "Read the audit log",
            roles: &[Role::Auditor],
        },
        Permission {
            name: "oversight.verify",
            description: "Verify the audit log, without reading it",
            roles: &[Role::Auditor, Role::Inspector],
        },
        Permission {
            name: "oversight.reports",
            description: "Read in numbers how the house answers for itself: reasons, areas, outcomes, what was given out",
            roles: &[Role::Auditor, Role::Inspector],
        },
        Permission {
            name: "oversight.areas",
            description: "Import the areas by which is counted whether some are watched more than others",
            roles: &[Role::Auditor],
        },
        Permission {
            name: "disclosures.read",
            description: "See what was asked for and given out under the law on government information",
            roles: &[Role::Supervisor, Role::Auditor, Role::Inspector],
        },
        Permission {
            name: "disclosures.decide",
            description: "Ask that incidents be given out without anybody in them, and release what another has asked for",
            roles: &[Role::Supervisor, Role::Auditor],
        },
        Permission {
            name: "breaches.read",
            description: "Read the register of leaks of personal data",
            roles: &[Role::Auditor, Role::Supervisor, Role::Operator, Role::Inspector],
        },
        Permission {
            name: "oversight.witnesses",
            description: "See the witnesses of the audit log and the logs that this server witnesses",
            roles: &[Role::Auditor, Role::Operator, Role::Inspector],
        },
        Permission {
            name: "oversight.erase",
            description: "Ask that single entries of the audit log be erased by law, and approve what another role has asked",
            roles: &[Role::Auditor, Role::Supervisor],
        },
        Permission {
            name: "oversight.breaches",
            description: "Write down leaks of personal data and what was done about them",
            roles: &[Role::Auditor, Role::Supervisor, Role::Operator],
        },
        Permission {
            name: "oversight.bound",
            description: "Set how much of one plate is shown without a consent",
            roles: &[Role::Auditor],
        },
        Permission {
            name: "observations.watch",
            description: "See the bound, one's own requests and openings, and those that one may decide or review",
            roles: &[Role::Detective, Role::Supervisor, Role::Dispatcher, Role::Auditor],
        },
        Permission {
            name: "observations.ask",
            description: "Ask for a consent to put movements of plates together",
            roles: &[Role::Detective, Role::Supervisor, Role::Dispatcher],
        },
        Permission {
            name: "observations.decide",
            description: "Give or refuse, as a chief, what another office asks for",
            roles: &[Role::Supervisor],
        },
        Permission {
            name: "observations.open",
            description: "Open a plate at once because a life is in danger",
            roles: &[Role::Detective, Role::Supervisor, Role::Dispatcher],
        },
        Permission {
            name: "observations.review",
            description: "Review what was opened because a life was in danger",
            roles: &[Role::Auditor],
        },
        Permission {
            name: "inquiries.take",
            description: "Take a citizen's question who has looked at a plate, and hand the answer over",
            roles: &[Role::Officer, Role::Supervisor, Role::Auditor],
        },
        Permission {
            name: "inquiries.decide",
            description: "Confirm a citizen's claim to a plate, and decide what is told now and what later",
            roles: &[Role::Supervisor, Role::Auditor],
        },
        Permission {
            name: "sharing.watch",
            description: "See what is shared with which partner, under which agreement",
            roles: &[Role::Supervisor, Role::Auditor, Role::Operator, Role::Dispatcher],
        },
        Permission {
            name: "sharing.stop",
            description: "Stop everything to and from a partner at once",
            roles: &[Role::Supervisor, Role::Auditor, Role::Operator, Role::Dispatcher],
        },
        Permission {
            name: "sharing.allow",
            description: "Write down agreements with partners, and switch one on again as one of two",
            roles: &[Role::Supervisor, Role::Auditor],
        },
        Permission {
            name: "seals.watch",
            description: "See which cases are sealed, and what one is about where one knows it; ask that it be lifted",
            roles: &[Role::Detective, Role::Supervisor, Role::Auditor],
        },
        Permission {
            name: "seals.ask",
            description: "Ask that a case be sealed",
            roles: &[Role::Detective, Role::Supervisor, Role::Auditor],
        },
        Permission {
            name: "seals.decide",
            description: "Seal a case, or let it be sealed longer, as the one of another office who was named",
            roles: sealed::store::DECIDERS,
        },
        Permission {
            name: "misuse.review",
            description: "See hints of misuse and samples of the log, keep case files about them, mark decoys and declared vehicles",
            roles: &[Role::Auditor],
        },
    ],
    routes: &[
        ops::audit_list::ROUTE,
        ops::audit_verify::ROUTE,
        ops::witnesses::ROUTE,
        ops::add_checkpoint::ROUTE,
        ops::erasures::LIST,
        ops::erasures::ASK,
        ops::erasures::APPROVE,
        ops::erasures::DISCARD,
        ops::transparency::LIST,
        ops::transparency::PROOF,
        ops::breaches::LIST,
        ops::breaches::SHOW,
        ops::breaches::WRITE,
        ops::breaches::STEP,
        ops::bound::GET_ROUTE,
        ops::bound::SET_ROUTE,
        ops::observations::LIST,
        ops::observations::SHOW,
        ops::observations::ASK,
        ops::observations::DECIDE,
        ops::observations::EXTEND,
        ops::observations::WITHDRAW,
        ops::openings::OPEN,
        ops::openings::LIST,
        ops::openings::SHOW,
        ops::openings::REVIEW,
        ops::inquiries::LIST,
        ops::inquiries::SHOW,
        ops::inquiries::ASK,
        ops::inquiries::CONFIRM,
        ops::inquiries::ANSWER,
        ops::inquiries::RENEW,
        ops::inquiries::HAND_OVER,
        ops::inquiries::PROOF,
        ops::sharing::LIST,
        ops::sharing::SHOW,
        ops::sharing::OFF,
        ops::sharing::ON,
        ops::sharing::AGREE,
        ops::seals::LIST,
        ops::seals::PEOPLE,
        ops::seals::SHOW,
        ops::seals::ASK,
        ops::seals::DECIDE,
        ops::seals::EXTEND,
        ops::seals::LIFT,
        ops::misuse::ALERTS,
        ops::misuse::SET_ASIDE,
        ops::misuse::MARKS,
        ops::misuse::SET_MARK,
        ops::misuse::END_MARK,
        ops::misuse::SAMPLES,
        ops::disclosures::LIST,
        ops::disclosures::ASK,
        ops::disclosures::PREVIEW,
        ops::disclosures::RELEASE,
        ops::disclosures::REFUSE,
        ops::disclosures::FILE,
        ops::areas::LIST,
        ops::areas::IMPORT,
        ops::areas::REPORT,
        ops::areas::CSV,
        ops::reasons::SHOW,
        ops::reasons::CSV,
        ops::misuse_cases::OUTCOMES,
        ops::misuse_cases::LIST,
        ops::misuse_cases::OPEN,
        ops::misuse_cases::SHOW,
        ops::misuse_cases::ASK,
        ops::misuse_cases::FIND,
        ops::misuse_cases::QUESTIONS,
        ops::misuse_cases::ANSWER,
    ],
    migrations: &[
        Migration { name: "0001_witnesses", sql: include_str!("../migrations/0001_witnesses.sql") },
        Migration { name: "0002_erasures", sql: include_str!("../migrations/0002_erasures.sql") },
        Migration { name: "0003_movements", sql: include_str!("../migrations/0003_movements.sql") },
        Migration { name: "0004_transparency", sql: include_str!("../migrations/0004_transparency.sql") },
        Migration { name: "0005_misuse", sql: include_str!("../migrations/0005_misuse.sql") },
        Migration { name: "0006_breaches", sql: include_str!("../migrations/0006_breaches.sql") },
        Migration { name: "0007_inquiries", sql: include_str!("../migrations/0007_inquiries.sql") },
        Migration { name: "0008_sharing", sql: include_str!("../migrations/0008_sharing.sql") },
        Migration { name: "0009_sealed", sql: include_str!("../migrations/0009_sealed.sql") },
        Migration { name: "0010_reasons", sql: include_str!("../migrations/0010_reasons.sql") },
        Migration { name: "0011_areas", sql: include_str!("../migrations/0011_areas.sql") },
        Migration { name: "0012_disclosures", sql: include_str!("../migrations/0012_disclosures.sql") },
        Migration { name: "0013_area_counts", sql: include_str!("../migrations/0013_area_counts.sql") },
    ],
    jobs: &[
        retention::RETENTION,
        retention::ERASE_ENTRIES,
        transparency::COUNT,
        movements::jobs::FORGET,
        movements::jobs::REVIEW_DUE,
        inquiries::jobs::TELL,
        misuse::turn::TURN,
        misuse::sampling::SAMPLE,
        reasons::NOT_ANSWERED_JOB,
    ],
    reactions: &[reasons::COUNT],
    problems: &[
        "oversight.witness.malformed",
        "oversight.witness.not_theirs",
        "oversight.witness.unknown_log",
        "oversight.witness.other_size",
        "oversight.witness.fork",
        "oversight.witness.not_grown",
        "oversight.erasure.count",
        "oversight.erasure.basis",
        "oversight.erasure.reason",
        "oversight.erasure.entries",
        "oversight.erasure.same_person",
        "oversight.erasure.same_role",
        "oversight.erasure.decided",
        "oversight.movements.needs_consent",
        "oversight.movements.bound_out_of_range",
        "oversight.consent.plates",
        "oversight.consent.plate",
        "oversight.consent.case",
        "oversight.consent.reason",
        "oversight.consent.note",
        "oversight.consent.scope",
        "oversight.consent.term",
        "oversight.consent.no_office",
        "oversight.consent.same_person",
        "oversight.consent.same_office",
        "oversight.consent.involved",
        "oversight.consent.decided",
        "oversight.consent.extended_once",
        "oversight.opening.plate",
        "oversight.opening.not_live",
        "oversight.opening.no_dispatch",
        "oversight.opening.same_person",
        "oversight.opening.reviewed",
        "oversight.opening.found_unjustified",
        "oversight.opening.note",
        "oversight.breach.text",
        "oversight.breach.time",
        "oversight.breach.persons",
        "oversight.breach.count_missing",
        "oversight.breach.not_told",
        "oversight.breach.too_many",
        "oversight.inquiry.plate",
        "oversight.inquiry.document",
        "oversight.inquiry.claim",
        "oversight.inquiry.reason",
        "oversight.inquiry.same_person",
        "oversight.inquiry.settled",
        "oversight.inquiry.cases",
        "oversight.inquiry.running",
        "oversight.inquiry.until",
        "oversight.inquiry.involved",
        "oversight.inquiry.renewed_once",
        "oversight.inquiry.other_document",
        "oversight.sharing.off",
        "oversight.sharing.no_agreement",
        "oversight.sharing.text",
        "oversight.sharing.until",
        "oversight.sharing.settled",
        "oversight.sharing.same_person",
        "oversight.seal.case",
        "oversight.seal.plates",
        "oversight.seal.members",
        "oversight.seal.text",
        "oversight.seal.until",
        "oversight.seal.no_office",
        "oversight.seal.decider",
        "oversight.seal.same_person",
        "oversight.seal.same_office",
        "oversight.seal.settled",
        "oversight.seal.extended_once",
        "oversight.seal.no_people",
        "oversight.misuse.same_person",
        "oversight.misuse.no_office",
        "oversight.misuse.same_office",
        "oversight.misuse.second_person",
        "oversight.misuse.settled",
        "oversight.misuse.not_heard",
        "oversight.misuse.not_asked",
        "oversight.misuse.code",
        "oversight.months.month",
        "oversight.months.order",
        "oversight.months.too_many",
        "oversight.areas.none",
        "oversight.areas.file",
        "oversight.areas.twice",
        "oversight.areas.name",
        "oversight.areas.residents",
        "oversight.areas.outline",
        "oversight.disclosure.text",
        "oversight.disclosure.scope",
        "oversight.disclosure.same_person",
        "oversight.disclosure.settled",
        "oversight.disclosure.not_released",
        "oversight.disclosure.too_many",
        "oversight.disclosure.nothing",
        "oversight.disclosure.not_whole",
        "oversight.disclosure.unknown_numbers",
        "oversight.disclosure.changed",
        "oversight.disclosure.older_than_seal",
        "oversight.areas.month",
        "oversight.misuse.text",
        "oversight.misuse.origin",
        "oversight.misuse.plate",
        "oversight.misuse.officer",
    ],
    health: |app| Box::pin(health(app)),
    start,
    ..Module::EMPTY
};

/// The witnesses', and worse when an opening or a case file waits for somebody longer than it may, or those concerned by a leak, or a
/// citizen who asks who has looked at him, wait to be told.
async fn health(app: App) -> Health {
    let witnesses = ops::witnesses::health(&app).await;
    let waiting = async {
        let (openings, files) = (movements::openings::overdue(&app.store).await?, misuse::cases::overdue(&app.store).await?);
        Ok::<_, StoreError>((openings, files, breaches::overdue(&app.store).await?, inquiries::store::overdue(&app.store).await?))
    };
    match waiting.await {
        Ok((0, 0, 0, 0)) => witnesses,
        // It keeps nobody from working: a load balancer must not take the server away for it.
        Ok((0, 0, 0, unanswered)) => {
            Health { detail: format!("ATTENTION: {unanswered} citizens' inquiries were not answered in time; {}", witnesses.detail), ..witnesses }
        }
        Ok((0, 0, untold, _)) => {
            Health { detail: format!("ATTENTION: {untold} breaches: those concerned were not told within a day; {}", witnesses.detail), ..witnesses }
        }
        Ok((0, files, ..)) => Health { detail: format!("ATTENTION: {files} case files have had no finding in time; {}", witnesses.detail), ..witnesses },
        Ok((overdue, ..)) => Health::bad(format!("{overdue} openings for a life in danger were not reviewed within a day; {}", witnesses.detail)),
        Err(error) => Health::bad(format!("openings, case files and breaches cannot be read: {error}; {}", witnesses.detail)),
    }
}

/// Reads no file by itself: the program puts [`Settings`] on the shelf when there is one.
fn start(app: App) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        // One process erases and asks; a command line beside it must not.
        let is_server = app.try_room::<Opening>().is_some_and(|opening| *opening == Opening::Serve);
        // Before anything is asked of this process, and for a command line too.
        sealed::keep::refresh(&app.store).await?;
        let ledger = movements::Ledger { store: app.store.clone(), fold: movements::fold::Fold::open(app.blobs.keys())? };
        app.put(ledger.clone());
        app.put(MovementGatePort(Arc::new(ledger)));
        app.put(disclosures::make::Secret::open(app.blobs.keys())?);
        app.put(areas::store::Kept::default());
        app.put(SharingPort(Arc::new(sharing::gate::Gate { store: app.store.clone() })));
        if is_server {
            tokio::spawn(sealed::keep::follow(app.store.clone()));
            movements::uses::begin(&app.store).await?;
            movements::jobs::FORGET.schedule_daily(&app.store, movements::jobs::HOUR_UTC_US).await?;
            retention::schedule(&app.store).await?;
            transparency::schedule(&app.store).await?;
            misuse::turn::TURN.schedule_daily(&app.store, misuse::turn::HOUR_UTC_US).await?;
            misuse::sampling::SAMPLE.schedule_daily(&app.store, misuse::sampling::HOUR_UTC_US).await?;
            reasons::NOT_ANSWERED_JOB.schedule_daily(&app.store, reasons::HOUR_UTC_US).await?;
        }
        let Some(settings) = app.try_room::<Settings>() else { return Ok(()) };
        app.put(Room::open(&app, &settings)?);
        if is_server && !settings.witnesses.is_empty() {
            tokio::spawn(witnesses::follow(app.clone(), app.room::<Room>()));
        }
        Ok(())
    })
}
