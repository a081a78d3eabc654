//! `GET /v1/events`: the live stream, resumable, filtered by what the listener may see.
//!
//! A listener that was away asks with `Last-Event-ID` (or `?after=`), at whichever server of the house, and gets what it missed;
//! one that was away too long, or is too slow, gets `resync` and fetches everything anew. A session that is revoked loses the stream within
//! [`SESSION_LOOK`].

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_events::{Envelope, Event};
use shouhu_ids::{CallId, ConsentId, HitId, IncidentId, Micros, OpeningId};
use shouhu_lakehouse::SEEN_SOURCES;
use shouhu_module::ports::{ConfirmedHitsPort, IncidentSightPort, MovementGatePort, NEARBY_M, UnitPlacesPort};
use shouhu_module::{Access, App, Audit, Load, Looking, Params, Person, Problem, Route, door_of};
use shouhu_store::{Eyes, Sight};
use shouhu_wire::Role;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

pub const ROUTE: Route = Route::get(
    "/v1/events",
    "Live stream of everything that the caller may watch, as server-sent events with resume",
    || axum::routing::get(handle),
)
.access(Access::Session)
.audit(Audit::WorkRead)
.load(Load::Life)
.asks::<StreamQuery>()
.gives_media("text/event-stream");

/// Missed events that are sent one by one; whoever missed more fetches everything anew.
const RESUME_MAX: i64 = 1_000;
const SESSION_LOOK: Duration = Duration::from_secs(3);
const PING: Duration = Duration::from_secs(15);
/// A unit position older than this says nothing about what is near.
const PLACE_FRESH_US: i64 = 10 * Micros::MINUTE;

/// Put on the shelf by the program; cancelled when it stops, so that open streams end.
#[derive(Clone)]
pub struct StopStreams(pub CancellationToken);

#[derive(Debug, Deserialize, JsonSchema)]
struct StreamQuery {
    /// As `Last-Event-ID`, for clients that cannot send the header.
    after: Option<i64>,
}

struct Listener {
    app: App,
    person: Person,
    permissions: Vec<&'static str>,
    live: broadcast::Receiver<Arc<Envelope>>,
    waiting: VecDeque<Arc<Envelope>>,
    first: Option<SseEvent>,
    last_seq: i64,
    next_look: tokio::time::Instant,
    stop: CancellationToken,
}

async fn handle(
    State(app): State<App>,
    person: Person,
    headers: HeaderMap,
    Params(query): Params<StreamQuery>,
) -> Result<Response, Problem> {
    // Listening comes before looking back, so that nothing falls between the two.
    let live = app.hub.listen();
    let header = headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let after = header.or(query.after);
    let now_at = app.store.last_seq().await?;
    let (waiting, first, known) = match after {
        None => (VecDeque::new(), marker("hello", now_at), now_at),
        Some(after) => missed(&app, after, now_at).await?,
    };
    // The database is ahead of this server's hub where another server has numbered: what is sent from here on is after what was read there.
    let last_seq = waiting.back().map_or(known, |envelope: &Arc<Envelope>| envelope.seq);
    let stop = app.try_room::<StopStreams>().map_or_else(CancellationToken::new, |stop| stop.0.clone());
    let listener = Listener {
        permissions: app.permissions_apart(&person),
        app,
        person,
        live,
        waiting,
        first: Some(first),
        last_seq,
        next_look: tokio::time::Instant::now() + SESSION_LOOK,
        stop,
    };
    let events = stream::unfold(listener, |mut listener| async move {
        listener.next().await.map(|event| (Ok::<_, Infallible>(event), listener))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(PING).text("ping")).into_response())
}

fn marker(name: &'static str, seq: i64) -> SseEvent {
    SseEvent::default().event(name).id(seq.to_string()).data(format!("{{\"seq\":{seq}}}"))
}

/// What is sent first, and the number up to which the listener then knows everything without it.
async fn missed(app: &App, after: i64, now_at: i64) -> Result<(VecDeque<Arc<Envelope>>, SseEvent, i64), Problem> {
    let oldest = app.store.first_kept_seq().await?.unwrap_or(now_at);
    let envelopes = app.store.published_after(after, RESUME_MAX + 1).await?;
    let too_many = i64::try_from(envelopes.len()).is_ok_and(|n| n > RESUME_MAX);
    // `after` beyond the present: the database was restored from a backup, or the number is made up.
    if after > now_at || after + 1 < oldest || too_many {
        return Ok((VecDeque::new(), marker("resync", now_at), now_at));
    }
    Ok((envelopes.into_iter().map(Arc::new).collect(), marker("hello", after), after))
}

