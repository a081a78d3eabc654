//! Sends one fact to one address, signed. What fails is tried again by the jobs' back-off; the reason stays visible.

use serde::Deserialize;
use serde_json::{Value, json};
use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_exchange::signature::{HEADER, sign};
use shouhu_ids::WebhookId;
use shouhu_module::ports::{Direction, Partner, Sharing, SharingPort};
use shouhu_module::{App, Problem};
use shouhu_outgoing::{Address, Outgoing, Use};
use shouhu_store::{Store, StoreError, params};

use crate::store::{self, Live};

pub const KIND: &str = "webhooks.deliver";
/// Names a delivery, so that a receiver who hears it twice acts once.
const ID_HEADER: &str = "shouhu-delivery";

#[derive(Debug, Deserialize)]
struct Delivery {
    subscription: WebhookId,
    fact: String,
    body: Value,
}

async fn note(store: &Store, delivery: &Delivery, outcome: &str) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    let sql = "UPDATE webhooks_told SET outcome = $3, tried_at_us = $4 WHERE subscription = $1 AND fact = $2";
    tx.execute(sql, params![delivery.subscription, &delivery.fact, outcome, store.env().now()]).await?;
    tx.commit().await
}

/// Written down by oversight before the address is called. A database that cannot be asked is no refusal, and the job comes again.
async fn pass(app: &App, live: &Live, delivery: &Delivery) -> Result<Result<(), Problem>, Problem> {
    let Some(port) = app.try_room::<SharingPort>() else { return Ok(Ok(())) };
    let kind = delivery.body.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    let sharing = Sharing { partner: Partner::webhook(live.id, &live.title), direction: Direction::Out, kind, is_life: false };
    match port.0.pass(sharing).await {
        Err(problem) if problem.status >= 500 => Err(problem),
        passed => Ok(passed),
    }
}

pub fn run(app: App, payload: Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let delivery: Delivery = serde_json::from_value(payload)?;
        // Ended meanwhile: nobody is told any more.
        let Some(live) = store::live_one(&app.store, delivery.subscription).await? else { return Ok(()) };
        if let Err(refused) = pass(&app, &live, &delivery).await.map_err(|problem| problem.detail)? {
            // It is not told later: who comes back is told of what happens from then on.
            note(&app.store, &delivery, &refused.key).await?;
            return Ok(());
        }
        let outgoing = app.try_room::<Outgoing>().ok_or("this program makes no calls of its own")?.to(Use::Webhooks);
        let mut body = delivery.body.clone();
        if let Some(object) = body.as_object_mut() {
            object.insert("id".into(), json!(delivery.fact));
        }
        let body = serde_json::to_vec(&body)?;
        let signature = sign(live.secret.as_bytes(), app.env.now(), &body);
        let headers = [(HEADER, signature), (ID_HEADER, delivery.fact.clone())];
        let sent = outgoing.post(&Address::parse(&live.url)?, &headers, body).await;
        let outcome = match &sent {
            Ok(()) => "sent".to_owned(),
            Err(error) => error.to_string(),
        };
        note(&app.store, &delivery, &outcome).await?;
        Ok(sent?)
    })
}
