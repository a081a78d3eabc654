//! What of a log file can be copied while its writer goes on.

use super::{Scan, ScanError, each_batch};
use crate::row::{Class, Row};

/// The part of a log file that is whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prefix {
    /// Behind its last whole group: what stands there may be half written, and was then not acknowledged when it was read.
    pub end: u64,
    /// Rows that are in no segment, by class.
    pub rows: Vec<(Class, u64)>,
    pub newest_ms: Option<i64>,
}

/// What is whole of a file's bytes, as they were read beside its writer; `None`: nothing in it had been acknowledged.
///
/// # Errors
/// `Damaged` also when the writer overtook the reader: read the file again.
pub fn prefix(node: u32, number: u64, bytes: &[u8]) -> Result<Option<Prefix>, ScanError> {
    let scanned = Scan { node, number, known_end: None, reads_around: false }.run(bytes)?;
    if scanned.is_unfinished {
        return Ok(None);
    }
    let mut found = Prefix { end: scanned.end, ..Prefix::default() };
    let fresh: Vec<_> = scanned.groups.into_iter().filter(|group| !group.is_flushed).collect();
    each_batch::<ScanError>(bytes, number, &fresh, &mut |batch| {
        let count = batch.rows.len() as u64;
        match found.rows.iter_mut().find(|(class, _)| *class == batch.class) {
            Some((_, rows)) => *rows += count,
            None => found.rows.push((batch.class, count)),
        }
        found.newest_ms = batch.rows.iter().map(|row: &Row| row.at_ms).chain(found.newest_ms).max();
        Ok(())
    })?;
    Ok(Some(found))
}
