//! A device proves its TPM, is accepted, and is restricted by whatever does not fit: through the routes, on every database.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod soft_tpm;
mod two_persons;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use shouhu_audit::Audit;
use shouhu_blobs::Blobs;
use shouhu_env::{Env, SeededRandom, SimClock, SimDisk};
use shouhu_identity::{MODULE, QUOTE_LATE_US};
use shouhu_ids::{ActorId, DeviceId, Micros, SessionId};
use shouhu_module::ports::DeviceTrustPort;
use shouhu_module::{App, Caller, DevicePeer, Module, Person};
use shouhu_store::Store;
use shouhu_store::testing::on_each_database;
use shouhu_wire::{DeviceKind, RestrictionReason, Role, SenderRestriction};
use tower::ServiceExt as _;

use crate::soft_tpm::SoftTpm;

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("samples/", $name)).as_slice()
    };
}

const START: Micros = Micros(1_800_000_000_000_000);
static MODULES: &[Module] = &[MODULE];

fn one() -> SoftTpm {
    SoftTpm::new(sample!("one.der"), sample!("one.key"), 1)
}

fn two() -> SoftTpm {
    SoftTpm::new(sample!("two.der"), sample!("two.key"), 2)
}

fn stranger() -> SoftTpm {
    SoftTpm::new(sample!("stranger.der"), sample!("stranger.key"), 3)
}

/// Identity's routes without the HTTP floor: callers are given, not signed in.
struct House {
    app: App,
    clock: Arc<SimClock>,
    router: Router,
    seeds: AtomicU8,
}

struct Answer {
    status: u16,
    json: Value,
}

impl Answer {
    fn key(&self) -> &str {
        self.json["key"].as_str().unwrap_or_default()
    }

    fn good(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.json);
        self.json
    }
}

async fn on_each<Fut: Future<Output = ()>>(claim: impl Fn(House) -> Fut) {
    on_each_database(&[MODULE.schema()], |store| {
        let (house, claim) = (House::over(store), &claim);
        async move { claim(house.await).await }
    })
    .await;
}

impl House {
    async fn over(store: Store) -> Self {
        let clock = Arc::new(SimClock::starting_at(START));
        let (random, disk) = (Arc::new(SeededRandom::new(7)), Arc::new(SimDisk::default()));
        let env = Env { clock: clock.clone(), random, disk, net: Env::real().net };
        let blobs = Blobs::open(env.clone(), Path::new("/content"), Path::new("/keys")).unwrap();
        let audit = Audit::start(store.clone(), blobs.keys()).unwrap();
        let app = App::new(env, store, blobs, audit, MODULES, "http://localhost:8470");
        (MODULE.start)(app.clone()).await.unwrap();
        let mut router = Router::new();
        for route in MODULE.routes {
            router = router.route(route.path, (route.mount)());
        }
        Self { router: router.with_state(app.clone()), app, clock, seeds: AtomicU8::new(1) }
    }

    fn person(&self) -> Caller {
        let env = &self.app.env;
        Caller::Person(Person {
            id: env.id(ActorId::new),
            name: "operator".into(),
            role: Role::Operator,
            unit: None,
            office: None,
            session: env.id(SessionId::new),
            session_expires_at: START,
        })
    }

    async fn call(&self, caller: &Caller, method: &str, path: &str, body: Value) -> Answer {
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request = Request::builder().method(method).uri(path).extension(caller.clone()).body(Body::from(bytes)).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, json: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    /// Registered and enrolled, with an Ed25519 key of its own.
    async fn device(&self) -> Caller {
        let registered = self.call(&self.person(), "POST", "/v1/devices", json!({"name": "car", "kind": "patrol_car"})).await.good();
        let seed = self.seeds.fetch_add(1, Ordering::Relaxed);
        let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).verifying_key();
        let enrol = json!({"token": registered["token"], "public_key": STANDARD.encode(key.as_bytes())});
        self.call(&Caller::Nobody, "POST", "/v1/devices/enrol", enrol).await.good();
        let id: DeviceId = registered["device"].as_str().unwrap().parse().unwrap();
        Caller::Device(DevicePeer { id, name: "car".into(), kind: DeviceKind::PatrolCar, camera: None, clock_offset_us: 0 })
    }

