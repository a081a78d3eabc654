//! Every distinct plate of the lake with its number of rows: answers patterns without reading a row.
//!
//! A book is a few sorted [`Run`]s per class, each covering some segments, the largest several times the next: a new segment
//! is merged with small runs only, and a pattern is looked up in each. Books never change; the lake makes a new one beside
//! the old and exchanges them, so that no question waits.
//!
//! **Invariant:** within a class each segment is covered by at most one run, and a run holds exactly the plates of the
//! segments that it covers, with the sum of their rows.

mod automaton;
mod file;
mod like;
mod run;
mod scan;

use std::sync::Arc;

pub use file::{BookError, Loaded};
pub use like::{Like, PatternError};
use run::Run;

use crate::catalogue::SegmentId;
use crate::code::PlateCode;
use crate::part::{Part, PartError};
use crate::row::Class;

/// A run is merged with the next larger one unless that is more than this many times as large.
const RATIO: usize = 3;

/// Distinct plates by class, sorted, from memory. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct PlateBook {
    runs: Vec<Arc<Run>>,
}

impl PlateBook {
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// The book of exactly these segments; parts in memory are left out.
    ///
    /// # Errors
    /// When a part cannot be read.
    pub fn of<'p>(parts: impl IntoIterator<Item = &'p dyn Part>) -> Result<Self, PartError> {
        let mut book = Self::empty();
        for part in parts {
            if let Some(id) = part.id() {
                book = book.with_segment(id, part)?;
            }
        }
        Ok(book)
    }

    #[must_use]
    pub fn covers(&self, id: SegmentId) -> bool {
        self.runs.iter().any(|run| run.covers(id))
    }

    /// Sorted.
    #[must_use]
    pub fn covered(&self) -> Vec<SegmentId> {
        let mut ids: Vec<SegmentId> = self.runs.iter().flat_map(|run| run.segments.iter().copied()).collect();
        ids.sort_unstable();
        ids
    }

    /// Plates of all runs: one that several runs or classes have counts once for each.
    #[must_use]
    pub fn plates(&self) -> usize {
        self.runs.iter().map(|run| run.plates.len()).sum()
    }

    /// Bytes in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.runs.iter().map(|run| run.bytes()).sum()
    }

    /// The book with one segment more; unchanged when it is covered already.
    ///
    /// # Errors
    /// When the part cannot be read.
    pub fn with_segment(&self, id: SegmentId, part: &dyn Part) -> Result<Self, PartError> {
        self.exchange(&[], &[(id, part)])
    }

    /// The book with one segment less, whose plates are read once more; unchanged when it is not covered.
    ///
    /// # Errors
    /// When the part cannot be read: make the book anew with [`Self::of`] then.
    pub fn without_segment(&self, id: SegmentId, part: &dyn Part) -> Result<Self, PartError> {
        self.exchange(&[(id, part)], &[])
    }

    /// Both at once, as compaction does: large runs are then rewritten once.
    ///
    /// # Errors
    /// When a part cannot be read.
    pub fn exchange(&self, drop: &[(SegmentId, &dyn Part)], add: &[(SegmentId, &dyn Part)]) -> Result<Self, PartError> {
        let mut runs = Vec::with_capacity(self.runs.len() + add.len());
        for run in &self.runs {
            let dropped: Vec<_> = drop.iter().filter(|(id, _)| run.covers(*id)).copied().collect();
            if dropped.is_empty() {
                runs.push(run.clone());
            } else if let Some(rest) = run.without(&dropped)? {
                runs.push(Arc::new(rest));
            }
        }
        for (id, part) in add {
            if !runs.iter().any(|run| run.covers(*id)) {
                runs.push(Arc::new(Run::read(*id, *part)?));
            }
        }
        Ok(Self { runs: settled(runs) })
    }

    /// Hands every plate of these classes that the pattern fits to `found`, with its rows; a plate comes once for each run
    /// that has it. Rows that lie in two segments until they are merged count twice.
    pub fn each_like(&self, classes: &[Class], like: &Like, found: &mut dyn FnMut(PlateCode, u32)) {
        for run in self.runs.iter().filter(|run| classes.contains(&run.class)) {
            run.each_like(like, found);
        }
    }

    /// Rows of one plate in these classes.
    #[must_use]
    pub fn rows_of(&self, classes: &[Class], plate: PlateCode) -> u64 {
        let of_run = |run: &Arc<Run>| run.rows_of(plate).map_or(0, u64::from);
        self.runs.iter().filter(|run| classes.contains(&run.class)).map(of_run).sum()
    }
}

/// Merges runs of one class until each is more than [`RATIO`] times as large as the next.
fn settled(runs: Vec<Arc<Run>>) -> Vec<Arc<Run>> {
    let mut settled: Vec<Arc<Run>> = Vec::with_capacity(runs.len());
    let mut classes: Vec<Class> = runs.iter().map(|run| run.class).collect();
    classes.sort_unstable();
    classes.dedup();
    for class in classes {
        let mut of_class: Vec<Arc<Run>> = runs.iter().filter(|run| run.class == class).cloned().collect();
        of_class.sort_by_key(|run| std::cmp::Reverse(run.plates.len()));
        while let [.., larger, smallest] = of_class.as_slice()
            && larger.plates.len() <= smallest.plates.len().saturating_mul(RATIO)
        {
            let merged = Arc::new(larger.merged(smallest));
            of_class.truncate(of_class.len() - 2);
            let place = of_class.partition_point(|run| run.plates.len() > merged.plates.len());
            of_class.insert(place, merged);
        }
        settled.append(&mut of_class);
    }
    settled
}
