//! Mounts every module's routes, each inside its gate.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use shouhu_module::{Access, App, Audit, Load, Module, Problem};
use shouhu_store::Eyes;

use crate::gate::{self, Gate};
use crate::harden::{Harden, harden};
use crate::lately::Lately;
use crate::life::LifeRuntime;
use crate::shed::Line;
use crate::{Metrics, Shedder, Site, asker};

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
            // Whoever comes there is nobody.
            if route.sends_on.is_some() && !matches!(route.access, Access::Public(_)) {
                missing("access to a page that is everybody's");
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
    // A house that serves has put one there whose places follow the lag; where none has, they stay as many.
    let shedder = app.try_room::<Shedder>().map(|shedder| (*shedder).clone()).unwrap_or_default();
    let life = app.try_room::<LifeRuntime>();
    let lately = Lately::default();
    let mut routes = Router::<App>::new();
    for route in app.modules.iter().flat_map(|module| module.routes) {
        let life = life.as_ref().filter(|_| Line::of(route) == Line::Of(Load::Life)).and_then(|life| life.handle());
        let gate = Gate { app: app.clone(), route: *route, shedder: shedder.clone(), metrics: metrics.clone(), life, lately: lately.clone() };
        routes = routes.route(route.path, (route.mount)().layer(middleware::from_fn_with_state(gate, gate::pass)));
        if route.sends_on.is_some() {
            let site = site.clone();
            let there = move |request: Request| {
                let site = site.clone();
                async move { page(&site, &request) }
            };
            routes = routes.route(route.path, get(there));
        }
    }
    let health_app = app.clone();
    let metrics = metrics.clone();
    let routes = routes
        .route("/healthz", get(move |request: Request| health(health_app.clone(), request)))
        .route("/metrics", get(move |request: Request| measures(metrics.clone(), request)))
        // axum adds which ones.
        .method_not_allowed_fallback(|| async { other_method() })
        .fallback(move |request: Request| {
            let site = site.clone();
            async move { page(&site, &request) }
        })
        // The gate limits bodies per route, with a problem document; axum's own limit would come before it.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(app.clone(), asker::name_asker))
        .layer(middleware::from_fn_with_state(Harden::of(app), harden))
        .with_state(app.clone());
    Ok(routes)
}

fn other_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "http.method_not_allowed", "this path has other methods")
}

/// Pages are read; a request to change one, and TRACE, which would show an asker's cookies, are refused wherever they point.
fn page(site: &Site, request: &Request) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return site.answer(request.uri().path(), request.headers());
    }
    let mut refused = other_method().into_response();
    refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET,HEAD"));
    refused
}

/// One line per module; 503 when one is not well, so that a load balancer needs no JSON. What ails a room is told to this machine only.
async fn health(app: App, request: Request) -> Response {
    let is_from_here = asker::is_from_here(&request);
    let mut status = StatusCode::OK;
    let mut lines = String::new();
    for module in app.modules {
        // The house asks itself: nobody's sight would count no row that a force's rules guard.
        let health = Eyes::House.look((module.health)(app.clone())).await;
        if !health.is_healthy {
            status = StatusCode::SERVICE_UNAVAILABLE;
        }
        let word = if health.is_healthy { "ok" } else { "NOT OK" };
        lines.push_str(&format!("{}: {word} {}\n", module.name, health.detail));
    }
    if !is_from_here {
        lines = if status == StatusCode::OK { "ok\n".into() } else { "NOT OK\n".into() };
    }
    (status, lines).into_response()
}

/// Numbers of a police system are not for everyone: only this machine may read them; a collector elsewhere uses a tunnel.
async fn measures(metrics: Metrics, request: Request) -> Response {
    if asker::is_from_here(&request) { metrics.text().into_response() } else { Problem::not_found("page").into_response() }
}
