//! Claims about the routes of tours: what a plan keeps, who makes it valid, and what a crew is told.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use shouhu_env::{BoxFuture, Env, SimClock};
use shouhu_http::testing::{Answer, House};
use shouhu_ids::{IncidentId, Micros, UnitId};
use shouhu_module::ports::{
    CitizenReport, CitizenReports, CitizenReportsPort, DispatchFacts, DispatchFactsPort, Drive, IncidentFact, RoadAnswer, RoadTime, RoadTimes,
    RoadTimesPort, Traveller, UnitFact, UnitTask, UnitTasks, UnitTasksPort,
};
use shouhu_module::{Caller, Module, Person, Problem};
use shouhu_place::Wgs84;
use shouhu_store::params;
use shouhu_wire::Role;

use crate::{MODULE, jobs};

static MODULES: &[Module] = &[MODULE];

pub(super) const NOW: Micros = Micros(1_800_000_000_000_000);

struct Reports(Vec<CitizenReport>);

impl CitizenReports for Reports {
    fn within(&self, from: Micros, until: Micros) -> BoxFuture<'static, Result<Vec<CitizenReport>, Problem>> {
        let told = self.0.iter().filter(|report| report.at >= from && report.at < until).cloned().collect();
        Box::pin(async move { Ok(told) })
    }
}

struct Units(Vec<(UnitId, String)>);

impl DispatchFacts for Units {
    fn incident(&self, _: IncidentId) -> BoxFuture<'static, Result<Option<IncidentFact>, Problem>> {
        Box::pin(async { Ok(None) })
    }

    fn unit(&self, id: UnitId) -> BoxFuture<'static, Result<Option<UnitFact>, Problem>> {
        let named = self.0.iter().find(|(unit, _)| *unit == id);
        let fact = named.map(|(_, call_sign)| UnitFact { call_sign: call_sign.clone(), state: "available".into() });
        Box::pin(async move { Ok(fact) })
    }
}

#[derive(Clone, Default)]
struct Jobs(Arc<Mutex<Vec<UnitTask>>>);

impl UnitTasks for Jobs {
    fn tasks(&self, _: UnitId, _: Micros, _: Micros) -> BoxFuture<'static, Result<Vec<UnitTask>, Problem>> {
        let told = self.0.lock().unwrap().clone();
        Box::pin(async move { Ok(told) })
    }
}

/// Streets half as long again as the straight line, at 30 km/h; none west of the 119th degree.
struct Streets;

impl RoadTimes for Streets {
    fn times_to(&self, target: Wgs84, sources: &[Traveller], _: Drive) -> Option<Vec<RoadAnswer>> {
        let is_land = |place: &Wgs84| place.lon > 119.0;
        let time = |source: &Traveller| {
            let distance_m = 1.5 * source.at.distance_m(target);
            if is_land(&source.at) {
                RoadAnswer::By(RoadTime { duration_s: distance_m / (30.0 / 3.6), distance_m, is_through_closure: false })
            } else {
                RoadAnswer::NoWay
            }
        };
        is_land(&target).then(|| sources.iter().map(time).collect())
    }
}

pub(super) struct City {
    pub house: House,
    pub clock: Arc<SimClock>,
    jobs: Jobs,
    pub chief: Caller,
    pub crews: Vec<(UnitId, Caller)>,
}

pub(super) fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value}")).to_owned()
}

pub(super) fn number(value: &Value, pointer: &str) -> i64 {
    value.pointer(pointer).and_then(Value::as_i64).unwrap_or_else(|| panic!("{pointer} in {value}"))
}

pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).unwrap_or_else(|| panic!("{pointer} in {value}"))
}

pub(super) fn key(answer: &Answer) -> String {
    text(&answer.json, "/key")
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body.as_object_mut().unwrap().insert(name.into(), value);
    body
}

/// Eighteen boxes of three beats at one station, six at another.
fn boxes() -> String {
    let mut csv = "編號,名稱,派出所,勤區,經度,緯度,巡簽間隔,備註\n".to_owned();
    for no in 0..24 {
        let (station, beat) = if no < 18 { ("永康派出所", no % 3) } else { ("大橋派出所", 0) };
        let (lon, lat) = (120.22 + 0.006 * f64::from(no % 6), 23.00 + 0.007 * f64::from(no / 6));
        writeln!(csv, "箱-{no:02},路口 {no},{station},0{beat},{lon},{lat},24,").unwrap();
    }
    csv
}

