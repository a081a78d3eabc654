//! Pictures and documents: content-addressed, encrypted at rest, keys apart.
//!
//! Each class of content has one key per day. A file can be read only with the key of its day and class, which lies in
//! another folder (another disk, if the operator wishes), wrapped by the master key. Destroying the key of a day destroys
//! every copy of its pictures, backups included.
//!
//! File: 24-byte nonce, then XChaCha20-Poly1305 ciphertext; the class, day and id are authenticated with it, so that a file
//! moved to another name does not open.
//!
//! **Invariant:** `put` returns only after the file and its key are synced.

mod keys;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sha2::{Digest, Sha256};
use shouhu_env::{DiskError, Env};

pub use keys::{Key, KeyError, Keys, open_sealed, seal};

/// What kind of content it is: retention and keys go by this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BlobClass {
    /// Crops and frames of sightings.
    Sighting,
    /// Crops and frames of sightings that are held beyond their retention.
    Kept,
    /// Files that people uploaded for import.
    Import,
    /// Replies and evidence of an assignment.
    Assignment,
    /// Answers that a person took out as a file; gone after a day.
    Export,
}

impl BlobClass {
    const ALL: [Self; 5] = [Self::Sighting, Self::Kept, Self::Import, Self::Assignment, Self::Export];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sighting => "sighting",
            Self::Kept => "kept",
            Self::Import => "import",
            Self::Assignment => "assignment",
            Self::Export => "export",
        }
    }
}

/// Where a blob lies: class, day (since 1970, UTC) and SHA-256 of its content, or of a name that its owner can compute. Text
/// form `sighting/20778/<64 hex>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BlobId {
    class: BlobClass,
    day: i64,
    hash: String,
}

impl BlobId {
    /// Of content that is found again by a name, so that nobody needs to remember where it lies.
    #[must_use]
    pub fn named(class: BlobClass, day: i64, name: &str) -> Self {
        Self { class, day, hash: hex::encode(Sha256::digest(name)) }
    }

    #[must_use]
    pub const fn day(&self) -> i64 {
        self.day
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.class.as_str(), self.day, self.hash)
    }
}

impl FromStr for BlobId {
    type Err = BlobError;

    fn from_str(text: &str) -> Result<Self, BlobError> {
        let refused = || BlobError::Id { text: text.chars().take(100).collect() };
        let mut parts = text.split('/');
        let (Some(class), Some(day), Some(hash), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(refused());
        };
        let class = BlobClass::ALL.into_iter().find(|c| c.as_str() == class).ok_or_else(refused)?;
        let is_hash = hash.len() == 64 && hash.chars().all(|ch| ch.is_ascii_digit() || ('a'..='f').contains(&ch));
        if !is_hash {
            return Err(refused());
        }
        Ok(Self { class, day: day.parse().map_err(|_| refused())?, hash: hash.to_owned() })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    #[error("blob id {text:?} is not class/day/sha256")]
    Id { text: String },
    #[error("blob {id} is gone: its key was destroyed or its file removed")]
    Gone { id: String },
    #[error("blob {id} was changed on disk: it does not open with its key")]
    Tampered { id: String },
    #[error("key file {path:?} is damaged: {detail}")]
    Key { path: PathBuf, detail: String },
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl From<KeyError> for BlobError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Damaged { path, detail } => Self::Key { path, detail },
            KeyError::Disk(error) => Self::Disk(error),
        }
    }
}

impl BlobError {
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Id { .. } | Self::Gone { .. } => "blobs.gone",
            Self::Tampered { .. } | Self::Key { .. } => "blobs.tampered",
            Self::Disk(DiskError::Full { .. }) => "store.disk_full",
            Self::Disk(_) => "blobs.disk",
        }
    }
}

/// The blob store, cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    env: Env,
    content: PathBuf,
    keys: Keys,
}

impl Blobs {
    /// `keys` must not lie inside `content`. The master key is made on the first start.
    ///
    /// # Errors
    /// When the master key cannot be read or written.
    pub fn open(env: Env, content: &Path, keys: &Path) -> Result<Self, BlobError> {
        let keys = Keys::open(env.clone(), keys)?;
        Ok(Self { env, content: content.to_owned(), keys })
    }

    /// The keys, which other stores share.
    #[must_use]
    pub const fn keys(&self) -> &Keys {
        &self.keys
    }

    fn file_path(&self, id: &BlobId) -> PathBuf {
        let shard = id.hash.get(..2).unwrap_or("00");
        self.content.join(id.class.as_str()).join(id.day.to_string()).join(shard).join(&id.hash)
    }

    fn put_now(&self, class: BlobClass, day: i64, content: &[u8]) -> Result<BlobId, BlobError> {
        let id = BlobId { class, day, hash: hex::encode(Sha256::digest(content)) };
        self.seal_into(&id, content)?;
        Ok(id)
    }

    fn seal_into(&self, id: &BlobId, content: &[u8]) -> Result<(), BlobError> {
        let path = self.file_path(id);
        if self.env.disk.exists(&path) {
            return Ok(());
        }
        let key = self.keys.of_day_or_new(id.class.as_str(), id.day)?;
        Ok(self.env.disk.write_durably(&path, &seal(&self.env, &key, &id.to_string(), content))?)
    }

