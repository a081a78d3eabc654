//! Turns a request away before anything is made of it. Where a class of load is flooded, nine of ten are refused: what that costs is taken from those who need help.
//!
//! Through the router and its gate a refusal costs as much as a quick answer. Here it is a look at the path and at two headers, and an answer whose bytes lie ready.
//!
//! Who floods a class is mostly nobody: he brings neither cookie nor signature to a door that wants one. His answer is the same whenever he has it, so that he has
//! it at once and stands in nobody's way. A made-up cookie is looked for in the database like a real one, and stands in the line with those. Where lives are saved by
//! writing nobody is turned away here; the gate works on what nobody sends with all other threads.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::Body;
use prometheus_client::metrics::counter::Counter;
use shouhu_identity::COOKIE;
use shouhu_module::{App, Problem, Route};
use shouhu_wire::DEVICE_HEADER;

use crate::harden::Harden;
use crate::shed::Line;
use crate::{Metrics, Shedder, TrustedProxies, gate};

/// Stands before the router; made once.
pub struct Turnstile {
    /// By method: where each path stands.
    doors: HashMap<&'static str, matchit::Router<Door>>,
    shedder: Shedder,
    /// One connection of theirs is many people's.
    proxies: TrustedProxies,
}

/// What is told to those who are turned away at one route.
struct Door {
    line: Line,
    /// To whoever finds no room in the line.
    full: Arc<Ready>,
    /// To whoever brings nothing by which he could be known; `None` where anybody may come in.
    stranger: Option<Arc<Ready>>,
    turned_away: Counter,
}

/// An answer that lies ready.
struct Ready {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Ready {
    fn of(problem: Problem, always: &HeaderMap) -> Self {
        let body = Bytes::from(serde_json::to_vec(&problem).unwrap_or_default());
        let response = problem.into_response();
        let mut headers = response.headers().clone();
        headers.extend(always.clone());
        Self { status: response.status(), headers, body }
    }

    fn answer(&self) -> Response {
        let mut response = Response::new(axum::body::Body::from(self.body.clone()));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        response
    }
}

/// A router, and what stands before it.
pub struct Front {
    pub(crate) router: Router,
    pub(crate) turnstile: Turnstile,
}

/// Nobody is turned away.
impl From<Router> for Front {
    fn from(router: Router) -> Self {
        Turnstile { doors: HashMap::new(), shedder: Shedder::default(), proxies: TrustedProxies::default() }.before(router)
    }
}

/// Whether there is nothing by which the gate could know who asks.
pub(crate) fn is_stranger(headers: &HeaderMap) -> bool {
    let has_cookie = || headers.get_all(header::COOKIE).iter().any(|value| value.to_str().is_ok_and(|said| said.contains(COOKIE)));
    !headers.contains_key(DEVICE_HEADER) && !has_cookie()
}

impl Turnstile {
    /// Of the routes of this house; the shedder is the one that its router has.
    #[must_use]
    pub fn of(app: &App, shedder: &Shedder, metrics: &Metrics) -> Self {
        let mut headers = HeaderMap::new();
        Harden::of(app).stamp(&mut headers);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let routes = app.modules.iter().flat_map(|module| module.routes);
        let proxies = app.try_room::<TrustedProxies>().map(|proxies| (*proxies).clone()).unwrap_or_default();
        Self { proxies, ..Self::with(routes.map(|route| (route, gate::stranger(app, route))), shedder, &headers, metrics) }
    }

    /// Whether what comes from there may be many people's, on one connection.
    pub(crate) fn is_shared(&self, peer: IpAddr) -> bool {
        self.proxies.holds(peer)
    }

