//! What the caller's own page asks and says: without an account, by the token of a link that a dispatcher made.
//!
//! The token comes in a header, never in an address that somebody logs. A wrong one is counted by the address it came from; what a right one
//! may cost is bounded by its call. Nothing here writes a leaf: the callers speak for themselves, their words are kept as rows with their
//! time, and whoever reads those leaves one.

use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_events::Event;
use shouhu_identity::{Peer, token_hash};
use shouhu_ids::Micros;
use shouhu_module::{Access, App, Audit, Bearer, Body, Keyed, Load, NoBody, Problem, Route};
use shouhu_place::Wgs84;
use shouhu_store::{Store, StoreError, Tx, params, tag_of};

use super::caller_watch::CallerWord;
use crate::caller::book::{self, AddError, NewWord};
use crate::caller::{FIX_EVERY_US, HEARD_EVERY_US, Limits, LinkRow, LinkState, PlaceError, Side, Trouble, WordError, checked_fix, checked_word};
use crate::calls;

const WHY_PUBLIC: Access = Access::Public("whoever calls has no account: the token of a link that a dispatcher made opens one call");
const LINK: Bearer = Bearer {
    name: "caller_link",
    description: "The token of a link that a dispatcher sent to a caller: what stands behind the # of its address.",
};
const WHY_NO_LEAF: Audit = Audit::None("callers speak for themselves; whoever reads what they said leaves a leaf");

const fn public(route: Route) -> Route {
    route.access(WHY_PUBLIC).opened_by(LINK).audit(WHY_NO_LEAF).load(Load::Life)
}

pub const LOOK: Route = public(Route::post("/v1/caller/look", "Read what the centre wrote to the caller, and say how the page stands", || {
    axum::routing::post(look)
}))
.takes::<Look>()
.gives::<CallerPage>();

pub const AGREE: Route =
    public(Route::post("/v1/caller/agree", "Agree, as the caller, to be seen and read", || axum::routing::post(agree))).takes::<NoBody>().gives::<CallerPage>();

pub const SHARE: Route =
    public(Route::post("/v1/caller/share", "Begin or stop, as the caller, to show where one is", || axum::routing::post(share)))
        .takes::<ShareCaller>()
        .gives::<CallerPage>();

pub const PLACE: Route = public(Route::post("/v1/caller/place", "Say, as the caller, where one is", || axum::routing::post(place)))
    .takes::<PlaceCaller>()
    .gives::<PlaceTaken>();

pub const WORD: Route = public(Route::post("/v1/caller/words", "Write, as the caller, to the centre", || axum::routing::post(word)))
    .takes::<WriteCaller>()
    .gives::<CallerPage>();

/// `POST /v1/caller/look`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Look {
    /// `seq` of the last message that the page shows; only later ones are told.
    #[serde(default)]
    pub after: i64,
    /// Whoever holds the phone must not be heard.
    #[serde(default)]
    pub is_silent: bool,
    /// Why the page has no place to show, if it tried.
    #[serde(default)]
    pub trouble: Option<Trouble>,
}

/// What the caller's page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallerPage {
    /// Of the call, to name it on another line.
    pub number: String,
    pub is_agreed: bool,
    pub is_sharing: bool,
    /// For how long the link still opens anything; counted here, for a phone's clock may be wrong.
    pub rest_s: i64,
    /// Messages after the one that the page named, of this link only.
    pub words: Vec<CallerWord>,
    /// `seq` of the last message of the caller's that the centre has read; 0 before any.
    pub read_through: i64,
}

/// `POST /v1/caller/share`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShareCaller {
    pub is_on: bool,
}

/// `POST /v1/caller/place`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlaceCaller {
    pub position: Wgs84,
    /// 0 to 50,000.
    pub accuracy_m: f64,
    /// How long ago it was measured: a phone's clock may be years off, its intervals are not.
    pub age_ms: i64,
}

/// What became of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlaceTaken {
    /// False for one that came within a second of the last, which is enough.
    pub is_kept: bool,
}

