//! Claims about calls: one key rings, one person takes, nobody reads a number that is not in hand, and nothing is kept for ever.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use shouhu_http::testing::House;
use shouhu_ids::{CallId, DeviceId, Micros};
use shouhu_module::ports::LiveCases;
use shouhu_module::{Caller, Keyed, Module};
use shouhu_place::Wgs84;
use shouhu_store::testing::on_each_database;
use shouhu_store::{Store, params};
use shouhu_wire::{CallKind, CallState, DeviceKind, Role};

use crate::ops::call_push::{self, CallNews, CallRemark, PushCall};
use crate::ops::call_sources::{self, DefineCallSource};
use crate::ops::calls::{SettleCall, SettledAs, settle, take, waiting};
use crate::ops::duplicates::{AskDuplicates, for_call};
use crate::ops::{call_history, merge};
use crate::testing::{Scene, dispatcher};
use crate::{MODULE, jobs};

static MODULES: &[Module] = &[MODULE];

fn ring(source_ref: &str, caller: Option<&str>) -> PushCall {
    PushCall {
        source_ref: source_ref.into(),
        news: CallNews::Ringing,
        kind: CallKind::Voice,
        line: "110-3".into(),
        caller: caller.map(Into::into),
        text: String::new(),
        position: None,
        accuracy_m: None,
        video_url: None,
    }
}

async fn exchange(store: &Store) -> DeviceId {
    let device = store.env().id(DeviceId::new);
    let asked = DefineCallSource { device, title: "110 交換機".into() };
    call_sources::keep(store, &asked, &dispatcher(store)).await.unwrap_or_else(|e| panic!("{e:?}"));
    device
}

#[tokio::test]
async fn a_call_told_twice_rings_once_and_a_caller_who_hangs_up_stays_on_the_list() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let source = exchange(&store).await;
        let first = call_push::push(&store, source, &ring("a", Some("0912-345-678"))).await.unwrap();
        assert!(first.number.starts_with('T') && first.number.ends_with("-0001"), "{}", first.number);
        assert_eq!(call_push::push(&store, source, &ring("a", None)).await.unwrap(), first);
        let gone = PushCall { news: CallNews::Ended, ..ring("a", None) };
        let gone = call_push::push(&store, source, &gone).await.unwrap();
        assert_eq!((gone.call, gone.state), (first.call, CallState::Abandoned));
        let by = dispatcher(&store);
        let listed = waiting(&store, by.id).await.unwrap().items;
        assert_eq!(listed.iter().map(|call| call.id).collect::<Vec<_>>(), [first.call]);
        let back = SettleCall { settled_as: SettledAs::CalledBack, incident: None };
        assert_eq!(settle(&store, &by, first.call, &back).await.unwrap_err().to_string().split(':').next(), Some("take the call first"));
        take(&store, &by, first.call, None).await.unwrap();
        assert_eq!(settle(&store, &by, first.call, &back).await.unwrap().state, CallState::Settled);
        assert_eq!(settle(&store, &by, first.call, &back).await.unwrap().settled_as, Some(SettledAs::CalledBack));
        assert!(waiting(&store, by.id).await.unwrap().items.is_empty());
    })
    .await;
}

async fn kept(store: &Store, id: CallId) -> crate::calls::CallRow {
    crate::calls::one(store, id).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_call_rings_whatever_else_its_message_holds_and_the_source_is_told_what_was_left_out() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let source = exchange(&store).await;
        for (at, caller) in ["anonymous", "sip:0912345678@voip.example", "02-2345#12", "王小明"].into_iter().enumerate() {
            let told = call_push::push(&store, source, &ring(&format!("n{at}"), Some(caller))).await.unwrap();
            assert_eq!((told.state, told.remarks), (CallState::Ringing, vec![CallRemark::CallerDropped]), "{caller}");
            assert_eq!(kept(&store, told.call).await.caller, None);
        }
        let place = Wgs84::new(120.2, 23.0).ok();
        let rubbish = PushCall {
            line: "線".repeat(41),
            text: "救".repeat(2_001),
            position: place,
            accuracy_m: Some(-1.0),
            video_url: Some("javascript:alert(1)".into()),
            ..ring("r", Some("0912345678"))
        };
        let told = call_push::push(&store, source, &rubbish).await.unwrap();
        use CallRemark::{AccuracyDropped, LineClipped, TextClipped, VideoDropped};
        assert_eq!((told.state, told.remarks), (CallState::Ringing, vec![LineClipped, TextClipped, AccuracyDropped, VideoDropped]));
        let row = kept(&store, told.call).await;
        assert_eq!((row.line.chars().count(), row.words.chars().count(), row.caller.as_deref()), (40, 2_000, Some("0912345678")));
        assert_eq!((row.position, row.accuracy_m, row.video_url), (place, None, None));
    })
    .await;
}

