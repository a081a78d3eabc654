//! A segment of which a file is lost or damaged is written anew from one of the other files.
//!
//! The file in source order has everything, the one in plate order most, the index nothing but what is in them. Nothing of the
//! damaged segment is removed before the new one is published in its place.

use shouhu_files::FilesError;

use super::compact::{CompactError, Pile};
use super::{ExchangeError, Lake};
use crate::catalogue::{Order, SegmentId, SegmentMeta};
use crate::part::PartError;
use crate::segment::{Segment, check_index, salvage, verify_order};

/// A segment that is whole again under another id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    pub id: SegmentId,
    pub into: SegmentId,
    pub rows: u64,
    /// The file that it was written anew from.
    pub from: Order,
    /// Every page of that file had the checksum that the index has for it. Without an index the file was held against the
    /// catalogue alone: rows, order, plates, first and last time.
    pub is_checked: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MendError {
    /// Only the file in plate order can be read, and the caller did not accept to lose what it lacks.
    #[error(
        "only the file in plate order can be read, which lacks sequence numbers, pictures, lag, speed and details; \
         the other: {0}"
    )]
    Loses(PartError),
    #[error("neither file can be read: {by_source}; {by_plate}")]
    Lost { by_source: PartError, by_plate: PartError },
    #[error(transparent)]
    Write(#[from] CompactError),
}

impl From<ExchangeError> for MendError {
    fn from(error: ExchangeError) -> Self {
        Self::Write(error.into())
    }
}

impl Lake {
    /// Reads every page of every segment: those with a file that is missing or damaged.
    #[must_use]
    pub fn damaged(&self) -> Vec<(SegmentMeta, PartError)> {
        let listed = self.segments();
        let wrong = |meta: &SegmentMeta| Segment::open(&self.store, meta).and_then(|segment| segment.verify()).err();
        listed.iter().filter_map(|listed| Some((listed.meta.clone(), wrong(&listed.meta)?))).collect()
    }

    /// Writes a damaged segment anew from what can be read of it, and publishes that in its place.
    ///
    /// # Errors
    /// When neither file can be read, only one that lacks something and `accept_loss` is not set, the disk refuses, or another
    /// node exchanged the segment first: nothing has changed then.
    pub fn mend(&self, meta: &SegmentMeta, accept_loss: bool) -> Result<Mended, MendError> {
        let (pile, from, is_checked) = match self.read_whole(meta, Order::Source) {
            Ok((pile, is_checked)) => (pile, Order::Source, is_checked),
            Err(by_source) => match self.read_whole(meta, Order::Plate) {
                Ok(_) if !accept_loss => return Err(MendError::Loses(by_source)),
                Ok((pile, is_checked)) => (pile, Order::Plate, is_checked),
                Err(by_plate) => return Err(MendError::Lost { by_source, by_plate }),
            },
        };
        let written = pile.write(self, meta.class)?;
        let mended = Mended { id: meta.id, into: written.id, rows: written.rows, from, is_checked };
        self.exchange(vec![written], vec![meta.id])?;
        Ok(mended)
    }

    /// All rows of one file, and whether its pages had their checksums. A file that the index says is damaged is not read.
    fn read_whole(&self, meta: &SegmentMeta, order: Order) -> Result<(Pile, bool), PartError> {
        let is_checked = match check_index(&self.store, meta) {
            Ok(()) => true,
            Err(PartError::Damaged { .. } | PartError::Files(FilesError::Missing { .. } | FilesError::Short { .. })) => false,
            // The disk or the network has a bad moment: nothing is known to be lost.
            Err(error) => return Err(error),
        };
        if is_checked {
            verify_order(&self.store, meta, order)?;
        }
        let mut pile = Pile::default();
        salvage(&self.store, meta, order, &mut |record| pile.add(record))?;
        Ok((pile, is_checked))
    }
}
