//! Consents and openings through their doors, with the ledger behind them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::Arc;

use serde_json::{Value, json};
use shouhu_env::{BoxFuture, Env, SimClock};
use shouhu_http::testing::House;
use shouhu_ids::{CameraId, Micros};
use shouhu_module::ports::{Glimpse, LiveCases, LiveCasesPort, MovementAsker, Revealed, Revealing};
use shouhu_module::{Caller, Module, Person, Problem};
use shouhu_plate::Plate;
use shouhu_wire::Role;

use super::openings::OPENING_US;
use super::{Ledger, ledger};

static MODULES: &[Module] = &[crate::MODULE];
const NOW: Micros = Micros(20_000 * Micros::DAY);
const CASE: &str = "115-偵-7";

/// One incident is live, of the first priority; another one can wait.
struct Incidents;

impl LiveCases for Incidents {
    fn is_live(&self, _: String) -> BoxFuture<'static, bool> {
        Box::pin(async { true })
    }

    fn live_incident(&self, case_ref: String) -> BoxFuture<'static, Result<Option<(String, u8)>, Problem>> {
        let found = match case_ref.as_str() {
            "115-1122-0001" => Some((case_ref, 1)),
            "115-1122-0002" => Some((case_ref, 4)),
            _ => None,
        };
        Box::pin(async move { Ok(found) })
    }
}

struct World {
    house: House,
    clock: Arc<SimClock>,
    detective: Caller,
    colleague: Caller,
    chief: Caller,
    auditor: Caller,
}

impl World {
    async fn open() -> Self {
        let clock = Arc::new(SimClock::starting_at(NOW));
        // The database of a test lies on a real disk.
        let env = Env { clock: clock.clone(), ..Env::real() };
        let house = House::open_in(MODULES, env).await;
        house.app.put(LiveCasesPort(Arc::new(Incidents)));
        let (detective, colleague) = (of(house.person(Role::Detective), "第一分局"), of(house.person(Role::Supervisor), "第一分局"));
        let (chief, auditor) = (of(house.person(Role::Supervisor), "刑警大隊"), of(house.person(Role::Auditor), "督察室"));
        let settings = json!({ "days_max": 2, "points_max": 3 });
        let set = house.call(&auditor, "POST", "/v1/oversight/bound", settings).await;
        assert_eq!((set.status, &set.json["points_max"]), (200, &json!(3)), "{}", set.json);
        Self { house, clock, detective, colleague, chief, auditor }
    }

    async fn post(&self, who: &Caller, path: &str, body: Value) -> (u16, Value) {
        let answer = self.house.call(who, "POST", &format!("/v1/oversight/{path}"), body).await;
        (answer.status, answer.json)
    }

    async fn get(&self, who: &Caller, path: &str) -> Value {
        self.house.call(who, "GET", &format!("/v1/oversight/{path}"), Value::Null).await.json
    }

    async fn asked(&self) -> String {
        let (status, json) = self.post(&self.detective, "observations", request()).await;
        assert_eq!(status, 200, "{json}");
        json["id"].as_str().unwrap().to_owned()
    }

    /// Passages of one plate at one camera, one a day, as sightings would tell them.
    async fn shown(&self, who: &Caller, case: &str, days: std::ops::Range<i64>) -> Revealed {
        let row = |day: i64| vec![Glimpse::passage(Plate::parse("ABC-1234").unwrap(), NOW.plus(-day * Micros::DAY), Some(camera()))];
        let named = vec![Plate::parse("ABC-1234").unwrap()];
        let asked = Revealing { asker: asker(who, case), named, rows: days.map(row).collect(), rows_max: 100, per_plate_max: 1, sums_over: None };
        let fold = &self.house.app.room::<Ledger>().fold;
        ledger::reveal(&self.house.app.store, fold, &asked).await.unwrap()
    }

    async fn count(&self, who: &Caller, case: &str, days: std::ops::Range<i64>) -> usize {
        self.shown(who, case, days).await.is_shown.into_iter().filter(|is_shown| *is_shown).count()
    }
}

fn of(caller: Caller, office: &str) -> Caller {
    let Caller::Person(person) = caller else { panic!("a person") };
    Caller::Person(Person { office: Some(office.to_owned()), ..person })
}

