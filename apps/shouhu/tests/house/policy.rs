//! The rules of the house, through the whole house: the committed table role × route, a force's own rules at every door, and what they may not do (ADR 0023).
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use shouhu::{MODULES, Options, build};
use shouhu_env::{Env, SimClock};
use shouhu_http::built_in_policies;
use shouhu_http::testing::{Answer, House};
use shouhu_ids::Micros;
use shouhu_lakehouse::Opening;
use shouhu_module::{Access, Audit, Caller, Load, Person, Route, door_of};
use shouhu_policy::diff;
use shouhu_wire::Role;

use crate::doors::{concrete, named, routes};
use crate::exceptions;

/// Nobody may do anything, says the force.
const NOBODY: &str = "@id(\"closed\") @why(\"the house is closed\")\nforbid (principal, action, resource);\n";
const NO_SIGHTINGS: &str = "@id(\"no-sightings\") @why(\"查詢中止\")\nforbid (principal in Role::\"detective\", action in Action::\"sightings\", resource);\n";

async fn house_with(rules: &str) -> House {
    let house = House::open(MODULES).await;
    house.app.put(built_in_policies(MODULES).unwrap().and(rules, "policy.cedar").unwrap());
    house
}

fn person(house: &House, role: Role) -> Person {
    match house.person(role) {
        Caller::Person(person) => person,
        other => panic!("{other:?}"),
    }
}

fn is_refused(answer: &Answer) -> bool {
    answer.status == 403 && answer.json["key"] == "identity.not_permitted"
}

/// Doors of roles: route and the name of the permission.
fn guarded() -> impl Iterator<Item = (&'static Route, &'static str)> {
    routes().filter_map(|(_, route)| match route.access {
        Access::Permission(name) => Some((route, name)),
        _ => None,
    })
}

fn method(route: &Route) -> &'static str {
    route.method.as_str()
}

#[tokio::test]
async fn the_rules_open_exactly_the_doors_of_the_committed_matrix() {
    let house = house_with("").await;
    let mut lines = BTreeSet::new();
    for (_, route) in routes() {
        let who = match route.access {
            Access::Public(_) => "public".to_owned(),
            Access::Session => "session".to_owned(),
            Access::Device | Access::Partner => "device".to_owned(),
            Access::Undeclared => "undeclared".to_owned(),
            Access::Permission(name) => {
                let may = |role: Role| house.app.decide(&person(&house, role), name, door_of(route), None).is_permitted;
                Role::ALL.into_iter().filter(|role| may(*role)).map(Role::as_str).collect::<Vec<_>>().join(" ")
            }
        };
        lines.insert(format!("{}: {who}", named(route)));
    }
    let listed: BTreeSet<String> = exceptions::of("matrix.txt").into_iter().collect();
    let gained: Vec<&String> = lines.difference(&listed).collect();
    let lost: Vec<&String> = listed.difference(&lines).collect();
    assert!(gained.is_empty() && lost.is_empty(), "tests/exceptions/matrix.txt is not what the lists say.\nnow: {gained:#?}\nlisted: {lost:#?}");
}

#[tokio::test]
async fn a_house_with_rules_and_one_without_agree_while_a_force_has_none() {
    let (plain, ruled) = (House::open(MODULES).await, house_with("").await);
    for role in Role::ALL {
        let person = person(&plain, role);
        assert_eq!(plain.app.permissions_now(&person), ruled.app.permissions_now(&person), "{role:?}");
        assert_eq!(plain.app.permissions_apart(&person), ruled.app.permissions_apart(&person), "{role:?}");
        assert_eq!(plain.app.permissions_of(role), ruled.app.permissions_now(&person), "{role:?}");
    }
}

