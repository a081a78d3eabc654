//! The auditor's case file: opened, asked, answered, found. Every step is kept, and each is a leaf of the log by its route.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shouhu_audit::Leaf;
use shouhu_events::Event;
use shouhu_ids::{ActorId, Micros, MisuseAlertId, MisuseCaseId};
use shouhu_module::{App, Person, Problem};
use shouhu_store::{Row, Store, StoreError, Tx, page_before, params, tag_of};
use shouhu_wire::{Asked, NotFounded};

use super::alerts::{self, AlertState, Evidence};
use super::{ANSWER_US, CASE_US, MisuseError, impartial, sampling, serving, text};

/// Leaves whose words a file shows; the others are named by their numbers.
const SHOWN_MAX: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    Open,
    /// The officer was asked.
    Asked,
    Answered,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseOrigin {
    Alert,
    Sample,
    Hand,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseFinding {
    /// The use was not lawful.
    Founded,
    /// It was.
    Unfounded,
    /// Neither can be shown.
    Unproven,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    Opened,
    Question,
    Answer,
    Finding,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CaseStep {
    pub at_us: Micros,
    pub by_name: String,
    pub what: StepKind,
    pub said: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MisuseCase {
    pub id: MisuseCaseId,
    pub state: CaseState,
    pub officer: ActorId,
    pub officer_name: String,
    pub office: Option<String>,
    pub origin: CaseOrigin,
    pub alert: Option<MisuseAlertId>,
    pub leaves: Vec<i64>,
    pub opened_at_us: Micros,
    pub opened_by: ActorId,
    /// The finding is due.
    pub due_at_us: Micros,
    /// The answer to the last question is due; absent before the first one.
    pub answer_due_at_us: Option<Micros>,
    /// What is due next is late.
    pub is_overdue: bool,
    pub finding: Option<CaseFinding>,
    pub closed_at_us: Option<Micros>,
}

/// A file with its steps and what its leaves say.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MisuseCaseShown {
    #[serde(flatten)]
    pub case: MisuseCase,
    pub steps: Vec<CaseStep>,
    /// The alert that it was opened from, with what was counted.
    pub hint: Option<alerts::MisuseAlert>,
    /// The newest leaves, as far as they are shown here.
    pub log: Vec<Leaf>,
}

/// What an officer sees of a file about himself: what is asked of him, and until when. Neither who asked nor what else is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct QuestionToMe {
    pub id: MisuseCaseId,
    pub state: CaseState,
    pub answer_due_at_us: Option<Micros>,
    pub is_overdue: bool,
    /// Questions, own answers and the finding.
    pub steps: Vec<CaseStep>,
    pub finding: Option<CaseFinding>,
}

/// `POST /v1/oversight/misuse/cases`: from an alert, or from a leaf (one of a sample, or any).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenCase {
    #[serde(default)]
    pub alert: Option<MisuseAlertId>,
    #[serde(default)]
    pub leaf: Option<i64>,
    /// Why it is looked into.
    pub reason: String,
}

/// A question, or the answer to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Said {
    pub text: String,
}

/// `POST /v1/oversight/misuse/cases/{id}/finding`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Find {
    pub finding: CaseFinding,
    pub reason: String,
    /// Needed unless it is founded: then nothing more is done, and it is counted why.
    #[serde(default)]
    pub code: Option<NotFounded>,
}

const COLUMNS: &str = "id, state, officer, officer_name, office, origin, alert, evidence, opened_at_us, opened_by, due_at_us, answer_due_at_us, \
     finding, closed_at_us";

fn of_row(row: &Row, now: Micros) -> Result<MisuseCase, StoreError> {
    let state: CaseState = row.tag("state")?;
    let (due_at_us, answer_due_at_us) = (row.micros("due_at_us")?, row.opt_micros("answer_due_at_us")?);
    let is_late = due_at_us < now || (state == CaseState::Asked && answer_due_at_us.is_some_and(|due| due < now));
    Ok(MisuseCase {
        id: row.parsed("id")?,
        state,
        officer: row.parsed("officer")?,
        officer_name: row.text("officer_name")?,
        office: row.opt_text("office")?,
        origin: row.tag("origin")?,
        alert: row.opt_parsed("alert")?,
        leaves: row.json::<Evidence>("evidence")?.leaves,
        opened_at_us: row.micros("opened_at_us")?,
        opened_by: row.parsed("opened_by")?,
        due_at_us,
        answer_due_at_us,
        is_overdue: state != CaseState::Closed && is_late,
        finding: row.opt_tag("finding")?,
        closed_at_us: row.opt_micros("closed_at_us")?,
    })
}

