//! Claims about the routes: who gets in, and what a handler decides beyond its permission.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use shouhu_env::{BoxFuture, Clock, Env, SystemClock};
use shouhu_events::{Envelope, Event, SightingFact};
use shouhu_http::testing::House;
use shouhu_ids::{DeviceId, EntryId, EventId, HitId, Micros, SightingId, TrackerId, UnitId};
use shouhu_module::ports::{
    ClosingRings, ClosingRingsPort, ConfirmedHit, ConfirmedHits, ConfirmedHitsPort, Drive, ErrandsPort, LiveCasesPort, NoRing, RingAnswer, RingOrder,
    RingOutcome, RingQuestion, RingReason, RoadAnswer, RoadTime, RoadTimes, RoadTimesPort, Traveller, UnitPlacesPort,
};
use shouhu_module::{Caller, Module, Problem};
use shouhu_place::Wgs84;
use shouhu_plate::Plate;
use shouhu_wire::Role;

use crate::MODULE;

static MODULES: &[Module] = &[MODULE];

struct OneHit(HitId, Micros);

impl ConfirmedHits for OneHit {
    fn confirmed(&self, hit: HitId) -> BoxFuture<'static, Result<Option<ConfirmedHit>, Problem>> {
        let confirmed = (hit == self.0).then(|| ConfirmedHit {
            plate_display: "ABC-1234".into(),
            place_name: "中正路".into(),
            position: Wgs84::new(120.25, 23.03).ok(),
            confirmed_at: self.1,
            raised_at: self.1.plus(-Micros::SECOND),
        });
        Box::pin(async move { Ok(confirmed) })
    }

    fn is_visible(&self, hit: HitId) -> BoxFuture<'static, Result<bool, Problem>> {
        let is_it = hit == self.0;
        Box::pin(async move { Ok(is_it) })
    }
}

/// Every road is twice as long as the straight line, and is driven at 60 km/h.
struct Winding;

impl RoadTimes for Winding {
    fn times_to(&self, target: Wgs84, sources: &[Traveller], _: Drive) -> Option<Vec<RoadAnswer>> {
        let time = |source: &Traveller| {
            let distance_m = 2.0 * source.at.distance_m(target);
            RoadAnswer::By(RoadTime { duration_s: distance_m / (60.0 / 3.6), distance_m, is_through_closure: false })
        };
        Some(sources.iter().map(time).collect())
    }
}

/// [`Winding`] roads on which something is closed now and then.
#[derive(Default)]
struct Changing {
    changes: AtomicU64,
    asked: AtomicU64,
}

impl RoadTimes for Changing {
    fn times_to(&self, target: Wgs84, sources: &[Traveller], drive: Drive) -> Option<Vec<RoadAnswer>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Winding.times_to(target, sources, drive)
    }

    fn changes(&self, _: Micros) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }
}

fn call() -> Value {
    json!({ "origin": "call", "priority": 2, "kind": "fight", "summary": "打架", "position": { "lon": 120.25, "lat": 23.03 } })
}

fn crewing(caller: &Caller, unit: &str) -> Caller {
    let Caller::Person(person) = caller else { panic!("only people crew units") };
    let unit: UnitId = unit.parse().unwrap();
    Caller::Person(shouhu_module::Person { unit: Some(unit), ..person.clone() })
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value}")).to_owned()
}

/// An available car with its officer.
async fn car(house: &House, call_sign: &str) -> (String, Caller) {
    let unit =
        house.call(&house.person(Role::Operator), "POST", "/v1/units", json!({ "call_sign": call_sign, "kind": "car" })).await;
    assert_eq!(unit.status, 200, "{}", unit.json);
    let id = text(&unit.json, "/id");
    let officer = crewing(&house.person(Role::Officer), &id);
    let said = house.call(&officer, "POST", "/v1/units/mine/state", json!({ "state": "available" })).await;
    assert_eq!(said.status, 200, "{}", said.json);
    (id, officer)
}

fn position(lon: f64, at: Micros) -> Value {
    json!({ "position": { "lon": lon, "lat": 23.03 }, "measured_at_us": at.0, "accuracy_m": 5.0 })
}

