//! Openings because a life is in danger: at once, for a day, for one plate and one live incident; oversight looks at each afterwards.
//!
//! **Invariant:** nobody is asked before an opening; nobody may leave one unlooked at without that being seen.

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_events::Event;
use shouhu_ids::{ActorId, Micros, OpeningId};
use shouhu_module::ports::LiveCasesPort;
use shouhu_module::{App, Keyed, Person, Problem};
use shouhu_plate::{Plate, PlateError};
use shouhu_store::{NewJob, Row, Store, StoreError, Veil, page_before, params, shown_page, tag_of};
use shouhu_wire::{Asked, Role};

use super::fold::{Fold, case_key};
use super::jobs::REVIEW_DUE;

/// An opening lasts so long, and is looked at within as long.
pub const OPENING_US: i64 = Micros::DAY;
pub const REVIEW_US: i64 = Micros::DAY;
/// 1 is a life in danger; a call that turns into one is often taken as 2.
pub const PRIORITY_MAX: u8 = 2;
const NOTE_CHARS: std::ops::RangeInclusive<usize> = 5..=1_000;

/// `POST /v1/oversight/openings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Open {
    pub plate: String,
    /// Number of the live incident.
    pub incident: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    Justified,
    NotJustified,
}

/// `POST /v1/oversight/openings/{id}/review`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Review {
    pub finding: Finding,
    pub note: String,
}

/// How much one person was shown under an opening or a consent on one day's passages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReleasedUnder {
    pub asker: ActorId,
    /// Days since 1970 in Taipei.
    pub day: i64,
    pub points: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlateOpening {
    pub id: OpeningId,
    pub plate_display: String,
    pub case_ref: String,
    /// Of the incident, when it was opened.
    pub priority: u8,
    pub opened_at_us: Micros,
    pub opened_by: ActorId,
    pub opened_by_name: String,
    pub ends_at_us: Micros,
    pub is_running: bool,
    pub review_due_at_us: Micros,
    pub finding: Option<Finding>,
    pub reviewed_at_us: Option<Micros>,
    pub reviewed_by_name: Option<String>,
    pub review_note: Option<String>,
    /// Nobody had looked at it in time.
    pub escalated_at_us: Option<Micros>,
}

#[derive(Debug, thiserror::Error)]
pub enum OpeningError {
    #[error("{0}")]
    Plate(PlateError),
    #[error("{0:?} is no live incident of priority 1 or {PRIORITY_MAX}: name the one in which a life is in danger")]
    NotLive(String),
    #[error("nobody answers for incidents in this program")]
    NoDispatch,
    #[error("there is no such opening, or you may not see it")]
    Unknown,
    #[error("whoever opened it does not review it")]
    SamePerson,
    #[error("it was reviewed already")]
    Reviewed,
    #[error("an opening of this plate for this incident was found unjustified")]
    FoundUnjustified,
    #[error("write what you found in {} to {} characters", NOTE_CHARS.start(), NOTE_CHARS.end())]
    Note,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for OpeningError {
    fn key(&self) -> &'static str {
        match self {
            Self::Plate(_) => "oversight.opening.plate",
            Self::NotLive(_) => "oversight.opening.not_live",
            Self::NoDispatch => "oversight.opening.no_dispatch",
            Self::Unknown => "http.not_found",
            Self::SamePerson => "oversight.opening.same_person",
            Self::Reviewed => "oversight.opening.reviewed",
            Self::FoundUnjustified => "oversight.opening.found_unjustified",
            Self::Note => "oversight.opening.note",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Plate(_) | Self::Note => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotLive(_) | Self::SamePerson | Self::Reviewed | Self::FoundUnjustified => StatusCode::CONFLICT,
            Self::NoDispatch => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Store(error) => error.status(),
        }
    }
}

const COLUMNS: &str = "id, plate, case_ref, priority, opened_at_us, opened_by, opened_by_name, ends_at_us, review_due_at_us, finding, \
     reviewed_at_us, reviewed_by_name, review_note, escalated_at_us";