/// Two corners with many reports, a dozen with one.
fn reports() -> Vec<CitizenReport> {
    let report = |lon: f64, lat: f64, days: i64| CitizenReport {
        at: NOW.plus(-days * Micros::DAY),
        position: Wgs84::new(lon, lat).unwrap(),
        kind: if days % 2 == 0 { "theft" } else { "noise" }.into(),
    };
    let mut all: Vec<CitizenReport> = (0..40).map(|n| report(120.2261, 23.0072, 1 + n * 2)).collect();
    all.extend((0..20).map(|n| report(120.2441, 23.0141, 1 + n * 4)));
    all.extend((0..12).map(|n| report(120.221 + 0.0025 * n as f64, 23.001 + 0.0011 * n as f64, 3 + n * 5)));
    all
}

impl City {
    async fn with(reports: Vec<CitizenReport>, list: &str) -> Self {
        let clock = Arc::new(SimClock::starting_at(NOW));
        let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
        let jobs = Jobs::default();
        let unit = |no: usize| (house.app.env.id(UnitId::new), format!("永康 2{no}"));
        let units: Vec<(UnitId, String)> = (1..=3).map(unit).collect();
        let crew = |(id, _): &(UnitId, String)| {
            let Caller::Person(person) = house.person(Role::Officer) else { panic!("an officer is a person") };
            (*id, Caller::Person(Person { unit: Some(*id), ..person }))
        };
        let crews = units.iter().map(crew).collect();
        house.app.put(CitizenReportsPort(Arc::new(Reports(reports))));
        house.app.put(DispatchFactsPort(Arc::new(Units(units))));
        house.app.put(UnitTasksPort(Arc::new(jobs.clone())));
        house.app.put(RoadTimesPort(Arc::new(Streets)));
        let city = Self { chief: house.person(Role::Supervisor), house, clock, jobs, crews };
        if !list.is_empty() {
            let path = "/v1/patrol/boxes/import?dry_run=false";
            let taken = city.house.call_with(&city.chief, "POST", path, &[], list.as_bytes().to_vec()).await;
            assert_eq!(taken.status, 200, "{}", taken.json);
        }
        city
    }

    pub async fn new() -> Self {
        Self::with(reports(), &boxes()).await
    }

    /// A shift of eight hours that begins in an hour.
    pub fn ask(&self) -> Value {
        let from = NOW.plus(Micros::HOUR);
        json!({ "from_us": from, "to_us": from.plus(8 * Micros::HOUR), "units": self.crews.iter().map(|(id, _)| id).collect::<Vec<_>>() })
    }

    pub async fn tried(&self, path: &str, body: Value) -> Answer {
        self.house.call(&self.chief, "POST", path, body).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.tried(path, body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.json);
        answer.json
    }

    async fn plan(&self, body: Value) -> Value {
        self.post("/v1/patrol/tours", body).await
    }

    pub async fn published(&self, body: Value) -> Value {
        let id = text(&self.plan(body).await, "/id");
        self.post(&format!("/v1/patrol/tours/{id}/publish"), json!({})).await
    }

    pub async fn get(&self, caller: &Caller, path: &str) -> Value {
        let answer = self.house.call(caller, "GET", path, Value::Null).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.json);
        answer.json
    }

    async fn mine(&self) -> Value {
        self.get(&self.crews[0].1, "/v1/patrol/tours/mine").await
    }

    async fn mark(&self, body: Value) -> Answer {
        self.house.call(&self.crews[0].1, "POST", "/v1/patrol/tours/mine/marks", body).await
    }

    pub fn now(&self) -> Micros {
        self.house.app.env.now()
    }
}

/// Each tour as the keys of its places in order.
fn orders(plan: &Value) -> Vec<Vec<String>> {
    let keys = |tour: &Value| list(tour, "/stops").iter().map(|stop| text(stop, "/place/key")).collect();
    list(plan, "/tours").iter().map(keys).collect()
}

