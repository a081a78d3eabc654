//! A session's cookie without its browser's key, as a thief has it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use serde_json::{Value, json};
use shouhu_env::Env;
use shouhu_http::testing::{Answer, House};
use shouhu_module::Module;
use shouhu_passkey::{Passkeys, SessionKey};
use shouhu_wire::{NONCE_HEADER, PROOF_HEADER, Role};

const ORIGIN: &str = "http://localhost:8470";
const ME: &str = "/v1/identity/me";
static MODULES: &[Module] = &[shouhu_http::MODULE, shouhu_identity::MODULE];

/// A house with one person who is signed in.
struct Signed {
    house: House,
    cookie: String,
    browser: SessionKey,
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let elsewhere = ConnectInfo(SocketAddr::from(([192, 0, 2, 66], 4711)));
    request.extension(elsewhere).body(Body::from(body.to_owned())).unwrap()
}

impl Signed {
    async fn in_() -> Self {
        let house = House::open_in(MODULES, Env::real()).await;
        let browser = SessionKey::new([8; 32]).unwrap();
        let invitation = shouhu_identity::invite(&house.app, "operator", Role::Operator, None, None).await.unwrap();
        let started = house.answer(request("POST", "/v1/identity/enrol/start", &[], &json!({"token": invitation.token}).to_string())).await;
        let credential = Passkeys::default().create(started.json.get("options").unwrap(), ORIGIN, [7; 32]).unwrap();
        let id = started.json.get("challenge_id").unwrap();
        let finish = json!({"challenge_id": id, "credential": credential, "session_key": browser.public()});
        let enrolled = house.answer(request("POST", "/v1/identity/enrol/finish", &[], &finish.to_string())).await;
        let cookie = enrolled.headers.get("set-cookie").unwrap().to_str().unwrap().split(';').next().unwrap().to_owned();
        let signed = Self { house, cookie, browser };
        signed.learn().await;
        signed
    }

    /// What a page does when it opens: the first proof is stale, and the answer tells the nonce.
    async fn learn(&self) {
        let stale = self.send("GET", ME, &self.browser.prove("GET", ME, b""), "").await;
        assert_eq!((stale.status, key(&stale)), (401, "identity.proof_stale"));
        self.browser.told(stale.headers.get(NONCE_HEADER).unwrap().to_str().unwrap());
    }

    async fn send(&self, method: &str, path: &str, proof: &str, body: &str) -> Answer {
        self.house.answer(request(method, path, &[("cookie", &self.cookie), (PROOF_HEADER, proof)], body)).await
    }

    async fn bare(&self, path: &str) -> Answer {
        self.house.answer(request("GET", path, &[("cookie", &self.cookie)], "")).await
    }

    /// Leaves about sessions without their key, newest first.
    async fn doubts(&self) -> Vec<String> {
        let leaves = self.house.app.audit.page(None, 50).await.unwrap();
        leaves.into_iter().filter(|leaf| leaf.entry.object.starts_with("session ")).map(|leaf| leaf.entry.object).collect()
    }
}

fn key(answer: &Answer) -> &str {
    answer.json.get("key").and_then(Value::as_str).unwrap_or_default()
}

#[tokio::test]
async fn a_copied_cookie_opens_nothing_and_the_log_says_from_where_it_was_tried() {
    let signed = Signed::in_().await;
    assert_eq!(signed.send("GET", ME, &signed.browser.prove("GET", ME, b""), "").await.status, 200);
    assert!(signed.doubts().await.is_empty(), "an honest browser raises no doubt, not even with an old nonce");
    for _ in 0..3 {
        let stolen = signed.bare(ME).await;
        assert_eq!((stolen.status, key(&stolen)), (401, "identity.proof_required"));
        assert!(stolen.headers.get(NONCE_HEADER).is_none());
    }
    let doubts = signed.doubts().await;
    assert_eq!(doubts.len(), 1, "one leaf a minute: a thief cannot fill the log: {doubts:?}");
    assert!(doubts.iter().all(|doubt| doubt.contains("192.0.2.66") && doubt.contains("without a proof")), "{doubts:?}");
    let thief = SessionKey::new([9; 32]).unwrap();
    let forged = signed.send("GET", ME, &thief.prove("GET", ME, b""), "").await;
    assert_eq!((forged.status, key(&forged)), (401, "identity.proof_refused"), "another key, whatever its nonce");
    assert_eq!(signed.send("GET", ME, &signed.browser.prove("GET", ME, b""), "").await.status, 200, "the owner is not shut out by it");
}

