//! The server's one list of rooms, and how they are started together.

pub mod audit;
pub mod backup;
pub mod lake;
pub mod policy;
mod serve;

pub use serve::{Options, StartError, build, run};

use shouhu_module::Module;

/// Every room of this program. The order is the order of their migrations and starts: a room that answers another's
/// questions may stand after it, because questions are asked only when requests come.
pub static MODULES: &[Module] = &[
    shouhu_http::MODULE,
    shouhu_identity::MODULE,
    shouhu_signals::MODULE,
    shouhu_sso::MODULE,
    shouhu_operations::MODULE,
    shouhu_oversight::MODULE,
    shouhu_cameras::MODULE,
    shouhu_sightings::MODULE,
    shouhu_watchlists::MODULE,
    shouhu_dispatch::MODULE,
    shouhu_patrol::MODULE,
    shouhu_warnings::MODULE,
    shouhu_webhooks::MODULE,
    shouhu_positions::MODULE,
];

/// Jobs that destroy or end what its time is over for: they wait while the clock is doubted.
pub const DESTROYING: &[&str] = &[
    "http.forget_idempotency",
    "identity.purge",
    "oversight.forget_movements",
    "oversight.retention",
    "signals.purge",
    "sso.purge",
    "sightings.export_expire",
    "sightings.purge",
    "watchlists.sweep",
    "dispatch.purge",
    "dispatch.purge_photos",
    "patrol.purge",
    "positions.purge",
];
