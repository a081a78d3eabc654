//! Sightings and oversight in one house: what a patient asker can put together about one plate, by every route of ADR 0011's table.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use shouhu::MODULES;
use shouhu_env::{Env, SimClock};
use shouhu_http::testing::House;
use shouhu_ids::{CameraId, DeviceId, Micros, SightingId};
use shouhu_lakehouse::lake::PlateCode;
use shouhu_module::ports::{CameraPlace, CameraPlaces, CameraPlacesPort};
use shouhu_module::{Caller, DevicePeer, Person};
use shouhu_place::Wgs84;
use shouhu_wire::{DeviceKind, Role};

const NOW: Micros = Micros(20_000 * Micros::DAY);
const PLATE: &str = "ABC-1234";
const COMPANION: &str = "XYZ-9999";
const DAYS: std::ops::RangeInclusive<i64> = 1..=6;
const DAYS_MAX: usize = 3;
const POINTS_MAX: usize = 9;
const CASES: [&str; 2] = ["115-偵-7", "115-偵-8"];

/// Cameras a kilometre apart.
struct Row;

const CAMERAS: i64 = 3;

fn camera(number: i64) -> CameraId {
    CameraId::new(Micros(1), [number as u8 + 1; 16])
}

impl CameraPlaces for Row {
    fn place(&self, asked: CameraId) -> Option<CameraPlace> {
        let number = (0..CAMERAS).find(|number| camera(*number) == asked)?;
        let position = Wgs84::new(120.20 + number as f64 * 0.01, 23.0).ok()?;
        Some(CameraPlace { name: format!("camera {number}"), position, heading_deg: None })
    }
}

/// When the plate passed a camera so many days ago; no two moments share their milliseconds.
fn passed(day: i64, number: i64) -> Micros {
    NOW.plus(-day * Micros::DAY + (number - 4) * 10 * Micros::MINUTE + (day * 10 + number) * 1_000)
}

fn taipei_day(at: i64) -> i64 {
    (at + 8 * Micros::HOUR).div_euclid(Micros::DAY)
}

struct World {
    house: House,
    detective: Caller,
    colleague: Caller,
    chief: Caller,
    /// Every moment at which the plate passed somewhere.
    moments: Vec<i64>,
}

fn of(caller: Caller, office: &str) -> Caller {
    let Caller::Person(person) = caller else { panic!("a person") };
    Caller::Person(Person { office: Some(office.to_owned()), ..person })
}

impl World {
    /// The plate passes all cameras on `days`; its companion goes along on the first three.
    async fn open(days: std::ops::RangeInclusive<i64>) -> Self {
        let env = Env { clock: Arc::new(SimClock::starting_at(NOW)), ..Env::real() };
        let house = House::open_in(MODULES, env).await;
        house.app.put(CameraPlacesPort(Arc::new(Row)));
        let auditor = house.person(Role::Auditor);
        let bound = json!({ "days_max": DAYS_MAX, "points_max": POINTS_MAX });
        assert_eq!(house.call(&auditor, "POST", "/v1/oversight/bound", bound).await.status, 200);
        let mut moments = Vec::new();
        for number in 0..CAMERAS {
            let mut reports = Vec::new();
            let mut report = |plate: &str, at: Micros| {
                let sequence = reports.len() + 1;
                reports.push(json!({ "sequence": sequence, "plate": plate, "confidence": 0.9, "captured_at_us": at.0, "reads": 3 }));
            };
            // In the same order in every world: the companion first.
            for day in 1..=3 {
                report(COMPANION, passed(day, number).plus(10 * Micros::SECOND + 500_000));
            }
            for day in days.clone() {
                report(PLATE, passed(day, number));
                moments.push(passed(day, number).0);
            }
            let device = DevicePeer {
                id: DeviceId::new(Micros(1), [number as u8 + 1; 16]),
                name: format!("fixed {number}"),
                kind: DeviceKind::FixedCamera,
                camera: Some(camera(number)),
                clock_offset_us: 0,
            };
            let batch = json!({ "model": "test-1", "sent_at_us": NOW.0, "sightings": reports });
            let sent = house.call(&Caller::Device(device), "POST", "/v1/sightings", batch).await;
            assert_eq!(sent.status, 200, "{}", sent.json);
        }
        house.settle().await;
        let (detective, colleague) = (of(house.person(Role::Detective), "第一分局"), of(house.person(Role::Detective), "第一分局"));
        let chief = of(house.person(Role::Supervisor), "刑警大隊");
        Self { house, detective, colleague, chief, moments }
    }

