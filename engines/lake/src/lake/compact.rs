//! Small segments of one class and day become one.
//!
//! [`Compactor::plan`] decides from the listing alone. The rules, of the segments of one class and day that are less than
//! half full (`segment_rows_max`), the smallest first:
//!
//! 1. As soon as they fill a segment, they become one; it is never touched again.
//! 2. When the day has been over for `quiet_ms`, as many as fit become one if that is at least one and a half times as large
//!    as the largest of them: a straggler does not rewrite the day, many together do.
//! 3. When a day that is not over has more than `open_segments_max`, as many as fit become one if that is at least twice as
//!    large as the largest of them.
//!
//! A day that arrives in order is therefore written twice: once when memory is flushed, once by rule 1 or 2. Each
//! `open_segments_max` flushes a day beyond the first so many add one more write of the rows of before.
//!
//! Readers and ingest are never waited for: the merge works on segments that nobody changes, and the exchange is one step.

use std::collections::{BTreeMap, BTreeSet};

use super::{ExchangeError, Lake};
use crate::catalogue::{CatalogueError, SegmentId, SegmentMeta};
use crate::part::{Part, PartError};
use crate::row::{Class, DAY_MS, Extra, FullRecord, Row};
use crate::segment::{self, Segment, WriteError};

/// When it is worth to write rows once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompactionPolicy {
    pub segment_rows_max: u64,
    /// Small segments that a day which is still arriving may have.
    pub open_segments_max: usize,
    /// After the end of a day passages still arrive for so long.
    pub quiet_ms: i64,
}

impl CompactionPolicy {
    pub const OPEN_SEGMENTS_MAX: usize = 32;
    /// Devices that were offline deliver within two hours, or so late that one more segment is the smaller evil.
    pub const QUIET_MS: i64 = 2 * 3_600_000;

    #[must_use]
    pub const fn of_rows(segment_rows_max: u64) -> Self {
        Self { segment_rows_max, open_segments_max: Self::OPEN_SEGMENTS_MAX, quiet_ms: Self::QUIET_MS }
    }
}

/// Segments of one class and day that become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    pub class: Class,
    pub day: i64,
    pub ids: Vec<SegmentId>,
    pub rows: u64,
}

/// What one look at the lake led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compacted {
    /// Nothing is worth merging.
    Nothing,
    Merged { class: Class, day: i64, segments: usize, rows_read: u64, rows_written: u64 },
    /// Another node, a purge or an erasure exchanged one of the segments first; what was written is removed again.
    Overtaken,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompactError {
    #[error(transparent)]
    Part(#[from] PartError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
}

impl From<CatalogueError> for CompactError {
    fn from(error: CatalogueError) -> Self {
        Self::Exchange(error.into())
    }
}

/// Merges, and remembers what cannot be read so that it is tried once only. One of them works at a time.
#[derive(Debug)]
pub struct Compactor {
    policy: CompactionPolicy,
    damaged: BTreeSet<SegmentId>,
}

/// Of one class and day.
type Day<'a> = (Class, i64, Vec<&'a SegmentMeta>);

impl Compactor {
    #[must_use]
    pub const fn new(policy: CompactionPolicy) -> Self {
        Self { policy, damaged: BTreeSet::new() }
    }

    /// Segments that were found damaged since the start and are left as they are.
    #[must_use]
    pub const fn damaged(&self) -> &BTreeSet<SegmentId> {
        &self.damaged
    }

