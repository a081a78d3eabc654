//! The gate around every route: load, caller with the proof of the session's key, permission by the rules of the house, trust, body, purpose,
//! idempotency, and the audit leaf before release.

use std::net::{IpAddr, SocketAddr};
use std::panic::resume_unwind;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use shouhu_audit::Entry;
use shouhu_identity::{Asked, Refused, Unproved};
use shouhu_module::ports::{Direction, Partner, Sharing, SharingPort};
use shouhu_module::{Access, App, Audit, AuditObject, Caller, Load, Looking, Method, Person, Problem, Proving, Route, door_of};
use shouhu_store::Sight;
use shouhu_wire::{DeviceKind, NONCE_HEADER, Proof};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

pub use shouhu_module::Purpose;
use crate::lately::{Lately, Somebody};
use crate::places::Whole;
use crate::turnstile::is_stranger;
use crate::{Metrics, Shedder, blot, idempotency, purpose};

/// A body that trickles in is cut off: 16 MiB in 60 s is 2.2 Mbit/s, which a patrol car has.
const BODY_TIME: Duration = Duration::from_secs(60);
/// What most routes take at most, and how long that may trickle: 50 kbit/s.
const SMALL_BODY_BYTES: usize = 64 * 1024;
const SMALL_BODY_TIME: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub struct Gate {
    pub app: App,
    pub route: Route,
    pub shedder: Shedder,
    pub metrics: Metrics,
    /// Where what saves lives is worked on; where it came in, if nowhere else.
    pub life: Option<Handle>,
    pub lately: Lately,
}

impl Gate {
    /// What saves lives goes before other work, once it is known who asks, or that a link was good lately.
    async fn first<F: Future>(&self, work: F) -> F::Output {
        if self.life.is_some() { shouhu_store::first(work).await } else { work.await }
    }

    /// To find out who asks goes first for those whom the house has known lately. A stranger with a token that he made up waits with all others.
    async fn look_for<F: Future>(&self, who: Option<Somebody>, looking: F) -> F::Output {
        if self.lately.has(who, Instant::now()) { self.first(looking).await } else { looking.await }
    }

    /// Whether the gate will let nobody in by what this request brings: its answer is known already, and saves no life.
    fn is_refused(&self, request: &Request) -> bool {
        is_stranger(request.headers()) && request.extensions().get::<Caller>().is_none() && stranger(&self.app, &self.route).is_some()
    }
}

pub async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let Some(life) = gate.life.clone().filter(|_| !gate.is_refused(&request)) else { return worked(Gate { life: None, ..gate }, request, next).await };
    let whole = request.extensions().get::<Whole>().cloned();
    match to_the_end(&life, whole, worked(gate, request, next)).await {
        Ok(response) => response,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "http.overloaded", "the server is stopping").retry_after_s(2).into_response(),
        },
    }
}

/// Works on what saves lives even when its asker has hung up. Until it is done his connection keeps its place, so that no more is worked on than there are connections:
/// whoever asks and hangs up, and asks again, has gained none.
pub(crate) fn to_the_end<F>(life: &Handle, whole: Option<Whole>, work: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let work = async move {
        let done = work.await;
        drop(whole);
        done
    };
    life.spawn(work.in_current_span())
}

async fn worked(gate: Gate, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let proof = Asked::of(request.headers(), request.method(), target_of(request.uri())).proof.map(ToOwned::to_owned);
    let mut response = match admit(&gate, request, next).await {
        Ok(response) | Err(Rejected::Answered(response)) => response,
        Err(Rejected::Problem(problem)) => problem.into_response(),
    };
    gate.metrics.request(gate.route.method.as_str(), gate.route.path, response.status().as_u16(), started.elapsed());
    // Whoever proved something with another nonce hears the one for the next time, whatever came of it.
    let nonce = proof.and_then(|proof| shouhu_identity::nonce_for(&gate.app, &proof)).and_then(|nonce| HeaderValue::from_str(&nonce).ok());
    if let Some(nonce) = nonce {
        response.headers_mut().insert(NONCE_HEADER, nonce);
    }
    response
}

pub fn target_of(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |target| target.as_str())
}

enum Rejected {
    Problem(Problem),
    Answered(Response),
}

