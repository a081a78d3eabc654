//! A device proves itself by a TPM: the agent, tpm2-tools and a TPM in software against the server over real HTTP.
//!
//! Needs swtpm, swtpm-tools and tpm2-tools (`make test` installs them); says so by name where they are not there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use shouhu::MODULES;
use shouhu_edge::attest::{self, AttestError, Settings};
use shouhu_edge::client::{Client, ClientError};
use shouhu_edge::clock::DeviceClock;
use shouhu_edge::config::DataDir;
use shouhu_edge::tpm::{Tpm, Tpm2Tools};
use shouhu_http::testing::House;
use shouhu_module::Caller;
use shouhu_wire::{Attestation, AttestationAnswer, AttestationNonce, AttestationQuote, RestrictionReason, Role};

const PATIENCE: Duration = Duration::from_secs(30);

fn has_tools() -> bool {
    let is_missing = |name: &&str| Command::new(name).arg("--version").output().is_err();
    let missing: Vec<_> = ["swtpm", "swtpm_setup", "tpm2_quote"].into_iter().filter(is_missing).collect();
    if !missing.is_empty() {
        eprintln!("skipped: {} not installed (apt-get install swtpm swtpm-tools tpm2-tools)", missing.join(", "));
    }
    missing.is_empty()
}

/// A TPM in software with a maker of its own.
struct Swtpm {
    folder: tempfile::TempDir,
    port: u16,
    running: Option<Child>,
}

impl Drop for Swtpm {
    fn drop(&mut self) {
        self.off();
    }
}

