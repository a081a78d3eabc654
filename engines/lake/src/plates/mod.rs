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

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test that indexes wrongly fails")]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use shouhu_files::{Files, SimFiles};

    use super::*;

    /// A part that has nothing but plates.
    struct Plates(SegmentId, Class, BTreeMap<PlateCode, u32>);

    impl Part for Plates {
        fn id(&self) -> Option<SegmentId> {
            Some(self.0)
        }
        fn class(&self) -> Class {
            self.1
        }
        fn rows(&self) -> u64 {
            self.2.values().copied().map(u64::from).sum()
        }
        fn span(&self) -> crate::part::Window {
            crate::part::Window { from_ms: 0, until_ms: 1 }
        }
        fn of_plate(&self, _: PlateCode, _: crate::part::Window, _: &mut Vec<crate::row::Seen>) -> Result<(), PartError> {
            Ok(())
        }
        fn at_moments(
            &self,
            _: &[crate::part::Moment],
            _: crate::part::Want,
            _: &mut dyn FnMut(usize, crate::row::Seen),
        ) -> Result<(), PartError> {
            Ok(())
        }
        fn moving(
            &self,
            _: crate::part::Window,
            _: crate::part::Bounds,
            _: &mut dyn FnMut(crate::row::Seen),
        ) -> Result<(), PartError> {
            Ok(())
        }
        fn tally(&self, _: i64, _: i64, _: &mut dyn FnMut(u32, i64, u32)) -> Result<(), PartError> {
            Ok(())
        }
        fn tally_hours(&self, _: i64, _: i64, _: &mut dyn FnMut(i64, u32)) -> Result<(), PartError> {
            Ok(())
        }
        fn each_plate(&self, found: &mut dyn FnMut(PlateCode, u32)) -> Result<(), PartError> {
            self.2.iter().for_each(|(plate, rows)| found(*plate, *rows));
            Ok(())
        }
        fn record(&self, _: crate::row::Key) -> Result<Option<crate::row::FullRecord>, PartError> {
            Ok(None)
        }
        fn each_record(&self, _: &mut dyn FnMut(crate::row::FullRecord) -> Result<(), PartError>) -> Result<(), PartError> {
            Ok(())
        }
    }

    fn sum(parts: &[&Plates], class: Class) -> BTreeMap<PlateCode, u64> {
        let mut sum: BTreeMap<PlateCode, u64> = BTreeMap::new();
        for (plate, rows) in parts.iter().filter(|part| part.1 == class).flat_map(|part| &part.2) {
            *sum.entry(*plate).or_default() += u64::from(*rows);
        }
        sum
    }

    fn held(book: &PlateBook, class: Class) -> BTreeMap<PlateCode, u64> {
        let mut held: BTreeMap<PlateCode, u64> = BTreeMap::new();
        for run in book.runs.iter().filter(|run| run.class == class) {
            assert!(run.plates.is_sorted_by(|a, b| a < b) && run.rows.iter().all(|rows| *rows > 0));
            for (plate, rows) in run.iter() {
                *held.entry(plate).or_default() += u64::from(rows);
            }
        }
        held
    }

    prop_compose! {
        fn segment(id: u64)(
            plates in proptest::collection::btree_map("[A-D]{1,3}", 1..9_u32, 0..30), is_kept in proptest::bool::weighted(0.2),
        ) -> Plates {
            let plates = plates.into_iter().filter_map(|(text, rows)| Some((PlateCode::parse(&text).ok()?, rows))).collect();
            Plates(SegmentId(id), if is_kept { Class::KEPT } else { Class::PASSAGE }, plates)
        }
    }

    fn segments() -> impl Strategy<Value = Vec<Plates>> {
        (1..9_u64).prop_flat_map(|count| (0..count).map(segment).collect::<Vec<_>>())
    }

    /// What is done to a book: segments in, segments out, and the power going off.
    #[derive(Debug, Clone)]
    enum Act {
        Add(usize),
        Drop(usize),
        Merge(usize, usize, usize),
        Save,
        Reopen,
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let act = prop_oneof![
            4 => (0..9_usize).prop_map(Act::Add),
            2 => (0..9_usize).prop_map(Act::Drop),
            1 => (0..9_usize, 0..9_usize, 0..9_usize).prop_map(|(a, b, c)| Act::Merge(a, b, c)),
            2 => Just(Act::Save),
            1 => Just(Act::Reopen),
        ];
        proptest::collection::vec(act, 0..25)
    }

    impl std::fmt::Debug for Plates {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{:?} {:?} {:?}", self.0, self.1, self.2)
        }
    }

    proptest! {
        #[test]
        fn a_book_holds_what_its_segments_hold_through_exchanges_and_restarts(segments in segments(), acts in acts()) {
            let files = SimFiles::default();
            let (mut book, mut live): (PlateBook, Vec<usize>) = (PlateBook::empty(), Vec::new());
            for act in acts {
                match act {
                    Act::Add(number) if number < segments.len() && !live.contains(&number) => {
                        let part = &segments[number];
                        book = book.with_segment(part.0, part).unwrap_or_else(|e| panic!("{e}"));
                        live.push(number);
                    }
                    Act::Drop(number) if live.contains(&number) => {
                        let part = &segments[number];
                        book = book.without_segment(part.0, part).unwrap_or_else(|e| panic!("{e}"));
                        live.retain(|other| *other != number);
                    }
                    Act::Merge(a, b, c) if a != b && live.contains(&a) && live.contains(&b) && c < segments.len() && !live.contains(&c) => {
                        let parts = [&segments[a], &segments[b], &segments[c]].map(|part| (part.0, part as &dyn Part));
                        book = book.exchange(&parts[..2], &parts[2..]).unwrap_or_else(|e| panic!("{e}"));
                        live.retain(|other| *other != a && *other != b);
                        live.push(c);
                    }
                    Act::Save => book.save(&files).unwrap_or_else(|e| panic!("{e}")),
                    Act::Reopen => {
                        let ids: Vec<SegmentId> = live.iter().map(|number| segments[*number].0).collect();
                        let loaded = PlateBook::load(&files, &ids).unwrap_or_else(|e| panic!("{e}"));
                        prop_assert!(loaded.damaged.is_empty());
                        book = loaded.book;
                        for id in loaded.uncovered {
                            prop_assert!(!book.covers(id));
                            let part = segments.iter().find(|part| part.0 == id).unwrap_or_else(|| panic!("only live ones"));
                            book = book.with_segment(id, part).unwrap_or_else(|e| panic!("{e}"));
                        }
                    }
                    _ => {}
                }
                let parts: Vec<&Plates> = live.iter().map(|number| &segments[*number]).collect();
                for class in [Class::PASSAGE, Class::KEPT] {
                    prop_assert_eq!(held(&book, class), sum(&parts, class));
                }
            }
        }
    }

    #[test]
    fn a_saved_book_covers_its_segments_and_a_damaged_one_is_named() {
        let files = SimFiles::default();
        let plates = |texts: &[&str]| texts.iter().filter_map(|text| Some((PlateCode::parse(text).ok()?, 2))).collect();
        let (a, b) = (
            Plates(SegmentId(7), Class::PASSAGE, plates(&["AB-12", "CD-34"])),
            Plates(SegmentId(9), Class::KEPT, plates(&["AB-12"])),
        );
        let book = PlateBook::of([&a as &dyn Part, &b]).unwrap_or_else(|e| panic!("{e}"));
        assert!(book.save(&files).is_ok());
        let loaded = |live: &[SegmentId]| PlateBook::load(&files, live).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(loaded(&[a.0, b.0]).uncovered, vec![]);
        assert_eq!(loaded(&[b.0, SegmentId(11)]).uncovered, vec![SegmentId(11)], "a run whose segment is gone is left out");
        assert_eq!(loaded(&[b.0]).book.rows_of(&[Class::PASSAGE, Class::KEPT], PlateCode::parse("AB-12").unwrap_or_default()), 2);

        let names = files.list("plates").unwrap_or_else(|e| panic!("{e}"));
        for name in &names {
            let mut bytes = files.read(name).unwrap_or_else(|e| panic!("{e}"));
            if let Some(byte) = bytes.get_mut(9) {
                *byte ^= 4;
            }
            files.put(name, &bytes).unwrap_or_else(|e| panic!("{e}"));
        }
        let loaded = loaded(&[a.0, b.0]);
        assert_eq!((loaded.uncovered, loaded.damaged.len()), (vec![a.0, b.0], 2));
        assert!(loaded.damaged.iter().all(|error| names.iter().any(|name| error.to_string().contains(name))));
    }
}
