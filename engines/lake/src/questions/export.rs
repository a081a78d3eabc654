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
