//! Claims about the routes: who gets in, what a phone may send, what is believed, and who may ask where a crew was.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shouhu_http::testing::{Answer, House};
use shouhu_ids::Micros;
use shouhu_module::{Caller, Module};
use shouhu_trackers::time::to_iso;
use shouhu_wire::Role;

use crate::{MODULE, room};

static MODULES: &[Module] = &[shouhu_identity::MODULE, shouhu_dispatch::MODULE, MODULE];

struct City {
    house: House,
    chief: Caller,
    dispatcher: Caller,
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value}")).to_owned()
}

fn key(answer: &Answer) -> String {
    text(&answer.json, "/key")
}

impl City {
    async fn new() -> Self {
        let house = House::open(MODULES).await;
        Self { chief: house.person(Role::Supervisor), dispatcher: house.person(Role::Dispatcher), house }
    }

    fn now(&self) -> Micros {
        self.house.app.env.now()
    }

    async fn ok(&self, by: &Caller, method: &str, path: &str, body: Value) -> Value {
        let answer = self.house.call(by, method, path, body).await;
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.json);
        answer.json
    }

    /// A unit, on duty.
    async fn unit(&self, call_sign: &str) -> String {
        let made = self.ok(&self.chief, "POST", "/v1/units", json!({ "call_sign": call_sign, "kind": "car" })).await;
        let mut tx = self.house.app.store.begin().await.unwrap();
        tx.execute("UPDATE dispatch_unit SET state = 'available'", vec![]).await.unwrap();
        tx.commit().await.unwrap();
        room::of(&self.house.app).ask_duty(&self.house.app).await;
        text(&made, "/id")
    }

    /// Id and secret of a new tracker.
    async fn tracker(&self, body: Value) -> (String, String) {
        let made = self.ok(&self.chief, "POST", "/v1/positions/trackers", body).await;
        (text(&made, "/tracker/id"), made.get("secret").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    async fn send(&self, path: &str, secret: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {secret}");
        self.house.call_with(&Caller::Nobody, "POST", path, &[("authorization", &bearer)], body.as_bytes().to_vec()).await
    }

    /// One OsmAnd fix that was measured so many seconds ago.
    async fn fix(&self, secret: &str, lon: f64, lat: f64, ago_s: i64) -> Answer {
        let at = self.now().plus(-ago_s * Micros::SECOND).0 / 1_000;
        let path = format!("/v1/positions/osmand?id=p&lat={lat}&lon={lon}&timestamp={at}&accuracy=6&speed=10&bearing=90&batt=71");
        let bearer = format!("Bearer {secret}");
        self.house.call_with(&Caller::Nobody, "GET", &path, &[("authorization", &bearer)], vec![]).await
    }

    async fn shown(&self, id: &str) -> Value {
        let all = self.ok(&self.chief, "GET", "/v1/positions/trackers", Value::Null).await;
        all.pointer("/items").unwrap().as_array().unwrap().iter().find(|tracker| text(tracker, "/id") == id).unwrap().clone()
    }

    async fn track(&self, by: &Caller, unit: &str, extra: &str, headers: &[(&str, &str)]) -> Answer {
        let (from, until) = (self.now().plus(-Micros::HOUR).0, self.now().plus(Micros::MINUTE).0);
        let path = format!("/v1/positions/units/{unit}/track{extra}?from_us={from}&until_us={until}&tolerance_m=0");
        self.house.call_with(by, "GET", &path, headers, vec![]).await
    }
}

const WHY: &[(&str, &str)] = &[("shouhu-purpose", "investigation"), ("shouhu-case", "115-1121-0001")];

#[tokio::test]
async fn a_phone_that_was_set_up_is_on_the_map_with_age_accuracy_and_source() {
    let city = City::new().await;
    let unit = city.unit("永康 21").await;
    let (id, secret) = city.tracker(json!({ "name": "值班手機", "protocol": "osmand", "unit": unit })).await;
    assert_eq!(text(&city.shown(&id).await, "/state"), "never_seen");
    let report = city.fix(&secret, 120.25, 23.03, 40).await;
    assert_eq!((report.status, report.json.get("taken")), (200, Some(&1.into())), "{}", report.json);
    let units = city.ok(&city.dispatcher, "GET", "/v1/positions/units", Value::Null).await;
    let shown = units.pointer("/items/0").unwrap();
    assert_eq!((text(shown, "/call_sign"), text(shown, "/age")), ("永康 21".into(), "ageing".into()));
    assert_eq!((shown.get("accuracy_m"), text(shown, "/source/name")), (Some(&6.0.into()), "值班手機".into()));
    assert_eq!(city.fix(&secret, 120.2501, 23.03, 1).await.json.get("taken"), Some(&1.into()));
    let units = city.ok(&city.dispatcher, "GET", "/v1/positions/units", Value::Null).await;
    assert_eq!(text(&units, "/items/0/age"), "fresh");
    assert_eq!(city.fix(&secret, 120.25, 23.03, 30).await.json.get("older"), Some(&1.into()));
    let tracker = city.shown(&id).await;
    assert_eq!(
        (text(&tracker, "/state"), tracker.get("taken"), tracker.get("battery")),
        ("online".into(), Some(&3.into()), Some(&71.into()))
    );
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_its_reason_and_the_rest_is_kept() {
    let city = City::new().await;
    let unit = city.unit("永康 21").await;
    let (id, secret) = city.tracker(json!({ "name": "phone", "protocol": "osmand", "unit": unit })).await;
    let refused = |answer: Answer| {
        assert_eq!(answer.status, 200, "sending it again would not help: {}", answer.json);
        text(&answer.json, "/refused/0/key")
    };
    assert_eq!(refused(city.fix(&secret, 0.0, 0.0, 0).await), "positions.record.outside");
    assert_eq!(refused(city.fix(&secret, 23.03, 89.0, 0).await), "positions.record.outside");
    assert_eq!(refused(city.fix(&secret, 120.25, 23.03, -7_200).await), "positions.record.from_the_future");
    assert_eq!(refused(city.fix(&secret, 120.25, 23.03, 8 * 86_400).await), "positions.record.too_old");
    assert_eq!(text(&city.shown(&id).await, "/state"), "error");
    assert_eq!(city.fix(&secret, 120.25, 23.03, 10).await.json.get("taken"), Some(&1.into()));
    assert_eq!(refused(city.fix(&secret, 120.25, 25.73, 5).await), "dispatch.position.jump");
    assert_eq!(city.fix(&secret, 120.2501, 23.03, 1).await.json.get("taken"), Some(&1.into()));
    let shown = city.shown(&id).await;
    assert_eq!(
        shown.get("refused_7d"),
        Some(
            &json!({ "dispatch.position.jump": 1, "positions.record.from_the_future": 1, "positions.record.outside": 2, "positions.record.too_old": 1 })
        )
    );
    assert!(text(&shown, "/last_error/detail").contains("km/h"), "{shown}");
    assert_eq!(shown.get("taken"), Some(&2.into()));
}

#[tokio::test]
async fn a_secret_may_stand_wherever_an_app_can_put_it_and_nowhere_is_it_shown_again() {
    let city = City::new().await;
    let unit = city.unit("永康 21").await;
    let (id, secret) = city.tracker(json!({ "name": "phone", "protocol": "osmand", "unit": unit })).await;
    let place = "lat=23.03&lon=120.25";
    let basic = format!("Basic {}", STANDARD.encode(format!("anybody:{secret}")));
    let gets: [(String, Vec<(&str, &str)>); 4] = [
        (format!("id=p&{place}&secret={secret}"), vec![]),
        (format!("id={secret}&{place}"), vec![]),
        (format!("deviceid={}&{place}", secret.to_uppercase()), vec![]),
        (format!("id=p&{place}"), vec![("authorization", basic.as_str())]),
    ];
    for (query, headers) in gets {
        let answer =
            city.house.call_with(&Caller::Nobody, "GET", &format!("/v1/positions/osmand?{query}"), &headers, vec![]).await;
        assert_eq!(answer.status, 200, "{}", answer.json);
        assert!(!answer.json.to_string().contains(&secret));
    }
    let client = json!({ "device_id": secret, "location": { "timestamp": to_iso(city.now()), "coords": { "latitude": 91, "longitude": 120.25 } } });
    let answer =
        city.house.call_with(&Caller::Nobody, "POST", "/v1/positions/osmand", &[], client.to_string().into_bytes()).await;
    assert_eq!(text(&answer.json, "/refused/0/key"), "positions.record.unreadable");
    let form = format!("id={secret}&{place}").into_bytes();
    assert_eq!(city.house.call_with(&Caller::Nobody, "POST", "/v1/positions/osmand", &[], form).await.status, 200);
    city.ok(&city.chief, "POST", &format!("/v1/positions/trackers/{id}/rename"), json!({ "name": "新手機" })).await;
    let leaves = city.house.app.audit.page(None, 100).await.unwrap();
    assert!(leaves.iter().any(|leaf| leaf.entry.object.contains("新手機")));
    let everything = format!("{leaves:?}{}", city.ok(&city.chief, "GET", "/v1/positions/trackers", Value::Null).await);
    assert!(!everything.contains(&secret), "a secret is in a leaf or a list");
    let kept = city.house.app.store.fetch_one("SELECT secret_hash FROM positions_tracker", vec![]).await.unwrap();
    assert_ne!(kept.text("secret_hash").unwrap(), secret);
}

#[tokio::test]
async fn strangers_are_refused_and_then_only_counted() {
    let city = City::new().await;
    let unit = city.unit("永康 21").await;
    let (id, secret) = city.tracker(json!({ "name": "phone", "protocol": "osmand", "unit": unit })).await;
    assert_eq!(key(&city.fix("wrong", 120.25, 23.03, 0).await), "positions.tracker.secret");
    assert_eq!(key(&city.send("/v1/positions/traccar", "", "{}").await), "positions.tracker.secret");
    assert_eq!(key(&city.send("/v1/positions/traccar", &secret, "{}").await), "positions.tracker.protocol");
    // Two minutes may share them; one of the two has more than sixty then.
    let mut keys = std::collections::BTreeSet::new();
    for _ in 0..125 {
        keys.insert(key(&city.fix("wrong", 120.25, 23.03, 0).await));
    }
    assert!(keys.contains("positions.tracker.too_many_guesses"), "{keys:?}");
    assert_eq!(city.fix(&secret, 120.25, 23.03, 0).await.status, 200, "others behind the same address go on");
    city.ok(&city.chief, "POST", &format!("/v1/positions/trackers/{id}/revoke"), json!({})).await;
    assert!(matches!(city.fix(&secret, 120.25, 23.03, 0).await.status, 401 | 429), "a lost phone is out at once");
    assert_eq!(text(&city.shown(&id).await, "/state"), "revoked");
    let again =
        city.house.call(&city.chief, "POST", &format!("/v1/positions/trackers/{id}/rename"), json!({ "name": "x" })).await;
    assert_eq!(key(&again), "positions.tracker.is_revoked");
}

#[tokio::test]
async fn a_traccar_server_speaks_for_its_devices_and_a_cry_is_an_alarm_with_or_without_a_fix() {
    let city = City::new().await;
    let unit = city.unit("永康 21").await;
    let (gateway, secret) = city.tracker(json!({ "name": "Traccar", "protocol": "traccar", "is_gateway": true })).await;
    let device = json!({ "name": "車機", "protocol": "traccar", "gateway": gateway, "device": "8600", "unit": unit });
    let (id, none) = city.tracker(device.clone()).await;
    assert_eq!(none, "", "what is behind a gateway has no secret");
    let twice = city.house.call(&city.chief, "POST", "/v1/positions/trackers", device).await;
    assert_eq!(key(&twice), "positions.tracker.device_taken");
    let forwarded = |device: &str, is_valid: bool, attributes: Value| {
        json!({ "device": { "uniqueId": device }, "position": { "fixTime": to_iso(city.now()), "valid": is_valid, "latitude": 23.03,
            "longitude": 120.25, "speed": 12.0, "course": 10.0, "accuracy": 0.0, "attributes": attributes } })
    };
    let both = json!([forwarded("8600", true, json!({})), forwarded("9999", true, json!({}))]);
    let report = city.send("/v1/positions/traccar", &secret, &both.to_string()).await;
    assert_eq!(
        (report.json.get("taken"), text(&report.json, "/refused/0/key")),
        (Some(&1.into()), "positions.record.unknown_device".into())
    );
    assert_eq!(city.shown(&gateway).await.pointer("/refused_7d/positions.record.unknown_device"), Some(&1.into()));
    let mut live = city.house.app.hub.listen();
    let cry = forwarded("8600", false, json!({ "alarm": "sos" })).to_string();
    let report = city.send("/v1/positions/traccar", &secret, &cry).await;
    assert_eq!(
        (report.json.get("alarms"), text(&report.json, "/refused/0/key")),
        (Some(&1.into()), "positions.record.no_fix".into())
    );
    let again = city.send("/v1/positions/traccar", &secret, &cry).await;
    assert_eq!(again.json.get("alarms"), Some(&0.into()), "a button that is held is one alarm");
    let waiting = city.house.app.store.unpublished(10).await.unwrap();
    assert_eq!(
        waiting.iter().filter(|fact| fact.event.kind() == "tracker_alarmed").count(),
        1,
        "it is on disk before the answer"
    );
    city.house.settle().await;
    let mut kinds = Vec::new();
    while let Ok(envelope) = live.try_recv() {
        kinds.push(envelope.event.kind());
    }
    assert!(kinds.contains(&"tracker_alarmed"), "{kinds:?}");
    assert_eq!(text(&city.shown(&id).await, "/unit"), unit);
}

#[tokio::test]
async fn owntracks_and_tak_phones_are_taken_and_units_are_given_as_cursor_on_target() {
    let city = City::new().await;
    let (car, foot) = (city.unit("永康 21").await, city.unit("永康 巡 3").await);
    let (own, own_secret) =
        city.tracker(json!({ "name": "own", "protocol": "owntracks", "device": "jane/phone", "unit": car })).await;
    let seconds = city.now().0 / Micros::SECOND;
    let location =
        json!({ "_type": "location", "lat": 23.03, "lon": 120.25, "tst": seconds, "acc": 5, "topic": "owntracks/jane/phone" });
    let answer = city.send("/v1/positions/owntracks", &own_secret, &location.to_string()).await;
    assert_eq!((answer.status, answer.json), (200, json!([])));
    city.send("/v1/positions/owntracks", &own_secret, r#"{"_type":"encrypted","data":"x","topic":"owntracks/jane/phone"}"#).await;
    let shown = city.shown(&own).await;
    assert_eq!((text(&shown, "/state"), text(&shown, "/last_error/key")), ("error".into(), "positions.record.encrypted".into()));
    let (_, tak) = city.tracker(json!({ "name": "tak", "protocol": "cot", "unit": foot })).await;
    let event = format!(
        r#"<event version="2.0" uid="ANDROID-1" type="a-f-G-U-C" time="{0}" start="{0}" stale="{0}"><point lat="23.04" lon="120.26" hae="1" ce="7" le="9"/></event>"#,
        to_iso(city.now())
    );
    assert_eq!(city.send("/v1/positions/cot", &tak, &event).await.json.get("taken"), Some(&1.into()));
    assert_eq!(key(&city.send("/v1/positions/cot", &tak, "<!DOCTYPE x>").await), "positions.message.unreadable");
    let out = city.house.call(&city.dispatcher, "GET", "/v1/positions/cot", Value::Null).await;
    let read = shouhu_trackers::cot::read(&out.bytes).unwrap();
    assert_eq!(read.len(), 2);
    let lons: Vec<f64> = read.into_iter().map(|record| record.fix.unwrap().position.lon).collect();
    assert!(lons.contains(&120.25) && lons.contains(&120.26), "{lons:?}");
    assert!(String::from_utf8(out.bytes).unwrap().contains("callsign=\"永康 21\""));
}

#[tokio::test]
async fn a_track_is_read_with_a_purpose_and_a_case_by_few_and_leaves_a_leaf() {
    let city = City::new().await;
    let unit = city.unit("永康 21").await;
    let (_, secret) = city.tracker(json!({ "name": "phone", "protocol": "osmand", "unit": unit })).await;
    for (ago_s, lon) in [(600, 120.25), (590, 120.2501), (20, 120.26), (10, 120.2601)] {
        assert_eq!(city.fix(&secret, lon, 23.03, ago_s).await.json.get("taken"), Some(&1.into()));
    }
    assert_eq!(city.track(&city.dispatcher, &unit, "", WHY).await.status, 403);
    assert_eq!(key(&city.track(&city.chief, &unit, "", &[]).await), "oversight.purpose_required");
    assert_eq!(key(&city.track(&city.chief, &unit, "", &[("shouhu-purpose", "patrol")]).await), "oversight.case_required");
    let nobody = "01890000-0000-7000-8000-000000000000";
    assert_eq!(key(&city.track(&city.chief, nobody, "", WHY).await), "positions.track.unknown_unit");
    let track = city.track(&city.chief, &unit, "", WHY).await;
    let parts: Vec<String> =
        track.json.pointer("/features").unwrap().as_array().unwrap().iter().map(|f| text(f, "/properties/part")).collect();
    assert_eq!(parts, ["track", "gap", "track"], "{}", track.json);
    assert_eq!(track.json.get("fixes"), Some(&4.into()));
    assert_eq!(track.json.pointer("/features/0/properties/accuracy_m/0"), Some(&6.0.into()));
    let gpx = city.track(&city.chief, &unit, ".gpx", WHY).await;
    assert_eq!(String::from_utf8(gpx.bytes).unwrap().matches("<trkpt").count(), 4);
    let leaf = city.house.app.audit.page(None, 1).await.unwrap().remove(0).entry;
    assert_eq!((leaf.class.as_str(), leaf.purpose.as_deref()), ("personal_read", Some("investigation")));
    assert!(leaf.object.starts_with("track of 永康 21") && leaf.object.ends_with("4 fixes"), "{}", leaf.object);
    let wide = format!("/v1/positions/units/{unit}/track?from_us=0&until_us={}", 25 * Micros::HOUR);
    assert_eq!(key(&city.house.call_with(&city.chief, "GET", &wide, WHY, vec![]).await), "positions.track.window");
}

#[tokio::test]
async fn the_crews_own_app_leaves_its_track_too_and_nobody_does_off_duty() {
    let city = City::new().await;
    let unit = city.unit("永康 21").await;
    let Caller::Person(mut officer) = city.house.person(Role::Officer) else { panic!("a person") };
    officer.unit = Some(unit.parse().unwrap());
    let crew = Caller::Person(officer);
    let report =
        |lon: f64| json!({ "position": { "lon": lon, "lat": 23.03 }, "measured_at_us": city.now().0, "accuracy_m": 4.0 });
    city.ok(&crew, "POST", "/v1/units/mine/position", report(120.25)).await;
    let units = city.ok(&city.dispatcher, "GET", "/v1/positions/units", Value::Null).await;
    assert_eq!(text(&units, "/items/0/source/kind"), "app");
    assert_eq!(city.track(&city.chief, &unit, "", WHY).await.json.get("fixes"), Some(&1.into()));
    city.ok(&crew, "POST", "/v1/units/mine/state", json!({ "state": "off_duty" })).await;
    room::of(&city.house.app).ask_duty(&city.house.app).await;
    city.ok(&crew, "POST", "/v1/units/mine/position", report(120.2501)).await;
    let (_, secret) = city.tracker(json!({ "name": "phone", "protocol": "osmand", "unit": unit })).await;
    city.fix(&secret, 120.2501, 23.03, 0).await;
    assert_eq!(
        city.track(&city.chief, &unit, "", WHY).await.json.get("fixes"),
        Some(&1.into()),
        "where a crew is that went home is not kept"
    );
}

/// As on a disk that refuses: the log of tracks is not there to be written to.
async fn take_log_away(city: &City, is_away: bool) {
    let (from, to) = if is_away { ("positions_log", "positions_log_away") } else { ("positions_log_away", "positions_log") };
    let mut tx = city.house.app.store.begin().await.unwrap();
    tx.execute(&format!("ALTER TABLE {from} RENAME TO {to}"), vec![]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn until_writing_fails(city: &City, is_failing: bool) {
    let room = room::of(&city.house.app);
    let reached = async {
        while room.keeper.is_failing() != is_failing {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), reached).await.unwrap();
}

#[tokio::test]
async fn while_nothing_can_be_written_a_fix_is_on_the_map_and_nobody_is_told_that_it_is_kept() {
    let city = City::new().await;
    let unit = city.unit("永康 21").await;
    let (id, secret) = city.tracker(json!({ "name": "phone", "protocol": "osmand", "unit": unit })).await;
    let Caller::Person(mut officer) = city.house.person(Role::Officer) else { panic!("a person") };
    officer.unit = Some(unit.parse().unwrap());
    let crew = Caller::Person(officer);
    take_log_away(&city, true).await;
    assert_eq!(city.fix(&secret, 120.25, 23.03, 3).await.status, 200, "within its first second nobody knows");
    until_writing_fails(&city, true).await;

    let refused = city.fix(&secret, 120.2501, 23.03, 2).await;
    assert_eq!((refused.status, key(&refused)), (503, "positions.message.not_written".into()), "{}", refused.json);
    assert_eq!(city.shown(&id).await.get("taken"), Some(&1.into()), "its page counts what was taken");
    let report = json!({ "position": { "lon": 120.2502, "lat": 23.03 }, "measured_at_us": city.now().0, "accuracy_m": 4.0 });
    let refused = city.house.call(&crew, "POST", "/v1/units/mine/position", report).await;
    assert_eq!((refused.status, key(&refused)), (503, "dispatch.position.not_written".into()), "{}", refused.json);
    let units = city.ok(&city.dispatcher, "GET", "/v1/positions/units", Value::Null).await;
    assert_eq!(units.pointer("/items/0/position/lon"), Some(&120.2502.into()), "who sends help sees where they are: {units}");
    let room = room::of(&city.house.app);
    assert_eq!(room.keeper.flush().await, Err(crate::keeper::NotKept::Unwritten), "nobody waits for a disk that refuses");

    take_log_away(&city, false).await;
    until_writing_fails(&city, false).await;
    assert_eq!(city.fix(&secret, 120.2503, 23.03, 0).await.status, 200);
    let track = city.track(&city.chief, &unit, "", WHY).await;
    assert_eq!(track.json.get("fixes"), Some(&4.into()), "what was refused meanwhile is written, too: {}", track.json);
}

#[tokio::test]
async fn each_role_does_its_part_only_and_names_are_checked() {
    let city = City::new().await;
    let unit = city.unit("永康 21").await;
    for role in [Role::Officer, Role::Dispatcher, Role::Auditor] {
        let who = city.house.person(role);
        let made = city.house.call(&who, "POST", "/v1/positions/trackers", json!({ "name": "x", "protocol": "osmand" })).await;
        assert_eq!(made.status, 403, "{role:?}");
    }
    let refusals = [
        (json!({ "name": " ", "protocol": "osmand" }), "positions.tracker.name"),
        (
            json!({ "name": "x", "protocol": "osmand", "unit": "01890000-0000-7000-8000-000000000000" }),
            "positions.tracker.unknown_unit",
        ),
        (json!({ "name": "x", "protocol": "osmand", "is_gateway": true }), "positions.tracker.gateway_unit"),
        (json!({ "name": "x", "protocol": "traccar", "is_gateway": true, "unit": unit }), "positions.tracker.gateway_unit"),
        (
            json!({ "name": "x", "protocol": "traccar", "gateway": "01890000-0000-7000-8000-000000000000", "device": "1" }),
            "positions.tracker.gateway",
        ),
        (
            json!({ "name": "x", "protocol": "traccar", "gateway": "01890000-0000-7000-8000-000000000000" }),
            "positions.tracker.device",
        ),
    ];
    for (body, expected) in refusals {
        assert_eq!(key(&city.house.call(&city.chief, "POST", "/v1/positions/trackers", body).await), expected);
    }
    let (id, secret) = city.tracker(json!({ "name": "spare", "protocol": "osmand" })).await;
    let loose = city.fix(&secret, 120.25, 23.03, 0).await;
    assert_eq!(text(&loose.json, "/refused/0/key"), "positions.record.no_unit");
    city.ok(&city.chief, "POST", &format!("/v1/positions/trackers/{id}/mount"), json!({ "unit": unit })).await;
    assert_eq!(city.fix(&secret, 120.25, 23.03, 0).await.json.get("taken"), Some(&1.into()));
}

/// A packet of MQTT: its first byte, and its body behind a length of one byte.
fn packet(first: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&[first, u8::try_from(body.len()).unwrap()], body.as_slice()].concat()
}

fn mqtt_text(text: &str) -> Vec<u8> {
    [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat()
}

/// CONNECT of MQTT 3.1.1 with a name and a password.
fn mqtt_hello(password: &str) -> Vec<u8> {
    mqtt_hello_of("phone", password)
}

fn mqtt_hello_of(client: &str, password: &str) -> Vec<u8> {
    let head: &[u8] = &[0, 4, b'M', b'Q', b'T', b'T', 4, 0b1100_0010, 0, 60];
    packet(0x10, &[head, &mqtt_text(client), &mqtt_text("jane"), &mqtt_text(password)])
}

async fn heard(client: &mut tokio::net::TcpStream, count: usize) -> Vec<u8> {
    use tokio::io::AsyncReadExt as _;
    let mut bytes = vec![0; count];
    client.read_exact(&mut bytes).await.unwrap();
    bytes
}

#[tokio::test]
async fn a_device_that_speaks_mqtt_is_on_the_map_and_each_refusal_is_counted() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let city = City::new().await;
    let unit = city.unit("永康 21").await;
    let (id, secret) = city.tracker(json!({ "name": "值班手機", "protocol": "owntracks", "unit": unit, "device": "jane/phone" })).await;
    let door = crate::mqtt::MqttDoor { listen: ([127, 0, 0, 1], 0).into(), allow: vec!["127.0.0.0/8".parse().unwrap()] };
    let at = crate::mqtt::serve(city.house.app.clone(), door).await.unwrap();
    let connect = || async { tokio::net::TcpStream::connect(at).await.unwrap() };

    let mut stranger = connect().await;
    stranger.write_all(&mqtt_hello("madeup")).await.unwrap();
    assert_eq!(heard(&mut stranger, 4).await, [0x20, 2, 0, 4]);
    assert_eq!(stranger.read(&mut [0; 1]).await.unwrap(), 0, "and it is hung up on");

    let mut phone = connect().await;
    // Two packets in one piece, and one in three.
    let subscribe = packet(0x82, &[&[0, 9], &mqtt_text("owntracks/+/+/cmd"), &[1]]);
    phone.write_all(&[mqtt_hello(&secret), subscribe].concat()).await.unwrap();
    assert_eq!(heard(&mut phone, 4 + 5).await, [0x20, 2, 0, 0, 0x90, 3, 0, 9, 0]);
    let location = |device: &str, lat: f64| {
        let body = format!(r#"{{"_type":"location","lat":{lat},"lon":120.25,"tst":{},"acc":7}}"#, city.now().0 / Micros::SECOND);
        packet(0x32, &[&mqtt_text(&format!("owntracks/jane/{device}")), &[0, 5], body.as_bytes()])
    };
    for part in location("phone", 23.03).chunks(40) {
        phone.write_all(part).await.unwrap();
    }
    assert_eq!(heard(&mut phone, 4).await, [0x40, 2, 0, 5]);
    let units = city.ok(&city.dispatcher, "GET", "/v1/positions/units", Value::Null).await;
    assert_eq!(units.pointer("/items/0/accuracy_m"), Some(&7.0.into()), "{units}");

    for wrong in [location("other", 23.03), location("phone", 0.0), packet(0x32, &[&mqtt_text("owntracks/jane/phone"), &[0, 5], b"rubbish"])] {
        phone.write_all(&wrong).await.unwrap();
        assert_eq!(heard(&mut phone, 4).await, [0x40, 2, 0, 5], "sending it again would not make it better");
    }
    phone.write_all(&[0xc0, 0]).await.unwrap();
    assert_eq!(heard(&mut phone, 2).await, [0xd0, 0]);
    phone.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(phone.read(&mut [0; 1]).await.unwrap(), 0, "rubbish ends the connection");
    let shown = city.shown(&id).await;
    let refused = shown.get("refused_7d").unwrap();
    assert_eq!(refused.pointer("/positions.message.unreadable"), Some(&2.into()), "{refused}");
    assert_eq!(refused.as_object().unwrap().values().filter_map(Value::as_i64).sum::<i64>(), 4, "{refused}");

    let mut left_behind = connect().await;
    left_behind.write_all(&mqtt_hello(&secret)).await.unwrap();
    assert_eq!(heard(&mut left_behind, 4).await, [0x20, 2, 0, 0]);
    let mut phone = connect().await;
    phone.write_all(&mqtt_hello(&secret)).await.unwrap();
    assert_eq!(heard(&mut phone, 4).await, [0x20, 2, 0, 0]);
    assert_eq!(left_behind.read(&mut [0; 1]).await.unwrap(), 0, "it came again, and is here once");
    phone.write_all(&[0xc0, 0]).await.unwrap();
    assert_eq!(heard(&mut phone, 2).await, [0xd0, 0]);
    let mut tablet = connect().await;
    tablet.write_all(&mqtt_hello_of("tablet", &secret)).await.unwrap();
    assert_eq!(heard(&mut tablet, 4).await, [0x20, 2, 0, 0]);
    city.ok(&city.chief, "POST", &format!("/v1/positions/trackers/{id}/revoke"), json!({})).await;
    tablet.write_all(&[0xc0, 0]).await.unwrap();
    assert_eq!(tablet.read(&mut [0; 1]).await.unwrap(), 0, "nor does it stay by being silent but for pings");
    phone.write_all(&location("phone", 23.03)).await.unwrap();
    assert_eq!(phone.read(&mut [0; 1]).await.unwrap(), 0, "a revoked tracker is out while it is connected");
}

#[tokio::test]
async fn mqtt_is_closed_to_other_networks_and_to_whoever_does_not_begin_with_connect() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let city = City::new().await;
    for (network, first, answer) in [
        ("10.0.0.0/8", mqtt_hello("x"), vec![]),
        ("127.0.0.1", vec![0xc0, 0], vec![]),
        ("127.0.0.1", packet(0x10, &[&[0, 4, b'M', b'Q', b'T', b'T', 5, 2, 0, 60], &mqtt_text("x")]), vec![0x20, 2, 0, 1]),
    ] {
        let door = crate::mqtt::MqttDoor { listen: ([127, 0, 0, 1], 0).into(), allow: vec![network.parse().unwrap()] };
        let at = crate::mqtt::serve(city.house.app.clone(), door).await.unwrap();
        let mut client = tokio::net::TcpStream::connect(at).await.unwrap();
        let _ = client.write_all(&first).await;
        let mut all = Vec::new();
        let _ = client.read_to_end(&mut all).await;
        assert_eq!(all, answer, "{network}");
    }
}
