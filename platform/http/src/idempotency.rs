//! `Idempotency-Key`: a phone that did not hear the answer may ask again without doing it twice.
//!
//! The key is reserved before the handler runs and holds the answer afterwards. A process that died in between leaves a
//! reservation without an answer; after [`RUNNING_US`] the request may run again, and the operation's own guards (state
//! machines, unique keys) decide.

use axum::http::StatusCode;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_ids::Micros;
use shouhu_module::{App, Problem};
use shouhu_store::{NewJob, params};

pub const HEADER: &str = "idempotency-key";
pub const FORGET_JOB: &str = "http.forget_idempotency";
const KEY_CHARS_MAX: usize = 100;
/// Answers larger than this are not kept: the request then simply runs again.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
const RUNNING_US: i64 = 30 * Micros::SECOND;
const KEPT_US: i64 = Micros::DAY;

pub enum Reservation {
    /// Nobody has asked with this key: run it, then `keep` the answer.
    Run,
    /// It was answered before.
    Replay { status: StatusCode, body: Bytes },
}

fn hash_of(method: &str, path: &str, body: &[u8]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(method);
    hasher.update([0]);
    hasher.update(path);
    hasher.update([0]);
    hasher.update(body);
    hex::encode(hasher.finalize())
}

/// # Errors
/// When the key is rubbish, belongs to another request, or the first one still runs.
pub async fn reserve(app: &App, actor: &str, key: &str, method: &str, path: &str, body: &[u8]) -> Result<Reservation, Problem> {
    if key.is_empty() || key.len() > KEY_CHARS_MAX || !key.is_ascii() {
        let detail = format!("an Idempotency-Key has 1 to {KEY_CHARS_MAX} ASCII characters");
        return Err(Problem::new(StatusCode::BAD_REQUEST, "http.idempotency.key_invalid", detail));
    }
    let (hash, now) = (hash_of(method, path, body), app.env.now());
    let mut tx = app.store.begin().await?;
    let reserved = tx
        .execute(
            "INSERT INTO http_idempotency (actor, request_key, request_hash, state, at_us) VALUES ($1, $2, $3, 'running', $4) \
             ON CONFLICT (actor, request_key) DO UPDATE SET at_us = $4 \
             WHERE http_idempotency.state = 'running' AND http_idempotency.at_us < $5 AND http_idempotency.request_hash = $3",
            params![actor, key, &hash, now, now.plus(-RUNNING_US)],
        )
        .await?;
    let known = tx
        .fetch_one(
            "SELECT request_hash, state, status, body FROM http_idempotency WHERE actor = $1 AND request_key = $2",
            params![actor, key],
        )
        .await?;
    tx.commit().await?;
    if reserved == 1 {
        return Ok(Reservation::Run);
    }
    if known.text("request_hash")? != hash {
        let detail = "this Idempotency-Key was used for another request; make a new key";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "http.idempotency.key_reused", detail));
    }
    if known.text("state")? == "running" {
        let detail = "the first request with this Idempotency-Key is still running";
        return Err(Problem::new(StatusCode::CONFLICT, "http.idempotency.running", detail).retry_after_s(1));
    }
    let status = u16::try_from(known.int("status")?).ok().and_then(|code| StatusCode::from_u16(code).ok());
    Ok(Reservation::Replay {
        status: status.unwrap_or(StatusCode::OK),
        body: known.opt_blob("body")?.unwrap_or_default().into(),
    })
}

/// Keeps the answer; a failure of the server is not an answer, so the key is then free again.
///
/// # Errors
/// When the database fails.
pub async fn keep(app: &App, actor: &str, key: &str, status: StatusCode, body: &Bytes) -> Result<(), Problem> {
    let mut tx = app.store.begin().await?;
    if status.is_server_error() || body.len() > ANSWER_BYTES_MAX {
        tx.execute("DELETE FROM http_idempotency WHERE actor = $1 AND request_key = $2", params![actor, key]).await?;
    } else {
        tx.execute(
            "UPDATE http_idempotency SET state = 'done', status = $3, body = $4 WHERE actor = $1 AND request_key = $2",
            params![actor, key, i64::from(status.as_u16()), body.to_vec()],
        )
        .await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn enqueue_next(app: &App, after_us: i64) -> Result<(), ReactionError> {
    let run_at = app.env.now().plus(after_us);
    let mut tx = app.store.begin().await?;
    let key = format!("hour {}", run_at.0.div_euclid(Micros::HOUR));
    tx.enqueue(NewJob { kind: FORGET_JOB, key, payload: serde_json::json!({}), run_at: Some(run_at) }).await?;
    tx.commit().await?;
    Ok(())
}

pub fn start(app: App) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move { enqueue_next(&app, 0).await })
}

/// Forgets old answers and old published events, then asks for its next turn.
pub fn forget(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let before = app.env.now().plus(-KEPT_US);
        let mut tx = app.store.begin().await?;
        tx.execute("DELETE FROM http_idempotency WHERE at_us < $1", params![before]).await?;
        tx.commit().await?;
        app.store.forget_published(before).await?;
        enqueue_next(&app, Micros::HOUR).await
    })
}
