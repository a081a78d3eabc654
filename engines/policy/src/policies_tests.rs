//! What the rules of a house claim.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use cedar_policy::{Entities, ValidationMode};
use proptest::prelude::*;

use super::*;
use crate::file::{DEPTH_MAX, FILE_BYTES_MAX, RULE_BYTES_MAX, RULES_MAX};

const PURPOSES: [&str; 3] = ["patrol", "investigation", "life_threat"];

fn grant(permission: &str, roles: &[Role]) -> Grant {
    let doors = BTreeSet::from([Door::of(Kind::PersonalRead), Door { kind: Kind::Write, is_bulk: true, is_life: false }]);
    Grant { permission: permission.into(), roles: roles.to_vec(), doors }
}

fn grants() -> Vec<Grant> {
    vec![
        grant("sightings.read", &[Role::Detective, Role::Supervisor]),
        grant("sightings.export", &[Role::Detective]),
        grant("dispatch.panic", &[Role::Officer, Role::Dispatcher]),
        grant("audit.read", &[Role::Auditor, Role::Inspector]),
    ]
}

fn house() -> Policies {
    Policies::built_in(&grants(), &PURPOSES).unwrap()
}

fn with(text: &str) -> Policies {
    house().and(text, "policy.cedar").unwrap()
}

fn refused(text: &str) -> String {
    house().and(text, "policy.cedar").err().map(|error| error.to_string()).unwrap_or_default()
}

fn ask(role: Role, permission: &str) -> Ask<'_> {
    let who = Who { id: "01890000-0000-7000-8000-000000000000", role, office: None, unit: None };
    Ask { who, permission, door: Door::of(Kind::PersonalRead), purpose: Some("patrol"), hour_local: 10 }
}

