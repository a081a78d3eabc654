//! Counters and times in Prometheus' text form.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
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

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LoadLabels {
    load: String,
}

const SECONDS: [f64; 10] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];

/// Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabels, Histogram, fn() -> Histogram>,
    lag_seconds: Gauge<f64, AtomicU64>,
    places: Family<LoadLabels, Gauge>,
    turned_away: Family<LoadLabels, Counter>,
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
        let (lag_seconds, places) = (Gauge::<f64, AtomicU64>::default(), Family::<LoadLabels, Gauge>::default());
        let turned_away = Family::<LoadLabels, Counter>::default();
        let mut registry = Registry::with_prefix("shouhu");
        registry.register("http_requests", "Requests by route and status", requests.clone());
        registry.register_with_unit("http_request_time", "Time from headers to answer", Unit::Seconds, seconds.clone());
        registry.register("http_connections", "Open connections", connections.clone());
        registry.register("http_refused_connections", "Connections over the limit", refused_connections.clone());
        registry.register("http_evicted_connections", "Idle connections that gave way to new ones", evicted_connections.clone());
        registry.register_with_unit("http_lag", "How long work that is ready waits for a turn", Unit::Seconds, lag_seconds.clone());
        registry.register("http_places", "Requests of each load class that may be worked on at once", places.clone());
        registry.register("http_turned_away", "Requests of a flooded load class that were refused at the door", turned_away.clone());
        Self { registry: Arc::new(registry), requests, seconds, lag_seconds, places, turned_away, connections, refused_connections, evicted_connections }
    }
}

impl Metrics {
    pub(crate) fn request(&self, method: &'static str, route: &'static str, status: u16, took: Duration) {
        self.requests.get_or_create(&RequestLabels { method, route, status }).inc();
        self.seconds.get_or_create(&RouteLabels { route }).observe(took.as_secs_f64());
    }

    /// Counts those of a load class who are turned away at the door.
    pub(crate) fn turned_away(&self, load: String) -> Counter {
        self.turned_away.get_or_create_owned(&LoadLabels { load })
    }

    pub(crate) fn lag(&self, lag: Duration, places: impl Iterator<Item = (String, usize)>) {
        self.lag_seconds.set(lag.as_secs_f64());
        for (load, places) in places {
            self.places.get_or_create(&LoadLabels { load }).set(i64::try_from(places).unwrap_or(i64::MAX));
        }
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
