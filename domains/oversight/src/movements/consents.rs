//! Consents after 警察職權行使法 §11: asked for by one office, decided by the chief of another, for a year at most, extended once.
//!
//! **Invariant:** nobody decides what a colleague of his office asks for, nor anything of which he was shown a part himself.

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_events::Event;
use shouhu_ids::{ActorId, CameraId, ConsentId, Micros};
use shouhu_module::{Keyed, Person};
use shouhu_plate::{Plate, PlateError};
use shouhu_store::{Row, Store, StoreError, Tx, Value, Veil, page_before, params, shown_page, tag_of};
use shouhu_wire::Role;

use super::fold::{Fold, case_key};
use super::grounds::Scope;

/// 警察職權行使法 §11 II: no longer than a year at a time, extended once.
pub const TERM_DAYS_MAX: u32 = 365;
/// A consent is about a few vehicles, not about a car park.
pub const PLATES_MAX: usize = 10;
pub const CAMERAS_MAX: usize = 200;
const REASON_CHARS: std::ops::RangeInclusive<usize> = 10..=1_000;
const NOTE_CHARS_MAX: usize = 1_000;
/// As the header of a question has it.
const CASE_CHARS_MAX: usize = 40;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    Asked,
    /// It holds until `ends_at_us`.
    Given,
    Refused,
    Withdrawn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExtensionState {
    None,
    Asked,
    Given,
    Refused,
}

/// 警察職權行使法 §11 I.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObservationBasis {
    /// 最輕本刑五年以上有期徒刑之罪之虞.
    SeriousOffence,
    /// 職業性、習慣性、集團性或組織性犯罪之虞.
    OrganisedOffence,
}

/// `POST /v1/oversight/observations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AskObservation {
    /// One to ten.
    pub plates: Vec<String>,
    pub case_ref: String,
    pub basis: ObservationBasis,
    pub reason: String,
    /// Passages of this time.
    pub from_us: Micros,
    pub until_us: Micros,
    /// Passages at these cameras; at any when empty.
    #[serde(default)]
    pub cameras: Vec<CameraId>,
    /// For how long from the decision on.
    #[schemars(range(min = 1, max = 365))]
    pub term_days: u32,
}

/// Why a consent was asked to go on, and what became of that. A JSON object, because that is what both databases keep alike.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Extension {
    pub days: u32,
    pub reason: String,
    pub asked_by: Option<ActorId>,
    pub asked_by_name: String,
    pub decided_by_name: Option<String>,
    pub decided_office: Option<String>,
    pub note: Option<String>,
}

