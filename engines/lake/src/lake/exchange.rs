//! Segments come and go: published in the catalogue and shown to questions as one step.

use std::collections::BTreeSet;
use std::sync::Arc;

use shouhu_files::FilesError;

use super::flush::Pending;
use super::{Lake, Listed};
use crate::catalogue::{CatalogueError, Change, Listing, Order, SegmentId, SegmentMeta};
use crate::part::PartError;
use crate::segment::Segment;

/// Listings that are tried in a row; a lake that changes faster is looked at again with the next turn.
const LOADS_MAX: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A segment that was just written cannot be opened: nothing was published.
    #[error(transparent)]
    Part(#[from] PartError),
    #[error(transparent)]
    Files(#[from] FilesError),
}

/// What the catalogue said last, and what it no longer names.
#[derive(Default)]
pub(super) struct Exchanging {
    /// Version of the catalogue that `shown` is no older than.
    pub version: u64,
    retired: Vec<Retired>,
    /// What a flush wrote and has not shown yet.
    pub pending: Option<Pending>,
}

/// A segment that the catalogue no longer names but that a question may still read.
struct Retired {
    listed: Listed,
    /// When a sweep saw it first.
    since_ms: Option<i64>,
}

impl Lake {
    /// Publishes new segments in the place of old ones. Questions asked from now on see the new, those that run keep the old,
    /// whose files [`Lake::sweep`] removes when nobody reads them.
    ///
    /// # Errors
    /// `Exchanged` when another node dropped one of the old first: the new ones are then not published, their files are
    /// removed, and the caller starts again from [`Lake::segments`] after [`Lake::refresh`].
    pub fn exchange(&self, add: Vec<SegmentMeta>, drop: Vec<SegmentId>) -> Result<u64, ExchangeError> {
        let opened = self.open_all(&add)?;
        let mut exchanging = self.exchanging();
        let change = Change { add, drop, ..Change::default() };
        let version = match self.catalogue.publish(&change) {
            Ok(version) => version,
            Err(CatalogueError::Exchanged(id)) => {
                for meta in &change.add {
                    // Best effort: the next start of this node removes what is left.
                    let _ = self.remove_files(meta);
                }
                return Err(CatalogueError::Exchanged(id).into());
            }
            // Published or not: a listing that names the new segments says so.
            Err(error) => {
                let listing = self.catalogue.load().map_err(|_| error.clone())?;
                if !change.add.iter().all(|meta| listing.segments.contains(meta)) || change.add.is_empty() {
                    return Err(error.into());
                }
                listing.version
            }
        };
        exchanging.advance_to(version);
        self.replace(&mut exchanging, opened, &change.drop);
        Ok(version)
    }

    /// Opens segments that were just written: one that cannot be read is not worth publishing.
    pub(super) fn open_all(&self, metas: &[SegmentMeta]) -> Result<Vec<Listed>, PartError> {
        let open = |meta: &SegmentMeta| {
            let segment = Arc::new(Segment::open(&self.store, meta)?);
            Ok(Listed { meta: meta.clone(), segment: Ok(segment) })
        };
        metas.iter().map(open).collect()
    }

    /// Shows what was published. The caller holds `exchanging`.
    fn replace(&self, exchanging: &mut Exchanging, add: Vec<Listed>, drop: &[SegmentId]) {
        let mut shown = self.shown_mut();
        let gone: BTreeSet<_> = drop.iter().copied().collect();
        let (dropped, kept): (Vec<_>, Vec<_>) = shown.segments.iter().cloned().partition(|listed| gone.contains(&listed.meta.id));
        shown.segments = Arc::new(merged(&kept, add));
        std::mem::drop(shown);
        exchanging.retired.extend(dropped.into_iter().map(|listed| Retired { listed, since_ms: None }));
    }

    /// Looks whether another node changed the catalogue, and shows what it says now. True when it did.
    ///
    /// # Errors
    /// When the catalogue cannot be read: the lake then goes on showing what it showed.
    pub fn refresh(&self) -> Result<bool, ExchangeError> {
        if self.catalogue.version()? == self.exchanging().version {
            return Ok(false);
        }
        let mut exchanging = self.exchanging();
        let listing = self.catalogue.load()?;
        self.adopt_newest(&mut exchanging, listing)?;
        Ok(true)
    }

    /// As [`Self::adopt`], and once more when the listing turns out to be old: a file that is not there belongs to a segment that
    /// another node has exchanged since, whose rows stand in another segment by now. The caller holds `exchanging`.
    pub(super) fn adopt_newest(&self, exchanging: &mut Exchanging, mut listing: Listing) -> Result<(), CatalogueError> {
        let is_missing = |listed: &Listed| matches!(listed.segment, Err(PartError::Files(FilesError::Missing { .. })));
        for _ in 0..LOADS_MAX {
            self.adopt(exchanging, listing);
            if !self.segments().iter().any(is_missing) || self.catalogue.version()? == exchanging.version {
                return Ok(());
            }
            listing = self.catalogue.load()?;
        }
        Ok(())
    }

    /// Makes `shown` what the listing says. The caller holds `exchanging`. Files of segments that others dropped are theirs to
    /// remove.
    pub(super) fn adopt(&self, exchanging: &mut Exchanging, listing: Listing) {
        let mut before = self.segments().as_ref().clone();
        if let Some(pending) = exchanging.pending.as_ref().filter(|pending| pending.is_in(listing.wal_until)) {
            before = merged(&before, pending.opened.clone());
        }
        let known = |meta: &SegmentMeta| {
            let place = before.binary_search_by_key(&meta.id, |listed| listed.meta.id).ok()?;
            before.get(place).filter(|listed| listed.segment.is_ok()).cloned()
        };
        let mut segments: Vec<_> = listing
            .segments
            .into_iter()
            .map(|meta| known(&meta).unwrap_or_else(|| Listed { segment: Segment::open(&self.store, &meta).map(Arc::new), meta }))
            .collect();
        segments.sort_by_key(|listed| listed.meta.id);
        let mut shown = self.shown_mut();
        shown.segments = Arc::new(segments);
        exchanging.version = listing.version;
        if exchanging.pending.as_ref().is_some_and(|pending| pending.is_in(listing.wal_until)) {
            exchanging.pending = None;
            let sealed = shown.sealed.take();
            drop(shown);
            self.release(sealed);
        }
    }

    /// Removes the files of segments that this node took out of the catalogue, once no question of this node reads them and
    /// `grace_ms` have passed since the first sweep after that: questions of other nodes may still read a shared store.
    /// Gives the number of segments removed.
    ///
    /// # Errors
    /// The first file that cannot be removed; it stays on the list for the next sweep.
    pub fn sweep(&self, now_ms: i64, grace_ms: i64) -> Result<usize, FilesError> {
        let mut exchanging = self.exchanging();
        let mut removed = 0;
        let mut failed = None;
        exchanging.retired.retain_mut(|retired| {
            if failed.is_some() {
                return true;
            }
            let since_ms = *retired.since_ms.get_or_insert(now_ms);
            let is_read = retired.listed.segment.as_ref().is_ok_and(|segment| Arc::strong_count(segment) > 1);
            if is_read || now_ms.saturating_sub(since_ms) < grace_ms {
                return true;
            }
            match self.remove_files(&retired.listed.meta) {
                Ok(()) => removed += 1,
                Err(error) => failed = Some(error),
            }
            failed.is_some()
        });
        failed.map_or(Ok(removed), Err)
    }

    pub(super) fn remove_files(&self, meta: &SegmentMeta) -> Result<(), FilesError> {
        Order::ALL.into_iter().try_for_each(|order| self.store.remove(&meta.name(order)))
    }
}

/// By id, one of each.
pub(super) fn merged(some: &[Listed], more: Vec<Listed>) -> Vec<Listed> {
    let mut all: Vec<_> = some.iter().cloned().chain(more).collect();
    all.sort_by_key(|listed| listed.meta.id);
    all.dedup_by_key(|listed| listed.meta.id);
    all
}

impl Exchanging {
    /// A version that does not follow on ours says that another node changed something in between: the next refresh then
    /// finds ours to be old and loads.
    pub fn advance_to(&mut self, version: u64) {
        if version == self.version + 1 {
            self.version = version;
        }
    }
}
