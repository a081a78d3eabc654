//! Finds sessions that were taken back, and has their tools told. A session ends in many ways, and some of them tell nobody (a sign-out, a shift that is over, a word from another
//! house that is not told on): so identity is asked, and no event is waited for. What is known is on disk, so that a restart forgets nothing and several processes may look at once.

use std::time::Duration;

use shouhu_ids::{Micros, SessionId};
use shouhu_module::App;
use shouhu_store::{NewJob, StoreError, Tx};

use crate::logout::{self, Leaving};
use crate::settings;
use crate::store::{self, Login};

/// Together with the time of a call it stays below the five seconds in which live screens close.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Looks for as long as the program runs.
pub async fn look_for_ever(app: App) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        match look(&app).await {
            Ok(0) => {}
            Ok(tellings) => tracing::info!(tellings, "sessions ended whose tools are told"),
            Err(error) => tracing::error!(%error, "sessions at tools were not looked at"),
        }
    }
}

/// One look; how many tellings it began.
pub async fn look(app: &App) -> Result<usize, StoreError> {
    let settings = settings::of(app);
    let told: Vec<&str> = settings.clients.iter().filter(|client| client.backchannel_logout.is_some()).map(|client| client.id.as_str()).collect();
    let logins = store::going_on(&app.store, &told).await?;
    // In the order of their sessions: those of one stand together.
    let mut sessions: Vec<SessionId> = logins.iter().map(|login| login.session).collect();
    sessions.dedup();
    let gone = shouhu_identity::taken_back(app, &sessions).await?;
    let mut tellings = 0;
    for login in logins.iter().filter(|login| gone.contains(&login.session)) {
        tellings += usize::from(begin(app, login).await?);
    }
    Ok(tellings)
}

async fn begin(app: &App, login: &Login) -> Result<bool, StoreError> {
    let mut tx = app.store.begin().await?;
    let has_begun = end(&mut tx, app.env.now(), login).await?;
    tx.commit().await?;
    Ok(has_begun)
}

/// Ends a sign-in and has its tool told, together with what else the transaction does. False when somebody was first.
pub async fn end(tx: &mut Tx, now: Micros, login: &Login) -> Result<bool, StoreError> {
    if !store::end(tx, now, login).await? {
        return Ok(false);
    }
    let leaving = Leaving { client: login.client.clone(), sid: login.sid.clone(), actor: login.actor };
    let payload = serde_json::to_value(&leaving).map_err(|e| StoreError::Corrupt { what: "leaving", detail: e.to_string() })?;
    tx.enqueue_call(&login.client, NewJob { kind: logout::KIND, key: login.sid.clone(), payload, run_at: None }).await?;
    Ok(true)
}
