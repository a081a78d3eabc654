//! Calls that the house makes by itself: one POST to an address that an operator has named.
//!
//! **Invariant:** TLS but to this machine, no redirect is followed, nothing of the answer is read but its status, and an
//! address inside a private network is refused where the operator of the server has not allowed it. The name is resolved
//! once and the connection goes to the address that was judged, so a name that changes in between gains nothing.

mod address;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use shouhu_env::Net;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

pub use address::{Address, AddressError, is_public};

/// Name, connection, TLS and answer together.
const CALL_TIME: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error("the name cannot be resolved: {0}")]
    Name(io::Error),
    #[error("{0} lies in no public network, and SHOUHU_OUTGOING_PRIVATE does not allow others")]
    Private(String),
    #[error("no connection: {0}")]
    Connect(io::Error),
    #[error("no TLS: {0}")]
    Tls(String),
    #[error("no answer: {0}")]
    Http(String),
    #[error("no answer within {} s", CALL_TIME.as_secs())]
    Slow,
    #[error("answered {status}; redirects are not followed")]
    Redirect { status: u16 },
    #[error("answered {status}")]
    Refused { status: u16 },
}

#[derive(Debug, thiserror::Error)]
#[error("TLS cannot be set up: {0}")]
pub struct SetupError(String);

/// Cheap to clone.
#[derive(Clone)]
pub struct Outgoing {
    net: Arc<dyn Net>,
    tls: Arc<ClientConfig>,
    may_reach_private: bool,
}

impl Outgoing {
    /// Trusts the certificate authorities of the machine.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(net: Arc<dyn Net>, may_reach_private: bool) -> Result<Self, SetupError> {
        let mut roots = RootCertStore::empty();
        // A certificate that cannot be read is one fewer to trust; with none, each call says that it trusts nobody.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| SetupError(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { net, tls: Arc::new(tls), may_reach_private })
    }

    /// Sends JSON and waits for a status; only 2xx is good.
    ///
    /// # Errors
    /// Says how far it came.
    pub async fn post(&self, to: &Address, headers: &[(&str, String)], json: Vec<u8>) -> Result<(), CallError> {
        let status = match tokio::time::timeout(CALL_TIME, self.call(to, headers, json)).await {
            Ok(status) => status?,
            Err(_) => return Err(CallError::Slow),
        };
        match status {
            status if status.is_success() => Ok(()),
            status if status.is_redirection() => Err(CallError::Redirect { status: status.as_u16() }),
            status => Err(CallError::Refused { status: status.as_u16() }),
        }
    }

    async fn call(&self, to: &Address, headers: &[(&str, String)], json: Vec<u8>) -> Result<StatusCode, CallError> {
        let mut request = Request::post(to.path.as_str())
            .header(HOST, to.authority())
            .header(USER_AGENT, "shouhu")
            .header(CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(Bytes::from(json))).map_err(|error| CallError::Http(error.to_string()))?;
        let stream = self.net.connect(self.resolve(to).await?).await.map_err(CallError::Connect)?;
        if !to.is_tls {
            return exchange(stream, request).await;
        }
        let name = ServerName::try_from(to.host.clone()).map_err(|error| CallError::Tls(error.to_string()))?;
        let stream = TlsConnector::from(self.tls.clone()).connect(name, stream).await;
        exchange(stream.map_err(|error| CallError::Tls(error.to_string()))?, request).await
    }

    /// The first address of the name, when all of them may be reached.
    async fn resolve(&self, to: &Address) -> Result<SocketAddr, CallError> {
        let found: Vec<SocketAddr> =
            tokio::net::lookup_host((to.host.as_str(), to.port)).await.map_err(CallError::Name)?.collect();
        if !self.may_reach_private && found.iter().any(|place| !is_public(place.ip())) {
            return Err(CallError::Private(to.host.clone()));
        }
        found.first().copied().ok_or_else(|| CallError::Name(io::ErrorKind::NotFound.into()))
    }
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<StatusCode, CallError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let failed = |error: hyper::Error| CallError::Http(error.to_string());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let mut answer = pin!(sender.send_request(request));
    let connection = pin!(connection);
    let answered = tokio::select! {
        biased;
        answered = &mut answer => answered,
        done = connection => {
            done.map_err(failed)?;
            // It may have ended after it had handed the answer over.
            answer.await
        }
    };
    Ok(answered.map_err(failed)?.status())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_env::RealNet;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers one call and gives what it heard.
    async fn answering(answer: &'static str) -> (u16, tokio::task::JoinHandle<String>) {
        let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = door.local_addr().unwrap().port();
        let heard = tokio::spawn(async move {
            let (mut stream, _) = door.accept().await.unwrap();
            let mut heard = Vec::new();
            while !heard.ends_with(b"{}") {
                let mut some = [0; 1024];
                let count = stream.read(&mut some).await.unwrap();
                if count == 0 {
                    break;
                }
                heard.extend(some.iter().take(count));
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&heard).into_owned()
        });
        (port, heard)
    }

    async fn post(port: u16, may_reach_private: bool) -> Result<(), CallError> {
        let outgoing = Outgoing::new(Arc::new(RealNet), may_reach_private).unwrap();
        let to = Address::parse(&format!("http://127.0.0.1:{port}/hook?a=1")).unwrap();
        outgoing.post(&to, &[("shouhu-signature", "t=1,v1=00".into())], b"{}".to_vec()).await
    }

    #[tokio::test]
    async fn a_call_carries_path_headers_and_body() {
        let (port, heard) = answering("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
        post(port, true).await.unwrap();
        let heard = heard.await.unwrap().to_ascii_lowercase();
        assert!(heard.starts_with("post /hook?a=1 http/1.1\r\n"), "{heard}");
        assert!(
            heard.contains("\r\nshouhu-signature: t=1,v1=00\r\n") && heard.contains(&format!("\r\nhost: 127.0.0.1:{port}\r\n")),
            "{heard}"
        );
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed_and_a_refusal_says_its_status() {
        let (port, _) = answering("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n").await;
        assert!(matches!(post(port, true).await, Err(CallError::Redirect { status: 302 })));
        let (port, _) = answering("HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n").await;
        assert!(matches!(post(port, true).await, Err(CallError::Refused { status: 500 })));
    }

    #[tokio::test]
    async fn a_private_network_is_not_reached_unless_allowed_and_nobody_is_connected() {
        let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let refused = post(door.local_addr().unwrap().port(), false).await;
        assert!(matches!(refused, Err(CallError::Private(_))), "{refused:?}");
        assert!(matches!(post(1, true).await, Err(CallError::Connect(_))));
    }

    #[tokio::test]
    async fn https_to_somebody_without_tls_is_an_error_and_not_a_call_in_the_clear() {
        let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = Address::parse(&format!("https://{}/", door.local_addr().unwrap())).unwrap();
        let heard = tokio::spawn(async move {
            let (mut stream, _) = door.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            let mut heard = Vec::new();
            let _ = stream.read_to_end(&mut heard).await;
            heard
        });
        let refused = Outgoing::new(Arc::new(RealNet), true).unwrap().post(&to, &[], b"secret".to_vec()).await;
        assert!(matches!(refused, Err(CallError::Tls(_))), "{refused:?}");
        assert!(!heard.await.unwrap().windows(6).any(|part| part == b"secret"));
    }
}
