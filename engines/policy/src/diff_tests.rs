//! What a comparison of rules tells.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::Grant;

const READ: Door = Door::of(Kind::PersonalRead);
const EXPORT: Door = Door { kind: Kind::PersonalRead, is_bulk: true, is_life: false };
const PANIC: Door = Door { kind: Kind::Write, is_bulk: false, is_life: true };

fn house() -> Policies {
    let grant = |permission: &str, roles: &[Role], doors: &[Door]| Grant { permission: permission.into(), roles: roles.to_vec(), doors: doors.iter().copied().collect() };
    let grants = [
        grant("sightings.read", &[Role::Detective, Role::Supervisor], &[READ, EXPORT]),
        grant("dispatch.panic", &[Role::Officer], &[PANIC]),
        grant("audit.read", &[Role::Auditor], &[Door::of(Kind::WorkRead)]),
    ];
    Policies::built_in(&grants, &["patrol", "investigation"]).unwrap()
}

fn told(old: &str, new: &str) -> Vec<String> {
    let with = |text: &str| house().and(text, "policy.cedar").unwrap();
    diff(&with(old), &with(new)).iter().map(ToString::to_string).collect()
}

#[test]
fn the_same_rules_change_nothing() {
    let rule = "@id(\"a\") @why(\"w\") forbid (principal, action, resource) when { context.hour_local < 6 };";
    assert_eq!(told("", ""), Vec::<String>::new());
    assert_eq!(told(rule, rule), Vec::<String>::new());
}

#[test]
fn a_loss_says_who_what_when_and_by_which_rule_and_taking_it_back_is_a_gain() {
    let night = "@id(\"night\") @why(\"no files at night\") forbid (principal, action == Action::\"sightings.read\", resource) \
                 when { context.is_bulk && (context.hour_local >= 22 || context.hour_local < 6) };";
    let lost = told("", night);
    assert_eq!(
        lost,
        [
            "- detective loses sightings.read at personal_read in bulk in hours 00-05, 22-23 [night: no files at night]",
            "- supervisor loses sightings.read at personal_read in bulk in hours 00-05, 22-23 [night: no files at night]",
        ]
    );
    assert_eq!(told(night, ""), lost.iter().map(|line| line.replace("- ", "+ ").replace(" loses ", " gains ")).collect::<Vec<_>>());
}

#[test]
fn whoever_gains_by_a_rule_that_gives_is_told() {
    let more = "@id(\"more\") @why(\"w\") @gives(\"g\") permit (principal in Role::\"officer\", action == Action::\"sightings.read\", resource);";
    assert_eq!(told("", more), ["+ officer gains sightings.read always [more: w]"]);
}

#[test]
fn offices_purposes_persons_and_patterns_that_a_rule_names_are_tried() {
    let office = "@why(\"w\") forbid (principal, action == Action::\"audit.read\", resource) when { principal has office && principal.office like \"*東*門*\" };";
    assert_eq!(told("", office), ["- auditor loses audit.read of office 東門 [policy.cedar:1: w]"]);
    let person = "@id(\"x\") @why(\"w\") forbid (principal == Person::\"p7\", action in Action::\"audit\", resource);";
    assert_eq!(told("", person), ["- auditor loses audit.read as p7 [x: w]"]);
    let purpose = "@id(\"x\") @why(\"w\") forbid (principal in Role::\"detective\", action, resource) unless { context has purpose && context.purpose != Purpose::\"patrol\" };";
    assert_eq!(told("", purpose), ["- detective loses sightings.read for no purpose, patrol [x: w]"]);
    let mixed = "@id(\"x\") @why(\"w\") forbid (principal in Role::\"detective\", action, resource) when { context.hour_local == 3 || context.is_bulk };";
    assert_eq!(told("", mixed), ["- detective loses sightings.read in part [x: w]"]);
}

#[test]
fn two_rules_about_one_right_are_told_apart() {
    let night = "@id(\"night\") @why(\"w\") forbid (principal, action == Action::\"audit.read\", resource) when { context.hour_local < 6 };";
    let office = "@id(\"office\") @why(\"w\") forbid (principal, action, resource) when { principal has office && principal.office == \"七\" };";
    let told = told("", &format!("{night}\n{office}"));
    assert!(told.contains(&"- auditor loses audit.read in hours 00-05 [night: w]".to_owned()), "{told:?}");
    assert!(told.contains(&"- auditor loses audit.read of office 七 [office: w]".to_owned()), "{told:?}");
    assert!(told.iter().all(|line| !line.contains("in part")), "{told:?}");
}

#[test]
fn what_saves_lives_is_lost_by_a_rule_that_says_so_alone() {
    let all = "@id(\"x\") @why(\"w\") forbid (principal in Role::\"officer\", action, resource);";
    assert_eq!(told("", all), Vec::<String>::new());
    assert_eq!(told("", &all.replace("@why", "@life(\"l\") @why")), ["- officer loses dispatch.panic always [x: w]"]);
}

#[test]
fn a_right_that_a_release_takes_away_is_a_loss() {
    let fewer = Policies::built_in(&[Grant { permission: "audit.read".into(), roles: vec![], doors: [].into() }], &[]).unwrap();
    let lines: Vec<String> = diff(&house(), &fewer).iter().map(ToString::to_string).collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines.contains(&"- auditor loses audit.read always".to_owned()));
}

#[test]
fn a_table_tells_always_sometimes_and_never() {
    let night = "@why(\"w\") forbid (principal, action, resource) when { context.hour_local < 6 };";
    let house = house().and(night, "p").unwrap();
    assert_eq!(house.reach(Role::Detective, "sightings.read"), Reach::Sometimes);
    assert_eq!(house.reach(Role::Officer, "sightings.read"), Reach::Never);
    assert_eq!(house.reach(Role::Officer, "dispatch.panic"), Reach::Always);
}
