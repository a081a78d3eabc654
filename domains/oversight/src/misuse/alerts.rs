//! Alerts on disk: made by the turn, opened into a case file or set aside by a person who says why.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shouhu_events::Event;
use shouhu_ids::{ActorId, Micros, MisuseAlertId};
use shouhu_misuse::{Kind, Suggestion};
use shouhu_module::{App, Person, Problem};
use shouhu_store::{Row, Store, StoreError, Tx, page_before, params, tag_of};
use shouhu_wire::Asked;

use super::{MisuseError, impartial, serving, text};

/// What kind of use it points at. Each is explained, with its numbers, in the guide of the auditor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// One subject on many days without a case that holds.
    Repeats,
    /// One subject under many live cases of which nobody else asks about it.
    BorrowedCases,
    /// The officer's own vehicle.
    Own,
    /// A vehicle of the officer's household.
    Household,
    /// A vehicle of a colleague, on several days.
    Colleague,
    /// Somebody in the news.
    Vip,
    /// A number that belongs to nobody.
    Decoy,
    /// Far more subjects in a day than usual.
    Pace,
    /// Many days outside his shifts.
    OffShift,
}

impl From<Kind> for AlertKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Repeats => Self::Repeats,
            Kind::BorrowedCases => Self::BorrowedCases,
            Kind::Own => Self::Own,
            Kind::Household => Self::Household,
            Kind::Colleague => Self::Colleague,
            Kind::Vip => Self::Vip,
            Kind::Decoy => Self::Decoy,
            Kind::Pace => Self::Pace,
            Kind::OffShift => Self::OffShift,
        }
    }
}

impl From<AlertKind> for Kind {
    fn from(kind: AlertKind) -> Self {
        match kind {
            AlertKind::Repeats => Self::Repeats,
            AlertKind::BorrowedCases => Self::BorrowedCases,
            AlertKind::Own => Self::Own,
            AlertKind::Household => Self::Household,
            AlertKind::Colleague => Self::Colleague,
            AlertKind::Vip => Self::Vip,
            AlertKind::Decoy => Self::Decoy,
            AlertKind::Pace => Self::Pace,
            AlertKind::OffShift => Self::OffShift,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    New,
    /// A case file was opened from it.
    Opened,
    SetAside,
}

/// Why an alert is not followed; that nothing was done is said as exactly as that something was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AsideReason {
    /// An order or a task of which oversight knows explains it.
    KnownTask,
    Training,
    /// Another alert or file is about the same.
    Duplicate,
    /// A mark, a roster or an office is wrong.
    WrongData,
    /// What was counted is too little to ask anybody about.
    TooLittle,
}

/// A hint that somebody should look; not an accusation.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MisuseAlert {
    pub id: MisuseAlertId,
    pub state: AlertState,
    pub kind: AlertKind,
    pub officer: ActorId,
    pub officer_name: String,
    /// What was counted: days, cases, looks or subjects, by the kind.
    pub counted: i64,
    /// How many of them the work of peers leads one to expect.
    pub expected: f64,
    /// How many such alerts chance alone would make over everybody; absent where a rule decides and no number.
    pub by_chance: Option<f64>,
    /// Leaves of the audit log that were counted, the oldest first.
    pub leaves: Vec<i64>,
    pub made_at_us: Micros,
    pub settled_at_us: Option<Micros>,
    pub settled_by_name: Option<String>,
    /// Why it was set aside.
    pub reason: Option<AsideReason>,
    pub note: Option<String>,
}

/// `POST /v1/oversight/misuse/alerts/{id}/set-aside`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetAside {
    pub reason: AsideReason,
    pub note: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Evidence {
    pub leaves: Vec<i64>,
}

/// An alert that the turn has made.
pub struct New {
    pub officer: ActorId,
    pub officer_name: String,
    pub target: String,
    pub said: Suggestion,
}

/// What was said before.
pub struct Said {
    pub officer: ActorId,
    pub kind: AlertKind,
    pub target: String,
    pub to_seq: i64,
}

const COLUMNS: &str = "id, state, kind, officer, officer_name, counted, expected, by_chance, evidence, made_at_us, settled_at_us, \
     settled_by_name, reason, note";

fn of_row(row: &Row) -> Result<MisuseAlert, StoreError> {
    Ok(MisuseAlert {
        id: row.parsed("id")?,
        state: row.tag("state")?,
        kind: row.tag("kind")?,
        officer: row.parsed("officer")?,
        officer_name: row.text("officer_name")?,
        counted: row.int("counted")?,
        expected: row.real("expected")?,
        by_chance: row.opt_real("by_chance")?,
        leaves: row.json::<Evidence>("evidence")?.leaves,
        made_at_us: row.micros("made_at_us")?,
        settled_at_us: row.opt_micros("settled_at_us")?,
        settled_by_name: row.opt_text("settled_by_name")?,
        reason: row.opt_tag("reason")?,
        note: row.opt_text("note")?,
    })
}

