//! SQL of entries and of the list's version.
//!
//! **Invariant:** everything that a device ([`devices`]) or the index must hear of gets a version of its own from `next_versions`, in
//! the transaction that changes it. That update locks the one row of `watchlists_list`, so versions become visible in
//! their order and whoever has read up to `v` has missed nothing at or below `v`.
//!
//! `expires_at_us + 0` and `state || ''` keep SQLite's planner, which knows no statistics of a fresh database, off the index
//! of that column: it would read and sort the whole list for one page (measured on 100,000 entries: 44 ms against 2 ms).

use std::collections::HashSet;

use shouhu_events::Event;
use shouhu_ids::{ActorId, EntryId, ImportId, Micros};
use shouhu_module::Person;
use shouhu_plate::{Pattern, Plate};
use shouhu_store::{Row, Store, StoreError, Tx, Value, Veiled, page_before, params, placeholders, tag_of};
use shouhu_wire::HitEntry;

use crate::devices;
use crate::model::{Entry, EntryState, NewEntry};

const ENTRY_COLUMNS: &str = "id, pattern, legal_basis, owner, reason, action, vehicle_class, vehicle_colour, vehicle_note, issuer, state, import_id, \
     proposed_by, proposed_by_name, approved_by, approved_by_name, ended_by_name, end_reason, created_at_us, activated_at_us, \
     ended_at_us, expires_at_us";

/// Entries written with one statement.
const INSERT_ROWS: usize = 50;
/// Patterns looked up with one statement.
const LOOKUP_PATTERNS: usize = 500;

pub fn pattern_of(row: &Row) -> Result<Pattern, StoreError> {
    Pattern::parse(&row.text("pattern")?).map_err(|e| StoreError::Corrupt { what: "pattern", detail: e.to_string() })
}

fn entry_of(row: &Row, now: Micros) -> Result<Entry, StoreError> {
    let pattern = pattern_of(row)?;
    let expires_at_us = row.micros("expires_at_us")?;
    let stored: EntryState = row.tag("state")?;
    // The sweep marks expired entries once a minute; nobody should see an expired one as active until then.
    let state = if stored == EntryState::Active && expires_at_us <= now { EntryState::Expired } else { stored };
    Ok(Entry {
        id: row.parsed("id")?,
        display: pattern.display(),
        pattern,
        legal_basis: row.text("legal_basis")?,
        owner: row.text("owner")?,
        reason: row.text("reason")?,
        action: row.tag("action")?,
        vehicle_class: row.opt_tag("vehicle_class")?,
        vehicle_colour: row.opt_tag("vehicle_colour")?,
        vehicle_note: row.text("vehicle_note")?,
        issuer: row.text("issuer")?,
        state,
        import: row.opt_parsed("import_id")?,
        proposed_by: row.parsed("proposed_by")?,
        proposed_by_name: row.text("proposed_by_name")?,
        approved_by: row.opt_parsed("approved_by")?,
        approved_by_name: row.opt_text("approved_by_name")?,
        ended_by_name: row.opt_text("ended_by_name")?,
        end_reason: row.text("end_reason")?,
        created_at_us: row.micros("created_at_us")?,
        activated_at_us: row.opt_micros("activated_at_us")?,
        ended_at_us: row.opt_micros("ended_at_us")?,
        expires_at_us,
    })
}

/// The entry as a hit keeps it.
pub fn hit_entry_of(entry: &Entry) -> HitEntry {
    HitEntry {
        id: entry.id,
        pattern: entry.pattern.to_string(),
        legal_basis: entry.legal_basis.clone(),
        owner: entry.owner.clone(),
        action: entry.action,
        vehicle_class: entry.vehicle_class,
        vehicle_colour: entry.vehicle_colour,
        vehicle_note: entry.vehicle_note.clone(),
        reason: entry.reason.clone(),
        expires_at_us: entry.expires_at_us,
    }
}

pub async fn list_version(store: &Store) -> Result<i64, StoreError> {
    store.fetch_one("SELECT version FROM watchlists_list WHERE id = 1", vec![]).await?.int("version")
}

