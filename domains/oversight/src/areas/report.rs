//! Makes the report of what the rooms have counted. No I/O: it walks outlines for every place, so that it belongs on a thread of its own.

use std::collections::BTreeMap;

use shouhu_calendar::Month;
use shouhu_module::ports::{PlacedCount, Tallied};

use super::judge::{Part, ratios, references};
use super::mask::Told;
use super::shapes::{Areas, Lookup};
use super::{
    AreaComparison, AreaCounts, AreaLeftOut, AreaReport, Counted, Measure, Reference, STATEMENT_EN, STATEMENT_ZH, TOLD_MIN, WhyLeftOut,
};

const MEASURES: [Measure; 4] = [Measure::Passages, Measure::Hits, Measure::CheckIns, Measure::Errors];

/// Of what a report is made.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    pub month: Month,
    pub version: i64,
}

/// What was counted before, and what the rooms have answered about the rest.
#[derive(Debug, Default)]
pub struct Answers {
    /// By area, and at the end what lies in none, or nowhere.
    counts: BTreeMap<Counted, Vec<u64>>,
    placed: BTreeMap<Counted, Vec<PlacedCount>>,
    left_out: Vec<AreaLeftOut>,
}

impl Answers {
    #[must_use]
    pub fn knowing(counts: BTreeMap<Counted, Vec<u64>>) -> Self {
        Self { counts, ..Self::default() }
    }

    /// Of this no room needs to be asked.
    #[must_use]
    pub fn knows(&self, counted: Counted) -> bool {
        self.counts.contains_key(&counted)
    }

    /// Sorts by area what the rooms have answered; returns what is new.
    pub fn sort(&mut self, areas: &Areas) -> BTreeMap<Counted, Vec<u64>> {
        if self.placed.is_empty() {
            return BTreeMap::new();
        }
        let lookup = Lookup::of(areas);
        let placed = std::mem::take(&mut self.placed);
        let new: BTreeMap<_, _> = placed.iter().map(|(counted, placed)| (*counted, sorted(&lookup, areas.areas.len(), placed))).collect();
        for (counted, counts) in &new {
            self.counts.entry(*counted).or_insert_with(|| counts.clone());
        }
        new
    }

    /// What was written down holds, whoever counted it.
    #[must_use]
    pub fn as_kept(self, counts: BTreeMap<Counted, Vec<u64>>) -> Self {
        Self { counts, ..self }
    }

    /// `None`: no room answers.
    pub fn take(&mut self, counted: Counted, tallied: Option<Tallied<PlacedCount>>) {
        let (reason, kept_since_us) = match tallied {
            Some(Tallied::Whole(placed)) => {
                self.placed.insert(counted, placed);
                return;
            }
            Some(Tallied::Destroyed { before }) => (WhyLeftOut::Destroyed, Some(before)),
            Some(Tallied::Incomplete) => (WhyLeftOut::Incomplete, None),
            None => (WhyLeftOut::NotCounted, None),
        };
        self.left_out.push(AreaLeftOut { counted, reason, kept_since_us });
    }
}

/// One count, and what is told of it.
struct Column {
    /// By area, and at the end what lies in none.
    counts: Vec<u64>,
    told: Told,
}

struct Columns {
    residents: Option<Column>,
    counted: BTreeMap<Counted, Column>,
}

impl Columns {
    fn measure(&self, measure: Measure) -> Option<&Column> {
        self.counted.get(&match measure {
            Measure::Passages => Counted::Passages,
            Measure::Hits => Counted::Hits,
            Measure::CheckIns => Counted::CheckIns,
            Measure::Errors => Counted::Errors,
        })
    }

    fn reference(&self, reference: Reference) -> Option<&Column> {
        match reference {
            Reference::Residents => self.residents.as_ref(),
            Reference::Reports => self.counted.get(&Counted::Reports),
            Reference::Hits => self.counted.get(&Counted::Hits),
        }
    }

    fn cell(&self, counted: Counted, index: usize) -> Option<u64> {
        self.counted.get(&counted)?.told.cell(index)
    }
}

