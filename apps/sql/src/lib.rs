//! The lake's files as SQL tables, for questions that nobody foresaw: DataFusion in this process, over the very Parquet files
//! that the lake writes and that Spark or DuckDB read without us.
//!
//! | table | what |
//! |---|---|
//! | `sightings` | the full record, each segment in the order (source, captured_at, plate) |
//! | `sightings_by_plate` | what most questions need, each segment in the order (plate, captured_at) |
//! | `sources` | numbers and places of lenses and devices, where the lake has them |
//!
//! `class` and `day` are columns too; a condition on them, or on `captured_at`, leaves whole segments unread.
//!
//! **Invariant:** only published segments are read, those of one catalogue version; rows that a running server still holds in
//! memory are not among them, and the answer says so.
//! **Invariant:** nothing is written but the answer itself and the audit leaf, and the leaf comes first.

mod audit;
mod output;
mod published;
mod session;
mod table;

pub use audit::{AuditLog, PurposeError, Reason};
pub use output::{Format, OutputError, Written, write};
pub use published::{NamedSource, Published, PublishedError};
pub use session::{Asked, Limits, Session, SessionError};
pub use table::SegmentTable;
