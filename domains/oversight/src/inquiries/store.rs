//! The SQL of inquiries.

use shouhu_ids::{ActorId, InquiryId, Micros};
use shouhu_plate::Plate;
use shouhu_store::{Row, Store, StoreError, Value, page_before, params, tag_of};

use super::{Deferral, Held, Inquiry, InquiryAnswer, InquiryState};
use crate::movements::fold::NAMED;

const COLUMNS: &str = "id, state, plate, document, claim, claim_shown, from_us, until_us, due_at_us, asked_by_name, confirmed_at_us, \
                       confirmed_by_name, refused_note";

fn inquiry_of(row: &Row, now: Micros) -> Result<Inquiry, StoreError> {
    let (state, due_at_us) = (row.tag("state")?, row.micros("due_at_us")?);
    Ok(Inquiry {
        id: row.parsed("id")?,
        state,
        plate_display: row.parsed::<Plate>("plate")?.display(),
        document: row.tag("document")?,
        claim: row.tag("claim")?,
        claim_shown: row.text("claim_shown")?,
        from_us: row.micros("from_us")?,
        until_us: row.micros("until_us")?,
        due_at_us,
        is_late: matches!(state, InquiryState::Asked | InquiryState::Confirmed) && due_at_us < now,
        asked_by_name: row.text("asked_by_name")?,
        confirmed_at_us: row.opt_micros("confirmed_at_us")?,
        confirmed_by_name: row.opt_text("confirmed_by_name")?,
        refused_note: row.opt_text("refused_note")?,
    })
}

/// # Errors
/// When the database fails.
pub async fn one(store: &Store, id: InquiryId) -> Result<Option<Inquiry>, StoreError> {
    let row = store.fetch_opt(&format!("SELECT {COLUMNS} FROM oversight_inquiry WHERE id = $1"), params![id]).await?;
    row.map(|row| inquiry_of(&row, store.env().now())).transpose()
}

/// Newest first: those that somebody took, or all.
///
/// # Errors
/// When the database fails.
pub async fn page(store: &Store, taken_by: Option<ActorId>, before: Option<&str>, limit: i64) -> Result<Vec<Inquiry>, StoreError> {
    let mut values: Vec<Value> = params![page_before(before), limit];
    let whose = taken_by.map_or("", |_| " AND asked_by = $3");
    values.extend(taken_by.map(Value::from));
    let sql = format!("SELECT {COLUMNS} FROM oversight_inquiry WHERE id < $1{whose} ORDER BY id DESC LIMIT $2");
    store.fetch(&sql, values).await?.iter().map(|row| inquiry_of(row, store.env().now())).collect()
}

/// # Errors
/// When the database fails.
pub async fn answers(store: &Store, id: InquiryId) -> Result<Vec<InquiryAnswer>, StoreError> {
    let sql = "SELECT number, made_at_us, text, sha256, leaf, handed_at_us, handed_by_name FROM oversight_inquiry_answer \
               WHERE inquiry = $1 ORDER BY number";
    let answer = |row: &Row| {
        Ok(InquiryAnswer {
            number: row.int("number")?,
            made_at_us: row.micros("made_at_us")?,
            text: row.text("text")?,
            sha256: row.text("sha256")?,
            leaf: row.int("leaf")?,
            handed_at_us: row.opt_micros("handed_at_us")?,
            handed_by_name: row.opt_text("handed_by_name")?,
        })
    };
    store.fetch(sql, params![id]).await?.iter().map(answer).collect()
}

/// # Errors
/// When the database fails.
pub async fn deferrals(store: &Store, id: InquiryId) -> Result<Vec<Deferral>, StoreError> {
    let sql = "SELECT case_key, held, until_us, reason, set_at_us, set_by_name, renewed_at_us, renewed_by_name, renewed_reason, told_in \
               FROM oversight_inquiry_deferral WHERE inquiry = $1 ORDER BY case_key";
    let deferral = |row: &Row| {
        let case = row.text("case_key")?;
        Ok(Deferral {
            case_ref: case.strip_prefix(NAMED).unwrap_or(&case).to_owned(),
            uses: row.json::<Held>("held")?.lines.len(),
            until_us: row.micros("until_us")?,
            reason: row.text("reason")?,
            set_at_us: row.micros("set_at_us")?,
            set_by_name: row.text("set_by_name")?,
            renewed_at_us: row.opt_micros("renewed_at_us")?,
            renewed_by_name: row.opt_text("renewed_by_name")?,
            renewed_reason: row.opt_text("renewed_reason")?,
            told_in: row.opt_int("told_in")?,
        })
    };
    store.fetch(sql, params![id]).await?.iter().map(deferral).collect()
}

/// Deferrals that are over and not told.
///
/// # Errors
/// When the database fails.
pub async fn over(store: &Store, id: InquiryId) -> Result<Vec<(String, Held)>, StoreError> {
    let sql = "SELECT case_key, held FROM oversight_inquiry_deferral WHERE inquiry = $1 AND told_in IS NULL AND until_us <= $2 ORDER BY case_key";
    let rows = store.fetch(sql, params![id, store.env().now()]).await?;
    rows.iter().map(|row| Ok((row.text("case_key")?, row.json("held")?))).collect()
}

/// Inquiries that nobody has answered in time.
///
/// # Errors
/// When the database fails.
pub async fn overdue(store: &Store) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM oversight_inquiry WHERE state IN ($1, $2) AND due_at_us < $3";
    let values = params![tag_of(&InquiryState::Asked), tag_of(&InquiryState::Confirmed), store.env().now()];
    store.fetch_one(sql, values).await?.int("n")
}

/// Forgets what was asked before a time; what is still to be told, or to be answered, stays.
///
/// # Errors
/// When the database fails.
pub async fn forget(store: &Store, before: Micros) -> Result<(), StoreError> {
    let gone = "SELECT i.id FROM oversight_inquiry i WHERE i.until_us < $1 AND i.state IN ('answered', 'refused') \
                AND NOT EXISTS (SELECT 1 FROM oversight_inquiry_deferral d WHERE d.inquiry = i.id AND d.told_in IS NULL) \
                AND NOT EXISTS (SELECT 1 FROM oversight_inquiry_answer a WHERE a.inquiry = i.id AND a.made_at_us >= $1)";
    let mut tx = store.begin().await?;
    let ids = tx.fetch(gone, params![before]).await?;
    for row in &ids {
        let id = row.text("id")?;
        for table in ["oversight_inquiry_answer", "oversight_inquiry_deferral"] {
            tx.execute(&format!("DELETE FROM {table} WHERE inquiry = $1"), params![&id]).await?;
        }
        tx.execute("DELETE FROM oversight_inquiry WHERE id = $1", params![&id]).await?;
    }
    tx.commit().await
}
