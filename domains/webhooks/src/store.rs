//! Rows of this room.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{Micros, WebhookId};
use shouhu_store::{Row, Store, StoreError, params};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    IncidentOpened,
    IncidentClosed,
    UnitState,
}

/// JSON columns hold objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kinds {
    pub kinds: Vec<FactKind>,
}

/// A subscription as it is shown; its secret never is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Subscription {
    pub id: WebhookId,
    pub title: String,
    pub url: String,
    pub kinds: Vec<FactKind>,
    pub created_at_us: Micros,
    pub created_by_name: String,
    pub ended_at_us: Option<Micros>,
    /// `sent`, or why the newest delivery that was tried has not arrived.
    pub last_outcome: Option<String>,
    pub last_tried_at_us: Option<Micros>,
}

pub struct Live {
    pub id: WebhookId,
    pub title: String,
    pub url: String,
    pub secret: String,
    pub kinds: Vec<FactKind>,
    pub created_at: Micros,
}

const SUBSCRIPTION: &str = "SELECT s.id, s.title, s.url, s.kinds, s.created_at_us, s.created_by_name, s.ended_at_us, \
     t.outcome, t.tried_at_us FROM webhooks_subscription s LEFT JOIN webhooks_told t ON t.subscription = s.id AND t.fact = (\
     SELECT u.fact FROM webhooks_told u WHERE u.subscription = s.id AND u.tried_at_us IS NOT NULL \
     ORDER BY u.tried_at_us DESC, u.fact LIMIT 1)";

fn subscription_of(row: &Row) -> Result<Subscription, StoreError> {
    let kinds: Kinds = row.json("kinds")?;
    Ok(Subscription {
        id: row.parsed("id")?,
        title: row.text("title")?,
        url: row.text("url")?,
        kinds: kinds.kinds,
        created_at_us: row.micros("created_at_us")?,
        created_by_name: row.text("created_by_name")?,
        ended_at_us: row.opt_micros("ended_at_us")?,
        last_outcome: row.opt_text("outcome")?,
        last_tried_at_us: row.opt_micros("tried_at_us")?,
    })
}

/// Newest first, those that ended too.
pub async fn list(store: &Store) -> Result<Vec<Subscription>, StoreError> {
    store.fetch(&format!("{SUBSCRIPTION} ORDER BY s.id DESC"), vec![]).await?.iter().map(subscription_of).collect()
}

pub async fn one(store: &Store, id: WebhookId) -> Result<Option<Subscription>, StoreError> {
    store.fetch_opt(&format!("{SUBSCRIPTION} WHERE s.id = $1"), params![id]).await?.as_ref().map(subscription_of).transpose()
}

fn live_of(row: &Row) -> Result<Live, StoreError> {
    let kinds: Kinds = row.json("kinds")?;
    Ok(Live {
        id: row.parsed("id")?,
        title: row.text("title")?,
        url: row.text("url")?,
        secret: row.text("secret")?,
        kinds: kinds.kinds,
        created_at: row.micros("created_at_us")?,
    })
}

const LIVE: &str = "SELECT id, title, url, secret, kinds, created_at_us FROM webhooks_subscription WHERE ended_at_us IS NULL";

pub async fn live(store: &Store) -> Result<Vec<Live>, StoreError> {
    store.fetch(&format!("{LIVE} ORDER BY id"), vec![]).await?.iter().map(live_of).collect()
}

pub async fn live_one(store: &Store, id: WebhookId) -> Result<Option<Live>, StoreError> {
    store.fetch_opt(&format!("{LIVE} AND id = $1"), params![id]).await?.as_ref().map(live_of).transpose()
}