impl From<Problem> for Rejected {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

async fn admit(gate: &Gate, request: Request, next: Next) -> Result<Response, Rejected> {
    let place = gate.shedder.enter(&gate.route).await?;
    let (mut parts, body) = request.into_parts();
    let whole_target = target_of(&parts.uri).to_owned();
    let asked = Asked::of(&parts.headers, &parts.method, &whole_target);
    let (target, proof) = (asked.target, asked.proof.map(ToOwned::to_owned));
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let said_purpose = if gate.route.audit == Audit::PersonalRead { purpose::said(&parts.headers, query) } else { None };
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|connection| connection.0.ip());
    let who = gate.lately.somebody(&gate.app, &parts.headers, peer);

    // A caller that is there already was put by a test in this process; nothing from the network can do that.
    let given = parts.extensions.get::<Caller>();
    let is_given = given.is_some();
    let known = match given {
        Some(caller) => Some(caller.clone()),
        // A device signs its body, so that the body must be read to know the device; no other door waits for one.
        None if takes_signatures(gate.route.access) && shouhu_identity::needs_body(&parts.headers) => {
            gate.look_for(who, shouhu_identity::check_device_named(&gate.app, &parts.headers)).await?;
            None
        }
        None if shouhu_identity::needs_body(&parts.headers) => Some(Caller::Nobody),
        None => Some(who_asks(gate, &asked, who, peer, None).await?),
    };
    // Whoever may not come in sends no body first.
    if let Some(caller) = &known {
        let_in(gate, caller, said_purpose.as_deref()).await?;
        // A person that a test gives has no session to judge.
        if !is_given {
            trusted(gate, caller, peer).await?;
        }
    }
    // Whoever sends slowly must not hold what others wait for; who sends much keeps the place, for the memory's sake.
    let is_small = gate.route.body_bytes_max <= SMALL_BODY_BYTES;
    let place = (!is_small).then_some(place);
    let is_stranger = matches!(known, Some(Caller::Nobody));
    let body_time = if is_small || is_stranger { SMALL_BODY_TIME } else { BODY_TIME };
    let body = read_body(body, gate.route.body_bytes_max, body_time).await?;
    let _place = match place {
        Some(place) => place,
        None => gate.shedder.enter(&gate.route).await?,
    };
    let caller = match known {
        Some(caller) => caller,
        None => {
            let caller = who_asks(gate, &asked, who, peer, Some(&body)).await?;
            let_in(gate, &caller, said_purpose.as_deref()).await?;
            caller
        }
    };
    if !is_given && let Caller::Person(person) = &caller {
        check_body(gate, person, peer, proof.as_deref(), &body).await?;
    }
    // The proof was for the door: neither handlers nor what they log see it.
    if target.len() < whole_target.len()
        && let Ok(uri) = target.parse()
    {
        parts.uri = uri;
    }
    let target = target.to_owned();
    let is_known = !matches!(caller, Caller::Nobody);
    let link = gate.lately.link(&parts.headers);
    let acting = act(gate, Come { parts, body, caller, said_purpose, target }, next);
    if is_known {
        return gate.first(acting).await;
    }
    // At a door of everybody's the handler finds out what a token opens. Where everybody is answered success proves nothing; where lives are saved
    // it wants a good link, and a cookie that came beside it has opened nothing.
    let answer = gate.look_for(link, acting).await?;
    if gate.life.is_some() && answer.status().is_success() {
        gate.lately.note(link, Instant::now());
    }
    Ok(answer)
}

/// A request of somebody who may come in, as handlers see it.
struct Come {
    parts: Parts,
    body: Bytes,
    caller: Caller,
    said_purpose: Option<String>,
    /// Path with query, without the proof.
    target: String,
}

