//! Drafts a warning of ours, an update or a cancellation. Nobody outside sees it before a second person has issued it.

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_events::Event;
use shouhu_exchange::Moment;
use shouhu_exchange::cap::{
    Alert, AlertReference, Area, Category, Certainty, Circle, Info, MsgType, ResponseType, Scope, Severity, Status, Urgency,
};
use shouhu_ids::{Micros, WarningId};
use shouhu_module::{App, Audit, Audited, Body, Keyed, Person, Problem, Route};
use shouhu_store::{Store, StoreError};

use crate::model::{DraftKind, DraftText, DraftWarning, Warning, WarningArea, WarningState};
use crate::store::{self, Bringer, Kept, New};

/// Characters of an event or headline (CAP 1.2 §3.2.2 advises 160 for a headline), and of the longer texts.
const HEADLINE_MAX: usize = 160;
const TEXT_MAX: usize = 2_000;
/// Longer than this it is renewed, so that somebody looks at it again.
const LASTS_MAX_US: i64 = 3 * Micros::DAY;
/// Corners of one outline, outlines and circles: what a person draws.
const CORNERS_MAX: usize = 500;
const SHAPES_MAX: usize = 20;
const RADIUS_M: std::ops::RangeInclusive<f64> = 50.0..=50_000.0;
const LANGUAGES: [&str; 2] = ["zh-TW", "en-US"];

pub const ROUTE: Route =
    Route::post("/v1/warnings/drafts", "Draft a warning of ours, an update or a cancellation", || axum::routing::post(handle))
        .permission("warnings.draft")
        .audit(Audit::Write)
        .takes::<DraftWarning>()
        .gives::<Warning>();

