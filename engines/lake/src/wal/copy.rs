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
    /// What its header says: the file before it, and where that one ends. What lies between the two, and behind that end, was
    /// written again in this file, or had never been acknowledged.
    pub previous: Option<(u64, u64)>,
}

/// What is whole of a file's bytes, as they were read beside its writer; `None`: nothing in it had been acknowledged.
///
/// `known_end`: what the file after it says of its end; `None`: it is the newest.
///
/// # Errors
/// `Damaged` also when the writer overtook the reader: read the file again.
pub fn prefix(node: u32, number: u64, known_end: Option<u64>, bytes: &[u8]) -> Result<Option<Prefix>, ScanError> {
    let scanned = Scan { node, number, known_end, reads_around: false }.run(bytes)?;
    if scanned.is_unfinished {
        return Ok(None);
    }
    let previous = scanned.header.map(|header| (header.previous, header.previous_end));
    let mut found = Prefix { end: scanned.end, previous, ..Prefix::default() };
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
