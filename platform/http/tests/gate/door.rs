//! What strangers, proxies and failures get to see, on a small house with one room that misbehaves.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Json;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use axum::routing::{get, post};
use serde_json::{Value, json};
use shouhu_env::{Clock as _, Disk as _, Env, SimClock, SimDisk, SystemClock};
use shouhu_http::testing::{Answer, House};
use shouhu_http::{Metrics, Site, TrustedProxies, router};
use shouhu_ids::Micros;
use shouhu_module::{Access, App, Audit, Module, Problem, Route};
use shouhu_passkey::{Passkeys, SessionKey};
use shouhu_store::{Migration, params};
use shouhu_wire::Role;
use tower::ServiceExt as _;

const SECRET: &str = "SELECT owner FROM somewhere WHERE plate = 'ABC-1234'";

const FAILS: Route = Route::get("/v1/trial/fails", "Fails with a reason that nobody else may read", || get(fails))
    .access(Access::Public("a trial"))
    .audit(Audit::None("a trial"));
const PANICS: Route =
    Route::get("/v1/trial/panics", "Panics", || get(panics)).access(Access::Public("a trial")).audit(Audit::None("a trial"));
const TELLS: Route =
    Route::get("/v1/trial/tells", "Tells something personal", || get(tells)).access(Access::Session).audit(Audit::PersonalRead);

const CHANGES: Route =
    Route::post("/v1/trial/changes", "Changes something, then fails", || post(changes)).access(Access::Session).audit(Audit::None("a trial"));
const LOOKS: Route =
    Route::post("/v1/trial/looks", "Changes nothing, then fails", || post(looks)).access(Access::Session).audit(Audit::None("a trial"));

async fn changes(State(app): State<App>) -> Result<Json<Value>, Problem> {
    let mut tx = app.store.begin().await?;
    tx.execute("INSERT INTO trial_change (at_us) VALUES ($1)", params![app.env.now()]).await?;
    tx.commit().await?;
    fails().await
}

async fn looks(State(app): State<App>) -> Result<Json<Value>, Problem> {
    let mut tx = app.store.begin().await?;
    tx.fetch("SELECT at_us FROM trial_change", vec![]).await?;
    tx.commit().await?;
    fails().await
}

async fn fails() -> Result<Json<Value>, Problem> {
    Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "store.failed", SECRET))
}

#[allow(clippy::panic, reason = "what is tried")]
async fn panics() -> Json<Value> {
    panic!("{SECRET}")
}

async fn tells() -> Json<Value> {
    Json(json!({ "plate": "ABC-1234" }))
}

static MODULES: &[Module] = &[
    shouhu_http::MODULE,
    shouhu_identity::MODULE,
    Module {
        name: "trial",
        description: "Misbehaves",
        routes: &[FAILS, PANICS, TELLS, CHANGES, LOOKS],
        migrations: &[Migration { name: "0001_init", sql: "CREATE TABLE trial_change (at_us BIGINT NOT NULL);" }],
        ..Module::EMPTY
    },
];

fn request(method: &str, path: &str, headers: &[(&str, &str)], peer: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(peer) = peer {
        request = request.extension(ConnectInfo(SocketAddr::from((peer.parse::<IpAddr>().unwrap(), 4711))));
    }
    request.body(Body::empty()).unwrap()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

/// The content policy as directives with their words.
fn directive<'a>(policy: &'a str, name: &str) -> Option<Vec<&'a str>> {
    policy.split(';').map(|part| part.split_whitespace().collect::<Vec<_>>()).find(|words| words.first() == Some(&name))
}

fn binds_the_browser(headers: &HeaderMap, what: &str) {
    let policy = header(headers, "content-security-policy");
    for (name, words) in [("object-src", ["'none'"]), ("base-uri", ["'none'"]), ("frame-ancestors", ["'none'"]), ("default-src", ["'self'"])] {
        assert_eq!(directive(policy, name).unwrap_or_default().get(1..), Some(&words[..]), "{what}: {name} in {policy:?}");
    }
    // Scripts follow default-src: no text becomes code.
    assert!(directive(policy, "script-src").is_none() && !policy.contains("unsafe-eval"), "{what}: {policy:?}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(header(headers, name), value, "{what}: {name}");
    }
    assert!(header(headers, "permissions-policy").contains("microphone=()"), "{what}");
    assert_eq!(header(headers, "x-request-id").len(), 16, "{what}");
    let told = headers.keys().find(|name| name.as_str().starts_with("access-control") || *name == "server" || *name == "x-powered-by");
    assert_eq!(told, None, "{what}: other sites may not read it, and nobody learns what serves it");
}

