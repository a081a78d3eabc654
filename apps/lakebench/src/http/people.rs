//! Who must exist before a device may report: made through the public API, as an operator would.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signer, SigningKey};
use rand::RngCore;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shouhu_env::Env;
use shouhu_lake::catalogue::date_of;
use shouhu_passkey::{Passkeys, SessionKey};
use shouhu_wire::{
    CASE_HEADER, DEVICE_HEADER, DeviceInvitation, Invitation, NONCE_HEADER, PROOF_HEADER, PURPOSE_HEADER, SIGNATURE_HEADER, SIGNED_AT_HEADER,
    WatchlistDelta, signed_text,
};

const DAY_US: i64 = 86_400_000_000;
/// A list of 100,000 comes in force piece by piece, by a job.
const LIST_PATIENCE: Duration = Duration::from_secs(300);

fn secret() -> [u8; 32] {
    let mut bytes = [0; 32];
    rand::rngs::OsRng.fill_bytes(&mut bytes);
    bytes
}

/// Somebody who is signed in.
struct Person {
    url: String,
    agent: ureq::Agent,
    cookie: String,
    key: SessionKey,
}

impl Person {
    fn enrol(url: &str, token: &str) -> anyhow::Result<Self> {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut person = Self { url: url.trim_end_matches('/').to_owned(), agent, cookie: String::new(), key: SessionKey::new(secret())? };
        let started: Value = person.ask("POST", "/v1/identity/enrol/start", json!({ "token": token }).to_string())?;
        let credential =
            Passkeys::default().create(started.get("options").context("no options")?, &person.url, secret())?;
        let finish = json!({ "challenge_id": started.get("challenge_id"), "credential": credential, "session_key": person.key.public() });
        person.ask::<Value>("POST", "/v1/identity/enrol/finish", finish.to_string())?;
        ensure!(!person.cookie.is_empty(), "no session cookie");
        Ok(person)
    }

    fn ask<T: DeserializeOwned>(&mut self, method: &str, path: &str, body: String) -> anyhow::Result<T> {
        let (status, text) = self.send(method, path, body.clone())?;
        let (status, text) = if text.contains("identity.proof_stale") { self.send(method, path, body)? } else { (status, text) };
        ensure!((200..300).contains(&status), "{method} {path}: {status}: {text}");
        serde_json::from_str(if text.is_empty() { "null" } else { &text }).with_context(|| format!("{method} {path}: {text}"))
    }

    fn send(&mut self, method: &str, path: &str, body: String) -> anyhow::Result<(u16, String)> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("cookie", &self.cookie)
            .header("origin", &self.url)
            .header("content-type", "application/json")
            .header(PURPOSE_HEADER, "patrol")
            .header(CASE_HEADER, "bench")
            .header(PROOF_HEADER, self.key.prove(method, path, body.as_bytes()))
            .body(body)?;
        let mut response = self.agent.run(request).with_context(|| format!("{method} {path}"))?;
        let cookies = response.headers().get_all("set-cookie");
        if let Some(cookie) = cookies.iter().filter_map(|value| value.to_str().ok()).find_map(|text| text.split(';').next()) {
            self.cookie = cookie.to_owned();
        }
        if let Some(nonce) = response.headers().get(NONCE_HEADER).and_then(|value| value.to_str().ok()) {
            self.key.told(nonce);
        }
        Ok((response.status().as_u16(), response.body_mut().read_to_string()?))
    }

    fn invite(&mut self, name: &str, role: &str) -> anyhow::Result<Self> {
        let invitation: Invitation =
            self.ask("POST", "/v1/identity/enrolments", json!({ "name": name, "role": role }).to_string())?;
        Self::enrol(&self.url, &invitation.token)
    }
}

/// A device that may report.
pub struct Reporter {
    host: String,
    id: String,
    key: SigningKey,
}

impl Reporter {
    /// A whole signed request, head and body.
    pub fn signed(&self, method: &str, path: &str, at_us: i64, body: &[u8]) -> Vec<u8> {
        let signature = BASE64.encode(self.key.sign(signed_text(method, path, at_us, body).as_bytes()).to_bytes());
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\n{DEVICE_HEADER}: {}\r\n{SIGNED_AT_HEADER}: {at_us}\r\n{SIGNATURE_HEADER}: {signature}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.host,
            self.id,
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        request
    }