#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    #[error("{0}")]
    Text(String),
    #[error("{field} is {found:?}; CAP has: {words}")]
    Word { field: &'static str, found: String, words: &'static str },
    #[error("{0}")]
    Area(String),
    #[error("a warning ends in the future and within three days")]
    Expiry,
    #[error("an update or a cancellation names a warning of ours that is in force, and a new one names none")]
    Earlier,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for DraftError {
    fn key(&self) -> &'static str {
        match self {
            Self::Text(_) => "warnings.draft.text",
            Self::Word { .. } => "warnings.draft.word",
            Self::Area(_) => "warnings.draft.area",
            Self::Expiry => "warnings.draft.expiry",
            Self::Earlier => "warnings.draft.earlier",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Store(error) => error.status(),
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

fn word<T>(field: &'static str, text: &str, parse: fn(&str) -> Option<T>, words: &'static str) -> Result<T, DraftError> {
    parse(text).ok_or_else(|| DraftError::Word { field, found: text.chars().take(40).collect(), words: words.trim_end() })
}

fn texts(asked: &[DraftText]) -> Result<(), DraftError> {
    let languages: Vec<&str> = asked.iter().map(|text| text.language.as_str()).collect();
    let is_known = languages.iter().all(|language| LANGUAGES.contains(language));
    let is_single = languages.iter().all(|language| languages.iter().filter(|other| *other == language).count() == 1);
    if !is_known || !is_single || !languages.contains(&"zh-TW") {
        return Err(DraftError::Text("a warning has a text in zh-TW and may have one in en-US".into()));
    }
    for text in asked {
        for (name, words, max) in [("event", &text.event, HEADLINE_MAX), ("headline", &text.headline, HEADLINE_MAX)] {
            if words.trim().is_empty() || words.chars().count() > max {
                return Err(DraftError::Text(format!("{name} in {} is empty or longer than {max} characters", text.language)));
            }
        }
        if text.description.chars().count() > TEXT_MAX || text.instruction.chars().count() > TEXT_MAX {
            return Err(DraftError::Text(format!("a text in {} is longer than {TEXT_MAX} characters", text.language)));
        }
    }
    Ok(())
}

/// An outline is closed where the hand has left it open.
fn area(asked: &WarningArea) -> Result<Area, DraftError> {
    let wrong = |reason: &str| DraftError::Area(reason.to_owned());
    if asked.description.trim().is_empty() || asked.description.chars().count() > HEADLINE_MAX {
        return Err(wrong("the area has no name, or one longer than 160 characters"));
    }
    if asked.polygons.len() + asked.circles.len() > SHAPES_MAX || asked.polygons.is_empty() && asked.circles.is_empty() {
        return Err(wrong("an area has one to twenty outlines and circles"));
    }
    let mut polygons = Vec::new();
    for outline in &asked.polygons {
        let mut ring = outline.clone();
        if ring.first() != ring.last() {
            ring.extend(outline.first().copied());
        }
        if !(4..=CORNERS_MAX + 1).contains(&ring.len()) {
            return Err(wrong("an outline has three to five hundred corners"));
        }
        polygons.push(ring);
    }
    if asked.circles.iter().any(|circle| !RADIUS_M.contains(&circle.radius_m)) {
        return Err(wrong("a circle has a radius of 50 m to 50 km"));
    }
    let circles = asked.circles.iter().map(|circle| Circle { centre: circle.centre, radius_km: circle.radius_m / 1_000.0 });
    Ok(Area {
        description: asked.description.trim().to_owned(),
        polygons,
        circles: circles.collect(),
        geocodes: Vec::new(),
        altitude_ft: None,
        ceiling_ft: None,
    })
}

fn may(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn infos(asked: &DraftWarning) -> Result<Vec<Info>, DraftError> {
    texts(&asked.texts)?;
    let area = area(&asked.area)?;
    let category = word("category", &asked.category, Category::parse, Category::WORDS)?;
    let response = match may(&asked.response) {
        Some(response) => vec![word("response", &response, ResponseType::parse, ResponseType::WORDS)?],
        None => Vec::new(),
    };
    let urgency = word("urgency", &asked.urgency, Urgency::parse, Urgency::WORDS)?;
    let severity = word("severity", &asked.severity, Severity::parse, Severity::WORDS)?;
    let certainty = word("certainty", &asked.certainty, Certainty::parse, Certainty::WORDS)?;
    let info = |text: &DraftText| Info {
        language: text.language.clone(),
        categories: vec![category],
        event: text.event.trim().to_owned(),
        response_types: response.clone(),
        urgency,
        severity,
        certainty,
        audience: None,
        event_codes: Vec::new(),
        effective: None,
        onset: None,
        expires: Some(Moment::taipei(asked.expires_at_us)),
        sender_name: None,
        headline: may(&text.headline),
        description: may(&text.description),
        instruction: may(&text.instruction),
        web: None,
        contact: None,
        parameters: Vec::new(),
        resources: Vec::new(),
        areas: vec![area.clone()],
    };
    // Chinese first, whichever way they came.
    let mut ordered: Vec<&DraftText> = asked.texts.iter().collect();
    ordered.sort_by_key(|text| text.language != "zh-TW");
    Ok(ordered.into_iter().map(info).collect())
}

/// The message that a draft would be.
fn message(asked: &DraftWarning, id: WarningId, sender: &str, earlier: Option<&Kept>, now: Micros) -> Result<Alert, DraftError> {
    let msg_type = match (asked.kind, earlier) {
        (DraftKind::Alert, None) => MsgType::Alert,
        (DraftKind::Update, Some(_)) => MsgType::Update,
        (DraftKind::Cancel, Some(_)) => MsgType::Cancel,
        _ => return Err(DraftError::Earlier),
    };
    let ahead_us = asked.expires_at_us.since(now);
    if !(1..=LASTS_MAX_US).contains(&ahead_us) {
        return Err(DraftError::Expiry);
    }
    let status = word("status", &asked.status, Status::parse, "Actual Exercise Test")?;
    if !matches!(status, Status::Actual | Status::Exercise | Status::Test) {
        return Err(DraftError::Word { field: "status", found: asked.status.clone(), words: "Actual Exercise Test" });
    }
    let references: Vec<AlertReference> = earlier.map(|earlier| earlier.alert.reference()).into_iter().collect();
    Ok(Alert {
        identifier: id.to_string(),
        sender: sender.to_owned(),
        sent: Moment::taipei(now),
        status,
        msg_type,
        source: None,
        scope: Scope::Public,
        restriction: None,
        addresses: Vec::new(),
        codes: Vec::new(),
        note: None,
        references,
        incidents: Vec::new(),
        infos: infos(asked)?,
    })
}

/// `warnings@` and the host under which people reach this server.
fn sender(public_url: &str) -> String {
    let host = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
    format!("warnings@{}", host.split(['/', ':']).next().unwrap_or_default().to_ascii_lowercase())
}

/// Writes a draft down.
///
/// # Errors
/// When it is not whole.
pub async fn draft(store: &Store, by: &Person, asked: &DraftWarning, sender: &str) -> Result<Warning, DraftError> {
    let earlier = match asked.earlier {
        Some(earlier) => {
            store::one(store, earlier).await?.filter(|kept| kept.warning.is_ours && kept.warning.state == WarningState::InForce)
        }
        None => None,
    };
    if asked.earlier.is_some() && earlier.is_none() {
        return Err(DraftError::Earlier);
    }
    let now = store.env().now();
    let id = store.env().id(WarningId::new);
    let alert = message(asked, id, sender, earlier.as_ref(), now)?;
    let body = alert.write();
    let new = New {
        id,
        is_ours: true,
        state: WarningState::Draft,
        alert: &alert,
        body: &body,
        incident: asked.incident,
        earlier: asked.earlier,
        by: &Bringer::from(by),
        now,
    };
    let mut tx = store.begin().await?;
    store::insert(&mut tx, &new).await?;
    tx.emit(&Event::WarningChanged { warning: id }).await?;
    tx.commit().await?;
    Ok(store::one(store, id).await?.ok_or(StoreError::NotOne { found: 0 })?.warning)
}

async fn handle(State(app): State<App>, person: Person, Body(asked): Body<DraftWarning>) -> Result<Audited<Warning>, Problem> {
    let warning = draft(&app.store, &person, &asked, &sender(&app.public_url)).await?;
    Ok(Audited::new(format!("draft of warning {}", warning.identifier), warning))
}
