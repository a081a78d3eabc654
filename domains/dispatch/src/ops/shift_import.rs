//! Takes a station's roster, whole or not at all: half a roster would have to be told apart from a whole one by hand.
//!
//! A row that says what the roster says already changes nothing, so the same file may come twice.

use std::collections::{BTreeMap, HashMap};

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_exchange::roster::{Roster, RosterRow, RowError, RowFault};
use shouhu_ids::{Micros, ShiftId, UnitId};
use shouhu_module::{App, Audit, Audited, Keyed, Load, Params, Person, Problem, ProblemRow, RawBody, Route};
use shouhu_store::{Store, StoreError, Tx};
use shouhu_text::table::TableError;

use super::shift_write::local;
use crate::roster::{Shift, WriteShift, book, overlaps, person_of};
use crate::store;

pub const ROUTE: Route =
    Route::post("/v1/shifts/import", "Import shifts from a CSV file, all rows or none", || axum::routing::post(handle))
        .permission("shifts.plan")
        .audit(Audit::Write)
        .load(Load::Bulk)
        .body_bytes_max(4 * 1024 * 1024)
        .takes_media("text/csv")
        .asks::<ShiftImportQuery>()
        .gives::<ShiftImport>();

/// Errors that one answer lists.
const SHOWN_MAX: usize = 200;

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
pub struct ShiftImportQuery {
    /// True: say what would happen and change nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ShiftImport {
    pub dry_run: bool,
    pub encoding: String,
    pub rows: i64,
    /// New shifts; none as long as there is an error.
    pub accepted: i64,
    /// In the roster already.
    pub unchanged: i64,
    pub errors: Vec<ProblemRow>,
    /// Wrong rows beyond those.
    pub more_errors: i64,
    /// Our columns and what the file calls them.
    pub columns: BTreeMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    File(#[from] TableError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for ImportError {
    fn key(&self) -> &'static str {
        match self {
            Self::File(TableError::Empty) => "dispatch.roster.file_empty",
            Self::File(TableError::Encoding) => "dispatch.roster.file_encoding",
            Self::File(TableError::NotText) => "dispatch.roster.file_not_text",
            Self::File(TableError::Column { .. }) => "dispatch.roster.column_missing",
            Self::File(TableError::TooManyRows { .. }) => "dispatch.roster.too_many_rows",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::File(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(error) => error.status(),
        }
    }
}

const fn key_of(error: &RowError) -> &'static str {
    match error {
        RowError::Unreadable(_) => "dispatch.roster.unreadable",
        RowError::Text { .. } => "dispatch.roster.name",
        RowError::Date => "dispatch.roster.date",
        RowError::Time => "dispatch.roster.time",
        RowError::Span => "dispatch.roster.span",
    }
}

fn wrong(row: u64, column: &str, value: &str, key: &str, message: String) -> ProblemRow {
    ProblemRow { row, column: column.to_owned(), value: value.to_owned(), key: key.to_owned(), message }
}

/// Units by their call signs, as written or, where that names one alone, without regard to blanks and width.
struct Units(Vec<(String, String, UnitId)>);

impl Units {
    fn find(&self, call_sign: &str) -> Option<UnitId> {
        if let Some((.., id)) = self.0.iter().find(|(exact, ..)| exact == call_sign) {
            return Some(*id);
        }
        let folded = person_of(call_sign);
        let mut alike = self.0.iter().filter(|(_, known, _)| *known == folded).map(|(.., id)| *id);
        alike.next().filter(|_| alike.next().is_none())
    }
}

/// Shifts of the file so far, by person.
type Taken = HashMap<String, Vec<(u64, Micros, Micros)>>;

/// A row as a shift of a unit that exists, or why it is none beside the rows before it.
fn placed(row: &RosterRow, units: &Units, taken: &Taken) -> Result<WriteShift, ProblemRow> {
    let Some(unit) = units.find(&row.call_sign) else {
        let message = format!("there is no unit {:?}, or several that are written like it", row.call_sign);
        return Err(wrong(row.row, "unit", &row.call_sign, "dispatch.roster.unit", message));
    };
    let own = taken.get(&person_of(&row.name)).map_or(&[][..], Vec::as_slice);
    if let Some((other, ..)) = own.iter().find(|(_, from, until)| overlaps((*from, *until), (row.from, row.until))) {
        let message = format!("{} has a shift at that time in row {other}", row.name);
        return Err(wrong(row.row, "name", &row.name, "dispatch.roster.overlap_row", message));
    }
    Ok(WriteShift { unit, name: row.name.clone(), from_us: row.from, until_us: row.until })
}

/// What the roster has of each person within the span of the file.
async fn known_by_person(tx: &mut Tx, shifts: &[(u64, WriteShift)]) -> Result<HashMap<String, Vec<Shift>>, StoreError> {
    let from = shifts.iter().map(|(_, shift)| shift.from_us).min();
    let until = shifts.iter().map(|(_, shift)| shift.until_us).max();
    let mut known: HashMap<String, Vec<Shift>> = HashMap::new();
    if let (Some(from), Some(until)) = (from, until) {
        for shift in book::touching(tx, from, until).await? {
            known.entry(person_of(&shift.name)).or_default().push(shift);
        }
    }
    Ok(known)
}

