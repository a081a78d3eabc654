//! Claims about sharing, on both databases and through the doors.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::Arc;

use serde_json::{Value, json};
use shouhu_env::{Env, SimClock};
use shouhu_http::testing::House;
use shouhu_ids::{DeviceId, Micros, WebhookId};
use shouhu_module::ports::{Direction, ForSomebody, Partner, Sharing, SharingPort};
use shouhu_module::{Access, Audit, Caller, Keyed, Load, Module, NoBody, Route};
use shouhu_store::Store;
use shouhu_store::testing::on_each_database;
use shouhu_wire::{DeviceKind, Role};

use super::store::{list, off, on, one, shown};
use super::{SharingError, gate};
use crate::MODULE;

static MODULES: &[Module] = &[MODULE];
const NOW: Micros = Micros(20_000 * Micros::DAY);

/// One at a time, as all but streams do.
async fn pass(store: &Store, sharing: &Sharing) -> Result<(), SharingError> {
    gate::pass(store, sharing, 1).await
}

fn told(kind: &str) -> Sharing {
    let partner = Partner::webhook(WebhookId::new(Micros(1), [1; 16]), "消防局");
    Sharing { partner, direction: Direction::Out, kind: kind.into(), is_life: false }
}

fn sent(is_life: bool) -> Sharing {
    let partner = Partner::device(DeviceId::new(Micros(1), [2; 16]), "高雄勤務中心");
    Sharing { partner, direction: Direction::In, kind: "/v1/partners/warnings".into(), is_life }
}

fn key<T>(result: Result<T, SharingError>) -> &'static str {
    result.err().map_or("", |error| error.key())
}

#[tokio::test]
async fn what_passes_is_counted_and_a_switch_stops_one_partner_at_once_until_two_turn_it_back() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let people = House::open(MODULES).await;
        let [a, b] = [Role::Dispatcher, Role::Supervisor].map(|role| {
            let Caller::Person(person) = people.person(role) else { panic!("a person") };
            person
        });
        let (fire, centre) = (told("").partner.key, sent(true).partner.key);
        assert_eq!(key(off(&store, &a, &fire, "資料外洩查證").await), "http.not_found", "nothing has passed");
        for kind in ["unit_state", "incident_opened", "unit_state"] {
            pass(&store, &told(kind)).await.unwrap();
        }
        pass(&store, &sent(false)).await.unwrap();
        let ledger = shown(&store, &fire).await.unwrap();
        let counts: Vec<_> = ledger.hours.iter().map(|hour| (hour.direction.as_str(), hour.kind.as_str(), hour.passed, hour.refused)).collect();
        assert_eq!(counts.iter().map(|(.., passed, _)| passed).sum::<i64>(), 3, "{counts:?}");
        assert_eq!(ledger.partner.passed_day, 3);

        assert_eq!(key(off(&store, &a, &fire, "x").await), "oversight.sharing.text");
        assert!(off(&store, &a, &fire, "資料外洩查證").await.unwrap().is_stopped);
        assert_eq!(key(off(&store, &a, &fire, "資料外洩查證").await), "oversight.sharing.settled");
        assert_eq!(key(pass(&store, &told("unit_state")).await), "oversight.sharing.off");
        pass(&store, &sent(false)).await.unwrap();
        assert_eq!(one(&store, &fire).await.unwrap().refused_day, 1);
        // Calls for help too: who is switched off is off.
        off(&store, &a, &centre, "金鑰遭竊，停止收受").await.unwrap();
        assert_eq!(key(pass(&store, &sent(true)).await), "oversight.sharing.off");

        assert!(on(&store, &a, &fire, "已查證並無外洩").await.unwrap().is_stopped, "one has asked");
        assert_eq!(key(on(&store, &a, &fire, "已查證並無外洩").await), "oversight.sharing.same_person");
        assert_eq!(key(pass(&store, &told("unit_state")).await), "oversight.sharing.off");
        assert!(!on(&store, &b, &fire, "經查證同意恢復").await.unwrap().is_stopped);
        pass(&store, &told("unit_state")).await.unwrap();
        assert_eq!(key(on(&store, &b, &fire, "經查證同意恢復").await), "oversight.sharing.settled");
    })
    .await;
}

