//! Rules about rows, through the whole house: what a camera recorded and what happened in incidents of a kind is found by no route by whom a force's rule names, and
//! by everybody else as before (ADR 0023).
//!
//! The sweep can fail: the same questions find everything before the rule, and whoever it does not name finds it after.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};
use shouhu::MODULES;
use shouhu_http::built_in_policies;
use shouhu_ids::Micros;
use shouhu_module::Person;
use shouhu_store::{Eyes, params};
use shouhu_wire::Role;

use crate::sealed::{CANARY, NOW, OTHER_CASE, World, asked_everywhere, camera, passed};

/// The camera in the middle is another office's.
const HIDDEN: i64 = 1;
const OTHER_OFFICE: &str = "@id(\"other-office\") @why(\"本分局攝影機\")\nforbid (principal, action, resource is Camera)\n\
    when { resource has office && resource.office == \"第二分局\" } unless { principal in Role::\"supervisor\" };\n";
/// Of whoever may order an erasure.
const OTHER_OFFICE_FROM_ALL: &str = "@id(\"other-office\") @why(\"本分局攝影機\")\nforbid (principal, action, resource is Camera)\n\
    when { resource has office && resource.office == \"第二分局\" };\n";
const UNREGISTERED: &str = "@id(\"unregistered\") @why(\"未列管\")\nforbid (principal, action, resource is Camera)\n\
    when { resource.kind == \"other\" };\n";
const STOLEN: &str = "@id(\"stolen\") @why(\"勤務中心專責\")\nforbid (principal in Role::\"supervisor\", action, resource is Incident)\n\
    when { resource.kind == \"stolen_vehicle\" };\n";

fn rule(world: &World, rules: &str) {
    world.house.app.rule_by(built_in_policies(MODULES).unwrap().and(rules, "policy.cedar").unwrap());
}

