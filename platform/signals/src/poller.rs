//! Asks transmitters that do not push for their events (RFC 8936), and now and then for a trial of the stream (SSF 1.0 §8.1.4).
//!
//! What came is carried out first and acknowledged with the next question: a process that dies between the two is told again, and knows the token by its name.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use shouhu_ids::Micros;
use shouhu_module::App;
use shouhu_outgoing::{Address, Answer, CallError, Calls, Outgoing, Use};
use shouhu_secevent::{POLL_BYTES_MAX, PollAnswer, PollAsked, SetErr};
use shouhu_store::StoreError;
use tokio::time::Instant;

use crate::ops::discovery::POLL;
use crate::settings::{self, Polled, SignalSettings, Transmitter};
use crate::{polled, take};

const JSON: &str = "application/json";
/// Between two questions when nothing came; a transmitter that waits itself makes it longer.
const PAUSE: Duration = Duration::from_secs(1);
/// After failures: doubled until here.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// Questions in a row, each with what became of the last answer.
const ROUNDS_MAX: usize = 50;
/// How often a stream is looked for and tried.
const VERIFY_EVERY_US: i64 = Micros::HOUR;
const CONFIGURATION_BYTES_MAX: usize = 64 * 1024;
const SAID_CHARS_MAX: usize = 200;
const REFUSED: u16 = 400;
const GONE: u16 = 404;

/// Why a transmitter was not heard, in words for an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Failed {
    why: String,
    /// It says that there is no such stream.
    is_lost: bool,
}

impl From<String> for Failed {
    fn from(why: String) -> Self {
        Self { why, is_lost: false }
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::from(error.to_string())
    }
}

/// How it goes with one transmitter while this program runs.
#[derive(Debug, Default)]
struct Course {
    /// It lets a question wait for longer than a call may take: it is asked not to.
    is_slow: bool,
    /// Why its stream was not found, and from when on it is looked for again. Its events are asked for all the same.
    trouble: Option<(Failed, Instant)>,
}

impl Course {
    /// Whether a question came to nothing only because it was allowed to wait.
    fn has_waited(&mut self, sent: &Result<Answer, CallError>, may_wait: bool) -> bool {
        let has_waited = may_wait && matches!(sent, Err(CallError::Slow));
        self.is_slow |= has_waited;
        has_waited
    }

    fn may_set_up(&self, at: Instant) -> bool {
        self.trouble.as_ref().is_none_or(|(_, again_at)| at >= *again_at)
    }
}

fn polled_ones(settings: &SignalSettings) -> impl Iterator<Item = (&Transmitter, &Polled)> {
    settings.transmitters.iter().filter_map(|one| one.polled.as_ref().map(|polled| (one, polled)))
}

/// Asks every transmitter that is polled, each at its own pace, for as long as the program runs.
pub async fn poll_for_ever(app: App) {
    let mut following = tokio::task::JoinSet::new();
    for (from, _) in polled_ones(&settings::of(&app)) {
        following.spawn(follow(app.clone(), from.name.clone()));
    }
    while let Some(ended) = following.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a transmitter is not asked for its signals any more: start the server anew");
        }
    }
}

/// Asks each once for everything that it has; how many signals came.
pub async fn poll_once(app: &App) -> usize {
    let settings = settings::of(app);
    let mut heard = 0;
    for (from, polled) in polled_ones(&settings) {
        heard += turn(app, from, polled, &mut Course::default(), true).await.unwrap_or(0);
    }
    heard
}

async fn follow(app: App, name: String) {
    let (mut failures, mut course) = (0, Course::default());
    loop {
        let settings = settings::of(&app);
        let Some((from, polled)) = settings.transmitter(&name).and_then(|from| Some((from, from.polled.as_ref()?))) else { return };
        let heard = turn(&app, from, polled, &mut course, false).await;
        failures = if heard.is_some() { 0 } else { failures + 1 };
        tokio::time::sleep(pause(failures)).await;
    }
}

fn pause(failures: u32) -> Duration {
    PAUSE.saturating_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX)).min(PAUSE_MAX)
}

