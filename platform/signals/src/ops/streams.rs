//! Which systems tell us of accounts, which we tell, and what has not arrived.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;
use shouhu_module::{App, Audit, Page, Problem, Route};

use crate::settings;
use crate::store::{self, Seen};

pub const ROUTE: Route =
    Route::get("/v1/signals/streams", "Lists the systems that tell us of accounts or are told, with what came last and what was not taken", || {
        axum::routing::get(handle)
    })
    .permission("signals.read")
    .audit(Audit::None("names of systems and counts, nobody's account"))
    .gives::<Page<SignalStream>>();

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignalDirection {
    /// It tells us.
    In,
    /// We tell it.
    Out,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignalStream {
    pub name: String,
    pub direction: SignalDirection,
    /// Its issuer, or the address to which is pushed.
    pub peer: String,
    /// Whether its word ends even the session of somebody who crews a unit.
    pub may_end: bool,
    /// Signals of the last 24 hours.
    pub in_day: i64,
    pub last_event: Option<String>,
    /// Of one that tells us `heeded`, `no_session`, `unknown_subject` or `no_act`; of one that is told `taken`, or why not.
    pub last_outcome: Option<String>,
    pub last_at_us: Option<Micros>,
    /// Of the last thirty days; the page of jobs says which wait and which failed for good.
    pub not_taken: i64,
    pub oldest_not_taken_at_us: Option<Micros>,
}

impl SignalStream {
    fn of(name: &str, direction: SignalDirection, peer: String, may_end: bool, seen: Seen) -> Self {
        Self {
            name: name.to_owned(),
            direction,
            peer,
            may_end,
            in_day: seen.in_day,
            last_event: seen.last_event,
            last_outcome: seen.last_outcome,
            last_at_us: seen.last_at,
            not_taken: seen.not_taken,
            oldest_not_taken_at_us: seen.oldest_not_taken_at,
        }
    }
}

async fn handle(State(app): State<App>) -> Result<Json<Page<SignalStream>>, Problem> {
    let (settings, now) = (settings::of(&app), app.env.now());
    let mut streams = Vec::new();
    for one in &settings.transmitters {
        let seen = store::seen_of_transmitter(&app.store, now, &one.name).await?;
        streams.push(SignalStream::of(&one.name, SignalDirection::In, one.iss.clone(), one.may_end, seen));
    }
    for one in &settings.receivers {
        let seen = store::seen_of_receiver(&app.store, now, &one.name).await?;
        streams.push(SignalStream::of(&one.name, SignalDirection::Out, one.url.to_string(), false, seen));
    }
    Ok(Json(Page::whole(streams)))
}
