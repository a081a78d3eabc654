//! What a dispatcher sees of whoever calls: the link, where the phone is and how sure that is, and what was written; and the answer to it.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_events::Event;
use shouhu_ids::{CallId, IncidentId, Micros};
use shouhu_module::ports::RoadTimesPort;
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, Person, Problem, Route};
use shouhu_place::Wgs84;
use shouhu_store::{Store, StoreError};

use super::caller_link::{CallerError, held, live_link, may_see};
use super::incident_get::visible;
use crate::caller::book::{self, AddError, NewWord, WordRow};
use crate::caller::{LinkRow, LinkState, Side, Trouble, WordError, checked_word, judged};
use crate::calls;
use crate::model::Items;
use crate::positions::{Fix, OFF_ROAD_M};

pub const SHOW: Route = Route::get("/v1/calls/{id}/caller", "Show where whoever calls is, and what they wrote", || axum::routing::get(show))
    .permission("calls.take")
    .audit(Audit::WorkRead)
    .load(Load::Life)
    .gives::<CallerView>();

pub const OF_INCIDENT: Route =
    Route::get("/v1/incidents/{id}/callers", "Show the callers of an incident: where they are, and what they wrote", || axum::routing::get(of_incident))
        .permission("calls.take")
        .audit(Audit::WorkRead)
        .load(Load::Life)
        .gives::<Items<CallerView>>();

pub const LIVE: Route =
    Route::get("/v1/callers", "List the callers whose link is open, with how many messages nobody has read", || axum::routing::get(live))
        .permission("calls.take")
        .audit(Audit::WorkRead)
        .load(Load::Life)
        .gives::<Items<LiveCaller>>();

pub const ANSWER: Route = Route::post("/v1/calls/{id}/caller/answer", "Write to whoever calls", || axum::routing::post(answer_one))
    .permission("calls.take")
    .audit(Audit::Write)
    .load(Load::Life)
    .takes::<AnswerCaller>()
    .gives::<CallerView>();

pub const READ: Route =
    Route::post("/v1/calls/{id}/caller/read", "Say that the caller's messages were read, up to one of them", || axum::routing::post(read_some))
        .permission("calls.take")
        .audit(Audit::Write)
        .load(Load::Life)
        .takes::<ReadCaller>()
        .gives::<CallerView>();

/// One incident has a handful; a street that is shaken has more, of which these came first.
const CALLS_MAX: i64 = 20;
const LIVE_MAX: i64 = 100;

/// A caller, as a dispatcher who may see the call sees them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallerView {
    pub call: CallId,
    /// Of the call.
    pub number: String,
    /// The newest; null before any was made.
    pub link: Option<CallerLink>,
    /// The place that is believed.
    pub place: Option<CallerPlace>,
    /// A later one that nobody can have got to from there, until others agree with it.
    pub doubted: Option<CallerPlace>,
    /// As they were written.
    pub words: Vec<CallerWord>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallerLink {
    pub state: LinkState,
    pub made_at_us: Micros,
    pub expires_at_us: Micros,
    pub opened_at_us: Option<Micros>,
    pub agreed_at_us: Option<Micros>,
    pub sharing_since_us: Option<Micros>,
    /// When the page last asked for news, to within ten seconds.
    pub heard_at_us: Option<Micros>,
    /// Whoever holds the phone must not be heard: do not ring it.
    pub is_silent: bool,
    pub trouble: Option<Trouble>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallerPlace {
    pub position: Wgs84,
    /// Radius within which the phone is at 95 % confidence, as W3C Geolocation defines it.
    pub accuracy_m: f64,
    pub measured_at_us: Micros,
    /// Set where it lies so far from every road that it is doubtful.
    pub off_road_m: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallerWord {
    pub seq: i64,
    pub side: Side,
    pub at_us: Micros,
    /// Which dispatcher wrote it.
    pub by_name: Option<String>,
    pub text: String,
    /// When the other side had it before its eyes.
    pub read_at_us: Option<Micros>,
}

impl From<WordRow> for CallerWord {
    fn from(row: WordRow) -> Self {
        Self { seq: row.seq, side: row.side, at_us: row.at, by_name: row.by_name, text: row.text, read_at_us: row.read_at }
    }
}

/// One line of `GET /v1/callers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LiveCaller {
    pub call: CallId,
    pub number: String,
    /// What the call became; null while it is in hand.
    pub incident: Option<IncidentId>,
    pub state: LinkState,
    pub is_silent: bool,
    /// Messages of the caller's that nobody has read.
    pub unread: u64,
}

/// `POST /v1/calls/{id}/caller/answer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerCaller {
    /// Made by whoever writes: sent again, it is the same message.
    pub key: String,
    /// 1 to 500 characters.
    pub text: String,
}