    async fn mine(&self, device: &Caller, what: &str, body: Value) -> Answer {
        self.call(device, "POST", &format!("/v1/devices/mine/attestation/{what}"), body).await
    }

    async fn trust_maker(&self) {
        let body = json!({"certificate": STANDARD.encode(sample!("maker.der")), "reason": "compared by telephone"});
        self.two_persons("/v1/devices/tpm-makers", body).await;
    }

    /// One asks, another approves.
    async fn two_persons(&self, path: &str, wish: Value) {
        let asked = self.call(&self.person(), "POST", path, wish).await.good();
        assert_eq!(self.approve(&self.person(), &asked).await.status, 204);
    }

    async fn approve(&self, person: &Caller, asked: &Value) -> Answer {
        self.call(person, "POST", &format!("/v1/devices/trust-changes/{}/approve", asked["id"].as_str().unwrap()), json!({})).await
    }

    async fn show(&self, device: &Caller) -> Value {
        self.call(&self.person(), "GET", &format!("/v1/devices/{}/attestation", id_of(device)), Value::Null).await.good()
    }

    /// The whole ceremony.
    async fn bind(&self, device: &Caller, tpm: &mut SoftTpm) -> Answer {
        let challenge = self.mine(device, "start", tpm.start()).await.good();
        let secret = STANDARD.encode(tpm.open(&challenge).unwrap());
        let quote = tpm.quote(challenge["nonce"].as_str().unwrap());
        self.mine(device, "finish", json!({"secret": secret, "quote": quote})).await
    }

    async fn nonce(&self, device: &Caller) -> String {
        self.mine(device, "nonce", Value::Null).await.good()["nonce"].as_str().unwrap().to_owned()
    }

    async fn quote(&self, device: &Caller, tpm: &mut SoftTpm) -> Answer {
        let nonce = self.nonce(device).await;
        self.mine(device, "quote", tpm.quote(&nonce)).await
    }

    async fn accept(&self, person: &Caller, device: &Caller, reason: &str) -> Answer {
        let digest = self.show(device).await["tpm"]["measured_digest"].clone();
        let path = format!("/v1/devices/{}/attestation/accept", id_of(device));
        self.call(person, "POST", &path, json!({"measured_digest": digest, "reason": reason})).await
    }

    /// Bound, and its first state accepted.
    async fn attested(&self, tpm: &mut SoftTpm) -> Caller {
        let device = self.device().await;
        self.bind(&device, tpm).await.good();
        self.accept(&self.person(), &device, "installed today").await.good();
        device
    }

    async fn restrictions(&self, device: &Caller) -> Vec<SenderRestriction> {
        let port = self.app.room::<DeviceTrustPort>();
        port.0.restrictions(vec![id_of(device)]).await.unwrap().remove(&id_of(device)).unwrap_or_default()
    }

    async fn events(&self) -> Vec<Value> {
        let all = self.app.store.unpublished(200).await.unwrap();
        let told = all.iter().filter(|e| e.event.kind() == "device_trust_changed");
        told.map(|e| serde_json::to_value(&e.event).unwrap()["restriction"].clone()).collect()
    }
}

fn id_of(device: &Caller) -> DeviceId {
    let Caller::Device(peer) = device else { panic!("a device") };
    peer.id
}

#[tokio::test]
async fn a_device_shows_its_tpm_is_accepted_by_a_person_and_stays_attested() {
    on_each(|house| async move {
        house.trust_maker().await;
        let (device, mut tpm) = (house.device().await, one());
        tpm.measure("agent 1");
        assert_eq!(house.show(&device).await["attestation"], json!("unattested"));
        let bound = house.bind(&device, &mut tpm).await.good();
        assert_eq!(bound["attestation"], json!("awaits_acceptance"));
        let shown = house.show(&device).await;
        assert_eq!((&shown["tpm"]["maker"], &shown["tpm"]["registers"][5]["is_agent"]), (&json!("CN=Maker of soft TPMs"), &json!(true)));
        assert_eq!(house.accept(&house.person(), &device, "installed today").await.good()["is_accepted"], json!(true));
        house.clock.advance_us(10 * Micros::MINUTE);
        assert_eq!(house.quote(&device, &mut tpm).await.good()["attestation"], json!("attested"));
        assert!(house.restrictions(&device).await.is_empty());

        tpm.reboot("agent 1");
        assert_eq!(house.quote(&device, &mut tpm).await.good()["attestation"], json!("attested"), "a reboot is told, not punished");
        let shown = house.show(&device).await;
        assert_eq!((&shown["tpm"]["reset_count"], &shown["tpm"]["rebooted_at_us"]), (&json!(2), &json!(house.app.env.now())));
    })
    .await;
}

