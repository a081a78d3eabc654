//! Rules about rows, through the whole house: what a camera recorded and what happened in incidents of a kind is found by no route by whom a force's rule names, and
//! by everybody else as before (ADR 0023).
//!
//! The sweep can fail: the same questions find everything before the rule, and whoever it does not name finds it after.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
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

/// Every GET route of the house, and the searches, by these; what each told of the traces, by its route. The log is left out: it keeps what was asked.
async fn sweep(world: &World, people: &[&Person], traces: &[String], sighting: &str) -> BTreeMap<String, Vec<String>> {
    let is_asked = |path: &str| !path.starts_with("/v1/oversight/");
    let told = |question: &str, text: &str| traces.iter().filter(|trace| text.contains(trace.as_str()) && !question.contains(trace.as_str())).cloned().collect();
    asked_everywhere(world, people, sighting, 60, is_asked, told).await
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
    rule(&world, OTHER_OFFICE);
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
    for (who, has_hidden) in [(&detective, false), (&supervisor, true)] {
        let id = world.exported(who).await;
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
}

#[tokio::test]
async fn incidents_of_a_kind_are_found_by_no_route_but_by_whoever_opened_them() {
    let world = World::open().await;
    let traces = vec![world.ids["/v1/incidents/"].clone(), "停於路旁".to_owned()];
    let (supervisor, dispatcher) = (world.role(Role::Supervisor), world.role(Role::Dispatcher));
    let before = sweep(&world, &[supervisor], &traces, "").await;
    for route in ["GET /v1/incidents", "GET /v1/events"] {
        assert!(before.contains_key(route), "without a rule {route} finds it, so that the sweep can fail: {:?}", before.keys());
    }
    rule(&world, STOLEN);
    let after = sweep(&world, &[supervisor], &traces, "").await;
    assert!(after.is_empty(), "{after:#?}");
    let opened = sweep(&world, &[dispatcher], &traces, "").await;
    assert!(opened.contains_key("GET /v1/incidents"), "{:?}", opened.keys());

    let store = &world.house.app.store;
    let all = || store.fetch("SELECT id FROM dispatch_incident", vec![]);
    assert!(all().await.unwrap().is_empty(), "whoever has not said who looks sees none");
    assert_eq!(Eyes::House.look(all()).await.unwrap().len(), 1);
    rule(&world, "");
    assert_eq!(all().await.unwrap().len(), 1, "no rule is about rows");
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