async fn one(store: &Store, id: MisuseCaseId) -> Result<Option<MisuseCase>, StoreError> {
    let row = store.fetch_opt(&format!("SELECT {COLUMNS} FROM oversight_case WHERE id = $1"), params![id]).await?;
    row.map(|row| of_row(&row, store.env().now())).transpose()
}

async fn steps(store: &Store, id: MisuseCaseId) -> Result<Vec<CaseStep>, StoreError> {
    let sql = "SELECT at_us, by_name, what, said FROM oversight_case_step WHERE case_id = $1 ORDER BY number";
    let step = |row: &Row| Ok(CaseStep { at_us: row.micros("at_us")?, by_name: row.text("by_name")?, what: row.tag("what")?, said: row.text("said")? });
    store.fetch(sql, params![id]).await?.iter().map(step).collect()
}

async fn add_step(tx: &mut Tx, now: Micros, id: MisuseCaseId, by: &Person, what: StepKind, said: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO oversight_case_step (case_id, number, at_us, by_id, by_name, what, said) \
               SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $3, $4, $5, $6 FROM oversight_case_step WHERE case_id = $1";
    tx.execute(sql, params![id, now, by.id, &by.name, tag_of(&what), said]).await.map(|_| ())
}

/// Newest first. A file about the asker is not among them.
///
/// # Errors
/// When the database fails.
pub async fn page(store: &Store, person: &Person, is_open: bool, before: Option<&str>, limit: i64) -> Result<Vec<MisuseCase>, StoreError> {
    let open = if is_open { " AND state <> 'closed'" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM oversight_case WHERE id < $1 AND officer <> $3{open} ORDER BY id DESC LIMIT $2");
    let rows = store.fetch(&sql, params![page_before(before), limit, person.id]).await?;
    rows.iter().map(|row| of_row(row, store.env().now())).collect()
}

/// # Errors
/// When the database fails.
pub async fn overdue(store: &Store) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM oversight_case WHERE state <> 'closed' AND due_at_us <= $1";
    store.fetch_one(sql, params![store.env().now()]).await?.int("n")
}

/// How many files ended in one way in one month, or are open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CaseOutcome {
    /// `2026-11`: closed in that month by the clock of Taipei; empty of files that are open.
    pub month: String,
    pub origin: CaseOrigin,
    pub finding: Option<CaseFinding>,
    /// Why it was not founded.
    pub code: Option<String>,
    pub count: i64,
}

/// The files of ten years, counted; neither officers nor offices are in it.
///
/// # Errors
/// When the database fails.
pub async fn outcomes(store: &Store) -> Result<Vec<CaseOutcome>, StoreError> {
    let since = store.env().now().plus(-3_660 * Micros::DAY);
    let sql = "SELECT origin, finding, not_founded, closed_at_us FROM oversight_case WHERE closed_at_us IS NULL OR closed_at_us > $1";
    let mut counts: BTreeMap<(String, CaseOrigin, Option<CaseFinding>, Option<String>), i64> = BTreeMap::new();
    for row in store.fetch(sql, params![since]).await? {
        let month = row.opt_micros("closed_at_us")?.map(crate::transparency::month_of).unwrap_or_default();
        *counts.entry((month, row.tag("origin")?, row.opt_tag("finding")?, row.opt_text("not_founded")?)).or_default() += 1;
    }
    let mut outcomes = Vec::with_capacity(counts.len());
    for ((month, origin, finding, code), count) in counts.into_iter().rev() {
        outcomes.push(CaseOutcome { month, origin, finding, code, count });
    }
    Ok(outcomes)
}

/// A leaf that a person has caused, and who.
async fn caused(app: &App, seq: i64) -> Result<(ActorId, String), Problem> {
    let leaf = app.audit.page(Some(seq.saturating_add(1)), 1).await?.into_iter().next().filter(|leaf| leaf.seq == seq && !leaf.is_erased);
    let leaf = leaf.ok_or(MisuseError::Origin)?;
    let actor = leaf.entry.actor.parse().map_err(|_| MisuseError::Origin)?;
    Ok((actor, leaf.entry.actor_name))
}