/// A consent, as those see it who have to do with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Observation {
    pub id: ConsentId,
    pub state: ConsentState,
    /// Given, and its time has not run out.
    pub is_running: bool,
    pub case_ref: String,
    pub plates: Vec<String>,
    pub cameras: Vec<CameraId>,
    pub basis: ObservationBasis,
    pub reason: String,
    pub from_us: Micros,
    pub until_us: Micros,
    pub term_days: u32,
    pub asked_at_us: Micros,
    pub asked_by: ActorId,
    pub asked_by_name: String,
    pub asked_office: String,
    pub decided_at_us: Option<Micros>,
    pub decided_by_name: Option<String>,
    pub decided_office: Option<String>,
    pub decided_note: Option<String>,
    pub ends_at_us: Option<Micros>,
    pub extension: ExtensionState,
    pub extended: Extension,
    pub withdrawn_at_us: Option<Micros>,
    pub withdrawn_by_name: Option<String>,
    pub withdrawn_note: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    #[error("name one to {PLATES_MAX} plates")]
    Plates,
    #[error("{0}")]
    Plate(PlateError),
    #[error("name a case, in up to {CASE_CHARS_MAX} characters")]
    Case,
    #[error("give the reason in {} to {} characters", REASON_CHARS.start(), REASON_CHARS.end())]
    Reason,
    #[error("say why, in up to {NOTE_CHARS_MAX} characters")]
    Note,
    #[error("the time of the passages begins before it ends, and names at most {CAMERAS_MAX} cameras")]
    Scope,
    #[error("a consent is given for 1 to {TERM_DAYS_MAX} days, and extended once by as many")]
    Term,
    #[error("an operator must first say in which office you serve: a consent is decided by another one")]
    NoOffice,
    #[error("there is no such consent, or you may not see it")]
    Unknown,
    #[error("whoever asked cannot decide")]
    SamePerson,
    #[error("another office than that of whoever asked decides")]
    SameOffice,
    #[error("you were shown passages of these plates for this case yourself: somebody else decides")]
    Involved,
    #[error("it was decided, withdrawn or is over already")]
    Decided,
    #[error("it was extended, or asked to be, already: that is possible once")]
    ExtendedOnce,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for ConsentError {
    fn key(&self) -> &'static str {
        match self {
            Self::Plates => "oversight.consent.plates",
            Self::Plate(_) => "oversight.consent.plate",
            Self::Case => "oversight.consent.case",
            Self::Reason => "oversight.consent.reason",
            Self::Note => "oversight.consent.note",
            Self::Scope => "oversight.consent.scope",
            Self::Term => "oversight.consent.term",
            Self::NoOffice => "oversight.consent.no_office",
            Self::Unknown => "http.not_found",
            Self::SamePerson => "oversight.consent.same_person",
            Self::SameOffice => "oversight.consent.same_office",
            Self::Involved => "oversight.consent.involved",
            Self::Decided => "oversight.consent.decided",
            Self::ExtendedOnce => "oversight.consent.extended_once",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::NoOffice | Self::SamePerson | Self::SameOffice | Self::Involved | Self::Decided | Self::ExtendedOnce => StatusCode::CONFLICT,
            Self::Store(error) => error.status(),
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

const COLUMNS: &str = "id, state, case_ref, scope, from_us, until_us, term_days, asked_at_us, asked_by, asked_by_name, asked_office, \
     decided_at_us, decided_by_name, decided_office, decided_note, ends_at_us, extension, extended, withdrawn_at_us, withdrawn_by_name, \
     withdrawn_note";

fn of_row(row: &Row, now: Micros) -> Result<Observation, StoreError> {
    let scope: Scope = row.json("scope")?;
    let (state, ends_at_us) = (row.tag("state")?, row.opt_micros("ends_at_us")?);
    Ok(Observation {
        id: row.parsed("id")?,
        state,
        is_running: state == ConsentState::Given && ends_at_us.is_some_and(|ends| ends > now),
        case_ref: row.text("case_ref")?,
        plates: scope.plates,
        cameras: scope.cameras,
        basis: scope.basis,
        reason: scope.reason,
        from_us: row.micros("from_us")?,
        until_us: row.micros("until_us")?,
        term_days: u32::try_from(row.int("term_days")?).unwrap_or_default(),
        asked_at_us: row.micros("asked_at_us")?,
        asked_by: row.parsed("asked_by")?,
        asked_by_name: row.text("asked_by_name")?,
        asked_office: row.text("asked_office")?,
        decided_at_us: row.opt_micros("decided_at_us")?,
        decided_by_name: row.opt_text("decided_by_name")?,
        decided_office: row.opt_text("decided_office")?,
        decided_note: row.opt_text("decided_note")?,
        ends_at_us,
        extension: row.tag("extension")?,
        extended: row.json("extended")?,
        withdrawn_at_us: row.opt_micros("withdrawn_at_us")?,
        withdrawn_by_name: row.opt_text("withdrawn_by_name")?,
        withdrawn_note: row.opt_text("withdrawn_note")?,
    })
}

fn text(text: &str, chars: std::ops::RangeInclusive<usize>) -> Option<String> {
    let clean: String = text.trim().chars().filter(|ch| !ch.is_control() || *ch == '\n').collect();
    chars.contains(&clean.chars().count()).then_some(clean)
}

fn note(given: &str) -> Result<String, ConsentError> {
    text(given, 0..=NOTE_CHARS_MAX).ok_or(ConsentError::Note)
}

/// # Errors
/// When what is asked for is not whole, or the asker has no office.
pub async fn ask(store: &Store, fold: &Fold, person: &Person, new: &AskObservation) -> Result<Observation, ConsentError> {
    if !(1..=PLATES_MAX).contains(&new.plates.len()) {
        return Err(ConsentError::Plates);
    }
    let plates: Vec<Plate> = new.plates.iter().map(|plate| Plate::parse(plate)).collect::<Result<_, _>>().map_err(ConsentError::Plate)?;
    let case_ref = text(&new.case_ref, 1..=CASE_CHARS_MAX).ok_or(ConsentError::Case)?;
    let reason = text(&new.reason, REASON_CHARS).ok_or(ConsentError::Reason)?;
    if new.from_us >= new.until_us || new.cameras.len() > CAMERAS_MAX {
        return Err(ConsentError::Scope);
    }
    if !(1..=TERM_DAYS_MAX).contains(&new.term_days) {
        return Err(ConsentError::Term);
    }
    let office = person.office.as_deref().ok_or(ConsentError::NoOffice)?;
    let (id, now) = (store.env().id(ConsentId::new), store.env().now());
    let scope = Scope { plates: plates.iter().map(Plate::display).collect(), cameras: new.cameras.clone(), basis: new.basis, reason };
    let mut tx = store.begin().await?;
    tx.execute(
        "INSERT INTO oversight_consent (id, state, case_ref, case_key, scope, from_us, until_us, term_days, asked_at_us, asked_by, asked_by_name, \
         asked_office, extension, extended) VALUES ($1, 'asked', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'none', $12)",
        params![
            id,
            &case_ref,
            case_key(Some(&case_ref), person.id),
            json(&scope)?,
            new.from_us,
            new.until_us,
            new.term_days,
            now,
            person.id,
            &person.name,
            office,
            json(&Extension::default())?,
        ],
    )
    .await?;
    for plate in &plates {
        let sql = "INSERT INTO oversight_consent_plate (target, consent) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        tx.execute(sql, params![fold.target(plate).hex(), id]).await?;
    }
    finished(tx, store, id).await
}

fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt { what: "consent", detail: error.to_string() })
}