    fn delta(&self, agent: &ureq::Agent, url: &str, since: i64, env: &Env) -> anyhow::Result<WatchlistDelta> {
        let path = format!("/v1/watchlists/delta?since={since}");
        let at_us = env.now().0;
        let signature = BASE64.encode(self.key.sign(signed_text("GET", &path, at_us, b"").as_bytes()).to_bytes());
        let mut response = agent
            .get(format!("{url}{path}"))
            .header(DEVICE_HEADER, &self.id)
            .header(SIGNED_AT_HEADER, at_us.to_string())
            .header(SIGNATURE_HEADER, signature)
            .call()?;
        Ok(serde_json::from_reader(response.body_mut().as_reader())?)
    }
}

/// Cameras with their devices, and a list that is in force.
pub fn enrol(url: &str, token: &str, devices: usize, watchlist: usize, env: &Env) -> anyhow::Result<Vec<Reporter>> {
    let mut operator = Person::enrol(url, token)?;
    let mut reporters = Vec::new();
    for n in 0..devices {
        let place = json!({ "lon": 120.2 + n as f64 * 1e-3, "lat": 23.0 });
        let camera: Value =
            operator.ask("POST", "/v1/cameras", json!({ "name": format!("bench {n}"), "position": place }).to_string())?;
        let body = json!({ "name": format!("bench device {n}"), "kind": "fixed_camera", "camera": camera.get("id") });
        let invitation: DeviceInvitation = operator.ask("POST", "/v1/devices", body.to_string())?;
        let key = SigningKey::from_bytes(&secret());
        let body = json!({ "token": invitation.token, "public_key": BASE64.encode(key.verifying_key().as_bytes()) });
        operator.ask::<Value>("POST", "/v1/devices/enrol", body.to_string())?;
        let host = operator.url.split_once("//").map_or("", |(_, host)| host).to_owned();
        reporters.push(Reporter { host, id: invitation.device.to_string(), key });
    }
    if watchlist > 0 {
        put_in_force(&mut operator, watchlist, env)?;
        let reporter = reporters.first().context("no device")?;
        wait_for(reporter, &operator, watchlist, env)?;
    }
    Ok(reporters)
}

fn put_in_force(operator: &mut Person, entries: usize, env: &Env) -> anyhow::Result<()> {
    let expires = date_of(env.now().0 / DAY_US + 20);
    let mut list = String::from("車牌,案由,法令依據,到期日,動作,車種,備註,承辦單位\n");
    for n in 0..entries {
        list += &format!("{},失竊報案,失車,{expires},攔停,自小客,白色,永康分局\n", super::wanted(n));
    }
    let mut detective = operator.invite("bench detective", "detective")?;
    let mut supervisor = operator.invite("bench supervisor", "supervisor")?;
    let report: Value = detective.ask("POST", "/v1/watchlists/import?dry_run=false&encoding=utf-8", list)?;
    let accepted = report.get("accepted").and_then(Value::as_u64).unwrap_or(0);
    if accepted < entries as u64 {
        let errors = report.get("errors").map(Value::to_string).unwrap_or_default();
        bail!("of {entries} entries {accepted} were accepted: {}", errors.chars().take(600).collect::<String>());
    }
    let import = report.get("import").and_then(Value::as_str).context("nothing was imported")?;
    supervisor.ask::<Value>("POST", &format!("/v1/watchlists/imports/{import}/approve"), "{}".into())?;
    Ok(())
}

fn wait_for(reporter: &Reporter, operator: &Person, entries: usize, env: &Env) -> anyhow::Result<()> {
    let start = Instant::now();
    let (mut since, mut active) = (0, 0);
    while active < entries {
        ensure!(start.elapsed() < LIST_PATIENCE, "of {entries} entries {active} are in force");
        let delta = reporter.delta(&operator.agent, &operator.url, since, env)?;
        active += delta.entries.iter().filter(|entry| entry.is_active).count();
        since = delta.version;
        if !delta.has_more && active < entries {
            std::thread::sleep(Duration::from_millis(200));
        }
    }
    Ok(())
}