#[tokio::test]
async fn of_many_that_pass_while_a_switch_is_set_none_passes_after_it() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let Caller::Person(person) = House::open(MODULES).await.person(Role::Supervisor) else { panic!("a person") };
        pass(&store, &told("unit_state")).await.unwrap();
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let store = store.clone();
            running.spawn(async move { pass(&store, &told("unit_state")).await.is_ok() });
        }
        off(&store, &person, &told("").partner.key, "資料外洩查證").await.unwrap();
        let before = shown(&store, &told("").partner.key).await.unwrap().partner.passed_day;
        running.join_all().await;
        let after = shown(&store, &told("").partner.key).await.unwrap().partner;
        assert_eq!(after.passed_day, before, "nothing passed after the switch was set");
        assert_eq!(after.passed_day + after.refused_day, 21);
    })
    .await;
}

#[tokio::test]
async fn of_a_stream_each_piece_counts_and_none_of_them_reads_the_switch_all_the_same() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let Caller::Person(person) = House::open(MODULES).await.person(Role::Supervisor) else { panic!("a person") };
        let network = Partner { key: "unnamed TAK 10.8.0.0 16".into(), title: "TAK 10.8.0.0/16".into() };
        let streamed = Sharing { partner: network.clone(), direction: Direction::Out, kind: "tak_position".into(), is_life: false };
        for count in [3, 0, 40] {
            gate::pass(&store, &streamed, count).await.unwrap();
        }
        let ledger = shown(&store, &network.key).await.unwrap();
        let counted: Vec<_> = ledger.hours.iter().map(|hour| (hour.direction.as_str(), hour.kind.as_str(), hour.passed)).collect();
        assert!(counted.iter().all(|(way, kind, _)| (*way, *kind) == ("out", "tak_position")), "{counted:?}");
        assert_eq!(counted.iter().map(|(.., passed)| passed).sum::<i64>(), 43, "{counted:?}");
        assert_eq!((ledger.partner.title.as_str(), ledger.partner.passed_day), ("TAK 10.8.0.0/16", 43));
        assert_eq!(ledger.partner.passes_until_us, None, "no date stops it");
        off(&store, &person, &network.key, "設備遺失，停止提供").await.unwrap();
        for count in [0, 5] {
            assert_eq!(key(gate::pass(&store, &streamed, count).await), "oversight.sharing.off", "{count}");
        }
        let after = one(&store, &network.key).await.unwrap();
        assert_eq!((after.passed_day, after.refused_day), (43, 6), "one who is refused before anything was counted out is refused once");
    })
    .await;
}

/// Fetched by a person.
fn fetched(partner: Partner) -> Sharing {
    Sharing { partner, direction: Direction::Out, kind: "/v1/incidents.geojson".into(), is_life: false }
}

