//! The SQL of seals, and the rules of their acts.

use std::collections::BTreeMap;

use shouhu_ids::{ActorId, Micros, SealId};
use shouhu_module::Person;
use shouhu_module::ports::{People, Serving};
use shouhu_plate::Plate;
use shouhu_store::{Row, Store, StoreError, Value, params, placeholders, tag_of};
use shouhu_wire::Role;

use super::{
    AskSeal, DecideSeal, ExtendSeal, LiftSeal, MEMBERS_MAX, SealContent, SealError, SealMember, SealShown, SealState, WAITS_US, case, note, office, plates,
    text, until,
};

/// Roles that may be named to decide.
pub const DECIDERS: &[Role] = &[Role::Supervisor, Role::Auditor];
/// A house has a few dozen.
const SHOWN_MAX: i64 = 500;

const COLUMNS: &str = "id, state, case_ref, reason, asked_at_us, asked_by, asked_by_name, asked_office, decider, decider_name, decider_office, \
     decided_at_us, decided_note, ends_at_us, extended_at_us, extended_by_name, lift_asked_by, lift_asked_by_name, lift_asked_office, lift_reason, \
     lifted_at_us, lifted_by_name";

/// A seal with everything about it; [`Known::shown_to`] says what somebody may see.
#[derive(Debug, Clone)]
pub struct Known {
    pub shown: SealShown,
    content: SealContent,
    asked_by: ActorId,
    decider: ActorId,
    lift_asked_by: Option<ActorId>,
    lift_asked_office: Option<String>,
}

impl Known {
    /// Members, asker and decider know what it is about.
    #[must_use]
    pub fn is_known_to(&self, person: ActorId) -> bool {
        self.asked_by == person || self.decider == person || self.content.members.iter().any(|member| member.actor == person)
    }

    #[must_use]
    pub fn shown_to(&self, person: ActorId) -> SealShown {
        let content = self.is_known_to(person).then(|| self.content.clone());
        let is_mine_to_decide = self.decider == person && self.shown.state == SealState::Asked;
        SealShown { content, is_mine_to_decide, ..self.shown.clone() }
    }
}

type Listed<T> = BTreeMap<SealId, Vec<T>>;

/// Plates and members of these seals, each with one question.
async fn parts_of(store: &Store, ids: &[SealId]) -> Result<(Listed<String>, Listed<SealMember>), StoreError> {
    let (mut plates, mut members) = (Listed::new(), Listed::new());
    if ids.is_empty() {
        return Ok((plates, members));
    }
    let (among, values) = (placeholders(1..=ids.len()), || ids.iter().copied().map(Value::from).collect::<Vec<_>>());
    let sql = format!("SELECT seal, plate FROM oversight_seal_plate WHERE seal IN ({among}) ORDER BY plate");
    for row in store.fetch(&sql, values()).await? {
        plates.entry(row.parsed("seal")?).or_default().push(row.parsed::<Plate>("plate")?.display());
    }
    let sql = format!("SELECT seal, actor, name FROM oversight_seal_member WHERE seal IN ({among}) ORDER BY name, actor");
    for row in store.fetch(&sql, values()).await? {
        members.entry(row.parsed("seal")?).or_default().push(SealMember { actor: row.parsed("actor")?, name: row.text("name")? });
    }
    Ok((plates, members))
}

async fn known_of(store: &Store, rows: &[Row]) -> Result<Vec<Known>, StoreError> {
    let ids = rows.iter().map(|row| row.parsed("id")).collect::<Result<Vec<SealId>, _>>()?;
    let ((mut plates, mut members), now) = (parts_of(store, &ids).await?, store.env().now());
    let known = |(row, id): (&Row, &SealId)| of_row(row, now, plates.remove(id).unwrap_or_default(), members.remove(id).unwrap_or_default());
    rows.iter().zip(&ids).map(known).collect()
}

