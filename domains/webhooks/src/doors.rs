//! Claims about the whole way: a fact on the bus, a job, a signed call, and what is seen when it fails.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};
use shouhu_env::BoxFuture;
use shouhu_events::Event;
use shouhu_exchange::signature::verify;
use shouhu_http::testing::House;
use shouhu_ids::{IncidentId, Micros, UnitId};
use shouhu_module::ports::{Direction, DispatchFacts, DispatchFactsPort, IncidentFact, Sharing, SharingGate, SharingPort, UnitFact};
use shouhu_module::{Module, Problem};
use shouhu_outgoing::Outgoing;
use shouhu_wire::{IncidentState, Role, UnitState};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::MODULE;

static MODULES: &[Module] = &[MODULE];

/// One incident that opened at this moment, and one unit.
struct Facts(Micros);

impl DispatchFacts for Facts {
    fn incident(&self, _: IncidentId) -> BoxFuture<'static, Result<Option<IncidentFact>, Problem>> {
        let fact = IncidentFact {
            number: "115-1121-0007".into(),
            kind: "robbery".into(),
            priority: 1,
            state: "assigned".into(),
            address: "中正路".into(),
            position: None,
            opened_at_us: self.0,
            closed_at_us: None,
        };
        Box::pin(async move { Ok(Some(fact)) })
    }

    fn unit(&self, _: UnitId) -> BoxFuture<'static, Result<Option<UnitFact>, Problem>> {
        Box::pin(async { Ok(Some(UnitFact { call_sign: "永康 21".into(), state: "available".into() })) })
    }
}

/// A receiver that answers everything with one status and hands over what it hears: head and body.
async fn receiver(status: &'static str) -> (u16, mpsc::Receiver<(String, Vec<u8>)>) {
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = door.local_addr().unwrap().port();
    let (tell, heard) = mpsc::channel(16);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = door.accept().await {
            let mut bytes = Vec::new();
            let message = loop {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    let head = head.to_ascii_lowercase();
                    let length =
                        head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse::<usize>().ok());
                    if length == Some(body.len()) {
                        break (head, body.as_bytes().to_vec());
                    }
                }
                let mut some = [0; 1024];
                let count = stream.read(&mut some).await.unwrap();
                assert!(count > 0, "cut off: {text}");
                bytes.extend(some.iter().take(count));
            };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            tell.send(message).await.unwrap();
        }
    });
    (port, heard)
}

async fn emit(house: &House, event: Event) {
    let mut tx = house.app.store.begin().await.unwrap();
    tx.emit(&event).await.unwrap();
    tx.commit().await.unwrap();
}

fn changed(house: &House, incident: IncidentId, state: IncidentState) -> impl Future<Output = ()> {
    emit(house, Event::IncidentChanged { incident, state, hit: None })
}

/// A house that may call this machine, a subscription, and its secret.
async fn subscribed(port: u16, kinds: Value) -> (House, String) {
    let house = House::open(MODULES).await;
    house.app.put(Outgoing::new(house.app.env.net.clone(), true).unwrap());
    let body = json!({ "title": "消防局", "url": format!("http://127.0.0.1:{port}/hook"), "kinds": kinds });
    let answer = house.call(&house.person(Role::Operator), "POST", "/v1/webhooks", body).await;
    assert_eq!(answer.status, 200, "{}", answer.json);
    house.app.put(DispatchFactsPort(Arc::new(Facts(house.app.env.now()))));
    let secret = answer.json.pointer("/secret").and_then(Value::as_str).unwrap().to_owned();
    (house, secret)
}

