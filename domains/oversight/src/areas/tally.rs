//! Asks the rooms how much happened where within a month, and makes the report.

use shouhu_calendar::{Date, TAIPEI_US};
use shouhu_ids::Micros;
use shouhu_module::ports::{CheckInTallyPort, CitizenReportsPort, HitTallyPort, PassageTallyPort};
use shouhu_module::{App, Problem};
use shouhu_place::Wgs84;
use shouhu_wire::RejectReason;

use super::judge::{Part, ratios, references};
use super::shapes::{Areas, Lookup};
use super::{
    AreaComparison, AreaCounts, AreaReport, AreasError, Measure, Reference, STATEMENT_EN, STATEMENT_ZH, TOLD_MIN, store,
};

const MEASURES: [Measure; 4] = [Measure::Passages, Measure::Hits, Measure::CheckIns, Measure::Errors];

/// Counts by area, and at the end those of no area. `None`: no room counts it.
type Counts = Option<Vec<u64>>;

struct Tallies {
    residents: Counts,
    reports: Counts,
    passages: Counts,
    hits: Counts,
    check_ins: Counts,
    errors: Counts,
}

impl Tallies {
    const fn measure(&self, measure: Measure) -> &Counts {
        match measure {
            Measure::Passages => &self.passages,
            Measure::Hits => &self.hits,
            Measure::CheckIns => &self.check_ins,
            Measure::Errors => &self.errors,
        }
    }

    const fn reference(&self, reference: Reference) -> &Counts {
        match reference {
            Reference::Residents => &self.residents,
            Reference::Reports => &self.reports,
            Reference::Hits => &self.hits,
        }
    }
}

/// From the first moment of a month in Taipei to that of the next.
///
/// # Errors
/// When it is no month.
pub fn span_of(month: &str) -> Result<(Micros, Micros), AreasError> {
    let wrong = || AreasError::Month(month.to_owned());
    let (year, number) = month.split_once('-').ok_or_else(wrong)?;
    let (year, number): (i64, i64) = (year.parse().map_err(|_| wrong())?, number.parse().map_err(|_| wrong())?);
    let (next_year, next) = if number == 12 { (year + 1, 1) } else { (year, number + 1) };
    let first = |year: i64, month: i64| {
        let date = Date::new(year, month, 1).map_err(|_| wrong())?;
        Ok::<_, AreasError>(Micros(date.days() * Micros::DAY - TAIPEI_US))
    };
    Ok((first(year, number)?, first(next_year, next)?))
}

/// # Errors
/// When no areas are known, the month has not begun, or a room cannot answer.
pub async fn report(app: &App, month: &str, version: Option<i64>) -> Result<AreaReport, Problem> {
    let (from, until) = span_of(month)?;
    let now = app.env.now();
    if from > now {
        return Err(AreasError::Month(month.to_owned()).into());
    }
    let (version, areas) = match version {
        None => store::newest(&app.store).await?.ok_or(AreasError::None)?,
        Some(version) => (version, store::of_version(&app.store, version).await?.ok_or(AreasError::None)?),
    };
    let tallies = tallied(app, &areas, from, until.min(now)).await?;
    Ok(made(month, until > now, version, &areas, &tallies))
}

async fn tallied(app: &App, areas: &Areas, from: Micros, until: Micros) -> Result<Tallies, Problem> {
    let lookup = Lookup::of(areas);
    let sort = |places: Vec<(Option<Wgs84>, u64)>| {
        let mut counts = vec![0; areas.areas.len() + 1];
        for (place, count) in places {
            let at = place.and_then(|place| lookup.find(place)).unwrap_or(areas.areas.len());
            if let Some(sum) = counts.get_mut(at) {
                *sum += count;
            }
        }
        Some(counts)
    };
    let passages = match app.try_room::<PassageTallyPort>() {
        Some(port) => sort(port.0.passages(from, until).await?.iter().map(|count| (count.position, count.count)).collect()),
        None => None,
    };
    let check_ins = match app.try_room::<CheckInTallyPort>() {
        Some(port) => sort(port.0.check_ins(from, until).await?.iter().map(|count| (count.position, count.count)).collect()),
        None => None,
    };
    let reports = match app.try_room::<CitizenReportsPort>() {
        Some(port) => sort(port.0.since(from).await?.iter().filter(|one| one.at < until).map(|one| (Some(one.position), 1)).collect()),
        None => None,
    };
    let (hits, errors) = match app.try_room::<HitTallyPort>() {
        Some(port) => {
            let found = port.0.hits(from, until).await?;
            // Misread, or on a list that was out of date: nothing was wrong with who was stopped for it.
            let is_error = |reason| matches!(reason, Some(RejectReason::Misread | RejectReason::EntryOutdated));
            let errors = found.iter().filter(|hit| is_error(hit.reject_reason)).map(|hit| (hit.position, 1)).collect();
            (sort(found.iter().map(|hit| (hit.position, 1)).collect()), sort(errors))
        }
        None => (None, None),
    };
    // Residents are a reference only where all areas have theirs: those of a part would make its share too large.
    let residents: Option<Vec<u64>> = areas.areas.iter().map(|area| area.residents).chain([Some(0)]).collect();
    Ok(Tallies { residents, reports, passages, hits, check_ins, errors })
}

