//! What happened, where, when, and who brought it to light.

use thiserror::Error;

/// A place on the projected plane, metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub east_m: f64,
    pub north_m: f64,
}

impl Point {
    #[must_use]
    pub const fn new(east_m: f64, north_m: f64) -> Self {
        Self { east_m, north_m }
    }

    pub(crate) fn is_finite(self) -> bool {
        self.east_m.is_finite() && self.north_m.is_finite()
    }
}

/// Who brought an event to light. It decides whether anything may be learned from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A citizen called, came to the station, or filed online. The rate of these does not depend on where patrols go.
    CitizenReport,
    /// A patrol, a stop or a search turned it up. The rate of these follows the patrols.
    PatrolFind,
}

/// The caller's number for a kind of event, such as vehicle theft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(pub u16);

/// Something that happened. It names no person, and nothing here ranks one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    pub at: Point,
    pub at_us: i64,
    pub kind: Kind,
    pub origin: Origin,
}

/// An event that a citizen reported. The fields are private and [`TryFrom<Event>`] is the only way in, so that holding a `Report` is
/// the proof of its origin.
///
/// ```compile_fail
/// use shouhu_hotspots::{Event, Kind, Origin, Point, TrainingSet};
/// let find = Event { at: Point::new(0.0, 0.0), at_us: 0, kind: Kind(1), origin: Origin::PatrolFind };
/// // An event is not a report: this does not compile.
/// let _ = TrainingSet::of(vec![find], 0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    at: Point,
    at_us: i64,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the event of {at_us} µs was found by a patrol; a surface is learned only from citizens' reports")]
pub struct NotAReport {
    pub at_us: i64,
}

impl TryFrom<Event> for Report {
    type Error = NotAReport;

    fn try_from(event: Event) -> Result<Self, NotAReport> {
        match event.origin {
            Origin::CitizenReport => Ok(Self { at: event.at, at_us: event.at_us, kind: event.kind }),
            Origin::PatrolFind => Err(NotAReport { at_us: event.at_us }),
        }
    }
}

impl Report {
    #[must_use]
    pub const fn at(&self) -> Point {
        self.at
    }

    #[must_use]
    pub const fn at_us(&self) -> i64 {
        self.at_us
    }

    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }
}
