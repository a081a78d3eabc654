//! `Idempotency-Key`: a phone that did not hear the answer may ask again without doing it twice.
//!
//! The key is reserved before the handler runs and holds the answer afterwards. That the request has changed something is noted by
//! the very transaction that changed it ([`mark`]). A process that died in between leaves a reservation without an answer: where nothing was
//! changed the request may run again after [`RUNNING_US`], otherwise whoever asks again is told that it was done.

use axum::http::{HeaderValue, StatusCode};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_ids::Micros;
use shouhu_module::{App, Problem};
use shouhu_store::{NewJob, Rider, params};

pub const HEADER: &str = "idempotency-key";
pub const FORGET_JOB: &str = "http.forget_idempotency";
const KEY_CHARS_MAX: usize = 100;
/// Answers larger than this are not kept: the request then runs again, unless it has changed something.
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
/// When it is rubbish: whoever sent it counts on it, so it is not passed over.
pub fn key_of(value: &HeaderValue) -> Result<String, Problem> {
    let key = value.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > KEY_CHARS_MAX {
        let detail = format!("an Idempotency-Key has 1 to {KEY_CHARS_MAX} ASCII characters");
        return Err(Problem::new(StatusCode::BAD_REQUEST, "http.idempotency.key_invalid", detail));
    }
    Ok(key.to_owned())
}

/// # Errors
/// When the key belongs to another request, the first one still runs, or it was done and its answer is lost.
pub async fn reserve(app: &App, actor: &str, key: &str, method: &str, path: &str, body: &[u8]) -> Result<Reservation, Problem> {
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
            "SELECT request_hash, state, status, body, at_us FROM http_idempotency WHERE actor = $1 AND request_key = $2",
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
    let is_over = known.micros("at_us")? < now.plus(-RUNNING_US);
    if known.text("state")? == "changed" && is_over {
        let detail = "this was done, but its answer was lost with the server: look at what came of it, and do not ask again";
        return Err(Problem::new(StatusCode::CONFLICT, "http.idempotency.answer_lost", detail));
    }
    if known.text("state")? != "done" {
        let detail = "the first request with this Idempotency-Key is still running";
        return Err(Problem::new(StatusCode::CONFLICT, "http.idempotency.running", detail).retry_after_s(1));
    }
    let status = u16::try_from(known.int("status")?).ok().and_then(|code| StatusCode::from_u16(code).ok());
    Ok(Reservation::Replay {
        status: status.unwrap_or(StatusCode::OK),
        body: known.opt_blob("body")?.unwrap_or_default().into(),
    })
}

/// What the request's first change takes along.
pub fn mark(actor: &str, key: &str) -> Rider {
    let sql = "UPDATE http_idempotency SET state = 'changed' WHERE actor = $1 AND request_key = $2 AND state = 'running'";
    Rider::new(sql, params![actor, key])
}

/// Keeps the answer; a failure of the server is not an answer, so the key is then free again, unless something was changed before it failed.
///
/// # Errors
/// When the database fails.
pub async fn keep(app: &App, actor: &str, key: &str, status: StatusCode, body: &Bytes) -> Result<(), Problem> {
    let mut tx = app.store.begin().await?;
    if status.is_server_error() || body.len() > ANSWER_BYTES_MAX {
        let sql = "DELETE FROM http_idempotency WHERE actor = $1 AND request_key = $2 AND state = 'running'";
        tx.execute(sql, params![actor, key]).await?;
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