fn at_life(ask: Ask<'_>) -> Ask<'_> {
    Ask { door: Door { is_life: true, ..ask.door }, ..ask }
}

/// As the whole set says it, without table and slices.
fn whole(policies: &Policies, ask: &Ask<'_>) -> bool {
    let rules = policies.rules.iter().filter(|rule| !ask.door.is_life || rule.holds_for_life());
    let all = policies.vocabulary.built.values().cloned().chain(rules.map(|rule| rule.policy.clone()));
    let set = PolicySet::from_policies(all).unwrap();
    let response = policies.asked(&policies.actions[ask.permission], &set, ask).unwrap();
    let has_failed = response.diagnostics().errors().next().is_some();
    response.decision() == Said::Allow && (!has_failed || ask.door.is_life)
}

#[test]
fn without_rules_of_a_force_the_lists_decide_and_give_no_reason() {
    let house = house();
    assert_eq!(house.decide(&ask(Role::Detective, "sightings.export")), Decision::listed(true));
    assert_eq!(house.decide(&ask(Role::Officer, "sightings.export")), Decision::listed(false));
    assert_eq!(house.decide(&ask(Role::Operator, "sightings.nothing")), Decision::listed(false), "what is not listed is nobody's");
    let same = with("\u{feff}// nothing yet\n");
    assert_eq!(same.decide(&ask(Role::Detective, "sightings.export")), Decision::listed(true));
}

#[test]
fn a_rule_that_forbids_says_why_and_leaves_everything_else_as_it_was() {
    let house = with(
        "@id(\"night\") @why(\"夜間不得匯出\")\nforbid (principal in Role::\"detective\", action == Action::\"sightings.export\", resource)\n\
         when { context.hour_local >= 22 || context.hour_local < 6 };",
    );
    let by_day = ask(Role::Detective, "sightings.export");
    assert_eq!(house.decide(&by_day), Decision::listed(true));
    let refused = house.decide(&Ask { hour_local: 23, ..by_day });
    assert_eq!(refused, Decision { is_permitted: false, reasons: vec![Reason { id: "night".into(), why: "夜間不得匯出".into() }], faults: vec![] });
    assert!(house.decide(&Ask { hour_local: 23, ..ask(Role::Detective, "sightings.read") }).is_permitted);
}

#[test]
fn rules_can_ask_for_room_purpose_kind_office_unit_and_one_person() {
    let rooms = with("@why(\"w\") forbid (principal, action in Action::\"sightings\", resource) when { context has purpose && context.purpose == Purpose::\"patrol\" };");
    assert!(!rooms.decide(&ask(Role::Detective, "sightings.read")).is_permitted);
    assert!(rooms.decide(&Ask { purpose: Some("investigation"), ..ask(Role::Detective, "sightings.read") }).is_permitted);
    assert!(rooms.decide(&Ask { purpose: Some("made up"), ..ask(Role::Detective, "sightings.read") }).is_permitted, "what is no purpose is none");
    assert!(rooms.decide(&ask(Role::Officer, "dispatch.panic")).is_permitted);

    let office = with("@why(\"w\") forbid (principal, action, resource) when { principal has office && principal.office like \"*北*\" };");
    let of = |office| Ask { who: Who { office, ..ask(Role::Detective, "").who }, ..ask(Role::Detective, "sightings.read") };
    assert_eq!([None, Some("南區"), Some("臺北")].map(|one| office.decide(&of(one)).is_permitted), [true, true, false]);

    let one = with("@why(\"w\") forbid (principal == Person::\"01890000-0000-7000-8000-000000000000\", action, resource);");
    assert!(!one.decide(&ask(Role::Detective, "sightings.read")).is_permitted);
    let other = Who { id: "another", ..ask(Role::Detective, "").who };
    assert!(one.decide(&Ask { who: other, ..ask(Role::Detective, "sightings.read") }).is_permitted);

    let unit = with("@why(\"w\") forbid (principal, action, resource) unless { principal has unit } ;");
    assert!(!unit.decide(&ask(Role::Detective, "sightings.read")).is_permitted);
    let bulk = with("@why(\"w\") forbid (principal, action, resource) when { context.is_bulk && context.kind == Kind::\"write\" && principal.role == Role::\"detective\" };");
    assert!(bulk.decide(&ask(Role::Detective, "sightings.export")).is_permitted);
    assert!(!bulk.decide(&Ask { door: Door { kind: Kind::Write, is_bulk: true, is_life: false }, ..ask(Role::Detective, "sightings.export") }).is_permitted);
}

#[test]
fn a_rule_stops_what_saves_lives_only_when_it_says_so() {
    let all = "@why(\"w\") forbid (principal, action, resource);";
    let panic = ask(Role::Officer, "dispatch.panic");
    assert!(!with(all).decide(&panic).is_permitted);
    assert!(with(all).decide(&at_life(panic)).is_permitted);
    let said = "@why(\"w\") @life(\"only the centre takes calls\") forbid (principal in Role::\"officer\", action, resource);";
    assert!(!with(said).decide(&at_life(panic)).is_permitted);
    assert!(with(said).decide(&at_life(ask(Role::Dispatcher, "dispatch.panic"))).is_permitted);
}

#[test]
fn a_rule_that_fails_denies_and_is_named_but_never_stops_what_saves_lives() {
    let overflows = "@id(\"odd\") @why(\"w\") @life(\"l\") forbid (principal, action, resource) when { context.hour_local * 9223372036854775807 > 1 && context.hour_local == 3 };";
    let house = with(overflows);
    let panic = ask(Role::Officer, "dispatch.panic");
    let odd = vec![Reason { id: "odd".into(), why: "w".into() }];
    assert_eq!(house.decide(&panic), Decision { is_permitted: false, reasons: odd.clone(), faults: odd.clone() });
    assert_eq!(house.decide(&at_life(panic)), Decision { is_permitted: true, reasons: vec![], faults: odd });
}

#[test]
fn a_force_gives_more_only_where_it_says_so_and_never_to_an_inspector() {
    let gives = "@why(\"w\") @gives(\"our officers ask themselves\") permit (principal in [Role::\"officer\"][0], action, resource);";
    assert!(refused(gives).starts_with("policy.cedar:1:"));
    let to = |role: &str| format!("@id(\"more\") @why(\"w\") @gives(\"as agreed\") permit (principal in Role::\"{role}\", action == Action::\"sightings.read\", resource);");
    let house = with(&to("officer"));
    let decision = house.decide(&ask(Role::Officer, "sightings.read"));
    assert!(decision.is_permitted && decision.reasons == [Reason { id: "more".into(), why: "w".into() }], "{decision:?}");
    assert!(!house.decide(&ask(Role::Operator, "sightings.read")).is_permitted);
    assert!(!with(&to("inspector")).decide(&ask(Role::Inspector, "sightings.read")).is_permitted);
    assert!(house.decide(&ask(Role::Inspector, "audit.read")).is_permitted);
    assert!(refused("@why(\"w\")\npermit (principal, action, resource);").contains("@gives"));
    assert!(refused("@why(\"w\") @gives(\"g\") forbid (principal, action, resource);").contains("forbids"));
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_line() {
    let rule = |when: &str| format!("// a note\n\n@why(\"w\")\nforbid (principal, action, resource)\nwhen {{\n  {when}\n}};");
    for (when, line, said) in [
        ("context.hour", 6, "hour"),
        ("context.purpose == Purpose::\"patrol\"", 6, "purpose"),
        ("context has purpose && context.purpose == Purpose::\"petrol\"", 6, "petrol"),
        ("principal.role == Role::\"chief\"", 6, "chief"),
        ("principal.role == \"officer\"", 6, "not compatible"),
        ("context.hour_local ==", 7, "token"),
        ("principal.office == \"北\"", 6, "office"),
        ("action == Action::\"sightings.reed\"", 6, "sightings.reed"),
    ] {
        let told = refused(&rule(when));
        assert!(told.starts_with(&format!("policy.cedar:{line}: ")) && told.contains(said) , "{when}: {told}");
    }
    for (text, line, said) in [
        ("forbid (principal, action, resource);", 1, "@why"),
        ("\n@why(\"\") forbid (principal, action, resource);", 2, "@why"),
        ("@why(\"w\") @note(\"n\") forbid (principal, action, resource);", 1, "@note"),
        ("@why(\"w\") forbid (principal == ?principal, action, resource);", 1, "template"),
        ("@why(\"w\") forbid (principal, action == Action::\"nothing.here\", resource);", 1, "nothing.here"),
        ("@why(\"w\") forbid (principal, action, resource)", 1, "end"),
        ("@id(\"a\") @why(\"w\") forbid (principal, action, resource);\n@id(\"a\") @why(\"w\") forbid (principal, action, resource);", 2, "line 1"),
        ("@why(\"w\") forbid (principal, action, resource) when { false };", 1, "impossible"),
    ] {
        let told = refused(text);
        assert!(told.starts_with(&format!("policy.cedar:{line}: ")) && told.contains(said), "{text}: {told}");
    }
    let one = "@why(\"w\") forbid (principal, action, resource);\n";
    assert!(house().and(&one.repeat(RULES_MAX), "p").is_ok());
    assert!(refused(&one.repeat(RULES_MAX + 1)).contains("one more"));
    assert!(refused(&" ".repeat(FILE_BYTES_MAX + 1)).contains("bytes"));
    assert!(refused(&format!("@why(\"{}\") forbid (principal, action, resource);", "w".repeat(RULE_BYTES_MAX))).contains("bytes"));
}

#[test]
fn what_is_deeper_than_a_stack_is_refused_before_it_is_parsed() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{a:", "}"), ("if true then 1 else ", ""), ("!", ""), ("-", "")] {
        for times in [DEPTH_MAX + 1, 30_000] {
            let text = format!("@why(\"w\") forbid (principal, action, resource) when {{ {}1{} == 1 }};", open.repeat(times), close.repeat(times));
            assert!(!refused(&text).is_empty(), "{open} {times}");
        }
    }
    for chain in ["true && ", "true || ", "1 + ", "1 * ", "context.", "context == context && "] {
        let text = format!("@why(\"w\") forbid (principal, action, resource) when {{ {}true }};", chain.repeat((RULE_BYTES_MAX - 100) / chain.len()));
        _ = house().and(&text, "p");
    }
}