fn asker(who: &Caller, case: &str) -> MovementAsker {
    let Caller::Person(person) = who else { panic!("a person") };
    MovementAsker { id: person.id, office: person.office.clone(), case_ref: Some(case.to_owned()), purpose: "investigation".into(), is_live: false }
}

fn camera() -> CameraId {
    CameraId::new(Micros(1), [9; 16])
}

fn request() -> Value {
    json!({
        "plates": ["ABC-1234"], "case_ref": CASE, "basis": "organised_offence", "reason": "連續竊盜集團所用車輛，須查明動線",
        "from_us": NOW.plus(-30 * Micros::DAY), "until_us": NOW.plus(Micros::DAY), "cameras": [], "term_days": 30,
    })
}

#[tokio::test]
async fn a_consent_of_another_office_lets_a_case_see_more_for_its_time_and_names_itself() {
    let world = World::open().await;
    assert_eq!(world.count(&world.detective, CASE, 0..9).await, 2, "two days");
    let id = world.asked().await;
    assert_eq!(world.count(&world.detective, CASE, 0..9).await, 2, "asking is not having");
    let waiting = world.get(&world.chief, "observations?which=waiting").await;
    assert_eq!(waiting["items"][0]["id"], json!(id));
    assert_eq!(world.get(&world.colleague, "observations?which=waiting").await["items"], json!([]), "nobody decides for his own office");
    let (status, given) = world.post(&world.chief, &format!("observations/{id}/decide"), json!({ "is_given": true })).await;
    assert_eq!((status, &given["state"], &given["is_running"]), (200, &json!("given"), &json!(true)), "{given}");

    let shown = world.shown(&world.detective, " 115－偵－7", 0..9).await;
    assert_eq!((shown.is_shown.len(), shown.grounds), (9, vec![format!("consent {id}")]));
    assert_eq!(world.count(&world.colleague, CASE, 0..9).await, 9, "the office's");
    let elsewhere = of(world.house.person(Role::Detective), "第二分局");
    assert_eq!(world.count(&elsewhere, CASE, 0..9).await, 2, "not another office's, which sees again what the case was shown");
    assert_eq!(world.count(&world.detective, "115-偵-8", 0..9).await, 2, "not another case's, and the asker's own two days are used");
    assert_eq!(world.count(&world.detective, CASE, 40..41).await, 0, "not outside its window");
    let seen = world.get(&world.auditor, &format!("observations/{id}")).await;
    assert_eq!(seen["released"].as_array().map(Vec::len), Some(18), "who was shown which day: {seen}");

    world.clock.advance_us(30 * Micros::DAY);
    assert_eq!(world.count(&world.detective, CASE, 0..9).await, 2, "its time has run out");
}

#[tokio::test]
async fn who_asked_who_sits_beside_and_who_was_shown_a_part_cannot_consent() {
    let world = World::open().await;
    let id = world.asked().await;
    let decide = format!("observations/{id}/decide");
    let give = json!({ "is_given": true });
    assert_eq!(world.post(&world.detective, &decide, give.clone()).await.1["key"], json!("identity.not_permitted"));
    assert_eq!(world.post(&world.colleague, &decide, give.clone()).await.1["key"], json!("oversight.consent.same_office"));
    let nowhere = world.house.person(Role::Supervisor);
    assert_eq!(world.post(&nowhere, &decide, give.clone()).await.1["key"], json!("oversight.consent.no_office"));
    world.shown(&world.chief, CASE, 3..4).await;
    assert_eq!(world.post(&world.chief, &decide, give.clone()).await.1["key"], json!("oversight.consent.involved"));
    let other = of(world.house.person(Role::Supervisor), "交通大隊");
    assert_eq!(world.post(&other, &decide, json!({ "is_given": false })).await.1["key"], json!("oversight.consent.note"));
    let refused = world.post(&other, &decide, json!({ "is_given": false, "note": "事實不足" })).await;
    assert_eq!((refused.0, &refused.1["state"]), (200, &json!("refused")));
    assert_eq!(world.post(&other, &decide, give.clone()).await.1["key"], json!("oversight.consent.decided"));
    // A supervisor asks, moves on, and still cannot decide what he asked for.
    let (_, own) = world.post(&world.chief, "observations", request()).await;
    let Caller::Person(chief) = &world.chief else { panic!("a person") };
    let moved = of(Caller::Person(chief.clone()), "交通大隊");
    let decide = format!("observations/{}/decide", own["id"].as_str().unwrap());
    assert_eq!(world.post(&moved, &decide, give).await.1["key"], json!("oversight.consent.same_person"));
}