#[tokio::test]
async fn what_a_source_learns_later_is_added_to_the_open_call_and_said_once() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let (source, by) = (exchange(&store).await, dispatcher(&store));
        let told = || async {
            let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM store_outbox WHERE kind = 'call_changed'";
            store.fetch_one(sql, vec![]).await.unwrap().int("n").unwrap()
        };
        let id = call_push::push(&store, source, &ring("a", Some("0912345678"))).await.unwrap().call;
        assert_eq!(told().await, 1);
        let place = Wgs84::new(120.2, 23.0).ok();
        let located = PushCall { position: place, accuracy_m: Some(30.0), text: "AML".into(), ..ring("a", None) };
        for _ in 0..2 {
            call_push::push(&store, source, &located).await.unwrap();
            let row = kept(&store, id).await;
            assert_eq!((row.position, row.accuracy_m, row.words.as_str(), row.caller.as_deref()), (place, Some(30.0), "AML", Some("0912345678")));
            assert_eq!(told().await, 2, "the same again is no news");
        }
        take(&store, &by, id, None).await.unwrap();
        // A second position without its accuracy: the old radius says nothing of it.
        let nearer = Wgs84::new(120.21, 23.0).ok();
        call_push::push(&store, source, &PushCall { position: nearer, ..ring("a", None) }).await.unwrap();
        call_push::push(&store, source, &PushCall { accuracy_m: Some(5.0), ..ring("a", None) }).await.unwrap();
        let row = kept(&store, id).await;
        assert_eq!((row.position, row.accuracy_m, row.state), (nearer, None, CallState::Taken));
        settle(&store, &by, id, &SettleCall { settled_as: SettledAs::Advised, incident: None }).await.unwrap();
        call_push::push(&store, source, &located).await.unwrap();
        assert_eq!(kept(&store, id).await.position, nearer, "what is settled stays as it was");
    })
    .await;
}

#[tokio::test]
async fn a_flood_neither_hides_the_call_in_hand_nor_grows_without_end() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let (source, by) = (exchange(&store).await, dispatcher(&store));
        let mut ids = Vec::new();
        for at in 0..301 {
            ids.push(call_push::push(&store, source, &ring(&at.to_string(), None)).await.unwrap().call);
            // The newest of all but the last: no order of arrival would keep it.
            if at == 299 {
                take(&store, &by, *ids.last().unwrap(), None).await.unwrap();
            }
        }
        let refused = call_push::push(&store, source, &ring("more", None)).await.unwrap_err();
        assert_eq!((refused.key(), refused.status().as_u16()), ("dispatch.calls.too_many", 429));
        assert!(call_push::push(&store, source, &ring("0", None)).await.is_ok(), "one that rings may be told again");
        let other = exchange(&store).await;
        assert!(call_push::push(&store, other, &ring("more", None)).await.is_ok(), "another source is not the flood");
        let told = waiting(&store, by.id).await.unwrap();
        assert_eq!((told.items.len(), told.is_cut, told.items.first().map(|call| call.id)), (200, true, ids.get(299).copied()));
        assert!(told.items.iter().skip(1).all(|call| call.state == CallState::Ringing));
    })
    .await;
}

#[tokio::test]
async fn a_call_is_a_case_only_while_somebody_has_it_in_hand() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let (source, by) = (exchange(&store).await, dispatcher(&store));
        let rung = call_push::push(&store, source, &ring("a", None)).await.unwrap();
        let cases = crate::ports::LiveIncidents(store.clone());
        assert!(!cases.is_live(rung.number.clone()).await, "it only rings");
        take(&store, &by, rung.call, None).await.unwrap();
        assert!(cases.is_live(rung.number.clone()).await);
        settle(&store, &by, rung.call, &SettleCall { settled_as: SettledAs::Prank, incident: None }).await.unwrap();
        assert!(!cases.is_live(rung.number).await);
    })
    .await;
}

