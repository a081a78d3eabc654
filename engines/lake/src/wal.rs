//! The write-ahead log: what was acknowledged is here until it is in segments.
//!
//! A file is a header and groups; a group is what one sync made durable, and holds the batches of all who waited for it.
//! docs/reference/lake-format.md describes every byte.
//!
//! **Invariant:** a group is written only when the one before it is synced, and a file only when the one before it is. So
//! a group that cannot be read, with another one behind it, had been acknowledged and is damage; the last group of the last file
//! may be torn, and was then never acknowledged.
//! **Invariant:** the header of a file and its first group are made durable by one sync: both count or neither. The header says
//! where the file before it ends: a tail that a crash or a full disk left behind there is never read again.

mod codec;
mod copy;
mod file;
mod log;

pub use codec::{CodecError, decode_batch, encode_batch};
pub use copy::{Prefix, prefix};
pub(crate) use file::each_batch;
pub use file::{FileHeader, Group, HEADER_BYTES, Scan, ScanError, Scanned, name_of, number_of};
pub(crate) use log::{Carry, Log, LogError, new_group};

/// Rows of one batch at most: bounds what one caller can make others wait for.
pub const BATCH_ROWS_MAX: usize = 1 << 20;