#[tokio::test]
async fn a_call_becomes_an_officer_on_scene_and_a_closed_incident() {
    let house = House::open(MODULES).await;
    let dispatcher = house.person(Role::Dispatcher);
    let (unit, officer) = car(&house, "永康 21").await;
    let incident = house.call(&dispatcher, "POST", "/v1/incidents", call()).await;
    assert_eq!(incident.status, 200, "{}", incident.json);
    let id = text(&incident.json, "/id");

    let live = house.app.room::<LiveCasesPort>();
    assert!(live.0.is_live(text(&incident.json, "/number")).await);

    let sent = house.call(&dispatcher, "POST", &format!("/v1/incidents/{id}/assignments"), json!({ "unit": unit })).await;
    assert_eq!(sent.status, 200, "{}", sent.json);
    assert_eq!(sent.json.pointer("/reasons"), Some(&json!(["available", "no_position"])));
    let mine = house.call(&officer, "GET", "/v1/assignments/mine", Value::Null).await;
    assert_eq!(text(&mine.json, "/items/0/incident/id"), id);
    let assignment = text(&mine.json, "/items/0/assignment/id");
    for step in ["delivered", "accept", "en_route", "on_scene"] {
        let taken = house.call(&officer, "POST", &format!("/v1/assignments/{assignment}/step"), json!({ "step": step })).await;
        assert_eq!(taken.status, 200, "{}", taken.json);
    }
    let early = house.call(&dispatcher, "POST", &format!("/v1/incidents/{id}/close"), json!({ "code": "handled" })).await;
    assert_eq!((early.status, text(&early.json, "/key")), (409, "dispatch.close.unit_assigned".into()));
    let done = json!({ "step": "close", "code": "handled", "text": "已排解" });
    assert_eq!(house.call(&officer, "POST", &format!("/v1/assignments/{assignment}/step"), done).await.status, 200);
    let closed = house.call(&dispatcher, "POST", &format!("/v1/incidents/{id}/close"), json!({ "code": "handled" })).await;
    assert_eq!((closed.status, text(&closed.json, "/state")), (200, "closed".into()));
    assert!(!live.0.is_live(text(&incident.json, "/number")).await);

    let log = house.call(&dispatcher, "GET", &format!("/v1/incidents/{id}/log"), Value::Null).await;
    assert_eq!(log.json.pointer("/items").and_then(Value::as_array).map(Vec::len), Some(8), "{}", log.json);
    let kpis = house.call(&dispatcher, "GET", "/v1/dispatch/kpis", Value::Null).await;
    assert_eq!(kpis.json.pointer("/dispatched_to_arrived_s/n"), Some(&json!(1)), "{}", kpis.json);
    house.settle().await;
}

#[tokio::test]
async fn an_officer_sees_the_incidents_of_the_own_unit_and_of_no_other() {
    let house = House::open(MODULES).await;
    let dispatcher = house.person(Role::Dispatcher);
    let (unit, officer) = car(&house, "永康 21").await;
    let (_, stranger) = car(&house, "永康 22").await;
    let id = text(&house.call(&dispatcher, "POST", "/v1/incidents", call()).await.json, "/id");
    let path = format!("/v1/incidents/{id}");
    assert_eq!(house.call(&officer, "GET", &path, Value::Null).await.status, 404);
    house.call(&dispatcher, "POST", &format!("{path}/assignments"), json!({ "unit": unit })).await;
    assert_eq!(house.call(&officer, "GET", &path, Value::Null).await.status, 200);
    for nobody in [stranger, house.person(Role::Officer)] {
        assert_eq!(house.call(&nobody, "GET", &path, Value::Null).await.status, 404);
    }
    assert_eq!(house.call(&officer, "GET", "/v1/incidents", Value::Null).await.status, 403);
}

#[tokio::test]
async fn a_confirmed_hit_opens_one_incident_and_an_unconfirmed_one_none() {
    let house = House::open(MODULES).await;
    let dispatcher = house.person(Role::Dispatcher);
    let hit = house.app.env.id(HitId::new);
    let body = |hit: HitId| json!({ "origin": "hit", "priority": 2, "kind": "stolen_vehicle", "summary": "", "hit": hit });
    let refused = house.call(&dispatcher, "POST", "/v1/incidents", body(hit)).await;
    assert_eq!((refused.status, text(&refused.json, "/key")), (409, "dispatch.open.hit_not_confirmed".into()));
    house.app.put(ConfirmedHitsPort(Arc::new(OneHit(hit, house.app.env.now()))));
    let other = house.app.env.id(HitId::new);
    assert_eq!(house.call(&dispatcher, "POST", "/v1/incidents", body(other)).await.status, 409);
    let first = house.call(&dispatcher, "POST", "/v1/incidents", body(hit)).await;
    assert_eq!((first.status, text(&first.json, "/summary")), (200, "ABC-1234 中正路".into()));
    let again = house.call(&dispatcher, "POST", "/v1/incidents", body(hit)).await;
    assert_eq!((again.status, text(&again.json, "/id")), (200, text(&first.json, "/id")));
}