#[tokio::test]
async fn eight_who_tell_of_one_call_at_once_ring_once_and_of_eight_who_take_it_one_has_it() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let source = exchange(&store).await;
        let mut telling = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let store = store.clone();
            telling.spawn(async move { call_push::push(&store, source, &ring("a", Some("0912345678"))).await.unwrap().call });
        }
        let told: std::collections::BTreeSet<_> = telling.join_all().await.into_iter().collect();
        assert_eq!(told.len(), 1);
        let id = *told.first().unwrap();
        let mut taking = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (store, by) = (store.clone(), dispatcher(&store));
            taking.spawn(async move { (by.id, take(&store, &by, id, None).await.map(|call| call.caller)) });
        }
        let (won, lost): (Vec<_>, Vec<_>) = taking.join_all().await.into_iter().partition(|(_, taken)| taken.is_ok());
        assert_eq!((won.len(), lost.len()), (1, 7));
        let (holder, seen) = won.into_iter().next().unwrap();
        assert_eq!(seen.unwrap().as_deref(), Some("0912345678"));
        let other = dispatcher(&store);
        let settled = SettleCall { settled_as: SettledAs::Advised, incident: None };
        assert!(settle(&store, &other, id, &settled).await.is_err(), "somebody else handles it");
        let over = take(&store, &other, id, Some(holder)).await.unwrap();
        assert!(over.is_mine, "taken over from whoever was named");
    })
    .await;
}

#[tokio::test]
async fn only_whoever_handles_a_call_learns_what_its_number_called_about_and_what_it_makes_likely() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let source = exchange(&store).await;
        let scene = Scene::new(&store).await;
        let first = call_push::push(&store, source, &ring("a", Some("0912345678"))).await.unwrap().call;
        take(&store, &scene.by, first, None).await.unwrap();
        let (incident, target) = (scene.incident().await, scene.incident().await);
        let done = SettleCall { settled_as: SettledAs::Incident, incident: Some(incident) };
        settle(&store, &scene.by, first, &done).await.unwrap();
        merge::merge(&store, &scene.by, incident, target).await.unwrap();

        let second = call_push::push(&store, source, &ring("b", Some("+886912345678"))).await.unwrap().call;
        assert!(call_history::history(&store, &scene.by, second).await.is_err(), "not in hand yet");
        take(&store, &scene.by, second, None).await.unwrap();
        let (_, told) = call_history::history(&store, &scene.by, second).await.unwrap();
        assert_eq!((told.calls, told.items.len()), (1, 1));
        let led_to = told.items.first().unwrap().incident.clone().unwrap();
        assert_eq!(led_to.id, target, "under the number that it belongs to");
        let other = dispatcher(&store);
        assert!(call_history::history(&store, &other, second).await.is_err());

        let asked = AskDuplicates { kind: Some("fraud".into()), call: Some(second), ..AskDuplicates::default() };
        let found = for_call(&store, &asked, scene.by.id).await.unwrap();
        assert_eq!(found.iter().map(|found| found.incident.id).collect::<Vec<_>>(), [target]);
        assert!(found.first().unwrap().reasons.iter().any(|reason| reason.key == "same_caller"));
        assert!(for_call(&store, &asked, other.id).await.unwrap().is_empty(), "nobody else learns that it is the same number");

        let withheld = call_push::push(&store, source, &ring("c", None)).await.unwrap().call;
        take(&store, &scene.by, withheld, None).await.unwrap();
        assert_eq!(call_history::history(&store, &scene.by, withheld).await.unwrap().1.calls, 0, "two withheld numbers are not one person");
    })
    .await;
}

