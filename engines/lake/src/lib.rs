//! The sighting lake: billions of passages, durable when acknowledged, answered in milliseconds, forgotten on time.
//!
//! Rows arrive in batches, are appended to a write-ahead log ([`wal`]) and kept in memory ([`memtable`]). From there they are
//! written as immutable **segments** of plain Parquet ([`segment`]): one class and one UTC day each, twice — once in the order
//! (plate, time), once in the order (source, time) with the full record — because those are the two questions that matter.
//! A small index file beside them says where each page lies, so that a known question reads one page per day and column.
//! [`questions`] are asked of a [`View`]: the segments of that moment and the rows still in memory.
//!
//! **Invariant:** a row's identity is its source, its millisecond and its plate ([`Key`]). Two rows with one identity are one
//! passage: whoever merges or answers keeps one of them.
//! **Invariant:** segments never change. Compaction, erasure and retention write new ones and publish the exchange in the
//! catalogue in one step.
//! **Invariant:** no clock, no thread, no disk of its own: time is a parameter, files come through [`shouhu_files::Files`].

pub mod catalogue;
pub mod code;
pub mod lake;
pub mod memtable;
pub mod part;
pub mod plates;
pub mod questions;
pub mod row;
pub mod segment;
pub mod sources;
pub mod veil;
pub mod wal;

pub use catalogue::{Catalogue, CatalogueError, Change, FileCatalogue, SegmentId, SegmentMeta};
pub use code::{CodeError, PlateCode};
pub use lake::{
    AppendError, ExchangeError, FlushError, Flushed, Lake, LakeConfig, LakeStats, Listed, OnDamage, OpenError, OpenReport, Outcome,
    Receipt, Replay, Ticket,
};
pub use part::{Moment, Part, PartError, Window};
pub use questions::{Answer, Partial, View};
pub use row::{Batch, Class, DAY_MS, Extra, FullRecord, HOUR_MS, Key, Row, Seen};
pub use sources::{Source, Sources};
