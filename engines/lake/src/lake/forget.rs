//! A day is dropped, a plate is erased: written anew without them, exchanged in one step, and certified.
//!
//! Rows that somebody still needs — a hit, a case, a legal hold — are named by the caller's `keep` at that moment; there is no
//! list of them here that could be out of date.
//!
//! **Invariant:** of the segments of a certificate, rows before = erased + kept + duplicates, and the segments written hold
//! the kept ones. Nothing is counted that was not read.
//!
//! What is gone from the catalogue is not asked any more at once; its files go with the next [`Lake::sweep`] after its grace
//! period, and [`Lake::leftovers`] tells which are still there. Rows of other nodes that are not published are theirs: the
//! caller asks again when [`crate::Partial::Behind`] no longer names one.

use serde::{Deserialize, Serialize};
use shouhu_files::FilesError;

use super::compact::{CompactError, Pile};
use super::{ExchangeError, Lake, Listed};
use crate::catalogue::{CatalogueError, Order, SegmentId, SegmentMeta};
use crate::code::PlateCode;
use crate::part::{Part, PartError, Window};
use crate::row::{Class, Key};

/// So often another node may exchange segments between our look and our exchange.
const TRIES: usize = 16;

/// A file that is removed, as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoneFile {
    pub name: String,
    pub bytes: u64,
}

/// One segment that was taken out of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoneSegment {
    pub id: SegmentId,
    pub class: Class,
    pub day: i64,
    pub rows: u64,
    pub rows_erased: u64,
    /// CRC-32 of its index file, which in turn held those of every page of the other two.
    pub index_crc: u32,
    pub files: Vec<GoneFile>,
}

impl GoneSegment {
    fn of(meta: &SegmentMeta, rows_erased: u64) -> Self {
        let files = Order::ALL.into_iter().zip(meta.bytes);
        Self {
            id: meta.id,
            class: meta.class,
            day: meta.day,
            rows: meta.rows,
            rows_erased,
            index_crc: meta.index_crc,
            files: files.map(|(order, bytes)| GoneFile { name: meta.name(order), bytes }).collect(),
        }
    }
}

/// What a purge or an erasure did, so that it can be shown and added up years later.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Certificate {
    pub rows_before: u64,
    pub rows_erased: u64,
    pub rows_kept: u64,
    /// Passages that several of the segments had: one of each is kept.
    pub rows_duplicate: u64,
    pub gone: Vec<GoneSegment>,
    pub written: Vec<SegmentMeta>,
    /// Segments that could not be read and are still there: what of them should go is unknown. Empty: all is done.
    pub unreadable: Vec<String>,
    /// Version of the catalogue from which on nothing of it is answered any more; 0 when there was nothing to do.
    pub version: u64,
}

