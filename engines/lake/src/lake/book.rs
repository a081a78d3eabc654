//! Keeps the book of plates beside the segments: behind by a moment, which questions know and make up for.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Lake;
use crate::catalogue::SegmentId;
use crate::part::{Part, PartError};
use crate::plates::{BookError, PlateBook};
use crate::segment::Segment;

/// Writes the book. One of them works at a time.
#[derive(Default)]
pub struct BookKeeper {
    /// The segments that the book covers. They are kept open, and with that their files, until the book has let go of them:
    /// their plates are then read once more.
    covered: BTreeMap<SegmentId, Arc<Segment>>,
    is_loaded: bool,
    /// The book on disk is another one.
    is_unsaved: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    #[error(transparent)]
    Book(#[from] BookError),
    #[error(transparent)]
    Part(#[from] PartError),
}

impl BookKeeper {
    /// Makes the shown book that of the shown segments, loading it from disk the first time. True when it changed.
    ///
    /// # Errors
    /// When a segment's plates cannot be read or the disk refuses: the book is as before or better, and the next call goes on.
    pub fn once(&mut self, lake: &Lake) -> Result<bool, KeepError> {
        let open = open_segments(lake);
        let loaded = if self.is_loaded { None } else { Some(self.load(lake, &open)?) };
        let book = loaded.unwrap_or_else(|| lake.shown().plates.as_ref().clone());
        let gone: Vec<(SegmentId, Arc<Segment>)> =
            self.covered.iter().filter(|(id, _)| !open.contains_key(id)).map(|(id, segment)| (*id, Arc::clone(segment))).collect();
        let new: Vec<(SegmentId, Arc<Segment>)> =
            open.iter().filter(|(id, _)| !self.covered.contains_key(id)).map(|(id, segment)| (*id, Arc::clone(segment))).collect();
        if gone.is_empty() && new.is_empty() {
            self.save(lake, &book)?;
            return Ok(false);
        }
        let book = match book.exchange(&parts(&gone), &parts(&new)) {
            Ok(book) => book,
            // A dropped segment may be unreadable now: the others say it all.
            Err(_) if !gone.is_empty() => PlateBook::of(open.values().map(|segment| segment.as_ref() as &dyn Part))?,
            Err(error) => return Err(error.into()),
        };
        // The new list first: a drop that waited for the old book's segments can go on.
        lake.shown_mut().plates = Arc::new(book.clone());
        self.covered = open;
        self.is_unsaved = true;
        self.save(lake, &book)?;
        Ok(true)
    }

    fn load(&mut self, lake: &Lake, open: &BTreeMap<SegmentId, Arc<Segment>>) -> Result<PlateBook, KeepError> {
        let live: Vec<SegmentId> = open.keys().copied().collect();
        let loaded = PlateBook::load(lake.local.as_ref(), &live)?;
        let covered = loaded.book.covered();
        self.covered = open.iter().filter(|(id, _)| covered.contains(id)).map(|(id, segment)| (*id, Arc::clone(segment))).collect();
        self.is_loaded = true;
        // Files that were left out — damaged, or of plates that are gone — are removed by the next save.
        self.is_unsaved = true;
        lake.shown_mut().plates = Arc::new(loaded.book.clone());
        Ok(loaded.book)
    }

    fn save(&mut self, lake: &Lake, book: &PlateBook) -> Result<(), KeepError> {
        if self.is_unsaved {
            book.save(lake.local.as_ref())?;
            self.is_unsaved = false;
        }
        Ok(())
    }
}

fn open_segments(lake: &Lake) -> BTreeMap<SegmentId, Arc<Segment>> {
    let listed = lake.segments();
    listed.iter().filter_map(|one| Some((one.meta.id, Arc::clone(one.segment.as_ref().ok()?)))).collect()
}

fn parts(segments: &[(SegmentId, Arc<Segment>)]) -> Vec<(SegmentId, &dyn Part)> {
    segments.iter().map(|(id, segment)| (*id, segment.as_ref() as &dyn Part)).collect()
}