    fn get_now(&self, id: &BlobId) -> Result<Vec<u8>, BlobError> {
        let gone = || BlobError::Gone { id: id.to_string() };
        let key = self.keys.of_day(id.class.as_str(), id.day)?.ok_or_else(gone)?;
        let sealed = match self.env.disk.read(&self.file_path(id)) {
            Err(DiskError::Missing { .. }) => return Err(gone()),
            other => other?,
        };
        open_sealed(&key, &id.to_string(), &sealed).ok_or_else(|| BlobError::Tampered { id: id.to_string() })
    }

    /// Keeps content under today's key; the same content of the same day and class is kept once.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn put(&self, class: BlobClass, content: Vec<u8>) -> Result<BlobId, BlobError> {
        let (blobs, day) = (self.clone(), self.env.now().day());
        off_thread(move || blobs.put_now(class, day, &content)).await
    }

    /// Keeps content under a name and the key of its day, which need not be today; the first content of a name stays.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn put_named(&self, id: &BlobId, content: Vec<u8>) -> Result<(), BlobError> {
        let (blobs, id) = (self.clone(), id.clone());
        off_thread(move || blobs.seal_into(&id, &content)).await
    }

    /// # Errors
    /// `Gone` when its key or file was destroyed, `Tampered` when it does not open.
    pub async fn get(&self, id: &BlobId) -> Result<Vec<u8>, BlobError> {
        let (blobs, id) = (self.clone(), id.clone());
        off_thread(move || blobs.get_now(&id)).await
    }

    /// Removes one file; its key stays until the day's is destroyed. A file that is gone already is no error.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn remove(&self, id: &BlobId) -> Result<(), BlobError> {
        let (blobs, id) = (self.clone(), id.clone());
        off_thread(move || Ok(blobs.env.disk.remove(&blobs.file_path(&id))?)).await
    }

    /// Destroys the key of a class and day: from now on nothing of it can be read, in any copy.
    ///
    /// # Errors
    /// When the key file cannot be removed.
    pub fn destroy_day(&self, class: BlobClass, day: i64) -> Result<(), BlobError> {
        self.keys.destroy_day(class.as_str(), day)?;
        for path in self.env.disk.list(&self.content.join(class.as_str()).join(day.to_string()))? {
            self.env.disk.remove(&path)?;
        }
        Ok(())
    }
}

/// Disk work must not hold up the threads that answer requests.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T, BlobError> + Send + 'static) -> Result<T, BlobError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use shouhu_ids::Micros;

    use super::*;

    fn blobs() -> (Env, Blobs) {
        let env = Env::simulated(7, Micros(20_000 * Micros::DAY));
        let blobs = Blobs::open(env.clone(), Path::new("/content"), Path::new("/keys")).unwrap_or_else(|e| panic!("{e}"));
        (env, blobs)
    }

    #[test]
    fn content_comes_back_and_lies_encrypted() -> Result<(), BlobError> {
        let (env, blobs) = blobs();
        let id = blobs.put_now(BlobClass::Sighting, 20_000, b"a plate in a picture")?;
        assert_eq!(id.to_string().parse::<BlobId>()?, id);
        assert_eq!(blobs.get_now(&id)?, b"a plate in a picture");
        for path in env.disk.list(Path::new("/content"))? {
            let on_disk = env.disk.read(&path)?;
            assert!(!on_disk.windows(7).any(|w| w == b"a plate"), "{path:?} holds plain text");
        }
        let reopened = Blobs::open(env, Path::new("/content"), Path::new("/keys"))?;
        assert_eq!(reopened.get_now(&id)?, b"a plate in a picture");
        Ok(())
    }

    #[test]
    fn without_its_days_key_a_restored_backup_is_noise() -> Result<(), BlobError> {
        let (env, blobs) = blobs();
        let id = blobs.put_now(BlobClass::Sighting, 20_000, b"x")?;
        let (path, backup) = (blobs.file_path(&id), env.disk.read(&blobs.file_path(&id))?);
        blobs.destroy_day(BlobClass::Sighting, 20_000)?;
        env.disk.write_durably(&path, &backup)?;
        assert_eq!(blobs.get_now(&id), Err(BlobError::Gone { id: id.to_string() }));
        Ok(())
    }

    #[test]
    fn a_changed_or_exchanged_file_does_not_open() -> Result<(), BlobError> {
        let (env, blobs) = blobs();
        let one = blobs.put_now(BlobClass::Sighting, 20_000, b"one")?;
        let two = blobs.put_now(BlobClass::Sighting, 20_000, b"two")?;
        env.disk.write_durably(&blobs.file_path(&one), &env.disk.read(&blobs.file_path(&two))?)?;
        assert_eq!(blobs.get_now(&one), Err(BlobError::Tampered { id: one.to_string() }));
        Ok(())
    }

    #[test]
    fn a_named_blob_is_found_by_its_name_and_its_first_content_stays() -> Result<(), BlobError> {
        let (_, blobs) = blobs();
        let id = BlobId::named(BlobClass::Kept, 19_000, "one crop");
        blobs.seal_into(&id, b"first")?;
        blobs.seal_into(&id, b"second")?;
        assert_eq!(blobs.get_now(&BlobId::named(BlobClass::Kept, 19_000, "one crop"))?, b"first");
        assert!(blobs.get_now(&BlobId::named(BlobClass::Kept, 19_000, "one frame")).is_err());
        Ok(())
    }

    #[test]
    fn an_id_cannot_name_a_path_outside() {
        for text in ["../../etc/passwd", "sighting/1/../../x", "sighting/x/00", "other/1/00", ""] {
            assert!(text.parse::<BlobId>().is_err(), "{text}");
        }
    }
}
