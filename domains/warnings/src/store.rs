//! Rows of this room, and the one rule by which a message ends others.

use shouhu_exchange::cap::{Alert, Info, MsgType, Status};
use shouhu_exchange::xml::XmlError;
use shouhu_ids::{IncidentId, Micros, WarningId};
use shouhu_module::Person;
use shouhu_store::{Row, Store, StoreError, Tx, page_before, params, tag_of};

use crate::model::{Warning, WarningArea, WarningCircle, WarningState, WarningText};

/// How long a warning counts whose sender names no end (CAP 1.2 §3.2.2, `expires`: each recipient sets its own policy).
const LASTS_US: i64 = Micros::DAY;

const ALERT: &str = "SELECT id, is_ours, state, sender, identifier, sent_at_us, status, msg_type, expires_at_us, body, incident, \
     earlier, created_by, created_by_name, issued_at_us, issued_by_name, ended_by FROM warnings_alert";

/// A row with its document.
pub struct Kept {
    pub warning: Warning,
    pub alert: Alert,
    pub body: String,
    pub created_by: String,
}

/// Who brings a message in: a person's or a device's id and name.
pub struct Bringer {
    pub id: String,
    pub name: String,
}

impl From<&Person> for Bringer {
    fn from(person: &Person) -> Self {
        Self { id: person.id.to_string(), name: person.name.clone() }
    }
}

pub fn end_of(alert: &Alert) -> Micros {
    alert.expires().map_or(alert.sent.at.plus(LASTS_US), |end| end.at)
}

/// What a message is when it comes in: only new and updated warnings that are meant for people are in force.
pub fn state_of(alert: &Alert) -> WarningState {
    let is_meant = matches!(alert.status, Status::Actual | Status::Exercise | Status::Test);
    let warns = matches!(alert.msg_type, MsgType::Alert | MsgType::Update) && !alert.infos.is_empty();
    if is_meant && warns { WarningState::InForce } else { WarningState::Told }
}

/// What a message does to those that it refers to.
pub fn ends_as(alert: &Alert) -> Option<WarningState> {
    match alert.msg_type {
        MsgType::Update => Some(WarningState::Replaced),
        MsgType::Cancel => Some(WarningState::Cancelled),
        MsgType::Alert | MsgType::Ack | MsgType::Error => None,
    }
}

fn text_of(info: &Info) -> WarningText {
    WarningText {
        language: info.language.clone(),
        event: info.event.clone(),
        headline: info.headline.clone().unwrap_or_default(),
        description: info.description.clone().unwrap_or_default(),
        instruction: info.instruction.clone().unwrap_or_default(),
        urgency: info.urgency.as_str().to_owned(),
        severity: info.severity.as_str().to_owned(),
        certainty: info.certainty.as_str().to_owned(),
    }
}

fn areas_of(alert: &Alert) -> Vec<WarningArea> {
    let mut areas: Vec<WarningArea> = Vec::new();
    for area in alert.infos.iter().flat_map(|info| &info.areas) {
        let circles =
            area.circles.iter().map(|circle| WarningCircle { centre: circle.centre, radius_m: circle.radius_km * 1_000.0 });
        let shown =
            WarningArea { description: area.description.clone(), polygons: area.polygons.clone(), circles: circles.collect() };
        // Each language repeats the shapes.
        let is_new = areas.iter().all(|known| known.polygons != shown.polygons || known.circles != shown.circles);
        if is_new {
            areas.push(shown);
        }
    }
    areas
}

fn kept_of(row: &Row, now: Micros) -> Result<Kept, StoreError> {
    let body = row.text("body")?;
    let alert =
        Alert::read(body.as_bytes()).map_err(|error| StoreError::Corrupt { what: "warning", detail: error.to_string() })?;
    let expires_at_us = row.micros("expires_at_us")?;
    let warning = Warning {
        id: row.parsed("id")?,
        is_ours: row.int("is_ours")? == 1,
        state: row.tag("state")?,
        sender: row.text("sender")?,
        identifier: row.text("identifier")?,
        sent_at_us: row.micros("sent_at_us")?,
        status: row.text("status")?,
        msg_type: row.text("msg_type")?,
        expires_at_us,
        is_expired: expires_at_us <= now,
        incident: row.opt_parsed("incident")?,
        earlier: row.opt_parsed("earlier")?,
        created_by_name: row.text("created_by_name")?,
        issued_at_us: row.opt_micros("issued_at_us")?,
        issued_by_name: row.opt_text("issued_by_name")?,
        ended_by: row.opt_parsed("ended_by")?,
        texts: alert.infos.iter().map(text_of).collect(),
        areas: areas_of(&alert),
    };
    Ok(Kept { warning, alert, body, created_by: row.text("created_by")? })
}

