//! One key per class and day, apart from what they lock; and the few keys that are for good.
//!
//! Each key lies in a file of its own, wrapped by the master key and bound to its name, so that a key file that was put in
//! another's place does not open.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use shouhu_env::{DiskError, Env};

const NONCE_BYTES: usize = 24;
const KEY_BYTES: usize = 32;
const DERIVED: &[u8] = b"shouhu derived key 1\n";
pub type Key = [u8; KEY_BYTES];

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("key file {path:?} is damaged: {detail}")]
    Damaged { path: PathBuf, detail: String },
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// The folder of keys, cheap to clone; clones share what is open.
#[derive(Clone)]
pub struct Keys {
    env: Env,
    folder: PathBuf,
    master: Arc<Key>,
    open: Arc<Mutex<HashMap<(String, i64), Key>>>,
}

/// 24-byte nonce, then XChaCha20-Poly1305 ciphertext with tag; `name` is authenticated with it.
#[must_use]
pub fn seal(env: &Env, key: &Key, name: &str, plain: &[u8]) -> Vec<u8> {
    let mut nonce = [0; NONCE_BYTES];
    env.random.fill(&mut nonce);
    let cipher = XChaCha20Poly1305::new(key.into());
    let sealed = cipher.encrypt(XNonce::from_slice(&nonce), Payload { msg: plain, aad: name.as_bytes() });
    // Encryption fails only beyond 256 GiB, which no caller can hold in memory; an empty body then fails to open.
    [nonce.to_vec(), sealed.unwrap_or_default()].concat()
}

/// What [`seal`] sealed; `None` when key, name or bytes are not the ones it was sealed with.
#[must_use]
pub fn open_sealed(key: &Key, name: &str, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, body) = sealed.split_at_checked(NONCE_BYTES)?;
    XChaCha20Poly1305::new(key.into()).decrypt(XNonce::from_slice(nonce), Payload { msg: body, aad: name.as_bytes() }).ok()
}

fn key_of(bytes: &[u8], path: &Path) -> Result<Key, KeyError> {
    bytes
        .try_into()
        .map_err(|_| KeyError::Damaged { path: path.to_owned(), detail: format!("{} bytes instead of {KEY_BYTES}", bytes.len()) })
}

impl Keys {
    /// The master key is made on the first start.
    ///
    /// # Errors
    /// When the master key cannot be read or written.
    pub fn open(env: Env, folder: &Path) -> Result<Self, KeyError> {
        let path = folder.join("master.key");
        let master = match env.disk.read(&path) {
            Ok(bytes) => key_of(&bytes, &path)?,
            Err(DiskError::Missing { .. }) => {
                let fresh = env.random.bytes32();
                env.disk.write_durably(&path, &fresh)?;
                fresh
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Self { env, folder: folder.to_owned(), master: Arc::new(master), open: Arc::default() })
    }

    fn day_path(&self, class: &str, day: i64) -> PathBuf {
        self.folder.join(class).join(format!("{day}.key"))
    }

    /// The wrapped key of a file, if there is one.
    fn read(&self, path: &Path, name: &str) -> Result<Option<Key>, KeyError> {
        let wrapped = match self.env.disk.read(path) {
            Err(DiskError::Missing { .. }) => return Ok(None),
            other => other?,
        };
        let damaged = || KeyError::Damaged { path: path.to_owned(), detail: "does not open with the master key".into() };
        let plain = open_sealed(&self.master, name, &wrapped).ok_or_else(damaged)?;
        key_of(&plain, path).map(Some)
    }

    fn make(&self, path: &Path, name: &str) -> Result<Key, KeyError> {
        let fresh = self.env.random.bytes32();
        self.env.disk.write_durably(path, &seal(&self.env, &self.master, name, &fresh))?;
        Ok(fresh)
    }

    fn day_key(&self, class: &str, day: i64, may_create: bool) -> Result<Option<Key>, KeyError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let held = (class.to_owned(), day);
        if let Some(key) = open.get(&held) {
            return Ok(Some(*key));
        }
        let (path, name) = (self.day_path(class, day), format!("key {class} {day}"));
        let key = match self.read(&path, &name)? {
            Some(key) => key,
            None if may_create => self.make(&path, &name)?,
            None => return Ok(None),
        };
        open.insert(held, key);
        Ok(Some(key))
    }

