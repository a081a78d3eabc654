//! From asking to the last answer. Every step is guarded by the state before it: of two who act at once one wins.

use std::collections::BTreeMap;

use serde_json::json;
use sha2::{Digest, Sha256};
use shouhu_audit::{AuditError, Entry};
use shouhu_bus::ReactionError;
use shouhu_ids::{InquiryId, Micros};
use shouhu_module::{App, Person, Problem};
use shouhu_plate::Plate;
use shouhu_store::{NewJob, Store, StoreError, Tx, params, tag_of};

use super::cases::{self, Deferred};
use super::jobs::TELL;
use super::text::{self, Heading};
use super::{
    AnswerInquiry, AskInquiry, ConfirmInquiry, DUE_US, HandOverAnswer, Held, Inquiry, InquiryError, InquiryState, RenewDeferral, SHOWN_CHARS, UseLine,
    document_number, reason, receipts, store, written,
};
use crate::movements::fold::{Fold, NAMED};
use crate::movements::uses;

const ACTOR: &str = "shouhu (inquiries)";

/// # Errors
/// When something of it cannot be read.
pub async fn ask(store: &Store, fold: &Fold, person: &Person, asked: &AskInquiry) -> Result<Inquiry, InquiryError> {
    let plate = Plate::parse(&asked.plate).map_err(InquiryError::Plate)?;
    let number = document_number(&asked.document_number)?;
    let shown = written(&asked.claim_shown, &SHOWN_CHARS).ok_or(InquiryError::Claim)?;
    let (id, now, from) = (store.env().id(InquiryId::new), store.env().now(), uses::known_since(store).await?);
    let mut tx = store.begin().await?;
    tx.execute(
        "INSERT INTO oversight_inquiry (id, state, plate, document, document_fold, claim, claim_shown, from_us, until_us, due_at_us, asked_by, \
         asked_by_name) VALUES ($1, 'asked', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        params![
            id,
            plate.as_str(),
            tag_of(&asked.document),
            fold.document(&tag_of(&asked.document), &number).hex(),
            tag_of(&asked.claim),
            shown,
            from,
            now,
            now.plus(DUE_US),
            person.id,
            &person.name,
        ],
    )
    .await?;
    tx.commit().await?;
    found(store, id).await
}

async fn found(store: &Store, id: InquiryId) -> Result<Inquiry, InquiryError> {
    store::one(store, id).await?.ok_or(InquiryError::Unknown)
}

/// A second person says that the plate is the applicant's, or why it is not.
///
/// # Errors
/// When this person took the request, or somebody has said so already.
pub async fn confirm(store: &Store, person: &Person, id: InquiryId, asked: &ConfirmInquiry) -> Result<Inquiry, InquiryError> {
    let note = if asked.is_confirmed { None } else { Some(reason(&asked.note)?) };
    found(store, id).await?;
    let taken = "SELECT id FROM oversight_inquiry WHERE id = $1 AND asked_by = $2";
    if store.fetch_opt(taken, params![id, person.id]).await?.is_some() {
        return Err(InquiryError::SamePerson);
    }
    let state = if asked.is_confirmed { InquiryState::Confirmed } else { InquiryState::Refused };
    let mut tx = store.begin().await?;
    let sql = "UPDATE oversight_inquiry SET state = $2, confirmed_at_us = $3, confirmed_by = $4, confirmed_by_name = $5, refused_note = $6 \
               WHERE id = $1 AND state = 'asked' AND asked_by <> $4";
    if tx.execute(sql, params![id, tag_of(&state), store.env().now(), person.id, &person.name, note]).await? == 0 {
        return Err(InquiryError::Settled);
    }
    tx.commit().await?;
    found(store, id).await
}

/// Which text was answered, before anybody sees it.
async fn logged(app: &App, heading: &Heading, text: &str) -> Result<(String, i64), AuditError> {
    let sha256 = hex::encode(Sha256::digest(text.as_bytes()));
    let entry = Entry {
        at_us: heading.made_at,
        actor: ACTOR.into(),
        actor_name: ACTOR.into(),
        action: "oversight.inquiry_answer".into(),
        // It names nobody, and proofs of it are in citizens' hands: it is never erased.
        class: "log".into(),
        purpose: None,
        case_ref: None,
        object: format!("answer {} of inquiry {}: sha256 {sha256}", heading.number, heading.inquiry),
        outcome: 200,
    };
    let leaf = app.audit.append(entry).await?;
    Ok((sha256, leaf))
}

