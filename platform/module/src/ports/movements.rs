//! What may be put together about one plate. A room that shows where vehicles were asks here before its answer leaves; oversight counts,
//! writes down what it lets out, and decides. `docs/adr/0011-what-may-be-put-together-about-one-plate.md` says which route asks what.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_env::BoxFuture;
use shouhu_ids::{ActorId, CameraId, ConsentId, Micros, OpeningId};
use shouhu_plate::Plate;

use crate::{Person, Problem, Purpose, UNLINKED};

/// Who asks, and for which case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovementAsker {
    pub id: ActorId,
    pub office: Option<String>,
    /// Without the note whether it is live.
    pub case_ref: Option<String>,
    /// The purpose's code: whoever drives the vehicle is told of it when he asks.
    pub purpose: String,
    /// The case was a live incident when it was asked.
    pub is_live: bool,
}

impl MovementAsker {
    #[must_use]
    pub fn of(person: &Person, purpose: &Purpose) -> Self {
        Self::by(person.id, person.office.clone(), purpose)
    }

    /// Who asked some time ago, as a job has kept it.
    #[must_use]
    pub fn by(id: ActorId, office: Option<String>, purpose: &Purpose) -> Self {
        let is_live = purpose.case_ref.as_deref().is_some_and(|case| !case.ends_with(UNLINKED));
        Self { id, office, case_ref: purpose.case_number().map(ToOwned::to_owned), purpose: purpose.code.clone(), is_live }
    }
}

/// What kind of thing is told; things of one kind, plate and mark are the same thing, told once or often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GlimpseKind {
    /// That the plate was somewhere at a moment; the mark is the moment.
    Passage,
    /// How many passages of it there are; the mark is of the number, of the times between which it counts and of what else was asked, so
    /// that the same question tells something again only when its answer has changed, and another question always.
    Count,
    /// In which part of the town it was last or first seen around a moment; the mark is what makes the question another one.
    Zone,
}

/// One thing that an answer would tell of one plate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glimpse {
    pub plate: Plate,
    pub kind: GlimpseKind,
    pub mark: i64,
    /// The moment that it is about.
    pub at: Micros,
    /// Where a consent names cameras, only what is known to be of one of them is under it.
    pub camera: Option<CameraId>,
}

impl Glimpse {
    #[must_use]
    pub const fn passage(plate: Plate, at: Micros, camera: Option<CameraId>) -> Self {
        Self { plate, kind: GlimpseKind::Passage, mark: at.0, at, camera }
    }

    /// A number of passages from the first to the last; `question` is of what else was asked: cameras, an area, a companion.
    #[must_use]
    pub fn count(plate: Plate, number: u64, [first_at, last_at]: [Micros; 2], question: i64) -> Self {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let mark = [number, first_at.0, last_at.0].into_iter().fold(question, |mark, part| mark.wrapping_mul(1_000_003).wrapping_add(part));
        Self { plate, kind: GlimpseKind::Count, mark, at: last_at, camera: None }
    }

    #[must_use]
    pub const fn zone(plate: Plate, around: Micros, mark: i64) -> Self {
        Self { plate, kind: GlimpseKind::Zone, mark, at: around, camera: None }
    }
}

/// The rows of an answer, as far as they tell of plates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revealing {
    pub asker: MovementAsker,
    /// The plates that the question itself names; none where it asks who was somewhere.
    pub named: Vec<Plate>,
    /// In the order of the answer. A row is shown whole or not at all.
    pub rows: Vec<Vec<Glimpse>>,
    /// No more rows are shown, and none after those is charged.
    pub rows_max: usize,
    /// How many things a row of this answer may tell of one plate.
    pub per_plate_max: usize,
    /// A row sums a plate's passages within this time up (first and last, how many). Which passages its ends are follows from all there
    /// are, so that whether it may be shown follows from the accounts and the question alone, even where both ends were shown before:
    /// a consent lets a sum out where it covers all of this time.
    pub sums_over: Option<[Micros; 2]>,
}

/// What may leave. It is in the ledger when this is returned.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Revealed {
    /// For each row that was looked at; shorter than the rows where `rows_max` were shown before the end.
    pub is_shown: Vec<bool>,
    /// A bound that concerns the question is used up. It follows from what was shown, never from what was kept back: an answer that
    /// says so looks the same whether there was more or not.
    pub is_bounded: bool,
    /// Consents and openings that let something out, as the audit log names them.
    pub grounds: Vec<String>,
}

/// How much of a bound is used, in the problem `oversight.movements.needs_consent`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BoundUse {
    pub plate_display: String,
    /// As it was asked for; absent for a question without a case.
    pub case_ref: Option<String>,
    /// Days and passages of this plate that were shown for the case, to anybody.
    pub case_days: u32,
    pub case_points: u32,
    /// Days and passages of this plate that were shown to the asker, for any case.
    pub own_days: u32,
    pub own_points: u32,
    /// The bound that holds for each of them.
    pub days_max: u32,
    pub points_max: u32,
    /// Where a consent is asked for.
    pub ask_at: String,
}

/// Answered by oversight.
pub trait MovementGate: Send + Sync {
    /// Before the lake is asked about plates by name: a question to which nothing could be shown is refused, whatever the lake holds.
    ///
    /// # Errors
    /// `oversight.movements.needs_consent` with the use of the bound.
    fn may_ask(&self, asker: MovementAsker, plates: Vec<Plate>, from: Micros, until: Micros) -> BoxFuture<'static, Result<(), Problem>>;
    /// Which rows may leave, written down before this returns.
    ///
    /// # Errors
    /// When it cannot be written down: nothing may leave then.
    fn reveal(&self, revealing: Revealing) -> BoxFuture<'static, Result<Revealed, Problem>>;
    /// Whether there is such a consent for whoever looks now.
    fn is_consent_visible(&self, consent: ConsentId) -> BoxFuture<'static, Result<bool, Problem>>;
    /// Whether there is such an opening for whoever looks now.
    fn is_opening_visible(&self, opening: OpeningId) -> BoxFuture<'static, Result<bool, Problem>>;
}
