//! From the log to looks: who asked about which vehicle, under which case.
//!
//! A leaf says what was asked in words. Of the routes that are about one vehicle or a few these words are read; everything else (who passed a
//! camera, exports, pictures of a passage that was shown before) names no subject that somebody chose.

use std::collections::BTreeSet;

use shouhu_audit::{Entry, Leaf};
use shouhu_bus::ReactionError;
use shouhu_ids::{ActorId, Micros};
use shouhu_misuse::WINDOW_DAYS;
use shouhu_module::{App, UNLINKED};
use shouhu_plate::Plate;
use shouhu_store::{Row, Store, StoreError, params, placeholders};

use crate::movements::fold::{Fold, Target, case_key};

/// Entries of one step, each a transaction of its own.
const STEP: i64 = 1_000;
/// Rows of one insert; seven values each.
const ROWS: usize = 100;

/// The words before the plates of each route that is about vehicles by name, up to ` from ` or ` under `.
const NAMING: [(&str, &str); 6] = [
    ("GET /v1/sightings", ""),
    ("GET /v1/sightings/{id}", " of "),
    ("GET /v1/sightings/trajectory", "trajectory of "),
    ("GET /v1/sightings/seen", "first and last of "),
    ("POST /v1/sightings/convoys", "convoys of "),
    ("POST /v1/sightings/meetings", "meetings of "),
];

/// One subject of one leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub seq: i64,
    pub at: Micros,
    pub actor: ActorId,
    pub target: Target,
    pub case_key: Option<String>,
    pub is_live: bool,
}

/// What a leaf's words name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// Nobody chose a subject.
    Nothing,
    Plates(Vec<Plate>),
    /// The route is about vehicles by name, and none could be read.
    Unread,
}

#[must_use]
pub fn named(entry: &Entry) -> Named {
    let Some((action, before)) = NAMING.iter().find(|(action, _)| *action == entry.action) else { return Named::Nothing };
    let Some((_, rest)) = entry.object.split_once(before) else { return Named::Unread };
    let words = rest.split(" from ").next().unwrap_or_default();
    let words = words.split(" under ").next().unwrap_or_default();
    let words = words.split(" at camera ").next().unwrap_or_default();
    // A search without a plate, or for a pattern, is about a place or many.
    if *action == "GET /v1/sightings" && (words == "any plate" || words.contains(['?', '*'])) {
        return Named::Nothing;
    }
    let plates: Vec<Plate> = words.split(' ').filter_map(|word| Plate::parse(word).ok()).collect();
    if plates.is_empty() { Named::Unread } else { Named::Plates(plates) }
}

/// Looks of a leaf; `None` where it should name a subject and cannot be read.
fn looks_of(leaf: &Leaf, fold: &Fold) -> Option<Vec<Kept>> {
    let entry = &leaf.entry;
    let is_question = !leaf.is_erased && entry.class == "personal_read" && (200..300).contains(&entry.outcome);
    let Some(actor) = entry.actor.parse::<ActorId>().ok().filter(|_| is_question) else { return Some(Vec::new()) };
    let plates = match named(entry) {
        Named::Nothing => return Some(Vec::new()),
        Named::Unread => return None,
        Named::Plates(plates) => plates,
    };
    let is_unlinked = entry.case_ref.as_deref().is_some_and(|case| case.ends_with(UNLINKED));
    let case = entry.case_ref.as_deref().map(|case| case_key(Some(case.strip_suffix(UNLINKED).unwrap_or(case)), actor));
    let targets: BTreeSet<Target> = plates.iter().map(|plate| fold.target(plate)).collect();
    let kept = |target| Kept { seq: leaf.seq, at: entry.at_us, actor, target, case_key: case.clone(), is_live: case.is_some() && !is_unlinked };
    Some(targets.into_iter().map(kept).collect())
}

