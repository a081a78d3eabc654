//! What every answer has, whoever made it: headers that bind the browser, a number under which the log tells of it, and an end that is
//! an answer even when a handler panics.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use sha2::{Digest, Sha256};
use shouhu_module::{App, Problem};
use tracing::Instrument as _;

/// Styles may be inline because components measure and place by them; scripts may not, so that text that slipped in stays text.
const CONTENT_POLICY: &str = "default-src 'self'; object-src 'none'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; \
                              worker-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// What our own pages use (codes at boxes, places, passkeys, an awake screen), and nothing else for anybody.
const BROWSER_POLICY: &str = "camera=(self), geolocation=(self), publickey-credentials-create=(self), publickey-credentials-get=(self), \
                              screen-wake-lock=(self), microphone=(), payment=(), usb=(), serial=(), display-capture=()";

/// A year, as ASVS 3.4.1 asks; names below this one are ours too.
const HTTPS_ONLY: &str = "max-age=31536000; includeSubDomains";

/// Every answer has these; no referrer, because links carry one-time tokens.
const ALWAYS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("permissions-policy"), BROWSER_POLICY),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
];

/// Told to the asker with every answer, and written beside every line of the log that the request causes.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

#[derive(Clone)]
pub(crate) struct Harden {
    is_https: bool,
    began_us: i64,
    asked: Arc<AtomicU64>,
}

impl Harden {
    pub(crate) fn of(app: &App) -> Self {
        Self { is_https: app.public_url.starts_with("https://"), began_us: app.env.now().0, asked: Arc::default() }
    }

    /// What every answer has.
    pub(crate) fn stamp(&self, headers: &mut HeaderMap) {
        for (name, value) in ALWAYS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if self.is_https {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HTTPS_ONLY));
        }
    }

    /// A name that tells a stranger neither how many ask nor since when.
    fn next_id(&self) -> String {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let mut id = hex::encode(Sha256::digest(format!("request {} {number}", self.began_us)));
        id.truncate(16);
        id
    }
}

pub(crate) async fn harden(State(harden): State<Harden>, request: Request, next: Next) -> Response {
    let id = harden.next_id();
    let span = tracing::info_span!("request", id);
    let mut response = answered(request, next).instrument(span).await;
    let headers = response.headers_mut();
    harden.stamp(headers);
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// A panic ends one request: what it held is let go, and the asker hears of it as of every other failure.
async fn answered(request: Request, next: Next) -> Response {
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "http.failed", "a handler panicked; its message stands above").into_response(),
    }
}