async fn act(gate: &Gate, come: Come, next: Next) -> Result<Response, Rejected> {
    let Come { mut parts, body, caller, said_purpose, target } = come;
    let (eyes, sight) = (blot::eyes_of(&caller), sight_of(gate, &caller, said_purpose.as_deref()));
    let purpose = match gate.route.audit {
        // Whether a case is live is looked up: one that the caller may not see is none.
        Audit::PersonalRead => {
            let required = purpose::required(&gate.app, &parts.headers, parts.uri.query().unwrap_or_default());
            Some(eyes.look(sight.clone().look(required)).await?)
        }
        _ => None,
    };

    // Answers of security routes carry one-time tokens, of which only hashes are ever stored: they are not kept.
    let is_kept = gate.route.method == Method::Post && gate.route.audit != Audit::Security && matches!(caller, Caller::Person(_));
    let key = parts.headers.get(idempotency::HEADER).filter(|_| is_kept).map(idempotency::key_of).transpose()?;
    let actor = caller.named().0;
    if let Some(key) = &key {
        let method = gate.route.method.as_str();
        match idempotency::reserve(&gate.app, &actor, key, method, &target, &body).await? {
            idempotency::Reservation::Run => {}
            idempotency::Reservation::Replay { status, body: answer } => {
                let said = blot::Said::of(&parts.uri, purpose.as_ref(), &body);
                let replayed = blot::blot(gate, blot::eyes_of(&caller), &said, replayed(status, answer)).await;
                return Err(Rejected::Answered(replayed));
            }
        }
    }

    parts.extensions.insert(caller.clone());
    if let Some(purpose) = &purpose {
        parts.extensions.insert(purpose.clone());
    }
    let said = blot::Said::of(&parts.uri, purpose.as_ref(), &body);
    let work = eyes.look(sight.look(next.run(Request::from_parts(parts, Body::from(body)))));
    let response = match &key {
        Some(key) => idempotency::mark(&actor, key).along_with(work).await,
        None => work.await,
    };
    let response = release(gate, &caller, purpose, response).await;
    let response = blot::blot(gate, eyes, &said, response).await;
    match key {
        Some(key) => keep_answer(gate, &actor, &key, response).await.map_err(Rejected::from),
        None => Ok(response),
    }
}

/// Who asks. At a public door a cookie without its key is as good as none: the browser itself sends it along with links and pictures.
async fn who_asks(gate: &Gate, asked: &Asked<'_>, who: Option<Somebody>, peer: Option<IpAddr>, body: Option<&Bytes>) -> Result<Caller, Problem> {
    // A form of a sister site comes with the cookie, and its page may do nothing with it but arrive.
    if gate.route.sends_on.is_some() {
        return Ok(Caller::Nobody);
    }
    let is_waived = matches!(gate.route.proving, Proving::Waived(_));
    match gate.look_for(who, shouhu_identity::caller_of(&gate.app, asked, is_waived, body)).await {
        Ok(caller) => {
            if !matches!(caller, Caller::Nobody) {
                gate.lately.note(who, Instant::now());
            }
            Ok(caller)
        }
        Err(Refused::Problem(problem)) => Err(problem),
        Err(Refused::Unproved { .. }) if matches!(gate.route.access, Access::Public(_)) => Ok(Caller::Nobody),
        Err(Refused::Unproved { person, why }) => Err(doubt(gate, &person, peer, why).await),
    }
}

/// A route that waives the proof was asked without one, and has nothing to compare.
async fn check_body(gate: &Gate, person: &Person, peer: Option<IpAddr>, proof: Option<&str>, body: &Bytes) -> Result<(), Problem> {
    let is_about = proof.and_then(Proof::parse).is_some_and(|proof| proof.is_about(body));
    let is_free = matches!(gate.route.proving, Proving::Waived(_)) || matches!(gate.route.access, Access::Public(_));
    if is_about || is_free { Ok(()) } else { Err(doubt(gate, person, peer, Unproved::OtherBody).await) }
}

/// A live session's cookie without its key is a leaf: somebody else has the cookie. It says from where, so that a person can find out.
async fn doubt(gate: &Gate, person: &Person, peer: Option<IpAddr>, why: Unproved) -> Problem {
    let problem = Problem::of(&why);
    if !shouhu_identity::is_worth_telling(&gate.app, person, why) {
        return problem;
    }
    tracing::warn!(session = %person.session, %why, "a session's cookie came without its key");
    let caller = Caller::Person(person.clone());
    let from = peer.map_or_else(|| "an unknown address".to_owned(), |ip| ip.to_canonical().to_string());
    let object = format!("session {} from {from}: {why}", person.session);
    match gate.app.audit.append(entry(gate, &caller, None, "security", object, problem.status)).await {
        Ok(_) => problem,
        Err(error) => Problem::of(&error),
    }
}