/// One answer of each kind that this server gives.
async fn each_kind(house: &House) -> Vec<(u16, Answer)> {
    let person = house.person(Role::Officer);
    let elsewhere = [("origin", "https://elsewhere.example")];
    let mut answers = Vec::new();
    for (status, request) in [
        (404, request("GET", "/", &[], None)),
        (404, request("GET", "/v1/nothing", &[], None)),
        (405, request("POST", "/v1/trial/tells", &[], None)),
        (405, request("OPTIONS", "/v1/trial/tells", &elsewhere, None)),
        (405, request("DELETE", "/somewhere", &[], None)),
        (401, request("GET", "/v1/trial/tells", &elsewhere, None)),
        (500, request("GET", "/v1/trial/fails", &elsewhere, None)),
        (500, request("GET", "/v1/trial/panics", &[], None)),
        (200, request("GET", "/healthz", &[], None)),
        (200, request("GET", "/metrics", &[], None)),
        (200, request("GET", "/openapi.json", &elsewhere, None)),
    ] {
        answers.push((status, house.answer(request).await));
    }
    answers.push((428, house.call_with(&person, "GET", "/v1/trial/tells", &[], Vec::new()).await));
    answers.push((200, house.call(&person, "GET", "/v1/trial/tells", Value::Null).await));
    answers
}

#[tokio::test]
async fn every_kind_of_answer_binds_the_browser_and_is_kept_by_no_cache() {
    let house = House::open(MODULES).await;
    for (at, (status, answer)) in each_kind(&house).await.into_iter().enumerate() {
        let what = format!("answer {at} of {status}: {}", answer.json);
        assert_eq!(answer.status, status, "{what}");
        binds_the_browser(&answer.headers, &what);
        assert_eq!(header(&answer.headers, "strict-transport-security"), "", "{what}: a house without https would lock itself out");
        assert_eq!(header(&answer.headers, "cache-control"), "no-store", "{what}");
    }
}

#[tokio::test]
async fn a_house_with_an_https_address_holds_browsers_to_it() {
    let house = House::open_as(MODULES, Env::real(), |app| app.public_url = "https://shouhu.police.example".into()).await;
    for (status, answer) in each_kind(&house).await {
        let said = header(&answer.headers, "strict-transport-security");
        assert_eq!(said, "max-age=31536000; includeSubDomains", "an answer of {status}");
    }
}