/// The cameras of the world in the register, with their offices.
async fn registered(world: &World) {
    let mut tx = world.house.app.store.begin().await.unwrap();
    for number in 0..3 {
        let office = if number == HIDDEN { "第二分局" } else { "第一分局" };
        let sql = "INSERT INTO cameras_camera (id, name, kind, lon, lat, is_active, created_at_us, office) VALUES ($1, $2, 'fixed', 120.2, 23.0, 1, $3, $4)";
        tx.execute(sql, params![camera(number), format!("camera {number}"), NOW, office]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// Every GET route of the house, and the searches, by these; what each told of the traces, by its route. The audit log alone is left out: it keeps what was asked, by
/// whomever, for those who read it.
async fn sweep(world: &World, people: &[&Person], traces: &[String], sighting: &str) -> BTreeMap<String, Vec<String>> {
    let is_asked = |path: &str| !path.starts_with("/v1/oversight/audit");
    let told = |question: &str, text: &str| traces.iter().filter(|trace| text.contains(trace.as_str()) && !question.contains(trace.as_str())).cloned().collect();
    asked_everywhere(world, people, sighting, 90, is_asked, told).await
}

/// What somebody is told, as it was sent.
async fn text(world: &World, who: &Person, path: &str) -> String {
    let answer = world.asked(who, OTHER_CASE, "GET", path, &Value::Null).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.json);
    String::from_utf8_lossy(&answer.bytes).into_owned()
}

/// What tells of hidden cameras without any of their traces: how many reads became hits, that reports of a device were set aside, and what the house says of itself.
async fn told_in_sum(world: &World) -> (u64, bool, String) {
    let kpis: Value = serde_json::from_str(&text(world, world.role(Role::Dispatcher), "/v1/dispatch/kpis").await).unwrap();
    let events = text(world, world.role(Role::Operator), "/v1/events?after=0").await;
    // Whatever ails other rooms of a house in a test.
    let health = world.asked(world.role(Role::Operator), OTHER_CASE, "GET", "/healthz", &Value::Null).await;
    let of_sightings = String::from_utf8_lossy(&health.bytes).lines().find(|line| line.starts_with("sightings:")).unwrap_or_default().to_owned();
    (kpis["read_to_hit_ms"]["n"].as_u64().unwrap(), events.contains("sightings_quarantined"), of_sightings)
}

/// How many passages are kept, for all that an auditor may see.
async fn kept_in_sight(world: &World) -> u64 {
    let kept: Value = serde_json::from_str(&text(world, world.role(Role::Auditor), "/v1/sightings/retention").await).unwrap();
    kept["classes"].as_array().unwrap().iter().map(|class| class["sightings"].as_u64().unwrap()).sum()
}

/// Ids and moments of everything that the hidden camera recorded.
async fn traces_of_camera(world: &mut World) -> (Vec<String>, String) {
    let supervisor = world.role(Role::Supervisor).clone();
    let of_hidden = |json: &Value| -> Vec<Value> {
        let all = json["items"].as_array().unwrap().iter();
        all.filter(|one| one["captured_at_us"] == passed(HIDDEN).0).cloned().collect()
    };
    let found = world.asked(&supervisor, OTHER_CASE, "GET", &format!("/v1/sightings?plate={CANARY}"), &Value::Null).await.json;
    let sighting = of_hidden(&found)[0]["id"].as_str().unwrap().to_owned();
    let hits = world.asked(&supervisor, OTHER_CASE, "GET", "/v1/hits", &Value::Null).await.json;
    let hit = of_hidden(&hits)[0]["id"].as_str().unwrap().to_owned();
    world.ids.insert("/v1/hits/", hit.clone());
    let moments = [0, 9 * Micros::SECOND + 500_000, 3 * Micros::MINUTE].map(|later| passed(HIDDEN).plus(later).0.to_string());
    (moments.into_iter().chain([sighting.clone(), hit]).collect(), sighting)
}

#[tokio::test]
async fn what_a_hidden_camera_recorded_is_found_by_no_route() {
    let mut world = World::open().await;
    registered(&world).await;
    let (traces, sighting) = traces_of_camera(&mut world).await;
    let named: Vec<Person> = world.outsiders.iter().filter(|person| person.role != Role::Supervisor).cloned().collect();
    let (named, supervisor): (Vec<&Person>, Person) = (named.iter().collect(), world.role(Role::Supervisor).clone());
    let main = ["GET /v1/sightings", "GET /v1/hits", "GET /v1/events"];
    let before = sweep(&world, &named, &traces, &sighting).await;
    for route in main.iter().chain(&["GET /v1/sightings/quarantine"]) {
        assert!(before.contains_key(*route), "without a rule {route} finds it, so that the sweep can fail: {:?}", before.keys());
    }
    let (hits, is_told, health) = told_in_sum(&world).await;
    assert!(hits > 1 && is_told && health.contains(" 3 reports wait"), "{hits} {is_told} {health}");
    let kept = kept_in_sight(&world).await;
    rule(&world, OTHER_OFFICE);
    let (hits_left, is_still_told, health_after) = told_in_sum(&world).await;
    assert!((1..hits).contains(&hits_left), "{hits_left} of {hits}");
    assert_eq!((is_still_told, health_after), (false, health), "the house itself sees what it says of itself");
    assert_eq!(kept - kept_in_sight(&world).await, 3, "one plate that is looked for, one that goes with it, and one that is like it");
    let after = sweep(&world, &named, &traces, &sighting).await;
    assert!(after.is_empty(), "{after:#?}");
    let seen = sweep(&world, &[&supervisor], &traces, &sighting).await;
    for route in main {
        assert!(seen.contains_key(route), "whom the rule does not name finds it by {route}: {:?}", seen.keys());
    }

    // The other cameras are as they were; a file from before the rule is not given, one made now holds no row of the hidden camera.
    let detective = world.role(Role::Detective).clone();
    let found = world.asked(&detective, OTHER_CASE, "GET", &format!("/v1/sightings?plate={CANARY}"), &Value::Null).await.json;
    assert_eq!(found["items"].as_array().map(Vec::len), Some(2), "{found}");
    let path = |id: &str| format!("/v1/sightings/exports/{id}/file");
    let old = world.asked(&detective, OTHER_CASE, "GET", &path(&world.ids["/v1/sightings/exports/"]), &Value::Null).await;
    assert_ne!(old.status, 200, "{}", old.json);
    let mut made = Vec::new();
    for (who, has_hidden) in [(&detective, false), (&supervisor, true)] {
        let id = world.exported(who).await;
        made.push((who, path(&id)));
        let file = world.asked(who, OTHER_CASE, "GET", &path(&id), &Value::Null).await;
        assert_eq!(file.status, 200, "{}", file.json);
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        let names = |number: i64| text.contains(&format!("camera {number}")) || text.contains(&format!("fixed {number}"));
        assert_eq!((names(0), names(HIDDEN), names(2)), (true, has_hidden, true), "{:?}: {text}", who.role);
    }
    let one = |who: &Person| {
        let (world, who, sighting) = (&world, who.clone(), &sighting);
        async move { world.asked(&who, OTHER_CASE, "GET", &format!("/v1/sightings/{sighting}"), &Value::Null).await.status }
    };
    assert_eq!((one(&detective).await, one(&supervisor).await), (404, 200));

    // The rule is the same, and the camera another office's: the file that has its rows is given no more. Where less is hidden than when it was made, it is.
    let given = async || {
        let mut given = Vec::new();
        for (who, file) in &made {
            given.push(world.asked(who, OTHER_CASE, "GET", file, &Value::Null).await.status == 200);
        }
        given
    };
    let mut tx = world.house.app.store.begin().await.unwrap();
    tx.execute("UPDATE cameras_camera SET office = '第二分局' WHERE id = $1", params![camera(2)]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(given().await, [false, true]);
    rule(&world, "");
    assert_eq!(given().await, [true, true]);
}

#[tokio::test]
async fn an_erasure_is_refused_where_a_camera_is_hidden_and_takes_along_what_was_set_aside_where_none_is() {
    let world = World::open().await;
    registered(&world).await;
    let supervisor = world.role(Role::Supervisor);
    let order = json!({ "plate": "AAA-1111", "reason": "當事人請求" });
    rule(&world, OTHER_OFFICE_FROM_ALL);
    let refused = world.asked(supervisor, OTHER_CASE, "POST", "/v1/sightings/erasures", &order).await;
    assert_eq!((refused.status, &refused.json["key"]), (403, &json!("sightings.erase.hidden_cameras")), "{}", refused.json);

    // From a device that is no source of the lake (its reports are older than that): no source is hidden by it, and its report is.
    let mut tx = world.house.app.store.begin().await.unwrap();
    let sql = "INSERT INTO sightings_quarantine (id, device, device_name, sequence, reason, detail, plate_text, raw, content_hash, received_at_us) \
               VALUES ('aside', 'old', 'gate 9', '1', 'sightings.ingest.plate_unreadable', '', 'AAA-1111', '{}', 'x', $1)";
    tx.execute(sql, params![NOW]).await.unwrap();
    tx.commit().await.unwrap();
    rule(&world, UNREGISTERED);
    let kept = async || {
        let rows = world.house.app.store.fetch("SELECT id FROM sightings_quarantine WHERE id = 'aside'", vec![]);
        Eyes::House.look(rows).await.unwrap().len()
    };
    assert_eq!(kept().await, 1);
    let erased = world.asked(supervisor, OTHER_CASE, "POST", "/v1/sightings/erasures", &order).await;
    assert_eq!((erased.status, &erased.json["erased"]), (200, &json!(0)), "{}", erased.json);
    assert_eq!(kept().await, 0, "an erasure that looks whole is whole");
}

#[tokio::test]
async fn incidents_of_a_kind_are_found_by_no_route_but_by_whoever_opened_them() {
    let world = World::open().await;
    let (supervisor, dispatcher) = (world.role(Role::Supervisor), world.role(Role::Dispatcher));
    let hit = &world.ids["/v1/hits/"];
    world.post(dispatcher, &format!("/v1/hits/{hit}/confirm"), json!({ "plate_seen": CANARY })).await;
    let of_hit = json!({ "origin": "hit", "hit": hit, "priority": 2, "kind": "stolen_vehicle", "summary": "", "address": "" });
    let followed = world.post(dispatcher, "/v1/incidents", of_hit.clone()).await["id"].as_str().unwrap().to_owned();
    world.house.settle().await;
    let traces = vec![world.ids["/v1/incidents/"].clone(), "停於路旁".to_owned(), followed];
    let before = sweep(&world, &[supervisor], &traces, "").await;
    for route in ["GET /v1/incidents", "GET /v1/events", "GET /v1/hits"] {
        assert!(before.contains_key(route), "without a rule {route} finds it, so that the sweep can fail: {:?}", before.keys());
    }
    rule(&world, STOLEN);
    let after = sweep(&world, &[supervisor], &traces, "").await;
    assert!(after.is_empty(), "{after:#?}");
    let opened = sweep(&world, &[dispatcher], &traces, "").await;
    assert!(opened.contains_key("GET /v1/incidents") && opened.contains_key("GET /v1/hits"), "{:?}", opened.keys());
    let refused = world.asked(supervisor, OTHER_CASE, "POST", "/v1/incidents", &of_hit).await;
    assert_eq!((refused.status, &refused.json["key"]), (409, &json!("dispatch.open.hidden")), "{}", refused.json);

    let store = &world.house.app.store;
    let all = || store.fetch("SELECT id FROM dispatch_incident", vec![]);
    assert!(all().await.unwrap().is_empty(), "whoever has not said who looks sees none");
    assert_eq!(Eyes::House.look(all()).await.unwrap().len(), 2);
    rule(&world, "");
    assert_eq!(all().await.unwrap().len(), 2, "no rule is about rows");
}

#[test]
fn guarded_names_are_of_one_room_and_speak_of_those_before_them_alone() {
    let guarded: Vec<_> = MODULES.iter().flat_map(|module| module.guarded).collect();
    let names: Vec<&str> = guarded.iter().map(|guarded| guarded.name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    assert!(names.len() > 18, "{names:?}");
    for (place, guarded) in guarded.iter().enumerate() {
        let words: Vec<&str> = guarded.shown.split(|ch: char| !(ch.is_ascii_alphanumeric() || matches!(ch, '_' | '#' | '{' | '}'))).collect();
        for word in words {
            assert!(!names.iter().skip(place).any(|name| *name == word), "{} speaks of {word}, which stands at or after it", guarded.name);
            // PostgreSQL would take the name for what is shown of it.
            let as_it_is = word.strip_prefix('#').unwrap_or(guarded.from);
            assert!(!names.iter().take(place).any(|name| *name == as_it_is), "{} asks for {as_it_is} as it is, which stands before it", guarded.name);
            if let Some(token) = word.strip_prefix('{') {
                assert!(["hidden}", "others}", "person}", "unit}", "day_ago}"].contains(&token), "{} speaks of {{{token}", guarded.name);
            }
        }
    }
}

#[test]
fn the_rules_about_rows_of_the_guide_hold() {
    let guide = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/operate.md")).unwrap();
    let example = guide.split("```cedar\n").nth(2).and_then(|rest| rest.split("```").next()).unwrap();
    let (old, new) = (built_in_policies(MODULES).unwrap(), built_in_policies(MODULES).unwrap().and(example, "policy.cedar").unwrap());
    assert!(new.hides_rows() && new.rules().iter().all(|rule| rule.resource().is_some()));
    let changes = shouhu_policy::rows_diff(&old, &new);
    assert!(!changes.is_empty() && changes.iter().all(|change| !change.is_gain), "{changes:?}");
    assert!(shouhu_policy::diff(&old, &new).is_empty(), "no act changes hands");
}
