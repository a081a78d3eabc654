//! What rules about rows claim. The oracle is Cedar itself, asked about the whole row.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeSet, HashMap};

use cedar_policy::{Authorizer, Context, Decision as Said, Entities, Entity, EntityUid, Policy, PolicyId, PolicySet, Request, RestrictedExpression};
use proptest::prelude::*;
use shouhu_wire::Role;

use crate::{Cell, Comparison, Door, Grant, Kind, Look, NO_CAMERA, Policies, Residual, Resource, Row, TextTest, Who, rows_diff};

const PURPOSES: [&str; 2] = ["patrol", "investigation"];

fn house() -> Policies {
    let grant = |permission: &str| Grant { permission: permission.into(), roles: vec![Role::Officer, Role::Detective], doors: BTreeSet::new() };
    Policies::built_in(&[grant("sightings.read"), grant("dispatch.read")], &PURPOSES).unwrap()
}

fn with(text: &str) -> Policies {
    house().and(text, "policy.cedar").unwrap()
}

fn refused(text: &str) -> String {
    house().and(text, "policy.cedar").err().map(|error| error.to_string()).unwrap_or_default()
}

fn look(role: Role) -> Look<'static> {
    let who = Who { id: "p7", role, office: Some("永康"), unit: None };
    Look { who, permission: Some("sightings.read"), door: Door::of(Kind::PersonalRead), purpose: Some("patrol"), hour_local: 10 }
}

fn camera(kind: &str, name: Option<&str>, office: Option<&str>) -> Row {
    let text = |text: &str| Cell::Text(text.to_owned());
    let mut row = Row::default();
    row.0.insert("kind", text(kind));
    row.0.extend(name.map(|name| ("name", text(name))));
    row.0.extend(office.map(|office| ("office", text(office))));
    row
}

fn incident(kind: &str, priority: i64) -> Row {
    Row([("kind", Cell::Text(kind.into())), ("origin", Cell::Text("call".into())), ("priority", Cell::Number(priority))].into())
}

const OTHER_OFFICE: &str = "@id(\"office\") @why(\"w\") forbid (principal in Role::\"officer\", action, resource is Camera)\n\
                            unless { principal has office && resource has office && resource.office == principal.office };";
const VIOLENCE: &str = "@id(\"dv\") @why(\"w\") forbid (principal, action, resource is Incident) when { resource.kind == \"domestic_violence\" }\n\
                        unless { [Role::\"dispatcher\", Role::\"supervisor\"].contains(principal.role) };";

#[test]
fn an_officer_sees_what_the_cameras_of_his_own_office_recorded_and_a_detective_all() {
    let house = with(OTHER_OFFICE);
    let hidden = house.hidden(Resource::Camera, &look(Role::Officer));
    assert!(hidden.faults.is_empty());
    let hides = |office| hidden.rows.hides(&camera("fixed", Some("中正路口"), office));
    assert_eq!([Some("永康"), Some("仁德"), None].map(hides), [false, true, true]);
    assert!(hidden.rows.hides(&Row::of_no_camera()), "what is no camera is of no office");
    let homeless = Look { who: Who { office: None, ..look(Role::Officer).who }, ..look(Role::Officer) };
    assert_eq!(house.hidden(Resource::Camera, &homeless).rows, Residual::Known(true));
    assert!(house.hidden(Resource::Camera, &look(Role::Detective)).rows.is_nothing());
    assert!(house.hidden(Resource::Incident, &look(Role::Officer)).rows.is_nothing(), "a rule about cameras says nothing of incidents");
}

#[test]
fn what_is_known_goes_and_what_is_left_speaks_of_the_row_alone() {
    let house = with(VIOLENCE);
    let hidden = |role| house.hidden(Resource::Incident, &look(role)).rows;
    assert_eq!(hidden(Role::Officer), Residual::Text("kind", TextTest::Among(vec!["domestic_violence".into()])));
    assert!(hidden(Role::Dispatcher).is_nothing());
    let listed = with("@why(\"w\") forbid (principal, action, resource is Incident) when { [\"a\", \"b\", \"c\"].contains(resource.kind) || resource.kind == \"d\" };");
    let Residual::Text("kind", TextTest::Among(mut words)) = listed.hidden(Resource::Incident, &look(Role::Officer)).rows else { panic!("one list") };
    words.sort();
    assert_eq!(words, ["a", "b", "c", "d"]);
    let urgent = with("@why(\"w\") forbid (principal, action, resource is Incident) when { 2 < resource.priority && context.hour_local >= 6 };");
    assert_eq!(urgent.hidden(Resource::Incident, &look(Role::Officer)).rows, Residual::Number("priority", Comparison::More, 2));
    assert!(urgent.hidden(Resource::Incident, &Look { hour_local: 3, ..look(Role::Officer) }).rows.is_nothing());
}

