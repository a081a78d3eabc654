//! Decides who is told of a fact, once, and enqueues the delivery in the same transaction.

use serde_json::{Value, json};
use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_events::{Envelope, Event};
use shouhu_ids::Micros;
use shouhu_module::App;
use shouhu_module::ports::{DispatchFacts, DispatchFactsPort};
use shouhu_store::{NewJob, Store, StoreError, params, tag_of};
use shouhu_wire::IncidentState;

use crate::deliver;
use crate::store::{self, FactKind};

/// What is told of; `fact` names it for ever.
struct Telling {
    kind: FactKind,
    fact: String,
    body: Value,
    /// Nobody is told of what began before the subscription.
    since: Micros,
}

/// What was told is remembered for as long as an incident may come back from its units.
const REMEMBERED_US: i64 = 90 * Micros::DAY;

pub fn tell(app: App, envelope: Envelope) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let Some(facts) = app.try_room::<DispatchFactsPort>() else { return Ok(()) };
        // Most houses tell nobody: no question is asked for them.
        if store::live(&app.store).await?.is_empty() {
            return Ok(());
        }
        let telling = telling(&*facts.0, &envelope).await.map_err(|problem| problem.detail)?;
        if let Some(telling) = telling {
            decide(&app.store, &telling).await?;
        }
        Ok(())
    })
}

async fn telling(facts: &dyn DispatchFacts, envelope: &Envelope) -> Result<Option<Telling>, shouhu_module::Problem> {
    let at_us = envelope.at_us;
    match envelope.event {
        Event::IncidentChanged { incident, state, .. } => {
            let (kind, name) = match state {
                IncidentState::Open => (FactKind::IncidentOpened, "incident_opened"),
                IncidentState::Closed => (FactKind::IncidentClosed, "incident_closed"),
                IncidentState::Assigned | IncidentState::OnScene => return Ok(None),
            };
            let Some(mut fact) = facts.incident(incident).await? else { return Ok(None) };
            // As the event says, whatever has happened since.
            fact.state = tag_of(&state);
            // An incident whose units are done is open again: that was told when it opened.
            let since = fact.opened_at_us;
            let body = json!({ "kind": name, "at_us": at_us, "incident": fact });
            Ok(Some(Telling { kind, fact: format!("{name}:{incident}"), body, since }))
        }
        Event::UnitChanged { unit, state } => {
            let Some(mut fact) = facts.unit(unit).await? else { return Ok(None) };
            fact.state = tag_of(&state);
            let body = json!({ "kind": "unit_state", "at_us": at_us, "unit": fact });
            Ok(Some(Telling { kind: FactKind::UnitState, fact: format!("unit_state:{}", envelope.id), body, since: at_us }))
        }
        _ => Ok(None),
    }
}

async fn decide(store: &Store, telling: &Telling) -> Result<(), StoreError> {
    let now = store.env().now();
    let live = store::live(store).await?;
    for subscription in live.iter().filter(|live| live.kinds.contains(&telling.kind) && live.created_at <= telling.since) {
        let mut tx = store.begin().await?;
        let sql = "INSERT INTO webhooks_told (subscription, fact, told_at_us) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        if tx.execute(sql, params![subscription.id, &telling.fact, now]).await? == 0 {
            continue;
        }
        let forget = "DELETE FROM webhooks_told WHERE subscription = $1 AND told_at_us < $2";
        tx.execute(forget, params![subscription.id, now.plus(-REMEMBERED_US)]).await?;
        let payload = json!({ "subscription": subscription.id, "fact": telling.fact, "body": telling.body });
        let key = format!("{}:{}", subscription.id, telling.fact);
        tx.enqueue(NewJob { kind: deliver::KIND, key, payload, run_at: None }).await?;
        tx.commit().await?;
    }
    Ok(())
}