#[tokio::test]
async fn what_a_person_fetches_for_a_partner_stands_with_what_his_machine_gets_and_one_switch_stops_both() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let Caller::Person(person) = House::open(MODULES).await.person(Role::Supervisor) else { panic!("a person") };
        let hook = told("unit_state").partner;
        pass(&store, &told("unit_state")).await.unwrap();
        let by_id = Partner { key: hook.key.clone(), title: String::new() };
        for said in [Partner::named("消防局"), by_id.clone()] {
            pass(&store, &fetched(said)).await.unwrap();
        }
        assert_eq!((list(&store).await.unwrap().len(), one(&store, &hook.key).await.unwrap().passed_day), (1, 3), "he is one, however he is named");
        assert_eq!(one(&store, &hook.key).await.unwrap().title, "消防局");
        // Somebody without a key, and nobody in particular.
        for said in [Partner::named("縣府災害應變中心"), Partner::unnamed("GeoJSON"), Partner::unnamed("GeoJSON")] {
            pass(&store, &fetched(said)).await.unwrap();
        }
        let listed: Vec<_> = list(&store).await.unwrap().into_iter().map(|partner| (partner.id, partner.passed_day)).collect();
        assert_eq!(listed.len(), 3, "{listed:?}");
        assert!(listed.contains(&("named 縣府災害應變中心".into(), 1)) && listed.contains(&("unnamed GeoJSON".into(), 2)), "{listed:?}");
        assert_eq!(key(pass(&store, &fetched(Partner { key: "webhook nobody".into(), title: String::new() })).await), "http.not_found");
        assert_eq!(key(pass(&store, &fetched(Partner::named("GeoJSON"))).await), "", "a name is never the bucket of the nameless");

        off(&store, &person, &hook.key, "資料外洩查證").await.unwrap();
        for sharing in [told("unit_state"), fetched(Partner::named("消防局")), fetched(by_id)] {
            assert_eq!(key(pass(&store, &sharing).await), "oversight.sharing.off", "{sharing:?}");
        }
        assert_eq!(one(&store, &hook.key).await.unwrap().refused_day, 3);
        off(&store, &person, "unnamed GeoJSON", "先查明用途").await.unwrap();
        assert_eq!(key(pass(&store, &fetched(Partner::unnamed("GeoJSON"))).await), "oversight.sharing.off");
        pass(&store, &fetched(Partner::named("縣府災害應變中心"))).await.unwrap();
    })
    .await;
}

async fn by_person(store: &Store, said: &str) -> Result<(), SharingError> {
    pass(store, &fetched(ForSomebody { partner: said.into() }.partner().unwrap())).await
}

#[tokio::test]
async fn a_title_that_reads_the_same_is_the_same_partner_however_its_spaces_were_written() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let Caller::Person(person) = House::open(MODULES).await.person(Role::Supervisor) else { panic!("a person") };
        for (number, title) in (1..).zip(["高雄\u{3000}勤務中心", "消防局  派遣系統", "縣府 災害應變中心"]) {
            let hook = Partner::webhook(WebhookId::new(Micros(1), [number; 16]), title);
            let machine = Sharing { partner: hook.clone(), direction: Direction::Out, kind: "unit_state".into(), is_life: false };
            pass(&store, &machine).await.unwrap();
            let spoken = title.split_whitespace().collect::<Vec<_>>().join(" ");
            by_person(&store, &spoken).await.unwrap();
            assert_eq!(one(&store, &hook.key).await.unwrap().passed_day, 2, "one partner: {title:?}");
            off(&store, &person, &hook.key, "資料外洩查證").await.unwrap();
            for said in [title, spoken.as_str(), format!("  {spoken} ").as_str()] {
                assert_eq!(key(by_person(&store, said).await), "oversight.sharing.off", "{said:?}");
            }
            assert_eq!(one(&store, &hook.key).await.unwrap().title, title, "as the operator has written it");
        }
        assert_eq!(list(&store).await.unwrap().len(), 3, "nobody new came of it");
    })
    .await;
}