    /// The merge that takes most segments away, if any is worth it.
    #[must_use]
    pub fn plan<'a>(&self, segments: impl IntoIterator<Item = &'a SegmentMeta>, now_ms: i64) -> Option<Merge> {
        let mut days: BTreeMap<(Class, i64), Vec<&SegmentMeta>> = BTreeMap::new();
        for meta in segments {
            if meta.rows < self.policy.segment_rows_max.div_ceil(2) && !self.damaged.contains(&meta.id) {
                days.entry((meta.class, meta.day)).or_default().push(meta);
            }
        }
        let merges = days.into_iter().filter_map(|((class, day), small)| self.plan_day((class, day, small), now_ms));
        merges.max_by_key(|merge| merge.ids.len())
    }

    fn plan_day(&self, (class, day, mut small): Day<'_>, now_ms: i64) -> Option<Merge> {
        small.sort_by_key(|meta| (meta.rows, meta.id));
        let rows_max = self.policy.segment_rows_max;
        let total: u64 = small.iter().map(|meta| meta.rows).sum();
        let is_over = now_ms >= (day + 1).saturating_mul(DAY_MS).saturating_add(self.policy.quiet_ms);
        let is_filling = total >= rows_max / 4 * 3;
        let mut growth_percent = if is_over { Some(150) } else { None };
        if small.len() > self.policy.open_segments_max {
            growth_percent = growth_percent.or(Some(200));
        }
        if is_filling {
            // The next one that does not fit is less than half a segment, so those that fit are more than half of one.
            growth_percent = Some(0);
        }
        let growth_percent = growth_percent?;
        let mut rows = 0_u64;
        let mut chosen = 0;
        for (count, meta) in small.iter().enumerate() {
            rows += meta.rows;
            if rows > rows_max {
                break;
            }
            if count > 0 && rows.saturating_mul(100) >= meta.rows.saturating_mul(growth_percent) {
                chosen = count + 1;
            }
        }
        let chosen = small.get(..chosen).filter(|chosen| chosen.len() > 1)?;
        Some(Merge {
            class,
            day,
            ids: chosen.iter().map(|meta| meta.id).collect(),
            rows: chosen.iter().map(|meta| meta.rows).sum(),
        })
    }

    /// Does one merge, if one is worth it.
    ///
    /// # Errors
    /// When a segment is damaged (it is left alone from then on), or the disk or the catalogue refuses: try again later.
    pub fn once(&mut self, lake: &Lake, now_ms: i64) -> Result<Compacted, CompactError> {
        let listed = lake.segments();
        let readable = listed.iter().filter_map(|listed| Some((&listed.meta, listed.segment.as_ref().ok()?)));
        let Some(merge) = self.plan(readable.clone().map(|(meta, _)| meta), now_ms) else { return Ok(Compacted::Nothing) };
        let mut pile = Pile::with_capacity(merge.rows);
        for (meta, segment) in readable.filter(|(meta, _)| merge.ids.contains(&meta.id)) {
            if let Err(error) = pile.add_all_of(segment) {
                if matches!(error, PartError::Damaged { .. }) {
                    self.damaged.insert(meta.id);
                }
                return Err(error.into());
            }
        }
        drop(listed);
        let meta = pile.write(lake, merge.class)?;
        let rows_written = meta.rows;
        let segments = merge.ids.len();
        match lake.exchange(vec![meta], merge.ids) {
            Ok(_) => Ok(Compacted::Merged { class: merge.class, day: merge.day, segments, rows_read: merge.rows, rows_written }),
            Err(ExchangeError::Catalogue(CatalogueError::Exchanged(_))) => {
                lake.refresh()?;
                Ok(Compacted::Overtaken)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Rows on their way into a new segment.
#[derive(Default)]
pub(super) struct Pile {
    pub rows: Vec<Row>,
    extras: Vec<Extra>,
}

impl Pile {
    fn with_capacity(rows: u64) -> Self {
        Self { rows: Vec::with_capacity(usize::try_from(rows).unwrap_or(0)), extras: Vec::new() }
    }

    /// Rows and extras.
    pub fn len(&self) -> (usize, usize) {
        (self.rows.len(), self.extras.len())
    }

    pub fn truncate(&mut self, rows: usize, extras: usize) {
        self.rows.truncate(rows);
        self.extras.truncate(extras);
    }

    pub fn add(&mut self, record: FullRecord) {
        let FullRecord { mut row, extra, .. } = record;
        row.extra = 0;
        if extra != Extra::default() {
            self.extras.push(extra);
            row.extra = u32::try_from(self.extras.len()).unwrap_or(0);
        }
        self.rows.push(row);
    }

    pub fn add_all_of(&mut self, segment: &Segment) -> Result<(), PartError> {
        segment.each_record(&mut |record| {
            self.add(record);
            Ok(())
        })
    }

    /// One segment; the rows are of one day.
    pub fn write(mut self, lake: &Lake, class: Class) -> Result<SegmentMeta, CompactError> {
        let id = lake.next_id()?;
        Ok(segment::write(lake.store.as_ref(), id, class, &mut self.rows, &self.extras)?)
    }
}