/// # Errors
/// When it is opened from nothing, from what is settled, or about oneself or one's own office.
pub async fn open(app: &App, person: &Person, asked: &OpenCase) -> Result<MisuseCaseShown, Problem> {
    let reason = text(&asked.reason)?;
    let (officer, officer_name, office, origin, leaves) = match (asked.alert, asked.leaf) {
        (Some(alert), None) => {
            let (found, office) = alerts::handled(app, person, alert).await?;
            (found.officer, found.officer_name, office, CaseOrigin::Alert, found.leaves)
        }
        (None, Some(leaf)) => {
            let (officer, name) = caused(app, leaf).await?;
            let office = serving(app, officer).await?.and_then(|one| one.office);
            impartial(person, officer, office.as_deref())?;
            let origin = if sampling::is_drawn(&app.store, leaf).await? { CaseOrigin::Sample } else { CaseOrigin::Hand };
            (officer, name, office, origin, vec![leaf])
        }
        _ => return Err(MisuseError::Origin.into()),
    };
    let (id, now) = (app.env.id(MisuseCaseId::new), app.env.now());
    let mut tx = app.store.begin().await?;
    if let Some(alert) = asked.alert {
        alerts::settle(&mut tx, now, person, alert, AlertState::Opened).await?;
    }
    let sql = "INSERT INTO oversight_case (id, state, officer, officer_name, office, origin, alert, evidence, opened_at_us, opened_by, due_at_us) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let evidence = json!(Evidence { leaves }).to_string();
    let values = params![
        id, tag_of(&CaseState::Open), officer, officer_name, office, tag_of(&origin), asked.alert, evidence, now, person.id, now.plus(CASE_US)
    ];
    tx.execute(sql, values).await?;
    add_step(&mut tx, now, id, person, StepKind::Opened, &reason).await?;
    tx.commit().await?;
    shown(app, person, id).await
}

/// A file that this person may see: any but one about himself.
///
/// # Errors
/// Not found, also when it is about the asker.
pub async fn shown(app: &App, person: &Person, id: MisuseCaseId) -> Result<MisuseCaseShown, Problem> {
    let case = seen(app, person, id).await?;
    let hint = match case.alert {
        Some(alert) => alerts::one(&app.store, alert).await?,
        None => None,
    };
    let mut log = Vec::new();
    for seq in case.leaves.iter().rev().take(SHOWN_MAX) {
        log.extend(app.audit.page(Some(seq.saturating_add(1)), 1).await?.into_iter().filter(|leaf| leaf.seq == *seq));
    }
    let steps = steps(&app.store, id).await?;
    if let Some(veil) = app.store.veil() {
        log.iter_mut().for_each(|leaf| crate::sealed::log::blot(&veil, &mut leaf.entry));
    }
    Ok(MisuseCaseShown { case, steps, hint, log })
}

async fn seen(app: &App, person: &Person, id: MisuseCaseId) -> Result<MisuseCase, Problem> {
    Ok(one(&app.store, id).await?.filter(|case| case.officer != person.id).ok_or(MisuseError::Unknown)?)
}

/// # Errors
/// When it is closed, or about one's own office.
pub async fn ask(app: &App, person: &Person, id: MisuseCaseId, asked: &Said) -> Result<MisuseCaseShown, Problem> {
    let question = text(&asked.text)?;
    let case = seen(app, person, id).await?;
    impartial(person, case.officer, case.office.as_deref())?;
    let now = app.env.now();
    let mut tx = app.store.begin().await?;
    let sql = "UPDATE oversight_case SET state = $2, answer_due_at_us = $3 WHERE id = $1 AND state IN ('open', 'answered')";
    if tx.execute(sql, params![id, tag_of(&CaseState::Asked), now.plus(ANSWER_US)]).await? == 0 {
        return Err(MisuseError::Settled.into());
    }
    add_step(&mut tx, now, id, person, StepKind::Question, &question).await?;
    tx.commit().await?;
    shown(app, person, id).await
}

