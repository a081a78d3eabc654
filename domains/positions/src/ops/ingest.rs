//! Takes what phones and trackers send, in the form in which they send it.
//!
//! A record that is refused is answered with success and named in the answer: sending it again would not make it better, and
//! an app that repeats it for ever would never send the next. Only what could not be kept is answered with a failure.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::Json;
use axum::extract::{ConnectInfo, FromRequestParts, RawQuery, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use shouhu_module::{Access, App, Audit, Bearer, Load, Problem, RawBody, Route};
use shouhu_trackers::osmand::{self, Fields};
use shouhu_trackers::{MessageError, Record, cot, owntracks, traccar};

use crate::model::{IngestReport, Protocol};
use crate::room;
use crate::secret;
use crate::take::{self, TakeError};

/// A thousand records of a Traccar server.
const BODY_BYTES_MAX: usize = 1024 * 1024;
const WHY_PUBLIC: Access = Access::Public("a tracker proves itself by its own secret, which this room checks");
const SECRET: Bearer = Bearer {
    name: "tracker",
    description: "The secret of a tracker, told once when it is registered. Instead of it: as the password of Basic, as the query parameter secret, and from \
                  OsmAnd and Traccar clients as the field id or deviceid by which they call themselves.",
};
const WHY_NO_LEAF: Audit =
    Audit::None("a tracker reports its own place each second; nobody's data is read, and its page counts what it sent");
/// A cry for help comes through the same door as a fix, and a fix takes microseconds: neither waits behind pictures of cars.
const LOAD: Load = Load::Life;

pub const OSMAND_GET: Route =
    Route::get("/v1/positions/osmand", "Take a position from OsmAnd or a Traccar client, as fields of the address", || {
        axum::routing::get(osmand_get)
    })
    .access(WHY_PUBLIC)
    .opened_by(SECRET)
    .audit(WHY_NO_LEAF)
    .load(LOAD)
    .gives::<IngestReport>();

pub const OSMAND_POST: Route =
    Route::post("/v1/positions/osmand", "Take positions from OsmAnd or a Traccar client, as a form or JSON", || {
        axum::routing::post(osmand_post)
    })
    .access(WHY_PUBLIC)
    .opened_by(SECRET)
    .audit(WHY_NO_LEAF)
    .load(LOAD)
    .body_bytes_max(BODY_BYTES_MAX)
    .takes_media("application/x-www-form-urlencoded, application/json")
    .gives::<IngestReport>();

pub const OWNTRACKS: Route =
    Route::post("/v1/positions/owntracks", "Take positions from the OwnTracks app in its HTTP mode", || {
        axum::routing::post(owntracks)
    })
    .access(WHY_PUBLIC)
    .opened_by(SECRET)
    .audit(WHY_NO_LEAF)
    .load(LOAD)
    .body_bytes_max(BODY_BYTES_MAX)
    .takes_media("application/json")
    .gives_media("application/json");

pub const TRACCAR: Route = Route::post("/v1/positions/traccar", "Take positions that a Traccar server forwards as JSON", || {
    axum::routing::post(traccar)
})
.access(WHY_PUBLIC)
.opened_by(SECRET)
.audit(WHY_NO_LEAF)
.load(LOAD)
.body_bytes_max(BODY_BYTES_MAX)
.takes_media("application/json")
.gives::<IngestReport>();

pub const COT: Route = Route::post("/v1/positions/cot", "Take events of Cursor on Target", || axum::routing::post(cot))
    .access(WHY_PUBLIC)
    .opened_by(SECRET)
    .audit(WHY_NO_LEAF)
    .load(LOAD)
    .body_bytes_max(BODY_BYTES_MAX)
    .takes_media("application/xml")
    .gives::<IngestReport>();

/// The address that a request came from, as the HTTP floor noted it.
struct Peer(Option<IpAddr>);

impl FromRequestParts<App> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|connection| connection.0.ip())))
    }
}

type ReadRecords = Result<Vec<Record>, MessageError>;

/// Finds the sender, then reads: a stranger's body is never parsed.
async fn taken(
    app: &App,
    protocol: Protocol,
    peer: &Peer,
    secret: Option<&str>,
    read: impl FnOnce() -> ReadRecords,
) -> Result<IngestReport, TakeError> {
    let (room, now) = (room::of(app), app.env.now());
    let sender = take::whose(&room, secret, protocol, peer.0, now)?;
    let records = read().map_err(|error| take::unreadable(&room, &sender, now, error))?;
    take::take(app, &room, &sender, records).await
}

/// The secret of an app that can set no header: a field of the address, or the name by which it calls itself.
fn secret_of(headers: &HeaderMap, fields: &Fields) -> Option<String> {
    let field = |name| fields.get(name).map(ToOwned::to_owned);
    secret::in_headers(headers).or_else(|| field("secret")).or_else(|| field("id")).or_else(|| field("deviceid"))
}

async fn osmand_get(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Json<IngestReport>, Problem> {
    let fields = Fields::parse(&query.unwrap_or_default());
    let secret = secret_of(&headers, &fields);
    let report = taken(&app, Protocol::Osmand, &peer, secret.as_deref(), || Ok(vec![osmand::read_fields(&fields)])).await?;
    Ok(Json(report))
}

async fn osmand_post(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    RawBody(body): RawBody,
) -> Result<Json<IngestReport>, Problem> {
    let query = Fields::parse(&query.unwrap_or_default());
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_json = media.starts_with("application/json") || body.first() == Some(&b'{');
    let report = if is_json {
        let named = secret_of(&headers, &query);
        // Reading it for the name only when nothing else proves the sender.
        let named = named.or_else(|| osmand::read_json(&body).ok()?.into_iter().next()?.device);
        taken(&app, Protocol::Osmand, &peer, named.as_deref(), || osmand::read_json(&body)).await?
    } else {
        let fields = query.and(Fields::parse(&String::from_utf8_lossy(&body)));
        let secret = secret_of(&headers, &fields);
        taken(&app, Protocol::Osmand, &peer, secret.as_deref(), || Ok(vec![osmand::read_fields(&fields)])).await?
    };
    Ok(Json(report))
}

/// The app shows what it gets back on its map: a list of friends, of which there are none.
async fn owntracks(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    RawBody(body): RawBody,
) -> Result<Response, Problem> {
    let fields = Fields::parse(&query.unwrap_or_default());
    let secret = secret::in_headers(&headers).or_else(|| fields.get("secret").map(ToOwned::to_owned));
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let sender = header("x-limit-u").zip(header("x-limit-d")).map(|(user, device)| format!("{user}/{device}"));
    taken(&app, Protocol::Owntracks, &peer, secret.as_deref(), || owntracks::read(&body, sender.as_deref())).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], "[]").into_response())
}

async fn traccar(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    RawBody(body): RawBody,
) -> Result<Json<IngestReport>, Problem> {
    let fields = Fields::parse(&query.unwrap_or_default());
    let secret = secret::in_headers(&headers).or_else(|| fields.get("secret").map(ToOwned::to_owned));
    Ok(Json(taken(&app, Protocol::Traccar, &peer, secret.as_deref(), || traccar::read(&body)).await?))
}

async fn cot(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    RawBody(body): RawBody,
) -> Result<Json<IngestReport>, Problem> {
    let fields = Fields::parse(&query.unwrap_or_default());
    let secret = secret::in_headers(&headers).or_else(|| fields.get("secret").map(ToOwned::to_owned));
    Ok(Json(taken(&app, Protocol::Cot, &peer, secret.as_deref(), || cot::read(&body)).await?))
}