async fn keep(tx: &mut Tx, heading: &Heading, text: &str, (sha256, leaf): (String, i64)) -> Result<(), StoreError> {
    let sql = "INSERT INTO oversight_inquiry_answer (inquiry, number, made_at_us, text, sha256, leaf) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.execute(sql, params![heading.inquiry, heading.number, heading.made_at, text, sha256, leaf]).await.map(|_| ())
}

fn heading_of(inquiry: &Inquiry, number: i64, made_at: Micros, first_made_at: Micros) -> Heading {
    let (plate_display, from, until) = (inquiry.plate_display.clone(), inquiry.from_us, inquiry.until_us);
    Heading { inquiry: inquiry.id, number, plate_display, from, until, made_at, first_made_at }
}

/// Decides about each case and makes the first answer.
///
/// # Errors
/// When it is not confirmed, a case is left out, or this person has looked at the plate himself.
pub async fn answer(app: &App, fold: &Fold, person: &Person, id: InquiryId, asked: &AnswerInquiry) -> Result<Inquiry, Problem> {
    let (store, now) = (&app.store, app.env.now());
    let inquiry = found(store, id).await?;
    if inquiry.state != InquiryState::Confirmed {
        return Err(InquiryError::Settled.into());
    }
    let plate = plate_of(&inquiry)?;
    let uses = uses::of(store, fold, &plate, [inquiry.from_us, inquiry.until_us]).await?;
    if uses.iter().any(|used| used.asker == person.id) {
        return Err(InquiryError::Involved.into());
    }
    let deferred = cases::decided(&cases::of(app, fold, &plate, &uses).await?, &asked.cases, now)?;
    let leaves = receipts::of(&app.audit, &uses).await?;
    let lines = uses.iter().zip(leaves).map(|(used, leaf)| cases::line_of(used, leaf)).collect();
    let (told, held) = cases::told_and_held(lines, &deferred.keys().cloned().collect());
    let heading = heading_of(&inquiry, 1, now, now);
    let text = text::answer(&heading, &told);
    let logged = logged(app, &heading, &text).await?;
    let mut tx = store.begin().await?;
    if tx.execute("UPDATE oversight_inquiry SET state = 'answered' WHERE id = $1 AND state = 'confirmed'", params![id]).await? == 0 {
        return Err(InquiryError::Settled.into());
    }
    keep(&mut tx, &heading, &text, logged).await?;
    hold(&mut tx, now, person, id, &deferred, held).await?;
    tx.commit().await?;
    Ok(found(store, id).await?)
}

/// # Errors
/// When what is kept is no plate.
pub fn plate_of(inquiry: &Inquiry) -> Result<Plate, InquiryError> {
    Plate::parse(&inquiry.plate_display).map_err(InquiryError::Plate)
}

async fn hold(
    tx: &mut Tx,
    now: Micros,
    person: &Person,
    id: InquiryId,
    deferred: &BTreeMap<String, Deferred>,
    mut held: BTreeMap<String, Vec<UseLine>>,
) -> Result<(), StoreError> {
    for (case, Deferred { until, reason }) in deferred {
        let held = Held { lines: held.remove(case).unwrap_or_default() };
        let held = serde_json::to_string(&held).map_err(|error| StoreError::Corrupt { what: "deferral", detail: error.to_string() })?;
        let sql = "INSERT INTO oversight_inquiry_deferral (inquiry, case_key, held, until_us, reason, set_at_us, set_by, set_by_name) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        tx.execute(sql, params![id, case, held, *until, reason, now, person.id, &person.name]).await?;
        tell_at(tx, id, *until).await?;
    }
    Ok(())
}

/// Those of one inquiry that end at one moment are told in one answer.
async fn tell_at(tx: &mut Tx, id: InquiryId, until: Micros) -> Result<(), StoreError> {
    tx.enqueue(NewJob { kind: TELL.kind, key: format!("{id} {}", until.0), payload: json!({ "id": id }), run_at: Some(until) }).await
}