/// `POST /v1/calls/{id}/caller/read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReadCaller {
    /// `seq` of the last message that was read.
    pub through: i64,
}

#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    #[error(transparent)]
    Caller(#[from] CallerError),
    #[error(transparent)]
    Word(#[from] WordError),
}

impl From<StoreError> for AnswerError {
    fn from(error: StoreError) -> Self {
        Self::Caller(error.into())
    }
}

impl From<AddError> for AnswerError {
    fn from(error: AddError) -> Self {
        match error {
            AddError::Word(error) => Self::Word(error),
            AddError::Store(error) => error.into(),
        }
    }
}

impl Keyed for AnswerError {
    fn key(&self) -> &'static str {
        match self {
            Self::Caller(error) => error.key(),
            Self::Word(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Caller(error) => error.status(),
            Self::Word(error) => error.status(),
        }
    }
}

impl Keyed for WordError {
    fn key(&self) -> &'static str {
        match self {
            Self::Empty => "dispatch.caller.empty",
            Self::TooLong { .. } => "dispatch.caller.too_long",
            Self::Key { .. } => "dispatch.caller.key",
            Self::TooMany => "dispatch.caller.too_many_words",
            Self::TooFast => "dispatch.caller.too_fast",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::TooMany => StatusCode::CONFLICT,
            Self::TooFast => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

fn told(link: &LinkRow, now: Micros) -> CallerLink {
    CallerLink {
        state: link.state(now),
        made_at_us: link.made_at,
        expires_at_us: link.expires_at,
        opened_at_us: link.opened_at,
        agreed_at_us: link.agreed_at,
        sharing_since_us: link.sharing_since,
        heard_at_us: link.heard_at,
        is_silent: link.is_silent,
        trouble: link.trouble,
    }
}

fn place(roads: Option<&RoadTimesPort>, fix: &Fix) -> CallerPlace {
    let off_road_m = roads.and_then(|roads| roads.0.off_road_m(fix.position)).filter(|metres| *metres > OFF_ROAD_M);
    CallerPlace { position: fix.position, accuracy_m: fix.accuracy_m.unwrap_or(0.0), measured_at_us: fix.measured_at, off_road_m }
}

/// What a dispatcher who may see the call sees of its caller.
///
/// # Errors
/// When the call is not the person's to see.
pub async fn seen(store: &Store, roads: Option<&RoadTimesPort>, by: &Person, id: CallId) -> Result<CallerView, CallerError> {
    let call = calls::one(store, id).await?.ok_or(CallerError::NotFound)?;
    may_see(&call, by)?;
    let link = book::newest(store, id).await?;
    let (fix, doubted) = judged(&book::fixes(store, id).await?).unzip();
    let words = book::words(store, id).await?;
    Ok(CallerView {
        call: id,
        number: call.number,
        link: link.map(|link| told(&link, store.env().now())),
        place: fix.map(|fix| place(roads, &fix)),
        doubted: doubted.flatten().map(|fix| place(roads, &fix)),
        words: words.into_iter().map(CallerWord::from).collect(),
    })
}

/// As `seen`, with what the map says about the place.
///
/// # Errors
/// As `seen`.
pub async fn view(app: &App, by: &Person, id: CallId) -> Result<CallerView, CallerError> {
    seen(&app.store, app.try_room::<RoadTimesPort>().as_deref(), by, id).await
}

/// Writes to the caller. Sent again it is the same message.
///
/// # Errors
/// When the call is not the person's, or nobody can read it.
pub async fn answer(store: &Store, by: &Person, id: CallId, body: &AnswerCaller) -> Result<(), AnswerError> {
    let text = checked_word(&body.key, &body.text)?;
    let mut tx = store.begin().await?;
    let call = held(&mut tx, by, id).await?;
    let link = live_link(&mut tx, store, &call).await?;
    let word = NewWord { side: Side::Centre, key: &body.key, text: &text, by_name: Some(&by.name) };
    if book::add_word(&mut tx, &link, &word, store.env().now()).await? {
        tx.emit(&Event::CallerChanged { call: id, is_place_only: false }).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Whoever reads them last, they were read: a person who has the call, or works on its incident.
///
/// # Errors
/// When the call is not the person's.
pub async fn read(store: &Store, by: &Person, id: CallId, through: i64) -> Result<(), CallerError> {
    let mut tx = store.begin().await?;
    let call = calls::lock(&mut tx, id).await?.ok_or(CallerError::NotFound)?;
    may_see(&call, by)?;
    if book::mark_read(&mut tx, id, through, store.env().now()).await? > 0 {
        tx.emit(&Event::CallerChanged { call: id, is_place_only: false }).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn show(State(app): State<App>, person: Person, Id(id): Id<CallId>) -> Result<Audited<CallerView>, Problem> {
    let caller = view(&app, &person, id).await?;
    Ok(Audited::new(format!("{} caller", caller.number), caller))
}

async fn of_incident(State(app): State<App>, person: Person, Id(id): Id<IncidentId>) -> Result<Audited<Items<CallerView>>, Problem> {
    let incident = visible(&app, &person, id).await?;
    let mut items = Vec::new();
    for call in book::calls_of(&app.store, id, CALLS_MAX).await? {
        items.push(view(&app, &person, call).await?);
    }
    Ok(Audited::new(format!("{} callers of {}", items.len(), incident.number), Items { items }))
}

async fn live(State(app): State<App>, person: Person) -> Result<Audited<Items<LiveCaller>>, Problem> {
    let now = app.env.now();
    let found = book::live(&app.store, person.id, LIVE_MAX).await?;
    let items: Vec<LiveCaller> = found
        .into_iter()
        .map(|waiting| LiveCaller {
            state: waiting.link.state(now),
            call: waiting.link.call,
            number: waiting.link.number,
            incident: waiting.incident,
            is_silent: waiting.link.is_silent,
            unread: u64::try_from(waiting.unread).unwrap_or(0),
        })
        .collect();
    Ok(Audited::new(format!("{} callers with an open link", items.len()), Items { items }))
}

async fn answer_one(
    State(app): State<App>,
    person: Person,
    Id(id): Id<CallId>,
    Body(body): Body<AnswerCaller>,
) -> Result<Audited<CallerView>, Problem> {
    answer(&app.store, &person, id, &body).await?;
    let caller = view(&app, &person, id).await?;
    Ok(Audited::new(format!("{} answer to the caller", caller.number), caller))
}

async fn read_some(
    State(app): State<App>,
    person: Person,
    Id(id): Id<CallId>,
    Body(body): Body<ReadCaller>,
) -> Result<Audited<CallerView>, Problem> {
    read(&app.store, &person, id, body.through).await?;
    let caller = view(&app, &person, id).await?;
    Ok(Audited::new(format!("{} messages of the caller read", caller.number), caller))
}
