//! The SQL of breaches.

use std::collections::HashMap;

use shouhu_ids::{BreachId, Micros};
use shouhu_module::Person;
use shouhu_store::{Row, Store, StoreError, Tx, page_before, params, placeholders, tag_of};

use super::{Breach, BreachError, STEPS_MAX, Step, StepKind, TELL_WITHIN_US, WriteBreach, WriteStep, may_close, with_steps};

const COLUMNS: &str = "id, known_at_us, since_us, what, data, persons, written_at_us, written_by_name, tell_due_at_us";

fn breach_of(row: &Row) -> Result<Breach, StoreError> {
    Ok(Breach {
        id: row.parsed("id")?,
        known_at_us: row.micros("known_at_us")?,
        since_us: row.opt_micros("since_us")?,
        what: row.text("what")?,
        data: row.text("data")?,
        persons: row.opt_int("persons")?,
        written_at_us: row.micros("written_at_us")?,
        written_by_name: row.text("written_by_name")?,
        tell_due_at_us: row.micros("tell_due_at_us")?,
        persons_told_at_us: None,
        authority_told_at_us: None,
        is_late: false,
        is_closed: false,
        steps: Vec::new(),
    })
}

fn step_of(row: &Row) -> Result<Step, StoreError> {
    Ok(Step {
        seq: row.int("seq")?,
        kind: row.tag("kind")?,
        text: row.text("text")?,
        persons: row.opt_int("persons")?,
        at_us: row.micros("at_us")?,
        written_at_us: row.micros("written_at_us")?,
        by_name: row.text("by_name")?,
    })
}

const STEPS: &str = "SELECT breach, seq, kind, text, persons, at_us, written_at_us, by_name FROM oversight_breach_step";

async fn told(store: &Store, breaches: Vec<Breach>) -> Result<Vec<Breach>, StoreError> {
    if breaches.is_empty() {
        return Ok(breaches);
    }
    let sql = format!("{STEPS} WHERE breach IN ({}) ORDER BY breach, seq", placeholders(1..=breaches.len()));
    let ids = breaches.iter().map(|breach| breach.id.into()).collect();
    let mut steps: HashMap<BreachId, Vec<Step>> = HashMap::new();
    for row in store.fetch(&sql, ids).await? {
        steps.entry(row.parsed("breach")?).or_default().push(step_of(&row)?);
    }
    let now = store.env().now();
    Ok(breaches.into_iter().map(|breach| {
        let own = steps.remove(&breach.id).unwrap_or_default();
        with_steps(breach, own, now)
    }).collect())
}

/// Newest first.
///
/// # Errors
/// When the database fails.
pub async fn page(store: &Store, before: Option<&str>, limit: i64) -> Result<Vec<Breach>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM oversight_breach WHERE id < $1 ORDER BY id DESC LIMIT $2");
    let breaches = store.fetch(&sql, params![page_before(before), limit]).await?.iter().map(breach_of).collect::<Result<_, _>>()?;
    told(store, breaches).await
}

/// # Errors
/// When the database fails.
pub async fn one(store: &Store, id: BreachId) -> Result<Option<Breach>, StoreError> {
    let row = store.fetch_opt(&format!("SELECT {COLUMNS} FROM oversight_breach WHERE id = $1"), params![id]).await?;
    let breaches = row.iter().map(breach_of).collect::<Result<_, _>>()?;
    Ok(told(store, breaches).await?.pop())
}

/// Breaches whose persons should have been told by now.
///
/// # Errors
/// When the database fails.
pub async fn overdue(store: &Store) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM oversight_breach b WHERE b.tell_due_at_us < $1 AND NOT EXISTS \
               (SELECT 1 FROM oversight_breach_step s WHERE s.breach = b.id AND s.kind IN ($2, $3))";
    let (told, closed) = (tag_of(&StepKind::PersonsTold), tag_of(&StepKind::Closed));
    store.fetch_one(sql, params![store.env().now(), told, closed]).await?.int("n")
}

/// # Errors
/// When it is out of its bounds, or the database fails.
pub async fn write(store: &Store, by: &Person, asked: WriteBreach) -> Result<Breach, BreachError> {
    let now = store.env().now();
    let asked = asked.checked(now)?;
    let id = store.env().id(BreachId::new);
    let mut tx = store.begin().await?;
    tx.execute(
        "INSERT INTO oversight_breach (id, known_at_us, since_us, what, data, persons, written_at_us, written_by, written_by_name, \
         tell_due_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            id,
            asked.known_at_us,
            asked.since_us,
            asked.what,
            asked.data,
            asked.persons,
            now,
            by.id,
            &by.name,
            asked.known_at_us.plus(TELL_WITHIN_US),
        ],
    )
    .await?;
    tx.commit().await?;
    one(store, id).await?.ok_or(BreachError::Unknown)
}

async fn next_seq(tx: &mut Tx, id: BreachId) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COALESCE(MAX(seq), 0) AS BIGINT) AS n FROM oversight_breach_step WHERE breach = $1";
    Ok(tx.fetch_one(sql, params![id]).await?.int("n")? + 1)
}

/// # Errors
/// When there is no such breach, the step is out of its bounds, or it closes what nobody has answered.
pub async fn add_step(store: &Store, by: &Person, id: BreachId, asked: WriteStep) -> Result<Breach, BreachError> {
    let breach = one(store, id).await?.ok_or(BreachError::Unknown)?;
    let now: Micros = store.env().now();
    let asked = asked.checked(breach.known_at_us, now)?;
    if asked.kind == StepKind::Closed {
        may_close(&breach)?;
    }
    let mut tx = store.begin().await?;
    // Locks the breach: two steps at once get two numbers.
    tx.execute("UPDATE oversight_breach SET known_at_us = known_at_us WHERE id = $1", params![id]).await?;
    let seq = next_seq(&mut tx, id).await?;
    if seq > STEPS_MAX {
        return Err(BreachError::TooMany);
    }
    tx.execute(
        "INSERT INTO oversight_breach_step (breach, seq, kind, text, persons, at_us, written_at_us, by_actor, by_name) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![id, seq, tag_of(&asked.kind), asked.text, asked.persons, asked.at_us, now, by.id, &by.name],
    )
    .await?;
    tx.commit().await?;
    one(store, id).await?.ok_or(BreachError::Unknown)
}
