//! Backups: a house's copies at a second place, and the way back.
//!
//! | word | meaning |
//! |---|---|
//! | place 備份處 | a folder, best a mount of another site, that holds chunks by their content and the backups that name them |
//! | backup 備份 | a signed note over a manifest of everything that was acknowledged at one moment, taken while the server runs |
//! | drill 演練 | a backup is restored beside the house, opened, asked and thrown away: RPO 可容許遺失 and RTO 復原時間 are measured, not promised |
//! | file of keys 金鑰檔 | the house's keys, sealed by a passphrase, kept elsewhere than the place |
//!
//! **Invariant:** a backup that is cut off at any point leaves the ones before it whole: its note is written last.
//! **Invariant:** no key is ever in a backup, so what the law destroys by destroying a key is destroyed there too.
//! **Invariant:** nothing is restored over a house, and a house under its name is whole.

mod check;
mod cut;
mod drill;
mod error;
mod forgotten;
mod house;
mod keyfile;
mod manifest;
mod place;
mod restore;
mod take;
mod writer;

pub use check::{Damage, Verdict};
pub use drill::{Drilled, drill};
pub use error::BackupError;
pub use forgotten::forgotten_at;
pub use house::{House, forget_key, signer};
pub use keyfile::{KeyFiles, PASSPHRASE_CHARS_MIN, opened, sealed};
pub use manifest::{
    Canaries, Chunk, DatabaseKind, DayRows, FORMAT, FileEntry, List, Manifest, SIGNER, opened_note, parse_list, parse_manifest,
};
pub use place::Place;
pub use restore::{ForgetsPlates, Order, Reopened, Restored, keys_in, restore};
pub use take::{KEEP_DAYS_DEFAULT, Taken, take};
pub use writer::{Cost, Writer};
