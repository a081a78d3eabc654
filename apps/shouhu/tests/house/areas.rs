//! The whole house: a city that is watched evenly is called even, and one that is not is shown.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::Arc;

use serde_json::{Value, json};
use shouhu::MODULES;
use shouhu_env::{BoxFuture, Env, SimClock};
use shouhu_http::built_in_policies;
use shouhu_http::testing::House;
use shouhu_ids::Micros;
use shouhu_module::ports::{
    CheckInTally, CheckInTallyPort, CitizenReport, CitizenReports, CitizenReportsPort, HitTally, HitTallyPort, PassageTally, PassageTallyPort, PlacedCount,
    Tallied, TalliedHits,
};
use shouhu_module::{Caller, Problem};
use shouhu_place::Wgs84;
use shouhu_wire::{RejectReason, Role};

use crate::sealed::World;

/// 2026-11-20 12:00 in Taipei.
const NOW: Micros = Micros(1_795_147_200_000_000);
/// 2026-12-05 12:00: November is told.
const ASKED: Micros = Micros(NOW.0 + 15 * Micros::DAY);
const AREAS: usize = 40;

/// Forty squares in a row, the last one four times as full as the first.
fn residents(area: usize) -> u64 {
    1_000 + 75 * area as u64
}

fn middle(area: usize) -> Wgs84 {
    Wgs84::new(120.0 + 0.01 * area as f64 + 0.005, 23.005).unwrap()
}

/// Beyond the last area, and nowhere.
const OUTSIDE: usize = AREAS;
const NOWHERE: usize = AREAS + 1;

fn place_of(area: usize) -> Option<Wgs84> {
    (area != NOWHERE).then(|| middle(area))
}

fn map() -> String {
    let feature = |area: usize| {
        let (west, east) = (120.0 + 0.01 * area as f64, 120.0 + 0.01 * (area as f64 + 1.0));
        json!({
            "type": "Feature",
            "properties": { "TOWNNAME": "測試區", "VILLNAME": format!("{area:02}里"), "residents": residents(area) },
            "geometry": { "type": "Polygon", "coordinates": [[[west, 23.0], [east, 23.0], [east, 23.01], [west, 23.01], [west, 23.0]]] },
        })
    };
    json!({ "type": "FeatureCollection", "features": (0..AREAS).map(feature).collect::<Vec<_>>() }).to_string()
}

/// A seeded city: things happen where people live, but `bias` times as often in one area.
struct City {
    state: u64,
}

impl City {
    fn draw(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn places(&mut self, n: usize, biased: Option<(usize, f64)>) -> Vec<usize> {
        let weight = |area: usize| residents(area) as f64 * biased.filter(|(at, _)| *at == area).map_or(1.0, |(_, times)| times);
        let total: f64 = (0..AREAS).map(weight).sum();
        let one = |city: &mut Self| {
            let mut left = city.draw() * total;
            (0..AREAS).find(|area| { left -= weight(*area); left < 0.0 }).unwrap_or(AREAS - 1)
        };
        (0..n).map(|_| one(self)).collect()
    }
}

#[derive(Clone, Default)]
struct Fake {
    passages: Vec<usize>,
    check_ins: Vec<usize>,
    hits: Vec<usize>,
    errors: Vec<usize>,
    reports: Vec<usize>,
    /// Hits that were rejected for another reason: nobody's error.
    handled: Vec<usize>,
    /// Instead of the passages.
    passages_left_out: Option<Tallied<PlacedCount>>,
}

/// All of it happened here.
const AT: Micros = Micros(NOW.0 - Micros::DAY);

fn is_within(from: Micros, until: Micros) -> bool {
    from <= AT && AT < until
}

fn counted(places: &[usize], from: Micros, until: Micros) -> Tallied<PlacedCount> {
    let places = if is_within(from, until) { places } else { &[] };
    Tallied::Whole(places.iter().map(|area| PlacedCount { position: place_of(*area), count: 1 }).collect())
}

impl PassageTally for Fake {
    fn passages(&self, from: Micros, until: Micros) -> BoxFuture<'static, Result<Tallied<PlacedCount>, Problem>> {
        let counted = self.passages_left_out.clone().unwrap_or_else(|| counted(&self.passages, from, until));
        Box::pin(async move { Ok(counted) })
    }
}

