//! Rows in memory: acknowledged, not yet in a segment.
//!
//! What arrives goes to a tail of unsorted pieces. A tail that is full is sorted once, into a [`Run`], by whoever filled it and after
//! its callers have their answer; until then questions scan it.
//!
//! **Invariant:** pieces and runs never change once a question can see them: a view is a list of `Arc`s.

mod part;
mod run;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use part::MemoryPart;
pub use run::Run;

use crate::part::Window;
use crate::row::{Batch, Class, Extra, Row};

/// A tail of so many rows becomes a run: places in a run fit sixteen bits.
pub const RUN_ROWS: usize = 1 << 16;
/// Small batches are put together to pieces of so many rows, so that a view copies few pointers.
const PIECE_ROWS: usize = 2_048;

/// Unsorted rows, with what they point to.
#[derive(Debug, Clone, Default)]
pub struct Piece {
    pub(crate) rows: Vec<Row>,
    pub(crate) extras: Vec<Extra>,
}

impl Piece {
    fn take_in(&mut self, rows: &[Row], extras: Vec<Extra>) {
        let base = u32::try_from(self.extras.len()).unwrap_or(u32::MAX);
        self.rows.extend(rows.iter().map(|row| Row { extra: if row.extra == 0 { 0 } else { row.extra + base }, ..*row }));
        self.extras.extend(extras);
    }
}

/// Rows of one class.
#[derive(Debug, Clone, Default)]
struct Table {
    runs: Arc<Vec<Arc<Run>>>,
    /// Tails that are full and wait to be sorted.
    full: Vec<Arc<Vec<Arc<Piece>>>>,
    tail: Vec<Arc<Piece>>,
    tail_rows: usize,
    span: Option<Window>,
}

impl Table {
    fn take_in(&mut self, rows: Vec<Row>, extras: Vec<Extra>) {
        for row in &rows {
            let span = self.span.get_or_insert(Window { from_ms: row.at_ms, until_ms: row.at_ms.saturating_add(1) });
            span.from_ms = span.from_ms.min(row.at_ms);
            span.until_ms = span.until_ms.max(row.at_ms.saturating_add(1));
        }
        self.tail_rows += rows.len();
        match self.tail.last_mut() {
            Some(piece) if piece.rows.len() + rows.len() <= PIECE_ROWS => Arc::make_mut(piece).take_in(&rows, extras),
            _ => self.tail.push(Arc::new(Piece { rows, extras })),
        }
        if self.tail_rows >= RUN_ROWS {
            self.full.push(Arc::new(std::mem::take(&mut self.tail)));
            self.tail_rows = 0;
        }
    }

    fn part(&self, class: Class) -> Option<MemoryPart> {
        let span = self.span?;
        let pieces = self.full.iter().flat_map(|full| full.iter()).chain(&self.tail).cloned().collect();
        Some(MemoryPart { class, span, runs: Arc::clone(&self.runs), pieces })
    }
}

/// All classes.
#[derive(Debug, Clone, Default)]
pub struct Memtable {
    tables: [Table; Class::ALL.len()],
    rows: u64,
    /// Whose receipts change with the flush of these rows.
    devices: BTreeSet<u32>,
}

/// A full tail, to be sorted while nobody waits.
pub struct Unsorted {
    class: Class,
    pieces: Arc<Vec<Arc<Piece>>>,
}

impl Unsorted {
    #[must_use]
    pub fn sort(&self) -> Vec<Arc<Run>> {
        Run::sorted(&self.pieces).into_iter().map(Arc::new).collect()
    }
}

impl Memtable {
    pub fn take_in(&mut self, batch: Batch) {
        if batch.rows.is_empty() {
            return;
        }
        self.rows += batch.rows.len() as u64;
        self.devices.insert(batch.device);
        if let Some(table) = self.tables.get_mut(usize::from(batch.class.0)) {
            table.take_in(batch.rows, batch.extras);
        }
    }

    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    #[must_use]
    pub const fn devices(&self) -> &BTreeSet<u32> {
        &self.devices
    }

    /// Time of the oldest passage.
    #[must_use]
    pub fn oldest_ms(&self) -> Option<i64> {
        self.tables.iter().filter_map(|table| Some(table.span?.from_ms)).min()
    }

    /// One of each class that has rows.
    pub fn parts(&self) -> impl Iterator<Item = MemoryPart> {
        Class::ALL.into_iter().zip(&self.tables).filter_map(|(class, table)| table.part(class))
    }

    /// Some full tail.
    #[must_use]
    pub fn unsorted(&self) -> Option<Unsorted> {
        let waiting = Class::ALL.into_iter().zip(&self.tables).find_map(|(class, table)| Some((class, table.full.first()?)));
        waiting.map(|(class, pieces)| Unsorted { class, pieces: Arc::clone(pieces) })
    }

    /// Puts the runs in the place of the tail that they were sorted from; nothing happens when it is not there any more.
    pub fn put_sorted(&mut self, from: &Unsorted, runs: Vec<Arc<Run>>) {
        let Some(table) = self.tables.get_mut(usize::from(from.class.0)) else { return };
        if let Some(place) = table.full.iter().position(|full| Arc::ptr_eq(full, &from.pieces)) {
            table.full.remove(place);
            Arc::make_mut(&mut table.runs).extend(runs);
        }
    }
}
