//! The whole house: wherever somebody is asked to act and does not, a reason of the closed list is demanded, stands in the log, and is counted;
//! what nobody answers in time is counted as that.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use shouhu::MODULES;
use shouhu_env::{BoxFuture, Env, SimClock};
use shouhu_http::testing::{Answer, House};
use shouhu_ids::{ActorId, Micros, MisuseAlertId, UnitId};
use shouhu_module::ports::{CitizenReport, CitizenReports, CitizenReportsPort, Drive, People, PeoplePort, RoadAnswer, RoadTime, RoadTimes, RoadTimesPort, Serving, Traveller};
use shouhu_module::{Caller, Person, Problem};
use shouhu_place::Wgs84;
use shouhu_store::params;
use shouhu_wire::{Asked, DeviceKind, NOT_ANSWERED, Role};

const NOW: Micros = Micros(1_800_000_000_000_000);

/// Everybody serves in one office.
struct Everybody;

impl People for Everybody {
    fn everybody(&self) -> BoxFuture<'static, Result<Vec<Serving>, Problem>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn one(&self, id: ActorId) -> BoxFuture<'static, Result<Option<Serving>, Problem>> {
        Box::pin(async move { Ok(Some(Serving { id, name: "某員".into(), role: Role::Dispatcher, office: Some("永康分局".into()) })) })
    }
}

/// Half as long again as the straight line, at 30 km/h.
struct Streets;

impl RoadTimes for Streets {
    fn times_to(&self, target: Wgs84, sources: &[Traveller], _: Drive) -> Option<Vec<RoadAnswer>> {
        let time = |source: &Traveller| {
            let distance_m = 1.5 * source.at.distance_m(target);
            RoadAnswer::By(RoadTime { duration_s: distance_m / (30.0 / 3.6), distance_m, is_through_closure: false })
        };
        Some(sources.iter().map(time).collect())
    }
}

struct Reports;

impl CitizenReports for Reports {
    fn within(&self, from: Micros, until: Micros) -> BoxFuture<'static, Result<Vec<CitizenReport>, Problem>> {
        let report = |n: i64| CitizenReport {
            at: NOW.plus(-(1 + n * 2) * Micros::DAY),
            position: Wgs84::new(120.2261 + 0.006 * (n % 3) as f64, 23.0072).unwrap(),
            kind: "theft".into(),
        };
        let told = (0..60).map(report).filter(|report| report.at >= from && report.at < until).collect();
        Box::pin(async move { Ok(told) })
    }
}

struct World {
    house: House,
    clock: Arc<SimClock>,
    dispatcher: Caller,
    chief: Caller,
    operator: Caller,
    auditor: Caller,
    /// What was refused without a reason, and with which key.
    refused: BTreeSet<String>,
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value}")).to_owned()
}

fn of(caller: Caller, office: &str) -> Caller {
    let Caller::Person(person) = caller else { panic!("a person") };
    Caller::Person(Person { office: Some(office.into()), ..person })
}

impl World {
    async fn open() -> Self {
        let clock = Arc::new(SimClock::starting_at(NOW));
        let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
        house.app.put(PeoplePort(Arc::new(Everybody)));
        house.app.put(RoadTimesPort(Arc::new(Streets)));
        house.app.put(CitizenReportsPort(Arc::new(Reports)));
        let [dispatcher, chief, operator] = [Role::Dispatcher, Role::Supervisor, Role::Operator].map(|role| house.person(role));
        let auditor = of(house.person(Role::Auditor), "督察室");
        Self { house, clock, dispatcher, chief, operator, auditor, refused: BTreeSet::new() }
    }

    async fn post(&self, who: &Caller, path: &str, body: Value) -> Answer {
        self.house.call(who, "POST", path, body).await
    }

    async fn done(&self, who: &Caller, path: &str, body: Value) -> Value {
        let answer = self.post(who, path, body.clone()).await;
        assert_eq!(answer.status, 200, "{path} {body}: {}", answer.json);
        answer.json
    }