#[tokio::test]
async fn positions_are_checked_streamed_and_used_for_the_recommendation_by_road() {
    let house = House::open(MODULES).await;
    let dispatcher = house.person(Role::Dispatcher);
    let (near, near_officer) = car(&house, "永康 21").await;
    let (_, far_officer) = car(&house, "永康 22").await;
    let now = house.app.env.now();
    let mut stream = house.app.hub.listen();
    let report = "/v1/units/mine/position";
    let taken = house.call(&near_officer, "POST", report, position(120.26, now)).await;
    assert_eq!((taken.status, taken.json), (200, json!({ "is_newest": true })));
    assert_eq!(house.call(&far_officer, "POST", report, position(120.30, now)).await.status, 200);
    let older = house.call(&near_officer, "POST", report, position(120.30, now.plus(-1))).await;
    assert_eq!((older.status, older.json), (200, json!({ "is_newest": false })));
    for (body, key) in [
        (position(120.26, now.plus(365 * Micros::DAY)), "dispatch.position.from_the_future"),
        (position(119.26, now.plus(Micros::SECOND)), "dispatch.position.jump"),
        (position(0.0, now.plus(Micros::SECOND)), "dispatch.position.outside"),
        (json!({ "position": { "lon": 120.2, "lat": 230.0 }, "measured_at_us": now.0 }), "http.body.invalid"),
    ] {
        assert_eq!(text(&house.call(&near_officer, "POST", report, body).await.json, "/key"), key);
    }
    let nobody = house.call(&house.person(Role::Officer), "POST", report, position(120.26, now)).await;
    assert_eq!(text(&nobody.json, "/key"), "dispatch.unit.none_joined");

    let moved = tokio::time::timeout(Duration::from_secs(30), stream.recv()).await.unwrap().unwrap();
    assert!(matches!(moved.event, Event::UnitsMoved { .. }), "{moved:?}");
    assert_eq!(house.app.room::<UnitPlacesPort>().0.place(near.parse().unwrap()).map(|(_, at)| at), Some(now));

    let id = text(&house.call(&dispatcher, "POST", "/v1/incidents", call()).await.json, "/id");
    let path = format!("/v1/incidents/{id}/recommendations");
    let straight = house.call(&dispatcher, "GET", &path, Value::Null).await.json;
    assert_eq!(
        (text(&straight, "/items/0/unit/call_sign"), straight.pointer("/items/0/is_by_road")),
        ("永康 21".into(), Some(&json!(false)))
    );
    house.app.put(RoadTimesPort(Arc::new(Winding)));
    let by_road = house.call(&dispatcher, "GET", &path, Value::Null).await.json;
    assert_eq!(by_road.pointer("/items/0/is_by_road"), Some(&json!(true)));
    let sent = house.call(&dispatcher, "POST", &format!("/v1/incidents/{id}/assignments"), json!({ "unit": near })).await;
    assert_eq!(
        sent.json.pointer("/reasons"),
        Some(&json!(["nearest", "available", "least_travel", "by_road"])),
        "kept with the order"
    );
}

#[tokio::test]
async fn a_unit_has_an_errand_from_where_it_was_last_for_as_long_as_it_has_the_job() {
    let house = House::open(MODULES).await;
    let dispatcher = house.person(Role::Dispatcher);
    let (unit, officer) = car(&house, "永康 21").await;
    let (id, now): (UnitId, _) = (unit.parse().unwrap(), house.app.env.now());
    let errands = house.app.room::<ErrandsPort>();
    assert_eq!(errands.0.of(id).await.unwrap(), []);
    house.call(&officer, "POST", "/v1/units/mine/position", position(120.251, now)).await;
    let urgent = incident(&house, &dispatcher, 1).await;
    let sent = send_to(&house, &dispatcher, &urgent, json!({ "unit": unit })).await;
    let told = errands.0.of(id).await.unwrap();
    let one = told.first().unwrap();
    assert_eq!((told.len(), one.assignment.to_string()), (1, text(&sent.json, "/id")));
    assert_eq!((one.by, one.with_siren), (shouhu_wire::UnitKind::Car, true), "priority 1");
    assert_eq!(one.to, Wgs84::new(120.25, 23.03).ok());
    assert_eq!(one.from, Wgs84::new(120.251, 23.03).ok().map(|place| (place, now)));
    let cancelled = format!("/v1/assignments/{}/cancel", one.assignment);
    let answer = house.call(&dispatcher, "POST", &cancelled, json!({ "reason": "誤報" })).await;
    assert_eq!(answer.status, 200, "{}", answer.json);
    assert_eq!(errands.0.of(id).await.unwrap(), []);
}

