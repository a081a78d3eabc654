//! `shouhu-edge attest`: proves to the server which TPM this device has and what it runs; `run` then repeats it every few minutes.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shouhu_wire::{
    Attestation, AttestationAnswer, AttestationChallenge, AttestationFinish, AttestationNonce, AttestationQuote, AttestationStart, TpmEvidence,
};
use tracing::{error, info, warn};

use crate::client::{Client, ClientError};
use crate::clock::DeviceClock;
use crate::config::DataDir;
use crate::stop::Stop;
use crate::tpm::{Tpm, Tpm2Tools, TpmError};
use crate::vouched::Vouched;

/// After a failure; the server's patience is twice its own interval.
const AGAIN_AFTER: Duration = Duration::from_secs(30);
/// The same while the queue waits for the quote: as often as a hit is tried.
const AGAIN_WHILE_WANTED: Duration = Duration::from_secs(3);
/// However the two clocks stand, a quote comes no more often and no more seldom.
const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// Kept once a TPM was shown, so that `run` knows to go on.
const FILE: &str = "attest.json";

#[derive(Debug, thiserror::Error)]
pub enum AttestError {
    #[error(transparent)]
    Tpm(#[from] TpmError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("the server's answer makes no sense: {0}")]
    Nonsense(&'static str),
}

/// How this device reaches its TPM.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// As tpm2-tools take it; absent: what they find by themselves.
    #[serde(default)]
    pub tcti: Option<String>,
}

impl Settings {
    /// `None` while no TPM was shown.
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn load(data: &DataDir) -> anyhow::Result<Option<Self>> {
        match std::fs::read(data.join(FILE)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).with_context(|| format!("{FILE} is damaged: run shouhu-edge attest again")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{FILE} cannot be read")),
        }
    }

    fn save(&self, data: &DataDir) -> anyhow::Result<()> {
        crate::files::replace_with(&data.join(FILE), &serde_json::to_vec(self)?).with_context(|| format!("{FILE} cannot be written"))
    }

