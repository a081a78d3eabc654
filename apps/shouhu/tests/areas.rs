//! The whole house: a city that is watched evenly is called even, and one that is not is shown.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::Arc;

use serde_json::{Value, json};
use shouhu::MODULES;
use shouhu_env::{BoxFuture, Env, SimClock};
use shouhu_http::testing::House;
use shouhu_ids::Micros;
use shouhu_module::ports::{
    CheckInTally, CheckInTallyPort, CitizenReport, CitizenReports, CitizenReportsPort, HitTally, HitTallyPort, PassageTally, PassageTallyPort, PlacedCount,
    TalliedHit,
};
use shouhu_module::{Caller, Problem};
use shouhu_place::Wgs84;
use shouhu_wire::{HitState, RejectReason, Role};

/// 2026-11-20 12:00 in Taipei.
const NOW: Micros = Micros(1_795_147_200_000_000);
const AREAS: usize = 40;

/// Forty squares in a row, the last one four times as full as the first.
fn residents(area: usize) -> u64 {
    1_000 + 75 * area as u64
}

fn middle(area: usize) -> Wgs84 {
    Wgs84::new(120.0 + 0.01 * area as f64 + 0.005, 23.005).unwrap()
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

#[derive(Clone)]
struct Fake {
    passages: Vec<usize>,
    check_ins: Vec<usize>,
    hits: Vec<usize>,
    errors: Vec<usize>,
    reports: Vec<usize>,
}

fn counted(places: &[usize]) -> Vec<PlacedCount> {
    places.iter().map(|area| PlacedCount { position: Some(middle(*area)), count: 1 }).collect()
}

impl PassageTally for Fake {
    fn passages(&self, _: Micros, _: Micros) -> BoxFuture<'static, Result<Vec<PlacedCount>, Problem>> {
        let counted = counted(&self.passages);
        Box::pin(async move { Ok(counted) })
    }
}

impl CheckInTally for Fake {
    fn check_ins(&self, _: Micros, _: Micros) -> BoxFuture<'static, Result<Vec<PlacedCount>, Problem>> {
        let counted = counted(&self.check_ins);
        Box::pin(async move { Ok(counted) })
    }
}

impl HitTally for Fake {
    fn hits(&self, _: Micros, _: Micros) -> BoxFuture<'static, Result<Vec<TalliedHit>, Problem>> {
        let hit = |area: &usize, state, reject_reason| TalliedHit { position: Some(middle(*area)), state, reject_reason };
        let mut hits: Vec<_> = self.hits.iter().map(|area| hit(area, HitState::Confirmed, None)).collect();
        hits.extend(self.errors.iter().map(|area| hit(area, HitState::Rejected, Some(RejectReason::Misread))));
        Box::pin(async move { Ok(hits) })
    }
}

impl CitizenReports for Fake {
    fn since(&self, _: Micros) -> BoxFuture<'static, Result<Vec<CitizenReport>, Problem>> {
        let report = |area: &usize| CitizenReport { at: NOW.plus(-Micros::DAY), position: middle(*area), kind: "theft".into() };
        let reports: Vec<_> = self.reports.iter().map(report).collect();
        Box::pin(async move { Ok(reports) })
    }
}

fn put(house: &House, fake: &Fake) {
    house.app.put(PassageTallyPort(Arc::new(fake.clone())));
    house.app.put(CheckInTallyPort(Arc::new(fake.clone())));
    house.app.put(HitTallyPort(Arc::new(fake.clone())));
    house.app.put(CitizenReportsPort(Arc::new(fake.clone())));
}

async fn report(house: &House, who: &Caller) -> Value {
    let answer = house.call(who, "GET", "/v1/oversight/areas/report?month=2026-11", Value::Null).await;
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
    let house = House::open_in(MODULES, Env { clock: Arc::new(SimClock::starting_at(NOW)), ..Env::real() }).await;
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
        };
        put(&house, &fair);
        wrongly += called(&report(&house, &inspector).await).len();

        let unfair = Fake { hits: city.places(6_000, Some((7, 3.0))), errors: city.places(2_000, Some((30, 3.0))), ..fair };
        put(&house, &unfair);
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
        assert_eq!(report(&house, &auditor).await, told, "made again it is the same");
    }
    assert_eq!(wrongly, 0, "twenty fair cities of forty areas and nine comparisons");

    // Few: nothing small is told, and nothing is said of it.
    let mut city = City { state: 1 };
    let small = Fake { passages: city.places(90, None), check_ins: vec![3; 9], hits: vec![3; 4], errors: vec![], reports: vec![2; 8] };
    put(&house, &small);
    let told = report(&house, &auditor).await;
    assert_eq!(called(&told), []);
    assert_eq!((&told["areas"][3]["check_ins"], &told["areas"][3]["hits"], &told["areas"][2]["reports"]), (&Value::Null, &Value::Null, &Value::Null));

    let csv = house.call(&inspector, "GET", "/v1/oversight/areas/report.csv?month=2026-11", Value::Null).await;
    assert!(String::from_utf8_lossy(&csv.bytes).starts_with("\u{feff}month,measure,reference,area"));
    for month in ["2027-01", "2026-13", "x"] {
        assert_eq!(house.call(&auditor, "GET", &format!("/v1/oversight/areas/report?month={month}"), Value::Null).await.status, 422, "{month}");
    }
    assert_eq!(house.call(&house.person(Role::Officer), "GET", "/v1/oversight/areas/report", Value::Null).await.status, 403);
}
