//! The public API as a browser or a device uses it: people sign in with passkeys, devices sign their requests.

use std::io::{BufRead, BufReader};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signer, SigningKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shouhu_events::Envelope;
use shouhu_passkey::{Passkeys, SessionKey};
use shouhu_wire::{CASE_HEADER, DEVICE_HEADER, NONCE_HEADER, PROOF_HEADER, PURPOSE_HEADER, SIGNATURE_HEADER, SIGNED_AT_HEADER, signed_text};

use crate::time::CityClock;

const EXCHANGE_TIME: Duration = Duration::from_secs(30);

/// What the server said.
pub struct Answer {
    pub status: u16,
    pub json: Value,
    cookie: Option<String>,
    /// For the next proofs of the session's key.
    nonce: Option<String>,
}

impl Answer {
    /// The body as `T`, or the problem in words.
    pub fn into<T: DeserializeOwned>(self, what: &str) -> anyhow::Result<T> {
        if !(200..300).contains(&self.status) {
            bail!("{what}: {} {}: {}", self.status, self.key(), self.json.get("detail").and_then(Value::as_str).unwrap_or_default());
        }
        serde_json::from_value(self.json).with_context(|| format!("{what}: unexpected answer"))
    }

    pub fn key(&self) -> &str {
        self.json.get("key").and_then(Value::as_str).unwrap_or_default()
    }
}

#[derive(Clone)]
pub struct Server {
    agent: ureq::Agent,
    patient: ureq::Agent,
    pub url: String,
}

impl Server {
    pub fn new(url: &str) -> Self {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(EXCHANGE_TIME)).build();
        let patient = ureq::Agent::config_builder().http_status_as_error(false).build();
        Self { agent: agent.into(), patient: patient.into(), url: url.trim_end_matches('/').to_owned() }
    }

    fn exchange(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> anyhow::Result<Answer> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = self.agent.run(request.body(body)?).with_context(|| format!("{method} {path}"))?;
        let cookies = response.headers().get_all("set-cookie");
        let cookie = cookies.iter().filter_map(|value| value.to_str().ok()).find_map(|text| text.split(';').next().map(ToOwned::to_owned));
        let nonce = response.headers().get(NONCE_HEADER).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
        let bytes = response.body_mut().read_to_vec().unwrap_or_default();
        Ok(Answer { status: response.status().as_u16(), json: serde_json::from_slice(&bytes).unwrap_or(Value::Null), cookie, nonce })
    }
}

/// Somebody with an account: kept on disk between starts of a live city.
#[derive(Clone, Serialize, Deserialize)]
pub struct Account {
    pub name: String,
    pub passkey: Passkeys,
}

/// Somebody who is signed in.
pub struct Person {
    server: Server,
    pub account: Account,
    cookie: String,
    /// As a browser keeps it.
    key: SessionKey,
}

