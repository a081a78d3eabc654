//! One key per class and day, apart from what they lock; and the few keys that are for good.
//!
//! Each key lies in a file of its own, wrapped by the master key and bound to its name, so that a key file that was put in
//! another's place does not open. Servers of one house share the folder and start, make and destroy when they like.
//!
//! **Invariant:** a key that was destroyed by whichever server opens and seals nothing any more, at any other: what is used is what the folder has now, not what
//! somebody remembers. A key that a day gets afterwards is another one.
//! **Invariant:** of all servers that want a key which is not there one makes it, and nobody uses it before it is durable.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use shouhu_env::{DiskError, Env};

const NONCE_BYTES: usize = 24;
const KEY_BYTES: usize = 32;
const DERIVED: &[u8] = b"shouhu derived key 1\n";
pub type Key = [u8; KEY_BYTES];
/// So often a key may come and go between being missed, made and read.
const TRIES: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("key file {path:?} is damaged: {detail}")]
    Damaged { path: PathBuf, detail: String },
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// The folder of keys, cheap to clone.
#[derive(Clone)]
pub struct Keys {
    env: Env,
    folder: PathBuf,
    master: Arc<Key>,
    /// Key files, still wrapped, that were durable when they were last looked at.
    settled: Arc<Mutex<HashMap<PathBuf, Vec<u8>>>>,
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

/// The master key of a house that has none.
fn first_master(env: &Env, path: &Path) -> Result<Key, KeyError> {
    let fresh = env.random.bytes32();
    match env.disk.create_durably(path, &fresh) {
        Ok(()) => Ok(fresh),
        // Another server that started at the same moment was first, and its key is the house's.
        Err(DiskError::Exists { .. }) => {
            env.disk.settle(path)?;
            key_of(&env.disk.read(path)?, path)
        }
        Err(error) => Err(error.into()),
    }
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
            Err(DiskError::Missing { .. }) => first_master(&env, &path)?,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { env, folder: folder.to_owned(), master: Arc::new(master), settled: Arc::default() })
    }

    fn day_path(&self, class: &str, day: i64) -> PathBuf {
        self.folder.join(class).join(format!("{day}.key"))
    }

    /// The key of a file, if there is one, and how it lies there.
    fn read(&self, path: &Path, name: &str) -> Result<Option<(Key, Vec<u8>)>, KeyError> {
        let wrapped = match self.env.disk.read(path) {
            Err(DiskError::Missing { .. }) => return Ok(None),
            other => other?,
        };
        let damaged = || KeyError::Damaged { path: path.to_owned(), detail: "does not open with the master key".into() };
        let plain = open_sealed(&self.master, name, &wrapped).ok_or_else(damaged)?;
        Ok(Some((key_of(&plain, path)?, wrapped)))
    }

    fn settled(&self) -> MutexGuard<'_, HashMap<PathBuf, Vec<u8>>> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key of a file to seal with. Whoever made it may not have come as far as syncing its folder: what is sealed must not outlive its key.
    fn read_settled(&self, path: &Path, name: &str) -> Result<Option<Key>, KeyError> {
        let Some((key, wrapped)) = self.read(path, name)? else { return Ok(None) };
        if self.settled().get(path) != Some(&wrapped) {
            self.env.disk.settle(path)?;
            self.settled().insert(path.to_owned(), wrapped);
        }
        Ok(Some(key))
    }

    /// The key of a file, which is made when it is not there, by one server of those that want it.
    fn read_or_make(&self, path: &Path, name: &str) -> Result<Key, KeyError> {
        for _ in 0..TRIES {
            if let Some(key) = self.read_settled(path, name)? {
                return Ok(key);
            }
            let fresh = self.env.random.bytes32();
            match self.env.disk.create_durably(path, &seal(&self.env, &self.master, name, &fresh)) {
                Ok(()) => return Ok(fresh),
                Err(DiskError::Exists { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(KeyError::Damaged { path: path.to_owned(), detail: "it was made and destroyed again and again while it was wanted".into() })
    }

    fn day_name(class: &str, day: i64) -> String {
        format!("key {class} {day}")
    }

    /// The key of a class (a plain folder name) and day since 1970; `None` when it was destroyed, by whichever server, or never made.
    ///
    /// # Errors
    /// When its file is damaged or cannot be read.
    pub fn of_day(&self, class: &str, day: i64) -> Result<Option<Key>, KeyError> {
        let found = self.read(&self.day_path(class, day), &Self::day_name(class, day))?;
        Ok(found.map(|(key, _)| key))
    }

    /// The key of a class and day, made and synced when there is none. Where it was destroyed that is a new one, which opens nothing of before.
    ///
    /// # Errors
    /// When its file is damaged, or cannot be read or written.
    pub fn of_day_or_new(&self, class: &str, day: i64) -> Result<Key, KeyError> {
        self.read_or_make(&self.day_path(class, day), &Self::day_name(class, day))
    }

    /// A key that is for good, made and synced on first use: `keys/<name>.key`.
    ///
    /// # Errors
    /// As `of_day_or_new`.
    pub fn lasting(&self, name: &str) -> Result<Key, KeyError> {
        self.read_or_make(&self.folder.join(format!("{name}.key")), &format!("lasting key {name}"))
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
        let path = self.day_path(class, day);
        self.settled().remove(&path);
        let begins = format!("{day}.");
        for beside in self.env.disk.list(&self.folder.join(class))? {
            let name = beside.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            // A server that died while it made the key may have left it under a second name.
            if name.starts_with(&begins) && name.ends_with(".part") {
                self.env.disk.remove(&beside)?;
            }
        }
        // Last: where it is gone nothing is left of it.
        Ok(self.env.disk.remove(&path)?)
    }
}

#[cfg(test)]
mod tests {
    use shouhu_env::{Disk, SimDisk};
    use shouhu_ids::Micros;

    use super::*;

    type Act = Box<dyn FnOnce() + Send>;

    /// A shared folder in which other servers act at the worst moment: right after this one has missed a file.
    #[derive(Default)]
    struct Shared {
        files: Arc<SimDisk>,
        acts: Mutex<Vec<Act>>,
    }

    impl Shared {
        /// What the others do, at one miss after the other.
        fn then(&self, acts: Vec<Act>) {
            *self.acts.lock().unwrap_or_else(PoisonError::into_inner) = acts.into_iter().rev().collect();
        }

        /// Another server, which nobody disturbs.
        fn other(&self, seed: u64) -> Env {
            Env { disk: self.files.clone(), ..Env::simulated(seed, Micros(0)) }
        }
    }

    impl Disk for Shared {
        fn read(&self, path: &Path) -> Result<Vec<u8>, DiskError> {
            let found = self.files.read(path);
            if found.is_err() {
                let act = self.acts.lock().unwrap_or_else(PoisonError::into_inner).pop();
                act.into_iter().for_each(|act| act());
            }
            found
        }

        fn write_durably(&self, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
            self.files.write_durably(path, bytes)
        }

        fn create_durably(&self, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
            self.files.create_durably(path, bytes)
        }

        fn settle(&self, path: &Path) -> Result<(), DiskError> {
            self.files.settle(path)
        }

        fn remove(&self, path: &Path) -> Result<(), DiskError> {
            self.files.remove(path)
        }

        fn exists(&self, path: &Path) -> bool {
            self.files.exists(path)
        }

        fn list(&self, folder: &Path) -> Result<Vec<PathBuf>, DiskError> {
            self.files.list(folder)
        }
    }

    /// A folder, and a server that is disturbed by others.
    fn shared() -> (Arc<Shared>, Env) {
        let shared = Arc::new(Shared::default());
        let env = Env { disk: shared.clone(), ..Env::simulated(1, Micros(0)) };
        (shared, env)
    }

    fn folder() -> &'static Path {
        Path::new("/keys")
    }

    #[test]
    fn two_servers_that_make_the_first_key_of_a_day_at_once_have_the_same_one() -> Result<(), KeyError> {
        let (shared, env) = shared();
        let ours = Keys::open(env, folder())?;
        let others = Keys::open(shared.other(2), folder())?;
        let theirs: Arc<Mutex<Vec<Key>>> = Arc::default();
        let make = |of_day: bool| -> Act {
            let (others, theirs) = (others.clone(), theirs.clone());
            Box::new(move || {
                let made = if of_day { others.of_day_or_new("sighting", 7) } else { others.lasting("log") };
                theirs.lock().unwrap_or_else(PoisonError::into_inner).push(made.unwrap_or_else(|e| panic!("{e}")));
            })
        };
        shared.then(vec![make(true)]);
        let of_day = ours.of_day_or_new("sighting", 7)?;
        shared.then(vec![make(false)]);
        let lasting = ours.lasting("log")?;
        assert_eq!(*theirs.lock().unwrap_or_else(PoisonError::into_inner), [of_day, lasting]);
        // What each has sealed opens at the other, also after a start.
        let again = Keys::open(shared.other(3), folder())?;
        assert_eq!((again.of_day("sighting", 7)?, again.lasting("log")?), (Some(of_day), lasting));
        Ok(())
    }

    #[test]
    fn two_servers_that_make_the_master_key_at_once_are_one_house() -> Result<(), KeyError> {
        let (shared, env) = shared();
        let other = shared.other(2);
        let start: Act = Box::new(move || {
            let made = Keys::open(other, folder()).and_then(|keys| keys.lasting("log"));
            assert!(made.is_ok(), "{made:?}");
        });
        shared.then(vec![start]);
        let ours = Keys::open(env, folder())?;
        assert_eq!(ours.lasting("log")?, Keys::open(shared.other(3), folder())?.lasting("log")?, "what the other has wrapped opens here");
        Ok(())
    }

    #[test]
    fn a_day_that_one_server_destroyed_neither_opens_nor_seals_at_another_that_had_its_key() -> Result<(), KeyError> {
        let (shared, env) = shared();
        let ours = Keys::open(env, folder())?;
        let (others, third) = (Keys::open(shared.other(2), folder())?, Keys::open(shared.other(3), folder())?);
        let destroyed = ours.of_day_or_new("kept", 7)?;
        assert_eq!((others.of_day("kept", 7)?, third.of_day_or_new("kept", 7)?), (Some(destroyed), destroyed));
        others.destroy_day("kept", 7)?;
        assert_eq!(ours.of_day("kept", 7)?, None);
        let next = ours.of_day_or_new("kept", 7)?;
        assert_ne!(next, destroyed, "what is sealed now must not be lost with what was");
        // Here the file is there again before anybody asks, and it is another key's.
        assert_eq!((third.of_day("kept", 7)?, third.of_day_or_new("kept", 7)?), (Some(next), next));
        Ok(())
    }

    #[test]
    fn a_key_that_is_destroyed_while_it_is_taken_over_is_made_anew() -> Result<(), KeyError> {
        let (shared, env) = shared();
        let (ours, others) = (Keys::open(env, folder())?, Keys::open(shared.other(2), folder())?);
        let once = |act: fn(&Keys) -> Result<(), KeyError>| -> Act {
            let others = others.clone();
            Box::new(move || act(&others).unwrap_or_else(|e| panic!("{e}")))
        };
        shared.then(vec![once(|keys| {
            keys.of_day_or_new("kept", 7)?;
            keys.destroy_day("kept", 7)
        })]);
        let made = ours.of_day_or_new("kept", 7)?;
        assert_eq!(others.of_day("kept", 7)?, Some(made));
        Ok(())
    }

    #[test]
    fn a_second_name_that_a_crash_left_goes_with_the_key() -> Result<(), KeyError> {
        let (shared, env) = shared();
        let keys = Keys::open(env, folder())?;
        let (made, _) = (keys.of_day_or_new("kept", 7)?, keys.of_day_or_new("kept", 70)?);
        let wrapped = shared.files.read(&folder().join("kept/7.key"))?;
        shared.files.write_durably(&folder().join("kept/7.00ff00ff00ff00ff.part"), &wrapped)?;
        keys.destroy_day("kept", 7)?;
        assert_eq!(shared.files.list(&folder().join("kept"))?, [folder().join("kept/70.key")]);
        assert_ne!(keys.of_day("kept", 70)?, Some(made));
        Ok(())
    }

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
