//! `GET /v1/operations/jobs` and `POST …/{id}/retry`: what waits, what failed and why.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use shouhu_ids::JobId;
use shouhu_jobs::JobView;
use shouhu_module::{App, Audit, Audited, Id, Keyed, NoBody, Page, PageQuery, Params, Problem, Route, page_limit};

pub const LIST_ROUTE: Route =
    Route::get("/v1/operations/jobs", "Background jobs, newest first", || axum::routing::get(list))
        .permission("operations.watch")
        .audit(Audit::None("job kinds, states and errors; payloads are not shown"))
        .asks::<PageQuery>()
        .gives::<Page<JobView>>();

pub const RETRY_ROUTE: Route =
    Route::post("/v1/operations/jobs/{id}/retry", "Let a failed job run again now", || axum::routing::post(retry))
        .permission("operations.retry")
        .audit(Audit::Write)
        .takes::<NoBody>()
        .gives::<NoBody>();

#[derive(Debug, thiserror::Error)]
enum RetryError {
    #[error("this job has not failed, so there is nothing to retry")]
    NotFailed,
}

impl Keyed for RetryError {
    fn key(&self) -> &'static str {
        "operations.job.not_failed"
    }

    fn status(&self) -> StatusCode {
        StatusCode::CONFLICT
    }
}

async fn list(State(app): State<App>, Params(query): Params<PageQuery>) -> Result<Json<Page<JobView>>, Problem> {
    let limit = page_limit(query.limit);
    let before = query.cursor.and_then(|text| text.parse().ok());
    let jobs = shouhu_jobs::list(&app.store, before, limit + 1).await?;
    Ok(Json(Page::cut(jobs, limit, |job| job.id.to_string())))
}

async fn retry(State(app): State<App>, Id(id): Id<JobId>) -> Result<Audited<serde_json::Value>, Problem> {
    if !shouhu_jobs::retry(&app.store, id).await? {
        return Err(RetryError::NotFailed.into());
    }
    Ok(Audited::new(format!("job {id}"), serde_json::json!({})))
}
