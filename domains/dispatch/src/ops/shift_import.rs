//! Takes a station's roster, whole or not at all: half a roster would have to be told apart from a whole one by hand.
//!
//! A row that says what the roster says already changes nothing, so the same file may come twice.

use std::collections::{BTreeMap, HashMap};

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_exchange::roster::{Roster, RosterError, RosterRow, RowError};
use shouhu_ids::{Micros, ShiftId, UnitId};
use shouhu_module::{App, Audit, Audited, Keyed, Load, Params, Person, Problem, ProblemRow, RawBody, Route};
use shouhu_store::{Store, StoreError};

use super::shift_write::local;
use crate::roster::book::{self, Clash};
use crate::roster::{WriteShift, overlaps, person_of};
use crate::store;

pub const ROUTE: Route =
    Route::post("/v1/shifts/import", "Import shifts from a CSV file, all rows or none", || axum::routing::post(handle))
        .permission("shifts.plan")
        .audit(Audit::Write)
        .load(Load::Bulk)
        .body_bytes_max(4 * 1024 * 1024)
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
    /// Our columns and what the file calls them.
    pub columns: BTreeMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    File(#[from] RosterError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for ImportError {
    fn key(&self) -> &'static str {
        match self {
            Self::File(RosterError::Empty) => "dispatch.roster.file_empty",
            Self::File(RosterError::Encoding) => "dispatch.roster.file_encoding",
            Self::File(RosterError::NotText) => "dispatch.roster.file_not_text",
            Self::File(RosterError::Column { .. }) => "dispatch.roster.column_missing",
            Self::File(RosterError::TooManyRows) => "dispatch.roster.too_many_rows",
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

/// A row as a shift of a unit that exists, or why it is none beside the rows before it.
fn placed(row: &RosterRow, units: &HashMap<String, UnitId>, before: &[(u64, String, WriteShift)]) -> Result<WriteShift, ProblemRow> {
    let Some(unit) = units.get(&person_of(&row.call_sign)) else {
        let message = format!("there is no unit {:?}", row.call_sign);
        return Err(wrong(row.row, "unit", &row.call_sign, "dispatch.roster.unit", message));
    };
    let person = person_of(&row.name);
    let same = before.iter().filter(|(_, name, _)| *name == person);
    let clash = same.into_iter().find(|(_, _, other)| overlaps((other.from_us, other.until_us), (row.from, row.until)));
    if let Some((other, ..)) = clash {
        let message = format!("{} has a shift at that time in row {other}", row.name);
        return Err(wrong(row.row, "name", &row.name, "dispatch.roster.overlap_row", message));
    }
    Ok(WriteShift { unit: *unit, name: row.name.clone(), from_us: row.from, until_us: row.until })
}

/// # Errors
/// When the file as a whole cannot be read, or the database fails. Rows that are wrong are in the answer.
pub async fn import(store: &Store, by: &Person, bytes: &[u8], dry_run: bool) -> Result<ShiftImport, ImportError> {
    let roster = Roster::read(bytes)?;
    let units: HashMap<String, UnitId> = store::units(store).await?.into_iter().map(|unit| (person_of(&unit.call_sign), unit.id)).collect();
    let mut errors: Vec<ProblemRow> = roster
        .faults
        .iter()
        .map(|fault| wrong(fault.row, fault.column, &fault.value, key_of(&fault.error), fault.error.to_string()))
        .collect();
    let mut shifts: Vec<(u64, String, WriteShift)> = Vec::new();
    for row in &roster.shifts {
        match placed(row, &units, &shifts) {
            Ok(shift) => shifts.push((row.row, person_of(&row.name), shift)),
            Err(error) => errors.push(error),
        }
    }
    let now = store.env().now();
    let mut tx = store.begin().await?;
    book::lock(&mut tx).await?;
    let (mut accepted, mut unchanged) = (0, 0);
    for (row, _, shift) in &shifts {
        match book::clash(&mut tx, shift, None).await? {
            None => {
                book::insert(&mut tx, store.env().id(ShiftId::new), shift, now, by).await?;
                accepted += 1;
            }
            Some(Clash::Overlap(known)) if (known.unit, known.from_us, known.until_us) == (shift.unit, shift.from_us, shift.until_us) => {
                unchanged += 1;
            }
            Some(clash) => errors.push(clashing(*row, shift, &clash)),
        }
    }
    let is_wrong = !errors.is_empty() || roster.more_faults > 0;
    if dry_run || is_wrong {
        drop(tx);
    } else {
        tx.commit().await?;
    }
    errors.sort_by_key(|error| error.row);
    errors.truncate(SHOWN_MAX);
    Ok(ShiftImport {
        dry_run,
        encoding: roster.encoding.to_owned(),
        rows: i64::try_from(roster.rows).unwrap_or(i64::MAX),
        accepted: if is_wrong { 0 } else { accepted },
        unchanged,
        errors,
        columns: roster.columns,
    })
}

fn clashing(row: u64, shift: &WriteShift, clash: &Clash) -> ProblemRow {
    match clash {
        Clash::UnknownUnit => wrong(row, "unit", "", "dispatch.roster.unit", "the unit was taken away at this moment".to_owned()),
        Clash::Overlap(known) => {
            let span = |at: Micros| local(at);
            let message = format!("{} crews {} from {} to {} already", known.name, known.call_sign, span(known.from_us), span(known.until_us));
            wrong(row, "name", &shift.name, "dispatch.roster.overlap_known", message)
        }
    }
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Params(query): Params<ShiftImportQuery>,
    RawBody(bytes): RawBody,
) -> Result<Audited<ShiftImport>, Problem> {
    let report = import(&app.store, &person, &bytes, query.dry_run).await?;
    let how = if query.dry_run { "looked at" } else { "imported" };
    Ok(Audited::new(format!("roster {how}: {} shifts, {} errors", report.accepted, report.errors.len()), report))
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