#[tokio::test]
async fn calls_are_destroyed_when_their_time_is_over_and_not_before() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let source = exchange(&store).await;
        let scene = Scene::new(&store).await;
        let incident = scene.incident().await;
        let now = store.env().now();
        let mut expected = Vec::new();
        for (days, led_to, is_settled, stays) in [
            (jobs::CALL_DAYS - 1, None, true, true),
            (jobs::CALL_DAYS + 1, None, true, false),
            (jobs::CALL_DAYS + 1, None, false, true),
            (jobs::CALL_DAYS + 1, Some(incident), true, true),
            (jobs::INCIDENT_CALL_DAYS + 1, Some(incident), true, false),
            (jobs::INCIDENT_CALL_DAYS + 1, None, false, false),
        ] {
            let name = format!("{days} {} {is_settled}", led_to.is_some());
            let id = call_push::push(&store, source, &ring(&name, Some("0912345678"))).await.unwrap().call;
            if is_settled {
                take(&store, &scene.by, id, None).await.unwrap();
                let settled_as = if led_to.is_some() { SettledAs::Incident } else { SettledAs::Prank };
                settle(&store, &scene.by, id, &SettleCall { settled_as, incident: led_to }).await.unwrap();
            }
            let mut tx = store.begin().await.unwrap();
            let came = now.plus(-days * Micros::DAY);
            tx.execute("UPDATE dispatch_call SET arrived_at_us = $1 WHERE id = $2", params![came, id]).await.unwrap();
            tx.commit().await.unwrap();
            if stays {
                expected.push(id);
            }
        }
        assert_eq!(jobs::purge_now(&store).await.unwrap().calls, 3);
        let mut left = Vec::new();
        for row in store.fetch("SELECT id FROM dispatch_call", vec![]).await.unwrap() {
            left.push(row.parsed::<shouhu_ids::CallId>("id").unwrap());
        }
        left.sort_unstable();
        expected.sort_unstable();
        assert_eq!(left, expected);
    })
    .await;
}

#[tokio::test]
async fn a_catalogue_is_looked_at_taken_whole_and_never_breaks_incidents_of_a_kind_that_it_retires() {
    let house = House::open(MODULES).await;
    let (desk, operator) = (house.person(Role::Dispatcher), house.person(Role::Operator));
    let open = |kind: &str| json!({ "origin": "call", "priority": 4, "kind": kind, "summary": "太吵" });
    let loud = house.call(&desk, "POST", "/v1/incidents", open("noise")).await;
    assert_eq!(loud.status, 200, "{}", loud.json);
    let import = |query: &'static str, csv: &'static str| {
        let (house, operator) = (&house, &operator);
        async move { house.call_with(operator, "POST", &format!("/v1/incident-kinds/import?{query}"), &[], csv.as_bytes().to_vec()).await }
    };
    let wrong = "key,zh,en,priority\nscooter_theft,機車竊盜,Scooter theft,9\n";
    let looked = import("dry_run=true", wrong).await;
    assert_eq!((looked.status, text(&looked.json, "/errors/0/key")), (200, "dispatch.kinds.priority".into()), "{}", looked.json);
    let refused = import("", wrong).await;
    assert_eq!((refused.status, text(&refused.json, "/key"), refused.json.pointer("/rows/0/row")), (422, "dispatch.kinds.rows".into(), Some(&json!(2))));
    let list = "代碼,名稱,英文,等級,別名\nscooter_theft,機車竊盜,Scooter theft,3,偷機車\n";
    let looked = import("dry_run=true", list).await;
    assert_eq!((looked.json.pointer("/version"), looked.json.pointer("/added")), (Some(&json!(1)), Some(&json!(["scooter_theft"]))));
    assert_eq!(house.call(&desk, "POST", "/v1/incidents", open("noise")).await.status, 200, "a look changes nothing");
    assert_eq!(import("", list).await.status, 200);
    let gone = house.call(&desk, "POST", "/v1/incidents", open("noise")).await;
    assert_eq!((gone.status, text(&gone.json, "/key")), (422, "dispatch.open.retired_kind".into()));
    let unknown = house.call(&desk, "POST", "/v1/incidents", open("loud_noise")).await;
    assert_eq!(text(&unknown.json, "/key"), "dispatch.open.unknown_kind");
    assert_eq!(house.call(&desk, "POST", "/v1/incidents", open("scooter_theft")).await.status, 200);

    let kinds = house.call(&desk, "GET", "/v1/incident-kinds", Value::Null).await.json;
    let kinds = kinds.get("items").and_then(Value::as_array).unwrap();
    let noise = kinds.iter().find(|kind| kind.get("key") == Some(&json!("noise"))).unwrap();
    assert_eq!((noise.get("retired"), noise.get("title_zh")), (Some(&json!(true)), Some(&json!("噪音"))));
    let path = format!("/v1/incidents/{}", text(&loud.json, "/id"));
    assert_eq!(house.call(&desk, "GET", &path, Value::Null).await.status, 200);
    assert_eq!(house.call(&desk, "GET", &format!("{path}/recommendations"), Value::Null).await.status, 200);
    assert_eq!(house.call(&desk, "POST", &format!("{path}/close"), json!({ "code": "handled", "without_unit": "by_telephone" })).await.status, 200);
    assert_eq!(house.call(&desk, "POST", "/v1/incident-kinds/import", Value::Null).await.status, 403);
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value}")).to_owned()
}

