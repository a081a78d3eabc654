//! Every route of the house, one by one: declared, described, guarded, documented.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use shouhu::MODULES;
use shouhu_http::testing::House;
use shouhu_module::{Access, Audit, Blotting, Caller, Load, Method, Proving, Route, Trusting};
use shouhu_passkey::{Passkeys, SessionKey};
use shouhu_wire::{DeviceKind, Role};

use crate::exceptions;
use crate::forgotten::files_below;

pub fn routes() -> impl Iterator<Item = (&'static str, &'static Route)> {
    MODULES.iter().flat_map(|module| module.routes.iter().map(move |route| (module.name, route)))
}

pub fn named(route: &Route) -> String {
    format!("{} {}", route.method.as_str(), route.path)
}

#[test]
fn every_route_declares_access_audit_class_and_description() {
    assert_eq!(shouhu_http::check_routes(MODULES), []);
    for (module, route) in routes() {
        assert!(route.summary.len() >= 10 && !route.summary.ends_with('.'), "{module}: {} needs a sentence", named(route));
        let bodies = usize::from(route.request.is_some()) + usize::from(route.request_media.is_some());
        assert_eq!(bodies, usize::from(route.method.has_body()), "{} takes what?", named(route));
    }
}

/// A handler's type cannot be asked what it reads: the sources can.
#[test]
fn a_handler_that_reads_bytes_stands_beside_a_route_that_says_of_which_media() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut handlers = 0;
    for file in ["domains", "platform"].into_iter().flat_map(|floor| files_below(&root.join(floor))).filter(|file| file.extension().is_some_and(|e| e == "rs")) {
        let text = std::fs::read_to_string(&file).unwrap();
        let count = |word: &str| text.matches(word).count();
        let raw = count("): RawBody");
        if raw > 0 {
            // A batch of sightings is JSON of a type, read row by row.
            let of_type = usize::from(file.ends_with("sightings/src/ops/ingest.rs"));
            assert_eq!(raw, count(".takes_media(") + of_type, "{}", file.display());
            handlers += raw;
        }
    }
    let said = routes().filter(|(_, route)| route.request_media.is_some()).count();
    assert_eq!(handlers, said + 1, "every route that says its media is read by such a handler");
}

#[test]
fn a_route_without_a_leaf_or_without_sign_in_says_why() {
    let may_be_public = exceptions::of("public_routes.txt");
    let silent = exceptions::of("unlogged_posts.txt");
    let mut public = Vec::new();
    for (_, route) in routes() {
        if let Audit::None(reason) = route.audit {
            assert!(reason.len() >= 10, "{}: why no leaf?", named(route));
            let may_be_silent = route.method == Method::Get || matches!(route.access, Access::Device | Access::Partner | Access::Public(_));
            assert!(may_be_silent || silent.contains(&named(route)), "{} changes something without a leaf", named(route));
        }
        if let Access::Public(reason) = route.access {
            assert!(reason.len() >= 10, "{}: why public?", named(route));
            public.push(named(route));
        }
    }
    public.sort();
    let mut listed = may_be_public;
    listed.sort();
    assert_eq!(public, listed, "public routes and tests/exceptions/public_routes.txt must agree; the list may only shrink");
}

#[tokio::test]
async fn a_route_that_asks_for_a_secret_of_its_own_is_closed_without_it() {
    let house = House::open(MODULES).await;
    let mut named_secrets = std::collections::BTreeMap::new();
    for (_, route) in routes() {
        let Some(bearer) = route.bearer else { continue };
        assert!(matches!(route.access, Access::Public(_)), "{}: the gate asks already", named(route));
        let first = *named_secrets.entry(bearer.name).or_insert(bearer);
        assert_eq!(first, bearer, "two secrets are called {}", bearer.name);
        let answer = house.call(&Caller::Nobody, route.method.as_str(), &concrete(route), Value::Null).await;
        assert!(matches!(answer.status, 400 | 401 | 429), "{} without {}: {} {}", named(route), bearer.name, answer.status, answer.json);
    }
    assert_eq!(named_secrets.into_keys().collect::<Vec<_>>(), ["caller_link", "signal_receiver", "signal_stream", "sso_access", "tracker"]);
}