    /// # Errors
    /// When the folder for the TPM's files cannot be made.
    pub fn tpm(&self, data: &DataDir) -> Result<Tpm2Tools, TpmError> {
        Tpm2Tools::open(data.join("tpm"), self.tcti.clone())
    }
}

/// Hash of the program that runs, hex.
fn own_program() -> anyhow::Result<String> {
    let path = std::env::current_exe().context("this program does not know where it lies")?;
    let mut file = File::open(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut hash = Sha256::new();
    io::copy(&mut file, &mut hash).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Measures this program and shows the TPM, once per device.
///
/// # Errors
/// When the device is not enrolled, has no TPM, or the server refuses.
pub fn attest(data: &DataDir, settings: &Settings) -> anyhow::Result<AttestationAnswer> {
    let _lock = data.lock()?;
    let config = data.config()?;
    let client = Client::new(&config.server, data.authority().as_deref(), DeviceClock::system(0))?;
    let client = client.signing(config.device.device, Arc::new(data.key()?));
    let tpm = settings.tpm(data)?;
    tpm.measure(&own_program()?)?;
    let answer = show(&client, &tpm)?;
    settings.save(data)?;
    Ok(answer)
}

fn post<T: serde::de::DeserializeOwned>(client: &Client, what: &str, body: &impl Serialize) -> Result<T, AttestError> {
    let body = serde_json::to_vec(body).map_err(|_| AttestError::Nonsense("a body that cannot be written"))?;
    Ok(client.post(&format!("/v1/devices/mine/attestation/{what}"), &body)?)
}

fn bytes_of(base64: &str) -> Result<Vec<u8>, AttestError> {
    BASE64.decode(base64).map_err(|_| AttestError::Nonsense("a challenge that is not base64"))
}

/// A nonce goes to a command line: only what a nonce is made of.
fn quoted(tpm: &dyn Tpm, nonce: &AttestationNonce) -> Result<AttestationQuote, AttestError> {
    if nonce.nonce.len() != 64 || !nonce.nonce.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(AttestError::Nonsense("a nonce that is not 32 bytes in hex"));
    }
    let quoted = tpm.quote(&nonce.nonce, &nonce.pcrs)?;
    let hex = |value: &[u8; 32]| value.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(AttestationQuote {
        attest: BASE64.encode(quoted.attest),
        signature: BASE64.encode(quoted.signature),
        pcr_values: quoted.pcr_values.iter().map(hex).collect(),
    })
}

/// The whole ceremony: evidence, the secret that only this TPM opens, a first quote.
///
/// # Errors
/// When the TPM or the server refuses.
pub fn show(client: &Client, tpm: &dyn Tpm) -> Result<AttestationAnswer, AttestError> {
    let evidence = tpm.evidence()?;
    let start = AttestationStart::Tpm2(TpmEvidence {
        ek_certificate: BASE64.encode(evidence.ek_certificate),
        intermediates: Vec::new(),
        ak_public: BASE64.encode(evidence.ak_public),
    });
    let challenge: AttestationChallenge = post(client, "start", &start)?;
    let secret = tpm.open(&bytes_of(&challenge.id_object)?, &bytes_of(&challenge.encrypted_seed)?)?;
    post(client, "finish", &AttestationFinish { secret: BASE64.encode(secret), quote: quoted(tpm, &challenge.nonce)? })
}

/// One fresh quote.
///
/// # Errors
/// When the TPM or the server refuses.
pub fn quote(client: &Client, tpm: &dyn Tpm) -> Result<AttestationAnswer, AttestError> {
    let nonce: AttestationNonce = client.post("/v1/devices/mine/attestation/nonce", b"")?;
    post(client, "quote", &quoted(tpm, &nonce)?)
}

/// Quotes for as long as the agent runs.
pub struct Attestor {
    pub client: Client,
    pub clock: DeviceClock,
    pub tpm: Box<dyn Tpm>,
    pub vouched: Arc<Vouched>,
    pub stop: Arc<Stop>,
}

impl Attestor {
    /// What this device starts with: nothing where no TPM was shown. A TPM that fails is said, and the agent reads plates all the same.
    #[must_use]
    pub fn of(data: &DataDir, client: &Client, clock: &DeviceClock, stop: &Arc<Stop>) -> Option<Self> {
        let opened = Settings::load(data).and_then(|settings| {
            let Some(settings) = settings else { return Ok(None) };
            let tpm = settings.tpm(data)?;
            tpm.measure(&own_program()?)?;
            Ok(Some(tpm))
        });
        match opened {
            Ok(tpm) => {
                let vouched = Arc::new(Vouched::default());
                Some(Self { client: client.clone(), clock: clock.clone(), tpm: Box::new(tpm?), vouched, stop: Arc::clone(stop) })
            }
            Err(error) => {
                error!(error = format!("{error:#}"), "the TPM cannot be used: the server will not believe this device until it can");
                None
            }
        }
    }

    pub fn run(self) {
        let mut said = None;
        loop {
            let began = Instant::now();
            let wait = match quote(&self.client, self.tpm.as_ref()) {
                Ok(answer) => {
                    self.vouched.answered(began);
                    if said != Some((answer.attestation, answer.reason)) {
                        tell(&answer);
                        said = Some((answer.attestation, answer.reason));
                    }
                    self.until(&answer)
                }
                Err(error) => {
                    warn!(%error, "no quote; tried again");
                    if !matches!(&error, AttestError::Client(client) if client.is_transient()) {
                        self.vouched.excuse();
                    }
                    AGAIN_AFTER
                }
            };
            if self.waits(wait) {
                self.vouched.over();
                return;
            }
        }
    }

    /// Sleeps until the next quote is due, or wanted by what is queued. True: the agent ends.
    fn waits(&self, at_most: Duration) -> bool {
        let ends = Instant::now() + at_most;
        loop {
            let left = ends.saturating_duration_since(Instant::now());
            if self.stop.wait(left.min(AGAIN_WHILE_WANTED)) {
                return true;
            }
            if self.vouched.is_wanted() || left <= AGAIN_WHILE_WANTED {
                return false;
            }
        }
    }

    fn until(&self, answer: &AttestationAnswer) -> Duration {
        let us = answer.next_quote_by_us.0.saturating_sub(self.clock.corrected_us());
        Duration::from_micros(u64::try_from(us).unwrap_or(0)).clamp(SHORTEST, LONGEST)
    }
}

fn tell(answer: &AttestationAnswer) {
    match answer.attestation {
        Attestation::Attested => info!("the server believes this device"),
        Attestation::AwaitsAcceptance => info!("this device's state waits for an operator's acceptance"),
        Attestation::Restricted | Attestation::Unattested => {
            warn!(reason = ?answer.reason, "the server marks what this device sends until an operator looks");
        }
    }
}