#[tokio::test]
async fn pages_are_typed_asked_for_again_and_kept_only_where_their_name_carries_a_hash() {
    let house = House::open(MODULES).await;
    let disk = SimDisk::default();
    for (path, bytes) in [("/web/index.html", b"<html>".as_slice()), ("/web/assets/a-1f.js", b"1"), ("/web/sw.js", b"2")] {
        disk.write_durably(Path::new(path), bytes).unwrap();
    }
    let site = router(&house.app, &Metrics::default(), Site::load(&disk, Path::new("/web")).unwrap()).unwrap();
    for (path, status, media, cache) in [
        ("/", 200, "text/html; charset=utf-8", "no-cache"),
        ("/command", 200, "text/html; charset=utf-8", "no-cache"),
        ("/sw.js", 200, "text/javascript; charset=utf-8", "no-cache"),
        ("/assets/a-1f.js", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
        ("/assets/", 200, "text/html; charset=utf-8", "no-cache"),
        ("/assets/b.js", 404, "application/problem+json", "no-store"),
        ("/v1/nothing.js", 404, "application/problem+json", "no-store"),
    ] {
        let answer = site.clone().oneshot(request("GET", path, &[], None)).await.unwrap();
        let headers = answer.headers();
        assert_eq!((answer.status().as_u16(), header(headers, "content-type")), (status, media), "{path}");
        if path != "/assets/" {
            assert_eq!(header(headers, "cache-control"), cache, "{path}");
        }
        binds_the_browser(headers, path);
    }
    for method in ["POST", "PUT", "TRACE", "BREW"] {
        let refused = site.clone().oneshot(request(method, "/command", &[("cookie", "a=b")], None)).await.unwrap();
        assert_eq!((refused.status().as_u16(), header(refused.headers(), "allow")), (405, "GET,HEAD"), "{method}");
    }
}

/// What the program writes to its log, for one test on one thread.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_failure_hides_its_reason_and_the_log_tells_it_under_the_requests_number() {
    let kept = Kept::default();
    let writer = kept.clone();
    let to_memory = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(to_memory);
    let house = House::open(MODULES).await;
    let failed = house.answer(request("GET", "/v1/trial/fails", &[], None)).await;
    assert_eq!((failed.status, failed.json.get("key")), (500, Some(&json!("store.failed"))));
    let told = String::from_utf8_lossy(&failed.bytes).into_owned() + &format!("{:?}", failed.headers);
    assert!(!told.contains("plate") && !told.contains("SELECT"), "{told}");
    let id = header(&failed.headers, "x-request-id");
    let log = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    let line = log.lines().find(|line| line.contains(SECRET)).unwrap_or_else(|| panic!("no reason in {log}"));
    assert!(line.contains(id) && line.contains("ERROR"), "{line} does not name {id}");

    let panicked = house.answer(request("GET", "/v1/trial/panics", &[], None)).await;
    assert_eq!((panicked.status, panicked.json.get("key")), (500, Some(&json!("http.failed"))));
    assert!(!String::from_utf8_lossy(&panicked.bytes).contains("plate"));
    let again = house.answer(request("GET", "/healthz", &[], None)).await;
    assert_eq!(again.status, 200, "a panic ends one request");
    assert_ne!(header(&again.headers, "x-request-id"), header(&panicked.headers, "x-request-id"));
}

#[tokio::test]
async fn an_answer_whose_leaf_cannot_be_written_is_withheld() {
    let house = House::open(MODULES).await;
    let person = house.person(Role::Officer);
    let told = house.call(&person, "GET", "/v1/trial/tells", Value::Null).await;
    assert_eq!((told.status, told.json.get("plate")), (200, Some(&json!("ABC-1234"))));
    let mut tx = house.app.store.begin().await.unwrap();
    tx.execute("DROP TABLE audit_entry", Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
    let withheld = house.call(&person, "GET", "/v1/trial/tells", Value::Null).await;
    assert_eq!((withheld.status, withheld.json.get("key")), (503, Some(&json!("audit.unavailable"))), "{}", withheld.json);
    assert!(!String::from_utf8_lossy(&withheld.bytes).contains("ABC"), "nothing of the answer leaves");
}

#[tokio::test]
async fn numbers_and_ailments_are_told_to_this_machine_and_to_nobody_through_a_proxy() {
    let alone = House::open(MODULES).await;
    let proxied = House::open_as(MODULES, Env::real(), |app| app.put(TrustedProxies(vec![[127, 0, 0, 1].into()]))).await;
    for (house, headers, peer, is_told) in [
        (&alone, &[][..], "127.0.0.1", true),
        (&alone, &[], "::1", true),
        (&alone, &[], "192.0.2.1", false),
        (&alone, &[("x-forwarded-for", "127.0.0.1")], "127.0.0.1", false),
        (&alone, &[("forwarded", "for=127.0.0.1")], "127.0.0.1", false),
        (&alone, &[("via", "1.1 proxy")], "127.0.0.1", false),
        (&alone, &[("x-forwarded-for", "127.0.0.1")], "192.0.2.1", false),
        (&proxied, &[], "127.0.0.1", true),
        (&proxied, &[("x-forwarded-for", "192.0.2.1")], "127.0.0.1", false),
        (&proxied, &[("x-forwarded-for", "127.0.0.1, 192.0.2.1")], "127.0.0.1", false),
    ] {
        let what = format!("{headers:?} from {peer}");
        let numbers = house.answer(request("GET", "/metrics", headers, Some(peer))).await;
        assert_eq!(numbers.status, if is_told { 200 } else { 404 }, "{what}");
        let health = house.answer(request("GET", "/healthz", headers, Some(peer))).await;
        assert_eq!(health.status, 200, "a balancer elsewhere learns whether to send people here: {what}");
        assert_eq!(String::from_utf8_lossy(&health.bytes).contains("identity"), is_told, "{what}");
    }
}

#[tokio::test]
async fn behind_a_named_proxy_one_guesser_makes_nobody_else_wait() {
    let proxies = TrustedProxies(vec![[127, 0, 0, 1].into()]);
    let house = House::open_as(MODULES, Env::real(), |app| app.put(proxies)).await;
    let guess = |asker: &'static str| {
        let guess = json!({"challenge_id": "x", "credential": {}, "session_key": SessionKey::new([8; 32]).unwrap().public()}).to_string();
        let request = Request::post("/v1/identity/sign-in/finish").header("x-forwarded-for", asker);
        let request = request.header("content-type", "application/json").extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4711))));
        house.answer(request.body(Body::from(guess)).unwrap())
    };
    let mut statuses = Vec::new();
    for _ in 0..=shouhu_identity::FAILURES_PER_MINUTE_MAX {
        statuses.push(guess("192.0.2.1").await.status);
    }
    assert_eq!((statuses.first(), statuses.last()), (Some(&410), Some(&429)), "{statuses:?}");
    assert_eq!(guess("192.0.2.2").await.status, 410, "another address is another asker");
    assert_eq!(guess("192.0.2.3, 192.0.2.1").await.status, 429, "writing an address of one's own in front changes nothing");
}

