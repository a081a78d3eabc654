//! Turns a request away before anything is made of it. Where a class of load is flooded, nine of ten are refused: what that costs is taken from those who need help.
//!
//! Through the router and its gate a refusal costs as much as a quick answer. Here it is a look at the path and bytes that lie ready.

use std::collections::HashMap;
use std::net::IpAddr;

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Body;
use shouhu_module::App;

use crate::harden::Harden;
use crate::shed::Line;
use crate::{Metrics, Shedder, TrustedProxies};

/// Stands before the router; made once.
pub struct Turnstile {
    /// By method: in which line each path stands.
    lines: HashMap<&'static str, matchit::Router<Line>>,
    shedder: Shedder,
    headers: HeaderMap,
    metrics: Metrics,
    /// One connection of theirs is many people's.
    proxies: TrustedProxies,
}

/// A router, and what stands before it.
pub struct Front {
    pub(crate) router: Router,
    pub(crate) turnstile: Turnstile,
}

/// Nobody is turned away.
impl From<Router> for Front {
    fn from(router: Router) -> Self {
        let (lines, shedder, headers, metrics) = (HashMap::new(), Shedder::default(), HeaderMap::new(), Metrics::default());
        Turnstile { lines, shedder, headers, metrics, proxies: TrustedProxies::default() }.before(router)
    }
}

impl Turnstile {
    /// Of the routes of this house; the shedder is the one that its router has.
    #[must_use]
    pub fn of(app: &App, shedder: &Shedder, metrics: &Metrics) -> Self {
        let mut lines: HashMap<&'static str, matchit::Router<Line>> = HashMap::new();
        for route in app.modules.iter().flat_map(|module| module.routes) {
            // A path that cannot stand beside another is refused by the router itself.
            let _ = lines.entry(route.method.as_str()).or_default().insert(route.path, Line::of(route));
        }
        let mut headers = HeaderMap::new();
        Harden::of(app).stamp(&mut headers);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let proxies = app.try_room::<TrustedProxies>().map(|proxies| (*proxies).clone()).unwrap_or_default();
        Self { lines, shedder: shedder.clone(), headers, metrics: metrics.clone(), proxies }
    }

    /// Whether what comes from there may be many people's, on one connection.
    pub(crate) fn is_shared(&self, peer: IpAddr) -> bool {
        self.proxies.holds(peer)
    }

    #[must_use]
    pub fn before(self, router: Router) -> Front {
        Front { router, turnstile: self }
    }

    /// The refusal, if the request is turned away. One with a body never is: the gate refuses it, and reads the body away.
    pub(crate) fn refusal<B: Body>(&self, request: &hyper::Request<B>) -> Option<Response> {
        let line = *self.lines.get(request.method().as_str())?.at(request.uri().path()).ok()?.value;
        if !request.body().is_end_stream() || !self.shedder.turns_away(line) {
            return None;
        }
        self.metrics.turned_away(line.name());
        let mut response = line.refusal().into_response();
        response.headers_mut().extend(self.headers.clone());
        Some(response)
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body as Sent;
    use axum::http::Request;
    use shouhu_module::Load;

    use super::*;

    fn turnstile(shedder: Shedder) -> Turnstile {
        let mut lines = matchit::Router::new();
        let _ = lines.insert("/v1/things/{id}", Line::Of(Load::Interactive));
        let _ = lines.insert("/v1/cries", Line::Of(Load::Life));
        let headers = HeaderMap::from_iter([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]);
        Turnstile { lines: HashMap::from([("GET", lines)]), shedder, headers, metrics: Metrics::default(), proxies: TrustedProxies::default() }
    }

    fn asks(turnstile: &Turnstile, method: &str, path: &str, body: &'static str) -> Option<u16> {
        let request = Request::builder().method(method).uri(path).body(Sent::from(body)).ok()?;
        turnstile.refusal(&request).map(|response| response.status().as_u16())
    }

    #[test]
    fn only_what_is_flooded_is_turned_away_and_only_without_a_body() {
        let flooded = turnstile(Shedder::flooded(Line::Of(Load::Interactive)));
        assert_eq!(asks(&flooded, "GET", "/v1/things/7?limit=3", ""), Some(503));
        assert!(flooded.metrics.text().contains("shouhu_http_turned_away_total{load=\"interactive\"} 1"), "{}", flooded.metrics.text());
        for (method, path, body) in [("GET", "/v1/cries", ""), ("POST", "/v1/things/7", ""), ("GET", "/v1/things/7", "{}"), ("GET", "/", "")] {
            assert_eq!(asks(&flooded, method, path, body), None, "{method} {path} {body}");
        }
        assert_eq!(asks(&turnstile(Shedder::default()), "GET", "/v1/things/7", ""), None);
        assert_eq!(asks(&Front::from(Router::new()).turnstile, "GET", "/v1/things/7", ""), None);
    }

    #[test]
    fn whoever_is_turned_away_is_told_when_to_come_back_and_what_every_answer_says() {
        let flooded = turnstile(Shedder::flooded(Line::Of(Load::Interactive)));
        let request = Request::get("/v1/things/7").body(Sent::empty()).unwrap_or_default();
        let refusal = flooded.refusal(&request).map(|response| response.headers().clone()).unwrap_or_default();
        let said = |name: header::HeaderName| refusal.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let expected = ["2", "no-store", "application/problem+json"].map(ToOwned::to_owned);
        assert_eq!([said(header::RETRY_AFTER), said(header::CACHE_CONTROL), said(header::CONTENT_TYPE)], expected);
    }
}