    /// Of these routes, with what the gate tells a stranger at each.
    fn with<'a>(routes: impl Iterator<Item = (&'a Route, Option<Problem>)>, shedder: &Shedder, headers: &HeaderMap, metrics: &Metrics) -> Self {
        let mut doors: HashMap<&'static str, matchit::Router<Door>> = HashMap::new();
        for (route, stranger) in routes {
            let line = Line::of(route);
            let door = Door {
                line,
                full: Arc::new(Ready::of(line.refusal(), headers)),
                stranger: stranger.map(|problem| Arc::new(Ready::of(problem, headers))),
                turned_away: metrics.turned_away(line.name()),
            };
            // A path that cannot stand beside another is refused by the router itself.
            let _ = doors.entry(route.method.as_str()).or_default().insert(route.path, door);
        }
        Self { doors, shedder: shedder.clone(), proxies: TrustedProxies::default() }
    }

    #[must_use]
    pub fn before(self, router: Router) -> Front {
        Front { router, turnstile: self }
    }

    /// The refusal, if the request is turned away. One with a body never is: the gate refuses it, and reads the body away.
    pub(crate) fn refusal<B: Body>(&self, request: &hyper::Request<B>) -> Option<Refusal<'_>> {
        // What answers GET answers HEAD.
        let method = if request.method() == Method::HEAD { "GET" } else { request.method().as_str() };
        let door = self.doors.get(method)?.at(request.uri().path()).ok()?.value;
        if !request.body().is_end_stream() {
            return None;
        }
        let stranger = door.stranger.as_ref().filter(|_| is_stranger(request.headers()));
        if !self.shedder.turns_away(door.line, stranger.is_some()) {
            return None;
        }
        Some(Refusal { ready: stranger.unwrap_or(&door.full), turned_away: &door.turned_away })
    }
}

/// Of one who is turned away; counted when it is told.
pub(crate) struct Refusal<'t> {
    ready: &'t Ready,
    turned_away: &'t Counter,
}

