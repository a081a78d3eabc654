//! What a decision costs: from the table, by Cedar with one rule and with ten of the force, and where Cedar has said it before; and what it costs to find what is left of
//! rules about rows.
//!
//! `cargo run --release -p shouhu-policy --example decide_cost`
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends")]

use std::time::{Duration, Instant};

use shouhu_policy::{Ask, Door, Grant, Kind, Look, Policies, Resource, Who};
use shouhu_wire::Role;

const PERMISSIONS: usize = 110;
/// The median of so many batches, so that a busy machine does not make it look slow.
const BATCHES: u32 = 401;
const ROUNDS: u32 = 50;

fn main() {
    let grant = |number: usize| Grant { permission: format!("room{}.act{number}", number % 12), roles: vec![Role::Detective, Role::Supervisor, Role::Dispatcher], doors: [].into() };
    let grants: Vec<Grant> = (0..PERMISSIONS).map(grant).collect();
    let began = Instant::now();
    let house = Policies::built_in(&grants, &["patrol", "investigation"]).unwrap();
    println!("the rooms' lists: {PERMISSIONS} permissions read, validated and asked in {:?}", began.elapsed());
    let night = |number: usize| {
        format!("@id(\"{number}\") @why(\"no files at night\") forbid (principal, action, resource) when {{ context.is_bulk && context.hour_local < {} }};\n", number % 6 + 1)
    };
    let with = |rules: usize| (0..rules).map(night).collect::<String>();
    for (name, rules) in [("table", 0), ("one rule", 1), ("ten rules", 10)] {
        let began = Instant::now();
        let policies = house.and(&with(rules), "policy.cedar").unwrap();
        let read = began.elapsed();
        println!("{name:<10} {:?} a decision, {:?} said before, {read:?} to read", cost(&policies, true), cost(&policies, false));
    }
    for (name, rules) in [("one rule about rows", 1), ("ten rules about rows", 10)] {
        let policies = house.and(&(0..rules).map(other_office).collect::<String>(), "policy.cedar").unwrap();
        println!("{name:<20} {:?} to find what is left of them", left_cost(&policies));
    }
}

const WHO: Who<'static> = Who { id: "01890000-0000-7000-8000-000000000000", role: Role::Detective, office: Some("first"), unit: None };
const DOOR: Door = Door { kind: Kind::PersonalRead, is_bulk: true, is_life: false };

fn other_office(number: usize) -> String {
    format!(
        "@id(\"row{number}\") @why(\"another office's\") forbid (principal, action, resource is Camera)\n\
         unless {{ principal has office && resource has office && resource.office == principal.office && context.hour_local < {} }};\n",
        number % 6 + 18
    )
}

fn median(batch: impl FnMut(u32) -> Duration) -> Duration {
    let mut batches: Vec<Duration> = (0..BATCHES).map(batch).collect();
    batches.sort_unstable();
    batches.into_iter().nth(BATCHES as usize / 2).unwrap()
}

fn cost(policies: &Policies, is_new: bool) -> Duration {
    let ask = Ask { who: WHO, permission: "room3.act3", door: DOOR, purpose: Some("patrol"), hour_local: 10 };
    assert!(policies.decide(&ask).is_permitted);
    median(|number| batch(policies, &ask, is_new.then_some(number)))
}

fn left_cost(policies: &Policies) -> Duration {
    let look = Look { who: WHO, permission: Some("room3.act3"), door: DOOR, purpose: Some("patrol"), hour_local: 10 };
    median(|_| {
        let began = Instant::now();
        for _ in 0..ROUNDS {
            assert!(!policies.hidden(Resource::Camera, std::hint::black_box(&look)).rows.is_nothing());
        }
        began.elapsed() / ROUNDS
    })
}

/// With a number, each question is one that was never asked: another unit asks.
fn batch(policies: &Policies, ask: &Ask<'_>, number: Option<u32>) -> Duration {
    let units: Vec<String> = (0..ROUNDS).map(|round| number.map_or_else(|| "unit".to_owned(), |number| format!("{number} {round}"))).collect();
    let began = Instant::now();
    for unit in &units {
        let ask = Ask { who: Who { unit: Some(unit), ..ask.who }, ..*ask };
        assert!(policies.decide(std::hint::black_box(&ask)).is_permitted);
    }
    began.elapsed() / ROUNDS
}