    /// Refused as it is, refused with a reason that is on no list, and done with the right one.
    async fn declined(&mut self, who: &Caller, path: &str, without: Value, field: &str, code: &str) {
        let bare = self.post(who, path, without.clone()).await;
        assert!(matches!(bare.status, 400 | 422), "{path} without a reason: {} {}", bare.status, bare.json);
        self.refused.insert(text(&bare.json, "/key"));
        for nonsense in ["because", NOT_ANSWERED, ""] {
            let mut body = without.clone();
            body[field] = json!(nonsense);
            let refused = self.post(who, path, body).await;
            assert!(matches!(refused.status, 400 | 422), "{path} with {nonsense:?}: {} {}", refused.status, refused.json);
        }
        let mut body = without;
        body[field] = json!(code);
        self.done(who, path, body).await;
        let said = self.house.app.audit.page(None, 1).await.unwrap();
        assert!(said[0].entry.object.contains(code), "the leaf says why: {:?}", said[0].entry);
    }

    /// One passage of each plate, each a hit of its own.
    async fn hits(&self, plates: &[&str]) -> Vec<String> {
        let detective = self.house.person(Role::Detective);
        let until = self.house.app.env.now().plus(30 * Micros::DAY);
        for plate in plates {
            let entry = json!({ "pattern": plate, "legal_basis": "stolen_vehicle", "owner": "永康分局", "reason": "失竊報案", "action": "stop", "expires_at_us": until });
            let id = text(&self.done(&detective, "/v1/watchlists/entries", entry).await, "/id");
            self.done(&self.chief, &format!("/v1/watchlists/entries/{id}/approve"), Value::Null).await;
        }
        let device = self.house.device("固定 1");
        let at = self.house.app.env.now();
        let report = |(no, plate): (usize, &&str)| json!({ "sequence": no + 1, "plate": plate, "confidence": 0.99, "captured_at_us": at.0 - 1_000_000, "reads": 5, "position": { "lon": 120.22, "lat": 23.0 } });
        let reports: Vec<Value> = plates.iter().enumerate().map(report).collect();
        self.done(&device, "/v1/sightings", json!({ "model": "t", "sent_at_us": at.0, "sightings": reports })).await;
        self.house.settle().await;
        let listed = self.house.call(&self.dispatcher, "GET", "/v1/hits?state=raised", Value::Null).await.json;
        let of_plate = |plate: &&str| {
            let is_it = |hit: &&Value| text(hit, "/entry/pattern").replace('-', "") == plate.replace('-', "");
            text(listed["items"].as_array().unwrap().iter().find(is_it).unwrap_or_else(|| panic!("{plate} in {listed}")), "/id")
        };
        plates.iter().map(of_plate).collect()
    }

    async fn car(&self, call_sign: &str, lon: f64) -> (String, Caller) {
        let unit = text(&self.done(&self.operator, "/v1/units", json!({ "call_sign": call_sign, "kind": "car" })).await, "/id");
        let Caller::Person(person) = self.house.person(Role::Officer) else { panic!("a person") };
        let officer = Caller::Person(Person { unit: Some(unit.parse::<UnitId>().unwrap()), ..person });
        self.done(&officer, "/v1/units/mine/state", json!({ "state": "available" })).await;
        let place = json!({ "position": { "lon": lon, "lat": 23.0 }, "measured_at_us": self.house.app.env.now().0, "accuracy_m": 5.0 });
        assert!(self.post(&officer, "/v1/units/mine/position", place).await.status < 300);
        (unit, officer)
    }

    async fn incident(&self) -> String {
        let call = json!({ "origin": "call", "priority": 2, "kind": "fight", "summary": "打架", "position": { "lon": 120.22, "lat": 23.0 } });
        text(&self.done(&self.dispatcher, "/v1/incidents", call).await, "/id")
    }