async fn send_to(house: &House, dispatcher: &Caller, incident: &str, body: Value) -> shouhu_http::testing::Answer {
    house.call(dispatcher, "POST", &format!("/v1/incidents/{incident}/assignments"), body).await
}

async fn incident(house: &House, dispatcher: &Caller, priority: u8) -> String {
    let mut body = call();
    body["priority"] = json!(priority);
    text(&house.call(dispatcher, "POST", "/v1/incidents", body).await.json, "/id")
}

#[tokio::test]
async fn a_policy_is_the_supervisors_and_a_unit_is_taken_away_only_with_the_job_that_it_leaves_named() {
    let house = House::open(MODULES).await;
    let (dispatcher, supervisor) = (house.person(Role::Dispatcher), house.person(Role::Supervisor));
    let (unit, officer) = car(&house, "永康 21").await;
    let now = house.app.env.now();
    house.call(&officer, "POST", "/v1/units/mine/position", position(120.251, now)).await;
    let mut policy = house.call(&dispatcher, "GET", "/v1/dispatch/policy", Value::Null).await.json;
    assert_eq!((text(&policy, "/policy"), policy.pointer("/set_by")), ("nearest_by_road".into(), Some(&Value::Null)));
    policy["preemption"]["is_on"] = json!(true);
    let refused = house.call(&dispatcher, "POST", "/v1/dispatch/policy", policy.clone()).await;
    assert_eq!(refused.status, 403, "{}", refused.json);
    let set = house.call(&supervisor, "POST", "/v1/dispatch/policy", policy.clone()).await;
    assert_eq!((set.status, set.json.pointer("/preemption/is_on")), (200, Some(&json!(true))), "{}", set.json);
    policy["coverage"]["busy_share"] = json!(1.5);
    let wrong = house.call(&supervisor, "POST", "/v1/dispatch/policy", policy).await;
    assert_eq!((wrong.status, text(&wrong.json, "/key")), (422, "dispatch.policy.out_of_range".into()));
    assert_eq!(wrong.json["params"], json!({ "field": "coverage.busy_share", "least": "0", "most": "0.95" }));

    let (trifle, urgent) = (incident(&house, &dispatcher, 4).await, incident(&house, &dispatcher, 1).await);
    let held = text(&send_to(&house, &dispatcher, &trifle, json!({ "unit": unit })).await.json, "/id");
    let proposal = house.call(&dispatcher, "GET", &format!("/v1/incidents/{urgent}/recommendations"), Value::Null).await.json;
    assert_eq!((text(&proposal, "/chosen"), text(&proposal, "/items/0/takes_from/assignment")), (unit.clone(), held.clone()));
    let plain = send_to(&house, &dispatcher, &urgent, json!({ "unit": unit })).await;
    assert_eq!((plain.status, text(&plain.json, "/key")), (409, "dispatch.assign.unit_not_available".into()));
    let taken = send_to(&house, &dispatcher, &urgent, json!({ "unit": unit, "take_from": held })).await;
    assert_eq!((taken.status, text(&taken.json, "/incident")), (200, urgent), "{}", taken.json);
    let board = house.call(&dispatcher, "GET", "/v1/dispatch/advice", Value::Null).await;
    assert_eq!((board.status, text(&board.json, "/waiting/0/incident")), (200, trifle), "{}", board.json);
    assert_eq!(text(&board.json, "/why_no_cover"), "no_map");
}