/// Says that it has changed, commits, and reads it again.
async fn finished(mut tx: Tx, store: &Store, id: ConsentId) -> Result<Observation, ConsentError> {
    tx.emit(&Event::ConsentChanged { consent: id }).await?;
    tx.commit().await?;
    one(store, id).await?.ok_or(ConsentError::Unknown)
}

/// # Errors
/// When the database fails.
pub async fn one(store: &Store, id: ConsentId) -> Result<Option<Observation>, StoreError> {
    let row = store.fetch_opt(&format!("SELECT {COLUMNS} FROM oversight_consent WHERE id = $1"), params![id]).await?;
    let found = row.map(|row| of_row(&row, store.env().now())).transpose()?;
    Ok(found.filter(|one| !is_hidden(store.veil().as_ref(), one)))
}

/// Whose consents are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// Those that wait for a decision that the caller may take.
    Waiting,
    /// Those that the caller asked for.
    #[default]
    Mine,
    /// Those that run, of the caller's office; of all for supervisors and auditors.
    Running,
}

/// Newest first.
///
/// # Errors
/// When the database fails.
pub async fn page(store: &Store, person: &Person, which: Which, before: Option<&str>, limit: i64) -> Result<Vec<Observation>, StoreError> {
    let now = store.env().now();
    let office = person.office.clone().unwrap_or_default();
    let (condition, values): (&str, Vec<Value>) = match which {
        Which::Mine => ("asked_by = $3", params![person.id]),
        Which::Running if sees_all(person) => ("state = 'given' AND ends_at_us > $3", params![now]),
        Which::Running => ("state = 'given' AND ends_at_us > $3 AND asked_office = $4", params![now, office]),
        Which::Waiting if office.is_empty() => return Ok(Vec::new()),
        Which::Waiting => (
            "(state = 'asked' OR (state = 'given' AND extension = 'asked' AND ends_at_us > $3)) AND asked_by <> $4 AND asked_office <> $5",
            params![now, person.id, office],
        ),
    };
    let sql = format!("SELECT {COLUMNS} FROM oversight_consent WHERE id < $1 AND {condition} ORDER BY id DESC LIMIT $2");
    let (veil, most) = (store.veil(), usize::try_from(limit).unwrap_or_default());
    let before = page_before(before);
    shown_page(store, &sql, &before, most, &values, |row| Ok(Some(of_row(row, now)?).filter(|one| !is_hidden(veil.as_ref(), one)))).await
}

