//! Calls that the house makes by itself: one POST to an address that an operator has named, or one GET of a document there.
//!
//! **Invariant:** TLS but to this machine, no redirect is followed, nothing of the answer is read but its status, or the few
//! bytes that [`Calls::ask`], [`Calls::tell`] or [`Calls::fetch`] allows, and an address inside a private network is refused where the operator of the server
//! has not allowed it for just this use. The name is resolved
//! once and the connection goes to the address that was judged, so a name that changes in between gains nothing.

mod address;
mod reach;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use shouhu_env::Net;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

pub use address::{Address, AddressError, is_public};
pub use reach::{PRIVATE_VARIABLE, Reach, ReachError, Use};

/// Name, connection, TLS and answer together.
const CALL_TIME: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error("the name cannot be resolved: {0}")]
    Name(io::Error),
    #[error("{host} lies in no public network, and {variable} does not name it")]
    Private { host: String, variable: &'static str },
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

/// What was answered to [`Calls::ask`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// As it came; empty when there was none.
    pub content_type: String,
    pub body: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
#[error("TLS cannot be set up: {0}")]
pub struct SetupError(String);

/// How much of an answer's body is read.
#[derive(Debug, Clone, Copy)]
enum Reading {
    Nothing,
    /// All of it; one that is longer is no answer.
    Whole(usize),
    /// The first bytes, and none of a 2xx.
    Start(usize),
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Outgoing {
    net: Arc<dyn Net>,
    tls: Arc<ClientConfig>,
    reach: Arc<Reach>,
}

/// Calls for one use; cheap to clone.
#[derive(Clone)]
pub struct Calls {
    outgoing: Outgoing,
    aim: Use,
}

impl Outgoing {
    /// For every use the public internet alone, or everything.
    ///
    /// # Errors
    /// As `reaching`.
    pub fn new(net: Arc<dyn Net>, may_reach_private: bool) -> Result<Self, SetupError> {
        Self::reaching(net, if may_reach_private { Reach::any_private() } else { Reach::default() })
    }

    /// Trusts the certificate authorities of the machine.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn reaching(net: Arc<dyn Net>, reach: Reach) -> Result<Self, SetupError> {
        let mut roots = RootCertStore::empty();
        // A certificate that cannot be read is one fewer to trust; with none, each call says that it trusts nobody.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| SetupError(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { net, tls: Arc::new(tls), reach: Arc::new(reach) })
    }

    /// Calls reach what is allowed for this use.
    #[must_use]
    pub fn to(&self, aim: Use) -> Calls {
        Calls { outgoing: self.clone(), aim }
    }
}

impl Calls {
    /// Sends JSON and waits for a status; only 2xx is good.
    ///
    /// # Errors
    /// Says how far it came.
    pub async fn post(&self, to: &Address, headers: &[(&str, String)], json: Vec<u8>) -> Result<(), CallError> {
        let status = self.within_time(to, "application/json", headers, json, Reading::Nothing).await?.0;
        match status {
            status if status.is_success() => Ok(()),
            status if status.is_redirection() => Err(CallError::Redirect { status: status.as_u16() }),
            status => Err(CallError::Refused { status: status.as_u16() }),
        }
    }

    /// Sends text and reads an answer of up to `body_bytes_max`, whatever its status: the one who answers has a say.
    ///
    /// # Errors
    /// When there is no answer, it is longer, or it points elsewhere.
    pub async fn ask(&self, to: &Address, text: String, body_bytes_max: usize) -> Result<Answer, CallError> {
        self.push(to, "text/plain; charset=utf-8", &[], text.into_bytes(), body_bytes_max).await
    }

    /// As [`Self::ask`], with a body of any type and headers of its own.
    ///
    /// # Errors
    /// As `ask`.
    pub async fn push(
        &self,
        to: &Address,
        content_type: &str,
        headers: &[(&str, String)],
        body: Vec<u8>,
        body_bytes_max: usize,
    ) -> Result<Answer, CallError> {
        answer_of(self.within_time(to, content_type, headers, body, Reading::Whole(body_bytes_max)).await?)
    }

    /// As [`Self::push`], to somebody of whom the status alone counts: of a 2xx nothing more is read, of another one the first `said_bytes_max` bytes, and what else he says
    /// is dropped.
    ///
    /// # Errors
    /// When there is no status, or it points elsewhere.
    pub async fn tell(
        &self,
        to: &Address,
        content_type: &str,
        headers: &[(&str, String)],
        body: Vec<u8>,
        said_bytes_max: usize,
    ) -> Result<Answer, CallError> {
        answer_of(self.within_time(to, content_type, headers, body, Reading::Start(said_bytes_max)).await?)
    }

    /// Reads a document of up to `body_bytes_max`, whatever the status of its answer.
    ///
    /// # Errors
    /// As `ask`.
    pub async fn fetch(&self, to: &Address, accept: &str, body_bytes_max: usize) -> Result<Answer, CallError> {
        self.fetch_as(to, accept, &[], body_bytes_max).await
    }

    /// As [`Self::fetch`], with headers of its own.
    ///
    /// # Errors
    /// As `ask`.
    pub async fn fetch_as(&self, to: &Address, accept: &str, headers: &[(&str, String)], body_bytes_max: usize) -> Result<Answer, CallError> {
        let mut request = Request::get(to.path.as_str()).header(HOST, to.authority()).header(USER_AGENT, "shouhu").header(ACCEPT, accept);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(Bytes::new())).map_err(|error| CallError::Http(error.to_string()))?;
        answer_of(self.in_time(to, request, Reading::Whole(body_bytes_max)).await?)
    }

    async fn within_time(
        &self,
        to: &Address,
        content_type: &str,
        headers: &[(&str, String)],
        body: Vec<u8>,
        reading: Reading,
    ) -> Result<Heard, CallError> {
        let mut request = Request::post(to.path.as_str())
            .header(HOST, to.authority())
            .header(USER_AGENT, "shouhu")
            .header(CONTENT_TYPE, content_type);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(Bytes::from(body))).map_err(|error| CallError::Http(error.to_string()))?;
        self.in_time(to, request, reading).await
    }

    async fn in_time(&self, to: &Address, request: Request<Full<Bytes>>, reading: Reading) -> Result<Heard, CallError> {
        match tokio::time::timeout(CALL_TIME, self.call(to, request, reading)).await {
            Ok(heard) => heard,
            Err(_) => Err(CallError::Slow),
        }
    }

    async fn call(&self, to: &Address, request: Request<Full<Bytes>>, reading: Reading) -> Result<Heard, CallError> {
        let stream = self.outgoing.net.connect(self.resolve(to).await?).await.map_err(CallError::Connect)?;
        if !to.is_tls {
            return exchange(stream, request, reading).await;
        }
        let name = ServerName::try_from(to.host.clone()).map_err(|error| CallError::Tls(error.to_string()))?;
        let stream = TlsConnector::from(self.outgoing.tls.clone()).connect(name, stream).await;
        exchange(stream.map_err(|error| CallError::Tls(error.to_string()))?, request, reading).await
    }

    /// The first address of the name, when all of them may be reached.
    async fn resolve(&self, to: &Address) -> Result<SocketAddr, CallError> {
        let found: Vec<SocketAddr> =
            tokio::net::lookup_host((to.host.as_str(), to.port)).await.map_err(CallError::Name)?.collect();
        let may_reach = |ip: IpAddr| is_public(ip) || self.outgoing.reach.has(self.aim, &to.host, ip);
        if !found.iter().all(|place| may_reach(place.ip())) {
            return Err(CallError::Private { host: to.host.clone(), variable: self.aim.variable() });
        }
        found.first().copied().ok_or_else(|| CallError::Name(io::ErrorKind::NotFound.into()))
    }
}

