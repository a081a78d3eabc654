//! Notes when units were on incidents: those minutes of their tracks are kept longer than the rest.

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_events::{Envelope, Event};
use shouhu_ids::Micros;
use shouhu_module::{App, Reaction};
use shouhu_store::{Store, StoreError, params};
use shouhu_wire::AssignmentState;

pub const REACTIONS: &[Reaction] = &[Reaction { name: "positions.incidents", kinds: &["assignment_changed"], run }];

/// How long before and after an assignment the track still belongs to the incident: what led there, and the way home.
pub const AROUND_US: i64 = 10 * Micros::MINUTE;

const fn is_over(state: AssignmentState) -> bool {
    matches!(state, AssignmentState::Closed | AssignmentState::Declined | AssignmentState::Cancelled)
}

/// The first fact of an assignment begins its time, an ending one ends it; facts may come twice.
///
/// # Errors
/// When the database fails.
pub async fn note(store: &Store, envelope: &Envelope) -> Result<(), StoreError> {
    let Event::AssignmentChanged { assignment, incident, unit, state } = &envelope.event else { return Ok(()) };
    let mut tx = store.begin().await?;
    tx.execute(
        "INSERT INTO positions_incident (assignment, incident, unit, from_us, until_us) VALUES ($1, $2, $3, $4, NULL) \
         ON CONFLICT (assignment) DO NOTHING",
        params![*assignment, *incident, *unit, envelope.at_us.plus(-AROUND_US)],
    )
    .await?;
    if is_over(*state) {
        let sql = "UPDATE positions_incident SET until_us = $2 WHERE assignment = $1 AND until_us IS NULL";
        tx.execute(sql, params![*assignment, envelope.at_us.plus(AROUND_US)]).await?;
    }
    tx.commit().await
}

fn run(app: App, envelope: Envelope) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move { Ok(note(&app.store, &envelope).await?) })
}
