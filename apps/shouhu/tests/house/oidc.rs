//! Signing in by an identity provider's word, through the whole house, at a provider that is made up: whom it opens to, what is refused, and that the passkey never needs
//! it (ADR 0025).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use shouhu::MODULES;
use shouhu_env::{Env, SimClock};
use shouhu_http::testing::{Answer, House};
use shouhu_identity::{OidcSettings, TrustSettings};
use shouhu_ids::{ActorId, Micros};
use shouhu_module::Module;
use shouhu_oidc::testing::SimSigner;
use shouhu_oidc::{basic_credentials, challenge_of};
use shouhu_outgoing::Outgoing;
use shouhu_passkey::{Passkeys, SessionKey};
use shouhu_wire::{NONCE_HEADER, PROOF_HEADER, PURPOSE_HEADER, Role};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const NOW: Micros = Micros(20_000 * Micros::DAY + 3 * Micros::HOUR);
const HOUSE: &str = "http://localhost:8470";
const CLIENT: &str = "shouhu";
const SECRET: &str = "hidden";
const START: &str = "/v1/identity/provider-sign-in/start";
const FINISH: &str = "/v1/identity/provider-sign-in/finish";
const QUESTION: &str = "/v1/sightings?plate=ABC-1234";
const LEVEL: &str = "acr = [\"urn:gov:card\"]\n";

type Params = HashMap<String, String>;

fn params_of(url: &str) -> Params {
    Query::<Params>::try_from_uri(&url.parse().unwrap()).unwrap().0
}

fn key(answer: &Answer) -> &str {
    answer.json.get("key").and_then(Value::as_str).unwrap_or_default()
}

fn browser_key(seed: u8) -> SessionKey {
    SessionKey::new([seed; 32]).unwrap()
}

struct Idp {
    env: Env,
    issuer: String,
    published: Mutex<SimSigner>,
    signing: Mutex<SimSigner>,
    /// Codes that nobody has redeemed yet, with what they were asked for.
    codes: Mutex<HashMap<String, Params>>,
    /// Claims that its tokens have otherwise than they should.
    otherwise: Mutex<Value>,
}

impl Idp {
    /// What the browser brings back once the person has proved himself.
    fn authorize(&self, url: &str, subject: &str) -> Value {
        let mut asked = params_of(url);
        let code = asked["code_challenge"].clone();
        let back = json!({ "state": asked["state"], "code": code, "iss": self.issuer });
        asked.insert("sub".into(), subject.into());
        self.codes.lock().unwrap().insert(code, asked);
        back
    }

    fn now_s(&self) -> i64 {
        self.env.now().0 / Micros::SECOND
    }

    fn token(&self, asked: &Params) -> String {
        let now_s = self.now_s();
        let mut claims = json!({
            "iss": self.issuer, "sub": asked["sub"], "aud": CLIENT, "nonce": asked["nonce"], "iat": now_s, "exp": now_s + 300, "auth_time": now_s - 5,
        });
        for (name, value) in self.otherwise.lock().unwrap().as_object().unwrap() {
            claims[name.as_str()] = value.clone();
        }
        self.signing.lock().unwrap().sign(&claims)
    }

    fn says_otherwise(&self, claims: Value) {
        *self.otherwise.lock().unwrap() = claims;
    }

    fn signs_by(&self, signer: &SimSigner) {
        *self.signing.lock().unwrap() = signer.clone();
    }
}