    /// What a question is answered: the status and all that the answer says.
    async fn asked(&self, who: &Caller, case: &str, (method, path, body): &(&str, String, Value)) -> (u16, String) {
        let case = case.replace('偵', "%E5%81%B5");
        let headers = [("shouhu-purpose", "investigation"), ("shouhu-case", case.as_str())];
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let answer = self.house.call_with(who, method, path, &headers, body).await;
        assert!(answer.status < 500 && answer.status != 428, "{method} {path}: {}", answer.json);
        if path == "/v1/sightings/exports" && answer.status == 200 {
            self.house.settle().await;
            let path = format!("/v1/sightings/exports/{}/file", answer.json["id"].as_str().unwrap());
            let file = self.house.call_with(who, "GET", &path, &[], Vec::new()).await;
            assert_eq!(file.status, 200, "{}", file.json);
            return (200, String::from_utf8_lossy(&file.bytes).into_owned());
        }
        (answer.status, String::from_utf8_lossy(&answer.bytes).into_owned())
    }

    /// Moments of the plate that a text tells: as microseconds, or as an export writes them.
    fn told(&self, text: &str) -> BTreeSet<i64> {
        let is_told = |at: &i64| {
            let of_day = (at / 1_000 + 8 * 3_600_000).rem_euclid(86_400_000);
            let (minutes, ms) = (of_day / 60_000, of_day % 60_000);
            let written = format!("{:02}:{:02}:{:02}.{:03}", minutes / 60, minutes % 60, ms / 1_000, ms % 1_000);
            text.contains(&at.to_string()) || text.contains(&written)
        };
        self.moments.iter().copied().filter(is_told).collect()
    }
}

/// Every route of the table that may be asked about this window, in one order.
fn questions([from, until]: [Micros; 2]) -> Vec<(&'static str, String, Value)> {
    let window = format!("from_us={}&until_us={}", from.0, until.0);
    let span = |mut body: Value| {
        body["from_us"] = json!(from.0);
        body["until_us"] = json!(until.0);
        body
    };
    let all: Vec<CameraId> = (0..CAMERAS).map(camera).collect();
    let area = json!({ "kind": "circle", "center": { "lon": 120.21, "lat": 23.0 }, "radius_m": 5_000.0 });
    let get = |path: String| ("GET", path, Value::Null);
    let post = |path: &str, body: Value| ("POST", format!("/v1/sightings/{path}"), body);
    let mut all_of = vec![
        get(format!("/v1/sightings?plate={PLATE}&{window}")),
        get(format!("/v1/sightings?plate={PLATE}&{window}&limit=1")),
        get(format!("/v1/sightings?plate=ABC*&{window}")),
        get(format!("/v1/sightings?camera={}&{window}", camera(0))),
        get(format!("/v1/sightings/trajectory?plate={PLATE}&{window}")),
        get(format!("/v1/sightings/plates?plate=ABC*&{window}")),
        get(format!("/v1/sightings/plates?plate=A8C1234&likeness=look_alike&{window}")),
        get(format!("/v1/sightings/plates?plate=ABC123&likeness=one_off&{window}")),
        get("/v1/sightings/plates?plate=ABC*".into()),
        get(format!("/v1/sightings/seen?plate={PLATE}")),
        post("cameras", span(json!({ "cameras": all }))),
        post("area", span(json!({ "area": area }))),
        post("area/plates", span(json!({ "area": area }))),
        post("passed", span(json!({ "first": [all[0]], "then": [all[2]] }))),
        post("convoys", span(json!({ "plate": PLATE }))),
        post("convoys", span(json!({ "plate": COMPANION }))),
        post("meetings", span(json!({ "plates": [PLATE, COMPANION] }))),
        post("meetings", span(json!({ "plates": [PLATE, COMPANION], "within_s": 660, "within_m": 1_500 }))),
        post("zones", json!({ "vehicles": [{ "plate": PLATE, "stolen_at_us": until.0 }], "look_days": 1 })),
    ];
    // Made in the background, and so slower to wait for.
    if until.since(from) > Micros::DAY {
        all_of.push(post("exports", span(json!({ "question": { "kind": "history", "plate": PLATE }, "format": "csv" }))));
        all_of.push(post("exports", span(json!({ "question": { "kind": "area", "area": area }, "format": "csv" }))));
    }
    for some in [&all[..], &all[..1], &all[1..]] {
        all_of.push(post("cameras/plates", span(json!({ "cameras": some }))));
    }
    all_of
}