/// Takes `count` versions and says so on the bus; returns the one before the first of them.
pub async fn next_versions(tx: &mut Tx, count: i64) -> Result<i64, StoreError> {
    let sql = "UPDATE watchlists_list SET version = version + $1 WHERE id = 1 RETURNING version";
    let version = tx.fetch_one(sql, params![count]).await?.int("version")?;
    tx.emit(&Event::WatchlistChanged { version }).await?;
    Ok(version - count)
}

/// Without entries of plates that whoever looks may not see. What outsiders put on the list while it is sealed is theirs: it would be there, too,
/// if the plate had never passed, and an entry that vanishes would tell that something is sealed.
fn and_visible(store: &Store) -> String {
    let Some(veil) = store.veil() else { return String::new() };
    let hides = |(plate, veiled): (&Plate, &Veiled)| {
        let members: Vec<String> = veiled.members.iter().map(|member| format!("'{member}'")).collect();
        let (plate, since) = (plate.as_str(), veiled.since.0);
        format!(" AND NOT (pattern = '{plate}' AND (created_at_us < {since} OR proposed_by IN ({})))", members.join(", "))
    };
    veil.plates().map(hides).collect()
}

/// The entry, if there is one for whoever looks.
pub async fn entry(store: &Store, id: EntryId) -> Result<Option<Entry>, StoreError> {
    let sql = format!("SELECT {ENTRY_COLUMNS} FROM watchlists_entry WHERE id = $1{}", and_visible(store));
    let row = store.fetch_opt(&sql, params![id]).await?;
    row.map(|row| entry_of(&row, store.env().now())).transpose()
}

/// The entry, if it is in force at `now`.
pub async fn entry_in_force(tx: &mut Tx, id: EntryId, now: Micros) -> Result<Option<Entry>, StoreError> {
    let sql = format!("SELECT {ENTRY_COLUMNS} FROM watchlists_entry WHERE id = $1 AND state = 'active' AND expires_at_us > $2");
    let row = tx.fetch_opt(&sql, params![id, now]).await?;
    row.map(|row| entry_of(&row, now)).transpose()
}

/// What a list of entries is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<EntryState>,
    pub legal_basis: Option<String>,
    pub import: Option<ImportId>,
    pub words: Vec<[String; 2]>,
    pub before: Option<EntryId>,
}

/// Newest first.
pub async fn entries(store: &Store, filter: &Filter, limit: i64) -> Result<Vec<Entry>, StoreError> {
    let now = store.env().now();
    let mut sql = format!("SELECT {ENTRY_COLUMNS} FROM watchlists_entry WHERE id < $1{}", and_visible(store));
    let mut values: Vec<Value> = params![page_before(filter.before)];
    let place = |values: &mut Vec<Value>, value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    match filter.state {
        Some(EntryState::Active) => {
            let at = place(&mut values, now.into());
            sql += &format!(" AND state = 'active' AND expires_at_us + 0 > {at}");
        }
        Some(EntryState::Expired) => {
            let at = place(&mut values, now.into());
            sql += &format!(" AND (state = 'expired' OR (state = 'active' AND expires_at_us <= {at}))");
        }
        Some(state) => sql += &format!(" AND state = {}", place(&mut values, tag_of(&state).into())),
        None => {}
    }
    if let Some(basis) = &filter.legal_basis {
        sql += &format!(" AND legal_basis = {}", place(&mut values, basis.into()));
    }
    if let Some(import) = filter.import {
        sql += &format!(" AND import_id = {}", place(&mut values, import.into()));
    }
    for [written, plain] in &filter.words {
        let (a, b) = (place(&mut values, written.into()), place(&mut values, plain.into()));
        sql += &format!(" AND (search LIKE {a} ESCAPE '\\' OR search LIKE {b} ESCAPE '\\')");
    }
    sql += &format!(" ORDER BY id DESC LIMIT {}", place(&mut values, limit.into()));
    store.fetch(&sql, values).await?.iter().map(|row| entry_of(row, now)).collect()
}

/// An entry for the same pattern on the same basis that waits or is in force.
pub async fn twin(tx: &mut Tx, store: &Store, new: &NewEntry, now: Micros) -> Result<Option<EntryId>, StoreError> {
    let sql = format!(
        "SELECT id FROM watchlists_entry WHERE pattern = $1 AND legal_basis = $2 \
         AND state || '' IN ('proposed', 'active') AND expires_at_us + 0 > $3{} ORDER BY id LIMIT 1",
        and_visible(store)
    );
    let row = tx.fetch_opt(&sql, params![new.pattern.as_str(), new.basis.key, now]).await?;
    row.map(|row| row.parsed("id")).transpose()
}

