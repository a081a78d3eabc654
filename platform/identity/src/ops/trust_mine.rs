//! How far this session is trusted, and why: whoever is asked for something may know what speaks against him.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;
use shouhu_module::{Access, App, Audit, Person, Problem, Route};
use shouhu_trust::{Reason, SignalName, Verdict};

use crate::model::Peer;
use crate::trust;

pub const ROUTE: Route = Route::get("/v1/session/trust", "How far this session is trusted, with reasons", || axum::routing::get(handle))
    .access(Access::Session)
    .whatever_the_trust("it says why the others are closed")
    .audit(Audit::None("the caller's own score"))
    .gives::<MyTrust>();

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MyTrust {
    /// In force; lighter only after a verification or ten calm minutes.
    pub verdict: Verdict,
    pub since_us: Micros,
    /// As of now, 0 to 100.
    pub score: u8,
    pub reasons: Vec<Reason>,
    pub unknown: Vec<SignalName>,
    pub verified_at_us: Micros,
}

async fn handle(State(app): State<App>, peer: Peer, person: Person) -> Result<Json<MyTrust>, Problem> {
    let Some(seen) = trust::look(&app, &person, peer.0, false).await? else { return Err(Problem::not_found("session")) };
    let assessment = seen.assessment;
    Ok(Json(MyTrust {
        verdict: seen.standing.verdict,
        since_us: seen.standing.since,
        score: assessment.score,
        reasons: assessment.reasons,
        unknown: assessment.unknown,
        verified_at_us: seen.row.verified_at,
    }))
}
