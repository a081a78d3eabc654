//! Decides who is told of a fact. Each telling is one job for each receiver, whatever happens to this process.

use serde_json::Value;
use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_events::{Envelope, Event};
use shouhu_ids::{ActorId, DeviceId, Micros, SessionId};
use shouhu_module::App;
use shouhu_secevent::{Direction, Happened, Initiator, Set, SharedEvent, Subject, SubjectId};
use shouhu_store::{NewJob, StoreError, Tx};
use shouhu_wire::AccessChange;

use crate::settings::{self, Receiver, TellKind};
use crate::stream::{self, Way};
use crate::{deliver, store, waiting};

/// The namespace of our verdicts as levels of assurance: allow, step_up, restrict, block.
const LEVELS: &str = "shouhu-trust";

/// A fact as others are told it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Telling {
    kind: TellKind,
    /// Whose account it is; `None`: it is about a device.
    about: Option<ActorId>,
    /// Names the fact: one fact is told once.
    fact: String,
    subject: Subject,
    event: SharedEvent,
    by: Initiator,
}

pub fn tell(app: App, envelope: Envelope) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let settings = settings::of(&app);
        if settings.receivers.is_empty() {
            return Ok(());
        }
        let Some(telling) = telling_of(&app, &envelope).await? else { return Ok(()) };
        for receiver in settings.receivers.iter().filter(|receiver| receiver.may_hear(telling.kind, telling.about)) {
            if decide(&app, receiver, &telling, envelope.at_us).await? == Some(Way::Hold) {
                waiting::trim(&app, &receiver.name).await.map_err(|problem| problem.detail)?;
            }
        }
        Ok(())
    })
}

async fn telling_of(app: &App, envelope: &Envelope) -> Result<Option<Telling>, StoreError> {
    let iss = &app.public_url;
    Ok(match &envelope.event {
        Event::AccessChanged { actor, session, change } => Some(of_access(iss, envelope.id.to_string(), *actor, *session, change)),
        // Told again for another reason: who hears it reads what is so now.
        Event::DeviceTrustChanged { device, restriction } => Some(of_device(iss, envelope.id.to_string(), *device, restriction.is_none(), Initiator::Policy)),
        Event::DeviceChanged { device } => {
            let is_revoked = shouhu_identity::device_by_id(app, *device).await?.is_some_and(|found| found.is_revoked);
            is_revoked.then(|| of_device(iss, format!("revoked:{device}"), *device, false, Initiator::Admin))
        }
        _ => None,
    })
}

fn named(iss: &str, sub: String) -> SubjectId {
    SubjectId::IssSub { iss: iss.to_owned(), sub }
}

fn of_access(iss: &str, fact: String, actor: ActorId, session: Option<SessionId>, change: &AccessChange) -> Telling {
    let session = session.map(|session| SubjectId::Opaque(session.to_string()));
    let subject = Subject { session, ..Subject::user(named(iss, actor.to_string())) };
    let (kind, event, by) = match change {
        AccessChange::Disabled | AccessChange::EndedByPerson => (TellKind::SessionRevoked, SharedEvent::SessionRevoked, Initiator::Admin),
        AccessChange::EndedByTrust => (TellKind::SessionRevoked, SharedEvent::SessionRevoked, Initiator::Policy),
        AccessChange::Trusted { before, now, is_worse } => {
            let direction = if *is_worse { Direction::Decrease } else { Direction::Increase };
            let event = SharedEvent::AssuranceLevelChange {
                namespace: LEVELS.to_owned(),
                current: now.clone(),
                previous: Some(before.clone()),
                direction: Some(direction),
            };
            (TellKind::AssuranceLevelChange, event, Initiator::Policy)
        }
    };
    Telling { kind, about: Some(actor), fact, subject, event, by }
}

fn of_device(iss: &str, fact: String, device: DeviceId, is_compliant: bool, by: Initiator) -> Telling {
    let subject = Subject { device: Some(named(iss, device.to_string())), ..Subject::default() };
    let event = SharedEvent::DeviceComplianceChange { was_compliant: !is_compliant, is_compliant };
    Telling { kind: TellKind::DeviceComplianceChange, about: None, fact, subject, event, by }
}

fn set_of(iss: &str, receiver: &Receiver, telling: &Telling, at: Micros, now: Micros) -> Set {
    let seconds = |time: Micros| time.0.div_euclid(Micros::SECOND);
    Set {
        iss: iss.to_owned(),
        aud: vec![receiver.aud.clone()],
        jti: waiting::jti_of(&receiver.name, &telling.fact),
        iat_s: seconds(now),
        subject: telling.subject.clone(),
        happened: Happened { event: telling.event.clone(), at_s: Some(seconds(at)), by: Some(telling.by) },
    }
}