/// Which of these patterns wait or are in force, and on which basis: what an import compares its rows with.
pub async fn in_use_among(store: &Store, patterns: &[String]) -> Result<HashSet<(String, String)>, StoreError> {
    let (now, mut known) = (store.env().now(), HashSet::new());
    for part in patterns.chunks(LOOKUP_PATTERNS) {
        let sql = format!(
            "SELECT pattern, legal_basis FROM watchlists_entry WHERE state || '' IN ('proposed', 'active') AND expires_at_us + 0 > $1 \
             AND pattern IN ({}){}",
            placeholders(2..part.len() + 2),
            and_visible(store)
        );
        let mut values: Vec<Value> = params![now];
        values.extend(part.iter().map(Value::from));
        for row in store.fetch(&sql, values).await? {
            known.insert((row.text("pattern")?, row.text("legal_basis")?));
        }
    }
    Ok(known)
}

/// Writes proposals; the ids are in the order of `new`.
pub async fn insert(
    tx: &mut Tx,
    store: &Store,
    new: &[NewEntry],
    by: &Person,
    import: Option<ImportId>,
) -> Result<Vec<EntryId>, StoreError> {
    let env = store.env();
    let now = env.now();
    let mut ids = Vec::with_capacity(new.len());
    for part in new.chunks(INSERT_ROWS) {
        let mut values: Vec<Value> = Vec::new();
        let mut rows = Vec::with_capacity(part.len());
        for entry in part {
            let id = env.id(EntryId::new);
            let first = values.len() + 1;
            values.extend(params![
                id,
                entry.pattern.as_str(),
                entry.basis.key,
                &entry.owner,
                &entry.reason,
                tag_of(&entry.action),
                entry.vehicle_class.map(|class| tag_of(&class)),
                entry.vehicle_colour.map(|colour| tag_of(&colour)),
                &entry.vehicle_note,
                &entry.issuer,
                import,
                by.id,
                &by.name,
                now,
                entry.expires_at,
                entry.search_text(),
            ]);
            rows.push(format!("({}, 'proposed', '', 0)", placeholders(first..=values.len())));
            ids.push(id);
        }
        let sql = format!(
            "INSERT INTO watchlists_entry (id, pattern, legal_basis, owner, reason, action, vehicle_class, vehicle_colour, vehicle_note, \
             issuer, import_id, proposed_by, proposed_by_name, created_at_us, expires_at_us, search, state, end_reason, changed_version) \
             VALUES {}",
            rows.join(", ")
        );
        tx.execute(&sql, values).await?;
    }
    Ok(ids)
}

/// What an approval sets besides who approved: an entry of a sealed plate is in force here, and no device hears of it.
fn in_force_from(store: &Store, version: &str) -> String {
    let is_sealed = devices::is_sealed_now(store);
    format!("changed_version = {version}, is_kept_back = {is_sealed}, device_version = CASE WHEN {is_sealed} = 1 THEN 0 ELSE {version} END")
}

/// proposed → active by somebody else. False when the guard did not hold.
pub async fn activate(tx: &mut Tx, store: &Store, id: EntryId, by: &Person, now: Micros) -> Result<bool, StoreError> {
    let version = next_versions(tx, 1).await? + 1;
    let sql = format!(
        "UPDATE watchlists_entry SET state = 'active', approved_by = $2, approved_by_name = $3, activated_at_us = $4, {} \
         WHERE id = $1 AND state = 'proposed' AND proposed_by <> $2 AND expires_at_us > $4",
        in_force_from(store, "$5")
    );
    Ok(tx.execute(&sql, params![id, by.id, &by.name, now, version]).await? == 1)
}

