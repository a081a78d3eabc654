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
//! the witnesses of our own log; `retention` and `erasures` are what the law takes from the log; `transparency` is what the public may know of it.

mod asked;
mod erasures;
mod ops;
mod retention;
mod room;
mod settings;
mod transparency;
mod witnessed;
mod witnesses;

#[cfg(test)]
mod doors;

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_lakehouse::Opening;
use shouhu_module::{App, Module, Permission};
use shouhu_store::Migration;
use shouhu_wire::Role;

pub use room::Room;
pub use settings::{AskedWitness, Settings, SettingsError};
pub use witnesses::{AskError, Whom, ask};

pub const MODULE: Module = Module {
    name: "oversight",
    description: "The audit log: reading and verifying it, its witnesses, and being a witness of others' logs",
    permissions: &[
        Permission {
            name: "oversight.audit",
            description: "Read and verify the audit log",
            roles: &[Role::Auditor],
        },
        Permission {
            name: "oversight.witnesses",
            description: "See the witnesses of the audit log and the logs that this server witnesses",
            roles: &[Role::Auditor, Role::Operator],
        },
        Permission {
            name: "oversight.erase",
            description: "Ask that single entries of the audit log be erased by law, and approve what another role has asked",
            roles: &[Role::Auditor, Role::Supervisor],
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
    ],
    migrations: &[
        Migration { name: "0001_witnesses", sql: include_str!("../migrations/0001_witnesses.sql") },
        Migration { name: "0002_erasures", sql: include_str!("../migrations/0002_erasures.sql") },
        Migration { name: "0004_transparency", sql: include_str!("../migrations/0004_transparency.sql") },
    ],
    jobs: &[retention::RETENTION, retention::ERASE_ENTRIES, transparency::COUNT],
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
    ],
    health: |app| Box::pin(async move { ops::witnesses::health(&app).await }),
    start,
    ..Module::EMPTY
};

/// Reads no file by itself: the program puts [`Settings`] on the shelf when there is one.
fn start(app: App) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        // One process erases and asks; a command line beside it must not.
        let is_server = app.try_room::<Opening>().is_some_and(|opening| *opening == Opening::Serve);
        if is_server {
            retention::schedule(&app.store).await?;
            transparency::schedule(&app.store).await?;
        }
        let Some(settings) = app.try_room::<Settings>() else { return Ok(()) };
        app.put(Room::open(&app, &settings)?);
        if is_server && !settings.witnesses.is_empty() {
            tokio::spawn(witnesses::follow(app.clone(), app.room::<Room>()));
        }
        Ok(())
    })
}