/// `POST /v1/caller/words`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WriteCaller {
    /// Made by the page: sent again, it is the same message.
    pub key: String,
    /// 1 to 500 characters.
    pub text: String,
    /// As in `look`.
    #[serde(default)]
    pub after: i64,
}

#[derive(Debug, thiserror::Error)]
pub enum PageError {
    #[error("no link has this token")]
    Unknown,
    #[error("too many wrong tokens from this address: wait {wait_s} s")]
    TooManyTries { wait_s: u32 },
    #[error("this page asks too often: wait {wait_s} s")]
    TooOften { wait_s: u32 },
    #[error("this link has lasted its time: ask for another one, or dial 110")]
    Expired,
    #[error("this link was taken back: dial 110")]
    Revoked,
    #[error("this call is dealt with: dial 110 if you need help again")]
    Ended,
    #[error("agree first: nothing is taken before that")]
    NotAgreed,
    #[error("sharing is stopped: nothing is taken until it begins again")]
    NotSharing,
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error(transparent)]
    Word(#[from] WordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AddError> for PageError {
    fn from(error: AddError) -> Self {
        match error {
            AddError::Word(error) => Self::Word(error),
            AddError::Store(error) => Self::Store(error),
        }
    }
}

impl Keyed for PageError {
    fn key(&self) -> &'static str {
        match self {
            Self::Unknown => "dispatch.caller.unknown",
            Self::TooManyTries { .. } => "dispatch.caller.too_many_tries",
            Self::TooOften { .. } => "dispatch.caller.too_often",
            Self::Expired => "dispatch.caller.expired",
            Self::Revoked => "dispatch.caller.revoked",
            Self::Ended => "dispatch.caller.ended",
            Self::NotAgreed => "dispatch.caller.not_agreed",
            Self::NotSharing => "dispatch.caller.not_sharing",
            Self::Place(PlaceError::Stale { .. }) => "dispatch.caller.stale",
            Self::Place(PlaceError::Vague { .. }) => "dispatch.caller.vague",
            Self::Place(PlaceError::Fix(error)) => error.key(),
            Self::Word(error) => error.key(),
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::UNAUTHORIZED,
            Self::TooManyTries { .. } | Self::TooOften { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Expired | Self::Revoked | Self::Ended => StatusCode::GONE,
            Self::NotAgreed | Self::NotSharing => StatusCode::CONFLICT,
            Self::Place(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Word(error) => error.status(),
            Self::Store(error) => error.status(),
        }
    }
}

impl PageError {
    fn problem(&self) -> Problem {
        match self {
            Self::TooManyTries { wait_s } | Self::TooOften { wait_s } => Problem::of(self).retry_after_s(*wait_s),
            _ => Problem::of(self),
        }
    }
}

/// The link that a request's token names, when it still opens something.
pub struct Holder(LinkRow);

fn ended(state: LinkState) -> Option<PageError> {
    match state {
        LinkState::Expired => Some(PageError::Expired),
        LinkState::Revoked => Some(PageError::Revoked),
        LinkState::Over => Some(PageError::Ended),
        LinkState::Sent | LinkState::Opened | LinkState::Agreed | LinkState::Sharing => None,
    }
}

async fn whose(app: &App, token: Option<&str>, peer: Peer) -> Result<LinkRow, PageError> {
    let (limits, now) = (app.room::<Limits>(), app.env.now());
    let link = match token.map(token_hash) {
        Some(hash) => book::by_token(&app.store, &hash).await?,
        None => None,
    };
    let Some(link) = link else {
        // Only wrong ones are counted: a hundred callers may stand behind one address of their operator.
        if let Some(wait_s) = limits.wrong.wait_s(now, peer) {
            return Err(PageError::TooManyTries { wait_s });
        }
        limits.wrong.failed(now, peer);
        return Err(PageError::Unknown);
    };
    if let Some(wait_s) = limits.paces.wait_s(link.call, now) {
        return Err(PageError::TooOften { wait_s });
    }
    ended(link.state(now)).map_or(Ok(link), Err)
}

impl axum::extract::FromRequestParts<App> for Holder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Ok(peer) = Peer::from_request_parts(parts, app).await;
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer "));
        whose(app, token, peer).await.map(Self).map_err(|error| error.problem())
    }
}