#[must_use]
pub fn made(head: Head, areas: &Areas, mut answers: Answers) -> AreaReport {
    answers.sort(areas);
    let column = |(counted, counts): (Counted, Vec<u64>)| (counted, Column { told: Told::of(&counts), counts });
    let columns = Columns { residents: residents(areas), counted: answers.counts.into_iter().map(column).collect() };
    let mut comparisons = Vec::new();
    for measure in MEASURES {
        for reference in references(measure) {
            if let (Some(of), Some(against)) = (columns.measure(measure), columns.reference(*reference)) {
                comparisons.push(compared(areas, (measure, of), (*reference, against)));
            }
        }
    }
    AreaReport {
        month: head.month.to_string(),
        areas_version: head.version,
        told_min: TOLD_MIN,
        areas: areas.areas.iter().enumerate().map(|(index, area)| line(&columns, index, &area.name, area.residents)).collect(),
        outside: line(&columns, areas.areas.len(), "", None),
        left_out: answers.left_out,
        comparisons,
        statement_zh: STATEMENT_ZH,
        statement_en: STATEMENT_EN,
    }
}

/// By area, and at the end what lies in none, or nowhere.
fn sorted(lookup: &Lookup<'_>, areas: usize, placed: &[PlacedCount]) -> Vec<u64> {
    let mut counts = vec![0_u64; areas + 1];
    for one in placed {
        let at = one.position.and_then(|place| lookup.find(place)).unwrap_or(areas);
        if let Some(sum) = counts.get_mut(at) {
            *sum = sum.saturating_add(one.count);
        }
    }
    counts
}

/// A reference only where all areas have theirs: those of a part would make its share too large.
fn residents(areas: &Areas) -> Option<Column> {
    let counts: Vec<u64> = areas.areas.iter().map(|area| area.residents).chain([Some(0)]).collect::<Option<_>>()?;
    Some(Column { told: Told::openly(&counts), counts })
}

fn line(columns: &Columns, index: usize, name: &str, residents: Option<u64>) -> AreaCounts {
    let cell = |counted| columns.cell(counted, index);
    AreaCounts {
        area: name.to_owned(),
        residents,
        reports: cell(Counted::Reports),
        passages: cell(Counted::Passages),
        hits: cell(Counted::Hits),
        check_ins: cell(Counted::CheckIns),
        errors: cell(Counted::Errors),
    }
}

