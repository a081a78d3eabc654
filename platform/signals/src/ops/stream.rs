//! A receiver sets up, reads, changes and ends its stream (OpenID SSF 1.0 §8.1.1).
//!
//! It may ask for fewer events than the file lets it have, never for more; how and where they come is the file's to say.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shouhu_identity::Peer;
use shouhu_module::{App, Body, Params, Problem, Route};
use shouhu_outgoing::Address;

use super::discovery::{POLL, PUSH};
use super::poll;
use crate::manage::{StreamError, checked_text, door, known, leaf, meant};
use crate::settings::{self, Delivery, Receiver, TellKind};
use crate::stream::{self, Stream, StreamStatus, VERIFY_EVERY_S};
use crate::waiting::{self, ENDED};

pub const PATH: &str = "/v1/signals/stream";
const REQUESTED_MAX: usize = 32;
const URI_CHARS_MAX: usize = 200;

pub const CREATE: Route = door(Route::post(PATH, "Sets up the stream of a receiver that the server's owner has named (OpenID SSF 1.0)", || axum::routing::post(create)))
    .takes::<SignalStreamWanted>()
    .gives::<SignalStreamConfig>();

pub const READ: Route = door(Route::get(PATH, "Shows a receiver how its stream is set up: a list of all without a name", || axum::routing::get(read)))
    .asks::<SignalStreamAsked>()
    .gives::<SignalStreamsRead>();

pub const UPDATE: Route = door(Route::patch(PATH, "Changes of a receiver's stream what is said, within what was agreed", || axum::routing::patch(update)))
    .takes::<SignalStreamChange>()
    .gives::<SignalStreamConfig>();

pub const REPLACE: Route = door(Route::put(PATH, "Sets a receiver's stream up anew, within what was agreed: what is not said is as at first", || axum::routing::put(replace)))
    .takes::<SignalStreamChange>()
    .gives::<SignalStreamConfig>();

pub const DELETE: Route = door(Route::delete(PATH, "Ends a receiver's stream: it is told nothing any more", || axum::routing::delete(delete))).asks::<SignalStreamNamed>();

/// How events come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignalStreamDelivery {
    /// `urn:ietf:rfc:8935` (push) or `urn:ietf:rfc:8936` (poll).
    pub method: String,
    /// Where is pushed to, or fetched from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct SignalStreamWanted {
    /// Addresses of events. Left out: everything that the receiver may have.
    pub events_requested: Option<Vec<String>>,
    /// Left out: as it was agreed. Otherwise it must be so.
    pub delivery: Option<SignalStreamDelivery>,
    pub description: Option<String>,
}