#[test]
fn a_rule_about_rows_decides_about_no_act_and_one_about_acts_hides_no_row() {
    let house = with(VIOLENCE);
    let who = look(Role::Officer).who;
    let ask = crate::Ask { who, permission: "dispatch.read", door: Door::of(Kind::WorkRead), purpose: None, hour_local: 3 };
    assert!(house.decide(&ask).is_permitted && house.hides_rows());
    assert_eq!(house.rules()[0].resource(), Some(Resource::Incident));
    let night = with("@why(\"w\") forbid (principal, action, resource) when { context.hour_local < 6 };");
    assert!(!night.decide(&ask).is_permitted && !night.hides_rows());
    assert!(night.hidden(Resource::Incident, &look(Role::Officer)).rows.is_nothing());
}

#[test]
fn acts_persons_and_purposes_of_the_scope_are_kept_and_without_an_act_every_rule_holds() {
    let hidden = |text: &str, look: &Look<'_>| !with(text).hidden(Resource::Camera, look).rows.is_nothing();
    let rule = |scope: &str, when: &str| format!("@why(\"w\") forbid ({scope}, resource is Camera) when {{ {when} && resource.kind == \"fixed\" }};");
    let officer = look(Role::Officer);
    assert!(hidden(&rule("principal, action in Action::\"sightings\"", "true"), &officer));
    let dispatch = rule("principal, action == Action::\"dispatch.read\"", "true");
    assert!(!hidden(&dispatch, &officer) && hidden(&dispatch, &Look { permission: None, ..officer }));
    assert!(hidden(&rule("principal == Person::\"p7\", action", "true"), &officer) && !hidden(&rule("principal == Person::\"p8\", action", "true"), &officer));
    let patrol = rule("principal is Person in Role::\"officer\", action", "context has purpose && context.purpose == Purpose::\"patrol\"");
    assert!(hidden(&patrol, &officer) && !hidden(&patrol, &Look { purpose: Some("made up"), ..officer }));
}

#[test]
fn what_cannot_be_said_about_rows_is_refused_with_line_and_reason() {
    let about = |resource: &str, when: &str| format!("\n@why(\"w\") forbid (principal, action, resource is {resource}) when {{ {when} }};");
    for (resource, when, said) in [
        ("Camera", "resource.name == \"x\"", "name"),
        ("Camera", "resource.district == \"x\"", "district"),
        ("Incident", "resource.priority + 1 > 2", "`+`"),
        ("Incident", "resource.kind == resource.origin", "compared with each other"),
        ("Incident", "resource.kind like \"a*b*c\"", "pattern"),
        ("Incident", "resource.kind like \"a\\0*\"", "control"),
        ("Incident", "action == Action::\"dispatch.read\"", "scope"),
        ("Incident", "resource == Incident::\"x\"", "the row itself"),
        ("Incident", "[\"a\", \"b\"].containsAny([resource.kind])", "containsAny"),
        ("Incident", "(resource.kind == \"a\") == true", "`==`"),
        ("Incident", "if (if resource.kind == \"a\" then true else context.is_bulk) then context.is_life else false", "`if`"),
        ("Incident", "decimal(\"1.0\").lessThan(decimal(\"2.0\")) && resource.kind == \"a\"", "lessThan"),
        ("Sighting", "true", "Sighting"),
    ] {
        let told = refused(&about(resource, when));
        assert!(told.starts_with("policy.cedar:2: ") && told.contains(said), "{when}: {told}");
    }
    for (text, said) in [
        ("@why(\"w\") @gives(\"g\") permit (principal, action, resource is Camera);", "only hides"),
        ("@why(\"w\") @life(\"l\") forbid (principal, action, resource is Camera);", "@life"),
        ("@why(\"w\") forbid (principal, action, resource == Camera::\"x\");", "resource is Camera"),
        ("@why(\"w\") forbid (principal, action, resource) when { resource is Camera };", "Camera"),
        ("forbid (principal, action, resource is Camera);", "@why"),
    ] {
        let told = refused(text);
        assert!(told.starts_with("policy.cedar:1: ") && told.contains(said), "{text}: {told}");
    }
}

