//! Counters and times in Prometheus' text form.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Pattern and status, never a path with an id: labels must stay few, and ids are personal data.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
}

const SECONDS: [f64; 10] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];

/// Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabels, Histogram, fn() -> Histogram>,
    pub(crate) connections: Gauge,
    pub(crate) refused_connections: Counter,
    pub(crate) evicted_connections: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let requests = Family::<RequestLabels, Counter>::default();
        let seconds =
            Family::<RouteLabels, Histogram, fn() -> Histogram>::new_with_constructor(|| Histogram::new(SECONDS.into_iter()));
        let (connections, refused_connections, evicted_connections) = (Gauge::default(), Counter::default(), Counter::default());
        let mut registry = Registry::with_prefix("shouhu");
        registry.register("http_requests", "Requests by route and status", requests.clone());
        registry.register_with_unit("http_request_time", "Time from headers to answer", Unit::Seconds, seconds.clone());
        registry.register("http_connections", "Open connections", connections.clone());
        registry.register("http_refused_connections", "Connections over the limit", refused_connections.clone());
        registry.register("http_evicted_connections", "Idle connections that gave way to new ones", evicted_connections.clone());
        Self { registry: Arc::new(registry), requests, seconds, connections, refused_connections, evicted_connections }
    }
}

impl Metrics {
    pub(crate) fn request(&self, method: &'static str, route: &'static str, status: u16, took: Duration) {
        self.requests.get_or_create(&RequestLabels { method, route, status }).inc();
        self.seconds.get_or_create(&RouteLabels { route }).observe(took.as_secs_f64());
    }

    /// The text that a Prometheus server reads.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            let _ = write!(text, "# metrics could not be written");
        }
        text
    }
}