#[tokio::test]
async fn who_was_known_by_name_first_stops_with_the_machine_that_came_later_also_by_his_id() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let Caller::Person(person) = House::open(MODULES).await.person(Role::Supervisor) else { panic!("a person") };
        let by_id = Partner { key: Partner::named("消防局").key, title: String::new() };
        pass(&store, &fetched(Partner::named("消防局"))).await.unwrap();
        pass(&store, &told("unit_state")).await.unwrap();
        pass(&store, &fetched(by_id.clone())).await.unwrap();
        off(&store, &person, &told("").partner.key, "資料外洩查證").await.unwrap();
        for said in [by_id, Partner::named("消防局")] {
            assert_eq!(key(pass(&store, &fetched(said)).await), "oversight.sharing.off");
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_that_comes_later_is_no_way_round_the_switch_of_whoever_was_known_by_name() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let people = House::open(MODULES).await;
        let [a, b] = [Role::Dispatcher, Role::Supervisor].map(|role| {
            let Caller::Person(person) = people.person(role) else { panic!("a person") };
            person
        });
        let named = |title: &str| Sharing { partner: Partner::named(title), direction: Direction::In, kind: "feed_file".into(), is_life: false };
        let key_of = named("國道 一號").partner.key;
        assert_eq!(key(gate::refuse_if_off(&store, &named("國道 一號")).await), "", "nobody is known by it");
        assert_eq!(list(&store).await.unwrap().len(), 0, "nor is he by this question");
        pass(&store, &named("國道 一號")).await.unwrap();
        gate::refuse_if_off(&store, &named("國道 一號")).await.unwrap();
        assert_eq!(one(&store, &key_of).await.unwrap().passed_day, 1, "the question alone passes nothing");

        off(&store, &a, &key_of, "資料外洩查證").await.unwrap();
        assert_eq!(key(gate::refuse_if_off(&store, &named("國道\u{3000}一號")).await), "oversight.sharing.off");
        gate::refuse_if_off(&store, &named("國道 三號")).await.unwrap();
        let known = one(&store, &key_of).await.unwrap();
        assert_eq!((known.title.as_str(), known.passed_day, known.refused_day, list(&store).await.unwrap().len()), ("國道 一號", 1, 1, 1));
        for person in [&a, &b] {
            assert_eq!(key(gate::refuse_if_off(&store, &named("國道 一號")).await), "oversight.sharing.off");
            on(&store, person, &key_of, "已查證並無外洩").await.unwrap();
        }
        gate::refuse_if_off(&store, &named("國道 一號")).await.unwrap();
    })
    .await;
}

async fn taken() -> &'static str {
    "taken"
}

const FEED: Route = Route::post("/v1/doors/feed", "Takes something from a partner", || axum::routing::post(taken))
    .access(Access::Partner)
    .audit(Audit::None("a door of a test"))
    .load(Load::Ingest)
    .takes::<NoBody>();
const HELP: Route = Route::post("/v1/doors/help", "Takes a call for help from a partner", || axum::routing::post(taken))
    .access(Access::Partner)
    .audit(Audit::None("a door of a test"))
    .load(Load::Life)
    .takes::<NoBody>();
const DOORS: Module = Module { name: "doors", description: "Doors of partners", routes: &[FEED, HELP], ..Module::EMPTY };
static WITH_DOORS: &[Module] = &[MODULE, DOORS];

#[tokio::test]
async fn a_partner_that_was_switched_off_passes_no_door_and_one_without_agreement_only_those_of_life() {
    let clock = Arc::new(SimClock::starting_at(NOW));
    let house = House::open_in(WITH_DOORS, Env { clock: clock.clone(), ..Env::real() }).await;
    let (partner, other) = (house.device_of("高雄", DeviceKind::Partner), house.device_of("氣象署", DeviceKind::Partner));
    let status = async |who: &Caller, route: Route| house.call(who, "POST", route.path, Value::Null).await;
    for route in [FEED, HELP] {
        assert_eq!(status(&partner, route).await.status, 200);
    }
    clock.advance_us(31 * Micros::DAY);
    assert_eq!(status(&partner, FEED).await.json["key"], json!("oversight.sharing.no_agreement"));
    assert_eq!(status(&partner, HELP).await.status, 200);
    let chief = house.person(Role::Supervisor);
    let listed = house.call(&chief, "GET", "/v1/oversight/partners", Value::Null).await.json;
    let off = format!("/v1/oversight/partners/{}/off", listed["items"][0]["id"].as_str().unwrap().replace(' ', "%20"));
    assert_eq!(house.call(&chief, "POST", &off, json!({ "reason": "金鑰遭竊，停止收受" })).await.status, 200, "{listed}");
    for route in [FEED, HELP] {
        let refused = status(&partner, route).await;
        assert_eq!((refused.status, &refused.json["key"]), (403, &json!("oversight.sharing.off")));
        assert_eq!(status(&other, route).await.status, 200, "nobody else");
    }
}