impl CheckInTally for Fake {
    fn check_ins(&self, from: Micros, until: Micros) -> BoxFuture<'static, Result<Tallied<PlacedCount>, Problem>> {
        let counted = counted(&self.check_ins, from, until);
        Box::pin(async move { Ok(counted) })
    }
}

impl HitTally for Fake {
    fn hits(&self, from: Micros, until: Micros) -> BoxFuture<'static, Result<Tallied<TalliedHits>, Problem>> {
        let hit = |area: &usize, reject_reason| TalliedHits { position: place_of(*area), reject_reason, count: 1 };
        let mut hits: Vec<_> = self.hits.iter().map(|area| hit(area, None)).collect();
        hits.extend(self.errors.iter().map(|area| hit(area, Some(RejectReason::Misread))));
        hits.extend(self.handled.iter().map(|area| hit(area, Some(RejectReason::AlreadyHandled))));
        if !is_within(from, until) {
            hits.clear();
        }
        Box::pin(async move { Ok(Tallied::Whole(hits)) })
    }
}

impl CitizenReports for Fake {
    fn within(&self, from: Micros, until: Micros) -> BoxFuture<'static, Result<Vec<CitizenReport>, Problem>> {
        let report = |area: &usize| Some(CitizenReport { at: AT, position: place_of(*area)?, kind: "theft".into() });
        let reports = if is_within(from, until) { self.reports.iter().filter_map(report).collect() } else { Vec::new() };
        Box::pin(async move { Ok(reports) })
    }
}

fn put(house: &House, fake: &Fake) {
    house.app.put(PassageTallyPort(Arc::new(fake.clone())));
    house.app.put(CheckInTallyPort(Arc::new(fake.clone())));
    house.app.put(HitTallyPort(Arc::new(fake.clone())));
    house.app.put(CitizenReportsPort(Arc::new(fake.clone())));
}

/// As new areas: what is counted by them is counted anew.
async fn import(house: &House, who: &Caller) {
    let imported = house.call_with(who, "POST", "/v1/oversight/areas", &[], map().into_bytes()).await;
    assert_eq!(imported.status, 200, "{}", imported.json);
}

async fn report(house: &House, who: &Caller) -> Value {
    report_of(house, who, "2026-11").await
}

async fn report_of(house: &House, who: &Caller, month: &str) -> Value {
    let answer = house.call(who, "GET", &format!("/v1/oversight/areas/report?month={month}"), Value::Null).await;
    assert_eq!(answer.status, 200, "{}", answer.json);
    answer.json
}

/// Measure, reference, area and verdict of every line that says more or less.
fn called(report: &Value) -> Vec<(String, String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut called = Vec::new();
    for comparison in report["comparisons"].as_array().unwrap() {
        for line in comparison["lines"].as_array().unwrap() {
            if line["verdict"] == "more" || line["verdict"] == "less" {
                called.push((text(&comparison["measure"]), text(&comparison["reference"]), text(&line["area"]), text(&line["verdict"])));
            }
        }
    }
    called
}