#[test]
fn what_is_asked_is_what_the_schema_says() {
    let house = house();
    let schema = house.vocabulary.validator.schema();
    let full = Who { id: "x\"y", role: Role::Detective, office: Some("北"), unit: Some("u") };
    for asked in [ask(Role::Officer, "dispatch.panic"), Ask { who: full, purpose: None, ..ask(Role::Detective, "sightings.read") }] {
        let action = &house.actions[asked.permission];
        let (request, entities) = house.request(action, &asked).unwrap();
        let context = request.context().unwrap().clone();
        let part = |part: Option<&EntityUid>| part.unwrap().clone();
        Request::new(part(request.principal()), part(request.action()), part(request.resource()), context, Some(schema)).unwrap();
        Entities::from_entities(entities, Some(schema)).unwrap();
    }
    let set = PolicySet::from_policies(house.vocabulary.built.values().cloned()).unwrap();
    assert!(house.vocabulary.validator.validate(&set, ValidationMode::Strict).validation_passed());
}

#[test]
fn what_is_kept_for_one_is_not_said_of_another() {
    let one = with("@why(\"w\") forbid (principal == Person::\"p7\", action, resource) when { principal has office && context.hour_local < 6 };");
    let of = |id, office, hour_local| {
        let who = Who { id, office, ..ask(Role::Detective, "").who };
        one.decide(&Ask { who, hour_local, ..ask(Role::Detective, "sightings.read") }).is_permitted
    };
    for _ in 0..2 {
        assert_eq!([of("p7", Some("a"), 3), of("p8", Some("a"), 3), of("p7", None, 3), of("p7", Some("a"), 7)], [false, true, true, true]);
    }
}

