//! Signals about accounts 帳號訊號: houses and identity providers tell each other that somebody's way in is not what it was (ADR 0024).
//!
//! - A *transmitter* 發送端 is a system whose word counts here: pinned by its keys, its token and the names that it has for our people.
//! - What it pushes is checked by `shouhu_secevent`, written into the log, carried out by identity and remembered by its `jti`: then it is acknowledged.
//! - A *receiver* 接收端 is a system that is told what this house itself takes away or trusts less. A job signs and pushes it, with back-off; after twelve tries it
//!   waits as failed, with its reason, on the page of jobs. Or the receiver comes for it, and what waits is bounded.
//! - A *stream* 通道 is what a receiver that has a token of its own has set up: fewer events than the file lets it have, paused, disabled, tried.
//!
//! **Invariant:** what is acknowledged is durable and has taken effect; the same token heard again changes nothing.
//!
//! **Invariant:** no address in a token is ever called, and no key is fetched: what is believed stands in a file of the server's owner.
//!
//! **Invariant:** what the house was told it does not tell on.
//!
//! **Invariant:** nothing that a receiver says about its stream has it told more than the file says, or elsewhere.

mod deliver;
mod heed;
mod jobs;
mod manage;
mod ops;
mod polled;
mod poller;
mod room;
mod settings;
mod store;
mod stream;
mod take;
mod tell;
mod waiting;

use shouhu_env::BoxFuture;
use shouhu_module::{App, Health, JobKind, Module, Permission, Reaction};
use shouhu_store::Migration;
use shouhu_wire::Role;

pub use poller::{poll_for_ever, poll_once};
pub use settings::{Delivery, Polled, Receiver, Secret, SignalSettings, SignalSettingsError, SubjectFormat, TellKind, Transmitter};

pub const MODULE: Module = Module {
    name: "signals",
    description: "Systems that tell us of accounts, and that we tell",
    permissions: &[Permission {
        name: "signals.read",
        description: "See which systems tell us of accounts, which are told, and what was not taken",
        roles: &[Role::Operator, Role::Auditor],
    }],
    routes: &[
        ops::push::ROUTE,
        ops::streams::ROUTE,
        ops::discovery::CONFIGURATION,
        ops::discovery::KEYS,
        ops::stream::CREATE,
        ops::stream::READ,
        ops::stream::UPDATE,
        ops::stream::REPLACE,
        ops::stream::DELETE,
        ops::status::READ,
        ops::status::SET,
        ops::verify::ROUTE,
        ops::poll::ROUTE,
    ],
    guarded: &[],
    migrations: &[
        Migration { name: "0001_init", sql: include_str!("../migrations/0001_init.sql") },
        Migration { name: "0002_streams", sql: include_str!("../migrations/0002_streams.sql") },
    ],
    jobs: &[JobKind { kind: deliver::KIND, run: deliver::run }, jobs::PURGE],
    reactions: &[Reaction { name: "signals.tell", kinds: &["access_changed", "device_changed", "device_trust_changed"], run: tell::tell }],
    refreshes: &[],
    problems: &[
        "signals.push.invalid_request",
        "signals.push.invalid_key",
        "signals.push.invalid_issuer",
        "signals.push.invalid_audience",
        "signals.push.authentication_failed",
        "signals.push.access_denied",
        "signals.stream.authentication_failed",
        "signals.stream.missing",
        "signals.stream.exists",
        "signals.stream.pushed",
        "signals.stream.not_agreed",
        "signals.stream.unreadable",
        "signals.stream.not_enabled",
        "signals.stream.too_often",
        "signals.stream.restless",
        "signals.poll.unreadable",
    ],
    health,
    start,
};

fn health(app: App) -> BoxFuture<'static, Health> {
    Box::pin(async move {
        let settings = settings::of(&app);
        let (tell, told) = (settings.transmitters.len(), settings.receivers.len());
        match store::undelivered(&app.store).await {
            Ok(waiting) => Health::good(format!("{tell} systems tell us of accounts, {told} are told; {waiting} signals were not taken yet")),
            Err(error) => Health::bad(format!("signals cannot be read: {error}")),
        }
    })
}

fn start(app: App) -> BoxFuture<'static, Result<(), shouhu_bus::ReactionError>> {
    Box::pin(async move {
        app.put(room::Room::open(&app)?);
        waiting::release_pushed(&app).await?;
        jobs::PURGE.schedule_daily(&app.store, 0).await?;
        Ok(())
    })
}
