//! What a room of the house is: its routes, permissions, migrations, jobs, reactions and health, as plain lists.
//!
//! **Invariant:** a route that declares no access, no audit class, no description or no load class does not start: the
//! server checks the lists before it listens, and a test checks them before that.

mod app;
mod body;
mod caller;
mod headers;
mod lists;
mod page;
mod policy;
pub mod ports;
mod problem;
mod route;
mod rows;

pub use app::App;
pub use body::{Body, Id, NoBody, Params, RawBody};
pub use caller::{CASE_CHARS_MAX, Caller, DevicePeer, NoCase, Person, Purpose, UNLINKED};
pub use headers::{authorization, bearer_in, is_media};
pub use page::{PAGE_DEFAULT, PAGE_MAX, Page, PageQuery, page_limit};
pub use policy::{door_of, grants_of};
pub use problem::{Keyed, Problem, ProblemRow};
pub use route::{Access, Audit, AuditObject, Audited, Bearer, Blotting, Load, Method, Proving, Route, SchemaOf, Trusting, schema_of};
pub use rows::{Guarded, Looking, Whose};
pub use shouhu_policy::{Residual, Resource, TextTest};

use shouhu_env::BoxFuture;
use shouhu_events::Envelope;
use shouhu_ids::Micros;
use shouhu_store::{Migration, ModuleMigrations, NewJob, Store, StoreError};
use shouhu_wire::Role;

/// What a role may do; the name is asked for by routes and by the live stream.
#[derive(Debug, Clone, Copy)]
pub struct Permission {
    /// `room.act`, such as `hits.decide`.
    pub name: &'static str,
    pub description: &'static str,
    pub roles: &'static [Role],
}

/// Work of one kind that this room does after a commit.
#[derive(Clone, Copy)]
pub struct JobKind {
    pub kind: &'static str,
    pub run: fn(App, serde_json::Value) -> BoxFuture<'static, Result<(), shouhu_bus::ReactionError>>,
}

impl JobKind {
    /// Enqueues the next turn of a job that runs once a day, so long after midnight UTC. Every process may, as often as it likes: the
    /// key of a turn is its day. A job does so first of all, so that a turn that fails does not end all later ones.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn schedule_daily(&self, store: &Store, after_midnight_us: i64) -> Result<(), StoreError> {
        let turn = next_daily(store.env().now(), after_midnight_us);
        let mut tx = store.begin().await?;
        let job = NewJob { kind: self.kind, key: turn.day().to_string(), payload: serde_json::json!({}), run_at: Some(turn) };
        tx.enqueue(job).await?;
        tx.commit().await
    }
}

fn next_daily(now: Micros, after_midnight_us: i64) -> Micros {
    let today = Micros(now.day() * Micros::DAY + after_midnight_us);
    if today > now { today } else { today.plus(Micros::DAY) }
}

/// What this room does when a fact is published: for the house (`Module::reactions`), or for the memory of the server that it runs at (`Module::refreshes`). Must be
/// idempotent.
#[derive(Clone, Copy)]
pub struct Reaction {
    pub name: &'static str,
    pub kinds: &'static [&'static str],
    pub run: fn(App, Envelope) -> BoxFuture<'static, Result<(), shouhu_bus::ReactionError>>,
}

/// How a room is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Health {
    pub is_healthy: bool,
    pub detail: String,
}

impl Health {
    #[must_use]
    pub fn good(detail: impl Into<String>) -> Self {
        Self { is_healthy: true, detail: detail.into() }
    }

    #[must_use]
    pub fn bad(detail: impl Into<String>) -> Self {
        Self { is_healthy: false, detail: detail.into() }
    }
}

/// A room. Everything about it is in its lists; nothing registers itself.
#[derive(Clone, Copy)]
pub struct Module {
    /// Also the prefix of its tables and of its error keys.
    pub name: &'static str,
    pub description: &'static str,
    pub permissions: &'static [Permission],
    pub routes: &'static [Route],
    pub migrations: &'static [Migration],
    /// Its tables whose rows a force's rules may hide.
    pub guarded: &'static [Guarded],
    pub jobs: &'static [JobKind],
    /// Done once over all servers of the house.
    pub reactions: &'static [Reaction],
    /// Done at each server, so that what the room keeps in memory there follows what another one did. Each reads anew and writes nothing; the newest fact of a kind
    /// will do.
    pub refreshes: &'static [Reaction],
    /// Every error key that its routes may answer; each has a translation in both languages.
    pub problems: &'static [&'static str],
    pub health: fn(App) -> BoxFuture<'static, Health>,
    /// Builds what the room keeps in memory, after migrations and before the first request. `App::put` makes it known.
    pub start: fn(App) -> BoxFuture<'static, Result<(), shouhu_bus::ReactionError>>,
}

impl Module {
    /// A room without anything, to be filled with `..Module::EMPTY`.
    pub const EMPTY: Self = Self {
        name: "",
        description: "",
        permissions: &[],
        routes: &[],
        migrations: &[],
        guarded: &[],
        jobs: &[],
        reactions: &[],
        refreshes: &[],
        problems: &[],
        health: |_| Box::pin(async { Health::good("") }),
        start: |_| Box::pin(async { Ok(()) }),
    };

    #[must_use]
    pub const fn schema(&self) -> ModuleMigrations {
        ModuleMigrations { module: self.name, migrations: self.migrations }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daily_turn_is_today_until_its_minute_has_come_and_then_tomorrow() {
        let midnight = Micros(20_000 * Micros::DAY);
        let half_past_seven_pm = 19 * Micros::HOUR + 30 * Micros::MINUTE;
        assert_eq!(next_daily(midnight, half_past_seven_pm), midnight.plus(half_past_seven_pm));
        let turn = midnight.plus(half_past_seven_pm);
        assert_eq!(next_daily(turn, half_past_seven_pm), turn.plus(Micros::DAY));
        assert_eq!(next_daily(midnight, 0), midnight.plus(Micros::DAY));
    }
}
