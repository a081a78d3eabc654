//! Which systems tell us of accounts, which we tell, and what has not arrived.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;
use shouhu_module::{App, Audit, Page, Problem, Route};

use crate::polled::{self, Polls};
use crate::settings::{self, Delivery, Receiver, Transmitter};
use crate::store::{self, Seen};
use crate::stream::{self, Stream, StreamStatus};
use crate::waiting;

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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignalDelivery {
    Push,
    Poll,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignalStream {
    pub name: String,
    pub direction: SignalDirection,
    pub delivery: SignalDelivery,
    /// Its issuer, the address to which is pushed, or the audience of one that comes by itself.
    pub peer: String,
    /// Of a receiver that sets its stream up by itself, and has.
    pub status: Option<StreamStatus>,
    /// Its own words.
    pub reason: Option<String>,
    /// What waits until the receiver comes for it, or goes on with its stream.
    pub waiting: i64,
    /// When it last came for its events, or we came for its.
    pub polled_at_us: Option<Micros>,
    /// `answered`, or why one that we ask has not.
    pub last_poll: Option<String>,
    /// When a trial that we asked for came back.
    pub verified_at_us: Option<Micros>,
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

const fn delivery_of(is_polled: bool) -> SignalDelivery {
    if is_polled { SignalDelivery::Poll } else { SignalDelivery::Push }
}

impl SignalStream {
    fn of(name: &str, direction: SignalDirection, delivery: SignalDelivery, peer: String, seen: Seen) -> Self {
        Self {
            name: name.to_owned(),
            direction,
            delivery,
            peer,
            status: None,
            reason: None,
            waiting: 0,
            polled_at_us: None,
            last_poll: None,
            verified_at_us: None,
            may_end: false,
            in_day: seen.in_day,
            last_event: seen.last_event,
            last_outcome: seen.last_outcome,
            last_at_us: seen.last_at,
            not_taken: seen.not_taken,
            oldest_not_taken_at_us: seen.oldest_not_taken_at,
        }
    }

    fn of_transmitter(one: &Transmitter, polls: Polls, seen: Seen) -> Self {
        Self {
            may_end: one.may_end,
            polled_at_us: polls.polled_at,
            last_poll: polls.outcome,
            verified_at_us: polls.verified_at,
            ..Self::of(&one.name, SignalDirection::In, delivery_of(one.polled.is_some()), one.iss.clone(), seen)
        }
    }

    fn of_receiver(one: &Receiver, stream: Option<Stream>, waiting: i64, seen: Seen) -> Self {
        let peer = match &one.delivery {
            Delivery::Push { url, .. } => url.to_string(),
            Delivery::Poll => one.aud.clone(),
        };
        let (status, reason, polled_at_us) = stream.map_or((None, None, None), |stream| (Some(stream.status), stream.reason, stream.polled_at));
        Self { status, reason, waiting, polled_at_us, ..Self::of(&one.name, SignalDirection::Out, delivery_of(one.is_polled()), peer, seen) }
    }
}

async fn handle(State(app): State<App>) -> Result<Json<Page<SignalStream>>, Problem> {
    let (settings, now) = (settings::of(&app), app.env.now());
    let mut streams = Vec::new();
    for one in &settings.transmitters {
        let (polls, seen) = (polled::of(&app.store, &one.name).await?, store::seen_of_transmitter(&app.store, now, &one.name).await?);
        streams.push(SignalStream::of_transmitter(one, polls, seen));
    }
    for one in &settings.receivers {
        let (stream, waiting) = (stream::of(&app.store, one).await?, waiting::count(&app.store, &one.name).await?);
        let seen = store::seen_of_receiver(&app.store, now, &one.name).await?;
        streams.push(SignalStream::of_receiver(one, stream, waiting, seen));
    }
    Ok(Json(Page::whole(streams)))
}
