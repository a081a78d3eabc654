//! `GET /v1/oversight/audit/verify`: recomputes the whole log.

use axum::extract::State;
use shouhu_audit::Verdict;
use shouhu_module::{App, Audit, Audited, Load, Problem, Route};

pub const ROUTE: Route =
    Route::get("/v1/oversight/audit/verify", "Recompute the audit log and say whether it is intact", || {
        axum::routing::get(handle)
    })
    .permission("oversight.verify")
    .audit(Audit::Security)
    .load(Load::Bulk)
    .gives::<Verdict>();

async fn handle(State(app): State<App>) -> Result<Audited<Verdict>, Problem> {
    let verdict = app.audit.verify().await?;
    let object = format!("{} leaves, intact: {}", verdict.leaves, verdict.is_intact);
    Ok(Audited::new(object, verdict))
}