#[tokio::test]
async fn a_new_house_has_nobody_in_it_and_no_door_for_anybody() {
    let house = House::open(MODULES).await;
    for table in ["identity_actor", "identity_passkey", "identity_session", "identity_device", "identity_invitation"] {
        let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM {table}");
        let rows = house.app.store.fetch_one(&sql, Vec::new()).await.unwrap().int("n").unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    assert!(!shouhu_identity::has_operators(&house.app).await.unwrap());
}

#[tokio::test]
async fn each_sign_in_good_or_bad_is_a_leaf_and_the_good_one_says_whose() {
    let house = House::open(MODULES).await;
    let origin = "http://localhost:8470";
    let post = async |path: &str, body: Value| {
        let request = Request::post(path).header("content-type", "application/json").body(Body::from(body.to_string())).unwrap();
        house.answer(request).await
    };
    let invitation = shouhu_identity::invite(&house.app, "operator", Role::Operator, None, None).await.unwrap();
    let (mut keys, browser) = (Passkeys::default(), SessionKey::new([8; 32]).unwrap());
    let started = post("/v1/identity/enrol/start", json!({"token": invitation.token})).await;
    let credential = keys.create(started.json.get("options").unwrap(), origin, [7; 32]).unwrap();
    let enrolled = post("/v1/identity/enrol/finish", json!({"challenge_id": started.json.get("challenge_id"), "credential": credential, "session_key": browser.public()})).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.json);
    for (is_good, status) in [(true, 200), (false, 401)] {
        let started = post("/v1/identity/sign-in/start", json!({})).await;
        let credential = keys.sign(started.json.get("options").unwrap(), origin).unwrap();
        let credential = if is_good { credential } else { json!({"id": []}) };
        let answer = post("/v1/identity/sign-in/finish", json!({"challenge_id": started.json.get("challenge_id"), "credential": credential, "session_key": browser.public()})).await;
        assert_eq!(answer.status, status, "{}", answer.json);
        let leaf = house.app.audit.page(None, 1).await.unwrap().pop().unwrap();
        let actor = if is_good { invitation.actor.to_string() } else { String::new() };
        assert_eq!((leaf.entry.action.as_str(), leaf.entry.class.as_str(), leaf.entry.outcome), ("POST /v1/identity/sign-in/finish", "security", status));
        assert_eq!(leaf.entry.object, actor);
    }
}