async fn discovery(State(idp): State<Arc<Idp>>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", idp.issuer);
    Json(json!({
        "issuer": idp.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn keys(State(idp): State<Arc<Idp>>) -> Json<Value> {
    Json(json!({ "keys": [idp.published.lock().unwrap().jwk()] }))
}

/// Takes each code once, from this client, with its verifier and its redirect URI.
async fn token(State(idp): State<Arc<Idp>>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
    let form = params_of(&format!("/?{body}"));
    let is_client = headers.get("authorization").is_some_and(|value| value == basic_credentials(CLIENT, SECRET).as_str());
    let asked = idp.codes.lock().unwrap().remove(&form["code"]);
    let is_its = |asked: &Params| challenge_of(&form["code_verifier"]) == asked["code_challenge"] && form["redirect_uri"] == asked["redirect_uri"];
    match asked.filter(|asked| is_client && is_its(asked)) {
        Some(asked) => (StatusCode::OK, Json(json!({ "id_token": idp.token(&asked), "access_token": "of no use", "token_type": "Bearer" }))),
        None => (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))),
    }
}

struct World {
    house: House,
    clock: Arc<SimClock>,
    idp: Arc<Idp>,
    serving: JoinHandle<()>,
}

/// Somebody with an account and a passkey.
struct Enrolled {
    actor: ActorId,
    passkeys: Passkeys,
}

/// A signed-in page.
struct Browser {
    cookie: String,
    key: SessionKey,
}

fn cookie_of(answer: &Answer) -> String {
    answer.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header(PURPOSE_HEADER, "patrol");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let from: IpAddr = "10.1.0.4".parse().unwrap();
    request.extension(ConnectInfo(SocketAddr::from((from, 4711)))).body(Body::from(body.to_owned())).unwrap()
}

impl World {
    async fn open(more: &str) -> Self {
        let clock = Arc::new(SimClock::starting_at(NOW));
        let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
        house.app.put(Outgoing::new(house.app.env.net.clone(), true).unwrap());
        let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", door.local_addr().unwrap());
        let settings = format!(
            "[[provider]]\nname = \"idp\"\ntitle = \"政府身分認證\"\nissuer = \"{issuer}\"\nclient_id = \"{CLIENT}\"\nclient_secret = \"{SECRET}\"\n{more}"
        );
        house.app.put(OidcSettings::parse(&settings).unwrap());
        let signer = SimSigner::new(7, "k-1");
        let idp = Arc::new(Idp {
            env: house.app.env.clone(),
            issuer,
            published: Mutex::new(signer.clone()),
            signing: Mutex::new(signer),
            codes: Mutex::default(),
            otherwise: Mutex::new(json!({})),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(idp.clone());
        let serving = tokio::spawn(async move { axum::serve(door, router).await.unwrap() });
        Self { house, clock, idp, serving }
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.house.answer(request("POST", path, &[], &body.to_string())).await
    }

    async fn enrolled(&self, role: Role, seed: u8) -> Enrolled {
        let mut passkeys = Passkeys::default();
        let invitation = shouhu_identity::invite(&self.house.app, role.as_str(), role, None, None).await.unwrap();
        let started = self.post("/v1/identity/enrol/start", &json!({ "token": invitation.token })).await;
        let credential = passkeys.create(&started.json["options"], HOUSE, [seed; 32]).unwrap();
        let finish = json!({ "challenge_id": started.json["challenge_id"], "credential": credential, "session_key": browser_key(seed).public() });
        let enrolled = self.post("/v1/identity/enrol/finish", &finish).await;
        assert_eq!(enrolled.status, 200, "{}", enrolled.json);
        self.clock.advance_us(Micros::SECOND);
        Enrolled { actor: invitation.actor, passkeys }
    }

    /// By an operator.
    async fn link(&self, actor: ActorId, subject: &str) {
        let path = format!("/v1/identity/actors/{actor}/providers");
        let linked = self.house.call(&self.house.person(Role::Operator), "POST", &path, json!({ "provider": "idp", "subject": subject })).await;
        assert_eq!(linked.status, 204, "{}", linked.json);
    }

    /// Somebody whom the provider knows as `P-1`.
    async fn known(&self) -> Enrolled {
        let person = self.enrolled(Role::Detective, 1).await;
        self.link(person.actor, "P-1").await;
        person
    }

    /// Where the browser is sent, and what the page keeps.
    async fn start(&self, browser: &SessionKey) -> (String, String) {
        let started = self.post(START, &json!({ "provider": "idp", "session_key": browser.public() })).await;
        assert_eq!(started.status, 200, "{}", started.json);
        (started.json["url"].as_str().unwrap().to_owned(), started.json["flow"].as_str().unwrap().to_owned())
    }

    async fn finish(&self, flow: &str, back: &Value) -> Answer {
        let mut body = back.clone();
        body["flow"] = json!(flow);
        self.post(FINISH, &body).await
    }

    async fn sign_in(&self, browser: &SessionKey, subject: &str) -> Answer {
        let (url, flow) = self.start(browser).await;
        self.finish(&flow, &self.idp.authorize(&url, subject)).await
    }

    /// As a page does it: signed, and once more when the nonce had run out.
    async fn send(&self, browser: &Browser, method: &str, path: &str, body: &str) -> Answer {
        loop {
            let proof = browser.key.prove(method, path, body.as_bytes());
            let headers = [("cookie", browser.cookie.as_str()), (PROOF_HEADER, proof.as_str())];
            let answer = self.house.answer(request(method, path, &headers, body)).await;
            if let Some(nonce) = answer.headers.get(NONCE_HEADER) {
                browser.key.told(nonce.to_str().unwrap());
            }
            if key(&answer) != "identity.proof_stale" {
                return answer;
            }
        }
    }

    async fn get(&self, browser: &Browser, path: &str) -> Answer {
        self.send(browser, "GET", path, "").await
    }

    /// What the leaf of the last sign-in by the provider's word says.
    async fn last_leaf(&self) -> String {
        let leaves = self.house.app.audit.page(None, 200).await.unwrap();
        leaves.into_iter().find(|leaf| leaf.entry.action == format!("POST {FINISH}")).unwrap().entry.object
    }

    async fn refused(&self, what: &str, wanted: (u16, &str), answer: &Answer) {
        assert_eq!((answer.status, key(answer)), wanted, "{what}: {}", answer.json);
        assert!(!answer.headers.contains_key("set-cookie"), "{what}");
        let leaf = self.last_leaf().await;
        assert!(leaf.starts_with("refused by the word of idp: "), "{what}: {leaf}");
    }
}

const REFUSED: (u16, &str) = (401, "identity.provider.refused");
const TOO_WEAK: (u16, &str) = (403, "identity.provider.too_weak");

#[tokio::test]
async fn a_providers_word_signs_in_whom_an_operator_has_linked_and_the_passkey_is_asked_for_before_anything_sensitive() {
    for settings in ["", "is_enforced = false\n"] {
        let world = World::open("").await;
        world.house.app.put(TrustSettings::parse(settings).unwrap());
        let person = world.known().await;
        let listed = world.house.answer(request("GET", "/v1/identity/providers", &[], "")).await.json;
        assert_eq!(listed["items"], json!([{ "name": "idp", "title": "政府身分認證" }]));

        let key_of_page = browser_key(5);
        let (url, flow) = world.start(&key_of_page).await;
        assert!(url.starts_with(&format!("{}/authorize?", world.idp.issuer)) && !url.contains(&flow), "{url}");
        let asked = params_of(&url);
        let said = ["response_type", "client_id", "redirect_uri", "scope", "code_challenge_method"].map(|name| asked[name].as_str());
        assert_eq!(said, ["code", CLIENT, "http://localhost:8470/sign-in/provider", "openid", "S256"]);

        let signed_in = world.finish(&flow, &world.idp.authorize(&url, "P-1")).await;
        assert_eq!((signed_in.status, &signed_in.json["id"]), (200, &json!(person.actor.to_string())), "{}", signed_in.json);
        let leaf = world.last_leaf().await;
        assert!(leaf.contains(&person.actor.to_string()) && leaf.contains("by the word of idp"), "{leaf}");
        let page = Browser { cookie: cookie_of(&signed_in), key: key_of_page };
        assert_eq!(world.get(&page, "/v1/identity/me").await.status, 200);
        assert_eq!(key(&world.get(&page, QUESTION).await), "identity.step_up_required", "{settings}");
        let why = world.get(&page, "/v1/session/trust").await.json;
        assert_eq!((&why["verdict"], &why["reasons"][0]["code"]), (&json!("step_up"), &json!("passkey_untouched")), "{why}");

        world.clock.advance_us(Micros::SECOND);
        let started = world.send(&page, "POST", "/v1/session/step-up/start", "{}").await;
        let credential = person.passkeys.sign(&started.json["options"], HOUSE).unwrap();
        let finish = json!({ "challenge_id": started.json["challenge_id"], "credential": credential });
        assert_eq!(world.send(&page, "POST", "/v1/session/step-up/finish", &finish.to_string()).await.status, 200);
        assert_eq!(world.get(&page, QUESTION).await.status, 200, "{settings}");
    }
}

#[tokio::test]
async fn the_session_belongs_to_the_browser_that_began_and_to_no_other() {
    let world = World::open("").await;
    world.known().await;
    let signed_in = world.sign_in(&browser_key(5), "P-1").await;
    let thief = Browser { cookie: cookie_of(&signed_in), key: browser_key(6) };
    assert_eq!(key(&world.get(&thief, "/v1/identity/me").await), "identity.proof_refused");
}

#[tokio::test]
async fn a_token_that_is_not_what_was_asked_for_signs_nobody_in_and_the_log_says_why() {
    let world = World::open("").await;
    world.known().await;
    let (now_s, page) = (world.idp.now_s(), browser_key(5));
    let cases = [
        ("another request", REFUSED, json!({ "nonce": "another" })),
        ("another issuer", REFUSED, json!({ "iss": "https://evil.example" })),
        ("not for this house", REFUSED, json!({ "aud": "another" })),
        ("has expired", REFUSED, json!({ "exp": now_s - 61 })),
        ("issued more than", REFUSED, json!({ "iat": now_s - 601 })),
        ("one of the clocks", REFUSED, json!({ "iat": now_s + 3_600 })),
        ("claim auth_time", REFUSED, json!({ "auth_time": null })),
        ("proved himself to the provider", TOO_WEAK, json!({ "auth_time": now_s - 361 })),
    ];
    for (why, wanted, otherwise) in cases {
        world.idp.says_otherwise(otherwise);
        world.refused(why, wanted, &world.sign_in(&page, "P-1").await).await;
        let leaf = world.last_leaf().await;
        assert!(leaf.contains(why), "{why}: {leaf}");
    }
    world.idp.says_otherwise(json!({}));
    assert_eq!(world.sign_in(&page, "P-1").await.status, 200, "none of them has shut the door");
}

#[tokio::test]
async fn a_key_that_the_provider_does_not_publish_signs_nothing_and_one_that_it_has_turned_is_fetched() {
    let world = World::open("").await;
    world.known().await;
    let page = browser_key(5);
    assert_eq!(world.sign_in(&page, "P-1").await.status, 200);
    let (stranger, next) = (SimSigner::new(9, "k-1"), SimSigner::new(11, "k-2"));
    world.idp.signs_by(&stranger);
    world.refused("another key under its name", REFUSED, &world.sign_in(&page, "P-1").await).await;
    world.idp.signs_by(&next);
    world.clock.advance_us(2 * Micros::MINUTE);
    world.refused("a key of nobody", REFUSED, &world.sign_in(&page, "P-1").await).await;
    *world.idp.published.lock().unwrap() = next;
    world.refused("asked again at most once a minute", REFUSED, &world.sign_in(&page, "P-1").await).await;
    world.clock.advance_us(2 * Micros::MINUTE);
    assert_eq!(world.sign_in(&page, "P-1").await.status, 200);
}

#[tokio::test]
async fn what_comes_back_counts_once_from_whom_was_asked_and_in_the_page_that_asked() {
    let world = World::open("").await;
    world.known().await;
    let page = browser_key(5);
    let changed = |name: &str, value: Value| {
        let name = name.to_owned();
        move |mut back: Value| {
            back[name.as_str()] = value;
            back
        }
    };
    type Change = Box<dyn FnOnce(Value) -> Value>;
    let cases: [(&str, (u16, &str), Change); 6] = [
        ("another state", REFUSED, Box::new(changed("state", json!("another")))),
        ("mixed up", REFUSED, Box::new(changed("iss", json!("https://evil.example")))),
        ("nobody says from whom", REFUSED, Box::new(changed("iss", Value::Null))),
        ("no code", REFUSED, Box::new(changed("code", Value::Null))),
        ("a code of nobody", REFUSED, Box::new(changed("code", json!("made-up")))),
        ("the person said no", (403, "identity.provider.denied"), Box::new(changed("error", json!("access_denied")))),
    ];
    for (what, wanted, change) in cases {
        let (url, flow) = world.start(&page).await;
        let back = world.idp.authorize(&url, "P-1");
        world.refused(what, wanted, &world.finish(&flow, &change(back.clone())).await).await;
        let again = world.finish(&flow, &back).await;
        assert_eq!((again.status, key(&again)), (410, "identity.provider.flow_unknown"), "{what}: judged once");
    }

    let (url, flow) = world.start(&page).await;
    let back = world.idp.authorize(&url, "P-1");
    assert_eq!(world.finish(&flow, &back).await.status, 200);
    assert_eq!(key(&world.finish(&flow, &back).await), "identity.provider.flow_unknown");
    let (_, other_flow) = world.start(&page).await;
    world.refused("a replayed answer", REFUSED, &world.finish(&other_flow, &back).await).await;

    let (url, flow) = world.start(&page).await;
    world.clock.advance_us(5 * Micros::MINUTE);
    assert_eq!(key(&world.finish(&flow, &world.idp.authorize(&url, "P-1")).await), "identity.provider.flow_unknown", "too late");
}

/// Login CSRF: the victim would work in the stranger's account.
#[tokio::test]
async fn a_strangers_answer_opens_nothing_in_another_browser() {
    let world = World::open("").await;
    world.known().await;
    let (victim, stranger) = (browser_key(5), browser_key(6));
    let theirs = world.idp.authorize(&world.start(&stranger).await.0, "P-1");
    assert_eq!(key(&world.finish("", &theirs).await), "identity.provider.flow_unknown", "the page that did not ask has no flow");
    let (_, flow) = world.start(&victim).await;
    world.refused("their state", REFUSED, &world.finish(&flow, &theirs).await).await;
    let (url, flow) = world.start(&victim).await;
    let mut spliced = world.idp.authorize(&url, "P-1");
    spliced["code"] = theirs["code"].clone();
    world.refused("their code: PKCE", REFUSED, &world.finish(&flow, &spliced).await).await;
}

#[tokio::test]
async fn a_level_that_is_not_enough_here_is_too_weak() {
    let world = World::open(LEVEL).await;
    world.known().await;
    let page = browser_key(5);
    assert_eq!(params_of(&world.start(&page).await.0)["acr_values"], "urn:gov:card");
    world.refused("no level", TOO_WEAK, &world.sign_in(&page, "P-1").await).await;
    world.idp.says_otherwise(json!({ "acr": "urn:gov:password" }));
    world.refused("a lower level", TOO_WEAK, &world.sign_in(&page, "P-1").await).await;
    world.idp.says_otherwise(json!({ "acr": "urn:gov:card" }));
    assert_eq!(world.sign_in(&page, "P-1").await.status, 200);
    assert!(world.last_leaf().await.contains("urn:gov:card"));
}

#[tokio::test]
async fn a_subject_that_nobody_has_linked_gets_no_account_whatever_else_the_provider_tells() {
    let world = World::open("").await;
    let person = world.known().await;
    let operator = world.house.person(Role::Operator);
    let accounts = async || world.house.call(&operator, "GET", "/v1/identity/actors", Value::Null).await.json["items"].as_array().unwrap().len();
    let before = accounts().await;
    let page = browser_key(5);
    world.idp.says_otherwise(json!({ "email": "detective@police.example", "email_verified": true, "name": "detective" }));
    world.refused("a stranger", (403, "identity.provider.stranger"), &world.sign_in(&page, "P-9").await).await;
    assert!(world.last_leaf().await.contains("P-9"), "so that an operator can link it");
    assert_eq!(accounts().await, before);

    let disable = format!("/v1/identity/actors/{}/disable", person.actor);
    assert_eq!(world.house.call(&operator, "POST", &disable, json!({})).await.status, 204);
    world.refused("somebody who was disabled", (403, "identity.provider.stranger"), &world.sign_in(&page, "P-1").await).await;
}

#[tokio::test]
async fn who_is_unlinked_is_out_and_links_stand_in_the_log() {
    let world = World::open("").await;
    let person = world.known().await;
    let page = Browser { cookie: cookie_of(&world.sign_in(&browser_key(5), "P-1").await), key: browser_key(5) };
    assert_eq!(world.get(&page, "/v1/identity/me").await.status, 200);
    let remove = format!("/v1/identity/actors/{}/providers/remove", person.actor);
    let removed = world.house.call(&world.house.person(Role::Operator), "POST", &remove, json!({ "issuer": world.idp.issuer })).await;
    assert_eq!(removed.status, 204, "{}", removed.json);
    assert_eq!(key(&world.get(&page, "/v1/identity/me").await), "identity.session_required");
    world.refused("no link", (403, "identity.provider.stranger"), &world.sign_in(&browser_key(6), "P-1").await).await;
    let leaves = world.house.app.audit.page(None, 200).await.unwrap();
    let of_links: Vec<String> = leaves.into_iter().filter(|leaf| leaf.entry.action.contains("/providers")).map(|leaf| leaf.entry.object).collect();
    assert!(of_links.len() == 2 && of_links.iter().all(|object| object.contains(&person.actor.to_string()) && object.contains("P-1")), "{of_links:?}");
}

#[tokio::test]
async fn a_provider_that_is_down_says_so_and_passkeys_need_it_for_nothing() {
    let world = World::open("").await;
    let person = world.known().await;
    let page = browser_key(5);
    let (url, flow) = world.start(&page).await;
    let back = world.idp.authorize(&url, "P-1");
    world.serving.abort();
    while !world.serving.is_finished() {
        tokio::task::yield_now().await;
    }
    let unavailable = (503, "identity.provider.unavailable");
    world.refused("no answer to the code", unavailable, &world.finish(&flow, &back).await).await;
    world.clock.advance_us(2 * Micros::HOUR);
    let start = world.post(START, &json!({ "provider": "idp", "session_key": page.public() })).await;
    assert_eq!((start.status, key(&start)), unavailable, "what it said of itself is old: {}", start.json);
    assert!(start.json["detail"].as_str().unwrap().contains("sign in with your passkey"), "{}", start.json);

    let started = world.post("/v1/identity/sign-in/start", &json!({})).await;
    let credential = person.passkeys.sign(&started.json["options"], HOUSE).unwrap();
    let finish = json!({ "challenge_id": started.json["challenge_id"], "credential": credential, "session_key": page.public() });
    assert_eq!(world.post("/v1/identity/sign-in/finish", &finish).await.status, 200);
}

static DOOR: &[Module] = &[shouhu_http::MODULE, shouhu_identity::MODULE];

#[tokio::test]
async fn a_browser_that_comes_back_to_another_server_of_the_house_is_signed_in_there_once() {
    let world = World::open("").await;
    let person = world.known().await;
    let south = world.house.beside(DOOR).await;
    south.app.put(Outgoing::new(south.app.env.net.clone(), true).unwrap());
    south.app.put((*world.house.app.room::<OidcSettings>()).clone());

    let page = browser_key(5);
    let (url, flow) = world.start(&page).await;
    let mut back = world.idp.authorize(&url, "P-1");
    back["flow"] = json!(flow);
    let signed_in = south.answer(request("POST", FINISH, &[], &back.to_string())).await;
    assert_eq!((signed_in.status, &signed_in.json["id"]), (200, &json!(person.actor.to_string())), "{}", signed_in.json);
    let browser = Browser { cookie: cookie_of(&signed_in), key: page };
    assert_eq!(world.get(&browser, "/v1/identity/me").await.status, 200, "and at the server where it began");
    for house in [&world.house, &south] {
        let again = house.answer(request("POST", FINISH, &[], &back.to_string())).await;
        assert_eq!((again.status, key(&again)), (410, "identity.provider.flow_unknown"));
    }
}