#[tokio::test]
async fn a_foreign_maker_a_tpm_of_another_device_and_another_secret_are_refused_by_name_and_told() {
    on_each(|house| async move {
        house.trust_maker().await;
        let first = house.attested(&mut one()).await;
        let device = house.device().await;
        let refused = house.mine(&device, "start", stranger().start()).await;
        assert_eq!((refused.status, refused.key()), (422, "identity.attest.maker_unknown"));
        assert_eq!(house.events().await.last(), Some(&json!("tpm_refused")), "operators are told");
        assert!(house.restrictions(&device).await.is_empty(), "it could not end before another TPM is built in");
        assert_eq!(house.show(&device).await["attestation"], json!("unattested"));
        let refused = house.mine(&device, "start", one().start()).await;
        assert_eq!((refused.status, refused.key()), (409, "identity.attest.tpm_taken"));
        let reason = house.restrictions(&device).await[0].reason;
        assert_eq!(reason, RestrictionReason::TpmRefused);
        assert_eq!(house.events().await.last(), Some(&json!("tpm_refused")));

        // A key that lies in another TPM cannot be passed off as this one's.
        let challenge = house.mine(&device, "start", two().start()).await.good();
        assert_eq!(one().open(&challenge), None);
        let mut borrowed = two();
        let quote = borrowed.quote(challenge["nonce"].as_str().unwrap());
        let refused = house.mine(&device, "finish", json!({"secret": STANDARD.encode([0; 32]), "quote": quote})).await;
        assert_eq!(refused.key(), "identity.attest.secret_wrong");
        assert_eq!(house.mine(&device, "quote", quote).await.key(), "identity.attest.nothing_asked", "the challenge is used up");

        house.bind(&device, &mut two()).await.good();
        assert!(house.restrictions(&device).await[0].until_us.is_some(), "its own TPM sets it right");
        let refused = house.mine(&first, "start", stranger().start()).await;
        assert_eq!(refused.key(), "identity.attest.maker_unknown");
        assert_eq!(house.restrictions(&first).await[0].reason, RestrictionReason::TpmRefused, "it had another");
        let path = format!("/v1/devices/{}/revoke", id_of(&device));
        assert_eq!(house.call(&house.person(), "POST", &path, Value::Null).await.status, 204);
        house.bind(&house.device().await, &mut two()).await.good();
    })
    .await;
}

#[tokio::test]
async fn a_nonce_is_answered_once_and_a_recorded_quote_never_again() {
    on_each(|house| async move {
        house.trust_maker().await;
        let mut tpm = one();
        let device = house.attested(&mut tpm).await;
        let good_until = house.app.env.now();
        let nonce = house.nonce(&device).await;
        let recorded = tpm.quote(&nonce);
        house.mine(&device, "quote", recorded.clone()).await.good();
        let again = house.mine(&device, "quote", recorded.clone()).await;
        assert_eq!((again.status, again.key()), (409, "identity.attest.nothing_asked"));
        assert!(house.restrictions(&device).await.is_empty(), "a network that says it twice is no attack");

        house.clock.advance_us(Micros::MINUTE);
        house.nonce(&device).await;
        let replayed = house.mine(&device, "quote", recorded).await;
        assert_eq!((replayed.status, replayed.key()), (422, "identity.attest.nonce_wrong"));
        let restricted = house.restrictions(&device).await[0];
        assert_eq!((restricted.reason, restricted.since_us, restricted.until_us), (RestrictionReason::QuoteRefused, good_until, None));
        assert_eq!(house.quote(&device, &mut tpm).await.good()["attestation"], json!("attested"), "the next good quote ends it");
        assert_eq!(house.restrictions(&device).await[0].until_us, Some(house.app.env.now()));

        house.nonce(&device).await;
        house.clock.advance_us(shouhu_identity::CHALLENGE_LIFE_US);
        let late = house.mine(&device, "quote", tpm.quote(&"00".repeat(32))).await;
        assert_eq!(late.key(), "identity.attest.nothing_asked", "a nonce expires");
    })
    .await;
}

