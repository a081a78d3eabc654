//! The keys of a house in one sealed file, which is kept apart from its backups.
//!
//! `SHOUHUK1`, memory (KiB), passes and lanes of Argon2id as u32 LE, 16 bytes of salt; then what [`shouhu_blobs::seal`] makes of a
//! JSON object of name and hexadecimal content. What stands before is authenticated with it.
//!
//! A data backup without this file opens no picture and no log entry; this file without a backup opens nothing.

use std::collections::BTreeMap;

use argon2::{Algorithm, Argon2, Params, Version};
use shouhu_blobs::{open_sealed, seal};
use shouhu_env::Env;
use shouhu_files::Files;

use crate::BackupError;

const MAGIC: &[u8; 8] = b"SHOUHUK1";
const SALT_BYTES: usize = 16;
const HEAD_BYTES: usize = MAGIC.len() + 12 + SALT_BYTES;
/// RFC 9106 §4, second recommendation: 64 MiB, three passes, four lanes.
const MEMORY_KIB: u32 = 64 << 10;
const PASSES: u32 = 3;
const LANES: u32 = 4;
/// A forged head must not make us work for days.
const MEMORY_KIB_MAX: u32 = 1 << 20;
const PASSES_MAX: u32 = 16;
const LANES_MAX: u32 = 16;
pub const PASSPHRASE_CHARS_MIN: usize = 12;
/// Ten years of days of every class.
pub const KEY_FILES_MAX: usize = 100_000;

/// Name below the folder of keys, and content.
pub type KeyFiles = BTreeMap<String, Vec<u8>>;

fn key_of(passphrase: &str, head: &[u8]) -> Result<[u8; 32], BackupError> {
    let number = |at: usize| head.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes));
    let (memory, passes, lanes) = (number(8), number(12), number(16));
    if memory > MEMORY_KIB_MAX || passes > PASSES_MAX || lanes > LANES_MAX {
        return Err(BackupError::malformed("file of keys", "it asks for more work than any file of ours"));
    }
    let wrong = |e: argon2::Error| BackupError::malformed("file of keys", e);
    let params = Params::new(memory, passes, lanes, Some(32)).map_err(wrong)?;
    let mut key = [0; 32];
    let salt = head.get(HEAD_BYTES - SALT_BYTES..HEAD_BYTES).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(passphrase.as_bytes(), salt, &mut key).map_err(wrong)?;
    Ok(key)
}

/// Every key file of a folder.
///
/// # Errors
/// When it cannot be read.
pub fn collect(folder: &dyn Files) -> Result<KeyFiles, BackupError> {
    let mut all = KeyFiles::new();
    for name in folder.list("")?.into_iter().filter(|name| name.ends_with(".key") || name.ends_with(".txt")) {
        match folder.read(&name) {
            Ok(bytes) => {
                all.insert(name, bytes);
            }
            // Destroyed by law while the others were read.
            Err(shouhu_files::FilesError::Missing { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(all)
}

/// # Errors
/// When the passphrase is too short.
pub fn sealed(env: &Env, keys: &KeyFiles, passphrase: &str) -> Result<Vec<u8>, BackupError> {
    if passphrase.chars().count() < PASSPHRASE_CHARS_MIN {
        return Err(BackupError::PassphraseShort { min: PASSPHRASE_CHARS_MIN });
    }
    let mut head = Vec::with_capacity(HEAD_BYTES);
    head.extend_from_slice(MAGIC);
    for number in [MEMORY_KIB, PASSES, LANES] {
        head.extend_from_slice(&number.to_le_bytes());
    }
    head.extend_from_slice(&env.random.bytes16());
    let plain: BTreeMap<&String, String> = keys.iter().map(|(name, bytes)| (name, hex::encode(bytes))).collect();
    let plain = serde_json::to_vec(&plain).map_err(|e| BackupError::malformed("file of keys", e))?;
    let key = key_of(passphrase, &head)?;
    let body = seal(env, &key, &hex::encode(&head), &plain);
    Ok([head, body].concat())
}

/// # Errors
/// `Passphrase` when it does not open, `Malformed` when it is no such file.
pub fn opened(bytes: &[u8], passphrase: &str) -> Result<KeyFiles, BackupError> {
    let malformed = |detail: &str| BackupError::malformed("file of keys", detail);
    let (head, body) = bytes.split_at_checked(HEAD_BYTES).filter(|(head, _)| head.starts_with(MAGIC)).ok_or_else(|| malformed("it does not begin as one"))?;
    let plain = open_sealed(&key_of(passphrase, head)?, &hex::encode(head), body).ok_or(BackupError::Passphrase)?;
    let named: BTreeMap<String, String> = serde_json::from_slice(&plain).map_err(|e| BackupError::malformed("file of keys", e))?;
    if named.len() > KEY_FILES_MAX {
        return Err(malformed("it has too many keys"));
    }
    named.into_iter().map(|(name, text)| Ok((name, hex::decode(text).map_err(|e| BackupError::malformed("file of keys", e))?))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shouhu_ids::Micros;

    use super::*;

    const PASSPHRASE: &str = "four words of a city";

    fn some() -> KeyFiles {
        [("master.key".to_owned(), vec![7; 32]), ("sighting/20777.key".to_owned(), vec![8; 72])].into()
    }

    #[test]
    fn keys_come_back_under_their_passphrase_and_no_other() -> Result<(), BackupError> {
        let env = Env::simulated(7, Micros(0));
        let file = sealed(&env, &some(), PASSPHRASE)?;
        assert!(!file.windows(16).any(|w| w == [7; 16]), "a key lies in the clear");
        assert_eq!(opened(&file, PASSPHRASE)?, some());
        assert!(matches!(opened(&file, "four words of a town"), Err(BackupError::Passphrase)));
        assert!(matches!(sealed(&env, &some(), "short"), Err(BackupError::PassphraseShort { .. })));
        for at in [9, 25, 40, file.len() - 1] {
            let mut changed = file.clone();
            if let Some(byte) = changed.get_mut(at) {
                *byte ^= 1;
            }
            assert!(opened(&changed, PASSPHRASE).is_err(), "byte {at}");
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn no_bytes_make_the_reader_panic_or_work_for_long(tail in proptest::collection::vec(any::<u8>(), 0..120)) {
            prop_assert!(opened(&tail, PASSPHRASE).is_err());
            // All that asks for more than a mebibyte would make the test slow, and is refused or a wrong passphrase all the same.
            let mut bytes = [MAGIC.as_slice(), &tail].concat();
            if let Some(memory) = bytes.get_mut(10..12) {
                memory.fill(0xff);
            }
            prop_assert!(opened(&bytes, PASSPHRASE).is_err());
        }
    }
}