#[tokio::test]
async fn a_rule_of_the_force_holds_in_lists_counts_searches_and_exports_and_the_log_names_it() {
    let house = house_with(NO_SIGHTINGS).await;
    let (detective, supervisor) = (house.person(Role::Detective), house.person(Role::Supervisor));
    let (mut closed, mut refused) = (Vec::new(), 0);
    for (route, name) in guarded().filter(|(_, name)| name.starts_with("sightings.")) {
        let was_open = house.app.permissions_of(Role::Detective).contains(&name);
        let answer = house.call(&detective, method(route), &concrete(route), Value::Null).await;
        let is_open = was_open && route.load == Load::Life;
        assert_eq!(is_refused(&answer), !is_open, "{}: {}", named(route), answer.json);
        refused += usize::from(!is_open);
        if was_open && !is_open {
            assert_eq!(answer.json["params"]["rule"], "no-sightings", "{}: {}", named(route), answer.json);
            assert_eq!(answer.json["params"]["why"], "查詢中止");
            closed.push(named(route));
        }
        if house.app.permissions_of(Role::Supervisor).contains(&name) {
            let other = house.call(&supervisor, method(route), &concrete(route), Value::Null).await;
            assert!(!is_refused(&other), "{} as a supervisor: {}", named(route), other.json);
        }
    }
    for door in ["GET /v1/sightings", "GET /v1/sightings/exports", "POST /v1/sightings/exports", "GET /v1/sightings/exports/{id}/file"] {
        assert!(closed.iter().any(|closed| closed == door), "{door} is not among {closed:?}");
    }
    let leaves = house.app.audit.page(None, 500).await.unwrap();
    let refusals: Vec<_> = leaves.iter().filter(|leaf| leaf.entry.object == "rule no-sightings: 查詢中止").collect();
    assert_eq!(refusals.len(), refused);
    assert!(refusals.iter().all(|leaf| leaf.entry.class == "security" && leaf.entry.outcome == 403));
}

#[tokio::test]
async fn a_force_that_forbids_everything_closes_every_door_but_those_that_save_lives() {
    let house = house_with(NOBODY).await;
    let mut saved = 0;
    for (route, name) in guarded().filter(|(route, _)| route.media != Some("text/event-stream")) {
        let Some(role) = Role::ALL.into_iter().find(|role| house.app.permissions_of(*role).contains(&name)) else { continue };
        let answer = house.call(&house.person(role), method(route), &concrete(route), Value::Null).await;
        assert_eq!(is_refused(&answer), route.load != Load::Life, "{} as {role:?}: {} {}", named(route), answer.status, answer.json);
        saved += usize::from(route.load == Load::Life);
    }
    assert!(saved > 10, "{saved} doors save lives");

    let said = house_with(&NOBODY.replace("@why", "@life(\"a drill\") @why")).await;
    for (route, name) in guarded() {
        for role in Role::ALL {
            assert!(!said.app.decide(&person(&said, role), name, door_of(route), None).is_permitted, "{} as {role:?}", named(route));
        }
    }
}

#[tokio::test]
async fn a_purpose_that_a_rule_does_not_accept_is_refused_in_header_and_address_and_another_goes_on() {
    let rule = "@why(\"patrol is no reason\")\nforbid (principal, action in Action::\"sightings\", resource)\n\
                when { context has purpose && context.purpose == Purpose::\"patrol\" };";
    let house = house_with(rule).await;
    let detective = house.person(Role::Detective);
    let route = guarded().map(|(route, _)| route).find(|route| route.path == "/v1/sightings" && route.audit == Audit::PersonalRead).unwrap();
    let ask = async |path: &str, headers: &[(&str, &str)]| house.call_with(&detective, method(route), path, headers, Vec::new()).await;
    assert!(is_refused(&ask("/v1/sightings?plate=ABC-1234", &[("shouhu-purpose", "patrol")]).await));
    assert!(is_refused(&ask("/v1/sightings?plate=ABC-1234&purpose=patrol", &[]).await));
    assert!(!is_refused(&ask("/v1/sightings?plate=ABC-1234", &[("shouhu-purpose", "life_threat")]).await));
    // What is no purpose passes the rule, and is refused for what it is.
    assert_eq!(ask("/v1/sightings?plate=ABC-1234", &[("shouhu-purpose", "curiosity")]).await.json["key"], "oversight.purpose_unknown");
}