/// Of a sealed case, or of a plate of one, without being its member.
fn is_hidden(veil: Option<&Veil>, of: &Observation) -> bool {
    veil.is_some_and(|veil| veil.hides_note(of.plates.iter().map(String::as_str), &of.case_ref, of.asked_by, of.asked_at_us))
}

fn sees_all(person: &Person) -> bool {
    matches!(person.role, Role::Supervisor | Role::Auditor)
}

/// One that this person may see: his own, his office's, or any for whoever decides and oversees.
///
/// # Errors
/// Not found, also when it exists and may not be seen.
pub async fn seen(store: &Store, person: &Person, id: ConsentId) -> Result<Observation, ConsentError> {
    let found = one(store, id).await?.ok_or(ConsentError::Unknown)?;
    let is_office = person.office.as_ref() == Some(&found.asked_office);
    let is_seen = (found.asked_by == person.id || is_office || sees_all(person)) && !is_hidden(store.veil().as_ref(), &found);
    if is_seen { Ok(found) } else { Err(ConsentError::Unknown) }
}

/// `POST /v1/oversight/observations/{id}/decide`: the request, or the extension where one is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decide {
    pub is_given: bool,
    /// Wanted with a refusal.
    #[serde(default)]
    pub note: String,
}

/// Whether this person may decide.
async fn impartial(tx: &mut Tx, person: &Person, found: &Observation) -> Result<String, ConsentError> {
    if found.asked_by == person.id || found.extended.asked_by == Some(person.id) {
        return Err(ConsentError::SamePerson);
    }
    let office = person.office.clone().ok_or(ConsentError::NoOffice)?;
    if office == found.asked_office {
        return Err(ConsentError::SameOffice);
    }
    let sql = "SELECT r.target FROM oversight_release r JOIN oversight_consent_plate p ON p.target = r.target \
               JOIN oversight_consent c ON c.id = p.consent WHERE c.id = $1 AND r.case_key = c.case_key AND r.asker = $2 LIMIT 1";
    if !tx.fetch(sql, params![found.id, person.id]).await?.is_empty() {
        return Err(ConsentError::Involved);
    }
    Ok(office)
}