#[test]
fn lists_that_name_something_twice_or_oddly_are_refused() {
    let twice = [grant("a.b", &[]), grant("a.b", &[])];
    assert_eq!(Policies::built_in(&twice, &[]).err(), Some(PolicyError::Grant("a.b".into())));
    for odd in ["", "a", "a.", ".b", "a.b\"", "A.b", "a b.c"] {
        assert_eq!(Policies::built_in(&[grant(odd, &[])], &[]).err(), Some(PolicyError::Grant(odd.into())));
    }
    assert!(Policies::built_in(&[], &["a\"b"]).is_err());
    assert!(!Policies::built_in(&[], &[]).unwrap().decide(&ask(Role::Operator, "a.b")).is_permitted);
}

fn roles() -> impl Strategy<Value = Vec<Role>> {
    proptest::sample::subsequence(Role::ALL.to_vec(), 0..=Role::ALL.len())
}

fn condition() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (0_i64..24).prop_map(|hour| format!("context.hour_local < {hour}")),
        (0_i64..24).prop_map(|hour| format!("context.hour_local * {hour} == 9223372036854775807 * context.hour_local")),
        Just("context.is_bulk".to_owned()),
        Just("context.is_life".to_owned()),
        Just("context has purpose && context.purpose == Purpose::\"patrol\"".to_owned()),
        Just("principal has office && principal.office == \"北\"".to_owned()),
        Just("principal.role == Role::\"officer\"".to_owned()),
        Just("context.kind == Kind::\"write\"".to_owned()),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) && ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) || ({b})")),
            inner.prop_map(|a| format!("!({a})")),
        ]
    })
}

