//! The sighting lake as a service of the house: `shouhu_lake` with a catalogue in the operations database, segments in a
//! folder or a bucket, and somebody who flushes, compacts, refreshes and removes.
//!
//! Several servers may share one lake: each is a **node** with a write-ahead log on its own disk; segments and catalogue are
//! everybody's. A passage is seen by the other nodes when the node that took it in has published it; until then their
//! answers say that they are behind, and since when.
//!
//! **Invariant:** `append` returns only after the batch is synced to this node's disk.
//! **Invariant:** a file is removed only after the catalogue has forgotten it, no question of this node reads it, and the
//! other nodes have had [`LakehouseConfig::grace_ms`] to forget it too.
//! **Invariant:** nothing here blocks a thread that answers requests: the lake's work runs on threads for blocking work.

mod bridge;
mod catalogue;
mod config;
mod error;
mod forgotten;
mod health;
mod keeper;
mod lakehouse;
mod objects;
mod read_only;
mod snapshot;
mod sources;
mod sources_file;

pub use catalogue::{Dropped, Pulse, SqlCatalogue};
pub use config::{LakePlace, LakehouseConfig, Opening};
pub use error::LakehouseError;
pub use forgotten::{FORGOTTEN_KEPT_US, ForgetKey, Forgotten, Target, forgotten_in};
pub use health::{Figures, LakehouseHealth};
pub use lakehouse::{Appended, Fate, Lakehouse, SEEN_SOURCES, files_of};
pub use objects::ObjectFiles;
pub use snapshot::{Listed, listed_at, listed_in};
pub use sources::{Register, SourceKey, SourceRecord};

/// What domains need of the engine, so that they name one crate.
pub use shouhu_lake as lake;
pub use shouhu_lake::lake::{Certificate, GoneFile, GoneSegment, OnDamage};

use shouhu_store::{Migration, ModuleMigrations};

pub const MIGRATIONS: ModuleMigrations = ModuleMigrations {
    module: "lakehouse",
    migrations: &[
        Migration { name: "0001_init", sql: include_str!("../migrations/0001_init.sql") },
        Migration { name: "0002_forgotten", sql: include_str!("../migrations/0002_forgotten.sql") },
    ],
};
