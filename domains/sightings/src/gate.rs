//! What may leave of an answer. Every route of this room that names a plate together with a place or a time passes its rows through
//! here; oversight counts them, writes them down and says which may be shown.
//!
//! **Invariant:** nothing of a row that is kept back is in an answer: not in its numbers, its cursor, or the way between its neighbours.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use shouhu_ids::{CameraId, Micros};
use shouhu_lakehouse::Lakehouse;
use shouhu_lakehouse::lake::part::Window;
use shouhu_lakehouse::lake::{Answer, Key, Partial, Seen};
use shouhu_module::ports::{Glimpse, MovementAsker, MovementGatePort, Revealing};
use shouhu_module::{App, Person, Problem, Purpose};
use shouhu_plate::Plate;
use shouhu_wire::PartialNote;

use crate::lake::{is_cut, notes_of};
use crate::passing::{micros_of, plate_of};

/// Said of an answer of which something may be kept back, whether anything is or not.
pub const BOUNDED: &str = "sightings.partial.bounded";

/// Rows that are read at once to fill a page past what is kept back, and how often.
const FILL_ROWS: usize = 2_000;
const FILLS_MAX: usize = 50;

/// Who asks, and who decides what they are shown.
#[derive(Clone)]
pub struct Asking {
    gate: Arc<MovementGatePort>,
    asker: MovementAsker,
    env: shouhu_env::Env,
}

impl FromRequestParts<App> for Asking {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let person = Person::from_request_parts(parts, app).await?;
        let purpose = Purpose::from_request_parts(parts, app).await?;
        Self::of(app, MovementAsker::of(&person, &purpose))
    }
}

/// The rows that may be shown.
pub struct Shown<T> {
    pub rows: Vec<T>,
    /// There are more rows than were asked for, or at the bound there may be.
    pub has_more: bool,
    pub is_bounded: bool,
    /// ` under consent …`, for the audit log; empty where nothing needed one.
    pub under: String,
}

impl<T> Shown<T> {
    /// What is missing, with the note about the bound where it is used up.
    #[must_use]
    pub fn notes(&self, mut partial: Vec<Partial>, rows_max: usize) -> Vec<PartialNote> {
        if self.has_more && !is_cut(&partial) {
            partial.push(Partial::Limit { limit: rows_max });
        }
        let mut notes = notes_of(&partial);
        notes.extend(self.is_bounded.then(bounded));
        notes
    }
}

/// The note that a bound is used up.
#[must_use]
pub fn bounded() -> PartialNote {
    let detail = "the bound of this case or asker is used up: what is beyond it is left out, if there is any";
    PartialNote { key: BOUNDED.to_owned(), detail: detail.to_owned() }
}

impl Asking {
    /// # Errors
    /// When nobody keeps the ledger: nothing is shown then.
    pub fn of(app: &App, asker: MovementAsker) -> Result<Self, Problem> {
        let Some(gate) = app.try_room::<MovementGatePort>() else {
            let detail = "nobody keeps the ledger of movements, so that none can be shown";
            return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "sightings.search.no_gate", detail));
        };
        Ok(Self { gate, asker, env: app.env.clone() })
    }

    /// Before the lake is asked about plates by name.
    ///
    /// # Errors
    /// When nothing could be shown, whatever the lake holds.
    pub async fn may_ask(&self, plates: &[Plate], window: Window) -> Result<(), Problem> {
        if plates.is_empty() {
            return Ok(());
        }
        let (from, until) = (micros_of(window.from_ms), micros_of(window.until_ms));
        self.gate.0.may_ask(self.asker.clone(), plates.to_vec(), from, until).await
    }

    /// # Errors
    /// When the ledger cannot be written.
    pub async fn reveal<T>(&self, named: &[Plate], rows: Vec<T>, rows_max: usize, tells: impl Fn(&T) -> Vec<Glimpse>) -> Result<Shown<T>, Problem> {
        self.reveal_rows(named, rows, rows_max, 1, tells).await
    }

    /// For rows that sum a plate's passages within a window up: first, last, and how many.
    ///
    /// # Errors
    /// As [`Self::reveal`].
    pub async fn reveal_sums<T>(
        &self,
        named: &[Plate],
        rows: Vec<T>,
        rows_max: usize,
        window: Window,
        tells: impl Fn(&T) -> Vec<Glimpse>,
    ) -> Result<Shown<T>, Problem> {
        let over = [micros_of(window.from_ms), micros_of(window.until_ms)];
        self.revealed(named, rows, [rows_max, SUM_TELLS_MAX], Some(over), tells).await
    }

    /// For rows that tell more than one thing of a plate.
    ///
    /// # Errors
    /// As [`Self::reveal`].
    pub async fn reveal_rows<T>(
        &self,
        named: &[Plate],
        rows: Vec<T>,
        rows_max: usize,
        per_plate_max: usize,
        tells: impl Fn(&T) -> Vec<Glimpse>,
    ) -> Result<Shown<T>, Problem> {
        self.revealed(named, rows, [rows_max, per_plate_max], None, tells).await
    }

    async fn revealed<T>(
        &self,
        named: &[Plate],
        rows: Vec<T>,
        [rows_max, per_plate_max]: [usize; 2],
        sums_over: Option<[Micros; 2]>,
        tells: impl Fn(&T) -> Vec<Glimpse>,
    ) -> Result<Shown<T>, Problem> {
        let told = rows.iter().map(tells).collect();
        let revealing = Revealing { asker: self.asker.clone(), named: named.to_vec(), rows: told, rows_max, per_plate_max, sums_over };
        let revealed = self.gate.0.reveal(revealing).await?;
        // Of rows behind a full page nobody has decided: at the bound it says that there are more, whether there are or not.
        let shown = revealed.is_shown.iter().filter(|is_shown| **is_shown).count();
        let has_more = shown == rows_max && (revealed.is_shown.len() < rows.len() || revealed.is_bounded);
        let rows = rows.into_iter().zip(&revealed.is_shown).filter_map(|(row, is_shown)| is_shown.then_some(row)).collect();
        Ok(Shown { rows, has_more, is_bounded: revealed.is_bounded, under: said(&revealed.grounds) })
    }

    #[must_use]
    pub fn now(&self) -> Micros {
        self.env.now()
    }
}