/// What every plan keeps, counted from its stops alone.
fn keeps_the_rules(plan: &Value) {
    let (from, to) = (number(plan, "/from_us"), number(plan, "/to_us"));
    let cap_s = number(plan, "/standing_cap_s");
    let mut visits: BTreeMap<String, Vec<(i64, i64)>> = BTreeMap::new();
    for tour in list(plan, "/tours") {
        let (mut free, mut standing_us) = (from, 0);
        for stop in list(tour, "/stops") {
            let (arrive, leave) = (number(stop, "/arrive_us"), number(stop, "/leave_us"));
            assert!(arrive >= free + number(stop, "/drive_s") * Micros::SECOND, "there before it can be: {stop}");
            let dwell_min = (leave - arrive) as f64 / Micros::MINUTE as f64;
            let span = if text(stop, "/place/kind") == "box" { 3.0..=5.0 } else { 10.0..=15.0 };
            assert!(span.contains(&dwell_min), "{dwell_min} minutes: {stop}");
            assert!(leave + number(stop, "/home_s") * Micros::SECOND <= to, "late home: {stop}");
            assert!(!list(stop, "/why").is_empty());
            visits.entry(text(stop, "/place/key")).or_default().push((arrive, leave));
            standing_us += leave - arrive;
            free = leave;
        }
        assert!(standing_us / Micros::SECOND <= cap_s, "{standing_us} µs of {cap_s} s");
        let parts = ["/standing_s", "/driving_s", "/waiting_s", "/spare_s"].map(|part| number(tour, part));
        assert_eq!(parts.iter().sum::<i64>(), (to - from) / Micros::SECOND, "{parts:?}");
    }
    for (place, mut times) in visits {
        times.sort_unstable();
        assert!(!place.starts_with("b:") || times.len() == 1, "{place} is signed once");
        for pair in times.windows(2) {
            assert!(pair[1].0 - pair[0].1 >= 2 * Micros::HOUR, "{place}: {pair:?}");
        }
    }
}

#[tokio::test]
async fn a_plan_keeps_dwell_gap_shift_and_cap_and_its_seed_says_which_one_it_is() {
    let city = City::new().await;
    let mut seen = BTreeSet::new();
    for seed in [1, 2, 3] {
        let plan = city.plan(with(city.ask(), "seed", seed.into())).await;
        keeps_the_rules(&plan);
        assert!(list(&plan, "/tours").iter().all(|tour| list(tour, "/stops").len() >= 5), "{plan}");
        seen.insert(orders(&plan));
    }
    assert_eq!(seen.len(), 3, "another seed is another day");
    let first = city.plan(with(city.ask(), "seed", 1.into())).await;
    assert!(seen.contains(&orders(&first)), "the same seed is the same plan");
    assert_eq!(number(&first, "/terms/seed"), 1);
    let tight = city.plan(with(city.ask(), "standing_share_max", json!(0.2))).await;
    keeps_the_rules(&tight);
    assert_eq!(number(&tight, "/standing_cap_s"), 8 * 3_600 / 5);
    assert!(number(&tight, "/terms/seed") > 0, "drawn, and told");
}