/// What the transmitter says may be sent back as it was read; it cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct SignalStreamChange {
    pub stream_id: String,
    pub events_requested: Option<Vec<String>>,
    pub delivery: Option<SignalStreamDelivery>,
    pub description: Option<String>,
    pub iss: Option<String>,
    /// A text, or a list of one.
    pub aud: Option<Value>,
    pub events_supported: Option<Vec<String>>,
    pub events_delivered: Option<Vec<String>>,
    pub min_verification_interval: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignalStreamConfig {
    pub stream_id: String,
    pub iss: String,
    pub aud: String,
    /// Everything that this receiver may ever be told.
    pub events_supported: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events_requested: Option<Vec<String>>,
    pub events_delivered: Vec<String>,
    pub delivery: SignalStreamDelivery,
    /// Seconds.
    pub min_verification_interval: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// With `stream_id` that one, without a list of all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum SignalStreamsRead {
    One(Box<SignalStreamConfig>),
    All(Vec<SignalStreamConfig>),
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct SignalStreamAsked {
    stream_id: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct SignalStreamNamed {
    pub stream_id: String,
}

fn delivery_of(app: &App, receiver: &Receiver) -> SignalStreamDelivery {
    match &receiver.delivery {
        Delivery::Push { url, .. } => SignalStreamDelivery { method: PUSH.to_owned(), endpoint_url: Some(url.to_string()) },
        Delivery::Poll => SignalStreamDelivery { method: POLL.to_owned(), endpoint_url: Some(format!("{}{}", app.public_url, poll::PATH)) },
    }
}

fn config_of(app: &App, receiver: &Receiver, stream: &Stream) -> SignalStreamConfig {
    let uris = |is_wanted: &dyn Fn(TellKind) -> bool| -> Vec<String> {
        receiver.events.iter().filter(|kind| is_wanted(**kind)).map(|kind| kind.uri().to_owned()).collect()
    };
    SignalStreamConfig {
        stream_id: stream.id.clone(),
        iss: app.public_url.to_string(),
        aud: receiver.aud.clone(),
        events_supported: uris(&|_| true),
        events_requested: stream.requested.clone(),
        events_delivered: uris(&|kind| stream.delivers(kind)),
        delivery: delivery_of(app, receiver),
        min_verification_interval: VERIFY_EVERY_S,
        description: stream.description.clone(),
    }
}

/// Where is pushed to stands in the file: an address that anybody else names is never called.
fn check_delivery(receiver: &Receiver, wanted: Option<&SignalStreamDelivery>) -> Result<(), StreamError> {
    let Some(wanted) = wanted else { return Ok(()) };
    let is_agreed = match &receiver.delivery {
        Delivery::Push { url, .. } => wanted.method == PUSH && wanted.endpoint_url.as_deref().is_none_or(|said| Address::parse(said).as_ref() == Ok(url)),
        // Where it is fetched is ours to say, whatever is asked for.
        Delivery::Poll => wanted.method == POLL,
    };
    if is_agreed { Ok(()) } else { Err(StreamError::Other("delivery")) }
}

fn checked_events(requested: Option<Vec<String>>) -> Result<Option<Vec<String>>, StreamError> {
    let is_address = |uri: &String| (1..=URI_CHARS_MAX).contains(&uri.len()) && uri.bytes().all(|byte| byte.is_ascii_graphic());
    let is_good = requested.as_ref().is_none_or(|all| all.len() <= REQUESTED_MAX && all.iter().all(is_address));
    if is_good { Ok(requested) } else { Err(StreamError::Text { field: "events_requested" }) }
}

/// What a leaf says of a list: our own events by name, and of the others, which are somebody else's text, how many.
fn says(events: Option<&Vec<String>>) -> String {
    let Some(events) = events else { return "asks for everything that it may have".to_owned() };
    let is_asked = |kind: &TellKind| events.iter().any(|uri| uri == kind.uri());
    let ours: Vec<&str> = TellKind::ALL.iter().filter(|kind| is_asked(kind)).map(|kind| kind.uri()).collect();
    let others = events.iter().filter(|uri| TellKind::ALL.iter().all(|kind| kind.uri() != uri.as_str())).count();
    let ours = if ours.is_empty() { "none of the events that are told here".to_owned() } else { ours.join(", ") };
    if others == 0 { format!("asks for {ours}") } else { format!("asks for {ours}, and for {others} others") }
}

/// The stream as it is after a change: of one that is not set up anew, what is not said stays.
fn changed(stream: &Stream, requested: Option<Vec<String>>, description: Option<String>, is_anew: bool) -> Stream {
    if is_anew {
        return Stream { requested, description, ..stream.clone() };
    }
    let (requested, description) = (requested.or_else(|| stream.requested.clone()), description.or_else(|| stream.description.clone()));
    Stream { requested, description, ..stream.clone() }
}

async fn create(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    Body(wanted): Body<SignalStreamWanted>,
) -> Result<(StatusCode, Json<SignalStreamConfig>), Problem> {
    let settings = settings::of(&app);
    let receiver = known(&app, peer, &settings, &headers).await?;
    check_delivery(receiver, wanted.delivery.as_ref())?;
    let stream = Stream {
        id: hex::encode(app.env.random.bytes16()),
        requested: checked_events(wanted.events_requested)?,
        description: checked_text("description", wanted.description)?,
        status: StreamStatus::Enabled,
        reason: None,
        polled_at: None,
    };
    if stream::of(&app.store, receiver).await?.is_some() {
        return Err(StreamError::Exists.into());
    }
    leaf(&app, receiver, &format!("set up as {}, {}", stream.id, says(stream.requested.as_ref()))).await?;
    let mut tx = app.store.begin().await?;
    if !stream::create(&mut tx, receiver, &stream).await? {
        return Err(StreamError::Exists.into());
    }
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(config_of(&app, receiver, &stream))))
}