fn compared(areas: &Areas, (measure, of): (Measure, &Column), (reference, against): (Reference, &Column)) -> AreaComparison {
    let counts = of.counts.iter().zip(&against.counts);
    let parts: Vec<Part<'_>> =
        areas.areas.iter().zip(counts).map(|(area, (measure, reference))| Part { area: &area.name, measure: *measure, reference: *reference }).collect();
    let (total, reference_total) = (of.told.total(), against.told.total());
    let mut lines = Vec::new();
    // A share and its area's number tell the total, and a share and the total the number.
    if total.is_some() && reference_total.is_some() {
        let is_told = |index: usize| of.told.cell(index).is_some() && against.told.cell(index).is_some();
        lines = ratios(&parts, reference).into_iter().enumerate().filter(|(index, _)| is_told(*index)).filter_map(|(_, line)| line).collect();
    }
    lines.sort_by(|one, two| two.ratio_low.total_cmp(&one.ratio_low).then_with(|| one.area.cmp(&two.area)));
    AreaComparison { measure, reference, total, reference_total, hidden: parts.len().saturating_sub(lines.len()), lines }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use shouhu_ids::Micros;
    use shouhu_place::Wgs84;

    use super::super::shapes::Area;
    use super::*;

    const ALL: [Counted; 5] = [Counted::Reports, Counted::Passages, Counted::Hits, Counted::CheckIns, Counted::Errors];
    const LEAST: u64 = TOLD_MIN.unsigned_abs();

    fn head() -> Head {
        Head { month: Month::parse("2026-11").unwrap(), version: 1 }
    }

    /// Squares in a row, each a degree wide.
    fn row_of(residents: &[Option<u64>]) -> Areas {
        let area = |(index, residents): (usize, &Option<u64>)| {
            let (west, east) = (index as f64, index as f64 + 1.0);
            let ring = vec![[west, 0.0], [east, 0.0], [east, 1.0], [west, 1.0], [west, 0.0]];
            Area { name: format!("area {index}"), residents: *residents, rings: vec![ring] }
        };
        Areas { areas: residents.iter().enumerate().map(area).collect() }
    }

    /// One count for each area, and the last for what lies outside, half of which lies nowhere.
    fn placed(counts: &[u64]) -> Vec<PlacedCount> {
        let (outside, areas) = counts.split_last().unwrap();
        let inside = areas.iter().enumerate().map(|(index, count)| (Wgs84::new(index as f64 + 0.5, 0.5).ok(), *count));
        let beside = [(Wgs84::new(0.5, -1.0).ok(), outside / 2), (None, outside - outside / 2)];
        inside.chain(beside).map(|(position, count)| PlacedCount { position, count }).collect()
    }

    fn report_of(areas: usize, counts: &[Vec<u64>; 5]) -> AreaReport {
        let mut answers = Answers::default();
        for (counted, counts) in ALL.into_iter().zip(counts) {
            answers.take(counted, Some(Tallied::Whole(placed(counts))));
        }
        made(head(), &row_of(&vec![Some(1_000); areas]), answers)
    }

    fn cell_of(line: &AreaCounts, counted: Counted) -> Option<u64> {
        match counted {
            Counted::Reports => line.reports,
            Counted::Passages => line.passages,
            Counted::Hits => line.hits,
            Counted::CheckIns => line.check_ins,
            Counted::Errors => line.errors,
        }
    }

    fn counted_of(measure: Measure) -> Counted {
        match measure {
            Measure::Passages => Counted::Passages,
            Measure::Hits => Counted::Hits,
            Measure::CheckIns => Counted::CheckIns,
            Measure::Errors => Counted::Errors,
        }
    }

    /// Every sum of the areas' numbers that the report tells, in whatever table: as a total, or by a share beside its number.
    fn sums_told(report: &AreaReport, counted: Counted) -> Vec<u64> {
        let mut sums = Vec::new();
        for one in &report.comparisons {
            let is_reference = matches!((one.reference, counted), (Reference::Reports, Counted::Reports) | (Reference::Hits, Counted::Hits));
            if counted_of(one.measure) == counted {
                sums.extend(one.total);
                sums.extend(one.lines.iter().filter(|line| line.share > 0.0).map(|line| told_by(report, &line.area, counted, line.share)));
            }
            if is_reference {
                sums.extend(one.reference_total);
                sums.extend(one.lines.iter().map(|line| told_by(report, &line.area, counted, line.reference_share)));
            }
        }
        sums
    }

    /// No line is told of an area whose number is hidden, so that the number is there to divide.
    fn told_by(report: &AreaReport, area: &str, counted: Counted, share: f64) -> u64 {
        let line = report.areas.iter().find(|line| line.area == area).unwrap();
        let number = cell_of(line, counted).unwrap_or_else(|| panic!("{area} has a line, but its {counted:?} are hidden"));
        (number as f64 / share).round() as u64
    }

    fn city() -> impl Strategy<Value = (usize, [Vec<u64>; 5])> {
        (1_usize..9).prop_flat_map(|areas| {
            let count = prop_oneof![Just(0_u64), 1..12_u64, 8..40_u64, 100..5_000_u64];
            (Just(areas), proptest::array::uniform5(proptest::collection::vec(count, areas + 1)))
        })
    }

    proptest! {
        #[test]
        fn nothing_that_is_told_tells_a_number_that_is_hidden((areas, counts) in city()) {
            let report = report_of(areas, &counts);
            for (counted, counts) in ALL.into_iter().zip(&counts) {
                let lines = report.areas.iter().chain([&report.outside]);
                for (line, count) in lines.zip(counts) {
                    let told = cell_of(line, counted);
                    prop_assert!(told.is_none_or(|told| told == *count && !(1..LEAST).contains(&told)), "{counted:?} {line:?}");
                }
                let hidden: Vec<u64> = report.areas.iter().zip(counts).filter(|(line, _)| cell_of(line, counted).is_none()).map(|(_, count)| *count).collect();
                let sums = sums_told(&report, counted);
                let (all, left): (u64, u64) = (counts[..areas].iter().sum(), hidden.iter().sum());
                prop_assert!(sums.iter().all(|sum| *sum == all), "one sum, in every table: {sums:?} {all}");
                if !sums.is_empty() {
                    prop_assert!(!(1..LEAST).contains(&all), "{counted:?}: the sum itself is small");
                    prop_assert!(hidden.is_empty() || (hidden.len() > 1 && left >= LEAST), "{counted:?}: {hidden:?} of {counts:?}");
                }
            }
        }

        #[test]
        fn every_area_is_told_of_or_counted_as_hidden((areas, counts) in city()) {
            for one in report_of(areas, &counts).comparisons {
                prop_assert_eq!(one.lines.len() + one.hidden, areas);
                prop_assert!(one.lines.is_empty() || (one.total.is_some() && one.reference_total.is_some()));
            }
        }
    }

    #[test]
    fn what_was_counted_once_is_told_and_nothing_that_is_answered_later() {
        let areas = row_of(&[Some(1_000); 2]);
        let mut first = Answers::default();
        first.take(Counted::Hits, Some(Tallied::Whole(placed(&[40, 30, 0]))));
        let kept = first.sort(&areas);
        assert_eq!(kept, BTreeMap::from([(Counted::Hits, vec![40, 30, 0])]));
        let again = Answers::knowing(kept);
        assert!(again.knows(Counted::Hits) && !again.knows(Counted::Errors));
        assert_eq!(made(head(), &areas, again), made(head(), &areas, first));
        // Of two who count at the same moment one is written down.
        let mut late = Answers::default();
        late.take(Counted::Hits, Some(Tallied::Whole(placed(&[41, 30, 0]))));
        late.take(Counted::Passages, Some(Tallied::Incomplete));
        let late = made(head(), &areas, late.as_kept(BTreeMap::from([(Counted::Hits, vec![40, 30, 0])])));
        assert_eq!((late.areas[0].hits, late.left_out.len()), (Some(40), 1));
    }

    #[test]
    fn a_number_is_hidden_in_one_table_as_in_the_other() {
        // 3 is hidden beside what lies outside, which is in no total: 115 less all the others would tell it.
        let counts = vec![40, 3, 12, 60, 8];
        let report = report_of(4, &[counts.clone(), counts.clone(), counts.clone(), counts.clone(), counts]);
        let told: Vec<_> = report.areas.iter().map(|line| line.hits).collect();
        assert_eq!((told, report.outside.hits), (vec![Some(40), None, None, Some(60)], None));
        for one in &report.comparisons {
            assert_eq!((one.total, one.hidden), (Some(115), 2));
            let mut areas: Vec<_> = one.lines.iter().map(|line| line.area.as_str()).collect();
            areas.sort_unstable();
            assert_eq!(areas, ["area 0", "area 3"]);
        }
    }

    #[test]
    fn a_sum_that_would_tell_a_number_is_hidden_with_every_share() {
        let (few, many) = (vec![4, 0, 0], vec![500, 400, 0]);
        let report = report_of(2, &[many.clone(), many.clone(), few, many.clone(), many]);
        for one in report.comparisons {
            let of_hits = one.measure == Measure::Hits || one.reference == Reference::Hits;
            assert_eq!(one.lines.is_empty(), of_hits, "{:?} against {:?}", one.measure, one.reference);
            assert_eq!(one.total.is_none(), one.measure == Measure::Hits);
        }
    }

    #[test]
    fn what_could_not_be_counted_whole_is_left_out_and_said() {
        let mut answers = Answers::default();
        let before = Micros(7);
        answers.take(Counted::Passages, Some(Tallied::Destroyed { before }));
        answers.take(Counted::Hits, Some(Tallied::Incomplete));
        answers.take(Counted::CheckIns, None);
        answers.take(Counted::Reports, Some(Tallied::Whole(placed(&[20, 30, 0]))));
        let report = made(head(), &row_of(&[Some(10), Some(20)]), answers);
        let left_out: Vec<_> = report.left_out.iter().map(|one| (one.counted, one.reason, one.kept_since_us)).collect();
        let known = [
            (Counted::Passages, WhyLeftOut::Destroyed, Some(before)),
            (Counted::Hits, WhyLeftOut::Incomplete, None),
            (Counted::CheckIns, WhyLeftOut::NotCounted, None),
        ];
        assert_eq!(left_out, known);
        assert_eq!((report.comparisons.len(), report.areas[0].passages, report.areas[0].reports), (0, None, Some(20)));
        assert!(super::super::csv(&report).contains("2026-11,passages,,,,,,,,,,destroyed\r\n"));
    }

    #[test]
    fn residents_of_some_areas_are_no_reference_and_sums_do_not_overflow() {
        let mut answers = Answers::default();
        let everywhere = PlacedCount { position: Wgs84::new(0.5, 0.5).ok(), count: u64::MAX };
        answers.take(Counted::Hits, Some(Tallied::Whole(vec![everywhere; 3])));
        answers.take(Counted::Reports, Some(Tallied::Whole(placed(&[20, 30, 0]))));
        let report = made(head(), &row_of(&[Some(10), None]), answers);
        let references: Vec<_> = report.comparisons.iter().map(|one| one.reference).collect();
        assert_eq!((references, report.areas[0].hits), (vec![Reference::Reports], Some(u64::MAX)));
    }
}
