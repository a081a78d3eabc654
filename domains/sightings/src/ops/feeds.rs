//! `/v1/sightings/feeds`: which partners send what, and how it is read.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{DeviceId, Micros};
use shouhu_module::{App, Audit, Audited, Body, Id, NoBody, Page, PageQuery, Params, Person, Problem, Route, page_limit};
use shouhu_wire::{DeviceKind, SightingClass};

use crate::feeds::store::{self, Feed};
use crate::feeds::{FeedError, FeedMapping, NAME_CHARS_MAX};

pub const LIST: Route = Route::get("/v1/sightings/feeds", "Lists feeds of gantries, car parks and partners, each with its last file's report", || axum::routing::get(list))
    .permission("sightings.feeds")
    .audit(Audit::None("names of feeds and numbers of rows name nobody"))
    .asks::<PageQuery>()
    .gives::<Page<Feed>>();

pub const DEFINE: Route = Route::post("/v1/sightings/feeds", "Makes a feed, or changes its mapping, device or expiry", || axum::routing::post(define))
    .permission("sightings.feeds")
    .audit(Audit::Write)
    .takes::<DefineFeed>()
    .gives::<Feed>();

pub const END: Route = Route::post("/v1/sightings/feeds/{feed}/end", "Ends a feed for ever; its passages stay until their retention is over", || axum::routing::post(end))
    .permission("sightings.feeds")
    .audit(Audit::Write)
    .takes::<NoBody>()
    .gives::<Feed>();

const FEED_NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=40;

/// Last part of a feed's path, and the name of its drop folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct FeedName(#[schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]{1,39}$"))] String);

impl FeedName {
    /// # Errors
    /// When it is not 2 to 40 lower-case letters, digits and hyphens, beginning with no hyphen.
    pub fn parse(text: &str) -> Result<Self, FeedError> {
        let is_good = FEED_NAME_CHARS.contains(&text.len())
            && !text.starts_with('-')
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if is_good { Ok(Self(text.to_owned())) } else { Err(FeedError::Name(text.chars().take(60).collect())) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for FeedName {
    type Error = FeedError;

    fn try_from(text: String) -> Result<Self, FeedError> {
        Self::parse(&text)
    }
}

impl From<FeedName> for String {
    fn from(name: FeedName) -> Self {
        name.0
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DefineFeed {
    pub name: String,
    pub title: String,
    /// `parking`, `gantry` or `partner`; it stays as it is once given.
    pub class: SightingClass,
    pub mapping: FeedMapping,
    /// The enrolled device of kind `partner` whose key may push to this feed, and to nothing else.
    #[serde(default)]
    pub device: Option<DeviceId>,
    /// End of the agreement with the partner; nothing is taken from then on.
    #[serde(default)]
    pub expires_at_us: Option<Micros>,
}

async fn list(State(app): State<App>, Params(query): Params<PageQuery>) -> Result<Json<Page<Feed>>, Problem> {
    let limit = page_limit(query.limit);
    let feeds = store::list(&app.store, query.cursor.as_deref().unwrap_or_default(), limit + 1).await?;
    Ok(Json(Page::cut(feeds, limit, |feed| feed.name.clone())))
}

/// What may be kept of a definition.
///
/// # Errors
/// Says which part of it is wrong.
pub fn checked(asked: DefineFeed, now: Micros) -> Result<DefineFeed, FeedError> {
    FeedName::parse(&asked.name)?;
    let title = crate::check::clean(asked.title.trim(), NAME_CHARS_MAX + 1);
    if title.is_empty() || title.chars().count() > NAME_CHARS_MAX {
        return Err(FeedError::Title);
    }
    if !matches!(asked.class, SightingClass::Parking | SightingClass::Gantry | SightingClass::Partner) {
        return Err(FeedError::Class);
    }
    if asked.expires_at_us.is_some_and(|expires| expires <= now) {
        return Err(FeedError::ExpiryPast);
    }
    Ok(DefineFeed { title, mapping: asked.mapping.checked()?, ..asked })
}

async fn define(State(app): State<App>, person: Person, Body(asked): Body<DefineFeed>) -> Result<Audited<Feed>, Problem> {
    let asked = checked(asked, app.env.now())?;
    if let Some(device) = asked.device {
        partners_device(&app, device, &asked.name).await?;
    }
    let feed = keep(&app, asked, &person.name).await?;
    Ok(Audited::new(format!("feed {} ({})", feed.name, feed.class.as_str()), feed))
}

async fn partners_device(app: &App, device: DeviceId, name: &str) -> Result<(), Problem> {
    let known = shouhu_identity::device_by_id(app, device).await?;
    if !known.is_some_and(|known| known.kind == DeviceKind::Partner && !known.is_revoked) {
        return Err(FeedError::Device(device.to_string()).into());
    }
    match store::other_of_device(&app.store, device, name).await? {
        Some(other) => Err(FeedError::DeviceTaken(device.to_string(), other).into()),
        None => Ok(()),
    }
}

/// Makes or changes the feed.
///
/// # Errors
/// When a feed of that name has ended or has another class.
pub async fn keep(app: &App, asked: DefineFeed, by_name: &str) -> Result<Feed, Problem> {
    let feed = Feed {
        id: app.env.id(DeviceId::new),
        title: asked.title,
        class: asked.class,
        mapping: asked.mapping,
        device: asked.device,
        expires_at_us: asked.expires_at_us,
        created_at_us: app.env.now(),
        created_by_name: by_name.to_owned(),
        ended_at_us: None,
        sites: 0,
        last_push: None,
        name: asked.name,
    };
    if !store::define(&app.store, &feed).await? {
        let known = store::get(&app.store, &feed.name).await?;
        let is_ended = known.is_some_and(|known| known.ended_at_us.is_some());
        return Err(if is_ended { FeedError::Ended(feed.name) } else { FeedError::Class }.into());
    }
    known(app, &feed.name).await
}

/// # Errors
/// 404 when there is no feed of that name.
pub async fn known(app: &App, name: &str) -> Result<Feed, Problem> {
    Ok(store::get(&app.store, name).await?.ok_or_else(|| FeedError::Unknown(name.to_owned()))?)
}

async fn end(State(app): State<App>, person: Person, Id(name): Id<FeedName>) -> Result<Audited<Feed>, Problem> {
    known(&app, name.as_str()).await?;
    if !store::end(&app.store, name.as_str(), &person.name).await? {
        return Err(FeedError::Ended(name.as_str().to_owned()).into());
    }
    let feed = known(&app, name.as_str()).await?;
    Ok(Audited::new(format!("feed {} ended", feed.name), feed))
}