/// The link as it stands now that nobody else changes anything about its call.
async fn held(tx: &mut Tx, store: &Store, link: &LinkRow) -> Result<LinkRow, PageError> {
    calls::lock(tx, link.call).await?.ok_or(PageError::Unknown)?;
    let link = book::again(tx, link).await?;
    ended(link.state(store.env().now())).map_or(Ok(link), Err)
}

async fn page_of(store: &Store, link: &LinkRow, after: i64) -> Result<CallerPage, PageError> {
    Ok(CallerPage {
        number: link.number.clone(),
        is_agreed: link.agreed_at.is_some(),
        is_sharing: link.sharing_since.is_some(),
        rest_s: link.expires_at.since(store.env().now()) / Micros::SECOND,
        words: book::words_after(store, link, after).await?.into_iter().map(CallerWord::from).collect(),
        read_through: book::read_through(store, link).await?,
    })
}

/// Reads, and writes down what is new about the page: that it was opened, that it is silent, that it is still there.
///
/// # Errors
/// When the link opens nothing any more.
pub async fn looked(store: &Store, link: &LinkRow, asked: Look) -> Result<CallerPage, PageError> {
    let now = store.env().now();
    let is_heard = link.heard_at.is_some_and(|at| now.since(at) < HEARD_EVERY_US);
    let is_same = link.opened_at.is_some() && link.is_silent == asked.is_silent && link.trouble == asked.trouble;
    // What the page shows by now, it has shown: nothing was told to it that is later.
    let has_unread = book::has_unread(store, link, asked.after).await?;
    if is_heard && is_same && !has_unread {
        return page_of(store, link, asked.after).await;
    }
    let mut tx = store.begin().await?;
    let link = held(&mut tx, store, link).await?;
    let read = book::mark_shown(&mut tx, &link, asked.after, now).await?;
    let sql = "UPDATE dispatch_caller_link SET opened_at_us = COALESCE(opened_at_us, $1), heard_at_us = $1, is_silent = $2, trouble = $3 \
         WHERE call = $4 AND turn = $5";
    let trouble = asked.trouble.map(|trouble| tag_of(&trouble));
    tx.execute(sql, params![now, asked.is_silent, trouble, link.call, link.turn]).await?;
    if !is_same || read > 0 {
        tx.emit(&Event::CallerChanged { call: link.call, is_place_only: false }).await?;
    }
    tx.commit().await?;
    page_of(store, &link, asked.after).await
}

/// Agrees. Again changes nothing.
///
/// # Errors
/// When the link opens nothing any more.
pub async fn agreed(store: &Store, link: &LinkRow) -> Result<CallerPage, PageError> {
    let mut tx = store.begin().await?;
    let link = held(&mut tx, store, link).await?;
    let now = store.env().now();
    let sql = "UPDATE dispatch_caller_link SET agreed_at_us = $1, opened_at_us = COALESCE(opened_at_us, $1) \
         WHERE call = $2 AND turn = $3 AND agreed_at_us IS NULL";
    if tx.execute(sql, params![now, link.call, link.turn]).await? > 0 {
        tx.emit(&Event::CallerChanged { call: link.call, is_place_only: false }).await?;
    }
    tx.commit().await?;
    page_of(store, &LinkRow { agreed_at: Some(now), ..link }, i64::MAX).await
}