#[tokio::test]
async fn a_fair_city_is_not_accused_and_an_injected_bias_is_shown_and_both_can_be_made_again() {
    let house = House::open_in(MODULES, Env { clock: Arc::new(SimClock::starting_at(ASKED)), ..Env::real() }).await;
    let (auditor, inspector) = (house.person(Role::Auditor), house.person(Role::Inspector));
    let none = house.call(&auditor, "GET", "/v1/oversight/areas/report?month=2026-11", Value::Null).await;
    assert_eq!((none.status, &none.json["key"]), (409, &json!("oversight.areas.none")));
    let imported = house.call_with(&auditor, "POST", "/v1/oversight/areas", &[], map().into_bytes()).await;
    assert_eq!((imported.status, imported.json["items"].as_array().map(Vec::len)), (200, Some(AREAS)), "{}", imported.json);
    assert_eq!(house.call_with(&inspector, "POST", "/v1/oversight/areas", &[], map().into_bytes()).await.status, 403, "an inspector reads");

    let mut wrongly = 0;
    for seed in 0..20_u64 {
        let mut city = City { state: seed };
        let fair = Fake {
            passages: city.places(200_000, None),
            check_ins: city.places(4_000, None),
            hits: city.places(6_000, None),
            errors: city.places(2_000, None),
            reports: city.places(20_000, None),
            ..Fake::default()
        };
        put(&house, &fair);
        import(&house, &auditor).await;
        wrongly += called(&report(&house, &inspector).await).len();

        let unfair = Fake { hits: city.places(6_000, Some((7, 3.0))), errors: city.places(2_000, Some((30, 3.0))), ..fair };
        put(&house, &unfair);
        import(&house, &auditor).await;
        let told = report(&house, &auditor).await;
        let called = called(&told);
        for (measure, area) in [("hits", "測試區07里"), ("errors", "測試區30里")] {
            for reference in ["residents", "reports"] {
                let found = called.iter().any(|(m, r, a, verdict)| (m.as_str(), r.as_str(), a.as_str(), verdict.as_str()) == (measure, reference, area, "more"));
                assert!(found, "seed {seed}: {measure} against {reference} in {area}: {called:?}");
            }
        }
        assert!(called.iter().any(|(m, r, a, _)| (m.as_str(), r.as_str(), a.as_str()) == ("errors", "hits", "測試區30里")), "{called:?}");
        assert!(!called.iter().any(|(measure, ..)| measure == "passages" || measure == "check_ins"), "what is even stays even: {called:?}");
        assert_eq!(report(&house, &auditor).await, told, "asked again it is the same");
    }
    assert_eq!(wrongly, 0, "twenty fair cities of forty areas and nine comparisons");

    // Few: nothing small is told, and nothing is said of it.
    let mut city = City { state: 1 };
    let small = Fake { passages: city.places(90, None), check_ins: vec![3; 9], hits: vec![3; 4], reports: vec![2; 8], ..Fake::default() };
    put(&house, &small);
    import(&house, &auditor).await;
    let told = report(&house, &auditor).await;
    assert_eq!(called(&told), []);
    assert_eq!((&told["areas"][3]["check_ins"], &told["areas"][3]["hits"], &told["areas"][2]["reports"]), (&Value::Null, &Value::Null, &Value::Null));

    let csv = house.call(&inspector, "GET", "/v1/oversight/areas/report.csv?month=2026-11", Value::Null).await;
    assert!(String::from_utf8_lossy(&csv.bytes).starts_with("\u{feff}month,measure,reference,area"));
    for month in ["2026-12", "2027-01", "2026-13", "x", "2026-%2B1", "2026-1"] {
        assert_eq!(house.call(&auditor, "GET", &format!("/v1/oversight/areas/report?month={month}"), Value::Null).await.status, 422, "{month}");
    }
    assert_eq!(house.call(&house.person(Role::Officer), "GET", "/v1/oversight/areas/report", Value::Null).await.status, 403);
}

#[tokio::test]
async fn an_area_that_is_left_alone_is_called_less() {
    let house = House::open_in(MODULES, Env { clock: Arc::new(SimClock::starting_at(ASKED)), ..Env::real() }).await;
    let auditor = house.person(Role::Auditor);
    assert_eq!(house.call_with(&auditor, "POST", "/v1/oversight/areas", &[], map().into_bytes()).await.status, 200);
    let mut city = City { state: 5 };
    put(&house, &Fake { check_ins: city.places(20_000, Some((25, 0.25))), reports: city.places(40_000, None), ..Fake::default() });
    let less = |(m, r, a, verdict): &(String, String, String, String)| (m == "check_ins" && verdict == "less").then(|| (r.clone(), a.clone()));
    let found: Vec<_> = called(&report(&house, &auditor).await).iter().filter_map(less).collect();
    let area = || "測試區25里".to_owned();
    assert_eq!(found, [("residents".to_owned(), area()), ("reports".to_owned(), area())]);
}