#[tokio::test]
async fn a_plan_says_where_reports_came_from_what_is_covered_and_what_is_left_out() {
    let city = City::new().await;
    let plan = city.plan(with(with(city.ask(), "station", "永康派出所".into()), "unpredictability", json!(0.0))).await;
    assert_eq!((number(&plan, "/reports/counted"), number(&plan, "/boxes_due")), (72, 0), "boxes put up an hour ago are not due yet");
    assert_eq!(plan.get("is_by_road"), Some(&json!(true)));
    let stops: Vec<&Value> = list(&plan, "/tours").iter().flat_map(|tour| list(tour, "/stops")).collect();
    let busiest = stops.iter().find(|stop| number(stop, "/place/expected/reports") >= 40).unwrap();
    assert_eq!(text(busiest, "/why/0/key"), "expected");
    let expected = |name: &str| busiest.pointer(&format!("/place/expected/{name}")).unwrap().as_f64().unwrap();
    assert!(expected("low") < expected("share") && expected("share") < expected("high"));
    assert!(stops.iter().any(|stop| text(stop, "/place/kind") == "explore"));
    let (covered, known) = (plan["share_covered"].as_f64().unwrap(), plan["share_known"].as_f64().unwrap());
    assert!(covered > 0.3 && covered <= known + 1e-9 && known <= 1.0 + 1e-9, "{covered} of {known}");
    let shares: f64 = list(&plan, "/areas").iter().map(|area| area["standing_share"].as_f64().unwrap()).sum();
    assert!((shares - 1.0).abs() < 1e-9);
    let only = city.plan(with(city.ask(), "kinds", json!(["theft"]))).await;
    assert!((1..72).contains(&number(&only, "/reports/counted")));
    // Three days later every box is overdue.
    city.clock.advance_us(3 * Micros::DAY);
    let later = |name: &str| number(&city.ask(), name) + 3 * Micros::DAY;
    let body = with(with(city.ask(), "from_us", later("/from_us").into()), "to_us", later("/to_us").into());
    let late = city.plan(body).await;
    assert_eq!(number(&late, "/boxes_due"), 24);
    assert!(number(&late, "/boxes_planned") >= 20, "{late}");
    keeps_the_rules(&late);
    let why: BTreeSet<String> = list(&late, "/left_out").iter().map(|left| text(left, "/why/key")).collect();
    let keys = ["chance", "area_cap", "unit_cap", "revisit_gap", "no_time", "no_road"];
    assert!(why.iter().all(|key| keys.contains(&key.as_str())), "{why:?}");
}