#[tokio::test]
async fn a_free_unit_that_is_much_nearer_is_proposed_to_take_over_and_cover_is_counted_from_calls() {
    let house = House::open(MODULES).await;
    let dispatcher = house.person(Role::Dispatcher);
    let roads = Arc::new(Changing::default());
    house.app.put(RoadTimesPort(Arc::clone(&roads) as Arc<dyn RoadTimes>));
    let (far, far_officer) = car(&house, "永康 21").await;
    let now = house.app.env.now();
    house.call(&far_officer, "POST", "/v1/units/mine/position", position(120.40, now)).await;
    let scene = incident(&house, &dispatcher, 2).await;
    let held = text(&send_to(&house, &dispatcher, &scene, json!({ "unit": far })).await.json, "/id");
    let (near, near_officer) = car(&house, "永康 22").await;
    house.call(&near_officer, "POST", "/v1/units/mine/position", position(120.255, now)).await;
    let advice = |house: House| async move {
        let board = house.call(&house.person(Role::Dispatcher), "GET", "/v1/dispatch/advice", Value::Null).await;
        (house, board.json)
    };
    let (house, board) = advice(house).await;
    assert_eq!((text(&board, "/handovers/0/from"), text(&board, "/handovers/0/to")), (held.clone(), near.clone()), "{board}");
    assert_eq!(text(&board, "/why_no_cover"), "few_incidents");
    let path = format!("/v1/incidents/{scene}/handover");
    let handed = house.call(&dispatcher, "POST", &path, json!({ "from": held, "to": near })).await;
    assert_eq!((handed.status, text(&handed.json, "/unit")), (200, near), "{}", handed.json);
    for _ in 0..30 {
        incident(&house, &dispatcher, 3).await;
    }
    let (house, board) = advice(house).await;
    assert_eq!(board.pointer("/handovers"), Some(&json!([])));
    let cells = board.pointer("/cover/cells").and_then(Value::as_array).map(Vec::len);
    assert_eq!(
        (cells, board.pointer("/cover/idle_units"), board.pointer("/why_no_cover")),
        (Some(1), Some(&json!(1)), Some(&Value::Null))
    );
    // Cover is kept for a while, and no longer than the roads are the same.
    let asked = || roads.asked.load(Ordering::Relaxed);
    let before = asked();
    let (house, _) = advice(house).await;
    let for_handovers = asked() - before;
    roads.changes.store(1, Ordering::Relaxed);
    advice(house).await;
    assert!(asked() - before > 2 * for_handovers, "a road was closed: times to the cells are asked for again");
}

#[tokio::test]
async fn a_call_for_help_is_told_to_every_screen_and_keeps_the_crew_out_of_every_choice() {
    let house = House::open(MODULES).await;
    let dispatcher = house.person(Role::Dispatcher);
    let (_, officer) = car(&house, "永康 21").await;
    let (_, colleague) = car(&house, "永康 22").await;
    let mut stream = house.app.hub.listen();
    let now = house.app.env.now();
    let help = house.call(&officer, "POST", "/v1/units/mine/panic", json!({ "position": { "lon": 120.25, "lat": 23.03 } })).await;
    assert_eq!((help.status, text(&help.json, "/kind")), (200, "sos".into()), "{}", help.json);
    let id = text(&help.json, "/id");
    house.settle().await;
    let told = std::iter::from_fn(|| stream.try_recv().ok())
        .any(|told| matches!(told.event, Event::PanicChanged { incident, .. } if incident.to_string() == id));
    assert!(told, "on the live stream");
    let listed = house.call(&colleague, "GET", "/v1/panics", Value::Null).await;
    assert_eq!(
        (text(&listed.json, "/items/0/state"), text(&listed.json, "/items/0/call_sign")),
        ("raised".into(), "永康 21".into())
    );
    let lon = listed.json.pointer("/items/0/position/lon").and_then(Value::as_f64);
    assert!(lon.is_some_and(|lon| (lon - 120.25).abs() < 1e-9), "{}", listed.json);
    assert!(listed.json.pointer("/items/0/position_at_us").and_then(Value::as_i64).is_some_and(|at| at >= now.0));
    let proposal = house.call(&dispatcher, "GET", &format!("/v1/incidents/{id}/recommendations"), Value::Null).await.json;
    let in_need =
        proposal.pointer("/items").and_then(Value::as_array).unwrap().iter().find(|item| item["unit"]["call_sign"] == "永康 21");
    assert!(in_need.unwrap()["reasons"].to_string().contains("in_panic") && in_need.unwrap()["rank"].is_null(), "{proposal}");
    let path = format!("/v1/incidents/{id}/acknowledge");
    assert_eq!(house.call(&colleague, "POST", &path, Value::Null).await.status, 403);
    assert_eq!(house.call(&dispatcher, "POST", &path, Value::Null).await.status, 200);
    let safe = house.call(&officer, "POST", "/v1/units/mine/panic/cancel", json!({ "reason": "誤觸" })).await;
    assert_eq!((safe.status, text(&safe.json, "/state")), (200, "open".into()), "a dispatcher closes it");
    let nobody = house.call(&house.person(Role::Officer), "POST", "/v1/units/mine/panic", json!({})).await;
    assert_eq!((nobody.status, text(&nobody.json, "/key")), (409, "dispatch.unit.none_joined".into()));
}

