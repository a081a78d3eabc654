//! The rows behind a caller's page. Whoever changes any of them holds the row of the call (`calls::lock`).

use shouhu_ids::{ActorId, CallId, IncidentId, Micros};
use shouhu_store::{Row, Store, StoreError, Tx, params, tag_of};
use shouhu_wire::IncidentState;

use super::{FIXES_JUDGED, FIXES_KEPT, LinkRow, Side, WORDS_MAX, WORDS_PER_MINUTE_MAX, WordError};
use crate::positions::Fix;
use crate::store::place_of;

/// A merged incident is worked on as the one that it belongs to.
const LINK: &str = "SELECT l.call, c.number, l.turn, c.state AS call_state, COALESCE(t.state, i.state) AS incident_state, l.made_at_us, \
     l.expires_at_us, l.revoked_at_us, l.opened_at_us, l.agreed_at_us, l.sharing_since_us, l.heard_at_us, l.is_silent, l.trouble, \
     (SELECT MAX(n.turn) FROM dispatch_caller_link n WHERE n.call = l.call) AS newest \
     FROM dispatch_caller_link l JOIN dispatch_call c ON c.id = l.call LEFT JOIN dispatch_incident i ON i.id = c.incident \
     LEFT JOIN dispatch_incident t ON t.id = i.merged_into";

fn link_of(row: &Row) -> Result<LinkRow, StoreError> {
    let turn = row.int("turn")?;
    Ok(LinkRow {
        call: row.parsed("call")?,
        number: row.text("number")?,
        turn,
        is_newest: row.int("newest")? == turn,
        call_state: row.tag("call_state")?,
        incident_state: row.opt_tag("incident_state")?,
        made_at: row.micros("made_at_us")?,
        expires_at: row.micros("expires_at_us")?,
        revoked_at: row.opt_micros("revoked_at_us")?,
        opened_at: row.opt_micros("opened_at_us")?,
        agreed_at: row.opt_micros("agreed_at_us")?,
        sharing_since: row.opt_micros("sharing_since_us")?,
        heard_at: row.opt_micros("heard_at_us")?,
        is_silent: row.truth("is_silent")?,
        trouble: row.opt_tag("trouble")?,
    })
}

/// # Errors
/// When the database fails.
pub async fn by_token(store: &Store, hash: &str) -> Result<Option<LinkRow>, StoreError> {
    store.fetch_opt(&format!("{LINK} WHERE l.token_hash = $1"), params![hash]).await?.as_ref().map(link_of).transpose()
}

/// The link again, under the lock of its call.
///
/// # Errors
/// When the database fails, or it went with its call.
pub async fn again(tx: &mut Tx, link: &LinkRow) -> Result<LinkRow, StoreError> {
    let sql = format!("{LINK} WHERE l.call = $1 AND l.turn = $2");
    link_of(&tx.fetch_one(&sql, params![link.call, link.turn]).await?)
}

const NEWEST: &str = "WHERE l.call = $1 AND l.turn = (SELECT MAX(n.turn) FROM dispatch_caller_link n WHERE n.call = l.call)";

/// # Errors
/// When the database fails.
pub async fn newest(store: &Store, call: CallId) -> Result<Option<LinkRow>, StoreError> {
    store.fetch_opt(&format!("{LINK} {NEWEST}"), params![call]).await?.as_ref().map(link_of).transpose()
}

/// # Errors
/// When the database fails.
pub async fn newest_held(tx: &mut Tx, call: CallId) -> Result<Option<LinkRow>, StoreError> {
    tx.fetch_opt(&format!("{LINK} {NEWEST}"), params![call]).await?.as_ref().map(link_of).transpose()
}

/// Calls of an incident, and of what was merged into it, as they came.
///
/// # Errors
/// When the database fails.
pub async fn calls_of(store: &Store, incident: IncidentId, limit: i64) -> Result<Vec<CallId>, StoreError> {
    let sql = "SELECT id FROM dispatch_call WHERE incident IN (SELECT id FROM dispatch_incident WHERE id = $1 OR merged_into = $1) \
         ORDER BY arrived_at_us, id LIMIT $2";
    store.fetch(sql, params![incident, limit]).await?.iter().map(|row| row.parsed("id")).collect()
}

/// Whether nobody works on an incident any more, under whatever number.
///
/// # Errors
/// When the database fails.
pub async fn is_closed(tx: &mut Tx, incident: IncidentId) -> Result<bool, StoreError> {
    let sql = "SELECT COALESCE(t.state, i.state) AS state FROM dispatch_incident i LEFT JOIN dispatch_incident t ON t.id = i.merged_into \
         WHERE i.id = $1";
    let row = tx.fetch_opt(sql, params![incident]).await?;
    Ok(row.map(|row| row.tag::<IncidentState>("state")).transpose()?.is_none_or(|state| state == IncidentState::Closed))
}

