//! A house as a backup sees it, beside the server that runs in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use shouhu_blobs::{KeyError, Keys};
use shouhu_env::Env;
use shouhu_files::Files;
use shouhu_lakehouse::ForgetKey;
use shouhu_store::{ModuleMigrations, Store};
use shouhu_tlog::Signer;

use crate::BackupError;
use crate::manifest::SIGNER;

/// Name of the key that signs backups, among the house's keys.
const KEY: &str = "backup";
const FORGET_KEY: &str = "forgotten";

/// Where everything is. Cheap to clone.
#[derive(Clone)]
pub struct House {
    pub env: Env,
    pub store: Store,
    /// What makes the tables of a copy, where the database is no SQLite.
    pub schemas: Vec<ModuleMigrations>,
    /// Rows of such a database that were copied so far, for whoever waits.
    pub rows_copied: Arc<AtomicU64>,
    /// Segments: a folder or a bucket.
    pub lake: Arc<dyn Files>,
    /// Folder of this node's log.
    pub node_home: PathBuf,
    pub node: String,
    /// Everything else that is kept.
    pub data: PathBuf,
    pub keys: Keys,
    pub keys_folder: PathBuf,
}

/// The key under which a house signs its backups; made on first use.
///
/// # Errors
/// When it cannot be read or written.
pub fn signer(keys: &Keys) -> Result<Signer, BackupError> {
    Ok(Signer::new(SIGNER, &keys.lasting(KEY)?)?)
}

/// The key under which the list of what was forgotten names plates; made on first use.
///
/// # Errors
/// When it cannot be read or written.
pub fn forget_key(keys: &Keys) -> Result<ForgetKey, KeyError> {
    Ok(ForgetKey(keys.lasting(FORGET_KEY)?))
}

/// Runs work on a thread for blocking work.
pub(crate) async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Day keys of a folder of keys, as `<class>/<day>`.
pub(crate) fn day_keys<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let own = |name: &'a str| name.strip_suffix(".key").filter(|own| own.contains('/')).map(str::to_owned);
    names.filter_map(own).collect()
}

/// Removes a folder of ours and all in it; one that is not there is no error.
pub(crate) fn remove_folder(folder: &Path) -> Result<(), BackupError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(BackupError::io("remove", folder, &error)),
        _ => Ok(()),
    }
}

pub(crate) fn make_folder(folder: &Path) -> Result<(), BackupError> {
    std::fs::create_dir_all(folder).map_err(|error| BackupError::io("make", folder, &error))
}
