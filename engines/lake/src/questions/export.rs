//! All full records of a window, handed over in chunks: any size, in little memory.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::area::place_of;
use super::asking::Asking;
use super::{Answer, Area, AskError, Limits, Partial, View};
use crate::code::PlateCode;
use crate::part::{Part, PartError, Window};
use crate::row::{Class, FullRecord, Key};

/// Records that are handed over at once.
pub const CHUNK_ROWS: usize = 8_192;
/// Keys that are held to recognise a passage that several parts hold: 24 bytes each and the set's own.
pub const HELD_MAX: usize = 8_000_000;
/// Records between two looks at whether the asker has stopped.
const ROWS_PER_LOOK: u64 = 4_096;

/// What is exported. Everything that is `None` is not looked at.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub window: Window,
    pub class: Option<Class>,
    pub area: Option<Area>,
    /// Sorted.
    pub sources: Option<Vec<u32>>,
    /// Sorted.
    pub plates: Option<Vec<PlateCode>>,
}

impl Wanted {
    #[must_use]
    pub const fn all_of(window: Window) -> Self {
        Self { window, class: None, area: None, sources: None, plates: None }
    }

    fn holds(&self, record: &FullRecord, view: &View) -> bool {
        let row = &record.row;
        self.window.holds(row.at_ms)
            && self.class.is_none_or(|class| class == record.class)
            && self.sources.as_ref().is_none_or(|sources| sources.binary_search(&row.source).is_ok())
            && self.plates.as_ref().is_none_or(|plates| plates.binary_search(&row.plate).is_ok())
            && self.area.as_ref().is_none_or(|area| {
                place_of(&row.seen(), &view.sources).is_some_and(|(lon_e6, lat_e6)| area.holds(lon_e6, lat_e6))
            })
    }
}

/// Some of the records.
pub struct Chunk<'c> {
    pub records: &'c [FullRecord],
    /// Share of the lake's rows that have been looked at, 0 to 1.
    pub done: f64,
}

/// Hands every wanted record to `take`, each passage once, in chunks of at most [`CHUNK_ROWS`]; at least one chunk, empty when
/// there is nothing, and the last says that all is done. Segments come from the oldest to the newest, and within one the
/// order is source, time, plate. Ends early when `take` breaks, when the asker stops, or after `limits.rows_max` records. The
/// answer holds the number of records that were handed over.
///
/// # Errors
/// When the window is empty.
pub fn ask(
    view: &View,
    wanted: &Wanted,
    limits: Limits<'_>,
    take: &mut dyn FnMut(Chunk<'_>) -> ControlFlow<()>,
) -> Result<Answer<u64>, AskError> {
    let mut asking = Asking::new(view, wanted.window, limits)?;
    let mut parts = asking.parts(wanted.window);
    parts.retain(|part| wanted.class.is_none_or(|class| class == part.class()));
    parts.sort_by_key(|part| (part.span().from_ms, part.rows()));
    let mut out =
        Out { chunk: Vec::new(), handed: 0, looked_at: 0, rows: parts.iter().map(|part| part.rows()).sum(), end: None, take };
    let mut held: HashSet<Key> = HashSet::new();
    for (index, part) in parts.iter().enumerate() {
        if !asking.goes_on() || out.end.is_some() {
            break;
        }
        forget_keys(&mut held, parts.get(index..).unwrap_or_default());
        let read = export_part(&asking, wanted, *part, parts.get(index + 1..).unwrap_or_default(), &mut held, &mut out);
        match (read, out.end) {
            (Err(_), Some(End::HeldTooMany)) => asking.note(Partial::Limit { limit: HELD_MAX }),
            (Err(_), Some(End::Limit)) => asking.note(Partial::Limit { limit: limits.rows_max }),
            (Err(_), Some(End::Stopped)) => asking.note(Partial::Stopped),
            (read, _) => asking.note_read(read),
        }
    }
    if out.end != Some(End::Stopped) {
        out.looked_at = out.rows;
        if out.flush().is_break() {
            asking.note(Partial::Stopped);
        }
    }
    let handed = out.handed;
    Ok(asking.whole_answer(vec![handed]))
}

/// Parts come by their beginning: keys before the next one's cannot come again.
fn forget_keys(held: &mut HashSet<Key>, coming: &[&dyn Part]) {
    let from_ms = coming.iter().map(|part| part.span().from_ms).min().unwrap_or(i64::MAX);
    held.retain(|key| key.at_ms >= from_ms);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Stopped,
    Limit,
    HeldTooMany,
}

struct Out<'t> {
    chunk: Vec<FullRecord>,
    handed: u64,
    looked_at: u64,
    rows: u64,
    end: Option<End>,
    take: &'t mut dyn FnMut(Chunk<'_>) -> ControlFlow<()>,
}

impl Out<'_> {
    fn flush(&mut self) -> ControlFlow<()> {
        let done = if self.rows == 0 { 1.0 } else { self.looked_at.min(self.rows) as f64 / self.rows as f64 };
        self.handed += self.chunk.len() as u64;
        let flow = (self.take)(Chunk { records: &self.chunk, done });
        self.chunk.clear();
        flow
    }

    /// An error that ends `each_record`; `end` says why.
    fn stop(&mut self, end: End) -> PartError {
        self.end = Some(end);
        PartError::Damaged { file: String::new(), offset: 0, detail: "the export has ended".into() }
    }
}

