//! `/v1/webhooks`: who is told of what. An operator subscribes an address; its secret is shown once.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::WebhookId;
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, NoBody, Page, Person, Problem, Route};
use shouhu_outgoing::{Address, AddressError};
use shouhu_store::{StoreError, params};

use crate::store::{self, FactKind, Kinds, Subscription};

const TITLE_MAX: usize = 80;
/// Live ones; each fact is a job for each of them.
const LIVE_MAX: usize = 20;

pub const LIST: Route =
    Route::get("/v1/webhooks", "List the addresses that are told of facts, and how their newest delivery went", || {
        axum::routing::get(list)
    })
    .permission("webhooks.manage")
    .audit(Audit::None("addresses of programs name nobody, and secrets are not shown"))
    .gives::<Page<Subscription>>();

/// Security: its answer carries the secret, which must not be kept to be replayed.
pub const SUBSCRIBE: Route =
    Route::post("/v1/webhooks", "Subscribe an address to facts; the secret is shown once", || axum::routing::post(subscribe))
        .permission("webhooks.manage")
        .audit(Audit::Security)
        .takes::<Subscribe>()
        .gives::<Subscribed>();

pub const END: Route = Route::post("/v1/webhooks/{id}/end", "End a subscription for ever", || axum::routing::post(end))
    .permission("webhooks.manage")
    .audit(Audit::Write)
    .takes::<NoBody>()
    .gives::<Subscription>();

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Subscribe {
    pub title: String,
    /// `https://…`; `http://` to localhost only, and private networks only where the server's operator allows them.
    pub url: String,
    pub kinds: Vec<FactKind>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Subscribed {
    /// Signs every delivery; it is never shown again.
    pub secret: String,
    pub subscription: Subscription,
}

#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    #[error("the title is empty or longer than {TITLE_MAX} characters")]
    Title,
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error("no kind of fact is named")]
    Kinds,
    #[error("{LIVE_MAX} addresses are told already; end one first")]
    TooMany,
}

impl Keyed for SubscribeError {
    fn key(&self) -> &'static str {
        match self {
            Self::Title => "webhooks.subscribe.title",
            Self::Address(_) => "webhooks.subscribe.address",
            Self::Kinds => "webhooks.subscribe.kinds",
            Self::TooMany => "webhooks.subscribe.too_many",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::TooMany => StatusCode::CONFLICT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

async fn list(State(app): State<App>) -> Result<Json<Page<Subscription>>, Problem> {
    Ok(Json(Page::whole(store::list(&app.store).await?)))
}

async fn subscribe(State(app): State<App>, person: Person, Body(asked): Body<Subscribe>) -> Result<Audited<Subscribed>, Problem> {
    let title = asked.title.trim();
    if title.is_empty() || title.chars().count() > TITLE_MAX {
        return Err(SubscribeError::Title.into());
    }
    let address = Address::parse(&asked.url).map_err(SubscribeError::from)?;
    let mut kinds = asked.kinds.clone();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.is_empty() {
        return Err(SubscribeError::Kinds.into());
    }
    if store::live(&app.store).await?.len() >= LIVE_MAX {
        return Err(SubscribeError::TooMany.into());
    }
    let id = app.env.id(WebhookId::new);
    let secret = hex::encode(app.env.random.bytes32());
    let kept = serde_json::to_string(&Kinds { kinds })
        .map_err(|error| StoreError::Corrupt { what: "kinds", detail: error.to_string() })?;
    let sql = "INSERT INTO webhooks_subscription (id, title, url, kinds, secret, created_at_us, created_by, created_by_name) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let mut tx = app.store.begin().await?;
    tx.execute(sql, params![id, title, address.to_string(), kept, &secret, app.env.now(), person.id, &person.name]).await?;
    tx.commit().await?;
    let subscription = store::one(&app.store, id).await?.ok_or_else(|| Problem::not_found("webhook"))?;
    Ok(Audited::new(format!("webhook {title} at {address}"), Subscribed { secret, subscription }))
}

async fn end(State(app): State<App>, Id(id): Id<WebhookId>, _: Body<NoBody>) -> Result<Audited<Subscription>, Problem> {
    let mut tx = app.store.begin().await?;
    let sql = "UPDATE webhooks_subscription SET ended_at_us = $2 WHERE id = $1 AND ended_at_us IS NULL";
    tx.execute(sql, params![id, app.env.now()]).await?;
    tx.commit().await?;
    let subscription = store::one(&app.store, id).await?.ok_or_else(|| Problem::not_found("webhook"))?;
    Ok(Audited::new(format!("webhook {} ended", subscription.title), subscription))
}
