//! Any text is a set of rules or a refusal; what is taken decides about everybody and every row without a panic or a fault, and never gives an inspector more.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use shouhu_policy::{Ask, Door, Grant, Kind, Look, Policies, RULES_MAX, Resource, Row, Who};
use shouhu_wire::Role;

static HOUSE: LazyLock<Policies> = LazyLock::new(|| {
    let grant = |permission: &str, roles: &[Role]| Grant { permission: permission.into(), roles: roles.to_vec(), doors: [Door::of(Kind::PersonalRead)].into() };
    let grants = [grant("sightings.search", &[Role::Detective]), grant("oversight.verify", &[Role::Auditor, Role::Inspector])];
    Policies::built_in(&grants, &["patrol", "investigation"]).expect("the lists are well")
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(policies) = HOUSE.and_file(bytes, "policy.cedar") else { return };
    assert!(policies.rules().len() <= RULES_MAX);
    for role in Role::ALL {
        for permission in ["sightings.search", "oversight.verify"] {
            for is_life in [false, true] {
                let who = Who { id: "somebody", role, office: Some("first"), unit: None };
                let door = Door { kind: Kind::PersonalRead, is_bulk: false, is_life };
                let decision = policies.decide(&Ask { who, permission, door, purpose: Some("patrol"), hour_local: 3 });
                for resource in Resource::ALL {
                    let look = Look { who, permission: Some(permission), door, purpose: Some("patrol"), hour_local: 3 };
                    let hidden = policies.hidden(resource, &look);
                    assert!(hidden.faults.is_empty(), "strict validation leaves no way to one");
                    _ = hidden.rows.hides(&Row::of_no_camera());
                }
                assert!(role != Role::Inspector || permission == "oversight.verify" || !decision.is_permitted);
            }
        }
    }
});
