//! Object storage as a disk: S3 and what speaks like it.
//!
//! Objects are written whole or not at all, so a half-written segment cannot be seen by anybody. Each upload carries a
//! SHA-256 that the storage compares; what is read is compared with the lake's own checksums by whoever asked. Pages are
//! kept in memory in blocks, index files on this node's disk, both up to a number of bytes.
//!
//! Everything here blocks: it is called on threads for blocking work.

mod blocks;
mod copies;
mod writer;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, Checksum};
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};
use shouhu_files::{Append, Files, FilesError, ReadAt};

use crate::LakehouseError;
use crate::bridge::Bridge;
use blocks::{Blocks, RemoteFile};
use copies::Copies;
use writer::Upload;

/// A storage that answers nothing for so long is out of order: the caller must hear it rather than wait.
const RETRY_TIMEOUT: Duration = Duration::from_secs(20);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const RETRIES_MAX: usize = 5;
/// Index files are wanted at every start.
const COPIED_FOLDER: &str = "index/";

/// A bucket, or a part of one below a prefix.
pub struct ObjectFiles {
    remote: Remote,
    blocks: Arc<Blocks>,
    copies: Option<Copies>,
    /// Numbers the opened files in the cache of blocks.
    opened: AtomicU64,
    known: std::sync::Mutex<Known>,
}

/// Files that are open or were.
#[derive(Default)]
struct Known {
    /// Number and length of each: they never change.
    files: BTreeMap<String, (u64, u64)>,
    /// How often files were removed.
    removals: u64,
}

impl Known {
    fn keep_only(&mut self, is_wanted: &dyn Fn(&str) -> bool) {
        self.files.retain(|name, _| is_wanted(name));
        self.removals += 1;
    }
}

/// The storage with the prefix, cheap to clone.
#[derive(Clone)]
struct Remote {
    store: Arc<dyn ObjectStore>,
    prefix: String,
    bridge: Bridge,
}

impl Remote {
    fn path(&self, name: &str) -> Path {
        if self.prefix.is_empty() { Path::from(name) } else { Path::from(format!("{}/{name}", self.prefix)) }
    }

    fn name(&self, path: &Path) -> Option<String> {
        let path = path.as_ref();
        if self.prefix.is_empty() {
            return Some(path.to_owned());
        }
        path.strip_prefix(self.prefix.as_str())?.strip_prefix('/').map(ToOwned::to_owned)
    }
}

fn refused(act: &'static str, name: &str, error: &object_store::Error) -> FilesError {
    match error {
        object_store::Error::NotFound { .. } => FilesError::Missing { name: name.to_owned() },
        object_store::Error::AlreadyExists { .. } => FilesError::Exists { name: name.to_owned() },
        _ => FilesError::Failed { act, name: name.to_owned(), reason: error.to_string() },
    }
}

impl ObjectFiles {
    /// Reaches a bucket with what the `AWS_*` variables say, and `options` over them (`aws_endpoint`, `aws_region`, …).
    ///
    /// # Errors
    /// When an option is unknown or the settings do not make a client; the bucket itself is not asked yet.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn bucket(bucket: &str, prefix: &str, options: &[(String, String)]) -> Result<Self, LakehouseError> {
        let wrong = |error: object_store::Error| LakehouseError::Objects(error.to_string());
        let client = ClientOptions::new().with_timeout(REQUEST_TIMEOUT).with_connect_timeout(CONNECT_TIMEOUT);
        let mut builder = AmazonS3Builder::from_env()
            .with_client_options(client)
            .with_retry(RetryConfig { max_retries: RETRIES_MAX, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() })
            .with_checksum_algorithm(Checksum::SHA256)
            .with_bucket_name(bucket);
        let given = options.iter().find(|(key, _)| key == "aws_endpoint").map(|(_, value)| value.clone());
        let endpoint = given.or_else(|| builder.get_config_value(&AmazonS3ConfigKey::Endpoint));
        // Who writes http:// means it: a storage on the same machine.
        if endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")) {
            builder = builder.with_allow_http(true);
        }
        for (key, value) in options {
            builder = builder.with_config(key.parse::<AmazonS3ConfigKey>().map_err(wrong)?, value);
        }
        Ok(Self::over(Arc::new(builder.build().map_err(wrong)?), prefix))
    }

    /// # Panics
    /// Outside a runtime.
    #[must_use]
    pub fn over(store: Arc<dyn ObjectStore>, prefix: &str) -> Self {
        Self {
            remote: Remote { store, prefix: prefix.trim_matches('/').to_owned(), bridge: Bridge::here() },
            blocks: Arc::new(Blocks::new(0)),
            copies: None,
            opened: AtomicU64::new(0),
            known: std::sync::Mutex::default(),
        }
    }

    /// Keeps blocks of files in memory.
    #[must_use]
    pub fn with_blocks(mut self, bytes_max: u64) -> Self {
        self.blocks = Arc::new(Blocks::new(bytes_max));
        self
    }

    /// Keeps copies of index files on a local disk.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn with_copies(mut self, local: Arc<dyn Files>, bytes_max: u64) -> Result<Self, FilesError> {
        self.copies = Some(Copies::open(local, bytes_max)?);
        Ok(self)
    }

    /// Lets go of what is kept here of files that other nodes removed: an erased passage must not outlive its file in a copy.
    pub fn keep_only(&self, is_wanted: &dyn Fn(&str) -> bool) {
        self.known().keep_only(is_wanted);
        if let Some(copies) = &self.copies {
            copies.keep_only(is_wanted);
        }
    }

    fn fetch(&self, name: &str) -> Result<Bytes, FilesError> {
        let path = self.remote.path(name);
        let got = self.remote.bridge.wait(async { self.remote.store.get(&path).await?.bytes().await });
        got.map_err(|error| refused("read", name, &error))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn forget(&self, name: &str) {
        self.known().keep_only(&|known| known != name);
        if let Some(copies) = &self.copies {
            copies.remove(name);
        }
    }
}