#[tokio::test]
async fn a_recorded_request_works_once_and_only_as_it_was() {
    let signed = Signed::in_().await;
    let proof = signed.browser.prove("GET", ME, b"");
    assert_eq!(signed.send("GET", ME, &proof, "").await.status, 200);
    let again = signed.send("GET", ME, &proof, "").await;
    assert_eq!((again.status, key(&again)), (401, "identity.proof_refused"), "replayed from elsewhere");
    assert!(signed.doubts().await.iter().any(|doubt| doubt.contains("used before")));

    let elsewhere = signed.send("GET", "/v1/identity/actors", &signed.browser.prove("GET", ME, b""), "").await;
    assert_eq!(key(&elsewhere), "identity.proof_refused", "another path");
    let longer = signed.send("GET", "/v1/identity/actors?limit=9", &signed.browser.prove("GET", "/v1/identity/actors?limit=1", b""), "").await;
    assert_eq!(key(&longer), "identity.proof_refused", "another query");
    let invite = "/v1/identity/enrolments";
    let (body, other) = (json!({"name": "張三", "role": "officer"}).to_string(), json!({"name": "張三", "role": "operator"}).to_string());
    let changed = signed.send("POST", invite, &signed.browser.prove("POST", invite, body.as_bytes()), &other).await;
    assert_eq!((changed.status, key(&changed)), (401, "identity.proof_refused"), "another body");
    let bodiless = signed.send("POST", invite, &signed.browser.prove("POST", invite, b""), &other).await;
    assert_eq!(key(&bodiless), "identity.proof_refused", "a proof for no body is none for this one");
    let good = signed.send("POST", invite, &signed.browser.prove("POST", invite, body.as_bytes()), &body).await;
    assert_eq!(good.status, 200, "{}", good.json);
}

#[tokio::test]
async fn a_stream_or_download_carries_its_proof_at_the_end_of_its_address() {
    let signed = Signed::in_().await;
    let list = "/v1/identity/actors?limit=1";
    let address = format!("{list}&proof={}", signed.browser.prove("GET", list, b""));
    let answer = signed.bare(&address).await;
    assert_eq!(answer.status, 200, "{}", answer.json);
    assert_eq!(answer.json.pointer("/items").and_then(Value::as_array).map(Vec::len), Some(1), "the rest of the query is read");
    assert_eq!(key(&signed.bare(&address).await), "identity.proof_refused", "an address that was copied is worth nothing");
    let front = format!("/v1/identity/actors?proof={}&limit=1", signed.browser.prove("GET", list, b""));
    assert_eq!(key(&signed.bare(&front).await), "identity.proof_required", "elsewhere it is no proof");
    let out = "/v1/identity/sign-out";
    let written = format!("{out}?proof={}", signed.browser.prove("POST", out, b"{}"));
    let refused = signed.house.answer(request("POST", &written, &[("cookie", &signed.cookie)], "{}")).await;
    assert_eq!(key(&refused), "identity.proof_required", "what changes something sends a header");
}

#[tokio::test]
async fn a_public_page_is_open_to_a_cookie_without_its_key_as_to_anybody() {
    let signed = Signed::in_().await;
    assert_eq!(signed.bare("/openapi.json").await.status, 200);
    let started = signed.house.answer(request("POST", "/v1/identity/sign-in/start", &[("cookie", &signed.cookie)], "{}")).await;
    assert_eq!(started.status, 200, "{}", started.json);
    assert!(signed.doubts().await.is_empty());
}

#[tokio::test]
async fn what_is_no_proof_is_refused_whatever_it_is() {
    let signed = Signed::in_().await;
    let good = signed.browser.prove("GET", ME, b"");
    let mut wrong: Vec<String> = ["", ".", "...", "a.b.c.d", "%", "a b c d"].map(ToOwned::to_owned).to_vec();
    wrong.extend((1..good.len()).map(|at| good.get(..at).unwrap_or_default().to_owned()));
    wrong.push(format!("{good}A"));
    wrong.push(format!("{good}.x"));
    for at in [1, 30, 50, good.len() - 2] {
        let mut bytes = good.clone().into_bytes();
        if let Some(byte) = bytes.get_mut(at) {
            *byte = if *byte == b'A' { b'B' } else { b'A' };
        }
        wrong.push(String::from_utf8(bytes).unwrap());
    }
    for proof in wrong {
        let refused = signed.send("GET", ME, &proof, "").await;
        assert_eq!((refused.status, key(&refused)), (401, "identity.proof_refused"), "{proof}");
    }
    assert_eq!(signed.send("GET", ME, &good, "").await.status, 200, "none of them used the good one up");
}