#[tokio::test]
async fn the_button_of_a_tracker_is_the_crews_call_for_help_however_often_it_is_told() {
    let house = House::open(MODULES).await;
    let (unit, _) = car(&house, "永康 21").await;
    let env = &house.app.env;
    let alarmed = || Event::TrackerAlarmed {
        tracker: env.id(TrackerId::new),
        unit: unit.parse().ok(),
        alarm: "sos".into(),
        position: Wgs84::new(120.25, 23.03).ok(),
        at_us: env.now(),
    };
    let mut tx = house.app.store.begin().await.unwrap();
    tx.emit(&alarmed()).await.unwrap();
    tx.emit(&alarmed()).await.unwrap();
    tx.commit().await.unwrap();
    house.settle().await;
    let listed = house.call(&house.person(Role::Officer), "GET", "/v1/panics", Value::Null).await.json;
    assert_eq!((text(&listed, "/items/0/state"), text(&listed, "/items/0/call_sign")), ("raised".into(), "永康 21".into()));
    let id = text(&listed, "/items/0/incident");
    let log = house.call(&house.person(Role::Dispatcher), "GET", &format!("/v1/incidents/{id}/log"), Value::Null).await.json;
    assert_eq!(log.pointer("/items").and_then(Value::as_array).map(Vec::len), Some(1), "{log}");
}

tokio::task_local! {
    static HEARING: ();
}

/// Notes whether whoever hears a tracker goes before other work whenever it asks what time it is.
#[derive(Default)]
struct Watch(Mutex<Vec<bool>>);

impl Clock for Watch {
    fn now(&self) -> Micros {
        if HEARING.try_with(|()| ()).is_ok() {
            self.0.lock().unwrap().push(shouhu_store::is_first());
        }
        SystemClock.now()
    }
}

#[tokio::test]
async fn the_button_of_a_tracker_goes_before_other_work() {
    let watch = Arc::new(Watch::default());
    let house = House::open_in(MODULES, Env { clock: watch.clone(), ..Env::real() }).await;
    let (unit, _) = car(&house, "永康 21").await;
    let (env, at_us) = (&house.app.env, house.app.env.now());
    let (tracker, position) = (env.id(TrackerId::new), Wgs84::new(120.25, 23.03).ok());
    let event = Event::TrackerAlarmed { tracker, unit: unit.parse().ok(), alarm: "sos".into(), position, at_us };
    let told = Envelope { seq: 1, id: env.id(EventId::new), at_us, event };
    let hears = crate::react::REACTIONS.iter().find(|reaction| reaction.kinds == ["tracker_alarmed"]).unwrap();
    HEARING.scope((), (hears.run)(house.app.clone(), told)).await.unwrap();
    let listed = house.call(&house.person(Role::Officer), "GET", "/v1/panics", Value::Null).await.json;
    assert_eq!(text(&listed, "/items/0/state"), "raised", "{listed}");
    let asked = watch.0.lock().unwrap();
    assert!(!asked.is_empty() && asked.iter().all(|is_first| *is_first), "{asked:?}");
}

/// Every free unit holds the place where it stands.
struct Standing;

impl ClosingRings for Standing {
    fn close(&self, question: &RingQuestion) -> Result<RingAnswer, NoRing> {
        if question.seen.lon < 120.0 {
            return Err(NoRing::OffTheMap);
        }
        let order = |unit: &shouhu_module::ports::RingUnit| RingOrder {
            unit: unit.unit,
            at: unit.at,
            street: "中正路 / 民權路".into(),
            drive_s: 0.0,
            suspect_s: question.ago_s,
            slack_s: question.ago_s - question.setup_s,
            is_kept: false,
            is_map_exit: false,
        };
        let reason = |is_busy: bool| RingReason {
            key: if is_busy { "ring.busy" } else { "ring.in_time" },
            params: [("slack_s", 1.0)].into(),
        };
        Ok(RingAnswer {
            outcome: RingOutcome::Closed,
            horizon_s: question.horizon_s,
            units_short: 0,
            is_proven: true,
            closed_after_s: Some(0.0),
            radius_s: Some(question.horizon_s),
            orders: question.units.iter().filter(|unit| !unit.is_busy).map(order).collect(),
            leaks: Vec::new(),
            escape: Vec::new(),
            escape_leaves_map: false,
            verdicts: question.units.iter().map(|unit| (unit.unit, vec![reason(unit.is_busy)])).collect(),
        })
    }
}