fn made(month: &str, is_running: bool, version: i64, areas: &Areas, tallies: &Tallies) -> AreaReport {
    let names: Vec<&str> = areas.areas.iter().map(|area| area.name.as_str()).collect();
    let mut comparisons = Vec::new();
    for measure in MEASURES {
        for reference in references(measure) {
            let (Some(counted), Some(against)) = (tallies.measure(measure), tallies.reference(*reference)) else { continue };
            comparisons.push(compared(&names, measure, *reference, counted, against));
        }
    }
    // Residents are public; everything else hides what is small.
    let hidden = [&tallies.reports, &tallies.passages, &tallies.hits, &tallies.check_ins, &tallies.errors].map(|counts| told(counts.as_deref()));
    let [reports, passages, hits, check_ins, errors] = &hidden;
    let at = |counts: &[Option<u64>], index: usize| counts.get(index).copied().flatten();
    let line = |index: usize, name: &str, residents: Option<u64>| AreaCounts {
        area: name.to_owned(),
        residents,
        reports: at(reports, index),
        passages: at(passages, index),
        hits: at(hits, index),
        check_ins: at(check_ins, index),
        errors: at(errors, index),
    };
    AreaReport {
        month: month.to_owned(),
        is_running,
        areas_version: version,
        told_min: TOLD_MIN,
        areas: areas.areas.iter().enumerate().map(|(index, area)| line(index, &area.name, area.residents)).collect(),
        outside: line(names.len(), "", None),
        comparisons,
        statement_zh: STATEMENT_ZH,
        statement_en: STATEMENT_EN,
    }
}

fn compared(names: &[&str], measure: Measure, reference: Reference, counted: &[u64], against: &[u64]) -> AreaComparison {
    let parts: Vec<Part<'_>> = names
        .iter()
        .zip(counted.iter().zip(against))
        .map(|(area, (measure, reference))| Part { area, measure: *measure, reference: *reference })
        .collect();
    let (told_counts, told_against) = (told(counted.get(..names.len())), told(against.get(..names.len())));
    let is_told = |area: &str| {
        let index = names.iter().position(|name| *name == area);
        let is_there = |counts: &[Option<u64>]| index.is_some_and(|index| counts.get(index).copied().flatten().is_some());
        // A share would tell the count that is hidden; residents hide nobody.
        is_there(&told_counts) && (reference == Reference::Residents || is_there(&told_against))
    };
    let all = ratios(&parts, reference);
    let mut lines: Vec<_> = all.iter().filter(|line| is_told(&line.area)).cloned().collect();
    lines.sort_by(|one, two| two.ratio_low.total_cmp(&one.ratio_low).then_with(|| one.area.cmp(&two.area)));
    AreaComparison {
        measure,
        reference,
        total: parts.iter().map(|part| part.measure).sum(),
        reference_total: parts.iter().map(|part| part.reference).sum(),
        hidden: names.len().saturating_sub(lines.len()),
        lines,
    }
}

/// Hides what is too small to be told, and where their sum would tell one, the next larger too.
fn told(counts: Option<&[u64]>) -> Vec<Option<u64>> {
    let Some(counts) = counts else { return Vec::new() };
    let least = TOLD_MIN.unsigned_abs();
    let is_small = |count: u64| (1..least).contains(&count);
    let mut told: Vec<Option<u64>> = counts.iter().map(|count| Some(*count).filter(|count| !is_small(*count))).collect();
    let hidden: u64 = counts.iter().filter(|count| is_small(**count)).sum();
    if hidden > 0 && hidden < least {
        let next = told.iter_mut().filter(|count| count.is_some_and(|count| count > 0)).min_by_key(|count| **count);
        if let Some(next) = next {
            *next = None;
        }
    }
    told
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_month_begins_and_ends_at_midnight_in_taipei() {
        let (from, until) = span_of("2026-12").unwrap();
        assert_eq!(crate::transparency::month_of(from), "2026-12");
        assert_eq!(crate::transparency::month_of(from.plus(-1)), "2026-11");
        assert_eq!(until.since(from), 31 * Micros::DAY);
        assert!(span_of("2026").is_err() && span_of("x-y").is_err());
    }

    proptest! {
        #[test]
        fn a_small_number_is_neither_told_nor_left_over(counts in proptest::collection::vec(0_u64..40, 1..9)) {
            let told = told(Some(&counts));
            let hidden: u64 = counts.iter().zip(&told).filter(|(_, told)| told.is_none()).map(|(count, _)| count).sum();
            let others = told.iter().flatten().filter(|count| **count > 0).count();
            prop_assert!(told.iter().flatten().all(|count| *count == 0 || *count >= 10));
            prop_assert!(hidden == 0 || hidden >= 10 || others == 0, "{counts:?} {told:?}");
        }
    }
}
