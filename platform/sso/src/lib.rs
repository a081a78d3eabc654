//! Single sign-on 單一登入 for the force's own tools: the house says to a dashboard, a wiki or the training server who somebody is, so that none of them has passwords
//! (OpenID Connect, ADR 0026).
//!
//! - A *tool* 內部工具 is a client that the server's owner has named in `sso.toml`: where it waits for answers, how it proves itself, which roles it takes, what it is told.
//! - The authorization endpoint is a page of the web app, because a session is its browser's key (ADR 0018) and a plain link carries no proof: the page sends the request on and goes
//!   where the answer says.
//! - A *code* is for one tool, one address, one verifier, one minute and one try; shown again it takes back what it gave.
//! - What a tool is told follows from its entry. Its name for a person is no other tool's.
//! - A yes is for one session, and whoever has said it sees it and takes it back.
//!
//! **Invariant:** nothing is told of a session that would itself open nothing here: each code, token and question asks identity anew.
//!
//! **Invariant:** each yes, each no to somebody who is known, and each token is a leaf before a byte of it leaves; a yes is kept only after its leaf.
//!
//! **Invariant:** no address is ever called or gone to but those of an entry.

mod claims;
mod demands;
mod jobs;
mod leaf;
mod logout;
mod ops;
mod refused;
mod request;
mod room;
mod settings;
mod store;
mod watch;

use shouhu_env::BoxFuture;
use shouhu_module::{App, Health, JobKind, Module, Permission};
use shouhu_store::{Migration, StoreError};
use shouhu_wire::Role;

pub use settings::{Client, SsoClaim, SsoSettings, SsoSettingsError};

pub const MODULE: Module = Module {
    name: "sso",
    description: "Sign-in to the force's own tools",
    permissions: &[Permission {
        name: "sso.sign_in",
        description: "Sign in to the force's own tools, as far as their entries take the role",
        // An inspector is another authority's: what he sees is what was promised to it.
        roles: &[Role::Officer, Role::Dispatcher, Role::Detective, Role::Supervisor, Role::Auditor, Role::Operator],
    }],
    routes: &[
        ops::discovery::CONFIGURATION,
        ops::discovery::KEYS,
        ops::form::ROUTE,
        ops::look::ROUTE,
        ops::authorize::ROUTE,
        ops::token::ROUTE,
        ops::userinfo::GET,
        ops::userinfo::POST,
        ops::mine::LIST,
        ops::mine::END,
    ],
    migrations: &[
        Migration { name: "0001_init", sql: include_str!("../migrations/0001_init.sql") },
        Migration { name: "0002_mine", sql: include_str!("../migrations/0002_mine.sql") },
        Migration { name: "0003_shown_again", sql: include_str!("../migrations/0003_shown_again.sql") },
        Migration { name: "0004_demand", sql: include_str!("../migrations/0004_demand.sql") },
    ],
    jobs: &[JobKind { kind: logout::KIND, run: logout::run }, jobs::PURGE],
    problems: &[
        "sso.request.unreadable",
        "sso.request.unknown_tool",
        "sso.request.other_address",
        "sso.authorization.other_person",
        "sso.token.invalid_request",
        "sso.token.invalid_client",
        "sso.token.invalid_grant",
        "sso.token.unsupported_grant_type",
        "sso.userinfo.invalid_token",
    ],
    health,
    start,
    ..Module::EMPTY
};

fn health(app: App) -> BoxFuture<'static, Health> {
    Box::pin(async move {
        let tools = settings::of(&app).clients.len();
        match store::untold(&app.store).await {
            Ok(waiting) => Health::good(format!("{tools} tools sign people in here; {waiting} sign-outs were not taken by them yet")),
            Err(error) => Health::bad(format!("sign-ins to tools cannot be read: {error}")),
        }
    })
}

fn start(app: App) -> BoxFuture<'static, Result<(), shouhu_bus::ReactionError>> {
    Box::pin(async move {
        app.put(room::Room::open(&app)?);
        jobs::PURGE.schedule_daily(&app.store, 0).await?;
        Ok(())
    })
}

/// Looks for sessions that were taken back for as long as the server runs, and has their tools told.
pub async fn watch_sessions(app: App) {
    watch::look_for_ever(app).await;
}

/// Has the tools of every session told that was taken back; how many tellings. The server looks by itself: this is for tests, whose clock stands still.
///
/// # Errors
/// When the database fails.
pub async fn look_for_ended(app: &App) -> Result<usize, StoreError> {
    watch::look(app).await
}