#[tokio::test]
async fn what_lies_outside_is_told_apart_and_another_month_has_nothing_of_this_one() {
    let house = House::open_in(MODULES, Env { clock: Arc::new(SimClock::starting_at(ASKED)), ..Env::real() }).await;
    let auditor = house.person(Role::Auditor);
    assert_eq!(house.call_with(&auditor, "POST", "/v1/oversight/areas", &[], map().into_bytes()).await.status, 200);
    let mut hits: Vec<usize> = vec![0; 30];
    hits.extend([vec![1; 20], vec![OUTSIDE; 7], vec![NOWHERE; 5]].concat());
    put(&house, &Fake { hits, handled: vec![1; 15], check_ins: [vec![0; 40], vec![1; 30], vec![NOWHERE; 4]].concat(), ..Fake::default() });
    let told = report(&house, &auditor).await;
    assert_eq!((&told["areas"][0]["hits"], &told["areas"][1]["hits"], &told["areas"][2]["hits"]), (&json!(30), &json!(35), &json!(0)));
    assert_eq!(told["areas"][1]["errors"], 0, "handled already is no error");
    assert_eq!((&told["outside"]["hits"], &told["outside"]["check_ins"]), (&json!(12), &Value::Null), "seven beside all areas, five nowhere");
    let of_hits = told["comparisons"].as_array().unwrap().iter().find(|one| one["measure"] == "hits").unwrap();
    assert_eq!(of_hits["total"], 65, "what lies outside is in no total");
    let before = report_of(&house, &auditor, "2026-10").await;
    assert_eq!(before["areas"][0]["hits"], json!(0));
}

#[tokio::test]
async fn a_month_that_is_half_kept_is_not_told_as_if_it_were_whole() {
    let house = House::open_in(MODULES, Env { clock: Arc::new(SimClock::starting_at(ASKED)), ..Env::real() }).await;
    let auditor = house.person(Role::Auditor);
    assert_eq!(house.call_with(&auditor, "POST", "/v1/oversight/areas", &[], map().into_bytes()).await.status, 200);
    let before = NOW.plus(-90 * Micros::DAY);
    for (left_out, said) in [
        (Tallied::Destroyed { before }, json!({ "counted": "passages", "reason": "destroyed", "kept_since_us": before.0 })),
        (Tallied::Incomplete, json!({ "counted": "passages", "reason": "incomplete", "kept_since_us": null })),
    ] {
        put(&house, &Fake { hits: vec![0; 30], passages_left_out: Some(left_out), ..Fake::default() });
        let told = report(&house, &auditor).await;
        assert_eq!((&told["left_out"], &told["areas"][0]["passages"], &told["areas"][0]["hits"]), (&json!([said]), &Value::Null, &json!(30)));
        assert!(told["comparisons"].as_array().unwrap().iter().all(|one| one["measure"] != "passages"));
        let csv = house.call(&auditor, "GET", "/v1/oversight/areas/report.csv?month=2026-11", Value::Null).await;
        assert!(String::from_utf8_lossy(&csv.bytes).contains("2026-11,passages,"), "the sheet says it too");
    }
}

#[tokio::test]
async fn the_rooms_themselves_know_what_they_have_destroyed() {
    let (house, destroyed) = (house_of_rooms().await, json!("destroyed"));
    let told = report_of(&house, &house.person(Role::Auditor), "2025-10").await;
    let reasons: Vec<_> = told["left_out"].as_array().unwrap().iter().map(|one| (&one["counted"], &one["reason"])).collect();
    assert_eq!(reasons, [(&json!("passages"), &destroyed), (&json!("check_ins"), &destroyed)]);
    let told = report_of(&house, &house.person(Role::Auditor), "2026-10").await;
    assert_eq!(told["left_out"], json!([]), "a month that all rooms have");
}

/// With areas, and every room answering for itself.
async fn house_of_rooms() -> House {
    let house = House::open_in(MODULES, Env { clock: Arc::new(SimClock::starting_at(ASKED)), ..Env::real() }).await;
    let imported = house.call_with(&house.person(Role::Auditor), "POST", "/v1/oversight/areas", &[], map().into_bytes()).await;
    assert_eq!(imported.status, 200, "{}", imported.json);
    house
}