/// `None` when it went wrong, which stands in the row of the transmitter then.
async fn turn(app: &App, from: &Transmitter, polled: &Polled, course: &mut Course, is_immediate: bool) -> Option<usize> {
    let heard = all_of(app, from, polled, course, is_immediate).await;
    let failed = heard.as_ref().err().or(course.trouble.as_ref().map(|(failed, _)| failed));
    let (outcome, is_lost) = failed.map_or((polled::ANSWERED, false), |failed| (failed.why.as_str(), failed.is_lost));
    if let Err(error) = polled::tried(&app.store, app.env.now(), &from.name, outcome, is_lost).await {
        tracing::error!(%error, "it was not written down how a transmitter answered");
    }
    heard.inspect_err(|failed| tracing::warn!(from = from.name, why = failed.why, "a transmitter could not be asked for its signals")).ok()
}

/// A stream that cannot be looked for is no reason to hear nothing: what it tells of may be a card that was stolen.
async fn keep_stream(app: &App, outgoing: &Calls, from: &Transmitter, polled: &Polled, course: &mut Course) -> Result<(), Failed> {
    let asked_at = polled::of(&app.store, &from.name).await?.asked_at;
    let is_due = asked_at.is_none_or(|at| app.env.now().since(at) >= VERIFY_EVERY_US);
    if is_due && course.may_set_up(Instant::now()) {
        let failed = set_up(app, outgoing, from, polled).await.err();
        course.trouble = failed.map(|failed| {
            tracing::warn!(from = from.name, why = failed.why, "the stream of a transmitter could not be looked for; its signals are asked for all the same");
            (failed, Instant::now() + PAUSE_MAX)
        });
    }
    Ok(())
}

async fn all_of(app: &App, from: &Transmitter, polled: &Polled, course: &mut Course, is_immediate: bool) -> Result<usize, Failed> {
    let outgoing = app.try_room::<Outgoing>().ok_or_else(|| "this program makes no calls of its own".to_owned())?.to(Use::Signals);
    keep_stream(app, &outgoing, from, polled, course).await?;
    let (mut said, mut heard) = (PollAsked::default(), 0);
    for _ in 0..ROUNDS_MAX {
        // Whoever has something to say does not wait for an answer to it.
        let may_wait = !(is_immediate || course.is_slow || said.tells());
        said.return_immediately = Some(!may_wait);
        let body = serde_json::to_vec(&said).unwrap_or_default();
        let sent = outgoing.push(&polled.url, JSON, &headers(polled), body, POLL_BYTES_MAX).await;
        if course.has_waited(&sent, may_wait) {
            continue;
        }
        let answer = good(sent)?;
        let sets = PollAnswer::read(&answer.body).map_err(|refused| refused.to_string())?.sets;
        heard += sets.len();
        said = taken(app, from, sets).await?;
        if !said.tells() {
            break;
        }
    }
    Ok(heard)
}

/// Carries out what came; what became of each.
async fn taken(app: &App, from: &Transmitter, sets: BTreeMap<String, String>) -> Result<PollAsked, Failed> {
    let mut said = PollAsked::default();
    for (jti, token) in sets {
        match take::take(app, from, &token).await {
            Ok(()) => said.ack.push(jti),
            // It would be refused whenever it came.
            Err(problem) if problem.status == REFUSED => {
                let description = problem.detail.chars().take(SAID_CHARS_MAX).collect();
                said.set_errs.insert(jti, SetErr { err: take::word_of(&problem).to_owned(), description });
            }
            Err(problem) => return Err(problem.detail.into()),
        }
    }
    Ok(said)
}

/// Finds the stream, or has it made, and asks for a trial.
async fn set_up(app: &App, outgoing: &Calls, from: &Transmitter, polled: &Polled) -> Result<(), Failed> {
    let Some(at) = &polled.stream else { return Ok(()) };
    let id = match stream_at(outgoing, at, polled).await? {
        Some(id) => id,
        None => made(outgoing, at, polled).await?,
    };
    let state = hex::encode(app.env.random.bytes16());
    // Before it is asked for: what is asked for may come at once.
    polled::asked(&app.store, app.env.now(), &from.name, &state).await?;
    if let Some(verify) = &polled.verify {
        let body = json!({ "stream_id": id, "state": state }).to_string().into_bytes();
        good(outgoing.push(verify, JSON, &headers(polled), body, CONFIGURATION_BYTES_MAX).await)?;
    }
    Ok(())
}

/// The one that is there already. A transmitter answers with a list, or with the only one.
async fn stream_at(outgoing: &Calls, at: &Address, polled: &Polled) -> Result<Option<String>, Failed> {
    let sent = outgoing.fetch_as(at, JSON, &[("authorization", polled.token.bearer())], CONFIGURATION_BYTES_MAX).await;
    match good(sent) {
        Ok(answer) => Ok(id_in(&answer.body)),
        Err(failed) if failed.is_lost => Ok(None),
        Err(failed) => Err(failed),
    }
}