#[tokio::test]
async fn every_flipped_bit_of_a_quote_is_refused() {
    on_each(|house| async move {
        house.trust_maker().await;
        let mut tpm = one();
        let device = house.attested(&mut tpm).await;
        for field in ["attest", "signature"] {
            for byte in [0, 5, 20, 60, 71] {
                let nonce = house.nonce(&device).await;
                let mut quote = tpm.quote(&nonce);
                let mut bytes = STANDARD.decode(quote[field].as_str().unwrap()).unwrap();
                bytes[byte] ^= 1;
                quote[field] = json!(STANDARD.encode(&bytes));
                assert_eq!(house.mine(&device, "quote", quote.clone()).await.key(), "identity.attest.quote_refused", "{field} {byte}");
                house.nonce(&device).await;
                quote[field] = json!(STANDARD.encode(&bytes[..byte]));
                assert_eq!(house.mine(&device, "quote", quote).await.key(), "identity.attest.quote_refused", "{field} cut at {byte}");
            }
        }
        for (field, wrong) in [("attest", json!("?")), ("pcr_values", json!(["00"])), ("pcr_values", json!(["zz", "", "", "", "", ""]))] {
            let nonce = house.nonce(&device).await;
            let mut quote = tpm.quote(&nonce);
            quote[field] = wrong;
            assert_eq!(house.mine(&device, "quote", quote).await.key(), "identity.attest.malformed");
        }
        let nonce = house.nonce(&device).await;
        tpm.magic = 1;
        assert_eq!(house.mine(&device, "quote", tpm.quote(&nonce)).await.key(), "identity.attest.quote_refused", "no TPM wrote it");
    })
    .await;
}

#[tokio::test]
async fn a_changed_program_restricts_until_two_persons_have_accepted_it() {
    on_each(|house| async move {
        house.trust_maker().await;
        let mut tpm = one();
        tpm.measure("agent 1");
        let device = house.attested(&mut tpm).await;
        let good_until = house.app.env.now();
        house.clock.advance_us(5 * Micros::MINUTE);
        tpm.reboot("agent 2");
        let answer = house.quote(&device, &mut tpm).await.good();
        assert_eq!((&answer["attestation"], &answer["reason"]), (&json!("restricted"), &json!("state_changed")));
        assert_eq!(house.restrictions(&device).await[0].since_us, good_until, "from the last good quote on");

        let (first, second) = (house.person(), house.person());
        assert_eq!(house.accept(&first, &device, " ").await.key(), "identity.attest.reason_invalid");
        assert_eq!(house.accept(&first, &device, "release 2").await.good()["is_accepted"], json!(false));
        assert_eq!(house.accept(&first, &device, "release 2").await.key(), "identity.attest.same_person");
        assert_eq!(house.show(&device).await["attestation"], json!("restricted"), "one word is not enough");

        // What was proposed is what was seen: another state needs both words anew.
        tpm.reboot("agent 3");
        house.quote(&device, &mut tpm).await.good();
        assert_eq!(house.accept(&second, &device, "release 3").await.good()["is_accepted"], json!(false));
        tpm.reboot("agent 2");
        house.quote(&device, &mut tpm).await.good();
        let stale = json!({"measured_digest": "00", "reason": "release 2"});
        let path = format!("/v1/devices/{}/attestation/accept", id_of(&device));
        assert_eq!(house.call(&first, "POST", &path, stale).await.key(), "identity.attest.moved");
        house.accept(&first, &device, "release 2").await.good();
        assert_eq!(house.accept(&second, &device, "seen in the release notes").await.good()["is_accepted"], json!(true));
        assert_eq!(house.quote(&device, &mut tpm).await.good()["attestation"], json!("attested"));
        assert_eq!(house.restrictions(&device).await[0].until_us, Some(house.app.env.now()));
        assert_eq!(house.events().await.last(), Some(&Value::Null), "told that it is over");
    })
    .await;
}