fn export_part(
    asking: &Asking<'_>,
    wanted: &Wanted,
    part: &dyn Part,
    later: &[&dyn Part],
    held: &mut HashSet<Key>,
    out: &mut Out<'_>,
) -> Result<(), PartError> {
    let limits = asking.limits;
    let is_shared = |at_ms: i64| later.iter().any(|other| other.span().holds(at_ms));
    part.each_record(&mut |record| {
        out.looked_at += 1;
        if out.looked_at.is_multiple_of(ROWS_PER_LOOK) && (limits.is_stopped)() {
            return Err(out.stop(End::Stopped));
        }
        if !wanted.holds(&record, asking.view) {
            return Ok(());
        }
        let key = record.row.key();
        if held.contains(&key) {
            return Ok(());
        }
        if is_shared(key.at_ms) {
            if held.len() >= HELD_MAX {
                return Err(out.stop(End::HeldTooMany));
            }
            held.insert(key);
        }
        if out.handed + out.chunk.len() as u64 >= limits.rows_max as u64 {
            return Err(out.stop(End::Limit));
        }
        out.chunk.push(record);
        if out.chunk.len() >= CHUNK_ROWS && out.flush().is_break() {
            return Err(out.stop(End::Stopped));
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::export_parquet::ParquetExport;
    use super::super::testing::{at_most, everything, plate, window, world};
    use super::*;

    proptest! {
        #[test]
        fn an_export_is_every_wanted_record_once(
            world in world(), window in window(), is_kept in any::<bool>(), sources in proptest::option::of(proptest::collection::btree_set(0..8_u32, 0..4)),
            number in proptest::option::of(0..7_usize), rows_max in 0..400_usize,
        ) {
            let wanted = Wanted {
                window,
                class: is_kept.then_some(Class::KEPT),
                area: None,
                sources: sources.map(|sources| sources.into_iter().collect()),
                plates: number.map(|number| vec![plate(number)]),
            };
            let mut expected: std::collections::BTreeSet<Key> = std::collections::BTreeSet::new();
            for part in &world.view.parts {
                let read = part.each_record(&mut |record| {
                    let row = record.row;
                    let is_wanted = window.holds(row.at_ms)
                        && (!is_kept || record.class == Class::KEPT)
                        && wanted.sources.as_ref().is_none_or(|sources| sources.contains(&row.source))
                        && wanted.plates.as_ref().is_none_or(|plates| plates.contains(&row.plate));
                    if is_wanted {
                        expected.insert(row.key());
                    }
                    Ok(())
                });
                prop_assert_eq!(read, Ok(()));
            }
            let mut keys: Vec<Key> = Vec::new();
            let mut done = -1.0;
            let answer = ask(&world.view, &wanted, at_most(10_000), &mut |chunk| {
                assert!(done <= chunk.done && chunk.done <= 1.0);
                done = chunk.done;
                keys.extend(chunk.records.iter().map(|record| record.row.key()));
                ControlFlow::Continue(())
            });
            prop_assert_eq!(answer, Ok(Answer { rows: vec![expected.len() as u64], partial: vec![] }));
            prop_assert!((done - 1.0).abs() < f64::EPSILON);
            keys.sort();
            prop_assert_eq!(&keys, &expected.into_iter().collect::<Vec<_>>());
            let some = ask(&world.view, &wanted, at_most(rows_max), &mut |_| ControlFlow::Continue(()));
            let partial = if rows_max < keys.len() { vec![Partial::Limit { limit: rows_max }] } else { vec![] };
            prop_assert_eq!(some, Ok(Answer { rows: vec![rows_max.min(keys.len()) as u64], partial }));
        }

        #[test]
        fn an_exported_file_is_parquet_with_every_record(world in world()) {
            use parquet::file::reader::{FileReader, SerializedFileReader};
            let mut file = ParquetExport::new(Vec::new()).unwrap_or_else(|e| panic!("{e}"));
            let wanted = Wanted::all_of(everything());
            let answer = ask(&world.view, &wanted, at_most(10_000), &mut |chunk| {
                file.write(chunk.records).unwrap_or_else(|e| panic!("{e}"));
                ControlFlow::Continue(())
            });
            prop_assert!(answer.is_ok_and(|answer| answer.is_whole()));
            let bytes = file.finish().unwrap_or_else(|e| panic!("{e}"));
            let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap_or_else(|e| panic!("{e}"));
            let mut rows: Vec<(i64, i32, String)> = Vec::new();
            for row in reader.get_row_iter(None).unwrap_or_else(|e| panic!("{e}")) {
                use parquet::record::{Field, RowAccessor};
                let row = row.unwrap_or_else(|e| panic!("{e}"));
                let text = row.get_string(0).unwrap_or_else(|e| panic!("{e}")).clone();
                let Some((_, Field::TimestampMillis(at_ms))) = row.get_column_iter().nth(1) else { panic!("captured_at is a time") };
                rows.push((*at_ms, row.get_int(2).unwrap_or_else(|e| panic!("{e}")), text));
            }
            let mut expected: Vec<(i64, i32, String)> =
                world.all.iter().filter(|seen| everything().holds(seen.at_ms)).map(|seen| (seen.at_ms, seen.source.cast_signed(), seen.plate.to_string())).collect();
            rows.sort();
            expected.sort();
            prop_assert_eq!(rows, expected);
        }
    }

    #[test]
    fn a_taker_that_breaks_ends_the_export() {
        let (_, world) = super::super::testing::half_damaged();
        let answer = ask(&world.view, &Wanted::all_of(everything()), at_most(10_000), &mut |_| ControlFlow::Break(()));
        assert_eq!(answer.map(|answer| answer.partial), Ok(vec![Partial::Stopped]));
    }
}
