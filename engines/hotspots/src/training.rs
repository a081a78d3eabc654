//! The reports that a model may learn from, up to an as-of time.

use thiserror::Error;

use crate::event::{Event, Kind, NotAReport, Report};

/// More than the reports of ten years in a large city; a bound, so that a wrong query fails early.
pub const REPORTS_MAX: usize = 5_000_000;

#[derive(Debug, Clone, PartialEq, Error)]
pub enum TrainingError {
    #[error("there is no report to learn from")]
    Empty,
    #[error("report {index} has a coordinate that is not a finite number")]
    NotANumber { index: usize },
    #[error("report {index} happened at {at_us} µs, after the as-of time of {as_of_us} µs")]
    InTheFuture { index: usize, at_us: i64, as_of_us: i64 },
    #[error("{reports} reports are more than the {REPORTS_MAX} that one surface may hold; narrow the time or the kind")]
    TooMany { reports: usize },
}

/// Reports up to and including `as_of_us`, ordered by time, then place, then kind.
///
/// The order is canonical, so that the sums over it, and with them every figure, do not depend on how a database returned the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingSet {
    as_of_us: i64,
    reports: Vec<Report>,
}

/// What [`TrainingSet::sift`] kept and what it refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Sifted {
    pub training: TrainingSet,
    /// How many events were refused because a patrol found them. Show it beside the surface.
    pub refused_patrol_finds: usize,
}

impl TrainingSet {
    pub fn of(mut reports: Vec<Report>, as_of_us: i64) -> Result<Self, TrainingError> {
        if reports.is_empty() {
            return Err(TrainingError::Empty);
        }
        if reports.len() > REPORTS_MAX {
            return Err(TrainingError::TooMany { reports: reports.len() });
        }
        for (index, report) in reports.iter().enumerate() {
            if !report.at().is_finite() {
                return Err(TrainingError::NotANumber { index });
            }
            if report.at_us() > as_of_us {
                return Err(TrainingError::InTheFuture { index, at_us: report.at_us(), as_of_us });
            }
        }
        reports.sort_by(|a, b| {
            let by_place = || a.at().east_m.total_cmp(&b.at().east_m).then(a.at().north_m.total_cmp(&b.at().north_m));
            a.at_us().cmp(&b.at_us()).then_with(by_place).then_with(|| a.kind().cmp(&b.kind()))
        });
        Ok(Self { as_of_us, reports })
    }

    /// Keeps what citizens reported and counts what patrols found, which is refused. Indices in errors are those of the kept reports.
    pub fn sift(events: &[Event], as_of_us: i64) -> Result<Sifted, TrainingError> {
        let sorted: Vec<Result<Report, NotAReport>> = events.iter().map(|&event| Report::try_from(event)).collect();
        let refused_patrol_finds = sorted.iter().filter(|outcome| outcome.is_err()).count();
        let training = Self::of(sorted.into_iter().flatten().collect(), as_of_us)?;
        Ok(Sifted { training, refused_patrol_finds })
    }

    /// What was known at an earlier time: the only way that [`crate::backtest`] makes the data of a fold.
    pub fn known_at(&self, as_of_us: i64) -> Result<Self, TrainingError> {
        let known = self.reports.partition_point(|report| report.at_us() <= as_of_us);
        Self::of(self.reports.iter().take(known).copied().collect(), as_of_us)
    }

    /// Only the reports of one kind.
    pub fn of_kind(&self, kind: Kind) -> Result<Self, TrainingError> {
        Self::of(self.reports.iter().filter(|report| report.kind() == kind).copied().collect(), self.as_of_us)
    }

    /// Reports in `(from_us, until_us]`, in time order.
    #[must_use]
    pub fn between(&self, from_us: i64, until_us: i64) -> &[Report] {
        let start = self.reports.partition_point(|report| report.at_us() <= from_us);
        let end = self.reports.partition_point(|report| report.at_us() <= until_us);
        self.reports.get(start..end).unwrap_or_default()
    }

    #[must_use]
    pub const fn as_of_us(&self) -> i64 {
        self.as_of_us
    }

    #[must_use]
    pub fn reports(&self) -> &[Report] {
        &self.reports
    }
}