/// Begins or stops to show where the phone is.
///
/// # Errors
/// Before its owner agreed.
pub async fn shared(store: &Store, link: &LinkRow, is_on: bool) -> Result<CallerPage, PageError> {
    let mut tx = store.begin().await?;
    let link = held(&mut tx, store, link).await?;
    if link.agreed_at.is_none() {
        return Err(PageError::NotAgreed);
    }
    let since = is_on.then(|| store.env().now());
    if link.sharing_since.is_some() != is_on {
        let sql = "UPDATE dispatch_caller_link SET sharing_since_us = $1 WHERE call = $2 AND turn = $3";
        tx.execute(sql, params![since, link.call, link.turn]).await?;
        tx.emit(&Event::CallerChanged { call: link.call, is_place_only: false }).await?;
    }
    tx.commit().await?;
    page_of(store, &LinkRow { sharing_since: since, ..link }, i64::MAX).await
}

/// Keeps a place.
///
/// # Errors
/// When it cannot be one, or its owner does not show it.
pub async fn placed(store: &Store, link: &LinkRow, told: &PlaceCaller) -> Result<PlaceTaken, PageError> {
    let fix = checked_fix(told.position, told.accuracy_m, told.age_ms, store.env().now())?;
    let mut tx = store.begin().await?;
    let link = held(&mut tx, store, link).await?;
    if link.agreed_at.is_none() {
        return Err(PageError::NotAgreed);
    }
    // One that was under way when its owner stopped must not undo that.
    if link.sharing_since.is_none() {
        return Err(PageError::NotSharing);
    }
    let now = store.env().now();
    let last = book::last_fix(&mut tx, link.call).await?;
    if last.is_some_and(|(_, at)| now.since(at) < FIX_EVERY_US) {
        return Ok(PlaceTaken { is_kept: false });
    }
    book::add_fix(&mut tx, link.call, last.map_or(1, |(seq, _)| seq + 1), &fix, now).await?;
    tx.commit().await?;
    Ok(PlaceTaken { is_kept: true })
}

/// Keeps a message. Sent again it is the same one.
///
/// # Errors
/// When it says nothing or too much, or there are too many.
pub async fn written(store: &Store, link: &LinkRow, body: &WriteCaller) -> Result<CallerPage, PageError> {
    let text = checked_word(&body.key, &body.text)?;
    let mut tx = store.begin().await?;
    let link = held(&mut tx, store, link).await?;
    if link.agreed_at.is_none() {
        return Err(PageError::NotAgreed);
    }
    let word = NewWord { side: Side::Caller, key: &body.key, text: &text, by_name: None };
    if book::add_word(&mut tx, &link, &word, store.env().now()).await? {
        tx.emit(&Event::CallerChanged { call: link.call, is_place_only: false }).await?;
        tx.commit().await?;
    } else {
        // Not held while the page is read.
        drop(tx);
    }
    page_of(store, &link, body.after).await
}

async fn look(State(app): State<App>, Holder(link): Holder, Body(asked): Body<Look>) -> Result<Json<CallerPage>, Problem> {
    looked(&app.store, &link, asked).await.map(Json).map_err(|error| error.problem())
}

async fn agree(State(app): State<App>, Holder(link): Holder) -> Result<Json<CallerPage>, Problem> {
    agreed(&app.store, &link).await.map(Json).map_err(|error| error.problem())
}

async fn share(State(app): State<App>, Holder(link): Holder, Body(body): Body<ShareCaller>) -> Result<Json<CallerPage>, Problem> {
    shared(&app.store, &link, body.is_on).await.map(Json).map_err(|error| error.problem())
}

async fn place(State(app): State<App>, Holder(link): Holder, Body(told): Body<PlaceCaller>) -> Result<Json<PlaceTaken>, Problem> {
    let taken = placed(&app.store, &link, &told).await.map_err(|error| error.problem())?;
    if taken.is_kept {
        // A row in the outbox for each second of each caller would bury it; whoever misses one reads the next.
        app.hub.stream_only(&app.store, Event::CallerChanged { call: link.call, is_place_only: true });
    }
    Ok(Json(taken))
}

async fn word(State(app): State<App>, Holder(link): Holder, Body(body): Body<WriteCaller>) -> Result<Json<CallerPage>, Problem> {
    written(&app.store, &link, &body).await.map(Json).map_err(|error| error.problem())
}