fn of_row(row: &Row, now: Micros, plates: Vec<String>, members: Vec<SealMember>) -> Result<Known, StoreError> {
    let id: SealId = row.parsed("id")?;
    let (stored, ends_at_us, asked_at_us): (SealState, Micros, Micros) = (row.tag("state")?, row.micros("ends_at_us")?, row.micros("asked_at_us")?);
    let is_over = match stored {
        SealState::InForce => ends_at_us <= now,
        SealState::Asked => asked_at_us.plus(WAITS_US) <= now || ends_at_us <= now,
        _ => false,
    };
    let lift_asked_by: Option<ActorId> = row.opt_parsed("lift_asked_by")?;
    let shown = SealShown {
        id,
        state: if is_over { SealState::Ended } else { stored },
        asked_office: row.text("asked_office")?,
        decider_office: row.text("decider_office")?,
        asked_at_us,
        decided_at_us: row.opt_micros("decided_at_us")?,
        ends_at_us,
        extended_at_us: row.opt_micros("extended_at_us")?,
        lifted_at_us: row.opt_micros("lifted_at_us")?,
        is_lift_asked: lift_asked_by.is_some(),
        plates_sealed: plates.len(),
        members_named: members.len(),
        content: None,
        is_mine_to_decide: false,
    };
    let content = SealContent {
        case_ref: row.text("case_ref")?,
        plates,
        members,
        reason: row.text("reason")?,
        asked_by_name: row.text("asked_by_name")?,
        decider_name: row.text("decider_name")?,
        decided_note: row.text("decided_note")?,
        extended_by_name: row.opt_text("extended_by_name")?,
        lift_asked_by_name: row.opt_text("lift_asked_by_name")?,
        lift_reason: row.opt_text("lift_reason")?,
        lifted_by_name: row.opt_text("lifted_by_name")?,
    };
    let lift_asked_office = row.opt_text("lift_asked_office")?;
    Ok(Known { shown, content, asked_by: row.parsed("asked_by")?, decider: row.parsed("decider")?, lift_asked_by, lift_asked_office })
}

/// The newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(store: &Store) -> Result<Vec<Known>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM oversight_seal ORDER BY id DESC LIMIT {SHOWN_MAX}");
    known_of(store, &store.fetch(&sql, params![]).await?).await
}

/// # Errors
/// When there is none, or the database fails.
pub async fn one(store: &Store, id: SealId) -> Result<Known, SealError> {
    let rows = store.fetch(&format!("SELECT {COLUMNS} FROM oversight_seal WHERE id = $1"), params![id]).await?;
    known_of(store, &rows).await?.pop().ok_or(SealError::Unknown)
}

/// What is about to be sealed, with everybody's account looked up.
async fn members_of(people: &dyn People, asked: &AskSeal) -> Result<Vec<Serving>, SealError> {
    let mut ids = asked.members.clone();
    ids.sort_unstable();
    ids.dedup();
    if !(1..=MEMBERS_MAX).contains(&ids.len()) {
        return Err(SealError::Members);
    }
    let mut members = Vec::with_capacity(ids.len());
    for id in ids {
        members.push(people.one(id).await.map_err(|_| SealError::NoPeople)?.ok_or(SealError::Members)?);
    }
    Ok(members)
}

/// Asks that a case be sealed. Nothing is until the person who is named here has decided.
///
/// # Errors
/// When what is asked for is not whole, or asker and decider are one, of one office, or of none.
pub async fn ask(store: &Store, people: &dyn People, person: &Person, asked: &AskSeal) -> Result<Known, SealError> {
    let now = store.env().now();
    let (case_ref, plates, reason, ends_at) = (case(&asked.case_ref)?, plates(&asked.plates)?, text(&asked.reason)?, until(asked.until_us, now)?);
    let own_office = office(person)?;
    if asked.decider == person.id {
        return Err(SealError::SamePerson);
    }
    let decider = people.one(asked.decider).await.map_err(|_| SealError::NoPeople)?;
    let decider = decider.filter(|decider| DECIDERS.contains(&decider.role)).ok_or(SealError::Decider)?;
    let decider_office = decider.office.clone().filter(|office| !office.is_empty()).ok_or(SealError::Decider)?;
    if decider_office == own_office {
        return Err(SealError::SameOffice);
    }
    let members = members_of(people, asked).await?;
    let id = store.env().id(SealId::new);
    let mut tx = store.begin().await?;
    tx.execute(
        "INSERT INTO oversight_seal (id, state, case_ref, reason, asked_at_us, asked_by, asked_by_name, asked_office, decider, decider_name, \
         decider_office, decided_note, ends_at_us) VALUES ($1, 'asked', $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11)",
        params![id, case_ref, reason, now, person.id, &person.name, own_office, decider.id, &decider.name, decider_office, ends_at],
    )
    .await?;
    for plate in plates {
        tx.execute("INSERT INTO oversight_seal_plate (seal, plate) VALUES ($1, $2)", params![id, plate.as_str()]).await?;
    }
    for member in members {
        tx.execute("INSERT INTO oversight_seal_member (seal, actor, name) VALUES ($1, $2, $3)", params![id, member.id, &member.name]).await?;
    }
    tx.commit().await?;
    one(store, id).await
}