/// A call with a live link that one person may work on, and how much of it nobody has read.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    pub link: LinkRow,
    pub incident: Option<IncidentId>,
    pub unread: i64,
}

/// Those that the person has in hand, and those of incidents that are worked on.
///
/// # Errors
/// When the database fails.
pub async fn live(store: &Store, person: ActorId, limit: i64) -> Result<Vec<Waiting>, StoreError> {
    let now = store.env().now();
    let sql = format!(
        "SELECT x.*, (SELECT CAST(COUNT(*) AS BIGINT) FROM dispatch_caller_word w WHERE w.call = x.call AND w.side = 'caller' \
         AND w.read_at_us IS NULL) AS unread, c.incident AS of_incident, i.merged_into FROM ({LINK}) x JOIN dispatch_call c ON c.id = x.call \
         LEFT JOIN dispatch_incident i ON i.id = c.incident \
         WHERE x.turn = x.newest AND x.revoked_at_us IS NULL AND x.expires_at_us > $1 AND ((c.state = 'taken' AND c.taken_by = $2) \
         OR (c.state = 'settled' AND x.incident_state NOT IN ('closed', 'merged'))) ORDER BY x.made_at_us LIMIT $3"
    );
    let rows = store.fetch(&sql, params![now, person, limit]).await?;
    rows.iter()
        .map(|row| {
            let merged: Option<IncidentId> = row.opt_parsed("merged_into")?;
            Ok(Waiting { link: link_of(row)?, incident: merged.or(row.opt_parsed("of_incident")?), unread: row.int("unread")? })
        })
        .collect()
}

/// A message as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct WordRow {
    pub seq: i64,
    pub side: Side,
    pub at: Micros,
    pub by_name: Option<String>,
    pub text: String,
    pub read_at: Option<Micros>,
}

fn word_of(row: &Row) -> Result<WordRow, StoreError> {
    Ok(WordRow {
        seq: row.int("seq")?,
        side: row.tag("side")?,
        at: row.micros("at_us")?,
        by_name: row.opt_text("by_name")?,
        text: row.text("body")?,
        read_at: row.opt_micros("read_at_us")?,
    })
}

/// Everything that was written about a call, through whichever link.
///
/// # Errors
/// When the database fails.
pub async fn words(store: &Store, call: CallId) -> Result<Vec<WordRow>, StoreError> {
    let sql = "SELECT seq, side, at_us, by_name, body, read_at_us FROM dispatch_caller_word WHERE call = $1 ORDER BY seq";
    store.fetch(sql, params![call]).await?.iter().map(word_of).collect()
}

/// What was written through one link after a message.
///
/// # Errors
/// When the database fails.
pub async fn words_after(store: &Store, link: &LinkRow, after: i64) -> Result<Vec<WordRow>, StoreError> {
    let sql = "SELECT seq, side, at_us, by_name, body, read_at_us FROM dispatch_caller_word WHERE call = $1 AND turn = $2 AND seq > $3 \
         ORDER BY seq";
    store.fetch(sql, params![link.call, link.turn, after]).await?.iter().map(word_of).collect()
}

/// Whether the page shows a message of the centre's by now that nobody has written down as read.
///
/// # Errors
/// When the database fails.
pub async fn has_unread(store: &Store, link: &LinkRow, through: i64) -> Result<bool, StoreError> {
    let sql = "SELECT seq FROM dispatch_caller_word WHERE call = $1 AND turn = $2 AND side = 'centre' AND seq <= $3 AND read_at_us IS NULL LIMIT 1";
    Ok(store.fetch_opt(sql, params![link.call, link.turn, through]).await?.is_some())
}

/// The last message of the caller's that the centre has read; 0 before any.
///
/// # Errors
/// When the database fails.
pub async fn read_through(store: &Store, link: &LinkRow) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COALESCE(MAX(seq), 0) AS BIGINT) AS seq FROM dispatch_caller_word WHERE call = $1 AND turn = $2 AND side = 'caller' \
         AND read_at_us IS NOT NULL";
    store.fetch_one(sql, params![link.call, link.turn]).await?.int("seq")
}

/// What the page of a link has shown, up to a message of the centre's; how many that it had not.
///
/// # Errors
/// When the database fails.
pub async fn mark_shown(tx: &mut Tx, link: &LinkRow, through: i64, now: Micros) -> Result<u64, StoreError> {
    let sql = "UPDATE dispatch_caller_word SET read_at_us = $1 WHERE call = $2 AND turn = $3 AND side = 'centre' AND seq <= $4 AND read_at_us IS NULL";
    tx.execute(sql, params![now, link.call, link.turn, through]).await
}

