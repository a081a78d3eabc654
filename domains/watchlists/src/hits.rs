//! SQL of hits.

use serde::{Deserialize, Serialize};
use shouhu_events::{Event, SightingFact};
use shouhu_ids::{EntryId, HitId, IncidentId, Micros, UnitId};
use shouhu_module::Person;
use shouhu_module::ports::{Tallied, TalliedHits};
use shouhu_place::Wgs84;
use shouhu_plate::{MatchKind, Plate, SeenVehicle};
use shouhu_store::{Row, Store, StoreError, Tx, Value, Veil, page_before, params, tag_of};
use shouhu_wire::{Alternative, Asked, AssignmentState, Conflict, Hit, HitEntry, HitState, NotFollowed, RejectReason};

use crate::matching::Earlier;
use crate::model::Entry;

/// A vehicle that stands before a camera is one hit, not one per frame: sightings this close in time join it.
pub const JOIN_WITHIN_US: i64 = 60 * Micros::SECOND;
/// How long before or after what may raise no hit alone another camera must have seen the vehicle: a car crosses the city in that time.
pub const WITNESS_WITHIN_US: i64 = 30 * Micros::MINUTE;
/// Places times what came of their hits: a city has some thousand cameras, and hits of a patrol car's have a place each.
const TALLIED_MAX: usize = 200_000;
/// Confirmed hits that nobody followed are told of after this.
pub const FOLLOW_WITHIN_US: i64 = 24 * Micros::HOUR;
/// Raised hits that nobody looked at are over after this.
pub const LAPSE_AFTER_US: i64 = 24 * Micros::HOUR;

/// What the person must see, kept as it was when the hit was raised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Shown {
    entry: HitEntry,
    conflicts: Vec<Conflict>,
    plate: Plate,
    confidence: f64,
    alternatives: Vec<Alternative>,
    place_name: String,
    /// Absent in hits from before cameras told it.
    #[serde(default)]
    seen: SeenVehicle,
    has_crop: bool,
    has_frame: bool,
}

const HIT_COLUMNS: &str = "id, state, kind, sighting_id, captured_at_us, raised_at_us, lon, lat, shown, decided_at_us, decided_by, \
     decided_by_name, reject_reason, note, not_followed, incident_id";

fn position_of(row: &Row) -> Result<Option<Wgs84>, StoreError> {
    let (lon, lat) = (row.opt_real("lon")?, row.opt_real("lat")?);
    Ok(lon.zip(lat).and_then(|(lon, lat)| Wgs84::new(lon, lat).ok()))
}

fn hit_of(row: &Row, veil: Option<&Veil>) -> Result<Hit, StoreError> {
    let mut shown: Shown = row.json("shown")?;
    if let Some(veil) = veil {
        shown.alternatives.retain(|other| !veil.hides_text(&other.plate));
    }
    Ok(Hit {
        id: row.parsed("id")?,
        state: row.tag("state")?,
        kind: row.tag("kind")?,
        conflicts: shown.conflicts,
        raised_at_us: row.micros("raised_at_us")?,
        entry: shown.entry,
        sighting: row.parsed("sighting_id")?,
        plate_display: shown.plate.display(),
        plate: shown.plate,
        confidence: shown.confidence,
        alternatives: shown.alternatives,
        captured_at_us: row.micros("captured_at_us")?,
        place_name: shown.place_name,
        position: position_of(row)?,
        seen: shown.seen,
        has_crop: shown.has_crop,
        has_frame: shown.has_frame,
        decided_at_us: row.opt_micros("decided_at_us")?,
        decided_by: row.opt_parsed("decided_by")?,
        decided_by_name: row.opt_text("decided_by_name")?,
        reject_reason: row.opt_tag("reject_reason")?,
        note: row.text("note")?,
        not_followed: row.opt_text("not_followed")?,
        incident: row.opt_parsed("incident_id")?,
    })
}

/// Neither what was read nor what is looked for is a plate that whoever looks may not see.
fn and_visible(veil: Option<&Veil>) -> String {
    veil.filter(|veil| veil.plates().next().is_some()).map_or_else(String::new, |veil| {
        let wanted = format!(" AND entry_id NOT IN (SELECT id FROM watchlists_entry WHERE pattern IN ({}))", veil.literals());
        veil.and_not_in("plate") + &wanted
    })
}

/// The hit, if there is one for whoever looks.
pub async fn hit(store: &Store, id: HitId) -> Result<Option<Hit>, StoreError> {
    let veil = store.veil();
    let sql = format!("SELECT {HIT_COLUMNS} FROM watchlists_hit WHERE id = $1{}", and_visible(veil.as_ref()));
    let row = store.fetch_opt(&sql, params![id]).await?;
    row.map(|row| hit_of(&row, veil.as_ref())).transpose()
}

