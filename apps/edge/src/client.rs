//! Speaks to the server: signs every request with the device's key, keeps the connection, and says in words what failed.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signer, SigningKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shouhu_ids::DeviceId;
use shouhu_wire::{DEVICE_HEADER, SIGNATURE_HEADER, SIGNED_AT_HEADER, signed_text};
use ureq::Agent;
use ureq::http::{Response, StatusCode};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::clock::DeviceClock;

/// The longest answer that is read: a page of the watchlist.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("{server} refuses the connection: the server is not running there, or the port is wrong")]
    Refused { server: String },
    #[error("the name of {server} is not known: check the address and this device's DNS")]
    NoSuchHost { server: String },
    #[error("{server} did not answer in time ({what})")]
    Timeout { server: String, what: String },
    #[error("{server} cannot be reached: {reason}")]
    Network { server: String, reason: String },
    /// The server does not know this device, or not any more.
    #[error(
        "the server does not accept this device ({key}): enrol it again with a new token, or ask an operator whether it was revoked; the queue is kept"
    )]
    UnknownDevice { key: String },
    #[error("the server answered {status}: {detail}")]
    Answer { status: u16, key: String, detail: String, retry_after_s: Option<u64> },
    #[error("the server's answer makes no sense: {reason}; is {server} a Shouhu server?")]
    Nonsense { server: String, reason: String },
    #[error("{server} would carry plates and pictures unencrypted; use https://, or http:// to this machine only")]
    Plain { server: String },
    #[error("{server:?} is not a server address such as https://shouhu.example.gov.tw or http://localhost:8470")]
    Address { server: String },
    #[error("ca.pem is not a certificate: {reason}")]
    Authority { reason: String },
}

impl ClientError {
    /// The network or the server is down: what waits may be tried again as it is.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Refused { .. }
            | Self::NoSuchHost { .. }
            | Self::Timeout { .. }
            | Self::Network { .. }
            | Self::Nonsense { .. } => true,
            Self::Answer { status, .. } => matches!(status, 404 | 405 | 408 | 425 | 429 | 500..=599),
            Self::UnknownDevice { .. } | Self::Plain { .. } | Self::Address { .. } | Self::Authority { .. } => false,
        }
    }
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    key: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    title: String,
}

/// One keep-alive connection. Each thread that sends has its own, so that a long upload delays nobody else.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    server: String,
    identity: Option<(DeviceId, Arc<SigningKey>)>,
    clock: DeviceClock,
}

/// Scheme, host and port, checked; without a trailing slash.
///
/// # Errors
/// When it is no such address, or plain HTTP to another machine.
pub fn server_address(text: &str) -> Result<String, ClientError> {
    let server = text.trim().trim_end_matches('/').to_owned();
    let (is_plain, rest) = if let Some(rest) = server.strip_prefix("https://") {
        (false, rest)
    } else if let Some(rest) = server.strip_prefix("http://") {
        (true, rest)
    } else {
        return Err(ClientError::Address { server });
    };
    if rest.is_empty() || rest.contains(['/', '?', '#', '@', ' ']) {
        return Err(ClientError::Address { server });
    }
    let host = match rest.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => rest.split(':').next().unwrap_or_default(),
    };
    let is_here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if is_plain && !is_here { Err(ClientError::Plain { server }) } else { Ok(server) }
}