/// Of two who decide at once one wins.
///
/// # Errors
/// When this person may not decide, or it is decided already.
pub async fn decide(store: &Store, person: &Person, id: ConsentId, decision: &Decide) -> Result<Observation, ConsentError> {
    let note = note(&decision.note)?;
    if !decision.is_given && note.is_empty() {
        return Err(ConsentError::Note);
    }
    let found = one(store, id).await?.ok_or(ConsentError::Unknown)?;
    let now = store.env().now();
    let mut tx = store.begin().await?;
    let office = impartial(&mut tx, person, &found).await?;
    let changed = if found.state == ConsentState::Asked {
        let state = if decision.is_given { ConsentState::Given } else { ConsentState::Refused };
        let ends_at = decision.is_given.then(|| now.plus(i64::from(found.term_days) * Micros::DAY));
        let sql = "UPDATE oversight_consent SET state = $2, decided_at_us = $3, decided_by = $4, decided_by_name = $5, decided_office = $6, \
                   decided_note = $7, ends_at_us = $8 WHERE id = $1 AND state = 'asked' AND asked_by <> $4 AND asked_office <> $6";
        tx.execute(sql, params![id, tag_of(&state), now, person.id, &person.name, &office, note, ends_at]).await?
    } else {
        let state = if decision.is_given { ExtensionState::Given } else { ExtensionState::Refused };
        let longer_us = if decision.is_given { i64::from(found.extended.days) * Micros::DAY } else { 0 };
        let extended =
            Extension { decided_by_name: Some(person.name.clone()), decided_office: Some(office.clone()), note: Some(note), ..found.extended.clone() };
        let sql = "UPDATE oversight_consent SET extension = $2, extended = $3, ends_at_us = ends_at_us + $4 \
                   WHERE id = $1 AND state = 'given' AND extension = 'asked' AND ends_at_us > $5 AND asked_office <> $6";
        tx.execute(sql, params![id, tag_of(&state), json(&extended)?, longer_us, now, &office]).await?
    };
    if changed == 0 {
        return Err(ConsentError::Decided);
    }
    finished(tx, store, id).await
}

/// `POST /v1/oversight/observations/{id}/extend`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Extend {
    #[schemars(range(min = 1, max = 365))]
    pub days: u32,
    pub reason: String,
}

/// Asks that a running consent go on; once.
///
/// # Errors
/// When it does not run, or was extended already.
pub async fn extend(store: &Store, person: &Person, id: ConsentId, asked: &Extend) -> Result<Observation, ConsentError> {
    if !(1..=TERM_DAYS_MAX).contains(&asked.days) {
        return Err(ConsentError::Term);
    }
    let reason = text(&asked.reason, REASON_CHARS).ok_or(ConsentError::Reason)?;
    let found = one(store, id).await?.filter(|found| person.office.as_ref() == Some(&found.asked_office)).ok_or(ConsentError::Unknown)?;
    if !found.is_running {
        return Err(ConsentError::Decided);
    }
    let extended = Extension { days: asked.days, reason, asked_by: Some(person.id), asked_by_name: person.name.clone(), ..Extension::default() };
    let mut tx = store.begin().await?;
    let sql = "UPDATE oversight_consent SET extension = 'asked', extended = $2 \
               WHERE id = $1 AND state = 'given' AND extension = 'none' AND ends_at_us > $3";
    if tx.execute(sql, params![id, json(&extended)?, store.env().now()]).await? == 0 {
        return Err(ConsentError::ExtendedOnce);
    }
    finished(tx, store, id).await
}

/// `POST /v1/oversight/observations/{id}/withdraw`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Withdraw {
    pub note: String,
}

/// Ends it at once: 已無蒐集必要者，應即停止之.
///
/// # Errors
/// When it is over already, or not this person's to end.
pub async fn withdraw(store: &Store, person: &Person, id: ConsentId, asked: &Withdraw) -> Result<Observation, ConsentError> {
    let note = note(&asked.note)?;
    if note.is_empty() {
        return Err(ConsentError::Note);
    }
    seen(store, person, id).await?;
    let mut tx = store.begin().await?;
    let now = store.env().now();
    let sql = "UPDATE oversight_consent SET state = 'withdrawn', withdrawn_at_us = $2, withdrawn_by_name = $3, withdrawn_note = $4 \
               WHERE id = $1 AND (state = 'asked' OR (state = 'given' AND ends_at_us > $2))";
    if tx.execute(sql, params![id, now, &person.name, note]).await? == 0 {
        return Err(ConsentError::Decided);
    }
    finished(tx, store, id).await
}