impl Listener {
    async fn next(&mut self) -> Option<SseEvent> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        loop {
            if let Some(envelope) = self.waiting.pop_front() {
                if self.may_see(&envelope.event) && !self.is_hidden(&envelope.event).await {
                    return Some(frame(&envelope));
                }
                continue;
            }
            tokio::select! {
                received = self.live.recv() => match received {
                    Ok(envelope) if envelope.seq == 0 => self.waiting.push_back(envelope),
                    Ok(envelope) if envelope.seq > self.last_seq => {
                        self.last_seq = envelope.seq;
                        self.waiting.push_back(envelope);
                    }
                    // Sent already while catching up.
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => {
                        self.last_seq = self.app.hub.published_seq().max(self.last_seq);
                        return Some(marker("resync", self.last_seq));
                    }
                    Err(RecvError::Closed) => return None,
                },
                () = tokio::time::sleep_until(self.next_look) => {
                    if !shouhu_identity::is_session_alive(&self.app, self.person.session).await {
                        return None;
                    }
                    // A rule may hold for some hours only.
                    self.permissions = self.app.permissions_apart(&self.person);
                    self.next_look = tokio::time::Instant::now() + SESSION_LOOK;
                }
                () = self.stop.cancelled() => return None,
            }
        }
    }

    /// Whether it is about something that this listener may not know of: by a seal, or by the force's rules about rows. Asked only while something is hidden from
    /// him; where nobody answers, it is.
    async fn is_hidden(&self, event: &Event) -> bool {
        // Before the rules are asked, which costs more than most events are worth: to each listener.
        let Some(about) = About::of(event) else { return false };
        let (eyes, sight) = (Eyes::Person(self.person.id), self.sight(event));
        let is_sealed = self.app.store.seals().veil(eyes, || self.app.env.now()).is_some();
        if sight.is_whole() && !is_sealed {
            return false;
        }
        let (hits, movements) = (self.app.try_room::<ConfirmedHitsPort>(), self.app.try_room::<MovementGatePort>());
        let incidents = self.app.try_room::<IncidentSightPort>();
        // Who may see an incident may know that it changed, also where the camera of its hit is hidden from him: the crew that is sent to it must. A seal hides it.
        if let About::Incident { hit: Some(hit), .. } = about
            && is_sealed
        {
            let Some(port) = &hits else { return true };
            if !eyes.look(Sight::whole().look(port.0.is_visible(hit))).await.unwrap_or(false) {
                return true;
            }
        }
        let asked = match about {
            // It names the device: whoever sees the reports of some devices alone reads the list.
            About::Quarantine => return sight.narrows(SEEN_SOURCES),
            About::Incident { .. } | About::Call(_) if sight.is_whole() => return false,
            About::Hit(hit) => hits.map(|port| port.0.is_visible(hit)),
            About::Incident { incident, .. } => incidents.map(|port| port.0.is_incident_shown(incident)),
            About::Call(call) => incidents.map(|port| port.0.is_call_shown(call)),
            About::Consent(consent) => movements.map(|port| port.0.is_consent_visible(consent)),
            About::Opening(opening) => movements.map(|port| port.0.is_opening_visible(opening)),
        };
        let Some(asked) = asked else { return true };
        !eyes.look(sight.look(asked)).await.unwrap_or(false)
    }

    /// By the rules that hold now for whoever may watch such a thing.
    fn sight(&self, event: &Event) -> Sight {
        self.app.sight(&Looking::of(&self.person, event.stream_permission(), door_of(&ROUTE), None, self.app.env.now()))
    }

    fn may_see(&self, event: &Event) -> bool {
        if !event.stream_permission().is_some_and(|needed| self.permissions.contains(&needed)) {
            return false;
        }
        match event {
            // An officer is alerted to what is near, not to every wanted vehicle in the country.
            Event::HitRaised { position, .. } if self.person.role == Role::Officer => {
                let place = self.person.unit.zip(self.app.try_room::<UnitPlacesPort>()).and_then(|(unit, port)| port.0.place(unit));
                let fresh = place.filter(|(_, at)| self.app.env.now().since(*at) <= PLACE_FRESH_US);
                fresh.zip(*position).is_some_and(|((unit, _), hit)| unit.distance_m(hit) <= NEARBY_M)
            }
            _ => true,
        }
    }
}

/// What an event is about that may be hidden from a listener.
#[derive(Debug, Clone, Copy, PartialEq)]
enum About {
    Hit(HitId),
    Incident { incident: IncidentId, hit: Option<HitId> },
    Call(CallId),
    Consent(ConsentId),
    Opening(OpeningId),
    /// Reports of a device that were set aside.
    Quarantine,
}

impl About {
    /// `None`: of nothing that could be hidden from whoever may watch such events.
    const fn of(event: &Event) -> Option<Self> {
        Some(match event {
            Event::HitRaised { hit, .. } | Event::HitDecided { hit, .. } | Event::HitNotFollowed { hit } => Self::Hit(*hit),
            Event::IncidentChanged { incident, hit, .. } => Self::Incident { incident: *incident, hit: *hit },
            Event::AssignmentChanged { incident, .. }
            | Event::PanicChanged { incident, .. }
            | Event::CheckChanged { incident: Some(incident), .. } => Self::Incident { incident: *incident, hit: None },
            Event::CallChanged { call, .. } | Event::CallerChanged { call, .. } => Self::Call(*call),
            Event::ConsentChanged { consent } => Self::Consent(*consent),
            Event::OpeningChanged { opening, .. } => Self::Opening(*opening),
            Event::SightingsQuarantined { .. } => Self::Quarantine,
            _ => return None,
        })
    }
}

fn frame(envelope: &Envelope) -> SseEvent {
    let data = serde_json::to_string(envelope).unwrap_or_default();
    let event = SseEvent::default().event(envelope.event.kind()).data(data);
    if envelope.seq > 0 { event.id(envelope.seq.to_string()) } else { event }
}
