//! Mounts every module's routes, each inside its gate.

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use shouhu_module::{Access, App, Audit, Module, Problem};

use crate::gate::{self, Gate};
use crate::{Metrics, Shedder, Site};

/// What is wrong with the lists of the modules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouterError {
    #[error("route {method} {path} of module {module} declares no {what}")]
    Undeclared { module: &'static str, method: &'static str, path: &'static str, what: &'static str },
    #[error("route {method} {path} asks for the permission {permission:?}, which no module has")]
    UnknownPermission { method: &'static str, path: &'static str, permission: &'static str },
    #[error("route {method} {path} is declared twice")]
    Twice { method: &'static str, path: &'static str },
}

/// Everything that is wrong with the routes; the server starts only when nothing is.
#[must_use]
pub fn check_routes(modules: &[Module]) -> Vec<RouterError> {
    let mut wrong = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for module in modules {
        for route in module.routes {
            let (method, path) = (route.method.as_str(), route.path);
            let mut missing = |what| wrong.push(RouterError::Undeclared { module: module.name, method, path, what });
            if route.access == Access::Undeclared {
                missing("access");
            }
            if route.audit == Audit::Undeclared {
                missing("audit class");
            }
            if route.summary.trim().is_empty() {
                missing("description");
            }
            if let Access::Permission(permission) = route.access
                && !modules.iter().flat_map(|m| m.permissions).any(|p| p.name == permission)
            {
                wrong.push(RouterError::UnknownPermission { method, path, permission });
            }
            if !seen.insert((method, path)) {
                wrong.push(RouterError::Twice { method, path });
            }
        }
    }
    wrong
}

/// The whole service: API, health, metrics, and the web app for every other path.
///
/// # Errors
/// What [`check_routes`] finds.
pub fn router(app: &App, metrics: &Metrics, site: Site) -> Result<Router, Vec<RouterError>> {
    let wrong = check_routes(app.modules);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let shedder = Shedder::default();
    let mut routes = Router::<App>::new();
    for route in app.modules.iter().flat_map(|module| module.routes) {
        let gate = Gate { app: app.clone(), route: *route, shedder: shedder.clone(), metrics: metrics.clone() };
        routes = routes.route(route.path, (route.mount)().layer(middleware::from_fn_with_state(gate, gate::pass)));
    }
    let health_app = app.clone();
    let metrics = metrics.clone();
    let routes = routes
        .route("/healthz", get(move || health(health_app.clone())))
        .route("/metrics", get(move |request: Request| measures(metrics.clone(), request)))
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "http.method_not_allowed", "this path has other methods")
        })
        .fallback(move |request: Request| {
            let site = site.clone();
            async move { site.answer(request.uri().path(), request.headers()) }
        })
        // The gate limits bodies per route, with a problem document; axum's own limit would come before it.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(harden))
        .with_state(app.clone());
    Ok(routes)
}

/// One line per module; 503 when one is not well, so that a load balancer needs no JSON.
async fn health(app: App) -> Response {
    let mut status = StatusCode::OK;
    let mut lines = String::new();
    for module in app.modules {
        let health = (module.health)(app.clone()).await;
        if !health.is_healthy {
            status = StatusCode::SERVICE_UNAVAILABLE;
        }
        let word = if health.is_healthy { "ok" } else { "NOT OK" };
        lines.push_str(&format!("{}: {word} {}\n", module.name, health.detail));
    }
    (status, lines).into_response()
}

/// Numbers of a police system are not for everyone: only this machine may read them; a collector elsewhere uses a tunnel.
async fn measures(metrics: Metrics, request: Request) -> Response {
    let from_here = request.extensions().get::<ConnectInfo<std::net::SocketAddr>>().is_none_or(|peer| peer.0.ip().is_loopback());
    if from_here { metrics.text().into_response() } else { Problem::not_found("page").into_response() }
}

/// Headers that every answer has. No referrer, because links carry one-time tokens.
async fn harden(request: Request, next: Next) -> Response {
    const CSP: &str = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; \
                       worker-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CSP),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}