#[tokio::test]
async fn a_device_that_returns_to_the_accepted_state_stays_restricted_until_a_person_says_so() {
    on_each(|house| async move {
        house.trust_maker().await;
        let mut tpm = one();
        tpm.measure("agent 1");
        let device = house.attested(&mut tpm).await;
        tpm.reboot("something else");
        house.quote(&device, &mut tpm).await.good();
        tpm.reboot("agent 1");
        assert_eq!(house.quote(&device, &mut tpm).await.good()["reason"], json!("state_changed"));
        house.accept(&house.person(), &device, "a test in the workshop").await.good();
        house.accept(&house.person(), &device, "seen").await.good();
        assert_eq!(house.show(&device).await["attestation"], json!("attested"));
    })
    .await;
}

#[tokio::test]
async fn a_clone_is_found_by_the_counters_and_the_clock() {
    on_each(|house| async move {
        house.trust_maker().await;
        let mut tpm = one();
        let device = house.attested(&mut tpm).await;
        let mut clone = tpm.clone();
        tpm.reboot("");
        tpm.registers = clone.registers;
        house.quote(&device, &mut tpm).await.good();
        let refused = house.quote(&device, &mut clone).await;
        assert_eq!((refused.status, refused.key()), (422, "identity.attest.turned_back"));
        assert_eq!(house.quote(&device, &mut tpm).await.good()["reason"], json!("turned_back"), "nobody knows which of the two is the device");

        house.accept(&house.person(), &device, "the other one is in our hands").await.good();
        house.accept(&house.person(), &device, "so it is").await.good();
        house.quote(&device, &mut tpm).await.good();
        let mut slow = tpm.clone();
        slow.clock_ms -= 10_000;
        assert_eq!(house.quote(&device, &mut slow).await.key(), "identity.attest.turned_back");
    })
    .await;
}

#[tokio::test]
async fn a_tpm_whose_clock_was_set_back_is_taken_again_when_two_persons_say_so() {
    on_each(|house| async move {
        house.trust_maker().await;
        let mut tpm = one();
        let device = house.attested(&mut tpm).await;
        let first = house.person();
        house.accept(&first, &device, "a word about nothing").await.good();
        let mut cleared = tpm.clone();
        tpm.reboot("");
        tpm.registers = cleared.registers;
        house.quote(&device, &mut tpm).await.good();
        assert_eq!(house.quote(&device, &mut cleared).await.key(), "identity.attest.turned_back");
        let said = house.accept(&house.person(), &device, "its board was exchanged").await.good();
        assert_eq!(said["is_accepted"], json!(false), "the word of before the restriction does not end it");
        assert_eq!(house.accept(&first, &device, "so it was").await.good()["is_accepted"], json!(true));
        assert_eq!(house.quote(&device, &mut cleared).await.good()["attestation"], json!("attested"));
        cleared.clock_ms -= 3_000;
        assert_eq!(house.quote(&device, &mut cleared).await.key(), "identity.attest.turned_back", "from then on it counts again");
    })
    .await;
}