impl Files for ObjectFiles {
    fn create(&self, name: &str) -> Result<Box<dyn Append>, FilesError> {
        let path = self.remote.path(name);
        match self.remote.bridge.wait(self.remote.store.head(&path)) {
            Ok(_) => Err(FilesError::Exists { name: name.to_owned() }),
            Err(object_store::Error::NotFound { .. }) => Ok(Box::new(Upload::new(self.remote.clone(), name))),
            Err(error) => Err(refused("create", name, &error)),
        }
    }

    fn open(&self, name: &str) -> Result<Arc<dyn ReadAt>, FilesError> {
        if let Some(copies) = self.copies.as_ref().filter(|_| name.starts_with(COPIED_FOLDER)) {
            let bytes = match copies.read(name) {
                Some(bytes) => bytes,
                None => {
                    let removals = copies.removals();
                    let fetched = self.fetch(name)?;
                    copies.keep(name, &fetched, removals);
                    fetched
                }
            };
            return Ok(Arc::new(Whole { name: name.to_owned(), bytes }));
        }
        let (known, removals) = {
            let known = self.known();
            (known.files.get(name).copied(), known.removals)
        };
        let (number, len) = match known {
            Some(known) => known,
            None => {
                let path = self.remote.path(name);
                let head = self.remote.bridge.wait(self.remote.store.head(&path)).map_err(|e| refused("open", name, &e))?;
                let fresh = (self.opened.fetch_add(1, Ordering::Relaxed), head.size);
                let mut known = self.known();
                // If some file was removed meanwhile it may have been this one: then the next open asks again.
                if known.removals == removals {
                    known.files.insert(name.to_owned(), fresh);
                }
                fresh
            }
        };
        Ok(Arc::new(RemoteFile::new(self.remote.clone(), Arc::clone(&self.blocks), name, number, len)))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), FilesError> {
        let path = self.remote.path(name);
        let payload = PutPayload::from_bytes(Bytes::copy_from_slice(bytes));
        let put = self.remote.bridge.wait(self.remote.store.put(&path, payload));
        // What was there under this name may have another length.
        self.forget(name);
        put.map(drop).map_err(|error| refused("write", name, &error))
    }

    fn remove(&self, name: &str) -> Result<(), FilesError> {
        let path = self.remote.path(name);
        let deleted = self.remote.bridge.wait(self.remote.store.delete(&path));
        // Afterwards: who opened it while it was still there must not keep what it got.
        self.forget(name);
        match deleted {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(refused("remove", name, &error)),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, FilesError> {
        let folder = folder.trim_end_matches('/');
        let below = match (folder.is_empty(), self.remote.prefix.is_empty()) {
            (true, true) => None,
            (true, false) => Some(Path::from(self.remote.prefix.as_str())),
            (false, _) => Some(self.remote.path(folder)),
        };
        let listed = self.remote.bridge.wait(async {
            self.remote.store.list(below.as_ref()).map_ok(|meta| meta.location).try_collect::<Vec<Path>>().await
        });
        let listed = listed.map_err(|error| refused("list", folder, &error))?;
        let mut names: Vec<String> = listed.iter().filter_map(|path| self.remote.name(path)).collect();
        names.sort();
        Ok(names)
    }
}

/// A file that is wholly in memory.
struct Whole {
    name: String,
    bytes: Bytes,
}

impl ReadAt for Whole {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<(), FilesError> {
        let until = offset.saturating_add(bytes.len() as u64);
        let range = usize::try_from(offset).unwrap_or(usize::MAX)..usize::try_from(until).unwrap_or(usize::MAX);
        let short = || FilesError::Short { name: self.name.clone(), len: self.len(), offset, until };
        bytes.copy_from_slice(self.bytes.get(range).ok_or_else(short)?);
        Ok(())
    }
}
