//! The lake's refusals as problem documents.

use std::sync::Arc;

use axum::http::StatusCode;
use shouhu_files::FilesError;
use shouhu_lakehouse::{Lakehouse, LakehouseError};
use shouhu_module::{App, Problem};

/// A device that is told to wait comes back after this many seconds.
const RETRY_S: u32 = 5;

/// The lake of this house.
///
/// # Errors
/// 503 where this program has not opened it.
pub fn lake_of(app: &App) -> Result<Arc<Lakehouse>, Problem> {
    let closed = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "lakehouse.closed", "the lake is not open in this program").retry_after_s(RETRY_S);
    app.try_room::<Lakehouse>().ok_or_else(closed)
}

#[must_use]
pub fn lake_problem(error: &LakehouseError) -> Problem {
    let status = match error {
        LakehouseError::Files(FilesError::Full { .. }) => StatusCode::INSUFFICIENT_STORAGE,
        LakehouseError::Full { .. } | LakehouseError::Stopped { .. } => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let problem = Problem::new(status, error.key(), error.to_string());
    if status == StatusCode::SERVICE_UNAVAILABLE { problem.retry_after_s(RETRY_S) } else { problem }
}
