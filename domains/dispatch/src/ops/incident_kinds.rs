//! The catalogue of incident kinds: shown to everybody, and imported as a list that is taken whole or not at all.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_exchange::kinds::{Fault, KINDS_BYTES_MAX, Why, read};
use shouhu_module::{Access, App, Audit, Audited, Keyed, Load, Params, Person, Problem, ProblemRow, RawBody, Route};
use shouhu_text::table::TableError;

use crate::catalogue::{self, CatalogueKind, Changes};
use crate::model::Items;

pub const ROUTE: Route =
    Route::get("/v1/incident-kinds", "List the kinds of incidents with titles and usual priorities", || axum::routing::get(handle))
        .access(Access::Session)
        .audit(Audit::None("a catalogue of kinds; nobody's data"))
        .load(Load::Life)
        .gives::<Items<CatalogueKind>>();

pub const IMPORT: Route =
    Route::post("/v1/incident-kinds/import", "Import the city's list of incident kinds as CSV, or look what it would change", || {
        axum::routing::post(import)
    })
    .permission("kinds.manage")
    .audit(Audit::Write)
    .load(Load::Bulk)
    .body_bytes_max(KINDS_BYTES_MAX)
    .takes_media("text/csv")
    .asks::<ImportKinds>()
    .gives::<KindsImport>();

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
pub struct ImportKinds {
    /// True: say what would happen and change nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// What a list did, or would do.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct KindsImport {
    pub dry_run: bool,
    /// The version that is in force afterwards; with `errors` none is made.
    pub version: i64,
    pub rows: usize,
    /// Keys.
    pub added: Vec<String>,
    pub changed: Vec<String>,
    /// In force until now and not in the list: incidents of them stay, new ones are refused.
    pub retired: Vec<String>,
    /// Not in the list, but the program opens incidents of them by itself: they stay.
    pub kept: Vec<String>,
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
            Self::File(TableError::Empty) | Self::NoRows => "dispatch.kinds.empty",
            Self::File(TableError::Encoding) => "dispatch.kinds.encoding",
            Self::File(TableError::NotText) => "dispatch.kinds.not_text",
            Self::File(TableError::Column { .. }) => "dispatch.kinds.column",
            Self::File(TableError::TooManyRows { .. }) => "dispatch.kinds.too_many_rows",
            Self::Rows { .. } => "dispatch.kinds.rows",
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

const fn key_of(why: Why) -> &'static str {
    match why {
        Why::Key => "dispatch.kinds.key",
        Why::KeyTwice => "dispatch.kinds.key_twice",
        Why::Title => "dispatch.kinds.title",
        Why::Priority => "dispatch.kinds.priority",
        Why::Alias => "dispatch.kinds.alias",
        Why::AliasTaken => "dispatch.kinds.alias_taken",
        Why::Day => "dispatch.kinds.day",
        Why::Unreadable => "dispatch.kinds.unreadable",
    }
}

fn told(fault: Fault) -> ProblemRow {
    let Fault { row, column, value, why } = fault;
    ProblemRow { row, column: column.to_owned(), value, key: key_of(why).to_owned(), message: why.to_string() }
}

async fn handle(State(app): State<App>) -> Result<Json<Items<CatalogueKind>>, Problem> {
    Ok(Json(Items { items: catalogue::current(&app.store).await?.kinds }))
}

async fn import(
    State(app): State<App>,
    person: Person,
    Params(query): Params<ImportKinds>,
    RawBody(bytes): RawBody,
) -> Result<Audited<KindsImport>, Problem> {
    let list = read(&bytes).map_err(ImportError::from)?;
    let errors: Vec<ProblemRow> = list.faults.into_iter().map(told).collect();
    let before = catalogue::current(&app.store).await?;
    let (next, changes) = before.with(&list.kinds, app.env.now());
    if !query.dry_run {
        if !errors.is_empty() {
            let refused = Problem::of(&ImportError::Rows { count: errors.len() });
            return Err(Problem { rows: errors, ..refused });
        }
        if list.kinds.is_empty() {
            return Err(ImportError::NoRows.into());
        }
        catalogue::set(&app.store, &person, &next).await?;
        tracing::info!(version = next.version, kinds = next.kinds.len(), "catalogue of incident kinds imported");
    }
    let version = if errors.is_empty() { next.version } else { before.version };
    let Changes { added, changed, retired, kept, unchanged } = changes;
    let report = KindsImport { dry_run: query.dry_run, version, rows: list.rows, added, changed, retired, kept, unchanged, errors };
    Ok(Audited::new(format!("incident kinds, version {}", report.version), report))
}