#[tokio::test]
async fn nothing_to_go_by_is_said_and_a_city_without_roads_gets_a_plan_all_the_same() {
    let bare = City::with(Vec::new(), "").await;
    assert_eq!(key(&bare.tried("/v1/patrol/tours", bare.ask()).await), "patrol.tours.nothing");
    let quiet = City::with(Vec::new(), &boxes()).await;
    let plan = quiet.plan(quiet.ask()).await;
    keeps_the_rules(&plan);
    let kinds: BTreeSet<String> = list(&plan, "/tours").iter().flat_map(|tour| list(tour, "/stops")).map(|stop| text(stop, "/place/kind")).collect();
    assert_eq!(kinds, BTreeSet::from(["explore".to_owned()]), "no report names a place");
    let sea = with(quiet.ask(), "base", json!({ "lon": 118.0, "lat": 23.0 }));
    assert_eq!(key(&quiet.tried("/v1/patrol/tours", sea).await), "patrol.tours.no_way");
    // A house whose dispatch and map answer nothing.
    let house = House::open_in(MODULES, Env { clock: Arc::new(SimClock::starting_at(NOW)), ..Env::real() }).await;
    let unknown = house.call(&house.person(Role::Supervisor), "POST", "/v1/patrol/tours", quiet.ask()).await;
    assert_eq!(key(&unknown), "patrol.tours.unknown_unit");
    house.app.put(DispatchFactsPort(Arc::new(Units(vec![(quiet.crews[0].0, "永康 21".into())]))));
    house.app.put(CitizenReportsPort(Arc::new(Reports(reports()))));
    let ask = with(quiet.ask(), "units", json!([quiet.crews[0].0]));
    let guessed = house.call(&house.person(Role::Supervisor), "POST", "/v1/patrol/tours", ask).await.json;
    assert_eq!(guessed.get("is_by_road"), Some(&json!(false)), "{guessed}");
    keeps_the_rules(&guessed);
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_by_name() {
    let city = City::new().await;
    let ask = city.ask();
    let twice = json!([city.crews[0].0, city.crews[0].0]);
    let stranger = city.house.app.env.id(UnitId::new);
    let rubbish = [
        (with(ask.clone(), "to_us", ask["from_us"].clone()), "patrol.tours.window"),
        (with(ask.clone(), "to_us", json!(i64::MAX)), "patrol.tours.window"),
        (with(ask.clone(), "from_us", json!(i64::MIN)), "patrol.tours.window"),
        (with(with(ask.clone(), "from_us", json!(0)), "to_us", json!(8 * Micros::HOUR)), "patrol.tours.window"),
        (with(ask.clone(), "units", json!([])), "patrol.tours.units"),
        (with(ask.clone(), "units", twice), "patrol.tours.units"),
        (with(ask.clone(), "units", json!([stranger])), "patrol.tours.unknown_unit"),
        (with(ask.clone(), "units", json!(["永康 21"])), "http.body.invalid"),
        (with(ask.clone(), "station", "不存在".into()), "patrol.tours.station"),
        (with(ask.clone(), "days", 6.into()), "patrol.tours.limits"),
        (with(ask.clone(), "unpredictability", json!(1.1)), "patrol.tours.limits"),
        (with(ask.clone(), "standing_share_max", json!(-0.5)), "patrol.tours.limits"),
        (with(ask.clone(), "seed", json!(1_i64 << 53)), "patrol.tours.limits"),
        (with(ask.clone(), "base", json!({ "lon": 500, "lat": 0 })), "http.body.invalid"),
        (with(ask.clone(), "replaces", json!(stranger)), "http.not_found"),
    ];
    for (body, expected) in rubbish {
        let refused = city.tried("/v1/patrol/tours", body.clone()).await;
        assert_eq!(key(&refused), expected, "{body}");
    }
    assert_eq!(list(&city.get(&city.chief, "/v1/patrol/tours").await, "/items").len(), 0);
    let tries = [
        (city.house.person(Role::Officer), "POST", "/v1/patrol/tours"),
        (city.house.person(Role::Dispatcher), "POST", "/v1/patrol/tours"),
        (city.house.person(Role::Dispatcher), "GET", "/v1/patrol/tours/mine"),
        (city.house.person(Role::Auditor), "GET", "/v1/patrol/tours"),
        (city.house.person(Role::Auditor), "GET", "/v1/patrol/tours/report"),
    ];
    for (caller, method, path) in tries {
        let body = if method == "POST" { ask.clone() } else { Value::Null };
        assert_eq!(city.house.call(&caller, method, path, body).await.status, 403, "{method} {path}");
    }
}

#[tokio::test]
async fn a_plan_binds_nobody_until_a_person_publishes_it_and_none_is_lost() {
    let city = City::new().await;
    let proposed = text(&city.plan(city.ask()).await, "/id");
    assert_eq!(city.mine().await.get("tour"), Some(&Value::Null), "a proposal is not told to a crew");
    let path = format!("/v1/patrol/tours/{proposed}");
    let published = city.post(&format!("{path}/publish"), json!({})).await;
    assert_eq!((text(&published, "/state"), published["decided_by_name"].is_string()), ("published".into(), true));
    assert_eq!(text(&city.mine().await, "/tour/call_sign"), "永康 21");
    assert_eq!(key(&city.tried(&format!("{path}/publish"), json!({})).await), "patrol.tours.state");

    let rival = text(&city.plan(city.ask()).await, "/id");
    let taken = city.tried(&format!("/v1/patrol/tours/{rival}/publish"), json!({})).await;
    assert_eq!((taken.status, key(&taken)), (409, "patrol.tours.unit_taken".into()));
    city.post(&format!("/v1/patrol/tours/{rival}/discard"), json!({ "code": "weather" })).await;
    let again = text(&city.published(with(city.ask(), "replaces", json!(proposed))).await, "/id");
    assert_eq!(text(&city.get(&city.chief, &path).await, "/state"), "replaced");
    assert_eq!(text(&city.mine().await, "/tour/plan"), again);

    let end = format!("/v1/patrol/tours/{again}/discard");
    assert_eq!(key(&city.tried(&end, json!({ "code": "weather", "reason": " " })).await), "patrol.tours.reason", "its crews want to know why");
    assert_eq!(text(&city.post(&end, json!({ "code": "weather", "reason": "颱風停班" })).await, "/state"), "withdrawn");
    assert_eq!(city.mine().await.get("tour"), Some(&Value::Null));
    let all = city.get(&city.chief, "/v1/patrol/tours").await;
    let states: Vec<String> = list(&all, "/items").iter().map(|line| text(line, "/state")).collect();
    assert_eq!(states.iter().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(["withdrawn", "discarded", "replaced"]));
    assert_eq!(states.len(), 3);
    let one = city.get(&city.chief, "/v1/patrol/tours?state=withdrawn&limit=1").await;
    assert_eq!((list(&one, "/items").len(), number(&one, "/items/0/stops") > 0), (1, true));

    let over = text(&city.plan(city.ask()).await, "/id");
    city.clock.advance_us(10 * Micros::HOUR);
    assert_eq!(key(&city.tried(&format!("/v1/patrol/tours/{over}/publish"), json!({})).await), "patrol.tours.over");
}

#[tokio::test]
async fn a_crew_says_what_it_did_and_a_job_shifts_the_rest() {
    let city = City::new().await;
    let plan = city.published(city.ask()).await;
    let id = text(&plan, "/id");
    city.clock.advance_us(Micros::HOUR + 90 * Micros::MINUTE);
    let word = |seq: i64, outcome: &str, reason: Value| json!({ "plan": id, "seq": seq, "outcome": outcome, "reason": reason, "at_us": city.now() });
    let done = city.mark(word(1, "done", Value::Null)).await;
    assert_eq!((done.status, text(&done.json, "/tour/stops/0/progress/state")), (200, "done".into()), "{}", done.json);
    let skipped = city.mark(word(2, "skipped", "no_access".into())).await;
    assert_eq!(text(&skipped.json, "/tour/stops/1/progress/reason"), "no_access");
    // A phone sends late what was said an hour before: the newer word stays.
    let before = with(word(1, "skipped", "busy".into()), "at_us", json!(city.now().plus(-Micros::HOUR)));
    assert_eq!(text(&city.mark(before).await.json, "/tour/stops/0/progress/state"), "done");
    assert_eq!(text(&city.mark(word(1, "planned", Value::Null)).await.json, "/tour/stops/0/progress/state"), "planned", "taken back");
    let wrong = [
        (word(99, "done", Value::Null), "patrol.tours.mark"),
        (word(1, "skipped", Value::Null), "patrol.tours.mark"),
        (word(1, "skipped", "shift_over".into()), "patrol.tours.mark"),
        (word(1, "done", "busy".into()), "patrol.tours.mark"),
        (with(word(1, "done", Value::Null), "at_us", json!(city.now().plus(Micros::HOUR))), "patrol.tours.mark"),
        (with(word(1, "done", Value::Null), "at_us", json!(0)), "patrol.tours.mark"),
    ];
    for (body, expected) in wrong {
        assert_eq!(key(&city.mark(body.clone()).await), expected, "{body}");
    }
    let loner = city.house.person(Role::Officer);
    let none = city.house.call(&loner, "POST", "/v1/patrol/tours/mine/marks", word(1, "done", Value::Null)).await;
    assert_eq!(key(&none), "patrol.tours.no_unit");
    assert_eq!(city.get(&loner, "/v1/patrol/tours/mine").await.get("tour"), Some(&Value::Null));

    let calm = city.mine().await;
    assert_eq!((calm.pointer("/tour/paused_for"), number(&calm, "/tour/delay_s")), (Some(&Value::Null), 0));
    *city.jobs.0.lock().unwrap() =
        vec![UnitTask { incident_number: "115-1121-0007".into(), from: city.now().plus(-20 * Micros::MINUTE), until: None }];
    let held = city.mine().await;
    assert_eq!((text(&held, "/tour/paused_for"), number(&held, "/tour/delay_s")), ("115-1121-0007".into(), 1_200));
    let later = list(&held, "/tour/stops").last().unwrap();
    assert!(number(later, "/progress/expected_arrive_us") > number(later, "/arrive_us"));
    // The chief sees the same.
    let seen = city.get(&city.chief, &format!("/v1/patrol/tours/{id}")).await;
    assert_eq!(list(&seen, "/tours/0/stops"), list(&held, "/tour/stops"));
    city.jobs.0.lock().unwrap().clear();
    city.clock.advance_us(8 * Micros::HOUR);
    let over = city.get(&city.chief, &format!("/v1/patrol/tours/{id}")).await;
    assert_eq!(text(&over, "/tours/0/stops/3/progress/reason"), "shift_over");
    assert_eq!(city.mine().await.get("tour"), Some(&Value::Null), "an hour and a half after the shift");
}

#[tokio::test]
async fn what_was_done_before_a_plan_was_withdrawn_is_still_taken() {
    let city = City::new().await;
    let id = text(&city.published(city.ask()).await, "/id");
    city.clock.advance_us(2 * Micros::HOUR);
    let done_at = city.now();
    city.clock.advance_us(Micros::MINUTE);
    city.post(&format!("/v1/patrol/tours/{id}/discard"), json!({ "code": "weather", "reason": "颱風停班" })).await;
    city.clock.advance_us(Micros::MINUTE);
    let word = |at: Micros| json!({ "plan": id, "seq": 1, "outcome": "done", "at_us": at });
    let after = city.mark(word(city.now())).await;
    assert_eq!((after.status, key(&after)), (409, "patrol.tours.state".into()));
    let before = city.mark(word(done_at)).await;
    assert_eq!((before.status, before.json.get("tour")), (200, Some(&Value::Null)), "{}", before.json);
    let seen = city.get(&city.chief, &format!("/v1/patrol/tours/{id}")).await;
    assert_eq!(text(&seen, "/tours/0/stops/0/progress/state"), "done");
}

#[tokio::test]
async fn a_report_counts_crews_places_hours_and_what_citizens_then_called_about() {
    let mut all = reports();
    let shift = NOW.plus(2 * Micros::HOUR);
    let then = |lon| CitizenReport { at: shift, position: Wgs84::new(lon, 23.0072).unwrap(), kind: "theft".into() };
    all.extend([then(120.2261), then(121.5)]);
    let city = City::with(all, &boxes()).await;
    let plan = city.published(with(city.ask(), "unpredictability", json!(0.0))).await;
    let (id, planned) = (text(&plan, "/id"), orders(&plan).concat().len());
    city.clock.advance_us(2 * Micros::HOUR);
    let done = json!({ "plan": id, "seq": 1, "outcome": "done", "at_us": city.now() });
    assert_eq!(city.mark(done).await.status, 200);
    // What was called in this very moment is counted by the next question.
    city.clock.advance_us(Micros::MINUTE);
    let told = city.get(&city.chief, "/v1/patrol/tours/report").await;
    assert_eq!((number(&told, "/plans"), number(&told, "/done"), number(&told, "/stops")), (1, 1, planned as i64), "{told}");
    assert_eq!((number(&told, "/hits/reports"), number(&told, "/hits/hits")), (1, 1), "the other was in another county");
    assert_eq!(list(&told, "/units").len(), 3);
    let visits: i64 = list(&told, "/places").iter().map(|place| number(place, "/stops")).sum();
    assert_eq!(visits, planned as i64);
    assert_eq!(told.get("hour_entropy"), Some(&Value::Null), "one shift tells nothing of the next");
    let next = with(with(city.ask(), "from_us", json!(NOW.plus(9 * Micros::HOUR))), "to_us", json!(NOW.plus(17 * Micros::HOUR)));
    city.published(next).await;
    city.clock.advance_us(8 * Micros::HOUR);
    let both = city.get(&city.chief, "/v1/patrol/tours/report").await;
    assert_eq!(number(&both, "/plans"), 2);
    assert!(both["hour_entropy"].as_f64().is_some_and(|entropy| (0.0..=1.0).contains(&entropy)), "{both}");
    assert_eq!(number(&city.get(&city.chief, "/v1/patrol/tours/report?station=x").await, "/plans"), 0);
    let span = city.house.call(&city.chief, "GET", "/v1/patrol/tours/report?from_us=0&to_us=1800000000000000", Value::Null).await;
    assert_eq!(key(&span), "patrol.tours.span");

    let store = &city.house.app.store;
    let mut tx = store.begin().await.unwrap();
    tx.execute("UPDATE patrol_plan SET to_us = to_us - $1", params![366 * Micros::DAY]).await.unwrap();
    tx.commit().await.unwrap();
    jobs::purge_now(store).await.unwrap();
    assert_eq!(list(&city.get(&city.chief, "/v1/patrol/tours").await, "/items").len(), 0, "destroyed after a year");
}