impl Refusal<'_> {
    pub fn tell(self) -> Response {
        self.turned_away.inc();
        self.ready.answer()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use axum::body::Body as Sent;
    use axum::http::Request;
    use axum::routing::get;
    use shouhu_module::Load;

    use super::*;

    const THINGS: Route = Route::get("/v1/things/{id}", "Shows something", || get(|| async {}));
    const CRIES: Route = Route::get("/v1/cries", "Shows cries", || get(|| async {})).load(Load::Life);
    const OPEN: Route = Route::get("/v1/open", "Shows something to everybody", || get(|| async {}));
    const INTERACTIVE: Line = Line::Of(Load::Interactive);

    /// Before `/v1/things/{id}`, `/v1/cries` and `/v1/open`, which is everybody's.
    pub(crate) fn turnstile(shedder: &Shedder, metrics: &Metrics) -> Turnstile {
        let headers = HeaderMap::from_iter([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]);
        let sign_in = || Some(Problem::new(StatusCode::UNAUTHORIZED, "identity.session_required", "sign in first"));
        let routes = [(&THINGS, sign_in()), (&CRIES, sign_in()), (&OPEN, None)];
        Turnstile::with(routes.into_iter(), shedder, &headers, metrics)
    }

    /// By whoever brings a cookie.
    fn asks(turnstile: &Turnstile, method: &str, path: &str, body: &'static str) -> Option<u16> {
        let request = Request::builder().method(method).uri(path).header(header::COOKIE, "a=b; shouhu_session=x").body(Sent::from(body)).ok()?;
        turnstile.refusal(&request).map(|refusal| refusal.tell().status().as_u16())
    }

    fn stranger_asks(turnstile: &Turnstile, path: &str, headers: &[(&str, &str)]) -> Option<u16> {
        let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value)).body(Sent::empty()).ok()?;
        turnstile.refusal(&request).map(|refusal| refusal.tell().status().as_u16())
    }

    #[test]
    fn only_what_is_flooded_is_turned_away_and_only_without_a_body() {
        let metrics = Metrics::default();
        let flooded = turnstile(&Shedder::flooded(INTERACTIVE, usize::MAX), &metrics);
        assert_eq!(asks(&flooded, "GET", "/v1/things/7?limit=3", ""), Some(503));
        assert!(metrics.text().contains("shouhu_http_turned_away_total{load=\"interactive\"} 1"), "{}", metrics.text());
        let unsaid = Request::get("/v1/open").body(Sent::empty()).unwrap_or_default();
        assert!(flooded.refusal(&unsaid).is_some() && metrics.text().contains("turned_away_total{load=\"interactive\"} 1"), "who is kept waiting is not refused yet");
        assert_eq!((asks(&flooded, "HEAD", "/v1/things/7", ""), asks(&flooded, "GET", "/v1/open", "")), (Some(503), Some(503)));
        for (method, path, body) in [("GET", "/v1/cries", ""), ("POST", "/v1/things/7", ""), ("GET", "/v1/things/7", "{}"), ("GET", "/", "")] {
            assert_eq!(asks(&flooded, method, path, body), None, "{method} {path} {body}");
        }
        assert_eq!(asks(&turnstile(&Shedder::default(), &metrics), "GET", "/v1/things/7", ""), None);
        assert_eq!(asks(&Front::from(Router::new()).turnstile, "GET", "/v1/things/7", ""), None);
    }

    /// Found by reading: who could be let in nowhere filled the line in which dispatchers ask for their boards.
    #[test]
    fn a_stranger_stands_in_no_line_of_a_flooded_class_and_has_the_answer_that_he_would_have_had() {
        let flooded = turnstile(&Shedder::flooded(Line::LifeReads, 0), &Metrics::default());
        assert_eq!(stranger_asks(&flooded, "/v1/cries", &[]), Some(401));
        assert_eq!(stranger_asks(&flooded, "/v1/cries", &[("cookie", "theme=dark")]), Some(401));
        assert_eq!(asks(&flooded, "GET", "/v1/cries", ""), None, "there is room in the line for whoever may be known");
        assert_eq!(stranger_asks(&flooded, "/v1/cries", &[(DEVICE_HEADER, "x")]), None);
        assert_eq!(stranger_asks(&flooded, "/v1/cries", &[("cookie", "__Host-shouhu_session=x")]), None);
        assert_eq!(stranger_asks(&turnstile(&Shedder::default(), &Metrics::default()), "/v1/cries", &[]), None, "in quiet times the gate tells him");
        let others = turnstile(&Shedder::flooded(INTERACTIVE, 0), &Metrics::default());
        assert_eq!((stranger_asks(&others, "/v1/open", &[]), stranger_asks(&others, "/v1/things/7", &[])), (None, Some(401)), "a door of everybody's is his, too");
    }

    #[test]
    fn whoever_is_turned_away_is_told_when_to_come_back_and_what_every_answer_says() {
        let flooded = turnstile(&Shedder::flooded(INTERACTIVE, usize::MAX), &Metrics::default());
        let request = Request::get("/v1/open").body(Sent::empty()).unwrap_or_default();
        let refusal = flooded.refusal(&request).map(|refusal| refusal.tell().headers().clone()).unwrap_or_default();
        let said = |name: header::HeaderName| refusal.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let expected = ["2", "no-store", "application/problem+json"].map(ToOwned::to_owned);
        assert_eq!([said(header::RETRY_AFTER), said(header::CACHE_CONTROL), said(header::CONTENT_TYPE)], expected);
    }

    #[tokio::test]
    async fn what_lies_ready_is_what_the_gate_would_have_said() {
        let flooded = turnstile(&Shedder::flooded(INTERACTIVE, usize::MAX), &Metrics::default());
        for (request, wanted) in [
            (Request::get("/v1/open"), INTERACTIVE.refusal()),
            (Request::get("/v1/things/7"), Problem::new(StatusCode::UNAUTHORIZED, "identity.session_required", "sign in first")),
        ] {
            let refusal = flooded.refusal(&request.body(Sent::empty()).unwrap_or_default()).map(Refusal::tell).unwrap_or_default();
            let body = axum::body::to_bytes(refusal.into_body(), usize::MAX).await.unwrap_or_default();
            assert_eq!(serde_json::from_slice::<Problem>(&body).ok(), Some(wanted));
        }
    }
}