/// Whether anybody's seal is on what was read or on what is looked for.
#[must_use]
pub fn is_sealed(store: &Store, hit: &Hit, now: Micros) -> bool {
    let wanted = Plate::parse(&hit.entry.pattern).ok();
    store.seals().is_sealed(&hit.plate, now) || wanted.is_some_and(|plate| store.seals().is_sealed(&plate, now))
}

/// What a list of hits is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<HitState>,
    pub entry: Option<EntryId>,
    pub before: Option<HitId>,
    /// Raised at or after.
    pub since: Option<Micros>,
    /// Around this place, plus the hits of the incidents that this unit was sent to.
    pub near: Option<Near>,
    /// Those that were not turned down, whose entry is in force at this time: what is still looked for.
    pub wanted_at: Option<Micros>,
}

/// What concerns a crew.
#[derive(Debug, Clone, Copy)]
pub struct Near {
    pub place: Wgs84,
    pub radius_m: f64,
}

/// Newest first, of those that whoever looks may see.
pub async fn hits(store: &Store, filter: &Filter, limit: i64) -> Result<Vec<Hit>, StoreError> {
    let veil = store.veil();
    let mut sql = format!("SELECT {HIT_COLUMNS} FROM watchlists_hit WHERE id < $1{}", and_visible(veil.as_ref()));
    let mut values: Vec<Value> = params![page_before(filter.before)];
    let mut place = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    if let Some(state) = filter.state {
        sql += &format!(" AND state = {}", place(tag_of(&state).into()));
    }
    if let Some(entry) = filter.entry {
        sql += &format!(" AND entry_id = {}", place(entry.into()));
    }
    if let Some(since) = filter.since {
        sql += &format!(" AND raised_at_us >= {}", place(since.into()));
    }
    if let Some(now) = filter.wanted_at {
        let now = place(now.into());
        sql += &format!(
            " AND state IN ('raised', 'confirmed') AND EXISTS (SELECT 1 FROM watchlists_entry WHERE \
             watchlists_entry.id = watchlists_hit.entry_id AND watchlists_entry.state = 'active' AND watchlists_entry.expires_at_us > {now})"
        );
    }
    if let Some(near) = filter.near {
        let [west, south, east, north] = near.place.square_around(near.radius_m).map(|degrees| place(degrees.into()));
        sql += &format!(" AND lat BETWEEN {south} AND {north} AND lon BETWEEN {west} AND {east}");
    }
    sql += &format!(" ORDER BY id DESC LIMIT {}", place(limit.into()));
    store.fetch(&sql, values).await?.iter().map(|row| hit_of(row, veil.as_ref())).collect()
}

