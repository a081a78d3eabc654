//! The house's radio codes: what a dispatcher types for what a crew says. Imported as a list that is taken whole or not at all.
//!
//! What the house starts with are ten-codes of North America (APCO), for want of a standard in Taiwan: an example to replace.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shouhu_exchange::codes::{self, CODES_BYTES_MAX, Code, Fault, Meaning, Why, read};
use shouhu_module::{App, Audit, Audited, Keyed, Load, Params, Person, Problem, ProblemRow, RawBody, Route};
use shouhu_store::{Store, StoreError, params};
use shouhu_text::table::TableError;

pub const LIST: Route = Route::get("/v1/dispatch/codes", "List the radio codes and what each of them means", || axum::routing::get(list))
    .permission("dispatch.watch")
    .audit(Audit::None("a list of radio codes; nobody's data"))
    .load(Load::Life)
    .gives::<RadioCodes>();

pub const IMPORT: Route = Route::post("/v1/dispatch/codes/import", "Import the house's radio codes as CSV, or look what it would change", || {
    axum::routing::post(import)
})
.permission("codes.manage")
.audit(Audit::Write)
.load(Load::Bulk)
.body_bytes_max(CODES_BYTES_MAX)
.takes_media("text/csv")
.asks::<ImportCodes>()
.gives::<CodesImport>();