/// # Errors
/// When it is closed, about one's own office, or the officer was not heard; a founded one also when oneself has opened it.
pub async fn find(app: &App, person: &Person, id: MisuseCaseId, asked: &Find) -> Result<MisuseCaseShown, Problem> {
    let reason = text(&asked.reason)?;
    let case = seen(app, person, id).await?;
    impartial(person, case.officer, case.office.as_deref())?;
    let now = app.env.now();
    let code = match asked.finding {
        CaseFinding::Founded => None,
        CaseFinding::Unfounded | CaseFinding::Unproven => Some(asked.code.ok_or(MisuseError::Code)?),
    };
    if asked.finding == CaseFinding::Founded {
        if case.opened_by == person.id {
            return Err(MisuseError::SecondPerson.into());
        }
        let is_heard = match case.state {
            CaseState::Answered => true,
            CaseState::Asked => case.answer_due_at_us.is_some_and(|due| due <= now),
            CaseState::Open | CaseState::Closed => false,
        };
        if !is_heard && case.state != CaseState::Closed {
            return Err(MisuseError::NotHeard.into());
        }
    }
    let mut tx = app.store.begin().await?;
    // In the state that was judged: an answer or a question that came meanwhile is read first.
    let sql = "UPDATE oversight_case SET state = $2, finding = $3, closed_at_us = $4, not_founded = $6 WHERE id = $1 AND state = $5 AND state <> 'closed'";
    let values = params![id, tag_of(&CaseState::Closed), tag_of(&asked.finding), now, tag_of(&case.state), code.map(NotFounded::as_str)];
    if tx.execute(sql, values).await? == 0 {
        return Err(MisuseError::Settled.into());
    }
    add_step(&mut tx, now, id, person, StepKind::Finding, &reason).await?;
    if let Some(code) = code {
        tx.emit(&Event::not_done(Asked::MisuseFile, &id, code.as_str(), person.id)).await?;
    }
    tx.commit().await?;
    shown(app, person, id).await
}

/// What was ever asked of somebody, newest first.
///
/// # Errors
/// When the database fails.
pub async fn questions(store: &Store, person: &Person, before: Option<&str>, limit: i64) -> Result<Vec<QuestionToMe>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM oversight_case WHERE id < $1 AND officer = $3 AND answer_due_at_us IS NOT NULL ORDER BY id DESC LIMIT $2"
    );
    let now = store.env().now();
    let mut questions = Vec::new();
    for row in store.fetch(&sql, params![page_before(before), limit, person.id]).await? {
        questions.push(told(store, of_row(&row, now)?, now).await?);
    }
    Ok(questions)
}

async fn told(store: &Store, case: MisuseCase, now: Micros) -> Result<QuestionToMe, StoreError> {
    let mut steps = steps(store, case.id).await?;
    steps.retain(|step| step.what != StepKind::Opened);
    for step in &mut steps {
        if step.what != StepKind::Answer {
            // Oversight asks, and not a person whom one could meet in the corridor.
            step.by_name.clear();
        }
    }
    let is_overdue = case.state == CaseState::Asked && case.answer_due_at_us.is_some_and(|due| due < now);
    Ok(QuestionToMe { id: case.id, state: case.state, answer_due_at_us: case.answer_due_at_us, is_overdue, steps, finding: case.finding })
}

/// # Errors
/// When nothing is asked of this person there.
pub async fn answer(store: &Store, person: &Person, id: MisuseCaseId, said: &Said) -> Result<QuestionToMe, MisuseError> {
    let answer = text(&said.text)?;
    let now = store.env().now();
    let mut tx = store.begin().await?;
    // Late answers are taken: what somebody has to say is heard until there is a finding.
    let sql = "UPDATE oversight_case SET state = $3 WHERE id = $1 AND officer = $2 AND state = $4";
    let changed = tx.execute(sql, params![id, person.id, tag_of(&CaseState::Answered), tag_of(&CaseState::Asked)]).await?;
    if changed == 0 {
        drop(tx);
        let is_own = one(store, id).await?.is_some_and(|case| case.officer == person.id && case.answer_due_at_us.is_some());
        return Err(if is_own { MisuseError::NotAsked } else { MisuseError::Unknown });
    }
    add_step(&mut tx, now, id, person, StepKind::Answer, &answer).await?;
    tx.commit().await?;
    let case = one(store, id).await?.ok_or(MisuseError::Unknown)?;
    Ok(told(store, case, now).await?)
}