/// Another person lets it last longer, once.
///
/// # Errors
/// When it is told, was extended, or this person has set it.
pub async fn renew(store: &Store, person: &Person, id: InquiryId, asked: &RenewDeferral) -> Result<Inquiry, InquiryError> {
    let (now, case, reason) = (store.env().now(), format!("{NAMED}{}", asked.case_ref), reason(&asked.reason)?);
    let sql = "SELECT until_us, set_by FROM oversight_inquiry_deferral WHERE inquiry = $1 AND case_key = $2";
    let row = store.fetch_opt(sql, params![id, &case]).await?.ok_or(InquiryError::RenewedOnce)?;
    if row.text("set_by")? == person.id.to_string() {
        return Err(InquiryError::SamePerson);
    }
    let before = row.micros("until_us")?;
    let until = cases::until_checked(asked.until_us, before, now)?;
    let mut tx = store.begin().await?;
    let sql = "UPDATE oversight_inquiry_deferral SET until_us = $3, renewed_at_us = $4, renewed_by_name = $5, renewed_reason = $6 \
               WHERE inquiry = $1 AND case_key = $2 AND until_us = $7 AND until_us > $4 AND renewed_at_us IS NULL AND told_in IS NULL AND set_by <> $8";
    if tx.execute(sql, params![id, case, until, now, &person.name, reason, before, person.id]).await? == 0 {
        return Err(InquiryError::RenewedOnce);
    }
    tell_at(&mut tx, id, until).await?;
    tx.commit().await?;
    found(store, id).await
}

/// Tells what was deferred and is over; says whether there was anything. Repeated it tells nothing twice.
///
/// # Errors
/// When the log or the database fails.
pub async fn tell(app: &App, id: InquiryId) -> Result<bool, ReactionError> {
    let store = &app.store;
    let over = store::over(store, id).await?;
    let Some(inquiry) = store::one(store, id).await?.filter(|_| !over.is_empty()) else { return Ok(false) };
    let answers = store::answers(store, id).await?;
    let (Some(first), Some(last)) = (answers.first(), answers.last()) else { return Ok(false) };
    let mut lines: Vec<UseLine> = over.iter().flat_map(|(_, held)| held.lines.iter().cloned()).collect();
    lines.sort();
    let heading = heading_of(&inquiry, last.number + 1, app.env.now(), first.made_at_us);
    let text = text::answer(&heading, &lines);
    let logged = logged(app, &heading, &text).await?;
    let mut tx = store.begin().await?;
    keep(&mut tx, &heading, &text, logged).await?;
    for (case, _) in &over {
        let sql = "UPDATE oversight_inquiry_deferral SET told_in = $3 WHERE inquiry = $1 AND case_key = $2 AND told_in IS NULL AND until_us <= $4";
        if tx.execute(sql, params![id, case, heading.number, heading.made_at]).await? == 0 {
            // It was extended, or another process has told it: the job looks again.
            return Err("a deferral has changed while it was told".into());
        }
    }
    tx.commit().await?;
    Ok(true)
}

/// The answer is given to whoever shows the document that was shown when it was asked for.
///
/// # Errors
/// When it is another document, or the answer was handed over.
pub async fn hand_over(store: &Store, fold: &Fold, person: &Person, id: InquiryId, asked: &HandOverAnswer) -> Result<Inquiry, InquiryError> {
    let number = document_number(&asked.document_number)?;
    let row = store.fetch_opt("SELECT document, document_fold FROM oversight_inquiry WHERE id = $1", params![id]).await?;
    let row = row.ok_or(InquiryError::Unknown)?;
    if fold.document(&row.text("document")?, &number).hex() != row.text("document_fold")? {
        return Err(InquiryError::OtherDocument);
    }
    let mut tx = store.begin().await?;
    let sql = "UPDATE oversight_inquiry_answer SET handed_at_us = $3, handed_by_name = $4 WHERE inquiry = $1 AND number = $2 AND handed_at_us IS NULL";
    if tx.execute(sql, params![id, asked.number, store.env().now(), &person.name]).await? == 0 {
        return Err(InquiryError::Settled);
    }
    tx.commit().await?;
    found(store, id).await
}