impl Client {
    /// # Errors
    /// When the address or the authority's certificate is no good.
    pub fn new(server: &str, authority: Option<&[u8]>, clock: DeviceClock) -> Result<Self, ClientError> {
        let server = server_address(server)?;
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(EXCHANGE_TIMEOUT))
            .max_idle_age(Duration::from_secs(50))
            .user_agent(concat!("shouhu-edge/", env!("CARGO_PKG_VERSION")));
        if server.starts_with("http://") {
            config = config.proxy(None);
        }
        if let Some(pem) = authority {
            let certificate = Certificate::from_pem(pem).map_err(|e| ClientError::Authority { reason: e.to_string() })?;
            config = config.tls_config(TlsConfig::builder().root_certs(RootCerts::Specific(Arc::new(vec![certificate]))).build());
        }
        Ok(Self { agent: config.build().new_agent(), server, identity: None, clock })
    }

    /// The same server over a connection of its own, signing as this device.
    #[must_use]
    pub fn signing(mut self, device: DeviceId, key: Arc<SigningKey>) -> Self {
        self.identity = Some((device, key));
        self
    }

    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// # Errors
    /// As the variants of [`ClientError`] say.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.parsed(&self.exchange("GET", path, &[])?)
    }

    /// # Errors
    /// As the variants of [`ClientError`] say.
    pub fn post<T: DeserializeOwned>(&self, path: &str, body: &[u8]) -> Result<T, ClientError> {
        self.parsed(&self.exchange("POST", path, body)?)
    }

    /// For a route that answers 204.
    ///
    /// # Errors
    /// As the variants of [`ClientError`] say.
    pub fn tell(&self, path: &str, body: &[u8]) -> Result<(), ClientError> {
        self.exchange("POST", path, body).map(|_| ())
    }

    fn parsed<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, ClientError> {
        serde_json::from_slice(body).map_err(|e| ClientError::Nonsense { server: self.server.clone(), reason: e.to_string() })
    }

    fn exchange(&self, method: &str, path: &str, body: &[u8]) -> Result<Vec<u8>, ClientError> {
        let url = format!("{}{path}", self.server);
        let mut signed: Vec<(&str, String)> = Vec::new();
        if let Some((device, key)) = &self.identity {
            let signed_at_us = self.clock.device_us();
            let signature = key.sign(signed_text(method, path, signed_at_us, body).as_bytes());
            signed.push((DEVICE_HEADER, device.to_string()));
            signed.push((SIGNED_AT_HEADER, signed_at_us.to_string()));
            signed.push((SIGNATURE_HEADER, BASE64.encode(signature.to_bytes())));
        }
        let answer = if method == "GET" {
            let mut request = self.agent.get(&url);
            for (name, value) in &signed {
                request = request.header(*name, value);
            }
            request.call()
        } else {
            let mut request = self.agent.post(&url).header("content-type", "application/json");
            for (name, value) in &signed {
                request = request.header(*name, value);
            }
            request.send(body)
        };
        self.read(answer.map_err(|e| self.failed(e))?)
    }

    fn read(&self, mut answer: Response<ureq::Body>) -> Result<Vec<u8>, ClientError> {
        let status = answer.status();
        let retry_after_s = answer.headers().get("retry-after").and_then(|v| v.to_str().ok()).and_then(|v| v.trim().parse().ok());
        let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec().map_err(|e| self.failed(e))?;
        if status.is_success() {
            return Ok(body);
        }
        let problem: Problem =
            serde_json::from_slice(&body).unwrap_or(Problem { key: String::new(), detail: String::new(), title: String::new() });
        if self.identity.is_some() && matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(ClientError::UnknownDevice {
                key: if problem.key.is_empty() { status.to_string() } else { problem.key },
            });
        }
        let words = [problem.detail, problem.title].into_iter().find(|text| !text.is_empty());
        let detail = words.unwrap_or_else(|| String::from_utf8_lossy(&body).chars().take(200).collect());
        Err(ClientError::Answer { status: status.as_u16(), key: problem.key, detail, retry_after_s })
    }

    fn failed(&self, error: ureq::Error) -> ClientError {
        let server = self.server.clone();
        match error {
            ureq::Error::HostNotFound => ClientError::NoSuchHost { server },
            ureq::Error::Timeout(what) => ClientError::Timeout { server, what: what.to_string() },
            ureq::Error::Io(e) if e.kind() == io::ErrorKind::ConnectionRefused => ClientError::Refused { server },
            ureq::Error::ConnectionFailed => ClientError::Refused { server },
            ureq::Error::Io(e) if e.kind() == io::ErrorKind::TimedOut => ClientError::Timeout { server, what: e.to_string() },
            other => ClientError::Network { server, reason: other.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for fine in ["http://localhost:8470", "http://127.0.0.1:1/", "http://[::1]:8470", "https://shouhu.example.gov.tw"] {
            assert!(server_address(fine).is_ok(), "{fine}");
        }
        assert!(matches!(server_address("http://10.0.0.8:8470"), Err(ClientError::Plain { .. })));
        assert!(matches!(server_address("http://localhost.evil.tw"), Err(ClientError::Plain { .. })));
        for wrong in ["localhost:8470", "https://", "https://a/b", "ftp://x", "http://localhost:1@evil"] {
            assert!(matches!(server_address(wrong), Err(ClientError::Address { .. })), "{wrong}");
        }
    }
}
