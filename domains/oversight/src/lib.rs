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
//! the witnesses of our own log.

mod asked;
mod ops;
mod room;
mod settings;
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
    ],
    routes: &[ops::audit_list::ROUTE, ops::audit_verify::ROUTE, ops::witnesses::ROUTE, ops::add_checkpoint::ROUTE],
    migrations: &[Migration { name: "0001_witnesses", sql: include_str!("../migrations/0001_witnesses.sql") }],
    problems: &[
        "oversight.witness.malformed",
        "oversight.witness.not_theirs",
        "oversight.witness.unknown_log",
        "oversight.witness.other_size",
        "oversight.witness.fork",
        "oversight.witness.not_grown",
    ],
    health: |app| Box::pin(async move { ops::witnesses::health(&app).await }),
    start,
    ..Module::EMPTY
};

/// Reads nothing by itself: the program puts [`Settings`] on the shelf when there is a file of them.
fn start(app: App) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let Some(settings) = app.try_room::<Settings>() else { return Ok(()) };
        app.put(Room::open(&app, &settings)?);
        // One process asks; a command line beside it must not.
        if app.try_room::<Opening>().is_some_and(|opening| *opening == Opening::Serve) && !settings.witnesses.is_empty() {
            tokio::spawn(witnesses::follow(app.clone(), app.room::<Room>()));
        }
        Ok(())
    })
}