fn failed(error: hyper::Error) -> CallError {
    CallError::Http(error.to_string())
}

/// Status, content type, and what was read of the body.
type Heard = (StatusCode, String, Vec<u8>);

fn answer_of((status, content_type, body): Heard) -> Result<Answer, CallError> {
    if status.is_redirection() {
        return Err(CallError::Redirect { status: status.as_u16() });
    }
    Ok(Answer { status: status.as_u16(), content_type, body })
}

async fn whole(body: Incoming, bytes_max: usize) -> Result<Vec<u8>, CallError> {
    let body = Limited::new(body, bytes_max).collect().await;
    Ok(body.map_err(|error| CallError::Http(error.to_string()))?.to_bytes().to_vec())
}

/// What cannot be read any more ends it.
async fn start(mut body: Incoming, bytes_max: usize) -> Vec<u8> {
    let mut start = Vec::new();
    while start.len() < bytes_max {
        let Some(Ok(frame)) = body.frame().await else { break };
        if let Some(data) = frame.data_ref() {
            start.extend(data.iter().take(bytes_max - start.len()));
        }
    }
    start
}

async fn hear(mut sender: SendRequest<Full<Bytes>>, request: Request<Full<Bytes>>, reading: Reading) -> Result<Heard, CallError> {
    let answer = sender.send_request(request).await.map_err(failed)?;
    let content_type = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let status = answer.status();
    let body = match reading {
        Reading::Nothing => Vec::new(),
        Reading::Start(_) if status.is_success() => Vec::new(),
        Reading::Start(bytes_max) => start(answer.into_body(), bytes_max).await,
        Reading::Whole(bytes_max) => whole(answer.into_body(), bytes_max).await?,
    };
    Ok((status, content_type, body))
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>, reading: Reading) -> Result<Heard, CallError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let mut hearing = pin!(hear(sender, request, reading));
    let connection = pin!(connection);
    tokio::select! {
        biased;
        heard = &mut hearing => heard,
        done = connection => {
            done.map_err(failed)?;
            // It may have ended after it had handed the answer over.
            hearing.await
        }
    }
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

    /// May reach everything.
    fn calls() -> Calls {
        Outgoing::new(Arc::new(RealNet), true).unwrap().to(Use::Webhooks)
    }

    async fn post(port: u16, may_reach_private: bool) -> Result<(), CallError> {
        let outgoing = Outgoing::new(Arc::new(RealNet), may_reach_private).unwrap().to(Use::Webhooks);
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
    async fn an_asked_answer_is_read_whatever_its_status_and_no_further_than_allowed() {
        let said = "HTTP/1.1 409 Conflict\r\ncontent-type: text/x.tlog.size\r\ncontent-length: 3\r\n\r\n17\n";
        let ask = async |port: u16, bytes_max: usize| {
            let to = Address::parse(&format!("http://127.0.0.1:{port}/add-checkpoint")).unwrap();
            calls().ask(&to, "old 3\n{}".into(), bytes_max).await
        };
        let (port, heard) = answering(said).await;
        let answer = ask(port, 100).await.unwrap();
        assert_eq!((answer.status, answer.content_type.as_str(), answer.body.as_slice()), (409, "text/x.tlog.size", b"17\n".as_slice()));
        let heard = heard.await.unwrap();
        assert!(heard.contains("text/plain") && heard.ends_with("\r\n\r\nold 3\n{}"), "{heard}");
        let (port, _) = answering(said).await;
        assert!(matches!(ask(port, 2).await, Err(CallError::Http(_))));
        let (port, _) = answering("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n").await;
        assert!(matches!(ask(port, 100).await, Err(CallError::Redirect { status: 302 })));
    }

    /// Found by a tool that answered a logout with a whole page: it was told again for half an hour.
    #[tokio::test]
    async fn of_whom_is_told_the_status_counts_and_however_much_he_says_is_dropped() {
        let tell = async |port: u16| {
            let to = Address::parse(&format!("http://127.0.0.1:{port}/out")).unwrap();
            calls().tell(&to, "application/x-www-form-urlencoded", &[], b"a={}".to_vec(), 100).await.unwrap()
        };
        let page: &'static str = Box::leak(format!("content-length: 9000\r\n\r\n{}", "y".repeat(9_000)).into_boxed_str());
        let cut_off = "content-length: 9000\r\n\r\nyyy";
        for (head, rest, said) in [
            ("HTTP/1.1 200 OK\r\n", page, 0),
            ("HTTP/1.1 200 OK\r\n", cut_off, 0),
            ("HTTP/1.1 400 Bad Request\r\n", page, 100),
        ] {
            let (port, _) = answering(Box::leak(format!("{head}{rest}").into_boxed_str())).await;
            let answer = tell(port).await;
            let status = if said == 0 { 200 } else { 400 };
            assert_eq!((answer.status, answer.body), (status, vec![b'y'; said]), "{head} {}", rest.len());
        }
    }

    #[tokio::test]
    async fn a_network_that_is_named_for_tools_is_reached_for_tools_alone() {
        let named = Reach::of(|variable| (variable == Use::Tools.variable()).then(|| "127.0.0.0/8".to_owned())).unwrap();
        let outgoing = Outgoing::reaching(Arc::new(RealNet), named).unwrap();
        let (port, _) = answering("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
        let to = Address::parse(&format!("http://127.0.0.1:{port}/out")).unwrap();
        for aim in Use::ALL.into_iter().filter(|aim| *aim != Use::Tools) {
            let refused = outgoing.to(aim).post(&to, &[], b"{}".to_vec()).await.err().map(|error| error.to_string());
            assert_eq!(refused, Some(format!("127.0.0.1 lies in no public network, and {} does not name it", aim.variable())));
        }
        outgoing.to(Use::Tools).post(&to, &[], b"{}".to_vec()).await.unwrap();
    }

    #[tokio::test]
    async fn a_document_is_fetched_without_a_body_and_no_further_than_allowed() {
        let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = Address::parse(&format!("http://{}/keys?a=1", door.local_addr().unwrap())).unwrap();
        let heard = tokio::spawn(async move {
            let mut all = Vec::new();
            for _ in 0..2 {
                let (mut stream, _) = door.accept().await.unwrap();
                let mut heard = Vec::new();
                while !heard.ends_with(b"\r\n\r\n") {
                    let mut some = [0; 1024];
                    let count = stream.read(&mut some).await.unwrap();
                    heard.extend(some.iter().take(count));
                }
                stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: 3\r\n\r\n{ }").await.unwrap();
                all.push(String::from_utf8_lossy(&heard).to_ascii_lowercase());
            }
            all
        });
        let outgoing = calls();
        let answer = outgoing.fetch(&to, "application/json", 100).await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (404, b"{ }".as_slice()));
        assert!(matches!(outgoing.fetch(&to, "application/json", 2).await, Err(CallError::Http(_))));
        let heard = heard.await.unwrap();
        assert!(heard.iter().all(|one| one.starts_with("get /keys?a=1 http/1.1\r\n") && one.contains("\r\naccept: application/json\r\n")), "{heard:?}");
    }

    #[tokio::test]
    async fn a_private_network_is_not_reached_unless_allowed_and_nobody_is_connected() {
        let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let refused = post(door.local_addr().unwrap().port(), false).await;
        assert!(matches!(refused, Err(CallError::Private { .. })), "{refused:?}");
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
        let refused = calls().post(&to, &[], b"secret".to_vec()).await;
        assert!(matches!(refused, Err(CallError::Tls(_))), "{refused:?}");
        assert!(!heard.await.unwrap().windows(6).any(|part| part == b"secret"));
    }
}