/// Activates at most `limit` waiting entries of an import; returns how many.
pub async fn activate_some(
    tx: &mut Tx,
    store: &Store,
    import: ImportId,
    by: ActorId,
    by_name: &str,
    now: Micros,
    limit: i64,
) -> Result<i64, StoreError> {
    let waiting = "SELECT id FROM watchlists_entry WHERE import_id = $1 AND state = 'proposed' AND proposed_by <> $2 \
                   AND expires_at_us + 0 > $3 ORDER BY id LIMIT $4";
    let rows = tx.fetch(waiting, params![import, by, now, limit]).await?;
    let count = i64::try_from(rows.len()).unwrap_or(0);
    if count == 0 {
        return Ok(0);
    }
    let mut version = next_versions(tx, count).await?;
    // Row by row: one statement that joins the page with the table is planned as a scan of all waiting entries per row.
    let sql = format!(
        "UPDATE watchlists_entry SET state = 'active', approved_by = $2, approved_by_name = $3, activated_at_us = $4, {} \
         WHERE id = $1 AND state = 'proposed'",
        in_force_from(store, "$5")
    );
    for row in &rows {
        version += 1;
        tx.execute(&sql, params![row.text("id")?, by, by_name, now, version]).await?;
    }
    Ok(count)
}

/// Ends an entry: proposed → refused, active → withdrawn. False when the guard did not hold.
pub async fn end(
    tx: &mut Tx,
    id: EntryId,
    from: EntryState,
    to: EntryState,
    by: &Person,
    why: &str,
    now: Micros,
) -> Result<bool, StoreError> {
    let version = next_versions(tx, 1).await? + 1;
    // A refused entry never was in force, so no device needs to forget it.
    let version = if from == EntryState::Active { version } else { 0 };
    let changed = tx
        .execute(
            "UPDATE watchlists_entry SET state = $3, ended_by = $4, ended_by_name = $5, end_reason = $6, ended_at_us = $7, \
             changed_version = $8, device_version = CASE WHEN is_kept_back = 1 THEN device_version ELSE $8 END \
             WHERE id = $1 AND state = $2 AND ($2 = 'proposed' OR expires_at_us > $7)",
            params![id, tag_of(&from), tag_of(&to), by.id, &by.name, why, now, version],
        )
        .await?;
    Ok(changed == 1)
}

/// Marks at most `limit` entries whose time is over; returns how many.
pub async fn expire_some(tx: &mut Tx, now: Micros, limit: i64) -> Result<i64, StoreError> {
    let over = "SELECT id FROM watchlists_entry WHERE state = 'active' AND expires_at_us <= $1 ORDER BY expires_at_us LIMIT $2";
    let rows = tx.fetch(over, params![now, limit]).await?;
    let count = i64::try_from(rows.len()).unwrap_or(0);
    if count == 0 {
        return Ok(0);
    }
    let mut version = next_versions(tx, count).await?;
    let sql = "UPDATE watchlists_entry SET state = 'expired', ended_at_us = expires_at_us, changed_version = $2, \
               device_version = CASE WHEN is_kept_back = 1 THEN device_version ELSE $2 END WHERE id = $1 AND state = 'active'";
    for row in &rows {
        version += 1;
        tx.execute(sql, params![row.text("id")?, version]).await?;
    }
    Ok(count)
}

/// A change of the list as the index reads it, or as devices are told of it.
pub struct Change {
    pub id: EntryId,
    pub pattern: Pattern,
    pub expires_at: Micros,
    pub is_active: bool,
    pub version: i64,
}

/// Changes after `since` up to `until`, oldest first. From the beginning only what is in force counts.
pub async fn changes(store: &Store, since: i64, until: i64, limit: i64) -> Result<Vec<Change>, StoreError> {
    let only = if since == 0 { " AND state || '' = 'active'" } else { "" };
    let sql = format!(
        "SELECT id, pattern, expires_at_us, state, changed_version FROM watchlists_entry \
         WHERE changed_version > $1 AND changed_version <= $2{only} ORDER BY changed_version LIMIT $3"
    );
    let rows = store.fetch(&sql, params![since, until, limit]).await?;
    rows.iter()
        .map(|row| {
            Ok(Change {
                id: row.parsed("id")?,
                pattern: pattern_of(row)?,
                expires_at: row.micros("expires_at_us")?,
                is_active: row.tag::<EntryState>("state")? == EntryState::Active,
                version: row.int("changed_version")?,
            })
        })
        .collect()
}