#[tokio::test]
async fn a_ring_is_asked_for_an_incident_with_fresh_units_and_sends_nobody() {
    let house = House::open(MODULES).await;
    let dispatcher = house.person(Role::Dispatcher);
    let id = text(&house.call(&dispatcher, "POST", "/v1/incidents", call()).await.json, "/id");
    let path = format!("/v1/incidents/{id}/ring");
    let now = || house.app.env.now();
    let ask = |seen: Micros| json!({ "seen_at_us": seen.0 });
    let key = |answer: &shouhu_http::testing::Answer| text(&answer.json, "/key");
    assert_eq!(key(&house.call(&dispatcher, "POST", &path, ask(now())).await), "dispatch.ring.no_units");
    let (near, crew) = car(&house, "永康 21").await;
    let (_, other) = car(&house, "永康 22").await;
    for (officer, lon) in [(&crew, 120.26), (&other, 120.24)] {
        assert_eq!(house.call(officer, "POST", "/v1/units/mine/position", position(lon, now())).await.status, 200);
    }
    assert_eq!(key(&house.call(&dispatcher, "POST", &path, ask(now())).await), "dispatch.ring.no_map");
    house.app.put(ClosingRingsPort(Arc::new(Standing)));
    let plan = house.call(&dispatcher, "POST", &path, ask(now().plus(-Micros::MINUTE))).await.json;
    assert_eq!((text(&plan, "/outcome"), text(&plan, "/orders/0/call_sign")), ("closed".into(), "永康 21".into()), "{plan}");
    assert_eq!(plan.pointer("/radius_s"), Some(&json!(900.0)));
    assert_eq!(text(&plan, "/verdicts/1/reasons/0/key"), "ring.in_time");
    assert_eq!(
        house.call(&dispatcher, "GET", &format!("/v1/incidents/{id}"), Value::Null).await.json.pointer("/assignments"),
        Some(&json!([]))
    );

    let sent = house.call(&dispatcher, "POST", &format!("/v1/incidents/{id}/assignments"), json!({ "unit": near })).await;
    assert_eq!(sent.status, 200, "{}", sent.json);
    let again = house.call(&dispatcher, "POST", &path, ask(now())).await.json;
    assert_eq!(
        (again.pointer("/orders/0/is_sent"), again.pointer("/orders/1/is_sent")),
        (Some(&json!(true)), Some(&json!(false)))
    );
    let elsewhere = text(&house.call(&dispatcher, "POST", "/v1/incidents", call()).await.json, "/id");
    let busy = house.call(&dispatcher, "POST", &format!("/v1/incidents/{elsewhere}/ring"), ask(now())).await.json;
    assert_eq!(text(&busy, "/verdicts/0/reasons/0/key"), "ring.busy", "sent to another incident");

    let refusals = [
        (json!({ "seen_at_us": now().plus(Micros::HOUR).0 }), "dispatch.ring.time"),
        (json!({ "seen_at_us": now().plus(-2 * Micros::HOUR).0 }), "dispatch.ring.time"),
        (json!({ "seen_at_us": now().0, "horizon_s": 5.0 }), "dispatch.ring.limits"),
        (json!({ "seen_at_us": now().0, "setup_s": -1.0 }), "dispatch.ring.limits"),
        (json!({ "seen_at_us": now().0, "position": { "lon": 119.0, "lat": 22.0 } }), "dispatch.ring.off_the_map"),
    ];
    for (body, expected) in refusals {
        assert_eq!(key(&house.call(&dispatcher, "POST", &path, body).await), expected);
    }
    let placeless = json!({ "origin": "call", "priority": 2, "kind": "fight", "summary": "打架" });
    let placeless = text(&house.call(&dispatcher, "POST", "/v1/incidents", placeless).await.json, "/id");
    let refused = house.call(&dispatcher, "POST", &format!("/v1/incidents/{placeless}/ring"), ask(now())).await;
    assert_eq!(key(&refused), "dispatch.ring.no_position");
    assert_eq!(house.call(&crew, "POST", &path, ask(now())).await.status, 403);
}