#[tokio::test]
async fn a_quote_that_is_late_restricts_from_the_last_good_one_even_before_anybody_looked() {
    on_each(|house| async move {
        house.trust_maker().await;
        let mut tpm = one();
        let device = house.attested(&mut tpm).await;
        let good_until = house.app.env.now();
        house.clock.advance_us(QUOTE_LATE_US);
        assert!(house.restrictions(&device).await.is_empty(), "not late yet");
        house.clock.advance_us(1);
        let restricted = house.restrictions(&device).await[0];
        assert_eq!((restricted.reason, restricted.since_us, restricted.until_us), (RestrictionReason::QuoteLate, good_until, None));

        assert_eq!(shouhu_identity::look_for_late_quotes(&house.app).await.unwrap(), 1);
        assert_eq!(shouhu_identity::look_for_late_quotes(&house.app).await.unwrap(), 0, "told once");
        assert_eq!(house.events().await.last(), Some(&json!("quote_late")));
        let row = house.call(&house.person(), "GET", "/v1/devices", Value::Null).await.good()["items"][0].clone();
        assert_eq!((&row["name"], &row["attestation"], &row["restriction"]["reason"]), (&json!("car"), &json!("restricted"), &json!("quote_late")));
        house.quote(&device, &mut tpm).await.good();
        let over = house.restrictions(&device).await[0];
        assert_eq!((over.since_us, over.until_us), (good_until, Some(house.app.env.now())), "what came between stays marked");

        let good_until = house.app.env.now();
        house.clock.advance_us(QUOTE_LATE_US + 1);
        house.quote(&device, &mut tpm).await.good();
        let unseen = house.restrictions(&device).await[0];
        assert_eq!((unseen.reason, unseen.since_us), (RestrictionReason::QuoteLate, good_until), "though nobody looked while it was late");
        assert!(unseen.until_us.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_kind_that_must_attest_is_restricted_until_it_does() {
    on_each(|house| async move {
        house.trust_maker().await;
        let device = house.device().await;
        house.clock.advance_us(Micros::MINUTE);
        assert!(house.restrictions(&device).await.is_empty(), "nothing is demanded");
        let demanded_at = house.app.env.now();
        let demand = |is_required| json!({"kind": "patrol_car", "is_required": is_required, "reason": "all cars have one now"});
        let path = "/v1/devices/attestation-policy";
        house.two_persons(path, demand(true)).await;
        house.clock.advance_us(Micros::MINUTE);
        assert_eq!(house.call_owned(path, demand(true)).await.key(), "identity.trust_change.unneeded");
        let restricted = house.restrictions(&device).await[0];
        assert_eq!((restricted.reason, restricted.since_us), (RestrictionReason::NotAttested, demanded_at), "the first demand counts");
        house.bind(&device, &mut one()).await.good();
        assert_eq!(house.show(&device).await["attestation"], json!("restricted"), "shown is not accepted");
        house.accept(&house.person(), &device, "installed").await.good();
        let shown = house.show(&device).await;
        assert_eq!((&shown["attestation"], &shown["is_required"]), (&json!("attested"), &json!(true)));
        assert!(house.restrictions(&device).await[0].until_us.is_some(), "what it sent before stays marked");
        let until_us = house.restrictions(&device).await[0].until_us;
        house.clock.advance_us(Micros::MINUTE);
        house.accept(&house.person(), &device, "seen again").await.good();
        house.accept(&house.person(), &device, "so it is").await.good();
        assert_eq!(house.restrictions(&device).await[0].until_us, until_us, "a later acceptance marks nothing more");
        house.two_persons(path, demand(false)).await;
        assert!(house.restrictions(&device).await.is_empty());
    })
    .await;
}

impl House {
    async fn call_owned(&self, path: &str, body: Value) -> Answer {
        self.call(&self.person(), "POST", path, body).await
    }
}

#[tokio::test]
async fn a_maker_is_believed_by_its_certificate_until_it_is_removed() {
    on_each(|house| async move {
        let device = house.device().await;
        assert_eq!(house.mine(&device, "start", one().start()).await.key(), "identity.attest.maker_unknown");
        let path = "/v1/devices/tpm-makers";
        for wrong in ["", "?", "AAAA", &STANDARD.encode(sample!("one.der"))] {
            assert_eq!(house.call_owned(path, json!({"certificate": wrong, "reason": "?"})).await.key(), "identity.tpm_makers.certificate_invalid", "{wrong}");
        }
        let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(sample!("maker.der")));
        let asked = house.call_owned(path, json!({"certificate": pem, "reason": "compared by telephone"})).await.good();
        assert_eq!(house.mine(&device, "start", one().start()).await.key(), "identity.attest.maker_unknown", "asked is not trusted");
        assert_eq!(house.approve(&house.person(), &asked).await.status, 204);
        house.mine(&device, "start", one().start()).await.good();
        let gone = json!({"fingerprint": asked["subject"]});
        assert_eq!(house.call_owned("/v1/devices/tpm-makers/remove", gone.clone()).await.status, 204);
        assert_eq!(house.call_owned("/v1/devices/tpm-makers/remove", gone).await.status, 404);
        assert_eq!(house.mine(&device, "start", one().start()).await.key(), "identity.attest.maker_unknown");
        let list = house.call(&house.person(), "GET", path, Value::Null).await.good();
        assert_eq!(list["items"], json!([]));
    })
    .await;
}