/// Whether a device may stand at this door.
const fn takes_signatures(access: Access) -> bool {
    matches!(access, Access::Device | Access::Partner | Access::Public(_))
}

async fn let_in(gate: &Gate, caller: &Caller, said_purpose: Option<&str>) -> Result<(), Rejected> {
    match allowed(&gate.app, &gate.route, caller, said_purpose) {
        Ok(()) => Ok(gate.first(passes(gate, caller)).await?),
        Err(problem) => Err(deny(gate, caller, problem).await.into()),
    }
}

/// Whether what is known of the session speaks against this route (ADR 0022). A refusal is a leaf; so is a change, which identity writes itself.
async fn trusted(gate: &Gate, caller: &Caller, peer: Option<IpAddr>) -> Result<(), Rejected> {
    let Caller::Person(person) = caller else { return Ok(()) };
    let Err(problem) = shouhu_identity::trust_of(&gate.app, person, peer, &gate.route).await else { return Ok(()) };
    if problem.status >= 500 {
        return Err(problem.into());
    }
    // With its key: it is no want of a permission, and is counted apart from those.
    match gate.app.audit.append(entry(gate, caller, None, "security", problem.key.clone(), problem.status)).await {
        Ok(_) => Err(problem.into()),
        Err(error) => Err(Problem::of(&error).into()),
    }
}

/// What a partner sends is written down, and refused where somebody has switched the partner off.
async fn passes(gate: &Gate, caller: &Caller) -> Result<(), Problem> {
    let (Access::Partner, Caller::Device(device), Some(port)) = (gate.route.access, caller, gate.app.try_room::<SharingPort>()) else { return Ok(()) };
    let partner = Partner::device(device.id, &device.name);
    port.0.pass(Sharing { partner, direction: Direction::In, kind: gate.route.path.to_owned(), is_life: gate.route.load == Load::Life }).await
}

async fn read_body(body: Body, bytes_max: usize, body_time: Duration) -> Result<Bytes, Problem> {
    match tokio::time::timeout(body_time, Limited::new(body, bytes_max).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "http.body.too_large",
            format!("the body is larger than {bytes_max} bytes, the most that this route takes"),
        )),
        Ok(Err(_)) => Err(Problem::new(StatusCode::BAD_REQUEST, "http.body.broken", "the body ended before it was complete")),
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "http.body.slow", format!("the body took longer than {} s to arrive", body_time.as_secs()))),
    }
}

fn allowed(app: &App, route: &Route, caller: &Caller, said_purpose: Option<&str>) -> Result<(), Problem> {
    let sign_in = || Problem::new(StatusCode::UNAUTHORIZED, "identity.session_required", "sign in first");
    match (route.access, caller) {
        (Access::Public(_), _) | (Access::Session, Caller::Person(_)) => Ok(()),
        (Access::Device, Caller::Device(device)) if device.kind != DeviceKind::Partner => Ok(()),
        (Access::Partner, Caller::Device(device)) if device.kind == DeviceKind::Partner => Ok(()),
        (Access::Permission(name), Caller::Person(person)) => permitted(app, route, person, name, said_purpose),
        (Access::Device, _) => {
            Err(Problem::new(StatusCode::UNAUTHORIZED, "identity.device_required", "only an enrolled device may call this"))
        }
        (Access::Partner, _) => {
            Err(Problem::new(StatusCode::UNAUTHORIZED, "identity.device_required", "only the key of a partner's feed may call this"))
        }
        (Access::Undeclared, _) => {
            Err(Problem::new(StatusCode::FORBIDDEN, "identity.not_permitted", "this route declares no access"))
        }
        (Access::Session | Access::Permission(_), _) => Err(sign_in()),
    }
}

/// What is told to whoever proves nothing, before anything else of the request counts; `None` where he may come in.
pub(crate) fn stranger(app: &App, route: &Route) -> Option<Problem> {
    allowed(app, route, &Caller::Nobody, None).err()
}

/// Which rows the caller sees. Rules are about persons: devices, partners and whoever opens a public door are asked nothing, here as at the door.
fn sight_of(gate: &Gate, caller: &Caller, said_purpose: Option<&str>) -> Sight {
    let Caller::Person(person) = caller else { return Sight::whole() };
    let permission = match gate.route.access {
        Access::Permission(name) => Some(name),
        _ => None,
    };
    gate.app.sight(&Looking::of(person, permission, door_of(&gate.route), said_purpose, gate.app.env.now()))
}