/// Whoever knows plate, camera and moment can compute the name of a passage.
fn single_passages(moments: &[i64]) -> Vec<(&'static str, String, Value)> {
    let plate = PlateCode::from_bytes(b"ABC1234").unwrap().0;
    let named = |source: u32, at: i64| ("GET", format!("/v1/sightings/{}", SightingId::of(source, at / 1_000, plate)), Value::Null);
    (0..=CAMERAS as u32).flat_map(|source| moments.iter().map(move |at| named(source, *at))).collect()
}

/// The whole week, each day, parts of a day, and windows that end where another begins.
fn windows() -> Vec<[Micros; 2]> {
    let mut windows = vec![[NOW.plus(-7 * Micros::DAY), NOW]];
    for day in DAYS {
        let begins = passed(day, 0).plus(-Micros::MINUTE);
        windows.push([begins, begins.plus(Micros::HOUR)]);
        windows.push([begins, begins.plus(15 * Micros::MINUTE)]);
        if day == 4 {
            windows.push([begins.plus(15 * Micros::MINUTE), begins.plus(2 * Micros::DAY)]);
        }
    }
    windows
}

/// What was told of the plate, by case and by asker.
#[derive(Default)]
struct Put(BTreeMap<String, BTreeSet<i64>>);

impl Put {
    fn together(&mut self, holders: [String; 2], told: &BTreeSet<i64>, after: &str) {
        for holder in holders {
            let all = self.0.entry(holder.clone()).or_default();
            all.extend(told);
            let days: BTreeSet<i64> = all.iter().map(|at| taipei_day(*at)).collect();
            assert!(days.len() <= DAYS_MAX && all.len() <= POINTS_MAX, "{holder} knows {} days and {} moments after {after}", days.len(), all.len());
        }
    }
}

#[tokio::test]
async fn by_every_route_and_with_a_second_officer_no_more_than_the_bound_is_put_together() {
    for is_turned in [false, true] {
        let world = World::open(DAYS).await;
        let (mut put, mut routes) = (Put::default(), BTreeSet::new());
        let mut asked: Vec<_> = windows().into_iter().flat_map(questions).collect();
        asked.extend(single_passages(&world.moments));
        if is_turned {
            asked.reverse();
        }
        for question in &asked {
            for (name, who) in [("detective", &world.detective), ("colleague", &world.colleague)] {
                let (_, text) = world.asked(who, CASES[0], question).await;
                let told = world.told(&text);
                if !told.is_empty() {
                    routes.insert(question.1.split('?').next().unwrap().to_owned());
                }
                put.together([format!("case {}", CASES[0]), format!("asker {name}")], &told, &question.1);
            }
        }
        assert!(!put.0.values().any(BTreeSet::is_empty) && !routes.is_empty(), "something was told: {routes:?}");
        // Another case is another account of the case, and the same one of the asker.
        for question in &asked {
            let told = world.told(&world.asked(&world.detective, CASES[1], question).await.1);
            put.together([format!("case {}", CASES[1]), "asker detective".into()], &told, &question.1);
        }
    }
}