    async fn row(&self, sql: &str, values: Vec<shouhu_store::Value>) {
        let mut tx = self.house.app.store.begin().await.unwrap();
        tx.execute(sql, values).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn call(&self, source_ref: &str) -> String {
        let exchange = self.house.device_of("110 交換機", DeviceKind::Partner);
        let Caller::Device(device) = &exchange else { panic!("a device") };
        let sql = "INSERT INTO dispatch_call_source (device, title, created_at_us, created_by) VALUES ($1, '交換機', $2, 'x')";
        self.row(sql, params![device.id, NOW]).await;
        let rings = json!({ "ref": source_ref, "news": "ringing", "kind": "voice", "line": "110-3", "caller": "0912345678" });
        text(&self.done(&exchange, "/v1/calls", rings).await, "/call")
    }

    async fn alert(&self) -> String {
        let id = self.house.app.env.id(MisuseAlertId::new);
        let officer = self.house.app.env.id(ActorId::new);
        let sql = "INSERT INTO oversight_alert (id, state, kind, officer, officer_name, target, counted, expected, evidence, to_seq, made_at_us) \
                   VALUES ($1, 'new', 'decoy', $2, '王', 'x', 1, 0.0, '{\"leaves\":[1]}', 1, $3)";
        self.row(sql, params![id, officer, self.house.app.env.now()]).await;
        id.to_string()
    }

    /// How often each reason was counted for what was asked.
    async fn counted(&self, asked: Asked) -> Vec<(String, String, i64)> {
        let report = self.house.call(&self.auditor, "GET", "/v1/oversight/reasons?from=2026-01&until=2028-12", Value::Null).await.json;
        let tag = shouhu_store::tag_of(&asked);
        let lines = report["lines"].as_array().unwrap().iter().filter(|line| line["asked"] == json!(tag));
        lines.map(|line| (text(line, "/code"), text(line, "/office"), line["count"].as_i64().unwrap())).collect()
    }
}

async fn hits_and_calls(world: &mut World) {
    let dispatcher = world.dispatcher.clone();
    let hits = world.hits(&["ABC-1234", "DEF-5678", "GHJ-1357", "KLM-2468"]).await;
    world.declined(&dispatcher, &format!("/v1/hits/{}/reject", hits[0]), json!({ "note": "看不清" }), "reason", "misread").await;
    for (hit, plate) in [(&hits[1], "DEF-5678"), (&hits[2], "GHJ-1357")] {
        world.done(&dispatcher, &format!("/v1/hits/{hit}/confirm"), json!({ "plate_seen": plate })).await;
    }
    world.declined(&dispatcher, &format!("/v1/hits/{}/stand-down", hits[1]), json!({}), "reason", "out_of_reach").await;
    let again = world.post(&dispatcher, &format!("/v1/hits/{}/stand-down", hits[1]), json!({ "reason": "no_unit" })).await;
    assert_eq!((again.status, text(&again.json, "/key")), (409, "hits.stand_down.not_open".into()));

    let call = world.call("a").await;
    world.call("b").await;
    world.done(&dispatcher, &format!("/v1/calls/{call}/take"), json!({})).await;
    world.declined(&dispatcher, &format!("/v1/calls/{call}/settle"), json!({}), "as", "misdial").await;
}

async fn units_and_incidents(world: &mut World) {
    let dispatcher = world.dispatcher.clone();
    let (near, crew) = world.car("永康 21", 120.221).await;
    let (far, _) = world.car("永康 22", 120.30).await;
    let incident = world.incident().await;
    let path = format!("/v1/incidents/{incident}/assignments");
    world.declined(&dispatcher, &path, json!({ "unit": far }), "overriding", "knows_place").await;
    // The proposed one needs no reason, and none that is given is counted.
    let order = text(&world.done(&dispatcher, &path, json!({ "unit": near, "overriding": "list_changed" })).await, "/id");
    let step = format!("/v1/assignments/{order}/step");
    world.declined(&crew, &step, json!({ "step": "decline", "reason": "在另一現場" }), "code", "other_job").await;

    let empty = world.incident().await;
    let close = format!("/v1/incidents/{empty}/close");
    world.declined(&dispatcher, &close, json!({ "code": "handled" }), "without_unit", "by_telephone").await;
    let unfounded = world.incident().await;
    world.done(&dispatcher, &format!("/v1/incidents/{unfounded}/close"), json!({ "code": "unfounded" })).await;
}

async fn tours_and_reports(world: &mut World) {
    let chief = world.chief.clone();
    let boxes: String = (0..6).map(|no| format!("箱-{no},路口 {no},永康派出所,01,{},23.007,24,\n", 120.22 + 0.006 * f64::from(no))).collect();
    let csv = format!("編號,名稱,派出所,勤區,經度,緯度,巡簽間隔,備註\n{boxes}");
    let taken = world.house.call_with(&chief, "POST", "/v1/patrol/boxes/import?dry_run=false", &[], csv.into_bytes()).await;
    assert_eq!(taken.status, 200, "{}", taken.json);
    let (unit, crew) = world.car("永康 31", 120.22).await;
    let from = world.house.app.env.now().plus(Micros::HOUR);
    let ask = json!({ "from_us": from, "to_us": from.plus(8 * Micros::HOUR), "units": [unit] });
    let plan = text(&world.done(&chief, "/v1/patrol/tours", ask.clone()).await, "/id");
    world.declined(&chief, &format!("/v1/patrol/tours/{plan}/discard"), json!({ "reason": "颱風" }), "code", "weather").await;
    let plan = world.done(&chief, "/v1/patrol/tours", ask.clone()).await;
    world.done(&chief, &format!("/v1/patrol/tours/{}/publish", text(&plan, "/id")), json!({})).await;
    let seq = plan.pointer("/tours/0/stops/0/seq").unwrap_or_else(|| panic!("a stop in {plan}")).clone();
    world.clock.advance_us(Micros::HOUR);
    let skip = json!({ "plan": plan["id"], "seq": seq, "outcome": "skipped", "at_us": world.house.app.env.now() });
    let bare = world.post(&crew, "/v1/patrol/tours/mine/marks", skip.clone()).await;
    assert_eq!(bare.status, 422, "a stop is not skipped without a reason: {}", bare.json);
    let mut with = skip;
    with["reason"] = json!("road_closed");
    world.done(&crew, "/v1/patrol/tours/mine/marks", with).await;
    // A proposal that nobody decides.
    let (spare, _) = world.car("永康 32", 120.22).await;
    let from = world.house.app.env.now().plus(Micros::HOUR);
    world.done(&chief, "/v1/patrol/tours", json!({ "from_us": from, "to_us": from.plus(4 * Micros::HOUR), "units": [spare] })).await;

    let device = world.house.device("壞的");
    let at = world.house.app.env.now();
    let broken = |sequence: i64| json!({ "sequence": sequence, "plate": "", "confidence": 0.9, "captured_at_us": at.0, "reads": 1 });
    world.done(&device, "/v1/sightings", json!({ "model": "t", "sent_at_us": at.0, "sightings": [broken(1), broken(2)] })).await;
    let listed = world.house.call(&world.operator, "GET", "/v1/sightings/quarantine", Value::Null).await.json;
    let operator = world.operator.clone();
    let path = format!("/v1/sightings/quarantine/{}/dismiss", text(&listed, "/items/0/id"));
    world.declined(&operator, &path, json!({}), "reason", "known_fault").await;
}

async fn misuse(world: &mut World) {
    let auditor = world.auditor.clone();
    let alert = world.alert().await;
    let path = format!("/v1/oversight/misuse/alerts/{alert}/set-aside");
    world.declined(&auditor, &path, json!({ "note": "教育訓練時所為" }), "reason", "training").await;
    let alert = world.alert().await;
    let file = world.done(&auditor, "/v1/oversight/misuse/cases", json!({ "alert": alert, "reason": "查詢了誘餌車牌" })).await;
    let path = format!("/v1/oversight/misuse/cases/{}/finding", text(&file, "/id"));
    world.declined(&auditor, &path, json!({ "finding": "unproven", "reason": "無法證明" }), "code", "evidence").await;
    // Neither of these is looked at.
    world.alert().await;
    let alert = world.alert().await;
    world.done(&auditor, "/v1/oversight/misuse/cases", json!({ "alert": alert, "reason": "查詢了誘餌車牌" })).await;
}

#[tokio::test]
async fn nothing_that_people_are_asked_for_is_left_without_a_reason_and_every_reason_is_counted() {
    let mut world = World::open().await;
    hits_and_calls(&mut world).await;
    units_and_incidents(&mut world).await;
    tours_and_reports(&mut world).await;
    misuse(&mut world).await;
    world.house.settle().await;

    let by_somebody = [
        (Asked::Hit, vec!["misread"]),
        (Asked::FollowUp, vec!["out_of_reach"]),
        (Asked::Proposal, vec!["knows_place"]),
        (Asked::Order, vec!["other_job"]),
        (Asked::Incident, vec!["by_telephone", "unfounded"]),
        (Asked::Call, vec!["misdial"]),
        (Asked::Tours, vec!["weather"]),
        (Asked::Stop, vec!["road_closed"]),
        (Asked::SetAside, vec!["known_fault"]),
        (Asked::MisuseAlert, vec!["training"]),
        (Asked::MisuseFile, vec!["evidence"]),
    ];
    for (asked, codes) in &by_somebody {
        let expected: Vec<_> = codes.iter().map(|code| ((*code).to_owned(), "永康分局".to_owned(), 1)).collect();
        assert_eq!(world.counted(*asked).await, expected, "{asked:?}");
        assert!(codes.iter().all(|code| asked.codes().contains(code)), "{asked:?}");
    }
    for key in ["dispatch.assign.reason_needed", "dispatch.step.code_needed", "dispatch.close.without_unit", "patrol.tours.code", "sightings.dismiss.reason", "oversight.misuse.code"] {
        assert!(world.refused.contains(key), "{key} in {:?}", world.refused);
    }

    // Days go by and nobody does anything.
    for _ in 0..40 {
        world.clock.advance_us(Micros::DAY);
        world.house.settle().await;
    }
    for asked in [Asked::Hit, Asked::FollowUp, Asked::Order, Asked::Call, Asked::Tours, Asked::SetAside, Asked::MisuseAlert, Asked::MisuseFile] {
        let counted = world.counted(asked).await;
        let unanswered: Vec<_> = counted.iter().filter(|(code, ..)| code == NOT_ANSWERED).collect();
        assert_eq!(unanswered, [&(NOT_ANSWERED.to_owned(), String::new(), 1)], "{asked:?}: once, however often it is told: {counted:?}");
    }
    let mut leaves = Vec::new();
    let mut before = None;
    loop {
        let page = world.house.app.audit.page(before, 500).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.seq);
        leaves.extend(page.into_iter().filter(|leaf| leaf.entry.action == "not answered"));
    }
    assert_eq!(leaves.len(), 8, "each has a leaf");

    let inspector = world.house.person(Role::Inspector);
    let csv = world.house.call(&inspector, "GET", "/v1/oversight/reasons.csv?from=2026-01&until=2028-12", Value::Null).await;
    let csv = String::from_utf8(csv.bytes).unwrap();
    assert!(csv.contains(",proposal,knows_place,永康分局,1\r\n"), "{csv}");
    let outcomes = world.house.call(&inspector, "GET", "/v1/oversight/misuse/outcomes", Value::Null).await;
    assert_eq!(outcomes.json["items"].as_array().map(Vec::len), Some(2), "{}", outcomes.json);
    let wrong = world.house.call(&inspector, "GET", "/v1/oversight/reasons?from=2026-13", Value::Null).await;
    assert_eq!((wrong.status, text(&wrong.json, "/key")), (422, "oversight.months.month".into()));
}