#[tokio::test]
async fn an_incident_is_told_once_when_it_opens_and_once_when_it_closes_signed_and_without_names() {
    let (port, mut heard) = receiver("200 OK").await;
    let (house, secret) = subscribed(port, json!(["incident_opened", "incident_closed"])).await;
    let incident = house.app.env.id(IncidentId::new);
    for state in [IncidentState::Open, IncidentState::Assigned, IncidentState::Open, IncidentState::Closed] {
        changed(&house, incident, state).await;
    }
    emit(&house, Event::UnitChanged { unit: house.app.env.id(UnitId::new), state: UnitState::Busy }).await;
    house.settle().await;
    let mut kinds = Vec::new();
    while let Ok((head, body)) = heard.try_recv() {
        let signature = head.split("shouhu-signature: ").nth(1).and_then(|rest| rest.lines().next()).unwrap();
        assert_eq!(verify(secret.as_bytes(), house.app.env.now(), signature, &body), Ok(()));
        let told: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(told.pointer("/incident/number"), Some(&json!("115-1121-0007")));
        kinds.push(format!("{} {}", told.pointer("/kind").unwrap(), told.pointer("/incident/state").unwrap()));
    }
    kinds.sort();
    assert_eq!(kinds, [r#""incident_closed" "closed""#, r#""incident_opened" "open""#]);
    let listed = house.call(&house.person(Role::Operator), "GET", "/v1/webhooks", Value::Null).await;
    assert_eq!(listed.json.pointer("/items/0/last_outcome"), Some(&json!("sent")), "{}", listed.json);
    assert!(!String::from_utf8_lossy(&listed.bytes).contains(&secret), "a secret is shown once");
}

#[tokio::test]
async fn a_refusal_waits_for_its_back_off_with_its_reason_and_is_not_lost() {
    let (port, mut heard) = receiver("503 No").await;
    let (house, _) = subscribed(port, json!(["unit_state"])).await;
    emit(&house, Event::UnitChanged { unit: house.app.env.id(UnitId::new), state: UnitState::EnRoute }).await;
    house.settle().await;
    let (_, body) = heard.try_recv().unwrap();
    let told: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(told.pointer("/unit"), Some(&json!({ "call_sign": "永康 21", "state": "en_route" })));
    let jobs = shouhu_jobs::list(&house.app.store, None, 10).await.unwrap();
    let job = jobs.iter().find(|job| job.kind == "webhooks.deliver").unwrap();
    assert_eq!((job.state, job.last_error.as_deref()), (shouhu_jobs::JobState::Waiting, Some("answered 503")));
    let listed = house.call(&house.person(Role::Operator), "GET", "/v1/webhooks", Value::Null).await;
    assert_eq!(listed.json.pointer("/items/0/last_outcome"), Some(&json!("answered 503")));
}

#[tokio::test]
async fn a_house_that_may_not_reach_private_networks_does_not_and_an_ended_subscription_is_told_nothing() {
    let (port, mut heard) = receiver("200 OK").await;
    let (house, _) = subscribed(port, json!(["unit_state"])).await;
    house.app.put(Outgoing::new(house.app.env.net.clone(), false).unwrap());
    let moved = || emit(&house, Event::UnitChanged { unit: house.app.env.id(UnitId::new), state: UnitState::Busy });
    moved().await;
    house.settle().await;
    assert!(heard.try_recv().is_err());
    let operator = house.person(Role::Operator);
    let listed = house.call(&operator, "GET", "/v1/webhooks", Value::Null).await.json;
    let outcome = listed.pointer("/items/0/last_outcome").and_then(Value::as_str).unwrap();
    assert!(outcome.contains("no public network"), "{outcome}");

    house.app.put(Outgoing::new(house.app.env.net.clone(), true).unwrap());
    let id = listed.pointer("/items/0/id").and_then(Value::as_str).unwrap();
    assert_eq!(house.call(&operator, "POST", &format!("/v1/webhooks/{id}/end"), Value::Null).await.status, 200);
    moved().await;
    house.settle().await;
    assert!(heard.try_recv().is_err());
}

/// Lets a partner through until it is told not to, and counts what passed.
#[derive(Default)]
struct Switch {
    is_off: AtomicBool,
    passed: AtomicUsize,
}

impl SharingGate for Switch {
    fn pass_many(&self, sharing: Sharing, count: u32) -> BoxFuture<'static, Result<(), Problem>> {
        assert_eq!(count, 1, "one fact, one delivery");
        assert_eq!((sharing.partner.title.as_str(), sharing.direction, sharing.kind.as_str()), ("消防局", Direction::Out, "unit_state"));
        let is_off = self.is_off.load(Ordering::SeqCst);
        self.passed.fetch_add(usize::from(!is_off), Ordering::SeqCst);
        let off = || Problem::new(axum::http::StatusCode::FORBIDDEN, "oversight.sharing.off", "this partner was switched off");
        Box::pin(async move { if is_off { Err(off()) } else { Ok(()) } })
    }

    fn refuse_if_off(&self, _: Sharing) -> BoxFuture<'static, Result<(), Problem>> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn a_partner_that_was_switched_off_is_told_nothing_and_not_later_either() {
    let (port, mut heard) = receiver("200 OK").await;
    let (house, _) = subscribed(port, json!(["unit_state"])).await;
    let switch = Arc::new(Switch::default());
    house.app.put(SharingPort(switch.clone()));
    let moved = || emit(&house, Event::UnitChanged { unit: house.app.env.id(UnitId::new), state: UnitState::Busy });
    moved().await;
    house.settle().await;
    assert!(heard.try_recv().is_ok());
    switch.is_off.store(true, Ordering::SeqCst);
    moved().await;
    house.settle().await;
    assert!(heard.try_recv().is_err());
    let listed = house.call(&house.person(Role::Operator), "GET", "/v1/webhooks", Value::Null).await.json;
    assert_eq!(listed.pointer("/items/0/last_outcome"), Some(&json!("oversight.sharing.off")), "{listed}");
    switch.is_off.store(false, Ordering::SeqCst);
    house.settle().await;
    assert!(heard.try_recv().is_err(), "what happened meanwhile is not told later");
    moved().await;
    house.settle().await;
    assert!(heard.try_recv().is_ok());
    assert_eq!(switch.passed.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_cannot_be_called_cannot_be_subscribed() {
    let house = House::open(MODULES).await;
    let operator = house.person(Role::Operator);
    let cases = [
        (json!({ "title": "a", "url": "http://hooks.example/", "kinds": ["unit_state"] }), "webhooks.subscribe.address"),
        (json!({ "title": "a", "url": "file:///etc/passwd", "kinds": ["unit_state"] }), "webhooks.subscribe.address"),
        (json!({ "title": " ", "url": "https://hooks.example/", "kinds": ["unit_state"] }), "webhooks.subscribe.title"),
        (json!({ "title": "a", "url": "https://hooks.example/", "kinds": [] }), "webhooks.subscribe.kinds"),
    ];
    for (body, key) in cases {
        let answer = house.call(&operator, "POST", "/v1/webhooks", body).await;
        assert_eq!((answer.status, answer.json.pointer("/key")), (422, Some(&json!(key))), "{}", answer.json);
    }
}