/// Reads what came since the last time. Of two servers at once one keeps it.
pub async fn read_on(app: &App, fold: &Fold) -> Result<(), ReactionError> {
    loop {
        let from = app.store.fetch_one("SELECT to_seq FROM oversight_looked WHERE only_row = 1", vec![]).await?.int("to_seq")?;
        let mut leaves = app.audit.page(Some(from.saturating_add(STEP + 1)), STEP).await?;
        leaves.retain(|leaf| leaf.seq > from);
        let Some(to) = leaves.iter().map(|leaf| leaf.seq).max() else { return Ok(()) };
        let (mut looks, mut unread) = (Vec::new(), 0_i64);
        for leaf in &leaves {
            match looks_of(leaf, fold) {
                Some(of) => looks.extend(of.into_iter().map(|look| (look, leaf.entry.actor_name.clone()))),
                None => unread += 1,
            }
        }
        if unread > 0 {
            tracing::warn!(unread, from, to, "questions about a vehicle by name whose words no longer say which one: misuse of them is not seen");
        }
        let mut tx = app.store.begin().await?;
        let sql = "UPDATE oversight_looked SET to_seq = $1, unread = unread + $3 WHERE only_row = 1 AND to_seq = $2";
        if tx.execute(sql, params![to, from, unread]).await? != 1 {
            continue;
        }
        for some in looks.chunks(ROWS) {
            let (mut values, mut places) = (Vec::new(), Vec::new());
            for (look, name) in some {
                let at = values.len() + 1;
                places.push(format!("({})", placeholders(at..at + 7)));
                values.extend(params![look.seq, look.target.hex(), look.at, look.actor, name, look.case_key.clone(), look.is_live]);
            }
            let sql = format!(
                "INSERT INTO oversight_look (seq, target, at_us, actor, actor_name, case_key, is_live) VALUES {} ON CONFLICT DO NOTHING",
                places.join(", ")
            );
            tx.execute(&sql, values).await?;
        }
        tx.commit().await?;
    }
}

fn kept_of(row: &Row) -> Result<Option<Kept>, StoreError> {
    let Some(target) = Target::parse(&row.text("target")?) else { return Ok(None) };
    Ok(Some(Kept {
        seq: row.int("seq")?,
        at: row.micros("at_us")?,
        actor: row.parsed("actor")?,
        target,
        case_key: row.opt_text("case_key")?,
        is_live: row.truth("is_live")?,
    }))
}

/// Looks of the window, page by page so that the rows of the database are never all in memory at once.
///
/// # Errors
/// When the database fails.
pub async fn of_window(store: &Store) -> Result<Vec<Kept>, StoreError> {
    const ROWS_AT_ONCE: i64 = 20_000;
    let since = store.env().now().plus(-WINDOW_DAYS * Micros::DAY);
    let (mut all, mut after) = (Vec::new(), (0_i64, String::new()));
    loop {
        let sql = "SELECT seq, target, at_us, actor, case_key, is_live FROM oversight_look \
                   WHERE (seq > $1 OR (seq = $1 AND target > $2)) AND at_us >= $3 ORDER BY seq, target LIMIT $4";
        let rows = store.fetch(sql, params![after.0, &after.1, since, ROWS_AT_ONCE]).await?;
        let Some(last) = rows.last() else { return Ok(all) };
        after = (last.int("seq")?, last.text("target")?);
        for row in &rows {
            all.extend(kept_of(row)?);
        }
    }
}

/// The name under which somebody last looked.
///
/// # Errors
/// When the database fails.
pub async fn name_of(store: &Store, actor: ActorId) -> Result<String, StoreError> {
    let row = store.fetch_opt("SELECT actor_name FROM oversight_look WHERE actor = $1 ORDER BY seq DESC LIMIT 1", params![actor]).await?;
    row.map_or_else(|| Ok(actor.to_string()), |row| row.text("actor_name"))
}

/// # Errors
/// When the database fails.
pub async fn forget(store: &Store) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.execute("DELETE FROM oversight_look WHERE at_us < $1", params![store.env().now().plus(-WINDOW_DAYS * Micros::DAY)]).await?;
    tx.commit().await
}