#[tokio::test]
async fn a_rule_by_the_hour_begins_and_ends_by_the_clock_of_taipei() {
    // 21:30 in Taipei.
    let clock = std::sync::Arc::new(SimClock::starting_at(Micros(20_000 * Micros::DAY + 13 * Micros::HOUR + 30 * Micros::MINUTE)));
    let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
    let night = "@why(\"no files at night\")\nforbid (principal, action, resource) when { context.is_bulk && (context.hour_local >= 22 || context.hour_local < 6) };";
    house.app.put(built_in_policies(MODULES).unwrap().and(night, "policy.cedar").unwrap());
    let (route, name) = guarded().find(|(route, name)| route.load == Load::Bulk && house.app.permissions_of(Role::Supervisor).contains(name)).unwrap();
    let is_open = || house.app.decide(&person(&house, Role::Supervisor), name, door_of(route), None).is_permitted;
    assert!(is_open(), "{}", named(route));
    clock.advance_us(Micros::HOUR);
    assert!(!is_open(), "{}", named(route));
    clock.advance_us(8 * Micros::HOUR);
    assert!(is_open(), "{}", named(route));
}

#[tokio::test]
async fn screens_and_the_live_stream_learn_what_a_rule_has_taken() {
    let house = house_with("@why(\"w\") forbid (principal in Role::\"auditor\", action == Action::\"trust.watch\", resource);").await;
    let auditor = house.person(Role::Auditor);
    let me = house.call(&auditor, "GET", "/v1/identity/me", Value::Null).await;
    let told: Vec<&str> = me.json["permissions"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(!told.contains(&"trust.watch") && told.contains(&"actors.read"), "{told:?}");
    assert!(!house.app.permissions_apart(&person(&house, Role::Auditor)).contains(&"trust.watch"));
    assert!(house.app.permissions_apart(&person(&house, Role::Operator)).contains(&"trust.watch"));
}

#[test]
fn a_comparison_names_every_door_that_a_rule_closes_and_nothing_else() {
    let old = built_in_policies(MODULES).unwrap();
    let new = old.and(NO_SIGHTINGS, "policy.cedar").unwrap();
    let changes = diff(&old, &new);
    assert!(!changes.is_empty());
    for change in &changes {
        assert!(!change.is_gain && change.role == Role::Detective && change.permission.starts_with("sightings."), "{change}");
        assert!(change.reason.as_ref().is_some_and(|reason| reason.id == "no-sightings"), "{change}");
    }
    assert_eq!(diff(&new, &old).len(), changes.len());
    assert!(diff(&new, &old).iter().all(|change| change.is_gain));
}

#[test]
fn the_rules_of_the_guide_hold() {
    let guide = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/operate.md")).unwrap();
    let example = guide.split("```cedar\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let policies = built_in_policies(MODULES).unwrap().and(example, "policy.cedar").unwrap();
    assert_eq!(policies.rules().len(), 3);
    for change in diff(&built_in_policies(MODULES).unwrap(), &policies) {
        assert!(!change.is_gain && change.reason.is_some(), "{change}");
    }
}

#[tokio::test]
async fn a_broken_file_of_rules_stops_the_start_and_a_good_one_stands_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::below(folder.path());
    let file = options.data.join("policy.cedar");
    std::fs::create_dir_all(&options.data).unwrap();
    for (text, said) in [
        ("@why(\"w\")\nforbid (principal, action, resource)\nwhen { context.hour_of_day > 3 };", "policy.cedar:3: "),
        ("\n@why(\"w\") permit (principal, action, resource);", "policy.cedar:2: "),
        ("@why(\"w\") forbid (principal, action, resource)", "policy.cedar:1: "),
    ] {
        std::fs::write(&file, text).unwrap();
        let refused = build(&options, Env::real(), Opening::Closed).await.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains(said), "{text}: {refused}");
    }
    assert!(!options.data.join("shouhu.db").exists(), "nothing was opened");

    std::fs::write(&file, NO_SIGHTINGS).unwrap();
    let app = build(&options, Env::real(), Opening::Serve).await.unwrap();
    let leaves = app.audit.page(None, 10).await.unwrap();
    let noted = leaves.iter().find(|leaf| leaf.entry.action == "policy.in_force").unwrap();
    assert!(noted.entry.object.starts_with("1 rules of the force, sha256 ") && noted.entry.object.ends_with(": no-sightings"), "{}", noted.entry.object);
    app.store.close().await;

    options.policy_file = Some(folder.path().join("elsewhere.cedar"));
    let missing = build(&options, Env::real(), Opening::Closed).await.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(missing.contains("elsewhere.cedar"), "{missing}");
}