#[test]
fn a_comparison_of_rules_tells_in_words_who_loses_which_rows() {
    let told = |old: &str, new: &str| rows_diff(&with(old), &with(new)).iter().map(ToString::to_string).collect::<Vec<_>>();
    let lost = told("", OTHER_OFFICE);
    assert_eq!(
        lost,
        ["- officer no longer sees what cameras recorded where not (there is the office of whoever looks and there is its office and its office is \
          the office of whoever looks) [office: w]"]
    );
    assert_eq!(told(OTHER_OFFICE, OTHER_OFFICE), Vec::<String>::new());
    assert_eq!(told(OTHER_OFFICE, ""), lost.iter().map(|line| line.replace("- ", "+ ").replace("no longer sees", "sees again")).collect::<Vec<_>>());
    let acts = "@id(\"a\") @why(\"w\") forbid (principal in Role::\"auditor\", action in Action::\"dispatch\", resource is Incident) when { resource.kind like \"dv*\" };";
    assert_eq!(told("", acts), ["- auditor no longer sees incidents where its kind begins with \"dv\", within dispatch [a: w]"]);
    let before = house();
    assert!(crate::diff(&before, &with(OTHER_OFFICE)).is_empty(), "no act changes hands");
}

/// What Cedar says of whoever looks and one whole row; `None` where something failed.
fn is_forbidden(policies: &Policies, resource: Resource, look: &Look<'_>, row: &Row) -> Option<bool> {
    let vocabulary = policies.vocabulary();
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let role = vocabulary.role(look.who.role);
    let mut attributes = HashMap::from([("role".to_owned(), RestrictedExpression::new_entity_uid(role.clone()))]);
    attributes.extend(look.who.office.map(|office| ("office".to_owned(), text(office))));
    attributes.extend(look.who.unit.map(|unit| ("unit".to_owned(), text(unit))));
    let person = vocabulary.person(look.who.id);
    let principal = Entity::new(person.clone(), attributes, [role].into()).unwrap();
    let stored = row.0.iter().map(|(name, cell)| {
        let value = match cell {
            Cell::Text(said) => text(said),
            Cell::Number(number) => RestrictedExpression::new_long(*number),
        };
        ((*name).to_owned(), value)
    });
    let of: EntityUid = format!("{}::\"x\"", resource.as_str()).parse().unwrap();
    let stored = Entity::new(of.clone(), stored.collect(), [].into()).unwrap();
    let permission = look.permission.unwrap();
    let [own, group] = vocabulary.action_entities(permission);
    let entities = Entities::from_entities([principal, stored, own, group], None).unwrap();
    let mut context = vec![
        ("hour_local".to_owned(), RestrictedExpression::new_long(i64::from(look.hour_local))),
        ("kind".to_owned(), RestrictedExpression::new_entity_uid(vocabulary.kind(look.door.kind))),
        ("is_bulk".to_owned(), RestrictedExpression::new_bool(look.door.is_bulk)),
        ("is_life".to_owned(), RestrictedExpression::new_bool(look.door.is_life)),
    ];
    context.extend(look.purpose.map(|purpose| ("purpose".to_owned(), RestrictedExpression::new_entity_uid(vocabulary.purpose(purpose)))));
    let context = Context::from_pairs(context).unwrap();
    let request = Request::new(person, vocabulary.action(permission), of, context, None).unwrap();
    let everything = Policy::parse(Some(PolicyId::new("everything")), "permit (principal, action, resource);").unwrap();
    let rules = policies.rules().iter().filter(|rule| rule.resource() == Some(resource)).map(|rule| rule.policy.clone());
    let set = PolicySet::from_policies(rules.chain([everything])).unwrap();
    let response = Authorizer::new().is_authorized(&request, &set, &entities);
    response.diagnostics().errors().next().is_none().then(|| response.decision() == Said::Deny)
}

const WORDS: [&str; 6] = ["fixed", "永康", "永康路", "Fixed", "路永", "a"];

fn word() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(WORDS.to_vec())
}

fn pattern() -> impl Strategy<Value = String> {
    (word(), word(), 0..6_u8).prop_map(|(a, b, shape)| match shape {
        0 => a.to_owned(),
        1 => format!("{a}*"),
        2 => format!("*{a}"),
        3 => format!("*{a}*"),
        4 => format!("{a}*{b}"),
        _ => "*".to_owned(),
    })
}

fn about_camera() -> impl Strategy<Value = String> {
    prop_oneof![
        word().prop_map(|word| format!("resource.kind == \"{word}\"")),
        word().prop_map(|word| format!("resource.kind != \"{word}\"")),
        word().prop_map(|word| format!("resource has name && resource.name == \"{word}\"")),
        word().prop_map(|word| format!("resource has office && resource.office != \"{word}\"")),
        Just("resource has office".to_owned()),
        Just("resource has office && principal has office && resource.office == principal.office".to_owned()),
        Just("principal has unit && resource.kind == principal.unit".to_owned()),
        (word(), word()).prop_map(|(a, b)| format!("[\"{a}\", \"{b}\"].contains(resource.kind)")),
        pattern().prop_map(|pattern| format!("resource.kind like \"{pattern}\"")),
        pattern().prop_map(|pattern| format!("resource has name && resource.name like \"{pattern}\"")),
        pattern().prop_map(|pattern| format!("principal has office && principal.office like \"{pattern}\"")),
    ]
}