#[tokio::test]
async fn a_running_month_is_not_told_on_any_day_and_one_that_is_over_is_told_the_same_for_ever() {
    for seed in 0..6_u64 {
        let mut city = City { state: seed };
        let clock = Arc::new(SimClock::starting_at(NOW));
        let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
        let auditor = house.person(Role::Auditor);
        import(&house, &auditor).await;
        // Whatever is counted, and more of it each time: as a running month grows, and as decisions come late.
        let mut grow = |house: &House| {
            let mut some = |most: usize| {
                let n = (city.draw() * most as f64) as usize;
                city.places(n, None)
            };
            put(house, &Fake { passages: some(9_000), check_ins: some(900), hits: some(900), errors: some(300), reports: some(2_000), ..Fake::default() });
        };
        // From the twentieth to the second of December.
        for _ in 0..13 {
            grow(&house);
            let refused = house.call(&auditor, "GET", "/v1/oversight/areas/report?month=2026-11", Value::Null).await;
            assert_eq!((refused.status, &refused.json["key"]), (422, &json!("oversight.areas.month")));
            assert_eq!(refused.json["params"]["told_from"], json!("2026-12-03"), "{}", refused.json);
            clock.advance_us(Micros::DAY);
        }
        grow(&house);
        let (told, newest) = (report(&house, &auditor).await, "/v1/oversight/areas/report");
        let csv = house.call(&auditor, "GET", "/v1/oversight/areas/report.csv?month=2026-11", Value::Null).await.bytes;
        for _ in 0..4 {
            clock.advance_us((city_days(seed) + 1) * Micros::DAY);
            grow(&house);
            assert_eq!(report(&house, &auditor).await, told, "seed {seed}");
            assert_eq!(house.call(&auditor, "GET", newest, Value::Null).await.json, told, "it is the newest until December is told");
            let again = house.call(&auditor, "GET", "/v1/oversight/areas/report.csv?month=2026-11", Value::Null).await.bytes;
            assert_eq!(again, csv, "seed {seed}");
        }
    }
}

/// From one day to six: four of them end before December is told.
const fn city_days(seed: u64) -> i64 {
    (seed % 6) as i64
}

