//! The SQL of disclosures.

use shouhu_ids::{DisclosureId, Micros};
use shouhu_module::Person;
use shouhu_store::{Eyes, Row, Store, StoreError, page_before, params, tag_of};

use super::{AskDisclosure, Disclosure, DisclosureError, DisclosureFile, DisclosureState, SPAN_MAX_US, Scope, text};
use crate::sealed::keep;

/// Two hundred leaves take seconds: a release that has not ended after this long has died, and a second person decides anew.
pub const CLAIM_US: i64 = 2 * Micros::MINUTE;

const COLUMNS: &str = "id, state, request_ref, basis, scope, asked_at_us, asked_by, asked_by_name, decided_at_us, decided_by_name, reason";

fn of_row(row: &Row) -> Result<Disclosure, StoreError> {
    Ok(Disclosure {
        id: row.parsed("id")?,
        state: row.tag("state")?,
        request_ref: row.text("request_ref")?,
        basis: row.text("basis")?,
        scope: row.json("scope")?,
        asked_at_us: row.micros("asked_at_us")?,
        asked_by_name: row.text("asked_by_name")?,
        decided_at_us: row.opt_micros("decided_at_us")?,
        decided_by_name: row.opt_text("decided_by_name")?,
        reason: row.opt_text("reason")?,
    })
}

/// # Errors
/// When the database fails.
pub async fn page(store: &Store, before: Option<&str>, limit: i64) -> Result<Vec<Disclosure>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM oversight_disclosure WHERE id < $1 ORDER BY id DESC LIMIT $2");
    store.fetch(&sql, params![page_before(before), limit]).await?.iter().map(of_row).collect()
}

/// # Errors
/// When there is none, or the database fails.
pub async fn one(store: &Store, id: DisclosureId) -> Result<Disclosure, DisclosureError> {
    let row = store.fetch_opt(&format!("SELECT {COLUMNS} FROM oversight_disclosure WHERE id = $1"), params![id]).await?;
    Ok(of_row(&row.ok_or(DisclosureError::Unknown)?)?)
}

/// # Errors
/// When it says nothing, or covers too long a time or one that is not over.
pub async fn ask(store: &Store, by: &Person, asked: &AskDisclosure) -> Result<Disclosure, DisclosureError> {
    let (request_ref, basis, now) = (text(&asked.request_ref)?, text(&asked.basis)?, store.env().now());
    match &asked.scope {
        Scope::Time { from_us, until_us } => {
            let is_fit = *until_us <= now && (1..=SPAN_MAX_US).contains(&until_us.since(*from_us));
            if !is_fit {
                return Err(DisclosureError::Scope);
            }
        }
        Scope::Incident { number } => {
            text(number).map_err(|_| DisclosureError::Scope)?;
        }
    }
    let scope = serde_json::to_string(&asked.scope).map_err(|error| StoreError::Corrupt { what: "scope", detail: error.to_string() })?;
    let id = store.env().id(DisclosureId::new);
    let mut tx = store.begin().await?;
    let sql = "INSERT INTO oversight_disclosure (id, state, request_ref, basis, scope, asked_at_us, asked_by, asked_by_name) \
               VALUES ($1, 'asked', $2, $3, $4, $5, $6, $7)";
    tx.execute(sql, params![id, request_ref, basis, scope, now, by.id, &by.name]).await?;
    tx.commit().await?;
    one(store, id).await
}

/// What nobody has decided yet.
///
/// # Errors
/// When there is none, or it is decided.
pub async fn waiting(store: &Store, id: DisclosureId) -> Result<Disclosure, DisclosureError> {
    let known = one(store, id).await?;
    let has_died = known.decided_at_us.is_some_and(|at| at < store.env().now().plus(-CLAIM_US));
    let is_open = known.state == DisclosureState::Asked || (known.state == DisclosureState::Releasing && has_died);
    if is_open { Ok(known) } else { Err(DisclosureError::Settled) }
}

/// Whether this person may decide it now.
///
/// # Errors
/// When it is decided, or this person has asked for it.
pub async fn decidable(store: &Store, by: &Person, id: DisclosureId) -> Result<Disclosure, DisclosureError> {
    let known = waiting(store, id).await?;
    let row = store.fetch_one("SELECT asked_by FROM oversight_disclosure WHERE id = $1", params![id]).await?;
    if row.text("asked_by")? == by.id.to_string() { Err(DisclosureError::SamePerson) } else { Ok(known) }
}

/// asked → releasing or refused, by a second person; releasing → released, by whoever claimed it. Of two who decide at once one wins.
///
/// # Errors
/// When it was decided meanwhile, or the database fails.
pub async fn decide(
    store: &Store,
    by: &Person,
    id: DisclosureId,
    state: DisclosureState,
    reason: Option<&str>,
    file: Option<&DisclosureFile>,
) -> Result<Disclosure, DisclosureError> {
    let text = file.map(serde_json::to_string).transpose().map_err(|error| StoreError::Corrupt { what: "disclosure", detail: error.to_string() })?;
    let now: Micros = store.env().now();
    let mut values = params![id, tag_of(&state), now, by.id, &by.name, reason, text];
    let guard = if state == DisclosureState::Released {
        // Whose claim was taken over has lost it.
        "state = 'releasing' AND decided_by = $4"
    } else {
        values.push(now.plus(-CLAIM_US).into());
        "(state = 'asked' OR (state = 'releasing' AND decided_at_us < $8))"
    };
    let sql = format!(
        "UPDATE oversight_disclosure SET state = $2, decided_at_us = $3, decided_by = $4, decided_by_name = $5, reason = $6, file = $7 \
         WHERE id = $1 AND asked_by <> $4 AND {guard}"
    );
    let mut tx = store.begin().await?;
    if tx.execute(&sql, values).await? == 0 {
        return Err(DisclosureError::Settled);
    }
    tx.commit().await?;
    one(store, id).await
}

/// # Errors
/// When there is none, it was not released, or something was sealed since.
pub async fn file(store: &Store, id: DisclosureId) -> Result<DisclosureFile, DisclosureError> {
    let row = store.fetch_opt("SELECT file FROM oversight_disclosure WHERE id = $1", params![id]).await?.ok_or(DisclosureError::Unknown)?;
    if row.opt_text("file")?.is_none() {
        return Err(DisclosureError::NotReleased);
    }
    let file: DisclosureFile = row.json("file")?;
    if is_older_than_a_seal(store, file.made_at_us).await? { Err(DisclosureError::OlderThanSeal) } else { Ok(file) }
}

/// With nobody's eyes: a member who fetches it hands it out. Older than *any* seal in force, since to hold back those alone that name what is
/// sealed would tell which they are.
async fn is_older_than_a_seal(store: &Store, made_at: Micros) -> Result<bool, StoreError> {
    // Another server may have sealed something just now, or a moment before the file was made.
    keep::refresh(store).await?;
    let lag_us = i64::try_from(keep::LOOK.as_micros()).unwrap_or(i64::MAX);
    let veil = store.seals().veil(Eyes::Nobody, || store.env().now());
    Ok(veil.is_some_and(|veil| made_at.plus(-lag_us) < veil.newest_since()))
}
