//! Signs one signal and pushes it to one receiver (RFC 8935). What fails is tried again by the jobs' back-off; the reason stays visible. What a receiver has
//! paused waits.

use serde::Deserialize;
use serde_json::{Value, json};
use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_module::ports::{Direction, Partner, Sharing, SharingPort};
use shouhu_module::{App, Problem};
use shouhu_outgoing::{Answer, CallError, Outgoing, Use};
use shouhu_secevent::{MEDIA, sign_claims};
use shouhu_store::StoreError;

use crate::room::Room;
use crate::settings::{self, Delivery, Receiver};
use crate::store;
use crate::stream::{self, Way};
use crate::waiting::{self, DISABLED, ENDED, OTHER};

pub const KIND: &str = "signals.deliver";
/// A refusal is a word and a sentence; of a longer one no words are known.
const SAID_BYTES_MAX: usize = 4 * 1024;
const SAID_CHARS_MAX: usize = 200;
pub const TAKEN: &str = "taken";

#[derive(Debug, Deserialize)]
struct Task {
    receiver: String,
    fact: String,
    kind: String,
    claims: Value,
}

/// What the job of one telling has to know.
pub fn payload(receiver: &str, fact: &str, kind: &str, claims: &Value) -> Value {
    json!({ "receiver": receiver, "fact": fact, "kind": kind, "claims": claims })
}

/// What a receiver says of what it does not take.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Refusal {
    err: String,
    description: String,
}

/// Written down by oversight before anything leaves. A database that cannot be asked is no refusal, and the job comes again.
pub async fn pass(app: &App, receiver: &Receiver, kind: &str) -> Result<Result<(), Problem>, Problem> {
    let Some(port) = app.try_room::<SharingPort>() else { return Ok(Ok(())) };
    let sharing = Sharing { partner: Partner::signals(&receiver.name), direction: Direction::Out, kind: kind.to_owned(), is_life: false };
    match port.0.pass(sharing).await {
        Err(problem) if problem.status >= 500 => Err(problem),
        passed => Ok(passed),
    }
}

/// # Errors
/// Why it was not taken, in words for an operator.
fn judged(sent: Result<Answer, CallError>) -> Result<(), String> {
    let answer = sent.map_err(|error| error.to_string())?;
    if (200..300).contains(&answer.status) {
        return Ok(());
    }
    let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
    let said: String = format!("{} {}", refusal.err, refusal.description).chars().filter(|ch| !ch.is_control()).take(SAID_CHARS_MAX).collect();
    Err(format!("answered {} {}", answer.status, said.trim()).trim_end().to_owned())
}

/// True when it does not go now: the receiver has paused its stream, has ended it, or comes for its events by itself.
async fn set_aside(app: &App, receiver: &Receiver, task: &Task) -> Result<bool, StoreError> {
    if !receiver.manages_itself() {
        return Ok(false);
    }
    let now = app.env.now();
    let mut tx = app.store.begin().await?;
    let stream = stream::locked(&mut tx, receiver).await?;
    match stream::way(receiver, stream.as_ref()) {
        Way::Push => return Ok(false),
        Way::Hold => waiting::hold(&mut tx, now, &receiver.name, &task.fact, &task.kind, &task.claims).await?,
        Way::Not => {
            let why = if stream.is_some() { DISABLED } else { ENDED };
            store::tried_in(&mut tx, now, &receiver.name, &task.fact, why, false).await?;
        }
    }
    tx.commit().await?;
    Ok(true)
}

pub fn run(app: App, payload: Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let task: Task = serde_json::from_value(payload)?;
        let settings = settings::of(&app);
        // Taken out of the file meanwhile: it is not told any more.
        let Some(receiver) = settings.receiver(&task.receiver) else { return Ok(()) };
        // Another partner has the name by now: he is told nothing that was meant for the one before.
        if task.claims.get("aud") != Some(&json!(receiver.aud)) {
            return Ok(store::tried(&app.store, &task.receiver, &task.fact, OTHER, false).await?);
        }
        if set_aside(&app, receiver, &task).await? {
            return Ok(());
        }
        let Delivery::Push { url, token } = &receiver.delivery else { return Ok(()) };
        if let Err(refused) = pass(&app, receiver, &task.kind).await.map_err(|problem| problem.detail)? {
            // It is not told later: who comes back is told of what happens from then on.
            store::tried(&app.store, &receiver.name, &task.fact, &refused.key, false).await?;
            return Ok(());
        }
        let outgoing = app.try_room::<Outgoing>().ok_or("this program makes no calls of its own")?.to(Use::Signals);
        let signed = sign_claims(&task.claims, &Room::of(&app).signer);
        let headers = [("authorization", token.bearer()), ("accept", "application/json".to_owned())];
        let sent = outgoing.tell(url, MEDIA, &headers, signed.into_bytes(), SAID_BYTES_MAX).await;
        let judged = judged(sent);
        let outcome = judged.as_ref().err().map_or(TAKEN, String::as_str);
        store::tried(&app.store, &receiver.name, &task.fact, outcome, judged.is_ok()).await?;
        Ok(judged?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<(), String> {
        judged(Ok(Answer { status, content_type: "application/json".into(), body: body.as_bytes().to_vec() }))
    }

    #[test]
    fn what_a_receiver_says_is_kept_short_and_plain() {
        assert_eq!((answer(202, ""), answer(200, "{}")), (Ok(()), Ok(())));
        let refused = answer(400, r#"{"err":"invalid_key","description":"no such\nkey"}"#);
        assert_eq!(refused, Err("answered 400 invalid_key no suchkey".into()));
        assert_eq!(answer(503, "<html>"), Err("answered 503".into()));
        let long = answer(400, &format!(r#"{{"err":"x","description":"{}"}}"#, "y".repeat(3_000)));
        assert!(long.is_err_and(|said| said.len() < SAID_CHARS_MAX + 20));
        assert_eq!(judged(Err(CallError::Slow)), Err(CallError::Slow.to_string()));
    }
}
