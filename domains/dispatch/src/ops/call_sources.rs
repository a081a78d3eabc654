//! Which partner's key may put calls through: without a row here, the key of a car park rings nowhere.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{DeviceId, Micros};
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, NoBody, Person, Problem, Route};
use shouhu_store::{Row, Store, StoreError, params};
use shouhu_wire::DeviceKind;

use crate::model::Items;

const TITLE_CHARS_MAX: usize = 80;

pub const LIST: Route =
    Route::get("/v1/call-sources", "List the exchanges and gateways that may put calls through", || axum::routing::get(list))
        .permission("partners.manage")
        .audit(Audit::None("names of exchanges and their keys' ids name nobody"))
        .gives::<Items<CallSource>>();

pub const DEFINE: Route =
    Route::post("/v1/call-sources", "Say which partner's key may put calls through", || axum::routing::post(define))
        .permission("partners.manage")
        .audit(Audit::Write)
        .takes::<DefineCallSource>()
        .gives::<CallSource>();

pub const END: Route =
    Route::post("/v1/call-sources/{id}/end", "End what a partner's key may put through", || axum::routing::post(end))
        .permission("partners.manage")
        .audit(Audit::Write)
        .takes::<NoBody>()
        .gives::<CallSource>();

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallSource {
    /// The enrolled device of kind `partner` that signs.
    pub device: DeviceId,
    pub title: String,
    pub created_at_us: Micros,
    pub ended_at_us: Option<Micros>,
}

/// `POST /v1/call-sources`. Again for the same device: changes it, and begins it again where it had ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DefineCallSource {
    pub device: DeviceId,
    pub title: String,
}

#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("device {0} is no partner's device that is enrolled and not revoked")]
    Device(DeviceId),
    #[error("the title is empty or longer than {TITLE_CHARS_MAX} characters")]
    Title,
    #[error("device {0} is registered as no source of calls")]
    Unknown(DeviceId),
}

impl Keyed for SourceError {
    fn key(&self) -> &'static str {
        match self {
            Self::Device(_) => "dispatch.call_source.device",
            Self::Title => "dispatch.call_source.title",
            Self::Unknown(_) => "dispatch.call_source.unknown",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unknown(_) => StatusCode::NOT_FOUND,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

const SOURCE: &str = "SELECT device, title, created_at_us, ended_at_us FROM dispatch_call_source";

fn source_of(row: &Row) -> Result<CallSource, StoreError> {
    Ok(CallSource {
        device: row.parsed("device")?,
        title: row.text("title")?,
        created_at_us: row.micros("created_at_us")?,
        ended_at_us: row.opt_micros("ended_at_us")?,
    })
}

async fn by_device(store: &Store, device: DeviceId) -> Result<Option<CallSource>, StoreError> {
    store.fetch_opt(&format!("{SOURCE} WHERE device = $1"), params![device]).await?.as_ref().map(source_of).transpose()
}

/// Whether a key may put calls through.
///
/// # Errors
/// When the database fails.
pub async fn is_live(store: &Store, device: DeviceId) -> Result<bool, StoreError> {
    Ok(by_device(store, device).await?.is_some_and(|source| source.ended_at_us.is_none()))
}

/// # Errors
/// When the title is empty or too long.
pub async fn keep(store: &Store, asked: &DefineCallSource, by: &Person) -> Result<CallSource, Problem> {
    let title = asked.title.trim();
    if title.is_empty() || title.chars().count() > TITLE_CHARS_MAX {
        return Err(SourceError::Title.into());
    }
    let mut tx = store.begin().await?;
    tx.execute(
        "INSERT INTO dispatch_call_source (device, title, created_at_us, created_by) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (device) DO UPDATE SET title = $2, ended_at_us = NULL",
        params![asked.device, title, store.env().now(), by.id],
    )
    .await?;
    tx.commit().await?;
    Ok(by_device(store, asked.device).await?.ok_or(SourceError::Unknown(asked.device))?)
}

async fn list(State(app): State<App>) -> Result<Json<Items<CallSource>>, Problem> {
    let rows = app.store.fetch(&format!("{SOURCE} ORDER BY title, device"), vec![]).await?;
    Ok(Json(Items { items: rows.iter().map(source_of).collect::<Result<_, _>>()? }))
}

async fn define(State(app): State<App>, person: Person, Body(asked): Body<DefineCallSource>) -> Result<Audited<CallSource>, Problem> {
    let known = shouhu_identity::device_by_id(&app, asked.device).await?;
    if !known.is_some_and(|known| known.kind == DeviceKind::Partner && !known.is_revoked) {
        return Err(SourceError::Device(asked.device).into());
    }
    let source = keep(&app.store, &asked, &person).await?;
    Ok(Audited::new(format!("source of calls {}", source.device), source))
}

async fn end(State(app): State<App>, Id(device): Id<DeviceId>, _: Body<NoBody>) -> Result<Audited<CallSource>, Problem> {
    let mut tx = app.store.begin().await?;
    let sql = "UPDATE dispatch_call_source SET ended_at_us = $2 WHERE device = $1 AND ended_at_us IS NULL";
    tx.execute(sql, params![device, app.env.now()]).await?;
    tx.commit().await?;
    let source = by_device(&app.store, device).await?.ok_or(SourceError::Unknown(device))?;
    Ok(Audited::new(format!("source of calls {} ended", source.device), source))
}