    /// The key of a class (a plain folder name) and day since 1970; `None` when it was destroyed or never made.
    ///
    /// # Errors
    /// When its file is damaged or cannot be read.
    pub fn of_day(&self, class: &str, day: i64) -> Result<Option<Key>, KeyError> {
        self.day_key(class, day, false)
    }

    /// The key of a class and day, made and synced when there is none.
    ///
    /// # Errors
    /// When its file is damaged, or cannot be read or written.
    pub fn of_day_or_new(&self, class: &str, day: i64) -> Result<Key, KeyError> {
        let path = self.day_path(class, day);
        let damaged = || KeyError::Damaged { path, detail: "was not made".into() };
        self.day_key(class, day, true)?.ok_or_else(damaged)
    }

    /// A key that is for good, made and synced on first use: `keys/<name>.key`.
    ///
    /// # Errors
    /// As `of_day_or_new`.
    pub fn lasting(&self, name: &str) -> Result<Key, KeyError> {
        let path = self.folder.join(format!("{name}.key"));
        let bound = format!("lasting key {name}");
        match self.read(&path, &bound)? {
            Some(key) => Ok(key),
            None => self.make(&path, &bound),
        }
    }

    /// A key that follows from the master key and a name. It lies in no file, so that servers that share the folder and start at once have the same one; for what lasts
    /// minutes, because it cannot be destroyed by itself.
    #[must_use]
    pub fn derived(&self, name: &str) -> Key {
        let once = Sha256::digest([DERIVED, self.master.as_slice(), name.as_bytes()].concat());
        // Hashed again: from one hash whoever has the key of a name could go on to that of a longer one.
        Sha256::digest(once).into()
    }

    fn note_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.txt"))
    }

    /// A text that is kept beside the keys because it must not be lost together with the data; not secret.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn note(&self, name: &str) -> Result<Option<String>, KeyError> {
        let path = self.note_path(name);
        match self.env.disk.read(&path) {
            Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|e| KeyError::Damaged { path, detail: e.to_string() }),
            Err(DiskError::Missing { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Durable when it returns; in the place of the one before.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn keep_note(&self, name: &str, text: &str) -> Result<(), KeyError> {
        Ok(self.env.disk.write_durably(&self.note_path(name), text.as_bytes())?)
    }

    /// Removes the key of a class and day: from now on nothing that it locked can be read, in any copy.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn destroy_day(&self, class: &str, day: i64) -> Result<(), KeyError> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&(class.to_owned(), day));
        Ok(self.env.disk.remove(&self.day_path(class, day))?)
    }
}

#[cfg(test)]
mod tests {
    use shouhu_ids::Micros;

    use super::*;

    #[test]
    fn a_lasting_key_stays_and_does_not_open_under_another_name() -> Result<(), KeyError> {
        let env = Env::simulated(7, Micros(0));
        let keys = Keys::open(env.clone(), Path::new("/keys"))?;
        let made = keys.lasting("log")?;
        assert_eq!(Keys::open(env.clone(), Path::new("/keys"))?.lasting("log")?, made);
        env.disk.write_durably(Path::new("/keys/other.key"), &env.disk.read(Path::new("/keys/log.key"))?)?;
        assert!(matches!(keys.lasting("other"), Err(KeyError::Damaged { .. })));
        Ok(())
    }

    #[test]
    fn a_derived_key_is_the_same_for_everybody_with_the_folder_and_another_for_each_name_and_house() -> Result<(), KeyError> {
        let env = Env::simulated(7, Micros(0));
        let (one, other) = (Keys::open(env.clone(), Path::new("/keys"))?, Keys::open(env.clone(), Path::new("/keys"))?);
        assert_eq!(one.derived("nonces"), other.derived("nonces"));
        assert_ne!(one.derived("nonces"), one.derived("challenges"));
        assert_ne!(one.derived("nonces"), Keys::open(env, Path::new("/keys of another house"))?.derived("nonces"));
        assert_ne!(one.derived("nonces"), *one.master);
        Ok(())
    }

    #[test]
    fn a_destroyed_day_is_gone_for_every_clone() -> Result<(), KeyError> {
        let keys = Keys::open(Env::simulated(7, Micros(0)), Path::new("/keys"))?;
        let clone = keys.clone();
        keys.of_day_or_new("audit", 3)?;
        assert!(clone.of_day("audit", 3)?.is_some());
        keys.destroy_day("audit", 3)?;
        assert_eq!(clone.of_day("audit", 3)?, None);
        Ok(())
    }
}