#[tokio::test]
async fn what_could_not_be_read_whole_comes_later_and_changes_nothing_that_was_told() {
    let house = House::open_in(MODULES, Env { clock: Arc::new(SimClock::starting_at(ASKED)), ..Env::real() }).await;
    let auditor = house.person(Role::Auditor);
    import(&house, &auditor).await;
    let half = Fake { hits: vec![0; 30], passages_left_out: Some(Tallied::Incomplete), ..Fake::default() };
    put(&house, &half);
    let first = report(&house, &auditor).await;
    assert_eq!((&first["areas"][0]["hits"], &first["areas"][0]["passages"]), (&json!(30), &Value::Null));
    put(&house, &Fake { hits: vec![0; 31], passages: vec![0; 50], ..Fake::default() });
    let second = report(&house, &auditor).await;
    assert_eq!((&second["areas"][0]["hits"], &second["areas"][0]["passages"], &second["left_out"]), (&json!(30), &json!(50), &json!([])));
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_said_where_it_is() {
    let house = House::open_in(MODULES, Env { clock: Arc::new(SimClock::starting_at(ASKED)), ..Env::real() }).await;
    let auditor = house.person(Role::Auditor);
    let ring = |west: f64| json!([[west, 23.0], [west + 1.0, 23.0], [west + 1.0, 24.0], [west, 23.0]]);
    let area = |name: &str, residents: Value, ring: Value| {
        json!({ "properties": { "name": name, "residents": residents }, "geometry": { "type": "Polygon", "coordinates": [ring] } })
    };
    let file = |features: Vec<Value>| json!({ "type": "FeatureCollection", "features": features }).to_string();
    for (text, key, name, value) in [
        ("no file".to_owned(), "oversight.areas.file", "what", Some("no_json")),
        (file(vec![area("東區", json!(1), ring(120.0)), area("東區", json!(1), ring(121.0))]), "oversight.areas.twice", "name", Some("東區")),
        (file(vec![area("東區", json!(10_000_001), ring(120.0))]), "oversight.areas.residents", "name", Some("東區")),
        (file(vec![area("東區", json!(1), json!([[120.0, 23.0]]))]), "oversight.areas.outline", "name", Some("東區")),
        (file(vec![area("東區", json!(1), json!([[120.0, 23.0]]))]), "oversight.areas.outline", "what", Some("few_points")),
        (file(vec![area("", json!(1), ring(120.0))]), "oversight.areas.name", "nth", Some("1")),
    ] {
        let refused = house.call_with(&auditor, "POST", "/v1/oversight/areas", &[], text.into_bytes()).await;
        assert_eq!((refused.status, &refused.json["key"]), (422, &json!(key)));
        let told = refused.json["params"][name].as_str();
        assert!(told.is_some_and(|told| value.is_none_or(|value| told == value)), "{}", refused.json);
    }
}

/// Of the guide: hidden from those who read the report.
const HOUSEHOLDS: &str = "@id(\"domestic-violence\") @why(\"家庭暴力案件限勤務中心與主管\")\nforbid (principal, action, resource is Incident)\n\
    when { resource.kind == \"domestic_violence\" } unless { principal in Role::\"dispatcher\" || principal in Role::\"supervisor\" };\n";

#[tokio::test]
async fn a_rule_that_hides_incidents_from_who_asks_first_takes_none_out_of_the_report_of_all() {
    let clock = Arc::new(SimClock::starting_at(NOW));
    let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
    let (auditor, dispatcher) = (house.person(Role::Auditor), house.person(Role::Dispatcher));
    import(&house, &auditor).await;
    for _ in 0..12 {
        let place = middle(3);
        let call = json!({
            "origin": "call", "priority": 2, "kind": "domestic_violence", "summary": "鄰居報案有爭吵聲",
            "position": { "lon": place.lon, "lat": place.lat },
        });
        let opened = house.call(&dispatcher, "POST", "/v1/incidents", call).await;
        assert_eq!(opened.status, 200, "{}", opened.json);
        clock.advance_us(Micros::MINUTE);
    }
    house.app.rule_by(built_in_policies(MODULES).unwrap().and(HOUSEHOLDS, "policy.cedar").unwrap());
    let unsaid = house.app.store.fetch("SELECT id FROM dispatch_incident", vec![]).await.unwrap();
    assert!(unsaid.is_empty(), "the rule holds");
    clock.advance_us(15 * Micros::DAY);
    let told = report(&house, &auditor).await;
    assert_eq!(told["areas"][3]["reports"], json!(12), "{told}");
    house.app.rule_by(built_in_policies(MODULES).unwrap());
    assert_eq!(report(&house, &auditor).await["areas"][3]["reports"], json!(12), "and so it was written down");
}

/// Every number that is kept for all, as the first asker has made it.
async fn kept(world: &World, first: &Caller) -> Vec<(String, String)> {
    world.clock.advance_us(40 * Micros::DAY);
    report_of(&world.house, first, "2024-10").await;
    let sql = "SELECT counted, counts FROM oversight_area_count ORDER BY counted";
    let rows = world.house.app.store.fetch(sql, vec![]).await.unwrap();
    rows.iter().map(|row| (row.text("counted").unwrap(), row.text("counts").unwrap())).collect()
}

#[tokio::test]
async fn what_is_sealed_is_in_no_count_of_all_whether_a_member_asks_first_or_a_stranger() {
    let mut counts = Vec::new();
    for (is_sealed, is_member) in [(false, false), (true, false), (true, true)] {
        let mut world = World::open().await;
        let (member, stranger) = (world.role(Role::Auditor).clone(), world.house.person(Role::Auditor));
        import(&world.house, &stranger).await;
        if is_sealed {
            world.seal_with(&[member.id]).await;
        }
        let first = if is_member { Caller::Person(member) } else { stranger };
        counts.push(kept(&world, &first).await);
    }
    assert_ne!(counts[0], counts[1], "the seal takes its passages out, so that this can fail");
    assert_eq!(counts[1], counts[2]);
}