/// # Errors
/// When the database fails.
pub async fn told(store: &Store) -> Result<Vec<Said>, StoreError> {
    let sql = "SELECT officer, kind, target, MAX(to_seq) AS to_seq FROM oversight_alert GROUP BY officer, kind, target";
    let said = |row: &Row| {
        Ok(Said { officer: row.parsed("officer")?, kind: row.tag("kind")?, target: row.text("target")?, to_seq: row.int("to_seq")? })
    };
    store.fetch(sql, vec![]).await?.iter().map(said).collect()
}

/// Keeps what is new; returns how many.
///
/// # Errors
/// When the database fails.
pub async fn keep(store: &Store, made: &[New]) -> Result<u64, StoreError> {
    let mut tx = store.begin().await?;
    let mut count = 0;
    for one in made {
        let sql = "INSERT INTO oversight_alert (id, state, kind, officer, officer_name, target, counted, expected, by_chance, evidence, to_seq, made_at_us) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (officer, kind, target, to_seq) DO NOTHING";
        let id = store.env().id(MisuseAlertId::new);
        let (said, kind) = (&one.said, tag_of(&AlertKind::from(one.said.kind)));
        let evidence = json!(Evidence { leaves: said.seqs.clone() }).to_string();
        let state = tag_of(&AlertState::New);
        let values = params![
            id, state, kind, one.officer, &one.officer_name, &one.target, i64::from(said.count), said.expected, said.by_chance, evidence, said.to_seq,
            store.env().now()
        ];
        count += tx.execute(sql, values).await?;
    }
    tx.commit().await?;
    Ok(count)
}

/// Newest first. What concerns the asker himself is not among them.
///
/// # Errors
/// When the database fails.
pub async fn page(store: &Store, person: &Person, is_new: bool, before: Option<&str>, limit: i64) -> Result<Vec<MisuseAlert>, StoreError> {
    let new = if is_new { " AND state = 'new'" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM oversight_alert WHERE id < $1 AND officer <> $3{new} ORDER BY id DESC LIMIT $2");
    store.fetch(&sql, params![page_before(before), limit, person.id]).await?.iter().map(of_row).collect()
}

/// # Errors
/// When the database fails.
pub async fn one(store: &Store, id: MisuseAlertId) -> Result<Option<MisuseAlert>, StoreError> {
    let row = store.fetch_opt(&format!("SELECT {COLUMNS} FROM oversight_alert WHERE id = $1"), params![id]).await?;
    row.as_ref().map(of_row).transpose()
}

/// One that this person may handle, with the office of the officer.
pub(super) async fn handled(app: &App, person: &Person, id: MisuseAlertId) -> Result<(MisuseAlert, Option<String>), Problem> {
    // Nobody is told that there is one about himself.
    let found = one(&app.store, id).await?.filter(|found| found.officer != person.id).ok_or(MisuseError::Unknown)?;
    let office = serving(app, found.officer).await?.and_then(|one| one.office);
    impartial(person, found.officer, office.as_deref())?;
    Ok((found, office))
}

/// Of two who settle it at once one wins.
pub(super) async fn settle(tx: &mut Tx, now: Micros, person: &Person, id: MisuseAlertId, state: AlertState) -> Result<(), MisuseError> {
    let sql = "UPDATE oversight_alert SET state = $2, settled_at_us = $3, settled_by = $4, settled_by_name = $5 WHERE id = $1 AND state = 'new'";
    if tx.execute(sql, params![id, tag_of(&state), now, person.id, &person.name]).await? == 0 {
        return Err(MisuseError::Settled);
    }
    Ok(())
}

/// # Errors
/// When it is settled already, or not this person's to settle.
pub async fn set_aside(app: &App, person: &Person, id: MisuseAlertId, asked: &SetAside) -> Result<MisuseAlert, Problem> {
    let note = text(&asked.note)?;
    handled(app, person, id).await?;
    let mut tx = app.store.begin().await?;
    settle(&mut tx, app.env.now(), person, id, AlertState::SetAside).await?;
    tx.execute("UPDATE oversight_alert SET reason = $2, note = $3 WHERE id = $1", params![id, tag_of(&asked.reason), note]).await?;
    tx.emit(&Event::not_done(Asked::MisuseAlert, &id, &tag_of(&asked.reason), person.id)).await?;
    tx.commit().await?;
    Ok(one(&app.store, id).await?.ok_or(MisuseError::Unknown)?)
}