pub async fn one(store: &Store, id: WarningId) -> Result<Option<Kept>, StoreError> {
    let now = store.env().now();
    store.fetch_opt(&format!("{ALERT} WHERE id = $1"), params![id]).await?.as_ref().map(|row| kept_of(row, now)).transpose()
}

pub async fn named(store: &Store, sender: &str, identifier: &str) -> Result<Option<Kept>, StoreError> {
    let row = store.fetch_opt(&format!("{ALERT} WHERE sender = $1 AND identifier = $2"), params![sender, identifier]).await?;
    row.as_ref().map(|row| kept_of(row, store.env().now())).transpose()
}

/// Those in force now, and drafts; or everything. Newest first; `before` is the last id of the page before.
pub async fn list(store: &Store, is_all: bool, before: Option<WarningId>, limit: i64) -> Result<Vec<Kept>, StoreError> {
    let now = store.env().now();
    let before = page_before(before);
    let which = if is_all { "$1 = $1" } else { "((state = 'in_force' AND expires_at_us > $1) OR state = 'draft')" };
    let rows =
        store.fetch(&format!("{ALERT} WHERE {which} AND id < $2 ORDER BY id DESC LIMIT $3"), params![now, before, limit]).await?;
    rows.iter().map(|row| kept_of(row, now)).collect()
}

pub async fn count_in_force(store: &Store) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM warnings_alert WHERE state = 'in_force' AND expires_at_us > $1";
    store.fetch_one(sql, params![store.env().now()]).await?.int("n")
}

/// A row to be written.
pub struct New<'n> {
    pub id: WarningId,
    pub is_ours: bool,
    pub state: WarningState,
    pub alert: &'n Alert,
    pub body: &'n str,
    pub incident: Option<IncidentId>,
    pub earlier: Option<WarningId>,
    pub by: &'n Bringer,
    pub now: Micros,
}

/// False when the sender has sent that identifier before.
pub async fn insert(tx: &mut Tx, new: &New<'_>) -> Result<bool, StoreError> {
    let sql = "INSERT INTO warnings_alert (id, is_ours, state, sender, identifier, sent_at_us, status, msg_type, scope, \
         expires_at_us, body, incident, earlier, created_at_us, created_by, created_by_name) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT DO NOTHING";
    let alert = new.alert;
    let values = params![
        new.id,
        new.is_ours,
        tag_of(&new.state),
        &alert.sender,
        &alert.identifier,
        alert.sent.at,
        alert.status.as_str(),
        alert.msg_type.as_str(),
        alert.scope.as_str(),
        end_of(alert),
        new.body,
        new.incident,
        new.earlier,
        new.now,
        &new.by.id,
        &new.by.name
    ];
    Ok(tx.execute(sql, values).await? == 1)
}

/// Ends a warning that is in force; false when it is not, or is none of that sender's.
pub async fn end(
    tx: &mut Tx,
    sender: &str,
    identifier: &str,
    ends_as: WarningState,
    by: WarningId,
) -> Result<Option<WarningId>, StoreError> {
    let sql = "UPDATE warnings_alert SET state = $3, ended_by = $4 WHERE sender = $1 AND identifier = $2 AND state = 'in_force' \
         RETURNING id";
    let row = tx.fetch_opt(sql, params![sender, identifier, tag_of(&ends_as), by]).await?;
    row.map(|row| row.parsed("id")).transpose()
}

/// Whether the reader refused for size.
pub fn is_too_large(error: &shouhu_exchange::cap::CapError) -> bool {
    matches!(error, shouhu_exchange::cap::CapError::Xml(XmlError::TooLarge { .. }))
}