#[tokio::test]
async fn a_consent_is_extended_once_and_ends_at_once_when_it_is_withdrawn() {
    let world = World::open().await;
    let id = world.asked().await;
    let path = |act: &str| format!("observations/{id}/{act}");
    let longer = json!({ "days": 365, "reason": "集團仍在活動，動線尚未查明" });
    assert_eq!(world.post(&world.detective, &path("extend"), longer.clone()).await.1["key"], json!("oversight.consent.decided"));
    world.post(&world.chief, &path("decide"), json!({ "is_given": true })).await;
    assert_eq!(world.post(&world.detective, &path("extend"), json!({ "days": 366, "reason": "集團仍在活動，動線尚未查明" })).await.0, 422);
    assert_eq!(world.post(&world.chief, &path("extend"), longer.clone()).await.0, 404, "another office's");
    assert_eq!(world.post(&world.detective, &path("extend"), longer.clone()).await.0, 200);
    assert_eq!(world.post(&world.colleague, &path("decide"), json!({ "is_given": true })).await.1["key"], json!("oversight.consent.same_office"));
    let (_, extended) = world.post(&world.chief, &path("decide"), json!({ "is_given": true })).await;
    assert_eq!(extended["ends_at_us"], json!(NOW.plus(395 * Micros::DAY)), "{extended}");
    assert_eq!(world.post(&world.detective, &path("extend"), longer).await.1["key"], json!("oversight.consent.extended_once"));

    assert_eq!(world.count(&world.detective, CASE, 0..9).await, 9);
    assert_eq!(world.post(&world.detective, &path("withdraw"), json!({ "note": " " })).await.1["key"], json!("oversight.consent.note"));
    let (_, ended) = world.post(&world.detective, &path("withdraw"), json!({ "note": "嫌犯到案" })).await;
    assert_eq!((&ended["state"], &ended["is_running"]), (&json!("withdrawn"), &json!(false)));
    assert_eq!(world.count(&world.detective, CASE, 0..9).await, 2, "what was shown under it opens nothing now");
    assert_eq!(world.post(&world.detective, &path("withdraw"), json!({ "note": "嫌犯到案" })).await.1["key"], json!("oversight.consent.decided"));
}

#[tokio::test]
async fn a_request_that_is_not_whole_is_refused_with_what_is_missing() {
    let world = World::open().await;
    for (field, value, key) in [
        ("plates", json!([]), "plates"),
        ("plates", json!(["車"]), "plate"),
        ("case_ref", json!(" "), "case"),
        ("reason", json!("because"), "reason"),
        ("until_us", json!(0), "scope"),
        ("term_days", json!(366), "term"),
        ("term_days", json!(0), "term"),
    ] {
        let mut body = request();
        body[field] = value;
        let (status, json) = world.post(&world.detective, "observations", body).await;
        assert_eq!((status, &json["key"]), (422, &json!(format!("oversight.consent.{key}"))), "{json}");
    }
    let nowhere = world.house.person(Role::Detective);
    assert_eq!(world.post(&nowhere, "observations", request()).await.1["key"], json!("oversight.consent.no_office"));
    let (status, json) = world.post(&world.auditor, "bound", json!({ "days_max": 0, "points_max": 5 })).await;
    assert_eq!((status, &json["key"]), (422, &json!("oversight.movements.bound_out_of_range")));
    assert_eq!(world.post(&world.chief, "bound", json!({ "days_max": 5, "points_max": 5 })).await.0, 403, "only oversight sets the bound");
}