/// Rules that are validated; some fail when they are evaluated.
fn rules(effects: &'static [&'static str]) -> impl Strategy<Value = String> {
    let scope = prop_oneof![Just(String::new()), proptest::sample::select(Role::ALL.to_vec()).prop_map(|role| format!(" in Role::\"{}\"", role.as_str()))];
    let action = proptest::sample::select(vec![
        "",
        " == Action::\"sightings.read\"",
        " in Action::\"sightings\"",
        " in [Action::\"audit\", Action::\"dispatch.panic\"]",
        " in [Action::\"sightings.export\"]",
    ]);
    let rule = (proptest::sample::select(effects.to_vec()), any::<bool>(), scope, action, condition());
    let rule = rule.prop_map(|(effect, is_life, scope, action, condition)| {
        let gives = if effect == "permit" { "@gives(\"g\") " } else { "" };
        let life = if is_life { "@life(\"l\") " } else { "" };
        format!("@why(\"w\") {gives}{life}{effect} (principal{scope}, action{action}, resource) when {{ {condition} }};\n")
    });
    proptest::collection::vec(rule, 1..6).prop_map(|rules| rules.concat())
}

fn asks() -> Vec<Ask<'static>> {
    let mut asks = Vec::new();
    for role in Role::ALL {
        for permission in ["sightings.read", "sightings.export", "dispatch.panic", "audit.read"] {
            for (number, hour_local) in [0_u8, 3, 12, 23].into_iter().enumerate() {
                let (is_bulk, is_life) = (number % 2 == 0, number / 2 == 0);
                let usual = ask(role, permission);
                let kind = if number == 3 { Kind::Write } else { Kind::PersonalRead };
                let who = Who { office: (number == 1).then_some("北"), ..usual.who };
                let purpose = (number != 2).then_some("patrol");
                asks.push(Ask { who, permission, door: Door { kind, is_bulk, is_life }, purpose, hour_local });
            }
        }
    }
    asks
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn generated_policies_decide_as_the_lists_do(lists in proptest::collection::vec(roles(), 1..6)) {
        let grants: Vec<Grant> = lists.iter().enumerate().map(|(number, roles)| grant(&format!("room{}.act_{number}", number % 2), roles)).collect();
        let policies = Policies::built_in(&grants, &PURPOSES).unwrap();
        for grant in &grants {
            for role in Role::ALL {
                let asked = ask(role, &grant.permission);
                prop_assert_eq!(policies.decide(&asked).is_permitted, grant.roles.contains(&role));
                prop_assert_eq!(whole(&policies, &asked), grant.roles.contains(&role));
            }
        }
    }

    #[test]
    fn a_rule_that_forbids_never_permits_more(text in rules(&["forbid"])) {
        // What can never hold is refused as a slip; what is left is tried.
        let Ok(forbidden) = house().and(&text, "p") else { return Ok(()) };
        let free = house();
        for asked in asks() {
            prop_assert!(!forbidden.decide(&asked).is_permitted || free.decide(&asked).is_permitted, "{:?} by {}", asked, text);
        }
    }

    #[test]
    fn table_and_slices_decide_as_the_whole_set(text in rules(&["forbid", "permit"])) {
        let Ok(policies) = house().and(&text, "p") else { return Ok(()) };
        for asked in asks() {
            let first = policies.decide(&asked);
            prop_assert_eq!(first.is_permitted, whole(&policies, &asked), "{:?} by {}", asked, text);
            prop_assert_eq!(policies.decide(&asked), first, "what is kept is what was decided");
        }
    }

    #[test]
    fn garbage_is_refused_and_never_panics(text in prop_oneof![
        ".{0,300}",
        "([(){};@\"/!.,=&|<>-]|forbid|permit|when|unless|principal|action|resource|context|if|then|else|has|like|is|in|[a-z]{1,4}|\\s|[0-9]{1,20}|Action::|\\?principal){0,60}",
    ], at in 0_usize..400) {
        _ = house().and(&text, "p");
        let mut mutated = "@why(\"w\") forbid (principal in Role::\"officer\", action in [Action::\"sightings\"], resource) when { context.hour_local < 6 };".to_owned();
        let at = (0..=at.min(mutated.len())).rev().find(|at| mutated.is_char_boundary(*at)).unwrap_or_default();
        mutated.insert_str(at, &text);
        _ = house().and(&mutated, "p");
    }
}
