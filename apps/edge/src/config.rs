//! The data folder: who this device is, its key, and the lock that keeps a second agent out.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use serde::{Deserialize, Serialize};
use shouhu_wire::EnrolledDevice;

use crate::files;

/// Where everything of one agent lies.
#[derive(Debug, Clone)]
pub struct DataDir(PathBuf);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Such as `https://shouhu.example.gov.tw`, without a trailing slash.
    pub server: String,
    #[serde(flatten)]
    pub device: EnrolledDevice,
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{path} is not enrolled: run `shouhu-edge enrol --server … --token … --data {path}` first")]
    NotEnrolled { path: String },
    #[error("{path} cannot be read: {error}")]
    Read { path: String, error: io::Error },
    #[error("{path} cannot be written: {error}")]
    Write { path: String, error: io::Error },
    #[error("{path} is damaged ({reason}); enrol this device again with a new token")]
    Damaged { path: String, reason: String },
    #[error("another shouhu-edge runs on {path}; one data folder belongs to one agent")]
    InUse { path: String },
}

impl DataDir {
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn shown(&self) -> String {
        self.0.display().to_string()
    }

    /// Makes the folder and takes its lock until the result is dropped; the lock goes with the process, however it ends.
    ///
    /// # Errors
    /// When the folder cannot be made, or another agent has it.
    pub fn lock(&self) -> Result<File, ConfigError> {
        let failed = |error| ConfigError::Write { path: self.shown(), error };
        files::private_folder(&self.0).map_err(failed)?;
        let file = File::options().create(true).truncate(false).write(true).open(self.join("lock")).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => Err(ConfigError::InUse { path: self.shown() }),
            Err(fs::TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// # Errors
    /// When the device is not enrolled or the file is damaged.
    pub fn config(&self) -> Result<Config, ConfigError> {
        let path = self.join("config.json");
        let bytes = self.read(&path)?;
        serde_json::from_slice(&bytes)
            .map_err(|e| ConfigError::Damaged { path: path.display().to_string(), reason: e.to_string() })
    }

    /// # Errors
    /// When it cannot be written.
    pub fn save_config(&self, config: &Config) -> Result<(), ConfigError> {
        let path = self.join("config.json");
        let written =
            serde_json::to_vec_pretty(config).map_err(io::Error::other).and_then(|json| files::replace_with(&path, &json));
        written.map_err(|error| ConfigError::Write { path: path.display().to_string(), error })
    }

    /// # Errors
    /// When there is no key or it is damaged.
    pub fn key(&self) -> Result<SigningKey, ConfigError> {
        let path = self.join("device.key");
        let bytes = self.read(&path)?;
        let damaged = |reason: String| ConfigError::Damaged { path: path.display().to_string(), reason };
        let pem = std::str::from_utf8(&bytes).map_err(|e| damaged(e.to_string()))?;
        SigningKey::from_pkcs8_pem(pem).map_err(|e| damaged(e.to_string()))
    }

    /// Mode 0600, on disk before it is used.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save_key(&self, key: &SigningKey) -> Result<(), ConfigError> {
        let path = self.join("device.key");
        let written =
            key.to_pkcs8_pem(LineEnding::LF).map_err(io::Error::other).and_then(|pem| files::replace_with(&path, pem.as_bytes()));
        written.map_err(|error| ConfigError::Write { path: path.display().to_string(), error })
    }

    /// A private certificate authority of the server, where there is one.
    #[must_use]
    pub fn authority(&self) -> Option<Vec<u8>> {
        fs::read(self.join("ca.pem")).ok()
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, ConfigError> {
        fs::read(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => ConfigError::NotEnrolled { path: self.shown() },
            _ => ConfigError::Read { path: path.display().to_string(), error },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_for_its_owner_only_and_comes_back_the_same() {
        let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
        let data = DataDir::new(folder.path().join("edge"));
        let _lock = data.lock().unwrap_or_else(|e| panic!("{e}"));
        let key = SigningKey::from_bytes(&[9; 32]);
        data.save_key(&key).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(data.key().ok().map(|k| k.to_bytes()), Some([9; 32]));
        assert_eq!(fs::metadata(data.join("device.key")).map(|m| m.permissions().mode() & 0o777).ok(), Some(0o600));
        assert!(data.lock().is_err_and(|e| e.to_string().contains("another shouhu-edge runs")));
        assert!(data.config().is_err_and(|e| e.to_string().contains("is not enrolled")));
    }
}