fn of_row(row: &Row, now: Micros) -> Result<PlateOpening, StoreError> {
    let ends_at_us = row.micros("ends_at_us")?;
    Ok(PlateOpening {
        id: row.parsed("id")?,
        plate_display: row.text("plate")?,
        case_ref: row.text("case_ref")?,
        priority: u8::try_from(row.int("priority")?).unwrap_or(u8::MAX),
        opened_at_us: row.micros("opened_at_us")?,
        opened_by: row.parsed("opened_by")?,
        opened_by_name: row.text("opened_by_name")?,
        ends_at_us,
        is_running: ends_at_us > now,
        review_due_at_us: row.micros("review_due_at_us")?,
        finding: row.opt_tag("finding")?,
        reviewed_at_us: row.opt_micros("reviewed_at_us")?,
        reviewed_by_name: row.opt_text("reviewed_by_name")?,
        review_note: row.opt_text("review_note")?,
        escalated_at_us: row.opt_micros("escalated_at_us")?,
    })
}

/// Opens at once. A second tap gives what the first opened.
///
/// # Errors
/// When the incident is not live, it is no plate, or an opening of it for this incident was found unjustified.
pub async fn open(app: &App, fold: &Fold, person: &Person, asked: &Open) -> Result<PlateOpening, Problem> {
    let plate = Plate::parse(&asked.plate).map_err(OpeningError::Plate)?;
    let dispatch = app.try_room::<LiveCasesPort>().ok_or(OpeningError::NoDispatch)?;
    let live = dispatch.0.live_incident(asked.incident.trim().to_owned()).await?;
    let not_live = || OpeningError::NotLive(asked.incident.chars().take(40).collect());
    let (number, priority) = live.filter(|(_, priority)| *priority <= PRIORITY_MAX).ok_or_else(not_live)?;
    Ok(opened(&app.store, fold, person, &plate, &number, priority).await?)
}

async fn opened(store: &Store, fold: &Fold, person: &Person, plate: &Plate, number: &str, priority: u8) -> Result<PlateOpening, OpeningError> {
    let (now, target, case) = (store.env().now(), fold.target(plate).hex(), case_key(Some(number), person.id));
    let sql = format!("SELECT {COLUMNS} FROM oversight_opening WHERE target = $1 AND case_key = $2 AND ends_at_us > $3 ORDER BY id LIMIT 1");
    let mut tx = store.begin().await?;
    if let Some(row) = tx.fetch_opt(&sql, params![&target, &case, now]).await? {
        return Ok(of_row(&row, now)?);
    }
    let unjustified = "SELECT id FROM oversight_opening WHERE target = $1 AND case_key = $2 AND finding = $3 LIMIT 1";
    if tx.fetch_opt(unjustified, params![&target, &case, tag_of(&Finding::NotJustified)]).await?.is_some() {
        return Err(OpeningError::FoundUnjustified);
    }
    let id = store.env().id(OpeningId::new);
    let due = now.plus(REVIEW_US);
    tx.execute(
        "INSERT INTO oversight_opening (id, target, plate, case_ref, case_key, priority, opened_at_us, opened_by, opened_by_name, ends_at_us, \
         review_due_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        params![id, target, plate.display(), number, case, i64::from(priority), now, person.id, &person.name, now.plus(OPENING_US), due],
    )
    .await?;
    let job = NewJob { kind: REVIEW_DUE.kind, key: id.to_string(), payload: serde_json::json!({ "id": id }), run_at: Some(due) };
    tx.enqueue(job).await?;
    tx.emit(&Event::OpeningChanged { opening: id, is_escalated: false }).await?;
    tx.commit().await?;
    one(store, id).await?.ok_or(OpeningError::Unknown)
}

/// # Errors
/// When the database fails.
pub async fn one(store: &Store, id: OpeningId) -> Result<Option<PlateOpening>, StoreError> {
    let row = store.fetch_opt(&format!("SELECT {COLUMNS} FROM oversight_opening WHERE id = $1"), params![id]).await?;
    let found = row.map(|row| of_row(&row, store.env().now())).transpose()?;
    Ok(found.filter(|one| !is_hidden(store.veil().as_ref(), one)))
}

/// Of a plate or a case that is sealed from whoever looks.
fn is_hidden(veil: Option<&Veil>, of: &PlateOpening) -> bool {
    veil.is_some_and(|veil| veil.hides_note([of.plate_display.as_str()], &of.case_ref, of.opened_by, of.opened_at_us))
}

