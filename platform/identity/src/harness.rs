//! Identity's own small house for its tests: its routes behind its own door, without the HTTP floor, which lies above.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::result_large_err, reason = "a test may move a problem about")]

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header;
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ed25519_dalek::{Signer, SigningKey};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use shouhu_audit::Audit;
use shouhu_blobs::Blobs;
use shouhu_env::{Env, SeededRandom, SimClock, SimDisk};
use shouhu_ids::{ActorId, DeviceId, Micros, SessionId};
use shouhu_module::{Access, App, AuditObject, Caller, Module, Problem};
use shouhu_passkey::{Model, Passkeys, SessionKey};
use shouhu_store::testing::on_each_database;
use shouhu_store::{OUTBOX_MIGRATIONS, Store};
use shouhu_wire::{DEVICE_HEADER, PROOF_HEADER, Role, SIGNATURE_HEADER, SIGNED_AT_HEADER, signed_text};
use tower::ServiceExt as _;

use crate::MODULE;

pub const ORIGIN: &str = "http://localhost:8470";
const START: Micros = Micros(1_800_000_000_000_000);
static MODULES: &[Module] = &[MODULE];

pub struct Harness {
    pub app: App,
    clock: Arc<SimClock>,
    router: Router,
    seeds: AtomicU8,
    /// One for all people here: what is told apart is told apart by session.
    pub browser: SessionKey,
    _folder: Option<tempfile::TempDir>,
}

pub struct Answer {
    pub status: u16,
    pub json: Value,
    pub set_cookie: Option<String>,
    /// For the leaf.
    pub object: Option<String>,
}

impl Answer {
    pub fn key(&self) -> &str {
        self.json.get("key").and_then(Value::as_str).unwrap_or_default()
    }

    /// `name=value` as a browser sends it back.
    pub fn cookie(&self) -> String {
        self.set_cookie.as_deref().unwrap().split(';').next().unwrap().to_owned()
    }
}

pub struct SimPerson {
    pub id: ActorId,
    pub keys: Passkeys,
    pub cookie: String,
}

pub struct SimDevice {
    pub id: DeviceId,
    key: SigningKey,
    pub clock_offset_us: i64,
}

impl SimDevice {
    pub fn new(id: DeviceId, seed: u8) -> Self {
        Self { id, key: SigningKey::from_bytes(&[seed; 32]), clock_offset_us: 0 }
    }

    pub fn public_key(&self) -> String {
        STANDARD.encode(self.key.verifying_key().as_bytes())
    }

    pub fn headers(&self, method: &str, path: &str, signed_at: Micros, body: &[u8]) -> Vec<(String, String)> {
        let signature = self.key.sign(signed_text(method, path, signed_at.0, body).as_bytes());
        vec![
            (DEVICE_HEADER.into(), self.id.to_string()),
            (SIGNED_AT_HEADER.into(), signed_at.0.to_string()),
            (SIGNATURE_HEADER.into(), STANDARD.encode(signature.to_bytes())),
        ]
    }
}

/// Runs a claim against every database there is.
pub async fn on_each<F, Fut>(claim: F)
where
    F: Fn(Harness) -> Fut,
    Fut: Future<Output = ()>,
{
    on_each_database(&[MODULE.schema()], |store| {
        let claimed = Harness::over(store, None);
        let claim = &claim;
        async move { claim(claimed.await).await }
    })
    .await;
}

