//! `GET /v1/transparency`: the numbers of each month, for everybody; and the proof that they stand in the log.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_module::{Access, App, Audit, Load, Problem, Route};

use crate::transparency::{self, Month, TOLD_MIN};

/// Ten years: nobody pages through this.
const MONTHS_MAX: i64 = 120;

pub const LIST: Route =
    Route::get("/v1/transparency", "How often people and vehicles were asked about, by month, and what came of it", || {
        axum::routing::get(list)
    })
    .access(Access::Public("numbers of whole months, without persons or plates, are for everybody"))
    .audit(Audit::None("published numbers"))
    .load(Load::Interactive)
    .gives::<Transparency>();

pub const PROOF: Route =
    Route::get("/v1/transparency/{month}/proof", "The proof that a month's numbers stand in the audit log (C2SP tlog-proof)", || {
        axum::routing::get(proof)
    })
    .access(Access::Public("the proof of published numbers is for everybody"))
    .audit(Audit::None("published numbers"))
    .load(Load::Interactive)
    .gives_media("text/plain");

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Transparency {
    /// Smaller numbers are not told.
    pub told_min: i64,
    /// C2SP verifier key of the log, by which the proofs are checked.
    pub log_key: String,
    /// Months that are over, the newest first.
    pub months: Vec<Month>,
}

async fn list(State(app): State<App>) -> Result<axum::Json<Transparency>, Problem> {
    let log_key = app.audit.log_key().await?.to_string();
    let months = transparency::months(&app.store, MONTHS_MAX).await?;
    Ok(axum::Json(Transparency { told_min: TOLD_MIN, log_key, months }))
}

async fn proof(State(app): State<App>, Path(month): Path<String>) -> Result<Response, Problem> {
    let seq = transparency::seq_of(&app.store, &month).await?.ok_or_else(|| Problem::not_found("month"))?;
    let proof = app.audit.proof(seq).await?;
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], proof.text).into_response())
}