/// Remembers that a fact is told, and puts it on its way. False when it was before.
async fn send(tx: &mut Tx, now: Micros, receiver: &Receiver, way: Way, fact: &str, event: &str, claims: &Value) -> Result<bool, StoreError> {
    if way == Way::Not || !store::decide(tx, now, &receiver.name, fact, event).await? {
        return Ok(false);
    }
    if way == Way::Hold {
        waiting::hold(tx, now, &receiver.name, fact, event, claims).await?;
    } else {
        let (key, payload) = (format!("{}:{fact}", receiver.name), deliver::payload(&receiver.name, fact, event, claims));
        tx.enqueue_call(&receiver.name, NewJob { kind: deliver::KIND, key, payload, run_at: None }).await?;
    }
    Ok(true)
}

/// `None` when the receiver has no stream for it, or was told before.
async fn decide(app: &App, receiver: &Receiver, telling: &Telling, at: Micros) -> Result<Option<Way>, StoreError> {
    let now = app.env.now();
    let mut tx = app.store.begin().await?;
    let stream = if receiver.manages_itself() { stream::locked(&mut tx, receiver).await? } else { None };
    if stream.as_ref().is_some_and(|stream| !stream.delivers(telling.kind)) {
        return Ok(None);
    }
    let way = stream::way(receiver, stream.as_ref());
    let claims = set_of(&app.public_url, receiver, telling, at, now).claims();
    if !send(&mut tx, now, receiver, way, &telling.fact, telling.event.name(), &claims).await? {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some(way))
}

/// A trial of a stream, which its receiver has asked for: it comes as everything else comes (SSF 1.0 §8.1.4).
pub async fn verification(tx: &mut Tx, app: &App, receiver: &Receiver, stream: &stream::Stream, state: Option<String>) -> Result<(), StoreError> {
    let (now, event) = (app.env.now(), SharedEvent::Verification { state });
    let fact = format!("verification:{}", hex::encode(app.env.random.bytes16()));
    let name = event.name();
    let set = Set {
        iss: app.public_url.to_string(),
        aud: vec![receiver.aud.clone()],
        jti: waiting::jti_of(&receiver.name, &fact),
        iat_s: now.0.div_euclid(Micros::SECOND),
        subject: Subject::user(SubjectId::Opaque(stream.id.clone())),
        happened: Happened { event, at_s: None, by: None },
    };
    send(tx, now, receiver, stream::way(receiver, Some(stream)), &fact, name, &set.claims()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISS: &str = "https://house.example";

    fn actor() -> ActorId {
        ActorId::new(Micros(1), [1; 16])
    }

    #[test]
    fn an_account_that_is_taken_away_is_told_of_all_its_sessions_and_an_ended_session_of_itself() {
        let told = |session: Option<SessionId>, change: AccessChange| of_access(ISS, "1".into(), actor(), session, &change);
        let disabled = told(None, AccessChange::Disabled);
        assert_eq!((disabled.event, disabled.by), (SharedEvent::SessionRevoked, Initiator::Admin));
        assert_eq!(disabled.subject, Subject::user(named(ISS, actor().to_string())));
        let session = SessionId::new(Micros(1), [2; 16]);
        let ended = told(Some(session), AccessChange::EndedByTrust);
        assert_eq!((ended.subject.session, ended.by), (Some(SubjectId::Opaque(session.to_string())), Initiator::Policy));
    }

    #[test]
    fn a_verdict_is_told_as_a_level_with_its_direction() {
        let change = |is_worse: bool| AccessChange::Trusted { before: "allow".into(), now: "step_up".into(), is_worse };
        for (is_worse, direction) in [(true, Direction::Decrease), (false, Direction::Increase)] {
            let told = of_access(ISS, "1".into(), actor(), None, &change(is_worse));
            let SharedEvent::AssuranceLevelChange { namespace, previous, direction: said, .. } = told.event else { panic!("no level") };
            assert_eq!((namespace.as_str(), previous.as_deref(), said), ("shouhu-trust", Some("allow"), Some(direction)));
        }
    }

    #[test]
    fn a_device_is_a_subject_by_itself() {
        let told = of_device(ISS, "1".into(), DeviceId::new(Micros(1), [3; 16]), false, Initiator::Admin);
        assert_eq!(told.event, SharedEvent::DeviceComplianceChange { was_compliant: true, is_compliant: false });
        assert!(told.subject.device.is_some() && told.subject.user.is_none());
    }
}