/// By the rules of the house (ADR 0023). Whom a rule of the force refuses is told which, and why.
fn permitted(app: &App, route: &Route, person: &Person, permission: &str, said_purpose: Option<&str>) -> Result<(), Problem> {
    let decision = app.decide(person, permission, door_of(route), said_purpose);
    for fault in &decision.faults {
        tracing::error!(rule = fault.id, permission, "a rule of the force could not be evaluated");
    }
    if decision.is_permitted {
        return Ok(());
    }
    let detail = match decision.reasons.first() {
        Some(rule) => format!("a rule of this house forbids it: {} ({})", rule.why, rule.id),
        None => format!("the role {} does not have the permission {permission}", person.role.as_str()),
    };
    let mut problem = Problem::new(StatusCode::FORBIDDEN, "identity.not_permitted", detail);
    if let Some(rule) = decision.reasons.into_iter().next() {
        problem.params.extend([(RULE.to_owned(), rule.id), (WHY.to_owned(), rule.why)]);
    }
    Err(problem)
}

/// Names of the values that a refusal by a rule of the force carries.
const RULE: &str = "rule";
const WHY: &str = "why";

/// Which rule refused, for the leaf; nothing where the rooms' lists did.
fn refused_by(problem: &Problem) -> String {
    let (rule, why) = (problem.params.get(RULE), problem.params.get(WHY));
    rule.zip(why).map(|(rule, why)| format!("rule {rule}: {why}")).unwrap_or_default()
}

/// A signed-in person who tries a forbidden door is worth a leaf; strangers are only counted.
async fn deny(gate: &Gate, caller: &Caller, problem: Problem) -> Problem {
    if !matches!(caller, Caller::Person(_)) {
        return problem;
    }
    match gate.app.audit.append(entry(gate, caller, None, "security", refused_by(&problem), problem.status)).await {
        Ok(_) => problem,
        Err(error) => Problem::of(&error),
    }
}

fn entry(gate: &Gate, caller: &Caller, purpose: Option<Purpose>, class: &str, object: String, outcome: u16) -> Entry {
    let (actor, actor_name) = caller.named();
    let (code, case_ref) = purpose.map_or((None, None), |p| (Some(p.code), p.case_ref));
    Entry {
        at_us: gate.app.env.now(),
        actor,
        actor_name,
        action: format!("{} {}", gate.route.method.as_str(), gate.route.path),
        class: class.to_owned(),
        purpose: code,
        case_ref,
        object,
        outcome,
    }
}

/// Log before release: the leaf is durable, or the answer is withheld.
async fn release(gate: &Gate, caller: &Caller, purpose: Option<Purpose>, response: Response) -> Response {
    let Some(class) = gate.route.audit.class() else { return response };
    let object = response.extensions().get::<AuditObject>().map(|o| o.0.clone()).unwrap_or_default();
    let leaf = entry(gate, caller, purpose, class, object, response.status().as_u16());
    match gate.app.audit.append(leaf).await {
        Ok(_) => response,
        Err(error) => Problem::of(&error).into_response(),
    }
}

