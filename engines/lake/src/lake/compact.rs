//! Small segments of one class and day become one.
//!
//! [`Compactor::plan`] decides from the listing alone. The rules, of the segments of one class and day that are less than
//! half full (`segment_rows_max`), the smallest first:
//!
//! 1. As soon as they fill a segment, they become one; it is never touched again.
//! 2. When the day has been over for `quiet_ms`, as many as fit become one if that is at least one and a half times as large
//!    as the largest of them: a straggler does not rewrite the day, many together do.
//!    Where they overlap in time by more rows than a count compares ([`COMPARED_MAX`]), a twentieth is enough: each count of that
//!    day would otherwise pay for the overlap, or answer with a reservation.
//!    Once the day has been over for `still_ms` and no segment of it has come for so long either, a hundredth is enough: hardly
//!    anything follows, and a row of a small segment costs half as much again as one of the day's (22.6 and 14.0 bytes were
//!    measured). Old days that are being imported are not still.
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
use crate::questions::counts::COMPARED_MAX;
use crate::row::{Class, DAY_MS, Extra, FullRecord, Row};
use crate::segment::{self, Effort, Haste, Segment, WriteError};

/// When it is worth to write rows once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompactionPolicy {
    pub segment_rows_max: u64,
    /// Small segments that a day which is still arriving may have.
    pub open_segments_max: usize,
    /// After the end of a day passages still arrive for so long.
    pub quiet_ms: i64,
    /// After so long without a new segment nobody is expected to deliver more of a day.
    pub still_ms: i64,
}

impl CompactionPolicy {
    pub const OPEN_SEGMENTS_MAX: usize = 32;
    /// Devices that were offline deliver within two hours, or so late that one more segment is the smaller evil.
    pub const QUIET_MS: i64 = 2 * 3_600_000;
    /// Whoever was offline has been in reach again by then.
    pub const STILL_MS: i64 = 26 * 3_600_000;

    #[must_use]
    pub const fn of_rows(segment_rows_max: u64) -> Self {
        Self { segment_rows_max, open_segments_max: Self::OPEN_SEGMENTS_MAX, quiet_ms: Self::QUIET_MS, still_ms: Self::STILL_MS }
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
    /// What each day had when it was looked at (its IDs added up), and since when.
    unchanged: BTreeMap<(Class, i64), (u64, i64)>,
}

/// Of one class and day.
type Day<'a> = (Class, i64, Vec<&'a SegmentMeta>);

impl Compactor {
    #[must_use]
    pub const fn new(policy: CompactionPolicy) -> Self {
        Self { policy, damaged: BTreeSet::new(), unchanged: BTreeMap::new() }
    }

    /// Segments that were found damaged since the start and are left as they are.
    #[must_use]
    pub const fn damaged(&self) -> &BTreeSet<SegmentId> {
        &self.damaged
    }

