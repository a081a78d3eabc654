//! The accept loop: ours, because limits on headers, connections and time belong at the door.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use shouhu_env::{BoxStream, Net};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::Metrics;

#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// Connections at the same time; the next one is closed at once.
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
    router: Router,
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
    let places = Arc::new(Semaphore::new(limits.connections));
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
        let Ok(place) = places.clone().try_acquire_owned() else {
            metrics.refused_connections.inc();
            continue;
        };
        tracker.spawn(connection(stream, peer, router.clone(), limits, metrics.clone(), stop.clone(), place));
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
    router: Router,
    limits: ServerLimits,
    metrics: Metrics,
    stop: CancellationToken,
    place: OwnedSemaphorePermit,
) {
    metrics.connections.inc();
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.header_time).max_buf_size(limits.header_bytes);
    let served = builder.serve_connection(TokioIo::new(stream), service);
    let mut served = std::pin::pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = stop.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended early");
    }
    metrics.connections.dec();
    drop(place);
}