#[tokio::test]
async fn a_registered_key_rings_on_every_console_with_the_number_masked_and_a_purpose_opens_the_history() {
    let house = House::open(MODULES).await;
    let (desk, other) = (house.person(Role::Dispatcher), house.person(Role::Dispatcher));
    let Caller::Device(device) = house.device_of("exchange", DeviceKind::Partner) else { panic!("a device") };
    let body = json!({ "ref": "x1", "news": "ringing", "kind": "app", "caller": "0912345678", "text": "有人打架",
        "position": { "lon": 120.2, "lat": 23.0 }, "video_url": "https://video.example/x1" });
    let exchange = Caller::Device(device.clone());
    let refused = house.call(&exchange, "POST", "/v1/calls", body.clone()).await;
    assert_eq!((refused.status, text(&refused.json, "/key")), (403, "dispatch.calls.unknown_source".into()));
    let Caller::Person(supervisor) = house.person(Role::Supervisor) else { panic!("a person") };
    let asked = DefineCallSource { device: device.id, title: "App".into() };
    call_sources::keep(&house.app.store, &asked, &supervisor).await.unwrap_or_else(|e| panic!("{e:?}"));
    let nameless = house.call(&exchange, "POST", "/v1/calls", json!({ "ref": " ", "news": "ringing", "kind": "voice" })).await;
    assert_eq!((nameless.status, text(&nameless.json, "/key")), (422, "dispatch.calls.ref".into()), "{}", nameless.json);
    let rings = house.call(&exchange, "POST", "/v1/calls", body).await;
    assert_eq!((rings.status, text(&rings.json, "/state")), (200, "ringing".into()), "{}", rings.json);
    let id = text(&rings.json, "/call");

    let listed = house.call(&other, "GET", "/v1/calls", Value::Null).await;
    assert_eq!((listed.status, text(&listed.json, "/items/0/caller")), (200, "•••••••678".into()), "{}", listed.json);
    assert_eq!(listed.json.pointer("/items/0/video_url"), Some(&Value::Null));
    for role in [Role::Officer, Role::Operator, Role::Auditor] {
        assert_eq!(house.call(&house.person(role), "GET", "/v1/calls", Value::Null).await.status, 403, "{role:?}");
    }
    let taken = house.call(&desk, "POST", &format!("/v1/calls/{id}/take"), json!({})).await;
    assert_eq!((taken.status, text(&taken.json, "/caller")), (200, "0912345678".into()), "{}", taken.json);
    let late = house.call(&other, "POST", &format!("/v1/calls/{id}/take"), json!({})).await;
    assert_eq!((late.status, text(&late.json, "/key")), (409, "dispatch.calls.taken".into()));

    let path = format!("/v1/calls/{id}/history");
    let silent = house.call_with(&desk, "GET", &path, &[], Vec::new()).await;
    assert_eq!((silent.status, text(&silent.json, "/key")), (428, "oversight.purpose_required".into()));
    let number = text(&taken.json, "/number");
    let grounds = [("shouhu-purpose", "dispatch"), ("shouhu-case", number.as_str())];
    let told = house.call_with(&desk, "GET", &path, &grounds, Vec::new()).await;
    assert_eq!((told.status, told.json.pointer("/calls")), (200, Some(&json!(0))), "{}", told.json);
    let not_hers = house.call_with(&other, "GET", &path, &grounds, Vec::new()).await;
    assert_eq!((not_hers.status, text(&not_hers.json, "/key")), (403, "dispatch.history.not_yours".into()));
}