/// Newest first: all for whoever reviews, one's own for everybody else.
///
/// # Errors
/// When the database fails.
pub async fn page(store: &Store, person: &Person, is_to_review: bool, before: Option<&str>, limit: i64) -> Result<Vec<PlateOpening>, StoreError> {
    let now = store.env().now();
    let open = if is_to_review { " AND reviewed_at_us IS NULL" } else { "" };
    let (whose, values) = if person.role == Role::Auditor { ("", vec![]) } else { (" AND opened_by = $3", params![person.id]) };
    let sql = format!("SELECT {COLUMNS} FROM oversight_opening WHERE id < $1{open}{whose} ORDER BY id DESC LIMIT $2");
    let (veil, most) = (store.veil(), usize::try_from(limit).unwrap_or_default());
    let before = page_before(before);
    shown_page(store, &sql, &before, most, &values, |row| Ok(Some(of_row(row, now)?).filter(|one| !is_hidden(veil.as_ref(), one)))).await
}

/// What was shown under an opening or a consent, by person and day.
///
/// # Errors
/// When the database fails.
pub async fn released(store: &Store, ground: &str) -> Result<Vec<ReleasedUnder>, StoreError> {
    let sql = "SELECT asker, day, CAST(COUNT(DISTINCT point) AS BIGINT) AS n FROM oversight_release WHERE ground = $1 \
               GROUP BY asker, day ORDER BY day DESC, asker LIMIT 2000";
    let rows = store.fetch(sql, params![ground]).await?;
    rows.iter().map(|row| Ok(ReleasedUnder { asker: row.parsed("asker")?, day: row.int("day")?, points: row.int("n")? })).collect()
}

/// What is found unjustified ends with the finding.
///
/// # Errors
/// When it was reviewed already, or by whoever opened it.
pub async fn review(store: &Store, person: &Person, id: OpeningId, asked: &Review) -> Result<PlateOpening, OpeningError> {
    let note: String = asked.note.trim().chars().filter(|ch| !ch.is_control() || *ch == '\n').collect();
    if !NOTE_CHARS.contains(&note.chars().count()) {
        return Err(OpeningError::Note);
    }
    let found = one(store, id).await?.ok_or(OpeningError::Unknown)?;
    if found.opened_by == person.id {
        return Err(OpeningError::SamePerson);
    }
    let mut tx = store.begin().await?;
    let sql = "UPDATE oversight_opening SET finding = $2, reviewed_at_us = $3, reviewed_by = $4, reviewed_by_name = $5, review_note = $6, \
               ends_at_us = CASE WHEN $2 = $7 AND ends_at_us > $3 THEN $3 ELSE ends_at_us END \
               WHERE id = $1 AND reviewed_at_us IS NULL AND opened_by <> $4";
    let finding = tag_of(&asked.finding);
    let changed = tx.execute(sql, params![id, finding, store.env().now(), person.id, &person.name, note, tag_of(&Finding::NotJustified)]).await?;
    if changed == 0 {
        return Err(OpeningError::Reviewed);
    }
    tx.emit(&Event::OpeningChanged { opening: id, is_escalated: false }).await?;
    tx.commit().await?;
    one(store, id).await?.ok_or(OpeningError::Unknown)
}

/// Nobody has looked at it in time. False when somebody had.
///
/// # Errors
/// When the database fails.
pub async fn escalate(store: &Store, id: OpeningId) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let sql = "UPDATE oversight_opening SET escalated_at_us = $2 \
               WHERE id = $1 AND reviewed_at_us IS NULL AND escalated_at_us IS NULL AND review_due_at_us <= $2";
    if tx.execute(sql, params![id, store.env().now()]).await? == 0 {
        return Ok(false);
    }
    tx.emit(&Event::OpeningChanged { opening: id, is_escalated: true }).await?;
    tx.emit(&Event::not_answered(Asked::Opening, &id)).await?;
    tx.commit().await?;
    Ok(true)
}

/// Openings that nobody has looked at in time.
///
/// # Errors
/// When the database fails.
pub async fn overdue(store: &Store) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM oversight_opening WHERE reviewed_at_us IS NULL AND review_due_at_us <= $1";
    store.fetch_one(sql, params![store.env().now()]).await?.int("n")
}