/// Notes that the sighting matched the entry. False: it was noted before, by an earlier delivery of the same event.
pub async fn note_match(tx: &mut Tx, entry: EntryId, sighting: &SightingFact, hit: HitId) -> Result<bool, StoreError> {
    let inserted = tx
        .execute(
            "INSERT INTO watchlists_match (entry_id, sighting_id, hit_id, plate, captured_at_us, lon, lat) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
            params![
                entry,
                sighting.id,
                hit,
                sighting.plate.as_str(),
                sighting.captured_at_us,
                sighting.position.map(|p| p.lon),
                sighting.position.map(|p| p.lat),
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// Where the same plate matched the entry just before and just after this moment.
pub async fn neighbours(tx: &mut Tx, entry: EntryId, sighting: &SightingFact) -> Result<Vec<Earlier>, StoreError> {
    let mut found = Vec::new();
    for (compare, order) in [("<=", "DESC"), (">", "ASC")] {
        let sql = format!(
            "SELECT captured_at_us, lon, lat FROM watchlists_match WHERE entry_id = $1 AND plate = $2 AND sighting_id <> $3 \
             AND lon IS NOT NULL AND captured_at_us {compare} $4 ORDER BY captured_at_us {order} LIMIT 1"
        );
        let row = tx.fetch_opt(&sql, params![entry, sighting.plate.as_str(), sighting.id, sighting.captured_at_us]).await?;
        if let Some(row) = row
            && let Some(position) = position_of(&row)?
        {
            found.push(Earlier { captured_at: row.micros("captured_at_us")?, position });
        }
    }
    Ok(found)
}

/// Whether the vehicle matched the entry elsewhere about then, by the same text or by the very plate that is looked for. What may raise no hit
/// alone is noted only beside another match, so that two of them never vouch for each other and every chain begins with one that stood alone.
pub async fn has_witness(tx: &mut Tx, entry: &Entry, sighting: &SightingFact) -> Result<bool, StoreError> {
    let at = sighting.captured_at_us;
    let wanted = entry.pattern.exact().unwrap_or_else(|| sighting.plate.clone());
    let sql = "SELECT h.spot FROM watchlists_match m JOIN watchlists_hit h ON h.id = m.hit_id \
               WHERE m.entry_id = $1 AND m.plate IN ($2, $3) AND m.captured_at_us BETWEEN $4 AND $5 AND h.spot <> $6 LIMIT 1";
    let (from, until) = (at.plus(-WITNESS_WITHIN_US), at.plus(WITNESS_WITHIN_US));
    let values = params![entry.id, sighting.plate.as_str(), wanted.as_str(), from, until, spot_of(sighting)];
    Ok(tx.fetch_opt(sql, values).await?.is_some())
}

/// The place that hits are gathered by: the camera, or the device where it has none.
fn spot_of(sighting: &SightingFact) -> String {
    sighting.camera.map_or_else(|| sighting.device.to_string(), |camera| camera.to_string())
}

/// The hit that this sighting only repeats: same entry, same spot, within a minute of it. A hit that was turned down is
/// joined too, unless the new match is a stronger one: the person judged a weaker reading then.
pub async fn to_join(tx: &mut Tx, entry: EntryId, sighting: &SightingFact, kind: MatchKind) -> Result<Option<HitId>, StoreError> {
    let at = sighting.captured_at_us;
    let row = tx
        .fetch_opt(
            "SELECT id, state, kind FROM watchlists_hit WHERE entry_id = $1 AND spot = $2 AND last_captured_at_us >= $3 \
             AND captured_at_us <= $4 ORDER BY raised_at_us DESC, id DESC LIMIT 1",
            params![entry, spot_of(sighting), at.plus(-JOIN_WITHIN_US), at.plus(JOIN_WITHIN_US)],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let is_over = matches!(row.tag("state")?, HitState::Rejected | HitState::Lapsed);
    if is_over && kind < row.tag::<MatchKind>("kind")? {
        return Ok(None);
    }
    row.parsed("id").map(Some)
}

/// Stretches the hit to a sighting that joined it.
pub async fn join(tx: &mut Tx, hit: HitId, at: Micros) -> Result<(), StoreError> {
    let sql = "UPDATE watchlists_hit SET last_captured_at_us = $2 WHERE id = $1 AND last_captured_at_us < $2";
    tx.execute(sql, params![hit, at]).await.map(|_| ())
}

/// A hit about to be raised.
pub struct NewHit<'a> {
    pub id: HitId,
    pub kind: MatchKind,
    pub conflicts: Vec<Conflict>,
    pub entry: HitEntry,
    pub sighting: &'a SightingFact,
}

/// Raises it and says so.
pub async fn raise(tx: &mut Tx, new: NewHit<'_>, now: Micros) -> Result<(), StoreError> {
    let (sighting, entry) = (new.sighting, new.entry.id);
    let shown = Shown {
        entry: new.entry,
        conflicts: new.conflicts,
        plate: sighting.plate.clone(),
        confidence: sighting.confidence,
        alternatives: sighting.alternatives.clone(),
        place_name: sighting.place_name.clone(),
        seen: sighting.seen,
        has_crop: sighting.has_crop,
        has_frame: sighting.has_frame,
    };
    let shown = serde_json::to_string(&shown).map_err(|e| StoreError::Corrupt { what: "hit", detail: e.to_string() })?;
    tx.execute(
        "INSERT INTO watchlists_hit (id, state, kind, entry_id, sighting_id, plate, spot, captured_at_us, last_captured_at_us, \
         raised_at_us, lon, lat, shown, note) VALUES ($1, 'raised', $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11, '')",
        params![
            new.id,
            tag_of(&new.kind),
            entry,
            sighting.id,
            sighting.plate.as_str(),
            spot_of(sighting),
            sighting.captured_at_us,
            now,
            sighting.position.map(|p| p.lon),
            sighting.position.map(|p| p.lat),
            shown,
        ],
    )
    .await?;
    tx.emit(&Event::HitRaised { hit: new.id, sighting: sighting.id, entry, position: sighting.position }).await?;
    Ok(())
}

/// A person's word on a hit.
pub enum Decision<'a> {
    Confirm { plate_seen: &'a Plate },
    Reject { reason: RejectReason },
}

/// raised → confirmed or rejected. False when the hit was decided meanwhile, or (for a confirmation) its entry left force.
pub async fn decide(
    tx: &mut Tx,
    id: HitId,
    decision: &Decision<'_>,
    note: &str,
    by: &Person,
    now: Micros,
) -> Result<bool, StoreError> {
    let (state, seen, reason) = match decision {
        Decision::Confirm { plate_seen } => (HitState::Confirmed, Some(plate_seen.as_str()), None),
        Decision::Reject { reason } => (HitState::Rejected, None, Some(tag_of(reason))),
    };
    let in_force = match decision {
        Decision::Confirm { .. } => {
            " AND EXISTS (SELECT 1 FROM watchlists_entry WHERE watchlists_entry.id = watchlists_hit.entry_id \
             AND watchlists_entry.state = 'active' AND watchlists_entry.expires_at_us > $3)"
        }
        Decision::Reject { .. } => "",
    };
    let sql = format!(
        "UPDATE watchlists_hit SET state = $2, decided_at_us = $3, decided_by = $4, decided_by_name = $5, plate_seen = $6, \
         reject_reason = $7, note = $8 WHERE id = $1 AND state = 'raised'{in_force}"
    );
    let changed = tx.execute(&sql, params![id, tag_of(&state), now, by.id, &by.name, seen, reason, note]).await?;
    if changed == 1 {
        tx.emit(&Event::HitDecided { hit: id, state }).await?;
        if let Decision::Reject { reason } = decision {
            tx.emit(&Event::not_done(Asked::Hit, &id, &tag_of(reason), by.id)).await?;
        }
    }
    Ok(changed == 1)
}

/// Lapses at most `limit` raised hits from before `before`; returns how many.
pub async fn lapse_some(tx: &mut Tx, before: Micros, limit: i64) -> Result<usize, StoreError> {
    let sql = "UPDATE watchlists_hit SET state = 'lapsed' WHERE state = 'raised' AND id IN \
               (SELECT id FROM watchlists_hit WHERE state = 'raised' AND raised_at_us < $1 ORDER BY id LIMIT $2) RETURNING id";
    let rows = tx.fetch(sql, params![before, limit]).await?;
    for row in &rows {
        let hit: HitId = row.parsed("id")?;
        tx.emit(&Event::HitDecided { hit, state: HitState::Lapsed }).await?;
        tx.emit(&Event::not_answered(Asked::Hit, &hit)).await?;
    }
    Ok(rows.len())
}

/// A confirmed hit without an incident is not followed, and somebody says why. False when it is followed, or was said before.
pub async fn stand_down(tx: &mut Tx, id: HitId, reason: NotFollowed, by: &Person) -> Result<bool, StoreError> {
    let sql = "UPDATE watchlists_hit SET not_followed = $2 WHERE id = $1 AND state = 'confirmed' AND incident_id IS NULL \
               AND (not_followed IS NULL OR not_followed = 'not_answered')";
    if tx.execute(sql, params![id, reason.as_str()]).await? == 0 {
        return Ok(false);
    }
    tx.emit(&Event::not_done(Asked::FollowUp, &id, reason.as_str(), by.id)).await?;
    tx.emit(&Event::HitNotFollowed { hit: id }).await?;
    Ok(true)
}

/// Confirmed hits from before `before` that nobody has followed, and nobody has said why; at most `limit` are marked, and told of.
pub async fn unfollowed_some(tx: &mut Tx, before: Micros, limit: i64) -> Result<usize, StoreError> {
    let sql = "UPDATE watchlists_hit SET not_followed = 'not_answered' WHERE state = 'confirmed' AND not_followed IS NULL AND id IN \
               (SELECT id FROM watchlists_hit WHERE state = 'confirmed' AND incident_id IS NULL AND not_followed IS NULL AND decided_at_us < $1 \
               ORDER BY id LIMIT $2) RETURNING id";
    let rows = tx.fetch(sql, params![before, limit]).await?;
    for row in &rows {
        let hit: HitId = row.parsed("id")?;
        tx.emit(&Event::not_answered(Asked::FollowUp, &hit)).await?;
        tx.emit(&Event::HitNotFollowed { hit }).await?;
    }
    Ok(rows.len())
}

/// Without plates, for counts by place: what was raised within a time. Hits are never destroyed, so that every month is whole.
pub async fn tallied(store: &Store, from: Micros, until: Micros) -> Result<Tallied<TalliedHits>, StoreError> {
    tallied_at_most(store, from, until, TALLIED_MAX).await
}

async fn tallied_at_most(store: &Store, from: Micros, until: Micros, most: usize) -> Result<Tallied<TalliedHits>, StoreError> {
    let sql = "SELECT reject_reason, lon, lat, CAST(COUNT(*) AS BIGINT) AS n FROM watchlists_hit WHERE raised_at_us >= $1 AND raised_at_us < $2 \
               GROUP BY reject_reason, lon, lat LIMIT $3";
    // One more than is taken shows that there are more.
    let rows = store.fetch(sql, params![from, until, i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1)]).await?;
    if rows.len() > most {
        return Ok(Tallied::Incomplete);
    }
    let hits = |row: &Row| {
        Ok::<_, StoreError>(TalliedHits { position: position_of(row)?, reject_reason: row.opt_tag("reject_reason")?, count: row.int("n")?.unsigned_abs() })
    };
    Ok(Tallied::Whole(rows.iter().map(hits).collect::<Result<_, _>>()?))
}

/// The incident under which the hit is worked on. The newest fact counts: an incident that is merged takes its hit along, and
/// has it again when the merge is undone.
pub async fn set_incident(tx: &mut Tx, hit: HitId, incident: IncidentId) -> Result<(), StoreError> {
    let sql = "UPDATE watchlists_hit SET incident_id = $2 WHERE id = $1";
    tx.execute(sql, params![hit, incident]).await.map(|_| ())
}

/// A unit was sent to the incident of a hit, has done with it, or was called off.
pub async fn set_crew(tx: &mut Tx, incident: IncidentId, unit: UnitId, state: AssignmentState) -> Result<(), StoreError> {
    let is_sent = !matches!(state, AssignmentState::Declined | AssignmentState::Cancelled);
    if is_sent && state != AssignmentState::Closed {
        // A unit has one live job: what hangs at another is no longer its concern. A late word on an old job says nothing of that.
        let others = "DELETE FROM watchlists_hit_crew WHERE unit_id = $2 AND hit_id NOT IN (SELECT id FROM watchlists_hit WHERE incident_id = $1)";
        tx.execute(others, params![incident, unit]).await?;
    }
    let sql = if is_sent {
        "INSERT INTO watchlists_hit_crew (hit_id, unit_id) SELECT id, $2 FROM watchlists_hit WHERE incident_id = $1 ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM watchlists_hit_crew WHERE unit_id = $2 AND hit_id IN (SELECT id FROM watchlists_hit WHERE incident_id = $1)"
    };
    tx.execute(sql, params![incident, unit]).await.map(|_| ())
}

pub async fn was_sent(store: &Store, hit: HitId, unit: UnitId) -> Result<bool, StoreError> {
    let sql = "SELECT hit_id FROM watchlists_hit_crew WHERE hit_id = $1 AND unit_id = $2";
    Ok(store.fetch_opt(sql, params![hit, unit]).await?.is_some())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;

    async fn raised(store: &Store, id: &str, at: i64, place: Option<(f64, f64)>, reason: Option<&str>) {
        let sql = "INSERT INTO watchlists_hit (id, state, kind, entry_id, sighting_id, plate, spot, captured_at_us, last_captured_at_us, \
                   raised_at_us, lon, lat, shown, reject_reason, note) VALUES ($1, 'raised', 'exact', 'e', 's', 'p', 'x', 0, 0, $2, $3, $4, '{}', $5, '')";
        let mut tx = store.begin().await.unwrap();
        tx.execute(sql, params![id, at, place.map(|(lon, _)| lon), place.map(|(_, lat)| lat), reason]).await.unwrap();
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn hits_are_counted_by_place_and_by_what_came_of_them_and_never_cut_in_silence() {
        on_each_database(&[MODULE.schema()], |db| async move {
            let place = Some((120.5, 23.0));
            for (id, at, place, reason) in [
                ("a", 10, place, None),
                ("b", 11, place, None),
                ("c", 12, place, Some("misread")),
                ("d", 13, None, Some("misread")),
                ("e", 9, place, None),
                ("f", 20, place, None),
            ] {
                raised(&db, id, at, place, reason).await;
            }
            let at_most = async |most| tallied_at_most(&db, Micros(10), Micros(20), most).await.unwrap();
            let Tallied::Whole(mut found) = at_most(3).await else { panic!("three groups are as many as were asked for") };
            found.sort_by_key(|hits| (hits.position.is_none(), hits.reject_reason.is_some()));
            let counts: Vec<_> = found.iter().map(|hits| (hits.position.is_some(), hits.reject_reason, hits.count)).collect();
            let misread = Some(RejectReason::Misread);
            assert_eq!(counts, [(true, None, 2), (true, misread, 1), (false, misread, 1)], "from the first moment to before the last");
            assert_eq!(at_most(2).await, Tallied::Incomplete, "a part never looks like the whole");
        })
        .await;
    }
}