impl Swtpm {
    fn made() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display().to_string();
        let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
        let keys = format!("signingkey = {at}/signkey.pem\nissuercert = {at}/issuercert.pem\ncertserial = {at}/certserial\n");
        write("localca.conf", format!("statedir = {at}\n{keys}"));
        write("localca.options", "--platform-manufacturer Lab\n--platform-version 1\n--platform-model Tablet\n".into());
        let tool = "create_certs_tool=/usr/bin/swtpm_localca\nactive_pcr_banks = sha256\n";
        write("setup.conf", format!("{tool}create_certs_tool_config={at}/localca.conf\ncreate_certs_tool_options={at}/localca.options\n"));
        std::fs::create_dir(folder.path().join("state")).unwrap();
        let made = Command::new("swtpm_setup")
            .args(["--tpm2", "--create-ek-cert", "--lock-nvram", "--tpm-state", &format!("{at}/state"), "--config", &format!("{at}/setup.conf")])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}{}", String::from_utf8_lossy(&made.stdout), String::from_utf8_lossy(&made.stderr));
        Self { folder, port: 0, running: None }
    }

    /// Two ports side by side, as tpm2-tools want them. Another program may take one in between: then the next try has others.
    fn on(&mut self) {
        for _ in 0..10 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let Some(control) = port.checked_add(1).filter(|control| TcpListener::bind(("127.0.0.1", *control)).is_ok()) else { continue };
            let mut child = Command::new("swtpm")
                .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear"])
                .args(["--tpmstate", &format!("dir={}/state", self.folder.path().display())])
                .args(["--server", &format!("type=tcp,port={port},bindaddr=127.0.0.1")])
                .args(["--ctrl", &format!("type=tcp,port={control},bindaddr=127.0.0.1")])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            self.port = port;
            let asked = Instant::now();
            while asked.elapsed() < PATIENCE && child.try_wait().unwrap().is_none() {
                let answers = Command::new("tpm2_getcap").arg("properties-fixed").env("TPM2TOOLS_TCTI", self.tcti()).output().unwrap();
                if answers.status.success() {
                    self.running = Some(child);
                    return;
                }
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("swtpm does not start");
    }

    /// The state is written out before, as a machine does that is shut down.
    fn off(&mut self) {
        if let Some(mut child) = self.running.take() {
            let _ = Command::new("tpm2_shutdown").arg("-c").env("TPM2TOOLS_TCTI", self.tcti()).output();
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    fn tcti(&self) -> String {
        format!("swtpm:host=127.0.0.1,port={}", self.port)
    }

    fn settings(&self) -> Settings {
        Settings { tcti: Some(self.tcti()) }
    }

    fn maker(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("issuercert.pem")).unwrap()
    }
}

/// The server, an operator, and the data folder of an enrolled agent.
struct World {
    house: House,
    operator: Caller,
    server: String,
    folder: tempfile::TempDir,
}

impl World {
    async fn open() -> Self {
        let house = House::open(MODULES).await;
        let (server, operator) = (format!("http://{}", house.listen().await), house.person(Role::Operator));
        Self { house, operator, server, folder: tempfile::tempdir().unwrap() }
    }

    async fn ask(&self, person: &Caller, method: &str, path: &str, body: Value) -> Value {
        let answer = self.house.call(person, method, path, body).await;
        assert!((200..300).contains(&answer.status), "{path}: {}", answer.json);
        answer.json
    }

    /// Registered by the operator, enrolled by the agent's own code over HTTP.
    async fn agent(&self, name: &str) -> Agent {
        let registered = self.ask(&self.operator, "POST", "/v1/devices", json!({"name": name, "kind": "patrol_car"})).await;
        let (token, server) = (registered["token"].as_str().unwrap().to_owned(), self.server.clone());
        let data = DataDir::new(self.folder.path().join(name));
        let enrolled = {
            let data = data.clone();
            off_the_runtime(move || shouhu_edge::enrol::enrol(&data, &server, &token, None).unwrap()).await
        };
        let key = Arc::new(data.key().unwrap());
        let client = Client::new(&self.server, None, DeviceClock::system(0)).unwrap().signing(enrolled.device, key);
        Agent { data, client, id: enrolled.device.to_string() }
    }

    async fn trust(&self, maker: String) {
        let wish = json!({"certificate": maker, "reason": "made by this test"});
        let asked = self.ask(&self.operator, "POST", "/v1/devices/tpm-makers", wish).await;
        let approve = format!("/v1/devices/trust-changes/{}/approve", asked["id"].as_str().unwrap());
        self.ask(&self.house.person(Role::Operator), "POST", &approve, json!({})).await;
    }

    async fn accept(&self, agent: &Agent) -> Value {
        let path = format!("/v1/devices/{}/attestation", agent.id);
        let digest = self.ask(&self.operator, "GET", &path, Value::Null).await["tpm"]["measured_digest"].clone();
        let person = self.house.person(Role::Operator);
        self.ask(&person, "POST", &format!("{path}/accept"), json!({"measured_digest": digest, "reason": "seen in the workshop"})).await
    }
}

struct Agent {
    data: DataDir,
    client: Client,
    id: String,
}

/// The agent blocks its thread; the server beside it must go on.
async fn off_the_runtime<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

impl Agent {
    async fn attest(&self, tpm: &Swtpm) -> Result<AttestationAnswer, String> {
        let (data, settings) = (self.data.clone(), tpm.settings());
        off_the_runtime(move || attest::attest(&data, &settings).map_err(|error| format!("{error:#}"))).await
    }

    fn tools(&self, tpm: &Swtpm) -> Tpm2Tools {
        tpm.settings().tpm(&self.data).unwrap()
    }

    async fn quote(&self, tpm: &Swtpm) -> Result<AttestationAnswer, String> {
        let (client, tools) = (self.client.clone(), self.tools(tpm));
        let quoted = off_the_runtime(move || attest::quote(&client, &tools)).await;
        quoted.map_err(|error| match error {
            AttestError::Client(ClientError::Answer { key, .. }) => key,
            other => other.to_string(),
        })
    }

    async fn measure(&self, tpm: &Swtpm, program: &str) {
        let (tools, program) = (self.tools(tpm), program.to_owned());
        off_the_runtime(move || tools.measure(&program).unwrap()).await;
    }

    async fn nonce(&self) -> AttestationNonce {
        let client = self.client.clone();
        off_the_runtime(move || client.post("/v1/devices/mine/attestation/nonce", b"").unwrap()).await
    }

    /// The TPM's own answer to a nonce, as it would travel.
    async fn recorded(&self, tpm: &Swtpm, nonce: &AttestationNonce) -> AttestationQuote {
        use base64::Engine as _;
        let (tools, nonce) = (self.tools(tpm), nonce.clone());
        let quoted = off_the_runtime(move || tools.quote(&nonce.nonce, &nonce.pcrs).unwrap()).await;
        let base64 = base64::engine::general_purpose::STANDARD;
        let hex = |value: &[u8; 32]| value.iter().map(|byte| format!("{byte:02x}")).collect();
        AttestationQuote {
            attest: base64.encode(quoted.attest),
            signature: base64.encode(quoted.signature),
            pcr_values: quoted.pcr_values.iter().map(hex).collect(),
        }
    }

    /// The key of the refusal.
    async fn send(&self, quote: &AttestationQuote) -> Result<AttestationAnswer, String> {
        let (client, body) = (self.client.clone(), serde_json::to_vec(quote).unwrap());
        let sent = off_the_runtime(move || client.post("/v1/devices/mine/attestation/quote", &body)).await;
        sent.map_err(|error| match error {
            ClientError::Answer { key, .. } => key,
            other => other.to_string(),
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_tpm_is_shown_accepted_quoted_rebooted_and_found_changed() {
    if !has_tools() {
        return;
    }
    let (world, mut tpm) = (World::open().await, Swtpm::made());
    tpm.on();
    let agent = world.agent("car").await;
    let refused = agent.attest(&tpm).await.unwrap_err();
    assert!(refused.contains("no maker of TPMs that is trusted here"), "{refused}");
    world.trust(tpm.maker()).await;
    assert_eq!(agent.attest(&tpm).await.unwrap().attestation, Attestation::AwaitsAcceptance);
    assert_eq!(world.accept(&agent).await["is_accepted"], json!(true));
    assert_eq!(agent.quote(&tpm).await.unwrap().attestation, Attestation::Attested);

    // Every byte of what the TPM signs, cut and changed, on its way.
    let nonce = agent.nonce().await;
    let recorded = agent.recorded(&tpm, &nonce).await;
    assert_eq!(agent.send(&recorded).await.unwrap().attestation, Attestation::Attested);
    assert_eq!(agent.send(&recorded).await.unwrap_err(), "identity.attest.nothing_asked");
    agent.nonce().await;
    assert_eq!(agent.send(&recorded).await.unwrap_err(), "identity.attest.nonce_wrong");
    let nonce = agent.nonce().await;
    let mut changed = agent.recorded(&tpm, &nonce).await;
    changed.attest.replace_range(100..101, if changed.attest[100..].starts_with('A') { "B" } else { "A" });
    assert_eq!(agent.send(&changed).await.unwrap_err(), "identity.attest.quote_refused");
    let nonce = agent.nonce().await;
    let mut cut = agent.recorded(&tpm, &nonce).await;
    cut.attest.truncate(80);
    assert_eq!(agent.send(&cut).await.unwrap_err(), "identity.attest.quote_refused");
    assert_eq!(agent.quote(&tpm).await.unwrap().attestation, Attestation::Attested);

    tpm.off();
    tpm.on();
    let resets = |view: &Value| view["tpm"]["reset_count"].as_i64().unwrap();
    let path = format!("/v1/devices/{}/attestation", agent.id);
    let before = resets(&world.ask(&world.operator, "GET", &path, Value::Null).await);
    assert_eq!(agent.attest(&tpm).await.unwrap().attestation, Attestation::Attested, "the agent measures itself again when it starts");
    let view = world.ask(&world.operator, "GET", &path, Value::Null).await;
    assert!(resets(&view) > before && view["tpm"]["rebooted_at_us"].is_i64(), "the reboot is told: {view}");

    agent.measure(&tpm, &"ab".repeat(32)).await;
    let answer = agent.quote(&tpm).await.unwrap();
    assert_eq!((answer.attestation, answer.reason), (Attestation::Restricted, Some(RestrictionReason::StateChanged)));
    assert_eq!(world.accept(&agent).await["is_accepted"], json!(false), "another state needs two persons");
    assert_eq!(world.accept(&agent).await["is_accepted"], json!(true));
    assert_eq!(agent.quote(&tpm).await.unwrap().attestation, Attestation::Attested);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tpm_serves_one_device_and_a_copied_key_file_has_none() {
    if !has_tools() {
        return;
    }
    let (world, mut tpm, mut other) = (World::open().await, Swtpm::made(), Swtpm::made());
    tpm.on();
    other.on();
    world.trust(tpm.maker()).await;
    let (first, second) = (world.agent("first").await, world.agent("second").await);
    first.attest(&tpm).await.unwrap();
    world.accept(&first).await;
    let refused = second.attest(&tpm).await.unwrap_err();
    assert!(refused.contains("bound to another device"), "{refused}");
    let foreign = second.attest(&other).await.unwrap_err();
    assert!(foreign.contains("did not sign") || foreign.contains("no maker"), "{foreign}");

    // Whoever copies the data folder has the device's signature, but no TPM that answers.
    assert!(Path::new(&first.data.join("device.key")).is_file());
    world.trust(other.maker()).await;
    let copied = first.attest(&other).await.unwrap_err();
    assert!(copied.contains("bound to another TPM"), "{copied}");
    let view = world.ask(&world.operator, "GET", &format!("/v1/devices/{}/attestation", first.id), Value::Null).await;
    assert_eq!((&view["attestation"], &view["restrictions"][0]["reason"]), (&json!("restricted"), &json!("tpm_refused")));
}
