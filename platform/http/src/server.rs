//! The accept loop: ours, because limits on headers, connections and time belong at the door.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use shouhu_env::{BoxStream, Net};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::hurry::Hurry;
use crate::places::{Answering, Coming, Place, Places, Whole, asked_of, lock};
use crate::turnstile::Refusal;
use crate::unread::{Unread, read_away};
use crate::{Front, Metrics};

#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// Connections at the same time; for the next one, the longest idle one gives way.
    pub connections: usize,
    /// From the first byte of a request to the end of its headers; a slowloris is cut off by it.
    pub header_time: Duration,
    pub header_bytes: usize,
    /// After a stop is asked for, how long open requests may take.
    pub stop_time: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            header_time: Duration::from_secs(10),
            header_bytes: 64 * 1024,
            stop_time: Duration::from_secs(5),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("port {port} is taken by another program; stop it, or choose another with --listen <address>:<port>")]
    PortTaken { port: u16 },
    #[error("cannot listen on {at}: {reason}")]
    Listen { at: SocketAddr, reason: std::io::Error },
}

/// Serves until `stop` is cancelled, then lets open requests finish. Calls `ready` once with the bound address.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(
    net: &dyn Net,
    at: SocketAddr,
    front: impl Into<Front>,
    limits: ServerLimits,
    metrics: Metrics,
    stop: CancellationToken,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let mut listener = net.listen(at).await.map_err(|reason| match reason.kind() {
        std::io::ErrorKind::AddrInUse => ServeError::PortTaken { port: at.port() },
        _ => ServeError::Listen { at, reason },
    })?;
    ready(listener.local_addr().unwrap_or(at));
    let places = Places::new(limits.connections);
    let front: Arc<Front> = Arc::new(front.into());
    let tracker = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, mostly: wait for some to come back instead of spinning.
                tracing::warn!(%error, "connection not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Some(place) = places.enter() else {
            metrics.refused_connections.inc();
            continue;
        };
        tracker.spawn(connection(stream, peer, front.clone(), limits, metrics.clone(), stop.clone(), Arc::new(place)));
    }
    tracker.close();
    if tokio::time::timeout(limits.stop_time, tracker.wait()).await.is_err() {
        tracing::warn!(open = tracker.len(), "connections cut off at the stop");
    }
    Ok(())
}

async fn connection(
    stream: BoxStream,
    peer: SocketAddr,
    front: Arc<Front>,
    limits: ServerLimits,
    metrics: Metrics,
    stop: CancellationToken,
    place: Arc<Place>,
) {
    metrics.connections.inc();
    let (asking, hurry, is_shared) = (place.clone(), Arc::new(Hurry::default()), front.turnstile.is_shared(peer.ip()));
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (place, whole, unread) = (asking.clone(), Whole::default(), Unread::default());
        let mut request: Request = request.map(|body| axum::body::Body::new(Coming::new(body, place.clone(), whole.clone(), unread.clone())));
        request.extensions_mut().insert(ConnectInfo(peer));
        // For what is worked on to its end: once the request has come whole, this holds the place after the connection is gone.
        request.extensions_mut().insert::<Whole>(whole.clone());
        let (front, hurry) = (front.clone(), hurry.clone());
        async move {
            let is_refused = front.turnstile.refusal(&request).is_some();
            if let Some(until) = hurry.wait_until(Instant::now()).filter(|_| is_refused && !is_shared) {
                held_until(until, &place, &whole).await;
            }
            // Once more: the flood may be over meanwhile.
            let refusal = front.turnstile.refusal(&request).map(Refusal::tell);
            let answer = match refusal {
                Some(refusal) => {
                    hurry.refused(Instant::now());
                    refusal
                }
                None => front.router.clone().oneshot(request).await?,
            };
            if let Some(body) = lock(&unread).take() {
                tokio::spawn(read_away(body));
            }
            let asked = asked_of(&place, &whole);
            Ok::<_, Infallible>(answer.map(|body| Answering::new(body, asked)))
        }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.header_time).max_buf_size(limits.header_bytes);
    let served = builder.serve_connection(TokioIo::new(stream), service);
    let mut served = std::pin::pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = place.gone() => {
            metrics.evicted_connections.inc();
            Ok(())
        }
        () = stop.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended early");
    }
    metrics.connections.dec();
}