async fn read(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    Params(asked): Params<SignalStreamAsked>,
) -> Result<Json<SignalStreamsRead>, Problem> {
    let settings = settings::of(&app);
    let receiver = known(&app, peer, &settings, &headers).await?;
    let stream = stream::of(&app.store, receiver).await?;
    Ok(Json(match asked.stream_id {
        Some(id) => SignalStreamsRead::One(Box::new(config_of(&app, receiver, &meant(stream, &id)?))),
        None => SignalStreamsRead::All(stream.iter().map(|stream| config_of(&app, receiver, stream)).collect()),
    }))
}

/// What the transmitter says, sent back: it must be as it is.
fn check_unchanged(is: &SignalStreamConfig, said: &SignalStreamChange) -> Result<(), StreamError> {
    let is_aud = said.aud.as_ref().is_none_or(|aud| *aud == json!(is.aud) || *aud == json!([is.aud]));
    let checks = [
        ("iss", said.iss.as_ref().is_none_or(|iss| *iss == is.iss)),
        ("aud", is_aud),
        ("events_supported", said.events_supported.as_ref().is_none_or(|events| *events == is.events_supported)),
        ("events_delivered", said.events_delivered.as_ref().is_none_or(|events| *events == is.events_delivered)),
        ("min_verification_interval", said.min_verification_interval.is_none_or(|seconds| seconds == is.min_verification_interval)),
    ];
    checks.into_iter().find(|(_, is_so)| !is_so).map_or(Ok(()), |(field, _)| Err(StreamError::Other(field)))
}

async fn change(app: &App, peer: Peer, headers: &HeaderMap, said: SignalStreamChange, is_anew: bool) -> Result<Json<SignalStreamConfig>, Problem> {
    let settings = settings::of(app);
    let receiver = known(app, peer, &settings, headers).await?;
    let stream = meant(stream::of(&app.store, receiver).await?, &said.stream_id)?;
    check_unchanged(&config_of(app, receiver, &stream), &said)?;
    check_delivery(receiver, said.delivery.as_ref())?;
    let (requested, description) = (checked_events(said.events_requested)?, checked_text("description", said.description)?);
    let changed = changed(&stream, requested, description, is_anew);
    if changed == stream {
        return Ok(Json(config_of(app, receiver, &stream)));
    }
    leaf(app, receiver, &format!("{} changed, {}", stream.id, says(changed.requested.as_ref()))).await?;
    let mut tx = app.store.begin().await?;
    meant(stream::locked(&mut tx, receiver).await?, &said.stream_id)?;
    // As the leaf has it, whatever else the receiver asked for meanwhile.
    stream::change(&mut tx, receiver, changed.requested.as_ref(), changed.description.clone()).await?;
    tx.commit().await?;
    Ok(Json(config_of(app, receiver, &changed)))
}

async fn update(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    Body(said): Body<SignalStreamChange>,
) -> Result<Json<SignalStreamConfig>, Problem> {
    change(&app, peer, &headers, said, false).await
}

async fn replace(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    Body(said): Body<SignalStreamChange>,
) -> Result<Json<SignalStreamConfig>, Problem> {
    change(&app, peer, &headers, said, true).await
}