/// asked → in force or refused, by the person who was named.
///
/// # Errors
/// When it is somebody else, was decided or has waited too long.
pub async fn decide(store: &Store, person: &Person, id: SealId, decision: &DecideSeal) -> Result<Known, SealError> {
    let known = one(store, id).await?;
    if known.decider != person.id {
        return Err(if known.is_known_to(person.id) { SealError::SamePerson } else { SealError::Unknown });
    }
    if known.shown.state != SealState::Asked {
        return Err(SealError::Settled);
    }
    // Whoever was moved into the asker's office meanwhile is not a second one.
    if office(person)? == known.shown.asked_office {
        return Err(SealError::SameOffice);
    }
    let note = note(&decision.note)?;
    let state = if decision.is_sealed { SealState::InForce } else { SealState::Refused };
    let mut tx = store.begin().await?;
    let sql = "UPDATE oversight_seal SET state = $2, decided_at_us = $3, decided_note = $4 WHERE id = $1 AND state = 'asked'";
    if tx.execute(sql, params![id, tag_of(&state), store.env().now(), note]).await? == 0 {
        return Err(SealError::Settled);
    }
    tx.commit().await?;
    one(store, id).await
}

/// Lengthens it, once, by the word of whoever decided.
///
/// # Errors
/// When it is somebody else, not in force, was extended before, or for too long.
pub async fn extend(store: &Store, person: &Person, id: SealId, asked: &ExtendSeal) -> Result<Known, SealError> {
    let (known, now) = (one(store, id).await?, store.env().now());
    if known.decider != person.id {
        return Err(if known.is_known_to(person.id) { SealError::SamePerson } else { SealError::Unknown });
    }
    if known.shown.state != SealState::InForce {
        return Err(SealError::Settled);
    }
    let ends_at = until(asked.until_us, now)?;
    if ends_at <= known.shown.ends_at_us {
        return Err(SealError::Until);
    }
    let mut tx = store.begin().await?;
    let sql = "UPDATE oversight_seal SET ends_at_us = $2, extended_at_us = $3, extended_by_name = $4 \
               WHERE id = $1 AND state = 'in_force' AND ends_at_us > $3 AND extended_at_us IS NULL";
    if tx.execute(sql, params![id, ends_at, now, &person.name]).await? == 0 {
        return Err(SealError::ExtendedOnce);
    }
    tx.commit().await?;
    one(store, id).await
}

/// The first asks, the second of another office lifts. Both know what is sealed: nobody opens what he may not know.
///
/// # Errors
/// When it is not in force, or both are one, or of one office.
pub async fn lift(store: &Store, person: &Person, id: SealId, asked: &LiftSeal) -> Result<Known, SealError> {
    let (known, now) = (one(store, id).await?, store.env().now());
    if !known.is_known_to(person.id) {
        return Err(SealError::Unknown);
    }
    if known.shown.state != SealState::InForce {
        return Err(SealError::Settled);
    }
    let (reason, own_office) = (text(&asked.reason)?, office(person)?);
    let mut tx = store.begin().await?;
    let changed = match (known.lift_asked_by, &known.lift_asked_office) {
        (None, _) => {
            let sql = "UPDATE oversight_seal SET lift_asked_by = $2, lift_asked_by_name = $3, lift_asked_office = $4, lift_reason = $5 \
                       WHERE id = $1 AND state = 'in_force' AND lift_asked_by IS NULL";
            tx.execute(sql, params![id, person.id, &person.name, own_office, reason]).await?
        }
        (Some(first), _) if first == person.id => return Err(SealError::SamePerson),
        (Some(_), Some(other)) if *other == own_office => return Err(SealError::SameOffice),
        (Some(_), _) => {
            let sql = "UPDATE oversight_seal SET state = 'lifted', lifted_at_us = $2, lifted_by_name = $3 \
                       WHERE id = $1 AND state = 'in_force' AND lift_asked_by <> $4 AND lift_asked_office <> $5";
            tx.execute(sql, params![id, now, &person.name, person.id, own_office]).await?
        }
    };
    if changed == 0 {
        return Err(SealError::Settled);
    }
    tx.commit().await?;
    one(store, id).await
}