fn about_asker() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_i64..24).prop_map(|hour| format!("context.hour_local < {hour}")),
        Just("context has purpose && context.purpose == Purpose::\"patrol\"".to_owned()),
        Just("principal in Role::\"officer\"".to_owned()),
        Just("[Role::\"officer\", Role::\"auditor\"].contains(principal.role)".to_owned()),
        Just("principal == Person::\"p7\"".to_owned()),
        Just("principal in [Role::\"auditor\", Role::\"detective\"]".to_owned()),
        Just("context.is_life".to_owned()),
        Just("context.kind == Kind::\"write\"".to_owned()),
    ]
}

fn about_incident() -> impl Strategy<Value = String> {
    let order = proptest::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    prop_oneof![
        (order.clone(), -1_i64..6).prop_map(|(order, bound)| format!("resource.priority {order} {bound}")),
        order.prop_map(|order| format!("context.hour_local {order} resource.priority")),
        Just("[1, 3].contains(resource.priority)".to_owned()),
        word().prop_map(|word| format!("resource.kind == \"{word}\"")),
        pattern().prop_map(|pattern| format!("resource.origin like \"{pattern}\"")),
    ]
}

fn condition(leaf: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = String> {
    prop_oneof![2 => leaf, 1 => about_asker()].prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) && ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) || ({b})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("if ({a}) then ({b}) else ({c})")),
        ]
    })
}

fn rules(resource: Resource, leaf: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = String> {
    let who = proptest::sample::select(vec!["principal", "principal in Role::\"officer\"", "principal == Person::\"p7\"", "principal is Person"]);
    let act = proptest::sample::select(vec!["action", "action in Action::\"sightings\"", "action == Action::\"dispatch.read\""]);
    let word = proptest::sample::select(vec!["when", "unless"]);
    let rule = (who, act, word, condition(leaf)).prop_map(move |(who, act, word, condition)| {
        format!("@why(\"w\") forbid ({who}, {act}, resource is {}) {word} {{ {condition} }};\n", resource.as_str())
    });
    proptest::collection::vec(rule, 1..4).prop_map(|rules| rules.concat())
}

fn looks() -> Vec<Look<'static>> {
    let mut looks = Vec::new();
    for role in [Role::Officer, Role::Detective, Role::Auditor] {
        for (number, (id, office, unit)) in [("p7", Some("永康"), None), ("p8", None, Some("fixed")), ("p9", Some("a"), Some("a"))].into_iter().enumerate() {
            let permission = Some(if number == 1 { "dispatch.read" } else { "sightings.read" });
            let door = Door { kind: if number == 2 { Kind::Write } else { Kind::PersonalRead }, is_bulk: false, is_life: number == 0 };
            let hour_local = [2, 12, 23][number];
            looks.push(Look { who: Who { id, role, office, unit }, permission, door, purpose: (number != 1).then_some("patrol"), hour_local });
        }
    }
    looks
}

fn cameras() -> Vec<Row> {
    let some = || std::iter::once(None).chain(["永康", "永康路", "Fixed"].map(Some));
    let named = some().flat_map(|name| some().map(move |office| (name, office)));
    let mut rows: Vec<Row> = named.flat_map(|(name, office)| ["fixed", "a", "路永康"].map(|kind| camera(kind, name, office))).collect();
    rows.push(camera(NO_CAMERA, None, None));
    rows
}

fn compare(resource: Resource, text: &str, rows: &[Row]) -> Result<(), TestCaseError> {
    // What can never hold is refused as a slip, and an `if` within an `if` cannot be said; what is left is tried.
    let Ok(policies) = house().and(text, "p") else { return Ok(()) };
    for look in looks() {
        let hidden = policies.hidden(resource, &look);
        prop_assert!(hidden.faults.is_empty(), "{:?} by {}", look, text);
        for row in rows {
            let forbidden = is_forbidden(&policies, resource, &look, row);
            prop_assert_eq!(forbidden, Some(hidden.rows.hides(row)), "{:?} of {:?} by {}", row, look, text);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_left_of_rules_hides_the_cameras_that_cedar_forbids(text in rules(Resource::Camera, about_camera())) {
        compare(Resource::Camera, &text, &cameras())?;
    }

    #[test]
    fn what_is_left_of_rules_hides_the_incidents_that_cedar_forbids(text in rules(Resource::Incident, about_incident())) {
        let rows: Vec<Row> = (0..5).flat_map(|priority| ["fixed", "a", "永康"].map(|kind| incident(kind, priority))).collect();
        compare(Resource::Incident, &text, &rows)?;
    }
}