/// First, last and how many.
const SUM_TELLS_MAX: usize = 3;

/// What a sum tells of a plate. The number is a thing of its own: between two ends that are known it says where else the vehicle was to
/// whoever asks for it camera by camera.
#[must_use]
pub fn summed(plate: &Plate, [first_ms, last_ms]: [i64; 2], number: u64, question: i64) -> Vec<Glimpse> {
    let ends = [micros_of(first_ms), micros_of(last_ms)];
    let mut told: Vec<Glimpse> = ends.iter().map(|at| Glimpse::passage(plate.clone(), *at, None)).collect();
    told.push(Glimpse::count(plate.clone(), number, ends, question));
    told
}

/// What was asked, as a number: two questions share one by chance once in 10^19 (FNV-1a).
#[must_use]
pub fn question(said: &str) -> i64 {
    let hash = said.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    i64::from_be_bytes(hash.to_be_bytes())
}

fn said(grounds: &[String]) -> String {
    if grounds.is_empty() { String::new() } else { format!(" under {}", grounds.join(", ")) }
}

/// What a row of the lake tells.
#[must_use]
pub fn told(lake: &Lakehouse, seen: &Seen) -> Vec<Glimpse> {
    told_at(lake, seen.key())
}

#[must_use]
pub fn told_at(lake: &Lakehouse, key: Key) -> Vec<Glimpse> {
    let camera = camera_of(lake, key.source);
    plate_of(key.plate).map(|plate| Glimpse::passage(plate, micros_of(key.at_ms), camera)).into_iter().collect()
}

#[must_use]
pub fn camera_of(lake: &Lakehouse, source: u32) -> Option<CameraId> {
    lake.source(source)?.key.camera
}

/// One page of passages, filled past what is kept back.
pub struct ShownPage {
    pub rows: Vec<Seen>,
    pub next: Option<Key>,
    pub partial: Vec<Partial>,
    pub is_bounded: bool,
    pub under: String,
}

impl ShownPage {
    #[must_use]
    pub fn notes(&self) -> Vec<PartialNote> {
        let mut notes = notes_of(&self.partial);
        notes.extend(self.is_bounded.then(bounded));
        notes
    }
}

/// Asks `next` for rows before a key until the page is full. With the bound used up a full page always has a next one, and its cursor
/// is of a row that was shown: neither says whether more is kept back.
///
/// # Errors
/// When the lake or the ledger cannot be asked.
pub async fn page<F>(
    asking: &Asking,
    lake: &Lakehouse,
    named: &[Plate],
    limit: usize,
    before: Option<Key>,
    mut next: impl FnMut(Option<Key>, usize) -> F,
) -> Result<ShownPage, Problem>
where
    F: Future<Output = Result<Answer<Seen>, Problem>>,
{
    let mut page = ShownPage { rows: Vec::new(), next: None, partial: Vec::new(), is_bounded: false, under: String::new() };
    let (mut before, mut rows_max) = (before, limit);
    for _ in 0..FILLS_MAX {
        let answer = next(before, rows_max).await?;
        let (has_more, last) = (is_cut(&answer.partial), answer.rows.last().map(Seen::key));
        for partial in answer.partial.into_iter().filter(|partial| !matches!(partial, Partial::Limit { .. })) {
            if !page.partial.contains(&partial) {
                page.partial.push(partial);
            }
        }
        let shown = asking.reveal(named, answer.rows, limit - page.rows.len(), |seen| told(lake, seen)).await?;
        page.rows.extend(shown.rows);
        page.is_bounded = shown.is_bounded;
        if page.under.is_empty() {
            page.under = shown.under;
        }
        if page.rows.len() == limit {
            let is_followed = has_more || shown.has_more || page.is_bounded;
            page.next = page.rows.last().map(Seen::key).filter(|_| is_followed);
            return Ok(page);
        }
        if !has_more || last.is_none() {
            return Ok(page);
        }
        (before, rows_max) = (last, FILL_ROWS.max(limit));
    }
    page.partial.push(Partial::Stopped);
    Ok(page)
}