/// Until somebody may ask again who came too soon. His place is meanwhile like that of one who has nothing to ask: held requests shut nobody out.
async fn held_until(until: Instant, place: &Arc<Place>, whole: &Whole) {
    drop(lock(whole).take());
    tokio::time::sleep_until(until).await;
    *lock(whole) = Some(place.asked());
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use axum::Router;
    use axum::routing::{get, post};
    use shouhu_env::Env;
    use shouhu_module::Load;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;
    use crate::Shedder;
    use crate::shed::Line;
    use crate::turnstile::tests::turnstile;
    use crate::gate::to_the_end;

    /// A server of one word on a free port, until `stop`.
    async fn open(limits: ServerLimits) -> (SocketAddr, CancellationToken) {
        open_behind(limits, |router| router.into()).await
    }

    async fn open_behind(limits: ServerLimits, before: fn(Router) -> Front) -> (SocketAddr, CancellationToken) {
        let (stop, (sender, receiver)) = (CancellationToken::new(), tokio::sync::oneshot::channel());
        let stopped = stop.clone();
        let well = || get(|| async { "well" });
        let router = Router::new().route("/", well()).route("/v1/open", well()).route("/said", post(|said: String| async move { said }));
        tokio::spawn(served(before(router), limits, Metrics::default(), stopped, sender));
        (receiver.await.unwrap(), stop)
    }

    async fn served(front: impl Into<Front>, limits: ServerLimits, metrics: Metrics, stop: CancellationToken, ready: tokio::sync::oneshot::Sender<SocketAddr>) {
        let env = Env::real();
        let at = SocketAddr::from(([127, 0, 0, 1], 0));
        serve(&*env.net, at, front, limits, metrics, stop, |at| ready.send(at).unwrap()).await.unwrap();
    }

    async fn ask(at: SocketAddr) -> String {
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn slow(at: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: ").await.unwrap();
        stream
    }

    fn flooded(router: Router) -> Front {
        turnstile(&Shedder::flooded(Line::Of(Load::Interactive), usize::MAX), &Metrics::default()).before(router)
    }

    /// The status of one question, on a connection that stays.
    async fn asks_on(stream: &mut TcpStream) -> Option<String> {
        stream.write_all(b"GET /v1/open HTTP/1.1\r\nhost: h\r\n\r\n").await.ok()?;
        let mut heard = [0; 2048];
        let read = stream.read(&mut heard).await.ok()?;
        Some(String::from_utf8_lossy(heard.get(9..12.min(read))?).into_owned())
    }

    #[tokio::test]
    async fn whoever_is_turned_away_and_heeds_no_time_waits_for_it_and_his_place_is_anybodys_until_then() {
        let (at, stop) = open_behind(ServerLimits { connections: 1, ..ServerLimits::default() }, flooded).await;
        let (mut stream, began) = (TcpStream::connect(at).await.unwrap(), Instant::now());
        let at_once = [asks_on(&mut stream).await, asks_on(&mut stream).await];
        assert_eq!(at_once, [Some("503".to_owned()), Some("503".to_owned())]);
        // By then nobody has been turned away for a second: the flood is over.
        assert_eq!(asks_on(&mut stream).await.as_deref(), Some("200"));
        assert!(began.elapsed() >= Duration::from_millis(1_990), "{:?}", began.elapsed());
        assert_eq!(asks_on(&mut stream).await.as_deref(), Some("200"), "who is served waits for nothing");
        stop.cancel();

        let (at, stop) = open_behind(ServerLimits { connections: 1, ..ServerLimits::default() }, flooded).await;
        let mut stream = TcpStream::connect(at).await.unwrap();
        let _ = (asks_on(&mut stream).await, asks_on(&mut stream).await);
        let held = tokio::spawn(async move { asks_on(&mut stream).await.filter(|status| !status.is_empty()) });
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!held.is_finished());
        assert!(ask(at).await.ends_with("well"), "whoever comes has the place of who is kept waiting");
        assert_eq!(held.await.unwrap(), None);
        stop.cancel();
    }

    #[tokio::test]
    async fn slow_senders_that_take_every_connection_shut_out_each_other_and_nobody_else() {
        let limits = ServerLimits { connections: 8, header_time: Duration::from_secs(600), ..ServerLimits::default() };
        let (at, stop) = open(limits).await;
        let mut held = Vec::new();
        for _ in 0..40 {
            held.push(slow(at).await);
            assert!(ask(at).await.ends_with("well"), "after {} slow ones", held.len());
        }
        stop.cancel();
    }

    /// Found by reading: each task whose asker had hung up was one more than there are connections, without end.
    #[tokio::test]
    async fn what_is_worked_on_to_its_end_keeps_its_connections_place_when_the_asker_hangs_up() {
        let (begun, done) = (Arc::new(tokio::sync::Semaphore::new(0)), Arc::new(tokio::sync::Semaphore::new(0)));
        let (tell, wait) = (begun.clone(), done.clone());
        let works = move |request: Request| {
            let (tell, wait) = (tell.clone(), wait.clone());
            let work = async move {
                tell.add_permits(1);
                drop(wait.acquire().await);
                "well"
            };
            let whole = request.extensions().get::<Whole>().cloned();
            async move { to_the_end(&tokio::runtime::Handle::current(), whole, work).await.unwrap_or("ended") }
        };
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let (metrics, stop) = (Metrics::default(), CancellationToken::new());
        let limits = ServerLimits { connections: 2, ..ServerLimits::default() };
        tokio::spawn(served(Router::new().route("/", get(works)), limits, metrics.clone(), stop.clone(), sender));
        let at = receiver.await.unwrap();
        for _ in 0..2 {
            let mut stream = TcpStream::connect(at).await.unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
            begun.acquire().await.unwrap().forget();
        }
        while metrics.connections.get() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = metrics.refused_connections.get();
        for more in 1..=3 {
            let _held = TcpStream::connect(at).await.unwrap();
            while metrics.refused_connections.get() < refused + more {
                assert_eq!(metrics.connections.get(), 0, "both places are taken by those who have hung up");
                tokio::task::yield_now().await;
            }
        }
        done.add_permits(1_000);
        loop {
            let mut stream = TcpStream::connect(at).await.unwrap();
            let mut answer = String::new();
            let _ = stream.write_all(b"GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await;
            let _ = stream.read_to_string(&mut answer).await;
            if answer.ends_with("well") {
                break;
            }
        }
        stop.cancel();
    }

    #[tokio::test]
    async fn bodies_that_never_come_shut_out_nobody_either() {
        let (at, stop) = open(ServerLimits { connections: 8, ..ServerLimits::default() }).await;
        let mut held = Vec::new();
        for _ in 0..40 {
            let mut stream = TcpStream::connect(at).await.unwrap();
            stream.write_all(b"POST /said HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\nx").await.unwrap();
            held.push(stream);
            assert!(ask(at).await.ends_with("well"), "after {} slow ones", held.len());
        }
        stop.cancel();
    }

    /// Found by a disk that failed: who was refused before all of the request had come met a reset instead of the refusal, now and then.
    #[tokio::test]
    async fn a_refusal_without_the_body_reaches_whoever_is_still_sending_it_and_the_connection_goes_on() {
        let (at, stop) = open(ServerLimits::default()).await;
        let mut stream = TcpStream::connect(at).await.unwrap();
        let mut heard = [0; 1024];
        for _ in 0..3 {
            stream.write_all(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\n").await.unwrap();
            let read = stream.read(&mut heard).await.unwrap();
            assert!(heard[..read].starts_with(b"HTTP/1.1 405"), "{}", String::from_utf8_lossy(&heard[..read]));
            stream.write_all(b"too late!").await.unwrap();
        }
        stop.cancel();
    }

    #[tokio::test]
    async fn a_refused_body_that_is_too_long_is_not_waited_for() {
        let (at, stop) = open(ServerLimits::default()).await;
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 9999999999\r\n\r\n").await.unwrap();
        let mut heard = Vec::new();
        // Ends because the server ends the connection.
        stream.read_to_end(&mut heard).await.unwrap();
        assert!(heard.starts_with(b"HTTP/1.1 405"), "{}", String::from_utf8_lossy(&heard));
        stop.cancel();
    }

    #[tokio::test]
    async fn headers_that_never_end_are_cut_off_in_time() {
        let (at, stop) = open(ServerLimits { header_time: Duration::from_millis(50), ..ServerLimits::default() }).await;
        let mut stream = slow(at).await;
        // Without the limit this would wait until the test is killed.
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said).await;
        assert!(!String::from_utf8_lossy(&said).contains("200"), "{}", String::from_utf8_lossy(&said));
        stop.cancel();
    }

    #[tokio::test]
    async fn headers_larger_than_the_limit_are_refused() {
        let (at, stop) = open(ServerLimits { header_bytes: 16 * 1024, ..ServerLimits::default() }).await;
        let mut stream = TcpStream::connect(at).await.unwrap();
        let _ = stream.write_all(format!("GET / HTTP/1.1\r\nhost: {}\r\n\r\n", "h".repeat(64 * 1024)).as_bytes()).await;
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said).await;
        assert!(!String::from_utf8_lossy(&said).contains("200"));
        stop.cancel();
    }
}
