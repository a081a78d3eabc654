//! A receiver comes for its events (RFC 8936), and says what became of the last ones.
//!
//! What it says of them counts first. Each event stands in the ledger of sharing before it leaves, whenever it leaves again.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use shouhu_identity::Peer;
use shouhu_module::{App, Body, Load, Problem, Route};
use shouhu_secevent::{PollAnswer, PollAsked, sign_claims};
use shouhu_store::StoreError;
use tokio::time::Instant;

use crate::deliver::{TAKEN, pass};
use crate::manage::{StreamError, door, known};
use crate::room::Room;
use crate::settings::{self, Receiver};
use crate::stream;
use crate::waiting::{self, Waiting};

pub const PATH: &str = "/v1/signals/poll";
/// How long a question waits for an event: half of what our own houses wait for an answer, and no longer than a stop of the server.
const LONG_POLL: Duration = Duration::from_secs(5);
/// While it waits. Another process may have written what it waits for, so that the database is asked.
const LOOK_EVERY: Duration = Duration::from_millis(500);

pub const ROUTE: Route = door(Route::post(PATH, "Gives a receiver its events and hears what became of the last ones (RFC 8936)", || axum::routing::post(handle)))
    .takes::<PollAsked>()
    .gives::<PollAnswer>()
    .load(Load::Waiting);

/// What became of tokens, for good.
async fn acknowledged(app: &App, receiver: &Receiver, asked: &PollAsked) -> Result<(), StoreError> {
    let now = app.env.now();
    let mut tx = app.store.begin().await?;
    for jti in &asked.ack {
        waiting::done(&mut tx, now, &receiver.name, jti, TAKEN, true).await?;
    }
    for (jti, said) in &asked.set_errs {
        let why: String = format!("refused: {} {}", said.err, said.description).chars().filter(|ch| !ch.is_control()).collect();
        if waiting::done(&mut tx, now, &receiver.name, jti, why.trim_end(), false).await? {
            tracing::warn!(receiver = receiver.name, jti, err = said.err, "a receiver will not take a signal");
        }
    }
    stream::polled(&mut tx, now, receiver).await?;
    tx.commit().await
}

/// What waits, or what comes while it is waited for. One more than is given says that there is more.
async fn next(app: &App, receiver: &Receiver, most: usize, may_wait: bool) -> Result<Vec<Waiting>, StoreError> {
    let until = Instant::now() + LONG_POLL;
    let most = i64::try_from(most.saturating_add(1)).unwrap_or(i64::MAX);
    loop {
        let found = waiting::next(&app.store, receiver, most).await?;
        if !found.is_empty() || !may_wait || Instant::now() >= until {
            return Ok(found);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Signs what the ledger lets pass. What a person has switched off is not told later, either.
async fn released(app: &App, receiver: &Receiver, given: Vec<Waiting>) -> Result<BTreeMap<String, String>, Problem> {
    let room = Room::of(app);
    let mut sets = BTreeMap::new();
    for one in given {
        match pass(app, receiver, &one.event).await? {
            Ok(()) => _ = sets.insert(one.jti, sign_claims(&one.claims, &room.signer)),
            Err(refused) => {
                let mut tx = app.store.begin().await?;
                waiting::done(&mut tx, app.env.now(), &receiver.name, &one.jti, &refused.key, false).await?;
                tx.commit().await?;
            }
        }
    }
    Ok(sets)
}

async fn handle(State(app): State<App>, peer: Peer, headers: HeaderMap, Body(asked): Body<PollAsked>) -> Result<Json<PollAnswer>, Problem> {
    let settings = settings::of(&app);
    let receiver = known(&app, peer, &settings, &headers).await?;
    asked.check().map_err(StreamError::Poll)?;
    if !receiver.is_polled() {
        return Err(StreamError::Pushed.into());
    }
    stream::of(&app.store, receiver).await?.ok_or(StreamError::Missing)?;
    acknowledged(&app, receiver, &asked).await?;
    let (room, most) = (Room::of(&app), asked.events_max());
    let turn = if most == 0 || asked.return_immediately == Some(true) { None } else { room.turn(&receiver.name) };
    let mut given = next(&app, receiver, most, turn.is_some()).await?;
    drop(turn);
    let more_available = given.len() > most;
    given.truncate(most);
    Ok(Json(PollAnswer { sets: released(&app, receiver, given).await?, more_available }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_an_event_stands_in_no_line_of_people_at_screens() {
        assert_eq!(ROUTE.load, Load::Waiting);
    }
}