/// # Errors
/// When the file as a whole cannot be read, or the database fails. Rows that are wrong are in the answer.
pub async fn import(store: &Store, by: &Person, bytes: &[u8], dry_run: bool) -> Result<ShiftImport, ImportError> {
    let roster = Roster::read(bytes)?;
    let all = store::units(store).await?;
    let units = Units(all.into_iter().map(|unit| (unit.call_sign.clone(), person_of(&unit.call_sign), unit.id)).collect());
    let fault = |fault: &RowFault| wrong(fault.row, fault.column, &fault.value, key_of(&fault.error), fault.error.to_string());
    let mut errors: Vec<ProblemRow> = roster.faults.iter().map(fault).collect();
    let (mut shifts, mut taken) = (Vec::new(), Taken::new());
    for row in &roster.shifts {
        match placed(row, &units, &taken) {
            Ok(shift) => {
                taken.entry(person_of(&row.name)).or_default().push((row.row, row.from, row.until));
                shifts.push((row.row, shift));
            }
            Err(error) => errors.push(error),
        }
    }
    let now = store.env().now();
    let mut tx = store.begin().await?;
    book::lock(&mut tx).await?;
    let known = known_by_person(&mut tx, &shifts).await?;
    let (mut fresh, mut unchanged) = (Vec::new(), 0);
    for (row, shift) in &shifts {
        let own = known.get(&person_of(&shift.name)).map_or(&[][..], Vec::as_slice);
        match own.iter().find(|other| overlaps((other.from_us, other.until_us), (shift.from_us, shift.until_us))) {
            None => fresh.push(shift),
            Some(same) if (same.unit, same.from_us, same.until_us) == (shift.unit, shift.from_us, shift.until_us) => unchanged += 1,
            Some(other) => errors.push(clashing(*row, shift, other)),
        }
    }
    let is_wrong = !errors.is_empty();
    let accepted = if is_wrong { 0 } else { i64::try_from(fresh.len()).unwrap_or(i64::MAX) };
    if !dry_run && !is_wrong {
        for shift in fresh {
            book::insert(&mut tx, store.env().id(ShiftId::new), shift, now, by).await?;
        }
        tx.commit().await?;
    } else {
        drop(tx);
    }
    errors.sort_by_key(|error| error.row);
    let more_errors = errors.len().saturating_sub(SHOWN_MAX) + roster.more_faults;
    let more_errors = i64::try_from(more_errors).unwrap_or(i64::MAX);
    errors.truncate(SHOWN_MAX);
    let rows = i64::try_from(roster.rows).unwrap_or(i64::MAX);
    let encoding = roster.encoding.to_owned();
    Ok(ShiftImport { dry_run, encoding, rows, accepted, unchanged, errors, more_errors, columns: roster.columns })
}

fn clashing(row: u64, shift: &WriteShift, known: &Shift) -> ProblemRow {
    let Shift { name, call_sign, from_us, until_us, .. } = known;
    let message = format!("{name} crews {call_sign} from {} to {} already", local(*from_us), local(*until_us));
    wrong(row, "name", &shift.name, "dispatch.roster.overlap_known", message)
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Params(query): Params<ShiftImportQuery>,
    RawBody(bytes): RawBody,
) -> Result<Audited<ShiftImport>, Problem> {
    let report = import(&app.store, &person, &bytes, query.dry_run).await?;
    let how = if query.dry_run { "looked at" } else { "imported" };
    let errors = i64::try_from(report.errors.len()).unwrap_or(i64::MAX).saturating_add(report.more_errors);
    Ok(Audited::new(format!("roster {how}: {} shifts, {errors} errors", report.accepted), report))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;
    use crate::testing::Scene;

    const GOOD: &str = "日期,警力,姓名,起,迄\n115/11/22,永康 21,林警員,08:00,20:00\n115/11/22,永康21,陳警員,20:00,08:00\n";

    async fn count(store: &Store) -> usize {
        book::between(store, Micros(0), Micros(i64::MAX)).await.unwrap().len()
    }

    #[tokio::test]
    async fn a_roster_is_taken_whole_and_twice_is_once() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            scene.unit("永康 21").await;
            let look = import(&store, &scene.by, GOOD.as_bytes(), true).await.unwrap();
            assert_eq!((look.accepted, look.errors.len(), count(&store).await), (2, 0, 0));
            assert_eq!(import(&store, &scene.by, GOOD.as_bytes(), false).await.unwrap().accepted, 2);
            let again = import(&store, &scene.by, GOOD.as_bytes(), false).await.unwrap();
            assert_eq!((again.accepted, again.unchanged, count(&store).await), (0, 2, 2));
        })
        .await;
    }

    #[tokio::test]
    async fn one_wrong_row_keeps_the_whole_roster_out_and_each_is_named() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            scene.unit("永康 21").await;
            import(&store, &scene.by, GOOD.as_bytes(), false).await.unwrap();
            let bad = "警力,姓名,起,迄\n永康 21,王警員,2026-11-22 08:00,20:00\n永康 99,李警員,2026-11-22 08:00,20:00\n\
                永康 21,王警員,2026-11-22 19:00,21:00\n永康 21,林警員,2026-11-22 12:00,13:00\n永康 21,趙警員,2026-11-22 08:00,25:00\n";
            let report = import(&store, &scene.by, bad.as_bytes(), false).await.unwrap();
            let said: Vec<_> = report.errors.iter().map(|error| (error.row, error.key.as_str())).collect();
            let expected = [
                (3, "dispatch.roster.unit"),
                (4, "dispatch.roster.overlap_row"),
                (5, "dispatch.roster.overlap_known"),
                (6, "dispatch.roster.time"),
            ];
            assert_eq!(said, expected);
            assert!(report.errors.iter().any(|error| error.message.contains("永康 21 from 2026-11-22 08:00 to 2026-11-22 20:00")), "{report:?}");
            assert_eq!((report.accepted, count(&store).await), (0, 2));
        })
        .await;
    }
}