impl Certificate {
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.unreadable.is_empty()
    }

    #[must_use]
    pub fn is_balanced(&self) -> bool {
        let gone: u64 = self.gone.iter().map(|gone| gone.rows).sum();
        let erased: u64 = self.gone.iter().map(|gone| gone.rows_erased).sum();
        let written: u64 = self.written.iter().map(|meta| meta.rows).sum();
        gone == self.rows_before
            && erased == self.rows_erased
            && written == self.rows_kept
            && self.rows_before == self.rows_erased + self.rows_kept + self.rows_duplicate
    }

    fn add(&mut self, gone: Vec<GoneSegment>, written: Vec<SegmentMeta>, version: u64) {
        let before: u64 = gone.iter().map(|gone| gone.rows).sum();
        let erased: u64 = gone.iter().map(|gone| gone.rows_erased).sum();
        let kept: u64 = written.iter().map(|meta| meta.rows).sum();
        self.rows_before += before;
        self.rows_erased += erased;
        self.rows_kept += kept;
        self.rows_duplicate += before.saturating_sub(erased + kept);
        self.gone.extend(gone);
        self.written.extend(written);
        self.version = version;
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForgetError {
    #[error("memory could not be written out first: {0}")]
    Flush(String),
    #[error(transparent)]
    Rewrite(#[from] CompactError),
    #[error("other nodes exchanged the same segments {TRIES} times in a row")]
    Overtaken,
}

impl From<ExchangeError> for ForgetError {
    fn from(error: ExchangeError) -> Self {
        Self::Rewrite(error.into())
    }
}

/// Whether somebody still needs the row.
pub type Keep<'a> = &'a dyn Fn(&Key) -> bool;

/// What stays of some segments, and what went.
struct Rest {
    piles: Vec<Pile>,
    gone: Vec<GoneSegment>,
    unreadable: Vec<String>,
}

impl Lake {
    /// Drops a day of a class. Rows that `keep` names are written again under `into`, in the same exchange.
    ///
    /// # Errors
    /// When memory cannot be written out, a file cannot be written, or the catalogue refuses: nothing is gone then.
    pub fn drop_day(&self, class: Class, day: i64, keep: Keep<'_>, into: Class) -> Result<Certificate, ForgetError> {
        self.flush_first()?;
        for _ in 0..TRIES {
            let listed = self.segments();
            let of_day: Vec<&Listed> =
                listed.iter().filter(|listed| listed.meta.class == class && listed.meta.day == day).collect();
            let mut certificate = Certificate::default();
            if of_day.is_empty() {
                return Ok(certificate);
            }
            let rest = self.read_rest(&of_day, &|key| !keep(key));
            certificate.unreadable = rest.unreadable;
            if rest.gone.is_empty() {
                return Ok(certificate);
            }
            if let Some((written, version)) = self.replace_by(&rest.gone, rest.piles, into)? {
                certificate.add(rest.gone, written, version);
                return Ok(certificate);
            }
        }
        Err(ForgetError::Overtaken)
    }

    /// Erases the passages of a plate within the window, in every class, but those that `keep` names. Each segment that holds
    /// one is exchanged by itself, so that compaction and other nodes are in the way as little as they can be.
    ///
    /// # Errors
    /// As [`Self::drop_day`]; what was exchanged before stays exchanged, and asking again erases the rest.
    pub fn erase(&self, plate: PlateCode, window: Window, keep: Keep<'_>) -> Result<Certificate, ForgetError> {
        self.flush_first()?;
        let mut certificate = Certificate::default();
        let is_erased = |key: &Key| key.plate == plate && window.holds(key.at_ms) && !keep(key);
        let mut overtaken = 0;
        loop {
            let listed = self.segments();
            certificate.unreadable.clear();
            let Some(next) = first_with(&listed, plate, window, &is_erased, &mut certificate.unreadable) else {
                return Ok(certificate);
            };
            let rest = self.read_rest(&[next], &is_erased);
            if !rest.unreadable.is_empty() {
                // Its plate order was readable, its source order is not: nothing can be written anew from it.
                certificate.unreadable = rest.unreadable;
                return Ok(certificate);
            }
            let class = next.meta.class;
            drop(listed);
            match self.replace_by(&rest.gone, rest.piles, class)? {
                Some((written, version)) => certificate.add(rest.gone, written, version),
                None if overtaken == TRIES => return Err(ForgetError::Overtaken),
                None => overtaken += 1,
            }
        }
    }

    /// Files of a certificate that are still on the store: those that questions read or whose grace period is not over.
    ///
    /// # Errors
    /// When the store cannot be listed.
    pub fn leftovers(&self, certificate: &Certificate) -> Result<Vec<String>, FilesError> {
        let mut left = Vec::new();
        for file in certificate.gone.iter().flat_map(|gone| &gone.files) {
            match self.store.open(&file.name) {
                Ok(_) => left.push(file.name.clone()),
                Err(FilesError::Missing { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(left)
    }

    fn flush_first(&self) -> Result<(), ForgetError> {
        self.flush().map(drop).map_err(|error| ForgetError::Flush(error.to_string()))
    }

    /// Reads the segments and leaves out what `is_erased` says.
    fn read_rest(&self, segments: &[&Listed], is_erased: &dyn Fn(&Key) -> bool) -> Rest {
        let mut piles = Piles { rows_max: usize::try_from(self.config.segment_rows_max).unwrap_or(usize::MAX), all: Vec::new() };
        let mut rest = Rest { piles: Vec::new(), gone: Vec::new(), unreadable: Vec::new() };
        for listed in segments {
            let mark = piles.mark();
            match piles.add_rest_of(listed, is_erased) {
                Ok(erased) => rest.gone.push(GoneSegment::of(&listed.meta, erased)),
                Err(error) => {
                    piles.back_to(mark);
                    rest.unreadable.push(format!("{}: {error}", listed.meta.name(Order::Source)));
                }
            }
        }
        rest.piles = piles.all;
        rest.piles.retain(|pile| !pile.rows.is_empty());
        rest
    }

    /// `None`: another node exchanged one of them first, and what was written is removed again.
    fn replace_by(&self, gone: &[GoneSegment], piles: Vec<Pile>, class: Class) -> Result<Option<(Vec<SegmentMeta>, u64)>, ForgetError> {
        let mut written = Vec::with_capacity(piles.len());
        for pile in piles {
            written.push(pile.write(self, class)?);
        }
        match self.exchange(written.clone(), gone.iter().map(|gone| gone.id).collect()) {
            Ok(version) => Ok(Some((written, version))),
            Err(ExchangeError::Catalogue(CatalogueError::Exchanged(_))) => {
                self.refresh()?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Rows that stay, by the segment that they will be.
struct Piles {
    rows_max: usize,
    all: Vec<Pile>,
}

impl Piles {
    fn mark(&self) -> (usize, usize, usize) {
        let (rows, extras) = self.all.last().map_or((0, 0), Pile::len);
        (self.all.len(), rows, extras)
    }

    fn back_to(&mut self, (piles, rows, extras): (usize, usize, usize)) {
        self.all.truncate(piles);
        if let Some(last) = self.all.last_mut() {
            last.truncate(rows, extras);
        }
    }

    /// Gives the number of rows that do not stay.
    fn add_rest_of(&mut self, listed: &Listed, is_erased: &dyn Fn(&Key) -> bool) -> Result<u64, PartError> {
        let segment = listed.segment.as_ref().map_err(Clone::clone)?;
        let mut erased = 0;
        segment.each_record(&mut |record| {
            if is_erased(&record.row.key()) {
                erased += 1;
                return Ok(());
            }
            if self.all.last().is_none_or(|pile| pile.rows.len() >= self.rows_max) {
                self.all.push(Pile::default());
            }
            if let Some(pile) = self.all.last_mut() {
                pile.add(record);
            }
            Ok(())
        })?;
        Ok(erased)
    }
}

/// The first segment that holds such a row, by its plate order; those that cannot be asked are named.
fn first_with<'a>(
    listed: &'a [Listed],
    plate: PlateCode,
    window: Window,
    is_erased: &dyn Fn(&Key) -> bool,
    unreadable: &mut Vec<String>,
) -> Option<&'a Listed> {
    let mut found = Vec::new();
    for one in listed {
        let meets = one.meta.first_ms < window.until_ms && window.from_ms <= one.meta.last_ms;
        if !meets {
            continue;
        }
        found.clear();
        let asked = one.segment.as_ref().map_err(Clone::clone).and_then(|segment| segment.of_plate(plate, window, &mut found));
        match asked {
            Ok(()) if found.iter().any(|seen| is_erased(&seen.key())) => return Some(one),
            Ok(()) => {}
            Err(error) => unreadable.push(format!("{}: {error}", one.meta.name(Order::Plate))),
        }
    }
    None
}