async fn delete(State(app): State<App>, peer: Peer, headers: HeaderMap, Params(named): Params<SignalStreamNamed>) -> Result<StatusCode, Problem> {
    let settings = settings::of(&app);
    let receiver = known(&app, peer, &settings, &headers).await?;
    let stream = meant(stream::of(&app.store, receiver).await?, &named.stream_id)?;
    leaf(&app, receiver, &format!("{} ended", stream.id)).await?;
    let mut tx = app.store.begin().await?;
    meant(stream::locked(&mut tx, receiver).await?, &named.stream_id)?;
    waiting::forget(&mut tx, app.env.now(), &receiver.name, ENDED).await?;
    stream::delete(&mut tx, receiver).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::settings::SignalSettings;

    fn receiver(delivery: &str) -> Receiver {
        let text = format!("[[receiver]]\nname = \"south\"\naud = \"a\"\ntoken_sha256 = \"{}\"\n{delivery}", "ab".repeat(32));
        SignalSettings::parse(&text).unwrap().receivers.remove(0)
    }

    #[test]
    fn how_and_where_events_come_is_not_the_receivers_to_say() {
        let (polled, pushed) = (receiver("delivery = \"poll\"\n"), receiver("url = \"https://south.example/e\"\ntoken = \"b\"\n"));
        let wanted = |method: &str, url: Option<&str>| Some(SignalStreamDelivery { method: method.into(), endpoint_url: url.map(Into::into) });
        let is_taken = |receiver: &Receiver, wanted: Option<SignalStreamDelivery>| check_delivery(receiver, wanted.as_ref()).is_ok();
        assert!(is_taken(&polled, None) && is_taken(&pushed, None) && is_taken(&polled, wanted(POLL, None)) && is_taken(&pushed, wanted(PUSH, None)));
        assert!(is_taken(&pushed, wanted(PUSH, Some("https://south.example/e"))) && is_taken(&pushed, wanted(PUSH, Some("https://SOUTH.example:443/e"))));
        assert!(!is_taken(&pushed, wanted(PUSH, Some("https://elsewhere.example/e"))) && !is_taken(&pushed, wanted(PUSH, Some("rubbish"))));
        assert!(!is_taken(&pushed, wanted(POLL, None)) && !is_taken(&polled, wanted(PUSH, Some("https://south.example/e"))) && !is_taken(&polled, wanted("", None)));
    }

    #[test]
    fn a_list_of_events_is_bounded_and_of_addresses() {
        assert_eq!(checked_events(None).ok(), Some(None));
        assert_eq!(checked_events(Some(Vec::new())).ok(), Some(Some(Vec::new())));
        for wrong in [vec!["a\nb".to_owned()], vec![String::new()], vec!["x".repeat(URI_CHARS_MAX + 1)], vec!["urn:x".to_owned(); REQUESTED_MAX + 1]] {
            assert!(checked_events(Some(wrong)).is_err());
        }
    }

    #[test]
    fn a_leaf_names_what_is_asked_for_after_a_change_and_nobody_elses_words() {
        let list = |uris: &[&str]| Some(uris.iter().map(|uri| (*uri).to_owned()).collect::<Vec<_>>());
        let ours = TellKind::SessionRevoked.uri();
        let stream = Stream {
            id: "1".into(),
            requested: list(&[ours]),
            description: Some("of the south".into()),
            status: StreamStatus::Enabled,
            reason: None,
            polled_at: None,
        };
        assert_eq!(changed(&stream, None, None, false), stream);
        let described = changed(&stream, None, Some("of the far south".into()), false);
        assert_eq!((described.description.as_deref(), says(described.requested.as_ref())), (Some("of the far south"), format!("asks for {ours}")), "the narrower list stays");
        let anew = changed(&stream, None, None, true);
        assert_eq!((anew.description, says(anew.requested.as_ref())), (None, "asks for everything that it may have".to_owned()));
        assert_eq!(says(list(&["urn:x", ours, "urn:y"]).as_ref()), format!("asks for {ours}, and for 2 others"));
        assert_eq!((says(list(&["urn:x"]).as_ref()).contains("urn:x"), says(list(&[]).as_ref())), (false, "asks for none of the events that are told here".to_owned()));
    }

    #[test]
    fn what_the_transmitter_says_comes_back_as_it_was_or_not_at_all() {
        let is = SignalStreamConfig {
            stream_id: "1".into(),
            iss: "https://house.example".into(),
            aud: "a".into(),
            events_supported: vec!["urn:a".into(), "urn:b".into()],
            events_requested: None,
            events_delivered: vec!["urn:a".into()],
            delivery: SignalStreamDelivery { method: POLL.into(), endpoint_url: None },
            min_verification_interval: 60,
            description: None,
        };
        let refused = |said: Value| check_unchanged(&is, &serde_json::from_value(said).unwrap()).err().map(|error| error.to_string());
        assert_eq!(refused(json!({ "stream_id": "1" })), None);
        assert_eq!(refused(serde_json::to_value(&is).unwrap()), None, "read, and sent back");
        assert_eq!(refused(json!({ "stream_id": "1", "aud": ["a"] })), None);
        for (field, value) in [("iss", json!("x")), ("aud", json!(["a", "b"])), ("events_supported", json!([])), ("events_delivered", json!(["urn:a", "urn:b"])), ("min_verification_interval", json!(1))] {
            let said = refused(json!({ "stream_id": "1", field: value }));
            assert!(said.is_some_and(|said| said.starts_with(field)), "{field}");
        }
    }
}