impl Harness {
    /// On SQLite, for claims that are about time or rules rather than about SQL.
    pub async fn simulated() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let store = Store::open(&url, Env::simulated(7, START)).await.unwrap();
        store.migrate(&[OUTBOX_MIGRATIONS, MODULE.schema()]).await.unwrap();
        Self::over(store, Some(folder)).await
    }

    async fn over(store: Store, folder: Option<tempfile::TempDir>) -> Self {
        let clock = Arc::new(SimClock::starting_at(START));
        let env = Env {
            clock: clock.clone(),
            random: Arc::new(SeededRandom::new(7)),
            disk: Arc::new(SimDisk::default()),
            net: Env::real().net,
        };
        let blobs = Blobs::open(env.clone(), Path::new("/content"), Path::new("/keys")).unwrap();
        let audit = Audit::start(store.clone(), blobs.keys()).unwrap();
        let app = App::new(env, store, blobs, audit, MODULES, ORIGIN);
        Self::started(app, clock, 1, folder).await
    }

    /// Another server of this house, or this one after a restart: its database, folder of keys and clock, and nothing of what it has in memory.
    pub async fn beside(&self) -> Self {
        let env = self.app.env.clone();
        let blobs = Blobs::open(env.clone(), Path::new("/content"), Path::new("/keys")).unwrap();
        let app = App::new(env, self.app.store.clone(), blobs, self.app.audit.clone(), MODULES, ORIGIN);
        Self::started(app, self.clock.clone(), 101, None).await
    }

    async fn started(app: App, clock: Arc<SimClock>, first_seed: u8, folder: Option<tempfile::TempDir>) -> Self {
        (MODULE.start)(app.clone()).await.unwrap();
        let mut router = Router::new();
        for route in MODULE.routes {
            router = router.route(route.path, (route.mount)());
        }
        Self { router: router.with_state(app.clone()), app, clock, seeds: AtomicU8::new(first_seed), browser: SessionKey::new([9; 32]).unwrap(), _folder: folder }
    }

    pub fn advance(&self, us: i64) {
        self.clock.advance_us(us);
    }

    /// One request through the door and to its handler, as the HTTP floor does it. A cookie comes with a proof by the browser's key.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let proof = headers.iter().any(|(name, _)| *name == "cookie").then(|| self.prove(method, path, body));
        let proved: Vec<_> = proof.iter().map(|proof| (PROOF_HEADER, proof.as_str())).chain(headers.iter().copied()).collect();
        self.send_as_is(method, path, &proved, body).await
    }

    pub fn prove(&self, method: &str, path: &str, body: &[u8]) -> String {
        self.browser.told(&crate::room::Room::of(&self.app).proofs.nonce(&self.app.env));
        self.browser.prove(method, path, body)
    }

    /// As `send`, with nothing added.
    pub async fn send_as_is(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Bytes::copy_from_slice(body);
        let mut request = request.body(Body::from(body.clone())).unwrap();
        let asked = crate::Asked::of(request.headers(), request.method(), path);
        let caller = crate::caller_of(&self.app, &asked, false, Some(&body)).await.map_err(|refused| match refused {
            crate::Refused::Problem(problem) => problem,
            crate::Refused::Unproved { why, .. } => Problem::of(&why),
        });
        let response = match caller.and_then(|caller| self.admitted(method, path, caller)) {
            Err(problem) => problem.into_response(),
            Ok(caller) => {
                request.extensions_mut().insert(caller);
                self.router.clone().oneshot(request).await.unwrap()
            }
        };
        let status = response.status().as_u16();
        let set_cookie = response.headers().get(header::SET_COOKIE).map(|value| value.to_str().unwrap().to_owned());
        let object = response.extensions().get::<AuditObject>().map(|object| object.0.clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, json: serde_json::from_slice(&bytes).unwrap_or(Value::Null), set_cookie, object }
    }

    /// The permission check that the HTTP floor makes from the route's own fields.
    fn admitted(&self, method: &str, path: &str, caller: Caller) -> Result<Caller, Problem> {
        let plain = path.split('?').next().unwrap_or(path);
        let fits = |pattern: &str| {
            pattern.split('/').count() == plain.split('/').count()
                && pattern.split('/').zip(plain.split('/')).all(|(p, s)| p == s || p.starts_with('{'))
        };
        let route = MODULE.routes.iter().find(|route| route.method.as_str() == method && fits(route.path)).unwrap();
        let is_allowed = match (route.access, &caller) {
            (Access::Public(_), _) | (Access::Session, Caller::Person(_)) | (Access::Device, Caller::Device(_)) => true,
            (Access::Permission(name), Caller::Person(person)) => self.app.permissions_of(person.role).contains(&name),
            _ => false,
        };
        let status = axum::http::StatusCode::UNAUTHORIZED;
        is_allowed.then_some(caller).ok_or_else(|| Problem::new(status, "identity.session_required", "sign in first"))
    }

    /// Whoever signs in gives the browser's key.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        let body = self.with_key(body);
        self.send("POST", path, &[], body.to_string().as_bytes()).await
    }

    fn with_key(&self, mut body: Value) -> Value {
        if let Some(fields) = body.as_object_mut().filter(|fields| fields.contains_key("credential")) {
            fields.entry("session_key").or_insert_with(|| json!(self.browser.public()));
        }
        body
    }

    pub async fn post_with_cookie(&self, cookie: &str, path: &str, body: Value) -> Answer {
        let body = self.with_key(body);
        self.send("POST", path, &[("cookie", cookie)], body.to_string().as_bytes()).await
    }

    /// As the person, who signs in anew if the clock has ended their session.
    pub async fn post_as(&self, person: &SimPerson, path: &str, body: Value) -> Answer {
        let cookie = self.sign_in(&person.keys).await.cookie();
        self.post_with_cookie(&cookie, path, body).await
    }

    pub async fn get_with_cookie(&self, cookie: &str, path: &str) -> Answer {
        self.send("GET", path, &[("cookie", cookie)], b"").await
    }

    pub async fn send_signed(&self, device: &SimDevice, method: &str, path: &str, body: &[u8]) -> Answer {
        let signed_at = self.app.env.now().plus(device.clock_offset_us);
        let headers = device.headers(method, path, signed_at, body);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.send(method, path, &headers, body).await
    }

    /// Invited, enrolled and signed in, all through the routes.
    pub async fn person(&self, role: Role) -> SimPerson {
        self.person_on(role, &Model::default()).await
    }

    /// As `person`, with an authenticator of this model.
    pub async fn person_on(&self, role: Role, model: &Model) -> SimPerson {
        let invitation = crate::invite(&self.app, role.as_str(), role, None, None).await.unwrap();
        let (finished, keys) = self.enrol_on(&invitation.token, model).await;
        assert_eq!(finished.status, 200, "{}", finished.json);
        SimPerson { id: invitation.actor, keys, cookie: finished.cookie() }
    }

    /// The answer to whoever has opened the link and made a key on an authenticator of this model.
    pub async fn enrol_on(&self, token: &str, model: &Model) -> (Answer, Passkeys) {
        let mut keys = Passkeys::default();
        let started = self.post("/v1/identity/enrol/start", json!({"token": token})).await;
        let seed = self.seeds.fetch_add(1, Ordering::Relaxed);
        let credential = keys.create_on(model, started.json.get("options").unwrap(), ORIGIN, [seed; 32]).unwrap();
        let finish = json!({"challenge_id": started.json.get("challenge_id"), "credential": credential});
        (self.post("/v1/identity/enrol/finish", finish).await, keys)
    }

    pub async fn sign_in(&self, keys: &Passkeys) -> Answer {
        let started = self.post("/v1/identity/sign-in/start", json!({})).await;
        let credential = keys.sign(started.json.get("options").unwrap(), ORIGIN).unwrap();
        let finish = json!({"challenge_id": started.json.get("challenge_id"), "credential": credential});
        self.post("/v1/identity/sign-in/finish", finish).await
    }

    pub async fn session_of(&self, cookie: &str) -> SessionId {
        let token = cookie.split_once('=').unwrap().1;
        crate::session::known(&self.app, token).await.unwrap().unwrap().person.session
    }

    /// Registered by the operator and enrolled.
    pub async fn device(&self, operator: &SimPerson, name: &str) -> SimDevice {
        let register = json!({"name": name, "kind": "fixed_camera"});
        let invited = self.post_with_cookie(&operator.cookie, "/v1/devices", register).await;
        assert_eq!(invited.status, 200, "{}", invited.json);
        let id = invited.json.get("device").and_then(Value::as_str).unwrap().parse().unwrap();
        let device = SimDevice::new(id, self.seeds.fetch_add(1, Ordering::Relaxed));
        let enrol = json!({"token": invited.json.get("token"), "public_key": device.public_key()});
        let enrolled = self.post("/v1/devices/enrol", enrol).await;
        assert_eq!(enrolled.status, 200, "{}", enrolled.json);
        device
    }
}