#[tokio::test]
async fn what_no_date_stops_is_not_called_stopped_by_one() {
    let clock = Arc::new(SimClock::starting_at(NOW));
    let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
    let port = house.app.room::<SharingPort>();
    let maps = || fetched(Partner::unnamed("GeoJSON"));
    let passes = async || port.0.pass(maps()).await.map_or_else(|problem| problem.key, |()| "passed".into());
    let dispatcher = house.person(Role::Dispatcher);
    let at = format!("/v1/oversight/partners/{}", maps().partner.key.replace(' ', "%20"));
    for days in [0, 31] {
        clock.advance_us(days * Micros::DAY);
        assert_eq!(passes().await, "passed");
        let shown = house.call(&dispatcher, "GET", &at, Value::Null).await.json;
        assert_eq!((&shown["is_stopped"], &shown["passes_until_us"]), (&json!(false), &Value::Null), "after {days} days: {shown}");
    }
    assert_eq!(house.call(&dispatcher, "POST", &format!("{at}/off"), json!({ "reason": "先查明用途" })).await.json["is_stopped"], json!(true));
    assert_eq!(passes().await, "oversight.sharing.off");
}

#[tokio::test]
async fn an_agreement_that_is_over_stops_all_but_calls_for_help() {
    let clock = Arc::new(SimClock::starting_at(NOW));
    let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
    let port = house.app.room::<SharingPort>();
    let passes = async |sharing: Sharing| port.0.pass(sharing).await.map_or_else(|problem| problem.key, |()| "passed".into());
    assert_eq!(passes(sent(false)).await, "passed", "thirty days without one");
    clock.advance_us(31 * Micros::DAY);
    assert_eq!(passes(sent(false)).await, "oversight.sharing.no_agreement");
    assert_eq!(passes(sent(true)).await, "passed");

    let (supervisor, dispatcher) = (house.person(Role::Supervisor), house.person(Role::Dispatcher));
    let at = format!("/v1/oversight/partners/{}", sent(true).partner.key.replace(' ', "%20"));
    let agree = |days: i64| json!({ "basis": "行政程序法第 19 條職務協助，115 年協議書", "until_us": house.app.env.now().plus(days * Micros::DAY).0 });
    let path = format!("{at}/agreement");
    assert_eq!(house.call(&dispatcher, "POST", &path, agree(10)).await.status, 403);
    for days in [0, 1_099] {
        assert_eq!(house.call(&supervisor, "POST", &path, agree(days)).await.json["key"], json!("oversight.sharing.until"));
    }
    let agreed = house.call(&supervisor, "POST", &path, agree(10)).await;
    assert_eq!((agreed.status, &agreed.json["is_stopped"]), (200, &json!(false)), "{}", agreed.json);
    assert_eq!(passes(sent(false)).await, "passed");
    clock.advance_us(11 * Micros::DAY);
    assert_eq!(passes(sent(false)).await, "oversight.sharing.no_agreement");
    let listed = house.call(&dispatcher, "GET", "/v1/oversight/partners", Value::Null).await.json;
    assert_eq!((&listed["items"][0]["title"], &listed["items"][0]["is_stopped"]), (&json!("高雄勤務中心"), &json!(true)), "{listed}");
    let shown = house.call(&dispatcher, "GET", &at, Value::Null).await.json;
    assert!(shown["hours"].as_array().unwrap().iter().any(|hour| hour["basis"].as_str().is_some_and(|basis| basis.contains("職務協助"))), "{shown}");
    let off = house.call(&dispatcher, "POST", &format!("{at}/off"), json!({ "reason": "收受來源可疑" })).await;
    assert_eq!((off.status, &off.json["off_reason"]), (200, &json!("收受來源可疑")));
    assert_eq!(house.call(&dispatcher, "POST", &format!("{at}/on"), json!({ "reason": "已經查明" })).await.status, 403);
}