impl Person {
    /// Uses a one-time token as the page would.
    pub fn enrol(server: &Server, token: &str, random: [u8; 32]) -> anyhow::Result<Self> {
        let started: Value = post(server, "/v1/identity/enrol/start", &json!({ "token": token }))?.into("enrolment")?;
        let mut passkey = Passkeys::default();
        let options = started.get("options").context("no options")?;
        let credential = passkey.create(options, &server.url, random)?;
        let key = SessionKey::new(browser_of(&random))?;
        let finish = json!({ "challenge_id": started.get("challenge_id"), "credential": credential, "session_key": key.public() });
        let answer = post(server, "/v1/identity/enrol/finish", &finish)?;
        let cookie = answer.cookie.clone();
        let me: Value = answer.into("enrolment")?;
        let name = me.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Self { server: server.clone(), account: Account { name, passkey }, cookie: cookie.context("no session cookie")?, key })
    }

    pub fn sign_in(server: &Server, account: Account, random: [u8; 32]) -> anyhow::Result<Self> {
        let key = SessionKey::new(browser_of(&random))?;
        let mut person = Self { server: server.clone(), account, cookie: String::new(), key };
        person.renew()?;
        Ok(person)
    }

    fn renew(&mut self) -> anyhow::Result<()> {
        let started: Value = post(&self.server, "/v1/identity/sign-in/start", &json!({}))?.into("sign-in")?;
        let credential = self.account.passkey.sign(started.get("options").context("no options")?, &self.server.url)?;
        let finish = json!({ "challenge_id": started.get("challenge_id"), "credential": credential, "session_key": self.key.public() });
        let answer = post(&self.server, "/v1/identity/sign-in/finish", &finish)?;
        self.cookie = answer.cookie.clone().context("sign-in gave no session")?;
        answer.into::<Value>("sign-in").map(|_| ())
    }

    /// A call with this person's session; signs in again once when the session has ended.
    pub fn call(&mut self, method: &str, path: &str, body: &Value) -> anyhow::Result<Answer> {
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let answer = self.send(method, path, bytes.clone())?;
        if answer.status == 401 {
            self.renew()?;
            return self.send(method, path, bytes);
        }
        Ok(answer)
    }

    /// One call; when its proof was made with a nonce that has run out, once more with the one that the answer told.
    pub fn send(&self, method: &str, path: &str, body: Vec<u8>) -> anyhow::Result<Answer> {
        let answer = self.send_once(method, path, body.clone())?;
        if answer.key() == STALE { self.send_once(method, path, body) } else { Ok(answer) }
    }

    fn send_once(&self, method: &str, path: &str, body: Vec<u8>) -> anyhow::Result<Answer> {
        let proof = self.key.prove(method, path, &body);
        let headers = [
            ("cookie", self.cookie.as_str()),
            ("origin", self.server.url.as_str()),
            ("content-type", "application/json"),
            (PURPOSE_HEADER, "patrol"),
            (CASE_HEADER, "simulation"),
            (PROOF_HEADER, &proof),
        ];
        let answer = self.server.exchange(method, path, &headers, body)?;
        if let Some(nonce) = &answer.nonce {
            self.key.told(nonce);
        }
        Ok(answer)
    }

    /// `call` for an answer of a known shape.
    pub fn ask<T: DeserializeOwned>(&mut self, method: &str, path: &str, body: &Value) -> anyhow::Result<T> {
        self.call(method, path, body)?.into(&format!("{method} {path}"))
    }

    /// Sends every event of the live stream to `events` until the stream or the receiver ends.
    pub fn listen(&self, events: Sender<(Instant, Envelope)>) -> anyhow::Result<()> {
        // A stream is asked for once: whatever is answered here tells the nonce.
        self.send("GET", "/v1/identity/me", Vec::new())?;
        let request = ureq::http::Request::builder()
            .method("GET")
            .uri(format!("{}/v1/events", self.server.url))
            .header("cookie", &self.cookie)
            .header(PROOF_HEADER, self.key.prove("GET", "/v1/events", b""))
            .body(Vec::new())?;
        let response = self.server.patient.run(request)?;
        if response.status().as_u16() != 200 {
            bail!("the live stream answered {}", response.status());
        }
        std::thread::spawn(move || {
            for line in BufReader::new(response.into_body().into_reader()).lines() {
                let Ok(line) = line else { return };
                let Some(data) = line.strip_prefix("data:") else { continue };
                if let Ok(envelope) = serde_json::from_str::<Envelope>(data.trim_start())
                    && events.send((Instant::now(), envelope)).is_err()
                {
                    return;
                }
            }
        });
        Ok(())
    }
}

/// What the server says to a proof whose nonce has run out.
const STALE: &str = "identity.proof_stale";

/// Another key than the passkey, out of the same randomness.
fn browser_of(random: &[u8; 32]) -> [u8; 32] {
    random.map(|byte| byte ^ 0x5a)
}

fn post(server: &Server, path: &str, body: &Value) -> anyhow::Result<Answer> {
    let headers = [("content-type", "application/json"), ("origin", server.url.as_str())];
    server.exchange("POST", path, &headers, body.to_string().into_bytes())
}

/// A simulated camera's device.
pub struct Device {
    server: Server,
    clock: CityClock,
    id: String,
    key: SigningKey,
}

/// What a device keeps between starts.
#[derive(Clone, Serialize, Deserialize)]
pub struct DeviceAccount {
    pub id: String,
    pub seed: [u8; 32],
    pub camera: shouhu_ids::CameraId,
}

impl Device {
    pub fn enrol(server: &Server, token: &str, seed: [u8; 32]) -> anyhow::Result<String> {
        let key = SigningKey::from_bytes(&seed);
        let body = json!({ "token": token, "public_key": BASE64.encode(key.verifying_key().as_bytes()) });
        let enrolled: Value = post(server, "/v1/devices/enrol", &body)?.into("device enrolment")?;
        Ok(enrolled.get("device").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    pub fn open(server: &Server, clock: &CityClock, account: &DeviceAccount) -> Self {
        Self { server: server.clone(), clock: clock.clone(), id: account.id.clone(), key: SigningKey::from_bytes(&account.seed) }
    }

    pub fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> anyhow::Result<T> {
        let body = serde_json::to_vec(body)?;
        let at = self.clock.now().0;
        let signature = self.key.sign(signed_text("POST", path, at, &body).as_bytes());
        let (at, signature) = (at.to_string(), BASE64.encode(signature.to_bytes()));
        let headers = [
            (DEVICE_HEADER, self.id.as_str()),
            (SIGNED_AT_HEADER, at.as_str()),
            (SIGNATURE_HEADER, signature.as_str()),
            ("content-type", "application/json"),
        ];
        self.server.exchange("POST", path, &headers, body)?.into(path)
    }
}