#[tokio::test]
async fn one_tap_opens_a_plate_for_a_day_and_what_nobody_reviews_escalates() {
    let world = World::open().await;
    let incident = "115-1122-0001";
    for (plate, number, key) in [("ABC-1234", "115-1122-0009", "not_live"), ("ABC-1234", "115-1122-0002", "not_live"), ("車", incident, "plate")] {
        let (_, json) = world.post(&world.detective, "openings", json!({ "plate": plate, "incident": number })).await;
        assert_eq!(json["key"], json!(format!("oversight.opening.{key}")));
    }
    let (status, opened) = world.post(&world.detective, "openings", json!({ "plate": "ABC1234", "incident": incident })).await;
    assert_eq!((status, &opened["is_running"]), (200, &json!(true)), "{opened}");
    let again = world.post(&world.detective, "openings", json!({ "plate": "ABC-1234", "incident": incident })).await.1;
    assert_eq!(again["id"], opened["id"], "a second tap opens nothing new");
    let shown = world.shown(&world.detective, incident, 0..9).await;
    assert_eq!((shown.is_shown.len(), shown.is_bounded, shown.grounds.len()), (9, false, 1));
    assert_eq!(world.count(&world.detective, CASE, 0..9).await, 2, "for its incident only");

    let id = opened["id"].as_str().unwrap();
    let review = format!("openings/{id}/review");
    let found = json!({ "finding": "justified", "note": "走失老人，已尋獲" });
    assert_eq!(world.post(&world.chief, &review, found.clone()).await.0, 403);
    world.house.settle().await;
    assert_eq!(world.get(&world.auditor, "openings?is_to_review=true").await["items"][0]["escalated_at_us"], json!(null));
    world.clock.advance_us(OPENING_US);
    assert_eq!(world.count(&world.detective, incident, 0..9).await, 2, "the day is over");
    world.house.settle().await;
    let listed = world.get(&world.auditor, "openings?is_to_review=true").await;
    assert!(listed["items"][0]["escalated_at_us"].is_i64(), "{listed}");
    let health = (crate::MODULE.health)(world.house.app.clone()).await;
    assert!(!health.is_healthy && health.detail.contains("1 openings"), "{}", health.detail);
    let seen = world.get(&world.auditor, &format!("openings/{id}")).await;
    assert_eq!(seen["released"].as_array().map(Vec::len), Some(9), "{seen}");

    assert_eq!(world.post(&world.auditor, &review, json!({ "finding": "justified", "note": " " })).await.1["key"], json!("oversight.opening.note"));
    assert_eq!(world.post(&world.auditor, &review, found.clone()).await.1["finding"], json!("justified"));
    assert_eq!(world.post(&world.auditor, &review, found).await.1["key"], json!("oversight.opening.reviewed"));
    assert!((crate::MODULE.health)(world.house.app.clone()).await.is_healthy);
    let other = of(world.house.person(Role::Detective), "第一分局");
    assert_eq!(world.house.call(&other, "GET", &format!("/v1/oversight/openings/{id}"), Value::Null).await.status, 404, "not everybody's to see");
}

#[tokio::test]
async fn an_opening_that_is_found_unjustified_ends_at_once_and_is_not_opened_again() {
    let world = World::open().await;
    let body = |plate: &str| json!({ "plate": plate, "incident": "115-1122-0001" });
    let (_, opened) = world.post(&world.detective, "openings", body("ABC-1234")).await;
    assert_eq!(world.count(&world.detective, "115-1122-0001", 0..9).await, 9);
    let review = format!("openings/{}/review", opened["id"].as_str().unwrap());
    let (_, reviewed) = world.post(&world.auditor, &review, json!({ "finding": "not_justified", "note": "與案件無關" })).await;
    assert_eq!((&reviewed["is_running"], &reviewed["ends_at_us"]), (&json!(false), &json!(NOW)), "{reviewed}");
    assert_eq!(world.count(&world.detective, "115-1122-0001", 0..9).await, 2, "the bound holds again");
    for who in [&world.detective, &world.colleague] {
        let (status, json) = world.post(who, "openings", body("ABC1234")).await;
        assert_eq!((status, &json["key"]), (409, &json!("oversight.opening.found_unjustified")));
    }
    assert_eq!(world.post(&world.detective, "openings", body("XY-9876")).await.0, 200, "another plate");

    // One that was justified runs on.
    let (_, opened) = world.post(&world.detective, "openings", body("EAA-5551")).await;
    let review = format!("openings/{}/review", opened["id"].as_str().unwrap());
    let (_, reviewed) = world.post(&world.auditor, &review, json!({ "finding": "justified", "note": "走失老人，已尋獲" })).await;
    assert_eq!(reviewed["is_running"], json!(true));
}