/// What a code says: a state that a crew gives itself, or a step of its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeMeaning {
    Available,
    Busy,
    OffDuty,
    Accept,
    EnRoute,
    OnScene,
    /// The order is done.
    Clear,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RadioCode {
    /// Narrow and in small letters.
    pub code: String,
    pub meaning: CodeMeaning,
    /// What the house calls it; empty: as its meaning is called.
    #[serde(default)]
    pub title: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RadioCodes {
    /// 0: those that the program starts with, which are no standard in Taiwan.
    #[serde(default)]
    pub version: i64,
    pub codes: Vec<RadioCode>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
pub struct ImportCodes {
    /// True: say what would happen and change nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// What a list did, or would do.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CodesImport {
    pub dry_run: bool,
    /// The version that is in force afterwards; with `errors` none is made.
    pub version: i64,
    pub rows: usize,
    pub added: Vec<String>,
    pub changed: Vec<String>,
    /// Known until now and not in the list: they mean nothing any more.
    pub removed: Vec<String>,
    pub unchanged: usize,
    /// With one of them nothing is taken.
    pub errors: Vec<ProblemRow>,
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    File(#[from] TableError),
    #[error("{count} rows are wrong: a list is taken whole or not at all")]
    Rows { count: usize },
    #[error("the list has no rows")]
    NoRows,
}

impl Keyed for ImportError {
    fn key(&self) -> &'static str {
        match self {
            Self::File(TableError::Empty) | Self::NoRows => "dispatch.codes.empty",
            Self::File(TableError::Encoding) => "dispatch.codes.encoding",
            Self::File(TableError::NotText) => "dispatch.codes.not_text",
            Self::File(TableError::Column { .. }) => "dispatch.codes.column",
            Self::File(TableError::TooManyRows { .. }) => "dispatch.codes.too_many_rows",
            Self::Rows { .. } => "dispatch.codes.rows",
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

const fn key_of(why: Why) -> &'static str {
    match why {
        Why::Code => "dispatch.codes.code",
        Why::CodeTwice => "dispatch.codes.code_twice",
        Why::Meaning => "dispatch.codes.meaning",
        Why::Title => "dispatch.codes.title",
        Why::Unreadable => "dispatch.codes.unreadable",
    }
}

fn told(fault: Fault) -> ProblemRow {
    let Fault { row, column, value, why } = fault;
    ProblemRow { row, column: column.to_owned(), value, key: key_of(why).to_owned(), message: why.to_string() }
}

impl From<Meaning> for CodeMeaning {
    fn from(meaning: Meaning) -> Self {
        match meaning {
            Meaning::Available => Self::Available,
            Meaning::Busy => Self::Busy,
            Meaning::OffDuty => Self::OffDuty,
            Meaning::Accept => Self::Accept,
            Meaning::EnRoute => Self::EnRoute,
            Meaning::OnScene => Self::OnScene,
            Meaning::Clear => Self::Clear,
        }
    }
}

impl From<Code> for RadioCode {
    fn from(code: Code) -> Self {
        Self { code: code.code, meaning: code.meaning.into(), title: code.title }
    }
}

/// APCO's.
const STARTS_WITH: [(&str, CodeMeaning); 7] = [
    ("10-8", CodeMeaning::Available),
    ("10-6", CodeMeaning::Busy),
    ("10-7", CodeMeaning::OffDuty),
    ("10-4", CodeMeaning::Accept),
    ("10-76", CodeMeaning::EnRoute),
    ("10-23", CodeMeaning::OnScene),
    ("10-24", CodeMeaning::Clear),
];

impl RadioCodes {
    fn built_in() -> Self {
        let code = |(code, meaning): (&str, CodeMeaning)| RadioCode { code: code.to_owned(), meaning, title: String::new() };
        Self { version: 0, codes: STARTS_WITH.into_iter().map(code).collect() }
    }

    fn known(&self, code: &str) -> Option<&RadioCode> {
        self.codes.iter().find(|known| known.code == code)
    }
}

async fn current(store: &Store) -> Result<RadioCodes, StoreError> {
    let sql = "SELECT version, codes FROM dispatch_codes ORDER BY version DESC LIMIT 1";
    match store.fetch_opt(sql, vec![]).await? {
        Some(row) => Ok(RadioCodes { version: row.int("version")?, ..row.json("codes")? }),
        None => Ok(RadioCodes::built_in()),
    }
}

/// `Duplicate` when somebody has imported another list meanwhile.
async fn set(store: &Store, by: &Person, next: &RadioCodes) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.execute(
        "INSERT INTO dispatch_codes (version, codes, set_at_us, set_by, set_by_name) VALUES ($1, $2, $3, $4, $5)",
        params![next.version, json!({ "codes": next.codes }).to_string(), store.env().now(), by.id, &by.name],
    )
    .await?;
    tx.commit().await
}

/// Takes a list, or says what it would do.
async fn take(store: &Store, by: &Person, list: codes::Read, dry_run: bool) -> Result<CodesImport, Problem> {
    let before = current(store).await?;
    let rows = list.rows;
    let errors: Vec<ProblemRow> = list.faults.into_iter().map(told).collect();
    let next = RadioCodes { version: before.version + 1, codes: list.codes.into_iter().map(RadioCode::from).collect() };
    let (mut added, mut changed, mut unchanged) = (Vec::new(), Vec::new(), 0);
    for code in &next.codes {
        match before.known(&code.code) {
            None => added.push(code.code.clone()),
            Some(known) if known == code => unchanged += 1,
            Some(_) => changed.push(code.code.clone()),
        }
    }
    let removed = before.codes.iter().filter(|code| next.known(&code.code).is_none()).map(|code| code.code.clone()).collect();
    if !dry_run {
        if !errors.is_empty() {
            let refused = Problem::of(&ImportError::Rows { count: errors.len() });
            return Err(Problem { rows: errors, ..refused });
        }
        if next.codes.is_empty() {
            return Err(ImportError::NoRows.into());
        }
        set(store, by, &next).await?;
        tracing::info!(version = next.version, codes = next.codes.len(), "radio codes imported");
    }
    let version = if errors.is_empty() { next.version } else { before.version };
    Ok(CodesImport { dry_run, version, rows, added, changed, removed, unchanged, errors })
}

async fn list(State(app): State<App>) -> Result<Json<RadioCodes>, Problem> {
    Ok(Json(current(&app.store).await?))
}

async fn import(
    State(app): State<App>,
    person: Person,
    Params(query): Params<ImportCodes>,
    RawBody(bytes): RawBody,
) -> Result<Audited<CodesImport>, Problem> {
    let list = read(&bytes).map_err(ImportError::from)?;
    let report = take(&app.store, &person, list, query.dry_run).await?;
    Ok(Audited::new(format!("radio codes, version {}", report.version), report))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;
    use shouhu_wire::Role;

    use super::*;
    use crate::MODULE;
    use crate::testing::person;

    #[tokio::test]
    async fn a_list_is_taken_whole_or_not_at_all_and_a_dry_run_changes_nothing() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let by = person(&store, Role::Supervisor, None);
            let list = || read("代碼,狀態,說明\n10-8,備勤,\n回線,備勤,回線上\n".as_bytes()).unwrap();
            let dry = take(&store, &by, list(), true).await.unwrap();
            assert_eq!((dry.version, dry.added.as_slice(), dry.unchanged, dry.removed.len()), (1, ["回線".to_owned()].as_slice(), 1, 6));
            assert_eq!(current(&store).await.unwrap(), RadioCodes::built_in());
            let wrong = read("code,meaning\n10-8,available\n10-9,asleep\n".as_bytes()).unwrap();
            let refused = take(&store, &by, wrong, false).await.unwrap_err();
            assert_eq!((refused.key.as_str(), refused.rows.len()), ("dispatch.codes.rows", 1));
            let none = read(b"code,meaning\n").unwrap();
            assert_eq!(take(&store, &by, none, false).await.unwrap_err().key, "dispatch.codes.empty");
            assert_eq!(current(&store).await.unwrap().version, 0);
            assert_eq!(take(&store, &by, list(), false).await.unwrap().version, 1);
            let now = current(&store).await.unwrap();
            assert_eq!((now.version, now.codes.len(), now.known("回線").unwrap().meaning), (1, 2, CodeMeaning::Available));
        })
        .await;
    }
}