#[tokio::test]
async fn the_cookie_belongs_to_one_host_where_the_house_has_https() {
    for (url, begins, is_secure) in [("https://shouhu.police.example", "__Host-shouhu_session=", true), ("http://localhost:8470", "shouhu_session=", false)] {
        let house = House::open_as(MODULES, Env::real(), |app| app.public_url = url.into()).await;
        let post = async |path: &str, body: Value| {
            house.answer(Request::post(path).body(Body::from(body.to_string())).unwrap()).await
        };
        let invitation = shouhu_identity::invite(&house.app, "operator", Role::Operator, None, None).await.unwrap();
        let started = post("/v1/identity/enrol/start", json!({"token": invitation.token})).await;
        let browser = SessionKey::new([8; 32]).unwrap();
        let credential = Passkeys::default().create(started.json.get("options").unwrap(), url, [7; 32]).unwrap();
        let finish = json!({"challenge_id": started.json.get("challenge_id"), "credential": credential, "session_key": browser.public()});
        let enrolled = post("/v1/identity/enrol/finish", finish).await;
        let cookie = header(&enrolled.headers, "set-cookie");
        assert!(cookie.starts_with(begins), "{cookie} at {url}");
        assert_eq!(cookie.contains("; Secure"), is_secure, "{cookie}");
        assert!(cookie.contains("; Path=/; HttpOnly; SameSite=Strict") && !cookie.contains("Domain"), "{cookie}");
        assert!(cookie.len() < 4_096, "browsers keep 4 KiB");
        let own = cookie.split(';').next().unwrap();
        let me = async |cookie: &str| {
            let proof = browser.prove("GET", "/v1/identity/me", b"");
            let answer = house.answer(request("GET", "/v1/identity/me", &[("cookie", cookie), ("shouhu-proof", &proof)], None)).await;
            if let Some(nonce) = answer.headers.get("shouhu-nonce") {
                browser.told(nonce.to_str().unwrap());
            }
            answer.status
        };
        assert_eq!(me(own).await, 401, "the first proof has no nonce of the house yet");
        assert_eq!(me(own).await, 200);
        let slipped_in = own.replace("__Host-", "");
        assert_eq!(me(&slipped_in).await, if is_secure { 401 } else { 200 }, "a neighbour's cookie opens nothing");
    }
}

/// Found by killing the server between the commit and the answer: the same incident was opened twice under one key.
#[tokio::test]
async fn what_was_done_before_its_answer_was_lost_is_not_done_again_under_its_key() {
    let clock = Arc::new(SimClock::starting_at(SystemClock.now()));
    let mut env = Env::real();
    env.clock = clock.clone();
    let house = House::open_in(MODULES, env).await;
    let officer = house.person(Role::Officer);
    let ask = async |path: &str| {
        let answer = house.call_with(&officer, "POST", path, &[("idempotency-key", path)], b"{}".to_vec()).await;
        (answer.status, answer.json.get("key").and_then(Value::as_str).unwrap_or_default().to_owned())
    };
    let says = |status: u16, key: &str| (status, key.to_owned());
    assert_eq!(ask("/v1/trial/changes").await, says(500, "store.failed"));
    assert_eq!(ask("/v1/trial/changes").await, says(409, "http.idempotency.running"), "another machine may still be at it");
    clock.advance_us(31 * Micros::SECOND);
    assert_eq!(ask("/v1/trial/changes").await, says(409, "http.idempotency.answer_lost"));
    let changes = house.app.store.fetch("SELECT at_us FROM trial_change", vec![]).await.unwrap();
    assert_eq!(changes.len(), 1);
    for _ in 0..2 {
        assert_eq!(ask("/v1/trial/looks").await, says(500, "store.failed"), "where nothing was changed it may run again at once");
    }
}

#[tokio::test]
async fn a_key_that_nobody_can_read_is_refused_and_not_passed_over() {
    let house = House::open(MODULES).await;
    let officer = house.person(Role::Officer);
    let key = HeaderValue::from_bytes("案".as_bytes()).unwrap();
    let request = Request::builder().method("POST").uri("/v1/trial/changes").extension(officer).header("idempotency-key", key);
    let answer = house.answer(request.body(Body::from("{}")).unwrap()).await;
    assert_eq!((answer.status, answer.json.get("key")), (400, Some(&json!("http.idempotency.key_invalid"))));
    assert!(house.app.store.fetch("SELECT at_us FROM trial_change", vec![]).await.unwrap().is_empty());
}