/// A path with an id that no row has.
pub fn concrete(route: &Route) -> String {
    route
        .path
        .replace("{z}", "12").replace("{x}", "1").replace("{y}", "1")
        .split('/')
        .map(|part| if part.starts_with('{') { "01890000-0000-7000-8000-000000000000" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

/// Role × route: nobody passes a door that the lists do not open, and everybody whom they open it to does.
#[tokio::test]
async fn every_role_passes_exactly_the_doors_that_the_lists_open() {
    let house = House::open(MODULES).await;
    house.app.put(shouhu_http::built_in_policies(MODULES).unwrap());
    let matrix = exceptions::of("matrix.txt");
    let mut doors = 0;
    for (_, route) in routes() {
        let path = concrete(route);
        // The stream never ends; its door is tested by its status only, which comes before the body.
        if route.media == Some("text/event-stream") {
            continue;
        }
        let callers = Role::ALL.map(|role| (Some(role), house.person(role)));
        let partner = house.device_of("somebody's feed", DeviceKind::Partner);
        let others = [(None, Caller::Nobody), (None, house.device("somebody's device")), (None, partner)];
        let mut passed = Vec::new();
        for (role, caller) in callers.into_iter().chain(others) {
            let answer = house.call(&caller, route.method.as_str(), &path, Value::Null).await;
            let key = answer.json.get("key").and_then(Value::as_str).unwrap_or_default();
            let is_refused = matches!(key, "identity.not_permitted" | "identity.session_required" | "identity.device_required")
                && matches!(answer.status, 401 | 403);
            let should_pass = match (route.access, role, &caller) {
                (Access::Public(_), ..) => true,
                (Access::Session, role, _) => role.is_some(),
                (Access::Permission(name), Some(role), _) => house.app.permissions_of(role).contains(&name),
                (Access::Device, None, Caller::Device(device)) => device.kind != DeviceKind::Partner,
                (Access::Partner, None, Caller::Device(device)) => device.kind == DeviceKind::Partner,
                _ => false,
            };
            assert_eq!(!is_refused, should_pass, "{} as {role:?} answered {} {key}", named(route), answer.status);
            assert!(answer.status != 500, "{} as {role:?}: {}", named(route), answer.json);
            passed.extend(role.filter(|_| !is_refused).map(Role::as_str));
            doors += 1;
        }
        if matches!(route.access, Access::Permission(_)) {
            let line = format!("{}: {}", named(route), passed.join(" "));
            assert!(matrix.contains(&line), "{line}: tests/exceptions/matrix.txt says otherwise; is the right meant to change?");
        }
    }
    assert!(doors >= 8 * 40, "only {doors} doors were tried");
}

#[tokio::test]
async fn an_inspector_reads_registers_and_numbers_and_opens_nothing_else() {
    let house = House::open(MODULES).await;
    let permissions = house.app.permissions_of(Role::Inspector);
    let opens = |route: &Route| matches!(route.access, Access::Permission(name) if permissions.contains(&name));
    let mut found: Vec<String> = routes().filter(|(_, route)| opens(route)).map(|(_, route)| named(route)).collect();
    found.sort();
    assert_eq!(found, exceptions::of("inspector_routes.txt"), "routes of an inspector and tests/exceptions/inspector_routes.txt must agree");
    for (_, route) in routes().filter(|(_, route)| opens(route)) {
        assert_eq!(route.method, Method::Get, "{} changes something", named(route));
        assert!(route.audit != Audit::PersonalRead, "{} tells of a citizen", named(route));
    }
    // Nothing of the live stream is an inspector's: every fact on it asks for a permission of another role.
    let live = ["hits.watch", "dispatch.watch", "units.watch", "calls.take", "operations.watch", "watchlists.read", "patrol.watch", "warnings.watch", "observations.watch", "trust.watch"];
    assert!(live.iter().all(|name| !permissions.contains(name)), "{permissions:?}");
}

/// The cookie of somebody who has enrolled, through the routes as a browser does it.
async fn cookie_of_an_operator(house: &House) -> String {
    let post = async |path: &str, body: Value| house.answer(Request::post(path).body(Body::from(body.to_string())).unwrap()).await;
    let browser = SessionKey::new([8; 32]).unwrap();
    let invitation = shouhu_identity::invite(&house.app, "operator", Role::Operator, None, None).await.unwrap();
    let started = post("/v1/identity/enrol/start", json!({"token": invitation.token})).await;
    let credential = Passkeys::default().create(&started.json["options"], "http://localhost:8470", [7; 32]).unwrap();
    let finish = json!({"challenge_id": started.json["challenge_id"], "credential": credential, "session_key": browser.public()});
    let enrolled = post("/v1/identity/enrol/finish", finish).await;
    enrolled.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_copied_cookie_opens_no_door_of_any_room() {
    let house = House::open(MODULES).await;
    let cookie = cookie_of_an_operator(&house).await;
    let (mut doors, mut waived) = (0, Vec::new());
    for (_, route) in routes().filter(|(_, route)| matches!(route.access, Access::Session | Access::Permission(_))) {
        if let Proving::Waived(reason) = route.proving {
            assert!(reason.len() >= 10 && route.method == Method::Get, "{}: why without a proof?", named(route));
            assert!(matches!(route.audit, Audit::None(_)), "{} gives something personal", named(route));
            waived.push(named(route));
            continue;
        }
        let request = Request::builder().method(route.method.as_str()).uri(concrete(route)).header("cookie", &cookie);
        let answer = house.answer(request.body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status, &answer.json["key"]), (401, &json!("identity.proof_required")), "{}", named(route));
        doors += 1;
    }
    assert!(doors > 150, "{doors}");
    assert_eq!(waived, exceptions::of("unproved_routes.txt"), "routes without a proof and tests/exceptions/unproved_routes.txt must agree; the list may only shrink");
}

#[test]
fn a_route_that_is_open_whatever_the_trust_says_why_and_is_listed() {
    let mut open = Vec::new();
    for (_, route) in routes() {
        if let Trusting::Waived(reason) = route.trusting {
            assert!(reason.len() >= 10, "{}: why whatever the trust?", named(route));
            assert!(route.load != Load::Life, "{} is open for life's sake already", named(route));
            assert!(route.access == Access::Session && route.audit != Audit::PersonalRead, "{} is more than one's own", named(route));
            open.push(named(route));
        }
    }
    open.sort();
    assert_eq!(open, exceptions::of("untrusted_routes.txt"), "routes whatever the trust and tests/exceptions/untrusted_routes.txt must agree; the list may only shrink");
}

#[test]
fn a_route_whose_answers_are_not_blotted_says_why_and_is_listed() {
    let mut unblotted = Vec::new();
    for (_, route) in routes() {
        if let Blotting::Waived(reason) = route.blotting {
            assert!(reason.len() >= 10, "{}: why unblotted?", named(route));
            assert!(!matches!(route.access, Access::Public(_)), "{} is everybody's", named(route));
            unblotted.push(named(route));
        }
    }
    unblotted.sort();
    assert_eq!(unblotted, exceptions::of("unblotted_routes.txt"), "unblotted routes and tests/exceptions/unblotted_routes.txt must agree; the list may only shrink");
}

/// A body that notes when somebody reads of it.
fn watched(was_read: &Arc<AtomicBool>) -> Body {
    let was_read = Arc::clone(was_read);
    Body::from_stream(futures_util::stream::once(async move {
        was_read.store(true, Ordering::Relaxed);
        Ok::<_, std::convert::Infallible>(bytes::Bytes::new())
    }))
}

#[tokio::test]
async fn nothing_is_read_of_a_body_from_whoever_may_not_come_in() {
    let house = House::open(MODULES).await;
    let claims_to_be_a_device = house.app.env.id(shouhu_ids::DeviceId::new).to_string();
    let mut doors = 0;
    for (_, route) in routes().filter(|(_, route)| route.method != Method::Get) {
        if !matches!(route.access, Access::Session | Access::Permission(_)) {
            continue;
        }
        for device in [None, Some(&claims_to_be_a_device)] {
            let was_read = Arc::new(AtomicBool::new(false));
            let mut request = Request::builder().method(route.method.as_str()).uri(concrete(route));
            if let Some(device) = device {
                request = request.header(shouhu_wire::DEVICE_HEADER, device);
            }
            let answer = house.answer(request.body(watched(&was_read)).unwrap()).await;
            assert_eq!(answer.status, 401, "{} for device {device:?}: {}", named(route), answer.json);
            assert!(!was_read.load(Ordering::Relaxed), "{} read a stranger's body, device {device:?}", named(route));
            doors += 1;
        }
    }
    assert!(doors > 100, "{doors}");
}

#[tokio::test]
async fn a_known_path_says_which_methods_it_takes_and_trace_is_none_of_them() {
    let house = House::open(MODULES).await;
    for (_, route) in routes() {
        let takes = |method: &str| routes().any(|(_, other)| other.path == route.path && other.method.as_str() == method);
        for method in ["TRACE", "DELETE", "BREW"].into_iter().filter(|method| !takes(*method)) {
            let request = Request::builder().method(method).uri(concrete(route)).header("cookie", "shouhu_session=told");
            let refused = house.answer(request.body(Body::empty()).unwrap()).await;
            let allowed = refused.headers.get("allow").map(|value| value.to_str().unwrap()).unwrap_or_default();
            assert_eq!(refused.status, 405, "{method} on {}", named(route));
            assert!(allowed.split(',').any(|one| one == route.method.as_str()), "{} allows {allowed:?}", named(route));
            assert!(!String::from_utf8_lossy(&refused.bytes).contains("told"), "nothing is echoed");
        }
    }
}

#[tokio::test]
async fn rubbish_is_answered_with_a_problem_and_never_with_a_failure() {
    let house = House::open(MODULES).await;
    for (_, route) in routes().filter(|(_, route)| route.method.has_body()) {
        let caller = match route.access {
            Access::Device => house.device("device"),
            Access::Partner => house.device_of("partner", DeviceKind::Partner),
            Access::Permission(name) => {
                let role = Role::ALL.into_iter().find(|role| house.app.permissions_of(*role).contains(&name)).unwrap();
                house.person(role)
            }
            _ => house.person(Role::Operator),
        };
        for body in ["", "{", "[]", "null", "{\"a\":1}", "\u{0}\u{1}", "{\"plate\":\"\u{202e}\"}", "[[[[[[[[[[[[[[[["] {
            let answer = house.call_with(&caller, route.method.as_str(), &concrete(route), &[("shouhu-purpose", "patrol")], body.into()).await;
            assert!(answer.status < 500, "{} with {body:?} answered {} {}", named(route), answer.status, answer.json);
            if answer.status >= 400 {
                let key = answer.json.get("key").and_then(Value::as_str);
                assert!(key.is_some_and(|key| !key.is_empty()), "{} with {body:?} answered {} without a key", named(route), answer.status);
                let is_read_as_ours = key.is_some_and(|key| matches!(key, "http.body.malformed" | "http.body.invalid"));
                assert!(!is_read_as_ours || route.request_media.is_none(), "{} says that it takes a file, and reads JSON", named(route));
            }
        }
    }
}

#[test]
fn every_error_key_in_the_source_is_in_a_modules_list() {
    let known: Vec<&str> = MODULES.iter().flat_map(|m| m.problems).copied().collect();
    let mut sorted = known.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), known.len(), "a key is listed twice");
    for key in known {
        assert!(key.split('.').count() >= 2 && key.chars().all(|ch| ch.is_ascii_lowercase() || ch.is_ascii_digit() || "._".contains(ch)), "{key}");
    }
}

#[test]
fn tables_carry_their_modules_name() {
    for module in MODULES {
        for migration in module.migrations {
            for statement in migration.sql.split(';') {
                let words: Vec<&str> = statement.split_whitespace().collect();
                if let Some(at) = words.iter().position(|w| *w == "TABLE" || *w == "INDEX") {
                    let name = words[at + 1..].iter().find(|w| !matches!(**w, "IF" | "NOT" | "EXISTS")).unwrap();
                    assert!(name.starts_with(&format!("{}_", module.name)), "{}/{} makes {name}", module.name, migration.name);
                }
            }
        }
    }
}

/// The snapshot is the public contract: `make openapi` renews it, and the diff is read.
#[test]
fn the_committed_openapi_document_is_the_servers() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/openapi.json");
    let committed: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap_or_default()).unwrap_or_default();
    let served = shouhu_http::document(MODULES);
    assert!(committed == served, "docs/reference/openapi.json is old: run make openapi and read the diff");
}
