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
                // Merged: what still happens is told under the other number. That a merge was undone is not told: to the receiver it ended.
                IncidentState::Closed | IncidentState::Merged => (FactKind::IncidentClosed, "incident_closed"),
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
        tx.enqueue_call(&subscription.id.to_string(), NewJob { kind: deliver::KIND, key, payload, run_at: None }).await?;
        tx.commit().await?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_ids::{ActorId, WebhookId};
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;

    async fn subscribed(store: &Store, kinds: Value) -> WebhookId {
        let env = store.env();
        let id = env.id(WebhookId::new);
        let sql = "INSERT INTO webhooks_subscription (id, title, url, kinds, secret, created_at_us, created_by, created_by_name) \
             VALUES ($1, 'a', 'https://a.example/', $2, 's', $3, $4, 'b')";
        let mut tx = store.begin().await.unwrap();
        tx.execute(sql, params![id, json!({ "kinds": kinds }).to_string(), env.now(), env.id(ActorId::new)]).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    #[tokio::test]
    async fn a_fact_that_comes_twice_is_one_job_for_each_who_wants_it_and_none_for_who_came_later() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let first = subscribed(&store, json!(["incident_opened"])).await;
            subscribed(&store, json!(["unit_state"])).await;
            let telling = Telling {
                kind: FactKind::IncidentOpened,
                fact: "incident_opened:1".into(),
                body: json!({ "kind": "incident_opened" }),
                since: store.env().now(),
            };
            let late = subscribed(&store, json!(["incident_opened"])).await;
            decide(&store, &telling).await.unwrap();
            decide(&store, &telling).await.unwrap();
            assert_eq!(shouhu_jobs::list(&store, None, 10).await.unwrap().len(), 1);

            let mut tx = store.begin().await.unwrap();
            let sql = "UPDATE webhooks_told SET outcome = 'answered 500', tried_at_us = 1 WHERE subscription = $1";
            assert_eq!(tx.execute(sql, params![first]).await.unwrap(), 1);
            tx.commit().await.unwrap();
            let shown = store::one(&store, first).await.unwrap().unwrap();
            assert_eq!(shown.last_outcome.as_deref(), Some("answered 500"));
            assert_eq!(store::one(&store, late).await.unwrap().unwrap().last_outcome, None);
            assert_eq!((store::list(&store).await.unwrap().len(), store::live(&store).await.unwrap().len()), (3, 3));
            assert!(store::live_one(&store, late).await.unwrap().is_some());
        })
        .await;
    }
}