#[tokio::test]
async fn the_time_from_frame_to_hit_is_measured_once_even_when_the_fact_is_told_twice() {
    let house = House::open(MODULES).await;
    let env = house.app.env.clone();
    let (sighting, hit) = (env.id(SightingId::new), env.id(HitId::new));
    let fact = json!({
        "id": sighting, "device": env.id(DeviceId::new), "camera": null, "place_name": "中正路",
        "plate": Plate::parse("ABC-1234").unwrap(), "confidence": 0.9, "alternatives": [], "captured_at_us": env.now().plus(-250_000),
        "clock_corrected_us": 0, "position": null, "has_crop": true, "has_frame": false, "local_hits": []
    });
    let fact: SightingFact = serde_json::from_value(fact).unwrap();
    let raised = Event::HitRaised { hit, sighting, entry: env.id(EntryId::new), position: None };
    for event in [Event::SightingsRecorded { sightings: vec![fact] }, raised.clone(), raised] {
        let mut tx = house.app.store.begin().await.unwrap();
        tx.emit(&event).await.unwrap();
        tx.commit().await.unwrap();
        house.settle().await;
    }
    let kpis = house.call(&house.person(Role::Dispatcher), "GET", "/v1/dispatch/kpis", Value::Null).await.json;
    assert_eq!(kpis.pointer("/read_to_hit_ms/n"), Some(&json!(1)), "{kpis}");
    assert!(kpis.pointer("/read_to_hit_ms/p50").and_then(Value::as_f64).unwrap() >= 250.0, "{kpis}");
}

#[tokio::test]
async fn a_unit_that_does_not_exist_cannot_be_joined_or_sent() {
    let house = House::open(MODULES).await;
    let ghost = house.app.env.id(UnitId::new);
    let joined = house.call(&house.person(Role::Officer), "POST", "/v1/units/mine/join", json!({ "unit": ghost })).await;
    assert_eq!((joined.status, text(&joined.json, "/key")), (422, "dispatch.join.unknown_unit".into()));
    let dispatcher = house.person(Role::Dispatcher);
    let id = text(&house.call(&dispatcher, "POST", "/v1/incidents", call()).await.json, "/id");
    let sent = house.call(&dispatcher, "POST", &format!("/v1/incidents/{id}/assignments"), json!({ "unit": ghost })).await;
    assert_eq!((sent.status, text(&sent.json, "/key")), (422, "dispatch.assign.unknown_unit".into()));
}

#[tokio::test]
async fn what_a_crew_opens_is_no_citizen_s_call() {
    let house = House::open(MODULES).await;
    let (_, officer) = car(&house, "永康 31").await;
    let found = house.call(&officer, "POST", "/v1/incidents", call()).await;
    assert_eq!((found.status, text(&found.json, "/origin")), (200, "officer".into()), "{}", found.json);
    let told = house.call(&house.person(Role::Dispatcher), "POST", "/v1/incidents", call()).await;
    assert_eq!((told.status, text(&told.json, "/origin")), (200, "call".into()), "{}", told.json);
}

#[tokio::test]
async fn every_role_gets_through_exactly_its_doors() {
    let house = House::open(MODULES).await;
    let doors = [
        ("GET", "/v1/incidents", vec![Role::Dispatcher, Role::Supervisor]),
        ("GET", "/v1/units", vec![Role::Officer, Role::Dispatcher, Role::Supervisor]),
        ("GET", "/v1/incident-kinds", Role::ALL.to_vec()),
        ("GET", "/v1/assignments/mine", vec![Role::Officer]),
        ("GET", "/v1/dispatch/kpis", vec![Role::Dispatcher, Role::Supervisor]),
        ("POST", "/v1/units", vec![Role::Supervisor, Role::Operator]),
        ("POST", "/v1/incidents", vec![Role::Officer, Role::Dispatcher, Role::Supervisor]),
        ("POST", "/v1/units/mine/position", vec![Role::Officer]),
    ];
    for (method, path, roles) in doors {
        for role in Role::ALL {
            let body = if method == "GET" { Value::Null } else { json!({}) };
            let answer = house.call(&house.person(role), method, path, body).await;
            assert_eq!(answer.status != 403, roles.contains(&role), "{method} {path} as {}: {}", role.as_str(), answer.status);
        }
    }
}