/// Asks for three days until the bound is used up, and gives what all questions are answered afterwards.
async fn answers_at_the_bound(world: &World) -> Vec<(String, u16, Value)> {
    for day in 1..=3 {
        let begins = passed(day, 0).plus(-Micros::MINUTE);
        let history = ("GET", format!("/v1/sightings/trajectory?plate={PLATE}&from_us={}&until_us={}", begins.0, begins.0 + Micros::HOUR), Value::Null);
        assert_eq!(world.told(&world.asked(&world.detective, CASES[0], &history).await.1).len(), 3, "day {day}");
    }
    let mut answers = Vec::new();
    let mut asked: Vec<_> = windows().into_iter().flat_map(questions).collect();
    asked.extend(single_passages(&DAYS.flat_map(|day| (0..CAMERAS).map(move |number| passed(day, number).0)).collect::<Vec<_>>()));
    for question in asked {
        let (status, text) = world.asked(&world.detective, CASES[0], &question).await;
        let said = serde_json::from_str(&text).unwrap_or(Value::String(text));
        answers.push((format!("{} {} {}", question.0, question.1, question.2), status, said));
    }
    answers
}

#[tokio::test]
async fn at_the_bound_every_route_answers_the_same_whether_there_was_more_or_not() {
    let (more, less) = (World::open(DAYS).await, World::open(1..=3).await);
    for (of_more, of_less) in answers_at_the_bound(&more).await.into_iter().zip(answers_at_the_bound(&less).await) {
        assert_eq!(of_more, of_less);
    }
}

/// A consent for the first three days, of another office.
async fn consented(world: &World) {
    let ask = json!({
        "plates": [PLATE], "case_ref": CASES[0], "basis": "organised_offence", "reason": "連續竊盜集團所用車輛，須查明動線",
        "from_us": NOW.plus(-3 * Micros::DAY - 6 * Micros::HOUR), "until_us": NOW, "cameras": [], "term_days": 30,
    });
    let asked = world.house.call(&world.detective, "POST", "/v1/oversight/observations", ask).await;
    assert_eq!(asked.status, 200, "{}", asked.json);
    let decide = format!("/v1/oversight/observations/{}/decide", asked.json["id"].as_str().unwrap());
    let decided = world.house.call(&world.chief, "POST", &decide, json!({ "is_given": true })).await;
    assert_eq!(decided.status, 200, "{}", decided.json);
}

#[tokio::test]
async fn a_consent_for_some_days_does_not_tell_by_a_missing_sum_what_lies_outside_them() {
    let (more, less) = (World::open(DAYS).await, World::open(1..=3).await);
    let mut shown = 0;
    let mut answers = [Vec::new(), Vec::new()];
    for (world, answers) in [&more, &less].into_iter().zip(&mut answers) {
        // The bound is used up by what no consent is about: the moments before which a theft is looked for.
        for second in 0..4 {
            let stolen_at = NOW.plus(-20 * Micros::DAY + second * Micros::SECOND).0;
            let zones = json!({ "vehicles": [{ "plate": PLATE, "stolen_at_us": stolen_at }], "look_days": 1 });
            world.asked(&world.detective, CASES[0], &("POST", "/v1/sightings/zones".into(), zones)).await;
        }
        consented(world).await;
        for question in windows().into_iter().flat_map(questions) {
            let (status, text) = world.asked(&world.detective, CASES[0], &question).await;
            shown += world.told(&text).len();
            // The named problem tells the accounts, which are the same; the consent's own number is another in each house.
            answers.push((question.1, question.2, status, text));
        }
    }
    assert!(shown > 0, "the consent lets something out");
    let [more, less] = answers;
    for (of_more, of_less) in more.into_iter().zip(less) {
        assert_eq!(of_more, of_less);
    }
}