async fn made(outgoing: &Calls, at: &Address, polled: &Polled) -> Result<String, Failed> {
    let body = json!({ "delivery": { "method": POLL }, "description": "shouhu" }).to_string().into_bytes();
    let answer = good(outgoing.push(at, JSON, &headers(polled), body, CONFIGURATION_BYTES_MAX).await)?;
    id_in(&answer.body).ok_or_else(|| "the transmitter made a stream and did not say its stream_id".to_owned().into())
}

fn id_in(body: &[u8]) -> Option<String> {
    let said: Value = serde_json::from_slice(body).ok()?;
    let one = said.get(0).unwrap_or(&said);
    one.get("stream_id").and_then(Value::as_str).map(ToOwned::to_owned)
}

fn headers(polled: &Polled) -> [(&'static str, String); 2] {
    [("authorization", polled.token.bearer()), ("accept", JSON.to_owned())]
}

/// # Errors
/// Why it is no good answer, with the other's own words, shortened.
fn good(sent: Result<Answer, CallError>) -> Result<Answer, Failed> {
    let answer = sent.map_err(|error| error.to_string())?;
    if (200..300).contains(&answer.status) {
        return Ok(answer);
    }
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let word = ["key", "err", "error", "detail"].iter().find_map(|name| said.get(name).and_then(Value::as_str)).unwrap_or_default();
    let word: String = word.chars().filter(|ch| !ch.is_control()).take(SAID_CHARS_MAX).collect();
    Err(Failed { why: format!("answered {} {word}", answer.status).trim_end().to_owned(), is_lost: answer.status == GONE })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<Answer, Failed> {
        good(Ok(Answer { status, content_type: JSON.into(), body: body.as_bytes().to_vec() }))
    }

    #[test]
    fn what_a_transmitter_says_is_kept_short_and_a_lost_stream_is_known() {
        assert!(answer(200, "{}").is_ok() && answer(204, "").is_ok());
        let refused = |status: u16, body: &str| answer(status, body).err().map(|failed| (failed.why, failed.is_lost));
        assert_eq!(refused(401, r#"{"key":"signals.stream.authentication_failed"}"#), Some(("answered 401 signals.stream.authentication_failed".into(), false)));
        assert_eq!(refused(404, "<html>"), Some(("answered 404".into(), true)));
        assert_eq!(refused(400, "{\"err\":\"a\\nb\"}"), Some(("answered 400 ab".into(), false)));
        assert_eq!(good(Err(CallError::Slow)).err().map(|failed| failed.why), Some(CallError::Slow.to_string()));
    }

    #[test]
    fn whoever_lets_a_question_wait_for_longer_than_a_call_is_asked_not_to_and_has_not_failed() {
        let (mut course, slow) = (Course::default(), || Err(CallError::Slow));
        assert!(!course.has_waited(&slow(), false) && !course.is_slow, "it was not allowed to wait: that is a failure");
        assert!(!course.has_waited(&Err(CallError::Refused { status: 500 }), true) && !course.is_slow);
        assert!(course.has_waited(&slow(), true) && course.is_slow);
        assert!(!course.has_waited(&Err(CallError::Refused { status: 500 }), true) && course.is_slow, "and stays so");
    }

    #[test]
    fn a_stream_that_could_not_be_looked_for_is_looked_for_again_later() {
        let now = Instant::now();
        let course = Course { trouble: Some((Failed::from("answered 503".to_owned()), now + PAUSE_MAX)), ..Course::default() };
        assert!(!course.may_set_up(now) && course.may_set_up(now + PAUSE_MAX) && Course::default().may_set_up(now));
    }

    #[test]
    fn a_stream_is_found_in_a_list_or_alone() {
        assert_eq!(id_in(br#"[{"stream_id":"a"},{"stream_id":"b"}]"#), Some("a".into()));
        assert_eq!(id_in(br#"{"stream_id":"a"}"#), Some("a".into()));
        for none in ["[]", "{}", "", r#"[{"stream_id":7}]"#] {
            assert_eq!(id_in(none.as_bytes()), None, "{none}");
        }
    }

    #[test]
    fn who_does_not_answer_is_asked_less_and_less() {
        assert_eq!([0, 1, 2].map(pause), [1, 2, 4].map(Duration::from_secs));
        assert_eq!([6, 31, 32, u32::MAX].map(pause), [PAUSE_MAX; 4]);
    }
}