    /// Remembers since when each day has had the segments that it has: from the first look after the start, if not longer.
    pub fn look<'a>(&mut self, segments: impl IntoIterator<Item = &'a SegmentMeta>, now_ms: i64) {
        let mut days: BTreeMap<(Class, i64), u64> = BTreeMap::new();
        for meta in segments {
            let ids = days.entry((meta.class, meta.day)).or_default();
            *ids = ids.wrapping_add(meta.id.0);
        }
        self.unchanged.retain(|day, _| days.contains_key(day));
        for (day, ids) in days {
            let known = self.unchanged.entry(day).or_insert((ids, now_ms));
            if known.0 != ids {
                *known = (ids, now_ms);
            }
        }
    }

    fn is_still(&self, class: Class, day: i64, over_ms: i64, now_ms: i64) -> bool {
        let since_ms = self.unchanged.get(&(class, day)).map(|(_, since_ms)| *since_ms);
        over_ms >= self.policy.still_ms && since_ms.is_some_and(|since_ms| now_ms.saturating_sub(since_ms) >= self.policy.still_ms)
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
        let over_ms = now_ms.saturating_sub((day + 1).saturating_mul(DAY_MS));
        let is_over = over_ms >= self.policy.quiet_ms;
        let is_filling = total >= rows_max / 4 * 3;
        let rest = total - small.last().map_or(0, |largest| largest.rows);
        let burdens_counts = rest > COMPARED_MAX && overlaps(&small);
        let mut growth_percent = is_over.then_some(match (self.is_still(class, day, over_ms, now_ms), burdens_counts) {
            (true, _) => 101,
            (false, true) => 105,
            (false, false) => 150,
        });
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
        self.look(readable.clone().map(|(meta, _)| meta), now_ms);
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

/// Whether two of them share a moment.
fn overlaps(segments: &[&SegmentMeta]) -> bool {
    let mut spans: Vec<_> = segments.iter().map(|meta| (meta.first_ms, meta.last_ms)).collect();
    spans.sort_unstable();
    spans.iter().zip(spans.iter().skip(1)).any(|((_, last_ms), (next_ms, _))| next_ms <= last_ms)
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
        Ok(segment::write(lake.store.as_ref(), id, class, &mut self.rows, &self.extras, Effort::Lasting, Haste::Leisure)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAX: u64 = 8_000;
    const DAY: i64 = 20_000;
    const OPEN_MS: i64 = DAY * DAY_MS + 1;
    const OVER_MS: i64 = (DAY + 1) * DAY_MS + CompactionPolicy::QUIET_MS;

    fn meta(id: u64, rows: u64) -> SegmentMeta {
        SegmentMeta {
            id: SegmentId(id),
            class: Class::PASSAGE,
            day: DAY,
            rows,
            plates: 1,
            first_ms: DAY * DAY_MS,
            last_ms: DAY * DAY_MS,
            bytes: [0; 3],
            index_crc: 0,
        }
    }

    fn compactor() -> Compactor {
        Compactor::new(CompactionPolicy::of_rows(MAX))
    }

    /// Merges on paper until nothing is worth it; gives the rows written.
    fn settle(segments: &mut Vec<SegmentMeta>, next_id: &mut u64, now_ms: i64) -> u64 {
        let mut written = 0;
        while let Some(merge) = compactor().plan(segments.iter(), now_ms) {
            assert!(merge.ids.len() > 1 && merge.rows <= MAX);
            segments.retain(|meta| !merge.ids.contains(&meta.id));
            *next_id += 1;
            segments.push(meta(*next_id, merge.rows));
            written += merge.rows;
        }
        written
    }

    /// A day of flushes of these sizes, then its end: rows written in all, segments left.
    fn day(flushes: &[u64]) -> (u64, Vec<SegmentMeta>) {
        let (mut segments, mut next_id, mut written) = (Vec::new(), 0, 0);
        for rows in flushes {
            next_id += 1;
            segments.push(meta(next_id, *rows));
            written += rows + settle(&mut segments, &mut next_id, OPEN_MS);
        }
        written += settle(&mut segments, &mut next_id, OVER_MS);
        (written, segments)
    }

    #[test]
    fn a_day_that_arrives_in_order_is_written_twice_and_ends_in_full_segments() {
        for (flush, flushes) in [(1_000, 24), (1_000, 3), (250, 20), (3_000, 40), (100, 32), (5_000, 9)] {
            let sizes = vec![flush; flushes];
            let total = flush * flushes as u64;
            let (written, left) = day(&sizes);
            assert!(written <= 2 * total, "{flush} × {flushes}: {written} of {total}");
            assert!(left.len() as u64 <= total.div_ceil(MAX / 2), "{flush} × {flushes}: {} segments", left.len());
        }
    }

    #[test]
    fn stragglers_do_not_rewrite_the_day() {
        let mut segments = vec![meta(1, 3_900)];
        let (mut next_id, mut written) = (1, 0);
        for _ in 0..200 {
            next_id += 1;
            segments.push(meta(next_id, 1));
            written += settle(&mut segments, &mut next_id, OVER_MS);
        }
        assert!(written < 200 * 10, "{written} rows written for 200");
        assert!(segments.len() < 10, "{} segments", segments.len());
    }

    #[test]
    fn an_open_day_is_left_alone_until_it_has_many_or_fills_a_segment() {
        let few: Vec<_> = (0..32).map(|id| meta(id, 10)).collect();
        assert_eq!(compactor().plan(&few, OPEN_MS), None);
        let many: Vec<_> = (0..33).map(|id| meta(id, 10)).collect();
        assert_eq!(compactor().plan(&many, OPEN_MS).map(|merge| merge.ids.len()), Some(33));
        let full = [meta(1, MAX / 2), meta(2, MAX)];
        assert_eq!(compactor().plan(&full, OVER_MS), None);
    }

    #[test]
    fn two_unequal_parts_of_a_day_that_is_over_become_one_only_where_they_overlap() {
        let part = |id, rows, from_h: i64, until_h: i64| {
            let at = |hour| DAY * DAY_MS + hour * 3_600_000;
            SegmentMeta { first_ms: at(from_h), last_ms: at(until_h) - 1, ..meta(id, rows) }
        };
        let compactor = Compactor::new(CompactionPolicy::of_rows(16 << 20));
        let chosen = |parts: &[SegmentMeta], now_ms| compactor.plan(parts, now_ms).map(|merge| merge.ids.len());
        let raced = [part(1, 1_938_425, 0, 24), part(2, 200_000, 19, 23)];
        assert_eq!(chosen(&raced, OVER_MS), Some(2));
        assert_eq!(chosen(&raced, OPEN_MS), None, "the day is still arriving");
        assert_eq!(chosen(&[part(1, 1_938_425, 0, 19), part(2, 200_000, 19, 24)], OVER_MS), None);
        let few = COMPARED_MAX;
        assert_eq!(chosen(&[part(1, 300_000, 0, 24), part(2, few, 3, 4)], OVER_MS), None, "a count compares so many");
        assert_eq!(chosen(&[part(1, 300_000, 0, 24), part(2, few + 1, 3, 4)], OVER_MS), Some(2));
        assert_eq!(chosen(&[part(1, 8_000_000, 0, 24), part(2, 100_000, 3, 4)], OVER_MS), None, "not a twentieth of the day");
    }

    #[test]
    fn once_a_day_is_still_a_hundredth_of_it_joins_the_rest_and_less_does_not() {
        let still_ms = (DAY + 1) * DAY_MS + CompactionPolicy::STILL_MS;
        let chosen = |late, seen_ms, now_ms| {
            let parts = [meta(1, 3_000), meta(2, late)];
            let mut compactor = compactor();
            compactor.look(&parts, seen_ms);
            compactor.look(&parts, now_ms);
            compactor.plan(&parts, now_ms).map(|merge| merge.ids.len())
        };
        assert_eq!(chosen(30, OVER_MS - CompactionPolicy::QUIET_MS, still_ms), Some(2));
        assert_eq!(chosen(29, OVER_MS - CompactionPolicy::QUIET_MS, still_ms), None);
        assert_eq!(chosen(30, OPEN_MS, still_ms - 1), None, "more may follow");
        assert_eq!(chosen(30, OVER_MS, still_ms), None, "something came after the day's end: more may follow");
        assert_eq!(chosen(30, still_ms, still_ms + CompactionPolicy::STILL_MS), Some(2));
    }

    #[test]
    fn old_days_that_are_being_imported_are_not_still() {
        let year_later_ms = (DAY + 365) * DAY_MS;
        let mut compactor = compactor();
        let mut segments = vec![meta(1, 3_000)];
        let mut written = 0;
        for (id, now_ms) in (2..22).zip((year_later_ms..).step_by(60_000)) {
            segments.push(meta(id, 60));
            compactor.look(&segments, now_ms);
            if let Some(merge) = compactor.plan(&segments, now_ms) {
                segments.retain(|meta| !merge.ids.contains(&meta.id));
                segments.push(meta(1_000 + id, merge.rows));
                written += merge.rows;
            }
        }
        // Each late flush rewriting the day would be 63,000.
        assert!(written < 6_000, "{written} rows written for 1,200");
    }

    #[test]
    fn what_was_found_damaged_is_not_chosen_again() {
        let segments: Vec<_> = (0..3).map(|id| meta(id, 10)).collect();
        let mut compactor = compactor();
        compactor.damaged.insert(SegmentId(1));
        assert_eq!(compactor.plan(&segments, OVER_MS).map(|merge| merge.ids), Some(vec![SegmentId(0), SegmentId(2)]));
    }

    proptest! {
        #[test]
        fn whatever_the_flushes_are_it_ends_with_few_segments_and_bounded_writes(
            flushes in prop::collection::vec(1_u64..6_000, 1..120),
        ) {
            let total: u64 = flushes.iter().sum();
            let (written, left) = day(&flushes);
            prop_assert_eq!(left.iter().map(|meta| meta.rows).sum::<u64>(), total);
            let small = left.iter().filter(|meta| meta.rows < MAX / 2).count();
            prop_assert!(small <= 12, "{} small segments", small);
            prop_assert!(written <= total * 5, "{} of {}", written, total);
        }
    }
}