/// What a dispatcher has read, up to a message of the caller's; how many that nobody had.
///
/// # Errors
/// When the database fails.
pub async fn mark_read(tx: &mut Tx, call: CallId, through: i64, now: Micros) -> Result<u64, StoreError> {
    let sql = "UPDATE dispatch_caller_word SET read_at_us = $1 WHERE call = $2 AND side = 'caller' AND seq <= $3 AND read_at_us IS NULL";
    tx.execute(sql, params![now, call, through]).await
}

/// What somebody writes.
pub struct NewWord<'w> {
    pub side: Side,
    pub key: &'w str,
    pub text: &'w str,
    pub by_name: Option<&'w str>,
}

#[derive(Debug, thiserror::Error)]
pub enum AddError {
    #[error(transparent)]
    Word(#[from] WordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Adds a message; false when it is there already.
///
/// # Errors
/// When there are too many.
pub async fn add_word(tx: &mut Tx, link: &LinkRow, word: &NewWord<'_>, now: Micros) -> Result<bool, AddError> {
    let side = tag_of(&word.side);
    let known = "SELECT seq FROM dispatch_caller_word WHERE call = $1 AND side = $2 AND sent_key = $3";
    if tx.fetch_opt(known, params![link.call, &side, word.key]).await?.is_some() {
        return Ok(false);
    }
    let counts = tx
        .fetch_one(
            "SELECT CAST(COALESCE(MAX(seq), 0) AS BIGINT) AS last, CAST(COALESCE(SUM(CASE WHEN side = $2 THEN 1 ELSE 0 END), 0) AS BIGINT) AS n, \
             CAST(COALESCE(SUM(CASE WHEN side = $2 AND at_us > $3 THEN 1 ELSE 0 END), 0) AS BIGINT) AS lately \
             FROM dispatch_caller_word WHERE call = $1",
            params![link.call, &side, now.plus(-Micros::MINUTE)],
        )
        .await?;
    if counts.int("n")? >= WORDS_MAX {
        return Err(WordError::TooMany.into());
    }
    if counts.int("lately")? >= WORDS_PER_MINUTE_MAX {
        return Err(WordError::TooFast.into());
    }
    let sql = "INSERT INTO dispatch_caller_word (call, seq, turn, side, sent_key, at_us, by_name, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let seq = counts.int("last")? + 1;
    tx.execute(sql, params![link.call, seq, link.turn, side, word.key, now, word.by_name, word.text]).await?;
    Ok(true)
}

const FIX: &str = "SELECT seq, lon, lat, accuracy_m, measured_at_us, received_at_us FROM dispatch_caller_fix WHERE call = $1 ORDER BY seq DESC";

fn fix_of(row: &Row) -> Result<Fix, StoreError> {
    let position = place_of(row)?.ok_or(StoreError::NotOne { found: 0 })?;
    Ok(Fix { position, measured_at: row.micros("measured_at_us")?, accuracy_m: row.opt_real("accuracy_m")?, heading_deg: None })
}

/// The newest fixes, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn fixes(store: &Store, call: CallId) -> Result<Vec<Fix>, StoreError> {
    let rows = store.fetch(&format!("{FIX} LIMIT {FIXES_JUDGED}"), params![call]).await?;
    rows.iter().rev().map(fix_of).collect()
}

/// When the last fix came, and its number.
///
/// # Errors
/// When the database fails.
pub async fn last_fix(tx: &mut Tx, call: CallId) -> Result<Option<(i64, Micros)>, StoreError> {
    let row = tx.fetch_opt(&format!("{FIX} LIMIT 1"), params![call]).await?;
    row.map(|row| Ok((row.int("seq")?, row.micros("received_at_us")?))).transpose()
}

/// # Errors
/// When the database fails.
pub async fn add_fix(tx: &mut Tx, call: CallId, seq: i64, fix: &Fix, now: Micros) -> Result<(), StoreError> {
    let sql = "INSERT INTO dispatch_caller_fix (call, seq, lon, lat, accuracy_m, measured_at_us, received_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let accuracy_m = fix.accuracy_m.unwrap_or(0.0);
    tx.execute(sql, params![call, seq, fix.position.lon, fix.position.lat, accuracy_m, fix.measured_at, now]).await?;
    tx.execute("DELETE FROM dispatch_caller_fix WHERE call = $1 AND seq <= $2", params![call, seq - FIXES_KEPT]).await?;
    Ok(())
}