async fn keep_answer(gate: &Gate, actor: &str, key: &str, response: Response) -> Result<Response, Problem> {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    idempotency::keep(&gate.app, actor, key, parts.status, &bytes).await?;
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn replayed(status: StatusCode, body: Bytes) -> Response {
    let media = if status.is_success() { "application/json" } else { "application/problem+json" };
    let mut response = (status, [(header::CONTENT_TYPE, media)], body).into_response();
    response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    response
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::HeaderMap;
    use axum::middleware::from_fn_with_state;
    use shouhu_module::Module;
    use shouhu_wire::Role;
    use tower::ServiceExt as _;

    use super::*;
    use crate::testing::House;

    const CRIES: Route = Route::post("/v1/trial/cries", "Cries for help", || axum::routing::post(cries))
        .access(Access::Session)
        .audit(Audit::None("a trial"))
        .load(Load::Life);

    const OPEN: Route = Route::get("/v1/trial/open", "Something for everybody", || axum::routing::get(open))
        .access(Access::Public("a trial"))
        .audit(Audit::None("a trial"));

    const CALLS: Route = Route::post("/v1/trial/calls", "A word of whoever has a link", || axum::routing::post(calls))
        .access(Access::Public("a trial"))
        .audit(Audit::None("a trial"))
        .load(Load::Life);

    static MODULES: &[Module] = &[crate::MODULE, shouhu_identity::MODULE];

    async fn open() -> StatusCode {
        StatusCode::NO_CONTENT
    }

    async fn calls(headers: HeaderMap) -> StatusCode {
        if shouhu_module::authorization(&headers) == Some("Bearer good") { StatusCode::NO_CONTENT } else { StatusCode::UNAUTHORIZED }
    }

    async fn cries() -> &'static str {
        if shouhu_store::is_first() { "first" } else { "with all others" }
    }

    fn gate(house: &House, life: Option<Handle>) -> Gate {
        let (shedder, metrics) = (Shedder::default(), Metrics::default());
        Gate { app: house.app.clone(), route: CRIES, shedder, metrics, life, lately: Lately::default() }
    }

    /// Found by reading: whoever made up a cookie was looked for by the readers that are kept free for those who cry for help.
    #[tokio::test]
    async fn a_made_up_cookie_is_looked_for_with_all_others_and_one_that_was_good_lately_before_them() {
        let house = House::open(MODULES).await;
        let cookie = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static("shouhu_session=a"))]);
        for (life, goes_first) in [(Some(Handle::current()), true), (None, false)] {
            let gate = gate(&house, life);
            let who = gate.lately.somebody(&house.app, &cookie, None);
            assert!(!gate.look_for(who, async { shouhu_store::is_first() }).await);
            gate.lately.note(who, Instant::now());
            assert_eq!(gate.look_for(who, async { shouhu_store::is_first() }).await, goes_first);
        }
    }

    /// Found by reading: every door of everybody's answers a made-up cookie with success, and it was taken for one that the house knows.
    #[tokio::test]
    async fn at_a_door_of_everybodys_nothing_becomes_known_but_a_link_that_has_opened_what_saves_lives() {
        const MADE_UP: &str = "shouhu_session=made-up";
        let house = House::open(MODULES).await;
        for (route, life, link, wanted) in [
            (OPEN, None, "Bearer good", (204, false)),
            (CALLS, Some(Handle::current()), "Bearer made-up", (401, false)),
            (CALLS, Some(Handle::current()), "Bearer good", (204, true)),
        ] {
            let gate = Gate { route, ..gate(&house, life) };
            let lately = gate.lately.clone();
            let mount = (route.mount)().layer(from_fn_with_state(gate, pass));
            let router = Router::new().route(route.path, mount).with_state(house.app.clone());
            let asked = axum::http::Request::builder().method(route.method.as_str()).uri(route.path);
            let asked = asked.header(header::COOKIE, MADE_UP).header(header::AUTHORIZATION, link).body(Body::empty());
            let answer = router.oneshot(asked.unwrap_or_default()).await.unwrap_or_else(|e| match e {});
            let is_known = |name: header::HeaderName, said: &'static str| {
                let brings = HeaderMap::from_iter([(name, HeaderValue::from_static(said))]);
                lately.has(lately.somebody(&house.app, &brings, None), Instant::now())
            };
            assert_eq!((answer.status().as_u16(), is_known(header::AUTHORIZATION, link)), wanted, "{} {link}", route.path);
            assert!(!is_known(header::COOKIE, MADE_UP), "{} {link}", route.path);
        }
    }

    #[tokio::test]
    async fn what_saves_lives_is_done_first_once_it_is_known_who_asks() {
        let house = House::open(MODULES).await;
        for (life, wanted) in [(Some(Handle::current()), "first"), (None, "with all others")] {
            let mount = (CRIES.mount)().layer(from_fn_with_state(gate(&house, life), pass));
            let router = Router::new().route(CRIES.path, mount).with_state(house.app.clone());
            let asked = axum::http::Request::post(CRIES.path).extension(house.person(Role::Officer)).body(Body::empty());
            let answer = router.oneshot(asked.unwrap_or_default()).await.unwrap_or_else(|e| match e {});
            let said = axum::body::to_bytes(answer.into_body(), 100).await.unwrap_or_default();
            assert_eq!(String::from_utf8_lossy(&said), wanted);
        }
    }
}
