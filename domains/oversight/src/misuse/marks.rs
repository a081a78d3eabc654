//! Marks on disk. They end and are never deleted: what an alert was made by must stay readable.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{ActorId, MarkId, Micros};
use shouhu_module::{App, Person, Problem};
use shouhu_plate::Plate;
use shouhu_store::{Row, Store, StoreError, page_before, params, tag_of};

use super::{MisuseError, serving, text};
use crate::movements::fold::Fold;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// A number that belongs to nobody, put where only a curious person finds it.
    Decoy,
    /// Somebody whom many are curious about.
    Vip,
    /// An officer's own, as he has declared it.
    Own,
    /// Of somebody who lives with an officer, as he has declared it.
    Household,
}

impl From<MarkKind> for shouhu_misuse::MarkKind {
    fn from(kind: MarkKind) -> Self {
        match kind {
            MarkKind::Decoy => Self::Decoy,
            MarkKind::Vip => Self::Vip,
            MarkKind::Own => Self::Own,
            MarkKind::Household => Self::Household,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlateMark {
    pub id: MarkId,
    pub plate_display: String,
    pub kind: MarkKind,
    pub officer: Option<ActorId>,
    pub officer_name: Option<String>,
    pub note: String,
    pub set_at_us: Micros,
    pub set_by_name: String,
    pub ended_at_us: Option<Micros>,
    pub ended_by_name: Option<String>,
}

/// `POST /v1/oversight/misuse/marks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetMark {
    pub plate: String,
    pub kind: MarkKind,
    /// Whose it is; for `own` and `household` only.
    #[serde(default)]
    pub officer: Option<ActorId>,
    /// Why it is marked, or where the declaration lies.
    pub note: String,
}

/// A mark as the turn needs it.
pub struct InForce {
    pub target: String,
    pub kind: MarkKind,
    pub officer: Option<ActorId>,
}

const COLUMNS: &str = "id, plate, kind, officer, officer_name, note, set_at_us, set_by_name, ended_at_us, ended_by_name";

fn of_row(row: &Row) -> Result<PlateMark, StoreError> {
    Ok(PlateMark {
        id: row.parsed("id")?,
        plate_display: row.text("plate")?,
        kind: row.tag("kind")?,
        officer: row.opt_parsed("officer")?,
        officer_name: row.opt_text("officer_name")?,
        note: row.text("note")?,
        set_at_us: row.micros("set_at_us")?,
        set_by_name: row.text("set_by_name")?,
        ended_at_us: row.opt_micros("ended_at_us")?,
        ended_by_name: row.opt_text("ended_by_name")?,
    })
}

/// # Errors
/// When the database fails.
pub async fn in_force(store: &Store) -> Result<Vec<InForce>, StoreError> {
    let sql = "SELECT target, kind, officer FROM oversight_mark WHERE ended_at_us IS NULL";
    let mark = |row: &Row| Ok(InForce { target: row.text("target")?, kind: row.tag("kind")?, officer: row.opt_parsed("officer")? });
    store.fetch(sql, vec![]).await?.iter().map(mark).collect()
}

/// Those in force, newest first.
///
/// # Errors
/// When the database fails.
pub async fn page(store: &Store, before: Option<&str>, limit: i64) -> Result<Vec<PlateMark>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM oversight_mark WHERE id < $1 AND ended_at_us IS NULL ORDER BY id DESC LIMIT $2");
    store.fetch(&sql, params![page_before(before), limit]).await?.iter().map(of_row).collect()
}

async fn one(store: &Store, id: MarkId) -> Result<Option<PlateMark>, StoreError> {
    let row = store.fetch_opt(&format!("SELECT {COLUMNS} FROM oversight_mark WHERE id = $1"), params![id]).await?;
    row.as_ref().map(of_row).transpose()
}

/// # Errors
/// When it is no plate, or names nobody where somebody is wanted.
pub async fn set(app: &App, fold: &Fold, person: &Person, asked: &SetMark) -> Result<PlateMark, Problem> {
    let plate = Plate::parse(&asked.plate).map_err(MisuseError::Plate)?;
    let note = text(&asked.note)?;
    let is_somebodys = matches!(asked.kind, MarkKind::Own | MarkKind::Household);
    if is_somebodys != asked.officer.is_some() {
        return Err(MisuseError::Officer.into());
    }
    let name = match asked.officer {
        // Known only to be somebody's: the account must exist.
        Some(officer) => Some(serving(app, officer).await?.ok_or(MisuseError::Officer)?.name),
        None => None,
    };
    let id = app.env.id(MarkId::new);
    let mut tx = app.store.begin().await?;
    tx.execute(
        "INSERT INTO oversight_mark (id, target, plate, kind, officer, officer_name, note, set_at_us, set_by, set_by_name) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![id, fold.target(&plate).hex(), plate.display(), tag_of(&asked.kind), asked.officer, name, note, app.env.now(), person.id, &person.name],
    )
    .await?;
    tx.commit().await?;
    Ok(one(&app.store, id).await?.ok_or(MisuseError::Unknown)?)
}

/// # Errors
/// When there is none, or it has ended already.
pub async fn end(app: &App, person: &Person, id: MarkId) -> Result<PlateMark, Problem> {
    let found = one(&app.store, id).await?.ok_or(MisuseError::Unknown)?;
    // Nobody takes his own car off the list.
    if found.officer == Some(person.id) {
        return Err(MisuseError::SamePerson.into());
    }
    let mut tx = app.store.begin().await?;
    let sql = "UPDATE oversight_mark SET ended_at_us = $2, ended_by_name = $3 WHERE id = $1 AND ended_at_us IS NULL";
    if tx.execute(sql, params![id, app.env.now(), &person.name]).await? == 0 {
        return Err(MisuseError::Settled.into());
    }
    tx.commit().await?;
    Ok(one(&app.store, id).await?.ok_or(MisuseError::Unknown)?)
}
